/* A replication's beginning: the chain at height 1, providers with their inventories and wallets, tenants with theirs. */
#include "models/clouds/akash/akash_inside.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

enum { EVENTS_ROOM = 65536, NAMES_ROOM = 512 };

/* Deployments of a class: one for all replicas, or one for every few where they are spread. */
static uint32_t deployments_of(const struct akash_plan *plan, const struct demand_class *class)
{
    uint32_t groups = akash_groups(plan, class);
    return class->spread == SPREAD_NONE ? 1 : (class->units + groups - 1) / groups;
}

static struct tenancy new_tenancy(uint32_t workload, uint32_t deployment, uint32_t first_unit, uint32_t units)
{
    return (struct tenancy){.workload = workload,
                            .deployment = deployment,
                            .first_unit = first_unit,
                            .units = units,
                            .provider = COMPONENT_NONE,
                            .avoid = COMPONENT_NONE,
                            .parked_action = COMPONENT_NONE,
                            .dead_since = INSTANT_NEVER,
                            .paused_since = INSTANT_NEVER};
}

/* One deployment with its tenancies, for the units from *unit on. */
static void open_deployment(struct akash *cloud, uint32_t workload, uint32_t *unit)
{
    const struct demand_class *class = world_class(cloud->world, workload);
    uint32_t end = cloud->world->demand->workload[workload].first_unit + class->units, index = cloud->deployments++;
    uint32_t groups = akash_groups(cloud->plan, class);
    struct akash_deployment *deployment = &cloud->deployment[index];
    *deployment = (struct akash_deployment){.workload = workload, .first = cloud->tenancies};
    for (; deployment->groups < groups && *unit < end; deployment->groups++) {
        uint32_t spec = (uint32_t)(class - cloud->plan->demand->class) * cloud->plan->groups + deployment->groups;
        uint32_t size = cloud->plan->spec[spec].units[0].count;
        cloud->tenancy[cloud->tenancies] = new_tenancy(workload, index, *unit, size);
        for (uint32_t u = *unit; u < *unit + size; u++)
            cloud->tenancy_of_unit[u] = cloud->tenancies;
        cloud->tenancies++;
        *unit += size;
    }
}

/* Habits belong to the tenant, not to its deployments. */
static void draw_habits(struct akash *cloud, uint32_t workload)
{
    const struct world *world = cloud->world;
    struct stream_key family = stream_key(world->task->seed, world->task->replication, "akash habit");
    struct stream stream = stream_open(stream_key_index(stream_key_path(family, world_class(world, workload)->name),
                                                        world->demand->workload[workload].number));
    bool automatic = stream_chance(&stream, cloud->plan->automatic_share);
    bool hopeful = stream_chance(&stream, cloud->plan->start_overdrawn);
    bool copied = stream_chance(&stream, cloud->plan->backup_share);
    for (uint32_t t = akash_first_tenancy(cloud, workload); t < cloud->tenancies; t++) {
        cloud->tenancy[t].automatic = automatic;
        cloud->tenancy[t].hopeful = hopeful;
        cloud->tenancy[t].copied = copied;
        cloud->tenancy[t].data_at = (instant){INT64_MIN};
    }
}

static void open_tenancies(struct akash *cloud)
{
    struct world *world = cloud->world;
    uint32_t tenancies = 0, deployments = 0, workloads = world->demand->workloads;
    for (uint32_t w = 0; w < workloads; w++) {
        const struct demand_class *class = world_class(world, w);
        deployments += deployments_of(cloud->plan, class);
        tenancies += class->spread == SPREAD_NONE ? akash_groups(cloud->plan, class) : class->units;
    }
    cloud->tenancy = arena_array(world->arena, tenancies, struct tenancy);
    cloud->link = arena_array(world->arena, tenancies, struct akash_link);
    for (uint32_t t = 0; t < tenancies; t++)
        cloud->link[t] = (struct akash_link){COMPONENT_NONE, COMPONENT_NONE};
    cloud->deployment = arena_array(world->arena, deployments + 1, struct akash_deployment);
    cloud->first_deployment = arena_array(world->arena, workloads + 1, uint32_t);
    cloud->tenancy_of_unit = arena_array(world->arena, world->demand->units, uint32_t);
    cloud->walk = arena_array(world->arena, tenancies, uint32_t);
    for (uint32_t w = 0; w < workloads; w++) {
        uint32_t unit = world->demand->workload[w].first_unit;
        cloud->first_deployment[w] = cloud->deployments;
        while (unit < world->demand->workload[w].first_unit + world_class(world, w)->units)
            open_deployment(cloud, w, &unit);
        draw_habits(cloud, w);
    }
    cloud->first_deployment[workloads] = deployments;
    cloud->deployment[deployments].first = tenancies;
    /* Room for all, of which only as much is ever touched as there are open orders at once. */
    cloud->bid_tables = slots_open(world->arena, tenancies, "demand");
    cloud->bids = arena_alloc(world->arena, (size_t)tenancies * akash_bids_most(cloud), sizeof *cloud->bids);
}

