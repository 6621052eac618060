/* What nines is held against: the same work in a few dozen lines, with no handlers, payload, handles, checks, limits or
 * digest, and with bucket widths chosen for the very law at hand. An entry is (time, version, subject) in 128 bits;
 * times are not negative. */
#ifndef NINES_BENCH_BARE_H
#define NINES_BENCH_BARE_H

#include "bench/bench.h"

#include <stdbool.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

static inline wide entry_make(int64_t us, uint32_t version, uint32_t subject)
{
    return (wide)(uint64_t)us << 64 | (uint64_t)version << 32 | subject;
}

static inline int64_t entry_us(wide entry)
{
    return (int64_t)(entry >> 64);
}

/* --- Bare 4-ary heap: four children compared without branches --- */

struct heap {
    wide *entry;
    uint32_t count;
};

static inline void heap_push(struct heap *heap, wide entry)
{
    uint32_t i = heap->count++;
    for (; i > 0 && entry < heap->entry[(i - 1) / 4]; i = (i - 1) / 4)
        heap->entry[i] = heap->entry[(i - 1) / 4];
    heap->entry[i] = entry;
}

static inline wide heap_pop(struct heap *heap)
{
    wide *e = heap->entry, top = e[0], last = e[--heap->count];
    uint32_t i = 0;
    e[heap->count] = ~(wide)0;
    while (4 * i + 1 < heap->count) {
        uint32_t c = 4 * i + 1;
        uint32_t a = c + (e[c + 1] < e[c]);
        uint32_t b = c + 2 + (e[c + 3] < e[c + 2]);
        c = e[b] < e[a] ? b : a;
        if (last <= e[c])
            break;
        e[i] = e[c];
        i = c;
    }
    if (heap->count != 0)
        e[i] = last;
    return top;
}

/* --- Bare ring: bucket b holds the times of all turns of the ring that fall into it --- */

enum { CROWD = 256, BUCKET_ROOM = 512, SORT_ROOM = 1024 };

struct ring {
    wide *entry; /* BUCKET_ROOM a bucket */
    uint32_t *count;
    uint32_t buckets; /* a power of two */
    double per_us;    /* buckets a microsecond */
    wide sorted[SORT_ROOM];
    uint32_t head, end;
    int64_t turn; /* number of the bucket that was sorted last, counted from time 0 */
};

static inline void ring_insert_sorted(struct ring *ring, wide entry)
{
    uint32_t i = ring->end++;
    for (; i > ring->head && entry < ring->sorted[i - 1]; i--)
        ring->sorted[i] = ring->sorted[i - 1];
    ring->sorted[i] = entry;
}

static inline void ring_push(struct ring *ring, wide entry)
{
    int64_t turn = (int64_t)((double)entry_us(entry) * ring->per_us);
    if (turn <= ring->turn) {
        ring_insert_sorted(ring, entry);
        return;
    }
    uint32_t bucket = (uint32_t)turn & (ring->buckets - 1);
    if (ring->count[bucket] == BUCKET_ROOM) {
        fprintf(stderr, "bench: a bucket of the bare ring is full\n");
        exit(3);
    }
    ring->entry[(size_t)bucket * BUCKET_ROOM + ring->count[bucket]++] = entry;
}

/* Sorts the next bucket: counts by position inside it, places, then repairs neighbours by insertion. */
static inline void ring_turn(struct ring *ring)
{
    ring->turn++;
    uint32_t bucket = (uint32_t)ring->turn & (ring->buckets - 1), kept = 0, here = 0;
    wide *entry = ring->entry + (size_t)bucket * BUCKET_ROOM, mine[BUCKET_ROOM];
    uint16_t slice[BUCKET_ROOM], offset[CROWD + 1] = {0};
    for (uint32_t i = 0; i < ring->count[bucket]; i++) {
        double turns = (double)entry_us(entry[i]) * ring->per_us - (double)ring->turn;
        if (turns >= 1) { /* of a later turn */
            entry[kept++] = entry[i];
            continue;
        }
        mine[here] = entry[i];
        slice[here] = (uint16_t)(turns * CROWD);
        offset[slice[here++] + 1]++;
    }
    ring->count[bucket] = kept;
    for (uint32_t i = 1; i <= CROWD; i++)
        offset[i] = (uint16_t)(offset[i] + offset[i - 1]);
    for (uint32_t i = 0; i < here; i++)
        ring->sorted[offset[slice[i]]++] = mine[i];
    ring->head = ring->end = 0;
    while (ring->end < here)
        ring_insert_sorted(ring, ring->sorted[ring->end]);
}

/* For `count` pending entries of which per_us run in a microsecond. */
static inline struct ring *ring_open(uint32_t count, double per_us)
{
    struct ring *ring = bench_alloc(1, sizeof *ring);
    uint32_t crowd = count / 32 < CROWD ? count / 32 : CROWD;
    ring->buckets = 1;
    while (ring->buckets < 4 * (count / crowd)) /* four means long: 2 % of the entries wait for another turn */
        ring->buckets *= 2;
    ring->per_us = per_us / crowd;
    ring->entry = bench_alloc((size_t)ring->buckets * BUCKET_ROOM, sizeof *ring->entry);
    ring->count = bench_alloc(ring->buckets, sizeof *ring->count);
    memset(ring->count, 0, ring->buckets * sizeof *ring->count);
    ring->turn = -1;
    ring->head = ring->end = 0;
    return ring;
}

static inline wide ring_pop(struct ring *ring)
{
    while (ring->head == ring->end)
        ring_turn(ring);
    return ring->sorted[ring->head++];
}

static inline void ring_close(struct ring *ring)
{
    free(ring->entry);
    free(ring->count);
    free(ring);
}

#endif
