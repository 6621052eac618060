#include "sim/scenario/scenario_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct node *node_child(const struct node *group, const char *name)
{
    if (group == NULL || group->kind != NODE_GROUP)
        return NULL;
    for (struct node *child = group->first; child != NULL; child = child->next)
        if (strcmp(child->name, name) == 0)
            return child;
    return NULL;
}

static bool node_is_leaf(const struct node *node)
{
    return node->kind < NODE_GROUP;
}

const char *node_element_name(const struct node *element, const struct key *children)
{
    for (const struct key *key = children; key != NULL && key->name != NULL; key++) {
        const struct node *name = key->type == KEY_NAME ? node_child(element, key->name) : NULL;
        if (name != NULL && node_is_leaf(name) && name->text != NULL && name->text[0] != '\0')
            return name->text;
    }
    return NULL;
}

const char *node_path(struct arena *arena, const struct node *node)
{
    if (node == NULL || node->parent == NULL)
        return "";
    const char *outside = node_path(arena, node->parent);
    if (node->name != NULL)
        return arena_format(arena, "%s%s%s", outside, outside[0] != '\0' ? "." : "", node->name);
    return arena_format(arena, "%s[%d]", outside, node->index);
}

/* " in 'clouds[2]'", or nothing at the top level. */
static const char *in_group(struct arena *arena, const struct node *group)
{
    const char *path = node_path(arena, group);
    return path[0] != '\0' ? arena_format(arena, " in '%s'", path) : "";
}

/* --- Keys that exist beside others only --- */

static bool one_of(const char *text, const char *alternatives)
{
    size_t length = strlen(text);
    for (;; alternatives++) {
        size_t next = strcspn(alternatives, "|");
        if (next == length && memcmp(text, alternatives, length) == 0)
            return true;
        alternatives += next;
        if (*alternatives == '\0')
            return false;
    }
}

bool key_exists(const struct key *keys, const struct key *key, const struct node *group, bool *unsure)
{
    if (key->when == NULL)
        return true;
    size_t length = strcspn(key->when, "=");
    check(key->when[length] == '=', "key '%s' has when '%s'", key->name, key->when);
    for (const struct key *deciding = keys; deciding->name != NULL; deciding++) {
        if (strlen(deciding->name) != length || memcmp(deciding->name, key->when, length) != 0 ||
            !key_exists(keys, deciding, group, unsure))
            continue;
        const struct node *node = node_child(group, deciding->name);
        const char *text = node != NULL ? (node_is_leaf(node) ? node->text : NULL) : deciding->standard;
        if (text == NULL || (deciding->type == KEY_CHOICE && !one_of(text, deciding->choices))) {
            *unsure = true;
            return false;
        }
        return one_of(text, key->when + length + 1);
    }
    return false;
}

/* --- Mistakes with keys --- */

static const char *key_nearest(struct arena *arena, const char *word, const struct key *keys)
{
    size_t count = 0;
    for (const struct key *key = keys; key->name != NULL; key++)
        count++;
    const char **names = arena_array(arena, count, const char *);
    for (size_t i = 0; i < count; i++)
        names[i] = keys[i].name;
    return scenario_nearest(word, names, count);
}

/* Where a key of this name exists: adds to `homes`, as "at the top level or in 'fleet.sites[]'", and returns in how many tables. `path` is that of
 * `keys`; a name that is declared there for several kinds is in one table. */
static size_t find_homes(struct arena *arena, const char *word, const struct key *keys, const char *path, const char **homes)
{
    bool here = false;
    for (const struct key *key = keys; key->name != NULL; key++)
        here |= strcmp(key->name, word) == 0;
    if (here)
        *homes = arena_format(arena, path[0] != '\0' ? "%s%sin '%s'" : "%s%sat the top level", *homes, (*homes)[0] != '\0' ? " or " : "", path);
    size_t found = here;
    for (const struct key *key = keys; key->name != NULL; key++)
        if (key->children != NULL)
            found += find_homes(arena, word, key->children,
                                arena_format(arena, "%s%s%s%s", path, path[0] != '\0' ? "." : "", key->name, key->type == KEY_LIST ? "[]" : ""), homes);
    return found;
}

