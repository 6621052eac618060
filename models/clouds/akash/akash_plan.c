/* An Akash cloud's keys, made into an immutable plan: providers over the racks, money and time. */
#include "models/clouds/akash/akash_inside.h"
#include "models/clouds/world/needs.h"
#include "models/sdl/sdl.h"

#include "sim/chance/kernel.h"

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
                                                                                  : akash_decimal(plan->rules.akt_usd)};
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
    akash_build_specs(scenario, group, plan, gpu_usd_month);
    if (scenario->errors > before)
        return plan;
    akash_decide_bids(scenario, group, plan);
    warn_idle(scenario, group, plan);
    return plan;
}
