/* Systems of parts, each part k of n components with or without spares, repaired by crews or never, hit together by shocks:
 * what a reliability handbook computes by hand.
 *
 * A part is up while at least `needed` of its `count` components are up. Those are all running (hot standby), or just as many
 * as are needed run and the rest waits, ageing by a law of its own (warm) or not at all (cold); a spare takes over at once and
 * surely. The system is up while all its parts are (series) or any is (parallel). A shock takes down every component that is up
 * in the parts that it names, at one instant (Marshall & Olkin 1967, "A multivariate exponential distribution"). What runs goes on
 * running while its system is down.
 *
 * Many systems, all alike and independent, live side by side, so that one replication gives a mean of many. Each starts with all
 * components new (`fresh`, the only start of what is never repaired), or in equilibrium: components that do not influence
 * each other by the residual laws, exponential ones by the stationary law of the number down. Anything else needs a warm-up. */
#include "models/oracle/birth_death.h"
#include "models/oracle/level.h"
#include "models/oracle/oracle.h"
#include "models/oracle/structure.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

enum metric { AVAILABILITY, COMPONENTS_UP, FAILURES_PER_DAY, SURVIVED, FIRST_FAILURE };

static const struct sim_metric metrics[] = {
    {"availability", "1", "Time-weighted share of systems that are up.", .higher_is_better = true, .is_availability = true},
    {"components_up", "1", "Time-weighted share of components that are up, spares included.", .higher_is_better = true, .is_share = true},
    {"failures_per_day", "1", "Failures of the system per system and day."},
    {"survived", "1", "Share of systems that were never down.", .higher_is_better = true, .is_share = true},
    {"first_failure_h", "h", "Mean time to the first failure of the system; the horizon where there was none.",
     .higher_is_better = true},
    {0},
};

static const struct sim_series series[] = {
    {"availability", "1", "Share of systems that are up."},
    {0},
};

/* --- Living --- */

enum state { RUNNING, SPARE, BROKEN };

struct component {
    struct stream stream;
    struct event_id failure; /* pending while it ages */
    enum state state;
    uint32_t next;           /* the one behind it in its part's queue for a crew */
};

/* One part of one system. */
struct group {
    uint32_t up, running, busy;
    uint32_t waiting, first, last; /* the queue for a crew, in the order of failure */
};

struct run {
    const struct plan *plan;
    struct engine *engine;
    struct component *component; /* [systems][components] */
    struct group *group;         /* [systems][parts] */
    struct stream *shocks;       /* [systems][shocks] */
    int64_t *first_failure_us;   /* [systems] */
    bool *is_up;                 /* [systems] */
    uint32_t on_failure, on_repair, on_shock;
    int64_t systems_up, components_up;
    uint64_t failures;
    struct level systems, components;
};

static bool holds(const struct run *run, uint32_t system)
{
    const struct plan *plan = run->plan;
    uint32_t good = 0;
    for (uint32_t i = 0; i < plan->parts; i++)
        good += run->group[system * plan->parts + i].up >= plan->part[i].needed;
    return plan->gate == GATE_SERIES ? good == plan->parts : good > 0;
}

/* After a change: is the system up, and what is there to count? */
static void settle(struct run *run, uint32_t system)
{
    instant now = engine_now(run->engine);
    bool up = holds(run, system);
    if (run->is_up[system] && !up) {
        run->systems_up--;
        run->failures += now.us >= 0;
    } else if (!run->is_up[system] && up) {
        run->systems_up++;
    }
    if (!up && now.us >= 0 && now.us < run->first_failure_us[system])
        run->first_failure_us[system] = now.us;
    run->is_up[system] = up;
    level_set(&run->systems, now, run->systems_up);
    level_set(&run->components, now, run->components_up);
}

static void await_failure(struct run *run, uint32_t index, duration after)
{
    instant at = instant_add(engine_now(run->engine), after);
    run->component[index].failure = engine_schedule(run->engine, at, 0, run->on_failure, index, 0);
}

