/* What is reported slice by slice, and the tails of samples: the tables `breakdown_summary` and `risk` for people and for programs. A person
 * sees a breakdown that was asked for; a tail wherever there is one, because only a scenario that gives a damage has one. */
#include "sim/results/compare_json.h"
#include "sim/results/compare_page.h"
#include "sim/results/compare_row.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

enum { LABEL = 25, CLOUD = 24, VALUE = 12, INTERVAL = 24, COUNT = 7 };

/* --- Reading --- */

size_t compare_breakdown_named(const struct compare_data *data, const char *name)
{
    size_t i = 0;
    while (i < data->breakdown_count && strcmp(data->run.breakdowns[i].name, name) != 0)
        i++;
    return i;
}

static bool is_wanted(const struct compare_data *data, const struct compare_slice *slice)
{
    size_t breakdown = slice->breakdown, asked = data->options->metric_count;
    if (slice->point == data->point_count || !data->shown[slice->point] || breakdown == data->breakdown_count ||
        slice->cloud_a == data->cloud_count || slice->cloud_b == data->cloud_count)
        return false;
    if (asked == 0)
        return data->options->format != COMPARE_TABLE || slice->measure != NULL;
    for (size_t i = 0; i < asked; i++)
        if (compare_breakdown_named(data, data->options->metrics[i]) == breakdown)
            return true;
    return false;
}

/* Both tables give: point, cloud_a, cloud_b, name, what, where, n, n_undefined, value, ci_low, ci_high, level, method, members. */
static bool read_slice(const struct compare_data *data, sqlite3_stmt *row, void *element)
{
    struct compare_slice *slice = element;
    *slice = (struct compare_slice){.point = row_point(data, row, 0), .cloud_a = row_cloud(data, row, 1), .cloud_b = row_cloud(data, row, 2),
                                    .breakdown = compare_breakdown_named(data, row_text(data, row, 3)),
                                    .slice = row_text(data, row, 4), .at = row_number(row, 5), .method = row_text(data, row, 12),
                                    .members = row_number(row, 13)};
    slice->values = (struct statistics){.n = (uint32_t)sqlite3_column_int64(row, 6),
                                        .n_undefined = (uint32_t)sqlite3_column_int64(row, 7), .mean = row_number(row, 8),
                                        .sd = (double)NAN, .ci_low = row_number(row, 9), .ci_high = row_number(row, 10),
                                        .level = row_number(row, 11)};
    return is_wanted(data, slice);
}

static bool read_tail(const struct compare_data *data, sqlite3_stmt *row, void *element)
{
    struct compare_slice *tail = element;
    (void)read_slice(data, row, tail);
    tail->measure = tail->slice;
    return is_wanted(data, tail);
}

bool compare_load_breakdowns(struct compare_data *data, struct sqlite3 *database)
{
    struct compare_rows slices, tails;
    bool fine = compare_read(data, database,
                             "SELECT point_id, cloud_a, cloud_b, name, slice, at, n, n_undefined, value, ci_low, ci_high, level, method, NULL"
                             " FROM breakdown_summary ORDER BY rowid",
                             sizeof *data->slices, read_slice, &slices) &&
                compare_read(data, database,
                             "SELECT point_id, cloud_a, cloud_b, name, measure, share, n, 0, value, ci_low, ci_high, level, method, members"
                             " FROM risk ORDER BY rowid",
                             sizeof *data->tails, read_tail, &tails);
    if (!fine)
        return false;
    data->slices = slices.element;
    data->slice_count = slices.count;
    data->tails = tails.element;
    data->tail_count = tails.count;
    return true;
}

/* --- For people --- */

/* "node", "above 20", "value at risk, 95 %". */
static const char *label_of(const struct page *page, const struct compare_slice *slice)
{
    struct arena *arena = page->arena;
    if (slice->measure != NULL)
        return isnan(slice->at) ? "mean" : arena_format(arena, "%s, %g %%", slice->measure, 100 * slice->at);
    if (!isnan(slice->at))
        return arena_format(arena, "%g", slice->at);
    return compare_clean(arena, slice->slice);
}

static bool same_slice(const struct compare_slice *a, const struct compare_slice *b)
{
    return a->point == b->point && a->breakdown == b->breakdown && strcmp(a->slice, b->slice) == 0 &&
           (a->at == b->at || (isnan(a->at) && isnan(b->at)));
}

