/* Families whose members each give birth and die at constant rates: the linear birth-death process. It is what a fault that
 * breeds faults does while there is plenty left to infect: below one child a life it dies out, above it may.
 *
 * One of n at time 0 has no descendants left at t with probability d(t) = m (e - 1) / (b e - m), e = exp((b - m) t), for birth rate b and
 * death rate m; b t / (1 + b t) when they are equal. n families of one are independent: d(t)^n (Kendall 1948, "On the
 * generalized birth-and-death process"; Bailey 1964, "The elements of stochastic processes", section 8.6). */
#include "models/oracle/level.h"
#include "models/oracle/oracle.h"
#include "models/oracle/trial.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

enum metric { EXTINCT, SIZE, LIFE };

static const struct sim_metric metrics[] = {
    {"extinct", "1", "Share of families that are extinct at the horizon.", .is_share = true},
    {"size", "1", "Mean number of members at the horizon."},
    {"life_h", "h", "Mean time to extinction; the horizon where a family lives on."},
    {0},
};

static const struct sim_series series[] = {
    {"members", "1", "Mean number of members of a family."},
    {0},
};

static const struct key keys[] = {
    {"families", KEY_INTEGER, "1", .help = "Families side by side, all alike and independent.", .low = 1, .high = 1e6},
    {"members", KEY_INTEGER, "1", .help = "Members of a family at the start.", .low = 1, .high = 1e6},
    {"birth_rate", KEY_RATE, NULL, .help = "Births per member and unit of time."},
    {"death_rate", KEY_RATE, NULL, .help = "Deaths per member and unit of time.", .above_low = true},
    {"members_max", KEY_INTEGER, "1000000", .help = "Room for the members of a family; a run that needs more ends and says so.",
     .low = 1, .high = 1e9},
    KEY_END,
};

struct plan {
    struct trial_plan trial;
    uint32_t families, members, members_max;
    double births_per_s, deaths_per_s; /* per member */
};

struct run {
    const struct plan *plan;
    struct stream *streams;  /* [families] */
    uint32_t *members;       /* [families] */
    uint32_t on_change, extinct;
    int64_t life_us, total;  /* total: members of all families */
    struct level level;
};

static const void *prepare(struct scenario *scenario, const struct value *point)
{
    (void)point;
    const struct value *root = &scenario->root;
    struct plan *plan = arena_new(scenario->arena, struct plan);
    *plan = (struct plan){
        trial_plan("population"),
        (uint32_t)value_integer(root, "families"),
        (uint32_t)value_integer(root, "members"),
        (uint32_t)value_integer(root, "members_max"),
        value_number(root, "birth_rate"),
        value_number(root, "death_rate"),
    };
    if (plan->members > plan->members_max)
        scenario_error(scenario, value_of(root, "members"), NULL, "more members than 'members_max'");
    return plan;
}

/* The first of all members' births and deaths: exponential at the sum of their rates. */
static void await_change(struct run *run, struct engine *engine, uint32_t family)
{
    double per_s = run->members[family] * (run->plan->births_per_s + run->plan->deaths_per_s);
    duration wait = duration_from_seconds(stream_exponential(&run->streams[family]) / per_s);
    engine_schedule(engine, instant_add(engine_now(engine), wait), 0, run->on_change, family, 0);
}

static void change(void *context, struct engine *engine, uint32_t family, uint64_t detail)
{
    struct run *run = context;
    const struct plan *plan = run->plan;
    double births = plan->births_per_s / (plan->births_per_s + plan->deaths_per_s);
    (void)detail;
    if (!stream_chance(&run->streams[family], births)) {
        run->members[family]--;
        run->total--;
    } else if (run->members[family] == plan->members_max) {
        limit_reached("members_max", plan->members_max);
    } else {
        run->members[family]++;
        run->total++;
    }
    level_set(&run->level, engine_now(engine), run->total);
    if (run->members[family] > 0) {
        await_change(run, engine, family);
    } else {
        run->extinct++;
        run->life_us += engine_now(engine).us;
    }
}

static void replicate(const void *given, const struct sim_task *task, struct sim_record *record)
{
    const struct plan *plan = given;
    struct trial trial = trial_open(task, &plan->trial, plan->families + 1);
    struct run *run = arena_new(task->arena, struct run);
    *run = (struct run){.plan = plan, .total = (int64_t)plan->families * plan->members};
    run->on_change = engine_action(trial.engine, change, run);
    run->streams = trial_streams(&trial, plan->families);
    run->members = arena_array(task->arena, plan->families, uint32_t);
    level_open(&run->level, task->arena, trial.start, task->horizon, task->grid, run->total);
    engine_run(trial.engine, (instant){-1}); /* families begin at 0: a warm-up has nothing to do */
    for (uint32_t i = 0; i < plan->families; i++) {
        run->members[i] = plan->members;
        await_change(run, trial.engine, i);
    }
    trial_run(&trial);
    level_set(&run->level, task->horizon, run->total);

    double families = plan->families;
    int64_t life_us = run->life_us + (int64_t)(plan->families - run->extinct) * task->horizon.us;
    record_metric(record, EXTINCT, run->extinct / families);
    record_metric(record, SIZE, (double)run->total / families);
    record_metric(record, LIFE, (double)life_us / (double)US_PER_HOUR / families);
    level_report(&run->level, record, 0, families);
    trial_close(&trial, record);
}

const struct sim_model oracle_population = {
    .name = "population",
    .summary = "Families whose members give birth and die at constant rates: when they die out is known.",
    .keys = keys,
    .metrics = metrics,
    .series = series,
    .prepare = prepare,
    .arms = trial_arms,
    .replicate = replicate,
};
