/* One page about a run: what was asked, what came out, how sure it is, and on what it stands.
 *
 * The page is a single HTML file that needs nothing else: charts are images within it, there is no font, script or style
 * from elsewhere, and its content security policy forbids the browser to fetch any. It is read from top to bottom: the
 * question, the verdict with its intervals, the course of events, the charts, the numbers of each point, targets,
 * assumptions with their marks, where the numbers come from. Without a script everything is there; the script only moves
 * the slider over the course.
 *
 * Every number is read from the tables that `nines compare` reads, and written by the same functions, so that table and
 * page cannot differ. A verdict is the store's; the page never decides anything by itself.
 *
 * Names come from a file that anyone may have written. They reach the page through one function, which shows controls and
 * direction marks as escapes and turns HTML's five characters into references; the script gets numbers only. */
#ifndef NINES_SIM_REPORT_H
#define NINES_SIM_REPORT_H

#include "sim/base/arena.h"

#include <stdbool.h>

struct report_options {
    const char *path; /* results file */
    const char *out;  /* file to write, replaced as a whole; "-": stdout */
    bool quiet;
};

/* Writes the page. Messages go to stderr, the name of what was written to stdout. Returns the exit code: 3 when a file
 * cannot be read or written or gnuplot fails; then an older page stays as it was. */
int report_run(struct arena *arena, const struct report_options *options);

#endif
