/* Escrow by debt: whose money an account holds, and which accounts an owner has. */
#include "models/market/escrow.h"
#include "models/market/escrow_inside.h"

#include <string.h>

#include "sim/base/nomalloc.h"

/* --- Accounts of one owner ([Q15]) --- */

enum { DSEQ_TEXT = 24 };

static uint8_t digits_of(uint64_t dseq)
{
    uint8_t digits = 1;
    for (; dseq >= 10; dseq /= 10)
        digits++;
    return digits;
}

static void dseq_write(uint64_t dseq, char text[DSEQ_TEXT])
{
    uint8_t n = digits_of(dseq);
    text[n] = '\0';
    for (; n > 0; dseq /= 10)
        text[--n] = (char)('0' + (int)(dseq % 10));
}

static void owner_join(struct escrow *escrow, uint32_t index)
{
    struct escrow_account *account = &escrow->accounts[index];
    struct escrow_owner *owner = &escrow->owners[account->owner];
    uint8_t digits = digits_of(account->dseq);
    account->previous_of_owner = SLOT_NONE;
    account->next_of_owner = owner->first_account;
    if (owner->first_account != SLOT_NONE)
        escrow->accounts[owner->first_account].previous_of_owner = index;
    owner->first_account = index;
    if (owner->shortest == 0 || digits < owner->shortest)
        owner->shortest = digits;
    if (digits > owner->longest)
        owner->longest = digits;
}

static void owner_leave(struct escrow *escrow, uint32_t index)
{
    const struct escrow_account *account = &escrow->accounts[index];
    if (account->next_of_owner != SLOT_NONE)
        escrow->accounts[account->next_of_owner].previous_of_owner = account->previous_of_owner;
    if (account->previous_of_owner != SLOT_NONE)
        escrow->accounts[account->previous_of_owner].next_of_owner = account->next_of_owner;
    else
        escrow->owners[account->owner].first_account = account->next_of_owner;
}

uint32_t escrow_captured_next(const struct escrow *escrow, uint32_t index, uint32_t after)
{
    const struct escrow_account *account = &escrow->accounts[index];
    if (!escrow->rules->prefix_captures || escrow->owners == NULL ||
        escrow->owners[account->owner].shortest == escrow->owners[account->owner].longest)
        return SLOT_NONE;
    char own[DSEQ_TEXT], last[DSEQ_TEXT], text[DSEQ_TEXT], best[DSEQ_TEXT] = "";
    uint32_t found = SLOT_NONE;
    dseq_write(account->dseq, own);
    dseq_write(escrow->accounts[after].dseq, last);
    for (uint32_t i = escrow->owners[account->owner].first_account; i != SLOT_NONE;
         i = escrow->accounts[i].next_of_owner) {
        dseq_write(escrow->accounts[i].dseq, text);
        bool captured = strncmp(text, own, strlen(own)) == 0 && strcmp(text, last) > 0;
        if (captured && (found == SLOT_NONE || strcmp(text, best) < 0)) {
            found = i;
            memcpy(best, text, sizeof best);
        }
    }
    return found;
}

/* --- Deposits --- */

void debt_account_begin(struct escrow *escrow, uint32_t index)
{
    owner_join(escrow, index);
}

static uint32_t deposit_make(struct escrow *escrow, enum market_denom denom, const struct bank_part *part)
{
    uint32_t index = slots_take(&escrow->deposit_slots);
    escrow->deposits[index] = (struct escrow_deposit){.left = decimal_from_int(part->amount),
                                                      .depositor = part->payer,
                                                      .next = SLOT_NONE,
                                                      .denom = (uint8_t)denom,
                                                      .granted = part->granted};
    return index;
}

void escrow_list_add(struct escrow *escrow, uint32_t *first, enum market_denom denom, const struct bank_part *part)
{
    while (*first != SLOT_NONE)
        first = &escrow->deposits[*first].next;
    *first = deposit_make(escrow, denom, part);
}

void escrow_list_refund(struct escrow *escrow, uint32_t *first, uint32_t owner, enum market_transfer what,
                        struct market_event about)
{
    uint32_t next;
    for (uint32_t i = *first; i != SLOT_NONE; i = next) {
        const struct escrow_deposit *deposit = &escrow->deposits[i];
        enum market_denom denom = (enum market_denom)deposit->denom;
        int64_t whole = decimal_truncate(deposit->left);
        struct bank_transfer refund = {BANK_ESCROW, deposit->depositor, denom, whole, what};
        bank_move(escrow->bank, refund, about);
        if (deposit->granted)
            bank_grant_restore(escrow->bank, deposit->depositor, owner, denom, whole);
        decimal fraction = decimal_sub(deposit->left, decimal_from_int(whole));
        escrow->dust[denom] = decimal_add(escrow->dust[denom], fraction);
        next = deposit->next;
        slots_give(&escrow->deposit_slots, i);
    }
    *first = SLOT_NONE;
}

