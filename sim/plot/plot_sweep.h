/* Studies that vary one key or two, as charts need them. Internal to the charts. */
#ifndef NINES_SIM_PLOT_SWEEP_H
#define NINES_SIM_PLOT_SWEEP_H

#include "sim/plot/plot_internal.h"

enum { SWEEP_KEYS = 2, SWEEP_METRICS = 2 };

struct sweep_level {
    double value; /* number, or place in the order of the points */
    const char *text;
};

struct sweep_key {
    const char *name, *unit; /* unit of a number: "" or what stands behind it, "h" for durations of several units */
    const char **text;       /* [points of the run] as the scenario writes it; NULL: a point does not set it */
    double *value;           /* [points of the run] on the axis */
    bool is_number;
    struct sweep_level *levels; /* each value once, in the order of the axis */
    size_t level_count;
};

struct sweep {
    const struct plot *plot;
    struct sweep_key key[SWEEP_KEYS];
    size_t key_count;
    size_t *point, count; /* the points that set all keys, in declared order */
};

/* False when the run's points do not vary one or two keys, or two points do not set them. */
bool sweep_read(struct sweep *sweep, const struct plot *plot);
/* What to draw of the run: metrics that it gives a smallest difference that matters for, then availability and cost, else its first metric with values. metric: [SWEEP_METRICS]. */
size_t sweep_metrics(const struct plot *plot, const struct sim_metric **metric);
/* "providers at each site", or "arrival_rate, /h": a label or the key, and the unit. */
const char *sweep_axis(const struct sweep *sweep, size_t key);

#endif
