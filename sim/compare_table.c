/* The table for a person. Its order is the order of reading: what was asked, under which rules, the numbers of each point, what
 * differs, what was to be expected, what to do next. */
#include "sim/command.h"
#include "sim/compare_internal.h"
#include "sim/units.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { NAME = 30, VALUE = 14, INTERVAL = 30, NINES = 7, COUNT = 9, PAIR = 34, DIFFERENCE = 13, RANGE = 26, LINE = 100,
       BETWEEN_ROWS = 30 };

struct page {
    const struct compare_data *data;
    struct arena *arena;
    FILE *out;
    const char **clouds, **points; /* names, clean; points in quotes */
};

/* text padded to `columns` by what a terminal shows, not by bytes. */
static void put(const struct page *page, const char *text, int columns, bool right)
{
    const char *fitted = compare_fit(page->arena, text, columns);
    int blanks = columns - compare_width(fitted);
    fprintf(page->out, "%*s%s%*s", right ? blanks : 0, "", fitted, right ? 0 : blanks, "");
}

static void put_line(const struct page *page, const char *text)
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        length--;
    fprintf(page->out, "%.*s\n", (int)length, text);
}

/* Prose of any length, folded at blanks. */
static void put_folded(const struct page *page, const char *indent, const char *text)
{
    int room = LINE - compare_width(indent);
    while (*text != '\0') {
        size_t bytes = 0, fold = 0;
        int columns = 0;
        for (; text[bytes] != '\0' && columns < room; columns++) {
            if (text[bytes] == ' ')
                fold = bytes;
            bytes++;
            while (((unsigned char)text[bytes] & 0xc0) == 0x80)
                bytes++;
        }
        if (text[bytes] != '\0' && text[bytes] != ' ' && fold > 0)
            bytes = fold;
        fprintf(page->out, "%s%.*s\n", indent, (int)bytes, text);
        text += bytes;
        while (*text == ' ')
            text++;
    }
}

/* --- Head --- */

static const char *regime_means(const char *regime)
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
    put_line(page, arena_format(page->arena, "  %-12s %s", name, compare_fit(page->arena, value, LINE - 15)));
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

static void put_head(const struct page *page)
{
    struct arena *arena = page->arena;
    const struct store_run *run = &page->data->run;
    char start[UNITS_TEXT], length[UNITS_TEXT];
    put_folded(page, "", compare_clean(arena, run->title[0] != '\0' ? run->title : run->scenario));
    put_folded(page, "", compare_clean(arena, run->question));
    fputc('\n', page->out);
    const char *regime = compare_clean(arena, run->regime), *means = regime_means(run->regime);
    put_field(page, "regime", means[0] != '\0' ? arena_format(arena, "%s (%s)", regime, means) : regime);
    put_field(page, "comparison", compare_clean(arena, run->comparison));
    put_field(page, "period", arena_format(arena, "%s, %s", units_format_utc(start, run->start_unix_s),
                                           units_format_duration(length, duration_from_seconds(run->horizon_s))));
    put_field(page, "run", run_line(page));
    put_field(page, "intervals", arena_format(arena, "%g %%, of the sampling alone: Student t; price ratio: jackknife",
                                              run->level * 100));
    put_field(page, "", ">= is a bound: no replication saw down time (rule of three)");
}

/* --- Numbers of a point --- */

/* "[24.0, 26.3]", or why there is none. sign: of a difference. */
static const char *interval_text(const struct page *page, const struct statistics *values, const char *method,
                                 struct compare_scale scale, bool sign)
{
    if (values->n == 0)
        return "";
    if (values->is_bound && !sign)
        return "no down time seen";
    if (isnan(values->ci_low) || isnan(values->ci_high))
        return "one value, no interval";
    if (strcmp(method, "constant") == 0)
        return sign && values->mean == 0 ? "identical" : "constant";
    struct compare_scale bare = scale;
    bare.suffix = "";
    return arena_format(page->arena, "[%s, %s]", compare_number(page->arena, values->ci_low, bare, sign, 0),
                        compare_number(page->arena, values->ci_high, bare, sign, 0));
}

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
    put(page, page->clouds[summary->cloud], NAME, false);
    put(page, value, VALUE, true);
    fputs("   ", page->out);
    put(page, interval_text(page, values, summary->method, scale, false), INTERVAL, false);
    put(page, nines, NINES, true);
    put(page, count, COUNT, true);
    fputc('\n', page->out);
}

static const char *metric_title(const struct page *page, const struct compare_metric *metric)
{
    const char *name = compare_clean(page->arena, metric->name);
    bool bare = metric->is_availability || strcmp(metric->unit, "1") == 0;
    return bare ? name : arena_format(page->arena, "%s (%s)", name, compare_clean(page->arena, metric->unit));
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
    if (count == 0 || (defined == 0 && data->options->metric_count == 0))
        return count == 0;
    struct compare_scale scale = compare_scale_of(values, count, about->is_availability ? COMPARE_PERCENT : COMPARE_PLAIN);
    fprintf(page->out, "  %s\n", compare_fit(page->arena, metric_title(page, about), LINE - 2));
    for (size_t i = 0; i < data->summary_count; i++)
        if (data->summaries[i].point == point && data->summaries[i].metric == metric)
            put_summary(page, &data->summaries[i], scale, about->is_availability);
    return true;
}

