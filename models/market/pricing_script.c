/* The standard price script as arithmetic. Texts are read when the script is built; a price is sums of products. */
#include "models/market/pricing.h"

#include "sim/base/arena.h"
#include "sim/base/check.h"

#include <string.h>

#include "sim/base/nomalloc.h"

__extension__ typedef unsigned __int128 wide;

/* --- Building --- */

static decimal cents(int64_t amount)
{
    return (decimal){(decimal_bits)amount * (DECIMAL_ONE_ATTO / 100)};
}

struct price_script_options price_script_options_2024_07(void)
{
    struct price_script_options options = {.gpu_mapping = ""};
    options.accepts[MARKET_UAKT] = options.accepts[MARKET_USDC] = true;
    return options;
}

struct price_script_options price_script_options_2026_08(void)
{
    struct price_script_options options = {.gpu_mapping = ""};
    options.accepts[MARKET_UAKT] = options.accepts[MARKET_UACT] = true;
    return options;
}

/* One entry "model[.RAM][.interface]=USD", ending at a comma or the end. Returns what follows, or NULL when it is bad.
 */
static const char *entry_end(const char *entry, size_t *key_length, decimal *usd)
{
    char number[DECIMAL_TEXT];
    const char *equals = strchr(entry, '='), *end = entry + strcspn(entry, ",");
    if (!equals || equals >= end || equals == entry)
        return NULL;
    const size_t length = (size_t)(end - equals - 1);
    if (length >= sizeof number)
        return NULL;
    memcpy(number, equals + 1, length);
    number[length] = '\0';
    *key_length = (size_t)(equals - entry);
    if (!decimal_parse(number, usd) || decimal_is_negative(*usd) || *key_length > 64)
        return NULL;
    return *end ? end + 1 : end;
}

bool price_mapping_valid(const char *mapping)
{
    size_t length;
    decimal usd;
    while (mapping && *mapping)
        mapping = entry_end(mapping, &length, &usd);
    return mapping != NULL;
}

/* "80Gi" as 80; otherwise ADJUST_UNSET. */
static int32_t ram_part(const char *part)
{
    int32_t gib = 0;
    const char *p = part;
    for (; *p >= '0' && *p <= '9' && gib < 10000000; p++)
        gib = gib * 10 + (*p - '0');
    return p > part && strcmp(p, "Gi") == 0 ? gib : ADJUST_UNSET;
}

/* Cuts the parts off from the right: first "pcie" or "sxm", then a size; what is left is the model, dots included. */
static struct price_gpu_target read_key(struct arena *arena, struct adjust_names *names, const char *key, size_t length,
                                        decimal usd)
{
    struct price_gpu_target target = {ADJUST_UNSET, ADJUST_UNSET, ADJUST_UNSET, usd};
    char text[65];
    memcpy(text, key, length);
    text[length] = '\0';
    char *dot = strrchr(text, '.');
    if (dot && (strcmp(dot + 1, "pcie") == 0 || strcmp(dot + 1, "sxm") == 0)) {
        target.interface = adjust_name(names, arena, dot + 1);
        *dot = '\0';
        dot = strrchr(text, '.');
    }
    if (dot && ram_part(dot + 1) != ADJUST_UNSET) {
        target.ram_gib = ram_part(dot + 1);
        *dot = '\0';
    }
    target.model = adjust_name(names, arena, text);
    return target;
}

static void read_mapping(struct arena *arena, struct adjust_names *names, const char *mapping,
                         struct price_script *script)
{
    check(price_mapping_valid(mapping), "bad GPU price mapping '%s'", mapping);
    size_t room = 1;
    for (const char *p = mapping; *p; p++)
        room += *p == ',';
    struct price_gpu_target *targets = arena_array(arena, room, struct price_gpu_target);
    script->gpu_fallback = decimal_from_int(100);
    while (*mapping) {
        size_t length;
        decimal usd;
        const char *next = entry_end(mapping, &length, &usd);
        targets[script->n_gpus++] = read_key(arena, names, mapping, length, usd);
        if (decimal_compare(usd, script->gpu_fallback) > 0)
            script->gpu_fallback = usd;
        mapping = next;
    }
    script->gpus = targets;
}

