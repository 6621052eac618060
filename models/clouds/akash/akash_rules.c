#include "models/clouds/akash/akash_rules.h"

#include "sim/base/check.h"

#include <stddef.h>
#include <string.h>

#include "sim/base/nomalloc.h"

/* Name of the switch, where it is, what it does when on. */
#define QUIRKS(X)                                                                                                            \
    X(losers_stay_open, market, "[Q1] a new lease refunds the first losing bid only")                                        \
    X(start_ignores_deployment, market, "[Q2] StartGroup works on a closed deployment")                                      \
    X(one_bid_too_many, market, "[Q3] an order takes one bid more than its limit")                                           \
    X(unlimited_counts, market, "[Q4] the declared limits of replicas, units and groups are not enforced")                   \
    X(new_lease_uncredits, market, "[Q5] making a lease takes what the deployment's other leases earned and credits nobody") \
    X(same_block_withdraw_panics, market, "[Q6] withdrawing twice from an account in a block fails")                         \
    X(same_block_close_ghosts, market, "[Q7] a lease closed in the block of a settlement goes on being charged")             \
    X(same_block_close_strands, market, "[R5, Q8] closing an account in the block of a settlement strands what was earned")  \
    X(fallback_freezes, market, "[Q9] an account saved by AKT settles no more until somebody deposits")                      \
    X(stale_bids_kept, provider, "[Q10] a restarted provider never finds its open bids too old")                             \
    X(stale_after_release, provider.adjust, "[Q11] room of an ended reservation returns with the next inventory update only") \
    X(sticky_rewrite, provider.adjust, "[Q13] a GPU wildcard narrowed on a full node stays narrowed on the next")            \
    X(prefix_captures, market, "[Q15] settling deployment 1 also settles the same owner's 10, 12, 123")                      \
    X(overdraft_leases_closed, market, "[R1] leases of an overdrawn account end as closed, not as insufficient funds")       \
    X(unpaid_close_forgotten, market, "[R2] a lease closed with less than 1 to pay out goes on being charged")               \
    X(excess_share_panics, market, "[R3] shares that add up to more than the rest fail every later transaction")             \
    X(revoked_grant_returns, market, "[R4] settling without the depositor's grant sends its money back")                     \
    X(restart_misses_orders, provider, "[R6] a restarted provider bids on new orders only")                                  \
    X(probe_needs_chain, provider, "[R8] a halt of the chain restarts the providers in a loop")

#define KEY_OF(name, where, help) {#name, KEY_BOOL, "", help},
const struct key akash_quirk_keys[] = {QUIRKS(KEY_OF) KEY_END};

/* Where each is in struct akash_rules, in the order of the keys. */
#define OFFSET_OF(name, where, help) offsetof(struct akash_rules, where.name),
static const size_t offsets[] = {QUIRKS(OFFSET_OF)};

static struct akash_rules rules_2024_07(void)
{
    return (struct akash_rules){.market = market_rules_2024_07(),
                                .provider = provider_rules_2024_07(),
                                .clocks = provider_clocks_2024_07(),
                                .denom = MARKET_USDC,
                                .coin = "usdc",
                                .first_height = 16708237, /* node v0.36.0, 2024-06-11 */
                                .block = {6 * US_PER_SECOND},
                                .akt_usd = 3.3}; /* July 2024, K */
}

static struct akash_rules rules_2026_08(void)
{
    return (struct akash_rules){.market = market_rules_2026_08(),
                                .provider = provider_rules_2026_08(),
                                .clocks = provider_clocks_2026_08(),
                                .denom = MARKET_UACT,
                                .coin = "act",
                                .burn_mint = true,
                                .first_height = 27230465, /* node v2.1.0, 2026-06-11 */
                                .block = {5930000},
                                .akt_usd = 0.5}; /* end of March 2026, R */
}

struct akash_rules akash_rules_read(struct scenario *scenario, const struct value *group)
{
    const char *name = value_text(group, "rules");
    struct akash_rules rules = strcmp(name, "2024-07") == 0 ? rules_2024_07() : rules_2026_08();
    const struct value *quirks = value_of(group, "quirks");
    for (size_t i = 0; akash_quirk_keys[i].name != NULL; i++) {
        bool *quirk = (bool *)((char *)&rules + offsets[i]);
        if (!value_given(quirks, akash_quirk_keys[i].name))
            continue;
        if (!*quirk)
            scenario_error(scenario, value_of(quirks, akash_quirk_keys[i].name), "leave it away, or choose other rules",
                           "the rules of %s have no quirk '%s'", name, akash_quirk_keys[i].name);
        *quirk = value_bool(quirks, akash_quirk_keys[i].name);
    }
    return rules;
}
