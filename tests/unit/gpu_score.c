/* Scores of single nodes, worked out by hand, and the truncated sigmoid. */
#include "models/gpu/score.h"
#include "sim/base/arena.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct gpu_pod cpu_only = {.cpu_milli = 4000};
static const struct gpu_pod half = {.cpu_milli = 4000, .devices = 1, .milli_per_device = 500};
static const struct gpu_pod one = {.cpu_milli = 8000, .devices = 1, .milli_per_device = 1000};
static const struct gpu_pod two = {.cpu_milli = 8000, .devices = 2, .milli_per_device = 1000};

/* A node with the given milli left on each of four devices. */
static struct gpu_node node_with(int32_t cpu, uint16_t a, uint16_t b, uint16_t c, uint16_t d)
{
    struct gpu_node node = {.left = {.cpu_milli = cpu, .devices = 4, .milli = {a, b, c, d}}, .available = true};
    for (unsigned i = 0; i < 4; i++) {
        node.gpu_milli += node.left.milli[i];
        node.idle_devices = (uint16_t)(node.idle_devices + (node.left.milli[i] == 1000));
        node.left.signature += gpu_signature(node.left.milli[i]);
    }
    return node;
}

static int32_t score(enum gpu_policy policy, struct gpu_node node, struct gpu_pod pod)
{
    return gpu_score(NULL, policy, &node, &pod);
}

static void best_fit_counts_what_remains(void **state)
{
    (void)state;
    /* (64000 - 8000)/128000 = 0.4375 and (4000 - 1000)/8000 = 0.375: 100 (1 - 0.40625) = 59.375 */
    assert_int_equal(score(GPU_BEST_FIT, node_with(64000, 1000, 1000, 1000, 1000), one), 59);
    assert_int_equal(score(GPU_BEST_FIT, node_with(8000, 1000, 0, 0, 0), one), 100);
}

static void best_fit_truncates_negative_scores_toward_zero(void **state)
{
    (void)state;
    /* A node of 256 cores: (256000 - 4000)/128000 = 1.96875, 4000/8000 = 0.5: 100 (1 - 1.234375) = -23.4375 */
    assert_int_equal(score(GPU_BEST_FIT, node_with(256000, 1000, 1000, 1000, 1000), cpu_only), -23);
}

static void dot_prod_prefers_little_alignment(void **state)
{
    (void)state;
    /* 0.5 x 0.0625 + 0.5 x 0.125 = 0.09375: 100 (1 - 0.046875) = 95.3125 */
    assert_int_equal(score(GPU_DOT_PROD, node_with(64000, 1000, 1000, 1000, 1000), one), 95);
}

static void clustering_seeks_its_own_kind(void **state)
{
    (void)state;
    struct gpu_node node = node_with(64000, 1000, 1000, 1000, 1000);
    /* base = 25 x (8000 - 4000) / 8000 = 12 */
    assert_int_equal(score(GPU_CLUSTERING, node, half), 12 + 25);
    node.tags[0] = 1;
    node.tag_mask = 1;
    assert_int_equal(score(GPU_CLUSTERING, node, half), 12 + 75);
    assert_int_equal(score(GPU_CLUSTERING, node, one), 12);
    node.tags[1] = 2;
    node.tag_mask = 3;
    assert_int_equal(score(GPU_CLUSTERING, node, half), 12 + 50);
    assert_int_equal(score(GPU_CLUSTERING, node, cpu_only), 0);
}

static void packing_fills_used_devices_before_idle_ones(void **state)
{
    (void)state;
    assert_int_equal(score(GPU_PACKING, node_with(64000, 1000, 1000, 1000, 1000), half), 29); /* idle node: 33 - 4 */
    assert_int_equal(score(GPU_PACKING, node_with(64000, 400, 1000, 1000, 1000), half), 49);  /* one idle device */
    assert_int_equal(score(GPU_PACKING, node_with(64000, 400, 1000, 1000, 1000), two), 48);   /* two */
    assert_int_equal(score(GPU_PACKING, node_with(64000, 700, 555, 1000, 0), half), 95);      /* 100 - 55 / 10 */
    assert_int_equal(score(GPU_PACKING, node_with(64000, 700, 555, 1000, 0), cpu_only), 0);
}

/* One typical pod: 500 milli of one device and 4 cores. */
static struct gpu_fragmentation *measure_half(struct arena *arena)
{
    struct gpu_typical typical = {.cpu_milli = 4000, .devices = 1, .milli_per_device = 500, .weight = 1};
    return gpu_fragmentation_create(arena, &typical, 1, 0);
}

static void fgd_prefers_the_device_that_becomes_useless_anyway(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 0);
    struct gpu_fragmentation *measure = measure_half(&arena);
    struct gpu_node node = node_with(64000, 1000, 600, 1000, 300);
    struct gpu_pod pod = {.cpu_milli = 1000, .devices = 1, .milli_per_device = 600};
    node.fragment = gpu_fragmentation_of(measure, &node.left);
    assert_true(node.fragment == 300);
    /* On device 0 or 2, 400 more milli become useless (x = -0.4); on device 1 nothing is left over (x = 0). */
    assert_int_equal(gpu_fgd_score(measure, &node, &pod), 50);
    assert_int_equal(gpu_fgd_device(measure, &node, &pod), 1);
    node.left.milli[1] = 0;
    node.left.signature += gpu_signature(0) - gpu_signature(600);
    assert_int_equal(gpu_fgd_score(measure, &node, &pod), 40); /* 100 / (1 + e^0.4) = 40.13 */
    assert_int_equal(gpu_fgd_device(measure, &node, &pod), 0);
    arena_close(&arena);
}

