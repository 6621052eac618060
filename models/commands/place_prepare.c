/* From what was typed to a plan: options, files, workloads. */
#include "models/commands/place_line.h"

#include "models/commands/openb.h"
#include "sim/scenario/scenario.h"
#include "sim/base/units.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* --- What was typed --- */

static bool parse_seed(const char **text, int64_t *seed)
{
    char *end;
    size_t digits = strspn(*text, "0123456789");
    errno = 0;
    *seed = strtoll(*text, &end, 10);
    bool fine = digits > 0 && errno == 0;
    *text += digits;
    return fine;
}

static bool seed_is_new(const struct place_seed *seeds, size_t count, int64_t seed)
{
    for (size_t i = 0; i < count; i++)
        if (seeds[i].seed == seed)
            return false;
    return true;
}

/* "42..51", "1,5,7..9". */
static bool parse_seeds(const struct command_line *line, struct place_plan *plan)
{
    const char *text = command_text(line, "--seeds", "42"), *at = text;
    struct place_seed *seeds = arena_array(line->arena, PLACE_SEEDS_MOST, struct place_seed);
    for (;;) {
        int64_t first, last;
        bool fine = parse_seed(&at, &first);
        last = first;
        if (fine && strncmp(at, "..", 2) == 0) {
            at += 2;
            fine = parse_seed(&at, &last);
        }
        if (!fine || last < first || (*at != ',' && *at != '\0') || last - first >= PLACE_SEEDS_MOST) {
            message_error("--seeds takes whole numbers such as 42..51 or 1,2,5", "'%s' are no seeds",
                          message_show(line->arena, text));
            return false;
        }
        for (int64_t seed = first; seed <= last; seed++) {
            if (plan->seed_count == PLACE_SEEDS_MOST || !seed_is_new(seeds, plan->seed_count, seed)) {
                message_error(NULL,
                              plan->seed_count == PLACE_SEEDS_MOST ? "more than %" PRId64 " seeds"
                                                                   : "seed %" PRId64 " is there twice",
                              plan->seed_count == PLACE_SEEDS_MOST ? (int64_t)PLACE_SEEDS_MOST : seed);
                return false;
            }
            seeds[plan->seed_count++].seed = seed;
        }
        if (*at++ == '\0')
            break;
    }
    plan->seeds = seeds;
    return true;
}

static bool unknown_policy(const struct command_line *line, const char *name)
{
    size_t count = place_policies(), column = 0;
    const char **names = arena_array(line->arena, count, const char *), *list = "";
    for (size_t i = 0; i < count; i++) {
        names[i] = place_policy(i).name;
        bool turn = column + strlen(names[i]) > 90;
        list = arena_format(line->arena, "%s%s%s", list, i == 0 ? "" : turn ? ",\n  " : ", ", names[i]);
        column = (turn ? 0 : column) + strlen(names[i]) + 2;
    }
    const char *near = scenario_nearest(name, names, count);
    message_error(near != NULL ? arena_format(line->arena, "did you mean '%s'?", near)
                               : arena_format(line->arena, "the policies are\n  %s", list),
                  "unknown policy '%s'", message_show(line->arena, name));
    return false;
}

static bool add_policy(const struct command_line *line, struct place_plan *plan, struct place_policy *policies,
                       const char *name)
{
    size_t index = 0;
    while (index < place_policies() && strcmp(place_policy(index).name, name) != 0)
        index++;
    if (index == place_policies())
        return unknown_policy(line, name);
    struct place_policy policy = place_policy(index);
    for (size_t i = 0; i < plan->policy_count; i++)
        if (strcmp(policies[i].name, policy.name) == 0) {
            message_error(NULL, "policy '%s' is there twice", name);
            return false;
        }
    policies[plan->policy_count++] = policy;
    return true;
}

/* "all", "FGD", "BestFit,FGD". */
static bool parse_policies(const struct command_line *line, struct place_plan *plan)
{
    const char *text = command_text(line, "--policy", "all");
    struct place_policy *policies = arena_array(line->arena, place_policies(), struct place_policy);
    plan->policies = policies;
    for (size_t i = 0; strcmp(text, "all") == 0 && i < GPU_PUBLISHED; i++)
        policies[plan->policy_count++] = place_policy(i);
    while (strcmp(text, "all") != 0) {
        size_t length = strcspn(text, ",");
        if (!add_policy(line, plan, policies, arena_format(line->arena, "%.*s", (int)length, text)))
            return false;
        if (text[length] == '\0')
            break;
        text += length + 1;
    }
    return true;
}

