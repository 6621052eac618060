/* A gang that restarts as a whole: how many members it runs with, and how often it may start again.
 *
 * Training is synchronous: when a worker fails, all stop and start again from the last checkpoint, with those that are
 * left if they are enough, else when enough are there. A gang may also shrink and grow between min and max members;
 * every change of membership is a restart of all. Restarts are a budget; the failure that finds it used up ends the
 * job.
 *
 *                       enough left                         enough again
 *   WAITING -> RUNNING -------------> RUNNING   RUNNING -> WAITING -------------> RUNNING
 *                       budget used up -> FAILED
 *
 * Invariants: RUNNING means min <= members <= max; restarts <= budget; a fixed gang (min = max) never runs with fewer;
 * a failure of a node that is no member changes nothing (the caller does not report it).
 *
 * Only the membership is kept here. Progress, checkpoints and lost work are models/demand/job.h: one attempt here is
 * one there, and with fewer members than max the work of an attempt takes elastic_time longer.
 *
 * Source: torchrun (PyTorch elastic agent): any failure restarts all workers and counts against --max-restarts,
 * --nnodes=min:max; a node that joins restarts them too, and does not count there. */
#ifndef NINES_MODELS_GPU_ELASTIC_H
#define NINES_MODELS_GPU_ELASTIC_H

#include <stdbool.h>
#include <stdint.h>

enum gpu_elastic_state { GPU_ELASTIC_WAITING, GPU_ELASTIC_RUNNING, GPU_ELASTIC_DONE, GPU_ELASTIC_FAILED };

enum { GPU_BUDGET_UNLIMITED = -1 };

struct gpu_elastic_options {
    int32_t min, max;  /* members: 1 <= min <= max */
    int32_t budget;    /* restarts allowed, >= 0, or GPU_BUDGET_UNLIMITED */
    bool joins_cost;   /* a member that joins uses up a restart as well; torchrun: false */
};

struct gpu_elastic {
    struct gpu_elastic_options options;
    enum gpu_elastic_state state;
    int32_t members;  /* 0 unless RUNNING */
    int32_t restarts; /* used of the budget */
    int32_t attempts; /* times that it began to run */
    int32_t failures, joins;
};

void gpu_elastic_open(struct gpu_elastic *gang, const struct gpu_elastic_options *options);

/* How many members the gang would take of `available` ones: 0, or min to max. */
int32_t gpu_elastic_wants(const struct gpu_elastic *gang, int32_t available);

/* `available` members are there for a WAITING gang. True: it runs, with gang->members; an attempt begins. */
bool gpu_elastic_begin(struct gpu_elastic *gang, int32_t available);

/* A RUNNING gang lost members; `survivors` (less than members) are left. All stop. True: it runs on with the survivors,
 * a new attempt; false: it waits (its survivors may be kept or let go, as the caller pleases), or its budget was used
 * up. */
bool gpu_elastic_fail(struct gpu_elastic *gang, int32_t survivors);

/* All members of a RUNNING gang are taken away by somebody who said so (an eviction, a preemption): it waits, and that is no failure
 * of its budget. */
void gpu_elastic_stop(struct gpu_elastic *gang);

/* More members have become available to a RUNNING gang: available >= 0 beyond its own. True: all restart with more, a
 * new attempt. False: it is complete, or has no restart to spare and goes on as it is. */
bool gpu_elastic_join(struct gpu_elastic *gang, int32_t available);

/* The work is done. */
void gpu_elastic_finish(struct gpu_elastic *gang);

/* Work is measured in time at full size. Time for `work_us` with `members` of `max`, rounded up; and work done in a
 * time, rounded down. Assumption: speed is proportional to members. */
int64_t gpu_elastic_time_us(int64_t work_us, int32_t members, int32_t max);
int64_t gpu_elastic_work_us(int64_t time_us, int32_t members, int32_t max);

#endif
