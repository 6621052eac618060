#include "models/measure/measure_internal.h"

#include "sim/base/check.h"

#include <inttypes.h>
#include <stdio.h>

#include "sim/base/nomalloc.h"

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

/* True inside the window. */
static bool counts(const struct measure *measure, instant at) { return at.us >= 0 && at.us <= measure->task->horizon.us; }

/* Replicas up and what grey ones make of them, in millionths. */
static timeweighted_area served(int64_t up, int64_t grey) { return (timeweighted_area)up * MEASURE_REPLICA + grey; }

/* Adds what has held since `last` to the steps of the grid. */
static void advance(struct measure *measure, instant now)
{
    check(now.us >= measure->last.us, "time runs backwards: %" PRId64 " after %" PRId64 " us", now.us, measure->last.us);
    if (now.us == measure->last.us)
        return;
    int64_t from = clip(measure, measure->last).us, to = clip(measure, now).us;
    if (to > from) {
        if (measure->services_wanted > 0) {
            double down = (double)(measure->services_wanted - measure->services_up) / (double)measure->services_wanted;
            if (down > measure->blast)
                measure->blast = down;
        }
        measure_sectors_lasted(measure);
    }
    measure_blast(measure, now);
    while (from < to) {
        int64_t step = from / measure->task->grid.us, end = (step + 1) * measure->task->grid.us;
        int64_t span = (end < to ? end : to) - from;
        timeweighted_area *part = measure->step[step].part, *whole = measure->step[step].whole;
        part[SERIES_SERVICE] += served(measure->units_up, measure->grey) * span;
        whole[SERIES_SERVICE] += (timeweighted_area)measure->units_wanted * span;
        part[SERIES_QUORUM] += (timeweighted_area)measure->services_up * span;
        whole[SERIES_QUORUM] += (timeweighted_area)measure->services_wanted * span;
        from += span;
    }
    measure->last = now;
}

/* The same for nodes alone: no division, as time only goes forward. */
static void advance_nodes(struct measure *measure, instant now)
{
    check(now.us >= measure->nodes_since.us, "time runs backwards: %" PRId64 " after %" PRId64 " us", now.us, measure->nodes_since.us);
    int64_t from = clip(measure, measure->nodes_since).us, to = clip(measure, now).us, grid = measure->task->grid.us;
    while (from < to) {
        int64_t end = (measure->nodes_step + 1) * grid;
        if (end <= from) {
            measure->nodes_step++;
            continue;
        }
        int64_t span = (end < to ? end : to) - from;
        struct measure_step *step = &measure->step[measure->nodes_step];
        step->part[SERIES_NODE] += (timeweighted_area)measure->nodes_up * span;
        step->whole[SERIES_NODE] += (timeweighted_area)measure->nodes * span;
        from += span;
    }
    measure->nodes_since = now;
}

struct measure *measure_open(struct arena *arena, const struct measure_options *options)
{
    struct measure *measure = arena_new(arena, struct measure);
    const struct demand *demand = options->demand;
    *measure = (struct measure){.demand = demand,
                                .task = options->task,
                                .arena = arena,
                                .record = options->record,
                                .whole = options->whole,
                                .lease_deadline = options->lease_deadline,
                                .nodes = options->nodes,
                                .last = {-options->task->warmup.us},
                                .nodes_since = {-options->task->warmup.us},
                                .incidents = options->incidents,
                                .incident_start = options->incident_start};
    for (uint32_t k = 0; k < COMPONENT_CLASSES; k++)
        measure->kind[k] = (struct measure_kind){.count = options->components != NULL ? options->components[k] : 0, .since = measure->last};
    measure->account = arena_array(arena, demand->workloads, struct account);
    measure_open_classes(measure);
    for (uint32_t w = 0; w < demand->workloads; w++)
        measure->account[w].down_since = measure->account[w].none_since = INSTANT_NEVER;
    measure->steps = (uint32_t)((options->task->horizon.us - 1) / options->task->grid.us + 1);
    measure->step = arena_array(arena, measure->steps, struct measure_step);
    measure_open_sites(measure, options);
    measure_open_losses(measure);
    measure_open_routes(measure);
    samples_open(&measure->lease_s, arena);
    samples_open(&measure->recover_min, arena);
    samples_open(&measure->back_min, arena);
    samples_open(&measure->gone_min, arena);
    samples_open(&measure->job_wait_min, arena);
    return measure;
}

/* --- Services -------------------------------------------------------------------------------------------------------- */

static void settle(struct measure *measure, struct account *account, instant now)
{
    if (account->wanted) {
        int64_t span = inside(measure, account->since, now);
        account->wanted_us += span;
        account->up_us += (int64_t)(served(account->up, account->grey) * span / MEASURE_REPLICA);
    }
    account->since = now;
}

