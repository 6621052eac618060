#include "sim/results/store_merge.h"
#include "sim/base/check.h"
#include "sim/results/store_internal.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { TABLES_MOST = 32, COLUMNS_MOST = 64 };

/* A table of the new file, and the statement that fills it. */
struct table {
    const char *name;
    sqlite3_stmt *insert;
    int columns, key; /* key: the column that holds the replication's id */
    bool rows;        /* has row numbers */
};

/* A table of a shard. With row numbers it stands on the next row to be copied. */
struct cursor {
    sqlite3_stmt *select;
    bool waiting;
};

struct store_merge {
    struct arena *arena;
    struct store *out;
    struct store *const *shards;
    uint32_t count;
    struct table tables[TABLES_MOST];
    size_t table_count;
    struct cursor *cursors; /* [count][TABLES_MOST] */
};

static bool fail_shard(struct store_merge *merge, uint32_t shard, const char *why)
{
    return store_fail(merge->out, "cannot take over %.300s: %s", merge->shards[shard]->path, why);
}

/* --- Which tables --- */

/* The columns of a table; finds the one that says which replication a row belongs to. false: there is none. */
static bool find_key(struct store_merge *merge, struct table *table)
{
    sqlite3_stmt *row = NULL;
    const char *wanted = strcmp(table->name, "replication") == 0 ? "id" : "replication_id";
    table->key = -1;
    if (sqlite3_prepare_v2(merge->out->database, "SELECT name FROM pragma_table_info(?) ORDER BY cid", -1, &row, NULL) !=
        SQLITE_OK)
        return store_fail_sqlite(merge->out, "read");
    sqlite3_bind_text(row, 1, table->name, -1, SQLITE_STATIC);
    for (table->columns = 0; sqlite3_step(row) == SQLITE_ROW; table->columns++)
        if (strcmp((const char *)sqlite3_column_text(row, 0), wanted) == 0)
            table->key = table->columns;
    sqlite3_finalize(row);
    check(table->columns < COLUMNS_MOST, "table %s has %d columns", table->name, table->columns);
    return table->key >= 0;
}

static bool prepare_insert(struct store_merge *merge, struct table *table)
{
    char marks[2 * COLUMNS_MOST] = "?";
    for (int i = 1; i < table->columns; i++)
        strcat(marks, ",?");
    sqlite3 *database = merge->out->database;
    sqlite3_stmt *probe = NULL;
    /* `replication` has an id for a row number, in no order of time. */
    const char *sql = arena_format(merge->arena, "SELECT rowid FROM %s", table->name);
    table->rows = strcmp(table->name, "replication") != 0 &&
                  sqlite3_prepare_v2(database, sql, -1, &probe, NULL) == SQLITE_OK;
    sqlite3_finalize(probe);
    sql = arena_format(merge->arena, "INSERT INTO %s VALUES (%s)", table->name, marks);
    return sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &table->insert, NULL) == SQLITE_OK ||
           store_fail_sqlite(merge->out, "write");
}

static bool list_tables(struct store_merge *merge)
{
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(merge->out->database, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid", -1, &row,
                           NULL) != SQLITE_OK)
        return store_fail_sqlite(merge->out, "read");
    bool fine = true;
    while (fine && sqlite3_step(row) == SQLITE_ROW) {
        struct table table = {.name = arena_text(merge->arena, (const char *)sqlite3_column_text(row, 0))};
        if (!find_key(merge, &table)) {
            fine = !merge->out->failed;
            continue;
        }
        check(merge->table_count < TABLES_MOST, "more than %d tables of replications", TABLES_MOST);
        fine = prepare_insert(merge, &table);
        merge->tables[merge->table_count++] = table;
    }
    sqlite3_finalize(row);
    return fine;
}

/* --- Reading a shard --- */

static struct cursor *cursor_of(struct store_merge *merge, uint32_t shard, size_t table)
{
    return &merge->cursors[(size_t)shard * TABLES_MOST + table];
}

static bool advance(struct store_merge *merge, uint32_t shard, struct cursor *cursor)
{
    int code = sqlite3_step(cursor->select);
    cursor->waiting = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE || fail_shard(merge, shard, sqlite3_errmsg(merge->shards[shard]->database));
}

