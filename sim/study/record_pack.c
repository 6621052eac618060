#include "sim/study/record_pack.h"
#include "sim/base/check.h"
#include "sim/base/message.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t no_text = UINT64_MAX;

/* --- Writing --- */

static void put(struct pack *pack, const void *bytes, size_t length)
{
    if (length > pack->room - pack->length) {
        size_t room = 2 * pack->room > pack->length + length ? 2 * pack->room : pack->length + length + 4096;
        unsigned char *larger = realloc(pack->bytes, room);
        if (larger == NULL) {
            message_error(NULL, "out of memory: %zu bytes for a replication on its way to another process", room);
            exit(EXIT_MACHINE);
        }
        pack->bytes = larger;
        pack->room = room;
    }
    if (length > 0)
        memcpy(pack->bytes + pack->length, bytes, length);
    pack->length += length;
}

void pack_free(struct pack *pack)
{
    free(pack->bytes);
    *pack = (struct pack){0};
}

void pack_number(struct pack *pack, uint64_t number)
{
    put(pack, &number, sizeof number);
}

void pack_real(struct pack *pack, double real)
{
    put(pack, &real, sizeof real);
}

void pack_text(struct pack *pack, const char *text)
{
    uint64_t length = text != NULL ? strlen(text) : no_text;
    pack_number(pack, length);
    if (text != NULL)
        put(pack, text, length);
}

static void pack_outage(struct pack *pack, const struct sim_outage *row)
{
    pack_text(pack, row->subject_kind);
    pack_text(pack, row->subject);
    pack_real(pack, row->start_s);
    pack_real(pack, row->end_s);
    pack_number(pack, row->censored);
    pack_text(pack, row->cause);
    pack_text(pack, row->incident);
}

static void pack_lease(struct pack *pack, const struct sim_lease *row)
{
    pack_number(pack, (uint64_t)row->id);
    pack_text(pack, row->tenant);
    pack_text(pack, row->provider);
    pack_real(pack, row->requested_s);
    pack_real(pack, row->start_s);
    pack_real(pack, row->end_s);
    pack_text(pack, row->reason);
    pack_number(pack, (uint64_t)row->gpus);
    pack_real(pack, row->price_usd_per_h);
    pack_real(pack, row->paid_usd);
}

static void pack_payment(struct pack *pack, const struct sim_payment *row)
{
    pack_real(pack, row->t_s);
    pack_text(pack, row->from);
    pack_text(pack, row->to);
    pack_number(pack, (uint64_t)row->amount_micro);
    pack_text(pack, row->denom);
    pack_text(pack, row->what);
}

static void pack_slices(struct pack *pack, const struct sim_record *record)
{
    pack_number(pack, record->slice_count);
    for (const struct record_slices *c = record->slices; c != NULL; c = c->next)
        for (size_t i = 0; i < c->count; i++) {
            pack_number(pack, c->rows[i].breakdown);
            pack_text(pack, c->rows[i].slice);
            pack_real(pack, c->rows[i].at);
            pack_real(pack, c->rows[i].numerator);
            pack_real(pack, c->rows[i].denominator);
        }
}

static void pack_lists(struct pack *pack, const struct sim_record *record)
{
    uint64_t outages = 0, leases = 0, payments = 0, messages = 0;
    for (const struct record_outages *c = record->outages; c != NULL; c = c->next)
        outages += c->count;
    for (const struct record_leases *c = record->leases; c != NULL; c = c->next)
        leases += c->count;
    for (const struct record_payments *c = record->payments; c != NULL; c = c->next)
        payments += c->count;
    for (const struct record_messages *c = record->messages; c != NULL; c = c->next)
        messages += c->count;
    pack_number(pack, outages);
    for (const struct record_outages *c = record->outages; c != NULL; c = c->next)
        for (size_t i = 0; i < c->count; i++)
            pack_outage(pack, &c->rows[i]);
    pack_number(pack, leases);
    for (const struct record_leases *c = record->leases; c != NULL; c = c->next)
        for (size_t i = 0; i < c->count; i++)
            pack_lease(pack, &c->rows[i]);
    pack_number(pack, payments);
    for (const struct record_payments *c = record->payments; c != NULL; c = c->next)
        for (size_t i = 0; i < c->count; i++)
            pack_payment(pack, &c->rows[i]);
    pack_number(pack, messages);
    for (const struct record_messages *c = record->messages; c != NULL; c = c->next)
        for (size_t i = 0; i < c->count; i++) {
            pack_number(pack, (uint64_t)c->rows[i].height);
            pack_text(pack, c->rows[i].text);
        }
}

