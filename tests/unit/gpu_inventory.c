/* The inventory: adding, sealing, bind and release as exact inverses, availability, totals, limits. */
#include "models/gpu/curve.h"
#include "models/gpu/place.h"
#include "sim/base/arena.h"
#include "sim/base/check.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct gpu_pod half = {.cpu_milli = 4000, .memory_mib = 1000, .devices = 1, .milli_per_device = 500};
static const struct gpu_pod pair = {.cpu_milli = 8000, .memory_mib = 2000, .devices = 2, .milli_per_device = 1000};
static const struct gpu_pod plain = {.cpu_milli = 1000, .memory_mib = 500};

struct fixture {
    struct arena arena;
    struct gpu_inventory *inventory;
};

/* Node 0: 4 devices of model 0 in domain 2; node 1: 2 of model 1 in domain 0; node 2: none, domain 2. */
static int setup(void **state)
{
    static const struct gpu_node_options nodes[] = {
        {.cpu_milli = 32000, .memory_mib = 64000, .devices = 4, .model = 0, .domain = 2, .rank = 1},
        {.cpu_milli = 16000, .memory_mib = 32000, .devices = 2, .model = 1, .domain = 0, .rank = 1},
        {.cpu_milli = 16000, .memory_mib = 32000, .domain = 2, .rank = 0},
    };
    static struct fixture fixture;
    const struct gpu_typical typical = {.cpu_milli = 4000, .devices = 1, .milli_per_device = 500, .weight = 1};
    arena_open(&fixture.arena, 0);
    struct gpu_inventory_options options = {
        .nodes = 3, .fragmentation = gpu_fragmentation_create(&fixture.arena, &typical, 1, 0), .pods_per_node = 3};
    fixture.inventory = gpu_inventory_create(&fixture.arena, &options);
    for (int32_t i = 0; i < 3; i++)
        assert_int_equal(gpu_inventory_add_node(fixture.inventory, &nodes[i]), i);
    gpu_inventory_seal(fixture.inventory);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    gpu_inventory_audit(fixture->inventory);
    arena_close(&fixture->arena);
    return 0;
}

static struct gpu_inventory *inventory_of(void **state) { return ((struct fixture *)*state)->inventory; }

static void totals_count_capacity_once(void **state)
{
    const struct gpu_totals *totals = &inventory_of(state)->totals;
    assert_int_equal(totals->capacity_gpu_milli, 6000);
    assert_int_equal(totals->capacity_cpu_milli, 64000);
    assert_int_equal(totals->capacity_memory_mib, 128000);
    assert_int_equal(totals->available_nodes, 3);
    assert_int_equal(totals->available_free_gpu_milli, 6000);
    assert_int_equal(totals->allocated_gpu_milli, 0);
}

static void release_restores_the_state_bit_for_bit(void **state)
{
    struct gpu_inventory *inventory = inventory_of(state);
    uint64_t before = gpu_inventory_digest(inventory);
    struct gpu_totals totals = inventory->totals;
    struct gpu_placement shared = {.node = 0, .devices = 1U << 2}, whole = {.node = 0, .devices = 1U | 1U << 3};
    gpu_bind(inventory, &half, &shared);
    gpu_bind(inventory, &pair, &whole);
    assert_int_equal(inventory->nodes[0].left.milli[2], 500);
    assert_int_equal(inventory->nodes[0].left.milli[3], 0);
    assert_int_equal(inventory->totals.allocated_gpu_milli, 2500);
    assert_int_equal(gpu_inventory_devices_touched(inventory), 3);
    assert_true(gpu_inventory_digest(inventory) != before);
    gpu_inventory_audit(inventory);
    gpu_release(inventory, &half, &shared);
    gpu_release(inventory, &pair, &whole);
    assert_true(gpu_inventory_digest(inventory) == before);
    assert_memory_equal(&totals, &inventory->totals, sizeof totals);
}

