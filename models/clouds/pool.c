#include "models/clouds/pool.h"

#include "models/clouds/cloud.h"
#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

enum { AVOID_MAX = 1024, TYPICAL_PODS_MAX = 4096, FRAGMENT_MEMO = 16384 };

struct pools {
    struct world *world;
    const struct pool_plan *plan;
    struct gpu_inventory **inventory; /* [pools]; NULL: no nodes */
    uint32_t *local;                  /* fleet node -> index in its inventory */
    uint32_t **fleet_node;            /* pool -> index in the inventory -> fleet node */
    struct stream chance;             /* for uniform ties */
    int32_t avoid[AVOID_MAX];
};

struct pool_plan *pool_plan_read(struct scenario *scenario, const struct value *cloud, const struct fleet *fleet, uint32_t pools)
{
    struct pool_plan *plan = arena_new(scenario->arena, struct pool_plan);
    plan->pools = pools;
    plan->pool_of_node = arena_array(scenario->arena, fleet->nodes, uint32_t);
    plan->domain_of_node = arena_array(scenario->arena, fleet->nodes, uint16_t);
    plan->policy = value_choice(cloud, "placement") == 0 ? GPU_BEST_FIT : GPU_FGD;
    plan->ties = value_choice(cloud, "ties") == 0 ? GPU_TIES_LOWEST : GPU_TIES_UNIFORM;
    return plan;
}

/* FGD's target workload: the classes of demand, each as often as it has units at the begin. */
static struct gpu_fragmentation *typical_demand(struct world *world)
{
    const struct demand_plan *demand = world->plan->demand;
    double total = 0;
    for (uint32_t c = 0; c < demand->classes; c++)
        total += (double)demand->class[c].units * (double)(demand->class[c].count + 1);
    struct gpu_pod *pods = arena_array(world->arena, TYPICAL_PODS_MAX + demand->classes, struct gpu_pod);
    size_t used = 0;
    for (uint32_t c = 0; c < demand->classes; c++) {
        const struct demand_class *class = &demand->class[c];
        double share = (double)class->units * (double)(class->count + 1) / total;
        size_t copies = 1 + (size_t)(share * TYPICAL_PODS_MAX);
        for (size_t i = 0; i < copies && used < TYPICAL_PODS_MAX + demand->classes; i++)
            pods[used++] = (struct gpu_pod){.cpu_milli = class->vcpus * 1000,
                                            .devices = (uint16_t)class->gpus,
                                            .milli_per_device = (uint16_t)(class->gpus > 0 ? class->gpu_milli : 0),
                                            .models = class->gpus > 0 ? class->gpu_models : 0};
    }
    struct gpu_typical_options options = {.pods = pods, .count = used};
    struct gpu_typical *typical;
    size_t count = gpu_typical_from_pods(world->arena, &options, &typical);
    return gpu_fragmentation_create(world->arena, typical, count, FRAGMENT_MEMO);
}

static void add_node(struct pools *pools, uint32_t node)
{
    const struct fleet *fleet = pools->world->plan->fleet;
    const struct node_type *type = &fleet->type[fleet->node[node].type];
    uint32_t pool = pools->plan->pool_of_node[node];
    struct gpu_node_options options = {.cpu_milli = type->vcpus * 1000,
                                       .memory_mib = (int32_t)(type->memory_bytes / 1048576),
                                       .devices = (uint8_t)type->gpus,
                                       .model = (uint8_t)(type->gpus > 0 ? type->gpu_model_id : 0),
                                       .domain = pools->plan->domain_of_node[node],
                                       .rank = node};
    int32_t local = gpu_inventory_add_node(pools->inventory[pool], &options);
    pools->local[node] = (uint32_t)local;
    pools->fleet_node[pool][local] = node;
}

