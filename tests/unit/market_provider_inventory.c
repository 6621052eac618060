/* The provider's inventory, one peculiarity at a time. The walk as a whole is tested by its twin and by the vectors. */
#include "models/market/adjust.h"
#include "models/market/group.h"
#include "sim/base/arena.h"
#include "sim/base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define GIB (INT64_C(1) << 30)

/* A provider with equal nodes, and one-unit orders. */
struct bench {
    struct arena arena;
    struct adjust_names *names;
    struct adjust_rules rules;
    struct adjust_book *book;
};

static int open_bench(void **state)
{
    static struct bench bench;
    memset(&bench, 0, sizeof bench);
    arena_open(&bench.arena, 0);
    bench.names = adjust_names_create(&bench.arena, 32);
    bench.rules = adjust_rules_2024_07();
    bench.book = adjust_book_create(&bench.arena, 8, 32);
    *state = &bench;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *bench = *state;
    arena_close(&bench->arena);
    return 0;
}

/* Nodes of 4 cores, 8 GiB and 100 GiB, with these GPU models, "" for none. */
static struct adjust_cluster *cluster_of(struct bench *bench, const char *const *gpus, int32_t n, int32_t leased_ips)
{
    struct adjust_node_spec nodes[8] = {{{0, 0}, {0, 0}, {0, 0}, {0, 0}, NULL, 0, NULL, 0}};
    struct adjust_gpu_spec list[8];
    for (int32_t i = 0; i < n; i++) {
        list[i] = (struct adjust_gpu_spec){"nvidia", gpus[i], "PCIe", "80Gi"};
        nodes[i] = (struct adjust_node_spec){.cpu_milli = {4000, 0},
                                             .memory_bytes = {8 * GIB, 0},
                                             .gpus = {*gpus[i] ? 1 : 0, 0},
                                             .ephemeral_bytes = {100 * GIB, 0},
                                             .gpu_list = &list[i],
                                             .n_gpu_list = *gpus[i] ? 1 : 0};
    }
    const struct adjust_cluster_spec spec = {.nodes = nodes, .n_nodes = n, .leased_ips = leased_ips};
    return adjust_cluster_create(&bench->arena, bench->names, bench->book, &spec, &bench->rules);
}

static const struct adjust_request *order_of(struct bench *bench, uint32_t count, int64_t cpu, int64_t memory,
                                             const char *gpu)
{
    const struct adjust_overcommit none = {0, 0, 0};
    const struct market_unit unit = {.id = 1,
                                     .count = count,
                                     .cpu_milli = cpu,
                                     .memory_bytes = memory,
                                     .gpu_units = *gpu ? 1 : 0,
                                     .gpu_attributes = attributes_from_text(&bench->arena, gpu)};
    const struct market_group_spec group = {.units = &unit, .n_units = 1};
    return adjust_request_create(&bench->arena, bench->names, &group, &none, &bench->rules);
}

static reservation_id reserve(struct adjust_cluster *cluster, const struct adjust_request *request)
{
    reservation_id id;
    assert_int_equal(adjust_reserve(cluster, request, &id), ADJUST_OK);
    return id;
}

static const char *const no_gpus[] = {"", "", "", ""};

static void released_room_returns_with_the_next_update(void **state) /* Q11 */
{
    struct bench *bench = *state;
    for (int quirk = 0; quirk < 2; quirk++) {
        bench->rules.stale_after_release = quirk;
        struct adjust_cluster *cluster = cluster_of(bench, no_gpus, 1, ADJUST_UNSET);
        const struct adjust_request *request = order_of(bench, 1, 3000, GIB, "");
        adjust_release(cluster, reserve(cluster, request));
        assert_int_equal(adjust_fits(cluster, request), quirk ? ADJUST_INSUFFICIENT_CAPACITY : ADJUST_OK);
        assert_int_equal(adjust_update(cluster), 0);
        assert_int_equal(adjust_fits(cluster, request), ADJUST_OK);
        adjust_audit(cluster, &bench->arena);
    }
}

