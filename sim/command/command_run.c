#include "sim/base/file.h"
#include "sim/command/command_execute.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --set in order, then what has an option of its own. */
static const char **overrides_of(const struct command_line *line, size_t *count)
{
    size_t sets;
    const char *const *set = command_texts(line, "--set", &sets);
    const char **all = arena_array(line->arena, sets + 2, const char *);
    for (*count = 0; *count < sets; (*count)++)
        all[*count] = set[*count];
    if (command_flag(line, "--reps"))
        all[(*count)++] = arena_format(line->arena, "replications=%" PRId64, command_integer(line, "--reps", 0));
    if (command_flag(line, "--seed"))
        all[(*count)++] = arena_format(line->arena, "seed=%" PRId64, command_integer(line, "--seed", 0));
    return all;
}

static bool overrides_fit(const char *const *overrides, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strchr(overrides[i], '\n') != NULL) {
            message_error("write it into the scenario file", "--set takes a value of one line");
            return false;
        }
    }
    return true;
}

/* A file named "...cfg" must not write beside results/. */
static const char *default_folder(struct arena *arena, const char *name)
{
    bool odd = strcmp(name, "") == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
    return arena_format(arena, "results/%s", odd ? "scenario" : name);
}

/* Where it goes without -o. Shards of one run lie side by side. */
static const char *default_place(const struct command_line *line, const struct execution *execution)
{
    const char *folder = default_folder(line->arena, execution->study->scenario->name);
    if (execution->run.shards <= 1)
        return folder;
    return arena_format(line->arena, "%s/shard-%" PRIu32 "-of-%" PRIu32, folder, execution->run.shard,
                        execution->run.shards);
}

static bool options_fit(const struct command_line *line)
{
    if (command_flag(line, "--resume") && command_flag(line, "--force")) {
        message_error(NULL, "--resume goes on with the file and --force replaces it; choose one");
        return false;
    }
    return true;
}

int command_run(const struct command_line *line)
{
    if (!options_fit(line))
        return EXIT_USAGE;
    if (file_is_database(line->operand[0]))
        return command_run_again(line);
    struct study study;
    uint32_t shard, shards;
    struct study_source source = {.path = line->operand[0], .log = execute_log(command_text(line, "--log", "summary"))};
    source.overrides = overrides_of(line, &source.override_count);
    if (!overrides_fit(source.overrides, source.override_count) || !execute_shard(line, &shard, &shards))
        return EXIT_USAGE;
    if (!study_prepare(&study, line->arena, &source, line->registry, stderr))
        return EXIT_USAGE;
    if (!command_flag(line, "--quiet"))
        study_print_warnings(&study, stderr);
    if (study.precision.half_width > 0 && shards > 1) {
        message_error("leave out one of them",
                      "--shard cannot be combined with 'precision', which looks at all replications of a point");
        return EXIT_USAGE;
    }
    struct execution execution = {.line = line, .study = &study, .command = execute_command(line), .threads = execute_threads(line)};
    execution.run = execute_describe(&execution, &source);
    execution.run.shard = shard;
    execution.run.shards = shards;
    execution.replace = command_flag(line, "--force");
    execution.resume = command_flag(line, "--resume");
    execution.resumable = true;
    int code;
    execution.path = execute_path(line, command_text(line, "-o", default_place(line, &execution)), &code);
    if (execution.path == NULL)
        return code;
    code = execute_study(&execution);
    execute_tell(&execution, code);
    return code;
}
