#include "sim/scenario/scenario_internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Texts come from users and from files of unknown origin. Nothing of them reaches the terminal but printable
 * characters: the rest is spelled \n, \x1b or \u202e, and nothing of them is ever a format. */

enum {
    MOST_SHOWN = 20,  /* mistakes printed */
    MOST_KEPT = 1000, /* mistakes remembered, for sorting */
    LINE_SHOWN = 100, /* characters of a source line */
    LINE_BEFORE = 40, /* of them, those before the caret of a clipped line */
    MESSAGE_SHOWN = 500
};

/* --- Collecting --- */

bool scenario_is_full(const struct scenario *scenario)
{
    return scenario_reader(scenario)->kept >= MOST_KEPT;
}

static struct diagnostic *diagnostic_new(struct scenario *scenario, struct place place, const char *hint, const char *format,
                                         va_list arguments)
{
    struct diagnostic *diagnostic = arena_new(scenario->arena, struct diagnostic);
    va_list again;
    check(format != NULL, "a mistake without words");
    va_copy(again, arguments);
    int bytes = vsnprintf(NULL, 0, format, again);
    va_end(again);
    check(bytes >= 0, "cannot format '%s'", format);
    char *message = arena_alloc(scenario->arena, (size_t)bytes + 1, 1);
    (void)vsnprintf(message, (size_t)bytes + 1, format, arguments);
    diagnostic->message = message;
    diagnostic->place = place;
    diagnostic->hint = hint != NULL ? arena_text(scenario->arena, hint) : NULL;
    return diagnostic;
}

static void add(struct scenario *scenario, struct place place, const char *hint, const char *format, va_list arguments)
{
    scenario->errors++;
    if (scenario_is_full(scenario))
        return;
    scenario_reader(scenario)->kept++;
    struct diagnostic *diagnostic = diagnostic_new(scenario, place, hint, format, arguments);
    if (scenario->first_diagnostic == NULL)
        scenario->first_diagnostic = diagnostic;
    else
        scenario->last_diagnostic->next = diagnostic;
    scenario->last_diagnostic = diagnostic;
}

void scenario_mistake(struct scenario *scenario, struct place place, const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(scenario, place, hint, format, arguments);
    va_end(arguments);
}

/* The whole scenario has no line of its own. */
static struct place place_of(const struct scenario *scenario, const struct value *at)
{
    return at != NULL && at != &scenario->root && at->place.file != NULL ? at->place : (struct place){scenario->path, 0, 0};
}

void scenario_error(struct scenario *scenario, const struct value *at, const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(scenario, place_of(scenario, at), hint, format, arguments);
    va_end(arguments);
}

void scenario_error_in(struct scenario *scenario, const struct scenario_file *file, int line, int column, const char *hint,
                       const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(scenario, (struct place){file->path, line, column}, hint, format, arguments);
    va_end(arguments);
}

/* --- Warnings --- */

static struct diagnostic *warning_like(const struct scenario *scenario, const struct diagnostic *other)
{
    struct diagnostic *w = scenario_reader(scenario)->first_warning;
    while (w != NULL && (w->place.line != other->place.line || w->place.column != other->place.column ||
                         strcmp(w->place.file, other->place.file) != 0 || strcmp(w->message, other->message) != 0))
        w = w->next;
    return w;
}

static void append_warning(struct scenario *scenario, struct diagnostic *warning)
{
    struct reader *reader = scenario_reader(scenario);
    *(reader->last_warning != NULL ? &reader->last_warning->next : &reader->first_warning) = warning;
    reader->last_warning = warning;
}

void scenario_warning(struct scenario *scenario, const struct value *at, const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct diagnostic *warning = diagnostic_new(scenario, place_of(scenario, at), hint, format, arguments);
    va_end(arguments);
    warning->readings = 1;
    if (warning_like(scenario, warning) == NULL) /* the parts of a hybrid are read once more */
        append_warning(scenario, warning);
}

