/* The threads of a study. One lock, two conditions: `room` tells workers that the window moved, `ready` tells the
 * caller that a task is done. A slot of the window belongs to a worker from the taking of its task to the marking as
 * done, then to the caller until it is handed over; so records are never touched by two threads at once. */
#include "sim/base/check.h"
#include "sim/base/hash.h"
#include "sim/study/study.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>

/* Tasks in the window per thread: enough for a slow one not to stall the others for long. */
enum { WINDOW_PER_THREAD = 4, THREADS_MOST = 1024, TICK_MS = 200 };

struct slot {
    struct arena *arena; /* the records'; one of the pool's while the slot has a task */
    struct study_task task;
    struct study_result result;
    struct study_stored *stored; /* [arms]; NULL: the task was lived through */
    bool done;
};

struct pool {
    const struct study *study;
    const struct study_options *options;
    pthread_mutex_t lock;
    pthread_cond_t room, ready;
    struct study_task cursor; /* the next task to be taken; point == point_count: none is left; under lock */
    uint64_t taken, handed;   /* tasks given a slot, and handed over; under lock */
    uint64_t window;
    struct slot *slots;       /* task number n of this run has slot n % window */
    struct arena *arenas;     /* [window] */
    struct arena **spare;     /* [spares], the one that was used last at the end: its memory has been touched; under lock */
    uint64_t spares;
    uint32_t look;            /* with a precision: replications of the cursor's point before the next look; under lock */
    unsigned threads;         /* started so far; under lock */
    bool stop;                /* take no more tasks; under lock */
    atomic_bool given_up;     /* and leave those that are under way */
    double *values;           /* with a precision: [arms][most] of the point that is handed over, and scratch behind them */
};

uint64_t study_digest_start(void)
{
    return hash_text(0, "nines run digest 1");
}

uint64_t study_digest_next(uint64_t digest, const char *point, uint32_t outer_draw, uint32_t replication,
                           const char *arm, uint64_t of_replication)
{
    digest = hash_text(digest, point);
    if (outer_draw > 0)
        digest = hash_word(hash_text(digest, "outer draw"), outer_draw);
    digest = hash_word(digest, replication);
    digest = hash_text(digest, arm);
    return hash_word(digest, of_replication);
}

/* --- The order of tasks --- */

uint32_t study_replications(const struct study *study, uint32_t outer_draw)
{
    return outer_draw == 0 ? study->replications : study->outer_replications;
}

static uint64_t tasks_of_a_point(const struct study *study)
{
    return study->replications + (uint64_t)study->outer_draws * study->outer_replications;
}

uint64_t study_task_count(const struct study *study)
{
    return study->point_count * tasks_of_a_point(study);
}

uint64_t study_task_number(const struct study *study, struct study_task task)
{
    uint64_t before = task.outer_draw == 0 ? 0
                                           : study->replications + (task.outer_draw - 1) * (uint64_t)study->outer_replications;
    return task.point * tasks_of_a_point(study) + before + task.replication;
}

struct study_task study_task_at(const struct study *study, uint64_t number)
{
    uint64_t within = number % tasks_of_a_point(study);
    struct study_task task = {.point = (uint32_t)(number / tasks_of_a_point(study)), .replication = (uint32_t)within};
    if (within < study->replications)
        return task;
    within -= study->replications;
    task.outer_draw = 1 + (uint32_t)(within / study->outer_replications);
    task.replication = (uint32_t)(within % study->outer_replications);
    return task;
}

/* The first task of the next setting. */
static struct study_task setting_after(const struct study *study, struct study_task task)
{
    if (task.outer_draw < study->outer_draws)
        return (struct study_task){.point = task.point, .outer_draw = task.outer_draw + 1};
    return (struct study_task){.point = task.point + 1};
}

static struct study_task task_after(const struct study *study, struct study_task task)
{
    task.replication++;
    return task.replication < study_replications(study, task.outer_draw) ? task : setting_after(study, task);
}

static bool is_precise(const struct study *study)
{
    return study->precision.half_width > 0;
}

/* Whether the cursor stands where a look decides how it goes on. */
static bool waits_for_look(const struct pool *pool)
{
    return is_precise(pool->study) && pool->cursor.outer_draw == 0 && pool->cursor.replication == pool->look;
}

