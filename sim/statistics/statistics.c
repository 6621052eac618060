#include "sim/statistics/statistics.h"

#include "sim/base/check.h"
#include "sim/chance/kernel.h"
#include "sim/statistics/bootstrap.h"
#include "sim/statistics/distribution.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

const char *statistics_method_name(enum statistics_method method)
{
    switch (method) {
    case STATISTICS_STUDENT_T: return "student t";
    case STATISTICS_RULE_OF_THREE: return "rule of three";
    case STATISTICS_CONSTANT: return "constant";
    case STATISTICS_JACKKNIFE: return "jackknife";
    case STATISTICS_BCA: return "bca";
    case STATISTICS_CONTROL: return "control variate";
    case STATISTICS_BATCH_MEANS: return "batch means";
    case STATISTICS_LINEARISED: return "linearised";
    case STATISTICS_ORDER: return "order statistics";
    case STATISTICS_FIELLER: return "fieller";
    case STATISTICS_NONE: break;
    }
    return "none";
}

double statistics_t(double level, double degrees)
{
    check(level > 0 && level < 1 && degrees > 0, "level %g, degrees %g", level, degrees);
    /* GSL's result depends in its last bits on the libm of the machine. Rounded to 2^-30 it does not, and results files
     * stay byte for byte the same. */
    const double grain = 1073741824.0;
    double t = gsl_cdf_tdist_Pinv(0.5 + level / 2, degrees);
    return t < 0x1p20 ? rint(t * grain) / grain : t;
}

static struct statistics undefined_statistics(uint32_t undefined, double level)
{
    return (struct statistics){.n_undefined = undefined, .mean = NAN, .sd = NAN, .error = NAN, .degrees = NAN,
                               .ci_low = NAN, .ci_high = NAN, .level = level, .p = NAN, .method = STATISTICS_NONE,
                               .p05 = NAN, .p50 = NAN, .p95 = NAN};
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double statistics_quantile(const double *sorted, size_t count, double p)
{
    check(count > 0 && p >= 0 && p <= 1, "quantile %g of %zu values", p, count);
    double position = (double)(count - 1) * p;
    size_t below = (size_t)floor(position);
    if (below + 1 >= count)
        return sorted[count - 1];
    return sorted[below] + (position - (double)below) * (sorted[below + 1] - sorted[below]);
}

/* Mean and sd (n - 1) in two passes with the rounding error of the first carried into the second (Chan, Golub & LeVeque
 * 1983, equation 1.7). n > 0. */
static void mean_and_sd(const double *values, size_t n, double *mean, double *sd)
{
    double sum = 0, low = values[0], high = values[0];
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    if (low == high) {
        *mean = low;
        *sd = n > 1 ? 0.0 : (double)NAN;
        return;
    }
    double first = sum / (double)n, error = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        double distance = values[i] - first;
        error += distance;
        squares += distance * distance;
    }
    double refined = first + error / (double)n;
    *mean = refined < low ? low : refined > high ? high : refined;
    double variance = (squares - error * error / (double)n) / (double)(n - 1);
    *sd = variance > 0 ? sqrt(variance) : 0.0;
}

double statistics_clean_bound(uint32_t n, double level)
{
    double bound = -kernel_log(1 - level) / (double)n;
    return bound < 1 ? bound : 1;
}

double statistics_p(double estimate, double error, double degrees, double margin)
{
    double beyond = fabs(estimate) - margin;
    if (isnan(estimate) || isnan(error))
        return NAN;
    if (!(beyond > 0))
        return 1;
    return error > 0 ? distribution_t_beyond(beyond / error, degrees) : 0.0;
}

static void cut(struct statistics *s, const struct statistics_options *options)
{
    bool is_cut = options->is_availability || options->is_share;
    if ((is_cut || options->is_duration) && s->ci_low < 0)
        s->ci_low = 0;
    if (is_cut && s->ci_high > 1)
        s->ci_high = 1;
}

static void interval(struct statistics *s)
{
    double half = s->error == 0 ? 0.0 : statistics_t(s->level, s->degrees) * s->error;
    s->ci_low = s->mean - half;
    s->ci_high = s->mean + half;
}

void statistics_interval(struct statistics *s, const struct statistics_options *options)
{
    interval(s);
    cut(s, options);
}

/* Interval of a mean of n independent values. */
static void interval_of_mean(struct statistics *s)
{
    if (s->n < 2)
        return;
    s->method = s->sd == 0 ? STATISTICS_CONSTANT : STATISTICS_STUDENT_T;
    s->error = s->sd / sqrt((double)s->n);
    s->degrees = (double)(s->n - 1);
    interval(s);
}

/* Summary of n values that are all defined, which it sorts. */
static struct statistics summarise(double *values, size_t n, uint32_t undefined, const struct statistics_options *options)
{
    struct statistics s = undefined_statistics(undefined, options->level);
    if (n == 0)
        return s;
    s.n = (uint32_t)n;
    mean_and_sd(values, n, &s.mean, &s.sd);
    interval_of_mean(&s);
    if (options->resamples != NULL && s.method == STATISTICS_STUDENT_T) {
        struct bootstrap bootstrap = bootstrap_of(values, n, options->resamples);
        bootstrap_interval(&bootstrap, s.level, &s.ci_low, &s.ci_high);
        s.p = bootstrap_p(&bootstrap, options->margin);
        s.method = STATISTICS_BCA;
    }
    qsort(values, n, sizeof *values, compare_doubles);
    s.p05 = statistics_quantile(values, n, 0.05);
    s.p50 = statistics_quantile(values, n, 0.50);
    s.p95 = statistics_quantile(values, n, 0.95);
    return s;
}