const char *hint_keys(struct arena *arena, const char *word, const struct key *keys, const struct key *all)
{
    enum { LISTED = 12, HOMES = 2 };
    const char *nearest = key_nearest(arena, word, keys), *list = "", *homes = "";
    if (nearest != NULL)
        return arena_format(arena, "did you mean '%s'? see scenarios/reference.cfg", nearest);
    size_t found = find_homes(arena, word, all, "", &homes);
    if (found > 0 && found <= HOMES)
        return arena_format(arena, "it belongs %s; see scenarios/reference.cfg", homes);
    for (int i = 0; keys[i].name != NULL; i++) {
        if (i == LISTED)
            return "see scenarios/reference.cfg";
        list = arena_format(arena, "%s%s%s", list, i > 0 ? ", " : "", keys[i].name);
    }
    return arena_format(arena, "keys here: %s; see scenarios/reference.cfg", list);
}

/* Reports node when no key of the table stands for it here. */
static void judge_key(struct scenario *scenario, const struct key *keys, const struct node *group,
                      const struct node *node)
{
    struct arena *arena = scenario->arena;
    const struct key *elsewhere = NULL;
    const char *text = ""; /* the choices it goes with: a key may be several, one for each kind */
    for (const struct key *key = keys; key->name != NULL; key++) {
        bool unsure = false;
        if (strcmp(key->name, node->name) != 0)
            continue;
        if (key_exists(keys, key, group, &unsure) || unsure)
            return;
        const char *choices = choices_joined(arena, key->when + strcspn(key->when, "=") + 1, " or ");
        text = text[0] != '\0' && choices[0] != '\0' ? arena_format(arena, "%s or %s", text, choices) : choices;
        elsewhere = key;
    }
    if (elsewhere != NULL) {
        size_t length = strcspn(elsewhere->when, "=");
        scenario_mistake(scenario, node->name_place,
                         text[0] != '\0' ? arena_format(arena, "it goes with %.*s = %s", (int)length, elsewhere->when, text)
                                         : arena_format(arena, "it goes without %.*s", (int)length, elsewhere->when),
                         "key '%s' means nothing here%s", node->name, in_group(arena, group));
        return;
    }
    if (group->parent == NULL && scenario_reader(scenario)->model_unknown)
        return;
    const char *hint = scenario_is_full(scenario) ? NULL : hint_keys(arena, node->name, keys, scenario->keys);
    scenario_mistake(scenario, node->name_place, hint, "unknown key '%s'%s", text_clipped(arena, node->name),
                     in_group(arena, group));
}

/* Whether some other key written in the group is near to this one: then that is reported, and this one is not missing.
 */
static bool key_is_misspelled(struct arena *arena, const struct key *keys, const struct key *key,
                              const struct node *group)
{
    for (const struct node *node = group != NULL ? group->first : NULL; node != NULL; node = node->next) {
        bool declared = false;
        for (const struct key *other = keys; other->name != NULL; other++)
            declared = declared || strcmp(other->name, node->name) == 0;
        const char *nearest = declared ? NULL : key_nearest(arena, node->name, keys);
        if (nearest != NULL && strcmp(nearest, key->name) == 0)
            return true;
    }
    return false;
}

static bool key_is_required(const struct key *key)
{
    return key_is_leaf(key) ? key->standard == NULL : key->required;
}

/* Reports the required keys that the group lacks, all at once. */
static void report_missing(struct scenario *scenario, const struct value *value, const struct key *keys,
                           const struct node *group)
{
    enum { SHOWN = 6 };
    struct arena *arena = scenario->arena;
    const char *names = "", *lines = "";
    int count = 0;
    bool full = scenario_is_full(scenario);
    for (size_t i = 0; i < value->children; i++) {
        const struct key *key = value->child[i].key;
        if (value->child[i].given || !key_is_required(key) || (!full && key_is_misspelled(arena, keys, key, group)))
            continue;
        const char *example = key_is_leaf(key)         ? key_example(arena, key)
                              : key->type == KEY_GROUP ? "{ ... }"
                              : key->type == KEY_LIST  ? "( { ... }, { ... } )"
                                                       : "( \"...\", \"...\" )";
        if (++count > SHOWN)
            continue;
        names = arena_format(arena, "%s%s'%s'", names, count > 1 ? ", " : "", key->name);
        lines = arena_format(arena, "%s %s = %s;", lines, key->name, example);
    }
    if (count == 0)
        return;
    const char *more = count > SHOWN ? arena_format(arena, " and %d more", count - SHOWN) : "";
    struct place place = value->place;
    if (group == NULL || group->parent == NULL)
        place.line = 0; /* the whole file: no line to point at */
    scenario_mistake(scenario, place, arena_format(arena, "add%s see scenarios/reference.cfg", lines),
                     "%s %s%s %s missing%s", count > 1 ? "keys" : "key", names, more, count > 1 ? "are" : "is",
                     in_group(arena, group));
}

/* --- Values --- */

