/* The marketplace cloud's token, persistent data and unequal providers, in worlds whose answers can be computed by hand. */
#include "tests/unit/clouds_akash.h"

/* --- Persistent data ------------------------------------------------------------------------------------------------- */

#define DARK incident("dark", "2024-07-01T01:00Z", "rack", "a/z1/r01", 10 * hour)

/* Its provider dark at 1 h, the tenant leaves at 4206 s and has a new lease at 4266 s; the data take half an hour from there, the replica
 * itself a minute. */
static void service_waits_for_its_data_under_a_new_lease(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = text(VM, "persistent = true;"), .keys = "restore_time = \"30 min\";", .incidents = DARK});
    clouds_until(&test, 126);
    assert_true(clouds_is_up(&test, "vm/0", 0)); /* nothing to bring along at first */
    clouds_until(&test, 4266 + 1799);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, 4266 + 1800);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "data_restored"), 1, 0);
    assert_near(clouds_metric(&test, "data_lost"), 0, 0);
    assert_near(clouds_metric(&test, "availability_service"), 1 - (126 + 4266 + 1800 - hour) / 86400.0, 1e-12);
    clouds_close(&test);
}

static void data_without_a_copy_are_lost_and_the_service_begins_empty(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){
                          .demand = text(VM, "persistent = true;"), .keys = "restore_time = \"30 min\"; backup_share = 0;", .incidents = DARK});
    clouds_until(&test, 4325);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, 4326);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "data_restored"), 0, 0);
    assert_near(clouds_metric(&test, "data_lost"), 1, 0);
    clouds_close(&test);
}

static void volume_outlasts_its_pod_and_its_node_within_a_provider(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = text(VM, "persistent = true;"),
                                       .keys = "restore_time = \"30 min\"; backup_share = 0;",
                                       .incidents = incident("node", "2024-07-01T01:00Z", "node", "a/z1/r01/n01", 10 * hour)});
    clouds_until(&test, hour + 400);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "data_restored"), 0, 0);
    assert_near(clouds_metric(&test, "data_lost"), 0, 0);
    clouds_close(&test);
}

/* --- AKT ------------------------------------------------------------------------------------------------------------- */

/* AKT falls from 2 to 1 USD at noon. What is collected each hour counts at the price of that moment; what lies in escrow loses half. */
static void lease_in_akt_floats_in_dollars_and_its_deposit_with_it(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = text(VM, ""),
                                       .keys = "pay_in = \"akt\"; akt_price = \"2 USD\";"
                                               "akt_prices = ( { at = \"2024-07-01T12:00Z\"; price = \"1 USD\"; } );"});
    clouds_until(&test, hour);
    const struct escrow_account *account = market_account(&cloud_of(&test)->market, cloud_of(&test)->deployment[0].id);
    assert_int_equal(account->denom, MARKET_UAKT);
    double deposit = (double)akash_escrow(cloud_of(&test), 0, cloud_of(&test)->plan->escrow_depth) / 1e6;
    clouds_finish(&test);
    double akt_block = vm_block / 2, an_hour = 600 * akt_block;
    assert_near(clouds_metric(&test, "cost_usd"), akt_block * (2 * 7189 + 7200) - an_hour / 2, an_hour / 2 + 1e-4);
    assert_near(clouds_metric(&test, "token_gain_usd"), -(deposit - akt_block * 7189 + an_hour / 2), an_hour / 2 + 1e-4);
    clouds_close(&test);
}

/* A provider asks for what the price of the hour makes of its dollars. */
static void price_in_akt_is_fixed_when_the_bid_is_made(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = "{ name = \"vm\"; kind = \"service\"; count = 0; arrivals = \"1 /h\"; vcpus = 2; memory = \"4 GiB\"; }",
                                       .keys = "pay_in = \"akt\"; akt_price = \"2 USD\"; price_ceiling = 9;"
                                               "akt_prices = ( { at = \"2024-07-01T12:00Z\"; price = \"0.5 USD\"; } );"});
    struct akash *cloud = cloud_of(&test);
    clouds_until(&test, 23 * hour);
    uint32_t before = 0, after = 0;
    for (uint32_t t = 0; t < cloud->tenancies; t++) {
        const struct tenancy *what = &cloud->tenancy[t];
        if (what->phase != AKASH_LEASED)
            continue;
        bool late = what->leased_at.us > 12 * US_PER_HOUR;
        double price = decimal_to_double(cloud->market.leases[market_order(&cloud->market, what->order)->lease].price);
        assert_near(price, vm_block * 1e6 / (late ? 0.5 : 2), 1e-5);
        before += !late;
        after += late;
    }
    assert_true(before > 0 && after > 0);
    clouds_finish(&test);
    clouds_close(&test);
}

