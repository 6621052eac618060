/* `nines run RUN.db`: a run again, from what its own file says, and whether it came out the same. */
#include "sim/command/command_execute.h"

#include <inttypes.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What the file holds, by (task, arm) of the study that was read back from it. */
struct memory {
    const struct study *study;
    uint64_t *digest; /* [tasks][arms]; valid where known */
    bool *known;
    uint64_t compared, differ;
    struct study_task task; /* the first that differs, */
    uint32_t arm;           /* and where */
};

static const char **split_overrides(struct arena *arena, const char *text, size_t *count)
{
    size_t lines = 1;
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n';
    const char **all = arena_array(arena, lines, const char *);
    *count = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        all[(*count)++] = arena_format(arena, "%.*s", (int)length, text);
        text += length + (text[length] == '\n');
    }
    return all;
}

static void compare_digest(void *context, struct study_task task, uint32_t arm, uint64_t digest)
{
    struct memory *memory = context;
    size_t i = study_task_number(memory->study, task) * memory->study->arm_count + arm;
    if (!memory->known[i])
        return;
    memory->compared++;
    if (memory->digest[i] != digest && memory->differ++ == 0) {
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

/* The digests of the replications that the file holds: all of them, unless the run was interrupted. */
static bool remember(struct memory *memory, const struct study *study, struct store *store, struct arena *arena)
{
    size_t count = study_task_count(study) * study->arm_count;
    sqlite3 *database = store_database(store);
    sqlite3_stmt *find = NULL;
    memory->study = study;
    memory->digest = arena_array(arena, count, uint64_t);
    memory->known = arena_array(arena, count, bool);
    if (sqlite3_prepare_v2(database, "SELECT digest FROM replication WHERE id = ?", -1, &find, NULL) != SQLITE_OK) {
        message_error(NULL, "cannot read the replications: %s", sqlite3_errmsg(database));
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct study_task task = study_task_at(study, i / study->arm_count);
        int64_t point_id = store_point_id(study->points[task.point].label);
        int64_t cloud_id = store_cloud_id(study->arms[i % study->arm_count].name);
        sqlite3_bind_int64(find, 1, store_replication_id(point_id, cloud_id, task.outer_draw, task.replication));
        if (sqlite3_step(find) == SQLITE_ROW && sqlite3_column_text(find, 0) != NULL) {
            memory->digest[i] = strtoull((const char *)sqlite3_column_text(find, 0), NULL, 16);
            memory->known[i] = true;
        }
        sqlite3_reset(find);
    }
    sqlite3_finalize(find);
    return true;
}

/* The file says what to run; options that would change it make no sense. */
static bool options_fit(const struct command_line *line)
{
    static const char *const changing[] = {"--reps", "--seed", "--set", "--log"};
    for (size_t i = 0; i < sizeof changing / sizeof changing[0]; i++) {
        if (command_flag(line, changing[i])) {
            message_error("run the scenario file instead",
                          "%s cannot be combined with a results file, which says what to run", changing[i]);
            return false;
        }
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
                                  .command = execute_command(line),
                                  .seen = compare_digest,
                                  .seen_context = &memory,
                                  .replace = command_flag(line, "--force")};
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
    }
    if (!remember(&memory, study, store, line->arena))
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
    struct study_source source = {.path = arena_format(line->arena, "%s.cfg", run.scenario),
                                  .text = run.scenario_text,
                                  .log = execute_log(run.log)};
    source.overrides = split_overrides(line->arena, run.overrides, &source.override_count);
    int code = EXIT_USAGE;
    if (study_prepare(&study, line->arena, &source, line->registry, stderr))
        code = run_study(line, &study, &source, &run, store);
    else
        fprintf(stderr, "hint: '%s' was written by nines %s (%s)\n", message_show(line->arena, line->operand[0]),
                message_show(line->arena, run.version), message_show(line->arena, run.commit_id));
    store_close(store);
    return code;
}
