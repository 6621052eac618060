#include "models/measure/measure.h"

#include "sim/check.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/nomalloc.h"

enum metric {
    AVAILABILITY_SERVICE,
    AVAILABILITY_QUORUM,
    AVAILABILITY_CONTROL_PLANE,
    AVAILABILITY_NODE,
    DOWNTIME_P99,
    LONGEST_OUTAGE,
    BLAST_RADIUS_MAX,
    GOODPUT,
    WORK_LOST,
    ETTR,
    JOBS_COMPLETED,
    LEASE_SUCCESS_RATE,
    TIME_TO_LEASE_P50,
    TIME_TO_RECOVER_P50,
    COST,
    COST_PER_GPU_HOUR,
    COST_PER_VCPU_HOUR,
    PAID_PER_USEFUL,
    SLA_CREDIT,
    STRANDED,
    PROVIDER_HHI,
    SERVICES,
    OUTAGES,
    OUTAGES_CENSORED,
    COMPONENT_FAULTS,
    REFUSALS,
    TOUCHED_SHARE,
    TOUCHED_ONE_SITE,
    TOUCHED_MANY_SITES,
    TOUCHED_CREDIT_SHARE,
    RESTORED_FIRST,
    RESTORED_99
};

const struct sim_metric measure_metrics[] = {
    [AVAILABILITY_SERVICE] = {"availability_service", "1", "time-weighted share of wanted replicas that are up", true, true},
    [AVAILABILITY_QUORUM] = {"availability_quorum", "1", "time-weighted share of services whose quorum is met", true, true},
    [AVAILABILITY_CONTROL_PLANE] = {"availability_control_plane", "1",
                                    "share of probe requests (create, scale, replace) that complete within 5 min", true, true},
    [AVAILABILITY_NODE] = {"availability_node", "1", "time-weighted share of nodes that are physically up", true, true},
    [DOWNTIME_P99] = {"downtime_p99_min", "min", "99th percentile over services of the time without quorum"},
    [LONGEST_OUTAGE] = {"longest_outage_min", "min", "longest single time without quorum of any service"},
    [BLAST_RADIUS_MAX] = {"blast_radius_max", "1", "largest share of services without quorum at once"},
    [GOODPUT] = {"goodput_gpu_hours", "h", "GPU-hours of useful work: replicas up, and jobs' work that was not lost", true},
    [WORK_LOST] = {"work_lost_gpu_hours", "h", "GPU-hours of jobs' work that had to be done again"},
    [ETTR] = {"ettr", "1", "useful time over wall time of the jobs that ran", true},
    [JOBS_COMPLETED] = {"jobs_completed", "1", "jobs that finished inside the horizon", true},
    [LEASE_SUCCESS_RATE] = {"lease_success_rate", "1", "share of requests for capacity granted within the deadline", true},
    [TIME_TO_LEASE_P50] = {"time_to_lease_p50_s", "s", "median time from a request for capacity to its grant"},
    [TIME_TO_RECOVER_P50] = {"time_to_recover_p50_min", "min", "median time from a service going down to quorum again"},
    [COST] = {"cost_usd", "USD", "net outflow of tenants in the horizon, after credits and refunds"},
    [COST_PER_GPU_HOUR] = {"cost_usd_per_useful_gpu_hour", "USD/h", "outflow of GPU workloads over their useful GPU-hours"},
    [COST_PER_VCPU_HOUR] = {"cost_usd_per_useful_vcpu_hour", "USD/h",
                            "outflow of workloads without GPUs over their useful vCPU-hours"},
    [PAID_PER_USEFUL] = {"paid_hours_per_useful_hour", "1", "unit-hours billed over unit-hours useful"},
    [SLA_CREDIT] = {"sla_credit_usd", "USD", "credits received under service level agreements", true},
    [STRANDED] = {"stranded_usd", "USD", "deposits and escrow locked or lost at the horizon"},
    [PROVIDER_HHI] = {"provider_hhi", "1", "concentration of leased capacity over providers (Herfindahl-Hirschman, 0..1)"},
    [SERVICES] = {"services", "1", "services wanted at some time inside the horizon", true},
    [OUTAGES] = {"outages", "1", "times a service lost its quorum"},
    [OUTAGES_CENSORED] = {"outages_censored", "1", "outages still open at the horizon"},
    [COMPONENT_FAULTS] = {"component_faults", "1", "times a component was brought down by a fault of its own or an incident"},
    [REFUSALS] = {"refusals", "1", "requests for capacity that were refused and tried again or given up"},
    [TOUCHED_SHARE] = {"touched_share", "1", "share of services of which an incident took down at least one replica"},
    [TOUCHED_ONE_SITE] = {"availability_touched_one_site", "1",
                          "availability_service of the touched services that live in one site", true, true},
    [TOUCHED_MANY_SITES] = {"availability_touched_many_sites", "1",
                            "availability_quorum of the touched services that are spread over sites", true, true},
    [TOUCHED_CREDIT_SHARE] = {"credit_share_touched_one_site", "1",
                              "credit over bill, mean of the touched services that live in one site", true},
    [RESTORED_FIRST] = {"restored_first_min", "min", "first incident's start to the return of 1 % of the replicas it took down"},
    [RESTORED_99] = {"restored_99_min", "min", "first incident's start to the return of 99 % of the replicas it took down"},
    {NULL}};

