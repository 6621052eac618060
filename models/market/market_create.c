/* CreateDeployment (section 2 of the descriptions). */
#include "models/market/market.h"
#include "models/market/market_inside.h"
#include "sim/base/hash.h"

#include <string.h>

#include "sim/base/nomalloc.h"

static struct bank_sourcing sourcing_of(const struct market_create_deployment *message)
{
    return (struct bank_sourcing){.signer = message->owner,
                                  .denom = message->denom,
                                  .rest = message->deposit,
                                  .sources = message->sources,
                                  .scope = BANK_FOR_DEPLOYMENTS};
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
    enum market_error error = market_version_check(market, message->version, message->version_bytes);
    if (error != MARKET_OK)
        return error;
    if (message->window_s < 0)
        return MARKET_INVALID_RECLAMATION;
    for (int32_t i = 0; i < message->n_groups; i++) {
        if (group_spec_validate(message->groups[i], market->rules.unlimited_counts) != GROUP_OK)
            return MARKET_INVALID_GROUPS;
        if (group_spec_denom(message->groups[i]) != message->denom)
            return MARKET_INVALID_DEPOSIT;
    }
    bool depositor_matters = market->rules.dialect == MARKET_DIALECT_2024;
    return depositor_matters && !market_wallet_valid(market, message->depositor) ? MARKET_INVALID_ADDRESS : MARKET_OK;
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
    if (message->window_s != 0 && !market_window_valid(market, message->window_s))
        return MARKET_INVALID_RECLAMATION;
    error = group_list_check(market, message);
    if (error != MARKET_OK)
        return error;
    if (market->rules.price_denom != MARKET_DENOM_NONE && message->denom != market->rules.price_denom)
        return MARKET_INVALID_PRICE;
    if (market->rules.dialect == MARKET_DIALECT_2026)
        return bank_sourcing_covers(&market->bank, sourcing_of(message)) ? MARKET_OK : MARKET_INVALID_DEPOSIT;
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

static void account_create(struct market *market, uint32_t index, const struct market_create_deployment *message,
                           int64_t height)
{
    bool one_depositor = market->rules.dialect == MARKET_DIALECT_2024;
    struct escrow_opening opening = {.owner = message->owner,
                                     .depositor = one_depositor ? message->depositor : message->owner,
                                     .denom = message->denom,
                                     .amount = one_depositor ? message->deposit : 0,
                                     .deployment = market_deployment_id(market, index),
                                     .dseq = message->dseq};
    uint32_t *account = &market->deployments[index].account;
    if (one_depositor)
        bank_deposit_charge(&market->bank, message->owner, message->depositor, message->deposit);
    enum market_error error = escrow_account_open(&market->escrow, &opening, height, account);
    check(error == MARKET_OK, "account refused after all checks: %s", market_error_name(error));
    if (!one_depositor)
        market_sources_pay(market, *account, sourcing_of(message));
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
                                             .window_s = message->window_s,
                                             .owner = message->owner,
                                             .first_group = SLOT_NONE,
                                             .next_in_bucket = *bucket};
    memcpy(deployment->version, message->version, MARKET_VERSION_BYTES);
    *bucket = index;
    market_deployment_enter(market, index, MARKET_DEPLOYMENT_IS_ACTIVE);
    groups_create(market, index, message, height);
    account_create(market, index, message, height);
    if (id != NULL)
        *id = market_deployment_id(market, index);
    return market_done(market, height);
}
