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
 * A deployment has one group, or `groups` of them: then the replicas of a service are divided over its groups, each group is leased by
 * itself, and one escrow account pays for all.
 *
 * The market itself is models/market: every deployment, order, bid, lease, deposit and withdrawal here is a message to it, under
 * rules "2024-07" or "2026-08" with single quirks switched off (akash_rules.h). Blocks are computed lazily: a message waits for the
 * next block, and there is none while the chain halts.
 *
 * Under "2026-08" leases are paid in ACT, which a tenant mints by burning AKT at an oracle's price. A halt of the chain or of the
 * oracle leaves the price stale, and minting stops: who needs a new deposit then cannot make one (akash_mint.c). A lease may have a
 * reclamation window: a provider that wants its machines back must say so and wait, by the clock on the wall.
 *
 * Sources: the behavioural specification of the Akash marketplace (node v0.36.0 and 3efe26bf, provider 0.6.2 and afc4dd7); tenants'
 * habits are assumptions. */
#ifndef NINES_MODELS_CLOUDS_AKASH_AKASH_H
#define NINES_MODELS_CLOUDS_AKASH_AKASH_H

#include "models/clouds/akash/akash_rules.h"
#include "models/clouds/world/pool.h"
#include "models/clouds/world/prices.h"

#define AKASH_WHEN .when = "kind=akash"
#define AKASH_KEYS                                                                                                     \
    POOL_KEYS("akash"),                                                                                                \
        {"providers_per_site", KEY_INTEGER, "8", "independent providers that share the racks of a site (U)", .low = 1,  \
         .high = 10000, AKASH_WHEN},                                                                                   \
        {"provider_zipf", KEY_NUMBER, "0", "how unequal they are: the i-th of a site has racks in proportion to 1 / i^this, at least one; 0: equal (assumption)", \
         .low = 0, .high = 5, AKASH_WHEN},                                                                             \
        {"storage_classes", KEY_TEXTS, NULL, "classes of persistent volumes that every provider offers, without bound: \"beta2\", \"beta3\"; absent: none", \
         AKASH_WHEN},                                                                                                  \
        {"backup_share", KEY_SHARE, "100 %", "share of tenants with a copy of their persistent data elsewhere (assumption)", AKASH_WHEN}, \
        {"restore_time", KEY_LAW, "lognormal_median(30 min, 1)", "time to bring persistent data back under a new lease (assumption)", AKASH_WHEN}, \
        {"attributes", KEY_TEXTS, NULL, "what every provider says of itself beside its GPUs and its region, the site's name: \"tier=community\"", \
         AKASH_WHEN},                                                                                                  \
        {"auditors", KEY_TEXTS, NULL, "accounts that have signed what every provider says (assumption)", AKASH_WHEN},  \
        {"gpu_prices", KEY_LIST, NULL, "GPU target prices of the providers' script by model, host excluded",            \
         .children = gpu_price_keys, AKASH_WHEN},                                                                      \
        {"price_spread", KEY_NUMBER, "0.2", "sigma of ln(price) between providers (U)", .low = 0, .high = 3, AKASH_WHEN}, \
        {"price_ceiling", KEY_NUMBER, "2", "most a tenant pays, as a multiple of the script's price (assumption)", .low = 0.01, \
         .high = 1000, AKASH_WHEN},                                                                                    \
        {"quirks", KEY_GROUP, "{}", "quirks of the real chain and its providers: true as the rules have them, or false",  \
         .children = akash_quirk_keys, AKASH_WHEN},                                                                    \
        {"block_time", KEY_DURATION, "", "mean time between blocks; default by the rules: 6 s in 2024 (R: 5.98 to 6.02 s), 5.93 s in 2026 (R)", \
         .low = 0.1, .high = 3600, AKASH_WHEN},                                                                        \
        {"first_dseq", KEY_INTEGER, "1000000000", "number of the first deployment; numbers of unequal length let [Q15] bite", .low = 1, \
         .high = 1e15, AKASH_WHEN},                                                                                    \
        {"control_up", KEY_LAW, "0 s", "time to a halt of the chain; 0 s: never by itself", AKASH_WHEN},               \
        {"control_repair", KEY_LAW, "0 s", "length of a halt", AKASH_WHEN},                                            \
        {"oracle_up", KEY_LAW, "0 s", "2026: time to a failure of the price oracle; 0 s: never by itself", AKASH_WHEN}, \
        {"oracle_repair", KEY_LAW, "0 s", "2026: its time to repair", AKASH_WHEN},                                     \
        {"oracle_delay", KEY_DURATION, "1 min", "2026: from the return of chain and oracle to fresh prices (assumption)", .low = 0, \
         .high = 2592000, AKASH_WHEN},                                                                                 \
        {"akt_price", KEY_MONEY, "", "price of AKT; default by the rules: 3.30 USD in 2024 (K), 0.50 USD in 2026 (R, end of March)", \
         .low = 0.001, .high = 1e6, AKASH_WHEN},                                                                       \
        {"akt_prices", KEY_LIST, NULL, "later prices of AKT, in order of time", .children = akash_price_keys, AKASH_WHEN}, \
        {"akt_process", KEY_GROUP, NULL, "how the price moves around these: geometric Brownian motion with jumps", \
         .children = akash_process_keys, AKASH_WHEN},                                                                  \
        {"pay_in", KEY_CHOICE, "usd", "what leases are priced and paid in: a coin worth a dollar, or AKT (2024); files of tenants name their own", \
         .choices = "usd|akt", AKASH_WHEN},                                                                            \
        {"collateral", KEY_NUMBER, "1.5", "2026: worth of the AKT vault over the ACT in circulation, at first (U)", .low = 0, .high = 1000, \
         AKASH_WHEN},                                                                                                  \
        {"act_supply", KEY_MONEY, "1000000 USD", "2026: ACT in circulation, at first (U)", .low = 0, .high = 1e9, AKASH_WHEN}, \
        {"akt_reserve", KEY_DURATION, "0 s", "2026: AKT a tenant deposits besides, lasting so long at the highest price (assumption)", \
         .low = 0, .high = 315576000, AKASH_WHEN},                                                                     \
        {"reclaim_asked", KEY_DURATION, "0 s", "2026: shortest reclamation window that tenants accept; 0 s: they ask for none (default)", \
         .low = 0, .high = 2592000, AKASH_WHEN},                                                                       \
        {"reclaim_offered", KEY_DURATION, "0 s", "2026: reclamation window that providers offer; 0 s: none (the software's default)", \
         .low = 0, .high = 2592000, AKASH_WHEN},                                                                       \
        {"departure", KEY_LAW, "0 s", "time until a provider wants its machines back for a while; 0 s: never (assumption)", AKASH_WHEN}, \
        {"absence", KEY_LAW, "1 d", "how long it then takes no tenants (assumption)", AKASH_WHEN},                     \
        {"provider_up", KEY_LAW, "0 s", "time to failure of a provider's own control; 0 s: never by itself", AKASH_WHEN}, \
        {"provider_repair", KEY_LAW, "0 s", "its time to repair", AKASH_WHEN},                                         \
        {"bid_delay", KEY_LAW, "lognormal_median(8 s, 0.5)", "time from an order to the bids on it (assumption)", AKASH_WHEN}, \
        {"choose_wait", KEY_DURATION, "45 s", "how long a tenant collects bids (assumption; bids live 5 min)", .low = 0, \
         .high = 290, AKASH_WHEN},                                                                                     \
        {"manifest_time", KEY_LAW, "0 s", "time from a lease to its manifest; the provider waits 5 min for it (assumption)", AKASH_WHEN}, \
        {"inventory_every", KEY_DURATION, "1 min", "longest time between two inventory updates of a provider (assumption)", .low = 0, \
         .high = 86400, AKASH_WHEN},                                                                                   \
        {"monitor_retries", KEY_INTEGER, "40", "looks at a sick deployment that its provider forgives (R: 40 in the code; charts differ)", \
         .low = 0, .high = 100000, AKASH_WHEN},                                                                        \
        {"start_time", KEY_LAW, "lognormal_median(60 s, 0.5)", "manifest, scheduling and image pull (assumption)", AKASH_WHEN}, \
        {"evict_after", KEY_DURATION, "340 s", "node lost after 40 s, pods evicted after 5 min (Kubernetes defaults)", .low = 0, \
         .high = 86400, AKASH_WHEN},                                                                                   \
        {"automatic_share", KEY_SHARE, "50 %", "share of tenants that redeploy by a script of their own (U)", AKASH_WHEN}, \
        {"detect_automatic", KEY_LAW, "lognormal_median(10 min, 0.5)", "time such a tenant takes to notice and act (U)", AKASH_WHEN}, \
        {"detect_manual", KEY_LAW, "lognormal_median(4 h, 1)", "time any other tenant takes (U)", AKASH_WHEN},         \
        {"start_overdrawn", KEY_SHARE, "0 %", "share of tenants that answer an account run dry with StartGroup, which cannot help [Q2] (assumption)", \
         AKASH_WHEN},                                                                                                  \
        {"groups", KEY_INTEGER, "1", "most groups of a deployment; a service's replicas are divided over them (assumption)", .low = 1, \
         .high = 64, AKASH_WHEN},                                                                                      \
        {"retry_first", KEY_DURATION, "1 min", "first wait after an order without a fitting bid; doubles (assumption)", .low = 1, \
         .high = 86400, AKASH_WHEN},                                                                                   \
        {"retry_cap", KEY_DURATION, "30 min", "longest wait between two orders (assumption)", .low = 1, .high = 604800, AKASH_WHEN}, \
        {"escrow_depth", KEY_DURATION, "30 d", "time the first deposit lasts at the highest price (assumption)", .low = 3600, \
         .high = 315576000, AKASH_WHEN},                                                                               \
        {"top_up_every", KEY_DURATION, "7 d", "how often a tenant tops its escrow up again (assumption)", .low = 3600, \
         .high = 315576000, AKASH_WHEN},                                                                               \
        {"top_up_missed", KEY_SHARE, "2 %", "share of top-ups that are forgotten (U)", AKASH_WHEN},                    \
        {"balance_every", KEY_DURATION, "10 min", "longest time between two looks of a provider at an escrow (R); 0 s: none", .low = 0, \
         .high = 86400, AKASH_WHEN},                                                                                   \
        {"withdraw_every", KEY_DURATION, "24 h", "how often a provider collects (code default 24 h; helm 1 h)", .low = 60, \
         .high = 31557600, AKASH_WHEN}

extern const struct key akash_price_keys[];   /* elements of `akt_prices` */
extern const struct key akash_process_keys[]; /* of `akt_process` */

#endif
