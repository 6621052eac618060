/* Rows of the rules of 2024-07: escrow_settle, escrow_flow and market_flow, and the older rule of HEAD, which is theirs. */
#ifndef NINES_TESTS_MARKET_2024_ROWS_H
#define NINES_TESTS_MARKET_2024_ROWS_H

#include "tests/conformance/market_flow_rows.h"

/* One account, number 0, of owner alice. */
struct shares_world {
    struct arena memory;
    struct market_rules rules;
    struct market_events events;
    struct bank bank;
    struct escrow escrow;
    bool exists;
    enum market_denom denom;
};

static inline void shares_world_open(struct shares_world *world, const char *denom)
{
    arena_close(&world->memory);
    memset(world, 0, sizeof *world);
    arena_open(&world->memory, 0);
    world->rules = market_rules_2024_07();
    world->denom = market_denom_from_name(denom);
    chain_events(&world->events, &world->memory);
    bank_open(&world->bank, &world->memory, CHAIN_WALLETS, 16, &world->events);
    escrow_open(&world->escrow, &world->memory, &world->rules, &world->bank, &(struct escrow_limits){1, 32, 0});
    (void)chain_wallet(&world->bank, "alice");
}

static inline enum market_error shares_account_create(struct shares_world *world, uint32_t depositor, int64_t amount,
                                                      int64_t height)
{
    struct escrow_opening opening = {chain_wallet(&world->bank, "alice"), depositor, world->denom, amount, {0}, 1};
    uint32_t account;
    world->exists = true;
    return escrow_account_open(&world->escrow, &opening, height, &account);
}

/* An account written down directly: with fractions and balances that no sequence of messages would give. The foreign
 * money, if any, is carol's. */
static inline void shares_write_down(struct shares_world *world, decimal balance, decimal funds, bool grant)
{
    uint32_t alice = chain_wallet(&world->bank, "alice"), carol = chain_wallet(&world->bank, "carol");
    struct escrow_account *account = &world->escrow.accounts[0];
    account->balance = balance;
    account->funds = funds;
    account->depositor = decimal_is_zero(funds) ? alice : carol;
    if (grant)
        bank_grant_give(&world->bank, carol, alice, world->denom, 0);
    bank_issue(&world->bank, BANK_ESCROW, world->denom, CHAIN_PURSE);
    world->events.n = 0;
}

static inline uint32_t shares_payment_open_at(struct shares_world *world, const char *id_text, const char *rate,
                                              int64_t height, enum market_error *error)
{
    struct chain_id id = chain_id_read(id_text);
    struct escrow_payment_opening opening = {0, chain_wallet(&world->bank, id.provider), id.gseq, id.oseq, number(rate),
                                             world->denom, {0}};
    uint32_t index = SLOT_NONE;
    *error = escrow_payment_open(&world->escrow, &opening, height, &index);
    return index;
}

/* --- escrow_settle --- */

/* The fee that a provider's pay-outs have cost. */
static inline int64_t shares_fee(const struct shares_world *world, uint32_t provider)
{
    int64_t fee = 0;
    for (uint32_t e = 0; e < world->events.n; e++)
        if (world->events.items[e].what == MARKET_TRANSFER_TAKE && world->events.items[e].provider == provider)
            fee += world->events.items[e].amount;
    return fee;
}

