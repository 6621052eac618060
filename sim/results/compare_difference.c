#include "sim/results/compare_page.h"

#include <string.h>

enum { PAIR = 34, DIFFERENCE = 13, RANGE = 26, VERDICT = 20, BETWEEN_ROWS = 30 };

bool compare_is_too_small(const struct compare_difference *difference, double about)
{
    bool drawn = strcmp(difference->decided_by, "parameter") == 0;
    double low = drawn ? difference->param_low : difference->values.ci_low;
    double high = drawn ? difference->param_high : difference->values.ci_high;
    return low - about >= -difference->smallest && high - about <= difference->smallest; /* false for NaN */
}

/* "akash ahead", "no difference", "too small to matter", "not decided". */
static const char *verdict_text(const struct page *page, const struct compare_difference *difference, const char *a,
                                const char *b, bool ratio)
{
    bool ahead = strcmp(difference->verdict, "ahead") == 0, behind = strcmp(difference->verdict, "behind") == 0;
    bool same = strcmp(difference->method, "constant") == 0 && difference->values.mean == 0;
    if (!ahead && !behind)
        return same ? "no difference" : compare_is_too_small(difference, ratio ? 1 : 0) ? "too small to matter" : "not decided";
    return arena_format(page->arena, "%s ahead", compare_fit(page->arena, ahead ? a : b, 13));
}

static void put_difference(const struct page *page, const struct compare_difference *difference, const char *a, const char *b,
                           struct compare_scale scale, bool ratio)
{
    const struct statistics *values = &difference->values;
    const char *pair = arena_format(page->arena, "%s vs %s", compare_fit(page->arena, a, (PAIR - 4) / 2),
                                    compare_fit(page->arena, b, (PAIR - 4) / 2));
    fputs("    ", page->out);
    page_put(page, pair, PAIR, false);
    page_put(page, compare_number(page->arena, values->mean, scale, !ratio, 0), DIFFERENCE, true);
    fputs("   ", page->out);
    page_put(page, page_interval(page, values, difference->method, scale, !ratio), RANGE, false);
    fprintf(page->out, "%s\n", compare_fit(page->arena, verdict_text(page, difference, a, b, ratio), VERDICT));
    if (strcmp(difference->decided_by, "parameter") == 0)
        page_drawn(page, PAIR + DIFFERENCE + 3, difference->param_low, difference->param_high, scale, !ratio);
}

/* Percentage points for availabilities. */
static struct compare_scale difference_scale(const struct compare_metric *metric, const struct statistics *values,
                                             size_t count)
{
    return compare_scale_of(values, count, metric->is_availability ? COMPARE_POINTS : COMPARE_PLAIN);
}

/* Rows of one metric among the clouds of one point; those without any pair only when asked for. */
static bool is_within(const struct compare_data *data, const struct compare_difference *difference, size_t point,
                      size_t metric)
{
    return difference->point_a == point && difference->point_b == point && difference->metric == metric &&
           (difference->values.n > 0 || data->options->metric_count > 0);
}

static void put_metric_differences(const struct page *page, size_t point, size_t metric)
{
    const struct compare_data *data = page->data;
    const struct compare_metric *about = &data->metrics[metric];
    bool ratio = strcmp(about->name, "break_even_price_ratio") == 0;
    size_t count = 0, pairs = data->cloud_count * (data->cloud_count - 1) / 2;
    struct statistics *values = arena_array(page->arena, pairs, struct statistics);
    for (size_t i = 0; i < data->difference_count && count < pairs; i++)
        if (is_within(data, &data->differences[i], point, metric))
            values[count++] = data->differences[i].values;
    if (count == 0)
        return;
    struct compare_scale scale = difference_scale(about, values, count);
    fprintf(page->out, "  %s%s\n", compare_fit(page->arena, page_metric(page, about), PAGE_COLUMNS - 2),
            ratio ? ": the second's prices times this, and both cost the same" : "");
    for (size_t i = 0; i < data->difference_count; i++)
        if (is_within(data, &data->differences[i], point, metric))
            put_difference(page, &data->differences[i], page->clouds[data->differences[i].cloud_a],
                           page->clouds[data->differences[i].cloud_b], scale, ratio);
}

void page_differences(const struct page *page, size_t point)
{
    const struct compare_data *data = page->data;
    if (data->cloud_count < 2)
        return;
    fputs("\n  Differences, paired by replication: the first minus the second\n", page->out);
    for (size_t s = 0; s < data->selected_count; s++)
        put_metric_differences(page, point, data->selected[s]);
}

/* Against the first point, unless one point was asked for. */
static bool is_between(const struct compare_data *data, const struct compare_difference *difference, size_t metric,
                       size_t cloud)
{
    return difference->metric == metric && difference->cloud_a == cloud && difference->cloud_b == cloud &&
           difference->point_a != difference->point_b && (data->options->point != NULL || difference->point_a == 0);
}

struct between {
    size_t all, decided, written;
};

/* The differences of one metric of one cloud between points: the decided ones; all of them when somebody asks for that metric. */
static void put_between(const struct page *page, size_t metric, size_t cloud, struct between *count)
{
    const struct compare_data *data = page->data;
    bool titled = false;
    for (size_t i = 0; i < data->difference_count; i++) {
        const struct compare_difference *difference = &data->differences[i];
        if (!is_between(data, difference, metric, cloud))
            continue;
        bool decided = strcmp(difference->verdict, "not decided") != 0;
        count->all++;
        count->decided += decided;
        if ((!decided && data->options->metric_count == 0) || count->written == BETWEEN_ROWS)
            continue;
        if (count->written++ == 0)
            fputs("\nBetween points, the same cloud, paired by replication: the first minus the second\n", page->out);
        if (!titled)
            fprintf(page->out, "  %s, %s\n", compare_fit(page->arena, page_metric(page, &data->metrics[metric]), 48),
                    compare_fit(page->arena, page->clouds[cloud], 48));
        titled = true;
        put_difference(page, difference, page->points[difference->point_a], page->points[difference->point_b],
                       difference_scale(&data->metrics[metric], &difference->values, 1), false);
    }
}

void page_between_points(const struct page *page)
{
    const struct compare_data *data = page->data;
    struct between count = {0};
    for (size_t s = 0; s < data->selected_count; s++)
        for (size_t cloud = 0; cloud < data->cloud_count; cloud++)
            put_between(page, data->selected[s], cloud, &count);
    if (count.all > count.written)
        fprintf(page->out, "%s%zu of %zu between points shown; not decided: %zu (%s--json lists all)\n",
                count.written == 0 ? "\n" : "  ", count.written, count.all, count.all - count.decided,
                data->options->metric_count == 0 ? "--metric shows those of a metric, " : "");
}
