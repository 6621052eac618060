/* What providers say of themselves: attributes by their machines, signed by auditors; and who will bid on what because of it. */
#include "models/clouds/akash/akash_inside.h"

#include <string.h>

#include "sim/base/nomalloc.h"

enum { CLAIMS_PER_TYPE = 4 }; /* of a node type with GPUs */

/* GPUs are advertised by model, and by model with memory, interface or both, as tenants may ask for any of these. */
static int32_t claim_gpus(struct scenario *scenario, const struct node_type *type, struct attribute *items)
{
    const char *model = arena_format(scenario->arena, "capabilities/gpu/vendor/nvidia/model/%s", type->gpu_model);
    const char *memory = arena_format(scenario->arena, "%s/ram/%lldGi", model, (long long)(type->gpu_memory_bytes / 1073741824));
    int32_t count = 0;
    items[count++] = (struct attribute){model, "true"};
    items[count++] = (struct attribute){memory, "true"};
    if (type->gpu_interface[0] == '\0')
        return count;
    items[count++] = (struct attribute){arena_format(scenario->arena, "%s/interface/%s", model, type->gpu_interface), "true"};
    items[count++] = (struct attribute){arena_format(scenario->arena, "%s/interface/%s", memory, type->gpu_interface), "true"};
    return count;
}

/* Attributes that the scenario gives every provider, and the region: the name of the site, unless it is among them. */
static struct attributes common_claims(struct scenario *scenario, const struct value *group)
{
    const struct value *list = value_of(group, "attributes");
    struct attribute *items = arena_array(scenario->arena, value_count(list), struct attribute);
    for (size_t i = 0; i < value_count(list); i++) {
        const char *text = value_at(list, i)->text, *equals = strchr(text, '=');
        if (equals == NULL || equals == text)
            scenario_error(scenario, value_at(list, i), "such as \"tier=community\"", "'%s' is no attribute", text);
        else
            items[i] = (struct attribute){arena_format(scenario->arena, "%.*s", (int)(equals - text), text), equals + 1};
    }
    return (struct attributes){items, (int32_t)value_count(list)};
}

/* Every auditor has signed all that every provider says. */
static void sign(struct scenario *scenario, const struct value *group, struct requirements_provider *claims)
{
    const struct value *list = value_of(group, "auditors");
    struct requirements_audit *audits = arena_array(scenario->arena, value_count(list), struct requirements_audit);
    for (size_t i = 0; i < value_count(list); i++)
        audits[i] = (struct requirements_audit){value_at(list, i)->text, claims->own};
    claims->audits = audits;
    claims->n_audits = (int32_t)value_count(list);
}

/* has[t]: it has nodes of type t. */
static struct requirements_provider claims_of(struct scenario *scenario, const struct value *group, const struct akash_plan *plan,
                                              struct attributes common, uint32_t provider, const bool *has)
{
    const struct fleet *fleet = plan->fleet;
    struct attribute *items = arena_array(scenario->arena, (size_t)fleet->types * CLAIMS_PER_TYPE + (size_t)common.count + 1 + 2 * (size_t)plan->n_storage_classes,
                                          struct attribute);
    struct requirements_provider claims = {.own.items = items};
    bool region = true;
    for (int32_t i = 0; i < common.count; i++) {
        items[claims.own.count++] = common.items[i];
        region = region && strcmp(common.items[i].key, "region") != 0;
    }
    if (region)
        items[claims.own.count++] = (struct attribute){"region", fleet->site[plan->provider_site[provider]].name};
    for (uint32_t t = 0; t < fleet->types; t++)
        if (has[t] && fleet->type[t].gpus > 0)
            claims.own.count += claim_gpus(scenario, &fleet->type[t], items + claims.own.count);
    for (int32_t i = 0; i < plan->n_storage_classes; i++) {
        items[claims.own.count++] = (struct attribute){arena_format(scenario->arena, "capabilities/storage/%d/class", i + 1), plan->storage_classes[i]};
        items[claims.own.count++] = (struct attribute){arena_format(scenario->arena, "capabilities/storage/%d/persistent", i + 1), "true"};
    }
    sign(scenario, group, &claims);
    return claims;
}

void akash_decide_bids(struct scenario *scenario, const struct value *group, struct akash_plan *plan)
{
    const struct fleet *fleet = plan->fleet;
    int before = scenario->errors;
    struct attributes common = common_claims(scenario, group);
    bool *has = arena_array(scenario->arena, (size_t)plan->providers * fleet->types, bool);
    if (scenario->errors > before)
        return;
    plan->claims = arena_array(scenario->arena, plan->providers, struct requirements_provider);
    plan->should_bid = arena_array(scenario->arena, (size_t)plan->providers * plan->demand->classes, enum bid_decision);
    for (uint32_t n = 0; n < fleet->nodes; n++)
        has[(size_t)plan->pools->pool_of_node[n] * fleet->types + fleet->node[n].type] = true;
    for (uint32_t p = 0; p < plan->providers; p++) {
        plan->claims[p] = claims_of(scenario, group, plan, common, p, has + (size_t)p * fleet->types);
        struct provider_policy policy = {.claims = plan->claims[p], .unlimited_counts = plan->rules.market.unlimited_counts};
        for (uint32_t c = 0; c < plan->demand->classes; c++)
            plan->should_bid[p * plan->demand->classes + c] = provider_should_bid(&policy, &plan->spec[c * plan->groups]);
    }
}
