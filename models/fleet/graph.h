/* The dependency graph: what is up, given what has failed.
 *
 * A component is up when it is itself healthy and its gate over what it needs holds. Two planes are kept apart, because real
 * outages differ by them: a component *serves* when it is healthy and its data-plane gate holds (loss stops running work at
 * once); it *manages* when it serves and its control-plane gate holds over the managing of what it needs (loss lets running work go
 * on, but nothing new can be placed, repaired, bid or paid). An edge may carry a grace: a loss counts only when it has lasted
 * that long (token expiry), a return counts at once; a loss of exactly the grace does not count.
 *
 * Health is a count of the causes that hold a component down, so overlapping faults merge and a repair of one does not undo another.
 *
 * Grey failure. A cause may also leave a component a fraction of its service. Such a component goes on serving, and nothing that only
 * asks whether it serves sees a difference: that is what makes the failure grey (Huang et al. 2017, HotOS, "Gray failure: the Achilles'
 * heel of cloud-scale systems", section 3: those who use it notice, the detector does not). Fractions pass along the needs of each
 * plane by the rule for coherent systems of many states (Barlow & Wu 1978, "Coherent systems with multi-state components"): a gate of
 * all gives the least of its needs' fractions, any the greatest, at least k the k-th greatest, and several causes of one component
 * the least. So a component gives at least t exactly when it would serve if all whose own fraction is below t were down: the rule for
 * up and down, at every height. A product would count twice what reaches a component along two paths; the least is right for a
 * bottleneck, and optimistic where losses in a row are independent. A need with a grace passes no fraction: what has a token that
 * lasts does not ask again, and a degraded service renews it in time.
 *
 * A change is propagated in order of level (longest path to a root), so every component is looked at once per change and no
 * observer ever sees a state that the same change will revise (two faults of one instant are two changes). Cost: the components that change and their edges, never the
 * size of the fleet. Cycles are refused when the graph is built.
 *
 * The graph is built once per cloud and shared by threads; struct graph_state is one replication's. */
#ifndef NINES_MODELS_FLEET_GRAPH_H
#define NINES_MODELS_FLEET_GRAPH_H

#include "sim/base/arena.h"
#include "sim/engine/engine.h"
#include "sim/chance/law.h"
#include "sim/base/units.h"

#include <stdbool.h>
#include <stdint.h>

enum component_class {
    COMPONENT_SITE,
    COMPONENT_ZONE,
    COMPONENT_RACK,
    COMPONENT_NODE,
    COMPONENT_STORAGE,
    COMPONENT_CONTROL,        /* what a cloud cannot be managed without: a global control plane, a chain, an orchestrator */
    COMPONENT_REGION_CONTROL, /* a region's control plane */
    COMPONENT_PROVIDER,       /* a provider's own control: Kubernetes API and provider daemon */
    COMPONENT_RELAY,          /* a way in for users: relay, edge, DNS */
    COMPONENT_SHARED,         /* what a scenario adds: an upstream, an agent, a release that several depend on */
    COMPONENT_CLASSES
};
extern const char *const component_class_names[COMPONENT_CLASSES]; /* "site", "zone", ... */
/* The same joined by |, for a choice key. */
#define COMPONENT_CHOICES "site|zone|rack|node|storage|control|region-control|provider|relay|shared"

#define COMPONENT_NONE UINT32_MAX

struct component {
    const char *path;              /* unique: "us-central/z2/r07/n14", "akash/chain" */
    enum component_class class;
    const struct law *up, *repair; /* its own renewal process; NULL: never fails by itself */
    const char *luck;              /* what its chances hang on, where that is not the path; NULL: the path */
};
/* The name by which all chances of a component are drawn. Hardware's is its path. What a cloud adds has one without the cloud's
 * name in it, so that two clouds alike but for their names have the same luck. */
static inline const char *component_luck(const struct component *component)
{
    return component->luck != NULL ? component->luck : component->path;
}

enum plane { PLANE_DATA, PLANE_CONTROL, PLANES };
enum gate_kind { GATE_ALL, GATE_ANY, GATE_AT_LEAST };

struct graph; /* immutable once built */

/* --- Building --- */
struct graph_builder;
/* The builder keeps everything in arena. */
struct graph_builder *graph_builder_open(struct arena *arena);
/* A builder that begins with all components and edges of `base`, with the same indices. */
struct graph_builder *graph_builder_extend(struct arena *arena, const struct graph_builder *base);
uint32_t graph_add(struct graph_builder *builder, struct component component);
/* `dependent` needs `dependency` on a plane, with a grace (0: at once). */
void graph_need(struct graph_builder *builder, uint32_t dependent, uint32_t dependency, enum plane plane, duration grace);
/* How many of the needs on a plane must hold; `least` counts for GATE_AT_LEAST only, and is at most their number when the graph is
 * built. Default GATE_ALL. A component without needs on a plane holds. */
