/* What multilevel splitting stands on: a past that can be brought back, futures that differ, and weights that add up. */
#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/chance/random.h"
#include "sim/engine/engine.h"
#include "sim/study/rare.h"
#include "sim/study/record.h"
#include "sim/study/splitting.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* --- Arena and streams --- */

static void a_restored_arena_holds_the_old_bytes_at_the_old_addresses(void **state)
{
    (void)state;
    enum { PIECES = 40, BYTES = 9000 }; /* several blocks */
    struct arena arena, aside;
    char *piece[PIECES], *before;
    arena_open(&arena, 0);
    arena_open(&aside, 0);
    before = arena_text(&arena, "before");
    struct arena_mark since = arena_mark(&arena);
    for (int i = 0; i < PIECES; i++)
        memset(piece[i] = arena_alloc(&arena, 1, BYTES), i, BYTES);
    struct arena_copy *copy = arena_save(&arena, since, &aside);
    size_t used = arena.used_bytes;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < PIECES; i++)
            memset(piece[i], 100 + round, BYTES);
        before[0] = (char)('0' + round);
        for (int i = 0; i < 20; i++)
            memset(arena_alloc(&arena, 1, BYTES), 0xff, BYTES); /* a path may grow */
        arena_restore(&arena, copy);
        for (int i = 0; i < PIECES; i++)
            for (int b = 0; b < BYTES; b++)
                assert_int_equal(piece[i][b], i);
        assert_int_equal(before[0], '0' + round); /* older than the mark: not touched */
        assert_int_equal(arena.used_bytes, used);
    }
    arena_close(&arena);
    arena_close(&aside);
}

static void an_older_copy_outlives_a_newer_one(void **state)
{
    (void)state;
    struct arena arena, aside;
    arena_open(&arena, 0);
    arena_open(&aside, 0);
    struct arena_mark since = arena_mark(&arena); /* of an arena without a block */
    struct arena_copy *nothing = arena_save(&arena, since, &aside);
    int *value = arena_new(&arena, int);
    *value = 1;
    struct arena_copy *old = arena_save(&arena, since, &aside);
    *value = 2;
    int *later = arena_new(&arena, int);
    *later = 20;
    struct arena_copy *new = arena_save(&arena, since, &aside);
    *value = *later = 3;
    arena_restore(&arena, new);
    assert_true(*value == 2 && *later == 20);
    arena_restore(&arena, old);
    assert_int_equal(*value, 1);
    arena_restore(&arena, nothing);
    assert_int_equal(arena.used_bytes, 0);
    arena_close(&arena);
    arena_close(&aside);
}

static void branches_share_what_was_drawn_and_differ_after(void **state)
{
    (void)state;
    struct stream first = stream_open(stream_key(1, 2, "test"));
    uint64_t drawn = stream_u64(&first);
    struct stream second = first, third = first;
    stream_branch(0);
    uint64_t half = stream_u64(&first), plain = stream_u64(&first);
    stream_branch(77);
    assert_int_equal(stream_u64(&second), half); /* the second half of a block was drawn with the first */
    assert_true(stream_u64(&second) != plain);
    stream_branch(0);
    (void)stream_u64(&third);
    assert_int_equal(stream_u64(&third), plain);
    stream_branch(78);
    struct stream again = stream_open(stream_key(1, 2, "test"));
    assert_true(stream_u64(&again) != drawn);
    stream_branch(0);
}

/* --- A walk on the event engine --- */

/* Once a second for ten seconds a step up with probability 0.3, else down, never below 0. Its reports: highest place, whether it got
 * to 8, place after each second, and a number that exists only for those who did. */
enum { STEPS = 10, TOP = 8 };
enum { HIGHEST, REACHED, OF_THE_FEW };

static const struct sim_metric metrics[] = {{"highest", "1", ""}, {"reached", "1", ""}, {"of_the_few", "1", ""}, {0}};
static const struct sim_series series[] = {{"place", "1", ""}, {0}};

struct walk {
    const struct sim_task *task;
    struct sim_record *record;
    struct engine *engine;
    struct stream stream;
    uint32_t on_step, step;
    int place, highest;
    double stop_at;
};

static void on_step(void *context, struct engine *engine, uint32_t subject, uint64_t detail)
{
    struct walk *walk = context;
    (void)subject;
    (void)detail;
    if (stream_uniform(&walk->stream) < 0.3)
        walk->place++;
    else if (walk->place > 0)
        walk->place--;
    if (walk->place > walk->highest)
        walk->highest = walk->place;
    record_series(walk->record, 0, walk->step++, walk->place);
    if (walk->step < STEPS)
        engine_schedule(engine, instant_add(engine_now(engine), (duration){US_PER_SECOND}), 0, walk->on_step, 0, 0);
    if (walk->place >= walk->stop_at)
        engine_stop(engine);
}

