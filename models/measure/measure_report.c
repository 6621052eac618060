#include "models/measure/measure_internal.h"

#include "sim/base/check.h"

#include <math.h>

#include "sim/base/nomalloc.h"

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
    ETTR, /* and the other parts of the wall time, in the order of struct job_account */
    JOB_CHECKPOINT,
    JOB_REWORK,
    JOB_RESTART,
    JOB_DETECTION,
    JOB_QUEUE,
    JOB_SLOW,
    JOBS_COMPLETED,
    JOBS_FAILED,
    JOB_WAIT_P50,
    GANG_RESTARTS,
    PREEMPTIONS,
    EVICTIONS,
    DRAINS,
    LIVELOCKS,
    FAILOVERS,
    LOST_WRITES,
    LEASE_SUCCESS_RATE,
    TIME_TO_LEASE_P50,
    TIME_TO_RECOVER_P50,
    COST,
    COST_PER_GPU_HOUR,
    COST_PER_VCPU_HOUR,
    PAID_PER_USEFUL,
    SLA_CREDIT,
    DAMAGE,
    REDEPLOYMENTS,
    SESSIONS_LOST,
    AVAILABILITY_REQUESTS,
    STRANDED,
    STRANDED_UNCREDITED,
    STRANDED_STUCK,
    STRANDED_LOCKED,
    DEAD_BILLED_HOURS,
    DEAD_BILLED,
    DATA_RESTORED,
    DATA_LOST,
    TOKEN_GAIN,
    PAUSED_GROUPS,
    PAUSED_HOURS,
    DISAGREEMENTS,
    DEVICES_READY,
    DEVICES_BLOCKED,
    PROOFS_FAILED,
    DEVICES_LEFT,
    REWARD,
    REWARD_BLOCKS,
    SLASHED,
    CO_SLASHED,
    SUPPLIER_PAY,
    SUPPLIER_OWED,
    SUPPLIER_UNPAID,
    PLATFORM_FEE,
    REFUND_CREDIT,
    BOOKINGS_LAPSED,
    PROVIDER_HHI,
    SERVICES,
    OUTAGES,
    OUTAGES_CENSORED,
    COMPONENT_FAULTS,
    REFUSALS,
    TOUCHED_SHARE,
    TOUCHED_SINGLE,
    TOUCHED_ONE_SITE,
    TOUCHED_MANY_SITES,
    TOUCHED_SINGLE_CREDIT,
    TOUCHED_CREDIT_SHARE,
    RESTORED_FIRST,
    RESTORED_50,
    RESTORED_97,
    RESTORED_99
};

