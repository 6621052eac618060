#include "models/fleet/graph.h"

#include "sim/base/check.h"

#include <string.h>

#include "sim/base/nomalloc.h"

const char *const component_class_names[COMPONENT_CLASSES] = {"site",    "zone",           "rack",     "node", "storage",
                                                              "control", "region-control", "provider", "relay", "shared"};

struct gate {
    enum gate_kind kind;
    uint32_t least;
};

struct need {
    uint32_t dependent, dependency;
    enum plane plane;
    duration grace;
};

struct graph_builder {
    struct arena *arena;
    struct component *components;
    struct gate (*gates)[PLANES];
    struct need *needs;
    uint32_t components_used, components_room, needs_used, needs_room;
};

struct graph {
    uint32_t count;
    const struct component *components;
    struct gate (*gates)[PLANES];
    uint32_t (*totals)[PLANES];  /* number of needs */
    uint16_t *level;
    uint32_t levels;
    struct need *edges;          /* by dependency */
    uint32_t *edge_start;        /* count + 1 */
    uint32_t *needs;             /* edge indices by dependent, for graph_culprit */
    uint32_t *needs_start;       /* count + 1 */
    uint32_t edge_count, grace_count; /* edges; those that have a grace */
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

/* --- Living ---------------------------------------------------------------------------------------------------------- */

struct graph_state {
    const struct graph *graph;
    struct engine *engine;
    graph_observer *observer;
    void *context;
    uint32_t action_grace;
    uint16_t *causes;             /* what holds each component down */
    uint32_t (*missing)[PLANES];  /* needs not met */
    uint8_t *bits;
    uint32_t *next;               /* list of one level's components to look at; COMPONENT_NONE: the last */
    bool *queued;
    uint32_t *level_head, *level_tail;
    uint32_t lowest, waiting;     /* lowest level with a list; components on lists */
    struct event_id *grace;       /* by edge: the loss that has not counted yet */
    bool *lost;                   /* by edge: the loss counts */
    bool propagating;
};

static bool gate_holds(const struct graph *graph, uint32_t component, enum plane plane, uint32_t missing)
{
    uint32_t total = graph->totals[component][plane];
    struct gate gate = graph->gates[component][plane];
    if (total == 0)
        return true;
    switch (gate.kind) {
    case GATE_ALL:
        return missing == 0;
    case GATE_ANY:
        return missing < total;
    case GATE_AT_LEAST:
        return total - missing >= gate.least;
    }
    return false;
}

static uint8_t compute_bits(const struct graph_state *state, uint32_t component)
{
    const struct graph *graph = state->graph;
    if (state->causes[component] != 0 || !gate_holds(graph, component, PLANE_DATA, state->missing[component][PLANE_DATA]))
        return 0;
    bool manages = gate_holds(graph, component, PLANE_CONTROL, state->missing[component][PLANE_CONTROL]);
    return (uint8_t)(COMPONENT_SERVES | (manages ? COMPONENT_MANAGES : 0));
}

static void enqueue(struct graph_state *state, uint32_t component)
{
    if (state->queued[component])
        return;
    state->queued[component] = true;
    state->next[component] = COMPONENT_NONE;
    uint32_t level = state->graph->level[component];
    if (state->level_head[level] == COMPONENT_NONE)
        state->level_head[level] = component;
    else
        state->next[state->level_tail[level]] = component;
    state->level_tail[level] = component;
    state->waiting++;
    if (level < state->lowest)
        state->lowest = level;
}

static void count_loss(struct graph_state *state, uint32_t edge, bool lost)
{
    if (state->lost[edge] == lost)
        return;
    const struct need *need = &state->graph->edges[edge];
    state->lost[edge] = lost;
    if (lost)
        state->missing[need->dependent][need->plane]++;
    else
        state->missing[need->dependent][need->plane]--;
    enqueue(state, need->dependent);
}

/* After the faults and repairs of the same instant (class 1): a loss that ends just as its grace does has not counted. */
enum { GRACE_CLASS = 2 };

/* One edge learns that its dependency now meets the need, or not. */
static void update_edge(struct graph_state *state, uint32_t edge, uint8_t dependency_bits)
{
    const struct need *need = &state->graph->edges[edge];
    bool met = (dependency_bits & (need->plane == PLANE_DATA ? COMPONENT_SERVES : COMPONENT_MANAGES)) != 0;
    if (need->grace.us == 0) {
        count_loss(state, edge, !met);
        return;
    }
    bool waiting = engine_pending(state->engine, state->grace[edge]);
    if (met) {
        if (waiting)
            engine_cancel(state->engine, state->grace[edge]);
        count_loss(state, edge, false);
    } else if (!state->lost[edge] && !waiting) {
        instant at = instant_add(engine_now(state->engine), need->grace);
        state->grace[edge] = engine_schedule(state->engine, at, GRACE_CLASS, state->action_grace, edge, 0);
    }
}

static void propagate(struct graph_state *state)
{
    const struct graph *graph = state->graph;
    state->propagating = true;
    for (uint32_t level = state->lowest; state->waiting > 0; level++) {
        while (state->level_head[level] != COMPONENT_NONE) {
            uint32_t component = state->level_head[level];
            state->level_head[level] = state->next[component];
            state->queued[component] = false;
            state->waiting--;
            uint8_t before = state->bits[component], after = compute_bits(state, component);
            if (before == after)
                continue;
            state->bits[component] = after;
            state->observer(state->context, component, before, after);
            for (uint32_t e = graph->edge_start[component]; e < graph->edge_start[component + 1]; e++)
                update_edge(state, e, after);
        }
    }
    state->lowest = UINT32_MAX;
    state->propagating = false;
}

static void on_grace(void *context, struct engine *engine, uint32_t edge, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct graph_state *state = context;
    count_loss(state, edge, true);
    propagate(state);
}

struct graph_state *graph_open(struct arena *arena, const struct graph *graph, struct engine *engine,
                               graph_observer *observer, void *context)
{
    struct graph_state *state = arena_new(arena, struct graph_state);
    *state = (struct graph_state){.graph = graph, .engine = engine, .observer = observer, .context = context};
    state->lowest = UINT32_MAX;
    state->action_grace = engine_action(engine, on_grace, state);
    state->causes = arena_array(arena, graph->count, uint16_t);
    state->missing = arena_zero(arena, graph->count, sizeof *state->missing);
    state->bits = arena_array(arena, graph->count, uint8_t);
    state->next = arena_array(arena, graph->count, uint32_t);
    state->queued = arena_array(arena, graph->count, bool);
    state->level_head = arena_array(arena, graph->levels, uint32_t);
    state->level_tail = arena_array(arena, graph->levels, uint32_t);
    state->grace = arena_array(arena, graph->edge_count, struct event_id);
    state->lost = arena_array(arena, graph->edge_count, bool);
    memset(state->bits, COMPONENT_SERVES | COMPONENT_MANAGES, graph->count);
    for (uint32_t level = 0; level < graph->levels; level++)
        state->level_head[level] = COMPONENT_NONE;
    return state;
}

void graph_fail(struct graph_state *state, uint32_t component)
{
    check(!state->propagating, "an observer changed the health of a component");
    check(state->causes[component] < UINT16_MAX, "too many causes hold '%s' down", state->graph->components[component].path);
    state->causes[component]++;
    if (state->causes[component] == 1) {
        enqueue(state, component);
        propagate(state);
    }
}

void graph_mend(struct graph_state *state, uint32_t component)
{
    check(!state->propagating, "an observer changed the health of a component");
    check(state->causes[component] > 0, "'%s' is mended but was not failed", state->graph->components[component].path);
    state->causes[component]--;
    if (state->causes[component] == 0) {
        enqueue(state, component);
        propagate(state);
    }
}

uint8_t graph_bits(const struct graph_state *state, uint32_t component) { return state->bits[component]; }
bool graph_serves(const struct graph_state *state, uint32_t component) { return (state->bits[component] & COMPONENT_SERVES) != 0; }
bool graph_manages(const struct graph_state *state, uint32_t component) { return (state->bits[component] & COMPONENT_MANAGES) != 0; }
bool graph_healthy(const struct graph_state *state, uint32_t component) { return state->causes[component] == 0; }

uint32_t graph_culprit(const struct graph_state *state, uint32_t component)
{
    const struct graph *graph = state->graph;
    if (graph_serves(state, component))
        return COMPONENT_NONE;
    while (state->causes[component] == 0) {
        uint32_t next = COMPONENT_NONE;
        for (uint32_t i = graph->needs_start[component]; i < graph->needs_start[component + 1]; i++) {
            uint32_t edge = graph->needs[i];
            if (state->lost[edge] && graph->edges[edge].plane == PLANE_DATA) {
                next = graph->edges[edge].dependency;
                break;
            }
        }
        if (next == COMPONENT_NONE || graph_serves(state, next)) /* held by a loss that is just being undone */
            return component;
        component = next;
    }
    return component;
}

void graph_audit(const struct graph_state *state)
{
    const struct graph *graph = state->graph;
    for (uint32_t c = 0; c < graph->count; c++) {
        uint32_t missing[PLANES] = {0, 0};
        for (uint32_t i = graph->needs_start[c]; i < graph->needs_start[c + 1]; i++) {
            const struct need *need = &graph->edges[graph->needs[i]];
            uint8_t wanted = need->plane == PLANE_DATA ? COMPONENT_SERVES : COMPONENT_MANAGES;
            bool met = (state->bits[need->dependency] & wanted) != 0;
            bool waiting = engine_pending(state->engine, state->grace[graph->needs[i]]);
            check(met ? !state->lost[graph->needs[i]] : (state->lost[graph->needs[i]] || waiting),
                  "need of '%s' for '%s' is out of date", graph->components[c].path,
                  graph->components[need->dependency].path);
            missing[need->plane] += state->lost[graph->needs[i]];
        }
        check(missing[PLANE_DATA] == state->missing[c][PLANE_DATA] &&
                  missing[PLANE_CONTROL] == state->missing[c][PLANE_CONTROL],
              "needs of '%s' are miscounted", graph->components[c].path);
        check(state->bits[c] == compute_bits(state, c), "state of '%s' is out of date", graph->components[c].path);
    }
}
