#include "models/clouds/hyperscaler.h"

#include "models/clouds/cloud.h"
#include "models/clouds/needs.h"
#include "models/clouds/sla.h"
#include "sim/base/check.h"

#include <math.h>

#include "sim/base/nomalloc.h"

enum disks { DISKS_LRS, DISKS_ZRS, DISKS_LOCAL };

struct hyperscaler_plan {
    const struct fleet *fleet;
    struct pool_plan *pools; /* pool = site, domain = zone within the site */
    struct prices prices;
    enum disks disks;
    const struct law *create_time, *boot_time, *heal_after;
    duration retry_first, retry_cap;
    double sla_claimed;
    bool software_on_disk;
    uint32_t control;
    uint32_t *region_control; /* by site */
};

/* What the cloud knows about one unit. */
struct machine {
    uint32_t storage;        /* position in fleet.storage, once chosen; COMPONENT_NONE */
    bool booted;             /* its disk holds something: an attempt that is undone does not give it up */
    uint32_t tries;          /* refused in a row */
    instant billed_to;
};

struct hyperscaler {
    struct world *world;
    const struct hyperscaler_plan *plan;
    struct pools *pools;
    struct machine *machine;     /* by unit */
    duration *none_before;       /* by workload: downtime at the begin of the month */
    money *paid_before;          /* by workload: bill at the begin of the month */
    double provider_capacity_s;  /* GPU-equivalents x seconds leased */
    uint32_t action_allocate, action_start, action_heal, action_month;
};

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

static const void *plan_hyperscaler(struct scenario *scenario, const struct value *group, const struct fleet *fleet,
                                    const struct demand_plan *demand, struct graph_builder *graph)
{
    struct hyperscaler_plan *plan = arena_new(scenario->arena, struct hyperscaler_plan);
    (void)demand;
    *plan = (struct hyperscaler_plan){.fleet = fleet,
                                      .disks = (enum disks)value_choice(group, "disks"),
                                      .create_time = value_law(group, "create_time"),
                                      .boot_time = value_law(group, "boot_time"),
                                      .heal_after = value_law(group, "heal_after"),
                                      .retry_first = value_duration(group, "retry_first"),
                                      .retry_cap = value_duration(group, "retry_cap"),
                                      .sla_claimed = value_number(group, "sla_claimed"),
                                      .software_on_disk = value_bool(group, "software_on_disk")};
    prices_read(scenario, group, fleet, &plan->prices);
    plan->prices.vcpu = value_money(group, "vcpu_price");
    plan->pools = pool_plan_read(scenario, group, fleet, fleet->sites);
    for (uint32_t n = 0; n < fleet->nodes; n++) {
        plan->pools->pool_of_node[n] = fleet->node[n].site;
        plan->pools->domain_of_node[n] = (uint16_t)(fleet->node[n].zone - fleet->site[fleet->node[n].site].first_zone);
    }
    add_control_planes(scenario, group, plan, graph);
    return plan;
}

/* --- Small tools ----------------------------------------------------------------------------------------------------- */

static uint32_t workload_of(const struct hyperscaler *cloud, uint32_t unit) { return cloud->world->unit[unit].workload; }

/* Tries again later: what the public advice on refused allocations amounts to. */
static void refuse(struct hyperscaler *cloud, uint32_t unit, uint32_t action)
{
    duration wait = world_backoff(cloud->plan->retry_first, cloud->plan->retry_cap, cloud->machine[unit].tries++);
    world_refuse(cloud->world, unit);
    world_later(cloud->world, unit, action, wait);
}

/* --- Billing --------------------------------------------------------------------------------------------------------- */

