/* Where a run becomes steady, and how sure the mean of one run is. */
#include "sim/statistics/steady.h"

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

/* The definition, summed the slow way. */
static size_t slow_mser5(const double *values, size_t n)
{
    size_t k = n / 5, best = 0;
    double least = INFINITY;
    for (size_t d = 0; d + 5 <= k; d++) {
        double mean = 0, squares = 0, kept = (double)(k - d);
        for (size_t i = d * 5; i < k * 5; i++)
            mean += values[i] / (5 * kept);
        for (size_t b = d; b < k; b++) {
            double z = 0;
            for (size_t i = 0; i < 5; i++)
                z += values[b * 5 + i] / 5;
            squares += (z - mean) * (z - mean);
        }
        if (squares / (kept * kept) < least - 1e-15) {
            least = squares / (kept * kept);
            best = d;
        }
    }
    return best * 5;
}

static double *autoregression(struct stream *stream, double *values, size_t n, double start, double memory)
{
    double level = start;
    for (size_t i = 0; i < n; i++) {
        level = memory * level + stream_normal(stream);
        values[i] = level;
    }
    return values;
}

static void the_truncation_is_that_of_the_definition(void **state)
{
    (void)state;
    struct stream stream = stream_open(stream_key(1, 0, "mser"));
    double values[400];
    for (int round = 0; round < 50; round++) {
        size_t n = 25 + (size_t)stream_below(&stream, 370);
        autoregression(&stream, values, n, 30 * stream_uniform(&stream), 0.9);
        assert_int_equal(steady_mser5(values, n, NULL), slow_mser5(values, n));
    }
}

/* A transient of 40 steps (0.9^40 of 100 is 1.5) goes; a series that rises to its end never settles. */
static void a_transient_is_left_out_and_a_trend_is_called_one(void **state)
{
    (void)state;
    struct stream stream = stream_open(stream_key(2, 0, "mser"));
    double values[1000];
    bool settled;
    autoregression(&stream, values, 1000, 100, 0.9);
    size_t left_out = steady_mser5(values, 1000, &settled);
    assert_true(settled && left_out >= 25 && left_out <= 80);
    for (int i = 0; i < 1000; i++)
        values[i] = 0.01 * i * i + stream_normal(&stream);
    steady_mser5(values, 1000, &settled);
    assert_false(settled);
    assert_int_equal(steady_mser5(values, 4, &settled), 0);
}

/* Autoregressive values with memory 0.8: the naive interval of 2,000 of them covers about 48 %; batches of 100 cover 95 %. */
static void batches_cover_where_single_values_do_not(void **state)
{
    (void)state;
    struct stream stream = stream_open(stream_key(3, 0, "batch"));
    static double values[2000], scratch[2000];
    int covered = 0, naive = 0, rounds = 1500;
    for (int round = 0; round < rounds; round++) {
        autoregression(&stream, values, 2000, 0, 0.8);
        struct statistics s = steady_batch_means(values, 2000, 0.95, NULL);
        struct statistics_options options = {.level = 0.95};
        struct statistics plain = statistics_of(values, 2000, &options, scratch);
        covered += s.ci_low <= 0 && 0 <= s.ci_high;
        naive += plain.ci_low <= 0 && 0 <= plain.ci_high;
    }
    near((double)covered / rounds, 0.945, 0.02);
    assert_true(naive < 0.6 * rounds);
}

static void batches_that_are_too_short_are_noticed(void **state)
{
    (void)state;
    struct stream stream = stream_open(stream_key(4, 0, "batch"));
    double values[2000];
    int noticed = 0, alarms = 0;
    bool independent;
    for (int round = 0; round < 200; round++) {
        steady_batch_means(autoregression(&stream, values, 100, 0, 0.98), 100, 0.95, &independent);
        noticed += !independent;
        steady_batch_means(autoregression(&stream, values, 2000, 0, 0.5), 2000, 0.95, &independent);
        alarms += !independent;
    }
    assert_true(noticed > 150);
    assert_true(alarms < 25); /* 5 % of 200 */
    assert_int_equal(steady_batch_means(values, 39, 0.95, &independent).method, STATISTICS_NONE);
    for (int i = 0; i < 2000; i++)
        values[i] = 0.25;
    struct steady steady = steady_of(values, 2000, 0.95);
    assert_true(steady.statistics.mean == 0.25 && steady.settled && steady.left_out == 0);
    assert_string_equal(statistics_method_name(steady.statistics.method), "constant");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_truncation_is_that_of_the_definition),
        cmocka_unit_test(a_transient_is_left_out_and_a_trend_is_called_one),
        cmocka_unit_test(batches_cover_where_single_values_do_not),
        cmocka_unit_test(batches_that_are_too_short_are_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
