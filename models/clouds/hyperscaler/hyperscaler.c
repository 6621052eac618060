#include "models/clouds/hyperscaler/hyperscaler_inside.h"
#include "models/clouds/world/needs.h"
#include "models/clouds/world/pace.h"
#include "sim/base/check.h"

#include <inttypes.h>

#include "sim/base/nomalloc.h"

/* --- Plan ------------------------------------------------------------------------------------------------------------ */

static void add_control_planes(struct scenario *scenario, const struct value *group, struct hyperscaler_plan *plan,
                               struct graph_builder *graph)
{
    const char *name = value_text(group, "name");
    const struct fleet *fleet = plan->fleet;
    duration grace = value_duration(group, "token_grace");
    plan->control = graph_add(graph, needs_component(scenario, group, arena_format(scenario->arena, "%s/control", name),
                                                     COMPONENT_CONTROL, "control_up", "control_repair"));
    plan->region_control = arena_array(scenario->arena, fleet->sites, uint32_t);
    for (uint32_t s = 0; s < fleet->sites; s++) {
        const char *path = arena_format(scenario->arena, "%s/%s/control", name, fleet->site[s].name);
        uint32_t control = graph_add(graph, needs_component(scenario, group, path, COMPONENT_REGION_CONTROL,
                                                            "region_control_up", "region_control_repair"));
        plan->region_control[s] = control;
        graph_need(graph, control, plan->control, PLANE_CONTROL, grace);
        /* It runs in every zone of its region and works while one of them does. */
        for (uint32_t z = 0; z < fleet->site[s].zones; z++)
            graph_need(graph, control, fleet->zone[fleet->site[s].first_zone + z].component, PLANE_DATA, (duration){0});
        graph_gate(graph, control, PLANE_DATA, GATE_ANY, 0);
    }
}

static void read_layout(struct scenario *scenario, const struct value *group, struct hyperscaler_plan *plan)
{
    const struct fleet *fleet = plan->fleet;
    plan->disks = (enum disks)value_choice(group, "disks");
    plan->zone_map = (enum zone_map)value_choice(group, "zone_map");
    plan->subscription = (uint32_t)value_integer(group, "subscription");
    plan->fault_domains = (uint32_t)value_integer(group, "fault_domains");
    plan->update_domains = (uint32_t)value_integer(group, "update_domains");
    plan->pools = pool_plan_read(scenario, group, fleet, fleet->sites);
    for (uint32_t n = 0; n < fleet->nodes; n++) {
        plan->pools->pool_of_node[n] = fleet->node[n].site;
        plan->pools->domain_of_node[n] = hyperscaler_domain(plan, n);
    }
    hyperscaler_check_domains(scenario, group, plan);
}

static void read_pairs(struct scenario *scenario, const struct value *group, struct hyperscaler_plan *plan)
{
    plan->pair = hyperscaler_read_pairs(scenario, group, plan->fleet);
    plan->failover_share = value_number(group, "failover_share");
    plan->failover_after = value_law(group, "failover_after");
    plan->failback_after = value_law(group, "failback_after");
    plan->decide_after = pace_or_never(group, "grs_failover");
    plan->copy_lag = value_law(group, "grs_lag");
}

/* Keys whose ground is missing. */
static void warn_idle(struct scenario *scenario, const struct value *group, const struct hyperscaler_plan *plan)
{
    if (plan->disks != DISKS_GRS)
        scenario_warn_idle(scenario, group, (const char *const[]){"grs_failover", "grs_lag", NULL}, "disks are not copied to a pair",
                           "disks = \"grs\", with pairs");
    else if (plan->decide_after == NULL)
        scenario_warn_idle(scenario, group, (const char *const[]){"grs_lag", NULL}, "no disk ever fails over", "give grs_failover a time");
    if (plan->pair == NULL)
        scenario_warn_idle(scenario, group, (const char *const[]){"failover_after", "failback_after", NULL}, "no region has a pair",
                           "add pairs, or leave it away");
    else if (!(plan->failover_share > 0))
        scenario_warn_idle(scenario, group, (const char *const[]){"failover_after", NULL}, "no tenant goes to the pair",
                           "give failover_share, or leave it away");
    if (plan->shock_every == NULL)
        scenario_warn_idle(scenario, group, (const char *const[]){"spot_shock_length", "spot_shock_share", "spot_pools", NULL},
                           "spot machines are never taken back together", "give spot_shock_every a time, or leave it away");
    if (plan->maintenance_every == NULL)
        scenario_warn_idle(scenario, group, (const char *const[]){"maintenance_length", "drain_grace", "update_pause", NULL},
                           "nothing is maintained", "give maintenance_every a time, or leave it away");
}

