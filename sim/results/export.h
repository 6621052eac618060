/* `nines export`: every table of a results file as one CSV or JSON file, for programs that do not read SQLite.
 *
 * Ids are hashes that mean nothing outside the file, so they are replaced by what they name: point_id by `point`, cloud_a by the cloud's
 * name, replication_id by `point`, `cloud`, `outer_draw`, `rep`. Names of files and columns are those of results/README.md; tables that
 * only hold what a view shows better are left out. CSV is RFC 4180 with a header line, NULL is an empty field; JSON is a list of
 * objects, one a line, NULL is null. Numbers are written so that they read back as the same double. */
#ifndef NINES_SIM_EXPORT_H
#define NINES_SIM_EXPORT_H

#include "sim/base/arena.h"

#include <stdbool.h>

struct export_options {
    const char *path;   /* results file */
    const char *folder; /* exists */
    bool json;
    bool quiet;         /* does not say on stdout what was written */
};

/* Each file is written beside its place first, so that an older one is whole until the new one is. Returns the exit code. */
int export_run(const struct export_options *options, struct arena *arena);

#endif
