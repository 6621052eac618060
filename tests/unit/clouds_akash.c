/* The marketplace cloud in small worlds whose answers can be computed by hand. */
#include "tests/unit/clouds_akash.h"

/* --- Lease flow ------------------------------------------------------------------------------------------------------ */

static void lease_takes_a_block_bids_and_a_choice(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = text(VM, "")});
    struct akash *cloud = cloud_of(&test);
    clouds_until(&test, 5);
    assert_int_equal(cloud->deployment[0].id.generation, 0);
    clouds_until(&test, 6);
    assert_int_equal(tenancy_of(&test, 0)->phase, AKASH_ORDERED);
    clouds_until(&test, 17);
    assert_int_equal(tenancy_of(&test, 0)->n_bids, 0);
    clouds_until(&test, 18);
    assert_int_equal(tenancy_of(&test, 0)->n_bids, 4);
    assert_int_equal(cloud->market.bank.wallets[BANK_ESCROW].balance[MARKET_UAKT], 4 * 500000);
    clouds_until(&test, 65);
    assert_int_equal(tenancy_of(&test, 0)->phase, AKASH_ORDERED);
    clouds_until(&test, 66);
    assert_int_equal(tenancy_of(&test, 0)->phase, AKASH_LEASED);
    assert_int_equal(cloud->market.bank.wallets[BANK_ESCROW].balance[MARKET_UAKT], 500000); /* the losers have theirs back */
    clouds_until(&test, 125);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, 126);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "time_to_lease_p50_s"), 66, 1e-9);
    assert_near(clouds_metric(&test, "availability_service"), 1 - 126 / 86400.0, 1e-12);
    clouds_close(&test);
}

static void cost_is_price_times_time_within_a_block(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = text(VM, "")});
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), vm_block * (14400 - 11), 2e-6);
    assert_near(clouds_metric(&test, "paid_hours_per_useful_hour"), (86400 - 66) / (86400 - 126.0), 1e-9);
    clouds_close(&test);
}

static void warmup_is_not_paid_whatever_the_provider_collects_when(void **state)
{
    (void)state;
    static const char *const collects[] = {"1 h", "24 h", "7 d"};
    for (size_t i = 0; i < 3; i++) {
        struct clouds_test test;
        open_akash(&test, (struct options){.head = "horizon = \"1 d\"; warmup = \"3 d\";", .demand = text(VM, ""), .withdraw = collects[i]});
        clouds_finish(&test);
        assert_near(clouds_metric(&test, "cost_usd"), vm_block * 14400, vm_block + 2e-6);
        assert_near(clouds_metric(&test, "paid_hours_per_useful_hour"), 1, 1e-12);
        clouds_close(&test);
    }
}

/* Nor when the provider was dark as measuring began, and collects later. */
static void warmup_is_not_paid_by_a_provider_that_was_dark_at_the_start(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.head = "horizon = \"1 d\"; warmup = \"3 d\";",
                                       .demand = text(VM, ""),
                                       .incidents = incident("dark", "2024-06-30T20:00Z", "provider", "akash/*", 8 * hour)});
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), vm_block * 14400, vm_block + 2e-6);
    clouds_close(&test);
}

static void inventories_are_updated_in_warmup_too(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.head = "horizon = \"1 d\"; warmup = \"2 d\";", .demand = text(VM, "arrivals = \"2 /h\";")});
    clouds_until(&test, -24 * hour);
    for (uint32_t p = 0; p < 4; p++) { /* 48 orders have met every provider since the begin */
        instant updated = cloud_of(&test)->provider[p].updated;
        assert_true(updated.us > -48 * (int64_t)US_PER_HOUR && updated.us <= world_now(test.world).us);
    }
    clouds_close(&test);
}

