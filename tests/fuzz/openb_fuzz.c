/* Throws mutated traces at the readers of `nines place`. Whatever comes in, each reader either says what is wrong, in
 * printable text, or gives tables in which every number is within its range; and what is accepted can be placed to the
 * end.
 *
 * NINES_FUZZ_ROUNDS and NINES_FUZZ_SEED repeat or lengthen the campaign; a failure prints the round's files. */
#include "models/commands/place_plan.h"
#include "sim/command/command.h"
#include "sim/base/hash.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { NODES, PODS, ORDER, RANK, TYPICAL, FILES, ROOM = 16384, SAID = 65536 };

static const char *const starts[FILES] = {
    ("sn,cpu_milli,memory_mib,gpu,model\nn0,32000,65536,2,A\nn1,64000,131072,8,B\nn2,16000,32768,0,\n\"n,3\",32000,"
     "65536,2,B\n"),
    ("name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos\np0,2000,4096,1,500,,LS\np1,4000,8192,1,1000,A|B,BE\np2,"
     "1000,1024,0,0,,\n"
     "p3,2000,4096,1,250,B,\"x,y\"\r\np4,8000,16384,2,1000,,LS\np5,3000,4096,8,1000,A|C,\n"),
    "pos,seed1,seed2\n0,4,5\n1,0,4\n2,5,3\n3,1,2\n4,3,\n5,2,\n",
    "sn,seed1,seed2\n\"n,3\",0,3\nn2,1,2\nn1,2,1\nn0,3,0\n",
    ("rank,cpu_milli,num_gpu,gpu_milli,gpu_spec,count,weight\n0,2000,1,500,,10,0.5\n1,4000,2,1000,A|B,5,0.25\n2,1000,0,"
     "0,,5,0.25\n"),
};

static const char *const words[] = {",",
                                    "\"",
                                    "\n",
                                    "\r",
                                    "\r\n",
                                    "\xef\xbb\xbf",
                                    "|",
                                    "-",
                                    "-1",
                                    "0",
                                    "1",
                                    "17",
                                    "1001",
                                    "4000001",
                                    "2147483648",
                                    "1e3",
                                    "1.5",
                                    "0x10",
                                    "nan",
                                    "inf",
                                    "99999999999999999999",
                                    " ",
                                    "\t",
                                    "",
                                    "seed1",
                                    "seed2",
                                    "sn",
                                    "gpu_spec",
                                    "num_gpu",
                                    "n0",
                                    "A",
                                    "\x1b[31m",
                                    "\xff\xfe",
                                    "%s%n",
                                    "\"\"",
                                    ",,,,,,,,",
                                    "\n\n\n",
                                    "n0,1,1,1,A\n",
                                    "p,1,1,1,1,\n",
                                    "weight",
                                    "0.999999999"};

static uint64_t state;
static uint32_t below(uint32_t n)
{
    state = hash_mix(state + UINT64_C(0x9e3779b97f4a7c15));
    return (uint32_t)((state >> 33) % n);
}

struct text {
    char bytes[ROOM];
    size_t length;
};

static struct {
    bool running;
    int kept; /* standard error while the readers' messages go to a file */
    uint64_t seed, round;
    struct text file[FILES];
    char said[SAID];
} campaign;

static void replace(struct text *text, size_t at, size_t drop, const char *add, size_t count)
{
    if (text->length - drop + count >= ROOM)
        return;
    memmove(text->bytes + at + count, text->bytes + at + drop, text->length - at - drop);
    memcpy(text->bytes + at, add, count);
    text->length += count - drop;
}

