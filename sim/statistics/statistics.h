/* Statistics of a handful of replications: means with intervals, quantiles, paired differences.
 *
 * Replications are independent and identically distributed by construction, so the interval of a mean is Student's t (GSL's
 * quantile). Undefined values (NaN) are dropped and counted, never replaced. Every sum runs in index order in two passes, so
 * the same values give the same bits everywhere; values that are all equal give exactly that mean and a spread of exactly 0.
 *
 * The methods, named in every row they produce:
 *
 *   "student t"      mean +- t(n - 1) sd / sqrt(n). For a share the interval is cut to [0, 1], for a duration at 0,
 *                    which loses no coverage.
 *                    It is an approximation for skewed values: tests/unit/statistics.c states its coverage.
 *   "rule of three"  an availability that was exactly 1 in every replication. No spread was seen, but that is not knowledge
 *                    that nothing can fail. If a replication meets any down time with probability q, none in n does with
 *                    probability (1 - q)^n <= exp(-q n); so q <= -ln(1 - level) / n, one-sided, at the stated level (3/n at
 *                    95 %: Hanley & Lippman-Hand 1983, JAMA 249, "If nothing goes wrong, is everything all right?"). Down time
 *                    is at most the whole horizon, so the mean unavailability is at most q: the bound is 1 - q, whatever the law
 *                    of down time and however services fail together. The unit of exposure is the replication, because only
 *                    replications are independent. is_bound is true; ci_low is the bound (0 at least), ci_high is 1.
 *   "constant"       all values equal, otherwise: the interval is the value itself. It says that nothing varied, not that
 *                    nothing could.
 *   "jackknife"      the ratio of two means (below).
 *   "bca"            the bootstrap's interval where options ask for it (sim/statistics/bootstrap.h).
 *   "control variate", "batch means"   sim/statistics/control.h, steady.h.
 *   "linearised", "order statistics"   sim/statistics/pooled.h.
 *   "fieller"        the ratio of two means, on demand (sim/statistics/fieller.h).
 *
 * A difference also has a p-value: 1 - level of the interval that just reaches [-margin, margin], the differences that do not
 * matter. So "the interval at level lies beyond the margin" and "p < 1 - level" say the same, and many comparisons can be corrected by
 * their p-values (sim/statistics/multiple.h). As a test of |mean| <= margin its size is at most 1 - level.
 *
 * With one defined value there is a mean and no interval; with none, nothing: both are method "none", with NaN where there is
 * no number. NaN becomes NULL in the results file. */
#ifndef NINES_SIM_STATISTICS_H
#define NINES_SIM_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum statistics_method {
    STATISTICS_NONE,
    STATISTICS_STUDENT_T,
    STATISTICS_RULE_OF_THREE,
    STATISTICS_CONSTANT,
    STATISTICS_JACKKNIFE,
    STATISTICS_BCA,
    STATISTICS_CONTROL,
    STATISTICS_BATCH_MEANS,
    STATISTICS_LINEARISED,
    STATISTICS_ORDER,
    STATISTICS_FIELLER
};

struct statistics_options {
    double level;         /* of the interval, in (0, 1): 0.95 */
    bool is_availability; /* values are shares up in [0, 1]: cut, and bounded when all are 1 */
    bool is_share;        /* values lie in [0, 1]: cut */
    bool is_duration;     /* values are 0 or more: cut */
    double *resamples;    /* NULL: Student's t; room for BOOTSTRAP_RESAMPLES: means and differences get BCa's interval */
    double margin;        /* >= 0: the smallest difference that matters, for p */
};

struct statistics {
    uint32_t n, n_undefined;       /* defined values used; values (or pairs) dropped */
    double mean, sd;               /* sd: with n - 1; NaN when n < 2 */
    double error, degrees;         /* standard error of mean, and degrees of freedom of its t; NaN when n < 2 or a bound */
    double ci_low, ci_high, level; /* interval of the mean; NaN when method is NONE */
    double p;                      /* of a difference or ratio, see above; 1 for a bound, 0 or 1 for a constant; else NaN */
    enum statistics_method method;
    bool is_bound;                 /* one-sided: ci_low is a bound at `level` */
    double p05, p50, p95;          /* quantiles of the values (type 7 of Hyndman & Fan 1996); NaN when n is 0 */
};

/* "student t", "rule of three", "constant", "jackknife", "bca", "control variate", "batch means", "linearised", "order statistics",
 * "fieller"; "none". */
const char *statistics_method_name(enum statistics_method method);

/* Two-sided Student t quantile: the t with P(|T| <= t) = level at `degrees` > 0. level in (0, 1). */
double statistics_t(double level, double degrees);

/* Largest probability of meeting down time in a replication that n clean replications leave open (rule of three); 1 at most. */
double statistics_clean_bound(uint32_t n, double level);

/* Interval of s from its mean, error and degrees, at its level; cut as above. */
void statistics_interval(struct statistics *s, const struct statistics_options *options);

/* Two-sided p-value of "the true value lies within [-margin, margin]" for an estimate with Student's t: error >= 0 (0: p is 0 or 1),
 * degrees > 0. NaN for NaN. */
double statistics_p(double estimate, double error, double degrees, double margin);

/* Summary of values[count]. scratch: room for count doubles. O(n log n). */
struct statistics statistics_of(const double *values, size_t count, const struct statistics_options *options,
                                double *scratch);

/* Summary of a[i] - b[i] over the pairs where both are defined (n_undefined: pairs dropped). When all values of both are exactly 1
 * and options say availability, the difference is 0 within plus or minus the bound of the rule of three. scratch: count
 * doubles. Quantiles are those of the differences. */
struct statistics statistics_of_difference(const double *a, const double *b, size_t count,
                                           const struct statistics_options *options, double *scratch);

/* Ratio mean(a) / mean(b) over the complete pairs, with a paired jackknife interval: ratio +- t(n - 1) x the jackknife's
 * standard error (Efron & Tibshirani 1993, chapter 11), sd = that error x sqrt(n). mean is the plain ratio of means, p05..p95 are
 * the quantiles of the pairs' ratios; p is about the ratio less 1. Method NONE when n < 2 or when some b is not above 0. scratch: count doubles. */
struct statistics statistics_of_ratio(const double *a, const double *b, size_t count,
                                      const struct statistics_options *options, double *scratch);

/* Quantile p (0..1) of sorted[count], count > 0: linear between order statistics at (n - 1) p (type 7; the default of R, NumPy
 * and GSL). */
double statistics_quantile(const double *sorted, size_t count, double p);

/* Running mean and spread for long series, where keeping all values is too much (Welford 1962). Start from all zero. NaN is
 * counted apart. */
struct statistics_running {
    double mean, squares; /* squares: sum of squared distances from the mean */
    uint32_t n, n_undefined;
};
void statistics_running_add(struct statistics_running *running, double value);
/* Student t interval of the mean (no quantiles, no bounds): NaN below n = 2. */
struct statistics statistics_running_end(const struct statistics_running *running, double level);

#endif
