/* Holm's correction: by hand, and by how often it lets a mistake through. */
#include "sim/statistics/multiple.h"

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

/* By hand: 5 x 0.01, 4 x 0.02, 3 x 0.03, then never less. */
static void adjusted_values_are_those_by_hand(void **state)
{
    (void)state;
    static const double rising[5] = {0.01, 0.02, 0.03, 0.04, 0.05}, stepped[5] = {0.05, 0.08, 0.09, 0.09, 0.09};
    static const double mixed[4] = {0.01, 0.04, 0.03, 0.005}, known[4] = {0.03, 0.06, 0.06, 0.02};
    double adjusted[5];
    size_t order[5];
    assert_int_equal(multiple_holm(rising, adjusted, 5, order), 5);
    for (int i = 0; i < 5; i++)
        near(adjusted[i], stepped[i], 1e-15);
    multiple_holm(mixed, adjusted, 4, order);
    for (int i = 0; i < 4; i++)
        near(adjusted[i], known[i], 1e-15);
}

static void one_comparison_is_left_alone_and_none_counts_not(void **state)
{
    (void)state;
    double p[4] = {(double)NAN, 0.04, (double)NAN, (double)NAN}, big[3] = {0.9, 0.5, 0.6};
    size_t order[4];
    assert_int_equal(multiple_holm(p, p, 4, order), 1); /* in place */
    near(p[1], 0.04, 0);
    assert_true(isnan(p[0]) && isnan(p[3]));
    multiple_holm(big, big, 3, order);
    for (int i = 0; i < 3; i++)
        near(big[i], 1, 0);
}

/* Ten comparisons without a difference: uncorrected, 40 % of the families hold a mistake; corrected, at most 5 %. And never less is
 * decided than by Bonferroni. */
static void families_without_a_difference_err_once_in_twenty(void **state)
{
    (void)state;
    struct stream stream = stream_open(stream_key(8, 0, "holm"));
    int wrong = 0, rounds = 4000;
    for (int round = 0; round < rounds; round++) {
        double p[10], adjusted[10];
        size_t order[10];
        int any = 0;
        for (int i = 0; i < 10; i++)
            p[i] = stream_uniform(&stream);
        multiple_holm(p, adjusted, 10, order);
        for (int i = 0; i < 10; i++) {
            any |= adjusted[i] < 0.05;
            assert_true(adjusted[i] >= p[i] && (adjusted[i] <= 10 * p[i] || adjusted[i] <= 1));
            assert_false(10 * p[i] < 0.05 && adjusted[i] >= 0.05);
        }
        wrong += any;
    }
    near((double)wrong / rounds, 0.049, 0.012);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adjusted_values_are_those_by_hand),
        cmocka_unit_test(one_comparison_is_left_alone_and_none_counts_not),
        cmocka_unit_test(families_without_a_difference_err_once_in_twenty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
