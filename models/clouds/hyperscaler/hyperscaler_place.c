/* Machines: which zone, node and disk; booting and healing. A service asks for each replica by itself; jobs have their queue
 * (hyperscaler_batch.c) and come here for their machines. */
#include "models/clouds/hyperscaler/hyperscaler_inside.h"
#include "models/clouds/world/world_tell.h"
#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

/* Why a request for a unit is turned away now. */
static void tell_refusal(struct hyperscaler *cloud, uint32_t unit)
{
    struct world *world = cloud->world;
    uint32_t site = cloud->machine[unit].site, region = cloud->plan->region_control[site];
    const char *name = cloud->plan->fleet->site[site].name;
    if (hyperscaler_spot_wait(cloud, workload_of(cloud, unit), site).us > 0)
        world_tell(world, unit, "refused", "refused: region %s sells no spot machines now", name);
    else if (can_manage(cloud, site) && cloud->machine[unit].unanswered)
        world_tell_wait(world, unit, "refused", region, "refused: the control of region %s is degraded, and the request failed", name);
    else if (can_manage(cloud, site))
        world_tell(world, unit, "refused", "refused: no room in region %s that fits", name);
    else
        world_tell_wait(world, unit, "refused", graph_serves(world->graph, region) ? cloud->plan->control : region,
                        "refused: region %s cannot be managed", name);
}

void hyperscaler_refuse(struct hyperscaler *cloud, uint32_t unit, uint32_t action)
{
    world_refuse(cloud->world, unit);
    if (hyperscaler_turns_home(cloud, unit))
        return;
    duration wait = world_backoff(cloud->plan->retry_first, cloud->plan->retry_cap, cloud->machine[unit].tries++);
    hyperscaler_missed(cloud, unit);
    if (world_tells_unit(cloud->world, unit))
        tell_refusal(cloud, unit);
    world_later(cloud->world, unit, action, wait);
}

/* --- Where ----------------------------------------------------------------------------------------------------------- */

/* A disk in a storage unit of the zone: chosen once, and again only when the disk can move, then to a unit that serves where there
 * is one. */
