#include "sim/statistics/quantile.h"

#include "sim/base/check.h"
#include "sim/statistics/distribution.h"

#include <math.h>
#include <stdbool.h>

/* How many k in 0 .. n have P(K <= k) within limit: those below the answer. */
static size_t count_within(size_t n, double p, double limit)
{
    size_t low = 0, high = n + 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (distribution_binomial((uint32_t)middle, p, (uint32_t)n) <= limit)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void quantile_ranks(size_t n, double p, double level, size_t *low, size_t *high)
{
    check(n <= UINT32_MAX && p > 0 && p < 1 && level > 0 && level < 1, "quantile %g of %zu values at level %g", p, n, level);
    double tail = distribution_round((1 - level) / 2);
    /* P(K <= l - 1) <= tail holds for l - 1 below the count; and P(K >= u) is that of n - K <= n - u, with chance 1 - p. */
    *low = count_within(n, p, tail);
    size_t above = count_within(n, 1 - p, tail);
    *high = above == 0 ? 0 : n - above + 1;
}

void quantile_interval(const double *sorted, size_t n, double p, double level, double *low, double *high)
{
    size_t l, u;
    quantile_ranks(n, p, level, &l, &u);
    *low = l == 0 ? (double)NAN : sorted[l - 1];
    *high = u == 0 ? (double)NAN : sorted[u - 1];
}
