/* Reads the comma-separated test vectors of the shared folder: RFC 4180 quoting, first line the header, LF. Cells are
 * found by column name, so that a column may be added without breaking a test. Everything lives in an arena. */
#ifndef NINES_TESTS_MARKET_PROVIDER_VECTORS_H
#define NINES_TESTS_MARKET_PROVIDER_VECTORS_H

#include "sim/arena.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { VECTOR_COLUMNS_MAX = 40 };

struct vectors {
    const char *columns[VECTOR_COLUMNS_MAX];
    int n_columns;
    const char *(*rows)[VECTOR_COLUMNS_MAX];
    int n_rows;
    char name[64];
};

/* Cuts one line into cells, in place; returns where the next line begins. */
static inline char *vectors_cut(char *line, const char **cells, int *n_cells)
{
    *n_cells = 0;
    for (;;) {
        char *out = line, *start = line;
        const bool quoted = *line == '"';
        line += quoted;
        while (*line && (quoted || (*line != ',' && *line != '\n'))) {
            if (quoted && *line == '"') {
                if (line[1] != '"')
                    break;
                line++;
            }
            *out++ = *line++;
        }
        line += quoted && *line == '"';
        const char end = *line;
        *out = '\0';
        assert_true(*n_cells < VECTOR_COLUMNS_MAX);
        cells[(*n_cells)++] = start;
        if (end != ',')
            return end ? line + 1 : line;
        line++;
    }
}

/* Loads NINES_SHARED/spec/vectors/NAME.csv; skips the running test when the folder is absent. */
static inline struct vectors vectors_load(struct arena *arena, const char *name)
{
    const char *shared = getenv("NINES_SHARED");
    const char *path = arena_format(arena, "%s/spec/vectors/%s.csv", shared ? shared : "../shared", name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        print_message("skipped: no %s\n", path);
        skip();
    }
    struct vectors vectors = {.n_rows = 0};
    snprintf(vectors.name, sizeof vectors.name, "%s", name);
    enum { ROOM = 1 << 18 };
    char *text = arena_array(arena, ROOM, char);
    const size_t length = fread(text, 1, ROOM - 1, file);
    fclose(file);
    assert_true(length < ROOM - 1);
    int lines = 0;
    for (const char *p = text; *p; p++)
        lines += *p == '\n';
    vectors.rows = arena_alloc(arena, (size_t)lines + 1, sizeof *vectors.rows);
    char *next = vectors_cut(text, vectors.columns, &vectors.n_columns);
    while (*next) {
        int n_cells;
        next = vectors_cut(next, vectors.rows[vectors.n_rows], &n_cells);
        assert_int_equal(n_cells, vectors.n_columns);
        vectors.n_rows++;
    }
    assert_true(vectors.n_rows > 0);
    return vectors;
}

/* The cell of a row; "-" is returned as "". */
static inline const char *vectors_cell(const struct vectors *vectors, int row, const char *column)
{
    for (int i = 0; i < vectors->n_columns; i++)
        if (strcmp(vectors->columns[i], column) == 0)
            return strcmp(vectors->rows[row][i], "-") == 0 ? "" : vectors->rows[row][i];
    fail_msg("%s has no column %s", vectors->name, column);
    return "";
}

static inline int64_t vectors_int(const struct vectors *vectors, int row, const char *column)
{
    return strtoll(vectors_cell(vectors, row, column), NULL, 10);
}

/* Fails the running test unless the texts agree, naming the case. */
static inline void vectors_expect(const struct vectors *vectors, int row, const char *got, const char *want)
{
    if (strcmp(got, want) != 0)
        fail_msg("%s %s: got '%s', want '%s'", vectors->name, vectors_cell(vectors, row, "case_id"), got, want);
}

/* Splits text at a separator into arena copies; returns how many. "" is no part. */
static inline int vectors_split(struct arena *arena, const char *text, char separator, const char **parts, int room)
{
    int count = 0;
    if (!*text)
        return 0;
    for (char *next = arena_text(arena, text); next;) {
        assert_true(count < room);
        parts[count++] = next;
        next = strchr(next, separator);
        if (next)
            *next++ = '\0';
    }
    return count;
}

#endif
