/* What summary.c (metrics, differences, targets) and summary_series.c share: which replications a results file holds, and
 * where each belongs. A cell is one (point, cloud); a slot is one (outer_draw, rep), the same for all cells, so that equal
 * slots pair. */
#ifndef NINES_SIM_SUMMARY_INTERNAL_H
#define NINES_SIM_SUMMARY_INTERNAL_H

#include "sim/base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite3;

struct summary_metric {
    int64_t id;
    const char *name, *unit;
    bool higher_is_better, is_availability;
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
    size_t point_count, cloud_count, series_count, metric_count, replication_count;
    size_t cells, slots;
};

/* summary_write() with another limit of memory: the rows are the same, those of different passes follow each other. */
bool summary_write_within(struct sqlite3 *database, double level, bool series, size_t memory);

/* Both return false when SQLite failed. */
bool summary_load_frame(struct sqlite3 *database, struct arena *arena, struct summary_frame *frame);
bool summary_write_series(struct sqlite3 *database, struct arena *arena, const struct summary_frame *frame);
/* `sensitivity`, from `summary` and `difference` as they stand; nothing where the points are no design of Morris's or Saltelli's. */
bool summary_write_sensitivity(struct sqlite3 *database, struct arena *arena, const struct summary_frame *frame);

#endif
