/* Random histories of gangs and of machines that may be taken away, against counting by hand. */
#include "models/gpu/checkpoint.h"
#include "models/gpu/elastic.h"
#include "models/gpu/spot.h"
#include "sim/base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct dice {
    uint64_t seed, count;
};

static uint32_t below(struct dice *dice, uint32_t limit)
{
    return (uint32_t)(hash_word(dice->seed, dice->count++) % limit);
}

/* The twin of a gang: members that are up, and restarts counted as they are seen. */
static void play_gang(uint64_t seed)
{
    struct dice dice = {.seed = seed};
    struct gpu_elastic gang;
    struct gpu_elastic_options options = {.min = 1 + (int32_t)below(&dice, 4)};
    options.max = options.min + (int32_t)below(&dice, 4);
    options.budget = (int32_t)below(&dice, 12) - 1;
    options.joins_cost = below(&dice, 2) == 0;
    int32_t up = (int32_t)below(&dice, 8), spent = 0, attempts = 0;
    gpu_elastic_open(&gang, &options);
    for (int step = 0; step < 60 && gang.state != GPU_ELASTIC_FAILED; step++) {
        int32_t before = gang.members;
        bool spare = options.budget < 0 || spent < options.budget;
        if (gang.state == GPU_ELASTIC_WAITING) {
            up += (int32_t)below(&dice, 3);
            assert_int_equal(gpu_elastic_begin(&gang, up), up >= options.min);
        } else if (below(&dice, 2) == 0) { /* a member dies, sometimes several */
            int32_t dead = 1 + (int32_t)below(&dice, (uint32_t)before);
            up -= dead;
            bool on = gpu_elastic_fail(&gang, before - dead);
            assert_int_equal(on, spare && before - dead >= options.min);
            assert_int_equal(gang.state == GPU_ELASTIC_FAILED, !spare);
            spent += spare;
            up = up < 0 ? 0 : up;
        } else {
            int32_t others = (int32_t)below(&dice, 4);
            bool grows = gpu_elastic_join(&gang, others);
            bool may = !options.joins_cost || spare;
            assert_int_equal(grows, before < options.max && others > 0 && may);
            spent += grows && options.joins_cost;
            up = gang.members > up ? gang.members : up;
        }
        attempts = gang.attempts;
        bool runs = gang.state == GPU_ELASTIC_RUNNING;
        assert_int_equal(gang.members > 0, runs);
        assert_true(!runs || (gang.members >= options.min && gang.members <= options.max));
        assert_int_equal(gang.restarts, spent);
        assert_true(options.budget < 0 || gang.restarts <= options.budget);
        assert_true(gang.attempts <= gang.failures + gang.joins + 1);
    }
    if (!options.joins_cost && options.budget >= 0)
        assert_true(attempts - gang.joins <= options.budget + 1);
}

static void gangs_keep_their_bounds_and_their_budget(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3000; seed++)
        play_gang(seed);
}

/* Lives tick by tick: what is billed is the ticks that the machine was there. */
static void play_machine(uint64_t seed, struct gpu_spot_counts *counts, int64_t *ticks)
{
    struct dice dice = {.seed = seed};
    struct gpu_spot machine;
    struct gpu_spot_terms terms = {.preemptible = below(&dice, 3) > 0, .notice_us = below(&dice, 20)};
    int64_t now = below(&dice, 100), there = 0, noticed = -1;
    bool alive = true;
    gpu_spot_begin(&machine, &terms, now);
    for (int64_t end = now + 200; now < end; now++) {
        if (alive && below(&dice, 30) == 0 && gpu_spot_notice(&machine, now, counts))
            noticed = now;
        if (alive && noticed >= 0 && now == noticed + terms.notice_us) {
            gpu_spot_evict(&machine, now, counts);
            alive = false;
        } else if (alive && below(&dice, 80) == 0) {
            gpu_spot_fail(&machine, now, counts);
            alive = false;
        } else if (alive && below(&dice, 80) == 0) {
            gpu_spot_end(&machine, now, counts);
            alive = false;
        }
        assert_int_equal(gpu_spot_billed_us(&machine, now), there);
        there += alive;
    }
    assert_true(terms.preemptible || (machine.state != GPU_SPOT_EVICTED && noticed < 0));
    if (alive)
        gpu_spot_end(&machine, now, counts);
    *ticks += there;
}

static void bills_and_counters_are_what_was_lived(void **state)
{
    (void)state;
    struct gpu_spot_counts counts = {0};
    int64_t ticks = 0, machines = 3000;
    for (int64_t i = 0; i < machines; i++)
        play_machine((uint64_t)i + 77, &counts, &ticks);
    assert_int_equal(counts.running_us, ticks);
    assert_int_equal(counts.evictions + counts.failures + counts.ended, machines);
    assert_true(counts.evictions > 500 && counts.failures > 300 && counts.ended > 300);
    assert_true(counts.notices >= counts.evictions); /* some end or fail within the notice */
}

/* Saved exactly when the time suffices; then nothing is lost, else all of it; and never busy beyond the notice. */
static void a_rescue_saves_all_or_nothing(void **state)
{
    (void)state;
    struct dice dice = {.seed = 5};
    for (int i = 0; i < 20000; i++) {
        struct gpu_emergency at = {.unsaved_us = below(&dice, 30), .write_us = below(&dice, 10)};
        at.notice_us = below(&dice, 12);
        if (at.write_us > 0 && below(&dice, 3) == 0)
            at.in_flight_us = 1 + below(&dice, (uint32_t)at.write_us);
        struct gpu_rescue rescue = gpu_checkpoint_rescue(&at);
        int64_t needed = at.in_flight_us > 0 ? at.in_flight_us : at.write_us;
        assert_int_equal(rescue.saved, at.unsaved_us == 0 || needed <= at.notice_us);
        assert_int_equal(rescue.lost_us, rescue.saved ? 0 : at.unsaved_us);
        assert_true(rescue.busy_us <= at.notice_us);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gangs_keep_their_bounds_and_their_budget),
        cmocka_unit_test(bills_and_counters_are_what_was_lived),
        cmocka_unit_test(a_rescue_saves_all_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
