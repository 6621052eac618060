#include "sim/results/summary.h"
#include "sim/results/summary_internal.h"
#include "sim/statistics/parameter.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

/* What a row of `difference` says beyond the statistics. */
struct judgement {
    double margin, ratio;        /* smallest difference that matters; variance ratio of the pairing */
    struct parameter_interval parameter;
    double p;
    const char *verdict, *decided_by;
};

/* Where the study draws its inputs, only the parameter interval decides. about: 0 for a difference, 1 for a ratio. */
static void judge(struct judgement *judgement, const struct summary_frame *frame, const struct statistics *s, double about,
                  bool higher_is_better)
{
    const struct parameter_interval *p = &judgement->parameter;
    bool drawn = frame->draws > 0;
    judgement->decided_by = drawn ? "parameter" : "sampling";
    judgement->p = drawn ? statistics_p(p->mean - about, p->error, p->degrees, judgement->margin) : s->p;
    judgement->verdict = summary_verdict((drawn ? p->low : s->ci_low) - about, (drawn ? p->high : s->ci_high) - about,
                                         judgement->margin, higher_is_better);
}

static bool insert_row(struct summary_pass *pass, size_t cell_a, size_t cell_b, const char *name, const char *unit,
                       const struct statistics *s, const struct judgement *judgement)
{
    const struct summary_frame *frame = pass->frame;
    const struct parameter_interval *p = &judgement->parameter;
    sqlite3_stmt *insert = pass->insert_difference;
    sqlite3_bind_int64(insert, 1, frame->points[cell_a / frame->cloud_count]);
    sqlite3_bind_int64(insert, 2, frame->clouds[cell_a % frame->cloud_count]);
    sqlite3_bind_int64(insert, 3, frame->points[cell_b / frame->cloud_count]);
    sqlite3_bind_int64(insert, 4, frame->clouds[cell_b % frame->cloud_count]);
    sqlite3_bind_text(insert, 5, name, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 6, unit, -1, SQLITE_STATIC);
    summary_bind_statistics(insert, 7, s);
    summary_bind(insert, 16, (double[]){p->low, p->high, judgement->margin, judgement->p, judgement->ratio}, 5);
    sqlite3_bind_int64(insert, 21, (int64_t)p->draws);
    sqlite3_bind_text(insert, 22, judgement->verdict, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 23, judgement->decided_by, -1, SQLITE_STATIC);
    return summary_step(insert);
}

struct pairs {
    double n, mean_a, mean_b, variance_a, variance_b;
};

/* Over the complete pairs, so that it speaks of the values that the difference is made of. */
static struct pairs pairs_of(const double *a, const double *b, size_t count)
{
    struct statistics_running of_a = {0}, of_b = {0};
    for (size_t i = 0; i < count; i++) {
        if (isnan(a[i]) || isnan(b[i]))
            continue;
        statistics_running_add(&of_a, a[i]);
        statistics_running_add(&of_b, b[i]);
    }
    double n = of_a.n;
    return (struct pairs){.n = n, .mean_a = of_a.mean, .mean_b = of_b.mean, .variance_a = of_a.squares / (n - 1),
                          .variance_b = of_b.squares / (n - 1)};
}

/* Tables of the differences over the draws into pass->tables. Returns the draws. */
static size_t difference_table(struct summary_pass *pass, size_t cell_a, size_t cell_b, size_t metric)
{
    size_t cells[2] = {cell_a, cell_b}, draws = summary_tables(pass, cells, 2, metric), size = draws * pass->frame->draw_width;
    for (size_t i = 0; i < size; i++)
        pass->tables[i] -= pass->tables[size + i];
    return draws;
}

/* Availabilities that were all 1 under all draws differ by nothing that was seen, which is not nothing: the bound of one, either way. */
static void bound_clean(struct judgement *judgement, const struct statistics *s, double level)
{
    struct parameter_interval *p = &judgement->parameter;
    if (!s->is_bound || p->error != 0 || p->mean != 0)
        return;
    p->high = statistics_clean_bound((uint32_t)p->replications, level);
    p->low = -p->high;
}