static void start_running(struct run *run, const struct part *part, struct group *group, uint32_t index)
{
    struct component *component = &run->component[index];
    engine_cancel(run->engine, component->failure); /* a warm spare's */
    component->state = RUNNING;
    group->running++;
    await_failure(run, index, law_draw_duration(&part->up, &component->stream));
}

/* A good component runs, or becomes a spare. */
static void put_to_use(struct run *run, const struct part *part, struct group *group, uint32_t index)
{
    struct component *component = &run->component[index];
    if (part->standby == HOT || group->running < part->needed) {
        start_running(run, part, group, index);
        return;
    }
    component->state = SPARE;
    component->failure = EVENT_NONE;
    if (part->standby == WARM)
        await_failure(run, index, law_draw_duration(&part->idle, &component->stream));
}

static void repair(struct run *run, struct group *group, uint32_t index, duration length)
{
    group->busy++;
    engine_schedule(run->engine, instant_add(engine_now(run->engine), length), 1, run->on_repair, index, 0);
}

/* A broken component gets a crew, waits for one, or stays as it is. */
static void call_crew(struct run *run, const struct part *part, struct group *group, uint32_t index)
{
    if (!part->is_repaired)
        return;
    if (group->busy < part->crews) {
        repair(run, group, index, law_draw_duration(&part->repair, &run->component[index].stream));
        return;
    }
    if (group->waiting++ == 0)
        group->first = index;
    else
        run->component[group->last].next = index;
    group->last = index;
}

/* index was up. */
static void take_down(struct run *run, const struct part *part, struct group *group, uint32_t index)
{
    struct component *component = &run->component[index];
    engine_cancel(run->engine, component->failure); /* no effect when this is it */
    component->failure = EVENT_NONE;
    group->running -= component->state == RUNNING;
    group->up--;
    run->components_up--;
    component->state = BROKEN;
    call_crew(run, part, group, index);
}

static void promote_spare(struct run *run, const struct part *part, struct group *group, uint32_t first)
{
    for (uint32_t i = 0; i < part->count && group->running < part->needed; i++)
        if (run->component[first + i].state == SPARE)
            start_running(run, part, group, first + i);
}

struct spot {
    uint32_t system, first; /* first: the part's first component, of all */
    const struct part *part;
    struct group *group;
};

/* Where component index belongs. */
static struct spot spot_of(const struct run *run, uint32_t index)
{
    const struct plan *plan = run->plan;
    uint32_t system = index / plan->components, within = index % plan->components, p = 0;
    while (p + 1 < plan->parts && within >= plan->part[p + 1].first)
        p++;
    return (struct spot){system, system * plan->components + plan->part[p].first, &plan->part[p],
                         &run->group[system * plan->parts + p]};
}

static void fail(void *context, struct engine *engine, uint32_t index, uint64_t detail)
{
    struct run *run = context;
    struct spot spot = spot_of(run, index);
    (void)engine, (void)detail;
    take_down(run, spot.part, spot.group, index);
    if (spot.part->standby != HOT)
        promote_spare(run, spot.part, spot.group, spot.first);
    settle(run, spot.system);
}

static void finish_repair(void *context, struct engine *engine, uint32_t index, uint64_t detail)
{
    struct run *run = context;
    struct spot spot = spot_of(run, index);
    struct group *group = spot.group;
    (void)engine, (void)detail;
    group->busy--;
    group->up++;
    run->components_up++;
    put_to_use(run, spot.part, group, index);
    if (group->waiting > 0) {
        uint32_t next = group->first;
        group->first = run->component[next].next;
        group->waiting--;
        repair(run, group, next, law_draw_duration(&spot.part->repair, &run->component[next].stream));
    }
    check(!spot.part->is_repaired || group->up + group->busy + group->waiting == spot.part->count,
          "%u up, %u in repair and %u waiting of %u", group->up, group->busy, group->waiting, spot.part->count);
    settle(run, spot.system);
}

