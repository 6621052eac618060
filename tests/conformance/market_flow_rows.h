/* Rows about messages under the rules of 2026-08: market_flow, and the guards of groups in group_state. */
#ifndef NINES_TESTS_MARKET_FLOW_ROWS_H
#define NINES_TESTS_MARKET_FLOW_ROWS_H

#include "tests/conformance/market_escrow_rows.h"

/* One deployment, alice/1. */
struct flow_world {
    struct arena memory;
    struct market_events events;
    struct market market;
    struct market_deployment_id deployment;
    bool exists;
};

static const uint8_t flow_hash[MARKET_VERSION_BYTES] = "manifest";

static inline void flow_world_open(struct flow_world *world, const struct market_rules *rules)
{
    struct market_limits limits = {.wallets = CHAIN_WALLETS, .grants = 16, .deployments = 8, .groups = 64, .orders = 256,
                                   .bids = 1024, .leases = 256, .deposits = 1024};
    arena_close(&world->memory);
    memset(world, 0, sizeof *world);
    arena_open(&world->memory, 0);
    chain_events(&world->events, &world->memory);
    market_open(&world->market, &world->memory, rules, &limits, &world->events);
    (void)chain_wallet(&world->market.bank, "alice");
}

/* A group of one unit of one replica at the order's price. */
static inline const struct market_group_spec *flow_spec(struct arena *memory, int32_t id, const char *name, decimal price,
                                                        enum market_denom denom)
{
    struct market_volume *volume = arena_new(memory, struct market_volume);
    struct market_unit *unit = arena_new(memory, struct market_unit);
    struct market_group_spec *spec = arena_new(memory, struct market_group_spec);
    *volume = (struct market_volume){.name = "default", .bytes = GROUP_VOLUME_MIN};
    *unit = (struct market_unit){.id = 1, .count = 1, .cpu_milli = 100, .memory_bytes = INT64_C(1) << 30,
                                 .volumes = volume, .n_volumes = 1, .price = price, .denom = denom};
    *spec = (struct market_group_spec){.id = id, .name = arena_text(memory, name), .units = unit, .n_units = 1};
    return spec;
}

/* "sources=grant", "sources=balance,grant": in this order. */
static inline enum bank_sources flow_sources(const char *arguments)
{
    const char *text = vectors_argument(&rows_arena, arguments, "sources");
    if (text == NULL || strcmp(text, "balance") == 0)
        return BANK_BALANCE;
    if (strcmp(text, "grant") == 0)
        return BANK_GRANTS;
    return strncmp(text, "grant", 5) == 0 ? BANK_GRANTS_THEN_BALANCE : BANK_BALANCE_THEN_GRANTS;
}

static inline int64_t flow_seconds(const char *arguments, const char *key)
{
    const char *text = vectors_argument(&rows_arena, arguments, key);
    return text != NULL ? strtoll(text, NULL, 10) : 0;
}

static inline enum market_error flow_create_deployment(struct flow_world *world, const char *arguments, int64_t height)
{
    const char *items[VECTOR_PARTS], *pair[2];
    const struct market_group_spec *specs[VECTOR_PARTS];
    const char *denom_text = vectors_argument(&rows_arena, arguments, "denom");
    enum market_denom denom = MARKET_UACT, price_denom = denom_text != NULL ? market_denom_from_name(denom_text) : denom;
    int64_t deposit = chain_coin(chain_argument(arguments, "deposit"), &denom);
    int n = vectors_split(&rows_arena, chain_argument(arguments, "groups"), ',', items, VECTOR_PARTS);
    for (int j = 0; j < n; j++) {
        row_same(vectors_split(&rows_arena, items[j], ':', pair, 2), 2);
        specs[j] = flow_spec(&world->memory, j, pair[0], number(pair[1]), price_denom);
    }
    uint32_t alice = chain_wallet(&world->market.bank, "alice");
    struct market_create_deployment message = {.owner = alice, .depositor = alice, .dseq = 1, .version = flow_hash,
                                               .version_bytes = sizeof flow_hash, .groups = specs, .n_groups = n,
                                               .denom = denom, .deposit = deposit, .sources = flow_sources(arguments),
                                               .window_s = flow_seconds(arguments, "reclamation")};
    enum market_error error = market_create_deployment(&world->market, &message, height, &world->deployment);
    world->exists |= error == MARKET_OK;
    return error;
}