static bool parse_tune(const struct command_line *line, struct place_plan *plan)
{
    const char *text = command_text(line, "--tune", "1.3"), *why = "";
    if (units_number(text, &plan->tune, &why) && plan->tune >= 0 && plan->tune <= 100)
        return true;
    message_error(NULL, "--tune takes a number from 0 to 100, not '%s'", message_show(line->arena, text));
    return false;
}

static enum gpu_ties parse_ties(const struct command_line *line)
{
    const char *text = command_text(line, "--ties", "rank");
    return strcmp(text, "rank") == 0 ? GPU_TIES_RANK : strcmp(text, "lowest") == 0 ? GPU_TIES_LOWEST : GPU_TIES_UNIFORM;
}

static bool has_inputs(const struct command_line *line)
{
    if (command_text(line, "--nodes", NULL) != NULL && command_text(line, "--pods", NULL) != NULL)
        return true;
    message_error(NULL, "'nines place' needs --nodes and --pods");
    command_usage(line->command, stderr);
    return false;
}

/* The file's name without what all traces of the family share. */
static const char *trace_name(struct arena *arena, const char *path)
{
    static const char prefix[] = "openb_pod_list_";
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    if (strncmp(name, prefix, sizeof prefix - 1) == 0)
        name += sizeof prefix - 1;
    size_t length = strlen(name);
    if (length > 4 && strcmp(name + length - 4, ".csv") == 0)
        length -= 4;
    return arena_format(arena, "%.*s", (int)length, name);
}

/* --- Arrivals and ranks --- */

static int64_t *seed_numbers(struct arena *arena, const struct place_plan *plan)
{
    int64_t *numbers = arena_array(arena, plan->seed_count, int64_t);
    for (size_t s = 0; s < plan->seed_count; s++)
        numbers[s] = plan->seeds[s].seed;
    return numbers;
}

static bool replay_order(const struct command_line *line, const struct place_plan *plan, struct place_seed *seeds,
                         const char *path, int *code)
{
    int32_t *order;
    size_t length;
    struct arena *arena = line->arena;
    if (!openb_read_order(plan->openb, arena, path, seed_numbers(arena, plan), plan->seed_count, &order, &length, code))
        return false;
    for (size_t s = 0; s < plan->seed_count; s++) {
        seeds[s].arrivals = arena_array(arena, length, uint32_t);
        for (size_t i = 0; i < length && order[s * length + i] >= 0; i++)
            seeds[s].arrivals[seeds[s].count++] = (uint32_t)order[s * length + i];
    }
    return true;
}

static bool wants_gpus(const struct openb *openb)
{
    for (size_t i = 0; i < openb->pod_count; i++)
        if (openb->pods[i].devices > 0)
            return true;
    return false;
}

static bool draw_order(const struct command_line *line, const struct place_plan *plan, struct place_seed *seeds,
                       int *code)
{
    const struct openb *openb = plan->openb;
    uint32_t *by_name = openb_sort_names(line->arena, openb->pod_names, openb->pod_count);
    int64_t target = (int64_t)rint(plan->tune * (double)openb->capacity_gpu_milli);
    if (target > 0 && !wants_gpus(openb)) {
        message_error("--tune 0 lets each pod arrive once", "no pod asks for a GPU, so the load cannot be tuned");
        *code = EXIT_USAGE;
        return false;
    }
    for (size_t s = 0; s < plan->seed_count; s++)
        if (!place_arrivals(openb, line->arena, by_name, target, &seeds[s])) {
            message_error("lower --tune", "more than %d arrivals", PLACE_ARRIVALS_MOST);
            *code = EXIT_USAGE;
            return false;
        }
    return true;
}

static bool read_ranks(const struct command_line *line, const struct place_plan *plan, struct place_seed *seeds,
                       const char *path, int *code)
{
    const struct openb *openb = plan->openb;
    uint32_t *rank;
    if (!openb_read_rank(openb, line->arena, path, seed_numbers(line->arena, plan), plan->seed_count, &rank, code))
        return false;
    for (size_t s = 0; s < plan->seed_count; s++)
        seeds[s].rank = rank + s * openb->node_count;
    return true;
}

static bool prepare_seeds(const struct command_line *line, struct place_plan *plan, int *code)
{
    struct place_seed *seeds = arena_array(line->arena, plan->seed_count, struct place_seed);
    const char *order = command_text(line, "--order", NULL), *rank = command_text(line, "--rank", NULL);
    memcpy(seeds, plan->seeds, plan->seed_count * sizeof *seeds);
    plan->seeds = seeds;
    if (!(order != NULL ? replay_order(line, plan, seeds, order, code) : draw_order(line, plan, seeds, code)))
        return false;
    if (rank != NULL)
        return read_ranks(line, plan, seeds, rank, code);
    uint32_t *by_name = openb_sort_names(line->arena, plan->openb->node_names, plan->openb->node_count);
    for (size_t s = 0; s < plan->seed_count; s++)
        place_ranks(plan->openb, line->arena, by_name, &seeds[s]);
    return true;
}

