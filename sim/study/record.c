#include "sim/study/record.h"

#include "sim/study/story.h"

#include "sim/base/check.h"
#include "sim/base/hash.h"

#include <math.h>
#include <string.h>

#include "sim/base/nomalloc.h"

enum { FIRST_CHUNK = 32, LARGEST_CHUNK = 8192 };

uint32_t record_steps(instant horizon, duration grid)
{
    check(horizon.us > 0 && grid.us > 0, "horizon %lld us, grid %lld us", (long long)horizon.us, (long long)grid.us);
    int64_t steps = (horizon.us - 1) / grid.us + 1;
    check(steps <= INT32_MAX, "%lld grid steps", (long long)steps);
    return (uint32_t)steps;
}

static double *undefined_array(struct arena *arena, size_t count)
{
    double *values = arena_alloc(arena, count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = NAN;
    return values;
}

struct sim_record *record_open(struct arena *arena, const struct sim_model *model, const struct sim_task *task)
{
    struct sim_record *record = arena_new(arena, struct sim_record);
    record->arena = arena;
    record->metrics = model->metrics;
    record->series = model->series;
    record->breakdowns = model->breakdowns;
    while (model->metrics != NULL && model->metrics[record->metric_count].name != NULL)
        record->metric_count++;
    while (model->series != NULL && model->series[record->series_count].name != NULL)
        record->series_count++;
    while (model->breakdowns != NULL && model->breakdowns[record->breakdown_count].name != NULL)
        record->breakdown_count++;
    record->steps = record->series_count > 0 ? record_steps(task->horizon, task->grid) : 0;
    record->metric_values = undefined_array(arena, record->metric_count);
    record->metric_reported = arena_array(arena, record->metric_count, bool);
    record->series_values = undefined_array(arena, (size_t)record->series_count * record->steps);
    record->log = task->log;
    record->outage_min_s = duration_seconds(task->outage_min);
    record->outage_cap = task->outage_cap;
    return record;
}

/* One bit pattern for "undefined": compilers and CPUs produce NaNs of either sign. */
static double canonical(double value)
{
    return isnan(value) ? (double)NAN : value;
}

void record_metric(struct sim_record *record, uint32_t metric, double value)
{
    check(metric < record->metric_count, "metric %u of %u", metric, record->metric_count);
    check(!record->metric_reported[metric], "metric '%s' reported twice", record->metrics[metric].name);
    check(!isinf(value), "metric '%s' is infinite", record->metrics[metric].name);
    record->metric_reported[metric] = true;
    record->metric_values[metric] = canonical(value);
}

void record_series(struct sim_record *record, uint32_t series, uint32_t step, double value)
{
    check(series < record->series_count, "series %u of %u", series, record->series_count);
    check(step < record->steps, "step %u of %u in series '%s'", step, record->steps, record->series[series].name);
    check(!isinf(value), "series '%s' is infinite at step %u", record->series[series].name, step);
    record->series_values[(size_t)series * record->steps + step] = canonical(value);
}

/* Of the length, the first and the last eight characters: names differ at their ends, and all lists are full of names. */
static uint32_t place_of(const char *text, size_t length)
{
    uint64_t first = 0, last = 0;
    memcpy(&first, text, length < 8 ? length : 8);
    if (length > 8)
        memcpy(&last, text + length - 8, 8);
    return (uint32_t)(hash_mix(first ^ (last << 7 | last >> 57) ^ length) % RECORD_TEXTS);
}

/* Copies text, or finds the copy made lately: lists repeat a few thousand names millions of times. NULL becomes "". */
static const char *keep(struct sim_record *record, const char *text)
{
    if (text == NULL)
        text = "";
    size_t length = strlen(text);
    struct record_text *kept = &record->texts[place_of(text, length)];
    if (kept->text == NULL || kept->length != length || memcmp(kept->text, text, length) != 0)
        *kept = (struct record_text){arena_text(record->arena, text), length};
    return kept->text;
}

static size_t next_room(size_t room)
{
    return room == 0 ? FIRST_CHUNK : room < LARGEST_CHUNK ? room * 2 : room;
}

void record_slice(struct sim_record *record, const struct sim_slice *slice)
{
    check(slice->breakdown < record->breakdown_count, "breakdown %u of %u", slice->breakdown, record->breakdown_count);
    check(isfinite(slice->numerator) && isfinite(slice->denominator) && slice->denominator >= 0, "slice '%s' of breakdown '%s': %g / %g",
          slice->slice, record->breakdowns[slice->breakdown].name, slice->numerator, slice->denominator);
    struct record_slices *chunk = record->last_slices;
    if (chunk == NULL || chunk->count == chunk->room) {
        size_t room = next_room(chunk != NULL ? chunk->room : 0);
        struct record_slices *fresh = arena_alloc(record->arena, 1, sizeof *fresh + room * sizeof fresh->rows[0]);
        *fresh = (struct record_slices){.room = room, .first = record->slice_count};
        *(chunk != NULL ? &chunk->next : &record->slices) = fresh;
        record->last_slices = chunk = fresh;
    }
    struct sim_slice *row = &chunk->rows[chunk->count++];
    *row = *slice;
    row->slice = keep(record, slice->slice);
    row->at = canonical(slice->at);
    record->slice_count++;
}

void record_outage(struct sim_record *record, const struct sim_outage *outage)
{
    check(outage->start_s <= outage->end_s, "outage of '%s' ends before it starts", outage->subject);
    if (record->story != NULL && story_is_about(record->story, outage))
        record_subject_down(record, outage);
    bool long_enough = outage->censored || outage->end_s - outage->start_s >= record->outage_min_s;
    bool wanted = record->log >= SIM_LOG_EVENTS || strcmp(outage->subject_kind, "service") == 0;
    if (!long_enough || !wanted)
        return;
    record->outages_seen++;
    if (record->log < SIM_LOG_SUMMARY || record->outages_listed >= record->outage_cap)
        return;
    record->outages_listed++;
    struct record_outages *chunk = record->last_outages;
    if (chunk == NULL || chunk->count == chunk->room) {
        size_t room = next_room(chunk != NULL ? chunk->room : 0);
        struct record_outages *fresh = arena_alloc(record->arena, 1, sizeof *fresh + room * sizeof fresh->rows[0]);
        *fresh = (struct record_outages){.room = room};
        *(chunk != NULL ? &chunk->next : &record->outages) = fresh;
        record->last_outages = chunk = fresh;
    }
    struct sim_outage *row = &chunk->rows[chunk->count++];
    *row = *outage;
    row->subject_kind = keep(record, outage->subject_kind);
    row->subject = keep(record, outage->subject);
    row->cause = keep(record, outage->cause);
    row->incident = outage->incident != NULL ? keep(record, outage->incident) : NULL;
}

struct sim_lease *record_lease(struct sim_record *record, const struct sim_lease *lease)
{
    if (record->log < SIM_LOG_LEASES)
        return NULL;
    record->leases_listed++;
    struct record_leases *chunk = record->last_leases;
    if (chunk == NULL || chunk->count == chunk->room) {
        size_t room = next_room(chunk != NULL ? chunk->room : 0);
        struct record_leases *fresh = arena_alloc(record->arena, 1, sizeof *fresh + room * sizeof fresh->rows[0]);
        *fresh = (struct record_leases){.room = room};
        *(chunk != NULL ? &chunk->next : &record->leases) = fresh;
        record->last_leases = chunk = fresh;
    }
    struct sim_lease *row = &chunk->rows[chunk->count++];
    *row = *lease;
    row->tenant = keep(record, lease->tenant);
    row->provider = keep(record, lease->provider);
    row->reason = keep(record, lease->reason);
    return row;
}

void record_payment(struct sim_record *record, const struct sim_payment *payment)
{
    if (record->log < SIM_LOG_LEASES)
        return;
    record->payments_listed++;
    struct record_payments *chunk = record->last_payments;
    if (chunk == NULL || chunk->count == chunk->room) {
        size_t room = next_room(chunk != NULL ? chunk->room : 0);
        struct record_payments *fresh = arena_alloc(record->arena, 1, sizeof *fresh + room * sizeof fresh->rows[0]);
        *fresh = (struct record_payments){.room = room};
        *(chunk != NULL ? &chunk->next : &record->payments) = fresh;
        record->last_payments = chunk = fresh;
    }
    struct sim_payment *row = &chunk->rows[chunk->count++];
    *row = *payment;
    row->from = keep(record, payment->from);
    row->to = keep(record, payment->to);
    row->denom = keep(record, payment->denom);
    row->what = keep(record, payment->what);
}

bool record_wants_parts(const struct sim_record *record)
{
    return record->log >= SIM_LOG_SUMMARY;
}

void record_part(struct sim_record *record, const struct sim_part *part)
{
    if (!record_wants_parts(record))
        return;
    check(part->span.us > 0, "part '%s' has spans of %lld us", part->name, (long long)part->span.us);
    struct record_parts *fresh = arena_new(record->arena, struct record_parts);
    double *values = arena_array(record->arena, part->count, double);
    for (uint32_t i = 0; i < part->count; i++) {
        check(!(part->values[i] < 0 || part->values[i] > 1), "part '%s' has a share of %g", part->name, part->values[i]);
        values[i] = canonical(part->values[i]);
    }
    *fresh = (struct record_parts){.part = {keep(record, part->kind), keep(record, part->name), part->span, part->count, values}};
    *(record->last_parts != NULL ? &record->last_parts->next : &record->parts) = fresh;
    record->last_parts = fresh;
}

bool record_wants_messages(const struct sim_record *record)
{
    return record->log >= SIM_LOG_EVENTS;
}

void record_message(struct sim_record *record, const struct sim_message *message)
{
    if (!record_wants_messages(record))
        return;
    record->messages_listed++;
    struct record_messages *chunk = record->last_messages;
    if (chunk == NULL || chunk->count == chunk->room) {
        size_t room = next_room(chunk != NULL ? chunk->room : 0);
        struct record_messages *fresh = arena_alloc(record->arena, 1, sizeof *fresh + room * sizeof fresh->rows[0]);
        *fresh = (struct record_messages){.room = room, .first = (int64_t)record->messages_listed};
        *(chunk != NULL ? &chunk->next : &record->messages) = fresh;
        record->last_messages = chunk = fresh;
    }
    /* Hardly any is said twice: the cache of texts would only be in the way. */
    chunk->rows[chunk->count++] = (struct sim_message){message->height, arena_text(record->arena, message->text)};
}

void record_done(struct sim_record *record, uint64_t events, uint64_t digest)
{
    check(!record->done, "a replication ends once");
    record->done = true;
    record->events = events;
    record->engine_digest = digest;
}

static uint64_t fold(uint64_t hash, double value)
{
    return isnan(value) ? hash_word(hash, UINT64_MAX) : hash_double(hash, value);
}

uint64_t record_digest(const struct sim_record *record)
{
    check(record->done, "the replication has not said record_done()");
    uint64_t hash = hash_word(record->engine_digest, record->events);
    for (uint32_t i = 0; i < record->metric_count; i++) {
        hash = hash_text(hash, record->metrics[i].name);
        hash = fold(hash, record->metric_values[i]);
    }
    for (uint32_t s = 0; s < record->series_count; s++) {
        hash = hash_text(hash, record->series[s].name);
        for (uint32_t t = 0; t < record->steps; t++)
            hash = fold(hash, record->series_values[(size_t)s * record->steps + t]);
    }
    for (const struct record_slices *c = record->slices; c != NULL; c = c->next)
        for (size_t i = 0; i < c->count; i++) {
            const struct sim_slice *slice = &c->rows[i];
            hash = hash_text(hash_text(hash, record->breakdowns[slice->breakdown].name), slice->slice);
            hash = fold(fold(fold(hash, slice->at), slice->numerator), slice->denominator);
        }
    return hash;
}
