/* The chain as a component: blocks while it is up, none while it halts, computed when somebody asks. And what messages leave
 * behind: payments for the measurement, ended leases to clear away, tenants who will notice. */
#include "models/clouds/akash/akash_inside.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

int64_t akash_height(const struct akash *cloud)
{
    if (!cloud->producing)
        return cloud->base_height;
    return cloud->base_height + (world_now(cloud->world).us - cloud->anchor.us) / cloud->plan->block.us;
}

void akash_chain_changed(struct akash *cloud, bool producing)
{
    if (producing == cloud->producing)
        return;
    cloud->base_height = akash_height(cloud);
    cloud->anchor = world_now(cloud->world);
    cloud->producing = producing;
    if (producing)
        akash_unpark(cloud);
}

instant akash_next_block(const struct akash *cloud, duration delay)
{
    int64_t block = cloud->plan->block.us, since = world_now(cloud->world).us + delay.us - cloud->anchor.us;
    return (instant){cloud->anchor.us + (since / block + 1) * block};
}

instant akash_block_at(const struct akash *cloud, int64_t height)
{
    return (instant){cloud->anchor.us + (height - cloud->base_height) * cloud->plan->block.us};
}

int64_t akash_block_time_s(const struct akash *cloud)
{
    int64_t us = world_now(cloud->world).us;
    return cloud->world->plan->start_unix_s + (us >= 0 ? us / US_PER_SECOND : -((-us + US_PER_SECOND - 1) / US_PER_SECOND));
}

/* --- What a message did ---------------------------------------------------------------------------------------------- */

static struct tenancy *tenancy_of_group(const struct akash *cloud, const struct market_deployment_id *id, uint32_t gseq)
{
    const struct akash_deployment *deployment = &cloud->deployment[cloud->deployment_of[id->index]];
    check(gseq >= 1 && gseq <= deployment->groups, "group %u of a deployment of %u", gseq, deployment->groups);
    return &cloud->tenancy[deployment->first + gseq - 1];
}

struct tenancy *akash_tenancy_of_lease(const struct akash *cloud, struct market_lease_id id)
{
    const struct market *market = &cloud->market;
    const struct market_lease *lease = market_lease(market, id);
    check(lease != NULL, "a payment for no lease");
    if (cloud->withdrawing != NULL && cloud->withdrawing->order.index == lease->order)
        return cloud->withdrawing; /* the way over the group is long, and taken most often for this */
    const struct market_group *group = &market->groups[market->orders[lease->order].group];
    struct market_deployment_id deployment = market_deployment_id(market, group->deployment);
    return tenancy_of_group(cloud, &deployment, group->gseq);
}

static void pay(struct akash *cloud, const struct market_event *event)
{
    const struct market *market = &cloud->market;
    const struct tenancy *what = akash_tenancy_of_lease(cloud, event->lease);
    bool fee = event->what == MARKET_TRANSFER_TAKE;
    enum market_denom denom = (enum market_denom)event->denom;
    const char *to = fee ? "community pool" : market->bank.wallets[event->to].name;
    int64_t micro = akash_dollars(cloud, denom, event->amount);
    struct akash_deployment *deployment = &cloud->deployment[what->deployment];
    int64_t early = deployment->measured_early < micro ? deployment->measured_early : micro;
    deployment->measured_early -= early;
    if (micro > early)
        world_pay(cloud->world, what->first_unit, what->units, (money){micro - early}, to, akash_coin(cloud, denom),
                  fee ? "fee" : "lease");
}

/* Its account is closed, and what payments have earned is stuck there ([R5], [Q8]): the tenant has paid it all the same. */
static void pay_stuck(struct akash *cloud, const struct akash_deployment *deployment)
{
    const struct escrow_account *account = market_account(&cloud->market, deployment->id);
    const struct tenancy *first = &cloud->tenancy[deployment->first];
    if (account->state != ESCROW_CLOSED)
        return;
    for (uint32_t i = account->first_payment; i != SLOT_NONE; i = cloud->market.escrow.payments[i].next) {
        const struct escrow_payment *payment = &cloud->market.escrow.payments[i];
        enum market_denom denom = (enum market_denom)payment->denom;
        int64_t micro = akash_dollars(cloud, denom, decimal_truncate(payment->balance));
        if (payment->state == ESCROW_OPEN && micro > 0)
            world_pay(cloud->world, first->first_unit, first->units, (money){micro}, "nobody", akash_coin(cloud, denom), "stuck");
    }
}

