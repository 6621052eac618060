/* Random messages to small markets. After each message: the whole world is audited, a refused message has changed
 * nothing, every state has moved along the table of states, and a shadow that knows only the events agrees with what the
 * market stores. At the end everything is closed, and the money must come home. */
#include "sim/base/hash.h"
#include "tests/property/market_shadow.h"
#include "tests/unit/market_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const char *const names[] = {"alice", "bob", "carol", "p01", "p02", "p03", "p04", "stranger"};
enum { NAMES = sizeof names / sizeof names[0], TENANTS = 3, WORLDS = 120, MESSAGES = 400 };

/* --- Chance --- */

struct dice {
    uint64_t seed, counter;
};

static uint32_t roll(struct dice *dice, uint32_t sides)
{
    return (uint32_t)(hash_word(dice->seed, ++dice->counter) % sides);
}

/* --- Messages --- */

enum message {
    CREATE_DEPLOYMENT, DEPOSIT, UPDATE, CLOSE_DEPLOYMENT, CLOSE_GROUP, PAUSE_GROUP, START_GROUP, CREATE_BID, CLOSE_BID,
    CREATE_LEASE, CLOSE_LEASE, WITHDRAW, GRANT, REVOKE, FORGET, KINDS
};

/* How often each is sent, of 100. */
static const uint8_t weights[KINDS] = {5, 6, 1, 2, 2, 4, 6, 28, 6, 14, 7, 14, 2, 1, 2};

struct play {
    struct world world;
    struct shadow shadow;
    struct dice dice;
    int64_t height;
    struct market_deployment_id deployments[SHADOW_THINGS]; /* all ever made, forgotten ones too */
    uint32_t n_deployments;
};

/* What was met over all worlds, so that the test cannot pass by doing nothing. */
struct met {
    uint32_t accepted[KINDS], refused[KINDS], errors[MARKET_ERRORS], overdrafts, ghosts;
};

static uint32_t wallet_any(struct play *play)
{
    return BANK_OWN_WALLETS + roll(&play->dice, NAMES);
}

static uint32_t tenant_any(struct play *play)
{
    return BANK_OWN_WALLETS + roll(&play->dice, TENANTS);
}

static uint32_t provider_any(struct play *play)
{
    return BANK_OWN_WALLETS + TENANTS + roll(&play->dice, NAMES - TENANTS - (roll(&play->dice, 8) != 0));
}

static decimal price_any(struct play *play)
{
    static const char *const prices[] = {"1", "0.9", "10", "0.333333333333333333", "7.25", "33", "100",
                                         "0.000000000000000007", "12.000000000000000001"};
    return world_decimal(prices[roll(&play->dice, sizeof prices / sizeof prices[0])]);
}

static struct market_deployment_id deployment_any(struct play *play)
{
    if (play->n_deployments == 0)
        return (struct market_deployment_id){0};
    uint32_t recent = play->n_deployments < 6 ? play->n_deployments : 6;
    uint32_t back = roll(&play->dice, 12) != 0 ? recent : play->n_deployments;
    return play->deployments[play->n_deployments - 1 - roll(&play->dice, back)];
}

/* One in ten draws names nothing. */
static struct market_group_id group_any(struct play *play)
{
    struct market_group_id group = {0};
    for (int tries = 0; group.generation == 0 && tries < 10 && roll(&play->dice, 10) != 0; tries++)
        group = market_find_group(&play->world.market, deployment_any(play), 1 + roll(&play->dice, 3));
    return group;
}

/* Mostly one in the wanted state, sometimes an old one. */
static struct market_order_id order_any(struct play *play, enum market_order_state wanted)
{
    if (roll(&play->dice, 8) == 0)
        return market_find_order(&play->world.market, group_any(play), 1 + roll(&play->dice, 3));
    struct market_order_id id = {0};
    const struct market_order *order = NULL;
    for (int tries = 0; (order == NULL || order->state != wanted) && tries < 12; tries++) {
        id = market_live_order(&play->world.market, group_any(play));
        order = market_order(&play->world.market, id);
    }
    return id;
}

/* The order's lease's provider most of the time, for messages about leases. */
static uint32_t lessor_any(struct play *play, struct market_order_id id)
{
    const struct market_order *order = market_order(&play->world.market, id);
    if (order == NULL || order->lease == SLOT_NONE || roll(&play->dice, 10) == 0)
        return provider_any(play);
    return play->world.market.leases[order->lease].provider;
}

