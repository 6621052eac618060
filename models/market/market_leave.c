/* How a provider leaves: CloseBid and LeaseStartReclaim. */
#include "models/market/market.h"
#include "models/market/market_inside.h"

#include "sim/base/nomalloc.h"

static bool provider_reason(int32_t reason)
{
    return reason >= MARKET_REASON_PROVIDER_MIN && reason <= MARKET_REASON_PROVIDER_MAX;
}

/* The lease of that order and provider, or SLOT_NONE. */
static uint32_t lease_of(const struct market *market, struct market_order_id id, uint32_t provider)
{
    const struct market_order *order = market_order(market, id);
    if (order == NULL || order->lease == SLOT_NONE || market->leases[order->lease].provider != provider)
        return SLOT_NONE;
    return order->lease;
}

/* Whether a provider may leave this lease now. */
static enum market_error leave_check(const struct market_lease *lease, int64_t time_s)
{
    if (lease->state == MARKET_LEASE_IS_ACTIVE)
        return lease->window_s != 0 ? MARKET_RECLAMATION_NOT_STARTED : MARKET_OK;
    if (lease->state == MARKET_LEASE_IS_RECLAIMING)
        return time_s < lease->reclaim_until_s ? MARKET_RECLAMATION_WINDOW_NOT_ELAPSED : MARKET_OK;
    return MARKET_LEASE_NOT_ACTIVE;
}

/* The provider leaves its lease: the group pauses, and no new order appears. */
static enum market_error close_active_bid(struct market *market, uint32_t bid, uint32_t lease_index, int32_t reason,
                                          int64_t height)
{
    uint32_t order = market->bids[bid].order;
    const struct market_lease *lease = &market->leases[lease_index];
    const struct escrow_payment *payment = &market->escrow.payments[lease->payment];
    if (payment->state == ESCROW_OPEN &&
        settlement_foresee(&market->escrow, payment->account, height).error == MARKET_PANIC)
        return MARKET_PANIC;
    market_group_enter(market, market->orders[order].group, MARKET_GROUP_IS_PAUSED);
    market_lease_end(market, lease_index, MARKET_LEASE_IS_CLOSED, reason, height);
    market_bid_end(market, bid, MARKET_BID_IS_CLOSED);
    market_order_enter(market, order, MARKET_ORDER_IS_CLOSED);
    market_order_forget_bids(market, order);
    market_payment_close(market, lease_index, height);
    return market_done(market, height);
}

enum market_error market_leave_lease(struct market *market, const struct market_leave *message, int64_t height)
{
    market_begin(market, height);
    if (market->rules.dialect == MARKET_DIALECT_2026 && !provider_reason(message->reason))
        return MARKET_INVALID_CLOSE_REASON;
    uint32_t bid = market_bid_index(market, message->order, message->provider);
    if (bid == SLOT_NONE)
        return MARKET_UNKNOWN_BID;
    if (market->bids[bid].state == MARKET_BID_IS_OPEN) {
        market_bid_end(market, bid, MARKET_BID_IS_CLOSED);
        market_order_forget_bids(market, message->order.index);
        return market_done(market, height);
    }
    uint32_t lease = lease_of(market, message->order, message->provider);
    if (lease == SLOT_NONE)
        return MARKET_UNKNOWN_LEASE_FOR_BID;
    enum market_error error = leave_check(&market->leases[lease], message->time_s);
    if (error != MARKET_OK)
        return error;
    if (market->bids[bid].state != MARKET_BID_IS_ACTIVE)
        return MARKET_BID_NOT_ACTIVE;
    return close_active_bid(market, bid, lease, message->reason, height);
}

enum market_error market_close_bid(struct market *market, struct market_order_id order, uint32_t provider, int64_t height)
{
    struct market_leave message = {order, provider, MARKET_REASON_UNSPECIFIED, INT64_MIN};
    return market_leave_lease(market, &message, height);
}

/* That the reclaiming has already started needs no check of its own: only an active lease gets that far. */
enum market_error market_start_reclaim(struct market *market, const struct market_leave *message, int64_t height)
{
    market_begin(market, height);
    check(market->rules.dialect == MARKET_DIALECT_2026, "LeaseStartReclaim does not exist in this dialect");
    if (!provider_reason(message->reason))
        return MARKET_INVALID_CLOSE_REASON;
    uint32_t index = lease_of(market, message->order, message->provider);
    if (index == SLOT_NONE)
        return MARKET_UNKNOWN_LEASE;
    struct market_lease *lease = &market->leases[index];
    if (lease->state != MARKET_LEASE_IS_ACTIVE)
        return MARKET_LEASE_NOT_ACTIVE;
    if (lease->window_s == 0)
        return MARKET_LEASE_NOT_RECLAMABLE;
    lease->reclaim_height = height;
    lease->reclaim_until_s = message->time_s + lease->window_s;
    lease->reclaim_reason = message->reason;
    market_lease_enter(market, index, MARKET_LEASE_IS_RECLAIMING, height);
    return market_done(market, height);
}
