#include "sim/results/store.h"

#include "sim/base/check.h"
#include "sim/base/hash.h"
#include "sim/results/store_internal.h"
#include "sim/results/store_schema.h"
#include "sim/results/summary.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { COMMIT_EVERY_S = 1, BUSY_MS = 60000 };

/* --- Messages --- */

const char *store_message(const struct store *store)
{
    return store->message;
}

sqlite3 *store_database(struct store *store)
{
    return store->database;
}

bool store_fail(struct store *store, const char *format, ...)
{
    char cause[STORE_MESSAGE / 2];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(cause, sizeof cause, format, arguments);
    va_end(arguments);
    (void)snprintf(store->message, sizeof store->message, "%.300s: %s", store->path, cause);
    store->failed = true;
    return false;
}

/* What the operating system said, where the failure came from there; 0 otherwise. */
static int system_cause(sqlite3 *database)
{
    int code = sqlite3_errcode(database), cause = 0;
    if (code == SQLITE_FULL)
        return ENOSPC;
    if (code != SQLITE_IOERR && code != SQLITE_CANTOPEN)
        return 0;
    /* The connection knows of failures to open, the file of failures to write. */
    if (sqlite3_system_errno(database) != 0)
        return sqlite3_system_errno(database);
    return sqlite3_file_control(database, "main", SQLITE_FCNTL_LAST_ERRNO, &cause) == SQLITE_OK ? cause : 0;
}

bool store_fail_sqlite(struct store *store, const char *doing)
{
    int cause = system_cause(store->database);
    store_fail(store, "cannot %s: %s%s%s%s", doing, sqlite3_errmsg(store->database), cause != 0 ? " (" : "",
               cause != 0 ? strerror(cause) : "", cause != 0 ? ")" : "");
    /* There is no connection at all when opening it ran out of memory. */
    if (store->database != NULL && !sqlite3_get_autocommit(store->database))
        (void)sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

/* --- Ids: never 0, exact in a double --- */

static int64_t id_of(uint64_t hash)
{
    int64_t id = (int64_t)(hash >> 11);
    return id != 0 ? id : 1;
}

int64_t store_cloud_id(const char *name)
{
    return id_of(hash_text(hash_text(0, "cloud"), name));
}

int64_t store_point_id(const char *label)
{
    return id_of(hash_text(hash_text(0, "point"), label));
}

int64_t store_replication_id(int64_t point_id, int64_t cloud_id, uint32_t outer_draw, uint32_t rep)
{
    uint64_t hash = hash_word(hash_word(hash_text(0, "replication"), (uint64_t)point_id), (uint64_t)cloud_id);
    return id_of(hash_word(hash_word(hash, outer_draw), rep));
}

/* Of metrics and series: 31 bits, because they stand in every row; a handful of names. */
static int64_t short_id(const char *name)
{
    return (int64_t)(hash_text(0, name) >> 33) + 1;
}

static int64_t run_id(const struct store_run *run)
{
    uint64_t hash = hash_text(hash_text(0, run->scenario), run->scenario_text);
    hash = hash_word(hash_text(hash, run->overrides), run->seed);
    return id_of(run->shards > 1 ? hash_word(hash_word(hash, run->shard), run->shards) : hash);
}

/* --- Opening and closing --- */

/* What sqlite and we allocate outside an arena is small; without it there is nothing to be said or saved. */
static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count != 0 ? count : 1, size);
    if (memory == NULL) {
        fprintf(stderr, "nines: error: out of memory\n");
        exit(3);
    }
    return memory;
}

static char *copy(const char *text)
{
    size_t bytes = strlen(text) + 1;
    return memcpy(allocate(bytes, 1), text, bytes);
}

struct store *store_allocate(const char *path)
{
    struct store *store = allocate(1, sizeof *store);
    store->path = copy(path);
    store->lock = -1;
    return store;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < STORE_STATEMENTS; i++)
        sqlite3_finalize(store->statements[i]);
    if (store->database != NULL && !sqlite3_get_autocommit(store->database))
        (void)sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(store->database);
    store_unlock(store);
    for (uint32_t i = 0; store->series_names != NULL && i < store->series_count; i++)
        free(store->series_names[i]);
    free(store->series_names);
    free(store->course.running);
    arena_close(&store->parts.arena);
    free(store->metric_ids);
    free(store->series_ids);
    free(store->breakdown_ids);
    free(store->cloud_ids);
    free(store->point_ids);
    free(store->path);
    free(store);
}

