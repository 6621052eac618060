/* `nines import`: outages as others recorded them, into parts of scenarios and into statistics.
 *
 *   import.c        the command
 *   import_read.c   tables into outages
 *   import_unit.c   outages into units: what is counted together, over which window, merged or not
 *   import_write.c  the outputs: a scenario part, statistics, fitted laws as a table and as a part
 *
 * A unit is what a rate is a rate of: a vendor, a region, a service, a component. Overlapping outages of a unit may be merged into
 * their union, as a component that lives through them would see them. */
#ifndef NINES_MODELS_COMMANDS_IMPORT_H
#define NINES_MODELS_COMMANDS_IMPORT_H

#include "sim/command/command.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum import_kind { IMPORT_INTERVALS, IMPORT_UPTIME };
/* What a table holds, told from its header. */
enum import_table { TABLE_INTERVALS, TABLE_SERVICE, TABLE_POSTS, TABLE_REGIONS, TABLE_USERS, IMPORT_TABLES };

/* One row. Times are UTC seconds; of an `intervals` table they may count from anything. */
struct import_outage {
    double start_s, end_s;
    double severity;
    enum import_table table;
    const char *vendor, *service, *place; /* "" where the table has none; of `intervals`: place is the component */
};

struct import_data {
    struct arena *arena;
    struct import_outage *outage; /* as read */
    size_t outages;
    bool has[IMPORT_TABLES];
};

/* Appends a file's rows. false: said why, and *code is the exit code. */
bool import_read(struct import_data *data, enum import_kind kind, const char *path, int *code);

struct import_span {
    double start_s, end_s, severity;
};

struct import_unit {
    const char *scope, *vendor, *name, *note;
    struct import_span *span; /* by start */
    size_t spans;
    double window_start_s, window_end_s;
    double exposure_h;        /* of all that it is the sum of */
    bool part;                /* is a trace of the scenario part */
};

/* Groups what was read: see import_unit.c for the rules of the uptime archive. Returns the number of units. */
size_t import_units(const struct import_data *data, enum import_kind kind, const struct import_unit **units);

/* CSV with the columns of the archive's stats.csv; fits: laws too, one row each. */
void import_write_statistics(const struct import_unit *units, size_t count, struct arena *arena, FILE *out);
void import_write_fits(const struct import_unit *units, size_t count, struct arena *arena, FILE *out);
/* Of each unit's lengths and times between starts the law of least AIC, as elements of a list `laws`, each with a name of its own. */
void import_write_laws(const struct import_unit *units, size_t count, struct arena *arena, FILE *out);
/* A list `traces` to @include. files: where it comes from. */
void import_write_part(const struct import_unit *units, size_t count, const char *const *files, size_t file_count,
                       struct arena *arena, FILE *out);

extern const struct command_option import_options[];
int import_command(const struct command_line *line);

#endif
