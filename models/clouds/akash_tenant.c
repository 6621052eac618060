/* The tenant's way through the market. Nobody does anything for a tenant here: it orders, waits for bids, picks one, and when its
 * deployment is sick it has to notice, leave and order again. */
#include "models/clouds/akash_inside.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

struct stream akash_stream(struct akash *cloud, uint32_t tenancy)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    const struct workload *workload = &cloud->world->demand->workload[what->workload];
    struct stream_key family = stream_key(cloud->world->task->seed, cloud->world->task->replication, "akash tenant");
    struct stream_key own = stream_key_path(family, world_class(cloud->world, what->workload)->name);
    uint64_t number = (uint64_t)(tenancy - cloud->first_tenancy[what->workload]) << 32 | what->draws++;
    return stream_open(stream_key_index(stream_key_index(own, workload->number), number));
}

static duration drawn(struct akash *cloud, uint32_t tenancy, const struct law *law)
{
    struct stream stream = akash_stream(cloud, tenancy);
    return law_draw_duration(law, &stream);
}

void akash_step(struct akash *cloud, uint32_t tenancy, uint32_t action, duration delay)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    engine_cancel(cloud->world->engine, what->step);
    what->parked_action = COMPONENT_NONE;
    what->step =
        engine_schedule(cloud->world->engine, akash_next_block(cloud, delay), CLASS_BLOCK, action, tenancy, 0);
}

/* A halted chain takes no message. A tenant looks at it every half a minute; only the look that finds it back is an event. */
static bool must_wait(struct akash *cloud, uint32_t tenancy, uint32_t action)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    if (cloud->producing)
        return false;
    world_refuse(cloud->world, what->first_unit);
    what->parked_action = action;
    if (what->parked)
        return true;
    what->parked = true;
    what->next_parked = cloud->first_parked;
    cloud->first_parked = tenancy;
    return true;
}

void akash_unpark(struct akash *cloud)
{
    for (uint32_t t = cloud->first_parked; t != COMPONENT_NONE; t = cloud->tenancy[t].next_parked) {
        uint32_t action = cloud->tenancy[t].parked_action;
        cloud->tenancy[t].parked = false;
        if (action == COMPONENT_NONE)
            continue;
        struct stream stream = akash_stream(cloud, t);
        double part = stream_uniform(&stream); /* of the half minute since its last look */
        akash_step(cloud, t, action, duration_from_seconds(30 * part));
    }
    cloud->first_parked = COMPONENT_NONE;
}

static void ask_all(struct akash *cloud, const struct tenancy *what)
{
    for (uint32_t u = what->first_unit; u < what->first_unit + what->units; u++)
        world_ask(cloud->world, u);
}

/* An ended deployment's memory is given back, where nothing of it is left on the chain. */
static void forget_deployment(struct akash *cloud, uint32_t tenancy)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    struct akash_message message = {.kind = AKASH_FORGET, .deployment = what->deployment};
    if (what->deployment.generation != 0 && akash_send(cloud, message) == MARKET_OK)
        what->deployment = (struct market_deployment_id){0, 0};
}

/* --- Deployment and order -------------------------------------------------------------------------------------------- */

static void order_opened(struct akash *cloud, uint32_t tenancy)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    what->group = market_find_group(&cloud->market, what->deployment, 1);
    what->order = market_live_order(&cloud->market, what->group);
    what->phase = AKASH_ORDERED;
    ask_all(cloud, what);
    akash_step(cloud, tenancy, cloud->action_bids, drawn(cloud, tenancy, cloud->plan->bid_delay));
}

void akash_on_create(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail)
{
    (void)engine;
    (void)detail;
    static const uint8_t version[MARKET_VERSION_BYTES] = {1};
    struct akash *cloud = context;
    struct tenancy *what = &cloud->tenancy[tenancy];
    if (must_wait(cloud, tenancy, cloud->action_create))
        return;
    forget_deployment(cloud, tenancy);
    uint32_t class = cloud->world->demand->workload[what->workload].class;
    const struct market_group_spec *groups[1] = {&cloud->plan->spec[class]};
    int64_t deposit = akash_escrow(cloud, class, cloud->plan->escrow_depth).micro;
    int64_t least = cloud->plan->rules.deployment_minimum[MARKET_USDC];
    if (deposit < least)
        deposit = least;
    akash_issue(cloud, what->wallet, MARKET_USDC, deposit);
    struct market_create_deployment create = {.owner = what->wallet,
                                               .depositor = what->wallet,
                                               .dseq = ++cloud->dseq,
                                               .version = version,
                                               .version_bytes = MARKET_VERSION_BYTES,
                                               .groups = groups,
                                               .n_groups = 1,
                                               .denom = MARKET_USDC,
                                               .deposit = deposit};
    enum market_error error = akash_send(cloud, (struct akash_message){.kind = AKASH_CREATE_DEPLOYMENT, .create = create});
    check(error == MARKET_OK, "a deployment is refused: %s", market_error_name(error));
    what->deployment = market_find_deployment(&cloud->market, what->wallet, cloud->dseq);
    cloud->tenancy_of_deployment[what->deployment.index] = tenancy;
    order_opened(cloud, tenancy);
}

