#include "models/gpu/group.h"

#include "sim/base/check.h"
#include "sim/base/hash.h"

#include "sim/base/nomalloc.h"

struct gpu_groups *gpu_groups_create(struct arena *arena, struct gpu_inventory *inventory,
                                     const struct gpu_groups_options *options)
{
    check(inventory->sealed && options->groups >= 1 && options->bundles >= 1 &&
              options->bundles <= GPU_BUNDLES_MAX && options->place.forbidden_count == 0,
          "room for %d groups of %d bundles", options->groups, options->bundles);
    struct gpu_groups *groups = arena_new(arena, struct gpu_groups);
    size_t count = (size_t)options->groups;
    *groups = (struct gpu_groups){
        .options = *options,
        .inventory = inventory,
        .groups = arena_array(arena, count, struct gpu_group),
        .order = arena_array(arena, count, int32_t),
        .forbidden = arena_array(arena, inventory->count, int32_t),
        .in_knot = arena_array(arena, count, bool),
        .head_up = true,
    };
    for (size_t i = 0; i < count; i++)
        groups->groups[i].bundles = arena_array(arena, (size_t)options->bundles, struct gpu_bundle);
    return groups;
}

static struct gpu_group *group_at(const struct gpu_groups *groups, int32_t id)
{
    check(id >= 0 && id < groups->options.groups && groups->groups[id].state != GPU_GROUP_NONE, "group %d", id);
    return &groups->groups[id];
}

const struct gpu_group *gpu_group(const struct gpu_groups *groups, int32_t id)
{
    check(id >= 0 && id < groups->options.groups, "group %d of %d", id, groups->options.groups);
    return &groups->groups[id];
}

int32_t gpu_group_add(struct gpu_groups *groups, const struct gpu_pod *bundles, int32_t count,
                      enum gpu_group_strategy strategy, int32_t max_restarts, uint64_t owner)
{
    int32_t id = 0;
    check(count >= 1 && count <= groups->options.bundles, "a group of %d bundles", count);
    while (id < groups->options.groups && groups->groups[id].state != GPU_GROUP_NONE)
        id++;
    if (id == groups->options.groups)
        limit_reached("limits.gpu_groups", groups->options.groups);
    struct gpu_group *group = &groups->groups[id];
    *group = (struct gpu_group){.state = GPU_GROUP_PENDING,
                                .strategy = strategy,
                                .bundles = group->bundles,
                                .count = count,
                                .max_restarts = max_restarts,
                                .sequence = groups->sequence++,
                                .owner = owner};
    for (int32_t i = 0; i < count; i++)
        group->bundles[i] = (struct gpu_bundle){.pod = bundles[i], .placement = {.node = GPU_NO_NODE}};
    groups->count++;
    return id;
}

/* --- Losing and letting go ---------------------------------------------------------------------------------------- */

static void let_go(struct gpu_groups *groups, struct gpu_group *group, struct gpu_bundle *bundle)
{
    if (bundle->placement.node == GPU_NO_NODE)
        return;
    gpu_release(groups->inventory, &bundle->pod, &bundle->placement);
    bundle->placement = (struct gpu_placement){.node = GPU_NO_NODE};
    group->placed--;
}

/* Back to the state of a group that was never created. Actors that ran have to be restarted. */
static void become_pending(struct gpu_groups *groups, struct gpu_group *group)
{
    for (int32_t i = group->count; i-- > 0;) {
        struct gpu_bundle *bundle = &group->bundles[i];
        bundle->lost = bundle->lost || group->created_before;
        let_go(groups, group, bundle);
    }
    group->state = GPU_GROUP_PENDING;
    group->created_before = false;
    group->knotted = false;
}

void gpu_group_remove(struct gpu_groups *groups, int32_t id)
{
    become_pending(groups, group_at(groups, id));
    groups->groups[id].state = GPU_GROUP_NONE;
    groups->count--;
}

static int32_t lose_bundles(struct gpu_groups *groups, struct gpu_group *group, int32_t node)
{
    int32_t lost = 0;
    for (int32_t i = 0; i < group->count; i++) {
        struct gpu_bundle *bundle = &group->bundles[i];
        if (bundle->placement.node != node)
            continue;
        let_go(groups, group, bundle);
        bundle->lost = bundle->lost || group->created_before;
        lost++;
    }
    return lost;
}

static void suffer(struct gpu_groups *groups, struct gpu_group *group)
{
    groups->counts.interrupted += group->state == GPU_GROUP_PREPARED;
    if (!group->created_before) {
        become_pending(groups, group);
        return;
    }
    if (group->state == GPU_GROUP_CREATED)
        group->lost_at = groups->deaths;
    else
        groups->counts.second_deaths++;
    group->state = GPU_GROUP_RESCHEDULING;
}

