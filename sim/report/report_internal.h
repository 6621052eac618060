/* What the parts of the page share. Each part writes one <section>, or nothing where the run has nothing for it. */
#ifndef NINES_SIM_REPORT_INTERNAL_H
#define NINES_SIM_REPORT_INTERNAL_H

#include "sim/base/arena.h"
#include "sim/results/compare_internal.h"
#include "sim/results/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define REPORT_NONE SIZE_MAX

struct report {
    struct arena *arena;
    FILE *out;
    struct compare_data data;      /* all points, all metrics */
    struct store *store;
    const char **clouds, **points; /* names as HTML; points in quotes */
    size_t availability, cost;     /* the metrics of the verdict; REPORT_NONE: there is none */
    size_t headline;               /* the point of the verdict */
    const char *charts;            /* folder of the drawn charts; NULL: none */
};

/* --- Text: everything from the file passes through these --- */

/* As HTML, fit for an element and for a quoted attribute. Text is already clean or our own. */
const char *report_escape(struct arena *arena, const char *text);
/* Text from the file as HTML: controls and direction marks as escapes, then escaped. */
const char *report_text(struct arena *arena, const char *text);
/* The same, cut to the length of a name. */
const char *report_name(struct arena *arena, const char *text);
/* The name of a metric, which may break after each underscore. For elements only. */
const char *report_metric(struct arena *arena, const char *name);
/* What a metric is called in a sentence: its label. */
const char *report_words(const struct report *report, size_t metric);
/* A text of many lines, for <pre>: line ends and tabs stay. */
void report_lines(const struct report *report, const char *text);
void report_base64(FILE *out, const unsigned char *bytes, size_t count);

/* --- Numbers --- */

/* As compare_number() writes it, with a minus that is one, and digits in groups of three from five on. */
const char *report_number(struct arena *arena, double value, struct compare_scale scale, bool sign, int rounding);
/* The rows of one metric in one point share a scale. */
struct compare_scale report_scale(const struct report *report, size_t point, size_t metric, bool difference);
const struct compare_summary *report_summary(const struct report *report, size_t point, size_t cloud, size_t metric);
/* "97.99 to 98.12"; NULL where an end is unknown. */
const char *report_range(const struct report *report, double low, double high, struct compare_scale scale, bool sign);
/* A difference seen from cloud a: NULL when the file has none. Where it is stored the other way round, a turned copy. */
const struct compare_difference *report_difference(const struct report *report, size_t point, size_t a, size_t b,
                                                   size_t metric);

/* --- Shares over time: strips and map --- */

enum { REPORT_LEVELS = 8, REPORT_WHOLE = 100000 };

/* Thousandths of a percent, rounded down so that REPORT_WHOLE means all; -1: unknown. */
int report_thousandths(double share);
/* The level of a known value, 0 (all but all) to REPORT_LEVELS - 1; and the value from which a level begins. */
int report_level(int value);
int report_level_from(int level);

struct report_map;
/* Reads how the sites fared at the first `points` points, over `cells` cells of cell_s each. NULL: nothing to show, or not *fine: the
 * file cannot be read. */
struct report_map *report_map_open(const struct report *report, size_t cells, double cell_s, size_t points, bool *fine);
/* The table of a point, and after all of them the script's numbers, which begin with a comma. map may be NULL. time_of: a cell's begin. */
void report_map_put(const struct report_map *map, size_t point, const char *(*time_of)(const void *context, size_t cell), const void *context);
void report_map_data(const struct report_map *map);

/* --- Parts, in the order of the page --- */

void report_head(const struct report *report);
void report_verdict(const struct report *report);
bool report_course(const struct report *report); /* false: cannot be read */
bool report_fleet(const struct report *report);  /* the strip of moments, a chart: within the course */
bool report_charts(const struct report *report); /* false, after saying why */
void report_numbers(const struct report *report);
void report_sensitivity(const struct report *report);
void report_targets(const struct report *report);
bool report_assumptions(const struct report *report);
void report_origin(const struct report *report);

/* page.css, page.js and the script's hash for the content security policy; made by embed.sh. */
extern const unsigned char report_css[], report_js[];
extern const size_t report_css_bytes, report_js_bytes;
extern const char *const report_js_hash;

#endif
