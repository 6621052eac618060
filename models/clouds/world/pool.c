#include "models/clouds/world/pool.h"

#include "models/clouds/world/cloud.h"
#include "models/clouds/world/left.h"
#include "models/gpu/gang.h"
#include "models/gpu/group.h"
#include "models/gpu/preempt.h"
#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

enum { AVOID_MAX = 1024, TYPICAL_PODS_MAX = 4096, FRAGMENT_MEMO = 16384 };

struct pools {
    struct world *world;
    const struct pool_plan *plan;
    struct gpu_inventory **inventory; /* [pools]; NULL: no nodes */
    uint32_t *local;                  /* fleet node -> index in its inventory */
    uint32_t **fleet_node;            /* pool -> index in the inventory -> fleet node */
    struct gpu_backfill **queue;      /* [pools]; NULL: none */
    bool *cordoned;                   /* [fleet nodes] */
    /* Machines that went or came since somebody last looked for room. Far more of them fail than are ever asked for, and most are back
     * before that: an inventory hears of what is left of it when it is asked. */
    bool *available, *waits;          /* [fleet nodes]: as it is; and whether its inventory may not know */
    uint32_t **waiting, *waiting_count; /* pool -> nodes */
    struct left **left;               /* [pools]; NULL: no nodes, or no class wants GPUs */
    uint32_t *shape_class;            /* [LEFT_SHAPES]: whose request a shape is */
    uint32_t shapes;
    struct stream chance;             /* for uniform ties */
    int32_t avoid[AVOID_MAX];
    /* Scratch for gangs. */
    struct gpu_pod *tasks;            /* [DEMAND_UNITS_MAX] */
    struct gpu_placement *placements; /* [DEMAND_UNITS_MAX] */
    struct gpu_bundle *bundles;       /* [DEMAND_UNITS_MAX] */
    int32_t *forbidden;               /* [fleet nodes + AVOID_MAX] */
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
            pods[used++] = (struct gpu_pod){.cpu_milli = class->cpu_milli,
                                            .devices = (uint16_t)class->gpus,
                                            .milli_per_device = (uint16_t)(class->gpus > 0 ? class->gpu_milli : 0),
                                            .models = class->gpus > 0 ? class->gpu_models : 0};
    }
    struct gpu_typical_options options = {.pods = pods, .count = used};
    struct gpu_typical *typical;
    size_t count = gpu_typical_from_pods(world->arena, &options, &typical);
    return gpu_fragmentation_create(world->arena, typical, count, FRAGMENT_MEMO);
}

/* Follows what is left for each class that wants GPUs, of which there may be more than are followed. */
static void open_left(struct pools *pools)
{
    struct world *world = pools->world;
    const struct demand_plan *demand = world->plan->demand;
    struct gpu_pod *shape = arena_array(world->arena, LEFT_SHAPES, struct gpu_pod);
    pools->shape_class = arena_array(world->arena, LEFT_SHAPES, uint32_t);
    pools->left = arena_array(world->arena, pools->plan->pools, struct left *);
    for (uint32_t c = 0; c < demand->classes && pools->shapes < LEFT_SHAPES; c++)
        if (demand->class[c].gpus > 0) {
            pools->shape_class[pools->shapes] = c;
            shape[pools->shapes++] = world_class_pod(&demand->class[c]);
        }
    for (uint32_t p = 0; p < pools->plan->pools && pools->shapes > 0; p++)
        if (pools->inventory[p] != NULL)
            pools->left[p] = left_open(world->arena, pools->inventory[p], shape, pools->shapes, world_now(world));
}

/* To be called after whatever changes an inventory. */
static void look(struct pools *pools, uint32_t pool)
{
    if (pools->left[pool] != NULL)
        left_look(pools->left[pool], world_now(pools->world));
}

