/* io.net in small worlds whose answers can be computed by hand. */
#include "tests/unit/clouds_world.h"

#define FLEET                                                                                                          \
    "fleet = { node_types = ( { name = \"box\"; vcpus = 8; memory = \"64 GiB\"; } ); sites = ( "                           \
    "{ name = \"a\"; zones = 1; racks = 2; nodes = ( { type = \"box\"; per_rack = 2; } ); }, "                             \
    "{ name = \"b\"; zones = 1; racks = 2; nodes = ( { type = \"box\"; per_rack = 2; } ); } ); };"
#define VM "{ name = \"vm\"; kind = \"service\"; count = 1; ramp = \"0 s\"; vcpus = 8; memory = \"4 GiB\"; %s }"
#define RAY(pods, work)                                                                                                \
    "{ name = \"ray\"; kind = \"job\"; count = 1; ramp = \"0 s\"; pods = " #pods "; vcpus = 8; memory = \"4 GiB\"; work = \"" work   \
    "\"; restart = \"0 s\"; checkpoint_every = \"0 s\"; }"
/* Deployed after 90 s, replaced after 90 s, nothing by hand; site b is consumers at 60 % of the price. */
#define IONET                                                                                                          \
    "{ name = \"io\"; kind = \"ionet\"; vcpu_price = \"0.01 USD/h\"; fee = 0.02; deploy_time = \"90 s\"; replace_time = \"90 s\"; " \
    "manual_share = 0; relays_per_site = 2; tiers = ( { site = \"b\"; tier = \"consumer\"; } ); %s }"

static const double hour = 3600, minute = 60;
static const double unit_hour = 8 * 0.01 * 1.02; /* dollars, with the fee */

static void open_ionet(struct clouds_test *test, const char *head, const char *demand, const char *incidents, const char *keys)
{
    clouds_open(test, text("model = \"clouds\"; seed = 3; probes = \"60 /h\"; start = \"2024-07-01T00:00Z\"; %s " FLEET
                           " demand = ( %s ); incidents = ( %s ); clouds = ( %s );",
                           head, demand, incidents, text(IONET, keys)));
    clouds_begin(test, 0);
}

#define DAY "horizon = \"1 d\";"

static const char *node_of(const struct clouds_test *test, const char *workload, uint32_t unit)
{
    return clouds_path(test, clouds_unit(test, workload, unit)->dependency[0]);
}

static void worker_runs_when_it_is_deployed(void **state)
{
    (void)state;
    struct clouds_test test;
    open_ionet(&test, DAY, text(VM, ""), "", "");
    clouds_until(&test, 89);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, 90);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), unit_hour * (86400 - 90) / 3600, 1e-5);
    assert_near(clouds_metric(&test, "paid_hours_per_useful_hour"), 1, 0);
    clouds_close(&test);
}

static void reliable_tiers_are_tried_first_or_cheap_ones_and_prices_follow(void **state)
{
    (void)state;
    struct clouds_test test;
    open_ionet(&test, DAY, text(VM, ""), "", "prefer = \"reliable\";");
    clouds_until(&test, hour);
    assert_memory_equal(node_of(&test, "vm/0", 0), "a/", 2);
    clouds_finish(&test);
    clouds_close(&test);
    open_ionet(&test, DAY, text(VM, ""), "", "prefer = \"cheap\";");
    clouds_until(&test, hour);
    assert_memory_equal(node_of(&test, "vm/0", 0), "b/", 2);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), 0.6 * unit_hour * (86400 - 90) / 3600, 1e-5);
    clouds_close(&test);
}

/* Heartbeats each minute, three of them missed: noticed 120 to 180 s after the loss, and 90 s later another worker runs. */
static void lost_worker_is_noticed_after_two_to_three_minutes_and_replaced(void **state)
{
    (void)state;
    struct clouds_test test;
    open_ionet(&test, DAY, text(VM, ""), incident("node", "2024-07-01T01:00Z", "node", "a/z1/r01/n01", 10 * hour), "");
    clouds_until(&test, hour + 119);
    assert_int_equal(clouds_unit(&test, "vm/0", 0)->state, UNIT_BOUND);
    clouds_until(&test, hour + 180);
    assert_int_equal(clouds_unit(&test, "vm/0", 0)->state, UNIT_IDLE);
    clouds_until(&test, hour + 270);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    assert_string_equal(node_of(&test, "vm/0", 0), "a/z1/r01/n02");
    double back = (double)clouds_unit(&test, "vm/0", 0)->bound_at.us / 1e6;
    clouds_finish(&test);
    /* What the lost worker did not deliver is not paid. */
    assert_near(clouds_metric(&test, "cost_usd"), unit_hour * (hour - 90 + 86400 - back) / 3600, 1e-5);
    assert_near(clouds_metric(&test, "paid_hours_per_useful_hour"), 1, 1e-12);
    clouds_close(&test);
}

