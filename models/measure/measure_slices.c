/* What is reported slice by slice: kinds of component, thresholds of down time, levels of the blast radius, classes of demand. */
#include "models/measure/measure_internal.h"

#include <math.h>

#include "sim/base/nomalloc.h"

const struct sim_breakdown measure_breakdowns[] = {
    [MTBF] = {"mtbf_h", "h", "time that components of a kind were up over their failures, by their own states inside the horizon",
              "kind of component", false},
    [MTTR] = {"mttr_h", "h", "time that components of a kind were down over their repairs, by their own states inside the horizon",
              "kind of component", false},
    [DOWNTIME_CCDF] = {"downtime_ccdf", "1", "share of services that were without quorum for longer than so many minutes in all",
                       "downtime above, min", false},
    [BLAST_FREQUENCY] = {"blast_frequency", "1/year",
                         "times that the share of services without quorum at once rose to so much, after it was below half of it",
                         "share of services at least", false},
    [BLAST_TIME] = {"blast_time_share", "1", "share of time in which at least so large a share of services was without quorum",
                    "share of services at least", false},
    [LEASES_BY_CLASS] = {"lease_success_by_class", "1", "lease_success_rate by class of demand", "class of demand", false},
    [ETTR_BY_CLASS] = {"ettr_by_class", "1", "ettr by class of jobs", "class of demand", false},
    [GPUS_USELESS] = {"gpus_useless_share", "1",
                      "share of the idle GPUs on working machines, over time, whose machine has no room for one replica or pod of the class",
                      "class of demand", false},
    [DAMAGE_BY_SECTOR] = {"damage_by_sector_usd", "USD", "damage_usd by sector", "sector", false},
    [TENANT_LOSS] = {"tenant_loss_usd", "USD",
                     "what the tenant of a service with a sector lost in a horizon of less than a year: damage, and redeployments, less credits",
                     "class of loss", true},
    [TENANT_YEARLY_LOSS] = {"tenant_yearly_loss_usd", "USD", "what the tenant of a service with a sector lost in each complete year of 365 days in which it was wanted",
                            "class of loss", true},
    [ALL_LOSS] = {"all_loss_usd", "USD", "what all tenants of services with a sector lost together in the horizon: damage, and redeployments, less credits",
                  "class of loss", true},
    [BLAST_BY_SECTOR] = {"blast_by_sector", "1", "largest share of a sector's services without quorum at once", "sector", false},
    {.name = NULL}};

void measure_put_slice(const struct measure *measure, enum measure_breakdown breakdown, const char *slice, double at, double numerator,
                       double denominator)
{
    struct sim_slice row = {.breakdown = breakdown, .slice = slice, .at = at, .numerator = numerator, .denominator = denominator};
    record_slice(measure->record, &row);
}

/* --- Blast radius ---------------------------------------------------------------------------------------------------- */

const double measure_blast_level[BLAST_LEVELS] = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1};

/* An event of a level begins when the share of services that are down comes to it, and is over when that is below half of it: what
 * flutters around a level is one event. What was under way at 0 began before. */
static void look_at_levels(struct measure *measure, bool began_inside)
{
    double down = (double)measure->blast_down, wanted = (double)measure->blast_wanted;
    measure->blast_reached = 0;
    for (int i = 0; i < BLAST_LEVELS; i++) {
        double level = measure_blast_level[i] * wanted;
        bool above = down > 0 && down >= level;
        measure->blast_reached += above;
        measure->blast_events[i] += above && !measure->blast_above[i] && began_inside;
        measure->blast_above[i] = above || (measure->blast_above[i] && down > 0 && down >= level / 2);
    }
}

void measure_blast(struct measure *measure, instant now)
{
    int64_t down = measure->services_wanted - measure->services_up;
    if (down != measure->blast_down || measure->services_wanted != measure->blast_wanted) {
        measure->blast_down = down;
        measure->blast_wanted = measure->services_wanted;
        look_at_levels(measure, measure->last.us >= 0 && measure->last.us < measure->task->horizon.us);
    }
    int64_t from = measure->last.us > 0 ? measure->last.us : 0;
    int64_t to = now.us < measure->task->horizon.us ? now.us : measure->task->horizon.us;
    if (measure->blast_reached > 0 && to > from)
        measure->blast_us[measure->blast_reached - 1] += to - from;
}

static void report_blast(const struct measure *measure)
{
    double horizon = (double)measure->task->horizon.us, years = horizon / (365.0 * US_PER_DAY);
    for (int i = 0; i < BLAST_LEVELS; i++)
        measure_put_slice(measure, BLAST_FREQUENCY, "", measure_blast_level[i], (double)measure->blast_events[i], years);
    int64_t at_least[BLAST_LEVELS], sum = 0;
    for (int i = BLAST_LEVELS - 1; i >= 0; i--)
        at_least[i] = sum += measure->blast_us[i];
    for (int i = 0; i < BLAST_LEVELS; i++)
        measure_put_slice(measure, BLAST_TIME, "", measure_blast_level[i], (double)at_least[i], horizon);
}

/* --- Components and down time ----------------------------------------------------------------------------------------- */

/* Spells that the horizon cuts off count with the time that was seen of them, and with no end. In equilibrium the ratio of the
 * expected values is the mean time between failures itself, whatever the law: in a time T a component is up for A T on average and
 * fails A T / E(up) times. */
static void report_kinds(const struct measure *measure)
{
    double horizon_h = duration_hours((duration){measure->task->horizon.us});
    for (uint32_t k = 0; k < COMPONENT_CLASSES; k++) {
        const struct measure_kind *kind = &measure->kind[k];
        double down_h = (double)kind->down_us / (double)US_PER_HOUR;
        if (kind->count == 0)
            continue;
        measure_put_slice(measure, MTBF, component_class_names[k], NAN, kind->count * horizon_h - down_h, (double)kind->failures);
        measure_put_slice(measure, MTTR, component_class_names[k], NAN, down_h, (double)kind->repairs);
    }
}

/* 0, then 1, 2 and 5 times powers of ten up to the horizon. */
static void report_downtime(const struct measure *measure, const double *downtime_min, uint32_t services)
{
    static const double steps[3] = {1, 2, 5};
    double horizon_min = (double)measure->task->horizon.us / 6e7, above = 0, decade = 1;
    uint32_t at_most = 0;
    for (int i = 0; above < horizon_min && services > 0; i++) {
        while (at_most < services && downtime_min[at_most] <= above)
            at_most++;
        measure_put_slice(measure, DOWNTIME_CCDF, "", above, services - at_most, services);
        above = steps[i % 3] * decade;
        decade *= i % 3 == 2 ? 10 : 1;
    }
}

void measure_report_slices(struct measure *measure, const double *downtime_min, uint32_t services)
{
    report_kinds(measure);
    report_downtime(measure, downtime_min, services);
    if (services > 0)
        report_blast(measure);
    measure_report_classes(measure);
}
