/* When to stop: replications until intervals are narrow enough.
 *
 * The rule looks at a point only after 30, 60, 120, ... of its replications, always the first ones in order, so that a run ends at
 * the same count on any number of threads. It stops when the interval of every cloud's mean (or of every difference between two
 * clouds) is at most so wide, or at the most replications allowed; the run says whether the precision was reached.
 *
 * A look costs coverage, as in every sequential rule (Law 2015, "Simulation modeling and analysis", section 9.4.1): a run stops a
 * little more often when chance made the spread look small. With looks this far apart the cost is small: of intervals at 95 %,
 * 94 to 95 % hold the mean of normal and uniform values, 91.5 to 95 % that of exponential ones, whose plain intervals at n = 30
 * hold 93 % (tests/property/precision.c). An availability of exactly 1 everywhere is judged by the whole width of its bound
 * (sim/statistics/statistics.h). Values that do not vary at all are precise at the first look.
 */
#ifndef NINES_SIM_PRECISION_H
#define NINES_SIM_PRECISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PRECISION_FIRST = 30 };

struct precision {
    uint32_t metric;       /* index in the model's */
    bool is_availability;  /* the metric's */
    bool of_differences;   /* else of every arm's mean */
    bool in_pairs;         /* antithetic: the mean of replications 2i and 2i + 1 is one observation */
    double half_width;     /* in the metric's unit; above 0. 0: no precision was asked for */
    double level;          /* of the intervals */
    uint32_t most;         /* replications of a point */
};

/* The count of the next look after `count` replications (0: of the first): 30, 60, 120, ..., and `most` at the end. */
uint32_t precision_next(const struct precision *precision, uint32_t count);

/* Whether `count` replications are precise: values[arm * stride + replication], NaN: undefined. scratch: room for 3 x count doubles. */
bool precision_reached(const struct precision *precision, const double *values, size_t arms, size_t stride, uint32_t count,
                       double *scratch);

#endif
