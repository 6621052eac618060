#include "models/clouds/world/prices.h"

#include <math.h>
#include <string.h>

const struct key gpu_price_keys[] = {
    {"model", KEY_TEXT, NULL, "GPU model, as in fleet.node_types"},
    {"price", KEY_MONEY_RATE, NULL, "price of one GPU, host included"},
    {"spot", KEY_MONEY_RATE, "0 USD/h", "price of one spot GPU, where the cloud sells that; 0: by spot_price"},
    {"reserved", KEY_MONEY_RATE, "0 USD/h", "price of one GPU reserved for a term, where the cloud sells that; 0: by reserved_price"},
    {"source", KEY_TEXT, "", "where the price comes from"},
    {"evidence", KEY_CHOICE, "U", "R read, K recalled, U unsourced", .choices = "R|K|U"},
    KEY_END};

void prices_read(struct scenario *scenario, const struct value *cloud, const struct fleet *fleet, struct prices *prices)
{
    const struct value *list = value_of(cloud, "gpu_prices");
    uint64_t known = 0;
    *prices = (struct prices){0};
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *entry = value_at(list, i);
        int32_t model = fleet_gpu_model(fleet, value_text(entry, "model"));
        if (model < 0)
            continue; /* a price list may name more than this fleet has */
        if ((known >> model & 1) != 0)
            scenario_error(scenario, entry, "keep one of the two", "GPU model '%s' has two prices", value_text(entry, "model"));
        prices->gpu[model] = value_money(entry, "price");
        known |= UINT64_C(1) << model;
    }
    for (uint32_t m = 0; m < fleet->gpu_model_count; m++)
        if ((known >> m & 1) == 0)
            scenario_error(scenario, list->given ? list : cloud,
                           arena_format(scenario->arena, "add { model = \"%s\"; price = \"... USD/h\"; }", fleet->gpu_models[m]),
                           "GPU model '%s' has no price in cloud '%s'", fleet->gpu_models[m], value_text(cloud, "name"));
}

/* Prices of another kind of capacity: the entry's own under `key`, else that share of the price on demand. */
static void read_other(const struct value *cloud, const struct fleet *fleet, const struct prices *prices, double share, const char *key,
                       money *gpu, money *vcpu)
{
    const struct value *list = value_of(cloud, "gpu_prices");
    for (uint32_t m = 0; m < fleet->gpu_model_count; m++)
        gpu[m] = (money){(int64_t)nearbyint((double)prices->gpu[m].micro * share)};
    *vcpu = (money){(int64_t)nearbyint((double)prices->vcpu.micro * share)};
    for (size_t i = 0; i < value_count(list); i++) {
        int32_t model = fleet_gpu_model(fleet, value_text(value_at(list, i), "model"));
        money own = value_money(value_at(list, i), key);
        if (model >= 0 && own.micro > 0)
            gpu[model] = own;
    }
}

void prices_read_spot(const struct value *cloud, const struct fleet *fleet, struct prices *prices)
{
    read_other(cloud, fleet, prices, value_number(cloud, "spot_price"), "spot", prices->spot_gpu, &prices->spot_vcpu);
}

void prices_read_reserved(const struct value *cloud, const struct fleet *fleet, struct prices *prices)
{
    read_other(cloud, fleet, prices, value_number(cloud, "reserved_price"), "reserved", prices->reserved_gpu, &prices->reserved_vcpu);
}

static money unit_price(const money *gpu, money vcpu, const struct demand_class *class, const struct node_type *type)
{
    if (class->gpus == 0)
        return (money){vcpu.micro * class->vcpus};
    return (money){scale_i64(gpu[type->gpu_model_id].micro, (int64_t)class->gpus * class->gpu_milli, 1000)};
}

money prices_unit(const struct prices *prices, const struct demand_class *class, const struct node_type *type)
{
    return unit_price(prices->gpu, prices->vcpu, class, type);
}

money prices_spot_unit(const struct prices *prices, const struct demand_class *class, const struct node_type *type)
{
    return unit_price(prices->spot_gpu, prices->spot_vcpu, class, type);
}

money prices_reserved_unit(const struct prices *prices, const struct demand_class *class, const struct node_type *type)
{
    return unit_price(prices->reserved_gpu, prices->reserved_vcpu, class, type);
}
