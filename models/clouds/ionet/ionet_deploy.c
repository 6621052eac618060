/* The way of a worker: deployed, missed, replaced or resumed. */
#include "models/clouds/ionet/ionet_inside.h"

#include "sim/base/nomalloc.h"

void ionet_deploy(struct ionet *cloud, uint32_t workload)
{
    uint32_t first = cloud->world->demand->workload[workload].first_unit, units = world_class(cloud->world, workload)->units;
    bool gang = world_class(cloud->world, workload)->kind == DEMAND_JOB;
    for (uint32_t u = first; u < first + units; u++) {
        if (!gang || u == first)
            world_later_drawn(cloud->world, u, cloud->action_deploy, cloud->plan->deploy_time);
    }
}

/* A cluster or a replica comes up: place, and run at once, since the time of deploying is past. */
void ionet_on_deploy(void *context, struct engine *engine, uint32_t unit, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct ionet *cloud = context;
    struct world *world = cloud->world;
    uint32_t workload = world->unit[unit].workload;
    uint32_t first = world->demand->workload[workload].first_unit, units = world_class(world, workload)->units;
    bool gang = world_class(world, workload)->kind == DEMAND_JOB;
    bool decides = ionet_obeys(cloud, unit) && ionet_master_serves(cloud, unit);
    bool started = false, paid = cloud->cluster[workload].booked || ionet_can_pay(cloud, workload);
    bool placed = decides && paid && (gang ? ionet_place_cluster(cloud, workload) : ionet_place_replica(cloud, unit));
    for (uint32_t u = gang ? first : unit; u < (gang ? first + units : unit + 1); u++)
        if (world->unit[u].state == UNIT_BOUND && world->unit[u].bound_at.us == world_now(world).us) {
            world_start(world, u);
            started = true;
        }
    if (started)
        ionet_book(cloud, workload);
    if (placed && gang)
        ionet_leave_partial(cloud, workload);
    if (placed)
        return;
    for (uint32_t u = first; u < first + units && decides && world->unit[unit].state != UNIT_IDLE; u++)
        if (world->unit[u].state == UNIT_IDLE)
            unit = u; /* Mega-Ray found a place for this one: one that has none asks again */
    ionet_refuse(cloud, unit, cloud->action_deploy);
    if (decides && paid && gang)
        ionet_look_for_knots(cloud, workload);
}

/* --- Failure and replacement ----------------------------------------------------------------------------------------- */

/* Another worker is hired in its place: at once by itself, or by somebody who has to look. */
static void await_replacement(struct ionet *cloud, uint32_t unit)
{
    struct stream stream = world_stream(cloud->world, unit);
    bool manual = stream_chance(&stream, cloud->plan->manual_share);
    duration wait = law_draw_duration(manual ? cloud->plan->manual_time : cloud->plan->replace_time, &stream);
    world_later(cloud->world, unit, cloud->action_deploy, wait);
}

/* A worker is gone: with its head, or its only node, a whole cluster. */
static void give_up(struct ionet *cloud, uint32_t unit, const char *why)
{
    struct world *world = cloud->world;
    uint32_t workload = world->unit[unit].workload;
    const struct demand_class *class = world_class(world, workload);
    ionet_blame(cloud, world->unit[unit].node, false);
    uint32_t first = world->demand->workload[workload].first_unit;
    bool job = class->kind == DEMAND_JOB, headless = unit == first && ionet_has_head(cloud, workload);
    enum demand_product product = ionet_product(cloud, workload);
    bool packed = job && class->gang == GANG_STRICT_PACK && (product == PRODUCT_RAY || product == PRODUCT_KUBERNETES);
    if (headless || packed) {
        ionet_dissolve(cloud, workload, why);
        for (uint32_t u = first; u < first + class->units && !job; u++)
            await_replacement(cloud, u);
        if (!job)
            return;
    } else {
        ionet_free(cloud, unit, why);
        world_ask(world, unit);
        cloud->worker[unit].tries = 0;
    }
    await_replacement(cloud, unit);
}

/* The orchestrator has missed enough heartbeats. */
void ionet_on_failed(void *context, struct engine *engine, uint32_t unit, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct ionet *cloud = context;
    struct world *world = cloud->world;
    if (ionet_works(cloud, world->unit[unit].node)) { /* back, behind a relay that is not */
        world_detected(world, world->unit[unit].workload);
        world_later_drawn(world, unit, cloud->action_resume, cloud->plan->replace_time);
        return;
    }
    if (!ionet_obeys(cloud, unit) || !ionet_master_serves(cloud, unit)) {
        ionet_refuse(cloud, unit, cloud->action_failed);
        return;
    }
    world_detected(world, world->unit[unit].workload);
    give_up(cloud, unit, "replaced after missed heartbeats");
}

void ionet_lose(struct ionet *cloud, uint32_t unit, const char *why)
{
    instant now = world_now(cloud->world);
    if (cloud->worker[unit].failed_at.us == US_NEVER)
        cloud->worker[unit].failed_at = now;
    engine_cancel(cloud->world->engine, cloud->world->unit[unit].pending);
    give_up(cloud, unit, why);
    world_detected(cloud->world, cloud->world->unit[unit].workload);
}

void ionet_unit_down(void *context, uint32_t unit, uint32_t lost)
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
void ionet_on_resume(void *context, struct engine *engine, uint32_t unit, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct ionet *cloud = context;
    ionet_bill(cloud, unit, world_now(cloud->world));
    ionet_settle(cloud, unit);
    cloud->worker[unit].failed_at = INSTANT_NEVER;
    world_start(cloud->world, unit);
}

void ionet_unit_up(void *context, uint32_t unit)
{
    struct ionet *cloud = context;
    if (cloud->world->unit[unit].state == UNIT_RUNNING || !ionet_works(cloud, cloud->world->unit[unit].node))
        return; /* its owner has not launched it yet: heartbeats go on being missed */
    world_detected(cloud->world, cloud->world->unit[unit].workload);
    world_later_drawn(cloud->world, unit, cloud->action_resume, cloud->plan->replace_time);
}
