/* A study: every point of a scenario, every replication, every arm, on all cores, with one result.
 *
 * A scenario names points (settings of its parameters) and each point is lived through many times with different luck.
 * The unit of work is a task: one (point, outer draw, replication), in which all arms run one after the other on one
 * thread, in an arena that is rewound after each. Tasks have one order, that of their three numbers, the last running
 * fastest. They are handed out in it, may finish in any order, and their results are handed over in it, arm by arm,
 * whatever the threads did, through a window of bounded size: a thread that is too far ahead waits, so memory is bounded
 * by the number of threads and not by the length of the study.
 *
 * Outer draw 0 is the nominal setting: the inputs as the scenario writes them. Its replications give the sampling
 * interval. Draws 1, 2, ... set the weakly known inputs to values drawn from their stated ranges, the same for all
 * clouds and all points; the spread over them gives the parameter interval (design.md 4.6). Equal replications meet
 * equal luck under every draw, at every point and in every cloud.
 *
 * With variance_reduction = "antithetic" replications come in pairs (0, 1), (2, 3), ...: both are lived through with the luck of
 * the even number, the second with its draws mirrored (stream_mirror). Where a metric goes one way with its luck, what one half
 * overstates the other understates. The halves are dependent, so the pair's mean is one observation, and numbers of replications are
 * even. What the draws decide by threshold or by order (the first of many failures) mirrors badly: measure before relying on it.
 *
 * The digest of a run is a hash over the replications' digests in the order of tasks and arms, so it is the same for 1
 * and for 64 threads, and whoever holds the replications' digests can compute it: the digest of an interrupted and resumed
 * run, and of one in shards, is that of the whole run (study_digest_next).
 *
 * A setting (a point under an outer draw) has a plan of its own. A study has thousands of settings where its inputs are
 * varied, so plans are built when a task first needs them and at most one a thread is kept; a few points' plans are kept
 * for good.
 *
 * Nothing runs before everything was checked: study_prepare() reads the scenario once for each point with the point's
 * overrides applied, lets the model build its plan, and checks the targets against metrics, clouds and points. */
#ifndef NINES_SIM_STUDY_H
#define NINES_SIM_STUDY_H

#include "sim/study/design.h"
#include "sim/study/model.h"
#include "sim/study/precision.h"
#include "sim/study/record.h"
#include "sim/study/vary.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What to study, as a command line or a results file says it. What the pointers lead to must outlive the study. */
struct study_source {
    const char *path;             /* of the scenario; with text, the name that messages use */
    const char *text;             /* the scenario itself, or NULL: read path */
    const char *const *overrides; /* "seed=7", "clouds.akash.tenant.detection=5 min"; applied in order */
    size_t override_count;
    enum sim_log log;
};

/* The plans of so many points are kept from the preparation on. */
enum { STUDY_KEPT = 16 };

struct study_point {
    const char *label;            /* as in the scenario; "base" when it names no points */
    const char *parameters;       /* JSON object: what this point sets */
    const char *const *overrides; /* [override_count]: what it sets through paths, over the source's own */
    size_t override_count;
    const struct design_row *row; /* of the study's design that made the point; NULL: it was written */
    const char *const *values;    /* [factor_count]: of the varied keys, where a design made the point; NULL: as written */
    uint32_t declared;            /* index in the scenario's study.points; 0 where there are none */
    const struct sim_mark *marks; /* [mark_count], of its plan */
    size_t mark_count;
    struct sim_task task;         /* what all replications of the point have in common */
    /* The nominal setting; NULL beyond STUDY_KEPT points: study_setting_open() builds it. */
    struct scenario *scenario;
    const void *plan;             /* the model's, shared by all threads, constant */
};

