/* Quantiles of laws, against GSL's inverses and against the laws' own distribution. */
#include "sim/chance/law.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void near(double a, double b, double relative)
{
    if (!(fabs(a - b) <= relative * fabs(b)))
        fail_msg("%.17g is not %.17g", a, b);
}

static void the_normal_quantile_agrees_with_gsl(void **state)
{
    (void)state;
    for (int i = 1; i < 2000; i++)
        if (i != 1000)
            near(law_normal_quantile(i / 2000.0), gsl_cdf_ugaussian_Pinv(i / 2000.0), 1e-12);
    assert_true(law_normal_quantile(0.5) == 0);
    for (double u = 1e-300; u < 0.1; u *= 1e7)
        near(law_normal_quantile(u), gsl_cdf_ugaussian_Pinv(u), 1e-9); /* as far as GSL's own tail goes */
}

static struct law law_of(const char *text)
{
    struct law law;
    char why[256];
    assert_true(law_parse(text, &law, why, sizeof why, NULL));
    return law;
}

static void quantiles_of_laws_agree_with_gsl(void **state)
{
    (void)state;
    struct law uniform = law_of("uniform(1 h, 3 h)"), exponential = law_of("exponential(2 h)");
    struct law weibull = law_of("weibull(0.48, 14.37 h)"), lognormal = law_of("lognormal_median(2 h, 0.7)");
    struct law pareto = law_of("pareto(1.5, 1 h)"), constant = law_of("3 h");
    for (double u = 0.003; u < 1; u += 0.017) {
        near(law_quantile(&uniform, u), gsl_cdf_flat_Pinv(u, 3600, 10800), 1e-12);
        near(law_quantile(&exponential, u), gsl_cdf_exponential_Pinv(u, 7200), 1e-12);
        near(law_quantile(&weibull, u), gsl_cdf_weibull_Pinv(u, 14.37 * 3600, 0.48), 1e-12);
        near(law_quantile(&lognormal, u), gsl_cdf_lognormal_Pinv(u, log(7200), 0.7), 1e-11);
        near(law_quantile(&pareto, u), gsl_cdf_pareto_Pinv(u, 1.5, 3600), 1e-12);
        assert_true(law_quantile(&constant, u) == 10800);
    }
}

static void a_hyperexponential_law_stays_below_its_quantile_with_that_probability(void **state)
{
    (void)state;
    struct law law = law_of("hyperexponential(0.9, 1 h, 20 h)");
    for (double u = 0.001; u < 1; u += 0.0371) {
        double x = law_quantile(&law, u);
        near(0.9 * (1 - exp(-x / 3600)) + 0.1 * (1 - exp(-x / 72000)), u, 1e-10);
    }
}

static void a_gamma_law_has_no_quantile(void **state)
{
    (void)state;
    struct law law = law_of("gamma(2, 3 h)");
    assert_true(isnan(law_quantile(&law, 0.5)));
}

static void a_law_times_a_factor_has_so_many_times_the_mean_and_the_spread(void **state)
{
    (void)state;
    static const char *const laws[] = {"2 h", "uniform(1 h, 3 h)", "exponential(2 h)", "weibull(0.7, 3 h)", "lognormal(1, 0.5)",
                                       "gamma(2, 3 h)", "hyperexponential(0.9, 1 h, 20 h)", "pareto(2.5, 1 h)"};
    for (size_t i = 0; i < sizeof laws / sizeof *laws; i++) {
        struct law law = law_of(laws[i]), longer = law_times(&law, 2.5);
        near(law_mean(&longer), 2.5 * law_mean(&law), 1e-12);
        near(law_variance(&longer), 6.25 * law_variance(&law), 1e-11);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_normal_quantile_agrees_with_gsl),
        cmocka_unit_test(quantiles_of_laws_agree_with_gsl),
        cmocka_unit_test(a_hyperexponential_law_stays_below_its_quantile_with_that_probability),
        cmocka_unit_test(a_gamma_law_has_no_quantile),
        cmocka_unit_test(a_law_times_a_factor_has_so_many_times_the_mean_and_the_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
