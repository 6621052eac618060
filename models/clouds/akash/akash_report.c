/* What is measured of the marketplace itself: leases billed while nothing of them runs, groups that their providers paused, money
 * that is stranded and by what. */
#include "models/clouds/akash/akash_inside.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

/* --- Billed for nothing ---------------------------------------------------------------------------------------------- */

static bool any_up(const struct akash *cloud, const struct tenancy *what)
{
    for (uint32_t u = what->first_unit; u < what->first_unit + what->units; u++)
        if (unit_is_up(&cloud->world->unit[u]))
            return true;
    return false;
}

static decimal lease_price(const struct akash *cloud, const struct tenancy *what)
{
    const struct market_order *order = market_order(&cloud->market, what->order);
    if (order == NULL || order->lease == SLOT_NONE)
        return decimal_zero();
    return cloud->market.leases[order->lease].price;
}

/* Adds what has gone by since it died, inside the window. */
static void add_dead(struct akash *cloud, struct tenancy *what)
{
    instant now = world_now(cloud->world);
    if (what->dead_since.us == US_NEVER)
        return;
    if (now.us > 0) {
        int64_t blocks = akash_height(cloud) - what->dead_height;
        cloud->counts.dead_us += (now.us - what->dead_since.us) * what->units;
        int64_t charged = decimal_truncate(decimal_mul_int(lease_price(cloud, what), blocks));
        cloud->counts.dead_micro += akash_dollars(cloud, akash_denom(cloud, what->deployment), charged);
    }
    what->dead_since = now;
    what->dead_height = akash_height(cloud);
}

void akash_count_dead(struct akash *cloud, uint32_t tenancy)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    bool up = any_up(cloud, what);
    what->served |= up;
    add_dead(cloud, what);
    bool dead = what->phase == AKASH_LEASED && what->served && !up;
    if (!dead)
        what->dead_since = INSTANT_NEVER;
    else if (what->dead_since.us == US_NEVER) {
        what->dead_since = world_now(cloud->world);
        what->dead_height = akash_height(cloud);
    }
}

/* --- Pauses ---------------------------------------------------------------------------------------------------------- */

static void add_pause(struct akash *cloud, struct tenancy *what)
{
    instant now = world_now(cloud->world);
    if (what->paused_since.us == US_NEVER)
        return;
    if (now.us > 0)
        cloud->counts.paused_us += now.us - what->paused_since.us;
    what->paused_since = now;
}

void akash_count_pause(struct akash *cloud, uint32_t tenancy, bool paused)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    instant now = world_now(cloud->world);
    add_pause(cloud, what);
    cloud->counts.pauses += paused && now.us >= 0;
    what->paused_since = paused ? now : INSTANT_NEVER;
}

/* --- The window ------------------------------------------------------------------------------------------------------ */

static void add_all(struct akash *cloud)
{
    for (uint32_t t = 0; t < cloud->tenancies; t++) {
        add_dead(cloud, &cloud->tenancy[t]);
        add_pause(cloud, &cloud->tenancy[t]);
    }
}

void akash_counts_begin(struct akash *cloud)
{
    add_all(cloud);
    cloud->counts = (struct akash_counts){0};
}

/* --- The end --------------------------------------------------------------------------------------------------------- */

/* Escrow of deployments that their tenants have given up, and deposits of bids that no order needs any more. */
static int64_t locked(const struct akash *cloud)
{
    const struct market *market = &cloud->market;
    int64_t micro = 0;
    for (uint32_t i = 0; i < market->deployment_slots.n_used; i++) {
        if (!slots_in_use(&market->deployment_slots, i))
            continue;
        struct market_deployment_id id = market_deployment_id(market, i);
        const struct escrow_account *account = market_account(market, id);
        if (account->state != ESCROW_OPEN || akash_same_deployment(cloud->deployment[cloud->deployment_of[i]].id, id))
            continue;
        micro += akash_dollars(cloud, akash_denom(cloud, cloud->deployment_of[i]),
                               decimal_truncate(decimal_add(account->balance, account->funds)));
    }
    for (uint32_t i = 0; i < market->bid_slots.n_used; i++) {
        if (!slots_in_use(&market->bid_slots, i) || market->bids[i].state != MARKET_BID_IS_OPEN ||
            market->orders[market->bids[i].order].state == MARKET_ORDER_IS_OPEN)
            continue;
        micro += akash_dollars(cloud, (enum market_denom)market->bids[i].deposit_denom, market->bids[i].deposit);
    }
    return micro;
}

static void report_leases(struct akash *cloud)
{
    struct world *world = cloud->world;
    for (uint32_t p = 0; p < cloud->plan->providers; p++) {
        for (uint32_t t = cloud->provider[p].first_tenancy; t != COMPONENT_NONE; t = cloud->link[t].next) {
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
}

void akash_report(struct akash *cloud)
{
    struct measure_market market = {.locked = {locked(cloud)}};
    add_all(cloud);
    report_leases(cloud);
    for (int denom = MARKET_UAKT; denom < MARKET_DENOMS; denom++) {
        struct market_losses losses = market_losses(&cloud->market, (enum market_denom)denom);
        market.uncredited.micro += akash_dollars(cloud, (enum market_denom)denom, decimal_truncate(losses.uncredited));
        market.stuck.micro += akash_dollars(cloud, (enum market_denom)denom, decimal_truncate(losses.stuck));
        market.dust.micro += akash_dollars(cloud, (enum market_denom)denom, decimal_truncate(losses.dust));
    }
    market.disagreements = cloud->counts.disagreements;
    market.pauses = cloud->counts.pauses;
    market.paused = (duration){cloud->counts.paused_us};
    market.dead_units = (duration){cloud->counts.dead_us};
    market.dead = (money){cloud->counts.dead_micro};
    market.restored = cloud->counts.restored;
    market.lost = cloud->counts.lost;
    market.has_gain = akash_token_gain(cloud, &market.gain);
    measure_market(cloud->world->measure, &market);
}
