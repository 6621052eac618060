/* The nodes of the fleet divided into inventories of the GPU core: one per region, per provider, or one for all.
 *
 * A node's inventory follows its component: a node that does not serve takes no new units. What is resident there stays until
 * it is released. */
#ifndef NINES_MODELS_CLOUDS_POOL_H
#define NINES_MODELS_CLOUDS_POOL_H

#include "models/clouds/world.h"
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
};

/* Finds and takes a place for one unit of a workload. On success *node is the fleet node. wish may be NULL. */
bool pools_take(struct pools *pools, uint32_t pool, uint32_t workload, const struct pool_wish *wish, uint32_t *node,
                uint16_t *devices);
/* The same for a replica that is to be kept off the nodes of its siblings: apart where that is possible, else as wished. `wish->avoid`
 * must be empty. */
bool pools_take_apart(struct pools *pools, uint32_t pool, uint32_t workload, const struct pool_wish *wish, uint32_t *node,
                      uint16_t *devices);
/* Whether there is such a place, without taking it. */
bool pools_has(struct pools *pools, uint32_t pool, const struct gpu_pod *pod);
/* Gives back what pools_take took. */
void pools_give(struct pools *pools, uint32_t workload, uint32_t node, uint16_t devices);

void pools_audit(const struct pools *pools);

#endif
