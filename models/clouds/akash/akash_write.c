/* What the chain was told, in the language of `nines market replay`: rules and wallets, then every message with its result, then the
 * digest. A line is put together in one buffer, before the message is taken; names are looked up while they exist. */
#include "models/clouds/akash/akash_inside.h"

#include "sim/base/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/nomalloc.h"

enum { LINE_ROOM = 4 << 20 }; /* what a replay takes; the memory is touched as far as it is used */

struct akash_line {
    size_t length;
    char text[LINE_ROOM];
};

/* --- Pieces ---------------------------------------------------------------------------------------------------------- */

static void add(struct akash_line *line, const char *format, ...) NINES_PRINTF(2, 3);

static void add(struct akash_line *line, const char *format, ...)
{
    size_t room = LINE_ROOM - line->length;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line->text + line->length, room, format, arguments);
    va_end(arguments);
    check(length >= 0 && (size_t)length < room, "a message is longer than %d MiB", LINE_ROOM >> 20);
    line->length += (size_t)length;
}

/* A JSON string. Texts are UTF-8: the readers of scenarios and SDL files refuse others. */
static void add_text(struct akash_line *line, const char *text)
{
    add(line, "\"");
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            add(line, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            add(line, "\\u%04x", (unsigned)(unsigned char)*text);
        else
            add(line, "%c", *text);
    }
    add(line, "\"");
}

static void add_decimal(struct akash_line *line, const char *key, decimal value, const char *denom)
{
    char text[DECIMAL_TEXT];
    add(line, ",\"%s\":\"%s%s\"", key, decimal_format(text, value), denom);
}

static void add_amount(struct akash_line *line, const char *key, int64_t amount, enum market_denom denom)
{
    add(line, ",\"%s\":\"%" PRId64 "%s\"", key, amount, market_denom_name(denom));
}

static void add_wallet(struct akash_line *line, const struct akash *cloud, const char *key, uint32_t wallet)
{
    add(line, ",\"%s\":", key);
    add_text(line, cloud->market.bank.wallets[wallet].name);
}

static void add_pairs(struct akash_line *line, struct attributes attributes)
{
    add(line, "{");
    for (int32_t i = 0; i < attributes.count; i++) {
        add(line, i > 0 ? "," : "");
        add_text(line, attributes.items[i].key);
        add(line, ":");
        add_text(line, attributes.items[i].value);
    }
    add(line, "}");
}

static void add_attributes(struct akash_line *line, const char *key, struct attributes attributes)
{
    add(line, ",\"%s\":", key);
    add_pairs(line, attributes);
}

static void add_names(struct akash_line *line, const char *key, const char *const *names, int32_t count)
{
    add(line, ",\"%s\":[", key);
    for (int32_t i = 0; i < count; i++) {
        add(line, i > 0 ? "," : "");
        add_text(line, names[i]);
    }
    add(line, "]");
}

/* --- Things of the market -------------------------------------------------------------------------------------------- */

static void add_unit(struct akash_line *line, const struct market_unit *unit)
{
    add(line, "{\"id\":%u,\"count\":%u,\"cpu_milli\":%" PRId64 ",\"memory_bytes\":%" PRId64, unit->id, unit->count, unit->cpu_milli,
        unit->memory_bytes);
    if (unit->gpu_units > 0) {
        add(line, ",\"gpu\":%d", unit->gpu_units);
        add_attributes(line, "gpu_attributes", unit->gpu_attributes);
    }
    add(line, ",\"storage\":[");
    for (int32_t v = 0; v < unit->n_volumes; v++) {
        add(line, "%s{\"name\":", v > 0 ? "," : "");
        add_text(line, unit->volumes[v].name);
        add(line, ",\"bytes\":%" PRId64, unit->volumes[v].bytes);
        if (unit->volumes[v].attributes.count > 0)
            add_attributes(line, "attributes", unit->volumes[v].attributes);
        add(line, "}");
    }
    add(line, "]");
    add_decimal(line, "price", unit->price, market_denom_name(unit->denom));
    add(line, "}");
}

