/* Who starts and who is promised what: the disciplines of the queue. */
#include "models/gpu/backfill_inside.h"

#include "sim/base/check.h"
#include "sim/base/hash.h"

#include "sim/base/nomalloc.h"

static struct gpu_booking_request booking_of(const struct gpu_job *job)
{
    return (struct gpu_booking_request){job->request.tasks, job->request.count, job->request.company, job->request.limit_us};
}

/* --- Promises ----------------------------------------------------------------------------------------------------- */

static void slip(struct gpu_backfill *queue, struct gpu_job *job, int64_t promised_us, int64_t now_us)
{
    if (promised_us == GPU_PROFILE_NEVER || now_us <= promised_us)
        return;
    job->slips++;
    job->slip_us += now_us - promised_us;
    queue->counts.slips++;
    queue->counts.slip_us += now_us - promised_us;
}

/* A begin has been planned or has come. Slurm's estimates are replaced by each new one. */
static void promise(struct gpu_backfill *queue, struct gpu_job *job, int64_t begin_us)
{
    slip(queue, job, job->broken_us, begin_us);
    job->broken_us = GPU_PROFILE_NEVER;
    if (queue->options.discipline == GPU_SLURM) {
        slip(queue, job, job->promised_us, begin_us);
        if (begin_us > job->promised_us)
            job->promised_us = begin_us;
    }
    if (job->promised_us == GPU_PROFILE_NEVER) {
        job->promised_us = begin_us;
        queue->counts.promises++;
    }
}

/* Plans, or plans anew if it gets earlier. False: no instant is known, or none that is earlier. */
static bool plan(struct gpu_backfill *queue, int32_t id, int64_t now_us)
{
    struct gpu_job *job = &queue->jobs[id];
    struct gpu_booking_request wanted = booking_of(job);
    int64_t begin = gpu_profile_plan(queue->profile, id, &wanted, now_us, job->planned_us,
                                     queue->options.discipline == GPU_SLURM);
    if (begin == GPU_PROFILE_NEVER) {
        job->stuck = job->planned_us == GPU_PROFILE_NEVER;
        return false;
    }
    job->planned_us = begin;
    job->stuck = false;
    return true;
}

/* --- Starting ----------------------------------------------------------------------------------------------------- */

/* The job's tasks are bound: it runs. It stays in the order until the sweep is over. */
static void run(struct gpu_backfill *queue, int32_t id, int64_t now_us)
{
    struct gpu_job *job = &queue->jobs[id];
    bool strict = queue->options.discipline != GPU_SLURM;
    check(!strict || now_us <= job->promised_us, "job %d begins at %lld, promised for %lld", id, (long long)now_us,
          (long long)job->promised_us);
    slip(queue, job, job->broken_us, now_us);
    if (!strict)
        slip(queue, job, job->promised_us, now_us);
    job->broken_us = job->promised_us = job->planned_us = GPU_PROFILE_NEVER;
    job->state = GPU_JOB_RUNNING;
    job->stuck = false;
    job->started_us = now_us;
    job->ends_us = queue->profile->bookings[id].end_us;
    queue->running++;
    queue->counts.starts++;
    queue->started[queue->started_count++] = id;
}

/* On its promised seats if its time has come, else by the policy beside what is promised. */
static bool try_start(struct gpu_backfill *queue, int32_t id, int64_t now_us, uint64_t random)
{
    struct gpu_job *job = &queue->jobs[id];
    struct gpu_booking_request wanted = booking_of(job);
    if (job->planned_us == now_us)
        gpu_profile_begin(queue->profile, id, now_us);
    else if (!gpu_profile_start(queue->profile, id, &wanted, now_us, hash_word(random, job->sequence)))
        return false;
    run(queue, id, now_us);
    return true;
}

