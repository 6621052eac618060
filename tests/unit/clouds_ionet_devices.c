/* io.net's devices and their owners, in small worlds whose time lines can be computed by hand. */
#include "tests/unit/clouds_world.h"

#include "models/clouds/ionet/ionet_inside.h"

#define FLEET                                                                                                          \
    "fleet = { node_types = ( { name = \"box\"; vcpus = 8; memory = \"64 GiB\"; } ); sites = ( "                           \
    "{ name = \"a\"; zones = 1; racks = 1; nodes = ( { type = \"box\"; per_rack = 2; } ); } ); };"
#define VM "{ name = \"vm\"; kind = \"service\"; count = 1; ramp = \"0 s\"; vcpus = 8; memory = \"4 GiB\"; %s }"
/* Deployed after 90 s, replaced after 90 s, nothing by hand. */
#define IONET                                                                                                          \
    "{ name = \"io\"; kind = \"ionet\"; deploy_time = \"90 s\"; replace_time = \"90 s\"; manual_share = 0; retry_cap = \"60 s\"; %s }"

static const double hour = 3600, minute = 60, day = 86400;

static void open_devices(struct clouds_test *test, const char *head, const char *demand, const char *incidents, const char *keys)
{
    clouds_open(test, text("model = \"clouds\"; seed = 3; probes = \"6 /h\"; start = \"2024-07-01T00:00Z\"; horizon = \"10 d\"; %s " FLEET
                           " demand = ( %s ); incidents = ( %s ); clouds = ( %s );",
                           head, demand, incidents, text(IONET, keys)));
    clouds_begin(test, 0);
}

static const struct ionet *cloud_of(const struct clouds_test *test) { return test->world->cloud; }

static void assert_status(const struct clouds_test *test, uint32_t node, enum ionet_status wanted)
{
    assert_int_equal(ionet_status(cloud_of(test), node), wanted);
}

#define FIRST_LOST(seconds) incident("node", "2024-07-01T01:00Z", "node", "a/z1/r01/n01", seconds)

/* Lost at 1:00, the machine is back at 1:30; its owner reruns his commands two hours later. */
static void device_that_went_down_is_hired_when_its_owner_has_launched_it(void **state)
{
    (void)state;
    struct clouds_test test;
    open_devices(&test, "", text(VM, "replicas = 2;"), FIRST_LOST(30 * minute), "relaunch = \"2 h\";");
    clouds_until(&test, hour - 1);
    assert_status(&test, 0, IONET_RUNNING);
    clouds_until(&test, hour + minute);
    assert_status(&test, 0, IONET_FAILED);
    clouds_until(&test, hour + 31 * minute);
    assert_status(&test, 0, IONET_DOWN);
    clouds_until(&test, 3.5 * hour - 1); /* the other machine is taken: the replica waits */
    assert_int_equal(clouds_unit(&test, "vm/0", 0)->state, UNIT_IDLE);
    clouds_until(&test, 3.5 * hour + 1);
    assert_status(&test, 0, IONET_IDLE);
    clouds_until(&test, 3.5 * hour + 61);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    assert_status(&test, 0, IONET_RUNNING);
    clouds_finish(&test);
    /* One of two devices was away for two hours and a half of ten days. */
    assert_near(clouds_metric(&test, "devices_ready"), 1 - 2.5 / 480, 1e-9);
    clouds_close(&test);
}

/* Back and launched before the third heartbeat is missed, which is after 120 to 180 s: the container starts again where it was. */
static void container_starts_again_after_a_launch_that_nobody_missed(void **state)
{
    (void)state;
    struct clouds_test test;
    open_devices(&test, "", text(VM, ""), FIRST_LOST(30), "relaunch = \"60 s\";");
    clouds_until(&test, hour + 179);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, hour + 181); /* 30 s + 60 s + 90 s */
    assert_true(clouds_is_up(&test, "vm/0", 0));
    assert_int_equal(clouds_unit(&test, "vm/0", 0)->bound_at.us, 90 * US_PER_SECOND);
    clouds_finish(&test);
    clouds_close(&test);
}

