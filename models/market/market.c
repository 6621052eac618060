#include "models/market/market.h"
#include "models/market/market_inside.h"
#include "sim/base/hash.h"

#include <string.h>

#include "sim/base/nomalloc.h"

static const char *const deployment_states[] = {"active", "closed"};
static const char *const group_states[] = {"open", "paused", "insufficient_funds", "closed"};
static const char *const order_states[] = {"open", "active", "closed"};
static const char *const bid_states[] = {"open", "active", "lost", "closed"};
static const char *const lease_states[] = {"active", "insufficient_funds", "closed", "reclaiming"};

const char *market_deployment_state_name(enum market_deployment_state state) { return deployment_states[state]; }
const char *market_group_state_name(enum market_group_state state) { return group_states[state]; }
const char *market_order_state_name(enum market_order_state state) { return order_states[state]; }
const char *market_bid_state_name(enum market_bid_state state) { return bid_states[state]; }
const char *market_lease_state_name(enum market_lease_state state) { return lease_states[state]; }

const char *market_close_reason_name(int32_t reason)
{
    switch (reason) {
    case MARKET_REASON_NONE: return "";
    case MARKET_REASON_OWNER: return "owner";
    case MARKET_REASON_UNSTABLE: return "unstable";
    case MARKET_REASON_DECOMMISSION: return "decommission";
    case MARKET_REASON_UNSPECIFIED: return "unspecified";
    case MARKET_REASON_MANIFEST_TIMEOUT: return "manifest_timeout";
    case MARKET_REASON_INSUFFICIENT_FUNDS: return "insufficient_funds";
    default: return "provider";
    }
}

/* Between two and four for each deployment: most chains are then no longer than the one that is looked for. */
static uint32_t buckets_for(uint32_t deployments)
{
    uint32_t buckets = 1;
    while (buckets / 2 < deployments && buckets < UINT32_C(1) << 31)
        buckets *= 2;
    return buckets;
}

void market_open(struct market *market, struct arena *arena, const struct market_rules *rules,
                 const struct market_limits *limits, struct market_events *events)
{
    uint32_t buckets = buckets_for(limits->deployments);
    *market = (struct market){
        .rules = *rules,
        .limits = *limits,
        .deployments = arena_alloc(arena, limits->deployments, sizeof *market->deployments),
        .groups = arena_alloc(arena, limits->groups, sizeof *market->groups),
        .orders = arena_alloc(arena, limits->orders, sizeof *market->orders),
        .bids = arena_alloc(arena, limits->bids, sizeof *market->bids),
        .leases = arena_alloc(arena, limits->leases, sizeof *market->leases),
        .deployment_slots = slots_open(arena, limits->deployments, "market_limits.deployments"),
        .group_slots = slots_open(arena, limits->groups, "market_limits.groups"),
        .order_slots = slots_open(arena, limits->orders, "market_limits.orders"),
        .bid_slots = slots_open(arena, limits->bids, "market_limits.bids"),
        .lease_slots = slots_open(arena, limits->leases, "market_limits.leases"),
        .buckets = arena_alloc(arena, buckets, sizeof *market->buckets),
        .bucket_mask = buckets - 1,
        .events = events,
        .height = INT64_MIN,
    };
    memset(market->buckets, 0xff, buckets * sizeof *market->buckets); /* SLOT_NONE everywhere */
    bank_open(&market->bank, arena, limits->wallets, limits->grants, events);
    struct escrow_limits escrow = {.accounts = limits->deployments,
                                   .payments = limits->leases,
                                   .deposits = limits->deposits != 0 ? limits->deposits : 4 * limits->deployments};
    escrow_open(&market->escrow, arena, &market->rules, &market->bank, &escrow);
}

void market_provider_register(struct market *market, uint32_t wallet)
{
    check(market_wallet_valid(market, wallet), "wallet %u cannot be a provider", (unsigned)wallet);
    market->bank.wallets[wallet].provider = true;
}

/* --- Names and lookups --- */

struct market_deployment_id market_deployment_id(const struct market *market, uint32_t index)
{
    return (struct market_deployment_id){index, market->deployment_slots.generation[index]};
}

struct market_group_id market_group_id(const struct market *market, uint32_t index)
{
    return (struct market_group_id){index, market->group_slots.generation[index]};
}

