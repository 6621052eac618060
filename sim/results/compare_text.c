#include "sim/results/compare_internal.h"

#include "sim/base/message.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DECIMALS = 7 };
#define SMALL 1e-4 /* below it, plain numbers are written with an exponent */

const char *compare_clean(struct arena *arena, const char *text)
{
    return message_show(arena, text);
}

int compare_width(const char *text)
{
    int columns = 0;
    for (; *text != '\0'; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

const char *compare_fit(struct arena *arena, const char *text, int columns)
{
    if (compare_width(text) <= columns)
        return text;
    size_t bytes = 0;
    for (int kept = 0; kept < columns - 2; kept++) {
        bytes++;
        while (((unsigned char)text[bytes] & 0xc0) == 0x80)
            bytes++;
    }
    return arena_format(arena, "%.*s..", (int)bytes, text);
}

/* Decimals that show `digits` significant digits of value. */
static int decimals_for(double value, int digits)
{
    if (!isfinite(value) || value == 0)
        return 0;
    int decimals = digits - 1 - (int)floor(log10(fabs(value)));
    return decimals < 0 ? 0 : decimals > MOST_DECIMALS ? MOST_DECIMALS : decimals;
}

/* Decimals that keep `value` apart from 100 %. */
static int decimals_below_all(double share, int decimals)
{
    while (share < 1 && decimals < MOST_DECIMALS && 100 - share * 100 < 0.5 * pow(10, -decimals))
        decimals++;
    return decimals;
}

struct compare_scale compare_scale_of(const struct statistics *values, size_t count, enum compare_kind kind)
{
    struct compare_scale scale = {.factor = kind == COMPARE_PLAIN ? 1 : 100,
                                  .suffix = kind == COMPARE_PERCENT ? " %" : kind == COMPARE_POINTS ? " pp" : ""};
    double largest = 0, narrowest = INFINITY;
    for (size_t i = 0; i < count; i++) {
        double half = (values[i].ci_high - values[i].ci_low) / 2, mean = fabs(values[i].mean);
        if (half > 0 && half < narrowest && !values[i].is_bound) /* false for NaN */
            narrowest = half;
        if (mean > largest) /* false for NaN */
            largest = mean;
    }
    scale.decimals = isfinite(narrowest) ? decimals_for(narrowest * scale.factor, 2) : decimals_for(largest * scale.factor, 3);
    if (kind == COMPARE_PLAIN && largest > 0 && largest < SMALL) {
        double finest = isfinite(narrowest) ? narrowest : largest;
        scale.scientific = true;
        int digits = 1 + (int)ceil(fmax(log10(largest / finest), 1));
        scale.decimals = digits > 5 ? 5 : digits;
        return scale;
    }
    int most = decimals_for(largest, 6);
    if (kind == COMPARE_PLAIN && largest > 0 && scale.decimals > most)
        scale.decimals = most;
    if (kind != COMPARE_PLAIN && scale.decimals < 2)
        scale.decimals = 2;
    for (size_t i = 0; i < count && kind == COMPARE_PERCENT; i++)
        scale.decimals = decimals_below_all(values[i].mean, scale.decimals);
    return scale;
}

const char *compare_number(struct arena *arena, double value, struct compare_scale scale, bool sign, int rounding)
{
    if (isnan(value))
        return "undefined";
    double scaled = value * scale.factor, unit = pow(10, scale.decimals);
    if (scale.scientific)
        return value == 0 ? "0" : arena_format(arena, sign ? "%+.*e" : "%.*e", scale.decimals, value);
    if (fabs(scaled) >= 1e12)
        return arena_format(arena, sign ? "%+.6g%s" : "%.6g%s", scaled, scale.suffix);
    if (rounding != 0)
        scaled = (rounding < 0 ? floor(scaled * unit) : ceil(scaled * unit)) / unit;
    if (fabs(scaled) * unit < 0.5)
        scaled = 0; /* never "-0.00" */
    return arena_format(arena, sign && scaled != 0 ? "%+.*f%s" : "%.*f%s", scale.decimals, scaled, scale.suffix);
}

const char *compare_exact(struct arena *arena, double value)
{
    if (isnan(value))
        return "";
    for (int digits = 15; digits < 17; digits++) {
        const char *text = arena_format(arena, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            return text;
    }
    return arena_format(arena, "%.17g", value);
}

const char *compare_nines(struct arena *arena, double availability)
{
    if (!(availability < 1) || availability < 0)
        return "";
    return arena_format(arena, "%.1f", 0 - log10(1 - availability)); /* 0 -: no minus before 0.0 */
}