static uint32_t given_or(uint32_t given, uint64_t estimate)
{
    if (given != 0)
        return given;
    return estimate < UINT32_MAX / 4 ? (uint32_t)estimate : UINT32_MAX / 4;
}

static struct market_limits limits_of(const struct akash *cloud)
{
    const struct world *world = cloud->world;
    const struct akash_plan *plan = cloud->plan;
    uint64_t t = cloud->tenancies, d = cloud->deployments;
    /* Live bids are bounded; orders and leases stay with their deployment, so a long run needs more of them. */
    uint64_t days = (uint64_t)((world->task->horizon.us + world->task->warmup.us) / US_PER_DAY);
    uint64_t deposits = (uint64_t)(plan->escrow_depth.us / plan->top_up_every.us) + 6; /* unspent of one account */
    return (struct market_limits){.wallets = world->demand->workloads + plan->providers + 16,
                                  .grants = 1,
                                  .deployments = given_or(plan->limits.deployments, 3 * d + 4096),
                                  .groups = given_or(plan->limits.groups, 3 * t + 4096),
                                  .orders = given_or(plan->limits.orders, t * (16 + days / 4) + 4096),
                                  .bids = given_or(plan->limits.bids, 24 * t + 4096),
                                  .leases = given_or(plan->limits.leases, t * (16 + days / 4) + 4096),
                                  .deposits = given_or(plan->limits.deposits, d * deposits + 4096),
                                  .forget_bids = true};
}

static void open_market(struct akash *cloud)
{
    struct world *world = cloud->world;
    struct market_limits limits = limits_of(cloud);
    uint32_t room = given_or(cloud->plan->events, EVENTS_ROOM);
    cloud->events = (struct market_events){.items = arena_alloc(world->arena, room, sizeof(struct market_event)), .capacity = room};
    market_open(&cloud->market, world->arena, &cloud->plan->rules.market, &limits, &cloud->events);
    akash_write_begin(cloud);
    cloud->deployment_of = arena_array(world->arena, limits.deployments, uint32_t);
    cloud->ended_room = limits.deployments;
    cloud->ended = arena_array(world->arena, limits.deployments, struct market_deployment_id);
    for (uint32_t p = 0; p < cloud->plan->providers; p++) {
        uint32_t wallet = bank_wallet_add(&cloud->market.bank, cloud->plan->provider_name[p]);
        cloud->provider[p].wallet = wallet;
        (void)akash_send(cloud, (struct akash_message){.kind = AKASH_REGISTER, .provider = wallet});
        akash_issue(cloud, wallet, MARKET_UAKT, INT64_C(1000000000000000)); /* never short of bid deposits */
    }
    for (uint32_t w = 0; w < world->demand->workloads; w++) {
        char name[96];
        uint32_t wallet = bank_wallet_add(&cloud->market.bank, world_name(world, w, name, sizeof name));
        akash_write_wallet(cloud, wallet);
        for (uint32_t d = cloud->first_deployment[w]; d < cloud->first_deployment[w + 1]; d++)
            cloud->deployment[d].wallet = wallet;
    }
}

static void describe_node(struct akash *cloud, uint32_t node, struct adjust_node_spec *spec)
{
    struct world *world = cloud->world;
    const struct node_type *type = &world->plan->fleet->type[world->plan->fleet->node[node].type];
    struct adjust_gpu_spec *gpus = arena_array(world->arena, (size_t)type->gpus, struct adjust_gpu_spec);
    const char *memory = arena_format(world->arena, "%lldGi", (long long)(type->gpu_memory_bytes / 1073741824));
    for (int32_t g = 0; g < type->gpus; g++)
        gpus[g] = (struct adjust_gpu_spec){"nvidia", type->gpu_model, type->gpu_interface, memory};
    *spec = (struct adjust_node_spec){.cpu_milli = {(int64_t)type->vcpus * 1000, 0},
                                      .memory_bytes = {type->memory_bytes, 0},
                                      .gpus = {type->gpus, 0},
                                      .ephemeral_bytes = {ADJUST_UNLIMITED, 0},
                                      .gpu_list = gpus,
                                      .n_gpu_list = type->gpus,
                                      .classes = cloud->plan->storage_classes,
                                      .n_classes = cloud->plan->n_storage_classes};
}

