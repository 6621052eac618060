/* The chain of 2026 against its slow twin: random messages to small worlds, with random quirks off. After each message the
 * two must have answered alike, and agree on every state, entry, deposit, payment, wallet and grant; the market is audited;
 * its events have led a shadow along the table of states; and a refused message must have changed nothing. 100,000 messages; NINES_TWIN_MESSAGES=N sends N. */
#include "sim/base/hash.h"
#include "tests/property/market_shadow.h"
#include "tests/property/market_twin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const names[] = {"alice", "bob", "carol", "p01", "p02", "p03", "p04", "stranger"};
enum { NAMES = sizeof names / sizeof names[0], TENANTS = 3, WORLD_MESSAGES = 250, PURSE = 20000, EVENTS = 8192 };

struct dice { uint64_t seed, counter; };

static uint32_t roll(struct dice *dice, uint32_t sides)
{
    return (uint32_t)(hash_word(dice->seed, ++dice->counter) % sides);
}

static bool chance(struct dice *dice, uint32_t percent) { return roll(dice, 100) < percent; }

enum kind {
    CREATE_DEPLOYMENT, DEPOSIT, CLOSE_DEPLOYMENT, CLOSE_GROUP, PAUSE_GROUP, START_GROUP, CREATE_BID, CLOSE_BID,
    CREATE_LEASE, CLOSE_LEASE, WITHDRAW, START_RECLAIM, GRANT, REVOKE, BME, KINDS
};
static const uint8_t weights[KINDS] = {9, 8, 2, 1, 3, 5, 24, 7, 15, 5, 14, 3, 2, 1, 1};

struct duel {
    struct arena arena;
    struct market_events events;
    struct market market;
    struct twin twin, before;
    struct shadow shadow;
    struct dice dice;
    struct market_deployment_id ids[TWIN_DEPLOYMENTS];
    int64_t height, time_s;
    int32_t n_specs;
};

struct met { uint32_t accepted[KINDS], refused[KINDS], errors[MARKET_ERRORS], overdrafts, cured, fallbacks, captured; };

/* --- Opening a world --- */

static struct market_rules rules_any(struct dice *dice, bool on_chain)
{
    struct market_rules rules = market_rules_2026_08();
    rules.deployment_minimum[MARKET_UACT] = 5;
    rules.bid_minimum[MARKET_UAKT] = rules.bid_minimum[MARKET_UACT] = 10;
    rules.order_max_bids = 1 + (int32_t)roll(dice, 3);
    rules.window_min_s = 10;
    rules.window_max_s = 1000;
    if (on_chain)
        return rules;
    bool *const quirks[] = {&rules.new_lease_uncredits, &rules.same_block_withdraw_panics, &rules.same_block_close_ghosts,
                            &rules.fallback_freezes, &rules.prefix_captures, &rules.same_block_close_strands,
                            &rules.losers_stay_open, &rules.start_ignores_deployment, &rules.one_bid_too_many};
    for (size_t i = 0; i < sizeof quirks / sizeof quirks[0]; i++)
        *quirks[i] = chance(dice, 50);
    if (chance(dice, 30)) { /* two denoms of prices: settlements that meet both panic */
        rules.price_denom = MARKET_DENOM_NONE;
        rules.deployment_minimum[MARKET_UAKT] = 5;
    }
    return rules;
}

