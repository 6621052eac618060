/* Escrow: how leases are paid.
 *
 * A deployment has one account. Each of its leases has one payment, which earns `rate` per block from the account. Nothing
 * is paid as blocks go by. Only when somebody withdraws, opens or closes does the account settle: the blocks since the last
 * settlement are charged at once, and each payment's balance grows. What a payment has earned is paid out in whole
 * micro-units; fractions stay.
 *
 * The account may be insolvent for long without anybody noticing, and a deposit before anybody looks rescues it. What
 * happens when somebody does look differs (rules.h):
 *
 *   by shares  An account that cannot pay all the blocks pays those that it can, hands out what is left in proportion to
 *              the rates, and is overdrawn for good. What the providers miss is forgiven. It holds the owner's own money
 *              (balance) and that of one other depositor (funds), which is spent first.
 *   by debt    Each payment's due is cut to whole micro-units. Payments are served in key order, and one that gets less
 *              than its due is owed the rest (unsettled). Unless AKT in the account can make up for it while ACT cannot be
 *              minted, the account is overdrawn: everybody is paid what there is, and the refund goes home. A later
 *              deposit that covers all the debt closes it. The account holds one pot for its own denom (balance, negative
 *              while in debt) and others for other denoms; what is in the pots belongs to a list of deposits, spent first
 *              in, first out, whose rests go back to the depositors.
 *
 * Every operation either fails and changes nothing, or does everything: settlement_foresee() finds out first what a
 * settlement would do. settlement.c and escrow_shares.c are the one way, settlement_debt.c, escrow_debt.c and
 * escrow_deposits.c the other; escrow.c picks, and holds what both share.
 *
 * Money is conserved to the last atto: the escrow wallet holds the money of all accounts, the balances of all payments, the
 * deposits of all live bids (kept by market.h), and what nobody can claim any more: `dust`, `uncredited` and `stuck`.
 *
 * Source: Akash node v0.36.0 and 3efe26bf, x/escrow/keeper; section 4 of both descriptions. */
#ifndef NINES_MARKET_ESCROW_H
#define NINES_MARKET_ESCROW_H

#include "models/market/bank.h"
#include "models/market/bme.h"
#include "models/market/decimal.h"
#include "models/market/rules.h"

#include <stdbool.h>
#include <stdint.h>

enum escrow_state { ESCROW_OPEN, ESCROW_OVERDRAWN, ESCROW_CLOSED };

/* "open", "overdrawn", "closed". Static text. */
const char *escrow_state_name(enum escrow_state state);

/* "Never", as a height. */
#define HEIGHT_NEVER INT64_MAX

/* By debt: money of a depositor that is not spent yet. Those of an account and those behind one bid form lists. */
struct escrow_deposit {
    decimal left;       /* > 0 */
    uint32_t depositor; /* wallet */
    uint32_t next;      /* younger one */
    uint8_t denom;
    bool granted; /* the owner's grant from the depositor grows again by what goes back */
};

/* By debt: what an account holds of another denom than its own. */
struct escrow_pot {
    decimal funds;       /* may be negative, see 4.8 */
    decimal transferred; /* spent so far */
    uint32_t next;       /* in the order in which they appeared */
    uint8_t denom;
};

struct escrow_account {
    decimal balance;     /* by shares: the owner's money; by debt: of the account's denom, minus the debt */
    decimal funds;       /* by shares: the depositor's; by debt: 0 */
    decimal transferred; /* charged so far */
    decimal open_rate;   /* sum of the rates of the open payments */
    int64_t settled_at;  /* height */
    uint32_t owner, depositor; /* wallets; the same until somebody else pays in; by debt: the same */
    uint32_t first_open;       /* payments that may be charged, in key order; SLOT_NONE: none. Open ones, and by debt the
                                  overdrawn ones too */
    uint32_t first_payment;    /* all payments, newest first */
    uint32_t first_deposit, last_deposit; /* by debt, oldest first */
    uint32_t first_pot;                   /* by debt, other denoms */
    uint32_t next_of_owner, previous_of_owner; /* by debt, newest first */
    struct market_deployment_id deployment;
    uint64_t dseq; /* the owner's number for the deployment */
    uint8_t state; /* enum escrow_state */
    uint8_t denom;
};

