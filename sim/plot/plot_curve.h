/* Placement curves as a table: many policies, traces and seeds, a value per percent arrived. Internal to the charts. */
#ifndef NINES_SIM_PLOT_CURVE_H
#define NINES_SIM_PLOT_CURVE_H

#include "sim/plot/plot_internal.h"
#include "sim/statistics/statistics.h"

/* One row of the table. */
struct curve_row {
    uint32_t series, bin; /* series: which trace, tune and policy */
    int64_t seed;
    size_t line;        /* of the file */
    double alloc, frag; /* percent of capacity */
};

struct curve_group {
    const char *trace;
    double tune;
    const char *label;
    size_t bins; /* highest + 1 */
};

/* One policy of one group. */
struct curve_series {
    size_t group, policy;
    size_t first, rows; /* its rows, ordered by (bin, seed) */
};

struct curves {
    struct curve_row *rows;
    size_t count;
    struct curve_group *groups;
    size_t group_count;
    const char **policies; /* names in order of appearance: a policy keeps its colour and dash in all groups */
    size_t policy_count;
    struct curve_series *series;
    size_t series_count;
    int64_t least_seeds, most_seeds; /* of a series */
};

/* Reads and orders. False after showing what is wrong, with the exit code in *code. */
bool curves_read(struct curves *curves, struct arena *arena, const char *path, int *code);

/* The series of a group and policy, or NULL. */
const struct curve_series *curves_find(const struct curves *curves, size_t group, size_t policy);

/* Mean and 95 % interval over seeds of a bin; n is 0 when nothing is known there. */
struct statistics curves_at(const struct curves *curves, struct arena *arena, const struct curve_series *series,
                            uint32_t bin, bool frag);

#endif
