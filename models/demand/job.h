/* A job's progress: work, checkpoints, losses and waiting.
 *
 * A gang runs only while all its members are up. Each attempt pays the restart cost, then works; after every `interval` of work it
 * writes a checkpoint for `write`, during which it makes no progress. A failure loses the work since the last completed checkpoint.
 * Every microsecond of a job's life from its first start is one of productive, checkpoint, rework (lost work), restart,
 * detection, queue or slow, and these add up exactly: wall = productive + checkpoint + rework + detection + restart + queue + slow.
 * Without failures wall = restart + work + floor((work - 1 tick) / interval) * write.
 *
 * A job that is told beforehand that it will be stopped may save: from then on it only writes, and what it had done is committed when
 * the write is complete; until the stop it then waits. Whether there is time for that is the caller's rule. A stop that was announced is
 * no failure: it needs no detection, and is counted apart.
 *
 * A gang whose members are degraded works at the pace of the slowest, as one that synchronizes at every step does: restart, work and
 * writes all take longer, and what they take longer is `slow`. An attempt's progress is told by a clock of its own that runs at this
 * pace; all durations given to and by this file but `slow` and the instants are of that clock.
 *
 * Source: the wall-clock model of Daly 2006, "A higher order estimate of the optimum checkpoint interval for restart dumps",
 * section 2, with failures possible during writes and restarts. Pure: time comes in as an argument. */
#ifndef NINES_MODELS_DEMAND_JOB_H
#define NINES_MODELS_DEMAND_JOB_H

#include "sim/base/units.h"

#include <stdbool.h>
#include <stdint.h>

struct job_costs {
    duration interval; /* work between checkpoints; 0: none are written */
    duration write;    /* blocking part of one checkpoint */
    duration restart;  /* load and warm-up at the begin of every attempt */
};

/* Where every microsecond of a job's life went. */
struct job_account {
    duration productive, checkpoint, rework, restart, detection, queue, slow;
};

enum { JOB_PACE = 1000000 }; /* the full pace */

enum job_phase { JOB_NEW, JOB_RUNNING, JOB_UNDETECTED, JOB_QUEUED, JOB_DONE };

struct job {
    enum job_phase phase;
    instant since;      /* of the phase */
    duration work;      /* productive time wanted */
    duration committed; /* productive time that a failure cannot take any more */
    duration checkpoint, rework, restart, detection, queue, slow; /* accounted up to `since` */
    uint32_t pace;          /* of JOB_PACE; of the attempt under way, since `paced` */
    instant paced;
    duration aged;          /* the attempt's own clock at `paced` */
    int32_t attempts, failures, stops;
    bool saving;            /* it writes a checkpoint before a stop that it knows of */
    duration saving_since;  /* on the attempt's clock */
    duration saving_needs;  /* the write is complete so long after */
};

/* All members are up: the attempt begins, at full pace. Returns when the job will be done if nothing happens. */
instant job_begin(struct job *job, const struct job_costs *costs, instant now);
/* The pace of a running job changes, 0 < pace <= JOB_PACE. Returns when it will be done if nothing else happens; INSTANT_NEVER while
 * it saves. */
instant job_pace(struct job *job, const struct job_costs *costs, uint32_t pace, instant now);
/* How far the attempt's clock gets in a time of the wall's. */
duration job_clock_time(const struct job *job, duration time);
/* A member went down: work since the last completed checkpoint is lost. Returns what was lost. */
duration job_fail(struct job *job, const struct job_costs *costs, instant now);
/* Work that a stop at `now` would cost, and what is left of a checkpoint that is being written (0: none is). Running jobs only. */
duration job_unsaved(const struct job *job, const struct job_costs *costs, instant now, duration *in_flight);
/* A running job knows of its stop: it does nothing but write from now on, for `needs`. Its finish must not come any more. */
void job_save(struct job *job, duration needs, instant now);
/* A running job is stopped by somebody who said so: like a failure that is noticed at once, without what has been saved. */
duration job_stop(struct job *job, const struct job_costs *costs, instant now);
/* Somebody has noticed: what follows is queueing. No effect unless undetected. */
void job_detect(struct job *job, instant now);
/* The end of the work, at the instant that job_begin returned. */
void job_finish(struct job *job, const struct job_costs *costs, instant now);
/* Where the time since the first attempt began has gone so far: the sum is job_wall(). Productive includes what is not committed
 * yet. */
struct job_account job_account(const struct job *job, const struct job_costs *costs, instant now);
/* Time since the first attempt began, waiting included. */
duration job_wall(const struct job *job, instant now);

#endif
