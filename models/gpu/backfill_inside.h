/* What the two files of the queue share. Internal to the room: callers use backfill.h. */
#ifndef NINES_MODELS_GPU_BACKFILL_INSIDE_H
#define NINES_MODELS_GPU_BACKFILL_INSIDE_H

#include "models/gpu/backfill.h"

/* A waiting job's plan is dropped, if it has one; what it was promised stands. */
void gpu_backfill_unplan(struct gpu_backfill *queue, int32_t id);

/* Its promise is void; a plan goes with it. */
void gpu_backfill_break(struct gpu_backfill *queue, int32_t id);

#endif
