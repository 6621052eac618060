/* The walk of the whole world: every invariant of market.h, checked from what is stored. */
#include "models/market/market.h"
#include "models/market/market_inside.h"
#include "sim/base/hash.h"

#include "sim/base/nomalloc.h"

/* Things met on the walk; at the end they must be all that exist. */
struct tally {
    uint32_t groups, orders, bids, leases, deposits;
    decimal held[MARKET_DENOMS]; /* claims on the escrow wallet */
};

static void audit_lease(const struct market *market, uint32_t order_index, struct tally *tally)
{
    const struct market_order *order = &market->orders[order_index];
    const struct market_lease *lease = &market->leases[order->lease];
    const struct market_group *group = &market->groups[order->group];
    const struct escrow_payment *payment = &market->escrow.payments[lease->payment];
    uint32_t account = market->deployments[group->deployment].account;
    bool active = market_lease_live(lease->state);
    tally->leases++;
    check(slots_in_use(&market->lease_slots, order->lease) && lease->order == order_index, "lease of another order");
    check(active == (order->state == MARKET_ORDER_IS_ACTIVE), "lease and order disagree");
    check(active || lease->closed >= lease->created, "lease closed before it began");
    check(!market->rules.overdraft_leases_closed || lease->state != MARKET_LEASE_IS_INSUFFICIENT_FUNDS,
          "[R1] is on, yet a lease ran out of funds");
    check((lease->reclaim_height != 0) == (lease->reclaim_reason != 0) &&
              (lease->state != MARKET_LEASE_IS_RECLAIMING || lease->reclaim_height != 0),
          "reclaiming without a start");
    check(market->rules.dialect == MARKET_DIALECT_2024 || active == (lease->reason == MARKET_REASON_NONE),
          "lease ended without a reason, or has one while it lives");
    check(payment->lease.index == order->lease && payment->account == account && payment->provider == lease->provider &&
              payment->gseq == group->gseq && payment->oseq == order->oseq,
          "payment of another lease");
    check(decimal_compare(payment->rate, lease->price) == 0, "payment at another price");
    check(!active || (payment->state == ESCROW_OPEN && market->escrow.accounts[account].state == ESCROW_OPEN),
          "active lease without an open payment");
}

/* What is behind a bid that holds its deposit. */
static void audit_deposit(const struct market *market, const struct market_bid *bid, struct tally *tally)
{
    decimal deposit = decimal_from_int(bid->deposit), sum = decimal_zero();
    for (uint32_t i = bid->first_part; i != SLOT_NONE; i = market->escrow.deposits[i].next, tally->deposits++) {
        check(slots_in_use(&market->escrow.deposit_slots, i), "part of a bid's deposit is not in use");
        check(market->escrow.deposits[i].denom == bid->deposit_denom, "part of a bid's deposit in another denom");
        sum = decimal_add(sum, market->escrow.deposits[i].left);
    }
    check(bid->first_part == SLOT_NONE || decimal_compare(sum, deposit) == 0, "parts are not the bid's deposit");
    tally->held[bid->deposit_denom] = decimal_add(tally->held[bid->deposit_denom], deposit);
}

static void audit_bids(const struct market *market, uint32_t order_index, struct tally *tally)
{
    const struct market_order *order = &market->orders[order_index];
    const struct market_group *group = &market->groups[order->group];
    int32_t listed = 0, n[MARKET_BID_IS_CLOSED + 1] = {0};
    for (uint32_t i = order->first_bid; i != SLOT_NONE; i = market->bids[i].next, listed++) {
        const struct market_bid *bid = &market->bids[i];
        check(slots_in_use(&market->bid_slots, i) && bid->order == order_index, "bid of another order");
        check(bid->next == SLOT_NONE ||
                  bank_wallet_compare(&market->bank, bid->provider, market->bids[bid->next].provider) < 0,
              "bids out of order, or two of one provider");
        check(decimal_is_positive(bid->price) && decimal_compare(bid->price, group->price) <= 0, "bid above the order");
        n[bid->state]++;
        if (bid->state == MARKET_BID_IS_OPEN || bid->state == MARKET_BID_IS_ACTIVE)
            audit_deposit(market, bid, tally);
        else
            check(bid->first_part == SLOT_NONE, "ended bid that still holds a deposit");
        check(bid->state != MARKET_BID_IS_ACTIVE || market->leases[order->lease].provider == bid->provider,
              "active bid without its lease");
    }
    tally->bids += (uint32_t)listed;
    check(order->n_bids >= listed && order->n_bids <= market->rules.order_max_bids + 1, "wrong number of bids");
    check(n[MARKET_BID_IS_OPEN] == 0 || order->state == MARKET_ORDER_IS_OPEN || market->rules.losers_stay_open,
          "[Q1] is off, yet there is an open bid on an order that is not");
    check(order->n_lost >= n[MARKET_BID_IS_LOST] && order->n_lost <= order->n_bids, "wrong number of lost bids");
    check(n[MARKET_BID_IS_LOST] == 0 || order->state != MARKET_ORDER_IS_OPEN, "lost bid on an open order");
    check(n[MARKET_BID_IS_ACTIVE] == (order->state == MARKET_ORDER_IS_ACTIVE), "not one active bid per active order");
}

