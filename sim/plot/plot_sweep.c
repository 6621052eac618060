/* Results against the keys that a study varies: lines over one key, a map over two.
 *
 * What a point sets is read from its parameters. Values that are numbers with one unit, or durations, make a numeric axis;
 * others are categories in the order of the points. */
#include "sim/plot/plot_sweep.h"
#include "sim/base/units.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static struct sweep_key *key_of(struct sweep *sweep, const char *name)
{
    for (size_t k = 0; k < sweep->key_count; k++) {
        if (strcmp(sweep->key[k].name, name) == 0)
            return &sweep->key[k];
    }
    if (sweep->key_count == SWEEP_KEYS)
        return NULL;
    struct sweep_key *key = &sweep->key[sweep->key_count++];
    key->name = name;
    key->text = arena_array(sweep->plot->arena, sweep->plot->point_count, const char *);
    key->value = arena_array(sweep->plot->arena, sweep->plot->point_count, double);
    return key;
}

/* False when there are too many keys, or one that is no text or number. */
static bool read_keys(struct sweep *sweep)
{
    struct arena *arena = sweep->plot->arena;
    sqlite3_stmt *row = plot_query(sweep->plot, "SELECT p.id, j.key, j.value, j.type FROM point p, json_each(p.parameters) j"
                                                " ORDER BY p.position, j.id");
    bool fits = true;
    while (fits && sqlite3_step(row) == SQLITE_ROW) {
        const char *type = plot_column_text(arena, row, 3);
        struct sweep_key *key = key_of(sweep, plot_column_text(arena, row, 1));
        size_t p = plot_point_of(sweep->plot, sqlite3_column_int64(row, 0));
        fits = key != NULL && strcmp(type, "array") != 0 && strcmp(type, "object") != 0;
        if (fits && p < sweep->plot->point_count)
            key->text[p] = plot_column_text(arena, row, 2);
    }
    sqlite3_finalize(row);
    return fits && sweep->key_count > 0;
}

static bool is_designed_otherwise(const struct plot *plot)
{
    sqlite3_stmt *row = plot_query(plot, "SELECT 1 FROM design WHERE design IN ('morris', 'saltelli', 'ends') LIMIT 1");
    bool is = sqlite3_step(row) == SQLITE_ROW;
    sqlite3_finalize(row);
    return is;
}

/* "26.6 /h" is 26.6 and "/h". False: no number. */
static bool split(const char *text, double *number, const char **unit)
{
    char *end;
    *number = strtod(text, &end);
    *unit = end + strspn(end, " ");
    return end != text && isfinite(*number) && strpbrk(*unit, "()0123456789") == NULL;
}

/* Numbers with one unit, else durations in hours. */
static bool find_numbers(const struct sweep *sweep, struct sweep_key *key)
{
    bool same = true, durations = true;
    const char *unit, *why;
    key->unit = NULL;
    for (size_t i = 0; i < sweep->count; i++) {
        size_t p = sweep->point[i];
        duration length;
        same = same && split(key->text[p], &key->value[p], &unit) && (key->unit == NULL || strcmp(unit, key->unit) == 0);
        key->unit = same ? unit : "h";
        durations = durations && units_duration(key->text[p], &length, &why);
    }
    for (size_t i = 0; !same && durations && i < sweep->count; i++) {
        duration length = {0};
        units_duration(key->text[sweep->point[i]], &length, &why);
        key->value[sweep->point[i]] = duration_hours(length);
    }
    return same || durations;
}

static int order_levels(const void *a, const void *b)
{
    const struct sweep_level *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

/* The values of a key, each once; numbers in their order. */
static void list_levels(struct sweep *sweep, struct sweep_key *key)
{
    key->is_number = find_numbers(sweep, key);
    key->levels = arena_array(sweep->plot->arena, sweep->count, struct sweep_level);
    for (size_t i = 0; i < sweep->count; i++) {
        size_t p = sweep->point[i], l = 0;
        while (l < key->level_count && (key->is_number ? key->levels[l].value != key->value[p]
                                                       : strcmp(key->levels[l].text, key->text[p]) != 0))
            l++;
        if (l == key->level_count)
            key->levels[key->level_count++] = (struct sweep_level){key->value[p], key->text[p]};
        if (!key->is_number)
            key->value[p] = key->levels[l].value = (double)l;
    }
    if (key->is_number)
        qsort(key->levels, key->level_count, sizeof *key->levels, order_levels);
}

bool sweep_read(struct sweep *sweep, const struct plot *plot)
{
    *sweep = (struct sweep){.plot = plot};
    if (is_designed_otherwise(plot) || !read_keys(sweep))
        return false;
    sweep->point = arena_array(plot->arena, plot->point_count, size_t);
    for (size_t p = 0; p < plot->point_count; p++) {
        bool whole = true;
        for (size_t k = 0; k < sweep->key_count; k++)
            whole = whole && sweep->key[k].text[p] != NULL;
        if (whole)
            sweep->point[sweep->count++] = p;
    }
    if (sweep->count < 2)
        return false;
    for (size_t k = 0; k < sweep->key_count; k++)
        list_levels(sweep, &sweep->key[k]);
    return true;
}

/* Whether the scenario says which difference of it matters. */
static bool is_judged(const struct plot *plot, const struct sim_metric *metric)
{
    sqlite3_stmt *row = plot_query(plot, "SELECT 1 FROM smallest_difference WHERE metric = ?");
    sqlite3_bind_text(row, 1, metric->name, -1, SQLITE_STATIC);
    bool is = sqlite3_step(row) == SQLITE_ROW;
    sqlite3_finalize(row);
    return is;
}

static void add_metric(const struct plot *plot, const struct sim_metric **metric, size_t *count, const struct sim_metric *one)
{
    for (size_t i = 0; i < *count; i++) {
        if (metric[i] == one)
            return;
    }
    if (*count < SWEEP_METRICS && plot_metric_defined(plot, one))
        metric[(*count)++] = one;
}

size_t sweep_metrics(const struct plot *plot, const struct sim_metric **metric)
{
    size_t count = 0;
    for (const struct sim_metric *m = plot->run.metrics; m->name != NULL; m++) {
        if (is_judged(plot, m))
            add_metric(plot, metric, &count, m);
    }
    add_metric(plot, metric, &count, plot->availability);
    add_metric(plot, metric, &count, plot->cost);
    for (const struct sim_metric *m = plot->run.metrics; count == 0 && m->name != NULL; m++) {
        if (plot_metric_defined(plot, m))
            metric[count++] = m;
    }
    return count;
}

const char *sweep_axis(const struct sweep *sweep, size_t key)
{
    const struct sweep_key *k = &sweep->key[key];
    const char *name = plot_key_words(sweep->plot, k->name, 40);
    return k->is_number && k->unit[0] != '\0'
               ? arena_format(sweep->plot->arena, "%s, %s", name, plot_show(sweep->plot->arena, k->unit, 10))
               : name;
}

bool plot_has_sweep(const struct plot *plot, const char **why)
{
    struct sweep sweep;
    const struct sim_metric *metric[SWEEP_METRICS];
    *why = "its points do not vary one key";
    return sweep_read(&sweep, plot) && sweep.key_count == 1 && sweep_metrics(plot, metric) > 0;
}

bool plot_has_heat(const struct plot *plot, const char **why)
{
    struct sweep sweep;
    const struct sim_metric *metric[SWEEP_METRICS];
    *why = "its points do not vary two keys";
    return sweep_read(&sweep, plot) && sweep.key_count == 2 && sweep_metrics(plot, metric) > 0;
}
