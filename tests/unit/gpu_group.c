/* Ray placement groups by hand. */
#include "models/gpu/group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_GROUPS = 8, MOST_BUNDLES = 8 };

struct cluster {
    struct arena arena;
    struct gpu_inventory *inventory;
    struct gpu_groups *groups;
};

static const struct gpu_pod DEVICE = {.cpu_milli = 1000, .devices = 1, .milli_per_device = 1000};

/* Nodes of `devices` devices; node i has model models[i], or 0. */
static void open_cluster(struct cluster *cluster, int nodes, uint8_t devices, const uint8_t *models, bool recreate)
{
    arena_open(&cluster->arena, 0);
    cluster->inventory =
        gpu_inventory_create(&cluster->arena, &(struct gpu_inventory_options){.nodes = (size_t)nodes});
    for (int i = 0; i < nodes; i++)
        gpu_inventory_add_node(cluster->inventory, &(struct gpu_node_options){.cpu_milli = 32000,
                                                                              .memory_mib = 1024,
                                                                              .devices = devices,
                                                                              .model = models ? models[i] : 0});
    gpu_inventory_seal(cluster->inventory);
    cluster->groups = gpu_groups_create(&cluster->arena, cluster->inventory,
                                        &(struct gpu_groups_options){.place = {.policy = GPU_BEST_FIT},
                                                                     .groups = MOST_GROUPS,
                                                                     .bundles = MOST_BUNDLES,
                                                                     .recreate = recreate});
}

static void close_cluster(struct cluster *cluster)
{
    gpu_groups_audit(cluster->groups);
    arena_close(&cluster->arena);
}

static int32_t add(struct cluster *cluster, int32_t count, enum gpu_group_strategy strategy)
{
    struct gpu_pod bundles[MOST_BUNDLES];
    for (int32_t i = 0; i < count; i++)
        bundles[i] = DEVICE;
    return gpu_group_add(cluster->groups, bundles, count, strategy, GPU_RESTARTS_UNLIMITED, 0);
}

static int32_t node_of(const struct cluster *cluster, int32_t id, int bundle)
{
    return gpu_group(cluster->groups, id)->bundles[bundle].placement.node;
}

static int nodes_used(const struct cluster *cluster, int32_t id)
{
    int used = 0;
    for (int32_t node = 0; node < (int32_t)cluster->inventory->count; node++) {
        bool here = false;
        for (int i = 0; i < gpu_group(cluster->groups, id)->count; i++)
            here = here || node_of(cluster, id, i) == node;
        used += here;
    }
    return used;
}

static void strategies_use_the_nodes_they_should(void **state)
{
    (void)state;
    static const int used[] = {
        [GPU_GROUP_PACK] = 2, [GPU_GROUP_SPREAD] = 3, [GPU_GROUP_STRICT_PACK] = 1, [GPU_GROUP_STRICT_SPREAD] = 3};
    for (int strategy = 0; strategy < 4; strategy++) {
        struct cluster cluster;
        open_cluster(&cluster, 3, 2, NULL, false);
        int32_t count = strategy == GPU_GROUP_STRICT_PACK ? 2 : strategy == GPU_GROUP_STRICT_SPREAD ? 3 : 4;
        int32_t id = add(&cluster, count, (enum gpu_group_strategy)strategy);
        assert_int_equal(gpu_groups_pass(cluster.groups, 0), 1);
        assert_int_equal(gpu_group(cluster.groups, id)->state, GPU_GROUP_CREATED);
        assert_int_equal(nodes_used(&cluster, id), used[strategy]);
        close_cluster(&cluster);
    }
}

static void strict_rules_leave_a_group_pending_where_soft_ones_do_not(void **state)
{
    (void)state;
    struct cluster cluster;
    open_cluster(&cluster, 2, 4, NULL, false);
    uint64_t empty = gpu_inventory_digest(cluster.inventory);
    int32_t pack = add(&cluster, 5, GPU_GROUP_STRICT_PACK), spread = add(&cluster, 3, GPU_GROUP_STRICT_SPREAD);
    assert_int_equal(gpu_groups_pass(cluster.groups, 0), 0);
    assert_int_equal(gpu_group(cluster.groups, pack)->state, GPU_GROUP_PENDING);
    assert_int_equal(gpu_group(cluster.groups, spread)->state, GPU_GROUP_PENDING);
    assert_true(gpu_inventory_digest(cluster.inventory) == empty); /* atomic: nothing is held */
    gpu_group_remove(cluster.groups, pack);
    gpu_group_remove(cluster.groups, spread);
    add(&cluster, 5, GPU_GROUP_PACK);
    add(&cluster, 3, GPU_GROUP_SPREAD);
    assert_int_equal(gpu_groups_pass(cluster.groups, 0), 2);
    close_cluster(&cluster);
}

