/* The chain side of the marketplace, message by message: order of checks, hooks, events, memory. */
#include "tests/unit/market_claims.h"

/* --- CreateDeployment --- */

static void deployment_checks_run_in_order(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2024_07());
    struct market_create_deployment good = world_deployment(&world, "alice", 2, "100", MARKET_UAKT, 500000), message = good;
    struct market_deployment_id id = {0};

    message.owner = BANK_POOL;
    expect(MARKET_INVALID_ADDRESS, market_create_deployment(&world.market, &message, 1, &id));
    message = good, message.dseq = 0, message.n_groups = 0;
    expect(MARKET_INVALID_SEQUENCE, market_create_deployment(&world.market, &message, 1, &id));
    message = good, message.n_groups = 0, message.version_bytes = 0;
    expect(MARKET_INVALID_GROUPS, market_create_deployment(&world.market, &message, 1, &id));
    message = good, message.version_bytes = 0;
    expect(MARKET_EMPTY_VERSION, market_create_deployment(&world.market, &message, 1, &id));
    message = good, message.version_bytes = 31, message.denom = MARKET_USDC;
    expect(MARKET_INVALID_VERSION, market_create_deployment(&world.market, &message, 1, &id));
    message = good, message.denom = MARKET_USDC;
    expect(MARKET_INVALID_DEPOSIT, market_create_deployment(&world.market, &message, 1, &id));
    message = good, message.depositor = 1000;
    expect(MARKET_INVALID_ADDRESS, market_create_deployment(&world.market, &message, 1, &id));
    expect(MARKET_OK, market_create_deployment(&world.market, &good, 1, &id));
    message = good, message.deposit = 499999;
    expect(MARKET_DEPLOYMENT_EXISTS, market_create_deployment(&world.market, &message, 1, &id));
    message.dseq = 2;
    expect(MARKET_INVALID_DEPOSIT, market_create_deployment(&world.market, &message, 1, &id));
    message = good, message.dseq = 2, message.depositor = world_wallet(&world, "carol");
    expect(MARKET_UNAUTHORIZED, market_create_deployment(&world.market, &message, 1, &id));
    message = good, message.dseq = 2, message.deposit = WORLD_PURSE;
    expect(MARKET_INSUFFICIENT_FUNDS, market_create_deployment(&world.market, &message, 1, &id));
    market_audit(&world.market);
    world_close(&world);
}

static void groups_of_one_name_are_refused(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2024_07());
    const struct market_group_spec *specs[2] = {world_spec(&world, "same", world_decimal("1"), MARKET_UAKT),
                                                world_spec(&world, "same", world_decimal("2"), MARKET_UAKT)};
    struct market_create_deployment message = world_deployment(&world, "alice", 1, "1", MARKET_UAKT, 500000);
    message.groups = specs, message.n_groups = 2;
    expect(MARKET_INVALID_GROUPS, market_create_deployment(&world.market, &message, 1, NULL));
    world_close(&world);
}

/* --- Deposits and grants --- */

