/* The marketplace at a steady load: so many leases live, and again and again a random provider withdraws, a random tenant
 * closes its deployment, and another one comes: one deployment, ten bids, one lease. Under the rules of 2026 the eight
 * losers that the chain forgets ([Q1]) close their bids themselves. Every message counts as one; each must be accepted.
 *
 * Reported are messages per second with few and with many leases live, the share of the speed that is left with many, and
 * the memory of a live lease with everything that belongs to it: deployment, group, order, bids, account, deposit, payment,
 * and the tenant's wallet. */
#include "bench/bench.h"

#include "models/market/market.h"
#include "sim/base/hash.h"

enum { PROVIDERS = 200, BIDS = 10, CYCLES = 60000, EVENTS = 1024 };

struct town {
    struct market_events events;
    struct market market;
    const struct market_group_spec *spec;
    enum market_denom denom;
    struct market_deployment_id *deployment; /* [live] of each place, one deployment; its tenant is the place's */
    struct market_order_id *order;
    uint32_t *provider;
    uint32_t live, first_provider, first_tenant;
    uint64_t dice, dseq, messages;
    int64_t height;
};

static uint32_t roll(struct town *town, uint32_t sides)
{
    return (uint32_t)((hash_word(1, ++town->dice) >> 32) * sides >> 32);
}

static void accepted(struct town *town, enum market_error error)
{
    if (error != MARKET_OK) {
        fprintf(stderr, "bench: refused: %s\n", market_error_name(error));
        exit(3);
    }
    town->messages++;
    town->events.n = 0;
}

static const struct market_group_spec *spec_make(struct arena *arena, enum market_denom denom)
{
    struct market_volume *volume = arena_new(arena, struct market_volume);
    struct market_unit *unit = arena_new(arena, struct market_unit);
    struct market_group_spec *spec = arena_new(arena, struct market_group_spec);
    *volume = (struct market_volume){.name = "default", .bytes = GROUP_VOLUME_MIN};
    *unit = (struct market_unit){.id = 1, .count = 1, .cpu_milli = 100, .memory_bytes = INT64_C(1) << 30,
                                 .volumes = volume, .n_volumes = 1, .price = decimal_from_int(2), .denom = denom};
    *spec = (struct market_group_spec){.name = "web", .units = unit, .n_units = 1};
    return spec;
}

static struct town *town_open(struct arena *arena, const struct market_rules *rules, uint32_t live)
{
    struct town *town = arena_new(arena, struct town);
    struct market_limits limits = {.wallets = live + PROVIDERS, .grants = 1, .deployments = live + 1, .groups = live + 1,
                                   .orders = live + 1, .bids = 2 * live + BIDS, .leases = live + 1, .forget_bids = true};
    town->denom = rules->price_denom != MARKET_DENOM_NONE ? rules->price_denom : MARKET_USDC;
    town->events = (struct market_events){arena_array(arena, EVENTS, struct market_event), 0, EVENTS};
    market_open(&town->market, arena, rules, &limits, &town->events);
    town->first_provider = town->market.bank.n_wallets;
    for (uint32_t i = 0; i < PROVIDERS; i++) {
        uint32_t wallet = bank_wallet_add(&town->market.bank, arena_format(arena, "provider%03u", i));
        market_provider_register(&town->market, wallet);
        bank_issue(&town->market.bank, wallet, MARKET_UAKT, INT64_C(1) << 52);
    }
    town->first_tenant = town->market.bank.n_wallets;
    for (uint32_t i = 0; i < live; i++) {
        uint32_t wallet = bank_wallet_add(&town->market.bank, arena_format(arena, "tenant%07u", i));
        bank_issue(&town->market.bank, wallet, town->denom, INT64_C(1) << 40);
        town->events.n = 0;
    }
    town->spec = spec_make(arena, town->denom);
    town->deployment = arena_array(arena, live, struct market_deployment_id);
    town->order = arena_array(arena, live, struct market_order_id);
    town->provider = arena_array(arena, live, uint32_t);
    town->live = live;
    town->dseq = UINT64_C(1000000000); /* fixed width, as block heights have */
    town->height = 1;
    town->events.n = 0;
    return town;
}

