#include "sim/results/store_internal.h"
#include "sim/results/store_schema.h"
#include "sim/results/summary.h"
#include "sim/base/units.h"

#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool prepare(struct store *store, sqlite3_stmt **statement, const char *sql)
{
    return sqlite3_prepare_v2(store->database, sql, -1, statement, NULL) == SQLITE_OK || store_fail_sqlite(store, "read");
}

/* Anyone may have made the file: columns can hold NULL where we never wrote it. */
static const char *text_of(struct arena *arena, sqlite3_stmt *row, int column)
{
    const unsigned char *text = sqlite3_column_text(row, column);
    return arena_text(arena, text != NULL ? (const char *)text : "");
}

static double double_of(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? (double)NAN : sqlite3_column_double(row, column);
}

bool store_read_integer(struct store *store, const char *sql, int64_t *value)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        int code = sqlite3_errcode(store->database);
        sqlite3_finalize(statement);
        return code == SQLITE_NOTADB ? store_fail(store, "not a results file: not an SQLite database")
                                     : store_fail_sqlite(store, "read");
    }
    *value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return true;
}

bool store_check_kind(struct store *store)
{
    int64_t application = 0, version = 0;
    if (!store_read_integer(store, "PRAGMA application_id", &application) || !store_read_integer(store, "PRAGMA user_version", &version))
        return false;
    if (application != STORE_APPLICATION_ID)
        return store_fail(store, "not a results file of nines");
    if (version != STORE_SCHEMA_VERSION)
        return store_fail(store, "has schema version %lld; this program reads version %d", (long long)version,
                          STORE_SCHEMA_VERSION);
    return true;
}

