/* The scorers of scheduler.h, one node at a time. */
#include "models/gpu/scheduler_inside.h"

#include "models/gpu/score.h"
#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

enum { DEFAULT_CPU_MILLI = 100, DEFAULT_MEMORY_MIB = 200 }; /* of a pod that asks for none */

/* --- Shares of capacity ------------------------------------------------------------------------------------------- */

/* What would be requested of a node with the pod on it, and what there is, in the order of the weights. */
struct usage {
    int64_t requested[3], capacity[3];
};

static struct usage usage_of(const struct gpu_node *node, const struct gpu_pod *pod)
{
    int64_t cpu = pod->cpu_milli > 0 ? pod->cpu_milli : DEFAULT_CPU_MILLI;
    int64_t memory = pod->memory_mib > 0 ? pod->memory_mib : DEFAULT_MEMORY_MIB;
    int64_t gpu = node->capacity.devices * GPU_DEVICE_MILLI;
    return (struct usage){
        .requested = {node->capacity.cpu_milli - node->left.cpu_milli +
                          (int64_t)node->pods_without_cpu * DEFAULT_CPU_MILLI + cpu,
                      node->capacity.memory_mib - node->memory_mib +
                          (int64_t)node->pods_without_memory * DEFAULT_MEMORY_MIB + memory,
                      gpu - node->gpu_milli + gpu_pod_milli(pod)},
        .capacity = {node->capacity.cpu_milli, node->capacity.memory_mib, gpu},
    };
}

static void weights_of(const struct gpu_scorer *scorer, int64_t weights[3])
{
    const struct gpu_resource_weights *r = &scorer->resources;
    bool none = r->cpu == 0 && r->memory == 0 && r->gpu == 0;
    weights[0] = none ? 1 : r->cpu;
    weights[1] = none ? 1 : r->memory;
    weights[2] = r->gpu;
}

static int64_t mean_of_shares(const struct gpu_scorer *scorer, const struct usage *usage, bool free_share)
{
    int64_t weights[3], sum = 0, weight = 0;
    weights_of(scorer, weights);
    for (int r = 0; r < 3; r++) {
        int64_t requested = usage->requested[r], capacity = usage->capacity[r];
        weight += weights[r];
        if (capacity > 0 && requested <= capacity)
            sum += weights[r] * ((free_share ? capacity - requested : requested) * GPU_TOP_SCORE / capacity);
    }
    return sum / weight;
}

/* The broken line, times 10; whole numbers throughout, as in Kubernetes. */
static int64_t broken_line(const struct gpu_scorer *scorer, int64_t utilization)
{
    const struct gpu_ratio_point *points = scorer->points;
    for (size_t i = 0; i < scorer->point_count; i++) {
        if (utilization > points[i].utilization)
            continue;
        if (i == 0)
            return points[0].score * 10;
        int64_t run = points[i].utilization - points[i - 1].utilization;
        int64_t rise = (points[i].score - points[i - 1].score) * 10;
        return points[i - 1].score * 10 + rise * (utilization - points[i - 1].utilization) / run;
    }
    return points[scorer->point_count - 1].score * 10;
}

/* Resources that score 0 are left out of the mean, which is rounded. */
static int64_t capacity_ratio(const struct gpu_scorer *scorer, const struct usage *usage)
{
    int64_t weights[3], sum = 0, weight = 0;
    weights_of(scorer, weights);
    for (int r = 0; r < 3; r++) {
        int64_t requested = usage->requested[r], capacity = usage->capacity[r];
        bool over = capacity == 0 || requested > capacity;
        int64_t score = broken_line(scorer, over ? GPU_TOP_SCORE
                                                 : GPU_TOP_SCORE - (capacity - requested) * GPU_TOP_SCORE / capacity);
        if (score > 0 && weights[r] > 0) {
            sum += score * weights[r];
            weight += weights[r];
        }
    }
    return weight == 0 ? 0 : (2 * sum + weight) / (2 * weight);
}

