/* A model for tests of the study: cheap replications of different lengths, and a study prepared from a text. */
#ifndef NINES_TESTS_UNIT_STUDY_TOY_H
#define NINES_TESTS_UNIT_STUDY_TOY_H

#include "sim/base/check.h"
#include "sim/base/hash.h"
#include "sim/study/study.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct key toy_cloud_keys[] = {
    {"name", KEY_NAME, NULL, .unique = true, .help = "x"},
    {"detect", KEY_DURATION, "30 min", .help = "x", .above_low = true},
    {"price", KEY_MONEY_RATE, "1.10 USD/h", .help = "x"},
    {"kind", KEY_CHOICE, "one", .help = "x", .choices = "one|two"},
    KEY_END,
};
static const struct key toy_keys[] = {
    {"bias", KEY_INTEGER, "0", .help = "Enters every value.", .low = 0, .high = 1000},
    {"arms", KEY_INTEGER, "2", .help = "How many.", .low = 1, .high = 3},
    {"break_at", KEY_INTEGER, "-1", .help = "Replications from here on reach a limit.", .low = -1, .high = 1000},
    {"endless_at", KEY_INTEGER, "-1", .help = "Replications from here on never end.", .low = -1, .high = 1000},
    {"rate", KEY_RATE, "2 /h", .help = "Has no effect but to be varied."},
    {"share", KEY_SHARE, "50 %", .help = "The same."},
    {"law", KEY_LAW, "weibull(0.5, 10 h)", .help = "The same."},
    {"clouds", KEY_LIST, .children = toy_cloud_keys, .help = "The same, in a list."},
    {"refuse", KEY_BOOL, "false", .help = "Whether prepare() finds a mistake."},
    KEY_END,
};
static const struct sim_metric toy_metrics[] = {
    {.name = "availability", .unit = "1", .help = "x", .higher_is_better = true, .is_availability = true},
    {.name = "cost_usd", .unit = "USD", .help = "x"},
    {.name = NULL},
};
static const struct sim_series toy_series[] = {{"availability", "1", "x"}, {NULL, NULL, NULL}};

struct toy_plan {
    uint64_t bias;
    double number[5]; /* rate, share, mean of law, and of the first cloud detect, price; NaN without clouds */
    int64_t break_at, endless_at;
    size_t arms;
};

static const void *toy_prepare(struct scenario *scenario, const struct value *point)
{
    struct toy_plan *plan = arena_new(scenario->arena, struct toy_plan);
    (void)point;
    plan->bias = (uint64_t)value_integer(&scenario->root, "bias");
    const struct value *clouds = value_of(&scenario->root, "clouds");
    const struct value *first = clouds->children > 0 ? value_at(clouds, 0) : NULL;
    plan->number[0] = value_number(&scenario->root, "rate");
    plan->number[1] = value_number(&scenario->root, "share");
    plan->number[2] = law_mean(value_law(&scenario->root, "law"));
    plan->number[3] = first != NULL ? duration_seconds(value_duration(first, "detect")) : (double)NAN;
    plan->number[4] = first != NULL ? (double)value_money(first, "price").micro / 1e6 : (double)NAN;
    plan->break_at = value_integer(&scenario->root, "break_at");
    plan->endless_at = value_integer(&scenario->root, "endless_at");
    plan->arms = (size_t)value_integer(&scenario->root, "arms");
    if (value_bool(&scenario->root, "refuse"))
        scenario_error(scenario, value_of(&scenario->root, "refuse"), NULL, "the toy refuses");
    return plan;
}

static size_t toy_arms(const void *plan, const struct sim_arm **arms)
{
    static const struct sim_arm all[] = {{"left", "toy", ""}, {"right", "toy", ""}, {"third", "toy", ""}};
    *arms = all;
    return ((const struct toy_plan *)plan)->arms;
}

/* Started and not yet handed over: how far threads run ahead. */
static atomic_int toy_started;

static void toy_replicate(const void *opaque, const struct sim_task *task, struct sim_record *record)
{
    const struct toy_plan *plan = opaque;
    uint64_t hash = hash_word(hash_word(hash_word(task->seed, task->replication), task->arm), plan->bias);
    volatile uint64_t work = hash;
    if (task->arm == 0)
        atomic_fetch_add(&toy_started, 1);
    uint64_t *scratch = arena_array(task->arena, 1000, uint64_t);
    for (uint64_t i = 0; i < (hash % 8) * 20000; i++)
        work = hash_mix(work + scratch[i % 1000]);
    while (plan->endless_at >= 0 && task->replication >= plan->endless_at)
        check_wanted();
    if (plan->break_at >= 0 && task->replication >= plan->break_at)
        limit_reached("limits.toy", 12);
    record_metric(record, 0, (double)(hash >> 40) * 0x1p-24);
    for (uint32_t step = 0; step < record_steps(task->horizon, task->grid); step++)
        record_series(record, 0, step, (double)((hash >> step) & 1));
    record_done(record, hash % 100, hash);
}

static const struct sim_model toy = {.name = "toy",
                                     .summary = "t",
                                     .keys = toy_keys,
                                     .metrics = toy_metrics,
                                     .series = toy_series,
                                     .prepare = toy_prepare,
                                     .arms = toy_arms,
                                     .replicate = toy_replicate};
static const struct sim_model *const models[] = {&toy, NULL};
static const struct sim_registry registry = {.models = models};

/* What most tests begin with. */
#define BASE "model = \"toy\"; horizon = \"10 h\"; seed = 3; replications = 40;\n"
#define TWO_POINTS "study = { points = ( { label = \"a\"; }, { label = \"b\"; set = [ \"bias=7\" ]; } ); };\n"

struct fixture {
    struct arena arena;
    struct study study;
    char *said;
    size_t said_bytes;
};

static inline bool prepare(struct fixture *f, const char *text, const char *const *overrides, size_t count)
{
    memset(f, 0, sizeof *f);
    arena_open(&f->arena, 0);
    FILE *errors = open_memstream(&f->said, &f->said_bytes);
    struct study_source source = {.path = "toy.cfg", .text = text, .overrides = overrides, .override_count = count};
    bool fine = study_prepare(&f->study, &f->arena, &source, &registry, errors);
    fclose(errors);
    return fine;
}

static inline void done(struct fixture *f)
{
    free(f->said);
    arena_close(&f->arena);
}

/* Refused, with all of these in the message. */
static inline void refused(const char *text, const char *a, const char *b)
{
    struct fixture f;
    assert_false(prepare(&f, text, NULL, 0));
    if (strstr(f.said, a) == NULL || strstr(f.said, b) == NULL)
        fail_msg("'%s' and '%s' are not both in:\n%s", a, b, f.said);
    done(&f);
}

#endif
