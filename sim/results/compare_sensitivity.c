/* Which keys each metric hangs on, strongest first: the table `sensitivity` for people and for programs. */
#include "sim/results/compare_json.h"
#include "sim/results/compare_page.h"
#include "sim/results/compare_row.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { SUBJECT = 50, FACTOR = 36, NARROW = 12, WIDE = 32, STRONGEST = 6 };

/* --- Reading --- */

static bool read_sensitivity(const struct compare_data *data, sqlite3_stmt *row, void *element)
{
    struct compare_sensitivity *read = element;
    *read = (struct compare_sensitivity){.cloud_a = row_cloud(data, row, 0),
                                         .cloud_b = row_cloud(data, row, 1),
                                         .metric = row_metric(data, row, 2),
                                         .factor = row_text(data, row, 3),
                                         .name = row_text(data, row, 4),
                                         .unit = row_text(data, row, 5),
                                         .n = (uint32_t)sqlite3_column_int64(row, 6),
                                         .value = row_number(row, 7),
                                         .ci_low = row_number(row, 8),
                                         .ci_high = row_number(row, 9),
                                         .level = row_number(row, 10),
                                         .method = row_text(data, row, 11)};
    return read->cloud_a < data->cloud_count && (read->cloud_b == COMPARE_ALONE || read->cloud_b < data->cloud_count) &&
           read->metric < data->metric_count;
}

bool compare_load_sensitivities(struct compare_data *data, struct sqlite3 *database)
{
    struct compare_rows rows;
    bool fine = compare_read(data, database,
                             "SELECT cloud_a, cloud_b, metric, factor, name, unit, n, value, ci_low, ci_high, level, method FROM sensitivity"
                             " ORDER BY rowid",
                             sizeof *data->sensitivities, read_sensitivity, &rows);
    data->sensitivities = rows.element;
    data->sensitivity_count = rows.count;
    for (size_t i = 0; i < rows.count; i++) {
        struct compare_sensitivity *row = &data->sensitivities[i];
        bool same = i > 0 && strcmp(row[-1].factor, row->factor) == 0;
        row->label = same ? row[-1].label : store_label(database, data->arena, "key", row->factor);
    }
    return fine;
}

/* --- For people --- */

/* Rows of one factor of one subject, as they follow each other in the file. */
struct factor {
    const struct compare_sensitivity *row;
    size_t rows;
    double strength; /* of the index that ranks: total, or mu_star */
};

static bool same_subject(const struct compare_sensitivity *a, const struct compare_sensitivity *b)
{
    return a->cloud_a == b->cloud_a && a->cloud_b == b->cloud_b && a->metric == b->metric;
}

static int stronger_first(const void *a, const void *b)
{
    const struct factor *x = a, *y = b;
    if (x->strength != y->strength)
        return x->strength > y->strength ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row; /* both lie in one array: the file's order */
}

/* Shares to two decimals, never "-0.00"; effects to three digits. */
static const char *plain(const struct page *page, double value, bool share)
{
    if (isnan(value))
        return "undefined";
    if (!share)
        return arena_format(page->arena, "%.3g", value);
    return arena_format(page->arena, "%.2f", fabs(value) < 0.005 ? 0 : value);
}

static const char *with_interval(const struct page *page, const struct compare_sensitivity *row, bool share)
{
    const char *value = plain(page, row->value, share);
    if (isnan(row->ci_low) || isnan(row->ci_high))
        return value;
    return arena_format(page->arena, "%s [%s, %s]", value, plain(page, row->ci_low, share), plain(page, row->ci_high, share));
}

static void put_factor(const struct page *page, const struct factor *factor)
{
    const char *cell[3] = {"", "", ""};
    bool morris = factor->rows == 3;
    for (size_t i = 0; i < factor->rows && i < 3; i++) {
        const struct compare_sensitivity *row = &factor->row[i];
        bool ranks = strcmp(row->name, "mu_star") == 0;
        cell[i] = morris && !ranks ? plain(page, row->value, false) : with_interval(page, row, !morris);
    }
    fputs("      ", page->out);
    page_put(page, compare_clean(page->arena, factor->row->label), FACTOR, false);
    fputc(' ', page->out);
    page_put(page, cell[0], morris ? NARROW : WIDE, false);
    if (morris)
        page_put(page, cell[1], WIDE, false);
    page_line(page, morris ? cell[2] : cell[1]);
}

