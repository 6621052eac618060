#include "models/market/provider.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

#define SECOND INT64_C(1000000)

__extension__ typedef unsigned __int128 wide;

/* --- Rules and clocks --- */

struct provider_rules provider_rules_2024_07(void)
{
    return (struct provider_rules){.adjust = adjust_rules_2024_07(),
                                   .stale_bids_kept = true,
                                   .restart_misses_orders = true,
                                   .misspelt_endpoint = true,
                                   .probe_needs_chain = true,
                                   .loser_closes_bid = false};
}

struct provider_rules provider_rules_2026_08(void)
{
    return (struct provider_rules){.adjust = adjust_rules_2026_08(), .stale_bids_kept = true, .loser_closes_bid = true};
}

struct provider_clocks provider_clocks_2024_07(void)
{
    return (struct provider_clocks){
        .bid_timeout_us = 300 * SECOND,
        .manifest_timeout_us = 300 * SECOND,
        .monitor_retry_us = 4 * SECOND,
        .monitor_retry_spread_us = 15 * SECOND,
        .monitor_healthy_us = 10 * SECOND,
        .monitor_healthy_spread_us = 5 * SECOND,
        .monitor_retries = 40,
        .balance_interval_us = 600 * SECOND,
        .balance_retry_us = 60 * SECOND,
        .balance_start_spread_us = 60 * SECOND,
        .assumed_block_us = 6500000,
        .withdraw_us = 3600 * SECOND,
        .probe_first_us = 240 * SECOND,
        .probe_every_us = 30 * SECOND,
        .probe_block_age_us = 60 * SECOND,
    };
}

struct provider_clocks provider_clocks_2026_08(void)
{
    return provider_clocks_2024_07();
}

int64_t provider_spread(int64_t spread_us, uint64_t draw)
{
    check(spread_us >= 0, "a spread of %lld us", (long long)spread_us);
    return (int64_t)((wide)draw * (uint64_t)spread_us >> 64);
}

/* --- Monitor --- */

int64_t provider_monitor_first(const struct provider_clocks *clocks, uint64_t draw)
{
    return clocks->monitor_retry_us + provider_spread(clocks->monitor_retry_spread_us, draw);
}

struct provider_check provider_monitor_check(const struct provider_clocks *clocks, struct provider_monitor *monitor,
                                             bool healthy, uint64_t draw)
{
    check(!monitor->closed, "a monitor that has closed its lease looks again");
    if (healthy) {
        monitor->failures = 0;
        const int64_t spread = provider_spread(clocks->monitor_healthy_spread_us, draw);
        return (struct provider_check){false, clocks->monitor_healthy_us + spread};
    }
    if (++monitor->failures <= clocks->monitor_retries)
        return (struct provider_check){false, provider_monitor_first(clocks, draw)};
    monitor->closed = true;
    return (struct provider_check){true, -1};
}

/* --- Balance checker --- */

struct provider_balance provider_balance_check(const struct provider_clocks *clocks, decimal funds, int64_t settled_at,
                                               int64_t height, decimal rate)
{
    struct provider_balance balance = {.blocks_remain = -1, .withdraw = true, .wait_us = clocks->balance_interval_us};
    if (!decimal_is_positive(rate))
        return balance;
    const decimal left = decimal_sub(funds, decimal_mul_int(rate, height - settled_at));
    if (decimal_is_negative(left)) {
        balance.blocks_remain = -decimal_quo_whole(decimal_sub(decimal_zero(), left), rate, INT64_MAX);
        return balance;
    }
    balance.blocks_remain = decimal_quo_whole(left, rate, INT64_MAX);
    if (balance.blocks_remain == 0)
        return balance;
    const int64_t interval = clocks->balance_interval_us / clocks->assumed_block_us;
    const int64_t blocks = balance.blocks_remain < interval ? balance.blocks_remain : interval;
    balance.withdraw = false;
    balance.wait_us = blocks * clocks->assumed_block_us;
    return balance;
}

/* --- Restarts --- */

bool provider_probe_fails(const struct provider_rules *rules, const struct provider_clocks *clocks, bool rpc_reachable,
                          int64_t block_age_us, bool api_answers)
{
    if (!api_answers)
        return true;
    return rules->probe_needs_chain && (!rpc_reachable || block_age_us > clocks->probe_block_age_us);
}