/* Who did not send the message has to notice what it did. */
static void notice(struct akash *cloud, struct tenancy *what, struct market_deployment_id id)
{
    if (!akash_same_deployment(id, cloud->about) && world_wanted(cloud->world, what->workload))
        akash_sicken(cloud, (uint32_t)(what - cloud->tenancy));
}

static void end_lease(struct akash *cloud, const struct market_event *event)
{
    const struct market *market = &cloud->market;
    struct tenancy *what = tenancy_of_group(cloud, &event->deployment, market_group(market, event->group)->gseq);
    if (what->provider == COMPONENT_NONE || what->order.index != event->order.index)
        return;
    uint32_t tenancy = (uint32_t)(what - cloud->tenancy);
    akash_tear_down(cloud, tenancy);
    const struct market_deployment *deployment = market_deployment(market, event->deployment);
    what->phase = deployment->state == MARKET_DEPLOYMENT_IS_ACTIVE ? AKASH_PAUSED : AKASH_IDLE;
    if (market_group(market, event->group)->state == MARKET_GROUP_IS_PAUSED)
        akash_count_pause(cloud, tenancy, true);
    notice(cloud, what, event->deployment);
}

static void end_deployment(struct akash *cloud, const struct market_event *event)
{
    struct akash_deployment *deployment = &cloud->deployment[cloud->deployment_of[event->deployment.index]];
    if (!akash_same_deployment(deployment->id, event->deployment))
        return; /* given up long ago */
    engine_cancel(cloud->world->engine, deployment->top_up);
    pay_stuck(cloud, deployment);
    for (uint32_t t = deployment->first; t < deployment->first + deployment->groups; t++) {
        struct tenancy *what = &cloud->tenancy[t];
        if (what->provider != COMPONENT_NONE)
            continue; /* its lease ends by an event of its own */
        engine_cancel(cloud->world->engine, what->step);
        what->parked_action = COMPONENT_NONE;
        akash_forget_bids(cloud, t);
        akash_count_pause(cloud, t, false);
        what->phase = AKASH_IDLE;
        notice(cloud, what, event->deployment);
    }
}

void akash_drain(struct akash *cloud)
{
    /* Money first: what ends a lease also pays it, and the lease's account is closed when it is torn down. */
    for (uint32_t i = 0; i < cloud->events.n; i++) {
        const struct market_event *event = &cloud->events.items[i];
        if (event->kind == MARKET_EVENT_TRANSFER)
            akash_token_moved(cloud, event);
        if (event->kind == MARKET_EVENT_TRANSFER &&
            (event->what == MARKET_TRANSFER_PAYMENT || event->what == MARKET_TRANSFER_TAKE))
            pay(cloud, event);
    }
    for (uint32_t i = 0; i < cloud->events.n; i++) {
        const struct market_event *event = &cloud->events.items[i];
        if (event->kind == MARKET_EVENT_LEASE && !market_lease_live(event->state))
            end_lease(cloud, event);
        else if (event->kind == MARKET_EVENT_DEPLOYMENT && event->state == MARKET_DEPLOYMENT_IS_CLOSED)
            end_deployment(cloud, event);
    }
    cloud->events.n = 0;
}

/* --- Forgetting ------------------------------------------------------------------------------------------------------ */

/* True when there is nothing left to forget. */
static bool forget(struct akash *cloud, struct market_deployment_id id)
{
    return akash_send(cloud, (struct akash_message){.kind = AKASH_FORGET, .deployment = id}) == MARKET_OK;
}

void akash_forget(struct akash *cloud, uint32_t deployment)
{
    struct market_deployment_id id = cloud->deployment[deployment].id;
    cloud->deployment[deployment].id = (struct market_deployment_id){0, 0};
    if (id.generation == 0 || forget(cloud, id))
        return;
    check(cloud->n_ended < cloud->ended_room, "more ended deployments than deployments");
    cloud->ended[(cloud->first_ended + cloud->n_ended++) % cloud->ended_room] = id;
    for (uint32_t i = 0; i < 2 && cloud->n_ended > 1; i++) { /* two older ones: they cannot pile up faster than they end */
        struct market_deployment_id old = cloud->ended[cloud->first_ended];
        cloud->first_ended = (cloud->first_ended + 1) % cloud->ended_room;
        cloud->n_ended--;
        if (!forget(cloud, old))
            cloud->ended[(cloud->first_ended + cloud->n_ended++) % cloud->ended_room] = old;
    }
}
