/* log, exp and pow with the same bits on every CPU, compiler and optimisation level.
 *
 * glibc picks its code by CPU and differs in the last bit, so everything that decides what is simulated goes through here.
 * kernel_log and kernel_exp, which every draw needs, are our own: a table of 128 entries and a short polynomial, made of IEEE
 * additions, multiplications and integer operations only, in a fixed order (-ffp-contract=off), so that nothing is left to
 * choose. Table-driven after Tang 1990, "Table-driven implementation of the logarithm function in IEEE floating-point
 * arithmetic", ACM TOMS 16(4). They are inline: a call costs about as much as the work. The rest, and arguments
 * out of the ordinary, are SLEEF's scalar "cinz" functions (no FMA, no CPU dispatch; Shibata & Petrogalli 2020, "SLEEF: a
 * portable vectorized library of C standard mathematical functions").
 *
 * Error: below 1 unit in the last place each (measured: log 0.90, exp 0.76; tests/unit/kernel.c). */
#ifndef NINES_SIM_KERNEL_H
#define NINES_SIM_KERNEL_H

#include <stdint.h>
#include <string.h>

enum { KERNEL_TABLE = 128 };

struct kernel_log_entry {
    double c, inverse;       /* a point of the interval, and 1/c */
    double log_hi, log_lo;   /* ln(c), in two parts */
};
struct kernel_exp_entry {
    uint64_t bits;           /* of 2^(i/128), less i << 45 */
    double tail;             /* what its rounding left, relative */
};
extern const struct kernel_log_entry kernel_log_table[KERNEL_TABLE];
extern const struct kernel_exp_entry kernel_exp_table[KERNEL_TABLE];

/* Arguments the inline code leaves: zero, negative, subnormal, infinite, NaN; and exp beyond +-708. */
double kernel_log_rare(double x);
double kernel_exp_rare(double x);

/* x = 2^e z with z in [0.6875, 1.375), z near a table point c: ln x = e ln2 + ln c + ln(1 + r), r = (z - c) / c. Both
 * differences are exact, and next to 1 the point is 1 itself, so that small logarithms keep their relative precision. */
static inline double kernel_log(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, 8);
    if (__builtin_expect(bits - UINT64_C(0x0010000000000000) >= UINT64_C(0x7fe0000000000000), 0))
        return kernel_log_rare(x);
    uint64_t above = bits - UINT64_C(0x3fe6000000000000);
    const struct kernel_log_entry *entry = &kernel_log_table[above >> 45 & (KERNEL_TABLE - 1)];
    double e = (double)((int64_t)above >> 52);
    bits -= above & UINT64_C(0xfff0000000000000);
    double z;
    memcpy(&z, &bits, 8);

    double r = (z - entry->c) * entry->inverse;
    double whole = e * 0x1.62e42fefa3800p-1 + entry->log_hi; /* exact: both are multiples of 2^-42 */
    double high = whole + r;
    double low = (whole - high) + r + (e * 0x1.ef35793c76730p-45 + entry->log_lo);
    double square = r * r; /* series of ln(1 + r) from the second term; |r| <= 2^-7 */
    double p = (-0.5 + r * (1.0 / 3)) + square * ((-0.25 + r * 0.2) + square * ((-1.0 / 6 + r * (1.0 / 7)) + square * -0.125));
    return high + (low + square * p);
}

/* x = (128 e + i) ln2/128 + r: exp x = 2^e 2^(i/128) exp(r), |r| <= ln2/256. */
static inline double kernel_exp(double x)
{
    if (__builtin_expect(!(x > -708 && x < 708), 0))
        return kernel_exp_rare(x);
    double shifted = x * 0x1.71547652b82fep+7 + 0x1.8p+52; /* rounds to a whole number, left in the low bits */
    uint64_t k;
    memcpy(&k, &shifted, 8);
    double n = shifted - 0x1.8p+52;
    double r = (x - n * 0x1.62e42fef80000p-8) - n * 0x1.1cf79abc9e3b4p-43;
    const struct kernel_exp_entry *entry = &kernel_exp_table[k & (KERNEL_TABLE - 1)];
    uint64_t bits = entry->bits + (k << 45);
    double scale;
    memcpy(&scale, &bits, 8);
    double square = r * r;
    double p = square * ((0.5 + r * (1.0 / 6)) + square * (1.0 / 24 + r * (1.0 / 120)));
    return scale + scale * (entry->tail + r + p);
}

/* By SLEEF; about ten times the cost of kernel_log. */
double kernel_pow(double x, double y);
double kernel_sin(double x);
/* Euler's Gamma function, for the means of laws; infinity above 171.6. */
double kernel_gamma(double x);

#endif
