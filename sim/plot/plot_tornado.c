/* What a metric hangs on: the varied keys as bars, the longest on top, a panel for each cloud and each difference.
 *
 * Of elementary effects (Morris) the bar is mu*, how much the metric moves when the key crosses its range, whatever the
 * direction; the mark is mu, with its sign, and the cross sigma, how much that differs from place to place. Of shares of
 * variance (Sobol) the wide bar is the total share, the narrow one the key's alone. */
#include "sim/plot/plot_internal.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_MOST = 20, KEY_MOST = 32, METRICS_MOST = 2, INDICES = 5 };

#define ROW_MM 4.8
#define HEAD_MM 7.0
#define AXIS_MM 9.0 /* and a line more for its name in two */

static const char *const index_names[INDICES] = {"mu_star", "mu", "sigma", "total", "first"};

struct index {
    double value, low, high;
};

/* A varied key in all panels of a metric. */
struct factor {
    const char *name;
    struct index *index; /* [subjects][INDICES] */
    double longest;      /* bar of all panels: the order */
};

/* A cloud, or a cloud minus another. */
struct subject {
    size_t a, b; /* b is the number of clouds when there is none */
};

struct tornado {
    const struct plot *plot;
    const struct sim_metric *metric;
    bool is_share; /* Sobol */
    struct factor *keys;
    size_t key_count, shown;
    struct subject *subjects;
    size_t subject_count, first_subject;
    int64_t least_n, most_n;
    double level;
    const char *methods;
    double x_low, x_high;
    struct grid grid;
};

bool plot_has_sensitivity(const struct plot *plot, const char **why)
{
    sqlite3_stmt *row = plot_query(plot, "SELECT 1 FROM sensitivity WHERE value IS NOT NULL LIMIT 1");
    bool has = sqlite3_step(row) == SQLITE_ROW;
    sqlite3_finalize(row);
    *why = "its study has no morris or saltelli design";
    return has;
}

/* --- Reading --- */

/* Availability and cost, or of a run without them what it declares first. */
static size_t choose_metrics(const struct plot *plot, const struct sim_metric **chosen)
{
    const struct sim_metric *wanted[] = {plot->availability, plot->cost};
    size_t count = 0;
    sqlite3_stmt *row = plot_query(plot, "SELECT 1 FROM sensitivity WHERE metric = ? AND value IS NOT NULL LIMIT 1");
    for (const struct sim_metric *m = plot->run.metrics; m->name != NULL; m++) {
        bool main = m == wanted[0] || m == wanted[1];
        if (count == METRICS_MOST || (!main && (wanted[0] != NULL || wanted[1] != NULL)))
            continue;
        sqlite3_bind_text(row, 1, m->name, -1, SQLITE_TRANSIENT);
        if (sqlite3_step(row) == SQLITE_ROW)
            chosen[count++] = m;
        sqlite3_reset(row);
    }
    sqlite3_finalize(row);
    return count;
}

static struct factor *key_of(struct tornado *t, const char *name)
{
    for (size_t k = 0; k < t->key_count; k++) {
        if (strcmp(t->keys[k].name, name) == 0)
            return &t->keys[k];
    }
    struct factor *key = &t->keys[t->key_count++];
    key->name = arena_text(t->plot->arena, name);
    key->index = arena_array(t->plot->arena, t->subject_count * INDICES, struct index);
    for (size_t i = 0; i < t->subject_count * INDICES; i++)
        key->index[i] = (struct index){NAN, NAN, NAN};
    return key;
}

static size_t subject_of(const struct tornado *t, size_t a, size_t b)
{
    size_t s = 0;
    while (t->subjects[s].a != a || t->subjects[s].b != b)
        s++;
    return s;
}

/* Each cloud, then each pair, in declared order. */
static void list_subjects(struct tornado *t)
{
    size_t clouds = t->plot->cloud_count;
    t->subjects = arena_array(t->plot->arena, clouds + clouds * (clouds - 1) / 2, struct subject);
    for (size_t a = 0; a < clouds; a++)
        t->subjects[t->subject_count++] = (struct subject){a, clouds};
    for (size_t a = 0; a < clouds; a++) {
        for (size_t b = a + 1; b < clouds; b++)
            t->subjects[t->subject_count++] = (struct subject){a, b};
    }
}