static inline enum market_error flow_create_bid(struct flow_world *world, struct market_order_id order, uint32_t provider,
                                                const char *arguments, int64_t height)
{
    const char *denom = vectors_argument(&rows_arena, arguments, "denom"), *coin = vectors_argument(&rows_arena, arguments, "deposit");
    struct market_create_bid message = {.order = order,
                                        .provider = provider,
                                        .price_denom = denom != NULL ? market_denom_from_name(denom) : MARKET_UACT,
                                        .price = number(chain_argument(arguments, "price")),
                                        .deposit_denom = MARKET_UAKT,
                                        .deposit = 500000,
                                        .placement_matches = true,
                                        .capabilities_match = true,
                                        .sources = flow_sources(arguments),
                                        .window_s = flow_seconds(arguments, "window")};
    if (coin != NULL)
        message.deposit = chain_coin(coin, &message.deposit_denom);
    return market_create_bid(&world->market, &message, height);
}

static inline enum market_error flow_deposit_message(struct flow_world *world, const char *arguments, int64_t height)
{
    struct market_deposit message = {.deployment = world->deployment,
                                     .depositor = chain_wallet(&world->market.bank, chain_argument(arguments, "from")),
                                     .denom = MARKET_UACT,
                                     .sources = flow_sources(arguments)};
    message.amount = chain_coin(chain_argument(arguments, "amount"), &message.denom);
    return market_deposit_deployment(&world->market, &message, height);
}

static inline int32_t flow_reason(const char *arguments)
{
    const char *text = vectors_argument(&rows_arena, arguments, "reason");
    if (text == NULL)
        return MARKET_REASON_UNSPECIFIED;
    static const int32_t named[] = {MARKET_REASON_OWNER, MARKET_REASON_UNSTABLE, MARKET_REASON_DECOMMISSION,
                                    MARKET_REASON_UNSPECIFIED, MARKET_REASON_MANIFEST_TIMEOUT,
                                    MARKET_REASON_INSUFFICIENT_FUNDS};
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
        if (strcmp(text, market_close_reason_name(named[i])) == 0)
            return named[i];
    return atoi(text);
}

/* Ops that are not about a bid, lease or group. False: none of them. */
static inline bool flow_world_step(struct flow_world *world, const char *op, const char *arguments, int64_t height,
                                   enum market_error *error)
{
    struct market *market = &world->market;
    *error = MARKET_OK;
    if (strcmp(op, "provider") == 0) {
        market_provider_register(market, chain_wallet(&market->bank, chain_argument(arguments, "name")));
    } else if (strcmp(op, "params") == 0) {
        market->rules.order_max_bids = atoi(chain_argument(arguments, "max_bids"));
    } else if (strcmp(op, "bme") == 0) {
        const char *price = vectors_argument(&rows_arena, arguments, "price");
        market_bme_set(market, flow_bme_status(chain_argument(arguments, "status")),
                       price != NULL ? number(price) : decimal_zero());
    } else if (strcmp(op, "grant") == 0) {
        enum market_denom denom = MARKET_UACT;
        int64_t limit = chain_coin(chain_argument(arguments, "limit"), &denom);
        const char *grantee = vectors_argument(&rows_arena, arguments, "grantee");
        bank_grant_give(&market->bank, chain_wallet(&market->bank, chain_argument(arguments, "granter")),
                        chain_wallet(&market->bank, grantee != NULL ? grantee : "alice"), denom, limit);
    } else if (strcmp(op, "create_deployment") == 0) {
        *error = flow_create_deployment(world, arguments, height);
    } else if (strcmp(op, "update_deployment") == 0) {
        uint8_t hash[MARKET_VERSION_BYTES] = {0};
        const char *text = vectors_argument(&rows_arena, arguments, "hash");
        memcpy(hash, flow_hash, sizeof hash);
        if (text != NULL)
            snprintf((char *)hash, sizeof hash, "%s", text);
        *error = market_update_deployment(market, world->deployment, hash, sizeof hash, height);
    } else if (strcmp(op, "close_deployment") == 0) {
        *error = market_close_deployment(market, world->deployment, height);
    } else if (strcmp(op, "deposit") == 0) {
        *error = flow_deposit_message(world, arguments, height);
    } else {
        return strcmp(op, "nop") == 0;
    }
    return true;
}