bool store_open_read(struct store **out, const char *path)
{
    struct store *store = *out = store_allocate(path);
    if (access(path, R_OK) != 0)
        return store_fail(store, "cannot open: %s", strerror(errno));
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return store_fail(store, "is a folder; where it is that of a run, its results are in the file run.db in it");
    /* READWRITE lets SQLite finish the rollback of a killed writer; on a read-only file it falls back by itself. */
    if (sqlite3_open_v2(path, &store->database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return store_fail_sqlite(store, "open");
    sqlite3_busy_timeout(store->database, 10000);
    (void)sqlite3_db_config(store->database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(store->database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return store_check_kind(store);
}

const char *store_label(struct sqlite3 *database, struct arena *arena, const char *kind, const char *name)
{
    sqlite3_stmt *row = NULL;
    const char *label = name;
    if (sqlite3_prepare_v2(database, "SELECT label FROM label WHERE kind = ? AND name = ?", -1, &row, NULL) != SQLITE_OK)
        return name; /* a file of an older nines */
    sqlite3_bind_text(row, 1, kind, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 2, name, -1, SQLITE_STATIC);
    if (sqlite3_step(row) == SQLITE_ROW)
        label = text_of(arena, row, 0);
    sqlite3_finalize(row);
    return label;
}

static bool read_help(struct store *store, struct arena *arena, struct store_run *run)
{
    int64_t metrics = 0, series = 0, breakdowns = 0;
    if (!store_read_integer(store, "SELECT count(*) FROM metric_help", &metrics) ||
        !store_read_integer(store, "SELECT count(*) FROM series_help", &series) ||
        !store_read_integer(store, "SELECT count(*) FROM breakdown_help", &breakdowns))
        return false;
    struct sim_metric *metric = arena_array(arena, (size_t)metrics + 1, struct sim_metric);
    struct sim_series *one = arena_array(arena, (size_t)series + 1, struct sim_series);
    run->metrics = metric;
    struct sim_breakdown *breakdown = arena_array(arena, (size_t)breakdowns + 1, struct sim_breakdown);
    run->series = one;
    run->breakdowns = breakdown;
    sqlite3_stmt *row = NULL;
    if (!prepare(store, &row, "SELECT name, unit, help, higher_is_better, is_availability, is_share FROM metric_help ORDER BY position"))
        return false;
    for (; sqlite3_step(row) == SQLITE_ROW && metric < run->metrics + metrics; metric++)
        *metric = (struct sim_metric){.name = text_of(arena, row, 0), .unit = text_of(arena, row, 1),
                                      .help = text_of(arena, row, 2), .higher_is_better = sqlite3_column_int(row, 3) != 0,
                                      .is_availability = sqlite3_column_int(row, 4) != 0,
                                      .is_share = sqlite3_column_int(row, 5) != 0};
    if (sqlite3_finalize(row) != SQLITE_OK)
        return store_fail_sqlite(store, "read");
    for (struct sim_metric *named = metric - metrics; metrics > 0 && named < metric; named++)
        named->label = store_label(store->database, arena, "metric", named->name);
    if (!prepare(store, &row, "SELECT name, unit, help FROM series_help ORDER BY position"))
        return false;
    for (; sqlite3_step(row) == SQLITE_ROW && one < run->series + series; one++)
        *one = (struct sim_series){.name = text_of(arena, row, 0), .unit = text_of(arena, row, 1),
                                   .help = text_of(arena, row, 2)};
    if (sqlite3_finalize(row) != SQLITE_OK)
        return store_fail_sqlite(store, "read");
    if (!prepare(store, &row, "SELECT name, unit, help, sliced_by, is_sample FROM breakdown_help ORDER BY position"))
        return false;
    for (; sqlite3_step(row) == SQLITE_ROW && breakdown < run->breakdowns + breakdowns; breakdown++)
        *breakdown = (struct sim_breakdown){.name = text_of(arena, row, 0), .unit = text_of(arena, row, 1),
                                            .help = text_of(arena, row, 2), .sliced_by = text_of(arena, row, 3),
                                            .is_sample = sqlite3_column_int(row, 4) != 0};
    return sqlite3_finalize(row) == SQLITE_OK || store_fail_sqlite(store, "read");
}

static bool fill_run(struct store *store, struct arena *arena, sqlite3_stmt *row, struct store_run *run)
{
    *run = (struct store_run){
        .scenario = text_of(arena, row, 0), .scenario_text = text_of(arena, row, 1), .overrides = text_of(arena, row, 2),
        .model = text_of(arena, row, 3), .title = text_of(arena, row, 4), .question = text_of(arena, row, 5),
        .regime = text_of(arena, row, 6), .comparison = text_of(arena, row, 7), .version = text_of(arena, row, 8),
        .commit_id = text_of(arena, row, 9), .libraries = text_of(arena, row, 10),
        .seed = (uint64_t)sqlite3_column_int64(row, 11), .replications = (uint32_t)sqlite3_column_int64(row, 12),
        .level = sqlite3_column_double(row, 13), .horizon_s = sqlite3_column_double(row, 15),
        .warmup_s = sqlite3_column_double(row, 16), .grid_s = sqlite3_column_double(row, 17),
        .command = text_of(arena, row, 18), .host = text_of(arena, row, 19),
        .threads = (uint32_t)sqlite3_column_int64(row, 20), .log = text_of(arena, row, 21),
        .started_utc = text_of(arena, row, 22), .finished_utc = text_of(arena, row, 23), .status = text_of(arena, row, 24),
        .digest = sqlite3_column_type(row, 25) == SQLITE_NULL ? NULL : text_of(arena, row, 25),
        .precision_reached = sqlite3_column_type(row, 26) == SQLITE_NULL ? -1 : sqlite3_column_int(row, 26),
        .wall_s = double_of(row, 27), .cpu_s = double_of(row, 28), .dirty = sqlite3_column_int(row, 29) != 0,
        .compiler = text_of(arena, row, 30), .cpu = text_of(arena, row, 31), .shard = (uint32_t)sqlite3_column_int64(row, 32),
        .shards = (uint32_t)sqlite3_column_int64(row, 33), .ranks = (uint32_t)sqlite3_column_int64(row, 34),
        .sittings = (uint32_t)sqlite3_column_int64(row, 35), .peak_memory_kib = sqlite3_column_int64(row, 36),
        .variance_reduction = text_of(arena, row, 37)};
    const char *why;
    if (!units_utc(text_of(arena, row, 14), &run->start_unix_s, &why))
        return store_fail(store, "its start is not a date: %s", why);
    if (!(run->level > 0 && run->level < 1) || !(run->grid_s > 0) || !(run->horizon_s > 0))
        return store_fail(store, "its run row makes no sense (level, grid or horizon)");
    if (run->shard >= run->shards)
        return store_fail(store, "its run row makes no sense (shard %u of %u)", run->shard, run->shards);
    return true;
}

bool store_read_run(struct store *store, struct arena *arena, struct store_run *run)
{
    sqlite3_stmt *row = NULL;
    if (!prepare(store, &row,
                 "SELECT scenario, scenario_text, overrides, model, title, question, regime, comparison, version, commit_id,"
                 " libraries, seed, replications, level, start_utc, horizon_s, warmup_s, grid_s, command, host, threads, log,"
                 " started_utc, finished_utc, status, digest, precision_reached, wall_s, cpu_s, dirty, compiler, cpu, shard, shards,"
                 " ranks, sittings, peak_memory_kib, variance_reduction FROM run LIMIT 1"))
        return false;
    int code = sqlite3_step(row);
    bool filled = code == SQLITE_ROW ? fill_run(store, arena, row, run)
                  : code == SQLITE_DONE ? store_fail(store, "holds no run")
                                        : store_fail_sqlite(store, "read");
    sqlite3_finalize(row);
    return filled && read_help(store, arena, run);
}

bool store_read_clouds(struct store *store, struct arena *arena, const struct store_cloud **clouds, size_t *count)
{
    int64_t rows = 0;
    sqlite3_stmt *row = NULL;
    if (!store_read_integer(store, "SELECT count(*) FROM cloud", &rows) ||
        !prepare(store, &row, "SELECT id, name, kind, rules FROM cloud ORDER BY position, id"))
        return false;
    struct store_cloud *cloud = arena_array(arena, (size_t)rows, struct store_cloud);
    *clouds = cloud;
    for (*count = 0; *count < (size_t)rows && sqlite3_step(row) == SQLITE_ROW; ++*count)
        cloud[*count] = (struct store_cloud){.id = sqlite3_column_int64(row, 0), .name = text_of(arena, row, 1),
                                             .kind = text_of(arena, row, 2), .rules = text_of(arena, row, 3)};
    return sqlite3_finalize(row) == SQLITE_OK || store_fail_sqlite(store, "read");
}

bool store_read_points(struct store *store, struct arena *arena, const struct store_point **points, size_t *count)
{
    int64_t rows = 0;
    sqlite3_stmt *row = NULL;
    if (!store_read_integer(store, "SELECT count(*) FROM point", &rows) ||
        !prepare(store, &row, "SELECT id, label, parameters FROM point ORDER BY position, id"))
        return false;
    struct store_point *point = arena_array(arena, (size_t)rows, struct store_point);
    *points = point;
    for (*count = 0; *count < (size_t)rows && sqlite3_step(row) == SQLITE_ROW; ++*count)
        point[*count] = (struct store_point){.id = sqlite3_column_int64(row, 0), .label = text_of(arena, row, 1),
                                             .parameters = text_of(arena, row, 2)};
    return sqlite3_finalize(row) == SQLITE_OK || store_fail_sqlite(store, "read");
}

bool store_summarise_beside(struct store *store, double level)
{
    static const char *const names[] = {"summary", "difference", "series_summary", "steady", "breakdown_summary",
                                        "risk",    "sensitivity", "target"};
    bool done = store_execute(store, "read", "BEGIN");
    for (size_t i = 0; store_schema[i] != NULL; i++)
        for (size_t n = 0; done && n < sizeof names / sizeof names[0]; n++) {
            static const char create[] = "CREATE TABLE ";
            const char *rest = store_schema[i] + sizeof create - 1;
            size_t length = strlen(names[n]);
            if (strncmp(store_schema[i], create, sizeof create - 1) != 0 || strncmp(rest, names[n], length) != 0 ||
                rest[length] != ' ')
                continue;
            char *sql = sqlite3_mprintf("CREATE TEMP TABLE %s", rest);
            done = sql != NULL ? store_execute(store, "read", sql) : store_fail(store, "out of memory");
            sqlite3_free(sql);
        }
    return done && store_execute(store, "read", "INSERT INTO temp.target SELECT * FROM main.target") &&
           (summary_write(store->database, level, true) || store_fail_sqlite(store, "summarise")) &&
           store_execute(store, "read", "COMMIT");
}

struct store_marks store_read_marks(struct sqlite3 *database)
{
    struct store_marks marks = {0};
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(database, "SELECT mark, count(*) FROM evidence GROUP BY mark", -1, &row, NULL) != SQLITE_OK)
        return marks; /* a file of an older nines */
    while (sqlite3_step(row) == SQLITE_ROW) {
        const unsigned char *mark = sqlite3_column_text(row, 0);
        int64_t count = sqlite3_column_int64(row, 1);
        if (mark == NULL)
            continue;
        *(mark[0] == 'R' ? &marks.read : mark[0] == 'K' ? &marks.recalled : &marks.unsourced) += count;
    }
    sqlite3_finalize(row);
    return marks;
}

const char *store_marks_text(struct arena *arena, struct store_marks marks)
{
    int64_t all = marks.read + marks.recalled + marks.unsourced;
    if (all == 0)
        return NULL;
    return arena_format(arena, "%lld with a mark: %lld read (R), %lld recalled (K), %lld unsourced (U)", (long long)all,
                        (long long)marks.read, (long long)marks.recalled, (long long)marks.unsourced);
}
