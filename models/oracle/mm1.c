/* Customers arrive by a Poisson process, wait in one queue in the order of arrival, and are served by one of several equal
 * servers. `capacity` bounds how many may be inside; who comes on top is lost. `bursts` make the rate of arrivals jump between two
 * values after exponential times: a Markov-modulated Poisson process.
 *
 * A run starts from the stationary law where that is known: exponential service (a birth-death process), and any service where
 * nobody waits, capacity = servers (Erlang's loss formula holds for any law, and each service under way then has the residual
 * law: Sevastyanov 1957, "An ergodic theorem for Markov processes and its application to telephone systems with refusals"). With any
 * other service, or with bursts, it starts empty and needs a warm-up. */
#include "models/oracle/birth_death.h"
#include "models/oracle/level.h"
#include "models/oracle/oracle.h"
#include "models/oracle/trial.h"

#include "sim/base/check.h"

#include <math.h>

#include "sim/base/nomalloc.h"

enum metric { UTILISATION, MEAN_IN_SYSTEM, MEAN_QUEUE, MEAN_WAIT, P_WAIT, CUSTOMERS, SHARE_LOST };

static const struct sim_metric metrics[] = {
    {"utilisation", "1", "Time-weighted share of servers that serve.", .higher_is_better = true, .is_share = true},
    {"mean_in_system", "1", "Time-weighted number of customers waiting or served."},
    {"mean_queue", "1", "Time-weighted number of customers waiting."},
    {"mean_wait_s", "s", "Mean time from arrival to the start of service."},
    {"p_wait", "1", "Share of customers that found every server busy.", .is_share = true},
    {"customers", "1", "Customers that arrived within the horizon."},
    {"share_lost", "1", "Share of customers that found no room and left.", .is_share = true},
    {0},
};

static const struct sim_series series[] = {
    {"in_system", "1", "Customers waiting or served."},
    {0},
};

static const struct key burst_keys[] = {
    {"arrival_rate", KEY_RATE, NULL, .help = "Customers per unit of time during a burst; may be 0.", .high = 1e6},
    {"length", KEY_DURATION, NULL, .help = "Mean length of a burst, exponential.", .above_low = true},
    {"calm", KEY_DURATION, NULL, .help = "Mean time between bursts, exponential.", .above_low = true},
    KEY_END,
};

static const struct key keys[] = {
    {"arrival_rate", KEY_RATE, NULL, .help = "Customers per unit of time; a Poisson process.", .above_low = true, .high = 1e6},
    {"bursts", KEY_GROUP, .children = burst_keys,
     .help = "A second rate of arrivals that takes turns with arrival_rate: a Markov-modulated Poisson process."},
    {"service", KEY_LAW, NULL, .help = "Law of the time that one server needs for one customer."},
    {"servers", KEY_INTEGER, "1", .help = "Equal servers with one queue.", .low = 1, .high = 1e6},
    {"queue_max", KEY_INTEGER, "65536", .help = "Room for customers waiting; a run that needs more ends and says so.", .low = 1,
     .high = 1e8},
    {"capacity", KEY_INTEGER, "0", .low = 0, .high = 1e8,
     .help = "Most customers inside, those served included; 0: no bound but queue_max. Who comes on top is lost."},
    KEY_END,
};

enum phase { CALM, BURST, PHASES };

struct plan {
    struct trial_plan trial;
    double arrivals_per_s[PHASES];
    double phase_s[PHASES]; /* mean lengths; meaningful with bursts only */
    bool has_bursts;
    struct law service;
    uint32_t servers;
    uint32_t capacity;      /* UINT32_MAX: no bound */
    uint32_t queue_max;     /* room of the queue */
    bool is_markov;         /* the number inside is a birth-death process */
    bool is_loss;           /* nobody waits */
};

struct run {
    const struct plan *plan;
    struct stream arrivals, services, phases;
    uint32_t on_arrival, on_departure, on_phase; /* actions */
    enum phase phase;
    struct event_id next_arrival;
    int64_t *queue;                     /* [queue_max] ring of the instants at which those waiting arrived */
    uint32_t head, waiting, busy;
    bool closed;                        /* past the horizon: those inside are served, nobody else comes */
    struct level in_system, serving;
    uint64_t customers, waited, lost;
    int64_t wait_us;
};

static double mean_arrivals_per_s(const struct plan *plan)
{
    if (!plan->has_bursts)
        return plan->arrivals_per_s[CALM];
    double arrivals = plan->arrivals_per_s[CALM] * plan->phase_s[CALM] + plan->arrivals_per_s[BURST] * plan->phase_s[BURST];
    return arrivals / (plan->phase_s[CALM] + plan->phase_s[BURST]);
}

