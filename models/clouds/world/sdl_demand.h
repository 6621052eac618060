/* Demand that a user has written as an SDL, Akash's deployment file.
 *
 * Every service of every group of the file becomes a class of demand: so many replicas of so much CPU, memory, disk and GPUs, wanted
 * of every cloud alike. An Akash cloud takes the group with them, as the file says it: placement attributes, signatures, GPU attributes to
 * the letter, and the highest price. There each class is a deployment of its own, with one group of one unit: what a file of several
 * services loses is that a whole group goes to one provider, and that its services share one escrow account.
 *
 * Of a GPU the other clouds know the model; memory and interface are asked of Akash's providers only. CPU below one is kept for
 * placing, and sold in whole virtual CPUs. */
#ifndef NINES_MODELS_CLOUDS_WORLD_SDL_DEMAND_H
#define NINES_MODELS_CLOUDS_WORLD_SDL_DEMAND_H

#include "models/demand/demand.h"

/* Reads the files of the list `demand`, with mistakes at their lines. clouds: the oldest rules of its Akash clouds say which SDL reader
 * it is. Returns an entry for each element of the list. */
const struct demand_file *sdl_demand_read(struct scenario *scenario, const struct value *list, const struct value *clouds,
                                          const struct fleet *fleet);

#endif