/* What is sold, for how much, and who has to go when. */
static void read_sales(struct scenario *scenario, const struct value *group, struct hyperscaler_plan *plan)
{
    plan->sla = sla_read(scenario, group);
    plan->sla_claimed = value_number(group, "sla_claimed");
    plan->discipline = (enum gpu_discipline)value_choice(group, "queue");
    plan->preemption = (enum preemption)value_choice(group, "preemption");
    plan->preempt_after = value_duration(group, "preempt_after");
    plan->notice = value_duration(group, "notice");
    plan->evictions_per_second = value_number(group, "spot_evictions");
    plan->shock_every = pace_read(scenario, group, "spot_shock_every");
    plan->shock_length = value_law(group, "spot_shock_length");
    plan->shock_share = value_number(group, "spot_shock_share");
    plan->shock_by_model = value_choice(group, "spot_pools") == 1;
    plan->reserved_term = value_duration(group, "reserved_term");
    prices_read(scenario, group, plan->fleet, &plan->prices);
    plan->prices.vcpu = value_money(group, "vcpu_price");
    prices_read_spot(group, plan->fleet, &plan->prices);
    prices_read_reserved(group, plan->fleet, &plan->prices);
}

static void read_maintenance(struct scenario *scenario, const struct value *group, struct hyperscaler_plan *plan)
{
    plan->maintenance_every = pace_read(scenario, group, "maintenance_every");
    plan->maintenance_length = value_law(group, "maintenance_length");
    plan->drain_grace = value_duration(group, "drain_grace");
    plan->update_pause = value_duration(group, "update_pause");
}

static const void *plan_hyperscaler(struct scenario *scenario, const struct value *group, const struct fleet *fleet,
                                    const struct demand_plan *demand, struct graph_builder *graph)
{
    struct hyperscaler_plan *plan = arena_new(scenario->arena, struct hyperscaler_plan);
    *plan = (struct hyperscaler_plan){.fleet = fleet,
                                      .create_time = value_law(group, "create_time"),
                                      .boot_time = value_law(group, "boot_time"),
                                      .heal_after = value_law(group, "heal_after"),
                                      .retry_first = value_duration(group, "retry_first"),
                                      .retry_cap = value_duration(group, "retry_cap"),
                                      .software_on_disk = value_bool(group, "software_on_disk")};
    read_sales(scenario, group, plan);
    read_layout(scenario, group, plan);
    read_pairs(scenario, group, plan);
    read_maintenance(scenario, group, plan);
    warn_idle(scenario, group, plan);
    add_control_planes(scenario, group, plan, graph);
    hyperscaler_read_fronts(scenario, group, demand, plan, graph);
    return plan;
}

/* --- Opening --------------------------------------------------------------------------------------------------------- */

static const struct pool_plan *pools_of(const void *plan) { return ((const struct hyperscaler_plan *)plan)->pools; }

static void register_actions(struct hyperscaler *cloud)
{
    struct engine *engine = cloud->world->engine;
    cloud->action_allocate = engine_action(engine, hyperscaler_on_allocate, cloud);
    cloud->action_start = engine_action(engine, hyperscaler_on_start, cloud);
    cloud->action_heal = engine_action(engine, hyperscaler_on_heal, cloud);
    cloud->action_month = engine_action(engine, hyperscaler_on_month, cloud);
    cloud->action_submit = engine_action(engine, hyperscaler_on_submit, cloud);
    cloud->action_pass = engine_action(engine, hyperscaler_on_pass, cloud);
    cloud->action_limit = engine_action(engine, hyperscaler_on_limit, cloud);
    cloud->action_notice = engine_action(engine, hyperscaler_on_notice, cloud);
    cloud->action_evict = engine_action(engine, hyperscaler_on_evict, cloud);
    cloud->action_drain = engine_action(engine, hyperscaler_on_drain, cloud);
    cloud->action_tell = engine_action(engine, hyperscaler_on_tell, cloud);
    cloud->action_maintain = engine_action(engine, hyperscaler_on_maintain, cloud);
    cloud->action_shock = engine_action(engine, hyperscaler_on_shock, cloud);
    cloud->action_travel = engine_action(engine, hyperscaler_on_travel, cloud);
    cloud->action_decide = engine_action(engine, hyperscaler_on_decide, cloud);
    cloud->action_wave = engine_action(engine, hyperscaler_on_wave, cloud);
    cloud->action_return = engine_action(engine, hyperscaler_on_return, cloud);
}

