/* Who of the queue starts now, and what the others are promised.
 *
 * Jobs wait in order of priority, then of submission. Each is a gang with a runtime limit at which it is stopped. A
 * pass starts what the discipline lets start. A promise is concrete: an instant, nodes and devices; who is promised
 * begins there. Who starts without a promise, or before it, is placed by the policy, beside what others are promised.
 *
 *   FCFS          from the head while jobs fit; the first that does not blocks all behind it
 *   EASY          as FCFS; the first blocked job is promised the earliest instant at which it fits if running jobs end
 *                 at their limits; a later job may start if it fits all through its limit beside that promise, that is,
 *                 if it ends before or leaves the promised devices, CPU and memory alone
 *   conservative  every job is promised the earliest hole when it is first seen; promises move only earlier, when
 *                 something ends before its limit (compression: planned anew in queue order if that makes nobody
 *                 later, else one by one, in queue order, until nothing moves)
 *   Slurm         a main pass is FCFS and knows of no promises; a deep pass then plans the queue in order, to a depth
 *                 and within a window, anew each time, reserving whole nodes, and starts what fits beside
 *                 the plan. Its promises are estimates: they may slip
 *
 * Invariants: under EASY and conservative no job begins after its promise, unless a failure or an overtaking job broke
 * it (checked). After a pass no waiting job both fits now and is let by the rule. A job that does not fit at all is
 * refused when it is submitted.
 *
 * Failures break promises. A node that goes down takes its jobs with it, whole gangs; they are queued again where they
 * were, with a new attempt number, if they allow it. If anything was promised on the node, all promises are void, the
 * next pass makes new ones, and a later one is recorded as a slip. A job that only a node now down could satisfy has no
 * earliest instant: then `stuck` says whether nothing behind it starts, promised or not (hold: fair), or the queue goes
 * on without it until a node returns (skip: efficient). Both views are in flux-framework/flux-sched issue 670.
 *
 * Source: EASY: Lifka 1995, "The ANL/IBM SP scheduling system"; conservative: Mu'alem & Feitelson 2001; Slurm: its
 * sched/backfill plugin (bf_window, bf_max_job_test). */
#ifndef NINES_MODELS_GPU_BACKFILL_H
#define NINES_MODELS_GPU_BACKFILL_H

#include "models/gpu/profile.h"

enum gpu_discipline { GPU_FCFS, GPU_EASY, GPU_CONSERVATIVE, GPU_SLURM, GPU_DISCIPLINES };
enum gpu_stuck { GPU_STUCK_HOLD, GPU_STUCK_SKIP };

enum { GPU_NO_JOB = -1 };

struct gpu_backfill_options {
    enum gpu_discipline discipline;
    enum gpu_stuck stuck;
    struct gpu_place_options place; /* of jobs that start at once; forbids no nodes */
    int32_t jobs;                   /* room for jobs, waiting and running */
    int32_t tasks;                  /* room for tasks of all running and promised jobs together */
    int32_t depth;                  /* Slurm: how many waiting jobs a deep pass looks at; 0: all */
    int64_t window_us;              /* Slurm: nothing is planned to begin later than now + window; 0: no bound */
};

/* A job as submitted. */
struct gpu_request {
    const struct gpu_pod *tasks; /* [count], all or nothing; the caller's, must outlive the job */
    int32_t count;
    enum gpu_company company;    /* which nodes they may share */
    int32_t priority;            /* higher first */
    int64_t limit_us;            /* > 0: it ends by then */
    bool requeue;                /* after a node failure: back into the queue; otherwise it is gone */
    uint64_t owner;              /* the caller's own name for it; not looked at */
};

enum gpu_job_state { GPU_JOB_NONE, GPU_JOB_WAITING, GPU_JOB_RUNNING };

struct gpu_job {
    enum gpu_job_state state;
    struct gpu_request request;
    uint64_t sequence;      /* of submission */
    int64_t submitted_us, started_us;
    int64_t ends_us;        /* running: at the latest */
    int64_t planned_us;     /* waiting: begin as planned, or GPU_PROFILE_NEVER */
    int64_t promised_us;    /* latest begin promised, or GPU_PROFILE_NEVER: nothing is */
    int64_t broken_us;      /* a promise that became void and is not replaced yet, or GPU_PROFILE_NEVER */
    int64_t slip_us;        /* by how much begins were moved back, all slips together */
    int32_t slips, attempt; /* attempt: 1 for the first */
    bool stuck;             /* only a node that is not available could satisfy it */
};

