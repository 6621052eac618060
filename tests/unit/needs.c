/* What a scenario adds to the dependency graph: shared components, one or many alike, and how much of what is needed must be up. */
#include "models/clouds/world/needs.h"
#include "sim/engine/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct key keys[] = {{"components", KEY_LIST, NULL, "shared components", .children = component_keys},
                                  {"needs", KEY_LIST, NULL, "dependencies", .children = need_keys},
                                  KEY_END};

static bool model_keys(const void *registry, const char *name, const struct key **own, const struct key **point_keys)
{
    (void)registry, (void)name;
    *own = keys;
    *point_keys = NULL;
    return true;
}

struct bench {
    struct arena arena;
    struct scenario *scenario;
    const struct graph *graph;
    struct graph_state *state;
    uint32_t chain;
};

static void observe(void *context, uint32_t component, uint8_t before, uint8_t after)
{
    (void)context, (void)component, (void)before, (void)after;
}

/* A graph of one component "m/chain" and what the text adds to it. */
static void bench_open(struct bench *bench, const char *text)
{
    char whole[2048];
    uint32_t matched[8] = {0};
    const char *cycle = "";
    arena_open(&bench->arena, 0);
    snprintf(whole, sizeof whole, "model = \"needs\"; horizon = \"1 d\";\n%s", text);
    bench->scenario = scenario_read_text(&bench->arena, "needs.cfg", whole, NULL, 0, model_keys, NULL, "needs");
    if (bench->scenario->errors > 0)
        (void)scenario_print_errors(bench->scenario, stderr);
    assert_int_equal(bench->scenario->errors, 0);
    struct graph_builder *builder = graph_builder_open(&bench->arena);
    bench->chain = graph_add(builder, (struct component){.path = "m/chain", .class = COMPONENT_CONTROL});
    const struct value *root = &bench->scenario->root;
    needs_apply(bench->scenario, value_of(root, "components"), value_of(root, "needs"), matched, builder);
    bench->graph = graph_build(builder, &cycle);
    assert_non_null(bench->graph);
    struct engine *engine = engine_create(&bench->arena, &(struct engine_options){.capacity = 64});
    bench->state = graph_open(&bench->arena, bench->graph, engine, observe, NULL);
}

static void bring_down(struct bench *bench, const char *path)
{
    uint32_t component = graph_find(bench->graph, path);
    assert_int_not_equal(component, COMPONENT_NONE);
    graph_fail(bench->state, component);
}

static bool serves(const struct bench *bench) { return graph_serves(bench->state, bench->chain); }

static void a_chain_goes_on_until_fewer_than_two_thirds_of_its_validators_are_left(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, "components = ( { name = \"validator\"; count = 100; } );\n"
                       "needs = ( { who = \"m/chain\"; on = \"validator/*\"; holds = \"at least\"; least = 67; } );");
    for (int i = 1; i <= 33; i++) {
        char path[32];
        snprintf(path, sizeof path, "validator/%d", i);
        bring_down(&bench, path);
        assert_true(serves(&bench));
    }
    bring_down(&bench, "validator/100");
    assert_false(serves(&bench));
    graph_mend(bench.state, graph_find(bench.graph, "validator/7"));
    assert_true(serves(&bench));
    graph_audit(bench.state);
    arena_close(&bench.arena);
}

static void any_one_of_several_upstreams_is_enough(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, "components = ( { name = \"upstream\"; count = 3; } );\n"
                       "needs = ( { who = \"m/*\"; on = \"upstream/?\"; holds = \"any\"; } );");
    bring_down(&bench, "upstream/1");
    bring_down(&bench, "upstream/3");
    assert_true(serves(&bench));
    bring_down(&bench, "upstream/2");
    assert_false(serves(&bench));
    arena_close(&bench.arena);
}

/* Two needs of one component do not share a gate: one of two names, and all of two networks. */
static void needs_of_one_component_are_held_apart(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, "components = ( { name = \"dns\"; count = 2; }, { name = \"net\"; count = 2; } );\n"
                       "needs = ( { who = \"m/chain\"; on = \"dns/*\"; holds = \"any\"; }, { who = \"m/chain\"; on = \"net/*\"; } );");
    bring_down(&bench, "dns/1");
    assert_true(serves(&bench));
    bring_down(&bench, "net/2");
    assert_false(serves(&bench));
    arena_close(&bench.arena);
}

static void more_than_there_are_cannot_be_needed(void **state)
{
    (void)state;
    struct arena arena;
    uint32_t matched[8] = {0};
    arena_open(&arena, 0);
    struct scenario *scenario = scenario_read_text(
        &arena, "needs.cfg",
        "model = \"needs\"; horizon = \"1 d\"; components = ( { name = \"v\"; count = 3; } );\n"
        "needs = ( { who = \"m/chain\"; on = \"v/*\"; holds = \"at least\"; least = 4; } );",
        NULL, 0, model_keys, NULL, "needs");
    struct graph_builder *builder = graph_builder_open(&arena);
    graph_add(builder, (struct component){.path = "m/chain", .class = COMPONENT_CONTROL});
    needs_apply(scenario, value_of(&scenario->root, "components"), value_of(&scenario->root, "needs"), matched, builder);
    assert_int_equal(scenario->errors, 1);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_goes_on_until_fewer_than_two_thirds_of_its_validators_are_left),
        cmocka_unit_test(any_one_of_several_upstreams_is_enough),
        cmocka_unit_test(needs_of_one_component_are_held_apart),
        cmocka_unit_test(more_than_there_are_cannot_be_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
