/* The distribution of the blast radius: for each cloud the share of the time in which at least so many of the services are down at once,
 * both logarithmic, a panel for each point.
 *
 * From the series of services whose quorum is met, as every replication had it: a step of the grid counts by its mean. The
 * share of steps is taken in each replication, mean and interval are over those, so that the steps of one outage do not count as if
 * they were independent. */
#include "sim/plot/plot_internal.h"
#include "sim/statistics/statistics.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

enum { CELLS = 120, NAME_MOST = 22, TICKS = 24 };

#define PANEL_MM 42.0
#define HEAD_MM 6.0
#define AXIS_MM 10.0
#define LEFT_MM 15.0
#define LEAST_SHARE 1e-4 /* of services; fewer at once are left of the axis */

/* One cloud at one point: the share of time with at least edge k down. */
struct reach {
    struct statistics_running at[CELLS + 1];
    uint32_t replications;
    size_t last; /* the last edge that was ever reached */
    bool fell;
};

struct radius {
    const struct plot *plot;
    double low, high; /* of the axis, shares of services */
    double least;     /* of the other axis, share of time */
    size_t first_point;
    struct grid grid;
    struct reach *reach; /* [points of the page][clouds] */
};

static double edge(const struct radius *r, size_t k)
{
    return r->low * pow(r->high / r->low, (double)k / CELLS);
}

/* --- Reading --- */

static bool read_range(struct radius *r)
{
    sqlite3_stmt *row = plot_query(r->plot, "SELECT min(1 - value), max(1 - value) FROM series_value v JOIN series_help h ON h.id = v.series_id"
                                            " WHERE h.name = 'availability_quorum' AND value < 1");
    bool has = sqlite3_step(row) == SQLITE_ROW && sqlite3_column_type(row, 0) != SQLITE_NULL;
    if (has) {
        r->low = pow(10, floor(log10(fmax(plot_column(row, 0), LEAST_SHARE)) + 1e-9));
        r->high = plot_column(row, 1) > 0.5 ? 1 : fmin(1, 1.25 * plot_column(row, 1));
        has = r->high > r->low;
    }
    sqlite3_finalize(row);
    return has;
}

bool plot_has_radius(const struct plot *plot, const char **why)
{
    struct radius r = {.plot = plot};
    *why = "no service was ever down in its series availability_quorum";
    return read_range(&r);
}

/* How often each edge was reached in the replication under way. */
struct tally {
    size_t reached[CELLS + 1], steps;
};

static void count_step(const struct radius *r, struct tally *tally, double down)
{
    tally->steps++;
    if (down < r->low * (1 - 1e-9))
        return;
    double k = floor(CELLS * log(down / r->low) / log(r->high / r->low) + 1e-9);
    tally->reached[k < 0 ? 0 : k >= CELLS ? CELLS : (size_t)k]++;
}

/* The tally holds steps by the highest edge that they reach: summed from above it is how often each was reached. */
static void close_replication(struct reach *reach, struct tally *tally)
{
    size_t above = 0;
    if (tally->steps == 0)
        return;
    for (size_t k = CELLS + 1; k-- > 0;) {
        above += tally->reached[k];
        statistics_running_add(&reach->at[k], (double)above / (double)tally->steps);
        if (above > 0 && (!reach->fell || k > reach->last)) {
            reach->last = k;
            reach->fell = true;
        }
    }
    reach->replications++;
    *tally = (struct tally){0};
}

static void read_reach(struct radius *r, size_t panel, size_t cloud)
{
    struct reach *reach = &r->reach[panel * r->plot->cloud_count + cloud];
    struct tally tally = {0};
    int64_t replication = -1;
    sqlite3_stmt *row = plot_query(r->plot, "SELECT v.replication_id, v.value FROM series_value v"
                                            " JOIN series_help h ON h.id = v.series_id AND h.name = 'availability_quorum'"
                                            " WHERE v.replication_id IN (SELECT id FROM replication WHERE point_id = ? AND cloud_id = ?"
                                            " AND outer_draw = 0) ORDER BY v.rowid");
    sqlite3_bind_int64(row, 1, r->plot->points[r->first_point + panel].id);
    sqlite3_bind_int64(row, 2, r->plot->clouds[cloud].id);
    while (sqlite3_step(row) == SQLITE_ROW) {
        if (sqlite3_column_int64(row, 0) != replication)
            close_replication(reach, &tally);
        replication = sqlite3_column_int64(row, 0);
        count_step(r, &tally, 1 - plot_column(row, 1));
    }
    close_replication(reach, &tally);
    sqlite3_finalize(row);
}

