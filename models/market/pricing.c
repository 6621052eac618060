/* Scale and random range, and the words for what can go wrong. */
#include "models/market/pricing.h"

#include "sim/base/check.h"

#include <string.h>

#include "sim/base/nomalloc.h"

__extension__ typedef unsigned __int128 wide;

const char *price_error_name(enum price_error error)
{
    switch (error) {
    case PRICE_OK:
        return "ok";
    case PRICE_ALL_SCALES_ZERO:
        return "errAllScalesZero";
    case PRICE_SCALE_NEGATIVE:
        return "errScaleNegative";
    case PRICE_NO_SCALE_FOR_CLASS:
        return "errNoPriceScaleForStorageClass";
    case PRICE_ZERO:
        return "ErrBidZero";
    case PRICE_QUANTITY_INVALID:
        return "ErrBidQuantityInvalid";
    case PRICE_PRECISION:
        return "precision_error";
    case PRICE_TOO_LOW:
        return "too_low";
    case PRICE_UNSUPPORTED_DENOM:
        return "unsupported_denom";
    case PRICE_NO_AKT_PRICE:
        return "no_akt_price";
    }
    check_failed(__FILE__, __LINE__, "price_error", "unknown error %d", (int)error);
}

/* --- 256-bit sums: the provider computes with unbounded decimals, and 18 decimals of scale times 16 of amount times
 * large sizes need more than 128 bits --- */

struct sum {
    uint64_t limb[4]; /* least significant first; in units of 10^-34 */
};

static void add_product(struct sum *sum, wide a, wide b)
{
    const uint64_t x[2] = {(uint64_t)a, (uint64_t)(a >> 64)}, y[2] = {(uint64_t)b, (uint64_t)(b >> 64)};
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            wide carry = (wide)x[i] * y[j];
            for (int k = i + j; k < 4; k++) {
                carry += sum->limb[k];
                sum->limb[k] = (uint64_t)carry;
                carry >>= 64;
            }
            check(carry == 0, "a price exceeds 256 bits");
        }
}

static void multiply(struct sum *sum, uint64_t factor)
{
    wide carry = 0;
    for (int k = 0; k < 4; k++) {
        carry += (wide)sum->limb[k] * factor;
        sum->limb[k] = (uint64_t)carry;
        carry >>= 64;
    }
    check(carry == 0, "a price exceeds 256 bits");
}

static void add(struct sum *sum, const struct sum *other)
{
    wide carry = 0;
    for (int k = 0; k < 4; k++) {
        carry += (wide)sum->limb[k] + other->limb[k];
        sum->limb[k] = (uint64_t)carry;
        carry >>= 64;
    }
    check(carry == 0, "a price exceeds 256 bits");
}

/* Divides in place and returns the remainder. */
static uint64_t divide(struct sum *sum, uint64_t divisor)
{
    wide rest = 0;
    for (int k = 3; k >= 0; k--) {
        rest = rest << 64 | sum->limb[k];
        sum->limb[k] = (uint64_t)(rest / divisor);
        rest %= divisor;
    }
    return (uint64_t)rest;
}

