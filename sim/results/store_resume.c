/* Going on with a file that was begun: after Ctrl-C, a kill, a full disk, or in a later slot of a cluster's queue. */
#include "sim/base/check.h"
#include "sim/results/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

/* A run that died before its first commit leaves an empty file, or one with a journal that empties it. */
static bool is_empty(struct store *store, bool *empty)
{
    int64_t tables = 0;
    if (!store_read_integer(store, "SELECT count(*) FROM sqlite_master", &tables))
        return false;
    *empty = tables == 0;
    return true;
}

bool store_resume(struct store **out, const char *path, const struct store_run *run, bool *fresh)
{
    *fresh = access(path, F_OK) != 0 && errno == ENOENT;
    if (*fresh)
        return store_create(out, path, false, run);
    struct store *store = *out = store_allocate(path);
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0)
        return store_fail(store, "cannot go on with it: %s", strerror(errno));
    if (!store_lock(store, file) || !store_connect(store, run) || !is_empty(store, fresh))
        return false;
    return *fresh ? store_make_tables(store, run) : store_check_kind(store) && store_prepare_writing(store);
}

/* Ids of a table in declared order. */
static bool read_ids(struct store *store, const char *sql, int64_t **ids, uint32_t *count)
{
    sqlite3_stmt *row = NULL;
    bool done = sqlite3_prepare_v2(store->database, sql, -1, &row, NULL) == SQLITE_OK;
    while (done && sqlite3_step(row) == SQLITE_ROW)
        if (!store_append_id(store, ids, count, sqlite3_column_int64(row, 0)))
            break;
    return (sqlite3_finalize(row) == SQLITE_OK || store_fail_sqlite(store, "read")) && !store->failed;
}

static bool read_effort(struct store *store)
{
    sqlite3_stmt *row = NULL;
    bool done = sqlite3_prepare_v2(store->database, "SELECT wall_s, cpu_s, peak_memory_kib FROM run", -1, &row, NULL) ==
                    SQLITE_OK &&
                sqlite3_step(row) == SQLITE_ROW;
    if (done)
        store->before = (struct store_effort){.wall_s = sqlite3_column_double(row, 0), .cpu_s = sqlite3_column_double(row, 1),
                                              .peak_kib = sqlite3_column_int64(row, 2)};
    sqlite3_finalize(row);
    return done || store_fail_sqlite(store, "read");
}

bool store_go_on(struct store *store)
{
    int64_t targets = 0;
    if (!read_ids(store, "SELECT id FROM cloud ORDER BY position", &store->cloud_ids, &store->cloud_count) ||
        !read_ids(store, "SELECT id FROM point ORDER BY position", &store->point_ids, &store->point_count) ||
        !store_read_integer(store, "SELECT count(*) FROM target", &targets) || !read_effort(store))
        return false;
    store->target_count = (uint32_t)targets;
    store->course.broken = true; /* the means over what is stored are not at hand: the rows are read again at the end */
    return store_begin(store) &&
           store_execute(store, "write",
                         "UPDATE run SET status = 'running', finished_utc = NULL, digest = NULL, precision_reached = NULL,"
                         " sittings = sittings + 1;"
                         "DELETE FROM summary; DELETE FROM difference; DELETE FROM series_summary; DELETE FROM steady;"
                         "DELETE FROM breakdown_summary; DELETE FROM risk");
}
