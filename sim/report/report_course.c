/* The course: for each point a strip of cells a cloud, coloured by the share of services up, with the incidents above it and a
 * slider under all of them.
 *
 * The script gets numbers only: thousandths of a percent, rounded down so that 100 % means all, -1 where nothing is known. Names and
 * incidents are in the page; the script finds them by position. A long run has more steps than a screen has columns: then a
 * cell stands for several steps and shows the lowest of them, so that no outage is hidden by a quiet neighbour. */
#include "sim/base/units.h"
#include "sim/report/report_internal.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

enum { MOST_CELLS = 1000, MOST_STRIPS = 60 };

static const struct level {
    double from; /* share */
    const char *text;
} levels[REPORT_LEVELS] = {{0.9999, "99.99&nbsp;%"}, {0.999, "99.9&nbsp;%"}, {0.995, "99.5&nbsp;%"}, {0.99, "99&nbsp;%"},
                    {0.97, "97&nbsp;%"},      {0.9, "90&nbsp;%"},     {0.75, "75&nbsp;%"},    {0, "less"}};

struct strip {
    size_t point, cloud;
    bool hardware;            /* nodes, the same for all clouds */
    int *mean, *low, *high;   /* [cells] */
};

struct course {
    const struct report *report;
    const char *series;
    size_t steps, cells, per_cell;
    struct strip *strips;
    size_t count, points;
    struct report_map *map;
};

int report_thousandths(double share)
{
    return isnan(share) ? -1 : share >= 1 ? REPORT_WHOLE : share <= 0 ? 0 : (int)floor(share * REPORT_WHOLE + 1e-6);
}

static bool has_series(const struct report *report, const char *name)
{
    const struct sim_series *s = report->data.run.series;
    while (s->name != NULL && strcmp(s->name, name) != 0)
        s++;
    return s->name != NULL;
}

/* --- Reading --- */

static void take(struct strip *strip, size_t cell, double mean, double low, double high)
{
    int value = report_thousandths(mean);
    if (value < 0 || (strip->mean[cell] >= 0 && strip->mean[cell] <= value))
        return;
    strip->mean[cell] = value;
    strip->low[cell] = report_thousandths(low);
    strip->high[cell] = report_thousandths(high);
}

static double number_of(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? (double)NAN : sqlite3_column_double(row, column);
}

static bool read_strip(const struct course *course, struct strip *strip)
{
    const struct report *report = course->report;
    const struct compare_data *data = &report->data;
    sqlite3_stmt *row = NULL;
    strip->mean = arena_array(report->arena, course->cells, int);
    strip->low = arena_array(report->arena, course->cells, int);
    strip->high = arena_array(report->arena, course->cells, int);
    for (size_t i = 0; i < course->cells; i++)
        strip->mean[i] = strip->low[i] = strip->high[i] = -1;
    if (sqlite3_prepare_v2(store_database(report->store),
                           "SELECT t_s, mean, ci_low, ci_high FROM series_summary WHERE point_id = ? AND cloud_id = ? AND name = ?", -1, &row,
                           NULL) != SQLITE_OK)
        return false;
    sqlite3_bind_int64(row, 1, data->points[strip->point].id);
    sqlite3_bind_int64(row, 2, data->clouds[strip->cloud].id);
    sqlite3_bind_text(row, 3, strip->hardware ? "availability_node" : course->series, -1, SQLITE_STATIC);
    while (sqlite3_step(row) == SQLITE_ROW) {
        double step = floor(number_of(row, 0) / data->run.grid_s + 0.5);
        if (step >= 0 && step < (double)course->steps)
            take(strip, (size_t)step / course->per_cell, number_of(row, 1), number_of(row, 2), number_of(row, 3));
    }
    return sqlite3_finalize(row) == SQLITE_OK;
}

/* --- Times --- */

static int64_t unix_of(const struct course *course, size_t cell)
{
    const struct store_run *run = &course->report->data.run;
    return run->start_unix_s + (int64_t)((double)(cell * course->per_cell) * run->grid_s);
}

