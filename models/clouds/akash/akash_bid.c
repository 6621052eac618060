/* Providers' bids: who answers an order, at what price, and what becomes of bids that lose or are not chosen in time. */
#include "models/clouds/akash/akash_inside.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

static void keep_bid(struct akash *cloud, struct tenancy *what, struct akash_bid bid)
{
    if (what->bids == NULL)
        what->bids = cloud->bids + (size_t)slots_take(&cloud->bid_tables) * akash_bids_most(cloud);
    check(what->n_bids < akash_bids_most(cloud), "more bids than an order takes");
    what->bids[what->n_bids++] = bid;
}

void akash_forget_bids(struct akash *cloud, uint32_t tenancy)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    if (what->bids == NULL)
        return;
    for (uint32_t i = 0; i < what->n_bids; i++)
        adjust_release(cloud->provider[what->bids[i].provider].cluster, what->bids[i].reservation);
    slots_give(&cloud->bid_tables, (uint32_t)((size_t)(what->bids - cloud->bids) / akash_bids_most(cloud)));
    what->bids = NULL;
    what->n_bids = 0;
}

/* The inventory operator reports what has changed, and what has not from time to time. */
static void take_inventory(struct akash *cloud, struct akash_provider *who)
{
    instant now = world_now(cloud->world);
    if (!who->stale && now.us - who->updated.us < cloud->plan->inventory_every.us)
        return;
    adjust_update(who->cluster);
    who->stale = false;
    who->updated = now;
}

enum attempt { ATTEMPT_MADE, ATTEMPT_NONE, ATTEMPT_ORDER_FULL };

static enum market_error send_bid(struct akash *cloud, uint32_t tenancy, uint32_t provider, const struct provider_order *order,
                                  decimal price)
{
    if (!decimal_is_positive(price) || decimal_compare(price, order->price) > 0)
        return MARKET_BID_OVER_ORDER;
    struct market_create_bid bid = {.order = cloud->tenancy[tenancy].order,
                                    .provider = cloud->provider[provider].wallet,
                                    .price_denom = order->denom,
                                    .price = price,
                                    .deposit_denom = MARKET_UAKT,
                                    .deposit = cloud->plan->rules.market.bid_minimum[MARKET_UAKT],
                                    .placement_matches = true,
                                    .capabilities_match = true,
                                    .window_s = cloud->plan->reclaim_offered_s};
    return akash_send(cloud, (struct akash_message){.kind = AKASH_CREATE_BID, .bid = bid});
}

/* One provider meets the order: room, price, message. */
static enum attempt try_bid(struct akash *cloud, uint32_t tenancy, uint32_t provider, const struct provider_order *order, decimal akt_usd)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    struct akash_provider *who = &cloud->provider[provider];
    struct provider_pricing pricing = {.kind = PROVIDER_SCRIPT, .script = cloud->script};
    struct provider_bid bid;
    take_inventory(cloud, who);
    if (provider_try_bid(&pricing, who->cluster, order, akt_usd, 0, &bid) != BID_MADE)
        return ATTEMPT_NONE;
    decimal price = decimal_mul(bid.price, who->price_factor);
    price.atto -= price.atto % (DECIMAL_ONE_ATTO / 1000000); /* the script's precision: 6 digits */
    enum market_error error = send_bid(cloud, tenancy, provider, order, price);
    if (error == MARKET_OK) {
        keep_bid(cloud, what, (struct akash_bid){provider, bid.reservation});
        return ATTEMPT_MADE;
    }
    adjust_release(who->cluster, bid.reservation);
    return error == MARKET_INVALID_BID ? ATTEMPT_ORDER_FULL : ATTEMPT_NONE;
}

/* So many orders have been made on this chain that a provider which looks at the first 10,000 only misses a new one ([R6]). */
enum { ORDERS_EVER = 1000000 };

