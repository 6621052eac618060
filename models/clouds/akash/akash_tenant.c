/* The tenant's way into the market. Nobody does anything for a tenant here: it orders, waits for bids and picks one. */
#include "models/clouds/akash/akash_inside.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

struct stream akash_stream(struct akash *cloud, uint32_t tenancy)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    const struct workload *workload = &cloud->world->demand->workload[what->workload];
    struct stream_key family = stream_key(cloud->world->task->seed, cloud->world->task->replication, "akash tenant");
    struct stream_key own = stream_key_path(family, world_class(cloud->world, what->workload)->name);
    uint64_t number = (uint64_t)(tenancy - akash_first_tenancy(cloud, what->workload)) << 32 | what->draws++;
    return stream_open(stream_key_index(stream_key_index(own, workload->number), number));
}

duration akash_drawn(struct akash *cloud, uint32_t tenancy, const struct law *law)
{
    struct stream stream = akash_stream(cloud, tenancy);
    return law_draw_duration(law, &stream);
}

/* --- Waiting --------------------------------------------------------------------------------------------------------- */

static void step_at(struct akash *cloud, uint32_t tenancy, uint32_t action, instant at)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    engine_cancel(cloud->world->engine, what->step);
    what->parked_action = COMPONENT_NONE;
    what->step = engine_schedule(cloud->world->engine, at, CLASS_BLOCK, action, tenancy, 0);
}

void akash_step(struct akash *cloud, uint32_t tenancy, uint32_t action, duration delay)
{
    step_at(cloud, tenancy, action, akash_next_block(cloud, delay));
}

void akash_try_later(struct akash *cloud, uint32_t tenancy, uint32_t action)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    world_refuse(cloud->world, what->first_unit);
    akash_step(cloud, tenancy, action, world_backoff(cloud->plan->retry_first, cloud->plan->retry_cap, what->tries++));
}

/* A halted chain takes no message. A tenant looks at it every half a minute; only the look that finds it back is an event. Into the blocks
 * of a degraded chain a message gets by its fraction, and else waits for the next one. */
bool akash_must_wait(struct akash *cloud, uint32_t tenancy, uint32_t action)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    if (cloud->producing && world_answered(cloud->world, what->first_unit, cloud->plan->chain, PLANE_DATA))
        return false;
    if (cloud->producing) {
        akash_step(cloud, tenancy, action, (duration){0});
        return true;
    }
    world_refuse(cloud->world, what->first_unit);
    akash_tell_halt(cloud, tenancy);
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

void akash_ask_all(struct akash *cloud, const struct tenancy *what)
{
    for (uint32_t u = what->first_unit; u < what->first_unit + what->units; u++)
        world_ask(cloud->world, u);
}

/* --- Deployment and order -------------------------------------------------------------------------------------------- */

void akash_order_opened(struct akash *cloud, uint32_t tenancy)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    const struct akash_deployment *deployment = &cloud->deployment[what->deployment];
    what->group = market_find_group(&cloud->market, deployment->id, tenancy - deployment->first + 1);
    what->order = market_live_order(&cloud->market, what->group);
    what->phase = AKASH_ORDERED;
    what->ordered_at = world_now(cloud->world);
    engine_cancel(cloud->world->engine, what->detect);
    akash_count_pause(cloud, tenancy, false);
    akash_ask_all(cloud, what);
    akash_step(cloud, tenancy, cloud->action_bids, akash_drawn(cloud, tenancy, cloud->plan->bid_delay));
}

/* The first deposit; at least what the chain demands. */
static int64_t first_deposit(const struct akash *cloud, uint32_t deployment)
{
    int64_t amount = akash_escrow(cloud, deployment, cloud->plan->escrow_depth);
    int64_t least = cloud->plan->rules.market.deployment_minimum[akash_denom(cloud, deployment)];
    return amount < least ? least : amount;
}

