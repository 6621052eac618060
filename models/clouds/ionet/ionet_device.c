/* Devices: what holds them back, how they are launched and proven.
 *
 * A device is a machine with an owner. It can be hired when its machine serves and nothing holds it: no bit of `held` is set. What
 * changes that is an event; hourly proofs of work are not, but for the one in a thousand that fails: the next hour at which an
 * honest device's proof would fail is drawn at once (geometric, so that nothing is lost by not looking at the hours between), and
 * then only counts if the device is idle, since hired ones are not tested. */
#include "models/clouds/ionet/ionet_inside.h"
#include "models/clouds/world/world_tell.h"

#include "sim/base/check.h"
#include "sim/chance/kernel.h"

#include <math.h>

#include "sim/base/nomalloc.h"

static bool machine_serves(const struct ionet *cloud, uint32_t node)
{
    return graph_serves(cloud->world->graph, cloud->plan->fleet->node[node].component);
}

bool ionet_works(const struct ionet *cloud, uint32_t node)
{
    return machine_serves(cloud, node) && (cloud->device[node].held & HELD_STOPPED) == 0;
}

/* Up, and nothing in the way of hiring it but a tenant. */
static bool is_ready(const struct ionet *cloud, uint32_t node)
{
    return machine_serves(cloud, node) && cloud->device[node].held == 0;
}

enum ionet_status ionet_status(const struct ionet *cloud, uint32_t node)
{
    const struct device *device = &cloud->device[node];
    instant now = world_now(cloud->world);
    if (device->held & HELD_LEFT)
        return IONET_TERMINATED;
    if (device->held & HELD_BLOCKED)
        return IONET_BLOCKED;
    bool runs = machine_serves(cloud, node) && (device->held & HELD_DOWN) == 0;
    if (!runs && cloud->plan->rules.inactive_after.us > 0 &&
        instant_since(now, device->changed_at).us > cloud->plan->rules.inactive_after.us)
        return IONET_INACTIVE;
    if (!runs)
        return machine_serves(cloud, node) ? IONET_DOWN : IONET_FAILED;
    if (device->held & HELD_PAUSED)
        return IONET_PAUSED;
    return device->hires > 0 ? IONET_RUNNING : IONET_IDLE;
}

struct stream ionet_device_stream(struct ionet *cloud, uint32_t node)
{
    const struct world *world = cloud->world;
    const char *luck = component_luck(graph_component(world->plan->graph, cloud->plan->fleet->node[node].component));
    struct stream_key family = stream_key(world->task->seed, world->task->replication, "ionet owner");
    return stream_open(stream_key_index(stream_key_path(family, luck), cloud->device[node].draws++));
}

/* The next full hour of UTC after an instant. */
static instant next_hour(const struct ionet *cloud, instant after)
{
    return (instant){(ionet_block(cloud, after) + 1) * US_PER_HOUR - cloud->hour_us};
}

void ionet_schedule(struct ionet *cloud, uint32_t node, struct event_id *event, uint32_t action, duration wait, uint64_t detail)
{
    struct event_id id = EVENT_NONE;
    if (event != NULL)
        engine_cancel(cloud->world->engine, *event);
    if (wait.us < US_NEVER / 2)
        id = engine_schedule(cloud->world->engine, instant_add(world_now(cloud->world), wait), CLASS_ACT, action, node, detail);
    if (event != NULL)
        *event = id;
}

/* --- What holds a device ------------------------------------------------------------------------------------------------- */

/* Time for which devices could be hired, or were. */
static void count_ready(struct ionet *cloud)
{
    instant now = world_now(cloud->world), from = cloud->ready_since.us > 0 ? cloud->ready_since : (instant){0};
    if (now.us > from.us)
        cloud->ready_us += (timeweighted_area)cloud->ready * (now.us - from.us);
    cloud->ready_since = now;
}

/* The earlier of two instants, as far as the second one is still to come. */
static instant sooner(const struct ionet *cloud, instant a, instant b)
{
    return b.us > world_now(cloud->world).us && b.us < a.us ? b : a;
}

/* What the device comes to next by nothing but time. */
static void await_step(struct ionet *cloud, uint32_t node)
{
    struct device *device = &cloud->device[node];
    instant next = INSTANT_NEVER;
    if (device->working && (device->held & HELD_PENDING))
        next = sooner(cloud, next, instant_add(device->changed_at, device->pending_left));
    if (device->working && (device->held & HELD_UNRELIABLE))
        next = sooner(cloud, next, device->reliable_at);
    if (device->working && cloud->plan->rules.rewards)
        next = sooner(cloud, next, device->green_at);
    ionet_schedule(cloud, node, &device->step, cloud->action_step, instant_since(next, world_now(cloud->world)), 0);
}