struct escrow_payment {
    decimal rate;      /* per block */
    decimal balance;   /* earned, not paid out */
    decimal unsettled; /* by debt: owed, not covered; > 0 exactly in some of the overdrawn ones */
    int64_t withdrawn; /* paid out, fees included, whole micro-units */
    uint32_t account;
    uint32_t provider;   /* wallet */
    uint32_t gseq, oseq; /* with the provider, the key: walked in text order of "gseq/oseq/provider" */
    uint32_t next_open, next;
    uint32_t next_selected; /* scratch of a settlement by debt */
    struct market_lease_id lease;
    uint8_t state; /* enum escrow_state */
    uint8_t denom;
};

/* By debt: the accounts of an owner, and how many digits their numbers have ([Q15]). */
struct escrow_owner {
    uint32_t first_account;
    uint8_t shortest, longest; /* 0: never had an account */
};

struct escrow {
    const struct market_rules *rules; /* the caller's */
    struct bank *bank;
    struct escrow_account *accounts;
    struct escrow_payment *payments;
    struct escrow_deposit *deposits;
    struct escrow_pot *pots;
    struct escrow_owner *owners; /* by wallet; NULL by shares */
    struct slots account_slots, payment_slots, deposit_slots, pot_slots;
    decimal dust[MARKET_DENOMS];       /* fractions lost by [R4], in refunds and in the AKT fallback; what forgotten accounts
                                          still held */
    decimal uncredited[MARKET_DENOMS]; /* lost by [Q5] */
    decimal stuck[MARKET_DENOMS];      /* earned under closed accounts ([R5, Q8]) that are forgotten since */
    enum bme_status bme_status;        /* halted: the AKT fallback works */
    decimal akt_price;                 /* in ACT; 0: none */
};

/* rules and bank must outlive the escrow. limit_deposits: by debt, unspent deposits at once. */
struct escrow_limits { uint32_t accounts, payments, deposits; };
void escrow_open(struct escrow *escrow, struct arena *arena, const struct market_rules *rules, struct bank *bank,
                 const struct escrow_limits *limits);

/* Tells the escrow how burn and mint are doing, for the AKT fallback (4.8). akt_price: in ACT, at least a millionth, so that
 * what a debt comes to in AKT fits a decimal; 0: none. */
#define ESCROW_PRICE_MIN_ATTO (DECIMAL_ONE_ATTO / 1000000)
void escrow_bme_set(struct escrow *escrow, enum bme_status status, decimal akt_price);

/* --- Settlement --- */

/* What settling an account at a height would do. */
struct settlement {
    enum market_error error; /* ACCOUNT_CLOSED, PANIC, INVALID_SETTLEMENT: nothing below is meant. By shares an overdrawn
                                account counts as closed; by debt PANIC means that a payment is in another denom, or
                                that a due has more digits than a decimal */
    int64_t delta;           /* blocks since the last settlement */
    bool selected;           /* there are payments to charge */
    bool overdrawn;          /* the account is overdrawn afterwards */
    decimal charge;          /* taken from the account; by shares: for the full blocks */
    decimal balance, funds;  /* of the account afterwards; by shares: before the shares when overdrawn */
    /* by shares */
    int64_t full;            /* blocks that can be paid in full, <= delta; overdrawn: full < delta */
    decimal remainder;       /* overdrawn: what is shared out */
    decimal shared;          /* overdrawn: the sum of the shares */
    bool funds_returned;     /* [R4]: the funds go back to the depositor, whole micro-units of them */
    /* by debt */
    bool stopped;            /* the account is in debt: nothing is charged, not even the time passes */
    bool short_of_money;     /* some payment is owed something, or AKT had to be spent */
};

/* Pure. height must not lie before the last settlement. By shares O(1), and O(open payments) when overdrawn; by debt O(open
 * payments). */
struct settlement settlement_foresee(const struct escrow *escrow, uint32_t account, int64_t height);

/* Does it. A foreseen settlement of the same height without error. O(open payments). */
void settlement_apply(struct escrow *escrow, uint32_t account, const struct settlement *settlement, int64_t height);

/* The first height at which a settlement would find the account overdrawn, if nobody acts before: HEIGHT_NEVER when it is
 * not open, nothing charges it, or it is frozen ([Q9]). Grants are assumed to stay; AKT in the account and other accounts'
 * payments ([Q15]) are not counted. By shares O(1); by debt O(open payments), a few dozen times. */
int64_t escrow_dry_height(const struct escrow *escrow, uint32_t account);

/* --- Operations --- */

