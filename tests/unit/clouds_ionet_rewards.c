/* io.net's block rewards, stakes, slashes and scores, in small worlds whose time lines can be computed by hand. */
#include "tests/unit/clouds_world.h"

#include "models/clouds/ionet/ionet_inside.h"

/* Two machines of four H100 each, alone in the network. */
#define FLEET                                                                                                          \
    "fleet = { node_types = ( { name = \"box\"; vcpus = 64; memory = \"256 GiB\"; gpus = 4; gpu_model = \"h100\"; %s "                \
    "} ); sites = ( { name = \"a\"; zones = 1; racks = 1; nodes = ( { type = \"box\"; per_rack = 2; } ); } ); };"
#define VM "{ name = \"vm\"; kind = \"service\"; count = 1; ramp = \"0 s\"; vcpus = 8; memory = \"4 GiB\"; gpus = 4; %s }"
#define NOBODY "{ name = \"none\"; kind = \"service\"; vcpus = 1; memory = \"1 GiB\"; }"
#define IONET                                                                                                          \
    "{ name = \"io\"; kind = \"ionet\"; deploy_time = \"90 s\"; replace_time = \"90 s\"; manual_share = 0; retry_cap = \"60 s\"; "   \
    "gpu_prices = ( { model = \"h100\"; price = \"2 USD/h\"; } ); gpu_rewards = ( { model = \"h100\"; multiplier = 10; } ); %s }"

static const double hour = 3600, minute = 60, day = 86400;
static const double first_block = 500e6 * 0.08 / 12 / 730.5; /* IO */

static void open_rewards(struct clouds_test *test, const char *start, const char *demand, const char *incidents, const char *keys)
{
    clouds_open(test, text("model = \"clouds\"; seed = 3; probes = \"6 /h\"; start = \"%s\"; horizon = \"10 d\"; %s demand = ( %s ); "
                           "incidents = ( %s ); clouds = ( %s );",
                           start, text(FLEET, ""), demand, incidents, text(IONET, keys)));
    clouds_begin(test, 0);
}

#define JULY "2024-07-01T00:00Z"
#define REWARDS "rewards = true; io_price = \"1 USD\"; "
#define ALL_POINTS REWARDS "fleet_points = 1.0; "
#define FIRST_LOST(seconds) incident("node", "2024-07-01T01:00Z", "node", "a/z1/r01/n01", seconds)

static const struct ionet *cloud_of(const struct clouds_test *test) { return test->world->cloud; }

/* 240 blocks of the first month; 95 % of each is the GPUs'. */
static void blocks_are_shared_by_those_who_are_there(void **state)
{
    (void)state;
    struct clouds_test test;
    open_rewards(&test, JULY, NOBODY, "", ALL_POINTS);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "supplier_reward_usd"), 240 * 0.95 * first_block, 1e-3);
    assert_true(isnan(clouds_metric(&test, "reward_blocks_per_interruption")));
    assert_near(cloud_of(&test)->device[0].earned_io, cloud_of(&test)->device[1].earned_io, 1e-6);
    clouds_close(&test);
}

/* The block at 12:00 on 25 June was the first. */
static void there_was_no_reward_before_the_first_block(void **state)
{
    (void)state;
    struct clouds_test test;
    open_rewards(&test, "2024-06-20T00:30Z", NOBODY, "", ALL_POINTS);
    clouds_finish(&test);
    /* 25 June 12:00 to 30 June 0:30: 12 blocks on the first day, 24 on each of four more, and that of midnight */
    assert_near(clouds_metric(&test, "supplier_reward_usd"), (12 + 4 * 24 + 1) * 0.95 * first_block, 1e-3);
    clouds_close(&test);
}

static void blocks_are_smaller_month_by_month(void **state)
{
    (void)state;
    struct clouds_test test;
    open_rewards(&test, "2024-09-01T00:00Z", NOBODY, "", ALL_POINTS); /* 1620 h after the first block: in the third month */
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "supplier_reward_usd"), 240 * 0.95 * first_block * 0.9898 * 0.9898, 1e-3);
    clouds_close(&test);
}

/* Lost at 1:00, back at 2:30, green from 7:30: of the blocks from 1:00 to 7:00 it has none, and that of 8:00. The other one is
 * alone meanwhile and has all. */