enum { SERIES_SERVICE, SERIES_QUORUM, SERIES_NODE, SERIES_COUNT };
const struct sim_series measure_series[] = {
    [SERIES_SERVICE] = {"availability_service", "1", "share of wanted replicas that are up"},
    [SERIES_QUORUM] = {"availability_quorum", "1", "share of services whose quorum is met"},
    [SERIES_NODE] = {"availability_node", "1", "share of nodes that are physically up"},
    {NULL}};

/* One workload's account. */
struct account {
    bool wanted, ever_up, touched;
    uint32_t up;
    instant since;             /* of `up`, while wanted */
    instant down_since;        /* begin of the outage under way; INSTANT_NEVER: has quorum or is not wanted */
    instant none_since;        /* begin of the time without any unit; INSTANT_NEVER: none under way */
    int64_t wanted_us, up_us, down_us, none_us, longest_us; /* inside the window; up_us: unit-microseconds */
    int64_t paid_micro, credit_micro;
    struct measure_cause cause; /* of the outage under way */
};

struct measure {
    const struct demand *demand;
    const struct sim_task *task;
    duration lease_deadline;
    uint32_t nodes;
    struct account *account;
    /* What holds since `last`, for the series. */
    instant last;
    uint32_t nodes_up;
    int64_t units_wanted, units_up, services_wanted, services_up;
    uint32_t steps;
    int64_t (*part)[SERIES_COUNT], (*whole)[SERIES_COUNT]; /* per step: weighted time that held, and that could have */
    double blast;
    /* Leases and probes. */
    double *lease_s;
    uint32_t leases, leases_room, leases_in_time, leases_asked;
    uint64_t probes, probes_completed;
    double *recover_min;
    uint32_t recoveries, recoveries_room;
    uint64_t outages, censored;
    /* Incidents. */
    uint32_t incidents;
    const instant *incident_start;
    uint64_t touched_units; /* of the first incident */
    double *back_min;       /* of the first incident */
    uint32_t backs, backs_room;
    /* Money and work. */
    int64_t cost_micro[2], credit_micro, stranded_micro; /* [1]: with GPUs */
    double billed_us, useful_us; /* unit-microseconds */
    double lost_h, useful_vcpu_h, useful_gpu_h;
    double job_useful_us, job_wall_us;
    uint64_t jobs_done;
    double provider_sum, provider_squares;
    uint64_t faults, refusals;
    struct sim_record *record;
};

