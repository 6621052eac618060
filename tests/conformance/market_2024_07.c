/* The marketplace against the test vectors of the rules profile 2024-07, and against the group vectors that both profiles
 * share. Every column of every row is compared as text. */
#include "tests/conformance/market_vectors.h"

struct market_world {
    struct arena arena;
    struct market_events events;
    struct market market;
    struct market_deployment_id deployment;
    enum market_denom denom;
};

static const uint8_t version[MARKET_VERSION_BYTES] = "manifest";

static void market_world_open(struct market_world *world)
{
    struct market_rules rules = market_rules_2024_07();
    struct market_limits limits = {.wallets = PEOPLE, .grants = 8, .deployments = 4, .groups = 16, .orders = 64,
                                   .bids = 256, .leases = 64};
    memset(world, 0, sizeof *world);
    arena_open(&world->arena, 0);
    events_open(&world->events, &world->arena);
    market_open(&world->market, &world->arena, &rules, &limits, &world->events);
    for (int i = 0; i < PEOPLE; i++) {
        uint32_t wallet = bank_wallet_add(&world->market.bank, people[i]);
        for (int denom = 1; denom < MARKET_DENOMS; denom++)
            bank_issue(&world->market.bank, wallet, (enum market_denom)denom, PURSE);
        if (people[i][0] == 'p')
            market_provider_register(&world->market, wallet);
    }
}

/* One unit of one replica at the order's price. */
static const struct market_group_spec *spec_make(struct arena *arena, int32_t id, decimal price, enum market_denom denom)
{
    struct market_volume *volume = arena_new(arena, struct market_volume);
    struct market_unit *unit = arena_new(arena, struct market_unit);
    struct market_group_spec *spec = arena_new(arena, struct market_group_spec);
    *volume = (struct market_volume){.name = "default", .bytes = GROUP_VOLUME_MIN};
    *unit = (struct market_unit){.id = 1, .count = 1, .cpu_milli = 100, .memory_bytes = INT64_C(1) << 30,
                                 .volumes = volume, .n_volumes = 1, .price = price, .denom = denom};
    *spec = (struct market_group_spec){.id = id, .name = arena_format(arena, "g%d", (int)id + 1), .units = unit,
                                       .n_units = 1};
    return spec;
}

static enum market_error create_deployment(struct market_world *world, const char *arguments, int64_t height)
{
    char text[128], *rest = text, *item;
    const struct market_group_spec *specs[16];
    int32_t n = 0;
    assert_true(argument(arguments, "denom", text, sizeof text));
    world->denom = market_denom_from_name(text);
    assert_true(argument(arguments, "groups", text, sizeof text));
    while ((item = piece(&rest, ',')) != NULL) {
        specs[n] = spec_make(&world->arena, n, number(item), world->denom);
        n++;
    }
    uint32_t alice = bank_wallet_find(&world->market.bank, "alice");
    assert_true(argument(arguments, "deposit", text, sizeof text));
    struct market_create_deployment message = {.owner = alice, .depositor = alice, .dseq = 1, .version = version,
                                               .version_bytes = sizeof version, .groups = specs, .n_groups = n,
                                               .denom = world->denom, .deposit = atoll(text)};
    return market_create_deployment(&world->market, &message, height, &world->deployment);
}

