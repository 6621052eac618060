/* Taking a node out of service while it works, and telling residents whose time is up.
 *
 * A drain cordons the node at once: it takes no new pods. Its residents may stay until they end by themselves, at the
 * longest until the deadline; then those that are left have to go. When the last is gone the node is drained and may
 * be repaired.
 *
 *   health check   grace
 *   severe         none: the node goes, its jobs are rescheduled at once
 *   mild           the caller's, often as long as the longest job: nobody is disturbed
 *   unreachable    Kubernetes' toleration of a node it cannot reach: 300 s, then its pods are evicted
 *
 * The answer is a list of residents; the caller requeues or ends each, exactly once, by gpu_resident_leave().
 *
 * Source: Kokolis et al. 2025 (secondary): high-severity checks remove a node at once, low-severity ones drain it, jobs
 * live 7 days at most; Kubernetes taints and tolerations (NoExecute, default tolerationSeconds 300). */
#ifndef NINES_MODELS_GPU_DRAIN_H
#define NINES_MODELS_GPU_DRAIN_H

#include "models/gpu/priority.h"

#define GPU_TOLERATION_US INT64_C(300000000)          /* Kubernetes: unreachable and not-ready nodes */
#define GPU_JOB_LIFETIME_US INT64_C(604800000000)     /* 7 days */
#define GPU_PREEMPTIBLE_AFTER_US INT64_C(7200000000)  /* 2 h: for gpu_resident.protected_until_us */

enum gpu_drain_state { GPU_DRAIN_NONE, GPU_DRAIN_WAITING, GPU_DRAIN_DRAINED };

struct gpu_drain {
    enum gpu_drain_state state;
    int32_t node;
    int64_t begun_us, deadline_us;
};

/* Cordons the node. grace_us 0: all must go now. */
void gpu_drain_begin(struct gpu_drain *drain, struct gpu_residents *residents, int32_t node, int64_t now_us,
                     int64_t grace_us);

/* Who must leave now: nobody before the deadline, all that are there from then on. ids[pods_per_node], in order of
 * admission. Returns how many. With nobody on the node its state becomes DRAINED. */
int32_t gpu_drain_due(struct gpu_drain *drain, const struct gpu_residents *residents, int64_t now_us, int32_t *ids);

/* The node takes pods again, drained or not. */
void gpu_drain_cancel(struct gpu_drain *drain, struct gpu_residents *residents);

/* Residents that have run for `lifetime_us` or longer; ids[room of the table], ascending. Returns how many. O(table).
 * */
int32_t gpu_residents_expired(const struct gpu_residents *residents, int64_t lifetime_us, int64_t now_us, int32_t *ids);

#endif
