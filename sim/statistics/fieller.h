/* The ratio of two means: by how many times is one more than the other?
 *
 * Nothing is known of the law of mean(a) / mean(b), but of mean(a - r b) everything: if r is the true ratio, it is 0 on average. So r is
 * believed exactly when the interval of mean(a - r b), Student's t over the pairs, holds 0 (Fieller 1954, "Some problems in interval
 * estimation", J. Royal Statistical Society B 16). For normal values the level is exact; no derivative and no jackknife is needed, and
 * the interval leans to the side where a small denominator could lie.
 *
 * The r that are believed lie between the roots of a quadratic. With q = mean(a) / mean(b), e_i = a_i - q b_i, and S the variances and
 * covariance of the means of e and b, written so that nothing cancels where values hardly vary:
 *
 *   g = t^2 S_bb / mean(b)^2
 *   r = q + (-t^2 S_eb / mean(b)^2 +- t / |mean(b)| sqrt(S_ee - t^2 / mean(b)^2 (S_ee S_bb - S_eb^2))) / (1 - g)
 *
 * Where g >= 1 the interval of mean(b) itself holds 0: then so large ratios are believed that there is no interval, which is said
 * (method "fieller" without ends), not hidden. */
#ifndef NINES_SIM_STATISTICS_FIELLER_H
#define NINES_SIM_STATISTICS_FIELLER_H

#include "sim/statistics/statistics.h"

/* mean(a) / mean(b) over the pairs of which both are defined (n_undefined: the others). Method "fieller", "constant" when all pairs have
 * the same ratio, "none" below two pairs or when mean(b) is 0. error, degrees, p and quantiles are NaN. O(count). */
struct statistics fieller_of(const double *a, const double *b, size_t count, double level);

#endif
