/* May this provider serve that group? The chain's answer, from texts.
 *
 * Three questions, asked when a bid arrives (and by a provider before it bids):
 *
 *   placement     does the provider have the attributes that the group asks for? Without demanded signers its own word
 * is enough; with signers its own word is ignored, and the auditors' signed copies count. capabilities  does it
 * advertise the storage classes and GPU models that the units name? offer         do the unit ids and counts that a bid
 * repeats agree with the order's?
 *
 * The answer depends on the spec and the provider's texts only, so callers keep it per (spec, provider) instead of
 * asking in the event loop. Nothing here allocates.
 *
 * Source: Akash chain-sdk, deployment and market types; behavioural specification sections 3.2 to 3.4, 3.6, the same at
 * the 2024-07 and 2026-08 profiles. */
#ifndef NINES_MARKET_REQUIREMENTS_H
#define NINES_MARKET_REQUIREMENTS_H

#include "models/market/attributes.h"
#include "models/market/group.h"

#include <stdbool.h>
#include <stdint.h>

/* What one auditor has signed about a provider. */
struct requirements_audit {
    const char *auditor; /* account name */
    struct attributes attributes;
};

/* What is known about a provider. */
struct requirements_provider {
    struct attributes own;
    const struct requirements_audit *audits; /* one per auditor */
    int32_t n_audits;
};

/* Placement requirements (3.2). */
bool requirements_match(const struct market_requirements *requirements, const struct requirements_provider *provider);

/* Every volume with attributes fits one storage capability "capabilities/storage/N/KEY" of the provider, that is, its
 * attributes are a subset of those of a single N (3.3). */
bool requirements_storage_match(const struct market_volume *volumes, int32_t n_volumes, struct attributes provider);

/* At least one of the requested GPU attributes is advertised as "capabilities/gpu/..." (3.4). Keys are compared after
 * these two parts are cut off. The number of GPUs is not looked at. */
bool requirements_gpu_match(struct attributes requested, struct attributes provider);

/* Both of the above for all units of a group: "resources match" (3.3, 3.4). */
bool requirements_resources_match(const struct market_group_spec *group, struct attributes provider);

/* One entry of a bid's resources offer. */
struct requirements_offer {
    uint32_t unit_id;
    uint32_t count;
};

enum offer_match {
    OFFER_MATCH,
    OFFER_MISMATCH,
    OFFER_PANIC /* a unit named twice: the transaction fails */
};

/* 3.6: the empty offer is accepted; each entry's unit must exist with the order's count; units left out are accepted;
 * quantities are not compared. */
enum offer_match requirements_offer_match(const struct market_group_spec *group, const struct requirements_offer *offer,
                                          int32_t n_offer);

/* "match", "mismatch", "panic". Static text. */
const char *offer_match_name(enum offer_match match);

#endif
