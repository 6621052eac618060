/* Bootstrap interval of a mean, bias-corrected and accelerated (BCa).
 *
 * The values are drawn again with replacement, as many as there are, BOOTSTRAP_RESAMPLES times; the spread of the means of these
 * resamples stands for that of the mean. BCa reads the interval's ends not at (1 - level)/2 of the resampled means but at
 *
 *   Phi(z0 + (z0 + z) / (1 - a (z0 + z))),   z = Phi^-1((1 +- level) / 2)
 *
 * z0: Phi^-1 of the share of resampled means below the mean, ties half; a: sum d^3 / (6 (sum d^2)^1.5), d the distances from the
 * mean, the jackknife's acceleration (Efron 1987, "Better bootstrap confidence intervals", J. Am. Stat. Assoc. 82, sections 2 and 6;
 * Efron & Tibshirani 1993, section 14.3). So the interval leans to where skewed values lean, and is second-order accurate where
 * Student's t is first-order. It is for moderate n: with few values it is too short by about sqrt((n - 1) / n), and no resample
 * knows of a failure that was never seen.
 *
 * Which values a resample holds depends on n and the resample's number alone (counter-based streams of purpose "bootstrap"), so
 * all metrics of one n are resampled alike, and bits are the same everywhere. Cost: BOOTSTRAP_RESAMPLES x n draws. */
#ifndef NINES_SIM_STATISTICS_BOOTSTRAP_H
#define NINES_SIM_STATISTICS_BOOTSTRAP_H

#include <stddef.h>

/* 2,000 less one, so that (resamples + 1) x 2.5 % is a whole number (Davison & Hinkley 1997, section 5.2.1). */
enum { BOOTSTRAP_RESAMPLES = 1999 };

struct bootstrap {
    const double *means; /* [BOOTSTRAP_RESAMPLES], sorted; the caller's */
    double bias;         /* z0 */
    double acceleration; /* a */
};

/* Resamples values[n], n >= 2, not all equal. means: room for BOOTSTRAP_RESAMPLES, which the result points to. */
struct bootstrap bootstrap_of(const double *values, size_t n, double *means);

/* Ends of the interval at level, in (0, 1): between the least and the largest resampled mean. */
void bootstrap_interval(const struct bootstrap *bootstrap, double level, double *low, double *high);

/* Two-sided p-value of "the mean lies within [-margin, margin]": 1 - level of the interval that just reaches it (Efron & Tibshirani
 * 1993, section 15.4). Between 2 / (BOOTSTRAP_RESAMPLES + 1) and 1. margin >= 0. */
double bootstrap_p(const struct bootstrap *bootstrap, double margin);

#endif