const struct sim_metric measure_metrics[] = {
    [AVAILABILITY_SERVICE] = {"availability_service", "1", "time-weighted share of wanted replicas that are up", true, true,
                              .label = "availability of replicas"},
    [AVAILABILITY_QUORUM] = {"availability_quorum", "1", "time-weighted share of services whose quorum is met", true, true,
                             .label = "availability of services"},
    [AVAILABILITY_CONTROL_PLANE] = {"availability_control_plane", "1",
                                    "share of probe requests (create, scale, replace) that complete within 5 min", true, true,
                                    .label = "availability of the control plane"},
    [AVAILABILITY_NODE] = {"availability_node", "1", "time-weighted share of nodes that are physically up", true, true,
                           .label = "availability of machines"},
    [DOWNTIME_P99] = {"downtime_p99_min", "min", "99th percentile over services of the time without quorum",
                      .label = "down time, 99th percentile of services"},
    [LONGEST_OUTAGE] = {"longest_outage_min", "min", "longest single time without quorum of any service", .label = "longest outage"},
    [BLAST_RADIUS_MAX] = {"blast_radius_max", "1", "largest share of services without quorum at once", .is_share = true,
                          .label = "largest blast radius"},
    [GOODPUT] = {"goodput_gpu_hours", "h", "GPU-hours of useful work: replicas up, and jobs' work that was not lost", true,
                 .label = "useful GPU-hours"},
    [WORK_LOST] = {"work_lost_gpu_hours", "h", "GPU-hours of jobs' work that had to be done again", .label = "lost GPU-hours"},
    [ETTR] = {"ettr", "1", "useful time over wall time of the jobs that ran", true, .is_share = true, .label = "useful share of jobs' time"},
    [JOB_CHECKPOINT] = {"job_checkpoint_share", "1", "share of jobs' wall time that checkpoints took; with ettr and those below it is 1", .is_share = true,
                        .label = "share of jobs' time in checkpoints"},
    [JOB_REWORK] = {"job_rework_share", "1", "share of jobs' wall time whose work was lost", .is_share = true,
                    .label = "share of jobs' time in lost work"},
    [JOB_RESTART] = {"job_restart_share", "1", "share of jobs' wall time that restarts took", .is_share = true,
                     .label = "share of jobs' time in restarts"},
    [JOB_DETECTION] = {"job_detection_share", "1", "share of jobs' wall time until somebody noticed that they stood", .is_share = true,
                       .label = "share of jobs' time unnoticed"},
    [JOB_QUEUE] = {"job_queue_share", "1", "share of jobs' wall time that they waited for places after their first start", .is_share = true,
                   .label = "share of jobs' time in the queue"},
    [JOB_SLOW] = {"job_slow_share", "1", "share of jobs' wall time that degraded machines cost", .is_share = true,
                  .label = "share of jobs' time lost to slow machines"},
    [JOBS_COMPLETED] = {"jobs_completed", "1", "jobs that finished inside the horizon", true, .label = "jobs completed"},
    [JOBS_FAILED] = {"jobs_failed", "1", "jobs given up for having used up their restarts", .label = "jobs given up"},
    [JOB_WAIT_P50] = {"job_wait_p50_min", "min", "median time from a job's request to its first start", .label = "median wait of a job"},
    [GANG_RESTARTS] = {"gang_restarts", "1", "times a job began again, whatever had stopped it", .label = "restarts of jobs"},
    [PREEMPTIONS] = {"preemptions", "1", "jobs stopped for one of higher priority", .label = "preemptions"},
    [EVICTIONS] = {"evictions", "1", "spot machines taken back", .label = "evictions of spot machines"},
    [DRAINS] = {"drains", "1", "nodes emptied for maintenance", .label = "nodes emptied"},
    [LIVELOCKS] = {"livelocks", "1", "times that partial gangs were found to wait for each other for ever", .label = "livelocks"},
    [FAILOVERS] = {"failovers", "1", "machines that went to the pair of their region, by their tenant or with their disk",
                   .label = "failovers to a paired region"},
    [LOST_WRITES] = {"lost_writes_min", "min", "minutes of the latest writes lost by disks that failed over: mean over the replicas on them",
                     .label = "writes lost"},
    [LEASE_SUCCESS_RATE] = {"lease_success_rate", "1", "share of requests for capacity granted within the deadline", true, .is_share = true,
                            .label = "share of requests granted in time"},
    [TIME_TO_LEASE_P50] = {"time_to_lease_p50_s", "s", "median time from a request for capacity to its grant", .label = "median time to a lease"},
    [TIME_TO_RECOVER_P50] = {"time_to_recover_p50_min", "min", "median time from a service going down to quorum again",
                             .label = "median time to recover"},
    [COST] = {"cost_usd", "USD", "net outflow of tenants in the horizon, after credits and refunds", .label = "cost"},
    [COST_PER_GPU_HOUR] = {"cost_usd_per_useful_gpu_hour", "USD/h", "outflow of GPU workloads over their useful GPU-hours",
                           .label = "cost per useful GPU-hour"},
    [COST_PER_VCPU_HOUR] = {"cost_usd_per_useful_vcpu_hour", "USD/h",
                            "outflow of workloads without GPUs over their useful vCPU-hours", .label = "cost per useful vCPU-hour"},
    [PAID_PER_USEFUL] = {"paid_hours_per_useful_hour", "1", "unit-hours billed over unit-hours useful", .label = "paid hours per useful hour"},
    [SLA_CREDIT] = {"sla_credit_usd", "USD", "credits received under service level agreements", true, .label = "credits"},
    [DAMAGE] = {"damage_usd", "USD", "what time without quorum cost tenants of services with a sector, after they first had it", .label = "damage"},
    [SESSIONS_LOST] = {"sessions_lost", "1", "sessions that went down with the replica that held them, or with their service's quorum",
                       .label = "sessions lost"},
    [AVAILABILITY_REQUESTS] = {"availability_requests", "1",
                               "share of requests served by services with a `reroute`: a replica that went down is sent its part until then",
                               true, true, .label = "availability to requests"},
    [REDEPLOYMENTS] = {"redeployments", "1", "times that a tenant deployed a service again by its own hand", .label = "redeployments by hand"},
    [STRANDED] = {"stranded_usd", "USD", "deposits and escrow locked or lost at the horizon", .label = "stranded money"},
    [STRANDED_UNCREDITED] = {"stranded_uncredited_usd", "USD", "of it: taken from tenants and credited to nobody [Q5]",
                             .label = "stranded money credited to nobody"},
    [STRANDED_STUCK] = {"stranded_stuck_usd", "USD", "of it: earned under accounts that are closed [R5, Q8]",
                        .label = "stranded money under closed accounts"},
    [STRANDED_LOCKED] = {"stranded_locked_usd", "USD", "of it: in accounts that cannot be closed [R3] and bids that nobody closes [Q1]",
                         .label = "stranded money locked"},
    [DEAD_BILLED_HOURS] = {"dead_billed_hours", "h", "unit-hours billed while nothing of the lease was up, after something had been",
                           .label = "hours billed while down"},
    [DEAD_BILLED] = {"dead_billed_usd", "USD", "what these unit-hours were charged", .label = "money billed while down"},
    [DATA_RESTORED] = {"data_restored", "1", "replicas that brought persistent data back from a copy, under a new lease",
                       .label = "replicas with data restored"},
    [DATA_LOST] = {"data_lost", "1", "replicas that lost persistent data with a lease", .label = "replicas with data lost"},
    [TOKEN_GAIN] = {"token_gain_usd", "USD", "what deposits in a token gained by its price (below 0: lost)", .label = "gain of deposits in a token"},
    [PAUSED_GROUPS] = {"paused_groups", "1", "groups paused as their provider closed the lease", .label = "paused groups"},
    [PAUSED_HOURS] = {"paused_hours", "h", "group-hours from such a pause to the next order", .label = "paused group-hours"},
    [DISAGREEMENTS] = {"disagreements", "1", "replicas that a provider's inventory had room for and its cluster had not",
                       .label = "disagreements of inventory and cluster"},
    [DEVICES_READY] = {"devices_ready", "1", "time-weighted share of devices that could be hired, or were", true, .is_share = true,
                       .label = "share of devices ready"},
    [DEVICES_BLOCKED] = {"devices_blocked", "1", "times a device was blocked for foreign work on it", .label = "devices blocked"},
    [PROOFS_FAILED] = {"proofs_failed", "1", "hourly proofs of work that an idle device failed", .label = "proofs failed"},
    [DEVICES_LEFT] = {"devices_left", "1", "devices whose owners have left for good", .label = "devices left for good"},
    [REWARD] = {"supplier_reward_usd", "USD", "block rewards of the fleet's owners", true, .label = "block rewards"},
    [REWARD_BLOCKS] = {"reward_blocks_per_interruption", "1",
                       "mean number of hourly blocks that an interruption cost a device that was nominated",
                       .label = "reward blocks lost by an interruption"},
    [SLASHED] = {"supplier_slashed_usd", "USD", "stake that owners and co-stakers were slashed", .label = "stake slashed"},
    [CO_SLASHED] = {"co_staker_slashed_usd", "USD", "of it: the co-stakers'", .label = "stake of co-stakers slashed"},
    [SUPPLIER_PAY] = {"supplier_pay_usd", "USD", "what owners earned from tenants, after their side's fees", true, .label = "owners' pay"},
    [SUPPLIER_OWED] = {"supplier_owed_usd", "USD", "of it: payouts that still wait at the horizon", .label = "owners' pay still owed"},
    [SUPPLIER_UNPAID] = {"supplier_unpaid_usd", "USD", "paid by tenants and withheld from owners whose device was unavailable",
                         .label = "owners' pay withheld"},
    [PLATFORM_FEE] = {"platform_fee_usd", "USD", "fees on both sides of bookings", .label = "fees of the platform"},
    [REFUND_CREDIT] = {"refund_credit_usd", "USD", "prepaid by tenants and given back as credits: not delivered, or left over",
                       .label = "refunds as credits"},
    [BOOKINGS_LAPSED] = {"bookings_lapsed", "1", "bookings that ran out though their tenants needed them", .label = "bookings that ran out"},
    [PROVIDER_HHI] = {"provider_hhi", "1", "concentration of leased capacity over providers (Herfindahl-Hirschman, 0..1)", .is_share = true,
                      .label = "concentration of providers"},
    [SERVICES] = {"services", "1", "services wanted at some time inside the horizon", true, .label = "services"},
    [OUTAGES] = {"outages", "1", "times a service lost its quorum", .label = "outages"},
    [OUTAGES_CENSORED] = {"outages_censored", "1", "of these, still open at the horizon", .label = "outages still open"},
    [COMPONENT_FAULTS] = {"component_faults", "1", "times a component was brought down, or degraded, by a fault of its own or an incident",
                          .label = "faults of components"},
    [REFUSALS] = {"refusals", "1", "requests for capacity that were turned away at least once", .label = "requests refused"},
    [TOUCHED_SHARE] = {"touched_share", "1", "share of services of which an incident took down at least one replica", .is_share = true,
                       .label = "share of services touched"},
    [TOUCHED_SINGLE] = {"availability_touched_single", "1",
                        "availability_service of the touched services that are one replica alone", true, true,
                        .label = "availability of touched single replicas"},
    [TOUCHED_ONE_SITE] = {"availability_touched_one_site", "1",
                          "availability_service of the touched services that live in one site", true, true,
                          .label = "availability of touched services in one site"},
    [TOUCHED_MANY_SITES] = {"availability_touched_many_sites", "1",
                            "availability_quorum of the touched services that are spread over sites", true, true,
                            .label = "availability of touched services in many sites"},
    [TOUCHED_SINGLE_CREDIT] = {"credit_share_touched_single", "1",
                               "credit over bill, mean of the touched services that are one replica alone", true,
                               .label = "credit over bill of touched single replicas"},
    [TOUCHED_CREDIT_SHARE] = {"credit_share_touched_one_site", "1",
                              "credit over bill, mean of the touched services that live in one site", true,
                              .label = "credit over bill of touched services in one site"},
    [RESTORED_FIRST] = {"restored_first_min", "min", "first incident's start to the return of 1 % of the replicas it took down",
                        .label = "time until the first are back"},
    [RESTORED_50] = {"restored_50_min", "min", "the same for 50 %", .label = "time until 50 % are back"},
    [RESTORED_97] = {"restored_97_min", "min", "the same for 97 %", .label = "time until 97 % are back"},
    [RESTORED_99] = {"restored_99_min", "min", "the same for 99 %", .label = "time until 99 % are back"},
    {NULL}};

