/* What goes wrong, and when.
 *
 * Five sources, all exogenous: keyed by (seed, replication, purpose, path), never by position or by cloud, so every cloud of a
 * replication meets the same bad luck (design.md 4.3), and a component that is added disturbs no other.
 *
 * 1. Processes: every component that has laws is an alternating renewal process of its own, started in equilibrium (design.md
 *    4.4): up with probability mean(up) / (mean(up) + mean(repair)), the first period drawn from the residual law. `fresh` starts
 *    all up with a full period.
 * 2. Incidents: scripted. An incident has a start and effects; an effect chooses components by class, path and software, a share
 *    of them, and says by a curve of (time, fraction impaired) how many are down when. Components fall in the order of one
 *    draw and return in the order of another, so the fraction down follows the curve in expectation while who returns first has
 *    nothing to do with who fell first. What the curve dictates is imposed; what services feel is emergent. Or the curve is that of
 *    the service that each loses (`curve = "service"`): what operators publish of an API is the share of requests that failed.
 * 3. Hazards: events drawn from a yearly rate, each hitting a share of the matching components for a drawn time. `common` hits all of
 *    them at once (a push, a halt), `site` and `zone` all of one site or zone at once; `each` gives every component a process of its own.
 *    A common hazard is a shock of Marshall & Olkin 1967 ("A multivariate exponential distribution") on the subset that its pattern
 *    names, several hazards are several subsets; with a share below 1 it is the binomial shock of Vesely 1977. Instead of a rate it may
 *    say which share beta of each component's failures is common (Fleming 1975): the components' own laws are the rest.
 * 4. Traces: outages as somebody recorded them, repeated if wished; and hours: hosts that are up by the clock, such as 08:00 to 18:00 on
 *    working days, which are traces that repeat each day or week.
 * 5. Rollouts: a release spreads over a population in stages; if it is bad, components break as they get it, until somebody notices
 *    and stops it. When it is stopped, and how many were broken by then, is not typed in.
 *
 * A sixth is not exogenous: caches. A component that returns may be cold. Until its content is fetched again it serves less, what it
 * misses loads what stands behind it, and where that is more than can be answered, most of the work is in vain and the caches stay cold,
 * though all are up and the load is what it always was: the metastable failure of Bronson et al. 2021 (HotOS, section 2.2, "look-aside
 * cache"). Content c of a cache changes by dc/dt = a (1 - c) / fill - c / lifetime, with a the share of misses that is answered; of
 * requests it answers hits * c by itself. Beyond its capacity what stands behind answers capacity - waste * excess, or floor *
 * capacity where that is more. All that is drawn is exogenous still; this has no chances.
 *
 * Who is back when may follow a curve (incidents), a law (hazards), or, in its place or after it, a recovery: crews that work through those
 * that are down, and a restart herd that has to register again with something that can take only so many.
 *
 * All act on the dependency graph by adding and removing causes; overlaps merge there.
 *
 * Grey failure: what is hit loses `severity` of its service, all of it by default. What loses less goes on serving with what is left
 * (models/fleet/graph.h), and the cloud's machinery, which asks only whether it serves, sees nothing: Huang et al. 2017 (HotOS, "Gray
 * failure: the Achilles' heel of cloud-scale systems") call that differential observability. With probability `noticed` a health check
 * does find it out, `noticed_after` its beginning, and takes the component out of service until the fault is over: then it is down, for
 * its tenants too, and the cloud does about it what it does about anything that is down. */
#ifndef NINES_MODELS_FAULTS_FAULTS_H
#define NINES_MODELS_FAULTS_FAULTS_H

#include "models/fleet/fleet.h"
#include "models/fleet/graph.h"
#include "sim/scenario/scenario.h"

#include <stdbool.h>
#include <stdint.h>

