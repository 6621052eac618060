/* What the files of the akash cloud share:
 *   akash.c          plan, calls of the world, probes
 *   akash_open.c     a replication's chain, providers and tenancies
 *   akash_chain.c    blocks, messages' aftermath, withdrawals, escrow
 *   akash_message.c  every message to the marketplace
 *   akash_write.c    the same written down, with --log events
 *   akash_tenant.c   the tenant's way: deployment, order, bids, choice, lease, noticing, leaving
 *   akash_kube.c     inside a provider: placing, node loss, eviction, the deployment monitor */
#ifndef NINES_MODELS_CLOUDS_AKASH_INSIDE_H
#define NINES_MODELS_CLOUDS_AKASH_INSIDE_H

#include "models/clouds/akash.h"
#include "models/clouds/akash_message.h"
#include "models/clouds/cloud.h"
#include "models/clouds/pool.h"
#include "models/market/adjust.h"
#include "models/market/market.h"
#include "models/market/pricing.h"
#include "models/market/provider.h"

enum { AKASH_BIDS_MAX = 512 };

struct akash_plan {
    const struct fleet *fleet;
    const struct demand_plan *demand;
    struct pool_plan *pools;           /* pool = provider */
    uint32_t providers;
    const char **provider_name;        /* "akash/us-central/p01" */
    size_t own_name;                   /* bytes of the cloud's own part of it, "akash/": no luck hangs on that */
    uint32_t *provider_component, *provider_site;
    uint32_t chain;                    /* component */
    const char *gpu_mapping;           /* for the price script: "a100=803,..." */
    const struct market_group_spec *spec;       /* by class */
    struct requirements_provider *claims; /* by provider: what it says of itself */
    enum bid_decision *should_bid;     /* [provider][class]: from texts alone */
    struct market_rules rules;
    double price_spread, automatic_share, top_up_missed;
    duration block, choose_wait, evict_after, retry_first, retry_cap, escrow_depth, top_up_every, withdraw_every;
    const struct law *bid_delay, *start_time, *detect_automatic, *detect_manual;
};

struct akash_provider {
    uint32_t wallet;
    struct adjust_cluster *cluster;
    bool stale;                /* the inventory operator has something to report before the next bid */
    decimal price_factor;
    uint32_t first_tenancy;    /* with a lease here; COMPONENT_NONE: none */
    double leased;             /* capacity x time */
};

struct akash_bid {
    uint32_t provider;
    reservation_id reservation;
};

enum akash_phase {
    AKASH_IDLE,       /* nothing on the chain, or a closed deployment */
    AKASH_ORDERED,    /* an order is open */
    AKASH_LEASED,
    AKASH_PAUSED      /* the provider closed the lease; the group waits for its tenant */
};

/* One deployment of one workload: all its replicas, or one of them when they are spread. */
struct tenancy {
    uint32_t workload, first_unit, units;
    uint32_t wallet;
    struct market_deployment_id deployment;
    struct market_group_id group;
    struct market_order_id order;
    uint32_t provider;         /* of the lease; COMPONENT_NONE */
    uint32_t avoid;            /* provider that it has just left; COMPONENT_NONE */
    uint32_t next, previous;   /* of the provider's list */
    uint8_t phase;
    bool automatic;            /* its tenant redeploys by script */
    uint32_t tries, draws;
    instant leased_at;
    struct event_id step, detect, monitor, top_up;
    uint32_t parked_action, next_parked; /* what it will do when the chain is back; COMPONENT_NONE: does not wait for that */
    bool parked;               /* in the list of cloud->first_parked */
    struct akash_bid *bids;    /* open bids and their reservations */
    uint32_t n_bids;
};

