/* What a cloud is to the world: one control plane and its policy.
 *
 * The world owns everything that is the same for all clouds: hardware, faults, demand, the running and failing of units, jobs'
 * progress, measurement. A cloud decides: where a unit is placed, when a loss is noticed and by whom, what is done about it,
 * who pays. It is told what happens through the calls below and acts through world.h.
 *
 * The calls marked [change] come in the middle of a change of the dependency graph. They may read anything and schedule events,
 * but must not bind, run or release units. */
#ifndef NINES_MODELS_CLOUDS_WORLD_CLOUD_H
#define NINES_MODELS_CLOUDS_WORLD_CLOUD_H

#include "models/clouds/world/pool.h"
#include "models/clouds/world/world.h"
#include "models/fleet/fleet.h"
#include "sim/scenario/scenario.h"

struct cloud_kind {
    const char *name;  /* "hyperscaler" */
    const char *rules; /* dates of the rules that it knows, "2024-07|2026-08" */

    /* Reads the cloud's group, adds its logical components and their needs to the graph, and returns its own immutable plan in
     * scenario->arena. Mistakes go to scenario_error. */
    const void *(*plan)(struct scenario *scenario, const struct value *group, const struct fleet *fleet,
                        const struct demand_plan *demand, struct graph_builder *graph);
    /* The part of a hybrid that a component of its graph is of: 1, 2; 0: of none, or of both. NULL: the cloud has no parts. */
    uint8_t (*part_of)(const void *plan, const struct component *component);
    /* Events that one unit of demand can have pending at once because of this cloud, for the size of the queue. */
    uint32_t events_per_unit;
    uint32_t events_per_node; /* the same for a machine of the fleet */

    /* How the fleet is divided under this cloud; the world opens the inventories and switches their nodes. NULL: it is the parts' to say. */
    const struct pool_plan *(*pools)(const void *plan);
    /* A replication's state, in world->arena. Registers the cloud's actions with world->engine. */
    void *(*open)(struct world *world, const void *plan);
    /* A workload is wanted from now on, and asked for; place its units. */
    void (*request)(void *cloud, uint32_t workload);
    /* It is not wanted any more (withdrawn, or the job is done): stop everything, release all its units. */
    void (*withdraw)(void *cloud, uint32_t workload);
    /* Who provides a bound unit's place, and its price per hour: for lists of leases. Texts live as long as the replication. */
    void (*lease)(const void *cloud, uint32_t unit, const char **provider, money *per_hour);
    /* [change] A component that a bound unit depends on stopped serving: if the unit was up it is down now, if it was still
     * starting or halted it lacks one thing more. */
    void (*unit_down)(void *cloud, uint32_t unit, uint32_t component);
    /* [change] All components of a bound unit serve again: it is up already if it was left running; one that was halted, or
     * that was still starting, is the cloud's to start. */
    void (*unit_up)(void *cloud, uint32_t unit);
    /* [change] The replicas of a service in one of a hybrid's parts give more or less than before. NULL: the cloud has no parts. */
    void (*part_gives)(void *cloud, uint32_t workload, struct measure_cause cause);
    /* [change] Any component's bits changed; the inventories know already. NULL: nothing more to do. */
    void (*component)(void *cloud, uint32_t component, uint8_t before, uint8_t after);
    /* Control-plane probes are sent and repeated by the world, which asks only: how long does the path of a tenant's small request
     * take, drawn from the stream; and would one from this site come through now? */
    duration (*probe_time)(const void *cloud, struct stream *stream);
    bool (*passes)(void *cloud, uint32_t site, const struct gpu_pod *small);
    /* The component that answers such requests: when it is degraded, it does so by its fraction. */
    uint32_t (*control)(const void *cloud, uint32_t site);
    /* Evictions per second of a bound unit that its tenant was told to expect. NULL: none. */
    double (*evictions)(const void *cloud, uint32_t unit);
    /* The horizon: settle accounts, report money and providers. */
    void (*close)(void *cloud);
    /* Aborts when an invariant of the cloud's own state is broken. NULL: none. */
    void (*audit)(const void *cloud);
};

extern const struct cloud_kind cloud_hyperscaler, cloud_akash, cloud_ionet, cloud_hybrid;
/* The kind that a cloud's group names. */
const struct cloud_kind *cloud_kind_of(const struct value *group);
/* What a cloud has added to the graph under its name gets its luck by its kind instead, "hyperscaler:us-central/control": two clouds that
 * are alike but for their names have the same. */
void cloud_name_luck(struct scenario *scenario, const char *name, const struct cloud_kind *kind, const struct fleet *fleet,
                     struct graph_builder *builder);

enum { EVENTS_MAX = 1 << 24 }; /* what the engine can keep pending */

/* Everything one arm of a comparison needs; shared by threads. */
struct cloud_plan {
    const char *name, *rules;
    const struct cloud_kind *kind;
    const void *own;
    const struct fleet *fleet;
    const struct demand_plan *demand;
    const struct graph *graph;
    const struct fault_plan *faults;
    double probes_per_second;
    duration lease_deadline;
    int64_t start_unix_s;
    uint32_t events_limit; /* 0: estimated */
    uint64_t shuffle_ties; /* for swarm tests: salt of engine_shuffle_ties(); 0: off */
};

#endif