void pools_close(struct pools *pools)
{
    for (uint32_t p = 0; p < pools->plan->pools; p++) {
        look(pools, p);
        for (uint32_t s = 0; s < pools->shapes && pools->left[p] != NULL; s++)
            measure_gpus_left(pools->world->measure, pools->shape_class[s], left_idle(pools->left[p], s), left_useless(pools->left[p], s));
    }
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
    pools->queue = arena_array(world->arena, plan->pools, struct gpu_backfill *);
    pools->cordoned = arena_array(world->arena, fleet->nodes, bool);
    pools->available = arena_array(world->arena, fleet->nodes, bool);
    pools->waits = arena_array(world->arena, fleet->nodes, bool);
    pools->waiting = arena_array(world->arena, plan->pools, uint32_t *);
    pools->waiting_count = arena_array(world->arena, plan->pools, uint32_t);
    pools->tasks = arena_array(world->arena, DEMAND_UNITS_MAX, struct gpu_pod);
    pools->placements = arena_array(world->arena, DEMAND_UNITS_MAX, struct gpu_placement);
    pools->bundles = arena_array(world->arena, DEMAND_UNITS_MAX, struct gpu_bundle);
    pools->forbidden = arena_array(world->arena, fleet->nodes + AVOID_MAX, int32_t);
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
        pools->waiting[p] = arena_array(world->arena, size[p], uint32_t);
    }
    for (uint32_t n = 0; n < fleet->nodes; n++)
        if (plan->pool_of_node[n] != COMPONENT_NONE)
            add_node(pools, n);
    for (uint32_t p = 0; p < plan->pools; p++)
        if (size[p] > 0)
            gpu_inventory_seal(pools->inventory[p]);
    open_left(pools);
    for (uint32_t n = 0; n < fleet->nodes; n++)
        if (!graph_serves(world->graph, fleet->node[n].component))
            pools_component(pools, fleet->node[n].component, false);
    return pools;
}

/* Switches a node of its pool; a queue that may be there is told at once, for it makes promises. */
static void switch_node(struct pools *pools, uint32_t node, bool available)
{
    uint32_t pool = pools->plan->pool_of_node[node];
    if (pools->left[pool] != NULL)
        left_switch(pools->left[pool], (int32_t)pools->local[node], available, world_now(pools->world));
    if (pools->queue[pool] == NULL) {
        pools->available[node] = available;
        if (!pools->waits[node])
            pools->waiting[pool][pools->waiting_count[pool]++] = node;
        pools->waits[node] = true;
    } else if (available) {
        gpu_backfill_node_up(pools->queue[pool], (int32_t)pools->local[node]);
    } else {
        gpu_backfill_node_cordon(pools->queue[pool], (int32_t)pools->local[node]);
    }
}

/* A pool's inventory, which knows which of its nodes are there; NULL: the pool has none. */
static struct gpu_inventory *inventory_now(struct pools *pools, uint32_t pool)
{
    for (uint32_t i = 0; i < pools->waiting_count[pool]; i++) {
        uint32_t node = pools->waiting[pool][i];
        pools->waits[node] = false;
        gpu_node_set_available(pools->inventory[pool], (int32_t)pools->local[node], pools->available[node]);
    }
    pools->waiting_count[pool] = 0;
    return pools->inventory[pool];
}

void pools_component(struct pools *pools, uint32_t component, bool serves)
{
    const struct fleet *fleet = pools->world->plan->fleet;
    if (component >= fleet->fleet_components)
        return;
    uint32_t node = fleet->node_of_component[component];
    if (node != COMPONENT_NONE && pools->plan->pool_of_node[node] != COMPONENT_NONE)
        switch_node(pools, node, serves && !pools->cordoned[node]);
}

void pools_cordon(struct pools *pools, uint32_t node, bool cordoned)
{
    pools->cordoned[node] = cordoned;
    if (pools->plan->pool_of_node[node] != COMPONENT_NONE)
        switch_node(pools, node, !cordoned && graph_serves(pools->world->graph, pools->world->plan->fleet->node[node].component));
}

static struct gpu_place_options place_options(struct pools *pools)
{
    struct gpu_place_options options = {.policy = pools->plan->policy, .ties = pools->plan->ties};
    if (options.ties == GPU_TIES_UNIFORM)
        options.random = stream_u64(&pools->chance);
    return options;
}

static struct gpu_pod whole_pod(const struct node_type *type)
{
    return (struct gpu_pod){.cpu_milli = type->vcpus * 1000,
                            .memory_mib = (int32_t)(type->memory_bytes / 1048576),
                            .devices = (uint16_t)type->gpus,
                            .milli_per_device = (uint16_t)(type->gpus > 0 ? 1000 : 0),
                            .models = type->gpus > 0 ? UINT64_C(1) << type->gpu_model_id : 0};
}

