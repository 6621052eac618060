/* One replication of one cloud: the part that is the same for all clouds.
 *
 * Demand consists of units (a replica of a service, a pod of a job). A unit is idle, bound (its resources are taken and it is
 * starting) or running; while bound it depends on up to four components: its node, and whatever else the cloud says (a storage
 * unit, a relay). It is *up* when it runs and all of them serve. The world counts that incrementally: each component has a list
 * of the units that depend on it, so a change costs what it touches. A unit that is up gives the least of its components' fractions of
 * service (models/fleet/graph.h): a service's replica counts by it, a gang works at the pace of its slowest.
 *
 * A job runs while all its units are up: the world begins, fails and finishes it. What a cloud does about a loss is the
 * cloud's business (models/clouds/world/cloud.h). */
#ifndef NINES_MODELS_CLOUDS_WORLD_WORLD_H
#define NINES_MODELS_CLOUDS_WORLD_WORLD_H

#include "models/demand/demand.h"
#include "models/faults/faults.h"
#include "models/fleet/fleet.h"
#include "models/fleet/graph.h"
#include "models/gpu/elastic.h"
#include "models/gpu/pod.h"
#include "models/measure/measure.h"
#include "sim/engine/engine.h"
#include "sim/study/model.h"

#include <stdbool.h>
#include <stdint.h>

struct cloud_plan;
struct pools;

enum unit_state { UNIT_IDLE, UNIT_BOUND, UNIT_RUNNING };
enum { UNIT_DEPENDENCIES = 4, WORLD_PARTS = 2 };

struct unit {
    uint32_t workload;
    uint32_t node;          /* fleet node while bound; COMPONENT_NONE while idle */
    uint16_t devices;       /* devices of the node, as the GPU core gave them */
    uint8_t state;          /* enum unit_state */
    bool counts;            /* it is up, and gives enough to count for a quorum */
    uint32_t fraction;      /* what it gives, the least of its dependencies' fractions, of GRAPH_WHOLE; 0: it is not up */
    uint8_t missing;        /* dependencies that do not serve */
    uint8_t dependencies;
    uint32_t dependency[UNIT_DEPENDENCIES]; /* [0] is the node's component */
    uint32_t next[UNIT_DEPENDENCIES], previous[UNIT_DEPENDENCIES]; /* links: unit * UNIT_DEPENDENCIES + slot, or none */
    instant asked;          /* when the pending request for capacity was made; INSTANT_NEVER: none pending */
    instant bound_at;
    instant requested;      /* when the capacity that it has was asked for; INSTANT_NEVER: never asked */
    int64_t paid_micro;     /* since time 0, for its present place, or for the lease of its next one */
    uint32_t touched;       /* 1 + incident that took it down; 0: none */
    bool refused;           /* the pending request has been turned away at least once */
    struct event_id pending; /* what the cloud does next about it; see world_later */
    uint32_t draws;         /* of the cloud's own chances for it */
};

struct load {
    uint32_t up;            /* units up */
    uint32_t counted;       /* of these, units that count for the quorum */
    int64_t given;          /* sum of the units' fractions */
    bool wanted;
    /* Of a job. */
    struct job job;
    struct gpu_elastic gang;  /* its restarts and their budget */
    struct job_costs costs;   /* of the attempt under way: the interval may be chosen anew for each */
    struct event_id finish, fault;
    instant done;             /* end of the attempt under way if nothing happens */
    instant own_fault;        /* of the attempt under way, were it to last; INSTANT_NEVER: none */
    struct job_account base;  /* at time 0, where measuring begins */
};

struct probe {
    instant at;
    uint32_t site;   /* where the tenant is at home */
    uint32_t kind;   /* 0 create, 1 scale, 2 replace */
};

/* What holds a component down, for the list of outages. */
struct fall {
    instant since;    /* INSTANT_NEVER: it serves */
    uint32_t culprit; /* the component whose fault it is */
    uint32_t cause;   /* as faults_cause() had it */
};

