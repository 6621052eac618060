#include "models/clouds/world/sla.h"

#include "sim/base/nomalloc.h"

double sla_threshold(const struct demand_class *class)
{
    if (class->units > 1 && class->spread != SPREAD_NONE)
        return 0.9999;
    return class->units > 1 ? 0.9995 : 0.999;
}

double sla_credit(double threshold, double uptime)
{
    if (uptime >= threshold)
        return 0;
    if (uptime < 0.95)
        return 1;
    return uptime < 0.99 ? 0.25 : 0.10;
}
