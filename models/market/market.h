/* The marketplace: deployments, orders, bids and leases, as the chain keeps them.
 *
 * A tenant creates a deployment of one or more groups and deposits money. Each group publishes an order. Providers bid. The
 * tenant picks a bid (the chain never does), which makes a lease; the losers are refunded. A lease is paid block by block
 * from the deployment's escrow account (escrow.h), lazily. Who ends it decides what follows: a tenant's CloseLease
 * publishes a new order at once, a provider's CloseBid pauses the group, and an account that runs dry ends the deployment.
 * The chain never notices that a provider is dark.
 *
 *   deployment  active -> closed
 *   group       open -> paused; paused | insufficient_funds -> open; insufficient_funds -> paused; any -> closed;
 *               any but closed -> insufficient_funds
 *   order       open -> active -> closed, open -> closed
 *   bid         open -> active -> closed, open -> lost, open -> closed
 *   lease       active -> reclaiming; active | reclaiming -> closed | insufficient_funds
 *
 * This is a pure core: the block height comes in as an argument, the same messages give the same bits, and nothing is
 * drawn, allocated or looked up outside the arena. Whether a provider fits an order is text work (requirements.h), which
 * the caller does once per (group spec, provider) and states in the bid.
 *
 * A message checks everything first, in the chain's order, and then cannot fail: a refused message leaves no trace and no
 * event. Who signs is the caller's business: tenants' messages are taken to be signed by the owner, providers' by the
 * provider.
 *
 * Names. Deployments, groups, orders and leases are named by {index, generation}; a bid by its order and its provider, as
 * on the chain, since a provider bids once per order, ever. By default nothing is forgotten. market_forget_deployment()
 * gives the memory of an ended deployment back, and limits.forget_bids gives back each ended bid once its order no longer
 * takes bids; only the errors of later messages about forgotten things then differ (not found instead of not open).
 *
 * Cost is O(changed): a message touches its own deployment's live things only.
 *
 * Two dialects are spoken (rules.h). That of 2026 knows why a lease ended, gathers deposits from several sources, and
 * lets a provider announce that it wants its machines back: a lease made with a reclamation window cannot be left by the
 * provider at once. It first starts the reclaiming (market_start_reclaim()), and may close the bid when the window has
 * passed. Windows run in wall-clock time, so these messages carry the block's time in Unix seconds; chain halts do not stop
 * it. The tenant may leave at any time, and billing goes on.
 *
 * Source: Akash node v0.36.0 and 3efe26bf (x/deployment, x/market), rules profiles 2024-07 and 2026-08; sections 1 and 2 of
 * their descriptions. */
#ifndef NINES_MARKET_MARKET_H
#define NINES_MARKET_MARKET_H

#include "models/market/bank.h"
#include "models/market/error.h"
#include "models/market/escrow.h"
#include "models/market/events.h"
#include "models/market/group.h"
#include "models/market/rules.h"
#include "models/market/slots.h"
#include "sim/base/arena.h"

#include <stdbool.h>
#include <stdint.h>

enum market_deployment_state { MARKET_DEPLOYMENT_IS_ACTIVE, MARKET_DEPLOYMENT_IS_CLOSED };
enum market_group_state {
    MARKET_GROUP_IS_OPEN,
    MARKET_GROUP_IS_PAUSED,
    MARKET_GROUP_IS_INSUFFICIENT_FUNDS,
    MARKET_GROUP_IS_CLOSED
};
enum market_order_state { MARKET_ORDER_IS_OPEN, MARKET_ORDER_IS_ACTIVE, MARKET_ORDER_IS_CLOSED };
enum market_bid_state { MARKET_BID_IS_OPEN, MARKET_BID_IS_ACTIVE, MARKET_BID_IS_LOST, MARKET_BID_IS_CLOSED };
enum market_lease_state {
    MARKET_LEASE_IS_ACTIVE,
    MARKET_LEASE_IS_INSUFFICIENT_FUNDS,
    MARKET_LEASE_IS_CLOSED,
    MARKET_LEASE_IS_RECLAIMING /* 2026: still up and billed */
};

static inline bool market_lease_live(uint8_t state)
{
    return state == MARKET_LEASE_IS_ACTIVE || state == MARKET_LEASE_IS_RECLAIMING;
}

