/* When one service was down, and why: a row for each cause, in the first replication, under every cloud and at every point.
 * All of them met the same luck, so the rows compare. */
#include "sim/plot/plot_internal.h"
#include "sim/base/units.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

enum { ROWS_PER_PAGE = 40, CAUSES_MOST = 8, MARKS_MOST = 64, NAME_MOST = 24 };

#define ROW_MM 4.4
#define AXIS_MM 10.0
#define TOTAL_MM 24.0

struct bar {
    size_t cause;
    double start_s, end_s;
    bool open;
};

/* A cloud at a point. */
struct group {
    size_t point, cloud;
    const char *cause[CAUSES_MOST];
    double down_s[CAUSES_MOST];
    size_t times[CAUSES_MOST], causes;
    bool open[CAUSES_MOST]; /* still down at the end */
    struct bar *bars;
    size_t count, room;
};

struct gantt {
    const struct plot *plot;
    const char *service, *unit;
    double unit_s;
    struct group *groups;
    size_t group_count, first, shown;
    double left_mm, right_mm, depth;
};

/* Unless one is asked for: the one that scripted incidents took down under the most clouds, of those the one that was down under the
 * most clouds, and of those the longest. */
static const char *choose_service(const struct plot *plot)
{
    const char *service = NULL;
    sqlite3_stmt *row = plot_query(plot, "SELECT o.subject FROM outage o JOIN replication r ON r.id = o.replication_id"
                                         " WHERE o.subject_kind = 'service' AND r.outer_draw = 0 AND r.rep = 0"
                                         " AND (?1 IS NULL OR o.subject = ?1) GROUP BY o.subject"
                                         " ORDER BY count(DISTINCT CASE WHEN o.incident IS NOT NULL THEN r.cloud_id END) DESC,"
                                         " count(DISTINCT r.cloud_id) DESC, sum(o.end_s - o.start_s) DESC,"
                                         " o.subject LIMIT 1");
    if (plot->subject != NULL)
        sqlite3_bind_text(row, 1, plot->subject, -1, SQLITE_TRANSIENT);
    if (sqlite3_step(row) == SQLITE_ROW)
        service = plot_column_text(plot->arena, row, 0);
    sqlite3_finalize(row);
    return service;
}

bool plot_has_gantt(const struct plot *plot, const char **why)
{
    *why = plot->subject != NULL ? "its first replication lists no outage of that service"
                                 : "its first replication lists no outage of a service";
    return choose_service(plot) != NULL;
}

/* --- Reading --- */

/* Beyond the first causes the rest share a row. */
static size_t cause_of(struct group *group, const char *text)
{
    size_t k = 0;
    while (k < group->causes && strcmp(group->cause[k], text) != 0)
        k++;
    if (k == group->causes && k < CAUSES_MOST)
        group->cause[group->causes++] = text;
    if (k == CAUSES_MOST) {
        k = CAUSES_MOST - 1;
        group->cause[k] = "other causes";
    }
    return k;
}

