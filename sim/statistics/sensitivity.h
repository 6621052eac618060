/* Which inputs an output hangs on: Morris's screening and Sobol's indices, from the outputs of a design.
 *
 * Morris (1991, "Factorial sampling plans for preliminary computational experiments", Technometrics 33(2)): trajectories through the
 * unit cube that move one input at a time. The change of the output over the step is one elementary effect of that input. mu, the
 * mean effect, says how the input pulls; mu*, the mean absolute effect (Campolongo, Cariboni & Saltelli 2007, "An effective screening
 * design for sensitivity analysis of large models", Env. Modelling & Software 22(10)), how strongly, even where it pulls both
 * ways; sigma, their spread, whether the effect depends on where one is: on nonlinearity or on other inputs.
 *
 * Sobol (1993): the share of the output's variance that goes away, on average, when an input is known (first order), and the
 * share that stays when all others are known (total: with all its interactions). From two independent samples A and B of n rows
 * and, for each input i, AB_i: A with column i from B (Saltelli et al. 2010, "Variance based sensitivity analysis of model output",
 * Computer Physics Communications 181(2), table 2):
 *
 *     first_i = mean(y_B (y_AB - y_A)) / V      (b)          total_i = mean((y_A - y_AB)^2) / (2 V)      (f), Jansen 1999
 *
 * V: variance over A and B together; y_B less the mean over A and B, which changes the expectation by nothing and the noise by
 * much. Estimates can fall below 0 or above 1 by chance; they are not cut.
 *
 * Intervals: Student's t for mu and mu*, which are means of independent trajectories; for the others the percentile bootstrap over
 * trajectories or rows (Archer, Saltelli & Sobol 1997, "Sensitivity measures, ANOVA-like techniques and the use of bootstrap",
 * J. Stat. Comput. Simul. 58), resampled by our own streams, the same for all inputs, so equal outputs give equal bits. Rows of a
 * low-discrepancy sequence are more even than independent ones: then these intervals are too wide rather than too narrow. Levels
 * beyond 99 % rest on the outermost few of the resamples.
 *
 * Where the output is a mean over few replications, its noise counts as one more input, which acts on the differences as well: it
 * raises totals and mu* of inputs that do nothing. Common random numbers at all points take most of it away.
 *
 * Rows with an undefined (NaN) output are dropped and counted out. */
#ifndef NINES_SIM_SENSITIVITY_H
#define NINES_SIM_SENSITIVITY_H

#include <stddef.h>
#include <stdint.h>

/* An index with its interval; NaN where there is none. */
struct sensitivity_index {
    double value, low, high;
};

struct sensitivity_morris {
    uint32_t n; /* effects used */
    struct sensitivity_index mu, mu_star, sigma;
};

struct sensitivity_sobol {
    uint32_t n; /* rows used */
    struct sensitivity_index first, total;
};

enum { SENSITIVITY_RESAMPLES = 500 };

/* Of one input's elementary effects, one a trajectory. level: of the intervals, in (0, 1). scratch: room for
 * count + SENSITIVITY_RESAMPLES doubles. O(resamples x count). */
struct sensitivity_morris sensitivity_morris(const double *effects, size_t count, double level, double *scratch);

/* Outputs at the rows of A, B and AB_i. */
struct sensitivity_rows {
    const double *a, *b, *ab; /* [count] */
    size_t count;
};

/* Of one input. scratch: room for 3 x count + 2 x SENSITIVITY_RESAMPLES doubles. Undefined when the output does not vary or has less
 * than two rows. O(resamples x count). */
struct sensitivity_sobol sensitivity_sobol(const struct sensitivity_rows *rows, double level, double *scratch);

#endif
