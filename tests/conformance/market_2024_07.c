/* The chain side of the marketplace against the test vectors of the rules profile 2024-07, and against the group and
 * settlement vectors that both profiles share. Every column of every row is compared as text. */
#include "models/market/market.h"
#include "tests/conformance/market_csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { EVENTS = 4096, TEXT = 4096, PURSE = 1000000000 };

/* Names in text order, as the vectors list them. */
static const char *const people[] = {"alice", "bob", "carol", "p0", "p1", "p2", "prov1", "prov2", "prov3", "prov4"};
enum { PEOPLE = sizeof people / sizeof people[0] };

static void text_add(char *text, const char *format, ...)
{
    size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, TEXT - length, format, arguments);
    va_end(arguments);
}

static decimal number(const char *text)
{
    decimal value;
    if (!decimal_parse(text, &value))
        fail_msg("'%s' is not a decimal number", text);
    return value;
}

static void expect_cell(const struct csv *csv, const char *step, const char *column, const char *actual)
{
    if (strcmp(csv_cell(csv, column), actual) != 0)
        fail_msg("%s step %s, %s: expected '%s', got '%s'", csv_cell(csv, "case_id"), step, column,
                 csv_cell(csv, column), actual);
}

static void expect_decimal(const struct csv *csv, const char *step, const char *column, decimal actual)
{
    char text[DECIMAL_TEXT];
    expect_cell(csv, step, column, decimal_format(text, actual));
}

static void events_open(struct market_events *events, struct arena *arena)
{
    *events = (struct market_events){arena_array(arena, EVENTS, struct market_event), 0, EVENTS};
}

/* --- escrow alone --- */

struct escrow_world {
    struct arena arena;
    struct market_rules rules;
    struct market_events events;
    struct bank bank;
    struct escrow escrow;
    uint32_t account;
    bool exists;
    enum market_denom denom;
};

static void escrow_world_open(struct escrow_world *world)
{
    memset(world, 0, sizeof *world);
    arena_open(&world->arena, 0);
    world->rules = market_rules_2024_07();
    events_open(&world->events, &world->arena);
    bank_open(&world->bank, &world->arena, PEOPLE, 8, &world->events);
    escrow_open(&world->escrow, &world->arena, &world->rules, &world->bank, 1, 16);
    for (int i = 0; i < PEOPLE; i++) {
        uint32_t wallet = bank_wallet_add(&world->bank, people[i]);
        for (int denom = 1; denom < MARKET_DENOMS; denom++)
            bank_issue(&world->bank, wallet, (enum market_denom)denom, PURSE);
    }
    world->events.n = 0;
}

static void escrow_world_audit(const struct escrow_world *world)
{
    decimal held[MARKET_DENOMS];
    memcpy(held, world->escrow.dust, sizeof held);
    if (world->exists)
        escrow_account_audit(&world->escrow, world->account, held);
    for (int denom = 1; denom < MARKET_DENOMS; denom++)
        assert_int_equal(0, decimal_compare(held[denom], decimal_from_int(
                                                             world->bank.wallets[BANK_ESCROW].balance[denom])));
}

static uint32_t payment_by_id(const struct escrow_world *world, const char *id, uint32_t *gseq, uint32_t *oseq,
                              uint32_t *provider)
{
    char name[32];
    assert_int_equal(3, sscanf(id, "%u/%u/%31s", gseq, oseq, name));
    *provider = bank_wallet_find(&world->bank, name);
    assert_true(*provider != SLOT_NONE);
    uint32_t i = world->escrow.accounts[world->account].first_payment;
    for (; i != SLOT_NONE; i = world->escrow.payments[i].next) {
        const struct escrow_payment *payment = &world->escrow.payments[i];
        if (payment->gseq == *gseq && payment->oseq == *oseq && payment->provider == *provider)
            break;
    }
    return i;
}