static void order_that_nobody_can_serve_is_tried_again_and_again_and_refused_once(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = "{ name = \"wide\"; kind = \"service\"; replicas = 3; count = 1; ramp = \"0 s\"; "
                                                 "vcpus = 200; memory = \"4 GiB\"; }"}); /* a provider has room for two */
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "refusals"), 1, 0);
    assert_true(tenancy_of(&test, 0)->tries > 40);
    assert_near(clouds_metric(&test, "lease_success_rate"), 0, 0);
    assert_near(clouds_metric(&test, "cost_usd"), 0, 0);
    clouds_close(&test);
}

static void spread_replicas_lease_from_different_providers(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = text(VM, "replicas = 4; spread = \"zone\";")});
    clouds_until(&test, hour);
    for (uint32_t i = 0; i < 4; i++)
        for (uint32_t k = 0; k < i; k++)
            assert_int_not_equal(tenancy_of(&test, i)->provider, tenancy_of(&test, k)->provider);
    clouds_finish(&test);
    clouds_close(&test);
}

/* --- Faults ---------------------------------------------------------------------------------------------------------- */

/* Lost at 3600; noticed at 4200; left in block 701 (4206 s); bids in 703, leased in 711 (4266 s), up at 4326. */
static void dark_provider_is_paid_until_its_tenant_leaves(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = text(VM, ""),
                                       .incidents = incident("dark", "2024-07-01T01:00Z", "rack", "a/z1/r01", 10 * hour)});
    clouds_until(&test, hour);
    assert_int_equal(tenancy_of(&test, 0)->provider, 0);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, 4205);
    assert_int_equal(tenancy_of(&test, 0)->phase, AKASH_LEASED);
    clouds_until(&test, 4206);
    assert_int_equal(tenancy_of(&test, 0)->phase, AKASH_ORDERED);
    clouds_until(&test, 4266);
    assert_int_equal(tenancy_of(&test, 0)->phase, AKASH_LEASED);
    assert_int_not_equal(tenancy_of(&test, 0)->provider, 0);
    clouds_until(&test, 4325);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, 4326);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), vm_block * (701 - 11 + 14400 - 711), 3e-6);
    clouds_close(&test);
}

static void node_lost_inside_a_provider_is_evicted_after_340_s(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = text(VM, ""), .incidents = incident("node", "2024-07-01T01:00Z", "node", "a/z1/r01/n01", 10 * hour)});
    clouds_until(&test, hour + 339);
    assert_string_equal(clouds_path(&test, clouds_unit(&test, "vm/0", 0)->dependency[0]), "a/z1/r01/n01");
    clouds_until(&test, hour + 340);
    assert_string_equal(clouds_path(&test, clouds_unit(&test, "vm/0", 0)->dependency[0]), "a/z1/r01/n02");
    clouds_until(&test, hour + 400);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, 20 * hour);
    assert_int_equal(tenancy_of(&test, 0)->provider, 0); /* the lease has survived */
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), vm_block * (14400 - 11), 2e-6);
    clouds_close(&test);
}

static void sick_deployment_is_closed_by_its_provider_and_waits_for_its_tenant(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = text(VM, ""), .detect = "2 h",
                                       .incidents = incident("nodes", "2024-07-01T01:00Z", "node", "a/z1/r01/*", 10 * hour)});
    clouds_until(&test, hour + 6 * minute);
    assert_int_equal(tenancy_of(&test, 0)->phase, AKASH_LEASED);
    clouds_until(&test, hour + 10 * minute);
    assert_int_equal(tenancy_of(&test, 0)->phase, AKASH_PAUSED); /* 41 looks, 4 s + U(0, 15 s) apart */
    struct market *market = &cloud_of(&test)->market;
    assert_int_equal(market_group(market, tenancy_of(&test, 0)->group)->state, MARKET_GROUP_IS_PAUSED);
    clouds_until(&test, 3 * hour + 5);
    assert_int_equal(tenancy_of(&test, 0)->phase, AKASH_PAUSED);
    clouds_until(&test, 3 * hour + 6);
    assert_int_equal(tenancy_of(&test, 0)->phase, AKASH_ORDERED);
    clouds_until(&test, 3 * hour + 3 * minute);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_finish(&test);
    clouds_close(&test);
}