/* An open bid's provider most of the time. */
static uint32_t bidder_any(struct play *play, struct market_order_id id)
{
    struct market_offer offers[8];
    int32_t n = market_open_bids(&play->world.market, id, offers, 8);
    if (n == 0 || roll(&play->dice, 10) == 0)
        return provider_any(play);
    return offers[roll(&play->dice, (uint32_t)n)].provider;
}

static enum market_error play_create_deployment(struct play *play)
{
    enum market_denom denom = roll(&play->dice, 4) == 0 ? MARKET_USDC : MARKET_UAKT;
    int n = 1 + (int)roll(&play->dice, 3);
    struct market_create_deployment message =
        world_deployment(&play->world, names[roll(&play->dice, TENANTS)], n, "100", denom, 1 + roll(&play->dice, 3000));
    if (roll(&play->dice, 4) == 0)
        message.depositor = tenant_any(play);
    if (roll(&play->dice, 10) == 0)
        message.dseq = 1 + roll(&play->dice, 5);
    struct market_deployment_id id;
    enum market_error error = market_create_deployment(&play->world.market, &message, play->height, &id);
    if (error == MARKET_OK)
        play->deployments[play->n_deployments++] = id;
    return error;
}

static enum market_error play_create_bid(struct play *play)
{
    struct market_order_id order = order_any(play, MARKET_ORDER_IS_OPEN);
    const struct market_order *stored = market_order(&play->world.market, order);
    enum market_denom denom =
        stored != NULL ? (enum market_denom)play->world.market.groups[stored->group].denom : MARKET_UAKT;
    struct market_create_bid message = {.order = order,
                                        .provider = roll(&play->dice, 15) == 0 ? wallet_any(play) : provider_any(play),
                                        .price_denom = roll(&play->dice, 40) == 0 ? MARKET_USDC : denom,
                                        .price = price_any(play),
                                        .deposit_denom = roll(&play->dice, 40) == 0 ? MARKET_USDC : MARKET_UAKT,
                                        .deposit = roll(&play->dice, 40) == 0 ? 1 : 10 + roll(&play->dice, 50),
                                        .offer_mismatch = roll(&play->dice, 40) == 0,
                                        .placement_matches = roll(&play->dice, 40) != 0,
                                        .capabilities_match = roll(&play->dice, 40) != 0};
    if (roll(&play->dice, 30) == 0)
        message.price = world_decimal("100.000000000000000001");
    return market_create_bid(&play->world.market, &message, play->height);
}

static enum market_error play_deposit(struct play *play)
{
    struct market_deployment_id id = deployment_any(play);
    const struct market_deployment *deployment = market_deployment(&play->world.market, id);
    bool own = deployment != NULL && roll(&play->dice, 3) != 0;
    const struct escrow_account *account = market_account(&play->world.market, id);
    struct market_deposit message = {.deployment = id,
                                     .depositor = own ? deployment->owner : tenant_any(play),
                                     .denom = account != NULL ? (enum market_denom)account->denom : MARKET_UAKT,
                                     .amount = roll(&play->dice, 1000)};
    if (roll(&play->dice, 20) == 0)
        message.denom = MARKET_USDC;
    return market_deposit_deployment(&play->world.market, &message, play->height);
}

/* The sender's half of a grant; never refused. */
static enum market_error play_grant(struct play *play)
{
    enum market_denom denom = roll(&play->dice, 5) == 0 ? MARKET_USDC : MARKET_UAKT;
    uint32_t granter = tenant_any(play), grantee = tenant_any(play);
    if (granter != grantee)
        bank_grant_give(&play->world.market.bank, granter, grantee, denom, roll(&play->dice, 5000));
    return MARKET_OK;
}

static enum market_error play_revoke(struct play *play)
{
    uint32_t granter = tenant_any(play), grantee = tenant_any(play);
    (void)bank_grant_revoke(&play->world.market.bank, granter, grantee);
    return MARKET_OK;
}

