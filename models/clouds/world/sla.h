/* Credits of a service level agreement, by complete UTC month.
 *
 * Uptime is 1 - downtime / month, downtime the time without any instance. The bands are Azure's for virtual machines (2018 to
 * 2024): below the threshold of the deployment 10 % of the month's bill, below 99 % 25 %, below 95 % 100 %. */
#ifndef NINES_MODELS_CLOUDS_WORLD_SLA_H
#define NINES_MODELS_CLOUDS_WORLD_SLA_H

#include "models/demand/demand.h"
#include "sim/base/units.h"

/* Uptime promised to a service: 99.99 % over zones or sites, 99.95 % with several replicas, 99.9 % with one. */
double sla_threshold(const struct demand_class *class);
/* Part of the month's bill that comes back: 0, 0.1, 0.25 or 1. */
double sla_credit(double threshold, double uptime);

#endif
