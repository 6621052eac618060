/* All that can happen to two tenants of two groups each and two providers within six messages, blocks that pass among them:
 * breadth first over distinct states, every invariant checked in each. A state is reached again by sending its messages
 * again, so nothing of the market needs to be copied. */
#include "models/market/market.h"
#include "sim/base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TENANTS = 2, PROVIDERS = 2, GROUPS = 2, DEPTH = 6, DEPOSIT = 500, TICK_BLOCKS = 300, BLOCK_S = 6, EVENTS = 256 };

enum kind { TICK, CREATE, DEPOSIT_MORE, CLOSE, PAUSE_GROUP, START_GROUP, CLOSE_GROUP, CLOSE_LEASE, WITHDRAW, RECLAIM, BID, LEASE, LEAVE };

struct action { uint8_t kind, tenant, group, provider; };
static struct action actions[128];
static int n_actions;

static void actions_add(enum kind kind, int tenants, int groups, int providers)
{
    for (int t = 0; t < tenants; t++)
        for (int g = 0; g < groups; g++)
            for (int p = 0; p < providers; p++)
                actions[n_actions++] = (struct action){(uint8_t)kind, (uint8_t)t, (uint8_t)g, (uint8_t)p};
}

static void actions_make(void)
{
    n_actions = 0;
    actions_add(TICK, 1, 1, 1);
    for (enum kind kind = CREATE; kind <= CLOSE; kind++)
        actions_add(kind, TENANTS, 1, 1);
    for (enum kind kind = PAUSE_GROUP; kind <= RECLAIM; kind++)
        actions_add(kind, TENANTS, GROUPS, 1);
    for (enum kind kind = BID; kind <= LEAVE; kind++)
        actions_add(kind, TENANTS, GROUPS, PROVIDERS);
}

/* --- A world small enough to be opened again and again --- */

struct state_world {
    struct arena arena;
    struct arena_mark empty;
    struct market_rules rules;
    struct market_events events;
    struct market market;
    const struct market_group_spec *specs[GROUPS];
    enum market_denom denom;
    int64_t height;
};

static const char *const names[] = {"alice", "bob", "p1", "p2"};

static void world_begin(struct state_world *world, const struct market_rules *rules)
{
    memset(world, 0, sizeof *world);
    arena_open(&world->arena, 1 << 16);
    world->rules = *rules;
    world->denom = rules->price_denom != MARKET_DENOM_NONE ? rules->price_denom : MARKET_UAKT;
    world->events = (struct market_events){arena_array(&world->arena, EVENTS, struct market_event), 0, EVENTS};
    for (int g = 0; g < GROUPS; g++) {
        struct market_volume *volume = arena_new(&world->arena, struct market_volume);
        struct market_unit *unit = arena_new(&world->arena, struct market_unit);
        struct market_group_spec *spec = arena_new(&world->arena, struct market_group_spec);
        *volume = (struct market_volume){.name = "default", .bytes = GROUP_VOLUME_MIN};
        *unit = (struct market_unit){.id = 1, .count = 1, .cpu_milli = 100, .memory_bytes = INT64_C(1) << 30,
                                     .volumes = volume, .n_volumes = 1, .price = decimal_from_int(1), .denom = world->denom};
        *spec = (struct market_group_spec){.id = g, .name = g == 0 ? "one" : "two", .units = unit, .n_units = 1};
        world->specs[g] = spec;
    }
    world->empty = arena_mark(&world->arena);
}

static void world_reset(struct state_world *world)
{
    static const struct market_limits limits = {.wallets = TENANTS + PROVIDERS, .grants = 1, .deployments = TENANTS,
                                                .groups = TENANTS * GROUPS, .orders = 32, .bids = 32, .leases = 16,
                                                .deposits = 16};
    arena_rewind(&world->arena, world->empty);
    market_open(&world->market, &world->arena, &world->rules, &limits, &world->events);
    for (int i = 0; i < TENANTS + PROVIDERS; i++) {
        uint32_t wallet = bank_wallet_add(&world->market.bank, names[i]);
        bank_issue(&world->market.bank, wallet, MARKET_UAKT, 100000);
        bank_issue(&world->market.bank, wallet, MARKET_UACT, 100000);
        if (i >= TENANTS)
            market_provider_register(&world->market, wallet);
    }
    world->events.n = 0;
    world->height = 1;
}

