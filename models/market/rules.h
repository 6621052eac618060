/* Rules: which chain this is.
 *
 * The marketplace has changed over the years, and a study of July 2024 must run on the rules of July 2024. One struct holds
 * a profile: the chain's parameters, and a switch for each known quirk. A quirk is behaviour that looks like a bug and was
 * nevertheless the rule on the real chain; so all are on by default, and turning one off answers "how much did it cost?".
 * The names in brackets are those of the profile's description.
 *
 * Sources: Akash node v0.36.0 (mainnet from 2024-06-11), API types v0.0.67. Take rates and the bid limit of July 2024 are
 * the code's defaults, assumed equal on mainnet (evidence: assumption); the deployment minima are a query of 2024-03-24. */
#ifndef NINES_MARKET_RULES_H
#define NINES_MARKET_RULES_H

#include "models/market/group.h"

#include <stdbool.h>
#include <stdint.h>

struct market_rules {
    int64_t deployment_minimum[MARKET_DENOMS]; /* smallest first deposit, micro-units; -1: denom not accepted */
    int64_t bid_minimum[MARKET_DENOMS];        /* smallest bid deposit, micro-units; -1: denom not accepted */
    int32_t order_max_bids;                    /* bids an order takes, and one more with [Q3]; 1 to 500 */
    int32_t take_percent[MARKET_DENOMS];       /* share of each pay-out to a provider that goes to the community pool */

    bool overdraft_leases_closed;   /* [R1] an overdrawn account's leases end as closed; off: as insufficient_funds */
    bool unpaid_close_forgotten;    /* [R2] closing a payment that has less than 1 to pay out leaves it open, a ghost that
                                       goes on charging; off: it closes */
    bool excess_share_panics;       /* [R3] when the shares of an overdrawn account's rest add up to more than the rest,
                                       the transaction fails; off: the last share is cut */
    bool revoked_grant_returns;     /* [R4] a settlement without the depositor's grant sends the funds back; off: they stay */
    bool same_block_close_strands;  /* [R5] closing an account that was settled in the same block leaves its payments open
                                       and unpaid; off: they are closed and paid */
    bool start_ignores_deployment;  /* [Q2] StartGroup works on a closed deployment; off: ErrDeploymentClosed */
    bool one_bid_too_many;          /* [Q3] an order takes order_max_bids + 1 bids; off: order_max_bids */
    bool unlimited_counts;          /* [Q4] the declared limits of replicas, units and groups are not enforced */
};

/* Mainnet in July 2024: every quirk on. */
struct market_rules market_rules_2024_07(void);

/* The profile called name, such as "2024-07". False: no such profile, *rules untouched. */
bool market_rules_named(const char *name, struct market_rules *rules);

#endif
