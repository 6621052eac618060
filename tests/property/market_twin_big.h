/* Whole numbers of any sign with up to 144 decimal digits, one limb for nine of them, and the chain's decimals on top: a
 * decimal is a whole number of attos (10^-18). Slow and plain: this is what the market's 128-bit arithmetic is held
 * against. */
#ifndef NINES_TESTS_MARKET_TWIN_BIG_H
#define NINES_TESTS_MARKET_TWIN_BIG_H

#include "models/market/decimal.h"
#include "sim/base/check.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { BIG_LIMBS = 16, BIG_BASE = 1000000000, BIG_ATTO_LIMBS = 2 };

struct big {
    bool negative; /* never of 0 */
    uint32_t limb[BIG_LIMBS];
};

static inline bool big_is_zero(const struct big *a)
{
    for (int i = 0; i < BIG_LIMBS; i++)
        if (a->limb[i] != 0)
            return false;
    return true;
}

static inline int big_magnitude_compare(const struct big *a, const struct big *b)
{
    for (int i = BIG_LIMBS - 1; i >= 0; i--)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] > b->limb[i] ? 1 : -1;
    return 0;
}

static inline int big_compare(struct big a, struct big b)
{
    if (a.negative != b.negative)
        return a.negative ? -1 : 1;
    int order = big_magnitude_compare(&a, &b);
    return a.negative ? -order : order;
}

static inline int big_sign(struct big a) { return big_is_zero(&a) ? 0 : a.negative ? -1 : 1; }

static inline struct big big_negate(struct big a)
{
    a.negative = !a.negative && !big_is_zero(&a);
    return a;
}

static inline struct big big_add(struct big a, struct big b)
{
    struct big sum = {.negative = a.negative};
    if (a.negative == b.negative) {
        uint32_t carry = 0;
        for (int i = 0; i < BIG_LIMBS; i++) {
            uint32_t digit = a.limb[i] + b.limb[i] + carry;
            carry = digit >= BIG_BASE;
            sum.limb[i] = digit - (carry ? BIG_BASE : 0);
        }
        check(carry == 0, "twin's sum does not fit");
        return sum;
    }
    if (big_magnitude_compare(&a, &b) < 0)
        return big_add(b, a);
    int32_t borrow = 0;
    for (int i = 0; i < BIG_LIMBS; i++) {
        int32_t digit = (int32_t)a.limb[i] - (int32_t)b.limb[i] - borrow;
        borrow = digit < 0;
        sum.limb[i] = (uint32_t)(digit + (borrow ? BIG_BASE : 0));
    }
    sum.negative = a.negative && !big_is_zero(&sum);
    return sum;
}

static inline struct big big_sub(struct big a, struct big b) { return big_add(a, big_negate(b)); }
static inline struct big big_min(struct big a, struct big b) { return big_compare(a, b) < 0 ? a : b; }

static inline struct big big_mul(struct big a, struct big b)
{
    uint64_t sums[BIG_LIMBS] = {0};
    struct big product = {.negative = a.negative != b.negative};
    for (int i = 0; i < BIG_LIMBS; i++)
        for (int j = 0; a.limb[i] != 0 && j < BIG_LIMBS; j++) {
            check(b.limb[j] == 0 || i + j < BIG_LIMBS, "twin's product does not fit");
            if (b.limb[j] != 0)
                sums[i + j] += (uint64_t)a.limb[i] * b.limb[j]; /* at most 16 of them, each below 10^18 */
        }
    for (int i = 0; i + 1 < BIG_LIMBS; i++) {
        sums[i + 1] += sums[i] / BIG_BASE;
        product.limb[i] = (uint32_t)(sums[i] % BIG_BASE);
    }
    product.limb[BIG_LIMBS - 1] = (uint32_t)sums[BIG_LIMBS - 1];
    product.negative = product.negative && !big_is_zero(&product);
    return product;
}

/* Moves by limbs: times or divided by 10^9 each, the fraction dropped. */
static inline struct big big_shift(struct big a, int limbs)
{
    struct big out = {.negative = a.negative};
    for (int i = 0; i < BIG_LIMBS; i++)
        if (i - limbs >= 0 && i - limbs < BIG_LIMBS)
            out.limb[i] = a.limb[i - limbs];
    out.negative = out.negative && !big_is_zero(&out);
    return out;
}

static inline struct big big_small(int64_t value)
{
    struct big out = {.negative = value < 0};
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    for (int i = 0; rest != 0; i++, rest /= BIG_BASE)
        out.limb[i] = (uint32_t)(rest % BIG_BASE);
    return out;
}

/* |a| / |b| without the fraction: the largest multiple of b, limb by limb, found by halving. */
static inline struct big big_quotient(struct big a, struct big b)
{
    struct big quotient = {.negative = false}, rest = {.negative = false};
    a.negative = b.negative = false;
    for (int i = BIG_LIMBS - 1; i >= 0; i--) {
        rest = big_shift(rest, 1);
        rest.limb[0] = a.limb[i];
        uint32_t low = 0, high = BIG_BASE; /* low fits, high does not */
        while (high - low > 1) {
            uint32_t middle = low + (high - low) / 2;
            if (big_compare(big_mul(b, big_small(middle)), rest) <= 0)
                low = middle;
            else
                high = middle;
        }
        quotient.limb[i] = low;
        rest = big_sub(rest, big_mul(b, big_small(low)));
    }
    return quotient;
}

/* --- Decimals: 18 of them --- */

static inline struct big dec_whole_number(int64_t whole) { return big_shift(big_small(whole), BIG_ATTO_LIMBS); }

static inline struct big dec_truncate(struct big a)
{
    return big_shift(big_shift(a, -BIG_ATTO_LIMBS), BIG_ATTO_LIMBS);
}

/* Drops 18 digits, half to even. */
static inline struct big dec_round(struct big a)
{
    bool negative = a.negative;
    a.negative = false;
    struct big whole = big_shift(a, -BIG_ATTO_LIMBS), rest = big_sub(a, big_shift(whole, BIG_ATTO_LIMBS));
    int half = big_compare(big_add(rest, rest), dec_whole_number(1));
    if (half > 0 || (half == 0 && whole.limb[0] % 2 != 0))
        whole = big_add(whole, big_small(1));
    return negative ? big_negate(whole) : whole;
}

static inline struct big dec_mul(struct big a, struct big b) { return dec_round(big_mul(a, b)); }

/* The exact quotient cut at 36 decimals, then rounded at 18. */
static inline struct big dec_quo(struct big a, struct big b)
{
    struct big quotient = dec_round(big_quotient(big_shift(a, 2 * BIG_ATTO_LIMBS), b));
    return a.negative != b.negative ? big_negate(quotient) : quotient;
}

static inline struct big dec_of(decimal value)
{
    struct big out = {.negative = value.atto < 0};
    decimal_bits rest = value.atto < 0 ? -value.atto : value.atto;
    for (int i = 0; rest != 0; i++, rest /= BIG_BASE)
        out.limb[i] = (uint32_t)(rest % BIG_BASE);
    return out;
}

/* The whole part as a machine number. */
static inline int64_t dec_int(struct big a)
{
    struct big whole = big_shift(a, -BIG_ATTO_LIMBS);
    int64_t value = whole.limb[0] + whole.limb[1] * (int64_t)BIG_BASE;
    check(whole.limb[2] < 9, "twin's number does not fit 64 bits");
    value += (int64_t)whole.limb[2] * BIG_BASE * BIG_BASE;
    return whole.negative ? -value : value;
}

#endif
