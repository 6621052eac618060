/* Orders and bids. */
#include "models/market/market.h"
#include "models/market/market_inside.h"

#include "sim/nomalloc.h"

/* --- Orders --- */

void market_order_open(struct market *market, uint32_t group_index, int64_t height)
{
    struct market_group *group = &market->groups[group_index];
    uint32_t index = slots_take(&market->order_slots);
    /* The chain numbers an order by counting the closed ones, and all earlier ones are closed. */
    uint32_t earlier = group->last_order != SLOT_NONE ? market->orders[group->last_order].oseq : 0;
    market->orders[index] = (struct market_order){.created = height,
                                                  .group = group_index,
                                                  .previous = group->last_order,
                                                  .first_bid = SLOT_NONE,
                                                  .lease = SLOT_NONE,
                                                  .oseq = earlier + 1};
    group->last_order = index;
    market_order_enter(market, index, MARKET_ORDER_IS_OPEN);
}

void market_order_forget_bids(struct market *market, uint32_t order_index)
{
    struct market_order *order = &market->orders[order_index];
    if (!market->limits.forget_bids || order->state == MARKET_ORDER_IS_OPEN)
        return;
    uint32_t *link = &order->first_bid;
    while (*link != SLOT_NONE) {
        struct market_bid *bid = &market->bids[*link];
        if (bid->state == MARKET_BID_IS_OPEN || bid->state == MARKET_BID_IS_ACTIVE) {
            link = &bid->next;
            continue;
        }
        uint32_t index = *link;
        *link = bid->next;
        slots_give(&market->bid_slots, index);
    }
}

/* --- Bids --- */

void market_bid_end(struct market *market, uint32_t index, enum market_bid_state state)
{
    const struct market_bid *bid = &market->bids[index];
    struct bank_transfer refund = {BANK_ESCROW, bid->provider, (enum market_denom)bid->deposit_denom, bid->deposit,
                                   MARKET_TRANSFER_BID_REFUND};
    market_bid_enter(market, index, state);
    bank_move(&market->bank, refund, market_about_bid(market, index));
}

static enum market_error bid_check_price(const struct market_create_bid *message, const struct market_group *group)
{
    if (message->price_denom == MARKET_DENOM_NONE || decimal_is_negative(message->price))
        return MARKET_BID_INVALID_PRICE;
    if (message->price_denom != group->denom)
        return MARKET_PANIC;
    return decimal_compare(message->price, group->price) > 0 ? MARKET_BID_OVER_ORDER : MARKET_OK;
}

static enum market_error bid_check_order(const struct market *market, const struct market_create_bid *message,
                                         const struct market_order *order)
{
    int64_t minimum = market->rules.bid_minimum[message->deposit_denom];
    if (minimum < 0 || message->deposit < minimum)
        return MARKET_INVALID_DEPOSIT;
    int32_t most = market->rules.order_max_bids + (market->rules.one_bid_too_many ? 1 : 0);
    if (order != NULL && order->n_bids >= most)
        return MARKET_INVALID_BID;
    if (order == NULL)
        return MARKET_ORDER_NOT_FOUND;
    if (order->state == MARKET_ORDER_IS_ACTIVE)
        return MARKET_ORDER_ACTIVE;
    return order->state == MARKET_ORDER_IS_CLOSED ? MARKET_ORDER_CLOSED : MARKET_OK;
}

/* All checks but those of the existing bids and of the wallet. */
static enum market_error bid_check(const struct market *market, const struct market_create_bid *message,
                                   const struct market_order *order)
{
    const struct market_group *group = order != NULL ? &market->groups[order->group] : NULL;
    if (!market_wallet_valid(market, message->provider))
        return MARKET_INVALID_ADDRESS;
    if (group != NULL && market->deployments[group->deployment].owner == message->provider)
        return MARKET_SAME_ACCOUNT;
    if (decimal_is_zero(message->price))
        return MARKET_BID_ZERO_PRICE;
    enum market_error error = bid_check_order(market, message, order);
    if (error != MARKET_OK)
        return error;
    error = bid_check_price(message, group);
    if (error != MARKET_OK)
        return error;
    if (message->offer_mismatch)
        return MARKET_CAPABILITIES_MISMATCH;
    if (!market->bank.wallets[message->provider].provider)
        return MARKET_UNKNOWN_PROVIDER;
    if (!message->placement_matches)
        return MARKET_ATTRIBUTE_MISMATCH;
    return message->capabilities_match ? MARKET_OK : MARKET_CAPABILITIES_MISMATCH;
}