/* The curve goes as far as any seed's arrivals, and not beyond what they were tuned to. */
static void choose_bins(struct place_plan *plan)
{
    double percent = (double)plan->openb->capacity_gpu_milli / 100, most = 0;
    for (size_t s = 0; s < plan->seed_count; s++) {
        int64_t arrived = 0;
        for (size_t i = 0; i < plan->seeds[s].count; i++)
            arrived += gpu_pod_milli(&plan->openb->pods[plan->seeds[s].arrivals[i]]);
        most = fmax(most, rint((double)arrived / percent));
    }
    if (plan->tune > 0)
        most = fmin(most, rint(100 * plan->tune));
    plan->bins = (size_t)fmin(most, 1e6) + 1;
}

/* --- The target workload --- */

static bool read_typical(const struct command_line *line, struct place_plan *plan, struct openb *openb,
                         const char *path, int *code)
{
    if (command_text(line, "--popularity", NULL) != NULL || command_text(line, "--gpu-weight", NULL) != NULL ||
        command_flag(line, "--no-cpu-only")) {
        message_error(NULL, "--typical cannot be combined with --popularity, --gpu-weight or --no-cpu-only");
        *code = EXIT_USAGE;
        return false;
    }
    return openb_read_typical(openb, line->arena, path, &plan->typical, &plan->typical_count, code);
}

static bool count_typical(const struct command_line *line, struct place_plan *plan, int *code)
{
    const struct openb *openb = plan->openb;
    const char *share = command_text(line, "--popularity", "95 %"), *weight = command_text(line, "--gpu-weight", "0");
    const char *why = "";
    struct gpu_typical_options options = {.pods = openb->pods,
                                          .count = openb->pod_count,
                                          .spec_order = openb->spec_order,
                                          .without_cpu_only = command_flag(line, "--no-cpu-only")};
    *code = EXIT_USAGE;
    if (!units_share(share, &options.share, &why) || !(options.share > 0 && options.share <= 1)) {
        message_error(NULL, "--popularity takes a share above 0, up to 100 %%, not '%s'",
                      message_show(line->arena, share));
        return false;
    }
    if (!units_number(weight, &options.gpu_weight, &why) || !(options.gpu_weight >= 0 && options.gpu_weight <= 1e6)) {
        message_error(NULL, "--gpu-weight takes a number from 0 to 1e6, not '%s'", message_show(line->arena, weight));
        return false;
    }
    if (options.without_cpu_only && !wants_gpus(openb)) {
        message_error(NULL, "no pod asks for a GPU, so --no-cpu-only leaves no target workload");
        return false;
    }
    /* A list of too many kinds ends here and not the program. */
    jmp_buf escape;
    struct check_scene scene = {.escape = &escape}, *before = check_enter(&scene);
    bool fits = setjmp(escape) == 0;
    if (fits)
        plan->typical_count = gpu_typical_from_pods(line->arena, &options, &plan->typical);
    check_enter(before);
    if (!fits)
        message_error("lower --popularity, or give the target workload with --typical",
                      "the pods are of so many kinds that the target workload would have more than %d",
                      GPU_TYPICAL_MAX);
    return fits;
}

/* Reads the files. */
static bool read_inputs(const struct command_line *line, struct place_plan *plan, struct openb *openb, int *code)
{
    struct arena *arena = line->arena;
    const char *pods = command_text(line, "--pods", NULL), *typical = command_text(line, "--typical", NULL);
    plan->openb = openb;
    if (!openb_read_nodes(openb, arena, command_text(line, "--nodes", NULL), code) ||
        !openb_read_pods(openb, arena, pods, code))
        return false;
    if (openb->capacity_gpu_milli == 0) {
        message_error(NULL, "no node has a GPU");
        *code = EXIT_USAGE;
        return false;
    }
    plan->trace = trace_name(arena, pods);
    if (!(typical != NULL ? read_typical(line, plan, openb, typical, code) : count_typical(line, plan, code)) ||
        !prepare_seeds(line, plan, code))
        return false;
    choose_bins(plan);
    return true;
}

bool place_prepare(const struct command_line *line, struct place_plan *plan, struct openb *openb, int *code)
{
    *plan = (struct place_plan){.ties = parse_ties(line),
                                .keep_placements = command_text(line, "--placements", NULL) != NULL};
    *openb = (struct openb){.node_count = 0};
    *code = EXIT_USAGE;
    return has_inputs(line) && parse_policies(line, plan) && parse_seeds(line, plan) && parse_tune(line, plan) &&
           read_inputs(line, plan, openb, code);
}
