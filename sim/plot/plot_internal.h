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

/* The size of the text: 8.25 pt, 7.1 pt in the caption. */
#define SPREAD_MM 120.0   /* figures at least as wide have room for panels beside each other */
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
    double page_mm; /* width of every figure */
    const char *subject; /* of a chart of one service; NULL: the chart chooses */
    bool quiet;
    const char *origin; /* ends the caption: where the numbers are from; NULL: the run says it */
};

/* A mean with its interval, from `summary` or `difference`. NaN: unknown. */
struct estimate {
    double mean, low, high;
    double param_low, param_high; /* parameter interval; NaN: no inputs were drawn */
    double smallest;              /* of a difference: the smallest that matters */
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

/* --- Panels in rows and columns --- */

struct grid {
    size_t panels, columns; /* at most PLOT_PANELS panels */
    double left_mm, right_mm; /* margins of the page: for the first column's axis, for names at the ends of lines */
    double gutter_mm;         /* between columns */
    double head_mm, panel_mm, gap_mm; /* of a row: above the panel, the panel, below it */
    double left[PLOT_PANELS], right[PLOT_PANELS], upper[PLOT_PANELS]; /* mm; by grid_place() */
};

/* Height of all rows, for figure_open(). */
double grid_height(const struct grid *grid);
void grid_place(struct grid *grid, const struct figure *figure);
/* panel_left, _right, _top, _bottom, _text_y, _lowest (no panel below), _first (of its row), panel_text and panel_note, which
 * stands in the middle of an empty panel. texts, notes: [panels]. */
void grid_write(struct figure *figure, const struct grid *grid, const char *const *texts, const char *const *notes);
/* Names right of the panels, each joined to the end of its line at (end_x, end_y) in the plot's coordinates; height: of that
 * end, as a share of the panel. NaN: no line, the name alone. All [panels][per_panel]. Writes name, known, end_x, end_y,
 * label_x, label_y. */
void grid_names(struct figure *figure, const struct grid *grid, size_t per_panel, const char *const *names,
                const double *end_x, const double *end_y, const double *height);

/* --- Survival curves (plot_survival.c) --- */

enum { SURVIVAL_EDGES = 181 };

/* One cloud at one point: the share above each edge. */
struct survival_curve {
    bool known;                                                                    /* else it is a name without a line */
    size_t last;                                                                   /* the last edge with a share above 0 */
    double share[SURVIVAL_EDGES], ci_low[SURVIVAL_EDGES], ci_high[SURVIVAL_EDGES]; /* NaN: no ribbon there */
    const char *note;                                                              /* after the cloud's name; "": nothing */
};

/* A chart of them. What it is the chart sets, with `low` and `high`; the rest is of the page that is drawn. */
struct survival {
    const struct plot *plot;
    const char *chart, *subtitle;
    const char *columns; /* of the data file: the first two */
    const char *axis_text, *share_text;
    void *own;                           /* the chart's */
    void (*estimate)(struct survival *); /* fills in curve[] for the points from first_point on */
    const char *(*caption)(const struct survival *);
    size_t (*ticks)(const struct survival *, double *at, const char **label, size_t room); /* returns how many */
    size_t cells; /* of the axis; at most SURVIVAL_EDGES - 1 */
    double low, high;
    size_t first_point;
    struct grid grid;
    struct survival_curve *curve; /* [grid.panels][clouds] */
    double least;                 /* of the shares' axis */
};

double survival_edge(const struct survival *survival, size_t k);
/* 1, 0.1, ... down to `low`, as percentages, every `every`th with its label, which is a format. Returns how many. */
size_t survival_decades(struct arena *arena, double low, size_t every, double *at, const char **label, size_t room);
/* Draws all pages. Returns the exit code. */
int survival_draw(struct survival *survival);

/* --- Reading --- */

/* A statement of the run's file, to be stepped and finalised. */
struct sqlite3_stmt *plot_query(const struct plot *plot, const char *sql);
/* NaN for NULL and what is not finite; "" for NULL. */
double plot_column(struct sqlite3_stmt *row, int column);
const char *plot_column_text(struct arena *arena, struct sqlite3_stmt *row, int column);
/* Index of a point or cloud by its id; the count when there is none. */
size_t plot_point_of(const struct plot *plot, int64_t id);
size_t plot_cloud_of(const struct plot *plot, int64_t id);
/* A metric of the run by its name; NULL: none. */
const struct sim_metric *plot_metric(const struct plot *plot, const char *name);
/* What a reader is shown for a metric, or for a key that a study varies: its label where there is one, else its name, of a key the end
 * of it. At most `most` characters. */
const char *plot_words(const struct plot *plot, const struct sim_metric *metric);
const char *plot_key_words(const struct plot *plot, const char *key, size_t most);
/* Shares, availabilities among them, are drawn in percent. */
bool plot_is_percent(const struct sim_metric *metric);
/* Whether some cloud has a mean of it at some point. */
bool plot_metric_defined(const struct plot *plot, const struct sim_metric *metric);

/* --- Text and layout --- */

/* Names of all clouds at most `most` long, and the width of the longest on the page. */
const char **plot_cloud_names(const struct plot *plot, size_t most);
double plot_texts_mm(const char *const *texts, size_t count);

/* Control characters and those that turn the writing direction as escapes, what is not UTF-8 as '?'; at most `most` characters, then "...". */
const char *plot_show(struct arena *arena, const char *text, size_t most);
/* The same of names whose end says more than their beginning: "...", then the last characters. most > 3. */
const char *plot_show_end(struct arena *arena, const char *text, size_t most);
/* Of a shown text: as a label of a tick, which gnuplot takes as a format. */
const char *plot_tick(struct arena *arena, const char *text);
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
/* The same for an axis over low..high with zero on it, and small enough for a second tick. */
double plot_axis_step(double low, double high, double most);
/* Ticks of a nines axis over low..high drawn width_mm wide: positions, and labels "99.9 %%", which gnuplot takes as
 * formats. Returns their number, at most room. */
size_t plot_nines_ticks(struct arena *arena, double low, double high, double width_mm, double *at, const char **label,
                        size_t room);
/* "99.93 %", with digits that show the difference from 100 %. */
const char *plot_percent(struct arena *arena, double share);
/* A time as a reader says it, for ticks: "30 s", "10 min", "6 h", "7 d". */
const char *plot_time(struct arena *arena, double seconds);
/* Ticks of a logarithmic axis of times over low_s..high_s, above 0, drawn width_mm wide. Returns their number, at most room. */
size_t plot_time_ticks(struct arena *arena, double low_s, double high_s, double width_mm, double *at_s,
                       const char **label, size_t room);

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
int plot_blast(const struct plot *plot);
int plot_radius(const struct plot *plot);
int plot_fleet(const struct plot *plot);
int plot_downtime(const struct plot *plot);
int plot_tornado(const struct plot *plot);
int plot_recovery(const struct plot *plot);
int plot_gantt(const struct plot *plot);
int plot_money(const struct plot *plot);
int plot_sweep(const struct plot *plot);
int plot_heat(const struct plot *plot);
bool plot_has_blast(const struct plot *plot, const char **why);
bool plot_has_radius(const struct plot *plot, const char **why);
bool plot_has_fleet(const struct plot *plot, const char **why);
bool plot_has_sensitivity(const struct plot *plot, const char **why);
bool plot_has_recovery(const struct plot *plot, const char **why);
bool plot_has_gantt(const struct plot *plot, const char **why);
bool plot_has_money(const struct plot *plot, const char **why);
bool plot_has_sweep(const struct plot *plot, const char **why);
bool plot_has_heat(const struct plot *plot, const char **why);
bool plot_has_outages(const struct plot *plot, const char **why);
bool plot_has_series(const struct plot *plot, const char **why);
bool plot_has_availability(const struct plot *plot, const char **why);
bool plot_has_cost(const struct plot *plot, const char **why);
bool plot_has_differences(const struct plot *plot, const char **why);

#endif
