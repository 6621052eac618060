/* What the results hang on: of a morris or saltelli design, for each main metric the varied keys, strongest first, of each cloud and of
 * each difference. The charts show the same; here are the numbers. */
#include "sim/report/report_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { METRICS_MOST = 6, INDICES = 3 };

/* A key of one subject: its rows follow each other in the file. */
struct factor {
    const struct compare_sensitivity *row;
    size_t rows;
    double strength; /* of the index that ranks: mu_star or total; -1: unknown */
};

static bool is_morris(const struct report *report)
{
    return strncmp(report->data.sensitivities[0].name, "mu", 2) == 0;
}

static bool same_subject(const struct compare_sensitivity *a, const struct compare_sensitivity *b)
{
    return a->cloud_a == b->cloud_a && a->cloud_b == b->cloud_b && a->metric == b->metric;
}

static int stronger_first(const void *a, const void *b)
{
    const struct factor *x = a, *y = b;
    if (x->strength != y->strength)
        return x->strength > y->strength ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row; /* the file's order */
}

/* The keys of the subject of the first row; *rows: how many rows they are. */
static struct factor *factors_of(const struct report *report, const struct compare_sensitivity *first, size_t left, size_t *count,
                                 size_t *rows)
{
    struct factor *factors = arena_array(report->arena, left, struct factor);
    *count = 0;
    for (*rows = 0; *rows < left && same_subject(first, &first[*rows]); ++*rows) {
        const struct compare_sensitivity *row = &first[*rows];
        if (*count == 0 || strcmp(factors[*count - 1].row->factor, row->factor) != 0)
            factors[(*count)++] = (struct factor){.row = row, .strength = -1};
        factors[*count - 1].rows++;
        bool ranks = strcmp(row->name, "total") == 0 || strcmp(row->name, "mu_star") == 0;
        if (ranks && !isnan(row->value))
            factors[*count - 1].strength = row->value;
    }
    qsort(factors, *count, sizeof *factors, stronger_first);
    return factors;
}

/* --- Writing --- */

static const char *number_of(const struct report *report, double value, bool share)
{
    if (isnan(value))
        return "&ndash;";
    const char *plain = share ? arena_format(report->arena, "%.2f", fabs(value) < 0.005 ? 0 : value)
                              : arena_format(report->arena, "%.3g", value);
    return plain[0] == '-' ? arena_format(report->arena, "&minus;%s", plain + 1) : plain;
}

static void put_index(const struct report *report, const struct factor *factor, const char *name, bool share)
{
    for (size_t i = 0; i < factor->rows; i++) {
        const struct compare_sensitivity *row = &factor->row[i];
        if (strcmp(row->name, name) != 0)
            continue;
        fprintf(report->out, "<td>%s", number_of(report, row->value, share));
        if (!isnan(row->ci_low) && !isnan(row->ci_high))
            fprintf(report->out, "<small>%s to %s</small>", number_of(report, row->ci_low, share), number_of(report, row->ci_high, share));
        return;
    }
    fputs("<td class=open>&ndash;", report->out);
}

static size_t put_subject(const struct report *report, const struct compare_sensitivity *first, size_t left, bool morris)
{
    static const char *const names[2][INDICES] = {{"first", "total", NULL}, {"mu", "mu_star", "sigma"}};
    size_t count, rows;
    const struct factor *factors = factors_of(report, first, left, &count, &rows);
    fprintf(report->out, "<tbody><tr class=group><th colspan=%d scope=rowgroup>%s%s%s\n", morris ? 4 : 3, report->clouds[first->cloud_a],
            first->cloud_b != COMPARE_ALONE ? " minus " : "", first->cloud_b != COMPARE_ALONE ? report->clouds[first->cloud_b] : "");
    for (size_t f = 0; f < count; f++) {
        const struct compare_sensitivity *row = factors[f].row;
        const char *key = report_metric(report->arena, row->factor);
        if (strcmp(row->label, row->factor) == 0)
            fprintf(report->out, "<tr><th scope=row><code>%s</code>", key);
        else
            fprintf(report->out, "<tr><th scope=row>%s<small><code>%s</code></small>", report_name(report->arena, row->label), key);
        for (int i = 0; i < INDICES && names[morris][i] != NULL; i++)
            put_index(report, &factors[f], names[morris][i], !morris);
        fputc('\n', report->out);
    }
    return rows;
}

static void put_metric(const struct report *report, size_t metric, bool open)
{
    const struct compare_data *data = &report->data;
    const struct compare_metric *about = &data->metrics[metric];
    bool morris = is_morris(report), unit = morris && strcmp(about->unit, "1") != 0;
    const char *plain = report_words(report, metric);
    fprintf(report->out, "<details%s><summary>%s</summary>\n<div class=wide tabindex=0 role=region aria-label=\"What %s hangs on\">"
                         "<table class=numbers><caption>%s%s%s, strongest first; %g&nbsp;%% intervals below</caption><thead><tr><th scope=col>Key%s</thead>\n",
            open ? " open" : "", plain, plain, morris ? "Change when a key crosses its whole range" : "Share of the variance over the points",
            unit ? ", in " : "", unit ? report_name(report->arena, about->unit) : "", 100 * data->run.level,
            morris ? "<th scope=col>Mean<th scope=col>Mean size<th scope=col>Spread" : "<th scope=col>Alone<th scope=col>With others");
    for (size_t i = 0; i < data->sensitivity_count;)
        i += data->sensitivities[i].metric != metric ? 1 : put_subject(report, &data->sensitivities[i], data->sensitivity_count - i, morris);
    fputs("</table></div></details>\n", report->out);
}

static bool has_metric(const struct report *report, size_t metric)
{
    for (size_t i = 0; i < report->data.sensitivity_count; i++)
        if (report->data.sensitivities[i].metric == metric && !isnan(report->data.sensitivities[i].value))
            return true;
    return false;
}

/* The main metrics first, then others as they are declared. */
static size_t choose_metrics(const struct report *report, size_t *metrics)
{
    size_t count = 0;
    for (const char *const *name = compare_main_metrics; *name != NULL && count < METRICS_MOST; name++)
        for (size_t m = 0; m < report->data.metric_count; m++)
            if (count < METRICS_MOST && strcmp(report->data.metrics[m].name, *name) == 0 && has_metric(report, m))
                metrics[count++] = m;
    for (size_t m = 0; count == 0 && m < report->data.metric_count; m++)
        if (has_metric(report, m))
            metrics[count++] = m;
    return count;
}

void report_sensitivity(const struct report *report)
{
    size_t metrics[METRICS_MOST];
    if (report->data.sensitivity_count == 0)
        return;
    size_t count = choose_metrics(report, metrics);
    if (count == 0)
        return;
    fprintf(report->out, "<section id=sensitivity aria-labelledby=sensitivity-title><h2 id=sensitivity-title>What it hangs on</h2>\n<p>%s Over %zu"
                         " points. <code>nines compare</code> lists any metric.</p>\n",
            is_morris(report) ? "Elementary effects: the mean change of a metric when one key crosses its range, the mean of its size, and how"
                                " much it depends on where one is (spread)."
                              : "Shares of the variance: what a key explains alone, and with all it does together with others.",
            report->data.point_count);
    for (size_t i = 0; i < count; i++)
        put_metric(report, metrics[i], i == 0);
    fputs("</section>\n", report->out);
}
