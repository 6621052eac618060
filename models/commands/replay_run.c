#include "models/commands/replay.h"

#include <string.h>

void replay_open(struct replay *replay, struct arena *arena, const struct replay_plan *plan)
{
    *replay = (struct replay){.plan = plan};
    replay->events = (struct market_events){arena_alloc(arena, plan->events, sizeof(struct market_event)), 0, plan->events};
    replay->wallets = arena_array(arena, plan->n_names, uint32_t);
    replay->says = arena_array(arena, plan->n_names, struct requirements_provider);
    market_open(&replay->market, arena, &plan->rules, &plan->limits, &replay->events);
    for (uint32_t i = 0; i < plan->n_names; i++)
        replay->wallets[i] = bank_wallet_add(&replay->market.bank, plan->names[i]);
}

/* What a message names, looked up: {0, 0} where there is no such thing. */
struct found {
    struct market_deployment_id deployment;
    struct market_group_id group;
    struct market_order_id order;
    uint32_t owner, provider, other; /* wallets */
};

static uint32_t wallet_of(const struct replay *replay, uint32_t name)
{
    return name != SLOT_NONE ? replay->wallets[name] : SLOT_NONE;
}

static struct found find(const struct replay *replay, const struct replay_message *message)
{
    const struct market *market = &replay->market;
    struct found found = {.owner = wallet_of(replay, message->owner), .provider = wallet_of(replay, message->provider),
                          .other = wallet_of(replay, message->other)};
    if (found.owner != SLOT_NONE && message->dseq > 0)
        found.deployment = market_find_deployment(market, found.owner, message->dseq);
    if (market_deployment(market, found.deployment) != NULL && message->gseq > 0)
        found.group = market_find_group(market, found.deployment, message->gseq);
    if (market_group(market, found.group) != NULL && message->oseq > 0)
        found.order = market_find_order(market, found.group, message->oseq);
    return found;
}

static enum market_error create_deployment(struct replay *replay, const struct replay_message *message, const struct found *found)
{
    struct market_create_deployment create = {
        .owner = found->owner,
        .depositor = found->other != SLOT_NONE ? found->other : found->owner,
        .dseq = message->dseq,
        .version = message->version,
        .version_bytes = message->version_bytes,
        .groups = message->groups,
        .n_groups = message->n_groups,
        .denom = message->coin.denom,
        .deposit = message->coin.amount,
        .sources = message->sources,
        .window_s = message->window_s,
    };
    return market_create_deployment(&replay->market, &create, message->height, NULL);
}

static enum market_error deposit(struct replay *replay, const struct replay_message *message, const struct found *found)
{
    struct market_deposit deposit = {found->deployment, found->other != SLOT_NONE ? found->other : found->owner, message->coin.denom,
                                     message->coin.amount, message->sources};
    return market_deposit_deployment(&replay->market, &deposit, message->height);
}

/* The provider fits when what it said last does (sections 3.2 to 3.4, 3.6). */
static enum market_error create_bid(struct replay *replay, const struct replay_message *message, const struct found *found)
{
    const struct market_group *group = market_group(&replay->market, found->group);
    const struct requirements_provider *says = &replay->says[message->provider];
    struct market_create_bid bid = {
        .order = found->order,
        .provider = found->provider,
        .price_denom = message->price.denom,
        .price = message->price.price,
        .deposit_denom = message->coin.denom,
        .deposit = message->coin.amount,
        .placement_matches = true,
        .capabilities_match = true,
        .sources = message->sources,
        .window_s = message->window_s,
    };
    if (group == NULL)
        return market_create_bid(&replay->market, &bid, message->height);
    enum offer_match offer = requirements_offer_match(group->spec, message->offer, message->n_offer);
    bid.offer_mismatch = offer != OFFER_MATCH;
    bid.placement_matches = requirements_match(&group->spec->requirements, says);
    bid.capabilities_match = requirements_resources_match(group->spec, says->own);
    enum market_error error = market_create_bid(&replay->market, &bid, message->height);
    /* The offer is looked at when all before it is fine: a unit named twice then fails the transaction in its own way. */
    return error == MARKET_CAPABILITIES_MISMATCH && offer == OFFER_PANIC ? MARKET_PANIC : error;
}

