/* Kinds of capacity of the hyperscaler, in small worlds whose answers can be computed by hand: reserved places, and spot machines that are
 * taken back together. */
#include "tests/unit/clouds_world.h"

static const double hour = 3600, minute = 60;

/* Sites of one zone and one rack; nodes of 8 vCPUs, so that a machine of 8 takes a node. Created after 20 s, booted after 60 s, healed
 * after 5 min, tried again after 30 s. */
static void open_cloud(struct clouds_test *test, int nodes, const char *demand, const char *incidents, const char *keys)
{
    clouds_open(test, text("model = \"clouds\"; seed = 5; probes = \"0\"; start = \"2024-07-01T00:00Z\"; horizon = \"4 d\"; fleet = { "
                           "node_types = ( { name = \"box\"; vcpus = 8; memory = \"64 GiB\"; } ); sites = ( { name = \"a\"; zones = 1; "
                           "racks = 1; nodes = ( { type = \"box\"; per_rack = %d; } ); } ); }; demand = ( %s ); incidents = ( %s ); "
                           "clouds = ( { name = \"azure\"; kind = \"hyperscaler\"; vcpu_price = \"0.05 USD/h\"; create_time = \"20 s\"; "
                           "boot_time = \"60 s\"; heal_after = \"5 min\"; retry_first = \"30 s\"; retry_cap = \"30 s\"; disks = \"local\"; "
                           "spot_price = \"40 %%\"; spot_evictions = \"0\"; reserved_price = \"56 %%\"; %s } );",
                           nodes, demand, incidents, keys));
    clouds_begin(test, 0);
}

#define SERVICE(name, more)                                                                                            \
    "{ name = \"" name "\"; kind = \"service\"; count = 1; ramp = \"0 s\"; vcpus = 8; memory = \"4 GiB\"; " more " }"

static bool has_place(const struct clouds_test *test, const char *workload) { return clouds_unit(test, workload, 0)->state != UNIT_IDLE; }

/* --- Reserved -------------------------------------------------------------------------------------------------------- */

/* 8 vCPUs at 0.05 USD/h and 56 %, from the allocation on. */
static void reservation_is_paid_to_the_end_of_its_term_whether_used_or_not(void **state)
{
    (void)state;
    struct clouds_test test;
    open_cloud(&test, 1, SERVICE("kept", "capacity = \"reserved\"; lifetime = \"30 h\";"), "", "reserved_term = \"1 d\";");
    clouds_until(&test, 30 * hour + 1);
    assert_false(has_place(&test, "kept/0"));
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), 0.4 * 0.56 * 48, 1e-9); /* two terms */
    assert_near(clouds_metric(&test, "paid_hours_per_useful_hour"), 48 / (30 - 80 / hour), 1e-9);
    clouds_close(&test);
}

static void reservation_is_paid_while_its_machine_has_no_place(void **state)
{
    (void)state;
    for (int reserved = 0; reserved < 2; reserved++) {
        struct clouds_test test;
        open_cloud(&test, 1, reserved ? SERVICE("kept", "capacity = \"reserved\";") : SERVICE("kept", ""),
                   incident("node", "2024-07-01T01:00Z", "node", "*", 10 * hour), "");
        clouds_until(&test, 6 * hour);
        assert_false(has_place(&test, "kept/0"));
        clouds_until(&test, 11 * hour + 31);
        assert_true(has_place(&test, "kept/0"));
        double bound = (double)clouds_unit(&test, "kept/0", 0)->bound_at.us / 1e6;
        clouds_finish(&test);
        /* On demand: until it is healed away after 5 min, and from its new place on. */
        double paid = reserved ? 96 * hour - 20 : hour + 5 * minute - 20 + 96 * hour - bound;
        assert_near(clouds_metric(&test, "cost_usd"), 0.4 * (reserved ? 0.56 : 1) * paid / hour, 1e-5);
        clouds_close(&test);
    }
}

/* Two nodes: one is lost; whoever was on it waits for the other, which its tenant leaves after 4 h. Somebody else has been asking
 * for longer, but the reservation's place is its own. The other way round whoever asks first gets it. */
