#include "sim/statistics/fieller.h"

#include <math.h>

/* Variances and covariance of the means of e and b. */
struct moments {
    double ee, eb, bb;
};

static struct moments moments_of(const double *a, const double *b, size_t count, double n, double ratio, double mean_b)
{
    struct moments sum = {0};
    for (size_t i = 0; i < count; i++) {
        if (isnan(a[i]) || isnan(b[i]))
            continue;
        double e = a[i] - ratio * b[i], from_mean = b[i] - mean_b; /* the mean of e is 0 */
        sum.ee += e * e;
        sum.eb += e * from_mean;
        sum.bb += from_mean * from_mean;
    }
    double scale = 1 / (n * (n - 1));
    return (struct moments){sum.ee * scale, sum.eb * scale, sum.bb * scale};
}

static void set_ends(struct statistics *s, const struct moments *of, double mean_b)
{
    double t = statistics_t(s->level, (double)s->n - 1), u = t * t / (mean_b * mean_b), left = 1 - u * of->bb;
    if (left <= 0)
        return;
    double under = of->ee - u * (of->ee * of->bb - of->eb * of->eb);
    double half = t / fabs(mean_b) * sqrt(under > 0 ? under : 0);
    s->ci_low = s->mean + (-u * of->eb - half) / left;
    s->ci_high = s->mean + (-u * of->eb + half) / left;
}

struct statistics fieller_of(const double *a, const double *b, size_t count, double level)
{
    struct statistics s = {.mean = NAN, .sd = NAN, .error = NAN, .degrees = NAN, .ci_low = NAN, .ci_high = NAN, .level = level, .p = NAN,
                           .method = STATISTICS_NONE, .p05 = NAN, .p50 = NAN, .p95 = NAN};
    double sum_a = 0, sum_b = 0;
    for (size_t i = 0; i < count; i++) {
        if (isnan(a[i]) || isnan(b[i])) {
            s.n_undefined++;
            continue;
        }
        sum_a += a[i];
        sum_b += b[i];
        s.n++;
    }
    double mean_b = sum_b / s.n;
    if (s.n == 0 || mean_b == 0)
        return s;
    s.mean = sum_a / sum_b;
    if (s.n < 2)
        return s;
    struct moments of = moments_of(a, b, count, s.n, s.mean, mean_b);
    if (sqrt(of.ee) <= 1e-12 * fabs(s.mean * mean_b)) { /* the same ratio in every pair, but for rounding */
        s.method = STATISTICS_CONSTANT;
        s.ci_low = s.ci_high = s.mean;
        return s;
    }
    s.method = STATISTICS_FIELLER;
    set_ends(&s, &of, mean_b);
    return s;
}
