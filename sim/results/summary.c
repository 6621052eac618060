#include "sim/results/summary.h"

#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/results/summary_internal.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

const char *summary_verdict(double ci_low, double ci_high, double smallest, bool higher_is_better)
{
    if (ci_low > smallest)
        return higher_is_better ? "ahead" : "behind";
    if (ci_high < -smallest)
        return higher_is_better ? "behind" : "ahead";
    return "not decided"; /* NaN lands here too */
}

const char *summary_outcome(const struct statistics *measured, double low, double high)
{
    bool interval = !isnan(measured->ci_low) && !isnan(measured->ci_high) && !measured->is_bound;
    if (!interval || (isnan(low) && isnan(high)))
        return "undecided";
    bool below = !isnan(low) && measured->ci_high < low, above = !isnan(high) && measured->ci_low > high;
    if (below || above)
        return "missed";
    bool inside = (isnan(low) || measured->ci_low >= low) && (isnan(high) || measured->ci_high <= high);
    return inside ? "held" : "undecided";
}

/* --- One pass: the values of some metrics --- */

struct pass {
    const struct summary_frame *frame;
    sqlite3_stmt *insert_summary, *insert_difference;
    size_t first, count;  /* metrics [first, first + count) */
    double *values;       /* [point][cloud][metric - first][slot]; NaN: undefined or missing */
    double *a, *b, *scratch; /* [slots] each */
};

static double *values_of(const struct pass *pass, size_t cell, size_t metric)
{
    return &pass->values[(cell * pass->count + (metric - pass->first)) * pass->frame->slots];
}

static bool load_values(struct pass *pass, sqlite3 *database)
{
    const struct summary_frame *frame = pass->frame;
    size_t total = frame->cells * pass->count * frame->slots, r = 0;
    for (size_t i = 0; i < total; i++)
        pass->values[i] = NAN;
    sqlite3_stmt *row = NULL;
    /* The table's own order is the order of frame->replications, so both are walked side by side. */
    if (sqlite3_prepare_v2(database, "SELECT replication_id, metric_id, value FROM metric_value ORDER BY 1, 2", -1, &row,
                           NULL) != SQLITE_OK)
        return false;
    while (sqlite3_step(row) == SQLITE_ROW) {
        int64_t replication = sqlite3_column_int64(row, 0), id = sqlite3_column_int64(row, 1);
        while (r < frame->replication_count && frame->replications[r].id < replication)
            r++;
        if (r == frame->replication_count || frame->replications[r].id != replication ||
            sqlite3_column_type(row, 2) == SQLITE_NULL)
            continue;
        for (size_t m = pass->first; m < pass->first + pass->count; m++)
            if (frame->metrics[m].id == id)
                values_of(pass, frame->replications[r].cell, m)[frame->replications[r].slot] = sqlite3_column_double(row, 2);
    }
    return sqlite3_finalize(row) == SQLITE_OK;
}

/* Binds statistics from column `first` on: n, n_undefined, mean, sd, ci_low, ci_high, level, method, is_bound. NaN binds as
 * NULL. */
static void bind_statistics(sqlite3_stmt *insert, int first, const struct statistics *s)
{
    sqlite3_bind_int64(insert, first, s->n);
    sqlite3_bind_int64(insert, first + 1, s->n_undefined);
    sqlite3_bind_double(insert, first + 2, s->mean);
    sqlite3_bind_double(insert, first + 3, s->sd);
    sqlite3_bind_double(insert, first + 4, s->ci_low);
    sqlite3_bind_double(insert, first + 5, s->ci_high);
    sqlite3_bind_double(insert, first + 6, s->level);
    sqlite3_bind_text(insert, first + 7, statistics_method_name(s->method), -1, SQLITE_STATIC);
    sqlite3_bind_int(insert, first + 8, s->is_bound);
}

static bool step(sqlite3_stmt *insert)
{
    bool done = sqlite3_step(insert) == SQLITE_DONE;
    return (sqlite3_reset(insert) == SQLITE_OK) && done;
}

