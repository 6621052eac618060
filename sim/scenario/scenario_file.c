#include "sim/scenario/scenario_internal.h"

#include <string.h>

/* Text files that values name, and how they lie in the scenario's text:
 *
 *   # --- file "llama.yaml" ---
 *   #| version: "2.0"
 *   #| ...
 *   # --- end of file ---
 */
static const char head[] = "# --- file \"", head_end[] = "\" ---", margin[] = "#| ", tail[] = "# --- end of file ---";

static bool begins(const char *line, size_t bytes, const char *word)
{
    return bytes >= strlen(word) && memcmp(line, word, strlen(word)) == 0;
}

/* Adds a file to the list, and a source, so that mistakes show its lines. text must end with a newline or be empty. */
static struct scenario_file *add(struct scenario *scenario, const char *name, const char *path, const char *text, size_t bytes)
{
    struct reader *reader = scenario_reader(scenario);
    struct scenario_file *file = arena_new(scenario->arena, struct scenario_file);
    struct span *span = arena_new(scenario->arena, struct span);
    *file = (struct scenario_file){.name = name, .path = path, .text = text, .bytes = bytes};
    *span = (struct span){1, path, 1};
    (void)source_new(scenario, text, bytes, span, 1);
    *(reader->last_file != NULL ? &reader->last_file->next : &reader->first_file) = file;
    reader->last_file = file;
    return file;
}

static const struct scenario_file *known(const struct scenario *scenario, const char *name)
{
    for (const struct scenario_file *file = scenario_reader(scenario)->first_file; file != NULL; file = file->next)
        if (strcmp(file->name, name) == 0)
            return file;
    return NULL;
}

/* --- Out of the scenario's text --- */

/* The line's text behind the margin; false when it is none of a file's. */
static bool file_line(const struct source *source, int line, const char **text, size_t *bytes)
{
    *text = source_line(source, line, bytes);
    bool empty = *bytes == 2 && memcmp(*text, margin, 2) == 0; /* an editor took the blank behind it */
    size_t from = empty ? 2 : strlen(margin);
    if (!empty && !begins(*text, *bytes, margin))
        return false;
    *text += from;
    *bytes -= from;
    return true;
}

/* One file, whose head is at *line; leaves *line at its last. */
static void find_one(struct scenario *scenario, const struct source *source, int *line)
{
    size_t bytes, length = 0;
    int first = *line + 1;
    const char *text = source_line(source, *line, &bytes);
    const char *name = arena_format(scenario->arena, "%.*s", (int)(bytes - strlen(head) - strlen(head_end)), text + strlen(head));
    for (; *line < source->lines && file_line(source, *line + 1, &text, &bytes); (*line)++)
        length += bytes + 1;
    /* A name with a tab is one that no value can say: then these lines are comments like others. */
    if (text_control(name) != NULL || known(scenario, name) != NULL)
        return;
    char *copy = arena_alloc(scenario->arena, length + 1, 1), *to = copy;
    for (int i = first; i <= *line; i++) {
        (void)file_line(source, i, &text, &bytes);
        memcpy(to, text, bytes);
        to[bytes] = '\n';
        to += bytes + 1;
    }
    *to = '\0';
    add(scenario, name, name, copy, length)->held = true;
}

void files_find(struct scenario *scenario, const struct source *source)
{
    for (int line = 1; line <= source->lines; line++) {
        size_t bytes;
        const char *text = source_line(source, line, &bytes);
        size_t least = strlen(head) + strlen(head_end);
        if (bytes > least && begins(text, bytes, head) && memcmp(text + bytes - strlen(head_end), head_end, strlen(head_end)) == 0)
            find_one(scenario, source, &line);
    }
}

/* --- Out of the file system --- */

/* What a file takes in the scenario's text, at most. */
static size_t section_bytes(const struct scenario_file *file)
{
    size_t lines = 0;
    for (size_t i = 0; i < file->bytes; i++)
        lines += file->text[i] == '\n';
    return file->bytes + lines * strlen(margin) + strlen(file->name) + 64;
}

