#include "sim/statistics/statistics.h"
#include "sim/results/summary.h"
#include "sim/results/summary_internal.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>

struct scan {
    const struct summary_frame *frame;
    size_t first, count;                /* cells [first, first + count) */
    size_t steps;                       /* the longest series */
    double grid_s;
    struct statistics_running *running; /* [cell - first][series][step] */
};

static struct statistics_running *running_of(const struct scan *scan, size_t cell, size_t series)
{
    return &scan->running[((cell - scan->first) * scan->frame->series_count + series) * scan->steps];
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
        bool wanted = replication != NULL && replication->slot < frame->nominal && replication->cell >= scan->first &&
                      replication->cell < scan->first + scan->count && series < frame->series_count && at >= 0 &&
                      (size_t)at < scan->steps;
        if (wanted)
            statistics_running_add(running_of(scan, replication->cell, series) + at, sqlite3_column_double(row, 3));
    }
    return sqlite3_finalize(row) == SQLITE_OK;
}

bool summary_write_course(sqlite3 *database, const struct summary_course *course)
{
    sqlite3_stmt *insert = NULL;
    bool done = sqlite3_prepare_v2(database, "INSERT INTO series_summary VALUES (?, ?, ?, ?, ?, ?, ?, ?)", -1, &insert,
                                   NULL) == SQLITE_OK;
    if (!done)
        return false;
    sqlite3_bind_int64(insert, 1, course->point_id);
    sqlite3_bind_int64(insert, 2, course->cloud_id);
    sqlite3_bind_text(insert, 3, course->name, -1, SQLITE_STATIC);
    for (size_t at = 0; done && at < course->steps; at++) {
        if (course->running[at].n == 0)
            continue;
        struct statistics s = statistics_running_end(&course->running[at], course->level);
        sqlite3_bind_double(insert, 4, (double)at * course->grid_s);
        sqlite3_bind_int64(insert, 5, s.n);
        sqlite3_bind_double(insert, 6, s.mean);
        sqlite3_bind_double(insert, 7, s.ci_low);
        sqlite3_bind_double(insert, 8, s.ci_high);
        done = sqlite3_step(insert) == SQLITE_DONE && sqlite3_reset(insert) == SQLITE_OK;
    }
    return (sqlite3_finalize(insert) == SQLITE_OK) && done;
}

static bool write_scan(const struct scan *scan, sqlite3 *database)
{
    const struct summary_frame *frame = scan->frame;
    for (size_t cell = scan->first; cell < scan->first + scan->count; cell++)
        for (size_t series = 0; series < frame->series_count; series++) {
            struct summary_course course = {.point_id = frame->points[cell / frame->cloud_count],
                                            .cloud_id = frame->clouds[cell % frame->cloud_count],
                                            .name = frame->series_names[series],
                                            .running = running_of(scan, cell, series), .steps = scan->steps,
                                            .grid_s = scan->grid_s, .level = frame->level};
            if (!summary_write_course(database, &course))
                return false;
        }
    return true;
}

/* No steps where no replication reported any. */
static bool load_grid(struct scan *scan, sqlite3 *database)
{
    sqlite3_stmt *row = NULL;
    bool found = sqlite3_prepare_v2(database, "SELECT grid_s, (SELECT max(step) FROM series_value) FROM run", -1, &row, NULL) ==
                     SQLITE_OK &&
                 sqlite3_step(row) == SQLITE_ROW;
    int64_t last = found && sqlite3_column_type(row, 1) != SQLITE_NULL ? sqlite3_column_int64(row, 1) : -1;
    if (last >= 0 && last < INT32_MAX) {
        scan->grid_s = sqlite3_column_double(row, 0);
        scan->steps = (size_t)last + 1;
    }
    sqlite3_finalize(row);
    return found;
}

bool summary_write_series(sqlite3 *database, struct arena *arena, const struct summary_frame *frame)
{
    struct scan scan = {.frame = frame};
    if (sqlite3_exec(database, "DELETE FROM series_summary", NULL, NULL, NULL) != SQLITE_OK || !load_grid(&scan, database))
        return false;
    size_t each = frame->series_count * scan.steps * sizeof *scan.running;
    if (each == 0)
        return true;
    size_t at_once = frame->memory / each;
    for (; scan.first < frame->cells; scan.first += scan.count) {
        struct arena_mark mark = arena_mark(arena);
        size_t left = frame->cells - scan.first;
        scan.count = at_once == 0 ? 1 : at_once < left ? at_once : left;
        scan.running = arena_zero(arena, scan.count * frame->series_count * scan.steps, sizeof *scan.running);
        if (!scan_series(&scan, database) || !write_scan(&scan, database))
            return false;
        arena_rewind(arena, mark);
    }
    return true;
}
