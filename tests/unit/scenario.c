/* Scenario files: values, defaults, overrides, and the two texts that nines writes itself. */
#include "tests/arena.h"
#include "tests/unit/scenario_table.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char everything[] =
    "// libconfig, all of it\n"
    "question : \"Would \\\"services\\\" \"  # joined\n"
    "           \"have lived?\",\n"
    "model = \"clouds\"  horizon = \"31 d\"\n"
    "seed = 9000000000; warmup = 0; replications = 0x10L; level = 0.9\n"
    "/* a list of groups */\n"
    "clouds = ( { name = \"a/1\"; kind = \"akash\"; tags = [\"x\", \"y \\\\ z\"]; failures = \"2 /h\"; escrow = \"5 kUSD\";\n"
    "             memory = \"1 KiB\"; spot = TRUE; factor = -2.5e3; share = \"12.5 %\"; repair = \"weibull(0.5, 2 h)\"; },\n"
    "  { name = \"io.net\"; kind = \"ionet\"; price = \"24 USD/d\" }, { name = \"io\"; kind = \"hyperscaler\"; regions = 4; note = \"b=1\" } );\n"
    "study = { points = ( { label = \"one\"; set = (\"horizon=7 d\"); incidents = [\"z\"]; }, { label = \"two\"; } ); };\n"
    "targets = ( { metric = \"m\"; cloud = \"a/1\"; low = \"99.3 %\"; high = 100; source = \"s\"; evidence = \"R\"; } );\n";

/* Reads a text that must have no mistakes. */
static struct scenario *read_good(struct arena *arena, const char *text, const char *const *overrides, size_t count)
{
    struct scenario *scenario = table_read(arena, text, overrides, count);
    if (scenario->errors > 0) {
        const char *errors = table_errors(scenario);
        print_error("%s", errors);
    }
    assert_int_equal(scenario->errors, 0);
    return scenario;
}

static const struct value *cloud(const struct scenario *scenario, const char *name)
{
    return value_named(value_of(&scenario->root, "clouds"), name);
}

static void every_type_is_read(void **state)
{
    const struct scenario *s = read_good(*state, everything, NULL, 0);
    const struct value *root = &s->root, *akash = cloud(s, "a/1");
    assert_string_equal(value_text(root, "question"), "Would \"services\" have lived?");
    assert_true(value_duration(root, "horizon").us == 31 * US_PER_DAY);
    assert_true(value_duration(root, "warmup").us == 0);
    assert_true(value_integer(root, "seed") == INT64_C(9000000000));
    assert_true(value_integer(root, "replications") == 16);
    assert_true(value_number(root, "level") == 0.9);
    assert_true(value_number(akash, "share") == 0.125);
    assert_true(value_number(akash, "factor") == -2500);
    assert_true(fabs(value_number(akash, "failures") - 2 / 3600.0) < 1e-18);
    assert_true(value_money(akash, "escrow").micro == INT64_C(5000000000));
    assert_true(value_money(cloud(s, "io.net"), "price").micro == 1000000);
    assert_true(value_integer(akash, "memory") == 1024);
    assert_true(value_bool(akash, "spot"));
    assert_int_equal(value_choice(akash, "kind"), 1);
    assert_int_equal(value_law(akash, "repair")->kind, LAW_WEIBULL);
    assert_int_equal(value_count(value_of(akash, "tags")), 2);
    assert_string_equal(value_at(value_of(akash, "tags"), 1)->text, "y \\ z");
    assert_string_equal(value_text(cloud(s, "io"), "note"), "b=1");
    assert_true(value_number(value_at(value_of(root, "targets"), 0), "low") == 0.993);
}

static void what_is_not_written_has_its_default(void **state)
{
    const struct scenario *s = read_good(*state, everything, NULL, 0);
    const struct value *io = cloud(s, "io.net");
    int64_t expected;
    const char *why;
    assert_true(units_utc("2024-01-01", &expected, &why));
    assert_true(value_utc(&s->root, "start") == expected);
    assert_false(value_given(&s->root, "start"));
    assert_true(value_given(&s->root, "seed"));
    assert_true(value_duration(value_of(io, "tenant"), "detection").us == 5 * US_PER_MINUTE);
    assert_true(value_integer(value_of(&s->root, "limits"), "events") == 0);
    assert_true(isnan(value_number(io, "failures")));
    assert_string_equal(value_text(io, "failures"), "");
    assert_int_equal(value_count(value_of(io, "tags")), 0);
    assert_false(value_of(&s->root, "fleet")->given);
    assert_int_equal(value_of(&s->root, "fleet")->children, 0);
}

