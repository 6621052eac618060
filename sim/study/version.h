/* Which nines this is: goes into every result, so that a number can be traced to the source that made it. */
#ifndef NINES_SIM_VERSION_H
#define NINES_SIM_VERSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define NINES_VERSION "0.1.0"

/* Commit the program was built from: 12 hex digits, with "-dirty" when the tree differed; "unknown" outside git. */
const char *version_commit(void);
/* Whether the tree differed. */
bool version_dirty(void);
/* "GSL 2.7.1, SQLite 3.40.1, libconfig 1.5, ..." as linked; returns buffer. */
char *version_libraries(char *buffer, size_t bytes);
/* Compiler and flags, warnings apart: "gcc 12.2.0 -std=c17 -O2 ...". */
const char *version_compiler(void);
/* Kind of processor that this runs on, as the system names it; returns buffer. */
char *version_cpu(char *buffer, size_t bytes);
/* What --version shows. */
void version_print(FILE *out);

#endif
