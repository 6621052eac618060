/* The commands that the models bring: each drives a core without any simulation.
 *
 * Arrows: models/nines.c -> commands -> {market, sdl, gpu} -> sim. A command reads files, calls a pure core, and prints;
 * it decides nothing that the core could decide. */
#ifndef NINES_MODELS_COMMANDS_COMMANDS_H
#define NINES_MODELS_COMMANDS_COMMANDS_H

#include "sim/command/command.h"

/* For sim_registry.commands; ends with name NULL. */
extern const struct command models_commands[];

extern const struct command_option place_options[];
int place_command(const struct command_line *line);

extern const struct command_option market_options[];
int market_command(const struct command_line *line);

#endif
