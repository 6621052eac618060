/* A replication's beginning: the chain at height 1, providers with their inventories and wallets, tenants with theirs. */
#include "models/clouds/akash_inside.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

enum { EVENTS_ROOM = 65536, NAMES_ROOM = 512, FIRST_HEIGHT = 16708237 /* node v0.36.0 began here, 2024-06-11 */ };

/* One deployment per workload, or one per replica where they are spread. */
static void open_tenancies(struct akash *cloud)
{
    struct world *world = cloud->world;
    uint32_t count = 0;
    for (uint32_t w = 0; w < world->demand->workloads; w++)
        count += world_class(world, w)->spread == SPREAD_NONE ? 1 : world_class(world, w)->units;
    cloud->tenancy = arena_array(world->arena, count, struct tenancy);
    cloud->first_tenancy = arena_array(world->arena, world->demand->workloads, uint32_t);
    struct akash_bid *bids = arena_alloc(world->arena, (size_t)count * (size_t)(cloud->plan->rules.order_max_bids + 1),
                                         sizeof *bids);
    for (uint32_t w = 0; w < world->demand->workloads; w++) {
        const struct demand_class *class = world_class(world, w);
        uint32_t each = class->spread == SPREAD_NONE ? class->units : 1;
        cloud->first_tenancy[w] = cloud->tenancies;
        for (uint32_t u = 0; u < class->units; u += each, cloud->tenancies++)
            cloud->tenancy[cloud->tenancies] =
                (struct tenancy){.workload = w,
                                 .first_unit = world->demand->workload[w].first_unit + u,
                                 .units = each,
                                 .provider = COMPONENT_NONE,
                                 .avoid = COMPONENT_NONE,
                                 .next = COMPONENT_NONE,
                                 .previous = COMPONENT_NONE,
                                 .bids = bids + (size_t)cloud->tenancies * (size_t)(cloud->plan->rules.order_max_bids + 1)};
        /* Habits belong to the tenant, not to its deployments. */
        struct stream_key family = stream_key(world->task->seed, world->task->replication, "akash habit");
        struct stream stream = stream_open(
            stream_key_index(stream_key_path(family, class->name), world->demand->workload[w].number));
        bool automatic = stream_chance(&stream, cloud->plan->automatic_share);
        for (uint32_t t = cloud->first_tenancy[w]; t < cloud->tenancies; t++)
            cloud->tenancy[t].automatic = automatic;
    }
}

static void open_market(struct akash *cloud)
{
    struct world *world = cloud->world;
    uint32_t t = cloud->tenancies;
    /* Live bids are bounded; orders and leases stay with their deployment, so a long run needs more of them. */
    int64_t days = (world->task->horizon.us + world->task->warmup.us) / US_PER_DAY;
    uint64_t leases = (uint64_t)t * (uint64_t)(16 + days / 4) + 4096;
    uint32_t leases_room = leases < UINT32_MAX / 4 ? (uint32_t)leases : UINT32_MAX / 4;
    struct market_limits limits = {.wallets = world->demand->workloads + cloud->plan->providers + 16,
                                   .grants = 1,
                                   .deployments = 2 * t + 64,
                                   .groups = 2 * t + 64,
                                   .orders = leases_room,
                                   .bids = 24 * t + 4096,
                                   .leases = leases_room,
                                   .forget_bids = true};
    cloud->events = (struct market_events){.items = arena_alloc(world->arena, EVENTS_ROOM, sizeof(struct market_event)),
                                           .capacity = EVENTS_ROOM};
    market_open(&cloud->market, world->arena, &cloud->plan->rules, &limits, &cloud->events);
    akash_write_begin(cloud);
    cloud->tenancy_of_deployment = arena_array(world->arena, limits.deployments, uint32_t);
    for (uint32_t p = 0; p < cloud->plan->providers; p++) {
        uint32_t wallet = bank_wallet_add(&cloud->market.bank, cloud->plan->provider_name[p]);
        cloud->provider[p].wallet = wallet;
        (void)akash_send(cloud, (struct akash_message){.kind = AKASH_REGISTER, .provider = wallet});
        akash_issue(cloud, wallet, MARKET_UAKT, INT64_C(1000000000000000)); /* never short of bid deposits */
    }
    for (uint32_t w = 0, next = 0; w < world->demand->workloads; w++) {
        char name[96];
        uint32_t wallet = bank_wallet_add(&cloud->market.bank, world_name(world, w, name, sizeof name));
        akash_write_wallet(cloud, wallet);
        for (; next < t && cloud->tenancy[next].workload == w; next++)
            cloud->tenancy[next].wallet = wallet;
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
                                      .n_gpu_list = type->gpus};
}

