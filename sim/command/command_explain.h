/* What `nines explain` found out about one subject under one cloud, and the two ways of showing it. */
#ifndef NINES_SIM_COMMAND_EXPLAIN_H
#define NINES_SIM_COMMAND_EXPLAIN_H

#include "sim/results/store.h"
#include "sim/study/story.h"
#include "sim/study/study.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json_t;

struct explanation {
    struct arena *arena;
    const struct study *study;
    const struct store_run *run;
    struct study_task task;
    uint32_t arm;
    uint64_t digest;
    const struct story *story;
    const struct sim_lease *lease; /* NULL: a whole service or job is explained */
    uint32_t lease_part;           /* the replica or pod that had it */
};

/* Which notes and outages belong to it: of a lease, those of its replica from the request to its end. */
bool explain_includes(const struct explanation *what, const struct story_note *note);
bool explain_overlaps(const struct explanation *what, const struct sim_outage *outage);

/* Replicas or pods that the story tells of; of a hybrid with two of each, both. */
uint32_t explain_parts(const struct explanation *what);

/* Seconds down, how many times, and what most of it is put down to. */
struct explain_sum {
    double down_s, main_s;
    uint64_t outages, open;
    const char *main_cause, *main_incident; /* NULL: it was never down */
};
struct explain_sum explain_sum(const struct explanation *what);

/* "down 2024-07-19 00:12 to 05:11: storage a/z1/su17 refuses I/O (incident 'azure-cus'); replica 2 shared it; replica 1 moved to node
 * a/z3/r01/n02 at 05:11 after 4 refusals". In the arena; not cleaned. */
const char *explain_sentence(const struct explanation *what, const struct sim_outage *outage);

/* What is the same under all clouds; then what happened under one. Lines of at most 100 columns. */
void explain_print_head(const struct explanation *what, FILE *out);
void explain_print(const struct explanation *what, FILE *out);

/* The same for programs (results/README.md): the object with an empty array `clouds`, and one element of that. */
struct json_t *explain_json_head(const struct explanation *what);
struct json_t *explain_json(const struct explanation *what);

#endif