/* CreateDeployment, ten CreateBid, CreateLease, and eight CloseBid where losers stay open. */
static void move_in(struct town *town, uint32_t place)
{
    static const uint8_t version[MARKET_VERSION_BYTES] = {1};
    struct market *market = &town->market;
    uint32_t tenant = town->first_tenant + place, first = roll(town, PROVIDERS - BIDS);
    struct market_create_deployment create = {.owner = tenant, .depositor = tenant, .dseq = town->dseq++,
                                              .version = version, .version_bytes = sizeof version, .groups = &town->spec,
                                              .n_groups = 1, .denom = town->denom, .deposit = 5000000};
    accepted(town, market_create_deployment(market, &create, town->height, &town->deployment[place]));
    struct market_order_id order =
        market_live_order(market, market_find_group(market, town->deployment[place], 1));
    for (uint32_t i = 0; i < BIDS; i++) {
        /* Arriving in no order of their names. */
        struct market_create_bid bid = {.order = order, .provider = town->first_provider + first + i * 7 % BIDS,
                                        .price_denom = town->denom, .price = decimal_from_int(1),
                                        .deposit_denom = MARKET_UAKT, .deposit = 500000, .placement_matches = true,
                                        .capabilities_match = true};
        accepted(town, market_create_bid(market, &bid, town->height));
    }
    town->order[place] = order;
    town->provider[place] = town->first_provider + first + roll(town, BIDS);
    accepted(town, market_create_lease(market, order, town->provider[place], town->height, NULL));
    for (uint32_t i = 0; i < BIDS && market->rules.losers_stay_open; i++) {
        const struct market_bid *bid = market_bid(market, order, town->first_provider + first + i);
        if (bid != NULL && bid->state == MARKET_BID_IS_OPEN)
            accepted(town, market_close_bid(market, order, bid->provider, town->height));
    }
}

/* Withdrawals and closings find an account that somebody settled in the same block now and then; they wait a block. */
static void cycle(struct town *town)
{
    uint32_t place = roll(town, town->live);
    town->height++;
    accepted(town, market_withdraw_lease(&town->market, town->order[place], town->provider[place], town->height));
    place = roll(town, town->live);
    town->height++;
    accepted(town, market_close_deployment(&town->market, town->deployment[place], town->height));
    (void)market_forget_deployment(&town->market, town->deployment[place]);
    move_in(town, place);
}

struct outcome { double rate, bytes; };

static struct outcome measure(const struct market_rules *rules, uint32_t live)
{
    struct arena arena;
    double rate[BENCH_REPEATS], before = bench_resident_bytes();
    arena_open(&arena, 0);
    struct town *town = town_open(&arena, rules, live);
    for (uint32_t i = 0; i < live; i++)
        move_in(town, i);
    struct outcome outcome = {.bytes = (bench_resident_bytes() - before) / live};
    for (int r = -1; r < BENCH_REPEATS; r++) { /* the first warms up */
        town->messages = 0;
        double begin = bench_seconds();
        for (int i = 0; i < CYCLES; i++)
            cycle(town);
        if (r >= 0)
            rate[r] = (double)town->messages / (bench_seconds() - begin) / 1e6;
    }
    outcome.rate = bench_median(rate);
    arena_close(&arena);
    return outcome;
}

int main(void)
{
    static const char *const profiles[] = {"2024-07", "2026-08"};
    bench_pin();
    printf("marketplace: million messages per core-second, median of %d (aim 1.5 with 1e6 leases, at most 25 %% below 1e3)\n",
           BENCH_REPEATS);
    printf("%8s %10s %10s %10s %12s\n", "rules", "1e3 leases", "1e6 leases", "of 1e3", "bytes/lease");
    for (int i = 0; i < 2; i++) {
        struct market_rules rules;
        if (!market_rules_named(profiles[i], &rules))
            return 3;
        struct outcome few = measure(&rules, 1000), many = measure(&rules, 1000000);
        printf("%8s %10.2f %10.2f %9.0f%% %12.0f\n", profiles[i], few.rate, many.rate, 100 * many.rate / few.rate, many.bytes);
        fflush(stdout);
    }
    return 0;
}
