/* Leases, and what follows when accounts and groups end. */
#include "models/market/market.h"
#include "models/market/market_inside.h"

#include "sim/base/nomalloc.h"

/* --- CreateLease --- */

static enum market_error lease_check(const struct market *market, struct market_order_id id, uint32_t bid)
{
    if (bid == SLOT_NONE)
        return MARKET_BID_NOT_FOUND;
    if (market->bids[bid].state != MARKET_BID_IS_OPEN)
        return MARKET_BID_NOT_OPEN;
    const struct market_order *order = &market->orders[id.index];
    if (order->state != MARKET_ORDER_IS_OPEN)
        return MARKET_ORDER_NOT_OPEN;
    return market->groups[order->group].state == MARKET_GROUP_IS_OPEN ? MARKET_OK : MARKET_GROUP_NOT_OPEN;
}

/* The other open bids are lost and refunded in the same transaction; with [Q1] the walk stops after the first. */
static void others_lose(struct market *market, uint32_t order)
{
    bool stopped = false;
    for (uint32_t i = market->orders[order].first_bid; i != SLOT_NONE && !stopped; i = market->bids[i].next) {
        if (market->bids[i].state != MARKET_BID_IS_OPEN)
            continue;
        market_bid_end(market, i, MARKET_BID_IS_LOST);
        stopped = market->rules.losers_stay_open;
    }
    market_order_forget_bids(market, order);
}

enum market_error market_create_lease(struct market *market, struct market_order_id id, uint32_t provider, int64_t height,
                                      struct market_lease_id *lease_id)
{
    market_begin(market, height);
    uint32_t bid = market_bid_index(market, id, provider);
    enum market_error error = lease_check(market, id, bid);
    if (error != MARKET_OK)
        return error;
    struct market_order *order = &market->orders[id.index];
    const struct market_group *group = &market->groups[order->group];
    struct escrow_payment_opening opening = {.account = market->deployments[group->deployment].account,
                                             .provider = provider,
                                             .gseq = group->gseq,
                                             .oseq = order->oseq,
                                             .rate = market->bids[bid].price,
                                             .denom = (enum market_denom)group->denom};
    uint32_t payment;
    error = escrow_payment_open(&market->escrow, &opening, height, &payment);
    if (error != MARKET_OK)
        return error;
    uint32_t index = slots_take(&market->lease_slots);
    market->leases[index] = (struct market_lease){.price = opening.rate,
                                                  .created = height,
                                                  .window_s = market->bids[bid].window_s,
                                                  .order = id.index,
                                                  .provider = provider,
                                                  .payment = payment};
    market->escrow.payments[payment].lease = market_lease_id(market, index);
    order->lease = index;
    market_lease_enter(market, index, MARKET_LEASE_IS_ACTIVE, height);
    market_order_enter(market, id.index, MARKET_ORDER_IS_ACTIVE);
    market_bid_enter(market, bid, MARKET_BID_IS_ACTIVE);
    others_lose(market, id.index);
    if (lease_id != NULL)
        *lease_id = market_lease_id(market, index);
    return market_done(market, height);
}

/* --- CloseLease, WithdrawLease --- */

/* The lease of that order and provider in any state, or SLOT_NONE. */
static uint32_t lease_index(const struct market *market, struct market_order_id id, uint32_t provider)
{
    const struct market_order *order = market_order(market, id);
    if (order == NULL || order->lease == SLOT_NONE || market->leases[order->lease].provider != provider)
        return SLOT_NONE;
    return order->lease;
}