/* Removes what is there, unless somebody is writing it. */
static bool remove_old(struct store *store)
{
    char journal[4096];
    int length = snprintf(journal, sizeof journal, "%s-journal", store->path);
    if (length < 0 || (size_t)length >= sizeof journal)
        return store_fail(store, "cannot create: %s", strerror(ENAMETOOLONG));
    int old = open(store->path, O_RDWR | O_CLOEXEC);
    bool ours = old < 0 || store_lock(store, old);
    /* The journal goes first: left beside a new file, SQLite would roll it back into that. */
    if (ours && ((unlink(journal) != 0 && errno != ENOENT) || (unlink(store->path) != 0 && errno != ENOENT)))
        ours = store_fail(store, "cannot replace: %s", strerror(errno));
    store_unlock(store);
    return ours;
}

/* Takes the place with O_EXCL: two runs never write one file, and the message is the system's own. */
static bool reserve(struct store *store, bool replace)
{
    if (replace && !remove_old(store))
        return false;
    int file = open(store->path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
    return file >= 0 ? store_lock(store, file) : store_fail(store, "cannot create: %s", strerror(errno));
}

/* Rollback journal, not WAL: the result is a single file. synchronous NORMAL survives any death of the process. Foreign keys
 * are declared for readers and checked by tests; enforcing them would look up the parent of every row. */
static const char *const writer_pragmas = "PRAGMA page_size = 8192; PRAGMA journal_mode = DELETE;"
                                          "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536;"
                                          "PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY;";

bool store_prepare_writing(struct store *store)
{
    return store_execute(store, "open", writer_pragmas);
}

/* The transaction stays open for the clouds, points and targets: a file has all of them or no table at all. */
bool store_make_tables(struct store *store, const struct store_run *run)
{
    char header[128];
    (void)snprintf(header, sizeof header, "PRAGMA application_id = %d; PRAGMA user_version = %d;", STORE_APPLICATION_ID,
                   STORE_SCHEMA_VERSION);
    if (!store_prepare_writing(store) || !store_execute(store, "create", "BEGIN IMMEDIATE") || !store_execute(store, "create", header))
        return false;
    for (size_t i = 0; store_schema[i] != NULL; i++)
        if (!store_execute(store, "create", store_schema[i]))
            return false;
    return store_write_run(store, run, run_id(run));
}

/* Of this process, all its life. */
static struct store_effort process_effort(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return (struct store_effort){0};
    return (struct store_effort){.cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                                          1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec),
                                 .peak_kib = usage.ru_maxrss};
}

static void name_columns(struct store *store, const struct store_run *run)
{
    while (run->metrics != NULL && run->metrics[store->metric_count].name != NULL)
        store->metric_count++;
    while (run->series != NULL && run->series[store->series_count].name != NULL)
        store->series_count++;
    while (run->breakdowns != NULL && run->breakdowns[store->breakdown_count].name != NULL)
        store->breakdown_count++;
    store->metric_ids = allocate(store->metric_count, sizeof *store->metric_ids);
    store->series_ids = allocate(store->series_count, sizeof *store->series_ids);
    for (uint32_t i = 0; i < store->metric_count; i++)
        store->metric_ids[i] = short_id(run->metrics[i].name);
    store->breakdown_ids = allocate(store->breakdown_count, sizeof *store->breakdown_ids);
    for (uint32_t i = 0; i < store->breakdown_count; i++)
        store->breakdown_ids[i] = short_id(run->breakdowns[i].name);
    store->series_names = allocate(store->series_count, sizeof *store->series_names);
    for (uint32_t i = 0; i < store->series_count; i++) {
        store->series_ids[i] = short_id(run->series[i].name);
        store->series_names[i] = copy(run->series[i].name);
    }
}