/* --- Bids ------------------------------------------------------------------------------------------------------------ */

void akash_forget_bids(struct akash *cloud, uint32_t tenancy)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    for (uint32_t i = 0; i < what->n_bids; i++) {
        struct akash_provider *provider = &cloud->provider[what->bids[i].provider];
        adjust_release(provider->cluster, what->bids[i].reservation);
        provider->stale = true;
    }
    what->n_bids = 0;
}

enum attempt { ATTEMPT_MADE, ATTEMPT_NONE, ATTEMPT_ORDER_FULL };

/* One provider meets the order: room, price, message. */
static enum attempt try_bid(struct akash *cloud, uint32_t tenancy, uint32_t provider, const struct provider_order *order)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    struct akash_provider *who = &cloud->provider[provider];
    struct provider_pricing pricing = {.kind = PROVIDER_SCRIPT, .script = cloud->script};
    struct provider_bid bid;
    if (who->stale)
        adjust_update(who->cluster);
    who->stale = false;
    if (provider_try_bid(&pricing, who->cluster, order, decimal_zero(), 0, &bid) != BID_MADE)
        return ATTEMPT_NONE;
    decimal price = decimal_mul(bid.price, who->price_factor);
    price.atto -= price.atto % (DECIMAL_ONE_ATTO / 1000000); /* the script's precision: 6 digits */
    enum market_error error = MARKET_BID_OVER_ORDER;
    if (decimal_is_positive(price) && decimal_compare(price, order->price) <= 0) {
        struct market_create_bid message = {.order = what->order,
                                            .provider = who->wallet,
                                            .price_denom = MARKET_USDC,
                                            .price = price,
                                            .deposit_denom = MARKET_UAKT,
                                            .deposit = cloud->plan->rules.bid_minimum[MARKET_UAKT],
                                            .placement_matches = true,
                                            .capabilities_match = true};
        error = akash_send(cloud, (struct akash_message){.kind = AKASH_CREATE_BID, .bid = message});
    }
    if (error == MARKET_OK && what->n_bids < AKASH_BIDS_MAX) {
        what->bids[what->n_bids++] = (struct akash_bid){provider, bid.reservation};
        return ATTEMPT_MADE;
    }
    adjust_release(who->cluster, bid.reservation);
    who->stale = true;
    return error == MARKET_INVALID_BID ? ATTEMPT_ORDER_FULL : ATTEMPT_NONE;
}

/* Providers answer in an order of their own; the order takes only so many. */
void akash_on_bids(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct akash *cloud = context;
    struct tenancy *what = &cloud->tenancy[tenancy];
    if (must_wait(cloud, tenancy, cloud->action_bids))
        return;
    uint32_t class = cloud->world->demand->workload[what->workload].class;
    struct provider_order order = {.group = &cloud->plan->spec[class],
                                   .request = cloud->request[class],
                                   .price = group_spec_price(&cloud->plan->spec[class]),
                                   .denom = MARKET_USDC};
    struct stream stream = akash_stream(cloud, tenancy);
    for (uint32_t i = 0; i < cloud->plan->providers; i++)
        cloud->shuffle[i] = i;
    stream_shuffle(&stream, cloud->shuffle, cloud->plan->providers);
    for (uint32_t i = 0; i < cloud->plan->providers; i++) {
        uint32_t provider = cloud->shuffle[i];
        if (!akash_provider_manages(cloud, provider) ||
            cloud->plan->should_bid[provider * cloud->plan->demand->classes + class] != BID_MADE)
            continue;
        if (try_bid(cloud, tenancy, provider, &order) == ATTEMPT_ORDER_FULL)
            break;
    }
    akash_step(cloud, tenancy, cloud->action_choose, cloud->plan->choose_wait);
}

/* --- Choice ---------------------------------------------------------------------------------------------------------- */

