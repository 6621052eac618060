/* The provider's clocks over its leases: forced withdrawals, the balance checker, the wait for a manifest, and leaving.
 *
 * The balance checker looks at every lease's escrow each 10 minutes, and more often when the end is near. A look that finds enough does
 * nothing, so only those near the end are events: the next look is put where the account can be near its end at the earliest, by what
 * all its open payments charge. */
#include "models/clouds/akash/akash_inside.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

/* --- Withdrawals ----------------------------------------------------------------------------------------------------- */

static void withdraw_one(struct akash *cloud, uint32_t tenancy)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    cloud->why = "lease closed: its escrow ran dry";
    cloud->withdrawing = what;
    (void)akash_send(cloud, (struct akash_message){.kind = AKASH_WITHDRAW_LEASE,
                                                   .lease = {what->order, cloud->provider[what->provider].wallet}});
    cloud->withdrawing = NULL;
}

/* Tenancies with a lease of a provider, into cloud->walk: a message about one may end others. */
static uint32_t leases_of(struct akash *cloud, uint32_t provider)
{
    uint32_t n = 0;
    for (uint32_t t = cloud->provider[provider].first_tenancy; t != COMPONENT_NONE; t = cloud->link[t].next)
        cloud->walk[n++] = t;
    return n;
}

static bool leases_from(const struct akash *cloud, uint32_t tenancy, uint32_t provider)
{
    return cloud->tenancy[tenancy].provider == provider;
}

/* Has loaded what the withdrawals after the i-th of n will touch. i: below 0 before the first one. */
static void look_ahead(const struct akash *cloud, int64_t i, uint32_t n)
{
    int64_t first = i + 2 * (MARKET_AHEAD_STEPS + 1);
    if (first < n)
        NINES_PREFETCH(&cloud->tenancy[cloud->walk[first]].order);
    for (uint32_t step = 0; step < MARKET_AHEAD_STEPS; step++) {
        int64_t then = i + 2 * (MARKET_AHEAD_STEPS - step);
        if (then < 0 || then >= n)
            continue;
        const struct tenancy *what = &cloud->tenancy[cloud->walk[then]];
        market_ahead_lease(&cloud->market, what->order, (int)step);
        if (step > 0)
            continue;
        NINES_PREFETCH(&cloud->deployment[what->deployment]);
        world_ahead_pay(cloud->world, what->workload, what->first_unit);
    }
}

static void withdraw_all(struct akash *cloud, uint32_t provider)
{
    uint32_t n = leases_of(cloud, provider);
    for (int64_t i = -2 * (MARKET_AHEAD_STEPS + 1); i < n; i++) {
        look_ahead(cloud, i, n);
        if (i >= 0 && leases_from(cloud, cloud->walk[i], provider))
            withdraw_one(cloud, cloud->walk[i]);
    }
    akash_swap(cloud, provider);
}

void akash_on_withdraw(void *context, struct engine *engine, uint32_t provider, uint64_t detail)
{
    (void)detail;
    struct akash *cloud = context;
    engine_schedule(engine, instant_add(world_now(cloud->world), cloud->plan->withdraw_every), CLASS_BLOCK,
                    cloud->action_withdraw, provider, 0);
    /* A dark provider collects nothing; when it is back it collects for all the time since. */
    if (cloud->producing && akash_provider_manages(cloud, provider))
        withdraw_all(cloud, provider);
}

/* Every payment that still charges an account: of leases, of leases whose workload has gone, and of ghosts ([R2], [Q7]). */
static void settle_account(struct akash *cloud, uint32_t account)
{
    const struct escrow *escrow = &cloud->market.escrow;
    uint32_t next;
    for (uint32_t i = escrow->accounts[account].first_payment; i != SLOT_NONE; i = next) {
        const struct escrow_payment *payment = &escrow->payments[i];
        next = payment->next;
        if (payment->state != ESCROW_OPEN || escrow->accounts[account].state != ESCROW_OPEN)
            continue;
        struct market_order_id order = market_order_id(&cloud->market, cloud->market.leases[payment->lease.index].order);
        (void)akash_send(cloud, (struct akash_message){.kind = AKASH_WITHDRAW_LEASE, .lease = {order, payment->provider}});
    }
}