static void deployed_room_looks_free_until_the_next_update(void **state)
{
    struct bench *bench = *state;
    struct adjust_cluster *cluster = cluster_of(bench, no_gpus, 1, ADJUST_UNSET);
    const struct adjust_request *request = order_of(bench, 1, 3000, GIB, "");
    const reservation_id first = reserve(cluster, request);
    assert_int_equal(adjust_fits(cluster, request), ADJUST_INSUFFICIENT_CAPACITY);
    assert_int_equal(adjust_deploy(cluster, first), 0);
    assert_int_equal(adjust_running(cluster, first, ADJUST_UNSET), 1);
    /* The provider bids once more with room that it does not have... */
    const reservation_id second = reserve(cluster, request);
    assert_int_equal(adjust_update(cluster), 1);
    assert_false(adjust_is_booked(cluster, second));
    /* ...and when that bid wins, its pod finds no node. */
    assert_int_equal(adjust_deploy(cluster, second), 1);
    assert_int_equal(adjust_running(cluster, second, ADJUST_UNSET), 0);
    adjust_audit(cluster, &bench->arena);
    adjust_release(cluster, first);
    assert_int_equal(adjust_reschedule(cluster, second), 0);
    assert_int_equal(adjust_running(cluster, second, 0), 1);
    adjust_audit(cluster, &bench->arena);
}

static void overcommit_counts_in_whole_hundreds(void **state) /* Q12 */
{
    (void)state;
    assert_int_equal(adjust_overcommitted(1000, 50, true), 1000);
    assert_int_equal(adjust_overcommitted(1000, 199, true), 500);
    assert_int_equal(adjust_overcommitted(1000, 50, false), 667);
    assert_int_equal(adjust_overcommitted(1001, 100, true), 501);
    assert_int_equal(adjust_overcommitted(1, 900, true), 1);
    assert_int_equal(adjust_overcommitted(INT64_C(1) << 62, 100, true), INT64_C(1) << 61);
}

static void rewrite_survives_a_failure_on_the_same_node(void **state) /* Q13 */
{
    struct bench *bench = *state;
    static const char *const gpus[] = {"t4", "a100"};
    for (int quirk = 0; quirk < 2; quirk++) {
        bench->rules.sticky_rewrite = quirk;
        struct adjust_cluster *cluster = cluster_of(bench, gpus, 2, ADJUST_UNSET);
        /* Fill the memory of the node with the t4. */
        reserve(cluster, order_of(bench, 1, 100, 8 * GIB, ""));
        const struct adjust_request *any = order_of(bench, 1, 100, GIB, "vendor/nvidia/model/*");
        assert_int_equal(adjust_fits(cluster, any), quirk ? ADJUST_INSUFFICIENT_CAPACITY : ADJUST_OK);
    }
}

/* A walk may skip a block of nodes without room, but not one whose GPU fits and whose memory does not: that node leaves its trace. */
static void rewrite_survives_in_a_block_that_has_no_memory_left(void **state) /* Q13 */
{
    struct bench *bench = *state;
    enum { NODES = ADJUST_BLOCK + 1 };
    struct adjust_gpu_spec t4 = {"nvidia", "t4", "PCIe", "16Gi"}, a100 = {"nvidia", "a100", "PCIe", "80Gi"};
    struct adjust_node_spec nodes[NODES];
    for (int32_t i = 0; i < NODES; i++) {
        bool has = i == 0 || i == NODES - 1;
        nodes[i] = (struct adjust_node_spec){.cpu_milli = {4000, 0},
                                             .memory_bytes = {8 * GIB, i < ADJUST_BLOCK ? 8 * GIB : 0},
                                             .gpus = {has, 0},
                                             .ephemeral_bytes = {100 * GIB, 0},
                                             .gpu_list = i == 0 ? &t4 : &a100,
                                             .n_gpu_list = has};
    }
    const struct adjust_cluster_spec spec = {.nodes = nodes, .n_nodes = NODES, .leased_ips = ADJUST_UNSET};
    for (int quirk = 0; quirk < 2; quirk++) {
        bench->rules.sticky_rewrite = quirk;
        struct adjust_cluster *cluster = adjust_cluster_create(&bench->arena, bench->names, bench->book, &spec, &bench->rules);
        const struct adjust_request *any = order_of(bench, 1, 100, GIB, "vendor/nvidia/model/*");
        assert_int_equal(adjust_fits(cluster, any), quirk ? ADJUST_INSUFFICIENT_CAPACITY : ADJUST_OK);
        assert_int_equal(adjust_fits(cluster, order_of(bench, 1, 100, GIB, "")), ADJUST_OK);
    }
}

