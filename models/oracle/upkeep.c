/* Components that are replaced before they fail, or whose failures show only when somebody looks.
 *
 *   replace_after  age replacement: a component that has lived so long since it was new is replaced by plan, which takes
 *                  `replacement`; one that fails before is repaired, which takes `repair` (Barlow & Proschan 1965,
 *                  "Mathematical theory of reliability", chapter 4, section 2)
 *   inspect_every  hidden failures: a component is looked at that long after it was new or last looked at; one that has failed
 *                  is down until then and during its repair (section 3; Rausand & Hoyland 2004, "System reliability theory",
 *                  section 10.3)
 *
 * Each time a component comes back it is as good as new, so these are renewal processes with rewards: a long-run share is
 * the mean of a cycle's reward over the mean of its length. Cycles are nearly of one length, so components set out with
 * phases spread evenly over the first one, and the rest is left to a warm-up of many cycles. */
#include "models/oracle/level.h"
#include "models/oracle/oracle.h"
#include "models/oracle/trial.h"

#include <math.h>

#include "sim/base/nomalloc.h"

enum metric { AVAILABILITY, FAILURES_PER_DAY, REPLACEMENTS_PER_DAY };

static const struct sim_metric metrics[] = {
    {"availability", "1", "Time-weighted share of components that are up.", .higher_is_better = true, .is_availability = true},
    {"failures_per_day", "1", "Failures per component and day."},
    {"replacements_per_day", "1", "Planned replacements per component and day."},
    {0},
};

static const struct sim_series series[] = {
    {"availability", "1", "Share of components that are up."},
    {0},
};

static const struct key keys[] = {
    {"components", KEY_INTEGER, NULL, .help = "Number of components, all alike and independent.", .low = 1, .high = 1e6},
    {"up", KEY_LAW, NULL, .help = "Law of the life of a new component."},
    {"repair", KEY_LAW, NULL, .help = "Law of the time from a failure, or from its discovery, to being new again."},
    {"replace_after", KEY_DURATION, "", .help = "Age at which a component is replaced by plan.", .above_low = true},
    {"replacement", KEY_LAW, "constant(0 s)", .help = "Law of the time that a planned replacement takes."},
    {"inspect_every", KEY_DURATION, "", .help = "Time between looks at a component whose failures are hidden.", .above_low = true},
    KEY_END,
};

struct plan {
    struct trial_plan trial;
    uint32_t components;
    struct law up, repair, replacement;
    duration replace_after, inspect_every; /* 0: never by plan; failures show at once */
};

struct run {
    const struct plan *plan;
    struct engine *engine;
    struct stream *streams; /* [components] */
    uint32_t on_failure, on_found, on_replacement, on_renewal;
    uint32_t up;
    uint64_t failures, replacements;
    struct level level;
};

static const void *prepare(struct scenario *scenario, const struct value *point)
{
    (void)point;
    const struct value *root = &scenario->root;
    struct plan *plan = arena_new(scenario->arena, struct plan);
    *plan = (struct plan){trial_plan("upkeep"), (uint32_t)value_integer(root, "components"), *value_law(root, "up"),
                          *value_law(root, "repair"), *value_law(root, "replacement")};
    if (value_given(root, "replace_after"))
        plan->replace_after = value_duration(root, "replace_after");
    if (value_given(root, "inspect_every"))
        plan->inspect_every = value_duration(root, "inspect_every");
    if ((plan->replace_after.us == 0) == (plan->inspect_every.us == 0))
        scenario_error(scenario, root, "model 'renewal' does without either", "give one of 'replace_after' and 'inspect_every'");
    if (!(law_mean(&plan->up) > 0) || !isfinite(law_mean(&plan->up)) || !isfinite(law_mean(&plan->repair)))
        scenario_error(scenario, value_of(root, "up"), NULL, "the mean life must be above 0, and like that of repair finite");
    if (value_duration(root, "warmup").us == 0)
        scenario_error(scenario, root, "a hundred times 'replace_after' or 'inspect_every' is plenty",
                       "components set out as new, so they need a 'warmup'");
    return plan;
}

