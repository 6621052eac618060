#include "models/market/escrow.h"
#include "models/market/escrow_inside.h"

#include <string.h>

#include "sim/nomalloc.h"

static const char *const state_names[] = {"open", "overdrawn", "closed"};

const char *escrow_state_name(enum escrow_state state)
{
    check(state <= ESCROW_CLOSED, "escrow state %d does not exist", (int)state);
    return state_names[state];
}

void escrow_open(struct escrow *escrow, struct arena *arena, const struct market_rules *rules, struct bank *bank,
                 uint32_t limit_accounts, uint32_t limit_payments)
{
    *escrow = (struct escrow){.rules = rules,
                              .bank = bank,
                              .accounts = arena_alloc(arena, limit_accounts, sizeof *escrow->accounts),
                              .payments = arena_alloc(arena, limit_payments, sizeof *escrow->payments),
                              .account_slots = slots_open(arena, limit_accounts, "limits.market_deployments"),
                              .payment_slots = slots_open(arena, limit_payments, "limits.market_leases")};
}

/* --- Money --- */

void escrow_refund(struct escrow *escrow, const struct escrow_account *account, uint32_t to, int64_t amount)
{
    struct bank_transfer refund = {BANK_ESCROW, to, (enum market_denom)account->denom, amount, MARKET_TRANSFER_REFUND};
    bank_move(escrow->bank, refund, (struct market_event){.deployment = account->deployment});
}

int64_t escrow_pay_out(struct escrow *escrow, struct escrow_payment *payment)
{
    const struct escrow_account *account = &escrow->accounts[payment->account];
    enum market_denom denom = (enum market_denom)account->denom;
    int64_t gross = decimal_truncate(payment->balance);
    if (gross == 0)
        return 0;
    int64_t fee = (int64_t)((decimal_bits)gross * escrow->rules->take_percent[denom] / 100);
    struct market_event about = {
        .deployment = account->deployment, .lease = payment->lease, .provider = payment->provider};
    struct bank_transfer take = {BANK_ESCROW, BANK_POOL, denom, fee, MARKET_TRANSFER_TAKE};
    struct bank_transfer net = {BANK_ESCROW, payment->provider, denom, gross - fee, MARKET_TRANSFER_PAYMENT};
    bank_move(escrow->bank, take, about);
    bank_move(escrow->bank, net, about);
    payment->withdrawn += gross;
    payment->balance = decimal_sub(payment->balance, decimal_from_int(gross));
    return gross;
}

