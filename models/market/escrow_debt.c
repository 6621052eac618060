/* The operations of escrow by debt (rules profile 2026-08, sections 4.3 to 4.6). */
#include "models/market/escrow.h"
#include "models/market/escrow_inside.h"

#include "sim/base/nomalloc.h"

/* --- Accounts --- */

enum market_error debt_account_deposit(struct escrow *escrow, uint32_t index, uint32_t depositor, enum market_denom denom,
                                       int64_t amount)
{
    const struct escrow_account *account = &escrow->accounts[index];
    if (!bank_can_pay(escrow->bank, depositor, denom, amount))
        return MARKET_INSUFFICIENT_FUNDS;
    if (account->state == ESCROW_CLOSED)
        return MARKET_ACCOUNT_CLOSED;
    if (escrow_deposit_panics(escrow, index, denom))
        return MARKET_PANIC;
    struct bank_transfer deposit = {depositor, BANK_ESCROW, denom, amount, MARKET_TRANSFER_DEPOSIT};
    struct bank_part part = {depositor, amount, false};
    bank_move(escrow->bank, deposit, (struct market_event){.deployment = account->deployment});
    escrow_part_add(escrow, index, denom, &part);
    escrow_parts_done(escrow, index);
    return MARKET_OK;
}

static void close_selected(struct escrow *escrow, uint32_t first)
{
    for (uint32_t i = first; i != SLOT_NONE; i = escrow->payments[i].next_selected) {
        escrow_payment_enter(escrow, i, ESCROW_CLOSED);
        (void)escrow_pay_out(escrow, &escrow->payments[i]);
    }
}

void escrow_parts_done(struct escrow *escrow, uint32_t index)
{
    struct escrow_account *account = &escrow->accounts[index];
    if (account->state != ESCROW_OVERDRAWN)
        return;
    struct settlement settlement = debt_foresee(escrow, index, account->settled_at);
    check(settlement.error == MARKET_OK, "overdrawn account cannot settle: %s", market_error_name(settlement.error));
    uint32_t selected = debt_apply(escrow, index, &settlement, account->settled_at, true);
    if (!settlement.overdrawn)
        account->state = ESCROW_CLOSED;
    debt_refund(escrow, index);
    if (!settlement.overdrawn)
        close_selected(escrow, selected);
}

enum market_error debt_account_close(struct escrow *escrow, uint32_t index, int64_t height, bool *overdrawn)
{
    struct escrow_account *account = &escrow->accounts[index];
    bool open = account->state == ESCROW_OPEN;
    struct settlement settlement = debt_foresee(escrow, index, height);
    if (settlement.error != MARKET_OK)
        return settlement.error;
    uint32_t selected = debt_apply(escrow, index, &settlement, height, true);
    *overdrawn = open && account->state == ESCROW_OVERDRAWN;
    if (account->state == ESCROW_OVERDRAWN)
        return MARKET_OK;
    account->state = ESCROW_CLOSED;
    debt_refund(escrow, index);
    close_selected(escrow, selected);
    if (escrow->rules->same_block_close_strands)
        return MARKET_OK; /* [Q8] */
    uint32_t next;
    for (uint32_t i = account->first_open; i != SLOT_NONE; i = next) {
        next = escrow->payments[i].next_open;
        escrow_payment_enter(escrow, i, ESCROW_CLOSED);
        (void)escrow_pay_out(escrow, &escrow->payments[i]);
    }
    return MARKET_OK;
}

/* --- Payments --- */

enum market_error debt_payment_open(struct escrow *escrow, const struct escrow_payment_opening *opening, int64_t height,
                                    uint32_t *index)
{
    const struct escrow_account *account = &escrow->accounts[opening->account];
    struct settlement settlement = debt_foresee(escrow, opening->account, height);
    if (settlement.error != MARKET_OK)
        return settlement.error;
    if (settlement.overdrawn)
        return MARKET_ACCOUNT_OVERDRAWN;
    if (opening->denom != account->denom && escrow_pot(escrow, opening->account, opening->denom) == NULL)
        return MARKET_INVALID_DENOMINATION;
    if (decimal_is_zero(opening->rate))
        return MARKET_PAYMENT_RATE_ZERO;
    if (escrow_payment_exists(escrow, opening))
        return MARKET_PAYMENT_EXISTS;
    check(decimal_is_positive(opening->rate), "payment with a negative rate");
    (void)debt_apply(escrow, opening->account, &settlement, height, !escrow->rules->new_lease_uncredits);
    *index = escrow_payment_make(escrow, opening);
    return MARKET_OK;
}

/* Whether a settlement without error selects this open payment. */
static bool selects(const struct settlement *settlement)
{
    return !settlement->stopped && settlement->delta > 0;
}

enum market_error debt_payment_withdraw(struct escrow *escrow, uint32_t index, int64_t height, bool *overdrawn)
{
    const struct escrow_payment *payment = &escrow->payments[index];
    if (payment->state != ESCROW_OPEN)
        return MARKET_PAYMENT_CLOSED;
    bool open = escrow->accounts[payment->account].state == ESCROW_OPEN;
    struct settlement settlement = debt_foresee(escrow, payment->account, height);
    if (settlement.error != MARKET_OK)
        return settlement.error;
    if (!settlement.overdrawn && !selects(&settlement) && escrow->rules->same_block_withdraw_panics)
        return MARKET_PANIC; /* [Q6] */
    (void)debt_apply(escrow, payment->account, &settlement, height, true);
    *overdrawn = open && escrow->accounts[payment->account].state == ESCROW_OVERDRAWN;
    if (!settlement.overdrawn)
        (void)escrow_pay_out(escrow, &escrow->payments[index]);
    return MARKET_OK;
}

enum market_error debt_payment_close(struct escrow *escrow, uint32_t index, int64_t height, bool *overdrawn)
{
    struct escrow_payment *payment = &escrow->payments[index];
    if (payment->state == ESCROW_CLOSED)
        return MARKET_PAYMENT_CLOSED;
    bool was_open = payment->state == ESCROW_OPEN, open = escrow->accounts[payment->account].state == ESCROW_OPEN;
    struct settlement settlement = debt_foresee(escrow, payment->account, height);
    if (settlement.error != MARKET_OK)
        return settlement.error;
    (void)debt_apply(escrow, payment->account, &settlement, height, true);
    *overdrawn = open && escrow->accounts[payment->account].state == ESCROW_OVERDRAWN;
    bool closes = selects(&settlement) || (!settlement.stopped && !escrow->rules->same_block_close_ghosts); /* [Q7] */
    if (settlement.overdrawn || !was_open || !closes)
        return MARKET_OK;
    escrow_payment_enter(escrow, index, ESCROW_CLOSED);
    (void)escrow_pay_out(escrow, payment);
    return MARKET_OK;
}