const struct sim_series measure_series[] = {
    [SERIES_SERVICE] = {"availability_service", "1", "share of wanted replicas that are up"},
    [SERIES_QUORUM] = {"availability_quorum", "1", "share of services whose quorum is met"},
    [SERIES_NODE] = {"availability_node", "1", "share of nodes that are physically up"},
    {NULL}};

/* --- Reporting ------------------------------------------------------------------------------------------------------- */

static double share(double part, double whole) { return whole > 0 ? part / whole : (double)NAN; }

/* Sums over services, whole microseconds in 128 bits, so that all up gives exactly 1. */
struct totals {
    timeweighted_area wanted_us, unit_wanted_us, up_us, down_us;
    timeweighted_area single_up, single_wanted, one_site_up, one_site_wanted, many_up, many_wanted;
    int64_t longest_us;
    uint32_t services, touched;
    double credit_share, single_credit_share;
    uint32_t credit_bills, single_bills;
};

static void add_touched(const struct account *account, const struct demand_class *class, struct totals *totals)
{
    totals->touched++;
    if (class->spread == SPREAD_SITE && class->sites > 1) {
        totals->many_up += account->wanted_us - account->down_us;
        totals->many_wanted += account->wanted_us;
        return;
    }
    totals->one_site_up += account->up_us;
    totals->one_site_wanted += (timeweighted_area)account->wanted_us * class->units;
    bool single = class->units == 1;
    if (single) {
        totals->single_up += account->up_us;
        totals->single_wanted += account->wanted_us;
    }
    if (account->paid_micro > 0) {
        double part = (double)account->credit_micro / (double)account->paid_micro;
        totals->credit_share += part;
        totals->credit_bills++;
        totals->single_credit_share += single ? part : 0;
        totals->single_bills += single;
    }
}

