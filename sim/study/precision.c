#include "sim/study/precision.h"

#include "sim/statistics/control.h"
#include "sim/statistics/statistics.h"

uint32_t precision_next(const struct precision *precision, uint32_t count)
{
    uint32_t next = count == 0 ? PRECISION_FIRST : 2 * count;
    return next < precision->most ? next : precision->most;
}

static bool is_narrow(const struct precision *precision, const struct statistics *s)
{
    if (s->method == STATISTICS_NONE)
        return false;
    double width = s->ci_high - s->ci_low;
    return (s->is_bound ? width : width / 2) <= precision->half_width;
}

bool precision_reached(const struct precision *precision, const double *values, size_t arms, size_t stride, uint32_t count,
                       double *scratch)
{
    struct statistics_options options = {.level = precision->level, .is_availability = precision->is_availability};
    double *pairs_a = scratch + count, *pairs_b = scratch + 2 * (size_t)count;
    size_t n = precision->in_pairs ? count / 2 : count;
    for (size_t a = 0; a < arms; a++) {
        const double *one = values + a * stride;
        if (precision->in_pairs) {
            (void)control_pairs(one, count, pairs_a);
            one = pairs_a;
        }
        if (!precision->of_differences) {
            struct statistics s = statistics_of(one, n, &options, scratch);
            if (!is_narrow(precision, &s))
                return false;
        }
        for (size_t b = a + 1; precision->of_differences && b < arms; b++) {
            const double *other = values + b * stride;
            if (precision->in_pairs) {
                (void)control_pairs(other, count, pairs_b);
                other = pairs_b;
            }
            struct statistics s = statistics_of_difference(one, other, n, &options, scratch);
            if (!is_narrow(precision, &s))
                return false;
        }
    }
    return true;
}