static inline enum market_error flow_market_step(struct flow_world *world, const char *op, const char *arguments,
                                                 int64_t height, int64_t time_s)
{
    struct market *market = &world->market;
    enum market_error error;
    if (flow_world_step(world, op, arguments, height, &error))
        return error;
    struct chain_id id = {0};
    const char *bid = vectors_argument(&rows_arena, arguments, "bid"), *group_text = vectors_argument(&rows_arena, arguments, "group");
    if (bid != NULL)
        id = chain_id_read(bid);
    if (group_text != NULL)
        id.gseq = (unsigned)atoi(group_text);
    struct market_group_id group = market_find_group(market, world->deployment, id.gseq);
    struct market_order_id order = market_find_order(market, group, id.oseq);
    uint32_t provider = bid != NULL ? chain_wallet(&market->bank, id.provider) : SLOT_NONE;
    struct market_leave leave = {order, provider, flow_reason(arguments), time_s};
    if (strcmp(op, "create_bid") == 0)
        return flow_create_bid(world, order, provider, arguments, height);
    if (strcmp(op, "create_lease") == 0)
        return market_create_lease(market, order, provider, height, NULL);
    if (strcmp(op, "withdraw_lease") == 0)
        return market_withdraw_lease(market, order, provider, height);
    if (strcmp(op, "close_lease") == 0)
        return market_close_lease(market, order, provider, height);
    if (strcmp(op, "close_bid") == 0)
        return market_leave_lease(market, &leave, height);
    if (strcmp(op, "start_reclaim") == 0)
        return market_start_reclaim(market, &leave, height);
    if (strcmp(op, "start_group") == 0)
        return market_start_group(market, group, height);
    if (strcmp(op, "pause_group") == 0)
        return market_pause_group(market, group, height);
    if (strcmp(op, "close_group") == 0)
        return market_close_group(market, group, height);
    row_fail("unknown op '%s'", op);
}

/* --- States as text --- */

struct flow_texts { const char *groups, *orders, *bids, *leases, *bid_escrows; };

static inline void flow_order_texts(const struct market *market, uint32_t gseq, const struct market_order *order,
                                    struct flow_texts *out)
{
    vectors_add(&rows_arena, &out->orders, "%u/%u=%s", gseq, order->oseq,
                market_order_state_name((enum market_order_state)order->state));
    for (uint32_t i = order->first_bid; i != SLOT_NONE; i = market->bids[i].next) {
        const struct market_bid *bid = &market->bids[i];
        const char *name = market->bank.wallets[bid->provider].name;
        bool held = bid->state == MARKET_BID_IS_OPEN || bid->state == MARKET_BID_IS_ACTIVE;
        vectors_add(&rows_arena, &out->bids, "%u/%u/%s=%s", gseq, order->oseq, name,
                    market_bid_state_name((enum market_bid_state)bid->state));
        vectors_add(&rows_arena, &out->bid_escrows, "%u/%u/%s=%s", gseq, order->oseq, name, held ? "open" : "closed");
    }
    if (order->lease == SLOT_NONE)
        return;
    const struct market_lease *lease = &market->leases[order->lease];
    const char *reason = market_close_reason_name(lease->reason);
    vectors_add(&rows_arena, &out->leases, "%u/%u/%s=%s%s%s", gseq, order->oseq, market->bank.wallets[lease->provider].name,
                market_lease_state_name((enum market_lease_state)lease->state), reason[0] != '\0' ? ":" : "", reason);
}

static inline struct flow_texts flow_texts_of(const struct flow_world *world)
{
    const struct market *market = &world->market;
    struct flow_texts out = {"", "", "", "", ""};
    for (uint32_t gseq = 1;; gseq++) {
        struct market_group_id id = market_find_group(market, world->deployment, gseq);
        const struct market_group *group = market_group(market, id);
        if (group == NULL)
            return out;
        vectors_add(&rows_arena, &out.groups, "%u=%s", gseq, market_group_state_name((enum market_group_state)group->state));
        for (uint32_t oseq = 1;; oseq++) {
            const struct market_order *order = market_order(market, market_find_order(market, id, oseq));
            if (order == NULL)
                break;
            flow_order_texts(market, gseq, order, &out);
        }
    }
}

