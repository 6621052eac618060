/* Laws of what comes again and again, a pause, a shock, maintenance: how fast is too fast, and what never comes. */
#ifndef NINES_MODELS_CLOUDS_WORLD_PACE_H
#define NINES_MODELS_CLOUDS_WORLD_PACE_H

#include "sim/scenario/scenario.h"

/* The law of a key whose mean 0 means "never": NULL then. */
const struct law *pace_or_never(const struct value *group, const char *key);
/* The same for times between: a mean below a minute is a wrong unit, and with an infinite one there is no saying how often it comes (nor
 * an equilibrium to start in). Both go to scenario_error. */
const struct law *pace_read(struct scenario *scenario, const struct value *group, const char *key);

#endif
