#include "sim/results/verify.h"

#include "sim/base/message.h"
#include "sim/results/compare_json.h"
#include "sim/results/compare_page.h"
#include "sim/results/store.h"
#include "sim/base/units.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

/* --- Reading --- */

static bool load_incidents(struct verify_study *study, struct arena *arena, struct sqlite3 *database)
{
    enum { INCIDENTS_MOST = 1000 };
    sqlite3_stmt *row = NULL;
    struct verify_incident *incidents = arena_array(arena, INCIDENTS_MOST, struct verify_incident);
    if (sqlite3_prepare_v2(database, "SELECT DISTINCT name, start_s, end_s FROM incident_mark ORDER BY start_s, name LIMIT ?", -1, &row,
                           NULL) != SQLITE_OK)
        return false;
    sqlite3_bind_int(row, 1, INCIDENTS_MOST);
    while (sqlite3_step(row) == SQLITE_ROW)
        incidents[study->incident_count++] =
            (struct verify_incident){arena_text(arena, (const char *)sqlite3_column_text(row, 0)), sqlite3_column_double(row, 1),
                                     sqlite3_column_double(row, 2)};
    study->incidents = incidents;
    return sqlite3_finalize(row) == SQLITE_OK;
}

bool verify_load(struct verify_study *study, struct arena *arena, const char *scenario, const char *database)
{
    struct compare_options *options = arena_new(arena, struct compare_options);
    struct store *store = NULL;
    *options = (struct compare_options){.path = database, .format = COMPARE_TABLE};
    *study = (struct verify_study){.scenario = arena_text(arena, scenario), .data = arena_new(arena, struct compare_data)};
    *study->data = (struct compare_data){.arena = arena, .options = options};
    bool fine = store_open_read(&store, database);
    if (!fine)
        message_error(NULL, "%s", message_show(arena, store_message(store)));
    fine = fine && compare_load(study->data, store) == EXIT_DONE && load_incidents(study, arena, store_database(store));
    store_close(store);
    return fine;
}

void verify_add(struct verify_count *count, const struct verify_study *study)
{
    const struct compare_data *data = study->data;
    count->scenarios++;
    count->targets += data->target_count;
    count->without += data->target_count == 0;
    for (size_t i = 0; i < data->target_count; i++) {
        const struct compare_target *target = &data->targets[i];
        count->held += strcmp(target->outcome, "held") == 0;
        count->missed += strcmp(target->outcome, "missed") == 0;
        count->undecided += strcmp(target->outcome, "undecided") == 0;
        count->surprises += compare_target_surprises(target);
    }
}

/* --- For people --- */

enum { METRIC = 27, WHOLE_CLOUD = 16, OUTCOME = 9, TARGET = 24, CLOUD = 11, PUBLISHED = 10, SIMULATED = 29 };

static void put_row(const struct page *page, const char *const *cell)
{
    static const int width[] = {OUTCOME, TARGET, CLOUD, PUBLISHED, SIMULATED};
    fputs("  ", page->out);
    for (int i = 0; i < 5; i++) {
        /* A number is never cut: what is too wide pushes the rest along. */
        bool number = i >= 3;
        int columns = number && compare_width(cell[i]) > width[i] ? compare_width(cell[i]) : width[i];
        page_put(page, cell[i], columns, false);
        fputc(' ', page->out);
    }
    page_line(page, cell[5]);
}

static void put_target(const struct page *page, const struct compare_target *target)
{
    struct arena *arena = page->arena;
    static const char *const indent = "            ";
    struct compare_target_texts texts = compare_target_texts(page->data, target);
    const char *cell[6] = {strcmp(target->outcome, "missed") == 0 ? "MISSED" : compare_clean(arena, target->outcome),
                           compare_clean(arena, target->name[0] != '\0' ? target->name : target->metric),
                           page->clouds[target->cloud],
                           texts.published,
                           texts.measured,
                           compare_clean(arena, target->role)};
    put_row(page, cell);
    if (compare_target_surprises(target))
        page_folded(page, indent, arena_format(arena, "the scenario expects: %s (accepted %s to %s)",
                                              compare_clean(arena, target->expect), texts.low, texts.high));
    else if (strcmp(target->outcome, "held") != 0)
        page_folded(page, indent, arena_format(arena, "accepted %s to %s%s%s", texts.low, texts.high,
                                              target->reason[0] != '\0' ? "; " : "", compare_clean(arena, target->reason)));
}

