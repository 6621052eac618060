/* How long outages of services last: for each cloud the share of them that lasts longer than a time, both logarithmic, a
 * panel for each point.
 *
 * An outage that is still open at the horizon lasts longer than was seen. The curve is the product-limit estimate
 * (Kaplan & Meier 1958), on a grid of durations fine enough not to show: within a cell the ends come before the open ones.
 * Outages of one replication share their incidents, so the ribbon comes from leaving out one replication at a time
 * (jackknife) and not from counting outages as if they were independent. */
#include "sim/plot/plot_internal.h"
#include "sim/statistics/statistics.h"

#include <math.h>
#include <sqlite3.h>


enum { CELLS = 180, NAME_MOST = 22, TICKS = 24 };

#define PANEL_MM 42.0
#define HEAD_MM 6.0
#define AXIS_MM 10.0
#define LEFT_MM 15.0

/* Outages of one cloud at one point. */
struct lives {
    uint32_t *ended, *open; /* [replications][CELLS] */
    size_t replications;
    int64_t count, open_count;
    double share[CELLS + 1], low[CELLS + 1], high[CELLS + 1]; /* that lasts longer than edge k; NaN: unknown */
    size_t last;                                              /* the last edge with a share above 0 */
};

struct lengths {
    const struct plot *plot;
    double low_s, high_s; /* shortest and longest, all points and clouds */
    int64_t seen, listed;
    size_t first_point;
    struct grid grid;
    struct lives *lives; /* [points of the page][clouds] */
    double least;        /* of all shares above 0 */
};

bool plot_has_outages(const struct plot *plot, const char **why)
{
    sqlite3_stmt *row = plot_query(plot, "SELECT 1 FROM outage WHERE subject_kind = 'service' AND end_s > start_s LIMIT 1");
    bool has = sqlite3_step(row) == SQLITE_ROW;
    sqlite3_finalize(row);
    *why = "it lists no outage of a service";
    return has;
}

static double edge_s(const struct lengths *l, size_t k)
{
    return l->low_s * pow(l->high_s / l->low_s, (double)k / CELLS);
}

/* The cell k holds durations above edge k, up to edge k + 1. */
static size_t cell_of(const struct lengths *l, double seconds)
{
    double x = ceil(CELLS * log(seconds / l->low_s) / log(l->high_s / l->low_s)) - 1;
    return x < 0 ? 0 : x >= CELLS ? CELLS - 1 : (size_t)x;
}

static void read_range(struct lengths *l)
{
    sqlite3_stmt *row = plot_query(l->plot, "SELECT min(end_s - start_s), max(end_s - start_s) FROM outage"
                                            " WHERE subject_kind = 'service' AND end_s > start_s");
    sqlite3_step(row);
    l->low_s = fmax(plot_column(row, 0) * 0.999, 1e-3);
    l->high_s = fmax(plot_column(row, 1), 2 * l->low_s);
    sqlite3_finalize(row);
    row = plot_query(l->plot, "SELECT sum(outages_seen), sum(outages_listed) FROM replication WHERE outer_draw = 0");
    sqlite3_step(row);
    l->seen = sqlite3_column_int64(row, 0);
    l->listed = sqlite3_column_int64(row, 1);
    sqlite3_finalize(row);
}

/* --- The outages of a page --- */

static struct lives *lives_of(const struct lengths *l, int64_t point_id, int64_t cloud_id)
{
    size_t p = plot_point_of(l->plot, point_id), c = plot_cloud_of(l->plot, cloud_id);
    if (p < l->first_point || p >= l->first_point + l->grid.panels || c == l->plot->cloud_count)
        return NULL;
    return &l->lives[(p - l->first_point) * l->plot->cloud_count + c];
}

static void size_lives(struct lengths *l)
{
    sqlite3_stmt *row = plot_query(
        l->plot, "SELECT point_id, cloud_id, max(rep) + 1 FROM replication WHERE outer_draw = 0 GROUP BY 1, 2");
    while (sqlite3_step(row) == SQLITE_ROW) {
        struct lives *lives = lives_of(l, sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1));
        if (lives == NULL)
            continue;
        lives->replications = (size_t)sqlite3_column_int64(row, 2);
        lives->ended = arena_array(l->plot->arena, lives->replications * CELLS, uint32_t);
        lives->open = arena_array(l->plot->arena, lives->replications * CELLS, uint32_t);
    }
    sqlite3_finalize(row);
}

static void read_outages(struct lengths *l)
{
    sqlite3_stmt *row = plot_query(
        l->plot, "SELECT r.point_id, r.cloud_id, r.rep, o.end_s - o.start_s, o.censored FROM outage o"
                 " JOIN replication r ON r.id = o.replication_id"
                 " WHERE o.subject_kind = 'service' AND o.end_s > o.start_s AND r.outer_draw = 0");
    while (sqlite3_step(row) == SQLITE_ROW) {
        struct lives *lives = lives_of(l, sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1));
        if (lives == NULL)
            continue;
        size_t cell = (size_t)sqlite3_column_int64(row, 2) * CELLS + cell_of(l, plot_column(row, 3));
        bool open = sqlite3_column_int(row, 4) != 0;
        (open ? lives->open : lives->ended)[cell]++;
        lives->count++;
        lives->open_count += open;
    }
    sqlite3_finalize(row);
}