static const char *time_of(const struct course *course, int64_t unix_s)
{
    char text[UNITS_TEXT];
    units_format_utc(text, unix_s);
    return arena_format(course->report->arena, "%.10s %.5s", text, text + 11);
}

/* Marks of the time axis: at most six, a round time apart. */
static void put_axis(const struct course *course)
{
    static const int hours[] = {1, 2, 6, 12, 24, 48, 7 * 24, 14 * 24, 30 * 24, 61 * 24, 91 * 24, 183 * 24, 365 * 24};
    const struct report *report = course->report;
    double length = report->data.run.horizon_s / 3600;
    size_t i = 0;
    while (i + 1 < sizeof hours / sizeof hours[0] && length / hours[i] > 6)
        i++;
    bool days = hours[i] >= 24;
    fputs("<div class=\"track axis\" aria-hidden=true>", report->out);
    for (double at = 0; at < length * 0.93 && at / hours[i] < 60; at += hours[i]) {
        const char *text = time_of(course, report->data.run.start_unix_s + (int64_t)(at * 3600));
        fprintf(report->out, "<span style=\"left:%.2f%%\">%.*s</span>", 100 * at / length, days ? 5 : 11, text + 5);
    }
    fputs("</div>\n", report->out);
}

/* --- Drawing --- */

int report_level_from(int level)
{
    return (int)(levels[level].from * REPORT_WHOLE + 0.5);
}

int report_level(int value)
{
    int level = 0;
    while (level + 1 < REPORT_LEVELS && value < report_level_from(level))
        level++;
    return level;
}

/* Every level is drawn over the better ones, so that no seam shows between neighbours. */
static void put_cells(const struct course *course, const struct strip *strip)
{
    FILE *out = course->report->out;
    for (int level = 1; level <= REPORT_LEVELS; level++) {
        bool open = false;
        for (size_t from = 0, to; from < course->cells; from = to) {
            bool in = level < REPORT_LEVELS ? report_level(strip->mean[from]) >= level : strip->mean[from] < 0;
            for (to = from + 1; to < course->cells; to++)
                if ((level < REPORT_LEVELS ? report_level(strip->mean[to]) >= level : strip->mean[to] < 0) != in)
                    break;
            if (in)
                fprintf(out, "%sM%zu 0h%zuv1h-%zuz", open ? "" : level < REPORT_LEVELS ? arena_format(course->report->arena, "<path class=s%d d=\"", level)
                                                                              : "<path class=sx d=\"", from, to - from, to - from);
            open = open || in;
        }
        if (open)
            fputs("\"/>", out);
    }
}

static const char *percent(struct arena *arena, int value)
{
    return value < 0 ? "unknown" : arena_format(arena, "%d.%03d&nbsp;%%", value / 1000, value % 1000);
}

/* The worst cell; the first of equals. */
static size_t worst_of(const struct course *course, const struct strip *strip)
{
    size_t worst = 0;
    for (size_t i = 1; i < course->cells; i++)
        if (strip->mean[i] >= 0 && (strip->mean[worst] < 0 || strip->mean[i] < strip->mean[worst]))
            worst = i;
    return worst;
}

static void put_strip(const struct course *course, size_t number)
{
    const struct report *report = course->report;
    const struct strip *strip = &course->strips[number];
    const char *name = strip->hardware ? "hardware" : report->clouds[strip->cloud];
    size_t worst = worst_of(course, strip);
    const char *lowest = arena_format(report->arena, "lowest %s, %s", percent(report->arena, strip->mean[worst]),
                                      time_of(course, unix_of(course, worst)));
    fprintf(report->out, "<div class=\"lane%s\"><span class=name>%s</span><span class=track><svg class=cells viewBox=\"0 0 %zu 1\" preserveAspectRatio=none role=img"
                         " aria-label=\"%s: %s\"><rect class=s0 width=\"%zu\" height=1 />",
            strip->hardware ? " hardware" : "", name, course->cells, name, lowest, course->cells);
    put_cells(course, strip);
    fprintf(report->out, "</svg></span><span class=now data-row=%zu>%s</span></div>\n", number, lowest);
}