void measure_request(struct measure *measure, uint32_t workload, instant now)
{
    struct account *account = &measure->account[workload];
    if (!measure_is_service(measure, workload))
        return;
    advance(measure, now);
    measure_settle_route(measure, workload, now);
    account->wanted = true;
    account->since = now;
    account->down_since = now;
    account->cause = (struct measure_cause){.incident = COMPONENT_NONE};
    measure->services_wanted++;
    measure_sector_now(measure, workload, 1, 1);
    measure->units_wanted += demand_class_of(measure->demand, workload)->units;
}

/* What the record would leave out for its length costs no formatting either. */
static void list_outage(struct measure *measure, uint32_t workload, instant end, bool censored)
{
    const struct account *account = &measure->account[workload];
    char name[128], cause[256];
    instant from = clip(measure, account->down_since), to = clip(measure, end);
    if (!censored && to.us - from.us < measure->task->outage_min.us)
        return;
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

/* The time without quorum that is under way ends: quorum again, withdrawal, or the horizon. All of it inside the window counts as
 * down time and is listed; an outage is a quorum *lost*, so the wait for the first placement is none. A time to recover
 * belongs to an outage that began inside the window: those that were under way at 0 are longer than the others. */
static void end_outage(struct measure *measure, uint32_t workload, instant now, bool recovered, bool censored)
{
    struct account *account = &measure->account[workload];
    int64_t span = inside(measure, account->down_since, now);
    account->down_us += span;
    if (account->ever_up)
        measure_lose_time(measure, workload, account->down_since, now);
    if (span > account->longest_us)
        account->longest_us = span;
    if (span > 0) {
        measure->outages += account->ever_up;
        measure->censored += account->ever_up && censored;
        list_outage(measure, workload, now, censored);
    }
    if (recovered && account->ever_up && counts(measure, account->down_since) && counts(measure, now))
        samples_add(&measure->recover_min, (double)(now.us - account->down_since.us) / 6e7);
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
    if (!measure_is_service(measure, workload) || !account->wanted || up == account->up)
        return;
    advance(measure, now);
    settle(measure, account, now);
    measure_route_up(measure, workload, up, now);
    bool before = account->up >= quorum, after = up >= quorum;
    measure->units_up += (int64_t)up - (int64_t)account->up;
    measure->services_up += (int64_t)after - (int64_t)before;
    measure_sector_now(measure, workload, 0, before - after);
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

void measure_grey(struct measure *measure, uint32_t workload, int64_t grey, instant now)
{
    struct account *account = &measure->account[workload];
    if (!measure_is_service(measure, workload) || !account->wanted || grey == account->grey)
        return;
    advance(measure, now);
    settle(measure, account, now);
    measure->grey += grey - account->grey;
    account->grey = grey;
}

void measure_withdraw(struct measure *measure, uint32_t workload, instant now)
{
    struct account *account = &measure->account[workload];
    if (!measure_is_service(measure, workload) || !account->wanted)
        return;
    advance(measure, now);
    settle(measure, account, now);
    measure_route_end(measure, workload, now);
    end_none(measure, account, now);
    bool down = account->down_since.us != US_NEVER;
    if (down)
        end_outage(measure, workload, now, false, false);
    else
        measure->services_up--;
    measure->services_wanted--;
    measure_sector_now(measure, workload, -1, -down);
    measure->units_wanted -= demand_class_of(measure->demand, workload)->units;
    measure->units_up -= account->up;
    measure->grey -= account->grey;
    account->wanted = false;
    account->up = 0;
    account->grey = 0;
}

void measure_touched(struct measure *measure, uint32_t workload, uint32_t incident, instant now)
{
    if (measure->whole != NULL)
        measure_touched(measure->whole, workload, incident, now);
    struct account *account = &measure->account[workload];
    if (!account->wanted)
        return;
    account->touched = account->touched || counts(measure, now);
    measure->touched_units += incident == 0; /* before 0 too, as measure_back() counts those that come back */
}

void measure_back(struct measure *measure, uint32_t incident, instant now)
{
    if (measure->whole != NULL)
        measure_back(measure->whole, incident, now);
    if (incident == 0)
        samples_add(&measure->back_min, (double)(now.us - measure->incident_start[0].us) / 6e7);
}

void measure_gone(struct measure *measure, uint32_t incident, instant now)
{
    if (measure->whole != NULL)
        measure_gone(measure->whole, incident, now);
    if (incident == 0)
        samples_add(&measure->gone_min, (double)(now.us - measure->incident_start[0].us) / 6e7);
}

bool measure_had_quorum(const struct measure *measure, uint32_t workload)
{
    const struct account *account = &measure->account[workload];
    return account->wanted && account->ever_up;
}

duration measure_none_up(const struct measure *measure, uint32_t workload, instant now)
{
    const struct account *account = &measure->account[workload];
    int64_t open = account->none_since.us != US_NEVER ? inside(measure, account->none_since, now) : 0;
    return (duration){account->none_us + open};
}

duration measure_wanted(const struct measure *measure, uint32_t workload, instant now)
{
    const struct account *account = &measure->account[workload];
    return (duration){account->wanted_us + (account->wanted ? inside(measure, account->since, now) : 0)};
}

money measure_paid(const struct measure *measure, uint32_t workload) { return (money){measure->account[workload].paid_micro}; }

void measure_nodes_up(struct measure *measure, uint32_t up, instant now)
{
    advance_nodes(measure, now);
    measure->nodes_up = up;
}

static void settle_kind(struct measure *measure, struct measure_kind *kind, instant now)
{
    kind->down_us += (timeweighted_area)inside(measure, kind->since, now) * kind->down;
    kind->since = now;
}

void measure_component(struct measure *measure, enum component_class class, bool healthy, instant now)
{
    struct measure_kind *kind = &measure->kind[class];
    settle_kind(measure, kind, now);
    kind->down += healthy ? UINT32_MAX : 1;
    *(healthy ? &kind->repairs : &kind->failures) += counts(measure, now);
}

/* --- Leases, probes, money, work ------------------------------------------------------------------------------------- */

/* Success is judged on requests whose whole deadline lies inside the window: of the younger ones only the quick are known. */
static bool judged(const struct measure *measure, instant asked)
{
    return asked.us >= 0 && asked.us <= measure->task->horizon.us - measure->lease_deadline.us;
}

static void count_lease(struct measure *measure, uint32_t workload, bool in_time)
{
    measure->leases_asked++;
    measure->leases_in_time += in_time;
    measure_class_lease(measure, workload, in_time);
}

void measure_lease_granted(struct measure *measure, uint32_t workload, instant asked, instant now)
{
    if (measure->whole != NULL)
        measure_lease_granted(measure->whole, workload, asked, now);
    if (!counts(measure, asked))
        return;
    samples_add(&measure->lease_s, (double)(now.us - asked.us) / 1e6);
    if (!judged(measure, asked))
        return;
    count_lease(measure, workload, now.us - asked.us <= measure->lease_deadline.us);
}

void measure_lease_failed(struct measure *measure, uint32_t workload, instant asked, instant now)
{
    if (measure->whole != NULL)
        measure_lease_failed(measure->whole, workload, asked, now);
    /* Given up before its deadline it was neither granted nor refused. */
    if (judged(measure, asked) && now.us - asked.us >= measure->lease_deadline.us)
        count_lease(measure, workload, false);
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

void measure_ahead_pay(const struct measure *measure, uint32_t workload) { NINES_PREFETCH(&measure->account[workload].paid_micro); }

void measure_pay(struct measure *measure, uint32_t workload, money amount, instant now)
{
    if (measure->whole != NULL)
        measure_pay(measure->whole, workload, amount, now);
    if (!counts(measure, now))
        return;
    measure->cost_micro[has_gpus(measure, workload)] += amount.micro;
    measure->account[workload].paid_micro += amount.micro;
}

void measure_credit(struct measure *measure, uint32_t workload, money amount, instant now)
{
    if (measure->whole != NULL)
        measure_credit(measure->whole, workload, amount, now);
    if (!counts(measure, now))
        return;
    measure->cost_micro[has_gpus(measure, workload)] -= amount.micro;
    measure->credit_micro += amount.micro;
    measure->account[workload].credit_micro += amount.micro;
    measure_lose_credit(measure, workload, amount.micro, now);
}

void measure_stranded(struct measure *measure, money amount)
{
    if (measure->whole != NULL)
        measure_stranded(measure->whole, amount);
    measure->stranded_micro += amount.micro;
}

void measure_market(struct measure *measure, const struct measure_market *market)
{
    struct measure_market *sum = &measure->market;
    if (measure->whole != NULL)
        measure_market(measure->whole, market);
    sum->disagreements += market->disagreements;
    sum->pauses += market->pauses;
    sum->paused.us += market->paused.us;
    sum->dead_units.us += market->dead_units.us;
    sum->dead.micro += market->dead.micro;
    sum->uncredited.micro += market->uncredited.micro;
    sum->stuck.micro += market->stuck.micro;
    sum->locked.micro += market->locked.micro;
    sum->dust.micro += market->dust.micro;
    sum->restored += market->restored;
    sum->lost += market->lost;
    sum->has_gain |= market->has_gain;
    sum->gain.micro += market->gain.micro;
    measure->has_market = true;
}

void measure_owners(struct measure *measure, const struct measure_owners *owners)
{
    struct measure_owners *sum = &measure->owners;
    if (measure->whole != NULL)
        measure_owners(measure->whole, owners);
    double before = measure->owner_clouds++;
    sum->ready = (sum->ready * before + owners->ready) / (before + 1);
    sum->co_staked_share = (sum->co_staked_share * before + owners->co_staked_share) / (before + 1);
    sum->rewarded = sum->rewarded || owners->rewarded;
    sum->staked = sum->staked || owners->staked;
    sum->proofs_failed += owners->proofs_failed;
    sum->blocked += owners->blocked;
    sum->left += owners->left;
    sum->lapsed += owners->lapsed;
    sum->interruptions += owners->interruptions;
    sum->blocks_missed += owners->blocks_missed;
    sum->reward_usd += owners->reward_usd;
    sum->slashed_usd += owners->slashed_usd;
    sum->pay.micro += owners->pay.micro;
    sum->owed.micro += owners->owed.micro;
    sum->withheld.micro += owners->withheld.micro;
    sum->fees.micro += owners->fees.micro;
    sum->credits.micro += owners->credits.micro;
}

void measure_billed(struct measure *measure, uint32_t workload, uint32_t units, instant from, instant to)
{
    if (measure->whole != NULL)
        measure_billed(measure->whole, workload, units, from, to);
    (void)workload;
    measure->billed_us += (timeweighted_area)inside(measure, from, to) * units;
}

void measure_provider(struct measure *measure, double capacity_time)
{
    if (measure->whole != NULL)
        measure_provider(measure->whole, capacity_time);
    measure->provider_sum += capacity_time;
    measure->provider_squares += capacity_time * capacity_time;
}

static double gpus_of(const struct demand_class *class) { return (double)class->gpus * (double)class->gpu_milli / 1000; }

void measure_count_useful(struct measure *measure, const struct demand_class *class, double unit_us)
{
    double hours = unit_us / 3.6e9;
    measure->useful_unit_us += unit_us;
    if (class->gpus > 0)
        measure->useful_gpu_h += hours * gpus_of(class);
    else
        measure->useful_vcpu_h += hours * class->vcpus;
}

void measure_job_begun(struct measure *measure, instant requested, instant now)
{
    if (measure->whole != NULL)
        measure_job_begun(measure->whole, requested, now);
    if (counts(measure, requested))
        samples_add(&measure->job_wait_min, (double)(now.us - requested.us) / 6e7);
}

void measure_job(struct measure *measure, uint32_t workload, const struct job_account *inside, bool completed)
{
    if (measure->whole != NULL)
        measure_job(measure->whole, workload, inside, completed);
    const struct demand_class *class = demand_class_of(measure->demand, workload);
    measure_count_useful(measure, class, (double)inside->productive.us * class->units);
    measure->lost_h += duration_hours(inside->rework) * class->units * gpus_of(class);
    measure->job_us[PART_PRODUCTIVE] += inside->productive.us;
    measure->job_us[PART_CHECKPOINT] += inside->checkpoint.us;
    measure->job_us[PART_REWORK] += inside->rework.us;
    measure->job_us[PART_RESTART] += inside->restart.us;
    measure->job_us[PART_DETECTION] += inside->detection.us;
    measure->job_us[PART_QUEUE] += inside->queue.us;
    measure->job_us[PART_SLOW] += inside->slow.us;
    measure->jobs_done += completed;
    measure_class_job(measure, workload, inside);
}

void measure_count(struct measure *measure, enum measure_event event, instant now)
{
    if (measure->whole != NULL)
        measure_count(measure->whole, event, now);
    measure->events[event] += counts(measure, now);
}

void measure_lost_writes(struct measure *measure, duration lag, instant now)
{
    if (measure->whole != NULL)
        measure_lost_writes(measure->whole, lag, now);
    if (!counts(measure, now))
        return;
    measure->lost_writes_us += lag.us;
    measure->from_copy++;
}

void measure_totals(struct measure *measure, uint64_t faults, uint64_t refusals)
{
    measure->faults = faults;
    measure->refusals = refusals;
}

void measure_close(struct measure *measure)
{
    instant end = measure->task->horizon;
    advance(measure, end);
    advance_nodes(measure, end);
    for (uint32_t k = 0; k < COMPONENT_CLASSES; k++)
        settle_kind(measure, &measure->kind[k], end);
    for (uint32_t w = 0; w < measure->demand->workloads; w++) {
        struct account *account = &measure->account[w];
        settle(measure, account, end);
        measure_settle_route(measure, w, end);
        end_none(measure, account, end);
        if (account->down_since.us != US_NEVER)
            end_outage(measure, w, end, false, true);
    }
    measure_report(measure);
    measure_report_sites(measure);
}
