/* What the files of the SDL reader share; tests of its parts include it too.
 *
 * A text passes through four stages: tree (tree.h) -> document (what was written, checked value by value: sdl_read.c, sdl_service.c,
 * sdl_profile.c, sdl_gpu.c, sdl_storage.c) -> references checked (sdl_check.c) -> groups (sdl_group.c). A stage starts only when those
 * before it found no mistake, so that one slip of a pen is not reported thrice. Slugs of mistakes are the words of the
 * specification's section 7. */
#ifndef NINES_MODELS_SDL_SDL_INSIDE_H
#define NINES_MODELS_SDL_SDL_INSIDE_H

#include "models/sdl/quantity.h"
#include "models/sdl/sdl.h"
#include "models/sdl/tree.h"

struct sdl_to {
    struct mark mark;
    bool global;
    const char *ip; /* name of an endpoint, or "" */
};

struct sdl_expose {
    struct mark mark;
    int32_t external; /* port seen from outside: "as", or "port" */
    bool udp;
    struct sdl_to *to;
    int32_t n_to;
};

struct sdl_mount {
    struct mark mark;
    const char *volume, *path;
    bool read_only;
};

struct sdl_service {
    struct mark mark;
    const char *name;
    struct sdl_expose *exposes;
    int32_t n_exposes;
    struct sdl_mount *mounts;
    int32_t n_mounts;
    const char *tee; /* "cpu", "cpu-gpu" or "" */
    struct mark tee_mark;
};

struct sdl_compute {
    struct mark mark;
    const char *name;
    struct market_unit unit; /* resources only */
};

struct sdl_pricing {
    const char *profile, *denom;
    decimal amount;
};

struct sdl_placement {
    struct mark mark;
    const char *name;
    struct market_requirements requirements; /* attributes sorted by key */
    struct sdl_pricing *pricings;
    int32_t n_pricings;
};

struct sdl_endpoint {
    struct mark mark;
    const char *name;
    bool used;
};

/* A service in a placement. */
struct sdl_use {
    struct mark mark;
    const char *service_name, *placement_name, *profile;
    uint32_t count;
    /* Found by sdl_check(). */
    const struct sdl_service *service;
    const struct sdl_placement *placement;
    const struct sdl_compute *compute;
    const struct sdl_pricing *pricing;
};

/* All lists are sorted by name; uses by service, then placement. */
struct sdl_document {
    struct sdl_service *services;
    struct sdl_compute *computes;
    struct sdl_placement *placements;
    struct sdl_endpoint *endpoints;
    struct sdl_use *uses;
    int32_t n_services, n_computes, n_placements, n_endpoints, n_uses;
    int64_t reclamation_ns; /* 0: none */
};

struct sdl_reader {
    struct arena *arena;
    struct mistakes *mistakes;
    const struct sdl_rules *rules;
    bool merges; /* version 2.1 and later */
    struct sdl_document document;
};

#define sdl_wrong(reader, mark, slug, hint, ...) mistake_add((reader)->mistakes, mark, slug, hint, __VA_ARGS__)

/* --- sdl_read.c: values of the tree. Each notes a mistake of its own and returns what is harmless. `what` names the value. --- */

/* The map as it is, or NULL for null and absent; a mistake for anything else. */
const struct tree_node *sdl_map(struct sdl_reader *reader, const struct tree_node *node, const char *what);
/* The same for lists. */
const struct tree_node *sdl_list(struct sdl_reader *reader, const struct tree_node *node, const char *what);
/* The value of a key in a map, or NULL. */
const struct tree_node *sdl_get(const struct tree_node *map, const char *key);
/* The text of a scalar; "" for null and absent. */
const char *sdl_text(struct sdl_reader *reader, const struct tree_node *node, const char *what);
bool sdl_truth(struct sdl_reader *reader, const struct tree_node *node, const char *what);
/* A list of texts in the arena; *count: how many. */
const char *const *sdl_texts(struct sdl_reader *reader, const struct tree_node *node, const char *what, int32_t *count);
/* The place of node, or that of the map that lacks it. */
struct mark sdl_mark(const struct tree_node *node, struct mark otherwise);
/* Warns of keys that are not among names, which end with NULL: the real reader ignores them. */
void sdl_known(struct sdl_reader *reader, const struct tree_node *map, const char *what, const char *const *names);
/* The pairs of a map sorted by key, in the arena. */
const struct tree_pair *sdl_sorted(struct sdl_reader *reader, const struct tree_node *map);
void sdl_attributes_sort(struct attribute *items, int32_t count);

/* --- the parts --- */

void sdl_services(struct sdl_reader *reader, const struct tree_node *node);
/* profiles.compute and profiles.placement. */
void sdl_profiles(struct sdl_reader *reader, const struct tree_node *node);
/* resources.gpu and resources.storage into the unit. */
void sdl_gpu(struct sdl_reader *reader, const struct tree_node *node, struct market_unit *unit);
void sdl_storage(struct sdl_reader *reader, const struct tree_node *node, struct market_unit *unit);

/* References between the parts. */
void sdl_check(struct sdl_reader *reader);
/* The groups of a document without mistakes, held against the chain's limits. */
void sdl_groups(struct sdl_reader *reader, struct sdl *sdl);

#endif
