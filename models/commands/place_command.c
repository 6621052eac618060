/* `nines place`: the GPU core against a trace, without any simulation. */
#include "models/commands/commands.h"
#include "models/commands/place_line.h"
#include "models/commands/place_write.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const struct command_option place_options[] = {
    {.name = "--nodes",
     .argument = "CSV",
     .stage = "What arrives where",
     .help = "nodes: sn,cpu_milli,memory_mib,gpu,model (required)"},
    {.name = "--pods",
     .argument = "CSV",
     .help = "pods: name,cpu_milli,memory_mib,num_gpu,gpu_milli[,gpu_spec] (required)"},
    {.name = "--seeds",
     .argument = "A..B|A,B",
     .help = "seeds of the arrival order, of ranks and of chance\n(default: 42)"},
    {.name = "--tune",
     .argument = "X",
     .help =
         "requested GPU as a multiple of capacity: pods are repeated\nor taken away (default: 1.3); 0: each pod once"},
    {.name = "--order",
     .argument = "CSV",
     .help = "replay arrivals: pos,seedN,... with rows of pods\n(default: drawn from the seed)"},
    {.name = "--rank", .argument = "CSV", .help = "replay ranks: sn,seedN,... (default: drawn from the seed)"},
    {.name = "--policy",
     .argument = "P|all",
     .stage = "How pods are placed",
     .help =
         "a policy, several joined by commas, or all of the paper's\nsix (default: all); an unknown name lists them"},
    {.name = "--ties",
     .argument = "RULE",
     .choices = "rank|uniform|lowest",
     .help = "among nodes of equal score: lowest rank (default), a draw,\nor first of the file"},
    {.name = "--typical",
     .argument = "CSV",
     .stage = "What counts as a fragment",
     .help = "target workload of FGD and of fragmentation (default: the\nmost frequent kinds of pods)"},
    {.name = "--popularity",
     .argument = "SHARE",
     .help = "share of the pods that the most frequent kinds make up\n(default: 95 %)"},
    {.name = "--gpu-weight", .argument = "W", .help = "count a pod with N whole GPUs as 1 + W N pods (default: 0)"},
    {.name = "--no-cpu-only", .help = "leave CPU-only pods out of the target workload"},
    {.name = "--curve",
     .argument = "FILE",
     .stage = "Where it goes",
     .help = "allocation and fragmentation per percent arrived, as CSV;\n'-' is standard output"},
    {.name = "--placements", .argument = "FILE", .help = "every arrival with its node and devices, as CSV"},
    {.name = "--threads",
     .argument = "N",
     .integer = true,
     .low = 1,
     .high = 1024,
     .stage = "How",
     .help = "threads (default: one per CPU); the results do not depend on it"},
    {.name = "--quiet", .help = "no table; say nothing unless something is wrong"},
    {0},
};

/* --- Outputs --- */

