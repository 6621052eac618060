/* Availability on an axis of nines, a row for each cloud and point. */
#include "sim/plot/plot_internal.h"

#include <math.h>
#include <string.h>

enum { ROWS_PER_PAGE = 40, TICKS = 40, NAME_MOST = 30 };

#define ROW_MM 4.8
#define AXIS_MM 12.0  /* tick labels and the axis' name */
#define VALUE_MM 50.0 /* the numbers at the right */
#define VALUE_SHORT_MM 21.0

/* What a page shows. */
struct rows {
    const struct plot *plot;
    size_t first_point, points, count;
    struct estimate *estimate; /* [points][clouds] */
    double x_low, x_high;
    double *y; /* of each row, 0 at the top, downwards negative, a row is 1 */
    double *group_y, *rule_y;
    double depth;
};

/* The axis covers all that is finite, and leaves an arrow room to point at more. */
static void choose_axis(const struct plot *plot, double *low, double *high)
{
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t p = 0; p < plot->point_count; p++) {
        for (size_t c = 0; c < plot->cloud_count; c++) {
            struct estimate e = plot_summary(plot, p, c, plot->availability->name);
            double x[3] = {plot_nines(e.mean), plot_nines(e.low), plot_nines(e.high)};
            for (int i = 0; i < 3; i++) {
                *low = isfinite(x[i]) ? fmin(*low, x[i]) : *low;
                *high = isfinite(x[i]) ? fmax(*high, x[i]) : *high;
            }
        }
    }
    if (*low > *high)
        *low = 0, *high = 1;
    double room = fmax(0.12 * (*high - *low), 0.1);
    *low = fmax(0, *low - room);
    *high += 1.5 * room;
}

static void write_rows(struct figure *figure, const struct rows *rows)
{
    const struct plot *plot = rows->plot;
    fprintf(
        figure->data,
        "# y\tnines\tnines_low\tnines_high\tlinetype\tavailability_1\tci_low_1\tci_high_1\tn\tmethod\tcloud\tpoint\n");
    for (int block = 0; block < 3; block++) {
        bool empty = true;
        for (size_t i = 0; i < rows->count; i++) {
            const struct estimate *e = &rows->estimate[i];
            double x = plot_nines(e->mean), low = plot_nines(e->low), high = plot_nines(e->high);
            bool bound = e->is_bound || isinf(x), open = !bound && isinf(high);
            if (isnan(x) || (block == 0 && bound) || (block == 1 && !bound) || (block == 2 && !open))
                continue;
            empty = false;
            figure_value(figure, rows->y[i], '\t');
            figure_value(figure, bound ? NAN : x, '\t');
            figure_value(figure, isnan(low) ? (bound ? rows->x_high : x) : isinf(low) ? rows->x_high : low, '\t');
            figure_value(figure, isnan(high) ? x : fmin(high, rows->x_high), '\t');
            figure_value(figure, (double)(i % plot->cloud_count % 7 + 1), '\t');
            figure_value(figure, e->mean, '\t');
            figure_value(figure, e->low, '\t');
            figure_value(figure, e->high, '\t');
            figure_value(figure, (double)e->n, '\t');
            figure_word(figure, e->method, '\t');
            figure_word(figure, plot->clouds[i % plot->cloud_count].name, '\t');
            figure_word(figure, plot->points[rows->first_point + i / plot->cloud_count].label, '\n');
        }
        /* A block is never empty, or the numbers of the next ones would shift. */
        fprintf(figure->data, empty ? "NaN\tNaN\tNaN\tNaN\tNaN\n\n\n" : "\n\n");
    }
}

static bool is_narrow(const struct plot *plot)
{
    return plot->page_mm < SPREAD_MM;
}

static double values_mm(const struct plot *plot)
{
    return is_narrow(plot) ? VALUE_SHORT_MM : VALUE_MM;
}

static const char *interval_text(const struct plot *plot, const struct estimate *e)
{
    struct arena *arena = plot->arena;
    if (isnan(e->mean))
        return "undefined";
    if (e->is_bound)
        return arena_format(arena, is_narrow(plot) ? "≥ %s" : "at least %s", plot_percent(arena, e->low));
    if (isnan(e->low) || is_narrow(plot))
        return plot_percent(arena, e->mean);
    /* Two digits of the interval's width, or it would look like nothing. */
    int digits = 1;
    while (digits < 6 && (e->high - e->low) * 100 * pow(10, digits) < 9.5 && e->high > e->low)
        digits++;
    return arena_format(arena, "%.*f %%  [%.*f, %.*f]", digits, 100 * e->mean, digits, 100 * e->low, digits,
                        100 * e->high);
}

