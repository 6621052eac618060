/* What the files share that let things go wrong: one replication's faults. faults.c opens them and says whose fault something was; each
 * source has a file of its own. Every draw is keyed by (seed, replication, purpose, path), never by position. */
#ifndef NINES_MODELS_FAULTS_FAULTS_LIVE_H
#define NINES_MODELS_FAULTS_FAULTS_LIVE_H

#include "models/faults/faults_inside.h"

struct process;
struct shocks;
struct trace_course;

struct faults {
    const struct fault_plan *plan;
    struct graph_state *graph;
    struct engine *engine;
    uint64_t seed;
    uint32_t replication;
    struct process *process;      /* by position in plan->process */
    struct shocks *shocks;        /* of all hazards, one after the other */
    uint32_t *hazard_first;       /* first of a hazard */
    uint32_t *cause;              /* by component: what last brought it down */
    struct trace_course *trace;
    struct stream *rollout_stream; /* by rollout, of those that are drawn */
    uint32_t *rollout_releases;    /* so far */
    struct caches *caches;         /* NULL: none */
    struct patient *patients;      /* scratch: room for the largest population that recovers */
    struct recovery_room room;     /* scratch: room for the most crews, and for as many at a door as patients */
    uint32_t action_process, action_fall, action_return, action_hazard, action_trace, action_rollout;
    uint64_t started;
};

#define BY_SOFTWARE (UINT32_C(1) << 31) /* beside the number of a cause */

static inline uint32_t faults_cause_of(uint32_t number, const struct target *target)
{
    return number | (target->software != COMPONENT_NONE ? BY_SOFTWARE : 0);
}

/* A component breaks now; left: of its service, 0 for none. */
void faults_bring_down(struct faults *faults, uint32_t component, uint32_t cause, uint32_t left);
/* Hit from `down` to `up`, as far as that lies ahead; US_NEVER: for good. */
void faults_schedule_outage(struct faults *faults, const struct target *target, uint32_t component, instant down, instant up, uint32_t cause);
/* The component lives through the grades of an effect's curve of service, as far as they lie ahead: one fault. */
void faults_schedule_grades(struct faults *faults, const struct effect *effect, uint32_t component, instant start, uint32_t cause);
/* What is hit now comes back at `up`. */
void faults_schedule_return(struct faults *faults, const struct target *target, uint32_t component, instant up, uint32_t cause);
/* The first `count` of faults->patients, as the recovery has them. */
void faults_recover(struct faults *faults, const struct recovery *recovery, const struct target *target, uint32_t count, instant begin,
                    struct stream_key key, uint32_t cause);
/* Does the node run the software that the target asks for? Drawn once per node, whoever asks. context: the faults. */
bool faults_runs(const void *context, const struct target *target, const char *luck);

/* Events: a period of a process ends; a hazard strikes (which: of its processes); a trace's next outage; a release is drawn. */
void faults_on_process(void *context, struct engine *engine, uint32_t index, uint64_t detail);
void faults_on_hazard(void *context, struct engine *engine, uint32_t hazard, uint64_t which);
void faults_on_trace(void *context, struct engine *engine, uint32_t number, uint64_t detail);
void faults_on_rollout(void *context, struct engine *engine, uint32_t number, uint64_t detail);

/* Each schedules its first events. */
void faults_open_processes(struct faults *faults, struct arena *arena);
void faults_open_incidents(struct faults *faults);
void faults_open_hazards(struct faults *faults, struct arena *arena);
void faults_open_traces(struct faults *faults, struct arena *arena);
void faults_open_rollouts(struct faults *faults, struct arena *arena);

#endif
