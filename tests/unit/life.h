/* A replication of the faults alone, for tests: a fleet, its graph, and a log of what happened to the components of one class. */
#ifndef NINES_TESTS_UNIT_LIFE_H
#define NINES_TESTS_UNIT_LIFE_H

#include "tests/unit/rooms.h"

#define TYPE(laws) "node_types = ( { name = \"n\"; vcpus = 8; memory = \"64 GiB\"; " laws " } ); "
#define SITE(name, racks, per_rack, rest)                                                                                        \
    "{ name = \"" name "\"; zones = 2; racks = " racks "; nodes = ( { type = \"n\"; per_rack = " per_rack "; } ); "           \
    "storage_units = 1; " rest " }"
#define FLEET(laws, sites) "fleet = { " TYPE(laws) "software = ( { name = \"agent\"; share = \"30 %\"; } ); sites = ( " sites " ); };\n"

/* A replication of the faults alone, with a log of what happened to the nodes. */
struct life {
    struct rooms *rooms;
    const struct graph *graph;
    struct fault_plan *plan;
    struct engine *engine;
    struct graph_state *state;
    struct faults *faults;
    instant begin;
    uint32_t down, failures, at_begin;       /* components of class `watched`: down now, falls so far */
    enum component_class watched;
    uint64_t *trace;                         /* by component: a hash of its changes and their times */
};

static inline void observe(void *context, uint32_t component, uint8_t before, uint8_t after)
{
    struct life *life = context;
    if (life->trace != NULL)
        life->trace[component] = life->trace[component] * UINT64_C(6364136223846793005) +
                                 (uint64_t)engine_now(life->engine).us * 4 + after + 1;
    if (graph_component(life->graph, component)->class != life->watched || !((before ^ after) & COMPONENT_SERVES))
        return;
    life->down += after == 0 ? 1U : -1U;
    life->failures += after == 0;
}

static inline struct graph_builder *extended(struct rooms *rooms)
{
    return graph_builder_extend(&rooms->arena, rooms->fleet->hardware);
}

static inline void plan(struct life *life, struct rooms *rooms, struct graph_builder *builder, const char *cloud)
{
    const char *cycle = "";
    *life = (struct life){.rooms = rooms, .graph = graph_build(builder, &cycle), .watched = COMPONENT_NODE};
    life->plan = faults_bind(&rooms->arena, rooms->faults, life->graph, rooms->fleet, &(struct fault_names){.name = &cloud, .count = 1});
    life->trace = arena_array(&rooms->arena, graph_count(life->graph), uint64_t);
}

static inline void begin_at(struct life *life, uint32_t replication, instant begin)
{
    struct arena *arena = &life->rooms->arena;
    life->begin = begin;
    life->down = life->failures = 0;
    life->engine = engine_create(arena, &(struct engine_options){.capacity = faults_pending_estimate(life->plan) + 64, .start = begin});
    life->state = graph_open(arena, life->graph, life->engine, observe, life);
    life->faults = faults_open(arena, life->plan, life->state, life->engine, 20240718, replication);
    life->at_begin = life->down;
    life->failures = 0;
}

static inline void run_to(struct life *life, int64_t at_us)
{
    engine_run(life->engine, (instant){at_us});
    graph_audit(life->state);
}

#endif