/* An empty machine of a type. A pod without GPUs that is as large as a machine would fit on one with GPUs too: then those of other types
 * are ruled out by name, O(nodes). */
static bool place_machine(struct pools *pools, uint32_t pool, uint32_t type, struct gpu_place_options options, struct gpu_placement *placement)
{
    const struct fleet *fleet = pools->world->plan->fleet;
    struct gpu_pod pod = whole_pod(&fleet->type[type]);
    if (!gpu_find(inventory_now(pools, pool), &pod, &options, placement))
        return false;
    if (fleet->node[pools->fleet_node[pool][placement->node]].type != type) {
        size_t count = options.forbidden_count;
        for (size_t i = 0; i < count; i++)
            pools->forbidden[i] = options.forbidden[i];
        for (uint32_t n = 0; n < fleet->nodes; n++)
            if (pools->plan->pool_of_node[n] == pool && fleet->node[n].type != type)
                pools->forbidden[count++] = (int32_t)pools->local[n];
        options.forbidden = pools->forbidden;
        options.forbidden_count = count;
    }
    return gpu_place(inventory_now(pools, pool), &pod, &options, placement);
}

/* A machine that is empty, of the first type that will do. */
static bool place_whole(struct pools *pools, uint32_t pool, const struct gpu_pod *least, const struct gpu_place_options *options,
                        struct gpu_placement *placement)
{
    const struct fleet *fleet = pools->world->plan->fleet;
    for (uint32_t t = 0; t < fleet->types; t++) {
        struct gpu_pod pod = whole_pod(&fleet->type[t]);
        bool fits = pod.cpu_milli >= least->cpu_milli && pod.memory_mib >= least->memory_mib && pod.devices >= least->devices &&
                    (least->devices == 0 || least->models == 0 || (least->models & pod.models) != 0);
        if (fits && place_machine(pools, pool, t, *options, placement))
            return true;
    }
    return false;
}

