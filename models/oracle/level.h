/* A whole number that changes at events, averaged over time: how many are up, how many are waiting.
 *
 * Value times microseconds is summed in integers, so an average depends on what happened and on nothing else: not on the order
 * of additions, nor on how often a value was written that did not change. Only what lies in [0, end) counts. */
#ifndef NINES_MODELS_ORACLE_LEVEL_H
#define NINES_MODELS_ORACLE_LEVEL_H

#include "sim/base/arena.h"
#include "sim/study/model.h"

struct level {
    int64_t value;
    int64_t since_us;     /* value holds from here on */
    int64_t end_us, step_us;
    uint32_t steps;
    int64_t *area;        /* [steps] value x microseconds of each step */
};

/* Begins with value at `start` (0 or before). grid: width of the steps; the last may be short. */
void level_open(struct level *level, struct arena *arena, instant start, instant end, duration grid, int64_t value);
/* The value from now on. O(1) plus the steps passed. */
void level_set(struct level *level, instant now, int64_t value);
/* Average over [0, end); the level must have been set or closed at or after end. */
double level_mean(const struct level *level);
/* Reports the average of each step, divided by scale, as a series. */
void level_report(const struct level *level, struct sim_record *record, uint32_t series, double scale);

#endif
