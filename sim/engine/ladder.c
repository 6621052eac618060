#include "sim/engine/ladder.h"

#include <inttypes.h>
#include <string.h>

#include "sim/base/nomalloc.h"

#define NO_CHUNK UINT32_MAX

enum {
    LINE_KEYS = 4,    /* keys of a cache line */
    SMALL_SORT = 24,  /* up to here insertion alone is fastest */
    CROWDED = 32,     /* keys of one slice of a bucket that make slicing pointless */
    CROWD = 512,      /* keys aimed at in a bucket, fewer when few are pending: */
    CROWD_SHARE = 32, /*   one in 32, so that few new keys fall into the bucket being emptied */
    SPREAD = 8,       /* a rung reaches this many times further than the dense half of its keys needs */
    RESERVED_BUCKETS = 32,
    CHILD_BUCKETS = 4096
};

void ladder_open(struct ladder *ladder, struct arena *arena, uint32_t most)
{
    *ladder =
        (struct ladder){.near = LADDER_NONE, .sorted = UINT64_MAX / 2, .heap_most = LADDER_FEW, .chunk_free = NO_CHUNK};
    uint32_t wide = most / CROWD > CROWD_SHARE ? most / CROWD : CROWD_SHARE;
    ladder->pool_most = 2 * SPREAD * wide + CHILD_BUCKETS;
    uint32_t partial = ladder->pool_most < most ? ladder->pool_most : most;
    ladder->chunks_most = most / LADDER_CHUNK + partial + 2;
    ladder->pool = arena_alloc(arena, ladder->pool_most, sizeof *ladder->pool);
    ladder->chunk_next = arena_alloc(arena, ladder->chunks_most, sizeof *ladder->chunk_next);
    ladder->chunk = arena_alloc(arena, (size_t)ladder->chunks_most * LADDER_CHUNK, sizeof *ladder->chunk);
    ladder->scratch = arena_alloc(arena, LADDER_SORT, sizeof *ladder->scratch);
    ladder->bottom = arena_alloc(arena, LADDER_SORT + 1 + LADDER_AHEAD, sizeof *ladder->bottom);
    ladder->heap = arena_alloc(arena, LADDER_HEAP + 5, sizeof *ladder->heap);
    ladder->next = ladder->bottom;
    memset(ladder->bottom, 0xff, (LADDER_SORT + 1 + LADDER_AHEAD) * sizeof *ladder->bottom);
    memset(ladder->heap, 0xff, (LADDER_HEAP + 5) * sizeof *ladder->heap);
}

/* --- Chunks and buckets --- */

static uint32_t chunk_take(struct ladder *ladder)
{
    uint32_t chunk = ladder->chunk_free;
    if (chunk != NO_CHUNK) {
        ladder->chunk_free = ladder->chunk_next[chunk];
        return chunk;
    }
    check(ladder->chunks_used < ladder->chunks_most, "out of %" PRIu32 " chunks", ladder->chunks_most);
    return ladder->chunks_used++;
}

/* Appends a key to a bucket whose newest chunk is full, or that has none. */
void ladder_append_chunk(struct ladder *ladder, struct ladder_bucket *bucket, ladder_key key)
{
    uint32_t chunk = chunk_take(ladder), oldest = chunk;
    if (bucket->count != 0) {
        oldest = ladder->chunk_next[bucket->last];
        ladder->chunk_next[bucket->last] = chunk;
    }
    ladder->chunk_next[chunk] = oldest;
    ladder->chunk[(size_t)chunk * LADDER_CHUNK] = key;
    bucket->last = chunk;
    bucket->count++;
}

static void chunk_give(struct ladder *ladder, uint32_t chunk)
{
    ladder->chunk_next[chunk] = ladder->chunk_free;
    ladder->chunk_free = chunk;
}

/* A walk over a bucket, oldest key first. */
struct walk {
    uint32_t chunk, left;
};

