#include "models/clouds/ionet/ionet_inside.h"

#include <math.h>

#include "sim/base/nomalloc.h"

/* --- Requests, probes, the end --------------------------------------------------------------------------------------- */

static void request(void *context, uint32_t workload) { ionet_deploy(context, workload); }

static void withdraw(void *context, uint32_t workload)
{
    struct ionet *cloud = context;
    struct world *world = cloud->world;
    uint32_t first = world->demand->workload[workload].first_unit;
    ionet_leave_partial(cloud, workload);
    ionet_end_booking(cloud, workload);
    for (uint32_t u = first; u < first + world_class(world, workload)->units; u++) {
        engine_cancel(world->engine, world->unit[u].pending);
        world_give_up(world, u);
        instant least = instant_add(cloud->worker[u].booked_at, (duration){US_PER_HOUR});
        if (world->unit[u].state != UNIT_IDLE && least.us > world_now(world).us && cloud->worker[u].failed_at.us == US_NEVER)
            ionet_bill(cloud, u, least); /* an hour is the least that can be booked */
        ionet_free(cloud, u, "withdrawn");
    }
}

static duration probe_time(const void *context, struct stream *stream)
{
    const struct ionet *cloud = context;
    return law_draw_duration(cloud->plan->deploy_time, stream);
}

static bool passes(void *context, uint32_t site, const struct gpu_pod *small)
{
    struct ionet *cloud = context;
    (void)site; /* one orchestrator for all */
    bool has = false;
    for (uint32_t t = 0; t < TIERS && !has; t++)
        has = pools_has(cloud->pools, t, small);
    bool pays = cloud->plan->crypto_share < 0.5 || ionet_settles(cloud); /* as most tenants would */
    return ionet_manages(cloud) && has && pays;
}

static uint32_t control(const void *context, uint32_t site)
{
    const struct ionet *cloud = context;
    (void)site;
    return cloud->plan->orchestrator;
}

static const struct pool_plan *pools_of(const void *plan) { return ((const struct ionet_plan *)plan)->pools; }

static void *open_ionet(struct world *world, const void *own)
{
    struct ionet *cloud = arena_new(world->arena, struct ionet);
    cloud->world = world;
    cloud->plan = own;
    cloud->pools = world->pools;
    cloud->worker = arena_array(world->arena, world->demand->units, struct worker);
    cloud->cluster = arena_array(world->arena, world->demand->workloads, struct cluster);
    cloud->partial = arena_array(world->arena, world->demand->workloads, uint32_t);
    cloud->knot_of = arena_array(world->arena, world->demand->workloads, uint32_t);
    cloud->in_knot = arena_array(world->arena, world->demand->workloads, bool);
    for (uint32_t u = 0; u < world->demand->units; u++)
        cloud->worker[u].booked_at = INSTANT_NEVER;
    cloud->suppliers = world->plan->fleet->sites * cloud->plan->suppliers_per_site;
    cloud->supplier_s = arena_array(world->arena, cloud->suppliers, double);
    cloud->action_deploy = engine_action(world->engine, ionet_on_deploy, cloud);
    cloud->action_failed = engine_action(world->engine, ionet_on_failed, cloud);
    cloud->action_resume = engine_action(world->engine, ionet_on_resume, cloud);
    ionet_open_devices(cloud);
    cloud->action_booking = engine_action(world->engine, ionet_on_booking, cloud);
    return cloud;
}

static void close_ionet(void *context)
{
    struct ionet *cloud = context;
    for (uint32_t u = 0; u < cloud->world->demand->units; u++) {
        ionet_bill(cloud, u, world_now(cloud->world));
        if (cloud->world->unit[u].state != UNIT_IDLE)
            ionet_settle(cloud, u);
    }
    for (uint32_t s = 0; s < cloud->suppliers; s++)
        if (cloud->supplier_s[s] > 0)
            measure_provider(cloud->world->measure, cloud->supplier_s[s]);
    double io_price = cloud->plan->io_price;
    struct measure_owners owners = {.rewarded = cloud->plan->rules.rewards,
                                    .staked = cloud->plan->rules.stake,
                                    .reward_usd = ionet_close_rewards(cloud) * io_price,
                                    .interruptions = cloud->counts.interruptions,
                                    .blocks_missed = cloud->counts.blocks_missed,
                                    .slashed_usd = (double)cloud->counts.slashed / 1e6 * io_price,
                                    .co_staked_share = cloud->plan->co_stake,
                                    .left = cloud->counts.left,
                                    .lapsed = cloud->counts.lapsed,
                                    .pay = {cloud->books.owners + cloud->books.owed},
                                    .owed = {cloud->books.owed},
                                    .withheld = {cloud->books.withheld},
                                    .fees = {cloud->books.fees},
                                    .credits = {cloud->books.credits},
                                    .ready = ionet_ready_share(cloud),
                                    .proofs_failed = cloud->counts.proofs_failed,
                                    .blocked = cloud->counts.blocked};
    measure_owners(cloud->world->measure, &owners);
}

static void lease(const void *context, uint32_t unit, const char **provider, money *per_hour)
{
    const struct ionet *cloud = context;
    const struct world *world = cloud->world;
    const struct fleet_node *node = &world->plan->fleet->node[world->unit[unit].node];
    money listed = ionet_listed(cloud, unit);
    double factor = cloud->plan->price_factor[cloud->plan->tier_of_site[node->site]] * (1 + cloud->plan->fee + cloud->plan->rules.reservation_fee);
    *provider = ionet_supplier_name(cloud, node);
    *per_hour = (money){(int64_t)nearbyint((double)listed.micro * factor)};
}

static void audit(const void *context)
{
    const struct ionet *cloud = context;
    ionet_audit_devices(cloud);
    ionet_audit_rewards(cloud);
    ionet_audit_stakes(cloud);
    ionet_audit_money(cloud);
}

const struct cloud_kind cloud_ionet = {.name = "ionet", .rules = "2024-07|2025-09",
                                       .plan = ionet_plan_read,
                                       .events_per_unit = 2,
                                       .events_per_node = IONET_DEVICE_EVENTS,
                                       .pools = pools_of,
                                       .open = open_ionet,
                                       .request = request,
                                       .withdraw = withdraw,
                                       .lease = lease,
                                       .unit_down = ionet_unit_down,
                                       .unit_up = ionet_unit_up,
                                       .component = ionet_component,
                                       .probe_time = probe_time,
                                       .passes = passes,
                                       .control = control,
                                       .close = close_ionet,
                                       .audit = audit};
