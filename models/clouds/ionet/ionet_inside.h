/* What the files of the io.net cloud share:
 *   ionet_plan.c     a scenario's keys, made into an immutable plan
 *   ionet_rules.c    the rules in force, by date
 *   ionet.c          calls of the world
 *   ionet_device.c   devices: what holds them back, launching, proofs of work
 *   ionet_owner.c    what their owners do: pausing, joining, wiping, leaving
 *   ionet_reward.c   block rewards: who is nominated, and what he earns
 *   ionet_stake.c    stakes, slashes, reliability, leaving
 *   ionet_deploy.c   the way of a worker: deployed, missed, replaced or resumed
 *   ionet_place.c    hiring workers, and giving them back
 *   ionet_knot.c     clusters that wait for each other for ever
 *   ionet_booking.c  for how long a tenant has paid, and what happens then
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
    HELD_UNRELIABLE = 128, /* its reliability score is too low */
    HELD_WIPE = 256,       /* its owner reinstalls it after a booking of bare metal */
    HELD_LATE = 512,       /* and has had his 24 hours for it */
    HELD_UNREWARDED = HELD_LATE | HELD_PENDING | HELD_UNVERIFIED,
    HELD_STOPPED = HELD_DOWN | HELD_PAUSED | HELD_BLOCKED | HELD_LEFT | HELD_ABSENT /* no worker runs on it */
};

enum { POOL_ENTERPRISE, POOL_COMMUNITY, POOL_CPU, IONET_POOLS }; /* of rewards; before June 2025 all GPUs are in the first */
enum { IONET_NO_POOL = 255, IONET_MONTHS = 600 };
#define IONET_NO_BLOCK INT64_MIN

enum tier { TIER_DATA_CENTER, TIER_MINER, TIER_CONSUMER, TIERS };

struct ionet_plan {
    struct ionet_rules rules;
    bool by_hand;                 /* owners must rerun the launch commands */
    double newcomers;             /* share of the devices */
    const struct law *pause_every, *pause_length; /* every: NULL: never */
    bool pause_takes;             /* also a device that is hired */
    double misuse;                /* per second */
    const struct law *blocked_for, *wipe_time;
    uint32_t solana;              /* component; COMPONENT_NONE: nobody needs it */
    double supplier_fee, crypto_share, extension_missed, timelock_failed;
    const struct law *extension_late;
    duration grace;
    duration uptime_rule;         /* of uninterrupted uptime, to be nominated */
    double *block_io;             /* [IONET_MONTHS]: IO of a block, by month since the first one */
    double pool_share[IONET_POOLS];
    int64_t pool_others[IONET_POOLS]; /* points of devices that are not the fleet's */
    int64_t *score_of_node;       /* half points, not hired */
    uint8_t *reward_pool_of_node; /* IONET_NO_POOL: earns none */
    int64_t *stake_of_node;       /* micro-IO */
    double io_price, income_floor; /* USD; USD per GPU-hour */
    double slash_share, appeal_won, leave, least_reliability, disconnect_penalty, co_stake;
    uint32_t slash_after;
    duration slash_window;
    const struct law *restake;
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
    bool whole;          /* it is a machine for itself */
    bool unanswered;     /* its last request failed, as the orchestrator is degraded */
    instant hired_at;    /* what it has earned since is not settled */
    int64_t earned;      /* micro-dollars */
};

enum { IONET_DEVICE_EVENTS = 12 }; /* that a device can have pending */

