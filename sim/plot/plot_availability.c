/* Availability over time: a panel for each point, one ribbon for each cloud, and a close look at the incidents. */
#include "sim/plot/plot_internal.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

enum { STEPS_MOST = 1500, MARKS_MOST = 64, NAME_MOST = 24, MARK_NAME_MOST = 36, MARK_ROWS = 3 };

#define PANEL_MM 30.0
#define GAP_MM 3.0
#define AXIS_MM 10.0
#define LEFT_MM 15.0
#define TAIL_S (36 * 3600.0) /* of a long incident that the close look shows */

/* A scripted incident of a point. */
struct mark {
    size_t point;
    double low, high; /* s */
    const char *name;
    int row; /* of its name above the panel; -1: no room, the band alone */
};

struct timeline {
    const struct plot *plot;
    const char *chart;
    bool inverted; /* draws the share that is not available */
    const char *series, *unit; /* unit of the time axis */
    double unit_s;
    size_t merge; /* grid steps per drawn value */
    struct mark *marks;
    size_t mark_count;
    bool zoomed;
    double zoom_low_s, zoom_high_s;
    double y_low, y_high; /* percent */
    size_t first_point, points;
    double *end_y; /* [points][clouds]: last mean that the last panel shows, percent */
};

/* The series to draw: the one of the main metric, else the first whose name says availability. */
static const char *choose_series(const struct plot *plot)
{
    const char *chosen = NULL;
    for (const struct sim_series *s = plot->run.series; s != NULL && s->name != NULL; s++) {
        if (plot->availability != NULL && strcmp(s->name, plot->availability->name) == 0)
            return s->name;
        if (chosen == NULL && strncmp(s->name, "availability", 12) == 0)
            chosen = s->name;
    }
    return chosen;
}

bool plot_has_series(const struct plot *plot, const char **why)
{
    *why = "it has no series of availability";
    return choose_series(plot) != NULL;
}

static void choose_unit(struct timeline *t)
{
    double horizon = t->plot->run.horizon_s;
    t->unit = horizon > 3 * 86400 ? "days" : horizon > 3 * 3600 ? "hours" : "minutes";
    t->unit_s = horizon > 3 * 86400 ? 86400 : horizon > 3 * 3600 ? 3600 : 60;
}

/* --- Incidents --- */

static void read_marks(struct timeline *t)
{
    const struct plot *plot = t->plot;
    sqlite3_stmt *row = NULL;
    t->marks = arena_array(plot->arena, MARKS_MOST, struct mark);
    sqlite3_prepare_v2(plot->database,
                       "SELECT point_id, name, start_s, end_s FROM incident_mark ORDER BY start_s, name, point_id", -1,
                       &row, NULL);
    while (sqlite3_step(row) == SQLITE_ROW && t->mark_count < MARKS_MOST) {
        struct mark mark = {.point = plot_point_of(plot, sqlite3_column_int64(row, 0)),
                            .low = sqlite3_column_double(row, 2),
                            .high = sqlite3_column_double(row, 3)};
        mark.low = fmax(mark.low, 0);
        mark.high = fmin(mark.high, plot->run.horizon_s);
        if (mark.point == plot->point_count || !(mark.low < mark.high))
            continue;
        const unsigned char *name = sqlite3_column_text(row, 1);
        mark.name = plot_show(plot->arena, name == NULL ? "" : (const char *)name, MARK_NAME_MOST);
        t->marks[t->mark_count++] = mark;
    }
    sqlite3_finalize(row);
}

/* One window around the beginnings of all incidents of all points, so that the points can be compared; none if it would
 * show nearly everything. What an incident does shows soon after it began; its tail may be weeks of repair. */
static void choose_zoom(struct timeline *t)
{
    double low = INFINITY, high = -INFINITY, horizon = t->plot->run.horizon_s;
    for (size_t i = 0; i < t->mark_count; i++) {
        low = fmin(low, t->marks[i].low);
        high = fmax(high, fmin(t->marks[i].high, t->marks[i].low + fmax(TAIL_S, 20 * t->plot->run.grid_s)));
    }
    double room = fmax(0.35 * (high - low), 4 * t->plot->run.grid_s);
    t->zoom_low_s = fmax(0, low - room);
    t->zoom_high_s = fmin(horizon, high + 1.5 * room);
    t->zoomed = t->mark_count > 0 && t->plot->page_mm >= SPREAD_MM && t->zoom_high_s - t->zoom_low_s < 0.6 * horizon;
}