static enum market_error leave(struct replay *replay, const struct replay_message *message, const struct found *found)
{
    struct market_leave leave = {found->order, found->provider, message->reason, message->time_s};
    return message->kind == REPLAY_CLOSE_BID ? market_leave_lease(&replay->market, &leave, message->height)
                                             : market_start_reclaim(&replay->market, &leave, message->height);
}

static enum market_error chain(struct replay *replay, const struct replay_message *message)
{
    struct market *market = &replay->market;
    struct found found = find(replay, message);
    int64_t height = message->height;
    switch (message->kind) {
    case REPLAY_CREATE_DEPLOYMENT:
        return create_deployment(replay, message, &found);
    case REPLAY_DEPOSIT_DEPLOYMENT:
        return deposit(replay, message, &found);
    case REPLAY_UPDATE_DEPLOYMENT:
        return market_update_deployment(market, found.deployment, message->version, message->version_bytes, height);
    case REPLAY_CLOSE_DEPLOYMENT:
        return market_close_deployment(market, found.deployment, height);
    case REPLAY_CLOSE_GROUP:
        return market_close_group(market, found.group, height);
    case REPLAY_PAUSE_GROUP:
        return market_pause_group(market, found.group, height);
    case REPLAY_START_GROUP:
        return market_start_group(market, found.group, height);
    case REPLAY_CREATE_BID:
        return create_bid(replay, message, &found);
    case REPLAY_CLOSE_BID:
    case REPLAY_START_RECLAIM:
        return leave(replay, message, &found);
    case REPLAY_CREATE_LEASE:
        return market_create_lease(market, found.order, found.provider, height, NULL);
    case REPLAY_CLOSE_LEASE:
        return market_close_lease(market, found.order, found.provider, height);
    case REPLAY_WITHDRAW_LEASE:
        return market_withdraw_lease(market, found.order, found.provider, height);
    case REPLAY_FORGET: /* what the chain keeps is not found here from now on; so neither is what cannot go */
        return market_deployment(market, found.deployment) != NULL && market_forget_deployment(market, found.deployment) ? MARKET_OK
                                                                                                                      : MARKET_DEPLOYMENT_NOT_FOUND;
    case REPLAY_RULES:
    case REPLAY_WALLET:
    case REPLAY_FUND:
    case REPLAY_PROVIDER:
    case REPLAY_GRANT:
    case REPLAY_REVOKE:
    case REPLAY_BME:
    case REPLAY_DIGEST:
    case REPLAY_KINDS:
        break;
    }
    check(false, "'%s' is no message of the chain", replay_kind_name(message->kind));
    return MARKET_PANIC;
}

static const char *run(struct replay *replay, const struct replay_message *message)
{
    struct bank *bank = &replay->market.bank;
    uint32_t owner = wallet_of(replay, message->owner), other = wallet_of(replay, message->other);
    replay->events.n = 0;
    switch (message->kind) {
    case REPLAY_WALLET: /* it was opened with all others */
        return "ok";
    case REPLAY_DIGEST:
        return market_digest(&replay->market) == message->digest ? "ok" : "differs";
    case REPLAY_FUND:
        bank_issue(bank, owner, message->coin.denom, message->coin.amount);
        return "ok";
    case REPLAY_PROVIDER:
        market_provider_register(&replay->market, wallet_of(replay, message->provider));
        replay->says[message->provider] = message->says;
        return "ok";
    case REPLAY_GRANT:
        bank_grant_give(bank, other, owner, message->coin.denom, message->coin.amount);
        bank_grant_narrow(bank, other, owner, message->scope);
        return "ok";
    case REPLAY_REVOKE:
        return bank_grant_revoke(bank, other, owner) ? "ok" : "none";
    case REPLAY_BME:
        market_bme_set(&replay->market, message->status, message->coin.price);
        return "ok";
    default:
        return market_error_name(chain(replay, message));
    }
}

