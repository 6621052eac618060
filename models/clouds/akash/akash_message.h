/* What an Akash cloud says to its marketplace.
 *
 * Every message, and every change of the world around the chain that the marketplace must know of (money brought in, a provider
 * registered, the state of burn and mint), passes through akash_send(). So there is one place where a run is written down as a
 * list of messages, in the order in which the chain took them; the marketplace is a function of that list. */
#ifndef NINES_MODELS_CLOUDS_AKASH_AKASH_MESSAGE_H
#define NINES_MODELS_CLOUDS_AKASH_AKASH_MESSAGE_H

#include "models/market/market.h"

enum akash_message_kind {
    AKASH_ISSUE,             /* issue: money comes into a wallet from outside */
    AKASH_REGISTER,          /* provider: a wallet is a provider from now on */
    AKASH_BURN_MINT,         /* burn_mint: what the chain knows of the price of AKT has changed */
    AKASH_CREATE_DEPLOYMENT, /* create */
    AKASH_DEPOSIT,           /* deposit */
    AKASH_CLOSE_DEPLOYMENT,  /* deployment */
    AKASH_CLOSE_GROUP,       /* group */
    AKASH_PAUSE_GROUP,       /* group */
    AKASH_START_GROUP,       /* group */
    AKASH_CREATE_BID,        /* bid */
    AKASH_CLOSE_BID,         /* leave; its time is filled in */
    AKASH_START_RECLAIM,     /* leave; its time is filled in */
    AKASH_CREATE_LEASE,      /* lease */
    AKASH_CLOSE_LEASE,       /* lease */
    AKASH_WITHDRAW_LEASE,    /* lease */
    AKASH_FORGET             /* deployment: the marketplace gives an ended deployment's memory back. The chain knows nothing of it */
};

/* One message; of the union, the member named above. Things that it points at are the caller's. */
struct akash_message {
    enum akash_message_kind kind;
    union {
        struct {
            uint32_t wallet;
            enum market_denom denom;
            int64_t amount; /* whole micro-units, > 0 */
        } issue;
        uint32_t provider; /* wallet */
        struct {
            enum bme_status status;
            decimal akt_price; /* in ACT; 0: none */
        } burn_mint;
        struct market_create_deployment create;
        struct market_deposit deposit;
        struct market_deployment_id deployment;
        struct market_group_id group;
        struct market_create_bid bid;
        struct market_leave leave;
        struct {
            struct market_order_id order;
            uint32_t provider; /* wallet */
        } lease;
    };
};

struct akash;
/* Hands a message to the marketplace at the present height and lets the cloud see what it did: payments are measured, leases that
 * it ended cleared away. Returns what the chain says. */
enum market_error akash_send(struct akash *cloud, struct akash_message message);

/* --- akash_write.c: with --log events, messages are recorded in the language of `nines market replay` (man/nines.1) --- */

/* Begins the list: the rules, then the wallets in their order come from akash_write_wallet(). Nothing is written after a run that
 * does not ask for it. */
void akash_write_begin(struct akash *cloud);
void akash_write_wallet(struct akash *cloud, uint32_t wallet);
/* Puts a message into words before it is taken, while what it names exists; then its result is known, and it is recorded. */
void akash_write_message(struct akash *cloud, const struct akash_message *message, int64_t height);
void akash_write_result(struct akash *cloud, int64_t height, enum market_error result);
/* Ends the list with the digest of the marketplace, which a replay must come to. */
void akash_write_end(struct akash *cloud);

/* Brings money into a wallet from outside. */
static inline void akash_issue(struct akash *cloud, uint32_t wallet, enum market_denom denom, int64_t amount)
{
    (void)akash_send(cloud, (struct akash_message){.kind = AKASH_ISSUE, .issue = {wallet, denom, amount}});
}

#endif
