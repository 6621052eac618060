#include "models/commands/market_command.h"
#include "models/commands/replay.h"
#include "models/commands/whole.h"

#include <string.h>

int market_replay(const struct command_line *line)
{
    const char *path = line->operand[1], *name = strcmp(path, "-") == 0 ? "standard input" : path, *why;
    struct mistakes mistakes;
    struct replay replay;
    size_t bytes;
    const char *text = whole_read(line->arena, path, REPLAY_BYTES, &bytes, &why);
    if (text == NULL) {
        message_error(NULL, "cannot read '%s': %s", message_show(line->arena, path), why);
        return EXIT_MACHINE;
    }
    mistakes_open(&mistakes, line->arena, name, text, bytes);
    const struct replay_plan *plan = replay_plan(line->arena, &mistakes, name, text, bytes);
    mistakes_print(&mistakes, stderr);
    if (mistakes.errors > 0)
        return EXIT_USAGE;
    replay_open(&replay, line->arena, plan);
    if (command_flag(line, "--json"))
        replay_write_json(&replay, line->arena);
    else
        replay_print(&replay, line->arena);
    market_audit(&replay.market);
    return EXIT_DONE;
}