void scenario_warn_idle(struct scenario *scenario, const struct value *group, const char *const *keys, const char *why, const char *hint)
{
    for (; *keys != NULL; keys++)
        if (value_given(group, *keys))
            scenario_warning(scenario, value_of(group, *keys), hint, "'%s' has no effect here, because %s", *keys, why);
}

void scenario_adopt_warnings(struct scenario *scenario, const struct scenario *other)
{
    for (const struct diagnostic *w = scenario_reader(other)->first_warning; w != NULL && other != scenario; w = w->next) {
        struct diagnostic *known = warning_like(scenario, w);
        if (known != NULL) {
            known->readings++;
            continue;
        }
        struct diagnostic *copy = arena_new(scenario->arena, struct diagnostic);
        *copy = (struct diagnostic){.place = {arena_text(scenario->arena, w->place.file), w->place.line, w->place.column},
                                    .message = arena_text(scenario->arena, w->message),
                                    .hint = w->hint != NULL ? arena_text(scenario->arena, w->hint) : NULL,
                                    .readings = 1};
        append_warning(scenario, copy);
    }
}

/* --- Printing --- */

/* True when the character would move the cursor, hide or turn around text: controls, line separators, marks of
 * direction. */
static bool is_hostile(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
           code >= 0xe0000;
}

/* Writes one character as it is or spelled out, into at least 12 bytes; returns how many columns it takes. *length:
 * bytes of text that it had. */
static int spell(char *out, const char *text, size_t bytes, size_t *length)
{
    uint32_t code;
    *length = utf8_character(text, bytes, &code);
    if (*length == 0) {
        *length = 1;
        return snprintf(out, 12, "\\x%02x", (unsigned)(unsigned char)text[0]);
    }
    if (code == '\n')
        return snprintf(out, 12, "\\n");
    if (code == '\t')
        return snprintf(out, 12, " ");
    if (code < 0x80 && is_hostile(code))
        return snprintf(out, 12, "\\x%02x", (unsigned)code);
    if (is_hostile(code))
        return snprintf(out, 12, "\\u%04x", (unsigned)code);
    memcpy(out, text, *length);
    out[*length] = '\0';
    return 1;
}

static void print_safely(FILE *out, const char *text, size_t most)
{
    size_t bytes = strlen(text);
    for (size_t i = 0, length; i < bytes; i += length) {
        char spelled[12];
        if (i >= most) {
            (void)fputs("...", out);
            return;
        }
        (void)spell(spelled, text + i, bytes - i, &length);
        (void)fputs(spelled, out);
    }
}

/* Characters of the token that begins at text: a quoted text, a word with its dots, or one character. */
static int token_length(const char *text, size_t bytes)
{
    size_t end = 0;
    if (bytes > 0 && text[0] == '"') {
        for (end = 1; end < bytes && text[end] != '"'; end++)
            end += text[end] == '\\' && end + 1 < bytes;
        end += end < bytes;
    } else {
        while (end < bytes && (scan_is_key_character(text[end]) || strchr(".+@%", text[end]) != NULL))
            end++;
    }
    int characters = 0;
    for (size_t i = 0; i < end; i++)
        characters += ((unsigned char)text[i] & 0xc0) != 0x80;
    return characters > 0 ? characters : 1;
}

/* The source line, clipped around the place, and a caret line below it. */
static void print_excerpt(FILE *out, const char *line, size_t bytes, int column)
{
    size_t start = 0, at = 0;
    for (int i = 1; i < column && at < bytes; i++)
        do
            at++;
        while (at < bytes && ((unsigned char)line[at] & 0xc0) == 0x80);
    while (start < at && (line[start] == ' ' || line[start] == '\t'))
        start++;
    bool clipped = false;
    if (bytes - start > LINE_SHOWN && at - start > LINE_BEFORE) {
        start = at - LINE_BEFORE;
        while (start < at && ((unsigned char)line[start] & 0xc0) == 0x80)
            start++;
        clipped = true;
    }
    int caret = clipped ? 3 : 0, columns = caret, tildes = 0, left = token_length(line + at, bytes - at);
    (void)fprintf(out, "   %s", clipped ? "..." : "");
    size_t i = start;
    for (size_t length; i < bytes && columns < LINE_SHOWN; i += length) {
        char spelled[12];
        int width = spell(spelled, line + i, bytes - i, &length);
        (void)fputs(spelled, out);
        columns += width;
        if (i < at)
            caret += width;
        else if (left-- > 0)
            tildes += width;
    }
    (void)fprintf(out, "%s\n   %*s^", i < bytes ? "..." : "", caret, "");
    while (--tildes > 0)
        (void)fputc('~', out);
    (void)fputc('\n', out);
}

