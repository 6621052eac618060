/* Indices of functions whose indices are known, and the intervals' coverage. */
#include "sim/chance/kernel.h"
#include "sim/chance/random.h"
#include "sim/statistics/sensitivity.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define PI 3.14159265358979324
enum { ROWS = 512, INPUTS = 3 };

static double ishigami(const double u[INPUTS])
{
    double x1 = PI * (2 * u[0] - 1), x2 = PI * (2 * u[1] - 1), x3 = PI * (2 * u[2] - 1);
    return sin(x1) + 7 * sin(x2) * sin(x2) + 0.1 * pow(x3, 4) * sin(x1);
}

static double g_function(const double u[INPUTS])
{
    static const double a[INPUTS] = {0, 1, 9};
    double y = 1;
    for (int i = 0; i < INPUTS; i++)
        y *= (fabs(4 * u[i] - 2) + a[i]) / (1 + a[i]);
    return y;
}

struct outputs {
    double a[ROWS], b[ROWS], ab[INPUTS][ROWS];
};

static void sample(double f(const double *), uint64_t seed, struct outputs *out)
{
    struct stream stream = stream_open(stream_key(seed, 0, "sample"));
    for (int row = 0; row < ROWS; row++) {
        double a[INPUTS], b[INPUTS];
        for (int i = 0; i < INPUTS; i++) {
            a[i] = stream_uniform(&stream);
            b[i] = stream_uniform(&stream);
        }
        out->a[row] = f(a);
        out->b[row] = f(b);
        for (int i = 0; i < INPUTS; i++) {
            double kept = a[i];
            a[i] = b[i];
            out->ab[i][row] = f(a);
            a[i] = kept;
        }
    }
}

struct truth {
    double first[INPUTS], total[INPUTS];
};

static struct truth ishigami_truth(void)
{
    double a = 7, b = 0.1, pi4 = pow(PI, 4), v1 = pow(1 + b * pi4 / 5, 2) / 2, v2 = a * a / 8, v13 = 8 * b * b * pi4 * pi4 / 225;
    double v = v1 + v2 + v13;
    return (struct truth){{v1 / v, v2 / v, 0}, {(v1 + v13) / v, v2 / v, v13 / v}};
}

static struct truth g_truth(void)
{
    static const double a[INPUTS] = {0, 1, 9};
    struct truth truth;
    double all = 1, part[INPUTS];
    for (int i = 0; i < INPUTS; i++)
        all *= 1 + (part[i] = 1 / (3 * (1 + a[i]) * (1 + a[i])));
    for (int i = 0; i < INPUTS; i++) {
        truth.first[i] = part[i] / (all - 1);
        truth.total[i] = part[i] * (all / (1 + part[i])) / (all - 1);
    }
    return truth;
}

/* Over many samples, the intervals hold the truth about as often as they say. A percentile bootstrap of a share near 0 is a little
 * short: 3 % are given. */
static void expect_coverage(double f(const double *), struct truth truth)
{
    enum { SAMPLES = 200 };
    static struct outputs out;
    static double scratch[3 * ROWS + 2 * SENSITIVITY_RESAMPLES];
    double worst = 1;
    for (int i = 0; i < INPUTS; i++) {
        int first = 0, total = 0;
        double first_sum = 0, total_sum = 0;
        for (uint64_t seed = 0; seed < SAMPLES; seed++) {
            sample(f, seed, &out);
            struct sensitivity_rows rows = {out.a, out.b, out.ab[i], ROWS};
            struct sensitivity_sobol s = sensitivity_sobol(&rows, 0.95, scratch);
            assert_int_equal(s.n, ROWS);
            first += s.first.low <= truth.first[i] && truth.first[i] <= s.first.high;
            total += s.total.low <= truth.total[i] && truth.total[i] <= s.total.high;
            first_sum += s.first.value;
            total_sum += s.total.value;
        }
        print_message("# input %d: first %.4f, mean estimate %.4f, covered %.3f; total %.4f, %.4f, %.3f\n", i, truth.first[i],
                      first_sum / SAMPLES, (double)first / SAMPLES, truth.total[i], total_sum / SAMPLES,
                      (double)total / SAMPLES);
        assert_true(fabs(first_sum / SAMPLES - truth.first[i]) < 0.02);
        assert_true(fabs(total_sum / SAMPLES - truth.total[i]) < 0.02);
        worst = fmin(worst, fmin((double)first, (double)total) / SAMPLES);
    }
    assert_true(worst > 0.92 - 3.3 * sqrt(0.95 * 0.05 / SAMPLES));
}