/* Incidents of a point: bars above the strips, names below. */
static bool put_marks(const struct course *course, size_t point, bool list)
{
    const struct report *report = course->report;
    const struct store_run *run = &report->data.run;
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store_database(report->store), "SELECT name, start_s, end_s FROM incident_mark WHERE point_id = ? ORDER BY start_s, rowid",
                           -1, &row, NULL) != SQLITE_OK)
        return false;
    sqlite3_bind_int64(row, 1, report->data.points[point].id);
    size_t written = 0;
    for (; sqlite3_step(row) == SQLITE_ROW; written++) {
        double from = fmax(number_of(row, 1), 0), to = fmin(number_of(row, 2), run->horizon_s);
        const char *name = (const char *)sqlite3_column_text(row, 0);
        if (!(to > from))
            continue;
        if (!list) {
            fprintf(report->out, "<div class=lane aria-hidden=true><span class=name></span><span class=\"track marks\"><i style=\"left:%.3f%%;width:%.3f%%\"></i>"
                                 "</span><span></span></div>\n", 100 * from / run->horizon_s, 100 * (to - from) / run->horizon_s);
            continue;
        }
        fprintf(report->out, "%s<li data-from=\"%.0f\" data-to=\"%.0f\"><strong>%s</strong> %s to %s%s", written == 0 ? "<ul class=incidents>" : "",
                from, number_of(row, 2), report_name(report->arena, name != NULL ? name : ""),
                time_of(course, run->start_unix_s + (int64_t)from), time_of(course, run->start_unix_s + (int64_t)to),
                number_of(row, 2) > run->horizon_s ? " and beyond" : "");
    }
    if (list && written > 0)
        fputs("</ul>\n", report->out);
    return sqlite3_finalize(row) == SQLITE_OK;
}

static const char *cell_time(const void *course, size_t cell)
{
    return time_of(course, unix_of(course, cell));
}

static bool put_point(const struct course *course, size_t point)
{
    const struct report *report = course->report;
    fprintf(report->out, "<div class=course><h3>%s</h3>\n", report->points[point]);
    bool fine = put_marks(course, point, false);
    for (size_t i = 0; i < course->count; i++)
        if (course->strips[i].point == point)
            put_strip(course, i);
    fputs("<div class=lane><span class=name></span>", report->out);
    put_axis(course);
    fputs("<span></span></div>\n", report->out);
    fine = put_marks(course, point, true) && fine;
    report_map_put(course->map, point, cell_time, course);
    fputs("</div>\n", report->out);
    return fine;
}

static void put_legend(const struct course *course)
{
    FILE *out = course->report->out;
    fputs("<p class=legend>Share up, at least:", out);
    for (int i = 0; i < REPORT_LEVELS; i++)
        fprintf(out, " <span><svg viewBox=\"0 0 1 1\" preserveAspectRatio=none aria-hidden=true><rect class=s%d width=1 height=1 /></svg>%s</span>", i,
                levels[i].text);
    fputs("</p>\n", out);
}

static void put_numbers(const struct course *course, const char *name, size_t offset)
{
    FILE *out = course->report->out;
    fprintf(out, ",\"%s\":[", name);
    for (size_t i = 0; i < course->count; i++) {
        const int *values = *(int *const *)((const char *)&course->strips[i] + offset);
        for (size_t c = 0; c < course->cells; c++)
            fprintf(out, "%s%d", c > 0 ? "," : i > 0 ? ",[" : "[", values[c]);
        fputc(']', out);
    }
    fputc(']', out);
}

static void put_player(const struct course *course)
{
    FILE *out = course->report->out;
    fprintf(out, "<div class=player id=player hidden><button type=button id=play aria-pressed=false>Play</button>"
                 "<input type=range id=time min=0 max=\"%zu\" value=0 aria-label=\"Time\"><output id=clock for=time></output></div>\n", course->cells - 1);
}

