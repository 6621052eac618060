#include "sim/plot/plot_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool continues(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Bytes of the UTF-8 character at p; 0: not one, or one that XML refuses. Overlong forms do not matter for drawing, wrong
 * lengths do. */
static size_t character_bytes(const char *p)
{
    unsigned char c = (unsigned char)*p;
    size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    for (size_t i = 1; i < n; i++) {
        if (!continues(p[i]))
            return 0;
    }
    bool surrogate = c == 0xed && (unsigned char)p[1] >= 0xa0;
    bool nothing = c == 0xef && (unsigned char)p[1] == 0xbf && (unsigned char)p[2] >= 0xbe;
    return surrogate || nothing ? 0 : n;
}

/* The code of a character that turns the direction of what follows; 0: another one. n: its bytes. */
static unsigned turns(const char *p, size_t n)
{
    const unsigned char *u = (const unsigned char *)p;
    unsigned code = n == 2   ? (u[0] & 0x1fu) << 6 | (u[1] & 0x3fu)
                    : n == 3 ? (u[0] & 0x0fu) << 12 | (u[1] & 0x3fu) << 6 | (u[2] & 0x3fu)
                             : 0;
    bool is = code == 0x61c || code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
              (code >= 0x2066 && code <= 0x2069);
    return is ? code : 0;
}

size_t plot_length(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += !continues(*text);
    return n;
}

const char *plot_show(struct arena *arena, const char *text, size_t most)
{
    char *shown = arena_alloc(arena, 4 * strlen(text) + 4, 1), *end = shown;
    size_t written = 0, cut = 0; /* cut: bytes of the text when it still had room for "..." */
    for (const char *p = text; *p != '\0' && written <= most;) {
        if (written + 3 <= most)
            cut = (size_t)(end - shown);
        size_t n = character_bytes(p);
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            end += sprintf(end, *p == '\n' ? "\\n" : "\\x%02x", (unsigned)(unsigned char)*p);
            written += *p == '\n' ? 2 : 4;
            p++;
        } else if (turns(p, n) != 0) {
            end += sprintf(end, "\\u%04x", turns(p, n));
            written += 6, p += n;
        } else if (n == 0) {
            *end++ = '?';
            written++, p++;
        } else {
            memcpy(end, p, n);
            end += n, p += n;
            written++;
        }
    }
    *end = '\0';
    if (written > most)
        memcpy(shown + cut, "...", 4);
    return shown;
}

const char *plot_show_end(struct arena *arena, const char *text, size_t most)
{
    const char *end = plot_show(arena, text, 400);
    size_t length = plot_length(end);
    if (length <= most)
        return end;
    for (size_t skip = length - most + 3; skip > 0; skip--) {
        do
            end++;
        while (continues(*end));
    }
    return arena_format(arena, "...%s", end);
}

const char *plot_tick(struct arena *arena, const char *text)
{
    char *tick = arena_alloc(arena, 2 * strlen(text) + 1, 1), *end = tick;
    for (; *text != '\0'; text++) {
        if (*text == '%')
            *end++ = '%';
        *end++ = *text;
    }
    *end = '\0';
    return tick;
}

const char *plot_wrap(struct arena *arena, const char *text, size_t most, size_t *lines)
{
    char *wrapped = arena_text(arena, text), *blank = NULL;
    size_t column = 0;
    *lines = 1;
    for (char *p = wrapped; *p != '\0'; p++) {
        if (continues(*p))
            continue;
        bool glued = p[1] == '%' || p[1] == '=' || (p > wrapped && p[-1] == '='); /* "95 %", "n = 30" */
        if (*p == ' ' && !glued)
            blank = p;
        column++;
        if (column > most && blank != NULL) {
            *blank = '\n';
            column = (size_t)(p - blank);
            blank = NULL;
            ++*lines;
        }
    }
    return wrapped;
}

static int order_by_value(const void *a, const void *b)
{
    const double *x = *(double *const *)a, *y = *(double *const *)b;
    return *x != *y ? (*x > *y) - (*x < *y) : (x > y) - (x < y); /* equal: by index */
}

/* Neighbours that are too close are merged into a block that is centred on its members' mean, until no two blocks touch
 * (pool adjacent violators). */
void plot_spread(double *y, size_t count, double gap, double low, double high)
{
    if (count == 0)
        return;
    double **sorted = malloc(count * sizeof *sorted), *centre = malloc(count * sizeof *centre);
    size_t *members = malloc(count * sizeof *members), blocks = 0;
    if (sorted == NULL || centre == NULL || members == NULL)
        exit(3);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &y[i];
    qsort(sorted, count, sizeof *sorted, order_by_value);
    for (size_t i = 0; i < count; i++) {
        centre[blocks] = *sorted[i];
        members[blocks++] = 1;
        for (;;) {
            double half = gap * (double)members[blocks - 1] / 2, room = high - low - 2 * half;
            double *last = &centre[blocks - 1];
            *last = room <= 0 ? (low + high) / 2 : fmin(fmax(*last, low + half), high - half);
            if (blocks < 2 ||
                *last - centre[blocks - 2] >= gap * (double)(members[blocks - 2] + members[blocks - 1]) / 2)
                break;
            size_t all = members[blocks - 2] + members[blocks - 1];
            centre[blocks - 2] =
                (centre[blocks - 2] * (double)members[blocks - 2] + *last * (double)members[blocks - 1]) / (double)all;
            members[--blocks - 1] = all;
        }
    }
    for (size_t b = 0, i = 0; b < blocks; b++) {
        for (size_t k = 0; k < members[b]; k++, i++)
            *sorted[i] = centre[b] + gap * ((double)k - ((double)members[b] - 1) / 2);
    }
    free(sorted);
    free(centre);
    free(members);
}