static void halted_chain_bills_nothing_leases_nothing_and_stops_no_workload(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = text(VM ", { name = \"late\"; kind = \"service\"; arrivals = \"6 /h\"; vcpus = 1; memory = \"1 GiB\"; lifetime = \"30 min\"; }", ""),
                                       .incidents = incident("halt", "2024-07-01T02:00Z", "control", "akash/chain", 2 * hour)});
    clouds_until(&test, 2 * hour);
    double paid = clouds_paid(&test, 0);
    int64_t height = akash_height(cloud_of(&test));
    clouds_until(&test, 4 * hour - 1);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    assert_near(clouds_paid(&test, 0), paid, 0);
    assert_int_equal(akash_height(cloud_of(&test)), height);
    for (uint32_t t = 0; t < cloud_of(&test)->tenancies; t++) {
        double leased = (double)tenancy_of(&test, t)->leased_at.us / 1e6;
        assert_false(tenancy_of(&test, t)->phase == AKASH_LEASED && leased > 2 * hour);
    }
    clouds_finish(&test);
    assert_near(clouds_paid(&test, 0), vm_block * (1200 - 11 + 11999), vm_block + 3e-6);
    clouds_close(&test);
}

/* Forty tenants wait ten hours for a block: nothing happens meanwhile, and when the chain is back all of them order. */
static void waiting_for_a_halted_chain_costs_no_events(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = "{ name = \"vm\"; kind = \"service\"; count = 40; ramp = \"1 h\"; vcpus = 2; memory = \"4 GiB\"; }",
                                       .incidents = incident("halt", "2024-07-01T00:00Z", "control", "akash/chain", 10 * hour)});
    clouds_until(&test, 1.1 * hour);
    uint64_t before = engine_events(test.world->engine);
    clouds_until(&test, 9.9 * hour);
    assert_true(engine_events(test.world->engine) - before < 40); /* the providers' clocks */
    clouds_until(&test, 10 * hour + 5 * minute);
    for (uint32_t u = 0; u < 40; u++)
        assert_true(test.world->unit[u].state != UNIT_IDLE);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "refusals"), 40, 0);
    clouds_close(&test);
}

/* A workload that was withdrawn while the chain halted owes what it used before: the halt must not hide it. */
static void withdrawal_during_a_halt_to_the_end_is_paid_for(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = text(VM, "lifetime = \"20 h\";"), .withdraw = "7 d",
                                       .incidents = incident("halt", "2024-07-01T19:00Z", "control", "akash/chain", 48 * hour)});
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), vm_block * (11400 - 11), vm_block + 2e-6);
    clouds_close(&test);
}

static void provider_without_control_keeps_its_pods_and_takes_no_order(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = text(VM ", { name = \"late\"; kind = \"service\"; arrivals = \"6 /h\"; vcpus = 1; memory = \"1 GiB\"; }", ""),
                                       .incidents = incident("dark", "2024-07-01T02:00Z", "provider", "akash/a/p01", 20 * hour)});
    clouds_until(&test, 20 * hour);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    assert_int_equal(tenancy_of(&test, 0)->provider, 0);
    uint32_t others = 0;
    for (uint32_t t = 1; t < cloud_of(&test)->tenancies; t++)
        if (tenancy_of(&test, t)->phase == AKASH_LEASED && (double)tenancy_of(&test, t)->leased_at.us / 1e6 > 2 * hour) {
            assert_int_not_equal(tenancy_of(&test, t)->provider, 0);
            others++;
        }
    assert_true(others > 20);
    clouds_finish(&test);
    clouds_close(&test);
}

/* --- Escrow ---------------------------------------------------------------------------------------------------------- */

/* Ten replicas of 32 threads and 64 GiB cost 1,028 USD a month: a deposit of 5 USDC lasts 2,090 blocks, 3.5 h. */
#define DEAR                                                                                                           \
    "{ name = \"dear\"; kind = \"service\"; count = 1; replicas = 10; ramp = \"0 s\"; vcpus = 32; memory = \"64 GiB\"; }"

