/* What the checkers of the chain side share: wallets by name, and how the vectors write states and money. */
#ifndef NINES_TESTS_MARKET_CHAIN_ROWS_H
#define NINES_TESTS_MARKET_CHAIN_ROWS_H

#include "models/market/market.h"
#include "tests/conformance/rows.h"

/* Every wallet begins with this much of every denom. The escrow wallet gets as much where a vector writes an account down
 * instead of paying into it. */
#define CHAIN_PURSE INT64_C(1000000000000)

enum { CHAIN_EVENTS = 4096, CHAIN_WALLETS = 64 };

static const enum market_denom denoms_by_name[] = {MARKET_UACT, MARKET_UAKT, MARKET_USDC};
enum { CHAIN_DENOMS = sizeof denoms_by_name / sizeof denoms_by_name[0] };

static inline void chain_events(struct market_events *events, struct arena *memory)
{
    *events = (struct market_events){arena_array(memory, CHAIN_EVENTS, struct market_event), 0, CHAIN_EVENTS};
}

/* The wallet of that name; made and filled at its first mention. */
static inline uint32_t chain_wallet(struct bank *bank, const char *name)
{
    uint32_t wallet = bank_wallet_find(bank, name);
    if (wallet != SLOT_NONE)
        return wallet;
    wallet = bank_wallet_add(bank, name);
    for (int i = 0; i < CHAIN_DENOMS; i++)
        bank_issue(bank, wallet, denoms_by_name[i], CHAIN_PURSE);
    bank->events->n = 0;
    return wallet;
}

static inline const char *chain_wallet_name(const struct bank *bank, uint32_t wallet)
{
    return wallet == BANK_POOL ? "pool" : bank->wallets[wallet].name;
}

static inline int64_t chain_change(const struct bank *bank, uint32_t wallet, enum market_denom denom)
{
    return bank->wallets[wallet].balance[denom] - (wallet == BANK_POOL ? 0 : CHAIN_PURSE);
}

/* "who:denom:amount;..." by name, then denom; only: of one denom, which is not written. */
static inline const char *chain_bank(const struct bank *bank, enum market_denom only)
{
    const char *text = "", *last = "";
    for (;;) {
        uint32_t next = SLOT_NONE;
        for (uint32_t i = BANK_POOL; i < bank->n_wallets; i++)
            if (strcmp(chain_wallet_name(bank, i), last) > 0 &&
                (next == SLOT_NONE || strcmp(chain_wallet_name(bank, i), chain_wallet_name(bank, next)) < 0))
                next = i;
        if (next == SLOT_NONE)
            return text;
        last = chain_wallet_name(bank, next);
        for (int i = 0; i < CHAIN_DENOMS; i++) {
            enum market_denom denom = denoms_by_name[i];
            int64_t change = chain_change(bank, next, denom);
            if (change != 0 && only == MARKET_DENOM_NONE)
                vectors_add(&rows_arena, &text, "%s:%s:%" PRId64, last, market_denom_name(denom), change);
            else if (change != 0 && only == denom)
                vectors_add(&rows_arena, &text, "%s:%" PRId64, last, change);
        }
    }
}

/* "gseq/oseq/provider" */
struct chain_id { unsigned gseq, oseq; char provider[32]; };
static inline struct chain_id chain_id_read(const char *text)
{
    struct chain_id id = {0};
    row_same(sscanf(text, "%u/%u/%31s", &id.gseq, &id.oseq, id.provider), 3);
    return id;
}

/* "500000uakt"; a bare number is of the denom given. */
static inline int64_t chain_coin(const char *text, enum market_denom *denom)
{
    char *end;
    int64_t amount = strtoll(text, &end, 10);
    if (*end != '\0')
        *denom = market_denom_from_name(end);
    return amount;
}

/* An argument that must be there. */
static inline const char *chain_argument(const char *arguments, const char *key)
{
    const char *value = vectors_argument(&rows_arena, arguments, key);
    if (value == NULL)
        row_fail("no '%s' in '%s'", key, arguments);
    return value;
}

/* The payments of an account, in key order; NULL-terminated. */
static inline const struct escrow_payment **chain_payments(const struct escrow *escrow, uint32_t account)
{
    const struct escrow_payment **list = arena_array(&rows_arena, escrow->payment_slots.n_used + 1, const struct escrow_payment *);
    int n = 0;
    for (uint32_t i = escrow->accounts[account].first_payment; i != SLOT_NONE; i = escrow->payments[i].next) {
        const struct escrow_payment *payment = &escrow->payments[i];
        char key[64], other[64];
        snprintf(key, sizeof key, "%u/%u/%s", payment->gseq, payment->oseq, escrow->bank->wallets[payment->provider].name);
        int at = n++;
        for (; at > 0; at--) {
            const struct escrow_payment *before = list[at - 1];
            snprintf(other, sizeof other, "%u/%u/%s", before->gseq, before->oseq,
                     escrow->bank->wallets[before->provider].name);
            if (strcmp(other, key) < 0)
                break;
            list[at] = before;
        }
        list[at] = payment;
    }
    return list;
}

static inline const char *chain_payment_name(const struct escrow *escrow, const struct escrow_payment *payment)
{
    return arena_format(&rows_arena, "%u/%u/%s", payment->gseq, payment->oseq,
                        escrow->bank->wallets[payment->provider].name);
}

static inline const char *chain_state(const struct escrow_payment *payment)
{
    return escrow_state_name((enum escrow_state)payment->state);
}

/* The account's payments as 2026 writes them: id=state:balance:unsettled:withdrawn. */
static inline const char *chain_payments_text(const struct escrow *escrow, uint32_t account)
{
    const char *text = "";
    for (const struct escrow_payment **p = chain_payments(escrow, account); *p != NULL; p++)
        vectors_add(&rows_arena, &text, "%s=%s:%s:%s:%" PRId64, chain_payment_name(escrow, *p), chain_state(*p),
                    shown((*p)->balance), shown((*p)->unsettled), (*p)->withdrawn);
    return text;
}

/* "denom:amount;..." of an account's entries, in first-seen order. */
static inline const char *chain_entries_text(const struct escrow *escrow, uint32_t index, bool transferred)
{
    const struct escrow_account *account = &escrow->accounts[index];
    const char *text = arena_format(&rows_arena, "%s:%s", market_denom_name((enum market_denom)account->denom),
                                    shown(transferred ? account->transferred : account->balance));
    for (uint32_t i = account->first_pot; i != SLOT_NONE; i = escrow->pots[i].next)
        vectors_add(&rows_arena, &text, "%s:%s", market_denom_name((enum market_denom)escrow->pots[i].denom),
                    shown(transferred ? escrow->pots[i].transferred : escrow->pots[i].funds));
    return text;
}

/* All claims on the escrow wallet come to what it holds, to the last atto. */
static inline void chain_money_adds_up(const struct escrow *escrow, uint32_t n_accounts)
{
    decimal held[MARKET_DENOMS] = {0};
    for (uint32_t i = 0; i < n_accounts; i++)
        escrow_account_audit(escrow, i, held);
    for (int i = 0; i < CHAIN_DENOMS; i++) {
        enum market_denom denom = denoms_by_name[i];
        held[denom] = decimal_add(held[denom], decimal_add(escrow->dust[denom],
                                                           decimal_add(escrow->uncredited[denom], escrow->stuck[denom])));
        row_same(0, decimal_compare(held[denom], decimal_from_int(escrow->bank->wallets[BANK_ESCROW].balance[denom])));
    }
}

#endif
