/* What is ordered: the demand of each class as groups of a deployment, with the highest price that its tenant will pay. */
#include "models/clouds/akash/akash_inside.h"

#include "sim/base/nomalloc.h"

/* The GPU attributes of a class: the models that will do, or any. */
static struct attributes gpu_attributes(struct scenario *scenario, const struct fleet *fleet, const struct demand_class *class)
{
    struct attribute *items = arena_array(scenario->arena, fleet->gpu_model_count + 1, struct attribute);
    int32_t count = 0;
    if (class->gpus == 0)
        return (struct attributes){0};
    for (uint32_t m = 0; m < fleet->gpu_model_count; m++)
        if ((class->gpu_models >> m & 1) != 0)
            items[count++] = (struct attribute){
                arena_format(scenario->arena, "vendor/nvidia/model/%s", fleet->gpu_models[m]), "true"};
    if (count == 0)
        items[count++] = (struct attribute){"vendor/nvidia/model/*", "true"};
    return (struct attributes){items, count};
}

/* Highest price per replica and block: a multiple of what the script asks for the dearest model that will do. */
static decimal ceiling(const struct value *group, const struct akash_plan *plan, const struct demand_class *class,
                       const double *gpu_usd_month)
{
    enum { SCRIPT_BLOCKS_PER_MONTH = 429909 }; /* what the standard script assumes */
    double gib = (double)class->memory_bytes / 1073741824.0, disk = (double)class->storage_bytes / 1073741824.0, gpu = 0;
    for (uint32_t m = 0; m < plan->fleet->gpu_model_count; m++)
        if ((class->gpu_models == 0 || (class->gpu_models >> m & 1) != 0) && gpu_usd_month[m] > gpu)
            gpu = gpu_usd_month[m];
    double usd_month = class->vcpus * 1.60 + gib * 0.80 + disk * 0.02 + class->gpus * gpu;
    double coin = plan->denom == MARKET_UAKT ? decimal_to_double(akash_first_price(plan)) : 1;
    return akash_decimal(usd_month * value_number(group, "price_ceiling") * 1e6 / SCRIPT_BLOCKS_PER_MONTH / coin + 1);
}

/* Replicas in group g of a deployment of a class. */
static uint32_t group_size(const struct akash_plan *plan, const struct demand_class *class, uint32_t g)
{
    uint32_t groups = akash_groups(plan, class);
    if (class->spread != SPREAD_NONE)
        return 1;
    return class->units / groups + (g < class->units % groups);
}

uint32_t akash_groups(const struct akash_plan *plan, const struct demand_class *class)
{
    if (class->kind == DEMAND_JOB || class->group != NULL)
        return 1; /* pods of a job begin together or not at all; a tenant's own file says what its group is */
    return class->units < plan->groups ? class->units : plan->groups;
}

static void build_spec(struct scenario *scenario, const struct akash_plan *plan, const struct demand_class *class, decimal price,
                       uint32_t g, struct market_group_spec *spec)
{
    struct market_unit *unit = arena_new(scenario->arena, struct market_unit);
    struct market_volume *volume = arena_new(scenario->arena, struct market_volume);
    *volume = (struct market_volume){.name = "default", .bytes = class->storage_bytes};
    *unit = (struct market_unit){.id = 1,
                                 .count = group_size(plan, class, g),
                                 .cpu_milli = class->cpu_milli,
                                 .memory_bytes = class->memory_bytes,
                                 .gpu_units = class->gpus,
                                 .gpu_attributes = gpu_attributes(scenario, plan->fleet, class),
                                 .volumes = volume,
                                 .n_volumes = 1,
                                 .price = price,
                                 .denom = plan->denom};
    *spec = (struct market_group_spec){.name = g == 0 ? class->name : arena_format(scenario->arena, "%s-%u", class->name, g + 1),
                                       .units = unit,
                                       .n_units = 1};
}

/* The group that a tenant's own SDL asks for. Dollars are dollars: USDC of 2024, ACT of 2026. AKT is what it costs, and leases were paid in
 * it until 2026. */
static void own_spec(struct scenario *scenario, const struct value *group, const struct akash_plan *plan,
                     const struct demand_class *class, struct market_group_spec *spec)
{
    struct market_unit *unit = arena_new(scenario->arena, struct market_unit);
    *spec = *class->group;
    *unit = spec->units[0];
    spec->units = unit;
    if (unit->denom == MARKET_USDC || unit->denom == MARKET_UACT)
        unit->denom = plan->rules.denom;
    else if (unit->denom != MARKET_UAKT || plan->rules.burn_mint)
        scenario_error(scenario, group, plan->rules.burn_mint ? "give prices in uact" : "give prices in usdc, uact or uakt",
                       "the SDL file of demand class '%s' is priced in '%s'", class->name, market_denom_name(unit->denom));
}

void akash_build_specs(struct scenario *scenario, const struct value *group, struct akash_plan *plan, const double *gpu_usd_month)
{
    int before = scenario->errors;
    struct market_group_spec *spec = arena_array(scenario->arena, (size_t)plan->demand->classes * plan->groups, struct market_group_spec);
    for (uint32_t c = 0; c < plan->demand->classes; c++) {
        const struct demand_class *class = &plan->demand->class[c];
        decimal price = ceiling(group, plan, class, gpu_usd_month);
        enum group_fault fault = GROUP_OK;
        for (uint32_t g = 0; g < akash_groups(plan, class) && fault == GROUP_OK; g++) {
            struct market_group_spec *made = &spec[c * plan->groups + g];
            if (class->group != NULL)
                own_spec(scenario, group, plan, class, made);
            else
                build_spec(scenario, plan, class, price, g, made);
            made->id = (int32_t)(c * plan->groups + g);
            fault = group_spec_validate(made, plan->rules.market.unlimited_counts);
        }
        if (fault != GROUP_OK && scenario->errors == before)
            scenario_error(scenario, group, "lower the class's count of replicas, CPU, memory, GPUs or price",
                           "demand class '%s' cannot be an Akash deployment: %s", class->name, group_fault_name(fault));
    }
    plan->spec = spec;
}
