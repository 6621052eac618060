#include "sim/results/summary_internal.h"
#include "sim/statistics/steady.h"

#include <math.h>
#include <sqlite3.h>

/* One series of one (point, cloud): the mean course over its replications, which is as steady as a single one. */
struct course {
    int64_t point, cloud;
    const char *name;
    double *values;
    size_t count;
    double grid_s;
    bool whole; /* no step without a value */
};

static bool write_row(sqlite3_stmt *insert, const struct course *course, double level)
{
    struct steady steady = steady_of(course->values, course->count, level);
    const struct statistics *s = &steady.statistics;
    sqlite3_bind_int64(insert, 1, course->point);
    sqlite3_bind_int64(insert, 2, course->cloud);
    sqlite3_bind_text(insert, 3, course->name, -1, SQLITE_STATIC);
    sqlite3_bind_double(insert, 4, (double)steady.left_out * course->grid_s);
    sqlite3_bind_int(insert, 5, steady.settled);
    sqlite3_bind_int(insert, 6, steady.independent);
    summary_bind_statistics(insert, 7, s);
    return summary_step(insert);
}

/* Rows come ordered by course and time. */
static bool next_course(sqlite3_stmt *row, struct course *course, double grid_s, int *code)
{
    if (*code != SQLITE_ROW)
        return false;
    course->point = sqlite3_column_int64(row, 0);
    course->cloud = sqlite3_column_int64(row, 1);
    int64_t series = sqlite3_column_int64(row, 2);
    course->count = 0;
    course->whole = true;
    course->grid_s = grid_s;
    do {
        double at = sqlite3_column_double(row, 3) / grid_s;
        course->whole = course->whole && fabs(at - (double)course->count) < 0.5 && sqlite3_column_type(row, 4) != SQLITE_NULL;
        course->values[course->count++] = sqlite3_column_double(row, 4);
        *code = sqlite3_step(row);
    } while (*code == SQLITE_ROW && sqlite3_column_int64(row, 0) == course->point && sqlite3_column_int64(row, 1) == course->cloud &&
             sqlite3_column_int64(row, 2) == series);
    return true;
}

static bool one_number(sqlite3 *database, const char *sql, double *number)
{
    sqlite3_stmt *row = NULL;
    bool found = sqlite3_prepare_v2(database, sql, -1, &row, NULL) == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW;
    *number = found ? sqlite3_column_double(row, 0) : 0;
    sqlite3_finalize(row);
    return found;
}

static const char *series_named(const struct summary_frame *frame, int64_t id)
{
    for (size_t i = 0; i < frame->series_count; i++)
        if (frame->series[i] == id)
            return frame->series_names[i];
    return "";
}

bool summary_write_steady(sqlite3 *database, struct arena *arena, const struct summary_frame *frame)
{
    double longest, grid_s;
    sqlite3_stmt *row = NULL, *insert = NULL;
    if (sqlite3_exec(database, "DELETE FROM steady", NULL, NULL, NULL) != SQLITE_OK ||
        !one_number(database, "SELECT coalesce(max(c), 0) FROM (SELECT count(*) AS c FROM series_summary GROUP BY point_id, cloud_id, name)",
                    &longest) || !one_number(database, "SELECT grid_s FROM run", &grid_s))
        return false;
    bool done = sqlite3_prepare_v2(database, "INSERT INTO steady VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", -1, &insert,
                                   NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(database,
                                   "SELECT s.point_id, s.cloud_id, h.id, s.t_s, s.mean FROM series_summary s"
                                   " JOIN point p ON p.id = s.point_id JOIN cloud c ON c.id = s.cloud_id"
                                   " JOIN series_help h ON h.name = s.name ORDER BY p.position, c.position, h.position, s.t_s",
                                   -1, &row, NULL) == SQLITE_OK;
    struct course course = {.values = arena_array(arena, (size_t)longest, double)};
    int code = done ? sqlite3_step(row) : SQLITE_ERROR;
    while (done && code == SQLITE_ROW) {
        course.name = series_named(frame, sqlite3_column_int64(row, 2));
        done = next_course(row, &course, grid_s, &code) && (!course.whole || write_row(insert, &course, frame->level));
    }
    sqlite3_finalize(insert);
    return (sqlite3_finalize(row) == SQLITE_OK) && done;
}
