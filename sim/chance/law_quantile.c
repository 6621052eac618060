#include "sim/chance/law.h"

#include "sim/base/check.h"
#include "sim/chance/kernel.h"

#include <math.h>

#include "sim/base/nomalloc.h"

/* numerator / denominator, polynomials of degree 7 in r, lowest power first; denominator[0] is 1. */
static double rational(double r, const double numerator[8], const double denominator[8])
{
    double above = numerator[7], below = denominator[7];
    for (int i = 6; i >= 0; i--) {
        above = above * r + numerator[i];
        below = below * r + denominator[i];
    }
    return above / below;
}

/* Algorithm AS 241, PPND16 (Wichura 1988, "The percentage points of the normal distribution", Applied Statistics 37(3)): three
 * rational approximations, the middle in (u - 1/2)^2, the tails in sqrt(-ln u). */
double law_normal_quantile(double u)
{
    static const double middle[2][8] = {
        {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
         4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3},
        {1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
         3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3}};
    static const double near[2][8] = {
        {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
         1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4},
        {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
         1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9}};
    static const double far[2][8] = {
        {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
         2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7},
        {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
         7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15}};
    double q = u - 0.5;
    if (q >= -0.425 && q <= 0.425)
        return q * rational(0.180625 - q * q, middle[0], middle[1]);
    double r = sqrt(-kernel_log(q < 0 ? u : 1 - u));
    double x = r <= 5 ? rational(r - 1.6, near[0], near[1]) : rational(r - 5, far[0], far[1]);
    return q < 0 ? -x : x;
}

/* The two phases have no inverse in closed form: halving the interval, which the mean of the slower phase scales. */
static double hyperexponential_quantile(const struct law *law, double u)
{
    double slower = law->b > law->c ? law->b : law->c;
    double low = 0, high = slower * -kernel_log(1 - u);
    for (int i = 0; i < 100 && low < high; i++) {
        double middle = low + (high - low) / 2;
        double beyond = law->a * kernel_exp(-middle / law->b) + (1 - law->a) * kernel_exp(-middle / law->c);
        if (beyond > 1 - u)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* The smallest value that at least a share u does not exceed. */
static double sample_quantile(const struct law_sample *sample, double u)
{
    double rank = ceil(u * (double)sample->count);
    size_t place = rank > 1 ? (size_t)rank - 1 : 0;
    return sample->value[place < sample->count ? place : sample->count - 1];
}

double law_quantile(const struct law *law, double u)
{
    check(u > 0 && u < 1, "quantile %g", u);
    switch (law->kind) {
    case LAW_CONSTANT:
        return law->a;
    case LAW_UNIFORM:
        return law->a + u * (law->b - law->a);
    case LAW_EXPONENTIAL:
        return law->a * -kernel_log(1 - u);
    case LAW_WEIBULL:
        return law->b * kernel_pow(-kernel_log(1 - u), 1 / law->a);
    case LAW_LOGNORMAL:
        return kernel_exp(law->a + law->b * law_normal_quantile(u));
    case LAW_HYPEREXPONENTIAL:
        return hyperexponential_quantile(law, u);
    case LAW_PARETO:
        return law->b * kernel_pow(1 - u, -1 / law->a);
    case LAW_EMPIRICAL:
        return law->sample != NULL ? law->b * sample_quantile(law->sample, u) : (double)NAN;
    case LAW_GAMMA:
        break;
    }
    return (double)NAN;
}

struct law law_times(const struct law *law, double factor)
{
    struct law longer = *law;
    switch (law->kind) {
    case LAW_CONSTANT:
    case LAW_EXPONENTIAL:
        longer.a *= factor;
        break;
    case LAW_UNIFORM:
        longer.a *= factor;
        longer.b *= factor;
        break;
    case LAW_WEIBULL:
    case LAW_GAMMA:
    case LAW_PARETO:
    case LAW_EMPIRICAL:
        longer.b *= factor;
        break;
    case LAW_LOGNORMAL:
        longer.a += kernel_log(factor);
        break;
    case LAW_HYPEREXPONENTIAL:
        longer.b *= factor;
        longer.c *= factor;
        break;
    }
    return longer;
}
