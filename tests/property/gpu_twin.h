/* The slow, obvious twin of the placement core, and random worlds for both.
 *
 * The twin keeps nothing but what is left of each node; it filters, scores and selects by walking over everything, with
 * formulas written again from the published rules. */
#ifndef NINES_TESTS_PROPERTY_GPU_TWIN_H
#define NINES_TESTS_PROPERTY_GPU_TWIN_H

#include "models/gpu/place.h"
#include "sim/base/arena.h"
#include "sim/base/hash.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

enum { NODES = 24, RESIDENTS = 400, TYPICAL = 12, DOMAINS = 70, POD_LIMIT = 12 };

/* --- Chance ------------------------------------------------------------------------------------------------------- */

struct dice {
    uint64_t seed, count;
};

static inline uint64_t roll(struct dice *dice)
{
    return hash_word(dice->seed, dice->count++);
}
static inline uint32_t below(struct dice *dice, uint32_t limit)
{
    return (uint32_t)(roll(dice) % limit);
}

/* --- The twin ----------------------------------------------------------------------------------------------------- */

struct twin_node {
    struct gpu_node_options capacity;
    int cpu, memory, pods;
    int gpu[GPU_DEVICES_MAX];
    int tags[GPU_TAGS];
    bool available;
};

struct resident {
    struct gpu_pod pod;
    struct gpu_placement placement;
};

struct twin {
    struct twin_node nodes[NODES];
    int count;
    struct gpu_typical typical[TYPICAL];
    int typical_count;
    struct resident residents[RESIDENTS];
    int resident_count;
};

static inline bool shared(const struct gpu_pod *pod)
{
    return pod->devices == 1 && pod->milli_per_device < 1000;
}

static inline int devices_with(const struct twin_node *node, int milli)
{
    int count = 0;
    for (int i = 0; i < node->capacity.devices; i++)
        count += node->gpu[i] >= milli;
    return count;
}

static inline bool model_admitted(uint64_t models, int model)
{
    return models == 0 || (models >> model & 1) != 0;
}

static inline bool allowed(const struct gpu_place_options *options, int domain, int index)
{
    if (options->domains != NULL &&
        ((size_t)domain >= 64 * options->domain_words || (options->domains[domain / 64] >> domain % 64 & 1) == 0))
        return false;
    for (size_t i = 0; i < options->forbidden_count; i++)
        if (options->forbidden[i] == index)
            return false;
    return true;
}

static inline bool fits(const struct twin_node *node, const struct gpu_pod *pod)
{
    if (!node->available || node->cpu < pod->cpu_milli || node->memory < pod->memory_mib || node->pods >= POD_LIMIT)
        return false;
    if (pod->devices == 0)
        return true;
    return node->capacity.devices > 0 && model_admitted(pod->models, node->capacity.model) &&
           devices_with(node, pod->milli_per_device) >= pod->devices;
}

static inline double fragmentation(const struct twin *twin, const struct twin_node *node)
{
    double q1 = 0, q2 = 0, q4 = 0, xl = 0, xr = 0, na = 0;
    for (int m = 0; m < twin->typical_count; m++) {
        const struct gpu_typical *t = &twin->typical[m];
        double total = 0, small = 0;
        for (int i = 0; i < node->capacity.devices; i++) {
            total += node->gpu[i];
            small += node->gpu[i] < t->milli_per_device ? node->gpu[i] : 0;
        }
        bool cpu = node->cpu >= t->cpu_milli, gpu = devices_with(node, t->milli_per_device) >= t->devices;
        if (t->devices == 0 && cpu)
            xl += t->weight * total;
        else if (t->devices == 0)
            xr += t->weight * total;
        else if (!model_admitted(t->models, node->capacity.model))
            na += t->weight * total;
        else if (gpu && cpu)
            q2 += t->weight * small;
        else if (gpu)
            q4 += t->weight * total;
        else if (cpu)
            q2 += t->weight * total;
        else
            q1 += t->weight * total;
    }
    return q1 + q2 + q4 + xl + xr + na;
}

static inline int sigmoid(double x)
{
    return (int)(100.0 * (1.0 / (1.0 + (double)expl(-(long double)x))));
}

