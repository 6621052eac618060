/* Prices: rounding, fall-backs and refusals that the vectors leave out. */
#include "models/market/pricing.h"
#include "tests/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define GIB (INT64_C(1) << 30)

static decimal number(const char *text)
{
    decimal value;
    assert_true(decimal_parse(text, &value));
    return value;
}

static void assert_decimal(decimal got, const char *want)
{
    char buffer[DECIMAL_TEXT];
    assert_string_equal(decimal_format(buffer, got), want);
}

/* --- Scale --- */

static decimal scaled(const struct price_scales *scales, const struct market_unit *unit)
{
    const struct market_group_spec group = {.units = unit, .n_units = 1};
    decimal price;
    assert_int_equal(price_scale(scales, &group, &price), PRICE_OK);
    return price;
}

static void misspelt_chart_gives_endpoints_away(void **state) /* R7 */
{
    (void)state;
    static const struct market_endpoint endpoints[3] = {{MARKET_ENDPOINT_HTTP, 0}};
    const struct market_unit unit = {.count = 1, .cpu_milli = 1000, .endpoints = endpoints, .n_endpoints = 3};
    struct price_scales scales = price_scales_helm(false);
    assert_decimal(scaled(&scales, &unit), "7");
    scales = price_scales_helm(true);
    assert_decimal(scaled(&scales, &unit), "4");
}

static void gpus_and_replicas_of_endpoints_cost_nothing_by_scale(void **state)
{
    (void)state;
    static const struct market_endpoint endpoints[1] = {{MARKET_ENDPOINT_HTTP, 0}};
    const struct price_scales scales = price_scales_helm(false);
    struct market_unit unit = {.count = 10, .cpu_milli = 1000, .endpoints = endpoints, .n_endpoints = 1};
    assert_decimal(scaled(&scales, &unit), "41");
    unit.gpu_units = 8;
    assert_decimal(scaled(&scales, &unit), "41");
}

static void largest_group_is_priced_exactly(void **state)
{
    (void)state;
    static const struct market_volume volume = {.bytes = INT64_C(32) << 40};
    const struct market_unit unit = {
        .count = 4000000000u, .cpu_milli = 4, .memory_bytes = 25000, .volumes = &volume, .n_volumes = 1};
    const struct price_scales scales = price_scales_helm(false);
    /* 4e9 x 4 x 0.004 + 95367431.640625 x 0.0016 + 4e9 x 32 x 2^20 x 0.00016 */
    assert_decimal(scaled(&scales, &unit), "21474900632587.890625");
}

static void factor_keeps_what_a_decimal_cannot(void **state)
{
    (void)state;
    struct price_factor factor;
    assert_true(price_factor_parse("922337203685477580700", &factor));
    assert_int_equal(factor.decimals, 0);
    assert_true(price_factor_parse("-0.000000000000000001", &factor));
    assert_true(factor.digits == -1 && factor.decimals == 18);
    assert_false(price_factor_parse("0.0000000000000000001", &factor));
    assert_false(price_factor_parse("99999999999999999999999", &factor));
    assert_false(price_factor_parse("1.", &factor));
    assert_false(price_factor_parse(".5", &factor));
    assert_false(price_factor_parse("", &factor));
    assert_false(price_factor_parse("1e3", &factor));
    assert_false(price_factor_parse("1.2.3", &factor));
}

static void one_class_at_zero_counts_as_all_storage(void **state)
{
    (void)state;
    static const struct market_unit unit = {.count = 1, .cpu_milli = 10};
    const struct market_group_spec group = {.units = &unit, .n_units = 1};
    struct price_scales scales = {.storage = {{"ephemeral", {1, 0}}, {"beta1", {0, 0}}}, .n_storage = 2};
    decimal price;
    assert_int_equal(price_scale(&scales, &group, &price), PRICE_ALL_SCALES_ZERO);
    scales.storage[1].per_mib.digits = 1;
    assert_int_equal(price_scale(&scales, &group, &price), PRICE_ZERO);
    scales.per_cpu_milli = (struct price_factor){INT64_C(100000000000000000), 0}; /* 10 x 10^17 is the limit itself */
    assert_int_equal(price_scale(&scales, &group, &price), PRICE_OK);
    scales.per_cpu_milli.digits++;
    assert_int_equal(price_scale(&scales, &group, &price), PRICE_QUANTITY_INVALID);
}

/* --- Random range --- */

