/* An io.net cloud's keys, made into an immutable plan. */
#include "models/clouds/ionet/ionet_inside.h"
#include "models/clouds/world/needs.h"
#include "models/clouds/world/pace.h"

#include <math.h>
#include <string.h>

#include "sim/base/nomalloc.h"

const struct key ionet_tier_keys[] = {
    {"site", KEY_NAME, NULL, "a site of the fleet", .unique = true},
    {"tier", KEY_CHOICE, NULL, "who owns its machines", .choices = "data-center|miner|consumer"},
    {"connectivity", KEY_CHOICE, "ultra", "tier of its connection (R, 2025); none earns no rewards", .choices = "none|low|medium|high|ultra"},
    KEY_END};

const struct key ionet_reward_keys[] = {
    {"model", KEY_NAME, NULL, "a GPU model of the fleet", .unique = true},
    {"multiplier", KEY_NUMBER, "1", "of score and stake (R, 2025: h100 10); 0: earns none", .low = 0, .high = 1000},
    {"pool", KEY_CHOICE, "enterprise", "which devices it shares rewards with, since June 2025 (R)", .choices = "enterprise|community"},
    KEY_END};

static void read_tiers(struct scenario *scenario, const struct value *group, struct ionet_plan *plan, int *connectivity)
{
    const struct fleet *fleet = plan->fleet;
    const struct value *tiers = value_of(group, "tiers");
    const char **names = arena_array(scenario->arena, fleet->sites, const char *);
    plan->tier_of_site = arena_array(scenario->arena, fleet->sites, enum tier);
    for (uint32_t s = 0; s < fleet->sites; s++)
        names[s] = fleet->site[s].name;
    for (uint32_t s = 0; s < fleet->sites; s++)
        connectivity[s] = 4;
    for (size_t i = 0; i < value_count(tiers); i++) {
        const char *wanted = value_text(value_at(tiers, i), "site");
        uint32_t site = 0;
        while (site < fleet->sites && strcmp(names[site], wanted) != 0)
            site++;
        if (site < fleet->sites) {
            plan->tier_of_site[site] = (enum tier)value_choice(value_at(tiers, i), "tier");
            connectivity[site] = value_choice(value_at(tiers, i), "connectivity");
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
    plan->solana = COMPONENT_NONE;
    if (plan->rules.solana)
        plan->solana = graph_add(graph, needs_component(scenario, group, arena_format(scenario->arena, "%s/solana", name),
                                                        COMPONENT_CONTROL, "solana_up", "solana_repair"));
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

static void read_devices(struct scenario *scenario, const struct value *group, struct ionet_plan *plan)
{
    plan->rules = ionet_rules_read(group);
    if (plan->rules.booking.us > 0 && plan->rules.booking.us < US_PER_HOUR)
        scenario_error(scenario, value_of(group, "booking"), "\"1 h\" or longer, or \"0 h\" for by the hour, without an end",
                       "nothing is booked for less than an hour");
    if (!plan->rules.solana && value_given(group, "solana_up"))
        scenario_error(scenario, value_of(group, "solana_up"), "add solana = true, or leave it away", "this cloud does not use Solana");
    plan->by_hand = plan->rules.relaunch.kind != LAW_CONSTANT || plan->rules.relaunch.a > 0;
    plan->newcomers = value_number(group, "newcomers");
    plan->pause_every = pace_read(scenario, group, "pause_every");
    plan->pause_length = value_law(group, "pause_length");
    plan->pause_takes = value_choice(group, "pause_hired") == 1;
    plan->misuse = value_number(group, "misuse");
    plan->wipe_time = value_law(group, "wipe_time");
    plan->blocked_for = value_law(group, "blocked_for");
}

static void read_money(const struct value *group, struct ionet_plan *plan)
{
    plan->supplier_fee = value_number(group, "supplier_fee");
    plan->crypto_share = value_number(group, "crypto_share");
    plan->extension_missed = value_number(group, "extension_missed");
    plan->extension_late = value_law(group, "extension_late");
    plan->grace = value_duration(group, "grace");
    plan->timelock_failed = value_number(group, "timelock_failed");
}

static void read_stakes(const struct value *group, struct ionet_plan *plan)
{
    plan->uptime_rule = value_duration(group, "uptime_rule");
    plan->io_price = (double)value_money(group, "io_price").micro / 1e6;
    plan->income_floor = (double)value_money(group, "income_floor").micro / 1e6;
    plan->slash_share = value_number(group, "slash_share");
    plan->slash_after = (uint32_t)value_integer(group, "slash_after");
    plan->slash_window = value_duration(group, "slash_window");
    plan->appeal_won = value_number(group, "appeal_won");
    plan->restake = value_law(group, "restake");
    plan->co_stake = value_number(group, "co_stake");
    plan->least_reliability = value_number(group, "least_reliability");
    plan->disconnect_penalty = value_number(group, "disconnect_penalty");
    plan->leave = value_number(group, "leave");
}

/* Multiplier and pool of a type of node. */
static double multiplier_of(const struct value *group, const struct node_type *type, bool by_hardware, uint8_t *pool)
{
    static const char *const enterprise[] = {"a100", "h100", "h200", "rtx4090", "rtx5090"};
    const struct value *said = type->gpus > 0 ? value_named(value_of(group, "gpu_rewards"), type->gpu_model) : NULL;
    bool is_enterprise = said != NULL && value_choice(said, "pool") == 0;
    *pool = POOL_CPU;
    if (type->gpus == 0)
        return 1;
    for (size_t i = 0; i < sizeof enterprise / sizeof *enterprise && said == NULL; i++)
        is_enterprise |= strcmp(type->gpu_model, enterprise[i]) == 0;
    *pool = is_enterprise || !by_hardware ? POOL_ENTERPRISE : POOL_COMMUNITY;
    return said != NULL ? value_number(said, "multiplier") : 1;
}

/* Half points of score: ((0.02 tier / 4 + 2 multiplier GPUs) 100 + 0.05 hired) 10, as far as the printed formula can be read. A machine
 * without GPUs counts as one (assumption). */
static void read_rewards(struct scenario *scenario, const struct value *group, struct ionet_plan *plan, const int *connectivity)
{
    const struct fleet *fleet = plan->fleet;
    bool by_hardware = plan->rules.pools_by_hardware;
    double io = 500e6 * 0.08 / 12 / 730.5; /* 8 % a year at the begin */
    int64_t all[IONET_POOLS] = {0};
    plan->score_of_node = arena_array(scenario->arena, fleet->nodes, int64_t);
    plan->stake_of_node = arena_array(scenario->arena, fleet->nodes, int64_t);
    plan->reward_pool_of_node = arena_array(scenario->arena, fleet->nodes, uint8_t);
    plan->block_io = arena_array(scenario->arena, IONET_MONTHS, double);
    for (int month = 0; month < IONET_MONTHS; month++, io *= 1 - 0.0102)
        plan->block_io[month] = io;
    plan->pool_share[POOL_ENTERPRISE] = 0.95 * (by_hardware ? 0.95 : 1);
    plan->pool_share[POOL_COMMUNITY] = 0.95 * (by_hardware ? 0.05 : 0);
    plan->pool_share[POOL_CPU] = 0.05;
    for (uint32_t n = 0; n < fleet->nodes; n++) {
        const struct node_type *type = &fleet->type[fleet->node[n].type];
        int connected = connectivity[fleet->node[n].site], gpus = type->gpus > 0 ? type->gpus : 1;
        uint8_t pool;
        double multiplier = multiplier_of(group, type, by_hardware, &pool);
        plan->score_of_node[n] = 10 * connected + llround(4000 * multiplier * gpus);
        plan->stake_of_node[n] = llround(200e6 * (multiplier > 1 ? multiplier : 1) * gpus);
        plan->reward_pool_of_node[n] = connected > 0 && multiplier > 0 ? pool : IONET_NO_POOL;
        if (plan->reward_pool_of_node[n] != IONET_NO_POOL)
            all[pool] += plan->score_of_node[n];
    }
    if (plan->rules.rewards && !value_given(group, "fleet_points"))
        scenario_error(scenario, value_of(group, "fleet_points"),
                       "fleet_points = \"1 %\": what is left goes to others, and with \"100 %\" this fleet is the network; or rewards = false",
                       "rewards are shared with the network, and 'fleet_points' does not say how large this fleet is in it");
    for (int p = 0; value_given(group, "fleet_points") && p < IONET_POOLS; p++)
        plan->pool_others[p] = llround((double)all[p] * (1 / value_number(group, "fleet_points") - 1));
}

/* A model that the fleet does not have is a slip of the pen. */
static void check_rewards(struct scenario *scenario, const struct value *group, const struct fleet *fleet)
{
    const struct value *list = value_of(group, "gpu_rewards");
    for (size_t i = 0; i < value_count(list); i++) {
        const char *model = value_text(value_at(list, i), "model");
        if (fleet_gpu_model(fleet, model) >= 0)
            continue;
        const char *near = scenario_nearest(model, fleet->gpu_models, fleet->gpu_model_count);
        scenario_error(scenario, value_of(value_at(list, i), "model"),
                       near != NULL ? arena_format(scenario->arena, "did you mean '%s'?", near) : "no node type of the fleet has it",
                       "no node has a GPU of model '%s'", model);
    }
}

/* Keys whose ground is missing. */
static void warn_idle(struct scenario *scenario, const struct value *group, const struct ionet_plan *plan)
{
    const struct ionet_rules *rules = &plan->rules;
    if (!rules->stake)
        scenario_warn_idle(scenario, group,
                           (const char *const[]){"slash_share", "slash_after", "slash_window", "appeal_won", "restake", "co_stake", NULL},
                           "devices carry no stake", "stake = true, or leave it away");
    if (!rules->rewards)
        scenario_warn_idle(scenario, group, (const char *const[]){"uptime_rule", "fleet_points", NULL}, "there are no rewards",
                           "rewards = true, or leave it away");
    if (!rules->rewards && !rules->stake)
        scenario_warn_idle(scenario, group, (const char *const[]){"gpu_rewards", "io_price", NULL}, "there are neither rewards nor stakes",
                           "rewards = true or stake = true, or leave it away");
    if (plan->pause_every == NULL)
        scenario_warn_idle(scenario, group, (const char *const[]){"pause_length", "pause_hired", NULL}, "no owner pauses",
                           "give pause_every a time, or leave it away");
    if (rules->booking.us == 0)
        scenario_warn_idle(scenario, group, (const char *const[]){"extension_missed", "extension_late", "grace", NULL},
                           "bookings have no end", "give booking a length, or leave it away");
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
    read_devices(scenario, group, plan);
    prices_read(scenario, group, fleet, &plan->prices);
    plan->prices.vcpu = value_money(group, "vcpu_price");
    int *connectivity = arena_array(scenario->arena, fleet->sites, int);
    read_tiers(scenario, group, plan, connectivity);
    read_stakes(group, plan);
    read_money(group, plan);
    check_rewards(scenario, group, fleet);
    warn_idle(scenario, group, plan);
    read_rewards(scenario, group, plan, connectivity);
    plan->pools = pool_plan_read(scenario, group, fleet, TIERS);
    for (uint32_t n = 0; n < fleet->nodes; n++) {
        plan->pools->pool_of_node[n] = plan->tier_of_site[fleet->node[n].site];
        plan->pools->domain_of_node[n] = (uint16_t)fleet->node[n].site;
    }
    add_components(scenario, group, plan, graph);
    return plan;
}