static void put_summaries(const struct page *page, size_t point)
{
    const struct compare_data *data = page->data;
    const char *undefined = "";
    fputs("    ", page->out);
    put(page, "", NAME, false);
    put(page, "mean", VALUE, true);
    fputs("   ", page->out);
    put(page, arena_format(page->arena, "%g %% interval", data->run.level * 100), INTERVAL, false);
    put(page, "nines", NINES, true);
    put(page, "n", COUNT, true);
    fputc('\n', page->out);
    for (size_t i = 0; i < data->selected_count; i++)
        if (!put_metric(page, point, data->selected[i]))
            undefined = arena_format(page->arena, "%s%s%s", undefined, undefined[0] != '\0' ? ", " : "",
                                     compare_clean(page->arena, data->metrics[data->selected[i]].name));
    if (undefined[0] != '\0')
        put_folded(page, "  ", arena_format(page->arena, "undefined for every cloud: %s", undefined));
}

/* --- Differences --- */

/* "akash ahead", "no difference", "not decided". */
static const char *verdict_text(const struct page *page, const struct compare_difference *difference, const char *a,
                                const char *b)
{
    bool ahead = strcmp(difference->verdict, "ahead") == 0, behind = strcmp(difference->verdict, "behind") == 0;
    bool same = strcmp(difference->method, "constant") == 0 && difference->values.mean == 0;
    if (!ahead && !behind)
        return same ? "no difference" : "not decided";
    return arena_format(page->arena, "%s ahead", compare_fit(page->arena, ahead ? a : b, 13));
}

static void put_difference(const struct page *page, const struct compare_difference *difference, const char *a, const char *b,
                           struct compare_scale scale, bool ratio)
{
    const struct statistics *values = &difference->values;
    const char *pair = arena_format(page->arena, "%s vs %s", compare_fit(page->arena, a, (PAIR - 4) / 2),
                                    compare_fit(page->arena, b, (PAIR - 4) / 2));
    fputs("    ", page->out);
    put(page, pair, PAIR, false);
    put(page, compare_number(page->arena, values->mean, scale, !ratio, 0), DIFFERENCE, true);
    fputs("   ", page->out);
    put(page, interval_text(page, values, difference->method, scale, !ratio), RANGE, false);
    fprintf(page->out, "%s\n", compare_fit(page->arena, verdict_text(page, difference, a, b), LINE - 80));
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
    struct statistics *values = arena_array(page->arena, data->difference_count, struct statistics);
    size_t count = 0;
    for (size_t i = 0; i < data->difference_count; i++)
        if (is_within(data, &data->differences[i], point, metric))
            values[count++] = data->differences[i].values;
    if (count == 0)
        return;
    struct compare_scale scale = difference_scale(about, values, count);
    fprintf(page->out, "  %s%s\n", compare_fit(page->arena, metric_title(page, about), LINE - 2),
            ratio ? ": the second's prices times this, and both cost the same" : "");
    for (size_t i = 0; i < data->difference_count; i++)
        if (is_within(data, &data->differences[i], point, metric))
            put_difference(page, &data->differences[i], page->clouds[data->differences[i].cloud_a],
                           page->clouds[data->differences[i].cloud_b], scale, ratio);
}

static void put_differences(const struct page *page, size_t point)
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

/* The decided differences of one metric of one cloud between points. */
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
        if (!decided || count->written == BETWEEN_ROWS)
            continue;
        if (count->written++ == 0)
            fputs("\nBetween points, the same cloud, paired by replication: the first minus the second\n", page->out);
        if (!titled)
            fprintf(page->out, "  %s, %s\n", metric_title(page, &data->metrics[metric]), page->clouds[cloud]);
        titled = true;
        put_difference(page, difference, page->points[difference->point_a], page->points[difference->point_b],
                       difference_scale(&data->metrics[metric], &difference->values, 1), false);
    }
}

static void put_between_points(const struct page *page)
{
    const struct compare_data *data = page->data;
    struct between count = {0};
    for (size_t s = 0; s < data->selected_count; s++)
        for (size_t cloud = 0; cloud < data->cloud_count; cloud++)
            put_between(page, data->selected[s], cloud, &count);
    if (count.all > count.written)
        fprintf(page->out, "%s%zu of %zu between points shown; not decided: %zu (--json lists all)\n",
                count.written == 0 ? "\n" : "  ", count.written, count.all, count.all - count.decided);
}

/* --- Targets and end --- */

