#include "sim/results/summary.h"

#include "sim/base/arena.h"
#include "sim/results/summary_internal.h"
#include "sim/statistics/bootstrap.h"

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
    bool interval = !isnan(measured->ci_low) && !isnan(measured->ci_high);
    if (!interval || (isnan(low) && isnan(high)))
        return "undecided";
    bool below = !isnan(low) && measured->ci_high < low, above = !isnan(high) && measured->ci_low > high;
    if (below || above)
        return "missed";
    bool inside = (isnan(low) || measured->ci_low >= low) && (isnan(high) || measured->ci_high <= high);
    return inside ? "held" : "undecided";
}

static bool write_pass(struct summary_pass *pass)
{
    const struct summary_frame *frame = pass->frame;
    for (size_t p = 0; p < frame->point_count; p++)
        if (!summary_write_point(pass, p))
            return false;
    for (size_t p = 0; p < frame->point_count; p++)
        for (size_t a = 0; a < frame->cloud_count; a++)
            for (size_t b = a + 1; b < frame->cloud_count; b++)
                if (!summary_write_pair(pass, p * frame->cloud_count + a, p * frame->cloud_count + b))
                    return false;
    size_t baselines = frame->point_count > SUMMARY_ALL_PAIRS_POINTS ? 1 : frame->point_count;
    for (size_t a = 0; a < baselines; a++)
        for (size_t b = a + 1; b < frame->point_count; b++)
            for (size_t c = 0; c < frame->cloud_count; c++)
                if (!summary_write_pair(pass, a * frame->cloud_count + c, b * frame->cloud_count + c))
                    return false;
    return true;
}

size_t summary_at_once(const struct summary_frame *frame)
{
    size_t column = frame->cells * frame->slots * sizeof(double);
    size_t at_once = column != 0 ? frame->memory / column : 1;
    if (at_once > frame->metric_count)
        at_once = frame->metric_count;
    return at_once > 0 ? at_once : 1;
}

static bool write_passes(struct summary_pass *pass, struct arena *arena, sqlite3 *database)
{
    const struct summary_frame *frame = pass->frame;
    size_t at_once = summary_at_once(frame);
    pass->values = arena_alloc(arena, at_once * frame->cells, frame->slots * sizeof(double));
    pass->a = arena_alloc(arena, frame->slots, sizeof(double));
    pass->b = arena_alloc(arena, frame->slots, sizeof(double));
    pass->scratch = arena_alloc(arena, frame->slots, 2 * sizeof(double));
    pass->tables = arena_alloc(arena, frame->slots, (frame->cloud_count + 1) * sizeof(double));
    pass->best = arena_alloc(arena, at_once * frame->cloud_count, sizeof(double));
    pass->good = arena_alloc(arena, at_once * frame->cloud_count, sizeof(double));
    pass->sums = arena_array(arena, frame->cloud_count, double);
    pass->cells = arena_array(arena, frame->cloud_count, size_t);
    pass->kept = arena_array(arena, frame->slots, bool);
    if (frame->control < frame->metric_count)
        pass->controls = arena_alloc(arena, frame->cells, frame->slots * sizeof(double));
    if (frame->bca)
        pass->resamples = arena_array(arena, BOOTSTRAP_RESAMPLES, double);
    for (pass->first = 0; pass->first < frame->metric_count; pass->first += at_once) {
        size_t left = frame->metric_count - pass->first;
        pass->count = left < at_once ? left : at_once;
        if (!summary_load_values(pass, database) || !write_pass(pass))
            return false;
    }
    return true;
}

static bool write_summaries(sqlite3 *database, struct arena *arena, const struct summary_frame *frame)
{
    struct summary_pass pass = {.frame = frame};
    bool done = sqlite3_prepare_v2(database,
                                   "INSERT INTO summary (point_id, cloud_id, metric, unit, n, n_undefined, mean, sd, ci_low,"
                                   " ci_high, level, method, is_bound, param_low, param_high, p05, p50, p95, p05_low, p05_high,"
                                   " p50_low, p50_high, p95_low, p95_high, variance_ratio, probability_best, probability_good, draws)"
                                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                   -1, &pass.insert_summary, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(database,
                                   "INSERT INTO difference (point_a, cloud_a, point_b, cloud_b, metric, unit, n,"
                                   " n_undefined, mean, sd, ci_low, ci_high, level, method, is_bound, param_low, param_high, smallest,"
                                   " p, variance_ratio, draws, verdict, decided_by, family)"
                                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
                                   -1, &pass.insert_difference, NULL) == SQLITE_OK &&
                write_passes(&pass, arena, database);
    sqlite3_finalize(pass.insert_summary);
    sqlite3_finalize(pass.insert_difference);
    return done && summary_adjust(database, arena);
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
        done = summary_step(update);
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
                (!series || summary_write_series(database, &arena, &frame)) && summary_write_steady(database, &arena, &frame) &&
                summary_write_breakdowns(database, &arena, &frame) && hold_targets(database) &&
                summary_write_sensitivity(database, &arena, &frame);
    arena_close(&arena);
    return done;
}
