/* The ledger of a replay: every movement of money, as it happened. */
#ifndef NINES_MODELS_COMMANDS_REPLAY_LEDGER_H
#define NINES_MODELS_COMMANDS_REPLAY_LEDGER_H

#include "models/commands/replay.h"

struct ledger_entry {
    int line;
    int64_t height, amount;
    uint32_t from, to; /* wallets */
    uint8_t denom, what;
    const char *about; /* "alice/1/1/1", in the arena */
};

struct ledger {
    struct arena *arena;
    struct ledger_entry *items; /* [n] */
    size_t n, room;
};

/* "order": the kind of thing that an event is about; "transfer". Static text. */
const char *ledger_kind(const struct market_event *event);

/* Adds the transfers among the events of a message. */
void ledger_add(struct ledger *ledger, const struct replay *replay, const struct replay_message *message);

#endif
