/* Grey failures in small worlds whose answers can be computed by hand. */
#include "tests/unit/clouds_world.h"

#include "models/clouds/akash/akash_inside.h"

static const double hour = 3600;

/* One rack of nodes of 8 vCPUs; created after 20 s, booted after 60 s, healed after 5 min. Effects begin at 10 h. */
static void open_world(struct clouds_test *test, int nodes, const char *demand, const char *effect)
{
    clouds_open(test, text("model = \"clouds\"; seed = 5; probes = \"600 /h\"; start = \"2024-07-01T00:00Z\"; horizon = \"2 d\"; fleet = { "
                           "node_types = ( { name = \"box\"; vcpus = 8; memory = \"64 GiB\"; } ); sites = ( { name = \"a\"; zones = 1; "
                           "racks = 1; nodes = ( { type = \"box\"; per_rack = %d; } ); } ); }; demand = ( %s ); incidents = ( { name = \"grey\"; "
                           "start = \"2024-07-01T10:00Z\"; effects = ( { %s } ); } ); clouds = ( { name = \"azure\"; kind = \"hyperscaler\"; "
                           "vcpu_price = \"0.05 USD/h\"; create_time = \"20 s\"; boot_time = \"60 s\"; heal_after = \"5 min\"; disks = \"local\"; } );",
                           nodes, demand, effect));
    clouds_begin(test, 0);
}

/* All at once, back after 5 h. */
#define FIVE_HOURS "phases = ( { at = \"0 s\"; impaired = \"100 %\"; } ); recovery = { begin = \"5 h\"; }; "
#define SERVICE(more) "{ name = \"web\"; count = 1; ramp = \"0 s\"; vcpus = 8; memory = \"4 GiB\"; " more " }"

static double up_s(const struct clouds_test *test) { return (double)test->task.horizon.us / 1e6 - 80; }

static void degraded_replica_counts_by_its_fraction_and_by_its_threshold(void **state)
{
    (void)state;
    static const struct {
        const char *demand;
        bool falls;
    } rows[] = {{SERVICE(""), true}, {SERVICE("up_from = \"41 %\";"), true}, {SERVICE("up_from = \"40 %\";"), false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct clouds_test test;
        open_world(&test, 1, rows[i].demand, "target = \"node\"; severity = \"60 %\"; " FIVE_HOURS);
        clouds_until(&test, 11 * hour);
        assert_int_equal(clouds_unit(&test, "web/0", 0)->fraction, 400000);
        assert_true(unit_is_up(clouds_unit(&test, "web/0", 0)));
        clouds_finish(&test);
        double whole_s = up_s(&test) + 80, down_h = rows[i].falls ? 5 : 0;
        assert_near(clouds_metric(&test, "availability_service"), (up_s(&test) - 0.6 * 5 * hour) / whole_s, 1e-12);
        assert_near(clouds_metric(&test, "availability_quorum"), (up_s(&test) - down_h * hour) / whole_s, 1e-12);
        assert_near(clouds_metric(&test, "availability_node"), 1, 0);
        assert_near(clouds_metric(&test, "outages"), rows[i].falls, 0);
        assert_near(clouds_metric(&test, "touched_share"), rows[i].falls, 0);
        if (rows[i].falls)
            assert_near(clouds_metric(&test, "restored_99_min"), 300, 1e-9);
        clouds_close(&test);
    }
}

static void what_it_needs_degrades_a_replica_and_the_worst_counts(void **state)
{
    (void)state;
    struct clouds_test test;
    open_world(&test, 1, SERVICE(""),
               "target = \"rack\"; severity = \"20 %\"; " FIVE_HOURS "}, { target = \"node\"; severity = \"40 %\"; "
               "phases = ( { at = \"2 h\"; impaired = \"100 %\"; } ); recovery = { begin = \"3 h\"; };");
    clouds_until(&test, 11 * hour);
    assert_int_equal(clouds_unit(&test, "web/0", 0)->fraction, 800000);
    clouds_until(&test, 12.5 * hour);
    assert_int_equal(clouds_unit(&test, "web/0", 0)->fraction, 600000); /* not 480000: the least, not the product */
    clouds_until(&test, 14 * hour);
    assert_int_equal(clouds_unit(&test, "web/0", 0)->fraction, 800000);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "availability_service"), (up_s(&test) - (0.2 * 4 + 0.4) * hour) / (up_s(&test) + 80), 1e-12);
    assert_near(clouds_metric(&test, "outages"), 0, 0);
    clouds_close(&test);
}