static struct walk walk_begin(const struct ladder *ladder, struct ladder_bucket bucket)
{
    return (struct walk){bucket.count != 0 ? ladder->chunk_next[bucket.last] : 0, bucket.count};
}

/* Gives the keys of the next chunk and asks for the chunk after it, which lies anywhere; returns how many, 0 at the end. */
static uint32_t walk_step(const struct ladder *ladder, struct walk *walk, const ladder_key **keys)
{
    uint32_t here = walk->left < LADDER_CHUNK ? walk->left : LADDER_CHUNK;
    *keys = ladder->chunk + (size_t)walk->chunk * LADDER_CHUNK;
    if (here != 0)
        walk->chunk = ladder->chunk_next[walk->chunk];
    walk->left -= here;
    const ladder_key *after = ladder->chunk + (size_t)walk->chunk * LADDER_CHUNK;
    for (uint32_t i = 0; i < LADDER_CHUNK; i += LINE_KEYS)
        __builtin_prefetch(after + i);
    return here;
}

/* The same, copying the keys out and giving the chunk back, so that they can be appended elsewhere. */
static uint32_t walk_take(struct ladder *ladder, struct walk *walk, ladder_key keys[LADDER_CHUNK])
{
    const ladder_key *source;
    uint32_t chunk = walk->chunk;
    uint32_t here = walk_step(ladder, walk, &source);
    memcpy(keys, source, here * sizeof *keys);
    if (here != 0)
        chunk_give(ladder, chunk);
    return here;
}

/* --- Heap --- */

static void heap_push(struct ladder *ladder, ladder_key key)
{
    ladder_key *heap = ladder->heap;
    uint32_t i = ladder->heap_count++;
    while (i > 0 && key < heap[(i - 1) / 4]) {
        heap[i] = heap[(i - 1) / 4];
        i = (i - 1) / 4;
    }
    heap[i] = key;
}

static void heap_drop(struct ladder *ladder)
{
    ladder_key *heap = ladder->heap;
    uint32_t count = --ladder->heap_count, i = 0;
    ladder_key key = heap[count];
    heap[count] = LADDER_NONE;
    while (4 * i + 1 < count) {
        uint32_t child = 4 * i + 1;
        uint32_t left = child + (heap[child + 1] < heap[child]);
        uint32_t right = child + 2 + (heap[child + 3] < heap[child + 2]);
        uint32_t least = heap[right] < heap[left] ? right : left;
        if (key <= heap[least])
            break;
        heap[i] = heap[least];
        i = least;
    }
    if (count != 0)
        heap[i] = key;
}

/* --- Sorting a bucket --- */

static void insertion_sort(ladder_key *keys, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        ladder_key key = keys[i];
        uint32_t hole = i;
        while (hole > 0 && key < keys[hole - 1]) {
            keys[hole] = keys[hole - 1];
            hole--;
        }
        keys[hole] = key;
    }
}

static void merge(const ladder_key *left, const ladder_key *right, const ladder_key *end, ladder_key *out)
{
    const ladder_key *middle = right;
    while (left < middle && right < end) {
        bool take_right = *right < *left;
        *out++ = take_right ? *right : *left;
        left += !take_right;
        right += take_right;
    }
    memcpy(out, left, (size_t)(middle - left) * sizeof *out);
    memcpy(out + (middle - left), right, (size_t)(end - right) * sizeof *out);
}

