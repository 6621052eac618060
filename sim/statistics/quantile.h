/* Intervals of quantiles from order statistics, whatever the law.
 *
 * Of n independent values the number at or below the quantile of p is binomial (n, p). So with the ranks l < u chosen such that
 * P(K <= l - 1) <= (1 - level)/2 and P(K >= u) <= (1 - level)/2, the l-th and the u-th smallest value hold the quantile between them
 * with at least the stated level (David & Nagaraja 2003, "Order statistics", section 7.1; Hahn & Meeker 1991, section 5.2).
 * Nothing is assumed but independence. Far out in the tail no value may be extreme enough: 95 % of the 95 % quantile's upper end
 * needs n >= 72. That end is then open, NaN. */
#ifndef NINES_SIM_STATISTICS_QUANTILE_H
#define NINES_SIM_STATISTICS_QUANTILE_H

#include <stddef.h>

/* Ranks, counted from 1; 0: open on that side. p, level in (0, 1). O(log n) binomial probabilities. */
void quantile_ranks(size_t n, double p, double level, size_t *low, size_t *high);
/* Interval of the quantile p of sorted[n]; NaN where it is open. */
void quantile_interval(const double *sorted, size_t n, double p, double level, double *low, double *high);

#endif