static inline void flow_expect(const struct vectors *v, int i, const struct flow_world *world)
{
    const struct market *market = &world->market;
    const struct market_deployment *deployment = market_deployment(market, world->deployment);
    const struct escrow_account *account = market_account(market, world->deployment);
    struct flow_texts texts = flow_texts_of(world);
    row_expect_cell(v, i, "deployment", market_deployment_state_name((enum market_deployment_state)deployment->state));
    row_expect_cell(v, i, "groups", texts.groups);
    row_expect_cell(v, i, "orders", texts.orders);
    row_expect_cell(v, i, "bids", texts.bids);
    row_expect_cell(v, i, "leases", texts.leases);
    row_expect_cell(v, i, "account", arena_format(&rows_arena, "%s@%" PRId64, escrow_state_name((enum escrow_state)account->state),
                                                  account->settled_at));
    row_expect_cell(v, i, "funds", chain_entries_text(&market->escrow, deployment->account, false));
    row_expect_cell(v, i, "transferred", chain_entries_text(&market->escrow, deployment->account, true));
    row_expect_cell(v, i, "payments", chain_payments_text(&market->escrow, deployment->account));
    row_expect_cell(v, i, "bid_escrows", texts.bid_escrows);
}

/* The vectors leave the bank empty until there is a deployment. */
static inline void rows_market_flow(const struct vectors *v, int i)
{
    static struct flow_world world;
    struct market_rules rules = market_rules_2026_08();
    if (vectors_int(v, i, "step") == 1)
        flow_world_open(&world, &rules);
    uint64_t before = market_digest(&world.market);
    uint32_t n_wallets = world.market.bank.n_wallets;
    world.events.n = 0;
    enum market_error error = flow_market_step(&world, vectors_cell(v, i, "op"), vectors_cell(v, i, "args"),
                                               vectors_int(v, i, "height"), vectors_int(v, i, "time_s"));
    row_expect_cell(v, i, "result", market_error_name(error));
    if (world.exists)
        flow_expect(v, i, &world);
    row_expect_cell(v, i, "bank", chain_bank(&world.market.bank, MARKET_DENOM_NONE));
    market_audit(&world.market);
    if (error != MARKET_OK) {
        row_same(world.events.n, 0);
        row_must(before == market_digest(&world.market) || n_wallets != world.market.bank.n_wallets);
    }
}

/* --- group_state --- */

/* A group in the state that the vector names. */
static inline struct market_group_id group_in_state(struct flow_world *world, const char *state, int64_t *height)
{
    struct market_rules rules = market_rules_2026_08();
    flow_world_open(world, &rules);
    row_same(flow_create_deployment(world, "deposit=500000uact;groups=web:1000", 1), MARKET_OK);
    struct market_group_id group = market_find_group(&world->market, world->deployment, 1);
    *height = 2;
    if (strcmp(state, "paused") == 0)
        row_same(market_pause_group(&world->market, group, 2), MARKET_OK);
    if (strcmp(state, "closed") == 0)
        row_same(market_close_group(&world->market, group, 2), MARKET_OK);
    if (strcmp(state, "insufficient_funds") == 0) {
        struct market_order_id order = market_live_order(&world->market, group);
        uint32_t provider = chain_wallet(&world->market.bank, "prov1");
        market_provider_register(&world->market, provider);
        row_same(flow_create_bid(world, order, provider, "price=1000", 2), MARKET_OK);
        row_same(market_create_lease(&world->market, order, provider, 2, NULL), MARKET_OK);
        *height = 5000;
        row_same(market_withdraw_lease(&world->market, order, provider, *height), MARKET_OK);
    }
    row_expect("state", market_group_state_name((enum market_group_state)market_group(&world->market, group)->state), state);
    return group;
}

static inline void rows_group_state(const struct vectors *v, int i)
{
    static enum market_error (*const messages[])(struct market *, struct market_group_id, int64_t) = {
        market_close_group, market_pause_group, market_start_group};
    static const char *const names[] = {"close", "pause", "start"};
    static struct flow_world world;
    for (int m = 0; m < 3; m++) {
        int64_t height;
        struct market_group_id group = group_in_state(&world, vectors_cell(v, i, "state"), &height);
        row_expect_cell(v, i, names[m], market_error_name(messages[m](&world.market, group, height)));
        market_audit(&world.market);
    }
}

#endif
