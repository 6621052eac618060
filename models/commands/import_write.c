#include "models/commands/import.h"

#include "sim/base/csv.h"
#include "sim/base/message.h"
#include "sim/base/units.h"
#include "sim/statistics/fit.h"
#include "sim/statistics/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Fewest durations, and gaps between starts above 0, that a Weibull shape is fitted to, as in the archive's statistics. */
enum { FIT_LEAST = 10, SIGMA_LEAST = 3 };
#define YEAR_H 8760.0

/* --- Numbers of a unit --- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Durations in hours, sorted. */
static double *durations_of(const struct import_unit *unit, struct arena *arena)
{
    double *hours = arena_array(arena, unit->spans, double);
    for (size_t i = 0; i < unit->spans; i++)
        hours[i] = (unit->span[i].end_s - unit->span[i].start_s) / 3600;
    qsort(hours, unit->spans, sizeof *hours, by_value);
    return hours;
}

/* Hours between starts that differ. */
static double *gaps_of(const struct import_unit *unit, struct arena *arena, size_t *count)
{
    double *hours = arena_array(arena, unit->spans, double);
    *count = 0;
    for (size_t i = 1; i < unit->spans; i++)
        if (unit->span[i].start_s > unit->span[i - 1].start_s)
            hours[(*count)++] = (unit->span[i].start_s - unit->span[i - 1].start_s) / 3600;
    return hours;
}

static struct fit fit_many(enum fit_law law, const double *hours, size_t count, size_t least)
{
    return count >= least ? fit_of(law, hours, count) : (struct fit){.a = (double)NAN, .b = (double)NAN};
}

/* --- Statistics --- */

static void write_unit(const struct import_unit *unit, struct arena *arena, FILE *out)
{
    size_t gap_count;
    const double *hours = durations_of(unit, arena), *gaps = gaps_of(unit, arena, &gap_count);
    double sum = 0, n = (double)unit->spans;
    for (size_t i = 0; i < unit->spans; i++)
        sum += hours[i];
    /* The mean region has no gaps: its outages are those of many places. */
    bool pooled = strcmp(unit->scope, "per_region_average") == 0;
    struct fit lognormal = fit_of(FIT_LOGNORMAL, hours, unit->spans), weibull = fit_many(FIT_WEIBULL, hours, unit->spans, FIT_LEAST);
    struct fit apart = fit_many(FIT_WEIBULL, gaps, pooled ? 0 : gap_count, FIT_LEAST);
    csv_write(out, unit->scope, ',');
    csv_write(out, unit->vendor, ',');
    csv_write(out, unit->name, ',');
    fprintf(out, "%zu,", unit->spans);
    const double number[] = {unit->exposure_h,
                             n / unit->exposure_h * YEAR_H,
                             unit->exposure_h / n,
                             sum / n,
                             statistics_quantile(hours, unit->spans, 0.5),
                             statistics_quantile(hours, unit->spans, 0.9),
                             hours[unit->spans - 1],
                             100 * sum / unit->exposure_h,
                             lognormal.a,
                             unit->spans >= SIGMA_LEAST ? lognormal.b : (double)NAN,
                             weibull.a,
                             weibull.b,
                             apart.a};
    for (size_t i = 0; i < sizeof number / sizeof number[0]; i++)
        csv_write_number(out, number[i], ',');
    csv_write(out, unit->note, '\n');
}

void import_write_statistics(const struct import_unit *units, size_t count, struct arena *arena, FILE *out)
{
    fputs("scope,vendor,name,n_events,exposure_h,events_per_unit_year,mtbf_h,mttr_mean_h,mttr_median_h,mttr_p90_h,mttr_max_h,"
          "unavail_pct_of_exposure,dur_lognorm_mu_lnh,dur_lognorm_sigma,dur_weibull_shape,dur_weibull_scale_h,"
          "interarrival_weibull_shape,note\n",
          out);
    for (size_t i = 0; i < count; i++)
        write_unit(&units[i], arena, out);
}

/* --- Laws --- */

