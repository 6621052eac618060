/* Placement groups on random small clusters: random creations, removals, deaths and returns, with and without a delay
 * between the two phases. After each step everything is audited, and whoever was not placed is looked for by slower
 * means. */
#include "models/gpu/group.h"
#include "tests/property/gpu_twin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { CLUSTER_NODES = 8, MOST_GROUPS = 10, MOST_BUNDLES = 6, STEPS = 250, WORLDS = 150 };

struct world {
    struct arena arena;
    struct dice dice;
    struct gpu_inventory *inventory;
    struct gpu_groups *groups;
    bool identical[MOST_GROUPS]; /* all bundles alike */
    int64_t reached[5];
};

static void world_open(struct world *world, uint64_t seed)
{
    static struct twin twin;
    memset(world, 0, sizeof *world);
    memset(&twin, 0, sizeof twin);
    world->dice.seed = seed;
    random_typical(&world->dice, &twin);
    random_nodes(&world->dice, &twin, 1 + (int)below(&world->dice, CLUSTER_NODES));
    arena_open(&world->arena, 0);
    world->inventory = build(&world->arena, &twin);
    struct gpu_groups_options options = {.groups = MOST_GROUPS, .bundles = MOST_BUNDLES};
    options.place.policy = (enum gpu_policy)below(&world->dice, GPU_POLICIES);
    options.recreate = below(&world->dice, 2) == 0;
    world->groups = gpu_groups_create(&world->arena, world->inventory, &options);
}

static void add_group(struct world *world)
{
    struct gpu_pod bundles[MOST_BUNDLES];
    int32_t count = 1 + (int32_t)below(&world->dice, MOST_BUNDLES);
    bool identical = below(&world->dice, 2) == 0;
    if (world->groups->count == MOST_GROUPS)
        return;
    for (int32_t i = 0; i < count; i++)
        bundles[i] = i > 0 && identical ? bundles[0] : random_pod(&world->dice);
    enum gpu_group_strategy strategy = (enum gpu_group_strategy)below(&world->dice, 4);
    int32_t restarts = (int32_t)below(&world->dice, 4) - 1;
    world->identical[gpu_group_add(world->groups, bundles, count, strategy, restarts, 0)] = identical;
}

static int32_t random_group(struct world *world, enum gpu_group_state wanted)
{
    int32_t first = (int32_t)below(&world->dice, MOST_GROUPS);
    for (int32_t i = 0; i < MOST_GROUPS; i++)
        if (gpu_group(world->groups, (first + i) % MOST_GROUPS)->state == wanted)
            return (first + i) % MOST_GROUPS;
    return GPU_NO_GROUP;
}

static int copies_on(const struct gpu_inventory *inventory, int32_t node, const struct gpu_pod *pod)
{
    struct gpu_placement seats[POD_LIMIT];
    struct gpu_place_options options = {.policy = GPU_BEST_FIT};
    struct gpu_inventory *inside = (struct gpu_inventory *)(uintptr_t)inventory;
    int count = 0;
    while (count < POD_LIMIT && gpu_find_on_node(inside, node, pod, &options, &seats[count])) {
        gpu_bind(inside, pod, &seats[count]);
        count++;
    }
    for (int i = count; i-- > 0;)
        gpu_release(inside, pod, &seats[i]);
    return count;
}

static bool holds_on(const struct gpu_group *group, int32_t node)
{
    for (int32_t i = 0; i < group->count; i++)
        if (group->bundles[i].placement.node == node)
            return true;
    return false;
}

/* Bundle after bundle, anywhere: what a soft strategy may not miss. */
static bool greedy_succeeds(struct world *world, const struct gpu_group *group)
{
    struct gpu_placement seats[MOST_BUNDLES];
    struct gpu_place_options options = world->groups->options.place;
    int32_t i = 0;
    for (; i < group->count; i++) {
        seats[i].node = GPU_NO_NODE;
        if (group->bundles[i].placement.node == GPU_NO_NODE &&
            !gpu_place(world->inventory, &group->bundles[i].pod, &options, &seats[i]))
            break;
    }
    bool all = i == group->count;
    while (i-- > 0)
        if (seats[i].node != GPU_NO_NODE)
            gpu_release(world->inventory, &group->bundles[i].pod, &seats[i]);
    return all;
}

/* Identical bundles: counting decides. */
static bool counting_succeeds(struct world *world, const struct gpu_group *group)
{
    const struct gpu_pod *pod = &group->bundles[0].pod;
    int32_t missing = group->count - group->placed;
    int sum = 0, most = 0, nodes = 0;
    for (int32_t node = 0; node < (int32_t)world->inventory->count; node++) {
        int copies = copies_on(world->inventory, node, pod);
        sum += copies;
        most = copies > most ? copies : most;
        nodes += copies > 0 && !holds_on(group, node);
    }
    switch (group->strategy) {
    case GPU_GROUP_STRICT_PACK:
        return most >= missing;
    case GPU_GROUP_STRICT_SPREAD:
        return nodes >= missing;
    default:
        return sum >= missing;
    }
}

static void check_waiting(struct world *world)
{
    for (int32_t id = 0; id < MOST_GROUPS; id++) {
        const struct gpu_group *group = gpu_group(world->groups, id);
        world->reached[group->state]++;
        if (group->state != GPU_GROUP_PENDING && group->state != GPU_GROUP_RESCHEDULING)
            continue;
        if (world->identical[id])
            assert_false(counting_succeeds(world, group));
    }
}

