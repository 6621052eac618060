/* How well a sample fits a law, for tests. Seeds are fixed, so a test that passes passes for ever; the bounds are those of a
 * significance of about one in a thousand, so that a passing sample says something. */
#ifndef NINES_TESTS_UNIT_FIT_H
#define NINES_TESTS_UNIT_FIT_H

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

static inline int fit_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline void fit_sort(double *sample, size_t n)
{
    qsort(sample, n, sizeof *sample, fit_order);
}

/* Kolmogorov and Smirnov's distance, times sqrt(n). cdf[i] is the law's distribution function at the i-th smallest value.
 * Above 1.95 with probability 0.001. */
static inline double fit_distance(const double *cdf, size_t n)
{
    double worst = 0;
    for (size_t i = 0; i < n; i++) {
        double above = (double)(i + 1) / (double)n - cdf[i];
        double below = cdf[i] - (double)i / (double)n;
        worst = fmax(worst, fmax(above, below));
    }
    return worst * sqrt((double)n);
}

/* The same between two sorted samples of n each: times sqrt(n / 2). Above 1.95 with probability 0.001. */
static inline double fit_distance_between(const double *a, const double *b, size_t n)
{
    double worst = 0;
    for (size_t i = 0, j = 0; i < n && j < n;) {
        if (a[i] <= b[j])
            i++;
        else
            j++;
        worst = fmax(worst, fabs((double)i - (double)j) / (double)n);
    }
    return worst * sqrt((double)n / 2);
}

/* Pearson's chi-square of counts against equal expectations, as standard deviations from its mean. Above 3.5 with
 * probability about 0.001 (the law leans to the right). */
static inline double fit_even(const size_t *count, size_t cells, size_t total)
{
    double expected = (double)total / (double)cells, sum = 0;
    for (size_t i = 0; i < cells; i++)
        sum += ((double)count[i] - expected) * ((double)count[i] - expected) / expected;
    double freedom = (double)(cells - 1);
    return (sum - freedom) / sqrt(2 * freedom);
}

#endif
