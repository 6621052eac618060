/* What the files of escrow share among themselves. */
#ifndef NINES_MARKET_ESCROW_INSIDE_H
#define NINES_MARKET_ESCROW_INSIDE_H

#include "models/market/escrow.h"

/* Pays out the whole micro-units of the payment's balance, the fee to the pool first; returns them (section 4.3). */
int64_t escrow_pay_out(struct escrow *escrow, struct escrow_payment *payment);

/* Sends money of the account back to a wallet. */
void escrow_refund(struct escrow *escrow, const struct escrow_account *account, uint32_t to, int64_t amount);

#endif