static void without_refund_the_dead_worker_is_paid_until_it_is_noticed(void **state)
{
    (void)state;
    struct clouds_test test;
    open_ionet(&test, DAY, text(VM, ""), incident("node", "2024-07-01T01:00Z", "node", "a/z1/r01/n01", 10 * hour), "refund = 0;");
    clouds_until(&test, hour + 270);
    double back = (double)clouds_unit(&test, "vm/0", 0)->bound_at.us / 1e6;
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), unit_hour * (86400 - 90 - 90) / 3600, 1e-5); /* less the replacing */
    assert_true(back > hour + 200);
    clouds_close(&test);
}

static void worker_that_is_back_before_it_is_missed_starts_again_there(void **state)
{
    (void)state;
    struct clouds_test test;
    open_ionet(&test, DAY, text(VM, ""), incident("node", "2024-07-01T01:00Z", "node", "a/z1/r01/n01", minute), "");
    clouds_until(&test, hour + 149);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, hour + 151);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    assert_int_equal(clouds_unit(&test, "vm/0", 0)->bound_at.us, 90 * US_PER_SECOND);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), unit_hour * (86400 - 90 - 150) / 3600, 1e-5);
    clouds_close(&test);
}

static void relay_lost_is_a_worker_that_runs_and_cannot_be_reached(void **state)
{
    (void)state;
    struct clouds_test test;
    open_ionet(&test, DAY, text(VM, ""), incident("relays", "2024-07-01T01:00Z", "relay", "io/a/*", 5 * hour), "");
    clouds_until(&test, 3 * hour);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    assert_int_equal(clouds_unit(&test, "vm/0", 0)->state, UNIT_RUNNING);
    assert_int_equal(clouds_unit(&test, "vm/0", 0)->bound_at.us, 90 * US_PER_SECOND); /* nobody replaces it */
    clouds_until(&test, 6 * hour + 1);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "availability_service"), 1 - (5 * hour + 90) / 86400, 1e-7);
    clouds_close(&test);
}

/* The node is back while the relay is still lost: heartbeats do not go through the relay, so there is nothing to replace. */
static void worker_that_is_back_behind_a_lost_relay_is_not_replaced(void **state)
{
    (void)state;
    struct clouds_test test;
    open_ionet(&test, DAY, text(VM, ""),
               text("%s, %s", incident("relays", "2024-07-01T00:30Z", "relay", "io/a/*", 5 * hour),
                    incident("node", "2024-07-01T01:00Z", "node", "a/z1/r01/n01", minute)),
               "");
    clouds_until(&test, 5 * hour + 31 * minute);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    assert_int_equal(clouds_unit(&test, "vm/0", 0)->bound_at.us, 90 * US_PER_SECOND);
    clouds_finish(&test);
    clouds_close(&test);
}

static void lost_head_takes_the_whole_cluster_and_a_lost_worker_itself(void **state)
{
    (void)state;
    struct clouds_test test;
    for (int head = 1; head >= 0; head--) {
        open_ionet(&test, DAY, RAY(3, "8 h"),
                   incident("node", "2024-07-01T01:00Z", "node", head ? "a/z1/r01/n01" : "a/z1/r01/n02", 20 * hour), "");
        clouds_until(&test, hour + 180);
        for (uint32_t u = 0; u < 3; u++)
            assert_int_equal(clouds_unit(&test, "ray/0", u)->state == UNIT_IDLE, head ? 1 : u == 1);
        clouds_until(&test, hour + 270);
        for (uint32_t u = 0; u < 3; u++)
            assert_true(clouds_is_up(&test, "ray/0", u));
        clouds_finish(&test);
        assert_near(clouds_metric(&test, "jobs_completed"), 1, 0);
        clouds_close(&test);
    }
}

static void nothing_is_deployed_or_replaced_without_the_orchestrator(void **state)
{
    (void)state;
    struct clouds_test test;
    open_ionet(&test, DAY, text(VM, "replicas = 2;"),
               text("%s, %s", incident("control", "2024-07-01T00:30Z", "control", "io/orchestrator", 5 * hour),
                    incident("node", "2024-07-01T01:00Z", "node", "a/z1/r01/n01", 20 * hour)),
               "");
    clouds_until(&test, 5.5 * hour - 1);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    assert_true(clouds_is_up(&test, "vm/0", 1)); /* what runs, runs on */
    clouds_until(&test, 5.75 * hour);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "availability_control_plane"), 19.0 / 24, 0.02);
    clouds_close(&test);
}