static void add_service(const struct account *account, const struct demand_class *class, struct totals *totals)
{
    totals->services++;
    totals->wanted_us += account->wanted_us;
    totals->unit_wanted_us += (timeweighted_area)account->wanted_us * class->units;
    totals->up_us += account->up_us;
    totals->down_us += account->down_us;
    if (account->longest_us > totals->longest_us)
        totals->longest_us = account->longest_us;
    if (account->touched)
        add_touched(account, class, totals);
}

static double median(const struct samples *samples)
{
    return samples_quantile(samples_sorted(samples), samples->count, 0.5);
}

static void report_services(struct measure *measure)
{
    struct sim_record *record = measure->record;
    struct totals totals = {0};
    double *downtime_min = arena_array(measure->arena, measure->demand->workloads, double);
    for (uint32_t w = 0; w < measure->demand->workloads; w++) {
        const struct account *account = &measure->account[w];
        if (!measure_is_service(measure, w) || account->wanted_us == 0)
            continue;
        downtime_min[totals.services] = (double)account->down_us / 6e7;
        add_service(account, demand_class_of(measure->demand, w), &totals);
        measure_count_useful(measure, demand_class_of(measure->demand, w), (double)account->up_us);
    }
    samples_sort(downtime_min, totals.services);
    measure_report_slices(measure, downtime_min, totals.services);
    record_metric(record, AVAILABILITY_SERVICE, share((double)totals.up_us, (double)totals.unit_wanted_us));
    record_metric(record, AVAILABILITY_QUORUM, share((double)(totals.wanted_us - totals.down_us), (double)totals.wanted_us));
    record_metric(record, DOWNTIME_P99, samples_quantile(downtime_min, totals.services, 0.99));
    record_metric(record, LONGEST_OUTAGE, totals.services > 0 ? (double)totals.longest_us / 6e7 : (double)NAN);
    record_metric(record, BLAST_RADIUS_MAX, totals.services > 0 ? measure->blast : (double)NAN);
    record_metric(record, TIME_TO_RECOVER_P50, median(&measure->recover_min));
    record_metric(record, SERVICES, totals.services);
    record_metric(record, OUTAGES, (double)measure->outages);
    record_metric(record, OUTAGES_CENSORED, (double)measure->censored);
    record_metric(record, TOUCHED_SHARE, measure->incidents > 0 ? share(totals.touched, totals.services) : (double)NAN);
    record_metric(record, TOUCHED_ONE_SITE, share((double)totals.one_site_up, (double)totals.one_site_wanted));
    record_metric(record, TOUCHED_SINGLE, share((double)totals.single_up, (double)totals.single_wanted));
    record_metric(record, TOUCHED_SINGLE_CREDIT, share(totals.single_credit_share, totals.single_bills));
    record_metric(record, TOUCHED_MANY_SITES, share((double)totals.many_up, (double)totals.many_wanted));
    record_metric(record, TOUCHED_CREDIT_SHARE, share(totals.credit_share, totals.credit_bills));
}

