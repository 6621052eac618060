#include "models/market/decimal.h"

#include <string.h>

#include "sim/base/nomalloc.h"

/* Magnitudes are unsigned; long ones are arrays of 64-bit limbs, least significant first. */
__extension__ typedef unsigned __int128 magnitude;

enum { LIMBS = 5 }; /* the widest dividend: (product of two 128-bit numbers / 10^18) * 10^18 */

#define ATTO ((uint64_t)DECIMAL_ONE_ATTO)
#define LARGEST ((magnitude)-1 >> 1)

static magnitude magnitude_of(decimal a)
{
    return a.atto < 0 ? -(magnitude)a.atto : (magnitude)a.atto;
}

static decimal with_sign(magnitude value, bool negative)
{
    check(value <= LARGEST, "decimal result does not fit");
    return (decimal){negative ? -(decimal_bits)value : (decimal_bits)value};
}

/* limbs *= factor; the carry out of the last limb must be 0. */
static void multiply_word(uint64_t limbs[LIMBS], uint64_t factor)
{
    uint64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        magnitude step = (magnitude)limbs[i] * factor + carry;
        limbs[i] = (uint64_t)step;
        carry = (uint64_t)(step >> 64);
    }
    check(carry == 0, "decimal intermediate does not fit");
}

/* Limbs in use: those above are 0. */
static int used_limbs(const uint64_t limbs[LIMBS])
{
    int used = LIMBS;
    while (used > 0 && limbs[used - 1] == 0)
        used--;
    return used;
}

/* limbs /= divisor; returns the remainder. */
static uint64_t divide_word(uint64_t limbs[LIMBS], uint64_t divisor)
{
    uint64_t remainder = 0;
    for (int i = used_limbs(limbs) - 1; i >= 0; i--) {
        magnitude step = (magnitude)remainder << 64 | limbs[i];
        limbs[i] = (uint64_t)(step / divisor);
        remainder = (uint64_t)(step % divisor);
    }
    return remainder;
}

/* 10^18 moved up until its top bit is set, and floor((2^128 - 1) / that) - 2^64. */
enum { ATTO_SHIFT = 4 };
#define ATTO_TOP (ATTO << ATTO_SHIFT)
#define ATTO_RECIPROCAL UINT64_C(2820903858849102350)

/* The same for 10^18, by which most divisions of a chain are: two multiplications a limb instead of a division (Moeller & Granlund 2011,
 * "Improved division by invariant integers", IEEE Trans. Comput. 60(2), algorithm 4). */
static uint64_t divide_atto(uint64_t limbs[LIMBS])
{
    int used = used_limbs(limbs);
    uint64_t remainder = used > 0 ? limbs[used - 1] >> (64 - ATTO_SHIFT) : 0;
    for (int i = used - 1; i >= 0; i--) {
        uint64_t next = limbs[i] << ATTO_SHIFT | (i > 0 ? limbs[i - 1] >> (64 - ATTO_SHIFT) : 0);
        magnitude guess = (magnitude)ATTO_RECIPROCAL * remainder + ((magnitude)remainder << 64 | next);
        uint64_t quotient = (uint64_t)(guess >> 64) + 1;
        remainder = next - quotient * ATTO_TOP;
        if (remainder > (uint64_t)guess) {
            quotient--;
            remainder += ATTO_TOP;
        }
        if (remainder >= ATTO_TOP) {
            quotient++;
            remainder -= ATTO_TOP;
        }
        limbs[i] = quotient;
    }
    return remainder >> ATTO_SHIFT;
}

/* (high:low) / divisor for high < divisor < 2^128 with the divisor's top bit set: the quotient fits one limb. *high_low
 * becomes the remainder. Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D, step D3, in base 2^64. */
static uint64_t divide_digit(magnitude *high, uint64_t low, magnitude divisor)
{
    uint64_t top = (uint64_t)(divisor >> 64), bottom = (uint64_t)divisor;
    uint64_t first = (uint64_t)(*high >> 64);
    magnitude estimate = first >= top ? (uint64_t)-1 : *high / top;
    magnitude rest = *high - estimate * top;
    while (rest >> 64 == 0 && estimate * bottom > (rest << 64 | low)) {
        estimate--;
        rest += top;
    }
    /* The true remainder is below the divisor, so computing it modulo 2^128 loses nothing. */
    *high = (*high << 64 | low) - ((estimate * top) << 64) - estimate * bottom;
    return (uint64_t)estimate;
}

