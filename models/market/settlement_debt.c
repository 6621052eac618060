/* Settlement by debt: section 4.2, steps 1 to 7, and the AKT fallback of 4.8 (rules profile 2026-08).
 *
 * Taking money from deposits in order gives each payment the same as taking it from their sum, so what a settlement does to
 * the payments follows from the sums alone; which deposits it came from matters only to who gets refunds. That is why the
 * same small steps (charge_one, convert_one) can foresee a settlement, and then do it. */
#include "models/market/escrow.h"
#include "models/market/escrow_inside.h"

#include "sim/base/nomalloc.h"

/* --- Which payments (step 4) --- */

/* The overdrawn ones of the account and of those that it captures, then the open ones, each in key order. */
struct selection {
    const struct escrow *escrow;
    uint32_t root, account; /* who settles; whose payments are being walked */
    uint32_t next;
    enum escrow_state state;
    bool open_too;
};

static struct selection selection_begin(const struct escrow *escrow, uint32_t account, const struct settlement *settlement)
{
    uint32_t first = settlement->stopped ? SLOT_NONE : escrow->accounts[account].first_open;
    return (struct selection){escrow, account, account, first, ESCROW_OVERDRAWN, settlement->delta > 0};
}

static uint32_t selection_next(struct selection *s)
{
    const struct escrow *escrow = s->escrow;
    for (;;) {
        while (s->next != SLOT_NONE) {
            uint32_t payment = s->next;
            s->next = escrow->payments[payment].next_open;
            if (escrow->payments[payment].state == s->state)
                return payment;
        }
        s->account = escrow_captured_next(escrow, s->root, s->account);
        if (s->account == SLOT_NONE) {
            if (s->state == ESCROW_OPEN || !s->open_too)
                return SLOT_NONE;
            s->state = ESCROW_OPEN;
            s->account = s->root;
        }
        s->next = escrow->accounts[s->account].first_open;
    }
}

/* --- What each gets (steps 5 and 6) --- */

struct charge { decimal due, taken; };

/* A rate that is large enough times blocks enough has more digits than we keep; on the chain too, at a larger size, arithmetic ends in
 * a panic. */
static inline bool charge_fits(const struct escrow_payment *payment, int64_t delta, decimal balance)
{
    if (payment->state == ESCROW_OVERDRAWN)
        return decimal_sub_fits(balance, payment->unsettled);
    return decimal_mul_int_fits(payment->rate, delta) && decimal_sub_fits(balance, decimal_mul_int(payment->rate, delta));
}

static inline struct charge charge_one(const struct escrow_payment *payment, int64_t delta, decimal *left)
{
    struct charge charge;
    charge.due = payment->state == ESCROW_OVERDRAWN ? payment->unsettled
                                                    : decimal_whole(decimal_mul_int(payment->rate, delta));
    charge.taken = decimal_min(charge.due, *left);
    *left = decimal_sub(*left, charge.taken);
    return charge;
}

/* --- AKT for ACT (4.8) --- */

struct fallback {
    decimal price;       /* of AKT in ACT; 0: no fallback */
    decimal entry, held; /* the uakt entry, and what the uakt deposits really hold */
    bool stopped;        /* ran short */
};

static struct fallback fallback_begin(const struct escrow *escrow, uint32_t account)
{
    struct fallback fallback = {.price = decimal_zero()};
    const struct escrow_pot *pot = escrow_pot(escrow, account, MARKET_UAKT);
    bool halted = escrow->bme_status == BME_HALT_CR || escrow->bme_status == BME_HALT_ORACLE;
    if (pot == NULL || !decimal_is_positive(pot->funds) || !halted)
        return fallback;
    return (struct fallback){.price = escrow->akt_price, .entry = pot->funds, .held = pot->funds};
}

/* The debt in AKT; where that is more than a decimal holds, it is more than anybody has. */
static decimal need_of(decimal owed, decimal price)
{
    decimal most = {((decimal_bits)1 << 126) - 1};
    return owed.atto / price.atto < most.atto / DECIMAL_ONE_ATTO ? decimal_quo(owed, price) : most;
}

/* Pays a debt in AKT. Returns what is still owed; *sent: AKT taken. */
static decimal convert_one(struct fallback *fallback, decimal owed, decimal *sent)
{
    *sent = decimal_zero();
    if (fallback->stopped || decimal_is_zero(fallback->price) || decimal_is_zero(owed))
        return owed;
    decimal need = need_of(owed, fallback->price);
    *sent = decimal_min(need, fallback->held);
    fallback->held = decimal_sub(fallback->held, *sent);
    fallback->entry = decimal_sub(fallback->entry, need);
    if (decimal_is_zero(*sent))
        return owed;
    if (decimal_compare(*sent, need) < 0) {
        fallback->entry = decimal_zero();
        fallback->stopped = true;
    }
    owed = decimal_sub(owed, decimal_mul(*sent, fallback->price));
    return decimal_is_positive(owed) ? owed : decimal_zero();
}

