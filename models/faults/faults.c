#include "models/faults/faults_inside.h"

#include "sim/base/check.h"

#include <string.h>

#include "sim/base/nomalloc.h"

/* A process: the stream that gives its periods. */
struct process {
    struct stream stream;
    struct event_id change; /* the end of the period under way */
    instant since;          /* its beginning */
    bool up, is_residual;   /* the period was begun before the run was */
};

/* A process of a hazard: all that it hits together. */
struct shocks {
    struct stream stream;
    struct stream_key reach; /* of whom each of its events hits */
    uint32_t events;         /* so far */
    uint32_t first, size;    /* of the hazard's matches */
};

/* Where a trace is: its next event, in its cycle. */
struct trace_course {
    int64_t cycle;
    uint32_t next;
};

struct faults {
    const struct fault_plan *plan;
    struct graph_state *graph;
    struct engine *engine;
    uint64_t seed;
    uint32_t replication;
    struct process *process;      /* by position in plan->process */
    struct shocks *shocks;        /* of all hazards, one after the other */
    uint32_t *hazard_first;       /* first of a hazard */
    uint32_t *cause;              /* by component: what last brought it down */
    struct trace_course *trace;
    struct stream *rollout_stream; /* by rollout, of those that are drawn */
    uint32_t *rollout_releases;    /* so far */
    struct caches *caches;         /* NULL: none */
    struct patient *patients;      /* scratch: room for the largest population that recovers */
    struct recovery_room room;     /* scratch: room for the most crews, and for as many at a door as patients */
    uint32_t action_process, action_fall, action_return, action_hazard, action_trace, action_rollout;
    uint64_t started;
};

#define BY_SOFTWARE (UINT32_C(1) << 31) /* beside the number of a cause */

static uint32_t cause_of(uint32_t number, const struct target *target)
{
    return number | (target->software != COMPONENT_NONE ? BY_SOFTWARE : 0);
}

/* left: of its service, 0 for none. */
static void bring_down(struct faults *faults, uint32_t component, uint32_t cause, uint32_t left)
{
    faults->cause[component] = cause;
    faults->started++;
    if (left == 0)
        graph_fail(faults->graph, component);
    else
        graph_degrade(faults->graph, component, left);
}

static void bring_back(struct faults *faults, uint32_t component, uint32_t left)
{
    if (left == 0)
        graph_mend(faults->graph, component);
    else
        graph_restore(faults->graph, component, left);
}

/* --- Processes ------------------------------------------------------------------------------------------------------- */

/* The period that begins now ends after `length`. */
static void await_change(struct faults *faults, uint32_t index, bool is_residual, duration length)
{
    struct process *process = &faults->process[index];
    process->since = engine_now(faults->engine);
    process->is_residual = is_residual;
    process->change = engine_schedule(faults->engine, instant_add(process->since, length), 1, faults->action_process, index, 0);
}

static void on_process(void *context, struct engine *engine, uint32_t index, uint64_t detail)
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
        bring_down(faults, component, FAULT_OWN, 0);
    duration next = law_draw_duration(process->up ? what->up : what->repair, &process->stream);
    await_change(faults, index, false, next);
}