static void duel_open(struct duel *duel, uint64_t seed)
{
    struct market_limits limits = {.wallets = TWIN_WALLETS, .grants = TWIN_GRANTS, .deployments = TWIN_DEPLOYMENTS,
                                   .groups = 2 * TWIN_DEPLOYMENTS, .orders = TWIN_ORDERS, .bids = TWIN_BIDS,
                                   .leases = TWIN_LEASES, .deposits = 2 * TWIN_DEPOSITS + 4 * TWIN_BIDS};
    memset(duel, 0, sizeof *duel);
    duel->dice = (struct dice){.seed = seed};
    duel->twin.rules = rules_any(&duel->dice, seed % 2 == 0);
    arena_open(&duel->arena, 0);
    duel->events = (struct market_events){arena_array(&duel->arena, EVENTS, struct market_event), 0, EVENTS};
    market_open(&duel->market, &duel->arena, &duel->twin.rules, &limits, &duel->events);
    for (int i = 0; i < NAMES; i++) {
        uint32_t wallet = bank_wallet_add(&duel->market.bank, names[i]);
        struct twin_wallet *w = &duel->twin.wallets[duel->twin.n_wallets++];
        snprintf(w->name, sizeof w->name, "%s", names[i]);
        w->provider = names[i][0] == 'p';
        if (w->provider)
            market_provider_register(&duel->market, wallet);
        for (int denom = 1; denom < MARKET_DENOMS; denom++) {
            bank_issue(&duel->market.bank, wallet, (enum market_denom)denom, PURSE);
            w->balance[denom] = dec_whole_number(PURSE);
        }
    }
    shadow_open(&duel->shadow, &duel->market);
}

/* --- Comparing --- */

static void same_big(struct big twin, decimal real, const char *what)
{
    if (big_compare(twin, dec_of(real)) != 0) {
        char text[DECIMAL_TEXT];
        fail_msg("%s: market %s, twin about %lld", what, decimal_format(text, real), (long long)dec_int(twin));
    }
}

static uint32_t wallet_of(int twin_wallet) { return BANK_OWN_WALLETS + (uint32_t)twin_wallet; }

static void same_deposits(const struct escrow *escrow, uint32_t first, const struct twin_deposit *deposits, int n)
{
    for (int i = 0; i < n; i++, first = escrow->deposits[first].next) {
        assert_true(first != SLOT_NONE);
        const struct escrow_deposit *deposit = &escrow->deposits[first];
        same_big(deposits[i].left, deposit->left, "deposit");
        assert_int_equal(wallet_of(deposits[i].depositor), deposit->depositor);
        assert_int_equal(deposits[i].denom, deposit->denom);
        assert_int_equal(deposits[i].granted, deposit->granted);
    }
    assert_int_equal(SLOT_NONE, first);
}

static void same_account(const struct duel *duel, int d)
{
    const struct twin_account *a = &duel->twin.accounts[d];
    const struct escrow *escrow = &duel->market.escrow;
    const struct escrow_account *account = market_account(&duel->market, duel->ids[d]);
    assert_int_equal(a->state, account->state);
    assert_int_equal(a->settled_at, account->settled_at);
    same_big(a->entries[0].funds, account->balance, "funds");
    same_big(a->entries[0].transferred, account->transferred, "transferred");
    uint32_t pot = account->first_pot;
    for (int i = 1; i < a->n_entries; i++, pot = escrow->pots[pot].next) {
        assert_true(pot != SLOT_NONE && escrow->pots[pot].denom == a->entries[i].denom);
        same_big(a->entries[i].funds, escrow->pots[pot].funds, "pot");
        same_big(a->entries[i].transferred, escrow->pots[pot].transferred, "pot's transferred");
    }
    assert_int_equal(SLOT_NONE, pot);
    same_deposits(escrow, account->first_deposit, a->deposits, a->n_deposits);
}

static struct market_order_id order_id(const struct duel *duel, int deployment, int gseq, int oseq)
{
    if (deployment < 0)
        return (struct market_order_id){0};
    struct market_group_id group = market_find_group(&duel->market, duel->ids[deployment], (uint32_t)gseq);
    return market_find_order(&duel->market, group, (uint32_t)oseq);
}

