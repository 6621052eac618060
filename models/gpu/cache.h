/* Scores that are kept between calls. Internal to the room: callers use place.h.
 *
 * A *shape* is everything a score depends on besides the node: policy, tie order, CPU, devices, milli, models (memory is
 * only a filter and stays outside, so that pods that differ in memory alone share their scores). A shape keeps a
 * tournament over all nodes: leaf = the node's key, inner entry = the larger of its two children. A key is
 *
 *   bits 31..20  score + 2048, so that every feasible node has a key above every infeasible one, whose key is 0
 *   bits 19..0   complement of the node's place in the tie order, so that the larger key is the earlier node
 *
 * and hence the root is the winner, ties included. A changed node costs one new score and at most log2(nodes) comparisons,
 * fewer as soon as an inner entry does not change.
 *
 * Leaves are ordered by (domain, index): a domain is a range. The tree is the bottom-up one over any number of leaves, not
 * only powers of two: leaf i sits at entry leaves + i, the parent of e is e / 2, entry 1 is the root. */
#ifndef NINES_MODELS_GPU_CACHE_H
#define NINES_MODELS_GPU_CACHE_H

#include "models/gpu/inventory.h"
#include "models/gpu/place.h"

enum { GPU_KEY_ORDER_BITS = 20, GPU_KEY_SCORE_BIAS = 2048 };

struct gpu_shape {
    struct gpu_pod pod; /* memory 0; irrelevant fields 0 */
    enum gpu_policy policy;
    bool by_rank; /* tie order: rank, else index */
};

struct gpu_score_cache *gpu_score_cache_create(struct arena *arena, size_t nodes, size_t shapes);

/* The shape's tournament, [2 * nodes], brought up to date. Valid until the next change or call. The cost is one score
 * for each node that changed since this shape was last asked for; all nodes if it is new or was pushed out. */
const uint32_t *gpu_score_cache_get(struct gpu_inventory *inventory, const struct gpu_shape *shape);

/* Stamps for the forbidden nodes of one search, by leaf: a leaf is marked when its stamp equals *stamp. The call returns
 * the array and starts a search: no leaf is marked. */
uint32_t *gpu_score_cache_marks(struct gpu_score_cache *cache, uint32_t *stamp);

static inline int32_t gpu_key_score(uint32_t key)
{
    return (int32_t)(key >> GPU_KEY_ORDER_BITS) - GPU_KEY_SCORE_BIAS;
}

static inline uint32_t gpu_key_order(uint32_t key)
{
    return ~key & ((1U << GPU_KEY_ORDER_BITS) - 1);
}

#endif
