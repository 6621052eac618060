/* io.net: supply from many owners, control from one company.
 *
 * Owners' machines come in three tiers (data centers, professional miners, consumers); in a comparison on the same hardware a tier
 * is a label of a site. A central orchestrator matches every request, watches heartbeats and replaces what fails; nothing new
 * happens without it. Users reach their workers through io.net's relays: with its relay gone a worker runs on but cannot be
 * reached, which counts as down.
 *
 * A machine is a device with an owner: one that went down is not hired again until he has rerun its launch commands. He lives on
 * what tenants pay and on hourly block rewards, which an interruption costs him for five hours beyond its length, and he may lose his
 * stake. Demand is bought as a product (Ray, Mega-Ray, Kubernetes, bare metal, containers), each with its own way to fail.
 *
 * Renters prepay by the hour (at least one) or for a time, and get back, as credit, what a failed worker did not deliver; paying in
 * USDC costs each side 2 %. Since mid-2025 payments go through Solana, whose halts stop new bookings and nothing that runs.
 *
 * Sources: the public documentation of io.net as of September 2025 (sections on clusters, tunnels, device states, verification,
 * rewards, staking, earnings). R in a key's help: read there; V: a vendor's claim; U: assumed. Heartbeats, replacement, refunds on
 * failure, rates and amounts are not published. The rules of July 2024 are not known in most of this and have it off
 * (ionet_rules.h). */
#ifndef NINES_MODELS_CLOUDS_IONET_IONET_H
#define NINES_MODELS_CLOUDS_IONET_IONET_H

#include "models/clouds/world/pool.h"
#include "models/clouds/world/prices.h"

extern const struct key ionet_tier_keys[], ionet_reward_keys[];

#define IONET_WHEN .when = "kind=ionet"

/* Devices and their owners. What has no default has the rules'. */
#define IONET_DEVICE_KEYS                                                                                              \
    {"relaunch", KEY_LAW, "", "machine back, until its owner has rerun the launch commands (R that he must; time U); default by the rules: " \
     "0 s in 2024, workers start by themselves; lognormal_median(2 h, 1.5) in 2025", IONET_WHEN},                     \
        {"pending", KEY_DURATION, "", "cumulative uptime before a new device is hired (R, 2025: up to 12 h); default by the rules: 0 h, 12 h", \
         .low = 0, .high = 31557600, IONET_WHEN},                                                                      \
        {"inactive_after", KEY_DURATION, "", "a device that was away for longer is inactive (R, 2025) and new again (U); 0: never; " \
         "default by the rules: 0 d, 5 d", .low = 0, .high = 31557600, IONET_WHEN},                                    \
        {"newcomers", KEY_SHARE, "0 %", "share of the devices that are first onboarded in the course of the run, evenly (U)", IONET_WHEN}, \
        {"proof_failed", KEY_SHARE, "", "share of the hourly proofs of work that an honest, idle device fails (R that timeouts can; share U); " \
         "default by the rules: 0, 0.1 %", IONET_WHEN},                                                                \
        {"pause_every", KEY_LAW, "0 s", "time from one pause of an owner to the next (U); 0 s: none pauses", IONET_WHEN}, \
        {"pause_length", KEY_LAW, "lognormal_median(8 h, 1)", "how long he wants his device for himself (U)", IONET_WHEN}, \
        {"pause_hired", KEY_CHOICE, "leave", "a device that is hired then: he leaves it alone, or takes it (U)", .choices = "leave|take", \
         IONET_WHEN},                                                                                                  \
        {"misuse", KEY_RATE, "0", "foreign work found on a device: blocked, by the rule of November 2024 or the proof of time-lock (R; rate U)", \
         IONET_WHEN, .high = 1.0 / 60},                                                                                                  \
        {"head_compliant", KEY_BOOL, "", "heads of Ray clusters are hired in data centers only (R, 2025); default by the rules: false, true", \
         IONET_WHEN},                                                                                                  \
        {"wipe_time", KEY_LAW, "uniform(1 h, 24 h)", "an owner's time to reinstall a machine after a booking of bare metal (R: 24 h, or no rewards; " \
         "law U)", IONET_WHEN},                                                                                        \
        {"blocked_for", KEY_LAW, "7 d", "time until a blocked device is let in again (U)", IONET_WHEN}

