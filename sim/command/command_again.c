/* `nines run RUN.db`: a run again, from what its own file says, and whether it came out the same. With --resume: the rest of it. */
#include "sim/command/command_execute.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct memory {
    struct stored stored; /* what the file holds */
    uint64_t compared, differ;
    struct study_task task; /* the first that differs, */
    uint32_t arm;           /* and where */
};

static void compare_digest(void *context, struct study_task task, uint32_t arm, uint64_t digest)
{
    struct memory *memory = context;
    const struct study_stored *there = stored_find(&memory->stored, task);
    if (there == NULL)
        return;
    memory->compared++;
    if (there[arm].digest != digest && memory->differ++ == 0) {
        memory->task = task;
        memory->arm = arm;
    }
}

static void report_again(const struct execution *execution, const struct memory *memory, bool agrees)
{
    const struct command_line *line = execution->line;
    struct arena *arena = line->arena;
    if (command_flag(line, "--json")) {
        execute_report_json(execution, json_pack("{s:b, s:I, s:I}", "agrees", agrees, "replications_compared",
                                                 (json_int_t)memory->compared, "replications_differing",
                                                 (json_int_t)memory->differ));
        return;
    }
    if (!command_flag(line, "--quiet")) {
        execute_report(execution, stdout);
        if (execution->path != NULL)
            printf("wrote %s\n", message_show(arena, execution->path));
    }
    if (agrees && !command_flag(line, "--quiet"))
        printf("the digest agrees with %s (%" PRIu64 " replications compared)\n", message_show(arena, line->operand[0]),
               memory->compared);
    if (agrees)
        return;
    if (memory->differ == 0) {
        message_error(NULL, "the digest differs from '%s'", message_show(arena, line->operand[0]));
        return;
    }
    message_error(NULL,
                  "%" PRIu64 " of %" PRIu64 " replications differ from '%s', first in point '%s', replication %" PRIu32
                  ", cloud '%s'",
                  memory->differ, memory->compared, message_show(arena, line->operand[0]),
                  message_show(arena, execution->study->points[memory->task.point].label), memory->task.replication,
                  message_show(arena, execution->study->arms[memory->arm].name));
}

/* The file says what to run; options that would change it make no sense. */
static bool options_fit(const struct command_line *line)
{
    static const char *const changing[] = {"--reps", "--seed", "--set", "--log", "--shard"};
    for (size_t i = 0; i < sizeof changing / sizeof changing[0]; i++) {
        if (command_flag(line, changing[i])) {
            message_error("run the scenario file instead",
                          "%s cannot be combined with a results file, which says what to run", changing[i]);
            return false;
        }
    }
    if (command_flag(line, "--resume") && command_flag(line, "-o")) {
        message_error("leave out -o", "--resume finishes the results file itself");
        return false;
    }
    return true;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

static bool read_run(const struct command_line *line, struct store_run *run, struct store **store)
{
    if (store_open_read(store, line->operand[0]) && store_read_run(*store, line->arena, run))
        return true;
    message_error(NULL, "%s", message_show(line->arena, store_message(*store)));
    return false;
}

/* Runs the study and judges. code: of the preparations, when path could not be had. */
static int run_study(const struct command_line *line, const struct study *study, const struct study_source *source,
                     const struct store_run *run, struct store *store)
{
    struct memory memory = {0};
    struct execution execution = {.line = line,
                                  .study = study,
                                  .command = execute_command(line), .threads = execute_threads(line),
                                  .seen = compare_digest,
                                  .seen_context = &memory,
                                  .replace = command_flag(line, "--force"),
                                  .resumable = true};
    execution.run.shard = run->shard;
    execution.run.shards = run->shards;
    const char *folder = command_text(line, "-o", NULL);
    int code = EXIT_DONE;
    if (folder != NULL) {
        if (is_same_file(arena_format(line->arena, "%s/run.db", folder), line->operand[0])) {
            message_error("choose another folder", "-o would replace the results file that is to be repeated");
            return EXIT_USAGE;
        }
        execution.path = execute_path(line, folder, &code);
        if (execution.path == NULL)
            return code;
        execution.run = execute_describe(&execution, source);
        execution.run.scenario = run->scenario;
        execution.run.shard = run->shard;
        execution.run.shards = run->shards;
    }
    if (!stored_load(&memory.stored, study, store, line->arena))
        return EXIT_MACHINE;
    code = execute_study(&execution);
    if (code != EXIT_DONE)
        return code;
    bool whole = strcmp(run->status, "complete") == 0;
    bool agrees = memory.differ == 0 && memory.compared > 0;
    if (whole)
        agrees = agrees && run->digest != NULL && strtoull(run->digest, NULL, 16) == execution.outcome.digest;
    report_again(&execution, &memory, agrees);
    return agrees ? EXIT_DONE : EXIT_NO;
}

/* The rest of an interrupted run, into its own file. */
static int finish_study(const struct command_line *line, const struct study *study, const struct study_source *source,
                        const struct store_run *run)
{
    struct execution execution = {.line = line, .study = study, .command = execute_command(line), .threads = execute_threads(line), .resume = true,
                                  .resumable = true, .path = line->operand[0]};
    execution.run = execute_describe(&execution, source);
    execution.run.scenario = run->scenario;
    execution.run.shard = run->shard;
    execution.run.shards = run->shards;
    int code = execute_study(&execution);
    execute_tell(&execution, code);
    return code;
}

int command_run_again(const struct command_line *line)
{
    struct store *store = NULL;
    struct store_run run;
    struct study study;
    if (!options_fit(line))
        return EXIT_USAGE;
    if (!read_run(line, &run, &store)) {
        store_close(store);
        return EXIT_MACHINE;
    }
    struct study_source source = execute_source(line->arena, &run);
    int code = EXIT_USAGE;
    if (study_prepare(&study, line->arena, &source, line->registry, stderr)) {
        if (command_flag(line, "--resume")) {
            store_close(store); /* before its file is opened for writing: sim/results/store_lock.c */
            return finish_study(line, &study, &source, &run);
        }
        code = run_study(line, &study, &source, &run, store);
    } else {
        fprintf(stderr, "hint: '%s' was written by nines %s (%s)\n", message_show(line->arena, line->operand[0]),
                message_show(line->arena, run.version), message_show(line->arena, run.commit_id));
    }
    store_close(store);
    return code;
}
