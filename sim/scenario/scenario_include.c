#include "sim/scenario/scenario_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INCLUDE_DEPTH = 16, INCLUDE_COUNT = 1000 };

/* A file under expansion; the chain to the scenario itself finds loops. */
struct open_file {
    const struct open_file *includer;
    const char *path;
    dev_t device;
    ino_t inode;
    int depth;
};

/* The text that grows while files are expanded into it. */
struct expansion {
    struct scenario *scenario;
    char *text;
    size_t used, size;
    struct span *span;
    int spans, span_size;
    int lines; /* complete lines so far */
    int includes;
    bool full; /* too large: already reported */
};

/* --- Files --- */

/* Reads all of an open file into *text, which ends with a NUL, or one byte more than a scenario may have. */
static const char *handle_read(struct arena *arena, int handle, size_t expected, char **text, size_t *bytes)
{
    size_t size = expected + 1;
    *text = arena_alloc(arena, size + 1, 1);
    *bytes = 0;
    for (;;) {
        if (*bytes == size) { /* a pipe, or a file of /proc, which says that it is empty */
            if (size > SCENARIO_MAX_BYTES)
                break;
            size = size < SCENARIO_MAX_BYTES / 4 ? 4 * size : SCENARIO_MAX_BYTES + 1;
            char *grown = arena_alloc(arena, size + 1, 1);
            memcpy(grown, *text, *bytes);
            *text = grown;
        }
        ssize_t got = read(handle, *text + *bytes, size - *bytes);
        if (got < 0 && errno != EINTR)
            return strerror(errno);
        if (got == 0)
            break;
        *bytes += got > 0 ? (size_t)got : 0;
    }
    (*text)[*bytes] = '\0';
    return *bytes > SCENARIO_MAX_BYTES ? "it is larger than 8 MiB" : NULL;
}

/* Reads path into *text; a reason when that fails, else NULL. A pipe is welcome (<(...) of a shell), a folder is not.
 */
static const char *file_read(struct arena *arena, const char *path, struct open_file *file, char **text, size_t *bytes)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return strerror(errno);
    if (S_ISDIR(status.st_mode))
        return "it is a folder";
    if (file->includer != NULL && !S_ISREG(status.st_mode))
        return "it is not a regular file";
    if (S_ISREG(status.st_mode) && status.st_size > SCENARIO_MAX_BYTES)
        return "it is larger than 8 MiB";
    file->device = status.st_dev;
    file->inode = status.st_ino;
    int handle = open(path, O_RDONLY | O_CLOEXEC);
    if (handle < 0)
        return strerror(errno);
    size_t expected = S_ISREG(status.st_mode) && status.st_size > 0 ? (size_t)status.st_size : 4096;
    const char *why = handle_read(arena, handle, expected, text, bytes);
    (void)close(handle);
    return why;
}

/* Drops a byte order mark and makes every line end with one newline. Works in place. */
static size_t normalize(char *text, size_t bytes)
{
    size_t from = bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0, to = 0;
    for (; from < bytes; from++) {
        if (text[from] != '\r')
            text[to++] = text[from];
        else if (from + 1 == bytes || text[from + 1] != '\n')
            text[to++] = '\n';
    }
    text[to] = '\0';
    return to;
}

const char *include_read(struct arena *arena, const char *path, char **text, size_t *bytes)
{
    static const struct open_file scenario;
    const char *why = file_read(arena, path, &(struct open_file){.includer = &scenario}, text, bytes);
    if (why == NULL)
        *bytes = normalize(*text, *bytes);
    return why;
}

/* --- Expansion --- */

static void expansion_add_span(struct expansion *expansion, const char *file, int file_line)
{
    if (expansion->spans == expansion->span_size) {
        int size = expansion->span_size == 0 ? 16 : 2 * expansion->span_size;
        struct span *grown = arena_array(expansion->scenario->arena, (size_t)size, struct span);
        if (expansion->spans > 0)
            memcpy(grown, expansion->span, (size_t)expansion->spans * sizeof *grown);
        expansion->span = grown;
        expansion->span_size = size;
    }
    expansion->span[expansion->spans++] = (struct span){expansion->lines + 1, file, file_line};
}