static void open_clusters(struct akash *cloud)
{
    struct world *world = cloud->world;
    const struct fleet *fleet = world->plan->fleet;
    struct provider_rules rules = provider_rules_2024_07();
    uint32_t *size = arena_array(world->arena, cloud->plan->providers, uint32_t);
    struct adjust_node_spec **nodes = arena_array(world->arena, cloud->plan->providers, struct adjust_node_spec *);
    cloud->local = arena_array(world->arena, fleet->nodes, uint32_t);
    for (uint32_t n = 0; n < fleet->nodes; n++)
        cloud->local[n] = size[cloud->plan->pools->pool_of_node[n]]++;
    for (uint32_t p = 0; p < cloud->plan->providers; p++)
        nodes[p] = arena_array(world->arena, size[p], struct adjust_node_spec);
    for (uint32_t n = 0; n < fleet->nodes; n++)
        describe_node(cloud, n, &nodes[cloud->plan->pools->pool_of_node[n]][cloud->local[n]]);
    for (uint32_t p = 0; p < cloud->plan->providers; p++) {
        struct adjust_cluster_spec spec = {.nodes = nodes[p], .n_nodes = (int32_t)size[p], .leased_ips = ADJUST_UNSET};
        cloud->provider[p].cluster = adjust_cluster_create(world->arena, cloud->names, cloud->book, &spec, &rules.adjust);
    }
    for (uint32_t n = 0; n < fleet->nodes; n++) {
        struct akash_provider *provider = &cloud->provider[cloud->plan->pools->pool_of_node[n]];
        if (!graph_serves(world->graph, fleet->node[n].component)) {
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
    }
    if (world_now(world).us < 0)
        engine_schedule(world->engine, (instant){-1}, CLASS_BLOCK, cloud->action_settle, 0, 0);
}

void *akash_open(struct world *world, const void *plan)
{
    struct akash *cloud = arena_new(world->arena, struct akash);
    cloud->world = world;
    cloud->plan = plan;
    cloud->base_height = FIRST_HEIGHT;
    cloud->anchor = world_now(world);
    cloud->producing = graph_serves(world->graph, cloud->plan->chain);
    cloud->first_parked = COMPONENT_NONE;
    cloud->dseq = 1000000000;
    cloud->clocks = provider_clocks_2024_07();
    cloud->provider = arena_array(world->arena, cloud->plan->providers, struct akash_provider);
    cloud->shuffle = arena_array(world->arena, cloud->plan->providers, uint32_t);
    cloud->pools = world->pools;
    cloud->names = adjust_names_create(world->arena, NAMES_ROOM);
    open_tenancies(cloud);
    int32_t reservations = (int32_t)(cloud->tenancies * (uint32_t)(cloud->plan->rules.order_max_bids + 2) + 64);
    cloud->book = adjust_book_create(world->arena, reservations, 2 * reservations);
    open_clusters(cloud);
    open_prices(cloud);
    open_market(cloud);
    struct price_script_options options = price_script_options_2024_07();
    options.gpu_mapping = cloud->plan->gpu_mapping;
    cloud->script = price_script_create(world->arena, cloud->names, &options);
    cloud->request = arena_array(world->arena, cloud->plan->demand->classes, const struct adjust_request *);
    struct provider_rules rules = provider_rules_2024_07();
    static const struct adjust_overcommit none;
    for (uint32_t c = 0; c < cloud->plan->demand->classes; c++)
        cloud->request[c] =
            adjust_request_create(world->arena, cloud->names, &cloud->plan->spec[c], &none, &rules.adjust);
    register_actions(cloud);
    open_clocks(cloud);
    return cloud;
}
