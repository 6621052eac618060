/* What is up, given what has failed: gates, planes, graces, overlapping causes. */
#include "models/fleet/graph.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { BOTH = COMPONENT_SERVES | COMPONENT_MANAGES, MOST = 16 };

struct bench {
    struct arena arena;
    struct engine *engine;
    struct graph_builder *builder;
    struct graph_state *state;
    uint32_t changes, changed[64];
    uint8_t after[64];
    uint32_t action_fail, action_mend;
};

static void observe(void *context, uint32_t component, uint8_t before, uint8_t after)
{
    struct bench *bench = context;
    assert_int_not_equal(before, after);
    assert_int_equal(graph_bits(bench->state, component), after);
    bench->changed[bench->changes] = component;
    bench->after[bench->changes++] = after;
}

static void on_fail(void *context, struct engine *engine, uint32_t component, uint64_t detail)
{
    (void)engine, (void)detail;
    struct bench *bench = context;
    graph_fail(bench->state, component);
    graph_audit(bench->state);
}

static void on_mend(void *context, struct engine *engine, uint32_t component, uint64_t detail)
{
    (void)engine, (void)detail;
    struct bench *bench = context;
    graph_mend(bench->state, component);
    graph_audit(bench->state);
}

/* Components "0", "1", ... without needs. */
static void open_bench(struct bench *bench, uint32_t components)
{
    static const char *const names[MOST] = {"0", "1", "2",  "3",  "4",  "5",  "6",  "7",
                                            "8", "9", "10", "11", "12", "13", "14", "15"};
    *bench = (struct bench){.state = NULL};
    arena_open(&bench->arena, 0);
    bench->builder = graph_builder_open(&bench->arena);
    for (uint32_t i = 0; i < components; i++)
        assert_int_equal(graph_add(bench->builder, (struct component){names[i], COMPONENT_NODE, NULL, NULL, NULL}), i);
    bench->engine = engine_create(&bench->arena, &(struct engine_options){.capacity = 256});
    bench->action_fail = engine_action(bench->engine, on_fail, bench);
    bench->action_mend = engine_action(bench->engine, on_mend, bench);
}

static void need(struct bench *bench, uint32_t dependent, uint32_t dependency, enum plane plane, int64_t grace_us)
{
    graph_need(bench->builder, dependent, dependency, plane, (duration){grace_us});
}

static void live(struct bench *bench)
{
    const char *cycle = "";
    const struct graph *graph = graph_build(bench->builder, &cycle);
    assert_non_null(graph);
    bench->state = graph_open(&bench->arena, graph, bench->engine, observe, bench);
    graph_audit(bench->state);
}

/* Between `from` and `to` the component is down. */
static void down(struct bench *bench, uint32_t component, int64_t from, int64_t to)
{
    engine_schedule(bench->engine, (instant){from}, 1, bench->action_fail, component, 0);
    engine_schedule(bench->engine, (instant){to}, 1, bench->action_mend, component, 0);
}

static uint8_t bits_at(struct bench *bench, int64_t at, uint32_t component)
{
    engine_run(bench->engine, (instant){at});
    return graph_bits(bench->state, component);
}

static void gate_all_needs_every_one(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 3);
    need(&bench, 2, 0, PLANE_DATA, 0);
    need(&bench, 2, 1, PLANE_DATA, 0);
    live(&bench);
    assert_int_equal(graph_bits(bench.state, 2), BOTH);
    graph_fail(bench.state, 1);
    assert_int_equal(graph_bits(bench.state, 2), 0);
    assert_true(graph_healthy(bench.state, 2));
    graph_mend(bench.state, 1);
    assert_int_equal(graph_bits(bench.state, 2), BOTH);
    arena_close(&bench.arena);
}

static void gate_any_needs_one(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 4);
    for (uint32_t i = 0; i < 3; i++)
        need(&bench, 3, i, PLANE_DATA, 0);
    graph_gate(bench.builder, 3, PLANE_DATA, GATE_ANY, 0);
    live(&bench);
    graph_fail(bench.state, 0);
    graph_fail(bench.state, 2);
    assert_int_equal(graph_bits(bench.state, 3), BOTH);
    graph_fail(bench.state, 1);
    assert_int_equal(graph_bits(bench.state, 3), 0);
    graph_mend(bench.state, 2);
    assert_int_equal(graph_bits(bench.state, 3), BOTH);
    arena_close(&bench.arena);
}

static void gate_at_least_counts_to_k(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 6);
    for (uint32_t i = 0; i < 5; i++)
        need(&bench, 5, i, PLANE_DATA, 0);
    graph_gate(bench.builder, 5, PLANE_DATA, GATE_AT_LEAST, 3);
    live(&bench);
    for (uint32_t i = 0; i < 5; i++) {
        graph_fail(bench.state, i);
        assert_int_equal(graph_serves(bench.state, 5), i < 2);
    }
    graph_audit(bench.state);
    arena_close(&bench.arena);
}

