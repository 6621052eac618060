/* What the program says to a person, and the codes it ends with.
 *
 * Results go to stdout, messages to stderr. Exit codes: 0 done; 1 the answer is no; 2 usage or scenario; 3 machine. What a
 * user typed, or a file holds, is hostile until proven otherwise: it is never a format, and control characters in it are
 * shown as escapes. */
#ifndef NINES_SIM_MESSAGE_H
#define NINES_SIM_MESSAGE_H

#include "sim/base/arena.h"
#include "sim/base/check.h"

enum { EXIT_DONE = 0, EXIT_NO = 1, EXIT_USAGE = 2, EXIT_MACHINE = 3 };

/* "nines: error: ..." and, unless NULL, "hint: ..." on stderr. */
void message_error(const char *hint, const char *format, ...) NINES_PRINTF(2, 3);
/* text fit for a terminal, in arena: control characters and bytes that are no UTF-8 as \n, \x1b and so on, and what hides text or turns
 * its direction as \u202e. */
const char *message_show(struct arena *arena, const char *text);
/* One word of a shell command line, quoted where it has to be. */
const char *message_word(struct arena *arena, const char *text);

#endif
