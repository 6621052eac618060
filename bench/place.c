/* Placing GPU pods.
 *
 *   bench/place            the published experiments, if openb is there ($NINES_SHARED, default ../shared), then
 * scaling
 *
 * Experiments: FGD with the fragmentation curve on `default`; then five traces x ten seeds x six policies on two
 * threads, wall clock. Scaling: a cluster of N nodes of eight devices held at about 85 % of its GPU; one pod leaves and
 * one comes; placements per second, and beside them the same search without kept scores (every node asked, the memo of
 * F kept). */
#include "bench/bench.h"
#include "models/commands/place_plan.h"
#include "sim/base/hash.h"

#include <string.h>

static double seconds_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* --- The published experiments --- */

enum { SEEDS = 10 };

static const char *const traces[] = {"default", "gpushare40", "multigpu20", "gpuspec10", "cpu050"};

static const char *data_path(struct arena *arena, const char *folder, const char *prefix, const char *trace)
{
    const char *shared = getenv("NINES_SHARED");
    return arena_format(arena, "%s/data/openb/%s/%s%s.csv", shared != NULL ? shared : "../shared", folder, prefix,
                        trace);
}

/* One trace with its replay and the six policies. */
static void load(struct arena *arena, const char *trace, struct openb *openb, struct place_plan *plan)
{
    static struct place_policy policies[GPU_PUBLISHED];
    static const int64_t numbers[SEEDS] = {42, 43, 44, 45, 46, 47, 48, 49, 50, 51};
    struct place_seed *seeds = arena_array(arena, SEEDS, struct place_seed);
    uint32_t *rank;
    int32_t *order;
    size_t length;
    int code;
    *openb = (struct openb){.node_count = 0};
    bool fine =
        openb_read_nodes(openb, arena, data_path(arena, "traces", "openb_node_list_", "gpu_node"), &code) &&
        openb_read_pods(openb, arena, data_path(arena, "traces", "openb_pod_list_", trace), &code) &&
        openb_read_order(openb, arena, data_path(arena, "replay", "pod_order_", trace), numbers, SEEDS, &order, &length,
                         &code) &&
        openb_read_rank(openb, arena, data_path(arena, "replay", "node_rank_", trace), numbers, SEEDS, &rank, &code);
    if (!fine)
        exit(3);
    for (size_t s = 0; s < SEEDS; s++) {
        seeds[s] = (struct place_seed){.seed = numbers[s], .rank = rank + s * openb->node_count};
        seeds[s].arrivals = arena_array(arena, length, uint32_t);
        for (size_t i = 0; i < length && order[s * length + i] >= 0; i++)
            seeds[s].arrivals[seeds[s].count++] = (uint32_t)order[s * length + i];
    }
    for (size_t i = 0; i < GPU_PUBLISHED; i++)
        policies[i] = place_policy(i);
    *plan = (struct place_plan){.openb = openb,
                                .trace = trace,
                                .policies = policies,
                                .policy_count = GPU_PUBLISHED,
                                .seeds = seeds,
                                .seed_count = SEEDS,
                                .tune = 1.3,
                                .bins = 131};
    struct gpu_typical_options options = {
        .pods = openb->pods, .count = openb->pod_count, .spec_order = openb->spec_order};
    plan->typical_count = gpu_typical_from_pods(arena, &options, &plan->typical);
}

static void one_experiment(struct arena *arena)
{
    struct openb openb;
    struct place_plan plan;
    double cpu[GPU_PUBLISHED][BENCH_REPEATS];
    load(arena, "default", &openb, &plan);
    for (size_t policy = 0; policy < GPU_PUBLISHED; policy++) {
        for (int r = 0; r < BENCH_REPEATS; r++) {
            struct arena_mark mark = arena_mark(arena);
            struct place_result result;
            double start = bench_seconds();
            struct gpu_fragmentation *measure = gpu_fragmentation_create(arena, plan.typical, plan.typical_count, 0);
            place_experiment(&plan, policy, 0, arena, measure, &result);
            cpu[policy][r] = bench_seconds() - start;
            arena_rewind(arena, mark);
        }
        double median = bench_median(cpu[policy]);
        printf("%-14s one experiment with curve  %6.1f ms  %7.0f thousand arrivals/s\n", place_policy(policy).name,
               1e3 * median, 1e-3 * (double)plan.seeds[0].count / median);
    }
}

static void take(void *context, size_t policy, size_t seed, const struct place_result *result)
{
    (void)policy;
    (void)seed;
    *(int64_t *)context += result->placed;
}

static void all_experiments(void)
{
    double wall[3], cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    int64_t placed = 0;
    for (int r = 0; r < 3; r++) {
        wall[r] = 0;
        placed = 0;
        for (size_t t = 0; t < sizeof traces / sizeof traces[0]; t++) {
            struct arena arena;
            struct openb openb;
            struct place_plan plan;
            struct place_sink sink = {.context = &placed, .take = take};
            arena_open(&arena, 0);
            load(&arena, traces[t], &openb, &plan);
            double start = seconds_of(CLOCK_MONOTONIC);
            if (!place_run(&plan, 2, &sink))
                exit(3);
            wall[r] += seconds_of(CLOCK_MONOTONIC) - start;
            arena_close(&arena);
        }
    }
    cpu = (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu) / 3;
    double best = wall[0];
    for (int r = 1; r < 3; r++)
        best = wall[r] < best ? wall[r] : best;
    printf("five traces x ten seeds x six policies, two threads: %.2f s wall (%.2f %.2f %.2f), %.2f s of processor "
           "with reading, %lld placed\n",
           best, wall[0], wall[1], wall[2], cpu, (long long)placed);
}

