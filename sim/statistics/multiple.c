#include "sim/statistics/multiple.h"

#include <math.h>
#include <stdlib.h>

static int by_p(const void *left, const void *right, void *context)
{
    const double *p = *(const double *const *)context;
    size_t i = *(const size_t *)left, j = *(const size_t *)right;
    return p[i] != p[j] ? (p[i] > p[j]) - (p[i] < p[j]) : (i > j) - (i < j);
}

size_t multiple_holm(const double *p, double *adjusted, size_t count, size_t *order)
{
    size_t family = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(p[i]))
            order[family++] = i;
    qsort_r(order, family, sizeof *order, by_p, &p);
    double least = 0;
    for (size_t i = 0; i < family; i++) {
        double stepped = p[order[i]] * (double)(family - i);
        least = stepped > least ? stepped : least;
        adjusted[order[i]] = least < 1 ? least : 1;
    }
    for (size_t i = 0; i < count; i++)
        if (isnan(p[i]))
            adjusted[i] = p[i];
    return family;
}