static void open_clusters(struct akash *cloud)
{
    struct world *world = cloud->world;
    const struct fleet *fleet = world->plan->fleet;
    uint32_t *size = arena_array(world->arena, cloud->plan->providers, uint32_t);
    struct adjust_node_spec **nodes = arena_array(world->arena, cloud->plan->providers, struct adjust_node_spec *);
    cloud->local = arena_array(world->arena, fleet->nodes, uint32_t);
    for (uint32_t n = 0; n < fleet->nodes; n++)
        if (cloud->plan->pools->pool_of_node[n] != COMPONENT_NONE) /* another cloud's, under a hybrid */
            cloud->local[n] = size[cloud->plan->pools->pool_of_node[n]]++;
    for (uint32_t p = 0; p < cloud->plan->providers; p++)
        nodes[p] = arena_array(world->arena, size[p], struct adjust_node_spec);
    for (uint32_t n = 0; n < fleet->nodes; n++)
        if (cloud->plan->pools->pool_of_node[n] != COMPONENT_NONE)
            describe_node(cloud, n, &nodes[cloud->plan->pools->pool_of_node[n]][cloud->local[n]]);
    int32_t classes = cloud->plan->n_storage_classes;
    struct adjust_pool_spec *pools = arena_array(world->arena, (size_t)classes, struct adjust_pool_spec);
    for (int32_t i = 0; i < classes; i++)
        pools[i] = (struct adjust_pool_spec){cloud->plan->storage_classes[i], {ADJUST_UNLIMITED, 0}};
    for (uint32_t p = 0; p < cloud->plan->providers; p++) {
        struct adjust_cluster_spec spec = {
            .nodes = nodes[p], .n_nodes = (int32_t)size[p], .pools = pools, .n_pools = classes, .leased_ips = ADJUST_UNSET};
        cloud->provider[p].cluster = adjust_cluster_create(world->arena, cloud->names, cloud->book, &spec,
                                                             &cloud->plan->rules.provider.adjust);
        cloud->provider[p].updated = world_now(world);
    }
    for (uint32_t n = 0; n < fleet->nodes; n++) {
        uint32_t pool = cloud->plan->pools->pool_of_node[n];
        if (pool != COMPONENT_NONE && !graph_serves(world->graph, fleet->node[n].component)) {
            struct akash_provider *provider = &cloud->provider[pool];
            adjust_set_ready(provider->cluster, (int32_t)cloud->local[n], false);
            provider->stale = true;
        }
    }
}

/* A provider's name without its cloud's: two clouds that are alike but for their names have the same luck. */
static const char *luck_of(const struct akash *cloud, uint32_t provider)
{
    return cloud->plan->provider_name[provider] + cloud->plan->own_name;
}

/* Providers ask different prices, each by its own factor of the script's: one draw per provider, by its name. */
static void open_prices(struct akash *cloud)
{
    struct world *world = cloud->world;
    struct stream_key family = stream_key(world->task->seed, world->task->replication, "akash price");
    struct law law = {.kind = LAW_LOGNORMAL, .a = 0, .b = cloud->plan->price_spread};
    for (uint32_t p = 0; p < cloud->plan->providers; p++) {
        struct stream stream = stream_open(stream_key_path(family, luck_of(cloud, p)));
        double factor = cloud->plan->price_spread > 0 ? law_draw(&law, &stream) : 1;
        int64_t millionths = duration_from_seconds(factor).us; /* rounds and clamps like any other draw */
        cloud->provider[p].price_factor = (decimal){(decimal_bits)millionths * (DECIMAL_ONE_ATTO / 1000000)};
        cloud->provider[p].first_tenancy = COMPONENT_NONE;
        cloud->provider[p].restarted = INSTANT_NEVER;
    }
}