static void same_lease(const struct duel *duel, int l, const struct market_order *order)
{
    const struct twin_lease *twin = &duel->twin.leases[l];
    const struct twin_payment *p = &duel->twin.payments[l];
    const struct market_lease *lease = &duel->market.leases[order->lease];
    const struct escrow_payment *payment = &duel->market.escrow.payments[lease->payment];
    assert_int_equal(twin->state, lease->state);
    assert_int_equal(twin->reason, lease->reason);
    assert_int_equal(twin->until_s, lease->reclaim_until_s);
    assert_int_equal(wallet_of(twin->provider), lease->provider);
    assert_int_equal(p->state, payment->state);
    same_big(p->balance, payment->balance, "payment's balance");
    same_big(p->unsettled, payment->unsettled, "unsettled");
    same_big(p->withdrawn, decimal_from_int(payment->withdrawn), "withdrawn");
}

static void same_worlds(const struct duel *duel)
{
    const struct twin *t = &duel->twin;
    const struct market *market = &duel->market;
    for (int d = 0; d < t->n_deployments; d++) {
        assert_int_equal(t->deployments[d].state, market_deployment(market, duel->ids[d])->state);
        for (int g = 0; g < t->deployments[d].n_groups; g++)
            assert_int_equal(t->deployments[d].groups[g],
                             market_group(market, market_find_group(market, duel->ids[d], (uint32_t)g + 1))->state);
        same_account(duel, d);
    }
    for (int o = 0; o < t->n_orders; o++) {
        struct market_order_id id = order_id(duel, t->orders[o].deployment, t->orders[o].gseq, t->orders[o].oseq);
        assert_non_null(market_order(market, id));
        assert_int_equal(t->orders[o].state, market_order(market, id)->state);
    }
    assert_int_equal(t->n_orders, market->order_slots.n_used);
    for (int b = 0; b < t->n_bids; b++) {
        const struct twin_order *o = &t->orders[t->bids[b].order];
        const struct market_bid *bid =
            market_bid(market, order_id(duel, o->deployment, o->gseq, o->oseq), wallet_of(t->bids[b].provider));
        assert_non_null(bid);
        assert_int_equal(t->bids[b].state, bid->state);
        if (bid->first_part != SLOT_NONE)
            same_deposits(&market->escrow, bid->first_part, t->bids[b].parts, t->bids[b].n_parts);
    }
    assert_int_equal(t->n_bids, market->bid_slots.n_used);
    for (int l = 0; l < t->n_leases; l++) {
        const struct twin_order *o = &t->orders[t->leases[l].order];
        same_lease(duel, l, market_order(market, order_id(duel, o->deployment, o->gseq, o->oseq)));
    }
    assert_int_equal(t->n_leases, market->lease_slots.n_used);
    for (int denom = 1; denom < MARKET_DENOMS; denom++) {
        same_big(t->escrow[denom], decimal_from_int(market->bank.wallets[BANK_ESCROW].balance[denom]), "escrow wallet");
        for (int w = 0; w < t->n_wallets; w++)
            same_big(t->wallets[w].balance[denom], decimal_from_int(market->bank.wallets[wallet_of(w)].balance[denom]),
                     t->wallets[w].name);
    }
    for (int g = 0; g < t->n_grants; g++) {
        const struct bank_grant *grant =
            bank_grant_find(&market->bank, wallet_of(t->grants[g].granter), wallet_of(t->grants[g].grantee));
        if (t->grants[g].exists)
            same_big(t->grants[g].limit, decimal_from_int(grant->limit), "grant");
    }
}

/* --- Messages --- */

static const char *const prices[] = {"1", "0.9", "10", "0.333333333333333333", "7.25", "33", "100", "0.000000000000000007",
                                     "12.000000000000000001"};

static decimal price_any(struct dice *dice)
{
    decimal price = decimal_zero();
    (void)decimal_parse(prices[roll(dice, sizeof prices / sizeof prices[0])], &price);
    return price;
}

static enum bank_sources sources_any(struct dice *dice)
{
    return chance(dice, 60) ? BANK_BALANCE : (enum bank_sources)roll(dice, 4);
}

