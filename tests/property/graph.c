/* Random dependency graphs under random faults, against a twin that recomputes everything from scratch.
 *
 * The twin knows only the definition: a component serves when no cause holds it down and its data gate holds over what serves,
 * counting an unmet need only when it has been unmet for longer than its grace; it manages when it serves and its control gate
 * holds over what manages. It keeps, per need, since when the need has been unmet, and evaluates in order of index (needs go to
 * lower indices here).
 *
 * Fractions: at every height t the twin asks who would serve if all that give less than t by themselves were down; the greatest t at
 * which a component still does is its fraction. */
#include "models/fleet/graph.h"
#include "sim/chance/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_COMPONENTS = 40, MOST_NEEDS = 160, WORLDS = 200, STEPS = 300, HEIGHTS = 10 };

struct twin_need {
    uint32_t dependent, dependency;
    enum plane plane;
    int64_t grace, unmet_since; /* -1: met */
};

struct twin {
    uint32_t components, needs;
    struct twin_need need[MOST_NEEDS];
    enum gate_kind kind[MOST_COMPONENTS][PLANES];
    uint32_t least[MOST_COMPONENTS][PLANES];
    uint32_t causes[MOST_COMPONENTS];
    uint32_t greys[MOST_COMPONENTS][HEIGHTS]; /* causes that leave it so many tenths */
    uint8_t bits[MOST_COMPONENTS];
};

struct world {
    struct arena arena;
    struct stream chance;
    struct engine *engine;
    struct graph_state *state;
    struct twin twin;
    uint64_t operations;            /* changes made from outside the engine */
    uint64_t seen[MOST_COMPONENTS]; /* the change in which the observer was last called */
    uint8_t bits[MOST_COMPONENTS];  /* as the observer was told last */
    uint32_t fraction[MOST_COMPONENTS]; /* on the data plane, as the observer was told last; meaningless while it does not serve */
};

static bool twin_gate(const struct twin *twin, uint32_t component, enum plane plane, int64_t now)
{
    uint32_t total = 0, met = 0;
    for (uint32_t i = 0; i < twin->needs; i++) {
        const struct twin_need *need = &twin->need[i];
        if (need->dependent != component || need->plane != plane)
            continue;
        total++;
        met += need->unmet_since < 0 || (need->grace > 0 && now - need->unmet_since < need->grace);
    }
    if (total == 0)
        return true;
    switch (twin->kind[component][plane]) {
    case GATE_ALL:
        return met == total;
    case GATE_ANY:
        return met >= 1;
    default:
        return met >= twin->least[component][plane];
    }
}

static void twin_evaluate(struct twin *twin, int64_t now)
{
    for (uint32_t c = 0; c < twin->components; c++) {
        bool serves = twin->causes[c] == 0 && twin_gate(twin, c, PLANE_DATA, now);
        bool manages = serves && twin_gate(twin, c, PLANE_CONTROL, now);
        twin->bits[c] = (uint8_t)((serves ? COMPONENT_SERVES : 0) | (manages ? COMPONENT_MANAGES : 0));
        for (uint32_t i = 0; i < twin->needs; i++) {
            struct twin_need *need = &twin->need[i];
            if (need->dependency != c)
                continue;
            bool met = need->plane == PLANE_DATA ? serves : manages;
            if (met)
                need->unmet_since = -1;
            else if (need->unmet_since < 0)
                need->unmet_since = now;
        }
    }
}

/* Whether the gate holds at a height, given who holds there below. */
static bool twin_gate_at(const struct twin *twin, uint32_t component, enum plane plane, bool holds[][PLANES], int64_t now)
{
    uint32_t total = 0, met = 0;
    for (uint32_t i = 0; i < twin->needs; i++) {
        const struct twin_need *need = &twin->need[i];
        if (need->dependent != component || need->plane != plane)
            continue;
        total++;
        met += need->grace > 0 ? need->unmet_since < 0 || now - need->unmet_since < need->grace : holds[need->dependency][plane];
    }
    enum gate_kind kind = twin->kind[component][plane];
    return total == 0 || met >= (kind == GATE_ALL ? total : kind == GATE_ANY ? 1 : twin->least[component][plane]);
}

