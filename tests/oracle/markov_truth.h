/* What a Markov model must answer, from its scenario's values and by none of its code: the generator of the chain on the numbers of
 * components down, its stationary law, and its transient law over a horizon.
 *
 * The stationary law by the elimination of Grassmann, Taksar & Heyman 1985 ("Regenerative analysis and steady state distributions
 * for Markov chains", Operations Research 33(5)), which subtracts nothing, so that a probability of 1e-12 has as many right
 * digits as one of 0.5 (O'Cinneide 1993); by GSL's LU decomposition too, which has not. The transient law by uniformisation
 * (Jensen 1953; Grassmann 1977), whose terms are all positive as well. */
#ifndef NINES_TESTS_ORACLE_MARKOV_TRUTH_H
#define NINES_TESTS_ORACLE_MARKOV_TRUTH_H

#include "sim/scenario/scenario.h"

#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { TRUTH_CLASSES = 4, TRUTH_STATES = 512 };

struct truth_chain {
    int classes, count[TRUTH_CLASSES], needed[TRUTH_CLASSES], crews, states;
    double fail[TRUTH_CLASSES], mend[TRUTH_CLASSES]; /* per hour */
    bool any;
    double (*rate)[TRUTH_STATES]; /* [from][to], per hour; 0 on the diagonal */
    bool is_down[TRUTH_STATES];
};

/* State number of numbers down, in mixed radix, and back. */
static inline void truth_unpack(const struct truth_chain *chain, int state, int down[TRUTH_CLASSES])
{
    for (int c = 0; c < chain->classes; c++) {
        down[c] = state % (chain->count[c] + 1);
        state /= chain->count[c] + 1;
    }
}

static inline void truth_fill(struct truth_chain *chain)
{
    chain->states = 1;
    for (int c = 0; c < chain->classes; c++)
        chain->states *= chain->count[c] + 1;
    chain->rate = calloc(TRUTH_STATES, sizeof *chain->rate);
    for (int s = 0; s < chain->states; s++) {
        int down[TRUTH_CLASSES], stride = 1, crews = chain->crews, lost = 0;
        truth_unpack(chain, s, down);
        for (int c = 0; c < chain->classes; stride *= chain->count[c] + 1, c++) {
            int mended = down[c] < crews ? down[c] : crews;
            crews -= mended;
            if (down[c] < chain->count[c])
                chain->rate[s][s + stride] = (chain->count[c] - down[c]) * chain->fail[c];
            if (mended > 0)
                chain->rate[s][s - stride] = mended * chain->mend[c];
            lost += chain->count[c] - down[c] < chain->needed[c];
        }
        chain->is_down[s] = chain->any ? lost == chain->classes : lost > 0;
    }
}

static inline struct truth_chain truth_chain(const struct value *root)
{
    const struct value *components = value_of(root, "components");
    struct truth_chain chain = {.classes = (int)value_count(components), .any = value_choice(root, "serves_while") == 1};
    for (int c = 0; c < chain.classes; c++) {
        const struct value *each = value_at(components, (size_t)c);
        chain.count[c] = (int)value_integer(each, "count");
        chain.needed[c] = (int)value_integer(each, "needed");
        chain.fail[c] = 3600 / law_mean(value_law(each, "up"));
        chain.mend[c] = 3600 / law_mean(value_law(each, "repair"));
        chain.crews += chain.count[c];
    }
    if (value_integer(root, "crews") > 0)
        chain.crews = (int)value_integer(root, "crews");
    truth_fill(&chain);
    return chain;
}

/* Stationary law by GTH. law: room for states. */
static inline void truth_stationary(const struct truth_chain *chain, double *law)
{
    int n = chain->states;
    double(*p)[TRUTH_STATES] = calloc(TRUTH_STATES, sizeof *p), total = 1;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            p[i][j] = chain->rate[i][j];
    for (int k = n - 1; k > 0; k--) { /* fold state k into those before it */
        double out = 0;
        for (int j = 0; j < k; j++)
            out += p[k][j];
        for (int i = 0; i < k; i++)
            p[i][k] /= out;
        for (int i = 0; i < k; i++)
            for (int j = 0; j < k; j++)
                p[i][j] += i != j ? p[i][k] * p[k][j] : 0;
    }
    law[0] = 1;
    for (int k = 1; k < n; k++) {
        law[k] = 0;
        for (int i = 0; i < k; i++)
            law[k] += law[i] * p[i][k];
        total += law[k];
    }
    for (int k = 0; k < n; k++)
        law[k] /= total;
    free(p);
}

