#include "models/gpu/place.h"

#include "models/gpu/cache.h"
#include "models/gpu/score.h"
#include "sim/check.h"
#include "sim/hash.h"

#include <string.h>

#include "sim/nomalloc.h"

/* --- Names -------------------------------------------------------------------------------------------------------------- */

static const char *const NAMES[GPU_POLICIES] = {
    [GPU_RANDOM] = "Random",      [GPU_DOT_PROD] = "DotProd", [GPU_CLUSTERING] = "GpuClustering",
    [GPU_PACKING] = "GpuPacking", [GPU_BEST_FIT] = "BestFit", [GPU_FGD] = "FGD",
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

/* --- One search --------------------------------------------------------------------------------------------------------- */

struct search {
    const struct gpu_inventory *inventory;
    const uint32_t *keys, *counts; /* the tournament's; counts for uniform choice only */
    size_t leaves;
    int32_t memory_mib;
    const uint32_t *marks; /* NULL: no node is forbidden */
    uint32_t stamp;
    const uint64_t *domains; /* NULL: all */
    size_t domain_words;
};

static bool leaf_allowed(const struct search *search, size_t leaf)
{
    return search->inventory->leaf_memory_mib[leaf] >= search->memory_mib &&
           (search->marks == NULL || search->marks[leaf] != search->stamp);
}

static bool by_chance(const struct gpu_place_options *options)
{
    return options->policy == GPU_RANDOM || options->ties == GPU_TIES_UNIFORM;
}

/* Whatever a score cannot depend on is cleared, so that equal requests share a shape. */
static struct gpu_shape shape_of(const struct gpu_pod *pod, const struct gpu_place_options *options)
{
    struct gpu_shape shape = {.policy = options->policy, .pod = {.cpu_milli = pod->cpu_milli}};
    shape.order = by_chance(options)                  ? GPU_ORDER_COUNTED
                  : options->ties == GPU_TIES_RANK ? GPU_ORDER_RANK
                                                      : GPU_ORDER_INDEX;
    if (pod->devices > 0) {
        shape.pod.devices = pod->devices;
        shape.pod.milli_per_device = pod->milli_per_device;
        shape.pod.models = pod->models;
    }
    return shape;
}

static void mark_forbidden(struct gpu_inventory *inventory, const struct gpu_place_options *options,
                           struct search *search)
{
    if (options->forbidden_count == 0)
        return;
    uint32_t *marks = gpu_score_cache_marks(inventory->cache, &search->stamp);
    for (size_t i = 0; i < options->forbidden_count; i++) {
        int32_t node = options->forbidden[i];
        check(node >= 0 && (size_t)node < inventory->count, "forbidden node %d of %zu", node, inventory->count);
        marks[inventory->nodes[node].leaf] = search->stamp;
    }
    search->marks = marks;
}

static struct search search_begin(struct gpu_inventory *inventory, const struct gpu_pod *pod,
                                  const struct gpu_place_options *options)
{
    check(inventory->sealed, "the inventory is not sealed yet");
    check(gpu_pod_valid(pod), "pod with %d milli-CPU, %u devices of %u milli", pod->cpu_milli, (unsigned)pod->devices,
          (unsigned)pod->milli_per_device);
    check(options->policy < GPU_POLICIES, "policy %d", (int)options->policy);
    check(options->policy != GPU_FGD || inventory->fragmentation != NULL, "FGD without a fragmentation measure");
    struct gpu_shape shape = shape_of(pod, options);
    const struct gpu_tournament *tournament = gpu_score_cache_get(inventory, &shape);
    struct search search = {.inventory = inventory,
                            .keys = tournament->keys,
                            .counts = tournament->counts,
                            .leaves = inventory->count,
                            .memory_mib = pod->memory_mib,
                            .domains = options->domains,
                            .domain_words = options->domain_words};
    mark_forbidden(inventory, options, &search);
    return search;
}

enum {
    ENTRIES_MAX = 48, /* of a range: two for each level, and 2^20 leaves have 21 */
    DRAWS = 8,        /* tries before the allowed leaves are counted one by one */
    SALT_DEVICE = 1,
    SALT_DRAW = 2
};

/* --- Ranges of leaves, one for each allowed domain ------------------------------------------------------------------------ */

struct range {
    size_t first, end;
    uint32_t next_domain;
};

/* Steps to the next maximal run of allowed leaves; start with {0}. */
static bool range_next(const struct search *search, struct range *range)
{
    const struct gpu_inventory *inventory = search->inventory;
    if (search->domains == NULL) {
        bool first_time = range->next_domain == 0;
        *range = (struct range){0, search->leaves, 1};
        return first_time;
    }
    for (uint32_t d = range->next_domain; d < inventory->domains && d / 64 < search->domain_words; d++) {
        if ((search->domains[d / 64] >> (d % 64) & 1) == 0)
            continue;
        *range = (struct range){inventory->domain_first[d], inventory->domain_first[d + 1], d + 1};
        if (range->first < range->end)
            return true;
    }
    return false;
}

/* --- Selecting by order --------------------------------------------------------------------------------------------------- */

/* The largest allowed key below entry `at` of the tournament, if it beats `best`. Branch and bound, the better child
 * first: usually a straight walk down, with detours only around leaves that memory or the caller rules out. */
static uint32_t subtree_best(const struct search *search, size_t at, uint32_t best)
{
    if (search->keys[at] <= best)
        return best;
    if (at >= search->leaves)
        return leaf_allowed(search, at - search->leaves) ? search->keys[at] : best;
    size_t first = search->keys[2 * at] >= search->keys[2 * at + 1] ? 2 * at : 2 * at + 1;
    best = subtree_best(search, first, best);
    return subtree_best(search, first ^ 1, best);
}

/* The entries that together cover exactly the leaves first..end-1, from left to right; returns how many. */
static unsigned range_entries(const struct search *search, const struct range *range, uint32_t entries[ENTRIES_MAX])
{
    uint32_t right[ENTRIES_MAX / 2];
    unsigned count = 0, on_right = 0;
    size_t first = search->leaves + range->first, end = search->leaves + range->end;
    for (; first < end; first /= 2, end /= 2) {
        if (first & 1)
            entries[count++] = (uint32_t)first++;
        if (end & 1)
            right[on_right++] = (uint32_t)--end;
    }
    while (on_right > 0)
        entries[count++] = right[--on_right];
    return count;
}

static uint32_t best_key(const struct search *search)
{
    if (search->domains == NULL)
        return subtree_best(search, 1, 0);
    uint32_t best = 0, entries[ENTRIES_MAX];
    for (struct range range = {0}; range_next(search, &range);) {
        unsigned count = range_entries(search, &range, entries);
        for (unsigned i = 0; i < count; i++)
            best = subtree_best(search, entries[i], best);
    }
    return best;
}

/* --- Selecting by chance -------------------------------------------------------------------------------------------------- */

static bool leaf_counts(const struct search *search, size_t leaf, uint32_t least)
{
    return search->keys[search->leaves + leaf] >= least && leaf_allowed(search, leaf);
}

/* Allowed leaves with at least the key `least`. */
static size_t count_leaves(const struct search *search, uint32_t least)
{
    size_t count = 0;
    for (struct range range = {0}; range_next(search, &range);)
        for (size_t leaf = range.first; leaf < range.end; leaf++)
            count += leaf_counts(search, leaf, least);
    return count;
}

/* Node of the k-th of them. */
static int32_t pick_leaf(const struct search *search, uint32_t least, size_t k)
{
    for (struct range range = {0}; range_next(search, &range);)
        for (size_t leaf = range.first; leaf < range.end; leaf++)
            if (leaf_counts(search, leaf, least) && k-- == 0)
                return (int32_t)search->inventory->by_leaf[leaf];
    check(false, "fewer leaves than counted");
    return GPU_NO_NODE;
}

/* random / 2^64 x count, rounded down: uniform up to count / 2^64. */
static size_t scale_random(uint64_t random, size_t count)
{
    uint64_t high = random >> 32, low = random & UINT32_MAX; /* count < 2^32 */
    return (size_t)((high * count + (low * count >> 32)) >> 32);
}

/* How many leaves of the allowed domains have the class, by the tournament's counts; 0 if some leaf beats it (one that
 * memory or the caller ruled out), for then the counts are about that leaf. */
static size_t tied_leaves(const struct search *search, uint32_t class)
{
    size_t tied = 0;
    uint32_t entries[ENTRIES_MAX];
    for (struct range range = {0}; range_next(search, &range);) {
        unsigned count = range_entries(search, &range, entries);
        for (unsigned i = 0; i < count; i++) {
            uint32_t found = gpu_key_class(search->keys[entries[i]]);
            if (found > class)
                return 0;
            tied += found == class ? search->counts[entries[i]] : 0;
        }
    }
    return tied;
}

static size_t tied_below(const struct search *search, size_t at, uint32_t class)
{
    return gpu_key_class(search->keys[at]) == class ? search->counts[at] : 0;
}

/* The k-th of them. */
static size_t tied_leaf(const struct search *search, uint32_t class, size_t k)
{
    uint32_t entries[ENTRIES_MAX];
    for (struct range range = {0}; range_next(search, &range);) {
        unsigned count = range_entries(search, &range, entries);
        for (unsigned i = 0; i < count; i++) {
            size_t at = entries[i], below = tied_below(search, at, class);
            if (k >= below) {
                k -= below;
                continue;
            }
            while (at < search->leaves) {
                at *= 2;
                below = tied_below(search, at, class);
                if (k >= below) {
                    k -= below;
                    at++;
                }
            }
            return at - search->leaves;
        }
    }
    check(false, "fewer leaves than counted");
    return 0;
}

/* A node among the allowed leaves of the best class, uniformly. */
static int32_t draw_node(const struct search *search, uint32_t best, uint64_t random)
{
    uint32_t class = gpu_key_class(best);
    size_t tied = tied_leaves(search, class);
    for (uint64_t draw = 0; draw < DRAWS && tied > 0; draw++) {
        uint64_t fresh = draw == 0 ? random : hash_word(random, SALT_DRAW + draw);
        size_t leaf = tied_leaf(search, class, scale_random(fresh, tied));
        if (leaf_allowed(search, leaf))
            return (int32_t)search->inventory->by_leaf[leaf];
    }
    uint32_t least = class << GPU_KEY_ORDER_BITS;
    uint64_t last = hash_word(random, SALT_DRAW);
    return pick_leaf(search, least, scale_random(last, count_leaves(search, least)));
}

/* --- Devices -------------------------------------------------------------------------------------------------------------- */

static unsigned extreme_device(const struct gpu_left *state, unsigned milli, bool smallest)
{
    unsigned found = GPU_DEVICES_MAX;
    for (unsigned i = 0; i < state->devices; i++) {
        if (state->milli[i] < milli)
            continue;
        if (found == GPU_DEVICES_MAX || (smallest ? state->milli[i] < state->milli[found] : state->milli[i] > state->milli[found]))
            found = i;
    }
    return found;
}

static unsigned random_device(const struct gpu_left *state, unsigned milli, uint64_t random)
{
    uint32_t mask = gpu_first_devices(state, milli, GPU_DEVICES_MAX);
    /* A second number from the one given, for the node took the first. */
    size_t k = scale_random(hash_word(random, SALT_DEVICE), (size_t)__builtin_popcount(mask));
    while (k-- > 0)
        mask &= mask - 1;
    return (unsigned)__builtin_ctz(mask);
}

static enum gpu_device_rule device_rule(const struct gpu_place_options *options)
{
    if (options->device != GPU_DEVICE_DEFAULT)
        return options->device;
    return options->policy == GPU_RANDOM ? GPU_DEVICE_RANDOM
           : options->policy == GPU_FGD  ? GPU_DEVICE_SCORED
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
        check(options->policy == GPU_FGD, "only FGD scores devices");
        device = gpu_fgd_device(inventory->fragmentation, node, pod);
        break;
    }
    return (uint16_t)(1U << device);
}

/* --- Calls ---------------------------------------------------------------------------------------------------------------- */

bool gpu_find(struct gpu_inventory *inventory, const struct gpu_pod *pod, const struct gpu_place_options *options,
              struct gpu_placement *placement)
{
    struct search search = search_begin(inventory, pod, options);
    uint32_t best = best_key(&search);
    if (best == 0)
        return false;
    uint32_t order = gpu_key_order(best);
    int32_t index = by_chance(options)               ? draw_node(&search, best, options->random)
                    : options->ties == GPU_TIES_RANK ? (int32_t)inventory->by_order[order]
                                                     : (int32_t)order;
    const struct gpu_node *node = &inventory->nodes[index];
    *placement = (struct gpu_placement){index, choose_devices(inventory, node, pod, options), gpu_key_score(best)};
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
    struct search search = search_begin(inventory, pod, options);
    return count_leaves(&search, 1);
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
