#include "models/gpu/search.h"

#include "models/gpu/cache.h"
#include "sim/base/check.h"
#include "sim/base/hash.h"

#include "sim/base/nomalloc.h"

static bool leaf_allowed(const struct gpu_search *search, size_t leaf)
{
    return search->inventory->leaf_memory_mib[leaf] >= search->memory_mib &&
           (search->marks == NULL || search->marks[leaf] != search->stamp);
}

/* Whatever a score cannot depend on is cleared, so that equal requests share a shape. */
static struct gpu_shape shape_of(const struct gpu_pod *pod, const struct gpu_place_options *options)
{
    struct gpu_shape shape = {.policy = options->policy, .pod = {.cpu_milli = pod->cpu_milli}};
    shape.order = gpu_by_chance(options)           ? GPU_ORDER_COUNTED
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
                           struct gpu_search *search)
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

struct gpu_search gpu_search_begin(struct gpu_inventory *inventory, const struct gpu_pod *pod,
                                   const struct gpu_place_options *options)
{
    check(inventory->sealed, "the inventory is not sealed yet");
    check(gpu_pod_valid(pod), "pod with %d milli-CPU, %u devices of %u milli", pod->cpu_milli, (unsigned)pod->devices,
          (unsigned)pod->milli_per_device);
    check(options->policy < GPU_POLICIES, "policy %d", (int)options->policy);
    check(options->policy != GPU_FGD || inventory->fragmentation != NULL, "FGD without a fragmentation measure");
    struct gpu_shape shape = shape_of(pod, options);
    const struct gpu_tournament *tournament = gpu_score_cache_get(inventory, &shape);
    struct gpu_search search = {.inventory = inventory,
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
    DRAWS = 8         /* tries before the allowed leaves are counted one by one */
};

/* --- Ranges of leaves, one for each allowed domain ---------------------------------------------------------------- */

struct range {
    size_t first, end;
    uint32_t next_domain;
};

/* Steps to the next maximal run of allowed leaves; start with {0}. */
static bool range_next(const struct gpu_search *search, struct range *range)
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

/* --- Selecting by order ------------------------------------------------------------------------------------------- */

/* The largest allowed key below entry `at` of the tournament, if it beats `best`. Branch and bound, the better child
 * first: usually a straight walk down, with detours only around leaves that memory or the caller rules out. */
static uint32_t subtree_best(const struct gpu_search *search, size_t at, uint32_t best)
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
static unsigned range_entries(const struct gpu_search *search, const struct range *range, uint32_t entries[ENTRIES_MAX])
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

uint32_t gpu_search_best(const struct gpu_search *search)
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

/* --- Selecting by chance ------------------------------------------------------------------------------------------ */

static bool leaf_counts(const struct gpu_search *search, size_t leaf, uint32_t least)
{
    return search->keys[search->leaves + leaf] >= least && leaf_allowed(search, leaf);
}

/* Allowed leaves with at least the key `least`. */
size_t gpu_search_count(const struct gpu_search *search, uint32_t least)
{
    size_t count = 0;
    for (struct range range = {0}; range_next(search, &range);)
        for (size_t leaf = range.first; leaf < range.end; leaf++)
            count += leaf_counts(search, leaf, least);
    return count;
}

/* Node of the k-th of them. */
static int32_t pick_leaf(const struct gpu_search *search, uint32_t least, size_t k)
{
    for (struct range range = {0}; range_next(search, &range);)
        for (size_t leaf = range.first; leaf < range.end; leaf++)
            if (leaf_counts(search, leaf, least) && k-- == 0)
                return (int32_t)search->inventory->by_leaf[leaf];
    check(false, "fewer leaves than counted");
    return GPU_NO_NODE;
}

/* How many leaves of the allowed domains have the class, by the tournament's counts; 0 if some leaf beats it (one that
 * memory or the caller ruled out), for then the counts are about that leaf. */
static size_t tied_leaves(const struct gpu_search *search, uint32_t class)
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

static size_t tied_below(const struct gpu_search *search, size_t at, uint32_t class)
{
    return gpu_key_class(search->keys[at]) == class ? search->counts[at] : 0;
}

/* The k-th of them. */
static size_t tied_leaf(const struct gpu_search *search, uint32_t class, size_t k)
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
int32_t gpu_search_draw(const struct gpu_search *search, uint32_t best, uint64_t random)
{
    uint32_t class = gpu_key_class(best);
    size_t tied = tied_leaves(search, class);
    for (uint64_t draw = 0; draw < DRAWS && tied > 0; draw++) {
        uint64_t fresh = draw == 0 ? random : hash_word(random, GPU_SALT_DRAW + draw);
        size_t leaf = tied_leaf(search, class, gpu_scale_random(fresh, tied));
        if (leaf_allowed(search, leaf))
            return (int32_t)search->inventory->by_leaf[leaf];
    }
    uint32_t least = class << GPU_KEY_ORDER_BITS;
    uint64_t last = hash_word(random, GPU_SALT_DRAW);
    return pick_leaf(search, least, gpu_scale_random(last, gpu_search_count(search, least)));
}
