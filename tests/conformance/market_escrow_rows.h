/* Rows about the escrow by debt: escrow_settle and escrow_flow of the rules of 2026-08. */
#ifndef NINES_TESTS_MARKET_ESCROW_ROWS_H
#define NINES_TESTS_MARKET_ESCROW_ROWS_H

#include "tests/conformance/market_chain_rows.h"

/* One account, number 0, of owner alice. */
struct debt_world {
    struct arena memory;
    struct market_rules rules;
    struct market_events events;
    struct bank bank;
    struct escrow escrow;
    bool exists;
};

static inline void debt_world_open(struct debt_world *world)
{
    arena_close(&world->memory);
    memset(world, 0, sizeof *world);
    arena_open(&world->memory, 0);
    world->rules = market_rules_2026_08();
    chain_events(&world->events, &world->memory);
    bank_open(&world->bank, &world->memory, CHAIN_WALLETS, 16, &world->events);
    escrow_open(&world->escrow, &world->memory, &world->rules, &world->bank, &(struct escrow_limits){1, 32, 256});
    (void)chain_wallet(&world->bank, "alice");
}

static inline void debt_account_create(struct debt_world *world, enum market_denom denom, int64_t height)
{
    uint32_t owner = chain_wallet(&world->bank, "alice"), account;
    struct escrow_opening opening = {.owner = owner, .depositor = owner, .denom = denom, .dseq = 1};
    row_same(escrow_account_open(&world->escrow, &opening, height, &account), MARKET_OK);
    world->exists = true;
}

/* --- escrow_settle --- */

/* The vector's account is written down directly: with debts and fractions that no sequence of messages would give. */
static inline void settle_case_open(struct debt_world *world, const struct vectors *v, int i)
{
    const char *items[VECTOR_PARTS], *cells[5];
    enum market_denom denom = market_denom_from_name(vectors_cell(v, i, "denom"));
    debt_world_open(world);
    debt_account_create(world, denom, 0);
    struct escrow *escrow = &world->escrow;
    struct escrow_account *account = &escrow->accounts[0];
    int n = vectors_split(&rows_arena, vectors_cell(v, i, "payments"), ';', items, VECTOR_PARTS);
    for (int j = 0; j < n; j++) {
        row_same(vectors_split(&rows_arena, items[j], ':', cells, 5), 5);
        struct chain_id id = chain_id_read(cells[0]);
        struct escrow_payment_opening opening = {.provider = chain_wallet(&world->bank, id.provider), .gseq = id.gseq,
                                                 .oseq = id.oseq, .rate = number(cells[2]), .denom = denom};
        uint32_t index;
        row_same(escrow_payment_open(escrow, &opening, 0, &index), MARKET_OK);
    }
    for (int j = 0; j < n; j++) { /* opened in this order; written down when all are open */
        row_same(vectors_split(&rows_arena, items[j], ':', cells, 5), 5);
        struct escrow_payment *payment = &escrow->payments[j];
        payment->balance = number(cells[3]);
        payment->unsettled = number(cells[4]);
        if (strcmp(cells[1], "overdrawn") == 0) {
            payment->state = ESCROW_OVERDRAWN;
            account->open_rate = decimal_sub(account->open_rate, payment->rate);
        }
    }
    n = vectors_split(&rows_arena, vectors_cell(v, i, "deposits"), ';', items, VECTOR_PARTS);
    for (int j = 0; j < n; j++) {
        struct bank_part part = {.payer = chain_wallet(&world->bank, "alice")};
        escrow_part_add(escrow, 0, denom, &part);
        escrow->deposits[account->last_deposit].left = number(items[j]);
    }
    account->balance = number(vectors_raw(v, i, "funds"));
    if (strcmp(vectors_cell(v, i, "account_state"), "overdrawn") == 0)
        account->state = ESCROW_OVERDRAWN;
    bank_issue(&world->bank, BANK_ESCROW, denom, CHAIN_PURSE);
}

/* What step 6 alone would leave, "core_after", follows from the dues: the balance before pay-outs, and the debt. */
static inline const char *settle_core_text(const struct escrow *escrow, const struct escrow_payment *payment)
{
    decimal balance = decimal_add(payment->balance, decimal_from_int(payment->withdrawn));
    bool owed = decimal_is_positive(payment->unsettled);
    return arena_format(&rows_arena, "%s:%s:%s:%s", chain_payment_name(escrow, payment), owed ? "overdrawn" : "open",
                        shown(balance), shown(payment->unsettled));
}

/* Adds those payments that were in the given state before, in the order of the vector. */
static inline void settle_list(const struct debt_world *world, const char *before, const char *state, const char **core,
                               const char **after)
{
    const char *items[VECTOR_PARTS], *cells[5];
    int n = vectors_split(&rows_arena, before, ';', items, VECTOR_PARTS);
    for (int j = 0; j < n; j++) {
        row_same(vectors_split(&rows_arena, items[j], ':', cells, 5), 5);
        if (strcmp(cells[1], state) != 0)
            continue;
        const struct escrow_payment *payment = &world->escrow.payments[j];
        vectors_add(&rows_arena, core, "%s", settle_core_text(&world->escrow, payment));
        vectors_add(&rows_arena, after, "%s:%s:%s:%s:%" PRId64, chain_payment_name(&world->escrow, payment),
                    chain_state(payment), shown(payment->balance), shown(payment->unsettled), payment->withdrawn);
    }
}

