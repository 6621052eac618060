/* The bank: who has how much, and who may spend whose money.
 *
 * Every coin is in exactly one wallet. The chain's own pots are wallets too, and money comes from and returns to the wallet
 * of the outside world, whose balance is minus all that is in circulation: in each denom the balances of all wallets add up
 * to 0 at any time (double entry). Only the outside world may be in debt.
 *
 * A grant lets an owner pay deployment deposits from the granter's wallet, up to a limit. One granter gives one owner at
 * most one grant. Its expiry is a matter of wall-clock time, so the caller revokes it then.
 *
 * Source: Akash node v0.36.0, DepositDeploymentAuthorization; cosmos-sdk bank, authz. */
#ifndef NINES_MARKET_BANK_H
#define NINES_MARKET_BANK_H

#include "models/market/error.h"
#include "models/market/events.h"
#include "models/market/slots.h"
#include "sim/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* Wallets that every bank has. */
enum { BANK_OUTSIDE, BANK_ESCROW, BANK_POOL, BANK_OWN_WALLETS };

struct bank_wallet {
    const char *name;               /* the address; lists of the chain are walked in its text order */
    int64_t balance[MARKET_DENOMS]; /* whole micro-units, spendable */
    uint32_t first_grant;           /* grants given to this wallet; SLOT_NONE: none */
    bool provider;                  /* registered as a provider */
};

struct bank_grant {
    int64_t limit; /* what may still be spent; a grant used up to 0 still exists */
    uint32_t granter, grantee;
    uint32_t next; /* of the same grantee */
    uint8_t denom;
};

struct bank {
    struct arena *arena;
    struct bank_wallet *wallets; /* [limit_wallets] */
    uint32_t n_wallets, limit_wallets;
    struct bank_grant *grants;
    struct slots grant_slots;
    struct market_events *events; /* the caller's */
};

/* Wallets and grants live in the arena; names are copied there. */
void bank_open(struct bank *bank, struct arena *arena, uint32_t limit_wallets, uint32_t limit_grants,
               struct market_events *events);

/* A new, empty wallet. O(1); names are not checked to be different. */
uint32_t bank_wallet_add(struct bank *bank, const char *name);
/* The wallet of that name, or SLOT_NONE. O(wallets): for tools and tests. */
uint32_t bank_wallet_find(const struct bank *bank, const char *name);

/* The chain's order of two wallets: their names as text; below, at or above 0. Equal names: the older wallet first. */
int bank_wallet_compare(const struct bank *bank, uint32_t a, uint32_t b);

/* Moves amount >= 0; 0 moves nothing and leaves no event. `about` carries the ids of what it is for. The wallet must hold
 * enough: ask bank_can_pay() first. */
struct bank_transfer {
    uint32_t from, to;
    enum market_denom denom;
    int64_t amount;
    enum market_transfer what;
};
void bank_move(struct bank *bank, struct bank_transfer transfer, struct market_event about);
bool bank_can_pay(const struct bank *bank, uint32_t wallet, enum market_denom denom, int64_t amount);

/* Brings money into the world. */
void bank_issue(struct bank *bank, uint32_t wallet, enum market_denom denom, int64_t amount);

/* Gives or replaces the grant. limit >= 0. */
void bank_grant_give(struct bank *bank, uint32_t granter, uint32_t grantee, enum market_denom denom, int64_t limit);
/* False: there was none. */
bool bank_grant_revoke(struct bank *bank, uint32_t granter, uint32_t grantee);
/* NULL: none. O(grants of the grantee). */
struct bank_grant *bank_grant_find(const struct bank *bank, uint32_t granter, uint32_t grantee);

/* Whether `payer` may pay a deposit for `owner`, by the grant alone: OK for the owner's own money, UNAUTHORIZED,
 * INSUFFICIENT_FUNDS, or PANIC for a grant in another denom (coin arithmetic of different denoms panics; assumption). */
enum market_error bank_deposit_allowed(const struct bank *bank, uint32_t owner, uint32_t payer, enum market_denom denom,
                                       int64_t amount);
/* Lowers the grant after the deposit was allowed. */
void bank_deposit_charge(struct bank *bank, uint32_t owner, uint32_t payer, int64_t amount);

#endif
