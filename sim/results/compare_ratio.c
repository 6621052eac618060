/* By how many times one cloud is more than another: `--ratio`, for people and for programs. */
#include "sim/results/compare_json.h"
#include "sim/results/compare_page.h"
#include "sim/results/compare_row.h"
#include "sim/results/summary.h"

#include <math.h>

enum { PAIR = 34, RATIO = 13 };

/* Metrics come in the order in which they are shown, so a row's is the one after that of the rows before, or the same. */
bool compare_load_ratios(struct compare_data *data, struct sqlite3 *database)
{
    if (!data->options->ratio)
        return true;
    struct summary_ratio *rows = NULL;
    size_t count = 0, selected = 0;
    const char **names = arena_array(data->arena, data->selected_count, const char *);
    for (size_t i = 0; i < data->selected_count; i++)
        names[i] = data->metrics[data->selected[i]].name;
    if (!summary_ratios(database, data->arena, data->run.level, names, data->selected_count, &rows, &count))
        return false;
    data->ratios = arena_array(data->arena, count, struct compare_ratio);
    for (size_t i = 0; i < count; i++) {
        while (names[selected] != rows[i].metric)
            selected++;
        struct compare_ratio ratio = {.point = point_of(data, rows[i].point), .cloud_a = cloud_of(data, rows[i].cloud_a),
                                      .cloud_b = cloud_of(data, rows[i].cloud_b), .metric = data->selected[selected],
                                      .values = rows[i].values};
        if (ratio.point < data->point_count && data->shown[ratio.point] && ratio.cloud_a < data->cloud_count && ratio.cloud_b < data->cloud_count)
            data->ratios[data->ratio_count++] = ratio;
    }
    return true;
}

const char *compare_ratio_of(const struct compare_data *data, const struct compare_ratio *ratio)
{
    const struct compare_metric *metric = &data->metrics[ratio->metric];
    return metric->is_availability ? arena_format(data->arena, "1 - %s", metric->name) : metric->name;
}

/* --- For people --- */

static const char *interval(const struct page *page, const struct statistics *values, struct compare_scale scale)
{
    if (values->method == STATISTICS_CONSTANT)
        return "every time the same";
    if (!isnan(values->ci_low))
        return page_interval(page, values, statistics_method_name(values->method), scale, false);
    if (values->method == STATISTICS_FIELLER)
        return "no bound: the second may be 0";
    return values->mean == 0 ? "no interval: the first was 0 every time" : "no interval";
}

static void put_ratio(const struct page *page, const struct compare_ratio *ratio)
{
    const struct statistics *values = &ratio->values;
    struct compare_scale scale = compare_scale_of(values, 1, COMPARE_PLAIN);
    const char *pair = arena_format(page->arena, "%s over %s", compare_fit(page->arena, page->clouds[ratio->cloud_a], (PAIR - 6) / 2),
                                    compare_fit(page->arena, page->clouds[ratio->cloud_b], (PAIR - 6) / 2));
    fputs("    ", page->out);
    page_put(page, pair, PAIR, false);
    page_put(page, compare_number(page->arena, values->mean, scale, false, 0), RATIO, true);
    fputs("   ", page->out);
    page_line(page, interval(page, values, scale));
}

void page_ratios(const struct page *page, size_t point)
{
    const struct compare_data *data = page->data;
    size_t about = data->metric_count;
    for (size_t i = 0; i < data->ratio_count; i++) {
        const struct compare_ratio *ratio = &data->ratios[i];
        if (ratio->point != point || (ratio->values.n == 0 && data->options->metric_count == 0))
            continue;
        if (about == data->metric_count)
            fputs("\n  Ratios of means, paired by replication, not corrected for how many there are (Fieller)\n", page->out);
        if (about != ratio->metric)
            fprintf(page->out, "  %s\n", compare_fit(page->arena, compare_clean(page->arena, compare_ratio_of(data, ratio)), PAGE_COLUMNS - 2));
        about = ratio->metric;
        put_ratio(page, ratio);
    }
}

/* --- For programs --- */

struct json_t *compare_ratio_array(const struct compare_data *data)
{
    json_t *array = json_array();
    for (size_t i = 0; i < data->ratio_count; i++) {
        const struct compare_ratio *ratio = &data->ratios[i];
        json_t *row = json_object();
        json_object_set_new(row, "point", json_text(data, data->points[ratio->point].label));
        json_object_set_new(row, "cloud_a", json_text(data, data->clouds[ratio->cloud_a].name));
        json_object_set_new(row, "cloud_b", json_text(data, data->clouds[ratio->cloud_b].name));
        json_object_set_new(row, "metric", json_text(data, data->metrics[ratio->metric].name));
        json_object_set_new(row, "of", json_text(data, compare_ratio_of(data, ratio)));
        json_object_set_new(row, "n", json_integer(ratio->values.n));
        json_object_set_new(row, "n_undefined", json_integer(ratio->values.n_undefined));
        json_object_set_new(row, "value", json_number(ratio->values.mean));
        json_object_set_new(row, "ci_low", json_number(ratio->values.ci_low));
        json_object_set_new(row, "ci_high", json_number(ratio->values.ci_high));
        json_object_set_new(row, "level", json_number(ratio->values.level));
        json_object_set_new(row, "method", json_string(statistics_method_name(ratio->values.method)));
        json_array_append_new(array, row);
    }
    return array;
}