struct market_order_id market_order_id(const struct market *market, uint32_t index)
{
    return (struct market_order_id){index, market->order_slots.generation[index]};
}

struct market_lease_id market_lease_id(const struct market *market, uint32_t index)
{
    return (struct market_lease_id){index, market->lease_slots.generation[index]};
}

const struct market_deployment *market_deployment(const struct market *market, struct market_deployment_id id)
{
    return slots_name(&market->deployment_slots, id.index, id.generation) ? &market->deployments[id.index] : NULL;
}

const struct market_group *market_group(const struct market *market, struct market_group_id id)
{
    return slots_name(&market->group_slots, id.index, id.generation) ? &market->groups[id.index] : NULL;
}

const struct market_order *market_order(const struct market *market, struct market_order_id id)
{
    return slots_name(&market->order_slots, id.index, id.generation) ? &market->orders[id.index] : NULL;
}

const struct market_lease *market_lease(const struct market *market, struct market_lease_id id)
{
    return slots_name(&market->lease_slots, id.index, id.generation) ? &market->leases[id.index] : NULL;
}

uint32_t market_bid_index(const struct market *market, struct market_order_id id, uint32_t provider)
{
    const struct market_order *order = market_order(market, id);
    uint32_t bid = order != NULL ? order->first_bid : SLOT_NONE;
    while (bid != SLOT_NONE && market->bids[bid].provider != provider)
        bid = market->bids[bid].next;
    return bid;
}

const struct market_bid *market_bid(const struct market *market, struct market_order_id order, uint32_t provider)
{
    uint32_t bid = market_bid_index(market, order, provider);
    return bid != SLOT_NONE ? &market->bids[bid] : NULL;
}

struct market_deployment_id market_find_deployment(const struct market *market, uint32_t owner, uint64_t dseq)
{
    uint32_t i = market->buckets[hash_word(hash_word(0, owner), dseq) & market->bucket_mask];
    for (; i != SLOT_NONE; i = market->deployments[i].next_in_bucket)
        if (market->deployments[i].owner == owner && market->deployments[i].dseq == dseq)
            return market_deployment_id(market, i);
    return (struct market_deployment_id){0};
}

struct market_group_id market_find_group(const struct market *market, struct market_deployment_id id, uint32_t gseq)
{
    const struct market_deployment *deployment = market_deployment(market, id);
    uint32_t i = deployment != NULL ? deployment->first_group : SLOT_NONE;
    while (i != SLOT_NONE && market->groups[i].gseq != gseq)
        i = market->groups[i].next;
    return i != SLOT_NONE ? market_group_id(market, i) : (struct market_group_id){0};
}

struct market_order_id market_find_order(const struct market *market, struct market_group_id id, uint32_t oseq)
{
    const struct market_group *group = market_group(market, id);
    uint32_t i = group != NULL ? group->last_order : SLOT_NONE;
    while (i != SLOT_NONE && market->orders[i].oseq != oseq)
        i = market->orders[i].previous;
    return i != SLOT_NONE ? market_order_id(market, i) : (struct market_order_id){0};
}

struct market_order_id market_live_order(const struct market *market, struct market_group_id id)
{
    const struct market_group *group = market_group(market, id);
    uint32_t last = group != NULL ? group->last_order : SLOT_NONE;
    if (last == SLOT_NONE || market->orders[last].state == MARKET_ORDER_IS_CLOSED)
        return (struct market_order_id){0};
    return market_order_id(market, last);
}

/* --- Questions about money --- */

int32_t market_open_bids(const struct market *market, struct market_order_id id, struct market_offer *offers, int32_t room)
{
    const struct market_order *order = market_order(market, id);
    int32_t n = 0;
    for (uint32_t i = order != NULL ? order->first_bid : SLOT_NONE; i != SLOT_NONE; i = market->bids[i].next) {
        const struct market_bid *bid = &market->bids[i];
        if (bid->state != MARKET_BID_IS_OPEN)
            continue;
        if (n < room)
            offers[n] = (struct market_offer){.provider = bid->provider, .price = bid->price, .created = bid->created};
        n++;
    }
    return n;
}

const struct escrow_account *market_account(const struct market *market, struct market_deployment_id id)
{
    const struct market_deployment *deployment = market_deployment(market, id);
    return deployment != NULL ? &market->escrow.accounts[deployment->account] : NULL;
}