/* For what slicing cannot sort. Keys of one instant come in order of sequence, so it looks for that first. */
static void merge_sort(ladder_key *keys, ladder_key *scratch, uint32_t count)
{
    uint32_t sorted = 1;
    while (sorted < count && keys[sorted - 1] < keys[sorted])
        sorted++;
    if (sorted >= count)
        return;
    for (uint32_t from = 0; from < count; from += SMALL_SORT)
        insertion_sort(keys + from, count - from < SMALL_SORT ? count - from : SMALL_SORT);
    ladder_key *source = keys, *target = scratch;
    for (uint32_t run = SMALL_SORT; run < count; run *= 2) {
        for (uint32_t from = 0; from < count; from += 2 * run) {
            uint32_t middle = from + run < count ? from + run : count;
            uint32_t end = from + 2 * run < count ? from + 2 * run : count;
            merge(source + from, source + middle, source + end, target + from);
        }
        ladder_key *swap = source;
        source = target;
        target = swap;
    }
    if (source != keys)
        memcpy(keys, source, count * sizeof *keys);
}

static uint32_t log2_floor(uint32_t value)
{
    return 31 - (uint32_t)__builtin_clz(value);
}

/* How a bucket is cut into about as many slices as it has keys, by the high half of the key (which holds the time). */
struct slicing {
    uint64_t start;
    uint32_t shift, last;
};

static uint32_t slice_of(const struct slicing *s, ladder_key key)
{
    uint64_t slice = ((uint64_t)(key >> 64) - s->start) >> s->shift;
    return slice < s->last ? (uint32_t)slice : s->last;
}

/* Counting sort by slice straight from the bucket's chunks into bottom. Returns the largest slice. */
static uint32_t slice_out(struct ladder *ladder, struct ladder_bucket bucket, const struct slicing *s)
{
    _Static_assert(LADDER_SORT <= UINT16_MAX, "offsets fit in 16 bits");
    uint16_t offset[2 * LADDER_SORT];
    memset(offset, 0, (s->last + 1) * sizeof *offset);
    const ladder_key *keys;
    struct walk walk = walk_begin(ladder, bucket);
    for (uint32_t here; (here = walk_step(ladder, &walk, &keys)) != 0;)
        for (uint32_t i = 0; i < here; i++)
            offset[slice_of(s, keys[i])]++;
    uint32_t sum = 0, largest = 0;
    for (uint32_t i = 0; i <= s->last; i++) {
        uint32_t here = offset[i];
        offset[i] = (uint16_t)sum;
        sum += here;
        largest = here > largest ? here : largest;
    }
    walk = walk_begin(ladder, bucket);
    for (uint32_t chunk; chunk = walk.chunk, walk.left != 0; chunk_give(ladder, chunk)) {
        uint32_t here = walk_step(ladder, &walk, &keys);
        for (uint32_t i = 0; i < here; i++)
            ladder->bottom[offset[slice_of(s, keys[i])]++] = keys[i];
    }
    return largest;
}

/* Empties a bucket [start, start + 2^shift) of at most LADDER_SORT keys into bottom, sorted. */
static void bottom_fill(struct ladder *ladder, struct ladder_bucket bucket, ladder_key start, uint32_t shift)
{
    ladder->next = ladder->bottom;
    if (bucket.count > SMALL_SORT && shift > 64) {
        uint32_t bits = log2_floor(bucket.count) + 1, width = shift - 64;
        bits = bits < width ? bits : width;
        struct slicing s = {(uint64_t)(start >> 64), width - bits, (UINT32_C(1) << bits) - 1};
        if (slice_out(ladder, bucket, &s) > CROWDED)
            merge_sort(ladder->bottom, ladder->scratch, bucket.count);
        else
            insertion_sort(ladder->bottom, bucket.count);
    } else {
        struct walk walk = walk_begin(ladder, bucket);
        uint32_t count = 0;
        for (uint32_t here; (here = walk_take(ladder, &walk, ladder->bottom + count)) != 0;)
            count += here;
        merge_sort(ladder->bottom, ladder->scratch, count);
    }
    ladder->bottom[bucket.count] = LADDER_NONE;
}

/* --- Rungs --- */

static uint32_t bit_length(ladder_key value)
{
    uint64_t high = (uint64_t)(value >> 64), low = (uint64_t)value;
    if (high != 0)
        return 128 - (uint32_t)__builtin_clzll(high);
    return low != 0 ? 64 - (uint32_t)__builtin_clzll(low) : 0;
}

