/* Hiring workers, and giving them back. */
#include "models/clouds/ionet/ionet_inside.h"
#include "models/clouds/world/world_tell.h"

#include "sim/base/nomalloc.h"

static void hire(void *context, uint32_t unit, uint32_t node, uint16_t devices)
{
    struct ionet *cloud = context;
    struct world *world = cloud->world;
    const struct fleet_node *where = &world->plan->fleet->node[node];
    struct stream stream = world_stream(world, unit);
    uint32_t relay = cloud->plan->relay[where->site * cloud->plan->relays_per_site +
                                        (uint32_t)stream_below(&stream, cloud->plan->relays_per_site)];
    /* Users reach a service through its relay; a job's workers talk to each other by a mesh of their own. */
    world_bind(world, unit, node, devices, &relay, world_class(world, world->unit[unit].workload)->kind == DEMAND_SERVICE);
    struct worker *worker = &cloud->worker[unit];
    *worker = (struct worker){.billed_to = world_now(world), .failed_at = INSTANT_NEVER, .booked_at = worker->booked_at};
    if (worker->booked_at.us == US_NEVER)
        worker->booked_at = world_now(world);
    cloud->device[node].hires++;
    ionet_reward_changed(cloud, node);
}

bool ionet_place_replica(struct ionet *cloud, uint32_t unit)
{
    struct world *world = cloud->world;
    uint32_t workload = world->unit[unit].workload, node;
    uint32_t site = world_site(world, unit);
    uint16_t devices;
    uint64_t sites[4] = {0};
    sites[site / 64] = UINT64_C(1) << site % 64;
    struct pool_wish wish = {0};
    if (world_class(world, workload)->spread == SPREAD_SITE) {
        wish.domains = sites;
        wish.domain_words = 4;
    }
    for (int i = 0; i < TIERS; i++)
        if (pools_take_apart(cloud->pools, cloud->plan->order[i], workload, &wish, &node, &devices)) {
            hire(cloud, unit, node, devices);
            return true;
        }
    return false;
}

/* The tier that a cluster's workers are of, or TIERS when it has none. */
enum tier ionet_cluster_tier(const struct ionet *cloud, uint32_t workload)
{
    const struct world *world = cloud->world;
    uint32_t first = world->demand->workload[workload].first_unit;
    for (uint32_t u = first; u < first + world_class(world, workload)->units; u++)
        if (world->unit[u].state != UNIT_IDLE)
            return (enum tier)cloud->plan->pools->pool_of_node[world->unit[u].node];
    return TIERS;
}

/* A Ray cluster: one placement group with a bundle for each pod, hired in one tier. What is lost is hired where the rest is. */
bool ionet_place_cluster(struct ionet *cloud, uint32_t workload)
{
    enum tier tier = ionet_cluster_tier(cloud, workload);
    if (tier != TIERS)
        return world_place_gang(cloud->world, workload, tier, hire);
    for (int i = 0; i < TIERS; i++)
        if (world_place_gang(cloud->world, workload, cloud->plan->order[i], hire))
            return true;
    return false;
}

void ionet_free(struct ionet *cloud, uint32_t unit, const char *why)
{
    struct unit *what = &cloud->world->unit[unit];
    if (what->state == UNIT_IDLE)
        return;
    ionet_bill(cloud, unit, world_now(cloud->world));
    pools_give(cloud->pools, what->workload, what->node, what->devices);
    uint32_t node = what->node;
    cloud->device[node].hires--;
    world_release(cloud->world, unit, why);
    ionet_reward_changed(cloud, node);
}

bool ionet_manages(const struct ionet *cloud) { return graph_manages(cloud->world->graph, cloud->plan->orchestrator); }

void ionet_refuse(struct ionet *cloud, uint32_t unit, uint32_t action)
{
    duration wait = world_backoff(cloud->plan->retry_first, cloud->plan->retry_cap, cloud->worker[unit].tries++);
    world_refuse(cloud->world, unit);
    if (world_tells_unit(cloud->world, unit) && ionet_manages(cloud))
        world_tell(cloud->world, unit, "refused", "refused: no tier has room that fits");
    else if (world_tells_unit(cloud->world, unit))
        world_tell_wait(cloud->world, unit, "refused", cloud->plan->orchestrator, "refused: its orchestrator cannot decide");
    world_later(cloud->world, unit, action, wait);
}
