/* The verdict: a sentence on availability, one on cost, each with both intervals, and one line a point. */
#include "sim/base/units.h"
#include "sim/report/report_internal.h"

#include <math.h>
#include <string.h>

enum { MOST_POINTS = 40, MOST_CLOUDS = 6 /* in one sentence */ };

static bool says(const struct compare_difference *d, const char *verdict)
{
    return d != NULL && strcmp(d->verdict, verdict) == 0;
}

/* The cloud whose lead over every other one is decided; REPORT_NONE: none. */
static size_t leader_of(const struct report *report, size_t point, size_t metric)
{
    for (size_t a = 0; metric != REPORT_NONE && a < report->data.cloud_count; a++) {
        size_t led = 0;
        for (size_t b = 0; b < report->data.cloud_count; b++)
            led += a != b && says(report_difference(report, point, a, b, metric), "ahead");
        if (led > 0 && led + 1 == report->data.cloud_count)
            return a;
    }
    return REPORT_NONE;
}

/* The cloud with the best mean; REPORT_NONE when no cloud has one. */
static size_t best_of(const struct report *report, size_t point, size_t metric)
{
    size_t best = REPORT_NONE;
    double sign = report->data.metrics[metric].higher_is_better ? 1 : -1, most = -INFINITY;
    for (size_t c = 0; c < report->data.cloud_count; c++) {
        const struct compare_summary *s = report_summary(report, point, c, metric);
        if (s != NULL && sign * s->values.mean > most) { /* false for NaN */
            most = sign * s->values.mean;
            best = c;
        }
    }
    return best;
}

/* The cloud nearest to `cloud`; of those only over which its lead is not decided, when undecided. */
static size_t nearest_to(const struct report *report, size_t point, size_t cloud, size_t metric, bool undecided)
{
    size_t nearest = REPORT_NONE;
    double least = INFINITY;
    for (size_t b = 0; b < report->data.cloud_count; b++) {
        const struct compare_difference *d = b != cloud ? report_difference(report, point, cloud, b, metric) : NULL;
        if (d == NULL || (undecided && says(d, "ahead")) || !(fabs(d->values.mean) < least))
            continue;
        least = fabs(d->values.mean);
        nearest = b;
    }
    return nearest;
}

static const char *unit_of(const struct report *report, size_t metric)
{
    const struct compare_metric *about = &report->data.metrics[metric];
    return about->is_availability || about->is_share || strcmp(about->unit, "1") == 0 ? "" : about->unit;
}

/* ", 52 min in 31 d": what a difference of availability is of the whole period, which says more to most. */
static void put_time(const struct report *report, const struct compare_difference *d)
{
    double seconds = fabs(d->values.mean) * report->data.run.horizon_s;
    char period[UNITS_TEXT];
    if (!report->data.metrics[d->metric].is_availability || !(seconds >= 1))
        return;
    units_format_duration(period, duration_from_seconds(report->data.run.horizon_s));
    if (seconds < 60)
        fprintf(report->out, ", %.0f&nbsp;s in %s", seconds, period);
    else if (seconds < 7200)
        fprintf(report->out, ", %.0f&nbsp;min in %s", seconds / 60, period);
    else
        fprintf(report->out, ", %.1f&nbsp;h in %s", seconds / 3600, period);
}

/* The difference in words, then both intervals, or why one is missing. */
static void put_intervals(const struct report *report, const struct compare_difference *d, struct compare_scale scale)
{
    const char *sampling = report_range(report, d->values.ci_low, d->values.ci_high, scale, true);
    const char *parameter = report_range(report, d->param_low, d->param_high, scale, true);
    struct compare_scale bare = scale;
    bare.suffix = "";
    fprintf(report->out, "<span class=num>%s</span>%s%s", report_number(report->arena, d->values.mean, bare, true, 0),
            scale.suffix[0] != '\0' || unit_of(report, d->metric)[0] != '\0' ? "&nbsp;" : "",
            scale.suffix[0] != '\0' ? "percentage points" : report_text(report->arena, unit_of(report, d->metric)));
    put_time(report, d);
    fprintf(report->out, " (%g&nbsp;%% sampling interval <span class=num>%s</span>; ", 100 * report->data.run.level,
            sampling != NULL ? sampling : "unknown");
    if (parameter != NULL)
        fprintf(report->out, "parameter interval <span class=num>%s</span>)", parameter);
    else
        fputs("no parameter interval: the weakly known inputs were not drawn)", report->out);
}

