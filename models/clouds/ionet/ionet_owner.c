/* What the owners of devices do: they pause them, use them for something else, join, wipe them, and leave when it does not pay. */
#include "models/clouds/ionet/ionet_inside.h"

#include "sim/base/nomalloc.h"

/* The device is lost to whoever hired it while its machine runs on: they are told, and get others. */
static void evict(struct ionet *cloud, uint32_t node, const char *why)
{
    uint32_t component = cloud->plan->fleet->node[node].component, unit;
    while ((unit = world_first_on(cloud->world, component)) != COMPONENT_NONE)
        ionet_lose(cloud, unit, why);
}

static void await_pause(struct ionet *cloud, uint32_t node, const struct law *law)
{
    struct stream stream = ionet_device_stream(cloud, node);
    ionet_schedule(cloud, node, &cloud->device[node].pause, cloud->action_pause, law_draw_duration(law, &stream), 0);
}

/* The owner suspends his device, or resumes it. One that is hired he leaves alone, unless he is said to take it. */
static void on_pause(void *context, struct engine *engine, uint32_t node, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct ionet *cloud = context;
    struct device *device = &cloud->device[node];
    if (device->held & HELD_PAUSED) {
        ionet_unhold(cloud, node, HELD_PAUSED);
        await_pause(cloud, node, cloud->plan->pause_every);
        return;
    }
    if (!ionet_works(cloud, node) || (device->hires > 0 && !cloud->plan->pause_takes)) {
        await_pause(cloud, node, cloud->plan->pause_every);
        return;
    }
    ionet_hold(cloud, node, HELD_PAUSED);
    evict(cloud, node, "its owner took the machine back");
    await_pause(cloud, node, cloud->plan->pause_length);
}

static duration exponential(struct ionet *cloud, uint32_t node, double per_second)
{
    struct stream stream = ionet_device_stream(cloud, node);
    return per_second > 0 ? duration_from_seconds(stream_exponential(&stream) / per_second) : (duration){US_NEVER};
}

/* A hired bare metal machine is its tenant's: nobody looks into it. */
static bool is_dedicated(const struct ionet *cloud, uint32_t node)
{
    uint32_t unit = world_first_on(cloud->world, cloud->plan->fleet->node[node].component);
    return unit != COMPONENT_NONE && cloud->worker[unit].whole;
}

/* Foreign work is found on the device: by the rule on idle use when it is idle, by the proof of time-lock when it is hired. It is
 * blocked, and its owner's appeal takes a while. */
static void on_misuse(void *context, struct engine *engine, uint32_t node, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct ionet *cloud = context;
    struct device *device = &cloud->device[node];
    if (device->held & HELD_BLOCKED) {
        ionet_unhold(cloud, node, HELD_BLOCKED);
    } else if (ionet_works(cloud, node) && !is_dedicated(cloud, node)) {
        cloud->counts.blocked += world_now(cloud->world).us >= 0;
        ionet_hold(cloud, node, HELD_BLOCKED);
        evict(cloud, node, "blocked for foreign work on it");
        ionet_blame(cloud, node, true);
        struct stream stream = ionet_device_stream(cloud, node);
        ionet_schedule(cloud, node, &device->misuse, cloud->action_misuse, law_draw_duration(cloud->plan->blocked_for, &stream), 0);
        return;
    }
    ionet_schedule(cloud, node, &device->misuse, cloud->action_misuse, exponential(cloud, node, cloud->plan->misuse), 0);
}

