/* Throws mutated scenarios and overrides at the reader. Whatever comes in, it says what is wrong or gives a whole tree of values;
 * what it prints never holds a control character; and what it accepts libconfig accepts with the same meaning.
 *
 * NINES_FUZZ_ROUNDS and NINES_FUZZ_SEED repeat or lengthen the campaign; a failure prints the round's text. */
#include "tests/unit/scenario_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const seeds[] = {
    "model = \"mm1\"; horizon = \"1 d\";\n",
    "horizon = \"31 d\"; seed = 9000000000; replications = 0x10L; level = 0.9 title = \"a\" \"b\\n\\\"\\\\\\x41\";\n"
    "clouds = ( { name = \"a/1\"; kind = \"akash\"; tags = [\"x\", \"y\"]; failures = \"2 /h\"; escrow = \"5 kUSD\"; spot = TRUE;\n"
    "  memory = \"1 KiB\"; factor = -2.5e3; share = \"12.5 %\"; repair = \"weibull(0.5, 2 h)\"; tenant = { detection = \"3 s\" } },\n"
    "  { name = \"io.net\"; kind = \"hyperscaler\"; price = \"24 USD/d\"; regions = 4 } ); # comment\n"
    "study = { points = ( { label = \"one\"; set = (\"horizon=7 d\"); incidents = [\"z\"]; }, { label = \"two\"; } ); }; // more\n"
    "targets = ( { metric = \"m\"; cloud = \"a\"; low = \"99.3 %\"; high = 1; source = \"s\"; evidence = \"R\"; } ); /* end */\n",
    "horizon = \"1 d\"; model : \"mm1\", limits = { events = 5 }; fleet = { }; a = ((((1), [2]), {b=3}), \"x\");\n",
    "horizon = 9 d; start = 2024-02-30; regime \"x\";; e = {( ]; f = \"open\ng = nan",
};

static const char *const words[] = {
    "{", "}", "(", ")", "[", "]", ";", ",", "=", ":", "\"", "\\", "#", "//", "/*", "*/", "\n", " ", "\t", "\r\n", "@include \"x\"\n", "\\x00",
    "\\x1b", "nan", "inf", "true", "FALSE", "0x", "0xFFL", "1e400", "9223372036854775808", "-", "+", ".", "1.", ".5", "1e5", "L", "LL", "%s%n",
    "\x1b[31m", "\xff", "\xc3\xa9", "\xe2\x80\xae", "\xef\xbb\xbf", "horizon", "clouds", "name = \"a\";", "kind = \"ionet\";", "\"1 d\"",
    "\"-1 d\"", "99999999999999999999999999", "\"weibull(\"", "model = \"clouds\";", "label", "()", "[]", "{}", "seed = 1;", "\001", "\x7f"};

static const char *const paths[] = {"horizon", "clouds", "clouds[0]", "clouds[1].share", "clouds.io.net.price", "clouds.a/1", "limits.events", "study",
                                    "study.points.one.set", "study.points[0]", "targets[0].low", "title", "model", "fleet.sites", "zebra", ".", "[", ""};

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random_state >> 33) % n);
}

/* A text that grows and shrinks; NUL bytes never enter it. */
struct text {
    char bytes[16384];
    size_t length;
};

static void replace(struct text *text, size_t at, size_t drop, const char *add, size_t count)
{
    if (text->length - drop + count >= sizeof text->bytes)
        return;
    memmove(text->bytes + at + count, text->bytes + at + drop, text->length - at - drop);
    memcpy(text->bytes + at, add, count);
    text->length += count - drop;
    text->bytes[text->length] = '\0';
}

static void mutate(struct text *text)
{
    size_t at = random_below((uint32_t)text->length + 1), left = text->length - at;
    size_t some = left > 0 ? random_below((uint32_t)(left < 40 ? left : 40) + 1) : 0;
    const char *word = words[random_below(sizeof words / sizeof *words)];
    char copy[40], byte = (char)(1 + random_below(255));
    memcpy(copy, text->bytes + at, some);
    switch (random_below(7)) {
    case 0: replace(text, at, left > 0 ? 1 : 0, &byte, 1); break;
    case 1: replace(text, at, some, "", 0); break;
    case 2: replace(text, random_below((uint32_t)text->length + 1), 0, copy, some); break;
    case 3: replace(text, at, left, "", 0); break;
    default: replace(text, at, random_below(3) == 0 ? some : 0, word, strlen(word)); break;
    }
}

