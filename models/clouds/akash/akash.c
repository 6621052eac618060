#include "models/clouds/akash/akash_inside.h"

#include "sim/base/check.h"

#include <math.h>

#include "sim/base/nomalloc.h"

/* --- Calls of the world ---------------------------------------------------------------------------------------------- */

static void request(void *context, uint32_t workload)
{
    struct akash *cloud = context;
    for (uint32_t d = cloud->first_deployment[workload]; d < cloud->first_deployment[workload + 1]; d++)
        akash_step(cloud, cloud->deployment[d].first, cloud->action_create, (duration){0});
}

static void stop(struct akash *cloud, uint32_t tenancy)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    engine_cancel(cloud->world->engine, what->step);
    what->parked_action = COMPONENT_NONE;
    engine_cancel(cloud->world->engine, what->detect);
    akash_forget_bids(cloud, tenancy);
    akash_count_pause(cloud, tenancy, false);
    if (what->provider != COMPONENT_NONE)
        akash_tear_down(cloud, tenancy);
    for (uint32_t u = what->first_unit; u < what->first_unit + what->units; u++)
        world_give_up(cloud->world, u);
    what->phase = AKASH_IDLE;
}

static void withdraw(void *context, uint32_t workload)
{
    struct akash *cloud = context;
    for (uint32_t d = cloud->first_deployment[workload]; d < cloud->first_deployment[workload + 1]; d++) {
        struct akash_deployment *deployment = &cloud->deployment[d];
        for (uint32_t t = deployment->first; t < deployment->first + deployment->groups; t++)
            stop(cloud, t);
        engine_cancel(cloud->world->engine, deployment->top_up);
        akash_mint_cancel(cloud, d);
        if (deployment->id.generation != 0)
            akash_step(cloud, deployment->first, cloud->action_close, (duration){0});
    }
}

static void node_changed(struct akash *cloud, uint32_t node, bool serves)
{
    uint32_t pool = cloud->plan->pools->pool_of_node[node];
    if (pool == COMPONENT_NONE)
        return; /* another cloud's, under a hybrid */
    struct akash_provider *provider = &cloud->provider[pool];
    adjust_set_ready(provider->cluster, (int32_t)cloud->local[node], serves);
    provider->stale = true;
}

static void component(void *context, uint32_t index, uint8_t before, uint8_t after)
{
    struct akash *cloud = context;
    const struct fleet *fleet = cloud->plan->fleet;
    const uint32_t *providers = cloud->plan->provider_component; /* one after another */
    bool serves = (after & COMPONENT_SERVES) != 0, manages = (after & COMPONENT_MANAGES) != 0;
    if (index >= providers[0] && index - providers[0] < cloud->plan->providers) {
        if (manages && (before & COMPONENT_MANAGES) == 0) {
            cloud->provider[index - providers[0]].restarted = world_now(cloud->world);
            akash_monitors_restart(cloud, index - providers[0]);
        }
        return;
    }
    if (((before ^ after) & COMPONENT_SERVES) == 0)
        return;
    if (index == cloud->plan->chain)
        akash_chain_changed(cloud, serves);
    else if (index < fleet->fleet_components && fleet->node_of_component[index] != COMPONENT_NONE)
        node_changed(cloud, fleet->node_of_component[index], serves);
    if (cloud->plan->rules.burn_mint && (index == cloud->plan->chain || index == cloud->plan->oracle))
        akash_mint_fed(cloud);
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
        has = akash_provider_manages(cloud, p) && !cloud->provider[p].leaving && pools_has(cloud->pools, p, small);
    return has;
}

static uint32_t control(const void *context, uint32_t site)
{
    const struct akash *cloud = context;
    (void)site;
    return cloud->plan->chain;
}

/* --- The end --------------------------------------------------------------------------------------------------------- */

static void close_akash(void *context)
{
    struct akash *cloud = context;
    if (check_auditing())
        market_audit(&cloud->market);
    akash_settle_all(cloud); /* the rest of the escrow can be had back */
    akash_write_end(cloud);
    akash_report(cloud);
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
    if (akash_denom(cloud, what->deployment) == MARKET_UAKT)
        per_block *= decimal_to_double(akash_akt_price(cloud));
    *per_hour = (money){(int64_t)nearbyint(per_block * blocks)};
}

static void audit(const void *context)
{
    const struct akash *cloud = context;
    market_audit(&cloud->market);
    check(cloud->token.held >= 0, "more AKT has left the escrow than came into it");
}

static const struct pool_plan *pools_of(const void *plan) { return ((const struct akash_plan *)plan)->pools; }

const struct cloud_kind cloud_akash = {.name = "akash",
                                       .rules = "2024-07|2026-08",
                                       .plan = akash_plan,
                                       .events_per_unit = 12,
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
                                       .control = control,
                                       .close = close_akash,
                                       .audit = audit};
