/* Experiments on threads, handed over in order. */
#include "models/commands/place_plan.h"

#include "sim/base/check.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Threads may run ahead of the one that is handed over by this many: it bounds the memory of kept placements. */
enum { AHEAD = 64 };

struct slot {
    struct place_result result; /* its tables are malloc's: they outlive the experiment's memory, which is used again */
    bool done;
};

struct crew {
    const struct place_plan *plan;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t total, claimed, handed, finished;
    struct slot slots[AHEAD]; /* of experiment i: i % AHEAD */
};

/* Waits until an experiment may be begun; false when there is none left. */
static bool claim(struct crew *crew, size_t *task)
{
    pthread_mutex_lock(&crew->lock);
    while (crew->claimed < crew->total && crew->claimed >= crew->handed + AHEAD)
        pthread_cond_wait(&crew->changed, &crew->lock);
    bool some = crew->claimed < crew->total;
    if (some)
        *task = crew->claimed++;
    pthread_mutex_unlock(&crew->lock);
    return some;
}

static struct place_result keep(const struct place_plan *plan, size_t seed, const struct place_result *result)
{
    struct place_result kept = *result;
    size_t points = plan->bins * sizeof *kept.points, placements = plan->seeds[seed].count * sizeof *kept.placements;
    kept.points = malloc(points);
    check(kept.points != NULL, "out of memory");
    memcpy(kept.points, result->points, points);
    if (result->placements != NULL) {
        kept.placements = malloc(placements);
        check(kept.placements != NULL, "out of memory");
        memcpy(kept.placements, result->placements, placements);
    }
    return kept;
}

static void *work(void *context)
{
    struct crew *crew = context;
    const struct place_plan *plan = crew->plan;
    struct arena own;
    arena_open(&own, 0);
    /* A memo of a pure function: experiments of one thread may share it. */
    struct gpu_fragmentation *measure = gpu_fragmentation_create(&own, plan->typical, plan->typical_count, 0);
    for (size_t task; claim(crew, &task);) {
        struct slot *slot = &crew->slots[task % AHEAD];
        struct place_result result;
        struct arena_mark mark = arena_mark(&own);
        size_t seed = task % plan->seed_count;
        place_experiment(plan, task / plan->seed_count, seed, &own, measure, &result);
        result = keep(plan, seed, &result);
        arena_rewind(&own, mark);
        pthread_mutex_lock(&crew->lock);
        slot->result = result;
        slot->done = true;
        crew->finished++;
        pthread_cond_broadcast(&crew->changed);
        pthread_mutex_unlock(&crew->lock);
    }
    arena_close(&own);
    return NULL;
}

/* Waits for the next result in order, at most 200 ms at a time, so that progress moves. */
static struct place_result await(struct crew *crew, const struct place_sink *sink)
{
    struct slot *slot = &crew->slots[crew->handed % AHEAD];
    pthread_mutex_lock(&crew->lock);
    while (!slot->done) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 200000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&crew->changed, &crew->lock, &until);
        size_t finished = crew->finished;
        pthread_mutex_unlock(&crew->lock);
        if (sink->tick != NULL)
            sink->tick(sink->context, finished, crew->total);
        pthread_mutex_lock(&crew->lock);
    }
    struct place_result result = slot->result;
    slot->done = false;
    pthread_mutex_unlock(&crew->lock);
    return result;
}

static void hand_over(struct crew *crew, const struct place_sink *sink)
{
    size_t seeds = crew->plan->seed_count;
    while (crew->handed < crew->total) {
        struct place_result result = await(crew, sink);
        sink->take(sink->context, crew->handed / seeds, crew->handed % seeds, &result);
        free(result.points);
        free(result.placements);
        pthread_mutex_lock(&crew->lock);
        crew->handed++;
        pthread_cond_broadcast(&crew->changed);
        pthread_mutex_unlock(&crew->lock);
    }
}

bool place_run(const struct place_plan *plan, unsigned threads, const struct place_sink *sink)
{
    struct crew *crew = calloc(1, sizeof *crew);
    check(crew != NULL, "out of memory");
    crew->plan = plan;
    crew->total = plan->policy_count * plan->seed_count;
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->changed, NULL);
    if (threads > crew->total)
        threads = (unsigned)crew->total;
    pthread_t *thread = calloc(threads, sizeof *thread);
    unsigned started = 0;
    while (thread != NULL && started < threads && pthread_create(&thread[started], NULL, work, crew) == 0)
        started++;
    if (started > 0) /* fewer threads than asked for are slower, never wrong */
        hand_over(crew, sink);
    for (unsigned i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
    free(thread);
    pthread_cond_destroy(&crew->changed);
    pthread_mutex_destroy(&crew->lock);
    free(crew);
    return started > 0;
}
