/* What the charts are laid out with: names that stay names, labels that do not cover each other, ticks in nines. */
#include "sim/base/hash.h"
#include "sim/plot/plot_internal.h"
#include "tests/arena.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void control_characters_are_shown_as_escapes(void **state)
{
    (void)state;
    assert_string_equal(plot_show(&test_arena, "a\nb\tc\x7f", 40), "a\\nb\\x09c\\x7f");
    assert_string_equal(plot_show(&test_arena, "'\"{}$`\\", 40), "'\"{}$`\\");
}

static void what_is_not_utf8_becomes_question_marks(void **state)
{
    (void)state;
    assert_string_equal(plot_show(&test_arena, "\xff\xc3-\xe2\x82", 40), "?\?-?\?");
    assert_string_equal(plot_show(&test_arena, "caf\xc3\xa9", 40), "caf\xc3\xa9");
}

static void long_names_are_cut_between_characters(void **state)
{
    (void)state;
    assert_string_equal(plot_show(&test_arena, "abcdefghij", 10), "abcdefghij");
    assert_string_equal(plot_show(&test_arena, "abcdefghijk", 10), "abcdefg...");
    assert_string_equal(plot_show(&test_arena, "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 5), "\xc3\xa9\xc3\xa9...");
    for (size_t most = 8; most < 40; most++)
        assert_true(plot_length(plot_show(&test_arena, "ab\n\n\ncdefgh\x01\x02ijklmnopqrstuvwxyz0123456789", most)) <= most + 3);
}

static void text_wraps_at_blanks(void **state)
{
    (void)state;
    size_t lines;
    assert_string_equal(plot_wrap(&test_arena, "one two three four", 9, &lines), "one two\nthree\nfour");
    assert_int_equal(lines, 3);
    assert_string_equal(plot_wrap(&test_arena, "unbreakable", 4, &lines), "unbreakable");
    assert_int_equal(lines, 1);
    assert_string_equal(plot_wrap(&test_arena, "whiskers: 95 % of means, n = 30 runs", 11, &lines), "whiskers:\n95 % of\nmeans,\nn = 30 runs");
}

static void spread_labels_keep_their_distance_and_their_order(void **state)
{
    (void)state;
    uint64_t luck = 1;
    for (int round = 0; round < 2000; round++) {
        double before[8], y[8];
        luck = hash_mix(luck + 77);
        size_t n = 1 + luck % 8;
        for (size_t i = 0; i < n; i++) {
            luck = hash_mix(luck + 77);
            before[i] = y[i] = (double)(luck % 1000) / (round % 2 == 0 ? 10.0 : 200.0);
        }
        plot_spread(y, n, 4, 0, 100);
        for (size_t a = 0; a < n; a++) {
            assert_true(y[a] > 2 - 1e-9 && y[a] < 98 + 1e-9);
            for (size_t b = 0; b < n; b++) {
                if (before[a] < before[b])
                    assert_true(y[b] - y[a] > 4 - 1e-9);
            }
        }
    }
    double alone[3] = {10, 50, 90};
    plot_spread(alone, 3, 4, 0, 100);
    assert_true(alone[0] == 10 && alone[1] == 50 && alone[2] == 90); /* what has room does not move */
}

static void nines_have_ticks_at_shares(void **state)
{
    (void)state;
    double at[40];
    const char *label[40];
    size_t n = plot_nines_ticks(&test_arena, 1, 4, 60, at, label, 40); /* 20 mm a decade: whole nines only */
    assert_int_equal(n, 4);
    assert_string_equal(label[0], "90 %%");
    assert_string_equal(label[2], "99.9 %%");
    assert_string_equal(label[3], "99.99 %%");
    assert_true(fabs(at[3] - 4) < 1e-12);
    n = plot_nines_ticks(&test_arena, 2.9, 4.1, 100, at, label, 40);
    for (size_t i = 1; i < n; i++)
        assert_true(at[i] > at[i - 1]);
    assert_string_equal(label[0], "99.9 %%");
    assert_string_equal(label[1], "99.95 %%");
}

static void nines_of_edges_are_finite_or_marked(void **state)
{
    (void)state;
    assert_true(isinf(plot_nines(1)) && plot_nines(1) > 0);
    assert_true(plot_nines(-0.1) == 0 && isnan(plot_nines(NAN)));
    assert_true(fabs(plot_nines(0.999) - 3) < 1e-9);
    assert_string_equal(plot_percent(&test_arena, 1), "100 %");
    assert_string_equal(plot_percent(&test_arena, 0.9), "90.0 %");
    assert_string_equal(plot_percent(&test_arena, 0.99993), "99.9930 %");
    assert_string_equal(plot_percent(&test_arena, NAN), "undefined");
}

static void steps_are_round_and_few(void **state)
{
    (void)state;
    for (double range = 1e-6; range < 1e6; range *= 1.37) {
        double step = plot_step(range, 5);
        assert_true(range / step <= 5 + 1e-9 && range / step > 1.9);
    }
}

static void an_axis_with_zero_on_it_has_a_second_tick(void **state)
{
    (void)state;
    for (double high = 1e-6; high < 1e6; high *= 1.37) {
        for (int most = 2; most < 8; most++) {
            double low = -0.6 * high, step = plot_axis_step(low, high, most);
            assert_true(step <= plot_step(high - low, most) && step >= plot_step(high - low, most) / 8);
            assert_true(floor(high / step) - ceil(low / step) >= 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_characters_are_shown_as_escapes),
        cmocka_unit_test(what_is_not_utf8_becomes_question_marks),
        cmocka_unit_test(long_names_are_cut_between_characters),
        cmocka_unit_test(text_wraps_at_blanks),
        cmocka_unit_test(spread_labels_keep_their_distance_and_their_order),
        cmocka_unit_test(nines_have_ticks_at_shares),
        cmocka_unit_test(nines_of_edges_are_finite_or_marked),
        cmocka_unit_test(steps_are_round_and_few),
        cmocka_unit_test(an_axis_with_zero_on_it_has_a_second_tick),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