static bool sees(const struct akash *cloud, uint32_t tenancy, uint32_t provider)
{
    const struct akash_provider *who = &cloud->provider[provider];
    bool restarted = who->restarted.us < US_NEVER && who->restarted.us > cloud->tenancy[tenancy].ordered_at.us;
    return !restarted || provider_restart_sees(&cloud->plan->rules.provider, ORDERS_EVER);
}

/* --- Who answers when ------------------------------------------------------------------------------------------------- */

/* So many providers are shuffled whole. Of more, only as many are drawn as an order hears of: what it costs does not grow with the
 * market. */
enum { SHUFFLED_WHOLE = 256 };

/* Providers in the order in which they answer: cloud->arrival, of which the first `drawn` are known. */
struct arrivals {
    struct akash *cloud;
    struct stream stream;
    uint32_t drawn;
};

static void swap_arrivals(struct akash *cloud, uint32_t a, uint32_t b)
{
    uint32_t kept = cloud->arrival[a];
    cloud->arrival[a] = cloud->arrival[b];
    cloud->arrival[b] = kept;
}

static struct arrivals arrivals_begin(struct akash *cloud, uint32_t tenancy)
{
    struct arrivals arrivals = {.cloud = cloud, .stream = akash_stream(cloud, tenancy)};
    uint32_t providers = cloud->plan->providers;
    if (providers <= SHUFFLED_WHOLE) {
        stream_shuffle(&arrivals.stream, cloud->arrival, providers);
        arrivals.drawn = providers;
    }
    return arrivals;
}

/* The i-th that answers; all before it are known then. */
static uint32_t arrivals_at(struct arrivals *arrivals, uint32_t i)
{
    struct akash *cloud = arrivals->cloud;
    for (uint32_t *drawn = &arrivals->drawn; *drawn <= i; ++*drawn) { /* a step of a shuffle from the front */
        cloud->swapped[*drawn] = *drawn + (uint32_t)stream_below(&arrivals->stream, cloud->plan->providers - *drawn);
        swap_arrivals(cloud, *drawn, cloud->swapped[*drawn]);
    }
    return cloud->arrival[i];
}

/* Has loaded what the answers after the i-th will touch: one market's records are cold by the time it is asked again. */
static void look_ahead(struct arrivals *arrivals, uint32_t i)
{
    const struct akash *cloud = arrivals->cloud;
    for (uint32_t step = 0; step <= ADJUST_AHEAD_STEPS; step++) {
        uint32_t then = i + 2 * (ADJUST_AHEAD_STEPS + 1 - step);
        if (then >= cloud->plan->providers)
            continue;
        const struct akash_provider *who = &cloud->provider[arrivals_at(arrivals, then)];
        if (step == 0)
            NINES_PREFETCH(who);
        else
            adjust_ahead(who->cluster, (int)step - 1);
    }
}

/* Puts all in the order of their numbers again. */
static void arrivals_end(struct arrivals *arrivals)
{
    struct akash *cloud = arrivals->cloud;
    uint32_t providers = cloud->plan->providers;
    if (providers > SHUFFLED_WHOLE)
        while (arrivals->drawn-- > 0)
            swap_arrivals(cloud, arrivals->drawn, cloud->swapped[arrivals->drawn]);
    else
        for (uint32_t p = 0; p < providers; p++)
            cloud->arrival[p] = p;
}

/* A provider whose own control is degraded bids by its fraction. */
static bool answers(struct akash *cloud, uint32_t tenancy, uint32_t class, uint32_t provider)
{
    return akash_provider_manages(cloud, provider) && !cloud->provider[provider].leaving &&
           cloud->plan->should_bid[provider * cloud->plan->demand->classes + class] == BID_MADE && sees(cloud, tenancy, provider) &&
           world_answered(cloud->world, cloud->tenancy[tenancy].first_unit, cloud->plan->provider_component[provider], PLANE_CONTROL);
}

