/* What the hybrid's files share. */
#ifndef NINES_MODELS_CLOUDS_HYBRID_HYBRID_INSIDE_H
#define NINES_MODELS_CLOUDS_HYBRID_HYBRID_INSIDE_H

#include "models/clouds/world/cloud.h"

enum { FIRST, SECOND, PARTS };
enum hybrid_mode { HYBRID_ACTIVE, HYBRID_STANDBY, HYBRID_BACKUP };

struct hybrid_part {
    const char *name;
    const struct cloud_kind *kind;
    const void *own;                  /* its kind's plan, with the machines of other sites in no pool */
    const struct demand_plan *demand; /* classes as the part has them */
    bool *runs;                       /* by class: it ever has units here */
    uint32_t sites;
};

/* Immutable. */
struct hybrid_plan {
    enum hybrid_mode mode;
    const struct law *notice, *change, *restore;
    duration return_after;
    const struct fleet *fleet;
    uint8_t *part_of_site; /* FIRST or SECOND */
    struct hybrid_part part[PARTS];
};

const void *hybrid_read(struct scenario *scenario, const struct value *group, const struct fleet *fleet,
                        const struct demand_plan *demand, struct graph_builder *graph);

/* 1 or 2: a machine of the part's sites, or what its cloud has added under its name; 0: neither's. */
uint8_t hybrid_part_of(const void *plan, const struct component *component);

/* The demand of a replication as a part has it, in world->arena: the same workloads with the part's units and sites. */
struct demand *hybrid_demand(const struct world *world, const struct hybrid_plan *plan, uint32_t part);

#endif
