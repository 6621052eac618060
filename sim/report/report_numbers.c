/* The numbers of each point: clouds side by side, then the differences between them. */
#include "sim/report/report_internal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Points on the page, and points that are few enough to show every metric of each. */
enum { MOST_POINTS = 24, FEW_POINTS = 12 };

static bool is_main(const struct report *report, size_t metric)
{
    for (const char *const *name = compare_main_metrics; *name != NULL; name++)
        if (strcmp(*name, report->data.metrics[metric].name) == 0)
            return true;
    return false;
}

static bool is_defined(const struct report *report, size_t point, size_t metric)
{
    for (size_t c = 0; c < report->data.cloud_count; c++) {
        const struct compare_summary *s = report_summary(report, point, c, metric);
        if (s != NULL && s->values.n > 0)
            return true;
    }
    return false;
}

static void put_metric_name(const struct report *report, size_t metric)
{
    const struct compare_metric *about = &report->data.metrics[metric];
    const char *unit = about->is_availability || strcmp(about->unit, "1") == 0 ? "" : about->unit;
    fprintf(report->out, "<th scope=row>%s%s%s%s<small>%s <code>%s</code></small>", report_words(report, metric),
            unit[0] != '\0' ? " <span class=unit>" : "", report_name(report->arena, unit), unit[0] != '\0' ? "</span>" : "",
            report_text(report->arena, about->help), report_metric(report->arena, about->name));
}

static void put_small(const struct report *report, const char *label, const char *text)
{
    if (text != NULL)
        fprintf(report->out, "<small>%s%s</small>", label, text);
}

static void put_cell(const struct report *report, const struct compare_summary *s, struct compare_scale scale)
{
    struct arena *arena = report->arena;
    if (s == NULL || s->values.n == 0) {
        fputs("<td class=open>undefined", report->out);
        return;
    }
    const struct statistics *v = &s->values;
    if (v->is_bound)
        fprintf(report->out, "<td>&ge;&nbsp;%s<small>no down time seen</small>", report_number(arena, v->ci_low, scale, false, -1));
    else {
        fprintf(report->out, "<td>%s", report_number(arena, v->mean, scale, false, 0));
        if (strcmp(s->method, "constant") == 0)
            put_small(report, "", "constant");
        else if (isnan(v->ci_low))
            put_small(report, "", "one value, no interval");
        else
            put_small(report, "", report_range(report, v->ci_low, v->ci_high, scale, false));
    }
    if (s->draws > 0)
        put_small(report, "inputs: ", report_range(report, s->param_low, s->param_high, scale, false));
    if (v->n_undefined > 0)
        put_small(report, "", arena_format(arena, "of %" PRIu32 " of %" PRIu32 " replications", v->n, v->n + v->n_undefined));
}

/* Rows of the main metrics, or of all others. Returns how many; writes only when asked. */
static size_t put_rows(const struct report *report, size_t point, bool main, bool write)
{
    size_t rows = 0;
    for (size_t m = 0; m < report->data.metric_count; m++) {
        if (is_main(report, m) != main || !is_defined(report, point, m))
            continue;
        rows++;
        if (!write)
            continue;
        struct compare_scale scale = report_scale(report, point, m, false);
        fputs("<tr>", report->out);
        put_metric_name(report, m);
        for (size_t c = 0; c < report->data.cloud_count; c++)
            put_cell(report, report_summary(report, point, c, m), scale);
        fputc('\n', report->out);
    }
    return rows;
}

static void put_table(const struct report *report, size_t point, bool main)
{
    fprintf(report->out, "<div class=wide tabindex=0 role=region aria-label=\"%s of point %s\"><table class=numbers>"
                         "<caption>%s: means, %g&nbsp;%% sampling intervals below them</caption><thead><tr><th scope=col>Metric",
            main ? "Main numbers" : "Other numbers", report->points[point], main ? "Main numbers" : "Other numbers",
            100 * report->data.run.level);
    for (size_t c = 0; c < report->data.cloud_count; c++)
        fprintf(report->out, "<th scope=col>%s", report->clouds[c]);
    fputs("</thead><tbody>\n", report->out);
    put_rows(report, point, main, true);
    fputs("</tbody></table></div>\n", report->out);
}

/* --- Differences --- */