/* "99.995 % under io.net, 99.879 % under akash and 99.51 % under azure-like", the best first. */
static void put_values(const struct report *report, size_t point, size_t metric)
{
    size_t clouds = report->data.cloud_count, shown = 0;
    struct compare_scale scale = report_scale(report, point, metric, false);
    bool *told = arena_array(report->arena, clouds, bool);
    double sign = report->data.metrics[metric].higher_is_better ? 1 : -1;
    for (; shown < clouds && shown < MOST_CLOUDS; shown++) {
        size_t best = REPORT_NONE;
        double most = -INFINITY;
        for (size_t c = 0; c < clouds; c++) {
            const struct compare_summary *s = report_summary(report, point, c, metric);
            if (told[c] || s == NULL || !(sign * s->values.mean > most))
                continue;
            most = sign * s->values.mean;
            best = c;
        }
        if (best == REPORT_NONE)
            return;
        told[best] = true;
        const struct statistics *v = &report_summary(report, point, best, metric)->values;
        fprintf(report->out, "%s%s<span class=num>%s</span>%s%s under %s", shown == 0 ? " is " : shown + 1 == clouds ? " and " : ", ",
                v->is_bound ? "at least " : "", report_number(report->arena, v->is_bound ? v->ci_low : v->mean, scale, false, v->is_bound ? -1 : 0),
                unit_of(report, metric)[0] != '\0' ? "&nbsp;" : "", report_text(report->arena, unit_of(report, metric)), report->clouds[best]);
    }
}

/* Pairs that are decided where the whole is not. */
static void put_decided(const struct report *report, size_t point, size_t metric)
{
    const struct compare_data *data = &report->data;
    size_t written = 0;
    for (size_t a = 0; a < data->cloud_count; a++)
        for (size_t b = 0; b < data->cloud_count; b++)
            if (a != b && written < 6 && says(report_difference(report, point, a, b, metric), "ahead"))
                fprintf(report->out, "%s%s ahead of %s", written++ == 0 ? " Decided: " : ", ", report->clouds[a], report->clouds[b]);
    if (written > 0)
        fputc('.', report->out);
}

static void put_sentence(const struct report *report, const char *about, size_t metric)
{
    size_t point = report->headline, leader = leader_of(report, point, metric);
    size_t first = leader != REPORT_NONE ? leader : best_of(report, point, metric);
    size_t second = first != REPORT_NONE ? nearest_to(report, point, first, metric, leader == REPORT_NONE) : REPORT_NONE;
    const char *name = report_words(report, metric);
    if (second == REPORT_NONE) {
        fprintf(report->out, "<p><strong>%s: not decided.</strong> The %s is undefined, or known of one cloud only.</p>\n", about, name);
        return;
    }
    const struct compare_difference *d = report_difference(report, point, first, second, metric);
    struct compare_scale scale = report_scale(report, point, metric, true);
    if (leader != REPORT_NONE)
        fprintf(report->out, "<p><strong>%s: %s ahead.</strong> ", about, report->clouds[first]);
    else
        fprintf(report->out, "<p><strong>%s: not decided.</strong> ", about);
    if (report->data.point_count > 1)
        fprintf(report->out, "At point %s the %s", report->points[point], name);
    else
        fprintf(report->out, "The %s", name);
    put_values(report, point, metric);
    if (leader != REPORT_NONE)
        fprintf(report->out, "; from %s, the nearest, %s differs by ", report->clouds[second], report->clouds[first]);
    else
        fprintf(report->out, "; whether %s is better than %s is open: the difference is ", report->clouds[first], report->clouds[second]);
    put_intervals(report, d, scale);
    fputc('.', report->out);
    if (leader == REPORT_NONE)
        put_decided(report, point, metric);
    fputs("</p>\n", report->out);
}