static void strict_spread_avoids_the_nodes_of_survivors(void **state)
{
    (void)state;
    struct cluster cluster;
    open_cluster(&cluster, 3, 4, NULL, false);
    int32_t id = add(&cluster, 2, GPU_GROUP_STRICT_SPREAD);
    gpu_groups_pass(cluster.groups, 0);
    int32_t dead = node_of(&cluster, id, 0), survivor = node_of(&cluster, id, 1);
    assert_int_equal(gpu_groups_node_down(cluster.groups, dead), 1);
    assert_int_equal(gpu_group(cluster.groups, id)->state, GPU_GROUP_RESCHEDULING);
    assert_int_equal(node_of(&cluster, id, 1), survivor); /* kept while partial */
    assert_int_equal(gpu_groups_pass(cluster.groups, 0), 1);
    assert_int_equal(node_of(&cluster, id, 1), survivor);
    assert_int_equal(node_of(&cluster, id, 0), 3 - dead - survivor);
    gpu_groups_node_down(cluster.groups, survivor);
    assert_int_equal(gpu_groups_pass(cluster.groups, 0), 0); /* only the other bundle's node is left */
    gpu_node_set_available(cluster.inventory, dead, true);
    assert_int_equal(gpu_groups_pass(cluster.groups, 0), 1);
    close_cluster(&cluster);
}

static void a_second_death_while_rescheduling_loses_no_bundle(void **state)
{
    (void)state;
    struct cluster cluster;
    open_cluster(&cluster, 3, 1, NULL, false);
    int32_t id = add(&cluster, 3, GPU_GROUP_SPREAD);
    gpu_groups_pass(cluster.groups, 0);
    gpu_groups_node_down(cluster.groups, 0);
    assert_int_equal(gpu_groups_pass(cluster.groups, 0), 0);
    gpu_groups_node_down(cluster.groups, 1);
    assert_int_equal(cluster.groups->counts.second_deaths, 1);
    assert_int_equal(gpu_group(cluster.groups, id)->placed, 1);
    gpu_node_set_available(cluster.inventory, 0, true);
    assert_int_equal(gpu_groups_pass(cluster.groups, 0), 0); /* one bundle more is wanted: all or none */
    gpu_node_set_available(cluster.inventory, 1, true);
    assert_int_equal(gpu_groups_pass(cluster.groups, 0), 1);
    assert_int_equal(gpu_group(cluster.groups, id)->placed, 3);
    assert_int_equal(cluster.groups->counts.restarts, 2);
    close_cluster(&cluster);
}

static void a_death_between_prepare_and_commit_undoes_a_new_group(void **state)
{
    (void)state;
    struct cluster cluster;
    open_cluster(&cluster, 3, 1, NULL, false);
    int32_t id = add(&cluster, 2, GPU_GROUP_SPREAD);
    assert_true(gpu_group_prepare(cluster.groups, id, 0));
    gpu_groups_node_down(cluster.groups, node_of(&cluster, id, 0));
    assert_int_equal(gpu_group(cluster.groups, id)->state, GPU_GROUP_PENDING);
    assert_int_equal(cluster.inventory->totals.pods, 0);
    assert_int_equal(cluster.groups->counts.interrupted, 1);
    assert_int_equal(gpu_groups_pass(cluster.groups, 0), 1);
    close_cluster(&cluster);
}

/* The interleaving of ray pull request 52202. */
static void a_death_between_prepare_and_commit_keeps_a_partial_group(void **state)
{
    (void)state;
    struct cluster cluster;
    open_cluster(&cluster, 4, 1, NULL, false);
    int32_t id = add(&cluster, 3, GPU_GROUP_SPREAD);
    gpu_groups_pass(cluster.groups, 0);
    gpu_groups_node_down(cluster.groups, node_of(&cluster, id, 0));
    assert_true(gpu_group_prepare(cluster.groups, id, 0));
    int32_t prepared = node_of(&cluster, id, 0);
    gpu_groups_node_down(cluster.groups, node_of(&cluster, id, 1));
    assert_int_equal(gpu_group(cluster.groups, id)->state, GPU_GROUP_RESCHEDULING);
    assert_int_equal(node_of(&cluster, id, 0), prepared);
    assert_int_equal(gpu_group(cluster.groups, id)->placed, 2);
    for (int32_t node = 0; node < 4; node++)
        gpu_node_set_available(cluster.inventory, node, true);
    assert_int_equal(gpu_groups_pass(cluster.groups, 0), 1);
    close_cluster(&cluster);
}

