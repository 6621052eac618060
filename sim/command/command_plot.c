#include "sim/base/file.h"
#include "sim/command/command.h"
#include "sim/plot/plot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The folder that a file lies in. */
static const char *folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return ".";
    return slash == path ? "/" : arena_format(arena, "%.*s", (int)(slash - path), path);
}

/* A results file may be called anything; a table must say what it is by its name. */
static bool is_table(const char *path)
{
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".csv") == 0 && !file_is_database(path);
}

int command_plot(const struct command_line *line)
{
    const char *path = line->operand[0];
    if (access(path, R_OK) != 0) {
        message_error(NULL, "cannot read '%s': %s", message_show(line->arena, path), strerror(errno));
        return EXIT_MACHINE;
    }
    struct plot_options options = {.path = path,
                                   .folder = command_text(line, "-o", folder_of(line->arena, path)),
                                   .format = command_text(line, "--format", "svg"),
                                   .width_mm = atof(command_text(line, "--width", "174")),
                                   .subject = command_text(line, "--service", NULL),
                                   .charts = line->operand + 1,
                                   .chart_count = line->operands - 1,
                                   .quiet = command_flag(line, "--quiet")};
    if (options.folder[0] == '\0' || !file_make_folder(line->arena, options.folder))
        return options.folder[0] == '\0' ? EXIT_USAGE : EXIT_MACHINE;
    return is_table(path) ? plot_curve_run(line->arena, &options) : plot_run(line->arena, &options);
}
