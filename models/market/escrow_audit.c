/* What escrow holds, and whether it adds up. */
#include "models/market/escrow.h"
#include "models/market/escrow_inside.h"

#include "sim/base/nomalloc.h"

static void hold(decimal held[MARKET_DENOMS], uint8_t denom, decimal amount)
{
    held[denom] = decimal_add(held[denom], amount);
}

void escrow_account_hold(const struct escrow *escrow, uint32_t index, decimal held[MARKET_DENOMS])
{
    const struct escrow_account *account = &escrow->accounts[index];
    if (!escrow_by_debt(escrow)) {
        hold(held, account->denom, account->balance);
        hold(held, account->denom, account->funds);
    }
    for (uint32_t i = account->first_deposit; i != SLOT_NONE; i = escrow->deposits[i].next)
        hold(held, escrow->deposits[i].denom, escrow->deposits[i].left);
    for (uint32_t i = account->first_payment; i != SLOT_NONE; i = escrow->payments[i].next)
        hold(held, escrow->payments[i].denom, escrow->payments[i].balance);
}

decimal escrow_account_stuck(const struct escrow *escrow, uint32_t index)
{
    decimal stuck = decimal_zero();
    if (escrow->accounts[index].state != ESCROW_CLOSED)
        return stuck;
    for (uint32_t i = escrow->accounts[index].first_payment; i != SLOT_NONE; i = escrow->payments[i].next)
        if (escrow->payments[i].state == ESCROW_OPEN)
            stuck = decimal_add(stuck, escrow->payments[i].balance);
    return stuck;
}

void escrow_account_forget(struct escrow *escrow, uint32_t index)
{
    struct escrow_account *account = &escrow->accounts[index];
    uint32_t next;
    bool closed = account->state == ESCROW_CLOSED;
    if (escrow_by_debt(escrow))
        debt_account_end(escrow, index);
    else
        hold(escrow->dust, account->denom, decimal_add(account->balance, account->funds));
    for (uint32_t i = account->first_payment; i != SLOT_NONE; i = next) {
        next = escrow->payments[i].next;
        bool stuck = closed && escrow->payments[i].state == ESCROW_OPEN;
        hold(stuck ? escrow->stuck : escrow->dust, escrow->payments[i].denom, escrow->payments[i].balance);
        slots_give(&escrow->payment_slots, i);
    }
    slots_give(&escrow->account_slots, index);
}

/* What is in the entries belongs to the deposits: each entry is their sum, or negative where they hold nothing. */
static void audit_entries(const struct escrow *escrow, uint32_t index)
{
    const struct escrow_account *account = &escrow->accounts[index];
    decimal sum[MARKET_DENOMS] = {0};
    uint32_t last = SLOT_NONE;
    for (uint32_t i = account->first_deposit; i != SLOT_NONE; i = escrow->deposits[i].next) {
        check(slots_in_use(&escrow->deposit_slots, i) && decimal_is_positive(escrow->deposits[i].left), "empty deposit");
        hold(sum, escrow->deposits[i].denom, escrow->deposits[i].left);
        last = i;
    }
    check(last == account->last_deposit, "last deposit is not the last");
    for (int denom = 1; denom < MARKET_DENOMS; denom++) {
        const struct escrow_pot *pot = escrow_pot(escrow, index, (enum market_denom)denom);
        decimal entry = denom == account->denom ? account->balance : pot != NULL ? pot->funds : decimal_zero();
        check(decimal_is_negative(entry) ? decimal_is_zero(sum[denom]) : decimal_compare(entry, sum[denom]) == 0,
              "entry and deposits differ");
    }
    check(decimal_is_zero(account->funds) && account->depositor == account->owner, "funds of a second depositor");
    check(account->state != ESCROW_OVERDRAWN || decimal_is_negative(account->balance), "overdrawn without a debt");
    check(account->state != ESCROW_CLOSED || account->first_deposit == SLOT_NONE, "closed with deposits");
}

static void audit_payment(uint32_t account, const struct escrow_payment *payment)
{
    check(payment->account == account, "payment of another account");
    check(decimal_is_positive(payment->rate), "payment without a rate");
    check(!decimal_is_negative(payment->balance) && !decimal_is_negative(payment->unsettled), "negative payment");
    check(payment->state == ESCROW_OVERDRAWN || decimal_is_zero(payment->unsettled), "debt of a payment not overdrawn");
}

void escrow_account_audit(const struct escrow *escrow, uint32_t index, decimal held[MARKET_DENOMS])
{
    const struct escrow_account *account = &escrow->accounts[index];
    decimal rates = decimal_zero();
    uint32_t n_live = 0, n_listed = 0, n_open = 0;
    bool by_debt = escrow_by_debt(escrow);
    for (uint32_t i = account->first_payment; i != SLOT_NONE; i = escrow->payments[i].next) {
        const struct escrow_payment *payment = &escrow->payments[i];
        check(slots_in_use(&escrow->payment_slots, i), "payment not in use");
        audit_payment(index, payment);
        n_live += payment->state == ESCROW_OPEN || (by_debt && payment->state == ESCROW_OVERDRAWN);
    }
    for (uint32_t i = account->first_open; i != SLOT_NONE; i = escrow->payments[i].next_open, n_listed++) {
        const struct escrow_payment *payment = &escrow->payments[i];
        check(payment->state != ESCROW_CLOSED && payment->account == index, "payment in the wrong list");
        check(payment->next_open == SLOT_NONE ||
                  escrow_payment_compare(escrow, payment, &escrow->payments[payment->next_open]) < 0,
              "payments out of order");
        if (payment->state == ESCROW_OPEN)
            rates = decimal_add(rates, payment->rate);
        n_open += payment->state == ESCROW_OPEN;
    }
    check(n_live == n_listed, "open payments missing from the list");
    check(decimal_compare(rates, account->open_rate) == 0, "sum of rates is wrong");
    check(account->state != ESCROW_OVERDRAWN || n_open == 0 || (by_debt && escrow->rules->prefix_captures),
          "overdrawn account with open payments");
    if (by_debt) {
        audit_entries(escrow, index);
    } else {
        check(!decimal_is_negative(account->balance) && !decimal_is_negative(account->funds), "negative amount in escrow");
        check(account->depositor != account->owner || decimal_is_zero(account->funds), "funds without a depositor");
    }
    escrow_account_hold(escrow, index, held);
}