static void strict_pack_is_lost_and_placed_as_a_unit(void **state)
{
    (void)state;
    struct cluster cluster;
    open_cluster(&cluster, 2, 4, NULL, false);
    int32_t id = add(&cluster, 3, GPU_GROUP_STRICT_PACK);
    gpu_groups_pass(cluster.groups, 0);
    int32_t first = node_of(&cluster, id, 0);
    assert_int_equal(gpu_groups_node_down(cluster.groups, first), 3);
    assert_int_equal(gpu_groups_pass(cluster.groups, 0), 1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(node_of(&cluster, id, i), 1 - first);
    close_cluster(&cluster);
}

/* The new group is older and would take both nodes; the partial one is served first and takes one. */
static void lost_bundles_come_before_new_groups(void **state)
{
    (void)state;
    struct cluster cluster;
    open_cluster(&cluster, 2, 1, NULL, false);
    gpu_node_set_available(cluster.inventory, 1, false);
    int32_t fresh = add(&cluster, 2, GPU_GROUP_STRICT_SPREAD), partial = add(&cluster, 1, GPU_GROUP_PACK);
    assert_int_equal(gpu_groups_pass(cluster.groups, 0), 1);
    assert_int_equal(gpu_group(cluster.groups, partial)->state, GPU_GROUP_CREATED);
    gpu_groups_node_down(cluster.groups, 0);
    for (int32_t node = 0; node < 2; node++)
        gpu_node_set_available(cluster.inventory, node, true);
    assert_int_equal(gpu_groups_pass(cluster.groups, 0), 1);
    assert_int_equal(gpu_group(cluster.groups, partial)->state, GPU_GROUP_CREATED);
    assert_int_equal(gpu_group(cluster.groups, fresh)->state, GPU_GROUP_PENDING);
    close_cluster(&cluster);
}

/* Three of four bundles are lost. An empty node would take all three, but two fit beside the survivor: they go there. */
static void pack_returns_to_the_nodes_it_has(void **state)
{
    (void)state;
    struct cluster cluster;
    open_cluster(&cluster, 4, 3, NULL, false);
    gpu_node_set_available(cluster.inventory, 2, false);
    gpu_node_set_available(cluster.inventory, 3, false);
    int32_t id = add(&cluster, 4, GPU_GROUP_PACK);
    gpu_groups_pass(cluster.groups, 0);
    int32_t full = node_of(&cluster, id, 0), other = node_of(&cluster, id, 3);
    assert_int_not_equal(full, other);
    gpu_groups_node_down(cluster.groups, full); /* three are lost; the fourth has a node with room for two */
    gpu_node_set_available(cluster.inventory, 2, true);
    gpu_node_set_available(cluster.inventory, 3, true);
    assert_int_equal(gpu_groups_pass(cluster.groups, 0), 1);
    assert_int_equal(nodes_used(&cluster, id), 2);
    int there = 0;
    for (int i = 0; i < 4; i++)
        there += node_of(&cluster, id, i) == other;
    assert_int_equal(there, 3);
    close_cluster(&cluster);
}

/* Nodes 0 and 1 are of model 0, nodes 2 and 3 of model 1; two groups want one of each. Each loses another half, and
 * each needs the node on which the other's survivor sits (ray issue 65147). */
static void knot(struct cluster *cluster, int32_t *a, int32_t *b)
{
    struct gpu_pod bundles[2] = {DEVICE, DEVICE};
    bundles[0].models = 1;
    bundles[1].models = 2;
    *a = gpu_group_add(cluster->groups, bundles, 2, GPU_GROUP_PACK, 3, 0);
    *b = gpu_group_add(cluster->groups, bundles, 2, GPU_GROUP_PACK, 3, 0);
    assert_int_equal(gpu_groups_pass(cluster->groups, 0), 2);
    gpu_groups_node_down(cluster->groups, node_of(cluster, *a, 0));
    gpu_groups_node_down(cluster->groups, node_of(cluster, *b, 1));
}

static void two_partial_groups_that_block_each_other_are_counted_once(void **state)
{
    (void)state;
    static const uint8_t models[] = {0, 0, 1, 1};
    struct cluster cluster;
    int32_t a, b;
    open_cluster(&cluster, 4, 1, models, false);
    knot(&cluster, &a, &b);
    uint64_t before = gpu_inventory_digest(cluster.inventory);
    for (int i = 0; i < 5; i++)
        assert_int_equal(gpu_groups_pass(cluster.groups, 0), 0);
    assert_true(gpu_inventory_digest(cluster.inventory) == before);
    assert_int_equal(cluster.groups->counts.knots, 1);
    assert_true(gpu_group(cluster.groups, a)->knotted && gpu_group(cluster.groups, b)->knotted);
    close_cluster(&cluster);
}

static void destroying_the_youngest_undoes_the_knot(void **state)
{
    (void)state;
    static const uint8_t models[] = {0, 0, 1, 1};
    struct cluster cluster;
    int32_t a, b;
    open_cluster(&cluster, 4, 1, models, true);
    knot(&cluster, &a, &b);
    assert_int_equal(gpu_groups_pass(cluster.groups, 0), 1);
    assert_int_equal(gpu_group(cluster.groups, a)->state, GPU_GROUP_CREATED);
    assert_int_equal(gpu_group(cluster.groups, b)->state, GPU_GROUP_PENDING);
    assert_int_equal(cluster.groups->counts.recreated, 1);
    close_cluster(&cluster);
}

/* A single partial group, or two that wait for a dead node, is no knot. */
static void waiting_for_a_dead_node_is_no_knot(void **state)
{
    (void)state;
    struct cluster cluster;
    open_cluster(&cluster, 4, 1, NULL, true);
    add(&cluster, 2, GPU_GROUP_STRICT_SPREAD);
    gpu_groups_pass(cluster.groups, 0);
    for (int32_t node = 3; node >= 1; node--)
        gpu_groups_node_down(cluster.groups, node);
    assert_int_equal(gpu_groups_pass(cluster.groups, 0), 0);
    assert_int_equal(cluster.groups->counts.knots + cluster.groups->counts.recreated, 0);
    close_cluster(&cluster);
}

static void actors_restart_only_within_their_budget(void **state)
{
    (void)state;
    struct cluster cluster;
    open_cluster(&cluster, 2, 1, NULL, false);
    int32_t id = gpu_group_add(cluster.groups, &DEVICE, 1, GPU_GROUP_PACK, 1, 0);
    gpu_groups_pass(cluster.groups, 0);
    for (int death = 1; death <= 3; death++) {
        int32_t dead = node_of(&cluster, id, 0);
        gpu_groups_node_down(cluster.groups, dead);
        assert_int_equal(gpu_groups_pass(cluster.groups, 0), 1);
        gpu_node_set_available(cluster.inventory, dead, true);
        assert_int_equal(gpu_group(cluster.groups, id)->bundles[0].restarts, 1);
        assert_int_equal(gpu_group(cluster.groups, id)->bundles[0].dead, death > 1);
    }
    assert_int_equal(cluster.groups->counts.actors_dead, 1);
    close_cluster(&cluster);
}

static void the_head_takes_the_whole_cluster_down(void **state)
{
    (void)state;
    struct cluster cluster;
    open_cluster(&cluster, 3, 2, NULL, false);
    uint64_t empty = gpu_inventory_digest(cluster.inventory);
    add(&cluster, 2, GPU_GROUP_SPREAD);
    add(&cluster, 2, GPU_GROUP_STRICT_PACK);
    assert_int_equal(gpu_groups_pass(cluster.groups, 0), 2);
    gpu_groups_head_down(cluster.groups);
    assert_true(gpu_inventory_digest(cluster.inventory) == empty);
    assert_int_equal(gpu_groups_pass(cluster.groups, 0), 0);
    gpu_groups_head_up(cluster.groups);
    assert_int_equal(gpu_groups_pass(cluster.groups, 0), 2);
    assert_int_equal(cluster.groups->counts.restarts, 4);
    close_cluster(&cluster);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strategies_use_the_nodes_they_should),
        cmocka_unit_test(strict_rules_leave_a_group_pending_where_soft_ones_do_not),
        cmocka_unit_test(strict_spread_avoids_the_nodes_of_survivors),
        cmocka_unit_test(a_second_death_while_rescheduling_loses_no_bundle),
        cmocka_unit_test(a_death_between_prepare_and_commit_undoes_a_new_group),
        cmocka_unit_test(a_death_between_prepare_and_commit_keeps_a_partial_group),
        cmocka_unit_test(strict_pack_is_lost_and_placed_as_a_unit),
        cmocka_unit_test(lost_bundles_come_before_new_groups),
        cmocka_unit_test(pack_returns_to_the_nodes_it_has),
        cmocka_unit_test(two_partial_groups_that_block_each_other_are_counted_once),
        cmocka_unit_test(destroying_the_youngest_undoes_the_knot),
        cmocka_unit_test(waiting_for_a_dead_node_is_no_knot),
        cmocka_unit_test(actors_restart_only_within_their_budget),
        cmocka_unit_test(the_head_takes_the_whole_cluster_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