static void take_row(struct tornado *t, sqlite3_stmt *row)
{
    size_t a = plot_cloud_of(t->plot, sqlite3_column_int64(row, 0)), clouds = t->plot->cloud_count;
    size_t b = sqlite3_column_type(row, 1) == SQLITE_NULL ? clouds : plot_cloud_of(t->plot, sqlite3_column_int64(row, 1));
    const char *name = plot_column_text(t->plot->arena, row, 3), *method = plot_column_text(t->plot->arena, row, 8);
    size_t i = 0;
    while (i < INDICES && strcmp(name, index_names[i]) != 0)
        i++;
    if (a == clouds || i == INDICES || (b != clouds && b <= a))
        return;
    struct factor *key = key_of(t, plot_column_text(t->plot->arena, row, 2));
    double factor = i < 3 && plot_is_percent(t->metric) ? 100 : 1; /* effects on shares are drawn in percentage points */
    struct index value = {factor * plot_column(row, 4), factor * plot_column(row, 5), factor * plot_column(row, 6)};
    key->index[subject_of(t, a, b) * INDICES + i] = value;
    bool bar = i == 0 || i == 3;
    key->longest = bar && !isnan(value.value) ? fmax(key->longest, value.value) : key->longest;
    t->is_share = t->is_share || i >= 3;
    int64_t n = sqlite3_column_int64(row, 7);
    t->least_n = n < t->least_n ? n : t->least_n;
    t->most_n = n > t->most_n ? n : t->most_n;
    t->level = plot_column(row, 9);
    if (bar && strstr(t->methods, method) == NULL)
        t->methods = arena_format(t->plot->arena, "%s%s%s", t->methods, t->methods[0] == '\0' ? "" : ", ", method);
}

static int order_keys(const void *a, const void *b)
{
    const struct factor *x = a, *y = b;
    return x->longest != y->longest ? (x->longest < y->longest) - (x->longest > y->longest) : strcmp(x->name, y->name);
}

static size_t count_keys(const struct tornado *t)
{
    sqlite3_stmt *row = plot_query(t->plot, "SELECT count(DISTINCT factor) FROM sensitivity");
    sqlite3_step(row);
    size_t count = (size_t)sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    return count;
}

static void read_keys(struct tornado *t)
{
    sqlite3_stmt *row = plot_query(t->plot, "SELECT cloud_a, cloud_b, factor, name, value, ci_low, ci_high, n, method, level"
                                            " FROM sensitivity WHERE metric = ? ORDER BY factor, name, cloud_a, cloud_b");
    t->keys = arena_array(t->plot->arena, count_keys(t) + 1, struct factor);
    sqlite3_bind_text(row, 1, t->metric->name, -1, SQLITE_TRANSIENT);
    while (sqlite3_step(row) == SQLITE_ROW)
        take_row(t, row);
    sqlite3_finalize(row);
    qsort(t->keys, t->key_count, sizeof *t->keys, order_keys);
    t->shown = t->key_count < KEYS_MOST ? t->key_count : KEYS_MOST;
}

/* The same axis in all panels; zero is on it. */
static void choose_axis(struct tornado *t)
{
    t->x_low = t->x_high = 0;
    for (size_t k = 0; k < t->shown; k++) {
        for (size_t i = 0; i < t->subject_count * INDICES; i++) {
            const struct index *v = &t->keys[k].index[i];
            bool spread = i % INDICES == 1; /* of mu only the value is drawn */
            double x[3] = {v->value, spread ? NAN : v->low, spread ? NAN : v->high};
            for (int j = 0; j < (i % INDICES == 2 ? 1 : 3); j++) {
                t->x_low = isnan(x[j]) ? t->x_low : fmin(t->x_low, x[j]);
                t->x_high = isnan(x[j]) ? t->x_high : fmax(t->x_high, x[j]);
            }
        }
    }
    double room = t->x_high > t->x_low ? 0.04 * (t->x_high - t->x_low) : 1;
    t->x_low -= t->x_low < 0 ? room : 0;
    t->x_high += room;
}

/* --- Writing --- */

static void write_block(struct figure *figure, const struct tornado *t, size_t subject)
{
    const struct plot *plot = t->plot;
    for (size_t k = 0; k < t->shown; k++) {
        const struct index *v = &t->keys[k].index[subject * INDICES];
        const struct index *bar = &v[t->is_share ? 3 : 0], *second = &v[t->is_share ? 4 : 1];
        figure_value(figure, -(double)k - 0.5, '\t');
        figure_value(figure, bar->value, '\t');
        figure_value(figure, isnan(bar->low) ? bar->value : bar->low, '\t');
        figure_value(figure, isnan(bar->high) ? bar->value : bar->high, '\t');
        figure_value(figure, second->value, '\t');
        figure_value(figure, isnan(second->low) ? second->value : second->low, '\t');
        figure_value(figure, isnan(second->high) ? second->value : second->high, '\t');
        figure_value(figure, t->is_share ? NAN : v[2].value, '\t');
        figure_word(figure, t->keys[k].name, '\t');
        figure_word(figure, plot->clouds[t->subjects[subject].a].name, '\t');
        figure_word(figure, t->subjects[subject].b == plot->cloud_count ? "" : plot->clouds[t->subjects[subject].b].name, '\n');
    }
    fputs("\n\n", figure->data);
}

static const char *subject_text(const struct tornado *t, size_t subject)
{
    const struct plot *plot = t->plot;
    const struct subject *s = &t->subjects[subject];
    const char *a = plot_show(plot->arena, plot->clouds[s->a].name, 20);
    return s->b == plot->cloud_count
               ? a
               : arena_format(plot->arena, "%s − %s", a, plot_show(plot->arena, plot->clouds[s->b].name, 20));
}

