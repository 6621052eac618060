#include "models/demand/job.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

__extension__ typedef __int128 wide;

/* What an attempt of a given age consists of. */
struct split {
    int64_t restart, productive, uncommitted, checkpoint, idle, slow;
};

/* a * b / c, rounded down; up. 128 bits: a century times a million is more than 64 hold. */
static int64_t scale_down(int64_t a, int64_t b, int64_t c) { return (int64_t)((wide)a * b / c); }
static int64_t scale_up(int64_t a, int64_t b, int64_t c) { return (int64_t)(((wide)a * b + c - 1) / c); }

/* The attempt's own clock. */
static int64_t clock_of(const struct job *job, instant now)
{
    return job->aged.us + scale_down(now.us - job->paced.us, job->pace, JOB_PACE);
}

static struct split split_work(const struct job *job, const struct job_costs *costs, int64_t age)
{
    struct split split = {0};
    split.restart = age < costs->restart.us ? age : costs->restart.us;
    age -= split.restart;
    if (costs->interval.us == 0) {
        split.uncommitted = age;
        return split;
    }
    int64_t cycle = costs->interval.us + costs->write.us;
    int64_t left = job->work.us - job->committed.us;
    int64_t cycles = age / cycle, most = left > 0 ? (left - 1) / costs->interval.us : 0;
    if (cycles > most)
        cycles = most; /* nothing is written after the last piece of work */
    int64_t rest = age - cycles * cycle;
    split.productive = cycles * costs->interval.us;
    split.checkpoint = cycles * costs->write.us;
    split.uncommitted = rest;
    if (cycles < most && rest > costs->interval.us) {
        split.uncommitted = costs->interval.us;
        split.checkpoint += rest - costs->interval.us;
    }
    return split;
}

static struct split split_attempt(const struct job *job, const struct job_costs *costs, instant now)
{
    int64_t age = clock_of(job, now);
    struct split split = split_work(job, costs, job->saving ? job->saving_since.us : age);
    split.slow = now.us - job->since.us - age;
    if (!job->saving)
        return split;
    int64_t since = age - job->saving_since.us, written = since < job->saving_needs.us ? since : job->saving_needs.us;
    split.checkpoint += written;
    split.idle = since - written;
    if (written == job->saving_needs.us) {
        split.productive += split.uncommitted;
        split.uncommitted = 0;
    }
    return split;
}

static void close_waiting(struct job *job, instant now)
{
    int64_t waited = now.us - job->since.us;
    if (job->phase == JOB_UNDETECTED)
        job->detection.us += waited;
    else if (job->phase == JOB_QUEUED)
        job->queue.us += waited;
}

/* When the attempt under way is done. */
static instant end_of(const struct job *job, const struct job_costs *costs)
{
    int64_t left = job->work.us - job->committed.us;
    int64_t writes = costs->interval.us > 0 && left > 0 ? (left - 1) / costs->interval.us : 0;
    /* Work drawn from a heavy tail may end after the last instant there is. */
    int64_t written;
    if (__builtin_mul_overflow(writes, costs->write.us, &written) || written >= US_NEVER)
        return INSTANT_NEVER;
    int64_t ahead = costs->restart.us + (left < US_NEVER - written ? left + written : US_NEVER) - job->aged.us;
    if (job->pace < JOB_PACE)
        ahead = ahead < US_NEVER / JOB_PACE * job->pace ? scale_up(ahead, JOB_PACE, job->pace) : US_NEVER;
    int64_t end = job->paced.us + ahead;
    return end < US_NEVER ? (instant){end} : INSTANT_NEVER;
}

instant job_begin(struct job *job, const struct job_costs *costs, instant now)
{
    check(job->phase != JOB_RUNNING && job->phase != JOB_DONE, "a job begins twice");
    close_waiting(job, now);
    job->phase = JOB_RUNNING;
    job->since = job->paced = now;
    job->pace = JOB_PACE;
    job->aged = (duration){0};
    job->attempts++;
    return end_of(job, costs);
}

