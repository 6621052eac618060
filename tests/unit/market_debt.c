/* The rules profile 2026-08: what each of its quirks does, and what the world is like without it; reclamation, reasons,
 * deposits from several sources, and the AKT fallback. The vectors hold the rest. */
#include "tests/unit/market_claims.h"

static enum market_error deposit(struct world *world, struct market_deployment_id id, const char *who,
                                 enum market_denom denom, int64_t amount, int64_t height)
{
    struct market_deposit message = {id, world_wallet(world, who), denom, amount, BANK_BALANCE};
    return market_deposit_deployment(&world->market, &message, height);
}

/* --- Hostile numbers --- */

/* Ten AKT a block since the time of the dinosaurs: more digits than are kept. The transaction fails, like one that panics, and
 * leaves no trace; what came sooner is paid as always. */
static void due_wider_than_a_decimal_panics_and_changes_nothing(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2026_08());
    struct market *market = &world.market;
    struct market_deployment_id id = world_deploy(&world, "alice", 1, "10000000", 50000000, 1);
    struct market_order_id order = world_lease(&world, id, 1, "p01", "10000000", 1).generation != 0 ? world_order(&world, id, 1)
                                                                                                  : (struct market_order_id){0, 0};
    const int64_t late = INT64_C(20000000000000);
    uint64_t before = market_digest(market);
    expect(MARKET_PANIC, market_withdraw_lease(market, order, world_wallet(&world, "p01"), late));
    expect(MARKET_PANIC, market_close_lease(market, order, world_wallet(&world, "p01"), late));
    expect(MARKET_PANIC, market_close_bid(market, order, world_wallet(&world, "p01"), late));
    expect(MARKET_PANIC, market_pause_group(market, world_group(&world, id, 1), late));
    expect(MARKET_PANIC, market_close_deployment(market, id, late));
    assert_true(before == market_digest(market));
    market_audit(market);
    expect(MARKET_OK, market_withdraw_lease(market, order, world_wallet(&world, "p01"), 3));
    assert_int_equal(20000000, purse_change(&world, "p01", MARKET_UACT));
    world_close(&world);
}

/* --- Quirks of messages --- */

static void losers_wait_for_their_providers_with_q1(void **state)
{
    (void)state;
    struct market_rules rules = market_rules_2026_08();
    for (int quirk = 0; quirk < 2; quirk++) {
        struct world world;
        rules.losers_stay_open = quirk != 0;
        open_with(&world, rules);
        struct market *market = &world.market;
        struct market_deployment_id id = world_deploy(&world, "alice", 1, "100", 500000, 1);
        struct market_order_id order = world_order(&world, id, 1);
        for (int i = 3; i < 7; i++)
            expect(MARKET_OK, world_bids(&world, order, names[i], "10", 2));
        expect(MARKET_OK, market_create_lease(market, order, world_wallet(&world, "p03"), 3, NULL));
        assert_int_equal(MARKET_BID_IS_LOST, market_bid(market, order, world_wallet(&world, "p01"))->state);
        assert_int_equal(quirk ? MARKET_BID_IS_OPEN : MARKET_BID_IS_LOST,
                         market_bid(market, order, world_wallet(&world, "p04"))->state);
        assert_int_equal(0, purse_change(&world, "p01", MARKET_UAKT));
        assert_int_equal(quirk ? -500000 : 0, purse_change(&world, "p02", MARKET_UAKT));
        market_audit(market);
        expect(MARKET_OK, market_close_lease(market, order, world_wallet(&world, "p03"), 10));
        expect(quirk ? MARKET_OK : MARKET_UNKNOWN_LEASE_FOR_BID,
               market_close_bid(market, order, world_wallet(&world, "p02"), 11));
        assert_int_equal(0, purse_change(&world, "p02", MARKET_UAKT));
        expect(MARKET_OK, market_close_deployment(market, id, 12));
        assert_int_equal(!quirk, market_forget_deployment(market, id)); /* p04's deposit is still at stake */
        expect(quirk ? MARKET_OK : MARKET_UNKNOWN_BID, market_close_bid(market, order, world_wallet(&world, "p04"), 13));
        assert_int_equal(quirk, market_forget_deployment(market, id));
        market_audit(market);
        world_close(&world);
    }
}

