/* What the files of the hyperscaler share:
 *   hyperscaler.c        plan, calls of the world
 *   hyperscaler_bill.c   bills, months, credits
 *   hyperscaler_place.c  machines: where, when, healing; services
 *   hyperscaler_batch.c  jobs: a queue in each region
 *   hyperscaler_domain.c zones, fault domains, update domains
 *   hyperscaler_evict.c  notices and evictions: spot, priority
 *   hyperscaler_maintain.c  maintenance: node by node, or in waves
 *   hyperscaler_spot.c   spot machines that are taken back together
 *   hyperscaler_pair.c   paired regions: who goes there and back, disks that fail over
 *   hyperscaler_front.c  edge, names, sign-ins: what is in the way of users everywhere
 *   hyperscaler_reserve.c  reserved capacity: places that are kept, terms */
#ifndef NINES_MODELS_CLOUDS_HYPERSCALER_HYPERSCALER_INSIDE_H
#define NINES_MODELS_CLOUDS_HYPERSCALER_HYPERSCALER_INSIDE_H

#include "models/clouds/world/cloud.h"
#include "models/clouds/hyperscaler/hyperscaler.h"

enum disks { DISKS_LRS, DISKS_ZRS, DISKS_LOCAL, DISKS_GRS };
enum zone_map { ZONE_MAP_TURN, ZONE_MAP_DRAWN, ZONE_MAP_SAME };
enum preemption { PREEMPTION_NONE, PREEMPTION_SPOT, PREEMPTION_PRIORITY };
/* Why a machine is told to go. */
enum leaving { LEAVES_NOT, LEAVES_EVICTED, LEAVES_PREEMPTED, LEAVES_DRAINED };
enum { SPOT_BELOW = 10000 }; /* every spot machine ranks below every one on demand */

/* Components by which users reach one class of services: first .. first + count - 1, each for its share of them. */
struct ways {
    uint32_t first, count; /* count 0: nothing is in the way */
};

struct hyperscaler_plan {
    const struct fleet *fleet;
    struct pool_plan *pools; /* pool = site, domain = zone within the site */
    struct prices prices;
    enum disks disks;
    const struct law *create_time, *boot_time, *heal_after;
    duration retry_first, retry_cap;
    struct sla sla;
    double sla_claimed;
    bool software_on_disk;
    uint32_t control;
    uint32_t *region_control; /* by site */
    enum gpu_discipline discipline;
    enum preemption preemption;
    duration preempt_after, notice;
    double evictions_per_second;      /* of a spot machine, for demand that is not modelled */
    enum zone_map zone_map;
    uint32_t subscription;            /* services of a class in one */
    uint32_t fault_domains, update_domains; /* 0: none */
    duration update_pause;
    struct ways *ways;                /* by class of demand; NULL: no fronts */
    const uint32_t *pair;             /* by site; COMPONENT_NONE: it has none; NULL: none has one */
    double failover_share;
    const struct law *failover_after, *failback_after;
    const struct law *decide_after, *copy_lag; /* of GRS disks; decide_after: NULL: never */
    const struct law *shock_every, *shock_length; /* every: NULL: never */
    double shock_share;
    bool shock_by_model;
    duration reserved_term;
    const struct law *maintenance_every, *maintenance_length; /* every: NULL: never */
    duration drain_grace;
};

/* What the cloud knows about one unit. */
struct machine {
    uint32_t site;           /* region in which it is or asks: its own, or that one's pair */
    struct event_id travel;  /* the next look whether to go to the pair, or home */
    uint32_t storage;        /* position in fleet.storage, once chosen; COMPONENT_NONE */
    bool booted;             /* its disk holds something: an attempt that is undone does not give it up */
    bool unanswered;         /* its last request failed, as the region's control is degraded */
    uint8_t leaving;         /* enum leaving: told to go */
    uint32_t tries;          /* refused in a row */
    instant billed_to;
    instant bought, paid_until; /* of a reservation: INSTANT_NEVER: none; while it is wanted */
    money price;                /* per hour of a reservation */
    uint64_t held;              /* zones of held_site that are kept free of others while it waits for a place */
    uint32_t held_site;
    struct event_id notice, evict; /* a spot machine's own notice; the end of one told to go */
};

