/* How a provider names its price.
 *
 * Three ways are in use. *Scale*: each resource has a price per unit and block, and the order is priced as it was
 * asked. *Random range*: somewhere in the lowest hundredth between two bounds that follow from memory alone; what a
 * provider without settings does. *Script*: targets in USD per month, turned into micro-units per block; what nearly
 * all providers run. The script sees the reserved sizes, after over-commit, and the GPU model that the reservation
 * resolved to.
 *
 * Prices are decimals in micro-units of the order's denom, per block, for the whole group. None of this allocates; only
 * building a script from text does.
 *
 * Source: akash-network/provider bidengine/pricing.go (v0.6.2 and afc4dd7), helm-charts akash-provider 11.0.2
 * price_script_generic.sh of 2024-04-03; behavioural specification section 6.2. */
#ifndef NINES_MARKET_PRICING_H
#define NINES_MARKET_PRICING_H

#include "models/market/adjust.h"
#include "models/market/group.h"

#include <stdbool.h>
#include <stdint.h>

enum price_error {
    PRICE_OK,
    PRICE_ALL_SCALES_ZERO,    /* errAllScalesZero: the provider does not even start */
    PRICE_SCALE_NEGATIVE,     /* errScaleNegative */
    PRICE_NO_SCALE_FOR_CLASS, /* errNoPriceScaleForStorageClass */
    PRICE_ZERO,               /* ErrBidZero */
    PRICE_QUANTITY_INVALID,   /* ErrBidQuantityInvalid: above 10^18, or not a number */
    PRICE_PRECISION,          /* more than 18 decimals */
    PRICE_TOO_LOW,            /* the order offers less than the price */
    PRICE_UNSUPPORTED_DENOM,
    PRICE_NO_AKT_PRICE /* the script could not learn what AKT costs */
};

/* The name in the test vectors: "ok", "ErrBidZero", "too_low"... Static text. */
const char *price_error_name(enum price_error error);

/* --- Scale --- */

enum { PRICE_CLASSES_MAX = 8 };

/* digits * 10^-decimals; wider than a decimal, as the provider's scales are. */
struct price_factor {
    decimal_bits digits; /* below 10^22 in size */
    int32_t decimals;    /* 0 to 18 */
};

/* Reads "[-]DIGITS[.DIGITS]". False when it is something else or does not fit. */
bool price_factor_parse(const char *text, struct price_factor *factor);

struct price_class_scale {
    const char *class_name; /* "ephemeral", "beta2"... */
    struct price_factor per_mib;
};

/* Micro-units per block. */
struct price_scales {
    struct price_factor per_cpu_milli, per_memory_mib, per_endpoint, per_leased_ip;
    struct price_class_scale storage[PRICE_CLASSES_MAX];
    int32_t n_storage;
};

/* The helm chart's defaults: CPU 0.004 per milli-core, memory 0.0016 and storage (ephemeral, beta2) 0.00016 per MiB,
 * endpoint 1, leased IP 60. misspelt_endpoint: [R7] of 2024-07, where a typing error makes the endpoint cost 0. */
struct price_scales price_scales_helm(bool misspelt_endpoint);

/* The order's price: sums over units x count, endpoints and leased IPs once. GPUs cost nothing. Exact, except that the
 * division to MiB rounds half away from zero at 16 decimals. */
enum price_error price_scale(const struct price_scales *scales, const struct market_group_spec *group, decimal *price);

/* --- Random range --- */

struct price_range {
    decimal low, high; /* high may lie below low, when the order pays little; then the price is low */
};

/* low = memory * 50 div 2^30, high = min(memory * 2^20 div 2^30, order price); zeros become 1. Memory is that of all
 * replicas, in bytes. */
struct price_range price_random_range(const struct market_group_spec *group, decimal order_price);

/* low + R * 10^-6 with R uniform in 0..max(1, trunc((high - low) * 10^4)) - 1: only the lowest hundredth of the range
 * is ever used. draw: 64 uniform bits. */
decimal price_random(struct price_range range, uint64_t draw);

/* --- Script --- */

struct price_gpu_target {
    int32_t model, interface, ram_gib; /* ADJUST_UNSET where the mapping does not name it */
    decimal usd_per_month;
};

/* The standard script with its settings. Targets in USD per month. */
struct price_script {
    decimal per_cpu, per_memory_gib, per_ephemeral_gib, per_endpoint, per_leased_ip;
    decimal per_class_gib[ADJUST_CLASSES_MAX]; /* persistent storage by class id; unnamed classes are free */
    const struct price_gpu_target *gpus;
    int32_t n_gpus;
    decimal gpu_fallback;        /* the larger of 100 and the dearest mapping */
    int32_t amd;                 /* name of the vendor whose RAM and interface are never read */
    int64_t blocks_per_month;    /* 429,909 in the script, at 6.117 s a block */
    int32_t precision;           /* decimals of a bid; 6 */
    bool accepts[MARKET_DENOMS]; /* MARKET_USDC and MARKET_UACT count as one USD */
};

struct price_script_options {
    const char *gpu_mapping; /* "a100=950,h100=1800,a100.80Gi.sxm=1100"; "" for none */
    bool accepts[MARKET_DENOMS];
};

/* The script with its default targets: CPU 1.60 per thread, memory 0.80, ephemeral 0.02, beta1 0.01, beta2 0.03, beta3
 * 0.04 per GiB, endpoint 0.05, leased IP 5. The mapping must be well formed (price_mapping_valid()). */
const struct price_script *price_script_create(struct arena *arena, struct adjust_names *names,
                                               const struct price_script_options *options);
/* Denoms of the two profiles: 2024-07 uakt and usdc, 2026-08 uakt and uact. */
struct price_script_options price_script_options_2024_07(void);
struct price_script_options price_script_options_2026_08(void);

/* Whether a mapping can be read: "model[.RAM][.interface]=USD" separated by commas. */
bool price_mapping_valid(const char *gpu_mapping);

/* Prices a reserved request. resolved[n_units]: the rewritten GPU requests by unit (adjust_resolved()). akt_usd: 0 when
 * not known. Declines (PRICE_TOO_LOW) above the order's price: dollars compare the rounded price, uakt the unrounded
 * one. */
enum price_error price_scripted(const struct price_script *script, const struct adjust_request *request,
                                const struct adjust_wish *resolved, enum market_denom denom, decimal order_price,
                                decimal akt_usd, decimal *price);

/* What the provider makes of any script's output; blanks around the number are ignored. */
enum price_error price_from_output(const char *output, decimal *price);

/* --- What the chain makes of a bid's price --- */

enum bid_price {
    BID_PRICE_OK,
    BID_PRICE_ZERO,    /* ErrBidZeroPrice */
    BID_PRICE_INVALID, /* ErrBidInvalidPrice: above the order's */
    BID_PRICE_PANIC    /* another denom than the order's: the transaction fails */
};

enum bid_price price_check_bid(decimal order_price, enum market_denom order_denom, decimal bid_price,
                               enum market_denom bid_denom);
const char *bid_price_name(enum bid_price result);

#endif
