/* The limits of group specs, each from both sides. */
#include "models/market/group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct attribute gpu_attribute = {"vendor/nvidia/model/a100", "true"};
static const struct market_volume volume = {.name = "default", .bytes = INT64_C(1) << 30};
static const struct attribute fast[] = {{"persistent", "true"}, {"class", "beta3"}};

static struct market_unit unit_good(void)
{
    return (struct market_unit){.id = 1, .count = 1, .cpu_milli = 1000, .memory_bytes = INT64_C(1) << 30,
                                .gpu_units = 1, .gpu_attributes = {&gpu_attribute, 1}, .volumes = &volume,
                                .n_volumes = 1, .price = decimal_from_int(10), .denom = MARKET_UAKT};
}

static void expect(enum group_fault fault, const struct market_unit *units, int32_t n_units)
{
    struct market_group_spec spec = {.name = "g", .units = units, .n_units = n_units};
    assert_string_equal(group_fault_name(fault), group_fault_name(group_spec_validate(&spec, true)));
}

static void unit_limits_are_inclusive(void **state)
{
    (void)state;
    struct market_unit unit = unit_good();
    expect(GROUP_OK, &unit, 1);
    unit.cpu_milli = 10, expect(GROUP_OK, &unit, 1);
    unit.cpu_milli = 9, expect(GROUP_UNIT_CPU, &unit, 1);
    unit.cpu_milli = 384000, expect(GROUP_OK, &unit, 1);
    unit.cpu_milli = 384001, expect(GROUP_UNIT_CPU, &unit, 1);
    unit = unit_good();
    unit.gpu_units = 24, expect(GROUP_OK, &unit, 1);
    unit.gpu_units = 25, expect(GROUP_UNIT_GPU, &unit, 1);
    unit.gpu_units = -1, expect(GROUP_UNIT_GPU, &unit, 1);
    unit.gpu_units = 0, expect(GROUP_UNIT_GPU_ATTRIBUTES, &unit, 1);
    unit = unit_good();
    unit.memory_bytes = GROUP_UNIT_MEMORY_MIN - 1, expect(GROUP_UNIT_MEMORY, &unit, 1);
    unit.memory_bytes = GROUP_UNIT_MEMORY_MAX, expect(GROUP_OK, &unit, 1);
    unit.memory_bytes = GROUP_UNIT_MEMORY_MAX + 1, expect(GROUP_UNIT_MEMORY, &unit, 1);
    unit = unit_good();
    struct market_volume small = {.name = "small", .bytes = GROUP_VOLUME_MIN - 1};
    unit.volumes = &small, expect(GROUP_UNIT_STORAGE, &unit, 1);
    small.bytes = GROUP_VOLUME_MAX, expect(GROUP_OK, &unit, 1);
    small.bytes = GROUP_VOLUME_MAX + 1, expect(GROUP_UNIT_STORAGE, &unit, 1);
    unit.n_volumes = 0, expect(GROUP_OK, &unit, 1);
    unit.volumes = NULL, expect(GROUP_UNIT_STORAGE, &unit, 1);
    unit = unit_good();
    unit.price = decimal_zero(), expect(GROUP_OK, &unit, 1);
    unit.price = decimal_from_int(-1), expect(GROUP_PRICE_INVALID, &unit, 1);
    unit.price = decimal_from_int(GROUP_UNIT_PRICE_MAX + 1), expect(GROUP_PRICE_MAX, &unit, 1);
}

static void sums_are_limited_per_group(void **state)
{
    (void)state;
    struct market_unit unit = unit_good();
    unit.count = 50, unit.cpu_milli = 384000, expect(GROUP_OK, &unit, 1);
    unit.count = 51, expect(GROUP_TOTAL_CPU, &unit, 1);
    unit = unit_good();
    unit.count = 50, unit.gpu_units = 24, expect(GROUP_OK, &unit, 1);
    unit.count = 51, expect(GROUP_TOTAL_GPU, &unit, 1);
    unit = unit_good();
    unit.count = 50, unit.memory_bytes = GROUP_UNIT_MEMORY_MAX, expect(GROUP_OK, &unit, 1);
    unit.count = 51, expect(GROUP_TOTAL_MEMORY, &unit, 1);
    /* Large enough to overflow 64 bits, were they what is used. */
    unit.count = UINT32_MAX, unit.cpu_milli = 10, unit.gpu_units = 0, unit.gpu_attributes.count = 0;
    expect(GROUP_TOTAL_CPU, &unit, 1);
}

static void units_of_a_group_agree(void **state)
{
    (void)state;
    struct market_unit units[2] = {unit_good(), unit_good()};
    expect(GROUP_UNIT_ID_DUPLICATE, units, 2);
    units[1].id = 0, expect(GROUP_UNIT_ID, units, 2);
    units[1].id = 2, expect(GROUP_OK, units, 2);
    units[1].denom = MARKET_USDC, expect(GROUP_DENOM_MIXED, units, 2);
    units[1].denom = MARKET_DENOM_NONE, expect(GROUP_PRICE_INVALID, units, 2);
    expect(GROUP_NO_UNITS, units, 0);
}

static void order_price_is_the_exact_sum(void **state)
{
    (void)state;
    struct market_unit units[2] = {unit_good(), unit_good()};
    char text[DECIMAL_TEXT];
    assert_true(decimal_parse("10.500000000000000001", &units[0].price));
    assert_true(decimal_parse("0.25", &units[1].price));
    units[0].count = 3, units[1].count = 2;
    struct market_group_spec spec = {.name = "g", .units = units, .n_units = 2};
    assert_string_equal("32.000000000000000003", decimal_format(text, group_spec_price(&spec)));
    assert_int_equal(MARKET_UAKT, group_spec_denom(&spec));
}

static void volumes_tell_their_class(void **state)
{
    (void)state;
    struct market_volume disk = {.name = "disk", .bytes = 1, .attributes = {fast, 2}};
    assert_true(market_volume_persistent(&disk));
    assert_string_equal("beta3", market_volume_class(&disk));
    assert_false(market_volume_persistent(&volume));
    assert_null(market_volume_class(&volume));
}

static void denoms_have_names(void **state)
{
    (void)state;
    for (int i = 1; i < MARKET_DENOMS; i++)
        assert_int_equal(i, market_denom_from_name(market_denom_name((enum market_denom)i)));
    assert_int_equal(MARKET_DENOM_NONE, market_denom_from_name("doge"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unit_limits_are_inclusive), cmocka_unit_test(sums_are_limited_per_group),
        cmocka_unit_test(units_of_a_group_agree),    cmocka_unit_test(order_price_is_the_exact_sum),
        cmocka_unit_test(volumes_tell_their_class),  cmocka_unit_test(denoms_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
