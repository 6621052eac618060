/* Paired differences between clouds, in availability and, if the run has one, in cost. */
#include "sim/plot/plot_internal.h"

#include <math.h>
#include <string.h>

enum { ROWS_PER_PAGE = 36, NAME_MOST = 24, COLUMNS = 2 };

#define ROW_MM 4.8
#define AXIS_MM 10.5
#define VERDICT_MM 19.0 /* and wider where "azure-like ahead" is longer than "not decided" */
#define AHEAD_MOST 14

struct pairs {
    const struct plot *plot;
    const struct sim_metric *metric[COLUMNS];
    double factor[COLUMNS]; /* to the axis' unit */
    size_t columns, per_point;
    size_t *a, *b; /* [per_point] clouds */
    size_t first_point, points;
    double verdict_mm;
    double *y, *group_y, *rule_y, depth;
};

static void list_pairs(struct pairs *pairs)
{
    size_t clouds = pairs->plot->cloud_count, room = clouds * (clouds - 1) / 2;
    pairs->a = arena_array(pairs->plot->arena, room, size_t);
    pairs->b = arena_array(pairs->plot->arena, room, size_t);
    for (size_t a = 0; a < clouds; a++) {
        for (size_t b = a + 1; b < clouds; b++) {
            pairs->a[pairs->per_point] = a;
            pairs->b[pairs->per_point++] = b;
        }
    }
}

static struct estimate row_estimate(const struct pairs *pairs, size_t column, size_t row)
{
    size_t pair = row % pairs->per_point;
    return plot_difference(pairs->plot, pairs->first_point + row / pairs->per_point, pairs->a[pair], pairs->b[pair],
                           pairs->metric[column]->name);
}

static const char *verdict_of(const struct pairs *pairs, const struct estimate *e, size_t pair)
{
    bool ahead = strcmp(e->verdict, "ahead") == 0;
    if (isnan(e->mean))
        return "undefined";
    if (!ahead && strcmp(e->verdict, "behind") != 0)
        return "not decided";
    return arena_format(pairs->plot->arena, "%s ahead",
                        plot_show(pairs->plot->arena, pairs->plot->clouds[ahead ? pairs->a[pair] : pairs->b[pair]].name, AHEAD_MOST));
}

static void write_texts(struct figure *figure, const struct pairs *pairs)
{
    struct arena *arena = pairs->plot->arena;
    size_t rows = pairs->points * pairs->per_point;
    const char **name = arena_array(arena, rows + 1, const char *),
               **group = arena_array(arena, pairs->points + 1, const char *);
    const char **verdict = arena_array(arena, rows * pairs->columns + 1, const char *);
    double *smallest = arena_array(arena, rows * pairs->columns + 1, double);
    for (size_t i = 0; i < rows; i++) {
        size_t pair = i % pairs->per_point;
        name[i] = arena_format(arena, "%s − %s", plot_show(arena, pairs->plot->clouds[pairs->a[pair]].name, NAME_MOST),
                               plot_show(arena, pairs->plot->clouds[pairs->b[pair]].name, NAME_MOST));
        for (size_t k = 0; k < pairs->columns; k++) {
            struct estimate e = row_estimate(pairs, k, i);
            smallest[k * rows + i] = isnan(e.mean) ? (double)NAN : e.smallest * pairs->factor[k];
            verdict[k * rows + i] = verdict_of(pairs, &e, pair);
        }
    }
    for (size_t p = 0; p < pairs->points; p++)
        group[p] = plot_show(arena, pairs->plot->points[pairs->first_point + p].label, 60);
    bool grouped = pairs->plot->point_count > 1;
    figure_texts(figure, "row_text", name, rows);
    figure_texts(figure, "verdict_text", verdict, rows * pairs->columns);
    figure_numbers(figure, "smallest", smallest, rows * pairs->columns);
    figure_texts(figure, "group_text", group, pairs->points);
    figure_numbers(figure, "row_y", pairs->y, rows);
    figure_numbers(figure, "group_y", pairs->group_y, grouped ? pairs->points : 0);
    figure_numbers(figure, "rule_y", pairs->rule_y, grouped ? pairs->points : 0);
}

