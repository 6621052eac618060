/* Rules: which chain this is.
 *
 * The marketplace has changed over the years, and a study of July 2024 must run on the rules of July 2024. One struct holds
 * a profile: the chain's parameters, and a switch for each known quirk. A quirk is behaviour that looks like a bug and was
 * nevertheless the rule on the real chain; so all are on by default, and turning one off answers "how much did it cost?".
 * The names in brackets are those of the profile's description.
 *
 * Two ways of paying and two dialects of messages exist, and a profile names one of each. The quirks below say which of
 * them they belong to; elsewhere their switches mean nothing.
 *
 * Sources. 2024-07: Akash node v0.36.0 (mainnet from 2024-06-11), API types v0.0.67. Take rates and the bid limit of July
 * 2024 are the code's defaults, assumed equal on mainnet (evidence: assumption); the deployment minima are a query of
 * 2024-03-24. 2026-08: Akash node 3efe26bf (v2.1 line, mainnet from 2026-06-11), chain-sdk go/v0.2.10. */
#ifndef NINES_MARKET_RULES_H
#define NINES_MARKET_RULES_H

#include "models/market/group.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How an account that cannot pay everybody pays. */
enum market_settlement {
    MARKET_SETTLES_BY_SHARES, /* until 2025-10: the rest is shared out by rate, and what is missing is forgiven (4.10) */
    MARKET_SETTLES_BY_DEBT    /* since: earlier keys are served first, and what is missing is owed (4.2) */
};

/* Which messages there are, what they check in which order, and how their refusals are called. */
enum market_dialect {
    MARKET_DIALECT_2024, /* one depositor besides the owner; no reasons, no reclamation */
    MARKET_DIALECT_2026  /* sources of deposits, reasons for closing, reclamation windows */
};

struct market_rules {
    enum market_settlement settlement;
    enum market_dialect dialect;
    int64_t deployment_minimum[MARKET_DENOMS]; /* smallest first deposit, micro-units; -1: denom not accepted */
    int64_t bid_minimum[MARKET_DENOMS];        /* smallest bid deposit, micro-units; -1: denom not accepted */
    int32_t order_max_bids;                    /* bids an order takes, and one more with [Q3]; 1 to 500 */
    int32_t take_percent[MARKET_DENOMS];       /* share of each pay-out to a provider that goes to the community pool */
    enum market_denom price_denom;             /* the only one that groups may be priced in; MARKET_DENOM_NONE: any */
    int64_t window_min_s, window_max_s;        /* bounds of reclamation windows; of dialect 2026 */

    /* Quirks of settlement by shares. */
    bool overdraft_leases_closed;   /* [R1] an overdrawn account's leases end as closed; off: as insufficient_funds */
    bool unpaid_close_forgotten;    /* [R2] closing a payment that has less than 1 to pay out leaves it open, a ghost that
                                       goes on charging; off: it closes */
    bool excess_share_panics;       /* [R3] when the shares of an overdrawn account's rest add up to more than the rest,
                                       the transaction fails; off: the last share is cut */
    bool revoked_grant_returns;     /* [R4] a settlement without the depositor's grant sends the funds back; off: they stay */

    /* Quirks of settlement by debt. */
    bool new_lease_uncredits;        /* [Q5] what other leases earned since the last settlement is taken from the tenant when
                                        a lease is made, and credited to nobody; off: it is credited */
    bool same_block_withdraw_panics; /* [Q6] withdrawing from an account that was settled in the same block fails; off: what
                                        was earned is paid */
    bool same_block_close_ghosts;    /* [Q7] closing a lease in the block of a settlement leaves its payment open, and it goes
                                        on charging; off: it closes and is paid */
    bool fallback_freezes;           /* [Q9] an account saved by AKT keeps its debt, and settles no more until somebody
                                        deposits in its own denom; off: the debt is gone */
    bool prefix_captures;            /* [Q15] settling deployment 1 also charges, closes or overdraws for the payments of the
                                        same owner's 10, 12, 123...; off: its own only. Costs O(deployments of the owner) a
                                        settlement where an owner's numbers differ in length, else nothing */

    /* Quirks of both. */
    bool same_block_close_strands;  /* [R5, Q8] closing an account that was settled in the same block leaves its payments
                                       open and unpaid; off: they are closed and paid */
    bool losers_stay_open;          /* [Q1] a new lease ends and refunds the first losing bid only; off: all of them */
    bool start_ignores_deployment;  /* [Q2] StartGroup works on a closed deployment; off: ErrDeploymentClosed */
    bool one_bid_too_many;          /* [Q3] an order takes order_max_bids + 1 bids; off: order_max_bids */
    bool unlimited_counts;          /* [Q4] the declared limits of replicas, units and groups are not enforced */
};

/* A quirk by its name, and its switch. Two names may stand for one switch: a profile knows at most one of them. */
struct market_quirk {
    const char *name; /* "Q1"; NULL ends the table */
    size_t offset;    /* of the switch in struct market_rules */
    bool in_2024, in_2026; /* dialects that know it */
};
extern const struct market_quirk market_quirks[];

static inline bool market_quirk_known(const struct market_quirk *quirk, const struct market_rules *rules)
{
    return rules->dialect == MARKET_DIALECT_2024 ? quirk->in_2024 : quirk->in_2026;
}

static inline bool *market_quirk_switch(const struct market_quirk *quirk, struct market_rules *rules)
{
    return (bool *)((char *)rules + quirk->offset);
}

/* Mainnet in July 2024: every quirk of that time on. */
struct market_rules market_rules_2024_07(void);
/* Mainnet in August 2026, the same. */
struct market_rules market_rules_2026_08(void);

/* The profile called name: "2024-07" or "2026-08". False: no such profile, *rules untouched. */
bool market_rules_named(const char *name, struct market_rules *rules);

#endif