static void *open_hyperscaler(struct world *world, const void *own)
{
    struct hyperscaler *cloud = arena_new(world->arena, struct hyperscaler);
    const struct demand *demand = world->demand;
    cloud->world = world;
    cloud->plan = own;
    cloud->pools = world->pools;
    cloud->machine = arena_array(world->arena, demand->units, struct machine);
    cloud->holders = arena_array(world->arena, (size_t)demand->workloads + demand->units, struct pool_holder);
    cloud->none_before = arena_array(world->arena, demand->workloads, duration);
    cloud->wanted_before = arena_array(world->arena, demand->workloads, duration);
    cloud->paid_before = arena_array(world->arena, demand->workloads, money);
    for (uint32_t u = 0; u < demand->units; u++)
        cloud->machine[u] = (struct machine){.site = world_site(world, u), .storage = COMPONENT_NONE, .bought = INSTANT_NEVER};
    cloud->held = arena_array(world->arena, cloud->plan->fleet->zones, uint32_t);
    register_actions(cloud);
    hyperscaler_open_domains(cloud);
    hyperscaler_open_queues(cloud);
    hyperscaler_open_maintenance(cloud);
    hyperscaler_open_spot(cloud);
    hyperscaler_open_pairs(cloud);
    hyperscaler_schedule_months(cloud);
    return cloud;
}

/* --- Calls of the world ---------------------------------------------------------------------------------------------- */

static void request(void *context, uint32_t workload)
{
    struct hyperscaler *cloud = context;
    uint32_t first = cloud->world->demand->workload[workload].first_unit, units = world_class(cloud->world, workload)->units;
    if (is_job(cloud, first)) { /* one request for the whole gang */
        world_later_drawn(cloud->world, first, cloud->action_submit, cloud->plan->create_time);
        return;
    }
    for (uint32_t u = first; u < first + units; u++)
        world_later_drawn(cloud->world, u, cloud->action_allocate, cloud->plan->create_time);
}

static void withdraw(void *context, uint32_t workload)
{
    struct hyperscaler *cloud = context;
    uint32_t first = cloud->world->demand->workload[workload].first_unit, units = world_class(cloud->world, workload)->units;
    if (is_job(cloud, first)) {
        hyperscaler_end_job(cloud, workload);
        return;
    }
    for (uint32_t u = first; u < first + units; u++) {
        engine_cancel(cloud->world->engine, cloud->world->unit[u].pending);
        hyperscaler_stays(cloud, u);
        world_give_up(cloud->world, u);
        hyperscaler_free(cloud, u, "not wanted any more");
        hyperscaler_end_term(cloud, u);
    }
}

/* A node that is back, or a region that can be managed again, may be what a queue waits for. */
static void component(void *context, uint32_t index, uint8_t before, uint8_t after)
{
    struct hyperscaler *cloud = context;
    const struct fleet *fleet = cloud->plan->fleet;
    uint8_t gained = (uint8_t)(after & ~before);
    if (index < fleet->fleet_components) {
        if (((before ^ after) & COMPONENT_SERVES) != 0)
            hyperscaler_storage(cloud, index, (after & COMPONENT_SERVES) != 0);
        if ((gained & COMPONENT_SERVES) != 0)
            hyperscaler_behind_fronts(cloud, index);
        if ((gained & COMPONENT_SERVES) != 0 && fleet->node_of_component[index] != COMPONENT_NONE)
            hyperscaler_look(cloud, fleet->node[fleet->node_of_component[index]].site);
        return;
    }
    for (uint32_t s = 0; s < fleet->sites && (gained & COMPONENT_MANAGES) != 0; s++)
        if (cloud->plan->region_control[s] == index)
            hyperscaler_look(cloud, s);
}

