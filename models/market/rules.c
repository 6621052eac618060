#include "models/market/rules.h"

#include <string.h>

#include "sim/nomalloc.h"

struct market_rules market_rules_2024_07(void)
{
    return (struct market_rules){
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

bool market_rules_named(const char *name, struct market_rules *rules)
{
    if (strcmp(name, "2024-07") != 0)
        return false;
    *rules = market_rules_2024_07();
    return true;
}