/* What payments have earned and could not be paid now, as another one of the account was paid in this block ([Q6]), counts now. */
static void measure_early(struct akash *cloud, struct akash_deployment *deployment, const struct escrow_account *account)
{
    int64_t earned = -deployment->measured_early;
    enum market_denom denom = akash_denom(cloud, (uint32_t)(deployment - cloud->deployment));
    for (uint32_t i = account->first_payment; i != SLOT_NONE; i = cloud->market.escrow.payments[i].next)
        if (cloud->market.escrow.payments[i].state == ESCROW_OPEN)
            earned += akash_dollars(cloud, denom, decimal_truncate(cloud->market.escrow.payments[i].balance));
    if (earned <= 0)
        return;
    const struct tenancy *first = &cloud->tenancy[deployment->first];
    deployment->measured_early += earned;
    world_pay(cloud->world, first->first_unit, first->units, (money){earned}, "escrow", akash_coin(cloud, denom), "lease");
}

void akash_settle_all(struct akash *cloud)
{
    cloud->why = "lease closed: its escrow ran dry";
    for (uint32_t d = 0; d < cloud->deployments; d++) {
        const struct market_deployment *deployment = market_deployment(&cloud->market, cloud->deployment[d].id);
        if (deployment == NULL)
            continue;
        settle_account(cloud, deployment->account);
        if (cloud->market.escrow.accounts[deployment->account].state == ESCROW_OPEN)
            measure_early(cloud, &cloud->deployment[d], &cloud->market.escrow.accounts[deployment->account]);
    }
}

void akash_on_settle(void *context, struct engine *engine, uint32_t unused, uint64_t detail)
{
    (void)engine;
    (void)unused;
    (void)detail;
    struct akash *cloud = context;
    akash_settle_all(cloud);
    akash_counts_begin(cloud);
    akash_token_begin(cloud);
}

/* --- The balance checker --------------------------------------------------------------------------------------------- */

static void look_again(struct akash *cloud, uint32_t tenancy, int64_t wait_us)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    engine_cancel(cloud->world->engine, what->balance);
    what->balance = engine_schedule(cloud->world->engine, instant_add(world_now(cloud->world), (duration){wait_us}), CLASS_BLOCK,
                                    cloud->action_balance, tenancy, 0);
}

/* Looks at a healthy account that can be left out: so many that it is not yet near its end at the next one. */
static int64_t idle_looks(const struct akash *cloud, const struct escrow_account *account)
{
    int64_t interval = cloud->clocks.balance_interval_us / cloud->clocks.assumed_block_us;
    int64_t between = cloud->clocks.balance_interval_us / cloud->plan->block.us + 1; /* blocks */
    if (!decimal_is_positive(account->open_rate))
        return 1;
    decimal funds = decimal_add(account->balance, account->funds);
    if (!decimal_is_positive(funds))
        return 1;
    int64_t left = decimal_quo_whole(funds, account->open_rate, INT64_MAX / 2) - (akash_height(cloud) - account->settled_at);
    return left - interval > between ? (left - interval) / between : 1;
}

void akash_watch_balance(struct akash *cloud, uint32_t deployment)
{
    const struct akash_deployment *which = &cloud->deployment[deployment];
    const struct escrow_account *account = market_account(&cloud->market, which->id);
    int64_t interval = cloud->clocks.balance_interval_us / cloud->clocks.assumed_block_us * cloud->clocks.assumed_block_us;
    if (cloud->clocks.balance_interval_us == 0 || account == NULL)
        return;
    for (uint32_t t = which->first; t < which->first + which->groups; t++) {
        const struct tenancy *what = &cloud->tenancy[t];
        if (what->phase != AKASH_LEASED)
            continue;
        /* Its looks lie on a grid that begins with the lease. */
        int64_t since = (world_now(cloud->world).us - what->leased_at.us) % interval;
        look_again(cloud, t, idle_looks(cloud, account) * interval - since);
    }
}