struct akash {
    struct world *world;
    const struct akash_plan *plan;
    struct pools *pools;
    struct market market;
    struct market_events events;
    struct adjust_names *names;
    struct adjust_book *book;
    const struct adjust_request **request; /* by class */
    const struct price_script *script;
    struct provider_clocks clocks;
    struct akash_provider *provider;
    uint32_t *local;               /* fleet node -> index in its provider's cluster */
    struct tenancy *tenancy;
    uint32_t tenancies, first_parked;
    uint32_t *first_tenancy;       /* by workload */
    uint32_t *tenancy_of_deployment; /* by index of the market's deployment */
    uint32_t *shuffle;             /* scratch: providers in order of arrival */
    struct market_offer offers[AKASH_BIDS_MAX];
    int64_t base_height;           /* at `anchor` */
    instant anchor;                /* begin of the present run of blocks, or of the halt */
    bool producing;
    uint64_t dseq;
    struct akash_line *line;       /* of the list of messages; NULL: nobody asked for it */
    const char *why;               /* what the message under way would end a lease for */
    uint64_t disagreements, abandoned;
    uint32_t action_create, action_bids, action_choose, action_close_lease, action_start_group, action_close, action_start,
        action_evict, action_monitor, action_detect, action_withdraw, action_settle, action_top_up;
};

/* --- akash_open.c --- */
void *akash_open(struct world *world, const void *plan);

/* --- akash_chain.c --- */
int64_t akash_height(const struct akash *cloud);
void akash_chain_changed(struct akash *cloud, bool producing);
/* The first block at or after now + delay, as if none were missed. */
instant akash_next_block(const struct akash *cloud, duration delay);
/* Of the block that a message comes into now, Unix seconds. */
int64_t akash_block_time_s(const struct akash *cloud);
/* Reads what the last message did: payments are measured, ended leases cleared away. akash_send() does that. */
void akash_drain(struct akash *cloud);
void akash_on_withdraw(void *context, struct engine *engine, uint32_t provider, uint64_t detail);
/* Everything used so far is paid for, whoever may collect when: what was used before time 0 or until the horizon belongs there. */
void akash_settle_all(struct akash *cloud);
void akash_on_settle(void *context, struct engine *engine, uint32_t unused, uint64_t detail);
void akash_on_top_up(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail);
money akash_escrow(const struct akash *cloud, uint32_t class, duration depth);

/* --- akash_tenant.c --- */
/* The tenant's next step about a tenancy: at the first block after the delay. */
void akash_step(struct akash *cloud, uint32_t tenancy, uint32_t action, duration delay);
void akash_on_create(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail);
void akash_on_bids(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail);
void akash_on_choose(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail);
void akash_on_close_lease(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail);
void akash_on_start_group(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail);
void akash_on_close(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail);
void akash_on_detect(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail);
/* Something is wrong with a tenancy: its tenant will notice after a time. [change] */
void akash_sicken(struct akash *cloud, uint32_t tenancy);
bool akash_is_well(const struct akash *cloud, uint32_t tenancy);
struct stream akash_stream(struct akash *cloud, uint32_t tenancy);
/* The chain is back: whoever has waited for it goes on at one of the first blocks. [change] */
void akash_unpark(struct akash *cloud);
void akash_forget_bids(struct akash *cloud, uint32_t tenancy);

/* --- akash_kube.c --- */
/* The lease is won: the provider's Kubernetes places what is idle. */
void akash_deploy(struct akash *cloud, uint32_t tenancy);
/* The lease has ended: everything is torn down. */
void akash_tear_down(struct akash *cloud, uint32_t tenancy);
void akash_on_start(void *context, struct engine *engine, uint32_t unit, uint64_t detail);
void akash_on_evict(void *context, struct engine *engine, uint32_t unit, uint64_t detail);
void akash_on_monitor(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail);
void akash_unit_down(void *context, uint32_t unit, uint32_t lost);
void akash_unit_up(void *context, uint32_t unit);
/* Adds (sign +1) or takes away (-1) a replica's load on a node of its provider's inventory. */
void akash_load(struct akash *cloud, uint32_t workload, uint32_t node, int sign);

static inline uint32_t akash_tenancy_of(const struct akash *cloud, uint32_t unit)
{
    uint32_t workload = cloud->world->unit[unit].workload;
    uint32_t first = cloud->first_tenancy[workload];
    return first + (unit - cloud->tenancy[first].first_unit) / cloud->tenancy[first].units;
}
static inline bool akash_provider_manages(const struct akash *cloud, uint32_t provider)
{
    return graph_manages(cloud->world->graph, cloud->plan->provider_component[provider]);
}

#endif