/* How little a provider suits a tenant that spreads its service: 2 when another of its deployments leases there already, 1 when it
 * is not in the site that this deployment was meant for, else 0. */
static int closeness(const struct akash *cloud, uint32_t tenancy, uint32_t provider)
{
    uint32_t workload = cloud->tenancy[tenancy].workload;
    const struct demand_class *class = world_class(cloud->world, workload);
    uint32_t wanted = world_site(cloud->world, cloud->tenancy[tenancy].first_unit);
    /* An SDL can ask for a region by attribute; a tenant that wants sites apart names one for each deployment. */
    int close = class->spread == SPREAD_SITE && cloud->plan->provider_site[provider] != wanted;
    for (uint32_t t = cloud->first_tenancy[workload]; t < cloud->tenancies && cloud->tenancy[t].workload == workload; t++)
        if (t != tenancy && cloud->tenancy[t].provider == provider)
            close = 2;
    return close;
}

/* The cheapest bid of a provider that answers, among those that suit the spread best. COMPONENT_NONE: none. */
static uint32_t choose(struct akash *cloud, uint32_t tenancy)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    int32_t offers = market_open_bids(&cloud->market, what->order, cloud->offers, AKASH_BIDS_MAX);
    uint32_t best = COMPONENT_NONE;
    int best_close = 2;
    decimal best_price = decimal_zero();
    for (int32_t i = 0; i < offers && i < AKASH_BIDS_MAX; i++) {
        uint32_t provider = cloud->offers[i].provider - cloud->provider[0].wallet;
        if (provider == what->avoid || !akash_provider_manages(cloud, provider))
            continue;
        int close = closeness(cloud, tenancy, provider);
        bool better = best == COMPONENT_NONE || close < best_close ||
                      (close == best_close && decimal_compare(cloud->offers[i].price, best_price) < 0);
        if (!better)
            continue;
        best = provider;
        best_close = close;
        best_price = cloud->offers[i].price;
    }
    return best;
}

/* No fitting bid. Providers bid once, when an order appears; so the tenant closes and orders anew after a while. */
static void give_order_up(struct akash *cloud, uint32_t tenancy)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    enum market_error error =
        akash_send(cloud, (struct akash_message){.kind = AKASH_CLOSE_DEPLOYMENT, .deployment = what->deployment});
    akash_forget_bids(cloud, tenancy);
    if (error == MARKET_PANIC) { /* ghost payments ([R2]) have trapped its account ([R3]): it is left to itself */
        what->deployment = (struct market_deployment_id){0, 0};
        cloud->abandoned++;
    }
    what->phase = AKASH_IDLE;
    what->avoid = COMPONENT_NONE;
    world_refuse(cloud->world, what->first_unit);
    akash_step(cloud, tenancy, cloud->action_create,
               world_backoff(cloud->plan->retry_first, cloud->plan->retry_cap, what->tries++));
}

void akash_on_choose(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct akash *cloud = context;
    struct tenancy *what = &cloud->tenancy[tenancy];
    if (must_wait(cloud, tenancy, cloud->action_choose))
        return;
    uint32_t provider = choose(cloud, tenancy);
    enum market_error error = MARKET_BID_NOT_FOUND;
    if (provider != COMPONENT_NONE)
        error = akash_send(cloud, (struct akash_message){.kind = AKASH_CREATE_LEASE,
                                                         .lease = {what->order, cloud->provider[provider].wallet}});
    if (error != MARKET_OK) {
        give_order_up(cloud, tenancy);
        return;
    }
    akash_forget_bids(cloud, tenancy); /* the winner's too: its pods take their own room from here on */
    struct akash_provider *who = &cloud->provider[provider];
    what->provider = provider;
    what->phase = AKASH_LEASED;
    what->tries = 0;
    what->avoid = COMPONENT_NONE;
    what->leased_at = world_now(cloud->world);
    what->next = who->first_tenancy;
    what->previous = COMPONENT_NONE;
    if (what->next != COMPONENT_NONE)
        cloud->tenancy[what->next].previous = tenancy;
    who->first_tenancy = tenancy;
    what->top_up = engine_schedule(cloud->world->engine, instant_add(world_now(cloud->world), cloud->plan->top_up_every),
                                   CLASS_ACT, cloud->action_top_up, tenancy, 0);
    akash_deploy(cloud, tenancy);
}

/* --- Noticing and leaving -------------------------------------------------------------------------------------------- */