/* The vector's account is written down directly: with fractions and balances that no sequence of messages would give. */
static void settle_case_open(struct escrow_world *world, const struct csv *csv)
{
    escrow_world_open(world);
    world->denom = market_denom_from_name(csv_cell(csv, "denom"));
    world->rules.take_percent[world->denom] = atoi(csv_cell(csv, "take_pct"));
    uint32_t alice = bank_wallet_find(&world->bank, "alice"), carol = bank_wallet_find(&world->bank, "carol");
    decimal funds = number(csv_cell(csv, "funds"));
    struct escrow_opening opening = {.owner = alice, .depositor = alice, .denom = world->denom};
    assert_int_equal(MARKET_OK, escrow_account_open(&world->escrow, &opening, 0, &world->account));
    world->exists = true;
    char list[TEXT], *rest = list, *item;
    snprintf(list, sizeof list, "%s", csv_cell(csv, "payments"));
    while ((item = piece(&rest, ';')) != NULL) {
        uint32_t gseq, oseq, provider, index;
        char *id = piece(&item, ':'), *rate = piece(&item, ':');
        (void)payment_by_id(world, id, &gseq, &oseq, &provider);
        struct escrow_payment_opening payment = {.provider = provider, .gseq = gseq, .oseq = oseq,
                                                 .rate = number(rate), .denom = world->denom};
        assert_int_equal(MARKET_OK, escrow_payment_open(&world->escrow, &payment, 0, &index));
        world->escrow.payments[index].balance = number(item);
    }
    struct escrow_account *account = &world->escrow.accounts[world->account];
    account->balance = number(csv_cell(csv, "balance"));
    account->funds = funds;
    account->depositor = decimal_is_zero(funds) ? alice : carol;
    if (atoi(csv_cell(csv, "grant")) != 0)
        bank_grant_give(&world->bank, carol, alice, world->denom, 0);
    bank_issue(&world->bank, BANK_ESCROW, world->denom, PURSE);
    world->events.n = 0;
}

static void expect_settlement(const struct csv *csv, struct escrow_world *world, const struct settlement *settlement)
{
    const struct escrow_account *account = &world->escrow.accounts[world->account];
    char text[TEXT] = "", a[DECIMAL_TEXT];
    uint32_t carol = bank_wallet_find(&world->bank, "carol");
    snprintf(text, sizeof text, "%lld", (long long)settlement->full);
    bool panics = settlement->error == MARKET_PANIC;
    expect_cell(csv, "", "full_blocks", panics ? "-" : text);
    expect_cell(csv, "", "remainder", panics ? "-" : decimal_format(a, settlement->remainder));
    expect_decimal(csv, "", "balance_after", account->balance);
    expect_decimal(csv, "", "funds_after", account->funds);
    expect_decimal(csv, "", "returned", decimal_from_int(world->bank.wallets[carol].balance[world->denom] - PURSE));
    expect_decimal(csv, "", "transferred", account->transferred);
    expect_cell(csv, "", "account_state_after", escrow_state_name((enum escrow_state)account->state));
    text[0] = '\0';
    /* All payments, oldest first: the vectors open them in key order. */
    for (uint32_t i = 0; i < world->escrow.payment_slots.n_used; i++) {
        const struct escrow_payment *payment = &world->escrow.payments[i];
        int64_t fee = 0;
        for (uint32_t e = 0; e < world->events.n; e++)
            if (world->events.items[e].what == MARKET_TRANSFER_TAKE &&
                world->events.items[e].provider == payment->provider)
                fee += world->events.items[e].amount;
        text_add(text, "%s%u/%u/%s:%s:%s:%lld:%lld", i > 0 ? ";" : "", payment->gseq, payment->oseq,
                 world->bank.wallets[payment->provider].name, escrow_state_name((enum escrow_state)payment->state),
                 decimal_format(a, payment->balance), (long long)payment->withdrawn, (long long)fee);
    }
    expect_cell(csv, "", "payments_after", text);
}

static void escrow_settle_vectors_hold(void **state)
{
    (void)state;
    static struct csv csv;
    if (!csv_open(&csv, "vectors-2024-07/escrow_settle.csv"))
        skip();
    int rows = 0;
    for (; csv_next(&csv); rows++) {
        struct escrow_world world;
        settle_case_open(&world, &csv);
        int64_t delta = atoll(csv_cell(&csv, "delta_blocks"));
        struct settlement settlement = settlement_foresee(&world.escrow, world.account, delta);
        expect_cell(&csv, "", "result", market_error_name(settlement.error));
        if (settlement.error == MARKET_OK)
            settlement_apply(&world.escrow, world.account, &settlement, delta);
        expect_settlement(&csv, &world, &settlement);
        arena_close(&world.arena);
    }
    assert_true(rows >= 8);
}

