/* What the bench drives: anything that fills in one struct sim_model.
 *
 * A model declares its keys, turns a checked scenario into an immutable plan, names the alternatives it compares ("arms": the
 * clouds of a comparison; a queueing oracle has one), and lives through one replication of one arm at a time. The bench does
 * the rest: points, threads, statistics, storage, charts. It never looks inside a plan, and knows no clouds.
 *
 * A plan is shared by all threads and must not change after prepare(). A replication keeps its state in the arena it is given,
 * which is rewound afterwards, and reports through struct sim_record. It sees no wall clock, no locale and no environment: what
 * it does is a function of (plan, seed, replication, arm) alone. */
#ifndef NINES_SIM_MODEL_H
#define NINES_SIM_MODEL_H

#include "sim/base/arena.h"
#include "sim/scenario/scenario.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct command;

/* A number that a replication reports once. */
struct sim_metric {
    const char *name;  /* snake_case; a fixed word of design.md section 4 where there is one */
    const char *unit;  /* "1" for shares and counts; "min", "s", "h": 0 or more, where intervals end; "USD", "USD/h" */
    const char *help;  /* one sentence */
    bool higher_is_better;
    bool is_availability; /* a share up: drawn on a nines axis, bounded by the rule of three when no failure was seen */
    bool is_share;        /* another share, or what else lies in [0, 1]: intervals of its mean end there, as an availability's do */
    const char *label;    /* short, in words and without its unit, for charts and pages; NULL: its name */
};

/* A number that a replication reports for every step of the run's grid. */
struct sim_series {
    const char *name, *unit, *help;
};

/* A number that a replication reports slice by slice: by kind of component, by sector, by threshold. Each slice is a ratio, so that
 * over replications the ratio of the sums is told: a replication without a failure has no time between failures, but the time that it saw
 * without one counts. */
struct sim_breakdown {
    const char *name, *unit, *help;
    const char *sliced_by; /* what the slices are: "kind of component", "downtime above, min" */
    bool is_sample;    /* the slices are a sample: `denominator` members with `numerator` in all; the results tell of its tail */
};

struct sim_slice {
    uint32_t breakdown;
    const char *slice;  /* name; copied; "" where `at` says it */
    double at;         /* threshold; NaN where `slice` says it */
    double numerator, denominator; /* finite; denominator >= 0, 0: nothing is known */
};

struct sim_arm {
    const char *name;   /* as in the scenario: "azure-like" */
    const char *kind;   /* "hyperscaler", "akash", "mm1" */
    const char *rules;  /* "2024-07"; "" where rules mean nothing */
};

/* Something scripted that charts point out. */
struct sim_mark {
    const char *name;
    double start_s, end_s; /* since the scenario's start */
};

enum sim_log { SIM_LOG_NONE, SIM_LOG_SUMMARY, SIM_LOG_LEASES, SIM_LOG_EVENTS };

/* How rare events are reached (`rare = { ... }` of a scenario, read by sim/study/rare.h). */
enum rare_method { RARE_NONE, RARE_FAILURE_BIASING, RARE_SPLITTING };

struct rare_level {
    double at;         /* importance at which a path is copied */
    uint32_t copies;   /* paths that go on from there, the one that arrived included */
};

struct sim_rare {
    enum rare_method method;
    double bias;       /* failure biasing: probability of a failure where a repair could come first */
    uint32_t cycles;   /* failure biasing: regenerative cycles of each kind in a replication */
    const struct rare_level *level; /* splitting: [levels], rising */
    uint32_t levels;
    const char *watch; /* splitting: what the model's importance looks at; "" */
    uint64_t paths_max; /* splitting: most paths of a replication */
};

/* What to live through. */
struct sim_task {
    uint64_t seed;
    uint32_t replication;  /* 0, 1, ... */
    uint32_t arm;          /* index into the plan's arms */
    instant horizon;       /* end of the run; the start is 0 */
    duration warmup;       /* the run begins at -warmup; nothing before 0 is measured */
    duration grid;         /* step of the series; horizon is divided into ceil(horizon / grid) steps, the last maybe short */
    duration outage_min;   /* services' outages shorter than this are not listed */
    uint32_t outage_cap;   /* most outages listed per replication; the rest are counted */
    struct sim_rare rare;  /* the model's to obey when it offers failure biasing, else the bench's */
    enum sim_log log;      /* never changes what is simulated */
    struct arena *arena;   /* scratch for the length of the replication */
    struct arena *aside;   /* the bench's own, for copies of the first; splitting needs it */
};

