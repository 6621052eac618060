#include "models/commands/import.h"

#include "sim/base/message.h"
#include "sim/command/command.h"
#include "sim/scenario/scenario.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

const struct command_option import_options[] = {
    {.name = "-o", .letter = 'o', .argument = "FILE", .stage = "Options",
     .help = "where the scenario part goes (default: stdout, unless --stats, --fit\nor --laws is asked for)"},
    {.name = "--stats", .help = "print rates, times to repair and unavailability by unit, as CSV"},
    {.name = "--fit", .help = "print laws fitted by maximum likelihood, as CSV"},
    {.name = "--laws", .help = "print the best of them as elements of a scenario's list 'laws'"},
    {0},
};

static bool kind_of(const struct command_line *line, enum import_kind *kind)
{
    static const char *const names[] = {"intervals", "uptime"};
    for (int i = 0; i < 2; i++)
        if (strcmp(line->operand[0], names[i]) == 0) {
            *kind = (enum import_kind)i;
            return true;
        }
    const char *near = scenario_nearest(line->operand[0], names, 2);
    message_error(near != NULL ? arena_format(line->arena, "did you mean '%s'?", near) : "it is 'intervals' or 'uptime'",
                  "'nines import' does not know the kind '%s'", message_show(line->arena, line->operand[0]));
    command_usage(line->command, stderr);
    return false;
}

/* Beside the file first, so that an old part is whole until the new one is. */
static bool write_file(const struct command_line *line, const struct import_unit *units, size_t count, const char *path)
{
    const char *beside = arena_format(line->arena, "%s.new", path);
    FILE *out = fopen(beside, "we");
    bool fine = out != NULL;
    if (fine) {
        import_write_part(units, count, line->operand + 1, line->operands - 1, line->arena, out);
        fine = !ferror(out);
        fine = fclose(out) == 0 && fine && rename(beside, path) == 0;
    }
    if (!fine) {
        message_error(NULL, "cannot write '%s': %s", message_show(line->arena, path), strerror(errno));
        unlink(beside);
    }
    return fine;
}

int import_command(const struct command_line *line)
{
    enum import_kind kind;
    struct import_data data = {.arena = line->arena};
    const struct import_unit *units;
    const char *path = command_text(line, "-o", NULL);
    bool stats = command_flag(line, "--stats"), fits = command_flag(line, "--fit"), laws = command_flag(line, "--laws");
    if (!kind_of(line, &kind))
        return EXIT_USAGE;
    if (stats + fits + laws > 1) {
        message_error("each is a table of its own", "--stats, --fit and --laws cannot be combined");
        return EXIT_USAGE;
    }
    int code = EXIT_DONE;
    for (size_t i = 1; i < line->operands && code == EXIT_DONE; i++)
        if (import_read(&data, kind, line->operand[i], &code))
            code = EXIT_DONE;
    if (code != EXIT_DONE)
        return code;
    size_t count = import_units(&data, kind, &units);
    if (count == 0) {
        message_error(NULL, "no outage in these files");
        return EXIT_USAGE;
    }
    if (path != NULL && !write_file(line, units, count, path))
        return EXIT_MACHINE;
    if (stats)
        import_write_statistics(units, count, line->arena, stdout);
    else if (fits)
        import_write_fits(units, count, line->arena, stdout);
    else if (laws)
        import_write_laws(units, count, line->arena, stdout);
    else if (path == NULL)
        import_write_part(units, count, line->operand + 1, line->operands - 1, line->arena, stdout);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        message_error(NULL, "cannot write: %s", strerror(errno));
        return EXIT_MACHINE;
    }
    return EXIT_DONE;
}
