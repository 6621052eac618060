#include "models/clouds/ionet/ionet.h"

#include "models/clouds/world/cloud.h"
#include "models/clouds/world/needs.h"
#include "models/clouds/world/world_tell.h"
#include "sim/base/check.h"

#include <math.h>
#include <string.h>

#include "sim/base/nomalloc.h"

enum tier { TIER_DATA_CENTER, TIER_MINER, TIER_CONSUMER, TIERS };

const struct key ionet_tier_keys[] = {
    {"site", KEY_NAME, NULL, "a site of the fleet", .unique = true},
    {"tier", KEY_CHOICE, NULL, "who owns its machines", .choices = "data-center|miner|consumer"},
    KEY_END};

struct ionet_plan {
    const struct fleet *fleet;
    struct pool_plan *pools; /* pool = tier, domain = site */
    struct prices prices;
    double price_factor[TIERS];
    enum tier *tier_of_site, order[TIERS];
    uint32_t orchestrator, *relay, relays_per_site, suppliers_per_site;
    const char **supplier_name;
    duration heartbeat, retry_first, retry_cap;
    int64_t misses;
    const struct law *deploy_time, *replace_time, *manual_time;
    double manual_share, fee, refund;
    bool recreate;
};

struct worker {
    instant billed_to;
    instant failed_at;   /* when it stopped delivering; INSTANT_NEVER */
    instant booked_at;   /* begin of the booking, for the minimum of an hour; a replacement does not begin another */
    uint32_t tries;
};

/* A job's Ray cluster. */
struct cluster {
    bool partial; /* it has lost workers, and there was no room for others */
    bool knotted; /* part of a livelock when last looked at */
};

struct ionet {
    struct world *world;
    const struct ionet_plan *plan;
    struct pools *pools;
    struct worker *worker;     /* by unit */
    struct cluster *cluster;   /* by workload */
    uint32_t *partial, partials; /* workloads whose cluster is partial */
    uint32_t *knot_of;         /* scratch: those of one tier */
    bool *in_knot;             /* scratch */
    double *supplier_s;        /* capacity x time by supplier */
    uint32_t suppliers;
    uint32_t action_deploy, action_failed, action_resume;
};

/* --- Plan ------------------------------------------------------------------------------------------------------------ */

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

