/* Customers arrive by a Poisson process, wait in one queue in the order of arrival, and are served by one of several equal
 * servers. With exponential service (M/M/c) a run starts from the stationary law; with another one (M/G/1 for a single
 * server) it starts empty and needs a warm-up. */
#include "models/oracle/birth_death.h"
#include "models/oracle/level.h"
#include "models/oracle/oracle.h"

#include "sim/base/check.h"
#include "sim/engine/engine.h"

#include <math.h>

#include "sim/base/nomalloc.h"

enum metric { UTILISATION, MEAN_IN_SYSTEM, MEAN_QUEUE, MEAN_WAIT, P_WAIT, CUSTOMERS };

static const struct sim_metric metrics[] = {
    {"utilisation", "1", "Time-weighted share of servers that serve.", .higher_is_better = true},
    {"mean_in_system", "1", "Time-weighted number of customers waiting or served."},
    {"mean_queue", "1", "Time-weighted number of customers waiting."},
    {"mean_wait_s", "s", "Mean time from arrival to the start of service."},
    {"p_wait", "1", "Share of customers that found every server busy."},
    {"customers", "1", "Customers that arrived within the horizon."},
    {0},
};

static const struct sim_series series[] = {
    {"in_system", "1", "Customers waiting or served."},
    {0},
};

static const struct key keys[] = {
    {"arrival_rate", KEY_RATE, NULL, .help = "Customers per unit of time; a Poisson process.", .above_low = true, .high = 1e6},
    {"service", KEY_LAW, NULL, .help = "Law of the time that one server needs for one customer."},
    {"servers", KEY_INTEGER, "1", .help = "Equal servers with one queue.", .low = 1, .high = 1e6},
    {"queue_max", KEY_INTEGER, "65536", .help = "Room for customers waiting; a run that needs more ends and says so.", .low = 1,
     .high = 1e8},
    KEY_END,
};

struct plan {
    double arrivals_per_s;
    struct law service;
    uint32_t servers, queue_max;
};

struct run {
    const struct plan *plan;
    struct stream arrivals, services;
    uint32_t on_arrival, on_departure;  /* actions */
    int64_t *queue;                     /* [queue_max] ring of the instants at which those waiting arrived */
    uint32_t head, waiting, busy;
    bool closed;                        /* past the horizon: those inside are served, nobody else comes */
    struct level in_system, serving;
    uint64_t customers, waited;
    int64_t wait_us;
};

static const void *prepare(struct scenario *scenario, const struct value *point)
{
    (void)point;
    const struct value *root = &scenario->root;
    struct plan *plan = arena_new(scenario->arena, struct plan);
    *plan = (struct plan){value_number(root, "arrival_rate"), *value_law(root, "service"),
                          (uint32_t)value_integer(root, "servers"), (uint32_t)value_integer(root, "queue_max")};
    double load = plan->arrivals_per_s * law_mean(&plan->service) / plan->servers;
    if (!(load < 1))
        scenario_error(scenario, value_of(root, "service"), "raise 'servers' or lower 'arrival_rate'",
                       "the servers are offered %.4g of what they can do, so the queue has no equilibrium", load);
    if (plan->service.kind != LAW_EXPONENTIAL && value_duration(root, "warmup").us == 0)
        scenario_error(scenario, value_of(root, "service"), "a hundred times the mean time in the system is plenty",
                       "only exponential service starts in equilibrium; any other needs a 'warmup'");
    return plan;
}

static size_t arms(const void *plan, const struct sim_arm **out)
{
    static const struct sim_arm arm = {"mm1", "mm1", ""};
    (void)plan;
    *out = &arm;
    return 1;
}

static void note_levels(struct run *run, instant now)
{
    level_set(&run->in_system, now, (int64_t)run->busy + run->waiting);
    level_set(&run->serving, now, run->busy);
}

static void begin_service(struct run *run, struct engine *engine)
{
    run->busy++;
    instant done = instant_add(engine_now(engine), law_draw_duration(&run->plan->service, &run->services));
    engine_schedule(engine, done, 0, run->on_departure, 0, 0);
}

static void join_queue(struct run *run, int64_t arrived_us)
{
    if (run->waiting == run->plan->queue_max)
        limit_reached("queue_max", run->plan->queue_max);
    run->queue[(run->head + run->waiting++) % run->plan->queue_max] = arrived_us;
}

