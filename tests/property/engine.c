/* The engine against a slow twin: a sorted array. Both are told the same things in lockstep, from inside handlers too,
 * and must run the same events in the same order. A failing case prints its seed and is shrunk by halving its number of
 * steps. */
#include "sim/engine/engine.h"

#include "sim/base/check.h"
#include "sim/base/hash.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 9000, REMEMBERED = 256, CASES = 35, STEPS = 8000 };

struct twin_event {
    int64_t us;
    uint32_t class_, subject;
    uint64_t sequence, detail;
    struct event_id id;
};

/* How a case chooses its delays. */
enum flavour { NEAR, GRID, ZERO, WIDE, TAIL, DESCENDING, MIXED, FLAVOURS };

struct twin {
    struct engine *engine;
    struct twin_event *event; /* latest first, so that the next one is at the end */
    uint32_t count, most, action[4];
    enum flavour flavour;
    uint64_t chance, sequence, steps, ran;
    struct event_id remembered[REMEMBERED]; /* pending, run and cancelled ones */
    int64_t descending;
    bool failed;
    const char *why;
};

static uint64_t chance(struct twin *t)
{
    t->chance += UINT64_C(0x9e3779b97f4a7c15);
    return hash_mix(t->chance);
}

static bool earlier(const struct twin_event *a, const struct twin_event *b)
{
    if (a->us != b->us)
        return a->us < b->us;
    if (a->class_ != b->class_)
        return a->class_ < b->class_;
    return a->sequence < b->sequence;
}

static bool same_id(struct event_id a, struct event_id b)
{
    return a.slot == b.slot && a.generation == b.generation;
}

static void fail_with(struct twin *t, const char *why)
{
    if (!t->failed)
        t->why = why;
    t->failed = true;
    engine_stop(t->engine);
}

static int64_t pick_delay(struct twin *t)
{
    uint64_t r = chance(t), bits;
    int64_t now = engine_now(t->engine).us;
    switch (t->flavour == MIXED ? (enum flavour)(chance(t) % MIXED) : t->flavour) {
    case NEAR:
        return (int64_t)(r % 1000);
    case GRID: /* everything on the full hour */
        return ((now + US_PER_HOUR) / US_PER_HOUR + (int64_t)(r % 3)) * US_PER_HOUR - now;
    case ZERO:
        return r % 16 == 0 ? 50 : 0;
    case TAIL: /* most soon, some never */
        bits = r % 64;
        return bits == 63 ? US_NEVER - (now > 0 ? now : 0) : (int64_t)(chance(t) >> (bits < 6 ? 6 : bits));
    case DESCENDING:
        t->descending -= 997;
        return t->descending > now ? t->descending - now : 1;
    default:
        return (int64_t)(r % (uint64_t)US_PER_DAY);
    }
}

static void twin_schedule(struct twin *t)
{
    if (t->count == t->most)
        return;
    int64_t at = engine_now(t->engine).us + pick_delay(t);
    struct twin_event e = {.us = at < INT64_C(1) << 59 ? at : US_NEVER, .sequence = t->sequence++};
    e.class_ = (uint32_t)(chance(t) % (chance(t) % 2 != 0 ? 1 : ENGINE_CLASSES));
    e.subject = (uint32_t)chance(t);
    e.detail = e.sequence;
    e.id = engine_schedule(t->engine, (instant){at}, e.class_, t->action[e.subject % 4], e.subject, e.detail);
    if (!engine_pending(t->engine, e.id))
        fail_with(t, "a scheduled event is not pending");
    uint32_t low = 0, high = t->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (earlier(&e, &t->event[middle]))
            low = middle + 1;
        else
            high = middle;
    }
    memmove(t->event + low + 1, t->event + low, (t->count - low) * sizeof e);
    t->event[low] = e;
    t->count++;
    t->remembered[chance(t) % REMEMBERED] = e.id;
}

