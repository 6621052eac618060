/* The target workload that fragmentation is measured against, counted from a few pods by hand. */
#include "models/gpu/fragmentation.h"
#include "sim/base/check.h"
#include "tests/arena.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* 5 CPU-only, 3 shared, 2 exclusive with one device, 1 with eight; memory differs and does not count. */
static const struct gpu_pod pods[] = {
    {1000, 1, 0, 0, 0},    {1000, 2, 0, 0, 0},    {1000, 3, 0, 7, 9},    {1000, 4, 0, 0, 0},
    {1000, 5, 0, 0, 0},    {2000, 1, 1, 500, 0},  {2000, 2, 1, 500, 0},  {2000, 3, 1, 500, 0},
    {4000, 1, 1, 1000, 0}, {4000, 2, 1, 1000, 0}, {9000, 1, 8, 1000, 0},
};
enum { PODS = sizeof pods / sizeof pods[0] };

static struct gpu_typical *list;

static size_t count(struct gpu_typical_options options)
{
    options.pods = pods;
    options.count = PODS;
    return gpu_typical_from_pods(&test_arena, &options, &list);
}

static void hold(size_t i, int32_t cpu, unsigned devices, uint32_t number, double weight)
{
    assert_int_equal(list[i].cpu_milli, cpu);
    assert_int_equal(list[i].devices, devices);
    assert_int_equal(list[i].count, number);
    assert_true(fabs(list[i].weight - weight) < 1e-12);
}

static void kinds_come_by_how_common_they_are(void **state)
{
    (void)state;
    assert_int_equal(count((struct gpu_typical_options){.share = 1}), 4);
    hold(0, 1000, 0, 5, 5.0 / 11);
    hold(1, 2000, 1, 3, 3.0 / 11);
    hold(2, 4000, 1, 2, 2.0 / 11);
    hold(3, 9000, 8, 1, 1.0 / 11);
}

static void the_kind_that_crosses_the_cut_is_included(void **state)
{
    (void)state;
    assert_int_equal(count((struct gpu_typical_options){.share = 5.0 / 11}), 1);
    assert_int_equal(count((struct gpu_typical_options){.share = 0.5}), 2);
    hold(0, 1000, 0, 5, 5.0 / 8);
    hold(1, 2000, 1, 3, 3.0 / 8);
}

static void a_gpu_weight_lifts_whole_devices(void **state)
{
    (void)state;
    /* 1 + 0.5 x 8 = 5 for the pod with eight devices, 2 x 1.5 = 3 for the two with one: 16 in all; among equals more
     * CPU comes first. */
    assert_int_equal(count((struct gpu_typical_options){.share = 1, .gpu_weight = 0.5}), 4);
    hold(0, 9000, 8, 1, 5.0 / 16);
    hold(1, 1000, 0, 5, 5.0 / 16);
    hold(2, 4000, 1, 2, 3.0 / 16);
    hold(3, 2000, 1, 3, 3.0 / 16);
}

static void cpu_only_pods_can_be_left_out(void **state)
{
    (void)state;
    assert_int_equal(count((struct gpu_typical_options){.share = 1, .without_cpu_only = true}), 3);
    hold(0, 2000, 1, 3, 0.5);
    hold(2, 9000, 8, 1, 1.0 / 6);
}

static void too_many_kinds_name_the_limit(void **state)
{
    (void)state;
    enum { KINDS = GPU_TYPICAL_MAX + 1 };
    struct gpu_pod *many = arena_array(&test_arena, KINDS, struct gpu_pod);
    for (int32_t i = 0; i < KINDS; i++)
        many[i].cpu_milli = i;
    jmp_buf escape;
    struct check_scene scene = {.escape = &escape}, *before = check_enter(&scene);
    volatile bool reached = setjmp(escape) != 0;
    if (!reached) {
        struct gpu_typical_options options = {.pods = many, .count = KINDS, .share = 1};
        gpu_typical_from_pods(&test_arena, &options, &list);
    }
    check_enter(before);
    assert_true(reached);
    assert_string_equal(scene.limit_key, "limits.gpu_typical");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_come_by_how_common_they_are), cmocka_unit_test(the_kind_that_crosses_the_cut_is_included),
        cmocka_unit_test(a_gpu_weight_lifts_whole_devices),  cmocka_unit_test(cpu_only_pods_can_be_left_out),
        cmocka_unit_test(too_many_kinds_name_the_limit),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
