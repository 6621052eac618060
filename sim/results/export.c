#include "sim/results/export.h"

#include "sim/base/csv.h"
#include "sim/base/message.h"
#include "sim/results/compare_internal.h"
#include "sim/results/store.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What only a view makes readable, and the views that export would repeat. */
static const char *const left_out[] = {"metric_value", "series_value", "part_value", "breakdown_value", "design_value", "summary_named", "difference_named"};

static bool is_left_out(const char *table)
{
    for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
        if (strcmp(table, left_out[i]) == 0)
            return true;
    return strncmp(table, "sqlite_", 7) == 0;
}

/* --- The query of one table --- */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* A column as export shows it, with what it is called. */
static const char *shown_column(struct arena *arena, const char *column)
{
    if (strcmp(column, "replication_id") == 0)
        return "p_.label AS point, c_.name AS cloud, r_.outer_draw, r_.rep";
    if (strcmp(column, "point_id") == 0)
        return "(SELECT label FROM point WHERE id = t_.point_id) AS point";
    if (strcmp(column, "cloud_id") == 0)
        return "(SELECT name FROM cloud WHERE id = t_.cloud_id) AS cloud";
    if (strcmp(column, "metric_id") == 0)
        return "(SELECT name FROM metric_help WHERE id = t_.metric_id) AS metric";
    if (strcmp(column, "point_a") == 0 || strcmp(column, "point_b") == 0 || strcmp(column, "cloud_a") == 0 || strcmp(column, "cloud_b") == 0)
        return arena_format(arena, "(SELECT %s FROM %s WHERE id = t_.%s) AS %s", begins(column, "point_") ? "label" : "name",
                            begins(column, "point_") ? "point" : "cloud", column, column);
    return arena_format(arena, "t_.\"%s\"", column);
}

/* NULL when SQLite failed. */
static const char *query_of(struct arena *arena, sqlite3 *database, const char *table)
{
    sqlite3_stmt *row = NULL;
    const char *columns = "", *join = "", *order = "";
    bool view = false;
    if (sqlite3_prepare_v2(database, "SELECT name FROM pragma_table_info(?)", -1, &row, NULL) != SQLITE_OK)
        return NULL;
    sqlite3_bind_text(row, 1, table, -1, SQLITE_STATIC);
    while (sqlite3_step(row) == SQLITE_ROW) {
        const char *column = arena_text(arena, (const char *)sqlite3_column_text(row, 0));
        columns = arena_format(arena, "%s%s%s", columns, columns[0] != '\0' ? ", " : "", shown_column(arena, column));
        /* The views are over tables without an order of their own. */
        view = view || strcmp(column, "name") == 0;
        if (view && (strcmp(column, "name") == 0 || strcmp(column, "t_s") == 0 || strcmp(column, "slice") == 0 ||
                     strcmp(column, "at") == 0))
            order = arena_format(arena, "%s, t_.%s", order, column);
        if (strcmp(column, "replication_id") == 0)
            join = " LEFT JOIN replication r_ ON r_.id = t_.replication_id LEFT JOIN point p_ ON p_.id = r_.point_id"
                   " LEFT JOIN cloud c_ ON c_.id = r_.cloud_id";
    }
    if (sqlite3_finalize(row) != SQLITE_OK)
        return NULL;
    if (join[0] == '\0')
        return arena_format(arena, "SELECT %s FROM \"%s\" t_", columns, table);
    return arena_format(arena, "SELECT %s FROM \"%s\" t_%s ORDER BY p_.position, r_.outer_draw, r_.rep, c_.position%s", columns, table,
                        join, order[0] != '\0' ? order : ", t_.rowid");
}

/* --- Writing --- */

/* A text that a spreadsheet would take for a formula gets an apostrophe in front. */
static const char *guarded(struct arena *arena, const char *text, bool is_text)
{
    return is_text && text[0] != '\0' && strchr("=+-@", text[0]) != NULL ? arena_format(arena, "'%s", text) : text;
}

static void write_csv_row(struct arena *arena, sqlite3_stmt *row, FILE *out)
{
    int columns = sqlite3_column_count(row);
    for (int c = 0; c < columns; c++) {
        char after = c + 1 < columns ? ',' : '\n';
        if (sqlite3_column_type(row, c) == SQLITE_FLOAT)
            csv_write_number(out, sqlite3_column_double(row, c), after);
        else if (sqlite3_column_type(row, c) == SQLITE_NULL)
            fputc(after, out);
        else
            csv_write(out, guarded(arena, (const char *)sqlite3_column_text(row, c), sqlite3_column_type(row, c) == SQLITE_TEXT), after);
    }
}