static enum market_error play_message(struct play *play, enum message kind)
{
    struct market *market = &play->world.market;
    enum market_order_state wanted = kind == CREATE_LEASE || (kind == CLOSE_BID && roll(&play->dice, 2) == 0)
                                         ? MARKET_ORDER_IS_OPEN
                                         : MARKET_ORDER_IS_ACTIVE;
    struct market_order_id order = order_any(play, wanted);
    uint8_t fingerprint[MARKET_VERSION_BYTES] = {(uint8_t)roll(&play->dice, 3)};
    switch (kind) {
    case CREATE_DEPLOYMENT: return play_create_deployment(play);
    case DEPOSIT: return play_deposit(play);
    case UPDATE:
        return market_update_deployment(market, deployment_any(play), fingerprint, MARKET_VERSION_BYTES, play->height);
    case CLOSE_DEPLOYMENT: return market_close_deployment(market, deployment_any(play), play->height);
    case CLOSE_GROUP: return market_close_group(market, group_any(play), play->height);
    case PAUSE_GROUP: return market_pause_group(market, group_any(play), play->height);
    case START_GROUP: return market_start_group(market, group_any(play), play->height);
    case CREATE_BID: return play_create_bid(play);
    case CLOSE_BID:
        return market_close_bid(market, order,
                                roll(&play->dice, 2) == 0 ? lessor_any(play, order) : bidder_any(play, order), play->height);
    case CREATE_LEASE: return market_create_lease(market, order, bidder_any(play, order), play->height, NULL);
    case CLOSE_LEASE: return market_close_lease(market, order, lessor_any(play, order), play->height);
    case WITHDRAW: return market_withdraw_lease(market, order, lessor_any(play, order), play->height);
    case GRANT: return play_grant(play);
    case REVOKE: return play_revoke(play);
    case FORGET:
        return market_forget_deployment(market, deployment_any(play)) ? MARKET_OK : MARKET_DEPLOYMENT_NOT_FOUND;
    case KINDS: break;
    }
    return MARKET_PANIC;
}

static void play_step(struct play *play, struct met *met)
{
    static const int64_t steps[] = {0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 5, 17, 100};
    struct market *market = &play->world.market;
    uint32_t lot = roll(&play->dice, 100), kind = 0;
    for (; lot >= weights[kind]; kind++)
        lot -= weights[kind];
    play->height += steps[roll(&play->dice, sizeof steps / sizeof steps[0])];
    play->world.events.n = 0;
    uint64_t digest = market_digest(market);
    enum market_error error = play_message(play, (enum message)kind);
    if (error != MARKET_OK) {
        assert_int_equal(0, play->world.events.n);
        assert_true(digest == market_digest(market));
    }
    for (uint32_t i = 0; i < play->world.events.n; i++) {
        shadow_apply(&play->shadow, &play->world.events.items[i]);
        met->overdrafts += play->world.events.items[i].kind == MARKET_EVENT_GROUP &&
                           play->world.events.items[i].state == MARKET_GROUP_IS_INSUFFICIENT_FUNDS;
    }
    shadow_agrees(&play->shadow, market);
    market_audit(market);
    met->accepted[kind] += error == MARKET_OK;
    met->refused[kind] += error != MARKET_OK;
    met->errors[error]++;
}

static struct market_rules rules_any(struct dice *dice, bool on_chain)
{
    struct market_rules rules = market_rules_2024_07();
    rules.deployment_minimum[MARKET_UAKT] = rules.deployment_minimum[MARKET_USDC] = 5;
    rules.bid_minimum[MARKET_UAKT] = 10;
    rules.order_max_bids = 2 + (int32_t)roll(dice, 2);
    if (on_chain)
        return rules;
    rules.overdraft_leases_closed = roll(dice, 2) != 0;
    rules.unpaid_close_forgotten = roll(dice, 2) != 0;
    rules.excess_share_panics = roll(dice, 2) != 0;
    rules.revoked_grant_returns = roll(dice, 2) != 0;
    rules.same_block_close_strands = roll(dice, 2) != 0;
    rules.start_ignores_deployment = roll(dice, 2) != 0;
    rules.one_bid_too_many = roll(dice, 2) != 0;
    rules.unlimited_counts = roll(dice, 2) != 0;
    return rules;
}

static void play_open(struct play *play, uint64_t seed, const struct market_rules *rules, bool forget_bids)
{
    memset(play, 0, sizeof *play);
    play->dice = (struct dice){.seed = seed, .counter = 1000};
    world_open(&play->world, rules, forget_bids, names, NAMES);
    shadow_open(&play->shadow, &play->world.market);
}

