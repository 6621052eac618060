#include "models/commands/replay_stored.h"

#include "models/commands/replay.h"
#include "sim/base/message.h"
#include "sim/results/store.h"
#include "sim/scenario/scenario.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <string.h>

/* The store's messages name the file already. */
static int fail(struct arena *arena, const char *message)
{
    message_error(NULL, "%s", message_show(arena, message));
    return EXIT_MACHINE;
}

static int fail_sqlite(struct arena *arena, const struct replay_stored *stored, sqlite3 *database)
{
    return fail(arena, arena_format(arena, "%s: cannot read: %s", stored->path, sqlite3_errmsg(database)));
}

/* The names of points, or of clouds, in declared order. */
static const char *const *names_of(struct arena *arena, struct store *store, bool points, size_t *count)
{
    const struct store_point *point;
    const struct store_cloud *cloud;
    *count = 0;
    if (points ? !store_read_points(store, arena, &point, count) : !store_read_clouds(store, arena, &cloud, count))
        return NULL;
    const char **names = arena_array(arena, *count, const char *);
    for (size_t i = 0; i < *count; i++)
        names[i] = points ? point[i].label : cloud[i].name;
    return names;
}

/* A name that was typed must be one of those that there are. */
static bool is_known(struct arena *arena, struct store *store, const struct replay_stored *stored, bool points)
{
    const char *typed = points ? stored->point : stored->cloud, *kind = points ? "point" : "cloud";
    size_t count;
    const char *const *names = names_of(arena, store, points, &count);
    if (names == NULL)
        return fail(arena, store_message(store)), false;
    for (size_t i = 0; i < count; i++)
        if (typed == NULL || strcmp(names[i], typed) == 0)
            return true;
    const char *near = scenario_nearest(typed, names, count);
    message_error(near != NULL ? arena_format(arena, "did you mean '%s'?", message_show(arena, near)) : NULL, "%s has no %s '%s'",
                  message_show(arena, stored->path), kind, message_show(arena, typed));
    return false;
}

/* The first replication of that number that has messages, in the order of points and clouds. 0: none. */
static int64_t find(struct arena *arena, sqlite3 *database, struct replay_stored *stored)
{
    static const char sql[] = "SELECT r.id, p.label, c.name FROM replication r JOIN point p ON p.id = r.point_id JOIN cloud c ON c.id = r.cloud_id"
                              " WHERE r.rep = ?1 AND (?2 IS NULL OR p.label = ?2) AND (?3 IS NULL OR c.name = ?3)"
                              " AND EXISTS (SELECT 1 FROM message m WHERE m.replication_id = r.id)"
                              " ORDER BY p.position, c.position, r.outer_draw LIMIT 1";
    sqlite3_stmt *row = NULL;
    int64_t id = 0;
    if (sqlite3_prepare_v2(database, sql, -1, &row, NULL) != SQLITE_OK)
        return -1;
    sqlite3_bind_int64(row, 1, stored->rep);
    sqlite3_bind_text(row, 2, stored->point, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 3, stored->cloud, -1, SQLITE_STATIC);
    int step = sqlite3_step(row);
    if (step == SQLITE_ROW) {
        id = sqlite3_column_int64(row, 0);
        stored->name = arena_format(arena, "%s, point '%s', cloud '%s', replication %" PRId64, stored->path, (const char *)sqlite3_column_text(row, 1),
                                    (const char *)sqlite3_column_text(row, 2), stored->rep);
    }
    sqlite3_finalize(row);
    return step == SQLITE_ROW || step == SQLITE_DONE ? id : -1;
}

/* All lines of a replication; false: the file cannot be read. */
static bool read_lines(struct arena *arena, sqlite3 *database, int64_t id, struct replay_stored *stored)
{
    sqlite3_stmt *sum = NULL, *row = NULL;
    static const char how_much[] = "SELECT coalesce(sum(length(CAST(text AS BLOB)) + 1), 0) FROM message WHERE replication_id = ?";
    static const char lines[] = "SELECT text FROM message WHERE replication_id = ? ORDER BY number";
    bool fine = sqlite3_prepare_v2(database, how_much, -1, &sum, NULL) == SQLITE_OK && sqlite3_prepare_v2(database, lines, -1, &row, NULL) == SQLITE_OK;
    size_t room = 0;
    if (fine) {
        sqlite3_bind_int64(sum, 1, id);
        sqlite3_bind_int64(row, 1, id);
        fine = sqlite3_step(sum) == SQLITE_ROW;
        room = fine ? (size_t)sqlite3_column_int64(sum, 0) : 0;
    }
    char *text = arena_alloc(arena, room + 1, 1);
    int step = SQLITE_DONE;
    while (fine && (step = sqlite3_step(row)) == SQLITE_ROW) {
        size_t length = (size_t)sqlite3_column_bytes(row, 0);
        fine = stored->bytes + length + 1 <= room;
        if (!fine)
            break; /* somebody wrote into the file meanwhile */
        memcpy(text + stored->bytes, sqlite3_column_text(row, 0), length);
        text[stored->bytes + length] = '\n';
        stored->bytes += length + 1;
    }
    text[stored->bytes] = '\0';
    stored->text = text;
    sqlite3_finalize(sum);
    sqlite3_finalize(row);
    return fine && step == SQLITE_DONE;
}

static int read_from(struct arena *arena, struct store *store, struct replay_stored *stored)
{
    sqlite3 *database = store_database(store);
    if (!is_known(arena, store, stored, true) || !is_known(arena, store, stored, false))
        return EXIT_USAGE;
    int64_t id = find(arena, database, stored);
    if (id < 0)
        return fail_sqlite(arena, stored, database);
    if (id == 0) {
        message_error("run the scenario with --log events; of the clouds, those of kind akash have a marketplace",
                      "%s holds no messages of replication %" PRId64 "%s", message_show(arena, stored->path), stored->rep,
                      stored->point != NULL || stored->cloud != NULL ? " of that point and cloud" : "");
        return EXIT_USAGE;
    }
    return read_lines(arena, database, id, stored) ? EXIT_DONE : fail_sqlite(arena, stored, database);
}

int replay_stored_read(struct arena *arena, struct replay_stored *stored)
{
    struct store *store;
    int code = store_open_read(&store, stored->path) ? read_from(arena, store, stored) : fail(arena, store_message(store));
    store_close(store);
    return code;
}
