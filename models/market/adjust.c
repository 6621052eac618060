/* The walk: GPU step, one replica on one node, and the first fit over units and nodes (section 6.3 of the
 * specification). Hot: called for every order and provider. */
#include "models/market/adjust_book.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

static const struct adjust_wish no_gpu = {ADJUST_UNSET, ADJUST_UNSET, ADJUST_UNSET, ADJUST_UNSET};

/* Room left of one resource; see adjust_available(). */
static inline int64_t room(int64_t allocatable, int64_t allocated)
{
    return adjust_available((struct adjust_pair){allocatable, allocated});
}

static inline bool take(int64_t allocatable, int64_t *allocated, int64_t value)
{
    if (value > room(allocatable, *allocated))
        return false;
    *allocated += value;
    return true;
}

/* --- Blocks of nodes --- */

static void raise(struct adjust_block *block, const struct adjust_node *node, const struct adjust_load *load)
{
    const int64_t cpu = room(node->allocatable.cpu_milli, load->cpu_milli);
    const int64_t memory = room(node->allocatable.memory_bytes, load->memory_bytes);
    const int64_t gpus = room(node->allocatable.gpus, load->gpus);
    block->cpu_milli = cpu > block->cpu_milli ? cpu : block->cpu_milli;
    block->memory_bytes = memory > block->memory_bytes ? memory : block->memory_bytes;
    block->gpus = gpus > block->gpus ? gpus : block->gpus;
}

void adjust_view_changed(const struct adjust_cluster *cluster, struct adjust_view *view, int32_t node)
{
    struct adjust_block *block = &view->blocks[node / ADJUST_BLOCK];
    raise(block, &cluster->nodes[node], &view->nodes[node]);
    block->loose = true;
    block->changed |= adjust_changed_bit(node);
}

/* What a node is refused for before its GPU request can be rewritten: CPU, the number of GPUs, and memory where there are none.
 * With "sticky rewrite" a node that fails later than that leaves a trace, and must be visited. */
static bool may_hold(const struct adjust_block *block, const struct adjust_unit *unit)
{
    return unit->cpu_milli <= block->cpu_milli && unit->gpus <= block->gpus &&
           (unit->gpus > 0 || unit->memory_bytes <= block->memory_bytes);
}

void adjust_block_tighten(const struct adjust_cluster *cluster, struct adjust_view *view, int32_t at)
{
    struct adjust_block *block = &view->blocks[at];
    if (!block->loose)
        return;
    block->cpu_milli = block->memory_bytes = block->gpus = 0;
    block->loose = false;
    for (int32_t node = at * ADJUST_BLOCK; node < cluster->n_nodes && node < (at + 1) * ADJUST_BLOCK; node++)
        raise(block, &cluster->nodes[node], &view->nodes[node]);
}

bool adjust_block_has_room(const struct adjust_cluster *cluster, struct adjust_view *view, int32_t at,
                           const struct adjust_unit *unit)
{
    struct adjust_block *block = &view->blocks[at];
    if (!may_hold(block, unit))
        return false;
    if (!block->loose)
        return true;
    adjust_block_tighten(cluster, view, at);
    return may_hold(block, unit);
}

/* --- GPUs --- */

/* The wish that speaks for a GPU's model: the one naming it, else the vendor's wildcard. */
static const struct adjust_wish *wish_for(const struct adjust_wish *wishes, int32_t n_wishes,
                                          const struct adjust_gpu *gpu)
{
    const struct adjust_wish *wildcard = NULL;
    for (int32_t i = 0; i < n_wishes; i++) {
        if (wishes[i].vendor != gpu->vendor)
            continue;
        if (wishes[i].model == gpu->model)
            return &wishes[i];
        if (wishes[i].model == ADJUST_UNSET)
            wildcard = &wishes[i];
    }
    return wildcard;
}

/* Counts matching GPUs over the node's complete list, used ones too; the entry that makes the count full decides the
 * model. Availability is only the number of free GPUs: the list does not say which ones are taken. */
static bool choose_gpu(const struct adjust_node *node, int64_t gpus, const struct adjust_wish *wishes, int32_t n_wishes,
                       struct adjust_wish *chosen)
{
    int64_t matching = 0;
    for (int32_t i = 0; i < node->n_gpu_list; i++) {
        const struct adjust_gpu *gpu = &node->gpu_list[i];
        const struct adjust_wish *wish = wish_for(wishes, n_wishes, gpu);
        if (!wish || (wish->ram_gib != ADJUST_UNSET && wish->ram_gib != gpu->ram_gib) ||
            (wish->interface != ADJUST_UNSET && wish->interface != gpu->interface))
            continue;
        if (++matching == gpus) {
            *chosen = *wish;
            chosen->model = gpu->model;
            return true;
        }
    }
    return false;
}

/* --- One replica --- */

static bool take_from_pool(const struct adjust_cluster *cluster, struct adjust_view *view,
                           const struct adjust_volume *volume)
{
    const int32_t pool = cluster->pool_of_class[volume->class_id];
    return pool != ADJUST_UNSET && take(cluster->pool_allocatable[pool], &view->pools[pool], volume->bytes);
}

/* Volumes in their order: the first one without room decides between "not on this node" and "nowhere". `load` is the
 * caller's copy; pools are taken in place and given back on failure. */
