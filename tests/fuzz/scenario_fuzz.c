/* Throws mutated scenarios and overrides at the reader. Whatever comes in, it says what is wrong or gives a whole tree of values;
 * what it prints never holds a control character, but for the tabs of a file that it holds; and what it accepts libconfig accepts with
 * the same meaning.
 *
 * A text may end with a line "%%" and an override on the rest: horizon=2 d. */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/scenario_table.h"

static const char *const words[] = {
    "{", "}", "(", ")", "[", "]", ";", ",", "=", ":", "\"", "\\", "#", "//", "/*", "*/", "\n", " ", "\t", "\r\n", "@include \"x\"\n", "\\x00",
    "\\x1b", "nan", "inf", "true", "FALSE", "0x", "0xFFL", "1e400", "9223372036854775808", "-", "+", ".", "1.", ".5", "1e5", "L", "LL", "%s%n",
    "\x1b[31m", "\xff", "\xc3\xa9", "\xe2\x80\xae", "\xef\xbb\xbf", "horizon", "clouds", "name = \"a\";", "kind = \"ionet\";", "\"1 d\"",
    "\"-1 d\"", "99999999999999999999999999", "\"weibull(\"", "model = \"clouds\";", "%%\n", "label", "()", "[]", "{}", "seed = 1;", "\001", "\x7f"};

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
        if (*p != '\n' && ((unsigned char)*p < 0x20 || *p == 0x7f))
            fail_msg("byte 0x%02x behind \"%.*s\"", (unsigned)(unsigned char)*p, p - text < 60 ? (int)(p - text) : 60,
                     p - text < 60 ? text : p - 60);
}

/* The lines of a file that the scenario holds are that file, byte for byte: there a tab is no mistake. It must come back as it was, so
 * only the bytes behind the margin "#|" may be one; they are blanks here, for the judgement alone. */
static void assert_printable_but_for_files(struct arena *arena, const char *config)
{
    char *text = arena_text(arena, config);
    for (char *line = text, *end; *line != '\0'; line = end) {
        end = line + strcspn(line, "\n");
        for (char *p = line; strncmp(line, "#|", 2) == 0 && p < end; p++)
            *p = *p == '\t' ? ' ' : *p;
        end += *end == '\n';
    }
    assert_printable(text);
}

/* libconfig's own complaint is a sign that our scanner took what it does not. The lines shown are the text's: indented. */
static void assert_own_words(const char *errors)
{
    static const char mark[] = ": error: ", alien[] = "libconfig";
    for (const char *line = errors; line != NULL && *line != '\0'; line = strchr(line, '\n'), line += line != NULL) {
        const char *message = *line != ' ' ? strstr(line, mark) : NULL;
        assert_false(message != NULL && strncmp(message + sizeof mark - 1, alien, sizeof alien - 1) == 0);
    }
}

static void assert_sound(struct arena *arena, const struct scenario *scenario)
{
    if (scenario->errors > 0) {
        const char *errors = table_errors(scenario);
        assert_non_null(strstr(errors, ": error: "));
        assert_own_words(errors);
        assert_printable(errors);
        return;
    }
    assert_whole(&scenario->root);
    const char *config = table_config(scenario);
    const struct scenario *again = table_read(arena, config, NULL, 0);
    assert_int_equal(again->errors, 0);
    assert_true(same_values(&scenario->root, &again->root));
    assert_printable_but_for_files(arena, config);
}

enum { REFUSED, ACCEPTED };

static unsigned judge(struct arena *arena, const struct fuzz_text *text)
{
    char *scenario_text = arena_text(arena, text->bytes);
    char *cut = strstr(scenario_text, "%%\n");
    const char *override = cut != NULL ? cut + 3 : "";
    if (cut != NULL)
        *cut = '\0';
    const struct scenario *scenario = table_read(arena, scenario_text, &override, cut != NULL);
    assert_sound(arena, scenario);
    return scenario->errors == 0 ? ACCEPTED : REFUSED;
}

static const struct fuzz_target target = {.name = "scenario",
                                          .claim = "any_text_gives_mistakes_or_a_whole_tree",
                                          .words = words,
                                          .n_words = sizeof words / sizeof *words,
                                          .rounds = 6000,
                                          .wild = 19,
                                          .judge = judge,
                                          .least = {[REFUSED] = 20, [ACCEPTED] = 20}};
FUZZ_ENTRY(target)
