#include "models/clouds/world/left.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

/* What a node adds to the counts. */
struct share {
    uint32_t idle;
    bool away;               /* out of service */
    uint64_t takes, useless; /* bit s: shape s takes its model; and has no room there */
};

struct left {
    const struct gpu_inventory *inventory;
    const struct gpu_pod *shapes;
    uint32_t count;
    uint64_t seen;       /* version of the inventory */
    instant since;
    struct share *share; /* [nodes] */
    int64_t idle[LEFT_SHAPES], useless[LEFT_SHAPES]; /* GPUs, since `since` */
    timeweighted_area idle_us[LEFT_SHAPES], useless_us[LEFT_SHAPES];
};

/* As gpu_node_fits(), of a node in service with idle GPUs and a shape that takes its model: an idle GPU has enough for any. */
static bool has_room(const struct left *left, const struct gpu_node *node, const struct gpu_pod *shape)
{
    return node->pods < left->inventory->pods_per_node && node->left.cpu_milli >= shape->cpu_milli && node->memory_mib >= shape->memory_mib &&
           node->idle_devices >= shape->devices;
}

static struct share share_of(const struct left *left, int32_t number)
{
    const struct gpu_node *node = &left->inventory->nodes[number];
    struct share share = {.idle = node->idle_devices, .away = left->share[number].away};
    for (uint32_t s = 0; s < left->count && share.idle > 0 && !share.away; s++) {
        uint64_t bit = UINT64_C(1) << s;
        if (!gpu_pod_accepts(&left->shapes[s], node->capacity.model))
            continue;
        share.takes |= bit;
        share.useless |= has_room(left, node, &left->shapes[s]) ? 0 : bit;
    }
    return share;
}

static void add(struct left *left, const struct share *share, int64_t sign)
{
    for (uint64_t rest = share->takes; rest != 0; rest &= rest - 1)
        left->idle[__builtin_ctzll(rest)] += sign * share->idle;
    for (uint64_t rest = share->useless; rest != 0; rest &= rest - 1)
        left->useless[__builtin_ctzll(rest)] += sign * share->idle;
}

static void renew(struct left *left, int32_t node)
{
    add(left, &left->share[node], -1);
    left->share[node] = share_of(left, node);
    add(left, &left->share[node], 1);
}

struct left *left_open(struct arena *arena, const struct gpu_inventory *inventory, const struct gpu_pod *shapes, uint32_t count, instant now)
{
    check(count <= LEFT_SHAPES, "more than %d shapes", LEFT_SHAPES);
    struct left *left = arena_new(arena, struct left);
    *left = (struct left){.inventory = inventory, .shapes = shapes, .count = count, .seen = inventory->version, .since = now,
                          .share = arena_array(arena, inventory->count, struct share)};
    for (size_t n = 0; n < inventory->count; n++)
        renew(left, (int32_t)n);
    return left;
}

static void pass(struct left *left, instant now)
{
    int64_t from = left->since.us > 0 ? left->since.us : 0;
    check(now.us >= left->since.us, "a look goes back in time");
    for (uint32_t s = 0; s < left->count && now.us > from; s++) {
        left->idle_us[s] += (timeweighted_area)left->idle[s] * (now.us - from);
        left->useless_us[s] += (timeweighted_area)left->useless[s] * (now.us - from);
    }
    left->since = now;
}

void left_look(struct left *left, instant now)
{
    const struct gpu_node *nodes = left->inventory->nodes;
    pass(left, now);
    for (int32_t n = left->inventory->newest; n != GPU_NO_NODE && nodes[n].version > left->seen; n = nodes[n].older)
        renew(left, n);
    left->seen = left->inventory->version;
}

void left_switch(struct left *left, int32_t node, bool available, instant now)
{
    if (left->inventory->nodes[node].capacity.devices == 0 || left->share[node].away == !available)
        return;
    pass(left, now);
    left->share[node].away = !available;
    renew(left, node);
}

timeweighted_area left_idle(const struct left *left, uint32_t number) { return left->idle_us[number]; }
timeweighted_area left_useless(const struct left *left, uint32_t number) { return left->useless_us[number]; }
