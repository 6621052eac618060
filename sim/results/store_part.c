/* Sums over replications of how each part of the world fared, kept in the file itself. Adding to a row of the file costs a
 * microsecond, and there are as many as sites times steps of the grid: what comes between two commits is summed up here first. */
#include "sim/base/hash.h"
#include "sim/results/store_internal.h"

#include <math.h>
#include <sqlite3.h>

#define MILLION 1e6

enum { POINTS_MOST = 64 }; /* a design may have thousands, and nobody looks at the map of each */

static int64_t part_id(const char *kind, const char *name)
{
    return (int64_t)(hash_text(hash_text(0, kind), name) >> 33) + 1;
}

static bool add_part(struct store *store, int64_t id, const char *kind, const char *name)
{
    sqlite3_stmt *insert = store_statement(store, STORE_INSERT_PART);
    if (insert == NULL)
        return false;
    sqlite3_bind_int64(insert, 1, id);
    sqlite3_bind_text(insert, 2, kind, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(insert, 3, name, -1, SQLITE_TRANSIENT);
    return store_run_statement(store, insert);
}

/* The sums of a part under a cloud; begun, with the part's name in the file, when there are none since the last commit. */
static struct store_sums *find_sums(struct store *store, int64_t cloud_id, const struct sim_part *part)
{
    struct store_parts *parts = &store->parts;
    int64_t id = part_id(part->kind, part->name);
    if (parts->first == NULL)
        parts->end = &parts->first;
    for (struct store_sums *sums = parts->first; sums != NULL; sums = sums->next)
        if (sums->cloud_id == cloud_id && sums->part_id == id) {
            check(sums->count == part->count, "part '%s' has %u spans, then %u", part->name, sums->count, part->count);
            return sums;
        }
    struct store_sums *sums = arena_zero(&parts->arena, 1, sizeof *sums + part->count * sizeof sums->span[0]);
    sums->cloud_id = cloud_id;
    sums->part_id = id;
    sums->span_s = duration_seconds(part->span);
    sums->count = part->count;
    *parts->end = sums;
    parts->end = &sums->next;
    return add_part(store, id, part->kind, part->name) ? sums : NULL;
}

bool store_part_add(struct store *store, struct store_replication which, const struct sim_record *record)
{
    if (which.outer_draw > 0 || which.point >= POINTS_MOST) /* means are of the nominal setting */
        return true;
    if (which.point != store->parts.point && !store_part_flush(store))
        return false;
    store->parts.point = which.point;
    for (const struct record_parts *p = record->parts; p != NULL; p = p->next) {
        struct store_sums *sums = find_sums(store, store->cloud_ids[which.cloud], &p->part);
        if (sums == NULL)
            return false;
        for (uint32_t i = 0; i < p->part.count; i++) {
            if (isnan(p->part.values[i]))
                continue;
            int64_t millionths = (int64_t)floor(p->part.values[i] * MILLION + 0.5);
            sums->span[i].n++;
            sums->span[i].sum += millionths;
            sums->span[i].squares += millionths * millionths;
        }
    }
    return true;
}

/* part_sum(cloud_id, part_id, t_s, column): what is to be added to a row. 0: nothing. Whoever asks for the number of replications, column
 * 5, adds it, and what is left for the INSERT are spans without a row. */
static void give_sum(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    struct store *store = sqlite3_user_data(context);
    int64_t cloud_id = sqlite3_value_int64(argv[0]), part_id = sqlite3_value_int64(argv[1]);
    int column = sqlite3_value_int(argv[3]);
    struct store_sums *sums = store->parts.asked;
    if (sums == NULL || sums->cloud_id != cloud_id || sums->part_id != part_id) /* rows come part by part */
        for (sums = store->parts.first; sums != NULL && (sums->cloud_id != cloud_id || sums->part_id != part_id);)
            sums = sums->next;
    store->parts.asked = sums;
    uint32_t span = sums != NULL ? (uint32_t)(sqlite3_value_double(argv[2]) / sums->span_s + 0.5) : 0;
    if (sums == NULL || span >= sums->count) {
        sqlite3_result_int64(context, 0);
        return;
    }
    struct store_sum *sum = &sums->span[span];
    sqlite3_result_int64(context, column == 5 ? sum->n : column == 6 ? sum->sum : sum->squares);
    if (column == 5)
        sum->n = 0;
}

bool store_part_open(struct store *store)
{
    arena_open(&store->parts.arena, 0);
    return sqlite3_create_function_v2(store->database, "part_sum", 4, SQLITE_UTF8, store, give_sum, NULL, NULL, NULL) == SQLITE_OK ||
           store_fail_sqlite(store, "open");
}

/* Rows that are there are added to in one pass over them, which costs half of finding each by its key. */
bool store_part_flush(struct store *store)
{
    struct store_parts *parts = &store->parts;
    if (parts->first == NULL)
        return true;
    sqlite3_stmt *update = store_statement(store, STORE_ADD_TO_PARTS);
    if (update == NULL)
        return false;
    sqlite3_bind_int64(update, 1, store->point_ids[parts->point]);
    store->rows = (struct store_rows){.kind = STORE_ROWS_SUM, .point_id = store->point_ids[parts->point], .sums = parts->first};
    bool done = store_run_statement(store, update) && store_run_statement(store, store_statement(store, STORE_INSERT_PARTS));
    parts->asked = NULL;
    parts->first = NULL;
    arena_rewind(&parts->arena, (struct arena_mark){0});
    return done;
}

/* Hands the rows of a shard's query over; what fails is told as the whole's failure. */
static bool each_row(struct store *store, struct store *shard, const char *sql, bool (*take)(struct store *, sqlite3_stmt *))
{
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(shard->database, sql, -1, &row, NULL) != SQLITE_OK)
        return store_fail(store, "cannot read %s: %s", shard->path, sqlite3_errmsg(shard->database));
    int code = sqlite3_step(row);
    for (; code == SQLITE_ROW && take(store, row); code = sqlite3_step(row))
        ;
    sqlite3_finalize(row);
    return code == SQLITE_DONE || (!store->failed && store_fail(store, "cannot read %s", shard->path));
}

static bool take_part(struct store *store, sqlite3_stmt *row)
{
    return add_part(store, sqlite3_column_int64(row, 0), (const char *)sqlite3_column_text(row, 1), (const char *)sqlite3_column_text(row, 2));
}

static bool take_value(struct store *store, sqlite3_stmt *row)
{
    sqlite3_stmt *add = store_statement(store, STORE_ADD_PART);
    for (int i = 0; add != NULL && i < 8; i++)
        sqlite3_bind_value(add, i + 1, sqlite3_column_value(row, i));
    return add != NULL && store_run_statement(store, add);
}

bool store_part_merge(struct store *store, struct store *shard)
{
    return each_row(store, shard, "SELECT id, kind, name FROM part ORDER BY position", take_part) &&
           each_row(store, shard, "SELECT * FROM part_value", take_value);
}
