/* Jobs, spot machines, priorities and maintenance in small worlds whose answers can be computed by hand. */
#include "tests/unit/clouds_world.h"

#include "models/clouds/hyperscaler/hyperscaler_inside.h"
#include "models/gpu/checkpoint.h"

static const double hour = 3600;

/* Nodes of 8 vCPUs in one zone: a pod of 8 takes a node. Created after 20 s, booted after 60 s, healed after 5 min. */
#define AZURE                                                                                                          \
    "{ name = \"azure\"; kind = \"hyperscaler\"; vcpu_price = \"0.05 USD/h\"; boot_time = \"60 s\"; "                            \
    "heal_after = \"5 min\"; disks = \"local\"; spot_price = \"40 %%\"; %s }"
#define IONET "{ name = \"io\"; kind = \"ionet\"; vcpu_price = \"0.05 USD/h\"; deploy_time = \"90 s\"; replace_time = \"60 s\"; manual_share = 0; %s }"

static void open_cloud(struct clouds_test *test, int nodes, const char *demand, const char *incidents, const char *cloud)
{
    clouds_open(test, text("model = \"clouds\"; seed = 5; probes = \"0\"; start = \"2024-07-01T00:00Z\"; horizon = \"4 d\"; fleet = { "
                           "node_types = ( { name = \"box\"; vcpus = 8; memory = \"64 GiB\"; } ); sites = ( { name = \"a\"; zones = 1; "
                           "racks = 1; nodes = ( { type = \"box\"; per_rack = %d; } ); } ); }; demand = ( %s ); incidents = ( %s ); clouds = ( %s );",
                           nodes, demand, incidents, cloud));
    clouds_begin(test, 0);
}

/* The keys, and what they do not set. */
static const char *azure(const char *keys)
{
    const char *all = text("%s%s%s", keys, strstr(keys, "create_time") != NULL ? "" : "create_time = \"20 s\"; ",
                           strstr(keys, "spot_evictions") != NULL ? "" : "spot_evictions = \"0\"; ");
    return text(AZURE, all);
}

static void open_azure(struct clouds_test *test, int nodes, const char *demand, const char *keys)
{
    open_cloud(test, nodes, demand, "", azure(keys));
}

static const char *job(const char *name, const char *ramp, int pods, const char *work, const char *more)
{
    return text("{ name = \"%s\"; kind = \"job\"; count = 1; ramp = \"%s\"; pods = %d; vcpus = 8; memory = \"4 GiB\"; work = \"%s\"; "
                "restart = \"0 s\"; %s }",
                name, ramp, pods, work, more);
}

static double requested_s(const struct clouds_test *test, const char *workload)
{
    return (double)test->world->demand->workload[clouds_unit(test, workload, 0)->workload].requested.us / 1e6;
}

static const struct load *load_of(const struct clouds_test *test, const char *workload)
{
    return &test->world->load[clouds_unit(test, workload, 0)->workload];
}

static bool has_place(const struct clouds_test *test, const char *workload) { return clouds_unit(test, workload, 0)->state != UNIT_IDLE; }

/* --- Queues ---------------------------------------------------------------------------------------------------------- */

/* Two nodes: a job of one and 10 h, then one of two, then one of an hour that fits before the second can begin. */
static void short_job_is_backfilled_where_the_discipline_lets_it(void **state)
{
    (void)state;
    static const char *const disciplines[] = {"fifo", "easy", "conservative"};
    const char *demand = text("%s, %s, %s", job("long", "0 s", 1, "10 h", "checkpoint_every = \"0 s\";"),
                              job("wide", "1 min", 2, "1 h", "checkpoint_every = \"0 s\";"),
                              job("short", "2 h", 1, "1 h", "checkpoint_every = \"0 s\"; estimate = 1;"));
    for (int i = 0; i < 3; i++) {
        struct clouds_test test;
        open_azure(&test, 2, demand, text("queue = \"%s\";", disciplines[i]));
        double asked = requested_s(&test, "short/0");
        assert_true(requested_s(&test, "wide/0") < asked); /* a draw of this seed */
        clouds_until(&test, asked + 21);
        assert_true(has_place(&test, "long/0"));
        assert_false(has_place(&test, "wide/0"));
        assert_true(has_place(&test, "short/0") == (i > 0));
        clouds_until(&test, 10 * hour + 81);
        assert_true(has_place(&test, "wide/0"));
        clouds_finish(&test);
        assert_near(clouds_metric(&test, "jobs_completed"), 3, 0);
        assert_near(clouds_metric(&test, "preemptions"), 0, 0);
        clouds_close(&test);
    }
}

