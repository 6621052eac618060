#include "sim/statistics/distribution.h"

#include "sim/base/check.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

double distribution_round(double value)
{
    int exponent;
    if (!isfinite(value) || value == 0)
        return value;
    double fraction = frexp(value, &exponent);
    return ldexp(rint(ldexp(fraction, 30)), exponent - 30);
}

double distribution_normal(double z) { return distribution_round(gsl_cdf_ugaussian_P(z)); }

double distribution_normal_quantile(double p)
{
    check(p > 0 && p < 1, "normal quantile of %g", p);
    return distribution_round(gsl_cdf_ugaussian_Pinv(p));
}

double distribution_t_beyond(double t, double degrees)
{
    check(degrees > 0, "%g degrees of freedom", degrees);
    return isinf(t) ? 0.0 : distribution_round(2 * gsl_cdf_tdist_Q(fabs(t), degrees));
}

double distribution_binomial(uint32_t k, double p, uint32_t n)
{
    check(p >= 0 && p <= 1, "chance %g", p);
    return k >= n ? 1.0 : distribution_round(gsl_cdf_binomial_P(k, p, n));
}