static const char *kind_phrase(const struct node *node)
{
    switch (node->kind) {
    case NODE_STRING:
        return "a text";
    case NODE_NUMBER:
        return "a number";
    case NODE_BOOL:
        return "true or false";
    case NODE_WORD:
        return "a single value";
    case NODE_GROUP:
        return "a group { ... }";
    case NODE_LIST:
        return "a list ( ... )";
    default:
        return "an array [ ... ]";
    }
}

static void wrong_kind(struct scenario *scenario, const struct key *key, const struct node *node, const char *hint)
{
    scenario_mistake(scenario, node->place, hint, "'%s' must be %s, not %s", key->name, key_phrase(key),
                     kind_phrase(node));
}

/* Texts and names want quotes; true and false do not. */
static bool leaf_kind_fits(const struct key *key, const struct node *node)
{
    if (!node_is_leaf(node))
        return false;
    if (node->kind == NODE_WORD)
        return true;
    bool text = key->type == KEY_TEXT || key->type == KEY_NAME || key->type == KEY_CHOICE || key->type == KEY_UTC ||
                key->type == KEY_FILE;
    if (text)
        return node->kind == NODE_STRING;
    return key->type == KEY_BOOL || key->type == KEY_ANY || node->kind != NODE_BOOL;
}

static void check_leaf(struct scenario *scenario, struct value *value, const struct key *key, const struct node *node)
{
    struct complaint complaint;
    value->text = "";
    if (!leaf_kind_fits(key, node)) {
        const char *written = node_is_leaf(node) ? arena_format(scenario->arena, "\"%s\"", node->text)
                                                 : key_example(scenario->arena, key);
        wrong_kind(
            scenario, key, node,
            arena_format(scenario->arena, "write %s = %s;", key->name,
                         key->type == KEY_TEXT || key->type == KEY_NAME || key->type == KEY_FILE ? written : key_example(scenario->arena, key)));
        return;
    }
    const struct law *named = key->type == KEY_LAW && !law_is_in_list(node) ? scenario_law_named(scenario, node->text) : NULL;
    if (named != NULL) {
        value->text = node->text;
        value->is.law = *named;
        return;
    }
    if (leaf_read(scenario->arena, key, node->text, value, &complaint)) {
        if (key->type == KEY_FILE && node->text[0] != '\0')
            value->is.file = file_of(scenario, node->place, node->text);
        if (key->type == KEY_LAW)
            (void)law_attach(scenario, node->place, node->text, &value->is.law);
        return;
    }
    if (key->type == KEY_LAW && !law_is_in_list(node))
        law_hint(scenario, node->text, &complaint);
    struct place place = node->place;
    /* Inside a law the place is exact: behind the opening quote, if the text has no escapes before it. */
    if (complaint.offset > 0 && complaint.offset < strlen(node->text))
        place.column += (int)complaint.offset + (node->kind == NODE_STRING);
    scenario_mistake(scenario, place, complaint.hint, "%s", complaint.message);
}

static void default_leaf(struct value *value, const struct key *key, struct arena *arena)
{
    struct complaint complaint;
    value->text = "";
    if (key_is_optional_leaf(key)) {
        if (key->type == KEY_NUMBER || key->type == KEY_SHARE || key->type == KEY_RATE)
            value->is.number = NAN;
        return;
    }
    bool good = leaf_read(arena, key, key->standard, value, &complaint);
    check(good, "the default of key '%s': %s", key->name, complaint.message);
}

static int compare_names(const void *a, const void *b)
{
    const struct value *x = *(const struct value *const *)a, *y = *(const struct value *const *)b;
    int order = strcmp(x->text, y->text);
    return order != 0 ? order : (x > y) - (x < y);
}

/* No two elements may share the value of a key that is unique. Elements lie in one array, so their order in memory is
 * their order in the text. */
static void check_unique(struct scenario *scenario, const struct value *list)
{
    for (const struct key *key = list->key->children; key->name != NULL; key++) {
        if (!key->unique || list->children < 2)
            continue;
        const struct value **names = arena_array(scenario->arena, list->children, const struct value *);
        size_t count = 0;
        for (size_t i = 0; i < list->children; i++)
            for (size_t j = 0; j < list->child[i].children; j++) {
                const struct value *name = &list->child[i].child[j];
                if (name->given && strcmp(name->key->name, key->name) == 0 && name->text[0] != '\0')
                    names[count++] = name;
            }
        qsort(names, count, sizeof *names, compare_names);
        for (size_t i = 1; i < count; i++)
            if (strcmp(names[i - 1]->text, names[i]->text) == 0)
                scenario_mistake(scenario, names[i]->place,
                                 arena_format(scenario->arena, "it stands at %s:%d:%d too", names[i - 1]->place.file,
                                              names[i - 1]->place.line, names[i - 1]->place.column),
                                 "two elements of '%s' have the %s '%s'", list->key->name, key->name, names[i]->text);
    }
}