static instant clip(const struct measure *measure, instant at)
{
    if (at.us < 0)
        return (instant){0};
    return at.us > measure->task->horizon.us ? measure->task->horizon : at;
}

static int64_t inside(const struct measure *measure, instant from, instant to)
{
    return clip(measure, to).us - clip(measure, from).us;
}

/* Adds what has held since `last` to the steps of the grid. */
static void advance(struct measure *measure, instant now)
{
    if (now.us <= measure->last.us)
        return;
    int64_t from = clip(measure, measure->last).us, to = clip(measure, now).us;
    if (to > from) {
        if (measure->services_wanted > 0) {
            double down = (double)(measure->services_wanted - measure->services_up) / (double)measure->services_wanted;
            if (down > measure->blast)
                measure->blast = down;
        }
    }
    while (from < to) {
        int64_t step = from / measure->task->grid.us, end = (step + 1) * measure->task->grid.us;
        int64_t span = (end < to ? end : to) - from;
        int64_t *part = measure->part[step], *whole = measure->whole[step];
        part[SERIES_SERVICE] += measure->units_up * span;
        whole[SERIES_SERVICE] += measure->units_wanted * span;
        part[SERIES_QUORUM] += measure->services_up * span;
        whole[SERIES_QUORUM] += measure->services_wanted * span;
        part[SERIES_NODE] += (int64_t)measure->nodes_up * span;
        whole[SERIES_NODE] += (int64_t)measure->nodes * span;
        from += span;
    }
    measure->last = now;
}

struct measure *measure_open(struct arena *arena, const struct measure_options *options)
{
    struct measure *measure = arena_new(arena, struct measure);
    const struct demand *demand = options->demand;
    *measure = (struct measure){.demand = demand,
                                .record = options->record,
                                .task = options->task,
                                .lease_deadline = options->lease_deadline,
                                .nodes = options->nodes,
                                .last = {-options->task->warmup.us},
                                .incidents = options->incidents,
                                .incident_start = options->incident_start};
    measure->account = arena_array(arena, demand->workloads, struct account);
    for (uint32_t w = 0; w < demand->workloads; w++)
        measure->account[w].down_since = measure->account[w].none_since = INSTANT_NEVER;
    measure->steps = (uint32_t)((options->task->horizon.us + options->task->grid.us - 1) / options->task->grid.us);
    measure->part = arena_zero(arena, measure->steps, sizeof *measure->part);
    measure->whole = arena_zero(arena, measure->steps, sizeof *measure->whole);
    measure->leases_room = demand->units * 8 + 4096;
    measure->lease_s = arena_array(arena, measure->leases_room, double);
    measure->recoveries_room = demand->workloads * 8 + 4096;
    measure->recover_min = arena_array(arena, measure->recoveries_room + demand->workloads, double);
    measure->backs_room = demand->units * 2 + 64;
    measure->back_min = arena_array(arena, measure->backs_room, double);
    return measure;
}

static bool is_service(const struct measure *measure, uint32_t workload)
{
    return demand_class_of(measure->demand, workload)->kind == DEMAND_SERVICE;
}

/* --- Services -------------------------------------------------------------------------------------------------------- */

static void settle(struct measure *measure, struct account *account, instant now)
{
    if (account->wanted) {
        int64_t span = inside(measure, account->since, now);
        account->wanted_us += span;
        account->up_us += span * account->up;
    }
    account->since = now;
}

void measure_request(struct measure *measure, uint32_t workload, instant now)
{
    struct account *account = &measure->account[workload];
    if (!is_service(measure, workload))
        return;
    advance(measure, now);
    account->wanted = true;
    account->since = now;
    account->down_since = now;
    account->cause = (struct measure_cause){.incident = COMPONENT_NONE};
    measure->services_wanted++;
    measure->units_wanted += demand_class_of(measure->demand, workload)->units;
}

