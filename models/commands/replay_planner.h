/* What the files that plan a replay share. */
#ifndef NINES_MODELS_COMMANDS_REPLAY_PLANNER_H
#define NINES_MODELS_COMMANDS_REPLAY_PLANNER_H

#include "models/commands/replay_field.h"

struct planner {
    struct replay_plan *plan;
    struct replay_line line;
    struct replay_specs specs;
    size_t room;       /* of plan->messages */
    uint32_t *buckets; /* [mask + 1] numbers of names, SLOT_NONE: empty */
    uint32_t mask, names_room;
    int64_t issued[MARKET_DENOMS];
    int64_t height;
    int64_t time_s, time_height; /* the last time that was told, and the height of its message */
    int height_line; /* that set it; 0: none yet */
    bool old;        /* the dialect of 2024 */
    bool begun;      /* a message was read */
};

/* The number of a name of a wallet; a new one at its first appearance. */
uint32_t replay_name(struct planner *planner, const char *name);

/* Reads the fields that only this kind of message has. `rules` changes the plan's rules instead of filling in a message. */
void replay_own_fields(struct planner *planner, struct replay_message *message);
void replay_rules(struct planner *planner);

/* The number of the wallet that a field names; SLOT_NONE when it is absent (a mistake if it is needed) or wrong. */
uint32_t replay_wallet(struct planner *planner, const char *key, bool needed);

#endif
