/* Between the two halves of `nines place`: what was typed, and what comes out. */
#ifndef NINES_MODELS_COMMANDS_PLACE_LINE_H
#define NINES_MODELS_COMMANDS_PLACE_LINE_H

#include "models/commands/place_plan.h"
#include "sim/command/command.h"

/* Reads options and files into a plan; all memory from line->arena. False after saying what is wrong, with the exit
 * code in *code. */
bool place_prepare(const struct command_line *line, struct place_plan *plan, struct openb *openb, int *code);

#endif