static void choose_storage(struct hyperscaler *cloud, uint32_t unit, uint32_t node)
{
    struct machine *machine = &cloud->machine[unit];
    if (cloud->plan->disks == DISKS_LOCAL || (machine->storage != COMPONENT_NONE && is_pinned(cloud->plan)))
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

/* --- Taking and giving ----------------------------------------------------------------------------------------------- */

void hyperscaler_bind(struct hyperscaler *cloud, uint32_t unit, uint32_t node, uint16_t devices)
{
    struct world *world = cloud->world;
    struct machine *machine = &cloud->machine[unit];
    choose_storage(cloud, unit, node);
    uint32_t extra[2], extras = 0, way = hyperscaler_way(cloud, unit);
    if (cloud->plan->disks != DISKS_LOCAL)
        extra[extras++] = cloud->plan->fleet->storage[machine->storage];
    if (way != COMPONENT_NONE)
        extra[extras++] = way;
    world_bind(world, unit, node, devices, extra, extras);
    hyperscaler_reserve(cloud, unit);
    if (machine->bought.us == US_NEVER)
        machine->billed_to = world_now(world);
    machine->tries = 0;
    if (world_class(world, workload_of(cloud, unit))->capacity != CAPACITY_SPOT || !(cloud->plan->evictions_per_second > 0))
        return;
    struct stream stream = world_stream(world, unit);
    duration wait = duration_from_seconds(stream_exponential(&stream) / cloud->plan->evictions_per_second);
    if (wait.us < US_NEVER / 2)
        machine->notice =
            engine_schedule(world->engine, instant_add(world_now(world), wait), CLASS_FAULT, cloud->action_notice, unit, 0);
}

void hyperscaler_leave(struct hyperscaler *cloud, uint32_t unit, const char *why)
{
    struct world *world = cloud->world;
    struct machine *machine = &cloud->machine[unit];
    uint32_t site = world->plan->fleet->node[world->unit[unit].node].site;
    hyperscaler_bill(cloud, unit);
    engine_cancel(world->engine, machine->notice);
    engine_cancel(world->engine, machine->evict);
    bool made_room = machine->leaving == LEAVES_PREEMPTED;
    machine->leaving = LEAVES_NOT;
    world_release(world, unit, why);
    if (made_room)
        hyperscaler_made_room(cloud, site);
}

void hyperscaler_free(struct hyperscaler *cloud, uint32_t unit, const char *why)
{
    const struct unit *what = &cloud->world->unit[unit];
    if (what->state == UNIT_IDLE)
        return;
    uint32_t node = what->node;
    uint16_t devices = what->devices;
    hyperscaler_leave(cloud, unit, why);
    pools_give(cloud->pools, what->workload, node, devices);
    if (world_wanted(cloud->world, what->workload))
        hyperscaler_hold(cloud, unit, cloud->plan->fleet->node[node].site);
    hyperscaler_look(cloud, cloud->plan->fleet->node[node].site);
}

/* --- Services -------------------------------------------------------------------------------------------------------- */

static bool place(struct hyperscaler *cloud, uint32_t unit)
{
    uint32_t site = cloud->machine[unit].site, node;
    uint16_t devices;
    struct pool_wish wish = hyperscaler_wish(cloud, unit, site, true);
    bool taken = pools_take_apart(cloud->pools, site, workload_of(cloud, unit), &wish, &node, &devices); /* an availability set */
    if (!taken && hyperscaler_has_update_domain(cloud, unit)) {
        wish = hyperscaler_wish(cloud, unit, site, false);
        taken = pools_take_apart(cloud->pools, site, workload_of(cloud, unit), &wish, &node, &devices);
    }
    if (!taken) {
        hyperscaler_make_room(cloud, unit, &wish);
        return false;
    }
    hyperscaler_bind(cloud, unit, node, devices);
    return true;
}

void hyperscaler_on_allocate(void *context, struct engine *engine, uint32_t unit, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct hyperscaler *cloud = context;
    duration closed = hyperscaler_spot_wait(cloud, workload_of(cloud, unit), cloud->machine[unit].site);
    if (closed.us == 0 && obeys(cloud, unit, cloud->machine[unit].site) && place(cloud, unit))
        world_later_drawn(cloud->world, unit, cloud->action_start, cloud->plan->boot_time);
    else
        hyperscaler_refuse(cloud, unit, cloud->action_allocate);
}

/* --- Loss and healing ------------------------------------------------------------------------------------------------ */

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

/* Whether the platform has to move a machine that does not run: its node is lost, or its disk, where another has the data. A job's
 * machines hold nothing that counts: any loss moves them. */
static bool must_move(const struct hyperscaler *cloud, uint32_t unit)
{
    if (is_job(cloud, unit))
        return cloud->world->unit[unit].missing > 0;
    if (!has_node(cloud, unit))
        return !is_stuck(cloud, unit);
    return cloud->plan->disks == DISKS_ZRS && hyperscaler_lacks(cloud, unit) > 0;
}

/* Whether a machine's data lies in a storage unit that does not serve, and nowhere else: it would start on no other node either. */
static bool waits_for_disk(const struct hyperscaler *cloud, uint32_t unit)
{
    const struct machine *machine = &cloud->machine[unit];
    return is_pinned(cloud->plan) && machine->booted &&
           !graph_serves(cloud->world->graph, cloud->plan->fleet->storage[machine->storage]);
}

void hyperscaler_on_start(void *context, struct engine *engine, uint32_t unit, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct hyperscaler *cloud = context;
    if (hyperscaler_lacks(cloud, unit) == 0) {
        cloud->machine[unit].booted = true;
        world_start(cloud->world, unit);
        hyperscaler_settled(cloud, unit);
        return;
    }
    hyperscaler_missed(cloud, unit);
    if (must_move(cloud, unit)) { /* else its disk was away from the begin, and unit_up will come back to it */
        world_later_drawn(cloud->world, unit, cloud->action_heal, cloud->plan->heal_after);
    }
}

/* The platform moves a machine off what failed; a job goes back to its queue. */
void hyperscaler_on_heal(void *context, struct engine *engine, uint32_t unit, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct hyperscaler *cloud = context;
    struct world *world = cloud->world;
    if (!must_move(cloud, unit))
        return; /* the node is back, only the disk is not: unit_up will come back to it */
    world_detected(world, workload_of(cloud, unit));
    if (!obeys(cloud, unit, cloud->machine[unit].site)) {
        hyperscaler_refuse(cloud, unit, cloud->action_heal);
        return;
    }
    if (is_job(cloud, unit)) {
        hyperscaler_requeue(cloud, workload_of(cloud, unit), "queued again by the platform");
        return;
    }
    if (waits_for_disk(cloud, unit)) {
        if (world_tells_unit(world, unit))
            world_tell_wait(world, unit, "waits", cloud->plan->fleet->storage[cloud->machine[unit].storage],
                            "not moved, as its disk is not there");
        world_later(world, unit, cloud->action_heal, cloud->plan->retry_cap);
        return;
    }
    hyperscaler_free(cloud, unit, "moved by the platform");
    if (!cloud->machine[unit].booted)
        cloud->machine[unit].storage = COMPONENT_NONE; /* as if it had never been placed */
    world_ask(world, unit);
    world_later_drawn(world, unit, cloud->action_allocate, cloud->plan->create_time);
}

/* A crash either way. With the node gone the platform will move the machine, and with the disk gone where the data is elsewhere too;
 * else the machine must wait for its disk. */
void hyperscaler_unit_down(void *context, uint32_t unit, uint32_t lost)
{
    struct hyperscaler *cloud = context;
    const struct unit *what = &cloud->world->unit[unit];
    if (lost == hyperscaler_way(cloud, unit))
        return; /* it runs on, and is not reached */
    if (what->state == UNIT_RUNNING)
        world_halt(cloud->world, unit);
    hyperscaler_missed(cloud, unit);
    if (lost == what->dependency[0] || (has_node(cloud, unit) && must_move(cloud, unit)))
        world_later_drawn(cloud->world, unit, cloud->action_heal, cloud->plan->heal_after);
    else if (has_node(cloud, unit))
        engine_cancel(cloud->world->engine, what->pending);
}

void hyperscaler_unit_up(void *context, uint32_t unit)
{
    struct hyperscaler *cloud = context;
    if (cloud->world->unit[unit].state == UNIT_RUNNING)
        return; /* it is reached again */
    world_detected(cloud->world, workload_of(cloud, unit));
    world_later_drawn(cloud->world, unit, cloud->action_start, cloud->plan->boot_time);
}