static uint32_t ghosts(const struct market *market)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < market->lease_slots.n_used; i++)
        n += slots_in_use(&market->lease_slots, i) && market->leases[i].state != MARKET_LEASE_IS_ACTIVE &&
             market->escrow.payments[market->leases[i].payment].state == ESCROW_OPEN;
    return n;
}

static void random_messages_keep_every_invariant(void **state)
{
    (void)state;
    static struct play play;
    static struct met met;
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        struct dice dice = {.seed = seed};
        struct market_rules rules = rules_any(&dice, seed % 2 == 0);
        play_open(&play, seed, &rules, seed % 3 == 0);
        for (int i = 0; i < MESSAGES; i++)
            play_step(&play, &met);
        met.ghosts += ghosts(&play.world.market);
        world_close(&play.world);
    }
    for (int kind = 0; kind < KINDS; kind++)
        if (met.accepted[kind] < 20 || (met.refused[kind] < 20 && kind != GRANT && kind != REVOKE))
            fail_msg("message %d: only %u accepted, %u refused", kind, met.accepted[kind], met.refused[kind]);
    assert_true(met.overdrafts > 50 && met.ghosts > 10 && met.errors[MARKET_PANIC] > 50);
    static const enum market_error wanted[] = {
        MARKET_ACCOUNT_OVERDRAWN, MARKET_ACCOUNT_CLOSED, MARKET_BID_EXISTS, MARKET_INVALID_BID, MARKET_BID_OVER_ORDER,
        MARKET_UNKNOWN_PROVIDER, MARKET_UNAUTHORIZED, MARKET_INVALID_DEPLOYMENT_DEPOSITOR, MARKET_PAYMENT_CLOSED,
        MARKET_DEPLOYMENT_EXISTS, MARKET_GROUP_PAUSED, MARKET_UNKNOWN_LEASE_FOR_BID, MARKET_LEASE_NOT_ACTIVE};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (met.errors[wanted[i]] == 0)
            fail_msg("%s was never met", market_error_name(wanted[i]));
}

static void same_messages_give_the_same_digest(void **state)
{
    (void)state;
    static struct play one, two;
    static struct met met;
    struct market_rules rules;
    for (uint64_t seed = 500; seed < 505; seed++) {
        struct dice dice = {.seed = seed};
        rules = rules_any(&dice, true);
        play_open(&one, seed, &rules, false);
        play_open(&two, seed, &rules, false);
        for (int i = 0; i < MESSAGES; i++) {
            play_step(&one, &met);
            play_step(&two, &met);
            assert_true(market_digest(&one.world.market) == market_digest(&two.world.market));
        }
        world_close(&one.world);
        world_close(&two.world);
    }
}

/* Closes whatever still lives; a trapped account ([R3]) gets a micro-unit more until it gives in. */
static void close_everything(struct play *play)
{
    struct market *market = &play->world.market;
    play->height += 3;
    for (uint32_t i = 0; i < market->deployment_slots.n_used; i++) {
        if (!slots_in_use(&market->deployment_slots, i))
            continue;
        struct market_deployment_id id = market_deployment_id(market, i);
        struct market_deposit nudge = {id, market->deployments[i].owner,
                                       (enum market_denom)market_account(market, id)->denom, 1};
        enum market_error error;
        int tries = 0;
        while ((error = market_close_deployment(market, id, play->height)) == MARKET_PANIC && tries++ < 100) {
            /* Deposits change the remainder; grants in another denom panic too, and are taken back. */
            for (uint32_t granter = BANK_OWN_WALLETS; granter < BANK_OWN_WALLETS + TENANTS; granter++)
                (void)bank_grant_revoke(&market->bank, granter, nudge.depositor);
            assert_int_equal(MARKET_OK, market_deposit_deployment(market, &nudge, play->height));
        }
        assert_true(error == MARKET_OK || error == MARKET_DEPLOYMENT_CLOSED);
        for (uint32_t g = market->deployments[i].first_group; g != SLOT_NONE; g = market->groups[g].next)
            if (market->groups[g].state == MARKET_GROUP_IS_OPEN)
                assert_int_equal(MARKET_OK, market_close_group(market, market_group_id(market, g), play->height));
        market_audit(market);
    }
}

