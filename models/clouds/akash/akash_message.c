#include "models/clouds/akash/akash_message.h"

#include "models/clouds/akash/akash_inside.h"
#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

static enum market_error take(struct akash *cloud, const struct akash_message *message, int64_t height)
{
    struct market *market = &cloud->market;
    switch (message->kind) {
    case AKASH_ISSUE:
        bank_issue(&market->bank, message->issue.wallet, message->issue.denom, message->issue.amount);
        return MARKET_OK;
    case AKASH_REGISTER:
        market_provider_register(market, message->provider);
        return MARKET_OK;
    case AKASH_BURN_MINT:
        market_bme_set(market, message->burn_mint.status, message->burn_mint.akt_price);
        return MARKET_OK;
    case AKASH_CREATE_DEPLOYMENT:
        return market_create_deployment(market, &message->create, height, NULL);
    case AKASH_DEPOSIT:
        return market_deposit_deployment(market, &message->deposit, height);
    case AKASH_CLOSE_DEPLOYMENT:
        return market_close_deployment(market, message->deployment, height);
    case AKASH_CLOSE_GROUP:
        return market_close_group(market, message->group, height);
    case AKASH_PAUSE_GROUP:
        return market_pause_group(market, message->group, height);
    case AKASH_START_GROUP:
        return market_start_group(market, message->group, height);
    case AKASH_CREATE_BID:
        return market_create_bid(market, &message->bid, height);
    case AKASH_CLOSE_BID:
        return market_leave_lease(market, &message->leave, height);
    case AKASH_START_RECLAIM:
        return market_start_reclaim(market, &message->leave, height);
    case AKASH_CREATE_LEASE:
        return market_create_lease(market, message->lease.order, message->lease.provider, height, NULL);
    case AKASH_CLOSE_LEASE:
        return market_close_lease(market, message->lease.order, message->lease.provider, height);
    case AKASH_WITHDRAW_LEASE:
        return market_withdraw_lease(market, message->lease.order, message->lease.provider, height);
    case AKASH_FORGET:
        return market_forget_deployment(market, message->deployment) ? MARKET_OK : MARKET_DEPLOYMENT_NOT_FOUND;
    }
    check_failed(__FILE__, __LINE__, "message->kind", "unknown message %d", (int)message->kind);
}

/* The deployment whose tenant sends this: it sees what comes of it. {0, 0}: others send it, or there is none yet. */
static struct market_deployment_id about(const struct akash *cloud, const struct akash_message *message)
{
    const struct market *market = &cloud->market;
    struct market_group_id group = message->group;
    switch (message->kind) {
    case AKASH_CLOSE_DEPLOYMENT:
        return message->deployment;
    case AKASH_DEPOSIT:
        return message->deposit.deployment;
    case AKASH_CREATE_LEASE:
    case AKASH_CLOSE_LEASE:
        if (market_order(market, message->lease.order) == NULL)
            break;
        group = market_group_id(market, market_order(market, message->lease.order)->group);
        return market_deployment_id(market, market_group(market, group)->deployment);
    case AKASH_CLOSE_GROUP:
    case AKASH_PAUSE_GROUP:
    case AKASH_START_GROUP:
        if (market_group(market, group) != NULL)
            return market_deployment_id(market, market_group(market, group)->deployment);
        break;
    case AKASH_ISSUE:
    case AKASH_REGISTER:
    case AKASH_BURN_MINT:
    case AKASH_CREATE_DEPLOYMENT:
    case AKASH_CREATE_BID:
    case AKASH_CLOSE_BID:
    case AKASH_START_RECLAIM:
    case AKASH_WITHDRAW_LEASE:
    case AKASH_FORGET:
        break;
    }
    return (struct market_deployment_id){0, 0};
}

/* [Q5] has taken from the tenant what nobody gets: it has paid that all the same. */
static void pay_uncredited(struct akash *cloud, decimal before)
{
    const struct market *market = &cloud->market;
    int64_t lost = decimal_truncate(decimal_sub(market->escrow.uncredited[cloud->plan->rules.denom], before));
    if (lost == 0)
        return;
    const struct akash_deployment *deployment = &cloud->deployment[cloud->deployment_of[cloud->about.index]];
    const struct tenancy *first = &cloud->tenancy[deployment->first];
    world_pay(cloud->world, first->first_unit, first->units, (money){lost}, "nobody", cloud->plan->rules.coin, "uncredited");
}

enum market_error akash_send(struct akash *cloud, struct akash_message message)
{
    if (message.kind != AKASH_BURN_MINT)
        akash_mint_tell(cloud);
    if (message.kind == AKASH_CLOSE_BID || message.kind == AKASH_START_RECLAIM)
        message.leave.time_s = akash_block_time_s(cloud);
    cloud->about = about(cloud, &message);
    int64_t height = akash_height(cloud);
    decimal uncredited = cloud->market.escrow.uncredited[cloud->plan->rules.denom];
    akash_write_message(cloud, &message, height);
    enum market_error error = take(cloud, &message, height);
    akash_write_result(cloud, height, error);
    if (NINES_UNLIKELY(cloud->world->told != COMPONENT_NONE))
        akash_tell_message(cloud, &message, error);
    if (message.kind == AKASH_CREATE_LEASE)
        pay_uncredited(cloud, uncredited);
    akash_drain(cloud);
    return error;
}