static uint64_t power_of_ten(int32_t exponent)
{
    uint64_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* --- Scale --- */

bool price_factor_parse(const char *text, struct price_factor *factor)
{
    struct price_factor read = {0, -1};
    const bool negative = *text == '-';
    int32_t digits = 0;
    for (text += negative; (*text >= '0' && *text <= '9') || (*text == '.' && digits && read.decimals < 0); text++) {
        if (*text == '.') {
            read.decimals = 0;
            continue;
        }
        read.digits = read.digits * 10 + (*text - '0');
        digits += read.digits > 0 || digits == 0;
        if (digits > 22 || (read.decimals >= 0 && ++read.decimals > 18))
            return false;
    }
    if (*text || digits == 0 || read.decimals == 0)
        return false;
    factor->digits = negative ? -read.digits : read.digits;
    factor->decimals = read.decimals < 0 ? 0 : read.decimals;
    return true;
}

struct price_scales price_scales_helm(bool misspelt_endpoint)
{
    return (struct price_scales){
        .per_cpu_milli = {4, 3},
        .per_memory_mib = {16, 4},
        .per_endpoint = {misspelt_endpoint ? 0 : 1, 0},
        .per_leased_ip = {60, 0},
        .storage = {{"ephemeral", {16, 5}}, {"beta2", {16, 5}}},
        .n_storage = 2,
    };
}

static enum price_error check_scales(const struct price_scales *scales)
{
    const struct price_factor *fixed[] = {&scales->per_cpu_milli, &scales->per_memory_mib, &scales->per_endpoint,
                                          &scales->per_leased_ip};
    bool any = false, negative = false, storage_zero = scales->n_storage == 0;
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        any |= fixed[i]->digits != 0;
        negative |= fixed[i]->digits < 0;
    }
    for (int32_t i = 0; i < scales->n_storage; i++) {
        storage_zero |= scales->storage[i].per_mib.digits == 0; /* one class at zero is enough */
        negative |= scales->storage[i].per_mib.digits < 0;
    }
    if (!any && storage_zero)
        return PRICE_ALL_SCALES_ZERO;
    return negative ? PRICE_SCALE_NEGATIVE : PRICE_OK;
}

#define TEN_16 UINT64_C(10000000000000000)

/* bytes / 2^20 in units of 10^-16, half away from zero. 10^16 / 2^20 = 5^16 / 2^4. */
static wide mib_16(wide bytes)
{
    return (bytes * UINT64_C(152587890625) + 8) >> 4;
}

/* sum += factor * amount_16 * 10^-16 */
static void add_priced(struct sum *sum, const struct price_factor *factor, wide amount_16)
{
    struct sum product = {{0}};
    add_product(&product, (wide)factor->digits, amount_16);
    multiply(&product, power_of_ten(18 - factor->decimals));
    add(sum, &product);
}

static const struct price_factor *class_scale(const struct price_scales *scales, const struct market_volume *volume)
{
    const char *class_name = market_volume_persistent(volume) ? market_volume_class(volume) : NULL;
    if (!class_name)
        class_name = "ephemeral";
    for (int32_t i = 0; i < scales->n_storage; i++)
        if (strcmp(scales->storage[i].class_name, class_name) == 0)
            return &scales->storage[i].per_mib;
    return NULL;
}

/* Storage is summed per class before its one division, so that rounding happens once per class. False: a volume's class
 * has no scale. */
static bool add_storage(const struct price_scales *scales, const struct market_group_spec *group, struct sum *sum)
{
    wide bytes[PRICE_CLASSES_MAX] = {0};
    for (int32_t u = 0; u < group->n_units; u++)
        for (int32_t v = 0; v < group->units[u].n_volumes; v++) {
            const struct market_volume *volume = &group->units[u].volumes[v];
            const struct price_factor *factor = class_scale(scales, volume);
            if (!factor)
                return false;
            for (int32_t i = 0; i < scales->n_storage; i++)
                if (factor == &scales->storage[i].per_mib)
                    bytes[i] += (wide)volume->bytes * group->units[u].count;
        }
    for (int32_t i = 0; i < scales->n_storage; i++)
        add_priced(sum, &scales->storage[i].per_mib, mib_16(bytes[i]));
    return true;
}

/* Above 10^18, that is 10^52 units of the sum. */
static bool beyond_limit(const struct sum *sum)
{
    struct sum copy = *sum;
    uint64_t rest = 0;
    rest |= divide(&copy, TEN_16);
    rest |= divide(&copy, TEN_16);
    rest |= divide(&copy, TEN_16);
    rest |= divide(&copy, 10000);
    return copy.limb[3] || copy.limb[2] || copy.limb[1] || copy.limb[0] > 1 || (copy.limb[0] == 1 && rest);
}

