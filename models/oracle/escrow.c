/* Escrow accounts that pay for a lease by the minute and are topped up at random: when do they run dry?
 *
 * Money is counted in the time that it pays for: `funds` at the start, then deposits by a Poisson process, each of a drawn length. The
 * account is dry when its time is up. That is the dual of the insurer's ruin (Avanzi, Gerber & Shiu 2007, "Optimal
 * dividends in the dual model"), and the busy period of a queue whose first customer brings `funds` of work (Takacs 1962,
 * "Introduction to the theory of queues", chapter 1): with load rho = rate x mean deposit, an account runs dry for sure
 * when rho <= 1, after funds / (1 - rho) on average; when rho > 1 with probability exp(-R funds), R > 0 the root of
 * R = rate (1 - E exp(-R deposit)), which is rate - 1 / mean for exponential deposits.
 *
 * Many accounts, alike and independent, begin at 0. */
#include "models/oracle/level.h"
#include "models/oracle/oracle.h"
#include "models/oracle/trial.h"

#include "sim/base/nomalloc.h"

enum metric { RUINED, LIFE, DEPOSITS };

static const struct sim_metric metrics[] = {
    {"ruined", "1", "Share of accounts that ran dry by the horizon.", .is_share = true},
    {"life_h", "h", "Mean time until an account ran dry; the horizon where it did not.", .higher_is_better = true},
    {"deposits", "1", "Mean number of deposits until then."},
    {0},
};

static const struct sim_series series[] = {
    {"solvent", "1", "Share of accounts that have not run dry."},
    {0},
};

static const struct key keys[] = {
    {"accounts", KEY_INTEGER, "1", .help = "Accounts side by side, all alike and independent.", .low = 1, .high = 1e6},
    {"funds", KEY_DURATION, NULL, .help = "What the first deposit pays for.", .above_low = true},
    {"deposit", KEY_LAW, NULL, .help = "Law of the time that a later deposit pays for."},
    {"deposit_rate", KEY_RATE, NULL, .help = "Later deposits per account and unit of time; a Poisson process.", .above_low = true},
    KEY_END,
};

struct plan {
    struct trial_plan trial;
    uint32_t accounts;
    duration funds;
    struct law deposit;
    double deposits_per_s;
};

struct account {
    struct event_id ruin; /* EVENT_NONE: it has run dry */
    instant paid_until;
};

struct run {
    const struct plan *plan;
    struct stream *streams;  /* [accounts] */
    struct account *account; /* [accounts] */
    uint32_t on_ruin, on_deposit, solvent;
    uint64_t deposits;
    int64_t life_us;
    struct level level;
};

static const void *prepare(struct scenario *scenario, const struct value *point)
{
    (void)point;
    const struct value *root = &scenario->root;
    struct plan *plan = arena_new(scenario->arena, struct plan);
    *plan = (struct plan){trial_plan("escrow"), (uint32_t)value_integer(root, "accounts"), value_duration(root, "funds"),
                          *value_law(root, "deposit"), value_number(root, "deposit_rate")};
    return plan;
}

static void await_deposit(struct run *run, struct engine *engine, uint32_t index)
{
    duration wait = duration_from_seconds(stream_exponential(&run->streams[index]) / run->plan->deposits_per_s);
    engine_schedule(engine, instant_add(engine_now(engine), wait), 1, run->on_deposit, index, 0);
}

static void run_dry(void *context, struct engine *engine, uint32_t index, uint64_t detail)
{
    struct run *run = context;
    (void)detail;
    run->account[index].ruin = EVENT_NONE;
    run->life_us += engine_now(engine).us;
    level_set(&run->level, engine_now(engine), --run->solvent);
}

static void take_deposit(void *context, struct engine *engine, uint32_t index, uint64_t detail)
{
    struct run *run = context;
    struct account *account = &run->account[index];
    (void)detail;
    if (!engine_pending(engine, account->ruin))
        return; /* too late, and the last one */
    run->deposits++;
    account->paid_until = instant_add(account->paid_until, law_draw_duration(&run->plan->deposit, &run->streams[index]));
    engine_cancel(engine, account->ruin);
    account->ruin = engine_schedule(engine, account->paid_until, 0, run->on_ruin, index, 0);
    await_deposit(run, engine, index);
}

static void replicate(const void *given, const struct sim_task *task, struct sim_record *record)
{
    const struct plan *plan = given;
    struct trial trial = trial_open(task, &plan->trial, 2 * plan->accounts + 1);
    struct run *run = arena_new(task->arena, struct run);
    *run = (struct run){.plan = plan, .solvent = plan->accounts};
    run->on_ruin = engine_action(trial.engine, run_dry, run);
    run->on_deposit = engine_action(trial.engine, take_deposit, run);
    run->streams = trial_streams(&trial, plan->accounts);
    run->account = arena_array(task->arena, plan->accounts, struct account);
    level_open(&run->level, task->arena, trial.start, task->horizon, task->grid, plan->accounts);
    engine_run(trial.engine, (instant){-1}); /* accounts begin at 0: a warm-up has nothing to do */
    for (uint32_t i = 0; i < plan->accounts; i++) {
        run->account[i].paid_until = (instant){plan->funds.us};
        run->account[i].ruin = engine_schedule(trial.engine, run->account[i].paid_until, 0, run->on_ruin, i, 0);
        await_deposit(run, trial.engine, i);
    }
    trial_run(&trial);
    level_set(&run->level, task->horizon, run->solvent);

    double accounts = plan->accounts;
    int64_t life_us = run->life_us + (int64_t)run->solvent * task->horizon.us;
    record_metric(record, RUINED, 1 - run->solvent / accounts);
    record_metric(record, LIFE, (double)life_us / (double)US_PER_HOUR / accounts);
    record_metric(record, DEPOSITS, (double)run->deposits / accounts);
    level_report(&run->level, record, 0, accounts);
    trial_close(&trial, record);
}

const struct sim_model oracle_escrow = {
    .name = "escrow",
    .summary = "Escrow accounts that drain steadily and are topped up at random: when they run dry is known.",
    .keys = keys,
    .metrics = metrics,
    .series = series,
    .prepare = prepare,
    .arms = trial_arms,
    .replicate = replicate,
};
