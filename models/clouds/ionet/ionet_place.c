/* Hiring workers, and giving them back. */
#include "models/clouds/ionet/ionet_inside.h"
#include "models/clouds/world/world_tell.h"

#include "sim/base/nomalloc.h"

enum demand_product ionet_product(const struct ionet *cloud, uint32_t workload)
{
    const struct demand_class *class = world_class(cloud->world, workload);
    if (class->product != PRODUCT_DEFAULT)
        return class->product;
    return class->kind == DEMAND_JOB ? PRODUCT_RAY : PRODUCT_CONTAINER;
}

static bool is_whole(const struct ionet *cloud, uint32_t workload) { return ionet_product(cloud, workload) == PRODUCT_BARE_METAL; }

static void hire(void *context, uint32_t unit, uint32_t node, uint16_t devices)
{
    struct ionet *cloud = context;
    struct world *world = cloud->world;
    bool whole = is_whole(cloud, world->unit[unit].workload);
    if (whole) /* of a whole machine the tenant uses what it asked for */
        devices = (uint16_t)((1U << world_class(world, world->unit[unit].workload)->gpus) - 1);
    const struct fleet_node *where = &world->plan->fleet->node[node];
    struct stream stream = world_stream(world, unit);
    uint32_t relay = cloud->plan->relay[where->site * cloud->plan->relays_per_site +
                                        (uint32_t)stream_below(&stream, cloud->plan->relays_per_site)];
    /* Users reach a service through its relay; a job's workers talk to each other by a mesh of their own. */
    world_bind(world, unit, node, devices, &relay, world_class(world, world->unit[unit].workload)->kind == DEMAND_SERVICE);
    struct worker *worker = &cloud->worker[unit];
    *worker = (struct worker){.billed_to = world_now(world), .failed_at = INSTANT_NEVER, .booked_at = worker->booked_at, .whole = whole,
                              .hired_at = world_now(world)};
    if (worker->booked_at.us == US_NEVER)
        worker->booked_at = world_now(world);
    cloud->device[node].hires++;
    ionet_reward_changed(cloud, node);
}

bool ionet_has_head(const struct ionet *cloud, uint32_t workload)
{
    enum demand_product product = ionet_product(cloud, workload);
    return product == PRODUCT_RAY || product == PRODUCT_MEGA_RAY;
}

/* A head is hired in data centers only, where the rules want it so. */
static bool may_be_in(const struct ionet *cloud, uint32_t unit, enum tier tier)
{
    uint32_t workload = cloud->world->unit[unit].workload;
    bool head = unit == cloud->world->demand->workload[workload].first_unit && ionet_has_head(cloud, workload);
    return !head || !cloud->plan->rules.head_compliant || tier == TIER_DATA_CENTER;
}