static void job_is_stopped_at_the_end_of_the_time_it_asked_for_and_goes_on_later(void **state)
{
    (void)state;
    struct clouds_test test;
    /* Faults of its own every 3 h of a job of 8 h: it takes longer than asked for. */
    open_azure(&test, 1, job("late", "0 s", 1, "8 h", "checkpoint_every = \"2 h\"; checkpoint_write = \"1 min\"; estimate = 1; job_up = \"3 h\";"), "");
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "jobs_completed"), 1, 0);
    assert_true(load_of(&test, "late/0")->job.stops >= 1);
    assert_near(clouds_metric(&test, "evictions") + clouds_metric(&test, "preemptions"), 0, 0);
    clouds_close(&test);
}

/* --- Priorities ------------------------------------------------------------------------------------------------------ */

static void higher_priority_displaces_a_job_after_its_time_and_it_loses_nothing_saved(void **state)
{
    (void)state;
    struct clouds_test test;
    const char *demand = text("%s, %s", job("low", "0 s", 1, "10 h", "checkpoint_every = \"1 h\"; checkpoint_write = \"20 s\";"),
                              job("high", "1 h", 1, "1 h", "priority = 1; checkpoint_every = \"0 s\";"));
    open_azure(&test, 1, demand, "preempt_after = \"2 h\"; notice = \"30 s\";");
    clouds_until(&test, 2 * hour + 20 + 29);
    assert_true(has_place(&test, "low/0"));
    clouds_until(&test, 2 * hour + 20 + 30); /* it was told after two hours with its machine */
    assert_false(has_place(&test, "low/0"));
    assert_true(has_place(&test, "high/0"));
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "preemptions"), 1, 0);
    assert_near(clouds_metric(&test, "evictions"), 0, 0);
    assert_near(clouds_metric(&test, "jobs_completed"), 2, 0);
    assert_int_equal(load_of(&test, "low/0")->job.rework.us, 0);
    assert_int_equal(load_of(&test, "low/0")->job.stops, 1);
    clouds_close(&test);
}

static void equal_priorities_displace_nobody_and_nor_does_a_cloud_without_preemption(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"", ""}, {"priority = 1;", "preemption = \"none\";"}, {"priority = 1;", "preemption = \"spot\";"}};
    for (int i = 0; i < 3; i++) {
        struct clouds_test test;
        const char *demand = text("%s, %s", job("low", "0 s", 1, "10 h", ""), job("high", "1 h", 1, "1 h", rows[i][0]));
        open_azure(&test, 1, demand, rows[i][1]);
        clouds_until(&test, 9 * hour);
        assert_true(has_place(&test, "low/0"));
        clouds_finish(&test);
        assert_near(clouds_metric(&test, "preemptions"), 0, 0);
        clouds_close(&test);
    }
}

#define SERVICE(name, ramp, more)                                                                                      \
    "{ name = \"" name "\"; kind = \"service\"; count = 1; ramp = \"" ramp "\"; vcpus = 8; memory = \"4 GiB\"; " more " }"

static void service_on_demand_takes_the_place_of_a_spot_machine_and_never_the_other_way(void **state)
{
    (void)state;
    struct clouds_test test;
    open_azure(&test, 1, SERVICE("spot", "0 s", "capacity = \"spot\"; priority = 9;") ", " SERVICE("paid", "1 h", ""), "notice = \"30 s\";");
    double asked = requested_s(&test, "paid/0");
    clouds_until(&test, asked + 20 + 29);
    assert_true(has_place(&test, "spot/0"));
    clouds_until(&test, asked + 20 + 31);
    assert_false(has_place(&test, "spot/0"));
    assert_true(has_place(&test, "paid/0"));
    clouds_finish(&test);
    assert_true(clouds_is_up(&test, "paid/0", 0));
    assert_near(clouds_metric(&test, "evictions"), 1, 0);
    assert_near(clouds_metric(&test, "preemptions"), 0, 0); /* no job was stopped */
    clouds_close(&test);
}

/* --- Spot ------------------------------------------------------------------------------------------------------------ */