/* Takes those that run now out of the order, and counts who jumped. */
static void tidy(struct gpu_backfill *queue)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < queue->waiting; i++) {
        if (queue->jobs[queue->order[i]].state == GPU_JOB_WAITING)
            queue->order[kept++] = queue->order[i];
        else
            queue->counts.jumped += kept > 0;
    }
    queue->waiting = kept;
}

/* --- Disciplines -------------------------------------------------------------------------------------------------- */

/* FCFS, and Slurm's main pass: no promises are known to it. */
static void sweep_in_order(struct gpu_backfill *queue, int64_t now_us, uint64_t random)
{
    for (int32_t i = 0; i < queue->waiting; i++) {
        int32_t id = queue->order[i];
        if (try_start(queue, id, now_us, random))
            continue;
        if (queue->options.stuck == GPU_STUCK_HOLD)
            return;
        bool some_day = plan(queue, id, now_us); /* only to learn whether it is stuck */
        gpu_backfill_unplan(queue, id);
        if (some_day)
            return;
    }
}

static void overtake(struct gpu_backfill *queue, int32_t id)
{
    if (queue->jobs[id].state != GPU_JOB_WAITING || queue->jobs[id].planned_us == GPU_PROFILE_NEVER)
        return;
    gpu_backfill_break(queue, id);
    queue->counts.displaced++;
}

/* Only the first job that can be satisfied at all may hold a promise; whoever comes before its holder breaks it. */
static void displace(struct gpu_backfill *queue)
{
    int32_t first = 0;
    while (first < queue->waiting && queue->jobs[queue->order[first]].stuck)
        first++;
    for (int32_t i = first + 1; i < queue->waiting; i++)
        overtake(queue, queue->order[i]);
}

static void sweep_easy(struct gpu_backfill *queue, int64_t now_us, uint64_t random)
{
    bool blocked = false;
    displace(queue);
    for (int32_t i = 0; i < queue->waiting; i++) {
        int32_t id = queue->order[i];
        struct gpu_job *job = &queue->jobs[id];
        if (try_start(queue, id, now_us, random) || blocked)
            continue;
        bool planned = job->planned_us != GPU_PROFILE_NEVER;
        if (!planned || queue->loosened)
            planned = plan(queue, id, now_us) || planned;
        if (planned) {
            promise(queue, job, job->planned_us);
            blocked = true;
        } else if (queue->options.stuck == GPU_STUCK_HOLD) {
            return;
        }
    }
}

static bool planned(const struct gpu_backfill *queue, int32_t id)
{
    return queue->jobs[id].planned_us != GPU_PROFILE_NEVER;
}

static void keep_plans(struct gpu_backfill *queue)
{
    for (int32_t i = 0, kept = 0; i < queue->waiting; i++) {
        int32_t id = queue->order[i];
        queue->kept_us[id] = queue->jobs[id].planned_us;
        if (!planned(queue, id))
            continue;
        gpu_profile_seats(queue->profile, id, &queue->kept[kept]);
        kept += queue->jobs[id].request.count;
        gpu_backfill_unplan(queue, id);
    }
}

static void put_back_plans(struct gpu_backfill *queue)
{
    for (int32_t i = 0; i < queue->waiting; i++)
        gpu_backfill_unplan(queue, queue->order[i]);
    for (int32_t i = 0, kept = 0; i < queue->waiting; i++) {
        int32_t id = queue->order[i];
        struct gpu_job *job = &queue->jobs[id];
        struct gpu_booking_request wanted = booking_of(job);
        job->planned_us = queue->kept_us[id];
        if (!planned(queue, id))
            continue;
        gpu_profile_plan_at(queue->profile, id, &wanted, job->planned_us, &queue->kept[kept]);
        kept += job->request.count;
        job->stuck = false;
    }
}

/* Forgets all plans and plans those who had one in queue order. If that makes anybody later, nothing has happened. One
 * by one is not enough: on concrete devices two plans may be in each other's way that would gain together. */