/* --- Foreseeing --- */

/* Step 7: whether anybody is still owed something after AKT was tried. */
static bool stays_short(const struct escrow *escrow, uint32_t account, const struct settlement *settlement)
{
    struct fallback fallback = fallback_begin(escrow, account);
    struct selection walk = selection_begin(escrow, account, settlement);
    decimal left = escrow->accounts[account].balance, sent;
    uint32_t i;
    bool owed = false;
    while ((i = selection_next(&walk)) != SLOT_NONE) {
        struct charge charge = charge_one(&escrow->payments[i], settlement->delta, &left);
        owed |= decimal_is_positive(convert_one(&fallback, decimal_sub(charge.due, charge.taken), &sent));
    }
    return owed;
}

struct settlement debt_foresee(const struct escrow *escrow, uint32_t index, int64_t height)
{
    const struct escrow_account *account = &escrow->accounts[index];
    struct settlement settlement = {.balance = account->balance};
    if (account->state == ESCROW_CLOSED) {
        settlement.error = MARKET_ACCOUNT_CLOSED;
        return settlement;
    }
    settlement.stopped = settlement.overdrawn = decimal_is_negative(account->balance);
    if (settlement.stopped)
        return settlement;
    settlement.delta = account->state == ESCROW_OPEN ? height - account->settled_at : 0;
    check(settlement.delta >= 0, "settlement in the past: height %lld", (long long)height);
    struct selection walk = selection_begin(escrow, index, &settlement);
    decimal left = account->balance;
    uint32_t i;
    while ((i = selection_next(&walk)) != SLOT_NONE) {
        const struct escrow_payment *payment = &escrow->payments[i];
        if (payment->denom != account->denom) {
            settlement.error = MARKET_PANIC;
            return settlement;
        }
        if (!charge_fits(payment, settlement.delta, settlement.balance)) {
            settlement.error = MARKET_PANIC;
            return settlement;
        }
        struct charge charge = charge_one(payment, settlement.delta, &left);
        settlement.selected = true;
        settlement.charge = decimal_add(settlement.charge, charge.taken);
        settlement.balance = decimal_sub(settlement.balance, charge.due);
    }
    settlement.short_of_money = decimal_is_negative(settlement.balance);
    settlement.overdrawn = settlement.short_of_money && stays_short(escrow, index, &settlement);
    if (settlement.short_of_money && !settlement.overdrawn && !escrow->rules->fallback_freezes)
        settlement.balance = decimal_zero(); /* [Q9] off */
    return settlement;
}

bool escrow_deposit_panics(const struct escrow *escrow, uint32_t index, enum market_denom denom)
{
    const struct escrow_account *account = &escrow->accounts[index];
    if (account->state != ESCROW_OVERDRAWN || account->denom != denom)
        return false; /* nothing will be settled */
    struct selection walk = selection_begin(escrow, index, &(struct settlement){.delta = 0});
    uint32_t i;
    while ((i = selection_next(&walk)) != SLOT_NONE)
        if (escrow->payments[i].denom != denom)
            return true;
    return false;
}

/* --- Doing it --- */

static uint32_t select_all(struct escrow *escrow, uint32_t account, const struct settlement *settlement)
{
    struct selection walk = selection_begin(escrow, account, settlement);
    uint32_t first = SLOT_NONE, *link = &first, i;
    while ((i = selection_next(&walk)) != SLOT_NONE) {
        *link = i;
        link = &escrow->payments[i].next_selected;
    }
    *link = SLOT_NONE;
    return first;
}

/* Whole micro-units of AKT go straight to the provider; the fraction is lost. */
static void send_akt(struct escrow *escrow, struct escrow_account *account, const struct escrow_payment *payment,
                     decimal amount)
{
    int64_t whole = decimal_truncate(amount);
    struct bank_transfer sent = {BANK_ESCROW, payment->provider, MARKET_UAKT, whole, MARKET_TRANSFER_PAYMENT};
    struct market_event about = {
        .deployment = account->deployment, .lease = payment->lease, .provider = payment->provider};
    debt_spend(escrow, account, MARKET_UAKT, amount);
    bank_move(escrow->bank, sent, about);
    decimal fraction = decimal_sub(amount, decimal_from_int(whole));
    escrow->dust[MARKET_UAKT] = decimal_add(escrow->dust[MARKET_UAKT], fraction);
}

