/* Reading `rare = { ... }`: by which method a scenario wants rare events to be reached. Two methods, for two kinds of model:
 *
 *   failure biasing   the model draws failures more often than its laws say and corrects each outcome by its likelihood ratio.
 *                     Only a model whose changes are exponential offers it (models/oracle/markov.c)
 *   splitting         the bench copies a path whenever it has come closer to the event (splitting.h). Any model that can be
 *                     lived through in pieces */
#ifndef NINES_SIM_RARE_H
#define NINES_SIM_RARE_H

#include "sim/study/model.h"

/* Reads the group into scenario->arena. A method that the model does not offer, or levels that do not rise, are reported through
 * scenario_error(). */
struct sim_rare rare_read(struct scenario *scenario, const struct sim_model *model);

/* One replication by the method that the task names. */
void rare_replicate(const struct sim_model *model, const void *plan, const struct sim_task *task, struct sim_record *record);

#endif
