/* The marketplace cloud under the rules of 2026, its quirks, deployments of several groups, and the provider's clocks, in worlds whose
 * answers can be computed by hand. */
#include "tests/unit/clouds_akash.h"

/* --- Rules of 2026 --------------------------------------------------------------------------------------------------- */

#define OF_2026 "rules = \"2026-08\"; "
/* Dear enough that the smallest deposit and the smallest mint do not last for days: 1.34 USD an hour. */
#define BIG "{ name = \"vm\"; kind = \"service\"; count = 1; ramp = \"0 s\"; vcpus = 200; memory = \"800 GiB\"; }"

/* An escrow of 20 hours runs dry while the oracle is away, and a new deployment has to wait for the mint. With the oracle back for a
 * minute everything goes on. */
static void stale_oracle_stops_the_mint_and_with_it_new_deposits(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.head = "horizon = \"2 d\";",
                                       .demand = BIG,
                                       .keys = OF_2026 "escrow_depth = \"20 h\"; top_up_every = \"30 d\"; price_ceiling = 1;",
                                       .detect = "1 min",
                                       .incidents = incident("oracle", "2024-07-01T12:00Z", "shared", "akash/oracle", 20 * hour)});
    clouds_until(&test, 12 * hour + 20);
    assert_int_equal(akash_mint_status(cloud_of(&test)), BME_HEALTHY); /* the last price is not stale yet */
    clouds_until(&test, 12 * hour + 40);
    assert_int_equal(akash_mint_status(cloud_of(&test)), BME_HALT_ORACLE);
    clouds_until(&test, 19.9 * hour);
    assert_true(clouds_is_up(&test, "vm/0", 0)); /* what is paid for runs on */
    clouds_until(&test, 21 * hour);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    assert_int_equal(tenancy_of(&test, 0)->phase, AKASH_IDLE);
    clouds_until(&test, 32 * hour + 59);
    assert_int_equal(akash_mint_status(cloud_of(&test)), BME_HALT_ORACLE); /* back, but no price yet */
    clouds_until(&test, 32 * hour + 61);
    assert_int_equal(akash_mint_status(cloud_of(&test)), BME_HEALTHY);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, 33 * hour);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_finish(&test);
    clouds_close(&test);
}

/* A request to mint is carried out at the next height that 10 divides; what the mint keeps is paid. */
static void first_deposit_waits_for_an_epoch_of_the_mint(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = text(VM, ""), .keys = OF_2026});
    struct akash *cloud = cloud_of(&test);
    int64_t first = cloud->base_height + 1, epoch = (first / 10 + 1) * 10 - cloud->base_height; /* blocks from the start */
    clouds_until(&test, (double)epoch * 6 - 1);
    assert_int_equal(cloud->deployment[0].id.generation, 0);
    clouds_until(&test, (double)epoch * 6);
    assert_int_equal(tenancy_of(&test, 0)->phase, AKASH_ORDERED);
    int64_t deposit = akash_escrow(cloud, 0, cloud->plan->escrow_depth);
    int64_t supply = cloud->mint.vault.supply_uact - cloud->plan->act_supply;
    assert_true(supply >= deposit && supply <= deposit + 1);
    clouds_finish(&test);
    /* 25 basis points of what was burnt, besides the lease. */
    double spread = (double)supply * 0.0025 / 0.9975 / 1e6, blocks = 14400 - (double)epoch - 10;
    assert_near(clouds_metric(&test, "cost_usd"), spread + vm_block * blocks, vm_block * 2);
    clouds_close(&test);
}

/* Its machines wanted back at 10 h, a lease with a window of 6 h ends at 16 h, by the clock on the wall: a halt from 12 h to 15 h does not
 * count. Its tenant, who is slow, has done nothing; one that is quick moves, and loses the minute that its new lease takes. */