/* limbs /= divisor; returns the remainder. divisor > 0. */
static magnitude divide(uint64_t limbs[LIMBS], magnitude divisor)
{
    if (divisor >> 64 == 0)
        return divide_word(limbs, (uint64_t)divisor);
    int shift = __builtin_clzll((uint64_t)(divisor >> 64));
    divisor <<= shift;
    /* The dividend moves by the same shift; what leaves the top limb starts the remainder. */
    magnitude remainder = shift != 0 ? limbs[LIMBS - 1] >> (64 - shift) : 0;
    for (int i = LIMBS - 1; i >= 0; i--) {
        uint64_t below = shift != 0 && i > 0 ? limbs[i - 1] >> (64 - shift) : 0;
        limbs[i] = divide_digit(&remainder, limbs[i] << shift | below, divisor);
    }
    return remainder >> shift;
}

/* limbs = a * b */
static void product(uint64_t limbs[LIMBS], magnitude a, magnitude b)
{
    uint64_t a0 = (uint64_t)a, a1 = (uint64_t)(a >> 64), b0 = (uint64_t)b, b1 = (uint64_t)(b >> 64);
    magnitude low = (magnitude)a0 * b0;
    magnitude cross_a = (magnitude)a1 * b0 + (low >> 64);
    magnitude cross_b = (magnitude)a0 * b1 + (uint64_t)cross_a;
    magnitude high = (magnitude)a1 * b1 + (cross_a >> 64) + (cross_b >> 64);
    limbs[0] = (uint64_t)low;
    limbs[1] = (uint64_t)cross_b;
    limbs[2] = (uint64_t)high;
    limbs[3] = (uint64_t)(high >> 64);
    limbs[4] = 0;
}

static void increment(uint64_t limbs[LIMBS])
{
    for (int i = 0; i < LIMBS && ++limbs[i] == 0; i++)
        continue;
}

/* limbs = a * b / 10^18, half to even. */
static void product_rounded(uint64_t limbs[LIMBS], magnitude a, magnitude b)
{
    product(limbs, a, b);
    uint64_t rest = divide_atto(limbs);
    if (rest > ATTO / 2 || (rest == ATTO / 2 && (limbs[0] & 1) != 0))
        increment(limbs);
}

/* limbs = limbs * 10^18 / divisor, the exact quotient cut at 18 further decimals, then half to even. With remainder r the
 * further decimals are floor(r * 10^18 / divisor), and they say "half" exactly when 0 <= 2r - divisor < divisor / (5 *
 * 10^17). */
static void quotient_rounded(uint64_t limbs[LIMBS], magnitude divisor)
{
    multiply_word(limbs, ATTO);
    magnitude rest = divide(limbs, divisor);
    if (rest < divisor - rest)
        return;
    magnitude excess = rest - (divisor - rest);
    bool tie = excess <= (divisor - 1) / (ATTO / 2);
    if (!tie || (limbs[0] & 1) != 0)
        increment(limbs);
}

static void limbs_set(uint64_t limbs[LIMBS], magnitude value)
{
    memset(limbs, 0, LIMBS * sizeof limbs[0]);
    limbs[0] = (uint64_t)value;
    limbs[1] = (uint64_t)(value >> 64);
}

static bool limbs_fit(const uint64_t limbs[LIMBS])
{
    return (limbs[2] | limbs[3] | limbs[4]) == 0;
}

static decimal limbs_decimal(const uint64_t limbs[LIMBS], bool negative)
{
    check(limbs_fit(limbs), "decimal result does not fit");
    return with_sign((magnitude)limbs[1] << 64 | limbs[0], negative);
}

decimal decimal_mul(decimal a, decimal b)
{
    uint64_t limbs[LIMBS];
    product_rounded(limbs, magnitude_of(a), magnitude_of(b));
    return limbs_decimal(limbs, (a.atto < 0) != (b.atto < 0));
}

