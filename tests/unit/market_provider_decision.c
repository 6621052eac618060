/* The provider's clocks, and why it does not bid. */
#include "models/market/provider.h"
#include "sim/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define GIB (INT64_C(1) << 30)
#define MIB (INT64_C(1) << 20)

static decimal number(const char *text)
{
    decimal value;
    assert_true(decimal_parse(text, &value));
    return value;
}

/* --- Clocks --- */

static void spread_is_below_its_bound(void **state)
{
    (void)state;
    assert_int_equal(provider_spread(15 * SECOND, 0), 0);
    assert_int_equal(provider_spread(15 * SECOND, UINT64_MAX), 15 * SECOND - 1);
    assert_int_equal(provider_spread(15 * SECOND, UINT64_C(1) << 63), 15 * SECOND / 2);
    assert_int_equal(provider_spread(0, UINT64_MAX), 0);
}

/* Time from a workload's death to CloseBid, when each look draws the same. */
static int64_t time_to_close(const struct provider_clocks *clocks, uint64_t draw, int *looks)
{
    struct provider_monitor monitor = {0, false};
    int64_t now = provider_monitor_first(clocks, draw);
    for (*looks = 1;; ++*looks) {
        const struct provider_check check = provider_monitor_check(clocks, &monitor, false, draw);
        if (check.close_bid) {
            assert_int_equal(check.wait_us, -1);
            assert_true(monitor.closed);
            return now;
        }
        now += check.wait_us;
    }
}

static void sick_deployment_is_closed_after_41_looks(void **state)
{
    (void)state;
    const struct provider_clocks clocks = provider_clocks_2024_07();
    int looks;
    assert_int_equal(time_to_close(&clocks, UINT64_C(1) << 63, &looks), 41 * 11500000); /* 7 min 51.5 s */
    assert_int_equal(looks, 41);
    assert_int_equal(time_to_close(&clocks, 0, &looks), 41 * 4 * SECOND);
    assert_int_equal(time_to_close(&clocks, UINT64_MAX, &looks), 41 * (19 * SECOND - 1));
}

static void one_healthy_look_forgives_all_failures(void **state)
{
    (void)state;
    const struct provider_clocks clocks = provider_clocks_2024_07();
    struct provider_monitor monitor = {0, false};
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < clocks.monitor_retries; i++)
            assert_false(provider_monitor_check(&clocks, &monitor, false, 0).close_bid);
        const struct provider_check check = provider_monitor_check(&clocks, &monitor, true, UINT64_MAX);
        assert_false(check.close_bid);
        assert_int_equal(check.wait_us, 15 * SECOND - 1);
        assert_int_equal(monitor.failures, 0);
    }
}

static void balance_without_active_leases_withdraws_and_waits(void **state)
{
    (void)state;
    const struct provider_clocks clocks = provider_clocks_2024_07();
    const struct provider_balance balance = provider_balance_check(&clocks, number("100"), 0, 5, decimal_zero());
    assert_true(balance.withdraw);
    assert_int_equal(balance.blocks_remain, -1);
    assert_int_equal(balance.wait_us, 600 * SECOND);
}

static void last_blocks_of_an_escrow_are_watched_closely(void **state)
{
    (void)state;
    const struct provider_clocks clocks = provider_clocks_2024_07();
    struct provider_balance balance = provider_balance_check(&clocks, number("29.9"), 10, 11, number("10"));
    assert_false(balance.withdraw);
    assert_int_equal(balance.blocks_remain, 1);
    assert_int_equal(balance.wait_us, 6500000);
    balance = provider_balance_check(&clocks, number("29.9"), 10, 12, number("10"));
    assert_true(balance.withdraw);
    assert_int_equal(balance.blocks_remain, 0);
    balance = provider_balance_check(&clocks, number("100000000000"), 0, 0, number("0.000000000000000001"));
    assert_int_equal(balance.blocks_remain, INT64_MAX); /* saturates */
}

static void chain_halt_restarts_providers_of_2024_only(void **state)
{
    (void)state;
    const struct provider_rules then = provider_rules_2024_07(), now = provider_rules_2026_08();
    const struct provider_clocks clocks = provider_clocks_2024_07();
    assert_true(provider_probe_fails(&then, &clocks, true, 61 * SECOND, true));
    assert_false(provider_probe_fails(&then, &clocks, true, 60 * SECOND, true));
    assert_true(provider_probe_fails(&then, &clocks, false, 0, true));
    assert_false(provider_probe_fails(&now, &clocks, false, 3600 * SECOND, true));
    assert_true(provider_probe_fails(&now, &clocks, true, 0, false));
}

