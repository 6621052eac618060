/* An Akash cloud's keys, made into an immutable plan: providers over the racks, group specs of the demand, who would bid on what. */
#include "models/clouds/akash/akash_inside.h"
#include "models/clouds/world/needs.h"
#include "models/sdl/sdl.h"

#include "sim/base/check.h"
#include "sim/chance/kernel.h"

#include <math.h>
#include <string.h>

#include "sim/base/nomalloc.h"

/* Who of a site's `count` providers owns which of its racks. Each has the rack of its own number, where its control runs. The others go in
 * turn; or, unequally, each to whom it brings least over its weight 1 / rank^zipf (highest averages: Jefferson, D'Hondt). */
static const uint32_t *share_racks(struct arena *arena, uint32_t racks, uint32_t count, double zipf)
{
    uint32_t *owner = arena_array(arena, racks, uint32_t), *has = arena_array(arena, count, uint32_t);
    double *weight = arena_array(arena, count, double);
    for (uint32_t i = 0; i < count; i++) {
        has[i] = 1;
        weight[i] = kernel_exp(-zipf * kernel_log(i + 1.0));
    }
    for (uint32_t r = 0; r < racks; r++) {
        uint32_t best = 0;
        for (uint32_t i = 1; i < count && zipf > 0 && r >= count; i++)
            if (weight[i] / (has[i] + 1) > weight[best] / (has[best] + 1))
                best = i;
        owner[r] = zipf > 0 && r >= count ? best : r % count;
        has[best] += r >= count;
    }
    return owner;
}

/* A provider's control runs in its first rack. */
static void add_providers(struct scenario *scenario, const struct value *group, struct akash_plan *plan, struct graph_builder *graph)
{
    const struct fleet *fleet = plan->fleet;
    const char *name = value_text(group, "name");
    uint32_t per_site = (uint32_t)value_integer(group, "providers_per_site"), most = fleet->sites * per_site;
    struct component control = needs_component(scenario, group, "", COMPONENT_PROVIDER, "provider_up", "provider_repair");
    plan->provider_name = arena_array(scenario->arena, most, const char *);
    plan->provider_component = arena_array(scenario->arena, most, uint32_t);
    plan->provider_site = arena_array(scenario->arena, most, uint32_t);
    for (uint32_t s = 0; s < fleet->sites; s++) {
        uint32_t count = per_site < fleet->site[s].racks ? per_site : fleet->site[s].racks, first = plan->providers;
        const uint32_t *owner = share_racks(scenario->arena, fleet->site[s].racks, count, value_number(group, "provider_zipf"));
        for (uint32_t i = 0; i < count; i++) {
            uint32_t p = plan->providers++;
            plan->provider_site[p] = s;
            plan->provider_name[p] = arena_format(scenario->arena, "%s/%s/p%02u", name, fleet->site[s].name, i + 1);
            control.path = plan->provider_name[p];
            plan->provider_component[p] = graph_add(graph, control);
            if (plan->rules.provider.probe_needs_chain) /* [R8], once the newest block is too old */
                graph_need(graph, plan->provider_component[p], plan->chain, PLANE_CONTROL,
                           (duration){plan->rules.clocks.probe_block_age_us});
            graph_need(graph, plan->provider_component[p], fleet->rack[fleet->site[s].first_rack + i].component, PLANE_DATA,
                       (duration){0});
        }
        for (uint32_t n = fleet->site[s].first_node; n < fleet->site[s].first_node + fleet->site[s].nodes; n++)
            plan->pools->pool_of_node[n] = first + owner[fleet->node[n].rack - fleet->site[s].first_rack];
    }
}

static decimal decimal_from_double(double value)
{
    return (decimal){(decimal_bits)llround(value * 1e6) * (DECIMAL_ONE_ATTO / 1000000)};
}

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
    return decimal_from_double(usd_month * value_number(group, "price_ceiling") * 1e6 / SCRIPT_BLOCKS_PER_MONTH / coin + 1);
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

static void build_specs(struct scenario *scenario, const struct value *group, struct akash_plan *plan, const double *gpu_usd_month)
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

/* --- What providers say of themselves --------------------------------------------------------------------------------- */

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

/* Whether a provider bids on a class depends on what both say, and on that alone. */
static void decide_bids(struct scenario *scenario, const struct value *group, struct akash_plan *plan)
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

/* Target prices for the script, in USD per month of 730 h: "a100=803,rtx4090=250". Model names that the script could misread are
 * refused. */