const struct escrow_payment *market_payment(const struct market *market, struct market_lease_id id)
{
    const struct market_lease *lease = market_lease(market, id);
    return lease != NULL ? &market->escrow.payments[lease->payment] : NULL;
}

decimal market_active_rate(const struct market *market, struct market_deployment_id id)
{
    const struct escrow_account *account = market_account(market, id);
    decimal sum = decimal_zero();
    uint32_t i = account != NULL ? account->first_open : SLOT_NONE;
    for (; i != SLOT_NONE; i = market->escrow.payments[i].next_open) {
        const struct escrow_payment *payment = &market->escrow.payments[i];
        if (market->leases[payment->lease.index].state == MARKET_LEASE_IS_ACTIVE)
            sum = decimal_add(sum, payment->rate);
    }
    return sum;
}

int64_t market_dry_height(const struct market *market, struct market_deployment_id id)
{
    const struct market_deployment *deployment = market_deployment(market, id);
    return deployment != NULL ? escrow_dry_height(&market->escrow, deployment->account) : HEIGHT_NEVER;
}

struct settlement market_foresee(const struct market *market, struct market_deployment_id id, int64_t height)
{
    const struct market_deployment *deployment = market_deployment(market, id);
    if (deployment == NULL)
        return (struct settlement){.error = MARKET_DEPLOYMENT_NOT_FOUND};
    return settlement_foresee(&market->escrow, deployment->account, height);
}

void market_bme_set(struct market *market, enum bme_status status, decimal akt_price)
{
    escrow_bme_set(&market->escrow, status, akt_price);
}

/* --- Events and states --- */

struct market_event market_about_deployment(const struct market *market, uint32_t deployment)
{
    return (struct market_event){.deployment = market_deployment_id(market, deployment)};
}

struct market_event market_about_group(const struct market *market, uint32_t group)
{
    struct market_event event = market_about_deployment(market, market->groups[group].deployment);
    event.group = market_group_id(market, group);
    return event;
}

struct market_event market_about_order(const struct market *market, uint32_t order)
{
    struct market_event event = market_about_group(market, market->orders[order].group);
    event.order = market_order_id(market, order);
    return event;
}

struct market_event market_about_bid(const struct market *market, uint32_t bid)
{
    struct market_event event = market_about_order(market, market->bids[bid].order);
    event.provider = market->bids[bid].provider;
    return event;
}

static void say(struct market *market, struct market_event event, enum market_event_kind kind, uint8_t state)
{
    event.kind = (uint8_t)kind;
    event.state = state;
    market_events_append(market->events, event);
}

void market_deployment_enter(struct market *market, uint32_t deployment, enum market_deployment_state state)
{
    market->deployments[deployment].state = (uint8_t)state;
    say(market, market_about_deployment(market, deployment), MARKET_EVENT_DEPLOYMENT, (uint8_t)state);
}

void market_group_enter(struct market *market, uint32_t group, enum market_group_state state)
{
    market->groups[group].state = (uint8_t)state;
    say(market, market_about_group(market, group), MARKET_EVENT_GROUP, (uint8_t)state);
}

void market_order_enter(struct market *market, uint32_t order, enum market_order_state state)
{
    market->orders[order].state = (uint8_t)state;
    say(market, market_about_order(market, order), MARKET_EVENT_ORDER, (uint8_t)state);
}

void market_bid_enter(struct market *market, uint32_t bid, enum market_bid_state state)
{
    market->bids[bid].state = (uint8_t)state;
    say(market, market_about_bid(market, bid), MARKET_EVENT_BID, (uint8_t)state);
}

void market_lease_enter(struct market *market, uint32_t index, enum market_lease_state state, int64_t height)
{
    struct market_lease *lease = &market->leases[index];
    lease->state = (uint8_t)state;
    if (!market_lease_live(lease->state))
        lease->closed = height;
    struct market_event event = market_about_order(market, lease->order);
    event.lease = market_lease_id(market, index);
    event.provider = lease->provider;
    say(market, event, MARKET_EVENT_LEASE, (uint8_t)state);
}

void market_lease_end(struct market *market, uint32_t lease, enum market_lease_state state, int32_t reason, int64_t height)
{
    if (market->rules.dialect == MARKET_DIALECT_2026)
        market->leases[lease].reason = reason;
    market_lease_enter(market, lease, state, height);
}