/* --- Data --- */

static double shown(const struct timeline *t, double share)
{
    return 100 * (t->inverted ? 1 - share : share);
}

/* Values of neighbouring steps drawn as one: the mean of the means inside the envelope of the intervals. */
struct merged {
    double t_s, mean, low, high;
    size_t count;
};

static void write_merged(struct figure *figure, struct timeline *t, const struct merged *m, const char *cloud,
                         const char *point)
{
    double middle = m->t_s + 0.5 * t->plot->run.grid_s * (double)t->merge, mean = shown(t, m->mean / (double)m->count);
    double least = m->low < 0 ? 0 : m->low, most = m->high > 1 ? 1 : m->high; /* a share's interval by student t may reach beyond */
    double low = t->inverted ? most : least, high = t->inverted ? least : most;
    figure_value(figure, fmin(middle, t->plot->run.horizon_s) / t->unit_s, '\t');
    figure_value(figure, mean, '\t');
    figure_value(figure, shown(t, low), '\t');
    figure_value(figure, shown(t, high), '\t');
    figure_word(figure, cloud, '\t');
    figure_word(figure, point, '\n');
}

static sqlite3_stmt *series_rows(const struct timeline *t, size_t point, size_t cloud)
{
    sqlite3_stmt *row = NULL;
    sqlite3_prepare_v2(t->plot->database,
                       "SELECT t_s, mean, ci_low, ci_high FROM series_summary WHERE point_id = ? AND cloud_id = ? AND "
                       "name = ? ORDER BY t_s",
                       -1, &row, NULL);
    sqlite3_bind_int64(row, 1, t->plot->points[point].id);
    sqlite3_bind_int64(row, 2, t->plot->clouds[cloud].id);
    sqlite3_bind_text(row, 3, t->series, -1, SQLITE_TRANSIENT);
    return row;
}

static void write_block(struct figure *figure, struct timeline *t, size_t panel, size_t cloud)
{
    const struct plot *plot = t->plot;
    size_t point = t->first_point + panel, written = 0;
    sqlite3_stmt *row = series_rows(t, point, cloud);
    struct merged m = {0};
    double *end = &t->end_y[panel * plot->cloud_count + cloud];
    *end = NAN;
    for (bool more = true; more;) {
        more = sqlite3_step(row) == SQLITE_ROW;
        if (m.count == t->merge || (!more && m.count > 0)) {
            write_merged(figure, t, &m, plot->clouds[cloud].name, plot->points[point].label);
            if (!t->zoomed || m.t_s <= t->zoom_high_s) /* where the last panel's line ends */
                *end = shown(t, m.mean / (double)m.count);
            m = (struct merged){0};
            written++;
        }
        if (!more || isnan(plot_column(row, 1)))
            continue;
        if (m.count == 0)
            m = (struct merged){.t_s = plot_column(row, 0), .low = INFINITY, .high = -INFINITY};
        m.mean += plot_column(row, 1);
        m.low = fmin(m.low, isnan(plot_column(row, 2)) ? plot_column(row, 1) : plot_column(row, 2));
        m.high = fmax(m.high, isnan(plot_column(row, 3)) ? plot_column(row, 1) : plot_column(row, 3));
        m.count++;
    }
    sqlite3_finalize(row);
    if (written == 0)
        fprintf(figure->data, "NaN\tNaN\tNaN\tNaN\n");
    fputs("\n\n", figure->data);
}

/* One range for all panels of all pages, so that they compare. */
static void choose_range(struct timeline *t)
{
    sqlite3_stmt *row = NULL;
    sqlite3_prepare_v2(t->plot->database,
                       "SELECT min(coalesce(ci_low, mean)), max(coalesce(ci_high, mean)), count(DISTINCT t_s) FROM "
                       "series_summary WHERE name = ?",
                       -1, &row, NULL);
    sqlite3_bind_text(row, 1, t->series, -1, SQLITE_TRANSIENT);
    t->y_low = 0;
    t->y_high = 100;
    t->merge = 1;
    if (sqlite3_step(row) == SQLITE_ROW && sqlite3_column_type(row, 0) != SQLITE_NULL) {
        t->y_low = fmax(0, shown(t, plot_column(row, t->inverted ? 1 : 0)));
        t->y_high = fmin(100, shown(t, plot_column(row, t->inverted ? 0 : 1)));
        t->merge = (size_t)sqlite3_column_int64(row, 2) / STEPS_MOST + 1;
    }
    sqlite3_finalize(row);
    double room = fmax(0.06 * (t->y_high - t->y_low), 0.0005);
    t->y_low = fmax(t->y_low - room, -2);
    t->y_high += room;
}

