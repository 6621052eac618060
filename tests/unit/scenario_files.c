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

/* --- Files that values name --- */

static void a_named_file_is_part_of_the_text(void **state)
{
    (void)state;
    assert_int_equal(mkdir(in_folder("parts"), 0777), 0);
    write_file("named.cfg", "model = \"clouds\"; horizon = \"1 d\";\n@include \"parts/named.cfg\"\nother_part = \"b.txt\"; clouds = ( { name = \"a\"; kind = \"akash\"; } );");
    write_file("parts/named.cfg", "part = \"a.yaml\";\n");
    write_bytes("parts/a.yaml", "\xef\xbb\xbfx: 1\r\n\r\n  # --- end of file ---\n/* \"", 39);
    write_file("b.txt", "");
    const struct scenario *read = read_file("named.cfg");
    assert_int_equal(read->errors, 0);
    const struct scenario_file *part = value_file(&read->root, "part"), *other = value_file(&read->root, "other_part");
    assert_string_equal(part->text, "x: 1\n\n  # --- end of file ---\n/* \"\n");
    assert_int_equal(part->bytes, strlen(part->text));
    assert_string_equal(part->path, in_folder("parts/a.yaml"));
    assert_int_equal(other->bytes, 0);
    /* From memory, with the files gone, everything is there and nothing is added. */
    assert_int_equal(unlink(in_folder("parts/a.yaml")) | unlink(in_folder("b.txt")), 0);
    const struct scenario *again = scenario_read_text(&arena, "again.cfg", read->text, NULL, 0, table_model, NULL, "clouds");
    assert_int_equal(again->errors, 0);
    assert_string_equal(value_file(&again->root, "part")->text, part->text);
    assert_string_equal(value_file(&again->root, "other_part")->text, "");
    assert_string_equal(again->text, read->text);
    /* So it is with the effective configuration. */
    const struct scenario *config = table_read(&arena, table_config(read), NULL, 0);
    assert_int_equal(config->errors, 0);
    assert_string_equal(value_file(&config->root, "part")->text, part->text);
}

/* A file is text with a meaning of its own, in which a tab may count: what prints a configuration leaves it alone. */
static void tabs_of_a_held_file_come_back_as_they_were(void **state)
{
    (void)state;
    static const char file[] = "# --- file \"a.yaml\" ---\n#| x:\t1\n#| \ty\n# --- end of file ---\n";
    const char *text = arena_format(
        &arena, "model = \"clouds\"; horizon = \"1 d\"; clouds = ( { name = \"a\"; kind = \"akash\"; } ); part = \"a.yaml\";\n%s", file);
    const struct scenario *read = table_read(&arena, text, NULL, 0);
    assert_int_equal(read->errors, 0);
    assert_string_equal(value_file(&read->root, "part")->text, "x:\t1\n\ty\n");
    assert_non_null(strstr(table_config(read), file));
}

/* No value can name it, for a value holds no control characters. So it is not printed either. */
static void a_held_file_whose_name_has_a_tab_is_a_comment(void **state)
{
    (void)state;
    static const char text[] = "model = \"clouds\"; horizon = \"1 d\"; clouds = ( { name = \"a\"; kind = \"akash\"; } );\n"
                               "# --- file \"a\tb\" ---\n#| x\n# --- end of file ---\n# --- file \"c\" ---\n#| y\n# --- end of file ---\n";
    const struct scenario *read = table_read(&arena, text, NULL, 0);
    assert_int_equal(read->errors, 0);
    const char *config = table_config(read);
    assert_null(strchr(config, '\t'));
    assert_null(strstr(config, "#| x"));
    assert_non_null(strstr(config, "# --- file \"c\" ---\n#| y\n"));
}

