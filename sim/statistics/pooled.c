#include "sim/statistics/pooled.h"

#include "sim/base/check.h"

#include <math.h>
#include <stdlib.h>

double pooled_ratio(const double *numerator, const double *denominator, size_t n, double *influence)
{
    double above = 0, below = 0;
    for (size_t i = 0; i < n; i++) {
        above += numerator[i];
        below += denominator[i];
    }
    double ratio = below > 0 ? above / below : (double)NAN;
    for (size_t i = 0; i < n; i++)
        influence[i] = (numerator[i] - ratio * denominator[i]) * ((double)n / below);
    for (size_t i = 0; i < n && !(below > 0); i++)
        influence[i] = (double)NAN;
    return ratio;
}

/* Root of the mean square over n (n - 1): influences have mean 0. */
static double error_of(const double *influence, size_t n)
{
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += influence[i] * influence[i];
    return sqrt(squares / (double)(n - 1) / (double)n);
}

struct statistics pooled_interval(double estimate, const double *influence, size_t n, double level)
{
    struct statistics s = {.n = (uint32_t)n, .mean = estimate, .sd = NAN, .error = NAN, .degrees = NAN, .ci_low = NAN, .ci_high = NAN,
                           .level = level, .p = NAN, .method = STATISTICS_NONE, .p05 = NAN, .p50 = NAN, .p95 = NAN};
    if (n < 2 || isnan(estimate))
        return s;
    s.error = error_of(influence, n);
    s.degrees = (double)(n - 1);
    s.sd = s.error * sqrt((double)n);
    /* What is constant but for rounding is constant. */
    if (s.error <= 1e-12 * fabs(estimate))
        s.error = s.sd = 0;
    double half = s.error > 0 ? statistics_t(level, s.degrees) * s.error : 0;
    s.ci_low = estimate - half;
    s.ci_high = estimate + half;
    s.method = s.error > 0 ? STATISTICS_LINEARISED : STATISTICS_CONSTANT;
    return s;
}

static int by_value(const void *left, const void *right)
{
    const struct pooled_member *a = left, *b = right;
    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    return (a->group > b->group) - (a->group < b->group);
}

void pooled_sort(struct pooled_member *members, size_t n)
{
    if (n > 1)
        qsort(members, n, sizeof *members, by_value);
}

static double total_of(const struct pooled_member *members, size_t n)
{
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += members[i].count;
    return total;
}

double pooled_quantile(const struct pooled_member *members, size_t n, double share)
{
    check(n > 0 && share > 0 && share < 1, "quantile %g of %zu members", share, n);
    double wanted = share * total_of(members, n) * (1 - 1e-12), below = 0; /* 0.95 x 100 is 95, whatever its last bit */
    for (size_t i = 0; i < n; i++) {
        below += members[i].count;
        if (below >= wanted)
            return members[i].value;
    }
    return members[n - 1].value;
}

bool pooled_has_tail(const struct pooled_member *members, size_t n, size_t groups, double share, double *scratch)
{
    double edge = pooled_quantile(members, n, share);
    size_t seen = 0;
    for (size_t g = 0; g < groups; g++)
        scratch[g] = 0;
    for (size_t i = n; i > 0 && members[i - 1].value >= edge; i--) {
        seen += !(scratch[members[i - 1].group] > 0);
        scratch[members[i - 1].group] = 1;
    }
    return seen >= POOLED_TAIL_GROUPS && (1 - share) * total_of(members, n) >= POOLED_TAIL_MEMBERS * (1 - 1e-12);
}

/* What each group contributes to the share of members at or below the edge, with mean 0. all: room for groups. */
static void share_below(const struct pooled_member *members, size_t n, size_t groups, double edge, double *influence, double *all)
{
    for (size_t g = 0; g < groups; g++)
        influence[g] = all[g] = 0;
    for (size_t i = 0; i < n; i++) {
        influence[members[i].group] += members[i].value <= edge ? members[i].count : 0;
        all[members[i].group] += members[i].count;
    }
    (void)pooled_ratio(influence, all, groups, influence); /* each is read before it is overwritten */
}

struct statistics pooled_quantile_interval(const struct pooled_member *members, size_t n, size_t groups, double share, double level,
                                           double *influence, double *scratch)
{
    double edge = pooled_quantile(members, n, share);
    struct statistics s = pooled_interval(edge, NULL, 0, level);
    s.n = (uint32_t)groups;
    bool tail = groups >= 2 && pooled_has_tail(members, n, groups, share, scratch);
    for (size_t g = 0; g < groups && !tail; g++)
        influence[g] = (double)NAN;
    if (!tail)
        return s;
    share_below(members, n, groups, edge, influence, scratch);
    double reach = statistics_t(level, (double)(groups - 1)) * error_of(influence, groups);
    s.method = STATISTICS_ORDER;
    if (share - reach > 0)
        s.ci_low = pooled_quantile(members, n, share - reach);
    if (share + reach < 1)
        s.ci_high = pooled_quantile(members, n, share + reach);
    double slope = reach > 0 ? (s.ci_high - s.ci_low) / (2 * reach) : 0; /* NaN where the interval is open */
    for (size_t g = 0; g < groups; g++)
        influence[g] *= -slope;
    return s;
}

double pooled_shortfall(const struct pooled_member *members, size_t n, size_t groups, double share, double *influence)
{
    double total = total_of(members, n), edge = share > 0 ? pooled_quantile(members, n, share) : members[0].value, beyond = 0;
    double scale = 1 / (1 - share);
    for (size_t i = 0; i < n; i++)
        beyond += members[i].count * (members[i].value > edge ? members[i].value - edge : 0);
    double mean = edge + scale * beyond / total;
    for (size_t g = 0; g < groups; g++)
        influence[g] = 0;
    for (size_t i = 0; i < n; i++) {
        double excess = members[i].value > edge ? members[i].value - edge : 0;
        influence[members[i].group] += members[i].count * (edge + scale * excess - mean) * ((double)groups / total);
    }
    return mean;
}
