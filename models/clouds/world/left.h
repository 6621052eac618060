/* GPUs that nobody has: how many, over time, and how many of them are of no use to a class of demand.
 *
 * A GPU is left while it is idle on a node in service. It is useless to a class while one replica or pod of that class does not fit on
 * its node as it stands: too few GPUs together, or too little CPU or memory beside them. That is the fragmentation of Weng et al. 2023
 * (USENIX ATC, section 3) for one shape of request at a time, by count of GPUs and over time.
 *
 * It only looks on: the inventory tells which nodes have changed. Cost of a look: classes times nodes changed since the last. */
#ifndef NINES_MODELS_CLOUDS_WORLD_LEFT_H
#define NINES_MODELS_CLOUDS_WORLD_LEFT_H

#include "models/gpu/inventory.h"
#include "sim/engine/timeweighted.h"

enum { LEFT_SHAPES = 64 };

struct left;

/* shapes[count]: requests with GPUs, at most LEFT_SHAPES; kept. All nodes are in service. Looks for the first time. */
struct left *left_open(struct arena *arena, const struct gpu_inventory *inventory, const struct gpu_pod *shapes, uint32_t count, instant now);
/* Something may have been taken or given back just now. Times of looks do not go back. */
void left_look(struct left *left, instant now);
/* A node goes out of service or comes back, whenever the inventory may hear of it. Costs nothing where it has no GPUs. */
void left_switch(struct left *left, int32_t node, bool available, instant now);
/* GPU-microseconds from instant 0 to the last look, of models that shape `number` takes. */
timeweighted_area left_idle(const struct left *left, uint32_t number);
timeweighted_area left_useless(const struct left *left, uint32_t number);

#endif