struct world {
    const struct cloud_plan *plan;
    const struct sim_task *task;
    struct sim_record *record;
    struct arena *arena;
    struct engine *engine;
    struct graph_state *graph;
    struct faults *faults;
    struct demand *demand;
    struct measure *measure;
    struct pools *pools;
    struct unit *unit;
    struct load *load;
    uint32_t *head;          /* by component: first link, or none */
    uint32_t *stamps, stamp; /* by component: scratch of graph_fault_rate() */
    struct fall *fall;       /* by component, with --log events; else NULL */
    struct probe *probe;
    uint32_t probes;
    uint64_t refusals;       /* requests for capacity that were turned away, each once, however often it was tried */
    uint32_t nodes_up;
    int64_t leases_listed;
    struct sim_lease **listed; /* by unit: its lease that was listed last, for what is paid on it afterwards; NULL: no leases are listed */
    struct world_sum *sum;   /* payments of a lease that are listed together (world_list.c); NULL: each by itself, or none */
    instant month_end;       /* of the UTC month that these belong to; 0: none yet */
    uint32_t told;           /* workload that somebody listens to (world_tell.h); COMPONENT_NONE: nobody does */
    struct world_told *telling; /* what goes with it; NULL */
    void *cloud;
    struct world *whole;     /* the world of a hybrid that this one is a part of; NULL */
    struct world *part[WORLD_PARTS]; /* of a hybrid: its units live there, and it has none itself */
    uint32_t parts;
    double stop_at;          /* importance at which a path stops to be copied (world_branch.h); infinity: never */
    bool stopped;            /* it did */
    uint32_t watched_class;  /* of demand, whose services are watched; COMPONENT_NONE: all */
    bool changing;           /* inside a change of the graph: units must not be bound or released */
    uint32_t action_request, action_withdraw, action_finish, action_fault, action_probe, action_pass,
        action_zero, action_abandon;
};

/* Event classes at equal times: what breaks and mends first, then what ends, then what begins. */
enum { CLASS_ZERO = 0, CLASS_FAULT = 1, CLASS_END = 2, CLASS_BLOCK = 3, CLASS_ACT = 4, CLASS_BEGIN = 5 };

/* Lives through one replication of one cloud. With audits on, the whole world is checked at several times on the way. */
void world_run(const struct cloud_plan *plan, const struct sim_task *task, struct sim_record *record);
/* The same in steps, for tests that look inside: begins at -warmup, lives up to and including `until`, and at the horizon settles
 * and reports. plan, task and record must outlive the world. */
struct world *world_begin(const struct cloud_plan *plan, const struct sim_task *task, struct sim_record *record);
void world_live(struct world *world, instant until);
void world_end(struct world *world);

static inline instant world_now(const struct world *world) { return engine_now(world->engine); }
static inline const struct demand_class *world_class(const struct world *world, uint32_t workload)
{
    return demand_class_of(world->demand, workload);
}
static inline bool world_wanted(const struct world *world, uint32_t workload) { return world->load[workload].wanted; }
static inline bool unit_is_up(const struct unit *unit) { return unit->state == UNIT_RUNNING && unit->missing == 0; }

/* Request of one unit as the GPU core wants it. */
struct gpu_pod world_class_pod(const struct demand_class *class);
struct gpu_pod world_pod(const struct world *world, uint32_t workload);
/* Site a unit's tenant wants it in. */
uint32_t world_site(const struct world *world, uint32_t unit);
/* The next stream of a unit's own chances with its cloud: keyed by the kind of cloud, the unit, and how many it has had. */
struct stream world_stream(struct world *world, uint32_t unit);
/* Whether a component of the cloud's control does now what is asked of it for a unit: a degraded one by its fraction, each time anew. One that
 * is not degraded always does, and nothing is drawn; whether it is there at all is the caller's to ask. */
bool world_answered(struct world *world, uint32_t unit, uint32_t component, enum plane plane);
/* Schedules the cloud's next step about a unit, in place of the one that was pending; and the same after a time drawn from law. */
void world_later(struct world *world, uint32_t unit, uint32_t action, duration wait);
void world_later_drawn(struct world *world, uint32_t unit, uint32_t action, const struct law *law);
/* Back-off: first, doubled for each of `tries` made before, at most cap. */
duration world_backoff(duration first, duration cap, uint32_t tries);
/* Nodes of a service's placed replicas, for a cloud that keeps them apart; none for a job. nodes: room for DEMAND_UNITS_MAX. */
uint32_t world_siblings(const struct world *world, uint32_t workload, uint32_t *nodes);
/* Places all idle units of a job in one pool, or none: bind(cloud, unit, node, devices) for each, which is to call world_bind(). True
 * when none is idle any more. */