static void put_incidents(const struct page *page, const struct verify_study *study)
{
    char when[UNITS_TEXT];
    for (size_t i = 0; i < study->incident_count; i++) {
        const struct verify_incident *incident = &study->incidents[i];
        units_format_utc(when, page->data->run.start_unix_s + (int64_t)floor(incident->start_s));
        page_folded(page, "  ", arena_format(page->arena, "imposed   %s from %s for %.6g min", compare_clean(page->arena, incident->name),
                                            when, (incident->end_s - incident->start_s) / 60));
    }
}

/* --- What came out, where nothing was published ---------------------------------------------------------------------- */

/* Whether a metric is among those that say in a few lines what an incident did. Of a model without any of them, all are. */
static bool says_what_happened(const struct compare_data *data, size_t metric)
{
    static const char *const names[] = {"availability_service", "availability_control_plane", "longest_outage_min", "blast_radius_max",
                                        "lease_success_rate"};
    enum { NAMES = sizeof names / sizeof names[0] };
    bool any = false;
    for (size_t i = 0; i < NAMES; i++) {
        for (size_t m = 0; m < data->metric_count; m++)
            any = any || strcmp(data->metrics[m].name, names[i]) == 0;
        if (strcmp(data->metrics[metric].name, names[i]) == 0)
            return true;
    }
    return !any;
}

/* A mean as a target has it: nothing published, nothing accepted. */
static struct compare_target as_target(const struct compare_data *data, const struct compare_summary *summary)
{
    const struct compare_metric *metric = &data->metrics[summary->metric];
    return (struct compare_target){.point = summary->point, .cloud = summary->cloud, .name = "", .metric = metric->name, .unit = metric->unit,
                                   .method = summary->values.is_bound ? "rule of three" : summary->method, .published = (double)NAN,
                                   .low = (double)NAN, .high = (double)NAN, .measured = summary->values.mean,
                                   .ci_low = summary->values.ci_low, .ci_high = summary->values.ci_high};
}

/* Whether a mean is to be told: of a metric that says something, and defined. */
static bool is_told(const struct compare_data *data, const struct compare_summary *summary)
{
    return summary->values.n > 0 && says_what_happened(data, summary->metric);
}

static void put_emerged(const struct page *page)
{
    const struct compare_data *data = page->data;
    size_t point = SIZE_MAX;
    for (size_t i = 0; i < data->summary_count; i++) {
        const struct compare_summary *summary = &data->summaries[i];
        if (!is_told(data, summary))
            continue;
        if (data->point_count > 1 && summary->point != point)
            page_folded(page, "  ", arena_format(page->arena, "point %s", page->points[summary->point]));
        point = summary->point;
        struct compare_target target = as_target(data, summary);
        fputs("  emerged   ", page->out);
        page_put(page, compare_clean(page->arena, target.metric), METRIC, false);
        fputc(' ', page->out);
        page_put(page, page->clouds[target.cloud], WHOLE_CLOUD, false);
        fputc(' ', page->out);
        page_line(page, compare_target_texts(data, &target).measured);
    }
}

void verify_write_study(const struct verify_study *study, FILE *out)
{
    const struct compare_data *data = study->data;
    struct arena *arena = data->arena;
    struct page page = {.data = data, .arena = arena, .out = out};
    page.clouds = arena_array(arena, data->cloud_count, const char *);
    page.points = arena_array(arena, data->point_count, const char *);
    for (size_t i = 0; i < data->cloud_count; i++)
        page.clouds[i] = compare_clean(arena, data->clouds[i].name);
    for (size_t i = 0; i < data->point_count; i++)
        page.points[i] = arena_format(arena, "'%s'", compare_clean(arena, data->points[i].label));
    fprintf(out, "%s (n = %lld)\n", compare_clean(arena, study->scenario), (long long)data->replications);
    page_folded(&page, "  ", compare_clean(arena, data->run.question));
    put_incidents(&page, study);
    if (data->target_count == 0)
        page_line(&page, "  no target: the file says why");
    if (data->target_count == 0)
        put_emerged(&page);
    else
        put_row(&page, (const char *[]){"outcome", "target", "cloud", "published", "simulated", "role"});
    for (size_t i = 0; i < data->target_count; i++) {
        const struct compare_target *target = &data->targets[i];
        if (data->point_count > 1 && (i == 0 || target->point != target[-1].point))
            page_folded(&page, "  ", arena_format(arena, "point %s", page.points[target->point]));
        put_target(&page, target);
    }
    fputc('\n', out);
}

