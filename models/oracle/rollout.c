/* A flawed release goes out in stages until enough machines have reported it.
 *
 * At the begin of a stage the release is on `share` of the machines; then the stage bakes. Each machine that has the release
 * shows the flaw with probability `flaw`, and then reports once, some time of law `report` after its update. At the report of number
 * `stop_at` the rollout stops at once, and no stage follows. Machines report independently of each other, so the number of reports
 * before a stage is a sum of independent yes and no, and a stage is reached when that sum stays below `stop_at`: with a law of report
 * G, stages at times t_i that bring n_i machines, and stop_at = 1, stage j is reached with probability
 * prod_{i<j} (1 - flaw G(t_j - t_i))^n_i. For an exponential law and a small flaw that is the exponential of minus the exposure.
 *
 * Many rollouts, alike and independent, begin at 0. */
#include "models/oracle/level.h"
#include "models/oracle/oracle.h"
#include "models/oracle/trial.h"

#include <math.h>

#include "sim/base/nomalloc.h"

enum metric { SHARE_REACHED, COMPLETED, TIME_TO_STOP };

static const struct sim_metric metrics[] = {
    {"share_reached", "1", "Mean share of machines that the release reached.", .is_share = true},
    {"completed", "1", "Share of rollouts that reached every machine.", .is_share = true},
    {"time_to_stop_h", "h", "Mean time to the stop; the horizon where there was none."},
    {0},
};

static const struct sim_series series[] = {
    {"reached", "1", "Mean share of machines that have the release."},
    {0},
};

static const struct key stage_keys[] = {
    {"share", KEY_SHARE, NULL, .help = "Share of the machines that have the release from this stage on.", .above_low = true, .high = 1},
    {"bake", KEY_DURATION, NULL, .help = "Time until the next stage."},
    KEY_END,
};

static const struct key keys[] = {
    {"rollouts", KEY_INTEGER, "1", .help = "Rollouts side by side, all alike and independent.", .low = 1, .high = 1e6},
    {"machines", KEY_INTEGER, NULL, .help = "Machines of a rollout.", .low = 1, .high = 1e6},
    {"stages", KEY_LIST, .children = stage_keys, .required = true, .help = "Stages in order, of growing share."},
    {"flaw", KEY_SHARE, NULL, .help = "Probability that a machine with the release shows the flaw."},
    {"report", KEY_LAW, NULL, .help = "Law of the time from a machine's update to its report."},
    {"stop_at", KEY_INTEGER, "1", .help = "Number of reports that stops the rollout.", .low = 1, .high = 1e6},
    KEY_END,
};

struct stage {
    uint32_t machines; /* that have the release from here on */
    duration bake;
};

struct plan {
    struct trial_plan trial;
    const struct stage *stage;
    uint32_t stages, rollouts, machines, stop_at;
    double flaw;
    struct law report;
};

struct rollout {
    uint32_t reached, reports;
    int64_t stopped_us; /* the horizon: not stopped */
};

struct run {
    const struct plan *plan;
    struct engine *engine;
    int64_t horizon_us;
    struct stream *streams;  /* [rollouts] */
    struct rollout *rollout; /* [rollouts] */
    uint32_t on_stage, on_report;
    int64_t reached;         /* machines of all rollouts */
    struct level level;
};

static const void *prepare(struct scenario *scenario, const struct value *point)
{
    (void)point;
    const struct value *root = &scenario->root, *stages = value_of(root, "stages");
    struct plan *plan = arena_new(scenario->arena, struct plan);
    struct stage *stage = arena_array(scenario->arena, value_count(stages), struct stage);
    *plan = (struct plan){
        .trial = trial_plan("rollout"),
        .stage = stage,
        .stages = (uint32_t)value_count(stages),
        .rollouts = (uint32_t)value_integer(root, "rollouts"),
        .machines = (uint32_t)value_integer(root, "machines"),
        .stop_at = (uint32_t)value_integer(root, "stop_at"),
        .flaw = value_number(root, "flaw"),
        .report = *value_law(root, "report"),
    };
    for (size_t i = 0; i < plan->stages; i++) {
        const struct value *value = value_at(stages, i);
        /* Less than a machine counts as one, but not the last bit of a product such as 0.07 x 100. */
        double machines = ceil(value_number(value, "share") * plan->machines - 1e-6);
        stage[i] = (struct stage){(uint32_t)machines, value_duration(value, "bake")};
        if (i > 0 && stage[i].machines < stage[i - 1].machines)
            scenario_error(scenario, value_of(value, "share"), NULL, "a stage cannot have fewer machines than the one before");
    }
    if ((double)plan->rollouts * plan->machines > 8e6)
        scenario_error(scenario, value_of(root, "rollouts"), NULL, "that makes more than 8,000,000 machines");
    return plan;
}

