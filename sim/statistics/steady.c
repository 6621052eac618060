#include "sim/statistics/steady.h"

#include "sim/statistics/distribution.h"

#include <math.h>

enum { FIVE = 5 };

static double average(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return sum / (double)n;
}

size_t steady_mser5(const double *values, size_t n, bool *settled)
{
    size_t k = n / FIVE, best = 0;
    double least = INFINITY;
    struct statistics_running running = {0};
    /* From the end backwards, so that each d adds one average. The last five averages alone would always look steady. */
    for (size_t d = k; d-- > 0;) {
        statistics_running_add(&running, average(values + d * FIVE, FIVE));
        double kept = (double)running.n, mser = running.squares / (kept * kept);
        if (running.n >= FIVE && mser <= least) {
            least = mser;
            best = d;
        }
    }
    if (settled != NULL)
        *settled = k >= 2 && 2 * best < k;
    return k < 2 ? 0 : best * FIVE;
}

/* Von Neumann's ratio is near 2 without correlation, smaller with neighbours that are alike; its spread over b normal values is
 * 2 sqrt((b - 2) / (b^2 - 1)) (von Neumann 1941, section 4). */
static bool neighbours_differ(const double *means, size_t batches, double variance)
{
    double sum = 0, b = (double)batches;
    for (size_t i = 1; i < batches; i++)
        sum += (means[i] - means[i - 1]) * (means[i] - means[i - 1]);
    double ratio = sum / ((b - 1) * variance);
    return (2 - ratio) / (2 * sqrt((b - 2) / (b * b - 1))) < distribution_normal_quantile(0.95);
}

struct statistics steady_batch_means(const double *values, size_t n, double level, bool *independent)
{
    struct statistics_options options = {.level = level};
    double means[STEADY_BATCHES], scratch[STEADY_BATCHES];
    size_t length = n / STEADY_BATCHES;
    if (independent != NULL)
        *independent = false;
    if (length < 2)
        return statistics_of(NULL, 0, &options, scratch);
    values += n % STEADY_BATCHES;
    for (size_t i = 0; i < STEADY_BATCHES; i++)
        means[i] = average(values + i * length, length);
    struct statistics s = statistics_of(means, STEADY_BATCHES, &options, scratch);
    if (s.method == STATISTICS_STUDENT_T)
        s.method = STATISTICS_BATCH_MEANS;
    if (independent != NULL)
        *independent = s.sd == 0 || neighbours_differ(means, STEADY_BATCHES, s.sd * s.sd);
    return s;
}

struct steady steady_of(const double *values, size_t n, double level)
{
    struct steady steady = {0};
    steady.left_out = steady_mser5(values, n, &steady.settled);
    steady.statistics = steady_batch_means(values + steady.left_out, n - steady.left_out, level, &steady.independent);
    return steady;
}
