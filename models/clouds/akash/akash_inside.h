/* What the files of the akash cloud share:
 *   akash_plan.c     a scenario's keys, made into an immutable plan
 *   akash_spec.c     what is ordered: classes of demand as groups, with their highest price
 *   akash_claims.c   what providers say of themselves, and who will bid on what
 *   akash_rules.c    the rules in force, and their quirks
 *   akash_open.c     a replication's chain, providers and tenants
 *   akash.c          calls of the world
 *   akash_chain.c    blocks, and what messages leave behind
 *   akash_message.c  every message to the marketplace
 *   akash_write.c    the same written down, with --log events
 *   akash_tenant.c   the tenant's way in: deployment, order, choice, lease
 *   akash_notice.c   its way out: noticing, leaving, beginning anew
 *   akash_bid.c      providers' bids: room, price, those that lost or lived too long
 *   akash_escrow.c   deposits and top-ups
 *   akash_mint.c     2026: burning AKT for ACT at the oracle's price
 *   akash_token.c    what AKT is worth, and what deposits in it gain or lose
 *   akash_data.c     persistent volumes that end with their lease
 *   akash_lease.c    the provider's clocks: withdrawals, balance checker, manifest, departures
 *   akash_kube.c     inside a provider: placing, node loss, eviction, the deployment monitor
 *   akash_tell.c     what is said on the market, in words for `nines explain`
 *   akash_report.c   what is measured of the marketplace itself */
#ifndef NINES_MODELS_CLOUDS_AKASH_AKASH_INSIDE_H
#define NINES_MODELS_CLOUDS_AKASH_AKASH_INSIDE_H

#include "models/clouds/akash/akash.h"
#include "models/clouds/akash/akash_message.h"
#include "models/clouds/world/cloud.h"
#include "models/clouds/world/pool.h"
#include "models/market/adjust.h"
#include "models/market/market.h"
#include "models/market/pricing.h"
#include "models/market/provider.h"
#include "models/market/slots.h"

#include <math.h>

enum { AKASH_BIDS_MAX = 512, AKASH_GROUPS_MAX = 64 };

/* The price of AKT from an instant on. */
struct akash_price {
    instant at;
    decimal usd;
};

/* How the price of AKT moves around its trace; rates a year, of the logarithm. */
struct akash_process {
    duration every;            /* 0: not at all */
    double drift, volatility, jumps_per_year, jump_mean, jump_sd;
};

struct akash_plan {
    const struct fleet *fleet;
    const struct demand_plan *demand;
    struct pool_plan *pools;           /* pool = provider */
    uint32_t providers;
    const char **provider_name;        /* "akash/us-central/p01" */
    size_t own_name;                   /* bytes of the cloud's own part of it, "akash/": no luck hangs on that */
    uint32_t *provider_component, *provider_site;
    uint32_t chain, oracle;            /* components; oracle: COMPONENT_NONE before 2026 */
    const char *gpu_mapping;           /* for the price script: "a100=803,..." */
    uint32_t groups;                   /* most of one deployment */
    const struct market_group_spec *spec; /* [class][group] */
    struct requirements_provider *claims; /* by provider: what it says of itself */
    enum bid_decision *should_bid;     /* [provider][class]: from texts alone */
    struct akash_rules rules;
    struct market_limits limits;       /* of `market_limits`; 0: estimated */
    int32_t reservations;              /* the same */
    uint32_t names;                    /* the same */
    uint32_t events;
    const struct akash_price *price;   /* [prices], ascending; the first one holds from the beginning */
    uint32_t prices;
    struct akash_process process;
    enum market_denom denom;           /* of classes without a file of their own */
    const char *const *storage_classes; /* of persistent volumes, in every provider's cluster */
    int32_t n_storage_classes;
    double backup_share;
    double price_spread, automatic_share, top_up_missed, start_overdrawn, collateral;
    int64_t act_supply;                /* uact */
    int64_t reclaim_asked_s, reclaim_offered_s;
    uint64_t first_dseq;
    duration block, choose_wait, evict_after, retry_first, retry_cap, escrow_depth, top_up_every, withdraw_every, oracle_delay,
        akt_reserve, inventory_every;
    const struct law *bid_delay, *start_time, *manifest_time, *detect_automatic, *detect_manual, *departure, *absence,
        *restore_time;
};

