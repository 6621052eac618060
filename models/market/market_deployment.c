/* Messages about deployments and groups (section 2 of the description). */
#include "models/market/market.h"
#include "models/market/market_inside.h"
#include "sim/hash.h"

#include <string.h>

#include "sim/nomalloc.h"

/* --- CreateDeployment --- */

static enum market_error version_check(const uint8_t *version, int32_t bytes)
{
    if (version == NULL || bytes == 0)
        return MARKET_EMPTY_VERSION;
    return bytes == MARKET_VERSION_BYTES ? MARKET_OK : MARKET_INVALID_VERSION;
}

static enum market_error create_check_basic(const struct market *market, const struct market_create_deployment *message)
{
    if (!market_wallet_valid(market, message->owner))
        return MARKET_INVALID_ADDRESS;
    if (message->dseq == 0)
        return MARKET_INVALID_SEQUENCE;
    if (message->denom == MARKET_DENOM_NONE || message->deposit < 0)
        return MARKET_INVALID_DEPOSIT;
    if (message->n_groups <= 0)
        return MARKET_INVALID_GROUPS;
    enum market_error error = version_check(message->version, message->version_bytes);
    if (error != MARKET_OK)
        return error;
    for (int32_t i = 0; i < message->n_groups; i++) {
        if (group_spec_validate(message->groups[i], market->rules.unlimited_counts) != GROUP_OK)
            return MARKET_INVALID_GROUPS;
        if (group_spec_denom(message->groups[i]) != message->denom)
            return MARKET_INVALID_DEPOSIT;
    }
    return market_wallet_valid(market, message->depositor) ? MARKET_OK : MARKET_INVALID_ADDRESS;
}

static enum market_error group_list_check(const struct market *market, const struct market_create_deployment *message)
{
    if (!market->rules.unlimited_counts && message->n_groups > GROUP_DECLARED_GROUPS_MAX)
        return MARKET_INVALID_GROUPS;
    for (int32_t i = 0; i < message->n_groups; i++)
        for (int32_t j = 0; j < i; j++)
            if (strcmp(message->groups[i]->name, message->groups[j]->name) == 0)
                return MARKET_INVALID_GROUPS;
    return MARKET_OK;
}

static enum market_error create_check(const struct market *market, const struct market_create_deployment *message)
{
    enum market_error error = create_check_basic(market, message);
    if (error != MARKET_OK)
        return error;
    if (market_find_deployment(market, message->owner, message->dseq).generation != 0)
        return MARKET_DEPLOYMENT_EXISTS;
    int64_t minimum = market->rules.deployment_minimum[message->denom];
    if (minimum < 0 || message->deposit < minimum)
        return MARKET_INVALID_DEPOSIT;
    error = group_list_check(market, message);
    if (error != MARKET_OK)
        return error;
    error = bank_deposit_allowed(&market->bank, message->owner, message->depositor, message->denom, message->deposit);
    if (error != MARKET_OK)
        return error;
    return bank_can_pay(&market->bank, message->depositor, message->denom, message->deposit) ? MARKET_OK
                                                                                             : MARKET_INSUFFICIENT_FUNDS;
}

static void groups_create(struct market *market, uint32_t deployment, const struct market_create_deployment *message,
                          int64_t height)
{
    uint32_t *link = &market->deployments[deployment].first_group;
    for (int32_t i = 0; i < message->n_groups; i++) {
        uint32_t index = slots_take(&market->group_slots);
        market->groups[index] = (struct market_group){.spec = message->groups[i],
                                                      .price = group_spec_price(message->groups[i]),
                                                      .created = height,
                                                      .deployment = deployment,
                                                      .next = SLOT_NONE,
                                                      .last_order = SLOT_NONE,
                                                      .gseq = (uint32_t)i + 1,
                                                      .denom = (uint8_t)message->denom};
        *link = index;
        link = &market->groups[index].next;
        market_group_enter(market, index, MARKET_GROUP_IS_OPEN);
        market_order_open(market, index, height);
    }
}

enum market_error market_create_deployment(struct market *market, const struct market_create_deployment *message,
                                           int64_t height, struct market_deployment_id *id)
{
    market_begin(market, height);
    enum market_error error = create_check(market, message);
    if (error != MARKET_OK)
        return error;
    uint32_t index = slots_take(&market->deployment_slots);
    struct market_deployment *deployment = &market->deployments[index];
    uint32_t *bucket = &market->buckets[hash_word(hash_word(0, message->owner), message->dseq) & market->bucket_mask];
    *deployment = (struct market_deployment){.dseq = message->dseq,
                                             .created = height,
                                             .owner = message->owner,
                                             .first_group = SLOT_NONE,
                                             .next_in_bucket = *bucket};
    memcpy(deployment->version, message->version, MARKET_VERSION_BYTES);
    *bucket = index;
    bank_deposit_charge(&market->bank, message->owner, message->depositor, message->deposit);
    market_deployment_enter(market, index, MARKET_DEPLOYMENT_IS_ACTIVE);
    groups_create(market, index, message, height);
    struct escrow_opening opening = {.owner = message->owner,
                                     .depositor = message->depositor,
                                     .denom = message->denom,
                                     .amount = message->deposit,
                                     .deployment = market_deployment_id(market, index)};
    error = escrow_account_open(&market->escrow, &opening, height, &deployment->account);
    check(error == MARKET_OK, "account refused after all checks: %s", market_error_name(error));
    if (id != NULL)
        *id = opening.deployment;
    return market_done(market, height);
}

/* --- Deployments --- */