/* --- Writing --- */

static void write_block(struct figure *figure, const struct radius *r, size_t panel, size_t cloud)
{
    const struct reach *reach = &r->reach[panel * r->plot->cloud_count + cloud];
    for (size_t k = 0; reach->fell && k <= reach->last; k++) {
        struct statistics s = statistics_running_end(&reach->at[k], r->plot->run.level);
        bool known = !isnan(s.ci_low) && !isnan(s.ci_high);
        figure_value(figure, edge(r, k), '\t');
        figure_value(figure, s.mean, '\t');
        figure_value(figure, known ? fmax(s.ci_low, r->least) : s.mean, '\t');
        figure_value(figure, known ? fmin(fmax(s.ci_high, r->least), 1) : s.mean, '\t');
        figure_word(figure, r->plot->clouds[cloud].name, '\t');
        figure_word(figure, r->plot->points[r->first_point + panel].label, '\n');
    }
    fputs(reach->fell ? "\n\n" : "NaN\tNaN\tNaN\tNaN\n\n\n", figure->data);
}

static const char *name_of(const struct radius *r, size_t panel, size_t cloud)
{
    const char *name = plot_show(r->plot->arena, r->plot->clouds[cloud].name, NAME_MOST);
    bool fell = r->reach[panel * r->plot->cloud_count + cloud].fell;
    return fell ? name : arena_format(r->plot->arena, "%s: never", name);
}

static void write_names(struct figure *figure, const struct radius *r, const char *const *name)
{
    struct arena *arena = r->plot->arena;
    size_t count = r->grid.panels * r->plot->cloud_count;
    double *end_x = arena_array(arena, count + 1, double), *end_y = arena_array(arena, count + 1, double);
    double *height = arena_array(arena, count + 1, double);
    for (size_t i = 0; i < count; i++) {
        const struct reach *reach = &r->reach[i];
        end_x[i] = edge(r, reach->last);
        end_y[i] = reach->fell ? reach->at[reach->last].mean : (double)NAN;
        height[i] = reach->fell ? 1 - log10(end_y[i]) / log10(r->least) : 0;
    }
    grid_names(figure, &r->grid, r->plot->cloud_count, name, end_x, end_y, height);
}

/* 1, 0.1, ... down to `low`, as percentages, every `every`th with its label, which is a format. Returns how many. */
static size_t decades(struct arena *arena, double low, size_t every, double *at, const char **label)
{
    size_t count = 0;
    for (double share = 1; share > 0.99 * low && count < TICKS; share /= 10) {
        at[count] = share;
        label[count] = count % every == 0 ? arena_format(arena, "%g %%%%", 100 * share) : "";
        count++;
    }
    return count;
}

static void write_axes(struct figure *figure, const struct radius *r)
{
    struct arena *arena = r->plot->arena;
    double at[TICKS];
    const char *label[TICKS];
    double decade_mm = (r->grid.right[0] - r->grid.left[0]) / log10(r->high / r->low);
    size_t ticks = decades(arena, r->low, decade_mm < 8 * CHARACTER_MM ? 2 : 1, at, label);
    size_t first = r->high < 1 ? 1 : 0; /* 100 % lies beyond the axis */
    figure_numbers(figure, "tick", at + first, ticks - first);
    figure_texts(figure, "tick_label", label + first, ticks - first);
    ticks = decades(arena, r->least, 1, at, label);
    figure_numbers(figure, "share", at, ticks);
    figure_texts(figure, "share_label", label, ticks);
    figure_number(figure, "x_low", r->low);
    figure_number(figure, "x_high", r->high);
    figure_number(figure, "y_low", r->least);
    figure_number(figure, "clouds", (double)r->plot->cloud_count);
    figure_text(figure, "axis_text", "at least so many services are down");
    figure_text(figure, "share_text", "share of time");
}

