/* A study: every point of a scenario, every replication, every arm, on all cores, with one result.
 *
 * A scenario names points (settings of its parameters) and each point is lived through many times with different luck.
 * The unit of work is a task: one (point, replication), in which all arms run one after the other on one thread, in an
 * arena that is rewound after each. Tasks are handed out in order and may finish in any order; the results are handed
 * over in (point, replication, arm) order whatever the threads did, through a window of bounded size: a thread that is
 * too far ahead waits, so memory is bounded by the number of threads and not by the length of the study.
 *
 * The digest of a run is a hash over the replications' digests in that order, so it is the same for 1 and for 64
 * threads.
 *
 * Nothing runs before everything was checked: study_prepare() reads the scenario once for each point with the point's
 * `set` overrides applied, lets the model build its plan, and checks the targets against metrics, clouds and points. */
#ifndef NINES_SIM_STUDY_H
#define NINES_SIM_STUDY_H

#include "sim/study/model.h"
#include "sim/study/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What to study, as a command line or a results file says it. */
struct study_source {
    const char *path;             /* of the scenario; with text, the name that messages use */
    const char *text;             /* the scenario itself, or NULL: read path */
    const char *const *overrides; /* "seed=7", "clouds.akash.tenant.detection=5 min"; applied in order */
    size_t override_count;
    enum sim_log log;
};

struct study_point {
    const char *label;         /* as in the scenario; "base" when it names no points */
    const char *parameters;    /* JSON object: what this point sets */
    struct scenario *scenario; /* with the point's overrides */
    const void *plan;          /* the model's, shared by all threads, constant */
    struct sim_task task;      /* what all replications of the point have in common */
};

/* Everything lives in arena. */
struct study {
    struct arena *arena;
    struct scenario *scenario; /* without any point's overrides */
    const struct sim_model *model;
    const struct sim_arm *arms;
    size_t arm_count;
    struct study_point *points;
    size_t point_count;
    uint32_t replications;  /* per point */
    size_t metrics, series; /* of the model */
    int errors;             /* mistakes found; when not 0 nothing else but scenario is meant to be read */
};

/* Reads and checks. Mistakes are printed to errors as the reader prints them, each once even if several points share
 * it. Returns whether there were none. Cost: one reading of the scenario and one prepare() per point. */
bool study_prepare(struct study *study, struct arena *arena, const struct study_source *source,
                   const struct sim_registry *registry, FILE *errors);

/* Index of a point or an arm by name; "" is the only point of a study of one. The names of checked targets are always
 * found. */
uint32_t study_point_index(const struct study *study, const char *label);
uint32_t study_arm_index(const struct study *study, const char *name);

/* The registry as the reader wants it. */
bool study_model_keys(const void *registry, const char *model_name, const struct key **keys,
                      const struct key **point_keys);
const char *study_known_models(struct arena *arena, const struct sim_registry *registry); /* "clouds, mm1" */

/* Where the results go. Both are called on the thread that called study_run(), never at the same time. */
struct study_sink {
    void *context;
    /* One arm of one replication, in (point, replication, arm) order. The record is the sink's for the length of the
     * call. false: the machine failed (say why yourself); the study ends. */
    bool (*take)(void *context, uint32_t point, uint32_t replication, uint32_t arm, struct sim_record *record);
    /* Called at least about every fifth of a second. done of total tasks are handed over. false: finish the
     * replications that are under way, hand them over, and end as interrupted. May be NULL. */
    bool (*tick)(void *context, uint64_t done, uint64_t total);
};

struct study_options {
    unsigned threads;   /* 0: one per CPU that this process may use */
    bool audit;         /* whole-world audits (check.h) */
    const char *replay; /* command that repeats the study, printed by a failing check; may be NULL */
};

enum study_end {
    STUDY_COMPLETE,
    STUDY_INTERRUPTED, /* tick() said so */
    STUDY_FAILED,      /* take() said so, or no thread could be started */
    STUDY_LIMIT        /* an engine limit was reached: limit_key says which to raise */
};

struct study_outcome {
    enum study_end end;
    uint64_t done, total; /* tasks handed over, and all */
    uint64_t events;      /* of all replications handed over */
    uint64_t digest;
    unsigned threads; /* used */
    const char *limit_key;
    int64_t limit_value;
    uint32_t limit_point, limit_replication, limit_arm; /* where, the first in order */
};

struct study_outcome study_run(const struct study *study, const struct study_options *options,
                               const struct study_sink *sink);

/* The digest of no replication, and its next value. */
uint64_t study_digest_start(void);
uint64_t study_digest_next(uint64_t digest, const char *point, uint32_t replication, const char *arm,
                           uint64_t of_replication);

#endif