/* --- Actions --- */

static enum market_error act_create(struct state_world *world, uint32_t owner)
{
    static const uint8_t hash[MARKET_VERSION_BYTES] = {1};
    struct market_create_deployment message = {.owner = owner, .depositor = owner, .dseq = 1, .version = hash,
                                               .version_bytes = sizeof hash, .groups = world->specs, .n_groups = GROUPS,
                                               .denom = world->denom, .deposit = DEPOSIT};
    return market_create_deployment(&world->market, &message, world->height, NULL);
}

/* The second group's bids come with a reclamation window of one tick. */
static enum market_error act_bid(struct state_world *world, struct market_order_id order, uint32_t provider, int group)
{
    struct market_create_bid message = {.order = order, .provider = provider, .price_denom = world->denom,
                                        .price = decimal_from_int(1), .deposit_denom = MARKET_UAKT, .deposit = 10,
                                        .placement_matches = true, .capabilities_match = true};
    if (world->rules.dialect == MARKET_DIALECT_2026 && group == 1)
        message.window_s = TICK_BLOCKS * BLOCK_S;
    return market_create_bid(&world->market, &message, world->height);
}

static enum market_error act(struct state_world *world, struct action action)
{
    struct market *market = &world->market;
    uint32_t owner = BANK_OWN_WALLETS + action.tenant, provider = BANK_OWN_WALLETS + TENANTS + action.provider;
    struct market_deployment_id id = market_find_deployment(market, owner, 1);
    struct market_group_id group = market_find_group(market, id, action.group + 1u);
    struct market_order_id order = {0};
    if (market_group(market, group) != NULL)
        order = market_order_id(market, market_group(market, group)->last_order);
    uint32_t lease = market_order(market, order) != NULL ? market_order(market, order)->lease : SLOT_NONE;
    uint32_t lessor = lease != SLOT_NONE ? market->leases[lease].provider : BANK_OWN_WALLETS + TENANTS;
    int64_t height = world->height, time_s = height * BLOCK_S;
    struct market_deposit deposit = {id, owner, world->denom, DEPOSIT, BANK_BALANCE};
    struct market_leave leave = {order, provider, MARKET_REASON_UNSTABLE, time_s};
    struct market_leave reclaim = {order, lessor, MARKET_REASON_DECOMMISSION, time_s};
    switch ((enum kind)action.kind) {
    case TICK: world->height += TICK_BLOCKS; return MARKET_OK;
    case CREATE: return act_create(world, owner);
    case DEPOSIT_MORE: return market_deposit_deployment(market, &deposit, height);
    case CLOSE: return market_close_deployment(market, id, height);
    case PAUSE_GROUP: return market_pause_group(market, group, height);
    case START_GROUP: return market_start_group(market, group, height);
    case CLOSE_GROUP: return market_close_group(market, group, height);
    case CLOSE_LEASE: return market_close_lease(market, order, lessor, height);
    case WITHDRAW: return market_withdraw_lease(market, order, lessor, height);
    case RECLAIM: return world->rules.dialect == MARKET_DIALECT_2026 ? market_start_reclaim(market, &reclaim, height) : MARKET_PANIC;
    case BID: return act_bid(world, order, provider, action.group);
    case LEASE: return market_create_lease(market, order, provider, height, NULL);
    case LEAVE: return market_leave_lease(market, &leave, height);
    }
    return MARKET_PANIC;
}

/* --- The search --- */

struct path { uint8_t length, action[DEPTH]; };

struct seen { uint64_t *digest; size_t count, room; };

