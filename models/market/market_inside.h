/* What the files of the marketplace share among themselves. Indices are of things in use. */
#ifndef NINES_MARKET_MARKET_INSIDE_H
#define NINES_MARKET_MARKET_INSIDE_H

#include "models/market/market.h"

/* Begins a message: time does not run backwards. */
static inline void market_begin(struct market *market, int64_t height)
{
    check(height >= market->height, "message at height %lld after one at %lld", (long long)height,
          (long long)market->height);
}

/* Ends one that succeeded. */
static inline enum market_error market_done(struct market *market, int64_t height)
{
    market->height = height;
    return MARKET_OK;
}

static inline bool market_wallet_valid(const struct market *market, uint32_t wallet)
{
    return wallet >= BANK_OWN_WALLETS && wallet < market->bank.n_wallets;
}

/* EMPTY_VERSION, INVALID_VERSION, or the names of 2026. */
enum market_error market_version_check(const struct market *market, const uint8_t *version, int32_t bytes);

/* Within the market's bounds for reclamation windows. */
static inline bool market_window_valid(const struct market *market, int64_t window_s)
{
    return window_s >= market->rules.window_min_s && window_s <= market->rules.window_max_s;
}

/* Takes a deposit of 2026 from its sources, which cover it, into the account; escrow_parts_done() is left to do. */
void market_sources_pay(struct market *market, uint32_t account, struct bank_sourcing sourcing);

/* SLOT_NONE when there is no such bid. */
uint32_t market_bid_index(const struct market *market, struct market_order_id order, uint32_t provider);

/* Events with the ids of everything the thing belongs to. */
struct market_event market_about_deployment(const struct market *market, uint32_t deployment);
struct market_event market_about_group(const struct market *market, uint32_t group);
struct market_event market_about_order(const struct market *market, uint32_t order);
struct market_event market_about_bid(const struct market *market, uint32_t bid);

/* Enter a state and say so. */
void market_deployment_enter(struct market *market, uint32_t deployment, enum market_deployment_state state);
void market_group_enter(struct market *market, uint32_t group, enum market_group_state state);
void market_order_enter(struct market *market, uint32_t order, enum market_order_state state);
void market_bid_enter(struct market *market, uint32_t bid, enum market_bid_state state);
void market_lease_enter(struct market *market, uint32_t lease, enum market_lease_state state, int64_t height);

/* Ends a lease, for a reason that only 2026 keeps. */
void market_lease_end(struct market *market, uint32_t lease, enum market_lease_state state, int32_t reason,
                      int64_t height);

/* Publishes the group's next order. */
void market_order_open(struct market *market, uint32_t group, int64_t height);

/* Ends an open or active bid as lost or closed, and refunds its deposit. */
void market_bid_end(struct market *market, uint32_t bid, enum market_bid_state state);

/* Gives ended bids of an order that takes none any more back, where the limits say so. */
void market_order_forget_bids(struct market *market, uint32_t order);

/* Tries to close the lease's payment; errors are ignored. The account may turn out overdrawn, with all that follows. */
void market_payment_close(struct market *market, uint32_t lease, int64_t height);

/* Hook of section 1.5: the deployment's account was closed, or found overdrawn. Payment hooks come after account hooks,
 * which have already closed every bid of the deployment that a payment hook could find active; what is left for them are
 * the payments of other deployments ([Q15]). */
void market_account_ended(struct market *market, uint32_t deployment, bool overdrawn, int64_t height);

/* [Q15]: payment hooks of section 1.5 for leases of other deployments whose payments ended along with this account. Their
 * orders, bids and leases end, and their deployments and groups stay as they are. */
void market_captured_ended(struct market *market, uint32_t account, int64_t height);

/* Hook of section 1.5: the group was closed, paused, or ran out of money. Its leases enter lease_state. */
void market_group_ended(struct market *market, uint32_t group, enum market_lease_state lease_state, int64_t height);

/* True when market_group_ended() would settle the account and that would panic. */
bool market_group_end_panics(const struct market *market, uint32_t group, int64_t height);

#endif
