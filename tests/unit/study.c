/* The study runner, driven by a toy model whose replications take different times, so that threads finish out of order.
 */
#include "tests/unit/study_toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct seen {
    uint64_t sequence, tasks, stop_after, fail_after;
    const struct study *study;
    int ahead_most;
    bool in_order;
};

static bool take(void *context, struct study_task task, uint32_t arm, struct sim_record *record)
{
    struct seen *seen = context;
    uint64_t position = study_task_number(seen->study, task) * seen->study->arm_count + arm;
    int ahead = atomic_load(&toy_started) - (int)(position / seen->study->arm_count);
    seen->ahead_most = ahead > seen->ahead_most ? ahead : seen->ahead_most;
    seen->in_order = seen->in_order && position == seen->sequence;
    seen->sequence++;
    return seen->fail_after == 0 || seen->sequence < seen->fail_after || record == NULL;
}

static bool tick(void *context, uint64_t handed, uint64_t total)
{
    const struct seen *seen = context;
    (void)total;
    return seen->stop_after == 0 || handed < seen->stop_after;
}

static struct study_outcome run(const struct study *study, unsigned threads, struct seen *seen)
{
    seen->study = study;
    seen->in_order = true;
    atomic_store(&toy_started, 0);
    struct study_options options = {.threads = threads};
    struct study_sink sink = {.context = seen, .take = take, .tick = tick};
    return study_run(study, &options, &sink);
}

/* --- Running --- */

static void digest_is_the_same_for_1_2_and_5_threads(void **state)
{
    (void)state;
    struct fixture f;
    assert_true(prepare(&f, BASE TWO_POINTS, NULL, 0));
    uint64_t digest = 0, events = 0;
    static const unsigned threads[] = {1, 2, 5};
    for (int i = 0; i < 3; i++) {
        struct seen seen = {0};
        struct study_outcome outcome = run(&f.study, threads[i], &seen);
        assert_int_equal(outcome.end, STUDY_COMPLETE);
        assert_int_equal(outcome.done, 80);
        assert_int_equal(seen.sequence, 160);
        assert_true(seen.in_order);
        assert_int_equal(outcome.threads, threads[i]);
        digest = i == 0 ? outcome.digest : digest;
        events = i == 0 ? outcome.events : events;
        assert_true(outcome.digest == digest && outcome.events == events);
    }
    done(&f);
}

static void digest_depends_on_seed_and_on_points(void **state)
{
    (void)state;
    uint64_t digests[3];
    static const char *const seed[] = {"seed=4"};
    for (int i = 0; i < 3; i++) {
        struct fixture f;
        struct seen seen = {0};
        assert_true(prepare(&f, i == 2 ? BASE : BASE TWO_POINTS, seed, i == 1 ? 1 : 0));
        digests[i] = run(&f.study, 2, &seen).digest;
        done(&f);
    }
    assert_true(digests[0] != digests[1] && digests[0] != digests[2] && digests[1] != digests[2]);
}

static void threads_never_run_further_ahead_than_the_window(void **state)
{
    (void)state;
    struct fixture f;
    struct seen seen = {0};
    static const char *const more[] = {"replications=300"};
    assert_true(prepare(&f, BASE, more, 1));
    (void)run(&f.study, 5, &seen);
    assert_int_equal(seen.sequence, 600);
    assert_in_range(seen.ahead_most, 1, 4 * 5);
    done(&f);
}

static void limit_is_reported_where_it_comes_first_in_order(void **state)
{
    (void)state;
    static const char *const overrides[] = {"break_at=11"};
    for (unsigned threads = 1; threads <= 5; threads += 2) {
        struct fixture f;
        struct seen seen = {0};
        assert_true(prepare(&f, BASE TWO_POINTS, overrides, 1));
        struct study_outcome outcome = run(&f.study, threads, &seen);
        assert_int_equal(outcome.end, STUDY_LIMIT);
        assert_string_equal(outcome.limit_key, "limits.toy");
        assert_int_equal(outcome.limit_value, 12);
        assert_int_equal(outcome.limit_task.point, 0);
        assert_int_equal(outcome.limit_task.replication, 11);
        assert_int_equal(outcome.done, 11);
        assert_int_equal(seen.sequence, 22);
        done(&f);
    }
}

static void interruption_hands_over_a_prefix_without_gaps(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct fixture f;
        struct seen seen = {.stop_after = 1};
        static const char *const more[] = {"replications=20000"};
        assert_true(prepare(&f, BASE, more, 1));
        struct study_outcome outcome = run(&f.study, threads, &seen);
        assert_int_equal(outcome.end, STUDY_INTERRUPTED);
        assert_true(outcome.done >= 1 && outcome.done < 20000);
        assert_int_equal(seen.sequence, 2 * outcome.done);
        assert_true(seen.in_order);
        done(&f);
    }
}