static void check_equilibrium(struct scenario *scenario, const struct plan *plan)
{
    const struct value *service = value_of(&scenario->root, "service");
    double load = mean_arrivals_per_s(plan) * law_mean(&plan->service) / plan->servers;
    if (plan->capacity < plan->servers)
        scenario_error(scenario, value_of(&scenario->root, "capacity"), "capacity counts those served too",
                       "there is no room for all %u servers to serve", plan->servers);
    if (plan->capacity == UINT32_MAX && !(load < 1))
        scenario_error(scenario, service, "raise 'servers', lower 'arrival_rate' or set a 'capacity'",
                       "the servers are offered %.4g of what they can do, so the queue has no equilibrium", load);
    if (!isfinite(load))
        scenario_error(scenario, service, NULL, "the mean service time must be finite");
    if (!plan->is_markov && !plan->is_loss && value_duration(&scenario->root, "warmup").us == 0)
        scenario_error(scenario, service, "a hundred times the mean time in the system is plenty",
                       "only exponential service without bursts starts in equilibrium; any other needs a 'warmup'");
}

static const void *prepare(struct scenario *scenario, const struct value *point)
{
    (void)point;
    const struct value *root = &scenario->root, *bursts = value_of(root, "bursts");
    struct plan *plan = arena_new(scenario->arena, struct plan);
    uint32_t capacity = (uint32_t)value_integer(root, "capacity");
    *plan = (struct plan){
        .trial = trial_plan("mm1"),
        .arrivals_per_s[CALM] = value_number(root, "arrival_rate"),
        .has_bursts = bursts->given,
        .service = *value_law(root, "service"),
        .servers = (uint32_t)value_integer(root, "servers"),
        .capacity = capacity == 0 ? UINT32_MAX : capacity,
        .queue_max = (uint32_t)value_integer(root, "queue_max"),
    };
    if (plan->has_bursts) {
        plan->arrivals_per_s[BURST] = value_number(bursts, "arrival_rate");
        plan->phase_s[CALM] = duration_seconds(value_duration(bursts, "calm"));
        plan->phase_s[BURST] = duration_seconds(value_duration(bursts, "length"));
    }
    plan->is_markov = plan->service.kind == LAW_EXPONENTIAL && !plan->has_bursts;
    plan->is_loss = plan->capacity == plan->servers && !plan->has_bursts;
    check_equilibrium(scenario, plan);
    return plan;
}

static void note_levels(struct run *run, instant now)
{
    level_set(&run->in_system, now, (int64_t)run->busy + run->waiting);
    level_set(&run->serving, now, run->busy);
}

static void serve(struct run *run, struct engine *engine, duration length)
{
    run->busy++;
    engine_schedule(engine, instant_add(engine_now(engine), length), 0, run->on_departure, 0, 0);
}

static void begin_service(struct run *run, struct engine *engine)
{
    serve(run, engine, law_draw_duration(&run->plan->service, &run->services));
}

static void join_queue(struct run *run, int64_t arrived_us)
{
    if (run->waiting == run->plan->queue_max)
        limit_reached("queue_max", run->plan->queue_max);
    run->queue[(run->head + run->waiting++) % run->plan->queue_max] = arrived_us;
}

static void await_arrival(struct run *run, struct engine *engine)
{
    double per_s = run->plan->arrivals_per_s[run->phase];
    run->next_arrival = EVENT_NONE;
    if (!(per_s > 0))
        return;
    duration gap = duration_from_seconds(stream_exponential(&run->arrivals) / per_s);
    run->next_arrival = engine_schedule(engine, instant_add(engine_now(engine), gap), 1, run->on_arrival, 0, 0);
}

static void await_phase(struct run *run, struct engine *engine)
{
    duration length = duration_from_seconds(stream_exponential(&run->phases) * run->plan->phase_s[run->phase]);
    engine_schedule(engine, instant_add(engine_now(engine), length), 2, run->on_phase, 0, 0);
}

/* The exponential law forgets: the wait for the next arrival begins anew, at the other rate. */
static void change_phase(void *context, struct engine *engine, uint32_t subject, uint64_t detail)
{
    struct run *run = context;
    (void)subject, (void)detail;
    if (run->closed)
        return;
    run->phase = run->phase == CALM ? BURST : CALM;
    engine_cancel(engine, run->next_arrival);
    await_arrival(run, engine);
    await_phase(run, engine);
}

static void arrive(void *context, struct engine *engine, uint32_t subject, uint64_t detail)
{
    struct run *run = context;
    instant now = engine_now(engine);
    (void)subject, (void)detail;
    if (run->closed)
        return;
    bool must_wait = run->busy == run->plan->servers;
    bool is_lost = run->busy + run->waiting == run->plan->capacity;
    if (now.us >= 0) {
        run->customers++;
        run->waited += must_wait;
        run->lost += is_lost;
    }
    if (!must_wait)
        begin_service(run, engine);
    else if (!is_lost)
        join_queue(run, now.us);
    note_levels(run, now);
    await_arrival(run, engine);
}

