/* What nines says about a wrong scenario, word for word. */
#include "tests/arena.h"
#include "tests/unit/scenario_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* What is said about the text. A valid rest is put on the lines below it, so that one mistake is one. */
static const char *said_with(const char *text, const char *const *overrides, size_t count)
{
    struct scenario *scenario = table_read(&test_arena, text, overrides, count);
    const char *errors = table_errors(scenario);
    assert_int_equal(scenario->errors > 0, errors[0] != '\0');
    return errors;
}

static void assert_said(const char *text, const char *expected)
{
    const char *said = said_with(text, NULL, 0);
    assert_string_equal(said, expected);
}

#define MM1 "model = \"mm1\"; horizon = \"1 d\";\n"
#define CLOUD(keys) "horizon = \"1 d\";\nclouds = ( { name = \"a\"; kind = \"akash\";\n  " keys "\n} );\n"

/* One mistake each: `text`, and what must be said. */
struct slip {
    const char *text, *expected;
};

static void assert_slips(const struct slip *slips, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_said(slips[i].text, slips[i].expected);
}
#define ASSERT_SLIPS(slips) assert_slips(slips, sizeof(slips) / sizeof *(slips))

static void unknown_keys_are_pointed_at_with_the_nearest(void **state)
{
    (void)state;
    static const struct slip slips[] = {
        {CLOUD("repair_houres = \"4 h\";"), "a.cfg:3:3: error: unknown key 'repair_houres' in 'clouds[0]'\n"
                                           "   repair_houres = \"4 h\";\n"
                                           "   ^~~~~~~~~~~~~\n"
                                           "hint: did you mean 'repair_hours'? see scenarios/reference.cfg\n"},
        {MM1 "limits = { event = 3; };", "a.cfg:2:12: error: unknown key 'event' in 'limits'\n"
                                         "   limits = { event = 3; };\n"
                                         "              ^~~~~\n"
                                         "hint: did you mean 'events'? see scenarios/reference.cfg\n"},
        {MM1 "limits = { zebra = 3; };", "a.cfg:2:12: error: unknown key 'zebra' in 'limits'\n"
                                         "   limits = { zebra = 3; };\n"
                                         "              ^~~~~\n"
                                         "hint: keys here: paths, events; see scenarios/reference.cfg\n"},
        {CLOUD("regions = 3;"), "a.cfg:3:3: error: key 'regions' means nothing here in 'clouds[0]'\n"
                                "   regions = 3;\n"
                                "   ^~~~~~~\n"
                                "hint: it goes with kind = hyperscaler\n"},
    };
    ASSERT_SLIPS(slips);
}

static void a_number_without_its_unit_is_shown_how_to_be_written(void **state)
{
    (void)state;
    static const struct slip slips[] = {
        {"model = \"mm1\"; horizon = 9000000000;", "a.cfg:1:26: error: '9000000000' has no unit: 'horizon' is a duration\n"
                                                   "   model = \"mm1\"; horizon = 9000000000;\n"
                                                   "                            ^~~~~~~~~~\n"
                                                   "hint: write \"9000000000 s\", or with another unit: us ms min h d w y\n"},
        {CLOUD("price = \"2.49\";"), "a.cfg:3:11: error: '2.49' has no unit: 'price' is a price\n"
                                     "   price = \"2.49\";\n"
                                     "           ^~~~~~\n"
                                     "hint: write \"2.49 USD/h\", or with another unit: USD/d USD/month USD/y\n"},
        {CLOUD("failures = 4;"), "a.cfg:3:14: error: '4' has no unit: 'failures' is a rate\n"
                                 "   failures = 4;\n"
                                 "              ^\n"
                                 "hint: write \"4 /y\", or with another unit: /s /min /h /d /w\n"},
        {CLOUD("repair = 3;"), "a.cfg:3:12: error: '3' has no unit: 'repair' is a law\n"
                               "   repair = 3;\n"
                               "            ^\n"
                               "hint: write \"3 s\", or with another unit: us ms min h d w y\n"},
        {"horizon = 14 d;", "a.cfg:1:11: error: a value with a unit must stand in quotes\n"
                            "   horizon = 14 d;\n"
                            "             ^~\n"
                            "hint: write \"14 d\"\n"},
        {"start = 2024-07-01;", "a.cfg:1:9: error: a value with a unit must stand in quotes\n"
                                "   start = 2024-07-01;\n"
                                "           ^~~~~~~~~~\n"
                                "hint: write \"2024-07-01\"\n"},
    };
    ASSERT_SLIPS(slips);
}

