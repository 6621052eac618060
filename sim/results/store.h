/* The results file: one SQLite database a run, readable by any SQLite tool without us. results/README.md lists every
 * table and column.
 *
 * Promises:
 *  - The file is valid at every instant. It is made at its final place with status 'running'; whole tasks (a replication under
 *    every cloud) are committed, at once or with those of at most about a second before, under a rollback journal. So Ctrl-C,
 *    kill -9 or a full disk leave a file that opens, says how far it got, and holds nothing by halves. It can be gone on with
 *    (store_resume), and ends as if nothing had happened.
 *  - One writer: a lock on the file, which dies with the process, keeps a second one out. Readers are not kept out.
 *  - Ids are hashes of what they name (53 bits, so that they survive JSON, gnuplot and spreadsheets), never the order of
 *    insertion. Two different things of equal id would be refused as a duplicate, not mixed up.
 *  - The same scenario and seed give the same rows in every table, in the same order, except in the columns of `run` about
 *    when, where and how: command, host, cpu, threads, ranks, log, sittings, started_utc, finished_utc, wall_s, cpu_s,
 *    peak_memory_kib; and run.id and shard where a run is a shard.
 *
 * Errors: every call returns false when the machine fails (disk, permission, a file that is no results file); then store_message()
 * says which path and why, the transaction is rolled back, and only store_message(), store_close() make sense. A process
 * with a limit on file size should ignore SIGXFSZ, or the signal ends it before the error can be told.
 *
 * Cost: about 180 ns a row of a series, its running mean included, 300 ns a row of the ledger. Rows go through an INSERT ...
 * SELECT from a virtual table over the record's own buffers (sim/results/store_rows.h). One thread at a time. */
#ifndef NINES_SIM_STORE_H
#define NINES_SIM_STORE_H

#include "sim/scenario/evidence.h"
#include "sim/base/arena.h"
#include "sim/study/model.h"
#include "sim/study/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite3;
struct store; /* opaque: holds the connection, prepared statements and the message of the last failure */

enum { STORE_SCHEMA_VERSION = 3 };

/* What a run is, known before its first replication. Texts may be "" but not NULL; the store copies what it needs. */
struct store_run {
    const char *scenario;        /* name: file without folder and .cfg */
    const char *scenario_text;   /* with includes expanded */
    const char *overrides;       /* --set and other changes, one "path=value" a line; "" */
    const char *model;           /* its name */
    const char *title, *question, *regime, *comparison;
    const char *version, *commit_id;
    bool dirty;                  /* the source differed from that commit */
    const char *compiler;        /* and its flags */
    const char *libraries;       /* "GSL 2.7.1, SQLite 3.40.1, ..." */
    uint64_t seed;               /* below 2^63 */
    int64_t start_unix_s;        /* the scenario's start */
    double horizon_s, warmup_s, grid_s;
    double level;                /* of all intervals: 0.95 */
    uint32_t replications;       /* asked for, per point; with a precision the most */
    const char *variance_reduction; /* "none" or "antithetic" */
    uint32_t shard, shards;      /* of the tasks in order, every shards-th from number shard on; 0 of 1: all */
    /* when, where and how: outside the digest */
    const char *command, *host, *cpu, *log;
    uint32_t threads, ranks;     /* threads of the writing process; processes */
    /* the model's declarations; end with name NULL */
    const struct sim_metric *metrics;
    const struct sim_series *series;
    const struct sim_breakdown *breakdowns; /* NULL: none */
    /* filled by store_read_run() only */
    const char *status, *started_utc, *finished_utc;
    const char *digest;          /* 16 hex digits; NULL while there is none */
    int precision_reached;       /* 1, 0, or -1: no precision was asked for (NULL) */
    uint32_t sittings;           /* 1, and one more each time it was gone on with */
    double wall_s, cpu_s;        /* of all sittings, up to the last commit */
    int64_t peak_memory_kib;
};

enum store_status { STORE_RUNNING, STORE_COMPLETE, STORE_INTERRUPTED };

/* A published figure to be held against (design.md section 4, rule 7). NaN: not given. NULL text: not given. */
struct store_target {
    const char *name;             /* may be "": then made from metric, cloud and point */
    uint32_t point, cloud;        /* indices */
    const char *metric, *unit;
    const char *role;             /* "calibrated" or "predicted" */
    double published, low, high;
    const char *expect;           /* "held", "missed", "undecided" or "none" */
    const char *reason, *source, *evidence;
};

/* --- Opening. Like sqlite3_open: *store is made even on failure, to carry the message, and must be closed. --- */

/* Makes the file at path, in a folder that exists, and writes the run's row with status 'running'. An existing file is refused,
 * unless replace: then it is removed first, with its journal. */
bool store_create(struct store **store, const char *path, bool replace, const struct store_run *run);
/* Opens the file at path to go on with it, or creates it where there is none (or an empty one): *fresh says which. A fresh one is
 * written like a created one. Otherwise the caller makes sure that the file is of the same run (store_read_run(); metrics, series and
 * settings of `run` are taken to be the file's), and then calls store_go_on(). */
bool store_resume(struct store **store, const char *path, const struct store_run *run, bool *fresh);
/* Clouds and points are the file's from now on, the status is 'running', summaries are gone until the end. The next thing to write
 * is the first replication that is not there. */
