/* Jobs that save their work every so often, on machines that fail.
 *
 * A job is `saves` times `save_every` of work, each closed by a checkpoint that takes `write`. A failure throws it back to the last
 * complete checkpoint and costs `restart` before work goes on. Failures may strike during the restart too, which then begins
 * again (`restart_fails`, the model of Daly 2006, "A higher order estimate of the optimum checkpoint interval for restart
 * dumps", section 2), or only afterwards (Young 1974, "A first order approximation to the optimum checkpoint interval"). The time to the next
 * failure is drawn anew after each.
 *
 * Many jobs, alike and independent, begin at 0; the mean wall time is defined when all are done by the horizon. */
#include "models/oracle/level.h"
#include "models/oracle/oracle.h"
#include "models/oracle/trial.h"

#include <math.h>

#include "sim/base/nomalloc.h"

enum metric { WALL, USEFUL_SHARE, FAILURES_PER_JOB };

static const struct sim_metric metrics[] = {
    {"wall_h", "h", "Mean time from the begin of a job to its end; undefined unless all end by the horizon."},
    {"useful_share", "1", "Work of all jobs / their wall time; undefined likewise.", .higher_is_better = true, .is_share = true},
    {"failures_per_job", "1", "Mean number of failures that a job meets; undefined likewise."},
    {0},
};

static const struct sim_series series[] = {
    {"unfinished", "1", "Share of jobs that are not done."},
    {0},
};

static const struct key keys[] = {
    {"jobs", KEY_INTEGER, "1", .help = "Jobs side by side, all alike and independent.", .low = 1, .high = 1e6},
    {"saves", KEY_INTEGER, NULL, .help = "Stretches of work that make a job, each closed by a checkpoint.", .low = 1, .high = 1e9},
    {"save_every", KEY_DURATION, NULL, .help = "Work between checkpoints.", .above_low = true},
    {"write", KEY_DURATION, NULL, .help = "Time that a checkpoint takes; no work is done meanwhile."},
    {"restart", KEY_DURATION, NULL, .help = "Time from a failure to work going on."},
    {"up", KEY_LAW, NULL, .help = "Law of the time to the next failure."},
    {"restart_fails", KEY_BOOL, "true", .help = "Whether failures may strike during a restart."},
    KEY_END,
};

struct plan {
    struct trial_plan trial;
    struct law up;
    duration interval, write, restart;
    uint32_t jobs, intervals;
    bool restart_fails;
};

struct job {
    struct event_id milestone; /* the end of a restart or of a checkpoint */
    uint32_t saved;            /* intervals */
    uint32_t failures;
};

struct run {
    const struct plan *plan;
    struct engine *engine;
    struct stream *streams; /* [jobs] */
    struct job *job;        /* [jobs] */
    uint32_t on_failure, on_restarted, on_saved;
    uint32_t unfinished;
    uint64_t failures;
    int64_t wall_us;
    struct level level;
};

static const void *prepare(struct scenario *scenario, const struct value *point)
{
    (void)point;
    const struct value *root = &scenario->root;
    struct plan *plan = arena_new(scenario->arena, struct plan);
    *plan = (struct plan){
        .trial = trial_plan("checkpoint"),
        .up = *value_law(root, "up"),
        .interval = value_duration(root, "save_every"),
        .write = value_duration(root, "write"),
        .restart = value_duration(root, "restart"),
        .jobs = (uint32_t)value_integer(root, "jobs"),
        .intervals = (uint32_t)value_integer(root, "saves"),
        .restart_fails = value_bool(root, "restart_fails"),
    };
    if (!(law_mean(&plan->up) > 0))
        scenario_error(scenario, value_of(root, "up"), NULL, "the mean time to a failure must be above 0");
    return plan;
}

static struct event_id after(struct run *run, duration wait, uint32_t action, uint32_t job)
{
    return engine_schedule(run->engine, instant_add(engine_now(run->engine), wait), 0, action, job, 0);
}

static void await_failure(struct run *run, uint32_t job)
{
    after(run, law_draw_duration(&run->plan->up, &run->streams[job]), run->on_failure, job);
}

static void work(struct run *run, uint32_t job)
{
    duration both = {run->plan->interval.us + run->plan->write.us};
    run->job[job].milestone = after(run, both, run->on_saved, job);
}

static void fail(void *context, struct engine *engine, uint32_t index, uint64_t detail)
{
    struct run *run = context;
    struct job *job = &run->job[index];
    (void)detail;
    if (job->saved == run->plan->intervals)
        return; /* the job is done */
    job->failures++;
    engine_cancel(engine, job->milestone);
    job->milestone = after(run, run->plan->restart, run->on_restarted, index);
    if (run->plan->restart_fails)
        await_failure(run, index);
}

static void restarted(void *context, struct engine *engine, uint32_t index, uint64_t detail)
{
    struct run *run = context;
    (void)engine, (void)detail;
    if (!run->plan->restart_fails)
        await_failure(run, index);
    work(run, index);
}

static void saved(void *context, struct engine *engine, uint32_t index, uint64_t detail)
{
    struct run *run = context;
    struct job *job = &run->job[index];
    (void)detail;
    if (++job->saved < run->plan->intervals) {
        work(run, index);
        return;
    }
    run->wall_us += engine_now(engine).us;
    run->failures += job->failures;
    run->unfinished--;
    level_set(&run->level, engine_now(engine), run->unfinished);
}

/* Jobs begin at 0, so a warm-up has nothing to do. */
static void set_out(struct run *run, const struct trial *trial)
{
    engine_run(trial->engine, (instant){-1});
    for (uint32_t i = 0; i < run->plan->jobs; i++) {
        await_failure(run, i);
        work(run, i);
    }
}

static void report(const struct run *run, struct sim_record *record)
{
    const struct plan *plan = run->plan;
    double jobs = plan->jobs, wall = (double)run->wall_us;
    if (run->unfinished == 0) {
        record_metric(record, WALL, wall / (double)US_PER_HOUR / jobs);
        record_metric(record, USEFUL_SHARE, jobs * plan->intervals * (double)plan->interval.us / wall);
        record_metric(record, FAILURES_PER_JOB, (double)run->failures / jobs);
    }
    level_report(&run->level, record, 0, jobs);
}

static void replicate(const void *given, const struct sim_task *task, struct sim_record *record)
{
    const struct plan *plan = given;
    struct trial trial = trial_open(task, &plan->trial, 2 * plan->jobs + 1);
    struct run *run = arena_new(task->arena, struct run);
    *run = (struct run){.plan = plan, .engine = trial.engine, .unfinished = plan->jobs};
    run->on_failure = engine_action(trial.engine, fail, run);
    run->on_restarted = engine_action(trial.engine, restarted, run);
    run->on_saved = engine_action(trial.engine, saved, run);
    run->streams = trial_streams(&trial, plan->jobs);
    run->job = arena_array(task->arena, plan->jobs, struct job);
    level_open(&run->level, task->arena, trial.start, task->horizon, task->grid, plan->jobs);
    set_out(run, &trial);
    trial_run(&trial);
    level_set(&run->level, task->horizon, run->unfinished);
    report(run, record);
    trial_close(&trial, record);
}

const struct sim_model oracle_checkpoint = {
    .name = "checkpoint",
    .summary = "Jobs that save their work every so often, on machines that fail: Young's and Daly's problem.",
    .keys = keys,
    .metrics = metrics,
    .series = series,
    .prepare = prepare,
    .arms = trial_arms,
    .replicate = replicate,
};