static void deposit_checks_run_in_order(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2024_07());
    struct market *market = &world.market;
    struct market_deployment_id id = world_deploy(&world, "alice", 1, "100", 500000, 1);
    uint32_t alice = world_wallet(&world, "alice"), bob = world_wallet(&world, "bob"), carol = world_wallet(&world, "carol");
    struct market_deposit message = {id, alice, MARKET_UAKT, 0};
    expect(MARKET_INVALID_DEPOSIT, market_deposit_deployment(market, &message, 2));
    message.amount = 100, message.deployment.generation = 99;
    expect(MARKET_DEPLOYMENT_NOT_FOUND, market_deposit_deployment(market, &message, 2));
    message.deployment = id, message.denom = MARKET_USDC;
    expect(MARKET_PANIC, market_deposit_deployment(market, &message, 2));
    message.denom = MARKET_UAKT, message.depositor = carol;
    expect(MARKET_UNAUTHORIZED, market_deposit_deployment(market, &message, 2));
    bank_grant_give(&market->bank, carol, alice, MARKET_UAKT, 150);
    expect(MARKET_OK, market_deposit_deployment(market, &message, 2));
    expect(MARKET_INSUFFICIENT_FUNDS, market_deposit_deployment(market, &message, 2)); /* 50 of the grant are left */
    bank_grant_give(&market->bank, bob, alice, MARKET_UAKT, 1000);
    message.depositor = bob;
    expect(MARKET_INVALID_DEPLOYMENT_DEPOSITOR, market_deposit_deployment(market, &message, 2));
    expect_decimal("500000", market_account(market, id)->balance);
    expect_decimal("100", market_account(market, id)->funds);
    assert_int_equal(50, bank_grant_find(&market->bank, carol, alice)->limit);
    expect(MARKET_OK, market_close_deployment(market, id, 3));
    assert_int_equal(150, bank_grant_find(&market->bank, carol, alice)->limit); /* paid back, and to be spent again */
    assert_int_equal(0, purse_change(&world, "carol", MARKET_UAKT));
    expect(MARKET_DEPLOYMENT_CLOSED, market_deposit_deployment(market, &message, 4));
    market_audit(market);
    world_close(&world);
}

/* Coins of different denoms cannot be added: a grant replaced by one in another denom keeps the deployment from closing. */
static void a_grant_in_another_denom_panics(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2024_07());
    struct market *market = &world.market;
    struct market_deployment_id id = world_deploy(&world, "alice", 1, "100", 500000, 1);
    uint32_t alice = world_wallet(&world, "alice"), carol = world_wallet(&world, "carol");
    struct market_deposit message = {id, carol, MARKET_UAKT, 100};
    bank_grant_give(&market->bank, carol, alice, MARKET_USDC, 150);
    expect(MARKET_PANIC, market_deposit_deployment(market, &message, 2));
    bank_grant_give(&market->bank, carol, alice, MARKET_UAKT, 150);
    expect(MARKET_OK, market_deposit_deployment(market, &message, 2));
    bank_grant_give(&market->bank, carol, alice, MARKET_USDC, 150);
    uint64_t before = market_digest(market);
    expect(MARKET_PANIC, market_close_deployment(market, id, 3));
    assert_true(before == market_digest(market));
    assert_true(bank_grant_revoke(&market->bank, carol, alice));
    expect(MARKET_OK, market_close_deployment(market, id, 3));
    market_audit(market);
    world_close(&world);
}

/* --- Bids --- */

