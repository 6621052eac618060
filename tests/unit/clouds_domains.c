/* Zones by subscription, fault domains and update domains of the hyperscaler, in small worlds. */
#include "tests/unit/clouds_world.h"

#include "models/clouds/hyperscaler/hyperscaler_inside.h"

static const double hour = 3600;

/* Sites of so many zones, racks and nodes a rack, of 8 vCPUs. */
static const char *site(const char *name, int zones, int racks, int nodes)
{
    return text("{ name = \"%s\"; zones = %d; racks = %d; nodes = ( { type = \"box\"; per_rack = %d; } ); }", name, zones, racks, nodes);
}

static const char *scenario(const char *sites, const char *demand, const char *incidents, const char *keys)
{
    return text("model = \"clouds\"; seed = 5; probes = \"0\"; start = \"2024-07-01T00:00Z\"; horizon = \"30 d\"; fleet = { node_types = ( "
                "{ name = \"box\"; vcpus = 8; memory = \"64 GiB\"; } ); sites = ( %s ); }; demand = ( { name = \"set\"; kind = \"service\"; "
                "ramp = \"0 s\"; memory = \"4 GiB\"; %s } ); incidents = ( %s ); clouds = ( { name = \"azure\"; kind = \"hyperscaler\"; "
                "disks = \"local\"; create_time = \"20 s\"; boot_time = \"60 s\"; heal_after = \"5 min\"; retry_first = \"30 s\"; "
                "retry_cap = \"30 s\"; %s } );",
                sites, demand, incidents, keys);
}

static const struct fleet_node *node_of(const struct clouds_test *test, uint32_t service, uint32_t replica)
{
    const struct unit *unit = clouds_unit(test, text("set/%u", service), replica);
    assert_int_not_equal(unit->state, UNIT_IDLE);
    return &test->world->plan->fleet->node[unit->node];
}

/* --- Zones ----------------------------------------------------------------------------------------------------------- */

