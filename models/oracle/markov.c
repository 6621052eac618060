/* Plain life of the chain, in one piece or in several; failure biasing is in markov_bias.c. A run starts with everything up at
 * -warmup. There is one event at a time, the next change, so the event engine has nothing to order. */
#include "models/oracle/markov.h"
#include "models/oracle/oracle.h"

#include "sim/base/check.h"
#include "sim/base/hash.h"
#include "sim/chance/random.h"

#include <math.h>

#include "sim/base/nomalloc.h"

static const struct sim_metric metrics[] = {
    {"unavailability", "1", "Share of time in which the system is down; by failure biasing that of the stationary law."},
    {"availability", "1", "Share of time in which the system is up.", .higher_is_better = true, .is_availability = true},
    {"failures_per_year", "1/y", "How often the system goes down."},
    {0},
};

static const struct sim_series series[] = {{0}};

static const struct key component_keys[] = {
    {"name", KEY_NAME, NULL, .unique = true, .help = "Name of the class."},
    {"count", KEY_INTEGER, "1", .help = "Components of the class, all alike.", .low = 1, .high = 1e6},
    {"needed", KEY_INTEGER, "1", .help = "How many must be up for the class to serve.", .low = 1, .high = 1e6},
    {"up", KEY_LAW, NULL, .help = "Time from repair to the next failure; exponential."},
    {"repair", KEY_LAW, NULL, .help = "Time that a crew needs; exponential."},
    KEY_END,
};

static const struct key keys[] = {
    {"components", KEY_LIST, .children = component_keys, .required = true, .help = "Classes of components, the first repaired first."},
    {"crews", KEY_INTEGER, "0", .help = "Repair crews; 0: one for each component.", .low = 0, .high = 1e6},
    {"serves_while", KEY_CHOICE, "all", .choices = "all|any", .help = "Whether the system needs all its classes or any one of them."},
    KEY_END,
};

struct run {
    const struct markov_chain *chain;
    const struct sim_task *task;
    struct sim_record *record;
    struct stream stream;
    struct markov_state state;
    instant next;             /* change that comes next: the only event there ever is */
    bool is_down;
    int64_t down_since, down_us; /* inside [0, horizon) */
    uint64_t failures, events, digest;
};

/* --- The chain --- */

struct markov_rates markov_rates(const struct markov_chain *chain, const struct markov_state *state)
{
    struct markov_rates rates = {.failing = 0};
    uint32_t free_crews = chain->crews;
    for (uint32_t c = 0; c < chain->classes; c++) {
        const struct markov_class *class = &chain->class[c];
        uint32_t down = state->down[c], mended = down < free_crews ? down : free_crews;
        free_crews -= mended;
        rates.fail[c] = (class->count - down) * class->fail_per_s;
        rates.mend[c] = mended * class->mend_per_s;
        rates.failing += rates.fail[c];
        rates.mending += rates.mend[c];
    }
    return rates;
}

double markov_importance(const struct markov_chain *chain, const struct markov_state *state)
{
    double importance = chain->any ? (double)INFINITY : 0;
    for (uint32_t c = 0; c < chain->classes; c++) {
        const struct markov_class *class = &chain->class[c];
        double own = (double)state->down[c] / (class->count - class->needed + 1);
        if (chain->any ? own < importance : own > importance)
            importance = own;
    }
    return importance;
}

/* --- Reading --- */

static double rate_of(struct scenario *scenario, const struct value *component, const char *key)
{
    const struct law *law = value_law(component, key);
    if (law->kind != LAW_EXPONENTIAL)
        scenario_error(scenario, value_of(component, key), "write \"exponential(100 h)\"",
                       "a Markov chain has exponential laws only");
    return 1 / law_mean(law);
}

static const void *prepare(struct scenario *scenario, const struct value *point)
{
    (void)point;
    const struct value *root = &scenario->root, *components = value_of(root, "components");
    struct markov_chain *chain = arena_new(scenario->arena, struct markov_chain);
    chain->any = value_choice(root, "serves_while") == 1;
    if (value_count(components) > MARKOV_CLASSES_MAX) {
        scenario_error(scenario, components, NULL, "at most %d classes of components", MARKOV_CLASSES_MAX);
        return chain;
    }
    chain->classes = (uint32_t)value_count(components);
    for (uint32_t c = 0; c < chain->classes; c++) {
        const struct value *each = value_at(components, c);
        chain->class[c] = (struct markov_class){rate_of(scenario, each, "up"), rate_of(scenario, each, "repair"),
                                                (uint32_t)value_integer(each, "count"),
                                                (uint32_t)value_integer(each, "needed")};
        chain->crews += chain->class[c].count;
        if (chain->class[c].needed > chain->class[c].count)
            scenario_error(scenario, value_of(each, "needed"), NULL, "more are needed than there are");
    }
    if (value_integer(root, "crews") > 0)
        chain->crews = (uint32_t)value_integer(root, "crews");
    return chain;
}