static void *begin(const void *plan, const struct sim_task *task, struct sim_record *record)
{
    struct walk *walk = arena_new(task->arena, struct walk);
    (void)plan;
    *walk = (struct walk){.task = task, .record = record};
    walk->engine = engine_create(task->arena, &(struct engine_options){.capacity = 4});
    walk->on_step = engine_action(walk->engine, on_step, walk);
    walk->stream = stream_open(stream_key(task->seed, task->replication, "walk"));
    engine_schedule(walk->engine, (instant){US_PER_SECOND / 2}, 0, walk->on_step, 0, 0);
    return walk;
}

static bool live(void *path, double level)
{
    struct walk *walk = path;
    walk->stop_at = level;
    if (walk->place < level)
        engine_run(walk->engine, walk->task->horizon);
    return walk->place >= level;
}

static void end(void *path)
{
    struct walk *walk = path;
    record_metric(walk->record, HIGHEST, walk->highest);
    record_metric(walk->record, REACHED, walk->highest >= TOP);
    if (walk->highest >= TOP)
        record_metric(walk->record, OF_THE_FEW, 42);
    record_done(walk->record, engine_events(walk->engine), engine_digest(walk->engine));
}

static uint64_t events(const void *path)
{
    return engine_events(((const struct walk *)path)->engine);
}

static void replicate(const void *plan, const struct sim_task *task, struct sim_record *record)
{
    void *path = begin(plan, task, record);
    (void)live(path, (double)INFINITY);
    end(path);
}

static const struct sim_branching branching = {.begin = begin, .live = live, .end = end, .events = events};
static const struct sim_model model = {.name = "walk", .metrics = metrics, .series = series, .replicate = replicate,
                                       .branching = &branching};

static struct sim_task walk_task(struct arena arena[2], const struct rare_level *level, uint32_t levels)
{
    struct sim_task task = {.seed = 3, .horizon = {STEPS * US_PER_SECOND}, .grid = {US_PER_SECOND},
                            .arena = &arena[0], .aside = &arena[1]};
    task.rare = (struct sim_rare){.method = levels > 0 ? RARE_SPLITTING : RARE_NONE, .level = level, .levels = levels,
                                  .paths_max = 100000};
    return task;
}

/* Exact: the law of (place, highest), step by step. */
static double truth_reached(double place_after[STEPS])
{
    double now[TOP + 3][TOP + 3] = {{0}}, reached = 0;
    now[0][0] = 1;
    for (int s = 0; s < STEPS; s++) {
        double next[TOP + 3][TOP + 3] = {{0}};
        place_after[s] = 0;
        for (int p = 0; p < TOP + 3; p++)
            for (int h = p; h < TOP + 3; h++) {
                int up = p + 1 < TOP + 3 ? p + 1 : p, down = p > 0 ? p - 1 : 0;
                next[up][up > h ? up : h] += 0.3 * now[p][h];
                next[down][h] += 0.7 * now[p][h];
            }
        memcpy(now, next, sizeof now);
        for (int p = 0; p < TOP + 3; p++)
            for (int h = p; h < TOP + 3; h++)
                place_after[s] += p * now[p][h];
    }
    for (int p = 0; p < TOP + 3; p++)
        for (int h = TOP; h < TOP + 3; h++)
            reached += now[p][h];
    return reached;
}