bool store_go_on(struct store *store);
/* Opens a results file for reading (finishing the rollback of a killed writer when there is one and the file is writable).
 * Refuses what is not a results file and other schema versions. */
bool store_open_read(struct store **store, const char *path);
/* Closes; what was not committed is rolled back. NULL is allowed. */
void store_close(struct store *store);
/* Message of the last failure: "results/x/run.db: disk full"; "" when there was none. Valid until the next call. */
const char *store_message(const struct store *store);
/* Inputs by mark: R, K, U. All 0 when the file holds none. */
struct store_marks {
    int64_t read, recalled, unsourced;
};
struct store_marks store_read_marks(struct sqlite3 *database);
/* "38 with a source mark: 9 read (R), 12 recalled (K), 17 unsourced (U)", or NULL when there are none. */
const char *store_marks_text(struct arena *arena, struct store_marks marks);
/* The connection, for readers (charts, tables). */
struct sqlite3 *store_database(struct store *store);

/* --- Writing, in this order: clouds, points, targets and marks; replications; finish. --- */

/* Clouds are the arms, points the study's; indices count from 0 in the order of adding. parameters: JSON object. */
bool store_add_cloud(struct store *store, const struct sim_arm *arm);
bool store_add_point(struct store *store, const char *label, const char *parameters_json);
/* Where the point that was added last stands in the study's design (results/README.md, design). factor may be NULL. */
struct store_design {
    const char *design, *matrix, *factor;
    uint32_t sample, step;
};
bool store_add_design(struct store *store, const struct store_design *design);
/* One varied key of the point that was added last: its place u in the unit interval, and the text it was set to. */
bool store_add_design_value(struct store *store, uint32_t position, const char *factor, double u, const char *value);
/* What an outer draw, from 1 on, sets a weakly known input to. */
bool store_add_input_draw(struct store *store, uint32_t outer_draw, uint32_t position, const char *key, const char *value);
/* How the statements are to be made from the replications; without it Student's t and no control. control: a metric of known
 * expectation, or NULL. */
struct store_analysis {
    const char *interval, *control; /* "student t" or "bca" */
    double expected;
};
bool store_add_analysis(struct store *store, const struct store_analysis *analysis);
/* The smallest difference of a metric that matters, where the scenario says. */
bool store_add_smallest(struct store *store, const char *metric, double value);
/* What a varied or uncertain key ("key") is in words; metrics bring theirs with them. */
bool store_add_label(struct store *store, const char *kind, const char *name, const char *label);
/* Adds a target whose outcome is computed at the end. */
bool store_add_target(struct store *store, const struct store_target *target);
/* A scripted incident of a point, for charts: [start_s, end_s] from start. */
bool store_add_mark(struct store *store, uint32_t point, const char *name, double start_s, double end_s);

/* How well an input of the scenario is known. */
bool store_add_evidence(struct store *store, const struct evidence *evidence);

struct store_replication {
    uint32_t point, cloud;     /* indices */
    uint32_t outer_draw, rep;
};
/* Writes one replication; call in the order (point, outer_draw, rep, cloud). Commits by itself, after the last cloud, when the
 * last commit is a second ago. */
bool store_write_replication(struct store *store, struct store_replication which, const struct sim_record *record);
/* Between tasks: commits what waits, when the last commit is a second ago. To be called every now and then, so that a task need
 * not wait for the next one. false: the store has failed, maybe long ago. */
bool store_tick(struct store *store);
bool store_commit(struct store *store);
/* What other processes spent on this run. peak_kib: counts when it is the largest. */
void store_add_effort(struct store *store, double wall_s, double cpu_s, int64_t peak_kib);
/* Commits what is there, computes summary, difference, series_summary and target from the stored replications
 * (sim/results/summary.h), and writes status, digest, times. precision_reached: see struct store_run. Also for interrupted runs: what
 * is complete is summarised. */
bool store_finish(struct store *store, enum store_status status, uint64_t digest, int precision_reached);

/* --- Reading. Everything returned lives in arena. --- */

bool store_read_run(struct store *store, struct arena *arena, struct store_run *run);
/* Clouds and points in declared order. */
struct store_cloud {
    int64_t id;
    const char *name, *kind, *rules;
};
struct store_point {
    int64_t id;
    const char *label, *parameters;
};
bool store_read_clouds(struct store *store, struct arena *arena, const struct store_cloud **clouds, size_t *count);
bool store_read_points(struct store *store, struct arena *arena, const struct store_point **points, size_t *count);
/* A metric ("metric") or a varied key ("key") in words; its name where the file has none. */
const char *store_label(struct sqlite3 *database, struct arena *arena, const char *kind, const char *name);

/* For a run without summaries (killed, or still going): computes them from the stored replications into temporary tables, which
 * from then on stand before `summary`, `difference`, `series_summary` and `target` in this connection. The file is not changed.
 * The views *_named still read the file's. */
bool store_summarise_beside(struct store *store, double level);

/* --- Ids, for those who look rows up: 1 .. 2^53 - 1. --- */
int64_t store_cloud_id(const char *name);
int64_t store_point_id(const char *label);
int64_t store_replication_id(int64_t point_id, int64_t cloud_id, uint32_t outer_draw, uint32_t rep);

#endif