struct sim_outage {
    const char *subject_kind; /* "service", "node", "site", ... */
    const char *subject;      /* name; copied */
    double start_s, end_s;
    bool censored;            /* still open at the horizon: end_s is the horizon */
    const char *cause;        /* short words: "storage unit us-central/z1/su03"; copied; may be "" */
    const char *incident;     /* name of the scripted incident, or NULL */
};

struct sim_lease {
    int64_t id;
    const char *tenant, *provider; /* copied */
    double requested_s, start_s, end_s; /* start_s < 0: NaN when never started; NaN end: still open */
    const char *reason;       /* why it ended: "closed by tenant", ... "" while open */
    int32_t gpus;
    double price_usd_per_h, paid_usd;
};

struct sim_payment {
    double t_s;
    const char *from, *to;    /* account names; copied */
    int64_t amount_micro;
    const char *denom;        /* "usd", "uakt", "usdc" */
    const char *what;         /* "lease", "deposit", "fee", "refund", "credit", ... */
};

/* Something that was said to a core of the model, in a form that the core can be driven with again: a whole replication's messages, in
 * order, are a file for a command of the model's own. */
struct sim_message {
    int64_t height;           /* the core's own clock: a block height, ... */
    const char *text;         /* one line; copied */
};

/* How one part of the world fared, a site: a share between 0 and 1 for each of `count` spans that begin at 0, `span` and so on; NaN:
 * nothing to take a share of. What all parts make together is a series; this is where it happened. */
struct sim_part {
    const char *kind, *name;  /* "site", "us-central"; copied */
    duration span;            /* a whole number of grid steps, the same for all parts of a replication */
    uint32_t count;
    const double *values;     /* [count]; copied */
};

/* Whom a replication is asked about (`nines explain`). */
struct sim_subject {
    const char *kind; /* "service", "job"; NULL: any */
    const char *name; /* "web/17" */
};

/* Something that happened to the subject. */
#define SIM_WHOLE UINT32_MAX
struct sim_note {
    instant at;
    uint32_t part;         /* which replica or pod of the subject, from 0; SIM_WHOLE: all of it */
    const char *what;      /* one fixed word of the model: "placed", "refused", "down", ... */
    const char *text;      /* the same in a few words, without the part and the time; copied */
    const char *component; /* whose fault it was, or what was lost: a path; copied; NULL: nobody's */
    const char *incident;  /* name of what brought that down, where something scripted or common did; copied; NULL */
    int64_t lease;         /* number of the lease that ends or is listed with it; below 0: none */
};

/* Where a replication reports to (sim/study/record.h has the reader's side). Calls may come in any order; each metric at most once.
 * A metric never reported is undefined: NULL in the results, and counted. */
struct sim_record;
void record_metric(struct sim_record *record, uint32_t metric, double value); /* NaN: undefined */
void record_series(struct sim_record *record, uint32_t series, uint32_t step, double value);
/* Slices of one breakdown that a replication reports differ in name or threshold; kept whatever the log level, but not by splitting. */
void record_slice(struct sim_record *record, const struct sim_slice *slice);
void record_outage(struct sim_record *record, const struct sim_outage *outage); /* beyond the cap: counted only */
/* Ignored, and NULL, unless log >= leases; else the row, whose paid_usd may still grow: some payments come after the end. */
struct sim_lease *record_lease(struct sim_record *record, const struct sim_lease *lease);
void record_payment(struct sim_record *record, const struct sim_payment *payment);
/* Each part once, in declared order; ignored unless log >= summary, when nobody need compute it. The results keep the means over
 * replications alone, so their size does not grow with those; count times parts should stay within some ten thousands. */
