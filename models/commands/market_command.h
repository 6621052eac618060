/* What the files of `nines market` share. */
#ifndef NINES_MODELS_COMMANDS_MARKET_COMMAND_H
#define NINES_MODELS_COMMANDS_MARKET_COMMAND_H

#include "sim/command/command.h"

/* `nines market sdl FILE` and `nines market replay FILE`: operand[1] is the file. Return exit codes. */
int market_sdl(const struct command_line *line);
int market_replay(const struct command_line *line);

#endif
