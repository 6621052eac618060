#include "models/gpu/scheduler_inside.h"

#include "models/gpu/score.h"
#include "models/gpu/search.h"
#include "sim/base/check.h"

#include <string.h>

#include "sim/base/nomalloc.h"

struct gpu_scheduler *gpu_scheduler_create(struct arena *arena, struct gpu_inventory *inventory,
                                           const struct gpu_scheduler_options *options)
{
    check(inventory->sealed, "the inventory is not sealed yet");
    check(options->scorer_count <= GPU_SCHEDULER_SCORERS, "%zu scorers", options->scorer_count);
    struct gpu_scheduler *scheduler = arena_new(arena, struct gpu_scheduler);
    scheduler->inventory = inventory;
    scheduler->options = *options;
    for (size_t i = 0; i < options->scorer_count; i++) {
        const struct gpu_scorer *scorer = &options->scorers[i];
        check(scorer->kind < GPU_SCORERS && scorer->weight >= 1 && scorer->weight <= 1000000, "scorer %zu", i);
        check(scorer->kind != GPU_SCORER_POWER || (options->power != NULL && options->power->package_milli > 0),
              "PWR without power figures");
        check(scorer->kind != GPU_SCORER_CAPACITY_RATIO || scorer->point_count > 0, "a ratio without points");
        check(scorer->kind != GPU_SCORER_POLICY || scorer->policy != GPU_RANDOM, "Random gives no score");
        scheduler->scorers[i] = *scorer;
    }
    scheduler->options.scorers = scheduler->scorers;
    scheduler->feasible = arena_array(arena, inventory->count, bool);
    scheduler->sum = arena_array(arena, inventory->count, int64_t);
    scheduler->raw = arena_array(arena, inventory->count, int64_t);
    scheduler->eligible = arena_array(arena, GPU_SPREAD_DOMAINS, uint8_t);
    return scheduler;
}

/* --- A call ------------------------------------------------------------------------------------------------------- */

static bool domain_allowed(const struct gpu_schedule *schedule, uint32_t domain)
{
    return schedule->domains == NULL ||
           (domain / 64 < schedule->domain_words && (schedule->domains[domain / 64] >> (domain % 64) & 1) != 0);
}

static void check_spread(const struct gpu_spread *spread)
{
    check(spread->domains >= 1 && spread->domains <= GPU_SPREAD_DOMAINS && spread->max_skew >= 1 &&
              spread->count != NULL,
          "topology constraint over %u domains with skew %u", (unsigned)spread->domains, (unsigned)spread->max_skew);
}

/* Returns how many nodes are feasible. */
static size_t filter(struct gpu_scheduler *scheduler, const struct gpu_pod *pod, const struct gpu_schedule *schedule)
{
    const struct gpu_inventory *inventory = scheduler->inventory;
    size_t feasible = 0;
    for (size_t i = 0; i < inventory->count; i++)
        scheduler->feasible[i] =
            domain_allowed(schedule, inventory->nodes[i].capacity.domain) && gpu_node_fits(inventory, (int32_t)i, pod);
    for (size_t k = 0; k < schedule->spread_count; k++) {
        check_spread(&schedule->spread[k]);
        if (!schedule->spread[k].anyway)
            gpu_spread_filter(scheduler, &schedule->spread[k], pod);
    }
    for (size_t i = 0; i < inventory->count; i++)
        feasible += scheduler->feasible[i];
    return feasible;
}

/* To 0..100 over the feasible nodes; `equal` when all are the same. */
static void stretch(struct gpu_scheduler *scheduler, int64_t equal)
{
    int64_t low = INT64_MAX, high = INT64_MIN;
    size_t count = scheduler->inventory->count;
    for (size_t i = 0; i < count; i++)
        if (scheduler->feasible[i]) {
            low = scheduler->raw[i] < low ? scheduler->raw[i] : low;
            high = scheduler->raw[i] > high ? scheduler->raw[i] : high;
        }
    for (size_t i = 0; i < count; i++)
        if (scheduler->feasible[i])
            scheduler->raw[i] = high == low ? equal : (scheduler->raw[i] - low) * GPU_TOP_SCORE / (high - low);
}

static void score(struct gpu_scheduler *scheduler, const struct gpu_pod *pod, const struct gpu_schedule *schedule)
{
    size_t count = scheduler->inventory->count;
    memset(scheduler->sum, 0, count * sizeof *scheduler->sum);
    for (size_t s = 0; s < scheduler->options.scorer_count; s++) {
        const struct gpu_scorer *scorer = &scheduler->scorers[s];
        if (scorer->kind == GPU_SCORER_SPREAD) {
            gpu_spread_score(scheduler, schedule);
        } else {
            for (size_t i = 0; i < count; i++)
                if (scheduler->feasible[i])
                    scheduler->raw[i] = gpu_scheduler_raw(scheduler, scorer, &scheduler->inventory->nodes[i], pod);
        }
        if (scorer->kind == GPU_SCORER_SIMON || scorer->kind == GPU_SCORER_POWER)
            stretch(scheduler, scorer->kind == GPU_SCORER_SIMON ? 0 : GPU_TOP_SCORE);
        for (size_t i = 0; i < count; i++)
            scheduler->sum[i] += scheduler->feasible[i] ? scorer->weight * scheduler->raw[i] : 0;
    }
}

