#include "sim/results/store_rows.h"

#include <math.h>
#include <sqlite3.h>
#include <stddef.h>

struct table {
    sqlite3_vtab base;
    const struct store_rows *source;
};

struct cursor {
    sqlite3_vtab_cursor base;
    const struct store_rows *source;
    size_t index;      /* in the chunk, or of the metric, or series x step */
    const void *chunk; /* of a list */
};

static int rows_connect(sqlite3 *database, void *source, int argc, const char *const *argv, sqlite3_vtab **out,
                        char **message)
{
    (void)argc, (void)argv, (void)message;
    int code = sqlite3_declare_vtab(database, "CREATE TABLE x (c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10)");
    if (code != SQLITE_OK)
        return code;
    struct table *table = sqlite3_malloc(sizeof *table);
    if (table == NULL)
        return SQLITE_NOMEM;
    *table = (struct table){.source = source};
    *out = &table->base;
    return SQLITE_OK;
}

static int rows_disconnect(sqlite3_vtab *table)
{
    sqlite3_free(table);
    return SQLITE_OK;
}

static int rows_best_index(sqlite3_vtab *table, sqlite3_index_info *plan)
{
    (void)table;
    plan->estimatedCost = 1000;
    return SQLITE_OK;
}

static int rows_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
    struct cursor *cursor = sqlite3_malloc(sizeof *cursor);
    if (cursor == NULL)
        return SQLITE_NOMEM;
    *cursor = (struct cursor){.source = ((struct table *)table)->source};
    *out = &cursor->base;
    return SQLITE_OK;
}

static int rows_close(sqlite3_vtab_cursor *cursor)
{
    sqlite3_free(cursor);
    return SQLITE_OK;
}

static size_t series_size(const struct sim_record *record)
{
    return (size_t)record->series_count * record->steps;
}

static void skip_unreported(struct cursor *cursor)
{
    const struct sim_record *record = cursor->source->record;
    size_t size = series_size(record);
    while (cursor->index < size && isnan(record->series_values[cursor->index]))
        cursor->index++;
}

static void skip_untold(struct cursor *cursor)
{
    const struct store_sums *sums = cursor->chunk;
    for (; sums != NULL; sums = sums->next, cursor->index = 0) {
        while (cursor->index < sums->count && sums->span[cursor->index].n == 0)
            cursor->index++;
        if (cursor->index < sums->count)
            break;
    }
    cursor->chunk = sums;
}

static int rows_filter(sqlite3_vtab_cursor *base, int number, const char *text, int argc, sqlite3_value **argv)
{
    (void)number, (void)text, (void)argc, (void)argv;
    struct cursor *cursor = (struct cursor *)base;
    const struct sim_record *record = cursor->source->record;
    cursor->index = 0;
    switch (cursor->source->kind) {
    case STORE_ROWS_METRIC: break;
    case STORE_ROWS_SERIES: skip_unreported(cursor); break;
    case STORE_ROWS_SLICE: cursor->chunk = record->slices; break;
    case STORE_ROWS_OUTAGE: cursor->chunk = record->outages; break;
    case STORE_ROWS_LEASE: cursor->chunk = record->leases; break;
    case STORE_ROWS_PAYMENT: cursor->chunk = record->payments; break;
    case STORE_ROWS_MESSAGE: cursor->chunk = record->messages; break;
    case STORE_ROWS_SUM:
        cursor->chunk = cursor->source->sums;
        skip_untold(cursor);
        break;
    }
    return SQLITE_OK;
}

/* The chunk after `chunk` when index has passed its end. The kinds of chunk differ in their rows only, but C wants each by
 * its own type. */
static void next_row(struct cursor *cursor, size_t count, const void *next)
{
    if (++cursor->index < count)
        return;
    cursor->index = 0;
    cursor->chunk = next;
}