void akash_on_balance(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct akash *cloud = context;
    struct tenancy *what = &cloud->tenancy[tenancy];
    const struct provider_clocks *clocks = &cloud->clocks;
    const struct escrow_account *account = market_account(&cloud->market, cloud->deployment[what->deployment].id);
    if (what->phase != AKASH_LEASED || account == NULL)
        return;
    if (!cloud->producing || !akash_provider_manages(cloud, what->provider)) {
        look_again(cloud, tenancy, cloud->producing ? clocks->balance_interval_us : clocks->balance_retry_us);
        return;
    }
    decimal rate = market_active_rate(&cloud->market, cloud->deployment[what->deployment].id);
    struct provider_balance balance = provider_balance_check(clocks, decimal_add(account->balance, account->funds),
                                                             account->settled_at, akash_height(cloud), rate);
    if (balance.withdraw)
        withdraw_one(cloud, tenancy);
    if (what->phase != AKASH_LEASED)
        return;
    int64_t looks = balance.wait_us >= clocks->balance_interval_us / clocks->assumed_block_us * clocks->assumed_block_us && !balance.withdraw
                        ? idle_looks(cloud, account)
                        : 1;
    look_again(cloud, tenancy, looks * balance.wait_us);
}

/* --- The manifest ---------------------------------------------------------------------------------------------------- */

enum { MANIFEST_ARRIVES, MANIFEST_IS_LATE };

static void schedule_manifest(struct akash *cloud, uint32_t tenancy, int64_t wait_us, uint64_t why)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    what->clock = engine_schedule(cloud->world->engine, instant_add(world_now(cloud->world), (duration){wait_us}), CLASS_ACT,
                                  cloud->action_manifest, tenancy, why);
}

void akash_await_manifest(struct akash *cloud, uint32_t tenancy)
{
    if (law_mean(cloud->plan->manifest_time) <= 0) {
        akash_deploy(cloud, tenancy);
        return;
    }
    struct stream stream = akash_stream(cloud, tenancy);
    duration takes = law_draw_duration(cloud->plan->manifest_time, &stream);
    bool late = takes.us > cloud->clocks.manifest_timeout_us;
    schedule_manifest(cloud, tenancy, late ? cloud->clocks.manifest_timeout_us : takes.us,
                      late ? MANIFEST_IS_LATE : MANIFEST_ARRIVES);
}

static enum market_error leave(struct akash *cloud, uint32_t tenancy, int32_t reason)
{
    const struct tenancy *what = &cloud->tenancy[tenancy];
    struct market_leave message = {
        .order = what->order, .provider = cloud->provider[what->provider].wallet, .reason = reason};
    return akash_send(cloud, (struct akash_message){.kind = AKASH_CLOSE_BID, .leave = message});
}

void akash_on_manifest(void *context, struct engine *engine, uint32_t tenancy, uint64_t why)
{
    (void)engine;
    struct akash *cloud = context;
    struct tenancy *what = &cloud->tenancy[tenancy];
    if (what->phase != AKASH_LEASED)
        return;
    if (why == MANIFEST_ARRIVES) {
        akash_deploy(cloud, tenancy);
        return;
    }
    cloud->why = "lease closed by its provider: no manifest came";
    if (!cloud->producing || !akash_provider_manages(cloud, what->provider))
        schedule_manifest(cloud, tenancy, US_PER_MINUTE, MANIFEST_IS_LATE);
    else if (leave(cloud, tenancy, MARKET_REASON_MANIFEST_TIMEOUT) != MARKET_OK)
        akash_sicken(cloud, tenancy); /* it may not go before its window ends: the tenant sees that nothing runs */
}

