/* Paired regions of the hyperscaler, in small worlds whose answers can be computed by hand: tenants who go to the other region, what they
 * find there, disks that fail over, and the way home. */
#include "tests/unit/clouds_world.h"

static const double hour = 3600;

/* Region a, where everybody lives, and its pair b; one zone, one rack, one storage unit each. Created after 20 s, booted after 60 s,
 * tried again after 30 s. Region a's storage is away from 01:00 for so many hours. */
static void open_cloud(struct clouds_test *test, int nodes_a, int nodes_b, int vms, double away_h, const char *keys)
{
    clouds_open(test, text("model = \"clouds\"; seed = 5; probes = \"0\"; start = \"2024-07-01T00:00Z\"; horizon = \"1 d\"; fleet = { "
                           "node_types = ( { name = \"box\"; vcpus = 8; memory = \"64 GiB\"; } ); sites = ( "
                           "{ name = \"a\"; zones = 1; racks = 1; storage_units = 1; nodes = ( { type = \"box\"; per_rack = %d; } ); }, "
                           "{ name = \"b\"; zones = 1; racks = 1; storage_units = 1; demand_weight = 0; nodes = ( { type = \"box\"; per_rack = %d; } ); } ); }; "
                           "demand = ( { name = \"vm\"; kind = \"service\"; count = %d; ramp = \"0 s\"; vcpus = 8; memory = \"4 GiB\"; } ); incidents = ( %s ); "
                           "clouds = ( { name = \"azure\"; kind = \"hyperscaler\"; create_time = \"20 s\"; boot_time = \"60 s\"; heal_after = \"5 min\"; "
                           "retry_first = \"30 s\"; retry_cap = \"30 s\"; pairs = ( { region = \"a\"; pair = \"b\"; } ); %s } );",
                           nodes_a, nodes_b, vms, incident("storage", "2024-07-01T01:00Z", "storage", "a/*", away_h * hour), keys));
    clouds_begin(test, 0);
}

#define HABIT "failover_share = \"100 %\"; failover_after = \"2 h\"; failback_after = \"3 h\"; "

static char region_of(const struct clouds_test *test, const char *workload)
{
    const struct unit *unit = clouds_unit(test, workload, 0);
    return unit->state == UNIT_IDLE ? '-' : clouds_path(test, unit->dependency[0])[0];
}

static uint32_t up_in(const struct clouds_test *test, char region, uint32_t vms)
{
    uint32_t up = 0;
    for (uint32_t i = 0; i < vms; i++) {
        const char *name = text("vm/%u", i);
        up += clouds_is_up(test, name, 0) && region_of(test, name) == region;
    }
    return up;
}

/* --- Tenants --------------------------------------------------------------------------------------------------------- */

/* Away from 1 h; in the pair at 3 h; it looks homewards every 3 h from when it was up, and its region is well from 11 h. */
static void tenant_goes_to_the_pair_after_its_habit_and_home_when_its_region_is_well(void **state)
{
    (void)state;
    struct clouds_test test;
    double there = 3 * hour + 80, back = there + 9 * hour;
    open_cloud(&test, 1, 1, 1, 10, HABIT);
    clouds_until(&test, 3 * hour - 1);
    assert_int_equal(region_of(&test, "vm/0"), 'a');
    clouds_until(&test, there - 1);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, there);
    assert_int_equal(up_in(&test, 'b', 1), 1);
    clouds_until(&test, back - 1);
    assert_int_equal(up_in(&test, 'b', 1), 1);
    clouds_until(&test, back + 79);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, back + 80);
    assert_int_equal(up_in(&test, 'a', 1), 1);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "failovers"), 1, 0);
    assert_near(clouds_metric(&test, "longest_outage_min"), 120 + 80 / 60.0, 1e-9);
    assert_near(clouds_metric(&test, "availability_service"), 1 - (80 + 2 * hour + 80 + 80) / 86400, 1e-12);
    assert_true(isnan(clouds_metric(&test, "lost_writes_min"))); /* it left its disk, and nobody lost one */
    clouds_close(&test);
}

static void tenants_without_the_habit_wait_for_their_region(void **state)
{
    (void)state;
    static const char *const keys[] = {"failover_share = \"0 %\";", "failover_share = \"100 %\"; failover_after = \"11 h\";"};
    for (int i = 0; i < 2; i++) {
        struct clouds_test test;
        open_cloud(&test, 1, 1, 1, 10, keys[i]);
        clouds_until(&test, 11 * hour - 1);
        assert_false(clouds_is_up(&test, "vm/0", 0));
        clouds_until(&test, 11 * hour + 61);
        assert_int_equal(up_in(&test, 'a', 1), 1);
        clouds_finish(&test);
        assert_near(clouds_metric(&test, "failovers"), 0, 0);
        clouds_close(&test);
    }
}