static inline void rows_2024_escrow_settle(const struct vectors *v, int i)
{
    static struct shares_world world;
    const char *items[VECTOR_PARTS], *cells[3], *after = "";
    shares_world_open(&world, vectors_cell(v, i, "denom"));
    world.rules.take_percent[world.denom] = (int32_t)vectors_int(v, i, "take_pct");
    row_same(shares_account_create(&world, chain_wallet(&world.bank, "alice"), 0, 0), MARKET_OK);
    int n = vectors_split(&rows_arena, vectors_cell(v, i, "payments"), ';', items, VECTOR_PARTS);
    for (int j = 0; j < n; j++) {
        enum market_error error;
        row_same(vectors_split(&rows_arena, items[j], ':', cells, 3), 3);
        uint32_t payment = shares_payment_open_at(&world, cells[0], cells[1], 0, &error);
        row_same(error, MARKET_OK);
        world.escrow.payments[payment].balance = number(cells[2]);
    }
    shares_write_down(&world, number(vectors_raw(v, i, "balance")), number(vectors_raw(v, i, "funds")),
                      vectors_int(v, i, "grant") != 0);
    int64_t delta = vectors_int(v, i, "delta_blocks");
    struct settlement settlement = settlement_foresee(&world.escrow, 0, delta);
    bool panics = settlement.error == MARKET_PANIC;
    row_expect_cell(v, i, "result", market_error_name(settlement.error));
    if (settlement.error == MARKET_OK)
        settlement_apply(&world.escrow, 0, &settlement, delta);
    const struct escrow_account *account = &world.escrow.accounts[0];
    row_expect_cell(v, i, "full_blocks", panics ? "-" : arena_format(&rows_arena, "%" PRId64, settlement.full));
    row_expect_cell(v, i, "remainder", panics ? "-" : shown(settlement.remainder));
    row_expect_cell(v, i, "balance_after", shown(account->balance));
    row_expect_cell(v, i, "funds_after", shown(account->funds));
    row_same(chain_change(&world.bank, chain_wallet(&world.bank, "carol"), world.denom), vectors_int(v, i, "returned"));
    row_expect_cell(v, i, "transferred", shown(account->transferred));
    row_expect_cell(v, i, "account_state_after", escrow_state_name((enum escrow_state)account->state));
    for (int j = 0; j < n; j++) { /* opened in the vector's order */
        const struct escrow_payment *payment = &world.escrow.payments[j];
        vectors_add(&rows_arena, &after, "%s:%s:%s:%" PRId64 ":%" PRId64, chain_payment_name(&world.escrow, payment),
                    chain_state(payment), shown(payment->balance), payment->withdrawn,
                    shares_fee(&world, payment->provider));
    }
    row_expect_cell(v, i, "payments_after", after);
}

/* --- escrow_legacy_settle of HEAD --- */

static inline void rows_escrow_legacy_settle(const struct vectors *v, int i)
{
    static struct shares_world world;
    const char *rates[VECTOR_PARTS], *parts = "";
    bool weighted = strcmp(vectors_cell(v, i, "kind"), "weighted") == 0;
    shares_world_open(&world, "uakt");
    row_same(shares_account_create(&world, chain_wallet(&world.bank, "alice"), 0, 0), MARKET_OK);
    int n = vectors_split(&rows_arena, vectors_cell(v, i, "rates"), ';', rates, VECTOR_PARTS);
    for (int j = 0; j < n; j++) {
        enum market_error error;
        (void)shares_payment_open_at(&world, arena_format(&rows_arena, "1/%d/prov1", j + 1), rates[j], 0, &error);
        row_same(error, MARKET_OK);
    }
    decimal funds = number(vectors_raw(v, i, "funds"));
    shares_write_down(&world, number(vectors_raw(v, i, "balance")), weighted ? decimal_zero() : funds, true);
    const struct escrow_account *account = &world.escrow.accounts[0];
    struct settlement settlement = settlement_foresee(&world.escrow, 0, weighted ? 1 : vectors_int(v, i, "blocks"));
    row_must(settlement.error == MARKET_OK || (weighted && settlement.error == MARKET_PANIC));
    if (!weighted) {
        row_same(settlement.full, vectors_int(v, i, "full_blocks"));
        row_expect_cell(v, i, "balance_after", shown(settlement.balance));
        row_expect_cell(v, i, "funds_after", shown(settlement.funds));
        row_expect_cell(v, i, "remaining", shown(settlement.remainder));
        row_same(settlement.overdrawn, vectors_int(v, i, "overdrawn"));
    }
    /* Transferred per payment: for the full blocks alone, or for the shares of the balance alone. */
    for (int j = 0; j < n; j++) {
        const struct escrow_payment *payment = &world.escrow.payments[j];
        decimal part = weighted ? decimal_mul_quo(account->balance, payment->rate, account->open_rate)
                                : decimal_mul_int(payment->rate, settlement.full);
        vectors_add(&rows_arena, &parts, "%s", shown(part));
    }
    row_expect_cell(v, i, "transferred", parts);
}

/* --- escrow_flow --- */

static inline uint32_t shares_payment_find(const struct shares_world *world, const char *id_text)
{
    uint32_t i = world->escrow.accounts[0].first_payment;
    while (i != SLOT_NONE && strcmp(chain_payment_name(&world->escrow, &world->escrow.payments[i]), id_text) != 0)
        i = world->escrow.payments[i].next;
    return i;
}

