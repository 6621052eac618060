#include "sim/base/hash.h"
#include "sim/results/store_internal.h"
#include "sim/base/units.h"

#include <math.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

char *store_now(char *buffer)
{
    time_t now = time(NULL);
    struct tm parts;
    if (gmtime_r(&now, &parts) == NULL || strftime(buffer, STORE_TIME, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        buffer[0] = '\0';
    return buffer;
}

/* Runs `sql` once with its parameters bound from the arguments, as types says: 't' text (NULL: NULL), 'i' int64, 'd' double
 * (NaN: NULL). These rows are few; clarity before speed. */
static bool insert(struct store *store, const char *sql, const char *types, ...)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL) != SQLITE_OK)
        return store_fail_sqlite(store, "write");
    va_list arguments;
    va_start(arguments, types);
    for (int i = 0; types[i] != '\0'; i++) {
        if (types[i] == 't')
            sqlite3_bind_text(statement, i + 1, va_arg(arguments, const char *), -1, SQLITE_STATIC);
        else if (types[i] == 'i')
            sqlite3_bind_int64(statement, i + 1, va_arg(arguments, int64_t));
        else
            sqlite3_bind_double(statement, i + 1, va_arg(arguments, double));
    }
    va_end(arguments);
    bool done = sqlite3_step(statement) == SQLITE_DONE;
    if (!done)
        store_fail_sqlite(store, "write");
    sqlite3_finalize(statement);
    return done;
}

bool store_add_label(struct store *store, const char *kind, const char *name, const char *label)
{
    return store_begin(store) && insert(store, "INSERT OR REPLACE INTO label VALUES (?, ?, ?)", "ttt", kind, name, label);
}

static bool write_labels(struct store *store, const struct store_run *run)
{
    for (uint32_t i = 0; i < store->metric_count; i++)
        if (run->metrics[i].label != NULL &&
            !insert(store, "INSERT INTO label VALUES ('metric', ?, ?)", "tt", run->metrics[i].name, run->metrics[i].label))
            return false;
    return true;
}

static bool write_help(struct store *store, const struct store_run *run)
{
    for (uint32_t i = 0; i < store->metric_count; i++) {
        const struct sim_metric *metric = &run->metrics[i];
        if (!insert(store, "INSERT INTO metric_help VALUES (?, ?, ?, ?, ?, ?, ?, ?)", "itttiiii", store->metric_ids[i],
                    metric->name, metric->unit, metric->help != NULL ? metric->help : "",
                    (int64_t)metric->higher_is_better, (int64_t)metric->is_availability, (int64_t)metric->is_share, (int64_t)i))
            return false;
    }
    for (uint32_t i = 0; i < store->series_count; i++) {
        const struct sim_series *series = &run->series[i];
        if (!insert(store, "INSERT INTO series_help VALUES (?, ?, ?, ?, ?)", "ittti", store->series_ids[i], series->name,
                    series->unit, series->help != NULL ? series->help : "", (int64_t)i))
            return false;
    }
    for (uint32_t i = 0; i < store->breakdown_count; i++) {
        const struct sim_breakdown *breakdown = &run->breakdowns[i];
        if (!insert(store, "INSERT INTO breakdown_help VALUES (?, ?, ?, ?, ?, ?, ?)", "ittttii", store->breakdown_ids[i],
                    breakdown->name, breakdown->unit, breakdown->help, breakdown->sliced_by, (int64_t)breakdown->is_sample, (int64_t)i))
            return false;
    }
    return true;
}

bool store_write_run(struct store *store, const struct store_run *run, int64_t id)
{
    check(run->seed <= INT64_MAX, "seed %llu does not fit SQLite's integers", (unsigned long long)run->seed);
    check(run->level > 0 && run->level < 1, "level %g", run->level);
    check(run->shard < run->shards, "shard %u of %u", run->shard, run->shards);
    char start[UNITS_TEXT], now[STORE_TIME];
    return insert(store,
                  "INSERT INTO run (id, scenario, scenario_text, overrides, model, title, question, regime, comparison,"
                  " version, commit_id, dirty, compiler, libraries, seed, shard, shards, replications,"
                  " variance_reduction, level, start_utc,"
                  " horizon_s, warmup_s, grid_s, command, host, cpu, threads, ranks, log, started_utc, sittings, status)"
                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1,"
                  " 'running')",
                  "itttttttttt" "ittiiiitdt" "dddtttiitt", id, run->scenario, run->scenario_text, run->overrides, run->model,
                  run->title, run->question, run->regime, run->comparison, run->version, run->commit_id,
                  (int64_t)run->dirty, run->compiler, run->libraries, (int64_t)run->seed, (int64_t)run->shard,
                  (int64_t)run->shards, (int64_t)run->replications, run->variance_reduction, run->level,
                  units_format_utc(start, run->start_unix_s),
                  run->horizon_s, run->warmup_s, run->grid_s, run->command, run->host, run->cpu, (int64_t)run->threads,
                  (int64_t)run->ranks, run->log,
                  store_now(now)) &&
           write_help(store, run) && write_labels(store, run);
}

