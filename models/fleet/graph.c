#include "models/fleet/graph_inside.h"

#include "sim/base/check.h"

#include <string.h>

#include "sim/base/nomalloc.h"

const char *const component_class_names[COMPONENT_CLASSES] = {"site",    "zone",           "rack",     "node", "storage",
                                                              "control", "region-control", "provider", "relay", "shared"};

struct graph_builder {
    struct arena *arena;
    struct component *components;
    struct gate (*gates)[PLANES];
    struct need *needs;
    uint32_t components_used, components_room, needs_used, needs_room;
};

/* --- Building -------------------------------------------------------------------------------------------------------- */

struct graph_builder *graph_builder_open(struct arena *arena)
{
    struct graph_builder *builder = arena_new(arena, struct graph_builder);
    builder->arena = arena;
    return builder;
}

static void make_room(struct graph_builder *builder, uint32_t components, uint32_t needs)
{
    if (builder->components_used + components > builder->components_room) {
        uint32_t room = (builder->components_used + components) * 2 + 64;
        struct component *wider = arena_array(builder->arena, room, struct component);
        struct gate(*gates)[PLANES] = arena_zero(builder->arena, room, sizeof *gates);
        if (builder->components_used != 0) {
            memcpy(wider, builder->components, builder->components_used * sizeof *wider);
            memcpy(gates, builder->gates, builder->components_used * sizeof *gates);
        }
        builder->components = wider;
        builder->gates = gates;
        builder->components_room = room;
    }
    if (builder->needs_used + needs > builder->needs_room) {
        uint32_t room = (builder->needs_used + needs) * 2 + 64;
        struct need *wider = arena_array(builder->arena, room, struct need);
        if (builder->needs_used != 0)
            memcpy(wider, builder->needs, builder->needs_used * sizeof *wider);
        builder->needs = wider;
        builder->needs_room = room;
    }
}

struct graph_builder *graph_builder_extend(struct arena *arena, const struct graph_builder *base)
{
    struct graph_builder *builder = graph_builder_open(arena);
    make_room(builder, base->components_used, base->needs_used);
    memcpy(builder->components, base->components, base->components_used * sizeof *base->components);
    memcpy(builder->gates, base->gates, base->components_used * sizeof *base->gates);
    if (base->needs_used != 0)
        memcpy(builder->needs, base->needs, base->needs_used * sizeof *base->needs);
    builder->components_used = base->components_used;
    builder->needs_used = base->needs_used;
    return builder;
}

uint32_t graph_add(struct graph_builder *builder, struct component component)
{
    make_room(builder, 1, 0);
    builder->components[builder->components_used] = component;
    return builder->components_used++;
}

void graph_need(struct graph_builder *builder, uint32_t dependent, uint32_t dependency, enum plane plane, duration grace)
{
    check(dependent < builder->components_used && dependency < builder->components_used, "need of an unknown component");
    make_room(builder, 0, 1);
    builder->needs[builder->needs_used++] =
        (struct need){.dependent = dependent, .dependency = dependency, .plane = plane, .grace = grace};
}

void graph_gate(struct graph_builder *builder, uint32_t component, enum plane plane, enum gate_kind kind, uint32_t least)
{
    check(component < builder->components_used, "gate of an unknown component");
    builder->gates[component][plane] = (struct gate){.kind = kind, .least = least};
}

uint32_t graph_builder_count(const struct graph_builder *builder) { return builder->components_used; }

const struct component *graph_builder_component(const struct graph_builder *builder, uint32_t index)
{
    return &builder->components[index];
}

void graph_builder_luck(struct graph_builder *builder, uint32_t index, const char *luck) { builder->components[index].luck = luck; }

/* Sorts needs by one of their ends with a counting sort, which keeps the order in which they were added. */
static void index_edges(struct graph *graph, const struct graph_builder *builder, struct arena *arena)
{
    uint32_t count = graph->count, edges = builder->needs_used;
    graph->edges = arena_array(arena, edges, struct need);
    graph->edge_start = arena_array(arena, count + 2, uint32_t);
    graph->needs = arena_array(arena, edges, uint32_t);
    graph->needs_start = arena_array(arena, count + 2, uint32_t);
    graph->edge_count = edges;
    for (uint32_t i = 0; i < edges; i++)
        graph->edge_start[builder->needs[i].dependency + 2]++;
    for (uint32_t c = 0; c < count; c++)
        graph->edge_start[c + 2] += graph->edge_start[c + 1];
    for (uint32_t i = 0; i < edges; i++)
        graph->edges[graph->edge_start[builder->needs[i].dependency + 1]++] = builder->needs[i];
    for (uint32_t i = 0; i < edges; i++)
        graph->needs_start[graph->edges[i].dependent + 2]++;
    for (uint32_t c = 0; c < count; c++)
        graph->needs_start[c + 2] += graph->needs_start[c + 1];
    for (uint32_t i = 0; i < edges; i++)
        graph->needs[graph->needs_start[graph->edges[i].dependent + 1]++] = i;
}

