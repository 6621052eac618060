/* How fast what the first incident took down comes back: the share of touched replicas back against the time since it began,
 * with the points that were published. Measured are the times at which given shares are back (metrics restored_*_min), so
 * the intervals lie along the time axis. */
#include "sim/plot/plot_internal.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { SHARES_MOST = 16, NAME_MOST = 22, TICKS = 24 };

#define PANEL_MM 36.0
#define AXIS_MM 10.0
#define LEFT_MM 15.0

struct recovery {
    const struct plot *plot;
    const struct sim_metric *metric[SHARES_MOST]; /* in order of their shares */
    double share[SHARES_MOST];                    /* percent */
    size_t shares;
    size_t *point, count; /* points with a time for some cloud */
    size_t first;
    double low_min[PLOT_PANELS], high_min[PLOT_PANELS]; /* of the page's panels: one incident takes hours, another weeks */
    struct grid grid;
};

/* "restored_97_min" is 97 %, "restored_first_min" the first of them, by its definition 1 %; 0: another metric. */
static double share_of(const char *name)
{
    static const char begin[] = "restored_";
    if (strncmp(name, begin, strlen(begin)) != 0)
        return 0;
    return strcmp(name, "restored_first_min") == 0 ? 1 : strtod(name + strlen(begin), NULL);
}

static void list_shares(struct recovery *r)
{
    for (const struct sim_metric *m = r->plot->run.metrics; m->name != NULL && r->shares < SHARES_MOST; m++) {
        double share = share_of(m->name);
        if (share <= 0)
            continue;
        size_t at = r->shares++;
        for (; at > 0 && r->share[at - 1] > share; at--) {
            r->share[at] = r->share[at - 1];
            r->metric[at] = r->metric[at - 1];
        }
        r->share[at] = share;
        r->metric[at] = m;
    }
}

static sqlite3_stmt *published_rows(const struct recovery *r)
{
    return plot_query(r->plot, "SELECT point_id, cloud_id, metric, published, low, high, name, source FROM target"
                               " WHERE published IS NOT NULL AND unit = 'min' AND metric LIKE 'restored!_%' ESCAPE '!'"
                               " ORDER BY position");
}

static void include(double minutes, double *low, double *high)
{
    if (minutes > 0) {
        *low = fmin(*low, minutes);
        *high = fmax(*high, minutes);
    }
}

/* False when nothing came back at this point. */
static bool find_range(const struct recovery *r, size_t point, double *low, double *high)
{
    *low = INFINITY;
    *high = 0;
    for (size_t i = 0; i < r->shares * r->plot->cloud_count; i++) {
        struct estimate e = plot_summary(r->plot, point, i / r->shares, r->metric[i % r->shares]->name);
        include(e.mean, low, high);
        include(e.low, low, high);
        include(e.high, low, high);
    }
    bool some = *low <= *high;
    sqlite3_stmt *row = published_rows(r);
    while (sqlite3_step(row) == SQLITE_ROW) {
        for (int i = 3; i < 6 && plot_point_of(r->plot, sqlite3_column_int64(row, 0)) == point; i++)
            include(plot_column(row, i), low, high);
    }
    sqlite3_finalize(row);
    *low /= 1.15;
    *high *= 1.15;
    return some;
}

static struct recovery read_recovery(const struct plot *plot)
{
    struct recovery r = {.plot = plot, .point = arena_array(plot->arena, plot->point_count, size_t)};
    double low, high;
    list_shares(&r);
    for (size_t p = 0; p < plot->point_count; p++) {
        if (find_range(&r, p, &low, &high))
            r.point[r.count++] = p;
    }
    return r;
}

bool plot_has_recovery(const struct plot *plot, const char **why)
{
    *why = "nothing came back from an incident in it";
    return read_recovery(plot).count > 0;
}

/* --- Writing --- */