static void expansion_append(struct expansion *expansion, const char *text, size_t bytes)
{
    if (expansion->used + bytes + 1 > expansion->size) {
        size_t size = 2 * (expansion->used + bytes) + 1024;
        char *grown = arena_alloc(expansion->scenario->arena, size, 1);
        if (expansion->used > 0)
            memcpy(grown, expansion->text, expansion->used);
        expansion->text = grown;
        expansion->size = size;
    }
    memcpy(expansion->text + expansion->used, text, bytes);
    expansion->used += bytes;
    expansion->text[expansion->used] = '\0';
}

/* Appends a line; newlines are added here alone. */
static void expansion_line(struct expansion *expansion, const char *before, const char *text, size_t bytes)
{
    expansion_append(expansion, before, strlen(before));
    expansion_append(expansion, text, bytes);
    expansion_append(expansion, "\n", 1);
    expansion->lines++;
}

/* Whether a block comment is open behind this line, and where the last one began. */
static bool comment_open_after(const char *line, size_t bytes, bool open, int *column)
{
    bool quoted = false;
    for (size_t i = 0; i < bytes; i++) {
        char next = i + 1 < bytes ? line[i + 1] : '\0';
        if (open) {
            if (line[i] == '*' && next == '/') {
                open = false;
                i++;
            }
        } else if (quoted) {
            if (line[i] == '\\')
                i++;
            else if (line[i] == '"')
                quoted = false;
        } else if (line[i] == '"') {
            quoted = true;
        } else if (line[i] == '#' || (line[i] == '/' && next == '/')) {
            break;
        } else if (line[i] == '/' && next == '*') {
            open = true;
            *column = (int)i + 1;
            i++;
        }
    }
    return open;
}

/* The folder of the including file, with its slash, joined to a relative name. */
const char *include_path(struct arena *arena, const char *includer, const char *name)
{
    const char *slash = strrchr(includer, '/');
    if (name[0] == '/' || slash == NULL)
        return arena_text(arena, name);
    return arena_format(arena, "%.*s/%s", (int)(slash - includer), includer, name);
}

static const char *include_chain(struct arena *arena, const struct open_file *file, const char *end)
{
    const char *chain = end;
    for (; file != NULL; file = file->includer)
        chain = arena_format(arena, "%s -> %s", file->path, chain);
    return chain;
}

static void expand_file(struct expansion *expansion, struct open_file *file, char *text, size_t bytes);

/* Reads one included file into the expansion. False after a mistake: nothing was added. */
static bool include_file(struct expansion *expansion, const struct open_file *includer, struct place place,
                         const char *name)
{
    struct scenario *scenario = expansion->scenario;
    struct arena *arena = scenario->arena;
    struct open_file file = {
        .includer = includer, .path = include_path(arena, includer->path, name), .depth = includer->depth + 1};
    char *text;
    size_t bytes;
    if (file.depth > INCLUDE_DEPTH) {
        scenario_mistake(scenario, place, NULL, "includes are nested more than %d deep", INCLUDE_DEPTH);
        return false;
    }
    if (++expansion->includes > INCLUDE_COUNT) {
        if (expansion->includes == INCLUDE_COUNT + 1)
            scenario_mistake(scenario, place, NULL, "more than %d files are included", INCLUDE_COUNT);
        return false;
    }
    const char *why = file_read(arena, file.path, &file, &text, &bytes);
    if (why != NULL) {
        scenario_mistake(scenario, place, "a name is relative to the folder of the file that includes it",
                         "cannot include '%s': %s", file.path, why);
        return false;
    }
    for (const struct open_file *open = includer; open != NULL; open = open->includer)
        if (open->inode == file.inode && open->device == file.device) {
            scenario_mistake(scenario, place,
                             arena_format(arena, "the loop is %s", include_chain(arena, includer, file.path)),
                             "'%s' includes itself", file.path);
            return false;
        }
    bytes = normalize(text, bytes);
    int errors = scenario->errors;
    if (text_is_clean(scenario, file.path, 1, text, bytes))
        expand_file(expansion, &file, text, bytes);
    return scenario->errors == errors;
}

/* Handles the line when it is an @include: true when it was one. In the expansion it becomes a comment, so that the
 * expanded text says where its parts came from and reads the same without the files. */