static inline enum market_error shares_step(struct shares_world *world, const char *op, const char *arguments,
                                            int64_t height)
{
    struct escrow *escrow = &world->escrow;
    const char *id = vectors_argument(&rows_arena, arguments, "id"), *amount = vectors_argument(&rows_arena, arguments, "amount");
    const char *who = vectors_argument(&rows_arena, arguments, "depositor"), *granter = vectors_argument(&rows_arena, arguments, "granter");
    uint32_t alice = chain_wallet(&world->bank, "alice");
    uint32_t payer = chain_wallet(&world->bank, who != NULL ? who : granter != NULL ? granter : "alice");
    bool overdrawn = false;
    enum market_error error = MARKET_OK;
    if (strcmp(op, "account_create") == 0)
        return shares_account_create(world, payer, strtoll(chain_argument(arguments, "amount"), NULL, 10), height);
    if (strcmp(op, "account_deposit") == 0)
        return escrow_account_deposit(escrow, 0, payer, world->denom, strtoll(amount != NULL ? amount : "0", NULL, 10));
    if (strcmp(op, "payment_create") == 0)
        return (void)shares_payment_open_at(world, id, chain_argument(arguments, "rate"), height, &error), error;
    if (strcmp(op, "payment_withdraw") == 0)
        return escrow_payment_withdraw(escrow, shares_payment_find(world, id), height, &overdrawn);
    if (strcmp(op, "payment_close") == 0)
        return escrow_payment_close(escrow, shares_payment_find(world, id), height, &overdrawn);
    if (strcmp(op, "account_close") == 0)
        return escrow_account_close(escrow, 0, height, &overdrawn);
    if (strcmp(op, "account_settle") == 0) {
        struct settlement settlement = settlement_foresee(escrow, 0, height);
        if (settlement.error == MARKET_OK)
            settlement_apply(escrow, 0, &settlement, height);
        return settlement.error;
    }
    if (strcmp(op, "grant") == 0)
        bank_grant_give(&world->bank, payer, alice, world->denom, strtoll(chain_argument(arguments, "limit"), NULL, 10));
    else if (strcmp(op, "revoke") == 0)
        (void)bank_grant_revoke(&world->bank, payer, alice);
    else
        row_fail("unknown op '%s'", op);
    return MARKET_OK;
}

/* id=state:balance:withdrawn, in key order. */
static inline const char *shares_payments_text(const struct escrow *escrow, uint32_t account)
{
    const char *text = "";
    for (const struct escrow_payment **p = chain_payments(escrow, account); *p != NULL; p++)
        vectors_add(&rows_arena, &text, "%s=%s:%s:%" PRId64, chain_payment_name(escrow, *p), chain_state(*p),
                    shown((*p)->balance), (*p)->withdrawn);
    return text;
}

static inline const char *shares_grant_text(const struct bank *bank)
{
    const struct bank_wallet *alice = &bank->wallets[bank_wallet_find(bank, "alice")];
    if (alice->first_grant == SLOT_NONE)
        return "";
    const struct bank_grant *grant = &bank->grants[alice->first_grant];
    return arena_format(&rows_arena, "%s:%" PRId64, bank->wallets[grant->granter].name, grant->limit);
}

static inline void rows_2024_escrow_flow(const struct vectors *v, int i)
{
    static struct shares_world world;
    const char *arguments = vectors_cell(v, i, "args");
    if (vectors_int(v, i, "step") == 1) {
        const char *take = vectors_argument(&rows_arena, arguments, "take");
        shares_world_open(&world, chain_argument(arguments, "denom"));
        if (take != NULL)
            world.rules.take_percent[world.denom] = atoi(take);
    }
    enum market_error error = shares_step(&world, vectors_cell(v, i, "op"), arguments, vectors_int(v, i, "height"));
    row_expect_cell(v, i, "result", market_error_name(error));
    if (world.exists) {
        const struct escrow_account *account = &world.escrow.accounts[0];
        row_expect_cell(v, i, "account", escrow_state_name((enum escrow_state)account->state));
        row_same(account->settled_at, vectors_int(v, i, "settled_at"));
        row_expect_cell(v, i, "depositor", world.bank.wallets[account->depositor].name);
        row_expect_cell(v, i, "balance", shown(account->balance));
        row_expect_cell(v, i, "funds", shown(account->funds));
        row_expect_cell(v, i, "transferred", shown(account->transferred));
        row_expect_cell(v, i, "payments", shares_payments_text(&world.escrow, 0));
        chain_money_adds_up(&world.escrow, 1);
    }
    row_expect_cell(v, i, "grant", shares_grant_text(&world.bank));
    row_expect_cell(v, i, "bank", chain_bank(&world.bank, world.denom));
}

/* --- market_flow --- */

