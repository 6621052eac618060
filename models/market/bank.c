#include "models/market/bank.h"

#include <string.h>

#include "sim/base/nomalloc.h"

static const char *const transfer_names[MARKET_TRANSFERS] = {
    [MARKET_TRANSFER_ISSUE] = "issue",
    [MARKET_TRANSFER_DEPOSIT] = "deposit",
    [MARKET_TRANSFER_BID_DEPOSIT] = "bid deposit",
    [MARKET_TRANSFER_BID_REFUND] = "bid refund",
    [MARKET_TRANSFER_PAYMENT] = "lease payment",
    [MARKET_TRANSFER_TAKE] = "take",
    [MARKET_TRANSFER_REFUND] = "refund",
};

static const char *const own_names[BANK_OWN_WALLETS] = {[BANK_OUTSIDE] = "(outside)", [BANK_ESCROW] = "(escrow)", [BANK_POOL] = "(pool)"};

const char *market_transfer_name(enum market_transfer what)
{
    check(what < MARKET_TRANSFERS, "transfer %d does not exist", (int)what);
    return transfer_names[what];
}

void bank_open(struct bank *bank, struct arena *arena, uint32_t limit_wallets, uint32_t limit_grants,
               struct market_events *events)
{
    *bank = (struct bank){.arena = arena,
                          .wallets = arena_alloc(arena, (size_t)limit_wallets + BANK_OWN_WALLETS, sizeof *bank->wallets),
                          .limit_wallets = limit_wallets + BANK_OWN_WALLETS,
                          .grants = arena_alloc(arena, limit_grants, sizeof *bank->grants),
                          .grant_slots = slots_open(arena, limit_grants, "market_limits.grants"),
                          .events = events};
    for (int i = 0; i < BANK_OWN_WALLETS; i++)
        (void)bank_wallet_add(bank, own_names[i]);
}

bool bank_is_own_name(const char *name)
{
    for (int i = 0; i < BANK_OWN_WALLETS; i++)
        if (strcmp(name, own_names[i]) == 0)
            return true;
    return false;
}

uint32_t bank_wallet_add(struct bank *bank, const char *name)
{
    if (bank->n_wallets == bank->limit_wallets)
        limit_reached("market_limits.wallets", bank->limit_wallets - BANK_OWN_WALLETS);
    bank->wallets[bank->n_wallets] =
        (struct bank_wallet){.name = arena_text(bank->arena, name), .first_grant = SLOT_NONE};
    return bank->n_wallets++;
}

uint32_t bank_wallet_find(const struct bank *bank, const char *name)
{
    for (uint32_t i = 0; i < bank->n_wallets; i++)
        if (strcmp(bank->wallets[i].name, name) == 0)
            return i;
    return SLOT_NONE;
}

int bank_wallet_compare(const struct bank *bank, uint32_t a, uint32_t b)
{
    if (a == b)
        return 0;
    int order = strcmp(bank->wallets[a].name, bank->wallets[b].name);
    return order != 0 ? order : (a > b) - (a < b);
}

bool bank_can_pay(const struct bank *bank, uint32_t wallet, enum market_denom denom, int64_t amount)
{
    return bank->wallets[wallet].balance[denom] >= amount;
}

void bank_move(struct bank *bank, struct bank_transfer transfer, struct market_event about)
{
    check(transfer.amount >= 0, "transfer of a negative amount");
    if (transfer.amount == 0)
        return;
    int64_t *from = &bank->wallets[transfer.from].balance[transfer.denom];
    int64_t *to = &bank->wallets[transfer.to].balance[transfer.denom];
    check(transfer.from == BANK_OUTSIDE || *from >= transfer.amount, "wallet '%s' cannot pay",
          bank->wallets[transfer.from].name);
    *from -= transfer.amount;
    *to += transfer.amount;
    about.kind = MARKET_EVENT_TRANSFER;
    about.what = (uint8_t)transfer.what;
    about.denom = (uint8_t)transfer.denom;
    about.from = transfer.from;
    about.to = transfer.to;
    about.amount = transfer.amount;
    market_events_append(bank->events, about);
}

void bank_issue(struct bank *bank, uint32_t wallet, enum market_denom denom, int64_t amount)
{
    /* All balances together stay within 64 bits, so no single one can overflow. */
    check(denom != MARKET_DENOM_NONE && amount >= 0, "issue of no money");
    check(bank->wallets[BANK_OUTSIDE].balance[denom] >= amount - INT64_MAX, "more money than 64 bits hold");
    struct bank_transfer issue = {BANK_OUTSIDE, wallet, denom, amount, MARKET_TRANSFER_ISSUE};
    bank_move(bank, issue, (struct market_event){0});
}

struct bank_grant *bank_grant_find(const struct bank *bank, uint32_t granter, uint32_t grantee)
{
    for (uint32_t i = bank->wallets[grantee].first_grant; i != SLOT_NONE; i = bank->grants[i].next)
        if (bank->grants[i].granter == granter)
            return &bank->grants[i];
    return NULL;
}