static void impossible_values_are_refused(void **state)
{
    (void)state;
    static const struct slip slips[] = {
        {MM1 "warmup = \"-1 d\";", "a.cfg:2:10: error: 'warmup' must be at least 0 s, not '-1 d'\n"
                                   "   warmup = \"-1 d\";\n"
                                   "            ^~~~~~\n"},
        {MM1 "grid = 0;", "a.cfg:2:8: error: 'grid' must be above 0 s, not '0'\n"
                          "   grid = 0;\n"
                          "          ^\n"},
        {"model = \"mm1\"; horizon = \"101 y\";", "a.cfg:1:26: error: 'horizon' must be at most 100 y, not '101 y'\n"
                                               "   model = \"mm1\"; horizon = \"101 y\";\n"
                                               "                            ^~~~~~~\n"},
        {MM1 "level = \"120 %\";", "a.cfg:2:9: error: 'level' must be at most 0.9999, not '120 %'\n"
                                  "   level = \"120 %\";\n"
                                  "           ^~~~~~~\n"},
        {CLOUD("share = 1.5;"), "a.cfg:3:11: error: 'share' must be at most 1, not '1.5'\n"
                                "   share = 1.5;\n"
                                "           ^~~\n"},
        {MM1 "replications = 2.5;", "a.cfg:2:16: error: '2.5' is not a whole number\n"
                                    "   replications = 2.5;\n"
                                    "                  ^~~\n"
                                    "hint: 'replications' is written like 12\n"},
        {MM1 "seed = 9223372036854775808;", "a.cfg:2:8: error: '9223372036854775808' is not a whole number: it does not fit in 64 bits\n"
                                            "   seed = 9223372036854775808;\n"
                                            "          ^~~~~~~~~~~~~~~~~~~\n"
                                            "hint: 'seed' is written like 12\n"},
        {MM1 "level = \"nan\";", "a.cfg:2:9: error: 'nan' is not a share: it does not begin with a number\n"
                                "   level = \"nan\";\n"
                                "           ^~~~~\n"
                                "hint: 'level' is written like \"99.9 %\"\n"},
        {MM1 "level = nan;", "a.cfg:2:9: error: 'nan' is not a number\n"
                             "   level = nan;\n"
                             "           ^~~\n"
                             "hint: quantities are finite numbers\n"},
        {MM1 "start = \"2023-02-29\";", "a.cfg:2:9: error: '2023-02-29' is not a time: there is no such date\n"
                                       "   start = \"2023-02-29\";\n"
                                       "           ^~~~~~~~~~~~\n"
                                       "hint: 'start' is written like \"2024-07-18T21:40Z\"\n"},
        {MM1 "regime = \"rate\";", "a.cfg:2:10: error: 'rate' is not a choice of 'regime'\n"
                                  "   regime = \"rate\";\n"
                                  "            ^~~~~~\n"
                                  "hint: did you mean 'rated'? choices: as happened, matched, rated, none\n"},
        {CLOUD("memory = \"3 GX\";"), "a.cfg:3:12: error: '3 GX' is not a size: its unit is none of B kB MB GB TB PB KiB MiB GiB TiB PiB\n"
                                      "   memory = \"3 GX\";\n"
                                      "            ^~~~~~\n"
                                      "hint: 'memory' is written like \"80 GiB\"\n"},
        {CLOUD("spot = \"yes\";"), "a.cfg:3:10: error: 'yes' is not true or false: write true or false\n"
                                   "   spot = \"yes\";\n"
                                   "          ^~~~~\n"
                                   "hint: 'spot' is written like true\n"},
    };
    ASSERT_SLIPS(slips);
}