/* The least key, and the smallest number of bits such that half of the keys lie within 2^bits above it. */
static uint32_t bucket_half(const struct ladder *ladder, struct ladder_bucket bucket, ladder_key *least)
{
    uint32_t histogram[129] = {0};
    const ladder_key *keys;
    ladder_key start = LADDER_NONE;
    struct walk walk = walk_begin(ladder, bucket);
    for (uint32_t here; (here = walk_step(ladder, &walk, &keys)) != 0;)
        for (uint32_t i = 0; i < here; i++)
            start = keys[i] < start ? keys[i] : start;
    walk = walk_begin(ladder, bucket);
    for (uint32_t here; (here = walk_step(ladder, &walk, &keys)) != 0;)
        for (uint32_t i = 0; i < here; i++)
            histogram[bit_length(keys[i] - start)]++;
    uint32_t bits = 0;
    for (uint32_t sum = histogram[0]; 2 * (uint64_t)sum < bucket.count; sum += histogram[bits])
        bits++;
    *least = start;
    return bits;
}

static void rung_leave(struct ladder *ladder)
{
    struct ladder_rung *rung = &ladder->rung[--ladder->rungs];
    ladder->pool_used -= rung->buckets;
    ladder->lowest = rung - 1;
}

/* Adds the keys of every rung to *bucket, and leaves the rungs. */
static void rungs_collapse(struct ladder *ladder, struct ladder_bucket *bucket)
{
    ladder_key keys[LADDER_CHUNK];
    for (; ladder->rungs > 0; rung_leave(ladder)) {
        const struct ladder_rung *rung = ladder->lowest;
        for (uint32_t b = rung->next; b < rung->buckets; b++) {
            struct walk walk = walk_begin(ladder, rung->bucket[b]);
            for (uint32_t here; (here = walk_take(ladder, &walk, keys)) != 0;)
                for (uint32_t i = 0; i < here; i++)
                    ladder_append(ladder, bucket, keys[i]);
        }
    }
    ladder->sorted = 0;
}

/* Spreads a bucket of more than LADDER_FEW / 2 keys, all below `end`, over a new lowest rung. When the ladder is too
 * high, which takes a heap that keeps filling with ever earlier keys, it starts again with a single rung. */
static void rung_spawn(struct ladder *ladder, struct ladder_bucket bucket, ladder_key end)
{
    if (ladder->rungs == LADDER_RUNGS) {
        rungs_collapse(ladder, &bucket);
        end = LADDER_NONE;
    }
    ladder->heap_most = LADDER_HEAP;
    ladder_key start;
    uint32_t half = bucket_half(ladder, bucket, &start);
    uint32_t crowd = bucket.count / CROWD_SHARE < CROWD ? bucket.count / CROWD_SHARE : CROWD;
    uint32_t parts = bucket.count / 2 / (crowd != 0 ? crowd : 1);
    uint32_t finer = log2_floor(parts - 1) + 1; /* rounded up: at most twice the crowd in a bucket of the dense half */
    uint32_t shift = half > finer ? half - finer : 0;
    if (shift >= 64)
        start = start >> 64 << 64;
    ladder_key reach = ((end - 1 - start) >> shift) + 1;
    uint32_t room = ladder->pool_most - ladder->pool_used - RESERVED_BUCKETS * (LADDER_RUNGS - ladder->rungs);
    uint32_t buckets = 2 * SPREAD * (UINT32_C(1) << finer);
    buckets = buckets < room ? buckets : room;
    buckets = reach < buckets ? (uint32_t)reach : buckets;
    struct ladder_rung *rung = ladder->lowest = &ladder->rung[ladder->rungs++];
    *rung = (struct ladder_rung){start, end, shift, buckets, 0, ladder->pool + ladder->pool_used};
    ladder->pool_used += buckets;
    memset(rung->bucket, 0, buckets * sizeof *rung->bucket);
    ladder_key keys[LADDER_CHUNK];
    struct walk walk = walk_begin(ladder, bucket);
    for (uint32_t here; (here = walk_take(ladder, &walk, keys)) != 0;)
        for (uint32_t i = 0; i < here; i++)
            ladder_append(ladder, &rung->bucket[ladder_index(rung, keys[i])], keys[i]);
}

