/* The ratio of two means: by what defines its interval, by hand, and where there is none. How often it covers: tests/property/intervals.c. */
#include "sim/statistics/fieller.h"

#include "sim/chance/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MOST = 100 };

static void near(double actual, double expected, double tolerance)
{
    if (!(fabs(actual - expected) <= tolerance))
        fail_msg("%.17g is not %.17g within %g", actual, expected, tolerance);
}

/* Student's t over a - r b, whose interval has an end at 0 exactly where r is an end. */
static void touches_zero(const double *a, const double *b, size_t n, double r)
{
    double difference[MOST], scratch[MOST];
    for (size_t i = 0; i < n; i++)
        difference[i] = a[i] - r * b[i];
    struct statistics s = statistics_of(difference, n, &(struct statistics_options){.level = 0.95}, scratch);
    near(fmin(fabs(s.ci_low), fabs(s.ci_high)), 0, 1e-9 * (s.ci_high - s.ci_low));
}

static void an_end_is_where_the_interval_of_a_minus_r_b_touches_zero(void **state)
{
    (void)state;
    struct stream stream = stream_open(stream_key(5, 0, "fieller"));
    for (int try = 0; try < 200; try++) {
        double a[MOST], b[MOST];
        size_t n = 3 + (size_t)(try % 40);
        for (size_t i = 0; i < n; i++) {
            double common = stream_normal(&stream);
            a[i] = (try % 2 == 0 ? 20 : -20) + common;
            a[i] += stream_normal(&stream);
            b[i] = 30 + 2 * common;
            b[i] += stream_normal(&stream);
        }
        struct statistics s = fieller_of(a, b, n, 0.95);
        assert_int_equal(s.method, STATISTICS_FIELLER);
        assert_true(s.ci_low < s.mean && s.mean < s.ci_high);
        touches_zero(a, b, n, s.ci_low);
        touches_zero(a, b, n, s.ci_high);
    }
}

/* a = 1, 3 and b = 4, 8 are 2/6; e = -1/3, 1/3, S_ee = 1/9, S_eb = 2/3, S_bb = 4. At the level whose t with one degree of freedom is 1,
 * one half: g = 1/9, and r = 1/3 + (-(2/3)/36 +- 1/6 sqrt(1/9)) / (8/9), for e and b go together: 1/3 - 1/48 +- 1/16. */
static void two_pairs_by_hand(void **state)
{
    (void)state;
    static const double a[2] = {1, 3}, b[2] = {4, 8};
    struct statistics s = fieller_of(a, b, 2, 0.5);
    near(s.mean, 1.0 / 3, 1e-15);
    near(s.ci_low, 1.0 / 3 - 1.0 / 48 - 1.0 / 16, 1e-9);
    near(s.ci_high, 1.0 / 3 - 1.0 / 48 + 1.0 / 16, 1e-9);
}

static void over_a_constant_it_is_the_interval_of_the_mean(void **state)
{
    (void)state;
    static const double a[5] = {3, 1, 4, 1, 5}, b[5] = {2, 2, 2, 2, 2};
    double scratch[5];
    struct statistics s = fieller_of(a, b, 5, 0.95), mean = statistics_of(a, 5, &(struct statistics_options){.level = 0.95}, scratch);
    near(s.ci_low, mean.ci_low / 2, 1e-12);
    near(s.ci_high, mean.ci_high / 2, 1e-12);
}

static void a_denominator_that_may_be_zero_leaves_no_interval(void **state)
{
    (void)state;
    static const double a[4] = {1, 2, 3, 4}, b[4] = {-1, 4, -2, 3};
    struct statistics s = fieller_of(a, b, 4, 0.95);
    assert_int_equal(s.method, STATISTICS_FIELLER);
    near(s.mean, 2.5, 1e-12);
    assert_true(isnan(s.ci_low) && isnan(s.ci_high));
    static const double zero[4] = {-1, 1, -2, 2};
    s = fieller_of(a, zero, 4, 0.95);
    assert_true(s.method == STATISTICS_NONE && isnan(s.mean));
}

static void values_that_hardly_vary_keep_their_digits(void **state)
{
    (void)state;
    double a[10], b[10], plain_a[10], plain_b[10];
    for (int i = 0; i < 10; i++) {
        plain_a[i] = i % 3;
        plain_b[i] = i * i % 7;
        a[i] = 1e9 + plain_a[i];
        b[i] = 2e9 + plain_b[i];
    }
    struct statistics s = fieller_of(a, b, 10, 0.95);
    /* To first order the ratio's spread is that of (a - b / 2) / 2e9. */
    double difference[10], scratch[10];
    for (int i = 0; i < 10; i++)
        difference[i] = plain_a[i] - plain_b[i] / 2;
    struct statistics d = statistics_of(difference, 10, &(struct statistics_options){.level = 0.95}, scratch);
    near((s.ci_high - s.ci_low) / ((d.ci_high - d.ci_low) / 2e9), 1, 1e-6);
}

static void incomplete_pairs_are_dropped_and_counted(void **state)
{
    (void)state;
    static const double a[4] = {1, NAN, 3, 5}, b[4] = {4, 2, 8, NAN};
    struct statistics s = fieller_of(a, b, 4, 0.95);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.n_undefined, 2);
    near(s.mean, 1.0 / 3, 1e-15);
    static const double twice[3] = {2, 6, 1.4}, once[3] = {1, 3, 0.7};
    s = fieller_of(twice, once, 3, 0.95);
    assert_true(s.method == STATISTICS_CONSTANT && s.ci_low == s.mean && s.ci_high == s.mean);
    s = fieller_of(twice, once, 1, 0.95);
    assert_true(s.method == STATISTICS_NONE && s.mean == 2 && isnan(s.ci_low));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_end_is_where_the_interval_of_a_minus_r_b_touches_zero),
        cmocka_unit_test(two_pairs_by_hand),
        cmocka_unit_test(over_a_constant_it_is_the_interval_of_the_mean),
        cmocka_unit_test(a_denominator_that_may_be_zero_leaves_no_interval),
        cmocka_unit_test(values_that_hardly_vary_keep_their_digits),
        cmocka_unit_test(incomplete_pairs_are_dropped_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
