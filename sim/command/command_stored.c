#include "sim/command/command_stored.h"
#include "sim/base/message.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>

struct reader {
    struct stored *stored;
    sqlite3_stmt *replication, *precise; /* precise: NULL where no precision was asked for */
};

static bool prepare(struct reader *reader, sqlite3 *database)
{
    const struct study *study = reader->stored->study;
    if (sqlite3_prepare_v2(database, "SELECT digest, events FROM replication WHERE id = ?", -1, &reader->replication, NULL) !=
        SQLITE_OK)
        return false;
    if (study->precision.half_width == 0)
        return true;
    return sqlite3_prepare_v2(database, "SELECT value FROM metric WHERE replication_id = ?1 AND name = ?2", -1,
                              &reader->precise, NULL) == SQLITE_OK &&
           sqlite3_bind_text(reader->precise, 2, study->model->metrics[study->precision.metric].name, -1, SQLITE_STATIC) ==
               SQLITE_OK;
}

static double read_precise(const struct reader *reader, int64_t id)
{
    if (reader->precise == NULL)
        return (double)NAN;
    sqlite3_bind_int64(reader->precise, 1, id);
    bool known = sqlite3_step(reader->precise) == SQLITE_ROW && sqlite3_column_type(reader->precise, 0) != SQLITE_NULL;
    double value = known ? sqlite3_column_double(reader->precise, 0) : (double)NAN;
    sqlite3_reset(reader->precise);
    return value;
}

/* How many arms of the task are there; fills rows[arms]. */
static size_t read_task(const struct reader *reader, struct study_task task, struct study_stored *rows)
{
    const struct study *study = reader->stored->study;
    int64_t point = store_point_id(study->points[task.point].label);
    size_t found = 0;
    for (size_t arm = 0; arm < study->arm_count; arm++) {
        int64_t id = store_replication_id(point, store_cloud_id(study->arms[arm].name), task.outer_draw, task.replication);
        sqlite3_stmt *row = reader->replication;
        sqlite3_bind_int64(row, 1, id);
        if (sqlite3_step(row) == SQLITE_ROW && sqlite3_column_text(row, 0) != NULL) {
            rows[arm].digest = strtoull((const char *)sqlite3_column_text(row, 0), NULL, 16);
            rows[arm].events = (uint64_t)sqlite3_column_int64(row, 1);
            rows[arm].precise = read_precise(reader, id);
            found++;
        }
        sqlite3_reset(row);
    }
    return found;
}

/* Tasks in order until all `total` replications of the file are accounted for. false: some are not. */
static bool read_all(const struct reader *reader, size_t total)
{
    struct stored *stored = reader->stored;
    size_t arms = stored->study->arm_count;
    uint64_t tasks = study_task_count(stored->study);
    for (uint64_t number = 0; number < tasks && stored->count * arms < total; number++) {
        size_t found = read_task(reader, study_task_at(stored->study, number), &stored->rows[stored->count * arms]);
        if (found != 0 && found != arms)
            return false;
        if (found == arms)
            stored->number[stored->count++] = number;
    }
    return stored->count * arms == total;
}

bool stored_load(struct stored *stored, const struct study *study, struct store *store, struct arena *arena)
{
    struct reader reader = {.stored = stored};
    sqlite3 *database = store_database(store);
    sqlite3_stmt *row = NULL;
    *stored = (struct stored){.study = study};
    int64_t total = 0;
    bool read = sqlite3_prepare_v2(database, "SELECT count(*) FROM replication", -1, &row, NULL) == SQLITE_OK &&
                sqlite3_step(row) == SQLITE_ROW;
    if (read)
        total = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    read = read && prepare(&reader, database);
    size_t tasks = (size_t)total / study->arm_count + 1;
    stored->number = arena_array(arena, tasks, uint64_t);
    stored->rows = arena_array(arena, tasks * study->arm_count, struct study_stored);
    bool whole = read && read_all(&reader, (size_t)total);
    if (sqlite3_errcode(database) != SQLITE_OK && sqlite3_errcode(database) != SQLITE_DONE &&
        sqlite3_errcode(database) != SQLITE_ROW)
        message_error(NULL, "cannot read the replications: %s", sqlite3_errmsg(database));
    else if (!whole)
        message_error("run it anew with --force", "the file holds replications that are not of its scenario, or parts of some");
    sqlite3_finalize(reader.replication);
    sqlite3_finalize(reader.precise);
    return whole;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

const struct study_stored *stored_find(const struct stored *stored, struct study_task task)
{
    uint64_t number = study_task_number(stored->study, task);
    const uint64_t *found = bsearch(&number, stored->number, stored->count, sizeof number, by_number);
    return found != NULL ? &stored->rows[(size_t)(found - stored->number) * stored->study->arm_count] : NULL;
}
