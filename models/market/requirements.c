#include "models/market/requirements.h"

#include "sim/base/check.h"

#include <string.h>

#include "sim/base/nomalloc.h"

static const struct requirements_audit *audit_by(const struct requirements_provider *provider, const char *auditor)
{
    for (int32_t i = 0; i < provider->n_audits; i++)
        if (strcmp(provider->audits[i].auditor, auditor) == 0)
            return &provider->audits[i];
    return NULL;
}

static bool signed_by(const struct market_requirements *requirements, const struct requirements_provider *provider,
                      const char *auditor)
{
    const struct requirements_audit *audit = audit_by(provider, auditor);
    return audit && attributes_subset(requirements->attributes, audit->attributes);
}

bool requirements_match(const struct market_requirements *requirements, const struct requirements_provider *provider)
{
    if (requirements->n_all_of == 0 && requirements->n_any_of == 0)
        return attributes_subset(requirements->attributes, provider->own);
    for (int32_t i = 0; i < requirements->n_all_of; i++)
        if (!signed_by(requirements, provider, requirements->all_of[i]))
            return false;
    for (int32_t i = 0; i < requirements->n_any_of; i++)
        if (signed_by(requirements, provider, requirements->any_of[i]))
            return true;
    return requirements->n_any_of == 0;
}

/* --- Capabilities. Provider keys are taken apart in place: a part is a pointer and a length. --- */

static const char storage_prefix[] = "capabilities/storage/";

/* For "capabilities/storage/N/KEY", exactly four parts: N's place and length, and KEY. */
static bool storage_key(const char *key, const char **number, size_t *number_length, const char **rest)
{
    const size_t prefix = sizeof storage_prefix - 1;
    if (strncmp(key, storage_prefix, prefix) != 0)
        return false;
    const char *slash = strchr(key + prefix, '/');
    if (!slash || strchr(slash + 1, '/'))
        return false;
    *number = key + prefix;
    *number_length = (size_t)(slash - *number);
    *rest = slash + 1;
    return true;
}

/* Whether the capability `number` of the provider has an attribute that this one matches. */
static bool capability_has(struct attributes provider, const char *number, size_t length,
                           const struct attribute *required)
{
    for (int32_t i = 0; i < provider.count; i++) {
        const char *other, *rest;
        size_t other_length;
        if (!storage_key(provider.items[i].key, &other, &other_length, &rest) || other_length != length ||
            memcmp(other, number, length) != 0)
            continue;
        const struct attribute cut = {rest, provider.items[i].value};
        if (attribute_matches(required, &cut))
            return true;
    }
    return false;
}

static bool volume_match(struct attributes volume, struct attributes provider)
{
    for (int32_t i = 0; i < provider.count; i++) {
        const char *number, *rest;
        size_t length;
        if (!storage_key(provider.items[i].key, &number, &length, &rest))
            continue;
        int32_t have = 0;
        while (have < volume.count && capability_has(provider, number, length, &volume.items[have]))
            have++;
        if (have == volume.count)
            return true;
    }
    return false;
}

bool requirements_storage_match(const struct market_volume *volumes, int32_t n_volumes, struct attributes provider)
{
    for (int32_t i = 0; i < n_volumes; i++)
        if (volumes[i].attributes.count > 0 && !volume_match(volumes[i].attributes, provider))
            return false;
    return true;
}

/* For "capabilities/gpu/A/B...": the part from A on, else NULL. Two more parts are needed. */
static const char *gpu_key(const char *key)
{
    static const char prefix[] = "capabilities/gpu/";
    const size_t length = sizeof prefix - 1;
    if (strncmp(key, prefix, length) != 0 || !strchr(key + length, '/'))
        return NULL;
    return key + length;
}

bool requirements_gpu_match(struct attributes requested, struct attributes provider)
{
    for (int32_t i = 0; i < provider.count; i++) {
        const struct attribute cut = {gpu_key(provider.items[i].key), provider.items[i].value};
        if (!cut.key)
            continue;
        for (int32_t j = 0; j < requested.count; j++)
            if (attribute_matches(&requested.items[j], &cut))
                return true;
    }
    return false;
}

bool requirements_resources_match(const struct market_group_spec *group, struct attributes provider)
{
    for (int32_t i = 0; i < group->n_units; i++) {
        const struct market_unit *unit = &group->units[i];
        if (!requirements_storage_match(unit->volumes, unit->n_volumes, provider))
            return false;
        if (unit->gpu_units > 0 && unit->gpu_attributes.count > 0 &&
            !requirements_gpu_match(unit->gpu_attributes, provider))
            return false;
    }
    return true;
}

/* --- The resources offer --- */

static const struct market_unit *unit_by_id(const struct market_group_spec *group, uint32_t id)
{
    for (int32_t i = 0; i < group->n_units; i++)
        if (group->units[i].id == id)
            return &group->units[i];
    return NULL;
}

static bool named_before(const struct requirements_offer *offer, int32_t entry)
{
    for (int32_t i = 0; i < entry; i++)
        if (offer[i].unit_id == offer[entry].unit_id)
            return true;
    return false;
}

enum offer_match requirements_offer_match(const struct market_group_spec *group, const struct requirements_offer *offer,
                                          int32_t n_offer)
{
    for (int32_t i = 0; i < n_offer; i++) {
        if (named_before(offer, i))
            return OFFER_PANIC;
        const struct market_unit *unit = unit_by_id(group, offer[i].unit_id);
        if (!unit || unit->count != offer[i].count)
            return OFFER_MISMATCH;
    }
    return OFFER_MATCH;
}

const char *offer_match_name(enum offer_match match)
{
    switch (match) {
    case OFFER_MATCH:
        return "match";
    case OFFER_MISMATCH:
        return "mismatch";
    case OFFER_PANIC:
        return "panic";
    }
    check_failed(__FILE__, __LINE__, "offer_match", "unknown match %d", (int)match);
}
