/* `nines merge`: the files of shards become the one file that a single run would have written. */
#include "sim/command/command_execute.h"
#include "sim/results/store_merge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct merging {
    const struct command_line *line;
    struct store **file;    /* [count], as typed */
    struct store_run *run;  /* [count] */
    struct store **shard;   /* [count], by number */
    uint32_t count;
    struct study study;
    uint64_t replications, events, digest;
};

static const char *name_of(const struct merging *merging, uint32_t file)
{
    return message_show(merging->line->arena, merging->line->operand[file + 1]);
}

static int fail(const struct merging *merging, const struct store *store)
{
    message_error(NULL, "%s", message_show(merging->line->arena, store_message(store)));
    return EXIT_MACHINE;
}

/* --- Do the files belong together? --- */

static const char *difference(const struct store_run *a, const struct store_run *b)
{
    if (strcmp(a->scenario_text, b->scenario_text) != 0)
        return "another scenario";
    if (a->seed != b->seed)
        return "another seed";
    if (strcmp(a->overrides, b->overrides) != 0)
        return "other options (--set, --reps)";
    if (strcmp(a->version, b->version) != 0 || strcmp(a->commit_id, b->commit_id) != 0)
        return "another version of nines";
    if (strcmp(a->log, b->log) != 0)
        return "another --log";
    return a->shards != b->shards ? "another number of shards" : NULL;
}

static int refuse_file(const struct merging *merging, uint32_t file, const char *hint, const char *why)
{
    message_error(hint, "'%s' %s", name_of(merging, file), why);
    return EXIT_USAGE;
}

/* Gives the file its place among the shards. */
static int place(struct merging *merging, uint32_t file)
{
    struct arena *arena = merging->line->arena;
    const struct store_run *run = &merging->run[file];
    const char *other = difference(&merging->run[0], run);
    if (other != NULL)
        return refuse_file(merging, file, "run it again as the others were: scenario, seed, options and build",
                           arena_format(arena, "is of %s than '%s'", other, name_of(merging, 0)));
    if (run->shards == 1)
        return refuse_file(merging, file, "shards are made with 'nines run --shard'", "is a whole run and no shard");
    if (strcmp(run->status, "complete") != 0)
        return refuse_file(merging, file,
                           arena_format(arena, "'nines run %s --resume' finishes it",
                                        message_word(arena, merging->line->operand[file + 1])),
                           "is not complete");
    if (run->shard < merging->count && merging->shard[run->shard] != NULL)
        return refuse_file(merging, file, NULL,
                           arena_format(arena, "is shard %" PRIu32 "/%" PRIu32 ", which was given already", run->shard,
                                        run->shards));
    if (run->shard < merging->count)
        merging->shard[run->shard] = merging->file[file];
    return EXIT_DONE;
}