/* What owners get for being there, and may lose. */
#define IONET_REWARD_KEYS                                                                                              \
    {"rewards", KEY_BOOL, "", "hourly block rewards, from 25 June 2024 12:00 UTC (R, 2025); default by the rules: false in 2024, when who was " \
     "nominated is not known; true in 2025", IONET_WHEN},                                                              \
        {"gpu_rewards", KEY_LIST, NULL, "what hardware counts for in rewards; a model not named: 1, enterprise if it is an a100, h100, " \
         "h200, rtx4090 or rtx5090 (R, 2025)", .children = ionet_reward_keys, IONET_WHEN},                             \
        {"uptime_rule", KEY_DURATION, "5 h", "uptime without a break that a block's reward asks for (R, 2025)", .low = 0, .high = 31557600, \
         IONET_WHEN},                                                                                                  \
        {"fleet_points", KEY_SHARE, "", "share of the network's points that are this fleet's (U), to be given where there are rewards: 100 % is a " \
         "fleet that is the whole network; the rest is always nominated",                                              \
         .low = 1e-9, .high = 1, IONET_WHEN},                                                                          \
        {"io_price", KEY_MONEY, "1 USD", "price of one IO (U)", .low = 0, .high = 1e6, IONET_WHEN},                    \
        {"stake", KEY_BOOL, "", "devices carry 200 IO x max(1, multiplier) per GPU (R, 2025); default by the rules: false in 2024, true in 2025", \
         IONET_WHEN},                                                                                                  \
        {"slash_share", KEY_SHARE, "5 %", "of the stake, taken for service that is not adequate (R that it is; amount U)", IONET_WHEN}, \
        {"slash_after", KEY_INTEGER, "3", "interruptions of tenants within slash_window that are not adequate (U); foreign work: the first", \
         .low = 1, .high = 1000000, IONET_WHEN},                                                                       \
        {"slash_window", KEY_DURATION, "30 d", "they count from the first one on, for so long (U)", .low = 1, .high = 31557600, IONET_WHEN}, \
        {"appeal_won", KEY_SHARE, "0 %", "share of slashes that are given back after a month (R that there is an appeal; share U)", IONET_WHEN}, \
        {"restake", KEY_LAW, "1 d", "time until an owner has topped a slashed stake up (U)", IONET_WHEN},              \
        {"co_stake", KEY_SHARE, "0 %", "share of the stakes that third parties put up, and lose (R that they do; share U)", IONET_WHEN}, \
        {"least_reliability", KEY_SHARE, "0 %", "devices whose reliability score is lower are not hired (V, 2026: 80 %; formula U)", IONET_WHEN}, \
        {"disconnect_penalty", KEY_SHARE, "2 %", "of that score, for every disconnect (U)", IONET_WHEN},               \
        {"leave", KEY_RATE, "0", "how often an owner looks whether his device pays, and leaves if not (U)", IONET_WHEN, .high = 1.0 / 60}, \
        {"income_floor", KEY_MONEY_RATE, "0 USD/h", "income per GPU (or machine without) below which he then leaves (U)", IONET_WHEN}

/* Bookings and money. */
#define IONET_MONEY_KEYS                                                                                               \
    {"fee", KEY_SHARE, "2 %", "fee on the renter's side when paying in USDC (R, 2025)", IONET_WHEN},                   \
        {"supplier_fee", KEY_SHARE, "2 %", "fee on the owner's side when paid in USDC (R, 2025)", .low = 0, .high = 0.5, IONET_WHEN}, \
        {"reservation_fee", KEY_SHARE, "", "each side's fee on a booking, of what is used of it (R, 2025: 0.25 %); default by the rules: 0, 0.25 %", \
         .low = 0, .high = 0.25, IONET_WHEN},                                                                          \
        {"refund", KEY_SHARE, "100 %", "share of undelivered hours that comes back (U)", IONET_WHEN},                  \
        {"booking", KEY_DURATION, "", "time for which a tenant books, and then extends (R: hours, days or weeks, at least 1 h; which U); 0 h: by the hour, " \
         "without an end; default by the rules: 0 h, 7 d", .low = 0, .high = 31557600, IONET_WHEN},                    \
        {"extension_missed", KEY_SHARE, "0 %", "share of bookings whose tenant does not extend them in time though he needs them (U)", IONET_WHEN}, \
        {"extension_late", KEY_LAW, "lognormal_median(1 h, 1.5)", "how late he then is (U)", IONET_WHEN},              \
        {"grace", KEY_DURATION, "5 min", "time after its end in which a booking can still be extended (R, 2025)", .low = 0, .high = 86400, IONET_WHEN}, \
        {"timelock_failed", KEY_SHARE, "0 %", "per hour, hires whose honest owner fails the proof of time-lock and is not paid (U)", IONET_WHEN}, \
        {"solana", KEY_BOOL, "", "bookings, extensions and payouts go through Solana, a component NAME/solana (R, since mid-2025); default by the " \
         "rules: false, true", IONET_WHEN},                                                                            \
        {"solana_up", KEY_LAW, "0 s", "time to a halt of Solana; 0 s: never by itself", IONET_WHEN},                   \
        {"solana_repair", KEY_LAW, "0 s", "length of a halt", IONET_WHEN},                                             \
        {"crypto_share", KEY_SHARE, "100 %", "share of tenants who pay through Solana, not by card or credit (U)", IONET_WHEN}