static void gang_works_at_the_pace_of_its_slowest(void **state)
{
    (void)state;
    struct clouds_test test;
    /* 12 h of work from 80 s on; from 10 h to 15 h at half pace, as one of two nodes is degraded to it. */
    open_world(&test, 2,
               "{ name = \"train\"; kind = \"job\"; count = 1; ramp = \"0 s\"; pods = 2; vcpus = 8; memory = \"4 GiB\"; work = \"12 h\"; "
               "restart = \"0 s\"; checkpoint_every = \"0 s\"; }",
               "target = \"node\"; where = \"*n01\"; severity = \"50 %\"; " FIVE_HOURS);
    double done = 80 + 10 * hour - 80 + 2 * (2 * hour + 80);
    clouds_until(&test, done - 1);
    assert_int_equal(test.world->load[0].job.phase, JOB_RUNNING);
    clouds_until(&test, done);
    assert_int_equal(test.world->load[0].job.phase, JOB_DONE);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "ettr"), 12 * hour / (done - 80), 1e-12);
    assert_near(clouds_metric(&test, "job_slow_share"), (2 * hour + 80) / (done - 80), 1e-12);
    assert_near(clouds_metric(&test, "gang_restarts"), 0, 0);
    clouds_close(&test);
}

static void only_what_is_found_out_is_healed(void **state)
{
    (void)state;
    for (int noticed = 0; noticed <= 1; noticed++) {
        struct clouds_test test;
        open_world(&test, 2, SERVICE(""),
                   text("target = \"node\"; where = \"*n01\"; severity = \"30 %%\"; noticed = \"%d %%\"; noticed_after = \"30 min\"; %s",
                        noticed * 100, FIVE_HOURS));
        clouds_until(&test, 1 * hour);
        uint32_t first = clouds_unit(&test, "web/0", 0)->node;
        clouds_until(&test, 10.5 * hour - 1);
        assert_int_equal(clouds_unit(&test, "web/0", 0)->fraction, 700000);
        clouds_until(&test, 10.5 * hour + 1);
        assert_int_equal(unit_is_up(clouds_unit(&test, "web/0", 0)), !noticed);
        clouds_until(&test, 10.5 * hour + 600);
        assert_true(unit_is_up(clouds_unit(&test, "web/0", 0)));
        assert_int_equal(clouds_unit(&test, "web/0", 0)->node != first, noticed);
        clouds_finish(&test);
        /* Found out: 30 min at 70 %, then down until healed. Else five hours at 70 %. */
        double lost = noticed ? 0.3 * 0.5 * hour + 300 + 60 : 0.3 * 5 * hour;
        assert_near(clouds_metric(&test, "availability_service") * (up_s(&test) + 80), up_s(&test) - lost, noticed ? 61 : 1e-6);
        assert_near(clouds_metric(&test, "availability_node"), noticed ? 1 - 4.5 / 48 / 2 : 1, 1e-12);
        clouds_close(&test);
    }
}

/* Every try of a probe that meets a control plane of 20 % succeeds once in five; there are up to ten, half a minute apart. */
static void degraded_control_plane_answers_by_its_fraction(void **state)
{
    (void)state;
    struct clouds_test test;
    open_world(&test, 1, "{ name = \"web\"; count = 0; vcpus = 8; memory = \"4 GiB\"; }",
               "target = \"region-control\"; severity = \"80 %\"; phases = ( { at = \"0 s\"; impaired = \"100 %\"; } );");
    clouds_finish(&test);
    /* The first at 20 s; nine more fit into 300 s. */
    assert_near(clouds_metric(&test, "availability_control_plane"), 10.0 / 48 + 38.0 / 48 * (1 - pow(0.8, 10)), 0.01);
    clouds_close(&test);
}

