/* What looking costs: the share of intervals that hold the true mean when a run stops as soon as they are narrow. */
#include "sim/study/precision.h"

#include "sim/chance/random.h"
#include "sim/statistics/statistics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { RUNS = 4000, MOST = 960 };

struct law_of_values {
    const char *name;
    double (*draw)(struct stream *stream);
    double mean, sd;
};

static double normal(struct stream *stream) { return stream_normal(stream); }
static double uniform(struct stream *stream) { return stream_uniform(stream); }
static double exponential(struct stream *stream) { return stream_exponential(stream); }

static const struct law_of_values laws[] = {
    {"normal", normal, 0, 1}, {"uniform", uniform, 0.5, 0.28867513459481287}, {"exponential", exponential, 1, 1}};

/* Share of runs whose last interval holds the mean, when the rule asks for what `expected` replications should give. */
static double coverage(const struct law_of_values *law, double expected, double *average)
{
    const struct precision precision = {.half_width = 1.96 * law->sd / sqrt(expected), .level = 0.95, .most = MOST};
    double values[MOST], scratch[3 * MOST];
    int hits = 0;
    *average = 0;
    for (uint64_t run = 0; run < RUNS; run++) {
        struct stream stream = stream_open(stream_key_path(stream_key(run, 0, "precision"), law->name));
        uint32_t count = 0;
        do {
            uint32_t look = precision_next(&precision, count);
            while (count < look)
                values[count++] = law->draw(&stream);
        } while (count < MOST && !precision_reached(&precision, values, 1, MOST, count, scratch));
        struct statistics_options options = {.level = 0.95};
        struct statistics s = statistics_of(values, count, &options, scratch);
        hits += s.ci_low <= law->mean && law->mean <= s.ci_high;
        *average += (double)count / RUNS;
    }
    return (double)hits / RUNS;
}

static void stopping_early_costs_little_coverage(void **state)
{
    (void)state;
    static const double expected[] = {20, 45, 60, 90, 120, 180, 240, 400};
    double error = 3.3 * sqrt(0.95 * 0.05 / RUNS); /* of the count: beyond the binomial's 99.9 % */
    for (size_t i = 0; i < sizeof laws / sizeof *laws; i++)
        for (size_t e = 0; e < sizeof expected / sizeof *expected; e++) {
            double average, share = coverage(&laws[i], expected[e], &average);
            printf("# %s, half-width for n = %g: %.4f of 95 %% intervals hold the mean; stopped at %.1f on average\n",
                   laws[i].name, expected[e], share, average);
            /* Of skewed values the mean and the spread err together: early stops are low means too. */
            double least = laws[i].draw == exponential ? 0.91 : 0.935;
            if (share < least - error || share > 0.95 + 0.015 + error)
                fail_msg("%s, %g: %.4f", laws[i].name, expected[e], share);
        }
}

static void looks_are_at_doublings_of_30_and_at_the_most(void **state)
{
    (void)state;
    static const uint32_t looks[] = {30, 60, 120, 240, 480, 960, 1920, 2000, 2000};
    const struct precision precision = {.most = 2000}, few = {.most = 12};
    uint32_t count = 0;
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        count = precision_next(&precision, count);
        assert_int_equal(count, looks[i]);
    }
    assert_int_equal(precision_next(&few, 0), 12);
}

static void an_availability_never_seen_below_1_is_not_precise_at_once(void **state)
{
    (void)state;
    double values[2000], scratch[6000];
    for (int i = 0; i < 2000; i++)
        values[i] = 1;
    const struct precision precision = {.half_width = 0.01, .level = 0.95, .most = 2000, .is_availability = true};
    assert_false(precision_reached(&precision, values, 1, 2000, 240, scratch)); /* 3 / 240 is above 1 % */
    assert_true(precision_reached(&precision, values, 1, 2000, 480, scratch));
}

static void undefined_values_are_not_precise(void **state)
{
    (void)state;
    double values[60], scratch[180];
    for (int i = 0; i < 60; i++)
        values[i] = i == 7 ? 1 : (double)NAN;
    const struct precision precision = {.half_width = 1e9, .level = 0.95, .most = 60};
    assert_false(precision_reached(&precision, values, 1, 60, 60, scratch));
}

static void pairs_count_as_one_observation(void **state)
{
    (void)state;
    double values[60], scratch[180];
    for (int i = 0; i < 60; i++)
        values[i] = (i % 2 == 0 ? 1 : -1) * (1.0 + i / 2); /* each pair's mean is 0 */
    struct precision precision = {.half_width = 1e-9, .level = 0.95, .most = 60, .in_pairs = true};
    assert_true(precision_reached(&precision, values, 1, 60, 60, scratch));
    precision.in_pairs = false;
    assert_false(precision_reached(&precision, values, 1, 60, 60, scratch));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stopping_early_costs_little_coverage),
        cmocka_unit_test(looks_are_at_doublings_of_30_and_at_the_most),
        cmocka_unit_test(an_availability_never_seen_below_1_is_not_precise_at_once),
        cmocka_unit_test(undefined_values_are_not_precise),
        cmocka_unit_test(pairs_count_as_one_observation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
