/* Changes of the world that must not matter: the order of nodes, nodes that cannot take anything, the cut into
 * parts. */
#include "tests/property/gpu_twin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct world {
    struct arena arena;
    struct gpu_inventory *inventory;
};

static void world_open(struct world *world, const struct twin *twin)
{
    arena_open(&world->arena, 0);
    world->inventory = build(&world->arena, twin);
}

/* Two worlds, the second with node i of the first at place[i]; the same pods must land on the same nodes. */
static void compare_worlds(const struct twin *a, const struct twin *b, const int place[NODES], uint64_t seed)
{
    struct world one, two;
    struct dice dice = {.seed = seed};
    world_open(&one, a);
    world_open(&two, b);
    for (int i = 0; i < 150; i++) {
        struct gpu_pod pod = random_pod(&dice);
        struct gpu_place_options options = {.policy = (enum gpu_policy)(1 + below(&dice, GPU_POLICIES - 1))};
        struct gpu_placement x = {.node = -1}, y = {.node = -1};
        bool first = gpu_place(one.inventory, &pod, &options, &x);
        bool second = gpu_place(two.inventory, &pod, &options, &y);
        assert_int_equal(first, second);
        if (first) {
            assert_int_equal(place[x.node], y.node);
            assert_int_equal(x.devices, y.devices);
            assert_int_equal(x.score, y.score);
        }
    }
    arena_close(&one.arena);
    arena_close(&two.arena);
}

static void distinct_ranks(struct twin *twin)
{
    for (int i = 0; i < twin->count; i++)
        twin->nodes[i].capacity.rank = (uint32_t)((i * 7 + 3) % 31 * 100); /* 7 and 31 are coprime */
}

static void order_of_nodes_does_not_matter_when_ranks_decide(void **state)
{
    (void)state;
    static struct twin a, b;
    for (uint64_t seed = 100; seed < 120; seed++) {
        struct dice dice = {.seed = seed};
        int place[NODES];
        memset(&a, 0, sizeof a);
        random_typical(&dice, &a);
        random_nodes(&dice, &a, NODES);
        distinct_ranks(&a);
        b = a;
        for (int i = 0; i < NODES; i++) {
            place[i] = NODES - 1 - i;
            b.nodes[place[i]] = a.nodes[i];
        }
        compare_worlds(&a, &b, place, seed);
    }
}

static void an_infeasible_node_changes_nothing(void **state)
{
    (void)state;
    static struct twin a, b;
    for (uint64_t seed = 200; seed < 220; seed++) {
        struct dice dice = {.seed = seed};
        int place[NODES];
        memset(&a, 0, sizeof a);
        random_typical(&dice, &a);
        random_nodes(&dice, &a, NODES - 1);
        distinct_ranks(&a);
        b = a;
        b.count = NODES;
        memmove(&b.nodes[1], &b.nodes[0], (NODES - 1) * sizeof b.nodes[0]);
        b.nodes[0].capacity.rank = 0; /* a copy of its neighbour that would win every tie, but is down */
        b.nodes[0].available = false;
        for (int i = 0; i < NODES; i++)
            place[i] = i + 1;
        compare_worlds(&a, &b, place, seed);
    }
}

/* One provider with all nodes, and the same nodes as domains of one inventory, asked domain by domain. */
static void splitting_an_inventory_only_shrinks_the_choice(void **state)
{
    (void)state;
    static struct twin twin;
    for (uint64_t seed = 300; seed < 320; seed++) {
        struct world world;
        struct dice dice = {.seed = seed};
        memset(&twin, 0, sizeof twin);
        random_typical(&dice, &twin);
        random_nodes(&dice, &twin, NODES);
        world_open(&world, &twin);
        for (int i = 0; i < 200; i++) {
            struct gpu_pod pod = random_pod(&dice);
            struct gpu_place_options options = {.policy = GPU_BEST_FIT};
            size_t whole = gpu_feasible_count(world.inventory, &pod, &options), parts = 0;
            for (unsigned d = 0; d < DOMAINS; d++) {
                uint64_t only[2] = {d < 64 ? UINT64_C(1) << d : 0, d < 64 ? 0 : UINT64_C(1) << (d - 64)};
                options.domains = only;
                options.domain_words = 2;
                parts += gpu_feasible_count(world.inventory, &pod, &options);
            }
            assert_int_equal(whole, parts);
            struct gpu_placement placement;
            options.domains = NULL;
            gpu_place(world.inventory, &pod, &options, &placement);
        }
        arena_close(&world.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_of_nodes_does_not_matter_when_ranks_decide),
        cmocka_unit_test(an_infeasible_node_changes_nothing),
        cmocka_unit_test(splitting_an_inventory_only_shrinks_the_choice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
