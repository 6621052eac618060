#include "sim/scenario/scenario_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What each type is called and how it is written. */
static const struct {
    const char *phrase, *example;
} type_words[] = {
    [KEY_TEXT] = {"a text", "\"some words\""},
    [KEY_NAME] = {"a name", "\"akash-1\""},
    [KEY_CHOICE] = {"a choice", "\"none\""},
    [KEY_BOOL] = {"true or false", "true"},
    [KEY_INTEGER] = {"a whole number", "12"},
    [KEY_NUMBER] = {"a number", "0.5"},
    [KEY_SHARE] = {"a share", "\"99.9 %\""},
    [KEY_DURATION] = {"a duration", "\"14 d\""},
    [KEY_UTC] = {"a time", "\"2024-07-18T21:40Z\""},
    [KEY_BYTES] = {"a size", "\"80 GiB\""},
    [KEY_MONEY] = {"an amount of money", "\"25 USD\""},
    [KEY_MONEY_RATE] = {"a price", "\"1.10 USD/h\""},
    [KEY_RATE] = {"a rate", "\"2 /y\""},
    [KEY_LAW] = {"a law", "\"exponential(10 h)\""},
    [KEY_GROUP] = {"a group { ... }", "{ }"},
    [KEY_LIST] = {"a list of groups ( { ... }, { ... } )", "( )"},
    [KEY_FILE] = {"the name of a text file", "\"part.yaml\""},
    [KEY_TEXTS] = {"a list of texts ( \"...\", \"...\" )", "( )"},
    [KEY_ANY] = {"a single value", "\"some words\""},
};

const char *key_phrase(const struct key *key)
{
    bool beyond = key->type == KEY_SHARE && (key->low < 0 || key->high > 1);
    return beyond ? "a number or a percentage" : type_words[key->type].phrase;
}

/* --- Ranges --- */

struct range {
    double low, high; /* infinite where there is no end */
    bool above;       /* low itself is excluded */
};

static bool type_is_unsigned(enum key_type type)
{
    return type == KEY_DURATION || type == KEY_BYTES || type == KEY_MONEY || type == KEY_MONEY_RATE || type == KEY_RATE;
}

static bool type_has_range(enum key_type type)
{
    return type == KEY_INTEGER || type == KEY_NUMBER || type == KEY_SHARE || type_is_unsigned(type);
}

static struct range range_of(const struct key *key)
{
    if (key->low == 0 && key->high == 0) {
        bool from_0 = key->type == KEY_SHARE || type_is_unsigned(key->type) || key->above_low;
        return (struct range){from_0 ? 0 : -INFINITY, key->type == KEY_SHARE ? 1 : INFINITY, key->above_low};
    }
    bool open = key->high == 0 && key->low > 0;
    return (struct range){key->low, open ? INFINITY : key->high, key->above_low};
}

struct unit_name {
    const char *name;
    double factor;
};

/* bound in the largest unit that leaves a whole number. */
static const char *unit_text(struct arena *arena, double bound, const struct unit_name *units, size_t count,
                             const char *smallest)
{
    for (size_t i = 0; i < count; i++)
        if (bound != 0 && fmod(bound, units[i].factor) == 0)
            return arena_format(arena, "%.10g %s", bound / units[i].factor, units[i].name);
    return arena_format(arena, "%.10g %s", bound, smallest);
}

/* An end of a range in the unit that people would write. */
static const char *bound_text(struct arena *arena, enum key_type type, double bound)
{
    static const struct unit_name times[] = {{"y", 31557600}, {"d", 86400}, {"h", 3600}, {"min", 60}};
    static const struct unit_name sizes[] = {
        {"TiB", 1099511627776.0}, {"GiB", 1073741824}, {"PB", 1e15}, {"TB", 1e12},
        {"MiB", 1048576},         {"GB", 1e9},         {"MB", 1e6},  {"KiB", 1024}};
    switch (type) {
    case KEY_DURATION:
        return unit_text(arena, bound, times, sizeof times / sizeof *times, "s");
    case KEY_INTEGER:
        return bound >= 9.2e18 ? "9223372036854775807" : arena_format(arena, "%.0f", bound);
    case KEY_BYTES:
        return unit_text(arena, bound, sizes, sizeof sizes / sizeof *sizes, "B");
    case KEY_MONEY:
        return arena_format(arena, "%.10g USD", bound);
    case KEY_MONEY_RATE:
        return arena_format(arena, "%.10g USD/h", bound);
    case KEY_RATE:
        return arena_format(arena, "%.10g /s", bound);
    default:
        return arena_format(arena, "%.10g", bound);
    }
}