void record_part(struct sim_record *record, const struct sim_part *part);
bool record_wants_parts(const struct sim_record *record);
/* Ignored unless log >= events: ask record_wants_messages() before writing a text that nobody reads. */
void record_message(struct sim_record *record, const struct sim_message *message);
bool record_wants_messages(const struct sim_record *record);
/* Whom somebody listens to, or NULL. Telling must not change what is simulated: no draw, no event, no state but the teller's own. */
const struct sim_subject *record_subject(const struct sim_record *record);
/* About the subject, once, at the beginning: it is there, or it is not, and why, with a hint or NULL. Copied. */
struct sim_told {
    const char *kind, *about; /* "service", "service of 3 replicas, 2 needed, home us-central" */
    const char *part;         /* "replica" */
    uint32_t parts;
};
void record_subject_is(struct sim_record *record, const struct sim_told *told);
void record_subject_unknown(struct sim_record *record, const char *why, const char *hint);
/* In the order of time. Ignored when nobody listens. */
void record_note(struct sim_record *record, const struct sim_note *note);
/* A time in which the subject was down or stood still; for a service record_outage() does that. Ignored when nobody listens. */
void record_subject_down(struct sim_record *record, const struct sim_outage *outage);
/* Once, last: the engine's number of events and digest. Metric values are folded into the replication's digest by the bench. */
void record_done(struct sim_record *record, uint64_t events, uint64_t digest);

/* A replication in pieces, for multilevel splitting (sim/study/splitting.h). Its whole state lies in task->arena: it is saved, brought
 * back and lived on from several times. */
struct sim_branching {
    /* At -warmup. The record is the path's own, part of what is saved; lists are not kept. task and record outlive the path. */
    void *(*begin)(const void *plan, const struct sim_task *task, struct sim_record *record);
    /* Lives until the importance of what is down is `level` or more, maybe at once: true; or to the horizon: false. Importance is
     * the model's own, 0 where nothing is wrong. level may be infinity. */
    bool (*live)(void *path, double level);
    /* After the horizon: reports to the record, as replicate() does. */
    void (*end)(void *path);
    uint64_t (*events)(const void *path); /* run so far, since begin() */
    /* Called once for each copy that goes a way of its own: draws anew, given that it has not happened yet, what is drawn already and
     * nobody has seen (when a component under way will fail), so that copies differ at once. NULL: nothing is drawn ahead. */
    void (*redraw)(void *path);
};

struct sim_model {
    const char *name;              /* `model = "..."` */
    const char *summary;           /* one sentence for help and reference */
    const struct key *keys;        /* top-level keys, ends with KEY_END */
    const struct key *point_keys;  /* keys of a study point beyond `label` and `set`; NULL: none */
    const struct sim_metric *metrics; /* ends with name NULL */
    const struct sim_series *series;  /* ends with name NULL */
    const struct sim_breakdown *breakdowns; /* ends with name NULL; NULL: none */

    /* Checks what single keys cannot (references, cycles) through scenario_error(), and builds the plan of one point in
     * scenario->arena. `point` is the study point's group, or NULL when the scenario has no study. Returns NULL or garbage when it
     * reported errors. */
    const void *(*prepare)(struct scenario *scenario, const struct value *point);
    /* Arms of a plan: the same for every point of a scenario. */
    size_t (*arms)(const void *plan, const struct sim_arm **arms);
    /* What charts point out at this plan's point. NULL: nothing ever. */
    size_t (*marks)(const void *plan, const struct sim_mark **marks);
    /* Lives through one replication of one arm. */
    void (*replicate)(const void *plan, const struct sim_task *task, struct sim_record *record);
    const struct sim_branching *branching; /* NULL: the model cannot be split */
    bool tells;                            /* replicate() tells of the subject that it is asked about */
    bool has_failure_biasing;              /* replicate() obeys task->rare.method RARE_FAILURE_BIASING */
};

/* What a program consists of besides the bench. */
struct sim_registry {
    const struct sim_model *const *models; /* ends with NULL */
    const struct command *commands;        /* commands of the models' own (sim/command/command.h), ends with name NULL; NULL: none */
};

/* The whole command line: `nines COMMAND ...`. Returns the exit code. */
int sim_main(int argc, char **argv, const struct sim_registry *registry);

#endif