/* Late ones more often; -1: one in thirty names none. */
static int deployment_any(struct duel *duel)
{
    int n = duel->twin.n_deployments;
    if (n == 0 || roll(&duel->dice, 30) == 0)
        return -1;
    int recent = n < 5 ? n : 5;
    return chance(&duel->dice, 80) ? n - 1 - (int)roll(&duel->dice, (uint32_t)recent) : (int)roll(&duel->dice, (uint32_t)n);
}

/* An order, half the time in the state wanted if there is one. */
static int order_any(struct duel *duel, int wanted)
{
    const struct twin *t = &duel->twin;
    int order = -1;
    for (int tries = 0; t->n_orders > 0 && tries < 12; tries++) {
        order = (int)roll(&duel->dice, (uint32_t)t->n_orders);
        if (t->orders[order].state == wanted)
            break;
    }
    return roll(&duel->dice, 40) == 0 ? -1 : order;
}

static int bidder_any(struct duel *duel, int order)
{
    const struct twin *t = &duel->twin;
    for (int tries = 0; order >= 0 && tries < 4; tries++) {
        int provider = TENANTS + (int)roll(&duel->dice, NAMES - TENANTS);
        if (twin_bid(t, order, provider) >= 0)
            return provider;
    }
    return TENANTS + (int)roll(&duel->dice, NAMES - TENANTS);
}

static int lessor_any(struct duel *duel, int order)
{
    for (int l = 0; order >= 0 && l < duel->twin.n_leases; l++)
        if (duel->twin.leases[l].order == order && chance(&duel->dice, 95))
            return duel->twin.leases[l].provider;
    return bidder_any(duel, order);
}

static const struct market_group_spec *spec_make(struct duel *duel, decimal price, int denom)
{
    struct market_volume *volume = arena_new(&duel->arena, struct market_volume);
    struct market_unit *unit = arena_new(&duel->arena, struct market_unit);
    struct market_group_spec *spec = arena_new(&duel->arena, struct market_group_spec);
    *volume = (struct market_volume){.name = "default", .bytes = GROUP_VOLUME_MIN};
    *unit = (struct market_unit){.id = 1, .count = 1, .cpu_milli = 100, .memory_bytes = INT64_C(1) << 30,
                                 .volumes = volume, .n_volumes = 1, .price = price, .denom = (enum market_denom)denom};
    *spec = (struct market_group_spec){.id = duel->n_specs, .name = arena_format(&duel->arena, "g%d", duel->n_specs),
                                       .units = unit, .n_units = 1};
    duel->n_specs++;
    return spec;
}

/* Both answers, which must be the same. */
struct answers { enum market_error market, twin; };

static struct answers play_create_deployment(struct duel *duel)
{
    static const uint64_t numbers[] = {1, 2, 10, 11, 12, 100, 101, 110, 123, 7, 70, 71, 0};
    static const uint8_t hash[MARKET_VERSION_BYTES] = {7};
    struct dice *dice = &duel->dice;
    const struct market_group_spec *specs[TWIN_GROUPS];
    bool two_denoms = duel->twin.rules.price_denom == MARKET_DENOM_NONE;
    struct twin_create m = {.owner = (int)roll(dice, TENANTS), .dseq = numbers[roll(dice, 13)],
                            .n_groups = 1 + (int)roll(dice, TWIN_GROUPS)};
    m.denom = m.price_denom = two_denoms && chance(dice, 40) ? MARKET_UAKT : MARKET_UACT;
    if (chance(dice, 4))
        m.denom = MARKET_UAKT;
    m.deposit = roll(dice, chance(dice, 10) ? 30000 : 600);
    m.window_s = chance(dice, 25) ? (int64_t)roll(dice, 60) - 3 : 0;
    m.sources = sources_any(dice);
    for (int g = 0; g < m.n_groups; g++) {
        decimal price = chance(dice, 70) ? decimal_from_int(100) : price_any(dice);
        m.price[g] = dec_of(price);
        specs[g] = spec_make(duel, price, m.price_denom);
    }
    struct market_create_deployment message = {.owner = wallet_of(m.owner), .dseq = m.dseq, .version = hash,
                                               .version_bytes = sizeof hash, .groups = specs, .n_groups = m.n_groups,
                                               .denom = (enum market_denom)m.denom, .deposit = m.deposit,
                                               .sources = m.sources, .window_s = m.window_s};
    if (duel->twin.n_deployments == TWIN_DEPLOYMENTS)
        return (struct answers){MARKET_DEPLOYMENT_EXISTS, MARKET_DEPLOYMENT_EXISTS};
    struct answers answers = {.twin = twin_create_deployment(&duel->twin, &m, duel->height)};
    answers.market = market_create_deployment(&duel->market, &message, duel->height, &duel->ids[duel->before.n_deployments]);
    return answers;
}