static void write_data(struct figure *figure, const struct pairs *pairs)
{
    size_t rows = pairs->points * pairs->per_point;
    for (size_t k = 0; k < pairs->columns; k++) {
        fprintf(figure->data,
                "# y\tdifference\tci_low\tci_high\tdecided\tparam_low\tparam_high\tsmallest\tn\tmethod\tcloud_a\tcloud_b\tpoint   (of %s, in %s)\n",
                pairs->metric[k]->name, pairs->factor[k] > 1 ? "percentage points" : pairs->metric[k]->unit);
        for (size_t i = 0; i < rows; i++) {
            struct estimate e = row_estimate(pairs, k, i);
            size_t pair = i % pairs->per_point;
            double x = e.mean * pairs->factor[k];
            figure_value(figure, pairs->y[i], '\t');
            figure_value(figure, x, '\t');
            figure_value(figure, isnan(e.low) ? x : e.low * pairs->factor[k], '\t');
            figure_value(figure, isnan(e.high) ? x : e.high * pairs->factor[k], '\t');
            figure_value(figure, strcmp(e.verdict, "ahead") == 0 || strcmp(e.verdict, "behind") == 0, '\t');
            figure_value(figure, e.param_low * pairs->factor[k], '\t');
            figure_value(figure, e.param_high * pairs->factor[k], '\t');
            figure_value(figure, isnan(x) ? NAN : e.smallest * pairs->factor[k], '\t');
            figure_value(figure, (double)e.n, '\t');
            figure_word(figure, e.method, '\t');
            figure_word(figure, pairs->plot->clouds[pairs->a[pair]].name, '\t');
            figure_word(figure, pairs->plot->clouds[pairs->b[pair]].name, '\t');
            figure_word(figure, pairs->plot->points[pairs->first_point + i / pairs->per_point].label, '\n');
        }
        fputs("\n\n", figure->data);
    }
}

/* Zero is always on the axis. */
static void choose_axes(const struct pairs *pairs, double *low, double *high)
{
    size_t rows = pairs->points * pairs->per_point;
    for (size_t k = 0; k < pairs->columns; k++) {
        low[k] = high[k] = 0;
        for (size_t i = 0; i < rows; i++) {
            struct estimate e = row_estimate(pairs, k, i);
            double x[5] = {e.mean, e.low, e.high, e.param_low, e.param_high};
            for (int j = 0; j < 5; j++) {
                low[k] = isnan(x[j]) ? low[k] : fmin(low[k], x[j] * pairs->factor[k]);
                high[k] = isnan(x[j]) ? high[k] : fmax(high[k], x[j] * pairs->factor[k]);
            }
        }
        double room = high[k] > low[k] ? 0.08 * (high[k] - low[k]) : 1;
        low[k] -= room;
        high[k] += room;
    }
}

static void write_layout(struct figure *figure, const struct pairs *pairs, double left_mm)
{
    double low[COLUMNS], high[COLUMNS], left[COLUMNS], right[COLUMNS], verdict[COLUMNS], step[COLUMNS];
    const char *axis[COLUMNS];
    struct arena *arena = pairs->plot->arena;
    double width = (pairs->plot->page_mm - left_mm - 2) / (double)pairs->columns;
    choose_axes(pairs, low, high);
    for (size_t k = 0; k < pairs->columns; k++) {
        left[k] = figure_x(figure, left_mm + (double)k * width);
        right[k] = figure_x(figure, left_mm + (double)(k + 1) * width - pairs->verdict_mm - 2);
        verdict[k] = figure_x(figure, left_mm + (double)(k + 1) * width - pairs->verdict_mm);
        step[k] = plot_axis_step(low[k], high[k], fmax(3, (width - pairs->verdict_mm - 2) / 11));
        const char *unit = pairs->factor[k] > 1 ? "percentage points" : pairs->metric[k]->unit;
        size_t lines;
        axis[k] = plot_wrap(arena, arena_format(arena, "%s, %s", plot_words(pairs->plot, pairs->metric[k]), unit),
                            (size_t)(width / CHARACTER_MM), &lines);
    }
    figure_numbers(figure, "x_step", step, pairs->columns);
    figure_numbers(figure, "x_low", low, pairs->columns);
    figure_numbers(figure, "x_high", high, pairs->columns);
    figure_numbers(figure, "panel_left", left, pairs->columns);
    figure_numbers(figure, "panel_right", right, pairs->columns);
    figure_numbers(figure, "verdict_x", verdict, pairs->columns);
    figure_texts(figure, "axis_text", axis, pairs->columns);
    figure_number(figure, "row_x", figure_x(figure, pairs->plot->point_count > 1 ? 5 : 2));
    figure_number(figure, "y_low", -pairs->depth);
    figure_number(figure, "top_y", figure_y(figure, figure->top_mm));
    figure_number(figure, "bottom_y", figure_y(figure, figure->top_mm + pairs->depth * ROW_MM));
}

