/* Reads the CSV test vectors: comma separated, RFC 4180 quoting, a header line, no line breaks inside cells. */
#ifndef NINES_TESTS_MARKET_CSV_H
#define NINES_TESTS_MARKET_CSV_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CSV_COLUMNS = 24, CSV_LINE = 8192 };

struct csv {
    FILE *file;
    int n_columns;
    char header[CSV_LINE], line[CSV_LINE];
    char *names[CSV_COLUMNS], *cells[CSV_COLUMNS];
};

/* Splits a line in place. */
static inline int csv_split(char *line, char *cells[CSV_COLUMNS])
{
    int n = 0;
    char *in = line, *out = line;
    line[strcspn(line, "\r\n")] = '\0';
    for (bool more = true; more && n < CSV_COLUMNS;) {
        bool quoted = *in == '"';
        cells[n++] = out;
        in += quoted;
        while (*in != '\0' && (quoted ? *in != '"' || in[1] == '"' : *in != ',')) {
            in += quoted && *in == '"';
            *out++ = *in++;
        }
        in += quoted && *in == '"';
        more = *in == ',';
        in += more;
        *out++ = '\0';
    }
    return n;
}

/* False: the vectors are not here. */
static inline bool csv_open(struct csv *csv, const char *name)
{
    const char *shared = getenv("NINES_SHARED");
    char path[1024];
    snprintf(path, sizeof path, "%s/spec/%s", shared != NULL ? shared : "../shared", name);
    csv->file = fopen(path, "r");
    if (csv->file == NULL || fgets(csv->header, sizeof csv->header, csv->file) == NULL)
        return false;
    csv->n_columns = csv_split(csv->header, csv->names);
    return true;
}

static inline bool csv_next(struct csv *csv)
{
    if (fgets(csv->line, sizeof csv->line, csv->file) == NULL) {
        fclose(csv->file);
        return false;
    }
    int n = csv_split(csv->line, csv->cells);
    if (n != csv->n_columns) {
        fprintf(stderr, "%d cells instead of %d after '%s'\n", n, csv->n_columns, csv->cells[0]);
        abort();
    }
    return true;
}

static inline const char *csv_cell(const struct csv *csv, const char *name)
{
    for (int i = 0; i < csv->n_columns; i++)
        if (strcmp(csv->names[i], name) == 0)
            return csv->cells[i];
    fprintf(stderr, "no column '%s'\n", name);
    abort();
}

/* The next piece of text up to a separator, or NULL; cuts the text. Empty pieces count. */
static inline char *piece(char **text, char separator)
{
    char *start = *text, *end;
    if (start == NULL)
        return NULL;
    end = strchr(start, separator);
    if (end != NULL)
        *end++ = '\0';
    *text = end;
    return start;
}

/* The value of key in "k=v;k=v", copied to value, or false. */
static inline bool argument(const char *arguments, const char *key, char *value, size_t room)
{
    size_t length = strlen(key);
    for (const char *at = arguments; at != NULL && *at != '\0'; at = strchr(at, ';') ? strchr(at, ';') + 1 : NULL) {
        if (strncmp(at, key, length) != 0 || at[length] != '=')
            continue;
        const char *from = at + length + 1;
        snprintf(value, room, "%.*s", (int)strcspn(from, ";"), from);
        return true;
    }
    return false;
}

#endif