void verify_write_end(const struct verify_count *count, FILE *out)
{
    fprintf(out, "%zu scenario%s, %zu target%s: %zu held, %zu missed, %zu undecided; %zu not as the scenario expects\n", count->scenarios,
            count->scenarios == 1 ? "" : "s", count->targets, count->targets == 1 ? "" : "s", count->held, count->missed,
            count->undecided, count->surprises);
    if (count->without > 0)
        fprintf(out, "%zu scenario%s without a target\n", count->without, count->without == 1 ? "" : "s");
}

/* --- For programs --- */

static json_t *json_target(const struct compare_data *data, const struct compare_target *target)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:b, s:s, s:s, s:s}", "name", target->name,
                     "metric", target->metric, "unit", target->unit, "cloud", data->clouds[target->cloud].name, "point",
                     data->points[target->point].label, "role", target->role, "published", json_number(target->published), "low",
                     json_number(target->low), "high", json_number(target->high), "simulated", json_number(target->measured), "ci_low",
                     json_number(target->ci_low), "ci_high", json_number(target->ci_high), "outcome", target->outcome, "expect",
                     target->expect, "surprise", compare_target_surprises(target), "reason", target->reason, "source",
                     target->source, "evidence", target->evidence);
}

static json_t *json_mean(const struct compare_data *data, const struct compare_summary *summary)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "metric", data->metrics[summary->metric].name, "unit",
                     data->metrics[summary->metric].unit, "cloud", data->clouds[summary->cloud].name, "point",
                     data->points[summary->point].label, "mean", json_number(summary->values.mean), "ci_low",
                     json_number(summary->values.ci_low), "ci_high", json_number(summary->values.ci_high));
}

static json_t *json_study(const struct verify_study *study)
{
    const struct compare_data *data = study->data;
    json_t *targets = json_array(), *incidents = json_array(), *emerged = json_array();
    for (size_t i = 0; i < data->summary_count; i++)
        if (is_told(data, &data->summaries[i]))
            json_array_append_new(emerged, json_mean(data, &data->summaries[i]));
    for (size_t i = 0; i < data->target_count; i++)
        json_array_append_new(targets, json_target(data, &data->targets[i]));
    for (size_t i = 0; i < study->incident_count; i++)
        json_array_append_new(incidents, json_pack("{s:s, s:f, s:f}", "name", study->incidents[i].name, "start_s",
                                                   study->incidents[i].start_s, "end_s", study->incidents[i].end_s));
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:o, s:o, s:o}", "file", study->scenario, "scenario", data->run.scenario, "question",
                     data->run.question, "digest", data->run.digest != NULL ? data->run.digest : "", "replications",
                     (json_int_t)data->replications, "imposed", incidents, "emerged", emerged, "targets", targets);
}

bool verify_write_json(const struct verify_study *studies, size_t count, const struct verify_count *sum, FILE *out)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_study(&studies[i]));
    json_t *all = json_pack("{s:o, s:{s:I, s:I, s:I, s:I, s:I, s:I}}", "scenarios", list, "sum", "targets", (json_int_t)sum->targets,
                            "held", (json_int_t)sum->held, "missed", (json_int_t)sum->missed, "undecided",
                            (json_int_t)sum->undecided, "surprises", (json_int_t)sum->surprises, "without_target",
                            (json_int_t)sum->without);
    bool written = all != NULL && json_dumpf(all, out, JSON_INDENT(2) | JSON_REAL_PRECISION(17)) == 0 && fputc('\n', out) != EOF;
    json_decref(all);
    return written && fflush(out) == 0;
}
