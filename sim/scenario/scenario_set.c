#include "sim/scenario/scenario_internal.h"

#include <stdlib.h>
#include <string.h>

/* --set PATH=VALUE: a path leads through groups by key and through lists by [index] or by an element's name, as in
 * clouds.akash.tenant.detection. Names may hold dots (io.net), so the longest name that fits is taken; `half-*` stands for
 * every element whose name begins so. The value is written without quotes, unless it is a list or a group. */

/* Walks the path of one override. */
struct walk {
    struct scenario *scenario;
    const struct source *source;
    const char *at, *end;            /* what is left of the path */
    struct node *node;               /* where the walk has come to */
    const struct key *keys;          /* of node when it is a group */
    const struct key *key;           /* that node stands for */
    struct node *grown, *grown_last; /* the first group that got a new key, and its last key before; NULL: none did */
    const char *starred;             /* where the walk stopped at the beginning of a name that ends with '*'; NULL: it did not */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The end of the path: the first '=' behind it, blanks left out. */
static const char *path_end(const char *text)
{
    const char *end = strchr(text, '=');
    while (end != NULL && end > text && is_blank(end[-1]))
        end--;
    return end;
}

static const char *skip(const char *text)
{
    while (is_blank(*text))
        text++;
    return text;
}

static struct place place_at(const struct source *source, const char *at)
{
    int column = 1;
    for (const char *p = source->text; p < at; p++)
        column += ((unsigned char)*p & 0xc0) != 0x80;
    return source_place(source, 1, column);
}

const char *override_value(struct arena *arena, const char *text, const char *key)
{
    const char *start = skip(text), *end = path_end(text);
    if (end == NULL || end < start || strlen(key) != (size_t)(end - start) || memcmp(start, key, strlen(key)) != 0)
        return NULL;
    char *value = arena_text(arena, skip(strchr(text, '=') + 1));
    size_t length = strlen(value);
    while (length > 0 && is_blank(value[length - 1]))
        value[--length] = '\0';
    return value;
}

static bool lost(struct walk *walk, const char *hint, const char *message)
{
    scenario_mistake(walk->scenario, place_at(walk->source, walk->at), hint, "%s", message);
    return false;
}

static struct node *node_new(struct scenario *scenario, struct node *parent, const struct key *key, struct place place)
{
    struct node *node = arena_new(scenario->arena, struct node);
    node->kind = key->type == KEY_GROUP ? NODE_GROUP : key->type == KEY_LIST ? NODE_LIST : NODE_WORD;
    node->text = "";
    node->name = key->name;
    node->place = node->name_place = place;
    node_append(parent, node);
    return node;
}

/* The key of the table that `name` means here: one that exists beside what is written, else the first of that name. */
static const struct key *find_key(const struct walk *walk, const char *name)
{
    const struct key *found = NULL;
    for (const struct key *key = walk->keys; key->name != NULL; key++) {
        bool unsure = false;
        if (strcmp(key->name, name) == 0 && (found == NULL || key_exists(walk->keys, key, walk->node, &unsure)))
            found = key;
    }
    return found;
}

/* Into a key of the group. */
static bool walk_key(struct walk *walk)
{
    struct arena *arena = walk->scenario->arena;
    const char *p = walk->at;
    while (p < walk->end && scan_is_key_character(*p))
        p++;
    if (p == walk->at)
        return lost(walk, "write --set PATH=VALUE, for example --set horizon=7d or --set clouds[0].name=akash",
                    "expected a key in the path");
    const char *name = arena_format(arena, "%.*s", (int)(p - walk->at), walk->at);
    const struct key *key = find_key(walk, name);
    if (key == NULL && walk->node->parent == NULL && scenario_reader(walk->scenario)->model_unknown)
        return false;
    if (key == NULL) {
        const char *path = node_path(arena, walk->node);
        return lost(walk, hint_keys(arena, name, walk->keys, walk->scenario->keys),
                    path[0] != '\0' ? arena_format(arena, "unknown key '%s' in '%s'", text_clipped(arena, name), path)
                                    : arena_format(arena, "unknown key '%s'", text_clipped(arena, name)));
    }
    struct node *node = node_child(walk->node, name);
    if (node == NULL && walk->grown == NULL) {
        walk->grown = walk->node;
        walk->grown_last = walk->node->last;
    }
    if (node == NULL)
        node = node_new(walk->scenario, walk->node, key, place_at(walk->source, walk->at));
    walk->node = node;
    walk->key = key;
    walk->keys = key->type == KEY_GROUP ? key->children : NULL;
    walk->at = p;
    return true;
}

static struct node *element_numbered(struct walk *walk)
{
    const char *p = walk->at + 1;
    int64_t index = 0;
    while (p < walk->end && *p >= '0' && *p <= '9')
        index = index < 1000000 ? 10 * index + (*p++ - '0') : (p++, index);
    if (p == walk->at + 1 || p >= walk->end || *p != ']') {
        (void)lost(walk, "write it like clouds[0].name=akash", "expected a number and ']' behind '['");
        return NULL;
    }
    for (struct node *node = walk->node->first; node != NULL; node = node->next)
        if (node->index == index) {
            walk->at = p + 1;
            return node;
        }
    (void)lost(walk, walk->node->children > 0 ? "the first is [0]" : NULL,
               arena_format(walk->scenario->arena, "'%s' has %d element%s",
                            node_path(walk->scenario->arena, walk->node), walk->node->children,
                            walk->node->children == 1 ? "" : "s"));
    return NULL;
}

/* Whether a word of a path stands for every element whose name begins as it does before its '*'. */
static bool is_starred(const char *word)
{
    return word[0] != '\0' && strchr(word, '*') == word + strlen(word) - 1;
}

static struct node *element_named(struct walk *walk)
{
    struct arena *arena = walk->scenario->arena;
    const char *start = walk->at + 1;
    struct node *found = NULL;
    size_t longest = 0, count = 0;
    const char **names = arena_array(arena, (size_t)walk->node->children, const char *);
    for (struct node *node = walk->node->first; node != NULL; node = node->next) {
        const char *name = node_element_name(node, walk->key->children);
        if (name == NULL)
            continue;
        size_t length = strlen(name);
        names[count++] = name;
        bool fits = length <= (size_t)(walk->end - start) && memcmp(start, name, length) == 0;
        if (fits && (start + length == walk->end || start[length] == '.') && length > longest) {
            found = node;
            longest = length;
        }
    }
    if (found != NULL) {
        walk->at = start + longest;
        return found;
    }
    const char *word = arena_format(arena, "%.*s", (int)strcspn(start, ".="), start);
    if (is_starred(word)) {
        walk->starred = start;
        return NULL;
    }
    const char *nearest = scenario_nearest(word, names, count);
    walk->at = start < walk->end ? start : walk->at;
    (void)lost(
        walk,
        nearest != NULL ? arena_format(arena, "did you mean '%s'?", nearest)
                        : "name an element, or write its number as in clouds[0]",
        arena_format(arena, "'%s' has no element '%s'", node_path(arena, walk->node), text_clipped(arena, word)));
    return NULL;
}

/* Into an element of the list. */
static bool walk_element(struct walk *walk)
{
    struct node *node = *walk->at == '[' ? element_numbered(walk) : element_named(walk);
    if (node == NULL)
        return false;
    if (node->kind != NODE_GROUP)
        return false; /* reported when the list is checked */
    walk->node = node;
    walk->keys = walk->key->children;
    return true;
}

static bool walk_path(struct walk *walk)
{
    if (!walk_key(walk))
        return false;
    while (walk->at < walk->end) {
        bool list = walk->key->type == KEY_LIST && walk->keys == NULL;
        if (list) {
            if (*walk->at != '[' && *walk->at != '.')
                return lost(walk, NULL, "expected '.' or '[' in the path");
            if (!walk_element(walk))
                return false;
        } else if (*walk->at != '.') {
            return lost(walk, NULL, "expected '.' or '=' in the path");
        } else if (walk->keys == NULL || walk->node->kind != NODE_GROUP) {
            return lost(walk, NULL,
                        arena_format(walk->scenario->arena, "'%s' holds no keys",
                                     node_path(walk->scenario->arena, walk->node)));
        } else {
            walk->at++;
            if (!walk_key(walk))
                return false;
        }
    }
    return true;
}

/* Removes the keys that a failed override had made on its way, so that they are not reported as well. */
static void walk_back(struct walk *walk)
{
    struct node *group = walk->grown;
    if (group == NULL)
        return;
    group->last = walk->grown_last;
    group->children--;
    if (group->last == NULL)
        group->first = NULL;
    else
        group->last->next = NULL;
}

/* Takes over what was written for a list, a group or a quoted text. False after a mistake. */
static bool set_scanned(struct walk *walk, const char *value)
{
    struct scenario *scenario = walk->scenario;
    int errors = scenario->errors;
    struct node *outside = scan_value(scenario, walk->source, (size_t)(value - walk->source->text));
    if (scenario->errors == errors)
        scenario_agree(scenario, outside,
                       arena_format(scenario->arena, "value = %s\n", value)); /* libconfig's comments end with a line */
    if (scenario->errors != errors)
        return false;
    struct node *to = walk->node, *from = outside->first;
    to->kind = from->kind;
    to->text = from->text;
    to->first = from->first;
    to->last = from->last;
    to->children = from->children;
    for (struct node *child = to->first; child != NULL; child = child->next)
        child->parent = to;
    return true;
}

/* One override for each element of the list that the starred name stands for. A name with '=' is none that a path could hold: put into one
 * it would end it early, perhaps at another star, and so on without an end. */
static void apply_to_each(struct walk *walk, struct node *root, const struct key *keys)
{
    struct scenario *scenario = walk->scenario;
    const char *text = walk->source->text, *star = strchr(walk->starred, '*');
    size_t before = (size_t)(walk->starred - text), prefix = (size_t)(star - walk->starred);
    int applied = 0;
    for (struct node *node = walk->node->first; node != NULL; node = node->next) {
        const char *name = node_element_name(node, walk->key->children);
        if (name == NULL || strncmp(name, walk->starred, prefix) != 0 || strchr(name, '=') != NULL)
            continue;
        const char *one = arena_format(scenario->arena, "%.*s%s%s", (int)before, text, name, star + 1);
        const struct source *source = source_override(scenario, one, walk->source->span[0].file_line);
        if (source != NULL)
            override_apply(scenario, root, keys, source);
        applied++;
    }
    walk->at = walk->starred;
    if (applied == 0)
        (void)lost(walk, "its names are those of 'name' in the list",
                   arena_format(scenario->arena, "'%s' has no element whose name begins with '%.*s'",
                                node_path(scenario->arena, walk->node), (int)prefix, walk->starred));
}

void override_apply(struct scenario *scenario, struct node *root, const struct key *keys, const struct source *source)
{
    struct walk walk = {.scenario = scenario, .source = source, .at = skip(source->text), .node = root, .keys = keys};
    walk.end = path_end(source->text);
    if (walk.end == NULL) {
        (void)lost(&walk, "write --set PATH=VALUE, for example --set horizon=7d", "an override needs '='");
        return;
    }
    if (!walk_path(&walk)) {
        if (walk.starred != NULL)
            apply_to_each(&walk, root, keys);
        walk_back(&walk);
        return;
    }
    const char *value = skip(strchr(source->text, '=') + 1);
    bool whole_element = walk.key->type == KEY_LIST && walk.keys != NULL;
    walk.node->name_place = place_at(source, skip(source->text));
    walk.node->place = place_at(source, value);
    if (!key_is_leaf(walk.key) || whole_element || *value == '"') {
        if (!set_scanned(&walk, value))
            walk_back(&walk);
        return;
    }
    walk.node->kind = NODE_WORD;
    walk.node->first = walk.node->last = NULL;
    walk.node->children = 0;
    walk.node->text =
        override_value(scenario->arena, source->text,
                       arena_format(scenario->arena, "%.*s", (int)(walk.end - skip(source->text)), skip(source->text)));
}