static void wrong_types_are_named(void **state)
{
    (void)state;
    static const struct slip slips[] = {
        {MM1 "title = 12;", "a.cfg:2:9: error: 'title' must be a text, not a number\n"
                            "   title = 12;\n"
                            "           ^~\n"
                            "hint: write title = \"12\";\n"},
        {MM1 "seed = true;", "a.cfg:2:8: error: 'seed' must be a whole number, not true or false\n"
                             "   seed = true;\n"
                             "          ^~~~\n"
                             "hint: write seed = 12;\n"},
        {"horizon = \"1 d\"; clouds = { };", "a.cfg:1:27: error: 'clouds' must be a list of groups ( { ... }, { ... } ), not a group { ... }\n"
                                            "   horizon = \"1 d\"; clouds = { };\n"
                                            "                             ^\n"
                                            "hint: put the group into a list: ( { ... } )\n"},
        {"horizon = \"1 d\"; clouds = ();", "a.cfg:1:27: error: 'clouds' must not be empty\n"
                                           "   horizon = \"1 d\"; clouds = ();\n"
                                           "                             ^\n"},
        {"horizon = \"1 d\"; clouds = (3);", "a.cfg:1:28: error: 'clouds[0]' must be a group { ... }, not a number\n"
                                            "   horizon = \"1 d\"; clouds = (3);\n"
                                            "                              ^\n"},
        {CLOUD("tags = \"x\";"), "a.cfg:3:10: error: 'tags' must be a list of texts ( \"...\", \"...\" ), not a text\n"
                                 "   tags = \"x\";\n"
                                 "          ^~~\n"
                                 "hint: write tags = ( \"x\" );\n"},
        {CLOUD("tenant = ( );"), "a.cfg:3:12: error: 'tenant' must be a group { ... }, not a list ( ... )\n"
                                 "   tenant = ( );\n"
                                 "            ^\n"
                                 "hint: write it with { } instead of ( )\n"},
        {"model = 3; horizon = \"1 d\";", "a.cfg:1:9: error: 'model' must be a name, not a number\n"
                                         "   model = 3; horizon = \"1 d\";\n"
                                         "           ^\n"
                                         "hint: write model = \"3\";\n"},
    };
    ASSERT_SLIPS(slips);
}

static void what_is_missing_or_twice_is_said(void **state)
{
    (void)state;
    static const struct slip slips[] = {
        {"model = \"mm1\";", "a.cfg:1:1: error: key 'horizon' is missing\n"
                             "hint: add horizon = \"14 d\"; see scenarios/reference.cfg\n"},
        {"horizon = \"1 d\"; clouds = ( { name = \"a\" } );", "a.cfg:1:29: error: key 'kind' is missing in 'clouds[0]'\n"
                                                            "   horizon = \"1 d\"; clouds = ( { name = \"a\" } );\n"
                                                            "                               ^\n"
                                                            "hint: add kind = \"hyperscaler\"; see scenarios/reference.cfg\n"},
        {MM1 "seed = 1;\nseed = 2;", "a.cfg:3:1: error: key 'seed' is given twice\n"
                                     "   seed = 2;\n"
                                     "   ^~~~\n"
                                     "hint: it stands at a.cfg:2:1 too; keep one\n"},
        {"horizon = \"1 d\";\nclouds = ( { name = \"a\"; kind = \"akash\"; },\n           { name = \"a\"; kind = \"akash\"; } );",
         "a.cfg:3:21: error: two elements of 'clouds' have the name 'a'\n"
         "   { name = \"a\"; kind = \"akash\"; } );\n"
         "            ^~~\n"
         "hint: it stands at a.cfg:2:21 too\n"},
        {"horizn = \"1 d\"; model = \"mm1\";", "a.cfg:1:1: error: unknown key 'horizn'\n"
                                               "   horizn = \"1 d\"; model = \"mm1\";\n"
                                               "   ^~~~~~\n"
                                               "hint: did you mean 'horizon'? see scenarios/reference.cfg\n"},
        {MM1 "targets = ( { metric = \"m\"; low = 1; } );",
         "a.cfg:2:13: error: keys 'cloud', 'high', 'source', 'evidence' are missing in 'targets[0]'\n"
         "   targets = ( { metric = \"m\"; low = 1; } );\n"
         "               ^\n"
         "hint: add cloud = \"some words\"; high = \"99.9 %\"; source = \"some words\"; evidence = \"R\"; see scenarios/reference.cfg\n"},
        {"horizon = \"1 d\"; model = \"cloud\"; nodes = 3;", "a.cfg:1:26: error: unknown model 'cloud'\n"
                                                           "   horizon = \"1 d\"; model = \"cloud\"; nodes = 3;\n"
                                                           "                            ^~~~~~~\n"
                                                           "hint: did you mean 'clouds'? models: clouds, mm1\n"},
        {"  \n\t\n", "a.cfg:1:1: error: the scenario is empty\n"
                     "hint: a scenario needs at least its horizon: horizon = \"14 d\";\n"},
    };
    ASSERT_SLIPS(slips);
}