static void a_gate_that_can_never_hold_is_refused(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct bench bench;
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(2);
        signal(SIGABRT, SIG_DFL);
        open_bench(&bench, 2);
        need(&bench, 1, 0, PLANE_DATA, 0);
        graph_gate(bench.builder, 1, PLANE_DATA, GATE_AT_LEAST, 2);
        const char *cycle = "";
        (void)graph_build(bench.builder, &cycle);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void loss_on_the_control_plane_lets_work_go_on(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 4);
    need(&bench, 1, 0, PLANE_CONTROL, 0); /* a region's control needs the global one to manage */
    need(&bench, 2, 1, PLANE_CONTROL, 0);
    need(&bench, 3, 1, PLANE_DATA, 0);
    live(&bench);
    graph_fail(bench.state, 0);
    assert_int_equal(graph_bits(bench.state, 0), 0);
    assert_int_equal(graph_bits(bench.state, 1), COMPONENT_SERVES);
    assert_int_equal(graph_bits(bench.state, 2), COMPONENT_SERVES); /* managing needs managing */
    assert_int_equal(graph_bits(bench.state, 3), BOTH);             /* serving needs serving only */
    assert_int_equal(graph_culprit(bench.state, 1), COMPONENT_NONE);
    graph_mend(bench.state, 0);
    assert_int_equal(graph_bits(bench.state, 2), BOTH);
    arena_close(&bench.arena);
}

static void overlapping_causes_merge(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 2);
    need(&bench, 1, 0, PLANE_DATA, 0);
    live(&bench);
    graph_fail(bench.state, 0);
    graph_fail(bench.state, 0);
    graph_mend(bench.state, 0);
    assert_int_equal(graph_bits(bench.state, 1), 0);
    assert_false(graph_healthy(bench.state, 0));
    graph_mend(bench.state, 0);
    assert_int_equal(graph_bits(bench.state, 1), BOTH);
    assert_int_equal(bench.changes, 4);
    arena_close(&bench.arena);
}

/* A diamond: 3 needs 1 and 2, both need 0. */
static void a_change_is_seen_once_and_in_order_of_level(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 5);
    need(&bench, 3, 1, PLANE_DATA, 0);
    need(&bench, 3, 2, PLANE_DATA, 0);
    need(&bench, 1, 0, PLANE_DATA, 0);
    need(&bench, 2, 0, PLANE_DATA, 0);
    need(&bench, 3, 0, PLANE_DATA, 0);
    live(&bench);
    graph_fail(bench.state, 0);
    assert_int_equal(bench.changes, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(bench.changed[i], i);
        assert_int_equal(bench.after[i], 0);
    }
    assert_int_equal(graph_bits(bench.state, 4), BOTH);
    arena_close(&bench.arena);
}

static void a_loss_counts_only_after_its_grace(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 2);
    need(&bench, 1, 0, PLANE_DATA, 100);
    live(&bench);
    down(&bench, 0, 1000, 1099);
    down(&bench, 0, 2000, 2500);
    assert_int_equal(bits_at(&bench, 1098, 1), BOTH);
    assert_int_equal(bits_at(&bench, 1999, 1), BOTH);
    assert_int_equal(bench.changes, 2); /* of 0 alone */
    assert_int_equal(bits_at(&bench, 2099, 1), BOTH);
    assert_int_equal(bits_at(&bench, 2100, 1), 0);
    assert_int_equal(graph_culprit(bench.state, 1), 0);
    assert_int_equal(bits_at(&bench, 2499, 1), 0);
    assert_int_equal(bits_at(&bench, 2500, 1), BOTH); /* a return counts at once */
    arena_close(&bench.arena);
}

static void a_loss_of_exactly_the_grace_does_not_count(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 2);
    need(&bench, 1, 0, PLANE_CONTROL, 100);
    live(&bench);
    engine_schedule(bench.engine, (instant){1000}, 1, bench.action_fail, 0, 0);
    engine_run(bench.engine, (instant){1050}); /* so that the repair is scheduled after the expiry, as hazards do */
    engine_schedule(bench.engine, (instant){1100}, 1, bench.action_mend, 0, 0);
    assert_int_equal(bits_at(&bench, 5000, 1), BOTH);
    assert_int_equal(bench.changes, 2);
    assert_int_equal(engine_count(bench.engine), 0);
    arena_close(&bench.arena);
}