static void places_are_those_of_the_text(void **state)
{
    const struct scenario *s = read_good(*state, everything, NULL, 0);
    const struct place *place = &value_of(cloud(s, "io.net"), "kind")->place;
    assert_string_equal(place->file, "a.cfg");
    assert_int_equal(place->line, 9);
    assert_int_equal(place->column, 29);
    /* A default has the place of its group. */
    assert_int_equal(value_of(cloud(s, "io.net"), "share")->place.line, 9);
    assert_int_equal(value_of(cloud(s, "io.net"), "share")->place.column, 3);
}

static void keys_exist_beside_their_kind_only(void **state)
{
    const struct scenario *s = read_good(*state, everything, NULL, 0);
    const struct value *hyperscaler = cloud(s, "io"), *akash = cloud(s, "a/1");
    assert_true(value_integer(hyperscaler, "regions") == 4);
    for (size_t i = 0; i < hyperscaler->children; i++)
        assert_string_not_equal(hyperscaler->child[i].key->name, "escrow");
    for (size_t i = 0; i < akash->children; i++)
        assert_string_not_equal(akash->child[i].key->name, "regions");
}

static void model_point_keys_join_the_study(void **state)
{
    const struct scenario *s = read_good(*state, everything, NULL, 0);
    const struct value *points = value_of(value_of(&s->root, "study"), "points");
    assert_string_equal(value_at(value_of(value_named(points, "one"), "incidents"), 0)->text, "z");
    assert_int_equal(value_count(value_of(value_named(points, "two"), "incidents")), 0);
    assert_null(value_named(points, "three"));
}

static void overrides_apply_in_order(void **state)
{
    static const char *const overrides[] = {
        "horizon = 2 d", "horizon=3d", "clouds.io.net.tenant.detection=7 min", "clouds.io.regions=5", "clouds[0].spot=False",
        "limits.events=12e3", "study.points.one.set=[\"seed=3\", \"seed=4\"]", "clouds[0].tags=()", "title=(not a list)", "fleet.sites=2",
        "question=\"quoted\" \"twice\"", "targets[0].cloud=io", "clouds[0].note=a=b", "clouds[0].repair=3 h"};
    const struct scenario *s = read_good(*state, everything, overrides, sizeof overrides / sizeof *overrides);
    assert_true(value_duration(&s->root, "horizon").us == 3 * US_PER_DAY);
    assert_true(value_duration(value_of(cloud(s, "io.net"), "tenant"), "detection").us == 7 * US_PER_MINUTE);
    assert_true(value_integer(cloud(s, "io"), "regions") == 5);
    assert_false(value_bool(cloud(s, "a/1"), "spot"));
    assert_true(value_integer(value_of(&s->root, "limits"), "events") == 12000);
    const struct value *one = value_named(value_of(value_of(&s->root, "study"), "points"), "one");
    assert_string_equal(value_at(value_of(one, "set"), 1)->text, "seed=4");
    assert_int_equal(value_count(value_of(cloud(s, "a/1"), "tags")), 0);
    assert_string_equal(value_text(&s->root, "title"), "(not a list)");
    assert_true(value_integer(value_of(&s->root, "fleet"), "sites") == 2);
    assert_string_equal(value_text(&s->root, "question"), "quotedtwice");
    assert_string_equal(value_text(value_at(value_of(&s->root, "targets"), 0), "cloud"), "io");
    assert_string_equal(value_text(cloud(s, "a/1"), "note"), "a=b");
    assert_int_equal(value_law(cloud(s, "a/1"), "repair")->kind, LAW_CONSTANT);
    assert_string_equal(value_of(&s->root, "horizon")->place.file, "--set");
    assert_int_equal(value_of(&s->root, "horizon")->place.line, 2);
    assert_true(value_given(&s->root, "title"));
}

static void a_star_stands_for_all_names_that_begin_so(void **state)
{
    static const char *const overrides[] = {"clouds.io*.note=both", "clouds.*.tags=[ \"x\" ]"};
    const struct scenario *s = read_good(*state, everything, overrides, 1);
    assert_string_equal(value_text(cloud(s, "io"), "note"), "both");
    assert_string_equal(value_text(cloud(s, "io.net"), "note"), "both");
    assert_string_not_equal(value_text(cloud(s, "a/1"), "note"), "both");
    s = read_good(*state, everything, overrides + 1, 1);
    assert_string_equal(value_at(value_of(cloud(s, "a/1"), "tags"), 0)->text, "x");
    assert_ptr_equal(scenario_find(s, "clouds.*.name", 0), value_of(value_at(value_of(&s->root, "clouds"), 0), "name"));
    assert_ptr_equal(scenario_find(s, "clouds.io*.name", 1), value_of(cloud(s, "io"), "name"));
    assert_null(scenario_find(s, "clouds.io*.name", 2));
    assert_null(scenario_find(s, "clouds.*.tenant.*", 0));
}