static struct answers play_deposit(struct duel *duel)
{
    struct dice *dice = &duel->dice;
    int d = deployment_any(duel), signer = (int)roll(dice, NAMES);
    int denom = chance(dice, 70) ? MARKET_UACT : chance(dice, 80) ? MARKET_UAKT : MARKET_USDC;
    int64_t amount = roll(dice, chance(dice, 20) ? 5000 : 300);
    enum bank_sources sources = sources_any(dice);
    struct market_deposit message = {d >= 0 ? duel->ids[d] : (struct market_deployment_id){0}, wallet_of(signer),
                                     (enum market_denom)denom, amount, sources};
    if (d >= 0 && duel->twin.accounts[d].n_deposits > TWIN_DEPOSITS / 8 - 6)
        return (struct answers){MARKET_INVALID_DEPOSIT, MARKET_INVALID_DEPOSIT};
    struct answers answers = {.twin = twin_deposit_message(&duel->twin, d, signer, denom, amount, sources)};
    answers.market = market_deposit_deployment(&duel->market, &message, duel->height);
    return answers;
}

static struct answers play_create_bid(struct duel *duel)
{
    struct dice *dice = &duel->dice;
    int order = order_any(duel, MARKET_ORDER_IS_OPEN);
    const struct twin_order *o = order >= 0 ? &duel->twin.orders[order] : NULL;
    int64_t wanted_s = o != NULL ? duel->twin.deployments[o->deployment].window_s : 0;
    decimal price = chance(dice, 2) ? decimal_zero() : price_any(dice);
    struct twin_create_bid m = {.provider = roll(dice, 40) == 0 ? (int)roll(dice, NAMES)
                                                                : TENANTS + (int)roll(dice, NAMES - TENANTS),
                                .price_denom = o != NULL ? duel->twin.accounts[o->deployment].entries[0].denom : MARKET_UACT,
                                .price = dec_of(price),
                                .deposit = 8 + (int64_t)roll(dice, 30)};
    m.deposit_denom = chance(dice, 80) ? MARKET_UAKT : chance(dice, 90) ? MARKET_UACT : MARKET_USDC;
    m.price_denom = chance(dice, 2) ? MARKET_USDC : m.price_denom;
    m.window_s = chance(dice, wanted_s != 0 ? 80 : 15) ? wanted_s + (int64_t)roll(dice, 40) - 4 : 0;
    m.offer_mismatch = chance(dice, 2);
    m.placement_matches = !chance(dice, 2);
    m.capabilities_match = !chance(dice, 2);
    m.sources = sources_any(dice);
    struct market_create_bid message = {.order = o != NULL ? order_id(duel, o->deployment, o->gseq, o->oseq)
                                                           : (struct market_order_id){0},
                                        .provider = wallet_of(m.provider), .price_denom = (enum market_denom)m.price_denom,
                                        .price = price, .deposit_denom = (enum market_denom)m.deposit_denom,
                                        .deposit = m.deposit, .offer_mismatch = m.offer_mismatch,
                                        .placement_matches = m.placement_matches,
                                        .capabilities_match = m.capabilities_match, .sources = m.sources,
                                        .window_s = m.window_s};
    struct answers answers = {.twin = twin_create_bid_message(&duel->twin, order, &m)};
    answers.market = market_create_bid(&duel->market, &message, duel->height);
    return answers;
}