static inline void rows_escrow_settle(const struct vectors *v, int i)
{
    static struct debt_world world;
    settle_case_open(&world, v, i);
    const struct escrow *escrow = &world.escrow;
    const struct escrow_account *account = &escrow->accounts[0];
    int64_t delta = vectors_int(v, i, "delta_blocks");
    struct settlement settlement = settlement_foresee(escrow, 0, delta);
    row_same(settlement.error, MARKET_OK);
    settlement_apply(&world.escrow, 0, &settlement, delta);
    row_same(settlement.overdrawn, vectors_int(v, i, "overdrawn"));
    row_expect_cell(v, i, "funds_after", shown(account->balance));
    row_expect_cell(v, i, "transferred", shown(account->transferred));
    row_expect_cell(v, i, "account_state_after",
                    settlement.stopped ? vectors_cell(v, i, "account_state")
                                       : escrow_state_name((enum escrow_state)account->state));
    const char *core = "", *after = "", *deposits = "";
    for (int pass = ESCROW_OVERDRAWN; !settlement.stopped && pass >= (delta > 0 ? ESCROW_OPEN : ESCROW_OVERDRAWN); pass--)
        settle_list(&world, vectors_cell(v, i, "payments"), escrow_state_name((enum escrow_state)pass), &core, &after);
    for (uint32_t d = account->first_deposit; d != SLOT_NONE; d = escrow->deposits[d].next)
        vectors_add(&rows_arena, &deposits, "%s", shown(escrow->deposits[d].left));
    row_expect("core_after", core, vectors_cell(v, i, "core_after"));
    row_expect("payments_after", after, vectors_cell(v, i, "payments_after"));
    row_expect("deposits_after", deposits, vectors_cell(v, i, "deposits_after"));
}

/* --- escrow_flow --- */

/* "owner:denom:amount[:grant]", several separated by ','; each is moved and added. */
static inline enum market_error flow_deposit(struct debt_world *world, const char *text)
{
    const char *items[VECTOR_PARTS], *cells[4];
    int n = vectors_split(&rows_arena, text, ',', items, VECTOR_PARTS);
    for (int j = 0; j < n; j++) {
        int n_cells = vectors_split(&rows_arena, items[j], ':', cells, 4);
        row_must(n_cells >= 3);
        enum market_denom denom = market_denom_from_name(cells[1]);
        struct bank_part part = {.payer = chain_wallet(&world->bank, cells[0]), .amount = strtoll(cells[2], NULL, 10),
                                 .granted = n_cells > 3 && strcmp(cells[3], "grant") == 0};
        struct bank_transfer move = {part.payer, BANK_ESCROW, denom, part.amount, MARKET_TRANSFER_DEPOSIT};
        if (world->escrow.accounts[0].state == ESCROW_CLOSED)
            return MARKET_ACCOUNT_CLOSED;
        bank_move(&world->bank, move, (struct market_event){0});
        escrow_part_add(&world->escrow, 0, denom, &part);
    }
    escrow_parts_done(&world->escrow, 0);
    return MARKET_OK;
}

static inline uint32_t flow_payment(const struct debt_world *world, const struct chain_id *id)
{
    const struct escrow *escrow = &world->escrow;
    uint32_t i = world->exists ? escrow->accounts[0].first_payment : SLOT_NONE;
    for (; i != SLOT_NONE; i = escrow->payments[i].next)
        if (escrow->payments[i].gseq == id->gseq && escrow->payments[i].oseq == id->oseq &&
            strcmp(world->bank.wallets[escrow->payments[i].provider].name, id->provider) == 0)
            return i;
    return SLOT_NONE;
}

static inline enum market_error flow_payment_create(struct debt_world *world, const struct chain_id *id,
                                                    const char *arguments, int64_t height)
{
    const char *coin[2];
    row_same(vectors_split(&rows_arena, chain_argument(arguments, "rate"), ':', coin, 2), 2);
    struct escrow_payment_opening opening = {.provider = chain_wallet(&world->bank, id->provider), .gseq = id->gseq,
                                             .oseq = id->oseq, .rate = number(coin[1]),
                                             .denom = market_denom_from_name(coin[0])};
    uint32_t index;
    return escrow_payment_open(&world->escrow, &opening, height, &index);
}

static inline enum market_error flow_account_create(struct debt_world *world, const char *arguments, int64_t height)
{
    const char *deposits = chain_argument(arguments, "deposits"), *cells[4], *items[VECTOR_PARTS];
    row_must(vectors_split(&rows_arena, deposits, ',', items, VECTOR_PARTS) >= 1);
    row_must(vectors_split(&rows_arena, items[0], ':', cells, 4) >= 3);
    if (world->exists)
        return MARKET_PANIC;
    debt_account_create(world, market_denom_from_name(cells[1]), height);
    return flow_deposit(world, deposits);
}