/* --- Layout --- */

/* Incident names stand above the panel, in rows where they do not run into each other. */
static void place_marks(struct timeline *t, double span_mm)
{
    double from = t->zoomed ? t->zoom_low_s : 0, to = t->zoomed ? t->zoom_high_s : t->plot->run.horizon_s;
    for (size_t p = 0; p < t->plot->point_count; p++) {
        double end[MARK_ROWS] = {-1e9, -1e9, -1e9};
        for (size_t i = 0; i < t->mark_count; i++) {
            struct mark *mark = &t->marks[i];
            if (mark->point != p)
                continue;
            double x = (mark->low - from) / (to - from) * span_mm;
            mark->row = 0;
            while (mark->row < MARK_ROWS && end[mark->row] > x)
                mark->row++;
            if (mark->row == MARK_ROWS) {
                mark->row = -1;
                continue;
            }
            /* The clouds' names leave some room at the right of the panels, but none beyond. */
            mark->name =
                plot_show(t->plot->arena, mark->name, (size_t)fmax(8, (span_mm + 18 - x) / SMALL_CHARACTER_MM));
            end[mark->row] = x + SMALL_CHARACTER_MM * (double)plot_length(mark->name) + 2;
        }
    }
}

static void write_marks(struct figure *figure, const struct timeline *t)
{
    size_t n = 0;
    struct arena *arena = t->plot->arena;
    double *low = arena_array(arena, t->mark_count + 1, double), *high = arena_array(arena, t->mark_count + 1, double);
    double *panel = arena_array(arena, t->mark_count + 1, double),
           *line = arena_array(arena, t->mark_count + 1, double);
    double *shown = arena_array(arena, t->mark_count + 1, double);
    const char **name = arena_array(arena, t->mark_count + 1, const char *);
    for (size_t i = 0; i < t->mark_count; i++) {
        const struct mark *mark = &t->marks[i];
        if (mark->point < t->first_point || mark->point >= t->first_point + t->points)
            continue;
        low[n] = mark->low / t->unit_s;
        high[n] = mark->high / t->unit_s;
        panel[n] = (double)(mark->point - t->first_point) + 1;
        name[n] = mark->name;
        shown[n] = mark->row < 0 ? -1 : t->zoomed ? 1 : 0;
        line[n++] = 0.5 + 0.9 * (double)mark->row;
    }
    figure_numbers(figure, "mark_low", low, n);
    figure_numbers(figure, "mark_high", high, n);
    figure_numbers(figure, "mark_panel", panel, n);
    figure_numbers(figure, "mark_row", line, n);
    figure_numbers(figure, "mark_shown", shown, n);
    figure_texts(figure, "mark_text", name, n);
}

/* Rows of incidents' names above a panel. */
static int rows_above(const struct timeline *t, size_t panel)
{
    int rows = 0;
    for (size_t i = 0; i < t->mark_count; i++) {
        if (t->marks[i].point == t->first_point + panel && t->marks[i].row >= rows)
            rows = t->marks[i].row + 1;
    }
    return rows;
}

/* Height above a panel: its name, and the rows of incident names. With a close look the name stands in the left column
 * and the incidents in the right one, so they share the height. */
static double head_mm(const struct timeline *t, size_t panel)
{
    double name = t->plot->point_count > 1 ? LINE_MM + 2 : 1;
    int rows = rows_above(t, panel);
    double marks = rows == 0 ? 0 : 1 + 0.9 * LINE_MM * rows;
    return t->zoomed ? fmax(name, marks) : name + marks;
}

/* Where a point's name stands: right above its panel or its own incidents' names. */
static double name_y(const struct timeline *t, size_t panel, double upper)
{
    int rows = t->zoomed ? 0 : rows_above(t, panel);
    return upper - 3 - (rows == 0 ? 0 : 1 + 0.9 * LINE_MM * rows);
}

