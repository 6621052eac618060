/* Throws mutated traces at the readers of `nines place`. Whatever comes in, each reader either says what is wrong, in
 * printable text, or gives tables in which every number is within its range; and what is accepted can be placed to the
 * end.
 *
 * A text is the five files one after another, with a line "%%" between them. */
#include "models/commands/place_plan.h"
#include "sim/command/command.h"
#include "tests/fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

enum { NODES, PODS, ORDER, RANK, TYPICAL, FILES };

static const char *const words[] = {
    ",", "\"", "\n", "\r", "\r\n", "\xef\xbb\xbf", "|", "-", "-1", "0", "1", "17", "1001", "4000001", "2147483648", "1e3",
    "1.5", "0x10", "nan", "inf", "99999999999999999999", " ", "\t", "", "seed1", "seed2", "sn", "gpu_spec", "num_gpu", "n0",
    "A", "\x1b[31m", "\xff\xfe", "%s%n", "\"\"", ",,,,,,,,", "\n\n\n", "n0,1,1,1,A\n", "p,1,1,1,1,\n", "weight", "0.999999999",
    "%%\n"};

/* A file in memory that has a path. */
static const char *path_of(struct arena *arena, const char *text, size_t length, int *fd)
{
    *fd = memfd_create("openb", MFD_CLOEXEC);
    assert_true(*fd >= 0 && write(*fd, text, length) == (ssize_t)length);
    return arena_format(arena, "/proc/self/fd/%d", *fd);
}

static void assert_sound(const struct openb *openb)
{
    assert_true(openb->node_count > 0 && openb->model_count <= OPENB_UNKNOWN_MODEL);
    for (size_t i = 0; i < openb->node_count; i++) {
        const struct gpu_node_options *node = &openb->nodes[i];
        assert_true(node->cpu_milli >= 0 && node->cpu_milli <= GPU_CPU_MILLI_MAX && node->memory_mib >= 0);
        assert_true(node->devices <= GPU_DEVICES_MAX && node->model <= openb->model_count);
    }
    for (size_t i = 0; i < openb->pod_count; i++)
        assert_true(gpu_pod_valid(&openb->pods[i]));
}

/* One experiment of each kind of policy. */
static void place_all(struct arena *arena, struct openb *openb, struct place_seed *seeds, struct gpu_typical *typical,
                      size_t typical_count)
{
    struct place_policy policies[] = {place_policy(GPU_FGD), place_policy(GPU_RANDOM),
                                      place_policy(place_policies() - 2)};
    struct place_plan plan = {.openb = openb,
                              .trace = "fuzz",
                              .policies = policies,
                              .policy_count = 3,
                              .seeds = seeds,
                              .seed_count = 2,
                              .typical = typical,
                              .typical_count = typical_count,
                              .tune = 1,
                              .bins = 101,
                              .keep_placements = true};
    struct gpu_fragmentation *measure = gpu_fragmentation_create(arena, typical, typical_count, 64);
    for (size_t i = 0; i < 6; i++) {
        struct place_result result;
        place_experiment(&plan, i / 2, i % 2, arena, measure, &result);
        assert_true(result.placed + result.failed == (int64_t)seeds[i % 2].count);
        assert_true(result.totals.pods == result.placed);
    }
}

/* Reads the five files in the command's order as far as they are accepted. Returns how many were. */
static int read_all(struct arena *arena, const char *const path[FILES])
{
    static const int64_t numbers[2] = {1, 2};
    struct openb openb = {.node_count = 0};
    struct place_seed seeds[2] = {{.seed = 1}, {.seed = 2}};
    struct gpu_typical *typical;
    size_t length, typical_count;
    int32_t *order;
    uint32_t *rank;
    int code = -1;
    if (!openb_read_nodes(&openb, arena, path[NODES], &code) || !openb_read_pods(&openb, arena, path[PODS], &code)) {
        assert_int_equal(code, EXIT_USAGE);
        return 0;
    }
    assert_sound(&openb);
    if (!openb_read_order(&openb, arena, path[ORDER], numbers, 2, &order, &length, &code))
        return 2;
    for (size_t s = 0; s < 2; s++) {
        seeds[s].arrivals = arena_array(arena, length, uint32_t);
        for (size_t i = 0; i < length && order[s * length + i] >= 0; i++) {
            assert_true((size_t)order[s * length + i] < openb.pod_count);
            seeds[s].arrivals[seeds[s].count++] = (uint32_t)order[s * length + i];
        }
    }
    if (!openb_read_rank(&openb, arena, path[RANK], numbers, 2, &rank, &code))
        return 3;
    seeds[0].rank = rank;
    seeds[1].rank = rank + openb.node_count;
    if (!openb_read_typical(&openb, arena, path[TYPICAL], &typical, &typical_count, &code))
        return 4;
    assert_true(typical_count > 0);
    if (openb.capacity_gpu_milli > 0)
        place_all(arena, &openb, seeds, typical, typical_count);
    return FILES;
}

static bool is_printable(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (((unsigned char)text[i] < 0x20 && text[i] != '\n') || text[i] == 0x7f)
            return false;
    return true;
}

/* Cuts the text into the files; those that it does not have are empty. */
static void open_files(struct arena *arena, const struct fuzz_text *text, const char *path[FILES], int fd[FILES])
{
    const char *at = text->bytes, *end = text->bytes + text->length;
    for (int f = 0; f < FILES; f++) {
        const char *cut = f + 1 < FILES ? memmem(at, (size_t)(end - at), "%%\n", 3) : NULL;
        path[f] = path_of(arena, at, (size_t)((cut != NULL ? cut : end) - at), &fd[f]);
        at = cut != NULL ? cut + 3 : end;
    }
}

/* The way is the number of files that were accepted. */
static unsigned judge(struct arena *arena, const struct fuzz_text *text)
{
    const char *path[FILES];
    int fd[FILES];
    char *said = NULL;
    size_t length = 0;
    FILE *kept = stderr, *memory = open_memstream(&said, &length);
    open_files(arena, text, path, fd);
    stderr = memory; /* what the readers say */
    int accepted = read_all(arena, path);
    stderr = kept;
    fclose(memory);
    assert_true(is_printable(said, length));
    assert_true(accepted == FILES || length > 0); /* a refusal says why */
    free(said);
    for (int f = 0; f < FILES; f++)
        close(fd[f]);
    return (unsigned)accepted;
}

static const struct fuzz_target target = {.name = "openb",
                                          .claim = "any_trace_is_refused_with_a_reason_or_placed",
                                          .words = words,
                                          .n_words = sizeof words / sizeof *words,
                                          .rounds = 4000,
                                          .wild = 11,
                                          .judge = judge,
                                          .least = {[0] = 10, [2] = 50, [3] = 50, [4] = 50, [FILES] = 10}};
FUZZ_ENTRY(target)