static void only_the_lowest_hundredth_of_the_range_is_used(void **state)
{
    (void)state;
    const struct price_range range = {number("50"), number("1000")};
    assert_decimal(price_random(range, 0), "50");
    assert_decimal(price_random(range, UINT64_MAX), "59.499999");
    const struct price_range narrow = {number("1"), number("1.0001")};
    assert_decimal(price_random(narrow, UINT64_MAX), "1");
    const struct price_range upside_down = {number("1"), number("0.5")};
    assert_decimal(price_random(upside_down, UINT64_MAX), "1");
    const struct price_range point = {number("7"), number("7")};
    assert_decimal(price_random(point, UINT64_MAX), "7");
}

/* --- Script --- */

struct shop {
    struct arena *arena;
    struct adjust_names *names;
    struct price_script script;
};

static struct shop shop_with(struct arena *arena, const char *mapping)
{
    struct shop shop = {.arena = arena, .names = adjust_names_create(arena, 64)};
    struct price_script_options options = price_script_options_2024_07();
    options.gpu_mapping = mapping;
    shop.script = *price_script_create(arena, shop.names, &options);
    return shop;
}

/* USD per month of one GPU, from a price in usdc with all other targets at 0. */
static decimal gpu_usd(struct shop *shop, const char *key)
{
    struct adjust_wish wish;
    const struct adjust_unit unit = {.id = 1, .count = 1, .gpus = 1};
    const struct adjust_request request = {.units = &unit, .n_units = 1};
    decimal price;
    shop->script.blocks_per_month = 1000000; /* so that a price in micro-units is the monthly price in USD */
    assert_true(adjust_wish_from_key(shop->names, shop->arena, key, &wish));
    assert_int_equal(
        price_scripted(&shop->script, &request, &wish, MARKET_USDC, number("1000000"), decimal_zero(), &price),
        PRICE_OK);
    return price;
}

static void gpu_mapping_falls_back_part_by_part(void **state)
{
    struct shop shop =
        shop_with(*state, "a100=900,a100.80Gi=1000,a100.80Gi.sxm=1100,a100.pcie=950,t4=80,rtx.2=7,t4=81");
    assert_decimal(gpu_usd(&shop, "vendor/nvidia/model/a100/ram/80Gi/interface/sxm"), "1100");
    assert_decimal(gpu_usd(&shop, "vendor/nvidia/model/a100/ram/80Gi/interface/pcie"), "1000");
    assert_decimal(gpu_usd(&shop, "vendor/nvidia/model/a100/interface/pcie"), "950");
    assert_decimal(gpu_usd(&shop, "vendor/nvidia/model/a100/ram/40Gi"), "900");
    assert_decimal(gpu_usd(&shop, "vendor/nvidia/model/rtx.2"), "7");
    assert_decimal(gpu_usd(&shop, "vendor/nvidia/model/t4"), "81");     /* the later entry */
    assert_decimal(gpu_usd(&shop, "vendor/nvidia/model/h100"), "1100"); /* the dearest mapping */
}

static void cheap_mappings_do_not_lower_the_fall_back(void **state)
{
    struct shop shop = shop_with(*state, "t4=20");
    assert_decimal(gpu_usd(&shop, "vendor/nvidia/model/h100"), "100");
}

static void amd_is_priced_by_model_alone(void **state)
{
    struct shop shop = shop_with(*state, "mi210=500,mi210.64Gi=700");
    assert_decimal(gpu_usd(&shop, "vendor/amd/model/mi210/ram/64Gi"), "500");
    assert_decimal(gpu_usd(&shop, "vendor/nvidia/model/mi210/ram/64Gi"), "700");
}

static void mappings_are_checked_before_use(void **state)
{
    (void)state;
    assert_true(price_mapping_valid(""));
    assert_true(price_mapping_valid("a100=950"));
    assert_true(price_mapping_valid("a100=950,"));
    assert_false(price_mapping_valid("a100"));
    assert_false(price_mapping_valid("=3"));
    assert_false(price_mapping_valid("a100=,t4=3"));
    assert_false(price_mapping_valid("a100=-3"));
    assert_false(price_mapping_valid("a100=cheap"));
}

static enum price_error one_core(const struct price_script *script, enum market_denom denom, const char *order,
                                 const char *akt, decimal *price)
{
    const struct adjust_unit unit = {.id = 1, .count = 1, .cpu_milli = 1000};
    const struct adjust_request request = {.units = &unit, .n_units = 1};
    const struct adjust_wish none = {ADJUST_UNSET, ADJUST_UNSET, ADJUST_UNSET, ADJUST_UNSET};
    return price_scripted(script, &request, &none, denom, number(order), number(akt), price);
}

