/* Reads a whole file into memory. */
#ifndef NINES_MODELS_COMMANDS_WHOLE_H
#define NINES_MODELS_COMMANDS_WHOLE_H

#include "sim/base/arena.h"

#include <stddef.h>

/* The bytes of path, or of standard input for "-", in the arena and followed by a NUL. NULL when it cannot be read: *why says why,
 * in static words. Of a file with more than `most` bytes, most + 1 bytes are returned, and the caller says what that means. */
char *whole_read(struct arena *arena, const char *path, size_t most, size_t *bytes, const char **why);

#endif
