/* The bank: who has how much, and who may spend whose money.
 *
 * Every coin is in exactly one wallet. The chain's own pots are wallets too, and money comes from and returns to the wallet
 * of the outside world, whose balance is minus all that is in circulation: in each denom the balances of all wallets add up
 * to 0 at any time (double entry). Only the outside world may be in debt.
 *
 * A grant lets an owner pay deposits from the granter's wallet, up to a limit. One granter gives one owner at most one
 * grant. Its expiry is a matter of wall-clock time, so the caller revokes it then.
 *
 * Since 2026 a deposit may be gathered from several sources: the signer's own balance, and the grants given to it in the
 * order of the granters' names, each as far as it and the granter's balance reach (that the balance limits it is an
 * assumption).
 *
 * Source: Akash node v0.36.0, DepositDeploymentAuthorization; 3efe26bf, DepositAuthorization; cosmos-sdk bank, authz. */
#ifndef NINES_MARKET_BANK_H
#define NINES_MARKET_BANK_H

#include "models/market/error.h"
#include "models/market/events.h"
#include "models/market/slots.h"
#include "sim/base/arena.h"

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

/* What a grant may be spent on; 2024-07 knows deployments only. */
enum bank_scope { BANK_FOR_DEPLOYMENTS = 1, BANK_FOR_BIDS = 2, BANK_FOR_ANYTHING = 3 };

struct bank_grant {
    int64_t limit; /* what may still be spent; a grant used up to 0 still exists */
    uint32_t granter, grantee;
    uint32_t next; /* of the same grantee */
    uint8_t denom;
    uint8_t scope; /* enum bank_scope */
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

/* Whether a name is that of one of the bank's own wallets: "(pool)". */
bool bank_is_own_name(const char *name);
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

/* Gives or replaces the grant, for anything. limit >= 0. */
void bank_grant_give(struct bank *bank, uint32_t granter, uint32_t grantee, enum market_denom denom, int64_t limit);
/* Narrows the grant just given. */
void bank_grant_narrow(struct bank *bank, uint32_t granter, uint32_t grantee, enum bank_scope scope);
/* Raises the limit when granted money comes back; nothing where the grant is gone or in another denom (assumption). */
void bank_grant_restore(struct bank *bank, uint32_t granter, uint32_t grantee, enum market_denom denom, int64_t amount);
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

/* --- Deposits from several sources (2026, section 4.7) --- */

/* Where a deposit comes from, in this order. */
enum bank_sources { BANK_BALANCE, BANK_GRANTS, BANK_BALANCE_THEN_GRANTS, BANK_GRANTS_THEN_BALANCE };

/* A walk over the sources, by value: the first walk may find out whether they suffice, a second one pays. */
struct bank_sourcing {
    uint32_t signer;
    enum market_denom denom;
    int64_t rest; /* still to be gathered */
    enum bank_sources sources;
    enum bank_scope scope;
    int step;         /* 0 at the start */
    uint32_t granter; /* the last one met; 0 at the start */
};

struct bank_part {
    uint32_t payer;
    int64_t amount; /* > 0 */
    bool granted;
};

/* The next part of the deposit; false: no rest, or no source left. O(grants of the signer). */
bool bank_sourcing_next(const struct bank *bank, struct bank_sourcing *sourcing, struct bank_part *part);
/* Whether the sources cover the rest. */
bool bank_sourcing_covers(const struct bank *bank, struct bank_sourcing sourcing);
/* Moves a part into escrow and lowers the grant. */
void bank_part_pay(struct bank *bank, const struct bank_sourcing *sourcing, const struct bank_part *part,
                   enum market_transfer what, struct market_event about);

#endif