/* The cursor's task, and the cursor behind it. With a precision it stays behind the last of draw 0 until look_at() moves it. */
static struct study_task take_cursor(struct pool *pool)
{
    struct study_task task = pool->cursor;
    if (is_precise(pool->study) && task.outer_draw == 0)
        pool->cursor.replication++;
    else
        pool->cursor = task_after(pool->study, task);
    return task;
}

static bool is_mine(const struct study_options *options, struct study_task task)
{
    return options->mine == NULL || options->mine(options->context, task);
}

/* How many tasks are this run's. */
static uint64_t count_mine(const struct study *study, const struct study_options *options)
{
    if (options->mine == NULL)
        return study_task_count(study);
    uint64_t count = 0;
    for (struct study_task task = {0}; task.point < study->point_count; task = task_after(study, task))
        count += is_mine(options, task);
    return count;
}

/* --- A worker --- */

/* Gives the slot what is stored of its task; false when nothing is. */
static bool fill_stored(const struct pool *pool, struct slot *slot)
{
    const struct study_options *options = pool->options;
    slot->stored = NULL;
    if (options->stored == NULL)
        return false;
    struct study_stored *stored = arena_array(slot->arena, pool->study->arm_count, struct study_stored);
    if (options->stored(options->context, slot->task, stored))
        slot->stored = stored;
    return slot->stored != NULL;
}

/* The slot of the next task to be lived through, waiting for room in the window. NULL: no task is left, or the study stops. What
 * is stored already gets its slot on the way. */
static struct slot *take_slot(struct pool *pool)
{
    struct slot *slot = NULL;
    pthread_mutex_lock(&pool->lock);
    while (slot == NULL && !pool->stop && pool->cursor.point < pool->study->point_count) {
        if (pool->taken >= pool->handed + pool->window || waits_for_look(pool)) {
            pthread_cond_wait(&pool->room, &pool->lock);
            continue;
        }
        struct study_task task = take_cursor(pool);
        if (!is_mine(pool->options, task))
            continue;
        slot = &pool->slots[pool->taken++ % pool->window];
        slot->task = task;
        slot->arena = pool->spare[--pool->spares];
        if (!fill_stored(pool, slot))
            break;
        slot->done = true;
        slot = NULL;
        pthread_cond_signal(&pool->ready);
    }
    if (slot == NULL)
        pthread_cond_signal(&pool->ready); /* the last of the tasks may have been another shard's */
    pthread_mutex_unlock(&pool->lock);
    return slot;
}

static void *work(void *argument)
{
    struct pool *pool = argument;
    const struct study_options *options = pool->options;
    struct study_worker *worker = study_worker_open(pool->study, options);
    pthread_mutex_lock(&pool->lock);
    unsigned number = pool->threads++;
    pthread_mutex_unlock(&pool->lock);
    for (struct slot *slot; (slot = take_slot(pool)) != NULL;) {
        if (options->live != NULL)
            options->live(options->context, number, worker, slot->task, slot->arena, &slot->result);
        else
            study_live(worker, slot->task, slot->arena, &slot->result);
        pthread_mutex_lock(&pool->lock);
        slot->done = true;
        pthread_cond_signal(&pool->ready);
        pthread_mutex_unlock(&pool->lock);
    }
    study_worker_close(worker);
    return NULL;
}

/* --- The caller's side --- */

static struct timespec now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t;
}