/* One step of escrow_flow.csv; the result's name. */
static const char *escrow_step(struct escrow_world *world, const char *op, const char *arguments, int64_t height)
{
    struct escrow *escrow = &world->escrow;
    char text[64], id[64];
    uint32_t alice = bank_wallet_find(&world->bank, "alice"), who = alice;
    uint32_t gseq = 0, oseq = 0, provider = 0, payment = SLOT_NONE;
    int64_t amount = argument(arguments, "amount", text, sizeof text) ? atoll(text) : 0;
    bool overdrawn = false;
    enum market_error error = MARKET_OK;
    if (argument(arguments, "denom", text, sizeof text))
        world->denom = market_denom_from_name(text);
    if (argument(arguments, "take", text, sizeof text))
        world->rules.take_percent[world->denom] = atoi(text);
    if (argument(arguments, "depositor", text, sizeof text) || argument(arguments, "granter", text, sizeof text))
        who = bank_wallet_find(&world->bank, text);
    if (argument(arguments, "id", id, sizeof id))
        payment = payment_by_id(world, id, &gseq, &oseq, &provider);

    if (strcmp(op, "account_create") == 0) {
        struct escrow_opening opening = {alice, who, world->denom, amount, {0}};
        error = escrow_account_open(escrow, &opening, height, &world->account);
        world->exists = true;
    } else if (strcmp(op, "account_deposit") == 0) {
        error = escrow_account_deposit(escrow, world->account, who, world->denom, amount);
    } else if (strcmp(op, "payment_create") == 0) {
        assert_true(argument(arguments, "rate", text, sizeof text));
        struct escrow_payment_opening opening = {world->account, provider, gseq, oseq, number(text), world->denom, {0}};
        error = escrow_payment_open(escrow, &opening, height, &payment);
    } else if (strcmp(op, "payment_withdraw") == 0) {
        error = escrow_payment_withdraw(escrow, payment, height, &overdrawn);
    } else if (strcmp(op, "payment_close") == 0) {
        error = escrow_payment_close(escrow, payment, height, &overdrawn);
    } else if (strcmp(op, "account_settle") == 0) {
        struct settlement settlement = settlement_foresee(escrow, world->account, height);
        error = settlement.error;
        if (error == MARKET_OK)
            settlement_apply(escrow, world->account, &settlement, height);
    } else if (strcmp(op, "account_close") == 0) {
        error = escrow_account_close(escrow, world->account, height, &overdrawn);
    } else if (strcmp(op, "grant") == 0) {
        assert_true(argument(arguments, "limit", text, sizeof text));
        bank_grant_give(&world->bank, who, alice, world->denom, atoll(text));
    } else if (strcmp(op, "revoke") == 0) {
        assert_true(bank_grant_revoke(&world->bank, who, alice));
    } else {
        fail_msg("unknown op '%s'", op);
    }
    return market_error_name(error);
}

static void expect_escrow_state(const struct csv *csv, const char *step, const struct escrow_world *world)
{
    char text[TEXT] = "", a[DECIMAL_TEXT];
    if (world->exists) {
        const struct escrow_account *account = &world->escrow.accounts[world->account];
        expect_cell(csv, step, "account", escrow_state_name((enum escrow_state)account->state));
        expect_decimal(csv, step, "settled_at", decimal_from_int(account->settled_at));
        expect_cell(csv, step, "depositor", world->bank.wallets[account->depositor].name);
        expect_decimal(csv, step, "balance", account->balance);
        expect_decimal(csv, step, "funds", account->funds);
        expect_decimal(csv, step, "transferred", account->transferred);
        for (uint32_t i = 0; i < world->escrow.payment_slots.n_used; i++) {
            const struct escrow_payment *payment = &world->escrow.payments[i];
            text_add(text, "%s%u/%u/%s=%s:%s:%lld", i > 0 ? ";" : "", payment->gseq, payment->oseq,
                     world->bank.wallets[payment->provider].name,
                     escrow_state_name((enum escrow_state)payment->state), decimal_format(a, payment->balance),
                     (long long)payment->withdrawn);
        }
        expect_cell(csv, step, "payments", text);
    }
    text[0] = '\0';
    const struct bank_wallet *alice = &world->bank.wallets[bank_wallet_find(&world->bank, "alice")];
    if (alice->first_grant != SLOT_NONE) {
        const struct bank_grant *grant = &world->bank.grants[alice->first_grant];
        text_add(text, "%s:%lld", world->bank.wallets[grant->granter].name, (long long)grant->limit);
    }
    expect_cell(csv, step, "grant", text);
    text[0] = '\0';
    for (int i = 0; i < PEOPLE; i++) {
        uint32_t wallet = bank_wallet_find(&world->bank, people[i]);
        int64_t change = world->bank.wallets[wallet].balance[world->denom] - PURSE;
        int64_t pool = world->bank.wallets[BANK_POOL].balance[world->denom];
        if (strcmp(people[i], "prov1") == 0 && pool != 0)
            text_add(text, "%spool:%lld", text[0] != '\0' ? ";" : "", (long long)pool);
        if (change != 0)
            text_add(text, "%s%s:%lld", text[0] != '\0' ? ";" : "", people[i], (long long)change);
    }
    expect_cell(csv, step, "bank", text);
}

