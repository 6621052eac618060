/* Tables as they come: quotes, line ends, byte order marks, and what is wrong with them. */
#include "sim/base/csv.h"
#include "tests/arena.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct csv csv;

static bool open_text(const char *text)
{
    return csv_open_text(&csv, &test_arena, "a.csv", text, strlen(text));
}

/* Steps to the next row and holds it against `a` and `b`. */
static void row(size_t line, const char *a, const char *b)
{
    assert_true(csv_next(&csv));
    assert_int_equal(csv.line, line);
    assert_string_equal(csv.field[0], a);
    assert_string_equal(csv.field[1], b);
}

static void rows_are_cut_at_commas_and_line_ends(void **state)
{
    (void)state;
    assert_true(open_text("a,b\n1,2\r\n,\n3,4"));
    assert_int_equal(csv.columns, 2);
    assert_int_equal(csv_rows_most(&csv), 3);
    row(2, "1", "2");
    row(3, "", "");
    row(4, "3", "4");
    assert_false(csv_next(&csv));
    assert_int_equal(csv.errors, 0);
}

static void quotes_hold_commas_quotes_and_line_ends(void **state)
{
    (void)state;
    assert_true(open_text("\"a\",\"b,c\"\n\"x\"\"y\",\"1\n2\"\n\"\",z\n"));
    assert_string_equal(csv.header[1], "b,c");
    row(2, "x\"y", "1\n2");
    row(4, "", "z");
    assert_false(csv_next(&csv));
    assert_int_equal(csv.errors, 0);
}

static void marks_and_blank_lines_are_passed_over(void **state)
{
    (void)state;
    assert_true(open_text("\xef\xbb\xbf\r\n\na,b\n\n\r\n1,2\n\n"));
    assert_string_equal(csv.header[0], "a");
    row(6, "1", "2");
    assert_false(csv_next(&csv));
    assert_int_equal(csv.errors, 0);
}

static void a_carriage_return_inside_a_field_stays(void **state)
{
    (void)state;
    assert_true(open_text("a,b\nx\ry,2\n"));
    row(2, "x\ry", "2");
}

static void rows_of_another_width_are_mistakes_and_are_filled(void **state)
{
    (void)state;
    assert_true(open_text("a,b\n1\n1,2,3\n"));
    row(2, "1", "");
    row(3, "1", "2");
    assert_int_equal(csv.errors, 2);
}

static void what_is_no_table_is_refused(void **state)
{
    (void)state;
    assert_false(open_text(""));
    assert_false(open_text("\n\n\r\n"));
    assert_false(open_text("\xef\xbb\xbf"));
    assert_false(open_text("\"a,b\n1,2\n"));
    assert_false(open_text("\"a\nb\",c,d\n1,2\n"));
    assert_false(csv_open_text(&csv, &test_arena, "a.csv", "a,b\n\0,1\n", 8));
}

static void columns_are_found_by_name(void **state)
{
    (void)state;
    assert_true(open_text("a,b,a\n"));
    assert_int_equal(csv_find(&csv, "b"), 1);
    assert_int_equal(csv_find(&csv, "a"), 0);
    assert_int_equal(csv_find(&csv, "c"), -1);
    assert_int_equal(csv.errors, 0);
    assert_int_equal(csv_need(&csv, "c"), -1);
    assert_int_equal(csv.errors, 1);
}

static void only_plain_whole_numbers_in_range_are_taken(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "x",
                                        "1x",
                                        " 1",
                                        "1 ",
                                        "+1",
                                        "1e3",
                                        "1.0",
                                        "0x1",
                                        "-",
                                        "--1",
                                        "11",
                                        "-3",
                                        "99999999999999999999",
                                        "-99999999999999999999"};
    static const struct {
        const char *text;
        int64_t value;
    } right[] = {{"0", 0}, {"-2", -2}, {"10", 10}, {"007", 7}, {"-0", 0}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_true(open_text(arena_format(&test_arena, "a,b\n%s,1\n", wrong[i])));
        assert_true(csv_next(&csv));
        assert_int_equal(csv_integer(&csv, 0, -2, 10), -2);
        assert_int_equal(csv.errors, 1);
    }
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        assert_true(open_text(arena_format(&test_arena, "a,b\n%s,1\n", right[i].text)));
        assert_true(csv_next(&csv));
        assert_int_equal(csv_integer(&csv, 0, -2, 10), right[i].value);
        assert_int_equal(csv.errors, 0);
    }
}

static void numbers_are_finite_and_in_range(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "nan", "inf", "1.5", "-0.1", "x"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_true(open_text(arena_format(&test_arena, "a,b\n%s,1\n", wrong[i])));
        assert_true(csv_next(&csv));
        assert_true(csv_number(&csv, 0, 0, 1) == 0);
        assert_int_equal(csv.errors, 1);
    }
    assert_true(open_text("a,b\n0.25,1\n"));
    assert_true(csv_next(&csv));
    assert_true(csv_number(&csv, 0, 0, 1) == 0.25);
}

/* What is written reads back as it was. */
static void written_fields_come_back(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "plain", "a,b", "say \"x\"", "two\nlines", "\"", ",", "end\r\n"};
    char *text;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    csv_write(out, "a", ',');
    csv_write(out, "b", '\n');
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        csv_write(out, texts[i], ',');
        csv_write(out, "x", '\n');
    }
    fclose(out);
    assert_true(open_text(text));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_true(csv_next(&csv));
        assert_string_equal(csv.field[0], texts[i]);
        assert_string_equal(csv.field[1], "x");
    }
    assert_false(csv_next(&csv));
    assert_int_equal(csv.errors, 0);
    free(text);
}

static const char *number(double value)
{
    char *text;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    csv_write_number(out, value, ';');
    fclose(out);
    const char *kept = arena_text(&test_arena, text);
    free(text);
    return kept;
}

static void numbers_are_written_as_short_as_they_can_be(void **state)
{
    (void)state;
    assert_string_equal(number(0), "0.0;");
    assert_string_equal(number(19), "19.0;");
    assert_string_equal(number(5.59), "5.59;");
    assert_string_equal(number(14.015918367346941), "14.015918367346941;");
    assert_string_equal(number(100), "100.0;");
    assert_string_equal(number(1e-30), "1.0000000000000001e-30;");
    assert_string_equal(number(NAN), ";");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_cut_at_commas_and_line_ends),
        cmocka_unit_test(quotes_hold_commas_quotes_and_line_ends),
        cmocka_unit_test(marks_and_blank_lines_are_passed_over),
        cmocka_unit_test(a_carriage_return_inside_a_field_stays),
        cmocka_unit_test(rows_of_another_width_are_mistakes_and_are_filled),
        cmocka_unit_test(what_is_no_table_is_refused),
        cmocka_unit_test(columns_are_found_by_name),
        cmocka_unit_test(only_plain_whole_numbers_in_range_are_taken),
        cmocka_unit_test(numbers_are_finite_and_in_range),
        cmocka_unit_test(written_fields_come_back),
        cmocka_unit_test(numbers_are_written_as_short_as_they_can_be),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