static void closing_everything_brings_the_money_home(void **state)
{
    (void)state;
    static struct play play;
    static struct met met;
    for (uint64_t seed = 900; seed < 930; seed++) {
        struct dice dice = {.seed = seed};
        bool on_chain = seed % 2 == 0;
        struct market_rules rules = rules_any(&dice, true);
        if (!on_chain)
            rules.unpaid_close_forgotten = rules.same_block_close_strands = rules.excess_share_panics = false;
        play_open(&play, seed, &rules, false);
        for (int i = 0; i < MESSAGES; i++)
            play_step(&play, &met);
        play.world.events.n = 0;
        close_everything(&play);
        struct market *market = &play.world.market;
        for (uint32_t i = 0; i < market->lease_slots.n_used; i++)
            assert_true(!slots_in_use(&market->lease_slots, i) || market->leases[i].state != MARKET_LEASE_IS_ACTIVE);
        if (on_chain) {
            world_close(&play.world);
            continue;
        }
        /* Without ghosts and stranded payments, only fractions stay behind: less than 1 in each account, payment and
         * settlement without a grant. */
        assert_int_equal(0, ghosts(market));
        int64_t most = market->lease_slots.n_used + 2 * market->deployment_slots.n_used + 50;
        int64_t in_escrow = market->bank.wallets[BANK_ESCROW].balance[MARKET_UAKT] +
                            market->bank.wallets[BANK_ESCROW].balance[MARKET_USDC];
        assert_true(in_escrow <= most);
        world_close(&play.world);
    }
}

/* Settling often or once makes no difference: charges are exact, and what is short is shared out of the same rest. */
static void when_an_account_settles_does_not_matter(void **state)
{
    (void)state;
    static struct play often, once;
    int overdrafts = 0, panics = 0;
    for (uint64_t seed = 2000; seed < 2400; seed++) {
        struct dice dice = {.seed = seed};
        struct market_rules rules = rules_any(&dice, true);
        struct play *plays[2] = {&often, &once};
        struct market_deployment_id id[2];
        int64_t end = 1 + roll(&dice, 40), deposit = 5 + roll(&dice, 400);
        uint32_t n = 1 + roll(&dice, 3);
        for (int i = 0; i < 2; i++) {
            play_open(plays[i], seed, &rules, false);
            id[i] = world_deploy(&plays[i]->world, "alice", 3, "100", deposit, 0);
            for (uint32_t g = 1; g <= n; g++) {
                struct market_order_id order = world_order(&plays[i]->world, id[i], g);
                struct market_create_bid bid = world_bid(&plays[i]->world, order, "p01", "1");
                bid.price = price_any(plays[i]);
                assert_int_equal(MARKET_OK, market_create_bid(&plays[i]->world.market, &bid, 0));
                assert_int_equal(MARKET_OK, market_create_lease(&plays[i]->world.market, order, bid.provider, 0, NULL));
            }
        }
        struct settlement last = {0};
        for (int64_t h = 0; h <= end; h++)
            for (int i = 0; i < 2; i++) {
                if (i == 1 && h < end)
                    continue;
                struct escrow *escrow = &plays[i]->world.market.escrow;
                struct settlement settlement = settlement_foresee(escrow, 0, h);
                int64_t dry = escrow_dry_height(escrow, 0);
                if (settlement.error != MARKET_ACCOUNT_CLOSED)
                    assert_true(settlement.error == MARKET_PANIC || settlement.overdrawn == (h >= dry));
                if (settlement.error == MARKET_OK)
                    settlement_apply(escrow, 0, &settlement, h);
                last = i == 1 ? settlement : last;
            }
        overdrafts += last.overdrawn;
        panics += last.error == MARKET_PANIC;
        const struct escrow *a = &often.world.market.escrow, *b = &once.world.market.escrow;
        if (last.error == MARKET_OK) {
            assert_true(a->accounts[0].balance.atto == b->accounts[0].balance.atto);
            assert_int_equal(a->accounts[0].state, b->accounts[0].state);
            for (uint32_t p = 0; p < n; p++) {
                assert_true(a->payments[p].balance.atto == b->payments[p].balance.atto);
                assert_int_equal(a->payments[p].withdrawn, b->payments[p].withdrawn);
            }
        }
        world_close(&often.world);
        world_close(&once.world);
    }
    assert_true(overdrafts > 50 && panics > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_messages_keep_every_invariant),
        cmocka_unit_test(same_messages_give_the_same_digest),
        cmocka_unit_test(closing_everything_brings_the_money_home),
        cmocka_unit_test(when_an_account_settles_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