static bool all_equal(const double *sorted, size_t n, double value)
{
    return n > 0 && sorted[0] == value && sorted[n - 1] == value;
}

struct statistics statistics_of(const double *values, size_t count, const struct statistics_options *options,
                                double *scratch)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(values[i]))
            scratch[n++] = values[i];
    struct statistics s = summarise(scratch, n, (uint32_t)(count - n), options);
    s.p = NAN; /* a mean is not tested */
    if (options->is_availability && all_equal(scratch, n, 1)) {
        s.method = STATISTICS_RULE_OF_THREE;
        s.is_bound = true;
        s.error = s.degrees = NAN;
        s.ci_low = 1 - statistics_clean_bound(s.n, s.level);
        s.ci_high = 1;
    }
    cut(&s, options);
    return s;
}

struct statistics statistics_of_difference(const double *a, const double *b, size_t count,
                                           const struct statistics_options *options, double *scratch)
{
    size_t n = 0;
    bool clean = true;
    for (size_t i = 0; i < count; i++) {
        if (isnan(a[i]) || isnan(b[i]))
            continue;
        clean = clean && a[i] == 1 && b[i] == 1;
        scratch[n++] = a[i] - b[i];
    }
    struct statistics s = summarise(scratch, n, (uint32_t)(count - n), options);
    if (options->is_availability && clean && n > 0) {
        s.method = STATISTICS_RULE_OF_THREE;
        s.is_bound = true;
        s.error = s.degrees = NAN;
        s.ci_high = statistics_clean_bound(s.n, s.level);
        s.ci_low = -s.ci_high;
        s.p = 1;
    }
    if (s.method == STATISTICS_STUDENT_T || s.method == STATISTICS_CONSTANT)
        s.p = statistics_p(s.mean, s.error, s.degrees, options->margin);
    return s;
}

/* Jackknife standard error of sum(a)/sum(b) over the n complete pairs. */
static double ratio_error(const double *a, const double *b, size_t count, double sum_a, double sum_b, double n)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(a[i]) && !isnan(b[i]))
            sum += (sum_a - a[i]) / (sum_b - b[i]);
    for (size_t i = 0; i < count; i++) {
        if (isnan(a[i]) || isnan(b[i]))
            continue;
        double distance = (sum_a - a[i]) / (sum_b - b[i]) - sum / n;
        squares += distance * distance;
    }
    return sqrt((n - 1) / n * squares);
}

struct statistics statistics_of_ratio(const double *a, const double *b, size_t count,
                                      const struct statistics_options *options, double *scratch)
{
    size_t n = 0;
    double sum_a = 0, sum_b = 0;
    bool positive = true;
    for (size_t i = 0; i < count; i++) {
        if (isnan(a[i]) || isnan(b[i]))
            continue;
        sum_a += a[i];
        sum_b += b[i];
        positive = positive && b[i] > 0;
        scratch[n++] = positive ? a[i] / b[i] : 0;
    }
    if (n < 2 || !positive)
        return undefined_statistics((uint32_t)(count - n), options->level);
    struct statistics_options plain = {.level = options->level};
    struct statistics s = summarise(scratch, n, (uint32_t)(count - n), &plain);
    if (s.method == STATISTICS_CONSTANT) { /* the same ratio in every pair is the ratio of the means, without error */
        s.p = statistics_p(s.mean - 1, 0, s.degrees, options->margin);
        return s;
    }
    double error = ratio_error(a, b, count, sum_a, sum_b, (double)n);
    if (error <= 1e-12 * fabs(sum_a / sum_b)) { /* the same ratio in every pair but for rounding */
        error = s.sd = 0;
        s.method = STATISTICS_CONSTANT;
    } else {
        s.sd = error * sqrt((double)n);
        s.method = STATISTICS_JACKKNIFE;
    }
    s.mean = sum_a / sum_b;
    s.error = error;
    interval(&s);
    s.p = statistics_p(s.mean - 1, s.error, s.degrees, options->margin);
    return s;
}

void statistics_running_add(struct statistics_running *running, double value)
{
    if (isnan(value)) {
        running->n_undefined++;
        return;
    }
    running->n++;
    double before = value - running->mean;
    running->mean += before / (double)running->n;
    running->squares += before * (value - running->mean);
}

struct statistics statistics_running_end(const struct statistics_running *running, double level)
{
    struct statistics s = undefined_statistics(running->n_undefined, level);
    s.n = running->n;
    if (s.n == 0)
        return s;
    s.mean = running->mean;
    s.sd = s.n > 1 ? sqrt(running->squares / (double)(s.n - 1)) : (double)NAN;
    interval_of_mean(&s);
    return s;
}