/* One step of market_flow.csv; the result's name. */
static const char *market_step(struct market_world *world, const char *op, const char *arguments, int64_t height)
{
    struct market *market = &world->market;
    char text[64], name[32] = "";
    unsigned gseq = 0, oseq = 0;
    uint32_t provider = SLOT_NONE;
    enum market_error error = MARKET_OK;
    if (argument(arguments, "bid", text, sizeof text)) {
        assert_int_equal(3, sscanf(text, "%u/%u/%31s", &gseq, &oseq, name));
        provider = bank_wallet_find(&market->bank, name);
    }
    if (argument(arguments, "group", text, sizeof text))
        gseq = (unsigned)atoi(text);
    struct market_group_id group = market_find_group(market, world->deployment, gseq);
    struct market_order_id order = market_find_order(market, group, oseq);

    if (strcmp(op, "create_deployment") == 0) {
        error = create_deployment(world, arguments, height);
    } else if (strcmp(op, "create_bid") == 0) {
        assert_true(argument(arguments, "price", text, sizeof text));
        struct market_create_bid message = {.order = order, .provider = provider, .price_denom = world->denom,
                                            .price = number(text), .deposit_denom = MARKET_UAKT, .deposit = 500000,
                                            .placement_matches = true, .capabilities_match = true};
        error = market_create_bid(market, &message, height);
    } else if (strcmp(op, "create_lease") == 0) {
        error = market_create_lease(market, order, provider, height, NULL);
    } else if (strcmp(op, "withdraw_lease") == 0) {
        error = market_withdraw_lease(market, order, provider, height);
    } else if (strcmp(op, "close_lease") == 0) {
        error = market_close_lease(market, order, provider, height);
    } else if (strcmp(op, "close_bid") == 0) {
        error = market_close_bid(market, order, provider, height);
    } else if (strcmp(op, "close_deployment") == 0) {
        error = market_close_deployment(market, world->deployment, height);
    } else if (strcmp(op, "start_group") == 0) {
        error = market_start_group(market, group, height);
    } else if (strcmp(op, "pause_group") == 0) {
        error = market_pause_group(market, group, height);
    } else if (strcmp(op, "close_group") == 0) {
        error = market_close_group(market, group, height);
    } else if (strcmp(op, "deposit") == 0) {
        assert_true(argument(arguments, "from", name, sizeof name) && argument(arguments, "amount", text, sizeof text));
        struct market_deposit message = {world->deployment, bank_wallet_find(&market->bank, name), world->denom,
                                         atoll(text)};
        error = market_deposit_deployment(market, &message, height);
    } else if (strcmp(op, "params") == 0) {
        assert_true(argument(arguments, "max_bids", text, sizeof text));
        market->rules.order_max_bids = atoi(text);
    } else {
        fail_msg("unknown op '%s'", op);
    }
    return market_error_name(error);
}

struct listing {
    char groups[TEXT], orders[TEXT], bids[TEXT], leases[TEXT], payments[TEXT], bid_escrows[TEXT];
};

static void list_order(const struct market *market, uint32_t gseq, const struct market_order *order, struct listing *out)
{
    char a[DECIMAL_TEXT];
    for (uint32_t i = order->first_bid; i != SLOT_NONE; i = market->bids[i].next) {
        const struct market_bid *bid = &market->bids[i];
        const char *name = market->bank.wallets[bid->provider].name;
        bool held = bid->state == MARKET_BID_IS_OPEN || bid->state == MARKET_BID_IS_ACTIVE;
        text_add(out->bids, ";%u/%u/%s=%s", gseq, order->oseq, name,
                 market_bid_state_name((enum market_bid_state)bid->state));
        text_add(out->bid_escrows, ";%u/%u/%s=%s", gseq, order->oseq, name, held ? "open" : "closed");
    }
    if (order->lease == SLOT_NONE)
        return;
    const struct market_lease *lease = &market->leases[order->lease];
    const struct escrow_payment *payment = &market->escrow.payments[lease->payment];
    const char *name = market->bank.wallets[lease->provider].name;
    text_add(out->leases, ";%u/%u/%s=%s", gseq, order->oseq, name,
             market_lease_state_name((enum market_lease_state)lease->state));
    text_add(out->payments, ";%u/%u/%s=%s:%s:%lld", gseq, order->oseq, name,
             escrow_state_name((enum escrow_state)payment->state), decimal_format(a, payment->balance),
             (long long)payment->withdrawn);
}

