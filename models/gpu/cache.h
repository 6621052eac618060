/* Scores that are kept between calls. Internal to the room: callers use place.h.
 *
 * A *shape* is everything a score depends on besides the node: policy, tie order, CPU, devices, milli, models (memory
 * is only a filter and stays outside, so that pods that differ in memory alone share their scores). A shape keeps a
 * tournament over all nodes: leaf = the node's key, inner entry = the larger of its two children. A key is
 *
 *   bits 31..20  score + 2048, so that every feasible node has a key above every infeasible one, whose key is 0
 *   bits 19..0   complement of the node's place in the tie order, so that the larger key is the earlier node
 *
 * and hence the root is the winner, ties included. A changed node costs one new score and at most log2(nodes)
 * comparisons, fewer as soon as an inner entry does not change.
 *
 * Leaves are ordered by (domain, index): a domain is a range. The tree is the bottom-up one over any number of leaves,
 * not only powers of two: leaf i sits at entry leaves + i, the parent of e is e / 2, entry 1 is the root.
 *
 * For uniform choice a tournament also counts, in every entry, the leaves below that share the entry's score. */
#ifndef NINES_MODELS_GPU_CACHE_H
#define NINES_MODELS_GPU_CACHE_H

#include "models/gpu/inventory.h"
#include "models/gpu/place.h"

enum { GPU_KEY_ORDER_BITS = 20, GPU_KEY_SCORE_BIAS = 2048 };

enum gpu_order {
    GPU_ORDER_RANK,   /* ties to the lower rank, then to the lower index */
    GPU_ORDER_INDEX,  /* ties to the lower index */
    GPU_ORDER_COUNTED /* as by index, and counted */
};

struct gpu_shape {
    struct gpu_pod pod; /* memory 0; irrelevant fields 0 */
    enum gpu_policy policy;
    enum gpu_order order;
};

struct gpu_tournament {
    uint32_t *keys;   /* [2 * nodes]; entry 0 is unused */
    uint32_t *counts; /* [2 * nodes]; written under GPU_ORDER_COUNTED only */
};

/* 16 bytes for each shape and node, all of it now. */
struct gpu_score_cache *gpu_score_cache_create(struct arena *arena, size_t nodes, size_t shapes);

/* The shape's tournament, brought up to date; read only. Valid until the next change or call. The cost is one score
 * for each node that changed since this shape was last asked for; all nodes if it is new or was pushed out. */
const struct gpu_tournament *gpu_score_cache_get(struct gpu_inventory *inventory, const struct gpu_shape *shape);

/* Stamps for the forbidden nodes of one search, by leaf: a leaf is marked when its stamp equals *stamp. The call
 * returns the array and starts a search: no leaf is marked. */
uint32_t *gpu_score_cache_marks(struct gpu_score_cache *cache, uint32_t *stamp);

/* The score's bits of a key: comparable, and above 0 for every feasible node. */
static inline uint32_t gpu_key_class(uint32_t key) { return key >> GPU_KEY_ORDER_BITS; }

static inline int32_t gpu_key_score(uint32_t key)
{
    return (int32_t)gpu_key_class(key) - GPU_KEY_SCORE_BIAS;
}

static inline uint32_t gpu_key_order(uint32_t key)
{
    return ~key & ((1U << GPU_KEY_ORDER_BITS) - 1);
}

#endif
