#include "sim/command/command.h"
#include "sim/report/report.h"

#include <string.h>

int command_report(const struct command_line *line)
{
    const char *path = line->operand[0], *slash = strrchr(path, '/');
    int folder = slash != NULL ? (int)(slash - path + 1) : 0;
    struct report_options options = {.path = path,
                                     .out = command_text(line, "-o", arena_format(line->arena, "%.*sreport.html", folder, path)),
                                     .quiet = command_flag(line, "--quiet")};
    if (options.out[0] == '\0') {
        message_error(NULL, "-o needs the name of a file");
        return EXIT_USAGE;
    }
    return report_run(line->arena, &options);
}
