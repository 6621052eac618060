/* A system of components with exponential laws, classes of alike ones, and repair crews: a Markov chain on how many of each class
 * are down. Its unavailability is known to as many digits as one likes, down to where no plain simulation gets, so it is what the
 * methods for rare events are held against.
 *
 * A class serves while at least `needed` of its components are up (k of n); the system serves while all classes do, or any.
 * Crews mend classes in the declared order, an earlier one first, whatever is under repair (preemptive priority; exponential times
 * lose nothing by it). With crews enough for all, components are independent. Components fail also while the system is down. */
#ifndef NINES_MODELS_ORACLE_MARKOV_H
#define NINES_MODELS_ORACLE_MARKOV_H

#include "sim/study/model.h"

#include <stdbool.h>
#include <stdint.h>

enum { MARKOV_CLASSES_MAX = 16 };

struct markov_class {
    double fail_per_s, mend_per_s; /* of one component; of one crew */
    uint32_t count, needed;
};

struct markov_chain {
    struct markov_class class[MARKOV_CLASSES_MAX];
    uint32_t classes, crews;
    bool any;   /* the system serves while any class does; else while all do */
};

/* Where the chain is. */
struct markov_state {
    uint32_t down[MARKOV_CLASSES_MAX];
};

/* Rates out of a state, per second: fail[c], mend[c] of each class. */
struct markov_rates {
    double fail[MARKOV_CLASSES_MAX], mend[MARKOV_CLASSES_MAX];
    double failing, mending; /* sums */
};

struct markov_rates markov_rates(const struct markov_chain *chain, const struct markov_state *state);

/* How far from serving to down, 0 to 1: of a class, components down over as many as bring it down; of the system the largest of
 * its classes, or, where any class is enough, the smallest. 1 and above: the system is down. */
double markov_importance(const struct markov_chain *chain, const struct markov_state *state);

/* Metrics of the model, in the order of its table. */
enum markov_metric { MARKOV_UNAVAILABILITY, MARKOV_AVAILABILITY, MARKOV_FAILURES_PER_YEAR };

/* One replication by balanced failure biasing (markov_bias.c). */
void markov_replicate_biased(const struct markov_chain *chain, const struct sim_task *task, struct sim_record *record);

#endif
