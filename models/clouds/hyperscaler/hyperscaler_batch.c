/* Jobs: each region has one queue of gangs over the machines that its services leave (models/gpu/backfill.h).
 *
 * A job asks for a time: its work that is left, its checkpoints and its restart, times `estimate`. At the end of that it is stopped and
 * queued anew. A job that loses a machine gives the others back and waits where it was in the queue: its checkpoints lie in
 * storage of the region, its machines are made anew from an image. Services do not queue: they take what is free and may break
 * promises made to jobs. */
#include "models/clouds/hyperscaler/hyperscaler_inside.h"
#include "models/clouds/world/world_tell.h"
#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

static uint32_t first_of(const struct hyperscaler *cloud, uint32_t workload)
{
    return cloud->world->demand->workload[workload].first_unit;
}

static uint32_t site_of(const struct hyperscaler *cloud, uint32_t workload)
{
    return cloud->world->demand->workload[workload].site[0];
}

void hyperscaler_open_queues(struct hyperscaler *cloud)
{
    struct world *world = cloud->world;
    uint32_t sites = world->plan->fleet->sites;
    uint32_t *jobs = arena_array(world->arena, sites, uint32_t), *pods = arena_array(world->arena, sites, uint32_t);
    cloud->region = arena_array(world->arena, sites, struct region);
    cloud->job = arena_array(world->arena, world->demand->workloads, struct batch_job);
    cloud->tasks = arena_array(world->arena, world->demand->plan->classes, struct gpu_pod *);
    for (uint32_t w = 0; w < world->demand->workloads; w++) {
        const struct demand_class *class = world_class(world, w);
        cloud->job[w].id = GPU_NO_JOB;
        if (class->kind != DEMAND_JOB)
            continue;
        jobs[site_of(cloud, w)]++;
        pods[site_of(cloud, w)] += class->units;
        struct gpu_pod **tasks = &cloud->tasks[world->demand->workload[w].class];
        if (*tasks != NULL)
            continue;
        *tasks = arena_array(world->arena, class->units, struct gpu_pod);
        for (uint32_t i = 0; i < class->units; i++)
            (*tasks)[i] = world_pod(world, w);
    }
    for (uint32_t s = 0; s < sites; s++) {
        cloud->region[s].displaced = INSTANT_NEVER;
        cloud->region[s].queue = pools_open_queue(cloud->pools, s, cloud->plan->discipline, jobs[s], pods[s]);
    }
}

/* --- Looking at the queue -------------------------------------------------------------------------------------------- */

void hyperscaler_look_at(struct hyperscaler *cloud, uint32_t site, instant at)
{
    struct region *region = &cloud->region[site];
    if (engine_pending(cloud->world->engine, region->pass) && region->pass_at.us <= at.us)
        return;
    engine_cancel(cloud->world->engine, region->pass);
    region->pass = engine_schedule(cloud->world->engine, at, CLASS_BEGIN, cloud->action_pass, site, 0);
    region->pass_at = at;
}

void hyperscaler_look(struct hyperscaler *cloud, uint32_t site)
{
    const struct gpu_backfill *queue = cloud->region[site].queue;
    if (queue != NULL && queue->waiting > 0)
        hyperscaler_look_at(cloud, site, world_now(cloud->world));
}

/* The time a job asks for, counted from its next start. */
static int64_t limit_of(const struct hyperscaler *cloud, uint32_t workload)
{
    const struct load *load = &cloud->world->load[workload];
    const struct job_costs *costs = &load->costs;
    double left = duration_seconds(load->job.work) - duration_seconds(load->job.committed);
    double writes = costs->interval.us > 0 ? left / duration_seconds(costs->interval) * duration_seconds(costs->write) : 0;
    double wanted = world_class(cloud->world, workload)->estimate * (left + writes + duration_seconds(costs->restart));
    int64_t limit = duration_from_seconds(wanted).us + US_PER_HOUR; /* the time to boot, and what rounding takes */
    return limit < GPU_PROFILE_NEVER ? limit : GPU_PROFILE_NEVER;
}

