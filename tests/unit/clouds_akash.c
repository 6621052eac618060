/* The marketplace cloud in small worlds whose answers can be computed by hand. */
#include "tests/unit/clouds_world.h"

#include "models/clouds/akash_inside.h"

/* Four racks of two nodes: four providers, each with one rack. */
#define FLEET                                                                                                          \
    "fleet = { node_types = ( { name = \"box\"; vcpus = 256; memory = \"1 TiB\"; } ); sites = ( { name = \"a\"; zones = 1; "  \
    "racks = 4; nodes = ( { type = \"box\"; per_rack = 2; } ); } ); };"
#define VM "{ name = \"vm\"; kind = \"service\"; count = 1; ramp = \"0 s\"; vcpus = 2; memory = \"4 GiB\"; %s }"
/* Blocks of 6 s; bids after 8 s; 45 s to choose; 60 s to start; every price the script's own. A request at 0 makes a deployment in
 * block 1 (6 s), bids in block 3 (18 s), a lease in block 11 (66 s), and runs at 126 s. */
#define AKASH                                                                                                          \
    "{ name = \"akash\"; kind = \"akash\"; providers_per_site = 4; block_time = \"6 s\"; bid_delay = \"8 s\"; choose_wait = \"45 s\"; " \
    "start_time = \"60 s\"; price_spread = 0; automatic_share = 1; detect_automatic = \"%s\"; withdraw_every = \"%s\"; %s }"

struct options {
    const char *head, *demand, *incidents, *detect, *withdraw, *keys;
};

static void open_akash(struct clouds_test *test, struct options options)
{
    const char *head = options.head != NULL ? options.head : "horizon = \"1 d\";";
    const char *cloud = text(AKASH, options.detect != NULL ? options.detect : "10 min",
                             options.withdraw != NULL ? options.withdraw : "1 h", options.keys != NULL ? options.keys : "");
    clouds_open(test, text("model = \"clouds\"; seed = 3; probes = \"0\"; start = \"2024-07-01T00:00Z\"; %s " FLEET
                           " demand = ( %s ); incidents = ( %s ); clouds = ( %s );",
                           head, options.demand, options.incidents != NULL ? options.incidents : "", cloud));
    clouds_begin(test, 0);
}

static struct akash *cloud_of(const struct clouds_test *test) { return test->world->cloud; }
static struct tenancy *tenancy_of(const struct clouds_test *test, uint32_t t) { return &cloud_of(test)->tenancy[t]; }

/* What the script asks for one VM: 2 threads at 1.60, 4 GiB at 0.80, 10 GiB of disk at 0.02 USD per month of 429,909 blocks, with
 * six digits of a micro-dollar, in dollars per block. */
static const double vm_block = 15.352086e-6;
static const double hour = 3600, minute = 60;

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
        cmocka_unit_test(lease_takes_a_block_bids_and_a_choice),
        cmocka_unit_test(cost_is_price_times_time_within_a_block),
        cmocka_unit_test(warmup_is_not_paid_whatever_the_provider_collects_when),
        cmocka_unit_test(warmup_is_not_paid_by_a_provider_that_was_dark_at_the_start),
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
