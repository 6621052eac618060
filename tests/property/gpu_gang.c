/* Gangs on random small clusters: all or nothing, nothing left behind, nothing missed that identical tasks allow; and
 * what cutting the nodes into providers does. */
#include "models/gpu/preempt.h"
#include "tests/property/gpu_twin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { TASKS = 12, WORLDS = 150, GANGS = 40 };

struct held {
    struct gpu_pod tasks[TASKS];
    struct gpu_placement placements[TASKS];
    size_t count;
};

static struct gpu_place_options any_options(struct dice *dice)
{
    struct gpu_place_options options = {.policy = (enum gpu_policy)below(dice, GPU_POLICIES)};
    options.ties = (enum gpu_ties)below(dice, 3);
    options.device = (enum gpu_device_rule)below(dice, 4);
    options.random = roll(dice);
    return options;
}

static void fill_tasks(struct dice *dice, struct gpu_pod *tasks, size_t count, bool identical)
{
    for (size_t i = 0; i < count; i++)
        tasks[i] = i > 0 && identical ? tasks[0] : random_pod(dice);
}

/* How many of `pod` the node holds, from what is left of it: none of these limits depends on another. */
static int copies(const struct gpu_inventory *inventory, int32_t index, const struct gpu_pod *pod)
{
    const struct gpu_node *node = &inventory->nodes[index];
    int most = inventory->pods_per_node - node->pods;
    if (!node->available || (pod->devices > 0 && !model_admitted(pod->models, node->capacity.model)))
        return 0;
    if (pod->cpu_milli > 0 && node->left.cpu_milli / pod->cpu_milli < most)
        most = node->left.cpu_milli / pod->cpu_milli;
    if (pod->memory_mib > 0 && node->memory_mib / pod->memory_mib < most)
        most = node->memory_mib / pod->memory_mib;
    int on_devices = 0;
    for (int d = 0; d < node->capacity.devices; d++)
        on_devices += pod->devices == 0 ? 0 : node->left.milli[d] / pod->milli_per_device;
    if (pod->devices > 0 && on_devices / pod->devices < most)
        most = on_devices / pod->devices;
    return most;
}

static int copies_in(const struct gpu_inventory *inventory, const struct gpu_pod *pod, int domain)
{
    int sum = 0;
    for (int32_t i = 0; i < (int32_t)inventory->count; i++)
        if (domain < 0 || inventory->nodes[i].capacity.domain == domain)
            sum += copies(inventory, i, pod);
    return sum;
}

static int most_in_one_domain(const struct gpu_inventory *inventory, const struct gpu_pod *pod)
{
    int most = 0;
    for (int domain = 0; domain < (int)inventory->domains; domain++)
        if (copies_in(inventory, pod, domain) > most)
            most = copies_in(inventory, pod, domain);
    return most;
}

static struct gpu_inventory *random_world(struct dice *dice, struct arena *arena, int nodes)
{
    static struct twin twin;
    memset(&twin, 0, sizeof twin);
    random_typical(dice, &twin);
    random_nodes(dice, &twin, nodes);
    for (int i = 0; i < nodes; i++)
        twin.nodes[i].available = below(dice, 6) > 0;
    return build(arena, &twin);
}