const struct escrow_pot *escrow_pot(const struct escrow *escrow, uint32_t account, enum market_denom denom)
{
    uint32_t i = escrow->accounts[account].first_pot;
    while (i != SLOT_NONE && escrow->pots[i].denom != denom)
        i = escrow->pots[i].next;
    return i != SLOT_NONE ? &escrow->pots[i] : NULL;
}

/* The entry of a denom; made where there is none. */
static decimal *entry_of(struct escrow *escrow, struct escrow_account *account, enum market_denom denom)
{
    if (denom == account->denom)
        return &account->balance;
    uint32_t *link = &account->first_pot;
    while (*link != SLOT_NONE && escrow->pots[*link].denom != denom)
        link = &escrow->pots[*link].next;
    if (*link == SLOT_NONE) {
        *link = slots_take(&escrow->pot_slots);
        escrow->pots[*link] = (struct escrow_pot){.next = SLOT_NONE, .denom = (uint8_t)denom};
    }
    return &escrow->pots[*link].funds;
}

void escrow_part_add(struct escrow *escrow, uint32_t index, enum market_denom denom, const struct bank_part *part)
{
    struct escrow_account *account = &escrow->accounts[index];
    check(account->state != ESCROW_CLOSED, "deposit into a closed account");
    decimal *entry = entry_of(escrow, account, denom);
    if (decimal_is_negative(*entry))
        *entry = decimal_zero();
    *entry = decimal_add(*entry, decimal_from_int(part->amount));
    uint32_t deposit = deposit_make(escrow, denom, part);
    if (account->last_deposit != SLOT_NONE)
        escrow->deposits[account->last_deposit].next = deposit;
    else
        account->first_deposit = deposit;
    account->last_deposit = deposit;
}

void debt_spend(struct escrow *escrow, struct escrow_account *account, enum market_denom denom, decimal amount)
{
    uint32_t *link = &account->first_deposit, before = SLOT_NONE;
    while (decimal_is_positive(amount)) {
        check(*link != SLOT_NONE, "more is spent than was deposited");
        uint32_t index = *link;
        struct escrow_deposit *deposit = &escrow->deposits[index];
        decimal taken = deposit->denom == denom ? decimal_min(deposit->left, amount) : decimal_zero();
        deposit->left = decimal_sub(deposit->left, taken);
        amount = decimal_sub(amount, taken);
        if (!decimal_is_zero(deposit->left)) {
            before = index;
            link = &deposit->next;
            continue;
        }
        *link = deposit->next;
        if (account->last_deposit == index)
            account->last_deposit = before;
        slots_give(&escrow->deposit_slots, index);
    }
}

void debt_refund(struct escrow *escrow, uint32_t index)
{
    struct escrow_account *account = &escrow->accounts[index];
    for (uint32_t i = account->first_deposit; i != SLOT_NONE; i = escrow->deposits[i].next) {
        decimal *entry = entry_of(escrow, account, (enum market_denom)escrow->deposits[i].denom);
        *entry = decimal_sub(*entry, escrow->deposits[i].left);
    }
    escrow_list_refund(escrow, &account->first_deposit, account->owner, MARKET_TRANSFER_REFUND,
                       (struct market_event){.deployment = account->deployment});
    account->last_deposit = SLOT_NONE;
}

void debt_account_end(struct escrow *escrow, uint32_t index)
{
    struct escrow_account *account = &escrow->accounts[index];
    uint32_t next;
    for (uint32_t i = account->first_deposit; i != SLOT_NONE; i = next) {
        const struct escrow_deposit *deposit = &escrow->deposits[i];
        escrow->dust[deposit->denom] = decimal_add(escrow->dust[deposit->denom], deposit->left);
        next = deposit->next;
        slots_give(&escrow->deposit_slots, i);
    }
    for (uint32_t i = account->first_pot; i != SLOT_NONE; i = next) {
        next = escrow->pots[i].next;
        slots_give(&escrow->pot_slots, i);
    }
    owner_leave(escrow, index);
}
