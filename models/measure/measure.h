/* Measurement: what tenants got, by the definitions of design.md section 4, the same for every cloud.
 *
 * Wanted time runs from request to withdrawal, placed or not. A replica is up when it runs and is reachable; a degraded one counts by its
 * fraction where replicas are counted, and as up or down by its tenant's threshold where quorums are. A service is down while fewer
 * than its quorum are up. Everything is measured inside [0, horizon] only; outages still open at the horizon are
 * right-censored. Sums are whole microseconds, so they do not depend on the order of anything; doubles appear only when a metric is
 * reported. Undefined metrics are reported as NaN, never as 0 or 1.
 *
 * Cost of a change: constant, plus one step of the grid for each that has passed. */
#ifndef NINES_MODELS_MEASURE_MEASURE_H
#define NINES_MODELS_MEASURE_MEASURE_H

#include "models/demand/demand.h"
#include "sim/engine/timeweighted.h"
#include "sim/study/model.h"

#include <stdbool.h>
#include <stdint.h>

extern const struct sim_metric measure_metrics[]; /* ends with name NULL */
extern const struct sim_series measure_series[];
extern const struct sim_breakdown measure_breakdowns[];

struct measure;

enum { MEASURE_REPLICA = 1000000 }; /* a whole replica, in millionths */

struct measure_options {
    const struct demand *demand;
    const struct sim_task *task;
    struct sim_record *record;   /* outages go there as they end, the rest at the close */
    struct measure *whole;       /* of the same workloads, whom all is told that is said of money, leases, jobs and incidents; NULL */
    uint32_t nodes;
    const uint32_t *components;  /* [COMPONENT_CLASSES]: how many there are of each kind; NULL: none are followed */
    uint32_t incidents;          /* scripted incidents of the point */
    const instant *incident_start; /* [incidents] */
    duration lease_deadline;     /* a request not granted by then has failed */
    uint32_t sites;              /* 0: the course of no site is followed */
    const char *const *site_name; /* [sites] */
};

struct measure *measure_open(struct arena *arena, const struct measure_options *options);

/* Why something went down, for lists of outages: a component's path and the scripted incident, or none. */
struct measure_cause {
    const char *component; /* NULL: no fault (never placed, or withdrawn) */
    const char *name;      /* incident or hazard, or NULL */
    uint32_t incident;     /* index, or COMPONENT_NONE */
};

void measure_request(struct measure *measure, uint32_t workload, instant now);
void measure_withdraw(struct measure *measure, uint32_t workload, instant now);
/* The number of up units of a service has changed; cause: why, when it fell. */
void measure_up(struct measure *measure, uint32_t workload, uint32_t up, struct measure_cause cause, instant now);
/* What the replicas of a service give, in millionths of a replica, less a whole one for each that measure_up() counts: negative where
 * those are degraded, positive where others give a little. 0 until it is told. */
void measure_grey(struct measure *measure, uint32_t workload, int64_t grey, instant now);
/* Replicas of services whose tenants are at home at a site: so many more are wanted, and so many millionths of a replica more are given,
 * wherever they run; negative: fewer. Of all sites together that is what measure_request(), measure_withdraw(), measure_up() and
 * measure_grey() were told. */
void measure_site(struct measure *measure, uint32_t site, int32_t wanted, int64_t given, instant now);
/* A running replica of a service went down through a scripted incident, or came back from it. */
void measure_touched(struct measure *measure, uint32_t workload, uint32_t incident, instant now);
void measure_back(struct measure *measure, uint32_t incident, instant now);
/* One that went down so is withdrawn before it has come back. */
void measure_gone(struct measure *measure, uint32_t incident, instant now);
/* Physical nodes up. */
void measure_nodes_up(struct measure *measure, uint32_t up, instant now);

/* A component has failed (healthy false) or has been mended: its own state, whatever it needs. All are healthy at the begin. */
void measure_component(struct measure *measure, enum component_class kind, bool healthy, instant now);

/* Capacity was asked for by a workload, and granted or given up; how long it took. */
void measure_lease_granted(struct measure *measure, uint32_t workload, instant asked, instant now);
void measure_lease_failed(struct measure *measure, uint32_t workload, instant asked, instant now);
/* At the end, once for each inventory: idle GPUs of models that the class of demand takes, on machines that work, times microseconds inside
 * the window; and of them those on machines without room for one of its replicas or pods. Sums. */
void measure_gpus_left(struct measure *measure, uint32_t class, timeweighted_area left_us, timeweighted_area useless_us);
/* A control-plane probe completed in time, or did not. */
void measure_probe(struct measure *measure, bool completed);

