/* The published placement curves of the FGD artifact, reproduced exactly.
 *
 * The arrival order and the node ranks of each seed are inputs; everything else (typical pods, filter, score, ties,
 * devices, fragmentation, curve) is ours. Expected values were published by the authors of the artifact. Needs the
 * openb data under $NINES_SHARED (default ../shared); without it every test is skipped. */
#include "models/gpu/curve.h"
#include "models/gpu/place.h"
#include "sim/base/arena.h"
#include "sim/base/hash.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BINS = 131, FIRST_SEED = 42, SEEDS = 10, COLUMNS = 12, SPECS = 256, MODELS = 32, LINE = 4096 };

/* One trace with its replay columns. */
struct trace {
    const char *name;
    struct gpu_pod *pods; /* file order */
    uint32_t *spec_order; /* [pod_count] */
    size_t pod_count;
    struct gpu_node_options *nodes;
    uint32_t *ranks; /* [node][seed] */
    size_t node_count;
    int32_t *order; /* [position][seed]; -1: this seed has fewer arrivals */
    size_t positions;
    char models[MODELS][16]; /* names by number */
    size_t model_count;
    char specs[SPECS][128]; /* distinct model lists, in byte order; [0] is empty */
    size_t spec_count;
};

/* --- Reading ------------------------------------------------------------------------------------------------------ */

static FILE *open_data(const char *folder, const char *prefix, const char *trace)
{
    const char *shared = getenv("NINES_SHARED");
    char path[512];
    snprintf(path, sizeof path, "%s/data/openb/%s/%s%s.csv", shared != NULL ? shared : "../shared", folder, prefix,
             trace);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        print_message("# no %s: set NINES_SHARED to run this test\n", path);
        skip();
    }
    return file;
}

/* Splits a line in place; missing fields are empty. Returns how many there were. */
static size_t split(char *line, char **fields, size_t columns)
{
    static char nothing[1];
    size_t count = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *rest = line; rest != NULL && count < columns;)
        fields[count++] = strsep(&rest, ",");
    for (size_t i = count; i < columns; i++)
        fields[i] = nothing;
    return count;
}

static size_t count_lines(FILE *file)
{
    char line[LINE];
    size_t lines = 0;
    while (fgets(line, sizeof line, file) != NULL)
        lines++;
    rewind(file);
    return lines;
}

static unsigned model_number(struct trace *trace, const char *name, size_t length)
{
    size_t i = 0;
    while (i < trace->model_count &&
           (strncmp(trace->models[i], name, length) != 0 || trace->models[i][length] != '\0'))
        i++;
    assert_true(i < MODELS && length < sizeof trace->models[0]);
    if (i == trace->model_count) {
        memcpy(trace->models[i], name, length);
        trace->model_count++;
    }
    return (unsigned)i;
}

static uint64_t model_mask(struct trace *trace, const char *spec)
{
    uint64_t mask = 0;
    while (*spec != '\0') {
        size_t length = strcspn(spec, "|");
        if (length > 0)
            mask |= UINT64_C(1) << model_number(trace, spec, length);
        spec += length + (spec[length] == '|');
    }
    return mask;
}

static void add_spec(struct trace *trace, const char *spec)
{
    size_t at = 0;
    while (at < trace->spec_count && strcmp(trace->specs[at], spec) < 0)
        at++;
    if (at < trace->spec_count && strcmp(trace->specs[at], spec) == 0)
        return;
    assert_true(trace->spec_count < SPECS && strlen(spec) < sizeof trace->specs[0]);
    memmove(trace->specs[at + 1], trace->specs[at], (trace->spec_count - at) * sizeof trace->specs[0]);
    strcpy(trace->specs[at], spec);
    trace->spec_count++;
}

static uint32_t spec_position(const struct trace *trace, const char *spec)
{
    uint32_t at = 0;
    while (strcmp(trace->specs[at], spec) != 0)
        at++;
    return at;
}

