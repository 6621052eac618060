/* A replay for programs: one JSON object, written piece by piece, so that a long replay needs no tree of its own. */
#include "models/commands/json.h"
#include "models/commands/replay_ledger.h"

#include <inttypes.h>

/* Writes value and drops it. */
static void put(json_t *value, bool first)
{
    fputs(first ? "\n    " : ",\n    ", stdout);
    json_dumpf(value, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(value);
}

static json_t *wallet_json(const struct replay *replay, uint32_t wallet)
{
    return json_from_text(replay->market.bank.wallets[wallet].name);
}

static const char *denom_text(uint8_t denom)
{
    return market_denom_name((enum market_denom)denom);
}

/* --- Messages --- */

static json_t *event_json(struct arena *arena, const struct replay *replay, const struct market_event *event)
{
    json_t *object = json_object();
    json_object_set_new(object, "kind", json_string(ledger_kind(event)));
    json_object_set_new(object, "about", json_from_text(replay_thing(arena, replay, event)));
    if (event->kind != MARKET_EVENT_TRANSFER) {
        json_object_set_new(object, "state", json_string(replay_state(event)));
        return object;
    }
    json_object_set_new(object, "what", json_string(market_transfer_name((enum market_transfer)event->what)));
    json_object_set_new(object, "from", wallet_json(replay, event->from));
    json_object_set_new(object, "to", wallet_json(replay, event->to));
    json_object_set_new(object, "amount", json_integer(event->amount));
    json_object_set_new(object, "denom", json_string(denom_text(event->denom)));
    return object;
}

static void write_messages(struct replay *replay, struct arena *arena, struct ledger *ledger)
{
    fputs("  \"messages\": [", stdout);
    for (size_t i = 0; i < replay->plan->n_messages; i++) {
        const struct replay_message *message = &replay->plan->messages[i];
        const char *result = replay_run(replay, message);
        ledger_add(ledger, replay, message);
        struct arena_mark mark = arena_mark(arena);
        json_t *object = json_object(), *events = json_array();
        for (uint32_t j = 0; j < replay->events.n; j++)
            json_array_append_new(events, event_json(arena, replay, &replay->events.items[j]));
        json_object_set_new(object, "line", json_integer(message->line));
        json_object_set_new(object, "height", json_integer(message->height));
        json_object_set_new(object, "message", json_string(replay_kind_name(message->kind)));
        json_object_set_new(object, "about", json_from_text(replay_about(arena, replay, message)));
        json_object_set_new(object, "result", json_string(result));
        json_object_set_new(object, "events", events);
        put(object, i == 0);
        arena_rewind(arena, mark);
    }
    fputs("\n  ],\n", stdout);
}

/* --- State --- */

static json_t *bid_json(const struct replay *replay, const struct market_bid *bid)
{
    json_t *object = json_object();
    json_object_set_new(object, "provider", wallet_json(replay, bid->provider));
    json_object_set_new(object, "state", json_string(market_bid_state_name((enum market_bid_state)bid->state)));
    json_object_set_new(object, "price", json_from_decimal(bid->price));
    json_object_set_new(object, "created", json_integer(bid->created));
    json_object_set_new(object, "deposit", json_integer(bid->deposit));
    json_object_set_new(object, "deposit_denom", json_string(denom_text(bid->deposit_denom)));
    json_object_set_new(object, "window_s", json_integer(bid->window_s));
    return object;
}

static json_t *lease_json(const struct replay *replay, const struct market_lease *lease)
{
    const struct escrow_payment *payment = &replay->market.escrow.payments[lease->payment];
    json_t *object = json_object(), *paid = json_object();
    json_object_set_new(object, "provider", wallet_json(replay, lease->provider));
    json_object_set_new(object, "state", json_string(market_lease_state_name((enum market_lease_state)lease->state)));
    json_object_set_new(object, "price", json_from_decimal(lease->price));
    json_object_set_new(object, "created", json_integer(lease->created));
    json_object_set_new(object, "closed", market_lease_live(lease->state) ? json_null() : json_integer(lease->closed));
    json_object_set_new(object, "reason", json_integer(lease->reason));
    json_object_set_new(object, "window_s", json_integer(lease->window_s));
    json_object_set_new(object, "reclaim_until", lease->reclaim_until_s != 0 ? json_integer(lease->reclaim_until_s) : json_null());
    json_object_set_new(paid, "state", json_string(escrow_state_name((enum escrow_state)payment->state)));
    json_object_set_new(paid, "rate", json_from_decimal(payment->rate));
    json_object_set_new(paid, "balance", json_from_decimal(payment->balance));
    json_object_set_new(paid, "unsettled", json_from_decimal(payment->unsettled));
    json_object_set_new(paid, "withdrawn", json_integer(payment->withdrawn));
    json_object_set_new(object, "payment", paid);
    return object;
}

static json_t *order_json(const struct replay *replay, const struct market_order *order)
{
    const struct market *market = &replay->market;
    json_t *object = json_object(), *bids = json_array();
    for (uint32_t i = order->first_bid; i != SLOT_NONE; i = market->bids[i].next)
        json_array_append_new(bids, bid_json(replay, &market->bids[i]));
    json_object_set_new(object, "oseq", json_integer(order->oseq));
    json_object_set_new(object, "state", json_string(market_order_state_name((enum market_order_state)order->state)));
    json_object_set_new(object, "created", json_integer(order->created));
    json_object_set_new(object, "bids", bids);
    json_object_set_new(object, "lease", order->lease != SLOT_NONE ? lease_json(replay, &market->leases[order->lease]) : json_null());
    return object;
}

static json_t *group_json(const struct replay *replay, struct market_group_id id)
{
    const struct market_group *group = market_group(&replay->market, id);
    json_t *object = json_object(), *orders = json_array();
    for (uint32_t oseq = 1;; oseq++) {
        const struct market_order *order = market_order(&replay->market, market_find_order(&replay->market, id, oseq));
        if (order == NULL)
            break;
        json_array_append_new(orders, order_json(replay, order));
    }
    json_object_set_new(object, "gseq", json_integer(group->gseq));
    json_object_set_new(object, "name", json_from_text(group->spec->name));
    json_object_set_new(object, "state", json_string(market_group_state_name((enum market_group_state)group->state)));
    json_object_set_new(object, "price", json_from_decimal(group->price));
    json_object_set_new(object, "denom", json_string(denom_text(group->denom)));
    json_object_set_new(object, "orders", orders);
    return object;
}

static json_t *account_json(const struct replay *replay, struct market_deployment_id id)
{
    const struct market *market = &replay->market;
    const struct escrow_account *account = market_account(market, id);
    json_t *object = json_object(), *pots = json_array(), *deposits = json_array(), *part;
    int64_t dry = market_dry_height(market, id);
    bool debt = market->rules.settlement == MARKET_SETTLES_BY_DEBT;
    for (uint32_t i = debt ? account->first_pot : SLOT_NONE; i != SLOT_NONE; i = market->escrow.pots[i].next) {
        const struct escrow_pot *pot = &market->escrow.pots[i];
        json_array_append_new(pots, part = json_object());
        json_object_set_new(part, "denom", json_string(denom_text(pot->denom)));
        json_object_set_new(part, "funds", json_from_decimal(pot->funds));
        json_object_set_new(part, "transferred", json_from_decimal(pot->transferred));
    }
    for (uint32_t i = debt ? account->first_deposit : SLOT_NONE; i != SLOT_NONE; i = market->escrow.deposits[i].next) {
        const struct escrow_deposit *deposit = &market->escrow.deposits[i];
        json_array_append_new(deposits, part = json_object());
        json_object_set_new(part, "depositor", wallet_json(replay, deposit->depositor));
        json_object_set_new(part, "denom", json_string(denom_text(deposit->denom)));
        json_object_set_new(part, "left", json_from_decimal(deposit->left));
        json_object_set_new(part, "granted", json_boolean(deposit->granted));
    }
    json_object_set_new(object, "state", json_string(escrow_state_name((enum escrow_state)account->state)));
    json_object_set_new(object, "denom", json_string(denom_text(account->denom)));
    json_object_set_new(object, "settled_at", json_integer(account->settled_at));
    json_object_set_new(object, "balance", json_from_decimal(account->balance));
    json_object_set_new(object, "funds", json_from_decimal(account->funds));
    json_object_set_new(object, "depositor", wallet_json(replay, account->depositor));
    json_object_set_new(object, "transferred", json_from_decimal(account->transferred));
    json_object_set_new(object, "pots", pots);
    json_object_set_new(object, "deposits", deposits);
    json_object_set_new(object, "dry_height", dry != HEIGHT_NEVER ? json_integer(dry) : json_null());
    return object;
}

static json_t *deployment_json(const struct replay *replay, uint32_t index)
{
    const struct market *market = &replay->market;
    struct market_deployment_id id = market_deployment_id(market, index);
    const struct market_deployment *deployment = market_deployment(market, id);
    json_t *object = json_object(), *groups = json_array();
    for (uint32_t gseq = 1; market_group(market, market_find_group(market, id, gseq)) != NULL; gseq++)
        json_array_append_new(groups, group_json(replay, market_find_group(market, id, gseq)));
    json_object_set_new(object, "owner", wallet_json(replay, deployment->owner));
    json_object_set_new(object, "dseq", json_integer((json_int_t)deployment->dseq));
    json_object_set_new(object, "state", json_string(market_deployment_state_name((enum market_deployment_state)deployment->state)));
    json_object_set_new(object, "created", json_integer(deployment->created));
    json_object_set_new(object, "window_s", json_integer(deployment->window_s));
    json_object_set_new(object, "account", account_json(replay, id));
    json_object_set_new(object, "groups", groups);
    return object;
}

/* {"uakt": ..., "usdc": ..., "uact": ...} of what is not 0. */
static json_t *balance_json(const int64_t balance[MARKET_DENOMS])
{
    json_t *object = json_object();
    for (uint8_t denom = MARKET_UAKT; denom < MARKET_DENOMS; denom++)
        if (balance[denom] != 0)
            json_object_set_new(object, denom_text(denom), json_integer(balance[denom]));
    return object;
}

static void write_wallets(const struct replay *replay)
{
    const struct bank *bank = &replay->market.bank;
    fputs("  \"wallets\": [", stdout);
    for (uint32_t i = 0; i < bank->n_wallets; i++) {
        json_t *object = json_object();
        json_object_set_new(object, "name", wallet_json(replay, i));
        json_object_set_new(object, "provider", json_boolean(bank->wallets[i].provider));
        json_object_set_new(object, "balance", balance_json(bank->wallets[i].balance));
        put(object, i == 0);
    }
    fputs("\n  ],\n", stdout);
}

static void write_ledger(const struct replay *replay, const struct ledger *ledger)
{
    fputs("  \"ledger\": [", stdout);
    for (size_t i = 0; i < ledger->n; i++) {
        const struct ledger_entry *entry = &ledger->items[i];
        json_t *object = json_object();
        json_object_set_new(object, "line", json_integer(entry->line));
        json_object_set_new(object, "height", json_integer(entry->height));
        json_object_set_new(object, "from", wallet_json(replay, entry->from));
        json_object_set_new(object, "to", wallet_json(replay, entry->to));
        json_object_set_new(object, "amount", json_integer(entry->amount));
        json_object_set_new(object, "denom", json_string(denom_text(entry->denom)));
        json_object_set_new(object, "what", json_string(market_transfer_name((enum market_transfer)entry->what)));
        json_object_set_new(object, "about", json_from_text(entry->about));
        put(object, i == 0);
    }
    fputs("\n  ],\n", stdout);
}

static void write_losses(const struct replay *replay)
{
    bool first = true;
    fputs("  \"losses\": [", stdout);
    for (uint8_t denom = MARKET_UAKT; denom < MARKET_DENOMS; denom++) {
        struct market_losses losses = market_losses(&replay->market, (enum market_denom)denom);
        if (decimal_is_zero(losses.uncredited) && decimal_is_zero(losses.stuck) && decimal_is_zero(losses.dust))
            continue;
        json_t *object = json_object();
        json_object_set_new(object, "denom", json_string(denom_text(denom)));
        json_object_set_new(object, "uncredited", json_from_decimal(losses.uncredited));
        json_object_set_new(object, "stuck", json_from_decimal(losses.stuck));
        json_object_set_new(object, "dust", json_from_decimal(losses.dust));
        put(object, first);
        first = false;
    }
    fputs("\n  ],\n", stdout);
}

void replay_write_json(struct replay *replay, struct arena *arena)
{
    struct ledger ledger = {.arena = arena};
    printf("{\n  \"rules\": \"%s\",\n", replay->plan->rules_name);
    write_messages(replay, arena, &ledger);
    fputs("  \"deployments\": [", stdout);
    bool first = true;
    for (uint32_t i = 0; i < replay->market.deployment_slots.n_used; i++) {
        if (!slots_in_use(&replay->market.deployment_slots, i))
            continue; /* forgotten */
        put(deployment_json(replay, i), first);
        first = false;
    }
    fputs("\n  ],\n", stdout);
    write_wallets(replay);
    write_losses(replay);
    write_ledger(replay, &ledger);
    printf("  \"digest\": \"%016" PRIx64 "\"\n}\n", market_digest(&replay->market));
}