struct gpu_backfill_counts {
    int64_t submitted, refused, starts, finished, requeued;
    int64_t killed, stopped; /* running jobs that ended by a node's failure, by gpu_backfill_requeue() */
    int64_t jumped;    /* starts before a waiting job that comes earlier in the queue */
    int64_t promises, displaced, slips; /* displaced: promises that an overtaking job broke */
    int64_t slip_us;
};

struct gpu_backfill {
    struct gpu_backfill_options options;
    struct gpu_inventory *inventory;
    struct gpu_profile *profile;
    struct gpu_job *jobs; /* [options.jobs] */
    int32_t *order;       /* [waiting] ids in queue order */
    int32_t waiting, running;
    int32_t *vacant, vacant_count;
    struct gpu_placement *kept;      /* [options.tasks]: scratch of a compression */
    int64_t *kept_us;                /* [options.jobs]: likewise */
    int32_t *started, started_count; /* by the last pass, in order of starting */
    int32_t *killed, killed_count;   /* by the last node_down */
    uint64_t sequence;
    bool loosened; /* something ended early, or a node came back: promises may move */
    struct gpu_backfill_counts counts;
};

/* All memory from arena now. The inventory's residents that were not started here are taken to stay for ever. */
struct gpu_backfill *gpu_backfill_create(struct arena *arena, struct gpu_inventory *inventory,
                                         const struct gpu_backfill_options *options);

/* Puts a job into the queue and starts nothing: a pass does. Returns its id, used again after it is gone, or
 * GPU_NO_JOB if it would not fit even with all nodes up and empty. O(waiting + nodes). */
int32_t gpu_backfill_submit(struct gpu_backfill *queue, const struct gpu_request *request, int64_t now_us);

/* One pass of the discipline; deep: Slurm's backfill too (ignored by the others). Run it after every change at an
 * instant, and at gpu_backfill_next_us(). Jobs whose limit has come must have been finished. random is fresh for each
 * call. Returns how many jobs started; their ids are in queue->started[]. */
int32_t gpu_backfill_pass(struct gpu_backfill *queue, int64_t now_us, bool deep, uint64_t random);

/* The next instant at which a promised job begins, or GPU_PROFILE_NEVER. O(waiting). */
int64_t gpu_backfill_next_us(const struct gpu_backfill *queue);

/* A running job ends, at its limit or before. Its id becomes free. */
void gpu_backfill_finish(struct gpu_backfill *queue, int32_t id, int64_t now_us);

/* A running job is stopped (its gang lost a member, it is preempted): it waits again where it was in the queue, with a new attempt
 * number and a new limit. */
void gpu_backfill_requeue(struct gpu_backfill *queue, int32_t id, int64_t limit_us);

/* A waiting job is withdrawn. */
void gpu_backfill_cancel(struct gpu_backfill *queue, int32_t id);

/* The node fails: its jobs are killed. Ids of those in queue->killed[], how many returned; a job that is still WAITING
 * afterwards was queued again, one in state NONE is gone. */
int32_t gpu_backfill_node_down(struct gpu_backfill *queue, int32_t node);

/* The node takes no new jobs; those on it go on. Promises on it are void. */
void gpu_backfill_node_cordon(struct gpu_backfill *queue, int32_t node);

/* The node is available again, after either. */
void gpu_backfill_node_up(struct gpu_backfill *queue, int32_t node);

/* Others than the queue's jobs live in the inventory too, and come and go: somebody took room on the node, so that promises on it are
 * void; somebody gave room back, so that promises may move and who was stuck may not be; nobody can start anything for a while,
 * so that all promises are void. */
void gpu_backfill_taken(struct gpu_backfill *queue, int32_t node);
void gpu_backfill_given(struct gpu_backfill *queue);
void gpu_backfill_void(struct gpu_backfill *queue);

const struct gpu_job *gpu_backfill_job(const struct gpu_backfill *queue, int32_t id);

/* Seats of a running or promised job, by task: placements[count]. Returns how many: count, or 0 without any. */
int32_t gpu_backfill_seats(const struct gpu_backfill *queue, int32_t id, struct gpu_placement *placements);

/* check()s the queue, the bookings and the inventory against each other. For audits and tests. */
void gpu_backfill_audit(const struct gpu_backfill *queue, int64_t now_us);

#endif