static sqlite3_stmt *outage_rows(const struct gantt *g, const struct group *group)
{
    sqlite3_stmt *row = plot_query(g->plot, "SELECT o.start_s, o.end_s, o.censored, o.cause, o.incident FROM outage o"
                                            " JOIN replication r ON r.id = o.replication_id"
                                            " WHERE o.subject_kind = 'service' AND r.outer_draw = 0 AND r.rep = 0"
                                            " AND o.subject = ? AND r.point_id = ? AND r.cloud_id = ? ORDER BY o.start_s");
    sqlite3_bind_text(row, 1, g->service, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(row, 2, g->plot->points[group->point].id);
    sqlite3_bind_int64(row, 3, g->plot->clouds[group->cloud].id);
    return row;
}

static void read_group(const struct gantt *g, struct group *group)
{
    struct arena *arena = g->plot->arena;
    sqlite3_stmt *row = outage_rows(g, group);
    while (sqlite3_step(row) == SQLITE_ROW)
        group->room++;
    sqlite3_reset(row);
    group->bars = arena_array(arena, group->room + 1, struct bar);
    while (sqlite3_step(row) == SQLITE_ROW) {
        const char *cause = plot_column_text(arena, row, 3), *incident = plot_column_text(arena, row, 4);
        if (incident[0] != '\0')
            cause = arena_format(arena, "%s (%s)", cause, incident);
        struct bar *bar = &group->bars[group->count++];
        *bar = (struct bar){cause_of(group, cause), plot_column(row, 0), plot_column(row, 1), sqlite3_column_int(row, 2) != 0};
        group->times[bar->cause]++;
        group->open[bar->cause] = group->open[bar->cause] || bar->open;
        group->down_s[bar->cause] += bar->end_s - bar->start_s;
    }
    sqlite3_finalize(row);
}

/* --- Writing --- */

static const char *total_text(struct arena *arena, size_t times, double seconds, bool open)
{
    const char *length = seconds < 60     ? arena_format(arena, "%.0f s", seconds)
                         : seconds < 3600 ? arena_format(arena, "%.0f min", seconds / 60)
                         : seconds < 172800
                             ? arena_format(arena, "%.0f h %02.0f min", floor(seconds / 3600), floor(fmod(seconds, 3600) / 60))
                             : arena_format(arena, "%.1f d", seconds / 86400);
    const char *often = times > 1 ? arena_format(arena, "%zu ×, ", times) : "";
    return arena_format(arena, "%s%s%s", often, length, open ? " →" : "");
}

static size_t rows_of(const struct group *group)
{
    return 1 + (group->causes == 0 ? 1 : group->causes); /* its name, then a row each */
}

struct lines {
    const char **text, **total, **head;
    double *y, *head_y, *rule_y;
    size_t rows, heads;
};

static struct lines make_lines(struct arena *arena, size_t rows)
{
    return (struct lines){.text = arena_array(arena, rows, const char *), .total = arena_array(arena, rows, const char *),
                          .head = arena_array(arena, rows, const char *), .y = arena_array(arena, rows, double),
                          .head_y = arena_array(arena, rows, double), .rule_y = arena_array(arena, rows, double)};
}

/* "component (incident)": where " (incident)" begins; NULL: there is none. */
static const char *incident_of(const char *cause)
{
    const char *found = NULL;
    for (const char *at = strstr(cause, " ("); at != NULL; at = strstr(at + 1, " ("))
        found = at;
    return found;
}

/* Where a cause is too long for its room, its incident says more than its component, unless another cause has the same one. */
static const char *shown_cause(struct arena *arena, const struct group *group, size_t cause, size_t most)
{
    const char *whole = group->cause[cause], *incident = incident_of(whole);
    if (plot_length(whole) <= most || incident == NULL)
        return plot_show(arena, whole, most);
    for (size_t k = 0; k < group->causes; k++) {
        const char *other = incident_of(group->cause[k]);
        if (k != cause && other != NULL && strcmp(other, incident) == 0)
            return plot_show_end(arena, plot_show(arena, arena_format(arena, "%.*s", (int)(incident - whole), whole), 200), most);
    }
    return plot_show(arena, arena_format(arena, "%.*s", (int)strlen(incident) - 3, incident + 2), most);
}

static void write_group(struct figure *figure, const struct gantt *g, const struct group *group, struct lines *lines,
                        double *at)
{
    const struct plot *plot = g->plot;
    struct arena *arena = plot->arena;
    const char *cloud = plot_show(arena, plot->clouds[group->cloud].name, NAME_MOST);
    size_t most = (size_t)((g->left_mm - 6) / SMALL_CHARACTER_MM);
    lines->rule_y[lines->heads] = *at;
    lines->head_y[lines->heads] = *at - 0.55;
    lines->head[lines->heads++] =
        plot->point_count > 1 ? arena_format(arena, "%s: %s", plot_show(arena, plot->points[group->point].label, 30), cloud) : cloud;
    *at -= 1;
    for (size_t k = 0; k < (group->causes == 0 ? 1 : group->causes); k++) {
        lines->y[lines->rows] = *at - 0.5 - (double)k;
        lines->text[lines->rows] = group->causes == 0 ? "no outage" : shown_cause(arena, group, k, most);
        lines->total[lines->rows++] = group->causes == 0 ? "" : total_text(arena, group->times[k], group->down_s[k], group->open[k]);
    }
    for (size_t i = 0; i < group->count; i++) {
        const struct bar *bar = &group->bars[i];
        figure_value(figure, *at - 0.5 - (double)bar->cause, '\t');
        figure_value(figure, bar->start_s / g->unit_s, '\t');
        figure_value(figure, bar->end_s / g->unit_s, '\t');
        figure_value(figure, (double)(group->cloud % 7 + 1), '\t');
        figure_value(figure, bar->open, '\t');
        figure_word(figure, group->cause[bar->cause], '\t');
        figure_word(figure, plot->clouds[group->cloud].name, '\t');
        figure_word(figure, plot->points[group->point].label, '\n');
    }
    *at -= (double)rows_of(group) - 1 + 0.2;
}

/* Scripted incidents as bands behind the groups of their point. */
static void write_marks(struct figure *figure, const struct gantt *g, const double *group_top)
{
    struct arena *arena = g->plot->arena;
    size_t room = MARKS_MOST * g->plot->cloud_count, n = 0;
    double *low = arena_array(arena, room, double), *high = arena_array(arena, room, double);
    double *top = arena_array(arena, room, double), *bottom = arena_array(arena, room, double);
    sqlite3_stmt *row = plot_query(g->plot, "SELECT point_id, start_s, end_s FROM incident_mark ORDER BY start_s, name, point_id");
    while (sqlite3_step(row) == SQLITE_ROW) {
        size_t point = plot_point_of(g->plot, sqlite3_column_int64(row, 0));
        for (size_t i = 0; i < g->shown && n < room; i++) {
            if (g->groups[g->first + i].point != point)
                continue;
            low[n] = fmax(0, plot_column(row, 1)) / g->unit_s;
            high[n] = fmin(plot_column(row, 2), g->plot->run.horizon_s) / g->unit_s;
            top[n] = group_top[i] - 1;
            bottom[n++] = group_top[i] - (double)rows_of(&g->groups[g->first + i]);
        }
    }
    sqlite3_finalize(row);
    figure_numbers(figure, "mark_low", low, n);
    figure_numbers(figure, "mark_high", high, n);
    figure_numbers(figure, "mark_top", top, n);
    figure_numbers(figure, "mark_bottom", bottom, n);
}

static void write_axes(struct figure *figure, const struct gantt *g)
{
    char start[UNITS_TEXT];
    double width = g->right_mm - g->left_mm;
    units_format_utc(start, g->plot->run.start_unix_s);
    figure_number(figure, "left_x", figure_x(figure, g->left_mm));
    figure_number(figure, "right_x", figure_x(figure, g->right_mm));
    figure_number(figure, "total_x", figure_x(figure, g->right_mm + 2));
    figure_number(figure, "x_high", g->plot->run.horizon_s / g->unit_s);
    figure_number(figure, "x_step", plot_step(g->plot->run.horizon_s / g->unit_s, width / 8));
    figure_number(figure, "thin", g->plot->run.horizon_s / g->unit_s * 0.25 / width); /* narrower bars would not show */
    figure_number(figure, "y_low", -g->depth);
    figure_number(figure, "top_y", figure_y(figure, figure->top_mm));
    figure_number(figure, "bottom_y", figure_y(figure, figure->top_mm + g->depth * ROW_MM));
    figure_text(figure, "axis_text", arena_format(g->plot->arena, "%s since %s", g->unit, start));
}

static int draw_page(struct gantt *g, size_t page)
{
    const struct plot *plot = g->plot;
    struct arena *arena = plot->arena;
    struct figure figure;
    size_t rows = 1;
    g->depth = 0;
    for (size_t i = 0; i < g->shown; i++) {
        rows += rows_of(&g->groups[g->first + i]);
        g->depth += (double)rows_of(&g->groups[g->first + i]) + 0.2;
    }
    figure_open(&figure, plot, "gantt", page, plot->page_mm, g->depth * ROW_MM + AXIS_MM,
                arena_format(arena, "when the service %s was down, and why", plot_show(arena, g->service, 60)),
                "The first replication; every cloud met the same luck. Right: how often, and how long in all; grey: scripted "
                "incidents; →: still down at the end");
    fprintf(figure.data, "# y\tstart_%s\tend_%s\tlinetype\topen\tcause\tcloud\tpoint\n", g->unit, g->unit);
    struct lines lines = make_lines(arena, rows);
    double *top = arena_array(arena, g->shown, double), at = 0;
    for (size_t i = 0; i < g->shown; i++) {
        top[i] = at;
        write_group(&figure, g, &g->groups[g->first + i], &lines, &at);
    }
    fputs("NaN\tNaN\tNaN\tNaN\tNaN\n", figure.data); /* the block is never empty */
    write_axes(&figure, g);
    write_marks(&figure, g, top);
    figure_texts(&figure, "row_text", lines.text, lines.rows);
    figure_texts(&figure, "total_text", lines.total, lines.rows);
    figure_numbers(&figure, "row_y", lines.y, lines.rows);
    figure_texts(&figure, "group_text", lines.head, lines.heads);
    figure_numbers(&figure, "group_y", lines.head_y, lines.heads);
    figure_numbers(&figure, "rule_y", lines.rule_y, lines.heads);
    return figure_close(&figure);
}

static void list_groups(struct gantt *g)
{
    const struct plot *plot = g->plot;
    g->groups = arena_array(plot->arena, plot->point_count * plot->cloud_count, struct group);
    for (size_t i = 0; i < plot->point_count * plot->cloud_count; i++) {
        g->groups[i] = (struct group){.point = i / plot->cloud_count, .cloud = i % plot->cloud_count};
        read_group(g, &g->groups[i]);
    }
    g->group_count = plot->point_count * plot->cloud_count;
}

int plot_gantt(const struct plot *plot)
{
    double horizon = plot->run.horizon_s;
    struct gantt g = {.plot = plot, .service = choose_service(plot)};
    g.unit = horizon > 3 * 86400 ? "days" : horizon > 3 * 3600 ? "hours" : "minutes";
    g.unit_s = horizon > 3 * 86400 ? 86400 : horizon > 3 * 3600 ? 3600 : 60;
    g.left_mm = plot->page_mm >= SPREAD_MM ? 70 : 36;
    g.right_mm = plot->page_mm - TOTAL_MM;
    list_groups(&g);
    for (size_t page = 0; g.first < g.group_count; page++) {
        size_t rows = 0;
        for (g.shown = 0; g.first + g.shown < g.group_count; g.shown++) {
            rows += rows_of(&g.groups[g.first + g.shown]);
            if (rows > ROWS_PER_PAGE && g.shown > 0)
                break;
        }
        int code = draw_page(&g, page);
        if (code != 0)
            return code;
        g.first += g.shown;
    }
    return 0;
}
