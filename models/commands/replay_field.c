#include "models/commands/replay_field.h"

#include "sim/scenario/scenario.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* --- Places --- */

/* Offset of the end of the string whose opening quote is at `at`: that of its closing quote. */
static size_t string_end(const struct replay_line *line, size_t at)
{
    for (at++; at < line->bytes && line->text[at] != '"'; at++)
        at += line->text[at] == '\\';
    return at;
}

/* Offset of the key, or of its value, on the top level of the line; the line's beginning where there is none. */
static size_t find_key(const struct replay_line *line, const char *key, bool value)
{
    size_t length = strlen(key);
    int depth = 0;
    for (size_t at = 0; at < line->bytes; at++) {
        char c = line->text[at];
        if (c == '{' || c == '[')
            depth++;
        if (c == '}' || c == ']')
            depth--;
        if (c != '"')
            continue;
        size_t start = at, end = string_end(line, at), after = end + 1;
        at = end;
        while (after < line->bytes && strchr(" \t", line->text[after]) != NULL)
            after++;
        if (depth != 1 || after >= line->bytes || line->text[after] != ':' || end - start - 1 != length || memcmp(line->text + start + 1, key, length) != 0)
            continue;
        for (after++; after < line->bytes && strchr(" \t", line->text[after]) != NULL;)
            after++;
        return value ? after : start;
    }
    return strspn(line->text, " \t\r") < line->bytes ? strspn(line->text, " \t\r") : 0;
}

static void wrong(struct replay_line *line, const char *key, bool value, const char *hint, const char *format, va_list arguments)
{
    char message[512];
    if (mistakes_full(line->mistakes)) {
        line->mistakes->errors++;
        return;
    }
    vsnprintf(message, sizeof message, format, arguments);
    struct mark mark = mark_of(line->text, line->bytes, find_key(line, key, value));
    mark.line = line->number;
    mistake_add(line->mistakes, mark, "malformed", hint, "%s", message);
}

void field_wrong(struct replay_line *line, const char *key, const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    wrong(line, key, true, hint, format, arguments);
    va_end(arguments);
}

void field_wrong_key(struct replay_line *line, const char *key, const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    wrong(line, key, false, hint, format, arguments);
    va_end(arguments);
}

/* --- Values --- */

/* The top-level key that a path begins with: "groups" of "groups[2].price". */
static const char *top(struct replay_line *line, const char *path)
{
    return arena_format(line->arena, "%.*s", (int)strcspn(path, ".["), path);
}

