/* Cost against availability, both with intervals: a panel for each point, two beside each other. */
#include "sim/plot/plot_internal.h"

#include <math.h>
#include <string.h>

enum { TICKS = 40, NAME_MOST = 22 };

#define PANEL_MM 46.0
#define HEAD_MM 6.0
#define AXIS_MM 10.0
#define LEFT_MM 18.0
#define GUTTER_MM 6.0

struct frontier {
    const struct plot *plot;
    double x_low, x_high, y_low, y_high;
    size_t first_point, points, columns;
    double panel_left[PLOT_PANELS], panel_right[PLOT_PANELS], panel_upper[PLOT_PANELS]; /* mm */
};

static void include(double value, double *low, double *high)
{
    if (isfinite(value)) {
        *low = fmin(*low, value);
        *high = fmax(*high, value);
    }
}

/* The same axes in all panels. Costs begin at 0: a cut axis makes small differences look large. */
static void choose_axes(struct frontier *f)
{
    const struct plot *plot = f->plot;
    f->x_low = INFINITY;
    f->x_high = -INFINITY;
    f->y_low = f->y_high = 0;
    for (size_t i = 0; i < plot->point_count * plot->cloud_count; i++) {
        struct estimate a = plot_summary(plot, i / plot->cloud_count, i % plot->cloud_count, plot->availability->name);
        struct estimate c = plot_summary(plot, i / plot->cloud_count, i % plot->cloud_count, plot->cost->name);
        include(plot_nines(a.mean), &f->x_low, &f->x_high);
        include(plot_nines(a.low), &f->x_low, &f->x_high);
        include(plot_nines(a.high), &f->x_low, &f->x_high);
        include(c.mean, &f->y_low, &f->y_high);
        include(c.low, &f->y_low, &f->y_high);
        include(c.high, &f->y_low, &f->y_high);
    }
    if (f->x_low > f->x_high)
        f->x_low = 0, f->x_high = 1;
    double room = fmax(0.1 * (f->x_high - f->x_low), 0.1);
    f->x_low = fmax(0, f->x_low - room);
    f->x_high += 2 * room;
    f->y_high = f->y_high > f->y_low ? f->y_high + 0.12 * (f->y_high - f->y_low) : 1;
}

static void place_panels(struct frontier *f, const struct figure *figure)
{
    double width = (f->plot->page_mm - 8 - LEFT_MM - (f->columns > 1 ? GUTTER_MM : 0)) / (double)f->columns;
    for (size_t p = 0; p < f->points; p++) {
        f->panel_left[p] = LEFT_MM + (double)(p % f->columns) * (width + GUTTER_MM);
        f->panel_right[p] = f->panel_left[p] + width;
        f->panel_upper[p] = figure->top_mm + (double)(p / f->columns) * (PANEL_MM + HEAD_MM) + HEAD_MM;
    }
}

/* --- Names beside the marks --- */

struct box {
    double left, right, upper, lower; /* mm */
};

static bool overlap(const struct box *a, const struct box *b)
{
    return a->left < b->right && b->left < a->right && a->upper < b->lower && b->upper < a->lower;
}

/* How badly a box sits: overlaps with boxes already there, and leaving the panel. */
static double badness(const struct box *box, const struct box *taken, size_t count, const struct box *panel)
{
    double bad = 0;
    for (size_t i = 0; i < count; i++)
        bad += overlap(box, &taken[i]) ? 1 : 0;
    if (box->left < panel->left || box->right > panel->right || box->upper < panel->upper - 2 ||
        box->lower > panel->lower)
        bad += 3;
    return bad;
}

/* The first of the places around (x, y), near ones first, that covers nothing. */
static struct box place_name(double x, double y, double width, const struct box *taken, size_t count,
                             const struct box *panel)
{
    struct box best = {0};
    double least = INFINITY;
    for (int ring = 0; ring < 8; ring++) {
        for (int side = 0; side < 4; side++) {
            bool right = side % 2 == 0, above = side < 2;
            double left = right ? x + 1.6 : x - 1.6 - width;
            double middle = above ? y - 2.4 - 2.0 * ring : y + 2.4 + 2.0 * ring;
            struct box box = {left, left + width, middle - LINE_MM / 2, middle + LINE_MM / 2};
            double bad = badness(&box, taken, count, panel);
            if (bad < least) {
                least = bad;
                best = box;
            }
        }
    }
    return best;
}

