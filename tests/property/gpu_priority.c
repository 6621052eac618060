/* Preemption on random small clusters against an exhaustive twin that tries every node by the letter of the rule. */
#include "models/gpu/priority.h"
#include "models/gpu/room.h"
#include "tests/property/gpu_twin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { BUDGETS = 3, TABLE = 300, PODS_LISTED = 16 };

struct scene {
    struct arena arena;
    struct gpu_inventory *inventory;
    struct gpu_residents *residents;
    int32_t disruptions[BUDGETS];
};

static void scene_open(struct scene *scene, struct dice *dice, int nodes)
{
    static struct twin twin;
    memset(&twin, 0, sizeof twin);
    random_typical(dice, &twin);
    random_nodes(dice, &twin, nodes);
    arena_open(&scene->arena, 0);
    scene->inventory = build(&scene->arena, &twin);
    scene->residents = gpu_residents_create(&scene->arena, scene->inventory, TABLE, BUDGETS);
    for (int tries = 0; tries < 120; tries++) {
        struct gpu_resident resident = {.pod = random_pod(dice)};
        struct gpu_place_options options = {.policy = GPU_RANDOM, .random = roll(dice)};
        if (!gpu_find(scene->inventory, &resident.pod, &options, &resident.placement))
            continue;
        resident.priority = (int32_t)below(dice, 4) * 100 - 100;
        resident.budget = (int32_t)below(dice, BUDGETS + 2) - 2;
        if (resident.budget < 0)
            resident.budget = GPU_NO_BUDGET;
        resident.started_us = below(dice, 6);
        resident.protected_until_us = below(dice, 4) == 0 ? 1000 : INT64_MIN;
        gpu_resident_admit(scene->residents, &resident);
    }
    for (int b = 0; b < BUDGETS; b++)
        scene->disruptions[b] = (int32_t)below(dice, 4) - 1;
    for (int32_t i = 0; i < (int32_t)scene->inventory->count; i++)
        gpu_node_set_available(scene->inventory, i, below(dice, 6) > 0);
}

/* --- The twin: evicts for real, on the inventory, and puts everything back. --------------------------------------- */

struct plan {
    int32_t node, victims[POD_LIMIT];
    int count, violations;
    int64_t highest, sum, earliest;
};

static bool ranks_before(const struct gpu_resident *table, int32_t a, int32_t b)
{
    if (table[a].priority != table[b].priority)
        return table[a].priority > table[b].priority;
    return table[a].started_us != table[b].started_us ? table[a].started_us < table[b].started_us : a < b;
}

static struct plan plan_for(struct scene *scene, int32_t node, const struct gpu_pod *pod, int32_t priority,
                            int64_t now, int64_t weight)
{
    struct gpu_inventory *inventory = scene->inventory;
    const struct gpu_resident *table = scene->residents->table;
    int32_t lower[POD_LIMIT];
    bool out[POD_LIMIT], breaks[POD_LIMIT];
    int count = 0, left[BUDGETS];
    struct plan plan = {.node = node, .highest = INT64_MIN};
    for (int b = 0; b < BUDGETS; b++)
        left[b] = scene->disruptions[b];
    for (int32_t id = 0; id < TABLE; id++)
        if (table[id].present && table[id].placement.node == node && table[id].priority < priority &&
            table[id].protected_until_us <= now)
            lower[count++] = id;
    for (int i = 0; i < count; i++) /* the obvious sort */
        for (int j = i + 1; j < count; j++)
            if (ranks_before(table, lower[j], lower[i])) {
                int32_t swap = lower[i];
                lower[i] = lower[j];
                lower[j] = swap;
            }
    for (int i = 0; i < count; i++) {
        int32_t budget = table[lower[i]].budget;
        breaks[i] = budget != GPU_NO_BUDGET && left[budget]-- <= 0;
        out[i] = true;
        gpu_release(inventory, &table[lower[i]].pod, &table[lower[i]].placement);
    }
    bool helps = gpu_node_fits(inventory, node, pod);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < count; i++)
            if (breaks[i] == (pass == 0)) {
                gpu_bind(inventory, &table[lower[i]].pod, &table[lower[i]].placement);
                out[i] = !gpu_node_fits(inventory, node, pod);
                if (out[i])
                    gpu_release(inventory, &table[lower[i]].pod, &table[lower[i]].placement);
            }
    for (int i = 0; i < count; i++)
        if (out[i]) {
            gpu_bind(inventory, &table[lower[i]].pod, &table[lower[i]].placement);
            plan.victims[plan.count++] = lower[i];
            plan.violations += breaks[i];
            plan.sum += table[lower[i]].priority + weight;
        }
    if (plan.count > 0) {
        plan.highest = table[plan.victims[0]].priority;
        plan.earliest = INT64_MAX;
        for (int i = 0; i < plan.count; i++)
            if (table[plan.victims[i]].priority == plan.highest && table[plan.victims[i]].started_us < plan.earliest)
                plan.earliest = table[plan.victims[i]].started_us;
    }
    if (!helps)
        plan.count = 0;
    return plan;
}