/* Everything lives in arena. */
struct study {
    struct arena *arena;
    struct study_source source;
    const struct sim_registry *registry;
    struct scenario *scenario; /* without any point's overrides */
    const struct sim_model *model;
    const struct sim_arm *arms;
    size_t arm_count;
    struct study_point *points;
    size_t point_count;
    const char *design;          /* "factorial", ...; NULL: the points were written one by one */
    const struct vary *factors;  /* [factor_count]: what the design varies */
    size_t factor_count;
    const struct vary *inputs;   /* [input_count]: what the outer draws vary */
    size_t input_count;
    struct precision precision;  /* half_width 0: none was asked for */
    uint32_t replications;       /* per point, at the nominal setting; with a precision the most */
    bool antithetic;             /* replications 2i and 2i + 1 are a pair: one observation */
    uint32_t outer_draws;        /* drawn settings of every point, 1 .. outer_draws; 0: none */
    uint32_t outer_replications; /* per point and drawn setting */
    size_t metrics, series;      /* of the model */
    uint32_t readings;           /* of the scenario, without mistakes: one for each point, and for each drawn setting of those kept */
    int errors;                  /* mistakes found; when not 0 nothing else but scenario is meant to be read */
};

/* Reads and checks. Mistakes are printed to errors as the reader prints them, each once even if several points share
 * it. Returns whether there were none. Cost: one reading of the scenario and one prepare() per point, in memory that is
 * given back for all but the first STUDY_KEPT points. */
bool study_prepare(struct study *study, struct arena *arena, const struct study_source *source,
                   const struct sim_registry *registry, FILE *errors);

/* What is no mistake and hardly meant at any point, as the reader prints it. Returns how many. */
int study_print_warnings(const struct study *study, FILE *out);

/* Index of a point or an arm by name; "" is the only point of a study of one. The names of checked targets are always
 * found. */
uint32_t study_point_index(const struct study *study, const char *label);
uint32_t study_arm_index(const struct study *study, const char *name);

/* What an outer draw, from 1 on, sets input i to; text in arena. The draw is a function of (seed, key's path, draw) alone, so another
 * input or draw changes no other. */
const char *study_input_value(const struct study *study, size_t input, uint32_t outer_draw, struct arena *arena);

/* The registry as the reader wants it. */
bool study_model_keys(const void *registry, const char *model_name, const struct key **keys,
                      const struct key **point_keys);
const char *study_known_models(struct arena *arena, const struct sim_registry *registry); /* "clouds, mm1" */

/* --- One task alone: what a thread does, or a process on another machine --- */

/* The unit of work, and its place in the order. */
struct study_task {
    uint32_t point, outer_draw, replication;
};

/* Replications of each point under that draw; under draw 0 a precision may stop earlier. */
uint32_t study_replications(const struct study *study, uint32_t outer_draw);
/* All tasks of the study, those that a precision may leave out included, and their numbers: 0 .. count - 1, in order. */
uint64_t study_task_count(const struct study *study);
uint64_t study_task_number(const struct study *study, struct study_task task);
struct study_task study_task_at(const struct study *study, uint64_t number);

/* A setting ready to be lived through. */
struct study_setting {
    struct scenario *scenario;
    const void *plan;
    struct sim_task task; /* what all its replications have in common */
};

/* Builds it in arena, from the text that study_prepare() read. false: the scenario holds the mistakes. That is possible when a file
 * that it names has changed since, or in a combination of point and outer draw that was not tried beforehand. */
bool study_setting_open(const struct study *study, uint32_t point, uint32_t outer_draw, struct arena *arena,
                        struct study_setting *setting);

/* What came of a task. */
struct study_result {
    struct sim_record **records; /* [arms], those before limit_arm when a limit was reached */
    const char *limit_key;       /* key of the scenario to raise; NULL: no limit was reached */
    int64_t limit_value;
    uint32_t limit_arm;
    const char *failure;         /* why the task could not be lived through, which ends the study; NULL: it was */
    bool given_up;               /* ended unfinished, because options->given_up said so; nothing else is of use */
};

struct study_options;
struct story;