static struct timespec after_ms(struct timespec t, int ms)
{
    t.tv_nsec += (long)ms * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

static bool is_past(struct timespec limit)
{
    struct timespec t = now();
    return t.tv_sec > limit.tv_sec || (t.tv_sec == limit.tv_sec && t.tv_nsec >= limit.tv_nsec);
}

/* Before its time: no more tasks, and those under way are left unfinished. */
static void stop(struct pool *pool)
{
    if (!atomic_exchange(&pool->given_up, true) && pool->options->give_up != NULL)
        pool->options->give_up(pool->options->context);
    pthread_mutex_lock(&pool->lock);
    pool->stop = true;
    pthread_cond_broadcast(&pool->room);
    pthread_mutex_unlock(&pool->lock);
}

/* Waits for the next task in order, at most until `limit`. NULL when it is not there yet; *over when it never will be.
 */
static struct slot *next_done(struct pool *pool, struct timespec limit, bool *over)
{
    struct slot *slot = NULL;
    pthread_mutex_lock(&pool->lock);
    for (int late = 0;; late = pthread_cond_timedwait(&pool->ready, &pool->lock, &limit)) {
        bool last = pool->stop || pool->cursor.point == pool->study->point_count;
        *over = last && pool->handed == pool->taken;
        slot =
            !*over && pool->slots[pool->handed % pool->window].done ? &pool->slots[pool->handed % pool->window] : NULL;
        if (*over || slot != NULL || late != 0)
            break;
    }
    pthread_mutex_unlock(&pool->lock);
    return slot;
}

static void release(struct pool *pool, struct slot *slot)
{
    arena_rewind(slot->arena, (struct arena_mark){0});
    pthread_mutex_lock(&pool->lock);
    slot->done = false;
    pool->spare[pool->spares++] = slot->arena;
    pool->handed++;
    pthread_cond_broadcast(&pool->room);
    pthread_mutex_unlock(&pool->lock);
}

/* Counts what one arm came to. */
static void add(const struct study *study, struct study_task task, uint32_t arm, struct study_stored of,
                struct study_outcome *outcome)
{
    outcome->events += of.events;
    outcome->digest = study_digest_next(outcome->digest, study->points[task.point].label, task.outer_draw,
                                        task.replication, study->arms[arm].name, of.digest);
}

/* After the last replication before a look: on to more of them, or to what comes after the point's nominal setting. */
static void look_at(struct pool *pool, struct study_task task, struct study_outcome *outcome)
{
    const struct study *study = pool->study;
    const struct precision *precision = &study->precision;
    uint32_t count = task.replication + 1, arms = (uint32_t)study->arm_count;
    if (!is_precise(study) || task.outer_draw > 0 || count < pool->look)
        return; /* look changes here alone, so it can be read without the lock */
    bool reached = precision_reached(precision, pool->values, arms, precision->most, count,
                                     pool->values + (size_t)arms * precision->most);
    bool ends = reached || count == precision->most;
    if (ends) {
        outcome->precision_reached = outcome->precision_reached != 0 && reached;
        outcome->total -= precision->most - count;
    }
    pthread_mutex_lock(&pool->lock);
    pool->look = precision_next(precision, ends ? 0 : count);
    if (ends)
        pool->cursor = setting_after(study, task);
    pthread_cond_broadcast(&pool->room);
    pthread_mutex_unlock(&pool->lock);
}

/* Remembers what a look needs of one arm. */
static void keep_value(struct pool *pool, struct study_task task, uint32_t arm, double value)
{
    if (task.outer_draw == 0)
        pool->values[(size_t)arm * pool->study->precision.most + task.replication] = value;
}

/* Hands one task's records to the sink. false: the study ends here, and outcome->end says why. The order has no gaps, so that a file
 * that is gone on with is the file of a run that was not interrupted; hence what comes after a task that was given up is lost too. */
static bool hand_over(struct pool *pool, struct slot *slot, const struct study_sink *sink,
                      struct study_outcome *outcome)
{
    const struct study_result *result = &slot->result;
    if (slot->stored == NULL && result->given_up)
        return false;
    if (slot->stored == NULL && (result->failure != NULL || result->limit_key != NULL)) {
        outcome->end = result->failure != NULL ? STUDY_FAILED : STUDY_LIMIT;
        outcome->why = result->failure;
        outcome->limit_key = result->limit_key;
        outcome->limit_value = result->limit_value;
        outcome->limit_task = slot->task;
        outcome->limit_arm = result->limit_arm;
        return false;
    }
    for (uint32_t arm = 0; arm < pool->study->arm_count; arm++) {
        struct study_stored of;
        if (slot->stored != NULL) {
            of = slot->stored[arm];
        } else {
            struct sim_record *record = result->records[arm];
            if (!sink->take(sink->context, slot->task, arm, record)) {
                outcome->end = STUDY_FAILED;
                return false;
            }
            of = (struct study_stored){.digest = record_digest(record), .events = record->events};
            of.precise = record->metric_values[pool->study->precision.metric];
        }
        add(pool->study, slot->task, arm, of, outcome);
        if (is_precise(pool->study))
            keep_value(pool, slot->task, arm, of.precise);
    }
    outcome->done++;
    outcome->stored += slot->stored != NULL;
    look_at(pool, slot->task, outcome);
    return true;
}

/* Until everything is handed over, or the study stops. After an interruption what is finished is still handed over, up to the first
 * task that is not; after a failure or a limit nothing is. */
static void collect(struct pool *pool, const struct study_sink *sink, struct study_outcome *outcome)
{
    bool over = false, useful = true;
    struct timespec tick = now();
    while (!over) {
        if (sink->tick != NULL && useful && is_past(tick)) {
            tick = after_ms(now(), TICK_MS);
            if (!sink->tick(sink->context, outcome->done, outcome->total) && outcome->end == STUDY_COMPLETE) {
                outcome->end = STUDY_INTERRUPTED;
                stop(pool);
            }
        }
        struct timespec limit = after_ms(now(), TICK_MS);
        struct slot *slot = next_done(pool, sink->tick != NULL && useful ? tick : limit, &over);
        if (slot == NULL)
            continue;
        if (useful && !hand_over(pool, slot, sink, outcome)) {
            useful = false;
            stop(pool);
        }
        release(pool, slot);
    }
    if (outcome->end == STUDY_INTERRUPTED && outcome->done == outcome->total)
        outcome->end = STUDY_COMPLETE; /* the interruption came too late to cut anything off */
}

static unsigned choose_threads(unsigned asked, uint64_t total)
{
    cpu_set_t set;
    unsigned threads = asked;
    if (threads == 0)
        threads = sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
    if (threads > THREADS_MOST)
        threads = THREADS_MOST;
    return total < threads ? (unsigned)total : threads;
}

static void open_pool(struct pool *pool, struct arena *arena, unsigned threads)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->room, NULL);
    pthread_cond_init(&pool->ready, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pool->window = WINDOW_PER_THREAD * (uint64_t)threads;
    pool->slots = arena_array(arena, pool->window, struct slot);
    pool->arenas = arena_array(arena, pool->window, struct arena);
    pool->spare = arena_array(arena, pool->window, struct arena *);
    for (; pool->spares < pool->window; pool->spares++) {
        arena_open(&pool->arenas[pool->spares], 0);
        pool->spare[pool->spares] = &pool->arenas[pool->spares];
    }
}