struct device {
    uint16_t held;         /* bits of enum held */
    uint16_t hires;        /* units that are bound to it */
    bool working;          /* its machine serves and a worker runs on it; as settled last */
    bool ready;            /* and nothing holds it; as settled last */
    instant changed_at;    /* of `working` */
    duration pending_left; /* uptime that it lacks */
    uint32_t draws;        /* of its owner's chances */
    struct event_id relaunch, step, proof, pause, misuse, join, leave, restake, wipe;
    duration wipe_left;    /* beyond the event under way */
    instant green_at;      /* nominated from then on, if nothing else is in the way */
    int64_t points;        /* half points with which it is nominated; 0: it is not */
    double index, earned_io; /* the pool's index when it was asked last; earned by then */
    int64_t lost_at_block; /* blocks closed when an interruption cost it its nomination; IONET_NO_BLOCK: none did */
    int64_t stake;         /* micro-IO */
    double reliability;    /* at changed_at */
    instant reliable_at, blamed_at, faults_since;
    uint32_t faults;       /* towards its tenants, since faults_since */
    instant looked_at;     /* its owner looked at its income last */
    double looked_usd;
    int64_t paid_micro;    /* by tenants, to its owner */
};

/* Devices that share a part of every block. */
struct reward_pool {
    double share;
    int64_t points, others; /* half points that are nominated: the fleet's, and those of devices outside */
    int64_t block;          /* the last one that is in the index */
    double index;           /* IO that one half point has earned */
};

/* Micro-dollars. paid = fees + owners + owed + withheld + escrow. credits: of what tenants had prepaid, what came back; it is in none of
 * the others. */
struct ionet_books {
    int64_t paid, fees, owners, owed, withheld, escrow, credits;
};

/* Micro-IO. deposited = staked + held + burned + cooling + returned. */
struct stake_book {
    int64_t deposited, staked, held, burned, cooling, returned;
};

/* Counts for the report, of the time since 0. */
struct ionet_counts {
    uint64_t lapsed, proofs_failed, blocked, left, interruptions;
    int64_t blocks_missed, slashed; /* slashed: micro-IO */
};

/* The cluster of a workload. */
struct cluster {
    bool booked;          /* paid for, until booked_until if bookings have an end */
    bool known, crypto;   /* known: it is known how its tenant pays; crypto: through Solana */
    uint32_t draws;       /* of its tenant's chances with bookings */
    instant booked_until, returns_at; /* returns_at: when its tenant sees that it has run out */
    struct event_id booking;
    bool mixed;   /* its head is in a data center, its workers are elsewhere */
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
    struct reward_pool reward[IONET_POOLS];
    double rewards_io;
    struct stake_book stakes;
    struct ionet_books books;
    uint32_t action_deploy, action_failed, action_resume, action_relaunch, action_step, action_proof, action_pause, action_misuse,
        action_join, action_leave, action_appeal, action_restake, action_cooled, action_wiped,
        action_booking;
};

/* --- ionet_plan.c --- */
const void *ionet_plan_read(struct scenario *scenario, const struct value *group, const struct fleet *fleet,
                            const struct demand_plan *demand, struct graph_builder *graph);

/* --- ionet_money.c --- */
/* The owner of a node, and his name: the racks of a site go to its owners in turn. */
uint32_t ionet_supplier(const struct ionet *cloud, const struct fleet_node *node);
const char *ionet_supplier_name(const struct ionet *cloud, const struct fleet_node *node);
/* Listed price per hour of what a bound unit has: its share of a machine, or the machine. */
money ionet_listed(const struct ionet *cloud, uint32_t unit);
/* Charges a unit up to `until`: what was delivered in full, what was not only as far as nothing comes back. No effect while idle. */
void ionet_bill(struct ionet *cloud, uint32_t unit, instant until);

/* Something that was prepaid comes back as credit: from `from` to `to`, at `part` of the price. */
void ionet_credit(struct ionet *cloud, uint32_t unit, instant from, instant to, double part);
/* The owner of a bound unit's device is paid for what he has earned; if it failed, only for days that had been paid. */
void ionet_settle(struct ionet *cloud, uint32_t unit);
/* Payments go through now. */
bool ionet_settles(const struct ionet *cloud);
/* Solana is back: payouts that waited are made. */
void ionet_pay_owed(struct ionet *cloud);
void ionet_audit_money(const struct ionet *cloud);