#define IONET_KEYS                                                                                                     \
    POOL_KEYS("ionet"),                                                                                                \
        {"gpu_prices", KEY_LIST, NULL, "price per GPU-hour by model, host included", .children = gpu_price_keys, IONET_WHEN}, \
        {"vcpu_price", KEY_MONEY_RATE, "0.01 USD/h", "price per vCPU with its memory (U)", IONET_WHEN},                \
        IONET_REWARD_KEYS,                                                                                             \
        IONET_DEVICE_KEYS,                                                                                             \
        {"tiers", KEY_LIST, NULL, "tier of each site; a site not named is a data center", .children = ionet_tier_keys, IONET_WHEN}, \
        {"prefer", KEY_CHOICE, "reliable", "tiers are tried from data center to consumer, or the other way round",     \
         .choices = "reliable|cheap", IONET_WHEN},                                                                     \
        {"miner_price", KEY_SHARE, "80 %", "price in the miner tier, of the listed price (U)", IONET_WHEN},            \
        {"consumer_price", KEY_SHARE, "60 %", "price in the consumer tier, of the listed price (U)", IONET_WHEN},      \
        {"suppliers_per_site", KEY_INTEGER, "20", "owners that share the racks of a site (U)", .low = 1, .high = 100000, IONET_WHEN}, \
        {"relays_per_site", KEY_INTEGER, "2", "relays through which a site's workers are reached (U)", .low = 1, .high = 100, \
         IONET_WHEN},                                                                                                  \
        {"relay_up", KEY_LAW, "0 s", "time to failure of one relay; 0 s: never by itself", IONET_WHEN},                \
        {"relay_repair", KEY_LAW, "0 s", "its time to repair", IONET_WHEN},                                            \
        {"control_up", KEY_LAW, "0 s", "time to failure of the orchestrator; 0 s: never by itself", IONET_WHEN},       \
        {"control_repair", KEY_LAW, "0 s", "its time to repair", IONET_WHEN},                                          \
        {"heartbeat", KEY_DURATION, "60 s", "time between heartbeats (U; vendor pages say 60 s and 6 h)", .low = 1,    \
         .high = 86400, IONET_WHEN},                                                                                   \
        {"heartbeat_misses", KEY_INTEGER, "3", "missed heartbeats before a worker counts as failed (U)", .low = 1, .high = 1000, \
         IONET_WHEN},                                                                                                  \
        {"deploy_time", KEY_LAW, "lognormal_median(90 s, 0.467)",                                                      \
         "time from a request to a running cluster (vendor claims: 90 s; 99.5 % within 5 min)", IONET_WHEN}, \
        {"replace_time", KEY_LAW, "lognormal_median(90 s, 0.5)", "time to replace a failed worker (U)", IONET_WHEN},   \
        {"manual_share", KEY_SHARE, "2 %", "share of replacements that need a person (vendor claim: 98 % automatic)", IONET_WHEN}, \
        {"manual_time", KEY_LAW, "lognormal_median(2 h, 1)", "time such a replacement takes (assumption)", IONET_WHEN}, \
        {"livelocks", KEY_CHOICE, "leave", "clusters that wait for each other for ever: as Ray leaves them, or the youngest begins anew", \
         .choices = "leave|recreate", IONET_WHEN},                                                                     \
        {"retry_first", KEY_DURATION, "30 s", "first wait after a refused request; doubles each time (assumption)", .low = 1, \
         .high = 86400, IONET_WHEN},                                                                                   \
        {"retry_cap", KEY_DURATION, "10 min", "longest wait between two tries (assumption)", .low = 1, .high = 86400, IONET_WHEN}, \
        IONET_MONEY_KEYS

#endif