/* FGD score, and the device for a shared pod. */
static inline int gradient(const struct twin *twin, const struct twin_node *node, const struct gpu_pod *pod,
                           int *device)
{
    double before = fragmentation(twin, node);
    int best = -1;
    *device = -1;
    if (!shared(pod)) {
        struct twin_node after = *node;
        after.cpu -= pod->cpu_milli;
        for (int i = 0, left = pod->devices; left > 0; i++)
            if (after.gpu[i] == 1000) {
                after.gpu[i] = 0;
                left--;
            }
        return sigmoid((before - fragmentation(twin, &after)) / 1000.0);
    }
    for (int i = 0; i < node->capacity.devices; i++) {
        if (node->gpu[i] < pod->milli_per_device)
            continue;
        struct twin_node after = *node;
        after.cpu -= pod->cpu_milli;
        after.gpu[i] -= pod->milli_per_device;
        int score = sigmoid((before - fragmentation(twin, &after)) / 1000.0);
        if (score > best) {
            best = score;
            *device = i;
        }
    }
    return best;
}

static inline int gpu_left(const struct twin_node *node)
{
    int left = 0;
    for (int i = 0; i < node->capacity.devices; i++)
        left += node->gpu[i];
    return left;
}

static inline int score_clustering(const struct twin_node *node, const struct gpu_pod *pod)
{
    int base = 25 * (8000 - gpu_left(node)) / 8000, kinds = 0;
    int tag = shared(pod) ? 0 : pod->devices;
    for (int t = 0; t < GPU_TAGS; t++)
        kinds += node->tags[t] > 0;
    if (node->tags[tag] > 0)
        return base + (kinds == 1 ? 75 : 50);
    return base + (kinds == 0 ? 25 : 0);
}

static inline int score_packing(const struct twin_node *node, const struct gpu_pod *pod)
{
    int idle = devices_with(node, 1000), devices = node->capacity.devices, used_idle = 0, percent = 0;
    bool taken[GPU_DEVICES_MAX] = {false};
    if (idle == devices)
        return 33 - idle > idle ? 33 - idle : idle;
    for (int need = pod->devices; need > 0; need--) {
        int best = -1;
        for (int i = 0; i < devices; i++)
            if (!taken[i] && node->gpu[i] >= pod->milli_per_device && (best < 0 || node->gpu[i] < node->gpu[best]))
                best = i;
        taken[best] = true;
        used_idle += node->gpu[best] == 1000;
        percent += node->gpu[best] * 100 / 1000;
    }
    if (used_idle > 0)
        return 50 - used_idle > 33 ? 50 - used_idle : 33;
    return 100 - percent / 10 > 50 ? 100 - percent / 10 : 50;
}

/* --- DotProd in every form: vectors written out, then multiplied --- */

enum { DOT_GROUPS = GPU_DEVICES_MAX + 1, DOT_LENGTH = GPU_DEVICES_MAX + 2 };

struct dot_group {
    double node[DOT_LENGTH], pod[DOT_LENGTH];
    int device; /* -1: whichever is idle first */
};

/* Fills groups of equally long vectors, element 0 the CPU; returns how many. extension: 0 merge, 1 share, 2 divide, 3
 * extend. */
static inline int dot_groups(const struct twin_node *node, const struct gpu_pod *pod, int extension,
                             struct dot_group groups[DOT_GROUPS], int *length)
{
    int pools[DOT_GROUPS], device[DOT_GROUPS], count = 0, found = 0, idle = devices_with(node, 1000) * 1000;
    double request = gpu_pod_milli(pod), all = 0;
    for (int i = 0; i < node->capacity.devices; i++) {
        all += node->gpu[i];
        if (node->gpu[i] < 1000 && (extension < 3 || node->gpu[i] > 0)) {
            pools[count] = node->gpu[i];
            device[count++] = i;
        }
    }
    if (extension < 3 || idle > 0) {
        pools[count] = idle;
        device[count++] = -1;
    }
    *length = extension == 3 ? 1 + count : 2;
    if (extension == 0) {
        groups[0] = (struct dot_group){{node->cpu, all}, {pod->cpu_milli, request}, -1};
        return 1;
    }
    for (int i = 0; i < count; i++) {
        if (pools[i] < request || (device[i] >= 0 && request >= 1000) || (extension == 2 && all == 0))
            continue;
        struct dot_group *group = &groups[found++];
        *group = (struct dot_group){{node->cpu, pools[i]}, {pod->cpu_milli, request}, device[i]};
        if (extension == 2)
            group->node[0] = (double)node->cpu * pools[i] / all;
        for (int k = 0; extension == 3 && k < count; k++) {
            group->node[1 + k] = pools[k];
            group->pod[1 + k] = k == i ? request : 0;
        }
    }
    return found;
}

