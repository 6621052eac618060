/* The policies: what one node is worth to one pod. Internal to the room: callers use place.h.
 *
 * Scores are integers, truncated toward zero as in the artifact; higher is better. A score
 * presumes that the pod fits. */
#ifndef NINES_MODELS_GPU_SCORE_H
#define NINES_MODELS_GPU_SCORE_H

#include "models/gpu/inventory.h"
#include "models/gpu/place.h"

enum { GPU_SCORE_MOST = 2047 }; /* scores beyond +-this count as this */

/* Score of `node` for `pod` under `policy`. Needs a fragmentation measure for GPU_FGD only. */
int32_t gpu_score(struct gpu_fragmentation *fragmentation, enum gpu_policy policy, const struct gpu_node *node,
                  const struct gpu_pod *pod);

/* Fragmentation gradient descent: 100 times the sigmoid of the fall of F, in devices, that the pod causes; the best
 * device for a shared pod. No change gives 50. */
int32_t gpu_fgd_score(struct gpu_fragmentation *fragmentation, const struct gpu_node *node, const struct gpu_pod *pod);

/* The first device on which a shared pod attains the FGD score of the node. */
unsigned gpu_fgd_device(struct gpu_fragmentation *fragmentation, const struct gpu_node *node,
                        const struct gpu_pod *pod);

/* DotProd in the form that the policy names (models/gpu/dot.c); and, for the forms that choose one, the device of a
 * shared pod. */
int32_t gpu_dot_score(enum gpu_policy policy, const struct gpu_node *node, const struct gpu_pod *pod);
unsigned gpu_dot_device(enum gpu_policy policy, const struct gpu_node *node, const struct gpu_pod *pod);

/* True for policies whose score chooses the device of a shared pod. */
static inline bool gpu_scores_devices(enum gpu_policy policy)
{
    return policy == GPU_FGD || (policy >= GPU_DOT_SHARE_MAX && policy <= GPU_DOT_EXTEND_POD);
}

/* trunc(100 (1 - tanh x)) for x >= 0, with tanh rounded correctly: the same on every CPU. */
int32_t gpu_tanh_score(double x);

/* trunc(100 / (1 + e^-x)), with e^-x rounded correctly: the same on every CPU. Every finite x. */
int32_t gpu_sigmoid_score(double x);

/* The lowest-indexed `count` devices with at least `milli` left, as a mask; fewer bits if fewer suffice. */
static inline uint16_t gpu_first_devices(const struct gpu_left *state, unsigned milli, unsigned count)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < state->devices && count > 0; i++)
        if (state->milli[i] >= milli) {
            mask |= 1U << i;
            count--;
        }
    return (uint16_t)mask;
}

#endif
