/* Scenario files on disk: includes, places in them, and files that are none. */
#include "tests/unit/scenario_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;
static char folder[64];

static const char *in_folder(const char *name) { return arena_format(&arena, "%s/%s", folder, name); }

static void write_bytes(const char *name, const char *text, size_t bytes)
{
    FILE *file = fopen(in_folder(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
}

static void write_file(const char *name, const char *text) { write_bytes(name, text, strlen(text)); }

static struct scenario *read_file(const char *name)
{
    return scenario_read(&arena, in_folder(name), NULL, 0, table_model, NULL, "clouds, mm1");
}

/* What is said about a file, with the folder's name taken out. */
static void assert_said(const char *name, const char *expected)
{
    const char *said = table_errors(read_file(name));
    char *plain = arena_alloc(&arena, strlen(said) + 1, 1), *to = plain;
    size_t length = strlen(folder);
    for (const char *p = said; *p != '\0';) {
        if (strncmp(p, folder, length) == 0 && p[length] == '/')
            p += length + 1;
        else
            *to++ = *p++;
    }
    *to = '\0';
    assert_string_equal(plain, expected);
}

#define MM1 "model = \"mm1\"; horizon = \"1 d\";\n"

static void includes_are_relative_to_their_file_and_may_repeat(void **state)
{
    (void)state;
    assert_int_equal(mkdir(in_folder("library"), 0777), 0);
    write_file("a.cfg", "model = \"clouds\";\n@include \"library/b.cfg\"\n  @include \"library/cloud.cfg\"  # again below\nclouds = (\n"
                        "{ name = \"one\";\n@include \"library/kind.cfg\"\n}, { name = \"two\";\n\t@include \"library/kind.cfg\";\n} );\n");
    write_file("library/b.cfg", "@include \"c.cfg\"\nwarmup = \"2 d\"");
    write_file("library/c.cfg", "horizon = \"3 d\";");
    write_file("library/cloud.cfg", "");
    write_file("library/kind.cfg", "/* @include \"nowhere.cfg\" */\n/*\n@include \"nowhere.cfg\"\n*/\nkind = \"akash\";\r\n");
    const struct scenario *s = read_file("a.cfg");
    assert_int_equal(s->errors, 0);
    assert_string_equal(s->name, "a");
    assert_true(value_duration(&s->root, "horizon").us == 3 * US_PER_DAY);
    assert_true(value_duration(&s->root, "warmup").us == 2 * US_PER_DAY);
    const struct value *two = value_named(value_of(&s->root, "clouds"), "two");
    assert_int_equal(value_choice(two, "kind"), 1);
    assert_string_equal(value_of(two, "kind")->place.file, in_folder("library/kind.cfg"));
    assert_int_equal(value_of(two, "kind")->place.line, 5);
    assert_int_equal(value_of(two, "name")->place.line, 7);
    assert_int_equal(value_of(&s->root, "warmup")->place.line, 2);
}

static void expanded_text_reads_the_same_without_the_files(void **state)
{
    (void)state;
    write_file("a.cfg", MM1 "@include \"b.cfg\"\ntitle = \"t\";\n");
    write_file("b.cfg", "@include \"c.cfg\"\nseed = 7;");
    write_file("c.cfg", "replications = 9;\n");
    const struct scenario *s = read_file("a.cfg");
    assert_int_equal(s->errors, 0);
    assert_string_equal(s->text, MM1 "# @include \"b.cfg\"\n# @include \"c.cfg\"\nreplications = 9;\n# end of \"c.cfg\"\nseed = 7;\n"
                                     "# end of \"b.cfg\"\ntitle = \"t\";\n");
    const char *text = arena_text(&arena, s->text);
    assert_int_equal(unlink(in_folder("b.cfg")), 0);
    assert_int_equal(unlink(in_folder("c.cfg")), 0);
    const struct scenario *again = table_read(&arena, text, NULL, 0);
    assert_int_equal(again->errors, 0);
    assert_true(value_integer(&again->root, "seed") == 7);
    assert_string_equal(again->text, text);
}

static void mistakes_are_placed_in_the_file_they_are_in(void **state)
{
    (void)state;
    write_file("a.cfg", MM1 "@include \"b.cfg\"\nzebra = 1;\n");
    write_file("b.cfg", "seed = 7;\n  seed_ = 8;\n");
    assert_said("a.cfg", "b.cfg:2:3: error: unknown key 'seed_'\n   seed_ = 8;\n   ^~~~~\nhint: did you mean 'seed'? see scenarios/reference.cfg\n"
                         "a.cfg:3:1: error: unknown key 'zebra'\n   zebra = 1;\n   ^~~~~\nhint: see scenarios/reference.cfg\n");
    write_file("b.cfg", "seed = 7;\n\n/* open\n");
    assert_said("a.cfg", "b.cfg:3:1: error: this comment is never closed by '*/'\n   /* open\n   ^\n");
    write_file("b.cfg", "seed = 7;\nseed = 8;\n");
    write_file("a.cfg", MM1 "@include \"b.cfg\"\n");
    assert_said("a.cfg", "b.cfg:2:1: error: key 'seed' is given twice\n   seed = 8;\n   ^~~~\nhint: it stands at b.cfg:1:1 too; keep one\n");
}

static void missing_and_looping_includes_are_refused(void **state)
{
    (void)state;
    write_file("a.cfg", MM1 "  @include \"none.cfg\"\n@include \"none2.cfg\"\n");
    assert_said("a.cfg", "a.cfg:2:12: error: cannot include 'none.cfg': No such file or directory\n   @include \"none.cfg\"\n            ^~~~~~~~~~\n"
                         "hint: a name is relative to the folder of the file that includes it\n"
                         "a.cfg:3:10: error: cannot include 'none2.cfg': No such file or directory\n   @include \"none2.cfg\"\n            ^~~~~~~~~~~\n"
                         "hint: a name is relative to the folder of the file that includes it\n");
    write_file("a.cfg", MM1 "@include \"b.cfg\"\n");
    write_file("b.cfg", "@include \"./c.cfg\"\n");
    write_file("c.cfg", "seed = 3;\n@include \"a.cfg\"\n");
    /* A loop is found by what the file is, not by what it is called. */
    assert_said("a.cfg", "./c.cfg:2:10: error: './a.cfg' includes itself\n   @include \"a.cfg\"\n            ^~~~~~~\n"
                         "hint: the loop is a.cfg -> b.cfg -> ./c.cfg -> ./a.cfg\n");
    write_file("a.cfg", "@include \"a.cfg\"\n");
    assert_said("a.cfg", "a.cfg:1:10: error: 'a.cfg' includes itself\n   @include \"a.cfg\"\n            ^~~~~~~\n"
                         "hint: the loop is a.cfg -> a.cfg\n");
    write_file("a.cfg", MM1 "@include b.cfg\n@include \"b.cfg\" seed = 3;\n@include \"\"\n@include \"b.cfg\n");
    struct scenario *s = read_file("a.cfg");
    assert_int_equal(s->errors, 4);
    write_file("a.cfg", MM1 "@include \".\"\n");
    assert_said("a.cfg", "a.cfg:2:10: error: cannot include '.': it is a folder\n   @include \".\"\n            ^~~\n"
                         "hint: a name is relative to the folder of the file that includes it\n");
}

static void include_bombs_end_early(void **state)
{
    (void)state;
    write_file("deep.cfg", MM1 "@include \"d0.cfg\"\n");
    for (int i = 0; i < 20; i++)
        write_file(arena_format(&arena, "d%d.cfg", i), arena_format(&arena, "@include \"d%d.cfg\"\n", i + 1));
    const char *said = table_errors(read_file("deep.cfg"));
    assert_non_null(strstr(said, "d15.cfg:1:10: error: includes are nested more than 16 deep\n"));
    /* 10 includes of 10 includes of ... nothing. */
    write_file("wide.cfg", MM1 "@include \"w0.cfg\"\n");
    for (int i = 0; i < 8; i++) {
        char *text = "";
        for (int j = 0; j < 10; j++)
            text = arena_format(&arena, "%s@include \"w%d.cfg\"\n", text, i + 1);
        write_file(arena_format(&arena, "w%d.cfg", i), i < 7 ? text : "");
    }
    said = table_errors(read_file("wide.cfg"));
    assert_non_null(strstr(said, "error: more than 1000 files are included\n"));
    char *large = arena_alloc(&arena, 3 << 20, 1);
    memset(large, ' ', 3 << 20);
    write_bytes("l.cfg", large, 3 << 20);
    write_file("large.cfg", MM1 "@include \"l.cfg\"\n@include \"l.cfg\"\n@include \"l.cfg\"\n");
    said = table_errors(read_file("large.cfg"));
    assert_non_null(strstr(said, "with its includes the scenario is larger than 8 MiB\n"));
}

static void files_that_are_no_scenarios_are_refused(void **state)
{
    (void)state;
    assert_said("none.cfg", "none.cfg:1:1: error: cannot read the scenario: No such file or directory\n");
    assert_said(".", ".:1:1: error: cannot read the scenario: it is a folder\n");
    write_file("a.cfg", "");
    assert_said("a.cfg", "a.cfg:1:1: error: the scenario is empty\nhint: a scenario needs at least its horizon: horizon = \"14 d\";\n");
    write_bytes("a.cfg", "horizon = \"1\0 d\";\n", 18);
    assert_said("a.cfg", "a.cfg:1:13: error: control character U+0000\nhint: a scenario is UTF-8 text; is this the right file?\n");
    write_bytes("b.cfg", "\x7f" "ELF\0", 5);
    write_file("a.cfg", MM1 "@include \"b.cfg\"\n");
    assert_said("a.cfg", "b.cfg:1:1: error: control character U+007F\nhint: a scenario is UTF-8 text; is this the right file?\n");
    if (geteuid() != 0) {
        assert_int_equal(chmod(in_folder("a.cfg"), 0), 0);
        assert_said("a.cfg", "a.cfg:1:1: error: cannot read the scenario: Permission denied\n");
    }
    FILE *file = fopen(in_folder("big.cfg"), "wb");
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), 10 << 20), 0);
    assert_int_equal(fclose(file), 0);
    assert_said("big.cfg", "big.cfg:1:1: error: cannot read the scenario: it is larger than 8 MiB\n");
}