/* The law as a scenario writes it. */
static const char *law_text(struct arena *arena, enum fit_law law, const struct fit *fit)
{
    switch (law) {
    case FIT_EXPONENTIAL: return arena_format(arena, "exponential(%.6g h)", fit->a);
    case FIT_WEIBULL: return arena_format(arena, "weibull(%.6g, %.6g h)", fit->a, fit->b);
    case FIT_LOGNORMAL: return arena_format(arena, "lognormal(%.6g, %.6g)", fit->a, fit->b);
    case FIT_GAMMA: return arena_format(arena, "gamma(%.6g, %.6g h)", fit->a, fit->b);
    case FIT_LAWS: break;
    }
    return "";
}

static void write_fits_of(const struct import_unit *unit, const char *what, const double *hours, size_t count, struct arena *arena,
                          FILE *out)
{
    for (int law = 0; law < FIT_LAWS && count >= FIT_LEAST; law++) {
        struct fit fit = fit_of((enum fit_law)law, hours, count);
        if (!fit.found)
            continue;
        csv_write(out, unit->scope, ',');
        csv_write(out, unit->vendor, ',');
        csv_write(out, unit->name, ',');
        fprintf(out, "%s,%zu,%s,", what, count, fit_name((enum fit_law)law));
        csv_write(out, law_text(arena, (enum fit_law)law, &fit), ',');
        csv_write_number(out, fit.log_likelihood, ',');
        csv_write_number(out, 2 * (law == FIT_EXPONENTIAL ? 1 : 2) - 2 * fit.log_likelihood, '\n');
    }
}

void import_write_fits(const struct import_unit *units, size_t count, struct arena *arena, FILE *out)
{
    fputs("scope,vendor,name,quantity,n,family,law,log_likelihood,aic\n", out);
    for (size_t i = 0; i < count; i++) {
        size_t gap_count;
        const double *gaps = gaps_of(&units[i], arena, &gap_count);
        write_fits_of(&units[i], "length", durations_of(&units[i], arena), units[i].spans, arena, out);
        if (strcmp(units[i].scope, "per_region_average") != 0)
            write_fits_of(&units[i], "between_starts", gaps, gap_count, arena, out);
    }
}

/* --- Names --- */

/* Letters, digits and . _ - + / ( ) stay, anything else becomes '-'; at most 64 bytes. */
static const char *name_text(struct arena *arena, const struct import_unit *unit)
{
    char *name = arena_format(arena, "%s%s%.40s", unit->vendor, unit->vendor[0] != '\0' ? " " : "",
                              strcmp(unit->scope, "vendor_merged") == 0   ? "any service"
                              : strcmp(unit->scope, "user_reported") == 0 ? "users"
                                                                          : unit->name);
    for (char *c = name; *c != '\0'; c++)
        if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-+/()", *c) == NULL)
            *c = '-';
    if (strlen(name) > 64)
        name[64] = '\0';
    return name;
}

/* --- Part with laws --- */

/* Names that were given so far. */
struct names {
    const char **name; /* [count] */
    size_t count;
};

/* What the law is called: begins with a letter, has no bracket, and is nobody else's name. */
static const char *law_name(struct names *names, const struct import_unit *unit, const char *what, struct arena *arena)
{
    char *plain = arena_format(arena, "%.44s", name_text(arena, unit));
    for (char *c = plain; *c != '\0'; c++)
        if (*c == '(' || *c == ')')
            *c = '-';
    bool letter = (plain[0] >= 'a' && plain[0] <= 'z') || (plain[0] >= 'A' && plain[0] <= 'Z');
    const char *stem = letter ? plain : arena_format(arena, "of %s", plain), *name = arena_format(arena, "%s %s", stem, what);
    size_t again = 1;
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->name[i], name) == 0) {
            name = arena_format(arena, "%s %zu %s", stem, ++again, what);
            i = (size_t)-1; /* from the first again */
        }
    return names->name[names->count++] = name;
}

