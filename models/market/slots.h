/* Slots: which records of a fixed array are in use.
 *
 * A thing on the chain is named by {index, generation}. The generation of a slot grows by one when it is taken and by one
 * when it is given back, so it is odd exactly while the slot is in use, a stale name is recognized, and {0, 0} names
 * nothing. Freed slots are reused last in, first out: which index a thing gets follows from the messages alone. */
#ifndef NINES_MARKET_SLOTS_H
#define NINES_MARKET_SLOTS_H

#include "sim/base/arena.h"
#include "sim/base/check.h"

#include <stdbool.h>
#include <stdint.h>

#define SLOT_NONE UINT32_MAX

struct slots {
    uint32_t *generation; /* [limit] */
    uint32_t *free;       /* [limit], a stack */
    uint32_t n_free;
    uint32_t n_used;      /* slots ever used: walk [0, n_used) and skip those not in use */
    uint32_t limit;
    const char *key;      /* scenario key that raises the limit */
};

static inline struct slots slots_open(struct arena *arena, uint32_t limit, const char *key)
{
    return (struct slots){.generation = arena_alloc(arena, limit, sizeof(uint32_t)),
                          .free = arena_alloc(arena, limit, sizeof(uint32_t)),
                          .limit = limit,
                          .key = key};
}

/* Calls limit_reached() when all are in use. */
static inline uint32_t slots_take(struct slots *slots)
{
    uint32_t index;
    if (slots->n_free > 0) {
        index = slots->free[--slots->n_free];
    } else {
        if (NINES_UNLIKELY(slots->n_used == slots->limit))
            limit_reached(slots->key, slots->limit);
        index = slots->n_used++;
        slots->generation[index] = 0;
    }
    slots->generation[index]++;
    return index;
}

static inline void slots_give(struct slots *slots, uint32_t index)
{
    slots->generation[index]++;
    slots->free[slots->n_free++] = index;
}

static inline bool slots_in_use(const struct slots *slots, uint32_t index)
{
    return index < slots->n_used && (slots->generation[index] & 1) != 0;
}

/* True when {index, generation} names something in use. */
static inline bool slots_name(const struct slots *slots, uint32_t index, uint32_t generation)
{
    return index < slots->n_used && slots->generation[index] == generation && (generation & 1) != 0;
}

#endif