static struct answers play_lease_message(struct duel *duel, enum kind kind)
{
    static const int32_t reasons[] = {10000, 10001, 10002, 10003, 19999, 1, 20000};
    int order = order_any(duel, kind == CREATE_LEASE || (kind == CLOSE_BID && chance(&duel->dice, 40))
                                    ? MARKET_ORDER_IS_OPEN
                                    : MARKET_ORDER_IS_ACTIVE);
    int provider = kind == CREATE_LEASE || (kind == CLOSE_BID && chance(&duel->dice, 50)) ? bidder_any(duel, order)
                                                                                         : lessor_any(duel, order);
    int reason = reasons[roll(&duel->dice, chance(&duel->dice, 90) ? 5 : 7)];
    const struct twin_order *o = order >= 0 ? &duel->twin.orders[order] : NULL;
    struct market_order_id id = o != NULL ? order_id(duel, o->deployment, o->gseq, o->oseq) : (struct market_order_id){0};
    struct market_leave leave = {id, wallet_of(provider), reason, duel->time_s};
    struct market *market = &duel->market;
    struct twin *t = &duel->twin;
    int64_t h = duel->height;
    switch (kind) {
    case CREATE_LEASE:
        return (struct answers){market_create_lease(market, id, leave.provider, h, NULL),
                                twin_create_lease(t, order, provider, h)};
    case CLOSE_LEASE:
        return (struct answers){market_close_lease(market, id, leave.provider, h), twin_close_lease(t, order, provider, h)};
    case WITHDRAW:
        return (struct answers){market_withdraw_lease(market, id, leave.provider, h), twin_withdraw(t, order, provider, h)};
    case START_RECLAIM:
        return (struct answers){market_start_reclaim(market, &leave, h),
                                twin_start_reclaim(t, order, provider, reason, duel->time_s)};
    default:
        return (struct answers){market_leave_lease(market, &leave, h),
                                twin_close_bid(t, order, provider, reason, duel->time_s, h)};
    }
}

static struct answers play_group(struct duel *duel, enum kind kind)
{
    int d = deployment_any(duel), gseq = 1 + (int)roll(&duel->dice, TWIN_GROUPS);
    struct market_group_id group =
        d >= 0 ? market_find_group(&duel->market, duel->ids[d], (uint32_t)gseq) : (struct market_group_id){0};
    int64_t h = duel->height;
    if (kind == CLOSE_GROUP)
        return (struct answers){market_close_group(&duel->market, group, h), twin_group(&duel->twin, d, gseq, TWIN_CLOSE, h)};
    if (kind == PAUSE_GROUP)
        return (struct answers){market_pause_group(&duel->market, group, h), twin_group(&duel->twin, d, gseq, TWIN_PAUSE, h)};
    return (struct answers){market_start_group(&duel->market, group, h), twin_group(&duel->twin, d, gseq, TWIN_START, h)};
}

