#include "models/sdl/tree.h"

#include <string.h>
#include <yaml.h>

struct anchor {
    const char *name;
    struct tree_node *node;
};

struct builder {
    struct arena *arena;
    struct mistakes *mistakes;
    yaml_parser_t parser;
    yaml_event_t event; /* the one under way; empty between two */
    int64_t nodes;      /* aliases written out */
    struct anchor anchors[TREE_ANCHORS];
    int n_anchors;
};

const struct tree_pair *tree_find(const struct tree_node *node, const char *key)
{
    if (node == NULL || node->kind != TREE_MAP)
        return NULL;
    for (int32_t i = 0; i < node->count; i++)
        if (strcmp(node->pairs[i].key, key) == 0)
            return &node->pairs[i];
    return NULL;
}

static struct mark mark_from(yaml_mark_t mark)
{
    return (struct mark){(int)mark.line + 1, (int)mark.column + 1};
}

static bool syntax(struct builder *builder, struct mark mark, const char *hint, const char *what)
{
    mistake_add(builder->mistakes, mark, "syntax", hint, "%s", what);
    return false;
}

static bool too_large(struct builder *builder, struct mark mark, const char *what)
{
    mistake_add(builder->mistakes, mark, "too_large", NULL, "%s", what);
    return false;
}

/* What libyaml did not like, at the better of its two places. */
static bool parser_failed(struct builder *builder)
{
    const yaml_parser_t *parser = &builder->parser;
    const char *problem = parser->problem != NULL ? parser->problem : "unreadable text";
    if (parser->error == YAML_READER_ERROR) {
        struct mistakes *mistakes = builder->mistakes;
        mistake_add(mistakes, mark_of(mistakes->text, mistakes->bytes, parser->problem_offset), "syntax", "an SDL is UTF-8 text; is this the right file?", "%s",
                    problem);
        return false;
    }
    const char *hint = strstr(problem, "cannot start any token") != NULL ? "YAML is indented with spaces, never with tabs"
                       : strstr(problem, "mapping values are not allowed") != NULL ? "is the line above indented as it should be?"
                                                                                   : NULL;
    /* What has no end is told where it begins. */
    bool open = strstr(problem, "end of stream") != NULL && parser->context != NULL;
    mistake_add(builder->mistakes, mark_from(open ? parser->context_mark : parser->problem_mark), "syntax", hint, "%s%s%s", problem, parser->context != NULL ? " " : "",
                parser->context != NULL ? parser->context : "");
    return false;
}

/* The next event; the one before it is given back. */
static bool step(struct builder *builder)
{
    yaml_event_delete(&builder->event);
    return yaml_parser_parse(&builder->parser, &builder->event) != 0 || parser_failed(builder);
}

static bool count_nodes(struct builder *builder, struct mark mark, int64_t weight)
{
    builder->nodes += weight;
    if (builder->nodes <= TREE_NODES)
        return true;
    return too_large(builder, mark, arena_format(builder->arena, "the file holds more than %d values, aliases written out", TREE_NODES));
}

static struct tree_node *node_new(struct builder *builder, enum tree_kind kind)
{
    struct tree_node *node = arena_new(builder->arena, struct tree_node);
    *node = (struct tree_node){.kind = kind, .mark = mark_from(builder->event.start_mark), .text = "", .weight = 1};
    return node;
}

static bool anchor_add(struct builder *builder, const yaml_char_t *name, struct tree_node *node)
{
    if (name == NULL)
        return true;
    if (builder->n_anchors == TREE_ANCHORS)
        return too_large(builder, node->mark, arena_format(builder->arena, "more than %d anchors", TREE_ANCHORS));
    builder->anchors[builder->n_anchors++] = (struct anchor){arena_text(builder->arena, (const char *)name), node};
    return true;
}

static const struct tree_node *alias(struct builder *builder)
{
    const char *name = (const char *)builder->event.data.alias.anchor;
    struct mark mark = mark_from(builder->event.start_mark);
    for (int i = builder->n_anchors - 1; i >= 0; i--) {
        const struct tree_node *node = builder->anchors[i].node;
        if (strcmp(builder->anchors[i].name, name) != 0)
            continue;
        if (node->open)
            return syntax(builder, mark, NULL, arena_format(builder->arena, "alias '%s' is inside its own anchor", name)), NULL;
        return count_nodes(builder, mark, node->weight) ? node : NULL;
    }
    return syntax(builder, mark, NULL, arena_format(builder->arena, "alias '%s' has no anchor before it", name)), NULL;
}

