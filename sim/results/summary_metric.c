#include "sim/results/summary_internal.h"
#include "sim/statistics/control.h"
#include "sim/statistics/parameter.h"
#include "sim/statistics/quantile.h"
#include "sim/statistics/selection.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

/* Columns in which some value is undefined go; the rest of [alternatives][draws][width] closes up. Returns the columns left. */
static size_t drop_undefined(double *values, size_t rows, size_t width, bool *keep)
{
    size_t left = 0, to = 0;
    for (size_t c = 0; c < width; c++) {
        keep[c] = true;
        for (size_t r = 0; r < rows; r++)
            keep[c] = keep[c] && !isnan(values[r * width + c]);
        left += keep[c];
    }
    for (size_t i = 0; i < rows * width; i++)
        if (keep[i % width])
            values[to++] = values[i];
    return left;
}

static double mean_of(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return sum / (double)n;
}

/* Fills pass->tables with [cloud][replication] of the nominal replications that all clouds of the point have. Returns how many. */
static size_t nominal_table(struct summary_pass *pass, size_t metric)
{
    const struct summary_frame *frame = pass->frame;
    size_t clouds = frame->cloud_count, width = 0;
    for (size_t slot = 0; slot < frame->nominal; slot++) {
        bool all = true;
        for (size_t c = 0; c < clouds; c++)
            all = all && frame->present[pass->cells[c] * frame->slots + slot];
        for (size_t c = 0; all && c < clouds; c++)
            pass->tables[c * frame->nominal + width] = summary_values_of(pass, pass->cells[c], metric)[slot];
        width += all;
    }
    for (size_t c = 1; c < clouds && width < frame->nominal; c++)
        memmove(&pass->tables[c * width], &pass->tables[c * frame->nominal], width * sizeof *pass->tables);
    return width;
}

/* The margin around the best of the tables. */
static double margin_of_best(const struct summary_pass *pass, const struct summary_metric *about, size_t each)
{
    double top = NAN;
    for (size_t c = 0; c < pass->frame->cloud_count; c++) {
        double mean = mean_of(&pass->tables[c * each], each);
        if (isnan(top) || (about->higher_is_better ? mean > top : mean < top))
            top = mean;
    }
    return summary_margin(about, top, top);
}

/* An alternative that was never seen to fail: resamples of its values know of no failure, so no probability is claimed. */
static bool some_clean(const double *values, size_t alternatives, size_t each)
{
    for (size_t a = 0; a < alternatives; a++) {
        size_t clean = 0;
        while (clean < each && values[a * each + clean] == 1)
            clean++;
        if (clean == each)
            return true;
    }
    return false;
}

/* Of fewer replications, or draws, a bootstrap knows only what it has seen: all four say so, and it calls that certain. */
enum { FEWEST_REPLICATIONS_OF_BEST = 10, FEWEST_DRAWS_OF_BEST = 5 };

/* best and good of the clouds of a point: NaN where nothing can be said. With outer draws they speak about those. */
static void select_best(struct summary_pass *pass, size_t point, size_t metric, double *best, double *good)
{
    const struct summary_frame *frame = pass->frame;
    const struct summary_metric *about = &frame->metrics[metric];
    size_t clouds = frame->cloud_count, draws = 1, width = frame->draw_width;
    for (size_t c = 0; c < clouds; c++) {
        best[c] = good[c] = NAN;
        pass->cells[c] = point * clouds + c;
    }
    if (clouds < 2)
        return;
    if (frame->draws > 0)
        draws = summary_tables(pass, pass->cells, clouds, metric);
    else
        width = nominal_table(pass, metric);
    width = drop_undefined(pass->tables, clouds * draws, width, pass->kept);
    if (frame->draws > 0 ? draws < FEWEST_DRAWS_OF_BEST || width < 2 : width < FEWEST_REPLICATIONS_OF_BEST)
        return;
    if (about->is_availability && some_clean(pass->tables, clouds, draws * width))
        return;
    struct selection_input input = {.values = pass->tables, .alternatives = clouds, .draws = draws, .replications = width,
                                    .higher_is_better = about->higher_is_better,
                                    .margin = margin_of_best(pass, about, draws * width)};
    selection_probabilities(&input, best, good, pass->sums);
}