/* Updates the machines of a stage; a machine's luck is drawn when it is updated. */
static void begin_stage(void *context, struct engine *engine, uint32_t index, uint64_t number)
{
    struct run *run = context;
    const struct plan *plan = run->plan;
    struct rollout *rollout = &run->rollout[index];
    const struct stage *stage = &plan->stage[number];
    if (rollout->stopped_us < run->horizon_us)
        return;
    run->reached += stage->machines - rollout->reached;
    for (; rollout->reached < stage->machines; rollout->reached++) {
        if (!stream_chance(&run->streams[index], plan->flaw))
            continue;
        duration wait = law_draw_duration(&plan->report, &run->streams[index]);
        engine_schedule(engine, instant_add(engine_now(engine), wait), 0, run->on_report, index, 0);
    }
    level_set(&run->level, engine_now(engine), run->reached);
    if (number + 1 < plan->stages)
        engine_schedule(engine, instant_add(engine_now(engine), stage->bake), 1, run->on_stage, index, number + 1);
}

static void take_report(void *context, struct engine *engine, uint32_t index, uint64_t detail)
{
    struct run *run = context;
    struct rollout *rollout = &run->rollout[index];
    (void)detail;
    if (++rollout->reports == run->plan->stop_at)
        rollout->stopped_us = engine_now(engine).us;
}

static void report(const struct run *run, struct sim_record *record)
{
    const struct plan *plan = run->plan;
    double rollouts = plan->rollouts, machines = plan->machines;
    int64_t stopped_us = 0;
    uint32_t complete = 0;
    for (uint32_t i = 0; i < plan->rollouts; i++) {
        stopped_us += run->rollout[i].stopped_us;
        complete += run->rollout[i].reached == plan->machines;
    }
    record_metric(record, SHARE_REACHED, (double)run->reached / machines / rollouts);
    record_metric(record, COMPLETED, complete / rollouts);
    record_metric(record, TIME_TO_STOP, (double)stopped_us / (double)US_PER_HOUR / rollouts);
    level_report(&run->level, record, 0, machines * rollouts);
}

static void replicate(const void *given, const struct sim_task *task, struct sim_record *record)
{
    const struct plan *plan = given;
    struct trial trial = trial_open(task, &plan->trial, plan->rollouts * (plan->machines + 1) + 1);
    struct run *run = arena_new(task->arena, struct run);
    *run = (struct run){.plan = plan, .engine = trial.engine, .horizon_us = task->horizon.us};
    run->on_stage = engine_action(trial.engine, begin_stage, run);
    run->on_report = engine_action(trial.engine, take_report, run);
    run->streams = trial_streams(&trial, plan->rollouts);
    run->rollout = arena_array(task->arena, plan->rollouts, struct rollout);
    level_open(&run->level, task->arena, trial.start, task->horizon, task->grid, 0);
    for (uint32_t i = 0; i < plan->rollouts; i++) {
        run->rollout[i].stopped_us = task->horizon.us;
        engine_schedule(trial.engine, (instant){0}, 1, run->on_stage, i, 0);
    }
    trial_run(&trial);
    level_set(&run->level, task->horizon, run->reached);
    report(run, record);
    trial_close(&trial, record);
}

const struct sim_model oracle_rollout = {
    .name = "rollout",
    .summary = "A flawed release that goes out in stages until machines report it: how far it gets is known.",
    .keys = keys,
    .metrics = metrics,
    .series = series,
    .prepare = prepare,
    .arms = trial_arms,
    .replicate = replicate,
};
