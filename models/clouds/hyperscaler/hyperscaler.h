/* The centralized cloud: Azure's way.
 *
 * Sites are regions with zones. One scheduler places virtual machines over the whole inventory of a region, through the region's
 * control plane, which needs the global one (with the grace of tokens that are still valid). A virtual machine needs its node
 * and, for its remote disk, a storage unit: locally redundant disks (LRS) pin it to that unit and its zone, zone-redundant ones
 * (ZRS) let it move. Loss of a control plane leaves running machines alone; nothing can be created, healed or moved meanwhile.
 *
 * A failed node is noticed by the platform and its machines are healed onto other nodes. A storage unit that refuses I/O stops
 * its machines; they boot again when it is back. Refused allocations are tried again with exponential back-off.
 *
 * Jobs wait in a queue of their region, as gangs (models/gpu/backfill.h). Spot machines are cheaper and are taken back with a notice: by
 * a rate of their own, many of a pool together, or when somebody on demand has no room. Reserved ones keep their place and are paid for a
 * term. Nodes can be drained for maintenance.
 *
 * Regions may be paired: tenants of one that does not answer may ask in the other, and disks that are copied there may be brought up there.
 * What there is once for all regions (an edge, names, sign-ins) stands between services and their users, and stops nobody who runs.
 *
 * Tenants pay by the hour while a machine is allocated, up or not, and get credits by complete UTC month from the uptime of
 * the service, by the table of Azure, AWS, GCP or their own (models/clouds/world/sla.h).
 *
 * Sources: the behaviour of Azure as described in its public post-incident reviews (1K80-N_8, January 2025, June 2019) and
 * documentation; evidence K where not read, see the key table. */
#ifndef NINES_MODELS_CLOUDS_HYPERSCALER_HYPERSCALER_H
#define NINES_MODELS_CLOUDS_HYPERSCALER_HYPERSCALER_H

#include "models/clouds/world/pool.h"
#include "models/clouds/world/prices.h"
#include "models/clouds/world/sla.h"

extern const struct key pair_keys[];  /* elements of `pairs` */
extern const struct key front_keys[]; /* elements of `fronts` */

