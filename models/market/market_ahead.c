/* Loading the records of messages that are still to come. Each step follows the links that the step before has loaded.
 *
 * A function that does nothing but ask for lines has no effect in the eyes of gcc, which drops calls of it where it sees the
 * body; so the helpers are put into their callers by force. */
#include "models/market/market.h"
#include "models/market/market_inside.h"
#include "sim/base/hash.h"

#include "sim/base/nomalloc.h"

/* Asks for every cache line of a record; it will be written too. */
NINES_INLINE void load(const void *record, size_t bytes)
{
    enum { LINE = 64 };
    const char *at = record;
    for (size_t i = 0; i < bytes; i += LINE)
        NINES_PREFETCH(at + i);
    NINES_PREFETCH(at + bytes - 1); /* a record may begin within a line */
}

#define LOAD(array, index) load(&(array)[index], sizeof *(array))

/* A record in use, and the number that says so. */
#define LOAD_SLOT(array, slots, index) (LOAD(array, index), load(&(slots).generation[index], sizeof(uint32_t)))

static const uint32_t *bucket_of(const struct market *market, uint32_t owner, uint64_t dseq)
{
    return &market->buckets[hash_word(hash_word(0, owner), dseq) & market->bucket_mask];
}

void market_ahead_create(const struct market *market, uint32_t owner, uint64_t dseq, int step)
{
    const uint32_t *bucket = bucket_of(market, owner, dseq);
    if (!market_wallet_valid(market, owner))
        return;
    if (step == 0) {
        load(bucket, sizeof *bucket);
        LOAD(market->bank.wallets, owner);
    } else if (step == 1 && *bucket != SLOT_NONE) {
        LOAD(market->deployments, *bucket);
    }
}

/* What a deployment names: its account, its first group, its owner, its bucket. */
NINES_INLINE void load_around(const struct market *market, const struct market_deployment *deployment)
{
    const uint32_t *bucket = bucket_of(market, deployment->owner, deployment->dseq);
    LOAD_SLOT(market->escrow.accounts, market->escrow.account_slots, deployment->account);
    LOAD_SLOT(market->groups, market->group_slots, deployment->first_group);
    LOAD(market->bank.wallets, deployment->owner);
    if (market->escrow.owners != NULL)
        LOAD(market->escrow.owners, deployment->owner);
    load(bucket, sizeof *bucket);
}

/* What the account and the group name. */
NINES_INLINE void load_money_and_order(const struct market *market, const struct market_deployment *deployment)
{
    const struct escrow *escrow = &market->escrow;
    const struct escrow_account *account = &escrow->accounts[deployment->account];
    uint32_t order = market->groups[deployment->first_group].last_order;
    if (order != SLOT_NONE)
        LOAD_SLOT(market->orders, market->order_slots, order);
    if (account->first_open != SLOT_NONE)
        LOAD_SLOT(escrow->payments, escrow->payment_slots, account->first_open);
    if (account->first_deposit != SLOT_NONE)
        LOAD_SLOT(escrow->deposits, escrow->deposit_slots, account->first_deposit);
}

/* What the order names. */
NINES_INLINE void load_bid_and_lease(const struct market *market, const struct market_deployment *deployment)
{
    uint32_t last = market->groups[deployment->first_group].last_order;
    if (last == SLOT_NONE)
        return;
    const struct market_order *order = &market->orders[last];
    if (order->first_bid != SLOT_NONE)
        LOAD_SLOT(market->bids, market->bid_slots, order->first_bid);
    if (order->lease != SLOT_NONE)
        LOAD_SLOT(market->leases, market->lease_slots, order->lease);
}

void market_ahead_deployment(const struct market *market, struct market_deployment_id id, int step)
{
    if (step == 0 && id.index < market->deployment_slots.n_used)
        LOAD_SLOT(market->deployments, market->deployment_slots, id.index);
    const struct market_deployment *deployment = step > 0 ? market_deployment(market, id) : NULL;
    if (deployment == NULL)
        return;
    if (step == 1)
        load_around(market, deployment);
    else if (step == 2)
        load_money_and_order(market, deployment);
    else if (step == 3)
        load_bid_and_lease(market, deployment);
}

/* What a settlement by debt needs of an account besides. */
NINES_INLINE void load_debt(const struct market *market, const struct escrow_account *account)
{
    if (market->escrow.owners != NULL)
        LOAD(market->escrow.owners, account->owner);
    if (account->first_deposit != SLOT_NONE)
        LOAD(market->escrow.deposits, account->first_deposit);
}

void market_ahead_lease(const struct market *market, struct market_order_id id, int step)
{
    if (step == 0 && id.index < market->order_slots.n_used)
        LOAD_SLOT(market->orders, market->order_slots, id.index);
    const struct market_order *order = step > 0 ? market_order(market, id) : NULL;
    if (order == NULL || order->lease == SLOT_NONE)
        return;
    const struct market_lease *lease = &market->leases[order->lease];
    const struct escrow_payment *payment = &market->escrow.payments[lease->payment];
    if (step == 1)
        load(lease, sizeof *lease);
    else if (step == 2)
        load(payment, sizeof *payment);
    else if (step == 3)
        LOAD(market->escrow.accounts, payment->account);
    else
        load_debt(market, &market->escrow.accounts[payment->account]);
}