static void list_outage(struct measure *measure, uint32_t workload, instant end, bool censored)
{
    const struct account *account = &measure->account[workload];
    char name[128], cause[256];
    instant from = clip(measure, account->down_since), to = clip(measure, end);
    (void)snprintf(name, sizeof name, "%s/%" PRIu32, demand_class_of(measure->demand, workload)->name,
                   measure->demand->workload[workload].number);
    (void)snprintf(cause, sizeof cause, "%s",
                   account->cause.component != NULL ? account->cause.component
                   : account->ever_up               ? "no capacity"
                                                    : "not placed yet");
    struct sim_outage outage = {.subject_kind = "service",
                                .subject = name,
                                .start_s = (double)from.us / 1e6,
                                .end_s = (double)to.us / 1e6,
                                .censored = censored,
                                .cause = cause,
                                .incident = account->cause.name};
    record_outage(measure->record, &outage);
}

/* The outage under way ends: quorum again, withdrawal, or the horizon. */
static void end_outage(struct measure *measure, uint32_t workload, instant now, bool recovered, bool censored)
{
    struct account *account = &measure->account[workload];
    int64_t span = inside(measure, account->down_since, now);
    account->down_us += span;
    if (span > account->longest_us)
        account->longest_us = span;
    if (span > 0 || censored) {
        measure->outages++;
        measure->censored += censored;
        list_outage(measure, workload, now, censored);
    }
    if (recovered && account->ever_up && now.us >= 0 && now.us <= measure->task->horizon.us &&
        measure->recoveries < measure->recoveries_room)
        measure->recover_min[measure->recoveries++] = (double)(now.us - account->down_since.us) / 6e7;
    account->down_since = INSTANT_NEVER;
}

static void begin_none(struct account *account, instant now)
{
    if (account->ever_up && account->none_since.us == US_NEVER)
        account->none_since = now;
}

static void end_none(struct measure *measure, struct account *account, instant now)
{
    if (account->none_since.us == US_NEVER)
        return;
    account->none_us += inside(measure, account->none_since, now);
    account->none_since = INSTANT_NEVER;
}

void measure_up(struct measure *measure, uint32_t workload, uint32_t up, struct measure_cause cause, instant now)
{
    struct account *account = &measure->account[workload];
    uint32_t quorum = demand_class_of(measure->demand, workload)->quorum;
    if (!is_service(measure, workload) || !account->wanted || up == account->up)
        return;
    advance(measure, now);
    settle(measure, account, now);
    bool before = account->up >= quorum, after = up >= quorum;
    measure->units_up += (int64_t)up - (int64_t)account->up;
    measure->services_up += (int64_t)after - (int64_t)before;
    account->up = up;
    if (up == 0)
        begin_none(account, now);
    else
        end_none(measure, account, now);
    if (before && !after) {
        account->down_since = now;
        account->cause = cause;
    } else if (!before && after) {
        end_outage(measure, workload, now, true, false);
    }
    account->ever_up = account->ever_up || after;
}

void measure_withdraw(struct measure *measure, uint32_t workload, instant now)
{
    struct account *account = &measure->account[workload];
    if (!is_service(measure, workload) || !account->wanted)
        return;
    advance(measure, now);
    settle(measure, account, now);
    end_none(measure, account, now);
    if (account->down_since.us != US_NEVER)
        end_outage(measure, workload, now, false, false);
    else
        measure->services_up--;
    measure->services_wanted--;
    measure->units_wanted -= demand_class_of(measure->demand, workload)->units;
    measure->units_up -= account->up;
    account->wanted = false;
    account->up = 0;
}

void measure_touched(struct measure *measure, uint32_t workload, uint32_t incident, instant now)
{
    if (now.us < 0 || now.us > measure->task->horizon.us || !measure->account[workload].wanted)
        return;
    measure->account[workload].touched = true;
    measure->touched_units += incident == 0;
}

void measure_back(struct measure *measure, uint32_t incident, instant now)
{
    if (incident == 0 && measure->backs < measure->backs_room)
        measure->back_min[measure->backs++] = (double)(now.us - measure->incident_start[0].us) / 6e7;
}