#define HYPERSCALER_WHEN .when = "kind=hyperscaler"
#define HYPERSCALER_KEYS                                                                                               \
    POOL_KEYS("hyperscaler"),                                                                                          \
        {"gpu_prices", KEY_LIST, NULL, "on-demand price per GPU-hour by model, host included",                          \
         .children = gpu_price_keys, HYPERSCALER_WHEN},                                                                \
        {"vcpu_price", KEY_MONEY_RATE, "0.048 USD/h",                                                                  \
         "price per vCPU with 4 GB (Azure D2s_v5, East US, 2024; K)", HYPERSCALER_WHEN},                               \
        {"queue", KEY_CHOICE, "easy", "how jobs wait in a region: in order, or with backfill (models/gpu/backfill.h)",              \
         .choices = "fifo|easy|conservative", HYPERSCALER_WHEN},                                                       \
        {"preemption", KEY_CHOICE, "priority", "who may be displaced: nobody, spot machines, also jobs of lower priority", \
         .choices = "none|spot|priority", HYPERSCALER_WHEN},                                                           \
        {"preempt_after", KEY_DURATION, "2 h", "a job on demand is not displaced before it has run so long (Meta, K)",    \
         HYPERSCALER_WHEN},                                                                                            \
        {"notice", KEY_DURATION, "30 s", "from telling a machine to its eviction (Azure and Google Spot, K)", .low = 0, \
         .high = 86400, HYPERSCALER_WHEN},                                                                             \
        {"spot_price", KEY_SHARE, "40 %", "spot over on-demand price, where gpu_prices has none; vCPUs always (U)", HYPERSCALER_WHEN}, \
        {"spot_evictions", KEY_RATE, "0.05 /h", "evictions of a spot machine for others' demand (K: Azure's lowest band is 0 to 5 % an hour)", \
         HYPERSCALER_WHEN},                                                                                            \
        {"spot_shock_every", KEY_LAW, "0 s", "time between moments at which spot machines of a pool are taken back together; 0 s: never", \
         HYPERSCALER_WHEN},                                                                                            \
        {"spot_shock_share", KEY_SHARE, "50 %", "share of the pool's spot machines that are told to go then (U)", HYPERSCALER_WHEN}, \
        {"spot_shock_length", KEY_LAW, "1 h", "how long nothing is sold as spot there afterwards (U)", HYPERSCALER_WHEN}, \
        {"spot_pools", KEY_CHOICE, "region", "what is taken back together: a region, or its machines of one GPU model", \
         .choices = "region|model", HYPERSCALER_WHEN},                                                                 \
        {"reserved_price", KEY_SHARE, "56 %",                                                                          \
         "reserved over on-demand price, where gpu_prices has none; vCPUs always (AWS H100 for a year: 6.88 of 12.29 USD/h, R; else U)", \
         HYPERSCALER_WHEN},                                                                                            \
        {"reserved_term", KEY_DURATION, "365 d", "term of a reservation, paid to its end", .low = 3600, .high = 315576000, \
         HYPERSCALER_WHEN},                                                                                            \
        {"maintenance_every", KEY_LAW, "0 s",                                                                          \
         "time between planned maintenances of a node, or with update domains of a region; 0 s: none", HYPERSCALER_WHEN}, \
        {"maintenance_length", KEY_LAW, "2 h", "how long the empty node takes (U)", HYPERSCALER_WHEN},                 \
        {"drain_grace", KEY_DURATION, "24 h", "how long who is on a node may stay after it was closed to others (U)", .low = 0, \
         .high = 31557600, HYPERSCALER_WHEN},                                                                          \
        {"update_domains", KEY_INTEGER, "0",                                                                           \
         "groups of nodes that are maintained one after the other, and over which sets are spread; 0: each node by itself (Azure: 5, up to 20, R)", \
         .low = 0, .high = 20, HYPERSCALER_WHEN},                                                                      \
        {"update_pause", KEY_DURATION, "30 min", "from the last node of an update domain being back to the next domain (K)", .low = 1, \
         .high = 31557600, HYPERSCALER_WHEN},                                                                          \
        {"fault_domains", KEY_INTEGER, "0", "groups of racks of a zone over which sets are spread; 0: only over nodes (Azure: up to 3, R)", \
         .low = 0, .high = 20, HYPERSCALER_WHEN},                                                                      \
        {"zone_map", KEY_CHOICE, "turn",                                                                               \
         "which zone is a subscription's first: the next for each, drawn for each, or the same for all (mapped by subscription: R)", \
         .choices = "turn|drawn|same", HYPERSCALER_WHEN},                                                              \
        {"subscription", KEY_INTEGER, "1", "services of a class in one subscription (U)", .low = 1, .high = 1e6, HYPERSCALER_WHEN}, \
        {"disks", KEY_CHOICE, "lrs",                                                                                   \
         "remote disks: in one storage unit (lrs), over zones (zrs), in one and copied to the paired region (grs), or none (local)",     \
         .choices = "lrs|zrs|local|grs", HYPERSCALER_WHEN},                                                                \
        {"pairs", KEY_LIST, NULL, "regions that are each other's pair", .children = pair_keys, HYPERSCALER_WHEN},     \
        {"fronts", KEY_LIST, NULL, "what is there once for all regions, between services and users: edge, DNS, sign-ins", .children = front_keys, \
         HYPERSCALER_WHEN},                                                                                            \
        {"failover_share", KEY_SHARE, "0 %", "tenants in one region who ask in its pair when a machine is away for long (habit, U)", \
         HYPERSCALER_WHEN},                                                                                            \
        {"failover_after", KEY_LAW, "lognormal_median(1 h, 1)", "how long they wait before (U)", HYPERSCALER_WHEN},    \
        {"failback_after", KEY_LAW, "lognormal_median(12 h, 0.5)",                                                     \
         "how long who is up in the pair stays, and looks again where the own region is not well then (U)", HYPERSCALER_WHEN}, \
        {"grs_failover", KEY_LAW, "0 s",                                                                               \
         "time from the loss of a storage unit to the decision to bring its disks up in the pair; 0 s: it is repaired instead (R: September 2018)", \
         HYPERSCALER_WHEN},                                                                                            \
        {"grs_lag", KEY_LAW, "uniform(0 s, 15 min)", "how far behind the copy in the pair is (typically below 15 min, K; law U)", \
         HYPERSCALER_WHEN},                                                                                            \
        {"create_time", KEY_LAW, "lognormal_median(20 s, 0.5)", "time the control plane takes for a request (K)",      \
         HYPERSCALER_WHEN},                                                                                            \
        {"boot_time", KEY_LAW, "lognormal_median(60 s, 0.4)", "time from allocation to a running machine (K)",         \
         HYPERSCALER_WHEN},                                                                                            \
        {"heal_after", KEY_LAW, "lognormal_median(5 min, 0.5)",                                                        \
         "time from a node's failure to the platform's moving its machines (U)", HYPERSCALER_WHEN},                    \
        {"retry_first", KEY_DURATION, "30 s", "first wait after a refused request; doubles each time (assumption)",    \
         .low = 1, .high = 86400, HYPERSCALER_WHEN},                                                                   \
        {"retry_cap", KEY_DURATION, "10 min", "longest wait between two tries (assumption)", .low = 1, .high = 86400,  \
         HYPERSCALER_WHEN},                                                                                            \
        {"token_grace", KEY_DURATION, "1 h", "a region works on without the global control plane for so long (R: Teams clients)", \
         HYPERSCALER_WHEN},                                                                                            \
        {"software_on_disk", KEY_BOOL, "true",                                                                         \
         "an agent that fails is on the tenant's disk: moving the machine does not help (R: recovery by hand in July 2024)", \
         HYPERSCALER_WHEN},                                                                                            \
        SLA_KEYS("hyperscaler"),                                                                                       \
        {"sla_claimed", KEY_SHARE, "100 %", "share of due SLA credits that tenants claim (assumption)", HYPERSCALER_WHEN}, \
        {"control_up", KEY_LAW, "0 s", "time to failure of the global control plane; 0 s: never by itself",            \
         HYPERSCALER_WHEN},                                                                                            \
        {"control_repair", KEY_LAW, "0 s", "its time to repair", HYPERSCALER_WHEN},                                    \
        {"region_control_up", KEY_LAW, "0 s", "time to failure of a region's control plane; 0 s: never by itself",     \
         HYPERSCALER_WHEN},                                                                                            \
        {"region_control_repair", KEY_LAW, "0 s", "its time to repair", HYPERSCALER_WHEN}

#endif