static void after(struct run *run, duration wait, uint32_t action, uint32_t component)
{
    engine_schedule(run->engine, instant_add(engine_now(run->engine), wait), 0, action, component, 0);
}

/* A new component lives until it fails or its age is reached. */
static void live(struct run *run, uint32_t component)
{
    const struct plan *plan = run->plan;
    duration life = law_draw_duration(&plan->up, &run->streams[component]);
    if (plan->replace_after.us > 0 && plan->replace_after.us <= life.us)
        after(run, plan->replace_after, run->on_replacement, component);
    else
        engine_schedule(run->engine, instant_add(engine_now(run->engine), life), 0, run->on_failure, component,
                        (uint64_t)life.us);
}

static void go_down(struct run *run)
{
    level_set(&run->level, engine_now(run->engine), --run->up);
}

static void repair(struct run *run, uint32_t component)
{
    after(run, law_draw_duration(&run->plan->repair, &run->streams[component]), run->on_renewal, component);
}

static void fail(void *context, struct engine *engine, uint32_t component, uint64_t life_us)
{
    struct run *run = context;
    int64_t every = run->plan->inspect_every.us;
    run->failures += engine_now(engine).us >= 0;
    go_down(run);
    if (every == 0)
        repair(run, component);
    else /* looks come at multiples of `every` in its life */
        after(run, (duration){every - (int64_t)life_us % every}, run->on_found, component);
}

static void find(void *context, struct engine *engine, uint32_t component, uint64_t detail)
{
    (void)engine, (void)detail;
    repair(context, component);
}

static void replace(void *context, struct engine *engine, uint32_t component, uint64_t detail)
{
    struct run *run = context;
    (void)detail;
    run->replacements += engine_now(engine).us >= 0;
    go_down(run);
    after(run, law_draw_duration(&run->plan->replacement, &run->streams[component]), run->on_renewal, component);
}

static void renew(void *context, struct engine *engine, uint32_t component, uint64_t detail)
{
    struct run *run = context;
    (void)detail;
    level_set(&run->level, engine_now(engine), ++run->up);
    live(run, component);
}

static void report(const struct run *run, const struct trial *trial, struct sim_record *record)
{
    double components = run->plan->components;
    record_metric(record, AVAILABILITY, level_mean(&run->level) / components);
    record_metric(record, FAILURES_PER_DAY, trial_per_day(trial, (double)run->failures / components));
    record_metric(record, REPLACEMENTS_PER_DAY, trial_per_day(trial, (double)run->replacements / components));
    level_report(&run->level, record, 0, components);
}

static void replicate(const void *given, const struct sim_task *task, struct sim_record *record)
{
    const struct plan *plan = given;
    struct trial trial = trial_open(task, &plan->trial, plan->components + 1);
    double cycle_us = (double)(plan->replace_after.us + plan->inspect_every.us);
    struct run *run = arena_new(task->arena, struct run);
    *run = (struct run){.plan = plan, .engine = trial.engine};
    run->on_failure = engine_action(trial.engine, fail, run);
    run->on_found = engine_action(trial.engine, find, run);
    run->on_replacement = engine_action(trial.engine, replace, run);
    run->on_renewal = engine_action(trial.engine, renew, run);
    run->streams = trial_streams(&trial, plan->components);
    level_open(&run->level, task->arena, trial.start, task->horizon, task->grid, 0);
    for (uint32_t i = 0; i < plan->components; i++)
        after(run, duration_from_seconds(stream_uniform(&run->streams[i]) * cycle_us / 1e6), run->on_renewal, i);
    trial_run(&trial);
    level_set(&run->level, task->horizon, run->up);
    report(run, &trial, record);
    trial_close(&trial, record);
}

const struct sim_model oracle_upkeep = {
    .name = "upkeep",
    .summary = "Components replaced at an age, or looked at now and then: preventive replacement and hidden failures.",
    .keys = keys,
    .metrics = metrics,
    .series = series,
    .prepare = prepare,
    .arms = trial_arms,
    .replicate = replicate,
};