const struct price_script *price_script_create(struct arena *arena, struct adjust_names *names,
                                               const struct price_script_options *options)
{
    struct price_script *script = arena_new(arena, struct price_script);
    script->per_cpu = cents(160);
    script->per_memory_gib = cents(80);
    script->per_ephemeral_gib = cents(2);
    script->per_class_gib[adjust_class(names, arena, "beta1")] = cents(1);
    script->per_class_gib[adjust_class(names, arena, "beta2")] = cents(3);
    script->per_class_gib[adjust_class(names, arena, "beta3")] = cents(4);
    script->per_endpoint = cents(5);
    script->per_leased_ip = cents(500);
    script->amd = adjust_name(names, arena, "amd");
    script->blocks_per_month = 429909;
    script->precision = 6;
    memcpy(script->accepts, options->accepts, sizeof script->accepts);
    read_mapping(arena, names, options->gpu_mapping, script);
    return script;
}

/* --- Pricing --- */

static const decimal *mapped(const struct price_script *script, int32_t model, int32_t ram_gib, int32_t interface)
{
    for (int32_t i = script->n_gpus - 1; i >= 0; i--) /* a later entry replaces an earlier one */
        if (script->gpus[i].model == model && script->gpus[i].ram_gib == ram_gib &&
            script->gpus[i].interface == interface)
            return &script->gpus[i].usd_per_month;
    return NULL;
}

/* model.ram.interface, then without the last part, then the bare model, then the fall-back. */
static decimal gpu_target(const struct price_script *script, const struct adjust_wish *gpu)
{
    const bool amd = gpu->vendor == script->amd;
    const int32_t ram = amd ? ADJUST_UNSET : gpu->ram_gib, interface = amd ? ADJUST_UNSET : gpu->interface;
    const decimal *target = mapped(script, gpu->model, ram, interface);
    if (!target && ram != ADJUST_UNSET)
        target = mapped(script, gpu->model, ram, ADJUST_UNSET);
    if (!target)
        target = mapped(script, gpu->model, ADJUST_UNSET, ADJUST_UNSET);
    return target ? *target : script->gpu_fallback;
}

/* An amount of 2^30 parts, as a decimal, rounded down. bytes <= INT64_MAX. */
static decimal gib(wide bytes)
{
    return (decimal){(decimal_bits)(bytes * (wide)DECIMAL_ONE_ATTO >> 30)};
}

/* What a whole request sums up to, by kind of target. */
struct quantities {
    wide cpu_milli, memory, ephemeral, class_bytes[ADJUST_CLASSES_MAX];
    int64_t endpoints, leased_ips;
};

static void add_unit(struct quantities *sum, const struct adjust_unit *unit)
{
    const wide count = (wide)unit->count;
    sum->cpu_milli += (wide)unit->cpu_milli * count;
    sum->memory += (wide)unit->memory_bytes * count;
    for (int32_t i = 0; i < unit->n_volumes; i++) {
        const struct adjust_volume *volume = &unit->volumes[i];
        if (volume->kind == ADJUST_EPHEMERAL)
            sum->ephemeral += (wide)volume->bytes * count;
        else if (volume->kind == ADJUST_PERSISTENT) /* class ram is free */
            sum->class_bytes[volume->class_id] += (wide)volume->bytes * count;
    }
    sum->endpoints += unit->endpoints; /* these two not times count */
    sum->leased_ips += unit->leased_ips;
}

/* False when a sum is beyond 64 bits: no such order is valid, storage apart, and no machine could hold it. */
static bool within_bounds(const struct quantities *sum)
{
    bool fine = sum->cpu_milli <= INT64_MAX / 1000 && sum->memory <= INT64_MAX && sum->ephemeral <= INT64_MAX;
    for (int i = 0; i < ADJUST_CLASSES_MAX; i++)
        fine &= sum->class_bytes[i] <= INT64_MAX;
    return fine;
}

