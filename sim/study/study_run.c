/* The threads of a study. One lock, two conditions: `room` tells workers that the window moved, `ready` tells the
 * caller that a task is done. A slot of the window belongs to a worker from the taking of its task to the marking as
 * done, then to the caller until it is handed over; so records are never touched by two threads at once. */
#include "sim/base/check.h"
#include "sim/base/hash.h"
#include "sim/study/study.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <string.h>
#include <time.h>

/* Tasks in the window per thread: enough for a slow one not to stall the others for long. */
enum { WINDOW_PER_THREAD = 4, THREADS_MOST = 1024, TICK_MS = 200, REPLAY_BYTES = 1024 };

struct slot {
    struct arena arena; /* the records'; rewound when they are handed over */
    struct arena_mark empty;
    struct sim_record **records; /* one per arm */
    bool done;
    const char *limit_key; /* not NULL: this task ended there */
    int64_t limit_value;
    uint32_t limit_arm;
};

struct pool {
    const struct study *study;
    const struct study_options *options;
    pthread_mutex_t lock;
    pthread_cond_t room, ready;
    uint64_t next, handed, total; /* tasks taken, handed over, all; under lock */
    uint64_t window;
    struct slot *slots;
    bool stop; /* take no more tasks; under lock */
};

uint64_t study_digest_start(void)
{
    return hash_text(0, "nines run digest 1");
}

uint64_t study_digest_next(uint64_t digest, const char *point, uint32_t replication, const char *arm,
                           uint64_t of_replication)
{
    digest = hash_text(digest, point);
    digest = hash_word(digest, replication);
    digest = hash_text(digest, arm);
    return hash_word(digest, of_replication);
}

/* --- A worker --- */

struct worker {
    struct pool *pool;
    struct arena scratch;
    struct check_scene scene;
    char replay[REPLAY_BYTES];
};

static const struct study_point *point_of(const struct pool *pool, uint64_t task)
{
    return &pool->study->points[task / pool->study->replications];
}

static uint32_t replication_of(const struct pool *pool, uint64_t task)
{
    return (uint32_t)(task % pool->study->replications);
}

static void set_scene(struct worker *worker, uint64_t task, uint32_t arm)
{
    const struct pool *pool = worker->pool;
    snprintf(worker->replay, sizeof worker->replay, "%s    (point '%s', replication %" PRIu32 ", cloud '%s')",
             pool->options->replay == NULL ? "" : pool->options->replay, point_of(pool, task)->label,
             replication_of(pool, task), pool->study->arms[arm].name);
    worker->scene = (struct check_scene){.replay = worker->replay, .audit = pool->options->audit};
}

/* One replication of one arm. false: a limit was reached, and the scene says which. Apart, because a jump back may
 * spoil locals that changed in between. */
static bool live(struct worker *worker, const struct study_point *point, const struct sim_task *task,
                 struct sim_record *record)
{
    jmp_buf escape;
    if (setjmp(escape) != 0)
        return false;
    worker->scene.limit_escape = &escape;
    worker->pool->study->model->replicate(point->plan, task, record);
    check(record->done, "the model ended replication %" PRIu32 " without record_done()", task->replication);
    return true;
}

/* All arms of a task, until a limit is reached. */
static void live_all(struct worker *worker, uint64_t task_index, struct slot *slot)
{
    const struct pool *pool = worker->pool;
    const struct study_point *point = point_of(pool, task_index);
    struct sim_task task = point->task;
    task.replication = replication_of(pool, task_index);
    task.arena = &worker->scratch;
    slot->limit_key = NULL;
    slot->records = arena_array(&slot->arena, pool->study->arm_count, struct sim_record *);
    for (uint32_t arm = 0; arm < pool->study->arm_count && slot->limit_key == NULL; arm++) {
        struct arena_mark clean = arena_mark(&worker->scratch);
        task.arm = arm;
        slot->records[arm] = record_open(&slot->arena, pool->study->model, &task);
        set_scene(worker, task_index, arm);
        if (!live(worker, point, &task, slot->records[arm])) {
            slot->limit_key = worker->scene.limit_key;
            slot->limit_value = worker->scene.limit_value;
            slot->limit_arm = arm;
        }
        arena_rewind(&worker->scratch, clean);
    }
}