static void twin_cancel(struct twin *t)
{
    struct event_id id = t->remembered[chance(t) % REMEMBERED];
    if (t->count > 0 && chance(t) % 4 != 0)
        id = t->event[chance(t) % t->count].id;
    uint32_t i = 0;
    while (i < t->count && !same_id(t->event[i].id, id))
        i++;
    bool pending = i < t->count;
    if (engine_pending(t->engine, id) != pending)
        fail_with(t, "engine_pending disagrees");
    if (engine_cancel(t->engine, id) != pending)
        fail_with(t, "engine_cancel disagrees");
    if (engine_pending(t->engine, id))
        fail_with(t, "a cancelled event is still pending");
    if (pending) {
        memmove(t->event + i, t->event + i + 1, (t->count - i - 1) * sizeof *t->event);
        t->count--;
    }
}

static void happen(void *context, struct engine *engine, uint32_t subject, uint64_t detail)
{
    struct twin *t = context;
    if (t->count == 0) {
        fail_with(t, "an event ran that the twin does not have");
        return;
    }
    struct twin_event next = t->event[--t->count];
    if (next.us != engine_now(engine).us || next.subject != subject || next.detail != detail)
        fail_with(t, "another event was due");
    if (engine_pending(engine, next.id))
        fail_with(t, "a running event is still pending");
    t->remembered[chance(t) % REMEMBERED] = next.id;
    t->ran++;
    if (engine_count(engine) != t->count)
        fail_with(t, "engine_count disagrees");
    if (t->steps == 0)
        return;
    t->steps--;
    uint64_t r = chance(t) % 8;
    for (uint64_t i = 0; i < (r < 6 ? 1 : r == 6 ? 0 : 2); i++)
        twin_schedule(t);
    if (chance(t) % 4 == 0) {
        twin_cancel(t);
        twin_schedule(t);
    }
    if (chance(t) % 4096 == 0)
        engine_stop(engine);
}

/* One case; returns why it failed, or NULL. */
static const char *run_case(uint64_t seed, uint64_t steps)
{
    struct arena arena;
    struct twin t = {.chance = seed, .steps = steps, .descending = INT64_C(40000000)};
    arena_open(&arena, 0);
    t.flavour = (enum flavour)(seed % FLAVOURS);
    uint32_t size[] = {3, 40, 700, 6000, MOST};
    t.most = size[seed / FLAVOURS % 5];
    t.event = arena_alloc(&arena, t.most + 1, sizeof *t.event);
    t.engine = engine_create(&arena, &(struct engine_options){.capacity = t.most, .start = {-(int64_t)(seed % 1000)}});
    for (int i = 0; i < 4; i++)
        t.action[i] = engine_action(t.engine, happen, &t);
    struct check_scene scene = {.now_us = engine_clock(t.engine), .audit = true};
    struct check_scene *outer = check_enter(&scene);
    for (uint32_t i = 0; i < t.most; i++)
        twin_schedule(&t);
    while (!t.failed && t.count > 0) {
        int64_t until = chance(&t) % 8 == 0 ? t.event[0].us : t.event[t.count - 1].us + (int64_t)(chance(&t) % 100000);
        if (until > INT64_C(1) << 59)
            until = US_NEVER;
        engine_run(t.engine, (instant){until});
        if (engine_now(t.engine).us > until)
            fail_with(&t, "the clock went past the end");
        if (chance(&t) % 16 == 0 && t.steps != 0)
            for (uint32_t i = 0; i < t.most / 4; i++)
                twin_cancel(&t); /* enough to be swept */
        if (t.count == 0 && t.steps != 0 && engine_now(t.engine).us < US_PER_DAY * 36500)
            twin_schedule(&t);
    }
    if (!t.failed && (engine_events(t.engine) != t.ran || engine_count(t.engine) != 0))
        fail_with(&t, "counts disagree at the end");
    check_enter(outer);
    arena_close(&arena);
    return t.failed ? t.why : NULL;
}

static void engine_runs_what_a_sorted_array_runs(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < CASES; seed++) {
        uint64_t steps = STEPS;
        const char *why = run_case(seed, steps);
        if (why == NULL)
            continue;
        while (steps > 0 && run_case(seed, steps / 2) != NULL)
            steps /= 2;
        fail_msg("seed %" PRIu64 ", %" PRIu64 " steps: %s", seed, steps, run_case(seed, steps));
    }
}

/* --- The digest does not depend on how the queue came to hold what it holds --- */

