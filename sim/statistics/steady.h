/* One long run instead of many short ones: where it becomes steady, and how sure its mean is.
 *
 * MSER-5 says how much of the beginning to leave out. Values are averaged in fives; leaving out the first d of these k averages
 * costs the statistic
 *
 *   MSER(d) = 1 / (k - d)^2  sum over i > d of (Z_i - mean of Z after d)^2
 *
 * and the d with the least is taken (White, Cobb & Spratt 2000, "A comparison of five steady-state truncation heuristics for
 * simulation", Winter Simulation Conference, section 2). It weighs the bias of the beginning against what is lost with it. A least
 * value in the second half says that the series never became steady.
 *
 * Batch means give the interval. Neighbouring values of one run are alike, so their spread says little about that of the mean; means
 * of long batches are nearly independent and nearly normal: Student's t over the batches' means (Law 2015, "Simulation modeling and
 * analysis", section 9.5.3; 10 to 30 batches: Schmeiser 1982, "Batch size effects in the analysis of simulation output", Operations
 * Research 30). Whether the batches are long enough is seen in the correlation of neighbours: von Neumann's ratio (Fishman 1978,
 * "Grouping observations in digital simulation", Management Science 24). */
#ifndef NINES_SIM_STATISTICS_STEADY_H
#define NINES_SIM_STATISTICS_STEADY_H

#include "sim/statistics/statistics.h"

#include <stdbool.h>
#include <stddef.h>

enum { STEADY_BATCHES = 20 };

struct steady {
    size_t left_out;             /* values at the beginning, by MSER-5: a multiple of 5 */
    bool settled;                /* the least MSER lies in the first half */
    bool independent;            /* neighbouring batches show no correlation at 5 %, one-sided */
    struct statistics statistics; /* of the rest: n = batches, sd of their means, method "batch means"; NONE when too short */
};

/* Values to leave out at the beginning of values[n]; 0 when n < 10. settled: may be NULL. O(n). */
size_t steady_mser5(const double *values, size_t n, bool *settled);

/* Interval of the mean of values[n] (no NaN) from STEADY_BATCHES batches of equal length, the first n mod STEADY_BATCHES values left
 * out; NONE when n < 2 STEADY_BATCHES. independent: may be NULL. O(n). */
struct statistics steady_batch_means(const double *values, size_t n, double level, bool *independent);

/* Both: batch means of what MSER-5 leaves. */
struct steady steady_of(const double *values, size_t n, double level);

#endif
