/* What io.net sells, and what a loss does to each of them. */
#include "tests/unit/clouds_world.h"

#include "models/clouds/ionet/ionet_inside.h"

/* Site a: machines of a data center; site b: two of consumers. */
#define FLEET                                                                                                          \
    "fleet = { node_types = ( { name = \"box\"; vcpus = 8; memory = \"64 GiB\"; gpus = 2; gpu_model = \"a100\"; } ); sites = ( "      \
    "{ name = \"a\"; zones = 1; racks = 1; nodes = ( { type = \"box\"; per_rack = %d; } ); }, "                            \
    "{ name = \"b\"; zones = 1; racks = 1; nodes = ( { type = \"box\"; per_rack = 2; } ); } ); };"
#define JOB(product, pods, vcpus)                                                                                      \
    "{ name = \"job\"; kind = \"job\"; count = 1; ramp = \"0 s\"; pods = " #pods "; vcpus = " #vcpus "; memory = \"4 GiB\"; product = \""  \
    product "\"; work = \"8 h\"; restart = \"0 s\"; checkpoint_every = \"0 s\"; }"
#define SERVICE(product, replicas)                                                                                     \
    "{ name = \"job\"; kind = \"service\"; count = 1; ramp = \"0 s\"; replicas = " #replicas "; quorum = 1; vcpus = 8; memory = \"4 GiB\"; " \
    "product = \"" product "\"; %s }"
#define IONET                                                                                                          \
    "{ name = \"io\"; kind = \"ionet\"; deploy_time = \"90 s\"; replace_time = \"90 s\"; manual_share = 0; retry_cap = \"60 s\"; fee = 0; "  \
    "vcpu_price = \"0.01 USD/h\"; gpu_prices = ( { model = \"a100\"; price = \"1 USD/h\"; } ); consumer_price = 1; "   \
    "tiers = ( { site = \"b\"; tier = \"consumer\"; } ); %s }"

static const double hour = 3600, minute = 60, day = 86400;

static void open_products(struct clouds_test *test, int machines, const char *demand, const char *incidents, const char *keys)
{
    clouds_open(test, text("model = \"clouds\"; seed = 3; probes = \"6 /h\"; start = \"2024-07-01T00:00Z\"; horizon = \"2 d\"; %s demand = ( %s ); "
                           "incidents = ( %s ); clouds = ( %s );",
                           text(FLEET, machines), demand, incidents, text(IONET, keys)));
    clouds_begin(test, 0);
}

static const char *node_of(const struct clouds_test *test, uint32_t unit)
{
    return clouds_path(test, clouds_unit(test, "job/0", unit)->dependency[0]);
}

static const struct ionet *cloud_of(const struct clouds_test *test) { return test->world->cloud; }

#define LOST(path, seconds) incident("node", "2024-07-01T01:00Z", "node", path, seconds)

static void assert_idle(const struct clouds_test *test, uint32_t a, uint32_t b)
{
    assert_int_equal(clouds_unit(test, "job/0", 0)->state == UNIT_IDLE, a);
    assert_int_equal(clouds_unit(test, "job/0", 1)->state == UNIT_IDLE, b);
}

static void loss_of_the_first_is_the_loss_of_all_with_a_head_only(void **state)
{
    (void)state;
    static const struct {
        const char *demand;
        bool head;
    } cases[] = {{JOB("default", 2, 8), true},     {JOB("ray", 2, 8), true},         {JOB("mega-ray", 2, 8), true},
                 {JOB("container", 2, 8), false},  {JOB("kubernetes", 2, 8), false}, {JOB("bare-metal", 2, 4), false},
                 {SERVICE("ray", 2), true},        {SERVICE("default", 2), false},   {SERVICE("container", 2), false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct clouds_test test;
        open_products(&test, 3, text("%s", i >= 6 ? text(cases[i].demand, "") : cases[i].demand), LOST("a/z1/r01/n01", day), "");
        clouds_until(&test, hour - 1);
        assert_string_equal(node_of(&test, 0), "a/z1/r01/n01");
        assert_true(clouds_is_up(&test, "job/0", 1));
        clouds_until(&test, hour + 180);
        assert_idle(&test, true, cases[i].head);
        clouds_until(&test, hour + 6 * minute);
        assert_true(clouds_is_up(&test, "job/0", 0) && clouds_is_up(&test, "job/0", 1));
        clouds_finish(&test);
        clouds_close(&test);
    }
}

/* The cheap tier first; the head must be in a data center all the same. */
static void head_is_hired_in_a_data_center(void **state)
{
    (void)state;
    static const char *const demands[] = {JOB("ray", 3, 8), JOB("mega-ray", 3, 8)};
    for (size_t i = 0; i < 2; i++) {
        struct clouds_test test;
        open_products(&test, 2, demands[i], "", "prefer = \"cheap\"; head_compliant = true;");
        clouds_until(&test, hour);
        assert_memory_equal(node_of(&test, 0), "a/", 2);
        assert_memory_equal(node_of(&test, 1), "b/", 2);
        assert_memory_equal(node_of(&test, 2), "b/", 2);
        clouds_finish(&test);
        assert_near(clouds_metric(&test, "jobs_completed"), 1, 0);
        clouds_close(&test);
    }
}

/* Three pods of a machine each do not fit into one tier of two, which is what a placement group asks for. */
static void ray_wants_one_tier_and_mega_ray_takes_what_there_is(void **state)
{
    (void)state;
    struct clouds_test test;
    open_products(&test, 2, JOB("ray", 3, 8), "", "");
    clouds_until(&test, hour);
    assert_idle(&test, true, true);
    clouds_finish(&test);
    clouds_close(&test);
    open_products(&test, 2, JOB("mega-ray", 3, 8), "", "");
    clouds_until(&test, hour);
    assert_true(clouds_is_up(&test, "job/0", 2));
    clouds_finish(&test);
    clouds_close(&test);
    /* Five on four machines: it holds four, pays for them, and waits. Containers would wait for all. */
    open_products(&test, 2, JOB("mega-ray", 5, 8), "", "");
    clouds_until(&test, hour);
    assert_true(clouds_is_up(&test, "job/0", 3));
    assert_int_equal(clouds_unit(&test, "job/0", 4)->state, UNIT_IDLE);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), 4 * 0.08 * (48 - 0.025), 1e-4);
    assert_near(clouds_metric(&test, "jobs_completed"), 0, 0);
    clouds_close(&test);
    open_products(&test, 2, JOB("container", 5, 8), "", "");
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), 0, 0);
    clouds_close(&test);
}