static struct escrow_pot *uakt_pot(struct escrow *escrow, const struct escrow_account *account)
{
    uint32_t i = account->first_pot;
    while (i != SLOT_NONE && escrow->pots[i].denom != MARKET_UAKT)
        i = escrow->pots[i].next;
    return i != SLOT_NONE ? &escrow->pots[i] : NULL;
}

static void charge_all(struct escrow *escrow, uint32_t index, const struct settlement *settlement, uint32_t first,
                       bool credit)
{
    struct escrow_account *account = &escrow->accounts[index];
    struct fallback fallback = fallback_begin(escrow, index);
    struct escrow_pot *pot = uakt_pot(escrow, account);
    decimal left = account->balance;
    for (uint32_t i = first; i != SLOT_NONE; i = escrow->payments[i].next_selected) {
        struct escrow_payment *payment = &escrow->payments[i];
        struct charge charge = charge_one(payment, settlement->delta, &left);
        decimal sent, owed = convert_one(&fallback, decimal_sub(charge.due, charge.taken), &sent);
        if (decimal_is_positive(sent)) {
            pot->transferred = decimal_add(pot->transferred, sent);
            send_akt(escrow, account, payment, sent);
        }
        if (!credit) { /* [Q5] */
            escrow->uncredited[account->denom] = decimal_add(escrow->uncredited[account->denom], charge.taken);
            continue;
        }
        enum escrow_state state = decimal_is_positive(owed) || settlement->overdrawn ? ESCROW_OVERDRAWN : ESCROW_OPEN;
        payment->balance = decimal_add(payment->balance, charge.taken);
        payment->unsettled = owed;
        if (payment->state != state)
            escrow_payment_enter(escrow, i, state);
    }
    if (!decimal_is_zero(fallback.price))
        pot->funds = fallback.entry;
}

uint32_t debt_apply(struct escrow *escrow, uint32_t index, const struct settlement *settlement, int64_t height, bool credit)
{
    struct escrow_account *account = &escrow->accounts[index];
    check(settlement->error == MARKET_OK, "settlement in spite of an error");
    if (settlement->stopped)
        return SLOT_NONE;
    check(account->state != ESCROW_OPEN || account->settled_at + settlement->delta == height,
          "settlement foreseen for another height");
    account->settled_at += settlement->delta;
    if (!settlement->selected)
        return SLOT_NONE;
    uint32_t first = select_all(escrow, index, settlement);
    charge_all(escrow, index, settlement, first, credit);
    debt_spend(escrow, account, (enum market_denom)account->denom, settlement->charge);
    account->transferred = decimal_add(account->transferred, settlement->charge);
    account->balance = settlement->balance;
    if (!settlement->overdrawn)
        return first;
    account->state = ESCROW_OVERDRAWN;
    debt_refund(escrow, index);
    for (uint32_t i = first; i != SLOT_NONE; i = escrow->payments[i].next_selected)
        (void)escrow_pay_out(escrow, &escrow->payments[i]);
    return first;
}

/* --- When it runs dry --- */

/* Whether the open payments' dues over so many blocks exceed the balance. */
static bool dry_after(const struct escrow *escrow, const struct escrow_account *account, int64_t blocks)
{
    decimal left = account->balance;
    for (uint32_t i = account->first_open; i != SLOT_NONE; i = escrow->payments[i].next_open)
        if (escrow->payments[i].state == ESCROW_OPEN)
            left = decimal_sub(left, decimal_whole(decimal_mul_int(escrow->payments[i].rate, blocks)));
    return decimal_is_negative(left);
}

/* The dues of d blocks lie between d * rate - n and d * rate for n payments, which brackets the answer. */
int64_t debt_dry_height(const struct escrow *escrow, uint32_t index)
{
    const struct escrow_account *account = &escrow->accounts[index];
    bool charged = decimal_is_positive(account->open_rate);
    if (account->state != ESCROW_OPEN || !charged || decimal_is_negative(account->balance))
        return HEIGHT_NEVER;
    int64_t n = 0, longest = HEIGHT_NEVER - 2 - (account->settled_at > 0 ? account->settled_at : 0);
    for (uint32_t i = account->first_open; i != SLOT_NONE; i = escrow->payments[i].next_open)
        n++;
    int64_t enough = decimal_quo_whole(account->balance, account->open_rate, longest);
    int64_t beyond = decimal_quo_whole(decimal_add(account->balance, decimal_from_int(n)), account->open_rate, longest);
    if (beyond == longest)
        return HEIGHT_NEVER;
    beyond++;
    if (enough > 0 && dry_after(escrow, account, enough))
        enough--; /* the quotient had rounded up */
    while (beyond - enough > 1) {
        int64_t middle = enough + (beyond - enough) / 2;
        if (dry_after(escrow, account, middle))
            beyond = middle;
        else
            enough = middle;
    }
    return account->settled_at + beyond;
}
