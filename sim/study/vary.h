/* How one key varies: a place u in the unit interval becomes a value of the key, as text for an override.
 *
 * Designs (sim/study/design.h) and outer draws choose places; here places become what a scenario could have said:
 *   values  the list, cut into equal parts of the unit interval
 *   range   from low at 0 to high at 1, evenly in the value or in its logarithm; whole numbers get equal parts each
 *   times   what the scenario writes, times a number between two; of a law, all its durations
 *   law     the quantile of a law of durations
 * The text is rounded (sim/scenario/scenario.h, key_number_text) and computed with sim/chance's kernels, so that the same place is
 * the same value on every machine. */
#ifndef NINES_SIM_VARY_H
#define NINES_SIM_VARY_H

#include "sim/scenario/scenario.h"

#include <stdbool.h>
#include <stddef.h>

enum vary_kind { VARY_VALUES, VARY_RANGE, VARY_TIMES, VARY_LAW };

struct vary {
    const char *path;         /* of the key, as the scenario names it */
    const char *label;        /* in words; "": none */
    const struct key *key;
    enum vary_kind kind;
    bool is_log;              /* of a range, or of the factor */
    const struct value *list; /* VALUES: its texts */
    double low, high;         /* RANGE: in base units; TIMES: of the factor */
    double written;           /* TIMES: the number in base units, or */
    struct law law;           /* the law; LAW: the law */
};

/* Reads an element of study.vary or uncertain. Reports mistakes at it: a key that is not there, a value that the key does not take.
 * false after a mistake. */
bool vary_read(struct scenario *scenario, const struct value *element, struct vary *vary);

/* The value at u, 0 <= u <= 1, as text in arena. A law's ends are its quantiles of 1/1000 and 999/1000. */
const char *vary_text(const struct vary *vary, struct arena *arena, double u);

/* Values that a factorial design tries: the list's length, else `levels`. */
size_t vary_levels(const struct vary *vary, size_t levels);
/* The place of the i-th of them: middles of a list's parts; from end to end of a range. */
double vary_level(const struct vary *vary, size_t levels, size_t i);

#endif
