/* A list of numbers of which quantiles are wanted at the end: times to recover, times to a lease.
 *
 * How many there will be is not known before the run (a service on consumer machines is down hundreds of times a year), and a
 * list that is cut short would bias its median, so it grows: by chunks of the replication's arena, each twice the one before, up
 * to a megabyte. Nothing is copied and nothing dropped; the cost of a number is constant. */
#ifndef NINES_MODELS_MEASURE_SAMPLES_H
#define NINES_MODELS_MEASURE_SAMPLES_H

#include "sim/base/arena.h"

#include <stddef.h>

struct samples_chunk;

struct samples {
    struct arena *arena;
    struct samples_chunk *first, *last;
    size_t count;
};

void samples_open(struct samples *samples, struct arena *arena);
void samples_add(struct samples *samples, double value);
/* All of them in ascending order, in the arena; a valid pointer when there are none. O(n log n). */
double *samples_sorted(const struct samples *samples);

/* Sorts values[count] in place, ascending. */
void samples_sort(double *values, size_t count);
/* Quantile p (0..1) of sorted[count] by linear interpolation between order statistics (Hyndman & Fan 1996, type 7); NaN when
 * empty. */
double samples_quantile(const double *sorted, size_t count, double p);

#endif