/* The owner looks at what his device has earned in a day or more since he looked last, and may leave for good. Not from a tenant. */
static void on_leave(void *context, struct engine *engine, uint32_t node, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct ionet *cloud = context;
    struct device *device = &cloud->device[node];
    instant now = world_now(cloud->world);
    instant since = {device->looked_at.us > 0 ? device->looked_at.us : 0};
    bool poor = false;
    if (now.us - since.us >= US_PER_DAY) {
        int32_t gpus = cloud->plan->fleet->type[cloud->plan->fleet->node[node].type].gpus;
        double usd = ionet_device_rewards(cloud, node) * cloud->plan->io_price + (double)device->paid_micro / 1e6;
        poor = usd - device->looked_usd < cloud->plan->income_floor * duration_hours(instant_since(now, since)) * (gpus > 0 ? gpus : 1);
        device->looked_at = now;
        device->looked_usd = usd;
    }
    if (!poor || device->hires > 0) {
        ionet_schedule(cloud, node, &device->leave, cloud->action_leave, exponential(cloud, node, cloud->plan->leave), 0);
        return;
    }
    cloud->counts.left++;
    ionet_hold(cloud, node, HELD_LEFT);
    ionet_unstake(cloud, node);
}

/* Wiped, or out of the time that he has for it before it costs him rewards. */
static void on_wiped(void *context, struct engine *engine, uint32_t node, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct ionet *cloud = context;
    struct device *device = &cloud->device[node];
    device->wipe = EVENT_NONE;
    if (device->wipe_left.us > 0) {
        ionet_hold(cloud, node, HELD_LATE);
        ionet_schedule(cloud, node, &device->wipe, cloud->action_wiped, device->wipe_left, 0);
        device->wipe_left = (duration){0};
        return;
    }
    ionet_unhold(cloud, node, HELD_LATE);
    ionet_unhold(cloud, node, HELD_WIPE);
}

void ionet_wipe(struct ionet *cloud, uint32_t node)
{
    struct device *device = &cloud->device[node];
    struct stream stream = ionet_device_stream(cloud, node);
    duration takes = law_draw_duration(cloud->plan->wipe_time, &stream), in_time = {US_PER_DAY};
    if (takes.us < in_time.us)
        in_time = takes;
    device->wipe_left = (duration){takes.us - in_time.us};
    ionet_hold(cloud, node, HELD_WIPE);
    ionet_schedule(cloud, node, &device->wipe, cloud->action_wiped, in_time, 0);
}

/* A new device is onboarded. */
static void on_join(void *context, struct engine *engine, uint32_t node, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct ionet *cloud = context;
    struct device *device = &cloud->device[node];
    device->pending_left = cloud->plan->rules.pending;
    if (device->pending_left.us > 0)
        ionet_hold(cloud, node, HELD_PENDING);
    ionet_unhold(cloud, node, HELD_ABSENT);
}

/* --- The beginning --------------------------------------------------------------------------------------------------------- */

static void open_owner(struct ionet *cloud, uint32_t node)
{
    const struct ionet_plan *plan = cloud->plan;
    struct device *device = &cloud->device[node];
    instant now = world_now(cloud->world);
    if (plan->newcomers > 0) {
        struct stream stream = ionet_device_stream(cloud, node);
        bool is_new = stream_chance(&stream, plan->newcomers);
        double when = stream_uniform(&stream);
        if (is_new) {
            ionet_hold(cloud, node, HELD_ABSENT);
            duration wait = duration_from_seconds(when * duration_seconds((duration){cloud->world->task->horizon.us - now.us}));
            ionet_schedule(cloud, node, &device->join, cloud->action_join, wait, 0);
        }
    }
    if (plan->pause_every != NULL)
        await_pause(cloud, node, plan->pause_every);
    if (plan->leave > 0)
        ionet_schedule(cloud, node, &device->leave, cloud->action_leave, exponential(cloud, node, plan->leave), 0);
    if (plan->misuse > 0)
        ionet_schedule(cloud, node, &device->misuse, cloud->action_misuse, exponential(cloud, node, plan->misuse), 0);
}

void ionet_open_owners(struct ionet *cloud)
{
    struct engine *engine = cloud->world->engine;
    cloud->action_pause = engine_action(engine, on_pause, cloud);
    cloud->action_misuse = engine_action(engine, on_misuse, cloud);
    cloud->action_join = engine_action(engine, on_join, cloud);
    cloud->action_wiped = engine_action(engine, on_wiped, cloud);
    cloud->action_leave = engine_action(engine, on_leave, cloud);
    for (uint32_t n = 0; n < cloud->plan->fleet->nodes; n++)
        open_owner(cloud, n);
}