static void fragments_are_booked_under_their_class(void **state)
{
    (void)state;
    const struct gpu_typical typical[] = {
        {.cpu_milli = 4000, .devices = 1, .milli_per_device = 500, .weight = 0.25},
        {.cpu_milli = 4000, .devices = 2, .milli_per_device = 1000, .weight = 0.25},
        {.cpu_milli = 4000, .weight = 0.25},
        {.cpu_milli = 4000, .devices = 1, .milli_per_device = 1000, .models = 2, .weight = 0.25},
    };
    struct arena arena;
    arena_open(&arena, 0);
    struct gpu_fragmentation *measure = gpu_fragmentation_create(&arena, typical, 4, 0);
    struct gpu_node node = node_with(64000, 1000, 600, 300, 0);
    struct gpu_fragments rich = gpu_fragmentation_classes(measure, &node.left);
    assert_true(rich.milli[GPU_Q2] == 0.25 * 300 + 0.25 * 1900); /* too small for the first; the second needs two */
    assert_true(rich.milli[GPU_Q3] == 0.25 * 1600);
    assert_true(rich.milli[GPU_XL] == 0.25 * 1900 && rich.milli[GPU_NA] == 0.25 * 1900);
    assert_true(gpu_fragments_sum(&rich) == gpu_fragmentation_of(measure, &node.left));
    node.left.cpu_milli = 1000;
    struct gpu_fragments poor = gpu_fragmentation_classes(measure, &node.left);
    assert_true(poor.milli[GPU_Q4] == 0.25 * 1900 && poor.milli[GPU_Q1] == 0.25 * 1900);
    assert_true(poor.milli[GPU_XR] == 0.25 * 1900 && poor.milli[GPU_XL] == 0 && poor.milli[GPU_Q2] == 0);
    arena_close(&arena);
}

static void a_small_memo_changes_no_value(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 0);
    const struct gpu_typical typical[] = {
        {.cpu_milli = 4000, .devices = 1, .milli_per_device = 460, .weight = 0.7},
        {.cpu_milli = 9000, .devices = 2, .milli_per_device = 1000, .weight = 0.3},
    };
    struct gpu_fragmentation *small = gpu_fragmentation_create(&arena, typical, 2, 64);
    uint64_t lookups, computed;
    for (int round = 0; round < 2; round++)
        for (uint16_t a = 0; a <= 1000; a = (uint16_t)(a + 10))
            for (int32_t cpu = 0; cpu < 12000; cpu += 3000) {
                struct gpu_node node = node_with(cpu, a, 1000, 500, 0);
                struct gpu_fragments fresh = gpu_fragmentation_classes(small, &node.left);
                assert_true(gpu_fragmentation_of(small, &node.left) == gpu_fragments_sum(&fresh));
            }
    gpu_fragmentation_counts(small, &lookups, &computed);
    assert_int_equal(lookups, 2 * 101 * 4);
    /* CPU 0 and 3000 are one class; the rest does not fit in 64 entries. */
    assert_true(computed < lookups && computed > 101 * 3);
    arena_close(&arena);
}

/* The definition, in the order and precision of the artifact; e^-x from long double, rounded to double. */
static int32_t sigmoid_by_definition(double x)
{
    return (int32_t)(100.0 * (1.0 / (1.0 + (double)expl(-(long double)x))));
}

static void sigmoid_agrees_with_its_definition(void **state)
{
    (void)state;
    assert_int_equal(gpu_sigmoid_score(0.0), 50);
    assert_int_equal(gpu_sigmoid_score(-0.0), 50);
    assert_int_equal(gpu_sigmoid_score(1e-15), 50);
    assert_int_equal(gpu_sigmoid_score(-1e-15), 49);
    assert_int_equal(gpu_sigmoid_score(-800.0), 0);
    assert_int_equal(gpu_sigmoid_score(800.0), 100);
    for (int i = -170000; i <= 170000; i++) {
        double x = i / 10000.0;
        if (gpu_sigmoid_score(x) != sigmoid_by_definition(x))
            fail_msg("x = %.17g: %d", x, gpu_sigmoid_score(x));
    }
}

/* Walks down to every step and asks its neighbours: the table holds the very doubles at which the definition steps. At
 * step 50, where e^-x is 1 + 1.5 ulp to within 1e-32, even long double rounds twice; there the neighbourhood
 * must do. */
static void sigmoid_steps_at_the_exact_double(void **state)
{
    (void)state;
    for (int32_t step = 1; step <= 100; step++) {
        double low = -50, high = 50;
        while (nextafter(low, high) < high) {
            double middle = low + (high - low) / 2;
            if (gpu_sigmoid_score(middle) >= step)
                high = middle;
            else
                low = middle;
        }
        assert_int_equal(gpu_sigmoid_score(high), step);
        if (step == 50) {
            assert_true(high > -0x1.8p-52 && high < -0x1.7p-52);
            continue;
        }
        assert_int_equal(sigmoid_by_definition(high), step);
        assert_int_equal(sigmoid_by_definition(low), step - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(best_fit_counts_what_remains),
        cmocka_unit_test(best_fit_truncates_negative_scores_toward_zero),
        cmocka_unit_test(dot_prod_prefers_little_alignment),
        cmocka_unit_test(clustering_seeks_its_own_kind),
        cmocka_unit_test(packing_fills_used_devices_before_idle_ones),
        cmocka_unit_test(fgd_prefers_the_device_that_becomes_useless_anyway),
        cmocka_unit_test(fragments_are_booked_under_their_class),
        cmocka_unit_test(a_small_memo_changes_no_value),
        cmocka_unit_test(sigmoid_agrees_with_its_definition),
        cmocka_unit_test(sigmoid_steps_at_the_exact_double),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
