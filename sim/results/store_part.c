/* Sums over replications of how each part of the world fared, kept in the file itself. */
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

bool store_part_add(struct store *store, struct store_replication which, const struct sim_record *record)
{
    if (which.outer_draw > 0 || which.point >= POINTS_MOST) /* means are of the nominal setting */
        return true;
    for (const struct record_parts *p = record->parts; p != NULL; p = p->next) {
        const struct sim_part *part = &p->part;
        int64_t id = part_id(part->kind, part->name);
        sqlite3_stmt *add = store_statement(store, STORE_ADD_PART);
        if (add == NULL || !add_part(store, id, part->kind, part->name))
            return false;
        double span_s = duration_seconds(part->span);
        sqlite3_bind_int64(add, 1, store->point_ids[which.point]);
        sqlite3_bind_int64(add, 2, store->cloud_ids[which.cloud]);
        sqlite3_bind_int64(add, 3, id);
        sqlite3_bind_double(add, 5, span_s);
        sqlite3_bind_int64(add, 6, 1);
        for (uint32_t i = 0; i < part->count; i++) {
            if (isnan(part->values[i]))
                continue;
            int64_t millionths = (int64_t)floor(part->values[i] * MILLION + 0.5);
            sqlite3_bind_double(add, 4, i * span_s);
            sqlite3_bind_int64(add, 7, millionths);
            sqlite3_bind_int64(add, 8, millionths * millionths);
            if (!store_run_statement(store, add))
                return false;
        }
    }
    return true;
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