/* Grants, their end, and the state of burn and mint; never refused. */
static struct answers play_outside(struct duel *duel, enum kind kind)
{
    struct dice *dice = &duel->dice;
    struct twin *t = &duel->twin;
    int granter = (int)roll(dice, NAMES), grantee = (int)roll(dice, NAMES);
    if (kind == BME) {
        decimal price = chance(dice, 10) ? decimal_zero() : price_any(dice);
        if (price.atto < ESCROW_PRICE_MIN_ATTO)
            price = decimal_zero();
        t->bme_status = (int)roll(dice, 4);
        t->akt_price = dec_of(price);
        market_bme_set(&duel->market, (enum bme_status)t->bme_status, price);
        return (struct answers){MARKET_OK, MARKET_OK};
    }
    struct twin_grant *grant = twin_grant(t, granter, grantee);
    if (kind == REVOKE) {
        bool there = bank_grant_revoke(&duel->market.bank, wallet_of(granter), wallet_of(grantee));
        assert_int_equal(grant != NULL, there);
        if (grant != NULL)
            grant->exists = false;
        return (struct answers){MARKET_OK, MARKET_OK};
    }
    if (granter == grantee || (grant == NULL && t->n_grants == TWIN_GRANTS))
        return (struct answers){MARKET_OK, MARKET_OK};
    int denom = 1 + (int)roll(dice, MARKET_DENOMS - 1), scope = 1 + (int)roll(dice, 3);
    int64_t limit = roll(dice, 600);
    if (grant == NULL)
        grant = &t->grants[t->n_grants++];
    *grant = (struct twin_grant){granter, grantee, denom, scope, true, dec_whole_number(limit)};
    bank_grant_give(&duel->market.bank, wallet_of(granter), wallet_of(grantee), (enum market_denom)denom, limit);
    bank_grant_narrow(&duel->market.bank, wallet_of(granter), wallet_of(grantee), (enum bank_scope)scope);
    return (struct answers){MARKET_OK, MARKET_OK};
}

static struct answers play_one(struct duel *duel, enum kind kind)
{
    int d;
    switch (kind) {
    case CREATE_DEPLOYMENT: return play_create_deployment(duel);
    case DEPOSIT: return play_deposit(duel);
    case CLOSE_DEPLOYMENT:
        d = deployment_any(duel);
        return (struct answers){
            market_close_deployment(&duel->market, d >= 0 ? duel->ids[d] : (struct market_deployment_id){0}, duel->height),
            twin_close_deployment(&duel->twin, d, duel->height)};
    case CLOSE_GROUP:
    case PAUSE_GROUP:
    case START_GROUP: return play_group(duel, kind);
    case CREATE_BID: return play_create_bid(duel);
    case GRANT:
    case REVOKE:
    case BME: return play_outside(duel, kind);
    default: return play_lease_message(duel, kind);
    }
}

/* Whether the events say that something happened that the test wants to have met. */
static void meet(const struct duel *duel, struct met *met)
{
    for (uint32_t i = 0; i < duel->events.n; i++) {
        const struct market_event *event = &duel->events.items[i];
        met->overdrafts += event->kind == MARKET_EVENT_GROUP && event->state == MARKET_GROUP_IS_INSUFFICIENT_FUNDS;
        met->fallbacks += event->kind == MARKET_EVENT_TRANSFER && event->what == MARKET_TRANSFER_PAYMENT &&
                          event->denom == MARKET_UAKT;
    }
    for (int d = 0; d < duel->twin.n_deployments; d++)
        met->cured += duel->before.accounts[d].state == ESCROW_OVERDRAWN && duel->twin.accounts[d].state == ESCROW_CLOSED;
    for (int l = 0; l < duel->before.n_leases; l++)
        met->captured += twin_live(duel->before.leases[l].state) && !twin_live(duel->twin.leases[l].state) &&
                         duel->twin.deployments[duel->twin.orders[duel->twin.leases[l].order].deployment].state ==
                             MARKET_DEPLOYMENT_IS_ACTIVE &&
                         duel->twin.leases[l].reason == MARKET_REASON_INSUFFICIENT_FUNDS;
}