struct names {
    double *panel, *x, *y;
    const char **text;
    size_t count;
};

/* Marks and their bars are taken first, then the names look for room. */
static void place_names(struct frontier *f, const struct figure *figure, size_t p, struct names *names)
{
    const struct plot *plot = f->plot;
    size_t count = 0, clouds = plot->cloud_count;
    struct box *taken = arena_array(plot->arena, 3 * clouds + 1, struct box);
    struct box panel = {f->panel_left[p], f->panel_right[p], f->panel_upper[p], f->panel_upper[p] + PANEL_MM};
    double *at_x = arena_array(plot->arena, clouds + 1, double), *at_y = arena_array(plot->arena, clouds + 1, double);
    double x_mm = (panel.right - panel.left) / (f->x_high - f->x_low), y_mm = PANEL_MM / (f->y_high - f->y_low);
    for (size_t c = 0; c < clouds; c++) {
        struct estimate a = plot_summary(plot, f->first_point + p, c, plot->availability->name);
        struct estimate cost = plot_summary(plot, f->first_point + p, c, plot->cost->name);
        double low = fmin(plot_nines(a.low), f->x_high), high = fmin(plot_nines(a.high), f->x_high);
        double mean = a.is_bound ? low : fmin(plot_nines(a.mean), f->x_high);
        at_x[c] = panel.left + (mean - f->x_low) * x_mm;
        at_y[c] = panel.lower - (cost.mean - f->y_low) * y_mm;
        if (isnan(at_x[c]) || isnan(at_y[c]))
            continue;
        taken[count++] = (struct box){at_x[c] - 1.2, at_x[c] + 1.2, at_y[c] - 1.2, at_y[c] + 1.2};
        taken[count++] = (struct box){panel.left + (fmin(low, mean) - f->x_low) * x_mm,
                                      panel.left + (fmax(high, mean) - f->x_low) * x_mm, at_y[c] - 0.5, at_y[c] + 0.5};
    }
    for (size_t c = 0; c < clouds; c++) {
        if (isnan(at_x[c]) || isnan(at_y[c]))
            continue;
        const char *text = plot_show(plot->arena, plot->clouds[c].name, NAME_MOST);
        struct box box = place_name(at_x[c], at_y[c], CHARACTER_MM * (double)plot_length(text), taken, count, &panel);
        taken[count++] = box;
        names->panel[names->count] = (double)p + 1;
        names->x[names->count] = figure_x(figure, box.left);
        names->y[names->count] = figure_y(figure, (box.upper + box.lower) / 2);
        names->text[names->count++] = text;
    }
}

static void write_names(struct figure *figure, struct frontier *f)
{
    struct arena *arena = f->plot->arena;
    size_t room = f->points * f->plot->cloud_count + 1;
    struct names names = {arena_array(arena, room, double), arena_array(arena, room, double),
                          arena_array(arena, room, double), arena_array(arena, room, const char *), 0};
    for (size_t p = 0; p < f->points; p++)
        place_names(f, figure, p, &names);
    figure_numbers(figure, "name_panel", names.panel, names.count);
    figure_numbers(figure, "name_x", names.x, names.count);
    figure_numbers(figure, "name_y", names.y, names.count);
    figure_texts(figure, "name_text", names.text, names.count);
}

/* --- Data and axes --- */

