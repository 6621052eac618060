#include "models/clouds/world/pace.h"

#include "sim/base/nomalloc.h"

const struct law *pace_or_never(const struct value *group, const char *key)
{
    const struct law *law = value_law(group, key);
    return law_mean(law) > 0 ? law : NULL;
}

const struct law *pace_read(struct scenario *scenario, const struct value *group, const char *key)
{
    double mean = law_mean(value_law(group, key));
    if (!(mean < 1e15))
        scenario_error(scenario, value_of(group, key), "how often it comes is one over its mean", "'%s' has no finite mean", key);
    else if (mean > 0 && mean < 60)
        scenario_error(scenario, value_of(group, key), "times want a unit, such as \"30 d\"", "'%s' comes more than once a minute", key);
    return pace_or_never(group, key);
}