static void duel_step(struct duel *duel, struct met *met)
{
    static const int64_t steps[] = {0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 5, 17, 60};
    struct dice *dice = &duel->dice;
    uint32_t lot = roll(dice, 100), kind = 0;
    for (; lot >= weights[kind]; kind++)
        lot -= weights[kind];
    duel->height += steps[roll(dice, sizeof steps / sizeof steps[0])];
    duel->time_s += roll(dice, 30);
    twin_height = duel->height;
    duel->before = duel->twin;
    duel->events.n = 0;
    uint64_t digest = market_digest(&duel->market);
    struct answers answers = play_one(duel, (enum kind)kind);
    if (duel->twin.panicked)
        answers.twin = MARKET_PANIC;
    if (answers.twin != MARKET_OK)
        duel->twin = duel->before;
    if (answers.market != answers.twin)
        fail_msg("message %u: market says %s, twin %s", (unsigned)kind, market_error_name(answers.market),
                 market_error_name(answers.twin));
    if (answers.market != MARKET_OK) {
        assert_int_equal(0, duel->events.n);
        assert_true(digest == market_digest(&duel->market));
    }
    for (uint32_t i = 0; i < duel->events.n; i++)
        shadow_apply(&duel->shadow, &duel->events.items[i]);
    shadow_agrees(&duel->shadow, &duel->market);
    same_worlds(duel);
    market_audit(&duel->market);
    meet(duel, met);
    met->accepted[kind] += answers.market == MARKET_OK;
    met->refused[kind] += answers.market != MARKET_OK;
    met->errors[answers.market]++;
}

static void market_and_twin_agree_on_every_message(void **state)
{
    (void)state;
    static struct duel duel;
    static struct met met;
    const char *text = getenv("NINES_TWIN_MESSAGES");
    int64_t messages = text != NULL ? atoll(text) : 100000;
    for (uint64_t seed = 1; messages > 0; seed++) {
        duel_open(&duel, seed);
        for (int i = 0; i < WORLD_MESSAGES && messages > 0; i++, messages--)
            duel_step(&duel, &met);
        arena_close(&duel.arena);
    }
    for (int kind = 0; kind < KINDS; kind++) {
        bool refusable = kind != GRANT && kind != REVOKE && kind != BME;
        if (met.accepted[kind] < 20 || (refusable && met.refused[kind] < 20))
            fail_msg("message %d: only %u accepted, %u refused", kind, met.accepted[kind], met.refused[kind]);
    }
    print_message("# %u overdrafts, %u cured, %u paid in AKT, %u captured, %u panics\n", met.overdrafts, met.cured,
                  met.fallbacks, met.captured, met.errors[MARKET_PANIC]);
    assert_true(met.overdrafts > 50 && met.cured > 10 && met.fallbacks > 10 && met.captured > 10);
    assert_true(met.errors[MARKET_PANIC] > 50);
    static const enum market_error wanted[] = {
        MARKET_ACCOUNT_OVERDRAWN, MARKET_ACCOUNT_CLOSED, MARKET_BID_EXISTS, MARKET_INVALID_BID, MARKET_BID_INVALID_PRICE,
        MARKET_UNKNOWN_PROVIDER, MARKET_CONFLICT, MARKET_PAYMENT_CLOSED, MARKET_DEPLOYMENT_EXISTS, MARKET_GROUP_PAUSED,
        MARKET_UNKNOWN_LEASE_FOR_BID, MARKET_LEASE_NOT_ACTIVE, MARKET_RECLAMATION_REQUIRED,
        MARKET_RECLAMATION_WINDOW_TOO_SHORT, MARKET_RECLAMATION_WINDOW_INVALID, MARKET_RECLAMATION_NOT_STARTED,
        MARKET_RECLAMATION_WINDOW_NOT_ELAPSED, MARKET_LEASE_NOT_RECLAMABLE, MARKET_INVALID_CLOSE_REASON,
        MARKET_INVALID_RECLAMATION, MARKET_ACCOUNT_NOT_FOUND};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (met.errors[wanted[i]] == 0)
            fail_msg("%s was never met", market_error_name(wanted[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(market_and_twin_agree_on_every_message)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