static bool preferred(const struct gpu_inventory *inventory, const struct plan *a, const struct plan *b)
{
    if (a->violations != b->violations)
        return a->violations < b->violations;
    if (a->highest != b->highest)
        return a->highest < b->highest;
    if (a->sum != b->sum)
        return a->sum < b->sum;
    if (a->count != b->count)
        return a->count < b->count;
    if (a->earliest != b->earliest)
        return a->earliest > b->earliest;
    uint32_t rank_a = inventory->nodes[a->node].capacity.rank, rank_b = inventory->nodes[b->node].capacity.rank;
    return rank_a != rank_b ? rank_a < rank_b : a->node < b->node;
}

/* Minimality by the letter: with all victims gone the pod fits, with any one of them back it does not. */
static void check_minimal(struct scene *scene, const struct gpu_pod *pod, int32_t priority,
                          const struct gpu_nomination *nomination, const int32_t *victims)
{
    const struct gpu_resident *table = scene->residents->table;
    struct gpu_inventory *inventory = scene->inventory;
    for (int i = 0; i < nomination->victims; i++) {
        assert_true(table[victims[i]].priority < priority);
        assert_int_equal(table[victims[i]].placement.node, nomination->node);
        gpu_release(inventory, &table[victims[i]].pod, &table[victims[i]].placement);
    }
    assert_true(gpu_node_fits(inventory, nomination->node, pod));
    for (int i = 0; i < nomination->victims; i++) {
        gpu_bind(inventory, &table[victims[i]].pod, &table[victims[i]].placement);
        assert_false(gpu_node_fits(inventory, nomination->node, pod));
        gpu_release(inventory, &table[victims[i]].pod, &table[victims[i]].placement);
    }
    for (int i = 0; i < nomination->victims; i++)
        gpu_bind(inventory, &table[victims[i]].pod, &table[victims[i]].placement);
}

static int answers[3], several;

static void compare(struct scene *scene, struct dice *dice)
{
    struct gpu_pod pod = random_pod(dice);
    int32_t priority = (int32_t)below(dice, 5) * 100 - 100, victims[PODS_LISTED];
    struct gpu_preemption_options options = {.place = {.policy = GPU_BEST_FIT},
                                             .now_us = below(dice, 2) * 2000,
                                             .victim_weight = below(dice, 2) * GPU_KUBERNETES_VICTIM_WEIGHT,
                                             .disruptions = scene->disruptions};
    struct gpu_nomination nomination = {0};
    struct plan best = {.node = GPU_NO_NODE};
    uint64_t digest = gpu_inventory_digest(scene->inventory);
    enum gpu_preemption_answer answer =
        gpu_preempt(scene->residents, &pod, priority, &options, &nomination, victims);
    assert_true(gpu_inventory_digest(scene->inventory) == digest);
    answers[answer]++;
    bool feasible = gpu_feasible_count(scene->inventory, &pod, &options.place) > 0;
    assert_int_equal(feasible, answer == GPU_PREEMPTION_NEEDLESS);
    if (feasible)
        return;
    for (int32_t node = 0; node < (int32_t)scene->inventory->count; node++) {
        if (!scene->inventory->nodes[node].available)
            continue;
        struct plan plan = plan_for(scene, node, &pod, priority, options.now_us, options.victim_weight);
        if (plan.count > 0 && (best.node == GPU_NO_NODE || preferred(scene->inventory, &plan, &best)))
            best = plan;
    }
    assert_int_equal(answer == GPU_PREEMPTION_NOMINATED, best.node != GPU_NO_NODE);
    if (best.node == GPU_NO_NODE)
        return;
    assert_int_equal(nomination.node, best.node);
    assert_int_equal(nomination.victims, best.count);
    assert_int_equal(nomination.violations, best.violations);
    for (int i = 0; i < best.count; i++)
        assert_int_equal(victims[i], best.victims[i]);
    several += best.count > 1;
    check_minimal(scene, &pod, priority, &nomination, victims);
    if (below(dice, 3) == 0)
        for (int i = 0; i < best.count; i++)
            gpu_resident_leave(scene->residents, victims[i]); /* each leaves exactly once, or a check fails */
}

static void victims_agree_with_an_exhaustive_twin(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        struct dice dice = {.seed = seed};
        struct scene scene;
        scene_open(&scene, &dice, 1 + (int)(seed % 12));
        for (int i = 0; i < 40; i++)
            compare(&scene, &dice);
        gpu_inventory_audit(scene.inventory);
        arena_close(&scene.arena);
    }
    assert_true(answers[0] > 100 && answers[1] > 100 && answers[2] > 100 && several > 20);
}

static void equal_priorities_never_preempt(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct dice dice = {.seed = seed + 700};
        struct scene scene;
        scene_open(&scene, &dice, 6);
        for (int32_t i = 0; i < TABLE; i++)
            scene.residents->table[i].priority = 7;
        for (int i = 0; i < 20; i++) {
            struct gpu_pod pod = random_pod(&dice);
            struct gpu_nomination nomination;
            int32_t victims[PODS_LISTED];
            struct gpu_preemption_options options = {.place = {.policy = GPU_BEST_FIT},
                                                     .disruptions = scene.disruptions};
            assert_int_not_equal(gpu_preempt(scene.residents, &pod, 7, &options, &nomination, victims),
                                 GPU_PREEMPTION_NOMINATED);
        }
        arena_close(&scene.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(victims_agree_with_an_exhaustive_twin),
        cmocka_unit_test(equal_priorities_never_preempt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
