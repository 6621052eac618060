/* What one replication of one arm reported, on its way from the model to the results file.
 *
 * The writer's side, record_metric() and its sisters, is declared in sim/study/model.h: that is all a model sees. This is the
 * reader's side. A record lives in an arena of its own slot, not in the replication's scratch, because it outlives the
 * replication: threads finish in any order and the results are written in one order (sim/study/study.h). Everything is sized when
 * the record opens, except the lists (slices, outages, leases, payments), which grow by chunks of that arena; texts are copied into it,
 * and a text seen a moment ago is shared.
 *
 * Invariants: a metric never reported is NaN; a series step never reported is NaN; nothing here depends on the log level
 * except the lists of outages, leases and payments. An outage counts when it lasted outage_min or is still open, and its subject is a service (any
 * subject with --log events); it is listed, up to outage_cap, from --log summary on. So every model's lists mean the same.
 *
 * The digest of a replication covers what was simulated: the engine's digest and number of events, and the bits of every
 * metric, series and slice of a breakdown. The lists stay outside, because what they hold depends on --log. */
#ifndef NINES_SIM_RECORD_H
#define NINES_SIM_RECORD_H

#include "sim/base/arena.h"
#include "sim/study/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lists are chains of chunks in the order of reporting:
 *   for (const struct record_outages *c = record->outages; c != NULL; c = c->next)
 *       for (size_t i = 0; i < c->count; i++) use(&c->rows[i]); */
struct record_outages {
    struct record_outages *next;
    size_t count, room;
    struct sim_outage rows[];
};

struct record_slices {
    struct record_slices *next;
    size_t count, room;
    size_t first; /* number of rows[0], from 0 */
    struct sim_slice rows[];
};

struct record_leases {
    struct record_leases *next;
    size_t count, room;
    struct sim_lease rows[];
};

struct record_payments {
    struct record_payments *next;
    size_t count, room;
    struct sim_payment rows[];
};

struct record_messages {
    struct record_messages *next;
    size_t count, room;
    int64_t first; /* number of rows[0]; messages count from 1 */
    struct sim_message rows[];
};

struct record_parts {
    struct record_parts *next;
    struct sim_part part;
};

enum { RECORD_TEXTS = 256 };
struct record_text {
    const char *text; /* NULL: none yet */
    size_t length;
};

struct sim_record {
    struct arena *arena;
    const struct sim_metric *metrics; /* the model's declarations */
    const struct sim_series *series;
    const struct sim_breakdown *breakdowns;
    uint32_t metric_count, series_count, breakdown_count, steps;
    double *metric_values;  /* [metric_count]; NaN: undefined */
    bool *metric_reported;  /* [metric_count] */
    double *series_values;  /* [series_count][steps]: value of series s at step t is series_values[s * steps + t] */
    enum sim_log log;
    double outage_min_s;
    uint32_t outage_cap;
    uint64_t outages_seen, outages_listed, leases_listed, payments_listed, messages_listed;
    struct record_slices *slices, *last_slices;
    size_t slice_count;
    struct record_outages *outages, *last_outages;
    struct record_leases *leases, *last_leases;
    struct record_payments *payments, *last_payments;
    struct record_messages *messages, *last_messages;
    struct record_parts *parts, *last_parts;
    struct story *story;    /* what is told of one subject (sim/study/story.h); NULL: nobody listens */
    bool done;              /* record_done() was called */
    uint64_t events, engine_digest;
    struct record_text texts[RECORD_TEXTS]; /* copies made lately, by hash: a cache, not a set */
};

/* Opens a record for one replication of `model` in arena. task: horizon and grid give the number of steps, outage_cap and log
 * the lists. The arena must live until the record is written, and is rewound by its owner then. O(metrics + series x steps). */
struct sim_record *record_open(struct arena *arena, const struct sim_model *model, const struct sim_task *task);

/* Steps of a grid over a horizon: ceil(horizon / grid), at least 1. grid > 0. */
uint32_t record_steps(instant horizon, duration grid);

/* Digest of the replication; needs record_done(). The same for any thread count, compiler and log level. O(values). */
uint64_t record_digest(const struct sim_record *record);

#endif