static void write_data(struct figure *figure, const struct frontier *f)
{
    const struct plot *plot = f->plot;
    fprintf(figure->data,
            "# "
            "nines\tnines_low\tnines_high\tcost_%s\tcost_low\tcost_high\tlinetype\tbound\tavailability_1\tci_low_1\tci_"
            "high_1\tn\t"
            "cloud\tpoint   (of %s, in %s)\n",
            "in_unit", plot->cost->name, plot->cost->unit);
    for (size_t p = 0; p < f->points; p++) {
        for (size_t c = 0; c < plot->cloud_count; c++) {
            struct estimate a = plot_summary(plot, f->first_point + p, c, plot->availability->name);
            struct estimate cost = plot_summary(plot, f->first_point + p, c, plot->cost->name);
            double x = plot_nines(a.mean), low = plot_nines(a.low), high = plot_nines(a.high);
            bool bound = a.is_bound || isinf(x);
            figure_value(figure, bound ? NAN : x, '\t');
            figure_value(figure, isnan(low) ? x : fmin(low, f->x_high), '\t');
            figure_value(figure, isnan(high) ? x : fmin(high, f->x_high), '\t');
            figure_value(figure, cost.mean, '\t');
            figure_value(figure, isnan(cost.low) ? cost.mean : cost.low, '\t');
            figure_value(figure, isnan(cost.high) ? cost.mean : cost.high, '\t');
            figure_value(figure, (double)(c % 7 + 1), '\t');
            figure_value(figure, bound, '\t');
            figure_value(figure, a.mean, '\t');
            figure_value(figure, a.low, '\t');
            figure_value(figure, a.high, '\t');
            figure_value(figure, (double)a.n, '\t');
            figure_word(figure, plot->clouds[c].name, '\t');
            figure_word(figure, plot->points[f->first_point + p].label, '\n');
        }
        fputs("\n\n", figure->data);
    }
}

/* The frontier of the means: what the cheapest cloud costs that is available at least so much. A stair from the left edge, one step for
 * each cloud that no other beats in both; where only a bound of the availability is known, up to the bound. */
static void write_frontier(struct figure *figure, const struct frontier *f, size_t p)
{
    const struct plot *plot = f->plot;
    double reached = f->x_low;
    size_t steps = 0;
    for (;; steps++) {
        double x = NAN, y = INFINITY;
        for (size_t c = 0; c < plot->cloud_count; c++) {
            struct estimate a = plot_summary(plot, f->first_point + p, c, plot->availability->name);
            double cost = plot_summary(plot, f->first_point + p, c, plot->cost->name).mean, mean = plot_nines(a.mean);
            double at = fmin(a.is_bound || isinf(mean) ? plot_nines(a.low) : mean, f->x_high);
            if (at > reached && (cost < y || (cost <= y && at > x))) {
                x = at;
                y = cost;
            }
        }
        if (isnan(x))
            break;
        fprintf(figure->data, "%.10g\t%.10g\n%.10g\t%.10g\n", reached, y, x, y);
        reached = x;
    }
    fputs(steps == 0 ? "NaN\tNaN\n\n\n" : "\n\n", figure->data);
}

/* Whether no cloud of a panel has both numbers. */
static bool is_empty(const struct frontier *f, size_t p)
{
    const struct plot *plot = f->plot;
    for (size_t c = 0; c < plot->cloud_count; c++) {
        if (!isnan(plot_summary(plot, f->first_point + p, c, plot->availability->name).mean) &&
            !isnan(plot_summary(plot, f->first_point + p, c, plot->cost->name).mean))
            return false;
    }
    return true;
}