static const char *verdict_of(const struct report *report, const struct compare_difference *d, bool ratio)
{
    bool ahead = strcmp(d->verdict, "ahead") == 0, behind = strcmp(d->verdict, "behind") == 0;
    if (ahead || behind)
        return arena_format(report->arena, "%s ahead", report->clouds[ahead ? d->cloud_a : d->cloud_b]);
    if (strcmp(d->method, "constant") == 0 && d->values.mean == 0)
        return "no difference";
    return compare_is_too_small(d, ratio ? 1 : 0) ? "too small to matter" : "not decided";
}

static void put_difference(const struct report *report, const struct compare_difference *d)
{
    struct arena *arena = report->arena;
    bool ratio = strcmp(report->data.metrics[d->metric].name, "break_even_price_ratio") == 0;
    struct compare_scale scale = report_scale(report, d->point_a, d->metric, true);
    const char *sampling = report_range(report, d->values.ci_low, d->values.ci_high, scale, !ratio);
    const char *parameter = report_range(report, d->param_low, d->param_high, scale, !ratio), *verdict = verdict_of(report, d, ratio);
    bool open = strcmp(verdict, "not decided") == 0;
    fprintf(report->out, "<tr><th scope=row>%s %s %s<td>%s<td>%s<td>%s<td class=\"words%s\">%s\n", report->clouds[d->cloud_a],
            ratio ? "against" : "minus", report->clouds[d->cloud_b], report_number(arena, d->values.mean, scale, !ratio, 0),
            sampling != NULL ? sampling : "&ndash;", parameter != NULL ? parameter : "&ndash;", open ? " open" : "", verdict);
}

static void put_differences(const struct report *report, size_t point)
{
    const struct compare_data *data = &report->data;
    size_t last = REPORT_NONE, written = 0;
    for (const char *const *name = compare_main_metrics; *name != NULL; name++)
        for (size_t i = 0; i < data->difference_count; i++) {
            const struct compare_difference *d = &data->differences[i];
            if (d->point_a != point || d->point_b != point || d->values.n == 0 || strcmp(data->metrics[d->metric].name, *name) != 0)
                continue;
            if (written++ == 0)
                fprintf(report->out, "<details><summary>Differences between clouds at %s</summary>\n<div class=wide tabindex=0 role=region"
                                     " aria-label=\"Differences at point %s\"><table class=numbers><caption>Paired by replication</caption>"
                                     "<thead><tr><th scope=col>Pair<th scope=col>Difference<th scope=col>Sampling interval"
                                     "<th scope=col>Parameter interval<th scope=col class=words>Verdict</thead>\n",
                        report->points[point], report->points[point]);
            if (d->metric != last) {
                const struct compare_metric *about = &data->metrics[d->metric];
                fprintf(report->out, "<tbody><tr class=group><th colspan=5 scope=rowgroup>%s <span class=unit>%s</span>\n",
                        report_words(report, d->metric), about->is_availability || strcmp(about->unit, "1") == 0
                                                                     ? "" : report_name(report->arena, about->unit));
            }
            last = d->metric;
            put_difference(report, d);
        }
    if (written > 0)
        fputs("</table></div></details>\n", report->out);
}

static void put_point(const struct report *report, size_t point)
{
    bool many = report->data.point_count > 1;
    if (many)
        fprintf(report->out, "<details class=point%s><summary><h3>%s</h3></summary>\n", point == report->headline ? " open" : "",
                report->points[point]);
    bool main = put_rows(report, point, true, false) > 0;
    if (main)
        put_table(report, point, true);
    put_differences(report, point);
    if ((!main || report->data.point_count <= FEW_POINTS) && put_rows(report, point, false, false) > 0) {
        fprintf(report->out, "<details%s><summary>%s metrics</summary>\n", main ? "" : " open", main ? "All other" : "All");
        put_table(report, point, false);
        fputs("</details>\n", report->out);
    }
    if (many)
        fputs("</details>\n", report->out);
}

void report_numbers(const struct report *report)
{
    size_t points = report->data.point_count;
    fputs("<section id=numbers aria-labelledby=numbers-title><h2 id=numbers-title>Numbers</h2>\n", report->out);
    for (size_t p = 0; p < points && p < MOST_POINTS; p++)
        put_point(report, p);
    if (points > MOST_POINTS)
        fprintf(report->out, "<p class=note>The first %d of %zu points; <code>nines compare</code> shows any point and metric.</p>\n", MOST_POINTS,
                points);
    fputs("</section>\n", report->out);
}