static enum market_error close_lease_check(const struct market *market, struct market_order_id id, uint32_t provider,
                                           int64_t height)
{
    const struct market_order *order = market_order(market, id);
    if (order == NULL)
        return MARKET_ORDER_NOT_FOUND;
    if (order->state != MARKET_ORDER_IS_ACTIVE)
        return MARKET_ORDER_CLOSED;
    uint32_t bid = market_bid_index(market, id, provider);
    if (bid == SLOT_NONE)
        return MARKET_BID_NOT_FOUND;
    if (market->bids[bid].state != MARKET_BID_IS_ACTIVE)
        return MARKET_BID_NOT_ACTIVE;
    uint32_t lease = lease_index(market, id, provider);
    if (lease == SLOT_NONE)
        return MARKET_LEASE_NOT_FOUND;
    if (!market_lease_live(market->leases[lease].state))
        return MARKET_ORDER_CLOSED;
    const struct escrow_payment *payment = &market->escrow.payments[market->leases[lease].payment];
    if (payment->state == ESCROW_CLOSED)
        return MARKET_PAYMENT_CLOSED;
    return settlement_foresee(&market->escrow, payment->account, height).error;
}

enum market_error market_close_lease(struct market *market, struct market_order_id id, uint32_t provider, int64_t height)
{
    market_begin(market, height);
    enum market_error error = close_lease_check(market, id, provider, height);
    if (error != MARKET_OK)
        return error;
    uint32_t group = market->orders[id.index].group, lease = market->orders[id.index].lease;
    market_lease_end(market, lease, MARKET_LEASE_IS_CLOSED, MARKET_REASON_OWNER, height);
    market_bid_end(market, market_bid_index(market, id, provider), MARKET_BID_IS_CLOSED);
    market_order_enter(market, id.index, MARKET_ORDER_IS_CLOSED);
    market_order_forget_bids(market, id.index);
    market_payment_close(market, lease, height);
    if (market->groups[group].state == MARKET_GROUP_IS_OPEN)
        market_order_open(market, group, height);
    return market_done(market, height);
}

enum market_error market_withdraw_lease(struct market *market, struct market_order_id id, uint32_t provider, int64_t height)
{
    market_begin(market, height);
    uint32_t lease = lease_index(market, id, provider);
    if (lease == SLOT_NONE)
        return MARKET_UNKNOWN_LEASE;
    bool overdrawn = false;
    enum market_error error =
        escrow_payment_withdraw(&market->escrow, market->leases[lease].payment, height, &overdrawn);
    if (error != MARKET_OK)
        return error;
    if (overdrawn)
        market_account_ended(market, market->groups[market->orders[id.index].group].deployment, true, height);
    return market_done(market, height);
}

/* --- Hooks --- */

void market_payment_close(struct market *market, uint32_t lease, int64_t height)
{
    bool overdrawn = false;
    (void)escrow_payment_close(&market->escrow, market->leases[lease].payment, height, &overdrawn);
    if (overdrawn)
        market_account_ended(market, market->groups[market->orders[market->leases[lease].order].group].deployment, true,
                             height);
}

/* Hook of section 1.5 for a payment that is closed or overdrawn and whose bid is active. */
static void payment_ended(struct market *market, uint32_t lease_index, bool overdrawn, int64_t height)
{
    uint32_t order = market->leases[lease_index].order, provider = market->leases[lease_index].provider;
    uint32_t bid = market_bid_index(market, market_order_id(market, order), provider);
    market_order_enter(market, order, MARKET_ORDER_IS_CLOSED);
    market_bid_end(market, bid, MARKET_BID_IS_CLOSED);
    market_lease_end(market, lease_index, overdrawn ? MARKET_LEASE_IS_INSUFFICIENT_FUNDS : MARKET_LEASE_IS_CLOSED,
                     overdrawn ? MARKET_REASON_INSUFFICIENT_FUNDS : MARKET_REASON_UNSPECIFIED, height);
    market_order_forget_bids(market, order);
}

void market_captured_ended(struct market *market, uint32_t account, int64_t height)
{
    const struct escrow *escrow = &market->escrow;
    uint32_t captured = account;
    while ((captured = escrow_captured_next(escrow, account, captured)) != SLOT_NONE)
        for (uint32_t i = escrow->accounts[captured].first_payment; i != SLOT_NONE; i = escrow->payments[i].next) {
            uint32_t lease = escrow->payments[i].lease.index;
            if (escrow->payments[i].state != ESCROW_OPEN && market_lease_live(market->leases[lease].state))
                payment_ended(market, lease, escrow->payments[i].state == ESCROW_OVERDRAWN, height);
        }
}

