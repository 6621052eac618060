#include "sim/report/report_internal.h"

#include <math.h>
#include <string.h>

enum { NAME_COLUMNS = 60 };

const char *report_escape(struct arena *arena, const char *text)
{
    char *escaped = arena_alloc(arena, 6 * strlen(text) + 1, 1), *to = escaped;
    for (; *text != '\0'; text++) {
        const char *reference = *text == '&'    ? "&amp;"
                                : *text == '<'  ? "&lt;"
                                : *text == '>'  ? "&gt;"
                                : *text == '"'  ? "&quot;"
                                : *text == '\'' ? "&#39;"
                                                : NULL;
        if (reference != NULL)
            to = stpcpy(to, reference);
        else
            *to++ = *text;
    }
    *to = '\0';
    return escaped;
}

const char *report_text(struct arena *arena, const char *text)
{
    return report_escape(arena, compare_clean(arena, text));
}

const char *report_name(struct arena *arena, const char *text)
{
    return report_escape(arena, compare_fit(arena, compare_clean(arena, text), NAME_COLUMNS));
}

const char *report_metric(struct arena *arena, const char *name)
{
    const char *whole = report_name(arena, name);
    char *shown = arena_alloc(arena, 6 * strlen(whole) + 1, 1), *to = shown;
    for (; *whole != '\0'; whole++) {
        *to++ = *whole;
        if (*whole == '_')
            to = stpcpy(to, "<wbr>");
    }
    *to = '\0';
    return shown;
}

const char *report_words(const struct report *report, size_t metric)
{
    return report_name(report->arena, report->data.metrics[metric].label);
}

void report_lines(const struct report *report, const char *text)
{
    char *copy = arena_text(report->arena, text), *rest = copy;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n"))
        if (rest != NULL || *line != '\0')
            fprintf(report->out, "%s\n", report_text(report->arena, line));
}

void report_base64(FILE *out, const unsigned char *bytes, size_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < count; i += 3) {
        unsigned second = i + 1 < count ? bytes[i + 1] : 0u, third = i + 2 < count ? bytes[i + 2] : 0u;
        unsigned group = (unsigned)bytes[i] << 16 | second << 8 | third;
        fputc(digits[group >> 18], out);
        fputc(digits[group >> 12 & 63], out);
        fputc(i + 1 < count ? digits[group >> 6 & 63] : '=', out);
        fputc(i + 2 < count ? digits[group & 63] : '=', out);
    }
}

/* --- Numbers --- */

const char *report_number(struct arena *arena, double value, struct compare_scale scale, bool sign, int rounding)
{
    const char *plain = compare_number(arena, value, scale, sign, rounding);
    char *shown = arena_alloc(arena, 4 * strlen(plain) + 1, 1), *to = shown;
    size_t lead = strcspn(plain, "0123456789"), digits = strspn(plain + lead, "0123456789");
    for (size_t i = 0; plain[i] != '\0'; i++) {
        size_t left = i >= lead && i < lead + digits ? lead + digits - i : 0;
        if (digits > 4 && left > 0 && left < digits && left % 3 == 0)
            to = stpcpy(to, "\u202f"); /* narrow, does not break */
        if (plain[i] == '-' && (i == 0 || plain[i - 1] == 'e'))
            to = stpcpy(to, "\u2212");
        else if (plain[i] == ' ')
            to = stpcpy(to, "\u00a0");
        else
            *to++ = plain[i];
    }
    *to = '\0';
    return shown;
}

struct compare_scale report_scale(const struct report *report, size_t point, size_t metric, bool difference)
{
    const struct compare_data *data = &report->data;
    size_t most = data->cloud_count * data->cloud_count, count = 0;
    struct statistics *values = arena_array(report->arena, most, struct statistics);
    for (size_t i = 0; !difference && i < data->summary_count && count < most; i++)
        if (data->summaries[i].point == point && data->summaries[i].metric == metric)
            values[count++] = data->summaries[i].values;
    for (size_t i = 0; difference && i < data->difference_count && count < most; i++) {
        const struct compare_difference *d = &data->differences[i];
        if (d->point_a == point && d->point_b == point && d->metric == metric)
            values[count++] = d->values;
    }
    bool share = data->metrics[metric].is_availability || data->metrics[metric].is_share;
    return compare_scale_of(values, count, !share ? COMPARE_PLAIN : difference ? COMPARE_POINTS : COMPARE_PERCENT);
}

const struct compare_summary *report_summary(const struct report *report, size_t point, size_t cloud, size_t metric)
{
    const struct compare_data *data = &report->data;
    for (size_t i = 0; i < data->summary_count; i++) {
        const struct compare_summary *s = &data->summaries[i];
        if (s->point == point && s->cloud == cloud && s->metric == metric)
            return s;
    }
    return NULL;
}

const char *report_range(const struct report *report, double low, double high, struct compare_scale scale, bool sign)
{
    struct compare_scale bare = scale;
    bare.suffix = "";
    return isnan(low) || isnan(high) ? NULL
                                     : arena_format(report->arena, "%s to %s", report_number(report->arena, low, bare, sign, 0),
                                                    report_number(report->arena, high, scale, sign, 0));
}

static const struct compare_difference *turned(const struct report *report, const struct compare_difference *d)
{
    struct compare_difference *copy = arena_new(report->arena, struct compare_difference);
    *copy = *d;
    copy->cloud_a = d->cloud_b;
    copy->cloud_b = d->cloud_a;
    copy->values.mean = -d->values.mean;
    copy->values.ci_low = -d->values.ci_high;
    copy->values.ci_high = -d->values.ci_low;
    copy->param_low = -d->param_high;
    copy->param_high = -d->param_low;
    if (strcmp(d->verdict, "not decided") != 0)
        copy->verdict = strcmp(d->verdict, "ahead") == 0 ? "behind" : "ahead";
    return copy;
}

const struct compare_difference *report_difference(const struct report *report, size_t point, size_t a, size_t b,
                                                   size_t metric)
{
    const struct compare_data *data = &report->data;
    for (size_t i = 0; i < data->difference_count; i++) {
        const struct compare_difference *d = &data->differences[i];
        if (d->point_a != point || d->point_b != point || d->metric != metric)
            continue;
        if (d->cloud_a == a && d->cloud_b == b)
            return d;
        if (d->cloud_a == b && d->cloud_b == a)
            return turned(report, d);
    }
    return NULL;
}