static void weighted_means_of_a_walk_are_unbiased(void **state)
{
    (void)state;
    enum { REPLICATIONS = 4000 };
    static const struct rare_level levels[] = {{2, 4}, {4, 3}, {6, 3}, {7, 4}};
    struct arena arena[2];
    double place[STEPS], truth = truth_reached(place), sum = 0, squares = 0, sums[STEPS] = {0}, square[STEPS] = {0};
    arena_open(&arena[0], 0);
    arena_open(&arena[1], 0);
    struct sim_task task = walk_task(arena, levels, 4);
    for (task.replication = 0; task.replication < REPLICATIONS; task.replication++) {
        struct arena_mark mark = arena_mark(&arena[0]);
        struct sim_record *record = record_open(&arena[0], &model, &task);
        rare_replicate(&model, NULL, &task, record);
        double x = record->metric_values[REACHED];
        sum += x;
        squares += x * x;
        if (x > 0)
            assert_float_equal(record->metric_values[OF_THE_FEW], 42, 0);
        else
            assert_true(isnan(record->metric_values[OF_THE_FEW]));
        for (int s = 0; s < STEPS; s++) {
            sums[s] += record->series_values[s];
            square[s] += record->series_values[s] * record->series_values[s];
        }
        arena_rewind(&arena[0], mark);
    }
    double mean = sum / REPLICATIONS, error = sqrt((squares / REPLICATIONS - mean * mean) / REPLICATIONS);
    print_message("# truth %.6g, estimate %.6g +- %.2g; plain would give +- %.2g\n", truth, mean, error,
                  sqrt(truth / REPLICATIONS));
    assert_true(fabs(mean - truth) < 4 * error && error < 0.3 * sqrt(truth / REPLICATIONS));
    for (int s = 0; s < STEPS; s++) {
        double m = sums[s] / REPLICATIONS, e = sqrt((square[s] / REPLICATIONS - m * m) / REPLICATIONS);
        assert_true(fabs(m - place[s]) < 4 * e);
    }
    arena_close(&arena[0]);
    arena_close(&arena[1]);
}

static void a_single_copy_is_the_plain_replication(void **state)
{
    (void)state;
    static const struct rare_level levels[] = {{1, 1}, {2, 1}, {3, 1}};
    struct arena arena[2];
    arena_open(&arena[0], 0);
    arena_open(&arena[1], 0);
    struct sim_task plain = walk_task(arena, NULL, 0), split = walk_task(arena, levels, 3);
    for (uint32_t r = 0; r < 50; r++) {
        plain.replication = split.replication = r;
        struct sim_record *a = record_open(&arena[0], &model, &plain), *b = record_open(&arena[0], &model, &split);
        rare_replicate(&model, NULL, &plain, a);
        rare_replicate(&model, NULL, &split, b);
        assert_memory_equal(a->metric_values, b->metric_values, a->metric_count * sizeof(double));
        assert_memory_equal(a->series_values, b->series_values, a->steps * sizeof(double));
        assert_int_equal(a->events, b->events);
    }
    arena_close(&arena[0]);
    arena_close(&arena[1]);
}

static void events_before_a_copy_count_once(void **state)
{
    (void)state;
    static const struct rare_level levels[] = {{0, 5}}; /* at once: five paths of ten steps, nothing shared */
    static const struct rare_level later[] = {{1, 2}, {2, 2}};
    struct arena arena[2];
    arena_open(&arena[0], 0);
    arena_open(&arena[1], 0);
    struct sim_task task = walk_task(arena, levels, 1);
    struct sim_record *record = record_open(&arena[0], &model, &task);
    rare_replicate(&model, NULL, &task, record);
    assert_int_equal(record->events, 5 * STEPS);
    uint64_t most = 0;
    task = walk_task(arena, later, 2);
    for (task.replication = 0; task.replication < 50; task.replication++) {
        record = record_open(&arena[0], &model, &task);
        rare_replicate(&model, NULL, &task, record);
        assert_true(record->events >= STEPS && record->events < 4 * STEPS);
        most = record->events > most ? record->events : most;
    }
    assert_true(most > STEPS);
    arena_close(&arena[0]);
    arena_close(&arena[1]);
}

static void too_many_paths_name_the_limit(void **state)
{
    (void)state;
    static const struct rare_level levels[] = {{0, 11}};
    struct arena arena[2];
    jmp_buf escape;
    struct check_scene scene = {.escape = &escape};
    arena_open(&arena[0], 0);
    arena_open(&arena[1], 0);
    struct sim_task task = walk_task(arena, levels, 1);
    task.rare.paths_max = 10;
    struct check_scene *previous = check_enter(&scene);
    if (setjmp(escape) == 0) {
        rare_replicate(&model, NULL, &task, record_open(&arena[0], &model, &task));
        fail_msg("eleven paths fit into ten");
    }
    check_enter(previous);
    assert_string_equal(scene.limit_key, "limits.paths");
    assert_int_equal(scene.limit_value, 10);
    stream_branch(0);
    arena_close(&arena[0]);
    arena_close(&arena[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restored_arena_holds_the_old_bytes_at_the_old_addresses),
        cmocka_unit_test(an_older_copy_outlives_a_newer_one),
        cmocka_unit_test(branches_share_what_was_drawn_and_differ_after),
        cmocka_unit_test(weighted_means_of_a_walk_are_unbiased),
        cmocka_unit_test(a_single_copy_is_the_plain_replication),
        cmocka_unit_test(events_before_a_copy_count_once),
        cmocka_unit_test(too_many_paths_name_the_limit),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
