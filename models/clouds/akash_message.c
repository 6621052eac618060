#include "models/clouds/akash_message.h"

#include "models/clouds/akash_inside.h"

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

enum market_error akash_send(struct akash *cloud, struct akash_message message)
{
    if (message.kind == AKASH_CLOSE_BID || message.kind == AKASH_START_RECLAIM)
        message.leave.time_s = akash_block_time_s(cloud);
    int64_t height = akash_height(cloud);
    akash_write_message(cloud, &message, height);
    enum market_error error = take(cloud, &message, height);
    akash_write_result(cloud, height, error);
    akash_drain(cloud);
    return error;
}
