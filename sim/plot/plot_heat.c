/* Results against two varied keys: a map for each cloud, a page for each metric. Every cell bears its number; the shade,
 * the same scale in all maps, makes the pattern. */
#include "sim/plot/plot_sweep.h"

#include <math.h>
#include <string.h>

#define CELL_MM 6.5
#define AXIS_MM 11.0
#define HEAD_MM 7.0
#define NAME_MM 4.0

struct heat {
    struct sweep sweep;
    const struct sim_metric *metric;
    size_t *cell; /* [levels of key 1][levels of key 0] point + 1; 0: none */
    double low, high;
    size_t first_cloud;
    struct grid grid;
};

static size_t level_of(const struct sweep_key *key, double value)
{
    size_t l = 0;
    while (key->levels[l].value != value)
        l++;
    return l;
}

static void place_points(struct heat *h)
{
    const struct sweep_key *x = &h->sweep.key[0], *y = &h->sweep.key[1];
    h->cell = arena_array(h->sweep.plot->arena, x->level_count * y->level_count, size_t);
    for (size_t i = 0; i < h->sweep.count; i++) {
        size_t p = h->sweep.point[i];
        size_t *cell = &h->cell[level_of(y, y->value[p]) * x->level_count + level_of(x, x->value[p])];
        *cell = *cell == 0 ? p + 1 : *cell;
    }
}

/* Where nothing failed the bound stands for the mean. */
static double shown_of(const struct estimate *e)
{
    return e->is_bound ? e->low : e->mean;
}

/* Availability is shaded in nines. */
static double shade_of(const struct heat *h, double value)
{
    return h->metric->is_availability ? fmin(plot_nines(value), 12) : value;
}

static void choose_shades(struct heat *h)
{
    const struct plot *plot = h->sweep.plot;
    h->low = INFINITY;
    h->high = -INFINITY;
    for (size_t i = 0; i < h->sweep.count * plot->cloud_count; i++) {
        size_t p = h->sweep.point[i / plot->cloud_count];
        struct estimate e = plot_summary(plot, p, i % plot->cloud_count, h->metric->name);
        double value = shown_of(&e);
        if (isnan(value) || (h->metric->is_availability && value >= 1))
            continue;
        h->low = fmin(h->low, shade_of(h, value));
        h->high = fmax(h->high, shade_of(h, value));
    }
    if (!(h->low < h->high)) {
        h->low = isfinite(h->low) ? h->low : 0;
        h->high = h->low + 1;
    }
}

static const char *number_of(const struct heat *h, const struct estimate *e)
{
    struct arena *arena = h->sweep.plot->arena;
    double value = shown_of(e);
    if (isnan(value))
        return "–";
    return arena_format(arena, "%s%s", e->is_bound ? "≥ " : "",
                        h->metric->is_availability ? plot_percent(arena, value)
                        : h->metric->is_share      ? arena_format(arena, "%.3g %%", 100 * value)
                                                   : arena_format(arena, "%.3g", value));
}

static void write_cells(struct figure *figure, const struct heat *h)
{
    const struct plot *plot = h->sweep.plot;
    const struct sweep_key *x = &h->sweep.key[0], *y = &h->sweep.key[1];
    size_t cells = x->level_count * y->level_count, room = h->grid.panels * cells + 1, n = 0;
    const char **text = arena_array(plot->arena, room, const char *);
    double *panel = arena_array(plot->arena, room, double), *at_x = arena_array(plot->arena, room, double);
    double *at_y = arena_array(plot->arena, room, double);
    for (size_t k = 0; k < h->grid.panels; k++) {
        for (size_t i = 0; i < cells; i++) {
            size_t c = h->first_cloud + k, p = h->cell[i];
            if (p == 0)
                continue;
            struct estimate e = plot_summary(plot, p - 1, c, h->metric->name);
            at_x[n] = (double)(i % x->level_count);
            at_y[n] = (double)(i / x->level_count);
            panel[n] = (double)k + 1;
            text[n] = number_of(h, &e);
            figure_value(figure, at_x[n], '\t');
            figure_value(figure, at_y[n++], '\t');
            figure_value(figure, isnan(shown_of(&e)) ? NAN : fmin(shade_of(h, shown_of(&e)), h->high), '\t');
            figure_value(figure, e.mean, '\t');
            figure_value(figure, e.low, '\t');
            figure_value(figure, e.high, '\t');
            figure_value(figure, (double)e.n, '\t');
            figure_word(figure, x->text[p - 1], '\t');
            figure_word(figure, y->text[p - 1], '\t');
            figure_word(figure, plot->clouds[c].name, '\n');
        }
        fputs("\n\n", figure->data);
    }
    figure_numbers(figure, "cell_panel", panel, n);
    figure_numbers(figure, "cell_x", at_x, n);
    figure_numbers(figure, "cell_y", at_y, n);
    figure_texts(figure, "cell_text", text, n);
}

