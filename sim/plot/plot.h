/* Charts of a run: data and a script per figure, drawn by gnuplot.
 *
 * Each figure is three files beside each other: NAME.tsv (the numbers, with units in the column names), NAME.gp (a
 * script that stands alone: parameters, the house style, the drawing) and the image. `gnuplot NAME.gp` in that folder
 * draws it again, so a figure can be adapted without nines. The scripts' common parts are plots/style.gp and
 * plots/NAME.gp, built into the program.
 *
 * Layout is computed here and not left to gnuplot: margins, where a label goes so that none covers another, which ticks
 * a nines axis has. Gnuplot draws.
 *
 * Names come from a file that anyone may have written. They reach gnuplot only as single-quoted literals, which it
 * takes as they are, with enhanced text off; control characters are shown as escapes; no shell is involved. */
#ifndef NINES_SIM_PLOT_H
#define NINES_SIM_PLOT_H

#include "sim/base/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct plot_options {
    const char *path;          /* results file */
    const char *folder;        /* must exist */
    const char *format;        /* "svg", "png" or "pdf" */
    double width_mm;           /* of every figure: a journal's page, 174, or column, 84 */
    const char *subject;       /* service that "gantt" shows; NULL: it chooses */
    const char *const *charts; /* names; none: all that the run has data for, of more than 24 points those that sum them up, if any */
    size_t chart_count;
    bool quiet;
};

/* The charts of a run, in the order of drawing: "availability", ...; NULL after the last. */
const char *plot_chart_name(size_t i);

/* Draws. Messages go to stderr, the list of what was written to stdout. Returns the exit code: 2 for an unknown chart
 * or one that the run has no data for, 3 when a file or gnuplot fails. */
int plot_run(struct arena *arena, const struct plot_options *options);

/* The same for a table of placement curves, as `nines place --curve` writes it and as the FGD artifact's results come:
 * trace,policy,tune,seed,arrived_pct,alloc_pct,frag_pct. Means over seeds. Charts: "unallocated", "fragmentation". */
int plot_curve_run(struct arena *arena, const struct plot_options *options);

#endif