/* Places random gangs into one world; checks each. */
static void play_gangs(uint64_t seed)
{
    static struct held held[GANGS];
    struct dice dice = {.seed = seed};
    struct arena arena;
    arena_open(&arena, 0);
    struct gpu_inventory *inventory = random_world(&dice, &arena, 1 + (int)(seed % NODES));
    uint64_t empty = gpu_inventory_digest(inventory);
    int count = 0;
    for (int g = 0; g < GANGS; g++) {
        struct held *it = &held[count];
        it->count = 1 + below(&dice, TASKS);
        bool identical = below(&dice, 2) == 0;
        fill_tasks(&dice, it->tasks, it->count, identical);
        struct gpu_gang gang = {it->tasks, it->count, below(&dice, (uint32_t)it->count + 1),
                                (enum gpu_gang_reach)below(&dice, 3)};
        struct gpu_place_options options = any_options(&dice);
        uint64_t before = gpu_inventory_digest(inventory);
        size_t least = gang.min_members != 0 ? gang.min_members : gang.count;
        int room = gang.reach == GPU_GANG_ONE_DOMAIN ? most_in_one_domain(inventory, &it->tasks[0])
                                                     : copies_in(inventory, &it->tasks[0], -1);
        bool fits_now = gpu_gang_fits(inventory, &gang, &options, it->placements);
        assert_true(gpu_inventory_digest(inventory) == before);
        size_t placed = gpu_gang_place(inventory, &gang, &options, it->placements);
        assert_true(placed == 0 || placed >= least);
        assert_int_equal(fits_now, placed > 0);
        size_t seen = 0;
        for (size_t i = 0; i < gang.count; i++)
            seen += it->placements[i].node != GPU_NO_NODE;
        assert_int_equal(seen, placed);
        if (identical) {
            size_t can = (size_t)room < gang.count ? (size_t)room : gang.count;
            assert_int_equal(placed, can >= least ? can : 0);
        }
        if (placed == 0)
            assert_true(gpu_inventory_digest(inventory) == before);
        if (placed > 0 && gang.reach == GPU_GANG_ONE_DOMAIN)
            for (size_t i = 0; i < gang.count; i++)
                for (size_t j = 0; j < i; j++)
                    if (it->placements[i].node >= 0 && it->placements[j].node >= 0)
                        assert_int_equal(inventory->nodes[it->placements[i].node].capacity.domain,
                                         inventory->nodes[it->placements[j].node].capacity.domain);
        count += placed > 0;
        if (below(&dice, 4) == 0)
            gpu_inventory_audit(inventory);
    }
    for (int g = 0; g < count; g++)
        gpu_gang_release(inventory, &(struct gpu_gang){.tasks = held[g].tasks, .count = held[g].count},
                         held[g].placements);
    assert_true(gpu_inventory_digest(inventory) == empty);
    arena_close(&arena);
}

static void gangs_are_all_or_nothing_and_complete_for_identical_tasks(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= WORLDS; seed++)
        play_gangs(seed);
}

/* Exhaustive search over assignments of tasks to nodes. */
static bool any_assignment(struct gpu_inventory *inventory, const struct gpu_pod *tasks, size_t count)
{
    if (count == 0)
        return true;
    for (int32_t node = 0; node < (int32_t)inventory->count; node++)
        for (unsigned rule = 0; rule < 2; rule++) {
            struct gpu_placement placement;
            struct gpu_place_options options = {.policy = GPU_BEST_FIT,
                                                .device = rule == 0 ? GPU_DEVICE_BEST : GPU_DEVICE_WORST};
            if (!gpu_node_fits(inventory, node, &tasks[0]) ||
                !gpu_find_on_node(inventory, node, &tasks[0], &options, &placement))
                continue;
            gpu_bind(inventory, &tasks[0], &placement);
            bool found = any_assignment(inventory, tasks + 1, count - 1);
            gpu_release(inventory, &tasks[0], &placement);
            if (found)
                return true;
        }
    return false;
}

static void identical_tasks_fit_whenever_any_assignment_exists(void **state)
{
    (void)state;
    int fitting = 0, failing = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct dice dice = {.seed = seed + 5000};
        struct arena arena;
        struct gpu_pod tasks[4];
        struct gpu_placement placements[4];
        arena_open(&arena, 0);
        struct gpu_inventory *inventory = random_world(&dice, &arena, 3);
        for (int fill = 0; fill < 6; fill++) {
            struct gpu_pod pod = random_pod(&dice);
            struct gpu_placement placement;
            struct gpu_place_options options = any_options(&dice);
            gpu_place(inventory, &pod, &options, &placement);
        }
        size_t count = 1 + below(&dice, 4);
        fill_tasks(&dice, tasks, count, true);
        struct gpu_place_options options = any_options(&dice);
        bool mine = gpu_gang_place(inventory, &(struct gpu_gang){.tasks = tasks, .count = count}, &options,
                                   placements) > 0;
        if (mine)
            gpu_gang_release(inventory, &(struct gpu_gang){.tasks = tasks, .count = count}, placements);
        assert_int_equal(mine, any_assignment(inventory, tasks, count));
        fitting += mine;
        failing += !mine;
        arena_close(&arena);
    }
    assert_true(fitting > 50 && failing > 50); /* both sides were met */
}

/* --- Providers ---------------------------------------------------------------------------------------------------- */

struct split {
    struct arena arena;
    struct gpu_inventory *providers[NODES];
    size_t count;
};

