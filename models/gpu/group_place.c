/* Seats for the unplaced bundles of one group, by its strategy. */
#include "models/gpu/group.h"
#include "models/gpu/room.h"

#include "sim/base/check.h"
#include "sim/base/hash.h"

#include "sim/base/nomalloc.h"

/* What a call is about, and which bundles it has placed so far. */
struct search {
    struct gpu_inventory *inventory;
    struct gpu_group *group;
    struct gpu_place_options place;
    uint64_t random;
    int32_t *forbidden;
};

static bool placed(const struct gpu_bundle *bundle) { return bundle->placement.node != GPU_NO_NODE; }

/* --- Taking and giving back --------------------------------------------------------------------------------------- */

static void seat(struct search *search, struct gpu_bundle *bundle, struct gpu_placement placement)
{
    gpu_bind(search->inventory, &bundle->pod, &placement);
    bundle->placement = placement;
    search->group->placed++;
}

static void unseat(struct search *search, struct gpu_bundle *bundle)
{
    gpu_release(search->inventory, &bundle->pod, &bundle->placement);
    bundle->placement = (struct gpu_placement){.node = GPU_NO_NODE};
    search->group->placed--;
}

/* Who was placed before the search: bundle i is bit i % 64 of word i / 64. A search that fails leaves these. */
struct survivors {
    uint64_t bits[GPU_BUNDLES_MAX / 64];
};

static struct survivors survivors_of(const struct gpu_group *group)
{
    struct survivors survivors = {{0}};
    for (int32_t i = 0; i < group->count; i++)
        if (placed(&group->bundles[i]))
            survivors.bits[i / 64] |= UINT64_C(1) << i % 64;
    return survivors;
}

static void undo(struct search *search, const struct survivors *survivors)
{
    for (int32_t i = search->group->count; i-- > 0;)
        if (placed(&search->group->bundles[i]) && (survivors->bits[i / 64] >> i % 64 & 1) == 0)
            unseat(search, &search->group->bundles[i]);
}

/* --- Nodes -------------------------------------------------------------------------------------------------------- */

static int32_t bundles_on(const struct gpu_group *group, int32_t node)
{
    int32_t count = 0;
    for (int32_t i = 0; i < group->count; i++)
        count += group->bundles[i].placement.node == node;
    return count;
}

static bool node_allowed(const struct search *search, int32_t node)
{
    const struct gpu_node *it = &search->inventory->nodes[node];
    unsigned domain = it->capacity.domain;
    return it->available &&
           (search->place.domains == NULL ||
            (domain / 64 < search->place.domain_words && (search->place.domains[domain / 64] >> domain % 64 & 1) != 0));
}

/* Forbids the nodes that hold `load` bundles of the group or more. */
static void forbid_loaded(struct search *search, int32_t load)
{
    size_t count = 0;
    for (int32_t i = 0; i < search->group->count; i++) {
        int32_t node = search->group->bundles[i].placement.node;
        bool seen = node == GPU_NO_NODE || bundles_on(search->group, node) < load;
        for (size_t k = 0; k < count && !seen; k++)
            seen = search->forbidden[k] == node;
        if (!seen)
            search->forbidden[count++] = node;
    }
    search->place.forbidden = search->forbidden;
    search->place.forbidden_count = count;
}

static bool place_one(struct search *search, int32_t index)
{
    struct gpu_bundle *bundle = &search->group->bundles[index];
    struct gpu_placement placement;
    search->place.random = hash_word(search->random, (uint64_t)index);
    if (!gpu_find(search->inventory, &bundle->pod, &search->place, &placement))
        return false;
    seat(search, bundle, placement);
    return true;
}

/* --- Strategies --------------------------------------------------------------------------------------------------- */

/* Bundle after bundle, wherever the policy wants it. */
static bool place_anyhow(struct search *search)
{
    search->place.forbidden_count = 0;
    for (int32_t i = 0; i < search->group->count; i++)
        if (!placed(&search->group->bundles[i]) && !place_one(search, i))
            return false;
    return true;
}