static bool is_null(const yaml_event_t *event)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    const char *tag = (const char *)event->data.scalar.tag;
    if (tag != NULL && strcmp(tag, YAML_NULL_TAG) == 0)
        return true;
    if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || (tag != NULL && strcmp(tag, YAML_STR_TAG) == 0))
        return false;
    for (size_t i = 0; i < sizeof nulls / sizeof nulls[0]; i++)
        if (strcmp((const char *)event->data.scalar.value, nulls[i]) == 0)
            return true;
    return false;
}

/* The text of the scalar under way, or NULL when it holds a NUL. */
static const char *scalar_text(struct builder *builder)
{
    const char *text = (const char *)builder->event.data.scalar.value;
    if (strlen(text) != builder->event.data.scalar.length)
        return syntax(builder, mark_from(builder->event.start_mark), NULL, "the text holds a NUL character"), NULL;
    return arena_text(builder->arena, text);
}

static const struct tree_node *scalar(struct builder *builder)
{
    struct tree_node *node = node_new(builder, is_null(&builder->event) ? TREE_NULL : TREE_SCALAR);
    node->plain = builder->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (node->kind == TREE_SCALAR)
        node->text = scalar_text(builder);
    bool fine = node->text != NULL && count_nodes(builder, node->mark, 1) && anchor_add(builder, builder->event.data.scalar.anchor, node);
    return fine ? node : NULL;
}

static const struct tree_node *value(struct builder *builder, int depth);

/* Room for one more element of an array that doubles. */
#define GROW(builder, array, count, room, type)                                                      \
    do {                                                                                             \
        if ((count) == (room)) {                                                                     \
            type *wider = arena_array((builder)->arena, (size_t)(room) * 2 + 4, type);               \
            if ((count) > 0)                                                                         \
                memcpy(wider, (array), (size_t)(count) * sizeof(type));                              \
            (array) = wider;                                                                         \
            (room) = (room) * 2 + 4;                                                                 \
        }                                                                                            \
    } while (0)

static const struct tree_node *list(struct builder *builder, int depth)
{
    struct tree_node *node = node_new(builder, TREE_LIST);
    const struct tree_node **items = NULL;
    int32_t room = 0;
    node->open = true;
    if (!count_nodes(builder, node->mark, 1) || !anchor_add(builder, builder->event.data.sequence_start.anchor, node))
        return NULL;
    for (;;) {
        if (!step(builder))
            return NULL;
        if (builder->event.type == YAML_SEQUENCE_END_EVENT)
            break;
        const struct tree_node *item = value(builder, depth + 1);
        if (item == NULL)
            return NULL;
        GROW(builder, items, node->count, room, const struct tree_node *);
        items[node->count++] = item;
        node->weight += item->weight;
    }
    node->items = items;
    node->open = false;
    return node;
}

/* A map under construction. */
struct pairs {
    struct tree_pair *items;
    int32_t count, room;
};

static const struct tree_pair *pairs_find(const struct pairs *pairs, const char *key)
{
    struct tree_node map = {.kind = TREE_MAP, .pairs = pairs->items, .count = pairs->count};
    return tree_find(&map, key);
}

static void pairs_add(struct builder *builder, struct pairs *pairs, struct tree_pair pair)
{
    GROW(builder, pairs->items, pairs->count, pairs->room, struct tree_pair);
    pairs->items[pairs->count++] = pair;
}

/* Adds the pairs of a merged map that are not there yet; of a list of maps, the earlier map wins. */
static bool merge(struct builder *builder, struct pairs *pairs, const struct tree_node *from, bool nested)
{
    if (from->kind == TREE_LIST && !nested) {
        for (int32_t i = 0; i < from->count; i++)
            if (!merge(builder, pairs, from->items[i], true))
                return false;
        return true;
    }
    if (from->kind != TREE_MAP)
        return syntax(builder, from->mark, NULL, "'<<' merges a map or a list of maps");
    for (int32_t i = 0; i < from->count; i++)
        if (pairs_find(pairs, from->pairs[i].key) == NULL)
            pairs_add(builder, pairs, from->pairs[i]);
    return true;
}