/* The nodes of `whole`, dealt to `count` providers in turn; each provider gets at least one node. */
static void split_open(struct split *split, const struct gpu_inventory *whole, size_t count)
{
    arena_open(&split->arena, 0);
    split->count = count;
    for (size_t p = 0; p < count; p++) {
        struct gpu_inventory_options options = {
            .nodes = whole->count, .pods_per_node = whole->pods_per_node, .fragmentation = whole->fragmentation};
        split->providers[p] = gpu_inventory_create(&split->arena, &options);
        for (size_t i = p; i < whole->count; i += count)
            gpu_inventory_add_node(split->providers[p], &whole->nodes[i].capacity);
        gpu_inventory_seal(split->providers[p]);
        for (size_t i = p, own = 0; i < whole->count; i += count, own++)
            gpu_node_set_available(split->providers[p], (int32_t)own, whole->nodes[i].available);
    }
}

/* Copies every resident of the whole world to the provider that owns its node. */
static void split_bind(struct split *split, const struct gpu_pod *pod, const struct gpu_placement *placement)
{
    struct gpu_placement own = *placement;
    own.node = placement->node / (int32_t)split->count;
    gpu_bind(split->providers[(size_t)placement->node % split->count], pod, &own);
}

static void one_provider_with_all_nodes_equals_the_region(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct dice dice = {.seed = seed + 9000};
        struct arena arena;
        struct split split;
        arena_open(&arena, 0);
        struct gpu_inventory *whole = random_world(&dice, &arena, 1 + (int)(seed % NODES));
        split_open(&split, whole, 1);
        for (int g = 0; g < GANGS; g++) {
            struct gpu_pod tasks[TASKS];
            struct gpu_placement a[TASKS], b[TASKS];
            struct gpu_seat seats[TASKS];
            size_t count = 1 + below(&dice, TASKS), placed;
            fill_tasks(&dice, tasks, count, below(&dice, 2) == 0);
            struct gpu_gang gang = {.tasks = tasks, .count = count, .min_members = 1 + below(&dice, (uint32_t)count)};
            struct gpu_place_options options = any_options(&dice);
            size_t central = gpu_gang_place(whole, &gang, &options, a);
            bool across = below(&dice, 2) == 0;
            if (across)
                placed = gpu_gang_place_across(split.providers, 1, &gang, &options, seats);
            else
                gpu_gang_place_in_one(split.providers, 1, &gang, &options, b, &placed);
            assert_int_equal(central, placed);
            for (size_t i = 0; i < count && placed > 0; i++) {
                struct gpu_placement there = across ? seats[i].placement : b[i];
                assert_int_equal(a[i].node, there.node);
                if (there.node != GPU_NO_NODE)
                    assert_int_equal(a[i].devices, there.devices);
            }
            assert_true(gpu_inventory_digest(whole) == gpu_inventory_digest(split.providers[0]));
        }
        arena_close(&split.arena);
        arena_close(&arena);
    }
}

static void splitting_the_nodes_can_only_lose_placements(void **state)
{
    (void)state;
    int lost = 0;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct dice dice = {.seed = seed + 12000};
        struct arena arena;
        struct split split;
        int nodes = 2 + (int)(seed % (NODES - 1));
        arena_open(&arena, 0);
        struct gpu_inventory *whole = random_world(&dice, &arena, nodes);
        split_open(&split, whole, 1 + below(&dice, (uint32_t)nodes));
        for (int g = 0; g < GANGS; g++) {
            struct gpu_pod tasks[TASKS];
            struct gpu_placement central[TASKS], own[TASKS];
            struct gpu_seat seats[TASKS];
            size_t count = 1 + below(&dice, TASKS), placed;
            fill_tasks(&dice, tasks, count, true);
            struct gpu_gang gang = {.tasks = tasks, .count = count};
            struct gpu_place_options options = any_options(&dice);
            int32_t provider = gpu_gang_place_in_one(split.providers, split.count, &gang, &options, own, &placed);
            if (provider != GPU_NO_NODE)
                gpu_gang_release(split.providers[provider], &gang, own);
            size_t across = gpu_gang_place_across(split.providers, split.count, &gang, &options, seats);
            if (across > 0)
                gpu_gang_release_across(split.providers, &gang, seats);
            size_t region = gpu_gang_place(whole, &gang, &options, central);
            assert_true(provider == GPU_NO_NODE || region > 0);
            assert_int_equal(across > 0, region > 0); /* spanning undoes the cut, for identical tasks */
            lost += region > 0 && provider == GPU_NO_NODE;
            for (size_t i = 0; i < count && region > 0; i++)
                split_bind(&split, &tasks[i], &central[i]);
        }
        arena_close(&split.arena);
        arena_close(&arena);
    }
    assert_true(lost > 100);
}

