/* A record's buffers as a virtual table, so that rows go into the file by INSERT ... SELECT.
 *
 * Binding and stepping a statement costs three times as much per row as letting SQLite's own loop pull values out of our
 * buffers. The table `record_rows` exists only in the connection of the store and shows what its
 * source points to at the moment: set the source, step the INSERT, done.
 *
 * Columns c0 ... c10; c0 is the replication's id, the others are the target table's in order. Steps of a series that were never
 * reported give no row. Sums over the parts of the world belong to no replication: of them all columns are the table's, and spans of
 * which nothing is to be added give no row. */
#ifndef NINES_SIM_STORE_ROWS_H
#define NINES_SIM_STORE_ROWS_H

#include "sim/study/record.h"

#include <stdint.h>

struct sqlite3;

enum store_rows_kind { STORE_ROWS_METRIC, STORE_ROWS_SERIES, STORE_ROWS_SLICE, STORE_ROWS_OUTAGE, STORE_ROWS_LEASE, STORE_ROWS_PAYMENT,
                       STORE_ROWS_MESSAGE, STORE_ROWS_SUM };

/* Of one part of the world under one cloud: what replications have told of each of its spans, in millionths. */
struct store_sums {
    struct store_sums *next;
    int64_t cloud_id, part_id;
    double span_s;
    uint32_t count;
    struct store_sum {
        int64_t n, sum, squares; /* n == 0: nothing is to be added */
    } span[];
};

struct store_rows {
    enum store_rows_kind kind;
    const struct sim_record *record;
    int64_t replication_id;
    const int64_t *metric_ids; /* [metric_count] */
    const int64_t *series_ids; /* [series_count] */
    const int64_t *breakdown_ids; /* [breakdown_count] */
    int64_t point_id;
    const struct store_sums *sums; /* of that point */
};

/* Makes `record_rows` show *source in this connection; source must outlive it. Returns an SQLite result code. */
int store_rows_register(struct sqlite3 *database, struct store_rows *source);

#endif