static int rows_next(sqlite3_vtab_cursor *base)
{
    struct cursor *cursor = (struct cursor *)base;
    const struct record_slices *slices = cursor->chunk;
    const struct record_outages *outages = cursor->chunk;
    const struct record_leases *leases = cursor->chunk;
    const struct record_payments *payments = cursor->chunk;
    const struct record_messages *messages = cursor->chunk;
    switch (cursor->source->kind) {
    case STORE_ROWS_METRIC: cursor->index++; break;
    case STORE_ROWS_SERIES:
        cursor->index++;
        skip_unreported(cursor);
        break;
    case STORE_ROWS_SLICE: next_row(cursor, slices->count, slices->next); break;
    case STORE_ROWS_OUTAGE: next_row(cursor, outages->count, outages->next); break;
    case STORE_ROWS_LEASE: next_row(cursor, leases->count, leases->next); break;
    case STORE_ROWS_PAYMENT: next_row(cursor, payments->count, payments->next); break;
    case STORE_ROWS_MESSAGE: next_row(cursor, messages->count, messages->next); break;
    case STORE_ROWS_SUM:
        cursor->index++;
        skip_untold(cursor);
        break;
    }
    return SQLITE_OK;
}

static int rows_eof(sqlite3_vtab_cursor *base)
{
    const struct cursor *cursor = (const struct cursor *)base;
    switch (cursor->source->kind) {
    case STORE_ROWS_METRIC: return cursor->index >= cursor->source->record->metric_count;
    case STORE_ROWS_SERIES: return cursor->index >= series_size(cursor->source->record);
    case STORE_ROWS_SLICE:
    case STORE_ROWS_OUTAGE:
    case STORE_ROWS_LEASE:
    case STORE_ROWS_PAYMENT:
    case STORE_ROWS_MESSAGE:
    case STORE_ROWS_SUM: break;
    }
    return cursor->chunk == NULL;
}

/* NaN is NULL: SQLite does that by itself, but a reader should not have to know. */
static void give_double(sqlite3_context *context, double value)
{
    if (isnan(value))
        sqlite3_result_null(context);
    else
        sqlite3_result_double(context, value);
}

/* The record outlives the statement, so SQLite need not copy. */
static void give_text(sqlite3_context *context, const char *text)
{
    if (text == NULL)
        sqlite3_result_null(context);
    else
        sqlite3_result_text(context, text, -1, SQLITE_STATIC);
}

static void metric_column(const struct cursor *cursor, sqlite3_context *context, int column)
{
    if (column == 1)
        sqlite3_result_int64(context, cursor->source->metric_ids[cursor->index]);
    else if (column == 2)
        give_double(context, cursor->source->record->metric_values[cursor->index]);
}

static void series_column(const struct cursor *cursor, sqlite3_context *context, int column)
{
    const struct sim_record *record = cursor->source->record;
    if (column == 1)
        sqlite3_result_int64(context, cursor->source->series_ids[cursor->index / record->steps]);
    else if (column == 2)
        sqlite3_result_int64(context, (int64_t)(cursor->index % record->steps));
    else if (column == 3)
        sqlite3_result_double(context, record->series_values[cursor->index]);
}

static void slice_column(const struct cursor *cursor, sqlite3_context *context, int column)
{
    const struct record_slices *chunk = cursor->chunk;
    const struct sim_slice *slice = &chunk->rows[cursor->index];
    switch (column) {
    case 1: sqlite3_result_int64(context, cursor->source->breakdown_ids[slice->breakdown]); break;
    case 2: sqlite3_result_int64(context, (int64_t)(chunk->first + cursor->index)); break;
    case 3: give_text(context, slice->slice); break;
    case 4: give_double(context, slice->at); break;
    case 5: give_double(context, slice->numerator); break;
    case 6: give_double(context, slice->denominator); break;
    default: break;
    }
}

static void outage_column(const struct sim_outage *outage, sqlite3_context *context, int column)
{
    switch (column) {
    case 1: give_text(context, outage->subject_kind); break;
    case 2: give_text(context, outage->subject); break;
    case 3: give_double(context, outage->start_s); break;
    case 4: give_double(context, outage->end_s); break;
    case 5: sqlite3_result_int(context, outage->censored); break;
    case 6: give_text(context, outage->cause); break;
    case 7: give_text(context, outage->incident); break;
    default: break;
    }
}

