/* Joining the files of shards: their rows go over as they are, in the order in which one run would have written them.
 *
 * Every table with a column replication_id is copied, whatever it is called. Such a table holds its rows in the order of the
 * replications of its shard, so each (shard, table) is read once from front to end, and memory does not grow with the run. Tables
 * without row numbers are looked up by their key instead. */
#ifndef NINES_SIM_STORE_MERGE_H
#define NINES_SIM_STORE_MERGE_H

#include "sim/base/arena.h"
#include "sim/results/store.h"
#include "sim/study/study.h"

struct store_merge;

/* out: created and described, without replications. shards[count]: open for reading; both outlive the merge. false: see
 * store_message(out); to be closed in either case. */
bool store_merge_open(struct store_merge **merge, struct arena *arena, struct store *out, struct store *const *shards,
                      uint32_t count);
/* Copies one replication from its shard; call in the order of tasks and arms. stored: what the shard says of it. false: see
 * store_message(out). */
bool store_merge_replication(struct store_merge *merge, uint32_t shard, int64_t id, struct study_stored *stored);
/* Whether everything that the shards hold has been copied. false: see store_message(out). */
bool store_merge_end(struct store_merge *merge);
void store_merge_close(struct store_merge *merge);

#endif