static void wildcard_may_resolve_to_another_model_after_an_update(void **state)
{
    struct bench *bench = *state;
    static const char *const gpus[] = {"t4", "a100"};
    struct adjust_cluster *cluster = cluster_of(bench, gpus, 2, ADJUST_UNSET);
    const reservation_id id = reserve(cluster, order_of(bench, 1, 100, GIB, "vendor/nvidia/model/*"));
    struct adjust_wish resolved[1];
    adjust_resolved(cluster, id, resolved);
    assert_string_equal(adjust_wish_key(bench->names, &bench->arena, resolved), "vendor/nvidia/model/t4");
    adjust_set_ready(cluster, 0, false);
    assert_int_equal(adjust_update(cluster), 0);
    adjust_resolved(cluster, id, resolved);
    assert_string_equal(adjust_wish_key(bench->names, &bench->arena, resolved), "vendor/nvidia/model/a100");
}

static void failed_reapplication_keeps_the_reservation(void **state)
{
    struct bench *bench = *state;
    struct adjust_cluster *cluster = cluster_of(bench, no_gpus, 2, ADJUST_UNSET);
    const reservation_id id = reserve(cluster, order_of(bench, 2, 3000, GIB, ""));
    adjust_set_ready(cluster, 1, false);
    assert_int_equal(adjust_update(cluster), 1);
    assert_false(adjust_is_booked(cluster, id));
    adjust_set_ready(cluster, 1, true);
    assert_int_equal(adjust_update(cluster), 0);
    assert_true(adjust_is_booked(cluster, id));
    adjust_audit(cluster, &bench->arena);
}

static void evicted_replicas_move_to_ready_nodes(void **state)
{
    struct bench *bench = *state;
    struct adjust_cluster *cluster = cluster_of(bench, no_gpus, 3, ADJUST_UNSET);
    const reservation_id id = reserve(cluster, order_of(bench, 2, 3000, GIB, ""));
    assert_int_equal(adjust_deploy(cluster, id), 0);
    adjust_set_ready(cluster, 0, false);
    assert_int_equal(adjust_running(cluster, id, ADJUST_UNSET), 1); /* lost from sight before it is evicted */
    assert_int_equal(adjust_evict(cluster, 0), 1);
    assert_int_equal(adjust_reschedule(cluster, id), 0);
    assert_int_equal(adjust_running(cluster, id, ADJUST_UNSET), 2);
    assert_int_equal(adjust_next_run(cluster, id, NULL)->node, 2);
    adjust_set_ready(cluster, 2, false);
    assert_int_equal(adjust_evict(cluster, 2), 1);
    assert_int_equal(adjust_reschedule(cluster, id), 1);
    adjust_audit(cluster, &bench->arena);
    adjust_set_ready(cluster, 2, true);
    assert_int_equal(adjust_reschedule(cluster, id), 0);
}

static const struct adjust_request *order_with_ips(struct bench *bench, int32_t ips)
{
    const struct adjust_overcommit none = {0, 0, 0};
    struct market_endpoint endpoints[8];
    for (int32_t i = 0; i < ips; i++)
        endpoints[i] = (struct market_endpoint){MARKET_ENDPOINT_IP, i + 1};
    endpoints[ips] = (struct market_endpoint){MARKET_ENDPOINT_IP, 1}; /* the same number again is not another address */
    const struct market_unit unit = {
        .id = 1, .count = 1, .cpu_milli = 10, .endpoints = endpoints, .n_endpoints = ips + 1};
    const struct market_group_spec group = {.units = &unit, .n_units = 1};
    return adjust_request_create(&bench->arena, bench->names, &group, &none, &bench->rules);
}

static void leased_ips_are_counted_apart(void **state)
{
    struct bench *bench = *state;
    struct adjust_cluster *without = cluster_of(bench, no_gpus, 1, ADJUST_UNSET);
    assert_int_equal(adjust_fits(without, order_with_ips(bench, 1)), ADJUST_NO_IP_OPERATOR);
    for (int quirk = 0; quirk < 2; quirk++) {
        bench->rules.unsigned_ips = quirk;
        struct adjust_cluster *cluster = cluster_of(bench, no_gpus, 1, 4);
        const reservation_id first = reserve(cluster, order_with_ips(bench, 2));
        const reservation_id second = reserve(cluster, order_with_ips(bench, 2));
        assert_int_equal(adjust_fits(cluster, order_with_ips(bench, 1)), ADJUST_INSUFFICIENT_IPS);
        adjust_deploy(cluster, first);
        adjust_audit(cluster, &bench->arena);
        /* As many pending as free: the subtraction gives 0 either way. */
        assert_int_equal(adjust_fits(cluster, order_with_ips(bench, 1)), ADJUST_INSUFFICIENT_IPS);
        adjust_release(cluster, second);
        adjust_release(cluster, first);
        adjust_update(cluster);
        reserve(cluster, order_with_ips(bench, 3));
        /* The operator loses addresses: more pending than free. */
        cluster->leased_ips = 2;
        assert_int_equal(adjust_fits(cluster, order_with_ips(bench, 1)), quirk ? ADJUST_OK : ADJUST_INSUFFICIENT_IPS);
    }
}

