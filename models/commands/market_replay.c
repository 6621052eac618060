/* nines market replay: messages from a file of their own, or those that a run has written down. */
#include "models/commands/market_command.h"
#include "models/commands/replay.h"
#include "models/commands/replay_stored.h"
#include "models/commands/whole.h"
#include "sim/base/file.h"

#include <inttypes.h>
#include <string.h>

/* Where messages come from: a name for mistakes, and the text. */
struct messages {
    const char *name, *text;
    size_t bytes;
};

static int read_file(const struct command_line *line, struct messages *messages)
{
    const char *path = line->operand[1], *why;
    messages->name = strcmp(path, "-") == 0 ? "standard input" : path;
    messages->text = whole_read(line->arena, path, REPLAY_BYTES, &messages->bytes, &why);
    if (messages->text != NULL)
        return EXIT_DONE;
    message_error(NULL, "cannot read '%s': %s", message_show(line->arena, path), why);
    return EXIT_MACHINE;
}

static int read_stored(const struct command_line *line, struct messages *messages)
{
    struct replay_stored stored = {.path = line->operand[1],
                                   .point = command_text(line, "--point", NULL),
                                   .cloud = command_text(line, "--cloud", NULL),
                                   .rep = command_integer(line, "--rep", 0)};
    int code = replay_stored_read(line->arena, &stored);
    *messages = (struct messages){stored.name, stored.text, stored.bytes};
    return code;
}

static bool options_fit(const struct command_line *line, bool stored)
{
    static const char *const of_runs[] = {"--point", "--cloud", "--rep", "--messages"};
    for (size_t i = 0; i < sizeof of_runs / sizeof of_runs[0] && !stored; i++) {
        if (command_flag(line, of_runs[i])) {
            message_error("it says which of its messages are meant", "%s is for a results file", of_runs[i]);
            return false;
        }
    }
    if (command_flag(line, "--messages") && command_flag(line, "--json")) {
        message_error(NULL, "--messages and --json cannot be combined");
        return false;
    }
    return true;
}

int market_replay(const struct command_line *line)
{
    bool stored = file_is_database(line->operand[1]);
    struct messages messages;
    struct mistakes mistakes;
    struct replay replay;
    /* First the file: of one that is not there nobody can say what it would be. */
    int code = stored ? read_stored(line, &messages) : read_file(line, &messages);
    if (code != EXIT_DONE)
        return code;
    if (!options_fit(line, stored))
        return EXIT_USAGE;
    if (command_flag(line, "--messages")) {
        fwrite(messages.text, 1, messages.bytes, stdout);
        return EXIT_DONE;
    }
    mistakes_open(&mistakes, line->arena, messages.name, messages.text, messages.bytes);
    const struct replay_plan *plan = replay_plan(line->arena, &mistakes, messages.name, messages.text, messages.bytes);
    mistakes_print(&mistakes, stderr);
    if (mistakes.errors > 0)
        return EXIT_USAGE;
    replay_open(&replay, line->arena, plan);
    if (command_flag(line, "--json"))
        replay_write_json(&replay, line->arena);
    else
        replay_print(&replay, line->arena);
    market_audit(&replay.market);
    if (replay.differing == 0)
        return EXIT_DONE;
    message_error(NULL, "%zu of %zu stated results came out otherwise, first in line %d", replay.differing, replay.expected, replay.first_differing);
    return EXIT_NO;
}