static void mutate(struct text *text)
{
    size_t at = below((uint32_t)text->length + 1), left = text->length - at,
           some = below((uint32_t)(left < 30 ? left : 30) + 1);
    const char *word = words[below(sizeof words / sizeof words[0])];
    char byte = (char)below(256), copy[40];
    memcpy(copy, text->bytes + at, some);
    switch (below(6)) {
    case 0:
        replace(text, at, left > 0, &byte, 1);
        break;
    case 1:
        replace(text, at, some, "", 0);
        break;
    case 2:
        replace(text, below((uint32_t)text->length + 1), 0, copy, some);
        break;
    case 3:
        replace(text, at, below(8) == 0 ? left : 0, "", 0);
        break;
    default:
        replace(text, at, below(2) == 0 ? some : 0, word, strlen(word));
        break;
    }
}

/* A file in memory that has a path. */
static const char *path_of(struct arena *arena, const struct text *text, int *fd)
{
    *fd = memfd_create("openb", MFD_CLOEXEC);
    assert_true(*fd >= 0 && write(*fd, text->bytes, text->length) == (ssize_t)text->length);
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

static void restore_stderr(void)
{
    if (campaign.kept > 0) {
        dup2(campaign.kept, STDERR_FILENO);
        close(campaign.kept);
    }
    campaign.kept = 0;
}

/* Returns how many files were accepted. */
static int fuzz_round(struct arena *arena, FILE *said)
{
    const char *path[FILES];
    int fd[FILES];
    state = hash_word(campaign.seed, campaign.round);
    uint32_t victims = below(4) == 0 ? 0 : 1 + below((1 << FILES) - 1);
    for (int f = 0; f < FILES; f++) {
        struct text *text = &campaign.file[f];
        text->length = strlen(starts[f]);
        memcpy(text->bytes, starts[f], text->length);
        for (uint32_t i = (victims >> f & 1) != 0 ? 1 + below(4) : 0; i > 0; i--)
            mutate(text);
        path[f] = path_of(arena, text, &fd[f]);
    }
    campaign.kept = dup(STDERR_FILENO);
    rewind(said);
    assert_true(ftruncate(fileno(said), 0) == 0 && dup2(fileno(said), STDERR_FILENO) >= 0);
    int accepted = read_all(arena, path);
    restore_stderr();
    ssize_t length = pread(fileno(said), campaign.said, SAID - 1, 0);
    assert_true(length >= 0 && is_printable(campaign.said, (size_t)length));
    assert_true(accepted == FILES || length > 0); /* a refusal says why */
    for (int f = 0; f < FILES; f++)
        close(fd[f]);
    return accepted;
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL && *text != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

static void any_trace_is_refused_with_a_reason_or_placed(void **unused)
{
    (void)unused;
    uint64_t rounds = setting("NINES_FUZZ_ROUNDS", 4000), by_count[FILES + 1] = {0};
    struct arena arena;
    FILE *said = tmpfile();
    assert_non_null(said);
    arena_open(&arena, 0);
    campaign.seed = setting("NINES_FUZZ_SEED", 1);
    campaign.running = true;
    for (campaign.round = 0; campaign.round < rounds; campaign.round++) {
        struct arena_mark mark = arena_mark(&arena);
        by_count[fuzz_round(&arena, said)]++;
        arena_rewind(&arena, mark);
    }
    campaign.running = false;
    arena_close(&arena);
    fclose(said);
    /* No side may go untested. */
    assert_true(by_count[0] * 10 > rounds && by_count[FILES] * 10 > rounds);
    assert_true(by_count[2] * 50 > rounds && by_count[3] * 50 > rounds && by_count[4] * 50 > rounds);
}

static int last_words(void **unused)
{
    (void)unused;
    restore_stderr();
    if (campaign.running)
        print_error("NINES_FUZZ_SEED=%llu round %llu\n", (unsigned long long)campaign.seed,
                    (unsigned long long)campaign.round);
    for (int f = 0; campaign.running && f < FILES; f++)
        print_error("--- file %d\n%.*s\n", f, (int)campaign.file[f].length, campaign.file[f].bytes);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(any_trace_is_refused_with_a_reason_or_placed, last_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