static int64_t balanced(const struct usage *usage)
{
    double share[2];
    for (int r = 0; r < 2; r++) {
        share[r] = usage->capacity[r] == 0 ? 1 : (double)usage->requested[r] / (double)usage->capacity[r];
        if (share[r] >= 1)
            return 0;
    }
    double apart = share[0] > share[1] ? share[0] - share[1] : share[1] - share[0];
    return (int64_t)((1.0 - apart) * GPU_TOP_SCORE);
}

/* request / (capacity - request), of the empty node. */
static double simon_share(int64_t request, int64_t capacity)
{
    int64_t rest = capacity - request;
    if (rest == 0)
        return request == 0 ? 0 : 1;
    return (double)request / (double)rest;
}

static int64_t simon(const struct gpu_node *node, const struct gpu_pod *pod)
{
    double cpu = simon_share(pod->cpu_milli, node->capacity.cpu_milli);
    double memory = simon_share(pod->memory_mib, node->capacity.memory_mib);
    return (int64_t)(100.0 * (cpu > memory ? cpu : memory) + 0.5);
}

/* --- Power -------------------------------------------------------------------------------------------------------- */

/* The growth of power if the pod takes `devices`. */
static double power_growth(const struct gpu_power *power, const struct gpu_node *node, const struct gpu_pod *pod,
                           uint32_t devices)
{
    int64_t package = power->package_milli;
    int64_t used = node->capacity.cpu_milli - node->left.cpu_milli;
    int64_t busy = (used + pod->cpu_milli + package - 1) / package - (used + package - 1) / package;
    double growth = (double)busy * (power->package_busy_w - power->package_idle_w);
    unsigned woken = 0;
    for (uint32_t rest = devices; rest != 0; rest &= rest - 1)
        woken += node->left.milli[__builtin_ctz(rest)] == GPU_DEVICE_MILLI;
    if (woken > 0)
        growth += (double)woken * (power->busy_w[node->left.model] - power->idle_w[node->left.model]);
    return growth;
}

/* The devices that the power scorer prefers, and its score in *score: watts not drawn, <= 0. */
uint16_t gpu_power_devices(const struct gpu_power *power, const struct gpu_node *node, const struct gpu_pod *pod,
                           int64_t *score)
{
    uint32_t best = 0;
    if (!gpu_pod_shared(pod)) {
        best = pod->devices == 0 ? 0 : gpu_first_devices(&node->left, GPU_DEVICE_MILLI, pod->devices);
        *score = (int64_t)-power_growth(power, node, pod, best);
        return (uint16_t)best;
    }
    for (uint32_t rest = gpu_first_devices(&node->left, pod->milli_per_device, GPU_DEVICES_MAX); rest != 0;
         rest &= rest - 1) {
        uint32_t one = rest & -rest;
        int64_t watts = (int64_t)-power_growth(power, node, pod, one);
        if (best == 0 || watts > *score) {
            best = one;
            *score = watts;
        }
    }
    return (uint16_t)best;
}

/* --- Scoring ------------------------------------------------------------------------------------------------------ */

int64_t gpu_scheduler_raw(const struct gpu_scheduler *scheduler, const struct gpu_scorer *scorer,
                          const struct gpu_node *node, const struct gpu_pod *pod)
{
    struct usage usage;
    int64_t watts = 0;
    switch (scorer->kind) {
    case GPU_SCORER_POLICY:
        return gpu_score(scheduler->inventory->fragmentation, scorer->policy, node, pod);
    case GPU_SCORER_SIMON:
        return simon(node, pod);
    case GPU_SCORER_POWER:
        (void)gpu_power_devices(scheduler->options.power, node, pod, &watts);
        return watts;
    case GPU_SCORER_LEAST_ALLOCATED:
    case GPU_SCORER_MOST_ALLOCATED:
        usage = usage_of(node, pod);
        return mean_of_shares(scorer, &usage, scorer->kind == GPU_SCORER_LEAST_ALLOCATED);
    case GPU_SCORER_CAPACITY_RATIO:
        usage = usage_of(node, pod);
        return capacity_ratio(scorer, &usage);
    case GPU_SCORER_BALANCED:
        usage = usage_of(node, pod);
        return balanced(&usage);
    case GPU_SCORER_SPREAD:
    case GPU_SCORERS:
        break;
    }
    check(false, "scorer %d", (int)scorer->kind);
    return 0;
}