static void zombie_orders_end_in_overdrawn_accounts_with_q2(void **state)
{
    (void)state;
    struct market_rules rules = market_rules_2026_08();
    for (int quirk = 0; quirk < 2; quirk++) {
        struct world world;
        rules.start_ignores_deployment = quirk != 0;
        open_with(&world, rules);
        struct market_deployment_id id = world_deploy(&world, "alice", 1, "1000", 500000, 1);
        (void)world_lease(&world, id, 1, "p01", "1000", 1);
        expect(MARKET_OK, market_close_deployment(&world.market, id, 900));
        struct market_group_id group = world_group(&world, id, 1);
        expect(quirk ? MARKET_OK : MARKET_DEPLOYMENT_CLOSED, market_start_group(&world.market, group, 901));
        if (quirk) {
            struct market_order_id order = world_order(&world, id, 1);
            expect(MARKET_OK, world_bids(&world, order, "p02", "1", 901));
            expect(MARKET_ACCOUNT_OVERDRAWN,
                   market_create_lease(&world.market, order, world_wallet(&world, "p02"), 902, NULL));
        }
        market_audit(&world.market);
        world_close(&world);
    }
}

static void lost_bids_make_room_and_others_do_not(void **state)
{
    (void)state;
    struct market_rules rules = market_rules_2026_08();
    for (int quirk = 0; quirk < 2; quirk++) {
        struct world world;
        rules.one_bid_too_many = quirk != 0;
        rules.order_max_bids = 2;
        open_with(&world, rules);
        struct market_order_id order = world_order(&world, world_deploy(&world, "alice", 1, "100", 500000, 1), 1);
        expect(MARKET_OK, world_bids(&world, order, "p01", "10", 2));
        expect(MARKET_OK, world_bids(&world, order, "p02", "10", 2));
        expect(quirk ? MARKET_OK : MARKET_INVALID_BID, world_bids(&world, order, "p03", "10", 2));
        expect(MARKET_INVALID_BID, world_bids(&world, order, "p04", "10", 2));
        expect(MARKET_OK, market_close_bid(&world.market, order, world_wallet(&world, "p01"), 3));
        expect(MARKET_INVALID_BID, world_bids(&world, order, "p04", "10", 3));
        expect(MARKET_OK, market_create_lease(&world.market, order, world_wallet(&world, "p02"), 4, NULL));
        /* Three bids were counted with the quirk, of which one is lost now; the order no longer takes any. */
        expect(quirk ? MARKET_ORDER_ACTIVE : MARKET_INVALID_BID, world_bids(&world, order, "p04", "10", 5));
        world_close(&world);
    }
}

/* --- Quirks of settlement --- */

static void a_new_lease_swallows_what_others_earned_with_q5(void **state)
{
    (void)state;
    struct market_rules rules = market_rules_2026_08();
    for (int quirk = 0; quirk < 2; quirk++) {
        struct world world;
        rules.new_lease_uncredits = quirk != 0;
        open_with(&world, rules);
        struct market *market = &world.market;
        struct market_deployment_id id = world_deploy(&world, "alice", 2, "100", 500000, 0);
        struct market_lease_id first = world_lease(&world, id, 1, "p01", "10", 0);
        (void)world_lease(&world, id, 2, "p02", "5", 40);
        expect_decimal("499600", market_account(market, id)->balance);
        expect_decimal(quirk ? "0" : "400", market_payment(market, first)->balance);
        expect_decimal(quirk ? "400" : "0", market_losses(market, MARKET_UACT).uncredited);
        expect(MARKET_OK, market_withdraw_lease(market, world_order(&world, id, 1), world_wallet(&world, "p01"), 50));
        assert_int_equal(quirk ? 100 : 500, purse_change(&world, "p01", MARKET_UACT));
        market_audit(market);
        world_close(&world);
    }
}

