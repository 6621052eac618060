/* Burn and mint: how tenants of 2026 get the money that leases are priced in.
 *
 * A lease is paid in ACT, which is pegged to the dollar and cannot be sent from wallet to wallet. A tenant mints it by
 * burning AKT at the oracle's price; a provider swaps what it earned back. The AKT burnt waits in a vault, so the ACT in
 * circulation is worth its peg as long as the vault covers it: that share is the collateral ratio, and as it falls minting
 * first slows down, then stops. A tenant who cannot mint cannot deposit, and its leases run dry: an outage with a cause
 * outside the cloud.
 *
 *   ratio     (vault - pending) x AKT price / ACT price / ACT supply; the last division only where there is any supply
 *   status    above 9500 bps healthy; above 9000 warning; else halted by the ratio; without a fresh price halted by the
 *             oracle, whatever the ratio
 *   epoch     mint requests run every 10 blocks while healthy, and 10 % later for each 10 bps below 9500, at most every
 *             14400 blocks
 *
 * All functions are pure; who holds the vault and when requests run is the caller's. The escrow needs the status and the
 * price for its AKT fallback (escrow_bme_set()).
 *
 * Source: Akash node 3efe26bf, x/bme/keeper; description section 1.6. */
#ifndef NINES_MARKET_BME_H
#define NINES_MARKET_BME_H

#include "models/market/decimal.h"

#include <stdbool.h>
#include <stdint.h>

struct bme_rules {
    int64_t warn_bps, halt_bps; /* at or below: slowed down, halted */
    int64_t epoch_min_blocks, epoch_max_blocks;
    int64_t backoff_percent; /* longer epoch for each step of 10 bps below warn_bps */
    int64_t price_stale_s;   /* an older price counts as none */
    int64_t mint_min_uact;   /* smallest mint */
    int64_t mint_spread_bps; /* taken off what is minted */
};

/* 9500 and 9000 bps; 10 to 14400 blocks, 10 %; 30 s; 10 ACT; 25 bps. */
struct bme_rules bme_rules_2026_08(void);

enum bme_status { BME_HEALTHY, BME_WARNING, BME_HALT_CR, BME_HALT_ORACLE };

/* "healthy", "warning", "halt_cr", "halt_oracle". Static text. */
const char *bme_status_name(enum bme_status status);

struct bme_oracle {
    decimal akt_price, act_price; /* in the same money; 0: no price */
    int64_t updated_s;            /* Unix seconds */
};

struct bme_vault {
    int64_t vault_uakt;   /* AKT burnt and not yet swapped back */
    int64_t pending_uakt; /* of it: belongs to requests that have not run */
    int64_t supply_uact;  /* ACT in circulation */
};

/* Both prices are there and fresh: at most price_stale_s old. */
bool bme_price_valid(const struct bme_rules *rules, const struct bme_oracle *oracle, int64_t now_s);

/* Collateral ratio in basis points, fraction dropped. Both prices must be positive. */
int64_t bme_ratio_bps(const struct bme_vault *vault, const struct bme_oracle *oracle);

enum bme_status bme_status(const struct bme_rules *rules, const struct bme_vault *vault, const struct bme_oracle *oracle,
                           int64_t now_s);

/* Blocks from one run of the mint requests to the next at this ratio. */
int64_t bme_epoch_blocks(const struct bme_rules *rules, int64_t ratio_bps);

/* Whether ACT may be minted, and swapped back. */
bool bme_may_mint(enum bme_status status);
bool bme_may_swap(enum bme_status status);

/* What burning this much AKT mints: uakt x AKT price / ACT price, less the spread, fraction dropped; 0 where that is below
 * the smallest mint. Both prices must be positive. That the spread comes before the drop is an assumption. */
int64_t bme_mint_uact(const struct bme_rules *rules, const struct bme_oracle *oracle, int64_t burnt_uakt);

#endif