static void bill(struct hyperscaler *cloud, uint32_t unit)
{
    struct world *world = cloud->world;
    struct machine *machine = &cloud->machine[unit];
    instant now = world_now(world), from = machine->billed_to;
    if (world->unit[unit].state == UNIT_IDLE || now.us <= 0) {
        machine->billed_to = now;
        return;
    }
    if (from.us < 0)
        from.us = 0;
    uint32_t workload = workload_of(cloud, unit);
    const struct demand_class *class = world_class(world, workload);
    const struct node_type *type = &world->plan->fleet->type[world->plan->fleet->node[world->unit[unit].node].type];
    duration span = instant_since(now, from);
    world_pay(world, unit, 1, money_for(prices_unit(&cloud->plan->prices, class, type), span), world->plan->name, "usd", "machine");
    measure_billed(world->measure, workload, 1, from, now);
    cloud->provider_capacity_s += duration_seconds(span);
    machine->billed_to = now;
}

static void bill_all(struct hyperscaler *cloud)
{
    for (uint32_t u = 0; u < cloud->world->demand->units; u++)
        bill(cloud, u);
}

/* A UTC month has ended: bills, and credits on them where it was complete (month_us: its length; 0: it was not). */
static void on_month(void *context, struct engine *engine, uint32_t unused, uint64_t month_us)
{
    (void)engine;
    (void)unused;
    struct hyperscaler *cloud = context;
    struct world *world = cloud->world;
    bill_all(cloud);
    for (uint32_t w = 0; w < world->demand->workloads; w++) {
        const struct demand_class *class = world_class(world, w);
        if (class->kind != DEMAND_SERVICE)
            continue;
        duration none = measure_none_up(world->measure, w, world_now(world));
        money paid = measure_paid(world->measure, w);
        double uptime = month_us > 0 ? 1 - (double)(none.us - cloud->none_before[w].us) / (double)month_us : 1;
        double share = sla_credit(sla_threshold(class), uptime) * cloud->plan->sla_claimed;
        int64_t bill_micro = paid.micro - cloud->paid_before[w].micro;
        if (share > 0 && bill_micro > 0)
            world_credit(world, w, (money){(int64_t)nearbyint(share * (double)bill_micro)}, world->plan->name);
        cloud->none_before[w] = none;
        cloud->paid_before[w] = paid;
    }
}

/* The end of every month inside the run; of the first one, which the run may have begun in the middle of, as not complete. */
static void schedule_months(struct hyperscaler *cloud)
{
    struct world *world = cloud->world;
    int64_t start = world->plan->start_unix_s, end = start + world->task->horizon.us / US_PER_SECOND;
    int year, month;
    utc_month(start, &year, &month);
    for (;;) {
        int64_t from = utc_month_start(year, month);
        if (++month > 12)
            year += 1, month = 1;
        int64_t to = utc_month_start(year, month);
        if (to > end)
            return;
        engine_schedule(world->engine, (instant){(to - start) * US_PER_SECOND}, CLASS_BEGIN, cloud->action_month, 0,
                        from < start ? 0 : (uint64_t)((to - from) * US_PER_SECOND));
    }
}

/* --- Placing --------------------------------------------------------------------------------------------------------- */

/* Zones of a site in which a storage unit serves; all, when none does. */
static uint64_t zones_with_storage(const struct hyperscaler *cloud, uint32_t site)
{
    const struct fleet *fleet = cloud->plan->fleet;
    uint64_t some = 0, all = UINT64_MAX >> (64 - fleet->site[site].zones);
    for (uint32_t z = 0; z < fleet->site[site].zones; z++) {
        const struct fleet_zone *zone = &fleet->zone[fleet->site[site].first_zone + z];
        for (uint32_t i = 0; i < zone->storages; i++)
            if (graph_serves(cloud->world->graph, fleet->storage[zone->first_storage + i])) {
                some |= UINT64_C(1) << z;
                break;
            }
    }
    return some == 0 || some == all ? UINT64_MAX : some;
}

