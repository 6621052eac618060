/* Which alternative is best, and how probable it is that this is right.
 *
 * The alternative with the best mean is selected. The probability that the selection is right is that of the bootstrap: replications
 * are drawn again with replacement, all alternatives of a replication together, so that common luck stays common; the share of
 * resamples in which an alternative has the best mean is its probability of being best (Efron & Tibshirani 1998, "The problem of
 * regions", Annals of Statistics 26, section 2: the bootstrap confidence of a region). Procedures that promise a probability
 * beforehand (Bechhofer 1954; Rinott 1978) choose the number of replications for independent alternatives; ours are paired, and the
 * number is given by the study.
 *
 * A difference too small to matter need not be told: `good` is the probability of being within a stated margin of the best, the
 * indifference zone of Bechhofer 1954, so with two equal alternatives each is best with 1/2 and good with about 1.
 *
 * Under drawn inputs (design.md 4.6) each resample takes one draw, the same for all alternatives, and resamples the replications
 * within it, after Chick 2001, "Input distribution selection for simulation experiments", Operations Research 49: the probability then
 * speaks about an input that is not known, not only about luck. */
#ifndef NINES_SIM_STATISTICS_SELECTION_H
#define NINES_SIM_STATISTICS_SELECTION_H

#include <stdbool.h>
#include <stddef.h>

struct selection_input {
    const double *values; /* [alternatives][draws][replications], all defined */
    size_t alternatives;  /* >= 2 */
    size_t draws;         /* 1: the nominal setting alone */
    size_t replications;  /* of each draw, >= 2 */
    bool higher_is_better;
    double margin;        /* >= 0, in the values' unit */
};

enum { SELECTION_RESAMPLES = 2000 };

/* best[alternatives]: probabilities that add up to 1; equal means share theirs. good[alternatives]: each of being no worse than
 * `margin` below the best. The same input gives the same bits everywhere. scratch: `alternatives` doubles. O(SELECTION_RESAMPLES x
 * alternatives x replications). */
void selection_probabilities(const struct selection_input *input, double *best, double *good, double *scratch);

#endif
