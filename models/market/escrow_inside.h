/* What the files of escrow share among themselves. */
#ifndef NINES_MARKET_ESCROW_INSIDE_H
#define NINES_MARKET_ESCROW_INSIDE_H

#include "models/market/escrow.h"

static inline bool escrow_by_debt(const struct escrow *escrow)
{
    return escrow->rules->settlement == MARKET_SETTLES_BY_DEBT;
}

/* Pays out the whole micro-units of the payment's balance, the fee to the pool first; returns them (section 4.3). */
int64_t escrow_pay_out(struct escrow *escrow, struct escrow_payment *payment);

/* Sends money of the account's denom back to a wallet. */
void escrow_refund(struct escrow *escrow, const struct escrow_account *account, uint32_t to, int64_t amount);

/* Makes a new open payment of the account and puts it into the lists; returns its index. */
uint32_t escrow_payment_make(struct escrow *escrow, const struct escrow_payment_opening *opening);
/* The chain's order of two payments of one account. */
int escrow_payment_compare(const struct escrow *escrow, const struct escrow_payment *a, const struct escrow_payment *b);
bool escrow_payment_exists(const struct escrow *escrow, const struct escrow_payment_opening *opening);

/* Enters a state; keeps the account's list and rate. By debt only: an overdrawn payment may open again. */
void escrow_payment_enter(struct escrow *escrow, uint32_t payment, enum escrow_state state);

/* The two ways of each operation of escrow.h. */
enum market_error shares_account_deposit(struct escrow *escrow, uint32_t account, uint32_t depositor,
                                         enum market_denom denom, int64_t amount);
enum market_error shares_account_close(struct escrow *escrow, uint32_t account, int64_t height, bool *overdrawn);
enum market_error shares_payment_open(struct escrow *escrow, const struct escrow_payment_opening *opening, int64_t height,
                                      uint32_t *payment);
enum market_error shares_payment_withdraw(struct escrow *escrow, uint32_t payment, int64_t height, bool *overdrawn);
enum market_error shares_payment_close(struct escrow *escrow, uint32_t payment, int64_t height, bool *overdrawn);
struct settlement shares_foresee(const struct escrow *escrow, uint32_t account, int64_t height);
void shares_apply(struct escrow *escrow, uint32_t account, const struct settlement *settlement, int64_t height);
int64_t shares_dry_height(const struct escrow *escrow, uint32_t account);

void debt_account_begin(struct escrow *escrow, uint32_t account);
enum market_error debt_account_deposit(struct escrow *escrow, uint32_t account, uint32_t depositor, enum market_denom denom,
                                       int64_t amount);
enum market_error debt_account_close(struct escrow *escrow, uint32_t account, int64_t height, bool *overdrawn);
enum market_error debt_payment_open(struct escrow *escrow, const struct escrow_payment_opening *opening, int64_t height,
                                    uint32_t *payment);
enum market_error debt_payment_withdraw(struct escrow *escrow, uint32_t payment, int64_t height, bool *overdrawn);
enum market_error debt_payment_close(struct escrow *escrow, uint32_t payment, int64_t height, bool *overdrawn);
struct settlement debt_foresee(const struct escrow *escrow, uint32_t account, int64_t height);
/* credit: whether the payments keep what they get; off for [Q5]. Returns the first of the selected payments, linked by
 * next_selected. */
uint32_t debt_apply(struct escrow *escrow, uint32_t account, const struct settlement *settlement, int64_t height,
                    bool credit);
int64_t debt_dry_height(const struct escrow *escrow, uint32_t account);

/* Sends all unspent deposits of the account home (section 4.4). */
void debt_refund(struct escrow *escrow, uint32_t account);
/* Spends this much of the deposits of a denom, oldest first; they hold as much. */
void debt_spend(struct escrow *escrow, struct escrow_account *account, enum market_denom denom, decimal amount);
/* Gives back what the account has besides payments; the deposits it still holds become dust. */
void debt_account_end(struct escrow *escrow, uint32_t account);

#endif