/* --- What tenants ask of it ------------------------------------------------------------------------------------------- */

enum { ASKING = 2000 }; /* services: shares of them are within 0.045 of the expectation but once in 10,000 tests (binomial) */

/* All are requested at 0 from a cloud one of whose logical components has been degraded to a fifth for an hour. */
static void open_degraded(struct clouds_test *test, const char *class, const char *cloud)
{
    clouds_open(test, text("model = \"clouds\"; seed = 5; probes = \"0\"; start = \"2024-07-01T00:00Z\"; horizon = \"1 d\"; fleet = { "
                           "node_types = ( { name = \"box\"; vcpus = 64; memory = \"256 GiB\"; } ); sites = ( { name = \"a\"; zones = 1; "
                           "racks = 4; nodes = ( { type = \"box\"; per_rack = 40; } ); } ); }; demand = ( { name = \"web\"; count = %d; "
                           "ramp = \"0 s\"; vcpus = 1; memory = \"1 GiB\"; } ); incidents = ( { name = \"grey\"; start = "
                           "\"2024-06-30T23:00Z\"; effects = ( { target = \"%s\"; severity = \"80 %%\"; phases = ( { at = \"0 s\"; "
                           "impaired = \"100 %%\"; } ); } ); } ); clouds = ( { name = \"c\"; %s } );",
                           ASKING, class, cloud));
    clouds_begin(test, 0);
}

static double share_up(const struct clouds_test *test)
{
    uint32_t up = 0;
    for (uint32_t u = 0; u < ASKING; u++)
        up += unit_is_up(&test->world->unit[u]);
    return (double)up / ASKING;
}

/* One request in five is done; who fails tries again after 30 s, then 60 s, then 120 s. */
static void a_degraded_region_does_a_request_by_its_fraction(void **state)
{
    (void)state;
    static const struct {
        double at_s;
        int tries;
    } rows[] = {{80, 1}, {110, 2}, {170, 3}, {290, 4}, {530, 5}}; /* 20 s for the first try, the waits, 60 s to boot */
    struct clouds_test test;
    open_degraded(&test, "region-control", "kind = \"hyperscaler\"; disks = \"local\"; create_time = \"20 s\"; boot_time = \"60 s\";");
    clouds_until(&test, 79);
    assert_near(share_up(&test), 0, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        clouds_until(&test, rows[i].at_s);
        assert_near(share_up(&test), 1 - pow(0.8, rows[i].tries), 0.045);
    }
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "refusals"), 0.8 * ASKING, 0.045 * ASKING); /* turned away at least once */
    clouds_close(&test);
}

/* The same of moving machines off a lost node: 5 min until it is looked into, then tries, 20 s and 60 s for the new one. */
static void a_degraded_region_heals_by_its_fraction(void **state)
{
    (void)state;
    struct clouds_test test;
    open_world(&test, 1000, "{ name = \"web\"; count = 500; ramp = \"0 s\"; vcpus = 8; memory = \"4 GiB\"; }",
               "target = \"region-control\"; severity = \"50 %\"; phases = ( { at = \"0 s\"; impaired = \"100 %\"; } ); }, "
               "{ target = \"node\"; phases = ( { at = \"0 s\"; impaired = \"0 %\"; }, { at = \"1 h\"; impaired = \"0 %\"; }, "
               "{ at = \"3600001 ms\"; impaired = \"50 %\"; } );");
    uint32_t lost = 0, back = 0;
    clouds_until(&test, 11 * hour + 1);
    for (uint32_t u = 0; u < 500; u++)
        lost += !unit_is_up(&test.world->unit[u]);
    assert_in_range(lost, 200, 300);
    /* The request to move is done with 1/2, and the one for a new machine too, at 20 s after it; else again after 30 s. */
    clouds_until(&test, 11 * hour + 1 + 300 + 20 + 60);
    for (uint32_t u = 0; u < 500; u++)
        back += unit_is_up(&test.world->unit[u]);
    assert_near((back - (500.0 - lost)) / lost, 0.25, 0.12);
    clouds_finish(&test);
    clouds_close(&test);
}