static void device_inactive_for_days_is_as_good_as_new(void **state)
{
    (void)state;
    struct clouds_test test;
    const char *keys = "relaunch = \"1 s\"; inactive_after = \"5 d\"; pending = \"12 h\";";
    for (int days = 4; days <= 6; days += 2) {
        open_devices(&test, "", text(VM, "replicas = 2;"), FIRST_LOST(days * day), keys);
        clouds_until(&test, hour + 4.9 * day);
        assert_status(&test, 0, days == 4 ? IONET_RUNNING : IONET_FAILED);
        clouds_until(&test, hour + 5.1 * day);
        assert_status(&test, 0, days == 4 ? IONET_RUNNING : IONET_INACTIVE);
        clouds_until(&test, hour + days * day + 12 * hour);
        assert_int_equal(clouds_is_up(&test, "vm/0", 0), days == 4);
        clouds_until(&test, hour + days * day + 12 * hour + 2 * minute);
        assert_true(clouds_is_up(&test, "vm/0", 0));
        clouds_finish(&test);
        clouds_close(&test);
    }
}

/* 12 h of uptime are lacking; the machine is down from 1:00 to 3:00. All devices are new, and join somewhere in the ten days. */
static void pending_counts_uptime_only(void **state)
{
    (void)state;
    struct clouds_test test;
    open_devices(&test, "", text(VM, ""), incident("node", "2024-07-01T01:00Z", "node", "a/z1/r01/*", 2 * hour),
                 "newcomers = 1; pending = \"12 h\"; relaunch = \"1 s\";");
    const struct ionet *cloud = cloud_of(&test);
    double joined[2] = {-1, -1}, hired[2] = {-1, -1};
    for (double at = 0; at <= 10 * day; at += 10 * minute) {
        clouds_until(&test, at);
        for (uint32_t n = 0; n < 2; n++) {
            if (joined[n] < 0 && (cloud->device[n].held & HELD_ABSENT) == 0)
                joined[n] = at;
            if (hired[n] < 0 && cloud->device[n].held == 0)
                hired[n] = at;
        }
    }
    for (uint32_t n = 0; n < 2; n++) {
        assert_true(joined[n] > 0);
        if (joined[n] < 9 * day) /* so that both see their twelve hours end, or are known to be late */
            assert_near(hired[n] - joined[n], 12 * hour + (joined[n] < hour ? 2 * hour : 0), 11 * minute);
    }
    assert_false(joined[0] == joined[1]);
    clouds_finish(&test);
    clouds_close(&test);
}

/* A proof fails with certainty: an idle device is never verified, and one that is hired is never asked. */
static void idle_devices_are_proven_each_hour_and_hired_ones_never(void **state)
{
    (void)state;
    struct clouds_test test;
    open_devices(&test, "", text(VM, ""), "", "proof_failed = 1;");
    clouds_until(&test, hour - 1);
    assert_int_equal(cloud_of(&test)->device[1].held, 0);
    clouds_until(&test, hour);
    assert_int_equal(cloud_of(&test)->device[1].held, HELD_UNVERIFIED);
    assert_int_equal(cloud_of(&test)->device[0].held, 0);
    clouds_finish(&test);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    assert_near(clouds_metric(&test, "proofs_failed"), 240, 0); /* every hour of ten days, the last one too */
    clouds_close(&test);
}

/* A share of 10 % of 240 idle hours of two devices: binomial with mean 48, and each failure lasts an hour. */
static void failed_proofs_come_at_their_rate_and_last_an_hour(void **state)
{
    (void)state;
    struct clouds_test test;
    open_devices(&test, "", "{ name = \"none\"; kind = \"service\"; vcpus = 1; memory = \"1 GiB\"; }", "",
                 "proof_failed = 0.1;");
    clouds_finish(&test);
    double hours = 2 * 240, failed = clouds_metric(&test, "proofs_failed");
    assert_true(fabs(failed - 0.1 * hours) < 4 * sqrt(0.09 * hours));
    assert_near(clouds_metric(&test, "devices_ready"), 1 - failed / hours, 0.01);
    clouds_close(&test);
}

