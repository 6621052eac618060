/* Ranks of a printed table, a published example, and the coverage they promise. */
#include "sim/statistics/quantile.h"

#include "sim/chance/random.h"

#include <stdlib.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void near(double actual, double expected, double tolerance)
{
    if (!(fabs(actual - expected) <= tolerance))
        fail_msg("%.17g is not %.17g within %g", actual, expected, tolerance);
}

/* Textbook tables of the median's interval list, at the least level above 95 %: n = 6: [1, 6], 96.9 %; 10: [2, 9], 97.9 %; 12: [3, 10],
 * 96.1 %; 15: [4, 12], 96.5 %; 20: [6, 15], 95.9 %. */
static void ranks_of_the_median_are_those_of_the_printed_table(void **state)
{
    (void)state;
    static const size_t rows[][3] = {{6, 1, 6}, {8, 1, 8}, {9, 2, 8}, {10, 2, 9}, {12, 3, 10}, {15, 4, 12}, {17, 5, 13},
                                     {18, 5, 14}, {20, 6, 15}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t low, high;
        quantile_ranks(rows[i][0], 0.5, 0.95, &low, &high);
        assert_int_equal(low, rows[i][1]);
        assert_int_equal(high, rows[i][2]);
    }
}

/* The example of ci.median() in R's package statpsych (Snedecor & Cochran 1989): 20.7, interval 10.8 to 30.9. */
static void a_published_interval_is_found_again(void **state)
{
    (void)state;
    static const double sorted[19] = {0,    5.1,  10.2, 10.5, 10.8, 10.8, 15.1, 20.4, 20.5, 20.7,
                                      20.8, 20.9, 25.0, 30.2, 30.9, 40.0, 50.8, 50.9, 60.8};
    double low, high;
    quantile_interval(sorted, 19, 0.5, 0.95, &low, &high);
    near(low, 10.8, 0);
    near(high, 30.9, 0);
}

static void a_tail_beyond_the_values_is_open(void **state)
{
    (void)state;
    size_t low, high;
    quantile_ranks(5, 0.5, 0.95, &low, &high); /* [1, 5] holds 93.75 % only */
    assert_true(low == 0 && high == 0);
    quantile_ranks(71, 0.95, 0.95, &low, &high); /* 0.95^71 = 0.0262 */
    assert_true(low > 0 && high == 0);
    quantile_ranks(72, 0.95, 0.95, &low, &high); /* 0.95^72 = 0.0249 */
    assert_int_equal(high, 72);
    quantile_ranks(72, 0.05, 0.95, &low, &high);
    assert_int_equal(low, 1);
    double sorted[3] = {1, 2, 3}, from, to;
    quantile_interval(sorted, 3, 0.5, 0.95, &from, &to);
    assert_true(isnan(from) && isnan(to));
}

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* At least 95 %, whatever the law; for n = 60 and the 90 % quantile the ranks hold it with 97.0 %. */
static void quantiles_are_covered_as_stated(void **state)
{
    (void)state;
    struct stream stream = stream_open(stream_key(6, 0, "quantile"));
    int covered = 0, rounds = 3000;
    double truth = -log(0.1);
    for (int round = 0; round < rounds; round++) {
        double values[60], low, high;
        for (int i = 0; i < 60; i++)
            values[i] = stream_exponential(&stream);
        qsort(values, 60, sizeof values[0], ascending);
        quantile_interval(values, 60, 0.9, 0.95, &low, &high);
        covered += low <= truth && truth <= high;
    }
    near((double)covered / rounds, 0.965, 0.015);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_of_the_median_are_those_of_the_printed_table),
        cmocka_unit_test(a_published_interval_is_found_again),
        cmocka_unit_test(a_tail_beyond_the_values_is_open),
        cmocka_unit_test(quantiles_are_covered_as_stated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