static inline enum market_error shares_create_deployment(struct flow_world *world, const char *arguments, int64_t height)
{
    const char *items[VECTOR_PARTS];
    const struct market_group_spec *specs[VECTOR_PARTS];
    enum market_denom denom = market_denom_from_name(chain_argument(arguments, "denom"));
    int n = vectors_split(&rows_arena, chain_argument(arguments, "groups"), ',', items, VECTOR_PARTS);
    for (int j = 0; j < n; j++)
        specs[j] = flow_spec(&world->memory, j, arena_format(&rows_arena, "g%d", j + 1), number(items[j]), denom);
    uint32_t alice = chain_wallet(&world->market.bank, "alice");
    struct market_create_deployment message = {.owner = alice, .depositor = alice, .dseq = 1, .version = flow_hash,
                                               .version_bytes = sizeof flow_hash, .groups = specs, .n_groups = n,
                                               .denom = denom};
    message.deposit = strtoll(chain_argument(arguments, "deposit"), NULL, 10);
    enum market_error error = market_create_deployment(&world->market, &message, height, &world->deployment);
    world->exists |= error == MARKET_OK;
    return error;
}

static inline enum market_error shares_market_step(struct flow_world *world, const char *op, const char *arguments,
                                                   int64_t height)
{
    struct market *market = &world->market;
    const struct escrow_account *account = market_account(market, world->deployment);
    enum market_denom denom = account != NULL ? (enum market_denom)account->denom : MARKET_UAKT;
    if (strcmp(op, "create_deployment") == 0)
        return shares_create_deployment(world, arguments, height);
    if (strcmp(op, "deposit") == 0) {
        struct market_deposit message = {.deployment = world->deployment,
                                         .depositor = chain_wallet(&market->bank, chain_argument(arguments, "from"))};
        message.denom = denom;
        message.amount = chain_coin(chain_argument(arguments, "amount"), &message.denom);
        return market_deposit_deployment(market, &message, height);
    }
    if (strcmp(op, "create_bid") == 0 && vectors_argument(&rows_arena, arguments, "denom") == NULL)
        arguments = arena_format(&rows_arena, "%s;denom=%s", arguments, market_denom_name(denom));
    return flow_market_step(world, op, arguments, height, 0);
}

static inline void rows_2024_market_flow(const struct vectors *v, int i)
{
    static struct flow_world world;
    struct market_rules rules = market_rules_2024_07();
    if (vectors_int(v, i, "step") == 1) {
        flow_world_open(&world, &rules);
        for (int p = 1; p <= 9; p++) /* "providers exist and match" */
            market_provider_register(&world.market,
                                     chain_wallet(&world.market.bank, arena_format(&rows_arena, "prov%d", p)));
    }
    uint64_t before = market_digest(&world.market);
    uint32_t n_wallets = world.market.bank.n_wallets;
    world.events.n = 0;
    enum market_error error = shares_market_step(&world, vectors_cell(v, i, "op"), vectors_cell(v, i, "args"),
                                                 vectors_int(v, i, "height"));
    row_expect_cell(v, i, "result", market_error_name(error));
    if (world.exists) {
        const struct market_deployment *deployment = market_deployment(&world.market, world.deployment);
        const struct escrow_account *account = market_account(&world.market, world.deployment);
        struct flow_texts texts = flow_texts_of(&world);
        row_expect_cell(v, i, "deployment", market_deployment_state_name((enum market_deployment_state)deployment->state));
        row_expect_cell(v, i, "groups", texts.groups);
        row_expect_cell(v, i, "orders", texts.orders);
        row_expect_cell(v, i, "bids", texts.bids);
        row_expect_cell(v, i, "leases", texts.leases);
        row_expect_cell(v, i, "account", arena_format(&rows_arena, "%s@%" PRId64,
                                                      escrow_state_name((enum escrow_state)account->state),
                                                      account->settled_at));
        row_expect_cell(v, i, "balance", shown(account->balance));
        row_expect_cell(v, i, "funds", shown(account->funds));
        row_expect_cell(v, i, "transferred", shown(account->transferred));
        row_expect_cell(v, i, "payments", shares_payments_text(&world.market.escrow, deployment->account));
        row_expect_cell(v, i, "bid_escrows", texts.bid_escrows);
    }
    row_expect_cell(v, i, "bank", chain_bank(&world.market.bank, MARKET_DENOM_NONE));
    market_audit(&world.market);
    if (error != MARKET_OK) {
        row_same(world.events.n, 0);
        row_must(before == market_digest(&world.market) || n_wallets != world.market.bank.n_wallets);
    }
}

#endif
