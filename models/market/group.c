#include "models/market/group.h"

#include <string.h>

#include "sim/base/nomalloc.h"

static const char *const denom_names[MARKET_DENOMS] = {"", "uakt", "usdc", "uact"};

static const char *const fault_names[GROUP_FAULTS] = {
    [GROUP_OK] = "ok",
    [GROUP_NAME] = "group_name",
    [GROUP_NO_UNITS] = "no_units",
    [GROUP_UNITS_MAX] = "units_max",
    [GROUP_UNIT_ID] = "unit_id",
    [GROUP_UNIT_ID_DUPLICATE] = "unit_id_duplicate",
    [GROUP_UNIT_COUNT] = "unit_count",
    [GROUP_UNIT_CPU] = "unit_cpu",
    [GROUP_UNIT_GPU] = "unit_gpu",
    [GROUP_UNIT_GPU_ATTRIBUTES] = "unit_gpu_attrs",
    [GROUP_UNIT_MEMORY] = "unit_memory",
    [GROUP_UNIT_STORAGE] = "unit_storage",
    [GROUP_PRICE_INVALID] = "price_invalid",
    [GROUP_PRICE_MAX] = "price_max",
    [GROUP_TOTAL_CPU] = "total_cpu",
    [GROUP_TOTAL_GPU] = "total_gpu",
    [GROUP_TOTAL_MEMORY] = "total_memory",
    [GROUP_DENOM_MIXED] = "denom_mixed",
};

const char *market_denom_name(enum market_denom denom)
{
    check(denom < MARKET_DENOMS, "denom %d does not exist", (int)denom);
    return denom_names[denom];
}

enum market_denom market_denom_from_name(const char *name)
{
    for (int i = 1; i < MARKET_DENOMS; i++)
        if (strcmp(name, denom_names[i]) == 0)
            return (enum market_denom)i;
    return MARKET_DENOM_NONE;
}

const char *group_fault_name(enum group_fault fault)
{
    check(fault < GROUP_FAULTS, "group fault %d does not exist", (int)fault);
    return fault_names[fault];
}

bool market_volume_persistent(const struct market_volume *volume)
{
    const char *value = attributes_find(volume->attributes, "persistent");
    return value != NULL && strcmp(value, "true") == 0;
}

const char *market_volume_class(const struct market_volume *volume)
{
    return attributes_find(volume->attributes, "class");
}

static bool within(int64_t value, int64_t low, int64_t high)
{
    return value >= low && value <= high;
}

static bool volumes_valid(const struct market_unit *unit)
{
    if (unit->volumes == NULL)
        return false;
    for (int32_t i = 0; i < unit->n_volumes; i++)
        if (!within(unit->volumes[i].bytes, GROUP_VOLUME_MIN, GROUP_VOLUME_MAX))
            return false;
    return true;
}

static enum group_fault unit_validate(const struct market_unit *unit, bool unlimited_counts)
{
    if (unit->id == 0)
        return GROUP_UNIT_ID;
    if (!unlimited_counts && unit->count > GROUP_DECLARED_COUNT_MAX)
        return GROUP_UNIT_COUNT;
    if (!within(unit->cpu_milli, GROUP_UNIT_CPU_MILLI_MIN, GROUP_UNIT_CPU_MILLI_MAX))
        return GROUP_UNIT_CPU;
    if (!within(unit->gpu_units, 0, GROUP_UNIT_GPU_MAX))
        return GROUP_UNIT_GPU;
    if (unit->gpu_units == 0 && unit->gpu_attributes.count > 0)
        return GROUP_UNIT_GPU_ATTRIBUTES;
    if (!within(unit->memory_bytes, GROUP_UNIT_MEMORY_MIN, GROUP_UNIT_MEMORY_MAX))
        return GROUP_UNIT_MEMORY;
    if (!volumes_valid(unit))
        return GROUP_UNIT_STORAGE;
    if (unit->denom == MARKET_DENOM_NONE || decimal_is_negative(unit->price))
        return GROUP_PRICE_INVALID;
    if (decimal_compare(unit->price, decimal_from_int(GROUP_UNIT_PRICE_MAX)) > 0)
        return GROUP_PRICE_MAX;
    return GROUP_OK;
}

static enum group_fault totals_validate(const struct market_group_spec *spec)
{
    /* A valid unit's product is below 2^32 * 2^41, so 128 bits hold the sum of any list. */
    decimal_bits cpu = 0, gpu = 0, memory = 0;
    for (int32_t i = 0; i < spec->n_units; i++) {
        const struct market_unit *unit = &spec->units[i];
        cpu += (decimal_bits)unit->cpu_milli * unit->count;
        gpu += (decimal_bits)unit->gpu_units * unit->count;
        memory += (decimal_bits)unit->memory_bytes * unit->count;
    }
    if (cpu <= 0 || cpu > GROUP_CPU_MILLI_MAX)
        return GROUP_TOTAL_CPU;
    if (gpu > GROUP_GPU_MAX)
        return GROUP_TOTAL_GPU;
    if (memory <= 0 || memory > GROUP_MEMORY_MAX)
        return GROUP_TOTAL_MEMORY;
    return GROUP_OK;
}

static bool id_seen_before(const struct market_group_spec *spec, int32_t unit)
{
    for (int32_t i = 0; i < unit; i++)
        if (spec->units[i].id == spec->units[unit].id)
            return true;
    return false;
}

enum group_fault group_spec_validate(const struct market_group_spec *spec, bool unlimited_counts)
{
    if (spec->name == NULL || spec->name[0] == '\0')
        return GROUP_NAME;
    if (spec->n_units <= 0)
        return GROUP_NO_UNITS;
    if (!unlimited_counts && spec->n_units > GROUP_DECLARED_UNITS_MAX)
        return GROUP_UNITS_MAX;
    for (int32_t i = 0; i < spec->n_units; i++) {
        if (id_seen_before(spec, i))
            return GROUP_UNIT_ID_DUPLICATE;
        enum group_fault fault = unit_validate(&spec->units[i], unlimited_counts);
        if (fault != GROUP_OK)
            return fault;
    }
    enum group_fault fault = totals_validate(spec);
    if (fault != GROUP_OK)
        return fault;
    for (int32_t i = 1; i < spec->n_units; i++)
        if (spec->units[i].denom != spec->units[0].denom)
            return GROUP_DENOM_MIXED;
    return GROUP_OK;
}

decimal group_spec_price(const struct market_group_spec *spec)
{
    decimal sum = decimal_zero();
    for (int32_t i = 0; i < spec->n_units; i++)
        sum = decimal_add(sum, decimal_mul_int(spec->units[i].price, spec->units[i].count));
    return sum;
}

enum market_denom group_spec_denom(const struct market_group_spec *spec)
{
    return spec->n_units > 0 ? spec->units[0].denom : MARKET_DENOM_NONE;
}
