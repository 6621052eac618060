#include "models/gpu/backfill.h"

#include "sim/check.h"
#include "sim/hash.h"

#include <string.h>

#include "sim/nomalloc.h"

struct gpu_backfill *gpu_backfill_create(struct arena *arena, struct gpu_inventory *inventory,
                                         const struct gpu_backfill_options *options)
{
    check(options->jobs >= 1 && options->discipline < GPU_DISCIPLINES && options->depth >= 0 &&
              options->window_us >= 0,
          "a queue of %d jobs, discipline %d", options->jobs, (int)options->discipline);
    struct gpu_backfill *queue = arena_new(arena, struct gpu_backfill);
    size_t jobs = (size_t)options->jobs;
    *queue = (struct gpu_backfill){
        .options = *options,
        .inventory = inventory,
        .profile = gpu_profile_create(arena, inventory, options->jobs, options->tasks, &options->place),
        .jobs = arena_array(arena, jobs, struct gpu_job),
        .order = arena_array(arena, jobs, int32_t),
        .vacant = arena_array(arena, jobs, int32_t),
        .vacant_count = options->jobs,
        .kept = arena_array(arena, (size_t)options->tasks, struct gpu_placement),
        .kept_us = arena_array(arena, jobs, int64_t),
        .started = arena_array(arena, jobs, int32_t),
        .killed = arena_array(arena, jobs, int32_t),
    };
    for (int32_t i = 0; i < options->jobs; i++)
        queue->vacant[i] = options->jobs - 1 - i; /* taken from the end: lowest id first */
    return queue;
}

static struct gpu_job *job_at(const struct gpu_backfill *queue, int32_t id)
{
    check(id >= 0 && id < queue->options.jobs && queue->jobs[id].state != GPU_JOB_NONE, "job %d", id);
    return &queue->jobs[id];
}

const struct gpu_job *gpu_backfill_job(const struct gpu_backfill *queue, int32_t id)
{
    check(id >= 0 && id < queue->options.jobs, "job %d of %d", id, queue->options.jobs);
    return &queue->jobs[id];
}

static struct gpu_booking_request booking_of(const struct gpu_job *job)
{
    return (struct gpu_booking_request){job->request.tasks, job->request.count, job->request.limit_us};
}

/* --- The queue ---------------------------------------------------------------------------------------------------- */

static bool ahead(const struct gpu_job *a, const struct gpu_job *b)
{
    return a->request.priority != b->request.priority ? a->request.priority > b->request.priority
                                                      : a->sequence < b->sequence;
}

static void enqueue(struct gpu_backfill *queue, int32_t id)
{
    int32_t at = queue->waiting++;
    for (; at > 0 && ahead(&queue->jobs[id], &queue->jobs[queue->order[at - 1]]); at--)
        queue->order[at] = queue->order[at - 1];
    queue->order[at] = id;
    queue->jobs[id].state = GPU_JOB_WAITING;
}

static void dequeue(struct gpu_backfill *queue, int32_t id)
{
    int32_t at = 0;
    while (at < queue->waiting && queue->order[at] != id)
        at++;
    check(at < queue->waiting, "job %d waits and is not in the queue", id);
    memmove(&queue->order[at], &queue->order[at + 1], (size_t)(--queue->waiting - at) * sizeof *queue->order);
}

static void forget(struct gpu_backfill *queue, int32_t id)
{
    queue->jobs[id].state = GPU_JOB_NONE;
    queue->vacant[queue->vacant_count++] = id;
}

