/* Means and draws. Text is law_text.c. */
#include "sim/chance/law.h"

#include "sim/base/check.h"
#include "sim/chance/kernel.h"

#include <float.h>
#include <math.h>

#include "sim/base/nomalloc.h"

double law_mean(const struct law *law)
{
    switch (law->kind) {
    case LAW_CONSTANT:
    case LAW_EXPONENTIAL:
        return law->a;
    case LAW_UNIFORM:
        return law->a + (law->b - law->a) / 2;
    case LAW_WEIBULL:
        return law->b * kernel_gamma(1 + 1 / law->a);
    case LAW_LOGNORMAL:
        return kernel_exp(law->a + law->b * law->b / 2);
    case LAW_GAMMA:
        return law->a * law->b;
    case LAW_HYPEREXPONENTIAL:
        return law->a * law->b + (1 - law->a) * law->c;
    case LAW_PARETO:
        return law->a > 1 ? law->a * law->b / (law->a - 1) : (double)INFINITY;
    case LAW_EMPIRICAL:
        return law->b * law->sample->sum[law->sample->count - 1] / (double)law->sample->count;
    }
    check(false, "law of unknown kind %d", (int)law->kind);
}

static double sample_variance(const struct law *law)
{
    double mean = law_mean(law), sum = 0;
    for (size_t i = 0; i < law->sample->count; i++) {
        double off = law->b * law->sample->value[i] - mean;
        sum += off * off;
    }
    return sum / (double)law->sample->count; /* of the law, not an estimate of another's */
}

double law_variance(const struct law *law)
{
    double mean = law_mean(law);
    double a = law->a, b = law->b;
    switch (law->kind) {
    case LAW_CONSTANT:
        return 0;
    case LAW_UNIFORM:
        return (b - a) * (b - a) / 12;
    case LAW_EXPONENTIAL:
        return mean * mean;
    case LAW_WEIBULL:
        return b * b * kernel_gamma(1 + 2 / a) - mean * mean;
    case LAW_LOGNORMAL:
        return (kernel_exp(b * b) - 1) * mean * mean;
    case LAW_GAMMA:
        return a * b * b;
    case LAW_HYPEREXPONENTIAL: /* E[X^2] of an exponential is twice its mean squared */
        return 2 * (a * b * b + (1 - a) * law->c * law->c) - mean * mean;
    case LAW_PARETO:
        return a > 2 ? b * b * a / ((a - 1) * (a - 1) * (a - 2)) : (double)INFINITY;
    case LAW_EMPIRICAL:
        return sample_variance(law);
    }
    check(false, "law of unknown kind %d", (int)law->kind);
}

/* x to the power of y for x > 0, to about |y log x| units in the last place: enough for a sample, and cheaper than
 * kernel_pow, which spends most of its time on that last bit. */
static double power(double x, double y)
{
    return kernel_exp(y * kernel_log(x));
}

/* Gamma of scale 1 (Marsaglia & Tsang 2000, "A simple method for generating gamma variables", section 6 for shapes below 1,
 * which are boosted by one and thinned by a power of a uniform). */
static double draw_gamma(double shape, struct stream *stream)
{
    double boost = 1;
    if (shape < 1) {
        boost = power(stream_uniform(stream), 1 / shape);
        shape += 1;
    }
    double d = shape - 1.0 / 3;
    double c = 1 / sqrt(9 * d);
    for (;;) {
        double x = stream_normal(stream);
        double v = 1 + c * x;
        if (v <= 0)
            continue;
        v = v * v * v;
        double u = stream_uniform(stream);
        double square = x * x;
        if (u < 1 - 0.0331 * square * square || kernel_log(u) < square / 2 + d * (1 - v + kernel_log(v)))
            return d * v * boost;
    }
}

static double draw_uniform(double low, double high, struct stream *stream)
{
    return low + (high - low) * stream_uniform(stream);
}

static double draw_lognormal(double mu, double sigma, struct stream *stream)
{
    return kernel_exp(mu + sigma * stream_normal(stream));
}

static double draw_pareto(double shape, double minimum, struct stream *stream)
{
    return minimum * power(stream_uniform(stream), -1 / shape);
}

/* A place in 0 to count - 1. */
static size_t draw_place(size_t count, struct stream *stream)
{
    size_t place = (size_t)(stream_uniform(stream) * (double)count);
    return place < count ? place : count - 1;
}