static void depart(void *context, struct engine *engine, uint32_t subject, uint64_t detail)
{
    struct run *run = context;
    instant now = engine_now(engine);
    (void)subject, (void)detail;
    run->busy--;
    if (run->waiting > 0) {
        int64_t arrived = run->queue[run->head];
        run->head = (run->head + 1) % run->plan->queue_max;
        run->waiting--;
        if (arrived >= 0) /* who came before the start is not measured */
            run->wait_us += now.us - arrived;
        begin_service(run, engine);
    }
    note_levels(run, now);
}

static double ratio(const void *context, uint32_t k)
{
    const struct plan *plan = context;
    return plan->arrivals_per_s[CALM] * law_mean(&plan->service) / (k < plan->servers ? k : plan->servers);
}

/* Those present at the start: served ones have the residual law before them, which for an exponential one is the whole law. */
static void admit_present(struct run *run, struct engine *engine, const struct trial *trial, struct stream *stream)
{
    const struct plan *plan = run->plan;
    if (!plan->is_markov && !plan->is_loss)
        return;
    uint32_t most = plan->servers + plan->queue_max - 1;
    most = plan->capacity < most ? plan->capacity : most;
    uint32_t present = birth_death_draw(trial->task->arena, most + 1, ratio, plan, stream);
    for (uint32_t i = 0; i < present; i++) {
        if (run->busy < plan->servers)
            serve(run, engine, law_draw_residual_duration(&plan->service, &run->services));
        else
            join_queue(run, -1);
    }
}

static void begin_phase(struct run *run, struct engine *engine, struct stream *stream)
{
    const struct plan *plan = run->plan;
    if (!plan->has_bursts)
        return;
    bool in_burst = stream_chance(stream, plan->phase_s[BURST] / (plan->phase_s[CALM] + plan->phase_s[BURST]));
    run->phase = in_burst ? BURST : CALM;
    await_phase(run, engine);
}

static void report(const struct run *run, struct sim_record *record)
{
    double servers = run->plan->servers, customers = (double)run->customers;
    double in_system = level_mean(&run->in_system), serving = level_mean(&run->serving);
    record_metric(record, UTILISATION, serving / servers);
    record_metric(record, MEAN_IN_SYSTEM, in_system);
    record_metric(record, MEAN_QUEUE, in_system - serving);
    record_metric(record, CUSTOMERS, customers);
    if (run->customers > run->lost)
        record_metric(record, MEAN_WAIT, (double)run->wait_us / 1e6 / (customers - (double)run->lost));
    if (run->customers > 0) {
        record_metric(record, P_WAIT, (double)run->waited / customers);
        record_metric(record, SHARE_LOST, (double)run->lost / customers);
    }
    level_report(&run->in_system, record, 0, 1);
}

static struct run *set_up(const struct trial *trial, const struct plan *plan)
{
    struct arena *arena = trial->task->arena;
    instant horizon = trial->task->horizon;
    struct run *run = arena_new(arena, struct run);
    run->plan = plan;
    run->arrivals = trial_stream(trial, "arrivals");
    run->services = trial_stream(trial, "services");
    run->phases = trial_stream(trial, "phases");
    run->on_arrival = engine_action(trial->engine, arrive, run);
    run->on_departure = engine_action(trial->engine, depart, run);
    run->on_phase = engine_action(trial->engine, change_phase, run);
    run->queue = arena_array(arena, plan->queue_max, int64_t);
    level_open(&run->in_system, arena, trial->start, horizon, trial->task->grid, 0);
    level_open(&run->serving, arena, trial->start, horizon, (duration){horizon.us}, 0);
    return run;
}

static void replicate(const void *given, const struct sim_task *task, struct sim_record *record)
{
    const struct plan *plan = given;
    struct trial trial = trial_open(task, &plan->trial, plan->servers + 3);
    struct stream initial = trial_stream(&trial, "initial");
    struct run *run = set_up(&trial, plan);
    admit_present(run, trial.engine, &trial, &initial);
    begin_phase(run, trial.engine, &initial);
    note_levels(run, trial.start);
    await_arrival(run, trial.engine);
    trial_run(&trial);
    note_levels(run, task->horizon);
    uint64_t events = engine_events(trial.engine), digest = engine_digest(trial.engine);

    /* Waits that the horizon cuts would be missing, and they are the long ones: serve who is inside. */
    run->closed = true;
    while (run->waiting > 0)
        engine_run(trial.engine, instant_add(engine_now(trial.engine), (duration){US_PER_HOUR}));
    report(run, record);
    record_done(record, events, digest);
}

const struct sim_model oracle_mm1 = {
    .name = "mm1",
    .summary = "Customers, servers and one queue: M/M/1 and its kin (M/M/c/K, M/G/1, losses, bursts), whose answers are known.",
    .keys = keys,
    .metrics = metrics,
    .series = series,
    .prepare = prepare,
    .arms = trial_arms,
    .replicate = replicate,
};