/* When the given percentage of all that the first incident took down had come back, or would have, had their tenants waited: undefined
 * while fewer have, or when it took down nothing. What is withdrawn while it is down leaves those that it was one of as they are
 * (the product limit: Kaplan & Meier 1958, JASA 53). Without any such this is the order statistic, rounded up. */
static double restored(const struct measure *measure, const double *back_min, const double *gone_min, uint64_t percent)
{
    uint64_t needed = (measure->touched_units * percent + 99) / 100;
    if (measure->gone_min.count == 0)
        return needed > 0 && measure->back_min.count >= needed ? back_min[needed - 1] : (double)NAN;
    double left = 1, wanted = 1 - (double)percent / 100 + 1e-12;
    size_t gone = 0;
    for (size_t back = 0; back < measure->back_min.count; back++) {
        while (gone < measure->gone_min.count && gone_min[gone] < back_min[back])
            gone++;
        uint64_t waiting = measure->touched_units - back - gone;
        check(waiting > 0 && waiting <= measure->touched_units, "more replicas came back than an incident took down");
        left *= (double)(waiting - 1) / (double)waiting;
        if (left <= wanted)
            return back_min[back];
    }
    return (double)NAN;
}

static void report_restoration(struct measure *measure)
{
    static const struct { enum metric metric; uint64_t percent; } marks[] = {
        {RESTORED_FIRST, 1}, {RESTORED_50, 50}, {RESTORED_97, 97}, {RESTORED_99, 99}};
    const double *back_min = samples_sorted(&measure->back_min), *gone_min = samples_sorted(&measure->gone_min);
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        record_metric(measure->record, marks[i].metric, restored(measure, back_min, gone_min, marks[i].percent));
}

