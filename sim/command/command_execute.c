#include "sim/command/command_execute.h"

#include <inttypes.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

unsigned execute_threads(const struct command_line *line)
{
    cpu_set_t set;
    int64_t available = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return (unsigned)command_integer(line, "--threads", available);
}

/* --- Ctrl-C --- */

static void watched_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
}

/* True when one came; from then on the next one kills. */
static bool signal_came(void)
{
    sigset_t set;
    watched_signals(&set);
    if (sigtimedwait(&set, NULL, &(struct timespec){0}) < 0)
        return false;
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    return true;
}

/* --- Sink --- */

struct sink_state {
    struct execution *execution;
    struct store *store;
    double started;
    bool progress, shown;
};

static bool take(void *context, struct study_task task, uint32_t arm, struct sim_record *record)
{
    struct sink_state *state = context;
    struct execution *execution = state->execution;
    if (execution->seen != NULL)
        execution->seen(execution->seen_context, task, arm, record_digest(record));
    struct store_replication which = {
        .point = task.point, .cloud = arm, .outer_draw = task.outer_draw, .rep = task.replication};
    return state->store == NULL || store_write_replication(state->store, which, record);
}

static void show_time(double s)
{
    if (s < 90)
        fprintf(stderr, "%.0f s", s);
    else if (s < 5400)
        fprintf(stderr, "%.0f min", s / 60);
    else
        fprintf(stderr, "%.1f h", s / 3600);
}

static bool tick(void *context, uint64_t done, uint64_t total)
{
    struct sink_state *state = context;
    double elapsed = seconds() - state->started;
    if (state->progress && elapsed > 0.5) {
        fprintf(stderr, "\r\033[K%" PRIu64 " of %" PRIu64 " replications", done, total);
        if (done > 0) {
            fputs(", ", stderr);
            show_time(elapsed * (double)(total - done) / (double)done);
            fputs(" left", stderr);
        }
        fflush(stderr);
        state->shown = true;
    }
    return !signal_came();
}

/* --- The results file --- */

static bool add_targets(const struct study *study, struct store *store)
{
    const struct value *targets = value_of(&study->scenario->root, "targets");
    for (size_t i = 0; i < targets->children; i++) {
        const struct value *t = value_at(targets, i);
        struct store_target target = {.name = value_text(t, "name"),
                                      .metric = value_text(t, "metric"),
                                      .unit = value_text(t, "unit"),
                                      .role = value_text(t, "role"),
                                      .low = value_number(t, "low"),
                                      .high = value_number(t, "high"),
                                      .published = value_given(t, "published") ? value_number(t, "published") : NAN,
                                      .expect = value_text(t, "expect"),
                                      .reason = value_text(t, "reason"),
                                      .source = value_text(t, "source"),
                                      .evidence = value_text(t, "evidence")};
        target.point = study_point_index(study, value_text(t, "point"));
        target.cloud = study_arm_index(study, value_text(t, "cloud"));
        if (!store_add_target(store, &target))
            return false;
    }
    return true;
}

/* Marks belong to points, and a store takes them after all of those. */
static bool add_marks(const struct study *study, struct store *store)
{
    for (size_t p = 0; p < study->point_count; p++) {
        const struct study_point *point = &study->points[p];
        for (size_t m = 0; m < point->mark_count; m++)
            if (!store_add_mark(store, (uint32_t)p, point->marks[m].name, point->marks[m].start_s, point->marks[m].end_s))
                return false;
    }
    return true;
}

/* Where the point stands in the study's design. */
static bool add_design(const struct study *study, const struct study_point *point, struct store *store)
{
    if (point->row == NULL)
        return true;
    const struct design_row *row = point->row;
    struct store_design design = {.design = study->design, .matrix = row->matrix, .sample = row->sample, .step = row->step};
    design.factor = row->factor < 0 ? NULL : study->factors[row->factor].path;
    bool fine = store_add_design(store, &design);
    for (uint32_t i = 0; fine && i < study->factor_count; i++)
        fine = store_add_design_value(store, i, study->factors[i].path, row->u[i], point->values[i]);
    return fine;
}

static bool add_input_draws(const struct execution *execution, struct store *store)
{
    const struct study *study = execution->study;
    bool fine = true;
    for (uint32_t draw = 1; draw <= study->outer_draws; draw++)
        for (uint32_t i = 0; fine && i < study->input_count; i++)
            fine = store_add_input_draw(store, draw, i, study->inputs[i].path,
                                        study_input_value(study, i, draw, execution->line->arena));
    return fine;
}

static bool add_analysis(const struct study *study, struct store *store)
{
    const struct value *root = &study->scenario->root, *smallest = value_of(root, "smallest_difference");
    struct store_analysis analysis = {.interval = value_text(root, "interval")};
    if (value_given(root, "control")) {
        analysis.control = value_text(value_of(root, "control"), "metric");
        analysis.expected = value_number(value_of(root, "control"), "expected");
    }
    bool fine = store_add_analysis(store, &analysis);
    for (size_t i = 0; fine && i < smallest->children; i++)
        fine = store_add_smallest(store, value_text(value_at(smallest, i), "metric"), value_number(value_at(smallest, i), "value"));
    return fine;
}