static void an_override_may_replace_a_whole_element_or_the_model(void **state)
{
    static const char *const element[] = {"clouds[2]={ name = \"new\"; kind = \"akash\"; }", "clouds.new.share=0.25"};
    const struct scenario *s = read_good(*state, everything, element, 2);
    assert_true(value_number(cloud(s, "new"), "share") == 0.25);
    static const char *const model[] = {"model=mm1"};
    s = read_good(*state, "horizon = \"1 d\"; model = \"unheard of\";", model, 1);
    assert_string_equal(value_text(&s->root, "model"), "mm1");
}

/* --- print-config and reference --- */

static void assert_same_values(const struct value *a, const struct value *b)
{
    assert_ptr_equal(a->key, b->key);
    assert_int_equal(a->children, b->children);
    assert_int_equal(a->text != NULL, b->text != NULL);
    if (a->text != NULL) {
        assert_string_equal(a->text, b->text);
        if (a->key->type == KEY_LAW) {
            assert_int_equal(a->is.law.kind, b->is.law.kind);
            assert_true(a->is.law.a == b->is.law.a && a->is.law.b == b->is.law.b && a->is.law.c == b->is.law.c);
        } else if (a->key->type == KEY_INTEGER || a->key->type == KEY_BYTES) {
            assert_true(a->is.integer == b->is.integer);
        }
    }
    for (size_t i = 0; i < a->children; i++)
        assert_same_values(&a->child[i], &b->child[i]);
}

/* Keys of study.points are joined anew at each reading, so their tables differ in address alone. */
static bool same_but_for_keys(const struct value *a, const struct value *b)
{
    bool same = a->children == b->children && (a->text == NULL || strcmp(a->text, b->text) == 0);
    for (size_t i = 0; same && i < a->children; i++)
        same = same_but_for_keys(&a->child[i], &b->child[i]);
    return same;
}

static void print_config_reads_back_to_the_same_values(void **state)
{
    static const char *const overrides[] = {"title=a \"quoted\" \\ title \xc3\xa9", "replications=12e2"};
    const struct scenario *s = read_good(*state, everything, overrides, 2);
    const char *first = table_config(s);
    const struct scenario *again = read_good(*state, first, NULL, 0);
    assert_true(same_but_for_keys(&s->root, &again->root));
    assert_true(value_integer(&again->root, "seed") == INT64_C(9000000000));
    const struct value *clouds = value_of(&s->root, "clouds"), *same = value_of(&again->root, "clouds");
    for (size_t i = 0; i < clouds->children; i++)
        for (size_t j = 0; j < clouds->child[i].children; j++)
            assert_same_values(&clouds->child[i].child[j], &same->child[i].child[j]);
    /* Printed once more, only the marks of defaults may differ. */
    const char *second = table_config(again);
    const struct scenario *third = read_good(*state, second, NULL, 0);
    assert_true(same_but_for_keys(&again->root, &third->root));
    assert_non_null(strstr(first, "seed = 9000000000L;"));
    assert_non_null(strstr(first, "grid = \"1 h\";  # default"));
    assert_non_null(strstr(first, "# failures: not given"));
}

/* The text without the first "# " of its lines. */
static char *uncommented(struct arena *arena, const char *text)
{
    char *out = arena_alloc(arena, strlen(text) + 1, 1), *to = out;
    while (*text != '\0') {
        const char *end = strchrnul(text, '\n');
        if (text[0] == '#')
            text += text[1] == ' ' ? 2 : 1;
        memcpy(to, text, (size_t)(end - text));
        to += end - text;
        *to++ = '\n';
        text = *end == '\n' ? end + 1 : end;
    }
    *to = '\0';
    return out;
}

/* The lines from `first` to `last`, uncommented. */
static const char *block(struct arena *arena, const char *text, const char *first, const char *last)
{
    const char *start = strstr(text, first), *end = start != NULL ? strstr(start, last) : NULL;
    assert_non_null(end);
    return uncommented(arena, arena_format(arena, "%.*s", (int)(end - start) + (int)strlen(last), start));
}