/* Would not end at all if it waited for what is under way. */
static void an_interruption_gives_up_what_is_under_way(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct fixture f;
        struct seen seen = {.stop_after = 5};
        static const char *const endless[] = {"endless_at=5"};
        assert_true(prepare(&f, BASE, endless, 1));
        struct study_outcome outcome = run(&f.study, threads, &seen);
        assert_int_equal(outcome.end, STUDY_INTERRUPTED);
        assert_int_equal(outcome.done, 5);
        assert_int_equal(seen.sequence, 10);
        assert_true(seen.in_order);
        done(&f);
    }
}

/* And the first in order says why. */
static void a_limit_gives_up_what_is_under_way(void **state)
{
    (void)state;
    struct fixture f;
    struct seen seen = {0};
    static const char *const endless[] = {"break_at=3", "endless_at=4"};
    assert_true(prepare(&f, BASE, endless, 2));
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct study_outcome outcome = run(&f.study, threads, &seen);
        assert_int_equal(outcome.end, STUDY_LIMIT);
        assert_int_equal(outcome.limit_task.replication, 3);
        assert_int_equal(outcome.done, 3);
    }
    done(&f);
}

static void a_sink_that_fails_ends_the_study(void **state)
{
    (void)state;
    struct fixture f;
    struct seen seen = {.fail_after = 9};
    assert_true(prepare(&f, BASE, NULL, 0));
    struct study_outcome outcome = run(&f.study, 3, &seen);
    assert_int_equal(outcome.end, STUDY_FAILED);
    assert_int_equal(seen.sequence, 9);
    done(&f);
}

/* --- Resume, shards, other machines --- */

/* What a first run left behind, and which tasks a second one is told about. */
struct remembered {
    const struct study *study;
    struct study_stored *of; /* [tasks][arms] */
    uint64_t taken, elsewhere;
    uint32_t shard, shards;
    bool (*is_stored)(uint64_t task);
};

static struct study_stored *remembered_at(struct remembered *r, struct study_task task, uint32_t arm)
{
    return &r->of[study_task_number(r->study, task) * r->study->arm_count + arm];
}

static bool remember(void *context, struct study_task task, uint32_t arm, struct sim_record *record)
{
    struct remembered *r = context;
    r->taken++;
    *remembered_at(r, task, arm) = (struct study_stored){record_digest(record), record->events};
    return true;
}

static bool is_stored(void *context, struct study_task task, struct study_stored *stored)
{
    struct remembered *r = context;
    if (!r->is_stored(study_task_number(r->study, task)))
        return false;
    for (uint32_t arm = 0; arm < r->study->arm_count; arm++)
        stored[arm] = *remembered_at(r, task, arm);
    return true;
}

static bool is_of_shard(void *context, struct study_task task)
{
    const struct remembered *r = context;
    return task.replication % r->shards == r->shard;
}

static bool first_half(uint64_t task) { return task < 40; }
static bool every_third(uint64_t task) { return task % 3 == 0; }
static bool every_one(uint64_t task) { return task < UINT64_MAX; }
static bool none(uint64_t task) { return task == UINT64_MAX; }

static void remember_all(struct remembered *r, const struct study *study, struct study_outcome *outcome)
{
    *r = (struct remembered){.study = study, .is_stored = none};
    r->of = arena_array(study->arena, study_task_count(study) * study->arm_count, struct study_stored);
    struct study_options options = {.threads = 2};
    struct study_sink sink = {.context = r, .take = remember};
    *outcome = study_run(study, &options, &sink);
}

static void what_is_stored_is_not_lived_again_and_the_digest_is_the_same(void **state)
{
    (void)state;
    static bool (*const kinds[])(uint64_t) = {first_half, every_third, every_one, none};
    static const uint64_t stored[] = {40, 27, 80, 0};
    struct fixture f;
    struct remembered r;
    struct study_outcome whole;
    assert_true(prepare(&f, BASE TWO_POINTS, NULL, 0));
    remember_all(&r, &f.study, &whole);
    for (int i = 0; i < 4; i++) {
        r.is_stored = kinds[i];
        r.taken = 0;
        struct study_options options = {.threads = 3, .context = &r, .stored = is_stored};
        struct study_sink sink = {.context = &r, .take = remember};
        struct study_outcome outcome = study_run(&f.study, &options, &sink);
        assert_int_equal(outcome.end, STUDY_COMPLETE);
        assert_int_equal(outcome.done, 80);
        assert_int_equal(outcome.stored, stored[i]);
        assert_int_equal(r.taken, 2 * (80 - stored[i]));
        assert_true(outcome.digest == whole.digest && outcome.events == whole.events);
    }
    done(&f);
}

