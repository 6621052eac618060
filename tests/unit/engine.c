#include "sim/engine/engine.h"

#include "sim/base/check.h"
#include "sim/base/hash.h"
#include "sim/engine/timeweighted.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LOG_MOST = 64 };

/* What ran, and what one action does besides logging. */
struct world {
    struct arena arena;
    struct engine *engine;
    uint32_t log, stop, echo; /* actions */
    uint32_t count;
    int64_t at[LOG_MOST];
    uint32_t subject[LOG_MOST];
    uint64_t detail[LOG_MOST];
};

static void log_it(void *context, struct engine *engine, uint32_t subject, uint64_t detail)
{
    struct world *w = context;
    if (w->count < LOG_MOST) {
        w->at[w->count] = engine_now(engine).us;
        w->subject[w->count] = subject;
        w->detail[w->count] = detail;
    }
    w->count++;
}

static void stop_it(void *context, struct engine *engine, uint32_t subject, uint64_t detail)
{
    log_it(context, engine, subject, detail);
    engine_stop(engine);
}

/* Schedules `subject` events at once, the later ones in lower classes. */
static void echo_it(void *context, struct engine *engine, uint32_t subject, uint64_t detail)
{
    struct world *w = context;
    for (uint32_t i = 0; i < subject; i++)
        engine_schedule(engine, engine_now(engine), (uint32_t)detail - i, w->log, i, detail);
}

static void world_open(struct world *w, uint32_t capacity, int64_t start_us)
{
    *w = (struct world){.count = 0};
    arena_open(&w->arena, 0);
    w->engine = engine_create(&w->arena, &(struct engine_options){.capacity = capacity, .start = {start_us}});
    w->log = engine_action(w->engine, log_it, w);
    w->stop = engine_action(w->engine, stop_it, w);
    w->echo = engine_action(w->engine, echo_it, w);
}

static int open_world(void **state)
{
    struct world *w = malloc(sizeof *w);
    world_open(w, 1000, 0);
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    struct world *w = *state;
    arena_close(&w->arena);
    free(w);
    return 0;
}

static struct event_id at(struct world *w, int64_t us, uint32_t class_, uint32_t subject)
{
    return engine_schedule(w->engine, (instant){us}, class_, w->log, subject, 0);
}

static void assert_subjects(const struct world *w, uint32_t count, const uint32_t *subjects)
{
    assert_int_equal(w->count, count);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(w->subject[i], subjects[i]);
}

static void events_run_by_time_then_class_then_sequence(void **state)
{
    struct world *w = *state;
    at(w, 20, 0, 6);
    at(w, 10, 15, 4);
    at(w, 10, 2, 2);
    at(w, 10, 2, 3);
    at(w, 10, 0, 1);
    at(w, 10, 15, 5);
    assert_int_equal(engine_count(w->engine), 6);
    assert_int_equal(engine_run(w->engine, (instant){100}), 6);
    assert_subjects(w, 6, (uint32_t[]){1, 2, 3, 4, 5, 6});
    assert_int_equal(engine_events(w->engine), 6);
    assert_int_equal(engine_count(w->engine), 0);
}

static void the_end_is_included_and_the_clock_stops_there(void **state)
{
    struct world *w = *state;
    at(w, 10, 0, 1);
    at(w, 11, 0, 2);
    assert_int_equal(engine_run(w->engine, (instant){10}), 1);
    assert_int_equal(engine_now(w->engine).us, 10);
    assert_int_equal(engine_run(w->engine, (instant){10}), 0);
    assert_int_equal(engine_run(w->engine, (instant){500}), 1);
    assert_int_equal(*engine_clock(w->engine), 500);
    assert_int_equal(w->at[1], 11);
    assert_int_equal(engine_run(w->engine, (instant){400}), 0);
    assert_int_equal(engine_now(w->engine).us, 500); /* never backwards */
}

static void time_may_start_before_zero(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, 0, -US_PER_DAY);
    at(&w, 0, 0, 2);
    at(&w, -US_PER_DAY, 0, 1);
    engine_run(w.engine, (instant){-1});
    assert_subjects(&w, 1, (uint32_t[]){1});
    assert_int_equal(w.at[0], -US_PER_DAY);
    engine_run(w.engine, (instant){0});
    assert_int_equal(w.count, 2);
    arena_close(&w.arena);
}