static void await_shock(struct run *run, uint32_t index)
{
    const struct shock *shock = &run->plan->shock[index % run->plan->shocks];
    duration gap = duration_from_seconds(stream_exponential(&run->shocks[index]) / shock->per_s);
    engine_schedule(run->engine, instant_add(engine_now(run->engine), gap), 2, run->on_shock, index, 0);
}

static void strike(void *context, struct engine *engine, uint32_t index, uint64_t detail)
{
    struct run *run = context;
    const struct plan *plan = run->plan;
    uint32_t system = index / plan->shocks;
    (void)engine, (void)detail;
    for (uint32_t p = 0; p < plan->parts; p++) {
        uint32_t first = system * plan->components + plan->part[p].first;
        if (!plan->shock[index % plan->shocks].hits[p])
            continue;
        for (uint32_t i = 0; i < plan->part[p].count; i++)
            if (run->component[first + i].state != BROKEN)
                take_down(run, &plan->part[p], &run->group[system * plan->parts + p], first + i);
    }
    settle(run, system);
    await_shock(run, index);
}

/* --- The start --- */

/* Ratio of the stationary probabilities of k and k - 1 down. */
static double ratio(const void *context, uint32_t k)
{
    const struct part *part = context;
    uint32_t up = part->count - (k - 1), running = part->standby == HOT || up < part->needed ? up : part->needed;
    double failing = running / law_mean(&part->up);
    if (part->standby == WARM)
        failing += (up - running) / law_mean(&part->idle);
    return failing / ((k < part->crews ? k : part->crews) / law_mean(&part->repair));
}

/* Those down are the first: components are alike. An exponential law has no memory, so whole ones follow. */
static void set_out_markov(struct run *run, struct arena *arena, const struct part *part, struct group *group, uint32_t first,
                           struct stream *stream)
{
    uint32_t down = birth_death_draw(arena, part->count + 1, ratio, part, stream);
    group->up = part->count - down;
    for (uint32_t i = 0; i < part->count; i++) {
        if (i < down) {
            run->component[first + i].state = BROKEN;
            call_crew(run, part, group, first + i);
        } else {
            put_to_use(run, part, group, first + i);
        }
    }
}

static void set_out_independent(struct run *run, const struct part *part, struct group *group, uint32_t index)
{
    struct component *component = &run->component[index];
    if (law_draw_equilibrium_up(&part->up, &part->repair, &component->stream)) {
        component->state = RUNNING;
        group->up++;
        group->running++;
        await_failure(run, index, law_draw_residual_duration(&part->up, &component->stream));
    } else {
        component->state = BROKEN;
        repair(run, group, index, law_draw_residual_duration(&part->repair, &component->stream));
    }
}

static void set_out_part(struct run *run, const struct trial *trial, uint32_t system, uint32_t p, struct stream *initial)
{
    const struct plan *plan = run->plan;
    const struct part *part = &plan->part[p];
    struct group *group = &run->group[system * plan->parts + p];
    uint32_t first = system * plan->components + part->first;
    if (plan->start == START_MARKOV) {
        struct arena_mark mark = arena_mark(trial->task->arena);
        set_out_markov(run, trial->task->arena, part, group, first, initial);
        arena_rewind(trial->task->arena, mark);
    } else if (plan->start == START_INDEPENDENT) {
        for (uint32_t i = 0; i < part->count; i++)
            set_out_independent(run, part, group, first + i);
    } else {
        group->up = part->count;
        for (uint32_t i = 0; i < part->count; i++)
            put_to_use(run, part, group, first + i);
    }
    run->components_up += group->up;
}