static void write_law(struct names *names, const struct import_unit *unit, const char *what, const double *hours, size_t count,
                      struct arena *arena, FILE *out)
{
    struct fit best = {.found = false};
    enum fit_law best_law = FIT_LAWS;
    double least = INFINITY;
    for (int law = 0; law < FIT_LAWS && count >= FIT_LEAST; law++) {
        struct fit fit = fit_of((enum fit_law)law, hours, count);
        double aic = 2 * (law == FIT_EXPONENTIAL ? 1 : 2) - 2 * fit.log_likelihood;
        if (!fit.found || !(aic < least))
            continue;
        best = fit;
        best_law = (enum fit_law)law;
        least = aic;
    }
    if (!best.found)
        return;
    const char *before = names->count > 0 ? ",\n" : "", *name = law_name(names, unit, what, arena);
    fprintf(out, "%s  { name = \"%s\"; law = \"%s\";\n    source = \"%zu recorded outages, the best of four laws (AIC): nines import\"; evidence = \"R\"; }",
            before, name, law_text(arena, best_law, &best), count);
}

void import_write_laws(const struct import_unit *units, size_t count, struct arena *arena, FILE *out)
{
    struct names names = {arena_array(arena, 2 * count, const char *), 0};
    fputs("# Laws of recorded outages, for the list 'laws': the length of an outage, and the time from one's start to the next's.\n", out);
    for (size_t i = 0; i < count; i++) {
        size_t gap_count;
        const double *gaps = gaps_of(&units[i], arena, &gap_count);
        write_law(&names, &units[i], "length", durations_of(&units[i], arena), units[i].spans, arena, out);
        if (strcmp(units[i].scope, "per_region_average") != 0)
            write_law(&names, &units[i], "between", gaps, gap_count, arena, out);
    }
    fputs("\n", out);
}

/* --- Part with traces --- */

/* A pattern on paths; what a scenario's text cannot hold matches as any character. */
static const char *where_text(struct arena *arena, const char *component)
{
    char *where = arena_text(arena, component);
    for (char *c = where; *c != '\0'; c++)
        if (*c == '"' || *c == '\\' || (unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    return where;
}

static void write_trace(const struct import_unit *unit, struct arena *arena, FILE *out)
{
    bool component = strcmp(unit->scope, "component") == 0 && strcmp(unit->name, "all") != 0;
    fprintf(out, "  { name = \"%s\"; target = \"%s\"; ", name_text(arena, unit), component ? "node" : "site");
    if (component)
        fprintf(out, "where = \"%s\"; ", where_text(arena, unit->name));
    fputs("evidence = \"R\";\n    events = [\n", out);
    for (size_t i = 0; i < unit->spans; i++) {
        char start[UNITS_TEXT], end[UNITS_TEXT];
        const struct import_span *span = &unit->span[i];
        units_format_duration(start, duration_from_seconds(span->start_s - unit->window_start_s));
        units_format_duration(end, duration_from_seconds(span->end_s - unit->window_start_s));
        fprintf(out, "      \"%s, %s", start, end);
        if (span->severity < 1)
            fprintf(out, ", %.6g %%", 100 * span->severity);
        fprintf(out, "\"%s\n", i + 1 < unit->spans ? "," : "");
    }
    fputs("    ]; }", out);
}

void import_write_part(const struct import_unit *units, size_t count, const char *const *files, size_t file_count,
                       struct arena *arena, FILE *out)
{
    bool first = true;
    fputs("# Recorded outages, made by nines import from", out);
    for (size_t i = 0; i < file_count; i++)
        fprintf(out, "%s %s", i > 0 ? "," : "", message_show(arena, files[i]));
    fputs(".\n"
          "#\n"
          "# Say what they hit (target, where, share): the record only says that something was wrong. An operator's post is mostly\n"
          "# about a few customers of one service. Times count from the begin of the record's window; `offset` moves it, `repeat`\n"
          "# plays it again.\n"
          "traces = (\n",
          out);
    for (size_t i = 0; i < count; i++) {
        if (!units[i].part)
            continue;
        fputs(first ? "" : ",\n", out);
        first = false;
        write_trace(&units[i], arena, out);
    }
    fputs("\n);\n", out);
}