static void full_table_names_its_limit(void **state)
{
    struct bench *bench = *state;
    jmp_buf escape;
    struct check_scene scene = {.escape = &escape};
    struct adjust_cluster *cluster = cluster_of(bench, no_gpus, 1, ADJUST_UNSET);
    struct check_scene *before = check_enter(&scene);
    if (setjmp(escape) == 0) {
        for (int i = 0; i < 9; i++)
            reserve(cluster, order_of(bench, 1, 1, 1, ""));
        fail_msg("a ninth reservation fitted into a book of eight");
    }
    check_enter(before);
    assert_string_equal(scene.limit_key, "market_limits.reservations");
    assert_int_equal(scene.limit_value, 8);
}

static void ids_of_ended_reservations_are_not_reused(void **state)
{
    struct bench *bench = *state;
    struct adjust_cluster *cluster = cluster_of(bench, no_gpus, 1, ADJUST_UNSET);
    const struct adjust_request *request = order_of(bench, 1, 1, 1, "");
    const reservation_id first = reserve(cluster, request);
    adjust_release(cluster, first);
    const reservation_id second = reserve(cluster, request);
    assert_int_equal(first.index, second.index);
    assert_true(first.generation != second.generation);
}

static void later_attribute_of_a_model_replaces_the_earlier(void **state)
{
    struct bench *bench = *state;
    const struct adjust_request *request = order_of(
        bench, 1, 1, 1, "vendor/nvidia/model/a100/ram/40Gi|vendor/nvidia/model/t4|vendor/nvidia/model/a100/ram/80Gi");
    assert_int_equal(request->units[0].n_wishes, 2);
    assert_int_equal(request->units[0].wishes[0].ram_gib, 80);
    assert_int_equal(order_of(bench, 1, 1, 1, "vendor/nvidia/model/a100|vendor/intel/model/arc")->units[0].n_wishes, 0);
}

static void sizes_of_gpu_memory_are_whole_gib(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *text;
        int32_t gib;
    } sizes[] = {{"80Gi", 80}, {"81920Mi", 80}, {"85899345920", 80}, {"80G", 74}, {"1.5Gi", 1}, {"0.5Ti", 512}};
    struct adjust_wish wish;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const char *key = arena_format(&bench->arena, "vendor/nvidia/model/a100/ram/%s", sizes[i].text);
        assert_true(adjust_wish_from_key(bench->names, &bench->arena, key, &wish));
        assert_int_equal(wish.ram_gib, sizes[i].gib);
    }
    assert_false(adjust_wish_from_key(bench->names, &bench->arena, "vendor/nvidia/model/a100/ram/big", &wish));
    assert_false(adjust_wish_from_key(bench->names, &bench->arena, "vendor/nvidia/model/a100/ram", &wish));
    assert_false(adjust_wish_from_key(bench->names, &bench->arena, "model/a100/vendor/nvidia", &wish));
}

#define test(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(released_room_returns_with_the_next_update),
        test(deployed_room_looks_free_until_the_next_update),
        test(overcommit_counts_in_whole_hundreds),
        test(rewrite_survives_a_failure_on_the_same_node),
        test(rewrite_survives_in_a_block_that_has_no_memory_left),
        test(wildcard_may_resolve_to_another_model_after_an_update),
        test(failed_reapplication_keeps_the_reservation),
        test(evicted_replicas_move_to_ready_nodes),
        test(leased_ips_are_counted_apart),
        test(full_table_names_its_limit),
        test(ids_of_ended_reservations_are_not_reused),
        test(later_attribute_of_a_model_replaces_the_earlier),
        test(sizes_of_gpu_memory_are_whole_gib),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