static void audit_group(const struct market *market, uint32_t index, struct tally *tally)
{
    const struct market_group *group = &market->groups[index];
    uint32_t oseq = group->last_order != SLOT_NONE ? market->orders[group->last_order].oseq : 0;
    bool live = market_live_order(market, market_group_id(market, index)).generation != 0;
    bool deployed = market->deployments[group->deployment].state == MARKET_DEPLOYMENT_IS_ACTIVE;
    tally->groups++;
    bool open = group->state == MARKET_GROUP_IS_OPEN;
    check(open || !live, "live order in a group that is not open");
    check(!open || live || market->rules.prefix_captures, "[Q15] is off, yet an open group has no live order");
    check(deployed || group->state != MARKET_GROUP_IS_OPEN || market->rules.start_ignores_deployment,
          "[Q2] is off, yet a group outlived its deployment");
    check(!deployed || group->state != MARKET_GROUP_IS_INSUFFICIENT_FUNDS, "group without funds in a live deployment");
    for (uint32_t i = group->last_order; i != SLOT_NONE; i = market->orders[i].previous, oseq--) {
        const struct market_order *order = &market->orders[i];
        tally->orders++;
        check(slots_in_use(&market->order_slots, i) && order->group == index, "order of another group");
        check(order->oseq == oseq && oseq >= 1, "orders are not numbered 1, 2, ...");
        check(i == group->last_order || order->state == MARKET_ORDER_IS_CLOSED, "two live orders in a group");
        check(order->state != MARKET_ORDER_IS_ACTIVE || order->lease != SLOT_NONE, "active order without a lease");
        audit_bids(market, i, tally);
        if (order->lease != SLOT_NONE)
            audit_lease(market, i, tally);
    }
    check(oseq == 0, "orders are not numbered 1, 2, ...");
}

static void audit_deployment(const struct market *market, uint32_t index, struct tally *tally)
{
    const struct market_deployment *deployment = &market->deployments[index];
    const struct escrow_account *account = &market->escrow.accounts[deployment->account];
    struct market_deployment_id found = market_find_deployment(market, deployment->owner, deployment->dseq);
    uint32_t gseq = 0;
    check(found.index == index, "deployment cannot be found by owner and dseq");
    check(slots_in_use(&market->escrow.account_slots, deployment->account) && account->deployment.index == index,
          "account of another deployment");
    check(deployment->state != MARKET_DEPLOYMENT_IS_ACTIVE || account->state == ESCROW_OPEN,
          "active deployment without an open account");
    check(account->owner == deployment->owner, "account of another owner");
    for (uint32_t i = deployment->first_group; i != SLOT_NONE; i = market->groups[i].next) {
        check(slots_in_use(&market->group_slots, i) && market->groups[i].deployment == index, "group of another deployment");
        check(market->groups[i].gseq == ++gseq, "groups are not numbered 1, 2, ...");
        audit_group(market, i, tally);
    }
    check(gseq > 0, "deployment without groups");
    escrow_account_audit(&market->escrow, deployment->account, tally->held);
    for (uint32_t i = account->first_deposit; i != SLOT_NONE; i = market->escrow.deposits[i].next)
        tally->deposits++;
}