/* norm: 0 max, 1 node, 2 pod. */
static inline double dot_mean(const struct twin_node *node, const struct gpu_pod *pod, int norm,
                              const struct dot_group *group, int length)
{
    double sum = 0;
    for (int k = 0; k < length; k++) {
        double unit = norm == 0   ? (k == 0 ? 128000.0 : 8000.0)
                      : norm == 1 ? (k == 0 ? node->capacity.cpu_milli : node->capacity.devices * 1000.0)
                                  : (k == 0 ? pod->cpu_milli : gpu_pod_milli(pod));
        sum += unit > 0 ? (group->node[k] / unit) * (group->pod[k] / unit) : 0;
    }
    return sum / length;
}

static inline int score_dot(const struct twin_node *node, const struct gpu_pod *pod, enum gpu_policy policy,
                            int *device)
{
    static const enum gpu_policy forms[4][3] = {{GPU_DOT_PROD, GPU_DOT_MERGE_NODE, GPU_DOT_MERGE_POD},
                                                {GPU_DOT_SHARE_MAX, GPU_DOT_SHARE_NODE, GPU_DOT_SHARE_POD},
                                                {GPU_DOT_DIVIDE_MAX, GPU_DOT_DIVIDE_NODE, GPU_DOT_DIVIDE_POD},
                                                {GPU_DOT_EXTEND_MAX, GPU_DOT_EXTEND_NODE, GPU_DOT_EXTEND_POD}};
    struct dot_group groups[DOT_GROUPS];
    int extension = 0, norm = 0, length, best = -1;
    while (forms[extension][norm] != policy) {
        extension += norm == 2;
        norm = (norm + 1) % 3;
    }
    int count = dot_groups(node, pod, extension, groups, &length);
    double best_value = 0, best_mean = 0;
    for (int i = 0; i < count; i++) {
        double mean = dot_mean(node, pod, norm, &groups[i], length), value = norm == 2 ? -mean : 1 - mean;
        if (best < 0 || value > best_value) {
            best = i;
            best_value = value;
            best_mean = mean;
        }
    }
    if (best < 0)
        return 0;
    *device = groups[best].device;
    for (int i = 0; *device < 0 && i < node->capacity.devices; i++)
        if (node->gpu[i] == 1000)
            *device = i;
    return (int)(100.0 * (norm == 2 ? 1.0 - (double)tanhl((long double)(best_mean / 10)) : best_value));
}

static inline int score(const struct twin *twin, const struct twin_node *node, const struct gpu_pod *pod,
                        enum gpu_policy policy)
{
    double a = pod->cpu_milli, r = gpu_pod_milli(pod), cpu = node->cpu, gpu = gpu_left(node);
    int device;
    switch (policy) {
    case GPU_RANDOM:
        return 100;
    case GPU_BEST_FIT:
        return (int)(100.0 * (1.0 - (0.5 * ((cpu - a) / 128000.0) + 0.5 * ((gpu - r) / 8000.0))));
    case GPU_DOT_PROD:
        return (int)(100.0 * (1.0 - ((cpu / 128000.0) * (a / 128000.0) + (gpu / 8000.0) * (r / 8000.0)) / 2.0));
    case GPU_CLUSTERING:
        return pod->devices == 0 ? 0 : score_clustering(node, pod);
    case GPU_PACKING:
        return pod->devices == 0 ? 0 : score_packing(node, pod);
    case GPU_FGD:
        return gradient(twin, node, pod, &device);
    default:
        return score_dot(node, pod, policy, &device);
    }
}

static inline int uniform(uint64_t random, int count)
{
    return (int)((wide)random * (wide)count >> 64);
}

/* True if node a comes before node b among equals. */
static inline bool earlier(const struct twin *twin, enum gpu_ties ties, int a, int b)
{
    uint32_t rank_a = twin->nodes[a].capacity.rank, rank_b = twin->nodes[b].capacity.rank;
    return ties == GPU_TIES_RANK && rank_a != rank_b ? rank_a < rank_b : a < b;
}

