/* Machines fail; a few crews repair them, one machine a crew, in the order of failure. With exponential laws the number down is
 * a birth-death process (Kleinrock 1975, section 3.8, "finite customer population"), and a run starts from its stationary
 * law; with other laws it starts with all machines up and needs a warm-up. */
#include "models/oracle/birth_death.h"
#include "models/oracle/level.h"
#include "models/oracle/oracle.h"
#include "models/oracle/trial.h"

#include "sim/base/check.h"

#include <math.h>

#include "sim/base/nomalloc.h"

enum metric { AVAILABILITY, MEAN_UP, CREW_UTILISATION, MEAN_WAITING, FAILURES_PER_DAY };

static const struct sim_metric metrics[] = {
    {"availability", "1", "Time-weighted share of machines that are up.", .higher_is_better = true, .is_availability = true},
    {"mean_up", "1", "Time-weighted number of machines that are up.", .higher_is_better = true},
    {"crew_utilisation", "1", "Time-weighted share of crews at work.", .is_share = true},
    {"mean_waiting", "1", "Time-weighted number of machines that wait for a crew."},
    {"failures_per_day", "1", "Failures of all machines per day."},
    {0},
};

static const struct sim_series series[] = {
    {"availability", "1", "Share of machines that are up."},
    {0},
};

static const struct key keys[] = {
    {"machines", KEY_INTEGER, NULL, .help = "Number of machines.", .low = 1, .high = 1e6},
    {"crews", KEY_INTEGER, NULL, .help = "Number of repair crews.", .low = 1, .high = 1e6},
    {"up", KEY_LAW, NULL, .help = "Law of the time from repair to the next failure."},
    {"repair", KEY_LAW, NULL, .help = "Law of the time that a crew needs."},
    KEY_END,
};

struct plan {
    struct trial_plan trial;
    struct law up, repair;
    uint32_t machines, crews;
    bool is_markov; /* both laws exponential: the stationary law is known */
};

struct run {
    const struct plan *plan;
    struct stream *streams;  /* [machines] */
    uint32_t *queue;         /* [machines] ring of machines that wait for a crew */
    uint32_t head, waiting, busy, up;
    uint32_t on_failure, on_repair;
    uint64_t failures;       /* from the start of measuring */
    struct level ups, busies, waits;
};

static const void *prepare(struct scenario *scenario, const struct value *point)
{
    (void)point;
    const struct value *root = &scenario->root;
    struct plan *plan = arena_new(scenario->arena, struct plan);
    *plan = (struct plan){trial_plan("machine-repair"), *value_law(root, "up"), *value_law(root, "repair"),
                          (uint32_t)value_integer(root, "machines"), (uint32_t)value_integer(root, "crews"), false};
    plan->is_markov = plan->up.kind == LAW_EXPONENTIAL && plan->repair.kind == LAW_EXPONENTIAL;
    if (!(law_mean(&plan->up) > 0) || !isfinite(law_mean(&plan->up)))
        scenario_error(scenario, value_of(root, "up"), NULL, "the mean time up must be above 0 and finite");
    if (!isfinite(law_mean(&plan->repair)))
        scenario_error(scenario, value_of(root, "repair"), NULL, "the mean time to repair must be finite");
    if (!plan->is_markov && value_duration(root, "warmup").us == 0)
        scenario_error(scenario, value_of(root, "up"), "ten times the mean time up is plenty",
                       "only exponential laws start in equilibrium; any other needs a 'warmup'");
    return plan;
}

static void note_levels(struct run *run, instant now)
{
    level_set(&run->ups, now, run->up);
    level_set(&run->busies, now, run->busy);
    level_set(&run->waits, now, run->waiting);
}

static void schedule(struct run *run, struct engine *engine, uint32_t machine, const struct law *law, uint32_t action)
{
    instant at = instant_add(engine_now(engine), law_draw_duration(law, &run->streams[machine]));
    engine_schedule(engine, at, 0, action, machine, 0);
}

/* A broken machine gets a crew or waits for one. */
static void call_crew(struct run *run, struct engine *engine, uint32_t machine)
{
    const struct plan *plan = run->plan;
    if (run->busy < plan->crews) {
        run->busy++;
        schedule(run, engine, machine, &plan->repair, run->on_repair);
    } else {
        run->queue[(run->head + run->waiting++) % plan->machines] = machine;
    }
}

