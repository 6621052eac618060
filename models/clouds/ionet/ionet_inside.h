/* What the files of the io.net cloud share:
 *   ionet_plan.c     a scenario's keys, made into an immutable plan
 *   ionet.c          calls of the world
 *   ionet_deploy.c   the way of a worker: deployed, missed, replaced or resumed
 *   ionet_place.c    hiring workers, and giving them back
 *   ionet_knot.c     clusters that wait for each other for ever
 *   ionet_money.c    what a booking costs, and who earns it */
#ifndef NINES_MODELS_CLOUDS_IONET_IONET_INSIDE_H
#define NINES_MODELS_CLOUDS_IONET_IONET_INSIDE_H

#include "models/clouds/ionet/ionet.h"
#include "models/clouds/world/cloud.h"

enum tier { TIER_DATA_CENTER, TIER_MINER, TIER_CONSUMER, TIERS };

struct ionet_plan {
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
    uint32_t action_deploy, action_failed, action_resume;
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
void ionet_free(struct ionet *cloud, uint32_t unit);
/* A request is turned away: `action` tries again after a while. */
void ionet_refuse(struct ionet *cloud, uint32_t unit, uint32_t action);

/* --- ionet_knot.c --- */
/* A cluster is whole again, or gone. */
void ionet_leave_partial(struct ionet *cloud, uint32_t workload);
/* Gives up all that a cluster has and is to get; its workers are asked for anew. */
void ionet_dissolve(struct ionet *cloud, uint32_t workload);
/* There was no room for a cluster that lacks workers: does it wait for one that waits for it? */
void ionet_look_for_knots(struct ionet *cloud, uint32_t workload);

/* --- ionet_deploy.c --- */
void ionet_on_deploy(void *context, struct engine *engine, uint32_t unit, uint64_t detail);
void ionet_on_failed(void *context, struct engine *engine, uint32_t unit, uint64_t detail);
void ionet_on_resume(void *context, struct engine *engine, uint32_t unit, uint64_t detail);
/* [change] Calls of the world. */
void ionet_unit_down(void *cloud, uint32_t unit, uint32_t lost);
void ionet_unit_up(void *cloud, uint32_t unit);

#endif