static void bid_checks_run_in_order(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2024_07());
    struct market *market = &world.market;
    struct market_deployment_id id = world_deploy(&world, "alice", 1, "100", 500000, 1);
    struct market_order_id order = world_order(&world, id, 1), nowhere = {77, 1};
    struct market_create_bid good = world_bid(&world, order, "p01", "50"), bid = good;

    bid.provider = world_wallet(&world, "alice"), bid.price = decimal_zero();
    expect(MARKET_SAME_ACCOUNT, market_create_bid(market, &bid, 2));
    bid.provider = good.provider, bid.deposit = 0;
    expect(MARKET_BID_ZERO_PRICE, market_create_bid(market, &bid, 2));
    bid.price = good.price, bid.order = nowhere;
    expect(MARKET_INVALID_DEPOSIT, market_create_bid(market, &bid, 2));
    bid.deposit = 500000, bid.deposit_denom = MARKET_USDC;
    expect(MARKET_INVALID_DEPOSIT, market_create_bid(market, &bid, 2));
    bid.deposit_denom = MARKET_UAKT;
    expect(MARKET_ORDER_NOT_FOUND, market_create_bid(market, &bid, 2));
    bid.order = order, bid.price = world_decimal("-1"), bid.offer_mismatch = true;
    expect(MARKET_BID_INVALID_PRICE, market_create_bid(market, &bid, 2));
    bid.price = good.price, bid.price_denom = MARKET_USDC;
    expect(MARKET_PANIC, market_create_bid(market, &bid, 2));
    bid.price_denom = MARKET_UAKT, bid.price = world_decimal("100.000000000000000001");
    expect(MARKET_BID_OVER_ORDER, market_create_bid(market, &bid, 2));
    bid.price = world_decimal("100"), bid.provider = world_wallet(&world, "stranger");
    expect(MARKET_CAPABILITIES_MISMATCH, market_create_bid(market, &bid, 2));
    bid.offer_mismatch = false, bid.placement_matches = false, bid.capabilities_match = false;
    expect(MARKET_UNKNOWN_PROVIDER, market_create_bid(market, &bid, 2));
    bid.provider = good.provider;
    expect(MARKET_ATTRIBUTE_MISMATCH, market_create_bid(market, &bid, 2));
    bid.placement_matches = true;
    expect(MARKET_CAPABILITIES_MISMATCH, market_create_bid(market, &bid, 2));
    bid.capabilities_match = true, bid.deposit = INT64_C(2) * WORLD_PURSE;
    expect(MARKET_INSUFFICIENT_FUNDS, market_create_bid(market, &bid, 2));
    bid.deposit = 500000;
    expect(MARKET_OK, market_create_bid(market, &bid, 2));
    bid.deposit = INT64_C(2) * WORLD_PURSE;
    expect(MARKET_BID_EXISTS, market_create_bid(market, &bid, 2));
    expect(MARKET_OK, market_close_bid(market, order, good.provider, 3));
    expect(MARKET_BID_EXISTS, market_create_bid(market, &good, 3)); /* once per order, ever */
    expect(MARKET_OK, world_bids(&world, order, "p02", "60", 3));
    expect(MARKET_OK, market_create_lease(market, order, world_wallet(&world, "p02"), 3, NULL));
    expect(MARKET_ORDER_ACTIVE, world_bids(&world, order, "p03", "60", 3));
    expect(MARKET_OK, market_close_lease(market, order, world_wallet(&world, "p02"), 4));
    expect(MARKET_ORDER_CLOSED, world_bids(&world, order, "p03", "60", 4));
    market_audit(market);
    world_close(&world);
}

static void offers_come_in_the_order_of_names(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2024_07());
    struct market_order_id order = world_order(&world, world_deploy(&world, "alice", 1, "100", 500000, 1), 1);
    static const char *const arriving[] = {"p03", "p01", "p04", "p02"};
    for (int i = 0; i < 4; i++)
        expect(MARKET_OK, world_bids(&world, order, arriving[i], "10", 2 + i));
    struct market_offer offers[4];
    assert_int_equal(4, market_open_bids(&world.market, order, offers, 4));
    for (int i = 0; i < 4; i++)
        assert_int_equal(world_wallet(&world, "p01") + (uint32_t)i, offers[i].provider);
    assert_int_equal(3, offers[0].created);
    world_close(&world);
}

/* --- Leases --- */