static void add_group(struct akash_line *line, const struct market_group_spec *spec)
{
    const struct market_requirements *needs = &spec->requirements;
    add(line, "{\"name\":");
    add_text(line, spec->name);
    if (needs->attributes.count > 0)
        add_attributes(line, "attributes", needs->attributes);
    if (needs->n_any_of > 0)
        add_names(line, "any_of", needs->any_of, needs->n_any_of);
    if (needs->n_all_of > 0)
        add_names(line, "all_of", needs->all_of, needs->n_all_of);
    add(line, ",\"units\":[");
    for (int32_t u = 0; u < spec->n_units; u++) {
        add(line, u > 0 ? "," : "");
        add_unit(line, &spec->units[u]);
    }
    add(line, "]}");
}

static void add_deployment(struct akash_line *line, const struct akash *cloud, struct market_deployment_id id)
{
    const struct market_deployment *deployment = market_deployment(&cloud->market, id);
    check(deployment != NULL, "a message about a deployment that is gone");
    add_wallet(line, cloud, "owner", deployment->owner);
    add(line, ",\"dseq\":%" PRIu64, deployment->dseq);
}

static void add_group_name(struct akash_line *line, const struct akash *cloud, struct market_group_id id)
{
    const struct market_group *group = market_group(&cloud->market, id);
    check(group != NULL, "a message about a group that is gone");
    add_deployment(line, cloud, market_deployment_id(&cloud->market, group->deployment));
    add(line, ",\"gseq\":%u", group->gseq);
}

static void add_order(struct akash_line *line, const struct akash *cloud, struct market_order_id id, uint32_t provider)
{
    const struct market_order *order = market_order(&cloud->market, id);
    check(order != NULL, "a message about an order that is gone");
    add_group_name(line, cloud, market_group_id(&cloud->market, order->group));
    add(line, ",\"oseq\":%u", order->oseq);
    add_wallet(line, cloud, "provider", provider);
}

static bool is_of_2026(const struct akash *cloud) { return cloud->market.rules.dialect == MARKET_DIALECT_2026; }

static void add_sources(struct akash_line *line, const struct akash *cloud, enum bank_sources sources)
{
    static const char *const names[] = {[BANK_BALANCE] = "balance", [BANK_GRANTS] = "grants", [BANK_BALANCE_THEN_GRANTS] = "balance,grants",
                                        [BANK_GRANTS_THEN_BALANCE] = "grants,balance"};
    if (is_of_2026(cloud) && sources != BANK_BALANCE)
        add(line, ",\"sources\":\"%s\"", names[sources]);
}

static void add_window(struct akash_line *line, const struct akash *cloud, int64_t window_s)
{
    if (is_of_2026(cloud) && window_s != 0)
        add(line, ",\"window_s\":%" PRId64, window_s);
}

/* --- Messages -------------------------------------------------------------------------------------------------------- */

static void write_create(struct akash_line *line, const struct akash *cloud, const struct market_create_deployment *create)
{
    add_wallet(line, cloud, "owner", create->owner);
    add(line, ",\"dseq\":%" PRIu64 ",\"version\":\"", create->dseq);
    for (int32_t i = 0; i < create->version_bytes; i++)
        add(line, "%02x", create->version[i]);
    add(line, "\"");
    add_amount(line, "deposit", create->deposit, create->denom);
    if (!is_of_2026(cloud) && create->depositor != create->owner)
        add_wallet(line, cloud, "depositor", create->depositor);
    add_sources(line, cloud, create->sources);
    add_window(line, cloud, create->window_s);
    add(line, ",\"groups\":[");
    for (int32_t g = 0; g < create->n_groups; g++) {
        add(line, g > 0 ? "," : "");
        add_group(line, create->groups[g]);
    }
    add(line, "]");
}