static bool write_difference(struct summary_pass *pass, size_t cell_a, size_t cell_b, size_t metric)
{
    const struct summary_frame *frame = pass->frame;
    const struct summary_metric *about = &frame->metrics[metric];
    size_t n = summary_gather(pass, cell_a, cell_b, metric, pass->a, pass->b);
    struct pairs pairs = pairs_of(pass->a, pass->b, n);
    struct judgement judgement = {.margin = summary_margin(about, pairs.mean_a, pairs.mean_b)};
    struct statistics_options options = {.level = frame->level, .is_availability = about->is_availability,
                                         .resamples = pass->resamples, .margin = judgement.margin};
    struct statistics s = statistics_of_difference(pass->a, pass->b, n, &options, pass->scratch);
    judgement.ratio = s.sd > 0 ? (pairs.variance_a + pairs.variance_b) / (s.sd * s.sd) : (double)NAN;
    options.is_availability = false; /* a difference is not cut */
    size_t draws = difference_table(pass, cell_a, cell_b, metric);
    judgement.parameter = parameter_of(pass->tables, draws, frame->draw_width, &options, pass->scratch);
    bound_clean(&judgement, &s, frame->level);
    judge(&judgement, frame, &s, 0, about->higher_is_better);
    return insert_row(pass, cell_a, cell_b, about->name, about->unit, &s, &judgement);
}

/* a[size] and b[size], tables of draws x width: a becomes values whose mean in a row is the row's ratio of means R, and whose spread is that
 * of R to first order, R + (a - R b) / mean(b) (Cochran 1977, section 6.3). A column undefined somewhere becomes undefined everywhere; a
 * row's mean(b) not above 0 makes all so. */
static void linear_ratio(double *a, const double *b, size_t draws, size_t width)
{
    for (size_t c = 0; c < width; c++) {
        double defined = 0;
        for (size_t d = 0; d < draws; d++)
            defined += a[d * width + c] + b[d * width + c];
        for (size_t d = 0; d < draws && isnan(defined); d++)
            a[d * width + c] = NAN;
    }
    for (size_t d = 0; d < draws; d++) {
        double sum_a = 0, sum_b = 0, n = 0;
        for (size_t i = d * width; i < (d + 1) * width; i++)
            if (!isnan(a[i])) {
                sum_a += a[i];
                sum_b += b[i];
                n++;
            }
        double ratio = sum_b > 0 ? sum_a / sum_b : (double)NAN;
        for (size_t i = d * width; i < (d + 1) * width; i++)
            a[i] = ratio + (a[i] - ratio * b[i]) / (sum_b / n);
    }
}

static bool write_price_ratio(struct summary_pass *pass, size_t cell_a, size_t cell_b, size_t metric)
{
    static const double margin = 0.01; /* 1 %, as of every figure that is no availability */
    const struct summary_frame *frame = pass->frame;
    size_t cells[2] = {cell_a, cell_b}, n = summary_gather(pass, cell_a, cell_b, metric, pass->a, pass->b);
    struct statistics_options options = {.level = frame->level, .margin = margin};
    struct statistics s = statistics_of_ratio(pass->a, pass->b, n, &options, pass->scratch);
    size_t draws = summary_tables(pass, cells, 2, metric);
    linear_ratio(pass->tables, pass->tables + draws * frame->draw_width, draws, frame->draw_width);
    struct judgement judgement = {.margin = margin, .ratio = NAN};
    judgement.parameter = parameter_of(pass->tables, draws, frame->draw_width, &options, pass->scratch);
    judge(&judgement, frame, &s, 1, false);
    return insert_row(pass, cell_a, cell_b, "break_even_price_ratio", "1", &s, &judgement);
}

bool summary_write_pair(struct summary_pass *pass, size_t cell_a, size_t cell_b)
{
    const struct summary_frame *frame = pass->frame;
    bool same_point = cell_a / frame->cloud_count == cell_b / frame->cloud_count;
    for (size_t m = pass->first; m < pass->first + pass->count; m++) {
        if (!write_difference(pass, cell_a, cell_b, m))
            return false;
        if (same_point && strcmp(frame->metrics[m].name, "cost_usd_per_useful_gpu_hour") == 0 &&
            !write_price_ratio(pass, cell_a, cell_b, m))
            return false;
    }
    return true;
}
