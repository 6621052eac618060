/* Less noise for the same work: control variates and antithetic pairs.
 *
 * A control is a second number of each replication whose expectation is known. Where the replications happened to draw a high
 * control, the metric is corrected by what a line through the pairs says that this was worth:
 *
 *   estimate = mean(y) - b (mean(x) - mu),   b = Sxy / Sxx
 *   variance = s^2 (1/n + (mean(x) - mu)^2 / Sxx),   s^2 = (Syy - b Sxy) / (n - 2)
 *
 * with n - 2 degrees of freedom, because b is estimated from the same values; exact when (x, y) are jointly normal (Lavenberg & Welch
 * 1981, "A perspective on the use of control variables to increase the efficiency of Monte Carlo simulations", Management Science 27,
 * section 2; it is the regression line's value at mu). A correlation of r leaves 1 - r^2 of the variance. The known
 * expectation must be right: a wrong one is a bias that no interval shows.
 *
 * An antithetic pair is two replications, the second of which draws 1 - u wherever the first draws u. Each half is an honest
 * replication, but they are dependent: only the pair's mean is one observation, and n counts pairs (Hammersley & Morton 1956; Law
 * 2015, section 11.3). */
#ifndef NINES_SIM_STATISTICS_CONTROL_H
#define NINES_SIM_STATISTICS_CONTROL_H

#include "sim/statistics/statistics.h"

#include <stddef.h>

/* Summary of values[count] with the control x[count] of expectation `expected`, over the replications where both are defined. Method
 * "control variate", or that of statistics_of() over the same values where a line cannot be fitted (n < 4, a control that does
 * not vary, values that do not). sd and quantiles are those of the values themselves. scratch: 2 x count doubles. */
struct statistics control_of(const double *values, const double *x, size_t count, double expected,
                             const struct statistics_options *options, double *scratch);

/* Means of the pairs (0, 1), (2, 3), ... of values[count] into pairs[count / 2]; NaN where a half is undefined. An odd last value is
 * left out. pairs may be values. Returns how many. */
size_t control_pairs(const double *values, size_t count, double *pairs);

#endif