static void interruption_costs_five_hours_beyond_its_length(void **state)
{
    (void)state;
    struct clouds_test test;
    open_rewards(&test, JULY, NOBODY, FIRST_LOST(1.5 * hour), ALL_POINTS);
    clouds_until(&test, 7.5 * hour - 1);
    assert_int_equal(cloud_of(&test)->device[0].points, 0);
    clouds_until(&test, 7.5 * hour + 1);
    assert_true(cloud_of(&test)->device[0].points > 0);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "reward_blocks_per_interruption"), 7, 0);
    assert_near(cloud_of(&test)->device[0].earned_io, (240 - 7) * 0.95 * first_block / 2, 1e-3);
    assert_near(cloud_of(&test)->device[1].earned_io, (240 + 7) * 0.95 * first_block / 2, 1e-3);
    clouds_close(&test);
    /* A minute without power costs almost as much. */
    open_rewards(&test, JULY, NOBODY, incident("node", "2024-07-01T01:30Z", "node", "a/z1/r01/n01", minute), ALL_POINTS);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "reward_blocks_per_interruption"), 5, 0); /* 2:00 to 6:00 */
    clouds_close(&test);
}

/* A second loss before the five hours are over: it is one interruption, and the five hours begin again. */
static void restart_resets_the_counter(void **state)
{
    (void)state;
    struct clouds_test test;
    open_rewards(&test, JULY, NOBODY,
                 text("%s, %s", FIRST_LOST(30 * minute), incident("again", "2024-07-01T04:10Z", "node", "a/z1/r01/n01", 10 * minute)),
                 ALL_POINTS);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "reward_blocks_per_interruption"), 9, 0); /* 1:00 to 9:00; green from 9:20 */
    clouds_close(&test);
}

static void rest_of_the_network_takes_its_points_share(void **state)
{
    (void)state;
    struct clouds_test test;
    open_rewards(&test, JULY, NOBODY, "", REWARDS "fleet_points = \"1 %\";");
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "supplier_reward_usd"), 240 * 0.95 * first_block / 100, 1e-2);
    clouds_close(&test);
}

static void device_without_a_connection_or_a_multiplier_earns_nothing(void **state)
{
    (void)state;
    static const char *const keys[] = {"tiers = ( { site = \"a\"; tier = \"consumer\"; connectivity = \"none\"; } );",
                                       "gpu_rewards = ( { model = \"h100\"; multiplier = 0; } );"};
    for (size_t i = 0; i < 2; i++) {
        struct clouds_test test;
        clouds_open(&test, text("model = \"clouds\"; seed = 3; start = \"" JULY "\"; horizon = \"1 d\"; %s demand = ( " NOBODY " ); "
                                "clouds = ( { name = \"io\"; kind = \"ionet\"; gpu_prices = ( { model = \"h100\"; price = \"2 USD/h\"; } ); "
                                "rewards = true; fleet_points = 1.0; %s } );",
                                text(FLEET, ""), keys[i]));
        clouds_run(&test, 0);
        assert_near(clouds_metric(&test, "supplier_reward_usd"), 0, 0);
        clouds_close(&test);
    }
}

/* Of the pools of 2025, consumer cards share a twentieth. Owners are not late, devices not new, proofs do not fail. */
static void hardware_has_pools_of_its_own_since_2025(void **state)
{
    (void)state;
    struct clouds_test test;
    const char *keys = "rules = \"2025-09\"; fleet_points = 1.0; proof_failed = 0; io_price = \"1 USD\"; gpu_rewards = ( { model = \"h100\"; "
                       "multiplier = 10; pool = \"%s\"; } );";
    double earned[2];
    for (int i = 0; i < 2; i++) {
        clouds_open(&test, text("model = \"clouds\"; seed = 3; start = \"" JULY "\"; horizon = \"10 d\"; %s demand = ( " NOBODY " ); "
                                "clouds = ( { name = \"io\"; kind = \"ionet\"; gpu_prices = ( { model = \"h100\"; price = \"2 USD/h\"; } ); %s } );",
                                text(FLEET, ""), text(keys, i == 0 ? "enterprise" : "community")));
        clouds_run(&test, 0);
        earned[i] = clouds_metric(&test, "supplier_reward_usd");
        clouds_close(&test);
    }
    assert_near(earned[0], 240 * 0.95 * 0.95 * first_block, 1e-3);
    assert_near(earned[1], 240 * 0.95 * 0.05 * first_block, 1e-3);
}

