/* Orders and bids. */
#include "models/market/market.h"
#include "models/market/market_inside.h"

#include "sim/base/nomalloc.h"

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
    if (state == MARKET_BID_IS_LOST)
        market->orders[bid->order].n_lost++;
    struct market_event about = market_about_bid(market, index);
    if (bid->first_part == SLOT_NONE)
        bank_move(&market->bank, refund, about);
    else
        escrow_list_refund(&market->escrow, &market->bids[index].first_part, bid->provider, MARKET_TRANSFER_BID_REFUND, about);
}

static enum market_error bid_check_price(const struct market *market, const struct market_create_bid *message,
                                         const struct market_group *group)
{
    bool old = market->rules.dialect == MARKET_DIALECT_2024;
    if (message->price_denom == MARKET_DENOM_NONE || decimal_is_negative(message->price))
        return MARKET_BID_INVALID_PRICE;
    if (message->price_denom != group->denom)
        return MARKET_PANIC;
    if (decimal_compare(message->price, group->price) > 0)
        return old ? MARKET_BID_OVER_ORDER : MARKET_BID_INVALID_PRICE;
    return MARKET_OK;
}

static enum market_error bid_check_order(const struct market *market, const struct market_create_bid *message,
                                         const struct market_order *order)
{
    int64_t minimum = market->rules.bid_minimum[message->deposit_denom];
    if (minimum < 0 || message->deposit < minimum)
        return MARKET_INVALID_DEPOSIT;
    int32_t most = market->rules.order_max_bids + (market->rules.one_bid_too_many ? 1 : 0);
    /* 2024 counts the bids in any state, 2026 those that are not lost. */
    int32_t lost = order != NULL && market->rules.dialect == MARKET_DIALECT_2026 ? order->n_lost : 0;
    if (order != NULL && order->n_bids - lost >= most)
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
        return market->rules.dialect == MARKET_DIALECT_2024 ? MARKET_SAME_ACCOUNT : MARKET_CONFLICT;
    if (decimal_is_zero(message->price))
        return MARKET_BID_ZERO_PRICE;
    if (message->window_s < 0)
        return MARKET_RECLAMATION_WINDOW_INVALID;
    enum market_error error = bid_check_order(market, message, order);
    if (error != MARKET_OK)
        return error;
    error = bid_check_price(market, message, group);
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

static struct bank_sourcing bid_sourcing(const struct market_create_bid *message)
{
    return (struct bank_sourcing){.signer = message->provider,
                                  .denom = message->deposit_denom,
                                  .rest = message->deposit,
                                  .sources = message->sources,
                                  .scope = BANK_FOR_BIDS};
}

/* Steps 11 and 12 of 2026. */
static enum market_error bid_check_window(const struct market *market, const struct market_create_bid *message)
{
    uint32_t group = market->orders[message->order.index].group;
    int64_t wanted_s = market->deployments[market->groups[group].deployment].window_s;
    if (wanted_s != 0 && message->window_s == 0)
        return MARKET_RECLAMATION_REQUIRED;
    if (message->window_s < wanted_s)
        return MARKET_RECLAMATION_WINDOW_TOO_SHORT;
    if (message->window_s != 0 && !market_window_valid(market, message->window_s))
        return MARKET_RECLAMATION_WINDOW_INVALID;
    return MARKET_OK;
}

/* What either dialect asks last. */
static enum market_error bid_check_rest(const struct market *market, const struct market_create_bid *message, bool exists)
{
    if (market->rules.dialect == MARKET_DIALECT_2026) {
        if (!bank_sourcing_covers(&market->bank, bid_sourcing(message)))
            return MARKET_INVALID_DEPOSIT;
        enum market_error error = bid_check_window(market, message);
        if (error != MARKET_OK)
            return error;
        return exists ? MARKET_BID_EXISTS : MARKET_OK;
    }
    if (exists)
        return MARKET_BID_EXISTS;
    return bank_can_pay(&market->bank, message->provider, message->deposit_denom, message->deposit)
               ? MARKET_OK
               : MARKET_INSUFFICIENT_FUNDS;
}

static void bid_pay(struct market *market, uint32_t index, const struct market_create_bid *message)
{
    struct market_event about = market_about_bid(market, index);
    struct bank_sourcing sourcing = bid_sourcing(message);
    struct bank_part part;
    if (market->rules.dialect == MARKET_DIALECT_2024)
        sourcing.sources = BANK_BALANCE;
    while (bank_sourcing_next(&market->bank, &sourcing, &part)) {
        bank_part_pay(&market->bank, &sourcing, &part, MARKET_TRANSFER_BID_DEPOSIT, about);
        if (sourcing.sources != BANK_BALANCE)
            escrow_list_add(&market->escrow, &market->bids[index].first_part, message->deposit_denom, &part);
    }
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
    bool exists = bid_place(market, order, message->provider, &place);
    error = bid_check_rest(market, message, exists);
    if (error != MARKET_OK)
        return error;
    uint32_t index = slots_take(&market->bid_slots);
    market->bids[index] = (struct market_bid){.price = message->price,
                                              .deposit = message->deposit,
                                              .created = height,
                                              .window_s = message->window_s,
                                              .first_part = SLOT_NONE,
                                              .order = message->order.index,
                                              .provider = message->provider,
                                              .next = *place,
                                              .deposit_denom = (uint8_t)message->deposit_denom};
    *place = index;
    order->n_bids++;
    market_bid_enter(market, index, MARKET_BID_IS_OPEN);
    bid_pay(market, index, message);
    return market_done(market, height);
}