static void write_panels(struct figure *figure, struct timeline *t)
{
    const struct plot *plot = t->plot;
    struct arena *arena = plot->arena;
    double top[PLOT_PANELS], bottom[PLOT_PANELS], text_y[PLOT_PANELS];
    const char *text[PLOT_PANELS];
    double *label = arena_array(arena, t->points * plot->cloud_count + 1, double);
    double below = figure->top_mm;
    for (size_t p = 0; p < t->points; p++) {
        double upper = below + head_mm(t, p);
        below = upper + PANEL_MM + GAP_MM;
        double *y = label + p * plot->cloud_count;
        top[p] = figure_y(figure, upper);
        bottom[p] = figure_y(figure, upper + PANEL_MM);
        text_y[p] = figure_y(figure, name_y(t, p, upper));
        text[p] = plot->point_count > 1 ? plot_show(arena, plot->points[t->first_point + p].label, 70) : "";
        for (size_t c = 0; c < plot->cloud_count; c++) {
            double *end = &t->end_y[p * plot->cloud_count + c];
            *end = isnan(*end) ? t->y_low : *end;
            y[c] = PANEL_MM * (*end - t->y_low) / (t->y_high - t->y_low); /* mm above the panel's foot */
        }
        /* Incidents' names may reach over the panel's edge: the clouds' stay below them. */
        plot_spread(y, plot->cloud_count, LINE_MM, -1.5, rows_above(t, p) > 0 ? PANEL_MM - 0.5 : PANEL_MM + 1.5);
        for (size_t c = 0; c < plot->cloud_count; c++)
            y[c] = figure_y(figure, upper + PANEL_MM - y[c]);
    }
    figure_numbers(figure, "panel_top", top, t->points);
    figure_numbers(figure, "panel_bottom", bottom, t->points);
    figure_numbers(figure, "panel_text_y", text_y, t->points);
    figure_texts(figure, "panel_text", text, t->points);
    figure_numbers(figure, "label_y", label, t->points * plot->cloud_count);
    figure_numbers(figure, "end_y", t->end_y, t->points * plot->cloud_count);
}

static void write_axes(struct figure *figure, const struct timeline *t, double right_mm)
{
    const struct plot *plot = t->plot;
    char start[UNITS_TEXT];
    double middle_mm = t->zoomed ? LEFT_MM + 0.55 * (right_mm - LEFT_MM) : right_mm;
    figure_number(figure, "zooms", t->zoomed ? 1 : 0);
    figure_number(figure, "left_x", figure_x(figure, LEFT_MM));
    figure_number(figure, "middle_x", figure_x(figure, middle_mm));
    figure_number(figure, "zoom_left_x", figure_x(figure, middle_mm + 5));
    figure_number(figure, "right_x", figure_x(figure, right_mm));
    figure_number(figure, "label_x", figure_x(figure, right_mm + 5));
    figure_number(figure, "x_high", plot->run.horizon_s / t->unit_s);
    figure_number(figure, "zoom_low", t->zoom_low_s / t->unit_s);
    figure_number(figure, "zoom_high", t->zoom_high_s / t->unit_s);
    figure_number(figure, "y_low", t->y_low);
    figure_number(figure, "y_high", t->y_high);
    figure_number(figure, "x_step", plot_step(plot->run.horizon_s / t->unit_s, (middle_mm - LEFT_MM) / 11));
    figure_number(figure, "zoom_step",
                  t->zoomed ? plot_step((t->zoom_high_s - t->zoom_low_s) / t->unit_s, (right_mm - middle_mm - 5) / 11)
                            : 1);
    figure_number(figure, "y_step", plot_step(t->y_high - t->y_low, PANEL_MM / 6));
    figure_text(figure, "y_format", "%g %%");
    units_format_utc(start, plot->run.start_unix_s);
    figure_text(figure, "axis_text", arena_format(plot->arena, "%s since %s", t->unit, start));
    figure_text(figure, "zoom_text", arena_format(plot->arena, "%s, around the incidents", t->unit));
    figure_number(figure, "clouds", (double)plot->cloud_count);
}

static const char *caption_of(const struct timeline *t)
{
    const struct plot *plot = t->plot;
    struct arena *arena = plot->arena;
    sqlite3_stmt *row = NULL;
    int64_t least = 0, most = 0;
    char step[UNITS_TEXT];
    sqlite3_prepare_v2(plot->database, "SELECT min(n), max(n) FROM series_summary WHERE name = ? AND n > 0", -1, &row,
                       NULL);
    sqlite3_bind_text(row, 1, t->series, -1, SQLITE_TRANSIENT);
    if (sqlite3_step(row) == SQLITE_ROW) {
        least = sqlite3_column_int64(row, 0);
        most = sqlite3_column_int64(row, 1);
    }
    sqlite3_finalize(row);
    units_format_duration(step, duration_from_seconds(plot->run.grid_s * (double)t->merge));
    const char *envelope =
        t->merge > 1 ? arena_format(arena, " (%zu grid steps: mean of the means, envelope of the intervals)", t->merge)
                     : "";
    return arena_format(
        arena,
        "Lines: means over %s%s; ribbons: %.4g %% intervals of the mean at each time (student t), %s replications%s",
        step, envelope, 100 * plot->run.level, plot_count(arena, least, most),
        t->mark_count > 0 ? "; bands: incidents" : "");
}

