/* What the files of the summary share: which replications a results file holds, and where each belongs (summary_frame.c); the
 * values of some metrics (summary_values.c); rows of `summary` (summary_metric.c) and of `difference` (summary_difference.c), Holm's
 * correction over those (summary_adjust.c), the courses of series (summary_series.c), and breakdowns with
 * their tails (summary_breakdown.c). A cell is one (point, cloud); a slot is
 * one (outer_draw, rep), the same for all cells, so that equal slots pair. The first slots are those of the nominal setting, outer draw
 * 0; the others fill a table of draws x replications. */
#ifndef NINES_SIM_SUMMARY_INTERNAL_H
#define NINES_SIM_SUMMARY_INTERNAL_H

#include "sim/base/arena.h"
#include "sim/statistics/statistics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite3;
struct sqlite3_stmt;

struct summary_metric {
    int64_t id;
    const char *name, *unit;
    bool higher_is_better, is_availability, is_share;
    bool is_duration; /* its unit says so */
    double smallest; /* difference that matters, as the scenario says; NaN: summary_margin() */
};

struct summary_replication {
    int64_t id;
    size_t cell, slot;
};

/* Most bytes of values, and of running means, held at once. A larger study goes through its metrics in several passes and
 * through its series in several scans. */
#define SUMMARY_MEMORY ((size_t)256 * 1024 * 1024)

struct summary_frame {
    double level;
    size_t memory;
    int64_t *points, *clouds, *series;       /* ids in declared order */
    const char **series_names;
    struct summary_metric *metrics;
    struct summary_replication *replications; /* by id */
    bool *present;                            /* [cell][slot] */
    bool antithetic;                          /* a slot is (outer_draw, rep / 2): the mean of two replications */
    size_t point_count, cloud_count, series_count, metric_count, replication_count;
    size_t cells, slots;
    size_t nominal;            /* slots [0, nominal) have outer draw 0 */
    size_t draws, draw_width;  /* outer draws from 1 on, and the different `rep` among their slots */
    size_t *place;             /* [slots - nominal]: draw x draw_width + column */
    bool bca;                  /* intervals by the bootstrap */
    size_t control;            /* index of the control's metric; metric_count: none */
    double expected;           /* of the control */
};

/* The values of metrics [first, first + count), and room to work. Room that is called [slots] holds a table too. */
struct summary_pass {
    const struct summary_frame *frame;
    struct sqlite3_stmt *insert_summary, *insert_difference;
    size_t first, count;
    double *values;             /* [cell][metric - first][slot]; NaN: undefined or missing */
    double *controls;           /* [cell][slot] of the control; NULL without one */
    double *a, *b, *scratch;    /* [slots], [slots], [2 slots] */
    double *tables;             /* [cloud_count][slots] */
    double *resamples;          /* [BOOTSTRAP_RESAMPLES]; NULL without bca */
    double *best, *good;        /* [count][cloud_count]: of the point under way */
    double *sums;               /* [cloud_count] */
    size_t *cells;              /* [cloud_count] */
    bool *kept;                 /* [slots] */
};

/* As many metrics at once as memory allows; 1 at least. */
size_t summary_at_once(const struct summary_frame *frame);
const double *summary_values_of(const struct summary_pass *pass, size_t cell, size_t metric);
/* Reads the pass's values. false: SQLite failed. */
bool summary_load_values(struct summary_pass *pass, struct sqlite3 *database);
/* Values at the nominal setting of the slots that both cells have (a cell and itself: all of its own), in order. to_b may be NULL.
 * Returns how many. */
size_t summary_gather(const struct summary_pass *pass, size_t cell_a, size_t cell_b, size_t metric, double *to_a, double *to_b);
/* Fills pass->tables with [cell][draw][draw_width] of the draws that all the cells have in full. Returns how many draws. */
size_t summary_tables(const struct summary_pass *pass, const size_t *cells, size_t count, size_t metric);

/* The smallest difference of two means that matters: what the scenario says, else 0.01 % of an availability (4.4 min a month, a tenth of
 * the 0.1 % between the classes of availability that are sold), and 1 % of the larger mean of anything else. Both are assumptions. */
double summary_margin(const struct summary_metric *metric, double mean_a, double mean_b);
/* Binds numbers to consecutive places from `first` on; NaN becomes NULL. */
void summary_bind(struct sqlite3_stmt *insert, int first, const double *numbers, int count);
/* n, n_undefined, mean, sd, ci_low, ci_high, level, method, is_bound. */
void summary_bind_statistics(struct sqlite3_stmt *insert, int first, const struct statistics *s);
bool summary_step(struct sqlite3_stmt *insert);

/* Rows of one point, one a cloud and metric of the pass. All return false when SQLite failed. */
bool summary_write_point(struct summary_pass *pass, size_t point);
/* Rows of one pair of cells, one a metric of the pass. */
bool summary_write_pair(struct summary_pass *pass, size_t cell_a, size_t cell_b);
/* Holm's correction of p within each family, and the verdicts that remain. */
bool summary_adjust(struct sqlite3 *database, struct arena *arena);

/* summary_write() with another limit of memory: the rows are the same, those of different passes follow each other. */
bool summary_write_within(struct sqlite3 *database, double level, bool series, size_t memory);
/* summary_ratios() with another limit of memory: the same rows. */
struct summary_ratio;
bool summary_ratios_within(struct sqlite3 *database, struct arena *arena, double level, const char *const *metrics, size_t count, size_t memory,
                           struct summary_ratio **rows, size_t *row_count);

/* Both return false when SQLite failed. */
bool summary_load_frame(struct sqlite3 *database, struct arena *arena, struct summary_frame *frame);
/* Steady means of the courses in series_summary (sim/statistics/steady.h); those with a step without a value have no row. */
bool summary_write_steady(struct sqlite3 *database, struct arena *arena, const struct summary_frame *frame);
bool summary_write_series(struct sqlite3 *database, struct arena *arena, const struct summary_frame *frame);
/* `breakdown_summary` and `risk`, at the nominal setting. */
bool summary_write_breakdowns(struct sqlite3 *database, struct arena *arena, const struct summary_frame *frame);
/* `sensitivity`, from `summary` and `difference` as they stand; nothing where the points are no design of Morris's or Saltelli's. */
bool summary_write_sensitivity(struct sqlite3 *database, struct arena *arena, const struct summary_frame *frame);

#endif