static void lease_checks_run_in_order(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2024_07());
    struct market *market = &world.market;
    struct market_deployment_id id = world_deploy(&world, "alice", 1, "100", 500000, 1);
    struct market_order_id order = world_order(&world, id, 1), nowhere = {77, 1};
    uint32_t p01 = world_wallet(&world, "p01"), p02 = world_wallet(&world, "p02"), p03 = world_wallet(&world, "p03");

    expect(MARKET_BID_NOT_FOUND, market_create_lease(market, nowhere, p01, 1, NULL));
    expect(MARKET_BID_NOT_FOUND, market_create_lease(market, order, p01, 1, NULL));
    expect(MARKET_ORDER_NOT_FOUND, market_close_lease(market, nowhere, p01, 1));
    expect(MARKET_ORDER_CLOSED, market_close_lease(market, order, p01, 1)); /* open, but not active */
    expect(MARKET_UNKNOWN_LEASE, market_withdraw_lease(market, order, p01, 1));
    expect(MARKET_UNKNOWN_BID, market_close_bid(market, order, p01, 1));
    expect(MARKET_OK, world_bids(&world, order, "p01", "10", 1));
    expect(MARKET_OK, world_bids(&world, order, "p02", "10", 1));
    expect(MARKET_OK, market_create_lease(market, order, p01, 2, NULL));
    expect(MARKET_BID_NOT_OPEN, market_create_lease(market, order, p02, 2, NULL));
    expect(MARKET_BID_NOT_FOUND, market_close_lease(market, order, p03, 2));
    expect(MARKET_BID_NOT_ACTIVE, market_close_lease(market, order, p02, 2));
    expect(MARKET_UNKNOWN_LEASE_FOR_BID, market_close_bid(market, order, p02, 2)); /* lost */
    expect(MARKET_OK, market_close_lease(market, order, p01, 20));
    expect(MARKET_ORDER_CLOSED, market_close_lease(market, order, p01, 20));
    expect(MARKET_LEASE_NOT_ACTIVE, market_close_bid(market, order, p01, 20));
    expect(MARKET_PAYMENT_CLOSED, market_withdraw_lease(market, order, p01, 20));
    market_audit(market);
    world_close(&world);
}

static void who_ends_a_lease_decides_what_follows(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2024_07());
    struct market *market = &world.market;
    struct market_deployment_id id = world_deploy(&world, "alice", 2, "100", 500000, 1);
    struct market_order_id first = world_order(&world, id, 1), second = world_order(&world, id, 2);
    world_lease(&world, id, 1, "p01", "10", 1);
    world_lease(&world, id, 2, "p02", "10", 1);
    expect(MARKET_OK, market_close_lease(market, first, world_wallet(&world, "p01"), 5));
    expect(MARKET_OK, market_close_bid(market, second, world_wallet(&world, "p02"), 5));
    const struct market_order *order = market_order(market, world_order(&world, id, 1));
    assert_int_equal(2, order->oseq);
    assert_int_equal(MARKET_ORDER_IS_OPEN, order->state);
    assert_int_equal(0, world_order(&world, id, 2).generation);
    assert_int_equal(MARKET_GROUP_IS_PAUSED, market_group(market, world_group(&world, id, 2))->state);
    expect(MARKET_GROUP_PAUSED, market_pause_group(market, world_group(&world, id, 2), 6));
    expect(MARKET_GROUP_OPEN, market_start_group(market, world_group(&world, id, 1), 6));
    expect(MARKET_OK, market_start_group(market, world_group(&world, id, 2), 6));
    market_audit(market);
    world_close(&world);
}

static void update_changes_only_the_version(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2024_07());
    struct market *market = &world.market;
    struct market_deployment_id id = world_deploy(&world, "alice", 1, "100", 500000, 1), nowhere = {9, 9};
    static const uint8_t other[MARKET_VERSION_BYTES] = "another";
    expect(MARKET_EMPTY_VERSION, market_update_deployment(market, nowhere, NULL, 0, 2));
    expect(MARKET_INVALID_VERSION, market_update_deployment(market, nowhere, other, 5, 2));
    expect(MARKET_DEPLOYMENT_NOT_FOUND, market_update_deployment(market, nowhere, other, 32, 2));
    expect(MARKET_INVALID_VERSION, market_update_deployment(market, id, world_version, 32, 2));
    expect(MARKET_OK, market_update_deployment(market, id, other, 32, 2));
    expect(MARKET_OK, market_close_deployment(market, id, 3));
    expect(MARKET_DEPLOYMENT_CLOSED, market_update_deployment(market, id, world_version, 32, 3));
    world_close(&world);
}

/* --- Overdrafts --- */