static bool summarise_metric(struct pass *pass, size_t point, size_t cloud, size_t metric)
{
    const struct summary_frame *frame = pass->frame;
    const struct summary_metric *about = &frame->metrics[metric];
    size_t cell = point * frame->cloud_count + cloud, n = 0;
    const double *values = values_of(pass, cell, metric);
    for (size_t slot = 0; slot < frame->slots; slot++)
        if (frame->present[cell * frame->slots + slot])
            pass->a[n++] = values[slot];
    struct statistics_options options = {.level = frame->level, .is_availability = about->is_availability};
    struct statistics s = statistics_of(pass->a, n, &options, pass->scratch);
    sqlite3_stmt *insert = pass->insert_summary;
    sqlite3_bind_int64(insert, 1, frame->points[point]);
    sqlite3_bind_int64(insert, 2, frame->clouds[cloud]);
    sqlite3_bind_text(insert, 3, about->name, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 4, about->unit, -1, SQLITE_STATIC);
    bind_statistics(insert, 5, &s);
    sqlite3_bind_double(insert, 14, s.p05);
    sqlite3_bind_double(insert, 15, s.p50);
    sqlite3_bind_double(insert, 16, s.p95);
    return step(insert);
}

static bool insert_difference(struct pass *pass, size_t cell_a, size_t cell_b, const char *name, const char *unit,
                              const struct statistics *s, const char *verdict)
{
    const struct summary_frame *frame = pass->frame;
    sqlite3_stmt *insert = pass->insert_difference;
    sqlite3_bind_int64(insert, 1, frame->points[cell_a / frame->cloud_count]);
    sqlite3_bind_int64(insert, 2, frame->clouds[cell_a % frame->cloud_count]);
    sqlite3_bind_int64(insert, 3, frame->points[cell_b / frame->cloud_count]);
    sqlite3_bind_int64(insert, 4, frame->clouds[cell_b % frame->cloud_count]);
    sqlite3_bind_text(insert, 5, name, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 6, unit, -1, SQLITE_STATIC);
    bind_statistics(insert, 7, s);
    sqlite3_bind_text(insert, 16, verdict, -1, SQLITE_STATIC);
    return step(insert);
}

/* All metrics of the pass for one pair of cells, each a (point, cloud). */
static bool compare_cells(struct pass *pass, size_t cell_a, size_t cell_b)
{
    const struct summary_frame *frame = pass->frame;
    const bool *present_a = &frame->present[cell_a * frame->slots], *present_b = &frame->present[cell_b * frame->slots];
    bool same_point = cell_a / frame->cloud_count == cell_b / frame->cloud_count;
    for (size_t m = pass->first; m < pass->first + pass->count; m++) {
        const struct summary_metric *about = &frame->metrics[m];
        const double *a = values_of(pass, cell_a, m), *b = values_of(pass, cell_b, m);
        size_t n = 0;
        for (size_t slot = 0; slot < frame->slots; slot++) {
            if (!present_a[slot] || !present_b[slot])
                continue;
            pass->a[n] = a[slot];
            pass->b[n++] = b[slot];
        }
        struct statistics_options options = {.level = frame->level, .is_availability = about->is_availability};
        struct statistics s = statistics_of_difference(pass->a, pass->b, n, &options, pass->scratch);
        if (!insert_difference(pass, cell_a, cell_b, about->name, about->unit, &s,
                               summary_verdict(s.ci_low, s.ci_high, 0, about->higher_is_better)))
            return false;
        if (!same_point || strcmp(about->name, "cost_usd_per_useful_gpu_hour") != 0)
            continue;
        options.is_availability = false;
        s = statistics_of_ratio(pass->a, pass->b, n, &options, pass->scratch);
        if (!insert_difference(pass, cell_a, cell_b, "break_even_price_ratio", "1", &s,
                               summary_verdict(s.ci_low - 1, s.ci_high - 1, 0, false)))
            return false;
    }
    return true;
}

static bool summarise_pass(struct pass *pass)
{
    const struct summary_frame *frame = pass->frame;
    for (size_t p = 0; p < frame->point_count; p++)
        for (size_t c = 0; c < frame->cloud_count; c++)
            for (size_t m = pass->first; m < pass->first + pass->count; m++)
                if (!summarise_metric(pass, p, c, m))
                    return false;
    for (size_t p = 0; p < frame->point_count; p++)
        for (size_t a = 0; a < frame->cloud_count; a++)
            for (size_t b = a + 1; b < frame->cloud_count; b++)
                if (!compare_cells(pass, p * frame->cloud_count + a, p * frame->cloud_count + b))
                    return false;
    size_t baselines = frame->point_count > SUMMARY_ALL_PAIRS_POINTS ? 1 : frame->point_count;
    for (size_t a = 0; a < baselines; a++)
        for (size_t b = a + 1; b < frame->point_count; b++)
            for (size_t c = 0; c < frame->cloud_count; c++)
                if (!compare_cells(pass, a * frame->cloud_count + c, b * frame->cloud_count + c))
                    return false;
    return true;
}

