/* An io.net cloud's keys, made into an immutable plan. */
#include "models/clouds/ionet/ionet_inside.h"
#include "models/clouds/world/needs.h"

#include <string.h>

#include "sim/base/nomalloc.h"

const struct key ionet_tier_keys[] = {
    {"site", KEY_NAME, NULL, "a site of the fleet", .unique = true},
    {"tier", KEY_CHOICE, NULL, "who owns its machines", .choices = "data-center|miner|consumer"},
    KEY_END};

static void read_tiers(struct scenario *scenario, const struct value *group, struct ionet_plan *plan)
{
    const struct fleet *fleet = plan->fleet;
    const struct value *tiers = value_of(group, "tiers");
    const char **names = arena_array(scenario->arena, fleet->sites, const char *);
    plan->tier_of_site = arena_array(scenario->arena, fleet->sites, enum tier);
    for (uint32_t s = 0; s < fleet->sites; s++)
        names[s] = fleet->site[s].name;
    for (size_t i = 0; i < value_count(tiers); i++) {
        const char *wanted = value_text(value_at(tiers, i), "site");
        uint32_t site = 0;
        while (site < fleet->sites && strcmp(names[site], wanted) != 0)
            site++;
        if (site < fleet->sites) {
            plan->tier_of_site[site] = (enum tier)value_choice(value_at(tiers, i), "tier");
            continue;
        }
        const char *near = scenario_nearest(wanted, names, fleet->sites);
        scenario_error(scenario, value_of(value_at(tiers, i), "site"),
                       near != NULL ? arena_format(scenario->arena, "did you mean '%s'?", near) : "name a site of the fleet",
                       "no site is called '%s'", wanted);
    }
}

static void add_components(struct scenario *scenario, const struct value *group, struct ionet_plan *plan,
                           struct graph_builder *graph)
{
    const struct fleet *fleet = plan->fleet;
    const char *name = value_text(group, "name");
    struct component relay = needs_component(scenario, group, "", COMPONENT_RELAY, "relay_up", "relay_repair");
    plan->orchestrator = graph_add(graph, needs_component(scenario, group, arena_format(scenario->arena, "%s/orchestrator", name),
                                                          COMPONENT_CONTROL, "control_up", "control_repair"));
    plan->supplier_name = arena_array(scenario->arena, (size_t)fleet->sites * plan->suppliers_per_site, const char *);
    for (uint32_t i = 0; i < fleet->sites * plan->suppliers_per_site; i++)
        plan->supplier_name[i] = arena_format(scenario->arena, "%s/%s/supplier-%02u", name,
                                              fleet->site[i / plan->suppliers_per_site].name, i % plan->suppliers_per_site + 1);
    plan->relay = arena_array(scenario->arena, (size_t)fleet->sites * plan->relays_per_site, uint32_t);
    for (uint32_t s = 0; s < fleet->sites; s++)
        for (uint32_t r = 0; r < plan->relays_per_site; r++) {
            relay.path = arena_format(scenario->arena, "%s/%s/relay-%u", name, fleet->site[s].name, r + 1);
            plan->relay[s * plan->relays_per_site + r] = graph_add(graph, relay);
        }
}

static bool is_zero(const struct law *law) { return law->kind == LAW_CONSTANT && law->a == 0; }

static void read_devices(const struct value *group, struct ionet_plan *plan)
{
    const struct law *every = value_law(group, "pause_every");
    plan->rules = ionet_rules_read(group);
    plan->by_hand = !is_zero(&plan->rules.relaunch);
    plan->newcomers = value_number(group, "newcomers");
    plan->pause_every = is_zero(every) ? NULL : every;
    plan->pause_length = value_law(group, "pause_length");
    plan->pause_takes = value_choice(group, "pause_hired") == 1;
    plan->misuse = value_number(group, "misuse");
    plan->blocked_for = value_law(group, "blocked_for");
}

const void *ionet_plan_read(struct scenario *scenario, const struct value *group, const struct fleet *fleet,
                              const struct demand_plan *demand, struct graph_builder *graph)
{
    struct ionet_plan *plan = arena_new(scenario->arena, struct ionet_plan);
    (void)demand;
    *plan = (struct ionet_plan){.fleet = fleet,
                                .price_factor = {1, value_number(group, "miner_price"), value_number(group, "consumer_price")},
                                .order = {TIER_DATA_CENTER, TIER_MINER, TIER_CONSUMER},
                                .relays_per_site = (uint32_t)value_integer(group, "relays_per_site"),
                                .suppliers_per_site = (uint32_t)value_integer(group, "suppliers_per_site"),
                                .heartbeat = value_duration(group, "heartbeat"),
                                .retry_first = value_duration(group, "retry_first"),
                                .retry_cap = value_duration(group, "retry_cap"),
                                .misses = value_integer(group, "heartbeat_misses"),
                                .deploy_time = value_law(group, "deploy_time"),
                                .replace_time = value_law(group, "replace_time"),
                                .manual_time = value_law(group, "manual_time"),
                                .manual_share = value_number(group, "manual_share"),
                                .fee = value_number(group, "fee"),
                                .refund = value_number(group, "refund"),
                                .recreate = value_choice(group, "livelocks") == 1};
    if (value_choice(group, "prefer") == 1) {
        plan->order[0] = TIER_CONSUMER;
        plan->order[2] = TIER_DATA_CENTER;
    }
    read_devices(group, plan);
    prices_read(scenario, group, fleet, &plan->prices);
    plan->prices.vcpu = value_money(group, "vcpu_price");
    read_tiers(scenario, group, plan);
    plan->pools = pool_plan_read(scenario, group, fleet, TIERS);
    for (uint32_t n = 0; n < fleet->nodes; n++) {
        plan->pools->pool_of_node[n] = plan->tier_of_site[fleet->node[n].site];
        plan->pools->domain_of_node[n] = (uint16_t)fleet->node[n].site;
    }
    add_components(scenario, group, plan, graph);
    return plan;
}