static void eviction_comes_exactly_a_notice_after_it_was_told(void **state)
{
    (void)state;
    struct clouds_test test;
    open_azure(&test, 1, SERVICE("spot", "0 s", "capacity = \"spot\";"), "spot_evictions = \"0.1 /h\"; notice = \"30 s\";");
    const struct hyperscaler *cloud = test.world->cloud;
    int told = -1, gone = -1;
    for (int second = 100; second < 3 * 86400 && gone < 0; second++) {
        world_live(test.world, (instant){second * US_PER_SECOND});
        if (told < 0 && cloud->machine[0].leaving == LEAVES_EVICTED)
            told = second;
        if (!has_place(&test, "spot/0"))
            gone = second;
    }
    assert_true(told > 0);
    assert_int_equal(gone - told, 30);
    clouds_finish(&test);
    assert_true(clouds_metric(&test, "evictions") >= 1);
    clouds_close(&test);
}

/* While it has no machine nothing is paid for it, and while it has one the spot price. */
static void nothing_is_billed_after_an_eviction(void **state)
{
    (void)state;
    struct clouds_test test;
    open_azure(&test, 1, SERVICE("spot", "0 s", "capacity = \"spot\";"), "spot_evictions = \"2 /h\"; create_time = \"10 min\";");
    double held_s = 0;
    money before = measure_paid(test.world->measure, 0);
    for (int second = 1; second <= 2 * 86400; second++) {
        bool had = has_place(&test, "spot/0");
        world_live(test.world, (instant){second * US_PER_SECOND});
        money paid = measure_paid(test.world->measure, 0);
        if (!had && !has_place(&test, "spot/0"))
            assert_int_equal(paid.micro, before.micro);
        before = paid;
    }
    clouds_finish(&test);
    const struct sim_record *record = test.record;
    for (const struct record_leases *c = record->leases; c != NULL; c = c->next)
        for (size_t i = 0; i < c->count; i++)
            held_s += (isnan(c->rows[i].end_s) ? 4 * 86400.0 : c->rows[i].end_s) - c->rows[i].start_s;
    assert_true(clouds_metric(&test, "evictions") > 50);
    assert_near(clouds_metric(&test, "cost_usd"), held_s / 3600 * 8 * 0.05 * 0.4, 1e-3);
    clouds_close(&test);
}

static void spot_that_is_never_evicted_is_on_demand_at_another_price(void **state)
{
    (void)state;
    enum { METRICS = 128 };
    double metrics[2][METRICS], cost[2];
    uint32_t count = 0;
    for (int spot = 0; spot < 2; spot++) {
        struct clouds_test test;
        const char *more = spot ? "capacity = \"spot\";" : "";
        open_azure(&test, 3, text("%s, %s", job("train", "0 s", 2, "30 h", text("job_up = \"exponential(10 h)\"; %s", more)),
                                  text("{ name = \"web\"; kind = \"service\"; count = 1; vcpus = 8; memory = \"4 GiB\"; %s }", more)),
                   "");
        clouds_finish(&test);
        count = 0;
        for (uint32_t m = 0; m < test.record->metric_count && count < METRICS; m++)
            if (strstr(test.record->metrics[m].name, "usd") == NULL)
                metrics[spot][count++] = test.record->metric_values[m];
        cost[spot] = clouds_metric(&test, "cost_usd");
        clouds_close(&test);
    }
    assert_memory_equal(metrics[0], metrics[1], count * sizeof(double));
    assert_near(cost[1], cost[0] * 0.4, 1e-4);
}

/* 20 s of writing fit into 30 s of notice, 40 s do not. */
static void job_saves_before_its_eviction_if_there_is_time(void **state)
{
    (void)state;
    for (int slow = 0; slow < 2; slow++) {
        struct clouds_test test;
        open_azure(&test, 1,
                   job("train", "0 s", 1, "30 h", text("capacity = \"spot\"; checkpoint_every = \"3 h\"; checkpoint_write = \"%d s\";", slow ? 40 : 20)),
                   "spot_evictions = \"0.3 /h\"; notice = \"30 s\";");
        clouds_finish(&test);
        const struct load *load = load_of(&test, "train/0");
        assert_true(clouds_metric(&test, "evictions") >= 3);
        assert_true(slow ? load->job.rework.us > 0 : load->job.rework.us == 0);
        assert_int_equal(load->job.failures, 0); /* evicted is not failed */
        clouds_close(&test);
    }
}

