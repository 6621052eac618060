#include "sim/base/check.h"
#include "sim/results/summary_internal.h"
#include "sim/statistics/multiple.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

/* A family is what one question compares: one metric between the clouds of one point, or between the points of one cloud. */
struct family {
    const char *metric;
    bool within;   /* a point */
    int64_t owner; /* the point, or the cloud */
};

struct comparison {
    int64_t row;
    double level;
    const char *verdict;
    struct family family;
};

static bool load(sqlite3 *database, struct arena *arena, struct comparison **comparisons, double **p, size_t *count)
{
    sqlite3_stmt *row = NULL;
    size_t room = 0, n = 0;
    if (sqlite3_prepare_v2(database, "SELECT count(*) FROM difference", -1, &row, NULL) != SQLITE_OK)
        return false;
    if (sqlite3_step(row) == SQLITE_ROW)
        room = (size_t)sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    *comparisons = arena_array(arena, room, struct comparison);
    *p = arena_array(arena, room, double);
    if (sqlite3_prepare_v2(database,
                           "SELECT rowid, p, level, verdict, metric, point_a = point_b AS within,"
                           " iif(point_a = point_b, point_a, cloud_a) AS owner FROM difference ORDER BY metric, within, owner, rowid",
                           -1, &row, NULL) != SQLITE_OK)
        return false;
    for (; n < room && sqlite3_step(row) == SQLITE_ROW; n++) {
        (*p)[n] = sqlite3_column_type(row, 1) == SQLITE_NULL ? (double)NAN : sqlite3_column_double(row, 1);
        (*comparisons)[n] = (struct comparison){.row = sqlite3_column_int64(row, 0), .level = sqlite3_column_double(row, 2),
                                                .verdict = arena_text(arena, (const char *)sqlite3_column_text(row, 3)),
                                                .family = {arena_text(arena, (const char *)sqlite3_column_text(row, 4)),
                                                           sqlite3_column_int(row, 5) != 0, sqlite3_column_int64(row, 6)}};
    }
    *count = n;
    return sqlite3_finalize(row) == SQLITE_OK;
}

static bool same_family(const struct family *a, const struct family *b)
{
    return a->within == b->within && a->owner == b->owner && strcmp(a->metric, b->metric) == 0;
}

static bool write_family(sqlite3_stmt *update, const struct comparison *comparisons, const double *adjusted, size_t count,
                         size_t family)
{
    bool done = true;
    for (size_t i = 0; done && i < count; i++) {
        bool decided = adjusted[i] < 1 - comparisons[i].level; /* false for NaN */
        sqlite3_bind_int64(update, 1, comparisons[i].row);
        sqlite3_bind_double(update, 2, adjusted[i]);
        sqlite3_bind_int64(update, 3, (int64_t)family);
        sqlite3_bind_text(update, 4, decided ? comparisons[i].verdict : "not decided", -1, SQLITE_STATIC);
        done = summary_step(update);
    }
    return done;
}

bool summary_adjust(sqlite3 *database, struct arena *arena)
{
    struct comparison *comparisons;
    double *p;
    size_t count, size;
    sqlite3_stmt *update = NULL;
    if (!load(database, arena, &comparisons, &p, &count) ||
        sqlite3_prepare_v2(database, "UPDATE difference SET p_adjusted = ?2, family = ?3, verdict = ?4 WHERE rowid = ?1", -1, &update,
                           NULL) != SQLITE_OK)
        return false;
    size_t *order = arena_array(arena, count, size_t);
    bool done = true;
    for (size_t first = 0; done && first < count; first += size) {
        for (size = 1; first + size < count && same_family(&comparisons[first].family, &comparisons[first + size].family);)
            size++;
        size_t family = multiple_holm(p + first, p + first, size, order);
        done = write_family(update, comparisons + first, p + first, size, family);
    }
    return (sqlite3_finalize(update) == SQLITE_OK) && done;
}
