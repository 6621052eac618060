#include "models/gpu/place.h"

#include "models/gpu/cache.h"
#include "models/gpu/score.h"
#include "models/gpu/search.h"
#include "sim/base/check.h"
#include "sim/base/hash.h"

#include <string.h>

#include "sim/base/nomalloc.h"

/* --- Names -------------------------------------------------------------------------------------------------------- */

static const char *const NAMES[GPU_POLICIES] = {
    [GPU_RANDOM] = "Random",      [GPU_DOT_PROD] = "DotProd", [GPU_CLUSTERING] = "GpuClustering",
    [GPU_PACKING] = "GpuPacking", [GPU_BEST_FIT] = "BestFit", [GPU_FGD] = "FGD",
    [GPU_DOT_MERGE_NODE] = "DotProd-merge-node",   [GPU_DOT_MERGE_POD] = "DotProd-merge-pod",
    [GPU_DOT_SHARE_MAX] = "DotProd-share-max",     [GPU_DOT_SHARE_NODE] = "DotProd-share-node",
    [GPU_DOT_SHARE_POD] = "DotProd-share-pod",     [GPU_DOT_DIVIDE_MAX] = "DotProd-divide-max",
    [GPU_DOT_DIVIDE_NODE] = "DotProd-divide-node", [GPU_DOT_DIVIDE_POD] = "DotProd-divide-pod",
    [GPU_DOT_EXTEND_MAX] = "DotProd-extend-max",   [GPU_DOT_EXTEND_NODE] = "DotProd-extend-node",
    [GPU_DOT_EXTEND_POD] = "DotProd-extend-pod",
};

const char *gpu_policy_name(enum gpu_policy policy)
{
    check(policy < GPU_POLICIES, "policy %d", (int)policy);
    return NAMES[policy];
}

bool gpu_policy_from_name(const char *name, enum gpu_policy *policy)
{
    for (int i = 0; i < GPU_POLICIES; i++)
        if (strcmp(name, NAMES[i]) == 0) {
            *policy = (enum gpu_policy)i;
            return true;
        }
    return false;
}

/* --- Devices ------------------------------------------------------------------------------------------------------ */

static unsigned extreme_device(const struct gpu_left *state, unsigned milli, bool smallest)
{
    unsigned found = GPU_DEVICES_MAX;
    for (unsigned i = 0; i < state->devices; i++) {
        if (state->milli[i] < milli)
            continue;
        if (found == GPU_DEVICES_MAX ||
            (smallest ? state->milli[i] < state->milli[found] : state->milli[i] > state->milli[found]))
            found = i;
    }
    return found;
}

static unsigned random_device(const struct gpu_left *state, unsigned milli, uint64_t random)
{
    uint32_t mask = gpu_first_devices(state, milli, GPU_DEVICES_MAX);
    /* A second number from the one given, for the node took the first. */
    size_t k = gpu_scale_random(hash_word(random, GPU_SALT_DEVICE), (size_t)__builtin_popcount(mask));
    while (k-- > 0)
        mask &= mask - 1;
    return (unsigned)__builtin_ctz(mask);
}

static enum gpu_device_rule device_rule(const struct gpu_place_options *options)
{
    if (options->device != GPU_DEVICE_DEFAULT)
        return options->device;
    return options->policy == GPU_RANDOM           ? GPU_DEVICE_RANDOM
           : gpu_scores_devices(options->policy) ? GPU_DEVICE_SCORED
                                                 : GPU_DEVICE_BEST;
}

static uint16_t choose_devices(const struct gpu_inventory *inventory, const struct gpu_node *node,
                               const struct gpu_pod *pod, const struct gpu_place_options *options)
{
    if (pod->devices == 0)
        return 0;
    if (!gpu_pod_shared(pod))
        return gpu_first_devices(&node->left, GPU_DEVICE_MILLI, pod->devices);
    unsigned device = GPU_DEVICES_MAX;
    switch (device_rule(options)) {
    case GPU_DEVICE_DEFAULT:
    case GPU_DEVICE_BEST:
        device = extreme_device(&node->left, pod->milli_per_device, true);
        break;
    case GPU_DEVICE_WORST:
        device = extreme_device(&node->left, pod->milli_per_device, false);
        break;
    case GPU_DEVICE_RANDOM:
        device = random_device(&node->left, pod->milli_per_device, options->random);
        break;
    case GPU_DEVICE_SCORED:
        check(gpu_scores_devices(options->policy), "%s scores no devices", gpu_policy_name(options->policy));
        device = options->policy == GPU_FGD ? gpu_fgd_device(inventory->fragmentation, node, pod)
                                            : gpu_dot_device(options->policy, node, pod);
        break;
    }
    return (uint16_t)(1U << device);
}

/* --- Calls -------------------------------------------------------------------------------------------------------- */

bool gpu_find(struct gpu_inventory *inventory, const struct gpu_pod *pod, const struct gpu_place_options *options,
              struct gpu_placement *placement)
{
    struct gpu_search search = gpu_search_begin(inventory, pod, options);
    uint32_t best = gpu_search_best(&search);
    if (best == 0)
        return false;
    uint32_t order = gpu_key_order(best);
    int32_t index = gpu_by_chance(options)               ? gpu_search_draw(&search, best, options->random)
                    : options->ties == GPU_TIES_RANK ? (int32_t)inventory->by_order[order]
                                                     : (int32_t)order;
    const struct gpu_node *node = &inventory->nodes[index];
    *placement = (struct gpu_placement){index, choose_devices(inventory, node, pod, options), gpu_key_score(best)};
    return true;
}

bool gpu_find_on_node(struct gpu_inventory *inventory, int32_t index, const struct gpu_pod *pod,
                      const struct gpu_place_options *options, struct gpu_placement *placement)
{
    if (!gpu_node_fits(inventory, index, pod))
        return false;
    const struct gpu_node *node = &inventory->nodes[index];
    int32_t score = gpu_score(inventory->fragmentation, options->policy, node, pod);
    *placement = (struct gpu_placement){index, choose_devices(inventory, node, pod, options), score};
    return true;
}

bool gpu_place(struct gpu_inventory *inventory, const struct gpu_pod *pod, const struct gpu_place_options *options,
               struct gpu_placement *placement)
{
    if (!gpu_find(inventory, pod, options, placement))
        return false;
    gpu_bind(inventory, pod, placement);
    return true;
}

size_t gpu_feasible_count(struct gpu_inventory *inventory, const struct gpu_pod *pod,
                          const struct gpu_place_options *options)
{
    struct gpu_search search = gpu_search_begin(inventory, pod, options);
    return gpu_search_count(&search, 1);
}

size_t gpu_fitting_nodes_when_empty(const struct gpu_inventory *inventory, const struct gpu_pod *pod)
{
    size_t count = 0;
    for (size_t i = 0; i < inventory->count; i++) {
        const struct gpu_node_options *capacity = &inventory->nodes[i].capacity;
        count += capacity->cpu_milli >= pod->cpu_milli && capacity->memory_mib >= pod->memory_mib &&
                 capacity->devices >= pod->devices && gpu_pod_accepts(pod, capacity->model);
    }
    return count;
}