duration measure_none_up(const struct measure *measure, uint32_t workload, instant now)
{
    const struct account *account = &measure->account[workload];
    int64_t open = account->none_since.us != US_NEVER ? inside(measure, account->none_since, now) : 0;
    return (duration){account->none_us + open};
}

money measure_paid(const struct measure *measure, uint32_t workload) { return (money){measure->account[workload].paid_micro}; }

void measure_nodes_up(struct measure *measure, uint32_t up, instant now)
{
    advance(measure, now);
    measure->nodes_up = up;
}

/* --- Leases, probes, money, work ------------------------------------------------------------------------------------- */

static bool counts(const struct measure *measure, instant at) { return at.us >= 0 && at.us <= measure->task->horizon.us; }

void measure_lease_granted(struct measure *measure, instant asked, instant now)
{
    if (!counts(measure, asked))
        return;
    measure->leases_asked++;
    measure->leases_in_time += now.us - asked.us <= measure->lease_deadline.us;
    if (measure->leases == measure->leases_room)
        limit_reached("demand.count", measure->leases_room);
    measure->lease_s[measure->leases++] = (double)(now.us - asked.us) / 1e6;
}

void measure_lease_failed(struct measure *measure, instant asked, instant now)
{
    /* A request younger than the deadline at the horizon is neither granted nor failed. */
    if (counts(measure, asked) && now.us - asked.us > measure->lease_deadline.us)
        measure->leases_asked++;
}

void measure_probe(struct measure *measure, bool completed)
{
    measure->probes++;
    measure->probes_completed += completed;
}

static bool has_gpus(const struct measure *measure, uint32_t workload)
{
    return demand_class_of(measure->demand, workload)->gpus > 0;
}

void measure_pay(struct measure *measure, uint32_t workload, money amount, instant now)
{
    if (!counts(measure, now))
        return;
    measure->cost_micro[has_gpus(measure, workload)] += amount.micro;
    measure->account[workload].paid_micro += amount.micro;
}

void measure_credit(struct measure *measure, uint32_t workload, money amount, instant now)
{
    if (!counts(measure, now))
        return;
    measure->cost_micro[has_gpus(measure, workload)] -= amount.micro;
    measure->credit_micro += amount.micro;
    measure->account[workload].credit_micro += amount.micro;
}

void measure_stranded(struct measure *measure, money amount) { measure->stranded_micro += amount.micro; }

void measure_billed(struct measure *measure, uint32_t workload, uint32_t units, instant from, instant to)
{
    (void)workload;
    measure->billed_us += (double)inside(measure, from, to) * units;
}

void measure_provider(struct measure *measure, double capacity_time)
{
    measure->provider_sum += capacity_time;
    measure->provider_squares += capacity_time * capacity_time;
}

static double gpus_of(const struct demand_class *class) { return (double)class->gpus * (double)class->gpu_milli / 1000; }

static void count_useful(struct measure *measure, const struct demand_class *class, double unit_us)
{
    double hours = unit_us / 3.6e9;
    measure->useful_us += unit_us;
    if (class->gpus > 0)
        measure->useful_gpu_h += hours * gpus_of(class);
    else
        measure->useful_vcpu_h += hours * class->vcpus;
}

void measure_job(struct measure *measure, uint32_t workload, duration productive, duration rework, duration wall, bool completed)
{
    const struct demand_class *class = demand_class_of(measure->demand, workload);
    count_useful(measure, class, (double)productive.us * class->units);
    measure->lost_h += duration_hours(rework) * class->units * gpus_of(class);
    measure->job_useful_us += (double)productive.us;
    measure->job_wall_us += (double)wall.us;
    measure->jobs_done += completed;
}

void measure_totals(struct measure *measure, uint64_t faults, uint64_t refusals)
{
    measure->faults = faults;
    measure->refusals = refusals;
}

/* --- Reporting ------------------------------------------------------------------------------------------------------- */

