/* Folders and files on disk. */
#ifndef NINES_SIM_FILE_H
#define NINES_SIM_FILE_H

#include "sim/base/file.h"
#include "sim/base/arena.h"

#include <stdbool.h>

/* Makes folder and those above it. false: said why. */
bool file_make_folder(struct arena *arena, const char *folder);
/* True when the file opens and begins as a SQLite file does. */
bool file_is_database(const char *path);

#endif