static decimal resources_usd(const struct price_script *script, const struct quantities *sum)
{
    decimal usd =
        decimal_mul((decimal){(decimal_bits)(sum->cpu_milli * (wide)(DECIMAL_ONE_ATTO / 1000))}, script->per_cpu);
    usd = decimal_add(usd, decimal_mul(gib(sum->memory), script->per_memory_gib));
    usd = decimal_add(usd, decimal_mul(gib(sum->ephemeral), script->per_ephemeral_gib));
    for (int i = 0; i < ADJUST_CLASSES_MAX; i++)
        if (!decimal_is_zero(script->per_class_gib[i]))
            usd = decimal_add(usd, decimal_mul(gib(sum->class_bytes[i]), script->per_class_gib[i]));
    usd = decimal_add(usd, decimal_mul_int(script->per_endpoint, sum->endpoints));
    return decimal_add(usd, decimal_mul_int(script->per_leased_ip, sum->leased_ips));
}

/* To `precision` decimals, half away from zero. value >= 0. */
static decimal rounded(decimal value, int32_t precision)
{
    decimal_bits step = 1;
    for (int32_t i = precision; i < DECIMAL_DIGITS; i++)
        step *= 10;
    return (decimal){(value.atto + step / 2) / step * step};
}

enum price_error price_scripted(const struct price_script *script, const struct adjust_request *request,
                                const struct adjust_wish *resolved, enum market_denom denom, decimal order_price,
                                decimal akt_usd, decimal *price)
{
    struct quantities sum = {0};
    if (denom >= MARKET_DENOMS || !script->accepts[denom])
        return PRICE_UNSUPPORTED_DENOM;
    /* Below a millionth of a dollar no price is believed; it also keeps the quotient within a decimal. */
    if (denom == MARKET_UAKT && akt_usd.atto < DECIMAL_ONE_ATTO / 1000000)
        return PRICE_NO_AKT_PRICE;
    for (int32_t i = 0; i < request->n_units; i++)
        add_unit(&sum, &request->units[i]);
    if (!within_bounds(&sum))
        return PRICE_QUANTITY_INVALID;
    decimal usd = resources_usd(script, &sum);
    for (int32_t i = 0; i < request->n_units; i++)
        if (request->units[i].gpus > 0)
            usd = decimal_add(usd, decimal_mul_int(gpu_target(script, &resolved[i]),
                                                   request->units[i].gpus * request->units[i].count));
    if (decimal_compare(usd, decimal_from_int(INT64_C(1000000000000))) > 0)
        return PRICE_QUANTITY_INVALID; /* overlong output */
    const decimal micro = decimal_mul_int(usd, 1000000);
    decimal exact = decimal_quo(micro, decimal_from_int(script->blocks_per_month));
    if (denom == MARKET_UAKT)
        exact = decimal_quo(exact, akt_usd);
    const decimal shown = rounded(exact, script->precision);
    if (decimal_compare(denom == MARKET_UAKT ? exact : shown, order_price) > 0)
        return PRICE_TOO_LOW;
    if (decimal_is_zero(shown))
        return PRICE_ZERO;
    *price = shown;
    return PRICE_OK;
}

enum price_error price_from_output(const char *output, decimal *price)
{
    static const char blanks[] = " \t\r\n";
    char number[DECIMAL_TEXT];
    decimal read;
    output += strspn(output, blanks);
    const size_t length = strcspn(output, blanks);
    if (length >= sizeof number || output[length + strspn(output + length, blanks)] != '\0')
        return PRICE_QUANTITY_INVALID;
    memcpy(number, output, length);
    number[length] = '\0';
    if (!decimal_parse(number, &read) || decimal_is_negative(read))
        return PRICE_QUANTITY_INVALID;
    if (decimal_is_zero(read))
        return PRICE_ZERO;
    *price = read;
    return PRICE_OK;
}
