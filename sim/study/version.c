#include "sim/study/version.h"
#include "commit.h"

#include <gsl/gsl_version.h>
#include <jansson.h>
#include <libconfig.h>
#include <sleef.h>
#include <sqlite3.h>
#include <string.h>
#include <yaml.h>

#if NINES_MPI
#include <mpi.h>
#endif

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

const char *version_commit(void)
{
    return NINES_COMMIT;
}

bool version_dirty(void)
{
    return strstr(NINES_COMMIT, "-dirty") != NULL;
}

const char *version_compiler(void)
{
    return COMPILER " " NINES_FLAGS;
}

/* ", Open MPI v4.1.4": what comes before the first comma. */
static void add_mpi(char *buffer, size_t bytes)
{
#if NINES_MPI
    char text[MPI_MAX_LIBRARY_VERSION_STRING];
    int length;
    MPI_Get_library_version(text, &length);
    snprintf(buffer, bytes, ", %.*s", (int)strcspn(text, ",\n"), text);
#else
    (void)buffer, (void)bytes;
#endif
}

char *version_libraries(char *buffer, size_t bytes)
{
    int written = snprintf(buffer, bytes, "GSL %s, SQLite %s, libconfig %d.%d.%d, libyaml %s, jansson %s, SLEEF %d.%d.%d", gsl_version,
                           sqlite3_libversion(), LIBCONFIG_VER_MAJOR, LIBCONFIG_VER_MINOR, LIBCONFIG_VER_REVISION,
                           yaml_get_version_string(), JANSSON_VERSION, SLEEF_VERSION_MAJOR, SLEEF_VERSION_MINOR, SLEEF_VERSION_PATCHLEVEL);
    size_t length = written > 0 ? (size_t)written : 0;
    if (length < bytes)
        add_mpi(buffer + length, bytes - length);
    return buffer;
}

char *version_cpu(char *buffer, size_t bytes)
{
    static const char key[] = "model name";
    char line[256];
    snprintf(buffer, bytes, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        if (colon == NULL || strncmp(line, key, sizeof key - 1) != 0)
            continue;
        colon += 1 + strspn(colon + 1, " \t");
        snprintf(buffer, bytes, "%.*s", (int)strcspn(colon, "\n"), colon);
        break;
    }
    if (file != NULL)
        fclose(file);
    return buffer;
}

void version_print(FILE *out)
{
    char libraries[256];
    fprintf(out, "nines %s (%s)\n%s\n%s\n", NINES_VERSION, version_commit(), version_compiler(),
            version_libraries(libraries, sizeof libraries));
}