static duration probe_time(const void *context, struct stream *stream)
{
    const struct hyperscaler *cloud = context;
    return law_draw_duration(cloud->plan->create_time, stream);
}

static bool passes(void *context, uint32_t site, const struct gpu_pod *small)
{
    struct hyperscaler *cloud = context;
    return can_manage(cloud, site) && pools_has(cloud->pools, site, small);
}

static uint32_t control(const void *context, uint32_t site)
{
    const struct hyperscaler *cloud = context;
    return cloud->plan->region_control[site];
}

static double evictions(const void *context, uint32_t unit)
{
    const struct hyperscaler *cloud = context;
    const struct hyperscaler_plan *plan = cloud->plan;
    if (world_class(cloud->world, workload_of(cloud, unit))->capacity != CAPACITY_SPOT)
        return 0;
    double together = plan->shock_every != NULL ? plan->shock_share / law_mean(plan->shock_every) : 0;
    return plan->evictions_per_second + together;
}

static void close_hyperscaler(void *context)
{
    struct hyperscaler *cloud = context;
    hyperscaler_bill_all(cloud);
    if (cloud->provider_capacity_s > 0)
        measure_provider(cloud->world->measure, cloud->provider_capacity_s);
}

static void lease(const void *context, uint32_t unit, const char **provider, money *per_hour)
{
    const struct hyperscaler *cloud = context;
    const struct fleet *fleet = cloud->plan->fleet;
    *provider = fleet->site[fleet->node[cloud->world->unit[unit].node].site].name; /* one owner; what differs is the region */
    *per_hour = hyperscaler_price(cloud, unit);
}

/* Zones are held by machines that wait for a place that is theirs, and by nobody else. */
static void audit_held(const struct hyperscaler *cloud)
{
    const struct world *world = cloud->world;
    uint64_t waiting = 0, held = 0;
    for (uint32_t u = 0; u < world->demand->units; u++) {
        const struct machine *machine = &cloud->machine[u];
        check(machine->held == 0 || (world->unit[u].state == UNIT_IDLE && world_wanted(world, workload_of(cloud, u)) &&
                                     machine->bought.us != US_NEVER), "unit %u holds zones and does not wait", u);
        for (uint64_t zones = machine->held; zones != 0; zones &= zones - 1)
            waiting++;
    }
    for (uint32_t z = 0; z < cloud->plan->fleet->zones; z++)
        held += cloud->held[z];
    check(held == waiting, "zones are held %" PRIu64 " times by %" PRIu64 " that wait", held, waiting);
}

/* A gang holds all its machines or none, and who holds them is what the queue says. */
static void audit(const void *context)
{
    const struct hyperscaler *cloud = context;
    const struct world *world = cloud->world;
    audit_held(cloud);
    for (uint32_t w = 0; w < world->demand->workloads; w++) {
        uint32_t first = world->demand->workload[w].first_unit, units = world_class(world, w)->units, held = 0;
        if (!is_job(cloud, first))
            continue;
        for (uint32_t u = first; u < first + units; u++)
            held += world->unit[u].state != UNIT_IDLE;
        const struct gpu_backfill *queue = cloud->region[world->demand->workload[w].site[0]].queue;
        bool running = cloud->job[w].id != GPU_NO_JOB && gpu_backfill_job(queue, cloud->job[w].id)->state == GPU_JOB_RUNNING;
        check(held == (running ? units : 0), "job %u holds %u machines of %u", w, held, units);
    }
}

const struct cloud_kind cloud_hyperscaler = {.name = "hyperscaler", .rules = "2024-07",
                                             .plan = plan_hyperscaler,
                                             .events_per_unit = 5,
                                             .pools = pools_of,
                                             .open = open_hyperscaler,
                                             .request = request,
                                             .withdraw = withdraw,
                                             .lease = lease,
                                             .unit_down = hyperscaler_unit_down,
                                             .unit_up = hyperscaler_unit_up,
                                             .component = component,
                                             .probe_time = probe_time,
                                             .passes = passes,
                                             .control = control,
                                             .evictions = evictions,
                                             .close = close_hyperscaler,
                                             .audit = audit};
