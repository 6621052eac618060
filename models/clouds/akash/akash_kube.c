/* Inside a provider: a small Kubernetes cluster that places replicas, loses nodes, evicts and reschedules, and a monitor that gives a
 * sick deployment about eight minutes before it closes the lease for good. */
#include "models/clouds/akash/akash_inside.h"
#include "models/clouds/world/world_tell.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

/* Adds (sign +1) or takes away (-1) a replica's load on a node of its provider's inventory. */
static void load_node(struct akash *cloud, uint32_t workload, uint32_t node, int sign)
{
    const struct demand_class *class = world_class(cloud->world, workload);
    struct akash_provider *provider = &cloud->provider[cloud->plan->pools->pool_of_node[node]];
    struct adjust_load load = {sign * (int64_t)class->cpu_milli, sign * class->memory_bytes, sign * (int64_t)class->gpus,
                               sign * class->storage_bytes};
    adjust_add_foreign(provider->cluster, (int32_t)cloud->local[node], load);
    provider->stale = true;
}

static void bind(void *context, uint32_t unit, uint32_t node, uint16_t devices)
{
    struct akash *cloud = context;
    load_node(cloud, cloud->world->unit[unit].workload, node, +1);
    world_bind(cloud->world, unit, node, devices, NULL, 0);
    akash_start_later(cloud, unit);
}

/* A pod of a service; or what is missing of a job, all of it or nothing. */
static bool place(struct akash *cloud, uint32_t unit)
{
    struct world *world = cloud->world;
    uint32_t workload = world->unit[unit].workload, node;
    uint16_t devices;
    const struct tenancy *what = &cloud->tenancy[akash_tenancy_of(cloud, unit)];
    if (world_class(world, workload)->kind == DEMAND_JOB)
        return world_place_gang(world, workload, what->provider, bind);
    /* Kubernetes' default scheduler keeps the replicas of a deployment on different nodes where it can. */
    if (!pools_take_apart(cloud->pools, what->provider, workload, NULL, &node, &devices))
        return false;
    bind(cloud, unit, node, devices);
    return true;
}

static void remove_pod(struct akash *cloud, uint32_t unit)
{
    struct unit *what = &cloud->world->unit[unit];
    engine_cancel(cloud->world->engine, what->pending);
    if (what->state == UNIT_IDLE)
        return;
    load_node(cloud, what->workload, what->node, -1);
    pools_give(cloud->pools, what->workload, what->node, what->devices);
    world_release(cloud->world, unit, cloud->why);
}

/* A pod that Kubernetes cannot place stays pending and is tried again. */
static void place_or_wait(struct akash *cloud, uint32_t unit)
{
    if (place(cloud, unit))
        return;
    if (world_tells_unit(cloud->world, unit))
        world_tell(cloud->world, unit, "refused", "refused: its provider's cluster has no room that fits");
    world_later(cloud->world, unit, cloud->action_evict, (duration){US_PER_MINUTE});
}

/* --- The monitor ----------------------------------------------------------------------------------------------------- */

/* The time of the check that closes the lease, if all checks until then find it sick: the looks themselves are not events. */
static duration time_to_close(struct akash *cloud, uint32_t tenancy)
{
    struct stream stream = akash_stream(cloud, tenancy);
    struct provider_monitor monitor = {0};
    uint64_t draw = stream_u64(&stream);
    int64_t wait = provider_spread(cloud->clocks.monitor_healthy_us, draw); /* somewhere between two looks at a healthy one */
    for (;;) {
        draw = stream_u64(&stream);
        struct provider_check look = provider_monitor_check(&cloud->clocks, &monitor, false, draw);
        if (look.close_bid)
            return (duration){wait};
        wait += look.wait_us;
    }
}

static void watch(struct akash *cloud, uint32_t tenancy)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    if (what->monitor_done || what->phase != AKASH_LEASED)
        return;
    if (!engine_pending(cloud->world->engine, what->monitor))
        what->monitor = engine_schedule(cloud->world->engine,
                                        instant_add(world_now(cloud->world), time_to_close(cloud, tenancy)), CLASS_BLOCK,
                                        cloud->action_monitor, tenancy, 0);
}

void akash_on_monitor(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct akash *cloud = context;
    struct tenancy *what = &cloud->tenancy[tenancy];
    if (what->phase != AKASH_LEASED || akash_is_well(cloud, tenancy))
        return;
    if (!akash_provider_manages(cloud, what->provider)) {
        watch(cloud, tenancy); /* dark, or restarted in a loop while the chain halts ([R8]): it begins to count anew */
        return;
    }
    what->monitor_done = true;
    if (!cloud->producing)
        return; /* the message is lost, and there is no other */
    cloud->why = "lease closed by its provider: sick for too long";
    struct market_leave leave = {
        .order = what->order, .provider = cloud->provider[what->provider].wallet, .reason = MARKET_REASON_UNSTABLE};
    /* Refused where the lease has a reclamation window: it goes on, and is billed, until its tenant acts. */
    (void)akash_send(cloud, (struct akash_message){.kind = AKASH_CLOSE_BID, .leave = leave});
}

static void sick(struct akash *cloud, uint32_t tenancy)
{
    akash_sicken(cloud, tenancy);
    watch(cloud, tenancy);
}

