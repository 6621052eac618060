/* Priorities: who must leave so that a pod of higher priority can start.
 *
 * Preemption is looked for only when no node has room. On each node all residents of strictly lower priority are
 * thought away; if the pod fits then, they are readmitted one by one ("reprieved"), those whose eviction would break a
 * disruption budget first, and within each of these two parts by priority from above, the longer-running first
 * within a priority; each who still leaves room for the pod stays. The rest are the victims of that node. Among the
 * nodes:
 *
 *   1. fewest victims whose eviction breaks a budget
 *   2. lowest priority of the highest victim
 *   3. lowest sum over victims of (priority + victim_weight)
 *   4. fewest victims
 *   5. latest start of the earliest-started victim of the highest priority
 *   6. lowest rank, then lowest index (Kubernetes: any)
 *
 * The answer is a nomination and changes nothing: the caller lets the victims run out their grace period, evicts
 * each exactly once, and then places the pod, which may land elsewhere. There is no preemption over several nodes: a
 * gang asks task by task, or waits.
 *
 * Invariants: every victim's priority is below the pod's; readmitting any one victim makes the pod not fit; a pod that
 * fits somewhere preempts nobody; equal priorities never preempt.
 *
 * Budgets: the candidates of a node are walked from the highest priority down, longer-running first; each uses one of
 * its budget's disruptions, and who meets a used-up budget would break it. A resident belongs to at most one budget (in
 * Kubernetes: to any number).
 *
 * Source: kube-scheduler's default preemption (dry run, reprieve, node choice; its sum adds 2^31 to each priority so
 * that few low victims are not beaten by many lower ones). Meta's rule that a job may be preempted only after 2 h
 * (Kokolis et al. 2025, secondary) is `protected_until_us`. */
#ifndef NINES_MODELS_GPU_PRIORITY_H
#define NINES_MODELS_GPU_PRIORITY_H

#include "models/gpu/place.h"

enum { GPU_NO_RESIDENT = -1, GPU_NO_BUDGET = -1 };

#define GPU_KUBERNETES_VICTIM_WEIGHT INT64_C(2147483648)

/* Who sits where. */
struct gpu_resident {
    struct gpu_pod pod;
    struct gpu_placement placement;
    int32_t priority;
    int32_t budget;             /* index into the caller's budgets, or GPU_NO_BUDGET */
    int64_t started_us;
    int64_t protected_until_us; /* no victim before; INT64_MIN: always preemptible */
    uint64_t owner;             /* the caller's own name for it; not looked at */
    /* Kept by the calls below. */
    int32_t previous, next; /* on its node, in order of admission; next also links free entries */
    bool present;
};

struct gpu_residents {
    struct gpu_inventory *inventory;
    struct gpu_resident *table; /* [room] */
    int32_t room, count, vacant; /* vacant: first free entry */
    int32_t *first, *last;      /* [nodes]: residents of a node */
    struct gpu_candidate *candidates; /* [pods_per_node]: scratch of gpu_preempt() */
    int64_t *budget_left;             /* [budgets]: scratch */
    int32_t budgets;
};

/* A table of up to `room` residents, all memory from arena now. budgets: how many disruption budgets there are. */
struct gpu_residents *gpu_residents_create(struct arena *arena, struct gpu_inventory *inventory, int32_t room,
                                           int32_t budgets);

/* Binds the pod at its placement and remembers it. Only the first seven fields are read. Returns its id, which is
 * used again after it has left. A full table is limit_reached("limits.gpu_residents"). */
int32_t gpu_resident_admit(struct gpu_residents *residents, const struct gpu_resident *resident);

/* Releases the pod and forgets it: each resident leaves exactly once, checked. */
void gpu_resident_leave(struct gpu_residents *residents, int32_t id);

const struct gpu_resident *gpu_resident(const struct gpu_residents *residents, int32_t id);

struct gpu_preemption_options {
    struct gpu_place_options place; /* whose constraint binds the choice of nodes, too */
    int64_t now_us;
    int64_t victim_weight;          /* 0: the plain sum; GPU_KUBERNETES_VICTIM_WEIGHT */
    const int32_t *disruptions;     /* [budgets]: evictions each budget allows now; may be negative; NULL if none */
};

enum gpu_preemption_answer {
    GPU_PREEMPTION_NEEDLESS, /* the pod fits somewhere as it is */
    GPU_PREEMPTION_NOMINATED,
    GPU_PREEMPTION_IN_VAIN
};

struct gpu_nomination {
    int32_t node;
    int32_t victims;    /* how many, >= 1 */
    int32_t violations; /* how many of them break a budget */
};

/* Looks for a node on which evicting residents of lower priority makes room. victims[pods_per_node] receives their ids,
 * highest priority first, longer-running first within a priority. Changes nothing that can be observed.
 * O(nodes x devices + sum over nodes of (lower residents)^2). */
enum gpu_preemption_answer gpu_preempt(struct gpu_residents *residents, const struct gpu_pod *pod, int32_t priority,
                                       const struct gpu_preemption_options *options,
                                       struct gpu_nomination *nomination, int32_t *victims);

#endif