static void shards_together_have_the_digest_of_the_whole(void **state)
{
    (void)state;
    struct fixture f;
    struct remembered r;
    struct study_outcome whole;
    assert_true(prepare(&f, BASE TWO_POINTS, NULL, 0));
    remember_all(&r, &f.study, &whole);
    memset(r.of, 0, study_task_count(&f.study) * f.study.arm_count * sizeof *r.of);
    r.shards = 3;
    for (r.shard = 0; r.shard < 3; r.shard++) {
        struct study_options options = {.threads = 2, .context = &r, .mine = is_of_shard};
        struct study_sink sink = {.context = &r, .take = remember};
        struct study_outcome outcome = study_run(&f.study, &options, &sink);
        assert_int_equal(outcome.end, STUDY_COMPLETE);
        assert_int_equal(outcome.total, 2 * (r.shard == 0 ? 14 : 13));
        assert_int_equal(outcome.done, outcome.total);
    }
    uint64_t digest = study_digest_start();
    for (uint64_t t = 0; t < study_task_count(&f.study); t++) {
        struct study_task task = study_task_at(&f.study, t);
        assert_int_equal(study_task_number(&f.study, task), t);
        for (uint32_t arm = 0; arm < f.study.arm_count; arm++)
            digest = study_digest_next(digest, f.study.points[task.point].label, task.outer_draw, task.replication,
                                       f.study.arms[arm].name, remembered_at(&r, task, arm)->digest);
    }
    assert_true(digest == whole.digest);
    done(&f);
}

static void live_elsewhere(void *context, unsigned thread, struct study_worker *worker, struct study_task task,
                           struct arena *arena, struct study_result *result)
{
    struct remembered *r = context;
    assert_true(thread < 2);
    study_live(worker, task, arena, result);
    if (thread == 0)
        r->elsewhere++;
    if (task.replication == r->shards && r->shards > 0)
        result->failure = "the cable was cut";
}

static void tasks_can_be_lived_through_by_others(void **state)
{
    (void)state;
    struct fixture f;
    struct remembered r;
    struct study_outcome whole;
    assert_true(prepare(&f, BASE TWO_POINTS, NULL, 0));
    remember_all(&r, &f.study, &whole);
    struct study_options options = {.threads = 2, .context = &r, .live = live_elsewhere};
    struct study_sink sink = {.context = &r, .take = remember};
    assert_true(study_run(&f.study, &options, &sink).digest == whole.digest);
    assert_true(r.elsewhere > 0);
    r.shards = 5; /* now replication 5 is lost on the way */
    struct study_outcome outcome = study_run(&f.study, &options, &sink);
    assert_int_equal(outcome.end, STUDY_FAILED);
    assert_string_equal(outcome.why, "the cable was cut");
    assert_int_equal(outcome.done, 5);
    done(&f);
}

/* --- Preparing --- */

/* 40 points: more than keep their plan. */
static const char *many_points(struct arena *arena)
{
    const char *text = BASE "study = { points = (";
    for (int i = 0; i < 40; i++)
        text = arena_format(arena, "%s%s { label = \"p%d\"; set = [ \"bias=%d\" ]; }", text, i == 0 ? "" : ",", i, i);
    return arena_format(arena, "%s ); };", text);
}

static void points_without_a_kept_plan_live_the_same(void **state)
{
    (void)state;
    struct fixture f, alone;
    struct remembered r;
    struct study_outcome outcome;
    struct arena arena;
    arena_open(&arena, 0);
    assert_true(prepare(&f, many_points(&arena), NULL, 0));
    assert_non_null(f.study.points[STUDY_KEPT - 1].plan);
    assert_null(f.study.points[STUDY_KEPT].plan);
    remember_all(&r, &f.study, &outcome);
    assert_int_equal(outcome.done, 1600);
    for (uint32_t p = 0; p < 40; p += 13) {
        char bias[] = "bias=??";
        snprintf(bias, sizeof bias, "bias=%u", p);
        const char *const overrides[] = {bias};
        struct remembered of_one;
        assert_true(prepare(&alone, BASE, overrides, 1));
        remember_all(&of_one, &alone.study, &outcome);
        for (uint32_t rep = 0; rep < 40; rep++)
            assert_true(remembered_at(&r, (struct study_task){.point = p, .replication = rep}, 1)->digest ==
                        remembered_at(&of_one, (struct study_task){.replication = rep}, 1)->digest);
        done(&alone);
    }
    done(&f);
    arena_close(&arena);
}