static void handlers_schedule_for_the_instant_under_way(void **state)
{
    struct world *w = *state;
    engine_schedule(w->engine, (instant){5}, 0, w->echo, 3, 9);
    at(w, 5, 8, 70);
    at(w, 6, 0, 71);
    engine_run(w->engine, (instant){10});
    assert_subjects(w, 5, (uint32_t[]){2, 70, 1, 0, 71}); /* classes 7, 8 (first scheduled), 8, 9 */
}

static void stop_returns_after_the_handler_under_way(void **state)
{
    struct world *w = *state;
    engine_schedule(w->engine, (instant){10}, 0, w->stop, 1, 0);
    at(w, 10, 0, 2);
    assert_int_equal(engine_run(w->engine, (instant){50}), 1);
    assert_int_equal(engine_now(w->engine).us, 10);
    assert_int_equal(engine_run(w->engine, (instant){50}), 1);
    assert_int_equal(engine_now(w->engine).us, 50);
}

static void a_cancelled_event_does_not_run(void **state)
{
    struct world *w = *state;
    struct event_id id = at(w, 10, 0, 1);
    at(w, 10, 0, 2);
    assert_true(engine_pending(w->engine, id));
    assert_true(engine_cancel(w->engine, id));
    assert_false(engine_pending(w->engine, id));
    assert_false(engine_cancel(w->engine, id));
    assert_int_equal(engine_count(w->engine), 1);
    assert_int_equal(engine_run(w->engine, (instant){10}), 1);
    assert_subjects(w, 1, (uint32_t[]){2});
}

static void a_stale_handle_does_not_reach_the_slot_s_next_event(void **state)
{
    struct world *w = *state;
    struct event_id ran = at(w, 1, 0, 1);
    engine_run(w->engine, (instant){1});
    struct event_id cancelled = at(w, 2, 0, 2); /* the only free slot that was used before */
    engine_cancel(w->engine, cancelled);
    struct event_id pending = at(w, 3, 0, 3);
    assert_false(engine_pending(w->engine, ran));
    assert_false(engine_cancel(w->engine, ran));
    assert_false(engine_cancel(w->engine, cancelled));
    assert_true(engine_pending(w->engine, pending));
}

static void no_event_is_never_pending(void **state)
{
    struct world *w = *state;
    assert_false(engine_pending(w->engine, EVENT_NONE));
    assert_false(engine_cancel(w->engine, EVENT_NONE));
    struct event_id first = at(w, 1, 0, 0);
    assert_true(first.slot != 0 || first.generation != 0);
    assert_false(engine_cancel(w->engine, EVENT_NONE));
    assert_false(engine_pending(w->engine, (struct event_id){UINT32_MAX, UINT32_MAX}));
}

static void never_runs_last_and_only_when_asked_for(void **state)
{
    struct world *w = *state;
    at(w, US_NEVER, 3, 3);
    at(w, US_NEVER, 1, 1);
    at(w, US_NEVER + US_PER_DAY, 2, 2); /* later than never is never */
    at(w, US_PER_DAY * 365 * 10000, 15, 0);
    assert_int_equal(engine_run(w->engine, (instant){US_PER_DAY * 365 * 15000}), 1);
    assert_int_equal(engine_count(w->engine), 3);
    assert_int_equal(engine_run(w->engine, INSTANT_NEVER), 3);
    assert_subjects(w, 4, (uint32_t[]){0, 1, 2, 3});
    assert_int_equal(w->at[2], US_NEVER);
}

static void a_full_set_names_the_limit_that_was_reached(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, 3, 0);
    jmp_buf escape;
    struct check_scene scene = {.escape = &escape};
    struct check_scene *outer = check_enter(&scene);
    struct event_id first = at(&w, 1, 0, 0);
    at(&w, 2, 0, 1);
    at(&w, 3, 0, 2);
    engine_cancel(w.engine, first);
    at(&w, 4, 0, 3); /* a cancelled event's place is free again */
    if (setjmp(escape) == 0) {
        at(&w, 5, 0, 4);
        fail_msg("a fourth event was taken");
    }
    check_enter(outer);
    assert_string_equal(scene.limit_key, "limits.events");
    assert_int_equal(scene.limit_value, 3);
    arena_close(&w.arena);
}

