#include "models/market/attributes.h"

#include "sim/base/arena.h"
#include "sim/base/check.h"

#include <string.h>

#include "sim/base/nomalloc.h"

/* Not <ctype.h>: a locale must not decide which orders match. */
static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static bool word(char c)
{
    return letter(c) || (c >= '0' && c <= '9') || c == '_';
}
static bool middle(char c)
{
    return word(c) || c == '/' || c == '.' || c == '-';
}

const char *attributes_error_name(enum attributes_error error)
{
    switch (error) {
    case ATTRIBUTES_OK:
        return "ok";
    case ATTRIBUTES_DUPLICATE_KEYS:
        return "ErrAttributesDuplicateKeys";
    case ATTRIBUTES_INVALID_KEY:
        return "ErrInvalidAttributeKey";
    }
    check_failed(__FILE__, __LINE__, "attributes_error", "unknown error %d", (int)error);
}

bool attribute_key_valid(const char *key, enum attributes_writer writer)
{
    const size_t length = strlen(key);
    if (length < 2 || length > 128 || !letter(key[0]))
        return false;
    for (size_t i = 1; i + 1 < length; i++)
        if (!middle(key[i]))
            return false;
    const char last = key[length - 1];
    /* The middle part needs at least one character of its own, so a wildcard cannot be the second one. */
    if (last == '*')
        return writer == ATTRIBUTES_OF_TENANT && length >= 3;
    return length == 128 ? word(last) : middle(last);
}

bool attribute_glob(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL; /* the last '*' met, and where the text it covers may end next */
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star && *resume != '/') {
            pattern = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

bool attribute_matches(const struct attribute *required, const struct attribute *provided)
{
    return strcmp(required->value, provided->value) == 0 && attribute_glob(required->key, provided->key);
}

static bool found(const struct attribute *required, struct attributes provided)
{
    for (int32_t i = 0; i < provided.count; i++)
        if (attribute_matches(required, &provided.items[i]))
            return true;
    return false;
}

bool attributes_subset(struct attributes required, struct attributes provided)
{
    for (int32_t i = 0; i < required.count; i++)
        if (!found(&required.items[i], provided))
            return false;
    return true;
}

bool attributes_any_of(struct attributes required, struct attributes provided)
{
    for (int32_t i = 0; i < required.count; i++)
        if (found(&required.items[i], provided))
            return true;
    return false;
}

enum attributes_error attributes_validate(struct attributes list, enum attributes_writer writer)
{
    for (int32_t i = 0; i < list.count; i++) {
        for (int32_t j = 0; j < i; j++)
            if (strcmp(list.items[i].key, list.items[j].key) == 0)
                return ATTRIBUTES_DUPLICATE_KEYS;
        if (!attribute_key_valid(list.items[i].key, writer))
            return ATTRIBUTES_INVALID_KEY;
    }
    return ATTRIBUTES_OK;
}

const char *attributes_find(struct attributes list, const char *key)
{
    for (int32_t i = 0; i < list.count; i++)
        if (strcmp(list.items[i].key, key) == 0)
            return list.items[i].value;
    return NULL;
}

struct attributes attributes_from_text(struct arena *arena, const char *text)
{
    if (text[0] == '\0' || strcmp(text, "-") == 0)
        return (struct attributes){0};
    char *copy = arena_text(arena, text);
    int32_t count = 1;
    for (const char *p = copy; *p; p++)
        count += *p == '|';
    struct attribute *items = arena_array(arena, (size_t)count, struct attribute);
    char *next = copy;
    for (int32_t i = 0; i < count; i++) {
        char *item = next, *end = strchr(item, '|');
        if (end) {
            *end = '\0';
            next = end + 1;
        }
        char *equals = strchr(item, '=');
        items[i].key = item;
        items[i].value = equals ? equals + 1 : item + strlen(item);
        if (equals)
            *equals = '\0';
    }
    return (struct attributes){items, count};
}
