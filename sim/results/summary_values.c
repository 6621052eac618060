#include "sim/results/summary_internal.h"

#include <math.h>
#include <sqlite3.h>

static double *values_at(const struct summary_pass *pass, size_t cell, size_t metric)
{
    return &pass->values[(cell * pass->count + (metric - pass->first)) * pass->frame->slots];
}

const double *summary_values_of(const struct summary_pass *pass, size_t cell, size_t metric) { return values_at(pass, cell, metric); }

/* Half of a pair is half its mean: undefined when either half is. */
static void put(const struct summary_frame *frame, double *at, double value)
{
    *at = frame->antithetic ? *at + 0.5 * value : value;
}

static void keep(const struct summary_pass *pass, const struct summary_replication *replication, int64_t id, double value)
{
    const struct summary_frame *frame = pass->frame;
    for (size_t m = pass->first; m < pass->first + pass->count; m++)
        if (frame->metrics[m].id == id)
            put(frame, &values_at(pass, replication->cell, m)[replication->slot], value);
    if (pass->controls != NULL && frame->metrics[frame->control].id == id)
        put(frame, &pass->controls[replication->cell * frame->slots + replication->slot], value);
}

bool summary_load_values(struct summary_pass *pass, sqlite3 *database)
{
    const struct summary_frame *frame = pass->frame;
    size_t total = frame->cells * pass->count * frame->slots, r = 0;
    for (size_t i = 0; i < total; i++)
        pass->values[i] = frame->antithetic ? 0 : NAN;
    for (size_t i = 0; pass->controls != NULL && i < frame->cells * frame->slots; i++)
        pass->controls[i] = frame->antithetic ? 0 : NAN;
    sqlite3_stmt *row = NULL;
    /* The table's own order is the order of frame->replications, so both are walked side by side. */
    if (sqlite3_prepare_v2(database, "SELECT replication_id, metric_id, value FROM metric_value ORDER BY 1, 2", -1, &row,
                           NULL) != SQLITE_OK)
        return false;
    while (sqlite3_step(row) == SQLITE_ROW) {
        int64_t replication = sqlite3_column_int64(row, 0);
        while (r < frame->replication_count && frame->replications[r].id < replication)
            r++;
        if (r == frame->replication_count || frame->replications[r].id != replication)
            continue;
        double value = sqlite3_column_type(row, 2) == SQLITE_NULL ? (double)NAN : sqlite3_column_double(row, 2);
        keep(pass, &frame->replications[r], sqlite3_column_int64(row, 1), value);
    }
    return sqlite3_finalize(row) == SQLITE_OK;
}

size_t summary_gather(const struct summary_pass *pass, size_t cell_a, size_t cell_b, size_t metric, double *to_a, double *to_b)
{
    const struct summary_frame *frame = pass->frame;
    const bool *present_a = &frame->present[cell_a * frame->slots], *present_b = &frame->present[cell_b * frame->slots];
    const double *a = values_at(pass, cell_a, metric), *b = values_at(pass, cell_b, metric);
    size_t n = 0;
    for (size_t slot = 0; slot < frame->nominal; slot++) {
        if (!present_a[slot] || !present_b[slot])
            continue;
        to_a[n] = a[slot];
        if (to_b != NULL)
            to_b[n] = b[slot];
        n++;
    }
    return n;
}

/* Replications of a draw that a cell has; slots of the draw begin at `from`, and `to` is past the last. */
static size_t count_present(const struct summary_frame *frame, size_t cell, size_t from, size_t to)
{
    size_t count = 0;
    for (size_t slot = from; slot < to; slot++)
        count += frame->present[cell * frame->slots + slot];
    return count;
}

size_t summary_tables(const struct summary_pass *pass, const size_t *cells, size_t count, size_t metric)
{
    const struct summary_frame *frame = pass->frame;
    size_t width = frame->draw_width, full = 0, stride = frame->draws * width;
    for (size_t from = frame->nominal, to = from; from < frame->slots; from = to) {
        size_t draw = frame->place[from - frame->nominal] / width;
        while (to < frame->slots && frame->place[to - frame->nominal] / width == draw)
            to++;
        bool all = true;
        for (size_t c = 0; c < count; c++)
            all = all && count_present(frame, cells[c], from, to) == width;
        for (size_t c = 0; all && c < count; c++)
            for (size_t slot = from; slot < to; slot++)
                pass->tables[c * stride + full * width + frame->place[slot - frame->nominal] % width] =
                    values_at(pass, cells[c], metric)[slot];
        full += all;
    }
    for (size_t c = 1; c < count && full < frame->draws; c++) /* close up: the tables follow each other */
        for (size_t i = 0; i < full * width; i++)
            pass->tables[c * full * width + i] = pass->tables[c * stride + i];
    return full;
}

double summary_margin(const struct summary_metric *metric, double mean_a, double mean_b)
{
    if (!isnan(metric->smallest))
        return metric->smallest;
    return metric->is_availability ? 1e-4 : 0.01 * fmax(fabs(mean_a), fabs(mean_b));
}

void summary_bind(sqlite3_stmt *insert, int first, const double *numbers, int count)
{
    for (int i = 0; i < count; i++)
        sqlite3_bind_double(insert, first + i, numbers[i]); /* SQLite stores NaN as NULL */
}

void summary_bind_statistics(sqlite3_stmt *insert, int first, const struct statistics *s)
{
    sqlite3_bind_int64(insert, first, s->n);
    sqlite3_bind_int64(insert, first + 1, s->n_undefined);
    summary_bind(insert, first + 2, (double[]){s->mean, s->sd, s->ci_low, s->ci_high, s->level}, 5);
    sqlite3_bind_text(insert, first + 7, statistics_method_name(s->method), -1, SQLITE_STATIC);
    sqlite3_bind_int(insert, first + 8, s->is_bound);
}

bool summary_step(sqlite3_stmt *insert)
{
    bool done = sqlite3_step(insert) == SQLITE_DONE;
    return (sqlite3_reset(insert) == SQLITE_OK) && done;
}