/* --- The estimate --- */

/* share[k]: product over the cells before edge k of 1 - ended / at risk. Without anybody at risk it is unknown. */
static void survive(const int64_t *ended, const int64_t *open, double *share)
{
    int64_t risk = 0;
    for (size_t k = 0; k < CELLS; k++)
        risk += ended[k] + open[k];
    share[0] = risk > 0 ? 1 : (double)NAN;
    for (size_t k = 0; k < CELLS; k++) {
        share[k + 1] = risk > 0 ? share[k] * (1 - (double)ended[k] / (double)risk) : (double)NAN;
        risk -= ended[k] + open[k];
    }
}

static void estimate(const struct plot *plot, struct lives *lives)
{
    int64_t ended[CELLS] = {0}, open[CELLS] = {0}, some[CELLS], others[CELLS];
    size_t n = lives->replications;
    double sum[CELLS + 1] = {0}, squares[CELLS + 1] = {0}, share[CELLS + 1];
    for (size_t i = 0; i < n * CELLS; i++) {
        ended[i % CELLS] += lives->ended[i];
        open[i % CELLS] += lives->open[i];
    }
    survive(ended, open, lives->share);
    for (size_t k = 0; k <= CELLS; k++) {
        lives->low[k] = lives->high[k] = NAN;
        lives->last = lives->share[k] > 0 ? k : lives->last;
    }
    for (size_t r = 0; r < n; r++) {
        for (size_t k = 0; k < CELLS; k++) {
            some[k] = ended[k] - lives->ended[r * CELLS + k];
            others[k] = open[k] - lives->open[r * CELLS + k];
        }
        survive(some, others, share);
        for (size_t k = 0; k <= CELLS; k++) {
            double away = share[k] - lives->share[k];
            sum[k] += away;
            squares[k] += away * away;
        }
    }
    for (size_t k = 0; k <= CELLS && n > 1; k++) {
        double mean = sum[k] / (double)n, variance = ((double)n - 1) * (squares[k] / (double)n - mean * mean);
        double half = statistics_t(plot->run.level, (double)n - 1) * sqrt(fmax(variance, 0));
        lives->low[k] = lives->share[k] - half;
        lives->high[k] = fmin(lives->share[k] + half, 1);
    }
}

/* --- Writing --- */

static void write_block(struct figure *figure, const struct lengths *l, size_t panel, size_t cloud)
{
    const struct lives *lives = &l->lives[panel * l->plot->cloud_count + cloud];
    for (size_t k = 0; k <= lives->last && lives->count > 0; k++) {
        bool known = !isnan(lives->low[k]) && !isnan(lives->high[k]);
        figure_value(figure, edge_s(l, k), '\t');
        figure_value(figure, lives->share[k], '\t');
        figure_value(figure, known ? fmax(lives->low[k], l->least) : lives->share[k], '\t');
        figure_value(figure, known ? fmax(lives->high[k], l->least) : lives->share[k], '\t');
        figure_word(figure, l->plot->clouds[cloud].name, '\t');
        figure_word(figure, l->plot->points[l->first_point + panel].label, '\n');
    }
    fputs(lives->count > 0 ? "\n\n" : "NaN\tNaN\tNaN\tNaN\n\n\n", figure->data);
}

/* A name and how many outages there are behind its curve. */
static const char *name_of(const struct lengths *l, size_t panel, size_t cloud)
{
    const struct lives *lives = &l->lives[panel * l->plot->cloud_count + cloud];
    const char *name = plot_show(l->plot->arena, l->plot->clouds[cloud].name, NAME_MOST);
    if (lives->count == 0)
        return arena_format(l->plot->arena, "%s: none", name);
    return arena_format(l->plot->arena, "%s: %lld", name, (long long)lives->count);
}

static void write_names(struct figure *figure, const struct lengths *l, const char *const *name)
{
    struct arena *arena = l->plot->arena;
    size_t count = l->grid.panels * l->plot->cloud_count;
    double *end_x = arena_array(arena, count + 1, double), *end_y = arena_array(arena, count + 1, double);
    double *height = arena_array(arena, count + 1, double);
    for (size_t i = 0; i < count; i++) {
        const struct lives *lives = &l->lives[i];
        bool known = lives->count > 0;
        end_x[i] = edge_s(l, lives->last);
        end_y[i] = known ? lives->share[lives->last] : (double)NAN;
        height[i] = known ? 1 - log10(end_y[i]) / log10(l->least) : 0;
    }
    grid_names(figure, &l->grid, l->plot->cloud_count, name, end_x, end_y, height);
}

