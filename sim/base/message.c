#include "sim/base/message.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void message_error(const char *hint, const char *format, ...)
{
    va_list arguments;
    fputs("nines: error: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    if (hint != NULL)
        fprintf(stderr, "hint: %s\n", hint);
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || (unsigned char)c == 0x7f;
}

const char *message_show(struct arena *arena, const char *text)
{
    size_t controls = 0, length = 0;
    for (; text[length] != '\0'; length++)
        controls += is_control(text[length]);
    if (controls == 0)
        return text;
    char *shown = arena_alloc(arena, length + 3 * controls + 1, 1), *end = shown;
    for (size_t i = 0; i < length; i++) {
        if (!is_control(text[i]))
            *end++ = text[i];
        else if (text[i] == '\n')
            *end++ = '\\', *end++ = 'n';
        else
            end += sprintf(end, "\\x%02x", (unsigned)(unsigned char)text[i]);
    }
    *end = '\0';
    return shown;
}

const char *message_word(struct arena *arena, const char *text)
{
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
    size_t quotes = 0, length = strlen(text);
    if (length > 0 && strspn(text, plain) == length)
        return text;
    for (size_t i = 0; i < length; i++)
        quotes += text[i] == '\'';
    char *word = arena_alloc(arena, length + 3 * quotes + 3, 1), *end = word;
    *end++ = '\'';
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\'')
            end = stpcpy(end, "'\\''");
        else
            *end++ = text[i];
    }
    *end++ = '\'';
    *end = '\0';
    return message_show(arena, word);
}