/* --- Budgets and checkpoints ----------------------------------------------------------------------------------------- */

static void job_is_given_up_when_its_restarts_are_used_up(void **state)
{
    (void)state;
    struct clouds_test test;
    open_azure(&test, 1, job("train", "0 s", 1, "10 h", "job_up = \"1 h\"; restarts = 2; checkpoint_every = \"0 s\";"), "");
    clouds_until(&test, 3 * hour + 79);
    assert_true(has_place(&test, "train/0"));
    clouds_until(&test, 3 * hour + 80);
    assert_false(has_place(&test, "train/0"));
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "jobs_failed"), 1, 0);
    assert_near(clouds_metric(&test, "gang_restarts"), 2, 0);
    assert_near(clouds_metric(&test, "jobs_completed"), 0, 0);
    assert_near(clouds_metric(&test, "cost_usd"), 8 * 0.05 * (3 + 60 / 3600.0), 1e-5);
    clouds_close(&test);
}

/* The laws say 10 h; every attempt ends in a fault after 20 h, so that after n of them 10 h weighs as one more observation. */
static void job_that_checkpoints_by_daly_learns_how_often_it_fails(void **state)
{
    (void)state;
    struct clouds_test test;
    open_azure(&test, 1, job("train", "0 s", 1, "90 d", "job_up = \"20 h\"; checkpoint = \"daly\"; checkpoint_write = \"1 min\";"), "");
    clouds_until(&test, 81);
    assert_near((double)load_of(&test, "train/0")->costs.interval.us / 1e6, gpu_checkpoint_daly(60, 20 * hour), 1e-6);
    clouds_until(&test, 40 * hour + 81);
    assert_int_equal(load_of(&test, "train/0")->job.failures, 2);
    assert_near((double)load_of(&test, "train/0")->costs.interval.us / 1e6, gpu_checkpoint_daly(60, (20 + 40) * hour / 3), 1e-6);
    clouds_close(&test);
    /* Told of as many evictions as faults. */
    open_azure(&test, 1, job("train", "0 s", 1, "90 d", "capacity = \"spot\"; job_up = \"20 h\"; checkpoint = \"young\"; checkpoint_write = \"1 min\";"),
               "spot_evictions = \"0.05 /h\";");
    clouds_until(&test, 81);
    assert_near((double)load_of(&test, "train/0")->costs.interval.us / 1e6, gpu_checkpoint_young(60, 10 * hour), 1e-6);
    clouds_close(&test);
    open_cloud(&test, 1, job("train", "0 s", 1, "90 d", "checkpoint = \"young\"; checkpoint_write = \"1 min\"; checkpoint_every = \"1 h\";"),
               text("%s, %s", incident("one", "2024-07-01T10:00Z", "node", "*", 60), incident("two", "2024-07-01T20:00Z", "node", "*", 60)),
               azure(""));
    clouds_until(&test, 30 * hour); /* no law tells of these: two faults in about 20 h */
    double interval = (double)load_of(&test, "train/0")->costs.interval.us / 1e6;
    assert_near(interval / gpu_checkpoint_young(60, 10 * hour), 1, 0.01);
    clouds_close(&test);
}

/* --- Maintenance ----------------------------------------------------------------------------------------------------- */

static void node_is_drained_for_maintenance_and_is_no_fault(void **state)
{
    (void)state;
    struct clouds_test test;
    open_azure(&test, 3, text("%s, %s", job("train", "0 s", 1, "60 h", "checkpoint_every = \"1 h\"; checkpoint_write = \"20 s\";"),
                              SERVICE("web", "0 s", "")),
               "maintenance_every = \"20 h\"; maintenance_length = \"1 h\"; drain_grace = \"30 min\"; notice = \"30 s\";");
    clouds_finish(&test);
    assert_true(clouds_metric(&test, "drains") >= 6);
    assert_near(clouds_metric(&test, "availability_node"), 1, 0);
    assert_near(clouds_metric(&test, "evictions") + clouds_metric(&test, "preemptions"), 0, 0);
    assert_true(load_of(&test, "train/0")->job.stops >= 1);
    assert_int_equal(load_of(&test, "train/0")->job.rework.us, 0);
    assert_true(clouds_metric(&test, "availability_service") > 0.99);
    clouds_close(&test);
}

