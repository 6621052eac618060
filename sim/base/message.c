#include "sim/base/message.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
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

/* Length of the UTF-8 sequence at p and its code point; 0 when it is broken (overlong, surrogate, cut off). */
static int decode(const unsigned char *p, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    int length = p[0] < 0x80 ? 1 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0x80) {
        *code = p[0];
        return 1;
    }
    if (p[0] < 0xc2 || p[0] > 0xf4)
        return 0;
    *code = p[0] & (0xffu >> (length + 1));
    for (int i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (p[i] & 0x3f);
    }
    bool valid = *code >= least[length] && *code <= 0x10ffff && (*code < 0xd800 || *code > 0xdfff);
    return valid ? length : 0;
}

/* Controls, and what moves, hides or reverses the text around it. */
static bool is_unsafe(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad || (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
}

const char *message_show(struct arena *arena, const char *text)
{
    char *shown = arena_alloc(arena, 4 * strlen(text) + 1, 1), *to = shown; /* a byte becomes 4 at most, 3 bytes 6 */
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0';) {
        uint32_t code;
        int length = decode(p, &code);
        if (length == 0)
            to += sprintf(to, "\\x%02x", *p);
        else if (code == '\n' || code == '\t' || code == '\r')
            to += sprintf(to, "\\%c", code == '\n' ? 'n' : code == '\t' ? 't' : 'r');
        else if (is_unsafe(code))
            to += code < 0x80 ? sprintf(to, "\\x%02x", code) : sprintf(to, "\\u%04x", code);
        else
            to = (char *)memcpy(to, p, (size_t)length) + length;
        p += length != 0 ? length : 1;
    }
    *to = '\0';
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