static void read_nodes(struct trace *trace, struct arena *arena)
{
    FILE *file = open_data("traces", "openb_node_list_gpu_node", "");
    FILE *ranks = open_data("replay", "node_rank_", trace->name);
    char line[LINE], rank_line[LINE], *fields[COLUMNS], *rank_fields[COLUMNS];
    trace->node_count = count_lines(file) - 1;
    trace->nodes = arena_array(arena, trace->node_count, struct gpu_node_options);
    trace->ranks = arena_array(arena, trace->node_count * SEEDS, uint32_t);
    assert_non_null(fgets(line, sizeof line, file));
    assert_non_null(fgets(rank_line, sizeof rank_line, ranks));
    for (size_t i = 0; i < trace->node_count; i++) {
        assert_non_null(fgets(line, sizeof line, file));
        assert_non_null(fgets(rank_line, sizeof rank_line, ranks));
        split(line, fields, COLUMNS);
        split(rank_line, rank_fields, COLUMNS);
        assert_string_equal(fields[0], rank_fields[0]);
        trace->nodes[i] = (struct gpu_node_options){
            .cpu_milli = atoi(fields[1]),
            .memory_mib = atoi(fields[2]),
            .devices = (uint8_t)atoi(fields[3]),
            .model = (uint8_t)model_number(trace, fields[4], strlen(fields[4])),
        };
        for (size_t s = 0; s < SEEDS; s++)
            trace->ranks[i * SEEDS + s] = (uint32_t)atoi(rank_fields[s + 1]);
    }
    fclose(file);
    fclose(ranks);
}

static void read_pods(struct trace *trace, struct arena *arena)
{
    FILE *file = open_data("traces", "openb_pod_list_", trace->name);
    char line[LINE], *fields[COLUMNS];
    trace->pod_count = count_lines(file) - 1;
    trace->pods = arena_array(arena, trace->pod_count, struct gpu_pod);
    trace->spec_order = arena_array(arena, trace->pod_count, uint32_t);
    add_spec(trace, "");
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file) != NULL) {
        split(line, fields, COLUMNS);
        add_spec(trace, fields[5]);
    }
    rewind(file);
    assert_non_null(fgets(line, sizeof line, file));
    for (size_t i = 0; i < trace->pod_count; i++) {
        assert_non_null(fgets(line, sizeof line, file));
        split(line, fields, COLUMNS);
        trace->pods[i] = (struct gpu_pod){
            .cpu_milli = atoi(fields[1]),
            .memory_mib = atoi(fields[2]),
            .devices = (uint16_t)atoi(fields[3]),
            .milli_per_device = (uint16_t)atoi(fields[4]),
            .models = model_mask(trace, fields[5]),
        };
        trace->spec_order[i] = spec_position(trace, fields[5]);
    }
    fclose(file);
}

static void read_order(struct trace *trace, struct arena *arena)
{
    FILE *file = open_data("replay", "pod_order_", trace->name);
    char line[LINE], *fields[COLUMNS];
    trace->positions = count_lines(file) - 1;
    trace->order = arena_array(arena, trace->positions * SEEDS, int32_t);
    assert_non_null(fgets(line, sizeof line, file));
    for (size_t i = 0; i < trace->positions; i++) {
        assert_non_null(fgets(line, sizeof line, file));
        split(line, fields, COLUMNS);
        for (size_t s = 0; s < SEEDS; s++)
            trace->order[i * SEEDS + s] = *fields[s + 1] != '\0' ? atoi(fields[s + 1]) : -1;
    }
    fclose(file);
}

static struct trace *read_trace(struct arena *arena, const char *name)
{
    struct trace *trace = arena_new(arena, struct trace);
    trace->name = name;
    read_nodes(trace, arena);
    read_pods(trace, arena);
    read_order(trace, arena);
    return trace;
}

/* --- Running ------------------------------------------------------------------------------------------------------ */

static struct gpu_fragmentation *measure_for(struct arena *arena, const struct trace *trace)
{
    struct gpu_typical *typical;
    struct gpu_typical_options options = {
        .pods = trace->pods, .count = trace->pod_count, .spec_order = trace->spec_order};
    size_t count = gpu_typical_from_pods(arena, &options, &typical);
    return gpu_fragmentation_create(arena, typical, count, 0);
}

static struct gpu_inventory *inventory_for(struct arena *arena, const struct trace *trace, size_t seed,
                                           struct gpu_fragmentation *fragmentation)
{
    struct gpu_inventory_options options = {.nodes = trace->node_count, .shapes = 512, .fragmentation = fragmentation};
    struct gpu_inventory *inventory = gpu_inventory_create(arena, &options);
    for (size_t i = 0; i < trace->node_count; i++) {
        struct gpu_node_options node = trace->nodes[i];
        node.rank = trace->ranks[i * SEEDS + seed];
        gpu_inventory_add_node(inventory, &node);
    }
    gpu_inventory_seal(inventory);
    return inventory;
}