static void write_block(struct figure *figure, const struct recovery *r, size_t panel, size_t cloud)
{
    size_t point = r->point[r->first + panel];
    for (size_t s = 0; s < r->shares; s++) {
        struct estimate e = plot_summary(r->plot, point, cloud, r->metric[s]->name);
        figure_value(figure, e.mean, '\t');
        figure_value(figure, r->share[s], '\t');
        figure_value(figure, isnan(e.low) ? e.mean : fmax(e.low, r->low_min[panel]), '\t');
        figure_value(figure, isnan(e.high) ? e.mean : e.high, '\t');
        figure_value(figure, (double)e.n, '\t');
        figure_word(figure, r->plot->clouds[cloud].name, '\t');
        figure_word(figure, r->plot->points[point].label, '\n');
    }
    fputs("\n\n", figure->data);
}

/* One block a panel, never empty, after the clouds' blocks. */
static void write_published(struct figure *figure, const struct recovery *r, size_t panel)
{
    size_t point = r->point[r->first + panel];
    const struct plot *plot = r->plot;
    bool some = false;
    sqlite3_stmt *row = published_rows(r);
    while (sqlite3_step(row) == SQLITE_ROW) {
        size_t cloud = plot_cloud_of(plot, sqlite3_column_int64(row, 1));
        double at = plot_column(row, 3), low = plot_column(row, 4), high = plot_column(row, 5);
        if (plot_point_of(plot, sqlite3_column_int64(row, 0)) != point || cloud == plot->cloud_count)
            continue;
        figure_value(figure, at, '\t');
        figure_value(figure, share_of(plot_column_text(plot->arena, row, 2)), '\t');
        figure_value(figure, isnan(low) ? r->low_min[panel] : low, '\t');
        figure_value(figure, isnan(high) ? r->high_min[panel] : high, '\t');
        figure_value(figure, (double)(cloud % 7 + 1), '\t');
        figure_word(figure, plot_column_text(plot->arena, row, 6), '\t');
        figure_word(figure, plot_column_text(plot->arena, row, 7), '\n');
        some = true;
    }
    sqlite3_finalize(row);
    fputs(some ? "\n\n" : "NaN\tNaN\tNaN\tNaN\tNaN\n\n\n", figure->data);
}

/* Each cloud is named at the last share it reaches. */
static void write_names(struct figure *figure, const struct recovery *r)
{
    const struct plot *plot = r->plot;
    size_t count = r->grid.panels * plot->cloud_count;
    double *end_x = arena_array(plot->arena, count + 1, double), *end_y = arena_array(plot->arena, count + 1, double);
    double *height = arena_array(plot->arena, count + 1, double), *slot = arena_array(plot->arena, count + 1, double);
    const char **cloud = plot_cloud_names(plot, NAME_MOST), **name = arena_array(plot->arena, count + 1, const char *);
    for (size_t i = 0; i < count; i++) {
        end_y[i] = NAN;
        for (size_t s = 0; s < r->shares; s++) {
            double at = plot_summary(plot, r->point[r->first + i / plot->cloud_count], i % plot->cloud_count,
                                     r->metric[s]->name).mean;
            if (!isnan(at)) {
                end_x[i] = at;
                end_y[i] = r->share[s];
            }
        }
        height[i] = end_y[i] / 105;
        name[i] = isnan(end_y[i]) ? "" : cloud[i % plot->cloud_count];
        slot[i % plot->cloud_count] = (double)(i % plot->cloud_count % 7 + 1);
    }
    grid_names(figure, &r->grid, plot->cloud_count, name, end_x, end_y, height);
    figure_numbers(figure, "slot", slot, plot->cloud_count);
}

/* Times that a reader knows, or over a short range even steps. */
static size_t ticks_of(const struct recovery *r, size_t panel, double *at, const char **label)
{
    struct arena *arena = r->plot->arena;
    double low = r->low_min[panel], high = r->high_min[panel], width = r->grid.right[0] - r->grid.left[0];
    size_t count = 0;
    if (high / low > 12) {
        count = plot_time_ticks(arena, 60 * low, 60 * high, width, at, label, TICKS);
        for (size_t i = 0; i < count; i++)
            at[i] /= 60;
        return count;
    }
    bool hours = low > 180;
    double unit = hours ? 60 : 1, step = plot_step((high - low) / unit, width / 22);
    for (double x = ceil(low / unit / step) * step; x * unit <= high && count < TICKS; x += step) {
        at[count] = x * unit;
        label[count++] = arena_format(arena, hours ? "%.4g h" : "%.4g min", x);
    }
    return count;
}

