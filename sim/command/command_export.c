#include "sim/base/file.h"
#include "sim/command/command.h"
#include "sim/results/export.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int command_export(const struct command_line *line)
{
    const char *path = line->operand[0], *slash = strrchr(path, '/');
    if (command_flag(line, "--json") && command_flag(line, "--csv")) {
        message_error(NULL, "--json and --csv cannot be combined");
        return EXIT_USAGE;
    }
    const char *beside = slash != NULL ? arena_format(line->arena, "%.*s/export", (int)(slash - path), path) : "export";
    struct export_options options = {.path = path,
                                     .folder = command_text(line, "-o", beside),
                                     .json = command_flag(line, "--json"),
                                     .quiet = command_flag(line, "--quiet")};
    if (options.folder[0] == '\0') {
        message_error(NULL, "-o wants the name of a folder");
        return EXIT_USAGE;
    }
    if (access(path, R_OK) != 0) {
        message_error(NULL, "cannot read '%s': %s", message_show(line->arena, path), strerror(errno));
        return EXIT_MACHINE;
    }
    if (!file_is_database(path)) {
        message_error("give a run.db that 'nines run' wrote", "'%s' is no results file", message_show(line->arena, path));
        return EXIT_MACHINE;
    }
    return file_make_folder(line->arena, options.folder) ? export_run(&options, line->arena) : EXIT_MACHINE;
}