int32_t gpu_groups_node_down(struct gpu_groups *groups, int32_t node)
{
    int32_t sum = 0;
    gpu_node_set_available(groups->inventory, node, false);
    groups->deaths++;
    for (int32_t id = 0; id < groups->options.groups; id++) {
        struct gpu_group *group = &groups->groups[id];
        int32_t lost = group->state == GPU_GROUP_NONE ? 0 : lose_bundles(groups, group, node);
        if (lost > 0)
            suffer(groups, group);
        sum += lost;
    }
    groups->counts.bundles_lost += sum;
    return sum;
}

void gpu_groups_head_down(struct gpu_groups *groups)
{
    if (!groups->head_up)
        return;
    groups->head_up = false;
    groups->counts.head_losses++;
    for (int32_t id = 0; id < groups->options.groups; id++)
        if (groups->groups[id].state != GPU_GROUP_NONE)
            become_pending(groups, &groups->groups[id]);
}

void gpu_groups_head_up(struct gpu_groups *groups) { groups->head_up = true; }

/* --- Two phases --------------------------------------------------------------------------------------------------- */

static bool wants(const struct gpu_group *group)
{
    return group->state == GPU_GROUP_PENDING || group->state == GPU_GROUP_RESCHEDULING;
}

bool gpu_group_prepare(struct gpu_groups *groups, int32_t id, uint64_t random)
{
    struct gpu_group *group = group_at(groups, id);
    struct gpu_place_options place = groups->options.place;
    check(wants(group), "group %d is prepared in state %d", id, (int)group->state);
    place.random = hash_word(random, group->sequence);
    if (!groups->head_up || !gpu_group_place(groups->inventory, group, &place, groups->forbidden))
        return false;
    group->state = GPU_GROUP_PREPARED;
    return true;
}

/* The actor of a bundle that was lost and is placed again. */
static void restart_actor(struct gpu_groups *groups, const struct gpu_group *group, struct gpu_bundle *bundle)
{
    bundle->lost = false;
    if (bundle->dead)
        return;
    bundle->dead = group->max_restarts != GPU_RESTARTS_UNLIMITED && bundle->restarts >= group->max_restarts;
    bundle->restarts += !bundle->dead;
    groups->counts.restarts += !bundle->dead;
    groups->counts.actors_dead += bundle->dead;
}

void gpu_group_commit(struct gpu_groups *groups, int32_t id)
{
    struct gpu_group *group = group_at(groups, id);
    check(group->state == GPU_GROUP_PREPARED && group->placed == group->count && gpu_group_rule_holds(group),
          "group %d is committed in state %d with %d of %d bundles", id, (int)group->state, group->placed,
          group->count);
    for (int32_t i = 0; i < group->count; i++)
        if (group->bundles[i].lost)
            restart_actor(groups, group, &group->bundles[i]);
    groups->counts.created += !group->created_before;
    groups->counts.rescheduled += group->created_before;
    group->created_before = true;
    group->knotted = false;
    group->state = GPU_GROUP_CREATED;
}

/* --- Knots -------------------------------------------------------------------------------------------------------- */

/* Partial and waiting: it holds something and lacks something. */
static bool partial(const struct gpu_group *group)
{
    return group->state == GPU_GROUP_RESCHEDULING && group->placed > 0;
}

/* Takes seats again that were held a moment ago. A cordoned node keeps who is there, and takes nobody but them. */
static void rebind(struct gpu_inventory *inventory, const struct gpu_bundle *bundle)
{
    int32_t node = bundle->placement.node;
    bool available = inventory->nodes[node].available;
    gpu_node_set_available(inventory, node, true);
    gpu_bind(inventory, &bundle->pod, &bundle->placement);
    gpu_node_set_available(inventory, node, available);
}

/* All groups of the set but one let go of what they hold, or take it again. */
static void others_hold(struct gpu_inventory *inventory, const struct gpu_group *groups, int32_t count, const bool *knot,
                        int32_t except, bool hold)
{
    for (int32_t id = 0; id < count; id++) {
        if (!knot[id] || id == except)
            continue;
        for (int32_t i = 0; i < groups[id].count; i++) {
            const struct gpu_bundle *bundle = &groups[id].bundles[i];
            if (bundle->placement.node == GPU_NO_NODE)
                continue;
            if (hold)
                rebind(inventory, bundle);
            else
                gpu_release(inventory, &bundle->pod, &bundle->placement);
        }
    }
}

int32_t gpu_knot_find(struct gpu_inventory *inventory, struct gpu_group *groups, int32_t count, bool *knot,
                      const struct gpu_place_options *place, int32_t *forbidden)
{
    int32_t left = 0;
    for (bool shrunk = true; shrunk;) {
        shrunk = false;
        left = 0;
        for (int32_t id = 0; id < count; id++) {
            if (!knot[id])
                continue;
            others_hold(inventory, groups, count, knot, id, false);
            bool fits = gpu_group_fits(inventory, &groups[id], place, forbidden);
            others_hold(inventory, groups, count, knot, id, true);
            knot[id] = fits;
            shrunk = shrunk || !fits;
            left += fits;
        }
    }
    return left;
}