/* What it knows about one job. */
struct batch_job {
    int32_t id;              /* in its region's queue; GPU_NO_JOB */
    struct event_id limit;   /* the end of the time that it asked for */
};

struct region {
    struct gpu_backfill *queue; /* NULL: no job is at home here */
    struct event_id pass;       /* the next look at the queue */
    instant pass_at;
    uint32_t leaving;           /* jobs and machines on their way out to make room; nobody starts from the queue meanwhile */
    uint32_t claimant;          /* the service's unit that they make room for; COMPONENT_NONE: the head of the queue */
    instant displaced;          /* when somebody was last told to make room without notice */
};

/* Maintenance of a region by update domains. */
struct wave {
    bool under_way;
    uint32_t domain, out;       /* the domain that is worked on, or will be; its nodes that are not back yet */
    uint32_t draws;
};

/* One storage unit, where its disks can fail over. */
struct stamp {
    struct event_id decision;
    duration lag;               /* of its copy, when it was lost */
    uint32_t losses;
};

/* What is taken back together. */
struct spot_pool {
    instant closed;             /* until then nothing is sold there as spot */
    uint32_t draws;
};

struct hyperscaler {
    struct world *world;
    const struct hyperscaler_plan *plan;
    struct pools *pools;
    struct machine *machine;     /* by unit */
    struct batch_job *job;       /* by workload */
    struct region *region;       /* by site */
    duration *leaves_after;      /* by workload: how long its tenant waits before going to the pair; US_NEVER: stays; NULL: all stay */
    struct stamp *stamp;         /* by storage unit; NULL: disks never fail over */
    uint32_t *stamp_of_component; /* by component of the fleet; COMPONENT_NONE: no storage unit */
    struct spot_pool *spot;      /* by pool (hyperscaler_spot.c); NULL: no shocks */
    uint32_t *held;              /* by zone of the fleet: reservations that wait for a place there */
    struct gpu_pod **tasks;      /* by class: its pods, for jobs */
    struct pool_holder *holders; /* [workloads + units]: scratch */
    struct stream_key maintenance;
    uint32_t *maintained;        /* by node: how often */
    bool *draining;              /* by node: it is cordoned, and not empty yet */
    struct wave *wave;           /* by site; NULL: each node by itself */
    uint64_t *domains;           /* [domain_words]: scratch of hyperscaler_wish() */
    size_t domain_words;
    duration *none_before, *wanted_before; /* by workload: downtime and time wanted until the begin of the month */
    money *paid_before;          /* by workload: bill at the begin of the month */
    double provider_capacity_s;  /* GPU-equivalents x seconds leased */
    uint32_t action_allocate, action_start, action_heal, action_month, action_submit, action_pass, action_limit, action_notice,
        action_evict, action_drain, action_tell, action_maintain, action_return, action_shock,
        action_travel, action_decide, action_wave;
};

static inline uint32_t workload_of(const struct hyperscaler *cloud, uint32_t unit) { return cloud->world->unit[unit].workload; }
static inline bool is_job(const struct hyperscaler *cloud, uint32_t unit)
{
    return world_class(cloud->world, workload_of(cloud, unit))->kind == DEMAND_JOB;
}
static inline bool can_manage(const struct hyperscaler *cloud, uint32_t site)
{
    return graph_manages(cloud->world->graph, cloud->plan->region_control[site]);
}
/* Whether the region's control does what is asked for a unit: not while it is away, and while it is degraded by its fraction. */
static inline bool obeys(struct hyperscaler *cloud, uint32_t unit, uint32_t site)
{
    bool manages = can_manage(cloud, site);
    cloud->machine[unit].unanswered = manages && !world_answered(cloud->world, unit, cloud->plan->region_control[site], PLANE_CONTROL);
    return manages && !cloud->machine[unit].unanswered;
}
/* Disks that lie in one storage unit of the region. */
static inline bool is_pinned(const struct hyperscaler_plan *plan) { return plan->disks == DISKS_LRS || plan->disks == DISKS_GRS; }
/* Who goes first, and who may displace whom. */
static inline int32_t rank_of(const struct demand_class *class)
{
    return class->priority - (class->capacity == CAPACITY_SPOT ? SPOT_BELOW : 0);
}