/* Summary at the nominal setting; ratio: variance of the plain mean over that of the mean with the control; NaN without one. */
static struct statistics nominal_summary(struct summary_pass *pass, size_t cell, size_t metric,
                                         const struct statistics_options *options, double *ratio)
{
    const struct summary_frame *frame = pass->frame;
    size_t n = summary_gather(pass, cell, cell, metric, pass->a, NULL);
    *ratio = NAN;
    if (pass->controls == NULL || metric == frame->control)
        return statistics_of(pass->a, n, options, pass->scratch);
    size_t at = 0;
    for (size_t slot = 0; slot < frame->nominal; slot++)
        if (frame->present[cell * frame->slots + slot])
            pass->b[at++] = pass->controls[cell * frame->slots + slot];
    struct statistics s = control_of(pass->a, pass->b, n, frame->expected, options, pass->scratch);
    if (s.method == STATISTICS_CONTROL && s.error > 0)
        *ratio = s.sd * s.sd / (double)s.n / (s.error * s.error);
    return s;
}

/* Intervals of the three quantiles, low and high. */
static void quantile_ends(struct summary_pass *pass, size_t cell, size_t metric, double ends[6])
{
    static const double quantiles[3] = {0.05, 0.5, 0.95};
    struct statistics_options options = {.level = pass->frame->level};
    size_t count = summary_gather(pass, cell, cell, metric, pass->a, NULL);
    size_t n = statistics_of(pass->a, count, &options, pass->scratch).n; /* and sorts */
    for (int i = 0; i < 3; i++) {
        ends[2 * i] = ends[2 * i + 1] = NAN;
        if (n > 0)
            quantile_interval(pass->scratch, n, quantiles[i], options.level, &ends[2 * i], &ends[2 * i + 1]);
    }
}

static bool write_cell(struct summary_pass *pass, size_t point, size_t cloud, size_t metric)
{
    const struct summary_frame *frame = pass->frame;
    const struct summary_metric *about = &frame->metrics[metric];
    size_t cell = point * frame->cloud_count + cloud, at = (metric - pass->first) * frame->cloud_count + cloud;
    struct statistics_options options = {.level = frame->level, .is_availability = about->is_availability,
                                         .is_share = about->is_share, .is_duration = about->is_duration, .resamples = pass->resamples};
    double ratio, ends[6];
    struct statistics s = nominal_summary(pass, cell, metric, &options, &ratio);
    quantile_ends(pass, cell, metric, ends);
    size_t draws = summary_tables(pass, &cell, 1, metric);
    struct parameter_interval p = parameter_of(pass->tables, draws, frame->draw_width, &options, pass->scratch);
    sqlite3_stmt *insert = pass->insert_summary;
    sqlite3_bind_int64(insert, 1, frame->points[point]);
    sqlite3_bind_int64(insert, 2, frame->clouds[cloud]);
    sqlite3_bind_text(insert, 3, about->name, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 4, about->unit, -1, SQLITE_STATIC);
    summary_bind_statistics(insert, 5, &s);
    summary_bind(insert, 14, (double[]){p.low, p.high, s.p05, s.p50, s.p95}, 5);
    summary_bind(insert, 19, ends, 6);
    summary_bind(insert, 25, (double[]){ratio, pass->best[at], pass->good[at]}, 3);
    sqlite3_bind_int64(insert, 28, (int64_t)draws);
    return summary_step(insert);
}

bool summary_write_point(struct summary_pass *pass, size_t point)
{
    size_t clouds = pass->frame->cloud_count;
    for (size_t m = 0; m < pass->count; m++)
        select_best(pass, point, pass->first + m, &pass->best[m * clouds], &pass->good[m * clouds]);
    for (size_t c = 0; c < clouds; c++)
        for (size_t m = 0; m < pass->count; m++)
            if (!write_cell(pass, point, c, pass->first + m))
                return false;
    return true;
}