static void create(struct akash *cloud, uint32_t index, int64_t deposit)
{
    static const uint8_t version[MARKET_VERSION_BYTES] = {1};
    struct akash_deployment *deployment = &cloud->deployment[index];
    const struct market_group_spec *groups[AKASH_GROUPS_MAX];
    for (uint32_t g = 0; g < deployment->groups; g++)
        groups[g] = &cloud->plan->spec[akash_spec_of(cloud, deployment->first + g)];
    struct market_create_deployment message = {.owner = deployment->wallet,
                                               .depositor = deployment->wallet,
                                               .dseq = cloud->dseq++,
                                               .version = version,
                                               .version_bytes = MARKET_VERSION_BYTES,
                                               .groups = groups,
                                               .n_groups = (int32_t)deployment->groups,
                                               .denom = akash_denom(cloud, index),
                                               .deposit = deposit,
                                               .window_s = cloud->plan->reclaim_asked_s};
    akash_forget(cloud, index);
    enum market_error error = akash_send(cloud, (struct akash_message){.kind = AKASH_CREATE_DEPLOYMENT, .create = message});
    check(error == MARKET_OK, "a deployment is refused: %s", market_error_name(error));
    deployment->id = market_find_deployment(&cloud->market, deployment->wallet, message.dseq);
    cloud->deployment_of[deployment->id.index] = index;
    akash_tell_created(cloud, index);
    akash_reserve(cloud, index);
    akash_begin_top_ups(cloud, index);
}

/* Groups of the old deployment that were started after its end ([Q2]): nobody waits for their orders any more. */
static void close_zombies(struct akash *cloud, const struct akash_deployment *deployment)
{
    for (uint32_t t = deployment->first; t < deployment->first + deployment->groups; t++) {
        struct tenancy *what = &cloud->tenancy[t];
        if (what->phase != AKASH_ORDERED)
            continue;
        (void)akash_send(cloud, (struct akash_message){.kind = AKASH_CLOSE_GROUP, .group = what->group});
        akash_forget_bids(cloud, t);
    }
}

void akash_on_create(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct akash *cloud = context;
    const struct tenancy *what = &cloud->tenancy[tenancy];
    const struct akash_deployment *deployment = &cloud->deployment[what->deployment];
    instant again;
    if (what->phase != AKASH_IDLE || akash_must_wait(cloud, tenancy, cloud->action_create))
        return;
    int64_t deposit = first_deposit(cloud, what->deployment);
    if (!akash_fund(cloud, what->deployment, deposit, &again)) {
        if (again.us < US_NEVER)
            step_at(cloud, tenancy, cloud->action_create, again);
        else
            akash_try_later(cloud, tenancy, cloud->action_create);
        akash_tell_refusal(cloud, tenancy, "its tenant cannot mint the money for its escrow now");
        return;
    }
    close_zombies(cloud, deployment);
    create(cloud, what->deployment, deposit);
    for (uint32_t t = deployment->first; t < deployment->first + deployment->groups; t++)
        akash_order_opened(cloud, t);
}

/* --- Choice ---------------------------------------------------------------------------------------------------------- */

/* How little a provider suits a tenant that spreads its service: 2 when another of its deployments leases there already, 1 when it
 * is not in the site that this deployment was meant for, else 0. */
