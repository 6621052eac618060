/* The table for a person. Its order is the order of reading: what was asked, under which rules, the numbers of each point, what
 * differs, what was to be expected, what to do next. */
#include "sim/base/message.h"
#include "sim/results/compare_page.h"
#include "sim/base/units.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { NAME = 30, VALUE = 14, INTERVAL = 30, NINES = 7, COUNT = 9 };

/* --- Head --- */

const char *compare_regime_means(const char *regime)
{
    if (strcmp(regime, "rated") == 0)
        return "faults drawn from yearly rates";
    if (strcmp(regime, "matched") == 0)
        return "the same kind of event for every cloud: a conditional answer";
    if (strcmp(regime, "as happened") == 0)
        return "only the documented events: an answer about them, not in general";
    return "";
}

static void put_field(const struct page *page, const char *name, const char *value)
{
    page_line(page, arena_format(page->arena, "  %-12s %s", name, compare_fit(page->arena, value, PAGE_COLUMNS - 15)));
}

static const char *run_line(const struct page *page)
{
    const struct store_run *run = &page->data->run;
    bool complete = strcmp(run->status, "complete") == 0;
    const char *of = complete ? "" : arena_format(page->arena, " of %" PRIu32, run->replications);
    return arena_format(page->arena, "%" PRId64 "%s replications%s, seed %" PRIu64 ", %s%s%s%s", page->data->replications, of,
                        page->data->point_count > 1 ? " a point" : "", run->seed, compare_clean(page->arena, run->status),
                        run->precision_reached == 0 ? ", precision not reached" : "", run->digest != NULL ? ", digest " : "",
                        run->digest != NULL ? compare_clean(page->arena, run->digest) : "");
}

/* "Student t, bootstrap (bca)": which methods made the intervals of the shown rows. */
static const char *methods_text(const struct page *page)
{
    static const struct { const char *method, *text; } known[] = {{"student t", "Student t"}, {"bca", "bootstrap (BCa)"},
                                                                  {"control variate", "Student t with a control variate"},
                                                                  {"batch means", "batch means"}};
    const struct compare_data *data = page->data;
    const char *all = "";
    for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
        bool used = false;
        for (size_t i = 0; i < data->summary_count; i++)
            used = used || strcmp(data->summaries[i].method, known[k].method) == 0;
        for (size_t i = 0; i < data->difference_count; i++)
            used = used || strcmp(data->differences[i].method, known[k].method) == 0;
        if (used)
            all = arena_format(page->arena, "%s%s%s", all, all[0] != '\0' ? ", " : "", known[k].text);
    }
    return all[0] != '\0' ? all : "none";
}

/* Which methods made the intervals below, and what a verdict needs. */
static void put_methods(const struct page *page)
{
    const struct compare_data *data = page->data;
    bool bound = false, ratio = false, parameter = false;
    int64_t family = 0, draws = 0;
    for (size_t i = 0; i < data->summary_count; i++) {
        bound = bound || data->summaries[i].values.is_bound;
        draws = data->summaries[i].draws > draws ? data->summaries[i].draws : draws;
    }
    for (size_t i = 0; i < data->difference_count; i++) {
        ratio = ratio || strcmp(data->differences[i].method, "jackknife") == 0;
        parameter = parameter || strcmp(data->differences[i].decided_by, "parameter") == 0;
        family = data->differences[i].family > family ? data->differences[i].family : family;
    }
    put_field(page, "intervals", arena_format(page->arena, "%g %%, of the sampling alone: %s%s", data->run.level * 100,
                                              methods_text(page), ratio ? "; price ratio: jackknife" : ""));
    if (data->slice_count + data->tail_count > 0)
        put_field(page, "", data->tail_count == 0 ? "breakdowns: linearised" : "tails: linearised; value at risk: order statistics");
    if (draws > 0)
        put_field(page, "", arena_format(page->arena, "inputs drawn: over %lld draws of the weakly known inputs (parameter interval)",
                                         (long long)draws));
    if (bound)
        put_field(page, "", ">= is a bound: no replication saw down time (rule of three)");
    if (data->difference_count == 0)
        return;
    put_field(page, "verdicts", arena_format(page->arena, "when the %s interval lies beyond the smallest difference that matters",
                                             parameter ? "parameter" : "sampling"));
    if (family > 1)
        put_field(page, "", arena_format(page->arena, "corrected for up to %lld comparisons of a metric at once (Holm)",
                                         (long long)family));
}

