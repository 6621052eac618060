#include "models/commands/whole.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

char *whole_read(struct arena *arena, const char *path, size_t most, size_t *bytes, const char **why)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "rbe");
    size_t room = 64 << 10, length = 0;
    char *text = NULL;
    if (file == NULL) {
        *why = strerror(errno);
        return NULL;
    }
    /* Doubling: an arena cannot grow in place, so what was read is copied a few times. */
    for (size_t got = 1; got > 0 && length <= most; room *= 2) {
        char *wider = arena_alloc(arena, room + 1, 1);
        if (length > 0)
            memcpy(wider, text, length);
        text = wider;
        while (length < room && (got = fread(text + length, 1, room - length, file)) > 0)
            length += got;
    }
    int failed = ferror(file) ? errno : 0;
    if (!standard)
        fclose(file);
    if (failed != 0) {
        *why = strerror(failed);
        return NULL;
    }
    *bytes = length <= most ? length : most + 1;
    text[*bytes] = '\0';
    return text;
}