/* A device has begun or ceased to work. */
static void turn(struct ionet *cloud, uint32_t node, bool works)
{
    struct device *device = &cloud->device[node];
    const struct ionet_rules *rules = &cloud->plan->rules;
    instant now = world_now(cloud->world);
    duration since = instant_since(now, device->changed_at);
    double score = ionet_reliability(cloud, node);
    device->working = works;
    device->changed_at = now;
    device->green_at = works ? instant_add(now, cloud->plan->uptime_rule) : INSTANT_NEVER;
    device->reliable_at = instant_add(now, ionet_judge(cloud, node, score));
    if (!works && (device->held & HELD_PENDING))
        device->pending_left.us -= since.us;
    if (works && rules->inactive_after.us > 0 && since.us > rules->inactive_after.us && rules->pending.us > 0) {
        device->pending_left = rules->pending; /* inactive for so long that it is onboarded anew */
        ionet_hold(cloud, node, HELD_PENDING);
    }
    await_step(cloud, node);
}

/* Its bits or its machine have changed: everything that hangs on them is put right. May be called in the middle of a change. */
static void settle(struct ionet *cloud, uint32_t node)
{
    struct device *device = &cloud->device[node];
    bool works = ionet_works(cloud, node), ready = is_ready(cloud, node);
    if (device->ready != ready) {
        count_ready(cloud);
        cloud->ready += ready ? 1 : -1;
        device->ready = ready;
    }
    if (device->working != works)
        turn(cloud, node, works);
    ionet_reward_changed(cloud, node);
}

static void set_held(struct ionet *cloud, uint32_t node, uint32_t held)
{
    struct device *device = &cloud->device[node];
    bool before = device->held != 0;
    device->held = (uint16_t)held;
    if (before != (held != 0))
        pools_cordon(cloud->pools, node, held != 0);
    settle(cloud, node);
}

void ionet_hold(struct ionet *cloud, uint32_t node, enum held why) { set_held(cloud, node, cloud->device[node].held | why); }
void ionet_unhold(struct ionet *cloud, uint32_t node, enum held why) { set_held(cloud, node, cloud->device[node].held & ~(uint32_t)why); }

/* --- Launching ----------------------------------------------------------------------------------------------------------- */

/* The owner has rerun the launch commands. Containers whose loss nobody has noticed start again. */
static void on_relaunch(void *context, struct engine *engine, uint32_t node, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct ionet *cloud = context;
    uint32_t component = cloud->plan->fleet->node[node].component;
    cloud->device[node].relaunch = EVENT_NONE;
    ionet_unhold(cloud, node, HELD_DOWN);
    for (uint32_t u = world_first_on(cloud->world, component); u != COMPONENT_NONE; u = world_next_on(cloud->world, component, u))
        if (cloud->world->unit[u].missing == 0)
            ionet_unit_up(cloud, u);
}

void ionet_component(void *context, uint32_t index, uint8_t before, uint8_t after)
{
    struct ionet *cloud = context;
    const struct fleet *fleet = cloud->plan->fleet;
    if (index == cloud->plan->solana && ionet_settles(cloud))
        ionet_pay_owed(cloud);
    if (((before ^ after) & COMPONENT_SERVES) == 0 || index >= fleet->fleet_components || fleet->node_of_component[index] == COMPONENT_NONE)
        return;
    uint32_t node = fleet->node_of_component[index];
    struct device *device = &cloud->device[node];
    if ((after & COMPONENT_SERVES) == 0) {
        engine_cancel(cloud->world->engine, device->relaunch);
        device->relaunch = EVENT_NONE;
        if (cloud->plan->by_hand)
            ionet_hold(cloud, node, HELD_DOWN);
    } else if (device->held & HELD_DOWN) {
        struct stream stream = ionet_device_stream(cloud, node);
        ionet_schedule(cloud, node, &device->relaunch, cloud->action_relaunch, law_draw_duration(&cloud->plan->rules.relaunch, &stream), 0);
    }
    settle(cloud, node);
}

/* The time of a device's next step has come. */
static void on_step(void *context, struct engine *engine, uint32_t node, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct ionet *cloud = context;
    struct device *device = &cloud->device[node];
    instant now = world_now(cloud->world);
    device->step = EVENT_NONE;
    if ((device->held & HELD_PENDING) && now.us >= instant_add(device->changed_at, device->pending_left).us) {
        device->pending_left = (duration){0};
        ionet_unhold(cloud, node, HELD_PENDING);
    }
    if ((device->held & HELD_UNRELIABLE) && now.us >= device->reliable_at.us)
        ionet_unhold(cloud, node, HELD_UNRELIABLE);
    ionet_reward_changed(cloud, node);
    await_step(cloud, node);
}

/* --- Proof of work ------------------------------------------------------------------------------------------------------- */