/* Levels by Kahn's algorithm. Returns how many components were reached; fewer than all means a cycle. */
static uint32_t assign_levels(struct graph *graph, struct arena *arena)
{
    struct arena_mark mark = arena_mark(arena);
    uint32_t *open = arena_array(arena, graph->count, uint32_t);
    uint32_t *queue = arena_array(arena, graph->count, uint32_t);
    uint32_t head = 0, tail = 0;
    for (uint32_t c = 0; c < graph->count; c++) {
        open[c] = graph->needs_start[c + 1] - graph->needs_start[c];
        if (open[c] == 0)
            queue[tail++] = c;
    }
    while (head < tail) {
        uint32_t c = queue[head++];
        if (graph->level[c] + 1u > graph->levels)
            graph->levels = graph->level[c] + 1u;
        for (uint32_t e = graph->edge_start[c]; e < graph->edge_start[c + 1]; e++) {
            uint32_t dependent = graph->edges[e].dependent;
            check(graph->level[c] < UINT16_MAX, "a chain of more than %d needs", UINT16_MAX);
            if (graph->level[dependent] < graph->level[c] + 1)
                graph->level[dependent] = (uint16_t)(graph->level[c] + 1);
            if (--open[dependent] == 0)
                queue[tail++] = dependent;
        }
    }
    arena_rewind(arena, mark);
    return head;
}

/* All components healthy must mean all up: a gate that can never hold is a defect of whoever built the graph. */
static void check_gates(const struct graph *graph)
{
    for (uint32_t c = 0; c < graph->count; c++)
        for (int plane = 0; plane < PLANES; plane++)
            check(graph->gates[c][plane].kind != GATE_AT_LEAST || graph->gates[c][plane].least <= graph->totals[c][plane],
                  "'%s' wants %u of %u needs", graph->components[c].path, graph->gates[c][plane].least,
                  graph->totals[c][plane]);
}

/* A component without needs bears that none are missing. */
static void open_gates(struct graph *graph, struct arena *arena)
{
    graph->bearable = arena_zero(arena, graph->count, sizeof *graph->bearable);
    for (uint32_t c = 0; c < graph->count; c++)
        for (int plane = 0; plane < PLANES; plane++) {
            uint32_t total = graph->totals[c][plane];
            struct gate gate = graph->gates[c][plane];
            uint32_t least = gate.kind == GATE_ALL ? total : gate.kind == GATE_ANY ? 1 : gate.least;
            graph->bearable[c][plane] = total > 0 ? total - least : 0;
        }
}

/* Text of one cycle: from any component with an unreached need, follow unreached needs until one repeats. */
static const char *cycle_text(const struct graph *graph, struct arena *arena)
{
    uint32_t *step = arena_array(arena, graph->count, uint32_t); /* 1 + position on the walk; 0: not on it */
    uint32_t *walk = arena_array(arena, graph->count, uint32_t);
    bool *reached = arena_array(arena, graph->count, bool);
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t c = 0; c < graph->count; c++) {
            bool ready = !reached[c];
            for (uint32_t i = graph->needs_start[c]; ready && i < graph->needs_start[c + 1]; i++)
                ready = reached[graph->edges[graph->needs[i]].dependency];
            if (ready)
                reached[c] = changed = true;
        }
    }
    uint32_t at = 0, length = 0;
    while (reached[at])
        at++;
    while (step[at] == 0) {
        walk[length++] = at;
        step[at] = length;
        for (uint32_t i = graph->needs_start[at]; i < graph->needs_start[at + 1]; i++) {
            uint32_t dependency = graph->edges[graph->needs[i]].dependency;
            if (!reached[dependency]) {
                at = dependency;
                break;
            }
        }
    }
    const char *text = graph->components[at].path;
    for (uint32_t i = step[at]; i < length; i++)
        text = arena_format(arena, "%s -> %s", text, graph->components[walk[i]].path);
    return arena_format(arena, "%s -> %s", text, graph->components[at].path);
}

const struct graph *graph_build(struct graph_builder *builder, const char **cycle)
{
    struct arena *arena = builder->arena;
    struct graph *graph = arena_new(arena, struct graph);
    graph->count = builder->components_used;
    graph->components = builder->components;
    graph->gates = builder->gates;
    graph->level = arena_array(arena, graph->count, uint16_t);
    graph->totals = arena_zero(arena, graph->count, sizeof *graph->totals);
    for (uint32_t i = 0; i < builder->needs_used; i++)
        graph->totals[builder->needs[i].dependent][builder->needs[i].plane]++;
    for (uint32_t i = 0; i < builder->needs_used; i++)
        graph->grace_count += builder->needs[i].grace.us > 0;
    check_gates(graph);
    open_gates(graph, arena);
    index_edges(graph, builder, arena);
    if (assign_levels(graph, arena) < graph->count) {
        *cycle = cycle_text(graph, arena);
        return NULL;
    }
    return graph;
}

uint32_t graph_count(const struct graph *graph) { return graph->count; }
uint32_t graph_grace_count(const struct graph *graph) { return graph->grace_count; }
const struct component *graph_component(const struct graph *graph, uint32_t index) { return &graph->components[index]; }

double graph_fault_rate(const struct graph *graph, uint32_t component, uint32_t *stamps, uint32_t stamp)
{
    if (stamps[component] == stamp)
        return 0;
    stamps[component] = stamp;
    const struct law *up = graph->components[component].up;
    double rate = up != NULL ? 1 / law_mean(up) : 0;
    for (uint32_t i = graph->needs_start[component]; i < graph->needs_start[component + 1]; i++) {
        const struct need *need = &graph->edges[graph->needs[i]];
        if (need->plane == PLANE_DATA)
            rate += graph_fault_rate(graph, need->dependency, stamps, stamp);
    }
    return rate;
}

uint32_t graph_find(const struct graph *graph, const char *path)
{
    for (uint32_t c = 0; c < graph->count; c++)
        if (strcmp(graph->components[c].path, path) == 0)
            return c;
    return COMPONENT_NONE;
}