static void sobol_intervals_cover_the_ishigami_indices(void **state)
{
    (void)state;
    expect_coverage(ishigami, ishigami_truth());
}

static void sobol_intervals_cover_the_g_function_indices(void **state)
{
    (void)state;
    expect_coverage(g_function, g_truth());
}

static void indices_do_not_move_with_shift_and_scale(void **state)
{
    (void)state;
    static struct outputs out;
    static double scratch[3 * ROWS + 2 * SENSITIVITY_RESAMPLES];
    sample(ishigami, 1, &out);
    struct sensitivity_rows rows = {out.a, out.b, out.ab[0], ROWS};
    struct sensitivity_sobol before = sensitivity_sobol(&rows, 0.95, scratch);
    for (int i = 0; i < ROWS; i++) {
        out.a[i] = 1e6 - 3 * out.a[i];
        out.b[i] = 1e6 - 3 * out.b[i];
        out.ab[0][i] = 1e6 - 3 * out.ab[0][i];
    }
    struct sensitivity_sobol after = sensitivity_sobol(&rows, 0.95, scratch);
    assert_true(fabs(before.first.value - after.first.value) <= 1e-6);
    assert_true(fabs(before.total.high - after.total.high) <= 1e-6);
}

static void undefined_rows_are_left_out_and_constants_have_no_indices(void **state)
{
    (void)state;
    static struct outputs out;
    static double scratch[3 * ROWS + 2 * SENSITIVITY_RESAMPLES];
    sample(ishigami, 2, &out);
    struct sensitivity_rows rows = {out.a, out.b, out.ab[1], ROWS};
    out.a[3] = out.ab[1][9] = NAN;
    assert_int_equal(sensitivity_sobol(&rows, 0.95, scratch).n, ROWS - 2);
    for (int i = 0; i < ROWS; i++)
        out.a[i] = out.b[i] = out.ab[1][i] = 0.1;
    struct sensitivity_sobol none = sensitivity_sobol(&rows, 0.95, scratch);
    assert_true(isnan(none.first.value) && isnan(none.total.low));
    rows.count = 0;
    assert_int_equal(sensitivity_sobol(&rows, 0.95, scratch).n, 0);
}

static void morris_tells_linear_from_curved(void **state)
{
    (void)state;
    enum { TRAJECTORIES = 40 };
    double linear[TRAJECTORIES], both_ways[TRAJECTORIES], scratch[TRAJECTORIES + SENSITIVITY_RESAMPLES];
    for (int i = 0; i < TRAJECTORIES; i++) {
        linear[i] = -2.5;
        both_ways[i] = i % 2 == 0 ? 3 : -1;
    }
    linear[7] = NAN;
    struct sensitivity_morris m = sensitivity_morris(linear, TRAJECTORIES, 0.95, scratch);
    assert_int_equal(m.n, TRAJECTORIES - 1);
    assert_true(fabs(m.mu.value + 2.5) <= 0);
    assert_true(fabs(m.mu_star.value - 2.5) <= 0);
    assert_true(fabs(m.sigma.value) <= 0);
    m = sensitivity_morris(both_ways, TRAJECTORIES, 0.95, scratch);
    assert_true(fabs(m.mu.value - 1) <= 1e-12);
    assert_true(fabs(m.mu_star.value - 2) <= 1e-12);
    assert_true(fabs(m.sigma.value - 2 * sqrt(40.0 / 39)) <= 1e-12);
    assert_true(m.mu.low < 1 && 1 < m.mu.high && m.mu_star.low < 2 && m.sigma.low <= m.sigma.value);
    m = sensitivity_morris(both_ways, 1, 0.95, scratch);
    assert_true(m.mu.value == 3 && isnan(m.mu.low) && isnan(m.sigma.value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sobol_intervals_cover_the_ishigami_indices),
        cmocka_unit_test(sobol_intervals_cover_the_g_function_indices),
        cmocka_unit_test(indices_do_not_move_with_shift_and_scale),
        cmocka_unit_test(undefined_rows_are_left_out_and_constants_have_no_indices),
        cmocka_unit_test(morris_tells_linear_from_curved),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
