/* Small worlds from scenario text: one cloud lived through in steps, with a look inside after each. For the tests of
 * models/clouds. Every step is followed by an audit of the whole world. */
#ifndef NINES_TESTS_UNIT_CLOUDS_WORLD_H
#define NINES_TESTS_UNIT_CLOUDS_WORLD_H

#include "models/clouds/world/cloud.h"
#include "models/clouds/clouds.h"
#include "models/clouds/world/world.h"
#include "sim/base/check.h"
#include "sim/study/record.h"
#include "sim/scenario/scenario.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct clouds_test {
    struct arena plan_arena, arena, record_arena;
    struct scenario *scenario;
    const void *plan;
    struct sim_task task;
    struct check_scene scene;
    struct cloud_plan cloud;   /* of the arm that lives */
    struct sim_record *record;
    struct world *world;
};

static inline bool clouds_test_model(const void *registry, const char *name, const struct key **keys,
                                     const struct key **point_keys)
{
    (void)registry, (void)name;
    *keys = clouds_model.keys;
    *point_keys = clouds_model.point_keys;
    return true;
}

/* Reads the text; test->scenario->errors tells whether it went well. */
static inline void clouds_read(struct clouds_test *test, const char *text)
{
    memset(test, 0, sizeof *test);
    arena_open(&test->plan_arena, 0);
    arena_open(&test->arena, 0);
    arena_open(&test->record_arena, 0);
    test->scenario =
        scenario_read_text(&test->plan_arena, "clouds.cfg", text, NULL, 0, clouds_test_model, NULL, "clouds");
    if (test->scenario->errors == 0)
        test->plan = clouds_model.prepare(test->scenario, NULL);
}

static inline void clouds_open(struct clouds_test *test, const char *text)
{
    clouds_read(test, text);
    if (test->scenario->errors > 0) {
        (void)scenario_print_errors(test->scenario, stderr);
        fail_msg("the test's own scenario has mistakes");
    }
    const struct value *root = &test->scenario->root;
    test->task = (struct sim_task){.seed = (uint64_t)value_integer(root, "seed"),
                                   .horizon = {value_duration(root, "horizon").us},
                                   .warmup = value_duration(root, "warmup"),
                                   .grid = value_duration(root, "grid"),
                                   .outage_min = value_duration(root, "outage_min"),
                                   .outage_cap = 1000000,
                                   .log = SIM_LOG_EVENTS,
                                   .arena = &test->arena};
    test->scene = (struct check_scene){.audit = true};
}

/* Begins the life of one cloud, in place of the one that was under way. */
static inline void clouds_begin(struct clouds_test *test, uint32_t arm)
{
    arena_close(&test->arena);
    arena_close(&test->record_arena);
    arena_open(&test->arena, 0);
    arena_open(&test->record_arena, 0);
    test->task.arm = arm;
    uint64_t salt = test->cloud.shuffle_ties;
    test->cloud = *clouds_cloud(test->plan, arm);
    test->cloud.shuffle_ties = salt;
    test->record = record_open(&test->record_arena, &clouds_model, &test->task);
    (void)check_enter(&test->scene);
    test->world = world_begin(&test->cloud, &test->task, test->record);
}

static inline void clouds_until(struct clouds_test *test, double seconds)
{
    world_live(test->world, (instant){(int64_t)(seconds * 1e6)});
    world_audit(test->world);
}

/* To the horizon, and the account of it. */
static inline void clouds_finish(struct clouds_test *test)
{
    world_live(test->world, test->task.horizon);
    world_audit(test->world);
    world_end(test->world);
    (void)check_enter(NULL);
}

static inline void clouds_run(struct clouds_test *test, uint32_t arm)
{
    clouds_begin(test, arm);
    clouds_finish(test);
}

static inline void clouds_close(struct clouds_test *test)
{
    (void)check_enter(NULL);
    arena_close(&test->plan_arena);
    arena_close(&test->arena);
    arena_close(&test->record_arena);
}

/* --- Looks inside ---------------------------------------------------------------------------------------------------- */

static inline double clouds_metric(const struct clouds_test *test, const char *name)
{
    for (uint32_t m = 0; m < test->record->metric_count; m++)
        if (strcmp(test->record->metrics[m].name, name) == 0)
            return test->record->metric_values[m];
    fail_msg("no metric is called %s", name);
    return 0;
}

/* Unit `index` of workload "class/number". */
static inline struct unit *clouds_unit(const struct clouds_test *test, const char *workload, uint32_t index)
{
    char name[96];
    for (uint32_t w = 0; w < test->world->demand->workloads; w++)
        if (strcmp(world_name(test->world, w, name, sizeof name), workload) == 0)
            return &test->world->unit[test->world->demand->workload[w].first_unit + index];
    fail_msg("no workload is called %s", workload);
    return NULL;
}

static inline bool clouds_is_up(const struct clouds_test *test, const char *workload, uint32_t index)
{
    return unit_is_up(clouds_unit(test, workload, index));
}

static inline const char *clouds_path(const struct clouds_test *test, uint32_t component)
{
    return graph_component(test->world->plan->graph, component)->path;
}

/* Money that a workload has paid so far, in dollars. */
static inline double clouds_paid(const struct clouds_test *test, uint32_t workload)
{
    return (double)measure_paid(test->world->measure, workload).micro / 1e6;
}

static inline void assert_near(double value, double wanted, double tolerance)
{
    if (!(fabs(value - wanted) <= tolerance))
        fail_msg("%.9g is not within %g of %.9g", value, tolerance, wanted);
}

/* --- Text ------------------------------------------------------------------------------------------------------------ */

/* printf into memory that lives until the process ends: scenario text is put together from pieces. */
static inline const char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline const char *text(const char *format, ...)
{
    enum { KEPT = 512 };
    static char *kept[KEPT]; /* reachable, so no leak is reported */
    static int next;
    va_list arguments;
    va_start(arguments, format);
    char *made = NULL;
    int length = vasprintf(&made, format, arguments);
    va_end(arguments);
    assert_true(length >= 0);
    free(kept[next]);
    kept[next] = made;
    next = (next + 1) % KEPT;
    return made;
}

/* An incident that takes all matching components down at `start` for so many seconds. */
static inline const char *incident(const char *name, const char *start, const char *target, const char *where, double seconds)
{
    return text("{ name = \"%s\"; start = \"%s\"; effects = ( { target = \"%s\"; where = \"%s\"; phases = ("
                "{ at = \"0 s\"; impaired = \"100 %%\"; }, { at = \"%.3f s\"; impaired = \"100 %%\"; },"
                "{ at = \"%.3f s\"; impaired = \"0 %%\"; } ); } ); }",
                name, start, target, where, seconds, seconds + 0.001);
}

#endif
