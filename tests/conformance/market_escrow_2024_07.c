/* The escrow against the test vectors of the rules profile 2024-07, and against those of the older rule in the vectors of
 * HEAD, which is the same rule. Every column of every row is compared as text. */
#include "tests/conformance/market_vectors.h"

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
    escrow_open(&world->escrow, &world->arena, &world->rules, &world->bank, &(struct escrow_limits){1, 16, 0});
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escrow_settle_vectors_hold),
        cmocka_unit_test(escrow_flow_vectors_hold),
        cmocka_unit_test(legacy_settle_vectors_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
