/* Parameter intervals: parts found again, coverage as stated, noise corrected for. */
#include "sim/statistics/parameter.h"

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
static const struct statistics_options share = {.level = 0.95, .is_availability = true};

/* Rows 1, 2, 3 plus columns 0, 10: no rest; B = 1, R = 50. By hand: variance 1 x 4/3 + 50/2. */
static void a_table_without_rest_gives_its_parts(void **state)
{
    (void)state;
    static const double table[3][2] = {{1, 11}, {2, 12}, {3, 13}};
    double column[2];
    struct parameter_interval p = parameter_of(table[0], 3, 2, &plain, column);
    near(p.mean, 7, 1e-12);
    near(p.input_sd, 1, 1e-12);
    near(p.luck_sd, 5, 1e-12);
    near(p.error, sqrt(4.0 / 3 + 25), 1e-12);
    near(p.degrees, (4.0 / 3 + 25) * (4.0 / 3 + 25) / (16.0 / 9 / 2 + 625.0 / 1), 1e-9);
}

enum { DRAWS = 20, REPS = 20 };

struct world {
    double inputs, luck, rest; /* spreads */
    int bounded;               /* inputs uniform instead of normal */
};

static double effect(struct stream *stream, const struct world *world)
{
    double z = stream_normal(stream), u = stream_uniform(stream);
    return world->inputs * (world->bounded ? (u - 0.5) * 3.4641016 : z);
}

/* Share of intervals that hold the result at inputs drawn anew. */
static double coverage(const struct world *world, uint64_t seed, double *width)
{
    struct stream stream = stream_open(stream_key(seed, 0, "parameter"));
    int covered = 0, rounds = 1500;
    *width = 0;
    for (int round = 0; round < rounds; round++) {
        double table[DRAWS][REPS], luck[REPS], column[REPS];
        for (int r = 0; r < REPS; r++)
            luck[r] = world->luck * stream_normal(&stream);
        for (int d = 0; d < DRAWS; d++) {
            double row = effect(&stream, world);
            for (int r = 0; r < REPS; r++)
                table[d][r] = 3 + row + luck[r] + world->rest * stream_normal(&stream);
        }
        double truth = 3 + effect(&stream, world);
        struct parameter_interval p = parameter_of(table[0], DRAWS, REPS, &plain, column);
        covered += p.low <= truth && truth <= p.high;
        *width += (p.high - p.low) / rounds;
    }
    return (double)covered / rounds;
}

static void the_result_at_other_inputs_is_covered(void **state)
{
    (void)state;
    static const struct { struct world world; double least, most; } rows[] = {
        {{.inputs = 1, .luck = 0.5, .rest = 0.5}, 0.93, 0.965},             /* inputs matter most */
        {{.inputs = 1, .luck = 0, .rest = 0}, 0.93, 0.965},                 /* nothing else does */
        {{.inputs = 0.5, .luck = 4, .rest = 0.5}, 0.93, 0.97},              /* luck as large */
        {{.inputs = 1, .luck = 0.5, .rest = 0.5, .bounded = 1}, 0.95, 1.0}, /* ranges: covered more often */
        {{.inputs = 0, .luck = 1, .rest = 1}, 0.93, 1.0},                   /* inputs do not matter: the luck's interval, or wider */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double width, share_held = coverage(&rows[i].world, i, &width);
        if (share_held < rows[i].least || share_held > rows[i].most)
            fail_msg("world %zu: %.3f covered, width %.3f", i, share_held, width);
    }
}

/* Large noise within a draw, small effect of the inputs: the spread of the noisy means is 0.24, that of the inputs 0.1. */
static void noise_within_a_draw_is_not_taken_for_the_inputs(void **state)
{
    (void)state;
    struct stream stream = stream_open(stream_key(77, 0, "noise"));
    double table[DRAWS][REPS], column[REPS], corrected = 0, rows = 0;
    for (int round = 0; round < 400; round++) {
        for (int d = 0; d < DRAWS; d++) {
            double row = 0.1 * stream_normal(&stream);
            for (int r = 0; r < REPS; r++)
                table[d][r] = row + stream_normal(&stream);
        }
        double mean[DRAWS] = {0}, all = 0, squares = 0;
        for (int d = 0; d < DRAWS; d++)
            for (int r = 0; r < REPS; r++)
                mean[d] += table[d][r] / REPS;
        for (int d = 0; d < DRAWS; d++)
            all += mean[d] / DRAWS;
        for (int d = 0; d < DRAWS; d++)
            squares += (mean[d] - all) * (mean[d] - all) / (DRAWS - 1);
        struct parameter_interval p = parameter_of(table[0], DRAWS, REPS, &plain, column);
        corrected += p.input_sd * p.input_sd / 400;
        rows += squares / 400;
    }
    near(rows, 0.06, 0.006);
    near(corrected, 0.015, 0.008); /* 0.01, and what cutting at nought adds */
}

static void undefined_replications_are_left_out_of_all_draws(void **state)
{
    (void)state;
    static const double whole[3][2] = {{1, 11}, {2, 12}, {3, 13.5}};
    double holed[3][4] = {{1, (double)NAN, 11, 5}, {2, 99, 12, 6}, {3, 99, 13.5, (double)NAN}}, column[4];
    struct parameter_interval a = parameter_of(whole[0], 3, 2, &plain, column), b = parameter_of(holed[0], 3, 4, &plain, column);
    assert_true(a.low == b.low && a.high == b.high && a.mean == b.mean);
    assert_int_equal(b.replications, 2);
    holed[0][2] = (double)NAN;
    b = parameter_of(holed[0], 3, 4, &plain, column);
    assert_true(isnan(b.low) && isnan(b.high) && isnan(b.error));
    assert_true(isnan(parameter_of(whole[0], 1, 2, &plain, column).low));
}

static void perfection_under_all_inputs_is_still_a_bound(void **state)
{
    (void)state;
    double ones[5][60], column[60];
    for (int d = 0; d < 5; d++)
        for (int r = 0; r < 60; r++)
            ones[d][r] = 1;
    struct parameter_interval p = parameter_of(ones[0], 5, 60, &share, column);
    near(p.low, 1 - 2.995732273554 / 60, 1e-12); /* the draws share their luck: 60 exposures, not 300 */
    assert_true(p.high == 1 && p.mean == 1);
    ones[2][7] = 0.5;
    p = parameter_of(ones[0], 5, 60, &share, column);
    assert_true(p.high == 1 && p.low < 1 && p.low >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_without_rest_gives_its_parts),
        cmocka_unit_test(the_result_at_other_inputs_is_covered),
        cmocka_unit_test(noise_within_a_draw_is_not_taken_for_the_inputs),
        cmocka_unit_test(undefined_replications_are_left_out_of_all_draws),
        cmocka_unit_test(perfection_under_all_inputs_is_still_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