/* --- hyperscaler_bill.c --- */
money hyperscaler_price(const struct hyperscaler *cloud, uint32_t unit);
void hyperscaler_bill(struct hyperscaler *cloud, uint32_t unit);
void hyperscaler_bill_all(struct hyperscaler *cloud);
void hyperscaler_on_month(void *context, struct engine *engine, uint32_t unused, uint64_t month_us);
/* The end of every month inside the run; of the first one, which the run may have begun in the middle of, as not complete. */
void hyperscaler_schedule_months(struct hyperscaler *cloud);

/* --- hyperscaler_place.c --- */
/* A machine for an idle unit on a node where its place is taken: disk, bill, notice. */
void hyperscaler_bind(struct hyperscaler *cloud, uint32_t unit, uint32_t node, uint16_t devices);
/* What goes with a machine that is given up, whoever holds its place: bill, events. */
void hyperscaler_leave(struct hyperscaler *cloud, uint32_t unit, const char *why);
/* The same for a service's machine, and its place. No effect on an idle unit. */
void hyperscaler_free(struct hyperscaler *cloud, uint32_t unit, const char *why);
/* Tries again later: what the public advice on refused allocations amounts to. */
void hyperscaler_refuse(struct hyperscaler *cloud, uint32_t unit, uint32_t action);
void hyperscaler_on_allocate(void *context, struct engine *engine, uint32_t unit, uint64_t detail);
void hyperscaler_on_start(void *context, struct engine *engine, uint32_t unit, uint64_t detail);
void hyperscaler_on_heal(void *context, struct engine *engine, uint32_t unit, uint64_t detail);
void hyperscaler_unit_down(void *context, uint32_t unit, uint32_t lost);
void hyperscaler_unit_up(void *context, uint32_t unit);

/* --- hyperscaler_batch.c --- */
void hyperscaler_open_queues(struct hyperscaler *cloud);
void hyperscaler_on_submit(void *context, struct engine *engine, uint32_t unit, uint64_t detail);
void hyperscaler_on_pass(void *context, struct engine *engine, uint32_t site, uint64_t detail);
void hyperscaler_on_limit(void *context, struct engine *engine, uint32_t workload, uint64_t detail);
/* Something has changed in a region: whoever waits is looked at, if anybody does. May be called in a change. */
void hyperscaler_look(struct hyperscaler *cloud, uint32_t site);
/* The same at an instant to come. */
void hyperscaler_look_at(struct hyperscaler *cloud, uint32_t site, instant at);
/* A job loses its machines and waits again where it was in the queue. No effect on one that has none. */
void hyperscaler_requeue(struct hyperscaler *cloud, uint32_t workload, const char *why);
/* A job is not wanted any more. */
void hyperscaler_end_job(struct hyperscaler *cloud, uint32_t workload);

/* --- hyperscaler_evict.c --- */
/* Whoever goes together with the unit is told to, once. */
void hyperscaler_tell(struct hyperscaler *cloud, uint32_t unit, enum leaving why);
/* Whoever ranks below and would make room for a unit of a service, or for the job that begins with the unit, is told to go. */
void hyperscaler_make_room(struct hyperscaler *cloud, uint32_t unit, const struct pool_wish *wish);
/* One of those is gone. With the last the room is offered to whom it was made for, before anybody else. */
void hyperscaler_made_room(struct hyperscaler *cloud, uint32_t site);
void hyperscaler_on_notice(void *context, struct engine *engine, uint32_t unit, uint64_t detail);
void hyperscaler_on_evict(void *context, struct engine *engine, uint32_t unit, uint64_t detail);

/* --- hyperscaler_maintain.c --- */
/* Of a node: cordon, telling who is left, an empty node, its return. */
void hyperscaler_open_maintenance(struct hyperscaler *cloud);
void hyperscaler_on_drain(void *context, struct engine *engine, uint32_t node, uint64_t detail);
void hyperscaler_on_tell(void *context, struct engine *engine, uint32_t node, uint64_t detail);
void hyperscaler_on_maintain(void *context, struct engine *engine, uint32_t node, uint64_t detail);
void hyperscaler_on_wave(void *context, struct engine *engine, uint32_t site, uint64_t detail);
void hyperscaler_on_return(void *context, struct engine *engine, uint32_t node, uint64_t detail);

