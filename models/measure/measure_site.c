/* Where it happened: the share of the replicas at home at each site that are up, over time. */
#include "models/measure/measure_internal.h"

#include "sim/base/check.h"

#include <inttypes.h>
#include <math.h>

#include "sim/base/nomalloc.h"

/* Of all sites together. 7 sites by the 744 hours of July are a third of it; beyond, a cell is several steps of the grid. */
enum { CELLS_MOST = 16384 };

void measure_open_sites(struct measure *measure, const struct measure_options *options)
{
    if (!record_wants_parts(options->record) || options->sites == 0)
        return;
    uint32_t most = CELLS_MOST / options->sites > 0 ? CELLS_MOST / options->sites : 1;
    uint32_t merged = (measure->steps - 1) / most + 1;
    measure->sites = options->sites;
    measure->site_name = options->site_name;
    measure->site_cells = (measure->steps - 1) / merged + 1;
    measure->site_span = (duration){measure->task->grid.us * merged};
    measure->site = arena_array(measure->arena, measure->sites, struct measure_site);
    for (uint32_t s = 0; s < measure->sites; s++)
        measure->site[s] = (struct measure_site){.last = measure->last,
                                                 .part = arena_array(measure->arena, measure->site_cells, timeweighted_area),
                                                 .whole = arena_array(measure->arena, measure->site_cells, int64_t)};
}

static void advance_site(struct measure *measure, struct measure_site *site, instant now)
{
    check(now.us >= site->last.us, "time runs backwards: %" PRId64 " after %" PRId64 " us", now.us, site->last.us);
    int64_t end = now.us < measure->task->horizon.us ? now.us : measure->task->horizon.us;
    for (int64_t from = site->last.us > 0 ? site->last.us : 0; site->wanted > 0 && from < end;) {
        int64_t cell = from / measure->site_span.us, to = (cell + 1) * measure->site_span.us;
        to = to < end ? to : end;
        site->part[cell] += (timeweighted_area)site->given * (to - from);
        site->whole[cell] += site->wanted * (to - from);
        from = to;
    }
    site->last = now;
}

void measure_site(struct measure *measure, uint32_t number, int32_t wanted, int64_t given, instant now)
{
    if (measure->site == NULL)
        return;
    check(number < measure->sites, "site %" PRIu32 " of %" PRIu32, number, measure->sites);
    struct measure_site *site = &measure->site[number];
    advance_site(measure, site, now);
    site->wanted += wanted;
    site->given += given;
    check(site->given >= 0 && site->given <= site->wanted * MEASURE_REPLICA, "%" PRId64 " millionths of %" PRId64 " replicas are given at a site",
          site->given, site->wanted);
}

/* All sites together are the series of the whole. */
static void check_sums(const struct measure *measure)
{
    uint32_t merged = (uint32_t)(measure->site_span.us / measure->task->grid.us);
    for (uint32_t c = 0; c < measure->site_cells; c++) {
        timeweighted_area part = 0, whole = 0;
        for (uint32_t step = c * merged; step < (c + 1) * merged && step < measure->steps; step++) {
            part += measure->step[step].part[SERIES_SERVICE];
            whole += measure->step[step].whole[SERIES_SERVICE];
        }
        for (uint32_t s = 0; s < measure->sites; s++) {
            part -= measure->site[s].part[c];
            whole -= measure->site[s].whole[c];
        }
        check(part == 0 && whole == 0, "the sites' replicas do not add up in cell %" PRIu32, c);
    }
}

void measure_report_sites(struct measure *measure)
{
    double *values = arena_array(measure->arena, measure->site_cells + 1, double);
    for (uint32_t s = 0; s < measure->sites; s++) {
        struct measure_site *site = &measure->site[s];
        advance_site(measure, site, measure->task->horizon);
        for (uint32_t c = 0; c < measure->site_cells; c++)
            values[c] = site->whole[c] > 0 ? (double)(site->part[c] / MEASURE_REPLICA) / (double)site->whole[c] : (double)NAN;
        struct sim_part part = {"site", measure->site_name[s], measure->site_span, measure->site_cells, values};
        record_part(measure->record, &part);
    }
    if (measure->site != NULL)
        check_sums(measure);
}
