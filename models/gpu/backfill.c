#include "models/gpu/backfill.h"

#include "models/gpu/backfill_inside.h"
#include "sim/base/check.h"

#include <string.h>

#include "sim/base/nomalloc.h"

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
    struct gpu_booking_request wanted = {request->tasks, request->count, request->company, request->limit_us};
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

/* --- Plans -------------------------------------------------------------------------------------------------------- */

void gpu_backfill_unplan(struct gpu_backfill *queue, int32_t id)
{
    if (queue->jobs[id].planned_us != GPU_PROFILE_NEVER)
        gpu_profile_drop(queue->profile, id);
    queue->jobs[id].planned_us = GPU_PROFILE_NEVER;
}

void gpu_backfill_break(struct gpu_backfill *queue, int32_t id)
{
    struct gpu_job *job = &queue->jobs[id];
    gpu_backfill_unplan(queue, id);
    if (job->promised_us != GPU_PROFILE_NEVER)
        job->broken_us = job->promised_us;
    job->promised_us = GPU_PROFILE_NEVER;
}

int64_t gpu_backfill_next_us(const struct gpu_backfill *queue)
{
    int64_t next = GPU_PROFILE_NEVER;
    for (int32_t i = 0; i < queue->waiting; i++)
        if (queue->jobs[queue->order[i]].planned_us < next)
            next = queue->jobs[queue->order[i]].planned_us;
    return next;
}

/* --- Nodes -------------------------------------------------------------------------------------------------------- */

/* A running job holds nothing any more. */
static void stop(struct gpu_backfill *queue, int32_t id)
{
    gpu_profile_drop(queue->profile, id);
    queue->running--;
    queue->loosened = true;
}

static void wait_again(struct gpu_backfill *queue, int32_t id)
{
    queue->jobs[id].attempt++;
    queue->counts.requeued++;
    enqueue(queue, id);
}

static void kill(struct gpu_backfill *queue, int32_t id)
{
    stop(queue, id);
    queue->counts.killed++;
    queue->killed[queue->killed_count++] = id;
    if (queue->jobs[id].request.requeue)
        wait_again(queue, id);
    else
        forget(queue, id);
}

void gpu_backfill_requeue(struct gpu_backfill *queue, int32_t id, int64_t limit_us)
{
    check(job_at(queue, id)->state == GPU_JOB_RUNNING && limit_us > 0, "job %d is queued again", id);
    stop(queue, id);
    queue->counts.stopped++;
    queue->jobs[id].request.limit_us = limit_us;
    wait_again(queue, id);
}

void gpu_backfill_void(struct gpu_backfill *queue)
{
    for (int32_t i = 0; i < queue->waiting; i++)
        gpu_backfill_break(queue, queue->order[i]);
}

void gpu_backfill_taken(struct gpu_backfill *queue, int32_t node)
{
    bool reserved = false;
    for (int32_t i = 0; i < queue->waiting && queue->profile->planned > 0 && !reserved; i++)
        reserved = gpu_profile_uses(queue->profile, queue->order[i], node);
    if (reserved)
        gpu_backfill_void(queue);
}

void gpu_backfill_given(struct gpu_backfill *queue)
{
    queue->loosened = true;
    for (int32_t i = 0; i < queue->waiting; i++)
        queue->jobs[queue->order[i]].stuck = false;
}

int32_t gpu_backfill_node_down(struct gpu_backfill *queue, int32_t node)
{
    queue->killed_count = 0;
    gpu_node_set_available(queue->inventory, node, false);
    gpu_backfill_taken(queue, node);
    for (int32_t id = 0; id < queue->options.jobs; id++)
        if (queue->jobs[id].state == GPU_JOB_RUNNING && gpu_profile_uses(queue->profile, id, node))
            kill(queue, id);
    return queue->killed_count;
}

void gpu_backfill_node_cordon(struct gpu_backfill *queue, int32_t node)
{
    gpu_node_set_available(queue->inventory, node, false);
    gpu_backfill_taken(queue, node);
}

void gpu_backfill_node_up(struct gpu_backfill *queue, int32_t node)
{
    gpu_node_set_available(queue->inventory, node, true);
    gpu_backfill_given(queue);
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