static int check_complete(const struct merging *merging)
{
    uint32_t shards = merging->run[0].shards;
    for (uint32_t i = 0; i < shards; i++) {
        if (i < merging->count && merging->shard[i] != NULL)
            continue;
        message_error(NULL, "shard %" PRIu32 "/%" PRIu32 " is missing", i, shards);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

static int open_files(struct merging *merging)
{
    int code = EXIT_DONE;
    for (uint32_t i = 0; i < merging->count && code == EXIT_DONE; i++) {
        if (!store_open_read(&merging->file[i], merging->line->operand[i + 1]) ||
            !store_read_run(merging->file[i], merging->line->arena, &merging->run[i]))
            return fail(merging, merging->file[i]);
        code = place(merging, i);
    }
    return code == EXIT_DONE ? check_complete(merging) : code;
}

/* --- Joining --- */

static bool copy_task(struct merging *merging, struct store_merge *merge, uint64_t number)
{
    const struct study *study = &merging->study;
    struct study_task task = study_task_at(study, number);
    const char *label = study->points[task.point].label;
    for (uint32_t arm = 0; arm < study->arm_count; arm++) {
        struct study_stored stored = {0};
        int64_t id = store_replication_id(store_point_id(label), store_cloud_id(study->arms[arm].name), task.outer_draw,
                                          task.replication);
        if (!store_merge_replication(merge, (uint32_t)(number % merging->count), id, &stored))
            return false;
        merging->events += stored.events;
        merging->digest = study_digest_next(merging->digest, label, task.outer_draw, task.replication,
                                            study->arms[arm].name, stored.digest);
    }
    merging->replications++;
    return true;
}

static bool join(struct merging *merging, struct store *out)
{
    struct store_merge *merge;
    bool fine = store_merge_open(&merge, merging->line->arena, out, merging->shard, merging->count);
    uint64_t tasks = study_task_count(&merging->study);
    merging->digest = study_digest_start();
    for (uint64_t number = 0; fine && number < tasks; number++)
        fine = copy_task(merging, merge, number) && store_tick(out);
    fine = fine && store_merge_end(merge);
    store_merge_close(merge);
    for (uint32_t i = 0; fine && i < merging->count; i++)
        store_add_effort(out, merging->run[i].wall_s, merging->run[i].cpu_s, merging->run[i].peak_memory_kib);
    return fine && store_finish(out, STORE_COMPLETE, merging->digest, -1);
}

static void report(const struct merging *merging, const char *path)
{
    struct arena *arena = merging->line->arena;
    if (command_flag(merging->line, "--quiet"))
        return;
    printf("%" PRIu64 " replications of %zu cloud%s from %" PRIu32 " shards\n", merging->replications,
           merging->study.arm_count, merging->study.arm_count == 1 ? "" : "s", merging->count);
    printf("digest %016" PRIx64 " (%" PRIu64 " events)\nwrote %s\nnext: nines compare %s\n", merging->digest, merging->events,
           message_show(arena, path), message_word(arena, path));
}

static int write_out(struct merging *merging, const struct study_source *source)
{
    const char *path = merging->line->operand[0];
    struct execution execution = {.line = merging->line, .study = &merging->study, .path = path,
                                  .command = execute_command(merging->line), .threads = 1,
                                  .replace = command_flag(merging->line, "--force")};
    struct store *out = NULL;
    execution.run = execute_describe(&execution, source);
    execution.run.scenario = merging->run[0].scenario;
    execution.run.version = merging->run[0].version;
    execution.run.commit_id = merging->run[0].commit_id;
    execution.run.dirty = merging->run[0].dirty;
    execution.run.compiler = merging->run[0].compiler;
    execution.run.libraries = merging->run[0].libraries;
    int code = execute_open_store(&execution, &out);
    if (code == EXIT_DONE && !join(merging, out))
        code = fail(merging, out);
    store_close(out);
    if (code == EXIT_DONE)
        report(merging, path);
    else
        (void)remove(path); /* without all its shards it would be taken for the run */
    return code;
}

static bool is_free(const struct command_line *line)
{
    const char *path = line->operand[0];
    struct stat out, shard;
    if (stat(path, &out) != 0)
        return true;
    for (size_t i = 1; i < line->operands; i++)
        if (stat(line->operand[i], &shard) == 0 && shard.st_dev == out.st_dev && shard.st_ino == out.st_ino) {
            message_error("the first name is that of the new file", "'%s' is one of the shards",
                          message_show(line->arena, path));
            return false;
        }
    if (S_ISREG(out.st_mode) && command_flag(line, "--force"))
        return true;
    message_error("replace it with --force, or choose another name", "'%s' exists already", message_show(line->arena, path));
    return false;
}

int command_merge(const struct command_line *line)
{
    struct merging merging = {.line = line, .count = (uint32_t)(line->operands - 1)};
    if (!is_free(line))
        return EXIT_USAGE;
    merging.file = arena_array(line->arena, merging.count, struct store *);
    merging.shard = arena_array(line->arena, merging.count, struct store *);
    merging.run = arena_array(line->arena, merging.count, struct store_run);
    int code = open_files(&merging);
    if (code == EXIT_DONE) {
        struct study_source source = execute_source(line->arena, &merging.run[0]);
        code = study_prepare(&merging.study, line->arena, &source, line->registry, stderr) ? write_out(&merging, &source)
                                                                                           : EXIT_USAGE;
    }
    for (uint32_t i = 0; i < merging.count; i++)
        store_close(merging.file[i]);
    return code;
}
