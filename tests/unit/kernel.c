/* The kernels against 80-bit libm, and their bits against themselves. */
#include "sim/base/hash.h"
#include "sim/chance/kernel.h"
#include "sim/chance/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { POINTS = 400000 };

/* Distance in units in the last place of a double near `exact`. */
static double ulps(double got, long double exact)
{
    int exponent;
    (void)frexpl(exact, &exponent);
    return (double)(fabsl((long double)got - exact) / ldexpl(1, exponent - 53));
}

static void log_is_within_one_ulp(void **state)
{
    (void)state;
    struct stream stream = stream_open(stream_key(1, 0, "kernel"));
    double worst = 0;
    for (int i = 0; i < POINTS; i++) {
        double u = stream_uniform(&stream);
        double near_one = 0.9 + 0.2 * u;
        double wide = exp((u - 0.5) * 1400);
        worst = fmax(worst, ulps(kernel_log(u), logl(u)));
        worst = fmax(worst, ulps(kernel_log(near_one), logl(near_one)));
        worst = fmax(worst, ulps(kernel_log(wide), logl(wide)));
    }
    assert_true(worst < 1);
    assert_true(worst > 0.4); /* a comparison that finds nothing compares nothing */
}

static void exp_is_within_one_ulp(void **state)
{
    (void)state;
    struct stream stream = stream_open(stream_key(2, 0, "kernel"));
    double worst = 0;
    for (int i = 0; i < POINTS; i++) {
        double u = stream_uniform(&stream) - 0.5;
        worst = fmax(worst, ulps(kernel_exp(u * 1416), expl(u * 1416)));
        worst = fmax(worst, ulps(kernel_exp(u * 4), expl(u * 4)));
        worst = fmax(worst, ulps(kernel_exp(u * 1e-6), expl(u * 1e-6)));
    }
    assert_true(worst < 1);
    assert_true(worst > 0.4);
}

static void log_does_not_fall_where_intervals_meet(void **state)
{
    (void)state;
    for (uint64_t i = 0; i <= KERNEL_TABLE; i++) {
        uint64_t bits = UINT64_C(0x3fe6000000000000) + (i << 45);
        double edge;
        memcpy(&edge, &bits, 8);
        double before = nextafter(edge, 0), after = nextafter(edge, 2);
        assert_true(kernel_log(before) <= kernel_log(edge));
        assert_true(kernel_log(edge) <= kernel_log(after));
    }
}

static void log_table_holds_what_it_says(void **state)
{
    (void)state;
    for (int i = 0; i < KERNEL_TABLE; i++) {
        const struct kernel_log_entry *entry = &kernel_log_table[i];
        uint64_t bits = UINT64_C(0x3fe6000000000000) + ((uint64_t)i << 45);
        double low;
        memcpy(&low, &bits, 8);
        assert_true(fabs(entry->c - low) <= 0x1p-7);
        assert_true(entry->inverse == 1 / entry->c);
        assert_true(entry->log_hi * 0x1p42 == floor(entry->log_hi * 0x1p42));
        assert_true(fabsl((long double)entry->log_hi + entry->log_lo - logl(entry->c)) <= 0x1p-64L);
    }
}

static void exp_table_holds_what_it_says(void **state)
{
    (void)state;
    for (int i = 0; i < KERNEL_TABLE; i++) {
        uint64_t bits = kernel_exp_table[i].bits + ((uint64_t)i << 45);
        long double exact = exp2l((long double)i / KERNEL_TABLE);
        double value;
        memcpy(&value, &bits, 8);
        assert_true(value == (double)exact);
        assert_true(fabsl(value * (1 + (long double)kernel_exp_table[i].tail) - exact) <= exact * 0x1p-62L);
    }
}

static void rare_arguments_get_their_limits(void **state)
{
    (void)state;
    assert_true(kernel_log(1) == 0);
    assert_true(kernel_log(0) == -(double)INFINITY);
    assert_true(isnan(kernel_log(-1)));
    assert_true(isnan(kernel_log((double)NAN)));
    assert_true(kernel_log((double)INFINITY) == (double)INFINITY);
    assert_true(ulps(kernel_log(0x1p-1060), logl(0x1p-1060L)) <= 1);
    assert_true(kernel_exp(0) == 1);
    assert_true(kernel_exp(-(double)INFINITY) == 0);
    assert_true(kernel_exp(-1000) == 0);
    assert_true(kernel_exp(710) == (double)INFINITY);
    assert_true(isnan(kernel_exp((double)NAN)));
    assert_true(ulps(kernel_exp(709.5), expl(709.5L)) <= 1);
    double tiny = kernel_exp(-740);
    assert_true(tiny > 0 && tiny < 0x1p-1022);
}

static void pow_and_gamma_match_known_values(void **state)
{
    (void)state;
    double factorial = 1;
    for (int n = 1; n <= 20; factorial *= n, n++)
        assert_true(ulps(kernel_gamma(n), factorial) <= 1);
    assert_true(ulps(kernel_gamma(0.5), sqrtl(3.14159265358979323846264338327950288L)) <= 1);
    for (int i = 1; i < 1000; i++)
        assert_true(ulps(kernel_pow(i * 0.37, 0.48), powl((long double)(i * 0.37), (long double)0.48)) <= 1);
}

/* Any change of a bit on any compiler, level or CPU shows here. */
static void bits_are_pinned(void **state)
{
    (void)state;
    uint64_t logs = 0, exps = 0, others = 0;
    for (int i = 1; i <= 100000; i++) {
        logs = hash_double(logs, kernel_log(i * 0x1.3p-9));
        exps = hash_double(exps, kernel_exp((i - 50000) * 0x1.cp-7));
        if (i % 100 == 0) {
            others = hash_double(others, kernel_pow(i * 0x1p-7, 0.48));
            others = hash_double(others, kernel_gamma(i * 0x1p-11));
        }
    }
    assert_true(kernel_log(0.3) == -0x1.34378fcbda721p+0);
    assert_true(kernel_exp(0.3) == 0x1.599058c8c1a96p+0);
    assert_int_equal(logs, UINT64_C(0x33db2efaeb3792f9));
    assert_int_equal(exps, UINT64_C(0xda08e1a53cbe125c));
    assert_int_equal(others, UINT64_C(0xacb1a3d85137dfbf));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_is_within_one_ulp),
        cmocka_unit_test(exp_is_within_one_ulp),
        cmocka_unit_test(log_does_not_fall_where_intervals_meet),
        cmocka_unit_test(log_table_holds_what_it_says),
        cmocka_unit_test(exp_table_holds_what_it_says),
        cmocka_unit_test(rare_arguments_get_their_limits),
        cmocka_unit_test(pow_and_gamma_match_known_values),
        cmocka_unit_test(bits_are_pinned),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
