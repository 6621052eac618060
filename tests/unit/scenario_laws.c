/* Laws by name, and laws that are a file of values. */
#include "tests/unit/scenario_table.h"

#include "sim/scenario/evidence.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;
static char folder[64];

static const char *in_folder(const char *name) { return arena_format(&arena, "%s/%s", folder, name); }

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(in_folder(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static struct scenario *read_with(const char *const *overrides, size_t count)
{
    return scenario_read(&arena, in_folder("a.cfg"), overrides, count, table_model, NULL, "clouds, mm1");
}

#define HEAD "model = \"clouds\"; horizon = \"1 d\";\n"
#define CLOUD(repair) "clouds = ( { name = \"x\"; kind = \"akash\"; repair = \"" repair "\"; } );\n"
#define LAWS                                                                                                                \
    "laws = ( { name = \"lanl-down\"; law = \"weibull(0.58, 2.18 h)\"; source = \"FTA\"; evidence = \"R\"; },\n"                \
    "  { name = \"skype-down\"; law = \"gamma(0.5, 28.53 h)\"; low = \"14 h\"; high = \"15 h\"; source = \"FTA too\"; } );\n"

static const struct law *repair_of(const struct scenario *s) { return value_law(value_at(value_of(&s->root, "clouds"), 0), "repair"); }

static void fine(const struct scenario *s)
{
    if (s->errors > 0)
        fail_msg("%s", table_errors(s));
}

static void said(const char *text, const char *what, const char *hint)
{
    write_file("a.cfg", text);
    const char *all = table_errors(read_with(NULL, 0));
    if (strstr(all, what) == NULL || strstr(all, hint) == NULL)
        fail_msg("'%s' and '%s' are not both in:\n%s", what, hint, all);
}

static void a_name_stands_for_its_law(void **state)
{
    (void)state;
    write_file("a.cfg", HEAD CLOUD("lanl-down") LAWS); /* the list may follow */
    const struct scenario *s = read_with(NULL, 0);
    fine(s);
    assert_int_equal(repair_of(s)->kind, LAW_WEIBULL);
    assert_true(repair_of(s)->a == 0.58 && repair_of(s)->b == 7848);
    assert_non_null(strstr(table_config(s), "repair = \"lanl-down\";"));
    const char *const other[] = {"clouds.x.repair=skype-down", "laws.skype-down.law=gamma(1, 14.5 h)"};
    s = read_with(other, 2);
    fine(s);
    assert_int_equal(repair_of(s)->kind, LAW_GAMMA);
    assert_true(repair_of(s)->b == 14.5 * 3600); /* who changes the list changes all who name it */
}

static bool count_marks(void *context, const struct evidence *evidence)
{
    const char **all = context;
    *all = arena_format(&arena, "%s%s %s %s;", *all, evidence->path, evidence->mark, evidence->source);
    return true;
}

static void only_laws_in_use_carry_their_evidence(void **state)
{
    (void)state;
    const char *marks = "", *of_both = "";
    write_file("a.cfg", HEAD LAWS CLOUD("lanl-down"));
    struct scenario *s = read_with(NULL, 0);
    assert_true(evidence_walk(s, &arena, count_marks, &marks));
    assert_string_equal(marks, "laws.lanl-down R FTA;");
    const char *const other[] = {"clouds.x.repair=skype-down"}; /* as a study point says it */
    scenario_adopt_laws(s, read_with(other, 1));
    assert_true(evidence_walk(s, &arena, count_marks, &of_both));
    assert_string_equal(of_both, "laws.lanl-down R FTA;laws.skype-down U FTA too;");
}

static void an_unknown_name_is_refused_with_the_nearest(void **state)
{
    (void)state;
    said(HEAD LAWS CLOUD("lanl-dawn"), "a.cfg:4:51: error: 'lanl-dawn' is neither a law nor the name of one", "hint: did you mean 'lanl-down'?");
    said(HEAD LAWS CLOUD("nowhere"), "'nowhere' is neither a law nor the name of one", "hint: 'laws' names 2, for example 'lanl-down'");
    said(HEAD LAWS CLOUD("wiebull(1, 2 h)"), "unknown law 'wiebull', did you mean 'weibull'?", "exponential(10 h)");
    said(HEAD CLOUD("lanl-down"), "unknown law 'lanl-down'; known are constant", "exponential(10 h)");
}

static void a_list_with_mistakes_is_refused_where_it_stands(void **state)
{
    (void)state;
    said(HEAD CLOUD("a") "laws = ( { name = \"a\"; law = \"weibull(0, 1 h)\"; } );\n", "a.cfg:3:39: error: 'weibull(0, 1 h)' is not a law",
         "its shape must be above 0");
    said(HEAD CLOUD("a") "laws = ( { name = \"a\"; law = \"b\"; }, { name = \"b\"; law = \"1 h\"; } );\n", "'b' is not a law",
         "a.cfg:3:30");
    said(HEAD CLOUD("1 h") "laws = ( { name = \"3 h\"; law = \"1 h\"; } );\n", "'3 h' cannot name a law", "begin with a letter");
    said(HEAD CLOUD("1 h") "laws = ( { name = \"f(x)\"; law = \"1 h\"; } );\n", "'f(x)' cannot name a law", "a '(' in it");
    said(HEAD CLOUD("1 h") "laws = ( { name = \"a\"; law = \"3 h\"; low = \"4 h\"; } );\n", "mean of 3 h lies below 'low'", "that of the mean");
    said(HEAD CLOUD("1 h") "laws = ( { name = \"a\"; law = \"1 h\"; }, { name = \"a\"; law = \"2 h\"; } );\n", "have the name 'a'", "stands at");
}

static void a_file_of_values_is_a_law(void **state)
{
    (void)state;
    (void)mkdir(in_folder("part"), 0700);
    write_file("part/down.txt", "length\n2 h # a comment\n\n30 min\n 3.5 h, ignored\n# nothing\n2\n");
    write_file("part/laws.cfg", "{ name = \"measured\"; law = \"empirical(down.txt, h)\"; evidence = \"R\"; }\n");
    write_file("a.cfg", HEAD CLOUD("measured") "laws = (\n@include \"part/laws.cfg\"\n);\n"); /* relative to where it is written */
    const struct scenario *s = read_with(NULL, 0);
    fine(s);
    const struct law *law = repair_of(s);
    assert_int_equal(law->kind, LAW_EMPIRICAL);
    assert_int_equal(law->sample->count, 4);
    assert_true(law->sample->value[0] == 1800 && law->sample->value[3] == 3.5 * 3600 && law_mean(law) == 2 * 3600);
    /* The text holds the file: another reading finds the same bits without it. */
    struct scenario *again = scenario_read_text(&arena, "stored.cfg", s->text, NULL, 0, table_model, NULL, "clouds, mm1");
    fine(again);
    assert_true(law_mean(repair_of(again)) == law_mean(law) && repair_of(again)->sample->count == 4);
}

static void bad_lines_are_each_shown_with_their_place(void **state)
{
    (void)state;
    write_file("d.txt", "value\n2 h\n  soon\n-1 h\n3\n");
    said(HEAD CLOUD("empirical(d.txt)"), "d.txt:3:3: error: 'soon' is not a time: it does not begin with a number\n   soon\n   ^~~~", "one value a line");
    said(HEAD CLOUD("empirical(d.txt)"), "d.txt:4:1: error: '-1 h' is not a time: it is negative", "d.txt:5:1: error: '3' is not a time: it has no unit");
    write_file("d.txt", "# nothing\n");
    said(HEAD CLOUD("empirical(d.txt)"), "'d.txt' holds no times", "one value a line");
    write_file("d.txt", "0\n0 s\n");
    said(HEAD CLOUD("empirical(d.txt)"), "all times of 'd.txt' are 0", "");
    said(HEAD CLOUD("empirical(none.txt, h)"), "cannot read", "none.txt': No such file");
}

static int open_all(void **state)
{
    (void)state;
    arena_open(&arena, 0);
    strcpy(folder, "/tmp/nines-laws-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int close_all(void **state)
{
    char command[100];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    arena_close(&arena);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_stands_for_its_law),
        cmocka_unit_test(only_laws_in_use_carry_their_evidence),
        cmocka_unit_test(an_unknown_name_is_refused_with_the_nearest),
        cmocka_unit_test(a_list_with_mistakes_is_refused_where_it_stands),
        cmocka_unit_test(a_file_of_values_is_a_law),
        cmocka_unit_test(bad_lines_are_each_shown_with_their_place),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, open_all, close_all);
}
