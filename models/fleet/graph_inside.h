/* What the two files of the graph share: graph.c builds it, graph_state.c lives with it. */
#ifndef NINES_MODELS_FLEET_GRAPH_INSIDE_H
#define NINES_MODELS_FLEET_GRAPH_INSIDE_H

#include "models/fleet/graph.h"

struct gate {
    enum gate_kind kind;
    uint32_t least;
};

struct need {
    uint32_t dependent, dependency;
    enum plane plane;
    duration grace;
};

struct graph {
    uint32_t count;
    const struct component *components;
    struct gate (*gates)[PLANES];
    uint32_t (*totals)[PLANES];  /* number of needs */
    uint32_t (*bearable)[PLANES]; /* of these, the most that may be missing while the gate holds */
    uint16_t *level;
    uint32_t levels;
    struct need *edges;          /* by dependency */
    uint32_t *edge_start;        /* count + 1 */
    uint32_t *needs;             /* edge indices by dependent, for graph_culprit */
    uint32_t *needs_start;       /* count + 1 */
    uint32_t edge_count, grace_count; /* edges; those that have a grace */
};

#endif