static void put_row(const struct page *page, const struct compare_slice *slice, const char *label, struct compare_scale scale)
{
    const struct statistics *values = &slice->values;
    bool difference = slice->cloud_b != COMPARE_ALONE;
    const char *cloud = page->clouds[slice->cloud_a];
    if (difference)
        cloud = arena_format(page->arena, "%s - %s", compare_fit(page->arena, cloud, CLOUD / 2 - 2),
                             compare_fit(page->arena, page->clouds[slice->cloud_b], CLOUD / 2 - 2));
    fputs("    ", page->out);
    page_put(page, label, LABEL, false);
    page_put(page, cloud, CLOUD, false);
    page_put(page, compare_number(page->arena, values->mean, scale, difference, 0), VALUE, true);
    fputs("   ", page->out);
    /* nothing was seen, or nothing beyond the quantile */
    bool bare = isnan(values->mean) || (values->n > 1 && strcmp(slice->method, "none") == 0);
    page_put(page, bare ? "too little seen" : page_interval(page, values, slice->method, scale, difference), INTERVAL, false);
    page_put(page, arena_format(page->arena, "%u", (unsigned)values->n), COUNT, true);
    fputc('\n', page->out);
}

/* Rows of one slice: those of the clouds, and of a tail their differences. Returns how many of `left` they were. */
static size_t put_slice(const struct page *page, const struct compare_slice *first, size_t left)
{
    size_t rows = 0;
    bool share = strcmp(page->data->run.breakdowns[first->breakdown].unit, "1") == 0, labelled = false;
    struct statistics *values = arena_array(page->arena, left, struct statistics);
    while (rows < left && same_slice(first, &first[rows])) {
        values[rows] = first[rows].values;
        rows++;
    }
    struct compare_scale scale = compare_scale_of(values, rows, share ? COMPARE_PERCENT : COMPARE_PLAIN);
    for (size_t i = 0; i < rows; i++)
        if (first->measure != NULL || first[i].cloud_b == COMPARE_ALONE) {
            put_row(page, &first[i], labelled ? "" : label_of(page, first), scale);
            labelled = true;
        }
    return rows;
}

static void put_all(const struct page *page, size_t point, const struct compare_slice *slices, size_t count)
{
    const struct sim_breakdown *about = NULL;
    for (size_t i = 0; i < count;) {
        const struct sim_breakdown *of = &page->data->run.breakdowns[slices[i].breakdown];
        if (slices[i].point != point) {
            i++;
            continue;
        }
        if (of != about) {
            const char *by = slices[i].measure == NULL ? arena_format(page->arena, ", by %s", compare_clean(page->arena, of->sliced_by))
                                                       : arena_format(page->arena, ", tail over %.0f members", slices[i].members);
            const char *unit = strcmp(of->unit, "1") == 0 ? "" : arena_format(page->arena, " (%s)", compare_clean(page->arena, of->unit));
            page_line(page, compare_fit(page->arena, arena_format(page->arena, "\n  %s%s%s", compare_clean(page->arena, of->name), unit, by),
                                        PAGE_COLUMNS + 1));
            about = of;
        }
        i += put_slice(page, &slices[i], count - i);
    }
}

void page_breakdowns(const struct page *page, size_t point)
{
    put_all(page, point, page->data->slices, page->data->slice_count);
    put_all(page, point, page->data->tails, page->data->tail_count);
}

/* --- For programs --- */

struct json_t *compare_slice_array(const struct compare_data *data, bool risk)
{
    const struct compare_slice *rows = risk ? data->tails : data->slices;
    json_t *array = json_array();
    for (size_t i = 0; i < (risk ? data->tail_count : data->slice_count); i++) {
        const struct compare_slice *s = &rows[i];
        json_t *row = json_object();
        const struct sim_breakdown *of = &data->run.breakdowns[s->breakdown];
        json_object_set_new(row, "point", json_text(data, data->points[s->point].label));
        json_object_set_new(row, "cloud_a", json_text(data, data->clouds[s->cloud_a].name));
        json_object_set_new(row, "cloud_b", s->cloud_b == COMPARE_ALONE ? json_null() : json_text(data, data->clouds[s->cloud_b].name));
        json_object_set_new(row, "name", json_text(data, of->name));
        json_object_set_new(row, risk ? "measure" : "slice", json_text(data, s->slice));
        json_object_set_new(row, risk ? "share" : "at", json_number(s->at));
        json_object_set_new(row, "unit", json_text(data, of->unit));
        json_object_set_new(row, "n", json_integer(s->values.n));
        if (risk)
            json_object_set_new(row, "members", json_number(s->members));
        else
            json_object_set_new(row, "n_undefined", json_integer(s->values.n_undefined));
        json_object_set_new(row, "value", json_number(s->values.mean));
        json_object_set_new(row, "ci_low", json_number(s->values.ci_low));
        json_object_set_new(row, "ci_high", json_number(s->values.ci_high));
        json_object_set_new(row, "level", json_number(s->values.level));
        json_object_set_new(row, "method", json_text(data, s->method));
        json_array_append_new(array, row);
    }
    return array;
}