static void compare_fractions(const struct world *world, int64_t now)
{
    const struct twin *twin = &world->twin;
    uint32_t fraction[MOST_COMPONENTS][PLANES] = {{0}};
    for (uint32_t tenths = 1; tenths <= HEIGHTS; tenths++) {
        bool holds[MOST_COMPONENTS][PLANES];
        for (uint32_t c = 0; c < twin->components; c++) {
            bool whole = twin->causes[c] == 0;
            for (uint32_t t = 1; t < tenths; t++)
                whole = whole && twin->greys[c][t] == 0;
            holds[c][PLANE_DATA] = whole && twin_gate_at(twin, c, PLANE_DATA, holds, now);
            holds[c][PLANE_CONTROL] = holds[c][PLANE_DATA] && twin_gate_at(twin, c, PLANE_CONTROL, holds, now);
            for (int plane = 0; plane < PLANES; plane++)
                if (holds[c][plane])
                    fraction[c][plane] = tenths * (GRAPH_WHOLE / HEIGHTS);
        }
    }
    for (uint32_t c = 0; c < twin->components; c++) {
        for (int plane = 0; plane < PLANES; plane++)
            assert_int_equal(graph_fraction(world->state, c, (enum plane)plane), fraction[c][plane]);
        bool grey = fraction[c][PLANE_DATA] > 0 && fraction[c][PLANE_DATA] < GRAPH_WHOLE;
        uint32_t culprit = graph_grey_culprit(world->state, c);
        assert_int_equal(grey, culprit != COMPONENT_NONE);
        if (grey)
            assert_true(twin->greys[culprit][fraction[c][PLANE_DATA] / (GRAPH_WHOLE / HEIGHTS)] > 0);
        if (fraction[c][PLANE_DATA] > 0)
            assert_int_equal(world->fraction[c], fraction[c][PLANE_DATA]);
    }
}

static void observe_fraction(void *context, uint32_t component)
{
    struct world *world = context;
    uint32_t fraction = graph_fraction(world->state, component, PLANE_DATA);
    assert_int_not_equal(fraction, 0);
    assert_int_not_equal(fraction, world->fraction[component]);
    world->fraction[component] = fraction;
}

static void observe(void *context, uint32_t component, uint8_t before, uint8_t after)
{
    struct world *world = context;
    assert_int_not_equal(before, after);
    uint64_t change = 1 + world->operations + engine_events(world->engine); /* an expiry is an event and a change of its own */
    assert_true(world->seen[component] != change);
    world->seen[component] = change;
    assert_int_equal(world->bits[component], before);
    world->bits[component] = after;
    assert_int_equal(graph_bits(world->state, component), after);
    if (after == 0)
        world->fraction[component] = GRAPH_WHOLE; /* the whole is what it returns with unless it is told */
    for (uint32_t i = 0; i < world->twin.needs; i++) /* what it needs is final: it will not be revised in this change */
        if (world->twin.need[i].dependent == component && after == 0 && graph_healthy(world->state, component))
            assert_int_not_equal(graph_culprit(world->state, component), COMPONENT_NONE);
}

static uint32_t below(struct world *world, uint32_t n) { return (uint32_t)stream_below(&world->chance, n); }

static void build(struct world *world, struct graph_builder *builder)
{
    static char names[MOST_COMPONENTS][16];
    struct twin *twin = &world->twin;
    uint32_t totals[MOST_COMPONENTS][PLANES] = {{0}};
    twin->components = 2 + below(world, MOST_COMPONENTS - 2);
    for (uint32_t c = 0; c < twin->components; c++) {
        (void)snprintf(names[c], sizeof names[c], "c%u", c);
        graph_add(builder, (struct component){names[c], COMPONENT_NODE, NULL, NULL, NULL});
    }
    uint32_t wanted = below(world, MOST_NEEDS);
    for (uint32_t i = 0; i < wanted; i++) {
        uint32_t dependent = 1 + below(world, twin->components - 1), dependency = below(world, dependent);
        enum plane plane = below(world, 3) == 0 ? PLANE_CONTROL : PLANE_DATA;
        int64_t grace = below(world, 3) == 0 ? 1 + below(world, 30) : 0;
        twin->need[twin->needs++] = (struct twin_need){dependent, dependency, plane, grace, -1};
        graph_need(builder, dependent, dependency, plane, (duration){grace});
        totals[dependent][plane]++;
    }
    for (uint32_t c = 0; c < twin->components; c++)
        for (int plane = 0; plane < PLANES; plane++) {
            twin->kind[c][plane] = (enum gate_kind)below(world, 3);
            twin->least[c][plane] = totals[c][plane] > 0 ? 1 + below(world, totals[c][plane]) : 0;
            graph_gate(builder, c, (enum plane)plane, twin->kind[c][plane], twin->least[c][plane]);
        }
}

static void compare(struct world *world, int64_t now)
{
    twin_evaluate(&world->twin, now);
    graph_audit(world->state);
    compare_fractions(world, now);
    for (uint32_t c = 0; c < world->twin.components; c++) {
        assert_int_equal(graph_bits(world->state, c), world->twin.bits[c]);
        assert_int_equal(graph_culprit(world->state, c) == COMPONENT_NONE, graph_serves(world->state, c));
        if (!graph_serves(world->state, c) && graph_healthy(world->state, c))
            assert_false(graph_healthy(world->state, graph_culprit(world->state, c)));
        assert_int_equal(graph_bits(world->state, c), world->bits[c]); /* final when it was told */
    }
}

