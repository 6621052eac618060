/* `nines compare`: a results file as one table a point, with intervals, then the paired differences between clouds and
 * between points, then the targets. Everything shown is read from the tables `summary`, `difference` and `target`. A run that was
 * killed has none: they are then computed beside the file from the replications that it holds, and the file stays as it is. Ratios of
 * means are computed when they are asked for.
 *
 * Output is for a person by default (within 100 columns), or JSON, or CSV (results/README.md documents both). Names come
 * from a file that anyone may have written: control characters are escaped in all three. */
#ifndef NINES_SIM_COMPARE_H
#define NINES_SIM_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum compare_format { COMPARE_TABLE, COMPARE_JSON, COMPARE_CSV };

struct compare_options {
    const char *path;           /* results file */
    const char *point;          /* only this label; NULL: all */
    const char *const *metrics; /* only these, in this order; none: the main ones (all of them in JSON and CSV) */
    size_t metric_count;
    bool ratio;                 /* ratios of means between clouds too */
    enum compare_format format;
};

/* Writes to out; messages go to stderr. Returns the exit code: 0; 2 when the point or a metric does not exist (naming the
 * nearest), 3 when the file cannot be read or `out` cannot be written. */
int compare_run(const struct compare_options *options, FILE *out);

#endif