bool store_connect(struct store *store, const struct store_run *run)
{
    if (sqlite3_open_v2(store->path, &store->database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return store_fail_sqlite(store, "open");
    sqlite3_busy_timeout(store->database, BUSY_MS);
    name_columns(store, run);
    store->level = run->level;
    store->grid_s = run->grid_s;
    (void)clock_gettime(CLOCK_MONOTONIC, &store->opened);
    store->committed = store->opened;
    store->own = process_effort();
    return (store_rows_register(store->database, &store->rows) == SQLITE_OK || store_fail_sqlite(store, "open")) && store_part_open(store);
}

bool store_create(struct store **out, const char *path, bool replace, const struct store_run *run)
{
    struct store *store = *out = store_allocate(path);
    return reserve(store, replace) && store_connect(store, run) && store_make_tables(store, run);
}

/* --- Writing --- */

bool store_execute(struct store *store, const char *doing, const char *sql)
{
    return sqlite3_exec(store->database, sql, NULL, NULL, NULL) == SQLITE_OK || store_fail_sqlite(store, doing);
}

bool store_begin(struct store *store)
{
    return !store->failed && (!sqlite3_get_autocommit(store->database) || store_execute(store, "write", "BEGIN IMMEDIATE"));
}

static double seconds_since(struct timespec start)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9;
}

/* What the run has cost up to now, so that a killed one tells it too. */
static bool write_effort(struct store *store)
{
    struct store_effort now = process_effort();
    int64_t peak = now.peak_kib > store->before.peak_kib ? now.peak_kib : store->before.peak_kib;
    char sql[160];
    (void)snprintf(sql, sizeof sql, "UPDATE run SET wall_s = %.3f, cpu_s = %.3f, peak_memory_kib = %" PRId64,
                   store->before.wall_s + seconds_since(store->opened),
                   store->before.cpu_s + (now.cpu_s - store->own.cpu_s), peak);
    return store_execute(store, "write", sql);
}

bool store_commit(struct store *store)
{
    if (store->failed)
        return false;
    if (!sqlite3_get_autocommit(store->database) &&
        (!store_lock_held(store) || !store_part_flush(store) || !write_effort(store) || !store_execute(store, "write", "COMMIT")))
        return false;
    (void)clock_gettime(CLOCK_MONOTONIC, &store->committed);
    return true;
}

void store_add_effort(struct store *store, double wall_s, double cpu_s, int64_t peak_kib)
{
    store->before.wall_s += wall_s;
    store->before.cpu_s += cpu_s;
    if (peak_kib > store->before.peak_kib)
        store->before.peak_kib = peak_kib;
}

static const char *const statement_text[STORE_STATEMENTS] = {
    [STORE_INSERT_REPLICATION] = ("INSERT INTO replication (id, point_id, outer_draw, rep, cloud_id, events, digest,"
                                  " outages_seen, outages_listed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
    [STORE_INSERT_METRIC] = "INSERT INTO metric_value SELECT c0, c1, c2 FROM record_rows",
    [STORE_INSERT_SERIES] = "INSERT INTO series_value SELECT c0, c1, c2, c3 FROM record_rows",
    [STORE_INSERT_SLICE] = "INSERT INTO breakdown_value SELECT c0, c1, c2, c3, c4, c5, c6 FROM record_rows",
    [STORE_INSERT_OUTAGE] = "INSERT INTO outage SELECT c0, c1, c2, c3, c4, c5, c6, c7 FROM record_rows",
    [STORE_INSERT_LEASE] = "INSERT INTO lease SELECT c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10 FROM record_rows",
    [STORE_INSERT_PAYMENT] = "INSERT INTO ledger SELECT c0, c1, c2, c3, c4, c5, c6 FROM record_rows",
    [STORE_INSERT_MESSAGE] = "INSERT INTO message SELECT c0, c1, c2, c3 FROM record_rows",
    [STORE_INSERT_PART] = "INSERT OR IGNORE INTO part VALUES (?, ?, ?, (SELECT count(*) FROM part))",
    [STORE_ADD_TO_PARTS] = ("UPDATE part_value SET n = n + part_sum(cloud_id, part_id, t_s, 5), sum = sum + part_sum(cloud_id, part_id, t_s, 6),"
                            " squares = squares + part_sum(cloud_id, part_id, t_s, 7) WHERE point_id = ?"),
    [STORE_INSERT_PARTS] = "INSERT INTO part_value SELECT c0, c1, c2, c3, c4, c5, c6, c7 FROM record_rows",
    [STORE_ADD_PART] = ("INSERT INTO part_value VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n,"
                        " sum = sum + excluded.sum, squares = squares + excluded.squares"),
};

sqlite3_stmt *store_statement(struct store *store, enum store_statement which)
{
    sqlite3_stmt **slot = &store->statements[which];
    if (*slot == NULL && sqlite3_prepare_v3(store->database, statement_text[which], -1, SQLITE_PREPARE_PERSISTENT, slot,
                                            NULL) != SQLITE_OK)
        store_fail_sqlite(store, "write");
    return *slot;
}

bool store_run_statement(struct store *store, sqlite3_stmt *insert)
{
    if (insert == NULL)
        return false;
    bool done = sqlite3_step(insert) == SQLITE_DONE;
    if (!done)
        store_fail_sqlite(store, "write");
    (void)sqlite3_reset(insert);
    return done;
}

static bool write_rows(struct store *store, enum store_statement which, enum store_rows_kind kind)
{
    store->rows.kind = kind;
    return store_run_statement(store, store_statement(store, which));
}

static bool write_replication_row(struct store *store, struct store_replication which, int64_t id,
                                  const struct sim_record *record)
{
    sqlite3_stmt *insert = store_statement(store, STORE_INSERT_REPLICATION);
    char digest[STORE_DIGEST];
    if (insert == NULL)
        return false;
    sqlite3_bind_int64(insert, 1, id);
    sqlite3_bind_int64(insert, 2, store->point_ids[which.point]);
    sqlite3_bind_int64(insert, 3, which.outer_draw);
    sqlite3_bind_int64(insert, 4, which.rep);
    sqlite3_bind_int64(insert, 5, store->cloud_ids[which.cloud]);
    sqlite3_bind_int64(insert, 6, (int64_t)record->events);
    sqlite3_bind_text(insert, 7, store_digest_text(digest, record_digest(record)), -1, SQLITE_STATIC);
    sqlite3_bind_int64(insert, 8, (int64_t)record->outages_seen);
    sqlite3_bind_int64(insert, 9, (int64_t)record->outages_listed);
    return store_run_statement(store, insert);
}

bool store_tick(struct store *store)
{
    return seconds_since(store->committed) < COMMIT_EVERY_S ? !store->failed : store_commit(store);
}

bool store_write_replication(struct store *store, struct store_replication which, const struct sim_record *record)
{
    check(which.point < store->point_count && which.cloud < store->cloud_count, "point %u of %u, cloud %u of %u", which.point,
          store->point_count, which.cloud, store->cloud_count);
    check(record->metric_count == store->metric_count && record->series_count == store->series_count &&
              record->breakdown_count == store->breakdown_count,
          "the record is of another model");
    if (!store_begin(store))
        return false;
    int64_t id = store_replication_id(store->point_ids[which.point], store->cloud_ids[which.cloud], which.outer_draw,
                                      which.rep);
    store->rows = (struct store_rows){.record = record, .replication_id = id, .metric_ids = store->metric_ids,
                                      .series_ids = store->series_ids, .breakdown_ids = store->breakdown_ids};
    return write_replication_row(store, which, id, record) &&
           write_rows(store, STORE_INSERT_METRIC, STORE_ROWS_METRIC) &&
           write_rows(store, STORE_INSERT_SERIES, STORE_ROWS_SERIES) &&
           (record->slices == NULL || write_rows(store, STORE_INSERT_SLICE, STORE_ROWS_SLICE)) &&
           (record->outages == NULL || write_rows(store, STORE_INSERT_OUTAGE, STORE_ROWS_OUTAGE)) &&
           (record->leases == NULL || write_rows(store, STORE_INSERT_LEASE, STORE_ROWS_LEASE)) &&
           (record->payments == NULL || write_rows(store, STORE_INSERT_PAYMENT, STORE_ROWS_PAYMENT)) &&
           (record->messages == NULL || write_rows(store, STORE_INSERT_MESSAGE, STORE_ROWS_MESSAGE)) &&
           store_part_add(store, which, record) && store_course_add(store, which, record) &&
           /* Whole tasks only: a task goes on from its beginning or not at all. */
           (which.cloud + 1 < store->cloud_count || store_tick(store));
}

char *store_digest_text(char *buffer, uint64_t digest)
{
    (void)snprintf(buffer, STORE_DIGEST, "%016" PRIx64, digest);
    return buffer;
}

bool store_finish(struct store *store, enum store_status status, uint64_t digest, int precision_reached)
{
    static const char *const words[] = {"running", "complete", "interrupted"};
    /* What was simulated is safe before anything is computed from it. */
    if (!store_commit(store) || !store_begin(store))
        return false;
    if (!store_course_end(store))
        return false;
    if (!summary_write(store->database, store->level, store->course.broken))
        return store_fail_sqlite(store, "summarise");
    char digest_text[STORE_DIGEST], now[STORE_TIME];
    char *sql = sqlite3_mprintf("UPDATE run SET status = %Q, digest = %Q, finished_utc = %Q, precision_reached = %s",
                                words[status], store_digest_text(digest_text, digest), store_now(now),
                                precision_reached < 0 ? "NULL" : precision_reached > 0 ? "1" : "0");
    bool done = sql != NULL ? store_execute(store, "write", sql) : store_fail(store, "out of memory");
    sqlite3_free(sql);
    return done && store_commit(store);
}
