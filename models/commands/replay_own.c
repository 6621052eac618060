/* The fields that only one kind of message has. */
#include "models/commands/replay_planner.h"

#include <stddef.h>
#include <string.h>

uint32_t replay_wallet(struct planner *planner, const char *key, bool needed)
{
    struct replay_line *line = &planner->line;
    const char *name = field_text(line, line->object, key, key);
    if (name == NULL) {
        if (needed && json_object_get(line->object, key) == NULL)
            field_wrong(line, "", NULL, "'%s' is missing", key);
        return SLOT_NONE;
    }
    size_t length = strlen(name);
    bool fine = length > 0 && length <= 256 && !bank_is_own_name(name);
    for (size_t i = 0; i < length; i++)
        fine = fine && (unsigned char)name[i] >= 0x20 && name[i] != 0x7f;
    if (fine)
        return replay_name(planner, name);
    field_wrong(line, key, "1 to 256 bytes without control characters, and not (outside), (escrow) or (pool)", "'%.80s' is not a name of a wallet", name);
    return SLOT_NONE;
}

static bool amount(struct planner *planner, const char *key, bool needed, struct replay_coin *coin)
{
    struct replay_line *line = &planner->line;
    if (needed && json_object_get(line->object, key) == NULL)
        field_wrong(line, "", "such as 500000uakt", "'%s' is missing", key);
    return field_amount(line, line->object, key, key, coin);
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The manifest's fingerprint: hexadecimal digits; absent: 32 zero bytes. */
static void version(struct planner *planner, struct replay_message *message)
{
    static const uint8_t nothing[MARKET_VERSION_BYTES];
    struct replay_line *line = &planner->line;
    const char *text = field_text(line, line->object, "version", "version");
    size_t length = text != NULL ? strlen(text) : 0;
    uint8_t *bytes = arena_array(line->arena, length / 2, uint8_t);
    bool fine = length % 2 == 0 && length <= 1024;
    for (size_t i = 0; fine && i < length; i += 2) {
        fine = hex(text[i]) >= 0 && hex(text[i + 1]) >= 0;
        bytes[i / 2] = fine ? (uint8_t)(hex(text[i]) * 16 + hex(text[i + 1])) : 0;
    }
    if (!fine)
        field_wrong(line, "version", "64 hexadecimal digits", "'version' is not hexadecimal");
    message->version = text != NULL ? bytes : nothing;
    message->version_bytes = text != NULL ? (int32_t)(length / 2) : MARKET_VERSION_BYTES;
}

/* Switches quirks; those that a profile does not have mean nothing in it, and are refused. */
static void switch_quirks(struct planner *planner)
{
    struct replay_line *line = &planner->line;
    struct market_rules *rules = &planner->plan->rules;
    json_t *list = field_object(line, line->object, "quirks", "quirks"), *value;
    const char *key;
    json_object_foreach(list, key, value)
    {
        const struct market_quirk *quirk = market_quirks;
        while (quirk->name != NULL && strcmp(key, quirk->name) != 0)
            quirk++;
        if (quirk->name == NULL || !market_quirk_known(quirk, rules))
            field_wrong(line, "quirks", "R1 to R5 and Q2 to Q4 in 2024-07, Q1 to Q9 and Q15 in 2026-08", "the rules of %s have no quirk '%.40s'",
                        planner->plan->rules_name, key);
        else if (!json_is_boolean(value))
            field_wrong(line, "quirks", "true: as on the real chain, false: off", "quirk '%s' must be true or false", key);
        else
            *market_quirk_switch(quirk, rules) = json_is_true(value);
    }
}

void replay_rules(struct planner *planner)
{
    static const char *const names[] = {"2024-07", "2026-08", NULL};
    struct replay_line *line = &planner->line;
    if (planner->begun)
        field_wrong_key(line, "message", NULL, "'rules' must be the first message");
    int choice = field_choice(line, line->object, "rules", "rules", names);
    if (choice >= 0) {
        planner->plan->rules_name = names[choice];
        check(market_rules_named(names[choice], &planner->plan->rules), "no rules '%s'", names[choice]);
    }
    planner->specs.rules_name = planner->plan->rules_name;
    planner->old = planner->plan->rules.dialect == MARKET_DIALECT_2024;
    planner->plan->rules.order_max_bids = (int32_t)field_integer(line, line->object, "order_max_bids", "order_max_bids", 1, 500, planner->plan->rules.order_max_bids);
    planner->plan->limits.forget_bids = field_truth(line, line->object, "forget_bids", "forget_bids", false);
    switch_quirks(planner);
}

static void plan_fund(struct planner *planner, struct replay_message *message)
{
    message->owner = replay_wallet(planner, "wallet", true);
    if (!amount(planner, "amount", true, &message->coin))
        return;
    int64_t *issued = &planner->issued[message->coin.denom];
    if (message->coin.amount < 0)
        field_wrong(&planner->line, "amount", NULL, "'amount' must not be negative");
    else if (*issued > INT64_MAX / 4 - message->coin.amount)
        field_wrong(&planner->line, "amount", NULL, "there is more money in this world than can be counted");
    else
        *issued += message->coin.amount;
}

static void plan_digest(struct planner *planner, struct replay_message *message)
{
    struct replay_line *line = &planner->line;
    const char *text = field_text(line, line->object, "digest", "digest");
    size_t length = text != NULL ? strlen(text) : 0;
    for (size_t i = 0; i < length && length == 16; i++) {
        if (hex(text[i]) < 0)
            length = 0;
        else
            message->digest = message->digest << 4 | (uint64_t)hex(text[i]);
    }
    if (length != 16)
        field_wrong(line, text != NULL ? "digest" : "", NULL, "'digest' must be 16 hexadecimal digits");
}

static void plan_provider(struct planner *planner, struct replay_message *message)
{
    struct replay_line *line = &planner->line;
    json_t *audits = field_object(line, line->object, "audits", "audits"), *value;
    struct requirements_audit *list = arena_array(line->arena, audits != NULL ? json_object_size(audits) : 0, struct requirements_audit);
    const char *auditor;
    message->provider = replay_wallet(planner, "provider", true);
    message->says.own = field_attributes(line, line->object, "attributes", "attributes");
    message->says.audits = list;
    if (audits == NULL)
        return;
    json_object_foreach(audits, auditor, value)
    {
        (void)value;
        list[message->says.n_audits++] = (struct requirements_audit){arena_text(line->arena, auditor), field_attributes(line, audits, auditor, "audits")};
    }
}

static void plan_grant(struct planner *planner, struct replay_message *message)
{
    static const char *const scopes[] = {"deployments", "bids", "anything", NULL};
    struct replay_line *line = &planner->line;
    message->other = replay_wallet(planner, "granter", true);
    message->owner = replay_wallet(planner, "grantee", true);
    if (message->kind == REPLAY_REVOKE)
        return;
    if (amount(planner, "limit", true, &message->coin) && message->coin.amount < 0)
        field_wrong(line, "limit", NULL, "'limit' must not be negative");
    int scope = field_choice(line, line->object, "scope", "scope", scopes);
    message->scope = scope < 0 ? BANK_FOR_ANYTHING : (enum bank_scope)(scope + 1);
}

static void plan_bme(struct planner *planner, struct replay_message *message)
{
    static const char *const names[] = {"healthy", "warning", "halt_cr", "halt_oracle", NULL};
    struct replay_line *line = &planner->line;
    const char *price = field_text(line, line->object, "akt_price", "akt_price");
    decimal value = decimal_zero();
    int status = field_choice(line, line->object, "status", "status", names);
    if (status < 0 && json_object_get(line->object, "status") == NULL)
        field_wrong(line, "", NULL, "'status' is missing");
    message->status = status < 0 ? BME_HEALTHY : (enum bme_status)status;
    bool fine = price == NULL || (decimal_parse(price, &value) && !decimal_is_negative(value) && decimal_compare(value, decimal_from_int(1000000)) <= 0);
    if (!fine || (value.atto > 0 && value.atto < DECIMAL_ONE_ATTO / 1000))
        field_wrong(line, "akt_price", "ACT for one AKT, as text: 0 for none, or 0.001 to 1000000", "'akt_price' is no price");
    message->coin.price = value;
}

static void plan_deployment(struct planner *planner, struct replay_message *message)
{
    replay_groups(&planner->line, &planner->specs, message);
    amount(planner, "deposit", true, &message->coin);
    version(planner, message);
}

static void plan_bid(struct planner *planner, struct replay_message *message)
{
    struct replay_line *line = &planner->line;
    static const char *const known[] = {"unit", "count", NULL};
    message->coin = (struct replay_coin){.amount = planner->plan->rules.bid_minimum[MARKET_UAKT], .denom = MARKET_UAKT};
    amount(planner, "deposit", false, &message->coin);
    if (json_object_get(line->object, "price") == NULL)
        field_wrong(line, "", "such as 1.5uakt", "'price' is missing");
    field_price(line, line->object, "price", "price", &message->price);
    const json_t *list = field_array(line, line->object, "offer", "offer");
    size_t n = list != NULL ? json_array_size(list) : 0;
    if (n > REPLAY_UNITS) {
        field_wrong(line, "offer", NULL, "more than %d units", REPLAY_UNITS);
        return;
    }
    struct requirements_offer *offer = arena_array(line->arena, n, struct requirements_offer);
    for (size_t i = 0; i < n; i++) {
        const json_t *entry = json_array_get(list, i);
        if (!json_is_object(entry)) {
            field_wrong(line, "offer", "[{\"unit\": 1, \"count\": 2}]", "'offer' must be a list of objects");
            continue;
        }
        field_known(line, entry, "offer", known);
        offer[i].unit_id = (uint32_t)field_integer(line, entry, "unit", "offer.unit", 0, UINT32_MAX, 0);
        offer[i].count = (uint32_t)field_integer(line, entry, "count", "offer.count", 0, UINT32_MAX, 0);
    }
    message->offer = offer;
    message->n_offer = (int32_t)n;
}

void replay_own_fields(struct planner *planner, struct replay_message *message)
{
    switch (message->kind) {
    case REPLAY_WALLET:
        message->owner = replay_wallet(planner, "wallet", true);
        break;
    case REPLAY_DIGEST:
        plan_digest(planner, message);
        break;
    case REPLAY_FUND:
        plan_fund(planner, message);
        break;
    case REPLAY_PROVIDER:
        plan_provider(planner, message);
        break;
    case REPLAY_GRANT:
    case REPLAY_REVOKE:
        plan_grant(planner, message);
        break;
    case REPLAY_BME:
        plan_bme(planner, message);
        break;
    case REPLAY_CREATE_DEPLOYMENT:
        plan_deployment(planner, message);
        break;
    case REPLAY_DEPOSIT_DEPLOYMENT:
        amount(planner, "amount", true, &message->coin);
        break;
    case REPLAY_UPDATE_DEPLOYMENT:
        version(planner, message);
        if (json_object_get(planner->line.object, "version") == NULL)
            field_wrong(&planner->line, "", "64 hexadecimal digits", "'version' is missing");
        break;
    case REPLAY_CREATE_BID:
        plan_bid(planner, message);
        break;
    case REPLAY_RULES:
    case REPLAY_CLOSE_DEPLOYMENT:
    case REPLAY_CLOSE_GROUP:
    case REPLAY_PAUSE_GROUP:
    case REPLAY_START_GROUP:
    case REPLAY_CLOSE_BID:
    case REPLAY_CREATE_LEASE:
    case REPLAY_CLOSE_LEASE:
    case REPLAY_WITHDRAW_LEASE:
    case REPLAY_START_RECLAIM:
    case REPLAY_FORGET:
    case REPLAY_KINDS:
        break;
    }
}