static int compare_doubles(const void *left, const void *right)
{
    double a, b;
    memcpy(&a, left, sizeof a);
    memcpy(&b, right, sizeof b);
    return (a > b) - (a < b);
}

/* Quantile by linear interpolation between order statistics (Hyndman & Fan 1996, type 7). Sorts values. NaN when empty. */
static double quantile(double *values, uint32_t count, double p)
{
    if (count == 0)
        return NAN;
    qsort(values, count, sizeof *values, compare_doubles);
    double at = p * (double)(count - 1);
    uint32_t low = (uint32_t)at;
    double rest = at - low;
    return low + 1 < count ? values[low] + rest * (values[low + 1] - values[low]) : values[low];
}

static double share(double part, double whole) { return whole > 0 ? part / whole : NAN; }

/* Sums over services, in order of workload: the same addends in the same order give an availability of exactly 1 when nothing
 * was down. double, because a million replicas for a year overflow 64 bits of microseconds. */
struct totals {
    double wanted_us, unit_wanted_us, up_us, down_us;
    int64_t longest_us;
    uint32_t services, touched;
    double one_site_up, one_site_wanted, many_up, many_wanted, credit_share;
    uint32_t credit_bills;
};

static void add_service(const struct measure *measure, uint32_t workload, struct totals *totals)
{
    const struct account *account = &measure->account[workload];
    const struct demand_class *class = demand_class_of(measure->demand, workload);
    totals->services++;
    totals->wanted_us += (double)account->wanted_us;
    totals->unit_wanted_us += (double)account->wanted_us * class->units;
    totals->up_us += (double)account->up_us;
    totals->down_us += (double)account->down_us;
    if (account->longest_us > totals->longest_us)
        totals->longest_us = account->longest_us;
    if (!account->touched)
        return;
    totals->touched++;
    if (class->spread == SPREAD_SITE) {
        totals->many_up += (double)(account->wanted_us - account->down_us);
        totals->many_wanted += (double)account->wanted_us;
        return;
    }
    totals->one_site_up += (double)account->up_us;
    totals->one_site_wanted += (double)account->wanted_us * class->units;
    if (account->paid_micro > 0) {
        totals->credit_share += (double)account->credit_micro / (double)account->paid_micro;
        totals->credit_bills++;
    }
}

static void report_services(struct measure *measure, struct sim_record *record)
{
    struct totals totals = {0};
    double *downtime_min = measure->recover_min + measure->recoveries; /* room was left for one value per workload */
    for (uint32_t w = 0; w < measure->demand->workloads; w++) {
        if (!is_service(measure, w) || measure->account[w].wanted_us == 0)
            continue;
        downtime_min[totals.services] = (double)measure->account[w].down_us / 6e7;
        add_service(measure, w, &totals);
        count_useful(measure, demand_class_of(measure->demand, w), (double)measure->account[w].up_us);
    }
    record_metric(record, AVAILABILITY_SERVICE, share(totals.up_us, totals.unit_wanted_us));
    record_metric(record, AVAILABILITY_QUORUM, share(totals.wanted_us - totals.down_us, totals.wanted_us));
    record_metric(record, DOWNTIME_P99, quantile(downtime_min, totals.services, 0.99));
    record_metric(record, LONGEST_OUTAGE, totals.services > 0 ? (double)totals.longest_us / 6e7 : NAN);
    record_metric(record, BLAST_RADIUS_MAX, totals.services > 0 ? measure->blast : NAN);
    record_metric(record, TIME_TO_RECOVER_P50, quantile(measure->recover_min, measure->recoveries, 0.5));
    record_metric(record, SERVICES, totals.services);
    record_metric(record, OUTAGES, (double)measure->outages);
    record_metric(record, OUTAGES_CENSORED, (double)measure->censored);
    record_metric(record, TOUCHED_SHARE, measure->incidents > 0 ? share(totals.touched, totals.services) : NAN);
    record_metric(record, TOUCHED_ONE_SITE, share(totals.one_site_up, totals.one_site_wanted));
    record_metric(record, TOUCHED_MANY_SITES, share(totals.many_up, totals.many_wanted));
    record_metric(record, TOUCHED_CREDIT_SHARE, share(totals.credit_share, totals.credit_bills));
}

