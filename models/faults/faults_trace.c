/* Traces: outages that were recorded, or that the clock makes, lived through again. */
#include "models/faults/faults_live.h"

#include "sim/base/nomalloc.h"

/* Where a trace is: its next event, in its cycle. */
struct trace_course {
    int64_t cycle;
    uint32_t next;
};

static void schedule_trace(struct faults *faults, uint32_t number)
{
    const struct trace *trace = &faults->plan->list->trace[number];
    struct trace_course *course = &faults->trace[number];
    if (course->next == trace->events && trace->repeat.us > 0) {
        course->next = 0;
        course->cycle++;
    }
    if (course->next == trace->events)
        return;
    instant at = trace_time(trace, course->cycle, trace->event[course->next].start), now = engine_now(faults->engine);
    at.us -= trace->jitter.us;
    engine_schedule(faults->engine, at.us > now.us ? at : now, 1, faults->action_trace, number, 0);
}

void faults_on_trace(void *context, struct engine *engine, uint32_t number, uint64_t detail)
{
    (void)engine, (void)detail;
    struct faults *faults = context;
    const struct fault_plan *plan = faults->plan;
    const struct fault_list *list = plan->list;
    const struct trace *trace = &list->trace[number];
    struct trace_course *course = &faults->trace[number];
    const struct trace_event *event = &trace->event[course->next];
    instant start = trace_time(trace, course->cycle, event->start), end = trace_time(trace, course->cycle, event->end);
    uint32_t cause = faults_cause_of(1 + list->incidents + list->hazards + number, &trace->target);
    struct stream_key own = stream_key_path(stream_key(faults->seed, faults->replication, "trace"), trace->name);
    struct stream_key reach = stream_key_index(stream_key_index(own, (uint64_t)course->cycle), course->next);
    struct target target = trace->target;
    if (trace->of_service)
        target.left = GRAPH_WHOLE - (uint32_t)(event->severity * (GRAPH_WHOLE - target.left) + 0.5);
    for (uint32_t i = 0; i < plan->trace[number].count && target.left < GRAPH_WHOLE; i++) {
        uint32_t component = plan->trace[number].component[i];
        const char *luck = component_luck(graph_component(plan->graph, component));
        struct stream stream = stream_open(stream_key_path(reach, luck)), shift = stream_open(stream_key_path(own, luck));
        double share = target.share * (trace->of_service ? 1 : event->severity);
        if (!trace->by_hours && !stream_chance(&stream, share))
            continue;
        duration late = duration_from_seconds(stream_uniform(&shift) * duration_seconds(trace->scatter));
        if ((trace->by_hours && !stream_chance(&shift, share)) || !faults_runs(faults, &target, luck))
            continue;
        instant down = instant_add(start, late), up = instant_add(end, late);
        if (trace->jitter.us > 0) {
            down = instant_add(down, trace_jitter(trace, &stream));
            up = instant_add(up, trace_jitter(trace, &stream));
        }
        faults_schedule_outage(faults, &target, component, down, up, cause);
    }
    course->next++;
    schedule_trace(faults, number);
}

void faults_open_traces(struct faults *faults, struct arena *arena)
{
    const struct fault_list *list = faults->plan->list;
    faults->trace = arena_array(arena, list->traces, struct trace_course);
    for (uint32_t t = 0; t < list->traces; t++) {
        faults->trace[t].cycle = trace_first_cycle(&list->trace[t], engine_now(faults->engine));
        if (faults->plan->trace[t].count > 0)
            schedule_trace(faults, t);
    }
}
