#include "models/clouds/akash_inside.h"
#include "models/clouds/needs.h"

#include "sim/base/check.h"

#include <math.h>
#include <string.h>

#include "sim/base/nomalloc.h"

/* --- Plan ------------------------------------------------------------------------------------------------------------ */

/* Racks of a site go to its providers in turn. A provider's control runs in its first rack. */
static void add_providers(struct scenario *scenario, const struct value *group, struct akash_plan *plan, struct graph_builder *graph)
{
    const struct fleet *fleet = plan->fleet;
    const char *name = value_text(group, "name");
    uint32_t per_site = (uint32_t)value_integer(group, "providers_per_site"), most = fleet->sites * per_site;
    struct component control = needs_component(scenario, group, "", COMPONENT_PROVIDER, "provider_up", "provider_repair");
    plan->provider_name = arena_array(scenario->arena, most, const char *);
    plan->provider_component = arena_array(scenario->arena, most, uint32_t);
    plan->provider_site = arena_array(scenario->arena, most, uint32_t);
    for (uint32_t s = 0; s < fleet->sites; s++) {
        uint32_t count = per_site < fleet->site[s].racks ? per_site : fleet->site[s].racks, first = plan->providers;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t p = plan->providers++;
            plan->provider_site[p] = s;
            plan->provider_name[p] = arena_format(scenario->arena, "%s/%s/p%02u", name, fleet->site[s].name, i + 1);
            control.path = plan->provider_name[p];
            plan->provider_component[p] = graph_add(graph, control);
            graph_need(graph, plan->provider_component[p], plan->chain, PLANE_CONTROL, (duration){0});
            graph_need(graph, plan->provider_component[p], fleet->rack[fleet->site[s].first_rack + i].component, PLANE_DATA,
                       (duration){0});
        }
        for (uint32_t n = fleet->site[s].first_node; n < fleet->site[s].first_node + fleet->site[s].nodes; n++)
            plan->pools->pool_of_node[n] = first + (fleet->node[n].rack - fleet->site[s].first_rack) % count;
    }
}

static decimal decimal_from_double(double value)
{
    return (decimal){(decimal_bits)llround(value * 1e6) * (DECIMAL_ONE_ATTO / 1000000)};
}

/* The GPU attributes of a class: the models that will do, or any. */
static struct attributes gpu_attributes(struct scenario *scenario, const struct fleet *fleet, const struct demand_class *class)
{
    struct attribute *items = arena_array(scenario->arena, fleet->gpu_model_count + 1, struct attribute);
    int32_t count = 0;
    if (class->gpus == 0)
        return (struct attributes){0};
    for (uint32_t m = 0; m < fleet->gpu_model_count; m++)
        if ((class->gpu_models >> m & 1) != 0)
            items[count++] = (struct attribute){
                arena_format(scenario->arena, "vendor/nvidia/model/%s", fleet->gpu_models[m]), "true"};
    if (count == 0)
        items[count++] = (struct attribute){"vendor/nvidia/model/*", "true"};
    return (struct attributes){items, count};
}

/* Highest price per replica and block: a multiple of what the script asks for the dearest model that will do. */
static decimal ceiling(const struct value *group, const struct akash_plan *plan, const struct demand_class *class,
                       const double *gpu_usd_month)
{
    enum { SCRIPT_BLOCKS_PER_MONTH = 429909 }; /* what the standard script assumes */
    double gib = (double)class->memory_bytes / 1073741824.0, disk = (double)class->storage_bytes / 1073741824.0, gpu = 0;
    for (uint32_t m = 0; m < plan->fleet->gpu_model_count; m++)
        if ((class->gpu_models == 0 || (class->gpu_models >> m & 1) != 0) && gpu_usd_month[m] > gpu)
            gpu = gpu_usd_month[m];
    double usd_month = class->vcpus * 1.60 + gib * 0.80 + disk * 0.02 + class->gpus * gpu;
    return decimal_from_double(usd_month * value_number(group, "price_ceiling") * 1e6 / SCRIPT_BLOCKS_PER_MONTH + 1);
}

