#include "sim/statistics/fit.h"

#include "sim/base/check.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_min.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

/* What the likelihoods need of the values. */
struct sample {
    const double *values;
    double n, mean, mean_log;
    double log_sd; /* with n - 1 */
};

static struct sample sample_of(const double *values, size_t n)
{
    struct sample s = {.values = values, .n = (double)n};
    for (size_t i = 0; i < n; i++) {
        check(values[i] > 0 && isfinite(values[i]), "value %zu to fit is %g", i, values[i]);
        s.mean += values[i];
        s.mean_log += log(values[i]);
    }
    s.mean /= s.n;
    s.mean_log /= s.n;
    for (size_t i = 0; i < n; i++)
        s.log_sd += (log(values[i]) - s.mean_log) * (log(values[i]) - s.mean_log);
    s.log_sd = sqrt(s.log_sd / (s.n - 1));
    return s;
}

/* ln of the mean of (x / geometric mean)^shape, without overflow. */
static double log_power_mean(const struct sample *s, double shape)
{
    double largest = 0, sum = 0;
    for (size_t i = 0; i < (size_t)s->n; i++)
        largest = fmax(largest, shape * (log(s->values[i]) - s->mean_log));
    for (size_t i = 0; i < (size_t)s->n; i++)
        sum += exp(shape * (log(s->values[i]) - s->mean_log) - largest);
    return largest + log(sum / s->n);
}

/* Minus the log-likelihood a value, the scale being the best one for the shape, as functions of ln(shape). */
static double weibull_loss(double log_shape, void *sample)
{
    const struct sample *s = sample;
    return log_power_mean(s, exp(log_shape)) - log_shape + s->mean_log + 1;
}

static double gamma_loss(double log_shape, void *sample)
{
    const struct sample *s = sample;
    double shape = exp(log_shape);
    return gsl_sf_lngamma(shape) - shape * (log_shape - log(s->mean)) - (shape - 1) * s->mean_log + shape;
}

/* The ln(shape) of least loss between ln(0.01) and ln(100). */
static bool minimise(double (*loss)(double, void *), struct sample *s, double *at)
{
    enum { STEPS = 48, ITERATIONS = 100 };
    double low = log(0.01), step = 2 * log(100) / STEPS, best = low;
    for (int i = 1; i <= STEPS; i++)
        if (loss(low + i * step, s) < loss(best, s))
            best = low + i * step;
    if (best <= low || best >= low + (STEPS - 0.5) * step)
        return false;
    gsl_function function = {.function = loss, .params = s};
    gsl_min_fminimizer *minimiser = gsl_min_fminimizer_alloc(gsl_min_fminimizer_brent);
    bool fine = minimiser != NULL && gsl_min_fminimizer_set(minimiser, &function, best, best - step, best + step) == GSL_SUCCESS;
    for (int i = 0; fine && i < ITERATIONS; i++) {
        if (gsl_min_fminimizer_iterate(minimiser) != GSL_SUCCESS ||
            gsl_min_test_interval(gsl_min_fminimizer_x_lower(minimiser), gsl_min_fminimizer_x_upper(minimiser), 1e-9, 0) == GSL_SUCCESS)
            break;
    }
    if (fine)
        *at = gsl_min_fminimizer_x_minimum(minimiser);
    if (minimiser != NULL)
        gsl_min_fminimizer_free(minimiser);
    return fine;
}

struct fit fit_of(enum fit_law law, const double *values, size_t n)
{
    struct fit fit = {.a = (double)NAN, .b = (double)NAN, .log_likelihood = (double)NAN};
    if (n < 2)
        return fit;
    struct sample s = sample_of(values, n);
    double at = 0;
    if (!(s.log_sd > 0))
        return fit;
    gsl_error_handler_t *before = gsl_set_error_handler_off();
    switch (law) {
    case FIT_EXPONENTIAL:
        fit = (struct fit){true, s.mean, (double)NAN, -s.n * (log(s.mean) + 1)};
        break;
    case FIT_LOGNORMAL: {
        double variance = s.log_sd * s.log_sd;
        fit = (struct fit){true, s.mean_log, s.log_sd,
                           -s.n * (s.mean_log + 0.5 * log(2 * M_PI * variance)) - 0.5 * (s.n - 1)};
        break;
    }
    case FIT_WEIBULL:
        if (minimise(weibull_loss, &s, &at))
            fit = (struct fit){true, exp(at), exp(s.mean_log + log_power_mean(&s, exp(at)) / exp(at)), -s.n * weibull_loss(at, &s)};
        break;
    case FIT_GAMMA:
        if (minimise(gamma_loss, &s, &at))
            fit = (struct fit){true, exp(at), s.mean / exp(at), -s.n * gamma_loss(at, &s)};
        break;
    case FIT_LAWS:
        break;
    }
    gsl_set_error_handler(before);
    return fit;
}

const char *fit_name(enum fit_law law)
{
    static const char *const names[] = {"exponential", "weibull", "lognormal", "gamma"};
    check(law < FIT_LAWS, "law %d", (int)law);
    return names[law];
}
