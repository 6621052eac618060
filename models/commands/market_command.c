#include "models/commands/commands.h"
#include "models/commands/market_command.h"
#include "sim/scenario/scenario.h"

#include <string.h>

const struct command_option market_options[] = {
    {.name = "--rules", .argument = "DATE", .choices = "2024-07|2026-08", .stage = "Options",
     .help = "read an SDL as in that month: 2024-07 or 2026-08 (default);\na replay names its rules in its first message"},
    {.name = "--point", .argument = "P", .stage = "Of a results file", .help = "replay the messages of this point (default: the first that has any)"},
    {.name = "--cloud", .argument = "C", .help = "of this cloud (default: the first that has any)"},
    {.name = "--rep", .argument = "N", .integer = true, .low = 0, .high = 1000000, .help = "of this replication (default: 0)"},
    {.name = "--messages", .help = "print the messages instead of replaying them"},
    {.name = "--json", .stage = "How", .help = "print one JSON object instead of text"},
    {0},
};

int market_command(const struct command_line *line)
{
    static const char *const names[] = {"sdl", "replay"};
    const char *what = line->operand[0], *near;
    bool replay = strcmp(what, "replay") == 0;
    if (!replay && strcmp(what, "sdl") != 0) {
        near = scenario_nearest(what, names, 2);
        message_error(near != NULL ? arena_format(line->arena, "did you mean '%s'?", near) : "it is 'sdl' or 'replay'", "'nines market' does not know '%s'",
                      message_show(line->arena, what));
        command_usage(line->command, stderr);
        return EXIT_USAGE;
    }
    if (line->operands < 2) {
        message_error(NULL, "'nines market %s' needs %s", what, replay ? "MESSAGES.jsonl or RUN.db" : "FILE.yaml");
        command_usage(line->command, stderr);
        return EXIT_USAGE;
    }
    if (replay && command_text(line, "--rules", NULL) != NULL) {
        message_error("write {\"message\": \"rules\", \"rules\": \"2024-07\"} into its first line", "--rules is for 'nines market sdl'; a replay names its rules itself");
        return EXIT_USAGE;
    }
    return replay ? market_replay(line) : market_sdl(line);
}
