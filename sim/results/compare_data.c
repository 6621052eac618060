#include "sim/results/compare_row.h"

#include "sim/base/check.h"
#include "sim/scenario/scenario.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* The metrics of a first look, in its order; --metric shows any other. */
const char *const compare_main_metrics[] = {
    "availability_service", "availability_quorum", "availability_control_plane", "longest_outage_min",
    "time_to_recover_p50_min", "blast_radius_max", "goodput_gpu_hours", "ettr", "lease_success_rate", "cost_usd",
    "cost_usd_per_useful_gpu_hour", "cost_usd_per_useful_vcpu_hour", "break_even_price_ratio", "damage_usd", NULL};

static int complain(const struct compare_data *data, int code, const char *hint, const char *what, const char *name)
{
    fprintf(stderr, "nines: error: %s: no %s '%s'\n", compare_clean(data->arena, data->options->path), what,
            compare_clean(data->arena, name));
    if (hint != NULL)
        fprintf(stderr, "hint: %s\n", hint);
    return code;
}

static int machine(const struct compare_data *data, struct store *store)
{
    const char *message = store_message(store);
    if (message[0] == '\0')
        message = sqlite3_errmsg(store_database(store));
    fprintf(stderr, "nines: error: %s\n", compare_clean(data->arena, message));
    return 3;
}

/* "did you mean 'x'?" or the list of what there is. */
static const char *hint_for(const struct compare_data *data, const char *word, const char *const *names, size_t count)
{
    const char *near = scenario_nearest(word, names, count);
    if (near != NULL)
        return arena_format(data->arena, "did you mean '%s'?", compare_clean(data->arena, near));
    const char *list = "";
    for (size_t i = 0; i < count && i < 40; i++)
        list = arena_format(data->arena, "%s%s'%s'", list, i > 0 ? ", " : "", compare_clean(data->arena, names[i]));
    return arena_format(data->arena, "there are: %s%s", list, count > 40 ? ", ..." : "");
}

static int choose_points(struct compare_data *data)
{
    const char **labels = arena_array(data->arena, data->point_count, const char *);
    bool found = data->options->point == NULL;
    data->shown = arena_array(data->arena, data->point_count, bool);
    for (size_t i = 0; i < data->point_count; i++) {
        labels[i] = data->points[i].label;
        data->shown[i] = data->options->point == NULL || strcmp(data->options->point, labels[i]) == 0;
        found = found || data->shown[i];
    }
    return found ? 0 : complain(data, 2, hint_for(data, data->options->point, labels, data->point_count), "point",
                                data->options->point);
}

static size_t metric_named(const struct compare_data *data, const char *name)
{
    size_t i = 0;
    while (i < data->metric_count && strcmp(data->metrics[i].name, name) != 0)
        i++;
    return i;
}

static void list_metrics(struct compare_data *data)
{
    size_t count = 0;
    while (data->run.metrics[count].name != NULL)
        count++;
    data->metrics = arena_array(data->arena, count + 1, struct compare_metric);
    for (size_t i = 0; i < count; i++)
        data->metrics[i] = (struct compare_metric){data->run.metrics[i].name, data->run.metrics[i].unit,
                                                   data->run.metrics[i].help, data->run.metrics[i].higher_is_better,
                                                   data->run.metrics[i].is_availability, data->run.metrics[i].label,
                                                   data->run.metrics[i].is_share};
    data->metric_count = count;
    while (data->run.breakdowns[data->breakdown_count].name != NULL)
        data->breakdown_count++;
    if (metric_named(data, "cost_usd_per_useful_gpu_hour") < count && metric_named(data, "break_even_price_ratio") == count)
        data->metrics[data->metric_count++] =
            (struct compare_metric){.name = "break_even_price_ratio", .unit = "1", .label = "break-even price ratio",
                                    .help = "multiply the second's prices by it and both cost the same per useful GPU-hour"};
}