/* --- hyperscaler_spot.c --- */
void hyperscaler_open_spot(struct hyperscaler *cloud);
void hyperscaler_on_shock(void *context, struct engine *engine, uint32_t pool, uint64_t detail);
/* How long a workload will find nothing sold in a region because of a shock: 0 for what is not spot. */
duration hyperscaler_spot_wait(const struct hyperscaler *cloud, uint32_t workload, uint32_t site);

/* --- hyperscaler_pair.c --- */
const uint32_t *hyperscaler_read_pairs(struct scenario *scenario, const struct value *group, const struct fleet *fleet);
void hyperscaler_open_pairs(struct hyperscaler *cloud);
/* A machine has gone, or its request was turned away: its tenant begins to wait, if it ever leaves. May be called in a change. */
void hyperscaler_missed(struct hyperscaler *cloud, uint32_t unit);
/* It is up: nobody waits any more; where it is away, it will look homewards. */
void hyperscaler_settled(struct hyperscaler *cloud, uint32_t unit);
/* It is not wanted any more. */
void hyperscaler_stays(struct hyperscaler *cloud, uint32_t unit);
/* A machine that is refused in the pair goes home if its region looks well: true when it does, and has asked there. */
bool hyperscaler_turns_home(struct hyperscaler *cloud, uint32_t unit);
/* A component of the fleet was lost or is back: a storage unit's disks may fail over. May be called in a change. */
void hyperscaler_storage(struct hyperscaler *cloud, uint32_t component, bool serves);
void hyperscaler_on_travel(void *context, struct engine *engine, uint32_t unit, uint64_t detail);
void hyperscaler_on_decide(void *context, struct engine *engine, uint32_t storage, uint64_t detail);

/* --- hyperscaler_domain.c --- */
void hyperscaler_check_domains(struct scenario *scenario, const struct value *group, const struct hyperscaler_plan *plan);
/* Domain of a node in its region's pool: zone, fault domain and update domain in one number. */
uint16_t hyperscaler_domain(const struct hyperscaler_plan *plan, uint32_t node);
uint32_t hyperscaler_update_domain(const struct hyperscaler_plan *plan, uint32_t node);
void hyperscaler_open_domains(struct hyperscaler *cloud);
/* Zones of a site that a unit may go to: bits; all ones: any. */
uint64_t hyperscaler_zones(const struct hyperscaler *cloud, uint32_t unit, uint32_t site);
/* Where in a site a unit may be placed, valid until the next call; by_update: in its own update domain only, if it has one. */
struct pool_wish hyperscaler_wish(struct hyperscaler *cloud, uint32_t unit, uint32_t site, bool by_update);
bool hyperscaler_has_update_domain(const struct hyperscaler *cloud, uint32_t unit);

/* --- hyperscaler_front.c --- */
/* Adds the fronts to the graph. Control planes must be there already. */
void hyperscaler_read_fronts(struct scenario *scenario, const struct value *group, const struct demand_plan *demand,
                             struct hyperscaler_plan *plan, struct graph_builder *graph);
/* The component by which a unit is reached; COMPONENT_NONE: nothing is in the way. */
uint32_t hyperscaler_way(const struct hyperscaler *cloud, uint32_t unit);
/* How much of what a bound unit needs to run does not serve: all that it depends on but the way to it. */
uint32_t hyperscaler_lacks(const struct hyperscaler *cloud, uint32_t unit);
/* A component of the fleet is back: who waited for it boots, even where the way to it is lost. May be called in a change. */
void hyperscaler_behind_fronts(struct hyperscaler *cloud, uint32_t component);

/* --- hyperscaler_reserve.c --- */
/* A unit has got a place: a reserved one is bought with its first, and holds nothing for itself any more. */
void hyperscaler_reserve(struct hyperscaler *cloud, uint32_t unit);
/* It is not wanted any more: what was bought is paid to the end of its term. */
void hyperscaler_end_term(struct hyperscaler *cloud, uint32_t unit);
/* A wanted unit has lost its place in a site: one that is bought keeps others out until it has another. */
void hyperscaler_hold(struct hyperscaler *cloud, uint32_t unit, uint32_t site);
void hyperscaler_let_in(struct hyperscaler *cloud, uint32_t unit);
/* Zones of a site, by bits, in which nobody else is given room. */
uint64_t hyperscaler_held_zones(const struct hyperscaler *cloud, uint32_t site);

#endif
