/* Giving the memory of ended deployments back. */
#include "models/market/market.h"
#include "models/market/market_inside.h"
#include "sim/base/hash.h"

#include "sim/base/nomalloc.h"

/* [Q1]: losers hold deposits until their providers close them. */
static bool bids_stay_open(const struct market *market, uint32_t group)
{
    for (uint32_t i = market->groups[group].last_order; i != SLOT_NONE; i = market->orders[i].previous)
        for (uint32_t bid = market->orders[i].first_bid; bid != SLOT_NONE; bid = market->bids[bid].next)
            if (market->bids[bid].state == MARKET_BID_IS_OPEN)
                return true;
    return false;
}

static bool forgettable(const struct market *market, const struct market_deployment *deployment)
{
    if (deployment->state != MARKET_DEPLOYMENT_IS_CLOSED)
        return false;
    for (uint32_t i = deployment->first_group; i != SLOT_NONE; i = market->groups[i].next) {
        if (market_live_order(market, market_group_id(market, i)).generation != 0)
            return false; /* started again; its bids may hold deposits */
        if (market->rules.losers_stay_open && bids_stay_open(market, i))
            return false;
    }
    return true;
}

static void forget_order(struct market *market, uint32_t order)
{
    uint32_t next;
    for (uint32_t i = market->orders[order].first_bid; i != SLOT_NONE; i = next) {
        next = market->bids[i].next;
        slots_give(&market->bid_slots, i);
    }
    if (market->orders[order].lease != SLOT_NONE)
        slots_give(&market->lease_slots, market->orders[order].lease);
    slots_give(&market->order_slots, order);
}

static void forget_group(struct market *market, uint32_t group)
{
    uint32_t previous;
    for (uint32_t i = market->groups[group].last_order; i != SLOT_NONE; i = previous) {
        previous = market->orders[i].previous;
        forget_order(market, i);
    }
    slots_give(&market->group_slots, group);
}

static void leave_bucket(struct market *market, uint32_t index)
{
    const struct market_deployment *deployment = &market->deployments[index];
    uint32_t *link = &market->buckets[hash_word(hash_word(0, deployment->owner), deployment->dseq) & market->bucket_mask];
    while (*link != index) {
        check(*link != SLOT_NONE, "deployment missing from its bucket");
        link = &market->deployments[*link].next_in_bucket;
    }
    *link = deployment->next_in_bucket;
}

bool market_forget_deployment(struct market *market, struct market_deployment_id id)
{
    const struct market_deployment *deployment = market_deployment(market, id);
    if (deployment == NULL || !forgettable(market, deployment))
        return false;
    uint32_t next;
    for (uint32_t i = deployment->first_group; i != SLOT_NONE; i = next) {
        next = market->groups[i].next;
        forget_group(market, i);
    }
    escrow_account_forget(&market->escrow, deployment->account);
    leave_bucket(market, id.index);
    slots_give(&market->deployment_slots, id.index);
    return true;
}