static void a_scenario_without_study_is_one_point_called_base(void **state)
{
    (void)state;
    struct fixture f;
    assert_true(prepare(&f, BASE, NULL, 0));
    assert_int_equal(f.study.point_count, 1);
    assert_string_equal(f.study.points[0].label, "base");
    assert_string_equal(f.study.points[0].parameters, "{}");
    assert_int_equal(f.study.arm_count, 2);
    done(&f);
}

static void points_have_plans_of_their_own(void **state)
{
    (void)state;
    struct fixture f;
    static const char *const overrides[] = {"bias=5"};
    assert_true(prepare(&f, BASE TWO_POINTS, overrides, 1));
    assert_int_equal(((const struct toy_plan *)f.study.points[0].plan)->bias, 5);
    assert_int_equal(((const struct toy_plan *)f.study.points[1].plan)->bias, 7);
    assert_string_equal(f.study.points[1].parameters, "{\"bias\":\"7\"}");
    done(&f);
}

static void a_point_cannot_change_what_belongs_to_the_run(void **state)
{
    (void)state;
    refused(BASE "study = { points = ( { label = \"a\"; set = [ \"horizon=5 h\" ]; } ); };", "cannot change 'horizon'",
            "point 'a'");
    refused(BASE "study = { points = ( { label = \"a\"; set = [ \"seed=9\" ]; } ); };", "cannot change 'seed'",
            "point 'a'");
}

static void a_point_cannot_drop_a_cloud(void **state)
{
    (void)state;
    refused(BASE "study = { points = ( { label = \"a\"; }, { label = \"b\"; set = [ \"arms=1\" ]; } ); };",
            "add, drop or rename", "point 'b'");
}

static void mistakes_of_every_point_are_shown_once(void **state)
{
    (void)state;
    struct fixture f;
    assert_false(prepare(&f, BASE "refuse = true;\n" TWO_POINTS, NULL, 0));
    const char *first = strstr(f.said, "the toy refuses");
    assert_non_null(first);
    assert_null(strstr(first + 1, "the toy refuses"));
    done(&f);
}

#define TARGET(metric, cloud, point, more)                                                                             \
    BASE TWO_POINTS "targets = ( { metric = \"" metric "\"; cloud = \"" cloud "\"; point = \"" point                   \
                    "\"; low = 0.1; high = 0.2; source = \"s\"; evidence = \"R\"; " more "} );"

static void targets_must_name_what_exists(void **state)
{
    (void)state;
    struct fixture f;
    refused(TARGET("availabilty", "left", "a", ""), "unknown metric 'availabilty'", "did you mean 'availability'?");
    refused(TARGET("availability", "lef", "a", ""), "unknown cloud 'lef'", "did you mean 'left'?");
    refused(TARGET("availability", "left", "c", ""), "unknown point 'c'", "hint:");
    refused(TARGET("cost_usd", "left", "a", "unit = \"USD/h\"; "), "'cost_usd' is 'USD'", "hint:");
    assert_true(prepare(&f, TARGET("availability", "left", "b", ""), NULL, 0));
    done(&f);
}

static void a_grid_of_too_many_steps_is_refused(void **state)
{
    (void)state;
    refused(BASE "grid = \"1 us\";", "steps", "grid");
}

static void unknown_model_names_the_known_ones(void **state)
{
    (void)state;
    refused("model = \"toi\"; horizon = \"1 h\";", "toi", "toy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digest_is_the_same_for_1_2_and_5_threads),
        cmocka_unit_test(digest_depends_on_seed_and_on_points),
        cmocka_unit_test(threads_never_run_further_ahead_than_the_window),
        cmocka_unit_test(limit_is_reported_where_it_comes_first_in_order),
        cmocka_unit_test(interruption_hands_over_a_prefix_without_gaps),
        cmocka_unit_test(an_interruption_gives_up_what_is_under_way),
        cmocka_unit_test(a_limit_gives_up_what_is_under_way),
        cmocka_unit_test(a_sink_that_fails_ends_the_study),
        cmocka_unit_test(what_is_stored_is_not_lived_again_and_the_digest_is_the_same),
        cmocka_unit_test(shards_together_have_the_digest_of_the_whole),
        cmocka_unit_test(tasks_can_be_lived_through_by_others),
        cmocka_unit_test(points_without_a_kept_plan_live_the_same),
        cmocka_unit_test(a_scenario_without_study_is_one_point_called_base),
        cmocka_unit_test(points_have_plans_of_their_own),
        cmocka_unit_test(a_point_cannot_change_what_belongs_to_the_run),
        cmocka_unit_test(a_point_cannot_drop_a_cloud),
        cmocka_unit_test(mistakes_of_every_point_are_shown_once),
        cmocka_unit_test(targets_must_name_what_exists),
        cmocka_unit_test(a_grid_of_too_many_steps_is_refused),
        cmocka_unit_test(unknown_model_names_the_known_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
