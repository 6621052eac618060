/* A replay for people: messages as they run, then the state, then the ledger, within 100 columns unless a single name is longer. */
#include "models/commands/replay_ledger.h"

#include <inttypes.h>
#include <string.h>

enum { COLUMNS = 100 };

static int columns_of(const char *value)
{
    int columns = 0;
    for (const char *p = value; *p != '\0'; p++)
        columns += ((unsigned char)*p & 0xc0) != 0x80;
    return columns;
}

/* Text of the file, which is hostile, padded on the right to width. */
static void text(const char *value, int width)
{
    int length = columns_of(value);
    mistake_show(stdout, value, strlen(value), 300);
    printf("%*s", length < width ? width - length : 0, "");
}

/* A comma and words of our own, on a line of their own where they do not fit behind `at` columns. Returns where they end. */
static int part(int at, const char *words)
{
    int columns = columns_of(words);
    bool fits = at + 2 + columns < COLUMNS;
    printf(fits ? ", %s" : ",\n      %s", words);
    return columns + (fits ? at + 2 : 6);
}

static const char *decimal_text(struct arena *arena, decimal value)
{
    char buffer[DECIMAL_TEXT];
    return arena_text(arena, decimal_format(buffer, value));
}

static const char *name_of(const struct replay *replay, uint32_t wallet)
{
    return replay->market.bank.wallets[wallet].name;
}

/* --- Messages --- */

static void print_event(struct arena *arena, const struct replay *replay, const struct market_event *event)
{
    printf("%16s", "");
    if (event->kind == MARKET_EVENT_TRANSFER) {
        printf("%" PRId64 " %s from ", event->amount, market_denom_name((enum market_denom)event->denom));
        text(name_of(replay, event->from), 0);
        fputs(" to ", stdout);
        text(name_of(replay, event->to), 0);
        printf(": %s\n", market_transfer_name((enum market_transfer)event->what));
        return;
    }
    printf("%s ", ledger_kind(event));
    text(replay_thing(arena, replay, event), 0);
    printf(" %s\n", replay_state(event));
}

static void print_messages(struct replay *replay, struct arena *arena, struct ledger *ledger)
{
    const struct replay_plan *plan = replay->plan;
    printf("%6s %8s  %-19s %-32s %s\n", "line", "height", "message", "about", "result");
    for (size_t i = 0; i < plan->n_messages; i++) {
        const struct replay_message *message = &plan->messages[i];
        const char *result = replay_run(replay, message);
        ledger_add(ledger, replay, message);
        struct arena_mark mark = arena_mark(arena);
        printf("%6d %8" PRId64 "  %-19s ", message->line, message->height, replay_kind_name(message->kind));
        text(replay_about(arena, replay, message), 32);
        printf(" %s\n", result);
        for (uint32_t j = 0; j < replay->events.n; j++)
            print_event(arena, replay, &replay->events.items[j]);
        arena_rewind(arena, mark);
    }
}

/* --- State --- */

static void print_bid(struct arena *arena, const struct market *market, const struct market_bid *bid, const char *denom)
{
    fputs("      bid of ", stdout);
    text(market->bank.wallets[bid->provider].name, 0);
    printf(": %s, %s %s per block", market_bid_state_name((enum market_bid_state)bid->state), decimal_text(arena, bid->price), denom);
    if (bid->state == MARKET_BID_IS_OPEN || bid->state == MARKET_BID_IS_ACTIVE)
        printf(", deposit %" PRId64 " %s held", bid->deposit, market_denom_name((enum market_denom)bid->deposit_denom));
    putchar('\n');
}

static void print_lease(struct arena *arena, const struct market *market, const struct market_lease *lease, const char *denom)
{
    const struct escrow_payment *payment = &market->escrow.payments[lease->payment];
    const char *reason = market_close_reason_name(lease->reason);
    fputs("      lease of ", stdout);
    text(market->bank.wallets[lease->provider].name, 0);
    printf(": %s since %" PRId64, market_lease_state_name((enum market_lease_state)lease->state),
           lease->state == MARKET_LEASE_IS_RECLAIMING ? lease->reclaim_height : market_lease_live(lease->state) ? lease->created : lease->closed);
    if (reason[0] != '\0')
        printf(" (%s)", reason);
    if (lease->state == MARKET_LEASE_IS_RECLAIMING)
        printf(", may be left at time %" PRId64, lease->reclaim_until_s);
    printf("\n        payment %s, %s %s per block, paid %" PRId64 ", earned besides %s", escrow_state_name((enum escrow_state)payment->state),
           decimal_text(arena, payment->rate), denom, payment->withdrawn, decimal_text(arena, payment->balance));
    if (!decimal_is_zero(payment->unsettled))
        printf(", owed %s", decimal_text(arena, payment->unsettled));
    putchar('\n');
}

static void print_order(struct arena *arena, const struct market *market, const struct market_order *order, const char *denom)
{
    printf("    order %u: %s\n", order->oseq, market_order_state_name((enum market_order_state)order->state));
    for (uint32_t i = order->first_bid; i != SLOT_NONE; i = market->bids[i].next)
        print_bid(arena, market, &market->bids[i], denom);
    if (order->lease != SLOT_NONE)
        print_lease(arena, market, &market->leases[order->lease], denom);
}

