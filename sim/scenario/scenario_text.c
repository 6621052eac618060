#include "sim/scenario/scenario_internal.h"

#include <string.h>

size_t utf8_character(const char *text, size_t bytes, uint32_t *code)
{
    const unsigned char *p = (const unsigned char *)text;
    *code = p[0];
    if (p[0] < 0x80)
        return 1;
    size_t length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || length > bytes)
        return 0;
    uint32_t value = p[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (p[i] & 0x3fu);
    }
    *code = value;
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    bool surrogate = value >= 0xd800 && value <= 0xdfff;
    return value < smallest[length] || surrogate || value > 0x10ffff ? 0 : length;
}

/* --- Lines and places --- */

static void source_index_lines(struct arena *arena, struct source *source)
{
    source->lines = 1;
    for (size_t i = 0; i < source->bytes; i++)
        source->lines += source->text[i] == '\n' && i + 1 < source->bytes;
    source->line_start = arena_array(arena, (size_t)source->lines, uint32_t);
    int line = 1;
    for (size_t i = 0; i + 1 < source->bytes; i++)
        if (source->text[i] == '\n')
            source->line_start[line++] = (uint32_t)(i + 1);
}

struct source *source_new(struct scenario *scenario, const char *text, size_t bytes, struct span *span, int spans)
{
    struct source *source = arena_new(scenario->arena, struct source);
    *source = (struct source){.text = text, .bytes = bytes, .span = span, .spans = spans};
    source_index_lines(scenario->arena, source);
    struct reader *reader = scenario_reader(scenario);
    if (reader->first_source == NULL)
        reader->first_source = source;
    else
        reader->last_source->next = source;
    reader->last_source = source;
    return source;
}

const char *source_line(const struct source *source, int line, size_t *bytes)
{
    check(line >= 1 && line <= source->lines, "line %d of %d", line, source->lines);
    const char *start = source->text + source->line_start[line - 1];
    const char *end = memchr(start, '\n', source->bytes - source->line_start[line - 1]);
    *bytes = end != NULL ? (size_t)(end - start) : source->bytes - source->line_start[line - 1];
    return start;
}

struct place source_place(const struct source *source, int line, int column)
{
    int low = 0, high = source->spans - 1;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (source->span[middle].first_line <= line)
            low = middle;
        else
            high = middle - 1;
    }
    const struct span *span = &source->span[low];
    return (struct place){span->file, span->file_line + (line - span->first_line), column};
}

bool source_find(const struct scenario *scenario, struct place place, const struct source **source, int *line,
                 int *rank)
{
    *rank = 0;
    if (place.file == NULL || place.line < 1)
        return false;
    for (const struct source *s = scenario_reader(scenario)->first_source; s != NULL; s = s->next, (*rank)++)
        for (int i = 0; i < s->spans; i++) {
            int lines = (i + 1 < s->spans ? s->span[i + 1].first_line : s->lines + 1) - s->span[i].first_line;
            int offset = place.line - s->span[i].file_line;
            if (offset < 0 || offset >= lines || strcmp(place.file, s->span[i].file) != 0)
                continue;
            *source = s;
            *line = s->span[i].first_line + offset;
            return true;
        }
    return false;
}

/* --- What a text may hold --- */

bool text_is_clean(struct scenario *scenario, const char *path, int line, const char *text, size_t bytes)
{
    int column = 1;
    for (size_t i = 0; i < bytes;) {
        uint32_t code;
        size_t length = utf8_character(text + i, bytes - i, &code);
        bool control = (code < 0x20 && code != '\t' && code != '\n') || (code >= 0x7f && code < 0xa0);
        if (length == 0 || control) {
            const char *hint = "a scenario is UTF-8 text; is this the right file?";
            struct place place = {path, line, column};
            if (length == 0)
                scenario_mistake(scenario, place, hint, "byte 0x%02x is not UTF-8", (unsigned)(unsigned char)text[i]);
            else
                scenario_mistake(scenario, place, hint, "control character U+%04X", (unsigned)code);
            return false;
        }
        column = code == '\n' ? 1 : column + 1;
        line += code == '\n';
        i += length;
    }
    return true;
}

struct source *source_override(struct scenario *scenario, const char *text, int number)
{
    if (strlen(text) > SCENARIO_MAX_BYTES) {
        scenario_mistake(scenario, (struct place){"--set", number, 0}, NULL, "it is larger than 8 MiB");
        return NULL;
    }
    struct span *span = arena_new(scenario->arena, struct span);
    *span = (struct span){1, "--set", number};
    struct source *source = source_new(scenario, arena_text(scenario->arena, text), strlen(text), span, 1);
    if (strchr(text, '\n') != NULL || !text_is_clean(scenario, "--set", number, text, source->bytes)) {
        if (strchr(text, '\n') != NULL)
            scenario_mistake(scenario, source_place(source, 1, 1), NULL, "an override must be one line");
        return NULL;
    }
    return source;
}
