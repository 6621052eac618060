/* Fronts of the hyperscaler, in small worlds whose answers can be computed by hand: what users go through does not stop what runs. */
#include "tests/unit/clouds_world.h"

static const double hour = 3600, minute = 60;

/* Created after 20 s, booted after 60 s, healed after 5 min. web/0 is behind the front, vm/0 is not. */
static void open_cloud(struct clouds_test *test, const char *front, const char *incidents)
{
    clouds_open(test, text("model = \"clouds\"; seed = 5; probes = \"60 /h\"; start = \"2024-07-01T00:00Z\"; horizon = \"1 d\"; fleet = { "
                           "node_types = ( { name = \"box\"; vcpus = 8; memory = \"64 GiB\"; } ); sites = ( { name = \"a\"; zones = 1; racks = 1; "
                           "storage_units = 1; nodes = ( { type = \"box\"; per_rack = 3; } ); } ); }; demand = ( "
                           "{ name = \"web\"; kind = \"service\"; count = 1; ramp = \"0 s\"; vcpus = 8; memory = \"4 GiB\"; }, "
                           "{ name = \"vm\"; kind = \"service\"; count = 1; ramp = \"0 s\"; vcpus = 8; memory = \"4 GiB\"; } ); incidents = ( %s ); "
                           "clouds = ( { name = \"azure\"; kind = \"hyperscaler\"; create_time = \"20 s\"; boot_time = \"60 s\"; heal_after = \"5 min\"; "
                           "retry_first = \"30 s\"; retry_cap = \"30 s\"; fronts = ( { %s } ); } );",
                           incidents, front));
    clouds_begin(test, 0);
}

#define EDGE "name = \"edge\"; services = [ \"w*\" ];"
static const char *edge_lost(double seconds) { return incident("edge", "2024-07-01T02:00Z", "relay", "azure/edge", seconds); }

/* Down as long as the front is, and up again without a boot; nobody else notices, and nothing is moved. */
static void service_is_not_reached_while_its_front_is_away_and_runs_on(void **state)
{
    (void)state;
    struct clouds_test test;
    open_cloud(&test, EDGE, edge_lost(3 * hour));
    clouds_until(&test, 2 * hour);
    assert_false(clouds_is_up(&test, "web/0", 0));
    assert_int_equal(clouds_unit(&test, "web/0", 0)->state, UNIT_RUNNING);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, 5 * hour + 0.001);
    assert_true(clouds_is_up(&test, "web/0", 0));
    assert_int_equal(clouds_unit(&test, "web/0", 0)->bound_at.us, 20 * US_PER_SECOND);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "longest_outage_min"), 180, 1e-4);
    assert_near(clouds_metric(&test, "availability_control_plane"), 1, 0);
    assert_near(clouds_metric(&test, "availability_node"), 1, 0);
    clouds_close(&test);
}

/* Sign-ins are away for 3 h: with a token for an hour the service is down for two. Away for 50 min: nobody notices. */
static void token_in_hand_bridges_its_life(void **state)
{
    (void)state;
    static const double away[] = {3 * 3600.0, 50 * 60.0}, down_min[] = {120, 80 / 60.0 /* the wait for the first placement */};
    for (int i = 0; i < 2; i++) {
        struct clouds_test test;
        open_cloud(&test, EDGE " grace = \"1 h\"; manages = true;", edge_lost(away[i]));
        clouds_finish(&test);
        assert_near(clouds_metric(&test, "longest_outage_min"), down_min[i], 1e-4);
        /* Probes fail from 3 h on, those of the last minutes before 5 h are tried until it is back. */
        assert_near(clouds_metric(&test, "availability_control_plane"), i == 0 ? 22.0 / 24 : 1, i == 0 ? 0.02 : 0);
        clouds_close(&test);
    }
}

/* Its node breaks at 2:30, behind the lost front: it is moved and booted at once, and is up the moment that the front is back. */
static void machine_that_breaks_behind_a_lost_front_is_moved_behind_it(void **state)
{
    (void)state;
    struct clouds_test test;
    open_cloud(&test, EDGE, text("%s, %s", edge_lost(3 * hour), incident("node", "2024-07-01T02:30Z", "node", "a/z1/r01/n01", 20 * hour)));
    clouds_until(&test, 2 * hour);
    assert_string_equal(clouds_path(&test, clouds_unit(&test, "web/0", 0)->dependency[0]), "a/z1/r01/n01");
    clouds_until(&test, 2.5 * hour + 5 * minute + 80);
    assert_int_equal(clouds_unit(&test, "web/0", 0)->state, UNIT_RUNNING);
    assert_false(clouds_is_up(&test, "web/0", 0));
    clouds_until(&test, 5 * hour + 0.001);
    assert_true(clouds_is_up(&test, "web/0", 0));
    clouds_finish(&test);
    clouds_close(&test);
}

