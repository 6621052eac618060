/* `nines verify`: scenarios are run, one after the other, into a folder that is gone afterwards, and held against what was published.
 * All of them are read before the first one runs, so that a mistake in the last does not cost an hour. */
#include "sim/command/command_execute.h"
#include "sim/results/verify.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- Which files --- */

struct file_list {
    struct arena *arena;
    const char **path;
    size_t count, room;
};

static void add_file(struct file_list *files, const char *path)
{
    if (files->count == files->room) {
        size_t room = files->room > 0 ? 2 * files->room : 16;
        const char **larger = arena_array(files->arena, room, const char *);
        if (files->count > 0)
            memcpy(larger, files->path, files->count * sizeof *larger);
        files->path = larger;
        files->room = room;
    }
    files->path[files->count++] = path;
}

static int is_scenario(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 4 && strcmp(entry->d_name + length - 4, ".cfg") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* alphasort() follows the locale */
}

/* The scenarios of a folder itself, in the order of their bytes; parts to include live in folders of their own. */
static bool add_folder(struct file_list *files, const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_scenario, by_bytes);
    if (count <= 0) {
        message_error("a scenario is a file named *.cfg", count == 0 ? "no scenario in folder '%s'" : "cannot read folder '%s'",
                      message_show(files->arena, folder));
        if (count == 0)
            free(entries);
        return false;
    }
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/')
        length--;
    for (int i = 0; i < count; i++) {
        add_file(files, arena_format(files->arena, "%.*s/%s", (int)length, folder, entries[i]->d_name));
        free(entries[i]);
    }
    free(entries);
    return true;
}

static bool list_files(const struct command_line *line, struct file_list *files)
{
    bool fine = true;
    for (size_t i = 0; i < line->operands; i++) {
        struct stat status;
        if (stat(line->operand[i], &status) == 0 && S_ISDIR(status.st_mode))
            fine = add_folder(files, line->operand[i]) && fine;
        else
            add_file(files, line->operand[i]);
    }
    return fine;
}

static bool readable(const struct command_line *line, const char *path)
{
    struct arena arena;
    struct study study;
    struct study_source source = {.path = path};
    arena_open(&arena, 0);
    bool fine = study_prepare(&study, &arena, &source, line->registry, stderr);
    arena_close(&arena);
    return fine;
}

/* --- Running --- */

/* Runs one scenario into database and keeps its targets in line->arena. */
static int verify_one(const struct command_line *line, const char *path, const char *database, struct verify_study *result)
{
    struct arena arena;
    struct study study;
    arena_open(&arena, 0);
    struct command_line own = *line;
    own.arena = &arena;
    struct study_source source = {.path = path, .log = SIM_LOG_NONE};
    int code = EXIT_USAGE;
    if (study_prepare(&study, &arena, &source, line->registry, stderr)) {
        struct execution execution = {.line = &own, .study = &study, .command = execute_command(line), .threads = execute_threads(line), .path = database, .replace = true};
        execution.run = execute_describe(&execution, &source);
        code = execute_study(&execution);
    }
    arena_close(&arena);
    if (code == EXIT_DONE && !verify_load(result, line->arena, path, database))
        code = EXIT_MACHINE;
    return code;
}

static int verify_all(const struct command_line *line, const struct file_list *files, const char *folder)
{
    bool json = command_flag(line, "--json");
    struct verify_study *studies = arena_array(line->arena, files->count, struct verify_study);
    struct verify_count count = {0};
    const char *database = arena_format(line->arena, "%s/run.db", folder);
    int code = EXIT_DONE;
    for (size_t i = 0; i < files->count && code == EXIT_DONE; i++) {
        code = verify_one(line, files->path[i], database, &studies[i]);
        if (code != EXIT_DONE)
            break;
        verify_add(&count, &studies[i]);
        if (!json) {
            verify_write_study(&studies[i], stdout);
            fflush(stdout);
        }
    }
    unlink(database);
    if (code != EXIT_DONE)
        return code;
    if (!json)
        verify_write_end(&count, stdout);
    bool written = json ? verify_write_json(studies, files->count, &count, stdout) : fflush(stdout) == 0 && !ferror(stdout);
    if (!written) {
        message_error(NULL, "cannot write the results: %s", strerror(errno));
        return EXIT_MACHINE;
    }
    return count.surprises > 0 ? EXIT_NO : EXIT_DONE;
}

int command_verify(const struct command_line *line)
{
    struct file_list files = {.arena = line->arena};
    if (!list_files(line, &files))
        return EXIT_USAGE;
    bool fine = true;
    for (size_t i = 0; i < files.count; i++)
        fine = readable(line, files.path[i]) && fine;
    if (!fine)
        return EXIT_USAGE;
    const char *temporary = getenv("TMPDIR");
    char *folder = arena_format(line->arena, "%s/nines-XXXXXX", temporary != NULL && temporary[0] != '\0' ? temporary : "/tmp");
    if (mkdtemp(folder) == NULL) {
        message_error("TMPDIR says where", "cannot make a folder for the runs: %s", strerror(errno));
        return EXIT_MACHINE;
    }
    int code = verify_all(line, &files, folder);
    rmdir(folder);
    return code;
}
