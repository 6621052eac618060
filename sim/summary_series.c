#include "sim/summary_internal.h"

#include "sim/statistics.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>

/* Most memory for running means at once. A larger study takes its cells in several scans of the series. */
enum { RUNNING_BYTES = 256 * 1024 * 1024 };

struct scan {
    const struct summary_frame *frame;
    size_t first, count;                /* cells [first, first + count) */
    struct statistics_running *running; /* [cell - first][series][step] */
};

static struct statistics_running *running_of(const struct scan *scan, size_t cell, size_t series)
{
    return &scan->running[((cell - scan->first) * scan->frame->series_count + series) * scan->frame->steps];
}

static int by_id(const void *key, const void *element)
{
    int64_t a = *(const int64_t *)key, b = ((const struct summary_replication *)element)->id;
    return (a > b) - (a < b);
}

/* Reads the series in the order of writing, (point, outer_draw, rep, cloud), so that every sum has one order. A replication's
 * rows are neighbours: it is looked up only when it changes. */
static bool scan_series(struct scan *scan, sqlite3 *database)
{
    const struct summary_frame *frame = scan->frame;
    const struct summary_replication *replication = NULL;
    int64_t replication_id = -1, series_id = -1;
    size_t series = 0;
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(database, "SELECT replication_id, series_id, step, value FROM series_value ORDER BY rowid", -1,
                           &row, NULL) != SQLITE_OK)
        return false;
    while (sqlite3_step(row) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(row, 0), name = sqlite3_column_int64(row, 1), at = sqlite3_column_int64(row, 2);
        if (id != replication_id)
            replication = bsearch(&id, frame->replications, frame->replication_count, sizeof *replication, by_id);
        replication_id = id;
        if (name != series_id)
            for (series = 0; series < frame->series_count && frame->series[series] != name;)
                series++;
        series_id = name;
        bool wanted = replication != NULL && replication->cell >= scan->first &&
                      replication->cell < scan->first + scan->count && series < frame->series_count && at >= 0 &&
                      (size_t)at < frame->steps;
        if (wanted)
            statistics_running_add(running_of(scan, replication->cell, series) + at, sqlite3_column_double(row, 3));
    }
    return sqlite3_finalize(row) == SQLITE_OK;
}

static bool insert_series(sqlite3_stmt *insert, const struct summary_frame *frame, const struct statistics_running *running)
{
    for (size_t at = 0; at < frame->steps; at++) {
        if (running[at].n == 0)
            continue;
        struct statistics s = statistics_running_end(&running[at], frame->level);
        sqlite3_bind_double(insert, 4, (double)at * frame->grid_s);
        sqlite3_bind_int64(insert, 5, s.n);
        sqlite3_bind_double(insert, 6, s.mean);
        sqlite3_bind_double(insert, 7, s.ci_low);
        sqlite3_bind_double(insert, 8, s.ci_high);
        if (sqlite3_step(insert) != SQLITE_DONE || sqlite3_reset(insert) != SQLITE_OK)
            return false;
    }
    return true;
}

static bool write_scan(struct scan *scan, sqlite3 *database)
{
    const struct summary_frame *frame = scan->frame;
    sqlite3_stmt *insert = NULL;
    bool done = sqlite3_prepare_v2(database, "INSERT INTO series_summary VALUES (?, ?, ?, ?, ?, ?, ?, ?)", -1, &insert,
                                   NULL) == SQLITE_OK;
    for (size_t cell = scan->first; done && cell < scan->first + scan->count; cell++) {
        sqlite3_bind_int64(insert, 1, frame->points[cell / frame->cloud_count]);
        sqlite3_bind_int64(insert, 2, frame->clouds[cell % frame->cloud_count]);
        for (size_t series = 0; done && series < frame->series_count; series++) {
            sqlite3_bind_text(insert, 3, frame->series_names[series], -1, SQLITE_STATIC);
            done = insert_series(insert, frame, running_of(scan, cell, series));
        }
    }
    sqlite3_finalize(insert);
    return done;
}

bool summary_write_series(sqlite3 *database, struct arena *arena, const struct summary_frame *frame)
{
    struct scan scan = {.frame = frame};
    size_t each = frame->series_count * frame->steps * sizeof *scan.running;
    if (each == 0)
        return true;
    size_t at_once = RUNNING_BYTES / each;
    for (; scan.first < frame->cells; scan.first += scan.count) {
        struct arena_mark mark = arena_mark(arena);
        size_t left = frame->cells - scan.first;
        scan.count = at_once == 0 ? 1 : at_once < left ? at_once : left;
        scan.running = arena_zero(arena, scan.count * frame->series_count * frame->steps, sizeof *scan.running);
        if (!scan_series(&scan, database) || !write_scan(&scan, database))
            return false;
        arena_rewind(arena, mark);
    }
    return true;
}