static void two_withdrawals_in_a_block_panic_with_q6(void **state)
{
    (void)state;
    struct market_rules rules = market_rules_2026_08();
    for (int quirk = 0; quirk < 2; quirk++) {
        struct world world;
        rules.same_block_withdraw_panics = quirk != 0;
        open_with(&world, rules);
        struct market *market = &world.market;
        struct market_deployment_id id = world_deploy(&world, "alice", 2, "100", 500000, 0);
        (void)world_lease(&world, id, 1, "p01", "10", 0);
        (void)world_lease(&world, id, 2, "p02", "5", 0);
        expect(MARKET_OK, market_withdraw_lease(market, world_order(&world, id, 1), world_wallet(&world, "p01"), 20));
        uint64_t before = market_digest(market);
        expect(quirk ? MARKET_PANIC : MARKET_OK,
               market_withdraw_lease(market, world_order(&world, id, 2), world_wallet(&world, "p02"), 20));
        assert_int_equal(quirk ? 0 : 100, purse_change(&world, "p02", MARKET_UACT));
        assert_int_equal(quirk, before == market_digest(market));
        market_audit(market);
        world_close(&world);
    }
}

static void a_lease_closed_in_the_block_of_a_settlement_haunts_with_q7(void **state)
{
    (void)state;
    struct market_rules rules = market_rules_2026_08();
    for (int quirk = 0; quirk < 2; quirk++) {
        struct world world;
        rules.same_block_close_ghosts = quirk != 0;
        open_with(&world, rules);
        struct market *market = &world.market;
        struct market_deployment_id id = world_deploy(&world, "alice", 1, "100", 500000, 0);
        struct market_order_id order = world_order(&world, id, 1);
        uint32_t p01 = world_wallet(&world, "p01");
        struct market_lease_id lease = world_lease(&world, id, 1, "p01", "10", 0);
        expect(MARKET_OK, market_withdraw_lease(market, order, p01, 20));
        expect(MARKET_OK, market_close_lease(market, order, p01, 20));
        assert_int_equal(MARKET_LEASE_IS_CLOSED, market_lease(market, lease)->state);
        assert_int_equal(MARKET_REASON_OWNER, market_lease(market, lease)->reason);
        assert_int_equal(quirk ? ESCROW_OPEN : ESCROW_CLOSED, market_payment(market, lease)->state);
        expect_decimal("0", market_active_rate(market, id));
        assert_int_equal(quirk ? 20 + 49980 + 1 : HEIGHT_NEVER, market_dry_height(market, id));
        expect(quirk ? MARKET_OK : MARKET_PAYMENT_CLOSED, market_withdraw_lease(market, order, p01, 30));
        assert_int_equal(quirk ? 300 : 200, purse_change(&world, "p01", MARKET_UACT));
        market_audit(market);
        world_close(&world);
    }
}

static void closing_in_the_block_of_a_settlement_strands_money_with_q8(void **state)
{
    (void)state;
    struct market_rules rules = market_rules_2026_08();
    for (int quirk = 0; quirk < 2; quirk++) {
        struct world world;
        rules.same_block_close_strands = quirk != 0;
        open_with(&world, rules);
        struct market *market = &world.market;
        struct market_deployment_id id = world_deploy(&world, "alice", 2, "100", 500000, 0);
        (void)world_lease(&world, id, 1, "p01", "10", 0);
        struct market_lease_id second = world_lease(&world, id, 2, "p02", "5", 0);
        expect(MARKET_OK, market_withdraw_lease(market, world_order(&world, id, 1), world_wallet(&world, "p01"), 20));
        expect(MARKET_OK, market_close_deployment(market, id, 20));
        assert_int_equal(ESCROW_CLOSED, market_account(market, id)->state);
        assert_int_equal(quirk ? ESCROW_OPEN : ESCROW_CLOSED, market_payment(market, second)->state);
        assert_int_equal(quirk ? 0 : 100, purse_change(&world, "p02", MARKET_UACT));
        expect_decimal(quirk ? "100" : "0", market_losses(market, MARKET_UACT).stuck);
        market_audit(market);
        assert_true(market_forget_deployment(market, id));
        expect_decimal(quirk ? "100" : "0", market_losses(market, MARKET_UACT).stuck);
        market_audit(market);
        world_close(&world);
    }
}