static bool include_line(struct expansion *expansion, const struct open_file *file, int line, const char *text,
                         size_t bytes)
{
    static const char word[] = "@include";
    size_t blanks = 0;
    while (blanks < bytes && (text[blanks] == ' ' || text[blanks] == '\t'))
        blanks++;
    size_t at = blanks + sizeof word - 1;
    if (bytes < at || memcmp(text + blanks, word, sizeof word - 1) != 0)
        return false;
    while (at < bytes && (text[at] == ' ' || text[at] == '\t'))
        at++;
    const char *close = at < bytes && text[at] == '"' ? memchr(text + at + 1, '"', bytes - at - 1) : NULL;
    size_t rest = close != NULL ? (size_t)(close - text) + 1 : bytes;
    while (rest < bytes && (text[rest] == ' ' || text[rest] == '\t' || text[rest] == ';'))
        rest++;
    struct arena *arena = expansion->scenario->arena;
    struct place place = {file->path, line, (int)(close != NULL ? at : blanks) + 1};
    if (close == NULL || close == text + at + 1 || (rest < bytes && text[rest] != '#' && text[rest] != '/')) {
        scenario_mistake(expansion->scenario, place, "write @include \"library/part.cfg\" on a line of its own",
                         "'@include' needs one file name in quotes");
        expansion_line(expansion, "", text, bytes);
        return true;
    }
    char *name = arena_format(arena, "%.*s", (int)(close - text - (ptrdiff_t)at - 1), text + at + 1);
    int spans = expansion->spans;
    expansion_line(expansion, "# ", text + blanks, bytes - blanks);
    if (!include_file(expansion, file, place, name)) {
        /* The message shows this line as it was written. */
        if (expansion->spans == spans) {
            expansion->used -= bytes - blanks + 3;
            expansion->lines--;
            expansion_line(expansion, "", text, bytes);
        }
    } else {
        expansion_add_span(expansion, file->path, line);
        expansion_line(expansion, "# end of ", text + at, (size_t)(close - text) + 1 - at);
    }
    expansion_add_span(expansion, file->path, line + 1);
    return true;
}

static void expand_file(struct expansion *expansion, struct open_file *file, char *text, size_t bytes)
{
    bool open = false;
    int line = 1, comment_line = 0, comment_column = 0;
    expansion_add_span(expansion, file->path, 1);
    for (size_t at = 0; at < bytes; line++) {
        const char *end = memchr(text + at, '\n', bytes - at);
        size_t length = end != NULL ? (size_t)(end - text) - at : bytes - at;
        bool was_open = open;
        open = comment_open_after(text + at, length, open, &comment_column);
        if (open && !was_open)
            comment_line = line;
        if (was_open || !include_line(expansion, file, line, text + at, length))
            expansion_line(expansion, "", text + at, length);
        at += length + 1;
        if (expansion->used > SCENARIO_MAX_BYTES) {
            if (!expansion->full)
                scenario_mistake(expansion->scenario, (struct place){file->path, line, 1}, NULL,
                                 "with its includes the scenario is larger than 8 MiB");
            expansion->full = true;
            return;
        }
    }
    if (open)
        scenario_mistake(expansion->scenario, (struct place){file->path, comment_line, comment_column}, NULL,
                         "this comment is never closed by '*/'");
}

static bool is_blank(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (text[i] != ' ' && text[i] != '\t' && text[i] != '\n')
            return false;
    return true;
}

struct source *source_load(struct scenario *scenario, const char *path, const char *given)
{
    struct open_file file = {.path = path};
    struct place nowhere = {path, 0, 0};
    char *text;
    size_t bytes;
    if (given != NULL) {
        bytes = strlen(given);
        if (bytes > SCENARIO_MAX_BYTES) {
            scenario_mistake(scenario, nowhere, NULL, "the scenario is larger than 8 MiB");
            return NULL;
        }
        text = arena_text(scenario->arena, given);
    } else {
        const char *why = file_read(scenario->arena, path, &file, &text, &bytes);
        if (why != NULL) {
            scenario_mistake(scenario, nowhere, NULL, "cannot read the scenario: %s", why);
            return NULL;
        }
    }
    bytes = normalize(text, bytes);
    if (!text_is_clean(scenario, path, 1, text, bytes))
        return NULL;
    if (is_blank(text, bytes)) {
        scenario_mistake(scenario, nowhere, "a scenario needs at least its horizon: horizon = \"14 d\";",
                         "the scenario is empty");
        return NULL;
    }
    struct expansion expansion = {.scenario = scenario};
    expand_file(&expansion, &file, text, bytes);
    return source_new(scenario, expansion.text, expansion.used, expansion.span, expansion.spans);
}