static void set_out(struct run *run, const struct trial *trial)
{
    const struct plan *plan = run->plan;
    struct stream initial = trial_stream(trial, "initial");
    for (uint32_t system = 0; system < plan->systems; system++) {
        for (uint32_t p = 0; p < plan->parts; p++)
            set_out_part(run, trial, system, p, &initial);
        for (uint32_t i = 0; i < plan->shocks; i++)
            await_shock(run, system * plan->shocks + i);
        run->first_failure_us[system] = trial->task->horizon.us;
        run->is_up[system] = holds(run, system);
        run->systems_up += run->is_up[system];
    }
}

static struct run *set_up(const struct trial *trial, const struct plan *plan)
{
    struct arena *arena = trial->task->arena;
    uint32_t components = plan->systems * plan->components, shocks = plan->systems * plan->shocks;
    struct stream_key shock_family = stream_key_path(trial->family, "shocks");
    struct run *run = arena_new(arena, struct run);
    run->plan = plan;
    run->engine = trial->engine;
    run->component = arena_array(arena, components, struct component);
    for (uint32_t i = 0; i < components; i++)
        run->component[i].stream = stream_open(stream_key_index(trial->family, i));
    run->shocks = arena_array(arena, shocks, struct stream);
    for (uint32_t i = 0; i < shocks; i++)
        run->shocks[i] = stream_open(stream_key_index(shock_family, i));
    run->group = arena_array(arena, (size_t)plan->systems * plan->parts, struct group);
    run->first_failure_us = arena_array(arena, plan->systems, int64_t);
    run->is_up = arena_array(arena, plan->systems, bool);
    run->on_failure = engine_action(trial->engine, fail, run);
    run->on_repair = engine_action(trial->engine, finish_repair, run);
    run->on_shock = engine_action(trial->engine, strike, run);
    return run;
}

/* A system that is down at 0 has survived nothing. */
static void begin_measuring(struct run *run)
{
    for (uint32_t system = 0; system < run->plan->systems; system++)
        if (!run->is_up[system])
            run->first_failure_us[system] = 0;
}

static void report(const struct run *run, const struct trial *trial, struct sim_record *record)
{
    double systems = run->plan->systems;
    int64_t life_us = 0;
    uint32_t survivors = 0;
    for (uint32_t system = 0; system < run->plan->systems; system++) {
        life_us += run->first_failure_us[system];
        survivors += run->first_failure_us[system] == trial->task->horizon.us;
    }
    record_metric(record, AVAILABILITY, level_mean(&run->systems) / systems);
    record_metric(record, COMPONENTS_UP, level_mean(&run->components) / systems / run->plan->components);
    record_metric(record, FAILURES_PER_DAY, trial_per_day(trial, (double)run->failures / systems));
    record_metric(record, SURVIVED, survivors / systems);
    record_metric(record, FIRST_FAILURE, (double)life_us / (double)US_PER_HOUR / systems);
    level_report(&run->systems, record, 0, systems);
}

static void replicate(const void *given, const struct sim_task *task, struct sim_record *record)
{
    const struct plan *plan = given;
    struct trial trial = trial_open(task, &plan->trial, plan->systems * (plan->components + plan->shocks) + 1);
    struct run *run = set_up(&trial, plan);
    set_out(run, &trial);
    level_open(&run->systems, task->arena, trial.start, task->horizon, task->grid, run->systems_up);
    level_open(&run->components, task->arena, trial.start, task->horizon, (duration){task->horizon.us}, run->components_up);
    engine_run(trial.engine, (instant){-1});
    begin_measuring(run);
    trial_run(&trial);
    level_set(&run->systems, task->horizon, run->systems_up);
    level_set(&run->components, task->horizon, run->components_up);
    report(run, &trial, record);
    trial_close(&trial, record);
}

const struct sim_model oracle_structure = {
    .name = "structure",
    .summary = "Systems of k-of-n parts with spares, crews and shocks, whose reliability and availability are known.",
    .keys = structure_keys,
    .metrics = metrics,
    .series = series,
    .prepare = structure_prepare,
    .arms = trial_arms,
    .replicate = replicate,
};