static void print_diagnostic(FILE *out, const struct diagnostic *diagnostic)
{
    const struct place *place = &diagnostic->place;
    print_safely(out, place->file, MESSAGE_SHOWN);
    (void)fprintf(out, ":%d:%d: %s: ", place->line > 0 ? place->line : 1, place->column > 0 ? place->column : 1,
                  diagnostic->readings > 0 ? "warning" : "error");
    print_safely(out, diagnostic->message, MESSAGE_SHOWN);
    (void)fputc('\n', out);
    if (diagnostic->source != NULL && place->column > 0) {
        size_t bytes;
        const char *line = source_line(diagnostic->source, diagnostic->source_line, &bytes);
        print_excerpt(out, line, bytes, place->column);
    }
    if (diagnostic->hint != NULL) {
        (void)fputs("hint: ", out);
        print_safely(out, diagnostic->hint, MESSAGE_SHOWN);
        (void)fputc('\n', out);
    }
}

/* Sources in the order they were read, then lines and columns, then the order in which mistakes were found. */
static int compare_diagnostics(const void *a, const void *b)
{
    const struct diagnostic *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->source_line != y->source_line)
        return x->source_line < y->source_line ? -1 : 1;
    if (x->place.column != y->place.column)
        return x->place.column < y->place.column ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

/* Those of a list that so many readings gave, in order; returns how many. all: of the list, or more. */
static int print_sorted(const struct scenario *scenario, const struct diagnostic *first, size_t all, uint32_t readings, FILE *out)
{
    int count = 0;
    struct diagnostic *sorted = arena_array(scenario->arena, all, struct diagnostic);
    for (const struct diagnostic *d = first; d != NULL; d = d->next) {
        struct diagnostic *copy = &sorted[count];
        if (d->readings != readings)
            continue;
        *copy = *d;
        copy->order = count++;
        if (!source_find(scenario, d->place, &copy->source, &copy->source_line, &copy->rank)) {
            copy->source = NULL;
            copy->source_line = d->place.line;
            copy->rank = strcmp(d->place.file, "--set") == 0 ? copy->rank : 0;
        }
    }
    if (count > 1)
        qsort(sorted, (size_t)count, sizeof *sorted, compare_diagnostics);
    for (int i = 0; i < count && i < MOST_SHOWN; i++)
        print_diagnostic(out, &sorted[i]);
    return count;
}

int scenario_print_warnings(const struct scenario *scenario, uint32_t readings, FILE *out)
{
    size_t all = 0;
    const struct diagnostic *first = scenario_reader(scenario)->first_warning;
    for (const struct diagnostic *w = first; w != NULL; w = w->next)
        all++;
    return print_sorted(scenario, first, all, readings, out);
}

int scenario_print_errors(const struct scenario *scenario, FILE *out)
{
    (void)print_sorted(scenario, scenario->first_diagnostic, (size_t)scenario_reader(scenario)->kept, 0, out);
    if (scenario->errors > MOST_SHOWN) {
        print_safely(out, scenario->path, MESSAGE_SHOWN);
        (void)fprintf(out, ": %d more mistake%s not shown\n", scenario->errors - MOST_SHOWN,
                      scenario->errors - MOST_SHOWN == 1 ? "" : "s");
    }
    return scenario->errors;
}