/* --- Preemption for a whole gang -------------------------------------------------------------------------------------- */

enum { HOLDERS = 8 };

/* Whether the gang fits with the holders of the set away. */
static bool fits_without(struct gpu_inventory *inventory, const struct gpu_gang *gang, const struct gpu_place_options *options,
                         const struct gpu_holder *holders, uint32_t set)
{
    struct gpu_placement placements[TASKS];
    for (int h = 0; h < HOLDERS; h++)
        for (int32_t i = 0; i < holders[h].count && (set >> h & 1) != 0; i++)
            gpu_release(inventory, &holders[h].pod, &holders[h].seats[i]);
    bool fits = gpu_gang_fits(inventory, gang, options, placements);
    for (int h = 0; h < HOLDERS; h++)
        for (int32_t i = 0; i < holders[h].count && (set >> h & 1) != 0; i++)
            gpu_bind(inventory, &holders[h].pod, &holders[h].seats[i]);
    return fits;
}

/* Against all 2^8 sets: in vain only if no set of lower ones helps; who is named is needed, each of them; nobody of the same priority. */
static void victims_of_a_gang_are_below_it_and_each_is_needed(void **state)
{
    (void)state;
    int needless = 0, nominated = 0, in_vain = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct dice dice = {.seed = seed};
        struct arena arena;
        arena_open(&arena, 0);
        struct gpu_inventory *inventory = random_world(&dice, &arena, 3);
        struct gpu_place_options options = {.policy = GPU_BEST_FIT};
        struct gpu_placement seats[HOLDERS][3], scratch[TASKS];
        struct gpu_holder holders[HOLDERS];
        for (int h = 0; h < HOLDERS; h++) {
            holders[h] = (struct gpu_holder){.pod = random_pod(&dice), .seats = seats[h], .priority = (int32_t)below(&dice, 3),
                                             .started_us = below(&dice, 4), .owner = (uint64_t)h};
            int32_t wanted = 1 + (int32_t)below(&dice, 3);
            while (holders[h].count < wanted && gpu_place(inventory, &holders[h].pod, &options, &seats[h][holders[h].count]))
                holders[h].count++;
        }
        struct gpu_pod tasks[3] = {random_pod(&dice)};
        tasks[1] = tasks[2] = tasks[0];
        struct gpu_gang gang = {.tasks = tasks, .count = 1 + below(&dice, 3)};
        uint64_t before = gpu_inventory_digest(inventory);
        int32_t victims = gpu_gang_preempt(inventory, &gang, 2, &options, holders, HOLDERS, scratch);
        assert_true(gpu_inventory_digest(inventory) == before);
        uint32_t set = 0, lower = 0;
        int32_t counted = 0;
        for (int h = 0; h < HOLDERS; h++) {
            set |= (uint32_t)holders[h].victim << h;
            lower |= (uint32_t)(holders[h].priority < 2) << h;
            counted += holders[h].victim;
        }
        assert_int_equal(set & ~lower, 0);
        if (victims == 0) {
            needless++;
            assert_true(fits_without(inventory, &gang, &options, holders, 0));
        } else if (victims == GPU_PREEMPT_IN_VAIN) {
            in_vain++;
            for (uint32_t any = 0; any < 1u << HOLDERS; any++)
                assert_false((any & ~lower) == 0 && fits_without(inventory, &gang, &options, holders, any));
        } else {
            nominated++;
            assert_int_equal(counted, victims);
            assert_false(fits_without(inventory, &gang, &options, holders, 0));
            assert_true(fits_without(inventory, &gang, &options, holders, set));
            for (int h = 0; h < HOLDERS; h++)
                if (holders[h].victim)
                    assert_false(fits_without(inventory, &gang, &options, holders, set & ~(1u << h)));
        }
        arena_close(&arena);
    }
    assert_true(needless > 20 && nominated > 20 && in_vain > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gangs_are_all_or_nothing_and_complete_for_identical_tasks),
        cmocka_unit_test(identical_tasks_fit_whenever_any_assignment_exists),
        cmocka_unit_test(one_provider_with_all_nodes_equals_the_region),
        cmocka_unit_test(splitting_the_nodes_can_only_lose_placements),
        cmocka_unit_test(victims_of_a_gang_are_below_it_and_each_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
