#include "models/faults/faults.h"

#include "sim/base/check.h"
#include "sim/chance/random.h"

#include "sim/base/nomalloc.h"

/* A process: the stream that gives its periods. */
struct process {
    struct stream stream;
    bool up;
};

struct faults {
    const struct fault_plan *plan;
    struct graph_state *graph;
    struct engine *engine;
    uint64_t seed;
    uint32_t replication;
    struct process *process;      /* by position in plan->process */
    struct stream *hazard_stream; /* common hazards: one; `each`: one per match */
    uint32_t *hazard_first;       /* first stream of a hazard */
    uint32_t *hazard_events;      /* events of a common hazard so far */
    uint32_t *cause;              /* by component: what last brought it down */
    uint32_t action_process, action_fall, action_return, action_hazard;
    uint64_t started;
};

#define BY_SOFTWARE (UINT32_C(1) << 31) /* beside the number of a cause */

static uint32_t cause_of(uint32_t number, const struct target *target)
{
    return number | (target->software != COMPONENT_NONE ? BY_SOFTWARE : 0);
}

static void bring_down(struct faults *faults, uint32_t component, uint32_t cause)
{
    faults->cause[component] = cause;
    faults->started++;
    graph_fail(faults->graph, component);
}

/* --- Processes ------------------------------------------------------------------------------------------------------- */

static void on_process(void *context, struct engine *engine, uint32_t index, uint64_t detail)
{
    (void)detail;
    struct faults *faults = context;
    struct process *process = &faults->process[index];
    uint32_t component = faults->plan->process[index];
    const struct component *what = graph_component(faults->plan->graph, component);
    process->up = !process->up;
    if (process->up)
        graph_mend(faults->graph, component);
    else
        bring_down(faults, component, FAULT_OWN);
    duration next = law_draw_duration(process->up ? what->up : what->repair, &process->stream);
    engine_schedule(engine, instant_add(engine_now(engine), next), 1, faults->action_process, index, 0);
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
        duration first = plan->list->fresh ? law_draw_duration(law, &process->stream)
                                           : law_draw_residual_duration(law, &process->stream);
        if (!process->up)
            bring_down(faults, plan->process[i], FAULT_OWN);
        engine_schedule(faults->engine, instant_add(engine_now(faults->engine), first), 1, faults->action_process, i, 0);
    }
}

/* --- Incidents ------------------------------------------------------------------------------------------------------- */

static void on_fall(void *context, struct engine *engine, uint32_t component, uint64_t cause)
{
    (void)engine;
    bring_down(context, component, (uint32_t)cause);
}

static void on_return(void *context, struct engine *engine, uint32_t component, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct faults *faults = context;
    graph_mend(faults->graph, component);
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
static bool runs(const struct faults *faults, const struct target *target, const char *luck)
{
    if (target->software == COMPONENT_NONE)
        return true;
    const struct fleet_software *software = &faults->plan->fleet->software[target->software];
    struct stream_key family = stream_key_path(stream_key(faults->seed, faults->replication, "software"), software->name);
    struct stream stream = stream_open(stream_key_path(family, luck));
    return stream_chance(&stream, software->share);
}

static void open_effect(struct faults *faults, uint32_t incident, uint32_t effect_number, const uint32_t *match, uint32_t matches)
{
    const struct incident *what = &faults->plan->list->incident[incident];
    const struct effect *effect = &what->effect[effect_number];
    double peak = effect->phase[effect->peak].impaired;
    struct stream_key family = stream_key_index(
        stream_key_path(stream_key(faults->seed, faults->replication, "incident"), what->name), effect_number);
    for (uint32_t i = 0; i < matches; i++) {
        const char *luck = component_luck(graph_component(faults->plan->graph, match[i]));
        struct stream stream = stream_open(stream_key_path(family, luck));
        bool chosen = stream_chance(&stream, effect->target.share);
        double falling = stream_uniform(&stream), returning = stream_uniform(&stream) * peak;
        if (!chosen || falling > peak || !runs(faults, &effect->target, luck))
            continue;
        duration down = rise_at(effect, falling), up = fall_at(effect, returning);
        instant now = engine_now(faults->engine), at = instant_add(what->start, down), end = INSTANT_NEVER;
        if (up.us < US_NEVER)
            end = instant_add(what->start, up);
        if (end.us <= now.us)
            continue; /* over before the run begins */
        engine_schedule(faults->engine, at.us > now.us ? at : now, 1, faults->action_fall, match[i],
                        cause_of(1 + incident, &effect->target));
        if (end.us < US_NEVER)
            engine_schedule(faults->engine, end, 1, faults->action_return, match[i], 0);
    }
}

static void open_incidents(struct faults *faults)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < faults->plan->list->incidents; i++)
        for (uint32_t e = 0; e < faults->plan->list->incident[i].effects; e++, next++)
            open_effect(faults, i, e, faults->plan->effect_match[next], faults->plan->effect_matches[next]);
}