/* Where in the order's list the provider's bid belongs. True when it is there. */
static bool bid_place(struct market *market, struct market_order *order, uint32_t provider, uint32_t **place)
{
    uint32_t *link = &order->first_bid;
    int compared = -1;
    while (*link != SLOT_NONE &&
           (compared = bank_wallet_compare(&market->bank, market->bids[*link].provider, provider)) < 0)
        link = &market->bids[*link].next;
    *place = link;
    return *link != SLOT_NONE && compared == 0;
}

enum market_error market_create_bid(struct market *market, const struct market_create_bid *message, int64_t height)
{
    market_begin(market, height);
    enum market_error error = bid_check(market, message, market_order(market, message->order));
    if (error != MARKET_OK)
        return error;
    struct market_order *order = &market->orders[message->order.index];
    uint32_t *place;
    if (bid_place(market, order, message->provider, &place))
        return MARKET_BID_EXISTS;
    if (!bank_can_pay(&market->bank, message->provider, message->deposit_denom, message->deposit))
        return MARKET_INSUFFICIENT_FUNDS;
    uint32_t index = slots_take(&market->bid_slots);
    market->bids[index] = (struct market_bid){.price = message->price,
                                              .deposit = message->deposit,
                                              .created = height,
                                              .order = message->order.index,
                                              .provider = message->provider,
                                              .next = *place,
                                              .deposit_denom = (uint8_t)message->deposit_denom};
    *place = index;
    order->n_bids++;
    market_bid_enter(market, index, MARKET_BID_IS_OPEN);
    struct bank_transfer deposit = {message->provider, BANK_ESCROW, message->deposit_denom, message->deposit,
                                    MARKET_TRANSFER_BID_DEPOSIT};
    bank_move(&market->bank, deposit, market_about_bid(market, index));
    return market_done(market, height);
}

/* --- CloseBid --- */

/* The provider leaves its lease: the group pauses, and no new order appears. */
static enum market_error close_active_bid(struct market *market, uint32_t bid, uint32_t lease_index, int64_t height)
{
    uint32_t order = market->bids[bid].order;
    const struct market_lease *lease = &market->leases[lease_index];
    const struct escrow_payment *payment = &market->escrow.payments[lease->payment];
    if (payment->state == ESCROW_OPEN &&
        settlement_foresee(&market->escrow, payment->account, height).error == MARKET_PANIC)
        return MARKET_PANIC;
    market_group_enter(market, market->orders[order].group, MARKET_GROUP_IS_PAUSED);
    market_lease_enter(market, lease_index, MARKET_LEASE_IS_CLOSED, height);
    market_bid_end(market, bid, MARKET_BID_IS_CLOSED);
    market_order_enter(market, order, MARKET_ORDER_IS_CLOSED);
    market_order_forget_bids(market, order);
    market_payment_close(market, lease_index, height);
    return market_done(market, height);
}

enum market_error market_close_bid(struct market *market, struct market_order_id order, uint32_t provider, int64_t height)
{
    market_begin(market, height);
    uint32_t bid = market_bid_index(market, order, provider);
    if (bid == SLOT_NONE)
        return MARKET_UNKNOWN_BID;
    if (market->bids[bid].state == MARKET_BID_IS_OPEN) {
        market_bid_end(market, bid, MARKET_BID_IS_CLOSED);
        return market_done(market, height);
    }
    uint32_t lease = market->orders[order.index].lease;
    if (lease == SLOT_NONE || market->leases[lease].provider != provider)
        return MARKET_UNKNOWN_LEASE_FOR_BID;
    if (market->leases[lease].state != MARKET_LEASE_IS_ACTIVE)
        return MARKET_LEASE_NOT_ACTIVE;
    if (market->bids[bid].state != MARKET_BID_IS_ACTIVE)
        return MARKET_BID_NOT_ACTIVE;
    return close_active_bid(market, bid, lease, height);
}