bool akash_is_well(const struct akash *cloud, uint32_t tenancy)
{
    const struct tenancy *what = &cloud->tenancy[tenancy];
    for (uint32_t u = what->first_unit; u < what->first_unit + what->units; u++)
        if (!unit_is_up(&cloud->world->unit[u]))
            return false;
    return what->phase == AKASH_LEASED;
}

static bool is_worth_keeping(const struct akash *cloud, uint32_t tenancy)
{
    const struct tenancy *what = &cloud->tenancy[tenancy];
    if (world_class(cloud->world, what->workload)->kind == DEMAND_JOB)
        return akash_is_well(cloud, tenancy);
    for (uint32_t u = what->first_unit; u < what->first_unit + what->units; u++)
        if (unit_is_up(&cloud->world->unit[u]))
            return true;
    return false;
}

void akash_sicken(struct akash *cloud, uint32_t tenancy)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    if (engine_pending(cloud->world->engine, what->detect))
        return;
    const struct law *law = what->automatic ? cloud->plan->detect_automatic : cloud->plan->detect_manual;
    what->detect = engine_schedule(cloud->world->engine, instant_add(world_now(cloud->world), drawn(cloud, tenancy, law)),
                                   CLASS_ACT, cloud->action_detect, tenancy, 0);
}

/* The tenant looks. A service of which a replica still answers is left to Kubernetes; what is wholly down is moved. */
void akash_on_detect(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct akash *cloud = context;
    struct tenancy *what = &cloud->tenancy[tenancy];
    if (!world_wanted(cloud->world, what->workload) || akash_is_well(cloud, tenancy))
        return;
    world_detected(cloud->world, what->workload);
    switch ((enum akash_phase)what->phase) {
    case AKASH_IDLE: /* the deployment has been closed: its escrow ran dry */
        if (!engine_pending(cloud->world->engine, what->step)) {
            ask_all(cloud, what);
            akash_step(cloud, tenancy, cloud->action_create, (duration){0});
        }
        break;
    case AKASH_ORDERED:
        break;
    case AKASH_PAUSED:
        akash_step(cloud, tenancy, cloud->action_start_group, (duration){0});
        break;
    case AKASH_LEASED:
        if (is_worth_keeping(cloud, tenancy))
            akash_sicken(cloud, tenancy);
        else
            akash_step(cloud, tenancy, cloud->action_close_lease, (duration){0});
        break;
    }
}

void akash_on_close_lease(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct akash *cloud = context;
    struct tenancy *what = &cloud->tenancy[tenancy];
    if (what->phase != AKASH_LEASED || must_wait(cloud, tenancy, cloud->action_close_lease) ||
        is_worth_keeping(cloud, tenancy))
        return;
    uint32_t left = what->provider;
    cloud->why = "lease closed by its tenant";
    enum market_error error =
        akash_send(cloud, (struct akash_message){.kind = AKASH_CLOSE_LEASE, .lease = {what->order, cloud->provider[left].wallet}});
    if (error != MARKET_OK) { /* a trapped account ([R3]): only closing everything helps, later */
        akash_sicken(cloud, tenancy);
        return;
    }
    what->avoid = left;
    const struct market_deployment *deployment = market_deployment(&cloud->market, what->deployment);
    if (deployment != NULL && deployment->state == MARKET_DEPLOYMENT_IS_ACTIVE) {
        order_opened(cloud, tenancy);
    } else { /* the settlement found the account dry */
        ask_all(cloud, what);
        akash_step(cloud, tenancy, cloud->action_create, (duration){0});
    }
}

void akash_on_start_group(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct akash *cloud = context;
    struct tenancy *what = &cloud->tenancy[tenancy];
    if (what->phase != AKASH_PAUSED || must_wait(cloud, tenancy, cloud->action_start_group))
        return;
    enum market_error error = akash_send(cloud, (struct akash_message){.kind = AKASH_START_GROUP, .group = what->group});
    check(error == MARKET_OK, "a paused group does not start: %s", market_error_name(error));
    order_opened(cloud, tenancy);
}

/* The tenant does not want it any more: the deployment is closed at the next block there is. */
void akash_on_close(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct akash *cloud = context;
    struct tenancy *what = &cloud->tenancy[tenancy];
    if (must_wait(cloud, tenancy, cloud->action_close))
        return;
    (void)akash_send(cloud, (struct akash_message){.kind = AKASH_CLOSE_DEPLOYMENT, .deployment = what->deployment});
    forget_deployment(cloud, tenancy);
}
