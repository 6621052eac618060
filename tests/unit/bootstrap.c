/* The bootstrap against a textbook's data, against the expansion it approximates, and by how often it covers the truth. */
#include "sim/statistics/bootstrap.h"

#include "sim/chance/random.h"
#include "sim/statistics/statistics.h"

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

static double mean_of(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return sum / (double)n;
}

/* Survival of seven mice (Efron & Tibshirani 1993, table 2.1): mean 86.86; the bootstrap's standard error without end is 23.36 (table 2.2),
 * and 1,999 resamples know it to 1.6 %. */
static void the_mice_have_the_published_standard_error(void **state)
{
    (void)state;
    static const double mice[7] = {94, 197, 16, 38, 99, 141, 23};
    double means[BOOTSTRAP_RESAMPLES], squares = 0;
    bootstrap_of(mice, 7, means);
    double mean = mean_of(means, BOOTSTRAP_RESAMPLES);
    for (size_t i = 0; i < BOOTSTRAP_RESAMPLES; i++)
        squares += (means[i] - mean) * (means[i] - mean);
    near(mean, 86.857, 3.3 * 23.36 / sqrt(BOOTSTRAP_RESAMPLES));
    near(sqrt(squares / (BOOTSTRAP_RESAMPLES - 1)), 23.36, 3.3 * 0.016 * 23.36);
}

/* For a mean, z0 and a are both skewness / (6 sqrt n), and to second order the ends are mean + error (z + a (2 z^2 + 1)): what Efron 1987
 * (equation 4.4) shows. The skewness of these values is far from nought, so a percentile or a t interval would miss by 0.5 errors. */
static void the_ends_are_those_of_the_expansion(void **state)
{
    (void)state;
    enum { N = 100 };
    double values[N], means[BOOTSTRAP_RESAMPLES], squares = 0, low, high;
    for (int i = 0; i < N; i++)
        values[i] = -log(1 - (i + 0.5) / N); /* an exponential's quantiles */
    double mean = mean_of(values, N), cubes = 0;
    for (int i = 0; i < N; i++) {
        squares += (values[i] - mean) * (values[i] - mean);
        cubes += pow(values[i] - mean, 3);
    }
    double error = sqrt(squares) / N, a = cubes / (6 * pow(squares, 1.5)), z = 1.95996;
    struct bootstrap bootstrap = bootstrap_of(values, N, means);
    bootstrap_interval(&bootstrap, 0.95, &low, &high);
    near(bootstrap.acceleration, a, 1e-12);
    near(bootstrap.bias, a, 3.3 * 1.2533 / sqrt(BOOTSTRAP_RESAMPLES)); /* its noise: sqrt(pi/2) / sqrt(resamples) */
    near((low - mean) / error, -z + a * (2 * z * z + 1), 0.25);
    near((high - mean) / error, z + a * (2 * z * z + 1), 0.25);
    assert_true(high - mean > mean - low);
}

static void intervals_do_not_depend_on_the_order_of_calls(void **state)
{
    (void)state;
    static const double values[6] = {1, 2, 4, 8, 16, 32};
    double means[BOOTSTRAP_RESAMPLES], low[2], high[2];
    for (int i = 0; i < 2; i++) {
        struct bootstrap bootstrap = bootstrap_of(values, 6, means);
        bootstrap_interval(&bootstrap, 0.95, &low[i], &high[i]);
        bootstrap_of(values, 5, means);
    }
    assert_true(low[0] == low[1] && high[0] == high[1]);
}

/* p is the level at which the interval reaches the margin: asked there, the interval ends there. */
static void p_is_where_the_interval_reaches_the_margin(void **state)
{
    (void)state;
    struct stream stream = stream_open(stream_key(4, 0, "p"));
    for (int round = 0; round < 30; round++) {
        double values[25], means[BOOTSTRAP_RESAMPLES], low, high;
        for (int i = 0; i < 25; i++)
            values[i] = (round % 2 == 0 ? 1 : -1) * (0.2 + stream_exponential(&stream));
        struct bootstrap bootstrap = bootstrap_of(values, 25, means);
        double margin = 0.7 * fabs(mean_of(values, 25)), p = bootstrap_p(&bootstrap, margin);
        assert_true(p >= 2.0 / (BOOTSTRAP_RESAMPLES + 1) && p <= 1);
        if (p < 0.005 || p > 0.5)
            continue;
        bootstrap_interval(&bootstrap, 1 - p, &low, &high);
        near(round % 2 == 0 ? low : -high, margin, 0.02);
    }
    double far[4] = {9, 10, 11, 12}, means[BOOTSTRAP_RESAMPLES];
    struct bootstrap bootstrap = bootstrap_of(far, 4, means);
    assert_true(bootstrap_p(&bootstrap, 0) < 0.002);
    near(bootstrap_p(&bootstrap, 100), 1, 0);
}

/* Exponential values, n = 30: Student's t covers 92.6 %. 600 rounds have a standard error of 1 %. */
static void skewed_means_are_covered_no_worse_than_by_t(void **state)
{
    (void)state;
    struct stream stream = stream_open(stream_key(2, 0, "bca"));
    int covered = 0, by_t = 0, rounds = 600;
    for (int round = 0; round < rounds; round++) {
        double values[30], scratch[30], means[BOOTSTRAP_RESAMPLES];
        for (size_t i = 0; i < 30; i++)
            values[i] = stream_exponential(&stream);
        struct statistics_options options = {.level = 0.95};
        struct statistics t = statistics_of(values, 30, &options, scratch);
        options.resamples = means;
        struct statistics s = statistics_of(values, 30, &options, scratch);
        assert_int_equal(s.method, STATISTICS_BCA);
        assert_true(s.mean == t.mean && s.sd == t.sd);
        covered += s.ci_low <= 1 && 1 <= s.ci_high;
        by_t += t.ci_low <= 1 && 1 <= t.ci_high;
    }
    near((double)covered / rounds, 0.935, 0.03);
    assert_true(covered >= by_t - 6); /* the same samples */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mice_have_the_published_standard_error),
        cmocka_unit_test(the_ends_are_those_of_the_expansion),
        cmocka_unit_test(intervals_do_not_depend_on_the_order_of_calls),
        cmocka_unit_test(p_is_where_the_interval_reaches_the_margin),
        cmocka_unit_test(skewed_means_are_covered_no_worse_than_by_t),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
