#include "sim/study/version.h"
#include "commit.h"

#include <gsl/gsl_version.h>
#include <jansson.h>
#include <libconfig.h>
#include <sleef.h>
#include <sqlite3.h>
#include <string.h>

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

char *version_libraries(char *buffer, size_t bytes)
{
    snprintf(buffer, bytes, "GSL %s, SQLite %s, libconfig %d.%d.%d, jansson %s, SLEEF %d.%d.%d", gsl_version,
             sqlite3_libversion(), LIBCONFIG_VER_MAJOR, LIBCONFIG_VER_MINOR, LIBCONFIG_VER_REVISION, JANSSON_VERSION,
             SLEEF_VERSION_MAJOR, SLEEF_VERSION_MINOR, SLEEF_VERSION_PATCHLEVEL);
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