static const char **levels_of(const struct heat *h, size_t key, size_t most)
{
    const struct sweep_key *k = &h->sweep.key[key];
    const char **text = arena_array(h->sweep.plot->arena, k->level_count + 1, const char *);
    for (size_t i = 0; i < k->level_count; i++) {
        const char *whole = k->is_number ? arena_format(h->sweep.plot->arena, "%.6g", k->levels[i].value) : k->levels[i].text;
        text[i] = plot_tick(h->sweep.plot->arena, plot_show_end(h->sweep.plot->arena, whole, most));
    }
    return text;
}

static void write_axes(struct figure *figure, const struct heat *h)
{
    const struct sweep_key *x = &h->sweep.key[0], *y = &h->sweep.key[1];
    double cell_mm = (h->grid.right[0] - h->grid.left[0]) / (double)x->level_count;
    figure_texts(figure, "x_level", levels_of(h, 0, (size_t)fmax(4, cell_mm / CHARACTER_MM)), x->level_count);
    figure_texts(figure, "y_level", levels_of(h, 1, 14), y->level_count);
    /* Numbers stand in the cells where there is room. */
    figure_number(figure, "numbers", cell_mm > 9 * SMALL_CHARACTER_MM);
    figure_number(figure, "low", h->low);
    figure_number(figure, "high", h->high);
    figure_text(figure, "x_text", sweep_axis(&h->sweep, 0));
    figure_text(figure, "y_text", sweep_axis(&h->sweep, 1));
    figure_number(figure, "y_text_y", figure_y(figure, figure->top_mm - 1));
}

static int draw_page(struct heat *h, size_t page)
{
    const struct plot *plot = h->sweep.plot;
    struct figure figure;
    const char *text[PLOT_PANELS], *note[PLOT_PANELS];
    size_t count = h->grid.panels * h->sweep.count;
    struct estimate *all = arena_array(plot->arena, count, struct estimate);
    for (size_t i = 0; i < count; i++)
        all[i] = plot_summary(plot, h->sweep.point[i % h->sweep.count], h->first_cloud + i / h->sweep.count, h->metric->name);
    for (size_t k = 0; k < h->grid.panels; k++) {
        text[k] = plot_show(plot->arena, plot->clouds[h->first_cloud + k].name, 30);
        note[k] = "";
    }
    const char *unit = h->metric->is_availability || strcmp(h->metric->unit, "1") == 0
                           ? ""
                           : arena_format(plot->arena, ", %s", h->metric->unit);
    figure_open(&figure, plot, "heat", page, plot->page_mm, grid_height(&h->grid) + AXIS_MM + NAME_MM,
                arena_format(plot->arena, "%s%s, against %s (upwards) and %s", plot_words(plot, h->metric), unit,
                             plot_key_words(plot, h->sweep.key[1].name, 60), plot_key_words(plot, h->sweep.key[0].name, 60)),
                arena_format(plot->arena, "Means (≥: only a lower bound is known); darker is %s. The data file has the %s",
                             h->metric->is_availability ? "more available" : "more", plot_method(plot, all, count)));
    figure.top_mm += NAME_MM; /* for the name of the upward axis */
    fprintf(figure.data, "# x_level\ty_level\tshade\tmean\tci_low\tci_high\tn\t%s\t%s\tcloud\n", sweep_axis(&h->sweep, 0),
            sweep_axis(&h->sweep, 1));
    grid_place(&h->grid, &figure);
    grid_write(&figure, &h->grid, text, note);
    write_axes(&figure, h);
    write_cells(&figure, h);
    return figure_close(&figure);
}

int plot_heat(const struct plot *plot)
{
    struct heat h = {0};
    const struct sim_metric *metric[SWEEP_METRICS];
    sweep_read(&h.sweep, plot);
    place_points(&h);
    size_t metrics = sweep_metrics(plot, metric), page = 0, shown = plot->page_mm < SPREAD_MM ? 1 : 3;
    double names = plot_texts_mm(levels_of(&h, 1, 14), h.sweep.key[1].level_count);
    for (size_t m = 0; m < metrics; m++) {
        h.metric = metric[m];
        choose_shades(&h);
        for (size_t c = 0; c < plot->cloud_count; c += PLOT_PANELS, page++) {
            h.first_cloud = c;
            h.grid = (struct grid){.left_mm = names + 5, .right_mm = 3, .gutter_mm = 4, .head_mm = HEAD_MM, .gap_mm = 2,
                                   .panel_mm = CELL_MM * (double)h.sweep.key[1].level_count};
            h.grid.panels = plot->cloud_count - c < PLOT_PANELS ? plot->cloud_count - c : PLOT_PANELS;
            h.grid.columns = h.grid.panels < shown ? h.grid.panels : shown;
            int code = draw_page(&h, page);
            if (code != 0)
                return code;
        }
    }
    return 0;
}
