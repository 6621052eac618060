#include "sim/plot/plot_internal.h"
#include "sim/plot/plot.h"
#include "sim/base/check.h"
#include "sim/base/message.h"
#include "sim/scenario/scenario.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

/* --- Reading --- */

sqlite3_stmt *plot_query(const struct plot *plot, const char *sql)
{
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(plot->database, sql, -1, &row, NULL);
    check(code == SQLITE_OK, "query of a chart: %s", sqlite3_errmsg(plot->database));
    return row;
}

double plot_column(sqlite3_stmt *row, int column)
{
    double value = sqlite3_column_type(row, column) == SQLITE_NULL ? (double)NAN : sqlite3_column_double(row, column);
    return isfinite(value) ? value : (double)NAN;
}

const char *plot_column_text(struct arena *arena, sqlite3_stmt *row, int column)
{
    const unsigned char *text = sqlite3_column_text(row, column);
    return arena_text(arena, text == NULL ? "" : (const char *)text);
}

size_t plot_point_of(const struct plot *plot, int64_t id)
{
    size_t p = 0;
    while (p < plot->point_count && plot->points[p].id != id)
        p++;
    return p;
}

size_t plot_cloud_of(const struct plot *plot, int64_t id)
{
    size_t c = 0;
    while (c < plot->cloud_count && plot->clouds[c].id != id)
        c++;
    return c;
}

/* The one row of a statement that is bound; all unknown when there is none. */
static struct estimate estimate_of(const struct plot *plot, sqlite3_stmt *row)
{
    struct estimate estimate = {.mean = NAN, .low = NAN, .high = NAN, .param_low = NAN, .param_high = NAN,
                                .smallest = NAN, .method = "", .verdict = ""};
    if (sqlite3_step(row) == SQLITE_ROW) {
        estimate.mean = plot_column(row, 0);
        estimate.low = plot_column(row, 1);
        estimate.high = plot_column(row, 2);
        estimate.n = sqlite3_column_int64(row, 3);
        estimate.is_bound = sqlite3_column_int(row, 4) != 0;
        estimate.method = plot_column_text(plot->arena, row, 5);
        estimate.verdict = plot_column_text(plot->arena, row, 6);
        estimate.param_low = plot_column(row, 7);
        estimate.param_high = plot_column(row, 8);
        estimate.smallest = plot_column(row, 9);
    }
    sqlite3_finalize(row);
    return estimate;
}

struct estimate plot_summary(const struct plot *plot, size_t point, size_t cloud, const char *metric)
{
    sqlite3_stmt *row = NULL;
    sqlite3_prepare_v2(plot->database,
                       "SELECT mean, ci_low, ci_high, n, is_bound, method, '', param_low, param_high, NULL FROM summary"
                       " WHERE point_id = ? AND cloud_id = ? AND metric = ?",
                       -1, &row, NULL);
    sqlite3_bind_int64(row, 1, plot->points[point].id);
    sqlite3_bind_int64(row, 2, plot->clouds[cloud].id);
    sqlite3_bind_text(row, 3, metric, -1, SQLITE_TRANSIENT);
    return estimate_of(plot, row);
}

struct estimate plot_difference(const struct plot *plot, size_t point, size_t cloud_a, size_t cloud_b,
                                const char *metric)
{
    sqlite3_stmt *row = NULL;
    sqlite3_prepare_v2(plot->database,
                       "SELECT mean, ci_low, ci_high, n, is_bound, method, verdict, param_low, param_high, smallest FROM difference"
                       " WHERE point_a = ?1 AND point_b = ?1 AND cloud_a = ?2 AND cloud_b = ?3 AND metric = ?4",
                       -1, &row, NULL);
    sqlite3_bind_int64(row, 1, plot->points[point].id);
    sqlite3_bind_int64(row, 2, plot->clouds[cloud_a].id);
    sqlite3_bind_int64(row, 3, plot->clouds[cloud_b].id);
    sqlite3_bind_text(row, 4, metric, -1, SQLITE_TRANSIENT);
    return estimate_of(plot, row);
}

const char *plot_method(const struct plot *plot, const struct estimate *estimates, size_t count)
{
    struct arena *arena = plot->arena;
    const char *methods = "";
    int64_t least = INT64_MAX, most = 0;
    for (size_t i = 0; i < count; i++) {
        if (isnan(estimates[i].mean))
            continue;
        if (strstr(methods, estimates[i].method) == NULL)
            methods = arena_format(arena, "%s%s%s", methods, methods[0] == '\0' ? "" : ", ", estimates[i].method);
        least = estimates[i].n < least ? estimates[i].n : least;
        most = estimates[i].n > most ? estimates[i].n : most;
    }
    return arena_format(arena, "%.4g %% intervals of means (%s), %s replications", 100 * plot->run.level, methods,
                        most == 0 ? "no" : plot_count(arena, least, most));
}

