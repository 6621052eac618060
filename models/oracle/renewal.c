/* Components that are up and down in turn by any two laws, independent of each other: alternating renewal processes.
 *
 * In equilibrium a component is up at any instant with probability mean up / (mean up + mean down), and fails at rate
 * 1 / (mean up + mean down), whatever the laws (Cox 1962, "Renewal theory", chapter 7). That must hold from the first day on,
 * which tells a right start from a wrong one: started fresh, a component of decreasing failure rate fails far more often at
 * first. `fresh = true` does just that, so that the difference can be seen. */
#include "models/oracle/level.h"
#include "models/oracle/oracle.h"
#include "models/oracle/trial.h"

#include <math.h>

#include "sim/base/nomalloc.h"

enum metric { AVAILABILITY, AVAILABILITY_FIRST_DAY, FAILURES_FIRST_WEEK, FAILURES_PER_DAY, MEAN_UP_H, MEAN_DOWN_H };

static const struct sim_metric metrics[] = {
    {"availability", "1", "Time-weighted share of components that are up.", .higher_is_better = true, .is_availability = true},
    {"availability_first_day", "1", "The same over the first day.", .higher_is_better = true, .is_availability = true},
    {"failures_first_week", "1", "Failures per component in the first seven days; undefined for a shorter horizon."},
    {"failures_per_day", "1", "Failures per component and day."},
    {"mean_up_h", "h", "Time up of all components per failure: in equilibrium the mean of the law, whatever its tail; undefined without failures."},
    {"mean_down_h", "h", "The same of the time down."},
    {0},
};

static const struct sim_series series[] = {
    {"availability", "1", "Share of components that are up."},
    {0},
};

static const struct key keys[] = {
    {"components", KEY_INTEGER, NULL, .help = "Number of components, all alike and independent.", .low = 1, .high = 1e7},
    {"up", KEY_LAW, NULL, .help = "Law of the time from repair to the next failure."},
    {"down", KEY_LAW, NULL, .help = "Law of the time from failure to repair."},
    {"fresh", KEY_BOOL, "false", .help = "Start with every component new instead of in equilibrium."},
    KEY_END,
};

struct plan {
    struct trial_plan trial;
    struct law up, down;
    uint32_t components;
    bool fresh;
};

struct run {
    const struct plan *plan;
    struct stream *streams;  /* [components] */
    bool *is_up;             /* [components] */
    uint32_t on_change, up;
    uint64_t failures, failures_first_week;
    struct level ups, first_day;
};

static const void *prepare(struct scenario *scenario, const struct value *point)
{
    (void)point;
    const struct value *root = &scenario->root;
    struct plan *plan = arena_new(scenario->arena, struct plan);
    *plan = (struct plan){trial_plan("renewal"), *value_law(root, "up"), *value_law(root, "down"),
                          (uint32_t)value_integer(root, "components"), value_bool(root, "fresh")};
    if (!(law_mean(&plan->up) > 0) || !isfinite(law_mean(&plan->up)))
        scenario_error(scenario, value_of(root, "up"), NULL, "the mean time up must be above 0 and finite");
    if (!isfinite(law_mean(&plan->down)))
        scenario_error(scenario, value_of(root, "down"), NULL, "the mean time down must be finite");
    return plan;
}

static void await_change(struct run *run, struct engine *engine, uint32_t component, duration after)
{
    engine_schedule(engine, instant_add(engine_now(engine), after), 0, run->on_change, component, 0);
}

static void change(void *context, struct engine *engine, uint32_t component, uint64_t detail)
{
    struct run *run = context;
    instant now = engine_now(engine);
    (void)detail;
    bool up = run->is_up[component] = !run->is_up[component];
    if (up) {
        run->up++;
    } else {
        run->up--;
        run->failures += now.us >= 0;
        run->failures_first_week += now.us >= 0 && now.us < 7 * US_PER_DAY;
    }
    level_set(&run->ups, now, run->up);
    level_set(&run->first_day, now, run->up);
    await_change(run, engine, component, law_draw_duration(up ? &run->plan->up : &run->plan->down, &run->streams[component]));
}

static void set_out(struct run *run, struct engine *engine, uint32_t component)
{
    const struct plan *plan = run->plan;
    struct stream *stream = &run->streams[component];
    bool up = plan->fresh || law_draw_equilibrium_up(&plan->up, &plan->down, stream);
    const struct law *law = up ? &plan->up : &plan->down;
    run->is_up[component] = up;
    run->up += up;
    await_change(run, engine, component, plan->fresh ? law_draw_duration(law, stream) : law_draw_residual_duration(law, stream));
}

static void report(const struct run *run, const struct trial *trial, struct sim_record *record)
{
    double components = run->plan->components;
    double up = level_mean(&run->ups), hours = duration_hours((duration){trial->task->horizon.us});
    record_metric(record, AVAILABILITY, up / components);
    record_metric(record, AVAILABILITY_FIRST_DAY, level_mean(&run->first_day) / components);
    if (trial->task->horizon.us >= 7 * US_PER_DAY)
        record_metric(record, FAILURES_FIRST_WEEK, (double)run->failures_first_week / components);
    record_metric(record, FAILURES_PER_DAY, trial_per_day(trial, (double)run->failures / components));
    if (run->failures > 0) {
        record_metric(record, MEAN_UP_H, up * hours / (double)run->failures);
        record_metric(record, MEAN_DOWN_H, (components - up) * hours / (double)run->failures);
    }
    level_report(&run->ups, record, 0, components);
}

static void replicate(const void *given, const struct sim_task *task, struct sim_record *record)
{
    const struct plan *plan = given;
    instant day = {task->horizon.us < US_PER_DAY ? task->horizon.us : US_PER_DAY};
    struct trial trial = trial_open(task, &plan->trial, plan->components + 1);
    struct run *run = arena_new(task->arena, struct run);
    run->plan = plan;
    run->on_change = engine_action(trial.engine, change, run);
    run->streams = trial_streams(&trial, plan->components);
    run->is_up = arena_array(task->arena, plan->components, bool);
    for (uint32_t i = 0; i < plan->components; i++)
        set_out(run, trial.engine, i);
    level_open(&run->ups, task->arena, trial.start, task->horizon, task->grid, run->up);
    level_open(&run->first_day, task->arena, trial.start, day, (duration){day.us}, run->up);
    trial_run(&trial);
    level_set(&run->ups, task->horizon, run->up);
    level_set(&run->first_day, task->horizon, run->up);
    report(run, &trial, record);
    trial_close(&trial, record);
}

const struct sim_model oracle_renewal = {
    .name = "renewal",
    .summary = "Components up and down in turn by any laws: alternating renewal processes, whose answer is known.",
    .keys = keys,
    .metrics = metrics,
    .series = series,
    .prepare = prepare,
    .arms = trial_arms,
    .replicate = replicate,
};