/* Ray's strategies as far as they are rules; their goals are left to the placement policy. */
static const enum gpu_company company_of[] = {[GANG_STRICT_PACK] = GPU_COMPANY_TOGETHER, [GANG_STRICT_SPREAD] = GPU_COMPANY_APART};

static void submit(struct hyperscaler *cloud, uint32_t workload)
{
    struct world *world = cloud->world;
    const struct demand_class *class = world_class(world, workload);
    uint32_t site = site_of(cloud, workload);
    duration closed = hyperscaler_spot_wait(cloud, workload, site);
    if (closed.us > 0) {
        cloud->job[workload].id = GPU_NO_JOB;
        world_refuse(world, first_of(cloud, workload));
        world_later(world, first_of(cloud, workload), cloud->action_submit, closed);
        return;
    }
    struct gpu_request request = {.tasks = cloud->tasks[world->demand->workload[workload].class],
                                  .count = (int32_t)class->units,
                                  .company = company_of[class->gang],
                                  .priority = rank_of(class),
                                  .limit_us = limit_of(cloud, workload),
                                  .requeue = true,
                                  .owner = workload};
    cloud->job[workload].id = cloud->region[site].queue != NULL
                                  ? gpu_backfill_submit(cloud->region[site].queue, &request, world_now(world).us)
                                  : GPU_NO_JOB;
    if (cloud->job[workload].id != GPU_NO_JOB)
        hyperscaler_look(cloud, site);
    else /* larger than the region: the tenant goes on asking */
        hyperscaler_refuse(cloud, first_of(cloud, workload), cloud->action_submit);
}

void hyperscaler_on_submit(void *context, struct engine *engine, uint32_t unit, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct hyperscaler *cloud = context;
    if (obeys(cloud, unit, world_site(cloud->world, unit)))
        submit(cloud, workload_of(cloud, unit));
    else
        hyperscaler_refuse(cloud, unit, cloud->action_submit);
}

/* The queue has taken places for all pods of a job: they become machines. */
static void begin(struct hyperscaler *cloud, uint32_t site, int32_t id)
{
    struct world *world = cloud->world;
    struct gpu_backfill *queue = cloud->region[site].queue;
    const struct gpu_job *entry = gpu_backfill_job(queue, id);
    uint32_t workload = (uint32_t)entry->request.owner, first = first_of(cloud, workload);
    struct gpu_placement seats[DEMAND_UNITS_MAX];
    gpu_backfill_seats(queue, id, seats);
    for (uint32_t i = 0; i < (uint32_t)entry->request.count; i++) {
        hyperscaler_bind(cloud, first + i, pools_fleet_node(cloud->pools, site, seats[i].node), seats[i].devices);
        world_later_drawn(world, first + i, cloud->action_start, cloud->plan->boot_time);
    }
    cloud->job[workload].limit = EVENT_NONE;
    if (entry->ends_us < GPU_PROFILE_NEVER)
        cloud->job[workload].limit =
            engine_schedule(world->engine, (instant){entry->ends_us}, CLASS_BLOCK, cloud->action_limit, workload, 0);
}

void hyperscaler_on_pass(void *context, struct engine *engine, uint32_t site, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct hyperscaler *cloud = context;
    struct gpu_backfill *queue = cloud->region[site].queue;
    if (queue->waiting == 0)
        return;
    bool open = can_manage(cloud, site) && cloud->region[site].leaving == 0 && hyperscaler_held_zones(cloud, site) == 0;
    if (!open) { /* what ends that will bring us back */
        gpu_backfill_void(queue);
        return;
    }
    int32_t started = pools_pass(cloud->pools, site);
    for (int32_t i = 0; i < started; i++)
        begin(cloud, site, queue->started[i]);
    int64_t next = gpu_backfill_next_us(queue);
    if (next < GPU_PROFILE_NEVER)
        hyperscaler_look_at(cloud, site, (instant){next});
    for (int32_t i = 0; i < queue->waiting; i++) {
        uint32_t waiting = (uint32_t)gpu_backfill_job(queue, queue->order[i])->request.owner;
        world_refuse(cloud->world, first_of(cloud, waiting));
        if (world_tells(cloud->world, waiting))
            world_tell_whole(cloud->world, "refused", "waits in the queue of region %s", cloud->plan->fleet->site[site].name);
    }
    if (queue->waiting > 0) {
        uint32_t head = (uint32_t)gpu_backfill_job(queue, queue->order[0])->request.owner;
        hyperscaler_make_room(cloud, first_of(cloud, head), NULL);
    }
}

