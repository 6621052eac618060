/* What the files of `nines compare` share: the contents of a results file as plain arrays (compare_data.c), texts and numbers
 * as a person or a program reads them (compare_text.c), and the three writers. Everything lives in one arena. */
#ifndef NINES_SIM_COMPARE_INTERNAL_H
#define NINES_SIM_COMPARE_INTERNAL_H

#include "sim/base/arena.h"
#include "sim/results/compare.h"
#include "sim/statistics/statistics.h"
#include "sim/results/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A metric that is shown. break_even_price_ratio is one too, of differences only. */
struct compare_metric {
    const char *name, *unit, *help;
    bool higher_is_better, is_availability;
    const char *label; /* in words; else the name */
    bool is_share;     /* another share than an availability */
};

struct compare_summary {
    size_t point, cloud, metric; /* indices */
    struct statistics values;    /* method is in method */
    double param_low, param_high;
    double ends[6];              /* intervals of p05, p50, p95: low, high, ... */
    double variance_ratio, probability_best, probability_good;
    int64_t draws;               /* of the inputs, behind param_low and param_high */
    const char *method;
};

struct compare_difference {
    size_t point_a, cloud_a, point_b, cloud_b, metric;
    struct statistics values;
    double param_low, param_high;
    double smallest, p_adjusted, variance_ratio; /* p itself is in values */
    int64_t family, draws;
    const char *method, *verdict, *decided_by;
};

struct compare_target {
    size_t point, cloud;
    const char *name, *metric, *unit, *role, *outcome, *expect, *reason, *source, *evidence, *method;
    double published, low, high, measured, ci_low, ci_high;
};

/* An index of sensitivity; of a cloud, or of a minus b. */
#define COMPARE_ALONE SIZE_MAX
struct compare_sensitivity {
    size_t cloud_a, cloud_b, metric; /* cloud_b COMPARE_ALONE: of a alone */
    const char *factor, *label, *name, *unit, *method; /* label: of the factor, in words; else its path */
    double value, ci_low, ci_high, level;
    uint32_t n;
};

/* A row of `breakdown_summary`, or of `risk`; of a cloud, or of a minus b. */
struct compare_slice {
    size_t point, cloud_a, cloud_b, breakdown;
    const char *slice, *measure; /* measure: NULL for a breakdown; of a tail the same as slice */
    double at;                   /* threshold or share; NaN: none */
    double members;              /* of a tail */
    struct statistics values;    /* mean is the value; method is in method */
    const char *method;
};

/* The steady part of a course that a metric is the mean of. */
struct compare_steady {
    size_t point, cloud, metric;
    struct statistics values; /* over batches */
    double left_out_s;
    bool independent;         /* neighbouring batches are not correlated */
};

/* Mean of a over mean of b, two clouds of a point; of an availability of what is missing to 1. */
struct compare_ratio {
    size_t point, cloud_a, cloud_b, metric;
    struct statistics values;
};

struct compare_data {
    struct arena *arena;
    struct store_marks marks;       /* of the inputs */
    const struct compare_options *options;
    struct store_run run;
    const struct store_cloud *clouds;
    const struct store_point *points;
    size_t cloud_count, point_count;
    bool *shown;                    /* [point_count]: passes --point */
    struct compare_metric *metrics; /* all of the file, then break_even_price_ratio */
    size_t metric_count;
    size_t *selected;               /* indices of the metrics to show, in the order to show them */
    size_t selected_count;
    struct compare_summary *summaries; /* of shown points and selected metrics, in the order point, metric, cloud */
    size_t summary_count;
    struct compare_difference *differences; /* both points shown or, with --point, one of them */
    size_t difference_count;
    struct compare_target *targets;
    size_t target_count;
    struct compare_sensitivity *sensitivities; /* of selected metrics, in the file's order */
    size_t sensitivity_count;
    struct compare_steady *steady;  /* settled courses of selected metrics */
    size_t steady_count;
    size_t breakdown_count;         /* of run.breakdowns */
    struct compare_slice *slices, *tails; /* of shown points: what is to be shown, in the file's order */
    size_t slice_count, tail_count;
    struct compare_ratio *ratios;   /* of shown points and selected metrics; none unless asked for */
    size_t ratio_count;
    int64_t replications;           /* per point, the least over the shown points and all clouds */
};

