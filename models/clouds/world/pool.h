/* The nodes of the fleet divided into inventories of the GPU core: one per region, per provider, or one for all.
 *
 * A node's inventory follows its component: a node that does not serve takes no new units. What is resident there stays until
 * it is released. */
#ifndef NINES_MODELS_CLOUDS_WORLD_POOL_H
#define NINES_MODELS_CLOUDS_WORLD_POOL_H

#include "models/clouds/world/world.h"
#include "models/gpu/backfill.h"
#include "models/gpu/place.h"
#include "sim/scenario/scenario.h"

/* Keys of a cloud that places through the core; `cloud_kind` is the value of `kind` beside which they exist. */
#define POOL_KEYS(cloud_kind)                                                                                          \
    {"placement", KEY_CHOICE, "best-fit", "placement policy of the GPU core", .choices = "best-fit|fgd",               \
     .when = "kind=" cloud_kind},                                                                                      \
        {"ties", KEY_CHOICE, "lowest", "nodes of equal score: lowest index, or uniformly", .choices = "lowest|uniform", \
         .when = "kind=" cloud_kind}

/* How the fleet is divided; immutable. */
struct pool_plan {
    uint32_t pools;
    uint32_t *pool_of_node;    /* [fleet nodes]; COMPONENT_NONE: in none */
    uint16_t *domain_of_node;  /* [fleet nodes]: zone within the site, or what the cloud restricts placements by */
    enum gpu_policy policy;
    enum gpu_ties ties;
};

/* Reads `placement` and `ties`; the tables are the caller's to fill. */
struct pool_plan *pool_plan_read(struct scenario *scenario, const struct value *cloud, const struct fleet *fleet, uint32_t pools);

struct pools;
/* Builds the inventories in world->arena, with nodes that do not serve switched off. */
struct pools *pools_open(struct world *world, const struct pool_plan *plan);
/* To be called for every change of a node's component. Cheap for other components. [change] */
void pools_component(struct pools *pools, uint32_t component, bool serves);

struct pool_wish {
    const uint64_t *domains; /* allowed domains, as in struct gpu_place_options; NULL: all */
    size_t domain_words;
    const uint32_t *avoid;   /* fleet nodes not to be used */
    size_t avoid_count;
    bool whole;              /* a machine for itself, that has at least what is asked for; pools_give_whole() gives it back */
};

/* Gives pool `pool` a queue of jobs (models/gpu/backfill.h) beside what is placed one by one; room for so many jobs and pods at a time.
 * What else comes and goes in the pool voids or moves the queue's promises. */
struct gpu_backfill *pools_open_queue(struct pools *pools, uint32_t pool, enum gpu_discipline discipline, uint32_t jobs, uint32_t pods);
/* Runs one pass of the pool's queue. Returns how many jobs start: queue->started. */
int32_t pools_pass(struct pools *pools, uint32_t pool);
/* The fleet's node of a seat that a queue gave. */
uint32_t pools_fleet_node(const struct pools *pools, uint32_t pool, int32_t local);
/* Takes a node out of service for new units while it works, or back into it. */
void pools_cordon(struct pools *pools, uint32_t node, bool cordoned);

/* Somebody who may have to leave for others. */
struct pool_holder {
    uint32_t first_unit, units; /* all or nothing */
    int32_t rank;
    instant since;
    bool victim;                /* the answer */
};
/* Which of holders[count] must leave so that all idle units of a workload, or one of a service, fit under the wish. As
 * gpu_gang_preempt(): the number of victims, 0 for none needed, -1 for in vain. */
int32_t pools_preempt(struct pools *pools, uint32_t pool, uint32_t workload, uint32_t units, int32_t rank, const struct pool_wish *wish,
                      struct pool_holder *holders, uint32_t count);

/* Finds and takes a place for one unit of a workload. On success *node is the fleet node. wish may be NULL. */
bool pools_take(struct pools *pools, uint32_t pool, uint32_t workload, const struct pool_wish *wish, uint32_t *node,
                uint16_t *devices);
/* The same for a replica that is to be kept off the nodes of its siblings: apart where that is possible, else as wished. `wish->avoid`
 * must be empty. */
bool pools_take_apart(struct pools *pools, uint32_t pool, uint32_t workload, const struct pool_wish *wish, uint32_t *node,
                      uint16_t *devices);
/* Takes places for all idle units of a job in one pool, or for none, by the strategy its demand asks for; units that have places in
 * the pool keep them, and the strategy looks at them too; one that wants
 * all on one node waits until none has a place. nodes[], devices[]: by unit of the job; only those of idle units are written. */
bool pools_take_gang(struct pools *pools, uint32_t pool, uint32_t workload, uint32_t *nodes, uint16_t *devices);
/* Of the jobs workloads[count], each with units placed in the pool and others waiting, those that wait for each other for ever: each could
 * be completed if the others let go, none as it is. knot[count] tells which; returns how many. */
uint32_t pools_find_knot(struct pools *pools, uint32_t pool, const uint32_t *workloads, uint32_t count, bool *knot);
/* Whether there is such a place, without taking it. */
bool pools_has(struct pools *pools, uint32_t pool, const struct gpu_pod *pod);
/* Gives back what pools_take took. */
void pools_give(struct pools *pools, uint32_t workload, uint32_t node, uint16_t devices);

/* The same for a whole machine. */
void pools_give_whole(struct pools *pools, uint32_t node);

/* At the end: tells the measurement what was left, over time. */
void pools_close(struct pools *pools);
void pools_audit(const struct pools *pools);

#endif
