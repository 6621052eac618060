/* The rows of a results file's tables, as the readers of `nines compare` take them apart. */
#ifndef NINES_SIM_COMPARE_ROW_H
#define NINES_SIM_COMPARE_ROW_H

#include "sim/results/compare_internal.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

/* NaN for NULL. */
static inline double row_number(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? (double)NAN : sqlite3_column_double(row, column);
}

/* A copy; "" for NULL. */
static inline const char *row_text(const struct compare_data *data, sqlite3_stmt *row, int column)
{
    const char *found = (const char *)sqlite3_column_text(row, column);
    return found != NULL ? arena_text(data->arena, found) : "";
}

/* The point of an id; point_count: none. */
static inline size_t point_of(const struct compare_data *data, int64_t id)
{
    size_t i = 0;
    while (i < data->point_count && data->points[i].id != id)
        i++;
    return i;
}

/* The cloud of an id; cloud_count: none. */
static inline size_t cloud_of(const struct compare_data *data, int64_t id)
{
    size_t i = 0;
    while (i < data->cloud_count && data->clouds[i].id != id)
        i++;
    return i;
}

static inline size_t row_point(const struct compare_data *data, sqlite3_stmt *row, int column)
{
    return point_of(data, sqlite3_column_int64(row, column));
}

/* COMPARE_ALONE for NULL, where a difference has its second. */
static inline size_t row_cloud(const struct compare_data *data, sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? COMPARE_ALONE : cloud_of(data, sqlite3_column_int64(row, column));
}

/* The index of a metric that is shown; metric_count: none of that name. */
static inline size_t row_metric(const struct compare_data *data, sqlite3_stmt *row, int column)
{
    const char *name = row_text(data, row, column);
    for (size_t i = 0; i < data->selected_count; i++)
        if (strcmp(data->metrics[data->selected[i]].name, name) == 0)
            return data->selected[i];
    return data->metric_count;
}

/* n, n_undefined, mean, sd, ci_low, ci_high, level, is_bound from column `first` on. */
static inline struct statistics row_statistics(sqlite3_stmt *row, int first)
{
    return (struct statistics){.n = (uint32_t)sqlite3_column_int64(row, first),
                               .n_undefined = (uint32_t)sqlite3_column_int64(row, first + 1), .mean = row_number(row, first + 2),
                               .sd = row_number(row, first + 3), .ci_low = row_number(row, first + 4),
                               .ci_high = row_number(row, first + 5), .level = row_number(row, first + 6),
                               .is_bound = sqlite3_column_int(row, first + 7) != 0, .p05 = (double)NAN, .p50 = (double)NAN,
                               .p95 = (double)NAN};
}

/* What a table gave. */
struct compare_rows {
    void *element; /* [count], aligned for anything */
    size_t count;
};

/* Fills one element from a row; false: it is not to be shown, and what was filled is forgotten. */
typedef bool compare_reader(const struct compare_data *data, sqlite3_stmt *row, void *element);

/* The rows of a query that `read` wants, each of `size` bytes, in its order. false: the file cannot be read. */
bool compare_read(const struct compare_data *data, sqlite3 *database, const char *sql, size_t size, compare_reader *read,
                  struct compare_rows *rows);

#endif
