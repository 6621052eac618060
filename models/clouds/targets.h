/* Whether the faults of a scenario mean something: checked when all clouds' graphs are known, before anything runs.
 *
 * What cannot be meant is a mistake: a target that no cloud has, a cloud that does not exist, a share of failures of what never fails. What can be,
 * and hardly is, is warned of: a cloud that is named and not hit, a lone component that a curve leaves half impaired, an incident
 * outside the run. */
#ifndef NINES_MODELS_CLOUDS_TARGETS_H
#define NINES_MODELS_CLOUDS_TARGETS_H

#include "models/faults/faults.h"
#include "sim/scenario/scenario.h"

struct cloud_plan;

struct targets {
    const struct cloud_plan *cloud; /* with graph and faults */
    size_t clouds;
    const struct fault_list *faults;
    const struct fault_source *source;
    duration warmup;
};

/* Sources that name clouds, against the list of clouds. */
void targets_check_names(struct scenario *scenario, const struct fault_source *source, const struct value *clouds);
/* All the rest. Mistakes go to scenario_error, the others to scenario_warning. */
void targets_check(struct scenario *scenario, const struct targets *targets);

#endif