static void put_head(const struct page *page)
{
    struct arena *arena = page->arena;
    const struct store_run *run = &page->data->run;
    char start[UNITS_TEXT], length[UNITS_TEXT];
    page_folded(page, "", compare_clean(arena, run->title[0] != '\0' ? run->title : run->scenario));
    page_folded(page, "", compare_clean(arena, run->question));
    fputc('\n', page->out);
    const char *regime = compare_clean(arena, run->regime), *means = compare_regime_means(run->regime);
    put_field(page, "regime", means[0] != '\0' ? arena_format(arena, "%s (%s)", regime, means) : regime);
    put_field(page, "comparison", compare_clean(arena, run->comparison));
    put_field(page, "period", arena_format(arena, "%s, %s", units_format_utc(start, run->start_unix_s),
                                           units_format_duration(length, duration_from_seconds(run->horizon_s))));
    const char *inputs = store_marks_text(arena, page->data->marks);
    if (inputs != NULL)
        put_field(page, "inputs", inputs);
    put_field(page, "run", run_line(page));
    put_methods(page);
}

/* --- Numbers of a point --- */

static void put_summary(const struct page *page, const struct compare_summary *summary, struct compare_scale scale,
                        bool availability)
{
    struct arena *arena = page->arena;
    const struct statistics *values = &summary->values;
    const char *value = compare_number(arena, values->mean, scale, false, 0), *nines = "", *count;
    if (values->is_bound)
        value = arena_format(arena, ">= %s", compare_number(arena, values->ci_low, scale, false, -1));
    if (availability && !isnan(values->mean))
        nines = compare_nines(arena, values->is_bound ? values->ci_low : values->mean);
    if (values->is_bound && nines[0] != '\0')
        nines = arena_format(arena, ">= %s", nines);
    count = values->n_undefined == 0 ? arena_format(arena, "%" PRIu32, values->n)
                                     : arena_format(arena, "%" PRIu32 " of %" PRIu32, values->n,
                                                    values->n + values->n_undefined);
    fputs("    ", page->out);
    page_put(page, page->clouds[summary->cloud], NAME, false);
    page_put(page, value, VALUE, true);
    fputs("   ", page->out);
    page_put(page, page_interval(page, values, summary->method, scale, false), INTERVAL, false);
    page_put(page, nines, NINES, true);
    page_put(page, count, COUNT, true);
    fputc('\n', page->out);
    if (summary->draws > 0)
        page_drawn(page, NAME + VALUE + 3, summary->param_low, summary->param_high, scale, false);
    page_steady(page, summary, availability ? COMPARE_PERCENT : COMPARE_PLAIN);
}

/* "0.93", and never certainty: 2,000 resamples know no more than that, and of drawn inputs each draw is one of them alone. */
static double most_probable(int64_t draws)
{
    return draws > 0 ? fmin(0.999, 1 - 1 / (double)(draws + 1)) : 0.999;
}
static const char *probability(const struct page *page, double p, double most)
{
    return arena_format(page->arena, p > most ? "above %.3g" : "%.3g", fmin(p, most));
}

/* The cloud that is selected, and how probable it is that this is right. Nothing where clouds are exactly alike. */
static void put_best(const struct page *page, size_t point, size_t metric)
{
    const struct compare_data *data = page->data;
    const struct compare_summary *best = NULL;
    bool tie = false;
    for (size_t i = 0; i < data->summary_count; i++) {
        const struct compare_summary *s = &data->summaries[i];
        if (s->point != point || s->metric != metric || isnan(s->probability_best))
            continue;
        tie = best != NULL && (s->probability_best > best->probability_best ? false : tie || s->probability_best == best->probability_best);
        if (best == NULL || s->probability_best > best->probability_best)
            best = s;
    }
    if (best == NULL || tie)
        return;
    double most = most_probable(best->draws);
    bool sure = best->probability_best > most;
    page_folded(page, "      ", arena_format(page->arena, "best: %s, with probability %s%s%s", page->clouds[best->cloud],
                                            probability(page, best->probability_best, most), sure ? "" : "; no worse than matters, with ",
                                            sure ? "" : probability(page, best->probability_good, most)));
}

