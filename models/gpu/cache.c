#include "models/gpu/cache.h"

#include "models/gpu/score.h"
#include "sim/base/check.h"
#include "sim/base/hash.h"

#include <string.h>

#include "sim/base/nomalloc.h"

enum { NO_SLOT = -1 };

struct slot {
    struct gpu_shape shape;
    uint64_t version;  /* inventory's, when the tournament was last brought up to date; 0: never */
    uint64_t used;     /* tick of the last use, for eviction */
    struct gpu_tournament tournament;
    int32_t chain;     /* next slot of the same bucket */
};

struct gpu_score_cache {
    struct slot *slots; /* [room] */
    size_t room, filled;
    int32_t *buckets;   /* [bucket_mask + 1] */
    size_t bucket_mask;
    uint64_t tick;
    size_t nodes;
    uint32_t *marks; /* [nodes], by leaf */
    uint32_t stamp;
};

struct gpu_score_cache *gpu_score_cache_create(struct arena *arena, size_t nodes, size_t shapes)
{
    struct gpu_score_cache *cache = arena_new(arena, struct gpu_score_cache);
    size_t buckets = 1;
    while (buckets < 2 * shapes)
        buckets *= 2;
    *cache = (struct gpu_score_cache){
        .slots = arena_array(arena, shapes, struct slot),
        .room = shapes,
        .buckets = arena_array(arena, buckets, int32_t),
        .bucket_mask = buckets - 1,
        .nodes = nodes,
        .marks = arena_array(arena, nodes, uint32_t),
    };
    for (size_t i = 0; i < buckets; i++)
        cache->buckets[i] = NO_SLOT;
    /* Not cleared: what is never used is never touched, and costs address space only. */
    uint32_t *entries = arena_alloc(arena, shapes * 4, nodes * sizeof *entries);
    for (size_t i = 0; i < shapes; i++)
        cache->slots[i].tournament = (struct gpu_tournament){entries + 4 * i * nodes, entries + (4 * i + 2) * nodes};
    return cache;
}

/* --- Finding the slot --------------------------------------------------------------------------------------------- */

static size_t bucket_of(const struct gpu_score_cache *cache, const struct gpu_shape *shape)
{
    uint64_t hash = hash_word((uint64_t)shape->policy << 2 | (uint64_t)shape->order, shape->pod.models);
    hash = hash_word(hash, (uint64_t)(uint32_t)shape->pod.cpu_milli << 32 | (uint32_t)shape->pod.devices << 16 |
                               shape->pod.milli_per_device);
    return hash & cache->bucket_mask;
}

static bool shapes_equal(const struct gpu_shape *a, const struct gpu_shape *b)
{
    return a->policy == b->policy && a->order == b->order && a->pod.cpu_milli == b->pod.cpu_milli &&
           a->pod.devices == b->pod.devices && a->pod.milli_per_device == b->pod.milli_per_device &&
           a->pod.models == b->pod.models;
}

static void chain_remove(struct gpu_score_cache *cache, int32_t slot)
{
    int32_t *link = &cache->buckets[bucket_of(cache, &cache->slots[slot].shape)];
    while (*link != slot)
        link = &cache->slots[*link].chain;
    *link = cache->slots[slot].chain;
}

static int32_t least_recent(const struct gpu_score_cache *cache)
{
    size_t oldest = 0;
    for (size_t i = 1; i < cache->filled; i++)
        if (cache->slots[i].used < cache->slots[oldest].used)
            oldest = i;
    return (int32_t)oldest;
}

static struct slot *slot_make(struct gpu_score_cache *cache, const struct gpu_shape *shape)
{
    int32_t index;
    if (cache->filled < cache->room) {
        index = (int32_t)cache->filled++;
    } else {
        index = least_recent(cache);
        chain_remove(cache, index);
    }
    struct slot *slot = &cache->slots[index];
    size_t bucket = bucket_of(cache, shape);
    slot->shape = *shape;
    slot->version = 0;
    slot->chain = cache->buckets[bucket];
    cache->buckets[bucket] = index;
    return slot;
}