/* Appends to a growing array of ids whose room is the next power of two of its count. */
bool store_append_id(struct store *store, int64_t **ids, uint32_t *count, int64_t id)
{
    if ((*count & (*count - 1)) == 0) {
        int64_t *larger = realloc(*ids, (*count != 0 ? 2 * (size_t)*count : 1) * sizeof **ids);
        if (larger == NULL)
            return store_fail(store, "out of memory");
        *ids = larger;
    }
    (*ids)[(*count)++] = id;
    return true;
}

bool store_add_cloud(struct store *store, const struct sim_arm *arm)
{
    int64_t id = store_cloud_id(arm->name), position = store->cloud_count;
    return store_begin(store) &&
           insert(store, "INSERT INTO cloud VALUES (?, ?, ?, ?, ?)", "ittti", id, arm->name,
                  arm->kind != NULL ? arm->kind : "", arm->rules != NULL ? arm->rules : "", position) &&
           store_append_id(store, &store->cloud_ids, &store->cloud_count, id);
}

bool store_add_point(struct store *store, const char *label, const char *parameters_json)
{
    int64_t id = store_point_id(label), position = store->point_count;
    return store_begin(store) &&
           insert(store, "INSERT INTO point VALUES (?, ?, ?, ?)", "itti", id, label, parameters_json, position) &&
           store_append_id(store, &store->point_ids, &store->point_count, id);
}

static int64_t last_point(const struct store *store)
{
    check(store->point_count > 0, "a design belongs to a point");
    return store->point_ids[store->point_count - 1];
}

bool store_add_design(struct store *store, const struct store_design *design)
{
    return store_begin(store) && insert(store, "INSERT INTO design VALUES (?, ?, ?, ?, ?, ?)", "itiitt", last_point(store),
                                        design->design, (int64_t)design->sample, (int64_t)design->step, design->matrix,
                                        design->factor);
}

bool store_add_design_value(struct store *store, uint32_t position, const char *factor, double u, const char *value)
{
    return store_begin(store) && insert(store, "INSERT INTO design_value VALUES (?, ?, ?, ?, ?)", "iitdt",
                                        last_point(store), (int64_t)position, factor, u, value);
}

bool store_add_input_draw(struct store *store, uint32_t outer_draw, uint32_t position, const char *key, const char *value)
{
    return store_begin(store) && insert(store, "INSERT INTO input_draw VALUES (?, ?, ?, ?)", "iitt", (int64_t)outer_draw,
                                        (int64_t)position, key, value);
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static int64_t target_id(const struct store *store, const struct store_target *target)
{
    const char *texts[] = {target->name, target->metric, target->role, target->source, target->reason, target->expect};
    uint64_t hash = hash_text(0, "target");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        hash = hash_text(hash, or_empty(texts[i]));
    hash = hash_word(hash, (uint64_t)store->point_ids[target->point]);
    hash = hash_word(hash, (uint64_t)store->cloud_ids[target->cloud]);
    hash = hash_double(hash_double(hash_double(hash, target->published), target->low), target->high);
    return (int64_t)(hash >> 11);
}

bool store_add_target(struct store *store, const struct store_target *target)
{
    check(target->point < store->point_count && target->cloud < store->cloud_count, "point %u, cloud %u", target->point,
          target->cloud);
    /* OR IGNORE: a target written twice, word for word, is one target. */
    return store_begin(store) &&
           insert(store,
                  "INSERT OR IGNORE INTO target (id, name, point_id, cloud_id, metric, unit, role, published, low, high,"
                  " outcome, expect, reason, source, evidence, position)"
                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'undecided', ?, ?, ?, ?, ?)",
                  "itiitttdddtttti", target_id(store, target), or_empty(target->name), store->point_ids[target->point],
                  store->cloud_ids[target->cloud], target->metric, or_empty(target->unit), or_empty(target->role),
                  target->published, target->low, target->high, or_empty(target->expect), or_empty(target->reason),
                  or_empty(target->source), or_empty(target->evidence), (int64_t)store->target_count++);
}

bool store_add_analysis(struct store *store, const struct store_analysis *analysis)
{
    return store_begin(store) && insert(store, "INSERT INTO analysis VALUES (?, ?, ?)", "ttd", analysis->interval,
                                        analysis->control, analysis->control != NULL ? analysis->expected : (double)NAN);
}

bool store_add_smallest(struct store *store, const char *metric, double value)
{
    return store_begin(store) && insert(store, "INSERT OR REPLACE INTO smallest_difference VALUES (?, ?)", "td", metric, value);
}

bool store_add_evidence(struct store *store, const struct evidence *evidence)
{
    return store_begin(store) && insert(store, "INSERT OR REPLACE INTO evidence VALUES (?, ?, ?)", "ttt", evidence->path,
                                        evidence->mark, evidence->source);
}

bool store_add_mark(struct store *store, uint32_t point, const char *name, double start_s, double end_s)
{
    check(point < store->point_count, "point %u of %u", point, store->point_count);
    return store_begin(store) && insert(store, "INSERT INTO incident_mark VALUES (?, ?, ?, ?)", "itdd",
                                        store->point_ids[point], name, start_s, end_s);
}