/* --- Choosing the numbers --- */

const struct sim_metric *plot_metric(const struct plot *plot, const char *name)
{
    for (const struct sim_metric *m = plot->run.metrics; m->name != NULL; m++) {
        if (strcmp(m->name, name) == 0)
            return m;
    }
    return NULL;
}

const char *plot_words(const struct plot *plot, const struct sim_metric *metric)
{
    return plot_show(plot->arena, metric->label, 60);
}

const char *plot_key_words(const struct plot *plot, const char *key, size_t most)
{
    const char *label = store_label(plot->database, plot->arena, "key", key);
    return strcmp(label, key) == 0 ? plot_show_end(plot->arena, key, most) : plot_show(plot->arena, label, most);
}

bool plot_is_percent(const struct sim_metric *metric)
{
    return metric->is_availability || metric->is_share;
}

bool plot_metric_defined(const struct plot *plot, const struct sim_metric *metric)
{
    for (size_t i = 0; metric != NULL && i < plot->point_count * plot->cloud_count; i++) {
        if (!isnan(plot_summary(plot, i / plot->cloud_count, i % plot->cloud_count, metric->name).mean))
            return true;
    }
    return false;
}

/* A cost that is declared and never defined is no use: a run without GPU work has no cost of a GPU-hour. */
static void choose_metrics(struct plot *plot)
{
    static const char *const costs[] = {"cost_usd_per_useful_gpu_hour", "cost_usd_per_useful_vcpu_hour", "cost_usd"};
    plot->availability = plot_metric(plot, "availability_service");
    for (const struct sim_metric *m = plot->run.metrics; plot->availability == NULL && m->name != NULL; m++) {
        if (m->is_availability)
            plot->availability = m;
    }
    for (size_t i = 0; plot->cost == NULL && i < sizeof costs / sizeof costs[0]; i++) {
        const struct sim_metric *cost = plot_metric(plot, costs[i]);
        if (plot_metric_defined(plot, cost))
            plot->cost = cost;
    }
}

bool plot_has_availability(const struct plot *plot, const char **why)
{
    *why = "it has no availability";
    return plot->availability != NULL;
}

bool plot_has_cost(const struct plot *plot, const char **why)
{
    *why = "it has no cost";
    return plot->availability != NULL && plot->cost != NULL;
}

bool plot_has_differences(const struct plot *plot, const char **why)
{
    *why = plot->cloud_count < 2 ? "it has only one cloud" : "it has no availability";
    return plot->availability != NULL && plot->cloud_count > 1;
}

/* --- The charts --- */

static const struct chart {
    const char *name;
    bool (*has)(const struct plot *plot, const char **why);
    int (*draw)(const struct plot *plot);
    bool every_point; /* shows each point for itself */
} charts[] = {
    {"availability", plot_has_series, plot_availability, true},
    {"nines", plot_has_availability, plot_nines_chart, true},
    {"cost", plot_has_cost, plot_cost, true},
    {"difference", plot_has_differences, plot_differences, true},
    {"blast", plot_has_blast, plot_blast, true},
    {"radius", plot_has_radius, plot_radius, true},
    {"fleet", plot_has_fleet, plot_fleet, true},
    {"downtime", plot_has_outages, plot_downtime, true},
    {"recovery", plot_has_recovery, plot_recovery, true},
    {"gantt", plot_has_gantt, plot_gantt, true},
    {"money", plot_has_money, plot_money, true},
    {"tornado", plot_has_sensitivity, plot_tornado},
    {"sweep", plot_has_sweep, plot_sweep},
    {"heat", plot_has_heat, plot_heat},
};

enum { CHARTS = sizeof charts / sizeof charts[0], POINTS_FEW = 24 };

const char *plot_chart_name(size_t i)
{
    return i < CHARTS ? charts[i].name : NULL;
}

static const struct chart *find_chart(const char *name)
{
    for (size_t i = 0; i < CHARTS; i++) {
        if (strcmp(charts[i].name, name) == 0)
            return &charts[i];
    }
    return NULL;
}