static void a_down_node_takes_nothing_and_keeps_its_residents(void **state)
{
    struct gpu_inventory *inventory = inventory_of(state);
    struct gpu_place_options options = {.policy = GPU_BEST_FIT};
    struct gpu_placement placement;
    assert_true(gpu_place(inventory, &pair, &options, &placement));
    assert_int_equal(placement.node, 1);
    gpu_node_set_available(inventory, 1, false);
    assert_int_equal(inventory->totals.available_nodes, 2);
    assert_int_equal(inventory->totals.available_free_gpu_milli, 4000);
    assert_int_equal(inventory->totals.allocated_gpu_milli, 2000);
    assert_false(gpu_node_fits(inventory, 1, &plain));
    assert_true(gpu_place(inventory, &pair, &options, &(struct gpu_placement){0}));
    assert_true(gpu_place(inventory, &pair, &options, &(struct gpu_placement){0}));
    assert_false(gpu_place(inventory, &pair, &options, &(struct gpu_placement){0}));
    gpu_release(inventory, &pair, &placement); /* the machine is gone, so is the pod */
    assert_false(gpu_place(inventory, &pair, &options, &(struct gpu_placement){0}));
    gpu_node_set_available(inventory, 1, true);
    assert_true(gpu_place(inventory, &pair, &options, &placement));
    assert_int_equal(placement.node, 1);
}

static void pods_per_node_is_a_limit(void **state)
{
    struct gpu_inventory *inventory = inventory_of(state);
    struct gpu_placement placement = {.node = 2};
    for (int i = 0; i < 3; i++)
        gpu_bind(inventory, &plain, &placement);
    assert_false(gpu_node_fits(inventory, 2, &plain));
    assert_true(gpu_node_fits(inventory, 1, &plain));
}

static void memory_is_a_filter_and_not_a_score(void **state)
{
    struct gpu_inventory *inventory = inventory_of(state);
    struct gpu_pod large = half;
    struct gpu_place_options options = {.policy = GPU_BEST_FIT};
    struct gpu_placement placement;
    large.memory_mib = 40000;
    assert_true(gpu_find(inventory, &half, &options, &placement));
    assert_int_equal(placement.node, 1);
    assert_true(gpu_find(inventory, &large, &options, &placement));
    assert_int_equal(placement.node, 0);
    large.memory_mib = 70000;
    assert_false(gpu_find(inventory, &large, &options, &placement));
    assert_int_equal(gpu_fitting_nodes_when_empty(inventory, &large), 0);
}

static void models_domains_and_forbidden_nodes_are_respected(void **state)
{
    struct gpu_inventory *inventory = inventory_of(state);
    struct gpu_place_options options = {.policy = GPU_BEST_FIT};
    struct gpu_placement placement;
    struct gpu_pod picky = half;
    const uint64_t zone_2 = 1U << 2, none = 0;
    const int32_t not_0[] = {0, 0};
    picky.models = 1U << 0;
    assert_true(gpu_find(inventory, &picky, &options, &placement));
    assert_int_equal(placement.node, 0);
    options.domains = &zone_2;
    options.domain_words = 1;
    assert_int_equal(gpu_feasible_count(inventory, &half, &options), 1);
    assert_int_equal(gpu_feasible_count(inventory, &plain, &options), 2);
    options.forbidden = not_0;
    options.forbidden_count = 2;
    assert_false(gpu_find(inventory, &half, &options, &placement));
    assert_int_equal(gpu_feasible_count(inventory, &plain, &options), 1);
    options.domains = &none;
    assert_false(gpu_find(inventory, &plain, &options, &placement));
    options.domain_words = 0;
    assert_false(gpu_find(inventory, &plain, &options, &placement));
}

static void ties_follow_the_rule_asked_for(void **state)
{
    struct gpu_inventory *inventory = inventory_of(state);
    struct gpu_place_options options = {.policy = GPU_CLUSTERING}; /* 0 everywhere for a CPU-only pod */
    struct gpu_placement placement;
    assert_true(gpu_find(inventory, &plain, &options, &placement));
    assert_int_equal(placement.node, 2); /* rank 0 */
    options.ties = GPU_TIES_LOWEST;
    assert_true(gpu_find(inventory, &plain, &options, &placement));
    assert_int_equal(placement.node, 0);
    options.ties = GPU_TIES_UNIFORM;
    int32_t by_domain[] = {1, 0, 2};
    for (uint64_t third = 0; third < 3; third++) {
        options.random = third * (UINT64_MAX / 3) + 10;
        assert_true(gpu_find(inventory, &plain, &options, &placement));
        assert_int_equal(placement.node, by_domain[third]);
    }
}

static void names_of_policies_go_both_ways(void **state)
{
    (void)state;
    for (int i = 0; i < GPU_POLICIES; i++) {
        enum gpu_policy policy;
        assert_true(gpu_policy_from_name(gpu_policy_name((enum gpu_policy)i), &policy));
        assert_int_equal(policy, i);
    }
    assert_false(gpu_policy_from_name("fgd", &(enum gpu_policy){0}));
}

