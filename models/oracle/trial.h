/* What every model with a known answer begins and ends with: one arm that bears the model's name, and an engine that lives
 * from the begin of the warm-up to just before the horizon.
 *
 *   plan       its first member is a struct trial_plan, filled by trial_plan(); trial_arms() then serves as the model's arms()
 *   replicate  trial_open(), the model's own state, trial_run(), metrics, trial_close()
 *
 * Events at the horizon itself do not run: what is measured is [0, horizon). */
#ifndef NINES_MODELS_ORACLE_TRIAL_H
#define NINES_MODELS_ORACLE_TRIAL_H

#include "sim/chance/random.h"
#include "sim/engine/engine.h"
#include "sim/study/model.h"

struct trial_plan {
    struct sim_arm arm;
};

/* model: its name, which the one arm bears too. */
struct trial_plan trial_plan(const char *model);
/* sim_model.arms of a plan whose first member is a struct trial_plan. */
size_t trial_arms(const void *plan, const struct sim_arm **arms);

struct trial {
    const struct sim_task *task;
    struct engine *engine;
    struct stream_key family; /* of all streams of the replication */
    instant start;            /* -warmup */
};

/* capacity: most events pending at once. */
struct trial trial_open(const struct sim_task *task, const struct trial_plan *plan, uint32_t capacity);
/* The stream of a purpose of the model's own ("initial"), and those of its numbered parts. */
struct stream trial_stream(const struct trial *trial, const char *purpose);
struct stream *trial_streams(const struct trial *trial, uint32_t count);
/* Lives up to just before the horizon. */
void trial_run(const struct trial *trial);
/* Says what was simulated: events and digest so far. */
void trial_close(const struct trial *trial, struct sim_record *record);

static inline instant trial_now(const struct trial *trial) { return engine_now(trial->engine); }

/* A number per day of the horizon. */
static inline double trial_per_day(const struct trial *trial, double number)
{
    return number / ((double)trial->task->horizon.us / (double)US_PER_DAY);
}

#endif