/* object[key], or NULL for absent and null. */
static json_t *get(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

int64_t field_integer(struct replay_line *line, const json_t *object, const char *key, const char *path, int64_t low, int64_t high, int64_t otherwise)
{
    const json_t *value = get(object, key);
    if (value == NULL)
        return otherwise;
    if (json_is_integer(value) && json_integer_value(value) >= low && json_integer_value(value) <= high)
        return json_integer_value(value);
    field_wrong(line, top(line, path), NULL, "'%s' must be a whole number from %" PRId64 " to %" PRId64, path, low, high);
    return otherwise;
}

const char *field_text(struct replay_line *line, const json_t *object, const char *key, const char *path)
{
    const json_t *value = get(object, key);
    if (value == NULL)
        return NULL;
    if (json_is_string(value))
        return arena_text(line->arena, json_string_value(value));
    field_wrong(line, top(line, path), NULL, "'%s' must be text", path);
    return NULL;
}

bool field_truth(struct replay_line *line, const json_t *object, const char *key, const char *path, bool otherwise)
{
    const json_t *value = get(object, key);
    if (value == NULL)
        return otherwise;
    if (json_is_boolean(value))
        return json_is_true(value);
    field_wrong(line, top(line, path), NULL, "'%s' must be true or false", path);
    return otherwise;
}

json_t *field_object(struct replay_line *line, const json_t *object, const char *key, const char *path)
{
    json_t *value = get(object, key);
    if (value == NULL || json_is_object(value))
        return value;
    field_wrong(line, top(line, path), NULL, "'%s' must be an object", path);
    return NULL;
}

json_t *field_array(struct replay_line *line, const json_t *object, const char *key, const char *path)
{
    json_t *value = get(object, key);
    if (value == NULL || json_is_array(value))
        return value;
    field_wrong(line, top(line, path), NULL, "'%s' must be a list", path);
    return NULL;
}

/* Cuts "1.5uakt" into number and denom. False after a mistake. */
static bool coin_cut(struct replay_line *line, const char *path, const char *text, decimal *number, enum market_denom *denom)
{
    char digits[DECIMAL_TEXT];
    size_t length = strspn(text, "-0123456789.");
    if (length == 0 || length >= sizeof digits)
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    if (!decimal_parse(digits, number))
        return false;
    *denom = market_denom_from_name(text + length);
    if (*denom == MARKET_DENOM_NONE)
        field_wrong(line, top(line, path), "known are uakt, usdc and uact", "'%s' is in '%.60s', which is no denom", path, text + length);
    return true;
}

static bool coin(struct replay_line *line, const json_t *object, const char *key, const char *path, const char *hint, int64_t most, struct replay_coin *coin)
{
    const char *text = field_text(line, object, key, path);
    int errors = line->mistakes->errors;
    if (text == NULL)
        return false;
    if (!coin_cut(line, path, text, &coin->price, &coin->denom))
        field_wrong(line, top(line, path), hint, "'%s' is '%.60s', which is no sum of money", path, text);
    else if (line->mistakes->errors == errors && decimal_compare(coin->price, decimal_from_int(most)) > 0)
        field_wrong(line, top(line, path), NULL, "'%s' must be at most %" PRId64 ", not '%.60s'", path, most, text);
    else if (line->mistakes->errors == errors && decimal_compare(coin->price, decimal_from_int(-most)) < 0)
        field_wrong(line, top(line, path), NULL, "'%s' must be at least -%" PRId64 ", not '%.60s'", path, most, text);
    return line->mistakes->errors == errors;
}

bool field_amount(struct replay_line *line, const json_t *object, const char *key, const char *path, struct replay_coin *out)
{
    const char *hint = "whole micro-units with their denom, such as 500000uakt";
    if (!coin(line, object, key, path, hint, REPLAY_AMOUNT, out))
        return false;
    out->amount = decimal_truncate(out->price);
    if (decimal_compare(decimal_from_int(out->amount), out->price) == 0)
        return true;
    field_wrong(line, top(line, path), hint, "'%s' must be a whole number of micro-units", path);
    return false;
}

bool field_price(struct replay_line *line, const json_t *object, const char *key, const char *path, struct replay_coin *out)
{
    return coin(line, object, key, path, "a number with its denom, such as 1.5uakt, with at most 18 decimals", REPLAY_PRICE, out);
}

static int compare_attributes(const void *a, const void *b)
{
    return strcmp(((const struct attribute *)a)->key, ((const struct attribute *)b)->key);
}

struct attributes field_attributes(struct replay_line *line, const json_t *object, const char *key, const char *path)
{
    json_t *map = field_object(line, object, key, path), *value;
    size_t room = map != NULL ? json_object_size(map) : 0;
    struct attribute *items = arena_array(line->arena, room, struct attribute);
    const char *name;
    int32_t count = 0;
    if (map == NULL)
        return (struct attributes){0};
    json_object_foreach(map, name, value)
    {
        if (!json_is_string(value))
            field_wrong(line, top(line, path), "{\"region\": \"us-west\"}", "attribute '%.80s' in '%s' must be text", name, path);
        else
            items[count++] = (struct attribute){arena_text(line->arena, name), arena_text(line->arena, json_string_value(value))};
    }
    if (count > 1)
        qsort(items, (size_t)count, sizeof *items, compare_attributes);
    return (struct attributes){items, count};
}

const char *const *field_names(struct replay_line *line, const json_t *object, const char *key, const char *path, int32_t *count)
{
    json_t *list = field_array(line, object, key, path);
    size_t n = list != NULL ? json_array_size(list) : 0;
    const char **names = arena_array(line->arena, n, const char *);
    for (size_t i = 0; i < n; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (text == NULL)
            field_wrong(line, top(line, path), NULL, "'%s' must be a list of texts", path);
        names[i] = arena_text(line->arena, text != NULL ? text : "");
    }
    *count = (int32_t)n;
    return names;
}

int field_choice(struct replay_line *line, const json_t *object, const char *key, const char *path, const char *const *choices)
{
    const char *text = field_text(line, object, key, path), *all = "";
    if (text == NULL)
        return -1;
    for (int i = 0; choices[i] != NULL; i++) {
        if (strcmp(text, choices[i]) == 0)
            return i;
        all = arena_format(line->arena, "%s%s%s", all, i > 0 ? ", " : "", choices[i]);
    }
    field_wrong(line, top(line, path), arena_format(line->arena, "one of %s", all), "'%s' is '%.60s'", path, text);
    return -1;
}

void field_known(struct replay_line *line, const json_t *object, const char *path, const char *const *names)
{
    const char *key;
    json_t *value;
    size_t n = 0;
    while (names[n] != NULL)
        n++;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        size_t known = 0;
        while (known < n && strcmp(key, names[known]) != 0)
            known++;
        if (known < n || mistakes_full(line->mistakes))
            continue;
        const char *near = scenario_nearest(key, names, n);
        field_wrong(line, top(line, path), near != NULL ? arena_format(line->arena, "did you mean '%s'?", near) : NULL, "unknown key '%.80s' in '%s'", key, path);
    }
}