/* 300 ACT short of 600, covered by 100 AKT at 3 ACT each while ACT cannot be minted. */
static void an_account_saved_by_akt_freezes_with_q9(void **state)
{
    (void)state;
    struct market_rules rules = market_rules_2026_08();
    rules.deployment_minimum[MARKET_UACT] = 5;
    for (int quirk = 0; quirk < 2; quirk++) {
        struct world world;
        rules.fallback_freezes = quirk != 0;
        open_with(&world, rules);
        struct market *market = &world.market;
        struct market_deployment_id id = world_deploy(&world, "alice", 1, "100", 300, 0);
        struct market_order_id order = world_order(&world, id, 1);
        uint32_t p01 = world_wallet(&world, "p01");
        struct market_lease_id lease = world_lease(&world, id, 1, "p01", "10", 0);
        expect(MARKET_OK, deposit(&world, id, "alice", MARKET_UAKT, 1000, 0));
        market_bme_set(market, BME_HALT_CR, decimal_from_int(3));
        expect(MARKET_OK, market_withdraw_lease(market, order, p01, 60));
        assert_int_equal(300, purse_change(&world, "p01", MARKET_UACT));
        assert_int_equal(100 - 500000, purse_change(&world, "p01", MARKET_UAKT)); /* its bid's deposit is out */
        assert_int_equal(MARKET_LEASE_IS_ACTIVE, market_lease(market, lease)->state);
        expect_decimal(quirk ? "-300" : "0", market_account(market, id)->balance);
        expect(MARKET_OK, market_withdraw_lease(market, order, p01, 70));
        /* Frozen: nothing settles, not even the time; else AKT pays on: 100 ACT are 33.33 AKT, and that product misses by
         * an atto, which is a debt. */
        assert_int_equal(quirk ? 60 : 70, market_account(market, id)->settled_at);
        assert_int_equal(quirk ? MARKET_LEASE_IS_ACTIVE : MARKET_LEASE_IS_INSUFFICIENT_FUNDS,
                         market_lease(market, lease)->state);
        assert_int_equal(HEIGHT_NEVER, market_dry_height(market, id));
        market_audit(market);
        if (quirk) { /* a deposit of its own denom forgives the debt and thaws it */
            expect(MARKET_OK, deposit(&world, id, "bob", MARKET_UACT, 500, 80));
            expect(MARKET_OK, market_withdraw_lease(market, order, p01, 90));
            assert_int_equal(600, purse_change(&world, "p01", MARKET_UACT));
        }
        market_audit(market);
        world_close(&world);
    }
}

static void the_account_of_1_pays_for_10_with_q15(void **state)
{
    (void)state;
    struct market_rules rules = market_rules_2026_08();
    for (int quirk = 0; quirk < 2; quirk++) {
        struct world world;
        rules.prefix_captures = quirk != 0;
        open_with(&world, rules);
        struct market *market = &world.market;
        struct market_deployment_id one = world_deploy(&world, "alice", 1, "100", 500000, 0);
        world.n_deployments = 9;
        struct market_deployment_id ten = world_deploy(&world, "alice", 1, "100", 500000, 0);
        struct market_order_id order = world_order(&world, ten, 1);
        (void)world_lease(&world, one, 1, "p01", "10", 0);
        struct market_lease_id lease = world_lease(&world, ten, 1, "p02", "5", 0);
        expect(MARKET_OK, market_withdraw_lease(market, world_order(&world, one, 1), world_wallet(&world, "p01"), 20));
        expect_decimal(quirk ? "499700" : "499800", market_account(market, one)->balance);
        expect_decimal(quirk ? "100" : "0", market_payment(market, lease)->balance);
        expect(MARKET_OK, market_close_deployment(market, one, 30));
        assert_int_equal(quirk ? MARKET_LEASE_IS_CLOSED : MARKET_LEASE_IS_ACTIVE, market_lease(market, lease)->state);
        assert_int_equal(quirk ? MARKET_REASON_UNSPECIFIED : MARKET_REASON_NONE, market_lease(market, lease)->reason);
        assert_int_equal(quirk ? MARKET_ORDER_IS_CLOSED : MARKET_ORDER_IS_ACTIVE, market_order(market, order)->state);
        assert_int_equal(MARKET_DEPLOYMENT_IS_ACTIVE, market_deployment(market, ten)->state);
        assert_int_equal(MARKET_GROUP_IS_OPEN, market_group(market, world_group(&world, ten, 1))->state);
        assert_int_equal(quirk ? 150 : 0, purse_change(&world, "p02", MARKET_UACT));
        market_audit(market);
        world_close(&world);
    }
}

