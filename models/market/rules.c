#include "models/market/rules.h"

#include <string.h>

#include "sim/base/nomalloc.h"

#define SWITCH(member) offsetof(struct market_rules, member)

const struct market_quirk market_quirks[] = {
    {"R1", SWITCH(overdraft_leases_closed), true, false},
    {"R2", SWITCH(unpaid_close_forgotten), true, false},
    {"R3", SWITCH(excess_share_panics), true, false},
    {"R4", SWITCH(revoked_grant_returns), true, false},
    {"R5", SWITCH(same_block_close_strands), true, false},
    {"Q1", SWITCH(losers_stay_open), false, true},
    {"Q2", SWITCH(start_ignores_deployment), true, true},
    {"Q3", SWITCH(one_bid_too_many), true, true},
    {"Q4", SWITCH(unlimited_counts), true, true},
    {"Q5", SWITCH(new_lease_uncredits), false, true},
    {"Q6", SWITCH(same_block_withdraw_panics), false, true},
    {"Q7", SWITCH(same_block_close_ghosts), false, true},
    {"Q8", SWITCH(same_block_close_strands), false, true},
    {"Q9", SWITCH(fallback_freezes), false, true},
    {"Q15", SWITCH(prefix_captures), false, true},
    {.name = NULL},
};

struct market_rules market_rules_2024_07(void)
{
    return (struct market_rules){
        .settlement = MARKET_SETTLES_BY_SHARES,
        .dialect = MARKET_DIALECT_2024,
        .deployment_minimum = {[MARKET_DENOM_NONE] = -1, [MARKET_UAKT] = 500000, [MARKET_USDC] = 5000000, [MARKET_UACT] = -1},
        .bid_minimum = {[MARKET_DENOM_NONE] = -1, [MARKET_UAKT] = 500000, [MARKET_USDC] = -1, [MARKET_UACT] = -1},
        .order_max_bids = 20,
        .take_percent = {[MARKET_UAKT] = 2, [MARKET_USDC] = 20, [MARKET_UACT] = 20},
        .overdraft_leases_closed = true,
        .unpaid_close_forgotten = true,
        .excess_share_panics = true,
        .revoked_grant_returns = true,
        .same_block_close_strands = true,
        .start_ignores_deployment = true,
        .one_bid_too_many = true,
        .unlimited_counts = true,
    };
}

struct market_rules market_rules_2026_08(void)
{
    return (struct market_rules){
        .settlement = MARKET_SETTLES_BY_DEBT,
        .dialect = MARKET_DIALECT_2026,
        /* 500,000 uakt is listed too, but a later check refuses uakt under the same name. */
        .deployment_minimum = {[MARKET_DENOM_NONE] = -1, [MARKET_UAKT] = -1, [MARKET_USDC] = -1, [MARKET_UACT] = 500000},
        .bid_minimum = {[MARKET_DENOM_NONE] = -1, [MARKET_UAKT] = 500000, [MARKET_USDC] = -1, [MARKET_UACT] = 500000},
        .order_max_bids = 20,
        .price_denom = MARKET_UACT,
        .window_min_s = 3600,
        .window_max_s = 720 * 3600,
        .new_lease_uncredits = true,
        .same_block_withdraw_panics = true,
        .same_block_close_ghosts = true,
        .fallback_freezes = true,
        .prefix_captures = true,
        .same_block_close_strands = true,
        .losers_stay_open = true,
        .start_ignores_deployment = true,
        .one_bid_too_many = true,
        .unlimited_counts = true,
    };
}

bool market_rules_named(const char *name, struct market_rules *rules)
{
    if (strcmp(name, "2024-07") == 0)
        *rules = market_rules_2024_07();
    else if (strcmp(name, "2026-08") == 0)
        *rules = market_rules_2026_08();
    else
        return false;
    return true;
}
