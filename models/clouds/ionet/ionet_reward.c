/* Block rewards: who earns what for being there.
 *
 * A block closes at every full hour. Its reward is divided over pools of hardware, and within a pool over the devices that are
 * nominated, by score. A device is nominated when its worker has run for the last five hours without a break, it is verified, staked
 * for, connected and of hardware that counts. So an interruption costs the blocks of its length and five more.
 *
 * Nobody looks at a device at every block. Each pool keeps the sum of the scores that are nominated and an index: what one point of
 * score has earned since the beginning. A device remembers the index at which it was nominated; what it has earned is its score
 * times what the index has grown by. Both are brought up to date when somebody comes or goes. What changes at the instant of a block
 * changes before it closes.
 *
 * Source: docs/ of September 2025: block-rewards, io-tokenomics, proposed-device-block-reward-multiplier. */
#include "models/clouds/ionet/ionet_inside.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

/* 2024-06-25T12:00Z, in hours since 1970: the first block closes. */
enum { FIRST_BLOCK_H = 477588 };

/* Blocks that have closed before an instant, none of them before the horizon's begin. */
static int64_t blocks_before(const struct ionet *cloud, instant at)
{
    int64_t begin = ionet_block(cloud, (instant){0}), blocks = ionet_block(cloud, (instant){at.us - 1});
    return blocks > begin ? blocks : begin;
}

/* IO of the blocks after block `from`, up to and including block `to`. A month has 730.5 of them. */
static double emission(const struct ionet *cloud, int64_t from, int64_t to)
{
    int64_t first = cloud->world->plan->start_unix_s / 3600 - FIRST_BLOCK_H;
    int64_t at = from + first + 1 > 0 ? from + first + 1 : 0, end = to + first + 1;
    double sum = 0;
    while (at < end) {
        int64_t month = 2 * at / 1461, month_end = (1461 * (month + 1) + 1) / 2, stop = month_end < end ? month_end : end;
        sum += (double)(stop - at) * cloud->plan->block_io[month < IONET_MONTHS ? month : IONET_MONTHS - 1];
        at = stop;
    }
    return sum;
}

static void advance(struct ionet *cloud, struct reward_pool *pool, instant now)
{
    int64_t block = blocks_before(cloud, now);
    if (block <= pool->block)
        return;
    if (pool->points + pool->others > 0)
        pool->index += pool->share * emission(cloud, pool->block, block) / (double)(pool->points + pool->others);
    pool->block = block;
}

static int64_t score_of(const struct ionet *cloud, uint32_t node)
{
    return cloud->plan->score_of_node[node] + (cloud->device[node].hires > 0);
}

static bool may_be_nominated(const struct ionet *cloud, uint32_t node)
{
    const struct device *device = &cloud->device[node];
    return device->working && (device->held & HELD_UNREWARDED) == 0 && world_now(cloud->world).us >= device->green_at.us &&
           ionet_is_staked(cloud, node);
}

/* What it has earned since it was nominated, or since it was asked last. */
static void collect(struct ionet *cloud, uint32_t node)
{
    struct device *device = &cloud->device[node];
    const struct reward_pool *pool = &cloud->reward[cloud->plan->reward_pool_of_node[node]];
    double earned = (double)device->points * (pool->index - device->index);
    device->index = pool->index;
    device->earned_io += earned;
    cloud->rewards_io += earned;
}

static void count_interruption(struct ionet *cloud, struct device *device, bool nominated)
{
    int64_t block = blocks_before(cloud, world_now(cloud->world));
    if (!nominated && !device->working && world_now(cloud->world).us >= 0)
        device->lost_at_block = block;
    if (nominated && device->lost_at_block != IONET_NO_BLOCK) {
        cloud->counts.interruptions++;
        cloud->counts.blocks_missed += block - device->lost_at_block;
    }
    if (nominated)
        device->lost_at_block = IONET_NO_BLOCK;
}

void ionet_reward_changed(struct ionet *cloud, uint32_t node)
{
    struct device *device = &cloud->device[node];
    uint8_t number = cloud->plan->reward_pool_of_node[node];
    if (!cloud->plan->rules.rewards || number == IONET_NO_POOL)
        return;
    bool before = device->points > 0, after = may_be_nominated(cloud, node);
    int64_t points = after ? score_of(cloud, node) : 0;
    if (points == device->points)
        return;
    struct reward_pool *pool = &cloud->reward[number];
    advance(cloud, pool, world_now(cloud->world));
    collect(cloud, node);
    pool->points += points - device->points;
    device->points = points;
    if (before != after)
        count_interruption(cloud, device, after);
}

void ionet_open_rewards(struct ionet *cloud)
{
    const struct ionet_plan *plan = cloud->plan;
    for (uint32_t p = 0; p < IONET_POOLS; p++)
        cloud->reward[p] = (struct reward_pool){
            .share = plan->pool_share[p], .others = plan->pool_others[p], .block = ionet_block(cloud, (instant){0})};
}

double ionet_device_rewards(struct ionet *cloud, uint32_t node)
{
    uint8_t number = cloud->plan->reward_pool_of_node[node];
    if (cloud->plan->rules.rewards && number != IONET_NO_POOL) {
        advance(cloud, &cloud->reward[number], world_now(cloud->world));
        collect(cloud, node);
    }
    return cloud->device[node].earned_io;
}

double ionet_close_rewards(struct ionet *cloud)
{
    instant end = {world_now(cloud->world).us + 1}; /* with the block of the horizon */
    for (uint32_t p = 0; p < IONET_POOLS; p++)
        advance(cloud, &cloud->reward[p], end);
    for (uint32_t n = 0; n < cloud->plan->fleet->nodes && cloud->plan->rules.rewards; n++)
        if (cloud->plan->reward_pool_of_node[n] != IONET_NO_POOL)
            collect(cloud, n);
    return cloud->rewards_io;
}

void ionet_audit_rewards(const struct ionet *cloud)
{
    int64_t points[IONET_POOLS] = {0};
    for (uint32_t n = 0; n < cloud->plan->fleet->nodes && cloud->plan->rules.rewards; n++) {
        uint8_t number = cloud->plan->reward_pool_of_node[n];
        if (number == IONET_NO_POOL)
            continue;
        check(cloud->device[n].points == (may_be_nominated(cloud, n) ? score_of(cloud, n) : 0), "device %u is nominated by mistake, or not", n);
        points[number] += cloud->device[n].points;
    }
    for (uint32_t p = 0; p < IONET_POOLS; p++)
        check(points[p] == cloud->reward[p].points, "pool %u miscounts its points", p);
}