static void audit_money(const struct market *market, const struct tally *tally)
{
    for (int denom = 1; denom < MARKET_DENOMS; denom++) {
        int64_t sum = 0;
        for (uint32_t i = 0; i < market->bank.n_wallets; i++) {
            int64_t balance = market->bank.wallets[i].balance[denom];
            check(balance >= 0 || i == BANK_OUTSIDE, "wallet '%s' is in debt", market->bank.wallets[i].name);
            sum += balance;
        }
        decimal in_escrow = decimal_from_int(market->bank.wallets[BANK_ESCROW].balance[denom]);
        check(sum == 0, "wallets do not add up to 0 in %s", market_denom_name((enum market_denom)denom));
        check(decimal_compare(in_escrow, tally->held[denom]) == 0, "escrow holds another sum than is claimed, in %s",
              market_denom_name((enum market_denom)denom));
    }
}

static uint32_t in_use(const struct slots *slots)
{
    return slots->n_used - slots->n_free;
}

void market_audit(const struct market *market)
{
    struct tally tally = {0};
    uint32_t deployments = 0;
    for (int denom = 0; denom < MARKET_DENOMS; denom++)
        tally.held[denom] = decimal_add(market->escrow.dust[denom],
                                        decimal_add(market->escrow.uncredited[denom], market->escrow.stuck[denom]));
    for (uint32_t i = 0; i < market->deployment_slots.n_used; i++) {
        if (!slots_in_use(&market->deployment_slots, i))
            continue;
        deployments++;
        audit_deployment(market, i, &tally);
    }
    check(deployments == in_use(&market->deployment_slots) && deployments == in_use(&market->escrow.account_slots),
          "deployments and accounts differ in number");
    check(tally.groups == in_use(&market->group_slots) && tally.orders == in_use(&market->order_slots) &&
              tally.bids == in_use(&market->bid_slots) && tally.leases == in_use(&market->lease_slots) &&
              tally.leases == in_use(&market->escrow.payment_slots) &&
              tally.deposits == in_use(&market->escrow.deposit_slots),
          "something exists that no deployment leads to");
    audit_money(market, &tally);
}

struct market_losses market_losses(const struct market *market, enum market_denom denom)
{
    const struct escrow *escrow = &market->escrow;
    struct market_losses losses = {
        .uncredited = escrow->uncredited[denom], .stuck = escrow->stuck[denom], .dust = escrow->dust[denom]};
    for (uint32_t i = 0; i < escrow->account_slots.n_used; i++)
        if (slots_in_use(&escrow->account_slots, i) && escrow->accounts[i].denom == denom)
            losses.stuck = decimal_add(losses.stuck, escrow_account_stuck(escrow, i));
    return losses;
}

/* --- Digest --- */

static uint64_t hash_decimal(uint64_t hash, decimal value)
{
    hash = hash_word(hash, (uint64_t)value.atto);
    return hash_word(hash, (uint64_t)(value.atto >> 64));
}

static uint64_t hash_deposit(uint64_t hash, const struct escrow_deposit *deposit)
{
    uint64_t kind = (uint64_t)deposit->denom << 1 | deposit->granted;
    return hash_word(hash_decimal(hash, deposit->left), (uint64_t)deposit->depositor << 16 | kind);
}

static uint64_t hash_account(uint64_t hash, const struct escrow *escrow, uint32_t index)
{
    const struct escrow_account *account = &escrow->accounts[index];
    hash = hash_decimal(hash, account->balance);
    hash = hash_decimal(hash, account->funds);
    hash = hash_decimal(hash, account->transferred);
    hash = hash_word(hash, (uint64_t)account->settled_at);
    hash = hash_word(hash, (uint64_t)account->depositor << 16 | (uint64_t)account->denom << 8 | account->state);
    for (uint32_t i = account->first_deposit; i != SLOT_NONE; i = escrow->deposits[i].next)
        hash = hash_deposit(hash, &escrow->deposits[i]);
    for (uint32_t i = account->first_pot; i != SLOT_NONE; i = escrow->pots[i].next) {
        hash = hash_word(hash_decimal(hash, escrow->pots[i].funds), escrow->pots[i].denom);
        hash = hash_decimal(hash, escrow->pots[i].transferred);
    }
    for (uint32_t i = account->first_payment; i != SLOT_NONE; i = escrow->payments[i].next) {
        const struct escrow_payment *payment = &escrow->payments[i];
        hash = hash_word(hash, (uint64_t)payment->gseq << 32 | payment->oseq);
        hash = hash_word(hash, (uint64_t)payment->provider << 8 | payment->state);
        hash = hash_decimal(hash, payment->rate);
        hash = hash_decimal(hash, payment->balance);
        hash = hash_decimal(hash, payment->unsettled);
        hash = hash_word(hash, (uint64_t)payment->withdrawn);
    }
    return hash;
}