static void overdraft_found_by_the_tenant_publishes_no_order(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2024_07());
    struct market *market = &world.market;
    struct market_deployment_id id = world_deploy(&world, "alice", 1, "1000", 500000, 1);
    struct market_order_id order = world_order(&world, id, 1);
    world_lease(&world, id, 1, "p01", "1000", 1);
    assert_int_equal(502, market_dry_height(market, id));
    assert_false(market_foresee(market, id, 501).overdrawn);
    assert_true(market_foresee(market, id, 502).overdrawn);
    expect(MARKET_OK, market_close_lease(market, order, world_wallet(&world, "p01"), 600));
    assert_int_equal(MARKET_GROUP_IS_INSUFFICIENT_FUNDS, market_group(market, world_group(&world, id, 1))->state);
    assert_int_equal(0, world_order(&world, id, 1).generation);
    assert_int_equal(MARKET_DEPLOYMENT_IS_CLOSED, market_deployment(market, id)->state);
    assert_int_equal(HEIGHT_NEVER, market_dry_height(market, id));
    assert_int_equal(490000, purse_change(&world, "p01", MARKET_UAKT));
    assert_int_equal(10000, market->bank.wallets[BANK_POOL].balance[MARKET_UAKT]);
    market_audit(market);
    world_close(&world);
}

static void overdraft_found_by_a_new_lease_fails_it(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2024_07());
    struct market *market = &world.market;
    struct market_deployment_id id = world_deploy(&world, "alice", 2, "1000", 500000, 1);
    world_lease(&world, id, 1, "p01", "1000", 1);
    struct market_order_id second = world_order(&world, id, 2);
    expect(MARKET_OK, world_bids(&world, second, "p02", "1000", 2));
    uint64_t before = market_digest(market);
    world.events.n = 0;
    expect(MARKET_ACCOUNT_OVERDRAWN, market_create_lease(market, second, world_wallet(&world, "p02"), 600, NULL));
    assert_true(before == market_digest(market));
    assert_int_equal(0, world.events.n);
    /* A deposit before anybody settles rescues the account, which then pays all the blocks. */
    struct market_deposit rescue = {id, world_wallet(&world, "alice"), MARKET_UAKT, 200000};
    expect(MARKET_OK, market_deposit_deployment(market, &rescue, 601));
    expect(MARKET_OK, market_create_lease(market, second, world_wallet(&world, "p02"), 601, NULL));
    expect_decimal("100000", market_account(market, id)->balance);
    market_audit(market);
    world_close(&world);
}

/* --- Order, events, memory --- */

static void payments_are_walked_in_text_order(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2024_07());
    struct market *market = &world.market;
    struct market_deployment_id id = world_deploy(&world, "alice", 12, "1", 500000, 0);
    for (uint32_t g = 12; g >= 1; g--)
        world_lease(&world, id, g, "p01", "1", 0);
    static const uint32_t expected[] = {1, 10, 11, 12, 2, 3, 4, 5, 6, 7, 8, 9};
    uint32_t payment = market_account(market, id)->first_open;
    for (int i = 0; i < 12; i++, payment = market->escrow.payments[payment].next_open)
        assert_int_equal(expected[i], market->escrow.payments[payment].gseq);
    assert_int_equal(SLOT_NONE, payment);
    market_audit(market);
    world_close(&world);
}