static void pack_parts(struct pack *pack, const struct sim_record *record)
{
    uint64_t parts = 0;
    for (const struct record_parts *p = record->parts; p != NULL; p = p->next)
        parts++;
    pack_number(pack, parts);
    for (const struct record_parts *p = record->parts; p != NULL; p = p->next) {
        pack_text(pack, p->part.kind);
        pack_text(pack, p->part.name);
        pack_number(pack, (uint64_t)p->part.span.us);
        pack_number(pack, p->part.count);
        put(pack, p->part.values, p->part.count * sizeof *p->part.values);
    }
}

void pack_record(struct pack *pack, const struct sim_record *record)
{
    check(record->done, "a record travels when its replication is over");
    pack_number(pack, record->steps);
    put(pack, record->metric_values, record->metric_count * sizeof *record->metric_values);
    put(pack, record->metric_reported, record->metric_count * sizeof *record->metric_reported);
    put(pack, record->series_values, (size_t)record->series_count * record->steps * sizeof *record->series_values);
    pack_number(pack, record->log);
    pack_number(pack, record->events);
    pack_number(pack, record->engine_digest);
    pack_number(pack, record->outages_seen);
    pack_number(pack, record->outages_listed);
    pack_slices(pack, record);
    pack_lists(pack, record);
    pack_parts(pack, record);
}

/* --- Reading --- */

static void get(struct unpack *unpack, void *to, size_t length)
{
    if (length > unpack->left || unpack->broken) {
        unpack->broken = true;
        memset(to, 0, length);
        return;
    }
    if (length > 0)
        memcpy(to, unpack->bytes, length);
    unpack->bytes += length;
    unpack->left -= length;
}

uint64_t unpack_number(struct unpack *unpack)
{
    uint64_t number;
    get(unpack, &number, sizeof number);
    return number;
}

double unpack_real(struct unpack *unpack)
{
    double real;
    get(unpack, &real, sizeof real);
    return real;
}

const char *unpack_text(struct unpack *unpack, struct arena *arena)
{
    uint64_t length = unpack_number(unpack);
    if (length == no_text || unpack->broken)
        return NULL;
    if (length > unpack->left) {
        unpack->broken = true;
        return NULL;
    }
    char *text = arena_alloc(arena, length + 1, 1);
    get(unpack, text, length);
    text[length] = '\0';
    return text;
}

/* How many rows follow, each of `least` bytes or more, so that a broken count asks for no memory. */
static size_t unpack_count(struct unpack *unpack, size_t least)
{
    uint64_t count = unpack_number(unpack);
    if (count > unpack->left / least)
        unpack->broken = true;
    return unpack->broken ? 0 : (size_t)count;
}

static void unpack_slices(struct unpack *unpack, struct sim_record *record)
{
    size_t count = unpack_count(unpack, 5 * sizeof(uint64_t));
    record->slice_count = count;
    if (count == 0)
        return;
    struct record_slices *chunk = arena_alloc(record->arena, 1, sizeof *chunk + count * sizeof chunk->rows[0]);
    *chunk = (struct record_slices){.count = count, .room = count};
    record->slices = record->last_slices = chunk;
    for (size_t i = 0; i < count; i++) {
        struct sim_slice *row = &chunk->rows[i];
        uint64_t breakdown = unpack_number(unpack);
        unpack->broken = unpack->broken || breakdown >= record->breakdown_count;
        row->breakdown = unpack->broken ? 0 : (uint32_t)breakdown;
        row->slice = unpack_text(unpack, record->arena);
        unpack->broken = unpack->broken || row->slice == NULL;
        row->at = unpack_real(unpack);
        row->numerator = unpack_real(unpack);
        row->denominator = unpack_real(unpack);
    }
}

static void unpack_outages(struct unpack *unpack, struct sim_record *record)
{
    size_t count = unpack_count(unpack, 7 * sizeof(uint64_t));
    if (count == 0)
        return;
    struct record_outages *chunk = arena_alloc(record->arena, 1, sizeof *chunk + count * sizeof chunk->rows[0]);
    *chunk = (struct record_outages){.count = count, .room = count};
    record->outages = record->last_outages = chunk;
    for (size_t i = 0; i < count; i++) {
        struct sim_outage *row = &chunk->rows[i];
        row->subject_kind = unpack_text(unpack, record->arena);
        row->subject = unpack_text(unpack, record->arena);
        row->start_s = unpack_real(unpack);
        row->end_s = unpack_real(unpack);
        row->censored = unpack_number(unpack) != 0;
        row->cause = unpack_text(unpack, record->arena);
        row->incident = unpack_text(unpack, record->arena);
    }
}