bool ionet_place_replica(struct ionet *cloud, uint32_t unit)
{
    struct world *world = cloud->world;
    uint32_t workload = world->unit[unit].workload, node;
    uint32_t site = world_site(world, unit);
    uint16_t devices;
    uint64_t sites[4] = {0};
    sites[site / 64] = UINT64_C(1) << site % 64;
    struct pool_wish wish = {.whole = is_whole(cloud, workload)};
    if (world_class(world, workload)->spread == SPREAD_SITE) {
        wish.domains = sites;
        wish.domain_words = 4;
    }
    for (int i = 0; i < TIERS; i++)
        if (may_be_in(cloud, unit, cloud->plan->order[i]) && pools_take_apart(cloud->pools, cloud->plan->order[i], workload, &wish, &node, &devices)) {
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

/* Finds places for the idle workers of a cluster one by one, in the tiers that the bits of `tiers` name, and hires them: all or none,
 * or `partly` as many as there are. */
static bool place_each(struct ionet *cloud, uint32_t workload, uint32_t tiers, bool partly)
{
    struct world *world = cloud->world;
    uint32_t first = world->demand->workload[workload].first_unit, units = world_class(world, workload)->units, missing = 0;
    uint32_t nodes[DEMAND_UNITS_MAX];
    uint16_t devices[DEMAND_UNITS_MAX];
    struct pool_wish wish = {.whole = is_whole(cloud, workload)};
    for (uint32_t i = 0; i < units; i++) {
        nodes[i] = COMPONENT_NONE;
        for (int t = 0; t < TIERS && nodes[i] == COMPONENT_NONE && world->unit[first + i].state == UNIT_IDLE; t++) {
            enum tier tier = cloud->plan->order[t];
            bool head_too = (tiers >> tier & 1) != 0 || (i == 0 && cloud->plan->rules.head_compliant && ionet_has_head(cloud, workload));
            if (head_too && may_be_in(cloud, first + i, tier))
                (void)pools_take(cloud->pools, tier, workload, &wish, &nodes[i], &devices[i]);
        }
        missing += nodes[i] == COMPONENT_NONE && world->unit[first + i].state == UNIT_IDLE;
    }
    for (uint32_t i = 0; i < units; i++) {
        if (nodes[i] == COMPONENT_NONE)
            continue;
        if (missing == 0 || partly)
            hire(cloud, first + i, nodes[i], devices[i]);
        else if (wish.whole)
            pools_give_whole(cloud->pools, nodes[i]);
        else
            pools_give(cloud->pools, workload, nodes[i], devices[i]);
    }
    return missing == 0;
}

/* One placement group with a bundle for each pod, hired in one tier. What is lost is hired where the rest is. Where the head must be in a
 * data center and the others are to be elsewhere, each is hired by itself. */
static bool place_group(struct ionet *cloud, uint32_t workload)
{
    enum tier tier = ionet_cluster_tier(cloud, workload);
    struct cluster *cluster = &cloud->cluster[workload];
    enum demand_gang gang = world_class(cloud->world, workload)->gang;
    bool apart = cloud->plan->rules.head_compliant && ionet_has_head(cloud, workload);
    bool strict = gang == GANG_STRICT_PACK || gang == GANG_STRICT_SPREAD; /* a group or nothing */
    if (tier != TIERS && !cluster->mixed)
        return world_place_gang(cloud->world, workload, tier, hire);
    for (int i = 0; i < TIERS && tier == TIERS; i++) {
        enum tier next = cloud->plan->order[i];
        if (!apart || next == TIER_DATA_CENTER) {
            if (world_place_gang(cloud->world, workload, next, hire))
                return true;
        } else if (!strict && place_each(cloud, workload, 1U << next, false)) {
            cluster->mixed = true;
            return true;
        }
    }
    return tier != TIERS && place_each(cloud, workload, (1U << TIERS) - 1, false);
}

bool ionet_place_cluster(struct ionet *cloud, uint32_t workload)
{
    enum demand_product product = ionet_product(cloud, workload);
    if (product == PRODUCT_RAY || product == PRODUCT_KUBERNETES)
        return place_group(cloud, workload);
    return place_each(cloud, workload, (1U << TIERS) - 1, product == PRODUCT_MEGA_RAY);
}

bool ionet_master_serves(const struct ionet *cloud, uint32_t unit)
{
    const struct world *world = cloud->world;
    uint32_t workload = world->unit[unit].workload, first = world->demand->workload[workload].first_unit;
    if (unit == first || ionet_product(cloud, workload) != PRODUCT_KUBERNETES)
        return true;
    return world->unit[first].state == UNIT_RUNNING && ionet_works(cloud, world->unit[first].node);
}

void ionet_free(struct ionet *cloud, uint32_t unit, const char *why)
{
    struct unit *what = &cloud->world->unit[unit];
    if (what->state == UNIT_IDLE)
        return;
    ionet_bill(cloud, unit, world_now(cloud->world));
    ionet_settle(cloud, unit);
    uint32_t node = what->node;
    bool whole = cloud->worker[unit].whole;
    if (whole)
        pools_give_whole(cloud->pools, node);
    else
        pools_give(cloud->pools, what->workload, node, what->devices);
    cloud->device[node].hires--;
    world_release(cloud->world, unit, why);
    if (whole)
        ionet_wipe(cloud, node);
    ionet_reward_changed(cloud, node);
}

bool ionet_manages(const struct ionet *cloud) { return graph_manages(cloud->world->graph, cloud->plan->orchestrator); }

bool ionet_obeys(struct ionet *cloud, uint32_t unit)
{
    bool manages = ionet_manages(cloud);
    cloud->worker[unit].unanswered = manages && !world_answered(cloud->world, unit, cloud->plan->orchestrator, PLANE_CONTROL);
    return manages && !cloud->worker[unit].unanswered;
}

void ionet_refuse(struct ionet *cloud, uint32_t unit, uint32_t action)
{
    duration wait = world_backoff(cloud->plan->retry_first, cloud->plan->retry_cap, cloud->worker[unit].tries++);
    world_refuse(cloud->world, unit);
    uint32_t workload = cloud->world->unit[unit].workload;
    if (world_tells_unit(cloud->world, unit) && ionet_manages(cloud) && cloud->worker[unit].unanswered)
        world_tell_wait(cloud->world, unit, "refused", cloud->plan->orchestrator, "refused: its orchestrator is degraded, and the request failed");
    else if (world_tells_unit(cloud->world, unit) && ionet_manages(cloud) && !cloud->cluster[workload].booked && !ionet_can_pay(cloud, workload))
        world_tell_wait(cloud->world, unit, "refused", cloud->plan->solana, "refused: Solana takes no payment");
    else if (world_tells_unit(cloud->world, unit) && ionet_manages(cloud) && !ionet_master_serves(cloud, unit))
        world_tell(cloud->world, unit, "refused", "refused: its Kubernetes master is lost");
    else if (world_tells_unit(cloud->world, unit) && ionet_manages(cloud))
        world_tell(cloud->world, unit, "refused", "refused: no tier has room that fits");
    else if (world_tells_unit(cloud->world, unit))
        world_tell_wait(cloud->world, unit, "refused", cloud->plan->orchestrator, "refused: its orchestrator cannot decide");
    world_later(cloud->world, unit, action, wait);
}
