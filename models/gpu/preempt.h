/* Who must leave so that a whole gang fits.
 *
 * priority.h looks for victims on one node, as Kubernetes does; a gang needs several nodes at once or none. Here holders, each all or
 * nothing too, are thought away one by one, the lowest priority first and within a priority the one that began last, until
 * the gang fits; then those that were thought away are readmitted in the opposite order as long as the gang still fits. The rest are
 * the victims.
 *
 * Invariants: every victim's priority is below the gang's; readmitting any one victim makes the gang not fit; a gang that fits preempts
 * nobody; the inventory is as before. The answer is a nomination: the caller lets the victims run out their notice, and places
 * the gang then, which may land elsewhere.
 *
 * Source: the reprieve of kube-scheduler's default preemption, taken from one node to the cluster; youngest first as the policies of
 * batch systems have it (least work is lost). */
#ifndef NINES_MODELS_GPU_PREEMPT_H
#define NINES_MODELS_GPU_PREEMPT_H

#include "models/gpu/gang.h"

struct gpu_holder {
    struct gpu_pod pod;                 /* of each of its tasks */
    const struct gpu_placement *seats;  /* [count], the caller's */
    int32_t count, priority;
    int64_t started_us;
    uint64_t owner;                     /* the caller's own name for it; not looked at */
    bool victim;                        /* the answer */
};

enum { GPU_PREEMPT_IN_VAIN = -1 };

/* Sorts holders[count] and marks the victims. Those of `priority` or above are left alone, and so are those with a task on a node that
 * is not available. placements[gang->count]: scratch. Returns the number of victims: 0 when the gang fits as it is,
 * GPU_PREEMPT_IN_VAIN when it would not even with all of them gone. O(count^2 + count x gpu_gang_place()). */
int32_t gpu_gang_preempt(struct gpu_inventory *inventory, const struct gpu_gang *gang, int32_t priority,
                         const struct gpu_place_options *options, struct gpu_holder *holders, int32_t count,
                         struct gpu_placement *placements);

#endif