/* The zones a unit may go to: that of its disk, or its turn when replicas are spread over zones, or any. */
static uint64_t allowed_zones(const struct hyperscaler *cloud, uint32_t unit, uint32_t site)
{
    const struct fleet *fleet = cloud->plan->fleet;
    const struct machine *machine = &cloud->machine[unit];
    uint32_t workload = workload_of(cloud, unit), zones = fleet->site[site].zones;
    const struct demand_class *class = world_class(cloud->world, workload);
    if (machine->storage != COMPONENT_NONE && cloud->plan->disks == DISKS_LRS)
        return UINT64_C(1) << ((fleet->storage_zone[machine->storage] - fleet->site[site].first_zone));
    if (class->spread == SPREAD_ZONE) {
        /* Subscriptions number zones differently: a tenant's first zone is a physical zone of its own. */
        uint32_t first = cloud->world->demand->workload[workload].number % zones;
        return UINT64_C(1) << ((first + unit - cloud->world->demand->workload[workload].first_unit) % zones);
    }
    if (cloud->plan->disks == DISKS_ZRS)
        return zones_with_storage(cloud, site);
    return UINT64_MAX;
}

/* A disk in a storage unit of the zone: chosen once, and again only when the disk can move, then to a unit that serves where there
 * is one. */
static void choose_storage(struct hyperscaler *cloud, uint32_t unit, uint32_t node)
{
    struct machine *machine = &cloud->machine[unit];
    if (cloud->plan->disks == DISKS_LOCAL || (machine->storage != COMPONENT_NONE && cloud->plan->disks == DISKS_LRS))
        return;
    const struct fleet_zone *zone = &cloud->plan->fleet->zone[cloud->plan->fleet->node[node].zone];
    struct stream stream = world_stream(cloud->world, unit);
    uint32_t at = (uint32_t)stream_below(&stream, zone->storages);
    for (uint32_t i = 0; cloud->plan->disks == DISKS_ZRS && i < zone->storages; i++) {
        if (graph_serves(cloud->world->graph, cloud->plan->fleet->storage[zone->first_storage + at]))
            break;
        at = (at + 1) % zone->storages;
    }
    machine->storage = zone->first_storage + at;
}

static bool place(void *context, uint32_t unit)
{
    struct hyperscaler *cloud = context;
    struct world *world = cloud->world;
    uint32_t site = world_site(world, unit), node;
    uint16_t devices;
    uint64_t zones = allowed_zones(cloud, unit, site);
    struct pool_wish wish = {.domains = zones == UINT64_MAX ? NULL : &zones, .domain_words = 1};
    if (!pools_take_apart(cloud->pools, site, workload_of(cloud, unit), &wish, &node, &devices)) /* an availability set */
        return false;
    choose_storage(cloud, unit, node);
    uint32_t storage = cloud->machine[unit].storage;
    bool remote = cloud->plan->disks != DISKS_LOCAL;
    uint32_t extra = remote ? cloud->plan->fleet->storage[storage] : 0;
    world_bind(world, unit, node, devices, &extra, remote);
    cloud->machine[unit].billed_to = world_now(world);
    cloud->machine[unit].tries = 0;
    return true;
}

static void free_unit(void *context, uint32_t unit)
{
    struct hyperscaler *cloud = context;
    struct unit *what = &cloud->world->unit[unit];
    if (what->state == UNIT_IDLE)
        return;
    bill(cloud, unit);
    pools_give(cloud->pools, what->workload, what->node, what->devices);
    world_release(cloud->world, unit, "moved by the platform");
}

/* Takes an attempt to place back: as if it had not been made. */
static void undo_place(void *context, uint32_t unit)
{
    struct hyperscaler *cloud = context;
    free_unit(cloud, unit);
    if (!cloud->machine[unit].booted)
        cloud->machine[unit].storage = COMPONENT_NONE;
}

static bool can_manage(const struct hyperscaler *cloud, uint32_t site)
{
    return graph_manages(cloud->world->graph, cloud->plan->region_control[site]);
}