static void deployment_ended(struct market *market, uint32_t deployment, bool overdrawn, int64_t height)
{
    if (market->deployments[deployment].state != MARKET_DEPLOYMENT_IS_ACTIVE)
        return;
    enum market_group_state state = overdrawn ? MARKET_GROUP_IS_INSUFFICIENT_FUNDS : MARKET_GROUP_IS_CLOSED;
    enum market_lease_state lease_state = overdrawn && !market->rules.overdraft_leases_closed
                                              ? MARKET_LEASE_IS_INSUFFICIENT_FUNDS
                                              : MARKET_LEASE_IS_CLOSED; /* [R1] */
    market_deployment_enter(market, deployment, MARKET_DEPLOYMENT_IS_CLOSED);
    for (uint32_t i = market->deployments[deployment].first_group; i != SLOT_NONE; i = market->groups[i].next) {
        if (market->groups[i].state == MARKET_GROUP_IS_CLOSED)
            continue;
        market_group_enter(market, i, state);
        market_group_ended(market, i, lease_state, height);
    }
}

void market_account_ended(struct market *market, uint32_t deployment, bool overdrawn, int64_t height)
{
    deployment_ended(market, deployment, overdrawn, height);
    market_captured_ended(market, market->deployments[deployment].account, height);
}

/* 2024: leases that ended without their payments ([R2]) get another try. Only the closing of one payment changes the list, or
 * an overdraft, which empties it. */
static void close_ghosts(struct market *market, uint32_t group, int64_t height)
{
    const struct escrow *escrow = &market->escrow;
    const struct escrow_account *account =
        &escrow->accounts[market->deployments[market->groups[group].deployment].account];
    uint32_t next;
    for (uint32_t i = account->first_open; i != SLOT_NONE; i = account->first_open != SLOT_NONE ? next : SLOT_NONE) {
        const struct escrow_payment *payment = &escrow->payments[i];
        next = payment->next_open;
        if (payment->gseq == market->groups[group].gseq &&
            market->leases[payment->lease.index].state != MARKET_LEASE_IS_ACTIVE)
            market_payment_close(market, payment->lease.index, height);
    }
}

void market_group_ended(struct market *market, uint32_t group, enum market_lease_state lease_state, int64_t height)
{
    if (market->rules.dialect == MARKET_DIALECT_2024)
        close_ghosts(market, group, height);
    uint32_t index = market->groups[group].last_order;
    if (index == SLOT_NONE || market->orders[index].state == MARKET_ORDER_IS_CLOSED)
        return; /* all earlier orders are closed, and their bids are lost or closed */
    market_order_enter(market, index, MARKET_ORDER_IS_CLOSED);
    for (uint32_t i = market->orders[index].first_bid; i != SLOT_NONE; i = market->bids[i].next)
        if (market->bids[i].state == MARKET_BID_IS_OPEN || market->bids[i].state == MARKET_BID_IS_ACTIVE)
            market_bid_end(market, i, MARKET_BID_IS_CLOSED);
    market_order_forget_bids(market, index);
    uint32_t lease = market->orders[index].lease;
    if (lease == SLOT_NONE)
        return;
    market_lease_end(market, lease, lease_state,
                     lease_state == MARKET_LEASE_IS_CLOSED ? MARKET_REASON_OWNER : MARKET_REASON_INSUFFICIENT_FUNDS, height);
    market_payment_close(market, lease, height);
}

bool market_group_end_panics(const struct market *market, uint32_t group, int64_t height)
{
    const struct escrow *escrow = &market->escrow;
    uint32_t account = market->deployments[market->groups[group].deployment].account;
    uint32_t i = escrow->accounts[account].first_open;
    bool live_only = market->rules.dialect == MARKET_DIALECT_2026; /* ghosts get no other try */
    while (i != SLOT_NONE && (escrow->payments[i].gseq != market->groups[group].gseq ||
                              (live_only && !market_lease_live(market->leases[escrow->payments[i].lease.index].state))))
        i = escrow->payments[i].next_open;
    return i != SLOT_NONE && settlement_foresee(escrow, account, height).error == MARKET_PANIC;
}
