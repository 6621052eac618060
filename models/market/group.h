/* Group specs: what a tenant asks for.
 *
 * A deployment has groups; a group goes to one provider as a whole. Its spec lists resource units: "count replicas of this
 * much CPU, memory, GPU and storage, at most this price per replica and block". The order of a group asks at most the sum
 * of price x count.
 *
 * Specs are immutable once made and shared by pointer: the caller owns them and everything that they point to, and keeps
 * them until the last deployment that names them is gone. A thousand deployments of one kind share one spec, and `id`
 * lets a caller remember per (spec, provider) what the slow text matching of requirements.h has answered.
 *
 * Source: Akash node v0.36.0 with chain API types v0.0.67, deployment/v1beta3; the same at the 2026-08 profile. */
#ifndef NINES_MARKET_GROUP_H
#define NINES_MARKET_GROUP_H

#include "models/market/attributes.h"
#include "models/market/decimal.h"

#include <stdbool.h>
#include <stdint.h>

/* What money is counted in. Amounts are whole micro-units of it. */
enum market_denom {
    MARKET_DENOM_NONE, /* no price given */
    MARKET_UAKT,       /* 10^-6 AKT */
    MARKET_USDC,       /* 10^-6 USDC, the IBC denom of 2024 */
    MARKET_UACT,       /* 10^-6 ACT, the denom of 2026 */
    MARKET_DENOMS
};

/* "uakt", "usdc", "uact"; "" for none. Static text. */
const char *market_denom_name(enum market_denom denom);
/* MARKET_DENOM_NONE where the text names none. */
enum market_denom market_denom_from_name(const char *name);

struct market_volume {
    const char *name;
    int64_t bytes;
    struct attributes attributes; /* "persistent", "class"; as matched against a provider's capabilities */
};

/* True when the volume's attribute "persistent" is "true". */
bool market_volume_persistent(const struct market_volume *volume);
/* Its attribute "class", or NULL. */
const char *market_volume_class(const struct market_volume *volume);

enum market_endpoint_kind { MARKET_ENDPOINT_HTTP, MARKET_ENDPOINT_PORT, MARKET_ENDPOINT_IP };

struct market_endpoint {
    enum market_endpoint_kind kind;
    int32_t ip_number; /* which leased address, from 1; 0 unless kind is MARKET_ENDPOINT_IP */
};

struct market_unit {
    uint32_t id;                             /* > 0, unique within the group */
    uint32_t count;                          /* replicas */
    int64_t cpu_milli;                       /* per replica; 0: absent */
    int64_t memory_bytes;                    /* per replica; 0: absent */
    int32_t gpu_units;                       /* per replica; -1: absent */
    struct attributes gpu_attributes;        /* "vendor/nvidia/model/a100" = "true"; several mean "one of" */
    const struct market_volume *volumes;     /* NULL: absent; an empty list is not absent */
    int32_t n_volumes;
    const struct market_endpoint *endpoints; /* public ones, for the whole unit */
    int32_t n_endpoints;
    decimal price;                           /* per replica and block, at most this */
    enum market_denom denom;                 /* of the price */
};

/* What the provider must be. The auditors are account names. */
struct market_requirements {
    struct attributes attributes;
    const char *const *all_of; /* auditors that must all have signed */
    int32_t n_all_of;
    const char *const *any_of; /* auditors of whom one must have signed */
    int32_t n_any_of;
};

struct market_group_spec {
    int32_t id;       /* the caller's number for this spec, dense from 0: equal ids are equal specs */
    const char *name; /* unique within a deployment */
    struct market_requirements requirements;
    const struct market_unit *units;
    int32_t n_units;
};

/* Limits that the chain enforces per unit and per group, and those that it declares only ([Q4]). */
#define GROUP_UNIT_CPU_MILLI_MIN INT64_C(10)
#define GROUP_UNIT_CPU_MILLI_MAX INT64_C(384000)
#define GROUP_UNIT_GPU_MAX 24
#define GROUP_UNIT_MEMORY_MIN (INT64_C(1) << 20)
#define GROUP_UNIT_MEMORY_MAX (INT64_C(2) << 40)
#define GROUP_VOLUME_MIN (INT64_C(5) << 20)
#define GROUP_VOLUME_MAX (INT64_C(32) << 40)
#define GROUP_UNIT_PRICE_MAX INT64_C(10000000)
#define GROUP_CPU_MILLI_MAX INT64_C(19200000)
#define GROUP_GPU_MAX INT64_C(1200)
#define GROUP_MEMORY_MAX (INT64_C(100) << 40)
#define GROUP_DECLARED_COUNT_MAX 50
#define GROUP_DECLARED_UNITS_MAX 20
#define GROUP_DECLARED_GROUPS_MAX 20

enum group_fault {
    GROUP_OK,
    GROUP_NAME,              /* no name */
    GROUP_NO_UNITS,
    GROUP_UNITS_MAX,         /* only with [Q4] off */
    GROUP_UNIT_ID,           /* 0 */
    GROUP_UNIT_ID_DUPLICATE,
    GROUP_UNIT_COUNT,        /* only with [Q4] off */
    GROUP_UNIT_CPU,
    GROUP_UNIT_GPU,
    GROUP_UNIT_GPU_ATTRIBUTES, /* attributes without a GPU */
    GROUP_UNIT_MEMORY,
    GROUP_UNIT_STORAGE,
    GROUP_PRICE_INVALID,     /* negative, or no denom */
    GROUP_PRICE_MAX,
    GROUP_TOTAL_CPU,
    GROUP_TOTAL_GPU,
    GROUP_TOTAL_MEMORY,
    GROUP_DENOM_MIXED,       /* two denoms in one group */
    GROUP_FAULTS
};

/* "ok", "unit_cpu", "total_memory": the words of the test vectors. Static text. */
const char *group_fault_name(enum group_fault fault);

/* The first rule that the spec breaks, units in list order, then sums, then denoms (2024-07 and HEAD section 3.5).
 * unlimited_counts: [Q4] on, the declared limits on replicas and units are not enforced, as on the real chain.
 * The sum of all storage is never limited. O(units^2) in the search for equal ids. */
enum group_fault group_spec_validate(const struct market_group_spec *spec, bool unlimited_counts);

/* The most that the group's order pays per block: the exact sum of price x count, in group_spec_denom(). Of valid specs. */
decimal group_spec_price(const struct market_group_spec *spec);
enum market_denom group_spec_denom(const struct market_group_spec *spec);

#endif
