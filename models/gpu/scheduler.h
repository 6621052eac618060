/* A scheduler in the manner of Kubernetes: filter, score with several weighted scorers, normalise, sum, select.
 *
 * place.h asks one policy and remembers its scores. Here every call scores every feasible node with every scorer,
 * because normalising ("0 for the worst of the feasible nodes, 100 for the best") makes a score depend on the other
 * nodes, and because topology spread depends on where other pods are. O(nodes x scorers) a call.
 *
 *   filter     as in place.h, and every topology constraint that says DoNotSchedule
 *   score      each scorer an integer per node; Simon, Power and Spread are then normalised over the feasible nodes to
 *              0..100, the others are within -2047..2047 as they are
 *   sum        weight x score
 *   select     the highest sum; ties by the rule of place.h
 *   devices    exclusive pods: the lowest-indexed idle ones; shared pods: the rule, or what the first scorer prefers
 *              that scores devices (FGD, DotProd, Power)
 *
 * Scorers count requests, not usage. A pod that asks for no CPU or no memory counts as 100 milli and 200 MiB, for these
 * scores only: a resident by its own request, as well as the one that comes. GPU is counted in milli; Kubernetes itself
 * leaves GPUs out of these scores, which is the default (weight 0).
 *
 * Source: Kubernetes 1.20 scheduler framework (node resources plugins, PodTopologySpread); the Simon and PWR plugins of
 * hkust-adsl/kubernetes-scheduler-simulator and its fork Fr4nz83/PWR-plugin-kubernetes (arXiv 2412.17484). */
#ifndef NINES_MODELS_GPU_SCHEDULER_H
#define NINES_MODELS_GPU_SCHEDULER_H

#include "models/gpu/place.h"

enum gpu_scorer_kind {
    GPU_SCORER_POLICY,          /* a policy of place.h but Random, as it is */
    GPU_SCORER_LEAST_ALLOCATED, /* mean over resources of the free share after the pod: spreads */
    GPU_SCORER_MOST_ALLOCATED,  /* mean over resources of the used share after the pod: packs */
    GPU_SCORER_CAPACITY_RATIO,  /* RequestedToCapacityRatio: the used share, through a broken line */
    GPU_SCORER_BALANCED,        /* BalancedAllocation: CPU and memory shares close to each other */
    GPU_SCORER_SIMON,           /* largest share of what the node would have left if it were empty */
    GPU_SCORER_POWER,           /* PWR: least growth of power */
    GPU_SCORER_SPREAD,          /* topology constraints that say ScheduleAnyway */
    GPU_SCORERS
};

/* Weights of the mean over resources, each >= 0. All 0: CPU 1, memory 1, GPU 0, as in Kubernetes. */
struct gpu_resource_weights {
    int32_t cpu, memory, gpu;
};

/* A corner of the broken line: at `utilization` percent (0..100) the score is `score` (0..10). */
struct gpu_ratio_point {
    int32_t utilization, score;
};

struct gpu_scorer {
    enum gpu_scorer_kind kind;
    int32_t weight;                        /* 1..1000000 */
    enum gpu_policy policy;                /* GPU_SCORER_POLICY */
    struct gpu_resource_weights resources; /* Least, Most, CapacityRatio */
    const struct gpu_ratio_point *points;  /* CapacityRatio: [point_count] >= 1, utilization rising */
    size_t point_count;
};

/* What devices and CPU packages draw. A device with any allocation draws busy_w, else idle_w. A node has
 * ceil(CPU / package_milli) packages, of which ceil(allocated / package_milli) draw package_busy_w and the others
 * package_idle_w (assumption: pods fill packages one by one). All in watts. */
struct gpu_power {
    double idle_w[GPU_MODELS_MAX], busy_w[GPU_MODELS_MAX]; /* by model */
    int32_t package_milli;                                 /* > 0 */
    double package_idle_w, package_busy_w;
};

#define GPU_NO_DOMAIN UINT32_MAX

/* One topology constraint of the pod that comes. The caller counts the pods that the constraint's selector matches. */
struct gpu_spread {
    const uint32_t *domain; /* [nodes]: below `domains`; GPU_NO_DOMAIN: the node has no key. NULL: the node's domain */
    const uint32_t *count;  /* [domains]: matching pods there */
    uint32_t domains;      /* 1..65536 */
    uint32_t max_skew;     /* >= 1 */
    uint32_t min_domains;  /* with fewer eligible domains the least count is taken as 0; 0: no such rule */
    bool self;             /* the pod matches its own selector */
    bool anyway;           /* ScheduleAnyway: no filter, a score; else DoNotSchedule */
    bool only_available;   /* domains without an available node are not eligible (nodeTaintsPolicy Honor); Kubernetes'
                              default counts them, so a dead domain holds new pods back */
};

struct gpu_scheduler_options {
    const struct gpu_scorer *scorers; /* [scorer_count], copied; none: every node scores 0 */
    size_t scorer_count;              /* at most GPU_SCHEDULER_SCORERS */
    enum gpu_ties ties;
    enum gpu_device_rule device;
    const struct gpu_power *power; /* needed by GPU_SCORER_POWER; kept */
};

enum { GPU_SCHEDULER_SCORERS = 16, GPU_SPREAD_DOMAINS = 65536 };

/* What belongs to one call. */
struct gpu_schedule {
    uint64_t random;                 /* fresh for each call; read by uniform ties and random devices */
    const struct gpu_spread *spread; /* [spread_count] */
    size_t spread_count;
    const uint64_t *domains; /* constraint by the node's own domain, as in place.h; NULL: all */
    size_t domain_words;
};

struct gpu_scheduler;

/* For one sealed inventory; all memory from arena now. */
struct gpu_scheduler *gpu_scheduler_create(struct arena *arena, struct gpu_inventory *inventory,
                                           const struct gpu_scheduler_options *options);

/* Finds a placement and changes nothing. False: no feasible node. placement->score is the weighted sum, held within
 * int32. O(nodes x (scorers + constraints) + domains). */
bool gpu_scheduler_find(struct gpu_scheduler *scheduler, const struct gpu_pod *pod, const struct gpu_schedule *schedule,
                        struct gpu_placement *placement);

/* ... and on success gpu_bind(). */
bool gpu_scheduler_place(struct gpu_scheduler *scheduler, const struct gpu_pod *pod,
                         const struct gpu_schedule *schedule, struct gpu_placement *placement);

/* The weighted sum of a node in the last find; of meaning for feasible nodes only. For tests and explanations. */
int64_t gpu_scheduler_sum(const struct gpu_scheduler *scheduler, int32_t node, bool *feasible);

/* Natural logarithm of a whole number >= 1, within 2 units in the last place, the same on every CPU. */
double gpu_log(uint32_t n);

#endif
