/* What the files of study_prepare() share: study.c (the whole, mistakes, targets), study_points.c (points and settings) and
 * study_vary.c (points by design, outer draws). Nobody else includes this. */
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

/* The list of a scenario's points, or NULL. */
const struct value *study_points_list(const struct scenario *scenario);

/* Makes the study's points; reports mistakes in how they are asked for. */
void preparation_declare_points(struct preparation *p);
/* Tries each point, and the outer draws at the points that are kept; prints their mistakes. */
void preparation_check_points(struct preparation *p);

/* The points that study.vary asks for. Reports mistakes; then there are none. */
void study_vary_points(struct study *study);
/* What `uncertain` and its kin ask for. */
void study_read_inputs(struct study *study);

#endif