/* Where the panels end and the clouds' names begin. */
static double right_edge(const struct plot *plot)
{
    size_t longest = 4;
    for (size_t c = 0; c < plot->cloud_count; c++) {
        size_t length = plot_length(plot_show(plot->arena, plot->clouds[c].name, NAME_MOST));
        longest = length > longest ? length : longest;
    }
    return plot->page_mm - 8 - CHARACTER_MM * (double)longest;
}

static const char *subtitle_of(const struct timeline *t)
{
    if (t->inverted)
        return "blast radius over time: share of services that are down";
    const struct sim_metric *metric = plot_metric(t->plot, t->series);
    return arena_format(t->plot->arena, "%s over time", metric != NULL ? plot_words(t->plot, metric) : plot_show(t->plot->arena, t->series, 60));
}

static int draw_page(struct timeline *t, size_t page)
{
    const struct plot *plot = t->plot;
    struct figure figure;
    double right_mm = right_edge(plot);
    place_marks(t, t->zoomed ? 0.45 * (right_mm - LEFT_MM) - 5 : right_mm - LEFT_MM);
    double height = AXIS_MM - GAP_MM;
    for (size_t p = 0; p < t->points; p++)
        height += head_mm(t, p) + PANEL_MM + GAP_MM;
    figure_open(&figure, plot, t->chart, page, plot->page_mm, height,
                subtitle_of(t), caption_of(t));
    figure.chart = "availability"; /* one script draws both */
    fprintf(figure.data, "# t_%s\t%s_percent\tci_low_percent\tci_high_percent\tcloud\tpoint\n", t->unit, t->series);
    t->end_y = arena_array(plot->arena, t->points * plot->cloud_count + 1, double);
    const char **name = arena_array(plot->arena, plot->cloud_count + 1, const char *);
    double *slot = arena_array(plot->arena, plot->cloud_count + 1, double);
    for (size_t c = 0; c < plot->cloud_count; c++) {
        name[c] = plot_show(plot->arena, plot->clouds[c].name, NAME_MOST);
        slot[c] = (double)(c % 7 + 1);
    }
    for (size_t p = 0; p < t->points; p++) {
        for (size_t c = 0; c < plot->cloud_count; c++)
            write_block(&figure, t, p, c);
    }
    figure_texts(&figure, "cloud", name, plot->cloud_count);
    figure_numbers(&figure, "slot", slot, plot->cloud_count);
    write_axes(&figure, t, right_mm);
    write_panels(&figure, t);
    write_marks(&figure, t);
    return figure_close(&figure);
}

static int draw_series(struct timeline t)
{
    const struct plot *plot = t.plot;
    choose_unit(&t);
    read_marks(&t);
    choose_zoom(&t);
    choose_range(&t);
    for (size_t p = 0, page = 0; p < plot->point_count; p += PLOT_PANELS, page++) {
        t.first_point = p;
        t.points = plot->point_count - p < PLOT_PANELS ? plot->point_count - p : PLOT_PANELS;
        int code = draw_page(&t, page);
        if (code != 0)
            return code;
    }
    return 0;
}

int plot_availability(const struct plot *plot)
{
    return draw_series((struct timeline){.plot = plot, .chart = "availability", .series = choose_series(plot)});
}

/* How much of the world is down at once: the same chart of what is missing, of services whose quorum is met. */
static const char *const quorum = "availability_quorum";

bool plot_has_blast(const struct plot *plot, const char **why)
{
    *why = "it has no series availability_quorum";
    for (const struct sim_series *s = plot->run.series; s != NULL && s->name != NULL; s++) {
        if (strcmp(s->name, quorum) == 0)
            return true;
    }
    return false;
}

int plot_blast(const struct plot *plot)
{
    return draw_series((struct timeline){.plot = plot, .chart = "blast", .series = quorum, .inverted = true});
}