static void place_of_a_reservation_is_given_to_nobody_else(void **state)
{
    (void)state;
    for (int reserved = 0; reserved < 2; reserved++) {
        struct clouds_test test;
        const char *demand = text("%s, %s, %s", reserved ? SERVICE("kept", "capacity = \"reserved\";") : SERVICE("kept", ""),
                                  SERVICE("short", "lifetime = \"4 h\";"), SERVICE("asks", ""));
        open_cloud(&test, 2, demand, incident("node", "2024-07-01T01:00Z", "node", "a/z1/r01/n01", 10 * hour), "");
        clouds_until(&test, 21);
        assert_string_equal(clouds_path(&test, clouds_unit(&test, "kept/0", 0)->dependency[0]), "a/z1/r01/n01");
        assert_true(has_place(&test, "short/0") && !has_place(&test, "asks/0"));
        clouds_until(&test, 4 * hour - 1);
        assert_false(has_place(&test, "kept/0"));
        clouds_until(&test, 4 * hour + 31);
        assert_int_equal(has_place(&test, "kept/0"), reserved);
        assert_int_equal(has_place(&test, "asks/0"), !reserved);
        clouds_until(&test, 11 * hour + 31); /* the node is back: room for both */
        assert_true(has_place(&test, "kept/0") && has_place(&test, "asks/0"));
        clouds_finish(&test);
        clouds_close(&test);
    }
}

static void job_cannot_be_reserved(void **state)
{
    (void)state;
    struct clouds_test test;
    clouds_read(&test, "model = \"clouds\"; start = \"2024-07-01T00:00Z\"; horizon = \"4 d\"; fleet = { node_types = ( { name = \"box\"; vcpus = 8; "
                       "memory = \"64 GiB\"; } ); sites = ( { name = \"a\"; zones = 1; racks = 1; nodes = ( { type = \"box\"; per_rack = 1; } ); } ); }; "
                       "demand = ( { name = \"j\"; kind = \"job\"; count = 1; vcpus = 1; memory = \"1 GiB\"; work = \"1 h\"; capacity = \"reserved\"; } ); "
                       "clouds = ( { name = \"azure\"; kind = \"hyperscaler\"; } );");
    assert_int_equal(test.scenario->errors, 1);
    clouds_close(&test);
}

/* --- Spot ------------------------------------------------------------------------------------------------------------ */

static uint32_t places(const struct clouds_test *test, const char *class, uint32_t count)
{
    uint32_t placed = 0;
    for (uint32_t i = 0; i < count; i++)
        placed += has_place(test, text("%s/%u", class, i));
    return placed;
}

/* Every 20 h all spot machines are told and go 30 s later; the region sells none for 2 h. Who is on demand does not notice. */
static void spot_machines_of_a_region_go_together_and_come_back_when_it_sells_again(void **state)
{
    (void)state;
    struct clouds_test test;
    open_cloud(&test, 8,
               "{ name = \"spot\"; kind = \"service\"; count = 6; ramp = \"0 s\"; vcpus = 8; memory = \"4 GiB\"; capacity = \"spot\"; }, " SERVICE("paid", ""),
               "", "spot_shock_every = \"20 h\"; spot_shock_share = \"100 %\"; spot_shock_length = \"2 h\"; notice = \"30 s\";");
    double at = 0;
    while (places(&test, "spot", 6) != 0 || at < 60) /* the phase of the first is drawn */
        clouds_until(&test, at += 10);
    assert_true(at < 20 * hour + 40);
    for (double shock = at - 30; shock < 96 * hour; shock += 20 * hour) { /* it was up to 10 s before */
        clouds_until(&test, shock + 30);
        assert_int_equal(places(&test, "spot", 6), 0);
        clouds_until(&test, shock + 2 * hour - 11);
        assert_int_equal(places(&test, "spot", 6), 0);
        clouds_until(&test, shock + 2 * hour + 31);
        assert_int_equal(places(&test, "spot", 6), 6);
        if (shock + 20 * hour >= 96 * hour)
            break;
        clouds_until(&test, shock + 20 * hour - 11);
        assert_int_equal(places(&test, "spot", 6), 6);
    }
    assert_true(has_place(&test, "paid/0"));
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "evictions") - 6 * floor(clouds_metric(&test, "evictions") / 6), 0, 0);
    clouds_close(&test);
}

