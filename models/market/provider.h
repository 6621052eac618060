/* The provider's software: whether to bid, and the clocks it runs by.
 *
 * A provider is a set of small loops that never talk to each other about time: a bid engine that holds a bid for five
 * minutes, a monitor that gives a sick deployment about eight minutes before it closes the lease for good, and a
 * balance checker that decides when to collect. Outages on Akash look the way they do because of these clocks, so each
 * is a pure function here: the caller brings the time, the draw and the state, and gets the next instant to look.
 *
 * All times in microseconds. A draw is 64 uniform bits; U[0, s) means floor(draw * s / 2^64) microseconds.
 *
 * Source: akash-network/provider v0.6.2 (2024-07) and afc4dd7 (2026-06): bidengine/order.go, manifest/,
 * cluster/monitor.go, balance_checker.go; helm-charts akash-provider 11.0.2; behavioural specification
 * sections 6.1, 6.4, 6.5 of both pages. Quirks Q10, Q11, Q12, Q13, R6, R7, R8 are switches. */
#ifndef NINES_MARKET_PROVIDER_H
#define NINES_MARKET_PROVIDER_H

#include "models/market/adjust.h"
#include "models/market/pricing.h"
#include "models/market/requirements.h"

#include <stdbool.h>
#include <stdint.h>

/* --- Rules --- */

struct provider_rules {
    struct adjust_rules adjust;
    bool stale_bids_kept;       /* Q10: at a restart no open bid is ever too old */
    bool restart_misses_orders; /* R6: after a restart only the first 10,000 orders ever made are looked at */
    bool misspelt_endpoint;     /* R7: the helm chart's endpoint scale is 0 instead of 1 */
    bool probe_needs_chain;     /* R8: a chain halt or a lost RPC node restarts the provider in a loop */
    bool loser_closes_bid;      /* 2026-08: a lost bid must be closed by the provider; 2024-07: the chain has done it */
};

struct provider_rules provider_rules_2024_07(void);
struct provider_rules provider_rules_2026_08(void);

/* --- Clocks --- */

struct provider_clocks {
    int64_t bid_timeout_us;                                /* an open bid is closed after this */
    int64_t manifest_timeout_us;                           /* a won lease without manifest is closed after this */
    int64_t monitor_retry_us, monitor_retry_spread_us;     /* first look and looks at a sick deployment */
    int64_t monitor_healthy_us, monitor_healthy_spread_us; /* looks at a healthy one */
    int32_t monitor_retries;                               /* failures in a row that are forgiven */
    int64_t balance_interval_us;                           /* longest time between two looks at an escrow */
    int64_t balance_retry_us;                              /* after a failed query */
    int64_t balance_start_spread_us;                       /* first looks after a restart are spread over this */
    int64_t assumed_block_us;                              /* what the provider believes a block takes */
    int64_t withdraw_us;                                   /* forced withdrawal of every lease, whatever the balance */
    int64_t probe_first_us, probe_every_us, probe_block_age_us; /* liveness probe of the 2024-07 chart */
};

/* 5 min bid and manifest timeout; monitor 4 s + U[0, 15 s) sick, 10 s + U[0, 5 s) healthy, 40 retries, compiled in;
 * balance 10 min, 1 min, 1 min, 6.5 s; withdrawals each 1 h (helm; the code's default is 24 h); probe after 240 s, then
 * each 30 s, blocks of at most 60 s of age. */
struct provider_clocks provider_clocks_2024_07(void);
/* The same code defaults. The chart of 2026 sets monitor_retries 2304 and a 30 s period, meant as about a day. */
struct provider_clocks provider_clocks_2026_08(void);

/* U[0, spread) from 64 uniform bits; 0 when spread is 0. */
int64_t provider_spread(int64_t spread_us, uint64_t draw);

/* --- Deployment monitor (6.4) --- */

struct provider_monitor {
    int32_t failures; /* in a row */
    bool closed;      /* CloseBid was sent; it is never sent again, even if the chain did not take it */
};

struct provider_check {
    bool close_bid;  /* send CloseBid, reason unstable */
    int64_t wait_us; /* until the next look; -1: no more looks */
};

/* Delay of the first look after the workload is deployed. */
int64_t provider_monitor_first(const struct provider_clocks *clocks, uint64_t draw);
/* One look. healthy: every service has at least its count of available replicas, and the check itself worked. */
struct provider_check provider_monitor_check(const struct provider_clocks *clocks, struct provider_monitor *monitor,
                                             bool healthy, uint64_t draw);