/* One subject's factors; returns how many rows they were. */
static size_t put_subject(const struct page *page, const struct compare_sensitivity *first, size_t left)
{
    size_t rows = 0, count = 0;
    struct factor *factors = arena_array(page->arena, left, struct factor);
    for (; rows < left && same_subject(first, &first[rows]); rows++) {
        if (count == 0 || strcmp(factors[count - 1].row->factor, first[rows].factor) != 0)
            factors[count++] = (struct factor){.row = &first[rows], .strength = -1};
        struct factor *factor = &factors[count - 1];
        factor->rows++;
        if ((strcmp(first[rows].name, "total") == 0 || strcmp(first[rows].name, "mu_star") == 0) && !isnan(first[rows].value))
            factor->strength = first[rows].value;
    }
    qsort(factors, count, sizeof *factors, stronger_first);
    const char *name = page->clouds[first->cloud_a];
    if (first->cloud_b != COMPARE_ALONE)
        name = arena_format(page->arena, "%s minus %s", compare_fit(page->arena, name, SUBJECT / 2),
                            compare_fit(page->arena, page->clouds[first->cloud_b], SUBJECT / 2));
    fprintf(page->out, "    %s\n", compare_fit(page->arena, name, PAGE_COLUMNS - 4));
    for (size_t f = 0; f < count && f < STRONGEST; f++)
        put_factor(page, &factors[f]);
    if (count > STRONGEST)
        fprintf(page->out, "      and %zu weaker\n", count - STRONGEST);
    return rows;
}

void page_sensitivities(const struct page *page)
{
    const struct compare_data *data = page->data;
    if (data->sensitivity_count == 0)
        return;
    bool morris = strcmp(data->sensitivities[0].name, "mu") == 0;
    fputs(morris ? "\nWhat it hangs on: change over the key's whole range, strongest first\n"
                 : "\nWhat it hangs on: shares of the variance over the points, strongest first\n", page->out);
    if (data->options->point == NULL)
        page_folded(page, "  ", arena_format(page->arena, "over %zu points, of which --point shows one", data->point_count));
    page_folded(page, "  ",
                morris ? "mu: mean change; mu*: mean size of the change; sigma: how much the change depends on where one is"
                       : "first: the key's alone; total: with all it does together with others");
    fprintf(page->out, "%*s", 6 + FACTOR + 1, "");
    page_put(page, morris ? "mu" : "first", morris ? NARROW : WIDE, false);
    if (morris)
        page_put(page, "mu*", WIDE, false);
    page_line(page, morris ? "sigma" : "total");
    for (size_t s = 0; s < data->selected_count; s++) {
        const struct compare_metric *metric = &data->metrics[data->selected[s]];
        bool headed = false;
        for (size_t i = 0; i < data->sensitivity_count;) {
            if (data->sensitivities[i].metric != data->selected[s]) {
                i++;
                continue;
            }
            if (!headed)
                fprintf(page->out, "  %s\n", compare_fit(page->arena, page_metric(page, metric), PAGE_COLUMNS - 2));
            headed = true;
            i += put_subject(page, &data->sensitivities[i], data->sensitivity_count - i);
        }
    }
}

/* --- For programs --- */

struct json_t *compare_sensitivity_array(const struct compare_data *data)
{
    json_t *array = json_array();
    for (size_t i = 0; i < data->sensitivity_count; i++) {
        const struct compare_sensitivity *s = &data->sensitivities[i];
        json_t *row = json_object();
        const struct { const char *key, *value; } texts[] = {{"cloud_a", data->clouds[s->cloud_a].name},
                                                             {"metric", data->metrics[s->metric].name},
                                                             {"factor", s->factor}, {"name", s->name}, {"unit", s->unit},
                                                             {"method", s->method}};
        const struct { const char *key; double value; } numbers[] = {
            {"value", s->value}, {"ci_low", s->ci_low}, {"ci_high", s->ci_high}, {"level", s->level}};
        for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++)
            json_object_set_new(row, texts[t].key, json_text(data, texts[t].value));
        json_object_set_new(row, "cloud_b", s->cloud_b == COMPARE_ALONE
                                                ? json_null()
                                                : json_text(data, data->clouds[s->cloud_b].name));
        json_object_set_new(row, "n", json_integer(s->n));
        for (size_t n = 0; n < sizeof numbers / sizeof numbers[0]; n++)
            json_object_set_new(row, numbers[n].key, json_number(numbers[n].value));
        json_array_append_new(array, row);
    }
    return array;
}