static const char *unit_of(const struct tornado *t)
{
    return plot_is_percent(t->metric) ? "percentage points" : strcmp(t->metric->unit, "1") == 0 ? "" : t->metric->unit;
}

static void write_frame(struct figure *figure, struct tornado *t, const char **keys)
{
    struct arena *arena = t->plot->arena;
    const char *text[PLOT_PANELS], *note[PLOT_PANELS];
    double slot[PLOT_PANELS];
    for (size_t p = 0; p < t->grid.panels; p++) {
        size_t s = t->first_subject + p;
        text[p] = subject_text(t, s);
        note[p] = "";
        slot[p] = t->subjects[s].b == t->plot->cloud_count ? (double)(t->subjects[s].a % 7 + 1) : 0;
    }
    grid_place(&t->grid, figure);
    grid_write(figure, &t->grid, text, note);
    figure_numbers(figure, "slot", slot, t->grid.panels);
    figure_texts(figure, "key", keys, t->shown);
    figure_number(figure, "key_x", figure_x(figure, 2));
    figure_number(figure, "is_share", t->is_share);
    figure_number(figure, "x_low", t->x_low);
    figure_number(figure, "x_high", t->x_high);
    figure_number(figure, "x_step", plot_axis_step(t->x_low, t->x_high, (t->grid.right[0] - t->grid.left[0]) / 12));
    size_t lines;
    const char *unit = unit_of(t);
    const char *axis = t->is_share ? "share of variance" : unit[0] == '\0' ? "change" : arena_format(arena, "change, %s", unit);
    figure_text(figure, "axis_text",
                plot_wrap(arena, axis, (size_t)((t->grid.right[0] - t->grid.left[0]) / CHARACTER_MM), &lines));
}

static const char *caption_of(const struct tornado *t)
{
    struct arena *arena = t->plot->arena;
    const char *left_out = t->shown < t->key_count
                               ? arena_format(arena, "; %zu keys with shorter bars are left out", t->key_count - t->shown)
                               : "";
    return arena_format(
        arena, "%s; whiskers: %.4g %% intervals (%s), %s %s%s",
        t->is_share ? "Wide bars: total share of the variance, narrow: the key's alone"
                    : "Bars: mu*, mean size of the change over a key's range; circles: mu, its mean; crosses: sigma, its spread",
        100 * t->level, t->methods, plot_count(arena, t->least_n, t->most_n), t->is_share ? "rows" : "trajectories", left_out);
}

static int draw_page(struct tornado *t, size_t page)
{
    const struct plot *plot = t->plot;
    struct figure figure;
    const char **keys = arena_array(plot->arena, t->shown + 1, const char *);
    for (size_t k = 0; k < t->shown; k++)
        keys[k] = plot_key_words(plot, t->keys[k].name, KEY_MOST);
    t->grid.left_mm = 2 + plot_texts_mm(keys, t->shown) * SMALL_CHARACTER_MM / CHARACTER_MM + 2;
    t->grid.panel_mm = ROW_MM * (double)t->shown;
    figure_open(&figure, plot, "tornado", page, plot->page_mm, grid_height(&t->grid) + AXIS_MM + LINE_MM,
                arena_format(plot->arena, "what %s hangs on", plot_words(plot, t->metric)), caption_of(t));
    fprintf(figure.data, "# y\t%s\tkey\tcloud_a\tcloud_b   (of %s%s%s)\n",
            t->is_share ? "total\tci_low\tci_high\tfirst\tci_low\tci_high\t(empty)" : "mu_star\tci_low\tci_high\tmu\tci_low\tci_high\tsigma",
            t->metric->name, t->is_share ? ", shares of variance" : unit_of(t)[0] == '\0' ? "" : ", in ", t->is_share ? "" : unit_of(t));
    write_frame(&figure, t, keys);
    for (size_t p = 0; p < t->grid.panels; p++)
        write_block(&figure, t, t->first_subject + p);
    return figure_close(&figure);
}

int plot_tornado(const struct plot *plot)
{
    const struct sim_metric *metric[METRICS_MOST];
    size_t metrics = choose_metrics(plot, metric), page = 0;
    for (size_t m = 0; m < metrics; m++) {
        struct tornado t = {.plot = plot, .metric = metric[m], .least_n = INT64_MAX, .methods = "",
                            .grid = {.right_mm = 4, .gutter_mm = 6, .head_mm = HEAD_MM, .gap_mm = 4}};
        list_subjects(&t);
        read_keys(&t);
        choose_axis(&t);
        for (size_t s = 0; s < t.subject_count; s += PLOT_PANELS, page++) {
            t.first_subject = s;
            t.grid.panels = t.subject_count - s < PLOT_PANELS ? t.subject_count - s : PLOT_PANELS;
            t.grid.columns = plot->page_mm < SPREAD_MM ? 1 : t.grid.panels < 3 ? t.grid.panels : 3;
            int code = draw_page(&t, page);
            if (code != 0)
                return code;
        }
    }
    return 0;
}