static void escrow_flow_vectors_hold(void **state)
{
    (void)state;
    static struct csv csv;
    static struct escrow_world world;
    if (!csv_open(&csv, "vectors-2024-07/escrow_flow.csv"))
        skip();
    int rows = 0;
    for (; csv_next(&csv); rows++) {
        const char *step = csv_cell(&csv, "step");
        if (strcmp(step, "1") == 0) {
            arena_close(&world.arena);
            escrow_world_open(&world);
        }
        const char *result = escrow_step(&world, csv_cell(&csv, "op"), csv_cell(&csv, "args"),
                                         atoll(csv_cell(&csv, "height")));
        expect_cell(&csv, step, "result", result);
        expect_escrow_state(&csv, step, &world);
        escrow_world_audit(&world);
    }
    arena_close(&world.arena);
    assert_true(rows >= 48);
}

/* The older rule of the HEAD description (4.10) is this profile's, and has vectors of its own. */
static void legacy_settle_vectors_hold(void **state)
{
    (void)state;
    static struct csv csv;
    if (!csv_open(&csv, "vectors/escrow_legacy_settle.csv"))
        skip();
    int rows = 0;
    for (; csv_next(&csv); rows++) {
        struct escrow_world world;
        escrow_world_open(&world);
        bool weighted = strcmp(csv_cell(&csv, "kind"), "weighted") == 0;
        uint32_t alice = bank_wallet_find(&world.bank, "alice"), carol = bank_wallet_find(&world.bank, "carol");
        struct escrow_opening opening = {.owner = alice, .depositor = alice, .denom = MARKET_UAKT};
        assert_int_equal(MARKET_OK, escrow_account_open(&world.escrow, &opening, 0, &world.account));
        char list[256], *rest = list, *item, expected[TEXT], text[TEXT] = "", a[DECIMAL_TEXT];
        snprintf(list, sizeof list, "%s", csv_cell(&csv, "rates"));
        for (uint32_t n = 1; (item = piece(&rest, ';')) != NULL; n++) {
            uint32_t index;
            struct escrow_payment_opening payment = {0, alice + 3, 1, n, number(item), MARKET_UAKT, {0}};
            assert_int_equal(MARKET_OK, escrow_payment_open(&world.escrow, &payment, 0, &index));
        }
        struct escrow_account *account = &world.escrow.accounts[world.account];
        account->balance = number(csv_cell(&csv, "balance"));
        account->funds = weighted ? decimal_zero() : number(csv_cell(&csv, "funds"));
        account->depositor = decimal_is_zero(account->funds) ? alice : carol;
        bank_grant_give(&world.bank, carol, alice, MARKET_UAKT, 0);
        bank_issue(&world.bank, BANK_ESCROW, MARKET_UAKT, PURSE);
        int64_t delta = weighted ? 1 : atoll(csv_cell(&csv, "blocks"));
        struct settlement settlement = settlement_foresee(&world.escrow, world.account, delta);
        assert_int_equal(MARKET_OK, settlement.error);
        if (!weighted) {
            expect_decimal(&csv, "", "full_blocks", decimal_from_int(settlement.full));
            expect_decimal(&csv, "", "balance_after", settlement.balance);
            expect_decimal(&csv, "", "funds_after", settlement.funds);
            expect_decimal(&csv, "", "remaining", settlement.remainder);
            expect_cell(&csv, "", "overdrawn", settlement.overdrawn ? "1" : "0");
        }
        /* Transferred per payment: for the full blocks alone, or for the shares of the balance alone. */
        uint32_t n_payments = world.escrow.payment_slots.n_used;
        for (uint32_t i = 0; i < n_payments; i++) {
            const struct escrow_payment *payment = &world.escrow.payments[i];
            decimal part = weighted ? decimal_mul_quo(account->balance, payment->rate, account->open_rate)
                                    : decimal_mul_int(payment->rate, settlement.full);
            text_add(text, "%s%s", i > 0 ? ";" : "", decimal_format(a, part));
        }
        snprintf(expected, sizeof expected, "%s", csv_cell(&csv, "transferred"));
        expect_cell(&csv, "", "transferred", text);
        arena_close(&world.arena);
    }
    assert_true(rows >= 10);
}

/* --- the whole market --- */

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
        cmocka_unit_test(escrow_settle_vectors_hold),
        cmocka_unit_test(escrow_flow_vectors_hold),
        cmocka_unit_test(legacy_settle_vectors_hold),
        cmocka_unit_test(market_flow_vectors_hold),
        cmocka_unit_test(group_state_vectors_hold),
        cmocka_unit_test(group_validation_vectors_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