static bool open_cursors(struct store_merge *merge, uint32_t shard)
{
    sqlite3 *database = merge->shards[shard]->database;
    for (size_t t = 0; t < merge->table_count; t++) {
        const struct table *table = &merge->tables[t];
        struct cursor *cursor = cursor_of(merge, shard, t);
        const char *key = strcmp(table->name, "replication") == 0 ? "id" : "replication_id";
        const char *sql = table->rows ? arena_format(merge->arena, "SELECT * FROM %s ORDER BY rowid", table->name)
                                      : arena_format(merge->arena, "SELECT * FROM %s WHERE %s = ?", table->name, key);
        if (sqlite3_prepare_v2(database, sql, -1, &cursor->select, NULL) != SQLITE_OK)
            return fail_shard(merge, shard, sqlite3_errmsg(database));
        if (sqlite3_column_count(cursor->select) != table->columns)
            return fail_shard(merge, shard, "its tables are not those of this program");
        if (table->rows && !advance(merge, shard, cursor))
            return false;
    }
    return true;
}

bool store_merge_open(struct store_merge **out_merge, struct arena *arena, struct store *out, struct store *const *shards,
                      uint32_t count)
{
    struct store_merge *merge = *out_merge = arena_new(arena, struct store_merge);
    *merge = (struct store_merge){.arena = arena, .out = out, .shards = shards, .count = count};
    merge->cursors = arena_array(arena, (size_t)count * TABLES_MOST, struct cursor);
    out->course.broken = true; /* no replication passes by the running means */
    bool fine = list_tables(merge);
    for (uint32_t shard = 0; fine && shard < count; shard++)
        fine = open_cursors(merge, shard);
    return fine;
}

void store_merge_close(struct store_merge *merge)
{
    for (size_t t = 0; t < merge->table_count; t++) {
        sqlite3_finalize(merge->tables[t].insert);
        for (uint32_t shard = 0; shard < merge->count; shard++)
            sqlite3_finalize(cursor_of(merge, shard, t)->select);
    }
}

/* --- Copying --- */

static bool copy_row(struct store_merge *merge, const struct table *table, sqlite3_stmt *select)
{
    for (int i = 0; i < table->columns; i++)
        sqlite3_bind_value(table->insert, i + 1, sqlite3_column_value(select, i));
    bool done = sqlite3_step(table->insert) == SQLITE_DONE;
    if (!done)
        store_fail_sqlite(merge->out, "write");
    sqlite3_reset(table->insert);
    return done;
}

/* The rows of one replication in one table. */
static bool copy_rows(struct store_merge *merge, uint32_t shard, size_t t, int64_t id)
{
    const struct table *table = &merge->tables[t];
    struct cursor *cursor = cursor_of(merge, shard, t);
    if (!table->rows) {
        sqlite3_reset(cursor->select);
        sqlite3_bind_int64(cursor->select, 1, id);
        if (!advance(merge, shard, cursor))
            return false;
    }
    while (cursor->waiting && sqlite3_column_int64(cursor->select, table->key) == id)
        if (!copy_row(merge, table, cursor->select) || !advance(merge, shard, cursor))
            return false;
    return true;
}

static bool read_stored(struct store_merge *merge, int64_t id, struct study_stored *stored)
{
    char sql[96];
    sqlite3_stmt *row = NULL;
    (void)snprintf(sql, sizeof sql, "SELECT digest, events FROM replication WHERE id = %lld", (long long)id);
    bool found = sqlite3_prepare_v2(merge->out->database, sql, -1, &row, NULL) == SQLITE_OK &&
                 sqlite3_step(row) == SQLITE_ROW && sqlite3_column_text(row, 0) != NULL;
    if (found)
        *stored = (struct study_stored){.digest = strtoull((const char *)sqlite3_column_text(row, 0), NULL, 16),
                                        .events = (uint64_t)sqlite3_column_int64(row, 1)};
    sqlite3_finalize(row);
    return found;
}

bool store_merge_replication(struct store_merge *merge, uint32_t shard, int64_t id, struct study_stored *stored)
{
    if (!store_begin(merge->out))
        return false;
    for (size_t t = 0; t < merge->table_count; t++)
        if (!copy_rows(merge, shard, t, id))
            return false;
    return read_stored(merge, id, stored) || fail_shard(merge, shard, "a replication is missing in it");
}

bool store_merge_end(struct store_merge *merge)
{
    for (uint32_t shard = 0; shard < merge->count; shard++)
        for (size_t t = 0; t < merge->table_count; t++)
            if (merge->tables[t].rows && cursor_of(merge, shard, t)->waiting)
                return fail_shard(merge, shard, "it holds rows that belong to no replication of the run");
    for (uint32_t shard = 0; shard < merge->count; shard++)
        if (!store_part_merge(merge->out, merge->shards[shard]))
            return false;
    return true;
}
