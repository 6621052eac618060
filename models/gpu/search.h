/* One search for a node: a shape's tournament, narrowed by memory and by the caller's constraint. Internal to the room:
 * callers use place.h.
 *
 * The tournament knows who wins, but not about memory, domains and forbidden nodes, which belong to the single call.
 * Domains are ranges of leaves, and a range is a few entries of the tournament. The other two are asked at the leaf,
 * which is cheap as long as they seldom rule out the winner. */
#ifndef NINES_MODELS_GPU_SEARCH_H
#define NINES_MODELS_GPU_SEARCH_H

#include "models/gpu/place.h"

/* What is hashed with a call's random number to get more numbers from it. */
enum { GPU_SALT_DEVICE = 1, GPU_SALT_DRAW = 2 };

struct gpu_search {
    const struct gpu_inventory *inventory;
    const uint32_t *keys, *counts; /* the tournament's; counts for uniform choice only */
    size_t leaves;
    int32_t memory_mib;
    const uint32_t *marks; /* NULL: no node is forbidden */
    uint32_t stamp;
    const uint64_t *domains; /* NULL: all */
    size_t domain_words;
};

/* Checks the request, brings its shape up to date and marks the forbidden nodes. Valid until the next change
 * or call. */
struct gpu_search gpu_search_begin(struct gpu_inventory *inventory, const struct gpu_pod *pod,
                                   const struct gpu_place_options *options);

/* The largest key among allowed nodes; 0: none is feasible. */
uint32_t gpu_search_best(const struct gpu_search *search);

/* How many allowed nodes have at least the key `least`; 1 counts the feasible ones. O(nodes). */
size_t gpu_search_count(const struct gpu_search *search, uint32_t least);

/* A node among the allowed ones with the score of the key `best`, uniformly from `random`. Only for a search whose
 * options are gpu_by_chance(). */
int32_t gpu_search_draw(const struct gpu_search *search, uint32_t best, uint64_t random);

/* True when the node is drawn, not determined. */
static inline bool gpu_by_chance(const struct gpu_place_options *options)
{
    return options->policy == GPU_RANDOM || options->ties == GPU_TIES_UNIFORM;
}

/* random / 2^64 x count, rounded down: uniform up to count / 2^64. */
static inline size_t gpu_scale_random(uint64_t random, size_t count)
{
    uint64_t high = random >> 32, low = random & UINT32_MAX; /* count < 2^32 */
    return (size_t)((high * count + (low * count >> 32)) >> 32);
}

#endif
