/* Faults alive: what brings components down and back, and whose fault it was. The sources have files of their own. */
#include "models/faults/faults_live.h"

#include "sim/base/check.h"

#include <string.h>

#include "sim/base/nomalloc.h"

/* --- Down and back --------------------------------------------------------------------------------------------------- */

void faults_bring_down(struct faults *faults, uint32_t component, uint32_t cause, uint32_t left)
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

#define GOES_ON (UINT64_C(1) << 63) /* no new fault: the next grade of one under way */
#define FOUND_OUT UINT32_MAX /* in the place of a cause: no fault, a degraded component is taken out of service */

/* What an event says besides its component: the cause, and what is left of the service. */
static uint64_t detail_of(uint32_t cause, uint32_t left) { return cause | (uint64_t)left << 32; }

static void on_fall(void *context, struct engine *engine, uint32_t component, uint64_t detail)
{
    (void)engine;
    struct faults *faults = context;
    if ((uint32_t)detail == FOUND_OUT) {
        graph_fail(faults->graph, component);
        return;
    }
    faults_bring_down(faults, component, (uint32_t)detail, (uint32_t)((detail & ~GOES_ON) >> 32));
    faults->started -= (detail & GOES_ON) != 0;
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

/* A member of a family by the part of a node's path that names its rack, zone or site: the same for all nodes there. */
static struct stream_key key_of_buyer(struct stream_key family, const char *luck, enum fleet_together together)
{
    enum { PATH_ROOM = 512 };
    char path[PATH_ROOM];
    size_t length = 0;
    if (together == TOGETHER_NODE)
        return stream_key_path(family, luck);
    for (int parts = TOGETHER_SITE - (int)together; luck[length] != '\0' && (luck[length] != '/' || parts-- > 0); length++) {
        check(length + 1 < PATH_ROOM, "path too long: %s", luck);
        path[length] = luck[length];
    }
    path[length] = '\0';
    return stream_key_path(family, path);
}

bool faults_runs(const void *context, const struct target *target, const char *luck)
{
    const struct faults *faults = context;
    if (target->software == COMPONENT_NONE)
        return true;
    const struct fleet_software *software = &faults->plan->fleet->software[target->software];
    struct stream_key family = stream_key_path(stream_key(faults->seed, faults->replication, "software"), software->name);
    struct stream stream = stream_open(key_of_buyer(family, luck, software->together));
    return stream_chance(&stream, software->share);
}

void faults_schedule_return(struct faults *faults, const struct target *target, uint32_t component, instant up, uint32_t cause)
{
    engine_schedule(faults->engine, up, 1, faults->action_return, component, detail_of(0, target->left));
    await_notice(faults, target, component, engine_now(faults->engine), up, cause);
}

void faults_schedule_outage(struct faults *faults, const struct target *target, uint32_t component, instant down, instant up, uint32_t cause)
{
    instant now = engine_now(faults->engine);
    if (up.us <= now.us)
        return; /* over before the run begins */
    engine_schedule(faults->engine, down.us > now.us ? down : now, 1, faults->action_fall, component, detail_of(cause, target->left));
    if (up.us < US_NEVER)
        engine_schedule(faults->engine, up, 1, faults->action_return, component, detail_of(0, target->left));
    await_notice(faults, target, component, down, up, cause);
}

void faults_schedule_grades(struct faults *faults, const struct effect *effect, uint32_t component, instant start, uint32_t cause)
{
    instant now = engine_now(faults->engine), until = INSTANT_NEVER; /* until: end of the grade before */
    uint32_t before = 0;
    bool begun = false;
    for (uint32_t g = 0; g < effect->grades; g++) {
        const struct grade *grade = &effect->grade[g];
        instant from = instant_add(start, grade->from), to = grade->to.us < US_NEVER ? instant_add(start, grade->to) : INSTANT_NEVER;
        if (to.us <= now.us)
            continue;
        from = from.us > now.us ? from : now;
        engine_schedule(faults->engine, from, 1, faults->action_fall, component,
                        detail_of(cause, grade->left) | (begun && until.us == from.us ? GOES_ON : 0));
        if (begun) /* after the next has begun: nobody sees the component whole between the two */
            engine_schedule(faults->engine, until, 1, faults->action_return, component, detail_of(0, before));
        begun = true;
        before = grade->left;
        until = to;
    }
    if (begun && until.us < US_NEVER)
        engine_schedule(faults->engine, until, 1, faults->action_return, component, detail_of(0, before));
}

void faults_recover(struct faults *faults, const struct recovery *recovery, const struct target *target, uint32_t count, instant begin,
                    struct stream_key key, uint32_t cause)
{
    recovery_plan(recovery, faults->patients, count, begin, faults->plan->list->end, key, faults->plan->graph, &faults->room);
    for (uint32_t i = 0; i < count; i++)
        faults_schedule_outage(faults, target, faults->patients[i].component, faults->patients[i].down, faults->patients[i].up, cause);
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
    for (uint32_t h = 0; h < list->hazards; h++)
        widen(&scratch, list->hazard[h].recovery, faults->plan->hazard[h].count);
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
    faults->action_process = engine_action(engine, faults_on_process, faults);
    faults->action_fall = engine_action(engine, on_fall, faults);
    faults->action_return = engine_action(engine, on_return, faults);
    faults->action_hazard = engine_action(engine, faults_on_hazard, faults);
    faults->action_trace = engine_action(engine, faults_on_trace, faults);
    faults->action_rollout = engine_action(engine, faults_on_rollout, faults);
    open_scratch(faults, arena);
    faults_open_processes(faults, arena);
    faults_open_incidents(faults);
    faults_open_hazards(faults, arena);
    faults_open_traces(faults, arena);
    faults_open_rollouts(faults, arena);
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