bool provider_restart_sees(const struct provider_rules *rules, int64_t rank)
{
    return !rules->restart_misses_orders || rank < 10000;
}

bool provider_bid_is_stale(const struct provider_rules *rules, const struct provider_clocks *clocks, int64_t age_us)
{
    return !rules->stale_bids_kept && age_us > clocks->bid_timeout_us;
}

/* --- The bid decision --- */

const char *bid_decision_name(enum bid_decision decision)
{
    static const char *const names[BID_DECISIONS] = {
        [BID_MADE] = "made",
        [BID_NO_ATTRIBUTES] = "no attributes",
        [BID_NO_TENANT_ATTRIBUTES] = "no tenant attributes",
        [BID_NO_CAPABILITIES] = "no capabilities",
        [BID_TOO_MANY_VOLUMES] = "too many volumes",
        [BID_NOT_SIGNED] = "not signed",
        [BID_GROUP_INVALID] = "group invalid",
        [BID_NO_ROOM] = "no room",
        [BID_NO_LEASED_IPS] = "no leased ips",
        [BID_NO_PRICE] = "no price",
        [BID_WRONG_DENOM] = "wrong denom",
        [BID_TOO_DEAR] = "too dear",
    };
    check(decision < BID_DECISIONS, "unknown decision %d", (int)decision);
    return names[decision];
}

enum bid_decision provider_should_bid(const struct provider_policy *policy, const struct market_group_spec *group)
{
    const struct market_requirements *requirements = &group->requirements;
    if (!attributes_subset(requirements->attributes, policy->claims.own))
        return BID_NO_ATTRIBUTES;
    if (!attributes_subset(policy->tenant_attributes, requirements->attributes))
        return BID_NO_TENANT_ATTRIBUTES;
    if (!requirements_resources_match(group, policy->claims.own))
        return BID_NO_CAPABILITIES;
    for (int32_t i = 0; i < group->n_units; i++)
        if (group->units[i].n_volumes > PROVIDER_VOLUMES_MAX)
            return BID_TOO_MANY_VOLUMES;
    if (!requirements_match(requirements, &policy->claims))
        return BID_NOT_SIGNED;
    if (group_spec_validate(group, policy->unlimited_counts) != GROUP_OK)
        return BID_GROUP_INVALID;
    return BID_MADE;
}

static enum price_error name_price(const struct provider_pricing *pricing, const struct adjust_cluster *cluster,
                                   const struct provider_order *order, reservation_id reservation, decimal akt_usd,
                                   uint64_t draw, decimal *price)
{
    switch (pricing->kind) {
    case PROVIDER_SCALE:
        return price_scale(pricing->scales, order->group, price);
    case PROVIDER_RANDOM:
        *price = price_random(price_random_range(order->group, order->price), draw);
        return PRICE_OK;
    case PROVIDER_SCRIPT: {
        struct adjust_wish resolved[ADJUST_UNITS_MAX];
        adjust_resolved(cluster, reservation, resolved);
        return price_scripted(pricing->script, order->request, resolved, order->denom, order->price, akt_usd, price);
    }
    }
    check_failed(__FILE__, __LINE__, "pricing->kind", "unknown pricing %d", (int)pricing->kind);
}

enum bid_decision provider_try_bid(const struct provider_pricing *pricing, struct adjust_cluster *cluster,
                                   const struct provider_order *order, decimal akt_usd, uint64_t draw,
                                   struct provider_bid *bid)
{
    reservation_id reservation;
    const enum adjust_result room = adjust_reserve(cluster, order->request, &reservation);
    if (room != ADJUST_OK)
        return room == ADJUST_INSUFFICIENT_CAPACITY ? BID_NO_ROOM : BID_NO_LEASED_IPS;
    decimal price = decimal_zero();
    const enum price_error error = name_price(pricing, cluster, order, reservation, akt_usd, draw, &price);
    if (error == PRICE_OK && decimal_compare(price, order->price) <= 0) {
        *bid = (struct provider_bid){reservation, price};
        return BID_MADE;
    }
    adjust_release(cluster, reservation);
    if (error == PRICE_UNSUPPORTED_DENOM)
        return BID_WRONG_DENOM;
    return error == PRICE_OK || error == PRICE_TOO_LOW ? BID_TOO_DEAR : BID_NO_PRICE;
}
