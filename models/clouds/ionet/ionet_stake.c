/* Stake, and what takes it.
 *
 * Every device carries a stake of IO; one whose stake falls below what its hardware asks for is not nominated until its owner has
 * topped it up. Owners of devices that fail their tenants again and again, or on which foreign work is found, are slashed: the sum is
 * held while they may appeal, then burned, or given back. An owner who leaves gets his stake after a cooldown.
 *
 * The reliability score is an average of a device's uptime that forgets with a time of 30 days, cut at every disconnect. Below
 * `least_reliability` a device is not hired until it has recovered.
 *
 * Stakes are whole micro-IO and conserved: what was deposited is staked, held, burned, cooling or returned.
 *
 * Source: docs/staking of September 2025; amounts and triggers of slashes, and the formula of the score, are not published. */
#include "models/clouds/ionet/ionet_inside.h"

#include "sim/base/check.h"
#include "sim/chance/kernel.h"

#include "sim/base/nomalloc.h"

static const duration appeal_time = {30 * US_PER_DAY}, cooldown = {14 * US_PER_DAY}, memory = {30 * US_PER_DAY};

bool ionet_is_staked(const struct ionet *cloud, uint32_t node)
{
    return !cloud->plan->rules.stake || cloud->device[node].stake >= cloud->plan->stake_of_node[node];
}

/* --- Slashes --------------------------------------------------------------------------------------------------------------- */

static void slash(struct ionet *cloud, uint32_t node)
{
    struct device *device = &cloud->device[node];
    int64_t amount = ionet_part(device->stake, cloud->plan->slash_share);
    if (amount == 0)
        return;
    device->stake -= amount;
    cloud->stakes.staked -= amount;
    cloud->stakes.held += amount;
    if (world_now(cloud->world).us >= 0)
        cloud->counts.slashed += amount;
    ionet_reward_changed(cloud, node);
    ionet_schedule(cloud, node, NULL, cloud->action_appeal, appeal_time, (uint64_t)amount);
    struct stream stream = ionet_device_stream(cloud, node);
    ionet_schedule(cloud, node, &device->restake, cloud->action_restake, law_draw_duration(cloud->plan->restake, &stream), 0);
}

/* A month later: burned, unless the owner was right. Of a device that has left nobody takes anything back. */
static void on_appeal(void *context, struct engine *engine, uint32_t node, uint64_t amount)
{
    (void)engine;
    struct ionet *cloud = context;
    struct stream stream = ionet_device_stream(cloud, node);
    cloud->stakes.held -= (int64_t)amount;
    if (stream_chance(&stream, cloud->plan->appeal_won))
        cloud->stakes.returned += (int64_t)amount;
    else
        cloud->stakes.burned += (int64_t)amount;
}

static void on_restake(void *context, struct engine *engine, uint32_t node, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct ionet *cloud = context;
    struct device *device = &cloud->device[node];
    int64_t lacks = cloud->plan->stake_of_node[node] - device->stake;
    device->restake = EVENT_NONE;
    if (lacks <= 0 || (device->held & HELD_LEFT))
        return;
    device->stake += lacks;
    cloud->stakes.staked += lacks;
    cloud->stakes.deposited += lacks;
    ionet_reward_changed(cloud, node);
}

void ionet_blame(struct ionet *cloud, uint32_t node, bool at_once)
{
    struct device *device = &cloud->device[node];
    instant now = world_now(cloud->world);
    if (!cloud->plan->rules.stake || device->blamed_at.us == device->changed_at.us)
        return; /* one interruption is one fault, however many tenants it had */
    device->blamed_at = device->changed_at;
    if (device->faults == 0 || instant_since(now, device->faults_since).us > cloud->plan->slash_window.us) {
        device->faults = 0;
        device->faults_since = now;
    }
    if (++device->faults < cloud->plan->slash_after && !at_once)
        return;
    device->faults = 0;
    slash(cloud, node);
}

/* --- Reliability ----------------------------------------------------------------------------------------------------------- */

double ionet_reliability(const struct ionet *cloud, uint32_t node)
{
    const struct device *device = &cloud->device[node];
    double age = duration_seconds(instant_since(world_now(cloud->world), device->changed_at)) / duration_seconds(memory);
    double target = device->working;
    return target + (device->reliability - target) * kernel_exp(-age);
}

/* How long a device that works needs to be at the least score again. */
static duration recovery(const struct ionet *cloud, const struct device *device)
{
    double lacks = 1 - device->reliability, may_lack = 1 - cloud->plan->least_reliability;
    return may_lack <= 0 ? (duration){US_NEVER} : duration_from_seconds(duration_seconds(memory) * kernel_log(lacks / may_lack));
}

duration ionet_judge(struct ionet *cloud, uint32_t node, double score)
{
    struct device *device = &cloud->device[node];
    device->reliability = device->working ? score : score * (1 - cloud->plan->disconnect_penalty);
    bool bad = device->reliability < cloud->plan->least_reliability;
    if (bad)
        ionet_hold(cloud, node, HELD_UNRELIABLE);
    return bad && device->working ? recovery(cloud, device) : (duration){US_NEVER};
}

/* --- Leaving --------------------------------------------------------------------------------------------------------------- */

static void on_cooled(void *context, struct engine *engine, uint32_t node, uint64_t amount)
{
    (void)engine;
    (void)node;
    struct ionet *cloud = context;
    cloud->stakes.cooling -= (int64_t)amount;
    cloud->stakes.returned += (int64_t)amount;
}

void ionet_unstake(struct ionet *cloud, uint32_t node)
{
    struct device *device = &cloud->device[node];
    int64_t amount = device->stake;
    if (amount == 0)
        return;
    device->stake = 0;
    cloud->stakes.staked -= amount;
    cloud->stakes.cooling += amount;
    ionet_reward_changed(cloud, node);
    ionet_schedule(cloud, node, NULL, cloud->action_cooled, cooldown, (uint64_t)amount);
}

/* --- Beginning and end ----------------------------------------------------------------------------------------------------- */

void ionet_open_stakes(struct ionet *cloud)
{
    struct engine *engine = cloud->world->engine;
    cloud->action_appeal = engine_action(engine, on_appeal, cloud);
    cloud->action_restake = engine_action(engine, on_restake, cloud);
    cloud->action_cooled = engine_action(engine, on_cooled, cloud);
    for (uint32_t n = 0; n < cloud->plan->fleet->nodes; n++) {
        cloud->device[n].reliability = 1;
        cloud->device[n].blamed_at = INSTANT_NEVER;
        if (!cloud->plan->rules.stake)
            continue;
        cloud->device[n].stake = cloud->plan->stake_of_node[n];
        cloud->stakes.deposited += cloud->device[n].stake;
    }
    cloud->stakes.staked = cloud->stakes.deposited;
}

void ionet_audit_stakes(const struct ionet *cloud)
{
    const struct stake_book *book = &cloud->stakes;
    int64_t staked = 0;
    for (uint32_t n = 0; n < cloud->plan->fleet->nodes; n++) {
        check(cloud->device[n].stake >= 0, "device %u has a stake below nothing", n);
        staked += cloud->device[n].stake;
    }
    check(staked == book->staked, "the stakes of devices do not add up");
    check(book->held >= 0 && book->cooling >= 0 && book->deposited == book->staked + book->held + book->burned + book->cooling + book->returned,
          "stake was made or lost");
}
