/* Estimates pooled over replications: ratios of sums, quantiles and tails of what a replication has many of.
 *
 * A time between failures is time over failures, summed over all replications; the loss that one tenant in a hundred exceeds is a
 * quantile over all tenants of all replications. The parts of one replication shared its luck, so they are no independent values: a
 * site that burns takes a thousand tenants with it. Only replications are independent. Every interval here therefore sees how much
 * *replications* differ: an estimate is written as a mean of what each of them contributes (its influence), to first order, and the
 * spread of these gives the error (linearisation, or the infinitesimal jackknife: Woodruff 1971, "A simple method for approximating
 * the variance of a complicated estimate", JASA 66; Efron 1982, chapter 6). Student's t with n - 1 degrees of freedom, n replications.
 *
 *   ratio                r = sum a / sum b; influence n (a_i - r b_i) / sum b. It needs no law of the times, and a replication
 *                        without a failure (b_i = 0) counts with its time.
 *   quantile             the least value with at least `share` of all members at or below it. Its interval is between order
 *                        statistics: the share below the estimate has an error by replications, and the quantiles at share - t error
 *                        and share + t error bound the value (Woodruff 1952, "Confidence intervals for medians and other
 *                        position measures", JASA 47). Open (NaN) on a side where that share lies outside (0, 1). Its influence, for
 *                        differences: that of the share below it, times how far the interval of the value reaches for that of the
 *                        share, which stands for -1 / density (Francisco & Fuller 1991, "Quantile estimation with a complex survey
 *                        design", Annals of Statistics 19).
 *   shortfall            mean of the worst 1 - share of the members, the member on the edge in part (Acerbi & Tasche 2002, "On the
 *                        coherence of expected shortfall", J. Banking & Finance 26, definition 2.6); influence as of the mean of
 *                        q + max(x - q, 0) / (1 - share), whose derivative by q is 0 (Manistre & Hancock 2005).
 *
 * The tail is judged only where there is one: with fewer than POOLED_TAIL_MEMBERS members expected beyond a quantile, or with members of
 * fewer than POOLED_TAIL_GROUPS replications there, it has a value and no interval. tests/unit/pooled.c states the coverage.
 * Sums run in index order, so the same values give the same bits. */
#ifndef NINES_SIM_STATISTICS_POOLED_H
#define NINES_SIM_STATISTICS_POOLED_H

#include "sim/statistics/statistics.h"

enum { POOLED_TAIL_MEMBERS = 10, POOLED_TAIL_GROUPS = 5 };

/* Ratio of the sums of numerator[n] and denominator[n] (>= 0); influence[n] gets what each contributes, with mean 0. NaN, and
 * NaN influences, when nothing is in the denominator. */
double pooled_ratio(const double *numerator, const double *denominator, size_t n, double *influence);

/* The interval of an estimate by its influences: method "linearised", "constant" when they are all 0, "none" below n = 2 or for NaN. The
 * influences of a difference are the differences of the influences. mean is the estimate. */
struct statistics pooled_interval(double estimate, const double *influence, size_t n, double level);

/* Members of a sample that have one value; group: index of their replication. count > 0. */
struct pooled_member {
    double value, count;
    uint32_t group;
};

/* Brings members[n] into ascending order of value, and of group where values are equal. O(n log n). The calls below want that. */
void pooled_sort(struct pooled_member *members, size_t n);

/* Quantile at share in (0, 1) of members[n], n > 0. */
double pooled_quantile(const struct pooled_member *members, size_t n, double share);
/* The same with its interval; groups: number of replications, those without members included. influence[groups]: NaN where the interval
 * has not both its ends. scratch: groups. */
struct statistics pooled_quantile_interval(const struct pooled_member *members, size_t n, size_t groups, double share, double level,
                                           double *influence, double *scratch);

/* Mean of the worst 1 - share; share 0: of all. influence[groups]. n > 0. */
double pooled_shortfall(const struct pooled_member *members, size_t n, size_t groups, double share, double *influence);
/* Whether the tail beyond `share` has enough members, of enough replications, for an interval; scratch: groups. */
bool pooled_has_tail(const struct pooled_member *members, size_t n, size_t groups, double share, double *scratch);

#endif
