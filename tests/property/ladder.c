/* The ladder queue against sorting: whatever pattern keys arrive in, they leave in order, and the invariants hold in
 * between. */
#include "sim/engine/ladder.h"

#include "sim/base/hash.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 200000, ROUNDS = 6 };

struct pattern {
    const char *name;
    ladder_key (*key)(uint64_t i,
                      uint64_t random); /* high half: added to a floor that rises; low half is made unique */
};

static ladder_key high(uint64_t value)
{
    return (ladder_key)value << 64;
}

static ladder_key uniform(uint64_t i, uint64_t random)
{
    (void)i;
    return high(random >> 24);
}

static ladder_key one_instant(uint64_t i, uint64_t random)
{
    (void)i, (void)random;
    return high(0);
}

static ladder_key few_instants(uint64_t i, uint64_t random)
{
    (void)i;
    return high(random % 5 << 40);
}

static ladder_key ascending(uint64_t i, uint64_t random)
{
    return high(i * 1000 + random % 10);
}

static ladder_key descending(uint64_t i, uint64_t random)
{
    return high((MOST * UINT64_C(10) - i) * 1000 + random % 10);
}

static ladder_key all_scales(uint64_t i, uint64_t random)
{
    return high(hash_mix(random ^ i) >> (2 + random % 61));
}

static ladder_key crowds_and_stragglers(uint64_t i, uint64_t random)
{
    return high(random % 1000 == 0 ? random >> 2 : i % 3 == 0 ? random % 50 : UINT64_C(1) << 30);
}

static const struct pattern patterns[] = {{"uniform", uniform},
                                          {"one instant", one_instant},
                                          {"few instants", few_instants},
                                          {"ascending", ascending},
                                          {"descending", descending},
                                          {"all scales", all_scales},
                                          {"crowds", crowds_and_stragglers}};

static int compare_keys(const void *a, const void *b)
{
    ladder_key x = *(const ladder_key *)a, y = *(const ladder_key *)b;
    return (x > y) - (x < y);
}

static bool third_alive(const void *context, ladder_key key)
{
    (void)context;
    return hash_mix((uint64_t)key) % 3 == 0;
}

/* Removes the least `count` keys from both and compares them. Returns how many are left in twin[from..to). */
static uint32_t pop_some(struct ladder *ladder, ladder_key *twin, uint32_t held, uint32_t count)
{
    qsort(twin, held, sizeof *twin, compare_keys);
    for (uint32_t i = 0; i < count; i++) {
        assert_true(ladder_pop(ladder, twin[i]) == LADDER_NONE); /* the limit itself is excluded */
        ladder_key key = ladder_pop(ladder, LADDER_NONE);
        if (key != twin[i])
            fail_msg("removal %" PRIu32 " of %" PRIu32 " is out of order", i, held);
    }
    ladder_audit(ladder);
    memmove(twin, twin + count, (held - count) * sizeof *twin);
    return held - count;
}

static void run_pattern(const struct pattern *pattern, bool shuffled, uint64_t seed)
{
    struct arena arena;
    struct ladder ladder;
    uint64_t random = seed, sequence = 0;
    uint32_t held = 0;
    arena_open(&arena, 0);
    ladder_open(&ladder, &arena, MOST);
    ladder_key *twin = arena_alloc(&arena, MOST, sizeof *twin), floor = 0;
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t more = round % 2 == 0 ? MOST - held : (MOST - held) / 7;
        for (uint32_t i = 0; i < more; i++) {
            random = hash_mix(random + UINT64_C(0x9e3779b97f4a7c15));
            uint64_t low = shuffled ? ++sequence * UINT64_C(0xd1342543de82ef95) : ++sequence << 20;
            ladder_key key = floor + pattern->key(i, random);
            key = (key >> 64 << 64) | low;
            if (key <= floor)
                key += (ladder_key)1 << 64;
            ladder_push(&ladder, key);
            twin[held++] = key;
        }
        ladder_audit(&ladder);
        uint32_t pops = round == ROUNDS - 1 ? held : held / 2 + held / 3 * (uint32_t)(round % 2);
        floor = 0;
        if (pops < held) {
            qsort(twin, held, sizeof *twin, compare_keys);
            floor = twin[pops == 0 ? 0 : pops - 1];
        }
        held = pop_some(&ladder, twin, held, pops);
        if (round == 2) {
            uint32_t kept = 0;
            for (uint32_t i = 0; i < held; i++)
                if (third_alive(NULL, twin[i]))
                    twin[kept++] = twin[i];
            ladder_sweep(&ladder, third_alive, NULL);
            ladder_audit(&ladder);
            held = kept;
        }
    }
    assert_int_equal(held, 0);
    assert_true(ladder_pop(&ladder, LADDER_NONE) == LADDER_NONE);
    assert_int_equal(ladder.count, 0);
    arena_close(&arena);
}

static void keys_leave_in_order_whatever_their_pattern(void **state)
{
    (void)state;
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++)
        run_pattern(&patterns[p], false, p);
}

static void keys_leave_in_order_when_ties_are_shuffled(void **state)
{
    (void)state;
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++)
        run_pattern(&patterns[p], true, 100 + p);
}

static void sweeping_reaches_sorted_waiting_and_near_keys(void **state)
{
    (void)state;
    struct arena arena;
    struct ladder ladder;
    arena_open(&arena, 0);
    ladder_open(&ladder, &arena, MOST);
    uint32_t held = 0;
    ladder_key *twin = arena_alloc(&arena, MOST, sizeof *twin);
    for (uint32_t i = 0; i < 20000; i++, held++)
        ladder_push(&ladder, twin[held] = high(hash_mix(i) >> 30) | (i + 1));
    held = pop_some(&ladder, twin, held, 10);
    for (uint32_t i = 0; i < 500; i++, held++) /* all before the next: they go to the heap */
        ladder_push(&ladder, twin[held] = twin[0] - 1 - hash_mix(i) % 1000 * 1000 - i);
    assert_true(ladder.heap_count > 400 && *ladder.next != LADDER_NONE && ladder.rungs > 0);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < held; i++)
        if (third_alive(NULL, twin[i]))
            twin[kept++] = twin[i];
    ladder_sweep(&ladder, third_alive, NULL);
    ladder_audit(&ladder);
    assert_int_equal(ladder.count, kept);
    pop_some(&ladder, twin, kept, kept);
    arena_close(&arena);
}

/* The ladder has a top: keys that come ever earlier would build it rung by rung. */
static void ever_earlier_keys_start_the_ladder_anew(void **state)
{
    (void)state;
    struct arena arena;
    struct ladder ladder;
    arena_open(&arena, 0);
    ladder_open(&ladder, &arena, 4 * MOST);
    uint32_t highest = 0;
    for (uint32_t i = 0; i < 4 * MOST; i++) {
        ladder_push(&ladder, high(UINT64_C(1) << 40) - high(i) + i);
        highest = ladder.rungs > highest ? ladder.rungs : highest;
    }
    assert_int_equal(highest, LADDER_RUNGS); /* it did come to that */
    ladder_audit(&ladder);
    ladder_key before = 0;
    for (uint32_t i = 0; i < 4 * MOST; i++) {
        ladder_key key = ladder_pop(&ladder, LADDER_NONE);
        assert_true(key > before && key != LADDER_NONE);
        before = key;
    }
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_leave_in_order_whatever_their_pattern),
        cmocka_unit_test(keys_leave_in_order_when_ties_are_shuffled),
        cmocka_unit_test(sweeping_reaches_sorted_waiting_and_near_keys),
        cmocka_unit_test(ever_earlier_keys_start_the_ladder_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