static int32_t select_node(const struct gpu_scheduler *scheduler, uint64_t random)
{
    const struct gpu_inventory *inventory = scheduler->inventory;
    int64_t best = INT64_MIN;
    size_t tied = 0;
    for (size_t i = 0; i < inventory->count; i++) {
        if (!scheduler->feasible[i])
            continue;
        tied = scheduler->sum[i] > best ? 1 : tied + (scheduler->sum[i] == best);
        best = scheduler->sum[i] > best ? scheduler->sum[i] : best;
    }
    size_t skip = scheduler->options.ties == GPU_TIES_UNIFORM ? gpu_scale_random(random, tied) : 0;
    for (size_t k = 0; k < inventory->count; k++) {
        uint32_t node = scheduler->options.ties == GPU_TIES_RANK ? inventory->by_order[k] : (uint32_t)k;
        if (scheduler->feasible[node] && scheduler->sum[node] == best && skip-- == 0)
            return (int32_t)node;
    }
    check(false, "fewer ties than counted");
    return GPU_NO_NODE;
}

/* The first scorer that has an opinion on devices; NULL: none. */
static const struct gpu_scorer *device_scorer(const struct gpu_scheduler *scheduler)
{
    for (size_t s = 0; s < scheduler->options.scorer_count; s++) {
        const struct gpu_scorer *scorer = &scheduler->scorers[s];
        if (scorer->kind == GPU_SCORER_POWER ||
            (scorer->kind == GPU_SCORER_POLICY && gpu_scores_devices(scorer->policy)))
            return scorer;
    }
    return NULL;
}

static uint16_t choose_devices(struct gpu_scheduler *scheduler, int32_t node, const struct gpu_pod *pod,
                               uint64_t random)
{
    enum gpu_device_rule rule = scheduler->options.device;
    const struct gpu_scorer *scorer = device_scorer(scheduler);
    if (rule == GPU_DEVICE_DEFAULT)
        rule = scorer != NULL ? GPU_DEVICE_SCORED : GPU_DEVICE_BEST;
    if (rule == GPU_DEVICE_SCORED && scorer != NULL && scorer->kind == GPU_SCORER_POWER) {
        int64_t watts;
        return gpu_power_devices(scheduler->options.power, &scheduler->inventory->nodes[node], pod, &watts);
    }
    struct gpu_placement placement = {.node = node};
    struct gpu_place_options options = {.policy = scorer != NULL && scorer->kind == GPU_SCORER_POLICY ? scorer->policy
                                                                                                      : GPU_BEST_FIT,
                                        .device = rule,
                                        .random = random};
    bool fits = gpu_find_on_node(scheduler->inventory, node, pod, &options, &placement);
    check(fits, "the chosen node %d does not fit", node);
    return placement.devices;
}

bool gpu_scheduler_find(struct gpu_scheduler *scheduler, const struct gpu_pod *pod, const struct gpu_schedule *schedule,
                        struct gpu_placement *placement)
{
    check(gpu_pod_valid(pod), "pod with %d milli-CPU, %u devices of %u milli", pod->cpu_milli, (unsigned)pod->devices,
          (unsigned)pod->milli_per_device);
    check(schedule->spread_count <= GPU_SPREADS_MOST, "%zu topology constraints", schedule->spread_count);
    if (filter(scheduler, pod, schedule) == 0)
        return false;
    score(scheduler, pod, schedule);
    int32_t node = select_node(scheduler, schedule->random);
    int64_t sum = scheduler->sum[node];
    *placement = (struct gpu_placement){
        .node = node,
        .devices = choose_devices(scheduler, node, pod, schedule->random),
        .score = sum > INT32_MAX   ? INT32_MAX
                 : sum < INT32_MIN ? INT32_MIN
                                   : (int32_t)sum,
    };
    return true;
}

bool gpu_scheduler_place(struct gpu_scheduler *scheduler, const struct gpu_pod *pod,
                         const struct gpu_schedule *schedule, struct gpu_placement *placement)
{
    if (!gpu_scheduler_find(scheduler, pod, schedule, placement))
        return false;
    gpu_bind(scheduler->inventory, pod, placement);
    return true;
}

int64_t gpu_scheduler_sum(const struct gpu_scheduler *scheduler, int32_t node, bool *feasible)
{
    check(node >= 0 && (size_t)node < scheduler->inventory->count, "node %d", node);
    *feasible = scheduler->feasible[node];
    return scheduler->sum[node];
}