/* Few keys are left in all: the heap alone holds them from here on. */
static void heap_only(struct ladder *ladder, struct ladder_bucket bucket)
{
    ladder_key keys[LADDER_CHUNK];
    struct walk walk = walk_begin(ladder, bucket);
    ladder->near = LADDER_NONE;
    ladder->heap_most = LADDER_FEW;
    for (uint32_t here; (here = walk_take(ladder, &walk, keys)) != 0;)
        for (uint32_t i = 0; i < here; i++)
            heap_push(ladder, keys[i]);
}

/* Takes the next bucket that holds anything: sorts it into bottom, or spreads it over a new rung. */
static void rung_step(struct ladder *ladder)
{
    struct ladder_rung *rung = ladder->lowest;
    while (rung->next < rung->buckets && rung->bucket[rung->next].count == 0)
        rung->next++;
    if (rung->next == rung->buckets) {
        rung_leave(ladder);
        return;
    }
    struct ladder_bucket bucket = rung->bucket[rung->next];
    bool last = rung->next == rung->buckets - 1;
    ladder_key start = rung->start + ((ladder_key)rung->next << rung->shift);
    ladder_key end = last ? rung->end : start + ((ladder_key)1 << rung->shift);
    uint32_t shift = rung->shift;
    rung->bucket[rung->next++].count = 0;
    if (last)
        rung_leave(ladder);
    if (ladder->rungs == 1 && bucket.count > LADDER_SORT && ladder->sorted >= ladder->count) {
        rungs_collapse(ladder, &bucket); /* the widths fit no more, and enough was done since they were chosen */
        end = LADDER_NONE;
    }
    if (ladder->rungs == 0 && bucket.count <= LADDER_FEW / 2) {
        heap_only(ladder, bucket);
    } else if (ladder->rungs == 0 || bucket.count > LADDER_SORT) {
        rung_spawn(ladder, bucket, end);
    } else {
        ladder->near = end;
        ladder->sorted += bucket.count;
        bottom_fill(ladder, bucket, start, shift);
    }
}

/* Sees to it that heap or bottom holds the least key, unless there is none at all. */
static void refill(struct ladder *ladder)
{
    while (*ladder->next == LADDER_NONE && ladder->heap_count == 0) {
        if (ladder->rungs == 0) {
            ladder->near = LADDER_NONE;
            ladder->heap_most = LADDER_FEW;
            return;
        }
        rung_step(ladder);
    }
}

ladder_key ladder_pop_rarely(struct ladder *ladder, ladder_key limit)
{
    refill(ladder);
    bool heap_first = ladder->heap[0] < *ladder->next;
    ladder_key key = heap_first ? ladder->heap[0] : *ladder->next;
    if (key >= limit || key == LADDER_NONE)
        return LADDER_NONE;
    if (heap_first)
        heap_drop(ladder);
    else
        ladder->next++;
    ladder->count--;
    return key;
}

/* The heap is full: it goes, with what is left of bottom, to a new rung. */
static void heap_spill(struct ladder *ladder)
{
    struct ladder_bucket bucket = {0, 0};
    for (uint32_t i = 0; i < ladder->heap_count; i++)
        ladder_append(ladder, &bucket, ladder->heap[i]);
    memset(ladder->heap, 0xff, ladder->heap_count * sizeof *ladder->heap);
    for (; *ladder->next != LADDER_NONE; ladder->next++)
        ladder_append(ladder, &bucket, *ladder->next);
    ladder->heap_count = 0;
    rung_spawn(ladder, bucket, ladder->near);
    ladder->near = ladder->lowest->start;
}