/* A job that is taken back stands until the region sells spot machines again, though the room is there. */
static void spot_job_waits_until_the_region_sells_again(void **state)
{
    (void)state;
    struct clouds_test test;
    open_cloud(&test, 2,
               "{ name = \"job\"; kind = \"job\"; count = 1; ramp = \"0 s\"; pods = 2; vcpus = 8; memory = \"4 GiB\"; work = \"80 h\"; restart = \"0 s\"; "
               "checkpoint_every = \"0 s\"; capacity = \"spot\"; }",
               "", "spot_shock_every = \"70 h\"; spot_shock_share = \"100 %\"; spot_shock_length = \"3 h\"; notice = \"30 s\";");
    double at = 60;
    do
        clouds_until(&test, at += 10);
    while (has_place(&test, "job/0"));
    clouds_until(&test, at + 3 * hour - 51);
    assert_false(has_place(&test, "job/0"));
    clouds_until(&test, at + 3 * hour + 1);
    assert_true(has_place(&test, "job/0"));
    clouds_finish(&test);
    clouds_close(&test);
}

/* Nodes with GPUs are a pool of their own: six machines without and three with one are never taken back by the same shock, and a pool
 * that sells nothing does not hold up the other. A reserved GPU has the price of its list. */
static void pools_by_model_have_shocks_of_their_own(void **state)
{
    (void)state;
    struct clouds_test test;
    clouds_open(&test, "model = \"clouds\"; seed = 5; probes = \"0\"; start = \"2024-07-01T00:00Z\"; horizon = \"4 d\"; fleet = { "
                       "node_types = ( { name = \"cpu\"; vcpus = 8; memory = \"64 GiB\"; }, { name = \"gpu\"; vcpus = 8; memory = \"64 GiB\"; gpus = 1; "
                       "gpu_model = \"a100\"; } ); sites = ( { name = \"a\"; zones = 1; racks = 1; nodes = ( { type = \"cpu\"; per_rack = 6; }, "
                       "{ type = \"gpu\"; per_rack = 4; } ); } ); }; demand = ( "
                       "{ name = \"cpu\"; count = 6; ramp = \"0 s\"; vcpus = 8; memory = \"4 GiB\"; capacity = \"spot\"; }, "
                       "{ name = \"gpu\"; count = 3; ramp = \"0 s\"; vcpus = 8; gpus = 1; memory = \"4 GiB\"; capacity = \"spot\"; }, "
                       "{ name = \"kept\"; count = 1; ramp = \"0 s\"; vcpus = 8; gpus = 1; memory = \"4 GiB\"; capacity = \"reserved\"; } ); "
                       "clouds = ( { name = \"azure\"; kind = \"hyperscaler\"; disks = \"local\"; create_time = \"20 s\"; boot_time = \"60 s\"; "
                       "retry_first = \"30 s\"; retry_cap = \"30 s\"; spot_evictions = \"0\"; spot_shock_every = \"1 d\"; spot_shock_share = \"100 %\"; "
                       "spot_shock_length = \"1 h\"; spot_pools = \"model\"; "
                       "gpu_prices = ( { model = \"a100\"; price = \"3 USD/h\"; reserved = \"1.5 USD/h\"; } ); } );");
    clouds_begin(&test, 0);
    clouds_until(&test, 100);
    assert_int_equal(places(&test, "cpu", 6) + places(&test, "gpu", 3), 9);
    uint32_t alone = 0;
    for (double at = 100; at < 4 * 86400.0; at += 60) {
        clouds_until(&test, at);
        uint32_t cpu = places(&test, "cpu", 6), gpu = places(&test, "gpu", 3);
        assert_true(cpu == 6 || cpu == 0);
        assert_true(gpu == 3 || gpu == 0);
        assert_true(cpu == 6 || gpu == 3); /* with this seed their shocks are more than an hour apart */
        alone += (cpu == 0) != (gpu == 0);
    }
    clouds_finish(&test);
    assert_true(alone >= 7 * 59 && alone <= 8 * 62);
    assert_near(clouds_paid(&test, 9), 1.5 * (96 - 20 / hour), 1e-5);
    clouds_close(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reservation_is_paid_to_the_end_of_its_term_whether_used_or_not),
        cmocka_unit_test(reservation_is_paid_while_its_machine_has_no_place),
        cmocka_unit_test(place_of_a_reservation_is_given_to_nobody_else),
        cmocka_unit_test(job_cannot_be_reserved),
        cmocka_unit_test(spot_machines_of_a_region_go_together_and_come_back_when_it_sells_again),
        cmocka_unit_test(spot_job_waits_until_the_region_sells_again),
        cmocka_unit_test(pools_by_model_have_shocks_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
