#include "sim/command/command_execute.h"
#include "sim/command/command_progress.h"
#include "sim/study/ranks.h"

#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <time.h>

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
    struct progress *progress;
};

static bool take(void *context, struct study_task task, uint32_t arm, struct sim_record *record)
{
    struct sink_state *state = context;
    struct execution *execution = state->execution;
    if (execution->seen != NULL)
        execution->seen(execution->seen_context, task, arm, record_digest(record));
    execution->lived_events += record->events;
    progress_add(state->progress, task, arm, record);
    struct store_replication which = {
        .point = task.point, .cloud = arm, .outer_draw = task.outer_draw, .rep = task.replication};
    return state->store == NULL || store_write_replication(state->store, which, record);
}

static bool tick(void *context, uint64_t done, uint64_t total)
{
    struct sink_state *state = context;
    progress_show(state->progress, done, total);
    bool fine = state->store == NULL || store_tick(state->store);
    if (!signal_came())
        return fine;
    /* What is there is safe at once, in case there is no patience with the rest. */
    (void)(state->store == NULL || store_commit(state->store));
    return false;
}

/* --- Which tasks --- */

static bool is_mine(void *context, struct study_task task)
{
    const struct execution *execution = context;
    return study_task_number(execution->study, task) % execution->run.shards == execution->run.shard;
}

static bool find_stored(void *context, struct study_task task, struct study_stored *stored)
{
    const struct execution *execution = context;
    const struct study_stored *found = stored_find(execution->stored, task);
    if (found != NULL)
        memcpy(stored, found, execution->study->arm_count * sizeof *stored);
    return found != NULL;
}

/* The first threads are this process's own. */
static void live_anywhere(void *context, unsigned thread, struct study_worker *worker, struct study_task task,
                          struct arena *arena, struct study_result *result)
{
    const struct execution *execution = context;
    if (thread < execution->threads)
        study_live(worker, task, arena, result);
    else
        ranks_live(execution->line->ranks, thread - execution->threads, task, arena, result);
}

static void give_up_elsewhere(void *context)
{
    const struct execution *execution = context;
    ranks_give_up(execution->line->ranks);
}

/* --- The whole --- */

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
    bool stays = execution->path != NULL && execution->resumable;
    const char *kept = stays ? arena_format(arena, "; '%s' keeps them", message_show(arena, execution->path)) : "";
    const char *finish = !stays               ? NULL
                         : execution->replace ? "the same command with --resume instead of --force finishes it"
                                              : "the same command with --resume finishes it";
    switch (outcome->end) {
    case STUDY_COMPLETE:
        return EXIT_DONE;
    case STUDY_INTERRUPTED:
        message_error(finish,
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
    message_error(finish, "%s",
                  outcome->why != NULL ? outcome->why : message_show(arena, store_message(store)));
    return EXIT_MACHINE;
}

static struct study_outcome run_watched(struct execution *execution, struct store *store)
{
    const struct command_line *line = execution->line;
    double started = seconds();
    struct sink_state state = {.execution = execution, .store = store};
    state.progress = progress_open(line->arena, execution->study, execution->stored, store, command_flag(line, "--quiet"));
    struct study_options options = {.threads = execution->threads, .replay = execution->command, .context = execution};
    if (execution->run.shards > 1)
        options.mine = is_mine;
    if (execution->stored != NULL)
        options.stored = find_stored;
    options.threads += ranks_begin(line->ranks, execution->study, (unsigned)command_integer(line, "--threads", 0));
    if (options.threads > execution->threads)
        options.live = live_anywhere, options.give_up = give_up_elsewhere;
    struct study_sink sink = {.context = &state, .take = take, .tick = tick};
    sigset_t set, before;
    watched_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, &before); /* the threads inherit it */
    struct study_outcome outcome = study_run(execution->study, &options, &sink);
    double elsewhere_cpu_s = ranks_end(line->ranks);
    if (store != NULL)
        store_add_effort(store, 0, elsewhere_cpu_s, 0);
    progress_end(state.progress);
    execution->wall_s = seconds() - started;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return outcome;
}

int execute_study(struct execution *execution)
{
    struct store *store = NULL;
    int code = execution->path == NULL ? EXIT_DONE : execute_open_store(execution, &store);
    if (code != EXIT_DONE) {
        store_close(store);
        return code;
    }
    struct store *written = execution->nothing_left ? NULL : store;
    execution->outcome = run_watched(execution, written);
    struct study_outcome *outcome = &execution->outcome;
    if (written != NULL && outcome->end != STUDY_FAILED) {
        enum store_status status = outcome->end == STUDY_COMPLETE ? STORE_COMPLETE : STORE_INTERRUPTED;
        if (!store_finish(store, status, outcome->digest, outcome->precision_reached))
            outcome->end = STUDY_FAILED;
    }
    code = explain(execution, store);
    store_close(store);
    return code;
}

void execute_report(const struct execution *execution, FILE *out)
{
    const struct study *study = execution->study;
    const struct study_outcome *outcome = &execution->outcome;
    double rate = execution->wall_s > 0 ? (double)execution->lived_events / execution->wall_s : 0;
    fprintf(out, "%" PRIu64 " replications (%zu point%s) of %zu cloud%s in %.2f s on %u thread%s", outcome->done,
            study->point_count, study->point_count == 1 ? "" : "s", study->arm_count, study->arm_count == 1 ? "" : "s",
            execution->wall_s, outcome->threads, outcome->threads == 1 ? "" : "s");
    if (ranks_count(execution->line->ranks) > 1)
        fprintf(out, " of %u processes", ranks_count(execution->line->ranks));
    if (rate > 0)
        fprintf(out, ", %.3g events/s", rate);
    fputc('\n', out);
    if (outcome->stored > 0)
        fprintf(out, "%" PRIu64 " of them were there already\n", outcome->stored);
    if (execution->run.shards > 1)
        fprintf(out, "shard %" PRIu32 "/%" PRIu32 ": a part of the run\n", execution->run.shard, execution->run.shards);
    fprintf(out, "digest %016" PRIx64 " (%" PRIu64 " events)\n", outcome->digest, outcome->events);
}