/* Every microsecond is stepped through, so the twin learns of an expiry when it happens. */
static void step(struct world *world, int64_t *now)
{
    for (uint32_t wait = below(world, 4); wait > 0; wait--) {
        engine_run(world->engine, (instant){++*now});
        compare(world, *now);
    }
    uint32_t component = below(world, world->twin.components);
    if (below(world, 3) == 0) {
        uint32_t tenths = 1 + below(world, HEIGHTS - 1), *greys = &world->twin.greys[component][tenths];
        bool restore = *greys > 0 && below(world, 3) != 0;
        world->operations++;
        *greys += restore ? -1U : 1U;
        (restore ? graph_restore : graph_degrade)(world->state, component, tenths * (GRAPH_WHOLE / HEIGHTS));
        compare(world, *now);
    }
    bool mend = world->twin.causes[component] > 0 && below(world, 3) != 0;
    world->operations++;
    world->twin.causes[component] += mend ? -1U : 1U;
    if (mend)
        graph_mend(world->state, component);
    else
        graph_fail(world->state, component);
    compare(world, *now);
}

static void the_graph_is_what_its_definition_says(void **state)
{
    (void)state;
    for (uint32_t w = 0; w < WORLDS; w++) {
        static struct world world;
        world = (struct world){.chance = stream_open(stream_key(20240718, w, "graphs"))};
        for (uint32_t c = 0; c < MOST_COMPONENTS; c++)
            world.fraction[c] = GRAPH_WHOLE;
        memset(world.bits, COMPONENT_SERVES | COMPONENT_MANAGES, sizeof world.bits);
        arena_open(&world.arena, 0);
        world.engine = engine_create(&world.arena, &(struct engine_options){.capacity = 1024});
        struct graph_builder *builder = graph_builder_open(&world.arena);
        build(&world, builder);
        const char *cycle = "";
        const struct graph *graph = graph_build(builder, &cycle);
        assert_non_null(graph);
        world.state = graph_open(&world.arena, graph, world.engine, observe, &world);
        graph_watch_fractions(world.state, observe_fraction);
        int64_t now = 0;
        compare(&world, now);
        for (uint32_t i = 0; i < STEPS; i++)
            step(&world, &now);
        assert_true(engine_count(world.engine) <= graph_grace_count(graph));
        /* Heal: everything is up again, at once. */
        for (uint32_t c = 0; c < world.twin.components; c++)
            for (; world.twin.causes[c] > 0; world.twin.causes[c]--) {
                world.operations++;
                graph_mend(world.state, c);
            }
        for (uint32_t c = 0; c < world.twin.components; c++)
            for (uint32_t t = 1; t < HEIGHTS; t++)
                for (; world.twin.greys[c][t] > 0; world.twin.greys[c][t]--) {
                    world.operations++;
                    graph_restore(world.state, c, t * (GRAPH_WHOLE / HEIGHTS));
                }
        compare(&world, now);
        for (uint32_t c = 0; c < world.twin.components; c++)
            assert_int_equal(graph_bits(world.state, c), COMPONENT_SERVES | COMPONENT_MANAGES);
        assert_int_equal(engine_count(world.engine), 0);
        arena_close(&world.arena);
    }
}

/* A fleet of 100,000 nodes: the loss of one node must not cost a walk over the fleet. Counted in observer calls, not in time. */
static uint32_t calls;
static void count_calls(void *context, uint32_t component, uint8_t before, uint8_t after)
{
    (void)context, (void)component, (void)before, (void)after;
    calls++;
}

static void a_change_touches_only_what_it_changes(void **state)
{
    (void)state;
    enum { RACKS = 1000, NODES = 100 };
    struct arena arena;
    arena_open(&arena, 0);
    struct engine *engine = engine_create(&arena, &(struct engine_options){.capacity = 16});
    struct graph_builder *builder = graph_builder_open(&arena);
    uint32_t site = graph_add(builder, (struct component){"site", COMPONENT_SITE, NULL, NULL, NULL}), rack = 0, node = 0;
    for (int r = 0; r < RACKS; r++) {
        rack = graph_add(builder, (struct component){"rack", COMPONENT_RACK, NULL, NULL, NULL});
        graph_need(builder, rack, site, PLANE_DATA, (duration){0});
        for (int n = 0; n < NODES; n++) {
            node = graph_add(builder, (struct component){"node", COMPONENT_NODE, NULL, NULL, NULL});
            graph_need(builder, node, rack, PLANE_DATA, (duration){0});
        }
    }
    const char *cycle = "";
    struct graph_state *living = graph_open(&arena, graph_build(builder, &cycle), engine, count_calls, NULL);
    calls = 0;
    graph_fail(living, node);
    assert_int_equal(calls, 1);
    graph_fail(living, rack);
    assert_int_equal(calls, 1 + NODES); /* the rack and the nodes that were still up */
    graph_fail(living, site);
    assert_int_equal(calls, 1 + NODES + 1 + (RACKS - 1) * (NODES + 1));
    graph_audit(living);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_graph_is_what_its_definition_says),
        cmocka_unit_test(a_change_touches_only_what_it_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