/* Each value in proportion to its length: the first whose running sum is above a uniform share of the total. */
static double draw_longer(const struct law_sample *sample, struct stream *stream)
{
    double at = stream_uniform(stream) * sample->sum[sample->count - 1];
    size_t low = 0, high = sample->count - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sample->sum[middle] > at)
            high = middle;
        else
            low = middle + 1;
    }
    return sample->value[low];
}

static double draw(const struct law *law, struct stream *stream)
{
    switch (law->kind) {
    case LAW_CONSTANT:
        return law->a;
    case LAW_UNIFORM:
        return draw_uniform(law->a, law->b, stream);
    case LAW_EXPONENTIAL:
        return law->a * stream_exponential(stream);
    case LAW_WEIBULL:
        return law->b * power(stream_exponential(stream), 1 / law->a);
    case LAW_LOGNORMAL:
        return draw_lognormal(law->a, law->b, stream);
    case LAW_GAMMA:
        return law->b * draw_gamma(law->a, stream);
    case LAW_HYPEREXPONENTIAL: {
        double mean = stream_chance(stream, law->a) ? law->b : law->c;
        return mean * stream_exponential(stream);
    }
    case LAW_PARETO:
        return draw_pareto(law->a, law->b, stream);
    case LAW_EMPIRICAL:
        return law->b * law->sample->value[draw_place(law->sample->count, stream)];
    }
    check(false, "law of unknown kind %d", (int)law->kind);
}

/* The length-biased form: density x f(x) / E[X]. Exponential and hyperexponential do not come here. */
static double draw_biased(const struct law *law, struct stream *stream)
{
    switch (law->kind) {
    case LAW_CONSTANT:
        return law->a;
    case LAW_UNIFORM: { /* density in proportion to x: the square is uniform */
        double low = law->a * law->a;
        return sqrt(draw_uniform(low, law->b * law->b, stream));
    }
    case LAW_WEIBULL: /* (X/scale)^shape of density y^(1/shape) e^-y */
        return law->b * power(draw_gamma(1 + 1 / law->a, stream), 1 / law->a);
    case LAW_LOGNORMAL:
        return draw_lognormal(law->a + law->b * law->b, law->b, stream);
    case LAW_GAMMA:
        return law->b * draw_gamma(law->a + 1, stream);
    case LAW_PARETO:
        return draw_pareto(law->a - 1, law->b, stream);
    case LAW_EMPIRICAL:
        return law->b * draw_longer(law->sample, stream);
    case LAW_EXPONENTIAL:
    case LAW_HYPEREXPONENTIAL:
        break;
    }
    check(false, "no length-biased form of kind %d", (int)law->kind);
}

static double clamp(double seconds)
{
    return seconds < DBL_MAX ? seconds : DBL_MAX;
}

double law_draw(const struct law *law, struct stream *stream)
{
    return clamp(draw(law, stream));
}

double law_draw_residual(const struct law *law, struct stream *stream)
{
    check(law->kind != LAW_PARETO || law->a > 1, "residual life of a law of infinite mean");
    if (law->kind == LAW_EXPONENTIAL) /* has no memory */
        return law->a * stream_exponential(stream);
    if (law->kind == LAW_HYPEREXPONENTIAL) { /* the phase one looks into is length-biased, its rest is exponential again */
        double mean = stream_chance(stream, law->a * law->b / law_mean(law)) ? law->b : law->c;
        return mean * stream_exponential(stream);
    }
    double whole = draw_biased(law, stream);
    return clamp(whole * stream_uniform(stream));
}

static duration at_least_one_tick(double seconds)
{
    duration ticks = duration_from_seconds(seconds);
    return ticks.us > 0 ? ticks : (duration){1};
}

duration law_draw_duration(const struct law *law, struct stream *stream)
{
    if (law->kind == LAW_CONSTANT)
        return duration_from_seconds(law->a);
    return at_least_one_tick(law_draw(law, stream));
}

duration law_draw_residual_duration(const struct law *law, struct stream *stream)
{
    return at_least_one_tick(law_draw_residual(law, stream));
}

bool law_draw_equilibrium_up(const struct law *up, const struct law *down, struct stream *stream)
{
    double mean_up = law_mean(up), mean_down = law_mean(down);
    check(isfinite(mean_up) && isfinite(mean_down) && mean_up + mean_down > 0,
          "no equilibrium between means of %g s up and %g s down", mean_up, mean_down);
    return stream_chance(stream, mean_up / (mean_up + mean_down));
}
