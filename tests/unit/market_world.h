/* A small market for tests: rich wallets named by a letter, specs of one unit. */
#ifndef NINES_TESTS_MARKET_WORLD_H
#define NINES_TESTS_MARKET_WORLD_H

#include "models/market/market.h"

#include <string.h>

enum { WORLD_EVENTS = 65536, WORLD_PURSE = 1000000000 };

static const uint8_t world_version[MARKET_VERSION_BYTES] = "manifest";

struct world {
    struct arena arena;
    struct market_events events;
    struct market market;
    int32_t n_specs;
    uint64_t n_deployments;
    enum market_denom denom; /* that deployments are priced in: uakt, or what the rules prescribe */
};

/* Opens the market and its wallets: names are single words, those that begin with 'p' are providers. */
static inline void world_open(struct world *world, const struct market_rules *rules, bool forget_bids,
                              const char *const *names, int n_names)
{
    struct market_limits limits = {.wallets = 64, .grants = 64, .deployments = 4096, .groups = 8192, .orders = 16384,
                                   .bids = 65536, .leases = 16384, .forget_bids = forget_bids};
    memset(world, 0, sizeof *world);
    world->denom = rules->price_denom != MARKET_DENOM_NONE ? rules->price_denom : MARKET_UAKT;
    arena_open(&world->arena, 0);
    world->events = (struct market_events){arena_array(&world->arena, WORLD_EVENTS, struct market_event), 0, WORLD_EVENTS};
    market_open(&world->market, &world->arena, rules, &limits, &world->events);
    for (int i = 0; i < n_names; i++) {
        uint32_t wallet = bank_wallet_add(&world->market.bank, names[i]);
        bank_issue(&world->market.bank, wallet, MARKET_UAKT, WORLD_PURSE);
        bank_issue(&world->market.bank, wallet, MARKET_USDC, WORLD_PURSE);
        bank_issue(&world->market.bank, wallet, MARKET_UACT, WORLD_PURSE);
        if (names[i][0] == 'p')
            market_provider_register(&world->market, wallet);
    }
    world->events.n = 0;
}

static inline void world_close(struct world *world)
{
    arena_close(&world->arena);
}

static inline uint32_t world_wallet(const struct world *world, const char *name)
{
    return bank_wallet_find(&world->market.bank, name);
}

static inline decimal world_decimal(const char *text)
{
    decimal value = decimal_zero();
    check(decimal_parse(text, &value), "'%s' is not a decimal number", text);
    return value;
}

/* A valid spec whose order pays at most price per block. */
static inline struct market_group_spec *world_spec(struct world *world, const char *name, decimal price,
                                                   enum market_denom denom)
{
    struct market_volume *volume = arena_new(&world->arena, struct market_volume);
    struct market_unit *unit = arena_new(&world->arena, struct market_unit);
    struct market_group_spec *spec = arena_new(&world->arena, struct market_group_spec);
    *volume = (struct market_volume){.name = "default", .bytes = GROUP_VOLUME_MIN};
    *unit = (struct market_unit){.id = 1, .count = 1, .cpu_milli = 100, .memory_bytes = INT64_C(1) << 30,
                                 .volumes = volume, .n_volumes = 1, .price = price, .denom = denom};
    *spec = (struct market_group_spec){.id = world->n_specs++, .name = arena_text(&world->arena, name), .units = unit,
                                       .n_units = 1};
    return spec;
}

/* The message for a deployment of n groups g1, g2, ... of equal price, paid by the owner. */
static inline struct market_create_deployment world_deployment(struct world *world, const char *owner, int n_groups,
                                                               const char *price, enum market_denom denom, int64_t deposit)
{
    const struct market_group_spec **specs = arena_array(&world->arena, (size_t)n_groups,
                                                         const struct market_group_spec *);
    for (int i = 0; i < n_groups; i++)
        specs[i] = world_spec(world, arena_format(&world->arena, "g%d", i + 1), world_decimal(price), denom);
    uint32_t wallet = world_wallet(world, owner);
    return (struct market_create_deployment){.owner = wallet, .depositor = wallet, .dseq = ++world->n_deployments,
                                             .version = world_version, .version_bytes = MARKET_VERSION_BYTES,
                                             .groups = specs, .n_groups = n_groups, .denom = denom, .deposit = deposit};
}

static inline struct market_deployment_id world_deploy(struct world *world, const char *owner, int n_groups,
                                                       const char *price, int64_t deposit, int64_t height)
{
    struct market_create_deployment message = world_deployment(world, owner, n_groups, price, world->denom, deposit);
    struct market_deployment_id id;
    enum market_error error = market_create_deployment(&world->market, &message, height, &id);
    check(error == MARKET_OK, "deployment refused: %s", market_error_name(error));
    return id;
}

static inline struct market_group_id world_group(const struct world *world, struct market_deployment_id id, uint32_t gseq)
{
    return market_find_group(&world->market, id, gseq);
}

/* The live order of a group. */
static inline struct market_order_id world_order(const struct world *world, struct market_deployment_id id, uint32_t gseq)
{
    return market_live_order(&world->market, world_group(world, id, gseq));
}

static inline struct market_create_bid world_bid(const struct world *world, struct market_order_id order,
                                                 const char *provider, const char *price)
{
    return (struct market_create_bid){.order = order, .provider = world_wallet(world, provider),
                                      .price_denom = world->denom, .price = world_decimal(price),
                                      .deposit_denom = MARKET_UAKT, .deposit = 500000, .placement_matches = true,
                                      .capabilities_match = true};
}

static inline enum market_error world_bids(struct world *world, struct market_order_id order, const char *provider,
                                           const char *price, int64_t height)
{
    struct market_create_bid message = world_bid(world, order, provider, price);
    return market_create_bid(&world->market, &message, height);
}

/* Bids on the live order of a group, and leases at once. */
static inline struct market_lease_id world_lease(struct world *world, struct market_deployment_id id, uint32_t gseq,
                                                 const char *provider, const char *price, int64_t height)
{
    struct market_order_id order = world_order(world, id, gseq);
    struct market_lease_id lease = {0};
    enum market_error error = world_bids(world, order, provider, price, height);
    check(error == MARKET_OK, "bid refused: %s", market_error_name(error));
    error = market_create_lease(&world->market, order, world_wallet(world, provider), height, &lease);
    check(error == MARKET_OK, "lease refused: %s", market_error_name(error));
    return lease;
}

#endif
