/* Machines that have to go: taken back because they are spot, displaced by somebody of higher rank, or in the way of maintenance. All are
 * told first, by the same notice; a job that is told saves what it can. Nothing is billed after the end.
 *
 * Rank: whoever is on demand stands above whoever is spot, then priorities decide. A service on demand is never displaced, a job on demand
 * only by a job above it and not before it has run for `preempt_after` (2 h, as reported of Meta's clusters by Kokolis et
 * al. 2025, secondary). A job goes as a whole; a spot service goes replica by replica. */
#include "models/clouds/hyperscaler/hyperscaler_inside.h"
#include "models/clouds/world/world_tell.h"
#include "sim/base/check.h"

#include <inttypes.h>

#include "sim/base/nomalloc.h"

static const char *const leaving_reasons[] = {[LEAVES_EVICTED] = "evicted: spot",
                                              [LEAVES_PREEMPTED] = "displaced by a higher priority",
                                              [LEAVES_DRAINED] = "drained for maintenance"};

/* The first unit of whoever goes together with a unit. */
static uint32_t first_of(const struct hyperscaler *cloud, uint32_t unit)
{
    return is_job(cloud, unit) ? cloud->world->demand->workload[workload_of(cloud, unit)].first_unit : unit;
}

/* --- Notices and evictions ------------------------------------------------------------------------------------------- */

void hyperscaler_tell(struct hyperscaler *cloud, uint32_t unit, enum leaving why)
{
    struct world *world = cloud->world;
    uint32_t first = first_of(cloud, unit);
    struct machine *machine = &cloud->machine[first];
    if (machine->leaving != LEAVES_NOT)
        return;
    instant stop = instant_add(world_now(world), cloud->plan->notice);
    machine->leaving = (uint8_t)why;
    cloud->region[world->plan->fleet->node[world->unit[first].node].site].leaving += why == LEAVES_PREEMPTED;
    machine->evict = engine_schedule(world->engine, stop, CLASS_BLOCK, cloud->action_evict, first, 0);
    if (world_tells_unit(world, first))
        world_tell(world, first, "told", "told to go in %" PRId64 " s: %s", cloud->plan->notice.us / US_PER_SECOND, leaving_reasons[why]);
    world_warn(world, workload_of(cloud, first), stop);
}

void hyperscaler_on_notice(void *context, struct engine *engine, uint32_t unit, uint64_t detail)
{
    (void)engine;
    (void)detail;
    hyperscaler_tell(context, unit, LEAVES_EVICTED);
}

/* Spot machines are evicted, whoever wants their place; jobs on demand are preempted; what maintenance moves is neither. */
static void count(struct hyperscaler *cloud, uint32_t unit, enum leaving why)
{
    struct world *world = cloud->world;
    const struct demand_class *class = world_class(world, workload_of(cloud, unit));
    bool job = class->kind == DEMAND_JOB;
    if (why == LEAVES_PREEMPTED && job)
        measure_count(world->measure, MEASURE_PREEMPTION, world_now(world));
    if (why == LEAVES_DRAINED)
        return;
    check(why == LEAVES_PREEMPTED || class->capacity == CAPACITY_SPOT, "a machine on demand is evicted");
    for (uint32_t i = 0; i < (job ? class->units : 1) && class->capacity == CAPACITY_SPOT; i++)
        measure_count(world->measure, MEASURE_EVICTION, world_now(world));
}

void hyperscaler_on_evict(void *context, struct engine *engine, uint32_t unit, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct hyperscaler *cloud = context;
    struct world *world = cloud->world;
    enum leaving why = (enum leaving)cloud->machine[unit].leaving;
    count(cloud, unit, why);
    if (is_job(cloud, unit)) {
        world_stop(world, workload_of(cloud, unit));
        world_detected(world, workload_of(cloud, unit));
        hyperscaler_requeue(cloud, workload_of(cloud, unit), leaving_reasons[why]);
        return;
    }
    hyperscaler_free(cloud, unit, leaving_reasons[why]);
    world_ask(world, unit);
    world_later_drawn(world, unit, cloud->action_allocate, cloud->plan->create_time);
}

/* --- Displacing ------------------------------------------------------------------------------------------------------ */