static void await_arrival(struct run *run, struct engine *engine)
{
    duration gap = duration_from_seconds(stream_exponential(&run->arrivals) / run->plan->arrivals_per_s);
    engine_schedule(engine, instant_add(engine_now(engine), gap), 1, run->on_arrival, 0, 0);
}

static void arrive(void *context, struct engine *engine, uint32_t subject, uint64_t detail)
{
    struct run *run = context;
    instant now = engine_now(engine);
    (void)subject, (void)detail;
    if (run->closed)
        return;
    bool must_wait = run->busy == run->plan->servers;
    if (now.us >= 0) {
        run->customers++;
        run->waited += must_wait;
    }
    if (must_wait)
        join_queue(run, now.us);
    else
        begin_service(run, engine);
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
    return plan->arrivals_per_s * law_mean(&plan->service) / (k < plan->servers ? k : plan->servers);
}

/* Those present at the start: served ones have an exponential rest of service before them, as if they had just begun. */
static void admit_present(struct run *run, struct engine *engine, const struct sim_task *task, struct stream *stream)
{
    const struct plan *plan = run->plan;
    if (plan->service.kind != LAW_EXPONENTIAL)
        return;
    uint32_t present = birth_death_draw(task->arena, plan->servers + plan->queue_max, ratio, plan, stream);
    for (uint32_t i = 0; i < present; i++) {
        if (run->busy < plan->servers)
            begin_service(run, engine);
        else
            join_queue(run, -1);
    }
}

static void report(const struct run *run, struct sim_record *record)
{
    double servers = run->plan->servers, customers = (double)run->customers;
    double in_system = level_mean(&run->in_system), serving = level_mean(&run->serving);
    record_metric(record, UTILISATION, serving / servers);
    record_metric(record, MEAN_IN_SYSTEM, in_system);
    record_metric(record, MEAN_QUEUE, in_system - serving);
    record_metric(record, CUSTOMERS, customers);
    if (run->customers > 0) {
        record_metric(record, MEAN_WAIT, (double)run->wait_us / 1e6 / customers);
        record_metric(record, P_WAIT, (double)run->waited / customers);
    }
    level_report(&run->in_system, record, 0, 1);
}

static void replicate(const void *given, const struct sim_task *task, struct sim_record *record)
{
    const struct plan *plan = given;
    instant start = {-task->warmup.us};
    struct stream_key family = stream_key(task->seed, task->replication, "mm1");
    struct stream initial = stream_open(stream_key_path(family, "initial"));
    struct engine *engine = engine_create(task->arena, &(struct engine_options){.capacity = plan->servers + 2, .start = start});
    struct run *run = arena_new(task->arena, struct run);
    run->plan = plan;
    run->arrivals = stream_open(stream_key_path(family, "arrivals"));
    run->services = stream_open(stream_key_path(family, "services"));
    run->on_arrival = engine_action(engine, arrive, run);
    run->on_departure = engine_action(engine, depart, run);
    run->queue = arena_array(task->arena, plan->queue_max, int64_t);
    level_open(&run->in_system, task->arena, start, task->horizon, task->grid, 0);
    level_open(&run->serving, task->arena, start, task->horizon, (duration){task->horizon.us}, 0);

    admit_present(run, engine, task, &initial);
    note_levels(run, start);
    await_arrival(run, engine);
    engine_run(engine, (instant){task->horizon.us - 1});
    note_levels(run, task->horizon);
    uint64_t events = engine_events(engine), digest = engine_digest(engine);

    /* Waits that the horizon cuts would be missing, and they are the long ones: serve who is inside. */
    run->closed = true;
    while (run->waiting > 0)
        engine_run(engine, instant_add(engine_now(engine), (duration){US_PER_HOUR}));
    report(run, record);
    record_done(record, events, digest);
}

const struct sim_model oracle_mm1 = {
    .name = "mm1",
    .summary = "Customers, servers and one queue: M/M/c and M/G/1, whose answers are known.",
    .keys = keys,
    .metrics = metrics,
    .series = series,
    .prepare = prepare,
    .arms = arms,
    .replicate = replicate,
};