void ladder_push_near(struct ladder *ladder, ladder_key key)
{
    heap_push(ladder, key);
    if (ladder->heap_count == ladder->heap_most)
        heap_spill(ladder);
}

/* --- Sweeping and checking --- */

static void bucket_sweep(struct ladder *ladder, struct ladder_bucket *bucket,
                         bool (*alive)(const void *context, ladder_key key), const void *context)
{
    ladder_key keys[LADDER_CHUNK];
    struct walk walk = walk_begin(ladder, *bucket);
    bucket->count = 0;
    for (uint32_t here; (here = walk_take(ladder, &walk, keys)) != 0;)
        for (uint32_t i = 0; i < here; i++)
            if (alive(context, keys[i]))
                ladder_append(ladder, bucket, keys[i]);
            else
                ladder->count--;
}

void ladder_sweep(struct ladder *ladder, bool (*alive)(const void *context, ladder_key key), const void *context)
{
    for (uint32_t r = 0; r < ladder->rungs; r++)
        for (uint32_t b = ladder->rung[r].next; b < ladder->rung[r].buckets; b++)
            bucket_sweep(ladder, &ladder->rung[r].bucket[b], alive, context);
    const ladder_key *from = ladder->next;
    ladder_key *to = ladder->next;
    for (; *from != LADDER_NONE; from++)
        if (alive(context, *from))
            *to++ = *from;
    *to = LADDER_NONE;
    ladder->count -= (uint32_t)(from - to);
    uint32_t count = ladder->heap_count;
    ladder->heap_count = 0;
    for (uint32_t i = 0; i < count; i++) /* pushing writes below i or at it: what was read is free */
        if (alive(context, ladder->heap[i]))
            heap_push(ladder, ladder->heap[i]);
    ladder->count -= count - ladder->heap_count;
    for (uint32_t i = ladder->heap_count; i < count; i++)
        ladder->heap[i] = LADDER_NONE;
}

void ladder_audit(const struct ladder *ladder)
{
    uint32_t count = ladder->heap_count;
    ladder_key floor = 0;
    for (const ladder_key *key = ladder->next; *key != LADDER_NONE; floor = *key++, count++)
        check((key == ladder->next || *key > floor) && *key < ladder->near, "bottom is out of order");
    for (uint32_t i = 0; i < ladder->heap_count; i++) {
        check(ladder->heap[i] < ladder->near, "heap entry %" PRIu32 " is not near", i);
        check(i == 0 || ladder->heap[(i - 1) / 4] < ladder->heap[i], "heap is out of order at %" PRIu32, i);
    }
    for (uint32_t i = ladder->heap_count; i < LADDER_HEAP + 5; i++)
        check(ladder->heap[i] == LADDER_NONE, "heap holds a key beyond its end");
    floor = ladder->near;
    for (uint32_t r = ladder->rungs; r-- > 0; floor = ladder->rung[r].end) {
        const struct ladder_rung *rung = &ladder->rung[r];
        for (uint32_t b = 0; b < rung->buckets; b++) {
            const ladder_key *keys;
            struct walk walk = walk_begin(ladder, rung->bucket[b]);
            check(b >= rung->next || rung->bucket[b].count == 0, "rung %" PRIu32 " left keys behind", r);
            for (uint32_t here; (here = walk_step(ladder, &walk, &keys)) != 0; count += here)
                for (uint32_t i = 0; i < here; i++)
                    check(keys[i] >= floor && keys[i] < rung->end && ladder_index(rung, keys[i]) == b,
                          "rung %" PRIu32 " holds a key of another", r);
        }
    }
    check(count == ladder->count, "%" PRIu32 " keys, counted %" PRIu32, count, ladder->count);
}