static bool place_strict_spread(struct search *search)
{
    for (int32_t i = 0; i < search->group->count; i++) {
        if (placed(&search->group->bundles[i]))
            continue;
        forbid_loaded(search, 1);
        if (!place_one(search, i))
            return false;
    }
    return true;
}

/* Each bundle on a node with as few of the group's as there is with room. */
static bool place_spread(struct search *search)
{
    for (int32_t i = 0; i < search->group->count; i++) {
        bool done = placed(&search->group->bundles[i]);
        for (int32_t load = 1; load <= search->group->count && !done; load++) {
            forbid_loaded(search, load);
            done = place_one(search, i);
        }
        if (!done)
            return false;
    }
    return true;
}

/* How many unplaced bundles the node takes, in their order; seats them if asked to. */
static int32_t fill_node(struct search *search, int32_t node, bool for_real)
{
    struct gpu_room room = gpu_room_of(search->inventory, node);
    int32_t count = 0;
    for (int32_t i = 0; i < search->group->count; i++) {
        struct gpu_bundle *bundle = &search->group->bundles[i];
        struct gpu_placement placement = {.node = node};
        if (placed(bundle) || !gpu_room_find(&room, &bundle->pod, &placement.devices))
            continue;
        gpu_room_take(&room, &bundle->pod, placement.devices);
        count++;
        if (for_real)
            seat(search, bundle, placement);
    }
    return count;
}

/* The node that takes most: one the group has already counts as if it took all. Ties: least GPU left, then order. */
static int32_t fullest_node(struct search *search)
{
    const struct gpu_inventory *inventory = search->inventory;
    int32_t best = GPU_NO_NODE, most = 0;
    for (size_t order = 0; order < inventory->count; order++) {
        int32_t node = (int32_t)inventory->by_order[order];
        if (!node_allowed(search, node))
            continue;
        int32_t count = fill_node(search, node, false);
        if (count > 0 && bundles_on(search->group, node) > 0)
            return node;
        if (count > most ||
            (count > 0 && count == most && inventory->nodes[node].gpu_milli < inventory->nodes[best].gpu_milli)) {
            best = node;
            most = count;
        }
    }
    return best;
}

static bool place_pack(struct search *search)
{
    while (search->group->placed < search->group->count) {
        int32_t node = fullest_node(search);
        if (node == GPU_NO_NODE)
            return false;
        fill_node(search, node, true);
    }
    return true;
}

/* A node of a STRICT_PACK group takes all its bundles with it, so that all are unplaced here. */
static bool place_strict_pack(struct search *search)
{
    check(search->group->placed == 0, "a STRICT_PACK group lost some of its bundles");
    int32_t node = fullest_node(search);
    return node != GPU_NO_NODE && fill_node(search, node, true) == search->group->count;
}

static bool place_by_strategy(struct search *search, const struct survivors *survivors)
{
    bool done = false;
    switch (search->group->strategy) {
    case GPU_GROUP_STRICT_PACK:
        return place_strict_pack(search);
    case GPU_GROUP_STRICT_SPREAD:
        return place_strict_spread(search);
    case GPU_GROUP_PACK:
        done = place_pack(search);
        break;
    case GPU_GROUP_SPREAD:
        done = place_spread(search);
        break;
    }
    if (done)
        return true;
    undo(search, survivors); /* a goal is no rule */
    return place_anyhow(search);
}

bool gpu_group_place(struct gpu_inventory *inventory, struct gpu_group *group, const struct gpu_place_options *place,
                     int32_t *forbidden)
{
    struct search search = {inventory, group, *place, place->random, forbidden};
    struct survivors survivors = survivors_of(group);
    if (place_by_strategy(&search, &survivors))
        return true;
    undo(&search, &survivors);
    return false;
}

bool gpu_group_fits(struct gpu_inventory *inventory, struct gpu_group *group, const struct gpu_place_options *place,
                    int32_t *forbidden)
{
    struct search search = {inventory, group, *place, place->random, forbidden};
    struct survivors survivors = survivors_of(group);
    bool fits = place_by_strategy(&search, &survivors);
    undo(&search, &survivors);
    return fits;
}