/* Why a lease ended, as the chain of 2026 numbers it. Providers may give any number from 10000 to 19999. */
enum market_close_reason {
    MARKET_REASON_NONE, /* it has not, or it is 2024 */
    MARKET_REASON_OWNER = 1,
    MARKET_REASON_PROVIDER_MIN = 10000,
    MARKET_REASON_UNSTABLE = 10000,
    MARKET_REASON_DECOMMISSION = 10001,
    MARKET_REASON_UNSPECIFIED = 10002,
    MARKET_REASON_MANIFEST_TIMEOUT = 10003,
    MARKET_REASON_PROVIDER_MAX = 19999,
    MARKET_REASON_INSUFFICIENT_FUNDS = 20000
};

/* "owner", "unstable"; "provider" for a number without a name; "" for none. Static text. */
const char *market_close_reason_name(int32_t reason);

/* "active", "insufficient_funds", "lost". Static text. */
const char *market_deployment_state_name(enum market_deployment_state state);
const char *market_group_state_name(enum market_group_state state);
const char *market_order_state_name(enum market_order_state state);
const char *market_bid_state_name(enum market_bid_state state);
const char *market_lease_state_name(enum market_lease_state state);

enum { MARKET_VERSION_BYTES = 32 };

/* --- What is stored. Links between things are plain indices, SLOT_NONE where there is nothing. --- */

struct market_deployment {
    uint8_t version[MARKET_VERSION_BYTES]; /* fingerprint of the manifest */
    uint64_t dseq;                         /* the owner's number for it, > 0 */
    int64_t created;                       /* height */
    int64_t window_s;                      /* shortest reclamation window that it accepts; 0: it does not ask for one */
    uint32_t owner;                        /* wallet */
    uint32_t account;                      /* of the escrow */
    uint32_t first_group;                  /* by gseq */
    uint32_t next_in_bucket;               /* of the index by (owner, dseq) */
    uint8_t state;
};

struct market_group {
    const struct market_group_spec *spec; /* the caller's */
    decimal price;                        /* the most its orders pay per block */
    int64_t created;                      /* height */
    uint32_t deployment;
    uint32_t next;       /* of the deployment, by gseq */
    uint32_t last_order; /* only the last one may be open or active */
    uint32_t gseq;       /* from 1 */
    uint8_t state;
    uint8_t denom; /* of the price */
};

struct market_order {
    int64_t created; /* height */
    uint32_t group;
    uint32_t previous;  /* order of the group */
    uint32_t first_bid; /* by the provider's name */
    uint32_t lease;     /* the only one it ever had */
    uint32_t oseq;      /* from 1 */
    int32_t n_bids;     /* ever made, in any state */
    int32_t n_lost;     /* of them */
    uint8_t state;
};

struct market_bid {
    decimal price;   /* per block, in the order's denom */
    int64_t deposit; /* whole micro-units, in escrow while the bid is open or active */
    int64_t created; /* height */
    int64_t window_s; /* reclamation window offered; 0: none */
    uint32_t order;
    uint32_t provider; /* wallet */
    uint32_t next;     /* of the order */
    uint32_t first_part; /* deposits behind it; SLOT_NONE: all from the provider's own balance */
    uint8_t state;
    uint8_t deposit_denom;
};

struct market_lease {
    decimal price;           /* per block */
    int64_t created, closed; /* heights; closed: 0 while it lives */
    int64_t window_s;        /* of reclamation; 0: none */
    int64_t reclaim_height, reclaim_until_s; /* start, and deadline in Unix seconds; 0: not started */
    uint32_t order;
    uint32_t provider;      /* wallet */
    uint32_t payment;       /* of the escrow */
    int32_t reason;         /* enum market_close_reason */
    int32_t reclaim_reason; /* the provider's */
    uint8_t state;
};

/* How many things may exist at once (with nothing forgotten: ever). Memory is reserved, not touched. */
struct market_limits {
    uint32_t wallets, grants, deployments, groups, orders, bids, leases;
    uint32_t deposits; /* 2026: unspent deposits at once; 0: four for each deployment */
    bool forget_bids; /* give ended bids back once their order takes no more */
};

struct market {
    struct market_rules rules;
    struct market_limits limits;
    struct bank bank;
    struct escrow escrow;
    struct market_deployment *deployments;
    struct market_group *groups;
    struct market_order *orders;
    struct market_bid *bids;
    struct market_lease *leases;
    struct slots deployment_slots, group_slots, order_slots, bid_slots, lease_slots;
    uint32_t *buckets; /* [bucket_mask + 1] heads of chains of deployments */
    uint32_t bucket_mask;
    struct market_events *events; /* the caller's */
    int64_t height;               /* of the last message that changed anything */
};