bool pools_take(struct pools *pools, uint32_t pool, uint32_t workload, const struct pool_wish *wish, uint32_t *node,
                uint16_t *devices)
{
    struct gpu_place_options options = place_options(pools);
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
    if (pools->inventory[pool] == NULL)
        return false;
    if (wish != NULL && wish->whole ? !place_whole(pools, pool, &pod, &options, &placement)
                                    : !gpu_place(inventory_now(pools, pool), &pod, &options, &placement))
        return false;
    *node = pools->fleet_node[pool][placement.node];
    *devices = placement.devices;
    if (pools->queue[pool] != NULL)
        gpu_backfill_taken(pools->queue[pool], placement.node);
    look(pools, pool);
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

/* --- Gangs ------------------------------------------------------------------------------------------------------------ */

static const enum gpu_group_strategy strategies[] = {[GANG_ANY] = GPU_GROUP_PACK,
                                                     [GANG_PACK] = GPU_GROUP_PACK,
                                                     [GANG_SPREAD] = GPU_GROUP_SPREAD,
                                                     [GANG_STRICT_PACK] = GPU_GROUP_STRICT_PACK,
                                                     [GANG_STRICT_SPREAD] = GPU_GROUP_STRICT_SPREAD};

/* A job as a group of bundles, placed where its units are. bundles: room for all its units. */
static struct gpu_group group_of(const struct pools *pools, uint32_t pool, uint32_t workload, struct gpu_bundle *bundles)
{
    const struct world *world = pools->world;
    uint32_t first = world->demand->workload[workload].first_unit, units = world_class(world, workload)->units;
    struct gpu_group group = {.state = GPU_GROUP_RESCHEDULING,
                              .strategy = strategies[world_class(world, workload)->gang],
                              .bundles = bundles,
                              .count = (int32_t)units};
    struct gpu_pod pod = world_pod(world, workload);
    for (uint32_t i = 0; i < units; i++) {
        const struct unit *unit = &world->unit[first + i];
        bundles[i] = (struct gpu_bundle){.pod = pod, .placement = {.node = GPU_NO_NODE}};
        if (unit->state == UNIT_IDLE)
            continue;
        check(pools->plan->pool_of_node[unit->node] == pool, "a gang in two pools");
        bundles[i].placement = (struct gpu_placement){.node = (int32_t)pools->local[unit->node], .devices = unit->devices};
        group.placed++;
    }
    return group;
}

/* Wherever the policy puts them, one after another. */
static bool take_anyhow(struct pools *pools, uint32_t pool, uint32_t workload, const struct gpu_place_options *options)
{
    const struct world *world = pools->world;
    uint32_t first = world->demand->workload[workload].first_unit, units = world_class(world, workload)->units;
    struct gpu_gang gang = {.tasks = pools->tasks};
    for (uint32_t i = 0; i < units; i++)
        if (world->unit[first + i].state == UNIT_IDLE)
            pools->tasks[gang.count++] = world_pod(world, workload);
    return gang.count > 0 && gpu_gang_place(inventory_now(pools, pool), &gang, options, pools->placements) == gang.count;
}

bool pools_take_gang(struct pools *pools, uint32_t pool, uint32_t workload, uint32_t *nodes, uint16_t *devices)
{
    const struct world *world = pools->world;
    uint32_t first = world->demand->workload[workload].first_unit, units = world_class(world, workload)->units, next = 0;
    if (pools->inventory[pool] == NULL)
        return false;
    struct gpu_place_options options = place_options(pools);
    bool anyhow = world_class(world, workload)->gang == GANG_ANY;
    struct gpu_group group = {.strategy = GPU_GROUP_PACK};
    if (!anyhow)
        group = group_of(pools, pool, workload, pools->bundles);
    if (group.strategy == GPU_GROUP_STRICT_PACK && group.placed > 0)
        return false; /* the node that all were on took them all; what is left there is about to go */
    if (anyhow ? !take_anyhow(pools, pool, workload, &options)
               : !gpu_group_place(inventory_now(pools, pool), &group, &options, pools->forbidden))
        return false;
    for (uint32_t i = 0; i < units; i++) {
        if (world->unit[first + i].state != UNIT_IDLE)
            continue;
        const struct gpu_placement *placed = anyhow ? &pools->placements[next++] : &group.bundles[i].placement;
        nodes[i] = pools->fleet_node[pool][placed->node];
        devices[i] = placed->devices;
    }
    look(pools, pool);
    return true;
}

uint32_t pools_find_knot(struct pools *pools, uint32_t pool, const uint32_t *workloads, uint32_t count, bool *knot)
{
    struct arena_mark mark = arena_mark(pools->world->arena);
    struct gpu_group *groups = arena_array(pools->world->arena, count, struct gpu_group);
    for (uint32_t i = 0; i < count; i++) {
        struct gpu_bundle *bundles =
            arena_array(pools->world->arena, world_class(pools->world, workloads[i])->units, struct gpu_bundle);
        groups[i] = group_of(pools, pool, workloads[i], bundles);
        knot[i] = groups[i].placed > 0 && groups[i].placed < groups[i].count && groups[i].strategy != GPU_GROUP_STRICT_PACK;
    }
    struct gpu_place_options options = {.policy = pools->plan->policy, .ties = GPU_TIES_LOWEST};
    int32_t left = gpu_knot_find(inventory_now(pools, pool), groups, (int32_t)count, knot, &options, pools->forbidden);
    arena_rewind(pools->world->arena, mark);
    return (uint32_t)left;
}

bool pools_has(struct pools *pools, uint32_t pool, const struct gpu_pod *pod)
{
    struct gpu_place_options options = {.policy = pools->plan->policy, .ties = GPU_TIES_LOWEST};
    struct gpu_placement placement;
    return pools->inventory[pool] != NULL && gpu_find(inventory_now(pools, pool), pod, &options, &placement);
}

static void give(struct pools *pools, const struct gpu_pod *pod, uint32_t node, uint16_t devices)
{
    struct gpu_placement placement = {.node = (int32_t)pools->local[node], .devices = devices};
    uint32_t pool = pools->plan->pool_of_node[node];
    gpu_release(pools->inventory[pool], pod, &placement);
    if (pools->queue[pool] != NULL)
        gpu_backfill_given(pools->queue[pool]);
    look(pools, pool);
}

void pools_give(struct pools *pools, uint32_t workload, uint32_t node, uint16_t devices)
{
    struct gpu_pod pod = world_pod(pools->world, workload);
    give(pools, &pod, node, devices);
}

void pools_give_whole(struct pools *pools, uint32_t node)
{
    const struct fleet *fleet = pools->world->plan->fleet;
    struct gpu_pod pod = whole_pod(&fleet->type[fleet->node[node].type]);
    give(pools, &pod, node, (uint16_t)((1U << pod.devices) - 1));
}

/* --- Queues ----------------------------------------------------------------------------------------------------------- */

struct gpu_backfill *pools_open_queue(struct pools *pools, uint32_t pool, enum gpu_discipline discipline, uint32_t jobs, uint32_t pods)
{
    if (pools->inventory[pool] == NULL || jobs == 0)
        return NULL;
    struct gpu_backfill_options options = {.discipline = discipline,
                                           .stuck = GPU_STUCK_SKIP,
                                           .place = {.policy = pools->plan->policy, .ties = pools->plan->ties},
                                           .jobs = (int32_t)jobs,
                                           .tasks = (int32_t)pods};
    pools->queue[pool] = gpu_backfill_create(pools->world->arena, inventory_now(pools, pool), &options);
    return pools->queue[pool];
}

int32_t pools_pass(struct pools *pools, uint32_t pool)
{
    uint64_t random = pools->plan->ties == GPU_TIES_UNIFORM ? stream_u64(&pools->chance) : 0;
    int32_t started = gpu_backfill_pass(pools->queue[pool], world_now(pools->world).us, false, random);
    look(pools, pool);
    return started;
}

uint32_t pools_fleet_node(const struct pools *pools, uint32_t pool, int32_t local) { return pools->fleet_node[pool][local]; }

/* --- Preemption ------------------------------------------------------------------------------------------------------- */

static struct gpu_holder holder_of(struct pools *pools, const struct pool_holder *who)
{
    const struct world *world = pools->world;
    struct gpu_placement *seats = arena_array(world->arena, who->units, struct gpu_placement);
    for (uint32_t i = 0; i < who->units; i++) {
        const struct unit *unit = &world->unit[who->first_unit + i];
        seats[i] = (struct gpu_placement){.node = (int32_t)pools->local[unit->node], .devices = unit->devices};
    }
    return (struct gpu_holder){.pod = world_pod(world, world->unit[who->first_unit].workload),
                               .seats = seats,
                               .count = (int32_t)who->units,
                               .priority = who->rank,
                               .started_us = who->since.us,
                               .owner = who->first_unit};
}

int32_t pools_preempt(struct pools *pools, uint32_t pool, uint32_t workload, uint32_t units, int32_t rank, const struct pool_wish *wish,
                      struct pool_holder *holders, uint32_t count)
{
    struct arena_mark mark = arena_mark(pools->world->arena);
    struct gpu_holder *who = arena_array(pools->world->arena, count, struct gpu_holder);
    struct gpu_place_options options = {.policy = pools->plan->policy, .ties = GPU_TIES_LOWEST};
    if (wish != NULL) {
        options.domains = wish->domains;
        options.domain_words = wish->domain_words;
    }
    for (uint32_t i = 0; i < count; i++)
        who[i] = holder_of(pools, &holders[i]);
    for (uint32_t i = 0; i < units; i++)
        pools->tasks[i] = world_pod(pools->world, workload);
    struct gpu_gang gang = {.tasks = pools->tasks, .count = units};
    int32_t victims = gpu_gang_preempt(inventory_now(pools, pool), &gang, rank, &options, who, (int32_t)count, pools->placements);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < count; k++)
            if (who[k].owner == holders[i].first_unit)
                holders[i].victim = who[k].victim;
    arena_rewind(pools->world->arena, mark);
    return victims;
}

void pools_audit(const struct pools *pools)
{
    for (uint32_t p = 0; p < pools->plan->pools; p++)
        if (pools->queue[p] != NULL)
            gpu_backfill_audit(pools->queue[p], world_now(pools->world).us);
        else if (pools->inventory[p] != NULL)
            gpu_inventory_audit(pools->inventory[p]);
}
