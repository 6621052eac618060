/* Random operations on small clusters against a slow, obvious twin (gpu_twin.h).
 *
 * Every placement must agree: node, devices and score, for every policy, tie rule, device rule and constraint, while
 * pods come and go and nodes go down and up. */
#include "tests/property/gpu_twin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { STEPS = 1500 };

struct constraint {
    uint64_t domains[2];
    int32_t forbidden[NODES];
};

static struct gpu_place_options random_options(struct dice *dice, const struct twin *twin,
                                               struct constraint *constraint)
{
    struct gpu_place_options options = {.policy = (enum gpu_policy)below(dice, GPU_POLICIES),
                                        .ties = (enum gpu_ties)below(dice, 3),
                                        .device = (enum gpu_device_rule)below(dice, 4),
                                        .random = roll(dice)};
    if (below(dice, 3) == 0) {
        constraint->domains[0] = below(dice, 16);
        constraint->domains[1] = below(dice, 2) << 4;
        options.domains = constraint->domains;
        options.domain_words = 1 + below(dice, 2);
    }
    if (below(dice, 3) == 0) {
        options.forbidden = constraint->forbidden;
        options.forbidden_count = below(dice, NODES);
        for (size_t i = 0; i < options.forbidden_count; i++)
            constraint->forbidden[i] = (int32_t)below(dice, (uint32_t)twin->count);
    }
    return options;
}

/* --- The comparison ----------------------------------------------------------------------------------------------- */

/* Each step returns NULL or what went wrong. */
static const char *step_place(struct dice *dice, struct twin *twin, struct gpu_inventory *inventory)
{
    struct constraint constraint = {{0}, {0}};
    struct gpu_pod pod = random_pod(dice);
    struct gpu_place_options options = random_options(dice, twin, &constraint);
    struct gpu_placement mine = {0}, expected = {0};
    int feasible = twin_find(twin, &pod, &options, &expected);
    if (gpu_feasible_count(inventory, &pod, &options) != (size_t)feasible)
        return "feasible count differs";
    uint64_t digest = gpu_inventory_digest(inventory);
    bool found = gpu_find(inventory, &pod, &options, &mine);
    if (digest != gpu_inventory_digest(inventory))
        return "finding changed the inventory";
    if (found != (feasible > 0))
        return "one found a node, the other did not";
    if (!found)
        return NULL;
    if (mine.node != expected.node)
        return "node differs";
    if (mine.score != expected.score)
        return "score differs";
    if (mine.devices != expected.devices)
        return "devices differ";
    struct gpu_placement there = {.node = GPU_NO_NODE};
    if (!gpu_find_on_node(inventory, mine.node, &pod, &options, &there) || there.node != mine.node ||
        there.devices != mine.devices || there.score != mine.score)
        return "asking for that very node gave something else";
    if (twin->resident_count == RESIDENTS)
        return NULL;
    struct gpu_placement again;
    if (!gpu_place(inventory, &pod, &options, &again) || again.node != mine.node || again.devices != mine.devices)
        return "placing did not do what finding said";
    struct resident *resident = &twin->residents[twin->resident_count++];
    *resident = (struct resident){pod, mine};
    twin_apply(twin, resident, 1);
    return NULL;
}

static void step_release(struct dice *dice, struct twin *twin, struct gpu_inventory *inventory)
{
    if (twin->resident_count == 0)
        return;
    struct resident *resident = &twin->residents[below(dice, (uint32_t)twin->resident_count)];
    gpu_release(inventory, &resident->pod, &resident->placement);
    twin_apply(twin, resident, -1);
    *resident = twin->residents[--twin->resident_count];
}

static const char *compare_state(const struct twin *twin, const struct gpu_inventory *inventory)
{
    for (int i = 0; i < twin->count; i++) {
        const struct twin_node *a = &twin->nodes[i];
        const struct gpu_node *b = &inventory->nodes[i];
        if (a->cpu != b->left.cpu_milli || a->memory != b->memory_mib || a->pods != b->pods)
            return "what is left of a node differs";
        for (int d = 0; d < a->capacity.devices; d++)
            if (a->gpu[d] != b->left.milli[d])
                return "what is left of a device differs";
        if (a->capacity.devices > 0 && fragmentation(twin, a) != b->fragment)
            return "fragmentation differs";
    }
    return NULL;
}

static const char *step(struct dice *dice, struct twin *twin, struct gpu_inventory *inventory, bool draining)
{
    uint32_t kind = below(dice, 20);
    if (kind < (draining ? 5 : 12))
        return step_place(dice, twin, inventory);
    if (kind < 17) {
        step_release(dice, twin, inventory);
    } else if (kind < 19) {
        int32_t node = (int32_t)below(dice, (uint32_t)twin->count);
        bool available = below(dice, 3) > 0;
        twin->nodes[node].available = available;
        gpu_node_set_available(inventory, node, available);
    } else {
        gpu_inventory_audit(inventory);
        return compare_state(twin, inventory);
    }
    return NULL;
}

/* Plays one world to the end. Returns NULL or what went wrong, at *at. */
static const char *play(uint64_t seed, int nodes, int *at)
{
    static struct twin twin;
    struct dice dice = {.seed = seed};
    struct arena arena;
    const char *wrong = NULL;
    arena_open(&arena, 0);
    memset(&twin, 0, sizeof twin);
    random_typical(&dice, &twin);
    random_nodes(&dice, &twin, nodes);
    struct gpu_inventory *inventory = build(&arena, &twin);
    uint64_t empty = gpu_inventory_digest(inventory);
    int64_t empty_fragment = inventory->totals.fragment_fixed;
    for (*at = 0; *at < STEPS && wrong == NULL; ++*at)
        wrong = step(&dice, &twin, inventory, *at % 300 > 220);
    while (twin.resident_count > 0 && wrong == NULL)
        step_release(&dice, &twin, inventory);
    for (int32_t i = 0; i < nodes; i++)
        gpu_node_set_available(inventory, i, true);
    bool restored = gpu_inventory_digest(inventory) == empty && inventory->totals.fragment_fixed == empty_fragment;
    if (wrong == NULL && !restored)
        wrong = "releasing everything did not restore the initial state";
    arena_close(&arena);
    return wrong;
}

static void agrees_with_the_twin_for_any_history(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        int at, nodes = 1 + (int)(seed * 7 % NODES);
        const char *wrong = play(seed, nodes, &at);
        if (wrong == NULL)
            continue;
        for (int fewer = 1; fewer < nodes; fewer++)
            if (play(seed, fewer, &at) != NULL) {
                wrong = play(seed, fewer, &at);
                nodes = fewer;
            }
        fail_msg("seed %llu, %d nodes, step %d: %s", (unsigned long long)seed, nodes, at, wrong);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_twin_for_any_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