static void check_elements(struct scenario *scenario, struct value *value, const struct key *key,
                           const struct node *list)
{
    value->children = (size_t)list->children;
    value->child = arena_array(scenario->arena, value->children, struct value);
    struct value *element = value->child;
    for (const struct node *node = list->first; node != NULL; node = node->next, element++) {
        element->key = key;
        element->place = node->place;
        element->given = true;
        if (key->type == KEY_LIST && node->kind == NODE_GROUP) {
            check_group(scenario, element, key->children, node);
        } else if (key->type == KEY_TEXTS && node->kind == NODE_STRING) {
            struct complaint complaint;
            element->text = node->text;
            if (text_control(node->text) != NULL && !leaf_read(scenario->arena, key, node->text, element, &complaint))
                scenario_mistake(scenario, node->place, complaint.hint, "%s", complaint.message);
        } else {
            const char *hint = key->type == KEY_TEXTS && (node->kind == NODE_NUMBER || node->kind == NODE_BOOL) ? "write it in quotes" : NULL;
            scenario_mistake(scenario, node->place, hint, "'%s' must be %s, not %s", node_path(scenario->arena, node),
                             key->type == KEY_LIST ? "a group { ... }" : "a text", kind_phrase(node));
        }
    }
    if (key->type == KEY_LIST)
        check_unique(scenario, value);
}

static void check_list(struct scenario *scenario, struct value *value, const struct key *key, const struct node *node)
{
    bool array = node->kind == NODE_ARRAY && (key->type == KEY_TEXTS || node->children == 0);
    if (node->kind != NODE_LIST && !array) {
        const char *hint =
            key->type == KEY_LIST && node->kind == NODE_GROUP ? "put the group into a list: ( { ... } )" : NULL;
        if (key->type == KEY_TEXTS && node_is_leaf(node))
            hint = arena_format(scenario->arena, "write %s = ( \"%s\" );", key->name,
                                text_clipped(scenario->arena, node->text));
        wrong_kind(scenario, key, node, hint);
        return;
    }
    if ((key->required || key->filled) && node->children == 0)
        scenario_mistake(scenario, node->place, key->required ? NULL : "name something, or leave the key out", "'%s' must not be empty",
                         key->name);
    check_elements(scenario, value, key, node);
}

/* Fills in what the text does not say; what is required is reported by the group. */
static void check_absent(struct scenario *scenario, struct value *value, const struct key *key)
{
    if (key_is_required(key))
        value->text = key_is_leaf(key) ? "" : NULL;
    else if (key_is_leaf(key))
        default_leaf(value, key, scenario->arena);
    else if (key->type == KEY_GROUP && key->standard != NULL)
        check_group(scenario, value, key->children, NULL);
    else
        check(key->standard == NULL, "key '%s': a list has no default", key->name);
}

static void check_value(struct scenario *scenario, struct value *value, const struct key *key, const struct node *group)
{
    const struct node *node = node_child(group, key->name);
    value->key = key;
    if (node == NULL) {
        check_absent(scenario, value, key);
        return;
    }
    value->given = true;
    value->place = node->place;
    if (key_is_leaf(key))
        check_leaf(scenario, value, key, node);
    else if (key->type != KEY_GROUP)
        check_list(scenario, value, key, node);
    else if (node->kind == NODE_GROUP)
        check_group(scenario, value, key->children, node);
    else
        wrong_kind(scenario, key, node, node->kind == NODE_LIST ? "write it with { } instead of ( )" : NULL);
}

void check_group(struct scenario *scenario, struct value *value, const struct key *keys, const struct node *node)
{
    size_t count = 0;
    bool unsure = false;
    for (const struct key *key = keys; key->name != NULL; key++)
        count += key_exists(keys, key, node, &unsure);
    value->child = arena_array(scenario->arena, count, struct value);
    for (const struct key *key = keys; key->name != NULL; key++) {
        if (!key_exists(keys, key, node, &unsure))
            continue;
        struct value *child = &value->child[value->children++];
        child->place = value->place;
        check_value(scenario, child, key, node);
    }
    report_missing(scenario, value, keys, node);
    if (node == NULL)
        return;
    for (const struct node *child = node->first; child != NULL; child = child->next)
        judge_key(scenario, keys, node, child);
}