static void write_axes(struct figure *figure, const struct recovery *r)
{
    double at[PLOT_PANELS * TICKS], panel[PLOT_PANELS * TICKS];
    const char *label[PLOT_PANELS * TICKS];
    size_t count = 0;
    for (size_t p = 0; p < r->grid.panels; p++) {
        size_t more = ticks_of(r, p, at + count, label + count);
        for (size_t i = 0; i < more; i++)
            panel[count++] = (double)p + 1;
    }
    figure_numbers(figure, "tick", at, count);
    figure_numbers(figure, "tick_panel", panel, count);
    figure_texts(figure, "tick_label", label, count);
    figure_numbers(figure, "x_low", r->low_min, r->grid.panels);
    figure_numbers(figure, "x_high", r->high_min, r->grid.panels);
    figure_number(figure, "clouds", (double)r->plot->cloud_count);
    figure_text(figure, "axis_text", "since the first incident began");
}

static int draw_page(struct recovery *r, size_t page)
{
    const struct plot *plot = r->plot;
    struct figure figure;
    const char *text[PLOT_PANELS], *note[PLOT_PANELS];
    size_t per_panel = r->shares * plot->cloud_count, count = r->grid.panels * per_panel;
    struct estimate *all = arena_array(plot->arena, count, struct estimate);
    for (size_t i = 0; i < count; i++)
        all[i] = plot_summary(plot, r->point[r->first + i / per_panel], i % per_panel / r->shares,
                              r->metric[i % r->shares]->name);
    for (size_t p = 0; p < r->grid.panels; p++) {
        text[p] = plot->point_count > 1 ? plot_show(plot->arena, plot->points[r->point[r->first + p]].label, 36) : "";
        note[p] = "";
        find_range(r, r->point[r->first + p], &r->low_min[p], &r->high_min[p]);
    }
    figure_open(&figure, plot, "recovery", page, plot->page_mm, grid_height(&r->grid) + AXIS_MM,
                "coming back: share of the replicas that the first incident took down; each panel has its own axis",
                arena_format(plot->arena, "Marks: mean times at which a share is back; bars: %s; large hollow marks with grey bars: "
                                          "published, and the range accepted",
                             plot_method(plot, all, count)));
    fprintf(figure.data, "# minutes\tshare_back_percent\tci_low\tci_high\tn\tcloud\tpoint; published: "
                         "minutes\tshare\tlow\thigh\tlinetype\tname\tsource\n");
    grid_place(&r->grid, &figure);
    grid_write(&figure, &r->grid, text, note);
    write_axes(&figure, r);
    write_names(&figure, r);
    for (size_t p = 0; p < r->grid.panels; p++) {
        for (size_t c = 0; c < plot->cloud_count; c++)
            write_block(&figure, r, p, c);
        write_published(&figure, r, p);
    }
    return figure_close(&figure);
}

int plot_recovery(const struct plot *plot)
{
    struct recovery r = read_recovery(plot);
    double names = plot_texts_mm(plot_cloud_names(plot, NAME_MOST), plot->cloud_count) + 6;
    for (size_t p = 0, page = 0; p < r.count; p += PLOT_PANELS, page++) {
        r.first = p;
        r.grid = (struct grid){.left_mm = LEFT_MM, .right_mm = names, .gutter_mm = names + 5, .panel_mm = PANEL_MM, .gap_mm = 6,
                               .head_mm = plot->point_count > 1 ? 6 : 2};
        r.grid.panels = r.count - p < PLOT_PANELS ? r.count - p : PLOT_PANELS;
        r.grid.columns = r.grid.panels > 1 && plot->page_mm >= SPREAD_MM ? 2 : 1;
        int code = draw_page(&r, page);
        if (code != 0)
            return code;
    }
    return 0;
}
