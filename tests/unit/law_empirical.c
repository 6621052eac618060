/* The empirical law: its draws, its residual life against the closed form, its moments, and its text. */
#include "sim/chance/law.h"
#include "tests/unit/fit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { SAMPLE = 20000, VALUES = 6 };

/* A value that occurs twice, and one that is 0: a repair that took no time. */
static const double value[VALUES] = {0, 1, 2, 2, 10, 45}, sum[VALUES] = {0, 1, 3, 5, 15, 60};
static const struct law_sample sample = {.file = "down.txt", .value = value, .sum = sum, .count = VALUES};
static const struct law law = {.kind = LAW_EMPIRICAL, .b = 1, .sample = &sample}, longer = {.kind = LAW_EMPIRICAL, .a = 3600, .b = 2.5, .sample = &sample};

static struct stream open_test(uint64_t index)
{
    return stream_open(stream_key_index(stream_key(12, 0, "empirical"), index));
}

static void every_value_is_drawn_as_often(void **state)
{
    (void)state;
    size_t count[VALUES] = {0}, twice;
    struct stream stream = open_test(0);
    for (int i = 0; i < SAMPLE; i++) {
        double drawn = law_draw(&longer, &stream);
        size_t k = 0;
        while (k < VALUES && drawn != 2.5 * value[k])
            k++;
        assert_true(k < VALUES);
        count[k]++;
    }
    twice = count[2]; /* two of the six have this value: one more cell of the same size */
    count[3] = twice / 2;
    count[2] = twice - count[3];
    assert_true(fit_even(count, VALUES, SAMPLE) < 3.5);
}

/* P(residual <= x) = sum of min(x, value) / sum of values: the integral of the survival function over the mean. */
static void residual_life_follows_the_closed_form(void **state)
{
    (void)state;
    static double drawn[SAMPLE];
    struct stream stream = open_test(1);
    for (int i = 0; i < SAMPLE; i++)
        drawn[i] = law_draw_residual(&longer, &stream) / 2.5;
    fit_sort(drawn, SAMPLE);
    for (int i = 0; i < SAMPLE; i++) {
        double below = 0;
        for (int k = 0; k < VALUES; k++)
            below += fmin(drawn[i], value[k]);
        drawn[i] = below / 60;
    }
    assert_true(fit_distance(drawn, SAMPLE) < 1.95);
}

/* A renewal process that has run for long: what is left of the period under way at a late time, against the residual draws. */
static void residual_is_what_a_long_run_leaves(void **state)
{
    (void)state;
    enum { RUNS = 4000 };
    static double drawn[RUNS], lived[RUNS];
    struct stream stream = open_test(2);
    for (int i = 0; i < RUNS; i++) {
        double t = 0, when = 3000 + stream_uniform(&stream); /* not on the lattice of whole numbers */
        while (t <= when)
            t += law_draw(&law, &stream);
        lived[i] = t - when;
        drawn[i] = law_draw_residual(&law, &stream);
    }
    fit_sort(drawn, RUNS);
    fit_sort(lived, RUNS);
    assert_true(fit_distance_between(drawn, lived, RUNS) < 1.95);
}

static void moments_and_quantiles_are_those_of_the_values(void **state)
{
    (void)state;
    assert_true(law_mean(&law) == 10 && law_mean(&longer) == 25);
    assert_true(fabs(law_variance(&law) - (0 + 1 + 4 + 4 + 100 + 2025) / 6.0 + 100) < 1e-9);
    assert_true(fabs(law_variance(&longer) - 6.25 * law_variance(&law)) < 1e-9);
    assert_true(law_quantile(&law, 0.1) == 0 && law_quantile(&law, 0.5) == 2 && law_quantile(&law, 0.51) == 2);
    assert_true(law_quantile(&law, 0.99) == 45 && law_quantile(&longer, 0.99) == 112.5);
    struct law half = law_times(&longer, 0.2);
    assert_true(fabs(law_mean(&half) - 5) < 1e-12);
}

static void text_says_file_unit_and_factor(void **state)
{
    (void)state;
    static const struct { const char *text, *written, *file; double a, b; } known[] = {
        {"empirical(down.txt)", "empirical(down.txt)", "down.txt", 0, 1},
        {" empirical( a/b.csv ,h )", "empirical(down.txt, h)", "a/b.csv", 3600, 1},
        {"empirical(x, d, 0.3)", "empirical(down.txt, d, 0.3)", "x", 86400, 0.3},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct law read;
        char why[200], file[LAW_FILE_MAX], written[128];
        assert_true(law_parse(known[i].text, &read, why, sizeof why, NULL));
        assert_true(read.kind == LAW_EMPIRICAL && read.sample == NULL && read.a == known[i].a && read.b == known[i].b);
        assert_true(isnan(law_quantile(&read, 0.5)));
        law_file(known[i].text, file);
        assert_string_equal(file, known[i].file);
        read.sample = &sample;
        assert_string_equal(law_format(&read, written, sizeof written), known[i].written);
    }
    struct law stretched = law_times(&law, 3); /* its file has no bare numbers, so any unit says the same */
    char written[128];
    assert_string_equal(law_format(&stretched, written, sizeof written), "empirical(down.txt, s, 3)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_drawn_as_often),
        cmocka_unit_test(residual_life_follows_the_closed_form),
        cmocka_unit_test(residual_is_what_a_long_run_leaves),
        cmocka_unit_test(moments_and_quantiles_are_those_of_the_values),
        cmocka_unit_test(text_says_file_unit_and_factor),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
