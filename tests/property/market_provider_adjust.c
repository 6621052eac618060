/* The inventory walk against a slow, obvious twin.
 *
 * Random worlds (nodes, pools, rules, orders) live through random operations; after each one results, placements and
 * all three pictures must agree, nothing may be taken twice, and the audit must hold. A failure names seed and step. */
#include "tests/property/market_provider_twin.h"

#include "sim/base/arena.h"
#include "sim/base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STEPS = 60, SEEDS = 400 };

static const char *const class_names[POOLS] = {"beta2", "beta3"};
static const char *const models[] = {"t4", "a100", "h100"};
static const char *const memories[] = {"16Gi", "40Gi", "80Gi"};
static const char *const interfaces[] = {"PCIe", "SXM4", "sxm"};
static const char *const keys[] = {
    "vendor/nvidia/model/*",
    "vendor/nvidia/model/a100",
    "vendor/nvidia/model/t4",
    "vendor/nvidia/model/a100/ram/80Gi",
    "vendor/nvidia/model/a100/ram/40960Mi",
    "vendor/nvidia/model/h100/interface/sxm",
    "vendor/nvidia/model/*/ram/80Gi",
    "vendor/amd/model/*",
    "vendor/nvidia/model/a100/ram/80Gi/interface/pcie",
    "vendor/intel/model/arc",
    "vendor/nvidia/model/a100/interface/nvlink",
    "vendor/nvidia/model/a100/colour/red",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- Random worlds --- */

struct luck {
    uint64_t state;
};

static int below(struct luck *luck, size_t bound)
{
    luck->state += UINT64_C(0x9e3779b97f4a7c15);
    return (int)(hash_mix(luck->state) % bound);
}

static int64_t allocatable(struct luck *luck, int64_t step, size_t steps)
{
    const int unlimited = below(luck, 12);
    const int count = below(luck, steps);
    return unlimited == 0 ? ADJUST_UNLIMITED : step * (1 + count);
}

static void random_node(struct luck *luck, struct world *world, int at)
{
    struct adjust_node_spec *node = &world->nodes[at];
    node->cpu_milli = (struct adjust_pair){allocatable(luck, 1000, 16), below(luck, 3000)};
    node->memory_bytes = (struct adjust_pair){allocatable(luck, 1 << 20, 32), below(luck, 1 << 20)};
    node->ephemeral_bytes = (struct adjust_pair){allocatable(luck, 1 << 20, 32), 0};
    node->n_gpu_list = below(luck, GPUS + 1);
    node->gpus.allocatable = node->n_gpu_list;
    node->gpus.allocated = below(luck, 3) ? 0 : below(luck, (size_t)node->n_gpu_list + 1);
    for (int i = 0; i < node->n_gpu_list; i++) {
        struct adjust_gpu_spec *gpu = &world->gpus[at][i];
        gpu->vendor = below(luck, 6) ? "nvidia" : "amd";
        gpu->model = models[below(luck, COUNT(models))];
        gpu->interface = interfaces[below(luck, COUNT(interfaces))];
        gpu->memory = memories[below(luck, COUNT(memories))];
    }
    node->gpu_list = world->gpus[at];
    for (int c = 0; c < POOLS; c++)
        if (below(luck, 3))
            world->node_classes[at][node->n_classes++] = class_names[c];
    node->classes = world->node_classes[at];
}

static void random_unit(struct luck *luck, struct arena *arena, struct market_unit *unit, uint32_t id)
{
    static const char *const volumes[] = {"",
                                          "",
                                          "",
                                          "persistent=false|class=ram",
                                          "persistent=true|class=beta2",
                                          "persistent=true|class=beta3",
                                          "persistent=true"};
    unit->id = id;
    unit->count = (uint32_t)below(luck, below(luck, 4) ? 4 : REPLICAS);
    unit->cpu_milli = 10 + below(luck, 3000);
    unit->memory_bytes = 1 + below(luck, 4 << 20);
    unit->gpu_units = below(luck, 2) ? 0 : 1 + below(luck, 2);
    if (unit->gpu_units > 0) {
        struct attribute *items = arena_array(arena, WISHES, struct attribute);
        unit->gpu_attributes.count = below(luck, 8) ? 1 + below(luck, WISHES) : 0;
        for (int i = 0; i < unit->gpu_attributes.count; i++)
            items[i] = (struct attribute){keys[below(luck, below(luck, 4) ? 9 : COUNT(keys))], "true"};
        unit->gpu_attributes.items = items;
    }
    struct market_volume *list = arena_array(arena, 3, struct market_volume);
    unit->n_volumes = 1 + below(luck, 3);
    for (int i = 0; i < unit->n_volumes; i++) {
        list[i].bytes = 1 + below(luck, 3 << 20);
        list[i].attributes = attributes_from_text(arena, volumes[below(luck, below(luck, 5) ? 6 : COUNT(volumes))]);
    }
    unit->volumes = list;
}

static struct adjust_cluster *random_world(struct luck *luck, struct arena *arena, struct world *world)
{
    static const int64_t percents[] = {0, 0, 50, 100, 150};
    memset(world, 0, sizeof *world);
    const int most = below(luck, 2) ? 6 : NODES;
    world->spec = (struct adjust_cluster_spec){world->nodes, world->pools, 1 + below(luck, (size_t)most),
                                               below(luck, POOLS + 1), ADJUST_UNSET};
    world->rules.stale_after_release = below(luck, 2);
    world->rules.whole_overcommit = below(luck, 2);
    world->rules.sticky_rewrite = below(luck, 2);
    world->overcommit.cpu_percent = percents[below(luck, COUNT(percents))];
    world->overcommit.memory_percent = percents[below(luck, COUNT(percents))];
    world->overcommit.storage_percent = percents[below(luck, COUNT(percents))];
    for (int p = 0; p < world->spec.n_pools; p++)
        world->pools[p] = (struct adjust_pool_spec){class_names[p], {allocatable(luck, 1 << 20, 40), 0}};
    for (int i = 0; i < world->spec.n_nodes; i++) {
        random_node(luck, world, i);
        world->actual.cpu[i] = world->nodes[i].cpu_milli.allocated;
        world->actual.memory[i] = world->nodes[i].memory_bytes.allocated;
        world->actual.gpus[i] = world->nodes[i].gpus.allocated;
        world->actual.in[i] = true;
    }
    world->snapshot = world->cached = world->actual;
    world->names = adjust_names_create(arena, 32);
    for (int g = 0; g < GROUPS; g++) {
        struct market_unit *units = arena_array(arena, UNITS, struct market_unit);
        world->groups[g].n_units = 1 + below(luck, UNITS);
        for (int u = 0; u < world->groups[g].n_units; u++)
            random_unit(luck, arena, &units[u], (uint32_t)u + 1);
        world->groups[g].units = units;
        world->requests[g] =
            adjust_request_create(arena, world->names, &world->groups[g], &world->overcommit, &world->rules);
    }
    /* Room for both the old and the new placement of a reservation while it moves. */
    struct adjust_book *book = adjust_book_create(arena, LIVE, (LIVE + 1) * UNITS * REPLICAS);
    return adjust_cluster_create(arena, world->names, book, &world->spec, &world->rules);
}

/* --- Agreement --- */

static void same_picture(const struct world *world, const struct adjust_view *view, const struct picture *picture)
{
    for (int i = 0; i < world->spec.n_nodes; i++) {
        assert_int_equal(view->nodes[i].cpu_milli, picture->cpu[i]);
        assert_int_equal(view->nodes[i].memory_bytes, picture->memory[i]);
        assert_int_equal(view->nodes[i].gpus, picture->gpus[i]);
        assert_int_equal(view->nodes[i].ephemeral_bytes, picture->ephemeral[i]);
        assert_int_equal(view->in[i], picture->in[i]);
    }
    for (int p = 0; p < world->spec.n_pools; p++)
        assert_int_equal(view->pools[p], picture->pool[p]);
}

static void same_pods(const struct world *world, const struct adjust_cluster *cluster, const struct twin_reservation *r,
                      struct arena *scratch)
{
    const struct arena_mark mark = arena_mark(scratch);
    int pod = 0;
    for (const struct adjust_run *run = adjust_next_run(cluster, r->id, NULL); run;
         run = adjust_next_run(cluster, r->id, run))
        for (int i = 0; i < run->count; i++, pod++) {
            assert_true(pod < r->n_pods);
            assert_int_equal(run->unit, r->pods[pod].unit);
            assert_int_equal(run->node, r->pods[pod].node);
            const bool gpu = run->gpu.vendor != ADJUST_UNSET;
            assert_string_equal(gpu ? adjust_wish_key(world->names, scratch, &run->gpu) : "", r->pods[pod].key);
        }
    assert_int_equal(pod, r->n_pods);
    arena_rewind(scratch, mark);
}

static void same_world(const struct world *world, const struct adjust_cluster *cluster, struct arena *scratch)
{
    same_picture(world, &cluster->actual, &world->actual);
    same_picture(world, &cluster->snapshot, &world->snapshot);
    same_picture(world, &cluster->cached, &world->cached);
    for (int i = 0; i < LIVE; i++)
        if (world->reservations[i].live) {
            same_pods(world, cluster, &world->reservations[i], scratch);
            assert_int_equal(adjust_is_deployed(cluster, world->reservations[i].id), world->reservations[i].deployed);
            assert_int_equal(adjust_is_booked(cluster, world->reservations[i].id), world->reservations[i].booked);
        }
    /* Nothing is taken that is not there: what was allocatable bounds what is not foreign. */
    for (int i = 0; i < world->spec.n_nodes; i++) {
        const struct adjust_node_spec *node = &world->nodes[i];
        const struct adjust_load *load = &cluster->actual.nodes[i];
        assert_true(load->cpu_milli >= node->cpu_milli.allocated && load->gpus >= node->gpus.allocated);
        if (load->cpu_milli > node->cpu_milli.allocated)
            assert_true(load->cpu_milli <= node->cpu_milli.allocatable);
        if (load->gpus > node->gpus.allocated)
            assert_true(load->gpus <= node->gpus.allocatable);
    }
    adjust_audit(cluster, scratch);
}

/* --- Operations --- */

/* Where the walk through the worlds stands, for the message of a failure, and what it has met. */
struct progress {
    uint64_t seed;
    int step;
    int reserved, refused;
    bool finished;
};

static struct twin_reservation *pick(struct luck *luck, struct world *world, bool live)
{
    const int start = below(luck, LIVE);
    for (int i = 0; i < LIVE; i++)
        if (world->reservations[(start + i) % LIVE].live == live)
            return &world->reservations[(start + i) % LIVE];
    return NULL;
}

static void do_reserve(struct luck *luck, struct world *world, struct adjust_cluster *cluster,
                       struct progress *progress)
{
    struct twin_reservation *r = pick(luck, world, false);
    const int group = below(luck, GROUPS);
    if (!r)
        return;
    *r = (struct twin_reservation){.group = group};
    const uint64_t before = adjust_digest(cluster, 1);
    const enum adjust_result fits = adjust_fits(cluster, world->requests[group]);
    assert_true(adjust_digest(cluster, 1) == before);
    const enum adjust_result result = adjust_reserve(cluster, world->requests[group], &r->id);
    assert_int_equal(fits, result);
    r->live = r->booked = twin_place(world, &world->cached, group, r->pods, &r->n_pods);
    assert_int_equal(result == ADJUST_OK, r->live);
    *(r->live ? &progress->reserved : &progress->refused) += 1;
    if (r->live)
        r->order = world->created++;
    else
        assert_true(adjust_digest(cluster, 1) == before);
}

static void do_release(struct luck *luck, struct world *world, struct adjust_cluster *cluster)
{
    struct twin_reservation *r = pick(luck, world, true);
    if (!r)
        return;
    adjust_release(cluster, r->id);
    const bool fresh = !world->rules.stale_after_release;
    for (int i = 0; i < r->n_pods; i++)
        if (r->deployed || (fresh && r->booked))
            twin_remove(world, r->deployed ? &world->actual : &world->cached, r, &r->pods[i]);
    r->live = false;
    if (fresh && r->deployed) {
        world->snapshot = world->actual;
        twin_process(world);
    }
}

static void do_deploy(struct luck *luck, struct world *world, struct adjust_cluster *cluster)
{
    struct twin_reservation *r = pick(luck, world, true);
    int homeless = 0;
    if (!r)
        return;
    for (int i = 0; i < r->n_pods; i++)
        if (!r->deployed || r->pods[i].node < 0)
            homeless += !twin_settle(world, r, &r->pods[i]);
    if (r->deployed) {
        assert_int_equal(adjust_reschedule(cluster, r->id), homeless);
        return;
    }
    r->deployed = true;
    r->booked = false;
    twin_process(world);
    assert_int_equal(adjust_deploy(cluster, r->id), homeless);
}

static void do_node(struct luck *luck, struct world *world, struct adjust_cluster *cluster)
{
    const int node = below(luck, (size_t)world->spec.n_nodes);
    const bool ready = below(luck, 2);
    adjust_set_ready(cluster, node, ready);
    world->actual.in[node] = ready;
    if (ready || below(luck, 2))
        return;
    int evicted = 0;
    for (int i = 0; i < LIVE; i++) {
        struct twin_reservation *r = &world->reservations[i];
        for (int p = 0; r->live && r->deployed && p < r->n_pods; p++)
            if (r->pods[p].node == node) {
                twin_remove(world, &world->actual, r, &r->pods[p]);
                r->pods[p].node = -1;
                evicted++;
            }
    }
    assert_int_equal(adjust_evict(cluster, node), evicted);
}

/* Load of others goes, or comes where there is room for it. */
static void do_foreign(struct luck *luck, struct world *world, struct adjust_cluster *cluster)
{
    const int node = below(luck, (size_t)world->spec.n_nodes);
    const struct adjust_load load = {below(luck, 4000) - 2000, below(luck, 4 << 20) - (2 << 20), below(luck, 3) - 1, 0};
    const struct adjust_node_spec *spec = &world->nodes[node];
    if ((load.cpu_milli > 0 && world->actual.cpu[node] + load.cpu_milli > spec->cpu_milli.allocatable) ||
        (load.gpus > 0 && world->actual.gpus[node] + load.gpus > spec->gpus.allocatable))
        return;
    world->actual.cpu[node] += load.cpu_milli;
    world->actual.memory[node] += load.memory_bytes;
    world->actual.gpus[node] += load.gpus;
    world->nodes[node].cpu_milli.allocated += load.cpu_milli;
    world->nodes[node].memory_bytes.allocated += load.memory_bytes;
    world->nodes[node].gpus.allocated += load.gpus;
    adjust_add_foreign(cluster, node, load);
}

static void live_through(uint64_t seed, struct arena *arena, struct progress *progress)
{
    struct luck luck = {hash_mix(seed)};
    static struct world world; /* too large for some stacks */
    struct adjust_cluster *cluster = random_world(&luck, arena, &world);
    for (int step = 0; step < STEPS; step++) {
        const int what = below(&luck, 11);
        progress->seed = seed;
        progress->step = step;
        if (what < 5)
            do_reserve(&luck, &world, cluster, progress);
        else if (what == 5)
            do_release(&luck, &world, cluster);
        else if (what < 8)
            do_deploy(&luck, &world, cluster);
        else if (what == 8)
            do_node(&luck, &world, cluster);
        else if (what == 9)
            do_foreign(&luck, &world, cluster);
        else {
            world.snapshot = world.actual;
            const int without_room = twin_process(&world);
            assert_int_equal(adjust_update(cluster), without_room);
        }
        same_world(&world, cluster, arena);
    }
}

static int start(void **state)
{
    static struct progress progress;
    *state = &progress;
    return 0;
}

static int report(void **state)
{
    const struct progress *progress = *state;
    if (!progress->finished)
        print_message("failed at seed %llu, step %d\n", (unsigned long long)progress->seed, progress->step);
    return 0;
}

static void walk_agrees_with_its_twin(void **state)
{
    struct progress *progress = *state;
    struct arena arena;
    arena_open(&arena, 0);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        const struct arena_mark mark = arena_mark(&arena);
        live_through(seed, &arena, progress);
        arena_rewind(&arena, mark);
    }
    /* The worlds are neither empty nor boundless: both answers are common. */
    assert_true(progress->reserved > SEEDS && progress->refused > SEEDS);
    progress->finished = true;
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(walk_agrees_with_its_twin, start, report)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
