/* What the charts share. Lengths are millimetres at final size, fractions of the page where gnuplot wants them. */
#ifndef NINES_SIM_PLOT_INTERNAL_H
#define NINES_SIM_PLOT_INTERNAL_H

#include "sim/base/arena.h"
#include "sim/study/model.h"
#include "sim/results/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct sqlite3;

/* Final widths of a journal's page and column, and the size of the text: 8.25 pt, 7.1 pt in the caption. */
#define PAGE_MM 174.0
#define COLUMN_MM 84.0
#define LINE_MM 3.7       /* from line to line */
#define CHARACTER_MM 1.55 /* mean width of a character, on the wide side */
#define SMALL_LINE_MM 3.2
#define SMALL_CHARACTER_MM 1.33

enum { PLOT_PANELS = 6 }; /* most panels on one page; more points make more pages */

struct plot {
    struct arena *arena;
    struct store *store;
    struct sqlite3 *database;
    struct store_run run;
    const struct store_cloud *clouds;
    const struct store_point *points;
    size_t cloud_count, point_count;
    const struct sim_metric *availability, *cost; /* the run's main ones; NULL: it has none */
    const char *folder, *format;
    bool quiet;
    const char *origin; /* ends the caption: where the numbers are from; NULL: the run says it */
};

/* A mean with its interval, from `summary` or `difference`. NaN: unknown. */
struct estimate {
    double mean, low, high;
    int64_t n;
    bool is_bound;
    const char *method, *verdict;
};

/* The embedded scripts: plots/NAME.gp. */
struct plot_script {
    const char *name;
    const unsigned char *text;
    size_t bytes;
};
extern const struct plot_script plot_scripts[]; /* ends with name NULL; generated at build */

/* --- One figure --- */

struct figure {
    const struct plot *plot;
    const char *chart; /* "nines": which script */
    const char *name;  /* "nines" or "nines-2": of the files */
    double width_mm, height_mm;
    double top_mm;    /* where drawing may begin, below the title */
    double bottom_mm; /* height of the caption at the foot */
    char *script_text, *data_text;
    size_t script_bytes, data_bytes;
    FILE *script, *data;
};

/* page counts from 0; panels_mm: height of the drawing without title and caption, which are added. subtitle may be "".
 */
void figure_open(struct figure *figure, const struct plot *plot, const char *chart, size_t page, double width_mm,
                 double panels_mm, const char *subtitle, const char *caption);
void figure_number(struct figure *figure, const char *name, double value);
void figure_numbers(struct figure *figure, const char *name, const double *values, size_t count);
void figure_text(struct figure *figure, const char *name, const char *text);
void figure_texts(struct figure *figure, const char *name, const char *const *texts, size_t count);
/* One value of the data file, and what follows it: a tab, or the end of the line. NaN is written so. */
void figure_value(struct figure *figure, double value, char after);
void figure_word(struct figure *figure, const char *text, char after);
/* Writes the three files. Returns the exit code. */
int figure_close(struct figure *figure);
/* y on the page, in gnuplot's screen units, of a distance from the top in millimetres; and x from the left. */
double figure_y(const struct figure *figure, double from_top_mm);
double figure_x(const struct figure *figure, double from_left_mm);

/* --- Text and layout --- */

/* Control characters as escapes, what is not UTF-8 as '?'; at most `most` characters, then "...". */
const char *plot_show(struct arena *arena, const char *text, size_t most);
size_t plot_length(const char *text); /* characters */
/* Lines of at most `most` characters, broken at blanks, joined by \n. *lines: how many. */
const char *plot_wrap(struct arena *arena, const char *text, size_t most, size_t *lines);
/* Moves y[count] apart until neighbours in order of size are at least `gap` apart, inside low..high where there is
 * room. */
void plot_spread(double *y, size_t count, double gap, double low, double high);
/* Rows of a table-like chart, 1 apart, downwards negative: y[groups * per_group], and where each group's name and upper
 * rule go. Returns the depth. Without grouping there is no line for the name. */
double plot_place_rows(bool grouped, size_t groups, size_t per_group, double *y, double *group_y, double *rule_y);
/* "n = 30", "n = 28 to 30". */
const char *plot_count(struct arena *arena, int64_t least, int64_t most);

/* --- Numbers --- */

double plot_nines(double availability); /* -log10(1 - a); infinity at 1, 0 below 0 */
/* A round step (1, 2 or 5 times a power of ten) that gives at most `most` ticks over range > 0. */
double plot_step(double range, double most);
/* Ticks of a nines axis over low..high drawn width_mm wide: positions, and labels "99.9 %%", which gnuplot takes as
 * formats. Returns their number, at most room. */
size_t plot_nines_ticks(struct arena *arena, double low, double high, double width_mm, double *at, const char **label,
                        size_t room);
/* "99.93 %", with digits that show the difference from 100 %. */
const char *plot_percent(struct arena *arena, double share);

struct estimate plot_summary(const struct plot *plot, size_t point, size_t cloud, const char *metric);
struct estimate plot_difference(const struct plot *plot, size_t point, size_t cloud_a, size_t cloud_b,
                                const char *metric);
/* The caption's first words: "Means with 95 % intervals (student t), n = 30". The methods are those of the estimates
 * given. */
const char *plot_method(const struct plot *plot, const struct estimate *estimates, size_t count);

/* --- The charts: each draws its pages. has: whether the run has data for it; why not in *why. --- */
int plot_availability(const struct plot *plot);
int plot_nines_chart(const struct plot *plot);
int plot_cost(const struct plot *plot);
int plot_differences(const struct plot *plot);
bool plot_has_series(const struct plot *plot, const char **why);
bool plot_has_availability(const struct plot *plot, const char **why);
bool plot_has_cost(const struct plot *plot, const char **why);
bool plot_has_differences(const struct plot *plot, const char **why);

#endif