const char *key_range(struct arena *arena, const struct key *key)
{
    if (!type_has_range(key->type))
        return "";
    struct range range = range_of(key);
    const char *low = "", *high = "";
    if (range.low > -1e300)
        low = arena_format(arena, "%s %s", range.above ? "above" : "at least", bound_text(arena, key->type, range.low));
    if (range.high < 1e300)
        high = arena_format(arena, "at most %s", bound_text(arena, key->type, range.high));
    return arena_format(arena, "%s%s%s", low, low[0] != '\0' && high[0] != '\0' ? ", " : "", high);
}

double leaf_base_units(const struct key *key, const struct value *value)
{
    switch (key->type) {
    case KEY_INTEGER:
    case KEY_BYTES:
        return (double)value->is.integer;
    case KEY_DURATION:
        return duration_seconds(value->is.duration);
    case KEY_MONEY:
    case KEY_MONEY_RATE:
        return (double)value->is.money.micro / 1e6;
    default:
        return value->is.number;
    }
}

/* --- Texts --- */

const char *text_control(const char *text)
{
    for (const char *p = text; *p != '\0';) {
        uint32_t code;
        size_t length = utf8_character(p, strlen(p) < 4 ? strlen(p) : 4, &code);
        if (length == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0))
            return p;
        p += length;
    }
    return NULL;
}

const char *text_clipped(struct arena *arena, const char *text)
{
    enum { MOST = 60 };
    if (strlen(text) <= MOST)
        return text;
    int bytes = MOST;
    while (bytes > 0 && ((unsigned char)text[bytes] & 0xc0) == 0x80)
        bytes--;
    return arena_format(arena, "%.*s...", bytes, text);
}

/* Why text is not a name, or NULL. */
static const char *name_fault(const char *text)
{
    size_t length = strlen(text);
    if (length == 0)
        return "it is empty";
    if (length > 64)
        return "it is longer than 64 characters";
    for (const char *p = text; *p != '\0'; p++) {
        bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');
        if (!letter && strchr(" ._-+/()", *p) == NULL)
            return "it may hold letters, digits, blanks and . _ - + / ( )";
    }
    return text[0] == ' ' || text[length - 1] == ' ' ? "it begins or ends with a blank" : NULL;
}

/* --- Reading --- */

static bool complain(struct complaint *complaint, const char *message, const char *hint)
{
    complaint->message = message;
    complaint->hint = hint;
    return false;
}

static bool complain_type(struct arena *arena, struct complaint *complaint, const struct key *key, const char *text,
                          const char *why)
{
    /* "'2.5' is not a whole number: it is not a whole number" says it once too often. */
    bool said = strstr(why, key_phrase(key)) != NULL && key->type == KEY_INTEGER;
    return complain(complaint,
                    arena_format(arena, "'%s' is not %s%s%s", text_clipped(arena, text), key_phrase(key),
                                 said ? "" : ": ", said ? "" : why),
                    arena_format(arena, "'%s' is written like %s", key->name, key_example(arena, key)));
}

/* A bare number where a unit is needed is the commonest slip, and worth a message of its own. */
static bool lacks_unit(const struct key *key, const char *text)
{
    double number;
    const char *why;
    bool wants_unit = type_is_unsigned(key->type) || key->type == KEY_LAW;
    return wants_unit && units_number(text, &number, &why) && number != 0;
}