/* Providers answer in an order of their own; the order takes only so many. */
void akash_on_bids(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct akash *cloud = context;
    struct tenancy *what = &cloud->tenancy[tenancy];
    if (akash_must_wait(cloud, tenancy, cloud->action_bids))
        return;
    uint32_t class = cloud->world->demand->workload[what->workload].class, spec = akash_spec_of(cloud, tenancy);
    struct provider_order order = {.group = &cloud->plan->spec[spec],
                                   .request = cloud->request[spec],
                                   .price = group_spec_price(&cloud->plan->spec[spec]),
                                   .denom = akash_denom(cloud, what->deployment)};
    struct arrivals arrivals = arrivals_begin(cloud, tenancy);
    enum attempt attempt = ATTEMPT_NONE;
    decimal akt_usd = akash_script_price(cloud);
    what->bid_at = world_now(cloud->world);
    for (uint32_t i = 0; i < cloud->plan->providers && attempt != ATTEMPT_ORDER_FULL; i++) {
        uint32_t provider = arrivals_at(&arrivals, i);
        look_ahead(&arrivals, i);
        if (answers(cloud, tenancy, class, provider))
            attempt = try_bid(cloud, tenancy, provider, &order, akt_usd);
    }
    arrivals_end(&arrivals);
    akash_tell_bids(cloud, tenancy);
    akash_step(cloud, tenancy, cloud->action_choose, cloud->plan->choose_wait);
}

/* --- Bids that end without a lease ----------------------------------------------------------------------------------- */

static void close_bid(struct akash *cloud, struct market_order_id order, uint32_t provider)
{
    struct market_leave leave = {.order = order, .provider = cloud->provider[provider].wallet, .reason = MARKET_REASON_UNSPECIFIED};
    (void)akash_send(cloud, (struct akash_message){.kind = AKASH_CLOSE_BID, .leave = leave});
}

/* A provider that has run on closes a bid when its time is over. One that has begun anew meanwhile asks whether it is too old, and
 * if not begins to count again. Only a halt of the chain keeps bids open so long. */
void akash_age_bids(struct akash *cloud, uint32_t tenancy)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    const struct provider_clocks *clocks = &cloud->clocks;
    int64_t age_us = world_now(cloud->world).us - what->bid_at.us;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < what->n_bids; i++) {
        struct akash_bid bid = what->bids[i];
        const struct akash_provider *who = &cloud->provider[bid.provider];
        bool restarted = who->restarted.us < US_NEVER && who->restarted.us > what->bid_at.us;
        bool over = restarted ? provider_bid_is_stale(&cloud->plan->rules.provider, clocks, age_us) : age_us > clocks->bid_timeout_us;
        if (!over || !akash_provider_manages(cloud, bid.provider)) {
            what->bids[kept++] = bid;
            continue;
        }
        adjust_release(who->cluster, bid.reservation);
        close_bid(cloud, what->order, bid.provider);
    }
    what->n_bids = kept;
}

/* Providers who see the lease of another close their bids. One that does not see it, as it is dark, never learns of it: at its
 * start it looks for open orders only. */
void akash_on_losers(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail)
{
    struct akash *cloud = context;
    struct market_order_id order = {(uint32_t)(detail >> 32), (uint32_t)detail};
    if (!cloud->producing) {
        instant soon = instant_add(world_now(cloud->world), (duration){US_PER_MINUTE});
        engine_schedule(engine, soon, CLASS_BLOCK, cloud->action_losers, tenancy, detail);
        return;
    }
    if (market_order(&cloud->market, order) == NULL)
        return;
    int32_t offers = market_open_bids(&cloud->market, order, cloud->offers, AKASH_BIDS_MAX);
    for (int32_t i = 0; i < offers && i < AKASH_BIDS_MAX; i++) {
        uint32_t provider = cloud->offers[i].provider - cloud->provider[0].wallet;
        if (akash_provider_manages(cloud, provider))
            close_bid(cloud, order, provider);
    }
}
