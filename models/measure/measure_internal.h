/* Inside of models/measure: what measure.c collects and measure_report.c reports. */
#ifndef NINES_MODELS_MEASURE_MEASURE_INTERNAL_H
#define NINES_MODELS_MEASURE_MEASURE_INTERNAL_H

#include "models/measure/measure.h"
#include "models/measure/samples.h"
#include "sim/engine/timeweighted.h"

enum { PART_PRODUCTIVE, PART_CHECKPOINT, PART_REWORK, PART_RESTART, PART_DETECTION, PART_QUEUE, PART_SLOW, JOB_PARTS };
enum { SERIES_SERVICE, SERIES_QUORUM, SERIES_NODE, SERIES_COUNT };

/* Levels of the blast radius: shares of services without quorum at once. */
enum { BLAST_LEVELS = 12 };
extern const double measure_blast_level[BLAST_LEVELS];

/* All components of a kind, inside the window. */
struct measure_kind {
    uint32_t count, down;
    instant since;             /* of `down` */
    timeweighted_area down_us;
    uint64_t failures, repairs;
};

/* What a tenant has lost: in the window, or in one of its years. */
struct measure_loss {
    struct damage_time time;
    uint64_t redeployments;
    int64_t credit_micro;
};

/* One workload's account. */
struct account {
    bool wanted, ever_up, touched;
    uint32_t up;
    int64_t grey;              /* as measure_grey() had it */
    instant since;             /* of `up` and `grey`, while wanted */
    instant down_since;        /* begin of the outage under way; INSTANT_NEVER: has quorum or is not wanted */
    instant none_since;        /* begin of the time without any unit; INSTANT_NEVER: none under way */
    int64_t wanted_us, up_us, down_us, none_us, longest_us; /* inside the window; up_us: unit-microseconds, below 2^63 for
                                                               DEMAND_UNITS_MAX units and 100 years */
    int64_t paid_micro, credit_micro;
    struct measure_cause cause; /* of the outage under way */
};

/* What held during one step of the grid, and what could have: units, services or nodes, times microseconds; what units gave in
 * millionths. */
struct measure_step {
    timeweighted_area part[SERIES_COUNT], whole[SERIES_COUNT];
};

/* The course of one site: replica-microseconds in each cell. */
struct measure_site {
    instant last;
    int64_t wanted, given;   /* since `last`; given: millionths of replicas */
    timeweighted_area *part; /* [site_cells] millionths of replicas, times microseconds */
    int64_t *whole;          /* [site_cells]; below 2^63 for 1e6 replicas and cells of 100 days */
};

struct measure {
    const struct demand *demand;
    const struct sim_task *task;
    struct arena *arena;
    struct sim_record *record;
    struct measure *whole;
    duration lease_deadline;
    uint32_t nodes;
    struct account *account;
    /* What holds since `last`, for the series; of the nodes, which change far more often than services do, since `nodes_since`. */
    instant last, nodes_since;
    uint32_t nodes_up;
    int64_t units_wanted, units_up, services_wanted, services_up, grey;
    uint32_t steps;
    struct measure_step *step;
    uint32_t nodes_step;       /* of the grid: where nodes_since lies, or one before */
    double blast;
    struct measure_route *route; /* [workloads]; NULL: no class follows sessions or requests */
    instant *dead_until;         /* [units]: rings of the workloads, with it */
    struct measure_loss *loss; /* [workloads][years + 1]: of the window, then of each year; NULL: no class has a damage */
    struct measure_sector *sector; /* [classes], with it: of the class that names the sector first */
    uint32_t *sector_of;           /* [classes]: that class */
    uint32_t years;            /* complete ones of 365 days in the window */
    uint64_t redeployments;
    int64_t blast_down, blast_wanted; /* services that the levels below were looked at with */
    bool blast_above[BLAST_LEVELS];
    uint64_t blast_events[BLAST_LEVELS];
    int blast_reached;                /* levels that the share under way has come to */
    int64_t blast_us[BLAST_LEVELS];   /* time in which this level was the highest */
    struct measure_kind kind[COMPONENT_CLASSES];
    struct measure_site *site; /* [sites]; NULL: nobody wants their courses */
    uint32_t sites, site_cells;
    duration site_span;        /* of a cell: the grid's step, or several */
    const char *const *site_name;
    /* Leases and probes. */
    struct samples lease_s;
    uint64_t leases_in_time, leases_asked;
    struct measure_class *class; /* [classes of demand] */
    uint64_t probes, probes_completed;
    struct samples recover_min;
    uint64_t outages, censored;
    /* Incidents. */
    uint32_t incidents;
    const instant *incident_start;
    uint64_t touched_units;  /* falls of replicas by the first incident */
    struct samples back_min; /* returns from it, since its start */
    struct samples gone_min; /* withdrawals before that */
    /* Money and work. */
    int64_t cost_micro[2], credit_micro, stranded_micro; /* [1]: with GPUs */
    timeweighted_area billed_us;                         /* unit-microseconds */
    double useful_unit_us, lost_h, useful_vcpu_h, useful_gpu_h;
    timeweighted_area job_us[JOB_PARTS]; /* where jobs' time went */
    struct samples job_wait_min;
    uint64_t events[MEASURE_EVENTS];
    timeweighted_area lost_writes_us; /* over the replicas that came up from a copy */
    uint64_t from_copy;
    uint64_t jobs_done;
    double provider_sum, provider_squares;
    uint64_t faults, refusals;
    bool has_market;
    struct measure_market market;
    uint32_t owner_clouds; /* that have told of their owners: a hybrid's parts, or one */
    struct measure_owners owners;
};