/* Rows of one metric in one point; or, unless the metric was asked for, false when no cloud has a value. */
static bool put_metric(const struct page *page, size_t point, size_t metric)
{
    const struct compare_data *data = page->data;
    const struct compare_metric *about = &data->metrics[metric];
    struct statistics *values = arena_array(page->arena, data->cloud_count, struct statistics);
    size_t count = 0, defined = 0;
    for (size_t i = 0; i < data->summary_count; i++)
        if (data->summaries[i].point == point && data->summaries[i].metric == metric && count < data->cloud_count) {
            defined += data->summaries[i].values.n > 0;
            values[count++] = data->summaries[i].values;
        }
    /* Only a scenario that says what an hour costs has a damage. */
    bool silent = count == 0 || strcmp(about->name, "damage_usd") == 0;
    if (count == 0 || (defined == 0 && data->options->metric_count == 0))
        return silent;
    struct compare_scale scale = compare_scale_of(values, count, about->is_availability ? COMPARE_PERCENT : COMPARE_PLAIN);
    fprintf(page->out, "  %s\n", compare_fit(page->arena, page_metric(page, about), PAGE_COLUMNS - 2));
    for (size_t i = 0; i < data->summary_count; i++)
        if (data->summaries[i].point == point && data->summaries[i].metric == metric)
            put_summary(page, &data->summaries[i], scale, about->is_availability);
    put_best(page, point, metric);
    return true;
}

static void put_summaries(const struct page *page, size_t point)
{
    const struct compare_data *data = page->data;
    const char *undefined = "";
    fputs("    ", page->out);
    page_put(page, "", NAME, false);
    page_put(page, "mean", VALUE, true);
    fputs("   ", page->out);
    page_put(page, arena_format(page->arena, "%g %% interval", data->run.level * 100), INTERVAL, false);
    page_put(page, "nines", NINES, true);
    page_put(page, "n", COUNT, true);
    fputc('\n', page->out);
    for (size_t i = 0; i < data->selected_count; i++)
        if (!put_metric(page, point, data->selected[i]))
            undefined = arena_format(page->arena, "%s%s%s", undefined, undefined[0] != '\0' ? ", " : "",
                                     compare_clean(page->arena, data->metrics[data->selected[i]].name));
    if (undefined[0] != '\0')
        page_folded(page, "  ", arena_format(page->arena, "undefined for every cloud: %s", undefined));
}

/* --- End --- */

static void put_next(const struct page *page)
{
    const struct compare_data *data = page->data;
    const char *path = message_show(page->arena, message_word(page->arena, data->options->path)), *others = "";
    for (size_t m = 0; m < data->metric_count; m++) {
        bool shown = false;
        for (size_t s = 0; s < data->selected_count; s++)
            shown = shown || data->selected[s] == m;
        if (!shown)
            others = arena_format(page->arena, "%s%s%s", others, others[0] != '\0' ? ", " : "",
                                  compare_clean(page->arena, data->metrics[m].name));
    }
    for (size_t b = 0; b < data->breakdown_count; b++)
        others = arena_format(page->arena, "%s%s%s", others, others[0] != '\0' ? ", " : "",
                              compare_clean(page->arena, data->run.breakdowns[b].name));
    fprintf(page->out, "\nnext: nines plot %s\n", path);
    if (others[0] != '\0' && data->options->metric_count == 0) {
        fprintf(page->out, "      nines compare %s --metric M, with M one of\n", path);
        page_folded(page, "        ", others);
    }
}

void compare_write_table(const struct compare_data *data, FILE *out)
{
    struct page page = {.data = data, .arena = data->arena, .out = out};
    page.clouds = arena_array(data->arena, data->cloud_count, const char *);
    page.points = arena_array(data->arena, data->point_count, const char *);
    for (size_t i = 0; i < data->cloud_count; i++)
        page.clouds[i] = compare_clean(data->arena, data->clouds[i].name);
    for (size_t i = 0; i < data->point_count; i++)
        page.points[i] = arena_format(data->arena, "\"%s\"", compare_clean(data->arena, data->points[i].label));
    put_head(&page);
    /* The points of such a design are there for what they say together. */
    bool together = data->sensitivity_count > 0 && data->options->point == NULL;
    for (size_t i = 0; i < data->point_count && !together; i++) {
        if (!data->shown[i])
            continue;
        fprintf(out, "\nPoint %s\n\n", compare_fit(data->arena, page.points[i], PAGE_COLUMNS - 6));
        if (data->selected_count > 0) {
            put_summaries(&page, i);
            page_differences(&page, i);
            page_ratios(&page, i);
        }
        page_breakdowns(&page, i);
    }
    if (data->point_count > 1 && !together)
        page_between_points(&page);
    page_sensitivities(&page);
    page_targets(&page);
    put_next(&page);
}
