/* Rollouts: releases that break what gets them, until somebody stops them. */
#include "models/faults/faults_live.h"

#include "sim/base/nomalloc.h"

static void release(struct faults *faults, uint32_t number, instant begin, uint32_t of_its_kind)
{
    const struct fault_list *list = faults->plan->list;
    const struct rollout *rollout = &list->rollout[number];
    struct stream_key key = stream_key_index(
        stream_key_path(stream_key(faults->seed, faults->replication, "rollout"), rollout->name), of_its_kind);
    uint32_t count = rollout_break(rollout, &faults->plan->rollout[number], faults->plan->graph, begin, key, faults_runs, faults, faults->patients);
    instant stop = rollout_stop(rollout, faults->patients, &count, key);
    uint32_t cause = faults_cause_of(1 + list->incidents + list->hazards + list->traces + number, &rollout->target);
    faults_recover(faults, rollout->recovery, &rollout->target, count, instant_add(stop.us < US_NEVER ? stop : begin, rollout->recovery->begin),
            stream_key_path(key, "recovery"), cause);
}

static void schedule_rollout(struct faults *faults, uint32_t number)
{
    duration wait =
        duration_from_seconds(stream_exponential(&faults->rollout_stream[number]) / faults->plan->list->rollout[number].per_second);
    if (wait.us < US_NEVER / 2)
        engine_schedule(faults->engine, instant_add(engine_now(faults->engine), wait), 1, faults->action_rollout, number, 0);
}

void faults_on_rollout(void *context, struct engine *engine, uint32_t number, uint64_t detail)
{
    (void)detail;
    struct faults *faults = context;
    release(faults, number, engine_now(engine), faults->rollout_releases[number]++);
    schedule_rollout(faults, number);
}

void faults_open_rollouts(struct faults *faults, struct arena *arena)
{
    const struct fault_list *list = faults->plan->list;
    struct stream_key family = stream_key(faults->seed, faults->replication, "rollouts");
    faults->rollout_stream = arena_array(arena, list->rollouts, struct stream);
    faults->rollout_releases = arena_array(arena, list->rollouts, uint32_t);
    for (uint32_t r = 0; r < list->rollouts; r++) {
        const struct rollout *rollout = &list->rollout[r];
        if (faults->plan->rollout[r].count == 0)
            continue;
        if (rollout->start.us < US_NEVER) {
            release(faults, r, rollout->start, 0);
        } else if (rollout->per_second > 0) {
            faults->rollout_stream[r] = stream_open(stream_key_path(family, rollout->name));
            schedule_rollout(faults, r);
        }
    }
}
