/* What the files of the io.net cloud share:
 *   ionet_plan.c     a scenario's keys, made into an immutable plan
 *   ionet_rules.c    the rules in force, by date
 *   ionet.c          calls of the world
 *   ionet_device.c   devices and the habits of their owners: launching, pausing, proofs of work
 *   ionet_deploy.c   the way of a worker: deployed, missed, replaced or resumed
 *   ionet_place.c    hiring workers, and giving them back
 *   ionet_knot.c     clusters that wait for each other for ever
 *   ionet_money.c    what a booking costs, and who earns it */
#ifndef NINES_MODELS_CLOUDS_IONET_IONET_INSIDE_H
#define NINES_MODELS_CLOUDS_IONET_IONET_INSIDE_H

#include "models/clouds/ionet/ionet.h"
#include "models/clouds/ionet/ionet_rules.h"
#include "models/clouds/world/cloud.h"
#include "sim/engine/timeweighted.h"

/* As the documentation names them; terminated: its owner has left. */
enum ionet_status {
    IONET_RUNNING,    /* up and hired */
    IONET_IDLE,       /* up */
    IONET_PAUSED,     /* suspended by its owner */
    IONET_DOWN,       /* the machine is there, its worker is not: the owner must rerun the launch commands */
    IONET_FAILED,     /* cannot be reached */
    IONET_BLOCKED,    /* foreign work was found on it */
    IONET_INACTIVE,   /* down or failed for long */
    IONET_TERMINATED
};

/* Why a device is not hired, bits of device.held. */
enum held {
    HELD_DOWN = 1,        /* not launched since its machine was lost */
    HELD_PAUSED = 2,
    HELD_BLOCKED = 4,
    HELD_LEFT = 8,
    HELD_ABSENT = 16,     /* not onboarded yet */
    HELD_PENDING = 32,    /* new, or as good as new */
    HELD_UNVERIFIED = 64, /* its last proof of work failed */
    HELD_STOPPED = HELD_DOWN | HELD_PAUSED | HELD_BLOCKED | HELD_LEFT | HELD_ABSENT /* no worker runs on it */
};

enum tier { TIER_DATA_CENTER, TIER_MINER, TIER_CONSUMER, TIERS };

struct ionet_plan {
    struct ionet_rules rules;
    bool by_hand;                 /* owners must rerun the launch commands */
    double newcomers;             /* share of the devices */
    const struct law *pause_every, *pause_length; /* every: NULL: never */
    bool pause_takes;             /* also a device that is hired */
    double misuse;                /* per second */
    const struct law *blocked_for;
    const struct fleet *fleet;
    struct pool_plan *pools; /* pool = tier, domain = site */
    struct prices prices;
    double price_factor[TIERS];
    enum tier *tier_of_site, order[TIERS];
    uint32_t orchestrator, *relay, relays_per_site, suppliers_per_site;
    const char **supplier_name;
    duration heartbeat, retry_first, retry_cap;
    int64_t misses;
    const struct law *deploy_time, *replace_time, *manual_time;
    double manual_share, fee, refund;
    bool recreate;
};

struct worker {
    instant billed_to;
    instant failed_at;   /* when it stopped delivering; INSTANT_NEVER */
    instant booked_at;   /* begin of the booking, for the minimum of an hour; a replacement does not begin another */
    uint32_t tries;
};

enum { IONET_DEVICE_EVENTS = 6 }; /* that a device can have pending */

struct device {
    uint16_t held;         /* bits of enum held */
    uint16_t hires;        /* units that are bound to it */
    bool working;          /* its machine serves and a worker runs on it; as settled last */
    bool ready;            /* and nothing holds it; as settled last */
    instant changed_at;    /* of `working` */
    duration pending_left; /* uptime that it lacks */
    uint32_t draws;        /* of its owner's chances */
    struct event_id relaunch, step, proof, pause, misuse, join;
};

/* Counts for the report, of the time since 0. */
struct ionet_counts {
    uint64_t proofs_failed, blocked;
};

/* A job's Ray cluster. */
struct cluster {
    bool partial; /* it has lost workers, and there was no room for others */
    bool knotted; /* part of a livelock when last looked at */
};