/* Everything lives in the arena; events must outlive the market. */
void market_open(struct market *market, struct arena *arena, const struct market_rules *rules,
                 const struct market_limits *limits, struct market_events *events);

/* Registers a wallet as a provider; it never ends. */
void market_provider_register(struct market *market, uint32_t wallet);

/* --- Messages. Heights never go back. Each returns MARKET_OK or the first failing check's error (section 2). --- */

struct market_create_deployment {
    uint32_t owner, depositor; /* wallets */
    uint64_t dseq;
    const uint8_t *version; /* [version_bytes] */
    int32_t version_bytes;
    const struct market_group_spec *const *groups; /* [n_groups], kept by pointer */
    int32_t n_groups;
    enum market_denom denom; /* of the deposit */
    int64_t deposit;         /* whole micro-units */
    enum bank_sources sources; /* 2026: where the owner takes it from; then depositor is not looked at */
    int64_t window_s;          /* 2026: shortest reclamation window accepted; 0: none asked for */
};

/* *id: the new deployment; may be NULL. Besides the named errors of the chain, a negative amount is INVALID_DEPOSIT and a
 * group that breaks a rule of its own INVALID_GROUPS. */
enum market_error market_create_deployment(struct market *market, const struct market_create_deployment *message,
                                           int64_t height, struct market_deployment_id *id);

struct market_deposit {
    struct market_deployment_id deployment;
    uint32_t depositor; /* wallet; 2024: whose money the owner deposits; 2026: who signs, anybody */
    enum market_denom denom;
    int64_t amount; /* whole micro-units */
    enum bank_sources sources; /* 2026 */
};

/* DepositDeployment of 2024, AccountDeposit of 2026. */
enum market_error market_deposit_deployment(struct market *market, const struct market_deposit *message, int64_t height);
enum market_error market_update_deployment(struct market *market, struct market_deployment_id id, const uint8_t *version,
                                           int32_t version_bytes, int64_t height);
enum market_error market_close_deployment(struct market *market, struct market_deployment_id id, int64_t height);

enum market_error market_close_group(struct market *market, struct market_group_id id, int64_t height);
enum market_error market_pause_group(struct market *market, struct market_group_id id, int64_t height);
enum market_error market_start_group(struct market *market, struct market_group_id id, int64_t height);

struct market_create_bid {
    struct market_order_id order;
    uint32_t provider;             /* wallet */
    enum market_denom price_denom; /* another than the order's: panic */
    decimal price;                 /* per block, for the whole group */
    enum market_denom deposit_denom;
    int64_t deposit;         /* whole micro-units */
    bool offer_mismatch;     /* the resources offer contradicts the order (section 3.6) */
    bool placement_matches;  /* the provider is what the group requires (3.2) */
    bool capabilities_match; /* the provider has the storage and GPUs (3.3, 3.4) */
    enum bank_sources sources; /* 2026: of the deposit */
    int64_t window_s;          /* 2026: reclamation window offered; 0: none */
};

enum market_error market_create_bid(struct market *market, const struct market_create_bid *message, int64_t height);

/* What a provider says to leave a lease. */
struct market_leave {
    struct market_order_id order;
    uint32_t provider; /* wallet */
    int32_t reason;    /* enum market_close_reason */
    int64_t time_s;    /* of the block, Unix seconds */
};

/* CloseBid. 2024 knows neither reason nor time. */
enum market_error market_leave_lease(struct market *market, const struct market_leave *message, int64_t height);
/* LeaseStartReclaim, of 2026. */
enum market_error market_start_reclaim(struct market *market, const struct market_leave *message, int64_t height);

/* These name a bid, or the lease that came of it, by order and provider. */
/* CloseBid for no stated reason, of a lease without a window or of a bid without a lease. */
enum market_error market_close_bid(struct market *market, struct market_order_id order, uint32_t provider, int64_t height);
/* *id: the new lease; may be NULL. */
enum market_error market_create_lease(struct market *market, struct market_order_id order, uint32_t provider,
                                      int64_t height, struct market_lease_id *id);
enum market_error market_close_lease(struct market *market, struct market_order_id order, uint32_t provider,
                                     int64_t height);
enum market_error market_withdraw_lease(struct market *market, struct market_order_id order, uint32_t provider,
                                        int64_t height);

