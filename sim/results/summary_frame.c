#include "sim/results/summary_internal.h"

#include "sim/base/check.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* Number of rows of a table (a name of ours, never a user's). */
static bool count_rows(sqlite3 *database, const char *sql, size_t *count)
{
    sqlite3_stmt *row = NULL;
    bool found = sqlite3_prepare_v2(database, sql, -1, &row, NULL) == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW;
    *count = found ? (size_t)sqlite3_column_int64(row, 0) : 0;
    sqlite3_finalize(row);
    return found;
}

/* Anyone may have made the file: a column can hold NULL where we never wrote it. */
static const char *text_of(struct arena *arena, sqlite3_stmt *row, int column)
{
    const unsigned char *text = sqlite3_column_text(row, column);
    return arena_text(arena, text != NULL ? (const char *)text : "");
}

static bool load_ids(sqlite3 *database, struct arena *arena, const char *count_sql, const char *sql, int64_t **ids,
                     size_t *count, const char ***names)
{
    sqlite3_stmt *row = NULL;
    size_t room, n = 0;
    if (!count_rows(database, count_sql, &room) || sqlite3_prepare_v2(database, sql, -1, &row, NULL) != SQLITE_OK)
        return false;
    *ids = arena_array(arena, room, int64_t);
    if (names != NULL)
        *names = arena_array(arena, room, const char *);
    for (; n < room && sqlite3_step(row) == SQLITE_ROW; n++) {
        (*ids)[n] = sqlite3_column_int64(row, 0);
        if (names != NULL)
            (*names)[n] = text_of(arena, row, 1);
    }
    *count = n;
    return sqlite3_finalize(row) == SQLITE_OK;
}

/* What is measured in these lasts 0 or longer. */
static bool is_duration(const char *unit)
{
    return strcmp(unit, "s") == 0 || strcmp(unit, "min") == 0 || strcmp(unit, "h") == 0;
}

static bool load_metrics(sqlite3 *database, struct arena *arena, struct summary_frame *frame)
{
    sqlite3_stmt *row = NULL;
    size_t room;
    if (!count_rows(database, "SELECT count(*) FROM metric_help", &room) ||
        sqlite3_prepare_v2(database,
                           "SELECT id, name, unit, higher_is_better, is_availability, is_share,"
                           " (SELECT value FROM smallest_difference d WHERE d.metric = h.name) FROM metric_help h ORDER BY position", -1,
                           &row, NULL) != SQLITE_OK)
        return false;
    frame->metrics = arena_array(arena, room, struct summary_metric);
    for (; frame->metric_count < room && sqlite3_step(row) == SQLITE_ROW; frame->metric_count++)
        frame->metrics[frame->metric_count] =
            (struct summary_metric){.id = sqlite3_column_int64(row, 0),
                                    .name = text_of(arena, row, 1),
                                    .unit = text_of(arena, row, 2),
                                    .higher_is_better = sqlite3_column_int(row, 3) != 0,
                                    .is_availability = sqlite3_column_int(row, 4) != 0,
                                    .is_share = sqlite3_column_int(row, 5) != 0,
                                    .smallest = sqlite3_column_type(row, 6) == SQLITE_NULL ? (double)NAN
                                                                                           : sqlite3_column_double(row, 6)};
    for (size_t m = 0; m < frame->metric_count; m++)
        frame->metrics[m].is_duration = is_duration(frame->metrics[m].unit);
    return sqlite3_finalize(row) == SQLITE_OK;
}

static size_t position_of(const int64_t *ids, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++)
        if (ids[i] == id)
            return i;
    return count;
}

static int by_id(const void *left, const void *right)
{
    int64_t a = ((const struct summary_replication *)left)->id, b = ((const struct summary_replication *)right)->id;
    return (a > b) - (a < b);
}

/* The columns of the draws' table: the different `rep` of the slots after the nominal ones, in rising order. */
static void place_draws(struct arena *arena, struct summary_frame *frame, const int64_t *outer, const int64_t *rep)
{
    size_t drawn = frame->slots - frame->nominal;
    int64_t *columns = arena_array(arena, drawn, int64_t);
    frame->place = arena_array(arena, drawn, size_t);
    for (size_t i = 0; i < drawn; i++) {
        int64_t at = rep[frame->nominal + i];
        size_t before = frame->draw_width; /* replications of a draw rise, so a new one is mostly the last */
        while (before > 0 && columns[before - 1] > at)
            before--;
        if (before > 0 && columns[before - 1] == at)
            continue;
        memmove(columns + before + 1, columns + before, (frame->draw_width++ - before) * sizeof *columns);
        columns[before] = at;
    }
    for (size_t i = 0; i < drawn; i++) {
        size_t column = 0;
        frame->draws += i == 0 || outer[frame->nominal + i] != outer[frame->nominal + i - 1];
        if (i > 0 && outer[frame->nominal + i] == outer[frame->nominal + i - 1])
            column = frame->place[i - 1] % frame->draw_width;
        while (columns[column] != rep[frame->nominal + i])
            column++;
        frame->place[i] = (frame->draws - 1) * frame->draw_width + column;
    }
}

