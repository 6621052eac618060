/* What the parts of the scheduler share. Internal to the room: callers use scheduler.h. */
#ifndef NINES_MODELS_GPU_SCHEDULER_INSIDE_H
#define NINES_MODELS_GPU_SCHEDULER_INSIDE_H

#include "models/gpu/scheduler.h"

enum { GPU_TOP_SCORE = 100, GPU_SPREADS_MOST = 16 };

struct gpu_scheduler {
    struct gpu_inventory *inventory;
    struct gpu_scheduler_options options;
    struct gpu_scorer scorers[GPU_SCHEDULER_SCORERS];
    bool *feasible;    /* [nodes] */
    int64_t *sum;      /* [nodes] */
    int64_t *raw;      /* [nodes]: of one scorer */
    uint8_t *eligible; /* [GPU_SPREAD_DOMAINS], cleared after use */
};

/* What a scorer gives one feasible node before normalising; not for GPU_SCORER_SPREAD. */
int64_t gpu_scheduler_raw(const struct gpu_scheduler *scheduler, const struct gpu_scorer *scorer,
                          const struct gpu_node *node, const struct gpu_pod *pod);

/* The devices that the power scorer prefers, and its score in *score: watts not drawn, <= 0 if busy draws more. */
uint16_t gpu_power_devices(const struct gpu_power *power, const struct gpu_node *node, const struct gpu_pod *pod,
                           int64_t *score);

/* DoNotSchedule: takes nodes out of feasible[]. */
void gpu_spread_filter(struct gpu_scheduler *scheduler, const struct gpu_spread *spread, const struct gpu_pod *pod);

/* ScheduleAnyway: fills raw[] of feasible nodes, normalised. */
void gpu_spread_score(struct gpu_scheduler *scheduler, const struct gpu_schedule *schedule);

#endif