static void write_panels(struct figure *figure, const struct frontier *f)
{
    const struct plot *plot = f->plot;
    double left[PLOT_PANELS], right[PLOT_PANELS], top[PLOT_PANELS], bottom[PLOT_PANELS], text_y[PLOT_PANELS];
    double lowest[PLOT_PANELS], first[PLOT_PANELS];
    const char *text[PLOT_PANELS], *note[PLOT_PANELS];
    for (size_t p = 0; p < f->points; p++) {
        left[p] = figure_x(figure, f->panel_left[p]);
        right[p] = figure_x(figure, f->panel_right[p]);
        top[p] = figure_y(figure, f->panel_upper[p]);
        bottom[p] = figure_y(figure, f->panel_upper[p] + PANEL_MM);
        text_y[p] = figure_y(figure, f->panel_upper[p] - HEAD_MM + 3);
        lowest[p] = p + f->columns >= f->points;
        first[p] = p % f->columns == 0;
        note[p] = is_empty(f, p) ? "undefined for every cloud at this point" : "";
        text[p] = plot->point_count > 1 ? plot_show(plot->arena, plot->points[f->first_point + p].label, 36) : "";
    }
    figure_numbers(figure, "panel_left", left, f->points);
    figure_numbers(figure, "panel_right", right, f->points);
    figure_numbers(figure, "panel_top", top, f->points);
    figure_numbers(figure, "panel_bottom", bottom, f->points);
    figure_numbers(figure, "panel_text_y", text_y, f->points);
    figure_numbers(figure, "panel_lowest", lowest, f->points);
    figure_numbers(figure, "panel_first", first, f->points);
    figure_texts(figure, "panel_text", text, f->points);
    figure_texts(figure, "panel_note", note, f->points);
}

static void write_axes(struct figure *figure, const struct frontier *f)
{
    double at[TICKS];
    const char *label[TICKS];
    const struct plot *plot = f->plot;
    double width_mm = f->panel_right[0] - f->panel_left[0];
    size_t ticks = plot_nines_ticks(plot->arena, f->x_low, f->x_high, width_mm, at, label, TICKS);
    figure_numbers(figure, "tick", at, ticks);
    figure_texts(figure, "tick_label", label, ticks);
    figure_number(figure, "x_low", f->x_low);
    figure_number(figure, "x_high", f->x_high);
    figure_number(figure, "y_low", f->y_low);
    figure_number(figure, "y_high", f->y_high);
    figure_text(figure, "axis_text", plot_words(plot, plot->availability));
    figure_text(figure, "cost_text", arena_format(plot->arena, "cost, %s", plot->cost->unit));
}

static int draw_page(struct frontier *f, size_t page)
{
    const struct plot *plot = f->plot;
    struct arena *arena = plot->arena;
    struct figure figure;
    size_t count = f->points * plot->cloud_count, rows = (f->points + f->columns - 1) / f->columns;
    struct estimate *all = arena_array(arena, 2 * count + 1, struct estimate);
    for (size_t i = 0; i < 2 * count; i++)
        all[i] = plot_summary(plot, f->first_point + i / 2 / plot->cloud_count, i / 2 % plot->cloud_count,
                              i % 2 == 0 ? plot->availability->name : plot->cost->name);
    const char *caption = arena_format(
        arena, "Marks: means; grey line: the cheapest for at least that availability; bars: %s; hollow with an arrow: no down time was seen, only a lower bound is known",
        plot_method(plot, all, 2 * count));
    figure_open(&figure, plot, "cost", page, plot->page_mm, (double)rows * (PANEL_MM + HEAD_MM) + AXIS_MM,
                arena_format(arena, "%s against %s: lower and further right is better", plot_words(plot, plot->cost),
                             plot_words(plot, plot->availability)),
                caption);
    place_panels(f, &figure);
    write_axes(&figure, f);
    write_panels(&figure, f);
    write_names(&figure, f);
    write_data(&figure, f);
    fputs("# what the cheapest cloud costs that is available at least so much: nines\tcost_in_unit\n", figure.data);
    for (size_t p = 0; p < f->points; p++)
        write_frontier(&figure, f, p);
    return figure_close(&figure);
}

int plot_cost(const struct plot *plot)
{
    struct frontier f = {.plot = plot, .columns = plot->point_count > 1 && plot->page_mm >= SPREAD_MM ? 2 : 1};
    choose_axes(&f);
    for (size_t p = 0, page = 0; p < plot->point_count; p += PLOT_PANELS, page++) {
        f.first_point = p;
        f.points = plot->point_count - p < PLOT_PANELS ? plot->point_count - p : PLOT_PANELS;
        int code = draw_page(&f, page);
        if (code != 0)
            return code;
    }
    return 0;
}