static void on_allocate(void *context, struct engine *engine, uint32_t unit, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct hyperscaler *cloud = context;
    struct world *world = cloud->world;
    uint32_t workload = workload_of(cloud, unit);
    bool gang = world_class(world, workload)->kind == DEMAND_JOB, failed = !can_manage(cloud, world_site(world, unit));
    if (!failed && gang)
        world_place_gang(world, workload, place, undo_place, &failed);
    else if (!failed)
        failed = !place(cloud, unit);
    if (failed) {
        refuse(cloud, unit, cloud->action_allocate);
        return;
    }
    uint32_t first = world->demand->workload[workload].first_unit, units = world_class(world, workload)->units;
    for (uint32_t u = gang ? first : unit; u < (gang ? first + units : unit + 1); u++)
        if (world->unit[u].state == UNIT_BOUND && world->unit[u].bound_at.us == world_now(world).us)
            world_later_drawn(world, u, cloud->action_start, cloud->plan->boot_time);
}

static bool has_node(const struct hyperscaler *cloud, uint32_t unit)
{
    return graph_serves(cloud->world->graph, cloud->world->unit[unit].dependency[0]);
}

/* Whether the machine is down for software on its own disk: wherever the platform moves it, the disk comes along. */
static bool is_stuck(const struct hyperscaler *cloud, uint32_t unit)
{
    uint32_t node = cloud->world->unit[unit].dependency[0];
    return cloud->plan->software_on_disk && graph_culprit(cloud->world->graph, node) == node &&
           faults_by_software(cloud->world->faults, node);
}

/* Whether the platform has to move a machine that does not run: its node is lost, or its disk, where another has the data. */
static bool must_move(const struct hyperscaler *cloud, uint32_t unit)
{
    if (!has_node(cloud, unit))
        return !is_stuck(cloud, unit);
    return cloud->plan->disks == DISKS_ZRS && cloud->world->unit[unit].missing > 0;
}

/* Whether a machine's data lies in a storage unit that does not serve, and nowhere else: it would start on no other node either. */
static bool waits_for_disk(const struct hyperscaler *cloud, uint32_t unit)
{
    const struct machine *machine = &cloud->machine[unit];
    return cloud->plan->disks == DISKS_LRS && machine->booted &&
           !graph_serves(cloud->world->graph, cloud->plan->fleet->storage[machine->storage]);
}

static void on_start(void *context, struct engine *engine, uint32_t unit, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct hyperscaler *cloud = context;
    if (cloud->world->unit[unit].missing == 0) {
        cloud->machine[unit].booted = true;
        world_start(cloud->world, unit);
    } else if (must_move(cloud, unit)) { /* else its disk was away from the begin, and unit_up will come back to it */
        world_later_drawn(cloud->world, unit, cloud->action_heal, cloud->plan->heal_after);
    }
}

/* The platform moves a machine off what failed. */
static void on_heal(void *context, struct engine *engine, uint32_t unit, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct hyperscaler *cloud = context;
    struct world *world = cloud->world;
    if (!must_move(cloud, unit))
        return; /* the node is back, only the disk is not: unit_up will come back to it */
    world_detected(world, workload_of(cloud, unit));
    if (!can_manage(cloud, world_site(world, unit))) {
        refuse(cloud, unit, cloud->action_heal);
        return;
    }
    if (waits_for_disk(cloud, unit)) {
        world_later(world, unit, cloud->action_heal, cloud->plan->retry_cap);
        return;
    }
    undo_place(cloud, unit);
    world_ask(world, unit);
    world_later_drawn(world, unit, cloud->action_allocate, cloud->plan->create_time);
}

/* --- Probes ---------------------------------------------------------------------------------------------------------- */

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

/* --- Calls of the world ---------------------------------------------------------------------------------------------- */

static const struct pool_plan *pools_of(const void *plan) { return ((const struct hyperscaler_plan *)plan)->pools; }

