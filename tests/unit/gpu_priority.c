/* Which node, and whose work: the order of the rules, one rule at a time. */
#include "models/gpu/priority.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { NODES = 2, PODS = 8 };

struct cluster {
    struct arena arena;
    struct gpu_residents *residents;
    int32_t disruptions[1];
    int64_t weight;
};

/* Nodes of four devices. */
static void open_cluster(struct cluster *cluster)
{
    arena_open(&cluster->arena, 0);
    struct gpu_inventory *inventory = gpu_inventory_create(
        &cluster->arena, &(struct gpu_inventory_options){.nodes = NODES, .pods_per_node = PODS});
    for (int i = 0; i < NODES; i++)
        gpu_inventory_add_node(inventory,
                               &(struct gpu_node_options){.cpu_milli = 8000, .memory_mib = 1024, .devices = 4});
    gpu_inventory_seal(inventory);
    cluster->residents = gpu_residents_create(&cluster->arena, inventory, NODES * PODS, 1);
    cluster->disruptions[0] = 0;
    cluster->weight = 0;
}

/* Admits a resident of `count` devices from device `first` on. */
static int32_t admit(struct cluster *cluster, int32_t node, unsigned first, uint16_t count, int32_t priority,
                     int64_t started)
{
    return gpu_resident_admit(
        cluster->residents,
        &(struct gpu_resident){
            .pod = {.devices = count, .milli_per_device = 1000},
            .placement = {.node = node, .devices = (uint16_t)(((1U << count) - 1) << first)},
            .priority = priority,
            .budget = GPU_NO_BUDGET,
            .started_us = started,
            .protected_until_us = INT64_MIN});
}

static enum gpu_preemption_answer ask(struct cluster *cluster, uint16_t devices, int32_t priority,
                                      struct gpu_nomination *nomination, int32_t *victims)
{
    struct gpu_pod pod = {.devices = devices, .milli_per_device = 1000};
    struct gpu_preemption_options options = {.place = {.policy = GPU_BEST_FIT},
                                             .now_us = 1000,
                                             .victim_weight = cluster->weight,
                                             .disruptions = cluster->disruptions};
    return gpu_preempt(cluster->residents, &pod, priority, &options, nomination, victims);
}

static int32_t node_for(struct cluster *cluster, uint16_t devices)
{
    struct gpu_nomination nomination;
    int32_t victims[PODS];
    assert_int_equal(ask(cluster, devices, 1000, &nomination, victims), GPU_PREEMPTION_NOMINATED);
    arena_close(&cluster->arena);
    return nomination.node;
}

static void who_breaks_no_budget_is_taken_first(void **state)
{
    (void)state;
    struct cluster cluster;
    open_cluster(&cluster);
    int32_t guarded = admit(&cluster, 0, 0, 4, 1, 0);
    cluster.residents->table[guarded].budget = 0;
    admit(&cluster, 1, 0, 4, 900, 0); /* of far higher priority, but free to go */
    assert_int_equal(node_for(&cluster, 4), 1);
}

static void the_lowest_highest_victim_comes_next(void **state)
{
    (void)state;
    struct cluster cluster;
    open_cluster(&cluster);
    admit(&cluster, 0, 0, 4, 20, 0);
    for (unsigned i = 0; i < 4; i++)
        admit(&cluster, 1, i, 1, 19, 0);
    assert_int_equal(node_for(&cluster, 4), 1);
}

/* Highest 50 on both. Plain sums: 60 against 52. With Kubernetes' weight: two victims against three. */
static void sums_decide_and_kubernetes_weighs_each_victim(void **state)
{
    (void)state;
    for (int kubernetes = 0; kubernetes < 2; kubernetes++) {
        struct cluster cluster;
        open_cluster(&cluster);
        cluster.weight = kubernetes ? GPU_KUBERNETES_VICTIM_WEIGHT : 0;
        admit(&cluster, 0, 0, 2, 50, 0);
        admit(&cluster, 0, 2, 2, 10, 0);
        admit(&cluster, 1, 0, 2, 50, 0);
        admit(&cluster, 1, 2, 1, 1, 0);
        admit(&cluster, 1, 3, 1, 1, 0);
        assert_int_equal(node_for(&cluster, 4), kubernetes ? 0 : 1);
    }
}