const struct scenario_file *file_of(struct scenario *scenario, struct place place, const char *name)
{
    struct arena *arena = scenario->arena;
    const struct scenario_file *file = known(scenario, name);
    bool of_line = strcmp(place.file, "--set") == 0;
    const char *path = include_path(arena, of_line ? scenario->path : place.file, name);
    if (file != NULL && !file->held && strcmp(file->path, path) != 0) {
        scenario_mistake(scenario, place, "give them different names, or the same place",
                         "two files are called '%s': '%s' and '%s'", name, file->path, path);
        return NULL;
    }
    if (file != NULL)
        return file;
    char *text;
    size_t bytes;
    const char *why = include_read(arena, path, &text, &bytes);
    if (why != NULL) {
        scenario_mistake(scenario, place, "a name is relative to the folder of the file in which it is written",
                         "cannot read '%s': %s", path, why);
        return NULL;
    }
    if (bytes > 0 && text[bytes - 1] != '\n') {
        char *whole = arena_alloc(arena, bytes + 2, 1);
        memcpy(whole, text, bytes);
        memcpy(whole + bytes, "\n", 2);
        text = whole;
        bytes++;
    }
    file = add(scenario, arena_text(arena, name), path, text, bytes);
    scenario_reader(scenario)->file_bytes += section_bytes(file);
    if (strlen(scenario->text) + scenario_reader(scenario)->file_bytes > SCENARIO_MAX_BYTES) {
        scenario_mistake(scenario, place, NULL, "with its files the scenario is larger than 8 MiB");
        return NULL;
    }
    return text_is_clean(scenario, path, 1, text, bytes) ? file : NULL;
}

/* --- Into the scenario's text --- */

static char *put(char *to, const char *text, size_t bytes)
{
    memcpy(to, text, bytes);
    return to + bytes;
}

static char *put_file(char *to, const struct scenario_file *file)
{
    to = put(to, head, strlen(head));
    to = put(to, file->name, strlen(file->name));
    to = put(to, head_end, strlen(head_end));
    *to++ = '\n';
    for (const char *line = file->text, *end; line < file->text + file->bytes; line = end) {
        end = memchr(line, '\n', (size_t)(file->text + file->bytes - line));
        end = end != NULL ? end + 1 : file->text + file->bytes;
        to = put(to, margin, strlen(margin));
        to = put(to, line, (size_t)(end - line));
    }
    to = put(to, tail, strlen(tail));
    *to++ = '\n';
    return to;
}

const char *files_append(const struct scenario *scenario, struct arena *arena, const char *text)
{
    size_t bytes = strlen(text);
    const struct reader *reader = scenario_reader(scenario);
    if (reader->file_bytes == 0)
        return text;
    char *whole = arena_alloc(arena, bytes + 2 + reader->file_bytes, 1), *to = put(whole, text, bytes);
    if (bytes > 0 && text[bytes - 1] != '\n')
        *to++ = '\n';
    for (const struct scenario_file *file = reader->first_file; file != NULL; file = file->next)
        if (!file->held)
            to = put_file(to, file);
    *to = '\0';
    return whole;
}

void files_print(const struct scenario *scenario, FILE *out)
{
    for (const struct scenario_file *file = scenario_reader(scenario)->first_file; file != NULL; file = file->next) {
        char *section = arena_alloc(scenario->arena, section_bytes(file), 1), *end = put_file(section, file);
        (void)fwrite(section, 1, (size_t)(end - section), out);
    }
}

void scenario_adopt_files(struct scenario *scenario, struct scenario *other)
{
    struct arena *arena = scenario->arena;
    for (const struct scenario_file *file = scenario_reader(other)->first_file; file != NULL; file = file->next) {
        const struct scenario_file *own = known(scenario, file->name);
        if (own != NULL && strcmp(own->text, file->text) != 0)
            scenario_error_in(other, file, 0, 0, "give them different names", "two files are called '%s': '%s' and '%s'", file->name,
                              own->path, file->path);
        if (own != NULL)
            continue;
        char *section = arena_alloc(arena, section_bytes(file), 1);
        *put_file(section, file) = '\0';
        scenario->text = arena_format(arena, "%s%s", scenario->text, section);
        (void)add(scenario, arena_text(arena, file->name), arena_text(arena, file->path), arena_text(arena, file->text), file->bytes);
    }
}
