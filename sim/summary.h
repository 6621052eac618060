/* From replications to statements: fills `summary`, `difference`, `series_summary` and the outcomes of `target` from the tables
 * `replication`, `metric` and `series` of an open results file, in the order point, cloud, metric.
 *
 * Differences are paired by (outer_draw, rep): the same luck met both sides (design.md 4.3), so most of the noise cancels.
 * They are taken between any two clouds of a point, and between any two points of a cloud (only against the first point when
 * there are more than SUMMARY_ALL_PAIRS_POINTS), a before b in declared order, a minus b. `break_even_price_ratio` exists for pairs of clouds
 * only: the mean cost per useful GPU-hour of a over that of b, by the jackknife; multiply b's prices by it and both cost the same.
 *
 * Verdict, seen from a: 'ahead' or 'behind' when the interval of the difference lies beyond the smallest difference that matters
 * (0 for now) on one side, in the metric's better direction; else 'not decided'.
 *
 * A target is `held` when the measured interval lies inside [low, high], `missed` when it is disjoint from it, else
 * `undecided`; a bound, or no interval, is `undecided`. */
#ifndef NINES_SIM_SUMMARY_H
#define NINES_SIM_SUMMARY_H

#include "sim/statistics.h"

#include <stdbool.h>
#include <stddef.h>

struct sqlite3;

enum { SUMMARY_ALL_PAIRS_POINTS = 32 };

/* Replaces what the four tables held, inside the caller's transaction. level: of the intervals. Returns false when SQLite
 * failed; sqlite3_errmsg tells why. */
bool summary_write(struct sqlite3 *database, double level);

/* 'ahead', 'behind' or 'not decided' for a difference (or, against 1, a ratio) with the given interval. NaN: not decided. */
const char *summary_verdict(double ci_low, double ci_high, double smallest, bool higher_is_better);

/* 'held', 'missed' or 'undecided'. low or high NaN: open on that side; both NaN: undecided. */
const char *summary_outcome(const struct statistics *measured, double low, double high);

#endif