bool world_place_gang(struct world *world, uint32_t workload, uint32_t pool,
                      void (*bind)(void *cloud, uint32_t unit, uint32_t node, uint16_t devices));
/* The units that depend on a component, in no order that means anything: the first, and the one after; COMPONENT_NONE at the end. */
uint32_t world_first_on(const struct world *world, uint32_t component);
uint32_t world_next_on(const struct world *world, uint32_t component, uint32_t unit);
/* Name of a workload, "web/17"; buffer of at least 96 bytes; returns buffer. */
char *world_name(const struct world *world, uint32_t workload, char *buffer, size_t bytes);

/* Capacity for a unit is asked for from now on (no effect when already pending), and is not any more. Binding answers the request
 * by itself. */
void world_ask(struct world *world, uint32_t unit);
void world_give_up(struct world *world, uint32_t unit);
/* The pending request of a unit, or of the gang that begins with it, is turned away: no room, or nobody there to take it. Counted
 * once a request, so that clouds compare whose tenants try again more or less often. No effect without a pending request. */
void world_refuse(struct world *world, uint32_t unit);
/* Takes a place for an idle unit. extra: components it depends on besides its node. */
void world_bind(struct world *world, uint32_t unit, uint32_t node, uint16_t devices, const uint32_t *extra, uint32_t extras);
/* A bound unit has started. */
void world_start(struct world *world, uint32_t unit);
/* [change] A running unit that is down has lost its state (a crash): it keeps its place, but when its components are back it must
 * be started again. */
void world_halt(struct world *world, uint32_t unit);
/* Money that left a tenant for good (negative: came back) for units first .. first + units - 1 of one workload: measured, and listed in
 * the ledger with --log leases. to and what: who got it and for what; denom: "usd", "usdc". */
void world_pay(struct world *world, uint32_t first, uint32_t units, money amount, const char *to, const char *denom,
               const char *what);
/* Has loaded what a payment for the units of a workload from `first` on will touch. Has no effect but on time. */
void world_ahead_pay(const struct world *world, uint32_t workload, uint32_t first);
/* An SLA credit on a workload's bill. */
void world_credit(struct world *world, uint32_t workload, money amount, const char *from);
/* Gives the place up; the unit is idle. No effect on an idle unit. why: what an outage that begins so is put down to, a static text. */
void world_release(struct world *world, uint32_t unit, const char *why);
/* A job, or a service's replica for which it means nothing, learns that it will be stopped at an instant: it saves if it can. */
void world_warn(struct world *world, uint32_t workload, instant stop);
/* A job is stopped by somebody who said so: no failure. Its units keep their places: releasing them is the cloud's. No effect on one
 * that does not run. */
void world_stop(struct world *world, uint32_t workload);
/* Somebody has noticed that a job stands still (design: detection ends, queueing begins). */
void world_detected(struct world *world, uint32_t workload);

/* --- Parts of a hybrid: worlds with units, inventories and a control plane of their own over one graph, engine and stream of bad luck.
 * Workloads have the same numbers in a part as in the whole; what a part pays, asks for and loses counts for the whole. --- */

/* To be called while the whole's cloud is opened. plan: own kind, plan and demand, the rest as the whole's; demand: as the part has it.
 * Both must outlive the world. */
struct world *world_part_open(struct world *whole, const struct cloud_plan *plan, struct demand *demand);
/* A workload is wanted of the part, or not any more: as the whole learns it, or as the hybrid decides. No effect where it is so already. */
void world_part_request(struct world *part, uint32_t workload);
void world_part_withdraw(struct world *part, uint32_t workload);
/* The horizon: the part's accounts are settled. */
void world_part_close(struct world *part);
/* What a service of a hybrid gives from now on: replicas that count as up, and all that is given, of GRAPH_WHOLE each. cause: why, when it is
 * less than before. */
void world_whole_gives(struct world *whole, uint32_t workload, uint32_t counted, int64_t given, struct measure_cause cause);

/* Aborts unless units, lists and counts agree. */
void world_audit(const struct world *world);

#endif