/* --- Booking --------------------------------------------------------------------------------------------------------- */

static void an_hour_is_the_least_that_is_paid(void **state)
{
    (void)state;
    struct clouds_test test;
    open_ionet(&test, DAY, RAY(2, "10 min"), "", "");
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), 2 * unit_hour, 1e-9);
    assert_near(clouds_metric(&test, "paid_hours_per_useful_hour"), 6, 1e-9);
    clouds_close(&test);
    open_ionet(&test, DAY, RAY(2, "90 min"), "", "");
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), 2 * unit_hour * 1.5, 1e-5);
    clouds_close(&test);
}

/* The hour is the booking's: a worker that io.net puts in place of a failed one does not begin another. */
static void replacement_begins_no_new_hour(void **state)
{
    (void)state;
    struct clouds_test test;
    open_ionet(&test, DAY, text(VM, "lifetime = \"5 h\";"), incident("node", "2024-07-01T04:50Z", "node", "a/z1/r01/n01", hour), "");
    clouds_until(&test, 4 * hour + 55 * minute);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    double back = (double)clouds_unit(&test, "vm/0", 0)->bound_at.us / 1e6;
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), unit_hour * (4 * hour + 50 * minute - 90 + 5 * hour - back) / 3600, 1e-5);
    clouds_close(&test);
}

static void hour_booked_and_left_before_the_start_is_not_counted(void **state)
{
    (void)state;
    struct clouds_test test;
    open_ionet(&test, DAY " warmup = \"15 min\";", text(VM, "lifetime = \"10 min\";"), "", "");
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), 0, 0);
    assert_true(isnan(clouds_metric(&test, "paid_hours_per_useful_hour"))); /* nothing useful in the window */
    assert_true(isnan(clouds_metric(&test, "provider_hhi")));               /* and no capacity leased in it */
    clouds_close(&test);
}

static void warmup_is_not_billed(void **state)
{
    (void)state;
    struct clouds_test test;
    open_ionet(&test, DAY " warmup = \"2 d\";", text(VM, ""), "", "");
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), 24 * unit_hour, 1e-6);
    clouds_close(&test);
}

/* Replicas keep apart where they can; where there are more of them than nodes they share. */
static void replicas_share_a_node_when_there_is_no_other(void **state)
{
    (void)state;
    struct clouds_test test;
    open_ionet(&test, DAY, "{ name = \"many\"; kind = \"service\"; count = 1; replicas = 10; ramp = \"0 s\"; vcpus = 2; memory = \"4 GiB\"; }",
               "", "");
    clouds_until(&test, hour);
    for (uint32_t u = 0; u < 10; u++)
        assert_true(clouds_is_up(&test, "many/0", u));
    clouds_finish(&test);
    clouds_close(&test);
}

static void cluster_is_placed_as_a_whole_or_not_at_all(void **state)
{
    (void)state;
    struct clouds_test test;
    open_ionet(&test, DAY, RAY(9, "1 h"), "", ""); /* eight nodes */
    clouds_until(&test, 12 * hour);
    for (uint32_t u = 0; u < 9; u++)
        assert_int_equal(clouds_unit(&test, "ray/0", u)->state, UNIT_IDLE);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), 0, 0);
    assert_near(clouds_metric(&test, "lease_success_rate"), 0, 0);
    clouds_close(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_runs_when_it_is_deployed),
        cmocka_unit_test(reliable_tiers_are_tried_first_or_cheap_ones_and_prices_follow),
        cmocka_unit_test(lost_worker_is_noticed_after_two_to_three_minutes_and_replaced),
        cmocka_unit_test(without_refund_the_dead_worker_is_paid_until_it_is_noticed),
        cmocka_unit_test(worker_that_is_back_before_it_is_missed_starts_again_there),
        cmocka_unit_test(relay_lost_is_a_worker_that_runs_and_cannot_be_reached),
        cmocka_unit_test(worker_that_is_back_behind_a_lost_relay_is_not_replaced),
        cmocka_unit_test(lost_head_takes_the_whole_cluster_and_a_lost_worker_itself),
        cmocka_unit_test(nothing_is_deployed_or_replaced_without_the_orchestrator),
        cmocka_unit_test(an_hour_is_the_least_that_is_paid),
        cmocka_unit_test(replacement_begins_no_new_hour),
        cmocka_unit_test(hour_booked_and_left_before_the_start_is_not_counted),
        cmocka_unit_test(warmup_is_not_billed),
        cmocka_unit_test(replicas_share_a_node_when_there_is_no_other),
        cmocka_unit_test(cluster_is_placed_as_a_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