static void restarts_keep_their_quirks(void **state)
{
    (void)state;
    struct provider_rules rules = provider_rules_2024_07();
    const struct provider_clocks clocks = provider_clocks_2024_07();
    assert_true(provider_restart_sees(&rules, 9999)); /* R6 */
    assert_false(provider_restart_sees(&rules, 10000));
    assert_false(provider_bid_is_stale(&rules, &clocks, 3600 * SECOND)); /* Q10 */
    rules.restart_misses_orders = rules.stale_bids_kept = false;
    assert_true(provider_restart_sees(&rules, 10000));
    assert_true(provider_bid_is_stale(&rules, &clocks, 301 * SECOND));
    assert_false(provider_bid_is_stale(&rules, &clocks, 300 * SECOND));
}

/* --- The decision --- */

/* A small valid order and a provider that can serve it. Tests break one thing at a time. */
struct stage {
    struct arena arena;
    struct market_volume volumes[5];
    struct market_unit unit;
    struct market_group_spec group;
    struct requirements_audit audit;
    struct provider_policy policy;
    struct adjust_names *names;
    struct adjust_cluster *cluster;
    struct provider_order order;
    struct price_scales scales;
    struct provider_pricing pricing;
};

static const char *const auditors[] = {"auditor"};

static int open_stage(void **state)
{
    static struct stage stage;
    memset(&stage, 0, sizeof stage);
    arena_open(&stage.arena, 0);
    for (int i = 0; i < 5; i++)
        stage.volumes[i] = (struct market_volume){.name = "data", .bytes = 5 * MIB};
    stage.unit = (struct market_unit){.id = 1,
                                      .count = 1,
                                      .cpu_milli = 1000,
                                      .memory_bytes = GIB,
                                      .volumes = stage.volumes,
                                      .n_volumes = 1,
                                      .price = number("100"),
                                      .denom = MARKET_UAKT};
    stage.group = (struct market_group_spec){.name = "web", .units = &stage.unit, .n_units = 1};
    stage.group.requirements.attributes = attributes_from_text(&stage.arena, "region=us|kind=web");
    stage.group.requirements.any_of = auditors;
    stage.group.requirements.n_any_of = 1;
    stage.audit = (struct requirements_audit){"auditor", attributes_from_text(&stage.arena, "region=us|kind=web")};
    stage.policy.claims = (struct requirements_provider){
        attributes_from_text(&stage.arena, "region=us|kind=web|tier=1"), &stage.audit, 1};
    stage.policy.tenant_attributes = attributes_from_text(&stage.arena, "kind=web");
    stage.policy.unlimited_counts = true;
    stage.names = adjust_names_create(&stage.arena, 16);
    stage.scales = price_scales_helm(true);
    stage.pricing = (struct provider_pricing){PROVIDER_SCALE, &stage.scales, NULL};
    *state = &stage;
    return 0;
}

static int close_stage(void **state)
{
    struct stage *stage = *state;
    arena_close(&stage->arena);
    return 0;
}

static void decides(struct stage *stage, enum bid_decision want)
{
    assert_string_equal(bid_decision_name(provider_should_bid(&stage->policy, &stage->group)), bid_decision_name(want));
}

static void first_reason_in_the_providers_order_decides(void **state)
{
    struct stage *stage = *state;
    decides(stage, BID_MADE);
    stage->unit.memory_bytes = 1;
    decides(stage, BID_GROUP_INVALID);
    stage->audit.auditor = "somebody else";
    decides(stage, BID_NOT_SIGNED);
    stage->unit.n_volumes = 5;
    decides(stage, BID_TOO_MANY_VOLUMES);
    stage->unit.gpu_units = 1;
    stage->unit.gpu_attributes = attributes_from_text(&stage->arena, "vendor/nvidia/model/a100=true");
    decides(stage, BID_NO_CAPABILITIES);
    stage->policy.tenant_attributes = attributes_from_text(&stage->arena, "kyc=yes");
    decides(stage, BID_NO_TENANT_ATTRIBUTES);
    stage->policy.claims.own = attributes_from_text(&stage->arena, "region=us");
    decides(stage, BID_NO_ATTRIBUTES);
}

static void own_attributes_are_asked_even_of_signed_providers(void **state)
{
    struct stage *stage = *state;
    stage->policy.claims.own = attributes_from_text(&stage->arena, "region=us");
    assert_true(requirements_match(&stage->group.requirements, &stage->policy.claims)); /* the chain would accept it */
    decides(stage, BID_NO_ATTRIBUTES);
}