static const char *read_mapping(struct scenario *scenario, const struct value *group, const struct fleet *fleet, double *usd_month)
{
    struct prices prices;
    const char *mapping = "";
    prices_read(scenario, group, fleet, &prices);
    for (uint32_t m = 0; m < fleet->gpu_model_count; m++) {
        usd_month[m] = (double)prices.gpu[m].micro / 1e6 * 730;
        if (fleet->gpu_models[m][strspn(fleet->gpu_models[m], "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0')
            scenario_error(scenario, group, "on Akash models are written as a100, rtx4090, v100-32g",
                           "GPU model '%s' has characters other than a-z, 0-9 and -", fleet->gpu_models[m]);
        mapping = arena_format(scenario->arena, "%s%s%s=%.6f", mapping, m > 0 ? "," : "", fleet->gpu_models[m], usd_month[m]);
    }
    return mapping;
}

/* --- Money and time -------------------------------------------------------------------------------------------------- */

const struct key akash_price_keys[] = {
    {"at", KEY_UTC, NULL, "from when on"},
    {"price", KEY_MONEY, NULL, "price of one AKT", .low = 0.001, .high = 10000},
    {"source", KEY_TEXT, "", "where the price comes from"},
    {"evidence", KEY_CHOICE, "U", "R read, K recalled, U unsourced", .choices = "R|K|U"},
    KEY_END};

static decimal decimal_from_money(money amount) { return (decimal){(decimal_bits)amount.micro * (DECIMAL_ONE_ATTO / 1000000)}; }

static void read_akt_prices(struct scenario *scenario, const struct value *group, struct akash_plan *plan)
{
    const struct value *list = value_of(group, "akt_prices");
    int64_t start = value_utc(&scenario->root, "start"), before = INT64_MIN;
    struct akash_price *price = arena_array(scenario->arena, value_count(list) + 1, struct akash_price);
    price[0] = (struct akash_price){{INT64_MIN}, value_given(group, "akt_price") ? decimal_from_money(value_money(group, "akt_price"))
                                                                                  : decimal_from_double(plan->rules.akt_usd)};
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *entry = value_at(list, i);
        int64_t at = value_utc(entry, "at");
        if (at <= before)
            scenario_error(scenario, entry, "put the prices in the order of their times", "a price of AKT is not later than the one before it");
        before = at;
        price[i + 1] = (struct akash_price){{(at - start) * US_PER_SECOND}, decimal_from_money(value_money(entry, "price"))};
    }
    plan->price = price;
    plan->prices = (uint32_t)value_count(list) + 1;
}

const struct key akash_process_keys[] = {
    {"volatility", KEY_NUMBER, "0", "standard deviation of ln(price) after a year; 0: the price is as given (assumption)", .low = 0, .high = 10},
    {"drift", KEY_NUMBER, "0", "growth of ln(price) a year, without jumps (assumption)", .low = -10, .high = 10},
    {"jumps", KEY_RATE, "0", "jumps (assumption)", .high = 1.0 / 3600},
    {"jump_mean", KEY_NUMBER, "0", "mean of a jump of ln(price) (assumption)", .low = -5, .high = 5},
    {"jump_sd", KEY_NUMBER, "0", "its standard deviation (assumption)", .low = 0, .high = 5},
    {"every", KEY_DURATION, "1 h", "how often the price changes", .low = 60, .high = 31557600},
    {"source", KEY_TEXT, "", "where the figures come from"},
    {"evidence", KEY_CHOICE, "U", "R read, K recalled, U unsourced", .choices = "R|K|U"},
    KEY_END};

static void read_token(struct scenario *scenario, const struct value *group, struct akash_plan *plan)
{
    const struct value *process = value_of(group, "akt_process");
    plan->denom = strcmp(value_text(group, "pay_in"), "akt") == 0 ? MARKET_UAKT : plan->rules.denom;
    if (plan->denom == MARKET_UAKT && plan->rules.burn_mint)
        scenario_error(scenario, value_of(group, "pay_in"), "leave it away, or choose rules = \"2024-07\"",
                       "under the rules of %s leases are paid in ACT", value_text(group, "rules"));
    if (!value_given(group, "akt_process"))
        return;
    struct akash_process read = {.every = value_duration(process, "every"),
                                 .drift = value_number(process, "drift"),
                                 .volatility = value_number(process, "volatility"),
                                 .jumps_per_year = value_number(process, "jumps") * 31557600,
                                 .jump_mean = value_number(process, "jump_mean"),
                                 .jump_sd = value_number(process, "jump_sd")};
    if (read.drift == 0 && !(read.volatility > 0) && !(read.jumps_per_year > 0))
        read.every = (duration){0};
    plan->process = read;
}

static void read_storage(struct scenario *scenario, const struct value *group, struct akash_plan *plan)
{
    const struct value *list = value_of(group, "storage_classes");
    size_t count = value_count(list);
    const char **classes = arena_array(scenario->arena, count, const char *);
    if (count > ADJUST_CLASSES_MAX)
        scenario_error(scenario, list, "name fewer", "more than %d storage classes", ADJUST_CLASSES_MAX);
    for (size_t i = 0; i < count; i++) {
        classes[i] = value_at(list, i)->text;
        if (!sdl_volume_class_known(classes[i]))
            scenario_error(scenario, value_at(list, i), "persistent volumes are of class default, beta1, beta2 or beta3",
                           "no deployment can ask for storage class '%s'", classes[i]);
        for (size_t k = 0; k < i; k++)
            if (strcmp(classes[k], classes[i]) == 0)
                scenario_error(scenario, value_at(list, i), "name it once", "storage class '%s' is named twice", classes[i]);
    }
    plan->storage_classes = classes;
    plan->n_storage_classes = (int32_t)count;
}

static void read_windows(struct scenario *scenario, const struct value *group, struct akash_plan *plan)
{
    static const char *const keys[] = {"reclaim_asked", "reclaim_offered"};
    int64_t *const windows[] = {&plan->reclaim_asked_s, &plan->reclaim_offered_s};
    for (int i = 0; i < 2; i++) {
        int64_t window = *windows[i] = value_duration(group, keys[i]).us / US_PER_SECOND;
        if (window == 0)
            continue;
        if (plan->rules.market.dialect == MARKET_DIALECT_2024)
            scenario_error(scenario, value_of(group, keys[i]), "leave it away, or choose rules = \"2026-08\"",
                           "the rules of %s have no reclamation", value_text(group, "rules"));
        else if (window < plan->rules.market.window_min_s || window > plan->rules.market.window_max_s)
            scenario_error(scenario, value_of(group, keys[i]), "1 h to 30 d", "the chain takes no reclamation window of this length");
    }
    if (plan->reclaim_offered_s < plan->reclaim_asked_s)
        scenario_error(scenario, value_of(group, "reclaim_asked"), "raise 'reclaim_offered', or ask for less",
                       "tenants ask for a longer reclamation window than any provider offers: there would be no bid");
}

static void add_oracle(struct scenario *scenario, const struct value *group, struct akash_plan *plan, struct graph_builder *graph)
{
    const char *path = arena_format(scenario->arena, "%s/oracle", value_text(group, "name"));
    struct component oracle = needs_component(scenario, group, path, COMPONENT_SHARED, "oracle_up", "oracle_repair");
    plan->oracle = COMPONENT_NONE;
    if (plan->rules.burn_mint)
        plan->oracle = graph_add(graph, oracle);
    else if (oracle.up != NULL)
        scenario_error(scenario, value_of(group, "oracle_up"), "leave it away, or choose rules = \"2026-08\"",
                       "the rules of %s know no price oracle", value_text(group, "rules"));
    if (!plan->rules.burn_mint && plan->akt_reserve.us > 0)
        scenario_error(scenario, value_of(group, "akt_reserve"), "leave it away, or choose rules = \"2026-08\"",
                       "under the rules of %s an account holds one denom", value_text(group, "rules"));
}

/* --- The plan -------------------------------------------------------------------------------------------------------- */

static void read_limits(const struct value *limits, struct akash_plan *plan)
{
    plan->limits = (struct market_limits){.deployments = (uint32_t)value_integer(limits, "deployments"),
                                          .groups = (uint32_t)value_integer(limits, "groups"),
                                          .orders = (uint32_t)value_integer(limits, "orders"),
                                          .bids = (uint32_t)value_integer(limits, "bids"),
                                          .leases = (uint32_t)value_integer(limits, "leases"),
                                          .deposits = (uint32_t)value_integer(limits, "deposits")};
    plan->events = (uint32_t)value_integer(limits, "events");
    plan->reservations = (int32_t)value_integer(limits, "reservations");
    plan->names = (uint32_t)value_integer(limits, "names");
}

static struct akash_plan *read_plan(struct scenario *scenario, const struct value *group)
{
    struct akash_plan *plan = arena_new(scenario->arena, struct akash_plan);
    *plan = (struct akash_plan){.rules = akash_rules_read(scenario, group),
                                .groups = (uint32_t)value_integer(group, "groups"),
                                .price_spread = value_number(group, "price_spread"),
                                .automatic_share = value_number(group, "automatic_share"),
                                .top_up_missed = value_number(group, "top_up_missed"),
                                .start_overdrawn = value_number(group, "start_overdrawn"),
                                .collateral = value_number(group, "collateral"),
                                .act_supply = value_money(group, "act_supply").micro,
                                .first_dseq = (uint64_t)value_integer(group, "first_dseq"),
                                .choose_wait = value_duration(group, "choose_wait"),
                                .evict_after = value_duration(group, "evict_after"),
                                .retry_first = value_duration(group, "retry_first"),
                                .retry_cap = value_duration(group, "retry_cap"),
                                .escrow_depth = value_duration(group, "escrow_depth"),
                                .top_up_every = value_duration(group, "top_up_every"),
                                .withdraw_every = value_duration(group, "withdraw_every"),
                                .oracle_delay = value_duration(group, "oracle_delay"),
                                .akt_reserve = value_duration(group, "akt_reserve"),
                                .inventory_every = value_duration(group, "inventory_every"),
                                .bid_delay = value_law(group, "bid_delay"),
                                .start_time = value_law(group, "start_time"),
                                .manifest_time = value_law(group, "manifest_time"),
                                .detect_automatic = value_law(group, "detect_automatic"),
                                .detect_manual = value_law(group, "detect_manual"),
                                .departure = value_law(group, "departure"),
                                .restore_time = value_law(group, "restore_time"),
                                .backup_share = value_number(group, "backup_share"),
                                .absence = value_law(group, "absence")};
    plan->block = value_given(group, "block_time") ? value_duration(group, "block_time") : plan->rules.block;
    plan->rules.clocks.balance_interval_us = value_duration(group, "balance_every").us;
    plan->rules.clocks.monitor_retries = (int32_t)value_integer(group, "monitor_retries");
    read_limits(value_of(&scenario->root, "market_limits"), plan);
    return plan;
}

static bool somebody_pays_in_akt(const struct akash_plan *plan)
{
    bool found = false;
    for (uint32_t c = 0; c < plan->demand->classes; c++)
        for (uint32_t g = 0; g < akash_groups(plan, &plan->demand->class[c]); g++)
            found = found || plan->spec[c * plan->groups + g].units[0].denom == MARKET_UAKT;
    return found;
}

/* AKT under rules without a mint: a coin of leases that nobody uses. */
static void warn_idle(struct scenario *scenario, const struct value *group, const struct akash_plan *plan)
{
    static const char *const keys[] = {"akt_price", "akt_prices", "akt_process"};
    if (plan->rules.burn_mint || somebody_pays_in_akt(plan))
        return;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (value_given(group, keys[i]))
            scenario_warning(scenario, value_of(group, keys[i]), "pay_in = \"akt\", or leave it away",
                             "'%s' moves no more here than what bids' deposits are worth, because nobody pays in AKT", keys[i]);
}

const void *akash_plan(struct scenario *scenario, const struct value *group, const struct fleet *fleet,
                       const struct demand_plan *demand, struct graph_builder *graph)
{
    int before = scenario->errors;
    double gpu_usd_month[64] = {0};
    struct akash_plan *plan = read_plan(scenario, group);
    plan->fleet = fleet;
    plan->demand = demand;
    read_akt_prices(scenario, group, plan);
    read_token(scenario, group, plan);
    read_storage(scenario, group, plan);
    read_windows(scenario, group, plan);
    plan->chain = graph_add(graph, needs_component(scenario, group, arena_format(scenario->arena, "%s/chain", value_text(group, "name")),
                                                   COMPONENT_CONTROL, "control_up", "control_repair"));
    add_oracle(scenario, group, plan, graph);
    plan->own_name = strlen(value_text(group, "name")) + 1;
    plan->pools = pool_plan_read(scenario, group, fleet, 0);
    add_providers(scenario, group, plan, graph);
    plan->pools->pools = plan->providers;
    plan->gpu_mapping = read_mapping(scenario, group, fleet, gpu_usd_month);
    if (scenario->errors > before)
        return plan;
    build_specs(scenario, group, plan, gpu_usd_month);
    if (scenario->errors > before)
        return plan;
    decide_bids(scenario, group, plan);
    warn_idle(scenario, group, plan);
    return plan;
}