static void the_reference_is_a_scenario(void **state)
{
    static const struct key *const keys[] = {table_keys};
    static const struct key *const point_keys[] = {NULL};
    static const char *const names[] = {"clouds"};
    static const char *const mm1[] = {"model=mm1"};
    char *text = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&text, &bytes);
    scenario_print_reference(memory, keys, point_keys, names, 1);
    (void)fclose(memory);
    const struct scenario *bench = read_good(*state, text, mm1, 1);
    assert_true(value_number(&bench->root, "level") == 0.95);
    /* Every key is there with its help. */
    for (const struct key *key = scenario_bench_keys(); key->name != NULL; key++) {
        assert_non_null(strstr(text, key->help));
        assert_non_null(strstr(text, key->name));
    }
    /* The model's part is one as well, once uncommented. */
    char *part = strstr(text, "# --- model = \"clouds\"");
    assert_non_null(part);
    part = uncommented(*state, strchr(part, '\n') + 1);
    const struct scenario *model = read_good(*state, arena_format(*state, "horizon = \"1 d\";\n%s", part), NULL, 0);
    assert_int_equal(value_count(value_of(&model->root, "clouds")), 1);
    /* And so is what may be left out of the bench's part. */
    const char *study = block(*state, text, "# study = {", "\n# };"), *targets = block(*state, text, "# targets = (", "\n#   } );");
    model = read_good(*state, arena_format(*state, "model = \"mm1\"; horizon = \"1 d\";\n%s%s", study, targets), NULL, 0);
    assert_int_equal(value_count(value_of(&model->root, "targets")), 1);
    assert_true(value_of(&model->root, "study")->given);
    free(text);
}

/* --- Defects of ours --- */

static void a_wrong_name_or_type_aborts(void **state)
{
    const struct scenario *s = read_good(*state, everything, NULL, 0);
    for (int i = 0; i < 2; i++) {
        pid_t child = fork();
        if (child == 0) {
            (void)fclose(stderr);
            (void)signal(SIGABRT, SIG_DFL);
            if (i == 0)
                (void)value_of(&s->root, "horizn");
            else
                (void)value_duration(&s->root, "seed");
            _exit(0);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
    }
}

/* --- Nearest names --- */

/* Optimal string alignment by its definition, exponential: the slow twin. */
static int slow_distance(const char *a, size_t m, const char *b, size_t n)
{
    if (m == 0 || n == 0)
        return (int)(m + n);
    int least = slow_distance(a, m - 1, b, n - 1) + (a[m - 1] != b[n - 1]);
    int drop = slow_distance(a, m - 1, b, n) + 1, add = slow_distance(a, m, b, n - 1) + 1;
    least = drop < least ? drop : least;
    least = add < least ? add : least;
    if (m > 1 && n > 1 && a[m - 1] == b[n - 2] && a[m - 2] == b[n - 1]) {
        int swap = slow_distance(a, m - 2, b, n - 2) + 1;
        least = swap < least ? swap : least;
    }
    return least;
}

static void nearest_agrees_with_the_definition(void **state)
{
    (void)state;
    uint32_t random = 12345;
    for (int round = 0; round < 3000; round++) {
        char word[8], names[4][8];
        const char *list[4];
        for (int i = 0; i < 5; i++) {
            char *to = i == 4 ? word : names[i];
            random = random * 1664525 + 1013904223;
            size_t length = 1 + (random >> 16) % 6;
            for (size_t j = 0; j < length; j++) {
                random = random * 1664525 + 1013904223;
                to[j] = (char)('a' + (random >> 16) % 3);
            }
            to[length] = '\0';
            if (i < 4)
                list[i] = names[i];
        }
        size_t length = strlen(word);
        int best = length < 3 ? 2 : (int)(length / 3) + 1;
        const char *expected = NULL;
        for (int i = 0; i < 4; i++) {
            int distance = slow_distance(word, length, list[i], strlen(list[i]));
            if (distance < best && distance < (int)strlen(list[i])) {
                best = distance;
                expected = list[i];
            }
        }
        const char *found = scenario_nearest(word, list, 4);
        assert_ptr_equal(found, expected);
    }
}

static void nearest_knows_slips_from_other_words(void **state)
{
    (void)state;
    static const char *const names[] = {"horizon", "replications", "repair_hours", "ab"};
    assert_string_equal(scenario_nearest("repair_houres", names, 4), "repair_hours");
    assert_string_equal(scenario_nearest("Horizno", names, 4), "horizon");
    assert_null(scenario_nearest("price", names, 4));
    assert_null(scenario_nearest("", names, 4));
    assert_null(scenario_nearest("horizon", names, 0));
    char longest[200];
    memset(longest, 'h', sizeof longest);
    longest[199] = '\0';
    assert_null(scenario_nearest(longest, names, 4));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_arena, close_arena)
    const struct CMUnitTest tests[] = {
        TEST(every_type_is_read),
        TEST(what_is_not_written_has_its_default),
        TEST(places_are_those_of_the_text),
        TEST(keys_exist_beside_their_kind_only),
        TEST(model_point_keys_join_the_study),
        TEST(overrides_apply_in_order),
        TEST(a_star_stands_for_all_names_that_begin_so),
        TEST(an_override_may_replace_a_whole_element_or_the_model),
        TEST(print_config_reads_back_to_the_same_values),
        TEST(the_reference_is_a_scenario),
        TEST(a_wrong_name_or_type_aborts),
        TEST(nearest_agrees_with_the_definition),
        TEST(nearest_knows_slips_from_other_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