static json_t *json_cell(struct arena *arena, sqlite3_stmt *row, int column)
{
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER: return json_integer(sqlite3_column_int64(row, column));
    case SQLITE_FLOAT: return isfinite(sqlite3_column_double(row, column)) ? json_real(sqlite3_column_double(row, column)) : json_null();
    case SQLITE_NULL: return json_null();
    default: break;
    }
    const char *text = (const char *)sqlite3_column_text(row, column);
    json_t *value = json_string(text);
    return value != NULL ? value : json_string(compare_clean(arena, text)); /* NULL: broken UTF-8 */
}

static bool write_json_row(struct arena *arena, sqlite3_stmt *row, FILE *out)
{
    json_t *object = json_object();
    for (int c = 0; c < sqlite3_column_count(row); c++)
        json_object_set_new(object, sqlite3_column_name(row, c), json_cell(arena, row, c));
    bool fine = json_dumpf(object, out, JSON_COMPACT | JSON_REAL_PRECISION(17)) == 0;
    json_decref(object);
    return fine;
}

/* All rows; their number, or -1 when SQLite or the disk failed. */
static int64_t write_rows(struct arena *arena, sqlite3_stmt *row, bool json, FILE *out)
{
    int64_t rows = 0;
    int status;
    if (json)
        fputs("[\n", out);
    for (int c = 0; !json && c < sqlite3_column_count(row); c++)
        csv_write(out, sqlite3_column_name(row, c), c + 1 < sqlite3_column_count(row) ? ',' : '\n');
    while ((status = sqlite3_step(row)) == SQLITE_ROW) {
        if (json && rows > 0)
            fputs(",\n", out);
        if (json && !write_json_row(arena, row, out))
            return -1;
        if (!json)
            write_csv_row(arena, row, out);
        rows++;
    }
    if (json)
        fputs(rows > 0 ? "\n]\n" : "]\n", out);
    return status == SQLITE_DONE && !ferror(out) ? rows : -1;
}

static bool export_table(const struct export_options *options, struct arena *arena, sqlite3 *database, const char *table)
{
    const char *path = arena_format(arena, "%s/%s.%s", options->folder, table, options->json ? "json" : "csv");
    const char *beside = arena_format(arena, "%s.new", path), *query = query_of(arena, database, table);
    sqlite3_stmt *row = NULL;
    if (query == NULL || sqlite3_prepare_v2(database, query, -1, &row, NULL) != SQLITE_OK) {
        message_error(NULL, "%s: table '%s': %s", message_show(arena, options->path), message_show(arena, table),
                      message_show(arena, sqlite3_errmsg(database)));
        return false;
    }
    FILE *out = fopen(beside, "we");
    int64_t rows = out != NULL ? write_rows(arena, row, options->json, out) : -1;
    bool fine = out != NULL && fclose(out) == 0 && rows >= 0 && rename(beside, path) == 0;
    if (!fine) {
        message_error(NULL, "cannot write '%s': %s", message_show(arena, path), strerror(errno));
        unlink(beside);
    } else if (!options->quiet) {
        printf("wrote %s (%lld row%s)\n", message_show(arena, path), (long long)rows, rows == 1 ? "" : "s");
    }
    sqlite3_finalize(row);
    return fine;
}

/* Names of tables and views in the order of their making, in arena; ends with NULL. */
static const char **tables_of(struct arena *arena, sqlite3 *database)
{
    enum { TABLES_MOST = 256 };
    sqlite3_stmt *row = NULL;
    size_t count = 0;
    const char **names = arena_array(arena, TABLES_MOST, const char *);
    if (sqlite3_prepare_v2(database, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY rowid", -1, &row, NULL) !=
        SQLITE_OK)
        return NULL;
    while (sqlite3_step(row) == SQLITE_ROW && count < TABLES_MOST - 1) {
        const char *name = arena_text(arena, (const char *)sqlite3_column_text(row, 0));
        /* The names become those of files: nothing but our own. */
        if (!is_left_out(name) && strspn(name, "abcdefghijklmnopqrstuvwxyz_") == strlen(name))
            names[count++] = name;
    }
    sqlite3_finalize(row);
    return names;
}

int export_run(const struct export_options *options, struct arena *arena)
{
    struct store *store = NULL;
    bool fine = store_open_read(&store, options->path);
    if (!fine)
        message_error(NULL, "%s", message_show(arena, store_message(store)));
    const char **tables = fine ? tables_of(arena, store_database(store)) : NULL;
    for (size_t i = 0; fine && tables != NULL && tables[i] != NULL; i++)
        fine = export_table(options, arena, store_database(store), tables[i]);
    store_close(store);
    return fine && tables != NULL ? EXIT_DONE : EXIT_MACHINE;
}