/* --- Hazards --------------------------------------------------------------------------------------------------------- */

static void schedule_hazard(struct faults *faults, uint32_t hazard, uint32_t which)
{
    const struct hazard *what = &faults->plan->list->hazard[hazard];
    struct stream *stream = &faults->hazard_stream[faults->hazard_first[hazard] + which];
    duration wait = duration_from_seconds(stream_exponential(stream) / what->per_second);
    if (wait.us < US_NEVER / 2)
        engine_schedule(faults->engine, instant_add(engine_now(faults->engine), wait), 1, faults->action_hazard, hazard, which);
}

static void hit(struct faults *faults, uint32_t hazard, uint32_t component, duration length)
{
    const struct fault_list *list = faults->plan->list;
    bring_down(faults, component, cause_of(1 + list->incidents + hazard, &list->hazard[hazard].target));
    engine_schedule(faults->engine, instant_add(engine_now(faults->engine), length), 1, faults->action_return, component, 0);
}

static void on_hazard(void *context, struct engine *engine, uint32_t hazard, uint64_t which)
{
    (void)engine;
    struct faults *faults = context;
    const struct fault_plan *plan = faults->plan;
    const struct hazard *what = &plan->list->hazard[hazard];
    struct stream *stream = &faults->hazard_stream[faults->hazard_first[hazard] + which];
    if (what->common) {
        struct stream_key family = stream_key_index(
            stream_key_path(stream_key(faults->seed, faults->replication, "hazard reach"), what->name),
            faults->hazard_events[hazard]++);
        duration length = law_draw_duration(what->length, stream);
        for (uint32_t i = 0; i < plan->hazard_matches[hazard]; i++) {
            uint32_t component = plan->hazard_match[hazard][i];
            const char *luck = component_luck(graph_component(plan->graph, component));
            struct stream reach = stream_open(stream_key_path(family, luck));
            if (stream_chance(&reach, what->target.share) && runs(faults, &what->target, luck))
                hit(faults, hazard, component, length);
        }
    } else {
        uint32_t component = plan->hazard_match[hazard][which];
        bool reached = stream_chance(stream, what->target.share);
        duration length = law_draw_duration(what->length, stream);
        if (reached && runs(faults, &what->target, component_luck(graph_component(plan->graph, component))))
            hit(faults, hazard, component, length);
    }
    schedule_hazard(faults, hazard, (uint32_t)which);
}

static void open_hazards(struct faults *faults, struct arena *arena)
{
    const struct fault_list *list = faults->plan->list;
    uint32_t streams = 0;
    faults->hazard_first = arena_array(arena, list->hazards, uint32_t);
    faults->hazard_events = arena_array(arena, list->hazards, uint32_t);
    for (uint32_t h = 0; h < list->hazards; h++) {
        faults->hazard_first[h] = streams;
        streams += list->hazard[h].common ? 1 : faults->plan->hazard_matches[h];
    }
    faults->hazard_stream = arena_array(arena, streams, struct stream);
    struct stream_key family = stream_key(faults->seed, faults->replication, "hazard");
    for (uint32_t h = 0; h < list->hazards; h++) {
        struct stream_key own = stream_key_path(family, list->hazard[h].name);
        uint32_t count = list->hazard[h].common ? faults->plan->hazard_matches[h] != 0 : faults->plan->hazard_matches[h];
        for (uint32_t i = 0; i < count && list->hazard[h].per_second > 0; i++) {
            const struct component *one = graph_component(faults->plan->graph, faults->plan->hazard_match[h][i]);
            const char *luck = list->hazard[h].common ? "" : component_luck(one);
            faults->hazard_stream[faults->hazard_first[h] + i] = stream_open(stream_key_path(own, luck));
            schedule_hazard(faults, h, i);
        }
    }
}

/* --- Opening --------------------------------------------------------------------------------------------------------- */

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
    open_processes(faults, arena);
    open_incidents(faults);
    open_hazards(faults, arena);
    return faults;
}

uint32_t faults_cause(const struct faults *faults, uint32_t component) { return faults->cause[component] & ~BY_SOFTWARE; }

bool faults_by_software(const struct faults *faults, uint32_t component)
{
    return (faults->cause[component] & BY_SOFTWARE) != 0;
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
    return cause <= list->incidents ? list->incident[cause - 1].name : list->hazard[cause - 1 - list->incidents].name;
}
