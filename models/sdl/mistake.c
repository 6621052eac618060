#include "models/sdl/mistake.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 90, MESSAGE_SHOWN = 400 };

void mistakes_open(struct mistakes *mistakes, struct arena *arena, const char *path, const char *text, size_t bytes)
{
    *mistakes = (struct mistakes){.arena = arena, .path = path, .text = text, .bytes = bytes};
}

static void note(struct mistakes *mistakes, struct mistake mistake, const char *format, va_list arguments)
{
    char message[1024];
    if (mistakes->kept == MISTAKES_KEPT)
        return;
    vsnprintf(message, sizeof message, format, arguments);
    struct mistake *kept = arena_new(mistakes->arena, struct mistake);
    *kept = mistake;
    kept->message = arena_text(mistakes->arena, message);
    *(mistakes->last != NULL ? &mistakes->last->next : &mistakes->first) = kept;
    mistakes->last = kept;
    mistakes->kept++;
}

void mistake_add(struct mistakes *mistakes, struct mark mark, const char *slug, const char *hint, const char *format, ...)
{
    va_list arguments;
    mistakes->errors++;
    va_start(arguments, format);
    note(mistakes, (struct mistake){.mark = mark, .slug = slug, .hint = hint}, format, arguments);
    va_end(arguments);
}

void mistake_warn(struct mistakes *mistakes, struct mark mark, const char *hint, const char *format, ...)
{
    va_list arguments;
    /* Half of the room, so that warnings never crowd out errors. */
    if (mistakes->warnings++ >= MISTAKES_KEPT / 2)
        return;
    va_start(arguments, format);
    note(mistakes, (struct mistake){.mark = mark, .hint = hint, .warning = true}, format, arguments);
    va_end(arguments);
}

bool mistakes_full(const struct mistakes *mistakes)
{
    return mistakes->kept == MISTAKES_KEPT;
}

const char *mistakes_slug(const struct mistakes *mistakes)
{
    for (const struct mistake *m = mistakes->first; m != NULL; m = m->next)
        if (!m->warning)
            return m->slug;
    return mistakes->errors > 0 ? "mistake" : NULL;
}

/* --- Text as it may be shown --- */

/* Bytes of the character at text: 1 to 4, and whether it may be shown. */
static size_t character(const char *text, size_t bytes, bool *shown)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t length = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;
    *shown = false;
    if (length == 0 || length > bytes)
        return 1;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 1;
    uint32_t code = length == 1 ? p[0] : p[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++)
        code = code << 6 | (p[i] & 0x3f);
    bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    bool turns = (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    *shown = !control && !turns && !(code >= 0xd800 && code < 0xe000) && !(length == 3 && code < 0x800) && !(length == 4 && code < 0x10000);
    return length;
}

void mistake_show(FILE *out, const char *text, size_t bytes, int most)
{
    for (size_t at = 0; at < bytes; most--) {
        bool shown;
        if (most <= 0) {
            fputs("...", out);
            return;
        }
        size_t length = character(text + at, bytes - at, &shown);
        if (shown)
            fwrite(text + at, 1, length, out);
        else
            fputc(text[at] == '\t' ? ' ' : '?', out);
        at += length;
    }
}

struct mark mark_of(const char *text, size_t bytes, size_t at)
{
    struct mark mark = {1, 1};
    bool shown;
    for (size_t i = 0; i < at && i < bytes;) {
        if (text[i] == '\n') {
            mark.line++;
            mark.column = 1;
            i++;
        } else {
            mark.column++;
            i += character(text + i, bytes - i, &shown);
        }
    }
    return mark;
}

/* --- Printing --- */

/* The bytes of a line of the text. False: there is no such line. */
static bool find_line(const struct mistakes *mistakes, int line, const char **start, size_t *length)
{
    const char *at = mistakes->text, *end = at + mistakes->bytes;
    if (at == NULL || line < 1)
        return false;
    for (int i = 1; i < line; i++) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (at == NULL)
            return false;
        at++;
    }
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    *start = at;
    *length = (size_t)((stop != NULL ? stop : end) - at);
    return *length > 0;
}

/* How many characters the word at text has: up to its closing quote, or what ends a word in YAML and JSON. */
static int word_length(const char *text, size_t bytes)
{
    bool quoted = bytes > 0 && (text[0] == '"' || text[0] == '\''), shown;
    int n = 0;
    for (size_t at = 0; at < bytes; n++) {
        if (quoted && at > 0 && text[at] == text[0])
            return n + 1;
        if (!quoted && strchr(" \t,:{}[]#\r", text[at]) != NULL)
            break;
        at += character(text + at, bytes - at, &shown);
    }
    return n > 0 ? n : 1;
}

static void print_line(const struct mistakes *mistakes, struct mark mark, FILE *out)
{
    const char *line;
    size_t length, at = 0, from = 0;
    int column = 1, first = 1;
    bool shown;
    if (!find_line(mistakes, mark.line, &line, &length))
        return;
    while (column < mark.column && at < length) {
        at += character(line + at, length - at, &shown);
        column++;
    }
    /* A long line is cut some way before the place. */
    for (int skip = column - WINDOW / 2; column > WINDOW - 20 && first < skip; first++)
        from += character(line + from, length - from, &shown);
    fprintf(out, "   %s", from > 0 ? "..." : "");
    mistake_show(out, line + from, length - from - (line[length - 1] == '\r' && length > from), WINDOW);
    fprintf(out, "\n   %s%*s^", from > 0 ? "   " : "", column - first, "");
    int most = WINDOW - (column - first), word = word_length(line + at, length - at);
    for (int i = 1; i < word && i < most; i++)
        fputc('~', out);
    fputc('\n', out);
}

static int compare(const void *a, const void *b)
{
    const struct mistake *x = *(const struct mistake *const *)a, *y = *(const struct mistake *const *)b;
    if (x->mark.line != y->mark.line)
        return x->mark.line < y->mark.line ? -1 : 1;
    return (x->mark.column > y->mark.column) - (x->mark.column < y->mark.column);
}

void mistakes_print(struct mistakes *mistakes, FILE *out)
{
    struct mistake *sorted[MISTAKES_KEPT];
    int n = 0, errors = 0;
    for (struct mistake *m = mistakes->first; m != NULL; m = m->next) {
        /* Insertion keeps the order of discovery among equal places. */
        int i = n++;
        for (; i > 0 && compare(&sorted[i - 1], &m) > 0; i--)
            sorted[i] = sorted[i - 1];
        sorted[i] = m;
        errors += !m->warning;
    }
    for (int i = 0; i < n; i++) {
        const struct mistake *m = sorted[i];
        mistake_show(out, mistakes->path, strlen(mistakes->path), MESSAGE_SHOWN);
        if (m->mark.line > 0)
            fprintf(out, ":%d:%d", m->mark.line, m->mark.column);
        fprintf(out, ": %s: ", m->warning ? "warning" : "error");
        mistake_show(out, m->message, strlen(m->message), MESSAGE_SHOWN);
        fputc('\n', out);
        print_line(mistakes, m->mark, out);
        if (m->hint != NULL) {
            fputs("hint: ", out);
            mistake_show(out, m->hint, strlen(m->hint), MESSAGE_SHOWN);
            fputc('\n', out);
        }
    }
    if (mistakes->errors > errors) {
        mistake_show(out, mistakes->path, strlen(mistakes->path), MESSAGE_SHOWN);
        fprintf(out, ": %d more mistake%s not shown\n", mistakes->errors - errors, mistakes->errors - errors == 1 ? "" : "s");
    }
}
