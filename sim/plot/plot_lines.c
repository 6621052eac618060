/* Results against one varied key: a panel for each metric, a line and a ribbon for each cloud. */
#include "sim/plot/plot_sweep.h"

#include <math.h>
#include <string.h>

enum { NAME_MOST = 22, TICKS = 24 };

#define PANEL_MM 36.0
#define AXIS_MM 10.0
#define LEFT_MM 17.0

struct lines {
    struct sweep sweep;
    const struct sim_metric *metric[SWEEP_METRICS];
    size_t *order; /* of the points along the axis */
    double y_low[SWEEP_METRICS], y_high[SWEEP_METRICS];
    struct grid grid;
};

/* Availability is drawn in nines. */
static double height_of(const struct sim_metric *metric, double value)
{
    return metric->is_availability ? plot_nines(value) : value;
}

static void order_points(struct lines *l)
{
    size_t count = l->sweep.count;
    const double *value = l->sweep.key[0].value;
    l->order = arena_array(l->sweep.plot->arena, count, size_t);
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at > 0 && value[l->order[at - 1]] > value[l->sweep.point[i]]; at--)
            l->order[at] = l->order[at - 1];
        l->order[at] = l->sweep.point[i];
    }
}

/* Costs and the like begin at 0; nines leave room for what reaches 100 %. */
static void choose_range(struct lines *l, size_t panel)
{
    const struct plot *plot = l->sweep.plot;
    const struct sim_metric *metric = l->metric[panel];
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < l->sweep.count * plot->cloud_count; i++) {
        struct estimate e = plot_summary(plot, l->order[i / plot->cloud_count], i % plot->cloud_count, metric->name);
        double y[3] = {height_of(metric, e.mean), height_of(metric, e.low), height_of(metric, e.high)};
        for (int j = 0; j < 3; j++) {
            low = isfinite(y[j]) ? fmin(low, y[j]) : low;
            high = isfinite(y[j]) ? fmax(high, y[j]) : high;
        }
    }
    if (low > high)
        low = 0, high = 1;
    if (!metric->is_availability)
        low = fmin(low, 0);
    /* A range of 0.8 nines has two ticks at least. */
    double lacks = metric->is_availability ? fmax(0, 0.8 - (high - low)) / 2 : 0;
    double room = high > low ? fmax(0.08 * (high - low), lacks) : fmax(0.1, lacks);
    l->y_low[panel] = metric->is_availability ? fmax(0, low - room) : low < 0 ? low - room : 0;
    l->y_high[panel] = high + room;
}

/* Returns the last height that is drawn, and where. */
static double write_block(struct figure *figure, const struct lines *l, size_t panel, size_t cloud, double *end_x)
{
    const struct plot *plot = l->sweep.plot;
    const struct sim_metric *metric = l->metric[panel];
    double end = NAN, top = l->y_high[panel];
    for (size_t i = 0; i < l->sweep.count; i++) {
        size_t p = l->order[i];
        struct estimate e = plot_summary(plot, p, cloud, metric->name);
        double mean = height_of(metric, e.mean), low = height_of(metric, e.low), high = height_of(metric, e.high);
        bool bound = e.is_bound || isinf(mean);
        double y = bound ? fmin(low, top) : mean, x = l->sweep.key[0].value[p];
        figure_value(figure, x, '\t');
        figure_value(figure, y, '\t');
        figure_value(figure, isnan(low) ? y : fmin(low, top), '\t');
        figure_value(figure, isnan(high) ? y : fmin(high, top), '\t');
        figure_value(figure, bound, '\t');
        figure_value(figure, e.mean, '\t');
        figure_value(figure, e.low, '\t');
        figure_value(figure, e.high, '\t');
        figure_value(figure, (double)e.n, '\t');
        figure_word(figure, plot->clouds[cloud].name, '\t');
        figure_word(figure, plot->points[p].label, '\n');
        if (!isnan(y)) {
            end = y;
            *end_x = x;
        }
    }
    fputs("\n\n", figure->data);
    return end;
}

static void write_blocks(struct figure *figure, const struct lines *l)
{
    const struct plot *plot = l->sweep.plot;
    struct arena *arena = plot->arena;
    size_t clouds = plot->cloud_count, count = l->grid.panels * clouds;
    double *end_x = arena_array(arena, count + 1, double), *end_y = arena_array(arena, count + 1, double);
    double *height = arena_array(arena, count + 1, double), *slot = arena_array(arena, clouds + 1, double);
    const char **cloud = plot_cloud_names(plot, NAME_MOST), **name = arena_array(arena, count + 1, const char *);
    for (size_t i = 0; i < count; i++) {
        size_t p = i / clouds;
        end_y[i] = write_block(figure, l, p, i % clouds, &end_x[i]);
        height[i] = (end_y[i] - l->y_low[p]) / (l->y_high[p] - l->y_low[p]);
        name[i] = cloud[i % clouds];
        slot[i % clouds] = (double)(i % clouds % 7 + 1);
    }
    grid_names(figure, &l->grid, clouds, name, end_x, end_y, height);
    figure_numbers(figure, "slot", slot, clouds);
}

/* Large figures are written in millions. */
static double scale_of(double high) { return high >= 2e6 ? 1e6 : 1; }

