/* The operations of escrow by shares (rules profile 2024-07, section 4.5). */
#include "models/market/escrow.h"
#include "models/market/escrow_inside.h"

#include "sim/base/nomalloc.h"

enum market_error shares_account_deposit(struct escrow *escrow, uint32_t index, uint32_t depositor,
                                         enum market_denom denom, int64_t amount)
{
    struct escrow_account *account = &escrow->accounts[index];
    if (depositor != account->owner && account->depositor != account->owner && depositor != account->depositor)
        return MARKET_INVALID_ACCOUNT_DEPOSITOR;
    if (account->state != ESCROW_OPEN)
        return MARKET_ACCOUNT_CLOSED;
    if (denom != account->denom)
        return MARKET_PANIC;
    if (!bank_can_pay(escrow->bank, depositor, denom, amount))
        return MARKET_INSUFFICIENT_FUNDS;
    struct bank_transfer deposit = {depositor, BANK_ESCROW, denom, amount, MARKET_TRANSFER_DEPOSIT};
    bank_move(escrow->bank, deposit, (struct market_event){.deployment = account->deployment});
    decimal *pot = depositor == account->owner ? &account->balance : &account->funds;
    *pot = decimal_add(*pot, decimal_from_int(amount));
    if (depositor != account->owner)
        account->depositor = depositor;
    return MARKET_OK;
}

/* Closing a payment stores the new state only together with a pay-out: [R2]. */
static void payment_finish(struct escrow *escrow, uint32_t index)
{
    struct escrow_payment *payment = &escrow->payments[index];
    int64_t paid = escrow_pay_out(escrow, payment);
    if (paid == 0 && escrow->rules->unpaid_close_forgotten)
        return;
    escrow_payment_enter(escrow, index, ESCROW_CLOSED);
}

static bool below_one(decimal amount)
{
    return decimal_compare(amount, decimal_from_int(1)) < 0;
}

/* Section 4.4. True when the account was stored. */
static bool account_pay_back(struct escrow *escrow, struct escrow_account *account)
{
    if (below_one(account->balance) && below_one(account->funds))
        return false;
    int64_t own = decimal_truncate(account->balance), foreign = decimal_truncate(account->funds);
    account->state = ESCROW_CLOSED;
    escrow_refund(escrow, account, account->owner, own);
    escrow_refund(escrow, account, account->depositor, foreign);
    account->balance = decimal_sub(account->balance, decimal_from_int(own));
    account->funds = decimal_sub(account->funds, decimal_from_int(foreign));
    struct bank_grant *grant = bank_grant_find(escrow->bank, account->depositor, account->owner);
    if (foreign > 0 && grant != NULL)
        grant->limit = grant->limit > INT64_MAX - foreign ? INT64_MAX : grant->limit + foreign;
    return true;
}

/* Raising a grant's limit by coins of another denom panics. */
static bool pay_back_panics(const struct escrow *escrow, const struct escrow_account *account,
                            const struct settlement *settlement)
{
    bool nothing_back = below_one(settlement->balance) && below_one(settlement->funds);
    if (settlement->overdrawn || settlement->funds_returned || nothing_back || decimal_is_zero(settlement->funds))
        return false;
    const struct bank_grant *grant = bank_grant_find(escrow->bank, account->depositor, account->owner);
    return grant != NULL && grant->denom != account->denom;
}

enum market_error shares_account_close(struct escrow *escrow, uint32_t index, int64_t height, bool *overdrawn)
{
    struct escrow_account *account = &escrow->accounts[index];
    struct settlement settlement = shares_foresee(escrow, index, height);
    if (settlement.error != MARKET_OK)
        return settlement.error;
    if (pay_back_panics(escrow, account, &settlement))
        return MARKET_PANIC;
    shares_apply(escrow, index, &settlement, height);
    *overdrawn = settlement.overdrawn;
    if (settlement.overdrawn)
        return MARKET_OK;
    (void)account_pay_back(escrow, account);
    if (!settlement.selected && escrow->rules->same_block_close_strands)
        return MARKET_OK; /* [R5] */
    uint32_t next;
    for (uint32_t i = account->first_open; i != SLOT_NONE; i = next) {
        next = escrow->payments[i].next_open;
        payment_finish(escrow, i);
    }
    return MARKET_OK;
}

/* --- Payments --- */

enum market_error shares_payment_open(struct escrow *escrow, const struct escrow_payment_opening *opening, int64_t height,
                                      uint32_t *index)
{
    struct escrow_account *account = &escrow->accounts[opening->account];
    struct settlement settlement = shares_foresee(escrow, opening->account, height);
    if (settlement.error != MARKET_OK)
        return settlement.error;
    if (settlement.overdrawn)
        return MARKET_ACCOUNT_OVERDRAWN;
    if (opening->denom != account->denom)
        return MARKET_INVALID_DENOMINATION;
    if (decimal_is_zero(opening->rate))
        return MARKET_PAYMENT_RATE_ZERO;
    if (escrow_payment_exists(escrow, opening))
        return MARKET_PAYMENT_EXISTS;
    check(decimal_is_positive(opening->rate), "payment with a negative rate");
    shares_apply(escrow, opening->account, &settlement, height);
    *index = escrow_payment_make(escrow, opening);
    return MARKET_OK;
}

/* Settles the account of an open payment. */
static enum market_error payment_settle(struct escrow *escrow, uint32_t index, int64_t height, bool *overdrawn)
{
    const struct escrow_payment *payment = &escrow->payments[index];
    if (payment->state != ESCROW_OPEN)
        return MARKET_PAYMENT_CLOSED;
    struct settlement settlement = shares_foresee(escrow, payment->account, height);
    if (settlement.error != MARKET_OK)
        return settlement.error;
    shares_apply(escrow, payment->account, &settlement, height);
    *overdrawn = settlement.overdrawn;
    return MARKET_OK;
}

enum market_error shares_payment_withdraw(struct escrow *escrow, uint32_t index, int64_t height, bool *overdrawn)
{
    enum market_error error = payment_settle(escrow, index, height, overdrawn);
    if (error == MARKET_OK && !*overdrawn)
        (void)escrow_pay_out(escrow, &escrow->payments[index]);
    return error;
}

enum market_error shares_payment_close(struct escrow *escrow, uint32_t index, int64_t height, bool *overdrawn)
{
    enum market_error error = payment_settle(escrow, index, height, overdrawn);
    if (error == MARKET_OK && !*overdrawn)
        payment_finish(escrow, index);
    return error;
}
