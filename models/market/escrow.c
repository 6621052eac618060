#include "models/market/escrow.h"
#include "models/market/escrow_inside.h"

#include <string.h>

#include "sim/base/nomalloc.h"

static const char *const state_names[] = {"open", "overdrawn", "closed"};

const char *escrow_state_name(enum escrow_state state)
{
    check(state <= ESCROW_CLOSED, "escrow state %d does not exist", (int)state);
    return state_names[state];
}

void escrow_open(struct escrow *escrow, struct arena *arena, const struct market_rules *rules, struct bank *bank,
                 const struct escrow_limits *limits)
{
    *escrow = (struct escrow){.rules = rules,
                              .bank = bank,
                              .accounts = arena_alloc(arena, limits->accounts, sizeof *escrow->accounts),
                              .payments = arena_alloc(arena, limits->payments, sizeof *escrow->payments),
                              .account_slots = slots_open(arena, limits->accounts, "market_limits.deployments"),
                              .payment_slots = slots_open(arena, limits->payments, "market_limits.leases")};
    if (!escrow_by_debt(escrow))
        return;
    uint32_t limit_pots = limits->accounts * (MARKET_DENOMS - 2); /* all denoms but none and the account's own */
    escrow->deposits = arena_alloc(arena, limits->deposits, sizeof *escrow->deposits);
    escrow->deposit_slots = slots_open(arena, limits->deposits, "market_limits.deposits");
    escrow->pots = arena_alloc(arena, limit_pots, sizeof *escrow->pots);
    escrow->pot_slots = slots_open(arena, limit_pots, "market_limits.deployments");
    escrow->owners = arena_alloc(arena, bank->limit_wallets, sizeof *escrow->owners);
    for (uint32_t i = 0; i < bank->limit_wallets; i++)
        escrow->owners[i] = (struct escrow_owner){.first_account = SLOT_NONE};
}

void escrow_bme_set(struct escrow *escrow, enum bme_status status, decimal akt_price)
{
    check(decimal_is_zero(akt_price) || akt_price.atto >= ESCROW_PRICE_MIN_ATTO, "price of AKT below a millionth of ACT");
    escrow->bme_status = status;
    escrow->akt_price = akt_price;
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
    enum market_denom denom = (enum market_denom)payment->denom;
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

int escrow_payment_compare(const struct escrow *escrow, const struct escrow_payment *a, const struct escrow_payment *b)
{
    int order = number_text_compare(a->gseq, b->gseq);
    if (order == 0)
        order = number_text_compare(a->oseq, b->oseq);
    if (order == 0)
        order = bank_wallet_compare(escrow->bank, a->provider, b->provider);
    return order;
}

bool escrow_payment_exists(const struct escrow *escrow, const struct escrow_payment_opening *opening)
{
    uint32_t i = escrow->accounts[opening->account].first_payment;
    for (; i != SLOT_NONE; i = escrow->payments[i].next) {
        const struct escrow_payment *payment = &escrow->payments[i];
        if (payment->gseq == opening->gseq && payment->oseq == opening->oseq && payment->provider == opening->provider)
            return true;
    }
    return false;
}

uint32_t escrow_payment_make(struct escrow *escrow, const struct escrow_payment_opening *opening)
{
    struct escrow_account *account = &escrow->accounts[opening->account];
    uint32_t index = slots_take(&escrow->payment_slots);
    struct escrow_payment *payment = &escrow->payments[index];
    *payment = (struct escrow_payment){.rate = opening->rate,
                                       .account = opening->account,
                                       .provider = opening->provider,
                                       .gseq = opening->gseq,
                                       .oseq = opening->oseq,
                                       .next = account->first_payment,
                                       .lease = opening->lease,
                                       .state = ESCROW_OPEN,
                                       .denom = (uint8_t)opening->denom};
    account->first_payment = index;
    uint32_t *link = &account->first_open;
    while (*link != SLOT_NONE && escrow_payment_compare(escrow, &escrow->payments[*link], payment) < 0)
        link = &escrow->payments[*link].next_open;
    payment->next_open = *link;
    *link = index;
    account->open_rate = decimal_add(account->open_rate, payment->rate);
    return index;
}

static void open_list_remove(struct escrow *escrow, uint32_t index)
{
    uint32_t *link = &escrow->accounts[escrow->payments[index].account].first_open;
    while (*link != index) {
        check(*link != SLOT_NONE, "open payment missing from its account's list");
        link = &escrow->payments[*link].next_open;
    }
    *link = escrow->payments[index].next_open;
}

void escrow_payment_enter(struct escrow *escrow, uint32_t index, enum escrow_state state)
{
    struct escrow_payment *payment = &escrow->payments[index];
    struct escrow_account *account = &escrow->accounts[payment->account];
    check(payment->state != ESCROW_CLOSED, "closed payment moves again");
    if (payment->state == ESCROW_OPEN)
        account->open_rate = decimal_sub(account->open_rate, payment->rate);
    if (state == ESCROW_OPEN)
        account->open_rate = decimal_add(account->open_rate, payment->rate);
    if (state == ESCROW_CLOSED)
        open_list_remove(escrow, index);
    payment->state = (uint8_t)state;
}

/* --- Operations, one way or the other --- */

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
                                                       .first_deposit = SLOT_NONE,
                                                       .last_deposit = SLOT_NONE,
                                                       .first_pot = SLOT_NONE,
                                                       .deployment = opening->deployment,
                                                       .dseq = opening->dseq,
                                                       .state = ESCROW_OPEN,
                                                       .denom = (uint8_t)opening->denom};
    if (escrow_by_debt(escrow))
        debt_account_begin(escrow, *index);
    if (opening->amount == 0)
        return MARKET_OK;
    return escrow_account_deposit(escrow, *index, opening->depositor, opening->denom, opening->amount);
}