static enum replica_result take_volumes(const struct adjust_cluster *cluster, struct adjust_view *view,
                                        const struct adjust_node *node, const struct adjust_unit *unit,
                                        struct adjust_load *load)
{
    enum replica_result result = REPLICA_PLACED;
    int32_t done = 0;
    for (; done < unit->n_volumes; done++) {
        const struct adjust_volume *volume = &unit->volumes[done];
        if (volume->kind == ADJUST_RAM) {
            if (!take(node->allocatable.memory_bytes, &load->memory_bytes, volume->bytes))
                result = REPLICA_NOT_HERE;
        } else if (volume->kind == ADJUST_EPHEMERAL) {
            if (!take(node->allocatable.ephemeral_bytes, &load->ephemeral_bytes, volume->bytes))
                result = REPLICA_NOT_HERE;
        } else if (volume->kind == ADJUST_IMPOSSIBLE) {
            result = REPLICA_NOWHERE;
        } else if (!(node->classes >> volume->class_id & 1)) {
            result = REPLICA_NOT_HERE;
        } else if (!take_from_pool(cluster, view, volume)) {
            result = REPLICA_NOWHERE;
        }
        if (result != REPLICA_PLACED)
            break;
    }
    if (result != REPLICA_PLACED)
        for (int32_t i = 0; i < done; i++)
            if (unit->volumes[i].kind == ADJUST_PERSISTENT)
                view->pools[cluster->pool_of_class[unit->volumes[i].class_id]] -= unit->volumes[i].bytes;
    return result;
}

enum replica_result adjust_view_place_replica(const struct adjust_cluster *cluster, struct adjust_view *view,
                                              int32_t at, const struct adjust_unit *unit,
                                              const struct adjust_wish *wishes, int32_t n_wishes,
                                              struct adjust_wish *gpu, bool *rewritten)
{
    const struct adjust_node *node = &cluster->nodes[at];
    struct adjust_load load = view->nodes[at];
    /* Unlimited CPU turns negative in the conversion to milli-cores: such a node has none. */
    if (node->allocatable.cpu_milli == ADJUST_UNLIMITED ||
        !take(node->allocatable.cpu_milli, &load.cpu_milli, unit->cpu_milli))
        return REPLICA_NOT_HERE;
    if (unit->gpus > 0) {
        const int64_t idle = room(node->allocatable.gpus, load.gpus);
        struct adjust_wish chosen;
        if (idle == 0 || !choose_gpu(node, unit->gpus, wishes, n_wishes, &chosen) || unit->gpus > idle)
            return REPLICA_NOT_HERE;
        load.gpus += unit->gpus;
        *gpu = chosen;
        *rewritten = true;
    }
    if (!take(node->allocatable.memory_bytes, &load.memory_bytes, unit->memory_bytes))
        return REPLICA_NOT_HERE;
    const enum replica_result result = take_volumes(cluster, view, node, unit, &load);
    if (result == REPLICA_PLACED) {
        view->nodes[at] = load;
        adjust_view_changed(cluster, view, at);
    }
    return result;
}

/* --- One unit, then all --- */

/* How far the walk has come with its current unit. */
struct unit_walk {
    const struct adjust_unit *unit;
    int32_t index;          /* of the unit */
    int32_t left;           /* replicas still to place */
    bool rewritten;         /* gpu replaces the unit's wishes */
    struct adjust_wish gpu; /* no_gpu for units without GPUs */
};

static enum replica_result walk_node(struct adjust_cluster *cluster, struct adjust_view *view, int32_t node,
                                     struct unit_walk *walk, struct adjust_list *list)
{
    enum replica_result result = REPLICA_PLACED;
    int32_t placed = 0;
    const bool sticky = cluster->rules.sticky_rewrite;
    while (walk->left > 0) {
        struct adjust_wish gpu = walk->gpu;
        bool rewritten = walk->rewritten;
        result = adjust_view_place_replica(cluster, view, node, walk->unit,
                                           walk->rewritten ? &walk->gpu : walk->unit->wishes,
                                           walk->rewritten ? 1 : walk->unit->n_wishes, &gpu, &rewritten);
        if (result == REPLICA_PLACED || sticky) {
            /* The chain's ErrGroupResourceMismatch: a rewritten request names one model, so it can only repeat itself.
             */
            check(!walk->rewritten || gpu.model == walk->gpu.model, "replicas of one unit resolve to two GPU models");
            walk->gpu = gpu;
            walk->rewritten = rewritten;
        }
        if (result != REPLICA_PLACED)
            break;
        walk->left--;
        placed++;
    }
    if (placed > 0)
        adjust_book_append(cluster->book, list, walk->index, node, placed, &walk->gpu);
    return result;
}

static bool walk_unit(struct adjust_cluster *cluster, struct adjust_view *view, struct unit_walk *walk,
                      struct adjust_list *list)
{
    for (int32_t node = 0; node < cluster->n_nodes && walk->left > 0; node++) {
        if (node % ADJUST_BLOCK == 0 && !adjust_block_has_room(cluster, view, node / ADJUST_BLOCK, walk->unit))
            node += ADJUST_BLOCK - 1;
        else if (view->in[node] && walk_node(cluster, view, node, walk, list) == REPLICA_NOWHERE)
            return false;
    }
    return walk->left == 0;
}

bool adjust_view_place(struct adjust_cluster *cluster, struct adjust_view *view, const struct adjust_request *request,
                       struct adjust_list *list)
{
    *list = ADJUST_LIST_EMPTY;
    for (int32_t index = request->n_units - 1; index >= 0; index--) {
        const struct adjust_unit *unit = &request->units[index];
        struct unit_walk walk = {.unit = unit, .index = index, .left = unit->count, .gpu = no_gpu};
        if (!walk_unit(cluster, view, &walk, list)) {
            adjust_view_count_runs(cluster, view, request, list->first, -1);
            adjust_book_free_runs(cluster->book, list);
            return false;
        }
    }
    return true;
}