static struct slot *slot_get(struct gpu_score_cache *cache, const struct gpu_shape *shape)
{
    int32_t at = cache->buckets[bucket_of(cache, shape)];
    while (at != NO_SLOT && !shapes_equal(&cache->slots[at].shape, shape))
        at = cache->slots[at].chain;
    struct slot *slot = at != NO_SLOT ? &cache->slots[at] : slot_make(cache, shape);
    slot->used = ++cache->tick;
    return slot;
}

/* --- The tournament ----------------------------------------------------------------------------------------------- */

static uint32_t key_of(const struct gpu_inventory *inventory, const struct gpu_shape *shape, int32_t index)
{
    if (!gpu_node_fits(inventory, index, &shape->pod))
        return 0;
    const struct gpu_node *node = &inventory->nodes[index];
    int32_t score = gpu_score(inventory->fragmentation, shape->policy, node, &shape->pod);
    check(score > -GPU_KEY_SCORE_BIAS && score < GPU_KEY_SCORE_BIAS, "score %d of node %d", score, index);
    uint32_t order = shape->order == GPU_ORDER_RANK ? node->order : (uint32_t)index;
    return (uint32_t)(score + GPU_KEY_SCORE_BIAS) << GPU_KEY_ORDER_BITS |
           (~order & ((1U << GPU_KEY_ORDER_BITS) - 1));
}

static uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }

/* Plays the match at an inner entry again. Returns whether its outcome changed. */
static bool play(struct gpu_tournament *t, size_t at)
{
    uint32_t winner = larger(t->keys[2 * at], t->keys[2 * at + 1]);
    bool changed = t->keys[at] != winner;
    t->keys[at] = winner;
    return changed;
}

static bool play_counted(struct gpu_tournament *t, size_t at)
{
    uint32_t left = gpu_key_class(t->keys[2 * at]), right = gpu_key_class(t->keys[2 * at + 1]);
    uint32_t count = (left >= right ? t->counts[2 * at] : 0) + (right >= left ? t->counts[2 * at + 1] : 0);
    bool changed = t->counts[at] != count;
    t->counts[at] = count;
    return play(t, at) || changed;
}

static void tournament_set(struct slot *slot, size_t leaves, uint32_t leaf, uint32_t key)
{
    struct gpu_tournament *t = &slot->tournament;
    bool counted = slot->shape.order == GPU_ORDER_COUNTED;
    size_t at = leaves + leaf;
    if (t->keys[at] == key)
        return;
    t->keys[at] = key;
    for (at /= 2; at >= 1; at /= 2)
        if (!(counted ? play_counted(t, at) : play(t, at)))
            return;
}

static void tournament_build(const struct gpu_inventory *inventory, struct slot *slot)
{
    struct gpu_tournament *t = &slot->tournament;
    size_t leaves = inventory->count;
    bool counted = slot->shape.order == GPU_ORDER_COUNTED;
    memset(t->keys, 0, leaves * sizeof *t->keys);
    for (size_t leaf = 0; leaf < leaves; leaf++)
        t->keys[leaves + leaf] = key_of(inventory, &slot->shape, (int32_t)inventory->by_leaf[leaf]);
    if (counted)
        memset(t->counts, 0, leaves * sizeof *t->counts);
    for (size_t leaf = 0; leaf < leaves && counted; leaf++)
        t->counts[leaves + leaf] = 1;
    for (size_t at = leaves - 1; at >= 1; at--)
        (void)(counted ? play_counted(t, at) : play(t, at));
}

const struct gpu_tournament *gpu_score_cache_get(struct gpu_inventory *inventory, const struct gpu_shape *shape)
{
    struct slot *slot = slot_get(inventory->cache, shape);
    if (slot->version == 0) {
        tournament_build(inventory, slot);
    } else {
        int32_t at = inventory->newest;
        while (at != GPU_NO_NODE && inventory->nodes[at].version > slot->version) {
            tournament_set(slot, inventory->count, inventory->nodes[at].leaf, key_of(inventory, shape, at));
            at = inventory->nodes[at].older;
        }
    }
    slot->version = inventory->version;
    return &slot->tournament;
}

uint32_t *gpu_score_cache_marks(struct gpu_score_cache *cache, uint32_t *stamp)
{
    if (++cache->stamp == 0) {
        memset(cache->marks, 0, cache->nodes * sizeof *cache->marks);
        cache->stamp = 1;
    }
    *stamp = cache->stamp;
    return cache->marks;
}
