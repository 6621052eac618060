/* A replication of one cloud in pieces, for multilevel splitting (sim/study/splitting.h). */
#ifndef NINES_MODELS_CLOUDS_WORLD_WORLD_BRANCH_H
#define NINES_MODELS_CLOUDS_WORLD_WORLD_BRANCH_H

#include "models/clouds/world/world.h"

/* Calls of struct sim_branching; a path is a world. */
void *world_path_begin(const struct cloud_plan *plan, const struct sim_task *task, struct sim_record *record);
bool world_path_live(void *path, double level);
void world_path_end(void *path);
uint64_t world_path_events(const void *path);
void world_path_redraw(void *path);

#endif
