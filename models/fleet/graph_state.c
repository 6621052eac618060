/* The graph alive: what serves, manages and is degraded, brought up to date level by level. */
#include "models/fleet/graph_inside.h"

#include "sim/base/check.h"

#include <string.h>

#include "sim/base/nomalloc.h"

/* Of a component: together, because a change looks at all of it. */
struct life {
    uint32_t missing[PLANES]; /* needs not met */
    uint32_t next;            /* list of one level's components to look at; COMPONENT_NONE: the last */
    uint16_t causes;          /* what holds it down */
    uint8_t bits;
    bool queued;
};

struct graph_state {
    const struct graph *graph;
    struct engine *engine;
    graph_observer *observer;
    void *context;
    uint32_t action_grace;
    struct life *life;            /* of each component */
    uint32_t *level_head, *level_tail;
    uint32_t lowest, waiting;     /* lowest level with a list; components on lists */
    struct event_id *grace;       /* by edge: the loss that has not counted yet */
    bool *lost;                   /* by edge: the loss counts */
    bool propagating;
    graph_fraction_observer *fraction_observer; /* NULL: nobody asks */
    graph_health_observer *health_observer;     /* NULL: nobody asks */
    uint32_t (*fraction)[PLANES]; /* given while the bit is set; GRAPH_WHOLE while it is not, and always while nothing is degraded */
    uint32_t *grey_head;          /* first cause that degrades each component; COMPONENT_NONE: the last */
    struct grey *grey;            /* these causes; those not in use hang on grey_free */
    uint32_t grey_free, grey_room, greys; /* greys: in use; no room: nothing has been degraded yet, and fractions cost nothing */
    struct arena *arena;          /* for more of them */
};

/* A cause that leaves a component a fraction of its service. */
struct grey {
    uint32_t fraction, next;
};

static bool gate_holds(const struct graph *graph, uint32_t component, enum plane plane, uint32_t missing)
{
    return missing <= graph->bearable[component][plane];
}

static uint8_t compute_bits(const struct graph_state *state, uint32_t component)
{
    const struct graph *graph = state->graph;
    if (state->life[component].causes != 0 || !gate_holds(graph, component, PLANE_DATA, state->life[component].missing[PLANE_DATA]))
        return 0;
    bool manages = gate_holds(graph, component, PLANE_CONTROL, state->life[component].missing[PLANE_CONTROL]);
    return (uint8_t)(COMPONENT_SERVES | (manages ? COMPONENT_MANAGES : 0));
}

/* What the causes of its own leave a component. */
static uint32_t own_fraction(const struct graph_state *state, uint32_t component)
{
    uint32_t least = GRAPH_WHOLE;
    for (uint32_t g = state->grey_head[component]; g != COMPONENT_NONE; g = state->grey[g].next)
        least = state->grey[g].fraction < least ? state->grey[g].fraction : least;
    return least;
}

static uint32_t edge_fraction(const struct graph_state *state, uint32_t edge)
{
    const struct need *need = &state->graph->edges[edge];
    if (state->lost[edge])
        return 0;
    return need->grace.us > 0 ? GRAPH_WHOLE : graph_fraction(state, need->dependency, need->plane);
}

/* Needs of a plane that give at least `height`; *next: the greatest fraction below it. */
static uint32_t needs_at(const struct graph_state *state, uint32_t component, enum plane plane, uint32_t height, uint32_t *next)
{
    const struct graph *graph = state->graph;
    uint32_t met = 0;
    *next = 0;
    for (uint32_t i = graph->needs_start[component]; i < graph->needs_start[component + 1]; i++) {
        if (graph->edges[graph->needs[i]].plane != plane)
            continue;
        uint32_t fraction = edge_fraction(state, graph->needs[i]);
        met += fraction >= height;
        if (fraction < height && fraction > *next)
            *next = fraction;
    }
    return met;
}

/* What the gate lets through: the greatest height at which it still holds. Down from the top, one look at the needs for each height that
 * occurs among them. */
static uint32_t gate_fraction(const struct graph_state *state, uint32_t component, enum plane plane)
{
    uint32_t height = GRAPH_WHOLE, next, total = state->graph->totals[component][plane];
    while (!gate_holds(state->graph, component, plane, total - needs_at(state, component, plane, height, &next)) && next > 0)
        height = next;
    return height;
}

static void compute_fractions(const struct graph_state *state, uint32_t component, uint8_t bits, uint32_t fraction[PLANES])
{
    fraction[PLANE_DATA] = fraction[PLANE_CONTROL] = GRAPH_WHOLE;
    if (state->greys == 0 || bits == 0)
        return;
    uint32_t own = own_fraction(state, component), data = gate_fraction(state, component, PLANE_DATA);
    fraction[PLANE_DATA] = own < data ? own : data;
    if ((bits & COMPONENT_MANAGES) == 0)
        return;
    uint32_t control = gate_fraction(state, component, PLANE_CONTROL);
    fraction[PLANE_CONTROL] = control < fraction[PLANE_DATA] ? control : fraction[PLANE_DATA];
}