static void write_deposit(struct akash_line *line, const struct akash *cloud, const struct market_deposit *deposit)
{
    const struct market_deployment *deployment = market_deployment(&cloud->market, deposit->deployment);
    add_deployment(line, cloud, deposit->deployment);
    add_amount(line, "amount", deposit->amount, deposit->denom);
    if (deposit->depositor != deployment->owner)
        add_wallet(line, cloud, "depositor", deposit->depositor);
    add_sources(line, cloud, deposit->sources);
}

static void write_bid(struct akash_line *line, const struct akash *cloud, const struct market_create_bid *bid)
{
    add_order(line, cloud, bid->order, bid->provider);
    add_decimal(line, "price", bid->price, market_denom_name(bid->price_denom));
    add_amount(line, "deposit", bid->deposit, bid->deposit_denom);
    add_sources(line, cloud, bid->sources);
    add_window(line, cloud, bid->window_s);
}

static void write_leave(struct akash_line *line, const struct akash *cloud, const struct market_leave *leave)
{
    add_order(line, cloud, leave->order, leave->provider);
    if (is_of_2026(cloud))
        add(line, ",\"reason\":%d,\"time\":%" PRId64, leave->reason, leave->time_s);
}

static void write_provider(struct akash_line *line, const struct akash *cloud, uint32_t wallet)
{
    const struct requirements_provider *says = &cloud->plan->claims[wallet - cloud->provider[0].wallet];
    add_wallet(line, cloud, "provider", wallet);
    add_attributes(line, "attributes", says->own);
    if (says->n_audits == 0)
        return;
    add(line, ",\"audits\":{");
    for (int32_t i = 0; i < says->n_audits; i++) {
        add(line, i > 0 ? "," : "");
        add_text(line, says->audits[i].auditor);
        add(line, ":");
        add_pairs(line, says->audits[i].attributes);
    }
    add(line, "}");
}

static void write_burn_mint(struct akash_line *line, enum bme_status status, decimal price)
{
    add(line, ",\"status\":\"%s\"", bme_status_name(status));
    add_decimal(line, "akt_price", price, "");
}

static void write_own(struct akash_line *line, const struct akash *cloud, const struct akash_message *message)
{
    switch (message->kind) {
    case AKASH_ISSUE:
        add_wallet(line, cloud, "wallet", message->issue.wallet);
        add_amount(line, "amount", message->issue.amount, message->issue.denom);
        break;
    case AKASH_REGISTER:
        write_provider(line, cloud, message->provider);
        break;
    case AKASH_BURN_MINT:
        write_burn_mint(line, message->burn_mint.status, message->burn_mint.akt_price);
        break;
    case AKASH_CREATE_DEPLOYMENT:
        write_create(line, cloud, &message->create);
        break;
    case AKASH_DEPOSIT:
        write_deposit(line, cloud, &message->deposit);
        break;
    case AKASH_CLOSE_DEPLOYMENT:
    case AKASH_FORGET:
        add_deployment(line, cloud, message->deployment);
        break;
    case AKASH_CLOSE_GROUP:
    case AKASH_PAUSE_GROUP:
    case AKASH_START_GROUP:
        add_group_name(line, cloud, message->group);
        break;
    case AKASH_CREATE_BID:
        write_bid(line, cloud, &message->bid);
        break;
    case AKASH_CLOSE_BID:
    case AKASH_START_RECLAIM:
        write_leave(line, cloud, &message->leave);
        break;
    case AKASH_CREATE_LEASE:
    case AKASH_CLOSE_LEASE:
    case AKASH_WITHDRAW_LEASE:
        add_order(line, cloud, message->lease.order, message->lease.provider);
        break;
    }
}