const char *replay_run(struct replay *replay, const struct replay_message *message)
{
    const char *result = run(replay, message), *expected = message->expected;
    if (expected == NULL && message->kind == REPLAY_DIGEST)
        expected = "ok";
    replay->expected += expected != NULL;
    if (expected != NULL && strcmp(result, expected) != 0 && replay->differing++ == 0)
        replay->first_differing = message->line;
    return result;
}

/* --- Names --- */

static const char *wallet_name(const struct replay *replay, uint32_t name)
{
    return name != SLOT_NONE ? replay->plan->names[name] : "";
}

const char *replay_about(struct arena *arena, const struct replay *replay, const struct replay_message *message)
{
    const char *owner = wallet_name(replay, message->owner), *provider = wallet_name(replay, message->provider);
    unsigned long long dseq = message->dseq;
    switch (message->kind) {
    case REPLAY_WALLET:
    case REPLAY_FUND:
        return owner;
    case REPLAY_PROVIDER:
        return provider;
    case REPLAY_GRANT:
    case REPLAY_REVOKE:
        return arena_format(arena, "%s for %s", wallet_name(replay, message->other), owner);
    case REPLAY_RULES:
    case REPLAY_BME:
    case REPLAY_DIGEST:
    case REPLAY_KINDS:
        return "";
    case REPLAY_CREATE_DEPLOYMENT:
    case REPLAY_DEPOSIT_DEPLOYMENT:
    case REPLAY_UPDATE_DEPLOYMENT:
    case REPLAY_CLOSE_DEPLOYMENT:
    case REPLAY_FORGET:
        return arena_format(arena, "%s/%llu", owner, dseq);
    case REPLAY_CLOSE_GROUP:
    case REPLAY_PAUSE_GROUP:
    case REPLAY_START_GROUP:
        return arena_format(arena, "%s/%llu/%u", owner, dseq, message->gseq);
    case REPLAY_CREATE_BID:
    case REPLAY_CLOSE_BID:
    case REPLAY_CREATE_LEASE:
    case REPLAY_CLOSE_LEASE:
    case REPLAY_WITHDRAW_LEASE:
    case REPLAY_START_RECLAIM:
        break;
    }
    return arena_format(arena, "%s/%llu/%u/%u/%s", owner, dseq, message->gseq, message->oseq, provider);
}

const char *replay_thing(struct arena *arena, const struct replay *replay, const struct market_event *event)
{
    const struct market *market = &replay->market;
    const struct market_deployment *deployment = market_deployment(market, event->deployment);
    const struct market_group *group = market_group(market, event->group);
    const struct market_order *order = market_order(market, event->order);
    const struct market_lease *lease = market_lease(market, event->lease);
    const char *text = "";
    if (deployment == NULL)
        return text;
    if (lease != NULL && order == NULL) { /* a payment names its lease only */
        order = &market->orders[lease->order];
        group = &market->groups[order->group];
    }
    text = arena_format(arena, "%s/%llu", market->bank.wallets[deployment->owner].name, (unsigned long long)deployment->dseq);
    if (group != NULL)
        text = arena_format(arena, "%s/%u", text, group->gseq);
    if (order != NULL)
        text = arena_format(arena, "%s/%u", text, order->oseq);
    bool of_provider = event->kind == MARKET_EVENT_BID || event->kind == MARKET_EVENT_LEASE;
    if (of_provider || (lease != NULL && event->kind == MARKET_EVENT_TRANSFER))
        text = arena_format(arena, "%s/%s", text, market->bank.wallets[of_provider ? event->provider : lease->provider].name);
    return text;
}

const char *replay_state(const struct market_event *event)
{
    switch ((enum market_event_kind)event->kind) {
    case MARKET_EVENT_DEPLOYMENT:
        return market_deployment_state_name((enum market_deployment_state)event->state);
    case MARKET_EVENT_GROUP:
        return market_group_state_name((enum market_group_state)event->state);
    case MARKET_EVENT_ORDER:
        return market_order_state_name((enum market_order_state)event->state);
    case MARKET_EVENT_BID:
        return market_bid_state_name((enum market_bid_state)event->state);
    case MARKET_EVENT_LEASE:
        return market_lease_state_name((enum market_lease_state)event->state);
    case MARKET_EVENT_TRANSFER:
        break;
    }
    return "";
}
