/* How well the inputs of a scenario are known.
 *
 * Where a group of a scenario has the keys `source` and `evidence`, its figures carry a mark: R read in the source, K recalled, U
 * unsourced. The marks go into the results file, so that tables and charts can say on how much weak ground they stand. */
#ifndef NINES_SIM_EVIDENCE_H
#define NINES_SIM_EVIDENCE_H

#include "sim/scenario/scenario.h"

#include <stdbool.h>

struct evidence {
    const char *path;   /* "clouds.akash.gpu_prices[0]" */
    const char *mark;   /* "R", "K" or "U" */
    const char *source; /* may be "" */
};

/* Calls each(context, ...) for every group that carries a mark, in the order of the keys and lists; stops and returns false when a call
 * does. Targets are left out, because theirs is about what was published, not about what was put in; so is `uncertain`, whose
 * inputs have their marks where they are written; so are the laws of the list `laws` that no key names. Texts live in scratch or in the scenario. */
bool evidence_walk(const struct scenario *scenario, struct arena *scratch, bool (*each)(void *context, const struct evidence *evidence),
                   void *context);

#endif