static inline double truth_share_down(const struct truth_chain *chain, const double *law)
{
    double share = 0;
    for (int s = 0; s < chain->states; s++)
        share += chain->is_down[s] ? law[s] : 0;
    return share;
}

/* Unavailability by GSL: law x generator = 0, one equation replaced by the sum. */
static inline double truth_share_down_lu(const struct truth_chain *chain)
{
    size_t n = (size_t)chain->states;
    gsl_matrix *a = gsl_matrix_calloc(n, n);
    gsl_vector *b = gsl_vector_calloc(n), *x = gsl_vector_alloc(n);
    gsl_permutation *order = gsl_permutation_alloc(n);
    double share = 0;
    int sign;
    for (size_t from = 0; from < n; from++)
        for (size_t to = 0; to < n; to++) {
            *gsl_matrix_ptr(a, to, from) += chain->rate[from][to];
            *gsl_matrix_ptr(a, from, from) -= chain->rate[from][to];
        }
    for (size_t from = 0; from < n; from++)
        gsl_matrix_set(a, 0, from, 1);
    gsl_vector_set(b, 0, 1);
    gsl_linalg_LU_decomp(a, order, &sign);
    gsl_linalg_LU_solve(a, order, b, x);
    for (size_t s = 0; s < n; s++)
        share += chain->is_down[s] ? gsl_vector_get(x, s) : 0;
    gsl_matrix_free(a);
    gsl_vector_free(b);
    gsl_vector_free(x);
    gsl_permutation_free(order);
    return share;
}

/* How often per hour the chain goes from serving to down under a law. */
static inline double truth_failures_per_h(const struct truth_chain *chain, const double *law)
{
    double sum = 0;
    for (int i = 0; i < chain->states; i++)
        for (int j = 0; j < chain->states; j++)
            sum += !chain->is_down[i] && chain->is_down[j] ? law[i] * chain->rate[i][j] : 0;
    return sum;
}

/* The law averaged over [0, hours] from everything up: (1/t) integral of p(u) du = sum over n of P(N > n) p0 P^n / (rate t), where
 * P is the chain uniformised at `rate` and N is Poisson of mean rate t. */
static inline void truth_average(const struct truth_chain *chain, double hours, double *law)
{
    int n = chain->states;
    double rate = 0, *now = calloc((size_t)n, sizeof *now), *next = calloc((size_t)n, sizeof *next);
    for (int i = 0; i < n; i++) {
        double out = 0;
        for (int j = 0; j < n; j++)
            out += chain->rate[i][j];
        rate = out > rate ? out : rate;
        law[i] = 0;
    }
    int most = (int)(rate * hours + 12 * sqrt(rate * hours) + 60);
    double *beyond = calloc((size_t)most + 2, sizeof *beyond); /* P(N > k), summed from the small end */
    for (int k = most; k >= 0; k--)
        beyond[k] = beyond[k + 1] + exp(-rate * hours + (k + 1) * log(rate * hours) - lgamma(k + 2.0));
    now[0] = 1;
    for (int k = 0; k <= most; k++) {
        for (int j = 0; j < n; j++) {
            law[j] += beyond[k] / (rate * hours) * now[j];
            next[j] = 0;
        }
        for (int i = 0; i < n; i++) {
            double stay = rate;
            for (int j = 0; j < n; j++) {
                next[j] += now[i] * chain->rate[i][j] / rate;
                stay -= chain->rate[i][j];
            }
            next[i] += now[i] * (stay > 0 ? stay : 0) / rate;
        }
        double *swap = now;
        now = next;
        next = swap;
    }
    free(now);
    free(next);
    free(beyond);
}

#endif