/* What one thread needs to live through tasks: scratch memory, the scene for failing checks, and its plan. */
struct study_worker;
struct study_worker *study_worker_open(const struct study *study, const struct study_options *options);
void study_worker_close(struct study_worker *worker);
/* Lives through all arms of a task on the calling thread. The records live in arena. Of options: audit, replay, given_up. */
void study_live(struct study_worker *worker, struct study_task task, struct arena *arena, struct study_result *result);

/* The same for one arm alone, which is as it is among the others; story hears of its subject where it is not NULL, and every outage of
 * it is told, however short. log: lists that are wanted. records has one entry. */
void study_live_arm(struct study_worker *worker, struct study_task task, uint32_t arm, enum sim_log log, struct story *story,
                    struct arena *arena, struct study_result *result);

/* --- All tasks, in order --- */

/* What is known of one arm of a task that need not be lived through again. */
struct study_stored {
    uint64_t digest, events;
    double precise; /* value of the metric that study->precision is about, where there is one */
};

/* Where the results go. Both are called on the thread that called study_run(), never at the same time. */
struct study_sink {
    void *context;
    /* One arm of one task, in the order of tasks and arms; not called for tasks that are stored. The record is the sink's
     * for the length of the call. false: the machine failed (say why yourself); the study ends. */
    bool (*take)(void *context, struct study_task task, uint32_t arm, struct sim_record *record);
    /* Called at least about every fifth of a second. done of total tasks are handed over. false: hand over what is finished up to
     * the first task that is not, give up those that are under way, and end as interrupted. May be NULL. */
    bool (*tick)(void *context, uint64_t done, uint64_t total);
};

struct study_options {
    unsigned threads;   /* 0: one per CPU that this process may use */
    bool audit;         /* whole-world audits (check.h) */
    const char *replay; /* command that repeats the study, printed by a failing check; may be NULL */

    /* Which tasks, and where. Each may be NULL; each is called from any thread, many times, and must always give the same
     * answer. */
    void *context;
    /* Whether the task is of this run; false: another shard's, as if it did not exist. Not with a precision, which looks at all
     * replications of a point. */
    bool (*mine)(void *context, struct study_task task);
    /* Whether its results are in the file already: then fills stored[arms], which enter the digest and the count. */
    bool (*stored)(void *context, struct study_task task, struct study_stored *stored);
    /* Lives through the task elsewhere instead of on `worker` (thread number 0, 1, ... of this run); fills result as study_live()
     * does, with records in arena. */
    void (*live)(void *context, unsigned thread, struct study_worker *worker, struct study_task task,
                 struct arena *arena, struct study_result *result);
    /* Nobody wants the tasks under way any more: those elsewhere shall come back soon, given up or not. Called once, on the thread that
     * called study_run(), when a study ends before its time. */
    void (*give_up)(void *context);
    /* For study_live(): set by another thread when nobody wants the task any more. study_run() has its own. */
    const atomic_bool *given_up;
};

enum study_end {
    STUDY_COMPLETE,
    STUDY_INTERRUPTED, /* tick() said so */
    STUDY_FAILED,      /* take() or live() said so, or no thread could be started: see why */
    STUDY_LIMIT        /* an engine limit was reached: limit_key says which to raise */
};

struct study_outcome {
    enum study_end end;
    uint64_t done, total; /* tasks handed over or stored, and all of this run's; a point that is precise early lowers total */
    uint64_t stored;      /* of done: not lived through */
    uint64_t events;      /* of done */
    uint64_t digest;
    unsigned threads; /* used */
    int precision_reached; /* 1: at every point; 0: not; -1: none was asked for */
    const char *limit_key;
    int64_t limit_value;
    struct study_task limit_task; /* where, the first in order */
    uint32_t limit_arm;
    const char *why; /* of a study that failed by itself; NULL when take() ended it */
};

struct study_outcome study_run(const struct study *study, const struct study_options *options,
                               const struct study_sink *sink);

/* The digest of no replication, and its next value: over all arms of all tasks in order. */
uint64_t study_digest_start(void);
uint64_t study_digest_next(uint64_t digest, const char *point, uint32_t outer_draw, uint32_t replication,
                           const char *arm, uint64_t of_replication);

#endif