static void odd_names_are_names_like_others(void **state)
{
    (void)state;
    static const char *const names[] = {"with space.cfg", "quo\"te'.cfg", "$(x) `y` %s%n.cfg", "b.cfg.cfg", "line\nbreak.cfg"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        write_file(names[i], MM1);
        const struct scenario *s = read_file(names[i]);
        assert_int_equal(s->errors, 0);
        assert_int_equal(strlen(s->name), strlen(names[i]) - 4);
    }
    write_file("line\nbreak.cfg", MM1 "seed = -1;");
    const char *said = table_errors(read_file("line\nbreak.cfg"));
    assert_non_null(strstr(said, "/line\\nbreak.cfg:2:8: error: 'seed' must be at least 0, not '-1'\n"));
}

static int open_all(void **state)
{
    (void)state;
    arena_open(&arena, 0);
    (void)snprintf(folder, sizeof folder, "/tmp/nines-scenario-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int close_all(void **state)
{
    (void)state;
    char *command = arena_format(&arena, "rm -rf '%s'", folder);
    int result = system(command);
    arena_close(&arena);
    return result;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)
    const struct CMUnitTest tests[] = {
        TEST(includes_are_relative_to_their_file_and_may_repeat),
        TEST(expanded_text_reads_the_same_without_the_files),
        TEST(mistakes_are_placed_in_the_file_they_are_in),
        TEST(missing_and_looping_includes_are_refused),
        TEST(include_bombs_end_early),
        TEST(files_that_are_no_scenarios_are_refused),
        TEST(odd_names_are_names_like_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
