/* Demand: what tenants want, the same for every cloud.
 *
 * A demand class describes services (replicas wanted up now) or jobs (gangs with work to do). Its workloads are drawn per
 * replication from streams keyed by (class, ramp or arrival, number): request time, home site, further sites, lifetime, work, and
 * the job's own faults per attempt. No cloud can change any of them (design.md 4.3).
 *
 * A workload is placed as `units`: the replicas of a service, the pods of a job. `spread` says how a tenant wants its replicas
 * apart: not at all, over zones of its home site, or over sites. */
#ifndef NINES_MODELS_DEMAND_DEMAND_H
#define NINES_MODELS_DEMAND_DEMAND_H

#include "models/demand/arrivals.h"
#include "models/demand/damage.h"
#include "models/demand/job.h"
#include "models/fleet/fleet.h"
#include "sim/chance/random.h"
#include "sim/scenario/scenario.h"

#include <stdint.h>

extern const struct key demand_keys[]; /* elements of `demand` */

enum demand_kind { DEMAND_SERVICE, DEMAND_JOB };
enum demand_spread { SPREAD_NONE, SPREAD_ZONE, SPREAD_SITE };
enum demand_capacity { CAPACITY_ON_DEMAND, CAPACITY_SPOT, CAPACITY_RESERVED };
/* How a job wants its pods: as the cloud likes, or by one of Ray's strategies. */
enum demand_gang { GANG_ANY, GANG_PACK, GANG_SPREAD, GANG_STRICT_PACK, GANG_STRICT_SPREAD };
/* What a cloud that sells clusters sells it as; default: Ray for a job, containers for a service. */
enum demand_product { PRODUCT_DEFAULT, PRODUCT_CONTAINER, PRODUCT_RAY, PRODUCT_MEGA_RAY, PRODUCT_KUBERNETES, PRODUCT_BARE_METAL };
enum demand_checkpoint { CHECKPOINT_EVERY, CHECKPOINT_YOUNG, CHECKPOINT_DALY };
enum { DEMAND_NAME_MAX = 64, DEMAND_UNITS_MAX = 1024, DEMAND_SITES_MAX = 8, DEMAND_TOTAL_MAX = 50000000 };

struct market_group_spec;

struct demand_class {
    const char *name;
    enum demand_kind kind;
    uint32_t count;          /* requested during the ramp at the begin of the run */
    duration ramp;
    struct demand_arrivals arrivals; /* further ones over the whole run */
    uint32_t units, quorum;  /* quorum: services only; units for a job */
    uint32_t up_from;        /* a replica that gives less of its service counts as down; of GRAPH_WHOLE */
    int32_t vcpus, gpus, gpu_milli; /* of one unit; gpu_milli per device */
    int32_t cpu_milli;       /* of one unit; vcpus is this in whole ones, rounded up, as they are sold */
    const struct market_group_spec *group; /* as its tenant's own deployment file asks for it (models/market/group.h); NULL: by the keys */
    int64_t memory_bytes, storage_bytes;
    bool persistent;         /* services: what the storage holds outlasts its replicas, and is needed by those that follow */
    uint64_t gpu_models;     /* bit set of fleet.gpu_models that will do; 0: any */
    enum demand_spread spread;
    uint32_t sites;          /* SPREAD_SITE: how many */
    const struct law *lifetime; /* services; NULL: to the end */
    const struct law *work;     /* jobs: productive time */
    const struct law *job_up;   /* jobs: time to a fault of the job itself, by attempt; NULL: none */
    struct job_costs costs;     /* jobs: interval as given, or for the first attempt */
    int32_t priority;           /* higher first */
    enum demand_capacity capacity;
    enum demand_gang gang;
    enum demand_product product;
    enum demand_checkpoint checkpoint;
    int32_t restarts;           /* jobs: restarts after failures before it is given up; -1: any number */
    double sessions;            /* services: held while it is up, evenly by its replicas; 0: nobody asks */
    duration reroute;           /* services: until a replica that went down is sent no requests any more; 0: nobody asks */
    const struct damage *damage; /* services: what it costs a tenant to be without one; NULL: nothing is known */
    double estimate;            /* jobs: time that it asks a queue for, over what it takes without faults; >= 1 */
};

struct demand_plan {
    const struct demand_class *class;
    uint32_t classes;
    const struct fleet *fleet;
};

struct workload {
    uint32_t class;
    uint32_t number;           /* within its class */
    uint32_t first_unit;
    instant requested, withdrawn; /* withdrawn: INSTANT_NEVER for jobs and services that stay */
    duration work;             /* jobs */
    uint8_t site[DEMAND_SITES_MAX]; /* home first, then the further sites; unit u goes to site[u % sites] when spread over sites */
};

struct demand {
    const struct demand_plan *plan;
    struct workload *workload; /* by class, then number */
    uint32_t workloads, units;
    struct stream_key job_faults;
};

/* What a deployment file says of an element of the list: each part is a class of its own. The file is somebody else's business: this
 * folder knows no languages but the scenario's. */
struct demand_part {
    const char *name;        /* ".west.api" behind the element's own; "" when it is the only part */
    uint32_t units;
    int32_t cpu_milli, gpus;
    int64_t memory_bytes, storage_bytes;
    bool persistent;
    uint64_t gpu_models;     /* as in a class */
    const struct market_group_spec *group;
};

struct demand_file {
    const char *name;        /* of the element, where it gives none itself */
    const struct demand_part *part; /* [parts] */
    uint32_t parts;          /* 0: the element has no file, or one with mistakes */
};

/* damages: the list of sectors. file: by element of the list; NULL: no element has one. */
struct demand_plan *demand_read(struct scenario *scenario, const struct value *list, const struct value *damages,
                                const struct fleet *fleet, const struct demand_file *file);
/* All workloads requested in [begin, end), drawn for one replication: at most DEMAND_TOTAL_MAX, and as many units. Those of a ramp
 * that is longer than the run are missing at its end; numbers stay what they are. */
struct demand *demand_draw(struct arena *arena, const struct demand_plan *plan, uint64_t seed, uint32_t replication, instant begin,
                           instant end);
/* Time from the begin of attempt `attempt` (from 1) to the job's own fault; US_NEVER when the class has none. */
duration demand_job_fault(const struct demand *demand, uint32_t workload, int32_t attempt);
static inline const struct demand_class *demand_class_of(const struct demand *demand, uint32_t workload)
{
    return &demand->plan->class[demand->workload[workload].class];
}

#endif