extern const struct key incident_keys[]; /* elements of `incidents` */
extern const struct key hazard_keys[];   /* elements of `faults` */
extern const struct key trace_keys[];    /* elements of `traces` */
extern const struct key hours_keys[];    /* elements of `hours` */
extern const struct key rollout_keys[];  /* elements of `rollouts` */
extern const struct key cache_keys[];    /* elements of `caches` */

/* A point of an effect's curve; linear between points, 0 before the first, constant after the last. */
struct phase {
    duration after; /* since the incident's start */
    double impaired; /* 0..1 */
};

/* Which components something hits. */
struct target {
    enum component_class class;
    const char *where;    /* pattern on paths: * any run of characters, ? one */
    uint32_t software;    /* index into fleet.software: only nodes that run it; COMPONENT_NONE: all */
    double share;         /* of those, drawn by path: once per replication for an effect, at every event for a hazard */
    uint32_t left;        /* what is left of the service of what it hits, of GRAPH_WHOLE; 0: it is down */
    double noticed;       /* probability that a degraded component is found out and taken out of service */
    const struct law *noticed_after;
};

/* Repair by a limited number of hands, then a return through a limited door.
 *
 * Crews take those that are down in the order of falling (ties by draw), not before `begin`; a repair takes `time`, or `hard_time` for the
 * share that is hard to reach. What is repaired must register again: the door serves `capacity` a second, but each one that waits
 * inside tries again every `retry` and every try costs one unit of capacity, successful or not. So the useful rate is
 * capacity - waiting / retry: when too many wait it falls towards `floor` (congestion collapse; the metastable failures of Bronson
 * et al. 2021, HotOS, "Metastable failures in distributed systems", section 2). `admitted` lets only so many inside at once; the rest
 * wait without trying, and the collapse does not happen.
 *
 * That is the door of steady clients: a load, no single tries. With `clients` of another kind every try is one. The door serves them one by
 * one in the order of coming, 1 / capacity each; who is not served within `timeout` has turned to something else, but his try is in the
 * line and is served in vain. So the load is first tries plus retries, and a herd whose retries alone fill the line keeps it full
 * for ever, though the door could take those who come first (Bronson et al. 2021, section 2.1). He tries again after a wait: always
 * `retry` (fixed), or twice as long after each failure, `longest` at most (exponential); with full jitter a uniform part of that, with
 * equal jitter half of it and a uniform part of the other half (Brooker 2015, "Exponential backoff and jitter", AWS Architecture Blog).
 * After `tries` failures he rests, and begins anew. When `admitted` are in the line, whoever comes is turned away at once, at no cost:
 * shedding load. */
enum recovery_clients { CLIENTS_STEADY, CLIENTS_FIXED, CLIENTS_EXPONENTIAL };
enum recovery_jitter { JITTER_NONE, JITTER_FULL, JITTER_EQUAL };

struct recovery {
    duration begin;         /* since the incident's start, or since a rollout was stopped */
    uint32_t crews;         /* 0: everybody is repaired at once */
    const struct law *time, *hard_time;
    double hard_share;
    double capacity;        /* registrations a second; 0: no door */
    duration retry;
    double floor;           /* least useful share of capacity */
    uint32_t admitted;      /* inside at once; 0: all */
    enum recovery_clients clients;
    enum recovery_jitter jitter;
    duration timeout, longest, rest;
    uint32_t tries;         /* until he rests; 0: never */
    int64_t tries_limit;    /* of all together, of the engine */
};

enum fall_order { FALL_RANDOM, FALL_BY_ZONE, FALL_BY_SITE, FALL_BY_RACK };

/* Who falls first: who matches the first pattern of the sequence, and so on, last who matches none; among those by `order`: drawn, or one
 * zone, site or rack after the other in the order of the fleet. */
struct fall_rule {
    enum fall_order order;
    const char *const *sequence;
    uint32_t sequences;
};

/* A part of a curve of service: what is left of it from one time since the incident's start to another (US_NEVER: for good). */
struct grade {
    duration from, to;
    uint32_t left; /* below GRAPH_WHOLE */
};
enum { GRADES_A_PHASE = 20 }; /* a line between two phases is climbed in steps of at most 5 % of the service, right in the mean */

