/* The marketplace at a steady load: so many leases live, and again and again a random provider withdraws, a random tenant
 * closes its deployment, and another one comes: one deployment, ten bids, one lease. Under the rules of 2026 the eight
 * losers that the chain forgets ([Q1]) close their bids themselves. Every message counts as one; each must be accepted.
 *
 * Reported are messages per second with few and with many leases live, the share of the speed that is left with many, and
 * the memory of a live lease with everything that belongs to it: deployment, group, order, bids, account, deposit, payment,
 * and the tenant's wallet. With many leases the places lie far apart, and what is slower is memory alone. So there are two
 * ways: each message comes as a surprise, or the sender names withdrawals and closings some cycles ahead, as who works through
 * a block or a list of leases can (market_ahead_*()). The messages are the same. */
#include "bench/bench.h"

#include "models/market/market.h"
#include "sim/base/check.h"
#include "sim/base/hash.h"

enum { PROVIDERS = 200, BIDS = 10, CYCLES = 60000, EVENTS = 1024, KNOWN = 8 };

struct place { /* its tenant and its one deployment */
    struct market_deployment_id deployment;
    struct market_order_id order;
    uint32_t provider;
};

struct cycle { uint32_t withdraw, close; }; /* places */

struct town {
    struct market_events events;
    struct market market;
    const struct market_group_spec *spec;
    enum market_denom denom;
    struct place *place; /* [live] */
    struct cycle known[KNOWN]; /* the next cycles, from known[n_cycles % KNOWN] */
    uint64_t n_cycles;
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
    town->place = arena_array(arena, live, struct place);
    town->live = live;
    town->dseq = UINT64_C(1000000000); /* fixed width, as block heights have */
    town->height = 1;
    town->events.n = 0;
    return town;
}

/* CreateDeployment, ten CreateBid, CreateLease, and eight CloseBid where losers stay open. */
static void move_in(struct town *town, uint32_t index)
{
    static const uint8_t version[MARKET_VERSION_BYTES] = {1};
    struct market *market = &town->market;
    struct place *place = &town->place[index];
    uint32_t tenant = town->first_tenant + index, first = roll(town, PROVIDERS - BIDS);
    struct market_create_deployment create = {.owner = tenant, .depositor = tenant, .dseq = town->dseq++,
                                              .version = version, .version_bytes = sizeof version, .groups = &town->spec,
                                              .n_groups = 1, .denom = town->denom, .deposit = 5000000};
    accepted(town, market_create_deployment(market, &create, town->height, &place->deployment));
    struct market_order_id order =
        market_live_order(market, market_find_group(market, place->deployment, 1));
    for (uint32_t i = 0; i < BIDS; i++) {
        /* Arriving in no order of their names. */
        struct market_create_bid bid = {.order = order, .provider = town->first_provider + first + i * 7 % BIDS,
                                        .price_denom = town->denom, .price = decimal_from_int(1),
                                        .deposit_denom = MARKET_UAKT, .deposit = 500000, .placement_matches = true,
                                        .capabilities_match = true};
        accepted(town, market_create_bid(market, &bid, town->height));
    }
    place->order = order;
    place->provider = town->first_provider + first + roll(town, BIDS);
    accepted(town, market_create_lease(market, order, place->provider, town->height, NULL));
    for (uint32_t i = 0; i < BIDS && market->rules.losers_stay_open; i++) {
        const struct market_bid *bid = market_bid(market, order, town->first_provider + first + i);
        if (bid != NULL && bid->state == MARKET_BID_IS_OPEN)
            accepted(town, market_close_bid(market, order, bid->provider, town->height));
    }
}

/* Has loaded what the cycles to come will touch: the places first, then the market's records step by step, each a cycle or
 * two after what it hangs on. */
static void look_ahead(const struct town *town)
{
    static const int cycles[MARKET_AHEAD_STEPS] = {6, 4, 3, 2, 1};
    const struct cycle *far = &town->known[(town->n_cycles + KNOWN - 1) % KNOWN];
    NINES_PREFETCH(&town->place[far->withdraw]);
    NINES_PREFETCH(&town->place[far->close]);
    for (int step = 0; step < MARKET_AHEAD_STEPS; step++) {
        const struct cycle *then = &town->known[(town->n_cycles + (uint64_t)cycles[step]) % KNOWN];
        market_ahead_lease(&town->market, town->place[then->withdraw].order, step);
        market_ahead_deployment(&town->market, town->place[then->close].deployment, step);
        market_ahead_create(&town->market, town->first_tenant + then->close, town->dseq + (uint64_t)cycles[step], step);
    }
}

/* Withdrawals and closings find an account that somebody settled in the same block now and then; they wait a block. */
static void cycle(struct town *town, bool ahead)
{
    struct cycle *slot = &town->known[town->n_cycles % KNOWN], now = *slot;
    if (ahead)
        look_ahead(town);
    slot->withdraw = roll(town, town->live);
    slot->close = roll(town, town->live);
    town->n_cycles++;
    const struct place *place = &town->place[now.withdraw];
    town->height++;
    accepted(town, market_withdraw_lease(&town->market, place->order, place->provider, town->height));
    place = &town->place[now.close];
    town->height++;
    accepted(town, market_close_deployment(&town->market, place->deployment, town->height));
    (void)market_forget_deployment(&town->market, place->deployment);
    move_in(town, now.close);
}

struct outcome { double rate[2], bytes; }; /* rate: one by one, and known ahead */

static struct outcome measure(const struct market_rules *rules, uint32_t live)
{
    struct arena arena;
    double rate[2][BENCH_REPEATS], before = bench_resident_bytes();
    arena_open(&arena, 0);
    struct town *town = town_open(&arena, rules, live);
    for (uint32_t i = 0; i < live; i++)
        move_in(town, i);
    struct outcome outcome = {.bytes = (bench_resident_bytes() - before) / live};
    for (int r = -1; r < BENCH_REPEATS; r++) /* the first warms up */
        for (int ahead = 0; ahead < 2; ahead++) {
            town->messages = 0;
            double begin = bench_seconds();
            for (int i = 0; i < CYCLES; i++)
                cycle(town, ahead != 0);
            if (r >= 0)
                rate[ahead][r] = (double)town->messages / (bench_seconds() - begin) / 1e6;
        }
    for (int ahead = 0; ahead < 2; ahead++)
        outcome.rate[ahead] = bench_median(rate[ahead]);
    arena_close(&arena);
    return outcome;
}

int main(void)
{
    static const char *const profiles[] = {"2024-07", "2026-08"}, *const ways[] = {"one by one", "known ahead"};
    bench_pin();
    printf("marketplace: million messages per core-second, median of %d (aim 1.5 with 1e6 leases, at most 25 %% below 1e3)\n",
           BENCH_REPEATS);
    printf("%8s %12s %10s %10s %10s %12s\n", "rules", "messages", "1e3 leases", "1e6 leases", "of 1e3", "bytes/lease");
    for (int i = 0; i < 2; i++) {
        struct market_rules rules;
        if (!market_rules_named(profiles[i], &rules))
            return 3;
        struct outcome few = measure(&rules, 1000), many = measure(&rules, 1000000);
        for (int ahead = 0; ahead < 2; ahead++)
            printf("%8s %12s %10.2f %10.2f %9.0f%% %12.0f\n", profiles[i], ways[ahead], few.rate[ahead], many.rate[ahead],
                   100 * many.rate[ahead] / few.rate[ahead], many.bytes);
        fflush(stdout);
    }
    return 0;
}
