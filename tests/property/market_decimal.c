/* Decimal arithmetic against a twin that works on decimal digits, as one does on paper. */
#include "models/market/decimal.h"
#include "sim/base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { DIGITS = 160, ROUNDS = 6000 };

/* --- The twin: an array of digits, lowest first --- */

struct paper {
    int digit[DIGITS];
};

static struct paper paper_from(decimal value)
{
    struct paper paper = {0};
    decimal_bits rest = value.atto < 0 ? -value.atto : value.atto;
    for (int i = 0; rest != 0; i++, rest /= 10)
        paper.digit[i] = (int)(rest % 10);
    return paper;
}

static struct paper paper_product(const struct paper *a, const struct paper *b)
{
    struct paper out = {0};
    for (int i = 0; i < DIGITS / 2; i++)
        for (int j = 0; j < DIGITS / 2; j++)
            out.digit[i + j] += a->digit[i] * b->digit[j];
    for (int i = 0; i + 1 < DIGITS; i++) {
        out.digit[i + 1] += out.digit[i] / 10;
        out.digit[i] %= 10;
    }
    return out;
}

static void paper_shift(struct paper *a, int places)
{
    for (int i = DIGITS - 1; i >= 0; i--)
        a->digit[i] = i >= places ? a->digit[i - places] : 0;
}

static int paper_compare(const struct paper *a, const struct paper *b)
{
    for (int i = DIGITS - 1; i >= 0; i--)
        if (a->digit[i] != b->digit[i])
            return a->digit[i] - b->digit[i];
    return 0;
}

static void paper_subtract(struct paper *a, const struct paper *b)
{
    for (int i = 0, borrow = 0; i < DIGITS; i++) {
        a->digit[i] -= b->digit[i] + borrow;
        borrow = a->digit[i] < 0;
        a->digit[i] += 10 * borrow;
    }
}

static struct paper paper_quotient(const struct paper *a, const struct paper *b)
{
    struct paper out = {0}, rest = {0};
    for (int i = DIGITS - 1; i >= 0; i--) {
        paper_shift(&rest, 1);
        rest.digit[0] = a->digit[i];
        while (paper_compare(&rest, b) >= 0) {
            paper_subtract(&rest, b);
            out.digit[i]++;
        }
    }
    return out;
}

/* Drops 18 digits, half to even. */
static struct paper paper_rounded(const struct paper *a)
{
    struct paper out = {0};
    bool above = false;
    for (int i = 0; i < 17; i++)
        above = above || a->digit[i] != 0;
    for (int i = 18; i < DIGITS; i++)
        out.digit[i - 18] = a->digit[i];
    if (a->digit[17] > 5 || (a->digit[17] == 5 && (above || out.digit[0] % 2 != 0)))
        for (int i = 0; ++out.digit[i] == 10; i++)
            out.digit[i] = 0;
    return out;
}

static struct paper paper_mul(const struct paper *a, const struct paper *b)
{
    struct paper product = paper_product(a, b);
    return paper_rounded(&product);
}

static struct paper paper_quo(struct paper a, const struct paper *b)
{
    paper_shift(&a, 36);
    struct paper quotient = paper_quotient(&a, b);
    return paper_rounded(&quotient);
}

static void assert_same(decimal actual, const struct paper *expected, bool negative)
{
    struct paper digits = paper_from(actual);
    assert_int_equal(0, paper_compare(&digits, expected));
    assert_true(actual.atto == 0 || (actual.atto < 0) == negative);
}

static bool fits(const struct paper *paper)
{
    for (int i = 38; i < DIGITS; i++)
        if (paper->digit[i] != 0)
            return false;
    return true; /* below 10^38 attos */
}

/* --- Numbers --- */

static uint64_t draw(uint64_t *counter)
{
    return hash_mix(++*counter * UINT64_C(0x9e3779b97f4a7c15));
}

/* Of any length, with long runs of zeros and nines among them, and often a divisor of something nice. */
static decimal any(uint64_t *counter)
{
    uint64_t shape = draw(counter), high = draw(counter), low = draw(counter);
    decimal_bits value = ((decimal_bits)(high >> 2) << 64 | (decimal_bits)low) >> shape % 124;
    switch (shape >> 32 & 7) {
    case 0: value = (decimal_bits)(low % 1000) * DECIMAL_ONE_ATTO; break;
    case 1: value = (decimal_bits)(low % 1000000) * DECIMAL_ONE_ATTO - 1; break;
    case 2: value = (decimal_bits)(low % 1000000) * (DECIMAL_ONE_ATTO / 1000000); break;
    case 3: value = (decimal_bits)(low % 100); break;
    default: break;
    }
    return (decimal){(shape >> 40 & 1) != 0 ? -value : value};
}