static void close_pool(struct pool *pool)
{
    for (uint64_t i = 0; i < pool->window; i++)
        arena_close(&pool->arenas[i]);
    pthread_cond_destroy(&pool->room);
    pthread_cond_destroy(&pool->ready);
    pthread_mutex_destroy(&pool->lock);
}

struct study_outcome study_run(const struct study *study, const struct study_options *options,
                               const struct study_sink *sink)
{
    struct study_options own = *options;
    struct pool pool = {.study = study, .options = &own};
    own.given_up = &pool.given_up;
    struct study_outcome outcome = {
        .end = STUDY_COMPLETE, .total = count_mine(study, options), .digest = study_digest_start()};
    outcome.precision_reached = is_precise(study) ? 1 : -1;
    check(!is_precise(study) || options->mine == NULL, "a precision looks at all replications of a point");
    if (outcome.total == 0)
        return outcome;
    unsigned wanted = choose_threads(options->threads, outcome.total);
    struct arena arena;
    arena_open(&arena, 0);
    open_pool(&pool, &arena, wanted);
    if (is_precise(study)) {
        pool.look = precision_next(&study->precision, 0);
        pool.values = arena_array(&arena, (study->arm_count + 3) * (size_t)study->precision.most, double);
    }
    pthread_t *threads = arena_array(&arena, wanted, pthread_t);
    while (outcome.threads < wanted && pthread_create(&threads[outcome.threads], NULL, work, &pool) == 0)
        outcome.threads++;
    if (outcome.threads == 0) {
        outcome.end = STUDY_FAILED;
        outcome.why = "cannot start a thread";
    } else {
        collect(&pool, sink, &outcome);
    }
    if (is_precise(study) && outcome.end != STUDY_COMPLETE)
        outcome.precision_reached = 0;
    for (unsigned i = 0; i < outcome.threads; i++)
        pthread_join(threads[i], NULL);
    close_pool(&pool);
    arena_close(&arena);
    return outcome;
}
