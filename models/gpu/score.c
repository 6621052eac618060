#include "models/gpu/score.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

/* Fixed constants of the artifact, not capacities of a node. */
#define CPU_SCALE 128000.0
#define GPU_SCALE 8000.0

static int32_t best_fit(const struct gpu_node *node, const struct gpu_pod *pod)
{
    double cpu = (double)(node->left.cpu_milli - pod->cpu_milli) / CPU_SCALE;
    double gpu = (double)(node->gpu_milli - gpu_pod_milli(pod)) / GPU_SCALE;
    return (int32_t)(100.0 * (1.0 - (0.5 * cpu + 0.5 * gpu)));
}

static int32_t clustering(const struct gpu_node *node, const struct gpu_pod *pod)
{
    if (pod->devices == 0)
        return 0;
    int32_t base = 25 * (8000 - node->gpu_milli) / 8000;
    uint32_t tag = 1U << (gpu_pod_shared(pod) ? 0 : pod->devices);
    if ((node->tag_mask & tag) != 0)
        return base + (node->tag_mask == tag ? 75 : 50);
    return base + (node->tag_mask == 0 ? 25 : 0);
}

static int32_t larger(int32_t a, int32_t b) { return a > b ? a : b; }

/* On a partly used node: what the pod's devices look like if it takes those with least left. */
static int32_t packing_used(const struct gpu_node *node, const struct gpu_pod *pod)
{
    if (!gpu_pod_shared(pod))
        return larger(50 - pod->devices, 33); /* whole devices are idle ones */
    unsigned least = GPU_DEVICE_MILLI;
    for (unsigned i = 0; i < node->left.devices; i++)
        if (node->left.milli[i] >= pod->milli_per_device && node->left.milli[i] < least)
            least = node->left.milli[i];
    if (least == GPU_DEVICE_MILLI)
        return 50 - 1;
    int32_t percent = (int32_t)(least * 100 / GPU_DEVICE_MILLI);
    return larger(100 - percent / 10, 50);
}

static int32_t packing(const struct gpu_node *node, const struct gpu_pod *pod)
{
    if (pod->devices == 0)
        return 0;
    if (node->idle_devices == node->left.devices)
        return larger(33 - node->idle_devices, node->idle_devices);
    return packing_used(node, pod);
}

int32_t gpu_score(struct gpu_fragmentation *fragmentation, enum gpu_policy policy, const struct gpu_node *node,
                  const struct gpu_pod *pod)
{
    switch (policy) {
    case GPU_RANDOM:
        return 100;
    case GPU_DOT_PROD:
    case GPU_DOT_MERGE_NODE:
    case GPU_DOT_MERGE_POD:
    case GPU_DOT_SHARE_MAX:
    case GPU_DOT_SHARE_NODE:
    case GPU_DOT_SHARE_POD:
    case GPU_DOT_DIVIDE_MAX:
    case GPU_DOT_DIVIDE_NODE:
    case GPU_DOT_DIVIDE_POD:
    case GPU_DOT_EXTEND_MAX:
    case GPU_DOT_EXTEND_NODE:
    case GPU_DOT_EXTEND_POD:
        return gpu_dot_score(policy, node, pod);
    case GPU_CLUSTERING:
        return clustering(node, pod);
    case GPU_PACKING:
        return packing(node, pod);
    case GPU_BEST_FIT:
        return best_fit(node, pod);
    case GPU_FGD:
        check(fragmentation != NULL, "FGD without a fragmentation measure");
        return gpu_fgd_score(fragmentation, node, pod);
    case GPU_POLICIES:
        break;
    }
    check(false, "policy %d", (int)policy);
    return 0;
}