/* --- Debt --- */

static void earlier_keys_are_served_first_and_debt_can_be_paid(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2026_08());
    struct market *market = &world.market;
    struct market_deployment_id id = world_deploy(&world, "alice", 2, "5000", 500000, 0);
    struct market_lease_id first = world_lease(&world, id, 1, "p01", "5000", 0);
    struct market_lease_id second = world_lease(&world, id, 2, "p02", "4000", 0);
    assert_int_equal(56, market_dry_height(market, id)); /* 55 blocks cost 495,000 */
    assert_true(market_foresee(market, id, 56).overdrawn && !market_foresee(market, id, 55).overdrawn);
    expect(MARKET_OK, market_withdraw_lease(market, world_order(&world, id, 2), world_wallet(&world, "p02"), 60));
    assert_int_equal(300000, purse_change(&world, "p01", MARKET_UACT));
    assert_int_equal(200000, purse_change(&world, "p02", MARKET_UACT));
    expect_decimal("40000", market_payment(market, second)->unsettled);
    assert_int_equal(ESCROW_OVERDRAWN, market_payment(market, first)->state);
    assert_int_equal(MARKET_REASON_INSUFFICIENT_FUNDS, market_lease(market, first)->reason);
    expect(MARKET_OK, deposit(&world, id, "bob", MARKET_UACT, 39999, 61));
    assert_int_equal(ESCROW_OVERDRAWN, market_account(market, id)->state);
    expect(MARKET_OK, deposit(&world, id, "bob", MARKET_UAKT, 77, 61)); /* another denom goes straight back */
    assert_int_equal(0, purse_change(&world, "bob", MARKET_UAKT));
    expect(MARKET_OK, deposit(&world, id, "bob", MARKET_UACT, 50, 62));
    assert_int_equal(ESCROW_CLOSED, market_account(market, id)->state);
    assert_int_equal(-40000, purse_change(&world, "bob", MARKET_UACT));
    assert_int_equal(240000, purse_change(&world, "p02", MARKET_UACT));
    expect(MARKET_ACCOUNT_CLOSED, deposit(&world, id, "bob", MARKET_UACT, 1, 63));
    market_audit(market);
    world_close(&world);
}

/* --- Reclamation and reasons --- */