/* Among `candidates`, the k-th in order of (domain, index). */
static inline int kth(const struct twin *twin, const bool candidates[NODES], int k)
{
    for (int domain = 0; domain < DOMAINS; domain++)
        for (int i = 0; i < twin->count; i++)
            if (candidates[i] && twin->nodes[i].capacity.domain == domain && k-- == 0)
                return i;
    return -1;
}

static inline uint16_t devices_for(const struct twin *twin, const struct twin_node *node, const struct gpu_pod *pod,
                                   const struct gpu_place_options *options)
{
    uint32_t mask = 0;
    int found = -1;
    if (!shared(pod)) {
        for (int i = 0, need = pod->devices; need > 0; i++)
            if (node->gpu[i] == 1000) {
                mask |= 1U << i;
                need--;
            }
        return (uint16_t)mask;
    }
    enum gpu_device_rule rule = options->device;
    if (rule == GPU_DEVICE_DEFAULT)
        rule = options->policy == GPU_RANDOM          ? GPU_DEVICE_RANDOM
               : options->policy == GPU_FGD           ? GPU_DEVICE_SCORED
               : options->policy >= GPU_DOT_SHARE_MAX ? GPU_DEVICE_SCORED
                                                      : GPU_DEVICE_BEST;
    int k = uniform(hash_word(options->random, 1), devices_with(node, pod->milli_per_device));
    for (int i = 0; i < node->capacity.devices; i++) {
        if (node->gpu[i] < pod->milli_per_device)
            continue;
        if ((rule == GPU_DEVICE_RANDOM && k-- == 0) ||
            (rule == GPU_DEVICE_BEST && (found < 0 || node->gpu[i] < node->gpu[found])) ||
            (rule == GPU_DEVICE_WORST && (found < 0 || node->gpu[i] > node->gpu[found])))
            found = i;
    }
    if (rule == GPU_DEVICE_SCORED && options->policy == GPU_FGD)
        gradient(twin, node, pod, &found);
    else if (rule == GPU_DEVICE_SCORED)
        score_dot(node, pod, options->policy, &found);
    return (uint16_t)(1U << found);
}

/* Uniform among the equals, as place.h says: drawn among all whose score is best, drawn again when memory or the caller
 * rules the drawn one out; counted among those left when that fails 8 times, or when one that is ruled out scores
 * higher. */
static inline int twin_draw(const struct twin *twin, const bool tied[NODES], const bool feasible[NODES], bool outranked,
                            uint64_t random)
{
    bool left[NODES];
    int all = 0, count = 0;
    for (int i = 0; i < twin->count; i++) {
        left[i] = tied[i] && feasible[i];
        all += tied[i];
        count += left[i];
    }
    for (uint64_t draw = 0; draw < 8 && !outranked; draw++) {
        int node = kth(twin, tied, uniform(draw == 0 ? random : hash_word(random, 2 + draw), all));
        if (feasible[node])
            return node;
    }
    return kth(twin, left, uniform(hash_word(random, 2), count));
}

/* Returns how many nodes are feasible. */
static inline int twin_find(const struct twin *twin, const struct gpu_pod *pod, const struct gpu_place_options *options,
                            struct gpu_placement *out)
{
    int best = -1, count = 0, scores[NODES];
    bool tied[NODES], feasible[NODES], outranked = false;
    struct gpu_pod weightless = *pod; /* memory is looked at last */
    struct gpu_place_options anywhere = *options;
    weightless.memory_mib = 0;
    anywhere.forbidden_count = 0;
    for (int i = 0; i < twin->count; i++) {
        const struct twin_node *node = &twin->nodes[i];
        feasible[i] = fits(node, pod) && allowed(options, node->capacity.domain, i);
        tied[i] = fits(node, &weightless) && allowed(&anywhere, node->capacity.domain, i);
        scores[i] = tied[i] ? score(twin, node, pod, options->policy) : 0;
        count += feasible[i];
        if (feasible[i] && (best < 0 || scores[i] > scores[best] ||
                            (scores[i] == scores[best] && earlier(twin, options->ties, i, best))))
            best = i;
    }
    if (count == 0)
        return 0;
    int best_score = scores[best];
    for (int i = 0; i < twin->count; i++) {
        outranked = outranked || (tied[i] && scores[i] > best_score);
        tied[i] = tied[i] && scores[i] == best_score;
    }
    if (options->policy == GPU_RANDOM || options->ties == GPU_TIES_UNIFORM)
        best = twin_draw(twin, tied, feasible, outranked, options->random);
    *out = (struct gpu_placement){best, devices_for(twin, &twin->nodes[best], pod, options), best_score};
    return count;
}