static void reclaimed_lease_ends_when_its_window_does(void **state)
{
    (void)state;
    for (int quick = 0; quick < 2; quick++) {
        struct clouds_test test;
        open_akash(&test, (struct options){
                              .demand = text(VM, ""),
                              .keys = OF_2026 "reclaim_asked = \"6 h\"; reclaim_offered = \"6 h\"; departure = \"10 h\"; absence = \"14 h\";",
                              .detect = quick ? "30 min" : "20 h",
                              .incidents = incident("halt", "2024-07-01T12:00Z", "control", "akash/chain", 3 * hour)});
        clouds_until(&test, 10 * hour);
        const struct tenancy *what = tenancy_of(&test, 0);
        const struct akash *cloud = cloud_of(&test);
        const struct market_order *order = market_order(&cloud->market, what->order);
        assert_int_equal(cloud->market.leases[order->lease].state, MARKET_LEASE_IS_RECLAIMING);
        assert_true(clouds_is_up(&test, "vm/0", 0));
        clouds_until(&test, 10.6 * hour);
        assert_int_equal(what->phase == AKASH_LEASED, !quick);
        clouds_until(&test, 16 * hour - 1);
        assert_int_equal(what->phase == AKASH_LEASED, !quick);
        clouds_until(&test, 16 * hour);
        assert_false(clouds_is_up(&test, "vm/0", 0)); /* all providers are away */
        clouds_finish(&test);
        clouds_close(&test);
    }
}

/* A provider may close a sick lease at once; not so where it has promised a window. */
static void dead_lease_with_a_window_is_billed_until_its_tenant_acts(void **state)
{
    (void)state;
    for (int window = 0; window < 2; window++) {
        struct clouds_test test;
        open_akash(&test, (struct options){.demand = text(VM, ""),
                                           .keys = window ? OF_2026 "evict_after = \"12 h\"; reclaim_offered = \"6 h\";"
                                                          : OF_2026 "evict_after = \"12 h\";",
                                           .detect = "10 h",
                                           .incidents = incident("node", "2024-07-01T01:00Z", "node", "a/z1/r01/*", 20 * hour)});
        clouds_until(&test, 2 * hour);
        assert_int_equal(tenancy_of(&test, 0)->phase, window ? AKASH_LEASED : AKASH_PAUSED);
        clouds_finish(&test);
        double dead = clouds_metric(&test, "dead_billed_hours"), paused = clouds_metric(&test, "paused_hours");
        if (window) {
            assert_near(dead, 10, 0.01);
            assert_near(clouds_metric(&test, "dead_billed_usd"), vm_block * 10 * hour / 6, vm_block * 4);
            assert_near(paused, 0, 0);
        } else {
            assert_near(dead * hour, 8 * minute, minute);
            assert_near(dead + paused, 10, 0.1);
        }
        assert_near(clouds_metric(&test, "paused_groups"), !window, 0);
        clouds_close(&test);
    }
}

/* With [Q1] the losers' deposits come back a block later, when their providers have seen the lease. */
static void losers_close_their_bids_in_the_next_block(void **state)
{
    (void)state;
    for (int quirk = 0; quirk < 2; quirk++) {
        struct clouds_test test;
        open_akash(&test, (struct options){.demand = text(VM, ""),
                                           .keys = quirk ? OF_2026 : OF_2026 "quirks = { losers_stay_open = false; };"});
        struct akash *cloud = cloud_of(&test);
        double at = 0;
        while (tenancy_of(&test, 0)->phase != AKASH_LEASED)
            clouds_until(&test, ++at);
        const int64_t *held = &cloud->market.bank.wallets[BANK_ESCROW].balance[MARKET_UAKT];
        assert_int_equal(*held, quirk ? 3 * 500000 : 500000); /* the winner's, and with the quirk two losers' */
        clouds_until(&test, at + 6);
        assert_int_equal(*held, 500000);
        clouds_finish(&test);
        clouds_close(&test);
    }
}

/* --- Groups ---------------------------------------------------------------------------------------------------------- */