static void script_takes_the_denoms_of_its_time(void **state)
{
    const struct shop shop = shop_with(*state, "");
    decimal price;
    assert_int_equal(one_core(&shop.script, MARKET_USDC, "100", "0", &price), PRICE_OK);
    assert_decimal(price, "3.721718"); /* 1.6 x 10^6 / 429,909 = 3.72171784... */
    assert_int_equal(one_core(&shop.script, MARKET_UACT, "100", "0", &price), PRICE_UNSUPPORTED_DENOM);
    assert_int_equal(one_core(&shop.script, MARKET_DENOM_NONE, "100", "0", &price), PRICE_UNSUPPORTED_DENOM);
    assert_int_equal(one_core(&shop.script, MARKET_UAKT, "100", "0", &price), PRICE_NO_AKT_PRICE);
    assert_int_equal(one_core(&shop.script, MARKET_UAKT, "100", "4", &price), PRICE_OK);
    assert_decimal(price, "0.930429");
}

static void dollars_compare_the_rounded_price(void **state)
{
    const struct shop shop = shop_with(*state, "");
    decimal price;
    /* 3.72171784 rounds up to 3.721718: an order between the two is refused in dollars... */
    assert_int_equal(one_core(&shop.script, MARKET_USDC, "3.7217179", "0", &price), PRICE_TOO_LOW);
    /* ...and taken in AKT, where the unrounded price counts. */
    assert_int_equal(one_core(&shop.script, MARKET_UAKT, "3.7217179", "1", &price), PRICE_OK);
    assert_decimal(price, "3.721718");
}

static void script_reads_reserved_sizes(void **state)
{
    const struct shop shop = shop_with(*state, "");
    const struct adjust_rules rules = adjust_rules_2024_07();
    const struct market_unit unit = {.id = 1, .count = 2, .cpu_milli = 2000, .memory_bytes = 4 * GIB};
    const struct market_group_spec group = {.units = &unit, .n_units = 1};
    const struct adjust_wish none = {ADJUST_UNSET, ADJUST_UNSET, ADJUST_UNSET, ADJUST_UNSET};
    decimal full, reduced;
    struct adjust_overcommit overcommit = {0, 0, 0};
    const struct adjust_request *request = adjust_request_create(*state, shop.names, &group, &overcommit, &rules);
    assert_int_equal(price_scripted(&shop.script, request, &none, MARKET_USDC, number("1000"), decimal_zero(), &full),
                     0);
    overcommit = (struct adjust_overcommit){100, 100, 100};
    request = adjust_request_create(*state, shop.names, &group, &overcommit, &rules);
    assert_int_equal(
        price_scripted(&shop.script, request, &none, MARKET_USDC, number("1000"), decimal_zero(), &reduced), 0);
    assert_decimal(full, "29.773743");
    assert_decimal(reduced, "14.886871");
}

static void output_must_be_one_number(void **state)
{
    (void)state;
    decimal price;
    assert_int_equal(price_from_output(" 1.25\n", &price), PRICE_OK);
    assert_decimal(price, "1.25");
    assert_int_equal(price_from_output("1 2", &price), PRICE_QUANTITY_INVALID);
    assert_int_equal(price_from_output("-1", &price), PRICE_QUANTITY_INVALID);
    assert_int_equal(price_from_output("0.000", &price), PRICE_ZERO);
    assert_int_equal(price_from_output("99999999999999999999999999999999999999999999999999", &price),
                     PRICE_QUANTITY_INVALID);
}

#define test(name) cmocka_unit_test_setup_teardown(name, open_arena, close_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(misspelt_chart_gives_endpoints_away),
        test(gpus_and_replicas_of_endpoints_cost_nothing_by_scale),
        test(largest_group_is_priced_exactly),
        test(factor_keeps_what_a_decimal_cannot),
        test(one_class_at_zero_counts_as_all_storage),
        test(only_the_lowest_hundredth_of_the_range_is_used),
        test(gpu_mapping_falls_back_part_by_part),
        test(cheap_mappings_do_not_lower_the_fall_back),
        test(amd_is_priced_by_model_alone),
        test(mappings_are_checked_before_use),
        test(script_takes_the_denoms_of_its_time),
        test(dollars_compare_the_rounded_price),
        test(script_reads_reserved_sizes),
        test(output_must_be_one_number),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
