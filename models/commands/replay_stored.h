/* The messages that one replication of a run wrote down (--log events), out of its results file. */
#ifndef NINES_MODELS_COMMANDS_REPLAY_STORED_H
#define NINES_MODELS_COMMANDS_REPLAY_STORED_H

#include "sim/base/arena.h"

#include <stddef.h>
#include <stdint.h>

struct replay_stored {
    const char *path;          /* results file */
    const char *point, *cloud; /* by name; NULL: the first one of which there are messages */
    int64_t rep;
    /* Found: */
    const char *name; /* "run.db, point 'both', cloud 'akash', replication 0" */
    const char *text; /* [bytes] one message a line */
    size_t bytes;
};

/* Fills in what was found, in arena. Returns EXIT_DONE, or another exit code after it said why. */
int replay_stored_read(struct arena *arena, struct replay_stored *stored);

#endif