static void first_zone_of_a_tenant_is_that_of_its_subscription(void **state)
{
    (void)state;
    static const struct {
        const char *keys;
        uint32_t zone[6];
    } rows[] = {{"", {0, 1, 2, 0, 1, 2}},
                {"subscription = 2;", {0, 0, 1, 1, 2, 2}},
                {"zone_map = \"same\";", {0, 0, 0, 0, 0, 0}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct clouds_test test;
        clouds_open(&test, scenario(site("a", 3, 1, 8), "count = 6; vcpus = 1; spread = \"zone\";", "", rows[i].keys));
        clouds_begin(&test, 0);
        clouds_until(&test, 100);
        for (uint32_t s = 0; s < 6; s++)
            assert_int_equal(node_of(&test, s, 0)->zone, rows[i].zone[s]);
        clouds_finish(&test);
        clouds_close(&test);
    }
}

/* A permutation for each subscription: its replicas are in all zones, and all permutations of three are met among so many. */
static void drawn_zones_are_a_permutation_of_the_subscription(void **state)
{
    (void)state;
    struct clouds_test test;
    uint32_t met = 0;
    clouds_open(&test, scenario(site("a", 3, 4, 8), "count = 60; replicas = 3; vcpus = 1; spread = \"zone\";", "",
                                "zone_map = \"drawn\"; subscription = 2;"));
    clouds_begin(&test, 0);
    clouds_until(&test, 100);
    for (uint32_t s = 0; s < 60; s++) {
        uint32_t zone[3] = {node_of(&test, s, 0)->zone, node_of(&test, s, 1)->zone, node_of(&test, s, 2)->zone};
        assert_int_equal(1 << zone[0] | 1 << zone[1] | 1 << zone[2], 7);
        assert_int_equal(node_of(&test, s - s % 2, 0)->zone, zone[0]);
        met |= 1u << (zone[0] * 3 + zone[1]);
    }
    assert_int_equal(met, 1 << 1 | 1 << 2 | 1 << 3 | 1 << 5 | 1 << 6 | 1 << 7);
    clouds_finish(&test);
    clouds_close(&test);
}

/* --- Fault domains --------------------------------------------------------------------------------------------------- */

/* Six racks in three fault domains; replica i is in i modulo 3. Without, replicas are only on different nodes, the fullest first. */
static void replicas_of_a_set_are_in_different_fault_domains(void **state)
{
    (void)state;
    for (int domains = 0; domains <= 3; domains += 3) {
        struct clouds_test test;
        clouds_open(&test, scenario(site("a", 1, 6, 4), "count = 8; replicas = 3; vcpus = 1;", "", text("fault_domains = %d;", domains)));
        clouds_begin(&test, 0);
        clouds_until(&test, 100);
        for (uint32_t s = 0; s < 8; s++)
            for (uint32_t i = 0; i < 3; i++)
                assert_int_equal(node_of(&test, s, i)->rack % 3, domains > 0 ? i : 0);
        clouds_finish(&test);
        clouds_close(&test);
    }
}

/* Rack 2 is lost: its replica waits for it, with room in the others, while a machine that is alone goes there. */
static void replica_waits_for_its_fault_domain(void **state)
{
    (void)state;
    struct clouds_test test;
    clouds_open(&test, scenario(site("a", 1, 3, 2), "count = 1; replicas = 3; vcpus = 1;",
                                incident("rack", "2024-07-01T01:00Z", "rack", "a/z1/r02", 5 * hour), "fault_domains = 3;"));
    clouds_begin(&test, 0);
    clouds_until(&test, 2 * hour);
    assert_true(clouds_is_up(&test, "set/0", 0) && clouds_is_up(&test, "set/0", 2));
    assert_int_equal(clouds_unit(&test, "set/0", 1)->state, UNIT_IDLE);
    clouds_until(&test, 6 * hour + 31 + 60);
    assert_true(clouds_is_up(&test, "set/0", 1));
    clouds_finish(&test);
    clouds_close(&test);
}

static void zone_with_fewer_racks_than_fault_domains_is_a_mistake(void **state)
{
    (void)state;
    struct clouds_test test;
    clouds_read(&test, scenario(site("a", 1, 2, 2), "count = 1; replicas = 3; vcpus = 1;", "", "fault_domains = 3;"));
    assert_int_equal(test.scenario->errors, 1);
    clouds_close(&test);
}

/* --- Update domains -------------------------------------------------------------------------------------------------- */

#define WAVES "maintenance_every = \"8 d\"; maintenance_length = \"2 h\"; drain_grace = \"1 h\"; update_domains = 5; update_pause = \"30 min\"; "

/* Ten nodes, two in each update domain: they are away together, two hours and an hour's grace each time, half an hour between; never more
 * than one replica of five is away at once. */
static void maintenance_takes_one_update_domain_after_the_other(void **state)
{
    (void)state;
    struct clouds_test test;
    clouds_open(&test, scenario(site("a", 1, 2, 5), "count = 2; replicas = 5; vcpus = 4;", "", WAVES));
    clouds_begin(&test, 0);
    const struct hyperscaler *cloud = test.world->cloud;
    double began = -1, ended = -1;
    for (double at = 600; at < 29 * 86400.0 && ended < 0; at += 60) {
        clouds_until(&test, at);
        for (uint32_t s = 0; s < 2; s++) {
            uint32_t up = 0;
            for (uint32_t i = 0; i < 5; i++)
                up += clouds_is_up(&test, text("set/%u", s), i);
            assert_true(up >= 4);
        }
        bool under_way = cloud->wave[0].under_way;
        if (under_way && began < 0)
            began = at;
        if (!under_way && began >= 0)
            ended = at;
    }
    assert_true(began >= 0 && began < 8 * 86400);
    /* Whoever was moved into the next domain beside another of its set waits for half an hour there: at most once in each. */
    assert_true(ended - began >= 5 * 3 * hour + 4 * 0.5 * hour - 61 && ended - began <= 5 * 3.5 * hour + 4 * 0.5 * hour + 61);
    clouds_until(&test, ended + 8 * 86400 - 61); /* the next wave is 8 d after the last node was back */
    assert_false(cloud->wave[0].under_way);
    clouds_until(&test, ended + 8 * 86400 + 1);
    assert_true(cloud->wave[0].under_way);
    clouds_finish(&test);
    assert_true(clouds_metric(&test, "drains") >= 20);
    clouds_close(&test);
}

static void paired_regions_are_never_maintained_at_the_same_time(void **state)
{
    (void)state;
    struct clouds_test test;
    uint32_t alone[2] = {0}, both = 0;
    for (int paired = 0; paired < 2; paired++) {
        clouds_open(&test, scenario(text("%s, %s", site("a", 1, 2, 5), site("b", 1, 2, 5)), "count = 2; vcpus = 4;", "",
                                    text("%s %s", "maintenance_every = \"20 h\"; maintenance_length = \"2 h\"; drain_grace = \"1 h\"; update_domains = 5;",
                                         paired ? "pairs = ( { region = \"a\"; pair = \"b\"; } );" : "")));
        clouds_begin(&test, 0);
        const struct hyperscaler *cloud = test.world->cloud;
        for (double at = 600; at < 30 * 86400.0; at += 600) {
            clouds_until(&test, at);
            bool a = cloud->wave[0].under_way, b = cloud->wave[1].under_way;
            if (paired) {
                assert_false(a && b);
                alone[0] += a;
                alone[1] += b;
            } else {
                both += a && b;
            }
        }
        clouds_finish(&test);
        clouds_close(&test);
    }
    assert_true(alone[0] > 100 && alone[1] > 100 && both > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_zone_of_a_tenant_is_that_of_its_subscription),
        cmocka_unit_test(drawn_zones_are_a_permutation_of_the_subscription),
        cmocka_unit_test(replicas_of_a_set_are_in_different_fault_domains),
        cmocka_unit_test(replica_waits_for_its_fault_domain),
        cmocka_unit_test(zone_with_fewer_racks_than_fault_domains_is_a_mistake),
        cmocka_unit_test(maintenance_takes_one_update_domain_after_the_other),
        cmocka_unit_test(paired_regions_are_never_maintained_at_the_same_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