static void build_specs(struct scenario *scenario, const struct value *group, struct akash_plan *plan, const double *gpu_usd_month)
{
    struct market_group_spec *spec = arena_array(scenario->arena, plan->demand->classes, struct market_group_spec);
    for (uint32_t c = 0; c < plan->demand->classes; c++) {
        const struct demand_class *class = &plan->demand->class[c];
        struct market_unit *unit = arena_new(scenario->arena, struct market_unit);
        struct market_volume *volume = arena_new(scenario->arena, struct market_volume);
        *volume = (struct market_volume){.name = "default", .bytes = class->storage_bytes};
        *unit = (struct market_unit){.id = 1,
                                     .count = class->spread == SPREAD_NONE ? class->units : 1,
                                     .cpu_milli = (int64_t)class->vcpus * 1000,
                                     .memory_bytes = class->memory_bytes,
                                     .gpu_units = class->gpus,
                                     .gpu_attributes = gpu_attributes(scenario, plan->fleet, class),
                                     .volumes = volume,
                                     .n_volumes = 1,
                                     .price = ceiling(group, plan, class, gpu_usd_month),
                                     .denom = MARKET_USDC};
        spec[c] = (struct market_group_spec){.id = (int32_t)c, .name = class->name, .units = unit, .n_units = 1};
        enum group_fault fault = group_spec_validate(&spec[c], true);
        if (fault != GROUP_OK)
            scenario_error(scenario, group, "lower the class's count of replicas, CPU, memory, GPUs or price",
                           "demand class '%s' cannot be an Akash deployment: %s", class->name, group_fault_name(fault));
    }
    plan->spec = spec;
}

/* What a provider says of itself: the GPU models in its racks. Whether it bids on a class depends on that alone. */
static void decide_bids(struct scenario *scenario, struct akash_plan *plan)
{
    const struct fleet *fleet = plan->fleet;
    plan->claims = arena_array(scenario->arena, plan->providers, struct requirements_provider);
    plan->should_bid = arena_array(scenario->arena, (size_t)plan->providers * plan->demand->classes, enum bid_decision);
    uint64_t *models = arena_array(scenario->arena, plan->providers, uint64_t);
    for (uint32_t n = 0; n < fleet->nodes; n++)
        if (fleet->type[fleet->node[n].type].gpus > 0)
            models[plan->pools->pool_of_node[n]] |= UINT64_C(1) << fleet->type[fleet->node[n].type].gpu_model_id;
    for (uint32_t p = 0; p < plan->providers; p++) {
        struct attribute *items = arena_array(scenario->arena, fleet->gpu_model_count, struct attribute);
        struct provider_policy policy = {.claims.own.items = items, .unlimited_counts = true};
        for (uint32_t m = 0; m < fleet->gpu_model_count; m++)
            if ((models[p] >> m & 1) != 0)
                items[policy.claims.own.count++] = (struct attribute){
                    arena_format(scenario->arena, "capabilities/gpu/vendor/nvidia/model/%s", fleet->gpu_models[m]), "true"};
        plan->claims[p] = policy.claims;
        for (uint32_t c = 0; c < plan->demand->classes; c++)
            plan->should_bid[p * plan->demand->classes + c] = provider_should_bid(&policy, &plan->spec[c]);
    }
}

/* Target prices for the script, in USD per month of 730 h: "a100=803,rtx4090=250". Model names that the script could misread are
 * refused. */
