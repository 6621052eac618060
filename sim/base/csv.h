/* Reads tables of comma-separated values, as they come: RFC 4180 with quotes, CRLF or LF, a byte order mark, blank
 * lines, a last line without an end.
 *
 * The file is read as a whole and cut in place, so a million rows cost their bytes and nothing else. Columns are found
 * by name in the first line; columns nobody asks for are ignored. Mistakes are collected and shown with file and line,
 * at most CSV_ERRORS_MOST of a file; the reader goes on, so that one call shows all of them.
 *
 * Numbers are whole numbers in plain digits; anything else ("1e3", " 5", "", "NaN", what does not fit) is a mistake
 * that names the column and what it allows. */
#ifndef NINES_SIM_CSV_H
#define NINES_SIM_CSV_H

#include "sim/base/arena.h"
#include "sim/base/check.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { CSV_COLUMNS_MOST = 4096, CSV_ERRORS_MOST = 10 };

struct csv {
    struct arena *arena;
    const char *path; /* for messages */
    char *text;       /* what was read, cut in place */
    size_t length, at;
    size_t next_line; /* of text[at], from 1 */
    size_t line;      /* where the row under way begins */
    char **header;    /* [columns] */
    size_t columns;
    char **field;  /* [columns]: the row under way; a row that is too short is a mistake and is filled with "" */
    size_t errors; /* mistakes so far, shown or not */
};

/* Reads the file and its first line. False after saying why: the file cannot be read (*code is EXIT_MACHINE) or is no
 * table (EXIT_USAGE). path and what was read live in arena. */
bool csv_open(struct csv *csv, struct arena *arena, const char *path, int *code);

/* The same from memory: text[length] is copied. */
bool csv_open_text(struct csv *csv, struct arena *arena, const char *name, const char *text, size_t length);

/* How many rows may follow at most: lines. For sizing tables. */
size_t csv_rows_most(const struct csv *csv);

/* Steps to the next row. False at the end. */
bool csv_next(struct csv *csv);

/* Number of a column, or -1; csv_need() counts a missing column as a mistake and says which there are. */
int csv_find(const struct csv *csv, const char *name);
int csv_need(struct csv *csv, const char *name);

/* Counts and shows a mistake: "FILE:LINE: error: ..." */
void csv_error(struct csv *csv, const char *format, ...) NINES_PRINTF(2, 3);
/* "FILE:LINE: warning: ..."; not counted. */
void csv_warn(const struct csv *csv, const char *format, ...) NINES_PRINTF(2, 3);
/* Says how many mistakes were not shown. */
void csv_close(const struct csv *csv);

/* A whole number from low to high; otherwise counts a mistake and returns low. */
int64_t csv_integer(struct csv *csv, int column, int64_t low, int64_t high);
/* A number from low to high, with the same consequence. */
double csv_number(struct csv *csv, int column, double low, double high);

/* Writes a field, quoted where it has to be, and what follows it. */
void csv_write(FILE *out, const char *text, char after);
/* The shortest decimal that reads back as the same double, always with a point: 0.25, 14.0. NaN is an empty field. */
void csv_write_number(FILE *out, double value, char after);

#endif
