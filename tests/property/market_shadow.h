/* A shadow of the market that knows only the events: every state must move along the table of states, every amount must be
 * moved, and at any time the shadow must agree with what the market stores. */
#ifndef NINES_TESTS_MARKET_SHADOW_H
#define NINES_TESTS_MARKET_SHADOW_H

#include "models/market/market.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SHADOW_THINGS = 1024, SHADOW_WALLETS = 16 };

struct shadow_thing {
    uint32_t generation;
    uint8_t state;
    bool known;
};

struct shadow {
    struct shadow_thing deployments[SHADOW_THINGS], groups[SHADOW_THINGS], orders[SHADOW_THINGS], leases[SHADOW_THINGS];
    struct shadow_thing bids[SHADOW_THINGS][SHADOW_WALLETS]; /* by order and provider */
    int64_t balance[SHADOW_WALLETS][MARKET_DENOMS];
};

enum { FROM_NOTHING = 1 << 7 };

/* Which states may come before: a bit each, and FROM_NOTHING. [kind][state] */
static const uint8_t before[5][4] = {
    [MARKET_EVENT_DEPLOYMENT] = {[MARKET_DEPLOYMENT_IS_ACTIVE] = FROM_NOTHING,
                                 [MARKET_DEPLOYMENT_IS_CLOSED] = 1 << MARKET_DEPLOYMENT_IS_ACTIVE},
    [MARKET_EVENT_GROUP] = {[MARKET_GROUP_IS_OPEN] = FROM_NOTHING | 1 << MARKET_GROUP_IS_PAUSED |
                                                     1 << MARKET_GROUP_IS_INSUFFICIENT_FUNDS,
                            [MARKET_GROUP_IS_PAUSED] = 1 << MARKET_GROUP_IS_OPEN |
                                                       1 << MARKET_GROUP_IS_INSUFFICIENT_FUNDS,
                            [MARKET_GROUP_IS_INSUFFICIENT_FUNDS] = 1 << MARKET_GROUP_IS_OPEN |
                                                                   1 << MARKET_GROUP_IS_PAUSED,
                            [MARKET_GROUP_IS_CLOSED] = 1 << MARKET_GROUP_IS_OPEN | 1 << MARKET_GROUP_IS_PAUSED |
                                                       1 << MARKET_GROUP_IS_INSUFFICIENT_FUNDS},
    [MARKET_EVENT_ORDER] = {[MARKET_ORDER_IS_OPEN] = FROM_NOTHING,
                            [MARKET_ORDER_IS_ACTIVE] = 1 << MARKET_ORDER_IS_OPEN,
                            [MARKET_ORDER_IS_CLOSED] = 1 << MARKET_ORDER_IS_OPEN | 1 << MARKET_ORDER_IS_ACTIVE},
    [MARKET_EVENT_BID] = {[MARKET_BID_IS_OPEN] = FROM_NOTHING,
                          [MARKET_BID_IS_ACTIVE] = 1 << MARKET_BID_IS_OPEN,
                          [MARKET_BID_IS_LOST] = 1 << MARKET_BID_IS_OPEN,
                          [MARKET_BID_IS_CLOSED] = 1 << MARKET_BID_IS_OPEN | 1 << MARKET_BID_IS_ACTIVE},
    [MARKET_EVENT_LEASE] = {[MARKET_LEASE_IS_ACTIVE] = FROM_NOTHING,
                            [MARKET_LEASE_IS_RECLAIMING] = 1 << MARKET_LEASE_IS_ACTIVE,
                            [MARKET_LEASE_IS_INSUFFICIENT_FUNDS] = 1 << MARKET_LEASE_IS_ACTIVE |
                                                                   1 << MARKET_LEASE_IS_RECLAIMING,
                            [MARKET_LEASE_IS_CLOSED] = 1 << MARKET_LEASE_IS_ACTIVE | 1 << MARKET_LEASE_IS_RECLAIMING},
};

static inline void shadow_move(struct shadow_thing *thing, uint32_t generation, const struct market_event *event)
{
    bool known = thing->known && thing->generation == generation;
    int was = known ? 1 << thing->state : FROM_NOTHING;
    if ((before[event->kind][event->state] & was) == 0)
        fail_msg("kind %d moved from state bit %d to state %d", event->kind, was, event->state);
    *thing = (struct shadow_thing){generation, event->state, true};
}

static inline void shadow_apply(struct shadow *shadow, const struct market_event *event)
{
    switch ((enum market_event_kind)event->kind) {
    case MARKET_EVENT_DEPLOYMENT:
        shadow_move(&shadow->deployments[event->deployment.index], event->deployment.generation, event);
        break;
    case MARKET_EVENT_GROUP:
        shadow_move(&shadow->groups[event->group.index], event->group.generation, event);
        break;
    case MARKET_EVENT_ORDER:
        shadow_move(&shadow->orders[event->order.index], event->order.generation, event);
        break;
    case MARKET_EVENT_BID:
        shadow_move(&shadow->bids[event->order.index][event->provider], event->order.generation, event);
        break;
    case MARKET_EVENT_LEASE:
        shadow_move(&shadow->leases[event->lease.index], event->lease.generation, event);
        break;
    case MARKET_EVENT_TRANSFER:
        assert_true(event->amount > 0);
        shadow->balance[event->from][event->denom] -= event->amount;
        shadow->balance[event->to][event->denom] += event->amount;
        break;
    }
}

static inline void expect_same(const struct shadow_thing *thing, uint32_t generation, uint8_t state)
{
    assert_true(thing->known && thing->generation == generation);
    assert_int_equal(state, thing->state);
}

static inline void shadow_agrees(const struct shadow *shadow, const struct market *market)
{
    for (uint32_t i = 0; i < market->deployment_slots.n_used; i++)
        if (slots_in_use(&market->deployment_slots, i))
            expect_same(&shadow->deployments[i], market->deployment_slots.generation[i], market->deployments[i].state);
    for (uint32_t i = 0; i < market->group_slots.n_used; i++)
        if (slots_in_use(&market->group_slots, i))
            expect_same(&shadow->groups[i], market->group_slots.generation[i], market->groups[i].state);
    for (uint32_t i = 0; i < market->order_slots.n_used; i++) {
        if (!slots_in_use(&market->order_slots, i))
            continue;
        expect_same(&shadow->orders[i], market->order_slots.generation[i], market->orders[i].state);
        for (uint32_t b = market->orders[i].first_bid; b != SLOT_NONE; b = market->bids[b].next)
            expect_same(&shadow->bids[i][market->bids[b].provider], market->order_slots.generation[i],
                        market->bids[b].state);
    }
    for (uint32_t i = 0; i < market->lease_slots.n_used; i++)
        if (slots_in_use(&market->lease_slots, i))
            expect_same(&shadow->leases[i], market->lease_slots.generation[i], market->leases[i].state);
    for (uint32_t i = 0; i < market->bank.n_wallets; i++)
        for (int denom = 1; denom < MARKET_DENOMS; denom++)
            assert_int_equal(market->bank.wallets[i].balance[denom], shadow->balance[i][denom]);
}

/* Begins with the balances that there are. */
static inline void shadow_open(struct shadow *shadow, const struct market *market)
{
    memset(shadow, 0, sizeof *shadow);
    for (uint32_t i = 0; i < market->bank.n_wallets; i++)
        memcpy(shadow->balance[i], market->bank.wallets[i].balance, sizeof shadow->balance[i]);
}

#endif