struct effect {
    struct target target;
    const struct phase *phase;
    uint32_t phases, peak; /* peak: index of the first highest phase */
    struct fall_rule fall;
    const struct recovery *recovery; /* NULL: they return along the curve */
    const struct grade *grade; /* the curve is one of service: all targets live through these; NULL: it says how many are hit */
    uint32_t grades;
};

struct incident {
    const char *name;
    instant start;
    duration length;          /* from start to the last phase of any effect, or the begin of its recovery */
    const struct effect *effect;
    uint32_t effects;
    const char *const *clouds; /* names of the clouds it can hit; none: all */
    uint32_t cloud_count;
};

/* Who is hit together. */
enum hazard_scope { HAZARD_COMMON, HAZARD_EACH, HAZARD_SITE, HAZARD_ZONE };

struct hazard {
    const char *name;
    struct target target;
    enum hazard_scope scope;
    double per_second;
    double beta;              /* share of each target's failures that is common, in place of per_second; 0: it has a rate */
    const struct law *length;
    const struct recovery *recovery; /* how those that it hit come back when the length is over; NULL: all at once */
    const char *const *clouds;
    uint32_t cloud_count;
};

/* One recorded outage, since the trace's zero. */
struct trace_event {
    duration start, end;
    double severity; /* share of the targets that is hit, or of their service that is lost */
};

struct trace {
    const char *name;
    struct target target;
    duration offset;         /* where in the run the trace's zero lies; may be negative */
    duration repeat;         /* it begins again after this; 0: never */
    duration scatter;        /* each component's copy is late by its own draw below this */
    duration jitter;         /* each begin and end is off by a draw below this, either way */
    bool of_service;         /* severity is what each of the targets loses, in place of how many are hit */
    bool by_hours;           /* hosts that follow the clock: the share is drawn once per replication, not at every event */
    const struct trace_event *event; /* ascending by start */
    uint32_t events, overlap; /* overlap: most events at once */
    const char *const *clouds;
    uint32_t cloud_count;
};

struct rollout_stage {
    double share;  /* of the population, reached by the end of this stage */
    duration bake; /* wait after this stage */
};

/* A release. It reaches each stage's components evenly over `spread`, then waits; with probability `bypass` it goes to all in one
 * stage. A component that gets it breaks with probability `impact`, if it is online. When `stop_at` have broken, it takes `notice`
 * to stop the release; those that had not got it by then never do. */
struct rollout {
    const char *name;
    struct target target;
    instant start;           /* INSTANT_NEVER: drawn with `per_second` */
    double per_second;
    const struct rollout_stage *stage;
    uint32_t stages;
    struct fall_rule fall;        /* who gets it first */
    duration spread;
    double bypass, impact, online;
    uint32_t stop_at;
    const struct law *notice;
    const struct recovery *recovery;
    const char *const *clouds;
    uint32_t cloud_count;
};

/* Components that must fill after a loss before they serve as before. Each takes an equal part of the requests to all. */
struct cache {
    const char *name;
    struct target target; /* class and where alone */
    const char *behind;   /* path; "": not modelled */
    duration fill;
    double expiry;        /* fill / lifetime; 0: content never expires */
    double hits, miss, keeps, capacity, waste, floor;
    const char *const *clouds;
    uint32_t cloud_count;
};

enum { CACHES_MAX = 64 }; /* elements of `caches` */

/* Faults of one study point, independent of the cloud. */
struct fault_list {
    const struct incident *incident;
    const struct hazard *hazard;
    const struct trace *trace;
    const struct rollout *rollout;
    const struct cache *cache;
    uint32_t incidents, hazards, traces, rollouts, caches;
    bool fresh;
    instant end; /* of the run: what comes later need not be known; 0: INSTANT_NEVER */
};