static void windows_bind_the_provider_and_not_the_tenant(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2026_08());
    struct market *market = &world.market;
    struct market_create_deployment message = world_deployment(&world, "alice", 2, "100", MARKET_UACT, 500000);
    struct market_deployment_id id;
    message.window_s = 3599;
    expect(MARKET_INVALID_RECLAMATION, market_create_deployment(market, &message, 1, &id));
    message.window_s = -1;
    expect(MARKET_INVALID_RECLAMATION, market_create_deployment(market, &message, 1, &id));
    message.window_s = 7200;
    expect(MARKET_OK, market_create_deployment(market, &message, 1, &id));
    uint32_t p01 = world_wallet(&world, "p01");
    struct market_order_id order = world_order(&world, id, 1), other = world_order(&world, id, 2);
    struct market_create_bid bid = world_bid(&world, order, "p01", "10");
    expect(MARKET_RECLAMATION_REQUIRED, market_create_bid(market, &bid, 2));
    bid.window_s = 7199;
    expect(MARKET_RECLAMATION_WINDOW_TOO_SHORT, market_create_bid(market, &bid, 2));
    bid.window_s = 720 * 3600 + 1;
    expect(MARKET_RECLAMATION_WINDOW_INVALID, market_create_bid(market, &bid, 2));
    bid.window_s = 7200;
    expect(MARKET_OK, market_create_bid(market, &bid, 2));
    bid.order = other;
    expect(MARKET_OK, market_create_bid(market, &bid, 2));
    struct market_lease_id lease;
    expect(MARKET_OK, market_create_lease(market, order, p01, 3, &lease));
    expect(MARKET_OK, market_create_lease(market, other, p01, 3, NULL));

    struct market_leave leave = {order, p01, MARKET_REASON_OWNER, 1000};
    expect(MARKET_INVALID_CLOSE_REASON, market_leave_lease(market, &leave, 4));
    expect(MARKET_INVALID_CLOSE_REASON, market_start_reclaim(market, &leave, 4));
    leave.reason = MARKET_REASON_DECOMMISSION;
    expect(MARKET_RECLAMATION_NOT_STARTED, market_leave_lease(market, &leave, 4));
    expect(MARKET_OK, market_start_reclaim(market, &leave, 4));
    assert_int_equal(8200, market_lease(market, lease)->reclaim_until_s);
    assert_int_equal(MARKET_LEASE_IS_RECLAIMING, market_lease(market, lease)->state);
    expect(MARKET_LEASE_NOT_ACTIVE, market_start_reclaim(market, &leave, 5));
    leave.time_s = 8199;
    expect(MARKET_RECLAMATION_WINDOW_NOT_ELAPSED, market_leave_lease(market, &leave, 5));
    expect(MARKET_OK, market_withdraw_lease(market, order, p01, 100)); /* billing continues */
    expect_decimal("10", market_active_rate(market, id)); /* as the balance checker counts: the other lease only */
    leave.time_s = 8200;
    expect(MARKET_OK, market_leave_lease(market, &leave, 101));
    assert_int_equal(MARKET_REASON_DECOMMISSION, market_lease(market, lease)->reason);
    assert_int_equal(MARKET_GROUP_IS_PAUSED, market_group(market, world_group(&world, id, 1))->state);
    leave.order = other;
    expect(MARKET_OK, market_start_reclaim(market, &leave, 102));
    expect(MARKET_OK, market_close_lease(market, other, p01, 103)); /* the tenant may leave at any time */
    bid.order = world_order(&world, id, 2);
    bid.window_s = 0;
    expect(MARKET_RECLAMATION_REQUIRED, market_create_bid(market, &bid, 104)); /* the new order asks for it too */
    market_audit(market);
    world_close(&world);
}

static void leases_without_a_window_cannot_be_reclaimed(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2026_08());
    struct market_deployment_id id = world_deploy(&world, "alice", 1, "100", 500000, 1);
    struct market_order_id order = world_order(&world, id, 1);
    struct market_lease_id lease = world_lease(&world, id, 1, "p01", "10", 1);
    struct market_leave leave = {order, world_wallet(&world, "p01"), MARKET_REASON_MANIFEST_TIMEOUT, 0};
    expect(MARKET_LEASE_NOT_RECLAMABLE, market_start_reclaim(&world.market, &leave, 2));
    leave.provider = world_wallet(&world, "p02");
    expect(MARKET_UNKNOWN_LEASE, market_start_reclaim(&world.market, &leave, 2));
    leave.provider = world_wallet(&world, "p01");
    expect(MARKET_OK, market_leave_lease(&world.market, &leave, 2));
    assert_string_equal("manifest_timeout", market_close_reason_name(market_lease(&world.market, lease)->reason));
    assert_string_equal("provider", market_close_reason_name(19999));
    world_close(&world);
}

/* --- Sources of deposits --- */

static void deposits_are_gathered_in_the_order_of_their_sources(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2026_08());
    struct market *market = &world.market;
    uint32_t alice = world_wallet(&world, "alice"), bob = world_wallet(&world, "bob"), carol = world_wallet(&world, "carol");
    bank_grant_give(&market->bank, carol, alice, MARKET_UACT, 300000); /* given first, but bob comes first by name */
    bank_grant_give(&market->bank, bob, alice, MARKET_UACT, 400000);
    struct market_create_deployment message = world_deployment(&world, "alice", 1, "1000", MARKET_UACT, 600000);
    struct market_deployment_id id;
    message.sources = BANK_GRANTS;
    message.deposit = 700001;
    expect(MARKET_INVALID_DEPOSIT, market_create_deployment(market, &message, 1, &id));
    message.deposit = 600000;
    expect(MARKET_OK, market_create_deployment(market, &message, 1, &id));
    assert_int_equal(-400000, purse_change(&world, "bob", MARKET_UACT));
    assert_int_equal(-200000, purse_change(&world, "carol", MARKET_UACT));
    assert_int_equal(0, bank_grant_find(&market->bank, bob, alice)->limit);
    /* The oldest deposit is spent first, and what goes back raises its grant if it still exists. */
    (void)world_lease(&world, id, 1, "p01", "1000", 1);
    expect(MARKET_OK, market_close_deployment(market, id, 451));
    assert_int_equal(-400000, purse_change(&world, "bob", MARKET_UACT));
    assert_int_equal(-50000, purse_change(&world, "carol", MARKET_UACT));
    assert_int_equal(250000, bank_grant_find(&market->bank, carol, alice)->limit);
    market_audit(market);
    world_close(&world);
}

