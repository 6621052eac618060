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

static void report_run(const struct execution *execution)
{
    const struct command_line *line = execution->line;
    if (command_flag(line, "--json")) {
        execute_report_json(execution, NULL);
    } else if (!command_flag(line, "--quiet")) {
        execute_report(execution, stdout);
        printf("wrote %s\n", message_show(line->arena, execution->path));
        printf("next: nines compare %s\n", message_word(line->arena, execution->path));
        printf("      nines plot %s\n", message_word(line->arena, execution->path));
    }
}

int command_run(const struct command_line *line)
{
    if (file_is_database(line->operand[0]))
        return command_run_again(line);
    struct study study;
    struct study_source source = {.path = line->operand[0], .log = execute_log(command_text(line, "--log", "summary"))};
    source.overrides = overrides_of(line, &source.override_count);
    if (!overrides_fit(source.overrides, source.override_count))
        return EXIT_USAGE;
    if (!study_prepare(&study, line->arena, &source, line->registry, stderr))
        return EXIT_USAGE;
    struct execution execution = {
        .line = line, .study = &study, .command = execute_command(line), .replace = command_flag(line, "--force")};
    int code;
    execution.path =
        execute_path(line, command_text(line, "-o", default_folder(line->arena, study.scenario->name)), &code);
    if (execution.path == NULL)
        return code;
    execution.run = execute_describe(&execution, &source);
    code = execute_study(&execution);
    /* A program that asked for JSON wants to know how far an interrupted run got, too. */
    if (code == EXIT_DONE || (command_flag(line, "--json") && execution.outcome.total > 0))
        report_run(&execution);
    return code;
}