/* Waits for room in the window. false: no task is left, or the study stops. */
static bool take_task(struct pool *pool, uint64_t *task)
{
    pthread_mutex_lock(&pool->lock);
    while (!pool->stop && pool->next < pool->total && pool->next >= pool->handed + pool->window)
        pthread_cond_wait(&pool->room, &pool->lock);
    bool taken = !pool->stop && pool->next < pool->total;
    if (taken)
        *task = pool->next++;
    pthread_mutex_unlock(&pool->lock);
    return taken;
}

static void *work(void *argument)
{
    struct pool *pool = argument;
    struct worker worker = {.pool = pool};
    arena_open(&worker.scratch, 1u << 20);
    struct check_scene *previous = check_enter(&worker.scene);
    for (uint64_t task = 0; take_task(pool, &task);) {
        struct slot *slot = &pool->slots[task % pool->window];
        live_all(&worker, task, slot);
        pthread_mutex_lock(&pool->lock);
        slot->done = true;
        pthread_cond_signal(&pool->ready);
        pthread_mutex_unlock(&pool->lock);
    }
    check_enter(previous);
    arena_close(&worker.scratch);
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

static void stop(struct pool *pool)
{
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
        *over = pool->handed == pool->total || (pool->stop && pool->handed == pool->next);
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
    arena_rewind(&slot->arena, slot->empty);
    pthread_mutex_lock(&pool->lock);
    slot->done = false;
    pool->handed++;
    pthread_cond_broadcast(&pool->room);
    pthread_mutex_unlock(&pool->lock);
}

/* Hands one task's records to the sink. false: the study ends here, and outcome->end says why. */
static bool hand_over(const struct pool *pool, struct slot *slot, const struct study_sink *sink,
                      struct study_outcome *outcome)
{
    uint64_t task = outcome->done;
    uint32_t point = (uint32_t)(task / pool->study->replications), replication = replication_of(pool, task);
    if (slot->limit_key != NULL) {
        outcome->end = STUDY_LIMIT;
        outcome->limit_key = slot->limit_key;
        outcome->limit_value = slot->limit_value;
        outcome->limit_point = point;
        outcome->limit_replication = replication;
        outcome->limit_arm = slot->limit_arm;
        return false;
    }
    for (uint32_t arm = 0; arm < pool->study->arm_count; arm++) {
        struct sim_record *record = slot->records[arm];
        if (!sink->take(sink->context, point, replication, arm, record)) {
            outcome->end = STUDY_FAILED;
            return false;
        }
        outcome->events += record->events;
        outcome->digest = study_digest_next(outcome->digest, pool->study->points[point].label, replication,
                                            pool->study->arms[arm].name, record_digest(record));
    }
    outcome->done++;
    return true;
}

/* Until everything is handed over, or the study stops. After an interruption what is under way is still handed over;
 * after a failure or a limit nothing is. */
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
    for (uint64_t i = 0; i < pool->window; i++) {
        arena_open(&pool->slots[i].arena, 0);
        pool->slots[i].empty = arena_mark(&pool->slots[i].arena);
    }
}

static void close_pool(struct pool *pool)
{
    for (uint64_t i = 0; i < pool->window; i++)
        arena_close(&pool->slots[i].arena);
    pthread_cond_destroy(&pool->room);
    pthread_cond_destroy(&pool->ready);
    pthread_mutex_destroy(&pool->lock);
}

struct study_outcome study_run(const struct study *study, const struct study_options *options,
                               const struct study_sink *sink)
{
    struct pool pool = {.study = study, .options = options};
    pool.total = (uint64_t)study->point_count * study->replications;
    struct study_outcome outcome = {.end = STUDY_COMPLETE, .total = pool.total, .digest = study_digest_start()};
    unsigned wanted = choose_threads(options->threads, pool.total);
    struct arena arena;
    arena_open(&arena, 0);
    open_pool(&pool, &arena, wanted);
    pthread_t *threads = arena_array(&arena, wanted, pthread_t);
    while (outcome.threads < wanted && pthread_create(&threads[outcome.threads], NULL, work, &pool) == 0)
        outcome.threads++;
    if (outcome.threads == 0)
        outcome.end = STUDY_FAILED;
    else
        collect(&pool, sink, &outcome);
    for (unsigned i = 0; i < outcome.threads; i++)
        pthread_join(threads[i], NULL);
    close_pool(&pool);
    arena_close(&arena);
    return outcome;
}