static void a_broken_kind_does_not_drag_its_keys_down(void **state)
{
    (void)state;
    assert_said("horizon = \"1 d\"; clouds = ( { name = \"a\"; kind = \"akasha\"; escrow = \"3 USD\"; regions = 2; } );",
                "a.cfg:1:50: error: 'akasha' is not a choice of 'kind'\n"
                "   horizon = \"1 d\"; clouds = ( { name = \"a\"; kind = \"akasha\"; escrow = \"3 USD\"; regions = 2; } );\n"
                "                                                    ^~~~~~~~\n"
                "hint: did you mean 'akash'? choices: hyperscaler, akash, ionet\n");
}

static void laws_say_what_is_wrong_with_them(void **state)
{
    (void)state;
    static const char *const laws[][2] = {{"weibul(1, 2 h)", "did you mean 'weibull'?"},
                                          {"weibull(1, 2 h, 3)", "weibull takes 2 parameters, 3 given"},
                                          {"", "is not a law: "},
                                          {"exponential(-3 h)", "is not a law: "}};
    for (size_t i = 0; i < sizeof laws / sizeof *laws; i++) {
        const char *said = said_with(arena_format(&test_arena, CLOUD("repair = \"%s\";"), laws[i][0]), NULL, 0);
        assert_non_null(strstr(said, laws[i][1]));
        assert_ptr_equal(strstr(said, "a.cfg:3:"), said);
        assert_non_null(strstr(said, "hint: 'repair' is written like \"exponential(10 h)\"\n"));
    }
}

static void grammar_slips_have_a_column(void **state)
{
    (void)state;
    static const struct slip slips[] = {
        {"fleet = {\n  a = { b = 1;\n  };\nhorizon = \"2 d\";", "a.cfg:1:9: error: '{' is never closed\n"
                                                            "   fleet = {\n"
                                                            "           ^\n"},
        {"seed = 1;\n};\n", "a.cfg:2:1: error: '}' closes nothing\n"
                            "   };\n"
                            "   ^\n"},
        {"a = ( { b = 1; );\n", "a.cfg:1:16: error: expected '}', found ')'\n"
                                "   a = ( { b = 1; );\n"
                                "                  ^\n"
                                "hint: the '{' stands at a.cfg:1:7\n"},
        {"regime \"rated\";", "a.cfg:1:8: error: expected '=' after 'regime', found '\"'\n"
                              "   regime \"rated\";\n"
                              "          ^~~~~~~\n"},
        {"model = clouds;", "a.cfg:1:9: error: a text must stand in quotes\n"
                            "   model = clouds;\n"
                            "           ^~~~~~\n"
                            "hint: write \"clouds\"\n"},
        {"repair = weibull(0.5, 2 h);", "a.cfg:1:10: error: a text must stand in quotes\n"
                                        "   repair = weibull(0.5, 2 h);\n"
                                        "            ^~~~~~~\n"
                                        "hint: write \"weibull(0.5, 2 h)\"\n"},
        {"title = \"open\nseed = 1;", "a.cfg:1:9: error: this text is not closed by '\"' on its line\n"
                                      "   title = \"open\n"
                                      "           ^~~~~\n"
                                      "hint: \"one line\" \"and the next\" are joined to one text\n"},
        {"a = ( 1, 2, );", "a.cfg:1:11: error: nothing follows this comma in the list\n"
                           "   a = ( 1, 2, );\n"
                           "             ^\n"
                           "hint: leave the last comma out\n"},
        {"a = [1, \"x\"];", "a.cfg:1:9: error: an array [ ... ] holds values of one type\n"
                            "   a = [1, \"x\"];\n"
                            "           ^~~\n"
                            "hint: use ( ... ) for a list of anything\n"},
        {"seed = 1;;", "a.cfg:1:10: error: expected a key, found ';'\n"
                       "   seed = 1;;\n"
                       "            ^\n"
                       "hint: one ';' ends a setting\n"},
        {"seed = ", "a.cfg:1:6: error: nothing follows '='\n"
                    "   seed = \n"
                    "        ^\n"},
        {"seed = 1 /* open", "a.cfg:1:10: error: this comment is never closed by '*/'\n"
                             "   seed = 1 /* open\n"
                             "            ^\n"},
        {"seed = 1; @include \"x\"", "a.cfg:1:11: error: expected a key, found '@'\n"
                                      "   seed = 1; @include \"x\"\n"
                                      "             ^~~~~~~~\n"
                                      "hint: it must stand at the start of a line\n"},
    };
    ASSERT_SLIPS(slips);
}