static void list_all(const struct market_world *world, struct listing *out)
{
    const struct market *market = &world->market;
    memset(out, 0, sizeof *out);
    for (uint32_t gseq = 1;; gseq++) {
        struct market_group_id id = market_find_group(market, world->deployment, gseq);
        const struct market_group *group = market_group(market, id);
        if (group == NULL)
            return;
        text_add(out->groups, ";%u=%s", gseq, market_group_state_name((enum market_group_state)group->state));
        for (uint32_t oseq = 1;; oseq++) {
            const struct market_order *order = market_order(market, market_find_order(market, id, oseq));
            if (order == NULL)
                break;
            text_add(out->orders, ";%u/%u=%s", gseq, oseq,
                     market_order_state_name((enum market_order_state)order->state));
            list_order(market, gseq, order, out);
        }
    }
}

static void list_bank(const struct market *market, char *text)
{
    for (int i = 0; i < PEOPLE; i++) {
        uint32_t wallet = bank_wallet_find(&market->bank, people[i]);
        for (int d = 1; strcmp(people[i], "prov1") == 0 && d < MARKET_DENOMS; d++)
            if (market->bank.wallets[BANK_POOL].balance[d] != 0)
                text_add(text, ";pool:%s:%lld", market_denom_name((enum market_denom)d),
                         (long long)market->bank.wallets[BANK_POOL].balance[d]);
        for (int d = 1; d < MARKET_DENOMS; d++)
            if (market->bank.wallets[wallet].balance[d] != PURSE)
                text_add(text, ";%s:%s:%lld", people[i], market_denom_name((enum market_denom)d),
                         (long long)market->bank.wallets[wallet].balance[d] - PURSE);
    }
}

static const char *without_first(const char *text)
{
    return text[0] != '\0' ? text + 1 : text;
}

static void expect_market_state(const struct csv *csv, const char *step, const struct market_world *world)
{
    static struct listing list;
    char bank[TEXT] = "", account_text[64];
    const struct market_deployment *deployment = market_deployment(&world->market, world->deployment);
    const struct escrow_account *account = market_account(&world->market, world->deployment);
    list_all(world, &list);
    list_bank(&world->market, bank);
    snprintf(account_text, sizeof account_text, "%s@%lld", escrow_state_name((enum escrow_state)account->state),
             (long long)account->settled_at);
    expect_cell(csv, step, "deployment",
                market_deployment_state_name((enum market_deployment_state)deployment->state));
    expect_cell(csv, step, "groups", without_first(list.groups));
    expect_cell(csv, step, "orders", without_first(list.orders));
    expect_cell(csv, step, "bids", without_first(list.bids));
    expect_cell(csv, step, "leases", without_first(list.leases));
    expect_cell(csv, step, "account", account_text);
    expect_decimal(csv, step, "balance", account->balance);
    expect_decimal(csv, step, "funds", account->funds);
    expect_decimal(csv, step, "transferred", account->transferred);
    expect_cell(csv, step, "payments", without_first(list.payments));
    expect_cell(csv, step, "bid_escrows", without_first(list.bid_escrows));
    expect_cell(csv, step, "bank", without_first(bank));
}

static void market_flow_vectors_hold(void **state)
{
    (void)state;
    static struct csv csv;
    static struct market_world world;
    if (!csv_open(&csv, "vectors-2024-07/market_flow.csv"))
        skip();
    int rows = 0;
    for (; csv_next(&csv); rows++) {
        const char *step = csv_cell(&csv, "step");
        if (strcmp(step, "1") == 0) {
            arena_close(&world.arena);
            market_world_open(&world);
        }
        uint64_t before = market_digest(&world.market);
        world.events.n = 0;
        const char *result = market_step(&world, csv_cell(&csv, "op"), csv_cell(&csv, "args"),
                                         atoll(csv_cell(&csv, "height")));
        expect_cell(&csv, step, "result", result);
        expect_market_state(&csv, step, &world);
        market_audit(&world.market);
        if (strcmp(result, "ok") != 0) {
            assert_int_equal(0, world.events.n);
            assert_true(before == market_digest(&world.market));
        }
    }
    arena_close(&world.arena);
    assert_true(rows >= 48);
}