static bool add_evidence(void *store, const struct evidence *evidence) { return store_add_evidence(store, evidence); }

static bool open_store(const struct execution *execution, struct store **store)
{
    const struct study *study = execution->study;
    bool fine = store_create(store, execution->path, execution->replace, &execution->run);
    for (size_t i = 0; fine && i < study->arm_count; i++)
        fine = store_add_cloud(*store, &study->arms[i]);
    for (size_t i = 0; fine && i < study->point_count; i++)
        fine = store_add_point(*store, study->points[i].label, study->points[i].parameters) &&
               add_design(study, &study->points[i], *store);
    return fine && add_input_draws(execution, *store) && add_marks(study, *store) && add_targets(study, *store) &&
           add_analysis(study, *store) && evidence_walk(study->scenario, execution->line->arena, add_evidence, *store) &&
           store_commit(*store);
}

const char *execute_status(const struct execution *execution)
{
    return execution->outcome.end == STUDY_COMPLETE ? "complete" : "interrupted";
}

/* What went wrong, or nothing. Returns the exit code. */
static int explain(const struct execution *execution, const struct store *store)
{
    const struct study_outcome *outcome = &execution->outcome;
    const struct study *study = execution->study;
    struct arena *arena = execution->line->arena;
    const char *kept =
        execution->path == NULL ? "" : arena_format(arena, "; '%s' keeps them", message_show(arena, execution->path));
    switch (outcome->end) {
    case STUDY_COMPLETE:
        return EXIT_DONE;
    case STUDY_INTERRUPTED:
        message_error("run it again with --force to have all of them",
                      "interrupted after %" PRIu64 " of %" PRIu64 " replications%s", outcome->done, outcome->total,
                      kept);
        return EXIT_MACHINE;
    case STUDY_LIMIT:
        message_error(arena_format(arena, "raise '%s' in the scenario", outcome->limit_key),
                      "limit of %" PRId64 " reached in point '%s', replication %" PRIu32 ", cloud '%s'",
                      outcome->limit_value, message_show(arena, study->points[outcome->limit_task.point].label),
                      outcome->limit_task.replication, message_show(arena, study->arms[outcome->limit_arm].name));
        return EXIT_MACHINE;
    case STUDY_FAILED:
        break;
    }
    message_error(NULL, "%s",
                  outcome->why != NULL ? outcome->why : message_show(arena, store_message(store)));
    return EXIT_MACHINE;
}

static struct study_outcome run_watched(struct execution *execution, struct store *store)
{
    const struct command_line *line = execution->line;
    struct sink_state state = {.execution = execution, .store = store, .started = seconds()};
    state.progress = isatty(STDERR_FILENO) && !command_flag(line, "--quiet");
    struct study_options options = {.threads = execute_threads(line), .replay = execution->command};
    struct study_sink sink = {.context = &state, .take = take, .tick = tick};
    sigset_t set, before;
    watched_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, &before); /* the threads inherit it */
    struct study_outcome outcome = study_run(execution->study, &options, &sink);
    if (state.shown)
        fputs("\r\033[K", stderr);
    execution->wall_s = seconds() - state.started;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return outcome;
}

int execute_study(struct execution *execution)
{
    struct store *store = NULL;
    if (execution->path != NULL && !open_store(execution, &store)) {
        message_error(NULL, "%s", message_show(execution->line->arena, store_message(store)));
        store_close(store);
        return EXIT_MACHINE;
    }
    execution->outcome = run_watched(execution, store);
    struct study_outcome *outcome = &execution->outcome;
    if (store != NULL && outcome->end != STUDY_FAILED) {
        enum store_status status = outcome->end == STUDY_COMPLETE ? STORE_COMPLETE : STORE_INTERRUPTED;
        if (!store_finish(store, status, outcome->digest, outcome->precision_reached))
            outcome->end = STUDY_FAILED;
    }
    int code = explain(execution, store);
    store_close(store);
    return code;
}

void execute_report(const struct execution *execution, FILE *out)
{
    const struct study *study = execution->study;
    const struct study_outcome *outcome = &execution->outcome;
    double rate = execution->wall_s > 0 ? (double)outcome->events / execution->wall_s : 0;
    fprintf(out, "%" PRIu64 " replications (%zu point%s) of %zu cloud%s in %.2f s on %u thread%s, %.3g events/s\n",
            outcome->done, study->point_count, study->point_count == 1 ? "" : "s", study->arm_count,
            study->arm_count == 1 ? "" : "s", execution->wall_s, outcome->threads, outcome->threads == 1 ? "" : "s",
            rate);
    fprintf(out, "digest %016" PRIx64 " (%" PRIu64 " events)\n", outcome->digest, outcome->events);
}
