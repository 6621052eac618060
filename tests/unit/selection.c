/* The probability of being best: certain where it must be, fair among equals, and near the truth in between. */
#include "sim/statistics/selection.h"

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

static void the_better_of_certain_values_is_certain(void **state)
{
    (void)state;
    double values[3][4] = {{1, 2, 1, 2}, {3, 4, 3, 4}, {2.9, 3.9, 2.9, 3.9}}, best[3], good[3], scratch[3];
    struct selection_input input = {.values = values[0], .alternatives = 3, .draws = 1, .replications = 4, .higher_is_better = true,
                                    .margin = 0.2};
    selection_probabilities(&input, best, good, scratch);
    assert_true(best[0] == 0 && best[1] == 1 && best[2] == 0);
    assert_true(good[0] == 0 && good[1] == 1 && good[2] == 1); /* a tenth behind, and two tenths do not matter */
    input.higher_is_better = false;
    selection_probabilities(&input, best, good, scratch);
    assert_true(best[0] == 1 && good[2] == 0);
}

static void equals_share(void **state)
{
    (void)state;
    double values[2][5] = {{1, 5, 2, 8, 3}, {1, 5, 2, 8, 3}}, best[2], good[2], scratch[2];
    struct selection_input input = {.values = values[0], .alternatives = 2, .draws = 1, .replications = 5, .higher_is_better = true};
    selection_probabilities(&input, best, good, scratch);
    assert_true(best[0] == 0.5 && best[1] == 0.5 && good[0] == 1 && good[1] == 1);
}

/* Common luck is resampled in common: the alternatives differ by 1 with a spread of 1 over 25 pairs under luck with a spread of 100, so
 * one is ahead with Phi(5). Resampled apart it would be a coin. */
static void common_luck_stays_common(void **state)
{
    (void)state;
    struct stream stream = stream_open(stream_key(1, 0, "select"));
    double values[2][25], best[2], good[2], scratch[2];
    for (int i = 0; i < 25; i++) {
        double luck = 100 * stream_normal(&stream);
        values[0][i] = luck;
        values[1][i] = luck + 1 + stream_normal(&stream);
    }
    struct selection_input input = {.values = values[0], .alternatives = 2, .draws = 1, .replications = 25, .higher_is_better = true};
    selection_probabilities(&input, best, good, scratch);
    assert_true(best[1] > 0.999);
}

/* "best with probability p" should be right p of the time when either of two may be better by chance: prior normal, spread 1; 16 pairs
 * of spread 2 know the difference to 0.5. Among selections that claim 80 to 95 %, about that share is right. */
static void claims_come_true_as_often_as_claimed(void **state)
{
    (void)state;
    struct stream stream = stream_open(stream_key(2, 0, "select"));
    double claimed = 0;
    int right = 0, claims = 0;
    for (int round = 0; round < 2500; round++) {
        double truth = stream_normal(&stream), values[2][16], best[2], good[2], scratch[2];
        for (int i = 0; i < 16; i++) {
            values[0][i] = truth + 2 * stream_normal(&stream);
            values[1][i] = 0;
        }
        struct selection_input input = {.values = values[0], .alternatives = 2, .draws = 1, .replications = 16,
                                        .higher_is_better = true};
        selection_probabilities(&input, best, good, scratch);
        int chosen = best[0] > best[1] ? 0 : 1;
        if (best[chosen] < 0.8 || best[chosen] > 0.95)
            continue;
        claims++;
        claimed += best[chosen];
        right += (truth > 0) == (chosen == 0);
    }
    assert_true(claims > 200);
    near((double)right / claims, claimed / claims, 0.06);
}

/* Under half of the inputs one is better, under half the other: neither is best with certainty, however many replications. */
static void unknown_inputs_keep_a_selection_uncertain(void **state)
{
    (void)state;
    double values[2][4][50], best[2], good[2], scratch[2];
    for (int d = 0; d < 4; d++)
        for (int r = 0; r < 50; r++) {
            values[0][d][r] = d < 2 ? 1 : -1;
            values[1][d][r] = 0.01;
        }
    struct selection_input input = {.values = values[0][0], .alternatives = 2, .draws = 4, .replications = 50,
                                    .higher_is_better = true};
    selection_probabilities(&input, best, good, scratch);
    near(best[0], 0.5, 0.05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_better_of_certain_values_is_certain),
        cmocka_unit_test(equals_share),
        cmocka_unit_test(common_luck_stays_common),
        cmocka_unit_test(claims_come_true_as_often_as_claimed),
        cmocka_unit_test(unknown_inputs_keep_a_selection_uncertain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