struct pools *pools_open(struct world *world, const struct pool_plan *plan)
{
    const struct fleet *fleet = world->plan->fleet;
    struct pools *pools = arena_new(world->arena, struct pools);
    pools->world = world;
    pools->plan = plan;
    pools->chance = stream_open(stream_key(world->task->seed, world->task->replication, "placement"));
    pools->inventory = arena_array(world->arena, plan->pools, struct gpu_inventory *);
    pools->fleet_node = arena_array(world->arena, plan->pools, uint32_t *);
    pools->local = arena_array(world->arena, fleet->nodes, uint32_t);
    uint32_t *size = arena_array(world->arena, plan->pools, uint32_t);
    for (uint32_t n = 0; n < fleet->nodes; n++)
        if (plan->pool_of_node[n] != COMPONENT_NONE)
            size[plan->pool_of_node[n]]++;
    struct gpu_fragmentation *fragmentation = plan->policy == GPU_FGD ? typical_demand(world) : NULL;
    for (uint32_t p = 0; p < plan->pools; p++) {
        if (size[p] == 0)
            continue;
        struct gpu_inventory_options options = {
            .nodes = size[p], .shapes = world->plan->demand->classes + 4, .fragmentation = fragmentation};
        pools->inventory[p] = gpu_inventory_create(world->arena, &options);
        pools->fleet_node[p] = arena_array(world->arena, size[p], uint32_t);
    }
    for (uint32_t n = 0; n < fleet->nodes; n++)
        if (plan->pool_of_node[n] != COMPONENT_NONE)
            add_node(pools, n);
    for (uint32_t p = 0; p < plan->pools; p++)
        if (size[p] > 0)
            gpu_inventory_seal(pools->inventory[p]);
    for (uint32_t n = 0; n < fleet->nodes; n++)
        if (!graph_serves(world->graph, fleet->node[n].component))
            pools_component(pools, fleet->node[n].component, false);
    return pools;
}

void pools_component(struct pools *pools, uint32_t component, bool serves)
{
    const struct fleet *fleet = pools->world->plan->fleet;
    if (component >= fleet->fleet_components)
        return;
    uint32_t node = fleet->node_of_component[component];
    if (node == COMPONENT_NONE || pools->plan->pool_of_node[node] == COMPONENT_NONE)
        return;
    gpu_node_set_available(pools->inventory[pools->plan->pool_of_node[node]], (int32_t)pools->local[node], serves);
}

bool pools_take(struct pools *pools, uint32_t pool, uint32_t workload, const struct pool_wish *wish, uint32_t *node,
                uint16_t *devices)
{
    struct gpu_place_options options = {.policy = pools->plan->policy, .ties = pools->plan->ties};
    if (options.ties == GPU_TIES_UNIFORM)
        options.random = stream_u64(&pools->chance);
    if (wish != NULL) {
        options.domains = wish->domains;
        options.domain_words = wish->domain_words;
        check(wish->avoid_count <= AVOID_MAX, "too many nodes to avoid");
        for (size_t i = 0; i < wish->avoid_count; i++)
            if (pools->plan->pool_of_node[wish->avoid[i]] == pool)
                pools->avoid[options.forbidden_count++] = (int32_t)pools->local[wish->avoid[i]];
        options.forbidden = pools->avoid;
    }
    struct gpu_pod pod = world_pod(pools->world, workload);
    struct gpu_placement placement;
    if (pools->inventory[pool] == NULL || !gpu_place(pools->inventory[pool], &pod, &options, &placement))
        return false;
    *node = pools->fleet_node[pool][placement.node];
    *devices = placement.devices;
    return true;
}

bool pools_take_apart(struct pools *pools, uint32_t pool, uint32_t workload, const struct pool_wish *wish, uint32_t *node,
                      uint16_t *devices)
{
    uint32_t siblings[DEMAND_UNITS_MAX];
    struct pool_wish apart = wish != NULL ? *wish : (struct pool_wish){0};
    apart.avoid = siblings;
    apart.avoid_count = world_siblings(pools->world, workload, siblings);
    return (apart.avoid_count > 0 && pools_take(pools, pool, workload, &apart, node, devices)) ||
           pools_take(pools, pool, workload, wish, node, devices);
}

bool pools_has(struct pools *pools, uint32_t pool, const struct gpu_pod *pod)
{
    struct gpu_place_options options = {.policy = pools->plan->policy, .ties = GPU_TIES_LOWEST};
    struct gpu_placement placement;
    return pools->inventory[pool] != NULL && gpu_find(pools->inventory[pool], pod, &options, &placement);
}

void pools_give(struct pools *pools, uint32_t workload, uint32_t node, uint16_t devices)
{
    struct gpu_pod pod = world_pod(pools->world, workload);
    struct gpu_placement placement = {.node = (int32_t)pools->local[node], .devices = devices};
    gpu_release(pools->inventory[pools->plan->pool_of_node[node]], &pod, &placement);
}

void pools_audit(const struct pools *pools)
{
    for (uint32_t p = 0; p < pools->plan->pools; p++)
        if (pools->inventory[p] != NULL)
            gpu_inventory_audit(pools->inventory[p]);
}