static void print_group(struct arena *arena, const struct market *market, struct market_group_id id)
{
    const struct market_group *group = market_group(market, id);
    const char *denom = market_denom_name((enum market_denom)group->denom);
    printf("  group %u ", group->gseq);
    text(group->spec->name, 0);
    printf(": %s, at most %s %s per block\n", market_group_state_name((enum market_group_state)group->state), decimal_text(arena, group->price), denom);
    for (uint32_t oseq = 1;; oseq++) {
        const struct market_order *order = market_order(market, market_find_order(market, id, oseq));
        if (order == NULL)
            return;
        print_order(arena, market, order, denom);
    }
}

static void print_account(struct arena *arena, const struct market *market, struct market_deployment_id id)
{
    const struct escrow_account *account = market_account(market, id);
    const char *denom = market_denom_name((enum market_denom)account->denom);
    int64_t dry = market_dry_height(market, id);
    int at = printf("  account %s, settled at %" PRId64 ": %s %s", escrow_state_name((enum escrow_state)account->state), account->settled_at,
                    decimal_text(arena, account->balance), denom);
    at = part(at, arena_format(arena, "charged %s", decimal_text(arena, account->transferred)));
    if (!decimal_is_zero(account->funds))
        at = part(at, arena_format(arena, "and %s of another depositor", decimal_text(arena, account->funds)));
    if (market->rules.settlement == MARKET_SETTLES_BY_DEBT)
        for (uint32_t i = account->first_pot; i != SLOT_NONE; i = market->escrow.pots[i].next)
            at = part(at, arena_format(arena, "and %s %s", decimal_text(arena, market->escrow.pots[i].funds),
                                       market_denom_name((enum market_denom)market->escrow.pots[i].denom)));
    if (dry != HEIGHT_NEVER)
        part(at, arena_format(arena, "dry at %" PRId64, dry));
    putchar('\n');
}

static void print_deployment(struct arena *arena, const struct market *market, uint32_t index)
{
    struct market_deployment_id id = market_deployment_id(market, index);
    const struct market_deployment *deployment = market_deployment(market, id);
    fputs("\ndeployment ", stdout);
    text(market->bank.wallets[deployment->owner].name, 0);
    printf("/%" PRIu64 ": %s, created at %" PRId64 "\n", deployment->dseq, market_deployment_state_name((enum market_deployment_state)deployment->state),
           deployment->created);
    print_account(arena, market, id);
    for (uint32_t gseq = 1; market_group(market, market_find_group(market, id, gseq)) != NULL; gseq++)
        print_group(arena, market, market_find_group(market, id, gseq));
}

static void print_wallets(const struct market *market)
{
    printf("\n%-40s %18s %18s %18s\n", "wallet", "uakt", "usdc", "uact");
    for (uint32_t i = 0; i < market->bank.n_wallets; i++) {
        const struct bank_wallet *wallet = &market->bank.wallets[i];
        text(wallet->name, 40);
        for (int denom = MARKET_UAKT; denom < MARKET_DENOMS; denom++)
            printf(" %18" PRId64, wallet->balance[denom]);
        putchar('\n');
    }
}

static void print_losses(struct arena *arena, const struct market *market)
{
    for (int denom = MARKET_UAKT; denom < MARKET_DENOMS; denom++) {
        struct market_losses losses = market_losses(market, (enum market_denom)denom);
        if (!decimal_is_zero(losses.uncredited) || !decimal_is_zero(losses.stuck) || !decimal_is_zero(losses.dust))
            printf("nobody's %s: %s charged and not credited, %s stuck, %s dust\n", market_denom_name((enum market_denom)denom),
                   decimal_text(arena, losses.uncredited), decimal_text(arena, losses.stuck), decimal_text(arena, losses.dust));
    }
}

static void print_ledger(const struct replay *replay, const struct ledger *ledger)
{
    printf("\n%6s %8s %14s %-5s %-14s %-14s %-13s %s\n", "line", "height", "amount", "denom", "from", "to", "what", "about");
    for (size_t i = 0; i < ledger->n; i++) {
        const struct ledger_entry *entry = &ledger->items[i];
        const char *names[2] = {name_of(replay, entry->from), name_of(replay, entry->to)};
        int at = printf("%6d %8" PRId64 " %14" PRId64 " %-5s ", entry->line, entry->height, entry->amount,
                        market_denom_name((enum market_denom)entry->denom));
        for (int n = 0; n < 2; n++) {
            text(names[n], 14);
            putchar(' ');
            at += 1 + (columns_of(names[n]) > 14 ? columns_of(names[n]) : 14);
        }
        bool fits = at + 14 + columns_of(entry->about) <= COLUMNS;
        const char *what = market_transfer_name((enum market_transfer)entry->what);
        if (entry->about[0] == '\0')
            fputs(what, stdout);
        else
            printf(fits ? "%-13s " : "%s\n                ", what);
        text(entry->about, 0);
        putchar('\n');
    }
}

void replay_print(struct replay *replay, struct arena *arena)
{
    struct ledger ledger = {.arena = arena};
    const struct market *market = &replay->market;
    printf("%zu message%s under the rules of %s\n\n", replay->plan->n_messages, replay->plan->n_messages == 1 ? "" : "s", replay->plan->rules_name);
    print_messages(replay, arena, &ledger);
    for (uint32_t i = 0; i < market->deployment_slots.n_used; i++)
        if (slots_in_use(&market->deployment_slots, i))
            print_deployment(arena, market, i);
    print_wallets(market);
    print_losses(arena, market);
    print_ledger(replay, &ledger);
    printf("\ndigest %016" PRIx64 "\n", market_digest(market));
}
