/* The plan of model "structure" (structure.c says what it is): parts, shocks, and how a run starts. */
#ifndef NINES_MODELS_ORACLE_STRUCTURE_H
#define NINES_MODELS_ORACLE_STRUCTURE_H

#include "models/oracle/trial.h"

enum standby { HOT, WARM, COLD };
enum gate { GATE_SERIES, GATE_PARALLEL };

struct part {
    struct law up, idle, repair;
    enum standby standby;
    uint32_t count, needed, crews;
    uint32_t first;   /* its first component within a system */
    bool is_repaired;
};

struct shock {
    double per_s;
    bool *hits;       /* [parts] */
};

enum start {
    START_FRESH,       /* all components new at the begin of the warm-up */
    START_INDEPENDENT, /* every component up or down by itself, with the residual law before it */
    START_MARKOV       /* the number down in each part from its stationary law */
};

struct plan {
    struct trial_plan trial;
    const struct part *part;
    const struct shock *shock;
    uint32_t systems, parts, shocks, components; /* components: of one system */
    enum gate gate;
    enum start start;
};

extern const struct key structure_keys[];

/* sim_model.prepare. */
const void *structure_prepare(struct scenario *scenario, const struct value *point);

#endif