/* What the lazy count says is what looking at every block says: a twin that stops just before each block and shares it out. */
static void lazy_rewards_equal_a_walk_over_all_blocks(void **state)
{
    (void)state;
    struct clouds_test test;
    clouds_open(&test, text("model = \"clouds\"; seed = 11; start = \"" JULY "\"; horizon = \"10 d\"; %s demand = ( %s ); clouds = ( %s );",
                            text(FLEET, "up = \"exponential(20 h)\"; repair = \"1 h\";"), text(VM, "lifetime = \"exponential(5 h)\"; arrivals = \"3 /d\";"),
                            text(IONET, ALL_POINTS "proof_failed = \"5 %\"; relaunch = \"exponential(1 h)\";")));
    clouds_begin(&test, 0);
    const struct ionet *cloud = cloud_of(&test);
    double twin[2] = {0, 0};
    for (int block = 1; block <= 240; block++) {
        instant close = {block * US_PER_HOUR};
        world_live(test.world, close);
        double sum = 0, score[2];
        for (uint32_t n = 0; n < 2; n++) {
            const struct device *device = &cloud->device[n];
            bool there = ionet_works(cloud, n) && device->held == 0 &&
                         (close.us - device->changed_at.us >= 5 * US_PER_HOUR || device->changed_at.us == 0);
            /* as the documentation prints it */
            score[n] = there ? ((0.02 * 4 / 4 + 2.0 * 10 * 4) * 100 + 0.05 * (device->hires > 0)) * 10 : 0;
            sum += score[n];
        }
        for (uint32_t n = 0; n < 2 && sum > 0; n++)
            twin[n] += 0.95 * first_block * score[n] / sum;
    }
    clouds_finish(&test);
    assert_true(clouds_metric(&test, "reward_blocks_per_interruption") >= 5);
    assert_true(twin[0] < 200 * first_block && twin[1] > 0);
    for (uint32_t n = 0; n < 2; n++)
        assert_near(cloud->device[n].earned_io, twin[n], 1e-6 * twin[n]);
    clouds_close(&test);
}

/* --- Stakes ---------------------------------------------------------------------------------------------------------------- */

static void stake_follows_hardware(void **state)
{
    (void)state;
    struct clouds_test test;
    open_rewards(&test, JULY, NOBODY, "", "stake = true;");
    assert_int_equal(cloud_of(&test)->stakes.staked, 2 * INT64_C(8000) * 1000000); /* 200 IO x 10 x 4 */
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "supplier_slashed_usd"), 0, 0);
    clouds_close(&test);
}

/* The second failure of a tenant within a month is too much: a tenth of 8,000 IO is taken, and burned a month later; until its owner has
 * topped it up the device earns nothing. */
static void owner_who_fails_his_tenants_is_slashed(void **state)
{
    (void)state;
    struct clouds_test test;
    const char *twice = text("%s, %s", FIRST_LOST(hour), incident("again", "2024-07-03T01:00Z", "node", "a/z1/r01/n01", hour));
    const char *keys = ALL_POINTS "stake = true; slash_share = \"10 %%\"; slash_after = 2; co_stake = \"25 %%\"; slash_window = \"%u d\"; restake = \"1 d\"; %s";
    open_rewards(&test, JULY, text(VM, "replicas = 2;"), twice, text(keys, 30, ""));
    const struct ionet *cloud = cloud_of(&test);
    clouds_until(&test, 2 * day + hour);
    assert_int_equal(cloud->stakes.held, 0);
    clouds_until(&test, 2 * day + hour + 4 * minute);
    assert_int_equal(cloud->stakes.held, INT64_C(800) * 1000000);
    clouds_until(&test, 2 * day + 8 * hour); /* green again since 7:00, but not staked for */
    assert_int_equal(cloud->device[0].points, 0);
    clouds_until(&test, 3 * day + hour + 4 * minute);
    assert_true(cloud->device[0].points > 0);
    assert_int_equal(cloud->stakes.deposited, INT64_C(16800) * 1000000);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "supplier_slashed_usd"), 800, 0);
    assert_near(clouds_metric(&test, "co_staker_slashed_usd"), 200, 0);
    clouds_close(&test);
    open_rewards(&test, JULY, text(VM, "replicas = 2;"), twice, text(keys, 1, "")); /* two failures, two days apart */
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "supplier_slashed_usd"), 0, 0);
    clouds_close(&test);
}