/* The full hour at which the device's proof would fail next. */
static void await_proof(struct ionet *cloud, uint32_t node)
{
    struct device *device = &cloud->device[node];
    double failed = cloud->plan->rules.proof_failed;
    struct stream stream = ionet_device_stream(cloud, node);
    double hours = failed >= 1 ? 0 : floor(kernel_log(stream_uniform(&stream)) / kernel_log(1 - failed));
    instant now = world_now(cloud->world);
    if (hours < 1e9)
        ionet_schedule(cloud, node, &device->proof, cloud->action_proof,
                 (duration){next_hour(cloud, now).us - now.us + (int64_t)hours * US_PER_HOUR}, 0);
}

/* A proof fails, or the one after it is due: with the chance to fail again, and else the device is verified. */
static void on_proof(void *context, struct engine *engine, uint32_t node, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct ionet *cloud = context;
    struct device *device = &cloud->device[node];
    bool again = (device->held & HELD_UNVERIFIED) != 0;
    struct stream stream = ionet_device_stream(cloud, node);
    bool tested = device->hires == 0 && ionet_works(cloud, node) && (device->held & HELD_PENDING) == 0;
    bool fails = !again || !tested || stream_chance(&stream, cloud->plan->rules.proof_failed);
    if (!again && !tested) { /* hired, or away: nobody looks */
        await_proof(cloud, node);
        return;
    }
    cloud->counts.proofs_failed += tested && fails && world_now(cloud->world).us >= 0;
    if (!fails) {
        ionet_unhold(cloud, node, HELD_UNVERIFIED);
        await_proof(cloud, node);
        return;
    }
    ionet_hold(cloud, node, HELD_UNVERIFIED);
    ionet_schedule(cloud, node, &device->proof, cloud->action_proof, (duration){US_PER_HOUR}, 0);
}

/* --- The beginning --------------------------------------------------------------------------------------------------------- */

static void open_device(struct ionet *cloud, uint32_t node)
{
    const struct ionet_plan *plan = cloud->plan;
    struct device *device = &cloud->device[node];
    instant now = world_now(cloud->world);
    device->changed_at = device->green_at = device->looked_at = now; /* whoever works has done so for long (assumption) */
    device->lost_at_block = IONET_NO_BLOCK;
    device->working = device->ready = machine_serves(cloud, node);
    cloud->ready += device->ready;
    if (!device->working && plan->by_hand)
        ionet_hold(cloud, node, HELD_DOWN);
    if (plan->rules.proof_failed > 0)
        await_proof(cloud, node);
}

void ionet_open_devices(struct ionet *cloud)
{
    struct world *world = cloud->world;
    uint32_t nodes = cloud->plan->fleet->nodes;
    cloud->hour_us = world->plan->start_unix_s % 3600 * US_PER_SECOND;
    cloud->ready_since = world_now(world);
    cloud->device = arena_array(world->arena, nodes, struct device);
    cloud->action_relaunch = engine_action(world->engine, on_relaunch, cloud);
    cloud->action_step = engine_action(world->engine, on_step, cloud);
    cloud->action_proof = engine_action(world->engine, on_proof, cloud);
    ionet_open_stakes(cloud);
    ionet_open_rewards(cloud);
    for (uint32_t n = 0; n < nodes; n++) {
        open_device(cloud, n);
        ionet_reward_changed(cloud, n);
    }
    ionet_open_owners(cloud);
}

double ionet_ready_share(struct ionet *cloud)
{
    count_ready(cloud);
    return (double)cloud->ready_us / ((double)cloud->plan->fleet->nodes * (double)cloud->world->task->horizon.us);
}

void ionet_audit_devices(const struct ionet *cloud)
{
    int64_t ready = 0;
    for (uint32_t n = 0; n < cloud->plan->fleet->nodes; n++) {
        const struct device *device = &cloud->device[n];
        uint32_t component = cloud->plan->fleet->node[n].component, hires = 0;
        for (uint32_t u = world_first_on(cloud->world, component); u != COMPONENT_NONE; u = world_next_on(cloud->world, component, u)) {
            hires++;
            check(cloud->world->unit[u].state != UNIT_RUNNING || cloud->world->unit[u].missing > 0 || ionet_works(cloud, n),
                  "unit %u runs on a device that does not work", u);
        }
        check(hires == device->hires, "device %u miscounts its tenants", n);
        check(device->working == ionet_works(cloud, n) && device->ready == is_ready(cloud, n), "device %u misjudges itself", n);
        check((device->held & HELD_DOWN) == 0 || !machine_serves(cloud, n) || engine_pending(cloud->world->engine, device->relaunch),
              "nobody will ever launch device %u", n);
        ready += device->ready;
    }
    check(ready == cloud->ready, "devices that can be hired are miscounted");
}
