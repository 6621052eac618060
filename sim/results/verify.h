/* `nines verify`: simulated against published, for any number of scenarios.
 *
 * Each scenario's targets are read from its results file and kept; what was imposed (its scripted incidents) is read beside them, so
 * that the table says what was put in and what came out: where no target does, the means of a few metrics. A target that the scenario expects to be missed, and that is missed, is no
 * failure: a model that explains less than hoped is a result. A target that comes out differently from what its file expects is a
 * surprise, held or missed. */
#ifndef NINES_SIM_VERIFY_H
#define NINES_SIM_VERIFY_H

#include "sim/base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct compare_data;

struct verify_count {
    size_t scenarios, targets, held, missed, undecided;
    size_t surprises;  /* outcome differs from the scenario's `expect` */
    size_t without;    /* scenarios without a target */
};

struct verify_incident {
    const char *name;
    double start_s, end_s;
};

struct verify_study {
    const char *scenario;      /* path of its file */
    struct compare_data *data; /* targets, clouds, points, run */
    const struct verify_incident *incidents;
    size_t incident_count;
};

/* Reads the targets of a finished results file. Everything lives in arena. false: said why on stderr. */
bool verify_load(struct verify_study *study, struct arena *arena, const char *scenario, const char *database);
void verify_add(struct verify_count *count, const struct verify_study *study);

/* One scenario's rows, within 100 columns; at the end, what all of them come to. */
void verify_write_study(const struct verify_study *study, FILE *out);
void verify_write_end(const struct verify_count *count, FILE *out);
/* All of it as one object (results/README.md has the schema). false: out of memory or not written. */
bool verify_write_json(const struct verify_study *studies, size_t count, const struct verify_count *sum, FILE *out);

#endif