static void an_extra_node_names_the_limit(void **state)
{
    (void)state;
    struct arena arena;
    jmp_buf escape;
    struct check_scene scene = {.escape = &escape}, *before;
    arena_open(&arena, 0);
    struct gpu_inventory *inventory = gpu_inventory_create(&arena, &(struct gpu_inventory_options){.nodes = 1});
    gpu_inventory_add_node(inventory, &(struct gpu_node_options){.cpu_milli = 1});
    before = check_enter(&scene);
    if (setjmp(escape) == 0) {
        gpu_inventory_add_node(inventory, &(struct gpu_node_options){.cpu_milli = 1});
        fail_msg("a second node was accepted");
    }
    check_enter(before);
    assert_string_equal(scene.limit_key, "limits.gpu_nodes");
    assert_int_equal(scene.limit_value, 1);
    arena_close(&arena);
}

static void bind_nowhere(struct gpu_inventory *inventory)
{
    gpu_bind(inventory, &half, &(struct gpu_placement){.node = 2, .devices = 1});
}
static void bind_wrong_device_count(struct gpu_inventory *inventory)
{
    gpu_bind(inventory, &pair, &(struct gpu_placement){.node = 0, .devices = 1});
}
static void bind_taken_device(struct gpu_inventory *inventory)
{
    gpu_bind(inventory, &pair, &(struct gpu_placement){.node = 0, .devices = 3});
    gpu_bind(inventory, &half, &(struct gpu_placement){.node = 0, .devices = 1});
}
static void release_unbound(struct gpu_inventory *inventory)
{
    gpu_release(inventory, &half, &(struct gpu_placement){.node = 0, .devices = 1});
}

/* check() aborts: run in a child with its message thrown away. */
static bool aborts(void (*misuse)(struct gpu_inventory *), struct gpu_inventory *inventory)
{
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)!freopen("/dev/null", "w", stderr);
        signal(SIGABRT, SIG_DFL); /* cmocka catches it */
        misuse(inventory);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void misuse_is_caught(void **state)
{
    struct gpu_inventory *inventory = inventory_of(state);
    assert_true(aborts(bind_nowhere, inventory));
    assert_true(aborts(bind_wrong_device_count, inventory));
    assert_true(aborts(bind_taken_device, inventory));
    assert_true(aborts(release_unbound, inventory));
}

static void curve_bins_round_half_to_even(void **state)
{
    (void)state;
    struct arena arena;
    struct gpu_curve curve;
    struct gpu_curve_point point;
    arena_open(&arena, 0);
    gpu_curve_open(&curve, &arena, 5, 100000);
    gpu_curve_record(&curve, 500, 500, 10.004);     /* 0.5 % goes to bin 0 */
    gpu_curve_record(&curve, 1500, 1500, 20);       /* 1.5 % to bin 2 */
    gpu_curve_record(&curve, 2500, 2500, 40);       /* 2.5 % to bin 2 */
    gpu_curve_record(&curve, 99000, 90000, 1);      /* beyond the last bin */
    assert_true(gpu_curve_point(&curve, 0, &point));
    assert_true(point.alloc == 0.5 && point.frag == 0.01 && point.frag_ratio == 0.01);
    assert_true(gpu_curve_point(&curve, 2, &point));
    assert_true(point.alloc == 2.0 && point.frag == 0.03 && point.frag_ratio == 0.03);
    assert_true(gpu_curve_point(&curve, 1, &point)); /* empty: mean over its neighbours' records */
    assert_true(point.alloc == 1.5);
    assert_false(gpu_curve_point(&curve, 4, &point));
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(totals_count_capacity_once, setup, teardown),
        cmocka_unit_test_setup_teardown(release_restores_the_state_bit_for_bit, setup, teardown),
        cmocka_unit_test_setup_teardown(a_down_node_takes_nothing_and_keeps_its_residents, setup, teardown),
        cmocka_unit_test_setup_teardown(pods_per_node_is_a_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_is_a_filter_and_not_a_score, setup, teardown),
        cmocka_unit_test_setup_teardown(models_domains_and_forbidden_nodes_are_respected, setup, teardown),
        cmocka_unit_test_setup_teardown(ties_follow_the_rule_asked_for, setup, teardown),
        cmocka_unit_test_setup_teardown(misuse_is_caught, setup, teardown),
        cmocka_unit_test(names_of_policies_go_both_ways),
        cmocka_unit_test(an_extra_node_names_the_limit),
        cmocka_unit_test(curve_bins_round_half_to_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