/* --- Ends of attempts ------------------------------------------------------------------------------------------------ */

/* A job's machines go; the queue is told by the caller. */
static void give_machines(struct hyperscaler *cloud, uint32_t workload, const char *why)
{
    struct world *world = cloud->world;
    uint32_t first = first_of(cloud, workload);
    engine_cancel(world->engine, cloud->job[workload].limit);
    for (uint32_t u = first; u < first + world_class(world, workload)->units; u++) {
        engine_cancel(world->engine, world->unit[u].pending);
        if (world->unit[u].state == UNIT_IDLE)
            continue;
        hyperscaler_leave(cloud, u, why);
        cloud->machine[u].storage = COMPONENT_NONE;
        cloud->machine[u].booted = false;
    }
}

static void ask_for_all(struct hyperscaler *cloud, uint32_t workload)
{
    uint32_t first = first_of(cloud, workload);
    for (uint32_t u = first; u < first + world_class(cloud->world, workload)->units; u++)
        world_ask(cloud->world, u);
}

void hyperscaler_requeue(struct hyperscaler *cloud, uint32_t workload, const char *why)
{
    uint32_t site = site_of(cloud, workload);
    if (cloud->world->unit[first_of(cloud, workload)].state == UNIT_IDLE)
        return;
    give_machines(cloud, workload, why);
    ask_for_all(cloud, workload);
    if (hyperscaler_spot_wait(cloud, workload, site).us > 0) { /* it may not even wait here */
        gpu_backfill_finish(cloud->region[site].queue, cloud->job[workload].id, world_now(cloud->world).us);
        submit(cloud, workload);
        return;
    }
    gpu_backfill_requeue(cloud->region[site].queue, cloud->job[workload].id, limit_of(cloud, workload));
    hyperscaler_look(cloud, site);
}

/* The time that it asked for is over: it is stopped, and asks anew as the last. */
void hyperscaler_on_limit(void *context, struct engine *engine, uint32_t workload, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct hyperscaler *cloud = context;
    struct world *world = cloud->world;
    world_stop(world, workload);
    world_detected(world, workload);
    give_machines(cloud, workload, "at the end of its time");
    ask_for_all(cloud, workload);
    gpu_backfill_finish(cloud->region[site_of(cloud, workload)].queue, cloud->job[workload].id, world_now(world).us);
    submit(cloud, workload);
}

void hyperscaler_end_job(struct hyperscaler *cloud, uint32_t workload)
{
    struct world *world = cloud->world;
    uint32_t first = first_of(cloud, workload), site = site_of(cloud, workload);
    struct batch_job *job = &cloud->job[workload];
    struct gpu_backfill *queue = cloud->region[site].queue;
    give_machines(cloud, workload, "not wanted any more");
    for (uint32_t u = first; u < first + world_class(world, workload)->units; u++)
        world_give_up(world, u);
    if (job->id == GPU_NO_JOB)
        return;
    if (gpu_backfill_job(queue, job->id)->state == GPU_JOB_WAITING)
        gpu_backfill_cancel(queue, job->id);
    else
        gpu_backfill_finish(queue, job->id, world_now(world).us);
    job->id = GPU_NO_JOB;
    hyperscaler_look(cloud, site);
}
