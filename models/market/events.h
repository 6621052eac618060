/* What a message did.
 *
 * Every change of a state and every movement of money appends one event, in the order in which it happened; a refused
 * message appends none. The caller owns the buffer, reads it after the message and sets n back to 0: the simulation reacts
 * to it (an order appeared, a lease ended) and writes its ledger from it. */
#ifndef NINES_MARKET_EVENTS_H
#define NINES_MARKET_EVENTS_H

#include "models/market/group.h"
#include "sim/base/check.h"

#include <stdint.h>

/* Names of things; {0, 0} is none. */
struct market_deployment_id { uint32_t index, generation; };
struct market_group_id { uint32_t index, generation; };
struct market_order_id { uint32_t index, generation; };
struct market_lease_id { uint32_t index, generation; };

enum market_event_kind {
    MARKET_EVENT_DEPLOYMENT, /* state: enum market_deployment_state */
    MARKET_EVENT_GROUP,      /* state: enum market_group_state */
    MARKET_EVENT_ORDER,      /* state: enum market_order_state; MARKET_ORDER_IS_OPEN: a new order */
    MARKET_EVENT_BID,        /* state: enum market_bid_state; provider says whose */
    MARKET_EVENT_LEASE,      /* state: enum market_lease_state; provider says whose */
    MARKET_EVENT_TRANSFER    /* amount of denom went from a wallet to a wallet */
};

enum market_transfer {
    MARKET_TRANSFER_ISSUE,       /* money enters or leaves the world */
    MARKET_TRANSFER_DEPOSIT,     /* depositor to escrow, for a deployment */
    MARKET_TRANSFER_BID_DEPOSIT, /* provider to escrow, for a bid */
    MARKET_TRANSFER_BID_REFUND,  /* escrow to provider */
    MARKET_TRANSFER_PAYMENT,     /* escrow to provider, for a lease, after the fee */
    MARKET_TRANSFER_TAKE,        /* escrow to the community pool, the fee of a payment */
    MARKET_TRANSFER_REFUND,      /* escrow to the owner or the depositor of a deployment */
    MARKET_TRANSFERS
};

/* "lease payment", "bid deposit". Static text. */
const char *market_transfer_name(enum market_transfer what);

struct market_event {
    uint8_t kind;  /* enum market_event_kind */
    uint8_t state; /* the state entered */
    uint8_t what;  /* enum market_transfer, of a transfer */
    uint8_t denom; /* enum market_denom, of a transfer */
    struct market_deployment_id deployment; /* of everything but an issue of money */
    struct market_group_id group;           /* of groups and orders, bids and leases */
    struct market_order_id order;           /* of orders, bids and leases, and transfers of bid deposits */
    struct market_lease_id lease;           /* of leases and their payments and fees */
    uint32_t provider;                      /* wallet; of bids and leases */
    uint32_t from, to;                      /* wallets; of a transfer */
    int64_t amount;                         /* whole micro-units, > 0; of a transfer */
};

struct market_events {
    struct market_event *items; /* [capacity], the caller's */
    uint32_t n, capacity;
};

/* A full buffer ends the run: market_limits.events. */
static inline void market_events_append(struct market_events *events, struct market_event event)
{
    if (NINES_UNLIKELY(events->n == events->capacity))
        limit_reached("market_limits.events", events->capacity);
    events->items[events->n++] = event;
}

#endif