struct escrow_opening {
    uint32_t owner, depositor;
    enum market_denom denom;
    int64_t amount;
    struct market_deployment_id deployment;
    uint64_t dseq; /* for [Q15] */
};

/* Opens an account with a first deposit, or by debt with an amount of 0 and parts to follow (escrow_part_add()). INSUFFICIENT_FUNDS when the depositor's wallet holds less. */
enum market_error escrow_account_open(struct escrow *escrow, const struct escrow_opening *opening, int64_t height,
                                      uint32_t *account);

/* By shares: adds to balance or funds; does not settle. INVALID_ACCOUNT_DEPOSITOR (a second foreign depositor),
 * ACCOUNT_CLOSED (not open), PANIC (other denom), INSUFFICIENT_FUNDS. Grants are not the escrow's business here.
 * By debt: one part from the depositor's own balance, then escrow_parts_done(). INSUFFICIENT_FUNDS, ACCOUNT_CLOSED,
 * PANIC (escrow_deposit_panics()). */
enum market_error escrow_account_deposit(struct escrow *escrow, uint32_t account, uint32_t depositor,
                                         enum market_denom denom, int64_t amount);

/* By debt: adds a deposit whose coins the caller has moved into escrow; the account must not be closed. After the last one
 * escrow_parts_done() settles the debt of an overdrawn account: all of it covered closes it and sends the surplus back;
 * otherwise the money is used up. An open account is not settled. */
void escrow_part_add(struct escrow *escrow, uint32_t account, enum market_denom denom, const struct bank_part *part);
void escrow_parts_done(struct escrow *escrow, uint32_t account);
/* Whether settling an overdrawn account after a deposit of this denom would meet payments in another denom: [Q15]. Ask
 * before the first part. */
bool escrow_deposit_panics(const struct escrow *escrow, uint32_t account, enum market_denom denom);

/* Settles, closes, pays everybody. *overdrawn: the settlement found the account overdrawn, and that was all. Errors of
 * settlement_foresee(). By shares also PANIC when the depositor's grant is in another denom, and with less than 1 to pay
 * back in both pots the closed state is not stored (section 4.4). By debt an overdrawn account stays overdrawn, and
 * *overdrawn is set only where this call made it so. */
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
 * has already paid. By debt also PANIC, [Q6]; on an account in debt it succeeds and pays nothing. */
enum market_error escrow_payment_withdraw(struct escrow *escrow, uint32_t payment, int64_t height, bool *overdrawn);
/* The same errors, but for [Q6]. After success the payment may still be open: [R2], [Q7], [Q9]. */
enum market_error escrow_payment_close(struct escrow *escrow, uint32_t payment, int64_t height, bool *overdrawn);

/* The next of the other accounts whose payments a settlement of this one selects too ([Q15]), in the text order of their
 * numbers. after: the one before, or the account itself at the start. SLOT_NONE: none left, and always with [Q15] off.
 * O(accounts of the owner) where their numbers differ in length, else O(1). */
uint32_t escrow_captured_next(const struct escrow *escrow, uint32_t account, uint32_t after);

/* Lists of deposits outside accounts, such as those behind a bid: *first begins empty, SLOT_NONE. Refunding ends the list;
 * `about` goes into each event. */
void escrow_list_add(struct escrow *escrow, uint32_t *first, enum market_denom denom, const struct bank_part *part);
void escrow_list_refund(struct escrow *escrow, uint32_t *first, uint32_t owner, enum market_transfer what,
                        struct market_event about);

/* What the account's money and its payments' balances come to, added to held[denom]. */
void escrow_account_hold(const struct escrow *escrow, uint32_t account, decimal held[MARKET_DENOMS]);
/* Of it: earned by payments that nobody can withdraw any more, since the account is closed ([R5, Q8]). */
decimal escrow_account_stuck(const struct escrow *escrow, uint32_t account);
/* The account's pot of another denom; NULL: none. */
const struct escrow_pot *escrow_pot(const struct escrow *escrow, uint32_t account, enum market_denom denom);

/* Forgets an account and its payments; no payment may be named afterwards. What they still held becomes dust,
 * but `stuck` what was earned under a closed account. */
void escrow_account_forget(struct escrow *escrow, uint32_t account);

/* Checks every invariant of one account and its payments; adds what they hold to held[denom]. O(payments + deposits). */
void escrow_account_audit(const struct escrow *escrow, uint32_t account, decimal held[MARKET_DENOMS]);

#endif
