/* What the files of study_prepare() share: study.c (the whole, mistakes, targets) and study_points.c (points and settings). Nobody
 * else includes this. */
#ifndef NINES_SIM_STUDY_INTERNAL_H
#define NINES_SIM_STUDY_INTERNAL_H

#include "sim/base/check.h"
#include "sim/study/study.h"

struct preparation {
    struct study *study;
    FILE *errors;
    const char **printed; /* mistakes shown so far, to show each once */
    size_t printed_count, printed_room;
};

/* Prints the scenario's mistakes that were not printed for an earlier point. point: its label, or NULL: the scenario itself. */
void preparation_print(struct preparation *p, const struct scenario *scenario, const char *point);

/* Reads the scenario with these overrides: from text, or from the source's path when it is NULL. */
struct scenario *study_read(const struct study *study, struct arena *arena, const char *text, const char *const *overrides,
                            size_t count);

/* Makes the study's points and checks each; prints their mistakes. */
void preparation_points(struct preparation *p);

#endif