/* With identical bundles on a cluster that nobody else uses: the fewest nodes, or the most even loads. */
static void check_goal(struct world *world, const struct gpu_group *group, const int copies[CLUSTER_NODES])
{
    int nodes = (int)world->inventory->count, load[CLUSTER_NODES] = {0}, used = 0, left = group->count, fewest = 0;
    bool taken[CLUSTER_NODES] = {false};
    for (int32_t i = 0; i < group->count; i++)
        load[group->bundles[i].placement.node]++;
    for (int n = 0; n < nodes; n++)
        used += load[n] > 0;
    while (left > 0) { /* the largest nodes first */
        int best = -1;
        for (int n = 0; n < nodes; n++)
            if (!taken[n] && (best < 0 || copies[n] > copies[best]))
                best = n;
        taken[best] = true;
        left -= copies[best];
        fewest++;
    }
    if (group->strategy == GPU_GROUP_PACK)
        assert_int_equal(used, fewest);
    if (group->strategy == GPU_GROUP_SPREAD)
        for (int a = 0; a < nodes; a++)
            for (int b = 0; b < nodes; b++) /* nobody carries two more than one who has room */
                assert_true(load[a] <= load[b] + 1 || load[b] == copies[b]);
}

static void soft_strategies_reach_their_goal_for_identical_bundles(void **state)
{
    (void)state;
    static struct world world;
    int reached = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        int copies[CLUSTER_NODES];
        struct gpu_pod bundles[MOST_BUNDLES];
        world_open(&world, seed + 4000);
        bundles[0] = random_pod(&world.dice);
        int32_t count = 1 + (int32_t)below(&world.dice, MOST_BUNDLES);
        for (int32_t i = 1; i < count; i++)
            bundles[i] = bundles[0];
        for (int32_t n = 0; n < (int32_t)world.inventory->count; n++)
            copies[n] = copies_on(world.inventory, n, &bundles[0]);
        int32_t id = gpu_group_add(world.groups, bundles, count, seed % 2 ? GPU_GROUP_PACK : GPU_GROUP_SPREAD, 0, 0);
        if (gpu_groups_pass(world.groups, 0) == 1) {
            check_goal(&world, gpu_group(world.groups, id), copies);
            reached++;
        }
        arena_close(&world.arena);
    }
    assert_true(reached > 100);
}

/* Prepares; what placing anyhow finds at that very moment, a soft strategy must find. (Not after a whole pass: with
 * less room left, placing anyhow may happen to do better.) */
static void prepare(struct world *world, int32_t id)
{
    const struct gpu_group *group = gpu_group(world->groups, id);
    bool soft = group->strategy == GPU_GROUP_PACK || group->strategy == GPU_GROUP_SPREAD;
    bool must = soft && world->groups->options.place.policy != GPU_RANDOM && greedy_succeeds(world, group);
    uint64_t before = gpu_inventory_digest(world->inventory);
    bool done = gpu_group_prepare(world->groups, id, roll(&world->dice));
    assert_true(done || !must || !world->groups->head_up);
    assert_true(done || gpu_inventory_digest(world->inventory) == before);
}

static void step(struct world *world)
{
    uint32_t kind = below(&world->dice, 16);
    int32_t node = (int32_t)below(&world->dice, (uint32_t)world->inventory->count);
    int32_t id = random_group(world, kind < 8 ? GPU_GROUP_PENDING : GPU_GROUP_CREATED);
    if (kind < 4)
        add_group(world);
    else if (kind < 6 && id != GPU_NO_GROUP)
        prepare(world, id);
    else if (kind == 8 && id != GPU_NO_GROUP)
        gpu_group_remove(world->groups, id);
    else if (kind < 11)
        gpu_groups_node_down(world->groups, node);
    else if (kind < 14)
        gpu_node_set_available(world->inventory, node, true);
    else if (kind == 14 && below(&world->dice, 4) == 0)
        gpu_groups_head_down(world->groups);
    else
        gpu_groups_head_up(world->groups);
    id = random_group(world, GPU_GROUP_RESCHEDULING);
    if (id != GPU_NO_GROUP && below(&world->dice, 3) == 0)
        prepare(world, id);
}

static void commit_all(struct world *world)
{
    for (int32_t id = 0; id < MOST_GROUPS; id++)
        if (gpu_group(world->groups, id)->state == GPU_GROUP_PREPARED && below(&world->dice, 2) == 0)
            gpu_group_commit(world->groups, id);
}

static void nothing_is_lost_or_held_too_long_in_any_history(void **state)
{
    (void)state;
    static struct world world;
    int64_t knots = 0, second = 0, interrupted = 0, recreated = 0, rescheduled = 0;
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        world_open(&world, seed);
        for (int i = 0; i < STEPS; i++) {
            step(&world);
            gpu_groups_audit(world.groups);
            commit_all(&world);
            if (below(&world.dice, 2) == 0) {
                gpu_groups_pass(world.groups, roll(&world.dice));
                gpu_groups_audit(world.groups);
                if (world.groups->head_up)
                    check_waiting(&world);
            }
        }
        for (int32_t id = 0; id < MOST_GROUPS; id++)
            if (gpu_group(world.groups, id)->state != GPU_GROUP_NONE)
                gpu_group_remove(world.groups, id);
        assert_int_equal(world.inventory->totals.pods, 0);
        knots += world.groups->counts.knots;
        second += world.groups->counts.second_deaths;
        interrupted += world.groups->counts.interrupted;
        recreated += world.groups->counts.recreated;
        rescheduled += world.groups->counts.rescheduled;
        arena_close(&world.arena);
    }
    assert_true(knots > 5 && recreated > 2 && second > 5 && interrupted > 5 && rescheduled > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(soft_strategies_reach_their_goal_for_identical_bundles),
        cmocka_unit_test(nothing_is_lost_or_held_too_long_in_any_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