/* --- One line a point --- */

static void put_outcome(const struct report *report, size_t point, size_t metric)
{
    size_t leader = leader_of(report, point, metric);
    if (leader != REPORT_NONE)
        fprintf(report->out, "<td>%s ahead", report->clouds[leader]);
    else
        fputs("<td class=open>not decided", report->out);
}

static void put_points(const struct report *report)
{
    const struct compare_data *data = &report->data;
    if (data->point_count < 2 || data->point_count > MOST_POINTS)
        return;
    fputs("<div class=wide tabindex=0 role=region aria-label=\"Verdict of every point\"><table class=plain><caption>Who is ahead of every other cloud, point"
          " by point</caption><thead><tr><th scope=col>Point", report->out);
    if (report->availability != REPORT_NONE)
        fputs("<th scope=col>Availability", report->out);
    if (report->cost != REPORT_NONE)
        fputs("<th scope=col>Cost", report->out);
    fputs("</thead><tbody>\n", report->out);
    for (size_t p = 0; p < data->point_count; p++) {
        fprintf(report->out, "<tr><th scope=row>%s", report->points[p]);
        if (report->availability != REPORT_NONE)
            put_outcome(report, p, report->availability);
        if (report->cost != REPORT_NONE)
            put_outcome(report, p, report->cost);
        fputc('\n', report->out);
    }
    fputs("</tbody></table></div>\n", report->out);
}

/* No overall winner without dominance on both (the rules of a fair comparison). */
static void put_overall(const struct report *report)
{
    if (report->availability == REPORT_NONE || report->cost == REPORT_NONE)
        return;
    size_t up = leader_of(report, report->headline, report->availability), cheap = leader_of(report, report->headline, report->cost);
    if (up != REPORT_NONE && up == cheap)
        fprintf(report->out, "<p>So %s is ahead in both at this point.</p>\n", report->clouds[up]);
    else
        fputs("<p>No cloud is ahead in both, so there is no overall winner.</p>\n", report->out);
}

void report_verdict(const struct report *report)
{
    const struct compare_data *data = &report->data;
    fputs("<section id=verdict aria-labelledby=verdict-title><h2 id=verdict-title>Verdict</h2>\n<div class=verdict>\n", report->out);
    if (data->cloud_count < 2)
        fputs("<p>One cloud: there is nothing to compare.</p>\n", report->out);
    else if (report->availability == REPORT_NONE && report->cost == REPORT_NONE)
        fputs("<p>Neither availability nor cost was measured: nothing to decide.</p>\n", report->out);
    else {
        if (report->availability != REPORT_NONE)
            put_sentence(report, "Availability", report->availability);
        if (report->cost != REPORT_NONE)
            put_sentence(report, "Cost", report->cost);
        put_overall(report);
    }
    fputs("</div>\n", report->out);
    if (data->cloud_count > 1 && (report->availability != REPORT_NONE || report->cost != REPORT_NONE))
        put_points(report);
    if (data->sensitivity_count > 0)
        fputs("<p class=note>The points of this run are a design that asks <a href=\"#sensitivity\">what the results hang on</a>; the"
              " verdict is that of its first setting alone.</p>\n", report->out);
    const char *means = compare_regime_means(data->run.regime);
    if (means[0] != '\0')
        fprintf(report->out, "<p class=note>Regime <em>%s</em>: %s. A verdict needs its interval to lie beyond the smallest difference that"
                             " matters, after correction for the number of comparisons.</p>\n",
                report_text(report->arena, data->run.regime), means);
    fputs("</section>\n", report->out);
}