struct ionet {
    struct world *world;
    const struct ionet_plan *plan;
    struct pools *pools;
    struct worker *worker;     /* by unit */
    struct cluster *cluster;   /* by workload */
    uint32_t *partial, partials; /* workloads whose cluster is partial */
    uint32_t *knot_of;         /* scratch: those of one tier */
    bool *in_knot;             /* scratch */
    double *supplier_s;        /* capacity x time by supplier */
    uint32_t suppliers;
    struct device *device;     /* by node of the fleet */
    int64_t hour_us;           /* of the UTC hour that has passed at the start */
    int64_t ready;             /* devices that are */
    instant ready_since;
    timeweighted_area ready_us; /* device-microseconds */
    struct ionet_counts counts;
    uint32_t action_deploy, action_failed, action_resume, action_relaunch, action_step, action_proof, action_pause, action_misuse,
        action_join;
};

/* --- ionet_plan.c --- */
const void *ionet_plan_read(struct scenario *scenario, const struct value *group, const struct fleet *fleet,
                            const struct demand_plan *demand, struct graph_builder *graph);

/* --- ionet_money.c --- */
/* The owner of a node, and his name: the racks of a site go to its owners in turn. */
uint32_t ionet_supplier(const struct ionet *cloud, const struct fleet_node *node);
const char *ionet_supplier_name(const struct ionet *cloud, const struct fleet_node *node);
/* Charges a unit up to `until`: what was delivered in full, what was not only as far as nothing comes back. No effect while idle. */
void ionet_bill(struct ionet *cloud, uint32_t unit, instant until);

/* --- ionet_place.c --- */
/* Nothing is decided without the orchestrator. */
bool ionet_manages(const struct ionet *cloud);
/* Finds and hires a place for one replica; for all idle workers of a cluster, or none. */
bool ionet_place_replica(struct ionet *cloud, uint32_t unit);
bool ionet_place_cluster(struct ionet *cloud, uint32_t workload);
/* The tier that a cluster's workers are of, or TIERS when it has none. */
enum tier ionet_cluster_tier(const struct ionet *cloud, uint32_t workload);
/* Bills a worker and gives it back. No effect while idle. */
void ionet_free(struct ionet *cloud, uint32_t unit, const char *why);
/* A request is turned away: `action` tries again after a while. */
void ionet_refuse(struct ionet *cloud, uint32_t unit, uint32_t action);

/* --- ionet_knot.c --- */
/* A cluster is whole again, or gone. */
void ionet_leave_partial(struct ionet *cloud, uint32_t workload);
/* Gives up all that a cluster has and is to get; its workers are asked for anew. */
void ionet_dissolve(struct ionet *cloud, uint32_t workload, const char *why);
/* There was no room for a cluster that lacks workers: does it wait for one that waits for it? */
void ionet_look_for_knots(struct ionet *cloud, uint32_t workload);

/* --- ionet_deploy.c --- */
void ionet_on_deploy(void *context, struct engine *engine, uint32_t unit, uint64_t detail);
void ionet_on_failed(void *context, struct engine *engine, uint32_t unit, uint64_t detail);
void ionet_on_resume(void *context, struct engine *engine, uint32_t unit, uint64_t detail);
/* [change] Calls of the world. */
void ionet_unit_down(void *cloud, uint32_t unit, uint32_t lost);
void ionet_unit_up(void *cloud, uint32_t unit);
/* A worker is taken away while its machine runs on: its tenant gets another. Not in a change. */
void ionet_lose(struct ionet *cloud, uint32_t unit, const char *why);

/* --- ionet_device.c --- */
void ionet_open_devices(struct ionet *cloud);
/* [change] Call of the world: a machine fails or is back. */
void ionet_component(void *cloud, uint32_t component, uint8_t before, uint8_t after);
/* A device gets a reason not to be hired, or loses one. Tenants that it has are the caller's business. */
void ionet_hold(struct ionet *cloud, uint32_t node, enum held why);
void ionet_unhold(struct ionet *cloud, uint32_t node, enum held why);
/* Its machine serves and its worker runs. */
bool ionet_works(const struct ionet *cloud, uint32_t node);
enum ionet_status ionet_status(const struct ionet *cloud, uint32_t node);
/* Full hours of UTC up to and including an instant, from the one before the start: as many blocks have closed. */
static inline int64_t ionet_block(const struct ionet *cloud, instant at)
{
    int64_t us = at.us + cloud->hour_us;
    return us >= 0 ? us / US_PER_HOUR : -((US_PER_HOUR - 1 - us) / US_PER_HOUR);
}
/* Time-weighted share of devices inside the horizon that could be hired, or were. At the horizon. */
double ionet_ready_share(struct ionet *cloud);
void ionet_audit_devices(const struct ionet *cloud);

#endif