static int closeness(const struct akash *cloud, uint32_t tenancy, uint32_t provider)
{
    uint32_t workload = cloud->tenancy[tenancy].workload;
    const struct demand_class *class = world_class(cloud->world, workload);
    uint32_t wanted = world_site(cloud->world, cloud->tenancy[tenancy].first_unit);
    if (class->spread == SPREAD_NONE)
        return 0;
    /* An SDL can ask for a region by attribute; a tenant that wants sites apart names one for each deployment. */
    int close = class->spread == SPREAD_SITE && cloud->plan->provider_site[provider] != wanted;
    for (uint32_t t = akash_first_tenancy(cloud, workload); t < akash_first_tenancy(cloud, workload + 1); t++)
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
        if (provider == what->avoid || !akash_provider_manages(cloud, provider) || cloud->provider[provider].leaving)
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

static bool others_are_busy(const struct akash *cloud, uint32_t tenancy)
{
    const struct akash_deployment *deployment = &cloud->deployment[cloud->tenancy[tenancy].deployment];
    for (uint32_t t = deployment->first; t < deployment->first + deployment->groups; t++)
        if (t != tenancy && (cloud->tenancy[t].phase == AKASH_LEASED || cloud->tenancy[t].phase == AKASH_ORDERED))
            return true;
    return false;
}

/* Ghost payments ([R2]) have trapped its account ([R3]): the deployment is left to itself. */
static void abandon(struct akash *cloud, uint32_t index)
{
    struct akash_deployment *deployment = &cloud->deployment[index];
    deployment->id = (struct market_deployment_id){0, 0};
    engine_cancel(cloud->world->engine, deployment->top_up);
    for (uint32_t t = deployment->first; t < deployment->first + deployment->groups; t++) {
        struct tenancy *what = &cloud->tenancy[t];
        engine_cancel(cloud->world->engine, what->step);
        what->parked_action = COMPONENT_NONE;
        what->group = (struct market_group_id){0, 0};
        what->phase = AKASH_IDLE;
        akash_count_pause(cloud, t, false);
    }
}

/* No fitting bid. Providers bid once, when an order appears; so the tenant closes and orders anew after a while. Where other groups
 * of the deployment go on, it pauses this one. */
static void give_order_up(struct akash *cloud, uint32_t tenancy)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    struct akash_deployment *deployment = &cloud->deployment[what->deployment];
    what->avoid = COMPONENT_NONE;
    akash_tell_refusal(cloud, tenancy, "no bid for its order that will do");
    if (others_are_busy(cloud, tenancy)) {
        (void)akash_send(cloud, (struct akash_message){.kind = AKASH_PAUSE_GROUP, .group = what->group});
        akash_forget_bids(cloud, tenancy);
        what->phase = AKASH_PAUSED;
        akash_try_later(cloud, tenancy, cloud->action_start_group);
        return;
    }
    enum market_error error =
        akash_send(cloud, (struct akash_message){.kind = AKASH_CLOSE_DEPLOYMENT, .deployment = deployment->id});
    akash_forget_bids(cloud, tenancy);
    if (error == MARKET_DEPLOYMENT_CLOSED) /* [Q2]: the group was started on a deployment that had ended */
        (void)akash_send(cloud, (struct akash_message){.kind = AKASH_CLOSE_GROUP, .group = what->group});
    if (error == MARKET_PANIC)
        abandon(cloud, what->deployment);
    what->phase = AKASH_IDLE;
    akash_try_later(cloud, tenancy, cloud->action_create);
}

static void begin_lease(struct akash *cloud, uint32_t tenancy, uint32_t provider)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    struct akash_provider *who = &cloud->provider[provider];
    instant now = world_now(cloud->world);
    what->provider = provider;
    what->phase = AKASH_LEASED;
    what->tries = 0;
    what->avoid = COMPONENT_NONE;
    what->leased_at = now;
    what->served = what->reclaimed = what->monitor_done = false;
    cloud->link[tenancy].next = who->first_tenancy;
    if (who->first_tenancy != COMPONENT_NONE)
        cloud->link[who->first_tenancy].previous = tenancy;
    who->first_tenancy = tenancy;
    if (cloud->plan->rules.provider.loser_closes_bid)
        engine_schedule(cloud->world->engine, akash_next_block(cloud, (duration){0}), CLASS_BLOCK, cloud->action_losers, tenancy,
                        (uint64_t)what->order.index << 32 | what->order.generation);
    akash_watch_balance(cloud, what->deployment);
    measure_redeployed(cloud->world->measure, what->workload, now); /* no effect before it was first up */
}

void akash_on_choose(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct akash *cloud = context;
    struct tenancy *what = &cloud->tenancy[tenancy];
    if (akash_must_wait(cloud, tenancy, cloud->action_choose))
        return;
    akash_age_bids(cloud, tenancy);
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
    begin_lease(cloud, tenancy, provider);
    akash_await_manifest(cloud, tenancy);
}