static void machine_whose_disk_is_back_behind_a_lost_front_boots_there(void **state)
{
    (void)state;
    struct clouds_test test;
    open_cloud(&test, EDGE, text("%s, %s", edge_lost(3 * hour), incident("disk", "2024-07-01T02:30Z", "storage", "*", 1 * hour)));
    clouds_until(&test, 3.5 * hour + 59);
    assert_int_equal(clouds_unit(&test, "web/0", 0)->state, UNIT_BOUND);
    clouds_until(&test, 3.5 * hour + 61);
    assert_int_equal(clouds_unit(&test, "web/0", 0)->state, UNIT_RUNNING);
    clouds_until(&test, 5 * hour + 0.001);
    assert_true(clouds_is_up(&test, "web/0", 0));
    clouds_finish(&test);
    clouds_close(&test);
}

/* A point of presence of three is lost: a third of the services. */
static void front_of_several_parts_is_lost_in_parts(void **state)
{
    (void)state;
    struct clouds_test test;
    clouds_open(&test, text("model = \"clouds\"; seed = 5; probes = \"0\"; start = \"2024-07-01T00:00Z\"; horizon = \"1 d\"; fleet = { "
                            "node_types = ( { name = \"box\"; vcpus = 64; memory = \"64 GiB\"; } ); sites = ( { name = \"a\"; zones = 1; racks = 1; "
                            "nodes = ( { type = \"box\"; per_rack = 1; } ); } ); }; demand = ( { name = \"web\"; kind = \"service\"; count = 9; "
                            "ramp = \"0 s\"; vcpus = 1; memory = \"4 GiB\"; } ); incidents = ( %s ); clouds = ( { name = \"azure\"; kind = \"hyperscaler\"; "
                            "fronts = ( { name = \"edge\"; count = 3; }, { name = \"dns\"; } ); } );",
                            incident("edge", "2024-07-01T02:00Z", "relay", "azure/edge/2", hour)));
    clouds_begin(&test, 0);
    clouds_until(&test, 2.5 * hour);
    for (uint32_t i = 0; i < 9; i++)
        assert_int_equal(clouds_is_up(&test, text("web/%u", i), 0), i % 3 != 1);
    clouds_finish(&test);
    clouds_close(&test);
}

static void fronts_that_mean_nothing_are_mistakes(void **state)
{
    (void)state;
    static const char *const fronts[] = {"name = \"control\";", "name = \"edge\"; services = [ \"nobody\" ];", "name = \"edge\"; up = \"1 h\";"};
    for (size_t i = 0; i < sizeof fronts / sizeof *fronts; i++) {
        struct clouds_test test;
        clouds_read(&test, text("model = \"clouds\"; start = \"2024-07-01T00:00Z\"; horizon = \"1 d\"; fleet = { node_types = ( { name = \"box\"; vcpus = 8; "
                                "memory = \"64 GiB\"; } ); sites = ( { name = \"a\"; zones = 1; racks = 1; nodes = ( { type = \"box\"; per_rack = 1; } ); } ); }; "
                                "demand = ( { name = \"vm\"; count = 1; vcpus = 1; memory = \"1 GiB\"; } ); clouds = ( { name = \"azure\"; "
                                "kind = \"hyperscaler\"; fronts = ( { %s } ); } );",
                                fronts[i]));
        assert_int_equal(test.scenario->errors, 1);
        clouds_close(&test);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(service_is_not_reached_while_its_front_is_away_and_runs_on),
        cmocka_unit_test(token_in_hand_bridges_its_life),
        cmocka_unit_test(machine_that_breaks_behind_a_lost_front_is_moved_behind_it),
        cmocka_unit_test(machine_whose_disk_is_back_behind_a_lost_front_boots_there),
        cmocka_unit_test(front_of_several_parts_is_lost_in_parts),
        cmocka_unit_test(fronts_that_mean_nothing_are_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
