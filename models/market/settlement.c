/* Settlement by shares: steps 1 to 11 of section 4.2 of the 2024-07 description, section 4.10 of HEAD. */
#include "models/market/escrow.h"
#include "models/market/escrow_inside.h"

#include "sim/base/nomalloc.h"

/* Section 4.2, step 10: rate's part of the remainder, the product rounded before the quotient. With [R3] off a share is cut
 * to what the earlier ones have left. */
static decimal share_of(const struct escrow *escrow, const struct settlement *settlement, decimal rate, decimal open_rate,
                        decimal shared_before)
{
    decimal share = decimal_mul_quo(settlement->remainder, rate, open_rate);
    if (escrow->rules->excess_share_panics)
        return share;
    return decimal_min(share, decimal_sub(settlement->remainder, shared_before));
}

static void foresee_shares(const struct escrow *escrow, const struct escrow_account *account, struct settlement *settlement)
{
    settlement->remainder = decimal_add(settlement->balance, settlement->funds);
    settlement->balance = settlement->remainder;
    settlement->funds = decimal_zero();
    for (uint32_t i = account->first_open; i != SLOT_NONE; i = escrow->payments[i].next_open) {
        decimal share = share_of(escrow, settlement, escrow->payments[i].rate, account->open_rate, settlement->shared);
        settlement->shared = decimal_add(settlement->shared, share);
    }
    decimal left = decimal_sub(settlement->remainder, settlement->shared);
    if (decimal_is_negative(left))
        settlement->error = MARKET_PANIC; /* [R3] */
    else if (decimal_compare(left, decimal_from_int(1)) > 0)
        settlement->error = MARKET_INVALID_SETTLEMENT;
}

struct settlement shares_foresee(const struct escrow *escrow, uint32_t index, int64_t height)
{
    const struct escrow_account *account = &escrow->accounts[index];
    struct settlement settlement = {.balance = account->balance, .funds = account->funds};
    if (account->state != ESCROW_OPEN) {
        settlement.error = MARKET_ACCOUNT_CLOSED;
        return settlement;
    }
    settlement.delta = height - account->settled_at;
    check(settlement.delta >= 0, "settlement in the past: height %lld", (long long)height);
    settlement.selected = settlement.delta > 0 && account->first_open != SLOT_NONE;
    if (!settlement.selected)
        return settlement;

    decimal total = decimal_add(account->balance, account->funds);
    settlement.full = decimal_quo_whole(total, account->open_rate, settlement.delta);
    settlement.charge = decimal_mul_int(account->open_rate, settlement.full);
    settlement.funds = decimal_sub(settlement.funds, settlement.charge);
    if (decimal_is_negative(settlement.funds)) {
        settlement.balance = decimal_add(settlement.balance, settlement.funds);
        settlement.funds = decimal_zero();
    }
    /* A quotient that rounded up to a whole number of blocks charges more than there is. */
    if (decimal_is_negative(settlement.balance)) {
        settlement.error = MARKET_PANIC;
        return settlement;
    }
    settlement.overdrawn = settlement.full < settlement.delta;
    if (settlement.overdrawn)
        foresee_shares(escrow, account, &settlement);
    else
        settlement.funds_returned = escrow->rules->revoked_grant_returns && decimal_is_positive(settlement.funds) &&
                                    bank_grant_find(escrow->bank, account->depositor, account->owner) == NULL;
    return settlement;
}

static void return_funds(struct escrow *escrow, struct escrow_account *account)
{
    int64_t whole = decimal_truncate(account->funds);
    escrow_refund(escrow, account, account->depositor, whole);
    decimal fraction = decimal_sub(account->funds, decimal_from_int(whole));
    escrow->dust[account->denom] = decimal_add(escrow->dust[account->denom], fraction);
    account->funds = decimal_zero();
}

/* Steps 10 and 11: all shares are given before anybody is paid. */
static void share_out(struct escrow *escrow, struct escrow_account *account, const struct settlement *settlement)
{
    decimal shared = decimal_zero();
    for (uint32_t i = account->first_open; i != SLOT_NONE; i = escrow->payments[i].next_open) {
        struct escrow_payment *payment = &escrow->payments[i];
        decimal share = share_of(escrow, settlement, payment->rate, account->open_rate, shared);
        shared = decimal_add(shared, share);
        payment->balance = decimal_add(payment->balance, share);
    }
    check(decimal_compare(shared, settlement->shared) == 0, "shares differ from those foreseen");
    account->transferred = decimal_add(account->transferred, shared);
    account->balance = decimal_sub(account->balance, shared);
    account->state = ESCROW_OVERDRAWN;
    uint32_t next;
    for (uint32_t i = account->first_open; i != SLOT_NONE; i = next) {
        struct escrow_payment *payment = &escrow->payments[i];
        next = payment->next_open;
        payment->state = ESCROW_OVERDRAWN;
        (void)escrow_pay_out(escrow, payment);
    }
    account->first_open = SLOT_NONE;
    account->open_rate = decimal_zero();
}

void shares_apply(struct escrow *escrow, uint32_t index, const struct settlement *settlement, int64_t height)
{
    struct escrow_account *account = &escrow->accounts[index];
    check(settlement->error == MARKET_OK, "settlement in spite of an error");
    check(account->settled_at + settlement->delta == height, "settlement foreseen for another height");
    account->settled_at = height;
    if (!settlement->selected)
        return;
    for (uint32_t i = account->first_open; i != SLOT_NONE; i = escrow->payments[i].next_open) {
        struct escrow_payment *payment = &escrow->payments[i];
        payment->balance = decimal_add(payment->balance, decimal_mul_int(payment->rate, settlement->full));
    }
    account->transferred = decimal_add(account->transferred, settlement->charge);
    account->balance = settlement->balance;
    account->funds = settlement->funds;
    if (settlement->funds_returned)
        return_funds(escrow, account);
    if (settlement->overdrawn)
        share_out(escrow, account, settlement);
}

int64_t shares_dry_height(const struct escrow *escrow, uint32_t index)
{
    const struct escrow_account *account = &escrow->accounts[index];
    if (account->state != ESCROW_OPEN || account->first_open == SLOT_NONE)
        return HEIGHT_NEVER;
    int64_t longest = HEIGHT_NEVER - 2 - account->settled_at;
    int64_t full = decimal_quo_whole(decimal_add(account->balance, account->funds), account->open_rate, longest);
    return full == longest ? HEIGHT_NEVER : account->settled_at + full + 1;
}
