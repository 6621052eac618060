/* The mean of something over time: nodes that are up, jobs in a queue, GPU-milli that are leased.
 *
 * The value is a whole number that jumps; what accumulates is value x microseconds, exactly, in 128 bits. So the mean
 * does not depend on how often it was set, on the order of sums, or on the compiler, and a million nodes over a century
 * do not overflow. A share is a whole number too: count thousandths, or a total, and divide at the end. */
#ifndef NINES_SIM_TIMEWEIGHTED_H
#define NINES_SIM_TIMEWEIGHTED_H

#include "sim/base/check.h"
#include "sim/base/units.h"

#include <math.h>
#include <stdint.h>

__extension__ typedef __int128 timeweighted_area;

struct timeweighted {
    timeweighted_area area; /* value x microseconds from start to since */
    int64_t value;          /* from `since` on */
    instant start, since;
};

/* Starts measuring at now with a value. Starting again forgets what was before: the end of a warm-up. */
static inline void timeweighted_start(struct timeweighted *w, instant now, int64_t value)
{
    *w = (struct timeweighted){.value = value, .start = now, .since = now};
}

/* The value is `value` from now on; now is not before the last change. Setting what it already is changes nothing. */
static inline void timeweighted_set(struct timeweighted *w, instant now, int64_t value)
{
    check(now.us >= w->since.us, "time runs backwards: %lld after %lld us", (long long)now.us, (long long)w->since.us);
    w->area += (timeweighted_area)w->value * (now.us - w->since.us);
    w->since = now;
    w->value = value;
}

/* The value changes by `change`. */
static inline void timeweighted_add(struct timeweighted *w, instant now, int64_t change)
{
    timeweighted_set(w, now, w->value + change);
}

/* The area up to now, exactly: value x microseconds. */
static inline timeweighted_area timeweighted_until(const struct timeweighted *w, instant now)
{
    check(now.us >= w->since.us, "time runs backwards: %lld after %lld us", (long long)now.us, (long long)w->since.us);
    return w->area + (timeweighted_area)w->value * (now.us - w->since.us);
}

/* Mean from start to now; NaN when no time has passed: undefined is neither 0 nor 1. */
static inline double timeweighted_mean(const struct timeweighted *w, instant now)
{
    int64_t elapsed = now.us - w->start.us;
    if (elapsed <= 0)
        return NAN;
    return (double)timeweighted_until(w, now) / (double)elapsed;
}

#endif
