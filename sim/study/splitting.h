/* Multilevel splitting: reaching an event that plain simulation meets once in a million replications.
 *
 * The way to a rare event leads through states that are ever less likely: one node down, two, a quorum but one. A path that
 * reaches such a level for the first time is copied; the copies share its past and get futures of their own, and each carries an
 * equal part of its weight. So effort goes where the event is near, and the weighted mean of anything a path reports is unbiased:
 * given the state at the moment of copying, each copy's future has the law of the path's own future, and the weights of the copies
 * add up to the weight of the path (fixed splitting, levels fixed beforehand: Kahn & Harris 1951, "Estimation of particle
 * transmission by random sampling"; L'Ecuyer, Demers & Tuffin 2007, "Rare events, splitting, and quasi-Monte Carlo", section 2).
 * That holds for every metric that is a function of the path, and for any levels; levels decide how much is gained alone.
 *
 * The state of a replication is the bytes that its model has allocated, so saving and bringing back is a copy
 * (arena_save()); the futures differ because the streams do (stream_branch()), and because the model draws anew what was
 * drawn ahead and has not happened yet (redraw()), such as the time at which a node that is up will fail. What it leaves as it
 * is, copies share: no bias, but less gain.
 *
 * Good levels: the probability to get from each to the next is about the same, between a tenth and a half, and the copies are its
 * inverse; then about as many paths reach each level as set out. A path is copied once at each level, so the horizon should be
 * short enough that the first level is not reached for certain.
 *
 * One of the copies goes on with the streams that the path had: that one is what plain simulation would have lived through. A
 * replication still is one observation, independent of the others, and its interval is computed as ever; inside it, paths are
 * strongly dependent. Lists (outages, leases, payments) stay empty: a path has a weight, a line in a list has none. */
#ifndef NINES_SIM_SPLITTING_H
#define NINES_SIM_SPLITTING_H

#include "sim/study/model.h"

/* One replication by model->branching under task->rare, reported to record: of each metric and series step the weighted mean over
 * the paths that define it; the events lived through, those before a copy once; a digest over all paths. Ends through
 * limit_reached("limits.paths") when there are more than task->rare.paths_max. */
void splitting_replicate(const struct sim_model *model, const void *plan, const struct sim_task *task,
                         struct sim_record *record);

#endif