/* --- groups --- */

static void group_state_vectors_hold(void **state)
{
    (void)state;
    static struct csv csv;
    if (!csv_open(&csv, "vectors/group_state.csv"))
        skip();
    const char *const messages[] = {"close", "pause", "start"};
    int rows = 0;
    for (; csv_next(&csv); rows++)
        for (int i = 0; i < 3; i++) {
            struct market_world world;
            market_world_open(&world);
            assert_int_equal(MARKET_OK, create_deployment(&world, "denom=uakt;deposit=500000;groups=1", 0));
            struct market_group_id id = market_find_group(&world.market, world.deployment, 1);
            if (strcmp(csv_cell(&csv, "state"), "paused") == 0)
                assert_int_equal(MARKET_OK, market_pause_group(&world.market, id, 1));
            if (strcmp(csv_cell(&csv, "state"), "closed") == 0)
                assert_int_equal(MARKET_OK, market_close_group(&world.market, id, 1));
            enum market_error error = i == 0   ? market_close_group(&world.market, id, 2)
                                      : i == 1 ? market_pause_group(&world.market, id, 2)
                                               : market_start_group(&world.market, id, 2);
            expect_cell(&csv, messages[i], messages[i], market_error_name(error));
            market_audit(&world.market);
            arena_close(&world.arena);
        }
    assert_true(rows >= 3);
}

static int64_t number_or_absent(const char *text, int64_t absent)
{
    return strcmp(text, "nil") == 0 ? absent : atoll(text);
}

static void unit_read(struct arena *arena, char *text, struct market_unit *unit)
{
    *unit = (struct market_unit){.id = (uint32_t)atoi(piece(&text, ','))};
    unit->count = (uint32_t)atoi(piece(&text, ','));
    unit->cpu_milli = number_or_absent(piece(&text, ','), 0);
    unit->gpu_units = (int32_t)number_or_absent(piece(&text, ','), -1);
    unit->gpu_attributes = attributes_from_text(arena, piece(&text, ','));
    unit->memory_bytes = number_or_absent(piece(&text, ','), 0);
    char *storage = piece(&text, ','), *bytes;
    if (strcmp(storage, "nil") != 0) {
        struct market_volume *volumes = arena_array(arena, 8, struct market_volume);
        while (storage != NULL && *storage != '\0' && (bytes = piece(&storage, '+')) != NULL)
            volumes[unit->n_volumes++].bytes = atoll(bytes);
        unit->volumes = volumes;
    }
    char *price = piece(&text, ',');
    unit->price = strcmp(price, "nil") == 0 ? decimal_zero() : number(price);
    unit->denom = market_denom_from_name(piece(&text, ','));
}

static void group_validation_vectors_hold(void **state)
{
    (void)state;
    static struct csv csv;
    if (!csv_open(&csv, "vectors/group_validation.csv"))
        skip();
    int rows = 0;
    for (; csv_next(&csv); rows++) {
        struct arena arena;
        struct market_unit units[32];
        struct market_group_spec spec = {.name = csv_cell(&csv, "group_name"), .units = units};
        char list[TEXT], *rest = list, *item;
        arena_open(&arena, 0);
        snprintf(list, sizeof list, "%s", csv_cell(&csv, "units"));
        while ((item = piece(&rest, ';')) != NULL)
            unit_read(&arena, item, &units[spec.n_units++]);
        expect_cell(&csv, "", "expect", group_fault_name(group_spec_validate(&spec, true)));
        arena_close(&arena);
    }
    assert_true(rows >= 28);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(market_flow_vectors_hold),
        cmocka_unit_test(group_state_vectors_hold),
        cmocka_unit_test(group_validation_vectors_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