static void report_restoration(struct measure *measure, struct sim_record *record)
{
    bool enough = measure->touched_units > 0 && measure->backs >= measure->touched_units * 99 / 100;
    record_metric(record, RESTORED_FIRST, measure->touched_units > 0 ? quantile(measure->back_min, measure->backs, 0.01) : NAN);
    /* The 99 % point of all that were touched, not of those that came back. */
    double among_backs = enough ? 0.99 * (double)measure->touched_units / (double)measure->backs : NAN;
    record_metric(record, RESTORED_99,
                  enough ? quantile(measure->back_min, measure->backs, among_backs < 1 ? among_backs : 1) : NAN);
}

static void report_money(struct measure *measure, struct sim_record *record)
{
    double gpu = (double)measure->cost_micro[1] / 1e6, cpu = (double)measure->cost_micro[0] / 1e6;
    record_metric(record, COST, gpu + cpu);
    record_metric(record, COST_PER_GPU_HOUR, share(gpu, measure->useful_gpu_h));
    record_metric(record, COST_PER_VCPU_HOUR, share(cpu, measure->useful_vcpu_h));
    record_metric(record, PAID_PER_USEFUL, share(measure->billed_us, measure->useful_us));
    record_metric(record, SLA_CREDIT, (double)measure->credit_micro / 1e6);
    record_metric(record, STRANDED, (double)measure->stranded_micro / 1e6);
    record_metric(record, PROVIDER_HHI, share(measure->provider_squares, measure->provider_sum * measure->provider_sum));
}

static void report_work(struct measure *measure, struct sim_record *record)
{
    record_metric(record, GOODPUT, measure->useful_gpu_h);
    record_metric(record, WORK_LOST, measure->lost_h);
    record_metric(record, ETTR, share(measure->job_useful_us, measure->job_wall_us));
    record_metric(record, JOBS_COMPLETED, (double)measure->jobs_done);
    record_metric(record, LEASE_SUCCESS_RATE, share(measure->leases_in_time, measure->leases_asked));
    record_metric(record, TIME_TO_LEASE_P50, quantile(measure->lease_s, measure->leases, 0.5));
    record_metric(record, AVAILABILITY_CONTROL_PLANE, share((double)measure->probes_completed, (double)measure->probes));
    /* From the steps, which are exact: the same bits however often `advance` was called in between. */
    double nodes_up = 0, nodes_all = 0;
    for (uint32_t step = 0; step < measure->steps; step++) {
        nodes_up += (double)measure->part[step][SERIES_NODE];
        nodes_all += (double)measure->whole[step][SERIES_NODE];
    }
    record_metric(record, AVAILABILITY_NODE, share(nodes_up, nodes_all));
    record_metric(record, COMPONENT_FAULTS, (double)measure->faults);
    record_metric(record, REFUSALS, (double)measure->refusals);
}

void measure_close(struct measure *measure)
{
    struct sim_record *record = measure->record;
    instant end = measure->task->horizon;
    advance(measure, end);
    for (uint32_t w = 0; w < measure->demand->workloads; w++) {
        struct account *account = &measure->account[w];
        settle(measure, account, end);
        end_none(measure, account, end);
        if (account->down_since.us != US_NEVER)
            end_outage(measure, w, end, false, true);
    }
    report_services(measure, record);
    report_restoration(measure, record);
    report_money(measure, record);
    report_work(measure, record);
    for (uint32_t step = 0; step < measure->steps; step++)
        for (uint32_t s = 0; s < SERIES_COUNT; s++)
            record_series(record, s, step, share((double)measure->part[step][s], (double)measure->whole[step][s]));
}