static void open_processes(struct faults *faults, struct arena *arena)
{
    const struct fault_plan *plan = faults->plan;
    struct stream_key family = stream_key(faults->seed, faults->replication, "fault");
    faults->process = arena_array(arena, plan->processes, struct process);
    for (uint32_t i = 0; i < plan->processes; i++) {
        const struct component *what = graph_component(plan->graph, plan->process[i]);
        struct process *process = &faults->process[i];
        process->stream = stream_open(stream_key_path(family, component_luck(what)));
        process->up = plan->list->fresh || law_draw_equilibrium_up(what->up, what->repair, &process->stream);
        const struct law *law = process->up ? what->up : what->repair;
        bool fresh = plan->list->fresh;
        duration first = fresh ? law_draw_duration(law, &process->stream) : law_draw_residual_duration(law, &process->stream);
        if (!process->up)
            bring_down(faults, plan->process[i], FAULT_OWN, 0);
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

/* --- Incidents ------------------------------------------------------------------------------------------------------- */

#define FOUND_OUT UINT32_MAX /* in the place of a cause: no fault, a degraded component is taken out of service */

/* What an event says besides its component: the cause, and what is left of the service. */
static uint64_t detail_of(uint32_t cause, uint32_t left) { return cause | (uint64_t)left << 32; }

static void on_fall(void *context, struct engine *engine, uint32_t component, uint64_t detail)
{
    (void)engine;
    struct faults *faults = context;
    if ((uint32_t)detail == FOUND_OUT)
        graph_fail(faults->graph, component);
    else
        bring_down(faults, component, (uint32_t)detail, (uint32_t)(detail >> 32));
}

static void on_return(void *context, struct engine *engine, uint32_t component, uint64_t detail)
{
    (void)engine;
    bring_back(context, component, (uint32_t)(detail >> 32));
}

/* A component is degraded from `down` to `up`: is it found out in that time, and taken out for the rest of it? */
static void await_notice(struct faults *faults, const struct target *target, uint32_t component, instant down, instant up, uint32_t cause)
{
    if (target->left == 0 || !(target->noticed > 0))
        return;
    const char *name = faults_cause_name(faults, cause & ~BY_SOFTWARE);
    const char *luck = component_luck(graph_component(faults->plan->graph, component));
    struct stream_key family = stream_key_path(stream_key(faults->seed, faults->replication, "noticed"), name);
    struct stream stream = stream_open(stream_key_index(stream_key_path(family, luck), (uint64_t)down.us));
    bool noticed = stream_chance(&stream, target->noticed);
    instant at = instant_add(down, law_draw_duration(target->noticed_after, &stream)), now = engine_now(faults->engine);
    if (!noticed || at.us >= up.us)
        return;
    engine_schedule(faults->engine, at.us > now.us ? at : now, 1, faults->action_fall, component, detail_of(FOUND_OUT, 0));
    if (up.us < US_NEVER)
        engine_schedule(faults->engine, up, 1, faults->action_return, component, 0);
}

/* Where between two phases the line through them has the value `level`. */
static duration between(struct phase a, struct phase b, double level)
{
    double part = (level - a.impaired) / (b.impaired - a.impaired);
    return (duration){a.after.us + duration_from_seconds(part * duration_seconds((duration){b.after.us - a.after.us})).us};
}

/* First time at which the rising part of the curve reaches level (0 < level <= peak). */
static duration rise_at(const struct effect *effect, double level)
{
    for (uint32_t i = 0; i <= effect->peak; i++)
        if (effect->phase[i].impaired >= level)
            return i == 0 ? effect->phase[0].after : between(effect->phase[i - 1], effect->phase[i], level);
    return effect->phase[effect->peak].after;
}

/* Last time at which the falling part is still at level; never when the curve ends above it. */
static duration fall_at(const struct effect *effect, double level)
{
    for (uint32_t i = effect->peak + 1; i < effect->phases; i++)
        if (effect->phase[i].impaired < level)
            return between(effect->phase[i - 1], effect->phase[i], level);
    return (duration){US_NEVER};
}

/* Does the node run the software that the target asks for? Drawn once per node, whoever asks. */
static bool runs(const void *context, const struct target *target, const char *luck)
{
    const struct faults *faults = context;
    if (target->software == COMPONENT_NONE)
        return true;
    const struct fleet_software *software = &faults->plan->fleet->software[target->software];
    struct stream_key family = stream_key_path(stream_key(faults->seed, faults->replication, "software"), software->name);
    struct stream stream = stream_open(stream_key_path(family, luck));
    return stream_chance(&stream, software->share);
}

/* Hit from `down` to `up`, as far as that lies ahead; US_NEVER: for good. */
static void schedule_outage(struct faults *faults, const struct target *target, uint32_t component, instant down, instant up, uint32_t cause)
{
    instant now = engine_now(faults->engine);
    if (up.us <= now.us)
        return; /* over before the run begins */
    engine_schedule(faults->engine, down.us > now.us ? down : now, 1, faults->action_fall, component, detail_of(cause, target->left));
    if (up.us < US_NEVER)
        engine_schedule(faults->engine, up, 1, faults->action_return, component, detail_of(0, target->left));
    await_notice(faults, target, component, down, up, cause);
}

static void recover(struct faults *faults, const struct recovery *recovery, const struct target *target, uint32_t count, instant begin,
                    struct stream_key key, uint32_t cause)
{
    recovery_plan(recovery, faults->patients, count, begin, faults->plan->list->end, key, faults->plan->graph, &faults->room);
    for (uint32_t i = 0; i < count; i++)
        schedule_outage(faults, target, faults->patients[i].component, faults->patients[i].down, faults->patients[i].up, cause);
}

static void open_effect(struct faults *faults, uint32_t incident, uint32_t effect_number, const struct fault_match *match)
{
    const struct incident *what = &faults->plan->list->incident[incident];
    const struct effect *effect = &what->effect[effect_number];
    double peak = effect->phase[effect->peak].impaired;
    uint32_t cause = cause_of(1 + incident, &effect->target), patients = 0, first = 0, size = match->count;
    struct stream_key family = stream_key_index(
        stream_key_path(stream_key(faults->seed, faults->replication, "incident"), what->name), effect_number);
    for (uint32_t i = 0; i < match->count; i++) {
        const char *luck = component_luck(graph_component(faults->plan->graph, match->component[i]));
        struct stream stream = stream_open(stream_key_path(family, luck));
        bool chosen = stream_chance(&stream, effect->target.share);
        double falling = stream_uniform(&stream), returning = stream_uniform(&stream) * peak;
        if (effect->order != FALL_RANDOM) {
            if (i == 0 || i == first + size)
                target_domain(faults->plan->graph, match, i, effect->order, &first, &size);
            falling = (first + falling * size) / match->count;
        }
        if (!chosen || falling > peak || !runs(faults, &effect->target, luck))
            continue;
        instant down = instant_add(what->start, rise_at(effect, falling));
        duration back = fall_at(effect, returning);
        if (effect->recovery != NULL)
            faults->patients[patients++] = (struct patient){.component = match->component[i], .down = down, .order = returning};
        else
            schedule_outage(faults, &effect->target, match->component[i], down,
                            back.us < US_NEVER ? instant_add(what->start, back) : INSTANT_NEVER, cause);
    }
    if (effect->recovery != NULL)
        recover(faults, effect->recovery, &effect->target, patients, instant_add(what->start, effect->recovery->begin),
                stream_key_path(family, "recovery"), cause);
}

static void open_incidents(struct faults *faults)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < faults->plan->list->incidents; i++)
        for (uint32_t e = 0; e < faults->plan->list->incident[i].effects; e++, next++)
            open_effect(faults, i, e, &faults->plan->effect[next]);
}

