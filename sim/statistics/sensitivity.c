#include "sim/statistics/sensitivity.h"

#include "sim/chance/random.h"
#include "sim/statistics/statistics.h"

#include <math.h>
#include <stdlib.h>

/* Streams of resampling: of no seed, so that the same outputs always have the same intervals. */
static struct stream resampling(size_t resample)
{
    return stream_open(stream_key_index(stream_key(0, 0, "sensitivity bootstrap"), resample));
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct sensitivity_index undefined(void)
{
    return (struct sensitivity_index){(double)NAN, (double)NAN, (double)NAN};
}

/* Percentile interval of values[SENSITIVITY_RESAMPLES], which it sorts. A resample without variance has no index. */
static void bootstrap_interval(struct sensitivity_index *index, double *values, double level)
{
    size_t n = 0;
    for (size_t i = 0; i < SENSITIVITY_RESAMPLES; i++)
        if (!isnan(values[i]))
            values[n++] = values[i];
    if (n < SENSITIVITY_RESAMPLES / 2)
        return;
    qsort(values, n, sizeof *values, ascending);
    index->low = statistics_quantile(values, n, (1 - level) / 2);
    index->high = statistics_quantile(values, n, (1 + level) / 2);
}

/* --- Morris --- */

static double spread(const double *values, size_t count, struct stream *draw)
{
    struct statistics_running running = {0};
    for (size_t i = 0; i < count; i++)
        statistics_running_add(&running, values[draw == NULL ? i : stream_below(draw, count)]);
    return sqrt(running.squares / (running.n - 1));
}

static struct sensitivity_index mean_of(const double *values, size_t count, double level)
{
    struct statistics_running running = {0};
    for (size_t i = 0; i < count; i++)
        statistics_running_add(&running, values[i]);
    struct statistics s = statistics_running_end(&running, level);
    return (struct sensitivity_index){s.mean, s.ci_low, s.ci_high};
}

struct sensitivity_morris sensitivity_morris(const double *effects, size_t count, double level, double *scratch)
{
    double *kept = scratch, *resampled = scratch + count;
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(effects[i]))
            kept[n++] = effects[i];
    struct sensitivity_morris morris = {(uint32_t)n, undefined(), undefined(), undefined()};
    if (n == 0)
        return morris;
    morris.mu = mean_of(kept, n, level);
    if (n > 1) {
        morris.sigma.value = spread(kept, n, NULL);
        for (size_t r = 0; r < SENSITIVITY_RESAMPLES; r++) {
            struct stream draw = resampling(r);
            resampled[r] = spread(kept, n, &draw);
        }
        bootstrap_interval(&morris.sigma, resampled, level);
    }
    for (size_t i = 0; i < n; i++)
        kept[i] = fabs(kept[i]);
    morris.mu_star = mean_of(kept, n, level);
    return morris;
}

/* --- Sobol --- */

struct indices {
    double first, total;
};

static double mean_of_ab(const struct sensitivity_rows *rows)
{
    double sum = 0;
    for (size_t i = 0; i < rows->count; i++)
        sum += rows->a[i] + rows->b[i];
    return sum / (2 * (double)rows->count);
}

/* Of all rows once, or of as many drawn ones, in one pass: outputs count from `centre`, the mean over all rows. */
static struct indices estimate(const struct sensitivity_rows *rows, double centre, struct stream *draw)
{
    double n = (double)rows->count, sum = 0, squares = 0, shared = 0, changed = 0;
    for (size_t i = 0; i < rows->count; i++) {
        size_t row = draw == NULL ? i : stream_below(draw, rows->count);
        double a = rows->a[row] - centre, b = rows->b[row] - centre, ab = rows->ab[row] - centre;
        sum += a + b;
        squares += a * a + b * b;
        shared += b * (ab - a);
        changed += (a - ab) * (a - ab);
    }
    double variance = (squares - sum * sum / (2 * n)) / (2 * n - 1);
    if (!(variance > 1e-24 * centre * centre)) /* rounding is no variance */
        return (struct indices){(double)NAN, (double)NAN};
    return (struct indices){shared / n / variance, changed / (2 * n) / variance};
}

struct sensitivity_sobol sensitivity_sobol(const struct sensitivity_rows *rows, double level, double *scratch)
{
    double *a = scratch, *b = a + rows->count, *ab = b + rows->count, *first = ab + rows->count;
    double *total = first + SENSITIVITY_RESAMPLES;
    size_t n = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (isnan(rows->a[i]) || isnan(rows->b[i]) || isnan(rows->ab[i]))
            continue;
        a[n] = rows->a[i];
        b[n] = rows->b[i];
        ab[n++] = rows->ab[i];
    }
    struct sensitivity_sobol sobol = {(uint32_t)n, undefined(), undefined()};
    struct sensitivity_rows kept = {a, b, ab, n};
    if (n < 2)
        return sobol;
    double centre = mean_of_ab(&kept);
    struct indices whole = estimate(&kept, centre, NULL);
    for (size_t r = 0; r < SENSITIVITY_RESAMPLES; r++) {
        struct stream draw = resampling(r);
        struct indices one = estimate(&kept, centre, &draw);
        first[r] = one.first;
        total[r] = one.total;
    }
    sobol.first.value = whole.first;
    sobol.total.value = whole.total;
    if (!isnan(whole.first)) {
        bootstrap_interval(&sobol.first, first, level);
        bootstrap_interval(&sobol.total, total, level);
    }
    return sobol;
}
