/* results/README.md is the contract of the results file: every column is on it, none is on it that does not exist, and its
 * queries run. */
#include "tests/unit/toy.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char path[64];
    struct store *store;
    char *page;
};

static int make_run(void **state)
{
    static struct fixture fixture = {.path = "/tmp/nines-page-XXXXXX"};
    size_t size = 0;
    int file = mkstemp(fixture.path);
    FILE *page = fopen("results/README.md", "r"), *copy = open_memstream(&fixture.page, &size);
    if (file < 0 || page == NULL || copy == NULL)
        return -1;
    close(file);
    for (int c; (c = getc(page)) != EOF;)
        putc(c, copy);
    fclose(page);
    fclose(copy);
    *state = &fixture;
    return toy_make(&fixture.store, fixture.path, SIM_LOG_LEASES, 5) ? 0 : -1;
}

static int remove_run(void **state)
{
    struct fixture *fixture = *state;
    store_close(fixture->store);
    free(fixture->page);
    return unlink(fixture->path);
}

static sqlite3_stmt *prepare(void **state, const char *sql)
{
    struct fixture *fixture = *state;
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store_database(fixture->store), sql, -1, &row, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(store_database(fixture->store)));
    return row;
}

/* The first cells of the rows of a table's section, as one text: "| `id` |\n| `name` |...". The caller frees. */
static char *columns_of(const char *page, const char *table)
{
    char heading[128], *columns = NULL;
    size_t size = 0;
    snprintf(heading, sizeof heading, "\n### %s\n", table);
    FILE *out = open_memstream(&columns, &size);
    assert_non_null(out);
    const char *line = strstr(page, heading);
    for (line = line != NULL ? strchr(line + 1, '\n') : NULL; line != NULL && strncmp(line, "\n##", 3) != 0;
         line = strchr(line + 1, '\n'))
        if (strncmp(line, "\n| `", 4) == 0)
            fprintf(out, "%.*s", (int)(strcspn(line + 3, "|") + 3), line);
    fclose(out);
    return columns;
}

static size_t ticks_in(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += *text == '`';
    return count;
}

static void every_column_is_on_the_page_and_no_other(void **state)
{
    struct fixture *fixture = *state;
    int tables_seen = 0;
    sqlite3_stmt *tables = prepare(state, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE"
                                          " 'sqlite_%' ORDER BY name");
    while (sqlite3_step(tables) == SQLITE_ROW) {
        const char *table = (const char *)sqlite3_column_text(tables, 0);
        char *columns = columns_of(fixture->page, table);
        sqlite3_stmt *names = prepare(state, "SELECT name FROM pragma_table_info(?1)");
        sqlite3_bind_text(names, 1, table, -1, SQLITE_TRANSIENT);
        size_t count = 0;
        for (; sqlite3_step(names) == SQLITE_ROW; count++) {
            char quoted[128];
            snprintf(quoted, sizeof quoted, "`%s`", (const char *)sqlite3_column_text(names, 0));
            if (strstr(columns, quoted) == NULL)
                fail_msg("%s of table %s is not on the page", quoted, table);
        }
        if (2 * count != ticks_in(columns))
            fail_msg("table %s has %zu columns, the page names %zu", table, count, ticks_in(columns) / 2);
        sqlite3_finalize(names);
        free(columns);
        tables_seen++;
    }
    sqlite3_finalize(tables);
    int sections = 0;
    for (const char *at = fixture->page; (at = strstr(at, "\n### ")) != NULL; at++)
        sections++;
    assert_int_equal(tables_seen, sections);
}

static void every_query_on_the_page_gives_rows(void **state)
{
    struct fixture *fixture = *state;
    int queries = 0;
    for (const char *block = strstr(fixture->page, "```sql\n"); block != NULL; block = strstr(block, "```sql\n")) {
        block += strlen("```sql\n");
        char *sql = strndup(block, (size_t)(strstr(block, "```") - block));
        sqlite3_stmt *row = prepare(state, sql);
        if (sqlite3_step(row) != SQLITE_ROW)
            fail_msg("no row: %s", sql);
        sqlite3_finalize(row);
        free(sql);
        queries++;
    }
    assert_int_equal(queries, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_column_is_on_the_page_and_no_other),
        cmocka_unit_test(every_query_on_the_page_gives_rows),
    };
    return cmocka_run_group_tests(tests, make_run, remove_run);
}