/* Both are lost at 1:00, the worker first. There is room for both elsewhere, but the worker waits until the master has found some. */
static void kubernetes_replaces_nobody_without_its_master(void **state)
{
    (void)state;
    struct clouds_test test;
    const char *both = text("%s, %s", LOST("a/z1/r01/n02", day), incident("master", "2024-07-01T01:00:01Z", "node", "a/z1/r01/n01", day));
    /* Containers are replaced as they are missed. */
    open_products(&test, 2, text(SERVICE("container", 2), ""), both, "");
    clouds_until(&test, hour + 6 * minute);
    assert_true(clouds_is_up(&test, "job/0", 1));
    clouds_finish(&test);
    clouds_close(&test);
    open_products(&test, 2, text(SERVICE("kubernetes", 2), ""), both, "");
    clouds_until(&test, hour + 3 * minute);
    assert_false(clouds_is_up(&test, "job/0", 1));
    uint32_t worker_first = 0;
    for (double at = hour + 3 * minute; at < hour + 20 * minute && !clouds_is_up(&test, "job/0", 1); at += 1) {
        clouds_until(&test, at);
        worker_first += clouds_is_up(&test, "job/0", 1) && !clouds_is_up(&test, "job/0", 0);
    }
    assert_true(clouds_is_up(&test, "job/0", 0) && clouds_is_up(&test, "job/0", 1));
    assert_int_equal(worker_first, 0);
    clouds_finish(&test);
    clouds_close(&test);
}

/* 4 vCPUs of a machine of 8 with two GPUs: a pod of bare metal has the machine for itself, pays two GPUs, and the machine is wiped
 * for 30 h when it leaves, 24 of them without a loss of rewards. */
static void bare_metal_is_a_machine_and_is_wiped(void **state)
{
    (void)state;
    struct clouds_test test;
    open_products(&test, 1, JOB("bare-metal", 2, 4), "", "wipe_time = \"30 h\"; rewards = true; fleet_points = 1.0;");
    const struct ionet *cloud = cloud_of(&test);
    clouds_until(&test, hour);
    assert_string_not_equal(node_of(&test, 0), node_of(&test, 1));
    clouds_until(&test, 9 * hour);
    assert_idle(&test, true, true);
    assert_int_equal(cloud->device[0].held, HELD_WIPE);
    assert_true(cloud->device[0].points > 0);
    clouds_until(&test, 8 * hour + 90 + day + 1);
    assert_int_equal(cloud->device[0].held, HELD_WIPE | HELD_LATE);
    assert_int_equal(cloud->device[0].points, 0);
    clouds_until(&test, 8 * hour + 90 + 30 * hour + 1);
    assert_int_equal(cloud->device[0].held, 0);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), 2 * 2 * 1.0 * 8, 1e-6);
    clouds_close(&test);
}

/* A replica shares a machine with a bare metal one only if there is none empty: never. */
static void bare_metal_waits_for_an_empty_machine(void **state)
{
    (void)state;
    struct clouds_test test;
    const char *small = "{ name = \"small\"; kind = \"service\"; count = 3; ramp = \"0 s\"; vcpus = 1; memory = \"1 GiB\"; gpus = 1; }";
    open_products(&test, 1, text("%s, %s", small, JOB("bare-metal", 2, 4)), "", "");
    clouds_until(&test, hour);
    for (uint32_t n = 0; n < 3; n++)
        for (uint32_t u = 0; u < 2; u++)
            assert_true(clouds_unit(&test, "job/0", u)->state == UNIT_IDLE ||
                        clouds_unit(&test, "job/0", u)->node != clouds_unit(&test, text("small/%u", n), 0)->node);
    clouds_finish(&test);
    clouds_close(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss_of_the_first_is_the_loss_of_all_with_a_head_only),
        cmocka_unit_test(head_is_hired_in_a_data_center),
        cmocka_unit_test(ray_wants_one_tier_and_mega_ray_takes_what_there_is),
        cmocka_unit_test(kubernetes_replaces_nobody_without_its_master),
        cmocka_unit_test(bare_metal_is_a_machine_and_is_wiped),
        cmocka_unit_test(bare_metal_waits_for_an_empty_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