enum market_error escrow_account_deposit(struct escrow *escrow, uint32_t account, uint32_t depositor,
                                         enum market_denom denom, int64_t amount)
{
    return escrow_by_debt(escrow) ? debt_account_deposit(escrow, account, depositor, denom, amount)
                                  : shares_account_deposit(escrow, account, depositor, denom, amount);
}

enum market_error escrow_account_close(struct escrow *escrow, uint32_t account, int64_t height, bool *overdrawn)
{
    return escrow_by_debt(escrow) ? debt_account_close(escrow, account, height, overdrawn)
                                  : shares_account_close(escrow, account, height, overdrawn);
}

enum market_error escrow_payment_open(struct escrow *escrow, const struct escrow_payment_opening *opening, int64_t height,
                                      uint32_t *payment)
{
    return escrow_by_debt(escrow) ? debt_payment_open(escrow, opening, height, payment)
                                  : shares_payment_open(escrow, opening, height, payment);
}

enum market_error escrow_payment_withdraw(struct escrow *escrow, uint32_t payment, int64_t height, bool *overdrawn)
{
    return escrow_by_debt(escrow) ? debt_payment_withdraw(escrow, payment, height, overdrawn)
                                  : shares_payment_withdraw(escrow, payment, height, overdrawn);
}

enum market_error escrow_payment_close(struct escrow *escrow, uint32_t payment, int64_t height, bool *overdrawn)
{
    return escrow_by_debt(escrow) ? debt_payment_close(escrow, payment, height, overdrawn)
                                  : shares_payment_close(escrow, payment, height, overdrawn);
}

struct settlement settlement_foresee(const struct escrow *escrow, uint32_t account, int64_t height)
{
    return escrow_by_debt(escrow) ? debt_foresee(escrow, account, height) : shares_foresee(escrow, account, height);
}

void settlement_apply(struct escrow *escrow, uint32_t account, const struct settlement *settlement, int64_t height)
{
    if (escrow_by_debt(escrow))
        (void)debt_apply(escrow, account, settlement, height, true);
    else
        shares_apply(escrow, account, settlement, height);
}

int64_t escrow_dry_height(const struct escrow *escrow, uint32_t account)
{
    return escrow_by_debt(escrow) ? debt_dry_height(escrow, account) : shares_dry_height(escrow, account);
}
