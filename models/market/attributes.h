/* Attributes: what a provider says about itself, and what a tenant asks for.
 *
 * An attribute is a key and a value, both text. A tenant's key may end in '*', which stands for any run of characters
 * other than '/': "region*" asks for any attribute whose key begins so. A required attribute matches a provided one
 * when its key, read as such a pattern, covers the whole provided key and the values are equal byte by byte. A required
 * list is a subset of a provided one when each of its elements matches some provided element, and "any of" when at
 * least one does; so the empty list is always a subset and never an any-of.
 *
 * All of it is text work. It belongs to the time when a scenario is built, or to the first meeting of an order and a
 * provider, whose answer the caller keeps; not to the event loop's inner steps.
 *
 * Source: Akash chain-sdk go/node/types/attributes/v1, behaviour as of node v0.36 (2024-07) and v2.1 (2026-08). */
#ifndef NINES_MARKET_ATTRIBUTES_H
#define NINES_MARKET_ATTRIBUTES_H

#include <stdbool.h>
#include <stdint.h>

struct arena;

/* Both texts are the caller's, never NULL, and must outlive every list that names them. */
struct attribute {
    const char *key;
    const char *value;
};

struct attributes {
    const struct attribute *items; /* in the order given; may be NULL when count is 0 */
    int32_t count;
};

enum attributes_error {
    ATTRIBUTES_OK,
    ATTRIBUTES_DUPLICATE_KEYS, /* ErrAttributesDuplicateKeys */
    ATTRIBUTES_INVALID_KEY     /* ErrInvalidAttributeKey */
};

/* Who writes the keys: only a tenant may use the wildcard. */
enum attributes_writer { ATTRIBUTES_OF_TENANT, ATTRIBUTES_OF_PROVIDER };

/* The chain's name of an error: "ErrInvalidAttributeKey"; "ok" for none. Static text. */
const char *attributes_error_name(enum attributes_error error);

/* True for a legal key: a letter, then 1 to 126 of letters, digits, '_', '/', '.', '-', then optionally one letter,
 * digit,
 * '_' or (tenants only) '*'. Letters are ASCII's. */
bool attribute_key_valid(const char *key, enum attributes_writer writer);

/* True when pattern covers the whole text; '*' is any run, also the empty one, without '/'. O(length) for the trailing
 * wildcards that legal keys have. */
bool attribute_glob(const char *pattern, const char *text);

bool attribute_matches(const struct attribute *required, const struct attribute *provided);
bool attributes_subset(struct attributes required, struct attributes provided); /* O(required * provided) */
bool attributes_any_of(struct attributes required, struct attributes provided);

/* Walks the list once: a key seen before is DUPLICATE_KEYS, an illegal key INVALID_KEY; the first finding wins. O(n^2).
 */
enum attributes_error attributes_validate(struct attributes list, enum attributes_writer writer);

/* The value of the first attribute with exactly this key, or NULL. */
const char *attributes_find(struct attributes list, const char *key);

/* Reads "key=value|key=value"; "" and "-" are the empty list. An item without '=' has the value "". The list and its
 * texts live in the arena. Does not validate. */
struct attributes attributes_from_text(struct arena *arena, const char *text);

#endif