static const void *plan_ionet(struct scenario *scenario, const struct value *group, const struct fleet *fleet,
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

/* --- Billing --------------------------------------------------------------------------------------------------------- */

static uint32_t supplier_of(const struct ionet *cloud, const struct fleet_node *node)
{
    return node->site * cloud->plan->suppliers_per_site +
           (node->rack - cloud->plan->fleet->site[node->site].first_rack) % cloud->plan->suppliers_per_site;
}

static const char *supplier_name(const struct ionet *cloud, const struct fleet_node *node)
{
    return cloud->plan->supplier_name[supplier_of(cloud, node)];
}

/* Charges from `from` to `to`, both inside or outside the window, at `part` of the price. */
static void charge(struct ionet *cloud, uint32_t unit, instant from, instant to, double part)
{
    struct world *world = cloud->world;
    const struct fleet *fleet = world->plan->fleet;
    const struct fleet_node *node = &fleet->node[world->unit[unit].node];
    uint32_t workload = world->unit[unit].workload;
    if (from.us < 0)
        from.us = 0;
    if (to.us <= from.us || part <= 0 || world_now(world).us < 0)
        return;
    const struct demand_class *class = world_class(world, workload);
    double factor = part * cloud->plan->price_factor[cloud->plan->tier_of_site[node->site]] * (1 + cloud->plan->fee);
    money full = money_for(prices_unit(&cloud->plan->prices, class, &fleet->type[node->type]), instant_since(to, from));
    world_pay(world, unit, 1, (money){(int64_t)nearbyint((double)full.micro * factor)}, supplier_name(cloud, node), "usdc", "booking");
    measure_billed(world->measure, workload, 1, from, to);
    double weight = class->gpus > 0 ? class->gpus * class->gpu_milli / 1000.0 : class->vcpus / 128.0;
    cloud->supplier_s[supplier_of(cloud, node)] += weight * duration_seconds(instant_since(to, from));
}

/* What was delivered in full, what was not only as far as nothing comes back. */
static void bill(struct ionet *cloud, uint32_t unit, instant until)
{
    struct worker *worker = &cloud->worker[unit];
    if (cloud->world->unit[unit].state == UNIT_IDLE)
        return;
    instant delivered = worker->failed_at.us < until.us ? worker->failed_at : until;
    if (delivered.us < worker->billed_to.us)
        delivered = worker->billed_to;
    charge(cloud, unit, worker->billed_to, delivered, 1);
    charge(cloud, unit, delivered, until, 1 - cloud->plan->refund);
    worker->billed_to = until;
}

/* --- Placing --------------------------------------------------------------------------------------------------------- */

static void hire(void *context, uint32_t unit, uint32_t node, uint16_t devices)
{
    struct ionet *cloud = context;
    struct world *world = cloud->world;
    const struct fleet_node *where = &world->plan->fleet->node[node];
    struct stream stream = world_stream(world, unit);
    uint32_t relay = cloud->plan->relay[where->site * cloud->plan->relays_per_site +
                                        (uint32_t)stream_below(&stream, cloud->plan->relays_per_site)];
    /* Users reach a service through its relay; a job's workers talk to each other by a mesh of their own. */
    world_bind(world, unit, node, devices, &relay, world_class(world, world->unit[unit].workload)->kind == DEMAND_SERVICE);
    struct worker *worker = &cloud->worker[unit];
    *worker = (struct worker){.billed_to = world_now(world), .failed_at = INSTANT_NEVER, .booked_at = worker->booked_at};
    if (worker->booked_at.us == US_NEVER)
        worker->booked_at = world_now(world);
}

static bool place_replica(struct ionet *cloud, uint32_t unit)
{
    struct world *world = cloud->world;
    uint32_t workload = world->unit[unit].workload, node;
    uint32_t site = world_site(world, unit);
    uint16_t devices;
    uint64_t sites[4] = {0};
    sites[site / 64] = UINT64_C(1) << site % 64;
    struct pool_wish wish = {0};
    if (world_class(world, workload)->spread == SPREAD_SITE) {
        wish.domains = sites;
        wish.domain_words = 4;
    }
    for (int i = 0; i < TIERS; i++)
        if (pools_take_apart(cloud->pools, cloud->plan->order[i], workload, &wish, &node, &devices)) {
            hire(cloud, unit, node, devices);
            return true;
        }
    return false;
}

/* The tier that a cluster's workers are of, or TIERS when it has none. */
static enum tier tier_of_cluster(const struct ionet *cloud, uint32_t workload)
{
    const struct world *world = cloud->world;
    uint32_t first = world->demand->workload[workload].first_unit;
    for (uint32_t u = first; u < first + world_class(world, workload)->units; u++)
        if (world->unit[u].state != UNIT_IDLE)
            return (enum tier)cloud->plan->pools->pool_of_node[world->unit[u].node];
    return TIERS;
}

/* A Ray cluster: one placement group with a bundle for each pod, hired in one tier. What is lost is hired where the rest is. */
static bool place_cluster(struct ionet *cloud, uint32_t workload)
{
    enum tier tier = tier_of_cluster(cloud, workload);
    if (tier != TIERS)
        return world_place_gang(cloud->world, workload, tier, hire);
    for (int i = 0; i < TIERS; i++)
        if (world_place_gang(cloud->world, workload, cloud->plan->order[i], hire))
            return true;
    return false;
}

static void free_unit(void *context, uint32_t unit)
{
    struct ionet *cloud = context;
    struct unit *what = &cloud->world->unit[unit];
    if (what->state == UNIT_IDLE)
        return;
    bill(cloud, unit, world_now(cloud->world));
    pools_give(cloud->pools, what->workload, what->node, what->devices);
    world_release(cloud->world, unit, "replaced after missed heartbeats");
}

static bool can_manage(const struct ionet *cloud) { return graph_manages(cloud->world->graph, cloud->plan->orchestrator); }

static void refuse(struct ionet *cloud, uint32_t unit, uint32_t action)
{
    duration wait = world_backoff(cloud->plan->retry_first, cloud->plan->retry_cap, cloud->worker[unit].tries++);
    world_refuse(cloud->world, unit);
    if (world_tells_unit(cloud->world, unit) && can_manage(cloud))
        world_tell(cloud->world, unit, "refused", "refused: no tier has room that fits");
    else if (world_tells_unit(cloud->world, unit))
        world_tell_wait(cloud->world, unit, "refused", cloud->plan->orchestrator, "refused: its orchestrator cannot decide");
    world_later(cloud->world, unit, action, wait);
}

/* --- Livelocks -------------------------------------------------------------------------------------------------------- */

static void leave_partial(struct ionet *cloud, uint32_t workload)
{
    struct cluster *cluster = &cloud->cluster[workload];
    cluster->knotted = false;
    if (!cluster->partial)
        return;
    cluster->partial = false;
    uint32_t at = 0;
    while (cloud->partial[at] != workload)
        at++;
    cloud->partial[at] = cloud->partial[--cloud->partials];
}

/* Gives up all that a cluster has and is to get; its workers are asked for anew. */
static void dissolve(struct ionet *cloud, uint32_t workload)
{
    struct world *world = cloud->world;
    uint32_t first = world->demand->workload[workload].first_unit;
    leave_partial(cloud, workload);
    for (uint32_t u = first; u < first + world_class(world, workload)->units; u++) {
        engine_cancel(world->engine, world->unit[u].pending);
        free_unit(cloud, u);
        world_ask(world, u);
        cloud->worker[u].tries = 0;
    }
}

static bool younger(const struct ionet *cloud, uint32_t a, uint32_t b)
{
    int64_t first = cloud->world->demand->workload[a].requested.us, second = cloud->world->demand->workload[b].requested.us;
    return first != second ? first > second : a > b;
}

/* A cluster that lacks workers found no room for them. Others may wait in the same tier for what it holds while it waits for what
 * they hold: such a knot does not come undone by waiting. */
static void look_for_knots(struct ionet *cloud, uint32_t workload)
{
    enum tier tier = tier_of_cluster(cloud, workload);
    if (tier == TIERS)
        return;
    if (!cloud->cluster[workload].partial)
        cloud->partial[cloud->partials++] = workload;
    cloud->cluster[workload].partial = true;
    uint32_t count = 0, youngest = COMPONENT_NONE;
    for (uint32_t i = 0; i < cloud->partials; i++)
        if (tier_of_cluster(cloud, cloud->partial[i]) == tier)
            cloud->knot_of[count++] = cloud->partial[i];
    bool fresh = false;
    if (count < 2 || pools_find_knot(cloud->pools, tier, cloud->knot_of, count, cloud->in_knot) == 0)
        return;
    for (uint32_t i = 0; i < count; i++) {
        struct cluster *cluster = &cloud->cluster[cloud->knot_of[i]];
        fresh = fresh || (cloud->in_knot[i] && !cluster->knotted);
        cluster->knotted = cloud->in_knot[i];
        if (cloud->in_knot[i] && (youngest == COMPONENT_NONE || younger(cloud, cloud->knot_of[i], youngest)))
            youngest = cloud->knot_of[i];
    }
    for (uint32_t i = 0; i < count && cloud->world->told != COMPONENT_NONE; i++)
        if (cloud->in_knot[i] && world_tells(cloud->world, cloud->knot_of[i]))
            world_tell_whole(cloud->world, "livelock", "waits for machines of clusters that wait for its own");
    if (fresh)
        measure_count(cloud->world->measure, MEASURE_LIVELOCK, world_now(cloud->world));
    if (!cloud->plan->recreate)
        return;
    dissolve(cloud, youngest);
    world_later_drawn(cloud->world, cloud->world->demand->workload[youngest].first_unit, cloud->action_deploy,
                      cloud->plan->deploy_time);
}

/* --- Deploying ------------------------------------------------------------------------------------------------------- */

/* A cluster or a replica comes up: place, and run at once, since the time of deploying is past. */
static void on_deploy(void *context, struct engine *engine, uint32_t unit, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct ionet *cloud = context;
    struct world *world = cloud->world;
    uint32_t workload = world->unit[unit].workload;
    bool gang = world_class(world, workload)->kind == DEMAND_JOB, manages = can_manage(cloud);
    if (!manages || !(gang ? place_cluster(cloud, workload) : place_replica(cloud, unit))) {
        refuse(cloud, unit, cloud->action_deploy);
        if (manages && gang)
            look_for_knots(cloud, workload);
        return;
    }
    if (gang)
        leave_partial(cloud, workload);
    uint32_t first = world->demand->workload[workload].first_unit, units = world_class(world, workload)->units;
    for (uint32_t u = gang ? first : unit; u < (gang ? first + units : unit + 1); u++)
        if (world->unit[u].state == UNIT_BOUND && world->unit[u].bound_at.us == world_now(world).us)
            world_start(world, u);
}

/* --- Failure and replacement ----------------------------------------------------------------------------------------- */

/* The orchestrator has missed enough heartbeats. A lost head takes its whole Ray cluster with it. */
static void on_failed(void *context, struct engine *engine, uint32_t unit, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct ionet *cloud = context;
    struct world *world = cloud->world;
    uint32_t workload = world->unit[unit].workload, first = world->demand->workload[workload].first_unit;
    if (graph_serves(world->graph, world->unit[unit].dependency[0])) { /* back, behind a relay that is not */
        world_detected(world, workload);
        world_later_drawn(world, unit, cloud->action_resume, cloud->plan->replace_time);
        return;
    }
    if (!can_manage(cloud)) {
        refuse(cloud, unit, cloud->action_failed);
        return;
    }
    world_detected(world, workload);
    const struct demand_class *class = world_class(world, workload);
    if (class->kind == DEMAND_JOB && (unit == first || class->gang == GANG_STRICT_PACK)) {
        dissolve(cloud, workload); /* with its head, or its only node, the cluster is gone */
    } else {
        free_unit(cloud, unit);
        world_ask(world, unit);
        cloud->worker[unit].tries = 0;
    }
    struct stream stream = world_stream(world, unit);
    bool manual = stream_chance(&stream, cloud->plan->manual_share);
    duration wait = law_draw_duration(manual ? cloud->plan->manual_time : cloud->plan->replace_time, &stream);
    world_later(world, unit, cloud->action_deploy, wait);
}

static void unit_down(void *context, uint32_t unit, uint32_t lost)
{
    struct ionet *cloud = context;
    struct world *world = cloud->world;
    const struct unit *what = &world->unit[unit];
    if (lost != what->dependency[0])
        return; /* a relay: the worker runs on, nobody reaches it */
    if (what->state == UNIT_RUNNING)
        world_halt(world, unit);
    if (cloud->worker[unit].failed_at.us == US_NEVER)
        cloud->worker[unit].failed_at = world_now(world);
    struct stream stream = world_stream(world, unit);
    double missed = (double)(cloud->plan->misses - 1) + stream_uniform(&stream); /* the last heartbeat was somewhere before */
    world_later(world, unit, cloud->action_failed, duration_from_seconds(missed * duration_seconds(cloud->plan->heartbeat)));
}

/* The node is back before anybody gave it up: its container starts again. */
static void on_resume(void *context, struct engine *engine, uint32_t unit, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct ionet *cloud = context;
    bill(cloud, unit, world_now(cloud->world));
    cloud->worker[unit].failed_at = INSTANT_NEVER;
    world_start(cloud->world, unit);
}

static void unit_up(void *context, uint32_t unit)
{
    struct ionet *cloud = context;
    if (cloud->world->unit[unit].state == UNIT_RUNNING)
        return;
    world_detected(cloud->world, cloud->world->unit[unit].workload);
    world_later_drawn(cloud->world, unit, cloud->action_resume, cloud->plan->replace_time);
}

/* --- Requests, probes, the end --------------------------------------------------------------------------------------- */

static void request(void *context, uint32_t workload)
{
    struct ionet *cloud = context;
    uint32_t first = cloud->world->demand->workload[workload].first_unit, units = world_class(cloud->world, workload)->units;
    bool gang = world_class(cloud->world, workload)->kind == DEMAND_JOB;
    for (uint32_t u = first; u < first + units; u++) {
        if (!gang || u == first)
            world_later_drawn(cloud->world, u, cloud->action_deploy, cloud->plan->deploy_time);
    }
}

static void withdraw(void *context, uint32_t workload)
{
    struct ionet *cloud = context;
    struct world *world = cloud->world;
    uint32_t first = world->demand->workload[workload].first_unit;
    leave_partial(cloud, workload);
    for (uint32_t u = first; u < first + world_class(world, workload)->units; u++) {
        engine_cancel(world->engine, world->unit[u].pending);
        world_give_up(world, u);
        instant least = instant_add(cloud->worker[u].booked_at, (duration){US_PER_HOUR});
        if (world->unit[u].state != UNIT_IDLE && least.us > world_now(world).us && cloud->worker[u].failed_at.us == US_NEVER)
            bill(cloud, u, least); /* an hour is the least that can be booked */
        free_unit(cloud, u);
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
    return can_manage(cloud) && has;
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
    cloud->action_deploy = engine_action(world->engine, on_deploy, cloud);
    cloud->action_failed = engine_action(world->engine, on_failed, cloud);
    cloud->action_resume = engine_action(world->engine, on_resume, cloud);
    return cloud;
}

static void close_ionet(void *context)
{
    struct ionet *cloud = context;
    for (uint32_t u = 0; u < cloud->world->demand->units; u++)
        bill(cloud, u, world_now(cloud->world));
    for (uint32_t s = 0; s < cloud->suppliers; s++)
        if (cloud->supplier_s[s] > 0)
            measure_provider(cloud->world->measure, cloud->supplier_s[s]);
}

static void lease(const void *context, uint32_t unit, const char **provider, money *per_hour)
{
    const struct ionet *cloud = context;
    const struct world *world = cloud->world;
    const struct fleet_node *node = &world->plan->fleet->node[world->unit[unit].node];
    money listed = prices_unit(&cloud->plan->prices, world_class(world, world->unit[unit].workload),
                               &world->plan->fleet->type[node->type]);
    double factor = cloud->plan->price_factor[cloud->plan->tier_of_site[node->site]] * (1 + cloud->plan->fee);
    *provider = supplier_name(cloud, node);
    *per_hour = (money){(int64_t)nearbyint((double)listed.micro * factor)};
}

const struct cloud_kind cloud_ionet = {.name = "ionet", .rules = "2024-07",
                                       .plan = plan_ionet,
                                       .events_per_unit = 2,
                                       .pools = pools_of,
                                       .open = open_ionet,
                                       .request = request,
                                       .withdraw = withdraw,
                                       .lease = lease,
                                       .unit_down = unit_down,
                                       .unit_up = unit_up,
                                       .probe_time = probe_time,
                                       .passes = passes,
                                       .close = close_ionet};