static bool names_fit(struct arena *arena, const struct plot_options *options)
{
    const char *names[CHARTS], *list = "the charts are";
    for (size_t i = 0; i < CHARTS; i++) {
        names[i] = charts[i].name;
        list = arena_format(arena, "%s%s %s", list, i > 0 ? "," : "", charts[i].name);
    }
    for (size_t i = 0; i < options->chart_count; i++) {
        if (find_chart(options->charts[i]) != NULL)
            continue;
        const char *near = scenario_nearest(options->charts[i], names, CHARTS);
        message_error(near == NULL ? list
                                   : arena_format(arena, "did you mean '%s'?", near),
                      "unknown chart '%s'", message_show(arena, options->charts[i]));
        return false;
    }
    return true;
}

static int draw_asked(const struct plot *plot, const struct plot_options *options)
{
    for (size_t i = 0; i < options->chart_count; i++) {
        const struct chart *chart = find_chart(options->charts[i]);
        const char *why;
        if (!chart->has(plot, &why)) {
            message_error(NULL, "cannot draw '%s' of this run: %s", chart->name, why);
            return EXIT_USAGE;
        }
        int code = chart->draw(plot);
        if (code != EXIT_DONE)
            return code;
    }
    return EXIT_DONE;
}

/* Of a design with many points only the charts that sum them up are drawn unasked, where there are any: a hundred pages of panels help
 * nobody. */
static bool sums_up(const struct plot *plot)
{
    const char *why;
    bool has = false;
    for (size_t i = 0; plot->point_count > POINTS_FEW && i < CHARTS; i++)
        has = has || (!charts[i].every_point && charts[i].has(plot, &why));
    return has;
}

static int draw_all(const struct plot *plot)
{
    const char *why = "", *left_out = "";
    size_t drawn = 0;
    bool few = sums_up(plot);
    for (size_t i = 0; i < CHARTS; i++) {
        if (!charts[i].has(plot, &why))
            continue;
        if (few && charts[i].every_point) {
            left_out = arena_format(plot->arena, "%s%s%s", left_out, left_out[0] == '\0' ? "" : ", ", charts[i].name);
            continue;
        }
        int code = charts[i].draw(plot);
        if (code != EXIT_DONE)
            return code;
        drawn++;
    }
    if (left_out[0] != '\0' && !plot->quiet)
        printf("left out, for they show each of the %zu points: %s\n", plot->point_count, left_out);
    if (drawn > 0)
        return EXIT_DONE;
    message_error(NULL, "nothing to draw: the run has no availability metric");
    return EXIT_USAGE;
}

static bool has_replications(const struct plot *plot)
{
    sqlite3_stmt *row = plot_query(plot, "SELECT 1 FROM replication LIMIT 1");
    bool has = row != NULL && sqlite3_step(row) == SQLITE_ROW;
    sqlite3_finalize(row);
    return has;
}

/* A run that was killed, or still goes on, is drawn from the replications that it has, as `nines compare` shows it. */
static int draw(struct plot *plot, const struct plot_options *options)
{
    bool fine = store_open_read(&plot->store, options->path) && store_read_run(plot->store, plot->arena, &plot->run) &&
                store_read_clouds(plot->store, plot->arena, &plot->clouds, &plot->cloud_count) &&
                store_read_points(plot->store, plot->arena, &plot->points, &plot->point_count);
    if (!fine) {
        message_error(NULL, "%s", message_show(plot->arena, store_message(plot->store)));
        return EXIT_MACHINE;
    }
    plot->database = store_database(plot->store);
    if (!has_replications(plot)) {
        message_error(arena_format(plot->arena, "'nines run %s --resume' goes on with it", message_show(plot->arena, options->path)),
                      "this run has no finished replication yet");
        return EXIT_USAGE;
    }
    if (strcmp(plot->run.status, "running") == 0 && !store_summarise_beside(plot->store, plot->run.level)) {
        message_error(NULL, "%s", message_show(plot->arena, store_message(plot->store)));
        return EXIT_MACHINE;
    }
    choose_metrics(plot);
    return options->chart_count > 0 ? draw_asked(plot, options) : draw_all(plot);
}

int plot_run(struct arena *arena, const struct plot_options *options)
{
    struct plot plot = {.arena = arena, .folder = options->folder, .format = options->format,
                        .page_mm = options->width_mm, .subject = options->subject, .quiet = options->quiet};
    if (!names_fit(arena, options))
        return EXIT_USAGE;
    int code = draw(&plot, options);
    store_close(plot.store);
    return code;
}
