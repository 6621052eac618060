/* The quirks of the rules profile 2024-07: what each does, and what the world is like without it. */
#include "tests/unit/market_claims.h"

#include <stdio.h>

static void declared_limits_hold_only_with_q4_off(void **state)
{
    (void)state;
    struct market_rules rules = market_rules_2024_07();
    for (int quirk = 0; quirk < 2; quirk++) {
        struct world world;
        rules.unlimited_counts = quirk != 0;
        open_with(&world, rules);
        struct market_create_deployment groups = world_deployment(&world, "alice", 21, "1", MARKET_UAKT, 500000);
        expect(quirk ? MARKET_OK : MARKET_INVALID_GROUPS, market_create_deployment(&world.market, &groups, 1, NULL));
        struct market_group_spec *spec = world_spec(&world, "many", world_decimal("1"), MARKET_UAKT);
        struct market_unit unit = spec->units[0];
        unit.count = 51;
        spec->units = &unit;
        assert_int_equal(quirk ? GROUP_OK : GROUP_UNIT_COUNT, group_spec_validate(spec, rules.unlimited_counts));
        world_close(&world);
    }
}

static void a_grant_used_up_still_exists(void **state)
{
    (void)state;
    struct market_rules rules = market_rules_2024_07();
    for (int quirk = 0; quirk < 2; quirk++) {
        struct world world;
        rules.revoked_grant_returns = quirk != 0;
        open_with(&world, rules);
        struct market *market = &world.market;
        uint32_t alice = world_wallet(&world, "alice"), carol = world_wallet(&world, "carol"),
                 p01 = world_wallet(&world, "p01");
        bank_grant_give(&market->bank, carol, alice, MARKET_UAKT, 500000);
        struct market_create_deployment message = world_deployment(&world, "alice", 1, "0.7", MARKET_UAKT, 500000);
        message.depositor = carol;
        struct market_deployment_id id;
        expect(MARKET_OK, market_create_deployment(market, &message, 1, &id));
        struct market_order_id order = world_order(&world, id, 1);
        world_lease(&world, id, 1, "p01", "0.7", 1);
        expect(MARKET_OK, market_withdraw_lease(market, order, p01, 12));
        expect_decimal("499992.3", market_account(market, id)->funds);
        assert_true(bank_grant_revoke(&market->bank, carol, alice));
        expect(MARKET_OK, market_withdraw_lease(market, order, p01, 22));
        /* [R4]: 499985.3 were left; the whole part goes home and the fraction is lost. */
        expect_decimal(quirk ? "0" : "499985.3", market_account(market, id)->funds);
        expect_decimal(quirk ? "0.3" : "0", market->escrow.dust[MARKET_UAKT]);
        assert_int_equal(quirk ? -15 : -500000, purse_change(&world, "carol", MARKET_UAKT));
        market_audit(market);
        world_close(&world);
    }
}

static void one_bid_more_than_the_limit_fits(void **state)
{
    (void)state;
    char text[32][8];
    const char *many[32];
    for (int i = 0; i < 32; i++)
        snprintf(text[i], sizeof text[i], i == 0 ? "alice" : "p%02d", i), many[i] = text[i];
    struct market_rules rules = market_rules_2024_07();
    for (int quirk = 0; quirk < 2; quirk++) {
        struct world world;
        rules.one_bid_too_many = quirk != 0;
        world_open(&world, &rules, false, many, 32);
        struct market_order_id order = world_order(&world, world_deploy(&world, "alice", 1, "100", 500000, 1), 1);
        int most = quirk ? 21 : 20;
        for (int i = 1; i <= most; i++)
            expect(MARKET_OK, world_bids(&world, order, many[i], "10", 2));
        expect(MARKET_INVALID_BID, world_bids(&world, order, many[30], "10", 2));
        /* All states count: closing one makes no room. */
        expect(MARKET_OK, market_close_bid(&world.market, order, world_wallet(&world, "p05"), 3));
        expect(MARKET_INVALID_BID, world_bids(&world, order, many[30], "10", 3));
        assert_int_equal(most - 1, market_open_bids(&world.market, order, NULL, 0));
        world_close(&world);
    }
}

