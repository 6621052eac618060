/* DotProd's other forms, worked out by hand, and the truncated 1 - tanh. */
#include "models/gpu/score.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* 64 of 128 cores free, four devices with 1000, 400, 1000 and 0 milli. */
static struct gpu_node example(void)
{
    struct gpu_node node = {.left = {.cpu_milli = 64000, .devices = 4, .milli = {1000, 400, 1000, 0}},
                            .gpu_milli = 2400,
                            .idle_devices = 2,
                            .capacity = {.cpu_milli = 128000, .devices = 4}};
    return node;
}

static const struct gpu_pod shared = {.cpu_milli = 16000, .devices = 1, .milli_per_device = 400};
static const struct gpu_pod pair = {.cpu_milli = 16000, .devices = 2, .milli_per_device = 1000};
static const struct gpu_pod cpu_only = {.cpu_milli = 16000};

static void hold(enum gpu_policy policy, struct gpu_pod pod, int32_t score, int device)
{
    struct gpu_node node = example();
    assert_int_equal(gpu_dot_score(policy, &node, &pod), score);
    if (device >= 0)
        assert_int_equal(gpu_dot_device(policy, &node, &pod), device);
}

static void share_takes_the_group_with_the_least_gpu(void **state)
{
    (void)state;
    /* CPU 0.5 x 0.125 = 0.0625 in both groups; GPU 0.05 x 0.05 = 0.0025 on device 1, 0.25 x 0.05 = 0.0125 on the idle
     * ones: 100 (1 - 0.065 / 2) = 96.75 */
    hold(GPU_DOT_SHARE_MAX, shared, 96, 1);
}

static void divide_gives_a_group_its_part_of_the_cpu(void **state)
{
    (void)state;
    /* Device 1 has a sixth of the CPU: 0.0625 / 6 + 0.0025 = 0.01292: 99.35. With the pod as unit:
     * (4/6 + 1) / 2 = 0.8333, tanh 0.08333 = 0.08314: 91.68 */
    hold(GPU_DOT_DIVIDE_MAX, shared, 99, 1);
    hold(GPU_DOT_DIVIDE_POD, shared, 91, 1);
}

static void extend_counts_every_dimension(void **state)
{
    (void)state;
    /* (CPU, device 1, idle): (0.0625 + 0.0025) / 3 = 0.02167: 97.83; by the node: 0.5 x 0.125 + 0.1 x 0.1 = 0.0725,
     * / 3: 97.58 */
    hold(GPU_DOT_EXTEND_MAX, shared, 97, 1);
    hold(GPU_DOT_EXTEND_NODE, shared, 97, 1);
    /* Two devices fit only the idle ones: (0.0625 + 0.25 x 0.25) / 3: 95.83 */
    hold(GPU_DOT_EXTEND_MAX, pair, 95, -1);
}

static void merged_forms_differ_in_their_unit_only(void **state)
{
    (void)state;
    /* By the node: 0.5 x 0.125 + 0.6 x 0.1 = 0.1225: 93.875. By the pod: (4 + 6) / 2 = 5, tanh 0.5 = 0.4621: 53.79 */
    hold(GPU_DOT_MERGE_NODE, shared, 93, -1);
    hold(GPU_DOT_MERGE_POD, shared, 53, -1);
    /* A CPU-only pod has no GPU to divide by: 4 / 2 = 2, tanh 0.2 = 0.1974: 80.26 */
    hold(GPU_DOT_MERGE_POD, cpu_only, 80, -1);
}

static void a_node_without_groups_scores_zero(void **state)
{
    (void)state;
    struct gpu_node full = {.left = {.cpu_milli = 64000, .devices = 2}, .capacity = {.cpu_milli = 64000, .devices = 2}};
    assert_int_equal(gpu_dot_score(GPU_DOT_EXTEND_MAX, &full, &cpu_only), 0);
    assert_int_equal(gpu_dot_score(GPU_DOT_DIVIDE_MAX, &full, &cpu_only), 0);
    assert_int_equal(gpu_dot_score(GPU_DOT_SHARE_MAX, &full, &cpu_only), 96); /* used up devices hold nothing well */
}

static void a_huge_node_stays_within_the_range_of_scores(void **state)
{
    (void)state;
    struct gpu_node huge = {.left = {.cpu_milli = 4000000}, .capacity = {.cpu_milli = 4000000}};
    struct gpu_pod pod = {.cpu_milli = 4000000};
    assert_int_equal(gpu_dot_score(GPU_DOT_PROD, &huge, &pod), -GPU_SCORE_MOST);
}

static int32_t tanh_by_definition(double x)
{
    return (int32_t)(100.0 * (1.0 - (double)tanhl((long double)x)));
}

static void tanh_agrees_with_its_definition(void **state)
{
    (void)state;
    assert_int_equal(gpu_tanh_score(0), 100);
    assert_int_equal(gpu_tanh_score(1e-15), 99);
    assert_int_equal(gpu_tanh_score(800), 0);
    for (int i = 0; i <= 50000; i++)
        assert_int_equal(gpu_tanh_score(i / 10000.0), tanh_by_definition(i / 10000.0));
}

/* The table holds the very doubles at which the definition steps. */
static void tanh_steps_at_the_exact_double(void **state)
{
    (void)state;
    for (int32_t step = 1; step <= 100; step++) {
        double low = 0, high = 50;
        while (nextafter(low, high) < high) {
            double middle = low + (high - low) / 2;
            if (gpu_tanh_score(middle) >= step)
                low = middle;
            else
                high = middle;
        }
        assert_int_equal(gpu_tanh_score(low), step);
        assert_int_equal(tanh_by_definition(low), step);
        assert_int_equal(tanh_by_definition(high), step - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(share_takes_the_group_with_the_least_gpu),
        cmocka_unit_test(divide_gives_a_group_its_part_of_the_cpu),
        cmocka_unit_test(extend_counts_every_dimension),
        cmocka_unit_test(merged_forms_differ_in_their_unit_only),
        cmocka_unit_test(a_node_without_groups_scores_zero),
        cmocka_unit_test(a_huge_node_stays_within_the_range_of_scores),
        cmocka_unit_test(tanh_agrees_with_its_definition),
        cmocka_unit_test(tanh_steps_at_the_exact_double),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