static int choose_metrics(struct compare_data *data)
{
    const struct compare_options *options = data->options;
    size_t known = data->metric_count + data->breakdown_count;
    const char **names = arena_array(data->arena, known, const char *);
    data->selected = arena_array(data->arena, data->metric_count + options->metric_count, size_t);
    for (size_t i = 0; i < data->metric_count; i++)
        names[i] = data->metrics[i].name;
    for (size_t i = 0; i < data->breakdown_count; i++)
        names[data->metric_count + i] = data->run.breakdowns[i].name;
    for (size_t i = 0; i < options->metric_count; i++) {
        size_t found = metric_named(data, options->metrics[i]);
        if (found == data->metric_count && compare_breakdown_named(data, options->metrics[i]) == data->breakdown_count)
            return complain(data, 2, hint_for(data, options->metrics[i], names, known), "metric", options->metrics[i]);
        if (found < data->metric_count)
            data->selected[data->selected_count++] = found;
    }
    const char *const *first = compare_main_metrics;
    for (; *first != NULL && options->metric_count == 0 && options->format == COMPARE_TABLE; first++)
        if (metric_named(data, *first) < data->metric_count)
            data->selected[data->selected_count++] = metric_named(data, *first);
    bool all = data->selected_count == 0 && options->metric_count == 0; /* not a cloud among them: an oracle's metrics */
    for (size_t i = 0; all && i < data->metric_count; i++)
        data->selected[data->selected_count++] = i;
    return 0;
}

static bool is_selected(const struct compare_data *data, size_t metric)
{
    for (size_t i = 0; i < data->selected_count; i++)
        if (data->selected[i] == metric)
            return true;
    return false;
}

/* --- Rows --- */

static bool read_summary(const struct compare_data *data, sqlite3_stmt *row, void *element)
{
    struct compare_summary *summary = element;
    *summary = (struct compare_summary){.point = row_point(data, row, 0), .cloud = row_cloud(data, row, 1),
                                        .metric = metric_named(data, row_text(data, row, 2)),
                                        .values = row_statistics(row, 3), .method = row_text(data, row, 11),
                                        .param_low = row_number(row, 15), .param_high = row_number(row, 16),
                                        .variance_ratio = row_number(row, 23), .probability_best = row_number(row, 24),
                                        .probability_good = row_number(row, 25), .draws = sqlite3_column_int64(row, 26)};
    for (int i = 0; i < 6; i++)
        summary->ends[i] = row_number(row, 17 + i);
    summary->values.p05 = row_number(row, 12);
    summary->values.p50 = row_number(row, 13);
    summary->values.p95 = row_number(row, 14);
    return summary->point < data->point_count && summary->cloud < data->cloud_count && summary->metric < data->metric_count &&
           data->shown[summary->point] && is_selected(data, summary->metric);
}

static bool read_difference(const struct compare_data *data, sqlite3_stmt *row, void *element)
{
    struct compare_difference *difference = element;
    *difference = (struct compare_difference){
        .point_a = row_point(data, row, 0), .cloud_a = row_cloud(data, row, 1), .point_b = row_point(data, row, 2),
        .cloud_b = row_cloud(data, row, 3), .metric = metric_named(data, row_text(data, row, 4)),
        .values = row_statistics(row, 5), .method = row_text(data, row, 13), .verdict = row_text(data, row, 14),
        .param_low = row_number(row, 15), .param_high = row_number(row, 16), .decided_by = row_text(data, row, 17),
        .smallest = row_number(row, 18), .p_adjusted = row_number(row, 20), .family = sqlite3_column_int64(row, 21),
        .draws = sqlite3_column_int64(row, 22), .variance_ratio = row_number(row, 23)};
    difference->values.p = row_number(row, 19);
    return difference->point_a < data->point_count && difference->point_b < data->point_count &&
           difference->cloud_a < data->cloud_count && difference->cloud_b < data->cloud_count &&
           difference->metric < data->metric_count && is_selected(data, difference->metric) &&
           (data->shown[difference->point_a] || data->shown[difference->point_b]);
}