static void grants_for_bids_pay_no_deployments(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2026_08());
    struct market *market = &world.market;
    uint32_t carol = world_wallet(&world, "carol"), p01 = world_wallet(&world, "p01"), alice = world_wallet(&world, "alice");
    bank_grant_give(&market->bank, carol, alice, MARKET_UACT, 500000);
    bank_grant_narrow(&market->bank, carol, alice, BANK_FOR_BIDS);
    struct market_create_deployment message = world_deployment(&world, "alice", 1, "1000", MARKET_UACT, 500000);
    message.sources = BANK_GRANTS;
    expect(MARKET_INVALID_DEPOSIT, market_create_deployment(market, &message, 1, NULL));
    message.sources = BANK_GRANTS_THEN_BALANCE;
    struct market_deployment_id id;
    expect(MARKET_OK, market_create_deployment(market, &message, 1, &id));

    bank_grant_give(&market->bank, carol, p01, MARKET_UAKT, 300000);
    struct market_order_id order = world_order(&world, id, 1);
    struct market_create_bid bid = world_bid(&world, order, "p01", "10");
    bid.sources = BANK_GRANTS;
    expect(MARKET_INVALID_DEPOSIT, market_create_bid(market, &bid, 2));
    bid.sources = BANK_GRANTS_THEN_BALANCE;
    expect(MARKET_OK, market_create_bid(market, &bid, 2));
    assert_int_equal(-300000, purse_change(&world, "carol", MARKET_UAKT));
    assert_int_equal(-200000, purse_change(&world, "p01", MARKET_UAKT));
    market_audit(market);
    expect(MARKET_OK, market_close_bid(market, order, p01, 3));
    assert_int_equal(0, purse_change(&world, "carol", MARKET_UAKT));
    assert_int_equal(0, purse_change(&world, "p01", MARKET_UAKT));
    assert_int_equal(300000, bank_grant_find(&market->bank, carol, p01)->limit);
    market_audit(market);
    world_close(&world);
}

/* --- Names and prices --- */

static void refusals_have_the_names_of_2026(void **state)
{
    (void)state;
    struct world world;
    struct market_rules rules = market_rules_2026_08();
    rules.deployment_minimum[MARKET_USDC] = 1;
    open_with(&world, rules);
    struct market *market = &world.market;
    struct market_create_deployment good = world_deployment(&world, "alice", 1, "100", MARKET_UACT, 500000), message = good;
    struct market_deployment_id id, nowhere = {9, 9};
    message.version_bytes = 0;
    expect(MARKET_EMPTY_HASH, market_create_deployment(market, &message, 1, &id));
    message.version_bytes = 31;
    expect(MARKET_INVALID_HASH, market_create_deployment(market, &message, 1, &id));
    message = world_deployment(&world, "alice", 1, "100", MARKET_USDC, 500000);
    expect(MARKET_INVALID_PRICE, market_create_deployment(market, &message, 1, &id));
    expect(MARKET_OK, market_create_deployment(market, &good, 1, &id));
    expect(MARKET_INVALID_HASH, market_update_deployment(market, id, world_version, MARKET_VERSION_BYTES, 2));
    struct market_create_bid bid = world_bid(&world, world_order(&world, id, 1), "p01", "101");
    expect(MARKET_BID_INVALID_PRICE, market_create_bid(market, &bid, 2));
    bid.provider = world_wallet(&world, "alice");
    expect(MARKET_CONFLICT, market_create_bid(market, &bid, 2));
    expect(MARKET_ACCOUNT_NOT_FOUND, deposit(&world, nowhere, "alice", MARKET_UACT, 1, 2));
    expect(MARKET_INVALID_DEPOSIT, deposit(&world, nowhere, "alice", MARKET_UACT, 2 * (int64_t)WORLD_PURSE, 2));
    world_close(&world);
}

