#include "sim/base/csv.h"

#include "sim/base/message.h"
#include "sim/base/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* --- Messages --- */

static void say(const struct csv *csv, const char *kind, const char *format, va_list arguments)
{
    struct arena *arena = csv->arena;
    char text[1024];
    vsnprintf(text, sizeof text, format, arguments);
    fprintf(stderr, "%s:%zu: %s: %s\n", message_show(arena, csv->path), csv->line, kind, message_show(arena, text));
}

void csv_error(struct csv *csv, const char *format, ...)
{
    va_list arguments;
    if (++csv->errors > CSV_ERRORS_MOST)
        return;
    va_start(arguments, format);
    say(csv, "error", format, arguments);
    va_end(arguments);
}

void csv_warn(const struct csv *csv, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(csv, "warning", format, arguments);
    va_end(arguments);
}

void csv_close(const struct csv *csv)
{
    if (csv->errors > CSV_ERRORS_MOST)
        fprintf(stderr, "%s: %zu more mistakes are not shown\n", message_show(csv->arena, csv->path),
                csv->errors - CSV_ERRORS_MOST);
}

/* --- Cutting --- */

static void end_line(struct csv *csv)
{
    if (csv->at < csv->length && csv->text[csv->at] == '\r')
        csv->at++;
    if (csv->at < csv->length && csv->text[csv->at] == '\n')
        csv->at++;
    csv->next_line++;
}

static bool at_end_of_line(const struct csv *csv)
{
    const char *p = csv->text + csv->at;
    size_t left = csv->length - csv->at;
    return left == 0 || *p == '\n' || (*p == '\r' && (left == 1 || p[1] == '\n'));
}

/* A field that begins with a quote: up to the next single one. The text is closed in place. */
static char *quoted(struct csv *csv)
{
    char *begin = csv->text + csv->at + 1, *to = begin, *end = csv->text + csv->length, *from = begin;
    for (; from < end; from++) {
        if (*from == '"' && (from + 1 == end || from[1] != '"'))
            break;
        from += *from == '"';
        csv->next_line += *from == '\n';
        *to++ = *from;
    }
    if (from == end)
        csv_error(csv, "a quote is not closed");
    csv->at = (size_t)(from - csv->text) + (from < end);
    if (csv->at < csv->length && csv->text[csv->at] != ',' && !at_end_of_line(csv)) {
        csv_error(csv, "there is text after a closing quote");
        while (csv->at < csv->length && csv->text[csv->at] != ',' && !at_end_of_line(csv))
            csv->at++;
    }
    *to = '\0'; /* at most where the closing quote or the final NUL was */
    return begin;
}

static char *plain(struct csv *csv)
{
    char *begin = csv->text + csv->at;
    while (csv->at < csv->length && csv->text[csv->at] != ',' && !at_end_of_line(csv))
        csv->at++;
    return begin;
}

/* Cuts one row into fields[most]; returns how many there were, also beyond `most`. The line's end is passed before its
 * bytes are overwritten. */
static size_t cut_row(struct csv *csv, char **fields, size_t most)
{
    size_t count = 0;
    csv->line = csv->next_line;
    for (;;) {
        char *field = csv->at < csv->length && csv->text[csv->at] == '"' ? quoted(csv) : plain(csv);
        char *end = csv->text + csv->at;
        bool more = csv->at < csv->length && *end == ',';
        if (more)
            csv->at++;
        else
            end_line(csv);
        *end = '\0';
        if (count < most)
            fields[count] = field;
        count++;
        if (!more)
            return count;
    }
}

/* Blank lines are no rows. */
static bool skip_blank_lines(struct csv *csv)
{
    while (csv->at < csv->length && at_end_of_line(csv))
        end_line(csv);
    return csv->at < csv->length;
}

bool csv_next(struct csv *csv)
{
    static char nothing[1];
    if (!skip_blank_lines(csv))
        return false;
    size_t count = cut_row(csv, csv->field, csv->columns);
    if (count != csv->columns)
        csv_error(csv, "%zu fields, but the first line names %zu", count, csv->columns);
    for (size_t i = count; i < csv->columns; i++)
        csv->field[i] = nothing;
    return true;
}

/* --- Opening --- */

/* Reads to the end, also of pipes. NULL with errno. The text ends with a NUL that is not counted. */
static char *read_all(struct arena *arena, const char *path, size_t *length)
{
    FILE *file = fopen(path, "rbe");
    size_t room = 1 << 16;
    char *text = malloc(room);
    *length = 0;
    while (file != NULL && text != NULL) {
        *length += fread(text + *length, 1, room - *length - 1, file);
        if (*length + 1 < room)
            break;
        room *= 2;
        char *more = realloc(text, room);
        if (more == NULL)
            free(text);
        text = more;
    }
    bool fine = file != NULL && text != NULL && ferror(file) == 0;
    int error = errno;
    if (file != NULL)
        fclose(file);
    char *kept = NULL;
    if (fine) {
        kept = arena_alloc(arena, *length + 1, 1);
        memcpy(kept, text, *length);
        kept[*length] = '\0';
    }
    free(text);
    errno = error;
    return kept;
}