static void unpack_leases(struct unpack *unpack, struct sim_record *record)
{
    size_t count = unpack_count(unpack, 10 * sizeof(uint64_t));
    record->leases_listed = count;
    if (count == 0)
        return;
    struct record_leases *chunk = arena_alloc(record->arena, 1, sizeof *chunk + count * sizeof chunk->rows[0]);
    *chunk = (struct record_leases){.count = count, .room = count};
    record->leases = record->last_leases = chunk;
    for (size_t i = 0; i < count; i++) {
        struct sim_lease *row = &chunk->rows[i];
        row->id = (int64_t)unpack_number(unpack);
        row->tenant = unpack_text(unpack, record->arena);
        row->provider = unpack_text(unpack, record->arena);
        row->requested_s = unpack_real(unpack);
        row->start_s = unpack_real(unpack);
        row->end_s = unpack_real(unpack);
        row->reason = unpack_text(unpack, record->arena);
        row->gpus = (int32_t)unpack_number(unpack);
        row->price_usd_per_h = unpack_real(unpack);
        row->paid_usd = unpack_real(unpack);
    }
}

static void unpack_payments(struct unpack *unpack, struct sim_record *record)
{
    size_t count = unpack_count(unpack, 6 * sizeof(uint64_t));
    record->payments_listed = count;
    if (count == 0)
        return;
    struct record_payments *chunk = arena_alloc(record->arena, 1, sizeof *chunk + count * sizeof chunk->rows[0]);
    *chunk = (struct record_payments){.count = count, .room = count};
    record->payments = record->last_payments = chunk;
    for (size_t i = 0; i < count; i++) {
        struct sim_payment *row = &chunk->rows[i];
        row->t_s = unpack_real(unpack);
        row->from = unpack_text(unpack, record->arena);
        row->to = unpack_text(unpack, record->arena);
        row->amount_micro = (int64_t)unpack_number(unpack);
        row->denom = unpack_text(unpack, record->arena);
        row->what = unpack_text(unpack, record->arena);
    }
}

static void unpack_messages(struct unpack *unpack, struct sim_record *record)
{
    size_t count = unpack_count(unpack, 2 * sizeof(uint64_t));
    record->messages_listed = count;
    if (count == 0)
        return;
    struct record_messages *chunk = arena_alloc(record->arena, 1, sizeof *chunk + count * sizeof chunk->rows[0]);
    *chunk = (struct record_messages){.count = count, .room = count, .first = 1};
    record->messages = record->last_messages = chunk;
    for (size_t i = 0; i < count; i++) {
        chunk->rows[i].height = (int64_t)unpack_number(unpack);
        chunk->rows[i].text = unpack_text(unpack, record->arena);
    }
}

static void unpack_parts(struct unpack *unpack, struct sim_record *record)
{
    size_t count = unpack_count(unpack, 4 * sizeof(uint64_t));
    for (size_t i = 0; i < count; i++) {
        struct record_parts *fresh = arena_new(record->arena, struct record_parts);
        struct sim_part *part = &fresh->part;
        fresh->next = NULL;
        part->kind = unpack_text(unpack, record->arena);
        part->name = unpack_text(unpack, record->arena);
        part->span.us = (int64_t)unpack_number(unpack);
        part->count = (uint32_t)unpack_count(unpack, sizeof(double));
        double *values = arena_array(record->arena, part->count, double);
        get(unpack, values, part->count * sizeof *values);
        part->values = values;
        *(record->last_parts != NULL ? &record->last_parts->next : &record->parts) = fresh;
        record->last_parts = fresh;
    }
}

struct sim_record *unpack_record(struct unpack *unpack, struct arena *arena, const struct sim_model *model)
{
    struct sim_record *record = arena_new(arena, struct sim_record);
    *record = (struct sim_record){.arena = arena, .metrics = model->metrics, .series = model->series,
                                  .breakdowns = model->breakdowns, .done = true};
    while (model->metrics != NULL && model->metrics[record->metric_count].name != NULL)
        record->metric_count++;
    while (model->series != NULL && model->series[record->series_count].name != NULL)
        record->series_count++;
    while (model->breakdowns != NULL && model->breakdowns[record->breakdown_count].name != NULL)
        record->breakdown_count++;
    record->steps = (uint32_t)unpack_number(unpack);
    size_t cells = (size_t)record->series_count * record->steps;
    if (cells > unpack->left / sizeof(double))
        unpack->broken = true;
    cells = unpack->broken ? 0 : cells;
    record->metric_values = arena_array(arena, record->metric_count, double);
    record->metric_reported = arena_array(arena, record->metric_count, bool);
    record->series_values = arena_array(arena, cells, double);
    get(unpack, record->metric_values, record->metric_count * sizeof *record->metric_values);
    get(unpack, record->metric_reported, record->metric_count * sizeof *record->metric_reported);
    get(unpack, record->series_values, cells * sizeof *record->series_values);
    record->log = (enum sim_log)unpack_number(unpack);
    record->events = unpack_number(unpack);
    record->engine_digest = unpack_number(unpack);
    record->outages_seen = unpack_number(unpack);
    record->outages_listed = unpack_number(unpack);
    unpack_slices(unpack, record);
    unpack_outages(unpack, record);
    unpack_leases(unpack, record);
    unpack_payments(unpack, record);
    unpack_messages(unpack, record);
    unpack_parts(unpack, record);
    return record;
}