static void one_slip_of_grammar_does_not_hide_the_next(void **state)
{
    (void)state;
    const char *said = said_with("5 = 3; horizon = 3 d;\nmodel clouds;\nlist = (1 2);\nlimits = { a = b; c = nan }; true = 3;\ne = [1,,2];\n", NULL, 0);
    static const char *const places[] = {"a.cfg:1:1:", "a.cfg:1:18:", "a.cfg:2:7:", "a.cfg:3:11:", "a.cfg:4:16:", "a.cfg:4:23:",
                                         "a.cfg:4:30:", "a.cfg:5:8:"};
    const char *at = said;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        at = strstr(at, places[i]);
        assert_non_null(at);
    }
}

static void hostile_text_reaches_no_terminal(void **state)
{
    (void)state;
    static const struct slip slips[] = {
        /* An escape sequence and a format, in the key, the value and the path of a message. */
        {MM1 "title = \"\\x1b[31m%s%n\"; %s = 3;", "a.cfg:2:25: error: expected a key, found '%'\n"
                                                  "   title = \"\\x1b[31m%s%n\"; %s = 3;\n"
                                                  "                           ^~\n"
                                                  "hint: a setting is key = value; and a key begins with a letter\n"},
        {MM1 "title = \"\\x1b[31m%s%n\";", "a.cfg:2:9: error: 'title' must not hold control characters such as '\\x1b'\n"
                                           "   title = \"\\x1b[31m%s%n\";\n"
                                           "           ^~~~~~~~~~~~~~\n"
                                           "hint: write it as one line of plain text\n"},
        {MM1 "regime = \"%s%s%n\";", "a.cfg:2:10: error: '%s%s%n' is not a choice of 'regime'\n"
                                     "   regime = \"%s%s%n\";\n"
                                     "            ^~~~~~~~\n"
                                     "hint: choices: as happened, matched, rated, none\n"},
        {MM1 "regime = \"\xe2\x80\xae\xc3\xa9\";", "a.cfg:2:10: error: '\\u202e\xc3\xa9' is not a choice of 'regime'\n"
                                                  "   regime = \"\\u202e\xc3\xa9\";\n"
                                                  "            ^~~~~~~~~\n"
                                                  "hint: choices: as happened, matched, rated, none\n"},
        {MM1 "title = \"a\033b\";", "a.cfg:2:11: error: control character U+001B\n"
                                    "hint: a scenario is UTF-8 text; is this the right file?\n"},
        {MM1 "title = \"\xff\";", "a.cfg:2:10: error: byte 0xff is not UTF-8\n"
                                   "hint: a scenario is UTF-8 text; is this the right file?\n"},
        {MM1 "title = \"\\x00\";", "a.cfg:2:10: error: a text must not hold '\\x00'\n"
                                   "   title = \"\\x00\";\n"
                                   "            ^\n"},
    };
    ASSERT_SLIPS(slips);
    struct scenario *scenario = scenario_read_text(&test_arena, "a\n\"$(x)\033[1m %s.cfg", "seed = ;", NULL, 0, table_model, NULL, "mm1");
    const char *said = table_errors(scenario);
    assert_ptr_equal(strstr(said, "a\\n\"$(x)\\x1b[1m %s.cfg:1:8: error: expected a value, found ';'\n"), said);
}

static void tabs_wide_lines_and_line_ends_keep_the_caret_in_place(void **state)
{
    (void)state;
    assert_said("\xef\xbb\xbfmodel = \"mm1\"; horizon = \"1 d\";\r\n\t\t\ttitle = \"\xc3\xa9\";\tgrid = \"x\";\r\nseed = 1;\r",
                "a.cfg:2:24: error: 'x' is not a duration: it does not begin with a number\n"
                "   title = \"\xc3\xa9\"; grid = \"x\";\n"
                "                       ^~~\n"
                "hint: 'grid' is written like \"14 d\"\n");
    char *line = arena_alloc(&test_arena, 300001, 1);
    memset(line, ' ', 300000);
    memcpy(line, MM1, strlen(MM1) - 1);
    memcpy(line + 200000, "wormup = 3;", 11);
    line[300000] = '\0';
    for (size_t i = 250000; i < 290000; i += 8)
        memcpy(line + i, "/* x */ ", 8);
    const char *said = said_with(line, NULL, 0);
    assert_ptr_equal(strstr(said, "a.cfg:1:200001: error: unknown key 'wormup'\n   ..."), said);
    assert_non_null(strstr(said, "wormup = 3;"));
    assert_true(strlen(said) < 500);
}

