#include "sim/statistics/control.h"

#include <math.h>

struct sums {
    double n, mean_x, mean_y, xx, xy, yy;
};

static struct sums sums_of(const double *y, const double *x, size_t n)
{
    struct sums s = {.n = (double)n};
    for (size_t i = 0; i < n; i++) {
        s.mean_x += x[i];
        s.mean_y += y[i];
    }
    s.mean_x /= s.n;
    s.mean_y /= s.n;
    for (size_t i = 0; i < n; i++) {
        s.xx += (x[i] - s.mean_x) * (x[i] - s.mean_x);
        s.xy += (x[i] - s.mean_x) * (y[i] - s.mean_y);
        s.yy += (y[i] - s.mean_y) * (y[i] - s.mean_y);
    }
    return s;
}

struct statistics control_of(const double *values, const double *x, size_t count, double expected,
                             const struct statistics_options *options, double *scratch)
{
    double *y = scratch, *c = scratch + count;
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (isnan(values[i]) || isnan(x[i]))
            continue;
        y[n] = values[i];
        c[n++] = x[i];
    }
    if (n < 4) /* two values for the line, two for what is left of the spread */
        return statistics_of(values, count, options, scratch);
    struct sums s = sums_of(y, c, n);
    if (!(s.xx > 0))
        return statistics_of(values, count, options, scratch);
    struct statistics_options student = {.level = options->level, .is_availability = options->is_availability,
                                         .is_share = options->is_share};
    struct statistics result = statistics_of(y, n, &student, c); /* the pairs are in the sums: c is free */
    result.n_undefined = (uint32_t)(count - n);
    if (result.method != STATISTICS_STUDENT_T)
        return result;
    double slope = s.xy / s.xx, off = s.mean_x - expected, left = (s.yy - slope * s.xy) / (s.n - 2);
    result.method = STATISTICS_CONTROL;
    result.mean = s.mean_y - slope * off;
    result.error = left > 0 ? sqrt(left * (1 / s.n + off * off / s.xx)) : 0;
    result.degrees = s.n - 2;
    statistics_interval(&result, options);
    return result;
}

size_t control_pairs(const double *values, size_t count, double *pairs)
{
    for (size_t i = 0; i < count / 2; i++)
        pairs[i] = 0.5 * (values[2 * i] + values[2 * i + 1]); /* NaN goes through */
    return count / 2;
}