static void overdrawn_leases_end_as_the_rules_say(void **state)
{
    (void)state;
    struct market_rules rules = market_rules_2024_07();
    for (int quirk = 0; quirk < 2; quirk++) {
        struct world world;
        rules.overdraft_leases_closed = quirk != 0;
        open_with(&world, rules);
        struct market_deployment_id id = world_deploy(&world, "alice", 1, "1000", 500000, 1);
        struct market_order_id order = world_order(&world, id, 1);
        struct market_lease_id lease = world_lease(&world, id, 1, "p01", "1000", 1);
        expect(MARKET_OK, market_withdraw_lease(&world.market, order, world_wallet(&world, "p01"), 900));
        assert_int_equal(quirk ? MARKET_LEASE_IS_CLOSED : MARKET_LEASE_IS_INSUFFICIENT_FUNDS,
                         market_lease(&world.market, lease)->state);
        assert_int_equal(900, market_lease(&world.market, lease)->closed);
        market_audit(&world.market);
        world_close(&world);
    }
}

/* 500,000 over three leases at rate 1: 166,666 full blocks leave 2, and each third of 2 rounds up. */
static void shares_that_round_up_trap_the_account(void **state)
{
    (void)state;
    struct market_rules rules = market_rules_2024_07();
    for (int quirk = 0; quirk < 2; quirk++) {
        struct world world;
        rules.excess_share_panics = quirk != 0;
        open_with(&world, rules);
        struct market *market = &world.market;
        struct market_deployment_id id = world_deploy(&world, "alice", 3, "1", 500000, 0);
        struct market_order_id order = world_order(&world, id, 1);
        uint32_t p01 = world_wallet(&world, "p01");
        for (uint32_t g = 1; g <= 3; g++)
            world_lease(&world, id, g, "p01", "1", 0);
        assert_int_equal(166667, market_dry_height(market, id));
        if (!quirk) {
            expect(MARKET_OK, market_withdraw_lease(market, order, p01, 166667));
            expect_decimal("500000", market_account(market, id)->transferred);
            expect_decimal("0", market_account(market, id)->balance);
            market_audit(market);
            world_close(&world);
            continue;
        }
        uint64_t before = market_digest(market);
        expect(MARKET_PANIC, market_withdraw_lease(market, order, p01, 200000));
        expect(MARKET_PANIC, market_close_lease(market, order, p01, 200000));
        expect(MARKET_PANIC, market_close_bid(market, order, p01, 200000));
        expect(MARKET_PANIC, market_pause_group(market, world_group(&world, id, 2), 200000));
        expect(MARKET_PANIC, market_close_group(market, world_group(&world, id, 2), 200000));
        expect(MARKET_PANIC, market_close_deployment(market, id, 200000));
        assert_true(before == market_digest(market));
        struct market_deposit one = {id, world_wallet(&world, "alice"), MARKET_UAKT, 1};
        expect(MARKET_OK, market_deposit_deployment(market, &one, 200000)); /* 3 left: one block more, nothing to share */
        expect(MARKET_OK, market_close_deployment(market, id, 200000));
        assert_int_equal(MARKET_GROUP_IS_INSUFFICIENT_FUNDS, market_group(market, world_group(&world, id, 3))->state);
        market_audit(market);
        world_close(&world);
    }
}

static void an_overdrawn_group_can_be_started_for_nothing(void **state)
{
    (void)state;
    struct market_rules rules = market_rules_2024_07();
    for (int quirk = 0; quirk < 2; quirk++) {
        struct world world;
        rules.start_ignores_deployment = quirk != 0;
        open_with(&world, rules);
        struct market *market = &world.market;
        struct market_deployment_id id = world_deploy(&world, "alice", 1, "1000", 500000, 1);
        world_lease(&world, id, 1, "p01", "1000", 1);
        expect(MARKET_OK, market_close_deployment(market, id, 900));
        struct market_group_id group = world_group(&world, id, 1);
        expect(quirk ? MARKET_OK : MARKET_DEPLOYMENT_CLOSED, market_start_group(market, group, 901));
        if (quirk) {
            struct market_order_id order = world_order(&world, id, 1);
            expect(MARKET_OK, world_bids(&world, order, "p02", "1", 901));
            expect(MARKET_ACCOUNT_CLOSED, market_create_lease(market, order, world_wallet(&world, "p02"), 901, NULL));
            assert_false(market_forget_deployment(market, id)); /* a deposit is at stake */
            market_audit(market);
            expect(MARKET_OK, market_close_group(market, group, 902));
            assert_int_equal(0, purse_change(&world, "p02", MARKET_UAKT));
        }
        assert_true(market_forget_deployment(market, id));
        market_audit(market);
        world_close(&world);
    }
}