static enum market_error take_deposit(struct escrow *escrow, struct escrow_account *account, uint32_t depositor,
                                      int64_t amount)
{
    enum market_denom denom = (enum market_denom)account->denom;
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

/* --- Lists of payments --- */

/* Numbers in the order of their decimal texts, each followed by a slash: 1, 10, 11, 2. As '/' sorts before the digits, a
 * number comes before those that it begins. */
static int number_text_compare(uint32_t a, uint32_t b)
{
    if (a < 10 && b < 10)
        return (a > b) - (a < b);
    uint64_t scaled_a = a, scaled_b = b;
    for (uint64_t reach = 10; reach <= a || reach <= b; reach *= 10) {
        scaled_a *= a < reach ? 10 : 1;
        scaled_b *= b < reach ? 10 : 1;
    }
    if (scaled_a != scaled_b)
        return scaled_a < scaled_b ? -1 : 1;
    return (a > b) - (a < b);
}

static int payment_compare(const struct escrow *escrow, const struct escrow_payment *a, const struct escrow_payment *b)
{
    int order = number_text_compare(a->gseq, b->gseq);
    if (order == 0)
        order = number_text_compare(a->oseq, b->oseq);
    if (order == 0)
        order = bank_wallet_compare(escrow->bank, a->provider, b->provider);
    return order;
}

static bool payment_exists(const struct escrow *escrow, const struct escrow_payment_opening *opening)
{
    uint32_t i = escrow->accounts[opening->account].first_payment;
    for (; i != SLOT_NONE; i = escrow->payments[i].next) {
        const struct escrow_payment *payment = &escrow->payments[i];
        if (payment->gseq == opening->gseq && payment->oseq == opening->oseq && payment->provider == opening->provider)
            return true;
    }
    return false;
}

static void open_list_insert(struct escrow *escrow, struct escrow_account *account, uint32_t index)
{
    struct escrow_payment *payment = &escrow->payments[index];
    uint32_t *link = &account->first_open;
    while (*link != SLOT_NONE && payment_compare(escrow, &escrow->payments[*link], payment) < 0)
        link = &escrow->payments[*link].next_open;
    payment->next_open = *link;
    *link = index;
    account->open_rate = decimal_add(account->open_rate, payment->rate);
}

static void open_list_remove(struct escrow *escrow, uint32_t index)
{
    struct escrow_payment *payment = &escrow->payments[index];
    struct escrow_account *account = &escrow->accounts[payment->account];
    uint32_t *link = &account->first_open;
    while (*link != index) {
        check(*link != SLOT_NONE, "open payment missing from its account's list");
        link = &escrow->payments[*link].next_open;
    }
    *link = payment->next_open;
    account->open_rate = decimal_sub(account->open_rate, payment->rate);
}

/* --- Accounts --- */

enum market_error escrow_account_open(struct escrow *escrow, const struct escrow_opening *opening, int64_t height,
                                      uint32_t *index)
{
    if (!bank_can_pay(escrow->bank, opening->depositor, opening->denom, opening->amount))
        return MARKET_INSUFFICIENT_FUNDS;
    *index = slots_take(&escrow->account_slots);
    escrow->accounts[*index] = (struct escrow_account){.settled_at = height,
                                                       .owner = opening->owner,
                                                       .depositor = opening->owner,
                                                       .first_open = SLOT_NONE,
                                                       .first_payment = SLOT_NONE,
                                                       .deployment = opening->deployment,
                                                       .state = ESCROW_OPEN,
                                                       .denom = (uint8_t)opening->denom};
    return take_deposit(escrow, &escrow->accounts[*index], opening->depositor, opening->amount);
}

enum market_error escrow_account_deposit(struct escrow *escrow, uint32_t index, uint32_t depositor, enum market_denom denom,
                                         int64_t amount)
{
    struct escrow_account *account = &escrow->accounts[index];
    if (depositor != account->owner && account->depositor != account->owner && depositor != account->depositor)
        return MARKET_INVALID_ACCOUNT_DEPOSITOR;
    if (account->state != ESCROW_OPEN)
        return MARKET_ACCOUNT_CLOSED;
    if (denom != account->denom)
        return MARKET_PANIC;
    return take_deposit(escrow, account, depositor, amount);
}

/* Closing a payment stores the new state only together with a pay-out: [R2]. */
static void payment_finish(struct escrow *escrow, uint32_t index)
{
    struct escrow_payment *payment = &escrow->payments[index];
    int64_t paid = escrow_pay_out(escrow, payment);
    if (paid == 0 && escrow->rules->unpaid_close_forgotten)
        return;
    payment->state = ESCROW_CLOSED;
    open_list_remove(escrow, index);
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

enum market_error escrow_account_close(struct escrow *escrow, uint32_t index, int64_t height, bool *overdrawn)
{
    struct escrow_account *account = &escrow->accounts[index];
    struct settlement settlement = settlement_foresee(escrow, index, height);
    if (settlement.error != MARKET_OK)
        return settlement.error;
    if (pay_back_panics(escrow, account, &settlement))
        return MARKET_PANIC;
    settlement_apply(escrow, index, &settlement, height);
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

enum market_error escrow_payment_open(struct escrow *escrow, const struct escrow_payment_opening *opening, int64_t height,
                                      uint32_t *index)
{
    struct escrow_account *account = &escrow->accounts[opening->account];
    struct settlement settlement = settlement_foresee(escrow, opening->account, height);
    if (settlement.error != MARKET_OK)
        return settlement.error;
    if (settlement.overdrawn)
        return MARKET_ACCOUNT_OVERDRAWN;
    if (opening->denom != account->denom)
        return MARKET_INVALID_DENOMINATION;
    if (decimal_is_zero(opening->rate))
        return MARKET_PAYMENT_RATE_ZERO;
    if (payment_exists(escrow, opening))
        return MARKET_PAYMENT_EXISTS;
    check(decimal_is_positive(opening->rate), "payment with a negative rate");
    settlement_apply(escrow, opening->account, &settlement, height);
    *index = slots_take(&escrow->payment_slots);
    escrow->payments[*index] = (struct escrow_payment){.rate = opening->rate,
                                                       .account = opening->account,
                                                       .provider = opening->provider,
                                                       .gseq = opening->gseq,
                                                       .oseq = opening->oseq,
                                                       .next = account->first_payment,
                                                       .lease = opening->lease,
                                                       .state = ESCROW_OPEN};
    account->first_payment = *index;
    open_list_insert(escrow, account, *index);
    return MARKET_OK;
}

/* Settles the account of an open payment. */
static enum market_error payment_settle(struct escrow *escrow, uint32_t index, int64_t height, bool *overdrawn)
{
    const struct escrow_payment *payment = &escrow->payments[index];
    if (payment->state != ESCROW_OPEN)
        return MARKET_PAYMENT_CLOSED;
    struct settlement settlement = settlement_foresee(escrow, payment->account, height);
    if (settlement.error != MARKET_OK)
        return settlement.error;
    settlement_apply(escrow, payment->account, &settlement, height);
    *overdrawn = settlement.overdrawn;
    return MARKET_OK;
}

enum market_error escrow_payment_withdraw(struct escrow *escrow, uint32_t index, int64_t height, bool *overdrawn)
{
    enum market_error error = payment_settle(escrow, index, height, overdrawn);
    if (error == MARKET_OK && !*overdrawn)
        (void)escrow_pay_out(escrow, &escrow->payments[index]);
    return error;
}

enum market_error escrow_payment_close(struct escrow *escrow, uint32_t index, int64_t height, bool *overdrawn)
{
    enum market_error error = payment_settle(escrow, index, height, overdrawn);
    if (error == MARKET_OK && !*overdrawn)
        payment_finish(escrow, index);
    return error;
}

/* --- Housekeeping --- */

void escrow_account_forget(struct escrow *escrow, uint32_t index)
{
    struct escrow_account *account = &escrow->accounts[index];
    decimal left = decimal_add(account->balance, account->funds);
    uint32_t next;
    for (uint32_t i = account->first_payment; i != SLOT_NONE; i = next) {
        next = escrow->payments[i].next;
        left = decimal_add(left, escrow->payments[i].balance);
        slots_give(&escrow->payment_slots, i);
    }
    escrow->dust[account->denom] = decimal_add(escrow->dust[account->denom], left);
    slots_give(&escrow->account_slots, index);
}

static void hold(decimal held[MARKET_DENOMS], uint8_t denom, decimal amount)
{
    check(!decimal_is_negative(amount), "negative amount in escrow");
    held[denom] = decimal_add(held[denom], amount);
}

void escrow_account_audit(const struct escrow *escrow, uint32_t index, decimal held[MARKET_DENOMS])
{
    const struct escrow_account *account = &escrow->accounts[index];
    decimal rates = decimal_zero();
    uint32_t n_open = 0, n_listed = 0;
    hold(held, account->denom, account->balance);
    hold(held, account->denom, account->funds);
    for (uint32_t i = account->first_payment; i != SLOT_NONE; i = escrow->payments[i].next) {
        const struct escrow_payment *payment = &escrow->payments[i];
        check(slots_in_use(&escrow->payment_slots, i) && payment->account == index, "payment of another account");
        check(decimal_is_positive(payment->rate), "payment without a rate");
        hold(held, account->denom, payment->balance);
        n_open += payment->state == ESCROW_OPEN;
    }
    for (uint32_t i = account->first_open; i != SLOT_NONE; i = escrow->payments[i].next_open, n_listed++) {
        const struct escrow_payment *payment = &escrow->payments[i];
        check(payment->state == ESCROW_OPEN && payment->account == index, "payment in the wrong list");
        check(payment->next_open == SLOT_NONE ||
                  payment_compare(escrow, payment, &escrow->payments[payment->next_open]) < 0,
              "payments out of order");
        rates = decimal_add(rates, payment->rate);
    }
    check(n_open == n_listed, "open payments missing from the list");
    check(decimal_compare(rates, account->open_rate) == 0, "sum of rates is wrong");
    check(account->state != ESCROW_OVERDRAWN || n_open == 0, "overdrawn account with open payments");
    check(account->depositor != account->owner || decimal_is_zero(account->funds), "funds without a depositor");
}