static size_t arms(const void *plan, const struct sim_arm **out)
{
    static const struct sim_arm arm = {"markov", "markov", ""};
    (void)plan;
    *out = &arm;
    return 1;
}

/* --- Plain life --- */

static void note_down(struct run *run, int64_t now_us)
{
    bool down = markov_importance(run->chain, &run->state) >= 1;
    if (down == run->is_down)
        return;
    if (down) {
        run->down_since = now_us > 0 ? now_us : 0;
        run->failures += now_us >= 0;
    } else if (now_us > run->down_since) {
        run->down_us += now_us - run->down_since;
    }
    run->is_down = down;
}

static void await_change(struct run *run, instant now)
{
    struct markov_rates rates = markov_rates(run->chain, &run->state);
    double wait = stream_exponential(&run->stream) / (rates.failing + rates.mending);
    run->next = instant_add(now, duration_from_seconds(wait));
}

/* Moves one step: which class fails or is mended, in proportion to the rates. */
static void step(struct markov_state *state, const struct markov_chain *chain, const struct markov_rates *rates, double left)
{
    bool fails = left < rates->failing;
    const double *rate = fails ? rates->fail : rates->mend;
    uint32_t last = 0, chosen = MARKOV_CLASSES_MAX;
    left -= fails ? 0 : rates->failing;
    for (uint32_t c = 0; c < chain->classes && chosen == MARKOV_CLASSES_MAX; c++) {
        if (rate[c] > 0)
            last = c;
        if (left < rate[c])
            chosen = c;
        left -= rate[c];
    }
    if (chosen == MARKOV_CLASSES_MAX)
        chosen = last; /* rounding pushed the draw past the sum */
    if (fails)
        state->down[chosen]++;
    else
        state->down[chosen]--;
}

static void change(struct run *run)
{
    instant now = run->next;
    struct markov_rates rates = markov_rates(run->chain, &run->state);
    step(&run->state, run->chain, &rates, stream_uniform(&run->stream) * (rates.failing + rates.mending));
    run->events++;
    run->digest = hash_word(run->digest, (uint64_t)now.us);
    for (uint32_t c = 0; c < run->chain->classes; c++)
        run->digest = hash_word(run->digest, run->state.down[c]);
    note_down(run, now.us);
    await_change(run, now);
}

static void *begin(const void *plan, const struct sim_task *task, struct sim_record *record)
{
    struct run *run = arena_new(task->arena, struct run);
    *run = (struct run){.chain = plan, .task = task, .record = record};
    run->stream = stream_open(stream_key(task->seed, task->replication, "markov"));
    await_change(run, (instant){-task->warmup.us});
    return run;
}

static bool live(void *path, double level)
{
    struct run *run = path;
    bool arrived = markov_importance(run->chain, &run->state) >= level;
    while (!arrived && run->next.us < run->task->horizon.us) {
        check_wanted();
        change(run);
        arrived = markov_importance(run->chain, &run->state) >= level;
    }
    return arrived;
}

static void end(void *path)
{
    struct run *run = path;
    int64_t horizon_us = run->task->horizon.us;
    if (run->is_down)
        run->down_us += horizon_us - run->down_since;
    double down = (double)run->down_us / (double)horizon_us;
    record_metric(run->record, MARKOV_UNAVAILABILITY, down);
    record_metric(run->record, MARKOV_AVAILABILITY, 1 - down);
    record_metric(run->record, MARKOV_FAILURES_PER_YEAR, (double)run->failures / ((double)horizon_us / (365.25 * (double)US_PER_DAY)));
    record_done(run->record, run->events, run->digest);
}

static uint64_t events(const void *path)
{
    const struct run *run = path;
    return run->events;
}

static void replicate(const void *plan, const struct sim_task *task, struct sim_record *record)
{
    if (task->rare.method == RARE_FAILURE_BIASING) {
        markov_replicate_biased(plan, task, record);
        return;
    }
    void *path = begin(plan, task, record);
    check(!live(path, (double)INFINITY), "nothing is infinitely important");
    end(path);
}

static const struct sim_branching branching = {.begin = begin, .live = live, .end = end, .events = events};

const struct sim_model oracle_markov = {
    .name = "markov",
    .summary = "Components with exponential laws and repair crews: a Markov chain, solved to any digit, for events too rare to wait for.",
    .keys = keys,
    .metrics = metrics,
    .series = series,
    .prepare = prepare,
    .arms = arms,
    .replicate = replicate,
    .branching = &branching,
    .has_failure_biasing = true,
};
