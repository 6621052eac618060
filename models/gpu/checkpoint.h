/* How often to write a checkpoint, what that yields, and whether one can still be written or read.
 *
 * A checkpoint costs `write` of blocked time and saves at most `interval` of work; a failure costs what was not saved,
 * and a restart. Write seldom and a failure costs much, write often and the writing does. All times of a call are in
 * one unit of the caller's choice; M is the mean time between failures of the whole gang, which for N nodes that fail
 * independently at rate r each is 1/(N r).
 *
 * Only what needs no logarithm or exponential is computed here: the core links with libc alone. The exact form takes
 * the exponentials as arguments, from sim/chance/kernel.h in a simulation or libm in a test.
 *
 * The life of one job, piece by piece, is models/demand/job.h; restarts of its gang are elastic.h, evictions spot.h.
 *
 * Source: Young 1974, "A first order approximation to the optimum checkpoint interval"; Daly 2006, "A higher order
 * estimate of the optimum checkpoint interval for restart dumps" (complete cost, higher-order optimum); for the
 * estimate Kokolis et al. 2025, "Revisiting reliability in large-scale machine learning research clusters"
 * (secondary). */
#ifndef NINES_MODELS_GPU_CHECKPOINT_H
#define NINES_MODELS_GPU_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

/* 1/(nodes x rate): mean time between failures of a series system of independent nodes. Both > 0. */
double gpu_series_mtbf(double nodes, double rate);

/* Young: sqrt(2 write M). */
double gpu_checkpoint_young(double write, double mtbf);

/* Daly: sqrt(2 write M) (1 + sqrt(write/2M)/3 + (write/2M)/9) - write if write < 2M, else M. */
double gpu_checkpoint_daly(double write, double mtbf);

/* What a schedule of checkpoints yields, without the exponentials: useful share of the wall time, queueing excluded,
 *   (1 - N r (restart + interval/2)) / (1 + write/interval);
 * within a point of the truth while N r (restart + interval) < 0.1. failures: N r, per unit of time. May be negative
 * where it does not hold. */
double gpu_ettr_estimate(double failures, double restart, double interval, double write);

/* Expected wall time of one interval, if failures are exponential and may strike during writes and restarts too:
 *   M e^(restart/M) (e^((interval + write)/M) - 1).
 * exp_restart: e^(restart/M); exp_cycle_less_1: e^((interval + write)/M) - 1. */
double gpu_checkpoint_expected(double mtbf, double exp_restart, double exp_cycle_less_1);

/* The useful share that follows: interval / expected. */
double gpu_ettr_exact(double interval, double mtbf, double exp_restart, double exp_cycle_less_1);

/* Square root by IEEE operations alone, the same on every machine; within 1 unit in the last place. x >= 0, finite. */
double gpu_square_root(double x);

/* --- With a notice ------------------------------------------------------------------------------------------------ */

/* Where a job is when it learns that it will be stopped. */
struct gpu_emergency {
    int64_t unsaved_us;   /* work since the last completed checkpoint */
    int64_t in_flight_us; /* what is left of a checkpoint under way; 0: none is. It covers all unsaved work, for writing
                             blocks */
    int64_t write_us;     /* blocking part of a checkpoint from its begin */
    int64_t notice_us;    /* until it is stopped */
};

struct gpu_rescue {
    bool saved;        /* nothing is lost */
    int64_t busy_us;   /* time within the notice that goes into saving; 0 if there is nothing to save or no use in it */
    int64_t lost_us;   /* work lost if not saved */
};

/* An emergency checkpoint is written if, and only if, it is complete before the end: write <= notice. The time left
 * after it is nobody's. */
struct gpu_rescue gpu_checkpoint_rescue(const struct gpu_emergency *emergency);

/* --- Somewhere else ----------------------------------------------------------------------------------------------- */

/* On what a job ran, as far as a checkpoint remembers it. */
struct gpu_layout {
    uint8_t model;          /* of every device */
    int32_t nodes;
    int32_t devices_per_node;
    int32_t shard;          /* devices that hold one copy of the network (tensor x pipeline parallel), >= 1; it divides
                               nodes x devices_per_node */
};

enum gpu_checkpoint_kind {
    GPU_CHECKPOINT_TRANSPARENT, /* of processes and devices (cuda-checkpoint with CRIU): same model, count and order */
    GPU_CHECKPOINT_FRAMEWORK    /* of the network's state: any hardware, equal shards, any number of copies */
};

/* True when a checkpoint taken on `from` can be resumed on `to`. Source of the transparent rule: NVIDIA/cuda-checkpoint
 * issue 18. */
bool gpu_checkpoint_restores(enum gpu_checkpoint_kind kind, const struct gpu_layout *from, const struct gpu_layout *to);

#endif
