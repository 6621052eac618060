/* Distribution functions with the same bits on every machine.
 *
 * GSL's values depend in their last bits on the libm of the machine. Everything that statistics reads from them is rounded to 30
 * significant bits (a relative error below 1e-9), so results files stay byte for byte the same and no comparison with a limit falls
 * differently elsewhere, but for values within 1e-13 of the middle between two roundings. */
#ifndef NINES_SIM_STATISTICS_DISTRIBUTION_H
#define NINES_SIM_STATISTICS_DISTRIBUTION_H

#include <stdint.h>

/* value to 30 significant bits; infinities and NaN stay. */
double distribution_round(double value);
/* P(Z <= z) of a standard normal. */
double distribution_normal(double z);
/* Its inverse; p in (0, 1). */
double distribution_normal_quantile(double p);
/* P(|T| > |t|) of Student's t; degrees > 0. Infinite t: 0. */
double distribution_t_beyond(double t, double degrees);
/* P(K <= k) of a binomial: n trials with chance p in [0, 1]. */
double distribution_binomial(uint32_t k, double p, uint32_t n);

#endif
