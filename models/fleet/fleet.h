/* The fleet: all hardware of a scenario, the same for every cloud.
 *
 * Sites hold zones, zones hold racks and storage units, racks hold nodes. Every piece of hardware is a component of the dependency
 * graph, named by its path ("us-central/z2/r07/n14"), with its own failure and repair law; a node needs its rack, a rack and a
 * storage unit their zone, a zone its site, all on the data plane. What a cloud adds (providers, tiers, control planes) is its
 * own business and comes later, so the physical part is identical under every cloud (design.md 4.1).
 *
 * A site's racks are identical: each holds the node groups in the order of the scenario, `per_rack` of each. */
#ifndef NINES_MODELS_FLEET_FLEET_H
#define NINES_MODELS_FLEET_FLEET_H

#include "models/fleet/graph.h"
#include "sim/scenario/scenario.h"

#include <stdint.h>

/* The key table of the group `fleet`. */
extern const struct key fleet_keys[];

struct node_type {
    const char *name;
    int32_t vcpus;
    int64_t memory_bytes;
    int32_t gpus;             /* 0..16 */
    const char *gpu_model;    /* "" without GPUs */
    int32_t gpu_model_id;     /* index into fleet.gpu_models; -1 without GPUs */
    int64_t gpu_memory_bytes;
    const char *gpu_interface; /* "pcie" or "sxm" */
    const struct law *up, *repair; /* NULL: never fails by itself */
};

struct fleet_node {
    uint32_t component; /* in the graph */
    uint32_t type, site, zone, rack;
};

struct fleet_rack {
    uint32_t component, site, zone, first_node, nodes;
};

struct fleet_zone {
    uint32_t component, site, first_storage, storages, first_rack, racks;
};

struct fleet_site {
    const char *name;
    uint32_t component, first_zone, zones, first_node, nodes, first_rack, racks;
    double demand_weight;
};

/* Whose nodes run a software all or none. */
enum fleet_together { TOGETHER_NODE, TOGETHER_RACK, TOGETHER_ZONE, TOGETHER_SITE };

/* Software that is installed on a share of the nodes, whoever runs them: an agent, a release. The share is that of nodes in expectation,
 * however many decide together. */
struct fleet_software {
    const char *name;
    double share;
    enum fleet_together together;
};

struct fleet {
    uint32_t sites, zones, racks, nodes, storages, types, software_count, gpu_model_count;
    struct fleet_site *site;
    struct fleet_zone *zone;
    struct fleet_rack *rack;
    struct fleet_node *node;
    uint32_t *storage;              /* component of each storage unit */
    uint32_t *storage_zone;
    struct node_type *type;
    struct fleet_software *software;
    const char **gpu_models;        /* at most 64 */
    uint32_t *node_of_component;    /* component -> node, or COMPONENT_NONE; fleet_components entries */
    uint32_t fleet_components;      /* components 0..fleet_components-1 are the fleet's */
    int64_t gpus;
    struct graph_builder *hardware; /* every cloud extends a copy of this */
};

enum { FLEET_NODES_MAX = 4000000 };

/* Builds the fleet from the checked group `fleet` in scenario->arena; mistakes go to scenario_error. */
struct fleet *fleet_build(struct scenario *scenario, const struct value *group);
/* Index of a GPU model, or -1. */
int32_t fleet_gpu_model(const struct fleet *fleet, const char *model);

#endif