static bool read_target(const struct compare_data *data, sqlite3_stmt *row, void *element)
{
    struct compare_target *target = element;
    *target = (struct compare_target){
        .point = row_point(data, row, 0), .cloud = row_cloud(data, row, 1), .name = row_text(data, row, 2),
        .metric = row_text(data, row, 3), .unit = row_text(data, row, 4), .role = row_text(data, row, 5),
        .published = row_number(row, 6), .low = row_number(row, 7), .high = row_number(row, 8), .measured = row_number(row, 9),
        .ci_low = row_number(row, 10), .ci_high = row_number(row, 11), .outcome = row_text(data, row, 12),
        .expect = row_text(data, row, 13), .reason = row_text(data, row, 14), .source = row_text(data, row, 15),
        .evidence = row_text(data, row, 16), .method = row_text(data, row, 17)};
    return target->point < data->point_count && target->cloud < data->cloud_count && data->shown[target->point];
}

static bool load_tables(struct compare_data *data, sqlite3 *database)
{
    struct compare_rows summaries, differences, targets;
    bool fine =
        compare_read(data, database,
                     "SELECT point_id, cloud_id, metric, n, n_undefined, mean, sd, ci_low, ci_high, level, is_bound, method, p05, p50, p95,"
                     " param_low, param_high, p05_low, p05_high, p50_low, p50_high, p95_low, p95_high, variance_ratio, probability_best,"
                     " probability_good, draws FROM summary ORDER BY rowid",
                     sizeof *data->summaries, read_summary, &summaries) &&
        compare_read(data, database,
                     "SELECT point_a, cloud_a, point_b, cloud_b, metric, n, n_undefined, mean, sd, ci_low, ci_high, level, is_bound,"
                     " method, verdict, param_low, param_high, decided_by, smallest, p, p_adjusted, family, draws, variance_ratio"
                     " FROM difference ORDER BY rowid",
                     sizeof *data->differences, read_difference, &differences) &&
        compare_read(data, database,
                     "SELECT point_id, cloud_id, name, metric, unit, role, published, low, high, measured, ci_low, ci_high, outcome,"
                     " expect, reason, source, evidence, method FROM target ORDER BY position",
                     sizeof *data->targets, read_target, &targets);
    if (!fine)
        return false;
    data->summaries = summaries.element, data->summary_count = summaries.count;
    data->differences = differences.element, data->difference_count = differences.count;
    data->targets = targets.element, data->target_count = targets.count;
    return true;
}

/* The least number of replications at the nominal setting that a (point, cloud) shown has. */
static bool count_replications(struct compare_data *data, sqlite3 *database)
{
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(database, "SELECT p.id, (SELECT count(*) FROM replication r WHERE r.point_id = p.id AND"
                                     " r.cloud_id = c.id AND r.outer_draw = 0) FROM point p, cloud c", -1, &row, NULL) != SQLITE_OK)
        return false;
    data->replications = -1;
    while (sqlite3_step(row) == SQLITE_ROW) {
        size_t point = row_point(data, row, 0);
        int64_t count = sqlite3_column_int64(row, 1);
        if (point < data->point_count && data->shown[point] && (data->replications < 0 || count < data->replications))
            data->replications = count;
    }
    if (data->replications < 0)
        data->replications = 0;
    return sqlite3_finalize(row) == SQLITE_OK;
}

int compare_load(struct compare_data *data, struct store *store)
{
    data->marks = store_read_marks(store_database(store));
    if (!store_read_run(store, data->arena, &data->run) ||
        !store_read_clouds(store, data->arena, &data->clouds, &data->cloud_count) ||
        !store_read_points(store, data->arena, &data->points, &data->point_count))
        return machine(data, store);
    list_metrics(data);
    int code = choose_points(data);
    if (code == 0)
        code = choose_metrics(data);
    if (code != 0)
        return code;
    bool unfinished = strcmp(data->run.status, "running") == 0;
    sqlite3 *database = store_database(store);
    if ((unfinished && !store_summarise_beside(store, data->run.level)) || !count_replications(data, database) ||
        !load_tables(data, database) || !compare_load_sensitivities(data, database) || !compare_load_breakdowns(data, database) ||
        !compare_load_steady(data, database) || !compare_load_ratios(data, database))
        return machine(data, store);
    return 0;
}