int32_t gpu_backfill_submit(struct gpu_backfill *queue, const struct gpu_request *request, int64_t now_us)
{
    struct gpu_booking_request wanted = {request->tasks, request->count, request->limit_us};
    queue->counts.submitted++;
    if (!gpu_profile_possible(queue->profile, &wanted)) {
        queue->counts.refused++;
        return GPU_NO_JOB;
    }
    if (queue->vacant_count == 0)
        limit_reached("limits.gpu_jobs", queue->options.jobs);
    int32_t id = queue->vacant[--queue->vacant_count];
    queue->jobs[id] = (struct gpu_job){
        .request = *request,
        .sequence = queue->sequence++,
        .submitted_us = now_us,
        .planned_us = GPU_PROFILE_NEVER,
        .promised_us = GPU_PROFILE_NEVER,
        .broken_us = GPU_PROFILE_NEVER,
        .attempt = 1,
    };
    enqueue(queue, id);
    return id;
}

void gpu_backfill_cancel(struct gpu_backfill *queue, int32_t id)
{
    check(job_at(queue, id)->state == GPU_JOB_WAITING, "job %d is withdrawn and does not wait", id);
    queue->loosened = queue->loosened || queue->jobs[id].planned_us != GPU_PROFILE_NEVER;
    gpu_profile_drop(queue->profile, id);
    dequeue(queue, id);
    forget(queue, id);
}

void gpu_backfill_finish(struct gpu_backfill *queue, int32_t id, int64_t now_us)
{
    struct gpu_job *job = job_at(queue, id);
    check(job->state == GPU_JOB_RUNNING && now_us >= job->started_us && now_us <= job->ends_us,
          "job %d ends at %lld, begun at %lld", id, (long long)now_us, (long long)job->started_us);
    queue->loosened = queue->loosened || now_us < job->ends_us;
    gpu_profile_drop(queue->profile, id);
    queue->running--;
    queue->counts.finished++;
    forget(queue, id);
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

static void unplan(struct gpu_backfill *queue, int32_t id)
{
    if (queue->jobs[id].planned_us != GPU_PROFILE_NEVER)
        gpu_profile_drop(queue->profile, id);
    queue->jobs[id].planned_us = GPU_PROFILE_NEVER;
}

static void break_promise(struct gpu_backfill *queue, int32_t id)
{
    struct gpu_job *job = &queue->jobs[id];
    unplan(queue, id);
    if (job->promised_us != GPU_PROFILE_NEVER)
        job->broken_us = job->promised_us;
    job->promised_us = GPU_PROFILE_NEVER;
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

int64_t gpu_backfill_next_us(const struct gpu_backfill *queue)
{
    int64_t next = GPU_PROFILE_NEVER;
    for (int32_t i = 0; i < queue->waiting; i++)
        if (queue->jobs[queue->order[i]].planned_us < next)
            next = queue->jobs[queue->order[i]].planned_us;
    return next;
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
        unplan(queue, id);
        if (some_day)
            return;
    }
}

static void overtake(struct gpu_backfill *queue, int32_t id)
{
    if (queue->jobs[id].state != GPU_JOB_WAITING || queue->jobs[id].planned_us == GPU_PROFILE_NEVER)
        return;
    break_promise(queue, id);
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
        unplan(queue, id);
    }
}

