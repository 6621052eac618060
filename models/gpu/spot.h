/* Machines that may be taken away: notice, eviction, and the bill.
 *
 * A preemptible machine runs until its user ends it, it fails, or it is evicted: a notice first, and exactly the notice
 * period later the end. What is drawn (when notices come, and for whom together) is the caller's; this keeps the order
 * of things.
 *
 * Invariants, checked: an eviction is at notice + notice period, to the microsecond; nothing is billed after the end,
 * whatever ended it; evicted is not failed: two counters, two mean times; a machine on demand is never evicted.
 *
 * Source: Azure Spot VMs (30 s, deallocate or delete), Google Cloud Spot VMs (30 s), AWS EC2 Spot (120 s): their
 * documentation. Providers of a decentralized cloud may leave without any. */
#ifndef NINES_MODELS_GPU_SPOT_H
#define NINES_MODELS_GPU_SPOT_H

#include <stdbool.h>
#include <stdint.h>

#define GPU_NOTICE_AZURE_US INT64_C(30000000)
#define GPU_NOTICE_GOOGLE_US INT64_C(30000000)
#define GPU_NOTICE_AWS_US INT64_C(120000000)
#define GPU_NOTICE_NONE_US INT64_C(0)

enum gpu_spot_action {
    GPU_SPOT_DELETE,    /* the machine and its disk are gone */
    GPU_SPOT_DEALLOCATE /* the disk stays (and costs): the machine may be started again from it */
};

struct gpu_spot_terms {
    bool preemptible;  /* false: on demand */
    int64_t notice_us; /* >= 0 */
    enum gpu_spot_action action;
};

enum gpu_spot_state { GPU_SPOT_RUNNING, GPU_SPOT_NOTIFIED, GPU_SPOT_ENDED, GPU_SPOT_FAILED, GPU_SPOT_EVICTED };

struct gpu_spot {
    struct gpu_spot_terms terms;
    enum gpu_spot_state state;
    int64_t begun_us;
    int64_t evicts_us; /* when NOTIFIED or EVICTED */
    int64_t ended_us;  /* when it is over */
};

/* Over many machines. */
struct gpu_spot_counts {
    int64_t evictions, failures, ended; /* how it ended */
    int64_t notices;
    int64_t running_us;                 /* of machines that are over */
    int64_t disks_kept;                 /* evictions that left the disk */
};

void gpu_spot_begin(struct gpu_spot *machine, const struct gpu_spot_terms *terms, int64_t now_us);

/* The provider wants it back. True: it is notified, and machine->evicts_us is the instant of gpu_spot_evict(). False:
 * on demand, or notified before: the first notice stands. */
bool gpu_spot_notice(struct gpu_spot *machine, int64_t now_us, struct gpu_spot_counts *counts);

/* The end of the notice period has come: now must be evicts_us. */
void gpu_spot_evict(struct gpu_spot *machine, int64_t now_us, struct gpu_spot_counts *counts);

/* Its user ends it, or it fails, before or during a notice period. */
void gpu_spot_end(struct gpu_spot *machine, int64_t now_us, struct gpu_spot_counts *counts);
void gpu_spot_fail(struct gpu_spot *machine, int64_t now_us, struct gpu_spot_counts *counts);

/* Time to be paid for from its begin to now: until its end, if that has been. */
int64_t gpu_spot_billed_us(const struct gpu_spot *machine, int64_t now_us);

/* Mean running time per eviction and per failure; 0 without any (see counts). */
double gpu_spot_mean_to_eviction_us(const struct gpu_spot_counts *counts);
double gpu_spot_mean_to_failure_us(const struct gpu_spot_counts *counts);

#endif