static void events_tell_the_life_of_a_lease(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2024_07());
    struct market *market = &world.market;
    struct market_deployment_id id = world_deploy(&world, "alice", 1, "100", 500000, 1);
    struct market_order_id order = world_order(&world, id, 1);
    uint32_t p01 = world_wallet(&world, "p01");
    expect(MARKET_OK, world_bids(&world, order, "p01", "80", 1));
    expect(MARKET_OK, world_bids(&world, order, "p02", "90", 1));
    world.events.n = 0;
    struct market_lease_id lease;
    expect(MARKET_OK, market_create_lease(market, order, p01, 1, &lease));
    static const uint8_t made[][2] = {{MARKET_EVENT_LEASE, MARKET_LEASE_IS_ACTIVE},
                                      {MARKET_EVENT_ORDER, MARKET_ORDER_IS_ACTIVE},
                                      {MARKET_EVENT_BID, MARKET_BID_IS_ACTIVE},
                                      {MARKET_EVENT_BID, MARKET_BID_IS_LOST},
                                      {MARKET_EVENT_TRANSFER, 0}};
    assert_int_equal(5, world.events.n);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(made[i][0], world.events.items[i].kind);
        if (made[i][0] != MARKET_EVENT_TRANSFER)
            assert_int_equal(made[i][1], world.events.items[i].state);
        assert_int_equal(order.index, world.events.items[i].order.index);
    }
    assert_int_equal(lease.index, world.events.items[0].lease.index);
    assert_string_equal("bid refund", market_transfer_name((enum market_transfer)world.events.items[4].what));
    world.events.n = 0;
    expect(MARKET_OK, market_withdraw_lease(market, order, p01, 101));
    assert_int_equal(2, world.events.n);
    assert_int_equal(MARKET_TRANSFER_TAKE, world.events.items[0].what);
    assert_int_equal(160, world.events.items[0].amount);
    assert_int_equal(MARKET_TRANSFER_PAYMENT, world.events.items[1].what);
    assert_int_equal(7840, world.events.items[1].amount);
    assert_int_equal(p01, world.events.items[1].to);
    assert_int_equal(lease.generation, world.events.items[1].lease.generation);
    world_close(&world);
}

static void small_payouts_escape_the_take(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2024_07());
    struct market *market = &world.market;
    struct market_deployment_id id = world_deploy(&world, "alice", 1, "100", 500000, 0);
    struct market_order_id order = world_order(&world, id, 1);
    uint32_t p01 = world_wallet(&world, "p01");
    world_lease(&world, id, 1, "p01", "49", 0);
    for (int64_t h = 1; h <= 10; h++)
        expect(MARKET_OK, market_withdraw_lease(market, order, p01, h));
    assert_int_equal(0, market->bank.wallets[BANK_POOL].balance[MARKET_UAKT]);
    expect(MARKET_OK, market_withdraw_lease(market, order, p01, 20));
    assert_int_equal(9, market->bank.wallets[BANK_POOL].balance[MARKET_UAKT]);
    world_close(&world);
}

static void forgotten_things_leave_stale_names(void **state)
{
    (void)state;
    struct world world;
    open_with(&world, market_rules_2024_07());
    struct market *market = &world.market;
    struct market_deployment_id id = world_deploy(&world, "alice", 2, "100", 500000, 1);
    struct market_order_id order = world_order(&world, id, 1);
    struct market_lease_id lease = world_lease(&world, id, 1, "p01", "10", 1);
    assert_false(market_forget_deployment(market, id));
    expect(MARKET_OK, market_close_deployment(market, id, 10));
    assert_true(market_forget_deployment(market, id));
    assert_false(market_forget_deployment(market, id));
    market_audit(market);
    assert_null(market_deployment(market, id));
    assert_null(market_order(market, order));
    assert_null(market_lease(market, lease));
    struct market_deployment_id again = world_deploy(&world, "bob", 2, "100", 500000, 11);
    assert_int_equal(id.index, again.index);
    assert_null(market_lease(market, lease));
    expect(MARKET_DEPLOYMENT_NOT_FOUND, market_close_deployment(market, id, 11));
    expect(MARKET_UNKNOWN_LEASE, market_withdraw_lease(market, order, world_wallet(&world, "p01"), 11));
    market_audit(market);
    world_close(&world);
}

static void memory_is_bounded_by_what_lives(void **state)
{
    (void)state;
    struct market_rules rules = market_rules_2024_07();
    struct world world;
    world_open(&world, &rules, true, names, sizeof names / sizeof names[0]);
    struct market *market = &world.market;
    uint32_t p01 = world_wallet(&world, "p01");
    for (int64_t h = 1; h < 200; h += 2) {
        struct market_deployment_id id = world_deploy(&world, "alice", 1, "100", 500000, h);
        struct market_order_id order = world_order(&world, id, 1);
        for (int i = 3; i < 7; i++)
            expect(MARKET_OK, world_bids(&world, order, names[i], "10", h));
        expect(MARKET_OK, market_create_lease(market, order, p01, h, NULL));
        expect(MARKET_BID_NOT_FOUND, market_create_lease(market, order, p01 + 1, h, NULL)); /* lost and forgotten */
        expect(MARKET_OK, market_close_deployment(market, id, h + 1));
        market_audit(market);
        assert_true(market_forget_deployment(market, id));
    }
    assert_int_equal(1, market->deployment_slots.n_used);
    assert_int_equal(1, market->lease_slots.n_used);
    assert_int_equal(4, market->bid_slots.n_used);
    world_close(&world);
}

