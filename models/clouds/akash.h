/* Akash: independent providers bid on a chain.
 *
 * A tenant's deployment publishes an order on the chain; providers whose inventory has room reserve it and bid; the tenant picks the
 * cheapest bid and gets a lease; inside the provider a small Kubernetes cluster places the replicas. Nobody watches the tenants:
 * the chain does not know that a provider is dark, the lease goes on being billed, and the tenant must notice by probes of its own
 * and redeploy through the market. A node lost inside a provider is Kubernetes' business (lost after 40 s, pods evicted after
 * 5 min); a deployment that stays sick for about 8 min is closed by its provider, which pauses the group until the tenant acts.
 *
 * Providers own racks: those of one site share its power and network, whatever their names. A provider's own control (Kubernetes API
 * and provider daemon) runs in its first rack. Replicas of a service without spread share one deployment, so one provider;
 * a service that is spread gets one deployment per replica and avoids providers it already uses.
 *
 * The market itself is models/market: every deployment, order, bid, lease, deposit and withdrawal here is a message to it, under
 * rules "2024-07". Blocks are computed lazily: a message waits for the next block, and there is none while the chain halts.
 *
 * Sources: the behavioural specification of the Akash marketplace (node v0.36.0, provider 0.6.2); tenants' habits are assumptions. */
#ifndef NINES_MODELS_CLOUDS_AKASH_H
#define NINES_MODELS_CLOUDS_AKASH_H

#include "models/clouds/pool.h"
#include "models/clouds/prices.h"

#define AKASH_WHEN .when = "kind=akash"
#define AKASH_KEYS                                                                                                     \
    POOL_KEYS("akash"),                                                                                                \
        {"providers_per_site", KEY_INTEGER, "8", "independent providers that share the racks of a site (U)", .low = 1,  \
         .high = 10000, AKASH_WHEN},                                                                                   \
        {"gpu_prices", KEY_LIST, NULL, "GPU target prices of the providers' script by model, host excluded",            \
         .children = gpu_price_keys, AKASH_WHEN},                                                                      \
        {"price_spread", KEY_NUMBER, "0.2", "sigma of ln(price) between providers (U)", .low = 0, .high = 3, AKASH_WHEN}, \
        {"price_ceiling", KEY_NUMBER, "2", "most a tenant pays, as a multiple of the script's price (assumption)", .low = 0.01, \
         .high = 1000, AKASH_WHEN},                                                                                    \
        {"block_time", KEY_DURATION, "6 s", "mean time between blocks (R: 5.98 to 6.02 s)", .low = 0.1, .high = 3600, AKASH_WHEN}, \
        {"control_up", KEY_LAW, "0 s", "time to a halt of the chain; 0 s: never by itself", AKASH_WHEN},               \
        {"control_repair", KEY_LAW, "0 s", "length of a halt", AKASH_WHEN},                                            \
        {"provider_up", KEY_LAW, "0 s", "time to failure of a provider's own control; 0 s: never by itself", AKASH_WHEN}, \
        {"provider_repair", KEY_LAW, "0 s", "its time to repair", AKASH_WHEN},                                         \
        {"bid_delay", KEY_LAW, "lognormal_median(8 s, 0.5)", "time from an order to the bids on it (assumption)", AKASH_WHEN}, \
        {"choose_wait", KEY_DURATION, "45 s", "how long a tenant collects bids (assumption; bids live 5 min)", .low = 0, \
         .high = 290, AKASH_WHEN},                                                                                     \
        {"start_time", KEY_LAW, "lognormal_median(60 s, 0.5)", "manifest, scheduling and image pull (assumption)", AKASH_WHEN}, \
        {"evict_after", KEY_DURATION, "340 s", "node lost after 40 s, pods evicted after 5 min (Kubernetes defaults)", .low = 0, \
         .high = 86400, AKASH_WHEN},                                                                                   \
        {"automatic_share", KEY_SHARE, "50 %", "share of tenants that redeploy by a script of their own (U)", AKASH_WHEN}, \
        {"detect_automatic", KEY_LAW, "lognormal_median(10 min, 0.5)", "time such a tenant takes to notice and act (U)", AKASH_WHEN}, \
        {"detect_manual", KEY_LAW, "lognormal_median(4 h, 1)", "time any other tenant takes (U)", AKASH_WHEN},         \
        {"retry_first", KEY_DURATION, "1 min", "first wait after an order without a fitting bid; doubles (assumption)", .low = 1, \
         .high = 86400, AKASH_WHEN},                                                                                   \
        {"retry_cap", KEY_DURATION, "30 min", "longest wait between two orders (assumption)", .low = 1, .high = 604800, AKASH_WHEN}, \
        {"escrow_depth", KEY_DURATION, "30 d", "time the first deposit lasts at the highest price (assumption)", .low = 3600, \
         .high = 315576000, AKASH_WHEN},                                                                               \
        {"top_up_every", KEY_DURATION, "7 d", "how often a tenant tops its escrow up again (assumption)", .low = 3600, \
         .high = 315576000, AKASH_WHEN},                                                                               \
        {"top_up_missed", KEY_SHARE, "2 %", "share of top-ups that are forgotten (U)", AKASH_WHEN},                    \
        {"withdraw_every", KEY_DURATION, "24 h", "how often a provider collects (code default 24 h; helm 1 h)", .low = 60, \
         .high = 31557600, AKASH_WHEN}

#endif