/* Five replicas in two groups: three and two, one deployment, one account. The loss of a group's provider moves that group alone. */
static void groups_of_a_deployment_are_leased_and_moved_apart(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = "{ name = \"web\"; kind = \"service\"; count = 1; ramp = \"0 s\"; replicas = 5; quorum = 1; "
                                                 "vcpus = 150; memory = \"4 GiB\"; }", /* one a node, two a provider */
                                       .keys = "groups = 3;",
                                       .incidents = incident("dark", "2024-07-01T02:00Z", "rack", "a/z1/r01", 20 * hour)});
    struct akash *cloud = cloud_of(&test);
    assert_int_equal(cloud->tenancies, 3);
    assert_int_equal(cloud->deployments, 1);
    for (uint32_t t = 0; t < 3; t++)
        assert_int_equal(tenancy_of(&test, t)->units, t < 2 ? 2 : 1);
    clouds_until(&test, hour);
    uint32_t before[3], lost = 0;
    for (uint32_t t = 0; t < 3; t++) {
        assert_int_equal(tenancy_of(&test, t)->phase, AKASH_LEASED);
        before[t] = tenancy_of(&test, t)->provider;
        lost += before[t] == 0;
    }
    struct market_deployment_id id = cloud->deployment[0].id;
    clouds_until(&test, 3 * hour);
    assert_true(akash_same_deployment(id, cloud->deployment[0].id));
    for (uint32_t t = 0; t < 3; t++) {
        assert_int_equal(tenancy_of(&test, t)->phase, AKASH_LEASED);
        assert_true((before[t] == 0) == (tenancy_of(&test, t)->provider != before[t]));
    }
    assert_true(lost > 0);
    clouds_finish(&test);
    clouds_close(&test);
}

/* [Q5] bites when one group of a deployment is leased anew: what the others have earned since the last settlement is gone. */
static void fail_over_of_a_group_takes_what_the_others_earned_with_q5(void **state)
{
    (void)state;
    double cost[2];
    for (int quirk = 0; quirk < 2; quirk++) {
        struct clouds_test test;
        open_akash(&test, (struct options){.demand = "{ name = \"web\"; kind = \"service\"; count = 1; ramp = \"0 s\"; replicas = 3; quorum = 1; "
                                                     "spread = \"zone\"; vcpus = 2; memory = \"4 GiB\"; }",
                                           .keys = quirk ? OF_2026 "groups = 3; balance_every = \"0 s\";"
                                                         : OF_2026 "groups = 3; balance_every = \"0 s\"; quirks = { new_lease_uncredits = false; };",
                                           .withdraw = "24 h",
                                           .incidents = incident("dark", "2024-07-01T05:00Z", "rack", "a/z1/r01", 10 * hour)});
        clouds_finish(&test);
        double lost = clouds_metric(&test, "stranded_uncredited_usd");
        assert_true(quirk ? lost > 0 : lost == 0);
        assert_near(clouds_metric(&test, "stranded_usd"), lost, 1e-5);
        cost[quirk] = clouds_metric(&test, "cost_usd");
        clouds_close(&test);
    }
    assert_near(cost[0], cost[1], 1e-4); /* the tenant pays the same; its providers do not get it */
}

/* --- The provider's clocks ------------------------------------------------------------------------------------------- */

/* Providers collect once in a month. Without the checker nobody finds out that the account is dry; with it, within ten minutes. */
static void balance_checker_finds_a_dry_account_within_its_interval(void **state)
{
    (void)state;
    for (int checks = 0; checks < 2; checks++) {
        struct clouds_test test;
        open_akash(&test, (struct options){.head = "horizon = \"2 d\";",
                                           .demand = BIG,
                                           .withdraw = "60 d",
                                           .detect = "40 h",
                                           .keys = checks ? "escrow_depth = \"20 h\"; price_ceiling = 1; top_up_every = \"30 d\";"
                                                          : "escrow_depth = \"20 h\"; price_ceiling = 1; top_up_every = \"30 d\"; balance_every = \"0 s\";"});
        struct akash *cloud = cloud_of(&test);
        clouds_until(&test, hour);
        int64_t dry = market_dry_height(&cloud->market, cloud->deployment[0].id);
        double at = (double)(dry - cloud->base_height) * 6;
        assert_near(at, 20 * hour, 5 * minute);
        clouds_until(&test, at - 6);
        assert_int_equal(tenancy_of(&test, 0)->phase, AKASH_LEASED);
        clouds_until(&test, at + 10 * minute);
        assert_int_equal(tenancy_of(&test, 0)->phase == AKASH_LEASED, !checks);
        clouds_finish(&test);
        clouds_close(&test);
    }
}

