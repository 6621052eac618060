/* What the store's own files share: store.c (opening, replications), store_course.c (means of series on the way), store_part.c (sums
 * over the parts of the world),
 * store_describe.c (what a run is: its row, clouds, points, targets), store_lock.c, store_resume.c and store_read.c. Nobody
 * else includes this. */
#ifndef NINES_SIM_STORE_INTERNAL_H
#define NINES_SIM_STORE_INTERNAL_H

#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/statistics/statistics.h"
#include "sim/results/store.h"
#include "sim/results/store_rows.h"

#include <time.h>

enum { STORE_MESSAGE = 1024, STORE_DIGEST = 17, STORE_TIME = 24 };

enum store_statement {
    STORE_INSERT_REPLICATION,
    STORE_INSERT_METRIC,
    STORE_INSERT_SERIES,
    STORE_INSERT_SLICE,
    STORE_INSERT_OUTAGE,
    STORE_INSERT_LEASE,
    STORE_INSERT_PAYMENT,
    STORE_INSERT_MESSAGE,
    STORE_INSERT_PART,
    STORE_ADD_PART,
    STORE_ADD_TO_PARTS,
    STORE_INSERT_PARTS,
    STORE_STATEMENTS
};

struct sqlite3_stmt;

/* Running means of the series of the point that is being written. Replications come point by point, so one point's are
 * enough; they are written when the next point begins. */
struct store_course {
    struct statistics_running *running; /* [cloud][series][step] */
    uint32_t point, steps;
    bool open;
    bool broken; /* points came back: the rows must be read again at the end */
};

/* What the parts of the world came to in the replications of one point since the last commit. */
struct store_parts {
    struct arena arena; /* holds the list; rewound when it is written */
    struct store_sums *first, **end, *asked; /* asked: the one that SQL was told of last */
    uint32_t point;
};

/* What a run has cost. */
struct store_effort {
    double wall_s, cpu_s;
    int64_t peak_kib;
};

struct store {
    char *path;
    struct sqlite3 *database;
    struct sqlite3_stmt *statements[STORE_STATEMENTS];
    struct store_rows rows;               /* what record_rows shows just now */
    int64_t *metric_ids, *series_ids, *breakdown_ids; /* by declaration */
    int64_t *cloud_ids, *point_ids;       /* by index; grow by doubling */
    char **series_names;
    struct store_course course;
    struct store_parts parts;
    uint32_t metric_count, series_count, breakdown_count, cloud_count, point_count, target_count;
    double level, grid_s;
    struct timespec opened, committed;
    struct store_effort before, own; /* of earlier sittings and other processes; of this one when it opened the file */
    int lock;                        /* descriptor that holds the writer's lock; -1: none */
    bool failed;
    char message[STORE_MESSAGE];
};

struct store *store_allocate(const char *path);
/* Both set the message, "PATH: ...", and return false; the second adds SQLite's reason and the system's, and rolls back. */
bool store_fail(struct store *store, const char *format, ...) NINES_PRINTF(2, 3);
bool store_fail_sqlite(struct store *store, const char *doing);

/* Runs statements without results. doing: "write", for the message. */
bool store_execute(struct store *store, const char *doing, const char *sql);
/* Opens a transaction unless one is open. */
bool store_begin(struct store *store);

/* The statement, prepared at its first use, and one step of it; NULL and false, with a message, when that failed. */
struct sqlite3_stmt *store_statement(struct store *store, enum store_statement which);
bool store_run_statement(struct store *store, struct sqlite3_stmt *insert);

/* Adds what a replication tells of its parts to the sums in memory; store_part_flush(), before every commit, adds these to the sums in
 * the file. Another file's sums, a shard's, are added there at once. */
bool store_part_open(struct store *store);
bool store_part_add(struct store *store, struct store_replication which, const struct sim_record *record);
bool store_part_flush(struct store *store);
bool store_part_merge(struct store *store, struct store *shard);

/* Adds a replication's series to the running means; writes those of the point before when it begins another. */
bool store_course_add(struct store *store, struct store_replication which, const struct sim_record *record);
/* Writes what is running. */
bool store_course_end(struct store *store);

bool store_write_run(struct store *store, const struct store_run *run, int64_t id);

/* Takes the writer's lock on an open descriptor, which is the store's from then on. */
bool store_lock(struct store *store, int file);
/* Whether the file at the path is still ours alone. */
bool store_lock_held(struct store *store);
void store_unlock(struct store *store);

/* Steps of opening for writing, once the file is there and locked. */
bool store_connect(struct store *store, const struct store_run *run);
bool store_prepare_writing(struct store *store);
bool store_make_tables(struct store *store, const struct store_run *run);
bool store_append_id(struct store *store, int64_t **ids, uint32_t *count, int64_t id);
bool store_check_kind(struct store *store);
/* An integer from a query of one row; false, with a message, when the file cannot be read. */
bool store_read_integer(struct store *store, const char *sql, int64_t *value);

char *store_digest_text(char *buffer, uint64_t digest); /* 16 hex digits; room for STORE_DIGEST */
char *store_now(char *buffer);                          /* wall clock, "2026-08-01T12:00:00Z"; room for STORE_TIME */

#endif
