/* Controls and pairs: exact where they should be, honest about their own noise. */
#include "sim/statistics/control.h"

#include "sim/chance/random.h"

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

static const struct statistics_options plain = {.level = 0.95};



/* The regression of five published points (Anscombe 1973, first set) at x = 9, its mean, is the mean of y, 7.50, with the residual
 * standard error 1.2366 of the fitted line on 9 degrees of freedom. */
static void anscombes_line_is_found_again(void **state)
{
    (void)state;
    static const double x[11] = {10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5};
    static const double y[11] = {8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68};
    double scratch[22];
    struct statistics s = control_of(y, x, 11, 9, &plain, scratch);
    near(s.mean, 7.500909, 1e-6);
    near(s.error, 1.236603 / sqrt(11), 1e-6);
    near(s.degrees, 9, 0);
    assert_string_equal(statistics_method_name(s.method), "control variate");
    near(control_of(y, x, 11, 0, &plain, scratch).mean, 3.0000909, 1e-6); /* the intercept */
    near(control_of(y, x, 11, 0, &plain, scratch).error, 1.1247468, 1e-6); /* and its published standard error */
}

/* Correlation 0.95: a tenth of the variance is left, and the interval still covers the truth as often as it says. */
static void a_control_narrows_and_covers(void **state)
{
    (void)state;
    struct stream stream = stream_open(stream_key(12, 0, "control"));
    int covered = 0, rounds = 3000;
    double narrowed = 0;
    for (int round = 0; round < rounds; round++) {
        double y[12], x[12], scratch[24];
        for (int i = 0; i < 12; i++) {
            x[i] = stream_normal(&stream);
            y[i] = 5 + 0.95 * x[i] + 0.31225 * stream_normal(&stream);
        }
        struct statistics s = control_of(y, x, 12, 0, &plain, scratch);
        covered += s.ci_low <= 5 && 5 <= s.ci_high;
        narrowed += s.error * s.error / (s.sd * s.sd / 12);
    }
    near((double)covered / rounds, 0.95, 0.014);
    near(narrowed / rounds, 0.12, 0.03); /* 0.0975 x (n - 2) / (n - 3) and the line's own error */
}

static void a_control_that_says_nothing_is_left_out(void **state)
{
    (void)state;
    double y[5] = {1, 2, 3, 4, 5}, x[5] = {7, 7, 7, 7, 7}, scratch[10], gone[5] = {1, (double)NAN, 2, 3, 4};
    struct statistics s = control_of(y, x, 5, 7, &plain, scratch);
    assert_string_equal(statistics_method_name(s.method), "student t");
    near(s.mean, 3, 0);
    s = control_of(y, gone, 5, 2, &plain, scratch);
    assert_int_equal(s.n, 4);
    assert_int_equal(s.n_undefined, 1);
    s = control_of(y, x, 3, 7, &plain, scratch);
    assert_string_equal(statistics_method_name(s.method), "student t");
}

static void pairs_are_means_and_half_a_pair_is_none(void **state)
{
    (void)state;
    double values[7] = {1, 3, (double)NAN, 4, 5, 7, 100};
    assert_int_equal(control_pairs(values, 7, values), 3);
    near(values[0], 2, 0);
    assert_true(isnan(values[1]));
    near(values[2], 6, 0);
}

/* exp(u) and exp(1 - u): pairs have 3.2 % of the variance of two independent values, and their interval covers e - 1. */
static void antithetic_pairs_cover_as_one_observation(void **state)
{
    (void)state;
    struct stream stream = stream_open(stream_key(13, 0, "pairs"));
    int covered = 0, rounds = 3000;
    double sd = 0;
    for (int round = 0; round < rounds; round++) {
        double values[40], scratch[40];
        for (int i = 0; i < 40; i += 2) {
            double u = stream_uniform(&stream);
            values[i] = exp(u);
            values[i + 1] = exp(1 - u);
        }
        size_t n = control_pairs(values, 40, values);
        struct statistics s = statistics_of(values, n, &plain, scratch);
        covered += s.ci_low <= 1.718281828 && 1.718281828 <= s.ci_high;
        sd += s.sd * s.sd / rounds;
    }
    near((double)covered / rounds, 0.94, 0.02);
    near(sd / (0.2420356 / 2), 0.0323, 0.002);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anscombes_line_is_found_again),
        cmocka_unit_test(a_control_narrows_and_covers),
        cmocka_unit_test(a_control_that_says_nothing_is_left_out),
        cmocka_unit_test(pairs_are_means_and_half_a_pair_is_none),
        cmocka_unit_test(antithetic_pairs_cover_as_one_observation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