static void put_back_plans(struct gpu_backfill *queue)
{
    for (int32_t i = 0; i < queue->waiting; i++)
        unplan(queue, queue->order[i]);
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
            unplan(queue, id);
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
        unplan(queue, queue->order[i]);
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

/* --- Nodes -------------------------------------------------------------------------------------------------------- */

static void kill(struct gpu_backfill *queue, int32_t id)
{
    struct gpu_job *job = &queue->jobs[id];
    gpu_profile_drop(queue->profile, id);
    queue->running--;
    queue->counts.killed++;
    queue->killed[queue->killed_count++] = id;
    queue->loosened = true;
    if (!job->request.requeue) {
        forget(queue, id);
        return;
    }
    job->attempt++;
    queue->counts.requeued++;
    enqueue(queue, id);
}

static void break_promises_on(struct gpu_backfill *queue, int32_t node)
{
    bool reserved = false;
    for (int32_t i = 0; i < queue->waiting && !reserved; i++)
        reserved = gpu_profile_uses(queue->profile, queue->order[i], node);
    for (int32_t i = 0; i < queue->waiting && reserved; i++)
        break_promise(queue, queue->order[i]);
}

int32_t gpu_backfill_node_down(struct gpu_backfill *queue, int32_t node)
{
    queue->killed_count = 0;
    gpu_node_set_available(queue->inventory, node, false);
    break_promises_on(queue, node);
    for (int32_t id = 0; id < queue->options.jobs; id++)
        if (queue->jobs[id].state == GPU_JOB_RUNNING && gpu_profile_uses(queue->profile, id, node))
            kill(queue, id);
    return queue->killed_count;
}

void gpu_backfill_node_cordon(struct gpu_backfill *queue, int32_t node)
{
    gpu_node_set_available(queue->inventory, node, false);
    break_promises_on(queue, node);
}

void gpu_backfill_node_up(struct gpu_backfill *queue, int32_t node)
{
    gpu_node_set_available(queue->inventory, node, true);
    queue->loosened = true;
    for (int32_t i = 0; i < queue->waiting; i++)
        queue->jobs[queue->order[i]].stuck = false;
}

/* --- Reports ------------------------------------------------------------------------------------------------------ */

int32_t gpu_backfill_seats(const struct gpu_backfill *queue, int32_t id, struct gpu_placement *placements)
{
    const struct gpu_job *job = job_at(queue, id);
    if (queue->profile->bookings[id].state == GPU_BOOKING_NONE)
        return 0;
    gpu_profile_seats(queue->profile, id, placements);
    return job->request.count;
}

static void audit_job(const struct gpu_backfill *queue, int32_t id, int64_t now_us)
{
    const struct gpu_job *job = &queue->jobs[id];
    const struct gpu_booking *booking = &queue->profile->bookings[id];
    bool planned = job->state == GPU_JOB_WAITING && job->planned_us != GPU_PROFILE_NEVER;
    enum gpu_booking_state wanted = job->state == GPU_JOB_RUNNING ? GPU_BOOKING_BOUND
                                    : planned                     ? GPU_BOOKING_PLANNED
                                                                  : GPU_BOOKING_NONE;
    check(booking->state == wanted, "job %d in state %d, booking in state %d", id, (int)job->state,
          (int)booking->state);
    if (wanted == GPU_BOOKING_NONE)
        return;
    int32_t claims = 0;
    for (int32_t i = booking->first_claim; i != GPU_NO_NODE; i = queue->profile->claims[i].next_of_booking) {
        check(queue->profile->claims[i].booking == id, "claim %d has another job", i);
        claims++;
    }
    check(claims == job->request.count, "job %d holds %d seats of %d", id, claims, job->request.count);
    check(job->state == GPU_JOB_RUNNING ? job->ends_us > now_us || job->ends_us == booking->end_us
                                        : job->planned_us == booking->begin_us,
          "job %d and its booking disagree on times", id);
}

void gpu_backfill_audit(const struct gpu_backfill *queue, int64_t now_us)
{
    int32_t running = 0, waiting = 0;
    for (int32_t id = 0; id < queue->options.jobs; id++) {
        running += queue->jobs[id].state == GPU_JOB_RUNNING;
        waiting += queue->jobs[id].state == GPU_JOB_WAITING;
        audit_job(queue, id, now_us);
    }
    check(running == queue->running && waiting == queue->waiting, "%d run, %d wait; counted %d and %d", running,
          waiting, queue->running, queue->waiting);
    check(running + waiting + queue->vacant_count == queue->options.jobs, "ids are lost");
    for (int32_t i = 1; i < queue->waiting; i++)
        check(ahead(&queue->jobs[queue->order[i - 1]], &queue->jobs[queue->order[i]]), "the queue is out of order");
    /* Working out every room at every instant at which one falls checks that nothing is promised twice. */
    for (int32_t node = 0; node < (int32_t)queue->inventory->count; node++)
        (void)gpu_profile_room(queue->profile, node, now_us, GPU_PROFILE_NEVER, GPU_NO_JOB);
    gpu_inventory_audit(queue->inventory);
}