static void a_file_that_an_override_names_can_be_adopted(void **state)
{
    (void)state;
    static const char *const overrides[] = {"part=c.yaml"}, *const others[] = {"part=d.yaml"};
    write_file("set.cfg", "model = \"clouds\"; horizon = \"1 d\"; clouds = ( { name = \"a\"; kind = \"akash\"; } );\n");
    write_file("c.yaml", "c\n");
    write_file("d.yaml", "d\n");
    struct scenario *base = read_file("set.cfg");
    struct scenario *point = scenario_read(&arena, in_folder("set.cfg"), overrides, 1, table_model, NULL, "clouds");
    assert_int_equal(base->errors + point->errors, 0);
    assert_null(strstr(base->text, "#| c"));
    scenario_adopt_files(base, point);
    scenario_adopt_files(base, point);
    assert_int_equal(unlink(in_folder("c.yaml")), 0);
    const struct scenario *again = scenario_read_text(&arena, "again.cfg", base->text, overrides, 1, table_model, NULL, "clouds");
    assert_int_equal(again->errors, 0);
    assert_string_equal(value_file(&again->root, "part")->text, "c\n");
    assert_string_equal(again->text, base->text);
    /* Another text by the same name cannot be. */
    struct scenario *other = scenario_read(&arena, in_folder("set.cfg"), others, 1, table_model, NULL, "clouds");
    scenario_adopt_files(base, other);
    assert_int_equal(other->errors, 0);
    write_file("d.yaml", "changed\n");
    other = scenario_read(&arena, in_folder("set.cfg"), others, 1, table_model, NULL, "clouds");
    scenario_adopt_files(base, other);
    assert_int_equal(other->errors, 1);
}

static void files_that_cannot_be_had_are_mistakes(void **state)
{
    (void)state;
    assert_int_equal(mkdir(in_folder("parts"), 0777), 0);
    write_file("none.cfg", "model = \"clouds\"; horizon = \"1 d\"; clouds = ( { name = \"a\"; kind = \"akash\"; } );\npart = \"none.yaml\";\nother_part = \"parts\";\n");
    assert_said("none.cfg", "none.cfg:2:8: error: cannot read 'none.yaml': No such file or directory\n"
                            "   part = \"none.yaml\";\n          ^~~~~~~~~~~\n"
                            "hint: a name is relative to the folder of the file in which it is written\n"
                            "none.cfg:3:14: error: cannot read 'parts': it is a folder\n"
                            "   other_part = \"parts\";\n                ^~~~~~~\n"
                            "hint: a name is relative to the folder of the file in which it is written\n");
    write_file("bytes.cfg", "model = \"clouds\"; horizon = \"1 d\"; clouds = ( { name = \"a\"; kind = \"akash\"; } ); part = \"bytes.yaml\";\n");
    write_file("bytes.yaml", "fine\nx \xff y\n");
    assert_non_null(strstr(table_errors(read_file("bytes.cfg")), "bytes.yaml:2:3: error: byte 0xff is not UTF-8"));
    write_file("twice.cfg", "model = \"clouds\"; horizon = \"1 d\"; clouds = ( { name = \"a\"; kind = \"akash\"; } );\n@include \"parts/twice.cfg\"\nother_part = \"e.yaml\";\n");
    write_file("parts/twice.cfg", "part = \"e.yaml\";\n");
    write_file("e.yaml", "1\n");
    write_file("parts/e.yaml", "2\n");
    assert_non_null(strstr(table_errors(read_file("twice.cfg")), "two files are called 'e.yaml'"));
}

static void a_mistake_in_a_named_file_shows_its_line(void **state)
{
    (void)state;
    write_file("shown.cfg", "model = \"clouds\"; horizon = \"1 d\"; clouds = ( { name = \"a\"; kind = \"akash\"; } ); part = \"shown.yaml\";\n");
    write_file("shown.yaml", "one\n  two: x\n");
    struct scenario *read = read_file("shown.cfg");
    scenario_error_in(read, value_file(&read->root, "part"), 2, 3, NULL, "'two' is not one");
    assert_non_null(strstr(table_errors(read), "shown.yaml:2:3: error: 'two' is not one\n   two: x\n"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)
    const struct CMUnitTest tests[] = {
        TEST(a_named_file_is_part_of_the_text),
        TEST(tabs_of_a_held_file_come_back_as_they_were),
        TEST(a_held_file_whose_name_has_a_tab_is_a_comment),
        TEST(a_file_that_an_override_names_can_be_adopted),
        TEST(files_that_cannot_be_had_are_mistakes),
        TEST(a_mistake_in_a_named_file_shows_its_line),
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