/* --- Hazards --------------------------------------------------------------------------------------------------------- */

static void schedule_hazard(struct faults *faults, uint32_t hazard, uint32_t which)
{
    struct stream *stream = &faults->shocks[faults->hazard_first[hazard] + which].stream;
    duration wait = duration_from_seconds(stream_exponential(stream) / faults->plan->hazard_per_second[hazard]);
    if (wait.us < US_NEVER / 2)
        engine_schedule(faults->engine, instant_add(engine_now(faults->engine), wait), 1, faults->action_hazard, hazard, which);
}

static void hit(struct faults *faults, uint32_t hazard, uint32_t component, duration length)
{
    const struct fault_list *list = faults->plan->list;
    const struct target *target = &list->hazard[hazard].target;
    uint32_t cause = cause_of(1 + list->incidents + hazard, target);
    instant now = engine_now(faults->engine), end = instant_add(now, length);
    bring_down(faults, component, cause, target->left);
    engine_schedule(faults->engine, end, 1, faults->action_return, component, detail_of(0, target->left));
    await_notice(faults, target, component, now, end, cause);
}

static void on_hazard(void *context, struct engine *engine, uint32_t hazard, uint64_t which)
{
    (void)engine;
    struct faults *faults = context;
    const struct fault_plan *plan = faults->plan;
    const struct hazard *what = &plan->list->hazard[hazard];
    struct shocks *shocks = &faults->shocks[faults->hazard_first[hazard] + which];
    if (what->scope != HAZARD_EACH) {
        struct stream_key family = stream_key_index(shocks->reach, shocks->events++);
        duration length = law_draw_duration(what->length, &shocks->stream);
        for (uint32_t i = shocks->first; i < shocks->first + shocks->size; i++) {
            uint32_t component = plan->hazard[hazard].component[i];
            const char *luck = component_luck(graph_component(plan->graph, component));
            struct stream reach = stream_open(stream_key_path(family, luck));
            if (stream_chance(&reach, what->target.share) && runs(faults, &what->target, luck))
                hit(faults, hazard, component, length);
        }
    } else {
        uint32_t component = plan->hazard[hazard].component[which];
        bool reached = stream_chance(&shocks->stream, what->target.share);
        duration length = law_draw_duration(what->length, &shocks->stream);
        if (reached && runs(faults, &what->target, component_luck(graph_component(plan->graph, component))))
            hit(faults, hazard, component, length);
    }
    schedule_hazard(faults, hazard, (uint32_t)which);
}