static void every_loss_has_a_grace_of_its_own(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 3);
    need(&bench, 2, 0, PLANE_DATA, 100);
    need(&bench, 2, 1, PLANE_DATA, 300);
    graph_gate(bench.builder, 2, PLANE_DATA, GATE_ANY, 0);
    live(&bench);
    down(&bench, 0, 1000, 3000);
    down(&bench, 1, 1050, 3000);
    assert_int_equal(bits_at(&bench, 1349, 2), BOTH);
    assert_int_equal(bits_at(&bench, 1350, 2), 0);
    assert_int_equal(graph_grace_count(graph_build(bench.builder, &(const char *){""})), 2);
    arena_close(&bench.arena);
}

static void the_culprit_is_what_is_broken_itself(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 5);
    need(&bench, 1, 0, PLANE_DATA, 0); /* 0 site, 1 zone, 2 rack, 3 node; 4 another need of the rack */
    need(&bench, 2, 4, PLANE_CONTROL, 0);
    need(&bench, 2, 1, PLANE_DATA, 0);
    need(&bench, 3, 2, PLANE_DATA, 0);
    live(&bench);
    assert_int_equal(graph_culprit(bench.state, 3), COMPONENT_NONE);
    graph_fail(bench.state, 4);
    graph_fail(bench.state, 0);
    assert_int_equal(graph_culprit(bench.state, 3), 0);
    graph_fail(bench.state, 2);
    assert_int_equal(graph_culprit(bench.state, 3), 2);
    graph_fail(bench.state, 3);
    assert_int_equal(graph_culprit(bench.state, 3), 3);
    arena_close(&bench.arena);
}

static void a_circle_of_needs_is_refused_by_name(void **state)
{
    (void)state;
    struct bench bench;
    const char *cycle = NULL;
    open_bench(&bench, 6);
    need(&bench, 1, 0, PLANE_DATA, 0);
    need(&bench, 2, 1, PLANE_DATA, 0);
    need(&bench, 3, 2, PLANE_DATA, 0);
    need(&bench, 2, 4, PLANE_CONTROL, 0); /* the circle runs over both planes: 2 -> 4 -> 3 -> 2 */
    need(&bench, 4, 3, PLANE_CONTROL, 0);
    need(&bench, 5, 4, PLANE_DATA, 0); /* hangs on the circle without being on it */
    assert_null(graph_build(bench.builder, &cycle));
    assert_string_equal(cycle, "2 -> 4 -> 3 -> 2");
    arena_close(&bench.arena);
    open_bench(&bench, 1);
    need(&bench, 0, 0, PLANE_DATA, 0);
    assert_null(graph_build(bench.builder, &cycle));
    assert_string_equal(cycle, "0 -> 0");
    arena_close(&bench.arena);
}

static void an_extended_builder_keeps_indices_and_leaves_its_base_alone(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 2);
    need(&bench, 1, 0, PLANE_DATA, 0);
    struct graph_builder *wider = graph_builder_extend(&bench.arena, bench.builder);
    uint32_t chain = graph_add(wider, (struct component){"akash/chain", COMPONENT_CONTROL, NULL, NULL, NULL});
    graph_need(wider, 1, chain, PLANE_DATA, (duration){0});
    graph_gate(wider, 1, PLANE_DATA, GATE_ANY, 0);
    const char *cycle = "";
    const struct graph *base = graph_build(bench.builder, &cycle), *more = graph_build(wider, &cycle);
    assert_int_equal(chain, 2);
    assert_int_equal(graph_count(base), 2);
    assert_int_equal(graph_count(more), 3);
    assert_int_equal(graph_find(more, "1"), 1);
    assert_int_equal(graph_find(base, "akash/chain"), COMPONENT_NONE);
    bench.state = graph_open(&bench.arena, base, bench.engine, observe, &bench);
    graph_fail(bench.state, 0);
    assert_false(graph_serves(bench.state, 1)); /* the base still needs all */
    arena_close(&bench.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gate_all_needs_every_one),
        cmocka_unit_test(gate_any_needs_one),
        cmocka_unit_test(gate_at_least_counts_to_k),
        cmocka_unit_test(a_gate_that_can_never_hold_is_refused),
        cmocka_unit_test(loss_on_the_control_plane_lets_work_go_on),
        cmocka_unit_test(overlapping_causes_merge),
        cmocka_unit_test(a_change_is_seen_once_and_in_order_of_level),
        cmocka_unit_test(a_loss_counts_only_after_its_grace),
        cmocka_unit_test(a_loss_of_exactly_the_grace_does_not_count),
        cmocka_unit_test(every_loss_has_a_grace_of_its_own),
        cmocka_unit_test(the_culprit_is_what_is_broken_itself),
        cmocka_unit_test(a_circle_of_needs_is_refused_by_name),
        cmocka_unit_test(an_extended_builder_keeps_indices_and_leaves_its_base_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