/* --- Messages to come --- */

/* With a million leases what a message costs is waiting for memory. Who knows the next messages, as a sweep over leases or a
 * block does, may have their records loaded meanwhile: steps 0 to 4, each some messages after the one before, as a
 * record must have come before it can say which one is next. Nothing changes by it; a name that is stale by then is ignored. */
enum { MARKET_AHEAD_STEPS = 5 };
void market_ahead_create(const struct market *market, uint32_t owner, uint64_t dseq, int step);
void market_ahead_deployment(const struct market *market, struct market_deployment_id id, int step);
/* For market_withdraw_lease(). */
void market_ahead_lease(const struct market *market, struct market_order_id order, int step);

/* --- Questions --- */

/* NULL when the name is none, stale or forgotten. */
const struct market_deployment *market_deployment(const struct market *market, struct market_deployment_id id);
const struct market_group *market_group(const struct market *market, struct market_group_id id);
const struct market_order *market_order(const struct market *market, struct market_order_id id);
const struct market_lease *market_lease(const struct market *market, struct market_lease_id id);
const struct market_bid *market_bid(const struct market *market, struct market_order_id order, uint32_t provider);

/* Names from indices in use. */
struct market_deployment_id market_deployment_id(const struct market *market, uint32_t index);
struct market_group_id market_group_id(const struct market *market, uint32_t index);
struct market_order_id market_order_id(const struct market *market, uint32_t index);
struct market_lease_id market_lease_id(const struct market *market, uint32_t index);

/* {0, 0} when there is none. O(1), O(groups), O(orders of the group). */
struct market_deployment_id market_find_deployment(const struct market *market, uint32_t owner, uint64_t dseq);
struct market_group_id market_find_group(const struct market *market, struct market_deployment_id id, uint32_t gseq);
struct market_order_id market_find_order(const struct market *market, struct market_group_id id, uint32_t oseq);
/* The group's open or active order. */
struct market_order_id market_live_order(const struct market *market, struct market_group_id id);

struct market_offer {
    uint32_t provider; /* wallet */
    decimal price;     /* per block */
    int64_t created;   /* height */
};

/* The open bids of an order, in the order of the providers' names. offers: room for `room`. Returns how many there are,
 * which may be more than fit. */
int32_t market_open_bids(const struct market *market, struct market_order_id id, struct market_offer *offers, int32_t room);

/* The deployment's escrow account and the lease's payment; NULL as above. */
const struct escrow_account *market_account(const struct market *market, struct market_deployment_id id);
const struct escrow_payment *market_payment(const struct market *market, struct market_lease_id id);

/* Sum of the prices of the deployment's active leases, per block. Its account may be charged more: ghosts, [R2]. */
decimal market_active_rate(const struct market *market, struct market_deployment_id id);

/* The first height at which somebody who looks finds the account overdrawn, if nobody acts before; HEIGHT_NEVER when it is
 * not open or nothing charges it. */
int64_t market_dry_height(const struct market *market, struct market_deployment_id id);

/* Money that nobody can claim any more, by cause; O(everything). */
struct market_losses {
    decimal uncredited; /* [Q5] charged to tenants, credited to nobody */
    decimal stuck;      /* [R5, Q8] earned under accounts that are closed */
    decimal dust;       /* fractions cut off refunds, pots and AKT sent; what forgotten accounts still held */
};
struct market_losses market_losses(const struct market *market, enum market_denom denom);

/* How burn and mint are doing, for the AKT fallback of 2026. */
void market_bme_set(struct market *market, enum bme_status status, decimal akt_price);

/* What settling the deployment's account at this height would do: who must know whether [R3] traps it asks here. */
struct settlement market_foresee(const struct market *market, struct market_deployment_id id, int64_t height);

/* --- Memory and proof --- */

/* Gives back a closed deployment, its groups, orders, bids, leases and account. False, and nothing happens, when it is not
 * closed or still has an order or a bid that is open (a group was started again, [Q2]). What its account and payments
 * still held is lost, as on the chain. */
bool market_forget_deployment(struct market *market, struct market_deployment_id id);

/* Walks the whole world and checks every invariant: states agree with each other and with the escrow, lists are in order,
 * money adds up to the last atto. */
void market_audit(const struct market *market);

/* Hash of all states and balances. O(everything). */
uint64_t market_digest(const struct market *market);

#endif