static inline void twin_apply(struct twin *twin, const struct resident *resident, int sign)
{
    const struct gpu_pod *pod = &resident->pod;
    struct twin_node *node = &twin->nodes[resident->placement.node];
    node->cpu -= sign * pod->cpu_milli;
    node->memory -= sign * pod->memory_mib;
    node->pods += sign;
    for (int i = 0; i < GPU_DEVICES_MAX; i++)
        if ((resident->placement.devices >> i & 1) != 0)
            node->gpu[i] -= sign * pod->milli_per_device;
    if (pod->devices > 0)
        node->tags[shared(pod) ? 0 : pod->devices] += sign;
}

/* --- Random worlds ------------------------------------------------------------------------------------------------ */

static inline struct gpu_pod random_pod(struct dice *dice)
{
    static const uint16_t counts[] = {1, 1, 1, 2, 2, 4, 8, 16};
    static const uint16_t millis[] = {100, 250, 300, 460, 500, 810, 999};
    struct gpu_pod pod = {.cpu_milli = (int32_t)below(dice, 9) * 1500, .memory_mib = (int32_t)below(dice, 7) * 4000};
    uint32_t kind = below(dice, 8);
    if (kind == 0)
        return pod;
    pod.devices = kind < 4 ? 1 : counts[below(dice, 8)];
    pod.milli_per_device = kind < 4 ? millis[below(dice, 7)] : 1000;
    if (below(dice, 5) == 0)
        pod.models = 1 + below(dice, 7);
    return pod;
}

static inline void random_typical(struct dice *dice, struct twin *twin)
{
    double sum = 0;
    twin->typical_count = 1 + (int)below(dice, TYPICAL);
    for (int i = 0; i < twin->typical_count; i++) {
        struct gpu_pod pod = random_pod(dice);
        twin->typical[i] = (struct gpu_typical){.cpu_milli = pod.cpu_milli,
                                                .devices = pod.devices,
                                                .milli_per_device = pod.devices > 0 ? pod.milli_per_device : 0,
                                                .models = pod.models,
                                                .weight = 1 + below(dice, 1000)};
        sum += twin->typical[i].weight;
    }
    for (int i = 0; i < twin->typical_count; i++)
        twin->typical[i].weight /= sum;
}

static inline void random_nodes(struct dice *dice, struct twin *twin, int count)
{
    static const uint8_t devices[] = {0, 1, 2, 4, 8, 16};
    twin->count = count;
    for (int i = 0; i < count; i++) {
        struct gpu_node_options node = {.cpu_milli = 16000 * (1 + (int32_t)below(dice, 8)),
                                        .memory_mib = 16384 * (1 + (int32_t)below(dice, 4)),
                                        .devices = devices[below(dice, 6)],
                                        .model = (uint8_t)below(dice, 3),
                                        .domain = (uint16_t)(below(dice, 3) == 0 ? 68 : below(dice, 4)),
                                        .rank = below(dice, 10)};
        twin->nodes[i] =
            (struct twin_node){.capacity = node, .cpu = node.cpu_milli, .memory = node.memory_mib, .available = true};
        for (int d = 0; d < node.devices; d++)
            twin->nodes[i].gpu[d] = 1000;
    }
}

static inline struct gpu_inventory *build(struct arena *arena, const struct twin *twin)
{
    struct gpu_inventory_options options = {
        .nodes = (size_t)twin->count,
        .shapes = 6, /* fewer than there are: slots are pushed out all the time */
        .pods_per_node = POD_LIMIT,
        .fragmentation = gpu_fragmentation_create(arena, twin->typical, (size_t)twin->typical_count, 64),
    };
    struct gpu_inventory *inventory = gpu_inventory_create(arena, &options);
    for (int i = 0; i < twin->count; i++)
        gpu_inventory_add_node(inventory, &twin->nodes[i].capacity);
    gpu_inventory_seal(inventory);
    for (int i = 0; i < twin->count; i++)
        gpu_node_set_available(inventory, i, twin->nodes[i].available);
    return inventory;
}

#endif
