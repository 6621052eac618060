/* What a scenario adds to the dependency graph: shared components, and who needs what.
 *
 * The newspaper holds that a decentralized cloud has no single point of failure. A scenario says what its clouds share: an upstream
 * network, a DNS service, an agent, a Kubernetes release. A shared component exists under every cloud with the same path, so its
 * faults are the same bad luck for all of them. */
#ifndef NINES_MODELS_CLOUDS_WORLD_NEEDS_H
#define NINES_MODELS_CLOUDS_WORLD_NEEDS_H

#include "models/fleet/graph.h"
#include "sim/scenario/scenario.h"

extern const struct key component_keys[]; /* elements of `components` */
extern const struct key need_keys[];      /* elements of `needs` */

/* A component with the laws of two keys of a group: NULL laws when the time to failure is the constant 0, which means that it never
 * fails by itself. A law without its partner and a law without a finite mean are mistakes. */
struct component needs_component(struct scenario *scenario, const struct value *group, const char *path,
                                 enum component_class class, const char *up_key, const char *repair_key);

/* Adds the components to one cloud's graph, and the needs that fit it; matched[i] grows by the times need i was applied. */
void needs_apply(struct scenario *scenario, const struct value *components, const struct value *needs, uint32_t *matched,
                 struct graph_builder *graph);
/* Reports needs that fitted no cloud at all. */
void needs_check(struct scenario *scenario, const struct value *needs, const uint32_t *matched);

#endif