struct akash_provider {
    uint32_t wallet;
    struct adjust_cluster *cluster;
    bool stale;                /* something in the cluster has changed since the last inventory update */
    bool leaving;              /* wants its machines back: takes no tenants */
    instant updated;           /* last inventory update */
    instant restarted;         /* its software began anew; INSTANT_NEVER: not yet */
    decimal price_factor;
    uint32_t first_tenancy;    /* with a lease here; COMPONENT_NONE: none */
    uint32_t departures;       /* so far */
    int64_t swapped;           /* uact earned and burnt for AKT */
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

/* One deployment of one workload, with an escrow account of its own. */
struct akash_deployment {
    uint32_t workload;
    uint32_t first, groups;    /* its tenancies, by number of the group */
    uint32_t wallet;
    uint32_t draws;            /* of its own chances */
    struct market_deployment_id id; /* {0, 0}: never made, or forgotten */
    struct event_id top_up;
    int64_t minting_uakt;      /* burnt, and not minted yet */
    int64_t measured_early;    /* earned by its leases, already measured, not paid yet; micro-dollars */
};

/* One group of a deployment: all replicas of a workload, or some of them, or one where they are spread. */
struct tenancy {
    uint32_t workload, first_unit, units;
    uint32_t deployment;       /* of cloud->deployment */
    struct market_group_id group;
    struct market_order_id order;
    uint32_t provider;         /* of the lease; COMPONENT_NONE */
    uint32_t avoid;            /* provider that it has just left; COMPONENT_NONE */
    uint8_t phase;
    bool automatic;            /* its tenant redeploys by script */
    bool hopeful;              /* its tenant starts groups of overdrawn accounts */
    bool reclaimed;            /* its provider wants the machines back */
    bool monitor_done;         /* the monitor has sent its one CloseBid */
    bool served;               /* a replica has been up under this lease */
    bool copied;               /* its tenant has a copy of its data elsewhere */
    bool had_data;             /* a replica was up under an earlier lease: there is something to bring along */
    uint32_t tries, draws;
    instant ordered_at, bid_at, leased_at;
    instant data_at;           /* its data are there; before that no replica can serve */
    instant dead_since;        /* nothing of a lease that had been up is up; INSTANT_NEVER */
    int64_t dead_height;
    instant paused_since;      /* its provider closed the lease; INSTANT_NEVER */
    struct event_id step, detect, monitor, balance, clock;
    uint32_t parked_action, next_parked; /* what it will do when the chain is back; COMPONENT_NONE: does not wait for that */
    bool parked;               /* in the list of cloud->first_parked */
    struct akash_bid *bids;    /* open bids and their reservations; NULL: none */
    uint32_t n_bids;
};

/* A tenancy's neighbours in its provider's list of leases. Apart from the tenancies, as the lists are walked far more often than what
 * is on them changes. */
struct akash_link {
    uint32_t next, previous;   /* COMPONENT_NONE: none */
};

/* What the chain knows of burn and mint. */
struct akash_mint {
    struct bme_rules rules;
    struct bme_vault vault;
    bool feeding;              /* the oracle sends prices, and there are blocks for them */
    instant last, fresh;       /* last price before it stopped; first one after it went on */
    enum bme_status told;      /* what the marketplace was told last */
    decimal told_price;
};

/* Counts for the report; all of the time since 0. */
struct akash_counts {
    uint64_t disagreements;    /* replicas for which the inventory walk had found room and Kubernetes found none */
    uint64_t pauses;
    int64_t paused_us, dead_us; /* dead: unit-microseconds */
    int64_t dead_micro;
    uint64_t restored, lost;   /* replicas whose data were brought back from a copy, or were lost */
};

/* The price of AKT in this replication, and what deposits in AKT came to. */
struct akash_token {
    instant begin;
    decimal *factor;           /* [steps] of the trace's price, from begin on */
    uint32_t steps;            /* 0: the price is the trace's */
    int64_t held;              /* uakt in the escrow of deployments */
    int64_t put_in;            /* micro-dollars: what came in less what went out, each at the price of its moment */
    bool used;
};

struct akash {
    struct world *world;
    const struct akash_plan *plan;
    struct pools *pools;
    struct market market;
    struct market_events events;
    struct market_deployment_id about; /* whose owner sends the message under way, {0, 0}: a provider sends it */
    struct adjust_names *names;
    struct adjust_book *book;
    const struct adjust_request **request; /* by spec */
    const struct price_script *script;
    struct provider_clocks clocks;
    struct akash_provider *provider;
    uint32_t *local;               /* fleet node -> index in its provider's cluster */
    struct akash_deployment *deployment;
    uint32_t deployments;
    uint32_t *first_deployment;    /* by workload; one more at the end */
    struct tenancy *tenancy;
    struct akash_link *link;       /* by tenancy */
    uint32_t tenancies, first_parked;
    struct akash_bid *bids;        /* tables of as many as an order takes, for tenancies that have bids */
    struct slots bid_tables;
    uint32_t *tenancy_of_unit;
    uint32_t *deployment_of;       /* by index of the market's deployment */
    struct market_deployment_id *ended; /* ring of deployments that cannot be forgotten yet: bids of theirs are open ([Q1]) */
    uint32_t first_ended, n_ended, ended_room;
    uint32_t *arrival, *swapped;   /* by provider: the order in which they answer, that of their numbers between two orders; and its swaps */
    uint32_t *walk;                /* scratch: tenancies of a provider */
    struct market_offer offers[AKASH_BIDS_MAX];
    struct akash_mint mint;
    struct akash_token token;
    int64_t base_height;           /* at `anchor` */
    instant anchor;                /* begin of the present run of blocks, or of the halt */
    bool producing;
    uint64_t dseq;
    struct akash_line *line;       /* of the list of messages; NULL: nobody asked for it */
    struct tenancy *withdrawing;   /* whose lease is being paid; NULL: another message is under way, or none */
    const char *why;               /* what the message under way would end a lease for */
    struct akash_counts counts;
    uint32_t action_create, action_bids, action_choose, action_close_lease, action_start_group, action_close, action_start,
        action_evict, action_monitor, action_detect, action_withdraw, action_settle, action_top_up, action_balance,
        action_manifest, action_losers, action_depart, action_return, action_reclaim;
};

/* --- akash_open.c --- */
void *akash_open(struct world *world, const void *plan);

/* --- akash_plan.c --- */
const void *akash_plan(struct scenario *scenario, const struct value *group, const struct fleet *fleet,
                       const struct demand_plan *demand, struct graph_builder *graph);

/* --- akash_spec.c --- */
/* Groups of a deployment of a class, at most; 1 for jobs. */
uint32_t akash_groups(const struct akash_plan *plan, const struct demand_class *class);
/* Fills in plan->spec. gpu_usd_month: by fleet.gpu_models, what the script asks. What cannot be ordered goes to scenario_error. */
void akash_build_specs(struct scenario *scenario, const struct value *group, struct akash_plan *plan, const double *gpu_usd_month);
/* To the millionth. */
static inline decimal akash_decimal(double value) { return (decimal){(decimal_bits)llround(value * 1e6) * (DECIMAL_ONE_ATTO / 1000000)}; }

/* --- akash_claims.c --- */
/* Fills in plan->claims and plan->should_bid: whether a provider bids on a class depends on what both say, and on that alone. */
void akash_decide_bids(struct scenario *scenario, const struct value *group, struct akash_plan *plan);

/* --- akash_chain.c --- */
int64_t akash_height(const struct akash *cloud);
void akash_chain_changed(struct akash *cloud, bool producing);
/* The first block after now + delay, as if none were missed. */
instant akash_next_block(const struct akash *cloud, duration delay);
/* When that block comes, if none is missed; height: above the present one. */
instant akash_block_at(const struct akash *cloud, int64_t height);
/* Of the block that a message comes into now, Unix seconds. */
int64_t akash_block_time_s(const struct akash *cloud);
/* Reads what the last message did: payments are measured, ended leases cleared away. akash_send() does that. */
void akash_drain(struct akash *cloud);
/* Whose lease that is, or was. */
struct tenancy *akash_tenancy_of_lease(const struct akash *cloud, struct market_lease_id id);
/* Gives an ended deployment's memory back, now or when its last bids are closed. */
void akash_forget(struct akash *cloud, uint32_t deployment);

/* --- akash_escrow.c --- */
/* What the highest price of all groups comes to over so long. */
int64_t akash_escrow(const struct akash *cloud, uint32_t deployment, duration depth);
/* A tenant tops its escrow up from now on. */
void akash_begin_top_ups(struct akash *cloud, uint32_t deployment);
void akash_on_top_up(void *context, struct engine *engine, uint32_t deployment, uint64_t detail);
/* Besides its escrow, AKT for when no ACT can be minted. */
void akash_reserve(struct akash *cloud, uint32_t deployment);

/* --- akash_mint.c --- */
void akash_mint_open(struct akash *cloud);
/* Chain or oracle have begun or ceased to serve. [change] */
void akash_mint_fed(struct akash *cloud);
enum bme_status akash_mint_status(const struct akash *cloud);
/* Sees to it that the deployment's tenant has so much of the denom that leases are paid in. False: not now; *again is when its mint
 * runs, or INSTANT_NEVER while none can run. */
bool akash_fund(struct akash *cloud, uint32_t deployment, int64_t amount, instant *again);
/* The tenant is gone: what it has burnt and not minted comes back. */
void akash_mint_cancel(struct akash *cloud, uint32_t deployment);
/* Before a message: the marketplace learns of the status and price that it is to go by. */
void akash_mint_tell(struct akash *cloud);
/* A provider burns what it has earned. */
void akash_swap(struct akash *cloud, uint32_t provider);

/* --- akash_token.c --- */
void akash_token_open(struct akash *cloud);
/* What AKT costs in dollars: at the begin of every run's measuring, without any luck; then; now; as a provider's script has it. */
decimal akash_first_price(const struct akash_plan *plan);
decimal akash_price_at(const struct akash *cloud, instant at);
decimal akash_akt_price(const struct akash *cloud);
decimal akash_script_price(const struct akash *cloud);
/* What a deployment's leases are priced and paid in. */
enum market_denom akash_denom(const struct akash *cloud, uint32_t deployment);
/* An amount in micro-dollars at the price of now; and the coin's name in lists. */
int64_t akash_dollars(const struct akash *cloud, enum market_denom denom, int64_t amount);
const char *akash_coin(const struct akash *cloud, enum market_denom denom);
/* Money has moved. */
void akash_token_moved(struct akash *cloud, const struct market_event *event);
/* Time 0: gains and losses count from here. */
void akash_token_begin(struct akash *cloud);
/* What AKT in escrow has gained (below 0: lost) by its price. False: there never was any. */
bool akash_token_gain(const struct akash *cloud, money *gain);

/* --- akash_data.c --- */
/* A lease's replicas are about to be placed: their data must be brought along, or are lost. */
void akash_bring_data(struct akash *cloud, uint32_t tenancy);
/* A replica that is bound starts, once its data are there. */
void akash_start_later(struct akash *cloud, uint32_t unit);

/* --- akash_lease.c --- */
void akash_on_withdraw(void *context, struct engine *engine, uint32_t provider, uint64_t detail);
/* Everything used so far is paid for, whoever may collect when: what was used before time 0 or until the horizon belongs there. */
void akash_settle_all(struct akash *cloud);
void akash_on_settle(void *context, struct engine *engine, uint32_t unused, uint64_t detail);
/* A deployment's leases or money have changed: its providers' next looks at its escrow are put right. */
void akash_watch_balance(struct akash *cloud, uint32_t deployment);
void akash_on_balance(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail);
/* A lease is new: its manifest comes, or does not come in time. */
void akash_await_manifest(struct akash *cloud, uint32_t tenancy);
void akash_on_manifest(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail);
void akash_first_departure(struct akash *cloud, uint32_t provider);
void akash_on_depart(void *context, struct engine *engine, uint32_t provider, uint64_t detail);
void akash_on_return(void *context, struct engine *engine, uint32_t provider, uint64_t detail);
void akash_on_reclaim(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail);

/* --- akash_tell.c: for the workload that somebody listens to, else nothing (world_tell.h) --- */
/* A message has been taken, or not. Ask whether anybody listens before. */
void akash_tell_message(struct akash *cloud, const struct akash_message *message, enum market_error error);
void akash_tell_created(struct akash *cloud, uint32_t deployment);
void akash_tell_bids(struct akash *cloud, uint32_t tenancy);
void akash_tell_halt(struct akash *cloud, uint32_t tenancy);
void akash_tell_refusal(struct akash *cloud, uint32_t tenancy, const char *why);

/* --- akash_bid.c --- */
/* Bids that an order takes. */
static inline uint32_t akash_bids_most(const struct akash *cloud)
{
    return (uint32_t)cloud->plan->rules.market.order_max_bids + 1;
}
void akash_on_bids(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail);
void akash_forget_bids(struct akash *cloud, uint32_t tenancy);
/* Providers withdraw the bids of an order that have lived too long. */
void akash_age_bids(struct akash *cloud, uint32_t tenancy);
/* 2026: providers close bids that lost. detail: the order, index and generation. */
void akash_on_losers(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail);

/* --- akash_tenant.c --- */
/* The tenant's next step about a tenancy: at the first block after the delay. */
void akash_step(struct akash *cloud, uint32_t tenancy, uint32_t action, duration delay);
/* True, and the step is put off, while the chain halts; and, block by block, by chance while it is degraded. */
bool akash_must_wait(struct akash *cloud, uint32_t tenancy, uint32_t action);
void akash_on_create(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail);
void akash_on_choose(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail);
/* The group has an order again: its tenant waits for bids. */
void akash_order_opened(struct akash *cloud, uint32_t tenancy);
/* All its replicas are asked for, from now on. */
void akash_ask_all(struct akash *cloud, const struct tenancy *what);
/* What did not work is tried again, at growing distances. */
void akash_try_later(struct akash *cloud, uint32_t tenancy, uint32_t action);
/* The next stream of a tenancy's own chances; and a time drawn from it. */
struct stream akash_stream(struct akash *cloud, uint32_t tenancy);
duration akash_drawn(struct akash *cloud, uint32_t tenancy, const struct law *law);
/* The chain is back: whoever has waited for it goes on at one of the first blocks. [change] */
void akash_unpark(struct akash *cloud);

/* --- akash_notice.c --- */
void akash_on_close_lease(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail);
void akash_on_start_group(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail);
void akash_on_close(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail);
void akash_on_detect(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail);
/* Something is wrong with a tenancy: its tenant will notice after a time. [change] */
void akash_sicken(struct akash *cloud, uint32_t tenancy);
bool akash_is_well(const struct akash *cloud, uint32_t tenancy);

/* --- akash_kube.c --- */
/* The lease is won and its manifest is there: the provider's Kubernetes places what is idle. */
void akash_deploy(struct akash *cloud, uint32_t tenancy);
/* The lease has ended: everything is torn down. */
void akash_tear_down(struct akash *cloud, uint32_t tenancy);
void akash_on_start(void *context, struct engine *engine, uint32_t unit, uint64_t detail);
void akash_on_evict(void *context, struct engine *engine, uint32_t unit, uint64_t detail);
void akash_on_monitor(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail);
/* A provider's software began anew: its monitors count from the start. [change] */
void akash_monitors_restart(struct akash *cloud, uint32_t provider);
void akash_unit_down(void *context, uint32_t unit, uint32_t lost);
void akash_unit_up(void *context, uint32_t unit);

/* --- akash_report.c --- */
/* A tenancy's replicas have gone up or down, or its lease ends: the time during which it is billed for nothing. [change] */
void akash_count_dead(struct akash *cloud, uint32_t tenancy);
void akash_count_pause(struct akash *cloud, uint32_t tenancy, bool paused);
/* Time 0: what went before is not counted. */
void akash_counts_begin(struct akash *cloud);
/* The horizon, after all is settled. */
void akash_report(struct akash *cloud);

static inline uint32_t akash_tenancy_of(const struct akash *cloud, uint32_t unit) { return cloud->tenancy_of_unit[unit]; }
/* The first tenancy of a workload; those of the next one begin where its own end. */
static inline uint32_t akash_first_tenancy(const struct akash *cloud, uint32_t workload)
{
    return cloud->deployment[cloud->first_deployment[workload]].first;
}
static inline bool akash_provider_manages(const struct akash *cloud, uint32_t provider)
{
    return graph_manages(cloud->world->graph, cloud->plan->provider_component[provider]);
}
static inline bool akash_same_deployment(struct market_deployment_id a, struct market_deployment_id b)
{
    return a.index == b.index && a.generation == b.generation;
}
/* What a tenancy asks for. */
static inline uint32_t akash_spec_of(const struct akash *cloud, uint32_t tenancy)
{
    const struct tenancy *what = &cloud->tenancy[tenancy];
    uint32_t class = cloud->world->demand->workload[what->workload].class;
    return class * cloud->plan->groups + tenancy - cloud->deployment[what->deployment].first;
}

#endif