static const char *caption_of(const struct radius *r)
{
    const struct plot *plot = r->plot;
    uint32_t least = UINT32_MAX, most = 0;
    char step[UNITS_TEXT];
    for (size_t i = 0; i < r->grid.panels * plot->cloud_count; i++) {
        least = r->reach[i].replications < least ? r->reach[i].replications : least;
        most = r->reach[i].replications > most ? r->reach[i].replications : most;
    }
    units_format_duration(step, duration_from_seconds(plot->run.grid_s));
    return arena_format(plot->arena, "Down: without quorum; steps of %s, each by its mean. Ribbons: %.4g %% intervals (student t over"
                                     " replications), %s replications", step, 100 * plot->run.level, plot_count(plot->arena, least, most));
}

static void estimate_page(struct radius *r)
{
    const struct plot *plot = r->plot;
    double least = 1;
    r->reach = arena_array(plot->arena, r->grid.panels * plot->cloud_count + 1, struct reach);
    for (size_t p = 0; p < r->grid.panels; p++)
        for (size_t c = 0; c < plot->cloud_count; c++) {
            const struct reach *reach = &r->reach[p * plot->cloud_count + c];
            read_reach(r, p, c);
            if (reach->fell)
                least = fmin(least, reach->at[reach->last].mean);
        }
    r->least = pow(10, fmin(floor(log10(least)), -1));
}

static int draw_page(struct radius *r, size_t page)
{
    const struct plot *plot = r->plot;
    struct figure figure;
    estimate_page(r);
    size_t count = r->grid.panels * plot->cloud_count;
    const char **name = arena_array(plot->arena, count + 1, const char *), *text[PLOT_PANELS], *note[PLOT_PANELS];
    double *slot = arena_array(plot->arena, plot->cloud_count + 1, double);
    for (size_t i = 0; i < count; i++)
        name[i] = name_of(r, i / plot->cloud_count, i % plot->cloud_count);
    for (size_t c = 0; c < plot->cloud_count; c++)
        slot[c] = (double)(c % 7 + 1);
    r->grid.right_mm = plot_texts_mm(name, count) + 6;
    r->grid.gutter_mm = r->grid.right_mm + 5;
    for (size_t p = 0; p < r->grid.panels; p++) {
        text[p] = plot->point_count > 1 ? plot_show(plot->arena, plot->points[r->first_point + p].label, 36) : "";
        note[p] = "";
    }
    figure_open(&figure, plot, "radius", page, plot->page_mm, grid_height(&r->grid) + AXIS_MM,
                "blast radius: how often at least so many services are down at once", caption_of(r));
    figure.chart = "downtime"; /* one script draws both */
    fprintf(figure.data, "# services_down_1\tshare_of_time_1\tci_low_1\tci_high_1\tcloud\tpoint\n");
    grid_place(&r->grid, &figure);
    grid_write(&figure, &r->grid, text, note);
    figure_numbers(&figure, "slot", slot, plot->cloud_count);
    write_axes(&figure, r);
    write_names(&figure, r, name);
    for (size_t i = 0; i < count; i++)
        write_block(&figure, r, i / plot->cloud_count, i % plot->cloud_count);
    return figure_close(&figure);
}

int plot_radius(const struct plot *plot)
{
    struct radius r = {.plot = plot,
                       .grid = {.left_mm = LEFT_MM, .head_mm = plot->point_count > 1 ? HEAD_MM : 2, .panel_mm = PANEL_MM, .gap_mm = 3}};
    r.grid.columns = plot->point_count > 1 && plot->page_mm >= SPREAD_MM ? 2 : 1;
    read_range(&r);
    for (size_t p = 0, page = 0; p < plot->point_count; p += PLOT_PANELS, page++) {
        r.first_point = p;
        r.grid.panels = plot->point_count - p < PLOT_PANELS ? plot->point_count - p : PLOT_PANELS;
        int code = draw_page(&r, page);
        if (code != 0)
            return code;
    }
    return 0;
}
