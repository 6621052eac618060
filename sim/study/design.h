/* Where in the unit cube a study looks: designs of experiments over k factors.
 *
 *   factorial         every combination of the factors' levels; the last factor runs fastest.
 *   latin hypercube   n points; each factor has one in each of n equal slices (McKay, Beckman & Conover 1979, Technometrics 21(2),
 *                     "A comparison of three methods for selecting values of input variables").
 *   sobol             n points of Sobol's sequence (GSL's, after Bratley & Fox 1988, ACM TOMS 14(1), algorithm 659), shifted modulo 1
 *                     by one random vector (Cranley & Patterson 1976, SIAM J. Numer. Anal. 13(6)), so that estimates have no bias.
 *   morris            r trajectories of k + 1 points on a grid of p levels; each step moves one factor, in random order, by
 *                     p / (2 (p - 1)) up or down (Morris 1991, Technometrics 33(2), section 3). For screening: k + 1 points a sample.
 *   saltelli          n rows of matrices A and B, columns 1..k and k+1..2k of the shifted Sobol sequence, and for each factor i of A
 *                     with its column i from B (Saltelli et al. 2010, Comput. Phys. Commun. 181(2), section 3). For first and total
 *                     Sobol indices: k + 2 points a sample.
 *   ends            the scenario as it is written, then each factor by itself at its low and at its high end, the others as written:
 *                     one factor at a time, 2 k + 1 points. It says which factor alone changes an answer, nothing about two together.
 *
 * All chance comes from streams of the study's seed, a factor's own by its name, so the design is a function of (seed, names,
 * sizes), and another factor leaves the places of the first ones alone in a latin hypercube. Pure: no scenario, no files. */
#ifndef NINES_SIM_DESIGN_H
#define NINES_SIM_DESIGN_H

#include "sim/base/arena.h"

#include <stddef.h>
#include <stdint.h>

/* In the order of the choices of `study.design`. */
enum design_kind { DESIGN_FACTORIAL, DESIGN_LATIN_HYPERCUBE, DESIGN_SOBOL, DESIGN_MORRIS, DESIGN_SALTELLI, DESIGN_ENDS };

/* GSL's Sobol sequence has so many columns. */
enum { DESIGN_SOBOL_COLUMNS = 40 };

struct design_row {
    uint32_t sample, step; /* results/README.md, table design */
    const char *matrix;    /* "A", "B", "AB"; "low", "high"; "" */
    int factor;            /* that differs from the step before, from A, or from what is written; -1: none */
    const double *u;       /* [factors], each in [0, 1]; NaN: as the scenario writes it */
};

struct design_options {
    enum design_kind kind;
    size_t factors;           /* at least 1; saltelli: at most DESIGN_SOBOL_COLUMNS / 2, sobol: DESIGN_SOBOL_COLUMNS */
    const char *const *names; /* [factors], all different */
    uint32_t samples;         /* at least 1; of factorial and ends without meaning */
    const size_t *levels;     /* factorial: [factors], at least 1 each */
    const double *const *level; /* factorial: [factors][levels], their places */
    uint32_t grid;            /* morris: levels of its grid, even, at least 2 */
    uint64_t seed;
};

/* How many points the design has; UINT64_MAX when that is beyond any number. */
uint64_t design_count(const struct design_options *options);
/* Its points in order, in arena; design_count() many. O(points x factors). */
const struct design_row *design_make(struct arena *arena, const struct design_options *options);

#endif