static void arithmetic_agrees_with_paper(void **state)
{
    (void)state;
    uint64_t counter = 0;
    int products = 0, quotients = 0, fused = 0;
    for (int round = 0; round < ROUNDS; round++) {
        decimal a = any(&counter), b = any(&counter), c = any(&counter);
        struct paper pa = paper_from(a), pb = paper_from(b), pc = paper_from(c);
        struct paper product = paper_mul(&pa, &pb);
        if (fits(&product)) {
            assert_same(decimal_mul(a, b), &product, (a.atto < 0) != (b.atto < 0));
            products++;
        }
        if (b.atto != 0) {
            struct paper quotient = paper_quo(pa, &pb);
            if (fits(&quotient)) {
                assert_same(decimal_quo(a, b), &quotient, (a.atto < 0) != (b.atto < 0));
                quotients++;
            }
        }
        if (c.atto != 0) {
            struct paper share = paper_quo(product, &pc);
            if (fits(&share)) {
                assert_same(decimal_mul_quo(a, b, c), &share, ((a.atto < 0) != (b.atto < 0)) != (c.atto < 0));
                fused++;
            }
        }
    }
    assert_true(products > ROUNDS / 4 && quotients > ROUNDS / 4 && fused > ROUNDS / 4);
}

/* Quotients of half an odd number of attos, and a little more or less: about 10^-18 attos, where the cut decides. */
static void ties_agree_with_paper(void **state)
{
    (void)state;
    uint64_t counter = 7;
    int ties = 0;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t shape = draw(&counter);
        decimal_bits odd = (decimal_bits)(draw(&counter) >> (40 + shape % 24)) | 1;
        decimal_bits scale = (decimal_bits)(draw(&counter) >> (24 + (shape >> 8) % 40)) + 1;
        decimal_bits nudge = (decimal_bits)(shape >> 32 & 7) - 2;
        decimal a = {odd * scale}, b = {2 * (decimal_bits)DECIMAL_ONE_ATTO * scale - nudge};
        struct paper pa = paper_from(a), pb = paper_from(b), quotient = paper_quo(pa, &pb);
        assert_same(decimal_quo(a, b), &quotient, false);
        ties += nudge > 0 && decimal_quo(a, b).atto == odd / 2;
    }
    assert_true(ties > 100); /* above the half, and yet not rounded up */
}

static void whole_quotients_agree_with_paper(void **state)
{
    (void)state;
    uint64_t counter = 99;
    int rounded_up = 0;
    for (int round = 0; round < ROUNDS; round++) {
        decimal a = any(&counter), b = any(&counter);
        uint64_t shape = draw(&counter);
        if (a.atto < 0)
            a.atto = -a.atto;
        if (b.atto < 0)
            b.atto = -b.atto;
        if (b.atto == 0)
            continue;
        /* Half of the time, a multiple of b less a few attos. */
        decimal_bits times = (decimal_bits)(shape >> 40);
        if ((shape & 1) != 0 && b.atto < (decimal_bits)1 << 100)
            a.atto = b.atto * times > 4 ? b.atto * times - (decimal_bits)(shape >> 1 & 3) : b.atto;
        int64_t limit = (int64_t)(draw(&counter) >> (1 + (shape >> 8) % 60));
        struct paper pa = paper_from(a), pb = paper_from(b), quotient = paper_quo(pa, &pb);
        struct paper bound = paper_from((decimal){limit});
        for (int i = 0; i < DIGITS; i++)
            quotient.digit[i] = i + 18 < DIGITS ? quotient.digit[i + 18] : 0;
        int64_t expected = limit;
        if (paper_compare(&quotient, &bound) < 0) {
            expected = 0;
            for (int i = 18; i >= 0; i--)
                expected = expected * 10 + quotient.digit[i];
        }
        int64_t actual = decimal_quo_whole(a, b, limit);
        assert_true(actual == expected);
        rounded_up += actual < limit && (decimal_bits)actual > a.atto / b.atto;
    }
    assert_true(rounded_up > 100); /* the rare branch was met */
}

static void text_goes_round(void **state)
{
    (void)state;
    uint64_t counter = 5;
    for (int round = 0; round < ROUNDS; round++) {
        decimal value = any(&counter), back = {0};
        char text[DECIMAL_TEXT];
        assert_true(decimal_parse(decimal_format(text, value), &back));
        assert_true(back.atto == value.atto);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic_agrees_with_paper),
        cmocka_unit_test(ties_agree_with_paper),
        cmocka_unit_test(whole_quotients_agree_with_paper),
        cmocka_unit_test(text_goes_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