static const char *read_mapping(struct scenario *scenario, const struct value *group, const struct fleet *fleet, double *usd_month)
{
    struct prices prices;
    const char *mapping = "";
    prices_read(scenario, group, fleet, &prices);
    for (uint32_t m = 0; m < fleet->gpu_model_count; m++) {
        usd_month[m] = (double)prices.gpu[m].micro / 1e6 * 730;
        if (fleet->gpu_models[m][strspn(fleet->gpu_models[m], "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0')
            scenario_error(scenario, group, "on Akash models are written as a100, rtx4090, v100-32g",
                           "GPU model '%s' has characters other than a-z, 0-9 and -", fleet->gpu_models[m]);
        mapping = arena_format(scenario->arena, "%s%s%s=%.6f", mapping, m > 0 ? "," : "", fleet->gpu_models[m], usd_month[m]);
    }
    return mapping;
}

static const void *plan_akash(struct scenario *scenario, const struct value *group, const struct fleet *fleet,
                              const struct demand_plan *demand, struct graph_builder *graph)
{
    struct akash_plan *plan = arena_new(scenario->arena, struct akash_plan);
    double gpu_usd_month[64] = {0};
    int before = scenario->errors;
    *plan = (struct akash_plan){.fleet = fleet,
                                .demand = demand,
                                .rules = market_rules_2024_07(),
                                .price_spread = value_number(group, "price_spread"),
                                .automatic_share = value_number(group, "automatic_share"),
                                .top_up_missed = value_number(group, "top_up_missed"),
                                .block = value_duration(group, "block_time"),
                                .choose_wait = value_duration(group, "choose_wait"),
                                .evict_after = value_duration(group, "evict_after"),
                                .retry_first = value_duration(group, "retry_first"),
                                .retry_cap = value_duration(group, "retry_cap"),
                                .escrow_depth = value_duration(group, "escrow_depth"),
                                .top_up_every = value_duration(group, "top_up_every"),
                                .withdraw_every = value_duration(group, "withdraw_every"),
                                .bid_delay = value_law(group, "bid_delay"),
                                .start_time = value_law(group, "start_time"),
                                .detect_automatic = value_law(group, "detect_automatic"),
                                .detect_manual = value_law(group, "detect_manual")};
    plan->chain = graph_add(graph, needs_component(scenario, group, arena_format(scenario->arena, "%s/chain", value_text(group, "name")),
                                                   COMPONENT_CONTROL, "control_up", "control_repair"));
    plan->own_name = strlen(value_text(group, "name")) + 1;
    plan->pools = pool_plan_read(scenario, group, fleet, 0);
    add_providers(scenario, group, plan, graph);
    plan->pools->pools = plan->providers;
    plan->gpu_mapping = read_mapping(scenario, group, fleet, gpu_usd_month);
    if (scenario->errors > before)
        return plan;
    build_specs(scenario, group, plan, gpu_usd_month);
    if (scenario->errors == before)
        decide_bids(scenario, plan);
    return plan;
}

/* --- Calls of the world ---------------------------------------------------------------------------------------------- */

static void request(void *context, uint32_t workload)
{
    struct akash *cloud = context;
    uint32_t first = cloud->first_tenancy[workload];
    for (uint32_t t = first; t < cloud->tenancies && cloud->tenancy[t].workload == workload; t++)
        akash_step(cloud, t, cloud->action_create, (duration){0});
}

static void withdraw(void *context, uint32_t workload)
{
    struct akash *cloud = context;
    for (uint32_t t = cloud->first_tenancy[workload]; t < cloud->tenancies && cloud->tenancy[t].workload == workload; t++) {
        struct tenancy *what = &cloud->tenancy[t];
        engine_cancel(cloud->world->engine, what->step);
        what->parked_action = COMPONENT_NONE;
        engine_cancel(cloud->world->engine, what->detect);
        akash_forget_bids(cloud, t);
        if (what->provider != COMPONENT_NONE)
            akash_tear_down(cloud, t);
        for (uint32_t u = what->first_unit; u < what->first_unit + what->units; u++)
            world_give_up(cloud->world, u);
        what->phase = AKASH_IDLE;
        if (what->deployment.generation != 0)
            akash_step(cloud, t, cloud->action_close, (duration){0});
    }
}

static void component(void *context, uint32_t index, uint8_t before, uint8_t after)
{
    struct akash *cloud = context;
    if (((before ^ after) & COMPONENT_SERVES) == 0)
        return;
    bool serves = (after & COMPONENT_SERVES) != 0;
    const struct fleet *fleet = cloud->plan->fleet;
    if (index == cloud->plan->chain) {
        akash_chain_changed(cloud, serves);
    } else if (index < fleet->fleet_components && fleet->node_of_component[index] != COMPONENT_NONE) {
        uint32_t node = fleet->node_of_component[index];
        struct akash_provider *provider = &cloud->provider[cloud->plan->pools->pool_of_node[node]];
        adjust_set_ready(provider->cluster, (int32_t)cloud->local[node], serves);
        provider->stale = true;
    }
}

/* --- Probes ---------------------------------------------------------------------------------------------------------- */

/* The way of a small deployment: block, bids, choice, block. It comes through when the chain took it and somebody had room. */
static duration probe_time(const void *context, struct stream *stream)
{
    const struct akash *cloud = context;
    return (duration){law_draw_duration(cloud->plan->bid_delay, stream).us + cloud->plan->choose_wait.us +
                      2 * cloud->plan->block.us};
}

static bool passes(void *context, uint32_t site, const struct gpu_pod *small)
{
    struct akash *cloud = context;
    (void)site; /* tenants take the cheapest provider, wherever it is */
    bool has = false;
    for (uint32_t p = 0; p < cloud->plan->providers && !has && cloud->producing; p++)
        has = akash_provider_manages(cloud, p) && pools_has(cloud->pools, p, small);
    return has;
}

/* --- The end --------------------------------------------------------------------------------------------------------- */

static void close_akash(void *context)
{
    struct akash *cloud = context;
    struct world *world = cloud->world;
    if (check_auditing())
        market_audit(&cloud->market);
    akash_settle_all(cloud); /* the rest of the escrow can be had back */
    for (uint32_t p = 0; p < cloud->plan->providers; p++) {
        for (uint32_t t = cloud->provider[p].first_tenancy; t != COMPONENT_NONE; t = cloud->tenancy[t].next) {
            const struct tenancy *what = &cloud->tenancy[t];
            const struct demand_class *class = world_class(world, what->workload);
            double weight = class->gpus > 0 ? (double)class->gpus : class->vcpus / 128.0;
            instant from = what->leased_at.us > 0 ? what->leased_at : (instant){0};
            measure_billed(world->measure, what->workload, what->units, what->leased_at, world_now(world));
            cloud->provider[p].leased += weight * what->units * duration_seconds(instant_since(world_now(world), from));
        }
        if (cloud->provider[p].leased > 0)
            measure_provider(world->measure, cloud->provider[p].leased);
    }
    akash_write_end(cloud);
    measure_stranded(world->measure, (money){decimal_truncate(cloud->market.escrow.dust[MARKET_USDC])});
}

static void lease(const void *context, uint32_t unit, const char **provider, money *per_hour)
{
    const struct akash *cloud = context;
    const struct tenancy *what = &cloud->tenancy[akash_tenancy_of(cloud, unit)];
    const struct market_order *order = market_order(&cloud->market, what->order);
    *provider = what->provider != COMPONENT_NONE ? cloud->plan->provider_name[what->provider] : "";
    if (order == NULL || order->lease == SLOT_NONE)
        return;
    double per_block = decimal_to_double(cloud->market.leases[order->lease].price) / what->units;
    double blocks = (double)US_PER_HOUR / (double)cloud->plan->block.us;
    *per_hour = (money){(int64_t)nearbyint(per_block * blocks)};
}

static void audit(const void *context)
{
    const struct akash *cloud = context;
    market_audit(&cloud->market);
}

static const struct pool_plan *pools_of(const void *plan) { return ((const struct akash_plan *)plan)->pools; }

const struct cloud_kind cloud_akash = {.name = "akash",
                                       .plan = plan_akash,
                                       .events_per_unit = 8,
                                       .pools = pools_of,
                                       .open = akash_open,
                                       .request = request,
                                       .withdraw = withdraw,
                                       .lease = lease,
                                       .unit_down = akash_unit_down,
                                       .unit_up = akash_unit_up,
                                       .component = component,
                                       .probe_time = probe_time,
                                       .passes = passes,
                                       .close = close_akash,
                                       .audit = audit};