static bool complain_unit(struct arena *arena, struct complaint *complaint, const struct key *key, const char *text)
{
    static const char *const units[][2] = {[KEY_DURATION] = {"s", "us ms min h d w y"},
                                           [KEY_LAW] = {"s", "us ms min h d w y"},
                                           [KEY_BYTES] = {"GiB", "B kB MB GB TB PB KiB MiB TiB PiB"},
                                           [KEY_MONEY] = {"USD", "kUSD MUSD"},
                                           [KEY_MONEY_RATE] = {"USD/h", "USD/d USD/month USD/y"},
                                           [KEY_RATE] = {"/y", "/s /min /h /d /w"}};
    return complain(
        complaint,
        arena_format(arena, "'%s' has no unit: '%s' is %s", text_clipped(arena, text), key->name, key_phrase(key)),
        arena_format(arena, "write \"%s %s\", or with another unit: %s", text_clipped(arena, text), units[key->type][0],
                     units[key->type][1]));
}

const char *choices_joined(struct arena *arena, const char *choices, const char *between)
{
    size_t length = strcspn(choices, "|");
    const char *joined = arena_format(arena, "%.*s", (int)length, choices);
    for (choices += length; *choices != '\0'; choices += length) {
        length = strcspn(++choices, "|");
        joined = arena_format(arena, "%s%s%.*s", joined, between, (int)length, choices);
    }
    return joined;
}

const char *choices_nearest(struct arena *arena, const char *text, const char *choices)
{
    enum { MOST = 64 };
    const char *names[MOST];
    size_t count = 0;
    char *rest = arena_text(arena, choices);
    for (char *name; count < MOST && (name = strtok_r(rest, "|", &rest)) != NULL;)
        names[count++] = name;
    return scenario_nearest(text, names, count);
}

static bool complain_choice(struct arena *arena, struct complaint *complaint, const struct key *key, const char *text)
{
    const char *all = choices_joined(arena, key->choices, ", "), *nearest = choices_nearest(arena, text, key->choices);
    return complain(complaint,
                    arena_format(arena, "'%s' is not a choice of '%s'", text_clipped(arena, text), key->name),
                    nearest != NULL ? arena_format(arena, "did you mean '%s'? choices: %s", nearest, all)
                                    : arena_format(arena, "choices: %s", all));
}

static bool read_choice(const struct key *key, const char *text, struct value *value)
{
    const char *choice = key->choices;
    for (int i = 0;; i++) {
        size_t length = strcspn(choice, "|");
        if (strlen(text) == length && memcmp(text, choice, length) == 0) {
            value->is.choice = i;
            return true;
        }
        if (choice[length] == '\0')
            return false;
        choice += length + 1;
    }
}

static bool read_integer(const char *text, int64_t *out, const char **why)
{
    if (text[0] != '0' || (text[1] != 'x' && text[1] != 'X'))
        return units_integer(text, out, why);
    size_t digits = strspn(text + 2, "0123456789abcdefABCDEF");
    *why = "it does not fit in 64 bits";
    if (digits == 0 || text[2 + digits] != '\0')
        *why = "it is not a hexadecimal number";
    else if (digits <= 15) {
        *out = strtoll(text, NULL, 16);
        return true;
    }
    return false;
}

/* Reads everything but ranges, laws and choices. */
static bool read_plain(const struct key *key, const char *text, struct value *value, const char **why)
{
    switch (key->type) {
    case KEY_BOOL:
        value->is.boolean = strcasecmp(text, "true") == 0;
        *why = "write true or false";
        return value->is.boolean || strcasecmp(text, "false") == 0;
    case KEY_NAME:
        /* Where the default is no name at all, no name may also be written. */
        *why = text[0] == '\0' && key->standard != NULL && key->standard[0] == '\0' ? NULL : name_fault(text);
        return *why == NULL;
    case KEY_INTEGER:
        return read_integer(text, &value->is.integer, why);
    case KEY_NUMBER:
        return units_number(text, &value->is.number, why);
    case KEY_SHARE:
        return units_share(text, &value->is.number, why);
    case KEY_DURATION:
        return units_duration(text, &value->is.duration, why);
    case KEY_UTC:
        return units_utc(text, &value->is.unix_s, why);
    case KEY_BYTES:
        return units_bytes(text, &value->is.integer, why);
    case KEY_MONEY:
        return units_money(text, &value->is.money, why);
    case KEY_MONEY_RATE:
        return units_money_rate(text, &value->is.money, why);
    case KEY_RATE:
        return units_rate(text, &value->is.number, why);
    default:
        return true; /* TEXT, ANY */
    }
}

