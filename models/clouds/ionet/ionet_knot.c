/* Clusters that wait for each other for ever. */
#include "models/clouds/ionet/ionet_inside.h"
#include "models/clouds/world/world_tell.h"

#include "sim/base/nomalloc.h"

void ionet_leave_partial(struct ionet *cloud, uint32_t workload)
{
    struct cluster *cluster = &cloud->cluster[workload];
    cluster->knotted = false;
    if (!cluster->partial)
        return;
    cluster->partial = false;
    uint32_t at = 0;
    while (cloud->partial[at] != workload)
        at++;
    cloud->partial[at] = cloud->partial[--cloud->partials];
}

void ionet_dissolve(struct ionet *cloud, uint32_t workload, const char *why)
{
    struct world *world = cloud->world;
    uint32_t first = world->demand->workload[workload].first_unit;
    ionet_leave_partial(cloud, workload);
    cloud->cluster[workload].mixed = false;
    for (uint32_t u = first; u < first + world_class(world, workload)->units; u++) {
        engine_cancel(world->engine, world->unit[u].pending);
        ionet_free(cloud, u, why);
        world_ask(world, u);
        cloud->worker[u].tries = 0;
    }
}

static bool younger(const struct ionet *cloud, uint32_t a, uint32_t b)
{
    int64_t first = cloud->world->demand->workload[a].requested.us, second = cloud->world->demand->workload[b].requested.us;
    return first != second ? first > second : a > b;
}

/* A cluster that lacks workers found no room for them. Others may wait in the same tier for what it holds while it waits for what
 * they hold: such a knot does not come undone by waiting. */
void ionet_look_for_knots(struct ionet *cloud, uint32_t workload)
{
    enum tier tier = ionet_cluster_tier(cloud, workload);
    enum demand_product product = ionet_product(cloud, workload);
    if (tier == TIERS || cloud->cluster[workload].mixed || (product != PRODUCT_RAY && product != PRODUCT_KUBERNETES))
        return; /* a knot is looked for among those that want one tier */
    if (!cloud->cluster[workload].partial)
        cloud->partial[cloud->partials++] = workload;
    cloud->cluster[workload].partial = true;
    uint32_t count = 0, youngest = COMPONENT_NONE;
    for (uint32_t i = 0; i < cloud->partials; i++)
        if (ionet_cluster_tier(cloud, cloud->partial[i]) == tier)
            cloud->knot_of[count++] = cloud->partial[i];
    bool fresh = false;
    if (count < 2 || pools_find_knot(cloud->pools, tier, cloud->knot_of, count, cloud->in_knot) == 0)
        return;
    for (uint32_t i = 0; i < count; i++) {
        struct cluster *cluster = &cloud->cluster[cloud->knot_of[i]];
        fresh = fresh || (cloud->in_knot[i] && !cluster->knotted);
        cluster->knotted = cloud->in_knot[i];
        if (cloud->in_knot[i] && (youngest == COMPONENT_NONE || younger(cloud, cloud->knot_of[i], youngest)))
            youngest = cloud->knot_of[i];
    }
    for (uint32_t i = 0; i < count && cloud->world->told != COMPONENT_NONE; i++)
        if (cloud->in_knot[i] && world_tells(cloud->world, cloud->knot_of[i]))
            world_tell_whole(cloud->world, "livelock", "waits for machines of clusters that wait for its own");
    if (fresh)
        measure_count(cloud->world->measure, MEASURE_LIVELOCK, world_now(cloud->world));
    if (!cloud->plan->recreate)
        return;
    ionet_dissolve(cloud, youngest, "given up to end a livelock");
    world_later_drawn(cloud->world, cloud->world->demand->workload[youngest].first_unit, cloud->action_deploy,
                      cloud->plan->deploy_time);
}