static void fewer_victims_then_the_later_start(void **state)
{
    (void)state;
    struct cluster cluster;
    open_cluster(&cluster);
    admit(&cluster, 0, 0, 2, 0, 0);
    admit(&cluster, 0, 2, 2, 0, 0);
    admit(&cluster, 1, 0, 4, 0, 0);
    assert_int_equal(node_for(&cluster, 4), 1);
    open_cluster(&cluster);
    admit(&cluster, 0, 0, 4, 0, 100);
    admit(&cluster, 1, 0, 4, 0, 200);
    assert_int_equal(node_for(&cluster, 4), 1); /* less has been done there */
    open_cluster(&cluster);
    admit(&cluster, 1, 0, 4, 0, 100);
    admit(&cluster, 0, 0, 4, 0, 100);
    assert_int_equal(node_for(&cluster, 4), 0); /* all equal: the first */
}

/* Two devices are wanted: the highest is readmitted first, then the longer-running of two equals. */
static void the_highest_and_the_longest_running_are_reprieved(void **state)
{
    (void)state;
    struct cluster cluster;
    struct gpu_nomination nomination;
    int32_t victims[PODS];
    open_cluster(&cluster);
    gpu_node_set_available(cluster.residents->inventory, 1, false);
    int32_t young = admit(&cluster, 0, 0, 1, 5, 90);
    admit(&cluster, 0, 1, 1, 7, 80);
    admit(&cluster, 0, 2, 1, 5, 10);
    int32_t low = admit(&cluster, 0, 3, 1, 3, 0);
    assert_int_equal(ask(&cluster, 2, 1000, &nomination, victims), GPU_PREEMPTION_NOMINATED);
    assert_int_equal(nomination.victims, 2);
    assert_int_equal(victims[0], young);
    assert_int_equal(victims[1], low);
    assert_int_equal(ask(&cluster, 2, 5, &nomination, victims), GPU_PREEMPTION_IN_VAIN); /* only one is below 5 */
    assert_int_equal(ask(&cluster, 1, 5, &nomination, victims), GPU_PREEMPTION_NOMINATED);
    assert_int_equal(victims[0], low);
    assert_int_equal(ask(&cluster, 1, 3, &nomination, victims), GPU_PREEMPTION_IN_VAIN); /* equals never */
    arena_close(&cluster.arena);
}

static void the_protected_and_the_needless_are_left_alone(void **state)
{
    (void)state;
    struct cluster cluster;
    struct gpu_nomination nomination;
    int32_t victims[PODS];
    open_cluster(&cluster);
    int32_t id = admit(&cluster, 0, 0, 4, 0, 0);
    assert_int_equal(ask(&cluster, 4, 9, &nomination, victims), GPU_PREEMPTION_NEEDLESS); /* the other node is empty */
    admit(&cluster, 1, 0, 4, 9, 0);
    cluster.residents->table[id].protected_until_us = 1001;
    assert_int_equal(ask(&cluster, 4, 9, &nomination, victims), GPU_PREEMPTION_IN_VAIN);
    cluster.residents->table[id].protected_until_us = 1000;
    assert_int_equal(ask(&cluster, 4, 9, &nomination, victims), GPU_PREEMPTION_NOMINATED);
    assert_int_equal(nomination.node, 0);
    arena_close(&cluster.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_breaks_no_budget_is_taken_first),
        cmocka_unit_test(the_lowest_highest_victim_comes_next),
        cmocka_unit_test(sums_decide_and_kubernetes_weighs_each_victim),
        cmocka_unit_test(fewer_victims_then_the_later_start),
        cmocka_unit_test(the_highest_and_the_longest_running_are_reprieved),
        cmocka_unit_test(the_protected_and_the_needless_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
