#include "models/oracle/trial.h"

#include "sim/base/nomalloc.h"

struct trial_plan trial_plan(const char *model)
{
    return (struct trial_plan){{model, model, ""}};
}

size_t trial_arms(const void *plan, const struct sim_arm **arms)
{
    *arms = &((const struct trial_plan *)plan)->arm;
    return 1;
}

struct trial trial_open(const struct sim_task *task, const struct trial_plan *plan, uint32_t capacity)
{
    instant start = {-task->warmup.us};
    return (struct trial){
        .task = task,
        .engine = engine_create(task->arena, &(struct engine_options){.capacity = capacity, .start = start}),
        .family = stream_key(task->seed, task->replication, plan->arm.name),
        .start = start,
    };
}

struct stream trial_stream(const struct trial *trial, const char *purpose)
{
    return stream_open(stream_key_path(trial->family, purpose));
}

struct stream *trial_streams(const struct trial *trial, uint32_t count)
{
    struct stream *streams = arena_array(trial->task->arena, count, struct stream);
    for (uint32_t i = 0; i < count; i++)
        streams[i] = stream_open(stream_key_index(trial->family, i));
    return streams;
}

void trial_run(const struct trial *trial)
{
    engine_run(trial->engine, (instant){trial->task->horizon.us - 1});
}

void trial_close(const struct trial *trial, struct sim_record *record)
{
    record_done(record, engine_events(trial->engine), engine_digest(trial->engine));
}