/* One experiment: every arrival once, no departures. curve may be NULL. */
static void run(struct gpu_inventory *inventory, const struct trace *trace, size_t seed,
                struct gpu_place_options options, struct gpu_curve *curve)
{
    int64_t arrived = 0;
    for (size_t i = 0; i < trace->positions; i++) {
        int32_t index = trace->order[i * SEEDS + seed];
        if (index < 0)
            break;
        const struct gpu_pod *pod = &trace->pods[index];
        struct gpu_placement placement;
        options.random = hash_word(seed, i);
        gpu_place(inventory, pod, &options, &placement);
        arrived += gpu_pod_milli(pod);
        if (curve != NULL)
            gpu_curve_record(curve, arrived, inventory->totals.allocated_gpu_milli, gpu_inventory_fragment(inventory));
    }
}

/* expected[policy][seed][bin] */
struct expected {
    struct gpu_curve_point points[GPU_PUBLISHED][SEEDS][BINS];
};

static struct expected *read_expected(struct arena *arena, const char *trace)
{
    struct expected *expected = arena_new(arena, struct expected);
    FILE *file = open_data("expected", "expected_", trace);
    char line[LINE], *fields[COLUMNS];
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file) != NULL) {
        enum gpu_policy policy;
        split(line, fields, COLUMNS);
        assert_true(gpu_policy_from_name(fields[1], &policy));
        int seed = atoi(fields[3]) - FIRST_SEED, bin = atoi(fields[4]);
        assert_true(seed >= 0 && seed < SEEDS && bin >= 0 && bin < BINS);
        expected->points[policy][seed][bin] =
            (struct gpu_curve_point){strtod(fields[5], NULL), strtod(fields[6], NULL), strtod(fields[7], NULL)};
    }
    fclose(file);
    return expected;
}

static struct gpu_curve_point worse(struct gpu_curve_point a, struct gpu_curve_point b)
{
    return (struct gpu_curve_point){.alloc = fmax(a.alloc, b.alloc), .frag = fmax(a.frag, b.frag), .frag_ratio = fmax(a.frag_ratio, b.frag_ratio)};
}

/* How far a curve is from the published one, worst bin of each column. */
static struct gpu_curve_point worst_error(const struct gpu_curve *curve, const struct gpu_curve_point *expected)
{
    struct gpu_curve_point worst = {0}, got;
    for (size_t bin = 0; bin < BINS; bin++) {
        assert_true(gpu_curve_point(curve, bin, &got));
        worst.alloc = fmax(worst.alloc, fabs(got.alloc - expected[bin].alloc));
        worst.frag = fmax(worst.frag, fabs(got.frag - expected[bin].frag));
        worst.frag_ratio = fmax(worst.frag_ratio, fabs(got.frag_ratio - expected[bin].frag_ratio));
    }
    return worst;
}

static void reproduce(const char *name)
{
    struct arena arena;
    arena_open(&arena, 0);
    struct trace *trace = read_trace(&arena, name);
    struct expected *expected = read_expected(&arena, name);
    struct gpu_fragmentation *fragmentation = measure_for(&arena, trace);
    for (int policy = GPU_RANDOM + 1; policy < GPU_PUBLISHED; policy++) {
        struct gpu_curve_point worst = {0};
        for (size_t seed = 0; seed < SEEDS; seed++) {
            struct arena_mark mark = arena_mark(&arena);
            struct gpu_inventory *inventory = inventory_for(&arena, trace, seed, fragmentation);
            struct gpu_curve curve;
            gpu_curve_open(&curve, &arena, BINS, inventory->totals.capacity_gpu_milli);
            run(inventory, trace, seed, (struct gpu_place_options){.policy = (enum gpu_policy)policy}, &curve);
            struct gpu_curve_point error = worst_error(&curve, expected->points[policy][seed]);
            if (error.alloc > 0.011 || error.frag > 0.011 || error.frag_ratio > 0.01)
                fail_msg("%s %s seed %zu: alloc off by %g, frag by %g, ratio by %g", name,
                         gpu_policy_name((enum gpu_policy)policy), seed + FIRST_SEED, error.alloc, error.frag,
                         error.frag_ratio);
            worst = worse(worst, error);
            arena_rewind(&arena, mark);
        }
        printf("# %s %s: %d seeds of %d bins, worst bin off by %.4f (alloc), %.4f (frag), %.4f (frag ratio)\n", name,
               gpu_policy_name((enum gpu_policy)policy), SEEDS, BINS, worst.alloc, worst.frag, worst.frag_ratio);
    }
    arena_close(&arena);
}