/* The same of an orchestrator: deployed after 90 s, tried again after 30 s and 60 s. */
static void a_degraded_orchestrator_deploys_by_its_fraction(void **state)
{
    (void)state;
    static const double at_s[] = {90, 120, 180, 300};
    struct clouds_test test;
    open_degraded(&test, "control", "kind = \"ionet\"; deploy_time = \"90 s\";");
    clouds_until(&test, 89);
    assert_near(share_up(&test), 0, 0);
    for (int i = 0; i < 4; i++) {
        clouds_until(&test, at_s[i]);
        assert_near(share_up(&test), 1 - pow(0.8, i + 1), 0.045);
    }
    clouds_finish(&test);
    clouds_close(&test);
}

static double share_ordered(const struct clouds_test *test)
{
    uint32_t ordered = 0;
    for (uint32_t t = 0; t < ASKING; t++)
        ordered += ((struct akash *)test->world->cloud)->tenancy[t].phase != AKASH_IDLE;
    return (double)ordered / ASKING;
}

#define AKASH_4 "kind = \"akash\"; providers_per_site = 4; block_time = \"6 s\"; bid_delay = \"8 s\"; choose_wait = \"45 s\"; start_time = \"60 s\";"

/* A message gets into a block of a degraded chain by the chain's fraction, and else waits for the next one. */
static void a_message_gets_into_a_degraded_chains_blocks_by_its_fraction(void **state)
{
    (void)state;
    struct clouds_test test;
    open_degraded(&test, "control", AKASH_4);
    clouds_until(&test, 5);
    assert_near(share_ordered(&test), 0, 0);
    for (int block = 1; block <= 6; block++) {
        clouds_until(&test, 6 * block);
        assert_near(share_ordered(&test), 1 - pow(0.8, block), 0.045);
    }
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "availability_node"), 1, 0);
    clouds_close(&test);
}

/* Each of four providers bids with probability 1/5: two bids and more are 1 - 0.8^4 - 4 0.2 0.8^3. Orders at 6 s, bids at 18 s. */
static void a_provider_with_a_degraded_control_bids_by_its_fraction(void **state)
{
    (void)state;
    struct clouds_test test;
    open_degraded(&test, "provider", AKASH_4);
    clouds_until(&test, 20);
    uint32_t by_bids[5] = {0};
    for (uint32_t t = 0; t < ASKING; t++)
        by_bids[((struct akash *)test.world->cloud)->tenancy[t].n_bids]++;
    assert_near((double)by_bids[0] / ASKING, pow(0.8, 4), 0.045);
    assert_near((double)by_bids[1] / ASKING, 4 * 0.2 * pow(0.8, 3), 0.045);
    assert_near((double)(by_bids[2] + by_bids[3] + by_bids[4]) / ASKING, 1 - pow(0.8, 4) - 4 * 0.2 * pow(0.8, 3), 0.045);
    clouds_finish(&test);
    clouds_close(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(degraded_replica_counts_by_its_fraction_and_by_its_threshold),
        cmocka_unit_test(what_it_needs_degrades_a_replica_and_the_worst_counts),
        cmocka_unit_test(gang_works_at_the_pace_of_its_slowest),
        cmocka_unit_test(only_what_is_found_out_is_healed),
        cmocka_unit_test(degraded_control_plane_answers_by_its_fraction),
        cmocka_unit_test(a_degraded_region_does_a_request_by_its_fraction),
        cmocka_unit_test(a_degraded_region_heals_by_its_fraction),
        cmocka_unit_test(a_degraded_orchestrator_deploys_by_its_fraction),
        cmocka_unit_test(a_message_gets_into_a_degraded_chains_blocks_by_its_fraction),
        cmocka_unit_test(a_provider_with_a_degraded_control_bids_by_its_fraction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