/* --- ionet_booking.c --- */
/* Whether the tenant of a workload can pay for a new booking or an extension now. */
bool ionet_can_pay(struct ionet *cloud, uint32_t workload);
/* A workload has got its first place of a booking. No effect on one that is booked. */
void ionet_book(struct ionet *cloud, uint32_t workload);
/* The booking is over; what was prepaid and is left comes back. Before its places are given back. */
void ionet_end_booking(struct ionet *cloud, uint32_t workload);
void ionet_on_booking(void *context, struct engine *engine, uint32_t workload, uint64_t step);

/* --- ionet_place.c --- */
/* Nothing is decided without the orchestrator. */
bool ionet_manages(const struct ionet *cloud);
/* Whether it decides what is asked for a unit: not while it is away, and while it is degraded by its fraction. */
bool ionet_obeys(struct ionet *cloud, uint32_t unit);
/* What a workload is bought as, the default resolved. */
enum demand_product ionet_product(const struct ionet *cloud, uint32_t workload);
/* The loss of its first worker is the loss of all. */
bool ionet_has_head(const struct ionet *cloud, uint32_t workload);
/* Kubernetes replaces no worker while its master, the first one, is lost. True for everything else. */
bool ionet_master_serves(const struct ionet *cloud, uint32_t unit);
/* Finds and hires a place for one replica; for all idle workers of a cluster, or none; Mega-Ray takes what there is. False: some have
 * none. */
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
/* All workers of a workload are deployed after a while. */
void ionet_deploy(struct ionet *cloud, uint32_t workload);
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
/* The next stream of its owner's chances. */
struct stream ionet_device_stream(struct ionet *cloud, uint32_t node);
/* Schedules an action for a device, in place of *event where that is not NULL; after US_NEVER / 2 or more: nothing. */
void ionet_schedule(struct ionet *cloud, uint32_t node, struct event_id *event, uint32_t action, duration wait, uint64_t detail);
/* Full hours of UTC up to and including an instant, from the one before the start: as many blocks have closed. */
static inline int64_t ionet_block(const struct ionet *cloud, instant at)
{
    int64_t us = at.us + cloud->hour_us;
    return us >= 0 ? us / US_PER_HOUR : -((US_PER_HOUR - 1 - us) / US_PER_HOUR);
}
/* Time-weighted share of devices inside the horizon that could be hired, or were. At the horizon. */
double ionet_ready_share(struct ionet *cloud);
void ionet_audit_devices(const struct ionet *cloud);

/* --- ionet_owner.c --- */
void ionet_open_owners(struct ionet *cloud);
/* A booking of bare metal is over: the owner wipes the machine. */
void ionet_wipe(struct ionet *cloud, uint32_t node);

/* --- ionet_reward.c --- */
void ionet_open_rewards(struct ionet *cloud);
/* Something that nomination or score hangs on may have changed. Allowed in a change. */
void ionet_reward_changed(struct ionet *cloud, uint32_t node);
/* IO that a device has earned by now. */
double ionet_device_rewards(struct ionet *cloud, uint32_t node);
/* IO that all devices have earned inside the horizon. At the horizon, once. */
double ionet_close_rewards(struct ionet *cloud);
void ionet_audit_rewards(const struct ionet *cloud);

/* --- ionet_stake.c --- */
void ionet_open_stakes(struct ionet *cloud);
bool ionet_is_staked(const struct ionet *cloud, uint32_t node);
/* A device has failed a tenant; at_once: it is slashed for the first time that it happens. */
void ionet_blame(struct ionet *cloud, uint32_t node, bool at_once);
/* The owner takes his stake out, after its cooldown. */
void ionet_unstake(struct ionet *cloud, uint32_t node);
/* Reliability score now, 0 to 1. */
double ionet_reliability(const struct ionet *cloud, uint32_t node);
/* A device whose score was `score` has begun or ceased to work: held when that is too little. Returns how long it must work to be let
 * go again; US_NEVER: it is not held, or does not work. */
duration ionet_judge(struct ionet *cloud, uint32_t node, double score);
void ionet_audit_stakes(const struct ionet *cloud);

/* A share of a sum, rounded down. */
static inline int64_t ionet_part(int64_t sum, double share) { return (int64_t)((double)sum * share); }

#endif