enum market_error market_deposit_deployment(struct market *market, const struct market_deposit *message, int64_t height)
{
    market_begin(market, height);
    if (message->amount <= 0 || message->denom == MARKET_DENOM_NONE)
        return MARKET_INVALID_DEPOSIT;
    const struct market_deployment *deployment = market_deployment(market, message->deployment);
    if (deployment == NULL)
        return MARKET_DEPLOYMENT_NOT_FOUND;
    if (deployment->state != MARKET_DEPLOYMENT_IS_ACTIVE)
        return MARKET_DEPLOYMENT_CLOSED;
    if (!market_wallet_valid(market, message->depositor))
        return MARKET_INVALID_ADDRESS;
    const struct escrow_account *account = &market->escrow.accounts[deployment->account];
    bool foreign = message->depositor != deployment->owner;
    if (foreign && account->depositor != deployment->owner && account->depositor != message->depositor)
        return MARKET_INVALID_DEPLOYMENT_DEPOSITOR;
    enum market_error error = bank_deposit_allowed(&market->bank, deployment->owner, message->depositor, message->denom,
                                                   message->amount);
    if (error != MARKET_OK)
        return error;
    error = escrow_account_deposit(&market->escrow, deployment->account, message->depositor, message->denom,
                                   message->amount);
    if (error != MARKET_OK)
        return error;
    bank_deposit_charge(&market->bank, deployment->owner, message->depositor, message->amount);
    return market_done(market, height);
}

enum market_error market_update_deployment(struct market *market, struct market_deployment_id id, const uint8_t *version,
                                           int32_t version_bytes, int64_t height)
{
    market_begin(market, height);
    enum market_error error = version_check(version, version_bytes);
    if (error != MARKET_OK)
        return error;
    if (market_deployment(market, id) == NULL)
        return MARKET_DEPLOYMENT_NOT_FOUND;
    struct market_deployment *deployment = &market->deployments[id.index];
    if (deployment->state != MARKET_DEPLOYMENT_IS_ACTIVE)
        return MARKET_DEPLOYMENT_CLOSED;
    if (memcmp(deployment->version, version, MARKET_VERSION_BYTES) == 0)
        return MARKET_INVALID_VERSION;
    memcpy(deployment->version, version, MARKET_VERSION_BYTES);
    return market_done(market, height);
}

enum market_error market_close_deployment(struct market *market, struct market_deployment_id id, int64_t height)
{
    market_begin(market, height);
    const struct market_deployment *deployment = market_deployment(market, id);
    if (deployment == NULL)
        return MARKET_DEPLOYMENT_NOT_FOUND;
    if (deployment->state != MARKET_DEPLOYMENT_IS_ACTIVE)
        return MARKET_DEPLOYMENT_CLOSED;
    bool overdrawn = false;
    enum market_error error = escrow_account_close(&market->escrow, deployment->account, height, &overdrawn);
    if (error != MARKET_OK)
        return error;
    market_account_ended(market, id.index, overdrawn, height);
    return market_done(market, height);
}

/* --- Groups --- */

enum group_message { GROUP_CLOSE, GROUP_PAUSE, GROUP_START };

static enum market_error group_guard(enum market_group_state state, enum group_message message)
{
    if (state == MARKET_GROUP_IS_CLOSED)
        return MARKET_GROUP_CLOSED;
    if (state == MARKET_GROUP_IS_PAUSED && message == GROUP_PAUSE)
        return MARKET_GROUP_PAUSED;
    if (state == MARKET_GROUP_IS_OPEN && message == GROUP_START)
        return MARKET_GROUP_OPEN;
    return MARKET_OK;
}

static enum market_error group_stop(struct market *market, struct market_group_id id, enum group_message message,
                                    int64_t height)
{
    market_begin(market, height);
    const struct market_group *group = market_group(market, id);
    if (group == NULL)
        return MARKET_GROUP_NOT_FOUND;
    enum market_error error = group_guard((enum market_group_state)group->state, message);
    if (error != MARKET_OK)
        return error;
    if (market_group_end_panics(market, id.index, height))
        return MARKET_PANIC;
    market_group_enter(market, id.index, message == GROUP_CLOSE ? MARKET_GROUP_IS_CLOSED : MARKET_GROUP_IS_PAUSED);
    market_group_ended(market, id.index, MARKET_LEASE_IS_CLOSED, height);
    return market_done(market, height);
}

enum market_error market_close_group(struct market *market, struct market_group_id id, int64_t height)
{
    return group_stop(market, id, GROUP_CLOSE, height);
}

enum market_error market_pause_group(struct market *market, struct market_group_id id, int64_t height)
{
    return group_stop(market, id, GROUP_PAUSE, height);
}

enum market_error market_start_group(struct market *market, struct market_group_id id, int64_t height)
{
    market_begin(market, height);
    const struct market_group *group = market_group(market, id);
    if (group == NULL)
        return MARKET_GROUP_NOT_FOUND;
    enum market_error error = group_guard((enum market_group_state)group->state, GROUP_START);
    if (error != MARKET_OK)
        return error;
    if (!market->rules.start_ignores_deployment &&
        market->deployments[group->deployment].state != MARKET_DEPLOYMENT_IS_ACTIVE)
        return MARKET_DEPLOYMENT_CLOSED;
    if (market_live_order(market, id).generation != 0)
        return MARKET_ORDER_ACTIVE;
    market_group_enter(market, id.index, MARKET_GROUP_IS_OPEN);
    market_order_open(market, id.index, height);
    return market_done(market, height);
}
