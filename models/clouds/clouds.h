/* The model `clouds`: any number of clouds over one fleet, one demand and one stream of bad luck. */
#ifndef NINES_MODELS_CLOUDS_CLOUDS_H
#define NINES_MODELS_CLOUDS_CLOUDS_H

#include "sim/study/model.h"

struct cloud_plan;

extern const struct sim_model clouds_model;

/* One cloud of a plan that clouds_model.prepare returned without mistakes, by its place in the scenario: for tests that look inside
 * (models/clouds/world/cloud.h). */
const struct cloud_plan *clouds_cloud(const void *plan, uint32_t arm);

#endif
