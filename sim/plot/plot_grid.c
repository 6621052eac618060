/* Panels in rows and columns, and what all of them have. */
#include "sim/plot/plot_internal.h"

#include <math.h>

static size_t rows_of(const struct grid *grid)
{
    return (grid->panels + grid->columns - 1) / grid->columns;
}

double grid_height(const struct grid *grid)
{
    return (double)rows_of(grid) * (grid->head_mm + grid->panel_mm + grid->gap_mm);
}

void grid_place(struct grid *grid, const struct figure *figure)
{
    double columns = (double)grid->columns;
    double width =
        (figure->width_mm - grid->left_mm - grid->right_mm - grid->gutter_mm * (columns - 1)) / columns;
    for (size_t p = 0; p < grid->panels; p++) {
        grid->left[p] = grid->left_mm + (double)(p % grid->columns) * (width + grid->gutter_mm);
        grid->right[p] = grid->left[p] + width;
        grid->upper[p] = figure->top_mm + grid->head_mm +
                         (double)(p / grid->columns) * (grid->head_mm + grid->panel_mm + grid->gap_mm);
    }
}

void grid_write(struct figure *figure, const struct grid *grid, const char *const *texts, const char *const *notes)
{
    double left[PLOT_PANELS], right[PLOT_PANELS], top[PLOT_PANELS], bottom[PLOT_PANELS], text_y[PLOT_PANELS];
    double lowest[PLOT_PANELS], first[PLOT_PANELS];
    for (size_t p = 0; p < grid->panels; p++) {
        left[p] = figure_x(figure, grid->left[p]);
        right[p] = figure_x(figure, grid->right[p]);
        top[p] = figure_y(figure, grid->upper[p]);
        bottom[p] = figure_y(figure, grid->upper[p] + grid->panel_mm);
        text_y[p] = figure_y(figure, grid->upper[p] - 2.6);
        lowest[p] = p + grid->columns >= grid->panels;
        first[p] = p % grid->columns == 0;
    }
    figure_numbers(figure, "panel_left", left, grid->panels);
    figure_numbers(figure, "panel_right", right, grid->panels);
    figure_numbers(figure, "panel_top", top, grid->panels);
    figure_numbers(figure, "panel_bottom", bottom, grid->panels);
    figure_numbers(figure, "panel_text_y", text_y, grid->panels);
    figure_numbers(figure, "panel_lowest", lowest, grid->panels);
    figure_numbers(figure, "panel_first", first, grid->panels);
    figure_texts(figure, "panel_text", texts, grid->panels);
    figure_texts(figure, "panel_note", notes, grid->panels);
}

void grid_names(struct figure *figure, const struct grid *grid, size_t per_panel, const char *const *names,
                const double *end_x, const double *end_y, const double *height)
{
    struct arena *arena = figure->plot->arena;
    size_t count = grid->panels * per_panel;
    double *label_x = arena_array(arena, count + 1, double), *label_y = arena_array(arena, count + 1, double);
    double *known = arena_array(arena, count + 1, double);
    for (size_t i = 0; i < count; i++) {
        known[i] = !isnan(end_y[i]);
        label_x[i] = figure_x(figure, grid->right[i / per_panel] + 4);
        label_y[i] = grid->panel_mm * (isnan(height[i]) ? 0 : height[i]);
    }
    for (size_t p = 0; p < grid->panels; p++) {
        double *y = label_y + p * per_panel;
        plot_spread(y, per_panel, LINE_MM, -1.5, grid->panel_mm + 1.5);
        for (size_t i = 0; i < per_panel; i++)
            y[i] = figure_y(figure, grid->upper[p] + grid->panel_mm - y[i]);
    }
    figure_texts(figure, "name", names, count);
    figure_numbers(figure, "known", known, count);
    figure_numbers(figure, "end_x", end_x, count);
    figure_numbers(figure, "end_y", end_y, count);
    figure_numbers(figure, "label_x", label_x, count);
    figure_numbers(figure, "label_y", label_y, count);
}

const char **plot_cloud_names(const struct plot *plot, size_t most)
{
    const char **names = arena_array(plot->arena, plot->cloud_count + 1, const char *);
    for (size_t c = 0; c < plot->cloud_count; c++)
        names[c] = plot_show(plot->arena, plot->clouds[c].name, most);
    return names;
}

double plot_texts_mm(const char *const *texts, size_t count)
{
    size_t longest = 0;
    for (size_t i = 0; i < count; i++)
        longest = plot_length(texts[i]) > longest ? plot_length(texts[i]) : longest;
    return CHARACTER_MM * (double)longest;
}
