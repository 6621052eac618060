/* Hardware as the scenario lays it out. */
#include "tests/unit/rooms.h"

#define TYPES                                                                                                                    \
    "node_types = ( { name = \"gpu\"; vcpus = 96; memory = \"1 TiB\"; gpus = 8; gpu_model = \"a100\"; "                         \
    "up = \"exponential(200 d)\"; repair = \"4 h\"; }, { name = \"cpu\"; vcpus = 64; memory = \"256 GiB\"; } ); "
#define TWO_SITES                                                                                                                \
    "fleet = { " TYPES "sites = ( { name = \"east\"; zones = 2; racks = 3; storage_units = 2; rack_up = \"exponential(1 y)\"; "  \
    "rack_repair = \"6 h\"; nodes = ( { type = \"gpu\"; per_rack = 2; }, { type = \"cpu\"; per_rack = 1; } ); }, "              \
    "{ name = \"west\"; zones = 1; racks = 1; storage_units = 1; nodes = ( { type = \"cpu\"; per_rack = 4; } ); } ); };"

static void ignore(void *context, uint32_t component, uint8_t before, uint8_t after)
{
    (void)context, (void)component, (void)before, (void)after;
}

static void everything_is_counted_and_named_by_its_place(void **state)
{
    (void)state;
    struct rooms rooms;
    rooms_open(&rooms, TWO_SITES);
    const struct fleet *fleet = rooms.fleet;
    assert_int_equal(fleet->sites, 2);
    assert_int_equal(fleet->zones, 3);
    assert_int_equal(fleet->racks, 7);
    assert_int_equal(fleet->storages, 5);
    assert_int_equal(fleet->nodes, 6 * 3 + 4);
    assert_int_equal(fleet->gpus, 12 * 8);
    assert_int_equal(fleet->fleet_components, 2 + 3 + 7 + 5 + 22);
    assert_int_equal(fleet->site[0].nodes, 18);
    assert_int_equal(fleet->site[1].first_node, 18);
    const char *cycle = "";
    const struct graph *graph = graph_build(fleet->hardware, &cycle);
    assert_int_equal(graph_count(graph), fleet->fleet_components);
    assert_string_equal(graph_component(graph, fleet->node[0].component)->path, "east/z1/r01/n01");
    assert_string_equal(graph_component(graph, fleet->node[17].component)->path, "east/z2/r03/n03");
    assert_string_equal(graph_component(graph, fleet->storage[4])->path, "west/z1/su01");
    assert_int_equal(fleet->node[17].type, 1);
    assert_int_equal(fleet->node[17].rack, 5);
    for (uint32_t c = 0; c < graph_count(graph); c++)
        assert_int_equal(graph_find(graph, graph_component(graph, c)->path), c); /* no path twice */
    for (uint32_t n = 0; n < fleet->nodes; n++)
        assert_int_equal(fleet->node_of_component[fleet->node[n].component], n);
    assert_int_equal(fleet->node_of_component[fleet->rack[0].component], COMPONENT_NONE);
    rooms_close(&rooms);
}

static void a_place_takes_down_what_is_in_it_and_nothing_else(void **state)
{
    (void)state;
    struct rooms rooms;
    rooms_open(&rooms, TWO_SITES);
    const struct fleet *fleet = rooms.fleet;
    const char *cycle = "";
    struct engine *engine = engine_create(&rooms.arena, &(struct engine_options){.capacity = 16});
    struct graph_state *living =
        graph_open(&rooms.arena, graph_build(fleet->hardware, &cycle), engine, ignore, NULL);
    graph_fail(living, fleet->zone[1].component);
    for (uint32_t n = 0; n < fleet->nodes; n++)
        assert_int_equal(graph_serves(living, fleet->node[n].component), fleet->node[n].zone != 1);
    for (uint32_t s = 0; s < fleet->storages; s++)
        assert_int_equal(graph_serves(living, fleet->storage[s]), fleet->storage_zone[s] != 1);
    graph_mend(living, fleet->zone[1].component);
    graph_fail(living, fleet->site[0].component);
    for (uint32_t n = 0; n < fleet->nodes; n++)
        assert_int_equal(graph_serves(living, fleet->node[n].component), fleet->node[n].site != 0);
    rooms_close(&rooms);
}

static void laws_belong_to_their_class(void **state)
{
    (void)state;
    struct rooms rooms;
    rooms_open(&rooms, TWO_SITES);
    const char *cycle = "";
    const struct graph *graph = graph_build(rooms.fleet->hardware, &cycle);
    for (uint32_t c = 0; c < graph_count(graph); c++) {
        const struct component *what = graph_component(graph, c);
        uint32_t node = rooms.fleet->node_of_component[c];
        bool fails = node != COMPONENT_NONE ? rooms.fleet->node[node].type == 0
                                            : what->class == COMPONENT_RACK && strncmp(what->path, "east", 4) == 0;
        assert_int_equal(what->up != NULL, fails);
        assert_int_equal(what->repair != NULL, fails);
    }
    rooms_close(&rooms);
}

static void impossible_hardware_is_refused_with_a_reason(void **state)
{
    (void)state;
#define ONE(type, site)                                                                                                          \
    "fleet = { node_types = ( { name = \"n\"; vcpus = 1; memory = \"1 GiB\"; " type " } ); sites = ( { name = \"a\"; racks = 1; " \
    "nodes = ( { type = \"n\"; per_rack = 1; } ); " site " } ); };"
    static const struct { const char *text, *reason; } wanted[] = {
        {ONE("gpus = 8;", ""), "node type 'n' has GPUs of no model"},
        {ONE("repair = \"4 h\";", ""), "'repair' is given without 'up'"},
        {ONE("up = \"exponential(30 d)\";", ""), "'up' is given without 'repair'"},
        {ONE("", "zone_up = \"exponential(30 d)\";"), "'zone_up' is given without 'zone_repair'"},
        {"fleet = { node_types = ( { name = \"n\"; vcpus = 1; memory = \"1 GiB\"; } ); sites = ( { name = \"a\"; racks = 100000; "
         "zones = 64; nodes = ( { type = \"n\"; per_rack = 1000; } ); } ); };", "the fleet has 6400000000 nodes"},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        struct rooms rooms;
        rooms_read(&rooms, wanted[i].text);
        assert_int_equal(rooms.scenario->errors, 1);
        char *errors = rooms_errors(&rooms);
        assert_non_null(strstr(errors, wanted[i].reason));
        free(errors);
        rooms_close(&rooms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_counted_and_named_by_its_place),
        cmocka_unit_test(a_place_takes_down_what_is_in_it_and_nothing_else),
        cmocka_unit_test(laws_belong_to_their_class),
        cmocka_unit_test(impossible_hardware_is_refused_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