static void twenty_mistakes_are_shown_and_the_rest_counted(void **state)
{
    (void)state;
    char *text = arena_text(&test_arena, MM1);
    for (int i = 0; i < 25; i++)
        text = arena_format(&test_arena, "%szebra%d = 1;\n", text, i);
    const char *said = said_with(text, NULL, 0);
    int shown = 0;
    for (const char *p = said; (p = strstr(p, ": error: ")) != NULL; p++)
        shown++;
    assert_int_equal(shown, 20);
    assert_non_null(strstr(said, "\na.cfg: 5 more mistakes not shown\n"));
}

static void mistakes_come_in_the_order_of_the_text(void **state)
{
    (void)state;
    static const char *const overrides[] = {"zebra=3", "grid=7"};
    const char *said = said_with("level = 2; zebras = 1;\nmodel = \"mm1\"; seed = -1;\n", overrides, 2);
    const char *at = said;
    static const char *const places[] = {"a.cfg:1:1: error: key 'horizon'", "a.cfg:1:9:", "a.cfg:1:12:", "a.cfg:2:23:", "--set:1:1:", "--set:2:6:"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        at = strstr(at, places[i]);
        assert_non_null(at);
    }
}

static void models_report_mistakes_at_values(void **state)
{
    (void)state;
    struct scenario *scenario = table_read(&test_arena, CLOUD("tags = ( \"x\", \"no %s\" );"), NULL, 0);
    assert_int_equal(scenario->errors, 0);
    const struct value *akash = value_named(value_of(&scenario->root, "clouds"), "a");
    const struct value *tag = value_at(value_of(akash, "tags"), 1);
    scenario_error(scenario, tag, "tags are: x", "'%s' is no tag", tag->text);
    scenario_error(scenario, &scenario->root, NULL, "nothing is run");
    scenario_error(scenario, value_of(akash, "share"), NULL, "a share of nothing");
    const char *said = table_errors(scenario);
    assert_string_equal(said, "a.cfg:1:1: error: nothing is run\n"
                              "a.cfg:2:12: error: a share of nothing\n"
                              "   clouds = ( { name = \"a\"; kind = \"akash\";\n"
                              "              ^\n"
                              "a.cfg:3:17: error: 'no %s' is no tag\n"
                              "   tags = ( \"x\", \"no %s\" );\n"
                              "                 ^~~~~~~\n"
                              "hint: tags are: x\n");
    assert_int_equal(scenario->errors, 3);
}

/* It is read before names are judged: put in place of the star it would be starred again. */
static void a_star_is_not_for_a_name_that_ends_the_path(void **state)
{
    (void)state;
    static const char *const overrides[] = {"clouds.a*.share=0.5"};
    const char *said = said_with("model = \"clouds\"; horizon = \"1 d\";\nclouds = ( { name = \"a*=\"; kind = \"akash\"; } );\n", overrides, 1);
    assert_non_null(strstr(said, "'clouds' has no element whose name begins with 'a'"));
    assert_non_null(strstr(said, "'a*=' is not a name"));
}