static void report_money(struct measure *measure)
{
    struct sim_record *record = measure->record;
    double gpu = (double)measure->cost_micro[1] / 1e6, cpu = (double)measure->cost_micro[0] / 1e6;
    record_metric(record, COST, gpu + cpu);
    record_metric(record, COST_PER_GPU_HOUR, share(gpu, measure->useful_gpu_h));
    record_metric(record, COST_PER_VCPU_HOUR, share(cpu, measure->useful_vcpu_h));
    record_metric(record, PAID_PER_USEFUL, share((double)measure->billed_us, measure->useful_unit_us));
    record_metric(record, SLA_CREDIT, (double)measure->credit_micro / 1e6);
    record_metric(record, DAMAGE, measure_report_losses(measure));
    record_metric(record, SESSIONS_LOST, measure_sessions_lost(measure));
    record_metric(record, AVAILABILITY_REQUESTS, measure_requests_served(measure));
    record_metric(record, REDEPLOYMENTS, (double)measure->redeployments);
    record_metric(record, PROVIDER_HHI, share(measure->provider_squares, measure->provider_sum * measure->provider_sum));
}

/* Clouds without escrow strand nothing; what only a marketplace has is undefined for them. */
static void report_market(const struct measure *measure)
{
    struct sim_record *record = measure->record;
    const struct measure_market *market = &measure->market;
    bool has = measure->has_market;
    int64_t stranded = measure->stranded_micro + market->uncredited.micro + market->stuck.micro + market->locked.micro + market->dust.micro;
    record_metric(record, STRANDED, (double)stranded / 1e6);
    record_metric(record, STRANDED_UNCREDITED, has ? (double)market->uncredited.micro / 1e6 : (double)NAN);
    record_metric(record, STRANDED_STUCK, has ? (double)market->stuck.micro / 1e6 : (double)NAN);
    record_metric(record, STRANDED_LOCKED, has ? (double)market->locked.micro / 1e6 : (double)NAN);
    record_metric(record, DEAD_BILLED_HOURS, has ? duration_hours(market->dead_units) : (double)NAN);
    record_metric(record, DEAD_BILLED, has ? (double)market->dead.micro / 1e6 : (double)NAN);
    record_metric(record, DATA_RESTORED, has ? (double)market->restored : (double)NAN);
    record_metric(record, DATA_LOST, has ? (double)market->lost : (double)NAN);
    record_metric(record, TOKEN_GAIN, has && market->has_gain ? (double)market->gain.micro / 1e6 : (double)NAN);
    record_metric(record, PAUSED_GROUPS, has ? (double)market->pauses : (double)NAN);
    record_metric(record, PAUSED_HOURS, has ? duration_hours(market->paused) : (double)NAN);
    record_metric(record, DISAGREEMENTS, has ? (double)market->disagreements : (double)NAN);
}