static void lease_column(const struct sim_lease *lease, sqlite3_context *context, int column)
{
    switch (column) {
    case 1: sqlite3_result_int64(context, lease->id); break;
    case 2: give_text(context, lease->tenant); break;
    case 3: give_text(context, lease->provider); break;
    case 4: give_double(context, lease->requested_s); break;
    case 5: give_double(context, lease->start_s); break;
    case 6: give_double(context, lease->end_s); break;
    case 7: give_text(context, lease->reason); break;
    case 8: sqlite3_result_int(context, lease->gpus); break;
    case 9: give_double(context, lease->price_usd_per_h); break;
    case 10: give_double(context, lease->paid_usd); break;
    default: break;
    }
}

static void payment_column(const struct sim_payment *payment, sqlite3_context *context, int column)
{
    switch (column) {
    case 1: give_double(context, payment->t_s); break;
    case 2: give_text(context, payment->from); break;
    case 3: give_text(context, payment->to); break;
    case 4: sqlite3_result_int64(context, payment->amount_micro); break;
    case 5: give_text(context, payment->denom); break;
    case 6: give_text(context, payment->what); break;
    default: break;
    }
}

static void message_column(const struct cursor *cursor, sqlite3_context *context, int column)
{
    const struct record_messages *chunk = cursor->chunk;
    const struct sim_message *message = &chunk->rows[cursor->index];
    switch (column) {
    case 1: sqlite3_result_int64(context, chunk->first + (int64_t)cursor->index); break;
    case 2: sqlite3_result_int64(context, message->height); break;
    case 3: give_text(context, message->text); break;
    default: break;
    }
}

static void sum_column(const struct cursor *cursor, sqlite3_context *context, int column)
{
    const struct store_sums *sums = cursor->chunk;
    const struct store_sum *sum = &sums->span[cursor->index];
    switch (column) {
    case 0: sqlite3_result_int64(context, cursor->source->point_id); break;
    case 1: sqlite3_result_int64(context, sums->cloud_id); break;
    case 2: sqlite3_result_int64(context, sums->part_id); break;
    case 3: sqlite3_result_double(context, (double)cursor->index * sums->span_s); break;
    case 4: sqlite3_result_double(context, sums->span_s); break;
    case 5: sqlite3_result_int64(context, sum->n); break;
    case 6: sqlite3_result_int64(context, sum->sum); break;
    case 7: sqlite3_result_int64(context, sum->squares); break;
    default: break;
    }
}

static int rows_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    const struct cursor *cursor = (const struct cursor *)base;
    if (column == 0 && cursor->source->kind != STORE_ROWS_SUM) {
        sqlite3_result_int64(context, cursor->source->replication_id);
        return SQLITE_OK;
    }
    switch (cursor->source->kind) {
    case STORE_ROWS_METRIC: metric_column(cursor, context, column); break;
    case STORE_ROWS_SERIES: series_column(cursor, context, column); break;
    case STORE_ROWS_SLICE: slice_column(cursor, context, column); break;
    case STORE_ROWS_OUTAGE:
        outage_column(&((const struct record_outages *)cursor->chunk)->rows[cursor->index], context, column);
        break;
    case STORE_ROWS_LEASE:
        lease_column(&((const struct record_leases *)cursor->chunk)->rows[cursor->index], context, column);
        break;
    case STORE_ROWS_MESSAGE: message_column(cursor, context, column); break;
    case STORE_ROWS_SUM: sum_column(cursor, context, column); break;
    case STORE_ROWS_PAYMENT:
        payment_column(&((const struct record_payments *)cursor->chunk)->rows[cursor->index], context, column);
        break;
    }
    return SQLITE_OK;
}

static int rows_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowid)
{
    *rowid = (sqlite3_int64)((struct cursor *)cursor)->index;
    return SQLITE_OK;
}

/* xCreate is NULL: the table exists by its name alone and cannot be created in a file. */
static const sqlite3_module module = {
    .iVersion = 1,
    .xConnect = rows_connect,
    .xBestIndex = rows_best_index,
    .xDisconnect = rows_disconnect,
    .xOpen = rows_open,
    .xClose = rows_close,
    .xFilter = rows_filter,
    .xNext = rows_next,
    .xEof = rows_eof,
    .xColumn = rows_column,
    .xRowid = rows_rowid,
};

int store_rows_register(sqlite3 *database, struct store_rows *source)
{
    return sqlite3_create_module_v2(database, "record_rows", &module, source, NULL);
}