/* Where the faults of a scenario are written. */
struct fault_source {
    const struct value *incidents, *hazards, *traces, *rollouts, *caches, *hours; /* caches, hours: NULL: none */
    const struct value *active; /* TEXTS: incidents and scripted rollouts that happen; NULL or not given: all */
    const struct fleet *fleet;
    int64_t start_unix_s;       /* instants count from here */
    instant end;                /* of the run; 0: not known */
    bool fresh;
};

/* Reads and checks. A target that matches nothing in a cloud hits nothing there: the plan's matches tell. */
struct fault_list *faults_read(struct scenario *scenario, const struct fault_source *source);

/* Components of one cloud's graph, in its order. */
struct fault_match {
    const uint32_t *component;
    uint32_t count;
    const struct fall_place *place; /* by match: who falls together with it; NULL: all at random */
};
/* Of those that fall one after the other, a group falls as number first to first + size - 1, at random. */
struct fall_place {
    uint32_t first, size;
};

/* The faults of one cloud: components matched against its graph. */
struct fault_plan {
    const struct fault_list *list;
    const struct graph *graph;
    const struct fleet *fleet;
    const struct fault_match *match; /* all of the following, one after the other */
    const struct fault_match *effect, *hazard, *trace, *rollout, *cache; /* effect: per effect of all incidents, in order */
    const double *hazard_per_second; /* by hazard: its rate, or what beta makes of its targets' own */
    uint32_t matches;
    const uint32_t *cache_behind;    /* by cache: the component, or COMPONENT_NONE */
    uint32_t *process;           /* components with laws */
    uint32_t processes;
};

enum { FAULT_NAMES_MAX = 3 };
/* Names by which sources of faults mean a cloud: first its own, by which they mean all of it, then those of its parts, by which they mean
 * what is the part's and what is nobody's. */
struct fault_names {
    const char *const *name; /* [count] */
    uint32_t count;
    const uint8_t *owner;    /* by component: index of the part's name; 0: nobody's; NULL: there are no parts */
};

struct fault_plan *faults_bind(struct arena *arena, const struct fault_list *list, const struct graph *graph,
                               const struct fleet *fleet, const struct fault_names *names);
/* Upper estimate of the fault events that can be pending at once. */
uint32_t faults_pending_estimate(const struct fault_plan *plan);

/* --- Living --- */
/* Cause number of a process; then come the incidents, the hazards, the traces, the rollouts and the caches, in order. */
enum { FAULT_OWN = 0 };

struct faults;
struct faults *faults_open(struct arena *arena, const struct fault_plan *plan, struct graph_state *graph,
                           struct engine *engine, uint64_t seed, uint32_t replication);
/* To be told of every component whose bits changed, from the graph's observer. O(1). */
void faults_changed(struct faults *faults, uint32_t component, uint8_t before, uint8_t after);
/* What last brought the component down, or degraded it: FAULT_OWN or a cause number. */
uint32_t faults_cause(const struct faults *faults, uint32_t component);
/* Whether that was a fault of the software it runs, not of the hardware. */
bool faults_by_software(const struct faults *faults, uint32_t component);
/* Name of what a cause number stands for, or NULL for FAULT_OWN. */
const char *faults_cause_name(const struct faults *faults, uint32_t cause);
/* "incident", "hazard", "trace", "hours", "rollout" or "cache", or NULL for FAULT_OWN. */
const char *faults_cause_kind(const struct faults *faults, uint32_t cause);
/* The incident's index, or COMPONENT_NONE when the cause is no incident. */
uint32_t faults_cause_incident(const struct faults *faults, uint32_t cause);
uint64_t faults_started(const struct faults *faults); /* outages of components begun since the start of the run */

/* For splitting (sim/study/splitting.h): ends of periods under way are drawn anew, each from its law given that it lasts longer than
 * it has. Nobody has seen them, so what follows has the law that it had. O(processes), at S(age) of a law one draw in 1 / S. */
void faults_redraw(struct faults *faults);

/* True when text matches pattern (* and ?). */
bool path_matches(const char *pattern, const char *text);

#endif