/* The processes of a hazard, in the order of its matches; shocks NULL: only counts them. */
static uint32_t divide(struct faults *faults, struct arena *arena, uint32_t number, struct shocks *shocks)
{
    const struct hazard *hazard = &faults->plan->list->hazard[number];
    const struct fault_match *match = &faults->plan->hazard[number];
    struct stream_key own = stream_key_path(stream_key(faults->seed, faults->replication, "hazard"), hazard->name);
    struct stream_key reach = stream_key_path(stream_key(faults->seed, faults->replication, "hazard reach"), hazard->name);
    uint32_t count = 0;
    for (uint32_t first = 0, size = 0; first < match->count; first += size, count++) {
        const struct component *one = graph_component(faults->plan->graph, match->component[first]);
        const char *luck = "";
        size = match->count;
        if (hazard->scope == HAZARD_EACH) {
            luck = component_luck(one);
            size = 1;
        } else if (hazard->scope != HAZARD_COMMON) {
            enum fall_order order = hazard->scope == HAZARD_ZONE ? FALL_BY_ZONE : FALL_BY_SITE;
            uint32_t begin = first;
            target_domain(faults->plan->graph, match, begin, order, &first, &size);
            if (shocks != NULL)
                luck = arena_format(arena, "%.*s", (int)target_domain_length(one->path, order), one->path);
        }
        if (shocks != NULL)
            shocks[count] = (struct shocks){.stream = stream_open(stream_key_path(own, luck)),
                                            .reach = luck[0] != '\0' ? stream_key_path(reach, luck) : reach,
                                            .first = first,
                                            .size = size};
    }
    return count;
}

static void open_hazards(struct faults *faults, struct arena *arena)
{
    const struct fault_list *list = faults->plan->list;
    uint32_t all = 0;
    faults->hazard_first = arena_array(arena, list->hazards + 1, uint32_t);
    for (uint32_t h = 0; h < list->hazards; h++) {
        faults->hazard_first[h] = all;
        all += divide(faults, arena, h, NULL);
    }
    faults->hazard_first[list->hazards] = all;
    faults->shocks = arena_array(arena, all, struct shocks);
    for (uint32_t h = 0; h < list->hazards; h++) {
        (void)divide(faults, arena, h, &faults->shocks[faults->hazard_first[h]]);
        for (uint32_t i = 0; i < faults->hazard_first[h + 1] - faults->hazard_first[h] && faults->plan->hazard_per_second[h] > 0; i++)
            schedule_hazard(faults, h, i);
    }
}

/* --- Traces ---------------------------------------------------------------------------------------------------------- */

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

