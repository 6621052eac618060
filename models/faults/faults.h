/* What goes wrong, and when.
 *
 * Three sources, all exogenous: keyed by (seed, replication, purpose, path), never by position or by cloud, so every cloud of a
 * replication meets the same bad luck (design.md 4.3), and a component that is added disturbs no other.
 *
 * 1. Processes: every component that has laws is an alternating renewal process of its own, started in equilibrium (design.md
 *    4.4): up with probability mean(up) / (mean(up) + mean(repair)), the first period drawn from the residual law. `fresh` starts
 *    all up with a full period.
 * 2. Incidents: scripted. An incident has a start and effects; an effect chooses components by class, path and software, a share
 *    of them, and says by a curve of (time, fraction impaired) how many are down when. Components fall in the order of one
 *    draw and return in the order of another, so the fraction down follows the curve in expectation while who returns first has
 *    nothing to do with who fell first. What the curve dictates is imposed; what services feel is emergent.
 * 3. Hazards: events drawn from a yearly rate, each hitting a share of the matching components for a drawn time. `common` hits all of
 *    them at once (a push, a halt); `each` gives every component a process of its own.
 *
 * All act on the dependency graph by adding and removing causes; overlaps merge there. */
#ifndef NINES_MODELS_FAULTS_FAULTS_H
#define NINES_MODELS_FAULTS_FAULTS_H

#include "models/fleet/fleet.h"
#include "models/fleet/graph.h"
#include "sim/scenario/scenario.h"

#include <stdbool.h>
#include <stdint.h>

extern const struct key incident_keys[]; /* elements of `incidents` */
extern const struct key hazard_keys[];   /* elements of `faults` */

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
};

struct effect {
    struct target target;
    const struct phase *phase;
    uint32_t phases, peak; /* peak: index of the first highest phase */
};

struct incident {
    const char *name;
    instant start;
    duration length;          /* from start to the last phase of any effect */
    const struct effect *effect;
    uint32_t effects;
    const char *const *clouds; /* names of the clouds it can hit; none: all */
    uint32_t cloud_count;
};

struct hazard {
    const char *name;
    struct target target;
    bool common;
    double per_second;
    const struct law *length;
    const char *const *clouds;
    uint32_t cloud_count;
};

/* Faults of one study point, independent of the cloud. */
struct fault_list {
    const struct incident *incident;
    const struct hazard *hazard;
    uint32_t incidents, hazards;
    bool fresh;
};

/* Reads `incidents` and `faults`, keeping of the incidents those named in active (a TEXTS value; NULL or not given: all). Instants
 * count from start_unix_s. Checks curves, software and names. A target that matches nothing in a cloud hits nothing there: the
 * plan's effect_matches and hazard_matches tell. */
struct fault_list *faults_read(struct scenario *scenario, const struct value *incidents, const struct value *hazards,
                               const struct value *active, const struct fleet *fleet, int64_t start_unix_s, bool fresh);

/* The faults of one cloud: components matched against its graph. */
struct fault_plan {
    const struct fault_list *list;
    const struct graph *graph;
    const struct fleet *fleet;
    const uint32_t **effect_match;   /* per effect of all incidents, in order: matching components */
    uint32_t *effect_matches;
    const uint32_t **hazard_match;
    uint32_t *hazard_matches;
    uint32_t *process;               /* components with laws */
    uint32_t processes;
};

struct fault_plan *faults_bind(struct arena *arena, const struct fault_list *list, const struct graph *graph,
                               const struct fleet *fleet, const char *cloud);
/* Upper estimate of the fault events that can be pending at once. */
uint32_t faults_pending_estimate(const struct fault_plan *plan);

/* --- Living --- */
enum { FAULT_OWN = 0 }; /* cause number of a process; 1 + i: incident i; 1 + incidents + h: hazard h */

struct faults;
struct faults *faults_open(struct arena *arena, const struct fault_plan *plan, struct graph_state *graph,
                           struct engine *engine, uint64_t seed, uint32_t replication);
/* What last brought the component down: FAULT_OWN or a cause number. */
uint32_t faults_cause(const struct faults *faults, uint32_t component);
/* Whether that was a fault of the software it runs, not of the hardware. */
bool faults_by_software(const struct faults *faults, uint32_t component);
/* Name of a cause number's incident or hazard, or NULL for FAULT_OWN. */
const char *faults_cause_name(const struct faults *faults, uint32_t cause);
/* The incident's index, or COMPONENT_NONE when the cause is no incident. */
uint32_t faults_cause_incident(const struct faults *faults, uint32_t cause);
uint64_t faults_started(const struct faults *faults); /* outages of components begun since the start of the run */

/* True when text matches pattern (* and ?). */
bool path_matches(const char *pattern, const char *text);

#endif
