/* Laws fitted to positive numbers by maximum likelihood.
 *
 * The exponential and the lognormal law have closed forms. For the Weibull and the gamma law the scale is known once the shape is, so the
 * likelihood is a function of the shape alone, with one maximum (Johnson, Kotz & Balakrishnan 1994, "Continuous Univariate
 * Distributions" volume 1, sections 17.7 and 21.7), and GSL's Brent minimiser finds it. Numbers are divided by their geometric mean
 * first, so their unit does not matter. */
#ifndef NINES_SIM_FIT_H
#define NINES_SIM_FIT_H

#include <stdbool.h>
#include <stddef.h>

enum fit_law { FIT_EXPONENTIAL, FIT_WEIBULL, FIT_LOGNORMAL, FIT_GAMMA, FIT_LAWS };

struct fit {
    bool found;            /* false: fewer than two different values, or no maximum within shapes 0.01 to 100 */
    double a, b;           /* exponential: mean; weibull, gamma: shape, scale; lognormal: mu, sigma of ln(x), with n - 1 */
    double log_likelihood;
};

/* values[n]: above 0 and finite. */
struct fit fit_of(enum fit_law law, const double *values, size_t n);
/* "exponential", "weibull", "lognormal", "gamma". */
const char *fit_name(enum fit_law law);

#endif