void graph_gate(struct graph_builder *builder, uint32_t component, enum plane plane, enum gate_kind kind, uint32_t least);
/* What has been added so far. */
uint32_t graph_builder_count(const struct graph_builder *builder);
const struct component *graph_builder_component(const struct graph_builder *builder, uint32_t index);
/* Gives component `index` a name of its own for its chances; the text must outlive the graph. */
void graph_builder_luck(struct graph_builder *builder, uint32_t index, const char *luck);
/* The graph, or NULL when there is a cycle: then *cycle is its text, "a -> b -> a", in the builder's arena. */
const struct graph *graph_build(struct graph_builder *builder, const char **cycle);

uint32_t graph_count(const struct graph *graph);
uint32_t graph_grace_count(const struct graph *graph); /* needs with a grace: the most that can be waiting at once */
const struct component *graph_component(const struct graph *graph, uint32_t index);
/* Faults per second, while it is up, of a component and of all that it needs on the data plane (a need that others could meet counts
 * as if none could), by their own laws. What is visited gets stamps[index] = stamp and is not counted again: the rate of several
 * components together is the sum of calls with one stamp. stamps[graph_count], the caller's. */
double graph_fault_rate(const struct graph *graph, uint32_t component, uint32_t *stamps, uint32_t stamp);
/* Index of a path, or COMPONENT_NONE. O(count). */
uint32_t graph_find(const struct graph *graph, const char *path);

/* --- Living --- */
enum { COMPONENT_SERVES = 1, COMPONENT_MANAGES = 2 };

/* A whole service, in the unit of fractions. */
enum { GRAPH_WHOLE = 1000000 };

struct graph_state;
/* Called once for each component whose bits changed, when they are final. Must not change the health of any component. */
typedef void graph_observer(void *context, uint32_t component, uint8_t before, uint8_t after);

/* Called once for each component whose fraction on the data plane changed while it goes on serving, or that serves again with less than
 * the whole, after the observer. Must not change the health of any component. */
typedef void graph_fraction_observer(void *context, uint32_t component);

/* All components healthy. Registers one action with the engine. */
struct graph_state *graph_open(struct arena *arena, const struct graph *graph, struct engine *engine,
                               graph_observer *observer, void *context);
/* From now on tells of every component that stops or begins to be healthy, whatever that changes: its own state, not what it needs. At
 * most one observer, called with the context of graph_open(); it must not change the health of any component. */
typedef void graph_health_observer(void *context, uint32_t component, bool healthy);
void graph_watch_health(struct graph_state *state, graph_health_observer *observer);
/* Adds or removes one cause that holds the component down. */
void graph_fail(struct graph_state *state, uint32_t component);
void graph_mend(struct graph_state *state, uint32_t component);
/* From now on the observer's context is told of fractions too. */
void graph_watch_fractions(struct graph_state *state, graph_fraction_observer *observer);
/* Adds or removes one cause that leaves the component `fraction` of its service, 0 < fraction < GRAPH_WHOLE; what is removed must have
 * been added. Like graph_fail(), they change what depends on it at once. */
void graph_degrade(struct graph_state *state, uint32_t component, uint32_t fraction);
void graph_restore(struct graph_state *state, uint32_t component, uint32_t fraction);

uint8_t graph_bits(const struct graph_state *state, uint32_t component);
bool graph_serves(const struct graph_state *state, uint32_t component);
bool graph_manages(const struct graph_state *state, uint32_t component);
bool graph_healthy(const struct graph_state *state, uint32_t component);
/* The component whose own fault explains why `component` does not serve: itself if unhealthy, else the first unhealthy one found
 * along unmet data-plane needs. COMPONENT_NONE when it serves. */
uint32_t graph_culprit(const struct graph_state *state, uint32_t component);
/* Share of its service, of GRAPH_WHOLE, that a component gives on the data plane, or of what it manages; 0 when it does not. */
uint32_t graph_fraction(const struct graph_state *state, uint32_t component, enum plane plane);
/* The component whose own degradation explains why `component` serves with less than the whole; COMPONENT_NONE when it gives the whole
 * or nothing. */
uint32_t graph_grey_culprit(const struct graph_state *state, uint32_t component);
/* Aborts unless every component's bits and fractions equal those recomputed from scratch (no grace pending). For tests and audits. */
void graph_audit(const struct graph_state *state);

#endif