static void on_trace(void *context, struct engine *engine, uint32_t number, uint64_t detail)
{
    (void)engine, (void)detail;
    struct faults *faults = context;
    const struct fault_plan *plan = faults->plan;
    const struct fault_list *list = plan->list;
    const struct trace *trace = &list->trace[number];
    struct trace_course *course = &faults->trace[number];
    const struct trace_event *event = &trace->event[course->next];
    instant start = trace_time(trace, course->cycle, event->start), end = trace_time(trace, course->cycle, event->end);
    uint32_t cause = cause_of(1 + list->incidents + list->hazards + number, &trace->target);
    struct stream_key own = stream_key_path(stream_key(faults->seed, faults->replication, "trace"), trace->name);
    struct stream_key reach = stream_key_index(stream_key_index(own, (uint64_t)course->cycle), course->next);
    for (uint32_t i = 0; i < plan->trace[number].count; i++) {
        uint32_t component = plan->trace[number].component[i];
        const char *luck = component_luck(graph_component(plan->graph, component));
        struct stream stream = stream_open(stream_key_path(reach, luck)), shift = stream_open(stream_key_path(own, luck));
        double share = trace->target.share * event->severity;
        if (!trace->by_hours && !stream_chance(&stream, share))
            continue;
        duration late = duration_from_seconds(stream_uniform(&shift) * duration_seconds(trace->scatter));
        if ((trace->by_hours && !stream_chance(&shift, share)) || !runs(faults, &trace->target, luck))
            continue;
        instant down = instant_add(start, late), up = instant_add(end, late);
        if (trace->jitter.us > 0) {
            down = instant_add(down, trace_jitter(trace, &stream));
            up = instant_add(up, trace_jitter(trace, &stream));
        }
        schedule_outage(faults, &trace->target, component, down, up, cause);
    }
    course->next++;
    schedule_trace(faults, number);
}

static void open_traces(struct faults *faults, struct arena *arena)
{
    const struct fault_list *list = faults->plan->list;
    faults->trace = arena_array(arena, list->traces, struct trace_course);
    for (uint32_t t = 0; t < list->traces; t++) {
        faults->trace[t].cycle = trace_first_cycle(&list->trace[t], engine_now(faults->engine));
        if (faults->plan->trace[t].count > 0)
            schedule_trace(faults, t);
    }
}

/* --- Rollouts -------------------------------------------------------------------------------------------------------- */

static void release(struct faults *faults, uint32_t number, instant begin, uint32_t of_its_kind)
{
    const struct fault_list *list = faults->plan->list;
    const struct rollout *rollout = &list->rollout[number];
    struct stream_key key = stream_key_index(
        stream_key_path(stream_key(faults->seed, faults->replication, "rollout"), rollout->name), of_its_kind);
    uint32_t count = rollout_break(rollout, &faults->plan->rollout[number], faults->plan->graph, begin, key, runs, faults, faults->patients);
    instant stop = rollout_stop(rollout, faults->patients, &count, key);
    uint32_t cause = cause_of(1 + list->incidents + list->hazards + list->traces + number, &rollout->target);
    recover(faults, rollout->recovery, &rollout->target, count, instant_add(stop.us < US_NEVER ? stop : begin, rollout->recovery->begin),
            stream_key_path(key, "recovery"), cause);
}

static void schedule_rollout(struct faults *faults, uint32_t number)
{
    duration wait =
        duration_from_seconds(stream_exponential(&faults->rollout_stream[number]) / faults->plan->list->rollout[number].per_second);
    if (wait.us < US_NEVER / 2)
        engine_schedule(faults->engine, instant_add(engine_now(faults->engine), wait), 1, faults->action_rollout, number, 0);
}

static void on_rollout(void *context, struct engine *engine, uint32_t number, uint64_t detail)
{
    (void)detail;
    struct faults *faults = context;
    release(faults, number, engine_now(engine), faults->rollout_releases[number]++);
    schedule_rollout(faults, number);
}

static void open_rollouts(struct faults *faults, struct arena *arena)
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

/* --- Opening --------------------------------------------------------------------------------------------------------- */

/* What the largest population that recovers needs. */
struct scratch {
    uint32_t patients, crews, knocks;
};

static void widen(struct scratch *scratch, const struct recovery *recovery, uint32_t count)
{
    if (recovery == NULL)
        return;
    uint32_t knocks = recovery->clients != CLIENTS_STEADY ? count : 0;
    scratch->patients = count > scratch->patients ? count : scratch->patients;
    scratch->crews = recovery->crews > scratch->crews ? recovery->crews : scratch->crews;
    scratch->knocks = knocks > scratch->knocks ? knocks : scratch->knocks;
}