static void curves_of_default_are_reproduced(void **state) { (void)state; reproduce("default"); }
static void curves_of_gpushare40_are_reproduced(void **state) { (void)state; reproduce("gpushare40"); }
static void curves_of_multigpu20_are_reproduced(void **state) { (void)state; reproduce("multigpu20"); }
static void curves_of_gpuspec10_are_reproduced(void **state) { (void)state; reproduce("gpuspec10"); }
static void curves_of_cpu050_are_reproduced(void **state) { (void)state; reproduce("cpu050"); }

/* The final state of FGD on `default`, seed 42, as the artifact's own README prints it. */
static void final_state_of_fgd_is_the_printed_one(void **state)
{
    (void)state;
    static const double printed[GPU_CLASSES] = {[GPU_Q1] = 138.43, [GPU_Q2] = 85.86, [GPU_Q3] = 1.23, [GPU_Q4] = 27.28,
                                                [GPU_XL] = 6.06,   [GPU_XR] = 33.73, [GPU_NA] = 0.00};
    struct arena arena;
    arena_open(&arena, 0);
    struct trace *trace = read_trace(&arena, "default");
    struct gpu_inventory *inventory = inventory_for(&arena, trace, 0, measure_for(&arena, trace));
    run(inventory, trace, 0, (struct gpu_place_options){.policy = GPU_FGD}, NULL);
    gpu_inventory_audit(inventory);
    const struct gpu_totals *totals = &inventory->totals;
    assert_int_equal(totals->allocated_gpu_milli, 5919410);
    assert_int_equal(gpu_inventory_devices_touched(inventory), 6189);
    assert_int_equal(totals->allocated_cpu_milli, 89928302);
    assert_int_equal(totals->allocated_memory_mib, INT64_C(328998433325056) / (1024 * 1024));
    struct gpu_fragments fragments = gpu_inventory_fragments(inventory);
    for (int class = 0; class < GPU_CLASSES; class++)
        assert_true(fabs(rint(fragments.milli[class] / 10) / 100 - printed[class]) < 1e-9);
    double fragment = gpu_inventory_fragment(inventory);
    int64_t idle = totals->capacity_gpu_milli - totals->allocated_gpu_milli;
    assert_true(fabs(rint(fragment / 10) / 100 - 291.36) < 1e-9);
    assert_true(fabs(rint(fragment / (double)idle * 1e4) / 100 - 99.58) < 1e-9);
    arena_close(&arena);
}

/* Mean of ten seeds of the final allocation, in percent. */
static double mean_allocation(struct arena *arena, const struct trace *trace, struct gpu_place_options options)
{
    struct gpu_fragmentation *fragmentation = options.policy == GPU_FGD ? measure_for(arena, trace) : NULL;
    double sum = 0;
    for (size_t seed = 0; seed < SEEDS; seed++) {
        struct arena_mark mark = arena_mark(arena);
        struct gpu_inventory *inventory = inventory_for(arena, trace, seed, fragmentation);
        run(inventory, trace, seed, options, NULL);
        sum += 100.0 * (double)inventory->totals.allocated_gpu_milli / (double)inventory->totals.capacity_gpu_milli;
        arena_rewind(arena, mark);
    }
    return sum / SEEDS;
}

/* Random draws with our numbers, so only the mean can agree: published 87.47 +- 0.32 over ten seeds, at the last bin. The other
 * traces: place_command.sh. */
static void random_agrees_with_the_artifact_in_the_mean(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 0);
    struct trace *trace = read_trace(&arena, "default");
    double mean = mean_allocation(&arena, trace, (struct gpu_place_options){.policy = GPU_RANDOM});
    printf("# default Random: mean of %d seeds %.2f, published 87.47\n", SEEDS, mean);
    assert_true(fabs(mean - 87.47) < 0.35);
    arena_close(&arena);
}

/* The rule for ties decides more than the policy does: FGD falls from 95.4 to about 90 %. */
static void uniform_ties_cost_fgd_five_points(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 0);
    struct trace *trace = read_trace(&arena, "default");
    struct gpu_place_options options = {.policy = GPU_FGD, .ties = GPU_TIES_UNIFORM};
    double uniform = mean_allocation(&arena, trace, options);
    assert_true(fabs(uniform - 89.96) < 0.5);
    arena_close(&arena);
}

/* --- Placement by placement --------------------------------------------------------------------------------------- */

static uint16_t device_mask(const char *devices)
{
    uint32_t mask = 0;
    for (char *end; *devices != '\0'; devices = *end == '-' ? end + 1 : end)
        mask |= 1U << strtoul(devices, &end, 10);
    return (uint16_t)mask;
}

