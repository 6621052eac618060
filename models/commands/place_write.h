/* What `nines place` writes: curves and placements as CSV, and the table at the end. */
#ifndef NINES_MODELS_COMMANDS_PLACE_WRITE_H
#define NINES_MODELS_COMMANDS_PLACE_WRITE_H

#include "models/commands/place_plan.h"

#include <stdio.h>

/* trace,policy,tune,seed,arrived_pct,alloc_pct,frag_pct,frag_ratio_pct: the columns of the published curves. Bins that
 * nothing arrived in are left out. */
void place_write_curve_header(FILE *out);
void place_write_curve(FILE *out, const struct place_plan *plan, size_t policy, size_t seed,
                       const struct place_result *result);

/* trace,policy,tune,seed,pos,pod,node,gpu,score: one row an arrival; pod and node by name, devices joined by '-', node
 * and score empty when the pod did not fit. */
void place_write_placements_header(FILE *out);
void place_write_placements(FILE *out, const struct place_plan *plan, size_t policy, size_t seed,
                            const struct place_result *result);

/* What the table is made of: one number per experiment and column, NaN where undefined. */
enum { PLACE_AT_100, PLACE_AT_END, PLACE_FRAGMENT_AT_100, PLACE_PLACED_SHARE, PLACE_COLUMNS };
struct place_table {
    double *value[PLACE_COLUMNS]; /* [policies][seeds] */
    bool uneven;                  /* some experiments end in an earlier bin than others */
};
void place_table_open(struct place_table *table, struct arena *arena, const struct place_plan *plan);
void place_table_add(struct place_table *table, const struct place_plan *plan, size_t policy, size_t seed,
                     const struct place_result *result);
/* Mean and standard deviation (n - 1) per policy, in order of policies. */
void place_table_print(const struct place_table *table, const struct place_plan *plan, FILE *out);

/* "42..51", "42, 44, 50..60" of the plan's seeds. */
const char *place_seeds_text(struct arena *arena, const struct place_plan *plan);

#endif