static double names_mm(const struct pairs *pairs)
{
    size_t longest = 0;
    for (size_t i = 0; i < pairs->per_point; i++) {
        size_t a = plot_length(plot_show(pairs->plot->arena, pairs->plot->clouds[pairs->a[i]].name, NAME_MOST));
        size_t b = plot_length(plot_show(pairs->plot->arena, pairs->plot->clouds[pairs->b[i]].name, NAME_MOST));
        longest = a + b > longest ? a + b : longest;
    }
    return CHARACTER_MM * (double)(longest + 3);
}

static int draw_page(struct pairs *pairs, size_t page)
{
    const struct plot *plot = pairs->plot;
    struct arena *arena = plot->arena;
    struct figure figure;
    size_t rows = pairs->points * pairs->per_point;
    pairs->y = arena_array(arena, rows + 1, double);
    pairs->group_y = arena_array(arena, pairs->points + 1, double);
    pairs->rule_y = arena_array(arena, pairs->points + 1, double);
    pairs->depth = plot_place_rows(plot->point_count > 1, pairs->points, pairs->per_point, pairs->y, pairs->group_y,
                                   pairs->rule_y);
    struct estimate *all = arena_array(arena, rows * pairs->columns + 1, struct estimate);
    bool drawn = false; /* whether the inputs were drawn from their ranges */
    for (size_t i = 0; i < rows * pairs->columns; i++) {
        all[i] = row_estimate(pairs, i / rows, i % rows);
        drawn = drawn || !isnan(all[i].param_low);
    }
    const char *caption = arena_format(
        arena,
        "Paired by replication: the same luck met both sides. %s: %s%s. Grey: differences too small to matter. Filled: "
        "decided, the %s lies beyond them; hollow: not decided",
        drawn ? "Thick bars" : "Bars", plot_method(plot, all, rows * pairs->columns),
        drawn ? "; thin bars: parameter intervals, over inputs drawn from their ranges" : "",
        drawn ? "parameter interval" : "interval");
    figure_open(&figure, plot, "difference", page, plot->page_mm, pairs->depth * ROW_MM + AXIS_MM + LINE_MM,
                "differences between clouds, first minus second, and who is ahead", caption);
    write_layout(&figure, pairs, names_mm(pairs) + (plot->point_count > 1 ? 9 : 6));
    write_texts(&figure, pairs);
    write_data(&figure, pairs);
    return figure_close(&figure);
}

static int draw_pages(struct pairs pairs, size_t *page)
{
    const struct plot *plot = pairs.plot;
    size_t per_page = ROWS_PER_PAGE / (pairs.per_point + 1);
    per_page = per_page == 0 ? 1 : per_page;
    for (size_t p = 0; p < plot->point_count; p += per_page, ++*page) {
        pairs.first_point = p;
        pairs.points = plot->point_count - p < per_page ? plot->point_count - p : per_page;
        int code = draw_page(&pairs, *page);
        if (code != 0)
            return code;
    }
    return 0;
}

/* Availability and cost beside each other, or on pages of their own where there is no room for that. */
int plot_differences(const struct plot *plot)
{
    struct pairs both = {.plot = plot, .columns = 1, .metric = {plot->availability, plot->cost}, .factor = {100, 1}};
    size_t page = 0;
    bool wide = plot->page_mm >= SPREAD_MM;
    list_pairs(&both);
    both.verdict_mm = VERDICT_MM;
    for (size_t c = 0; c < plot->cloud_count; c++)
        both.verdict_mm = fmax(both.verdict_mm, SMALL_CHARACTER_MM * (double)(plot_length(plot_show(plot->arena, plot->clouds[c].name, AHEAD_MOST)) + 6) + 1);
    if (plot->cost != NULL && wide)
        both.columns = 2;
    int code = draw_pages(both, &page);
    if (code != 0 || plot->cost == NULL || wide)
        return code;
    both.metric[0] = plot->cost;
    both.factor[0] = 1;
    return draw_pages(both, &page);
}