/* Every key of the table has its value, of a leaf its text. */
static void assert_whole(const struct value *value)
{
    assert_non_null(value->place.file);
    for (size_t i = 0; i < value->children; i++) {
        const struct value *child = &value->child[i];
        assert_non_null(child->key);
        bool aggregate = child->key->type == KEY_GROUP || child->key->type == KEY_LIST || child->key->type == KEY_TEXTS;
        assert_true(aggregate || child->text != NULL);
        assert_whole(child);
    }
}

static bool same_values(const struct value *a, const struct value *b)
{
    bool same = a->children == b->children && (a->text == NULL) == (b->text == NULL) && (a->text == NULL || strcmp(a->text, b->text) == 0);
    for (size_t i = 0; same && i < a->children; i++)
        same = same_values(&a->child[i], &b->child[i]);
    return same;
}

static void assert_printable(const char *text)
{
    for (const char *p = text; *p != '\0'; p++)
        assert_true(*p == '\n' || ((unsigned char)*p >= 0x20 && *p != 0x7f));
}

static void assert_sound(struct arena *arena, const struct scenario *scenario)
{
    if (scenario->errors > 0) {
        const char *errors = table_errors(scenario);
        assert_non_null(strstr(errors, ": error: "));
        assert_null(strstr(errors, "error: libconfig"));
        assert_printable(errors);
        return;
    }
    assert_whole(&scenario->root);
    const char *config = table_config(scenario);
    const struct scenario *again = table_read(arena, config, NULL, 0);
    assert_int_equal(again->errors, 0);
    assert_true(same_values(&scenario->root, &again->root));
    assert_printable(config);
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL && *text != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

/* What is under way, for the last words of a failure. */
static struct {
    bool running;
    uint64_t seed, round;
    struct text text;
    char override[256];
} campaign;

/* One round in its own state. Returns whether the text was accepted. */
static bool fuzz_round(struct arena *arena, uint64_t seed, uint64_t round)
{
    struct text *text = &campaign.text;
    random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + round;
    (void)random_below(2);
    const char *start = seeds[random_below(sizeof seeds / sizeof *seeds)];
    text->length = strlen(start);
    memcpy(text->bytes, start, text->length + 1);
    for (uint32_t i = random_below(4) == 0 ? random_below(20) : random_below(3); i > 0; i--)
        mutate(text);
    const char *const overrides[] = {campaign.override};
    (void)snprintf(campaign.override, sizeof campaign.override, "%s%s%s%s", paths[random_below(sizeof paths / sizeof *paths)], random_below(20) == 0 ? "" : "=",
                   words[random_below(sizeof words / sizeof *words)], words[random_below(sizeof words / sizeof *words)]);
    const struct scenario *scenario = table_read(arena, text->bytes, overrides, random_below(4) == 0);
    assert_sound(arena, scenario);
    return scenario->errors == 0;
}

static void any_text_gives_mistakes_or_a_whole_tree(void **state)
{
    (void)state;
    uint64_t rounds = setting("NINES_FUZZ_ROUNDS", 6000), accepted = 0;
    struct arena arena;
    arena_open(&arena, 0);
    campaign.seed = setting("NINES_FUZZ_SEED", 1);
    campaign.running = true;
    for (campaign.round = 0; campaign.round < rounds; campaign.round++) {
        struct arena_mark mark = arena_mark(&arena);
        accepted += fuzz_round(&arena, campaign.seed, campaign.round);
        arena_rewind(&arena, mark);
    }
    campaign.running = false;
    arena_close(&arena);
    /* Neither side may go untested. */
    assert_true(accepted * 20 > rounds);
    assert_true(accepted * 20 < rounds * 19);
}

static int last_words(void **state)
{
    (void)state;
    if (campaign.running)
        print_error("NINES_FUZZ_SEED=%llu round %llu, override '%s', text:\n%s\n", (unsigned long long)campaign.seed,
                    (unsigned long long)campaign.round, campaign.override, campaign.text.bytes);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(any_text_gives_mistakes_or_a_whole_tree, last_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