static void write_axes(struct figure *figure, const struct lengths *l)
{
    struct arena *arena = l->plot->arena;
    double at[TICKS], share[TICKS];
    const char *label[TICKS], *share_label[TICKS];
    size_t ticks = plot_time_ticks(arena, l->low_s, l->high_s, l->grid.right[0] - l->grid.left[0], at, label, TICKS);
    size_t decades = (size_t)lround(-log10(l->least));
    for (size_t d = 0; d <= decades && d < TICKS; d++) {
        share[d] = pow(10, -(double)d);
        share_label[d] = arena_format(arena, "%g %%%%", 100 * share[d]);
    }
    figure_numbers(figure, "tick", at, ticks);
    figure_texts(figure, "tick_label", label, ticks);
    figure_numbers(figure, "share", share, decades + 1);
    figure_texts(figure, "share_label", share_label, decades + 1);
    figure_number(figure, "x_low", l->low_s);
    figure_number(figure, "x_high", l->high_s);
    figure_number(figure, "y_low", l->least);
    figure_number(figure, "clouds", (double)l->plot->cloud_count);
    figure_text(figure, "axis_text", "an outage lasts longer than");
    figure_text(figure, "share_text", "share of outages");
}

static const char *caption_of(const struct lengths *l)
{
    const struct plot *plot = l->plot;
    size_t least = SIZE_MAX, most = 0;
    int64_t open = 0;
    for (size_t i = 0; i < l->grid.panels * plot->cloud_count; i++) {
        least = l->lives[i].replications < least ? l->lives[i].replications : least;
        most = l->lives[i].replications > most ? l->lives[i].replications : most;
        open += l->lives[i].open_count;
    }
    const char *left_out =
        l->listed < l->seen
            ? arena_format(plot->arena, "; of %lld outages the first %lld were listed", (long long)l->seen, (long long)l->listed)
            : "";
    return arena_format(plot->arena,
                        "After each name: its outages. Product-limit estimate, %lld of them still open at the end; ribbons: "
                        "%.4g %% intervals (jackknife over replications), %s replications%s",
                        (long long)open, 100 * plot->run.level, plot_count(plot->arena, (int64_t)least, (int64_t)most), left_out);
}

static void estimate_page(struct lengths *l)
{
    const struct plot *plot = l->plot;
    l->lives = arena_array(plot->arena, l->grid.panels * plot->cloud_count + 1, struct lives);
    size_lives(l);
    read_outages(l);
    double least = 1;
    for (size_t i = 0; i < l->grid.panels * plot->cloud_count; i++) {
        if (l->lives[i].count == 0)
            continue;
        estimate(plot, &l->lives[i]);
        least = fmin(least, l->lives[i].share[l->lives[i].last]);
    }
    l->least = pow(10, fmin(floor(log10(least)), -1));
}

static int draw_page(struct lengths *l, size_t page)
{
    const struct plot *plot = l->plot;
    struct figure figure;
    estimate_page(l);
    size_t count = l->grid.panels * plot->cloud_count;
    const char **name = arena_array(plot->arena, count + 1, const char *), *text[PLOT_PANELS], *note[PLOT_PANELS];
    double *slot = arena_array(plot->arena, plot->cloud_count + 1, double);
    for (size_t i = 0; i < count; i++)
        name[i] = name_of(l, i / plot->cloud_count, i % plot->cloud_count);
    for (size_t c = 0; c < plot->cloud_count; c++)
        slot[c] = (double)(c % 7 + 1);
    l->grid.right_mm = plot_texts_mm(name, count) + 6;
    l->grid.gutter_mm = l->grid.right_mm + 5;
    for (size_t p = 0; p < l->grid.panels; p++) {
        text[p] = plot->point_count > 1 ? plot_show(plot->arena, plot->points[l->first_point + p].label, 36) : "";
        note[p] = "";
    }
    figure_open(&figure, plot, "downtime", page, plot->page_mm, grid_height(&l->grid) + AXIS_MM,
                "how long outages of services last: the share of them that lasts longer", caption_of(l));
    fprintf(figure.data, "# duration_s\tshare_that_lasts_longer_1\tci_low_1\tci_high_1\tcloud\tpoint\n");
    grid_place(&l->grid, &figure);
    grid_write(&figure, &l->grid, text, note);
    figure_numbers(&figure, "slot", slot, plot->cloud_count);
    write_axes(&figure, l);
    write_names(&figure, l, name);
    for (size_t i = 0; i < count; i++)
        write_block(&figure, l, i / plot->cloud_count, i % plot->cloud_count);
    return figure_close(&figure);
}

int plot_downtime(const struct plot *plot)
{
    struct lengths l = {.plot = plot,
                        .grid = {.left_mm = LEFT_MM, .head_mm = plot->point_count > 1 ? HEAD_MM : 2, .panel_mm = PANEL_MM,
                                 .gap_mm = 3}};
    l.grid.columns = plot->point_count > 1 && plot->page_mm >= SPREAD_MM ? 2 : 1;
    read_range(&l);
    for (size_t p = 0, page = 0; p < plot->point_count; p += PLOT_PANELS, page++) {
        l.first_point = p;
        l.grid.panels = plot->point_count - p < PLOT_PANELS ? plot->point_count - p : PLOT_PANELS;
        int code = draw_page(&l, page);
        if (code != 0)
            return code;
    }
    return 0;
}
