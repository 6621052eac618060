#include "sim/scenario/scenario_internal.h"

#include <math.h>
#include <string.h>

/* --- Paths, as in scenario_set.c, but through values: what was written and the defaults --- */

/* What a list's element is called, or NULL. */
static const char *element_name(const struct value *element)
{
    for (size_t i = 0; i < element->children; i++) {
        const struct value *child = &element->child[i];
        if (child->key->type == KEY_NAME && child->text != NULL && child->text[0] != '\0')
            return child->text;
    }
    return NULL;
}

/* The element that *at names behind the '.', moving *at behind it: the longest name that fits, because names hold dots; for `word*` the
 * nth of those whose names begin so. */
static const struct value *element_named(const struct value *list, size_t nth, const char **at)
{
    const struct value *found = NULL, *alike = NULL;
    size_t longest = 0, word = strcspn(*at + 1, "."), star = strcspn(*at + 1, "*");
    bool starred = star + 1 == word;
    for (size_t i = 0; i < list->children; i++) {
        const char *name = element_name(&list->child[i]);
        size_t length = name != NULL ? strlen(name) : 0;
        bool fits = length > longest && strncmp(*at + 1, name, length) == 0;
        if (fits && ((*at)[1 + length] == '\0' || (*at)[1 + length] == '.')) {
            found = &list->child[i];
            longest = length;
        }
        if (starred && name != NULL && strncmp(*at + 1, name, star) == 0 && nth-- == 0)
            alike = &list->child[i];
    }
    *at += 1 + (found != NULL ? longest : word);
    return found != NULL ? found : alike;
}

static const struct value *element_numbered(const struct value *list, const char **at)
{
    size_t index = 0;
    const char *p = *at + 1;
    for (; *p >= '0' && *p <= '9' && index < list->children; p++)
        index = 10 * index + (size_t)(*p - '0');
    if (p == *at + 1 || *p != ']' || index >= list->children)
        return NULL;
    *at = p + 1;
    return &list->child[index];
}

static const struct value *child_named(const struct value *group, const char **at)
{
    size_t length = strcspn(*at, ".[");
    for (size_t i = 0; i < group->children; i++) {
        const char *name = group->child[i].key->name;
        if (strlen(name) == length && memcmp(name, *at, length) == 0) {
            *at += length;
            return &group->child[i];
        }
    }
    return NULL;
}

const struct value *scenario_find(const struct scenario *scenario, const char *path, size_t nth)
{
    const char *at = path, *star = strchr(path, '*');
    if (star == NULL ? nth > 0 : strchr(star + 1, '*') != NULL)
        return NULL;
    const struct value *value = child_named(&scenario->root, &at);
    bool in_list = value != NULL && value->key->type == KEY_LIST;
    while (value != NULL && *at != '\0') {
        if (in_list) {
            value = *at == '[' ? element_numbered(value, &at) : *at == '.' ? element_named(value, nth, &at) : NULL;
            in_list = false;
        } else if (*at == '.') {
            at++;
            value = child_named(value, &at);
            in_list = value != NULL && value->key->type == KEY_LIST;
        } else {
            value = NULL;
        }
    }
    return value != NULL && key_is_leaf(value->key) ? value : NULL;
}

/* --- Numbers --- */

bool key_is_quantity(const struct key *key)
{
    switch (key->type) {
    case KEY_INTEGER:
    case KEY_NUMBER:
    case KEY_SHARE:
    case KEY_DURATION:
    case KEY_BYTES:
    case KEY_MONEY:
    case KEY_MONEY_RATE:
    case KEY_RATE:
        return true;
    default:
        return false;
    }
}

double value_in_base_units(const struct value *quantity)
{
    check(key_is_quantity(quantity->key), "key '%s' is no quantity", quantity->key->name);
    return leaf_base_units(quantity->key, quantity);
}

bool key_accepts(struct arena *arena, const struct key *key, const char *text, double *number, const char **message,
                 const char **hint)
{
    struct value value = {.key = key};
    struct complaint complaint;
    bool fine = leaf_read(arena, key, text, &value, &complaint);
    *message = complaint.message;
    *hint = complaint.hint;
    *number = fine && key_is_quantity(key) ? leaf_base_units(key, &value) : (double)NAN;
    return fine;
}

/* In the unit that leaves at least one: "20 /h", not "0.00555555555556 /s". */
static const char *rate_text(struct arena *arena, double per_second)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"/s", 1}, {"/min", 60}, {"/h", 3600}, {"/d", 86400}, {"/y", 31557600}};
    size_t i = 0;
    while (i < sizeof units / sizeof *units - 1 && per_second * units[i].seconds < 1 - 1e-9)
        i++;
    return arena_format(arena, "%.12g %s", per_second * units[i].seconds, units[i].name);
}

const char *key_number_text(struct arena *arena, const struct key *key, double number)
{
    char buffer[UNITS_TEXT];
    switch (key->type) {
    case KEY_INTEGER:
        return arena_format(arena, "%.0f", round_half_even(number));
    case KEY_BYTES:
        return arena_format(arena, "%.0f B", round_half_even(number));
    case KEY_DURATION: /* a range may begin below 0 */
        return number < 0 ? arena_format(arena, "-%s", units_format_duration(buffer, duration_from_seconds(-number)))
                          : arena_text(arena, units_format_duration(buffer, duration_from_seconds(number)));
    case KEY_MONEY:
        return arena_format(arena, "%.6f USD", number);
    case KEY_MONEY_RATE:
        return arena_format(arena, "%.6f USD/h", number);
    case KEY_RATE:
        return rate_text(arena, number);
    default:
        return arena_format(arena, "%.12g", number);
    }
}