static void a_lease_closed_unpaid_goes_on_charging(void **state)
{
    (void)state;
    struct market_rules rules = market_rules_2024_07();
    for (int quirk = 0; quirk < 2; quirk++) {
        struct world world;
        rules.unpaid_close_forgotten = quirk != 0;
        open_with(&world, rules);
        struct market *market = &world.market;
        struct market_deployment_id id = world_deploy(&world, "alice", 1, "100", 500000, 1);
        struct market_order_id order = world_order(&world, id, 1);
        uint32_t p01 = world_wallet(&world, "p01");
        struct market_lease_id lease = world_lease(&world, id, 1, "p01", "100", 5);
        expect(MARKET_OK, market_close_lease(market, order, p01, 5));
        assert_int_equal(quirk ? ESCROW_OPEN : ESCROW_CLOSED, market_payment(market, lease)->state);
        expect_decimal("0", market_active_rate(market, id));
        expect(quirk ? MARKET_OK : MARKET_PAYMENT_CLOSED, market_withdraw_lease(market, order, p01, 15));
        market_audit(market);
        /* The ghost charges along with a new lease, until its group pauses. */
        struct market_order_id next = world_order(&world, id, 1);
        world_lease(&world, id, 1, "p02", "10", 15);
        expect_decimal(quirk ? "110" : "10", market_account(market, id)->open_rate);
        expect(MARKET_OK, market_withdraw_lease(market, next, world_wallet(&world, "p02"), 20));
        expect(MARKET_OK, market_pause_group(market, world_group(&world, id, 1), 25));
        expect_decimal("0", market_account(market, id)->open_rate);
        assert_int_equal(ESCROW_CLOSED, market_payment(market, lease)->state);
        assert_int_equal(quirk ? 2000 : 0, market_payment(market, lease)->withdrawn);
        market_audit(market);
        world_close(&world);
    }
}

static void closing_in_the_block_of_a_settlement_strands_money(void **state)
{
    (void)state;
    struct market_rules rules = market_rules_2024_07();
    for (int quirk = 0; quirk < 2; quirk++) {
        struct world world;
        rules.same_block_close_strands = quirk != 0;
        open_with(&world, rules);
        struct market *market = &world.market;
        struct market_deployment_id id = world_deploy(&world, "alice", 2, "100", 500000, 1);
        struct market_order_id first = world_order(&world, id, 1);
        world_lease(&world, id, 1, "p01", "100", 1);
        struct market_lease_id second = world_lease(&world, id, 2, "p02", "50", 1);
        expect(MARKET_OK, market_withdraw_lease(market, first, world_wallet(&world, "p01"), 101));
        expect(MARKET_OK, market_close_deployment(market, id, 101));
        assert_int_equal(quirk ? ESCROW_OPEN : ESCROW_CLOSED, market_payment(market, second)->state);
        assert_int_equal(quirk ? 0 : 4900, purse_change(&world, "p02", MARKET_UAKT));
        expect_decimal(quirk ? "5000" : "0", market_payment(market, second)->balance);
        assert_int_equal(MARKET_LEASE_IS_CLOSED, market_lease(market, second)->state);
        market_audit(market);
        assert_true(market_forget_deployment(market, id));
        struct market_losses losses = market_losses(market, MARKET_UAKT);
        expect_decimal(quirk ? "5000" : "0", losses.stuck); /* forgotten, and still counted apart from fractions */
        expect_decimal("0", losses.dust);
        market_audit(market);
        world_close(&world);
    }
}

static void an_account_closed_with_nothing_left_is_not_stored_as_closed(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2024_07());
    struct market *market = &world.market;
    struct market_deployment_id id = world_deploy(&world, "alice", 1, "100", 500000, 0);
    struct market_lease_id lease = world_lease(&world, id, 1, "p01", "100", 0);
    expect(MARKET_OK, market_close_deployment(market, id, 5000)); /* exactly paid */
    assert_int_equal(ESCROW_OPEN, market_account(market, id)->state);
    assert_int_equal(MARKET_DEPLOYMENT_IS_CLOSED, market_deployment(market, id)->state);
    assert_int_equal(MARKET_GROUP_IS_CLOSED, market_group(market, world_group(&world, id, 1))->state);
    assert_int_equal(500000, market_payment(market, lease)->withdrawn);
    market_audit(market);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(declared_limits_hold_only_with_q4_off),
        cmocka_unit_test(a_grant_used_up_still_exists),
        cmocka_unit_test(one_bid_more_than_the_limit_fits),
        cmocka_unit_test(overdrawn_leases_end_as_the_rules_say),
        cmocka_unit_test(shares_that_round_up_trap_the_account),
        cmocka_unit_test(an_overdrawn_group_can_be_started_for_nothing),
        cmocka_unit_test(a_lease_closed_unpaid_goes_on_charging),
        cmocka_unit_test(closing_in_the_block_of_a_settlement_strands_money),
        cmocka_unit_test(an_account_closed_with_nothing_left_is_not_stored_as_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