instant job_pace(struct job *job, const struct job_costs *costs, uint32_t pace, instant now)
{
    check(job->phase == JOB_RUNNING && pace > 0 && pace <= JOB_PACE, "a job goes on at pace %u", pace);
    job->aged.us = clock_of(job, now);
    job->paced = now;
    job->pace = pace;
    return job->saving ? INSTANT_NEVER : end_of(job, costs);
}

duration job_clock_time(const struct job *job, duration time) { return (duration){scale_down(time.us, job->pace, JOB_PACE)}; }

/* The attempt under way ends before the work is done. */
static duration end_attempt(struct job *job, const struct job_costs *costs, enum job_phase next, instant now)
{
    check(job->phase == JOB_RUNNING, "a job fails that does not run");
    struct split split = split_attempt(job, costs, now);
    job->restart.us += split.restart;
    job->committed.us += split.productive;
    job->checkpoint.us += split.checkpoint;
    job->rework.us += split.uncommitted;
    job->queue.us += split.idle;
    job->slow.us += split.slow;
    job->phase = next;
    job->since = now;
    job->saving = false;
    return (duration){split.uncommitted};
}

duration job_fail(struct job *job, const struct job_costs *costs, instant now)
{
    job->failures++;
    return end_attempt(job, costs, JOB_UNDETECTED, now);
}

duration job_stop(struct job *job, const struct job_costs *costs, instant now)
{
    job->stops++;
    return end_attempt(job, costs, JOB_QUEUED, now);
}

duration job_unsaved(const struct job *job, const struct job_costs *costs, instant now, duration *in_flight)
{
    check(job->phase == JOB_RUNNING && !job->saving, "a job is to save that does not work");
    struct split split = split_work(job, costs, clock_of(job, now));
    int64_t written = costs->write.us > 0 ? split.checkpoint % costs->write.us : 0;
    in_flight->us = written > 0 ? costs->write.us - written : 0;
    return (duration){split.uncommitted};
}

void job_save(struct job *job, duration needs, instant now)
{
    check(job->phase == JOB_RUNNING && !job->saving, "a job saves that does not work");
    job->saving = true;
    job->saving_since.us = clock_of(job, now);
    job->saving_needs = needs;
}

void job_detect(struct job *job, instant now)
{
    if (job->phase != JOB_UNDETECTED)
        return;
    close_waiting(job, now);
    job->phase = JOB_QUEUED;
    job->since = now;
}

void job_finish(struct job *job, const struct job_costs *costs, instant now)
{
    check(job->phase == JOB_RUNNING && !job->saving, "a job finishes that does not work");
    struct split split = split_attempt(job, costs, now);
    job->restart.us += split.restart;
    job->checkpoint.us += split.checkpoint;
    job->slow.us += split.slow;
    job->committed.us += split.productive + split.uncommitted;
    check(job->committed.us == job->work.us, "a job ends with other work done than it had");
    job->phase = JOB_DONE;
    job->since = now;
}

struct job_account job_account(const struct job *job, const struct job_costs *costs, instant now)
{
    struct job_account account = {job->committed, job->checkpoint, job->rework, job->restart, job->detection, job->queue, job->slow};
    int64_t waited = now.us - job->since.us;
    if (job->phase == JOB_RUNNING) {
        struct split split = split_attempt(job, costs, now);
        account.productive.us += split.productive + split.uncommitted;
        account.checkpoint.us += split.checkpoint;
        account.restart.us += split.restart;
        account.queue.us += split.idle;
        account.slow.us += split.slow;
    } else if (job->phase == JOB_UNDETECTED) {
        account.detection.us += waited;
    } else if (job->phase == JOB_QUEUED) {
        account.queue.us += waited;
    }
    return account;
}

duration job_wall(const struct job *job, instant now)
{
    int64_t closed = job->committed.us + job->checkpoint.us + job->rework.us + job->restart.us + job->detection.us + job->queue.us +
                     job->slow.us;
    bool open = job->phase != JOB_NEW && job->phase != JOB_DONE;
    return (duration){closed + (open ? now.us - job->since.us : 0)};
}