static void the_profile_is_found_by_name(void **state)
{
    (void)state;
    struct market_rules rules;
    assert_true(market_rules_named("2026-08", &rules));
    assert_int_equal(MARKET_SETTLES_BY_DEBT, rules.settlement);
    assert_int_equal(500000, rules.deployment_minimum[MARKET_UACT]);
}

/* --- Burn and mint --- */

static void minting_stops_with_the_ratio_and_with_the_oracle(void **state)
{
    (void)state;
    struct bme_rules rules = bme_rules_2026_08();
    struct bme_oracle oracle = {decimal_from_int(2), decimal_from_int(1), 1000};
    struct bme_vault vault = {.vault_uakt = 500000, .pending_uakt = 20000, .supply_uact = 1000000};
    assert_int_equal(9600, bme_ratio_bps(&vault, &oracle));
    assert_int_equal(BME_HEALTHY, bme_status(&rules, &vault, &oracle, 1030));
    assert_int_equal(BME_HALT_ORACLE, bme_status(&rules, &vault, &oracle, 1031));
    vault.pending_uakt = 50000;
    assert_int_equal(BME_HALT_CR, bme_status(&rules, &vault, &oracle, 1000));
    assert_true(!bme_may_mint(BME_HALT_CR) && bme_may_swap(BME_HALT_CR) && !bme_may_swap(BME_HALT_ORACLE));
    assert_true(bme_may_mint(BME_WARNING) && !bme_may_mint(BME_HALT_ORACLE));
    oracle.act_price = decimal_zero();
    assert_int_equal(BME_HALT_ORACLE, bme_status(&rules, &vault, &oracle, 1000));
    oracle.act_price = decimal_from_int(1);
    vault = (struct bme_vault){.vault_uakt = 1};
    assert_int_equal(BME_HEALTHY, bme_status(&rules, &vault, &oracle, 1000)); /* nothing to cover */
    assert_int_equal(19950000, bme_mint_uact(&rules, &oracle, 10000000));
    assert_int_equal(0, bme_mint_uact(&rules, &oracle, 5000000)); /* 9.975 ACT */
    assert_int_equal(14400, bme_epoch_blocks(&rules, 0));
    assert_string_equal("halt_cr", bme_status_name(BME_HALT_CR));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(due_wider_than_a_decimal_panics_and_changes_nothing),
        cmocka_unit_test(losers_wait_for_their_providers_with_q1),
        cmocka_unit_test(zombie_orders_end_in_overdrawn_accounts_with_q2),
        cmocka_unit_test(lost_bids_make_room_and_others_do_not),
        cmocka_unit_test(a_new_lease_swallows_what_others_earned_with_q5),
        cmocka_unit_test(two_withdrawals_in_a_block_panic_with_q6),
        cmocka_unit_test(a_lease_closed_in_the_block_of_a_settlement_haunts_with_q7),
        cmocka_unit_test(closing_in_the_block_of_a_settlement_strands_money_with_q8),
        cmocka_unit_test(an_account_saved_by_akt_freezes_with_q9),
        cmocka_unit_test(the_account_of_1_pays_for_10_with_q15),
        cmocka_unit_test(earlier_keys_are_served_first_and_debt_can_be_paid),
        cmocka_unit_test(windows_bind_the_provider_and_not_the_tenant),
        cmocka_unit_test(leases_without_a_window_cannot_be_reclaimed),
        cmocka_unit_test(deposits_are_gathered_in_the_order_of_their_sources),
        cmocka_unit_test(grants_for_bids_pay_no_deployments),
        cmocka_unit_test(refusals_have_the_names_of_2026),
        cmocka_unit_test(the_profile_is_found_by_name),
        cmocka_unit_test(minting_stops_with_the_ratio_and_with_the_oracle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
