/* Messages about deployments and groups that exist (section 2 of the descriptions). */
#include "models/market/market.h"
#include "models/market/market_inside.h"

#include <string.h>

#include "sim/base/nomalloc.h"

/* --- Deployments --- */

enum market_error market_version_check(const struct market *market, const uint8_t *version, int32_t bytes)
{
    bool hash = market->rules.dialect == MARKET_DIALECT_2026;
    if (version == NULL || bytes == 0)
        return hash ? MARKET_EMPTY_HASH : MARKET_EMPTY_VERSION;
    if (bytes != MARKET_VERSION_BYTES)
        return hash ? MARKET_INVALID_HASH : MARKET_INVALID_VERSION;
    return MARKET_OK;
}

void market_sources_pay(struct market *market, uint32_t account, struct bank_sourcing sourcing)
{
    struct market_event about = {.deployment = market->escrow.accounts[account].deployment};
    struct bank_part part;
    while (bank_sourcing_next(&market->bank, &sourcing, &part)) {
        bank_part_pay(&market->bank, &sourcing, &part, MARKET_TRANSFER_DEPOSIT, about);
        escrow_part_add(&market->escrow, account, sourcing.denom, &part);
    }
    check(sourcing.rest == 0, "sources that covered a deposit no longer do");
}

/* AccountDeposit of 2026: anybody may sign it, and an overdrawn account takes it too. */
static enum market_error deposit_account(struct market *market, const struct market_deposit *message, int64_t height)
{
    if (!market_wallet_valid(market, message->depositor))
        return MARKET_INVALID_ADDRESS;
    struct bank_sourcing sourcing = {.signer = message->depositor,
                                     .denom = message->denom,
                                     .rest = message->amount,
                                     .sources = message->sources,
                                     .scope = BANK_FOR_DEPLOYMENTS};
    if (!bank_sourcing_covers(&market->bank, sourcing))
        return MARKET_INVALID_DEPOSIT;
    const struct market_deployment *deployment = market_deployment(market, message->deployment);
    if (deployment == NULL)
        return MARKET_ACCOUNT_NOT_FOUND;
    if (market->escrow.accounts[deployment->account].state == ESCROW_CLOSED)
        return MARKET_ACCOUNT_CLOSED;
    if (escrow_deposit_panics(&market->escrow, deployment->account, message->denom))
        return MARKET_PANIC;
    market_sources_pay(market, deployment->account, sourcing);
    escrow_parts_done(&market->escrow, deployment->account);
    market_captured_ended(market, deployment->account, height);
    return market_done(market, height);
}

enum market_error market_deposit_deployment(struct market *market, const struct market_deposit *message, int64_t height)
{
    market_begin(market, height);
    if (message->amount <= 0 || message->denom == MARKET_DENOM_NONE)
        return MARKET_INVALID_DEPOSIT;
    if (market->rules.dialect == MARKET_DIALECT_2026)
        return deposit_account(market, message, height);
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
    enum market_error error = market_version_check(market, version, version_bytes);
    if (error != MARKET_OK)
        return error;
    if (market_deployment(market, id) == NULL)
        return MARKET_DEPLOYMENT_NOT_FOUND;
    struct market_deployment *deployment = &market->deployments[id.index];
    if (deployment->state != MARKET_DEPLOYMENT_IS_ACTIVE)
        return MARKET_DEPLOYMENT_CLOSED;
    if (memcmp(deployment->version, version, MARKET_VERSION_BYTES) == 0)
        return market->rules.dialect == MARKET_DIALECT_2026 ? MARKET_INVALID_HASH : MARKET_INVALID_VERSION;
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
    /* Ten records and more: those that do not wait for each other are loaded together. */
    for (int step = 1; step < MARKET_AHEAD_STEPS; step++)
        market_ahead_deployment(market, id, step);
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
