/* The page that `nines compare` writes for a person: what its parts share. compare_table.c writes the head, the numbers of each
 * point and the end, compare_difference.c the paired differences, compare_target.c the targets. */
#ifndef NINES_SIM_COMPARE_PAGE_H
#define NINES_SIM_COMPARE_PAGE_H

#include "sim/results/compare_internal.h"

enum { PAGE_COLUMNS = 100 };

struct page {
    const struct compare_data *data;
    struct arena *arena;
    FILE *out;
    const char **clouds, **points; /* names, clean; points in quotes */
};

/* text cut or padded to `columns` by what a terminal shows, not by bytes. */
void page_put(const struct page *page, const char *text, int columns, bool right);
/* text and a line end, without blanks before it. */
void page_line(const struct page *page, const char *text);
/* Prose of any length, folded at blanks; nothing for "". */
void page_folded(const struct page *page, const char *indent, const char *text);

/* "[24.0, 26.3]", or why there is none. sign: of a difference. */
const char *page_interval(const struct page *page, const struct statistics *values, const char *method,
                          struct compare_scale scale, bool sign);
/* A line of its own with the parameter interval, in the column at `columns` from the names. */
void page_drawn(const struct page *page, int columns, double low, double high, struct compare_scale scale, bool sign);
/* "cost_usd (USD)". */
const char *page_metric(const struct page *page, const struct compare_metric *metric);

/* Of a metric with one value: the interval of its steady part, where there is one. */
void page_steady(const struct page *page, const struct compare_summary *summary, enum compare_kind kind);
/* Differences between the clouds of a point. */
void page_differences(const struct page *page, size_t point);
/* Ratios between the clouds of a point, where they were asked for. */
void page_ratios(const struct page *page, size_t point);
/* Decided differences between the points of each cloud, and the number of the others. */
void page_between_points(const struct page *page);
/* Breakdowns that were asked for, and tails. */
void page_breakdowns(const struct page *page, size_t point);
void page_targets(const struct page *page);
/* Which keys each metric hangs on, where the points are a design that tells. */
void page_sensitivities(const struct page *page);

#endif
