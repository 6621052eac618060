/* What happens to one workload, in words, for whoever listens (sim/study/story.h, `nines explain`).
 *
 * The world tells of requests, places, losses and returns, the same for every cloud; a cloud adds why it refuses, what it is waiting for
 * and what is said on its market. Telling reads the world and writes to the record, nothing else: no draw, no event. When nobody
 * listens, `told` names no workload and a call costs one comparison, so ask world_tells() before everything else. */
#ifndef NINES_MODELS_CLOUDS_WORLD_WORLD_TELL_H
#define NINES_MODELS_CLOUDS_WORLD_WORLD_TELL_H

#include "models/clouds/world/world.h"
#include "sim/base/check.h"

/* Whether somebody listens to this workload. */
static inline bool world_tells(const struct world *world, uint32_t workload) { return NINES_UNLIKELY(workload == world->told); }
static inline bool world_tells_unit(const struct world *world, uint32_t unit)
{
    return NINES_UNLIKELY(world->told != COMPONENT_NONE) && world->unit[unit].workload == world->told;
}

/* All of the following are for the workload that is listened to, and for its units. what: one fixed word, listed in
 * results/README.md. */

/* Of one unit; of the whole workload. */
void world_tell(struct world *world, uint32_t unit, const char *what, const char *format, ...) NINES_PRINTF(4, 5);
void world_tell_whole(struct world *world, const char *what, const char *format, ...) NINES_PRINTF(3, 4);
/* The same with the component that is in the way, which does not serve or is not managed: says whose fault that is, and what brought it
 * down. */
void world_tell_wait(struct world *world, uint32_t unit, const char *what, uint32_t component, const char *format, ...) NINES_PRINTF(5, 6);

/* A component that a unit depends on stopped serving (lost), or serves again. */
void world_tell_loss(struct world *world, uint32_t unit, uint32_t component, bool lost);
/* It is up and gives less than before, or more, through a component; already counted. */
void world_tell_grey(struct world *world, uint32_t unit, uint32_t component);
void world_tell_asked(struct world *world);                /* all of it is wanted from now on */
void world_tell_up(struct world *world, uint32_t unit, uint32_t fraction); /* it has come up with that part of its service, and is not counted yet */
void world_tell_place(struct world *world, uint32_t unit); /* it has just been bound */
void world_tell_release(struct world *world, uint32_t unit, bool falls, const char *why); /* falls: it was up and is wanted */
void world_tell_lease(struct world *world, uint32_t unit, const struct sim_lease *lease); /* its lease is listed */
/* A job: an attempt begins; it ends so, with so much work lost; it has a fault of its own; somebody noticed. */
void world_tell_begin(struct world *world);
void world_tell_stand(struct world *world, const char *how, duration lost);
void world_tell_own_fault(struct world *world);
void world_tell_noticed(struct world *world);

/* "replicas" or "pods". */
const char *world_unit_word(const struct world *world, uint32_t workload);

/* Finds whom the record's listener asks about, and at the end says what it came to. */
void world_tell_open(struct world *world);
void world_tell_close(struct world *world);

#endif