static bool summarise(struct pass *pass, struct arena *arena, sqlite3 *database)
{
    const struct summary_frame *frame = pass->frame;
    size_t column = frame->cells * frame->slots * sizeof(double);
    size_t at_once = column != 0 ? frame->memory / column : 1;
    if (at_once > frame->metric_count)
        at_once = frame->metric_count;
    if (at_once == 0)
        at_once = 1;
    pass->values = arena_alloc(arena, at_once * frame->cells, frame->slots * sizeof(double));
    pass->a = arena_alloc(arena, frame->slots, sizeof(double));
    pass->b = arena_alloc(arena, frame->slots, sizeof(double));
    pass->scratch = arena_alloc(arena, frame->slots, sizeof(double));
    for (pass->first = 0; pass->first < frame->metric_count; pass->first += at_once) {
        size_t left = frame->metric_count - pass->first;
        pass->count = left < at_once ? left : at_once;
        if (!load_values(pass, database) || !summarise_pass(pass))
            return false;
    }
    return true;
}

static bool write_summaries(sqlite3 *database, struct arena *arena, const struct summary_frame *frame)
{
    struct pass pass = {.frame = frame};
    bool done = sqlite3_prepare_v2(database,
                                   "INSERT INTO summary (point_id, cloud_id, metric, unit, n, n_undefined, mean, sd, ci_low,"
                                   " ci_high, level, method, is_bound, p05, p50, p95)"
                                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                   -1, &pass.insert_summary, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(database,
                                   "INSERT INTO difference (point_a, cloud_a, point_b, cloud_b, metric, unit, n,"
                                   " n_undefined, mean, sd, ci_low, ci_high, level, method, is_bound, verdict)"
                                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                   -1, &pass.insert_difference, NULL) == SQLITE_OK &&
                summarise(&pass, arena, database);
    sqlite3_finalize(pass.insert_summary);
    sqlite3_finalize(pass.insert_difference);
    return done;
}

/* --- Targets --- */

static double number(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? (double)NAN : sqlite3_column_double(row, column);
}

static bool hold_targets(sqlite3 *database)
{
    sqlite3_stmt *row = NULL, *update = NULL;
    bool done = sqlite3_prepare_v2(database,
                                   "SELECT t.id, t.low, t.high, s.mean, s.ci_low, s.ci_high, s.is_bound, s.method FROM target t"
                                   " LEFT JOIN summary s ON s.point_id = t.point_id AND s.cloud_id = t.cloud_id"
                                   " AND s.metric = t.metric ORDER BY t.position",
                                   -1, &row, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(database,
                                   "UPDATE target SET measured = ?2, ci_low = ?3, ci_high = ?4, method = ?5, outcome = ?6"
                                   " WHERE id = ?1",
                                   -1, &update, NULL) == SQLITE_OK;
    while (done && sqlite3_step(row) == SQLITE_ROW) {
        struct statistics s = {.mean = number(row, 3), .ci_low = number(row, 4), .ci_high = number(row, 5),
                               .is_bound = sqlite3_column_int(row, 6) != 0};
        sqlite3_bind_int64(update, 1, sqlite3_column_int64(row, 0));
        sqlite3_bind_double(update, 2, s.mean);
        sqlite3_bind_double(update, 3, s.ci_low);
        sqlite3_bind_double(update, 4, s.ci_high);
        sqlite3_bind_text(update, 5, (const char *)sqlite3_column_text(row, 7), -1, SQLITE_TRANSIENT);
        sqlite3_bind_text(update, 6, summary_outcome(&s, number(row, 1), number(row, 2)), -1, SQLITE_STATIC);
        done = step(update);
    }
    sqlite3_finalize(update);
    return (sqlite3_finalize(row) == SQLITE_OK) && done;
}

bool summary_write(sqlite3 *database, double level, bool series)
{
    return summary_write_within(database, level, series, SUMMARY_MEMORY);
}

bool summary_write_within(sqlite3 *database, double level, bool series, size_t memory)
{
    struct arena arena;
    struct summary_frame frame = {.level = level, .memory = memory};
    arena_open(&arena, 0);
    bool done = sqlite3_exec(database, "DELETE FROM summary; DELETE FROM difference", NULL, NULL, NULL) == SQLITE_OK &&
                summary_load_frame(database, &arena, &frame) && write_summaries(database, &arena, &frame) &&
                (!series || summary_write_series(database, &arena, &frame)) && hold_targets(database) &&
                summary_write_sensitivity(database, &arena, &frame);
    arena_close(&arena);
    return done;
}