static bool is_binary(const struct csv *csv)
{
    return memchr(csv->text, '\0', csv->length) != NULL;
}

static size_t count_columns(const struct csv *csv)
{
    size_t commas = 0;
    for (const char *p = csv->text + csv->at; *p != '\0' && *p != '\n'; p++)
        commas += *p == ',';
    return commas + 1;
}

static bool read_header(struct csv *csv)
{
    csv->next_line = csv->line = 1;
    if (csv->length >= 3 && memcmp(csv->text, "\xef\xbb\xbf", 3) == 0)
        csv->at = 3;
    if (is_binary(csv)) {
        csv_error(csv, "this is not text: it holds a zero byte");
        return false;
    }
    if (!skip_blank_lines(csv)) {
        csv_error(csv, "the file is empty; its first line must name the columns");
        return false;
    }
    csv->columns = count_columns(csv);
    if (csv->columns > CSV_COLUMNS_MOST) {
        csv_error(csv, "more than %d columns", CSV_COLUMNS_MOST);
        return false;
    }
    csv->header = arena_array(csv->arena, csv->columns, char *);
    csv->field = arena_array(csv->arena, csv->columns, char *);
    size_t count = cut_row(csv, csv->header, csv->columns);
    if (count > csv->columns) {
        csv_error(csv, "the names of columns must be on one line");
        return false;
    }
    csv->columns = count; /* fewer when a quoted name holds commas */
    return csv->errors == 0;
}

bool csv_open(struct csv *csv, struct arena *arena, const char *path, int *code)
{
    *csv = (struct csv){.arena = arena, .path = path};
    csv->text = read_all(arena, path, &csv->length);
    if (csv->text == NULL) {
        message_error(NULL, "cannot read '%s': %s", message_show(arena, path), strerror(errno));
        *code = EXIT_MACHINE;
        return false;
    }
    *code = EXIT_USAGE;
    return read_header(csv);
}

bool csv_open_text(struct csv *csv, struct arena *arena, const char *name, const char *text, size_t length)
{
    *csv = (struct csv){.arena = arena, .path = name, .length = length};
    csv->text = arena_alloc(arena, length + 1, 1);
    memcpy(csv->text, text, length);
    csv->text[length] = '\0';
    return read_header(csv);
}

size_t csv_rows_most(const struct csv *csv)
{
    size_t rows = 1;
    for (const char *p = csv->text + csv->at, *end = csv->text + csv->length;
         p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
        rows++;
    return rows;
}

/* --- Columns and values --- */

int csv_find(const struct csv *csv, const char *name)
{
    for (size_t i = 0; i < csv->columns; i++)
        if (strcmp(csv->header[i], name) == 0)
            return (int)i;
    return -1;
}

int csv_need(struct csv *csv, const char *name)
{
    int column = csv_find(csv, name);
    if (column >= 0)
        return column;
    char all[400] = "";
    size_t length = 0;
    for (size_t i = 0; i < csv->columns && length + 60 < sizeof all; i++)
        length += (size_t)snprintf(all + length, sizeof all - length, "%s%.40s", i == 0 ? "" : ", ", csv->header[i]);
    csv_error(csv, "column '%s' is missing; there are %s", name, all);
    return -1;
}

int64_t csv_integer(struct csv *csv, int column, int64_t low, int64_t high)
{
    const char *text = csv->field[column];
    const char *digits = text + (*text == '-');
    size_t length = strlen(digits);
    if (length == 0 || strspn(digits, "0123456789") != length) {
        csv_error(csv, "'%s' must be a whole number, not '%.40s'", csv->header[column], text);
        return low;
    }
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    if (low == high && (errno != 0 || value != low)) {
        csv_error(csv, "'%s' must be %" PRId64 " here, not %.40s", csv->header[column], low, text);
        return low;
    }
    if (errno != 0 || value < low || value > high) {
        csv_error(csv, "'%s' must be from %" PRId64 " to %" PRId64 ", not %.40s", csv->header[column], low, high, text);
        return low;
    }
    return value;
}

double csv_number(struct csv *csv, int column, double low, double high)
{
    double value;
    const char *why;
    if (!units_number(csv->field[column], &value, &why) || value < low || value > high) {
        csv_error(csv, "'%s' must be a number from %g to %g, not '%.40s'", csv->header[column], low, high,
                  csv->field[column]);
        return low;
    }
    return value;
}

/* --- Writing --- */

void csv_write(FILE *out, const char *text, char after)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, out);
    } else {
        fputc('"', out);
        for (; *text != '\0'; text++) {
            if (*text == '"')
                fputc('"', out);
            fputc(*text, out);
        }
        fputc('"', out);
    }
    fputc(after, out);
}

void csv_write_number(FILE *out, double value, char after)
{
    char text[400] = "";
    int digits = 1;
    bool exact = value != value;
    for (; !exact && digits <= 20; digits++) {
        snprintf(text, sizeof text, "%.*f", digits, value);
        exact = strtod(text, NULL) == value;
    }
    if (!exact)
        snprintf(text, sizeof text, "%.17g", value);
    fprintf(out, "%s%c", text, after);
}
