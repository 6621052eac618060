/* Probability laws of durations (and of plain positive numbers), as scenario text says them: "weibull(0.48, 14.37 h)".
 *
 * Each law knows its mean, its draw, and the draw of its equilibrium residual life: how long the rest lasts when one looks
 * at a random time. A renewal process that has been running for ever starts with the residual law; starting it fresh would
 * triple the failures of LANL's first weeks (design.md 4.4). The residual of X is U * X*, where X* is length-biased, of density
 * x f(x) / E[X] (Cox 1962, "Renewal theory", section 5.2), and every law here has a length-biased form that can be drawn
 * exactly: a Weibull's is scale * Gamma(1 + 1/shape)^(1/shape), a lognormal's has mu + sigma^2, a gamma's shape + 1, a Pareto's
 * shape - 1; the exponential law forgets, and the phases of the hyperexponential are picked in proportion to p m.
 *
 * text                              parameters                          mean
 * constant(d)                       d >= 0
 * uniform(low, high)                0 <= low < high
 * exponential(mean)                 mean > 0
 * weibull(shape, scale)             both > 0                            scale * Gamma(1 + 1/shape)
 * lognormal(mu, sigma [, unit])     of ln(hours) unless unit is given    exp(mu + sigma^2/2)
 * lognormal_median(median, sigma)   median > 0, sigma >= 0
 * gamma(shape, scale)               both > 0                            shape * scale
 * hyperexponential(p, m1, m2)       0 < p < 1; mean m1 with prob. p      p m1 + (1-p) m2
 * pareto(shape, minimum)            shape > 1 (else the mean is infinite; refused where a mean is needed)
 * empirical(file [, unit [, times]])    values somebody measured          their mean, times `times`
 * A bare quantity "3 h" means constant(3 h). Durations are in seconds inside.
 *
 * The empirical law draws each of its values equally often. Its residual is U times a value picked in proportion to its length:
 * the distribution function of the residual is then the mean of min(x / value, 1), weighted by the values, as it must be. Only the
 * text says which file: whoever reads the text reads the file too and hands the values over (sim/scenario/scenario_law.c does). */
#ifndef NINES_SIM_LAW_H
#define NINES_SIM_LAW_H

#include "sim/chance/random.h"
#include "sim/base/units.h"

#include <stdbool.h>
#include <stddef.h>

enum law_kind {
    LAW_CONSTANT,
    LAW_UNIFORM,
    LAW_EXPONENTIAL,
    LAW_WEIBULL,
    LAW_LOGNORMAL,
    LAW_GAMMA,
    LAW_HYPEREXPONENTIAL,
    LAW_PARETO,
    LAW_EMPIRICAL
};

/* Measured values, owned by whoever read them; they outlive the law. */
struct law_sample {
    const char *file;    /* as the text names it, below LAW_FILE_MAX bytes */
    const double *value; /* [count] seconds, ascending, none below 0 */
    const double *sum;   /* [count] value[0] + ... + value[i]; the last is above 0 */
    size_t count;        /* at least 1 */
};
enum { LAW_FILE_MAX = 64 };

struct law {
    enum law_kind kind;
    double a, b, c; /* parameters in the order of the table above; durations in seconds, mu of ln(seconds); of an empirical law a is the
                       unit of bare numbers in seconds, 0 where none is given, and b the factor `times` */
    const struct law_sample *sample; /* LAW_EMPIRICAL: what it draws; NULL as long as nobody has read the file */
};

/* Reads a law of durations. On failure writes a reason that reads after "is not a law: " into why (e.g. "unknown law 'weibul',
 * did you mean 'weibull'?", "weibull takes 2 parameters, 3 given", "its shape must be above 0") and the byte offset in text
 * where it went wrong into *offset (may be NULL). An empirical law has no sample yet: it may be written and nothing else. */
bool law_parse(const char *text, struct law *law, char *why, size_t why_bytes, size_t *offset);
/* Writes the law so that law_parse() reads the same bits back, if its durations are whole microseconds, as parsed ones
 * are; returns buffer, for which 128 bytes are enough. */
char *law_format(const struct law *law, char *buffer, size_t bytes);
/* The name of the file in the text of an empirical law that law_parse() has read. */
void law_file(const char *text, char name[LAW_FILE_MAX]);

double law_mean(const struct law *law);     /* seconds; infinity for pareto with shape <= 1 */
double law_variance(const struct law *law); /* seconds^2; may be infinity */

/* Draws, in seconds, >= 0 and finite. Measured: uniform 7 ns, exponential 8 ns, weibull 18 ns, lognormal 16 ns,
 * gamma 23 to 40 ns, residual of a weibull 40 ns; residual of n measured values O(log n). The residual aborts for a law of infinite mean: refuse such a law where the
 * scenario is read. */
double law_draw(const struct law *law, struct stream *stream);
double law_draw_residual(const struct law *law, struct stream *stream);
/* The same rounded to ticks, at least 1 tick for the residual and for laws that are not constant 0. */
duration law_draw_duration(const struct law *law, struct stream *stream);
duration law_draw_residual_duration(const struct law *law, struct stream *stream);

/* The duration in seconds that the law stays below with probability u, 0 < u < 1; NaN for the gamma law, whose inverse is no
 * closed form, and for an empirical law without its values. For designs of inputs, not for draws. */
double law_quantile(const struct law *law, double u);
/* The standard normal law's. Relative error about 1e-15. */
double law_normal_quantile(double u);
/* The law of factor x X, factor > 0: all its durations are so many times as long. */
struct law law_times(const struct law *law, double factor);

/* An alternating renewal process in equilibrium: is it up at a random time? True with probability
 * mean(up) / (mean(up) + mean(down)). */
bool law_draw_equilibrium_up(const struct law *up, const struct law *down, struct stream *stream);

#endif
