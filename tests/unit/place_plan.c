/* Workloads of `nines place`: arrival lists and ranks drawn from a seed. */
#include "models/commands/place_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PODS = 60, NODES = 37 };

static struct arena arena;
static struct openb openb;
static uint32_t by_name[PODS];
static int64_t requested;

/* Shared, exclusive, paired and CPU-only pods in turn; sorting by name reverses the rows. */
static int open_trace(void **state)
{
    (void)state;
    static const uint16_t devices[] = {1, 1, 2, 0, 8}, milli[] = {300, 1000, 1000, 0, 1000};
    arena_open(&arena, 0);
    openb = (struct openb){.pods = arena_array(&arena, PODS, struct gpu_pod), .pod_count = PODS, .node_count = NODES};
    requested = 0;
    for (uint32_t i = 0; i < PODS; i++) {
        openb.pods[i] = (struct gpu_pod){1000, 1, devices[i % 5], milli[i % 5], 0};
        by_name[i] = PODS - 1 - i;
        requested += gpu_pod_milli(&openb.pods[i]);
    }
    return 0;
}

static int close_trace(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

static struct place_seed arrivals(int64_t number, int64_t target)
{
    struct place_seed seed = {.seed = number};
    assert_true(place_arrivals(&openb, &arena, by_name, target, &seed));
    return seed;
}

static int64_t requests(const struct place_seed *seed, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += gpu_pod_milli(&openb.pods[seed->arrivals[i]]);
    return sum;
}

/* How often each row is among the first `count`; the most. */
static unsigned most_repeats(const struct place_seed *seed, size_t count)
{
    unsigned times[PODS] = {0}, most = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(seed->arrivals[i] < PODS);
        times[seed->arrivals[i]]++;
        most = times[seed->arrivals[i]] > most ? times[seed->arrivals[i]] : most;
    }
    return most;
}

static void an_untuned_list_has_every_pod_once(void **state)
{
    (void)state;
    struct place_seed seed = arrivals(1, 0), exact = arrivals(1, requested);
    assert_int_equal(seed.count, PODS);
    assert_int_equal(most_repeats(&seed, PODS), 1);
    assert_int_equal(exact.count, PODS);
    assert_memory_equal(seed.arrivals, exact.arrivals, PODS * sizeof *seed.arrivals);
}

static void tuning_up_appends_copies_until_the_next_would_pass(void **state)
{
    (void)state;
    for (int64_t number = 1; number < 200; number++) {
        int64_t target = requested + number * 3700;
        struct place_seed seed = arrivals(number, target), plain = arrivals(number, 0);
        assert_true(seed.count >= PODS);
        assert_memory_equal(seed.arrivals, plain.arrivals, PODS * sizeof *seed.arrivals); /* originals come first */
        int64_t sum = requests(&seed, seed.count);
        /* A pod's milli counts once, so eight devices may pass by seven; what stopped it is at most one device. */
        assert_true(sum > target - 1000 && sum <= target + 7000);
        if (seed.count > PODS) {
            uint32_t last = seed.arrivals[seed.count - 1];
            const struct gpu_pod *pod = &openb.pods[last];
            assert_true(requests(&seed, seed.count - 1) + (pod->devices > 0 ? pod->milli_per_device : 0) <= target);
        }
    }
}

static void tuning_down_takes_pods_away_until_the_target_is_met(void **state)
{
    (void)state;
    for (int64_t number = 1; number < 200; number++) {
        int64_t target = requested * number / 200;
        struct place_seed seed = arrivals(number, target);
        assert_true(seed.count < PODS);
        assert_true(requests(&seed, seed.count) <= target && requests(&seed, seed.count) > target - 8000);
        assert_true(seed.count == 0 || most_repeats(&seed, seed.count) == 1);
    }
}

static void a_seed_gives_one_list_and_seeds_differ(void **state)
{
    (void)state;
    struct place_seed a = arrivals(7, 2 * requested), b = arrivals(7, 2 * requested), c = arrivals(8, 2 * requested);
    assert_int_equal(a.count, b.count);
    assert_memory_equal(a.arrivals, b.arrivals, a.count * sizeof *a.arrivals);
    assert_memory_not_equal(a.arrivals, c.arrivals, PODS * sizeof *a.arrivals);
}

/* Every pod is first about equally often: chi-square with 59 degrees, far beyond its 99.9 % point of 98. */
static void every_pod_comes_first_equally_often(void **state)
{
    (void)state;
    enum { LISTS = 6000 };
    unsigned first[PODS] = {0};
    double chi = 0, expected = (double)LISTS / PODS;
    for (int64_t number = 0; number < LISTS; number++) {
        struct arena_mark mark = arena_mark(&arena);
        first[arrivals(number, 0).arrivals[0]]++;
        arena_rewind(&arena, mark);
    }
    for (int i = 0; i < PODS; i++)
        chi += (first[i] - expected) * (first[i] - expected) / expected;
    assert_true(chi < 110 && chi > 25);
}

static void ranks_are_a_permutation(void **state)
{
    (void)state;
    uint32_t nodes_by_name[NODES];
    bool seen[NODES] = {false};
    for (uint32_t i = 0; i < NODES; i++)
        nodes_by_name[i] = i;
    struct place_seed a = {.seed = 1}, b = {.seed = 2};
    place_ranks(&openb, &arena, nodes_by_name, &a);
    place_ranks(&openb, &arena, nodes_by_name, &b);
    for (int i = 0; i < NODES; i++) {
        assert_true(a.rank[i] < NODES && !seen[a.rank[i]]);
        seen[a.rank[i]] = true;
    }
    assert_memory_not_equal(a.rank, b.rank, sizeof seen);
}

static void policies_have_names_of_their_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < place_policies(); i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(place_policy(i).name, place_policy(k).name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_untuned_list_has_every_pod_once),
        cmocka_unit_test(tuning_up_appends_copies_until_the_next_would_pass),
        cmocka_unit_test(tuning_down_takes_pods_away_until_the_target_is_met),
        cmocka_unit_test(a_seed_gives_one_list_and_seeds_differ),
        cmocka_unit_test(every_pod_comes_first_equally_often),
        cmocka_unit_test(ranks_are_a_permutation),
        cmocka_unit_test(policies_have_names_of_their_own),
    };
    return cmocka_run_group_tests(tests, open_trace, close_trace);
}
