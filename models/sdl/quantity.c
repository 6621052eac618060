#include "models/sdl/quantity.h"

#include <stdlib.h>
#include <string.h>

static const char *const not_a_number = "it is not a number";
static const char *const does_not_fit = "it is too large";
static const char *const is_negative = "it is negative";

/* Length of the decimal number that text begins with, [+-]digits[.digits][e[+-]digits]; 0: none. */
static size_t number_length(const char *text)
{
    size_t at = text[0] == '+' || text[0] == '-', digits;
    digits = strspn(text + at, "0123456789");
    at += digits;
    if (text[at] == '.') {
        size_t fraction = strspn(text + at + 1, "0123456789");
        digits += fraction;
        at += 1 + fraction;
    }
    if (digits == 0)
        return 0;
    if (text[at] == 'e' || text[at] == 'E') {
        size_t sign = text[at + 1] == '+' || text[at + 1] == '-', exponent = strspn(text + at + 1 + sign, "0123456789");
        if (exponent > 0)
            at += 1 + sign + exponent;
    }
    return at;
}

/* text[length] times scale, truncated. */
static bool scaled(const char *text, size_t length, double scale, int64_t *out, const char **why)
{
    char number[64];
    *why = not_a_number;
    if (length == 0 || number_length(text) != length)
        return false;
    /* The digits past some 60 cannot change a quantity that a cloud has; longer ones are refused, not rounded. */
    if (length >= sizeof number)
        return *why = "it has too many digits", false;
    memcpy(number, text, length);
    number[length] = '\0';
    double product = strtod(number, NULL) * scale;
    if (product < 0)
        return *why = is_negative, false;
    if (!(product < 9223372036854775808.0))
        return *why = does_not_fit, false;
    *out = (int64_t)product;
    return true;
}

bool quantity_whole(const char *text, int64_t high, int64_t *number, const char **why)
{
    size_t length = strlen(text);
    int64_t n = 0;
    if (text[0] == '-' && length > 1 && strspn(text + 1, "0123456789") == length - 1)
        return *why = is_negative, false;
    if (length == 0 || strspn(text, "0123456789") != length)
        return *why = "it is not a whole number", false;
    for (size_t i = 0; i < length; i++)
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, text[i] - '0', &n) || n > high)
            return *why = does_not_fit, false;
    *number = n;
    return true;
}

bool quantity_cpu(const char *text, int64_t *milli, const char **why)
{
    size_t length = strlen(text);
    char whole[24];
    if (length == 0 || text[length - 1] != 'm')
        return scaled(text, length, 1000, milli, why);
    if (length > sizeof whole)
        return *why = does_not_fit, false;
    memcpy(whole, text, length - 1);
    whole[length - 1] = '\0';
    return quantity_whole(whole, INT64_MAX, milli, why);
}

struct suffix {
    const char *text;
    double scale;
};

static const struct suffix binary[] = {{"Ki", 0x1p10}, {"Mi", 0x1p20}, {"Gi", 0x1p30}, {"Ti", 0x1p40}, {"Pi", 0x1p50}, {"Ei", 0x1p60}};
static const struct suffix metric[] = {{"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}, {"P", 1e15}, {"E", 1e18}};
enum { SUFFIXES = 6 };

static bool with_suffix(const char *text, const struct suffix suffixes[SUFFIXES], int64_t *bytes, const char **why, bool *found)
{
    size_t length = strlen(text);
    *found = false;
    for (int i = 0; i < SUFFIXES; i++) {
        size_t n = strlen(suffixes[i].text);
        if (length < n || strcmp(text + length - n, suffixes[i].text) != 0)
            continue;
        *found = true;
        return scaled(text, length - n, suffixes[i].scale, bytes, why);
    }
    return false;
}

bool quantity_ram(const char *text, int64_t *bytes, const char **why)
{
    bool found, fine = with_suffix(text, binary, bytes, why, &found);
    return found ? fine : scaled(text, strlen(text), 1, bytes, why);
}

bool quantity_bytes(const char *text, int64_t *bytes, const char **why)
{
    bool found, fine = with_suffix(text, metric, bytes, why, &found);
    return found ? fine : quantity_ram(text, bytes, why);
}

/* Nanoseconds of the unit that text begins with, and its length; 0: none. */
static int64_t unit_ns(const char *text, size_t *length)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"ns", 1}, {"us", 1000}, {"\xc2\xb5s", 1000}, {"\xce\xbcs", 1000}, {"ms", 1000000}, {"s", 1000000000},
                 {"m", INT64_C(60000000000)}, {"h", INT64_C(3600000000000)}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        *length = strlen(units[i].name);
        if (strncmp(text, units[i].name, *length) == 0)
            return units[i].ns;
    }
    return 0;
}

/* One "1.5h" of a duration added to *sum; text moves past it. */
static bool duration_part(const char **text, decimal_bits *sum)
{
    const decimal_bits most = (decimal_bits)1 << 80;
    decimal_bits whole = 0, fraction = 0, scale = 1;
    const char *at = *text, *start = at;
    for (; *at >= '0' && *at <= '9' && whole < most; at++)
        whole = whole * 10 + (*at - '0');
    size_t digits = (size_t)(at - start);
    if (*at == '.')
        for (at++; *at >= '0' && *at <= '9'; at++, digits++)
            if (scale < (decimal_bits)1000000000000000) {
                fraction = fraction * 10 + (*at - '0');
                scale *= 10;
            }
    size_t length;
    int64_t ns = unit_ns(at, &length);
    if (digits == 0 || ns == 0 || whole > INT64_MAX / ns)
        return false;
    *sum += whole * ns + fraction * ns / scale;
    *text = at + length;
    return *sum <= INT64_MAX;
}

bool quantity_duration(const char *text, int64_t *ns, const char **why)
{
    bool negative = text[0] == '-';
    decimal_bits sum = 0;
    text += negative || text[0] == '+';
    *why = "it is not a duration";
    if (strcmp(text, "0") != 0) {
        if (*text == '\0')
            return false;
        while (*text != '\0')
            if (!duration_part(&text, &sum))
                return false;
    }
    *ns = (int64_t)(negative ? -sum : sum);
    return true;
}

enum quantity_price quantity_price(const char *text, decimal *price)
{
    char padded[DECIMAL_TEXT + 2];
    decimal value;
    if (text[0] == '.' && strlen(text) < DECIMAL_TEXT) {
        padded[0] = '0';
        strcpy(padded + 1, text);
        text = padded;
    }
    if (!decimal_parse(text, &value))
        return QUANTITY_PRICE_BAD;
    if (decimal_is_negative(value))
        return QUANTITY_PRICE_NEGATIVE;
    if (decimal_is_zero(value))
        return QUANTITY_PRICE_ZERO;
    *price = value;
    return QUANTITY_PRICE_OK;
}
