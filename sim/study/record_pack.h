/* A replication's record as bytes, to cross from one process of a run to another.
 *
 * Both ends are the same program on the same kind of processor (the ranks make sure: sim/study/ranks.h), so numbers go as they lie in
 * memory. Names of metrics and series do not travel: the reader has the model. What arrives is the record that left, list for list
 * and bit for bit; only the chunks of lists are joined. */
#ifndef NINES_SIM_RECORD_PACK_H
#define NINES_SIM_RECORD_PACK_H

#include "sim/study/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that grow. Start from all zero; pack_free() at the end. */
struct pack {
    unsigned char *bytes;
    size_t length, room;
};

void pack_free(struct pack *pack);
void pack_number(struct pack *pack, uint64_t number);
void pack_real(struct pack *pack, double real);
void pack_text(struct pack *pack, const char *text); /* NULL stays NULL */
void pack_record(struct pack *pack, const struct sim_record *record);

/* Reading from the front. Once something does not fit, broken is true and everything read is 0 or NULL. */
struct unpack {
    const unsigned char *bytes;
    size_t left;
    bool broken;
};

uint64_t unpack_number(struct unpack *unpack);
double unpack_real(struct unpack *unpack);
const char *unpack_text(struct unpack *unpack, struct arena *arena);
/* In arena, as record_open() leaves it and the model filled it. */
struct sim_record *unpack_record(struct unpack *unpack, struct arena *arena, const struct sim_model *model);

#endif
