/* What the files of the world share: world.c (units and changes of the graph), world_ask.c (what clouds ask for), world_job.c (jobs),
 * world_fall.c and world_list.c (lists) and world_run.c (a replication's course). */
#ifndef NINES_MODELS_CLOUDS_WORLD_WORLD_INSIDE_H
#define NINES_MODELS_CLOUDS_WORLD_WORLD_INSIDE_H

#include "models/clouds/world/world.h"

#define LINK_NONE UINT32_MAX /* of the chains of units that depend on a component */

/* A job is wanted: its account is opened. */
void world_open_job(struct world *world, uint32_t workload);
/* All units of a job are up; one of them went down. [change] */
void world_begin_job(struct world *world, uint32_t workload);
void world_fail_job(struct world *world, uint32_t workload);
/* What a unit of a running job gives has changed: the gang goes on at the pace of the slowest. [change] */
void world_pace_job(struct world *world, uint32_t workload);
/* Events of a job: its work is done; it has a fault of its own; it is given up. */
void world_on_finish(void *context, struct engine *engine, uint32_t workload, uint64_t detail);
void world_on_fault(void *context, struct engine *engine, uint32_t workload, uint64_t detail);
void world_on_abandon(void *context, struct engine *engine, uint32_t workload, uint64_t detail);
/* A service's number of replicas that are up has changed, and the world is watched for splitting: stops the run when the service
 * has come near enough to an outage. */
void world_watch(struct world *world, uint32_t workload);
static inline bool world_is_watched(const struct world *world, uint32_t workload)
{
    uint32_t class = world->demand->workload[workload].class;
    return world->load[workload].wanted && demand_class_of(world->demand, workload)->kind == DEMAND_SERVICE &&
           (world->watched_class == COMPONENT_NONE || world->watched_class == class);
}
/* The graph's observers. */
void world_on_change(void *context, uint32_t component, uint8_t before, uint8_t after);
void world_on_fraction(void *context, uint32_t component);
/* The list of components' outages: before the begin and at the horizon; and in between, where world->fall is there, whenever a component
 * stops serving or serves again. [change] */
void world_open_falls(struct world *world);
void world_note_fall(struct world *world, uint32_t component, bool serves);
void world_close_falls(const struct world *world);

/* Listing of leases and payments: its memory; what is still open at the horizon. */
void world_list_open(struct world *world);
void world_list_close(struct world *world);
/* Lists the lease of a bound unit with --log leases; why: the reason of its end, NULL: it is still open. */
void world_list_lease(struct world *world, uint32_t unit, const char *why);

#endif