static void enqueue(struct graph_state *state, uint32_t component)
{
    if (state->life[component].queued)
        return;
    state->life[component].queued = true;
    state->life[component].next = COMPONENT_NONE;
    uint32_t level = state->graph->level[component];
    if (state->level_head[level] == COMPONENT_NONE)
        state->level_head[level] = component;
    else
        state->life[state->level_tail[level]].next = component;
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
        state->life[need->dependent].missing[need->plane]++;
    else
        state->life[need->dependent].missing[need->plane]--;
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

static void update_fractions(struct graph_state *state, uint32_t component, uint8_t bits, bool differs[PLANES])
{
    uint32_t fraction[PLANES], *old = state->fraction[component];
    compute_fractions(state, component, bits, fraction);
    for (int plane = 0; plane < PLANES; plane++)
        differs[plane] = fraction[plane] != old[plane];
    memcpy(old, fraction, sizeof fraction);
}

/* Brings one component up to date, and tells those who need it. */
static void look_at(struct graph_state *state, uint32_t component)
{
    const struct graph *graph = state->graph;
    uint8_t before = state->life[component].bits, after = compute_bits(state, component);
    bool differs[PLANES] = {false, false};
    if (state->grey_room > 0)
        update_fractions(state, component, after, differs);
    if (before == after && !differs[PLANE_DATA] && !differs[PLANE_CONTROL])
        return;
    state->life[component].bits = after;
    if (before != after)
        state->observer(state->context, component, before, after);
    if (differs[PLANE_DATA] && after != 0 && state->fraction_observer != NULL)
        state->fraction_observer(state->context, component);
    for (uint32_t e = graph->edge_start[component]; e < graph->edge_start[component + 1]; e++) {
        if (before != after)
            update_edge(state, e, after);
        if (differs[graph->edges[e].plane] && graph->edges[e].grace.us == 0)
            enqueue(state, graph->edges[e].dependent);
    }
}

static void propagate(struct graph_state *state)
{
    state->propagating = true;
    for (uint32_t level = state->lowest; state->waiting > 0; level++) {
        while (state->level_head[level] != COMPONENT_NONE) {
            uint32_t component = state->level_head[level];
            state->level_head[level] = state->life[component].next;
            state->life[component].queued = false;
            state->waiting--;
            look_at(state, component);
        }
    }
    state->lowest = UINT32_MAX;
    state->propagating = false;
}

/* One component has changed by itself: it is looked at before all that need it. Most changes end there. */
static void propagate_from(struct graph_state *state, uint32_t component)
{
    check(!state->propagating && state->waiting == 0, "a change begins inside another");
    state->propagating = true;
    look_at(state, component);
    propagate(state);
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
    state->life = arena_array(arena, graph->count, struct life);
    state->level_head = arena_array(arena, graph->levels, uint32_t);
    state->level_tail = arena_array(arena, graph->levels, uint32_t);
    state->grace = arena_array(arena, graph->edge_count, struct event_id);
    state->lost = arena_array(arena, graph->edge_count, bool);
    state->arena = arena;
    state->grey_free = COMPONENT_NONE;
    state->grey_head = arena_array(arena, graph->count, uint32_t);
    state->fraction = arena_zero(arena, graph->count, sizeof *state->fraction);
    for (uint32_t c = 0; c < graph->count; c++) {
        state->grey_head[c] = COMPONENT_NONE;
        state->fraction[c][PLANE_DATA] = state->fraction[c][PLANE_CONTROL] = GRAPH_WHOLE;
        state->life[c].bits = COMPONENT_SERVES | COMPONENT_MANAGES;
    }
    for (uint32_t level = 0; level < graph->levels; level++)
        state->level_head[level] = COMPONENT_NONE;
    return state;
}

void graph_fail(struct graph_state *state, uint32_t component)
{
    check(!state->propagating, "an observer changed the health of a component");
    check(state->life[component].causes < UINT16_MAX, "too many causes hold '%s' down", state->graph->components[component].path);
    state->life[component].causes++;
    if (state->life[component].causes == 1) {
        if (state->health_observer != NULL)
            state->health_observer(state->context, component, false);
        propagate_from(state, component);
    }
}

void graph_mend(struct graph_state *state, uint32_t component)
{
    check(!state->propagating, "an observer changed the health of a component");
    check(state->life[component].causes > 0, "'%s' is mended but was not failed", state->graph->components[component].path);
    state->life[component].causes--;
    if (state->life[component].causes == 0) {
        if (state->health_observer != NULL)
            state->health_observer(state->context, component, true);
        propagate_from(state, component);
    }
}

void graph_watch_health(struct graph_state *state, graph_health_observer *observer) { state->health_observer = observer; }

void graph_watch_fractions(struct graph_state *state, graph_fraction_observer *observer) { state->fraction_observer = observer; }

/* How many causes there are at once is not known before the run: the table grows in the replication's arena, each time twofold. */
static void make_grey_room(struct graph_state *state)
{
    uint32_t room = state->grey_room * 2 + 64;
    struct grey *wider = arena_array(state->arena, room, struct grey);
    if (state->grey_room != 0)
        memcpy(wider, state->grey, state->grey_room * sizeof *wider);
    for (uint32_t g = room; g > state->grey_room; g--) {
        wider[g - 1].next = state->grey_free;
        state->grey_free = g - 1;
    }
    state->grey = wider;
    state->grey_room = room;
}

void graph_degrade(struct graph_state *state, uint32_t component, uint32_t fraction)
{
    check(!state->propagating, "an observer changed the health of a component");
    check(fraction > 0 && fraction < GRAPH_WHOLE, "'%s' is degraded to %u", state->graph->components[component].path, fraction);
    if (state->grey_free == COMPONENT_NONE)
        make_grey_room(state);
    uint32_t g = state->grey_free;
    state->grey_free = state->grey[g].next;
    state->grey[g] = (struct grey){fraction, state->grey_head[component]};
    state->grey_head[component] = g;
    state->greys++;
    propagate_from(state, component);
}

void graph_restore(struct graph_state *state, uint32_t component, uint32_t fraction)
{
    check(!state->propagating, "an observer changed the health of a component");
    uint32_t *link = &state->grey_head[component];
    while (*link != COMPONENT_NONE && state->grey[*link].fraction != fraction)
        link = &state->grey[*link].next;
    check(*link != COMPONENT_NONE, "'%s' is restored from %u but was not degraded", state->graph->components[component].path, fraction);
    uint32_t g = *link;
    *link = state->grey[g].next;
    state->grey[g].next = state->grey_free;
    state->grey_free = g;
    state->greys--;
    propagate_from(state, component);
}

uint32_t graph_fraction(const struct graph_state *state, uint32_t component, enum plane plane)
{
    uint8_t bit = plane == PLANE_DATA ? COMPONENT_SERVES : COMPONENT_MANAGES;
    if ((state->life[component].bits & bit) == 0)
        return 0;
    return state->grey_room > 0 ? state->fraction[component][plane] : GRAPH_WHOLE;
}

uint8_t graph_bits(const struct graph_state *state, uint32_t component) { return state->life[component].bits; }
bool graph_serves(const struct graph_state *state, uint32_t component) { return (state->life[component].bits & COMPONENT_SERVES) != 0; }
bool graph_manages(const struct graph_state *state, uint32_t component) { return (state->life[component].bits & COMPONENT_MANAGES) != 0; }
bool graph_healthy(const struct graph_state *state, uint32_t component) { return state->life[component].causes == 0; }

uint32_t graph_culprit(const struct graph_state *state, uint32_t component)
{
    const struct graph *graph = state->graph;
    if (graph_serves(state, component))
        return COMPONENT_NONE;
    while (state->life[component].causes == 0) {
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

uint32_t graph_grey_culprit(const struct graph_state *state, uint32_t component)
{
    const struct graph *graph = state->graph;
    uint32_t fraction = graph_fraction(state, component, PLANE_DATA);
    if (fraction == 0 || fraction == GRAPH_WHOLE)
        return COMPONENT_NONE;
    while (own_fraction(state, component) > fraction) {
        uint32_t next = component;
        for (uint32_t i = graph->needs_start[component]; i < graph->needs_start[component + 1] && next == component; i++) {
            uint32_t edge = graph->needs[i];
            if (graph->edges[edge].plane == PLANE_DATA && edge_fraction(state, edge) == fraction)
                next = graph->edges[edge].dependency;
        }
        if (next == component) /* told in the middle of a change that goes on above it */
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
            bool met = (state->life[need->dependency].bits & wanted) != 0;
            bool waiting = engine_pending(state->engine, state->grace[graph->needs[i]]);
            check(met ? !state->lost[graph->needs[i]] : (state->lost[graph->needs[i]] || waiting),
                  "need of '%s' for '%s' is out of date", graph->components[c].path,
                  graph->components[need->dependency].path);
            missing[need->plane] += state->lost[graph->needs[i]];
        }
        check(missing[PLANE_DATA] == state->life[c].missing[PLANE_DATA] &&
                  missing[PLANE_CONTROL] == state->life[c].missing[PLANE_CONTROL],
              "needs of '%s' are miscounted", graph->components[c].path);
        check(state->life[c].bits == compute_bits(state, c), "state of '%s' is out of date", graph->components[c].path);
        uint32_t fraction[PLANES];
        compute_fractions(state, c, state->life[c].bits, fraction);
        check(memcmp(fraction, state->fraction[c], sizeof fraction) == 0, "fractions of '%s' are out of date", graph->components[c].path);
    }
}