static void *open_hyperscaler(struct world *world, const void *own)
{
    struct hyperscaler *cloud = arena_new(world->arena, struct hyperscaler);
    cloud->world = world;
    cloud->plan = own;
    cloud->pools = world->pools;
    cloud->machine = arena_array(world->arena, world->demand->units, struct machine);
    cloud->none_before = arena_array(world->arena, world->demand->workloads, duration);
    cloud->paid_before = arena_array(world->arena, world->demand->workloads, money);
    for (uint32_t u = 0; u < world->demand->units; u++)
        cloud->machine[u].storage = COMPONENT_NONE;
    cloud->action_allocate = engine_action(world->engine, on_allocate, cloud);
    cloud->action_start = engine_action(world->engine, on_start, cloud);
    cloud->action_heal = engine_action(world->engine, on_heal, cloud);
    cloud->action_month = engine_action(world->engine, on_month, cloud);
    schedule_months(cloud);
    return cloud;
}

static void request(void *context, uint32_t workload)
{
    struct hyperscaler *cloud = context;
    uint32_t first = cloud->world->demand->workload[workload].first_unit, units = world_class(cloud->world, workload)->units;
    bool gang = world_class(cloud->world, workload)->kind == DEMAND_JOB;
    for (uint32_t u = first; u < first + units; u++) {
        if (!gang || u == first) /* one request for the whole gang */
            world_later_drawn(cloud->world, u, cloud->action_allocate, cloud->plan->create_time);
    }
}

static void withdraw(void *context, uint32_t workload)
{
    struct hyperscaler *cloud = context;
    uint32_t first = cloud->world->demand->workload[workload].first_unit, units = world_class(cloud->world, workload)->units;
    for (uint32_t u = first; u < first + units; u++) {
        engine_cancel(cloud->world->engine, cloud->world->unit[u].pending);
        world_give_up(cloud->world, u);
        free_unit(cloud, u);
    }
}

/* A crash either way. With the node gone the platform will move the machine, and with the disk gone where the data is elsewhere too;
 * else the machine must wait for its disk. */
static void unit_down(void *context, uint32_t unit, uint32_t lost)
{
    struct hyperscaler *cloud = context;
    const struct unit *what = &cloud->world->unit[unit];
    if (what->state == UNIT_RUNNING)
        world_halt(cloud->world, unit);
    if (lost == what->dependency[0] || (has_node(cloud, unit) && must_move(cloud, unit)))
        world_later_drawn(cloud->world, unit, cloud->action_heal, cloud->plan->heal_after);
    else if (has_node(cloud, unit))
        engine_cancel(cloud->world->engine, what->pending);
}

static void unit_up(void *context, uint32_t unit)
{
    struct hyperscaler *cloud = context;
    world_detected(cloud->world, workload_of(cloud, unit));
    world_later_drawn(cloud->world, unit, cloud->action_start, cloud->plan->boot_time);
}

static void close_hyperscaler(void *context)
{
    struct hyperscaler *cloud = context;
    bill_all(cloud);
    if (cloud->provider_capacity_s > 0)
        measure_provider(cloud->world->measure, cloud->provider_capacity_s);
}

static void lease(const void *context, uint32_t unit, const char **provider, money *per_hour)
{
    const struct hyperscaler *cloud = context;
    const struct world *world = cloud->world;
    const struct fleet_node *node = &world->plan->fleet->node[world->unit[unit].node];
    *provider = world->plan->fleet->site[node->site].name; /* one owner; what differs is the region */
    *per_hour = prices_unit(&cloud->plan->prices, world_class(world, world->unit[unit].workload),
                            &world->plan->fleet->type[node->type]);
}

const struct cloud_kind cloud_hyperscaler = {.name = "hyperscaler",
                                             .plan = plan_hyperscaler,
                                             .events_per_unit = 2,
                                             .pools = pools_of,
                                             .open = open_hyperscaler,
                                             .request = request,
                                             .withdraw = withdraw,
                                             .lease = lease,
                                             .unit_down = unit_down,
                                             .unit_up = unit_up,
                                             .probe_time = probe_time,
                                             .passes = passes,
                                             .close = close_hyperscaler};