/* One row of the placements file against what we do now. */
static void compare_placement(struct gpu_inventory *inventory, const struct gpu_pod *pod, enum gpu_policy policy,
                              char *const fields[3], size_t position)
{
    struct gpu_placement got = {.node = GPU_NO_NODE};
    struct gpu_place_options options = {.policy = policy};
    size_t feasible = gpu_feasible_count(inventory, pod, &options);
    bool placed = gpu_place(inventory, pod, &options, &got);
    if (placed != (*fields[0] != '\0') || placed != (feasible > 0))
        fail_msg("arrival %zu: placed %d on %d", position, placed, got.node);
    if (!placed)
        return;
    /* A node that is feasible alone is taken without a score there. */
    if (got.node != atoi(fields[0]) || got.devices != device_mask(fields[1]) ||
        (feasible > 1 && got.score != atoi(fields[2])))
        fail_msg("arrival %zu: node %d devices %#x score %d, expected %s %s %s", position, got.node,
                 (unsigned)got.devices, got.score, fields[0], fields[1], fields[2]);
}

/* Against a list derived by another implementation: node, devices and score of all 10,866 arrivals. */
static void placements_follow(struct arena *arena, const struct trace *trace, enum gpu_policy policy)
{
    FILE *file = open_data("replay", "placements_default_seed42", "");
    struct gpu_inventory *inventory = inventory_for(arena, trace, 0, measure_for(arena, trace));
    char line[LINE], *fields[20];
    assert_non_null(fgets(line, sizeof line, file));
    for (size_t i = 0; fgets(line, sizeof line, file) != NULL; i++) {
        split(line, fields, 20);
        assert_int_equal(atoi(fields[1]), trace->order[i * SEEDS]);
        char **expected = fields + 2 + 3 * (policy - GPU_DOT_PROD);
        compare_placement(inventory, &trace->pods[atoi(fields[1])], policy, expected, i);
    }
    gpu_inventory_audit(inventory);
    fclose(file);
}

static void every_placement_of_default_seed_42_is_reproduced(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 0);
    struct trace *trace = read_trace(&arena, "default");
    for (int policy = GPU_DOT_PROD; policy < GPU_PUBLISHED; policy++)
        placements_follow(&arena, trace, (enum gpu_policy)policy);
    arena_close(&arena);
}

/* Against the list that was derived with the replay sequences. */
static void typical_pods_are_those_of_the_replay(void **state)
{
    (void)state;
    static const char *const names[] = {"default", "gpushare40", "multigpu20", "gpuspec10", "cpu050"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        struct arena arena;
        arena_open(&arena, 0);
        struct trace *trace = read_trace(&arena, names[n]);
        struct gpu_typical *typical;
        struct gpu_typical_options options = {trace->pods, trace->pod_count, trace->spec_order, 0.95};
        size_t count = gpu_typical_from_pods(&arena, &options, &typical), row = 0;
        FILE *file = open_data("replay", "typical_pods_", names[n]);
        char line[LINE], *fields[COLUMNS];
        assert_non_null(fgets(line, sizeof line, file));
        for (; fgets(line, sizeof line, file) != NULL; row++) {
            split(line, fields, COLUMNS);
            assert_true(row < count);
            assert_int_equal(typical[row].cpu_milli, atoi(fields[1]));
            assert_int_equal(typical[row].devices, atoi(fields[2]));
            assert_int_equal(typical[row].milli_per_device, atoi(fields[3]));
            assert_true(typical[row].models == model_mask(trace, fields[4]));
            assert_int_equal(typical[row].count, atoi(fields[5]));
            assert_true(typical[row].weight == strtod(fields[6], NULL));
        }
        assert_int_equal(row, count);
        fclose(file);
        arena_close(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(typical_pods_are_those_of_the_replay),
        cmocka_unit_test(final_state_of_fgd_is_the_printed_one),
        cmocka_unit_test(every_placement_of_default_seed_42_is_reproduced),
        cmocka_unit_test(random_agrees_with_the_artifact_in_the_mean),
        cmocka_unit_test(uniform_ties_cost_fgd_five_points),
        cmocka_unit_test(curves_of_default_are_reproduced),
        cmocka_unit_test(curves_of_gpushare40_are_reproduced),
        cmocka_unit_test(curves_of_multigpu20_are_reproduced),
        cmocka_unit_test(curves_of_gpuspec10_are_reproduced),
        cmocka_unit_test(curves_of_cpu050_are_reproduced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