/* Without chance in it the price is an exponential: e^(10 t) a year, on a grid of 6 h. */
static void price_follows_its_process_on_a_grid(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = text(VM, ""), .keys = "akt_price = \"2 USD\"; akt_process = { drift = 10; every = \"6 h\"; };"});
    clouds_until(&test, 6 * hour - 1);
    assert_near(decimal_to_double(akash_akt_price(cloud_of(&test))), 2, 0);
    clouds_until(&test, 12 * hour);
    assert_near(decimal_to_double(akash_akt_price(cloud_of(&test))), 2 * exp(10 * 0.5 / 365.25), 3e-6);
    assert_near(decimal_to_double(akash_script_price(cloud_of(&test))), 2 * exp(10 * 0.5 / 365.25), 3e-6);
    clouds_until(&test, 18 * hour - 1);
    assert_near(decimal_to_double(akash_akt_price(cloud_of(&test))), 2 * exp(10 * 0.5 / 365.25), 3e-6);
    clouds_finish(&test);
    assert_true(isnan(clouds_metric(&test, "token_gain_usd"))); /* leases are in USDC here */
    clouds_close(&test);
}

/* 2000 steps of an hour with a volatility of 1 a year and jumps of -0.2, 50 a year: mean and variance of the logarithm's steps. */
static void steps_of_the_price_have_the_moments_of_the_process(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.head = "horizon = \"2000 h\";", .demand = text(VM, ""),
                                       .keys = "akt_process = { volatility = 1; jumps = \"50 /y\"; jump_mean = -0.2; };"});
    const struct akash_token *token = &cloud_of(&test)->token;
    assert_int_equal(token->steps, 2001);
    double small = 0, squares = 0;
    int jumps = 0;
    for (uint32_t i = 1; i < token->steps; i++) {
        double step = log(decimal_to_double(token->factor[i]) / decimal_to_double(token->factor[i - 1]));
        if (step < -0.1) { /* nine standard deviations of the motion */
            jumps++;
            continue;
        }
        small += step;
        squares += step * step;
    }
    double sd = sqrt(1 / 8766.0);
    assert_near(small / 2000, 0, 4 * sd / sqrt(2000));
    assert_near(squares / 2000, sd * sd, 0.15 * sd * sd);
    assert_true(jumps >= 2 && jumps <= 24); /* 11.4 expected */
    clouds_finish(&test);
    clouds_close(&test);
}

/* The vault is worth 0.92 of the ACT; AKT loses 2.7 % in a day, and below 0.9 nothing is minted. */
static void oracle_of_2026_reads_the_same_process(void **state)
{
    (void)state;
    struct clouds_test test;
    open_akash(&test, (struct options){.demand = text(VM, ""),
                                       .keys = "rules = \"2026-08\"; collateral = 0.92; akt_process = { drift = -10; };"});
    clouds_until(&test, 12 * hour);
    assert_int_equal(akash_mint_status(cloud_of(&test)), BME_WARNING);
    clouds_until(&test, 23.5 * hour);
    assert_int_equal(akash_mint_status(cloud_of(&test)), BME_HALT_CR);
    clouds_finish(&test);
    clouds_close(&test);
}

/* --- Unequal providers ----------------------------------------------------------------------------------------------- */

/* Four racks, two providers, weights 1 and 1/2: each has its own rack; the third goes where 1/2 > 0.5/2, the fourth where 1/3 > 0.5/2. */
static void racks_go_to_providers_in_proportion_to_their_rank(void **state)
{
    (void)state;
    static const char *const zipfs[] = {"0", "1"};
    static const uint32_t owners[2][4] = {{0, 1, 0, 1}, {0, 1, 0, 0}};
    for (int z = 0; z < 2; z++) {
        struct clouds_test test;
        clouds_open(&test, text("model = \"clouds\"; seed = 3; probes = \"0\"; horizon = \"1 d\"; " FLEET " demand = ( %s );"
                                "clouds = ( { name = \"akash\"; kind = \"akash\"; providers_per_site = 2; provider_zipf = %s; } );",
                                text(VM, ""), zipfs[z]));
        clouds_begin(&test, 0);
        const struct akash_plan *plan = cloud_of(&test)->plan;
        for (uint32_t n = 0; n < 8; n++)
            assert_int_equal(plan->pools->pool_of_node[n], owners[z][plan->fleet->node[n].rack]);
        clouds_finish(&test);
        clouds_close(&test);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(service_waits_for_its_data_under_a_new_lease),
        cmocka_unit_test(data_without_a_copy_are_lost_and_the_service_begins_empty),
        cmocka_unit_test(volume_outlasts_its_pod_and_its_node_within_a_provider),
        cmocka_unit_test(lease_in_akt_floats_in_dollars_and_its_deposit_with_it),
        cmocka_unit_test(price_in_akt_is_fixed_when_the_bid_is_made),
        cmocka_unit_test(price_follows_its_process_on_a_grid),
        cmocka_unit_test(steps_of_the_price_have_the_moments_of_the_process),
        cmocka_unit_test(oracle_of_2026_reads_the_same_process),
        cmocka_unit_test(racks_go_to_providers_in_proportion_to_their_rank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