static enum bid_decision try_bid(struct stage *stage, struct provider_bid *bid)
{
    const struct adjust_rules rules = adjust_rules_2024_07();
    const struct adjust_overcommit none = {0, 0, 0};
    if (!stage->cluster) {
        const struct adjust_node_spec node = {
            .cpu_milli = {1500, 0}, .memory_bytes = {4 * GIB, 0}, .ephemeral_bytes = {GIB, 0}};
        const struct adjust_cluster_spec spec = {.nodes = &node, .n_nodes = 1, .leased_ips = ADJUST_UNSET};
        stage->cluster =
            adjust_cluster_create(&stage->arena, stage->names, adjust_book_create(&stage->arena, 4, 8), &spec, &rules);
    }
    stage->order = (struct provider_order){
        .group = &stage->group,
        .request = adjust_request_create(&stage->arena, stage->names, &stage->group, &none, &rules),
        .price = group_spec_price(&stage->group),
        .denom = group_spec_denom(&stage->group)};
    const enum bid_decision decision =
        provider_try_bid(&stage->pricing, stage->cluster, &stage->order, number("3"), UINT64_C(1) << 63, bid);
    adjust_audit(stage->cluster, &stage->arena);
    return decision;
}

static void bid_keeps_its_reservation_and_price(void **state)
{
    struct stage *stage = *state;
    struct provider_bid bid;
    assert_int_equal(try_bid(stage, &bid), BID_MADE);
    assert_true(adjust_is_booked(stage->cluster, bid.reservation));
    assert_true(decimal_compare(bid.price, number("5.6392")) == 0); /* 4 + 1.6384 + 0.0008 */
    struct provider_bid second;
    assert_int_equal(try_bid(stage, &second), BID_NO_ROOM);
}

static void dear_bid_gives_its_room_up_but_not_at_once(void **state) /* Q11 */
{
    struct stage *stage = *state;
    struct provider_bid bid;
    stage->unit.price = number("5");
    assert_int_equal(try_bid(stage, &bid), BID_TOO_DEAR);
    assert_int_equal(try_bid(stage, &bid), BID_NO_ROOM);
    adjust_update(stage->cluster);
    assert_int_equal(try_bid(stage, &bid), BID_TOO_DEAR);
}

static void failing_prices_name_their_reason(void **state)
{
    struct stage *stage = *state;
    struct provider_bid bid;
    stage->scales = (struct price_scales){.n_storage = 0};
    assert_int_equal(try_bid(stage, &bid), BID_NO_PRICE);
    adjust_update(stage->cluster);
    const struct price_script_options options = price_script_options_2024_07();
    stage->pricing =
        (struct provider_pricing){PROVIDER_SCRIPT, NULL, price_script_create(&stage->arena, stage->names, &options)};
    stage->unit.denom = MARKET_UACT;
    assert_int_equal(try_bid(stage, &bid), BID_WRONG_DENOM);
    adjust_update(stage->cluster);
    stage->unit.denom = MARKET_UAKT;
    assert_int_equal(try_bid(stage, &bid), BID_MADE);
    adjust_release(stage->cluster, bid.reservation);
    adjust_update(stage->cluster);
    stage->pricing = (struct provider_pricing){.kind = PROVIDER_RANDOM};
    assert_int_equal(try_bid(stage, &bid), BID_MADE);
    assert_true(decimal_compare(bid.price, number("50.25")) == 0); /* 50 + (50 x 10^4) / 2 x 10^-6 */
}

static void leased_ips_without_an_operator_end_the_bid(void **state)
{
    struct stage *stage = *state;
    struct provider_bid bid;
    static const struct market_endpoint endpoint = {MARKET_ENDPOINT_IP, 1};
    stage->unit.endpoints = &endpoint;
    stage->unit.n_endpoints = 1;
    assert_int_equal(try_bid(stage, &bid), BID_NO_LEASED_IPS);
}

#define test(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spread_is_below_its_bound),
        cmocka_unit_test(sick_deployment_is_closed_after_41_looks),
        cmocka_unit_test(one_healthy_look_forgives_all_failures),
        cmocka_unit_test(balance_without_active_leases_withdraws_and_waits),
        cmocka_unit_test(last_blocks_of_an_escrow_are_watched_closely),
        cmocka_unit_test(chain_halt_restarts_providers_of_2024_only),
        cmocka_unit_test(restarts_keep_their_quirks),
        test(first_reason_in_the_providers_order_decides),
        test(own_attributes_are_asked_even_of_signed_providers),
        test(bid_keeps_its_reservation_and_price),
        test(dear_bid_gives_its_room_up_but_not_at_once),
        test(failing_prices_name_their_reason),
        test(leased_ips_without_an_operator_end_the_bid),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