static void overrides_that_lead_nowhere_are_pointed_at(void **state)
{
    (void)state;
    static const struct slip slips[] = {
        {"horizon", "--set:1:1: error: an override needs '='\n   horizon\n   ^~~~~~~\nhint: write --set PATH=VALUE, for example --set horizon=7d\n"},
        {"horizn=1 d", "--set:1:1: error: unknown key 'horizn'\n   horizn=1 d\n   ^~~~~~\nhint: did you mean 'horizon'? see scenarios/reference.cfg\n"},
        {"warmup=1", "--set:1:8: error: '1' has no unit: 'warmup' is a duration\n   warmup=1\n          ^\nhint: write \"1 s\", or with another unit: us ms min h d w y\n"},
        {"clouds[1].share=1", "--set:1:7: error: 'clouds' has 1 element\n   clouds[1].share=1\n         ^\nhint: the first is [0]\n"},
        {"clouds.io.ne.share=1", "--set:1:8: error: 'clouds' has no element 'io'\n   clouds.io.ne.share=1\n          ^~~~~~~~~~~\nhint: name an element, or write its number as in clouds[0]\n"},
        {"clouds.a.shares=1", "--set:1:10: error: unknown key 'shares' in 'clouds[0]'\n   clouds.a.shares=1\n            ^~~~~~\nhint: did you mean 'share'? see scenarios/reference.cfg\n"},
        {"clouds=({", "--set:1:9: error: '{' is never closed\n   clouds=({\n           ^\n"},
        {"horizon.x=1", "--set:1:8: error: 'horizon' holds no keys\n   horizon.x=1\n          ^~\n"},
        {"grid.x=1", "--set:1:5: error: 'grid' holds no keys\n   grid.x=1\n       ^~\n"},
        {"targets[0].low=1", "--set:1:8: error: 'targets' has 0 elements\n   targets[0].low=1\n          ^\n"},
        {"limits={events=3;};", "--set:1:19: error: nothing may follow the value, found ';'\n   limits={events=3;};\n                     ^\n"},
        {"title=\001", "--set:1:7: error: control character U+0001\n   title=\\x01\n         ^~~~\nhint: a scenario is UTF-8 text; is this the right file?\n"},
        {"title=a\nb", "--set:1:1: error: an override must be one line\n   title=a\n   ^~~~~\n"},
        {"clouds.a.regions=2", "--set:1:1: error: key 'regions' means nothing here in 'clouds[0]'\n   clouds.a.regions=2\n   ^~~~~~~~~~~~~~~~\nhint: it goes with kind = hyperscaler\n"},
    };
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
        const char *said = said_with(CLOUD(""), &slips[i].text, 1);
        assert_string_equal(said, slips[i].expected);
    }
}

static void hostile_sizes_are_refused_quickly(void **state)
{
    (void)state;
    /* Deep nesting, many keys, many values: the worst that fits. */
    const size_t bytes = SCENARIO_MAX_BYTES - 8;
    char *text = arena_alloc(&test_arena, SCENARIO_MAX_BYTES + 2, 1);
    memset(text, '(', bytes);
    memcpy(text, "a = ", 4);
    text[bytes] = '\0';
    const char *said = said_with(text, NULL, 0);
    assert_non_null(strstr(said, "brackets are nested more than 32 deep"));
    for (size_t i = 5; i + 1 < bytes; i += 2)
        memcpy(text + i, "1,", 2);
    said = said_with(text, NULL, 0);
    assert_non_null(strstr(said, "more than 500000 values"));
    for (size_t i = 0; i + 9 < bytes; i += 9) {
        char setting[16];
        (void)snprintf(setting, sizeof setting, "a%05zu=1\n", i / 9 % 100000);
        memcpy(text + i, setting, 9);
    }
    text[bytes - bytes % 9] = '\0';
    said = said_with(text, NULL, 0);
    assert_non_null(strstr(said, "more than 128 keys in one group"));
    memset(text, 'x', SCENARIO_MAX_BYTES + 1);
    text[SCENARIO_MAX_BYTES + 1] = '\0';
    said = said_with(text, NULL, 0);
    assert_string_equal(said, "a.cfg:1:1: error: the scenario is larger than 8 MiB\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_arena, close_arena)
    const struct CMUnitTest tests[] = {
        TEST(unknown_keys_are_pointed_at_with_the_nearest),
        TEST(a_number_without_its_unit_is_shown_how_to_be_written),
        TEST(impossible_values_are_refused),
        TEST(wrong_types_are_named),
        TEST(what_is_missing_or_twice_is_said),
        TEST(a_broken_kind_does_not_drag_its_keys_down),
        TEST(laws_say_what_is_wrong_with_them),
        TEST(grammar_slips_have_a_column),
        TEST(one_slip_of_grammar_does_not_hide_the_next),
        TEST(hostile_text_reaches_no_terminal),
        TEST(tabs_wide_lines_and_line_ends_keep_the_caret_in_place),
        TEST(twenty_mistakes_are_shown_and_the_rest_counted),
        TEST(mistakes_come_in_the_order_of_the_text),
        TEST(models_report_mistakes_at_values),
        TEST(a_star_is_not_for_a_name_that_ends_the_path),
        TEST(overrides_that_lead_nowhere_are_pointed_at),
        TEST(hostile_sizes_are_refused_quickly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