/* From when on somebody may be displaced for that rank; INSTANT_NEVER: not at all. */
static instant may_go(const struct hyperscaler *cloud, uint32_t first, bool for_job, int32_t rank)
{
    const struct demand_class *class = world_class(cloud->world, workload_of(cloud, first));
    if (cloud->machine[first].leaving != LEAVES_NOT || rank_of(class) >= rank)
        return INSTANT_NEVER;
    if (class->capacity == CAPACITY_SPOT)
        return cloud->world->unit[first].bound_at;
    if (cloud->plan->preemption != PREEMPTION_PRIORITY || !for_job || class->kind != DEMAND_JOB)
        return INSTANT_NEVER;
    return instant_add(cloud->world->unit[first].bound_at, cloud->plan->preempt_after);
}

/* Those who could go now, and when the next will be one of them. */
struct candidates {
    uint32_t count;
    instant next;
};

static void consider(struct hyperscaler *cloud, struct candidates *candidates, uint32_t first, uint32_t units, bool for_job, int32_t rank)
{
    instant from = may_go(cloud, first, for_job, rank), since = cloud->world->unit[first].bound_at;
    const struct demand_class *class = world_class(cloud->world, workload_of(cloud, first));
    if (from.us <= world_now(cloud->world).us)
        cloud->holders[candidates->count++] =
            (struct pool_holder){.first_unit = first, .units = units, .rank = rank_of(class), .since = since};
    else if (from.us < candidates->next.us)
        candidates->next = from;
}

/* Who in the region could go: running jobs, and replicas of spot services. */
static struct candidates gather(struct hyperscaler *cloud, uint32_t site, bool for_job, int32_t rank)
{
    struct world *world = cloud->world;
    const struct demand_plan *plan = world->demand->plan;
    const struct gpu_backfill *queue = cloud->region[site].queue;
    struct candidates candidates = {.next = INSTANT_NEVER};
    bool spot_services = false;
    for (int32_t id = 0; queue != NULL && id < queue->profile->used; id++) {
        const struct gpu_job *job = gpu_backfill_job(queue, id);
        if (job->state == GPU_JOB_RUNNING)
            consider(cloud, &candidates, world->demand->workload[job->request.owner].first_unit, (uint32_t)job->request.count, for_job,
                     rank);
    }
    for (uint32_t c = 0; c < plan->classes; c++)
        spot_services = spot_services || (plan->class[c].kind == DEMAND_SERVICE && plan->class[c].capacity == CAPACITY_SPOT);
    for (uint32_t u = 0; u < world->demand->units && spot_services; u++)
        if (world->unit[u].state != UNIT_IDLE && !is_job(cloud, u) && world->plan->fleet->node[world->unit[u].node].site == site)
            consider(cloud, &candidates, u, 1, for_job, rank);
    return candidates;
}

void hyperscaler_make_room(struct hyperscaler *cloud, uint32_t unit, const struct pool_wish *wish)
{
    uint32_t workload = workload_of(cloud, unit), site = cloud->machine[unit].site;
    const struct demand_class *class = world_class(cloud->world, workload);
    if (cloud->plan->preemption == PREEMPTION_NONE || class->capacity == CAPACITY_SPOT || cloud->region[site].leaving > 0)
        return;
    /* Whom they make room for may find it promised to others, and they come back: without notice, once an instant is enough. */
    if (cloud->region[site].displaced.us == world_now(cloud->world).us)
        return;
    bool for_job = class->kind == DEMAND_JOB;
    uint32_t units = for_job ? class->units : 1;
    struct candidates candidates = gather(cloud, site, for_job, rank_of(class));
    uint32_t count = candidates.count;
    if (count == 0 || pools_preempt(cloud->pools, site, workload, units, rank_of(class), wish, cloud->holders, count) <= 0) {
        if (candidates.next.us < US_NEVER)
            hyperscaler_look_at(cloud, site, candidates.next);
        return;
    }
    cloud->region[site].claimant = for_job ? COMPONENT_NONE : unit;
    if (cloud->plan->notice.us == 0)
        cloud->region[site].displaced = world_now(cloud->world);
    for (uint32_t i = 0; i < count; i++)
        if (cloud->holders[i].victim)
            hyperscaler_tell(cloud, cloud->holders[i].first_unit, LEAVES_PREEMPTED);
}

void hyperscaler_made_room(struct hyperscaler *cloud, uint32_t site)
{
    struct region *region = &cloud->region[site];
    if (--region->leaving > 0)
        return;
    uint32_t unit = region->claimant;
    region->claimant = COMPONENT_NONE;
    if (unit != COMPONENT_NONE && cloud->world->unit[unit].state == UNIT_IDLE && world_wanted(cloud->world, workload_of(cloud, unit)))
        world_later(cloud->world, unit, cloud->action_allocate, (duration){0});
    hyperscaler_look(cloud, site);
}