/* Money that left a tenant for good, at the moment of payment (negative: came back). */
void measure_pay(struct measure *measure, uint32_t workload, money amount, instant now);
/* Has loaded what that will touch. Has no effect but on time. */
void measure_ahead_pay(const struct measure *measure, uint32_t workload);
void measure_credit(struct measure *measure, uint32_t workload, money amount, instant now); /* SLA credit: also a pay of -amount */
void measure_stranded(struct measure *measure, money amount);
/* A tenant has deployed a service again by its own hand. */
void measure_redeployed(struct measure *measure, uint32_t workload, instant now);
/* What a marketplace of leases has to say of itself at the horizon: once by each marketplace, added up; elsewhere these are undefined. */
struct measure_market {
    uint64_t disagreements; /* replicas for which a provider's inventory had room and its cluster had none */
    uint64_t pauses;        /* groups that a provider's leaving has paused */
    duration paused;        /* group-time spent so */
    duration dead_units;    /* unit-time billed while nothing of the lease was up, after something had been */
    money dead;             /* and what it came to */
    money uncredited, stuck, locked, dust; /* stranded: taken and credited to nobody; earned under closed accounts; in given-up accounts
                                              and needless bids; fractions */
    uint64_t restored, lost; /* replicas whose persistent data were brought back from a copy under a new lease, or were lost with the old one */
    bool has_gain;
    money gain;              /* of what lies in escrow in a token, by its price; below 0: lost */
};
void measure_market(struct measure *measure, const struct measure_market *market);
/* What owners of devices got, at the horizon: by clouds of owners whose devices have states, once by each part of a hybrid: sums, and
 * shares averaged. Elsewhere these are undefined. */
struct measure_owners {
    double ready;              /* time-weighted share of devices that could be hired, or were */
    uint64_t proofs_failed, blocked, left; /* proofs of work failed; devices blocked; devices whose owners have left */
    bool rewarded, staked;     /* whether there are block rewards and stakes; else what follows is undefined */
    double reward_usd, slashed_usd, co_staked_share; /* co_staked_share: of what was slashed */
    uint64_t lapsed;           /* bookings that ran out though they were needed */
    money pay, owed, withheld, fees, credits; /* owners' pay with what is owed, withheld for unavailability; the cloud's fees; prepaid and
                                                 returned to tenants as credit */
    uint64_t interruptions;    /* of devices that were nominated, and are again */
    int64_t blocks_missed;     /* in them */
};
void measure_owners(struct measure *measure, const struct measure_owners *owners);
/* A lease was billed for [from, to]: units of the workload's size. */
void measure_billed(struct measure *measure, uint32_t workload, uint32_t units, instant from, instant to);
/* Share of leased GPU-equivalents by provider: capacity x time of one provider; called once per provider at the end. */
void measure_provider(struct measure *measure, double capacity_time);

/* A job began to run for the first time; how long it had waited since its request. */
void measure_job_begun(struct measure *measure, instant requested, instant now);
/* Where the time of one job went inside the window, since its first start. Once per job that has ever begun, at the end. */
void measure_job(struct measure *measure, uint32_t workload, const struct job_account *inside, bool completed);
/* Things that happen to jobs and machines, counted inside the window. */
enum measure_event {
    MEASURE_GANG_RESTART, /* a job began again */
    MEASURE_JOB_FAILED,   /* a job has used up its restarts */
    MEASURE_PREEMPTION,   /* a job was stopped for one of higher priority */
    MEASURE_EVICTION,     /* a spot machine was taken back */
    MEASURE_DRAINED,      /* a node was emptied for maintenance */
    MEASURE_FAILOVER,     /* a machine went to its region's pair */
    MEASURE_LIVELOCK,     /* partial gangs were found to wait for each other for ever */
    MEASURE_EVENTS
};
void measure_count(struct measure *measure, enum measure_event event, instant now);
/* A replica was brought up from a copy that was so far behind. */
void measure_lost_writes(struct measure *measure, duration lag, instant now);
/* Totals for the record: faults of components, requests that the cloud's own queues or quotas refused. */
void measure_totals(struct measure *measure, uint64_t faults, uint64_t refusals);

/* Whether a service that is wanted has ever had its quorum. */
bool measure_had_quorum(const struct measure *measure, uint32_t workload);
/* Time inside [0, now] during which a service that had been up at least once had no unit up: what an SLA calls downtime. */
duration measure_none_up(const struct measure *measure, uint32_t workload, instant now);
/* Time inside [0, now] during which a service was wanted. */
duration measure_wanted(const struct measure *measure, uint32_t workload, instant now);
/* What a workload has paid so far inside the window, before credits. */
money measure_paid(const struct measure *measure, uint32_t workload);

/* Reports all metrics, series and outages at the horizon. */
void measure_close(struct measure *measure);

#endif