static inline bool measure_is_service(const struct measure *measure, uint32_t workload)
{
    return demand_class_of(measure->demand, workload)->kind == DEMAND_SERVICE;
}

/* Adds useful work of units of a class, in unit-microseconds. */
void measure_count_useful(struct measure *measure, const struct demand_class *class, double unit_us);
/* The courses of the sites: nothing is kept unless the record wants them. */
void measure_open_sites(struct measure *measure, const struct measure_options *options);
void measure_report_sites(struct measure *measure);
/* measure_route.c. Sessions and requests; no effect on workloads of classes that do not follow them. */
void measure_open_routes(struct measure *measure);
void measure_settle_route(struct measure *measure, uint32_t workload, instant now);
/* The number of replicas that are up will be `up` from now on; called before the account says so. */
void measure_route_up(struct measure *measure, uint32_t workload, uint32_t up, instant now);
void measure_route_end(struct measure *measure, uint32_t workload, instant now);
double measure_sessions_lost(const struct measure *measure);   /* NaN: no class holds any */
double measure_requests_served(const struct measure *measure); /* share; NaN: no class follows them */

/* measure_class.c. By class of demand; the requests and jobs are those that the metrics count. */
void measure_open_classes(struct measure *measure);
void measure_class_lease(struct measure *measure, uint32_t workload, bool in_time);
void measure_class_job(struct measure *measure, uint32_t workload, const struct job_account *inside);
void measure_report_classes(const struct measure *measure);

/* measure_damage.c. What tenants lose; no effect on workloads without a damage. */
void measure_open_losses(struct measure *measure);
/* An outage that began at `began` lasted until now, of which what lies in the window counts. */
void measure_lose_time(struct measure *measure, uint32_t workload, instant began, instant now);
/* So many more services of the workload's sector are wanted and down. */
void measure_sector_now(struct measure *measure, uint32_t workload, int wanted, int down);
/* What holds now has held for a time inside the window. O(classes). */
void measure_sectors_lasted(struct measure *measure);
void measure_lose_credit(struct measure *measure, uint32_t workload, int64_t credit_micro, instant now);
/* The sum over all tenants; NaN when no class has a damage. Reports the sectors and the samples of tenants' losses. */
double measure_report_losses(struct measure *measure);
/* For the files that report: one slice of a breakdown. */
enum measure_breakdown {
    MTBF, MTTR, DOWNTIME_CCDF, BLAST_FREQUENCY, BLAST_TIME, LEASES_BY_CLASS, ETTR_BY_CLASS, GPUS_USELESS, DAMAGE_BY_SECTOR, TENANT_LOSS,
    TENANT_YEARLY_LOSS, ALL_LOSS, BLAST_BY_SECTOR
};
void measure_put_slice(const struct measure *measure, enum measure_breakdown breakdown, const char *slice, double at, double numerator,
                       double denominator);

/* The share of services that are down has been what it is from `last` to now. */
void measure_blast(struct measure *measure, instant now);
/* Reports every breakdown. downtime_min[services]: of services that were wanted, ascending. */
void measure_report_slices(struct measure *measure, const double *downtime_min, uint32_t services);
/* Reports every metric and series from the accounts, all settled. */
void measure_report(struct measure *measure);

#endif