/* --- Departures ------------------------------------------------------------------------------------------------------ */

/* A provider's own chances; the name without its cloud's: two clouds that are alike but for their names have the same luck. */
static duration provider_draw(struct akash *cloud, uint32_t provider, const struct law *law)
{
    struct stream_key family = stream_key(cloud->world->task->seed, cloud->world->task->replication, "akash departure");
    struct stream_key own = stream_key_path(family, cloud->plan->provider_name[provider] + cloud->plan->own_name);
    struct stream stream = stream_open(stream_key_index(own, cloud->provider[provider].departures++));
    return law_draw_duration(law, &stream);
}

void akash_first_departure(struct akash *cloud, uint32_t provider)
{
    if (law_mean(cloud->plan->departure) <= 0)
        return;
    instant at = instant_add(world_now(cloud->world), provider_draw(cloud, provider, cloud->plan->departure));
    engine_schedule(cloud->world->engine, at, CLASS_ACT, cloud->action_depart, provider, 0);
}

static void reclaim_at(struct akash *cloud, uint32_t tenancy, instant at)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    instant now = world_now(cloud->world);
    what->clock = engine_schedule(cloud->world->engine, at.us > now.us ? at : now, CLASS_ACT, cloud->action_reclaim, tenancy, 0);
}

/* A lease with a window is announced to end, one without it, or whose window is over, ends at once. */
static void leave_or_reclaim(struct akash *cloud, uint32_t tenancy)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    const struct market_order *order = market_order(&cloud->market, what->order);
    const struct market_lease *lease = &cloud->market.leases[order->lease];
    instant soon = instant_add(world_now(cloud->world), (duration){US_PER_MINUTE});
    cloud->why = "lease closed by its provider: it wants its machines back";
    if (!cloud->producing || !akash_provider_manages(cloud, what->provider)) {
        reclaim_at(cloud, tenancy, soon);
        return;
    }
    if (lease->window_s == 0 || lease->state == MARKET_LEASE_IS_RECLAIMING) {
        if (leave(cloud, tenancy, MARKET_REASON_DECOMMISSION) != MARKET_OK)
            reclaim_at(cloud, tenancy, soon);
        return;
    }
    struct market_leave message = {
        .order = what->order, .provider = lease->provider, .reason = MARKET_REASON_DECOMMISSION};
    enum market_error error = akash_send(cloud, (struct akash_message){.kind = AKASH_START_RECLAIM, .leave = message});
    check(error == MARKET_OK, "a lease cannot be reclaimed: %s", market_error_name(error));
    what->reclaimed = true;
    akash_sicken(cloud, tenancy);
    reclaim_at(cloud, tenancy,
               (instant){(lease->reclaim_until_s - cloud->world->plan->start_unix_s) * US_PER_SECOND});
}

void akash_on_reclaim(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct akash *cloud = context;
    if (cloud->tenancy[tenancy].phase == AKASH_LEASED)
        leave_or_reclaim(cloud, tenancy);
}

void akash_on_depart(void *context, struct engine *engine, uint32_t provider, uint64_t detail)
{
    (void)detail;
    struct akash *cloud = context;
    cloud->provider[provider].leaving = true;
    uint32_t n = leases_of(cloud, provider);
    for (uint32_t i = 0; i < n; i++) {
        if (!leases_from(cloud, cloud->walk[i], provider))
            continue;
        engine_cancel(engine, cloud->tenancy[cloud->walk[i]].clock); /* whether the manifest comes does not matter now */
        leave_or_reclaim(cloud, cloud->walk[i]);
    }
    instant back = instant_add(world_now(cloud->world), provider_draw(cloud, provider, cloud->plan->absence));
    engine_schedule(engine, back, CLASS_ACT, cloud->action_return, provider, 0);
}

void akash_on_return(void *context, struct engine *engine, uint32_t provider, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct akash *cloud = context;
    cloud->provider[provider].leaving = false;
    akash_first_departure(cloud, provider);
}