struct hold {
    uint32_t action, dummy;
    uint64_t chance;
};

static void hop(void *context, struct engine *engine, uint32_t subject, uint64_t detail)
{
    struct hold *h = context;
    if (detail < 40) {
        int64_t delay = (int64_t)(hash_word(subject, detail) % 100000) / (subject % 2 == 0 ? 1 : 50000);
        engine_schedule(engine, (instant){engine_now(engine).us + delay}, subject % 3, h->action, subject, detail + 1);
    }
}

static void never_run(void *context, struct engine *engine, uint32_t subject, uint64_t detail)
{
    (void)context, (void)engine, (void)subject, (void)detail;
    fail_msg("a cancelled event ran");
}

/* `noise`: events scheduled and cancelled in between, which change every bucket but nothing that runs. */
static uint64_t digest_with(uint32_t capacity, uint32_t noise, uint64_t salt, int64_t piece_us)
{
    struct arena arena;
    struct hold h = {.chance = noise};
    arena_open(&arena, 0);
    struct engine *engine = engine_create(&arena, &(struct engine_options){.capacity = capacity});
    struct event_id *id = arena_alloc(&arena, noise, sizeof *id);
    h.action = engine_action(engine, hop, &h);
    h.dummy = engine_action(engine, never_run, &h);
    engine_shuffle_ties(engine, salt);
    for (uint32_t i = 0; i < noise; i++)
        id[i] = engine_schedule(engine, (instant){(int64_t)(hash_word(1, i) % 50000)}, i % 16, h.dummy, i, 0);
    for (uint32_t i = 0; i < 2000; i++)
        engine_schedule(engine, (instant){(int64_t)(hash_word(2, i) % 5000)}, i % 3, h.action, i, 0);
    for (uint32_t i = 0; i < noise; i++)
        assert_true(engine_cancel(engine, id[i]));
    for (int64_t until = 0; engine_count(engine) > 0; until += piece_us)
        engine_run(engine, (instant){until});
    assert_int_equal(engine_events(engine), 2000 * 41);
    uint64_t digest = engine_digest(engine);
    arena_close(&arena);
    return digest;
}

static void digest_ignores_capacity_cancelled_events_and_pauses(void **state)
{
    (void)state;
    uint64_t plain = digest_with(2000, 0, 0, 10000000);
    assert_int_equal(plain, digest_with(1000000, 0, 0, 10000000));
    assert_int_equal(plain, digest_with(60000, 50000, 0, 10000000));
    assert_int_equal(plain, digest_with(9000, 6000, 0, 777));
}

static void shuffled_ties_run_every_event_in_another_order(void **state)
{
    (void)state;
    uint64_t plain = digest_with(2000, 0, 0, 10000000);
    uint64_t shuffled = digest_with(2000, 0, 7, 10000000);
    assert_int_not_equal(plain, shuffled);
    assert_int_not_equal(shuffled, digest_with(2000, 0, 8, 10000000));
    assert_int_equal(shuffled, digest_with(2000, 0, 7, 5000));
}

/* Whatever the salt, the event that takes the place of number 0 can still be told from no event. */
static void every_shuffled_event_is_pending_until_it_has_run(void **state)
{
    (void)state;
    for (uint64_t salt = 1; salt <= 300; salt++) {
        struct arena arena;
        struct hold h = {0};
        arena_open(&arena, 0);
        struct engine *engine = engine_create(&arena, &(struct engine_options){.capacity = 4});
        h.dummy = engine_action(engine, never_run, &h);
        engine_shuffle_ties(engine, salt);
        for (int64_t i = 1; i <= 400; i++) { /* one after the other, so that all take the first slot */
            struct event_id id = engine_schedule(engine, (instant){i}, 0, h.dummy, 0, 0);
            assert_true(engine_pending(engine, id));
            assert_true(engine_cancel(engine, id));
        }
        arena_close(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engine_runs_what_a_sorted_array_runs),
        cmocka_unit_test(digest_ignores_capacity_cancelled_events_and_pauses),
        cmocka_unit_test(shuffled_ties_run_every_event_in_another_order),
        cmocka_unit_test(every_shuffled_event_is_pending_until_it_has_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
