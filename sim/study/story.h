/* What a replication tells about one subject: a service, a job.
 *
 * A replication that is lived through again can be listened to. The model then says, in the order of time, what happened to the one
 * subject that was asked for, and the bench says when it was down, from the same calls that make the list of outages. Nothing is told
 * unless somebody listens, and telling changes nothing: the digest of the replication is the proof (`nines explain` demands it).
 *
 * A thing that is said again and again, a refusal at every try, is one note with a count. So a story is as long as what happened, not as
 * long as it was waited; beyond STORY_NOTES_MAX notes the rest is counted only. */
#ifndef NINES_SIM_STORY_H
#define NINES_SIM_STORY_H

#include "sim/base/arena.h"
#include "sim/study/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STORY_NOTES_MAX = 100000, STORY_PARTS = 1024 };

struct story_note {
    struct story_note *next;
    struct sim_note note; /* texts are the story's */
    instant until;        /* when it was last said */
    uint32_t times;       /* how often in a row */
};

struct story_outage {
    struct story_outage *next;
    struct sim_outage outage;
};

struct story {
    struct arena *arena;
    struct sim_subject subject;
    struct sim_told told;       /* what the subject is; kind NULL: the model did not say, so there is none */
    const char *unknown, *hint; /* why there is no such subject */
    struct story_note *first, *last;
    struct story_outage *outages, *last_outage;
    uint32_t notes, left_out;
    struct story_note *of_part[STORY_PARTS]; /* the last note of a part, by its number */
};

/* Nothing was told yet. Texts of subject must outlive the story; what is told is kept in arena. */
struct story *story_open(struct arena *arena, struct sim_subject subject);
/* Whether a listed outage is the subject's. */
bool story_is_about(const struct story *story, const struct sim_outage *outage);

#endif