double plot_place_rows(bool grouped, size_t groups, size_t per_group, double *y, double *group_y, double *rule_y)
{
    double at = 0;
    for (size_t g = 0; g < groups; g++) {
        rule_y[g] = at;
        if (grouped)
            group_y[g] = (at -= 1) + 0.45;
        for (size_t i = 0; i < per_group; i++)
            y[g * per_group + i] = (at -= 1) + 0.5;
        if (grouped)
            at -= 0.2;
    }
    return -at;
}

const char *plot_count(struct arena *arena, int64_t least, int64_t most)
{
    if (least == most)
        return arena_format(arena, "n = %lld", (long long)least);
    return arena_format(arena, "n = %lld to %lld", (long long)least, (long long)most);
}

double plot_step(double range, double most)
{
    double least = range / most, power = pow(10, floor(log10(least)));
    for (int i = 0; i < 3; i++) {
        static const double nice[] = {1, 2, 5};
        if (nice[i] * power >= least)
            return nice[i] * power;
    }
    return 10 * power;
}

double plot_axis_step(double low, double high, double most)
{
    double step = plot_step(high - low, most);
    for (int i = 0; i < 3 && floor(high / step) - ceil(low / step) < 1; i++)
        step /= 2; /* a round step may leave zero alone on the axis */
    return step;
}

/* --- Nines --- */

double plot_nines(double availability)
{
    if (isnan(availability))
        return NAN;
    if (availability >= 1)
        return INFINITY;
    return availability <= 0 ? 0 : -log10(1 - availability);
}

const char *plot_percent(struct arena *arena, double share)
{
    if (isnan(share))
        return "undefined";
    double missing = 1 - share;
    int digits = 1;
    /* Two digits of what is missing: 99.93 %, 99.9987 %. */
    while (digits < 9 && missing > 0 && missing * 100 * pow(10, digits) < 9.5)
        digits++;
    return arena_format(arena, "%.*f %%", missing <= 0 ? 0 : digits, share * 100);
}

/* Unavailabilities 5, 2 and 1 times a power of ten, as far as there is room for their labels. */
size_t plot_nines_ticks(struct arena *arena, double low, double high, double width_mm, double *at, const char **label,
                        size_t room)
{
    static const double times[] = {5, 2, 1};
    double decade_mm = width_mm / (high - low), end_mm = -INFINITY;
    size_t count = 0;
    if (low <= 0 && count < room) {
        at[count] = 0;
        label[count++] = "0 %%";
    }
    for (int decade = 1; decade <= 12; decade++) {
        for (size_t i = 0; i < 3; i++) {
            /* The next decade's 5 is 0.3 of a decade from this one's 1, and a label takes up to 15 mm. */
            bool wanted = times[i] == 1 || (times[i] == 5 && decade_mm > 52) || decade_mm > 70;
            double missing = times[i] * pow(10, -decade), x = -log10(missing);
            if (!wanted || x < low || x > high || count == room)
                continue;
            /* A tick without room for its label has none. */
            const char *text = arena_format(arena, "%.*f %%%%", decade > 2 ? decade - 2 : 0, 100 * (1 - missing));
            double middle_mm = (x - low) * decade_mm, half_mm = CHARACTER_MM * (double)plot_length(text) / 2;
            bool fits = middle_mm - half_mm >= end_mm;
            end_mm = fits ? middle_mm + half_mm + CHARACTER_MM : end_mm;
            at[count] = x;
            label[count++] = fits ? text : "";
        }
    }
    return count;
}

/* --- Times --- */

const char *plot_time(struct arena *arena, double seconds)
{
    static const struct {
        double seconds;
        const char *unit;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    size_t u = 0;
    while (u < 3 && seconds < units[u].seconds)
        u++;
    return arena_format(arena, "%.3g %s", seconds / units[u].seconds, units[u].unit);
}

/* Times that a reader knows; when they stand too close the later one gives way. */
size_t plot_time_ticks(struct arena *arena, double low_s, double high_s, double width_mm, double *at_s,
                       const char **label, size_t room)
{
    static const double known[] = {0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 6 * 3600.0, 86400, 7 * 86400.0, 30 * 86400.0,
                                   365 * 86400.0, 3650 * 86400.0};
    double decade_mm = width_mm / log10(high_s / low_s), last = -INFINITY;
    size_t count = 0;
    for (size_t i = 0; i < sizeof known / sizeof known[0] && count < room; i++) {
        double x = log10(known[i] / low_s) * decade_mm;
        if (known[i] < low_s || known[i] > high_s || x - last < 11)
            continue;
        last = x;
        at_s[count] = known[i];
        label[count++] = plot_time(arena, known[i]);
    }
    return count;
}