/* False: the state was met before. */
static bool seen_add(struct seen *seen, uint64_t digest)
{
    if (2 * (seen->count + 1) > seen->room) {
        struct seen larger = {calloc(seen->room ? 2 * seen->room : 1024, sizeof(uint64_t)), 0,
                              seen->room ? 2 * seen->room : 1024};
        for (size_t i = 0; i < seen->room; i++)
            if (seen->digest[i] != 0)
                (void)seen_add(&larger, seen->digest[i]);
        free(seen->digest);
        *seen = larger;
    }
    digest += digest == 0;
    size_t at = digest & (seen->room - 1);
    for (; seen->digest[at] != 0; at = (at + 1) & (seen->room - 1))
        if (seen->digest[at] == digest)
            return false;
    seen->digest[at] = digest;
    seen->count++;
    return true;
}

static uint64_t world_digest(const struct state_world *world)
{
    return hash_word(market_digest(&world->market), (uint64_t)world->height);
}

static void world_replay(struct state_world *world, const struct path *path)
{
    world_reset(world);
    for (int i = 0; i < path->length; i++)
        (void)act(world, actions[path->action[i]]);
    world->events.n = 0;
}

struct found { struct path *paths; size_t count, room; };

static void found_add(struct found *found, struct path path, int action)
{
    if (found->count == found->room) {
        found->room = found->room ? 2 * found->room : 1024;
        found->paths = realloc(found->paths, found->room * sizeof *found->paths);
    }
    path.action[path.length++] = (uint8_t)action;
    found->paths[found->count++] = path;
}

/* Everything that one more message can lead to; a refused one must leave the state as it was. */
static void expand(struct state_world *world, struct path path, struct seen *seen, struct found *found)
{
    world_replay(world, &path);
    uint64_t here = world_digest(world);
    for (int a = 0; a < n_actions; a++) {
        enum market_error error = act(world, actions[a]);
        if (error != MARKET_OK) {
            assert_int_equal(0, world->events.n);
            assert_true(here == world_digest(world));
            continue;
        }
        market_audit(&world->market);
        if (seen_add(seen, world_digest(world)))
            found_add(found, path, a);
        world_replay(world, &path);
    }
}

static void search(const struct market_rules *rules, const char *title, int depth, size_t at_least)
{
    struct state_world world;
    struct seen seen = {0};
    struct found level = {0};
    world_begin(&world, rules);
    world_reset(&world);
    actions_make();
    (void)seen_add(&seen, world_digest(&world));
    level.paths = calloc(1, sizeof *level.paths);
    level.count = level.room = 1;
    for (int d = 0; d < depth; d++) {
        struct found next = {0};
        for (size_t i = 0; i < level.count; i++)
            expand(&world, level.paths[i], &seen, &next);
        free(level.paths);
        level = next;
    }
    print_message("# %s: %zu distinct states within %d messages\n", title, seen.count, depth);
    assert_true(seen.count >= at_least);
    free(level.paths);
    free(seen.digest);
    arena_close(&world.arena);
}

static struct market_rules rules_small(struct market_rules rules)
{
    rules.deployment_minimum[MARKET_UAKT] = rules.dialect == MARKET_DIALECT_2024 ? 5 : -1;
    rules.deployment_minimum[MARKET_UACT] = rules.dialect == MARKET_DIALECT_2024 ? -1 : 5;
    rules.bid_minimum[MARKET_UAKT] = 10;
    rules.window_min_s = 1;
    return rules;
}

static void every_state_of_2026_within_six_messages_is_sound(void **state)
{
    (void)state;
    struct market_rules rules = rules_small(market_rules_2026_08());
    const char *text = getenv("NINES_STATES_DEPTH");
    search(&rules, "2026-08", text != NULL ? atoi(text) : DEPTH, text != NULL ? 1 : 10000);
}

static void every_state_of_2024_within_five_messages_is_sound(void **state)
{
    (void)state;
    struct market_rules rules = rules_small(market_rules_2024_07());
    search(&rules, "2024-07", 5, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_of_2026_within_six_messages_is_sound),
        cmocka_unit_test(every_state_of_2024_within_five_messages_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
