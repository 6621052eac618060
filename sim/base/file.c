#include "sim/base/file.h"
#include "sim/base/message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

bool file_make_folder(struct arena *arena, const char *folder)
{
    char *path = arena_text(arena, folder);
    for (char *p = path + 1; p[-1] != '\0'; p++) {
        char after = *p;
        if (after != '/' && after != '\0')
            continue;
        *p = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST) {
            message_error(NULL, "cannot make folder '%s': %s", message_show(arena, path), strerror(errno));
            return false;
        }
        *p = after;
        if (after == '\0')
            break;
    }
    struct stat status;
    if (stat(folder, &status) != 0 || !S_ISDIR(status.st_mode)) {
        message_error(NULL, "'%s' is not a folder", message_show(arena, folder));
        return false;
    }
    return true;
}

bool file_is_database(const char *path)
{
    char head[16] = {0};
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return false;
    size_t n = fread(head, 1, sizeof head, file);
    fclose(file);
    return n == sizeof head && memcmp(head, "SQLite format 3", 16) == 0;
}