struct output {
    const struct command_line *line;
    const struct place_plan *plan;
    struct place_table table;
    FILE *curve, *placements;
    double started;
    bool progress, shown;
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Writing must not destroy what is read. */
static bool is_input(const struct command_line *line, const char *path)
{
    static const char *const inputs[] = {"--nodes", "--pods", "--order", "--rank", "--typical"};
    struct stat out, in;
    if (stat(path, &out) != 0 || !S_ISREG(out.st_mode))
        return false;
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        const char *input = command_text(line, inputs[i], NULL);
        if (input != NULL && stat(input, &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
            return true;
    }
    return false;
}

/* NULL without the option; *code set after saying what is wrong. */
static FILE *open_output(const struct command_line *line, const char *option, int *code)
{
    const char *path = command_text(line, option, NULL);
    if (path == NULL)
        return NULL;
    if (strcmp(path, "-") == 0)
        return stdout;
    if (is_input(line, path)) {
        message_error(NULL, "%s would overwrite the input '%s'", option, message_show(line->arena, path));
        *code = EXIT_USAGE;
        return NULL;
    }
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        message_error(NULL, "cannot write '%s': %s", message_show(line->arena, path), strerror(errno));
        *code = EXIT_MACHINE;
    }
    return file;
}

static int close_output(const struct command_line *line, const char *option, FILE *file)
{
    if (file == NULL || file == stdout)
        return EXIT_DONE;
    bool failed = ferror(file) != 0;
    if (fclose(file) != 0)
        failed = true;
    if (failed)
        message_error(NULL, "cannot write '%s': %s", message_show(line->arena, command_text(line, option, "")),
                      strerror(errno));
    return failed ? EXIT_MACHINE : EXIT_DONE;
}

static void take(void *context, size_t policy, size_t seed, const struct place_result *result)
{
    struct output *output = context;
    place_table_add(&output->table, output->plan, policy, seed, result);
    if (output->curve != NULL)
        place_write_curve(output->curve, output->plan, policy, seed, result);
    if (output->placements != NULL)
        place_write_placements(output->placements, output->plan, policy, seed, result);
}

static void tick(void *context, size_t done, size_t total)
{
    struct output *output = context;
    double elapsed = seconds() - output->started;
    if (!output->progress || elapsed < 0.5)
        return;
    fprintf(stderr, "\r\033[K%zu of %zu experiments", done, total);
    if (done > 0)
        fprintf(stderr, ", %.0f s left", elapsed * (double)(total - done) / (double)done);
    fflush(stderr);
    output->shown = true;
}

static void report(const struct output *output, unsigned threads, double elapsed)
{
    const struct command_line *line = output->line;
    const struct place_plan *plan = output->plan;
    const struct openb *openb = plan->openb;
    if (command_flag(line, "--quiet") || output->curve == stdout || output->placements == stdout)
        return;
    static const char *const ties[] = {"by rank", "to the first node", "drawn uniformly"};
    bool replayed = command_text(line, "--order", NULL) != NULL;
    printf("%s: %zu pods for %" PRId64 " GPUs on %zu nodes; tune %g, seeds %s, arrivals %s, ties %s\n\n",
           message_show(line->arena, plan->trace), openb->pod_count, openb->capacity_gpu_milli / GPU_DEVICE_MILLI,
           openb->node_count, plan->tune, place_seeds_text(line->arena, plan), replayed ? "replayed" : "drawn",
           ties[plan->ties]);
    place_table_print(&output->table, plan, stdout);
    printf("\n%zu experiments in %.2f s on %u thread%s; mean +- standard deviation over %zu seed%s\n",
           plan->policy_count * plan->seed_count, elapsed, threads, threads == 1 ? "" : "s", plan->seed_count,
           plan->seed_count == 1 ? "" : "s");
    const char *curve = command_text(line, "--curve", NULL), *placements = command_text(line, "--placements", NULL);
    if (placements != NULL)
        printf("wrote %s\n", message_show(line->arena, placements));
    if (curve != NULL)
        printf("wrote %s; nines plot %s draws it\n", message_show(line->arena, curve),
               message_word(line->arena, curve));
}

static unsigned thread_count(const struct command_line *line)
{
    cpu_set_t set;
    int64_t available = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return (unsigned)command_integer(line, "--threads", available);
}

static int run(struct output *output)
{
    const struct command_line *line = output->line;
    const struct place_plan *plan = output->plan;
    unsigned threads = thread_count(line);
    size_t total = plan->policy_count * plan->seed_count;
    struct place_sink sink = {.context = output, .take = take, .tick = tick};
    threads = threads < total ? threads : (unsigned)total;
    output->started = seconds();
    bool fine = place_run(plan, threads, &sink);
    if (output->shown)
        fputs("\r\033[K", stderr);
    if (!fine) {
        message_error(NULL, "cannot start a thread");
        return EXIT_MACHINE;
    }
    report(output, threads, seconds() - output->started);
    return EXIT_DONE;
}

static bool open_outputs(struct output *output, int *code)
{
    const struct command_line *line = output->line;
    output->curve = open_output(line, "--curve", code);
    if (*code == EXIT_DONE)
        output->placements = open_output(line, "--placements", code);
    if (*code == EXIT_DONE && output->curve == stdout && output->placements == stdout) {
        message_error(NULL, "--curve and --placements cannot both go to standard output");
        *code = EXIT_USAGE;
    }
    if (*code != EXIT_DONE)
        return false;
    if (output->curve != NULL)
        place_write_curve_header(output->curve);
    if (output->placements != NULL)
        place_write_placements_header(output->placements);
    return true;
}

int place_command(const struct command_line *line)
{
    struct openb openb;
    struct place_plan plan;
    struct output output = {.line = line, .plan = &plan};
    int code;
    if (!place_prepare(line, &plan, &openb, &code))
        return code;
    code = EXIT_DONE;
    if (!open_outputs(&output, &code))
        return code;
    output.progress = isatty(STDERR_FILENO) && !command_flag(line, "--quiet");
    place_table_open(&output.table, line->arena, &plan);
    code = run(&output);
    int curve = close_output(line, "--curve", output.curve);
    int placements = close_output(line, "--placements", output.placements);
    return code != EXIT_DONE ? code : curve != EXIT_DONE ? curve : placements;
}
