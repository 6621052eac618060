/* Parameter intervals: how far a result moves because inputs are not known (design.md 4.6).
 *
 * Weakly known inputs are drawn D times from their stated ranges, and every draw is lived through by the same m replications' luck. The
 * results are a table of D rows and m columns, with a mean, an effect of the row (the inputs), an effect of the column (the common
 * luck) and a rest (luck that acts differently under other inputs): the two-way crossed layout with random effects and one
 * observation a cell (Searle, Casella & McCulloch 1992, "Variance components", section 4.7; for input uncertainty with one-way
 * noise: Ankenman & Nelson 2012, "A quick assessment of input uncertainty", Winter Simulation Conference). With
 *
 *   B = variance of the rows' means,   R = variance of the columns' means,
 *   E = mean square of the rest,       (D - 1, m - 1 and (D - 1)(m - 1) degrees of freedom)
 *
 * B overstates the spread of the inputs' effect by the noise in a row's mean, E/m; corrected, it is I = max(0, B - E/m). What is asked is
 * the mean result at inputs as likely as the drawn ones. It differs from the table's mean by a variance of
 *
 *   I (1 + 1/D) + R/m
 *
 * spread of inputs, error of their mean, and noise of the luck. The interval is the table's mean +- t times the root of it, with
 * Satterthwaite's degrees of freedom (1946, Biometrics Bulletin 2) of the two terms. t rather than the rows' percentiles, because 20 draws
 * have no 2.5 % quantile; the percentiles of noisy row means, uncorrected, are too wide by the noise (Barton, Nelson & Xie 2014,
 * "Quantifying input uncertainty via simulation confidence intervals", INFORMS J. Computing 26). Effects of inputs drawn from
 * ranges are bounded, so the interval covers them more often than stated rather than less (tests/unit/parameter.c). Ranges are
 * judgements: the interval is conditional on them. */
#ifndef NINES_SIM_STATISTICS_PARAMETER_H
#define NINES_SIM_STATISTICS_PARAMETER_H

#include "sim/statistics/statistics.h"

#include <stddef.h>

struct parameter_interval {
    double mean, low, high;      /* NaN when there is no interval */
    double error, degrees;       /* of mean, as a forecast of the result at other inputs of the ranges */
    double input_sd, luck_sd;    /* root of I; root of R / m */
    size_t draws, replications;  /* used: D, m */
};

/* values[draws][replications]; a replication undefined under any draw is left out of all. Without an interval when fewer than two draws
 * or two replications are left. Shares and durations are cut; of an availability all exactly 1, the low end is the rule of three over the m
 * replications (the draws share their luck). column: scratch, `replications` doubles. O(values). */
struct parameter_interval parameter_of(const double *values, size_t draws, size_t replications,
                                       const struct statistics_options *options, double *column);

#endif