/* A limit or a measured number of a target; "-" where there is none. */
static const char *target_number(const struct page *page, const struct compare_target *target, double value,
                                 struct compare_scale scale)
{
    bool bare = target->unit[0] == '\0' || strcmp(target->unit, "1") == 0 || scale.suffix[0] != '\0';
    return isnan(value) ? "-"
                        : arena_format(page->arena, "%s%s%s", compare_number(page->arena, value, scale, false, 0),
                                       bare ? "" : " ", bare ? "" : compare_clean(page->arena, target->unit));
}

static const char *target_numbers(const struct page *page, const struct compare_target *target)
{
    enum compare_kind kind = strncmp(target->metric, "availability_", 13) == 0 ? COMPARE_PERCENT : COMPARE_PLAIN;
    struct statistics measured = {.mean = target->measured, .ci_low = target->ci_low, .ci_high = target->ci_high};
    struct statistics limits[2] = {{.mean = target->low}, {.mean = target->high}};
    struct compare_scale scale = compare_scale_of(&measured, 1, kind), given = compare_scale_of(limits, 2, kind), bare = scale;
    bool interval = !isnan(target->ci_low) && !isnan(target->ci_high), bound = strcmp(target->method, "rule of three") == 0;
    bare.suffix = "";
    const char *found = isnan(target->measured) ? "undefined"
                        : bound ? arena_format(page->arena, ">= %s", compare_number(page->arena, target->ci_low, scale, false, -1))
                                : target_number(page, target, target->measured, scale);
    const char *range = interval && !bound
                            ? arena_format(page->arena, " [%s, %s]",
                                           compare_number(page->arena, target->ci_low, bare, false, 0),
                                           compare_number(page->arena, target->ci_high, bare, false, 0))
                            : "";
    return arena_format(page->arena, "published %s, accepted %s to %s; measured %s%s",
                        target_number(page, target, target->published, given),
                        target_number(page, target, target->low, given), target_number(page, target, target->high, given),
                        found, range);
}

static void put_target(const struct page *page, const struct compare_target *target)
{
    struct arena *arena = page->arena;
    static const char *const indent = "             ";
    bool expected = target->expect[0] != '\0' && strcmp(target->expect, "none") != 0;
    const char *surprise = expected && strcmp(target->expect, target->outcome) != 0
                               ? arena_format(arena, " (the scenario expects: %s)", compare_clean(arena, target->expect))
                               : "";
    const char *outcome = strcmp(target->outcome, "missed") == 0 ? "MISSED" : compare_clean(arena, target->outcome);
    const char *name = target->name[0] != '\0' ? arena_format(arena, "%s: ", compare_clean(arena, target->name)) : "";
    put_folded(page, "  ", arena_format(arena, "%-10s %s%s, %s, point %s%s", outcome, name, compare_clean(arena, target->metric),
                                        page->clouds[target->cloud], page->points[target->point], surprise));
    put_folded(page, indent, target_numbers(page, target));
    const char *role = compare_clean(arena, target->role), *evidence = compare_clean(arena, target->evidence);
    put_folded(page, indent, arena_format(arena, "%s%s%s%s%s", role, evidence[0] != '\0' ? ", evidence " : "", evidence,
                                          target->source[0] != '\0' ? ": " : "", compare_clean(arena, target->source)));
    if (target->reason[0] != '\0')
        put_folded(page, indent, compare_clean(arena, target->reason));
}

static void put_targets(const struct page *page)
{
    const struct compare_data *data = page->data;
    if (data->target_count > 0)
        fputs("\nTargets: published figures\n", page->out);
    for (size_t i = 0; i < data->target_count; i++)
        put_target(page, &data->targets[i]);
}

static void put_next(const struct page *page)
{
    const struct compare_data *data = page->data;
    const char *path = command_show(page->arena, command_word(page->arena, data->options->path)), *others = "";
    for (size_t m = 0; m < data->metric_count; m++) {
        bool shown = false;
        for (size_t s = 0; s < data->selected_count; s++)
            shown = shown || data->selected[s] == m;
        if (!shown)
            others = arena_format(page->arena, "%s%s%s", others, others[0] != '\0' ? ", " : "",
                                  compare_clean(page->arena, data->metrics[m].name));
    }
    fprintf(page->out, "\nnext: nines plot %s\n", path);
    if (others[0] != '\0' && data->options->metric_count == 0) {
        fprintf(page->out, "      nines compare %s --metric M, with M one of\n", path);
        put_folded(page, "        ", others);
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
    for (size_t i = 0; i < data->point_count; i++) {
        if (!data->shown[i])
            continue;
        fprintf(out, "\nPoint %s\n\n", compare_fit(data->arena, page.points[i], LINE - 6));
        put_summaries(&page, i);
        put_differences(&page, i);
    }
    if (data->point_count > 1)
        put_between_points(&page);
    put_targets(&page);
    put_next(&page);
}