/* The metrics of a first look, in its order; ends with NULL. */
extern const char *const compare_main_metrics[];

/* Fills data (arena and options are set) from an open store. Returns the exit code, after a message where not 0. */
int compare_load(struct compare_data *data, struct store *store);

/* compare_breakdown.c: the same of breakdowns and tails. */
struct sqlite3;
struct json_t;
bool compare_load_breakdowns(struct compare_data *data, struct sqlite3 *database);
struct json_t *compare_slice_array(const struct compare_data *data, bool risk);
/* Index of a breakdown of the file; breakdown_count when there is none of that name. */
size_t compare_breakdown_named(const struct compare_data *data, const char *name);

/* compare_ratio.c */
bool compare_load_ratios(struct compare_data *data, struct sqlite3 *database);
struct json_t *compare_ratio_array(const struct compare_data *data);
/* "1 - availability_service" */
const char *compare_ratio_of(const struct compare_data *data, const struct compare_ratio *ratio);

/* compare_steady.c */
bool compare_load_steady(struct compare_data *data, struct sqlite3 *database);

/* compare_sensitivity.c: reading the table; its rows as a JSON array. */
bool compare_load_sensitivities(struct compare_data *data, struct sqlite3 *database);
struct json_t *compare_sensitivity_array(const struct compare_data *data);

void compare_write_table(const struct compare_data *data, FILE *out);
bool compare_write_json(const struct compare_data *data, FILE *out);
void compare_write_csv(const struct compare_data *data, FILE *out);

/* --- Targets --- */

/* The numbers of a target as a person reads them: "311 min", "316 [314, 319] min"; "-" where there is none. */
struct compare_target_texts {
    const char *published, *low, *high, *measured;
};
struct compare_target_texts compare_target_texts(const struct compare_data *data, const struct compare_target *target);
/* The scenario said what to expect, and it came out differently. */
bool compare_target_surprises(const struct compare_target *target);

/* --- Words --- */

/* What a regime can say: a clause in lower case; "" for an unknown one. */
const char *compare_regime_means(const char *regime);
/* The interval that decides lies within what does not matter: that is known too. about: 0; 1 for a ratio. */
bool compare_is_too_small(const struct compare_difference *difference, double about);

/* --- Text --- */

/* text with control characters, line and direction marks and broken UTF-8 written as \n, \x1b, \u202e: what is left changes
 * neither lines nor colours of a terminal. */
const char *compare_clean(struct arena *arena, const char *text);
/* Columns that clean text takes: one per code point. */
int compare_width(const char *text);
/* text cut to at most `columns`, ending in ".." when cut. */
const char *compare_fit(struct arena *arena, const char *text, int columns);

/* How the numbers of one metric are written, so that they can be compared by eye down a column. */
struct compare_scale {
    bool scientific; /* decimals are of the mantissa: numbers too small to be written out */
    double factor; /* 100 for shares shown in percent */
    int decimals;
    const char *suffix; /* " %", " pp" or "" */
};
/* POINTS: differences of shares, in percentage points. */
enum compare_kind { COMPARE_PLAIN, COMPARE_PERCENT, COMPARE_POINTS };
/* Enough decimals for two digits of the narrowest half width among count statistics (three significant digits of the
 * largest value where nothing varies), but at most six significant digits of the largest value, or seven decimals of a
 * percentage; and for PERCENT enough that no value below 1 reads as 100 %. PLAIN numbers that are all below 1e-4 get exponents. */
struct compare_scale compare_scale_of(const struct statistics *values, size_t count, enum compare_kind kind);
/* "97.99 %"; sign: with + or -; NaN: "undefined". rounding: -1 down, 0 nearest, 1 up. */
const char *compare_number(struct arena *arena, double value, struct compare_scale scale, bool sign, int rounding);
/* Shortest text that reads back as value, for programs; "" for NaN. */
const char *compare_exact(struct arena *arena, double value);
/* -log10(1 - availability) to one decimal; "" when it is not below 1. */
const char *compare_nines(struct arena *arena, double availability);

#endif