static void fail(void *context, struct engine *engine, uint32_t machine, uint64_t detail)
{
    struct run *run = context;
    (void)detail;
    run->up--;
    run->failures += engine_now(engine).us >= 0;
    call_crew(run, engine, machine);
    note_levels(run, engine_now(engine));
}

static void finish_repair(void *context, struct engine *engine, uint32_t machine, uint64_t detail)
{
    struct run *run = context;
    (void)detail;
    run->up++;
    run->busy--;
    schedule(run, engine, machine, &run->plan->up, run->on_failure);
    if (run->waiting > 0) {
        uint32_t next = run->queue[run->head];
        run->head = (run->head + 1) % run->plan->machines;
        run->waiting--;
        call_crew(run, engine, next);
    }
    check(run->up + run->busy + run->waiting == run->plan->machines, "%u up, %u in repair and %u waiting of %u", run->up,
          run->busy, run->waiting, run->plan->machines);
    note_levels(run, engine_now(engine));
}

static double ratio(const void *context, uint32_t k)
{
    const struct plan *plan = context;
    double failing = (plan->machines - k + 1) / law_mean(&plan->up);
    double mending = (k < plan->crews ? k : plan->crews) / law_mean(&plan->repair);
    return failing / mending;
}

static void set_out(struct run *run, struct engine *engine, const struct trial *trial, struct stream *initial)
{
    const struct plan *plan = run->plan;
    uint32_t down = plan->is_markov ? birth_death_draw(trial->task->arena, plan->machines + 1, ratio, plan, initial) : 0;
    run->up = plan->machines - down;
    for (uint32_t machine = 0; machine < plan->machines; machine++) {
        if (machine < down)
            call_crew(run, engine, machine); /* exponential: the rest of a repair is a whole one */
        else
            schedule(run, engine, machine, &plan->up, run->on_failure);
    }
}

static void report(const struct run *run, const struct trial *trial, struct sim_record *record)
{
    double machines = run->plan->machines, up = level_mean(&run->ups);
    record_metric(record, AVAILABILITY, up / machines);
    record_metric(record, MEAN_UP, up);
    record_metric(record, CREW_UTILISATION, level_mean(&run->busies) / run->plan->crews);
    record_metric(record, MEAN_WAITING, level_mean(&run->waits));
    record_metric(record, FAILURES_PER_DAY, trial_per_day(trial, (double)run->failures));
    level_report(&run->ups, record, 0, machines);
}

static struct run *set_up(const struct trial *trial, const struct plan *plan)
{
    struct arena *arena = trial->task->arena;
    instant horizon = trial->task->horizon;
    struct run *run = arena_new(arena, struct run);
    run->plan = plan;
    run->on_failure = engine_action(trial->engine, fail, run);
    run->on_repair = engine_action(trial->engine, finish_repair, run);
    run->queue = arena_array(arena, plan->machines, uint32_t);
    run->streams = trial_streams(trial, plan->machines);
    level_open(&run->ups, arena, trial->start, horizon, trial->task->grid, 0);
    level_open(&run->busies, arena, trial->start, horizon, (duration){horizon.us}, 0);
    level_open(&run->waits, arena, trial->start, horizon, (duration){horizon.us}, 0);
    return run;
}

static void replicate(const void *given, const struct sim_task *task, struct sim_record *record)
{
    const struct plan *plan = given;
    struct trial trial = trial_open(task, &plan->trial, plan->machines + 1);
    struct stream initial = trial_stream(&trial, "initial");
    struct run *run = set_up(&trial, plan);
    set_out(run, trial.engine, &trial, &initial);
    note_levels(run, trial.start);
    trial_run(&trial);
    note_levels(run, task->horizon);
    report(run, &trial, record);
    trial_close(&trial, record);
}

const struct sim_model oracle_machine_repair = {
    .name = "machine-repair",
    .summary = "Machines that fail and few crews to repair them: a birth-death process, whose answer is known.",
    .keys = keys,
    .metrics = metrics,
    .series = series,
    .prepare = prepare,
    .arms = trial_arms,
    .replicate = replicate,
};
