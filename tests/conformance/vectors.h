/* Test vectors: CSV files (RFC 4180 quoting, first line the header), and verdicts on their rows.
 *
 * A checker looks at one row at a time, in file order, and calls row_expect() or row_must(); the first claim that does not
 * hold ends the row as failed, and the next row is checked. Cells are found by the name of their column, so that a column
 * may be added without breaking anything. All text lives in the arena that the file was read into. */
#ifndef NINES_TESTS_VECTORS_H
#define NINES_TESTS_VECTORS_H

#include "sim/base/arena.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VECTOR_COLUMNS_MAX = 40, VECTOR_PARTS = 64 };

struct vectors {
    const char *columns[VECTOR_COLUMNS_MAX];
    int n_columns;
    const char *(*rows)[VECTOR_COLUMNS_MAX];
    int n_rows;
    char name[64]; /* of the file, without ".csv" */
};

/* --- Verdicts --- */

struct verdict {
    jmp_buf escape;
    char why[2048];
};

/* Where a failing row lands; NULL: the program ends. Set for the length of a row by the program that runs checkers. */
static struct verdict *row_verdict;

__attribute__((format(printf, 1, 2), noreturn)) static inline void row_fail(const char *format, ...)
{
    char text[sizeof row_verdict->why];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (row_verdict == NULL) {
        fprintf(stderr, "%s\n", text);
        abort();
    }
    memcpy(row_verdict->why, text, sizeof text);
    longjmp(row_verdict->escape, 1);
}

#define row_must(condition) ((condition) ? (void)0 : row_fail("%s:%d: %s", __FILE__, __LINE__, #condition))

/* --- Reading --- */

/* Cuts one line into cells, in place; returns where the next line begins. */
static inline char *vectors_cut(char *line, const char **cells, int *n_cells)
{
    *n_cells = 0;
    for (;;) {
        char *out = line, *start = line;
        const bool quoted = *line == '"';
        line += quoted;
        while (*line && (quoted || (*line != ',' && *line != '\n' && *line != '\r'))) {
            if (quoted && *line == '"') {
                if (line[1] != '"')
                    break;
                line++;
            }
            *out++ = *line++;
        }
        line += quoted && *line == '"';
        line += *line == '\r';
        const char end = *line;
        *out = '\0';
        row_must(*n_cells < VECTOR_COLUMNS_MAX);
        cells[(*n_cells)++] = start;
        if (end != ',')
            return end ? line + 1 : line;
        line++;
    }
}

/* The whole file as text, or NULL where it cannot be read. */
static inline char *vectors_text(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        return NULL;
    long length = ftell(file);
    rewind(file);
    char *text = arena_array(arena, (size_t)length + 1, char);
    const size_t got = fread(text, 1, (size_t)length, file);
    fclose(file);
    return got == (size_t)length ? text : NULL;
}

/* Reads FOLDER/NAME.csv. False: it is not there. */
static inline bool vectors_read(struct arena *arena, const char *folder, const char *name, struct vectors *vectors)
{
    char *next = vectors_text(arena, arena_format(arena, "%s/%s.csv", folder, name));
    if (next == NULL)
        return false;
    *vectors = (struct vectors){.n_rows = 0};
    snprintf(vectors->name, sizeof vectors->name, "%s", name);
    int lines = 0;
    for (const char *p = next; *p; p++)
        lines += *p == '\n';
    vectors->rows = arena_alloc(arena, (size_t)lines + 1, sizeof *vectors->rows);
    next = vectors_cut(next, vectors->columns, &vectors->n_columns);
    while (*next) {
        int n_cells;
        next = vectors_cut(next, vectors->rows[vectors->n_rows], &n_cells);
        if (n_cells != vectors->n_columns)
            row_fail("%s: %d cells in the row of '%s'", name, n_cells, vectors->rows[vectors->n_rows][0]);
        vectors->n_rows++;
    }
    return true;
}

/* --- Cells --- */

/* NULL where there is no such column. */
static inline const char *vectors_find(const struct vectors *vectors, int row, const char *column)
{
    for (int i = 0; i < vectors->n_columns; i++)
        if (strcmp(vectors->columns[i], column) == 0)
            return vectors->rows[row][i];
    return NULL;
}

/* The cell as it is written. */
static inline const char *vectors_raw(const struct vectors *vectors, int row, const char *column)
{
    const char *cell = vectors_find(vectors, row, column);
    if (cell == NULL)
        row_fail("%s has no column %s", vectors->name, column);
    return cell;
}

/* The cell; "-" is returned as "". */
static inline const char *vectors_cell(const struct vectors *vectors, int row, const char *column)
{
    const char *cell = vectors_raw(vectors, row, column);
    return strcmp(cell, "-") == 0 ? "" : cell;
}

static inline int64_t vectors_int(const struct vectors *vectors, int row, const char *column)
{
    return strtoll(vectors_cell(vectors, row, column), NULL, 10);
}

/* Fails the row unless the texts agree. */
static inline void row_expect(const char *what, const char *got, const char *want)
{
    if (strcmp(got, want) != 0)
        row_fail("%s: got '%s', want '%s'", what, got, want);
}

/* Fails the row unless the text is what the column's cell says, letter by letter. */
static inline void row_expect_cell(const struct vectors *vectors, int row, const char *column, const char *got)
{
    row_expect(column, got, vectors_raw(vectors, row, column));
}

/* --- Lists in cells --- */

/* Splits text at a separator into arena copies; returns how many. "" is no part. */
static inline int vectors_split(struct arena *arena, const char *text, char separator, const char **parts, int room)
{
    int count = 0;
    if (!*text)
        return 0;
    for (char *next = arena_text(arena, text); next;) {
        row_must(count < room);
        parts[count++] = next;
        next = strchr(next, separator);
        if (next)
            *next++ = '\0';
    }
    return count;
}

/* The value of key in "k=v;k=v", or NULL. */
static inline const char *vectors_argument(struct arena *arena, const char *arguments, const char *key)
{
    const char *items[VECTOR_PARTS];
    int n = vectors_split(arena, arguments, ';', items, VECTOR_PARTS);
    size_t length = strlen(key);
    for (int i = 0; i < n; i++)
        if (strncmp(items[i], key, length) == 0 && items[i][length] == '=')
            return items[i] + length + 1;
    return NULL;
}

/* A text that grows; begins as "". */
__attribute__((format(printf, 3, 4))) static inline void vectors_add(struct arena *arena, const char **text,
                                                                     const char *format, ...)
{
    char item[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(item, sizeof item, format, arguments);
    va_end(arguments);
    *text = arena_format(arena, "%s%s%s", *text, **text ? ";" : "", item);
}

#endif
