#include "sim/base/check.h"
#include "sim/scenario/scenario.h"

#include <string.h>

const struct value *value_of(const struct value *group, const char *name)
{
    for (size_t i = 0; i < group->children; i++)
        if (strcmp(group->child[i].key->name, name) == 0)
            return &group->child[i];
    check(false, "no key '%s' in '%s'", name, group->key != NULL ? group->key->name : "the top level");
    return NULL;
}

/* The value of a key that must be of one of two types. */
static const struct value *value_typed(const struct value *group, const char *name, enum key_type type,
                                       enum key_type other)
{
    const struct value *value = value_of(group, name);
    check(value->key->type == type || value->key->type == other, "key '%s' has another type: %d", name,
          (int)value->key->type);
    return value;
}

bool value_given(const struct value *group, const char *name)
{
    return value_of(group, name)->given;
}

const char *value_text(const struct value *group, const char *name)
{
    const struct value *value = value_of(group, name);
    check(value->text != NULL, "key '%s' is no leaf", name);
    return value->text;
}

bool value_bool(const struct value *group, const char *name)
{
    return value_typed(group, name, KEY_BOOL, KEY_BOOL)->is.boolean;
}

int64_t value_integer(const struct value *group, const char *name)
{
    return value_typed(group, name, KEY_INTEGER, KEY_BYTES)->is.integer;
}

double value_number(const struct value *group, const char *name)
{
    const struct value *value = value_of(group, name);
    enum key_type type = value->key->type;
    check(type == KEY_NUMBER || type == KEY_SHARE || type == KEY_RATE, "key '%s' is no number", name);
    return value->is.number;
}

duration value_duration(const struct value *group, const char *name)
{
    return value_typed(group, name, KEY_DURATION, KEY_DURATION)->is.duration;
}

int64_t value_utc(const struct value *group, const char *name)
{
    return value_typed(group, name, KEY_UTC, KEY_UTC)->is.unix_s;
}

money value_money(const struct value *group, const char *name)
{
    return value_typed(group, name, KEY_MONEY, KEY_MONEY_RATE)->is.money;
}

const struct law *value_law(const struct value *group, const char *name)
{
    return &value_typed(group, name, KEY_LAW, KEY_LAW)->is.law;
}

const struct scenario_file *value_file(const struct value *group, const char *name)
{
    return value_typed(group, name, KEY_FILE, KEY_FILE)->is.file;
}

int value_choice(const struct value *group, const char *name)
{
    return value_typed(group, name, KEY_CHOICE, KEY_CHOICE)->is.choice;
}

const struct value *value_named(const struct value *list, const char *text)
{
    for (size_t i = 0; i < list->children; i++) {
        const struct value *element = &list->child[i];
        for (size_t j = 0; j < element->children; j++)
            if (element->child[j].key->type == KEY_NAME && strcmp(element->child[j].text, text) == 0)
                return element;
    }
    return NULL;
}