/* Returns the youngest group of a knot. */
static int32_t find_knot(struct gpu_groups *groups)
{
    int32_t youngest = GPU_NO_GROUP;
    for (int32_t id = 0; id < groups->options.groups; id++)
        groups->in_knot[id] = partial(&groups->groups[id]);
    (void)gpu_knot_find(groups->inventory, groups->groups, groups->options.groups, groups->in_knot, &groups->options.place,
                        groups->forbidden);
    for (int32_t id = 0; id < groups->options.groups; id++)
        if (groups->in_knot[id] &&
            (youngest == GPU_NO_GROUP || groups->groups[id].sequence > groups->groups[youngest].sequence))
            youngest = id;
    return youngest;
}

static void count_knot(struct gpu_groups *groups)
{
    bool fresh = false;
    for (int32_t id = 0; id < groups->options.groups; id++) {
        fresh = fresh || (groups->in_knot[id] && !groups->groups[id].knotted);
        groups->groups[id].knotted = groups->in_knot[id];
    }
    groups->counts.knots += fresh;
}

/* --- A pass ------------------------------------------------------------------------------------------------------- */

/* Partial groups before new ones; the longer partial, then the older first. */
static bool served_before(const struct gpu_group *a, const struct gpu_group *b)
{
    bool a_partial = a->state == GPU_GROUP_RESCHEDULING, b_partial = b->state == GPU_GROUP_RESCHEDULING;
    if (a_partial != b_partial)
        return a_partial;
    if (a_partial && a->lost_at != b->lost_at)
        return a->lost_at < b->lost_at;
    return a->sequence < b->sequence;
}

static int32_t sort_waiting(struct gpu_groups *groups)
{
    int32_t count = 0;
    for (int32_t id = 0; id < groups->options.groups; id++) {
        const struct gpu_group *group = &groups->groups[id];
        int32_t at = count;
        if (!wants(group))
            continue;
        for (; at > 0 && served_before(group, &groups->groups[groups->order[at - 1]]); at--)
            groups->order[at] = groups->order[at - 1];
        groups->order[at] = id;
        count++;
    }
    return count;
}

int32_t gpu_groups_pass(struct gpu_groups *groups, uint64_t random)
{
    int32_t created = 0, knot = GPU_NO_GROUP;
    if (!groups->head_up)
        return 0;
    do {
        int32_t waiting = sort_waiting(groups);
        for (int32_t i = 0; i < waiting; i++)
            if (gpu_group_prepare(groups, groups->order[i], random)) {
                gpu_group_commit(groups, groups->order[i]);
                created++;
            }
        knot = find_knot(groups);
        count_knot(groups);
        if (knot != GPU_NO_GROUP && groups->options.recreate) {
            become_pending(groups, &groups->groups[knot]);
            groups->counts.recreated++;
        }
    } while (knot != GPU_NO_GROUP && groups->options.recreate);
    return created;
}

/* --- Checks ------------------------------------------------------------------------------------------------------- */

bool gpu_group_rule_holds(const struct gpu_group *group)
{
    bool strict_pack = group->strategy == GPU_GROUP_STRICT_PACK;
    if (!strict_pack && group->strategy != GPU_GROUP_STRICT_SPREAD)
        return true;
    for (int32_t i = 0; i < group->count; i++)
        for (int32_t k = 0; k < i; k++) {
            int32_t a = group->bundles[i].placement.node, b = group->bundles[k].placement.node;
            if (a != GPU_NO_NODE && b != GPU_NO_NODE && (a == b) != strict_pack)
                return false;
        }
    return true;
}

static void audit_group(const struct gpu_group *group)
{
    int32_t placed = 0;
    for (int32_t i = 0; i < group->count; i++)
        placed += group->bundles[i].placement.node != GPU_NO_NODE;
    check(placed == group->placed, "%d bundles placed, %d counted", placed, group->placed);
    check(gpu_group_rule_holds(group), "strategy %d is not kept", (int)group->strategy);
    switch (group->state) {
    case GPU_GROUP_NONE:
    case GPU_GROUP_PENDING:
        check(placed == 0, "a group in state %d holds %d bundles", (int)group->state, placed);
        break;
    case GPU_GROUP_PREPARED:
    case GPU_GROUP_CREATED:
        check(placed == group->count, "a group in state %d holds %d bundles of %d", (int)group->state, placed,
              group->count);
        break;
    case GPU_GROUP_RESCHEDULING:
        check(placed < group->count && group->created_before, "a partial group holds all %d bundles", placed);
        break;
    }
}

void gpu_groups_audit(const struct gpu_groups *groups)
{
    int32_t count = 0;
    for (int32_t id = 0; id < groups->options.groups; id++) {
        if (groups->groups[id].state == GPU_GROUP_NONE)
            continue;
        count++;
        audit_group(&groups->groups[id]);
    }
    check(count == groups->count, "%d groups, %d counted", count, groups->count);
    gpu_inventory_audit(groups->inventory);
}
