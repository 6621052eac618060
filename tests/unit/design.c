/* Designs of experiments: what makes each what it is. */
#include "sim/study/design.h"
#include "tests/arena.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char *const names[] = {"clouds.akash.detect", "demand[0].rate", "fleet.mtbf", "seedless", "x", "y"};

static struct design_options options_of(enum design_kind kind, size_t factors, uint32_t samples)
{
    return (struct design_options){
        .kind = kind, .factors = factors, .names = names, .samples = samples, .grid = 4, .seed = 11};
}

static void a_factorial_has_every_combination_once(void **state)
{
    static const size_t levels[] = {3, 2, 4};
    static const double a[] = {0.1, 0.5, 0.9}, b[] = {0, 1}, c[] = {0, 0.25, 0.5, 1};
    static const double *const level[] = {a, b, c};
    struct design_options options = options_of(DESIGN_FACTORIAL, 3, 1);
    options.levels = levels;
    options.level = level;
    assert_int_equal(design_count(&options), 24);
    const struct design_row *rows = design_make(*state, &options);
    for (size_t i = 0; i < 24; i++) {
        assert_true(rows[i].u[0] == a[i / 8] && rows[i].u[1] == b[i / 4 % 2] && rows[i].u[2] == c[i % 4]);
        assert_int_equal(rows[i].sample, i);
        assert_int_equal(rows[i].factor, -1);
    }
}

static void a_number_of_combinations_beyond_any_is_no_overflow(void **state)
{
    (void)state;
    static const size_t levels[] = {1u << 30, 1u << 30, 1u << 30};
    struct design_options options = options_of(DESIGN_FACTORIAL, 3, 1);
    options.levels = levels;
    assert_true(design_count(&options) == UINT64_MAX);
}

static void a_latin_hypercube_has_each_slice_of_each_factor_once(void **state)
{
    enum { N = 50 };
    struct design_options options = options_of(DESIGN_LATIN_HYPERCUBE, 4, N);
    const struct design_row *rows = design_make(*state, &options);
    int moved = 0;
    for (size_t f = 0; f < 4; f++) {
        bool seen[N] = {false};
        for (size_t i = 0; i < N; i++) {
            size_t slice = (size_t)(rows[i].u[f] * N);
            assert_true(slice < N && !seen[slice]);
            seen[slice] = true;
            moved += slice != i;
        }
    }
    assert_true(moved > 3 * N); /* and not along the diagonal */
}

static void another_factor_leaves_a_latin_hypercubes_first_ones_alone(void **state)
{
    struct design_options two = options_of(DESIGN_LATIN_HYPERCUBE, 2, 20), three = options_of(DESIGN_LATIN_HYPERCUBE, 3, 20);
    const struct design_row *a = design_make(*state, &two), *b = design_make(*state, &three);
    for (size_t i = 0; i < 20; i++)
        assert_true(a[i].u[0] == b[i].u[0] && a[i].u[1] == b[i].u[1]);
}

/* Largest distance between the share of points in [0, x) x [0, y) and its area, over a grid of corners. */
static double discrepancy(const struct design_row *rows, size_t count, size_t f, size_t g)
{
    double worst = 0;
    for (double x = 0.1; x < 1.05; x += 0.1)
        for (double y = 0.1; y < 1.05; y += 0.1) {
            size_t inside = 0;
            for (size_t i = 0; i < count; i++)
                inside += rows[i].u[f] < x && rows[i].u[g] < y;
            worst = fmax(worst, fabs((double)inside / (double)count - fmin(x, 1) * fmin(y, 1)));
        }
    return worst;
}

static void sobol_points_fill_the_square_evenly(void **state)
{
    struct design_options options = options_of(DESIGN_SOBOL, 5, 256);
    const struct design_row *rows = design_make(*state, &options);
    for (size_t f = 0; f < 5; f++)
        for (size_t g = 0; g < f; g++)
            assert_true(discrepancy(rows, 256, f, g) < 0.03); /* of independent points: about 0.06 */
}

static void another_seed_shifts_the_sobol_points(void **state)
{
    struct design_options options = options_of(DESIGN_SOBOL, 2, 8);
    const struct design_row *a = design_make(*state, &options);
    const struct design_row *same = design_make(*state, &options);
    options.seed = 12;
    const struct design_row *b = design_make(*state, &options);
    for (size_t i = 0; i < 8; i++) {
        assert_true(a[i].u[0] == same[i].u[0] && a[i].u[0] != b[i].u[0]);
        assert_true(b[i].u[1] >= 0 && b[i].u[1] < 1);
        double shift = b[i].u[0] - a[i].u[0], first = b[0].u[0] - a[0].u[0];
        assert_true(fabs(remainder(shift - first, 1)) < 1e-12); /* one vector for all points */
    }
}