static void again(void *context, struct engine *engine, uint32_t subject, uint64_t detail)
{
    (void)context;
    engine_schedule(engine, engine_now(engine), 0, subject, subject, detail);
}

static void a_run_that_was_given_up_ends(void **state)
{
    (void)state;
    struct world w;
    jmp_buf escape;
    atomic_bool given_up = false;
    struct check_scene scene = {.escape = &escape, .given_up = &given_up};
    world_open(&w, 3, 0);
    uint32_t action = engine_action(w.engine, again, NULL);
    engine_schedule(w.engine, engine_now(w.engine), 0, action, action, 0);
    struct check_scene *outer = check_enter(&scene);
    if (setjmp(escape) == 0) {
        check_wanted(); /* still is */
        atomic_store(&given_up, true);
        engine_run(w.engine, INSTANT_NEVER);
    }
    check_enter(outer);
    assert_null(scene.limit_key);
    assert_true(engine_events(w.engine) < 100000);
    arena_close(&w.arena);
}

/* True when the call aborts. */
static bool aborts(void (*call)(struct world *), struct world *w)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(2);
        call(w);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void schedule_before_now(struct world *w)
{
    at(w, 9, 0, 0);
}
static void schedule_now(struct world *w)
{
    at(w, 10, 0, 0);
}
static void schedule_class_16(struct world *w)
{
    at(w, 10, 16, 0);
}
static void schedule_unknown(struct world *w)
{
    engine_schedule(w->engine, (instant){10}, 0, 3, 0, 0);
}
static void shuffle_late(struct world *w)
{
    engine_shuffle_ties(w->engine, 1);
}

static void misuse_is_a_defect_and_aborts(void **state)
{
    struct world *w = *state;
    at(w, 1, 0, 0);
    engine_run(w->engine, (instant){10});
    assert_false(aborts(schedule_now, w));
    assert_true(aborts(schedule_before_now, w));
    assert_true(aborts(schedule_class_16, w));
    assert_true(aborts(schedule_unknown, w));
    assert_true(aborts(shuffle_late, w));
}