decimal decimal_quo(decimal a, decimal b)
{
    check(b.atto != 0, "decimal division by zero");
    uint64_t limbs[LIMBS];
    limbs_set(limbs, magnitude_of(a));
    quotient_rounded(limbs, magnitude_of(b));
    return limbs_decimal(limbs, (a.atto < 0) != (b.atto < 0));
}

decimal decimal_mul_quo(decimal a, decimal b, decimal c)
{
    check(c.atto != 0, "decimal division by zero");
    uint64_t limbs[LIMBS];
    product_rounded(limbs, magnitude_of(a), magnitude_of(b));
    quotient_rounded(limbs, magnitude_of(c));
    return limbs_decimal(limbs, ((a.atto < 0) != (b.atto < 0)) != (c.atto < 0));
}

int64_t decimal_quo_whole(decimal a, decimal b, int64_t limit)
{
    check(a.atto >= 0 && b.atto > 0 && limit >= 0, "decimal_quo_whole wants a >= 0, b > 0, limit >= 0");
    magnitude whole = (magnitude)a.atto / (magnitude)b.atto;
    if (whole >= (magnitude)limit)
        return limit;
    magnitude missing = (magnitude)b.atto - (magnitude)a.atto % (magnitude)b.atto;
    /* The quotient is missing / b below the next whole number. Rounding can bridge at most half an atto, and only then
     * are all the decimals needed. */
    if (missing > (magnitude)b.atto / (2 * ATTO))
        return (int64_t)whole;
    uint64_t limbs[LIMBS];
    limbs_set(limbs, (magnitude)a.atto);
    quotient_rounded(limbs, (magnitude)b.atto);
    (void)divide_atto(limbs);
    return (int64_t)limbs[0];
}

int64_t decimal_truncate(decimal a)
{
    decimal_bits whole = a.atto / DECIMAL_ONE_ATTO;
    check(whole >= INT64_MIN && whole <= INT64_MAX, "decimal does not fit 64 bits");
    return (int64_t)whole;
}

double decimal_to_double(decimal a)
{
    return (double)a.atto / 1e18;
}

/* Reads digits into *value, counting them; false when the number grows too large. */
static bool read_digits(const char **text, magnitude *value, int *count)
{
    for (*count = 0; **text >= '0' && **text <= '9'; ++*text, ++*count) {
        if (__builtin_mul_overflow(*value, (magnitude)10, value) ||
            __builtin_add_overflow(*value, (magnitude)(**text - '0'), value))
            return false;
    }
    return true;
}

bool decimal_parse(const char *text, decimal *out)
{
    magnitude value = 0;
    bool negative = *text == '-';
    int whole_digits, decimals = 0;
    text += negative;
    if (!read_digits(&text, &value, &whole_digits) || whole_digits == 0)
        return false;
    if (*text == '.') {
        text++;
        if (!read_digits(&text, &value, &decimals) || decimals == 0 || decimals > DECIMAL_DIGITS)
            return false;
    }
    for (; decimals < DECIMAL_DIGITS; decimals++)
        if (__builtin_mul_overflow(value, (magnitude)10, &value))
            return false;
    if (*text != '\0' || value > LARGEST)
        return false;
    *out = with_sign(value, negative);
    return true;
}

char *decimal_format(char *buffer, decimal a)
{
    char digits[DECIMAL_TEXT];
    int n = 0;
    magnitude value = magnitude_of(a);
    for (; value != 0 || n <= DECIMAL_DIGITS; value /= 10)
        digits[n++] = (char)('0' + (int)(value % 10));
    int last = 0; /* the lowest decimal worth writing */
    while (last < DECIMAL_DIGITS && digits[last] == '0')
        last++;
    char *out = buffer;
    if (a.atto < 0)
        *out++ = '-';
    for (int i = n - 1; i >= DECIMAL_DIGITS; i--)
        *out++ = digits[i];
    if (last < DECIMAL_DIGITS)
        *out++ = '.';
    for (int i = DECIMAL_DIGITS - 1; i >= last; i--)
        *out++ = digits[i];
    *out = '\0';
    return buffer;
}