void akash_write_message(struct akash *cloud, const struct akash_message *message, int64_t height)
{
    static const char *const names[] = {
        [AKASH_ISSUE] = "fund",
        [AKASH_REGISTER] = "provider",
        [AKASH_BURN_MINT] = "bme",
        [AKASH_CREATE_DEPLOYMENT] = "create_deployment",
        [AKASH_DEPOSIT] = "deposit_deployment",
        [AKASH_CLOSE_DEPLOYMENT] = "close_deployment",
        [AKASH_CLOSE_GROUP] = "close_group",
        [AKASH_PAUSE_GROUP] = "pause_group",
        [AKASH_START_GROUP] = "start_group",
        [AKASH_CREATE_BID] = "create_bid",
        [AKASH_CLOSE_BID] = "close_bid",
        [AKASH_START_RECLAIM] = "start_reclaim",
        [AKASH_CREATE_LEASE] = "create_lease",
        [AKASH_CLOSE_LEASE] = "close_lease",
        [AKASH_WITHDRAW_LEASE] = "withdraw_lease",
        [AKASH_FORGET] = "forget_deployment",
    };
    struct akash_line *line = cloud->line;
    if (line == NULL)
        return;
    line->length = 0;
    add(line, "{\"message\":\"%s\",\"height\":%" PRId64, names[message->kind], height);
    write_own(line, cloud, message);
}

static void record_line(struct akash *cloud, int64_t height)
{
    record_message(cloud->world->record, &(struct sim_message){height, cloud->line->text});
}

void akash_write_result(struct akash *cloud, int64_t height, enum market_error result)
{
    if (cloud->line == NULL)
        return;
    add(cloud->line, ",\"result\":\"%s\"}", market_error_name(result));
    record_line(cloud, height);
}

/* --- Begin and end --------------------------------------------------------------------------------------------------- */

/* The profile that speaks this dialect, and what the scenario has changed of it. */
static void write_rules(struct akash *cloud)
{
    struct market_rules *rules = &cloud->market.rules, standard;
    struct akash_line *line = cloud->line;
    const char *name = is_of_2026(cloud) ? "2026-08" : "2024-07", *before = "";
    check(market_rules_named(name, &standard), "no rules '%s'", name);
    line->length = 0;
    add(line, "{\"message\":\"rules\",\"rules\":\"%s\",\"forget_bids\":%s", name, cloud->market.limits.forget_bids ? "true" : "false");
    if (rules->order_max_bids != standard.order_max_bids)
        add(line, ",\"order_max_bids\":%d", rules->order_max_bids);
    add(line, ",\"quirks\":{");
    for (const struct market_quirk *quirk = market_quirks; quirk->name != NULL; quirk++) {
        bool on = *market_quirk_switch(quirk, rules);
        if (!market_quirk_known(quirk, rules) || on == *market_quirk_switch(quirk, &standard))
            continue;
        add(line, "%s\"%s\":%s", before, quirk->name, on ? "true" : "false");
        before = ",";
    }
    add(line, "}}");
    record_line(cloud, akash_height(cloud));
}

void akash_write_begin(struct akash *cloud)
{
    if (!record_wants_messages(cloud->world->record))
        return;
    cloud->line = arena_alloc(cloud->world->arena, 1, sizeof *cloud->line);
    write_rules(cloud);
}

void akash_write_wallet(struct akash *cloud, uint32_t wallet)
{
    struct akash_line *line = cloud->line;
    if (line == NULL)
        return;
    line->length = 0;
    add(line, "{\"message\":\"wallet\"");
    add_wallet(line, cloud, "wallet", wallet);
    add(line, "}");
    record_line(cloud, akash_height(cloud));
}

void akash_write_end(struct akash *cloud)
{
    if (cloud->line == NULL)
        return;
    cloud->line->length = 0;
    add(cloud->line, "{\"message\":\"digest\",\"digest\":\"%016" PRIx64 "\"}", market_digest(&cloud->market));
    record_line(cloud, akash_height(cloud));
}
