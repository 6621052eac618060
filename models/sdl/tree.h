/* A YAML document as a tree with places, in bounded memory and time.
 *
 * libyaml turns the text into events; here they become maps, lists and scalars. What makes YAML dangerous is bounded or refused:
 *
 *   depth       TREE_DEPTH levels
 *   aliases     an alias shares its anchor's node, but counts as everything that it stands for, so a "billion laughs" file is over
 *               TREE_NODES when its third line is read; an alias inside its own anchor is refused
 *   keys        are scalars, and different within a map
 *   merge keys  "<<: *base" and "<<: [*a, *b]" give a map the pairs that it does not have itself
 *   text        is UTF-8 without NUL; lines end with LF or CR LF
 *
 * Only the first document of the file is read, as Akash's own reader does. Scalars stay text: who asks for a number reads it. */
#ifndef NINES_MODELS_SDL_TREE_H
#define NINES_MODELS_SDL_TREE_H

#include "models/sdl/mistake.h"

#include <stdint.h>

enum { TREE_BYTES = 1 << 20, TREE_DEPTH = 32, TREE_NODES = 10000, TREE_ANCHORS = 256 };

enum tree_kind { TREE_NULL, TREE_SCALAR, TREE_LIST, TREE_MAP };

struct tree_pair {
    const char *key;
    struct mark mark; /* of the key */
    const struct tree_node *value;
};

struct tree_node {
    enum tree_kind kind;
    struct mark mark;
    const char *text; /* scalar: its text; null: "" */
    bool plain;       /* scalar: without quotes */
    bool open;        /* while it is read: an alias to it would be a loop */
    const struct tree_node *const *items; /* list: [count] */
    const struct tree_pair *pairs;        /* map: [count], in the order written; merged ones last */
    int32_t count;
    int64_t weight; /* nodes that it stands for, itself included, aliases written out */
};

/* NULL after noting what is wrong (slugs syntax, duplicate_key, too_large). An empty document is a null. */
const struct tree_node *tree_read(struct arena *arena, const char *text, size_t bytes, struct mistakes *mistakes);

/* The pair of that key in a map, or NULL; NULL for anything that is no map. */
const struct tree_pair *tree_find(const struct tree_node *node, const char *key);

#endif
