/* The model `clouds`: any number of clouds over one fleet, one demand and one stream of bad luck. */
#ifndef NINES_MODELS_CLOUDS_CLOUDS_H
#define NINES_MODELS_CLOUDS_CLOUDS_H

#include "sim/model.h"

extern const struct sim_model clouds_model;

#endif
