/* How far a run is, on stderr while it goes: on a terminal one line with a bar, the time left and the intervals so far, drawn
 * again several times a second; elsewhere (a log file, a cluster's output) a plain line every ten seconds; with --quiet nothing.
 *
 * The intervals are of the model's first availability (its first metric when it has none) at the point that is under way,
 * Student's t over the replications so far of the nominal setting, for every cloud. */
#ifndef NINES_SIM_COMMAND_PROGRESS_H
#define NINES_SIM_COMMAND_PROGRESS_H

#include "sim/command/command_stored.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct progress;
struct store;

/* stored: what the run goes on from, or NULL; store: where its values are. */
struct progress *progress_open(struct arena *arena, const struct study *study, const struct stored *stored,
                               struct store *store, bool quiet);
/* One arm of one task was lived through; in order. */
void progress_add(struct progress *progress, struct study_task task, uint32_t arm, const struct sim_record *record);
/* Shows it when it is time to. */
void progress_show(struct progress *progress, uint64_t done, uint64_t total);
/* Clears the terminal's line. */
void progress_end(struct progress *progress);

#endif