/* --- Balance checker (6.5) --- */

struct provider_balance {
    int64_t blocks_remain; /* until the escrow is dry, as the provider computes it; -1 without active leases */
    bool withdraw;         /* withdraw now */
    int64_t wait_us;       /* until the next look */
};

/* funds: what the account holds (2024-07: balance + funds), not yet settled since settled_at. rate: sum of the prices
 * of the deployment's active leases, per block. */
struct provider_balance provider_balance_check(const struct provider_clocks *clocks, decimal funds, int64_t settled_at,
                                               int64_t height, decimal rate);

/* --- Restarts --- */

/* R8: the probe restarts the provider when its RPC node is unreachable or the newest block too old, or its own API is
 * silent. Without the quirk only the API counts. */
bool provider_probe_fails(const struct provider_rules *rules, const struct provider_clocks *clocks, bool rpc_reachable,
                          int64_t block_age_us, bool api_answers);
/* R6: whether a restarted provider sees an open order that is number `rank` (from 0) of all orders ever made, in key
 * order, closed ones included. */
bool provider_restart_sees(const struct provider_rules *rules, int64_t rank);
/* Q10: whether a restarted provider drops an open bid of this age. */
bool provider_bid_is_stale(const struct provider_rules *rules, const struct provider_clocks *clocks, int64_t age_us);

/* --- The bid decision (6.1) --- */

enum bid_decision {
    BID_MADE,
    BID_NO_ATTRIBUTES,        /* the provider's own attributes do not satisfy the group's */
    BID_NO_TENANT_ATTRIBUTES, /* the order lacks what the operator demands of tenants */
    BID_NO_CAPABILITIES,      /* storage classes or GPU models it does not offer */
    BID_TOO_MANY_VOLUMES,     /* more than 4 in a unit */
    BID_NOT_SIGNED,           /* the demanded auditors have not signed */
    BID_GROUP_INVALID,
    BID_NO_ROOM,       /* the inventory walk failed: no bid, no message */
    BID_NO_LEASED_IPS, /* no IP operator, or not enough */
    BID_NO_PRICE,      /* pricing failed */
    BID_WRONG_DENOM,   /* a denom that it does not take */
    BID_TOO_DEAR,      /* its price is above the order's */
    BID_DECISIONS
};

/* "made", "no room"... Static text, for logs and tables. */
const char *bid_decision_name(enum bid_decision decision);

struct provider_policy {
    struct requirements_provider claims;
    struct attributes tenant_attributes; /* demanded of every order; empty: none */
    bool unlimited_counts;               /* Q4 of the group's validity */
};

enum { PROVIDER_VOLUMES_MAX = 4 };

/* Step 2, in the provider's order: the first no decides. Depends on texts only: keep the answer per (spec, provider).
 * BID_MADE means: go on. The group's own attributes are asked of the provider even when signers are demanded, stricter
 * than the chain. */
enum bid_decision provider_should_bid(const struct provider_policy *policy, const struct market_group_spec *group);

enum provider_pricing_kind { PROVIDER_SCALE, PROVIDER_RANDOM, PROVIDER_SCRIPT };

struct provider_pricing {
    enum provider_pricing_kind kind;
    const struct price_scales *scales; /* of PROVIDER_SCALE */
    const struct price_script *script; /* of PROVIDER_SCRIPT */
};

/* An order as it meets a provider. */
struct provider_order {
    const struct market_group_spec *group;
    const struct adjust_request *request; /* the group under this provider's over-commit */
    decimal price;                        /* group_spec_price() */
    enum market_denom denom;
};

struct provider_bid {
    reservation_id reservation;
    decimal price;
};

/* Steps 3 and 4: reserves, prices, and gives the reservation up again when there is no price (with Q11 its room returns
 * with the next inventory update only). BID_MADE: *bid is filled, and the message is the caller's to send. akt_usd: 0
 * when unknown. draw: used by PROVIDER_RANDOM only. */
enum bid_decision provider_try_bid(const struct provider_pricing *pricing, struct adjust_cluster *cluster,
                                   const struct provider_order *order, decimal akt_usd, uint64_t draw,
                                   struct provider_bid *bid);

#endif
