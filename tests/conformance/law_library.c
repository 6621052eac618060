/* The law library: every fit of the Failure Trace Archive as published, and all files as their README says. */
#include "sim/base/csv.h"
#include "sim/scenario/scenario.h"
#include "tests/arena.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FITS = 36 };

static bool no_model(const void *registry, const char *name, const struct key **keys, const struct key **point_keys)
{
    static const struct key none[] = {KEY_END};
    (void)registry;
    (void)name;
    *keys = none;
    *point_keys = NULL;
    return true;
}

/* A part of the library says in its first line where it goes. */
static bool holds_laws(const char *path)
{
    char line[400];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    bool said = fgets(line, sizeof line, file) != NULL && strstr(line, "or `laws`:") != NULL;
    (void)fclose(file);
    return said;
}

/* The list of all files of laws together: names must be unique over them. */
static const struct value *library(void)
{
    glob_t files;
    const char *text = "horizon = \"1 d\";\nlaws = (\n";
    assert_int_equal(glob("scenarios/library/*.cfg", 0, NULL, &files), 0);
    for (size_t i = 0, laws = 0; i < files.gl_pathc; i++)
        if (holds_laws(files.gl_pathv[i]))
            text = arena_format(&test_arena, "%s%s@include \"%s\"\n", text, laws++ > 0 ? ",\n" : "", files.gl_pathv[i]);
    globfree(&files);
    struct scenario *scenario = scenario_read_text(&test_arena, "library.cfg", arena_format(&test_arena, "%s);\n", text), NULL, 0, no_model, NULL, "");
    (void)scenario_print_errors(scenario, stderr);
    assert_int_equal(scenario->errors, 0);
    return value_of(&scenario->root, "laws");
}

static void every_law_has_a_source_and_a_mean(void **state)
{
    (void)state;
    const struct value *laws = library();
    assert_true(value_count(laws) > 2 * FITS);
    for (size_t i = 0; i < value_count(laws); i++) {
        const struct value *law = value_at(laws, i);
        bool chosen = strcmp(value_text(law, "evidence"), "U") == 0;
        if (!value_given(law, "evidence") || value_text(law, "source")[0] == '\0' || !(law_mean(value_law(law, "law")) > 0))
            fail_msg("%s", value_text(law, "name"));
        if (!chosen && strstr(value_text(law, "source"), "chosen") != NULL)
            fail_msg("%s: what is chosen has no source", value_text(law, "name"));
    }
}

static const struct law *named(const struct value *laws, const char *trace, const char *law, const char *what)
{
    char *name = arena_format(&test_arena, "%s-%s-%s", trace, law, what);
    for (char *c = name; *c != '\0'; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    const struct value *found = value_named(laws, name);
    if (found == NULL)
        fail_msg("no law '%s'", name);
    assert_string_equal(value_text(found, "evidence"), "R");
    return value_law(found, "law");
}

static void expect(const struct law *law, const char *family, const char *first, const char *second, const char *trace)
{
    bool two = second[0] != '\0';
    const char *format = strcmp(family, "lognormal") == 0 ? "%s(%s, %s)" : two ? "%s(%s, %s h)" : "%s(%s h)";
    char text[128], why[200], written[128], again[128];
    struct law published;
    (void)(two ? snprintf(text, sizeof text, format, family, first, second) : snprintf(text, sizeof text, format, family, first));
    assert_true(law_parse(text, &published, why, sizeof why, NULL));
    if (strcmp(law_format(law, written, sizeof written), law_format(&published, again, sizeof again)) != 0)
        fail_msg("%s: %s, not %s", trace, written, text);
}

static void the_fits_are_those_of_the_failure_trace_archive(void **state)
{
    (void)state;
    const char *shared = getenv("NINES_SHARED");
    const char *path = arena_format(&test_arena, "%s/data/fta-failure-models.csv", shared != NULL ? shared : "../shared");
    FILE *there = fopen(path, "r");
    if (there == NULL)
        skip();
    (void)fclose(there);
    struct csv csv;
    int code, rows = 0;
    assert_true(csv_open(&csv, &test_arena, path, &code));
    int trace = csv_need(&csv, "archive_trace"), family = csv_need(&csv, "distribution"), up = csv_need(&csv, "uptime_p1"),
        up2 = csv_need(&csv, "uptime_p2"), down = csv_need(&csv, "downtime_p1"), down2 = csv_need(&csv, "downtime_p2");
    const struct value *laws = library();
    for (; csv_next(&csv); rows++) {
        const char *name = csv.field[trace], *law = csv.field[family];
        expect(named(laws, name, law, "up"), law, csv.field[up], csv.field[up2], name);
        expect(named(laws, name, law, "down"), law, csv.field[down], csv.field[down2], name);
    }
    assert_int_equal(csv.errors, 0);
    assert_int_equal(rows, FITS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_law_has_a_source_and_a_mean),
                                       cmocka_unit_test(the_fits_are_those_of_the_failure_trace_archive)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
