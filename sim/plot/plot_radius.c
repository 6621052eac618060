/* The distribution of the blast radius: for each cloud the share of the time in which at least so many of the services are down at once,
 * both logarithmic, a panel for each point.
 *
 * From the series of services whose quorum is met, as every replication had it: a step of the grid counts by its mean. The
 * share of steps is taken in each replication, mean and interval are over those, so that the steps of one outage do not count as if
 * they were independent. */
#include "sim/plot/plot_internal.h"
#include "sim/statistics/statistics.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

enum { CELLS = 120 };

#define LEAST_SHARE 1e-4 /* of services; fewer at once are left of the axis */

/* One cloud at one point: the share of time with at least edge k down. */
struct reach {
    struct statistics_running at[CELLS + 1];
    uint32_t replications;
    size_t last; /* the last edge that was ever reached */
    bool fell;
};

struct radius {
    const struct plot *plot;
    double low, high;     /* of the axis, shares of services */
    uint32_t least, most; /* replications behind the curves of a page */
};

/* --- Reading --- */

static bool read_range(struct radius *r)
{
    sqlite3_stmt *row = plot_query(r->plot, "SELECT min(1 - value), max(1 - value) FROM series_value v JOIN series_help h ON h.id = v.series_id"
                                            " WHERE h.name = 'availability_quorum' AND value < 1");
    bool has = sqlite3_step(row) == SQLITE_ROW && sqlite3_column_type(row, 0) != SQLITE_NULL;
    if (has) {
        r->low = pow(10, floor(log10(fmax(plot_column(row, 0), LEAST_SHARE)) + 1e-9));
        r->high = plot_column(row, 1) > 0.5 ? 1 : fmin(1, 1.25 * plot_column(row, 1));
        has = r->high > r->low;
    }
    sqlite3_finalize(row);
    return has;
}

bool plot_has_radius(const struct plot *plot, const char **why)
{
    struct radius r = {.plot = plot};
    *why = "no service was ever down in its series availability_quorum";
    return read_range(&r);
}

/* How often each edge was reached in the replication under way. */
struct tally {
    size_t reached[CELLS + 1], steps;
};

static void count_step(const struct radius *r, struct tally *tally, double down)
{
    tally->steps++;
    if (down < r->low * (1 - 1e-9))
        return;
    double k = floor(CELLS * log(down / r->low) / log(r->high / r->low) + 1e-9);
    tally->reached[k < 0 ? 0 : k >= CELLS ? CELLS : (size_t)k]++;
}

/* The tally holds steps by the highest edge that they reach: summed from above it is how often each was reached. */
static void close_replication(struct reach *reach, struct tally *tally)
{
    size_t above = 0;
    if (tally->steps == 0)
        return;
    for (size_t k = CELLS + 1; k-- > 0;) {
        above += tally->reached[k];
        statistics_running_add(&reach->at[k], (double)above / (double)tally->steps);
        if (above > 0 && (!reach->fell || k > reach->last)) {
            reach->last = k;
            reach->fell = true;
        }
    }
    reach->replications++;
    *tally = (struct tally){0};
}

static void read_reach(const struct radius *r, int64_t point_id, int64_t cloud_id, struct reach *reach)
{
    struct tally tally = {0};
    int64_t replication = -1;
    sqlite3_stmt *row = plot_query(r->plot, "SELECT v.replication_id, v.value FROM series_value v"
                                            " JOIN series_help h ON h.id = v.series_id AND h.name = 'availability_quorum'"
                                            " WHERE v.replication_id IN (SELECT id FROM replication WHERE point_id = ? AND cloud_id = ?"
                                            " AND outer_draw = 0) ORDER BY v.rowid");
    sqlite3_bind_int64(row, 1, point_id);
    sqlite3_bind_int64(row, 2, cloud_id);
    while (sqlite3_step(row) == SQLITE_ROW) {
        if (sqlite3_column_int64(row, 0) != replication)
            close_replication(reach, &tally);
        replication = sqlite3_column_int64(row, 0);
        count_step(r, &tally, 1 - plot_column(row, 1));
    }
    close_replication(reach, &tally);
    sqlite3_finalize(row);
}

/* --- Drawing --- */

static void estimate(struct survival *page)
{
    struct radius *r = page->own;
    const struct plot *plot = page->plot;
    r->least = UINT32_MAX;
    r->most = 0;
    for (size_t i = 0; i < page->grid.panels * plot->cloud_count; i++) {
        struct survival_curve *curve = &page->curve[i];
        struct reach *reach = arena_new(plot->arena, struct reach);
        read_reach(r, plot->points[page->first_point + i / plot->cloud_count].id, plot->clouds[i % plot->cloud_count].id, reach);
        curve->known = reach->fell;
        curve->last = reach->last;
        curve->note = reach->fell ? "" : "never";
        for (size_t k = 0; k <= CELLS; k++) {
            struct statistics s = statistics_running_end(&reach->at[k], plot->run.level);
            curve->share[k] = s.mean;
            curve->ci_low[k] = s.ci_low;
            curve->ci_high[k] = s.ci_high;
        }
        r->least = reach->replications < r->least ? reach->replications : r->least;
        r->most = reach->replications > r->most ? reach->replications : r->most;
    }
}

static size_t ticks(const struct survival *page, double *at, const char **label, size_t room)
{
    double decade_mm = (page->grid.right[0] - page->grid.left[0]) / log10(page->high / page->low);
    size_t count = survival_decades(page->plot->arena, page->low, decade_mm < 8 * CHARACTER_MM ? 2 : 1, at, label, room);
    if (page->high >= 1)
        return count;
    memmove(at, at + 1, (count - 1) * sizeof *at); /* 100 % lies beyond the axis */
    memmove(label, label + 1, (count - 1) * sizeof *label);
    return count - 1;
}

static const char *caption(const struct survival *page)
{
    const struct radius *r = page->own;
    const struct plot *plot = page->plot;
    char step[UNITS_TEXT];
    units_format_duration(step, duration_from_seconds(plot->run.grid_s));
    return arena_format(plot->arena, "Down: without quorum; steps of %s, each by its mean. Ribbons: %.4g %% intervals (student t over"
                                     " replications), %s replications", step, 100 * plot->run.level, plot_count(plot->arena, r->least, r->most));
}

int plot_radius(const struct plot *plot)
{
    struct radius r = {.plot = plot};
    read_range(&r);
    return survival_draw(&(struct survival){.plot = plot, .chart = "radius", .own = &r, .low = r.low, .high = r.high, .cells = CELLS,
                                            .subtitle = "blast radius: how often at least so many services are down at once",
                                            .columns = "services_down_1\tshare_of_time_1",
                                            .axis_text = "at least so many services are down", .share_text = "share of time",
                                            .estimate = estimate, .caption = caption, .ticks = ticks});
}
