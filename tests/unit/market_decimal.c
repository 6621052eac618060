/* Decimal numbers: rounding, text, limits. */
#include "models/market/decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static decimal number(const char *text)
{
    decimal value = decimal_zero();
    assert_true(decimal_parse(text, &value));
    return value;
}

static void assert_decimal(decimal actual, const char *expected)
{
    char text[DECIMAL_TEXT];
    assert_string_equal(expected, decimal_format(text, actual));
}

static void product_rounds_half_to_even(void **state)
{
    (void)state;
    assert_decimal(decimal_mul(number("1.5"), number("2.25")), "3.375");
    assert_decimal(decimal_mul(number("0.000000000000000001"), number("0.5")), "0");
    assert_decimal(decimal_mul(number("0.000000000000000003"), number("0.5")), "0.000000000000000002");
    assert_decimal(decimal_mul(number("0.000000000000000005"), number("0.5")), "0.000000000000000002");
    assert_decimal(decimal_mul(number("-0.000000000000000003"), number("0.5")), "-0.000000000000000002");
    assert_decimal(decimal_mul(number("0.000000000000000001"), number("0.500000000000000001")),
                   "0.000000000000000001");
    assert_decimal(decimal_mul(number("10000000000"), number("10000000000")), "100000000000000000000");
}

static void quotient_rounds_half_to_even(void **state)
{
    (void)state;
    assert_decimal(decimal_quo(number("1"), number("3")), "0.333333333333333333");
    assert_decimal(decimal_quo(number("2"), number("3")), "0.666666666666666667");
    assert_decimal(decimal_quo(number("-2"), number("3")), "-0.666666666666666667");
    assert_decimal(decimal_quo(number("0.000000000000000001"), number("2")), "0");
    assert_decimal(decimal_quo(number("0.000000000000000003"), number("2")), "0.000000000000000002");
    assert_decimal(decimal_quo(number("-7"), number("-2")), "3.5");
    assert_decimal(decimal_quo(number("99999999999999999999"), number("99999999999999999999")), "1");
}

/* The chain cuts at 36 decimals, which is 10^-18 of the last digit kept, and only then rounds. */
static void quotient_is_cut_before_it_is_rounded(void **state)
{
    (void)state;
    decimal two = decimal_from_int(2);
    /* 1 atto / (2 - 10^-18) is half an atto and 2.5 * 10^-19 attos: taken for a tie, which goes to even. */
    decimal less = {two.atto - 1};
    assert_decimal(decimal_quo((decimal){1}, less), "0");
    assert_decimal(decimal_quo((decimal){3}, less), "0.000000000000000002");
    assert_decimal(decimal_quo((decimal){5}, less), "0.000000000000000003"); /* 1.25 * 10^-18 too much: no tie */
    /* 1 atto / (2 - 5 * 10^-18) exceeds the tie by 1.25 * 10^-18 attos, and that counts. */
    assert_decimal(decimal_quo((decimal){1}, (decimal){two.atto - 5}), "0.000000000000000001");
    assert_decimal(decimal_quo((decimal){1}, (decimal){two.atto + 1}), "0");
}

static void share_of_a_remainder_rounds_twice(void **state)
{
    (void)state;
    assert_decimal(decimal_mul_quo(number("2"), number("1"), number("3")), "0.666666666666666667");
    assert_decimal(decimal_mul_quo(number("10"), number("20"), number("50")), "4");
    assert_decimal(decimal_mul_quo(number("90000000000000000000"), number("90000000000000000000"),
                                   number("90000000000000000000")),
                   "90000000000000000000");
}

static void whole_blocks_are_those_of_the_rounded_quotient(void **state)
{
    (void)state;
    assert_int_equal(33, decimal_quo_whole(number("100"), number("3"), INT64_MAX));
    assert_int_equal(33, decimal_quo_whole(number("99"), number("3"), INT64_MAX));
    assert_int_equal(7, decimal_quo_whole(number("99"), number("3"), 7));
    assert_int_equal(0, decimal_quo_whole(number("0"), number("3"), 7));
    /* 9 - 10^-18 over 3 is 3 - 10^-18 / 3, which rounds to 3; over 1 it is representable and does not. */
    assert_int_equal(3, decimal_quo_whole(number("8.999999999999999999"), number("3"), INT64_MAX));
    assert_int_equal(8, decimal_quo_whole(number("8.999999999999999999"), number("1"), INT64_MAX));
    /* A quotient too large for a decimal meets the limit. */
    assert_int_equal(INT64_MAX, decimal_quo_whole(number("9000000000000000000"), (decimal){1}, INT64_MAX));
}

static void truncation_goes_toward_zero(void **state)
{
    (void)state;
    assert_int_equal(11, decimal_truncate(number("11.7")));
    assert_int_equal(-11, decimal_truncate(number("-11.7")));
    assert_int_equal(0, decimal_truncate(number("-0.999999999999999999")));
}

static void text_goes_both_ways(void **state)
{
    (void)state;
    static const char *const same[] = {"0", "1", "-1", "0.5", "-0.000000000000000001", "482000",
                                       "170141183460469231731.687303715884105727"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        assert_decimal(number(same[i]), same[i]);
    assert_decimal(number("001.2500"), "1.25");
    assert_decimal(number("-0"), "0");
    static const char *const refused[] = {"", "-", ".5", "1.", "1.0000000000000000000", "1e3", " 1", "1 ", "+1", "0x1",
                                          "170141183460469231731.687303715884105728", "999999999999999999999999"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        decimal value = {42};
        assert_false(decimal_parse(refused[i], &value));
        assert_true(value.atto == 42);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(product_rounds_half_to_even),
        cmocka_unit_test(quotient_rounds_half_to_even),
        cmocka_unit_test(quotient_is_cut_before_it_is_rounded),
        cmocka_unit_test(share_of_a_remainder_rounds_twice),
        cmocka_unit_test(whole_blocks_are_those_of_the_rounded_quotient),
        cmocka_unit_test(truncation_goes_toward_zero),
        cmocka_unit_test(text_goes_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