/* --- Scaling --- */

struct cluster {
    struct arena arena;
    struct gpu_inventory *inventory;
    struct gpu_pod *pods; /* residents */
    struct gpu_placement *placements;
    size_t residents, room;
    uint64_t draws;
};

static uint64_t draw(struct cluster *c)
{
    return hash_word(1, c->draws++);
}

static struct gpu_pod draw_pod(struct cluster *c)
{
    static const struct gpu_pod kinds[] = {
        {3152, 4096, 1, 810, 0},    {11300, 49152, 1, 1000, 0}, {4000, 8192, 1, 460, 0},    {8000, 16384, 1, 250, 0},
        {12000, 16384, 1, 1000, 0}, {8000, 8192, 0, 0, 0},      {6000, 12288, 1, 330, 0},   {16000, 32768, 2, 1000, 0},
        {48000, 98304, 8, 1000, 0}, {2000, 4096, 1, 100, 0},    {32000, 65536, 4, 1000, 0}, {4000, 30517, 0, 0, 0}};
    static const uint8_t often[] = {0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 6, 7, 9, 9, 11, 2, 3, 10, 8};
    return kinds[often[draw(c) % sizeof often]];
}

static void cluster_open(struct cluster *c, size_t nodes)
{
    *c = (struct cluster){.room = 24 * nodes};
    arena_open(&c->arena, 0);
    c->pods = arena_array(&c->arena, c->room, struct gpu_pod);
    c->placements = arena_array(&c->arena, c->room, struct gpu_placement);
    enum { LIST = 4096 };
    struct gpu_pod *list = arena_array(&c->arena, LIST, struct gpu_pod);
    for (size_t i = 0; i < LIST; i++)
        list[i] = draw_pod(c);
    struct gpu_typical *typical;
    struct gpu_typical_options kinds = {.pods = list, .count = LIST};
    size_t count = gpu_typical_from_pods(&c->arena, &kinds, &typical);
    struct gpu_inventory_options options = {
        .nodes = nodes, .shapes = 16, .fragmentation = gpu_fragmentation_create(&c->arena, typical, count, 0)};
    c->inventory = gpu_inventory_create(&c->arena, &options);
    for (size_t i = 0; i < nodes; i++)
        gpu_inventory_add_node(c->inventory, &(struct gpu_node_options){.cpu_milli = 96000,
                                                                        .memory_mib = 786432,
                                                                        .devices = 8,
                                                                        .rank = (uint32_t)hash_word(2, i)});
    gpu_inventory_seal(c->inventory);
}

static bool arrive(struct cluster *c)
{
    struct gpu_pod pod = draw_pod(c);
    struct gpu_place_options options = {.policy = GPU_FGD};
    if (c->residents == c->room || !gpu_place(c->inventory, &pod, &options, &c->placements[c->residents]))
        return false;
    c->pods[c->residents++] = pod;
    return true;
}

static void leave(struct cluster *c)
{
    size_t i = draw(c) % c->residents;
    gpu_release(c->inventory, &c->pods[i], &c->placements[i]);
    c->residents--;
    c->pods[i] = c->pods[c->residents];
    c->placements[i] = c->placements[c->residents];
}

/* Asks every node, keeping nothing. */
static int32_t search_all(struct cluster *c, const struct gpu_pod *pod)
{
    struct gpu_place_options options = {.policy = GPU_FGD};
    struct gpu_placement best = {.node = GPU_NO_NODE, .score = INT32_MIN}, one;
    for (int32_t i = 0; (size_t)i < c->inventory->count; i++)
        if (gpu_find_on_node(c->inventory, i, pod, &options, &one) && one.score > best.score)
            best = one;
    return best.node;
}

static void scale(size_t nodes)
{
    struct cluster c;
    double kept[BENCH_REPEATS], bare[BENCH_REPEATS];
    size_t steps = 20000, bare_steps = 2000000 / nodes;
    int64_t found = 0;
    cluster_open(&c, nodes);
    double filling = bench_seconds();
    while (20 * c.inventory->totals.allocated_gpu_milli < 17 * c.inventory->totals.capacity_gpu_milli)
        arrive(&c);
    filling = bench_seconds() - filling;
    size_t filled = c.residents;
    for (int r = 0; r < BENCH_REPEATS; r++) {
        double start = bench_seconds();
        for (size_t i = 0; i < steps; i++) {
            leave(&c);
            arrive(&c);
        }
        kept[r] = (bench_seconds() - start) / (double)steps;
        start = bench_seconds();
        for (size_t i = 0; i < bare_steps; i++) {
            struct gpu_pod pod = draw_pod(&c);
            found += search_all(&c, &pod);
        }
        bare[r] = (bench_seconds() - start) / (double)bare_steps;
    }
    double one = bench_median(kept), other = bench_median(bare);
    printf("%7zu nodes: %7.1f thousand placements/s come and go (%.2f us each), filling %6.1f thousand/s; "
           "every node asked: %8.2f us, %.0f x%s\n",
           nodes, 1e-3 / one, 1e6 * one, 1e-3 * (double)filled / filling, 1e6 * other, other / one,
           found == INT64_MIN ? " " : "");
    arena_close(&c.arena);
}

int main(void)
{
    struct arena arena;
    arena_open(&arena, 0);
    if (access(data_path(&arena, "traces", "openb_pod_list_", "default"), R_OK) == 0) {
        all_experiments();
        bench_pin();
        one_experiment(&arena);
    } else {
        printf("no openb data under NINES_SHARED: only scaling\n");
        bench_pin();
    }
    arena_close(&arena);
    for (size_t nodes = 1000; nodes <= 100000; nodes *= 10)
        scale(nodes);
    return 0;
}
