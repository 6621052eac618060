#include "sim/statistics/bootstrap.h"

#include "sim/base/check.h"
#include "sim/chance/random.h"
#include "sim/statistics/distribution.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double acceleration_of(const double *values, size_t n, double mean)
{
    double squares = 0, cubes = 0;
    for (size_t i = 0; i < n; i++) {
        double d = values[i] - mean;
        squares += d * d;
        cubes += d * d * d;
    }
    return squares > 0 ? cubes / (6 * squares * sqrt(squares)) : 0;
}

/* How many of the sorted means lie below value, ties half, as a share kept away from 0 and 1. */
static double share_below(const double *means, double value)
{
    double below = 0;
    for (size_t i = 0; i < BOOTSTRAP_RESAMPLES && means[i] <= value; i++)
        below += means[i] < value ? 1 : 0.5;
    double least = 1.0 / (BOOTSTRAP_RESAMPLES + 1), share = below / BOOTSTRAP_RESAMPLES;
    return share < least ? least : share > 1 - least ? 1 - least : share;
}

struct bootstrap bootstrap_of(const double *values, size_t n, double *means)
{
    check(n >= 2, "bootstrap of %zu values", n);
    struct stream stream = stream_open(stream_key_index(stream_key(0, 0, "bootstrap"), n));
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    double mean = sum / (double)n;
    for (size_t r = 0; r < BOOTSTRAP_RESAMPLES; r++) {
        double resampled = 0; /* from the mean, so that a large mean does not hide the spread */
        for (size_t i = 0; i < n; i++)
            resampled += values[stream_below(&stream, n)] - mean;
        means[r] = mean + resampled / (double)n;
    }
    qsort(means, BOOTSTRAP_RESAMPLES, sizeof *means, ascending);
    return (struct bootstrap){.means = means, .bias = distribution_normal_quantile(share_below(means, mean)),
                              .acceleration = acceleration_of(values, n, mean)};
}

/* Value at rank (BOOTSTRAP_RESAMPLES + 1) p, between its neighbours. */
static double mean_at(const double *means, double p)
{
    double rank = p * (BOOTSTRAP_RESAMPLES + 1), below = floor(rank);
    if (below < 1)
        return means[0];
    if (below >= BOOTSTRAP_RESAMPLES)
        return means[BOOTSTRAP_RESAMPLES - 1];
    size_t at = (size_t)below - 1;
    return means[at] + (rank - below) * (means[at + 1] - means[at]);
}

static double end_at(const struct bootstrap *bootstrap, double z)
{
    double shifted = bootstrap->bias + z, stretch = 1 - bootstrap->acceleration * shifted;
    if (stretch <= 0) /* beyond the pole: past every resample on that side */
        return shifted < 0 ? bootstrap->means[0] : bootstrap->means[BOOTSTRAP_RESAMPLES - 1];
    return mean_at(bootstrap->means, distribution_normal(bootstrap->bias + shifted / stretch));
}

void bootstrap_interval(const struct bootstrap *bootstrap, double level, double *low, double *high)
{
    double z = distribution_normal_quantile(0.5 + level / 2);
    *low = end_at(bootstrap, -z);
    *high = end_at(bootstrap, z);
}

/* One-sided p of "the mean is at most value": the equation of the interval's end, solved for z. */
static double p_at_most(const struct bootstrap *bootstrap, double value)
{
    double shifted = distribution_normal_quantile(share_below(bootstrap->means, value)) - bootstrap->bias;
    double stretch = 1 + bootstrap->acceleration * shifted;
    if (stretch <= 0)
        return shifted < 0 ? 0 : 1;
    return distribution_normal(shifted / stretch - bootstrap->bias);
}

double bootstrap_p(const struct bootstrap *bootstrap, double margin)
{
    double above = p_at_most(bootstrap, margin), below = 1 - p_at_most(bootstrap, -margin);
    double p = 2 * (above < below ? above : below), least = 2.0 / (BOOTSTRAP_RESAMPLES + 1);
    return p < least ? least : p > 1 ? 1 : p;
}