/* A slot of antithetic pairs is there when both halves are. */
static void mark_present(struct arena *arena, struct summary_frame *frame)
{
    frame->cells = frame->point_count * frame->cloud_count;
    frame->present = arena_array(arena, frame->cells * frame->slots, bool);
    bool *half = arena_array(arena, frame->antithetic ? frame->cells * frame->slots : 0, bool);
    for (size_t i = 0; i < frame->replication_count; i++) {
        size_t at = frame->replications[i].cell * frame->slots + frame->replications[i].slot;
        frame->present[at] = !frame->antithetic || half[at];
        if (frame->antithetic)
            half[at] = true;
    }
}

/* Rows come ordered by (outer_draw, rep), so a slot is the number of changes so far. */
static bool load_replications(sqlite3 *database, struct arena *arena, struct summary_frame *frame)
{
    sqlite3_stmt *row = NULL;
    size_t room;
    int64_t outer = -1, rep = -1;
    if (!count_rows(database, "SELECT count(*) FROM replication", &room) ||
        sqlite3_prepare_v2(database,
                           "SELECT id, point_id, cloud_id, outer_draw, rep FROM replication ORDER BY outer_draw, rep", -1,
                           &row, NULL) != SQLITE_OK)
        return false;
    frame->replications = arena_array(arena, room, struct summary_replication);
    int64_t *outers = arena_array(arena, room, int64_t), *reps = arena_array(arena, room, int64_t); /* by slot */
    while (frame->replication_count < room && sqlite3_step(row) == SQLITE_ROW) {
        int64_t of_slot = sqlite3_column_int64(row, 4) / (frame->antithetic ? 2 : 1);
        if (sqlite3_column_int64(row, 3) != outer || of_slot != rep)
            frame->slots++;
        outer = sqlite3_column_int64(row, 3);
        rep = of_slot;
        outers[frame->slots - 1] = outer;
        reps[frame->slots - 1] = rep;
        if (outer == 0)
            frame->nominal = frame->slots;
        size_t point = position_of(frame->points, frame->point_count, sqlite3_column_int64(row, 1));
        size_t cloud = position_of(frame->clouds, frame->cloud_count, sqlite3_column_int64(row, 2));
        if (point < frame->point_count && cloud < frame->cloud_count)
            frame->replications[frame->replication_count++] =
                (struct summary_replication){.id = sqlite3_column_int64(row, 0),
                                             .cell = point * frame->cloud_count + cloud, .slot = frame->slots - 1};
    }
    if (sqlite3_finalize(row) != SQLITE_OK)
        return false;
    mark_present(arena, frame);
    place_draws(arena, frame, outers, reps);
    qsort(frame->replications, frame->replication_count, sizeof *frame->replications, by_id);
    return true;
}

/* How the scenario wants the statements made; nothing there: the default. */
static bool load_analysis(sqlite3 *database, struct summary_frame *frame)
{
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(database, "SELECT interval, control, expected FROM analysis", -1, &row, NULL) != SQLITE_OK)
        return false;
    frame->control = frame->metric_count;
    if (sqlite3_step(row) == SQLITE_ROW) {
        const char *interval = (const char *)sqlite3_column_text(row, 0), *control = (const char *)sqlite3_column_text(row, 1);
        frame->bca = interval != NULL && strcmp(interval, "bca") == 0;
        frame->expected = sqlite3_column_double(row, 2);
        for (size_t m = 0; control != NULL && m < frame->metric_count; m++)
            if (strcmp(frame->metrics[m].name, control) == 0)
                frame->control = m;
    }
    return sqlite3_finalize(row) == SQLITE_OK;
}

/* Whether two replications are one observation. */
static bool load_pairing(sqlite3 *database, struct summary_frame *frame)
{
    size_t runs;
    if (!count_rows(database, "SELECT count(*) FROM run WHERE variance_reduction = 'antithetic'", &runs))
        return false;
    frame->antithetic = runs > 0;
    return true;
}

bool summary_load_frame(sqlite3 *database, struct arena *arena, struct summary_frame *frame)
{
    return load_ids(database, arena, "SELECT count(*) FROM point", "SELECT id FROM point ORDER BY position", &frame->points,
                    &frame->point_count, NULL) &&
           load_ids(database, arena, "SELECT count(*) FROM cloud", "SELECT id FROM cloud ORDER BY position", &frame->clouds,
                    &frame->cloud_count, NULL) &&
           load_ids(database, arena, "SELECT count(*) FROM series_help",
                    "SELECT id, name FROM series_help ORDER BY position", &frame->series, &frame->series_count,
                    &frame->series_names) &&
           load_pairing(database, frame) && load_metrics(database, arena, frame) && load_analysis(database, frame) &&
           load_replications(database, arena, frame);
}