enum price_error price_scale(const struct price_scales *scales, const struct market_group_spec *group, decimal *price)
{
    check(scales->n_storage <= PRICE_CLASSES_MAX, "%d storage scales", scales->n_storage);
    const enum price_error error = check_scales(scales);
    if (error != PRICE_OK)
        return error;
    wide cpu = 0, memory = 0;
    int64_t endpoints = 0;
    for (int32_t i = 0; i < group->n_units; i++) {
        cpu += (wide)group->units[i].cpu_milli * group->units[i].count;
        memory += (wide)group->units[i].memory_bytes * group->units[i].count;
        endpoints += group->units[i].n_endpoints; /* not times count */
    }
    struct sum sum = {{0}};
    add_priced(&sum, &scales->per_cpu_milli, cpu * TEN_16);
    add_priced(&sum, &scales->per_memory_mib, mib_16(memory));
    add_priced(&sum, &scales->per_endpoint, (wide)endpoints * TEN_16);
    add_priced(&sum, &scales->per_leased_ip, (wide)adjust_leased_ips(group, 0, group->n_units) * TEN_16);
    if (!add_storage(scales, group, &sum))
        return PRICE_NO_SCALE_FOR_CLASS;
    if (!(sum.limb[0] | sum.limb[1] | sum.limb[2] | sum.limb[3]))
        return PRICE_ZERO;
    if (beyond_limit(&sum))
        return PRICE_QUANTITY_INVALID;
    if (divide(&sum, TEN_16) != 0)
        return PRICE_PRECISION;
    price->atto = (decimal_bits)((wide)sum.limb[1] << 64 | sum.limb[0]);
    return PRICE_OK;
}

/* --- Random range --- */

struct price_range price_random_range(const struct market_group_spec *group, decimal order_price)
{
    wide memory = 0;
    for (int32_t i = 0; i < group->n_units; i++)
        memory += (wide)group->units[i].memory_bytes * group->units[i].count;
    check(memory <= INT64_MAX, "memory of a group exceeds 64 bits");
    struct price_range range = {decimal_from_int((int64_t)(memory * 50 >> 30)),
                                decimal_min(decimal_from_int((int64_t)(memory >> 10)), order_price)};
    if (decimal_is_zero(range.low))
        range.low = decimal_from_int(1);
    if (decimal_is_zero(range.high))
        range.high = decimal_from_int(1);
    return range;
}

decimal price_random(struct price_range range, uint64_t draw)
{
    if (decimal_compare(range.low, range.high) == 0)
        return range.low;
    /* trunc((high - low) * 10^4): attos over 10^14. */
    const decimal_bits steps = decimal_sub(range.high, range.low).atto / (DECIMAL_ONE_ATTO / 10000);
    const wide count = steps > 1 ? (wide)steps : 1;
    check(count <= UINT64_MAX, "a random price range of more than 64 bits");
    const uint64_t step = (uint64_t)((wide)draw * count >> 64);
    return decimal_add(range.low, (decimal){(decimal_bits)step * (DECIMAL_ONE_ATTO / 1000000)});
}

/* --- The chain's view of a bid's price --- */

enum bid_price price_check_bid(decimal order_price, enum market_denom order_denom, decimal bid_price,
                               enum market_denom bid_denom)
{
    if (!decimal_is_positive(bid_price))
        return BID_PRICE_ZERO;
    if (order_denom != bid_denom)
        return BID_PRICE_PANIC;
    return decimal_compare(order_price, bid_price) < 0 ? BID_PRICE_INVALID : BID_PRICE_OK;
}

const char *bid_price_name(enum bid_price result)
{
    switch (result) {
    case BID_PRICE_OK:
        return "ok";
    case BID_PRICE_ZERO:
        return "ErrBidZeroPrice";
    case BID_PRICE_INVALID:
        return "ErrBidInvalidPrice";
    case BID_PRICE_PANIC:
        return "panic";
    }
    check_failed(__FILE__, __LINE__, "bid_price", "unknown result %d", (int)result);
}