/* Ticks of both panels in one list, each with its panel. */
static void write_ticks(struct figure *figure, const struct lines *l)
{
    struct arena *arena = l->sweep.plot->arena;
    double at[SWEEP_METRICS * TICKS], panel[SWEEP_METRICS * TICKS];
    const char *label[SWEEP_METRICS * TICKS];
    size_t count = 0;
    for (size_t p = 0; p < l->grid.panels; p++) {
        double low = l->y_low[p], high = l->y_high[p], step = plot_step(high - low, PANEL_MM / 7);
        size_t first = count;
        if (l->metric[p]->is_availability) {
            count += plot_nines_ticks(arena, low, high, 2.4 * PANEL_MM, at + count, label + count, TICKS);
        } else {
            for (double y = ceil(low / step) * step; y <= high && count < first + TICKS; y += step) {
                at[count] = y;
                double shown = fabs(y) < step / 2 ? 0 : y / scale_of(high);
                label[count++] = plot_is_percent(l->metric[p]) ? arena_format(arena, "%.6g %%%%", 100 * shown) : arena_format(arena, "%.6g", shown);
            }
        }
        for (size_t i = first; i < count; i++)
            panel[i] = (double)p + 1;
    }
    figure_numbers(figure, "tick", at, count);
    figure_numbers(figure, "tick_panel", panel, count);
    figure_texts(figure, "tick_label", label, count);
}

static void write_axes(struct figure *figure, const struct lines *l)
{
    const struct sweep_key *key = &l->sweep.key[0];
    struct arena *arena = l->sweep.plot->arena;
    double low = key->levels[0].value, high = key->levels[key->level_count - 1].value;
    double room = key->is_number ? 0.03 * (high - low) : 0.4, width = l->grid.right[0] - l->grid.left[0];
    const char **text = arena_array(arena, key->level_count + 1, const char *);
    size_t most = (size_t)fmax(4, width / (double)key->level_count / CHARACTER_MM - 1);
    for (size_t i = 0; i < key->level_count; i++)
        text[i] = plot_tick(arena, plot_show_end(arena, key->levels[i].text, most));
    figure_texts(figure, "level", text, key->is_number ? 0 : key->level_count);
    figure_number(figure, "x_low", low - room);
    figure_number(figure, "x_high", high + room);
    bool whole = true; /* nobody has half a provider */
    for (size_t i = 0; i < key->level_count; i++)
        whole = whole && key->levels[i].value == floor(key->levels[i].value);
    figure_number(figure, "x_step", key->is_number ? fmax(whole ? 1 : 0, plot_step(high - low, width / 12)) : 1);
    figure_numbers(figure, "y_low", l->y_low, l->grid.panels);
    figure_numbers(figure, "y_high", l->y_high, l->grid.panels);
    figure_number(figure, "clouds", (double)l->sweep.plot->cloud_count);
    figure_text(figure, "axis_text", sweep_axis(&l->sweep, 0));
    write_ticks(figure, l);
}

int plot_sweep(const struct plot *plot)
{
    struct lines l;
    struct figure figure;
    const char *text[PLOT_PANELS], *note[PLOT_PANELS];
    sweep_read(&l.sweep, plot);
    size_t metrics = sweep_metrics(plot, l.metric), count = 0;
    order_points(&l);
    struct estimate *all = arena_array(plot->arena, metrics * l.sweep.count * plot->cloud_count, struct estimate);
    for (size_t m = 0; m < metrics; m++) {
        choose_range(&l, m);
        for (size_t i = 0; i < l.sweep.count * plot->cloud_count; i++)
            all[count++] = plot_summary(plot, l.order[i / plot->cloud_count], i % plot->cloud_count, l.metric[m]->name);
        const char *unit = l.metric[m]->unit, *words = plot_words(plot, l.metric[m]);
        text[m] = strcmp(unit, "1") == 0 ? words : arena_format(plot->arena, "%s, %s%s", words, scale_of(l.y_high[m]) > 1 ? "million " : "", unit);
        note[m] = "";
    }
    const char *caption = arena_format(plot->arena, "Marks: means; ribbons: %s; hollow: only a lower bound is known",
                                       plot_method(plot, all, count));
    l.grid = (struct grid){.panels = metrics, .columns = 1, .left_mm = LEFT_MM, .head_mm = 7, .panel_mm = PANEL_MM, .gap_mm = 2};
    l.grid.right_mm = plot_texts_mm(plot_cloud_names(plot, NAME_MOST), plot->cloud_count) + 6;
    figure_open(&figure, plot, "sweep", 0, plot->page_mm, grid_height(&l.grid) + AXIS_MM,
                arena_format(plot->arena, "results against %s", plot_key_words(plot, l.sweep.key[0].name, 60)), caption);
    fprintf(figure.data, "# x\ty\ty_low\ty_high\tbound\tmean\tci_low\tci_high\tn\tcloud\tpoint   (y: as drawn, of an availability "
                         "in nines; x: %s)\n",
            sweep_axis(&l.sweep, 0));
    grid_place(&l.grid, &figure);
    grid_write(&figure, &l.grid, text, note);
    write_axes(&figure, &l);
    write_blocks(&figure, &l);
    return figure_close(&figure);
}
