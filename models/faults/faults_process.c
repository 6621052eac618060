/* Processes: components that fail and are repaired by laws of their own. */
#include "models/faults/faults_live.h"

#include "sim/base/nomalloc.h"

/* A process: the stream that gives its periods. */
struct process {
    struct stream stream;
    struct event_id change; /* the end of the period under way */
    instant since;          /* its beginning */
    bool up, is_residual;   /* the period was begun before the run was */
};

/* The period that begins now ends after `length`. */
static void await_change(struct faults *faults, uint32_t index, bool is_residual, duration length)
{
    struct process *process = &faults->process[index];
    process->since = engine_now(faults->engine);
    process->is_residual = is_residual;
    process->change = engine_schedule(faults->engine, instant_add(process->since, length), 1, faults->action_process, index, 0);
}

void faults_on_process(void *context, struct engine *engine, uint32_t index, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct faults *faults = context;
    struct process *process = &faults->process[index];
    uint32_t component = faults->plan->process[index];
    const struct component *what = graph_component(faults->plan->graph, component);
    process->up = !process->up;
    if (process->up)
        graph_mend(faults->graph, component);
    else
        faults_bring_down(faults, component, FAULT_OWN, 0);
    duration next = law_draw_duration(process->up ? what->up : what->repair, &process->stream);
    await_change(faults, index, false, next);
}

void faults_open_processes(struct faults *faults, struct arena *arena)
{
    const struct fault_plan *plan = faults->plan;
    struct stream_key family = stream_key(faults->seed, faults->replication, "fault");
    faults->process = arena_array(arena, plan->processes, struct process);
    engine_fetch(faults->engine, faults->action_process, faults->process, sizeof *faults->process);
    for (uint32_t i = 0; i < plan->processes; i++) {
        const struct component *what = graph_component(plan->graph, plan->process[i]);
        struct process *process = &faults->process[i];
        process->stream = stream_open(stream_key_path(family, component_luck(what)));
        process->up = plan->list->fresh || law_draw_equilibrium_up(what->up, what->repair, &process->stream);
        const struct law *law = process->up ? what->up : what->repair;
        bool fresh = plan->list->fresh;
        duration first = fresh ? law_draw_duration(law, &process->stream) : law_draw_residual_duration(law, &process->stream);
        if (!process->up)
            faults_bring_down(faults, plan->process[i], FAULT_OWN, 0);
        await_change(faults, i, !fresh, first);
    }
}

enum { TRIES = 1000 };

void faults_redraw(struct faults *faults)
{
    instant now = engine_now(faults->engine);
    for (uint32_t i = 0; i < faults->plan->processes; i++) {
        struct process *process = &faults->process[i];
        const struct component *what = graph_component(faults->plan->graph, faults->plan->process[i]);
        const struct law *law = process->up ? what->up : what->repair;
        instant end = now;
        process->stream = stream_open_at(process->stream.key, process->stream.draw); /* no half that others keep too */
        for (int tries = 0; end.us <= now.us && tries < TRIES; tries++)
            end = instant_add(process->since, process->is_residual ? law_draw_residual_duration(law, &process->stream)
                                                                   : law_draw_duration(law, &process->stream));
        if (end.us <= now.us || !engine_cancel(faults->engine, process->change))
            continue; /* so old that no draw is older: it keeps the end it has, which is of the same law; or it ends just now */
        process->change = engine_schedule(faults->engine, end, 1, faults->action_process, i, 0);
    }
}
