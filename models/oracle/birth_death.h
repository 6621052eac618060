/* The stationary law of a birth-death process on states 0..states-1: p(k) = p(k-1) x ratio(k), ratio(k) = birth rate of k-1 /
 * death rate of k (Kleinrock 1975, "Queueing systems I", section 3.1, cut equations). Queues and repair shops start from
 * it, so that no warm-up is needed and no bias left. */
#ifndef NINES_MODELS_ORACLE_BIRTH_DEATH_H
#define NINES_MODELS_ORACLE_BIRTH_DEATH_H

#include "sim/base/arena.h"
#include "sim/chance/random.h"

typedef double birth_death_ratio(const void *context, uint32_t k);

/* Draws a state. ratio must not rise with k (more present: no more births, no fewer deaths), so that a state that has become
 * hopeless ends the search. At most O(states); states > 0. Scratch comes from arena. One draw of stream. */
uint32_t birth_death_draw(struct arena *arena, uint32_t states, birth_death_ratio *ratio, const void *context,
                          struct stream *stream);

#endif