static void open_scratch(struct faults *faults, struct arena *arena)
{
    const struct fault_list *list = faults->plan->list;
    struct scratch scratch = {0};
    uint32_t next = 0;
    for (uint32_t i = 0; i < list->incidents; i++)
        for (uint32_t e = 0; e < list->incident[i].effects; e++, next++)
            widen(&scratch, list->incident[i].effect[e].recovery, faults->plan->effect[next].count);
    for (uint32_t r = 0; r < list->rollouts; r++)
        widen(&scratch, list->rollout[r].recovery, faults->plan->rollout[r].count);
    faults->patients = arena_array(arena, scratch.patients, struct patient);
    faults->room.crews = arena_array(arena, scratch.crews, instant);
    faults->room.knocks = arena_array(arena, scratch.knocks, struct knock);
}

struct faults *faults_open(struct arena *arena, const struct fault_plan *plan, struct graph_state *graph,
                           struct engine *engine, uint64_t seed, uint32_t replication)
{
    struct faults *faults = arena_new(arena, struct faults);
    *faults = (struct faults){.plan = plan, .graph = graph, .engine = engine, .seed = seed, .replication = replication};
    faults->cause = arena_array(arena, graph_count(plan->graph), uint32_t);
    faults->action_process = engine_action(engine, on_process, faults);
    faults->action_fall = engine_action(engine, on_fall, faults);
    faults->action_return = engine_action(engine, on_return, faults);
    faults->action_hazard = engine_action(engine, on_hazard, faults);
    faults->action_trace = engine_action(engine, on_trace, faults);
    faults->action_rollout = engine_action(engine, on_rollout, faults);
    open_scratch(faults, arena);
    open_processes(faults, arena);
    open_incidents(faults);
    open_hazards(faults, arena);
    open_traces(faults, arena);
    open_rollouts(faults, arena);
    const struct fault_list *list = plan->list;
    faults->caches = caches_open(arena, plan, graph, engine, faults->cause, 1 + list->incidents + list->hazards + list->traces + list->rollouts);
    return faults;
}

uint32_t faults_cause(const struct faults *faults, uint32_t component) { return faults->cause[component] & ~BY_SOFTWARE; }

bool faults_by_software(const struct faults *faults, uint32_t component)
{
    return (faults->cause[component] & BY_SOFTWARE) != 0;
}

void faults_changed(struct faults *faults, uint32_t component, uint8_t before, uint8_t after)
{
    if (faults->caches != NULL && ((before ^ after) & COMPONENT_SERVES) != 0)
        caches_changed(faults->caches, component);
}

uint64_t faults_started(const struct faults *faults) { return faults->started; }

uint32_t faults_cause_incident(const struct faults *faults, uint32_t cause)
{
    return cause >= 1 && cause <= faults->plan->list->incidents ? cause - 1 : COMPONENT_NONE;
}

const char *faults_cause_name(const struct faults *faults, uint32_t cause)
{
    const struct fault_list *list = faults->plan->list;
    if (cause == FAULT_OWN)
        return NULL;
    cause--;
    if (cause < list->incidents)
        return list->incident[cause].name;
    cause -= list->incidents;
    if (cause < list->hazards)
        return list->hazard[cause].name;
    cause -= list->hazards;
    if (cause < list->traces)
        return list->trace[cause].name;
    cause -= list->traces;
    return cause < list->rollouts ? list->rollout[cause].name : list->cache[cause - list->rollouts].name;
}

const char *faults_cause_kind(const struct faults *faults, uint32_t cause)
{
    const struct fault_list *list = faults->plan->list;
    if (cause == FAULT_OWN)
        return NULL;
    if (cause <= list->incidents)
        return "incident";
    if (cause <= list->incidents + list->hazards)
        return "hazard";
    if (cause <= list->incidents + list->hazards + list->traces)
        return list->trace[cause - list->incidents - list->hazards - 1].by_hours ? "hours" : "trace";
    return cause <= list->incidents + list->hazards + list->traces + list->rollouts ? "rollout" : "cache";
}