/* One pair; the event under way is its key. */
static bool pair(struct builder *builder, struct pairs *pairs, const struct tree_node **merged, int64_t *weight, int depth)
{
    struct tree_pair pair = {.mark = mark_from(builder->event.start_mark)};
    if (builder->event.type != YAML_SCALAR_EVENT)
        return syntax(builder, pair.mark, NULL, "a key must be a plain word");
    bool plain = builder->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    pair.key = scalar_text(builder);
    if (pair.key == NULL || !count_nodes(builder, pair.mark, 1) || !step(builder))
        return false;
    pair.value = value(builder, depth + 1);
    if (pair.value == NULL)
        return false;
    *weight += 1 + pair.value->weight;
    bool is_merge = plain && strcmp(pair.key, "<<") == 0;
    if (is_merge ? *merged != NULL : pairs_find(pairs, pair.key) != NULL) {
        mistake_add(builder->mistakes, pair.mark, "duplicate_key", NULL, "key '%s' is there twice", pair.key);
        return false;
    }
    if (is_merge)
        *merged = pair.value;
    else
        pairs_add(builder, pairs, pair);
    return true;
}

static const struct tree_node *map(struct builder *builder, int depth)
{
    struct tree_node *node = node_new(builder, TREE_MAP);
    struct pairs pairs = {0};
    const struct tree_node *merged = NULL;
    node->open = true;
    if (!count_nodes(builder, node->mark, 1) || !anchor_add(builder, builder->event.data.mapping_start.anchor, node))
        return NULL;
    for (;;) {
        if (!step(builder))
            return NULL;
        if (builder->event.type == YAML_MAPPING_END_EVENT)
            break;
        if (!pair(builder, &pairs, &merged, &node->weight, depth))
            return NULL;
    }
    if (merged != NULL && !merge(builder, &pairs, merged, false))
        return NULL;
    node->pairs = pairs.items;
    node->count = pairs.count;
    node->open = false;
    return node;
}

/* The value whose first event is under way. */
static const struct tree_node *value(struct builder *builder, int depth)
{
    if (depth > TREE_DEPTH)
        return too_large(builder, mark_from(builder->event.start_mark), arena_format(builder->arena, "nested more than %d deep", TREE_DEPTH)), NULL;
    switch (builder->event.type) {
    case YAML_ALIAS_EVENT:
        return alias(builder);
    case YAML_SCALAR_EVENT:
        return scalar(builder);
    case YAML_SEQUENCE_START_EVENT:
        return list(builder, depth);
    case YAML_MAPPING_START_EVENT:
        return map(builder, depth);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        break;
    }
    return syntax(builder, mark_from(builder->event.start_mark), NULL, "a value is missing here"), NULL;
}

static const struct tree_node *document(struct builder *builder)
{
    if (!step(builder) || !step(builder))
        return NULL;
    if (builder->event.type == YAML_STREAM_END_EVENT)
        return node_new(builder, TREE_NULL);
    const struct tree_node *root = step(builder) ? value(builder, 1) : NULL;
    if (root == NULL || !step(builder) || !step(builder))
        return NULL;
    if (builder->event.type == YAML_DOCUMENT_START_EVENT)
        mistake_warn(builder->mistakes, mark_from(builder->event.start_mark), NULL, "a second document begins here; only the first one is read");
    return root;
}

/* Offset of a line break that is neither LF nor CR LF: YAML counts lines by it, editors do not, and places would be off. */
static size_t odd_break(const char *text, size_t bytes)
{
    static const char *const breaks[] = {"\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"}; /* U+0085, U+2028, U+2029 */
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == '\r' && (i + 1 == bytes || text[i + 1] != '\n'))
            return i;
        for (int j = 0; (unsigned char)text[i] >= 0xc2 && j < 3; j++)
            if (bytes - i >= strlen(breaks[j]) && memcmp(text + i, breaks[j], strlen(breaks[j])) == 0)
                return i;
    }
    return bytes;
}

const struct tree_node *tree_read(struct arena *arena, const char *text, size_t bytes, struct mistakes *mistakes)
{
    struct builder *builder = arena_new(arena, struct builder);
    builder->arena = arena;
    builder->mistakes = mistakes;
    if (bytes > TREE_BYTES) {
        too_large(builder, (struct mark){0}, "the file is larger than 1 MiB");
        return NULL;
    }
    size_t odd = odd_break(text, bytes);
    if (odd < bytes) {
        syntax(builder, mark_of(text, bytes, odd), "lines end with LF or CR LF", "an unusual line break");
        return NULL;
    }
    check(yaml_parser_initialize(&builder->parser) != 0, "no memory for libyaml");
    yaml_parser_set_encoding(&builder->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&builder->parser, (const unsigned char *)text, bytes);
    const struct tree_node *root = document(builder);
    yaml_event_delete(&builder->event);
    yaml_parser_delete(&builder->parser);
    return root;
}
