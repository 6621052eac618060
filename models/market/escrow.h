/* Escrow: how leases are paid.
 *
 * A deployment has one account. Each of its leases has one payment, which earns `rate` per block from the account. Nothing
 * is paid as blocks go by. Only when somebody withdraws, opens or closes does the account settle: the blocks since the last
 * settlement are charged at once, and each payment's balance grows. What a payment has earned is paid out in whole
 * micro-units; fractions stay.
 *
 * An account that cannot pay all the blocks pays those that it can, hands out what is left in proportion to the rates, and
 * is overdrawn for good. What the providers miss is forgiven. So an account may be insolvent for long without anybody
 * noticing, and a deposit before anybody looks rescues it.
 *
 * The account holds the owner's own money (balance) and that of one other depositor (funds), which is spent first.
 *
 * Every operation either fails and changes nothing, or does everything: settlement_foresee() finds out first what a
 * settlement would do. This is the profile of July 2024; a profile with another way of settling brings its own
 * settlement_foresee() and settlement_apply() and keeps the rest.
 *
 * Money is conserved to the last atto: the escrow wallet holds the balances and funds of all accounts, the balances of all
 * payments, the deposits of all live bids (kept by market.h) and `dust`, which nobody can claim any more.
 *
 * Source: Akash node v0.36.0, x/escrow/keeper; description section 4. */
#ifndef NINES_MARKET_ESCROW_H
#define NINES_MARKET_ESCROW_H

#include "models/market/bank.h"
#include "models/market/decimal.h"
#include "models/market/rules.h"

#include <stdbool.h>
#include <stdint.h>

enum escrow_state { ESCROW_OPEN, ESCROW_OVERDRAWN, ESCROW_CLOSED };

/* "open", "overdrawn", "closed". Static text. */
const char *escrow_state_name(enum escrow_state state);

/* "Never", as a height. */
#define HEIGHT_NEVER INT64_MAX

struct escrow_account {
    decimal balance;     /* the owner's money */
    decimal funds;       /* the depositor's */
    decimal transferred; /* charged so far */
    decimal open_rate;   /* sum of the rates of the open payments */
    int64_t settled_at;  /* height */
    uint32_t owner, depositor; /* wallets; the same until somebody else pays in */
    uint32_t first_open;       /* open payments in key order; SLOT_NONE: none */
    uint32_t first_payment;    /* all payments, newest first */
    struct market_deployment_id deployment;
    uint8_t state; /* enum escrow_state */
    uint8_t denom;
};

struct escrow_payment {
    decimal rate;      /* per block */
    decimal balance;   /* earned, not paid out */
    int64_t withdrawn; /* paid out, fees included, whole micro-units */
    uint32_t account;
    uint32_t provider;   /* wallet */
    uint32_t gseq, oseq; /* with the provider, the key: walked in text order of "gseq/oseq/provider" */
    uint32_t next_open, next;
    struct market_lease_id lease;
    uint8_t state; /* enum escrow_state */
};

struct escrow {
    const struct market_rules *rules; /* the caller's */
    struct bank *bank;
    struct escrow_account *accounts;
    struct escrow_payment *payments;
    struct slots account_slots, payment_slots;
    decimal dust[MARKET_DENOMS]; /* fractions lost by [R4], and what forgotten accounts still held */
};

/* rules and bank must outlive the escrow. */
void escrow_open(struct escrow *escrow, struct arena *arena, const struct market_rules *rules, struct bank *bank,
                 uint32_t limit_accounts, uint32_t limit_payments);

/* --- Settlement --- */

/* What settling an account at a height would do. */
struct settlement {
    enum market_error error; /* ACCOUNT_CLOSED (not open), PANIC, INVALID_SETTLEMENT: nothing below is meant */
    int64_t delta;           /* blocks since the last settlement */
    bool selected;           /* there are open payments to charge */
    int64_t full;            /* blocks that can be paid in full, <= delta */
    bool overdrawn;          /* full < delta */
    decimal charge;          /* for the full blocks */
    decimal balance, funds;  /* of the account afterwards; before the shares when overdrawn */
    decimal remainder;       /* overdrawn: what is shared out */
    decimal shared;          /* overdrawn: the sum of the shares */
    bool funds_returned;     /* [R4]: the funds go back to the depositor, whole micro-units of them */
};

/* Pure. O(1), and O(open payments) when overdrawn. height must not lie before the last settlement. */
struct settlement settlement_foresee(const struct escrow *escrow, uint32_t account, int64_t height);

/* Does it. A foreseen settlement of the same height without error. O(open payments). */
void settlement_apply(struct escrow *escrow, uint32_t account, const struct settlement *settlement, int64_t height);

/* The first height at which a settlement would find the account overdrawn, if nobody acts before: HEIGHT_NEVER when it is
 * not open or nothing charges it. Grants are assumed to stay. */
int64_t escrow_dry_height(const struct escrow *escrow, uint32_t account);

/* --- Operations --- */

struct escrow_opening {
    uint32_t owner, depositor;
    enum market_denom denom;
    int64_t amount;
    struct market_deployment_id deployment;
};

/* Opens an account with a first deposit. INSUFFICIENT_FUNDS when the depositor's wallet holds less. */
enum market_error escrow_account_open(struct escrow *escrow, const struct escrow_opening *opening, int64_t height,
                                      uint32_t *account);

/* Adds to balance or funds; does not settle. INVALID_ACCOUNT_DEPOSITOR (a second foreign depositor), ACCOUNT_CLOSED (not
 * open), PANIC (other denom), INSUFFICIENT_FUNDS. Grants are not the escrow's business here. */
enum market_error escrow_account_deposit(struct escrow *escrow, uint32_t account, uint32_t depositor,
                                         enum market_denom denom, int64_t amount);

/* Settles, closes, pays everybody. *overdrawn: the settlement found the account overdrawn, and that was all. Errors of
 * settlement_foresee(); PANIC when the depositor's grant is in another denom. With less than 1 to pay back in both pots
 * the closed state is not stored (section 4.4). */
enum market_error escrow_account_close(struct escrow *escrow, uint32_t account, int64_t height, bool *overdrawn);

struct escrow_payment_opening {
    uint32_t account, provider, gseq, oseq;
    decimal rate;
    enum market_denom denom;
    struct market_lease_id lease;
};

/* Settles, then opens a payment. Errors of settlement_foresee(), ACCOUNT_OVERDRAWN, INVALID_DENOMINATION,
 * PAYMENT_RATE_ZERO, PAYMENT_EXISTS (in any state). O(payments of the account). */
enum market_error escrow_payment_open(struct escrow *escrow, const struct escrow_payment_opening *opening, int64_t height,
                                      uint32_t *payment);

/* PAYMENT_CLOSED (not open), errors of settlement_foresee(). *overdrawn: the settlement found the account overdrawn and
 * has already paid. */
enum market_error escrow_payment_withdraw(struct escrow *escrow, uint32_t payment, int64_t height, bool *overdrawn);
/* The same errors. After success the payment may still be open: [R2]. */
enum market_error escrow_payment_close(struct escrow *escrow, uint32_t payment, int64_t height, bool *overdrawn);

/* Forgets an account and its payments; no payment may be named afterwards. What they still held becomes dust. */
void escrow_account_forget(struct escrow *escrow, uint32_t account);

/* Checks every invariant of one account and its payments; adds what they hold to held[denom]. */
void escrow_account_audit(const struct escrow *escrow, uint32_t account, decimal held[MARKET_DENOMS]);

#endif