void bank_grant_give(struct bank *bank, uint32_t granter, uint32_t grantee, enum market_denom denom, int64_t limit)
{
    check(limit >= 0 && denom != MARKET_DENOM_NONE, "a grant needs a denom and a limit of at least 0");
    struct bank_grant *grant = bank_grant_find(bank, granter, grantee);
    if (grant == NULL) {
        uint32_t index = slots_take(&bank->grant_slots);
        grant = &bank->grants[index];
        *grant = (struct bank_grant){
            .granter = granter, .grantee = grantee, .next = bank->wallets[grantee].first_grant};
        bank->wallets[grantee].first_grant = index;
    }
    grant->denom = (uint8_t)denom;
    grant->scope = BANK_FOR_ANYTHING;
    grant->limit = limit;
}

void bank_grant_narrow(struct bank *bank, uint32_t granter, uint32_t grantee, enum bank_scope scope)
{
    struct bank_grant *grant = bank_grant_find(bank, granter, grantee);
    check(grant != NULL, "there is no grant to narrow");
    grant->scope = (uint8_t)scope;
}

void bank_grant_restore(struct bank *bank, uint32_t granter, uint32_t grantee, enum market_denom denom, int64_t amount)
{
    struct bank_grant *grant = bank_grant_find(bank, granter, grantee);
    if (grant != NULL && grant->denom == denom)
        grant->limit = grant->limit > INT64_MAX - amount ? INT64_MAX : grant->limit + amount;
}

bool bank_grant_revoke(struct bank *bank, uint32_t granter, uint32_t grantee)
{
    uint32_t *link = &bank->wallets[grantee].first_grant;
    while (*link != SLOT_NONE && bank->grants[*link].granter != granter)
        link = &bank->grants[*link].next;
    if (*link == SLOT_NONE)
        return false;
    uint32_t index = *link;
    *link = bank->grants[index].next;
    slots_give(&bank->grant_slots, index);
    return true;
}

enum market_error bank_deposit_allowed(const struct bank *bank, uint32_t owner, uint32_t payer, enum market_denom denom,
                                       int64_t amount)
{
    if (payer == owner)
        return MARKET_OK;
    const struct bank_grant *grant = bank_grant_find(bank, payer, owner);
    if (grant == NULL)
        return MARKET_UNAUTHORIZED;
    if (grant->denom != denom)
        return MARKET_PANIC;
    return grant->limit < amount ? MARKET_INSUFFICIENT_FUNDS : MARKET_OK;
}

void bank_deposit_charge(struct bank *bank, uint32_t owner, uint32_t payer, int64_t amount)
{
    if (payer == owner)
        return;
    struct bank_grant *grant = bank_grant_find(bank, payer, owner);
    check(grant != NULL && grant->limit >= amount, "deposit without a grant");
    grant->limit -= amount;
}

/* --- Deposits from several sources --- */

/* The grant with the least granter's name above the last one met, among those that the deposit may use. */
static const struct bank_grant *next_grant(const struct bank *bank, const struct bank_sourcing *sourcing)
{
    const struct bank_grant *least = NULL;
    for (uint32_t i = bank->wallets[sourcing->signer].first_grant; i != SLOT_NONE; i = bank->grants[i].next) {
        const struct bank_grant *grant = &bank->grants[i];
        bool met = sourcing->granter != 0 && bank_wallet_compare(bank, grant->granter, sourcing->granter) <= 0;
        if (met || grant->denom != sourcing->denom || (grant->scope & sourcing->scope) == 0)
            continue;
        if (least == NULL || bank_wallet_compare(bank, grant->granter, least->granter) < 0)
            least = grant;
    }
    return least;
}

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

bool bank_sourcing_next(const struct bank *bank, struct bank_sourcing *sourcing, struct bank_part *part)
{
    static const bool from_grants[][2] = {
        [BANK_BALANCE] = {false}, [BANK_GRANTS] = {true}, [BANK_BALANCE_THEN_GRANTS] = {false, true},
        [BANK_GRANTS_THEN_BALANCE] = {true, false}};
    int steps = sourcing->sources >= BANK_BALANCE_THEN_GRANTS ? 2 : 1;
    while (sourcing->rest > 0 && sourcing->step < steps) {
        const struct bank_grant *grant = NULL;
        *part = (struct bank_part){.payer = sourcing->signer, .granted = from_grants[sourcing->sources][sourcing->step]};
        if (part->granted && (grant = next_grant(bank, sourcing)) != NULL)
            sourcing->granter = part->payer = grant->granter;
        else
            sourcing->step++;
        if (part->granted && grant == NULL)
            continue;
        part->amount = smaller(sourcing->rest, bank->wallets[part->payer].balance[sourcing->denom]);
        if (grant != NULL)
            part->amount = smaller(part->amount, grant->limit);
        sourcing->rest -= part->amount;
        if (part->amount > 0)
            return true;
    }
    return false;
}

bool bank_sourcing_covers(const struct bank *bank, struct bank_sourcing sourcing)
{
    struct bank_part part;
    while (bank_sourcing_next(bank, &sourcing, &part))
        continue;
    return sourcing.rest == 0;
}

void bank_part_pay(struct bank *bank, const struct bank_sourcing *sourcing, const struct bank_part *part,
                   enum market_transfer what, struct market_event about)
{
    struct bank_transfer transfer = {part->payer, BANK_ESCROW, sourcing->denom, part->amount, what};
    bank_move(bank, transfer, about);
    if (part->granted)
        bank_deposit_charge(bank, sourcing->signer, part->payer, part->amount);
}
