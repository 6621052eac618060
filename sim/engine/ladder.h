/* The pending set of the event engine: a ladder queue of 128-bit keys.
 *
 * Sorting what will not run for a long time is wasted work. So a key that lies ahead is thrown unsorted into a bucket
 * of its stretch of time; only when a bucket's turn comes are its few hundred keys sorted, all at once, while they are
 * in cache. A bucket too crowded for that is spread over a finer row of buckets, a rung below; keys that arrive for a
 * stretch already sorted wait in a small heap beside it. Every key is moved a small number of times whatever the number
 * pending, so the cost of an event is flat (Tang, Goh & Thng 2005, "Ladder queue: an O(1) priority queue structure for
 * large-scale discrete event simulation", ACM TOMACS 15(3)). Ours differs in three ways:
 *
 *  - Widths are powers of two and come from the median, not from the extremes: a handful of events a century away
 *    cannot make the buckets useless for the rest. The last bucket of a rung is open-ended; when its turn comes the
 *    rung is built anew from what is in it, with the width that fits then.
 *  - Rungs divide the whole key, not only its time: a million events at one instant are spread by class and sequence.
 *  - Few keys (LADDER_FEW) live in the heap alone.
 *
 * The picture, from soon to late; each region ends where the next begins:
 *
 *    heap + bottom (sorted)   < near >   rung[rungs-1] ... rung[1]   rung[0] up to LADDER_NONE
 *
 * Invariants: keys are unique; a key below `near` is in heap or bottom; any other is in the lowest rung whose end lies
 * above it; buckets of a rung before `next` are empty; bucket b of a rung holds [start + b*2^shift, start +
 * (b+1)*2^shift), the last one up to end. The order of removal depends on the keys alone, never on widths or on
 * history. */
#ifndef NINES_SIM_LADDER_H
#define NINES_SIM_LADDER_H

#include "sim/base/arena.h"
#include "sim/base/check.h"

#include <stdbool.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 ladder_key;

#define LADDER_NONE (~(ladder_key)0) /* later than every key */

enum {
    LADDER_CHUNK = 32,  /* keys a chunk: 512 bytes */
    LADDER_SORT = 4096, /* most keys sorted at once */
    LADDER_HEAP = 4096, /* most keys in the heap while there are rungs */
    LADDER_FEW = 64,    /* most keys in the heap while there are none */
    LADDER_RUNGS = 40,  /* a rung is at least 4 bits finer than its parent: 32 divide any key */
    LADDER_AHEAD = 16   /* how far behind the last sorted key ladder_ahead() may look */
};

/* Keys in order of arrival, in a ring of chunks. */
struct ladder_bucket {
    uint32_t last;  /* its newest chunk, whose successor is its oldest; meaningless while empty */
    uint32_t count; /* keys */
};

struct ladder_rung {
    ladder_key start, end; /* the keys it covers; end is excluded */
    uint32_t shift;        /* a bucket is 2^shift wide */
    uint32_t buckets;      /* how many */
    uint32_t next;         /* first that was not emptied yet */
    struct ladder_bucket *bucket;
};

struct ladder {
    ladder_key near;            /* keys below go to heap or bottom */
    struct ladder_rung *lowest; /* rung[rungs - 1]; meaningless while near is LADDER_NONE */
    ladder_key *next;           /* first key of bottom that was not removed */
    ladder_key *heap;           /* 4-ary; LADDER_NONE beyond heap_count, so that four children can always be compared */
    ladder_key *chunk;          /* LADDER_CHUNK keys each */
    uint32_t count;             /* keys in the set */
    uint32_t heap_count, heap_most, rungs;
    ladder_key *bottom;  /* sorted, closed by LADDER_NONE; LADDER_SORT + 1 + LADDER_AHEAD */
    ladder_key *scratch; /* LADDER_SORT keys, for sorting */
    uint32_t *chunk_next;
    struct ladder_bucket *pool; /* buckets of all rungs, as a stack */
    uint64_t sorted;            /* keys sorted since all widths were last chosen anew */
    uint32_t chunk_free, chunks_used, chunks_most, pool_used, pool_most;
    struct ladder_rung rung[LADDER_RUNGS];
};

/* Room for `most` keys at once. */
void ladder_open(struct ladder *ladder, struct arena *arena, uint32_t most);

/* The parts of push and pop that are rare. */
void ladder_push_near(struct ladder *ladder, ladder_key key);
void ladder_append_chunk(struct ladder *ladder, struct ladder_bucket *bucket, ladder_key key);
ladder_key ladder_pop_rarely(struct ladder *ladder, ladder_key limit);

/* Removes every key that `alive` denies. O(keys + buckets). */
void ladder_sweep(struct ladder *ladder, bool (*alive)(const void *context, ladder_key key), const void *context);

/* Walks everything and checks the invariants above. For tests. */
void ladder_audit(const struct ladder *ladder);

static inline void ladder_append(struct ladder *ladder, struct ladder_bucket *bucket, ladder_key key)
{
    uint32_t place = bucket->count % LADDER_CHUNK;
    if (NINES_UNLIKELY(place == 0)) {
        ladder_append_chunk(ladder, bucket, key);
        return;
    }
    ladder->chunk[(size_t)bucket->last * LADDER_CHUNK + place] = key;
    bucket->count++;
}

/* Which bucket of the rung a key at or above its start falls into. Most rungs divide time: the high half is enough. */
static inline uint32_t ladder_index(const struct ladder_rung *rung, ladder_key key)
{
    uint32_t last = rung->buckets - 1;
    if (NINES_LIKELY(rung->shift >= 64)) {
        uint64_t index = ((uint64_t)(key >> 64) - (uint64_t)(rung->start >> 64)) >> (rung->shift - 64);
        return index < last ? (uint32_t)index : last;
    }
    ladder_key index = (key - rung->start) >> rung->shift;
    return index < last ? (uint32_t)index : last;
}

/* Adds a key that is not in the set. The caller keeps the number of keys within what ladder_open() was told. */
static inline void ladder_push(struct ladder *ladder, ladder_key key)
{
    ladder->count++;
    if (NINES_UNLIKELY(key < ladder->near)) {
        ladder_push_near(ladder, key);
        return;
    }
    struct ladder_rung *rung = ladder->lowest;
    while (key >= rung->end)
        rung--;
    ladder_append(ladder, &rung->bucket[ladder_index(rung, key)], key);
}

/* Removes and returns the least key if it is below limit; else LADDER_NONE. */
static inline ladder_key ladder_pop(struct ladder *ladder, ladder_key limit)
{
    ladder_key key = *ladder->next;
    if (NINES_UNLIKELY(key >= ladder->heap[0] || key >= limit))
        return ladder_pop_rarely(ladder, limit);
    ladder->next++;
    ladder->count--;
    return key;
}

/* A key that likely comes `steps` (at most LADDER_AHEAD) removals from now, or any old key: for prefetching only. */
static inline ladder_key ladder_ahead(const struct ladder *ladder, uint32_t steps)
{
    return ladder->next[steps];
}

#endif