static bool in_range(struct arena *arena, const struct key *key, const char *text, const struct value *value,
                     struct complaint *complaint)
{
    if (!type_has_range(key->type))
        return true;
    struct range range = range_of(key);
    double number = leaf_base_units(key, value);
    bool low = range.above ? number > range.low : number >= range.low;
    if (low && number <= range.high)
        return true;
    const char *words = low ? "at most" : range.above ? "above" : "at least";
    bool percent = key->type == KEY_SHARE && number >= 2 && number >= 100 * range.low && number <= 100 * range.high && strchr(text, '%') == NULL;
    return complain(complaint,
                    arena_format(arena, "'%s' must be %s %s, not '%s'", key->name, words,
                                 bound_text(arena, key->type, low ? range.high : range.low), text_clipped(arena, text)),
                    percent ? arena_format(arena, "did you mean \"%.10g %%\"?", number) : NULL);
}

bool leaf_read(struct arena *arena, const struct key *key, const char *text, struct value *value,
               struct complaint *complaint)
{
    *complaint = (struct complaint){0};
    value->text = text;
    const char *why = NULL;
    const char *control = text_control(text);
    if (control != NULL) {
        complaint->offset = 0;
        return complain(complaint,
                        arena_format(arena, "'%s' must not hold control characters such as '\\x%02x'", key->name,
                                     (unsigned)(unsigned char)*control),
                        "write it as one line of plain text");
    }
    if (key->type == KEY_CHOICE)
        return read_choice(key, text, value) || complain_choice(arena, complaint, key, text);
    if (lacks_unit(key, text))
        return complain_unit(arena, complaint, key, text);
    if (key->type == KEY_LAW) {
        char reason[256] = "";
        if (law_parse(text, &value->is.law, reason, sizeof reason, &complaint->offset))
            return true;
        return complain_type(arena, complaint, key, text, arena_text(arena, reason));
    }
    if (!read_plain(key, text, value, &why))
        return complain_type(arena, complaint, key, text, why);
    return in_range(arena, key, text, value, complaint);
}

/* --- Examples --- */

/* A number inside the range that looks like what people write. */
static double example_number(const struct key *key)
{
    struct range range = range_of(key);
    double usual = key->type == KEY_INTEGER ? 12 : key->type == KEY_SHARE ? 0.999 : 0.5;
    if (usual >= range.low && usual <= range.high && (!range.above || usual > range.low))
        return usual;
    return range.above || !isfinite(range.low) ? range.high : range.low;
}

const char *key_example(struct arena *arena, const struct key *key)
{
    const char *standard = key->standard;
    if (key->type == KEY_CHOICE)
        return arena_format(arena, "\"%.*s\"", (int)strcspn(key->choices, "|"), key->choices);
    if (key->type == KEY_INTEGER || key->type == KEY_NUMBER)
        return arena_format(arena, "%.10g", example_number(key));
    if (key->type == KEY_SHARE)
        return arena_format(arena, "\"%.10g %%\"", 100 * example_number(key));
    const char *example = type_words[key->type].example;
    if (!type_is_unsigned(key->type))
        return example;
    /* "14 d" and the like, unless the key's range is elsewhere. */
    struct value value;
    struct complaint complaint;
    size_t length = strlen(example);
    char *bare = arena_format(arena, "%.*s", (int)length - 2, example + 1);
    if (leaf_read(arena, &(struct key){.name = key->name, .type = key->type}, bare, &value, &complaint)) {
        struct range range = range_of(key);
        double number = leaf_base_units(key, &value);
        if (number > range.low && number <= range.high)
            return example;
    }
    if (standard != NULL && standard[0] != '\0')
        return arena_format(arena, "\"%s\"", standard);
    return arena_format(
        arena, "\"%s\"",
        bound_text(arena, key->type, isfinite(range_of(key).high) ? range_of(key).high : range_of(key).low));
}
