/* The walk of the whole world: every invariant of market.h, checked from what is stored. */
#include "models/market/market.h"
#include "models/market/market_inside.h"
#include "sim/hash.h"

#include "sim/nomalloc.h"

/* Things met on the walk; at the end they must be all that exist. */
struct tally {
    uint32_t groups, orders, bids, leases;
    decimal held[MARKET_DENOMS]; /* claims on the escrow wallet */
};

static void audit_lease(const struct market *market, uint32_t order_index, struct tally *tally)
{
    const struct market_order *order = &market->orders[order_index];
    const struct market_lease *lease = &market->leases[order->lease];
    const struct market_group *group = &market->groups[order->group];
    const struct escrow_payment *payment = &market->escrow.payments[lease->payment];
    uint32_t account = market->deployments[group->deployment].account;
    bool active = lease->state == MARKET_LEASE_IS_ACTIVE;
    tally->leases++;
    check(slots_in_use(&market->lease_slots, order->lease) && lease->order == order_index, "lease of another order");
    check(active == (order->state == MARKET_ORDER_IS_ACTIVE), "lease and order disagree");
    check(active || lease->closed >= lease->created, "lease closed before it began");
    check(!market->rules.overdraft_leases_closed || lease->state != MARKET_LEASE_IS_INSUFFICIENT_FUNDS,
          "[R1] is on, yet a lease ran out of funds");
    check(payment->lease.index == order->lease && payment->account == account && payment->provider == lease->provider &&
              payment->gseq == group->gseq && payment->oseq == order->oseq,
          "payment of another lease");
    check(decimal_compare(payment->rate, lease->price) == 0, "payment at another price");
    check(!active || (payment->state == ESCROW_OPEN && market->escrow.accounts[account].state == ESCROW_OPEN),
          "active lease without an open payment");
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
            tally->held[bid->deposit_denom] =
                decimal_add(tally->held[bid->deposit_denom], decimal_from_int(bid->deposit));
        check(bid->state != MARKET_BID_IS_ACTIVE || market->leases[order->lease].provider == bid->provider,
              "active bid without its lease");
    }
    tally->bids += (uint32_t)listed;
    check(order->n_bids >= listed && order->n_bids <= market->rules.order_max_bids + 1, "wrong number of bids");
    check(n[MARKET_BID_IS_OPEN] == 0 || order->state == MARKET_ORDER_IS_OPEN, "open bid on an order that is not");
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
    check(live == (group->state == MARKET_GROUP_IS_OPEN), "open groups, and only they, have a live order");
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
        tally.held[denom] = market->escrow.dust[denom];
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
              tally.leases == in_use(&market->escrow.payment_slots),
          "something exists that no deployment leads to");
    audit_money(market, &tally);
}

/* --- Digest --- */

static uint64_t hash_decimal(uint64_t hash, decimal value)
{
    hash = hash_word(hash, (uint64_t)value.atto);
    return hash_word(hash, (uint64_t)(value.atto >> 64));
}

static uint64_t hash_account(uint64_t hash, const struct escrow *escrow, uint32_t index)
{
    const struct escrow_account *account = &escrow->accounts[index];
    hash = hash_decimal(hash, account->balance);
    hash = hash_decimal(hash, account->funds);
    hash = hash_decimal(hash, account->transferred);
    hash = hash_word(hash, (uint64_t)account->settled_at);
    hash = hash_word(hash, (uint64_t)account->depositor << 16 | (uint64_t)account->denom << 8 | account->state);
    for (uint32_t i = account->first_payment; i != SLOT_NONE; i = escrow->payments[i].next) {
        const struct escrow_payment *payment = &escrow->payments[i];
        hash = hash_word(hash, (uint64_t)payment->gseq << 32 | payment->oseq);
        hash = hash_word(hash, (uint64_t)payment->provider << 8 | payment->state);
        hash = hash_decimal(hash, payment->rate);
        hash = hash_decimal(hash, payment->balance);
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
    }
    if (order->lease == SLOT_NONE)
        return hash_word(hash, 0);
    const struct market_lease *lease = &market->leases[order->lease];
    hash = hash_word(hash, (uint64_t)lease->created);
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
        hash = hash_decimal(hash, market->escrow.dust[denom]);
    return hash;
}
