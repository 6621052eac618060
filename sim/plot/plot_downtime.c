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

enum { CELLS = SURVIVAL_EDGES - 1 };

/* Outages of one cloud at one point. */
struct lives {
    uint32_t *ended, *open; /* [replications][CELLS] */
    size_t replications;
    int64_t count, open_count;
};

struct lengths {
    double low_s, high_s; /* shortest and longest, all points and clouds */
    int64_t seen, listed;
    struct lives *lives; /* of a page: [points][clouds] */
};

bool plot_has_outages(const struct plot *plot, const char **why)
{
    sqlite3_stmt *row = plot_query(plot, "SELECT 1 FROM outage WHERE subject_kind = 'service' AND end_s > start_s LIMIT 1");
    bool has = sqlite3_step(row) == SQLITE_ROW;
    sqlite3_finalize(row);
    *why = "it lists no outage of a service";
    return has;
}

/* The cell k holds durations above edge k, up to edge k + 1. */
static size_t cell_of(const struct lengths *l, double seconds)
{
    double x = ceil(CELLS * log(seconds / l->low_s) / log(l->high_s / l->low_s)) - 1;
    return x < 0 ? 0 : x >= CELLS ? CELLS - 1 : (size_t)x;
}

static void read_range(const struct plot *plot, struct lengths *l)
{
    sqlite3_stmt *row = plot_query(plot, "SELECT min(end_s - start_s), max(end_s - start_s) FROM outage"
                                         " WHERE subject_kind = 'service' AND end_s > start_s");
    sqlite3_step(row);
    l->low_s = fmax(plot_column(row, 0) * 0.999, 1e-3);
    l->high_s = fmax(plot_column(row, 1), 2 * l->low_s);
    sqlite3_finalize(row);
    row = plot_query(plot, "SELECT sum(outages_seen), sum(outages_listed) FROM replication WHERE outer_draw = 0");
    sqlite3_step(row);
    l->seen = sqlite3_column_int64(row, 0);
    l->listed = sqlite3_column_int64(row, 1);
    sqlite3_finalize(row);
}

/* --- The outages of a page --- */

static struct lives *lives_of(const struct survival *page, int64_t point_id, int64_t cloud_id)
{
    const struct lengths *l = page->own;
    size_t p = plot_point_of(page->plot, point_id), c = plot_cloud_of(page->plot, cloud_id);
    if (p < page->first_point || p >= page->first_point + page->grid.panels || c == page->plot->cloud_count)
        return NULL;
    return &l->lives[(p - page->first_point) * page->plot->cloud_count + c];
}

static void size_lives(const struct survival *page)
{
    sqlite3_stmt *row = plot_query(
        page->plot, "SELECT point_id, cloud_id, max(rep) + 1 FROM replication WHERE outer_draw = 0 GROUP BY 1, 2");
    while (sqlite3_step(row) == SQLITE_ROW) {
        struct lives *lives = lives_of(page, sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1));
        if (lives == NULL)
            continue;
        lives->replications = (size_t)sqlite3_column_int64(row, 2);
        lives->ended = arena_array(page->plot->arena, lives->replications * CELLS, uint32_t);
        lives->open = arena_array(page->plot->arena, lives->replications * CELLS, uint32_t);
    }
    sqlite3_finalize(row);
}

static void read_outages(const struct survival *page)
{
    const struct lengths *l = page->own;
    sqlite3_stmt *row = plot_query(
        page->plot, "SELECT r.point_id, r.cloud_id, r.rep, o.end_s - o.start_s, o.censored FROM outage o"
                    " JOIN replication r ON r.id = o.replication_id"
                    " WHERE o.subject_kind = 'service' AND o.end_s > o.start_s AND r.outer_draw = 0");
    while (sqlite3_step(row) == SQLITE_ROW) {
        struct lives *lives = lives_of(page, sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1));
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

static void estimate(const struct lives *lives, double level, struct survival_curve *curve)
{
    int64_t ended[CELLS] = {0}, open[CELLS] = {0}, some[CELLS], others[CELLS];
    size_t n = lives->replications;
    double sum[CELLS + 1] = {0}, squares[CELLS + 1] = {0}, share[CELLS + 1];
    for (size_t i = 0; i < n * CELLS; i++) {
        ended[i % CELLS] += lives->ended[i];
        open[i % CELLS] += lives->open[i];
    }
    survive(ended, open, curve->share);
    for (size_t k = 0; k <= CELLS; k++) {
        curve->ci_low[k] = curve->ci_high[k] = NAN;
        curve->last = curve->share[k] > 0 ? k : curve->last;
    }
    for (size_t r = 0; r < n; r++) {
        for (size_t k = 0; k < CELLS; k++) {
            some[k] = ended[k] - lives->ended[r * CELLS + k];
            others[k] = open[k] - lives->open[r * CELLS + k];
        }
        survive(some, others, share);
        for (size_t k = 0; k <= CELLS; k++) {
            double away = share[k] - curve->share[k];
            sum[k] += away;
            squares[k] += away * away;
        }
    }
    for (size_t k = 0; k <= CELLS && n > 1; k++) {
        double mean = sum[k] / (double)n, variance = ((double)n - 1) * (squares[k] / (double)n - mean * mean);
        double half = statistics_t(level, (double)n - 1) * sqrt(fmax(variance, 0));
        curve->ci_low[k] = curve->share[k] - half;
        curve->ci_high[k] = fmin(curve->share[k] + half, 1);
    }
}

static void estimate_page(struct survival *page)
{
    struct lengths *l = page->own;
    size_t count = page->grid.panels * page->plot->cloud_count;
    l->lives = arena_array(page->plot->arena, count + 1, struct lives);
    size_lives(page);
    read_outages(page);
    for (size_t i = 0; i < count; i++) {
        struct survival_curve *curve = &page->curve[i];
        curve->known = l->lives[i].count > 0;
        curve->note = curve->known ? arena_format(page->plot->arena, "%lld", (long long)l->lives[i].count) : "none";
        if (curve->known)
            estimate(&l->lives[i], page->plot->run.level, curve);
    }
}

/* --- Drawing --- */

static size_t ticks(const struct survival *page, double *at, const char **label, size_t room)
{
    return plot_time_ticks(page->plot->arena, page->low, page->high, page->grid.right[0] - page->grid.left[0], at, label, room);
}

static const char *caption(const struct survival *page)
{
    const struct lengths *l = page->own;
    const struct plot *plot = page->plot;
    size_t least = SIZE_MAX, most = 0;
    int64_t open = 0;
    for (size_t i = 0; i < page->grid.panels * plot->cloud_count; i++) {
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

int plot_downtime(const struct plot *plot)
{
    struct lengths l = {0};
    read_range(plot, &l);
    return survival_draw(&(struct survival){.plot = plot, .chart = "downtime", .own = &l, .low = l.low_s, .high = l.high_s, .cells = CELLS,
                                            .subtitle = "how long outages of services last: the share of them that lasts longer",
                                            .columns = "duration_s\tshare_that_lasts_longer_1",
                                            .axis_text = "an outage lasts longer than", .share_text = "share of outages",
                                            .estimate = estimate_page, .caption = caption, .ticks = ticks});
}