/* Undefined where machines have no owners of their own. */
static void report_owners(const struct measure *measure)
{
    struct sim_record *record = measure->record;
    const struct measure_owners *owners = &measure->owners;
    bool has = measure->owner_clouds > 0;
    record_metric(record, DEVICES_READY, has ? owners->ready : (double)NAN);
    record_metric(record, DEVICES_BLOCKED, has ? (double)owners->blocked : (double)NAN);
    record_metric(record, PROOFS_FAILED, has ? (double)owners->proofs_failed : (double)NAN);
    record_metric(record, DEVICES_LEFT, has ? (double)owners->left : (double)NAN);
    record_metric(record, REWARD, has && owners->rewarded ? owners->reward_usd : (double)NAN);
    record_metric(record, REWARD_BLOCKS, share((double)owners->blocks_missed, (double)owners->interruptions));
    record_metric(record, SLASHED, has && owners->staked ? owners->slashed_usd : (double)NAN);
    record_metric(record, CO_SLASHED, has && owners->staked ? owners->slashed_usd * owners->co_staked_share : (double)NAN);
    record_metric(record, SUPPLIER_PAY, has ? (double)owners->pay.micro / 1e6 : (double)NAN);
    record_metric(record, SUPPLIER_OWED, has ? (double)owners->owed.micro / 1e6 : (double)NAN);
    record_metric(record, SUPPLIER_UNPAID, has ? (double)owners->withheld.micro / 1e6 : (double)NAN);
    record_metric(record, PLATFORM_FEE, has ? (double)owners->fees.micro / 1e6 : (double)NAN);
    record_metric(record, REFUND_CREDIT, has ? (double)owners->credits.micro / 1e6 : (double)NAN);
    record_metric(record, BOOKINGS_LAPSED, has ? (double)owners->lapsed : (double)NAN);
}

static void report_work(const struct measure *measure)
{
    struct sim_record *record = measure->record;
    record_metric(record, GOODPUT, measure->useful_gpu_h);
    record_metric(record, WORK_LOST, measure->lost_h);
    timeweighted_area wall_us = 0;
    for (int part = 0; part < JOB_PARTS; part++)
        wall_us += measure->job_us[part];
    for (int part = 0; part < JOB_PARTS; part++)
        record_metric(record, (uint32_t)(ETTR + part), share((double)measure->job_us[part], (double)wall_us));
    record_metric(record, JOBS_FAILED, (double)measure->events[MEASURE_JOB_FAILED]);
    record_metric(record, JOB_WAIT_P50, median(&measure->job_wait_min));
    record_metric(record, GANG_RESTARTS, (double)measure->events[MEASURE_GANG_RESTART]);
    record_metric(record, PREEMPTIONS, (double)measure->events[MEASURE_PREEMPTION]);
    record_metric(record, EVICTIONS, (double)measure->events[MEASURE_EVICTION]);
    record_metric(record, DRAINS, (double)measure->events[MEASURE_DRAINED]);
    record_metric(record, LIVELOCKS, (double)measure->events[MEASURE_LIVELOCK]);
    record_metric(record, FAILOVERS, (double)measure->events[MEASURE_FAILOVER]);
    record_metric(record, LOST_WRITES, share((double)measure->lost_writes_us / 6e7, (double)measure->from_copy));
    record_metric(record, JOBS_COMPLETED, (double)measure->jobs_done);
    record_metric(record, LEASE_SUCCESS_RATE, share((double)measure->leases_in_time, (double)measure->leases_asked));
    record_metric(record, TIME_TO_LEASE_P50, median(&measure->lease_s));
    record_metric(record, AVAILABILITY_CONTROL_PLANE, share((double)measure->probes_completed, (double)measure->probes));
    timeweighted_area nodes_up = 0, nodes_all = 0;
    for (uint32_t step = 0; step < measure->steps; step++) {
        nodes_up += measure->step[step].part[SERIES_NODE];
        nodes_all += measure->step[step].whole[SERIES_NODE];
    }
    record_metric(record, AVAILABILITY_NODE, share((double)nodes_up, (double)nodes_all));
    record_metric(record, COMPONENT_FAULTS, (double)measure->faults);
    record_metric(record, REFUSALS, (double)measure->refusals);
}

void measure_report(struct measure *measure)
{
    report_services(measure);
    report_restoration(measure);
    report_money(measure);
    report_market(measure);
    report_owners(measure);
    report_work(measure);
    for (uint32_t step = 0; step < measure->steps; step++)
        for (uint32_t s = 0; s < SERIES_COUNT; s++) {
            timeweighted_area part = measure->step[step].part[s] / (s == SERIES_SERVICE ? MEASURE_REPLICA : 1);
            record_series(measure->record, s, step, share((double)part, (double)measure->step[step].whole[s]));
        }
}
