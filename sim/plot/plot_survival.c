/* Pages of survival curves: for each point a panel, in it for each cloud the share that lies above a value, both logarithmic. */
#include "sim/plot/plot_internal.h"

#include <math.h>

enum { NAME_MOST = 22, TICKS = 24 };

#define PANEL_MM 42.0
#define HEAD_MM 6.0
#define AXIS_MM 10.0
#define LEFT_MM 15.0

double survival_edge(const struct survival *s, size_t k)
{
    return s->low * pow(s->high / s->low, (double)k / (double)s->cells);
}

size_t survival_decades(struct arena *arena, double low, size_t every, double *at, const char **label, size_t room)
{
    size_t count = 0;
    for (double share = 1; share > 0.99 * low && count < room; share /= 10) {
        at[count] = share;
        label[count] = count % every == 0 ? arena_format(arena, "%g %%%%", 100 * share) : "";
        count++;
    }
    return count;
}

static void write_block(struct figure *figure, const struct survival *s, size_t i)
{
    const struct survival_curve *curve = &s->curve[i];
    for (size_t k = 0; curve->known && k <= curve->last; k++) {
        bool ribbon = !isnan(curve->ci_low[k]) && !isnan(curve->ci_high[k]);
        figure_value(figure, survival_edge(s, k), '\t');
        figure_value(figure, curve->share[k], '\t');
        figure_value(figure, ribbon ? fmax(curve->ci_low[k], s->least) : curve->share[k], '\t');
        figure_value(figure, ribbon ? fmin(fmax(curve->ci_high[k], s->least), 1) : curve->share[k], '\t');
        figure_word(figure, s->plot->clouds[i % s->plot->cloud_count].name, '\t');
        figure_word(figure, s->plot->points[s->first_point + i / s->plot->cloud_count].label, '\n');
    }
    fputs(curve->known ? "\n\n" : "NaN\tNaN\tNaN\tNaN\n\n\n", figure->data);
}

static void write_names(struct figure *figure, const struct survival *s, const char *const *name, size_t count)
{
    struct arena *arena = s->plot->arena;
    double *end_x = arena_array(arena, count + 1, double), *end_y = arena_array(arena, count + 1, double);
    double *height = arena_array(arena, count + 1, double);
    for (size_t i = 0; i < count; i++) {
        const struct survival_curve *curve = &s->curve[i];
        end_x[i] = survival_edge(s, curve->last);
        end_y[i] = curve->known ? curve->share[curve->last] : (double)NAN;
        height[i] = curve->known ? 1 - log10(end_y[i]) / log10(s->least) : 0;
    }
    grid_names(figure, &s->grid, s->plot->cloud_count, name, end_x, end_y, height);
}

static void write_axes(struct figure *figure, const struct survival *s)
{
    double at[TICKS];
    const char *label[TICKS];
    size_t ticks = s->ticks(s, at, label, TICKS);
    figure_numbers(figure, "tick", at, ticks);
    figure_texts(figure, "tick_label", label, ticks);
    ticks = survival_decades(s->plot->arena, s->least, 1, at, label, TICKS);
    figure_numbers(figure, "share", at, ticks);
    figure_texts(figure, "share_label", label, ticks);
    figure_number(figure, "x_low", s->low);
    figure_number(figure, "x_high", s->high);
    figure_number(figure, "y_low", s->least);
    figure_number(figure, "clouds", (double)s->plot->cloud_count);
    figure_text(figure, "axis_text", s->axis_text);
    figure_text(figure, "share_text", s->share_text);
}

static const char **names_of(const struct survival *s, size_t count)
{
    struct arena *arena = s->plot->arena;
    const char **name = arena_array(arena, count + 1, const char *);
    for (size_t i = 0; i < count; i++) {
        const char *cloud = plot_show(arena, s->plot->clouds[i % s->plot->cloud_count].name, NAME_MOST), *note = s->curve[i].note;
        name[i] = note[0] != '\0' ? arena_format(arena, "%s: %s", cloud, note) : cloud;
    }
    return name;
}

static void estimate_page(struct survival *s, size_t count)
{
    double least = 1;
    s->curve = arena_array(s->plot->arena, count + 1, struct survival_curve);
    s->estimate(s);
    for (size_t i = 0; i < count; i++)
        if (s->curve[i].known)
            least = fmin(least, s->curve[i].share[s->curve[i].last]);
    s->least = pow(10, fmin(floor(log10(least)), -1));
}

static int draw_page(struct survival *s, size_t page)
{
    const struct plot *plot = s->plot;
    struct figure figure;
    size_t count = s->grid.panels * plot->cloud_count;
    const char *text[PLOT_PANELS], *note[PLOT_PANELS];
    double *slot = arena_array(plot->arena, plot->cloud_count + 1, double);
    estimate_page(s, count);
    const char **name = names_of(s, count);
    for (size_t c = 0; c < plot->cloud_count; c++)
        slot[c] = (double)(c % 7 + 1);
    s->grid.right_mm = plot_texts_mm(name, count) + 6;
    s->grid.gutter_mm = s->grid.right_mm + 5;
    for (size_t p = 0; p < s->grid.panels; p++) {
        text[p] = plot->point_count > 1 ? plot_show(plot->arena, plot->points[s->first_point + p].label, 36) : "";
        note[p] = "";
    }
    figure_open(&figure, plot, s->chart, page, plot->page_mm, grid_height(&s->grid) + AXIS_MM, s->subtitle, s->caption(s));
    figure.chart = "downtime"; /* one script draws all */
    fprintf(figure.data, "# %s\tci_low_1\tci_high_1\tcloud\tpoint\n", s->columns);
    grid_place(&s->grid, &figure);
    grid_write(&figure, &s->grid, text, note);
    figure_numbers(&figure, "slot", slot, plot->cloud_count);
    write_axes(&figure, s);
    write_names(&figure, s, name, count);
    for (size_t i = 0; i < count; i++)
        write_block(&figure, s, i);
    return figure_close(&figure);
}

int survival_draw(struct survival *s)
{
    const struct plot *plot = s->plot;
    bool several = plot->point_count > 1;
    s->grid = (struct grid){.left_mm = LEFT_MM, .head_mm = several ? HEAD_MM : 2, .panel_mm = PANEL_MM, .gap_mm = 3,
                            .columns = several && plot->page_mm >= SPREAD_MM ? 2 : 1};
    for (size_t p = 0, page = 0; p < plot->point_count; p += PLOT_PANELS, page++) {
        s->first_point = p;
        s->grid.panels = plot->point_count - p < PLOT_PANELS ? plot->point_count - p : PLOT_PANELS;
        int code = draw_page(s, page);
        if (code != 0)
            return code;
    }
    return 0;
}