static void write_texts(struct figure *figure, const struct rows *rows)
{
    const struct plot *plot = rows->plot;
    const char **name = arena_array(plot->arena, rows->count + 1, const char *);
    const char **value = arena_array(plot->arena, rows->count + 1, const char *);
    const char **group = arena_array(plot->arena, rows->points + 1, const char *);
    for (size_t i = 0; i < rows->count; i++) {
        name[i] = plot_show(plot->arena, plot->clouds[i % plot->cloud_count].name, NAME_MOST);
        value[i] = interval_text(plot, &rows->estimate[i]);
    }
    for (size_t p = 0; p < rows->points; p++)
        group[p] = plot_show(plot->arena, plot->points[rows->first_point + p].label, 60);
    figure_texts(figure, "row_text", name, rows->count);
    figure_texts(figure, "value_text", value, rows->count);
    figure_texts(figure, "group_text", group, rows->points);
    figure_numbers(figure, "row_y", rows->y, rows->count);
    figure_numbers(figure, "group_y", rows->group_y, plot->point_count > 1 ? rows->points : 0);
    figure_numbers(figure, "rule_y", rows->rule_y, plot->point_count > 1 ? rows->points : 0);
}

static double names_mm(const struct plot *plot)
{
    size_t longest = 4;
    for (size_t c = 0; c < plot->cloud_count; c++) {
        size_t length = plot_length(plot_show(plot->arena, plot->clouds[c].name, NAME_MOST));
        longest = length > longest ? length : longest;
    }
    return CHARACTER_MM * (double)longest;
}

static void write_axis(struct figure *figure, const struct rows *rows)
{
    struct arena *arena = rows->plot->arena;
    double at[TICKS];
    const char *label[TICKS];
    double indent = rows->plot->point_count > 1 ? 3 : 0;
    double left = 3 + indent + names_mm(rows->plot) + 2, right = rows->plot->page_mm - values_mm(rows->plot) - 3;
    size_t ticks = plot_nines_ticks(arena, rows->x_low, rows->x_high, right - left, at, label, TICKS);
    figure_numbers(figure, "tick", at, ticks);
    figure_texts(figure, "tick_label", label, ticks);
    figure_number(figure, "x_low", rows->x_low);
    figure_number(figure, "x_high", rows->x_high);
    figure_number(figure, "y_low", -rows->depth);
    figure_number(figure, "row_x", figure_x(figure, 2 + indent));
    figure_number(figure, "left_x", figure_x(figure, left));
    figure_number(figure, "right_x", figure_x(figure, right));
    figure_number(figure, "value_x", figure_x(figure, rows->plot->page_mm - values_mm(rows->plot)));
    figure_number(figure, "top_y", figure_y(figure, figure->top_mm));
    figure_number(figure, "bottom_y", figure_y(figure, figure->top_mm + rows->depth * ROW_MM));
    figure_text(figure, "axis_text", arena_format(arena, "%s, on an axis of nines", plot_words(rows->plot, rows->plot->availability)));
}

static int draw_page(struct rows *rows, size_t page)
{
    const struct plot *plot = rows->plot;
    struct arena *arena = plot->arena;
    struct figure figure;
    rows->count = rows->points * plot->cloud_count;
    rows->estimate = arena_array(arena, rows->count + 1, struct estimate);
    rows->y = arena_array(arena, rows->count + 1, double);
    rows->group_y = arena_array(arena, rows->points + 1, double);
    rows->rule_y = arena_array(arena, rows->points + 1, double);
    for (size_t i = 0; i < rows->count; i++)
        rows->estimate[i] = plot_summary(plot, rows->first_point + i / plot->cloud_count, i % plot->cloud_count,
                                         plot->availability->name);
    rows->depth =
        plot_place_rows(plot->point_count > 1, rows->points, plot->cloud_count, rows->y, rows->group_y, rows->rule_y);
    const char *caption =
        arena_format(arena,
                     "Points: means; bars: %s; arrows: the interval reaches 100 %% or only a lower bound is known "
                     "(hollow: no down time was seen)",
                     plot_method(plot, rows->estimate, rows->count));
    figure_open(&figure, plot, "nines", page, plot->page_mm, rows->depth * ROW_MM + AXIS_MM, plot->availability->help,
                caption);
    write_axis(&figure, rows);
    write_texts(&figure, rows);
    write_rows(&figure, rows);
    return figure_close(&figure);
}

int plot_nines_chart(const struct plot *plot)
{
    struct rows rows = {.plot = plot};
    size_t per_page = ROWS_PER_PAGE / (plot->cloud_count + 1), page = 0;
    per_page = per_page == 0 ? 1 : per_page;
    choose_axis(plot, &rows.x_low, &rows.x_high);
    for (size_t p = 0; p < plot->point_count; p += per_page, page++) {
        rows.first_point = p;
        rows.points = plot->point_count - p < per_page ? plot->point_count - p : per_page;
        int code = draw_page(&rows, page);
        if (code != 0)
            return code;
    }
    return 0;
}