static void slashed_stake_is_burned_after_a_month_or_given_back(void **state)
{
    (void)state;
    for (int won = 0; won < 2; won++) {
        struct clouds_test test;
        clouds_open(&test, text("model = \"clouds\"; seed = 3; start = \"" JULY "\"; horizon = \"40 d\"; %s demand = ( %s ); incidents = ( %s ); "
                                "clouds = ( %s );",
                                text(FLEET, ""), text(VM, "replicas = 2;"), FIRST_LOST(hour),
                                text(IONET, text("stake = true; slash_share = \"10 %%\"; slash_after = 1; appeal_won = %d;", won))));
        clouds_begin(&test, 0);
        clouds_until(&test, 30 * day + hour);
        assert_int_equal(cloud_of(&test)->stakes.held, INT64_C(800) * 1000000);
        clouds_until(&test, 30 * day + hour + 4 * minute);
        assert_int_equal(cloud_of(&test)->stakes.held, 0);
        assert_int_equal(won ? cloud_of(&test)->stakes.returned : cloud_of(&test)->stakes.burned, INT64_C(800) * 1000000);
        clouds_finish(&test);
        clouds_close(&test);
    }
}

/* --- Scores and leaving ------------------------------------------------------------------------------------------------------ */

/* 20 h away: the score is exp(-20 h / 30 d) of 98 %, and needs days to be 96 % again. */
static void unreliable_device_is_not_hired_until_it_has_recovered(void **state)
{
    (void)state;
    struct clouds_test test;
    open_rewards(&test, JULY, text(VM, "replicas = 2;"), FIRST_LOST(20 * hour), "least_reliability = \"96 %\";");
    double away = 0.98 * exp(-20.0 / 720), again = 720 * hour * log((1 - away) / 0.04);
    clouds_until(&test, 21 * hour);
    assert_near(ionet_reliability(cloud_of(&test), 0), away, 1e-6);
    assert_true(again > 4 * day && again < 8 * day);
    clouds_until(&test, 21 * hour + again - minute);
    assert_int_equal(clouds_unit(&test, "vm/0", 0)->state, UNIT_IDLE);
    clouds_until(&test, 21 * hour + again + 2 * minute);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_finish(&test);
    clouds_close(&test);
}

/* Nobody hires, nothing is paid: whoever looks leaves. His stake is his after 14 days, which are not over. */
static void owners_leave_when_it_does_not_pay(void **state)
{
    (void)state;
    struct clouds_test test;
    open_rewards(&test, JULY, NOBODY, "", "leave = \"20 /d\"; income_floor = \"0.01 USD/h\"; stake = true;");
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "devices_left"), 2, 0);
    assert_int_equal(ionet_status(cloud_of(&test), 0), IONET_TERMINATED);
    assert_int_equal(cloud_of(&test)->stakes.cooling, 2 * INT64_C(8000) * 1000000);
    clouds_close(&test);
    /* With rewards it pays: 0.95 x 4563 IO / 8 GPUs and hour is more than 100 dollars. */
    open_rewards(&test, JULY, NOBODY, "", ALL_POINTS "leave = \"1 /d\"; income_floor = \"100 USD/h\"; stake = true;");
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "devices_left"), 0, 0);
    clouds_close(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_shared_by_those_who_are_there),
        cmocka_unit_test(there_was_no_reward_before_the_first_block),
        cmocka_unit_test(blocks_are_smaller_month_by_month),
        cmocka_unit_test(interruption_costs_five_hours_beyond_its_length),
        cmocka_unit_test(restart_resets_the_counter),
        cmocka_unit_test(rest_of_the_network_takes_its_points_share),
        cmocka_unit_test(device_without_a_connection_or_a_multiplier_earns_nothing),
        cmocka_unit_test(hardware_has_pools_of_its_own_since_2025),
        cmocka_unit_test(lazy_rewards_equal_a_walk_over_all_blocks),
        cmocka_unit_test(stake_follows_hardware),
        cmocka_unit_test(owner_who_fails_his_tenants_is_slashed),
        cmocka_unit_test(slashed_stake_is_burned_after_a_month_or_given_back),
        cmocka_unit_test(unreliable_device_is_not_hired_until_it_has_recovered),
        cmocka_unit_test(owners_leave_when_it_does_not_pay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