/* Six go, the pair has room for four. The other two are refused until their region looks well, and then go home at their next try. */
static void room_in_the_pair_is_finite(void **state)
{
    (void)state;
    struct clouds_test test;
    open_cloud(&test, 6, 4, 6, 10, "failover_share = \"100 %\"; failover_after = \"2 h\"; failback_after = \"30 d\"; ");
    clouds_until(&test, 11 * hour - 1);
    assert_int_equal(up_in(&test, 'b', 6), 4);
    clouds_until(&test, 11 * hour + 30 + 81);
    assert_int_equal(up_in(&test, 'b', 6), 4);
    assert_int_equal(up_in(&test, 'a', 6), 2);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "failovers"), 6, 0);
    assert_near(clouds_metric(&test, "refusals"), 2, 0);
    clouds_close(&test);
}

/* --- Disks ----------------------------------------------------------------------------------------------------------- */

static void disk_that_fails_over_loses_what_had_not_been_copied(void **state)
{
    (void)state;
    struct clouds_test test;
    open_cloud(&test, 2, 2, 2, 10, "disks = \"grs\"; grs_failover = \"4 h\"; grs_lag = \"10 min\"; failback_after = \"30 d\"; ");
    clouds_until(&test, 5 * hour + 79);
    assert_int_equal(up_in(&test, 'b', 2), 0);
    clouds_until(&test, 5 * hour + 80);
    assert_int_equal(up_in(&test, 'b', 2), 2);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "lost_writes_min"), 10, 0);
    assert_near(clouds_metric(&test, "failovers"), 2, 0);
    assert_near(clouds_metric(&test, "longest_outage_min"), 240 + 80 / 60.0, 1e-9);
    clouds_close(&test);
}

/* The copy is there, and nobody decides to use it: the outage is the repair's, and no write is lost. Nor when it is back in time. */
static void disk_that_is_repaired_loses_nothing(void **state)
{
    (void)state;
    static const char *const keys[] = {"disks = \"grs\"; grs_lag = \"10 min\";", "disks = \"grs\"; grs_lag = \"10 min\"; grs_failover = \"601 min\";"};
    for (int i = 0; i < 2; i++) {
        struct clouds_test test;
        open_cloud(&test, 1, 1, 1, 10, keys[i]);
        clouds_finish(&test);
        assert_near(clouds_metric(&test, "longest_outage_min"), 601, 0.01);
        assert_near(clouds_metric(&test, "failovers"), 0, 0);
        assert_true(isnan(clouds_metric(&test, "lost_writes_min")));
        clouds_close(&test);
    }
}

/* --- Mistakes -------------------------------------------------------------------------------------------------------- */

static void pairs_that_mean_nothing_are_mistakes(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "disks = \"grs\";", "failover_share = \"10 %\";", "pairs = ( { region = \"a\"; pair = \"c\"; } );",
        "pairs = ( { region = \"a\"; pair = \"a\"; } );", "pairs = ( { region = \"a\"; pair = \"b\"; }, { region = \"b\"; pair = \"a\"; } );"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct clouds_test test;
        clouds_read(&test, text("model = \"clouds\"; start = \"2024-07-01T00:00Z\"; horizon = \"1 d\"; fleet = { node_types = ( { name = \"box\"; vcpus = 8; "
                                "memory = \"64 GiB\"; } ); sites = ( { name = \"a\"; zones = 1; racks = 1; nodes = ( { type = \"box\"; per_rack = 1; } ); }, "
                                "{ name = \"b\"; zones = 1; racks = 1; nodes = ( { type = \"box\"; per_rack = 1; } ); } ); }; demand = ( { name = \"vm\"; "
                                "count = 1; vcpus = 1; memory = \"1 GiB\"; } ); clouds = ( { name = \"azure\"; kind = \"hyperscaler\"; %s } );",
                                keys[i]));
        assert_int_equal(test.scenario->errors, 1);
        clouds_close(&test);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tenant_goes_to_the_pair_after_its_habit_and_home_when_its_region_is_well),
        cmocka_unit_test(tenants_without_the_habit_wait_for_their_region),
        cmocka_unit_test(room_in_the_pair_is_finite),
        cmocka_unit_test(disk_that_fails_over_loses_what_had_not_been_copied),
        cmocka_unit_test(disk_that_is_repaired_loses_nothing),
        cmocka_unit_test(pairs_that_mean_nothing_are_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
