#include "models/commands/place_plan.h"

#include "sim/base/hash.h"
#include "sim/chance/random.h"

#include <math.h>
#include <string.h>

/* --- The workload --- */

static void shuffled(const uint32_t *by_name, struct stream_key key, uint32_t *items, size_t count)
{
    struct stream stream = stream_open(key);
    memcpy(items, by_name, count * sizeof *items);
    stream_shuffle(&stream, items, (uint32_t)count);
}

static struct stream_key key_of(const struct place_seed *seed, const char *purpose)
{
    return stream_key((uint64_t)seed->seed, 0, purpose);
}

static int64_t requested_milli(const struct openb *openb, const uint32_t *rows, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += gpu_pod_milli(&openb->pods[rows[i]]);
    return sum;
}

/* How many copies it takes; when rows is not NULL they are written there. The draws are the same each time. */
static size_t tune_up(const struct openb *openb, const uint32_t *by_name, struct stream_key key, int64_t missing,
                      uint32_t *rows)
{
    struct stream stream = stream_open(key);
    size_t count = 0;
    while (count < PLACE_ARRIVALS_MOST) {
        uint32_t row = by_name[stream_below(&stream, openb->pod_count)];
        const struct gpu_pod *pod = &openb->pods[row];
        if ((pod->devices > 0 ? pod->milli_per_device : 0) > missing)
            break;
        missing -= gpu_pod_milli(pod);
        if (rows != NULL)
            rows[count] = row;
        count++;
    }
    return count;
}

/* The list is a uniform shuffle, so the last may take the place of the one that goes: the order stays uniform. */
static void tune_down(const struct openb *openb, struct place_seed *seed, int64_t excess)
{
    struct stream stream = stream_open(key_of(seed, "place tune"));
    while (excess > 0 && seed->count > 0) {
        size_t at = stream_below(&stream, seed->count);
        excess -= gpu_pod_milli(&openb->pods[seed->arrivals[at]]);
        seed->arrivals[at] = seed->arrivals[--seed->count];
    }
}

bool place_arrivals(const struct openb *openb, struct arena *arena, const uint32_t *by_name, int64_t target,
                    struct place_seed *seed)
{
    size_t clones = 0;
    int64_t requested = requested_milli(openb, by_name, openb->pod_count);
    struct stream_key key = key_of(seed, "place tune");
    if (target > requested)
        clones = tune_up(openb, by_name, key, target - requested, NULL);
    if (openb->pod_count + clones > PLACE_ARRIVALS_MOST)
        return false;
    seed->count = openb->pod_count + clones;
    seed->arrivals = arena_array(arena, seed->count, uint32_t);
    shuffled(by_name, key_of(seed, "place arrivals"), seed->arrivals, openb->pod_count);
    if (target > requested)
        (void)tune_up(openb, by_name, key, target - requested, seed->arrivals + openb->pod_count);
    else if (target > 0)
        tune_down(openb, seed, requested - target);
    return true;
}

void place_ranks(const struct openb *openb, struct arena *arena, const uint32_t *by_name, struct place_seed *seed)
{
    uint32_t *order = arena_array(arena, openb->node_count, uint32_t);
    shuffled(by_name, key_of(seed, "place ranks"), order, openb->node_count);
    seed->rank = arena_array(arena, openb->node_count, uint32_t);
    for (size_t i = 0; i < openb->node_count; i++)
        seed->rank[order[i]] = (uint32_t)i;
}

/* --- One experiment --- */

/* Room for the scores of this many request shapes; beyond, the core computes them again. */
static size_t shapes_for(size_t nodes)
{
    const size_t most = 512, least = 8, bytes = (size_t)1 << 30;
    size_t fitting = bytes / (16 * nodes);
    return fitting > most ? most : fitting < least ? least : fitting;
}

static struct gpu_inventory *build_inventory(const struct place_plan *plan, size_t seed, struct arena *arena,
                                             struct gpu_fragmentation *fragmentation)
{
    const struct openb *openb = plan->openb;
    struct gpu_inventory_options options = {
        .nodes = openb->node_count, .shapes = shapes_for(openb->node_count), .fragmentation = fragmentation};
    struct gpu_inventory *inventory = gpu_inventory_create(arena, &options);
    for (size_t i = 0; i < openb->node_count; i++) {
        struct gpu_node_options node = openb->nodes[i];
        node.rank = plan->seeds[seed].rank[i];
        gpu_inventory_add_node(inventory, &node);
    }
    gpu_inventory_seal(inventory);
    return inventory;
}

static void finish(const struct place_plan *plan, const struct gpu_curve *curve, struct place_result *result)
{
    for (size_t bin = 0; bin < plan->bins; bin++)
        if (!gpu_curve_point(curve, bin, &result->points[bin]))
            result->points[bin] = (struct gpu_curve_point){NAN, NAN, NAN};
}

/* One of the two ways of finding a node, with what it needs. */
struct placer {
    struct gpu_inventory *inventory;
    struct gpu_place_options options;
    struct gpu_scheduler *scheduler; /* NULL: by the options' policy */
};

static struct placer open_placer(const struct place_plan *plan, const struct place_policy *policy, struct arena *arena,
                                 struct gpu_inventory *inventory)
{
    struct placer placer = {.inventory = inventory, .options = {.policy = policy->policy, .ties = plan->ties}};
    struct gpu_scheduler_options options = {
        .scorers = policy->scorers, .scorer_count = policy->scorer_count, .ties = plan->ties};
    if (policy->scorer_count > 0)
        placer.scheduler = gpu_scheduler_create(arena, inventory, &options);
    return placer;
}

static bool place_one(struct placer *placer, const struct gpu_pod *pod, uint64_t random,
                      struct gpu_placement *placement)
{
    placer->options.random = random;
    if (placer->scheduler == NULL)
        return gpu_place(placer->inventory, pod, &placer->options, placement);
    return gpu_scheduler_place(placer->scheduler, pod, &(struct gpu_schedule){.random = random}, placement);
}

void place_experiment(const struct place_plan *plan, size_t policy, size_t seed, struct arena *arena,
                      struct gpu_fragmentation *fragmentation, struct place_result *result)
{
    const struct place_seed *s = &plan->seeds[seed];
    struct gpu_inventory *inventory = build_inventory(plan, seed, arena, fragmentation);
    struct placer placer = open_placer(plan, &plan->policies[policy], arena, inventory);
    struct stream chance = stream_open(key_of(s, "place ties"));
    struct gpu_curve curve;
    int64_t arrived = 0;
    *result = (struct place_result){.points = arena_array(arena, plan->bins, struct gpu_curve_point)};
    if (plan->keep_placements)
        result->placements = arena_array(arena, s->count, struct gpu_placement);
    gpu_curve_open(&curve, arena, plan->bins, inventory->totals.capacity_gpu_milli);
    for (size_t i = 0; i < s->count; i++) {
        const struct gpu_pod *pod = &plan->openb->pods[s->arrivals[i]];
        struct gpu_placement placement = {.node = GPU_NO_NODE};
        bool placed = place_one(&placer, pod, stream_u64(&chance), &placement);
        result->placed += placed;
        result->failed += !placed;
        result->gpu_failed_milli += placed ? 0 : gpu_pod_milli(pod);
        arrived += gpu_pod_milli(pod);
        gpu_curve_record(&curve, arrived, inventory->totals.allocated_gpu_milli, gpu_inventory_fragment(inventory));
        if (result->placements != NULL)
            result->placements[i] = placement;
    }
    result->totals = inventory->totals;
    finish(plan, &curve, result);
}