static void account_that_runs_dry_ends_the_deployment_at_the_next_withdrawal(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = DEAR, .detect = "1 h", .keys = "escrow_depth = \"1 h\"; top_up_every = \"7 d\";"});
    const double rate = 10 * (32 * 1.60 + 64 * 0.80 + 10 * 0.02) / 429909; /* dollars a block */
    double dry = 66 + 5 / rate * 6;
    clouds_until(&test, dry - minute);
    assert_true(clouds_is_up(&test, "dear/0", 0));
    double found = dry;
    while (tenancy_of(&test, 0)->phase == AKASH_LEASED) /* until somebody looks */
        clouds_until(&test, found += minute);
    assert_true(found - dry <= hour + minute);
    assert_false(clouds_is_up(&test, "dear/0", 0));
    assert_near(clouds_paid(&test, 0), 5, 2e-6);
    uint64_t dseq = cloud_of(&test)->dseq;
    clouds_until(&test, found + hour + 5 * minute);
    assert_int_equal(cloud_of(&test)->dseq, dseq + 1); /* a new deployment, when the tenant has noticed */
    assert_true(clouds_is_up(&test, "dear/0", 9));
    clouds_finish(&test);
    clouds_close(&test);
}

static void account_that_is_topped_up_never_runs_dry(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.head = "horizon = \"10 d\";", .demand = DEAR,
                                       .keys = "escrow_depth = \"24 h\"; top_up_every = \"12 h\"; top_up_missed = 0;"});
    clouds_finish(&test);
    assert_int_equal(cloud_of(&test)->dseq, 1000000001);
    assert_near(clouds_metric(&test, "longest_outage_min"), 2.1, 1e-9);
    const double rate = 10 * (32 * 1.60 + 64 * 0.80 + 10 * 0.02) / 429909;
    assert_near(clouds_metric(&test, "cost_usd"), rate * (144000 - 11), 1e-3);
    clouds_close(&test);
}

/* Its account runs dry, its owner forgets it: the horizon's account is the same however seldom providers collect. */
static void dark_tenant_pays_no_more_than_the_escrow_held(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = DEAR, .detect = "7 d", .withdraw = "7 d", .keys = "escrow_depth = \"1 h\"; top_up_every = \"7 d\";"});
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), 5, 2e-6);
    clouds_close(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lease_takes_a_block_bids_and_a_choice),
        cmocka_unit_test(cost_is_price_times_time_within_a_block),
        cmocka_unit_test(warmup_is_not_paid_whatever_the_provider_collects_when),
        cmocka_unit_test(warmup_is_not_paid_by_a_provider_that_was_dark_at_the_start),
        cmocka_unit_test(inventories_are_updated_in_warmup_too),
        cmocka_unit_test(order_that_nobody_can_serve_is_tried_again_and_again_and_refused_once),
        cmocka_unit_test(spread_replicas_lease_from_different_providers),
        cmocka_unit_test(dark_provider_is_paid_until_its_tenant_leaves),
        cmocka_unit_test(node_lost_inside_a_provider_is_evicted_after_340_s),
        cmocka_unit_test(sick_deployment_is_closed_by_its_provider_and_waits_for_its_tenant),
        cmocka_unit_test(halted_chain_bills_nothing_leases_nothing_and_stops_no_workload),
        cmocka_unit_test(waiting_for_a_halted_chain_costs_no_events),
        cmocka_unit_test(withdrawal_during_a_halt_to_the_end_is_paid_for),
        cmocka_unit_test(provider_without_control_keeps_its_pods_and_takes_no_order),
        cmocka_unit_test(account_that_runs_dry_ends_the_deployment_at_the_next_withdrawal),
        cmocka_unit_test(account_that_is_topped_up_never_runs_dry),
        cmocka_unit_test(dark_tenant_pays_no_more_than_the_escrow_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