/* --- Ray clusters ---------------------------------------------------------------------------------------------------- */

static const char *node_path(const struct clouds_test *test, const char *workload, uint32_t unit)
{
    return text("%s", clouds_path(test, test->world->plan->fleet->node[clouds_unit(test, workload, unit)->node].component));
}

static void strict_spread_keeps_pods_apart_and_off_survivors(void **state)
{
    (void)state;
    struct clouds_test test;
    const char *demand = "{ name = \"train\"; kind = \"job\"; count = 1; ramp = \"0 s\"; pods = 3; vcpus = 1; memory = \"4 GiB\"; work = \"80 h\"; "
                         "gang = \"strict-spread\"; }";
    open_cloud(&test, 5, demand, "", text(IONET, ""));
    clouds_until(&test, hour);
    const char *lost = node_path(&test, "train/0", 2);
    clouds_close(&test);
    open_cloud(&test, 5, demand, incident("node", "2024-07-01T02:00Z", "node", lost, 50 * hour), text(IONET, ""));
    for (int at = 1; at < 10; at++) {
        clouds_until(&test, at * hour);
        for (uint32_t a = 0; a < 3; a++)
            for (uint32_t b = 0; b < a; b++)
                assert_int_not_equal(clouds_unit(&test, "train/0", a)->node, clouds_unit(&test, "train/0", b)->node);
    }
    assert_true(clouds_is_up(&test, "train/0", 2));
    assert_string_not_equal(node_path(&test, "train/0", 2), lost);
    clouds_close(&test);
}

/* Four nodes, two clusters of two; each loses its worker for two days, and waits for what the other holds. */
static void clusters_that_wait_for_each_other_are_counted_and_can_be_undone(void **state)
{
    (void)state;
    const char *demand = text("%s, %s", job("x", "0 s", 2, "20 h", ""), job("y", "0 s", 2, "20 h", ""));
    struct clouds_test test;
    open_cloud(&test, 4, demand, "", text(IONET, ""));
    clouds_until(&test, hour);
    const char *incidents = text("%s, %s", incident("one", "2024-07-01T02:00Z", "node", node_path(&test, "x/0", 1), 60 * hour),
                                 incident("two", "2024-07-01T02:00Z", "node", node_path(&test, "y/0", 1), 60 * hour));
    clouds_close(&test);
    for (int recreate = 0; recreate < 2; recreate++) {
        open_cloud(&test, 4, demand, incidents, text(IONET, recreate ? "livelocks = \"recreate\";" : ""));
        clouds_until(&test, 40 * hour);
        bool x = load_of(&test, "x/0")->job.phase == JOB_DONE, y = load_of(&test, "y/0")->job.phase == JOB_DONE;
        assert_true(recreate ? x && !y : !x && !y);
        clouds_finish(&test);
        assert_near(clouds_metric(&test, "livelocks"), 1, 0);
        assert_near(clouds_metric(&test, "jobs_completed"), 2, 0);
        clouds_close(&test);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_job_is_backfilled_where_the_discipline_lets_it),
        cmocka_unit_test(job_is_stopped_at_the_end_of_the_time_it_asked_for_and_goes_on_later),
        cmocka_unit_test(higher_priority_displaces_a_job_after_its_time_and_it_loses_nothing_saved),
        cmocka_unit_test(equal_priorities_displace_nobody_and_nor_does_a_cloud_without_preemption),
        cmocka_unit_test(service_on_demand_takes_the_place_of_a_spot_machine_and_never_the_other_way),
        cmocka_unit_test(eviction_comes_exactly_a_notice_after_it_was_told),
        cmocka_unit_test(nothing_is_billed_after_an_eviction),
        cmocka_unit_test(spot_that_is_never_evicted_is_on_demand_at_another_price),
        cmocka_unit_test(job_saves_before_its_eviction_if_there_is_time),
        cmocka_unit_test(job_is_given_up_when_its_restarts_are_used_up),
        cmocka_unit_test(job_that_checkpoints_by_daly_learns_how_often_it_fails),
        cmocka_unit_test(node_is_drained_for_maintenance_and_is_no_fault),
        cmocka_unit_test(strict_spread_keeps_pods_apart_and_off_survivors),
        cmocka_unit_test(clusters_that_wait_for_each_other_are_counted_and_can_be_undone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