static void a_trajectory_moves_each_factor_once_by_the_same_distance(void **state)
{
    enum { K = 6, R = 40 };
    struct design_options options = options_of(DESIGN_MORRIS, K, R);
    assert_int_equal(design_count(&options), R * (K + 1));
    const struct design_row *rows = design_make(*state, &options);
    int up = 0, first_moves[K] = {0};
    for (size_t r = 0; r < R; r++) {
        bool moved[K] = {false};
        for (size_t step = 1; step <= K; step++) {
            const struct design_row *row = &rows[r * (K + 1) + step], *before = row - 1;
            assert_int_equal(row->sample, r);
            assert_int_equal(row->step, step);
            assert_false(moved[row->factor]);
            moved[row->factor] = true;
            first_moves[row->factor] += step == 1;
            for (int f = 0; f < K; f++) {
                double change = row->u[f] - before->u[f];
                assert_true(f == row->factor ? fabs(fabs(change) - 2.0 / 3) < 1e-12 : change == 0);
                assert_true(row->u[f] >= 0 && row->u[f] <= 1 && fabs(remainder(row->u[f] * 3, 1)) < 1e-12);
                up += f == row->factor && change > 0;
            }
        }
    }
    assert_in_range(up, K * R / 3, 2 * K * R / 3);
    for (int f = 0; f < K; f++)
        assert_in_range(first_moves[f], 1, R / 2);
}

static void saltellis_mixed_matrices_take_one_column_from_b(void **state)
{
    enum { K = 5, N = 16 };
    struct design_options options = options_of(DESIGN_SALTELLI, K, N);
    assert_int_equal(design_count(&options), N * (K + 2));
    const struct design_row *rows = design_make(*state, &options);
    for (size_t n = 0; n < N; n++) {
        const struct design_row *a = &rows[n * (K + 2)], *b = a + 1;
        assert_string_equal(a->matrix, "A");
        assert_string_equal(b->matrix, "B");
        for (int i = 0; i < K; i++) {
            const struct design_row *mixed = a + 2 + i;
            assert_string_equal(mixed->matrix, "AB");
            assert_int_equal(mixed->factor, i);
            assert_int_equal(mixed->step, 2 + i);
            assert_int_equal(mixed->sample, n);
            for (int f = 0; f < K; f++)
                assert_true(mixed->u[f] == (f == i ? b->u[f] : a->u[f]) && a->u[f] != b->u[f]);
        }
    }
}

static void one_factor_at_a_time_goes_to_both_of_its_ends(void **state)
{
    enum { K = 3 };
    struct design_options options = options_of(DESIGN_ENDS, K, 99);
    assert_int_equal(design_count(&options), 2 * K + 1);
    const struct design_row *rows = design_make(*state, &options);
    assert_int_equal(rows[0].factor, -1);
    for (int f = 0; f < K; f++)
        assert_true(isnan(rows[0].u[f]));
    for (int n = 1; n <= 2 * K; n++) {
        bool low = n % 2 != 0;
        assert_int_equal(rows[n].factor, (n - 1) / 2);
        assert_string_equal(rows[n].matrix, low ? "low" : "high");
        for (int f = 0; f < K; f++)
            assert_true(f == rows[n].factor ? rows[n].u[f] == (low ? 0 : 1) : isnan(rows[n].u[f]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_factorial_has_every_combination_once),
        cmocka_unit_test(a_number_of_combinations_beyond_any_is_no_overflow),
        cmocka_unit_test(a_latin_hypercube_has_each_slice_of_each_factor_once),
        cmocka_unit_test(another_factor_leaves_a_latin_hypercubes_first_ones_alone),
        cmocka_unit_test(sobol_points_fill_the_square_evenly),
        cmocka_unit_test(another_seed_shifts_the_sobol_points),
        cmocka_unit_test(a_trajectory_moves_each_factor_once_by_the_same_distance),
        cmocka_unit_test(saltellis_mixed_matrices_take_one_column_from_b),
        cmocka_unit_test(one_factor_at_a_time_goes_to_both_of_its_ends),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
