/* Laws fitted by maximum likelihood: known parameters come back, and no neighbour is likelier. */
#include "sim/chance/law.h"
#include "sim/statistics/fit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { N = 20000 };

static double *draws(const char *text, uint64_t seed)
{
    struct law law;
    char why[256];
    double *values = malloc(N * sizeof *values);
    assert_true(law_parse(text, &law, why, sizeof why, NULL));
    struct stream stream = stream_open(stream_key(seed, 0, "fit"));
    for (int i = 0; i < N; i++)
        values[i] = law_draw(&law, &stream) / 3600;
    return values;
}

static void assert_close(double value, double wanted, double relative)
{
    if (!(fabs(value / wanted - 1) <= relative))
        fail_msg("%g is not within %g of %g", value, relative, wanted);
}

static void parameters_that_were_drawn_from_come_back(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum fit_law law;
        double a, b;
    } cases[] = {
        {"exponential(7 h)", FIT_EXPONENTIAL, 7, NAN},          {"weibull(0.48, 14.37 h)", FIT_WEIBULL, 0.48, 14.37},
        {"weibull(3, 2 h)", FIT_WEIBULL, 3, 2},                 {"lognormal(1.5, 2.4)", FIT_LOGNORMAL, 1.5, 2.4},
        {"gamma(0.2, 788 h)", FIT_GAMMA, 0.2, 788},             {"gamma(4, 0.01 h)", FIT_GAMMA, 4, 0.01},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double *values = draws(cases[i].text, i);
        struct fit fit = fit_of(cases[i].law, values, N);
        assert_true(fit.found);
        assert_close(fit.a, cases[i].a, 0.05);
        if (!isnan(cases[i].b))
            assert_close(fit.b, cases[i].b, 0.08);
        free(values);
    }
}

/* ln of the density, from its definition. */
static double log_density(enum fit_law law, double a, double b, double x)
{
    switch (law) {
    case FIT_EXPONENTIAL: return -log(a) - x / a;
    case FIT_WEIBULL: return log(a / b) + (a - 1) * log(x / b) - pow(x / b, a);
    case FIT_LOGNORMAL: return -log(x) - 0.5 * log(2 * M_PI) - log(b) - (log(x) - a) * (log(x) - a) / (2 * b * b);
    case FIT_GAMMA: return (a - 1) * log(x) - x / b - lgamma(a) - a * log(b);
    case FIT_LAWS: break;
    }
    return NAN;
}

static double log_likelihood(enum fit_law law, double a, double b, const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += log_density(law, a, b, values[i]);
    return sum;
}

static void the_likelihood_is_the_sum_of_densities_and_no_neighbour_is_likelier(void **state)
{
    (void)state;
    double *values = draws("lognormal(0.6, 1.0)", 9);
    enum { FEW = 200 };
    for (int law = 0; law < FIT_LAWS; law++) {
        struct fit fit = fit_of((enum fit_law)law, values, FEW);
        double at = log_likelihood((enum fit_law)law, fit.a, fit.b, values, FEW);
        assert_true(fabs(at - fit.log_likelihood) < 1e-6 * fabs(at));
        for (int corner = 0; corner < 4 && law != FIT_LOGNORMAL; corner++) {
            double a = fit.a * (corner & 1 ? 1.01 : 0.99), b = fit.b * (corner & 2 ? 1.01 : 0.99);
            assert_true(log_likelihood((enum fit_law)law, a, b, values, FEW) < at);
        }
    }
    free(values);
}

static void what_cannot_be_fitted_says_so(void **state)
{
    (void)state;
    static const double same[] = {2, 2, 2}, one[] = {1};
    for (int law = 0; law < FIT_LAWS; law++) {
        assert_false(fit_of((enum fit_law)law, same, 3).found);
        assert_false(fit_of((enum fit_law)law, one, 1).found);
    }
}

/* Fits do not depend on the unit, though the numbers do. */
static void a_change_of_unit_changes_the_scale_alone(void **state)
{
    (void)state;
    double *values = draws("weibull(0.6, 3 h)", 4);
    struct fit hours = fit_of(FIT_WEIBULL, values, 500);
    for (int i = 0; i < 500; i++)
        values[i] *= 1e9;
    struct fit tiny = fit_of(FIT_WEIBULL, values, 500);
    assert_close(tiny.a, hours.a, 1e-6);
    assert_close(tiny.b, hours.b * 1e9, 1e-6);
    free(values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_that_were_drawn_from_come_back),
        cmocka_unit_test(the_likelihood_is_the_sum_of_densities_and_no_neighbour_is_likelier),
        cmocka_unit_test(what_cannot_be_fitted_says_so),
        cmocka_unit_test(a_change_of_unit_changes_the_scale_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