static bool plan_all_anew(struct gpu_backfill *queue, int64_t now_us)
{
    keep_plans(queue);
    for (int32_t i = 0; i < queue->waiting; i++) {
        int32_t id = queue->order[i];
        int64_t before = queue->kept_us[id];
        if (before == GPU_PROFILE_NEVER || (plan(queue, id, now_us) && queue->jobs[id].planned_us <= before))
            continue;
        put_back_plans(queue);
        return false;
    }
    return true;
}

/* Returns whether a promise moved, so that another sweep may find something. */
static bool sweep_conservative(struct gpu_backfill *queue, int64_t now_us, uint64_t random)
{
    bool moved = false;
    for (int32_t i = 0; i < queue->waiting; i++) {
        int32_t id = queue->order[i];
        struct gpu_job *job = &queue->jobs[id];
        if (job->state != GPU_JOB_WAITING)
            continue;
        bool had_plan = job->planned_us != GPU_PROFILE_NEVER;
        if (had_plan && job->planned_us != now_us && !queue->loosened)
            continue;
        bool in_time = job->planned_us == now_us;
        if (try_start(queue, id, now_us, random)) {
            moved = moved || (had_plan && !in_time);
        } else if (plan(queue, id, now_us)) {
            promise(queue, job, job->planned_us);
            moved = moved || had_plan;
        } else if (!had_plan && queue->options.stuck == GPU_STUCK_HOLD) {
            for (int32_t behind = i + 1; behind < queue->waiting; behind++)
                overtake(queue, queue->order[behind]);
            return moved;
        }
    }
    return moved;
}

/* Slurm's backfill: the main pass has left the queue without plans. */
static void sweep_deep(struct gpu_backfill *queue, int64_t now_us, uint64_t random)
{
    int64_t last = queue->options.window_us > 0 ? now_us + queue->options.window_us : GPU_PROFILE_NEVER;
    for (int32_t i = 0, looked = 0; i < queue->waiting; i++) {
        int32_t id = queue->order[i];
        struct gpu_job *job = &queue->jobs[id];
        if (job->state != GPU_JOB_WAITING)
            continue;
        if (queue->options.depth > 0 && looked++ == queue->options.depth)
            return;
        if (try_start(queue, id, now_us, random))
            continue;
        if (!plan(queue, id, now_us)) {
            if (queue->options.stuck == GPU_STUCK_HOLD)
                return;
        } else if (job->planned_us > last) {
            gpu_backfill_unplan(queue, id);
        } else {
            promise(queue, job, job->planned_us);
        }
    }
}

static void check_instant(const struct gpu_backfill *queue, int64_t now_us)
{
    int64_t next = gpu_backfill_next_us(queue);
    check(queue->options.discipline == GPU_SLURM || next >= now_us, "the pass of %lld was left out", (long long)next);
    check(gpu_profile_next_end(queue->profile, INT64_MIN, GPU_NO_JOB) > now_us,
          "a job runs past its limit at %lld", (long long)now_us);
}

int32_t gpu_backfill_pass(struct gpu_backfill *queue, int64_t now_us, bool deep, uint64_t random)
{
    bool slurm = queue->options.discipline == GPU_SLURM;
    for (int32_t i = 0; slurm && i < queue->waiting; i++)
        gpu_backfill_unplan(queue, queue->order[i]);
    check_instant(queue, now_us);
    queue->started_count = 0;
    switch (queue->options.discipline) {
    case GPU_EASY:
        sweep_easy(queue, now_us, random);
        break;
    case GPU_CONSERVATIVE:
        if (queue->loosened)
            queue->loosened = !plan_all_anew(queue, now_us);
        while (sweep_conservative(queue, now_us, random))
            queue->loosened = true;
        break;
    default:
        sweep_in_order(queue, now_us, random);
        if (slurm && deep)
            sweep_deep(queue, now_us, random);
    }
    tidy(queue);
    queue->loosened = false;
    return queue->started_count;
}