static void register_actions(struct akash *cloud)
{
    struct engine *engine = cloud->world->engine;
    cloud->action_create = engine_action(engine, akash_on_create, cloud);
    cloud->action_bids = engine_action(engine, akash_on_bids, cloud);
    cloud->action_choose = engine_action(engine, akash_on_choose, cloud);
    cloud->action_close_lease = engine_action(engine, akash_on_close_lease, cloud);
    cloud->action_start_group = engine_action(engine, akash_on_start_group, cloud);
    cloud->action_close = engine_action(engine, akash_on_close, cloud);
    cloud->action_start = engine_action(engine, akash_on_start, cloud);
    cloud->action_evict = engine_action(engine, akash_on_evict, cloud);
    cloud->action_monitor = engine_action(engine, akash_on_monitor, cloud);
    cloud->action_detect = engine_action(engine, akash_on_detect, cloud);
    cloud->action_withdraw = engine_action(engine, akash_on_withdraw, cloud);
    cloud->action_settle = engine_action(engine, akash_on_settle, cloud);
    cloud->action_top_up = engine_action(engine, akash_on_top_up, cloud);
    cloud->action_balance = engine_action(engine, akash_on_balance, cloud);
    cloud->action_manifest = engine_action(engine, akash_on_manifest, cloud);
    cloud->action_losers = engine_action(engine, akash_on_losers, cloud);
    cloud->action_depart = engine_action(engine, akash_on_depart, cloud);
    cloud->action_return = engine_action(engine, akash_on_return, cloud);
    cloud->action_reclaim = engine_action(engine, akash_on_reclaim, cloud);
}

/* Each provider collects by a clock of its own; and just before time 0 all is settled, so that what was used before is paid before. */
static void open_clocks(struct akash *cloud)
{
    struct world *world = cloud->world;
    struct stream_key family = stream_key(world->task->seed, world->task->replication, "akash withdraw");
    for (uint32_t p = 0; p < cloud->plan->providers; p++) {
        struct stream stream = stream_open(stream_key_path(family, luck_of(cloud, p)));
        double part = stream_uniform(&stream);
        duration first = duration_from_seconds(part * duration_seconds(cloud->plan->withdraw_every));
        engine_schedule(world->engine, instant_add(world_now(world), first), CLASS_BLOCK, cloud->action_withdraw, p, 0);
        akash_first_departure(cloud, p);
    }
    if (world_now(world).us < 0)
        engine_schedule(world->engine, (instant){-1}, CLASS_BLOCK, cloud->action_settle, 0, 0);
}

static void open_requests(struct akash *cloud)
{
    struct world *world = cloud->world;
    const struct akash_plan *plan = cloud->plan;
    struct price_script_options options =
        plan->rules.burn_mint ? price_script_options_2026_08() : price_script_options_2024_07();
    static const struct adjust_overcommit none;
    options.gpu_mapping = plan->gpu_mapping;
    cloud->script = price_script_create(world->arena, cloud->names, &options);
    cloud->request = arena_array(world->arena, (size_t)plan->demand->classes * plan->groups, const struct adjust_request *);
    for (uint32_t c = 0; c < plan->demand->classes; c++)
        for (uint32_t g = 0; g < akash_groups(plan, &plan->demand->class[c]); g++)
            cloud->request[c * plan->groups + g] = adjust_request_create(
                world->arena, cloud->names, &plan->spec[c * plan->groups + g], &none, &plan->rules.provider.adjust);
}

void *akash_open(struct world *world, const void *own)
{
    struct akash *cloud = arena_new(world->arena, struct akash);
    const struct akash_plan *plan = own;
    cloud->world = world;
    cloud->plan = plan;
    cloud->base_height = plan->rules.first_height;
    cloud->anchor = world_now(world);
    cloud->producing = graph_serves(world->graph, plan->chain);
    cloud->first_parked = COMPONENT_NONE;
    cloud->dseq = plan->first_dseq;
    cloud->clocks = plan->rules.clocks;
    cloud->provider = arena_array(world->arena, plan->providers, struct akash_provider);
    cloud->arrival = arena_array(world->arena, plan->providers, uint32_t);
    cloud->swapped = arena_array(world->arena, plan->providers, uint32_t);
    for (uint32_t p = 0; p < plan->providers; p++)
        cloud->arrival[p] = p;
    cloud->pools = world->pools;
    cloud->names = adjust_names_create(world->arena, (int32_t)given_or(plan->names, NAMES_ROOM));
    open_tenancies(cloud);
    uint32_t reservations = given_or((uint32_t)plan->reservations,
                                     (uint64_t)cloud->tenancies * ((uint64_t)plan->rules.market.order_max_bids + 2) + 64);
    cloud->book = adjust_book_create(world->arena, (int32_t)reservations, 2 * (int32_t)reservations);
    open_clusters(cloud);
    open_prices(cloud);
    akash_token_open(cloud);
    akash_mint_open(cloud);
    open_market(cloud);
    open_requests(cloud);
    register_actions(cloud);
    open_clocks(cloud);
    return cloud;
}
