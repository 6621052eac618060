/* log, exp and pow with the same bits on every CPU, compiler and optimisation level: glibc picks its code by CPU and differs in
 * the last bit, so everything that decides what is simulated goes through here. SLEEF's scalar "cinz" functions (no
 * FMA, no CPU dispatch; Shibata & Petrogalli 2020, "SLEEF: a portable vectorized library of C standard mathematical
 * functions"). Error below 1 unit in the last place. */
#ifndef NINES_SIM_KERNEL_H
#define NINES_SIM_KERNEL_H

double kernel_log(double x);
double kernel_exp(double x);
double kernel_pow(double x, double y);
/* Euler's Gamma function, for the means of laws; infinity above 171.6. */
double kernel_gamma(double x);

#endif
