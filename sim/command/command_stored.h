/* What a results file holds already: the digest of every replication, by task. A run that goes on leaves these tasks out, and a run
 * that is repeated is held against them. 24 bytes a replication and cloud. */
#ifndef NINES_SIM_COMMAND_STORED_H
#define NINES_SIM_COMMAND_STORED_H

#include "sim/results/store.h"
#include "sim/study/study.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Everything lives in the arena given. */
struct stored {
    const struct study *study;
    size_t count;              /* tasks that are there, under every cloud */
    uint64_t *number;          /* [count], ascending: study_task_number() */
    struct study_stored *rows; /* [count][arms] */
};

/* Reads them. false, after saying why: the file cannot be read, or holds replications by halves or of another study. O(tasks up to
 * the last that is there). */
bool stored_load(struct stored *stored, const struct study *study, struct store *store, struct arena *arena);

/* The arms of a task; NULL: it is not there. O(log count). May be called from any thread. */
const struct study_stored *stored_find(const struct stored *stored, struct study_task task);

#endif
