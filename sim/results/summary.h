/* From replications to statements: fills `summary`, `difference`, `series_summary` and the outcomes of `target` from the tables
 * `replication`, `metric` and `series` of an open results file, in the order point, cloud, metric.
 *
 * Means, intervals and quantiles are those of the nominal setting, outer draw 0. The parameter intervals come from the other draws
 * (sim/statistics/parameter.h), the probability of being best from them too where there are any (sim/statistics/selection.h).
 *
 * Differences are paired by rep: the same luck met both sides (design.md 4.3), so most of the noise cancels.
 * They are taken between any two clouds of a point, and between any two points of a cloud (only against the first point when
 * there are more than SUMMARY_ALL_PAIRS_POINTS), a before b in declared order, a minus b. `break_even_price_ratio` exists for
 * pairs of clouds only: the mean cost per useful GPU-hour of a over that of b, by the jackknife; multiply b's prices by it and both
 * cost the same. Ratios of other means are not stored: summary_ratios() makes them from the replications.
 *
 * Verdict, seen from a: 'ahead' or 'behind' when the interval of the difference lies beyond the smallest difference that matters on
 * one side, in the metric's better direction, and still does after Holm's correction over the comparisons of that metric (between
 * the clouds of the point, or between the points of the cloud); else 'not decided'. The interval is the parameter interval where the
 * study draws its inputs, else the sampling interval.
 *
 * A target is `held` when the measured interval lies inside [low, high], `missed` when it is disjoint from it, else
 * `undecided`; so is what has no interval. A bound is the interval from it to 1. */
#ifndef NINES_SIM_SUMMARY_H
#define NINES_SIM_SUMMARY_H

#include "sim/statistics/statistics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct sqlite3;

enum { SUMMARY_ALL_PAIRS_POINTS = 32 };

/* Replaces what the tables held, inside the caller's transaction; series_summary too unless series is false (the store that
 * wrote the replications has then filled it on the way). level: of the intervals. Returns false when SQLite failed;
 * sqlite3_errmsg tells why. O(metrics + series values), at most some 512 MiB. */
bool summary_write(struct sqlite3 *database, double level, bool series);

/* By how many times the first of two clouds of a point is more than the second. */
struct summary_ratio {
    int64_t point, cloud_a, cloud_b; /* ids */
    const char *metric;              /* as asked for */
    struct statistics values;        /* sim/statistics/fieller.h */
};

/* Ratios of the means of the metrics named, for every point and every pair of its clouds, a before b, paired at the nominal setting; of an
 * availability those of what is missing to 1, the time down. In the order of metrics, points and pairs; *rows in arena. Names that are no
 * metrics of the file give nothing; where all of a is 0, which luck alone can do, is no interval. Returns false when SQLite failed.
 * O(values), in one pass or a few, as summary_write(). */
bool summary_ratios(struct sqlite3 *database, struct arena *arena, double level, const char *const *metrics, size_t count,
                    struct summary_ratio **rows, size_t *row_count);

/* The rows of series_summary for one series of one (point, cloud): running[steps], in which a step without a value gives no row.
 * The values must have been added in the order of writing, (outer_draw, rep), so that both ways give the same bits. */
struct summary_course {
    int64_t point_id, cloud_id;
    const char *name;
    const struct statistics_running *running;
    size_t steps;
    double grid_s, level;
};
bool summary_write_course(struct sqlite3 *database, const struct summary_course *course);

/* 'ahead', 'behind' or 'not decided' for a difference (or, against 1, a ratio) with the given interval. NaN: not decided. */
const char *summary_verdict(double ci_low, double ci_high, double smallest, bool higher_is_better);

/* 'held', 'missed' or 'undecided'. low or high NaN: open on that side; both NaN: undecided. */
const char *summary_outcome(const struct statistics *measured, double low, double high);

#endif
