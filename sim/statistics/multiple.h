/* Many comparisons at once: Holm's step-down correction.
 *
 * Of m comparisons without any true difference, each judged at 5 %, one in twenty comes out as decided. Holm's correction keeps the
 * chance of any such mistake within a family at 5 %, whatever the dependence between the comparisons, and decides everything that
 * Bonferroni's decides and more: the i-th smallest of the p-values is multiplied by m - i + 1, and none of the adjusted ones may be
 * smaller than the one before it (Holm 1979, "A simple sequentially rejective multiple test procedure", Scand. J. Stat. 6; the
 * adjusted form: Wright 1992, Biometrics 48). */
#ifndef NINES_SIM_STATISTICS_MULTIPLE_H
#define NINES_SIM_STATISTICS_MULTIPLE_H

#include <stddef.h>

/* adjusted[i]: p[i] adjusted within the family p[count]. NaN (nothing was tested) stays NaN and does not count. p and adjusted may be
 * the same array. order: scratch, count places. O(n log n). Returns how many p-values are in the family. */
size_t multiple_holm(const double *p, double *adjusted, size_t count, size_t *order);

#endif