static uint64_t hash_order(uint64_t hash, const struct market *market, uint32_t index)
{
    const struct market_order *order = &market->orders[index];
    hash = hash_word(hash, (uint64_t)order->oseq << 32 | (uint64_t)order->n_bids << 8 | order->state);
    hash = hash_word(hash, (uint64_t)order->created);
    for (uint32_t i = order->first_bid; i != SLOT_NONE; i = market->bids[i].next) {
        const struct market_bid *bid = &market->bids[i];
        hash = hash_word(hash, (uint64_t)bid->provider << 8 | bid->state);
        hash = hash_decimal(hash, bid->price);
        hash = hash_word(hash, (uint64_t)bid->deposit);
        hash = hash_word(hash, (uint64_t)bid->window_s);
        for (uint32_t j = bid->first_part; j != SLOT_NONE; j = market->escrow.deposits[j].next)
            hash = hash_deposit(hash, &market->escrow.deposits[j]);
    }
    if (order->lease == SLOT_NONE)
        return hash_word(hash, 0);
    const struct market_lease *lease = &market->leases[order->lease];
    hash = hash_word(hash, (uint64_t)lease->created);
    hash = hash_word(hash, (uint64_t)lease->reclaim_until_s);
    hash = hash_word(hash, (uint64_t)(uint32_t)lease->reason << 32 | (uint32_t)lease->reclaim_reason);
    return hash_word(hash, (uint64_t)lease->closed << 8 | lease->state);
}

static uint64_t hash_deployment(uint64_t hash, const struct market *market, uint32_t index)
{
    const struct market_deployment *deployment = &market->deployments[index];
    hash = hash_word(hash, (uint64_t)deployment->owner << 8 | deployment->state);
    hash = hash_word(hash, deployment->dseq);
    hash = hash_bytes(hash, deployment->version, MARKET_VERSION_BYTES);
    hash = hash_account(hash, &market->escrow, deployment->account);
    for (uint32_t i = deployment->first_group; i != SLOT_NONE; i = market->groups[i].next) {
        hash = hash_word(hash, (uint64_t)market->groups[i].gseq << 8 | market->groups[i].state);
        for (uint32_t j = market->groups[i].last_order; j != SLOT_NONE; j = market->orders[j].previous)
            hash = hash_order(hash, market, j);
    }
    return hash;
}

uint64_t market_digest(const struct market *market)
{
    uint64_t hash = 0;
    for (uint32_t i = 0; i < market->bank.n_wallets; i++) {
        const struct bank_wallet *wallet = &market->bank.wallets[i];
        hash = hash_text(hash, wallet->name);
        hash = hash_word(hash, wallet->provider);
        for (int denom = 1; denom < MARKET_DENOMS; denom++)
            hash = hash_word(hash, (uint64_t)wallet->balance[denom]);
        for (uint32_t j = wallet->first_grant; j != SLOT_NONE; j = market->bank.grants[j].next)
            hash = hash_word(hash_word(hash, market->bank.grants[j].granter), (uint64_t)market->bank.grants[j].limit);
    }
    for (uint32_t i = 0; i < market->deployment_slots.n_used; i++)
        if (slots_in_use(&market->deployment_slots, i))
            hash = hash_deployment(hash, market, i);
    for (int denom = 1; denom < MARKET_DENOMS; denom++)
        hash = hash_decimal(hash_decimal(hash, decimal_add(market->escrow.dust[denom], market->escrow.stuck[denom])),
                            market->escrow.uncredited[denom]);
    return hash;
}