static void put_data(const struct course *course)
{
    const struct store_run *run = &course->report->data.run;
    fprintf(course->report->out, "<script type=\"application/json\" id=course-data>{\"start\":%lld,\"cell\":%.17g", (long long)run->start_unix_s,
            run->grid_s * (double)course->per_cell);
    put_numbers(course, "mean", offsetof(struct strip, mean));
    put_numbers(course, "low", offsetof(struct strip, low));
    put_numbers(course, "high", offsetof(struct strip, high));
    report_map_data(course->map);
    fputs("}</script>\n", course->report->out);
}

/* --- The whole --- */

/* The first points, as many as fit on a page; one at least. */
static void list_strips(struct course *course, bool hardware)
{
    const struct report *report = course->report;
    size_t clouds = report->data.cloud_count, a_point = clouds + hardware;
    course->strips = arena_array(report->arena, report->data.point_count * a_point, struct strip);
    for (size_t p = 0; p < report->data.point_count; p++) {
        bool room = (course->points + 1) * a_point <= MOST_STRIPS || course->points == 0;
        if (!room)
            break;
        course->points++;
        for (size_t c = 0; c < clouds; c++)
            course->strips[course->count++] = (struct strip){.point = p, .cloud = c};
        if (hardware)
            course->strips[course->count++] = (struct strip){.point = p, .hardware = true};
    }
}

static bool is_empty(const struct course *course)
{
    for (size_t i = 0; i < course->count; i++)
        for (size_t c = 0; c < course->cells; c++)
            if (course->strips[i].mean[c] >= 0)
                return false;
    return true;
}

bool report_course(const struct report *report)
{
    const struct store_run *run = &report->data.run;
    struct course course = {.report = report, .series = "availability_service"};
    bool hardware = has_series(report, "availability_node") && strcmp(run->comparison, "same hardware") == 0;
    if (!has_series(report, course.series) || !(run->grid_s > 0) || !(run->horizon_s / run->grid_s < 1e9))
        return true;
    course.steps = (size_t)ceil(run->horizon_s / run->grid_s);
    course.per_cell = (course.steps + MOST_CELLS - 1) / MOST_CELLS;
    course.cells = (course.steps + course.per_cell - 1) / course.per_cell;
    list_strips(&course, hardware);
    for (size_t i = 0; i < course.count; i++)
        if (!read_strip(&course, &course.strips[i]))
            return false;
    if (is_empty(&course))
        return true;
    bool fine;
    course.map = report_map_open(report, course.cells, run->grid_s * (double)course.per_cell, course.points, &fine);
    char cell[UNITS_TEXT];
    units_format_duration(cell, duration_from_seconds(run->grid_s * (double)course.per_cell));
    fprintf(report->out, "<section id=course aria-labelledby=course-title><h2 id=course-title>Course</h2>\n<p>Share of wanted replicas that are up,"
                         " as a mean over replications; one cell is %s%s.%s%s</p>\n", cell,
            course.per_cell > 1 ? " and shows its lowest step" : "",
            course.map != NULL ? " Below, where it happened: of the replicas of tenants at home at each site the share that is up, wherever"
                                 " they run." : "",
            hardware ? " The row <em>hardware</em> is the share of nodes that are physically up, the same under every cloud." : "");
    put_legend(&course);
    put_player(&course);
    /* The verdict's point comes first: its outage is what one came to see. */
    size_t first = report->headline < course.points ? report->headline : 0;
    fine = put_point(&course, first) && fine;
    for (size_t p = 0; p < course.points; p++)
        fine = (p == first || put_point(&course, p)) && fine;
    if (course.points < report->data.point_count)
        fprintf(report->out, "<p class=note>The first %zu of %zu points.</p>\n", course.points, report->data.point_count);
    put_data(&course);
    fine = report_fleet(report) && fine;
    fputs("</section>\n", report->out);
    return fine;
}
