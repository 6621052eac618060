#include "sim/results/compare_row.h"

#include <string.h>

bool compare_read(const struct compare_data *data, sqlite3 *database, const char *sql, size_t size, compare_reader *read,
                  struct compare_rows *rows)
{
    sqlite3_stmt *row = NULL;
    char *elements = NULL;
    size_t room = 0;
    *rows = (struct compare_rows){0};
    if (sqlite3_prepare_v2(database, sql, -1, &row, NULL) != SQLITE_OK)
        return false;
    while (sqlite3_step(row) == SQLITE_ROW) {
        if (rows->count == room) {
            room = 2 * room + 16;
            char *larger = arena_alloc(data->arena, room, size);
            if (rows->count > 0)
                memcpy(larger, elements, rows->count * size);
            elements = larger;
        }
        rows->count += read(data, row, elements + rows->count * size);
    }
    rows->element = elements;
    return sqlite3_finalize(row) == SQLITE_OK;
}
