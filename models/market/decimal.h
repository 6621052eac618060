/* The chain's decimal numbers: signed fixed point with 18 decimals.
 *
 * Rates, balances and shares on the chain are such numbers, and how they round decides who gets the last micro-unit, so the
 * rounding is the chain's to the last digit. A value is a whole number of attos (10^-18) in 128 bits, which holds up to
 * 1.7 * 10^20; every amount of money on the chain (64 bits of micro-units) fits. Intermediate products and dividends are
 * carried in as many bits as they need (up to 320).
 *
 *   product    exact, then rounded half to even at 18 decimals
 *   quotient   exact, cut at 36 decimals, then rounded half to even at 18: a quotient just above a tie, by less than
 *              10^-36, counts as the tie
 *   truncation drops the fraction, toward zero
 *
 * A result that does not fit is a defect of the caller (check() fails), except where a function says otherwise.
 *
 * Source: cosmos-sdk math Dec as used by Akash node v0.36.0 (Mul, Quo, TruncateInt). */
#ifndef NINES_MARKET_DECIMAL_H
#define NINES_MARKET_DECIMAL_H

#include "sim/base/check.h"

#include <stdbool.h>
#include <stdint.h>

__extension__ typedef __int128 decimal_bits;

typedef struct decimal { decimal_bits atto; } decimal;

#define DECIMAL_ONE_ATTO INT64_C(1000000000000000000) /* attos in 1 */

enum {
    DECIMAL_DIGITS = 18,
    DECIMAL_TEXT = 48 /* bytes that decimal_format() needs: sign, 21 digits, point, 18 digits, end */
};

static inline decimal decimal_zero(void) { return (decimal){0}; }
static inline decimal decimal_from_int(int64_t whole) { return (decimal){(decimal_bits)whole * DECIMAL_ONE_ATTO}; }
static inline bool decimal_is_zero(decimal a) { return a.atto == 0; }
static inline bool decimal_is_negative(decimal a) { return a.atto < 0; }
static inline bool decimal_is_positive(decimal a) { return a.atto > 0; }

/* Below, at or above 0 as a is below, equal to or above b. */
static inline int decimal_compare(decimal a, decimal b) { return (a.atto > b.atto) - (a.atto < b.atto); }

static inline decimal decimal_add(decimal a, decimal b)
{
    decimal sum;
    bool overflow = __builtin_add_overflow(a.atto, b.atto, &sum.atto);
    check(!overflow, "decimal sum does not fit");
    return sum;
}

static inline decimal decimal_sub(decimal a, decimal b)
{
    decimal difference;
    bool overflow = __builtin_sub_overflow(a.atto, b.atto, &difference.atto);
    check(!overflow, "decimal difference does not fit");
    return difference;
}

static inline decimal decimal_min(decimal a, decimal b) { return a.atto < b.atto ? a : b; }

/* a * times, exact. */
static inline decimal decimal_mul_int(decimal a, int64_t times)
{
    decimal product;
    bool overflow = __builtin_mul_overflow(a.atto, (decimal_bits)times, &product.atto);
    check(!overflow, "decimal product does not fit");
    return product;
}

/* Whether a * times fits, and whether a - b does: for numbers that come from outside. */
static inline bool decimal_mul_int_fits(decimal a, int64_t times)
{
    decimal product;
    return !__builtin_mul_overflow(a.atto, (decimal_bits)times, &product.atto);
}

static inline bool decimal_sub_fits(decimal a, decimal b)
{
    decimal difference;
    return !__builtin_sub_overflow(a.atto, b.atto, &difference.atto);
}

/* a * b, half to even at 18 decimals. */
decimal decimal_mul(decimal a, decimal b);

/* a / b as the chain divides (see above). b must not be 0. */
decimal decimal_quo(decimal a, decimal b);

/* (a * b) / c: the product rounded first, then the quotient, each as above; the product may be wider than a decimal. */
decimal decimal_mul_quo(decimal a, decimal b, decimal c);

/* min(limit, trunc(decimal_quo(a, b))) for a >= 0, b > 0, limit >= 0. The quotient itself may be wider than a decimal.
 * It is not min(limit, floor(a / b)): a quotient within half an atto below a whole number rounds up to it. */
int64_t decimal_quo_whole(decimal a, decimal b, int64_t limit);

/* The number without its fraction, toward zero. */
static inline decimal decimal_whole(decimal a)
{
    /* Numbers of 64 bits of attos are cheap to divide. */
    if (a.atto >= 0 && a.atto <= INT64_MAX)
        return (decimal){a.atto - (int64_t)a.atto % DECIMAL_ONE_ATTO};
    return (decimal){a.atto - a.atto % DECIMAL_ONE_ATTO};
}

/* The whole part, toward zero. Must fit 64 bits. */
int64_t decimal_truncate(decimal a);

/* For statistics and displays only; correctly rounded from the attos, then divided by 10^18. */
double decimal_to_double(decimal a);

/* Reads "[-]DIGITS[.DIGITS]" with at most 18 decimals and nothing around it. False: not such a number, or too large; then
 * *out is untouched. "1." and ".5" are refused. */
bool decimal_parse(const char *text, decimal *out);

/* Writes the number without trailing zeros: "0", "-1.5", "0.333333333333333333". buffer: DECIMAL_TEXT bytes; returned. */
char *decimal_format(char *buffer, decimal a);

#endif