static void lease_without_manifest_is_closed_after_five_minutes(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = text(VM, ""), .keys = "manifest_time = \"6 min\";", .detect = "1 h"});
    clouds_until(&test, 66 + 5 * minute - 1);
    assert_int_equal(tenancy_of(&test, 0)->phase, AKASH_LEASED);
    clouds_until(&test, 66 + 5 * minute);
    assert_int_equal(tenancy_of(&test, 0)->phase, AKASH_PAUSED);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "availability_service"), 0, 0);
    assert_true(clouds_metric(&test, "paused_groups") > 5);
    clouds_close(&test);
}

/* [R8] off: a halt restarts nobody, the monitor goes on counting, and its one message is lost in the halt. */
static void halt_loses_the_monitors_only_message_without_r8(void **state)
{
    (void)state;
    for (int quirk = 0; quirk < 2; quirk++) {
        struct clouds_test test;
        open_akash(&test, (struct options){.demand = text(VM, ""),
                                           .keys = quirk ? "evict_after = \"20 h\";"
                                                         : "evict_after = \"20 h\"; quirks = { probe_needs_chain = false; };",
                                           .detect = "10 h",
                                           .incidents = text("%s, %s", incident("halt", "2024-07-01T01:00Z", "control", "akash/chain", hour),
                                                             incident("node", "2024-07-01T01:10Z", "node", "a/z1/r01/*", 20 * hour))});
        clouds_until(&test, 3 * hour);
        assert_int_equal(tenancy_of(&test, 0)->phase, quirk ? AKASH_PAUSED : AKASH_LEASED);
        clouds_until(&test, 9 * hour);
        assert_int_equal(tenancy_of(&test, 0)->phase, quirk ? AKASH_PAUSED : AKASH_LEASED);
        clouds_finish(&test);
        clouds_close(&test);
    }
}

/* --- Refusals -------------------------------------------------------------------------------------------------------- */

static void refuse(const char *keys, const char *message)
{
    struct clouds_test test;
    clouds_read(&test, text("model = \"clouds\"; horizon = \"1 d\"; " FLEET " demand = ( " VM " ); clouds = ( { name = \"c\"; %s } );", "", keys));
    char *said = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&said, &bytes);
    assert_true(scenario_print_errors(test.scenario, out) > 0);
    assert_int_equal(fclose(out), 0);
    if (strstr(said, message) == NULL)
        fail_msg("nobody says '%s' of %s, but:\n%s", message, keys, said);
    free(said);
    clouds_close(&test);
}

static void rules_without_a_meaning_are_refused(void **state)
{
    (void)state;
    refuse("kind = \"hyperscaler\"; rules = \"2026-08\";", "no rules of 2026-08 are known for clouds of kind 'hyperscaler'");
    refuse("kind = \"akash\"; quirks = { new_lease_uncredits = false; };", "the rules of 2024-07 have no quirk 'new_lease_uncredits'");
    refuse("kind = \"akash\"; rules = \"2026-08\"; quirks = { probe_needs_chain = false; };", "have no quirk 'probe_needs_chain'");
    refuse("kind = \"akash\"; reclaim_offered = \"2 h\";", "no reclamation");
    refuse("kind = \"akash\"; akt_reserve = \"2 h\";", "holds one denom");
    refuse("kind = \"akash\"; rules = \"2026-08\"; reclaim_asked = \"2 h\";", "there would be no bid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stale_oracle_stops_the_mint_and_with_it_new_deposits),
        cmocka_unit_test(first_deposit_waits_for_an_epoch_of_the_mint),
        cmocka_unit_test(reclaimed_lease_ends_when_its_window_does),
        cmocka_unit_test(dead_lease_with_a_window_is_billed_until_its_tenant_acts),
        cmocka_unit_test(losers_close_their_bids_in_the_next_block),
        cmocka_unit_test(groups_of_a_deployment_are_leased_and_moved_apart),
        cmocka_unit_test(fail_over_of_a_group_takes_what_the_others_earned_with_q5),
        cmocka_unit_test(balance_checker_finds_a_dry_account_within_its_interval),
        cmocka_unit_test(lease_without_manifest_is_closed_after_five_minutes),
        cmocka_unit_test(halt_loses_the_monitors_only_message_without_r8),
        cmocka_unit_test(rules_without_a_meaning_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
