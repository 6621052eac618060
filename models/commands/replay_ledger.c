#include "models/commands/replay_ledger.h"

#include <string.h>

const char *ledger_kind(const struct market_event *event)
{
    static const char *const names[] = {"deployment", "group", "order", "bid", "lease", "transfer"};
    check(event->kind < sizeof names / sizeof names[0], "event %d does not exist", event->kind);
    return names[event->kind];
}

void ledger_add(struct ledger *ledger, const struct replay *replay, const struct replay_message *message)
{
    for (uint32_t i = 0; i < replay->events.n; i++) {
        const struct market_event *event = &replay->events.items[i];
        if (event->kind != MARKET_EVENT_TRANSFER)
            continue;
        if (ledger->n == ledger->room) {
            size_t room = ledger->room * 2 + 64;
            struct ledger_entry *wider = arena_alloc(ledger->arena, room, sizeof *wider);
            if (ledger->n > 0)
                memcpy(wider, ledger->items, ledger->n * sizeof *wider);
            ledger->items = wider;
            ledger->room = room;
        }
        ledger->items[ledger->n++] = (struct ledger_entry){.line = message->line, .height = message->height, .amount = event->amount, .from = event->from,
                                                           .to = event->to, .denom = event->denom, .what = event->what,
                                                           .about = replay_thing(ledger->arena, replay, event)};
    }
}
