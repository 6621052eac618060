#include "sim/command/command.h"
#include "sim/study/study.h"

#include <string.h>

static int print_reference(const struct command_line *line)
{
    size_t count = 0;
    while (line->registry->models[count] != NULL)
        count++;
    const struct key **keys = arena_array(line->arena, count + 1, const struct key *);
    const struct key **point_keys = arena_array(line->arena, count + 1, const struct key *);
    const char **names = arena_array(line->arena, count + 1, const char *);
    for (size_t i = 0; i < count; i++) {
        keys[i] = line->registry->models[i]->keys;
        point_keys[i] = line->registry->models[i]->point_keys;
        names[i] = line->registry->models[i]->name;
    }
    if (command_flag(line, "--markdown"))
        scenario_print_page(stdout, keys, point_keys, names, count);
    else
        scenario_print_reference(stdout, keys, point_keys, names, count);
    return EXIT_DONE;
}

/* One file, in memory of its own. */
static bool validate(const struct command_line *line, const char *path)
{
    struct arena arena;
    struct study study;
    struct study_source source = {.path = path};
    source.overrides = command_texts(line, "--set", &source.override_count);
    arena_open(&arena, 0);
    bool fine = study_prepare(&study, &arena, &source, line->registry, stderr);
    if (fine)
        study_print_warnings(&study, stderr);
    if (fine && command_flag(line, "--print-config"))
        scenario_print_config(study.scenario, stdout);
    arena_close(&arena);
    return fine;
}

int command_validate(const struct command_line *line)
{
    int code = EXIT_DONE;
    if (command_flag(line, "--reference") || command_flag(line, "--markdown"))
        return print_reference(line);
    for (size_t i = 0; i < line->operands; i++) {
        if (!validate(line, line->operand[i]))
            code = EXIT_USAGE;
    }
    return code;
}