/* The digest, written down a second time. */
static uint64_t fold_again(uint64_t lane, uint64_t word)
{
    uint64_t x = (lane ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return x << 32 | x >> 32;
}

static void the_digest_is_the_one_that_is_documented(void **state)
{
    struct world *w = *state;
    uint64_t lane[4] = {0};
    engine_schedule(w->engine, (instant){7}, 3, w->log, 11, UINT64_C(0x123456789abcdef0));
    engine_schedule(w->engine, (instant){7}, 4, w->stop, 12, 1);
    engine_run(w->engine, (instant){8});
    engine_note(w->engine, 99);
    uint64_t biased = UINT64_C(1) << 59;
    lane[0] = fold_again(fold_again(0, (biased + 7) * 16 + 3), (biased + 7) * 16 + 4);
    lane[1] = fold_again(fold_again(0, (uint64_t)w->log << 32 | 11), (uint64_t)w->stop << 32 | 12);
    lane[2] = fold_again(fold_again(0, UINT64_C(0x123456789abcdef0)), 1);
    lane[3] = fold_again(fold_again(0, 2), 99);
    uint64_t digest = hash_word(0, 2);
    for (int i = 0; i < 4; i++)
        digest = hash_word(digest, lane[i]);
    assert_int_equal(engine_digest(w->engine), digest);
    assert_int_equal(digest, UINT64_C(0x2a279b25fb66637d)); /* the same on every build */
}

static uint64_t digest_of(int64_t us, uint32_t class_, uint32_t subject, uint64_t detail, bool note_first)
{
    struct world w;
    world_open(&w, 10, 0);
    engine_schedule(w.engine, (instant){us}, class_, w.log, subject, detail);
    if (note_first)
        engine_note(w.engine, 5);
    engine_run(w.engine, (instant){10});
    if (!note_first)
        engine_note(w.engine, 5);
    uint64_t digest = engine_digest(w.engine);
    arena_close(&w.arena);
    return digest;
}

static void the_digest_sees_every_field_and_where_a_note_was_made(void **state)
{
    (void)state;
    uint64_t base = digest_of(1, 2, 3, 4, false);
    assert_int_equal(base, digest_of(1, 2, 3, 4, false));
    assert_int_not_equal(base, digest_of(2, 2, 3, 4, false));
    assert_int_not_equal(base, digest_of(1, 3, 3, 4, false));
    assert_int_not_equal(base, digest_of(1, 2, 4, 4, false));
    assert_int_not_equal(base, digest_of(1, 2, 3, UINT64_C(4) | UINT64_C(1) << 63, false));
    assert_int_not_equal(base, digest_of(1, 2, 3, 4, true));
}

static void a_hundred_thousand_events_of_one_instant_run_in_order(void **state)
{
    (void)state;
    enum { MANY = 100000 };
    struct world w;
    world_open(&w, MANY, 0);
    static uint32_t next[ENGINE_CLASSES];
    for (uint32_t i = 0; i < MANY; i++)
        at(&w, US_PER_HOUR, hash_mix(i) % ENGINE_CLASSES, i);
    engine_fetch(w.engine, w.log, next, sizeof *next); /* a hint, whatever it points to */
    assert_int_equal(engine_run(w.engine, (instant){US_PER_HOUR}), MANY);
    for (uint32_t i = 1; i < LOG_MOST; i++)
        assert_true(w.subject[i] > w.subject[i - 1]);
    assert_int_equal(w.count, MANY);
    arena_close(&w.arena);
}

/* --- Time-weighted means --- */

static void a_mean_weighs_values_by_how_long_they_lasted(void **state)
{
    (void)state;
    struct timeweighted w;
    timeweighted_start(&w, (instant){-100}, 1000000);
    timeweighted_start(&w, (instant){0}, 4); /* the warm-up is forgotten */
    assert_true(isnan(timeweighted_mean(&w, (instant){0})));
    timeweighted_set(&w, (instant){10}, 8);
    timeweighted_add(&w, (instant){10}, -2);
    timeweighted_add(&w, (instant){20}, -6);
    assert_true(timeweighted_until(&w, (instant){40}) == 4 * 10 + 6 * 10);
    assert_true(timeweighted_mean(&w, (instant){40}) == 2.5);
    assert_true(timeweighted_mean(&w, (instant){20}) == 5);
}

static void a_mean_is_exact_where_64_bits_overflow(void **state)
{
    (void)state;
    struct timeweighted w;
    int64_t value = INT64_C(1) << 52, century = US_PER_DAY * 36525;
    timeweighted_start(&w, (instant){0}, value);
    for (int64_t i = 1; i <= 1000; i++)
        timeweighted_set(&w, (instant){century / 1000 * i}, value + i % 2);
    assert_true(timeweighted_until(&w, (instant){century}) ==
                (timeweighted_area)value * century + (timeweighted_area)500 * (century / 1000));
}

#define world_test(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(events_run_by_time_then_class_then_sequence),
        world_test(the_end_is_included_and_the_clock_stops_there),
        cmocka_unit_test(time_may_start_before_zero),
        world_test(handlers_schedule_for_the_instant_under_way),
        world_test(stop_returns_after_the_handler_under_way),
        world_test(a_cancelled_event_does_not_run),
        world_test(a_stale_handle_does_not_reach_the_slot_s_next_event),
        world_test(no_event_is_never_pending),
        world_test(never_runs_last_and_only_when_asked_for),
        cmocka_unit_test(a_full_set_names_the_limit_that_was_reached),
        cmocka_unit_test(a_run_that_was_given_up_ends),
        world_test(misuse_is_a_defect_and_aborts),
        world_test(the_digest_is_the_one_that_is_documented),
        cmocka_unit_test(the_digest_sees_every_field_and_where_a_note_was_made),
        cmocka_unit_test(a_hundred_thousand_events_of_one_instant_run_in_order),
        cmocka_unit_test(a_mean_weighs_values_by_how_long_they_lasted),
        cmocka_unit_test(a_mean_is_exact_where_64_bits_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