static void looking_ahead_changes_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct world world;
        open_with(&world, i == 0 ? market_rules_2024_07() : market_rules_2026_08());
        struct market *market = &world.market;
        struct market_deployment_id bare = world_deploy(&world, "bob", 2, "100", 500000, 1),
                                    id = world_deploy(&world, "alice", 1, "100", 500000, 1),
                                    gone = world_deploy(&world, "bob", 1, "100", 500000, 1);
        struct market_order_id order = world_order(&world, id, 1), lost = world_order(&world, gone, 1);
        world_lease(&world, id, 1, "p01", "10", 1);
        expect(MARKET_OK, market_close_deployment(market, gone, 2));
        assert_true(market_forget_deployment(market, gone));
        uint64_t before = market_digest(market);
        const struct market_deployment_id deployments[] = {bare, id, gone, {0}, {4095, 1}, {UINT32_MAX, 1}};
        const struct market_order_id orders[] = {order, world_order(&world, bare, 2), lost, {0}, {16383, 1}, {UINT32_MAX, 1}};
        const uint32_t wallets[] = {world_wallet(&world, "alice"), BANK_POOL, 63, UINT32_MAX};
        for (int step = 0; step < MARKET_AHEAD_STEPS; step++) {
            for (size_t k = 0; k < sizeof deployments / sizeof deployments[0]; k++)
                market_ahead_deployment(market, deployments[k], step);
            for (size_t k = 0; k < sizeof orders / sizeof orders[0]; k++)
                market_ahead_lease(market, orders[k], step);
            for (size_t k = 0; k < sizeof wallets / sizeof wallets[0]; k++)
                market_ahead_create(market, wallets[k], k, step);
        }
        assert_true(before == market_digest(market));
        market_audit(market);
        expect(MARKET_OK, market_withdraw_lease(market, order, world_wallet(&world, "p01"), 3));
        world_close(&world);
    }
}

static void profiles_are_found_by_name(void **state)
{
    (void)state;
    struct market_rules rules = {0};
    assert_true(market_rules_named("2024-07", &rules));
    assert_int_equal(5000000, rules.deployment_minimum[MARKET_USDC]);
    assert_false(market_rules_named("1999-01", &rules));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deployment_checks_run_in_order),
        cmocka_unit_test(groups_of_one_name_are_refused),
        cmocka_unit_test(deposit_checks_run_in_order),
        cmocka_unit_test(a_grant_in_another_denom_panics),
        cmocka_unit_test(bid_checks_run_in_order),
        cmocka_unit_test(offers_come_in_the_order_of_names),
        cmocka_unit_test(lease_checks_run_in_order),
        cmocka_unit_test(who_ends_a_lease_decides_what_follows),
        cmocka_unit_test(update_changes_only_the_version),
        cmocka_unit_test(overdraft_found_by_the_tenant_publishes_no_order),
        cmocka_unit_test(overdraft_found_by_a_new_lease_fails_it),
        cmocka_unit_test(payments_are_walked_in_text_order),
        cmocka_unit_test(events_tell_the_life_of_a_lease),
        cmocka_unit_test(small_payouts_escape_the_take),
        cmocka_unit_test(forgotten_things_leave_stale_names),
        cmocka_unit_test(memory_is_bounded_by_what_lives),
        cmocka_unit_test(looking_ahead_changes_nothing),
        cmocka_unit_test(profiles_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