void akash_monitors_restart(struct akash *cloud, uint32_t provider)
{
    for (uint32_t t = cloud->provider[provider].first_tenancy; t != COMPONENT_NONE; t = cloud->link[t].next) {
        cloud->tenancy[t].monitor_done = false;
        if (cloud->tenancy[t].served && !akash_is_well(cloud, t))
            watch(cloud, t);
    }
}

/* --- Life of a lease ------------------------------------------------------------------------------------------------- */

void akash_deploy(struct akash *cloud, uint32_t tenancy)
{
    const struct tenancy *what = &cloud->tenancy[tenancy];
    bool missing = false;
    akash_bring_data(cloud, tenancy);
    for (uint32_t u = what->first_unit; u < what->first_unit + what->units; u++) {
        if (cloud->world->unit[u].state != UNIT_IDLE || place(cloud, u))
            continue;
        /* The inventory walk said there was room; the scheduler finds none. */
        cloud->counts.disagreements += world_now(cloud->world).us >= 0;
        missing = true;
        if (world_tells_unit(cloud->world, u))
            world_tell(cloud->world, u, "refused", "refused: the inventory had room for it, its provider's cluster has none");
        world_later(cloud->world, u, cloud->action_evict, (duration){US_PER_MINUTE});
    }
    if (missing)
        sick(cloud, tenancy);
}

static void unlink_lease(struct akash *cloud, uint32_t tenancy)
{
    struct akash_link *link = &cloud->link[tenancy];
    if (link->next != COMPONENT_NONE)
        cloud->link[link->next].previous = link->previous;
    if (link->previous != COMPONENT_NONE)
        cloud->link[link->previous].next = link->next;
    else
        cloud->provider[cloud->tenancy[tenancy].provider].first_tenancy = link->next;
    *link = (struct akash_link){COMPONENT_NONE, COMPONENT_NONE};
}

void akash_tear_down(struct akash *cloud, uint32_t tenancy)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    struct akash_provider *who = &cloud->provider[what->provider];
    const struct demand_class *class = world_class(cloud->world, what->workload);
    instant now = world_now(cloud->world);
    akash_count_dead(cloud, tenancy);
    what->dead_since = INSTANT_NEVER;
    for (uint32_t u = what->first_unit; u < what->first_unit + what->units; u++)
        remove_pod(cloud, u);
    measure_billed(cloud->world->measure, what->workload, what->units, what->leased_at, now);
    double weight = class->gpus > 0 ? (double)class->gpus : class->vcpus / 128.0;
    instant from = what->leased_at.us > 0 ? what->leased_at : (instant){0};
    if (now.us > from.us)
        who->leased += weight * what->units * duration_seconds(instant_since(now, from));
    unlink_lease(cloud, tenancy);
    what->provider = COMPONENT_NONE;
    what->reclaimed = false;
    what->had_data |= what->served;
    engine_cancel(cloud->world->engine, what->monitor);
    engine_cancel(cloud->world->engine, what->balance);
    engine_cancel(cloud->world->engine, what->clock);
}

void akash_on_start(void *context, struct engine *engine, uint32_t unit, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct akash *cloud = context;
    uint32_t tenancy = akash_tenancy_of(cloud, unit);
    struct tenancy *what = &cloud->tenancy[tenancy];
    world_start(cloud->world, unit);
    akash_count_dead(cloud, tenancy);
    if (akash_is_well(cloud, tenancy) && !what->reclaimed) {
        engine_cancel(cloud->world->engine, what->monitor);
        engine_cancel(cloud->world->engine, what->detect);
    }
}

/* Kubernetes gives a lost node's pods up and places them elsewhere in the cluster, if its control is there to do so. */
void akash_on_evict(void *context, struct engine *engine, uint32_t unit, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct akash *cloud = context;
    const struct tenancy *what = &cloud->tenancy[akash_tenancy_of(cloud, unit)];
    if (what->provider == COMPONENT_NONE)
        return;
    if (!graph_serves(cloud->world->graph, cloud->plan->provider_component[what->provider])) {
        if (world_tells_unit(cloud->world, unit))
            world_tell_wait(cloud->world, unit, "waits", cloud->plan->provider_component[what->provider],
                            "not placed elsewhere, as its provider's control is down");
        world_later(cloud->world, unit, cloud->action_evict, (duration){US_PER_MINUTE});
        return;
    }
    cloud->why = "evicted by its provider's Kubernetes";
    remove_pod(cloud, unit);
    place_or_wait(cloud, unit);
}

void akash_unit_down(void *context, uint32_t unit, uint32_t lost)
{
    (void)lost;
    struct akash *cloud = context;
    if (cloud->world->unit[unit].state == UNIT_RUNNING)
        world_halt(cloud->world, unit);
    akash_count_dead(cloud, akash_tenancy_of(cloud, unit));
    world_later(cloud->world, unit, cloud->action_evict, cloud->plan->evict_after);
    sick(cloud, akash_tenancy_of(cloud, unit));
}

void akash_unit_up(void *context, uint32_t unit)
{
    struct akash *cloud = context;
    if (cloud->world->unit[unit].state == UNIT_BOUND)
        akash_start_later(cloud, unit);
    akash_count_dead(cloud, akash_tenancy_of(cloud, unit));
}