static inline enum market_error flow_grant(struct debt_world *world, const char *op, const char *arguments)
{
    uint32_t alice = chain_wallet(&world->bank, "alice");
    uint32_t granter = chain_wallet(&world->bank, chain_argument(arguments, "granter"));
    enum market_denom denom = MARKET_UACT;
    if (strcmp(op, "revoke") == 0) {
        (void)bank_grant_revoke(&world->bank, granter, alice);
        return MARKET_OK;
    }
    int64_t limit = chain_coin(chain_argument(arguments, "limit"), &denom);
    bank_grant_give(&world->bank, granter, alice, denom, limit);
    return MARKET_OK;
}

static inline enum bme_status flow_bme_status(const char *text)
{
    for (int status = BME_HEALTHY; status <= BME_HALT_ORACLE; status++)
        if (strcmp(text, bme_status_name((enum bme_status)status)) == 0)
            return (enum bme_status)status;
    row_fail("unknown BME status '%s'", text);
}

static inline enum market_error flow_step(struct debt_world *world, const char *op, const char *arguments, int64_t height)
{
    struct escrow *escrow = &world->escrow;
    const char *name = vectors_argument(&rows_arena, arguments, "id");
    struct chain_id id = {0};
    uint32_t payment = SLOT_NONE;
    bool overdrawn = false;
    if (name != NULL) {
        id = chain_id_read(name);
        payment = flow_payment(world, &id);
    }
    if (strcmp(op, "account_create") == 0)
        return flow_account_create(world, arguments, height);
    if (strcmp(op, "account_deposit") == 0)
        return flow_deposit(world, chain_argument(arguments, "deposits"));
    if (strcmp(op, "payment_create") == 0)
        return flow_payment_create(world, &id, arguments, height);
    if (strcmp(op, "payment_withdraw") == 0)
        return escrow_payment_withdraw(escrow, payment, height, &overdrawn);
    if (strcmp(op, "payment_close") == 0)
        return escrow_payment_close(escrow, payment, height, &overdrawn);
    if (strcmp(op, "account_close") == 0)
        return escrow_account_close(escrow, 0, height, &overdrawn);
    if (strcmp(op, "account_settle") == 0) {
        struct settlement settlement = settlement_foresee(escrow, 0, height);
        if (settlement.error == MARKET_OK)
            settlement_apply(escrow, 0, &settlement, height);
        return settlement.error;
    }
    if (strcmp(op, "bme") == 0) {
        const char *price = vectors_argument(&rows_arena, arguments, "price");
        escrow_bme_set(escrow, flow_bme_status(chain_argument(arguments, "status")),
                       price != NULL ? number(price) : decimal_zero());
        return MARKET_OK;
    }
    if (strcmp(op, "grant") == 0 || strcmp(op, "revoke") == 0)
        return flow_grant(world, op, arguments);
    if (strcmp(op, "nop") == 0)
        return MARKET_OK;
    row_fail("unknown op '%s'", op);
}

static inline const char *flow_deposits_text(const struct debt_world *world)
{
    const struct escrow *escrow = &world->escrow;
    const char *text = "";
    for (uint32_t i = escrow->accounts[0].first_deposit; i != SLOT_NONE; i = escrow->deposits[i].next)
        vectors_add(&rows_arena, &text, "%s:%s:%s", world->bank.wallets[escrow->deposits[i].depositor].name,
                    market_denom_name((enum market_denom)escrow->deposits[i].denom), shown(escrow->deposits[i].left));
    return text;
}

static inline void rows_escrow_flow(const struct vectors *v, int i)
{
    static struct debt_world world;
    if (vectors_int(v, i, "step") == 1)
        debt_world_open(&world);
    enum market_error error = flow_step(&world, vectors_cell(v, i, "op"), vectors_cell(v, i, "args"),
                                        vectors_int(v, i, "height"));
    row_expect_cell(v, i, "result", market_error_name(error));
    if (world.exists) {
        const struct escrow_account *account = &world.escrow.accounts[0];
        row_expect_cell(v, i, "account", escrow_state_name((enum escrow_state)account->state));
        row_same(account->settled_at, vectors_int(v, i, "settled_at"));
        row_expect_cell(v, i, "funds", chain_entries_text(&world.escrow, 0, false));
        row_expect_cell(v, i, "transferred", chain_entries_text(&world.escrow, 0, true));
        row_expect_cell(v, i, "deposits", flow_deposits_text(&world));
        row_expect_cell(v, i, "payments", chain_payments_text(&world.escrow, 0));
        chain_money_adds_up(&world.escrow, 1);
    }
    row_expect_cell(v, i, "bank", chain_bank(&world.bank, MARKET_DENOM_NONE));
}

#endif