/* The owner wants his device every 5 h, for 2 h: he leaves a hired one alone, or takes it. */
static void paused_device_is_not_hired_and_may_be_taken_from_its_tenant(void **state)
{
    (void)state;
    struct clouds_test test;
    const char *pauses = "pause_every = \"5 h\"; pause_length = \"2 h\"; pause_hired = \"%s\";";
    open_devices(&test, "", text(VM, "replicas = 2;"), "", text(pauses, "leave"));
    clouds_until(&test, 6 * hour);
    assert_status(&test, 0, IONET_RUNNING);
    clouds_finish(&test);
    clouds_close(&test);
    open_devices(&test, "", text(VM, "replicas = 2;"), "", text(pauses, "take"));
    clouds_until(&test, 5 * hour - 1);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, 5 * hour);
    assert_status(&test, 0, IONET_PAUSED);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    assert_int_equal(clouds_unit(&test, "vm/0", 0)->state, UNIT_IDLE);
    clouds_until(&test, 7 * hour + 61);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "devices_ready"), 5.0 / 7, 0.02);
    clouds_close(&test);
}

static void foreign_work_blocks_a_device_for_a_while(void **state)
{
    (void)state;
    struct clouds_test test;
    open_devices(&test, "", text(VM, ""), "", "misuse = \"1 /d\"; blocked_for = \"1 d\";");
    bool seen = false;
    for (double at = 0; at < 10 * day; at += hour) {
        clouds_until(&test, at);
        seen |= ionet_status(cloud_of(&test), 0) == IONET_BLOCKED;
    }
    assert_true(seen);
    clouds_finish(&test);
    assert_true(clouds_metric(&test, "devices_blocked") >= 2);
    assert_near(clouds_metric(&test, "devices_ready"), 0.5, 0.3);
    clouds_close(&test);
}

/* The April of 2024: every worker must be launched anew. Nothing is wrong with the hardware; what is left is the owners' habit. */
static void forced_restart_takes_the_fleet_down_for_as_long_as_owners_take(void **state)
{
    (void)state;
    struct clouds_test test;
    open_devices(&test, "", text(VM, ""), incident("update", "2024-07-01T01:00Z", "node", "*", 1), "relaunch = \"1 d\";");
    clouds_until(&test, hour + 0.9 * day);
    assert_status(&test, 0, IONET_DOWN);
    assert_status(&test, 1, IONET_DOWN);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, hour + day + 2 * minute);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "availability_node"), 1 - 1.001 / (10 * day), 1e-7);
    assert_near(clouds_metric(&test, "devices_ready"), 0.9, 1e-3);
    clouds_close(&test);
}

static void rules_of_2025_have_what_july_2024_did_not(void **state)
{
    (void)state;
    struct clouds_test test;
    open_devices(&test, "", text(VM, ""), "", "rules = \"2025-09\"; fleet_points = 1.0;");
    const struct ionet_rules *rules = &cloud_of(&test)->plan->rules;
    assert_int_equal(rules->pending.us, 12 * US_PER_HOUR);
    assert_int_equal(rules->inactive_after.us, 5 * US_PER_DAY);
    assert_true(rules->proof_failed > 0 && cloud_of(&test)->plan->by_hand);
    clouds_finish(&test);
    clouds_close(&test);
    open_devices(&test, "", text(VM, ""), "", "pending = \"1 h\";");
    rules = &cloud_of(&test)->plan->rules;
    assert_int_equal(rules->pending.us, US_PER_HOUR);
    assert_true(rules->proof_failed <= 0 && !cloud_of(&test)->plan->by_hand && rules->inactive_after.us == 0);
    clouds_finish(&test);
    clouds_close(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(device_that_went_down_is_hired_when_its_owner_has_launched_it),
        cmocka_unit_test(container_starts_again_after_a_launch_that_nobody_missed),
        cmocka_unit_test(device_inactive_for_days_is_as_good_as_new),
        cmocka_unit_test(pending_counts_uptime_only),
        cmocka_unit_test(idle_devices_are_proven_each_hour_and_hired_ones_never),
        cmocka_unit_test(failed_proofs_come_at_their_rate_and_last_an_hour),
        cmocka_unit_test(paused_device_is_not_hired_and_may_be_taken_from_its_tenant),
        cmocka_unit_test(foreign_work_blocks_a_device_for_a_while),
        cmocka_unit_test(forced_restart_takes_the_fleet_down_for_as_long_as_owners_take),
        cmocka_unit_test(rules_of_2025_have_what_july_2024_did_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
