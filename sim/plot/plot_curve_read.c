/* Reading placement curves. */
#include "sim/plot/plot_curve.h"

#include "sim/base/message.h"
#include "sim/base/csv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GROUPS_MOST = 64, POLICIES_MOST = 64, BINS_MOST = 100000, SERIES_MOST = GROUPS_MOST * POLICIES_MOST };

enum { TRACE, POLICY, TUNE, SEED, ARRIVED, ALLOC, FRAG, COLUMNS };

static bool find_columns(struct csv *csv, int column[COLUMNS])
{
    static const char *const names[COLUMNS] = {"trace",       "policy",    "tune",    "seed",
                                               "arrived_pct", "alloc_pct", "frag_pct"};
    for (int i = 0; i < COLUMNS; i++)
        column[i] = csv_need(csv, names[i]);
    return csv->errors == 0;
}

/* Looks up or adds; -1 after complaining that there are too many. */
static int64_t group_of(struct curves *curves, struct csv *csv, const char *trace, double tune)
{
    size_t g = 0;
    while (g < curves->group_count && (curves->groups[g].tune != tune || strcmp(curves->groups[g].trace, trace) != 0))
        g++;
    if (g < curves->group_count)
        return (int64_t)g;
    if (g == GROUPS_MOST) {
        csv_error(csv, "more than %d traces", GROUPS_MOST);
        return -1;
    }
    curves->groups[curves->group_count++] = (struct curve_group){.trace = trace, .tune = tune};
    return (int64_t)g;
}

static int64_t policy_of(struct curves *curves, struct csv *csv, const char *name)
{
    size_t p = 0;
    while (p < curves->policy_count && strcmp(curves->policies[p], name) != 0)
        p++;
    if (p < curves->policy_count)
        return (int64_t)p;
    if (p == POLICIES_MOST) {
        csv_error(csv, "more than %d policies", POLICIES_MOST);
        return -1;
    }
    curves->policies[curves->policy_count++] = name;
    return (int64_t)p;
}

static uint32_t series_of(struct curves *curves, size_t group, size_t policy)
{
    uint32_t s = 0;
    while (s < curves->series_count && (curves->series[s].group != group || curves->series[s].policy != policy))
        s++;
    if (s == curves->series_count)
        curves->series[curves->series_count++] = (struct curve_series){.group = group, .policy = policy};
    return s;
}

static void read_row(struct curves *curves, struct csv *csv, const int column[COLUMNS])
{
    struct curve_row row = {.line = csv->line,
                            .seed = csv_integer(csv, column[SEED], INT64_MIN, INT64_MAX),
                            .bin = (uint32_t)csv_integer(csv, column[ARRIVED], 0, BINS_MOST),
                            .alloc = csv_number(csv, column[ALLOC], 0, 100),
                            .frag = csv_number(csv, column[FRAG], 0, 100)};
    int64_t group = group_of(curves, csv, csv->field[column[TRACE]], csv_number(csv, column[TUNE], 0, 1e6));
    int64_t policy = policy_of(curves, csv, csv->field[column[POLICY]]);
    if (group < 0 || policy < 0)
        return;
    row.series = series_of(curves, (size_t)group, (size_t)policy);
    struct curve_group *g = &curves->groups[group];
    g->bins = row.bin + 1 > g->bins ? row.bin + 1 : g->bins;
    curves->rows[curves->count++] = row;
}

static int by_place(const void *left, const void *right)
{
    const struct curve_row *a = left, *b = right;
    if (a->series != b->series)
        return a->series < b->series ? -1 : 1;
    if (a->bin != b->bin)
        return a->bin < b->bin ? -1 : 1;
    return (a->seed > b->seed) - (a->seed < b->seed);
}

static void order_rows(struct curves *curves, struct csv *csv)
{
    qsort(curves->rows, curves->count, sizeof *curves->rows, by_place);
    curves->least_seeds = INT64_MAX;
    for (size_t i = 0, run = 0; i < curves->count; i++) {
        const struct curve_row *row = &curves->rows[i];
        struct curve_series *series = &curves->series[row->series];
        series->first = series->rows == 0 ? i : series->first;
        series->rows++;
        bool begins = i == 0 || row[-1].series != row->series || row[-1].bin != row->bin;
        if (!begins && row[-1].seed == row->seed) {
            csv->line = row->line > row[-1].line ? row->line : row[-1].line;
            csv_error(csv, "%s, %s, seed %lld, %u %% arrived is there twice", curves->groups[series->group].trace,
                      curves->policies[series->policy], (long long)row->seed, (unsigned)row->bin);
        }
        run = begins ? 1 : run + 1;
        if (i + 1 == curves->count || row[1].series != row->series || row[1].bin != row->bin) {
            curves->least_seeds = (int64_t)run < curves->least_seeds ? (int64_t)run : curves->least_seeds;
            curves->most_seeds = (int64_t)run > curves->most_seeds ? (int64_t)run : curves->most_seeds;
        }
    }
}

static void label_groups(struct curves *curves, struct arena *arena)
{
    for (size_t g = 0; g < curves->group_count; g++) {
        struct curve_group *group = &curves->groups[g];
        bool several = false;
        for (size_t k = 0; k < curves->group_count; k++)
            several = several || (k != g && strcmp(curves->groups[k].trace, group->trace) == 0);
        group->label = several ? arena_format(arena, "%s, tuned to %g", group->trace, group->tune) : group->trace;
    }
}

bool curves_read(struct curves *curves, struct arena *arena, const char *path, int *code)
{
    struct csv csv;
    int column[COLUMNS];
    if (!csv_open(&csv, arena, path, code))
        return false;
    if (find_columns(&csv, column)) {
        *curves = (struct curves){.rows = arena_array(arena, csv_rows_most(&csv), struct curve_row),
                                  .groups = arena_array(arena, GROUPS_MOST, struct curve_group),
                                  .policies = arena_array(arena, POLICIES_MOST, const char *),
                                  .series = arena_array(arena, SERIES_MOST, struct curve_series)};
        while (csv_next(&csv))
            read_row(curves, &csv, column);
        order_rows(curves, &csv);
        label_groups(curves, arena);
        if (curves->count == 0 && csv.errors == 0)
            csv_error(&csv, "there is no row");
    }
    csv_close(&csv);
    return csv.errors == 0;
}

const struct curve_series *curves_find(const struct curves *curves, size_t group, size_t policy)
{
    for (size_t s = 0; s < curves->series_count; s++)
        if (curves->series[s].group == group && curves->series[s].policy == policy)
            return &curves->series[s];
    return NULL;
}

struct statistics curves_at(const struct curves *curves, struct arena *arena, const struct curve_series *series,
                            uint32_t bin, bool frag)
{
    const struct curve_row *rows = curves->rows + series->first;
    size_t low = 0, high = series->rows, count = 0;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (rows[middle].bin < bin)
            low = middle + 1;
        else
            high = middle;
    }
    while (low + count < series->rows && rows[low + count].bin == bin)
        count++;
    struct arena_mark mark = arena_mark(arena);
    double *values = arena_array(arena, count + 1, double), *scratch = arena_array(arena, count + 1, double);
    for (size_t i = 0; i < count; i++)
        values[i] = frag ? rows[low + i].frag : rows[low + i].alloc;
    struct statistics_options options = {.level = 0.95};
    struct statistics summary = statistics_of(values, count, &options, scratch);
    arena_rewind(arena, mark);
    return summary;
}
