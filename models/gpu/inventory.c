#include "models/gpu/inventory.h"

#include "models/gpu/cache.h"
#include "sim/base/check.h"

#include <stdlib.h>

#include "sim/base/nomalloc.h"

enum { DEFAULT_PODS_PER_NODE = 1001, DEFAULT_SHAPES = 128 };

#define FRAGMENT_UNITS 16777216.0 /* 2^24 per milli: 16,000 milli on 2^20 nodes stay below 2^58 */

/* --- Creation ----------------------------------------------------------------------------------------------------- */

struct gpu_inventory *gpu_inventory_create(struct arena *arena, const struct gpu_inventory_options *options)
{
    check(options->nodes >= 1 && options->nodes <= GPU_NODES_MAX, "an inventory for %zu nodes", options->nodes);
    struct gpu_inventory *inventory = arena_new(arena, struct gpu_inventory);
    inventory->nodes = arena_array(arena, options->nodes, struct gpu_node);
    inventory->room = options->nodes;
    inventory->pods_per_node = options->pods_per_node != 0 ? options->pods_per_node : DEFAULT_PODS_PER_NODE;
    inventory->fragmentation = options->fragmentation;
    inventory->newest = GPU_NO_NODE;
    inventory->arena = arena;
    inventory->shapes = options->shapes != 0 ? options->shapes : DEFAULT_SHAPES;
    return inventory;
}

static void check_options(const struct gpu_node_options *node)
{
    check(node->cpu_milli >= 0 && node->cpu_milli <= GPU_CPU_MILLI_MAX, "node with %d milli-CPU", node->cpu_milli);
    check(node->memory_mib >= 0, "node with %d MiB", node->memory_mib);
    check(node->devices <= GPU_DEVICES_MAX, "node with %u devices", (unsigned)node->devices);
    check(node->devices == 0 || node->model < GPU_MODELS_MAX, "model number %u", (unsigned)node->model);
}

int32_t gpu_inventory_add_node(struct gpu_inventory *inventory, const struct gpu_node_options *node)
{
    check(!inventory->sealed, "a node is added to a sealed inventory");
    check_options(node);
    if (inventory->count == inventory->room)
        limit_reached("limits.gpu_nodes", (int64_t)inventory->room);
    struct gpu_node *added = &inventory->nodes[inventory->count];
    *added = (struct gpu_node){
        .left = {.cpu_milli = node->cpu_milli,
                 .devices = node->devices,
                 .model = node->devices > 0 ? node->model : 0},
        .memory_mib = node->memory_mib,
        .gpu_milli = node->devices * GPU_DEVICE_MILLI,
        .idle_devices = node->devices,
        .available = true,
        .capacity = *node,
    };
    for (unsigned i = 0; i < node->devices; i++) {
        added->left.milli[i] = GPU_DEVICE_MILLI;
        added->left.signature += gpu_signature(GPU_DEVICE_MILLI);
    }
    return (int32_t)inventory->count++;
}

struct sort_key {
    uint32_t major, index;
};

static int compare_keys(const void *left, const void *right)
{
    const struct sort_key *a = left, *b = right;
    if (a->major != b->major)
        return a->major < b->major ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index ? 1 : 0;
}

/* Fleets are mostly added in order: then there is nothing to sort. */
static void sort_keys(struct sort_key *keys, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (compare_keys(&keys[i - 1], &keys[i]) > 0) {
            qsort(keys, count, sizeof *keys, compare_keys);
            return;
        }
}

static void order_by_domain(struct gpu_inventory *inventory, struct sort_key *keys)
{
    size_t count = inventory->count;
    for (size_t i = 0; i < count; i++)
        keys[i] = (struct sort_key){inventory->nodes[i].capacity.domain, (uint32_t)i};
    sort_keys(keys, count);
    inventory->by_leaf = arena_array(inventory->arena, count, uint32_t);
    inventory->leaf_memory_mib = arena_array(inventory->arena, count, int32_t);
    inventory->domains = keys[count - 1].major + 1;
    inventory->domain_first = arena_array(inventory->arena, inventory->domains + 1, uint32_t);
    uint32_t domain = 0;
    for (uint32_t leaf = 0; leaf < count; leaf++) {
        struct gpu_node *node = &inventory->nodes[keys[leaf].index];
        while (domain < keys[leaf].major)
            inventory->domain_first[++domain] = leaf;
        inventory->by_leaf[leaf] = keys[leaf].index;
        inventory->leaf_memory_mib[leaf] = node->memory_mib;
        node->leaf = leaf;
    }
    inventory->domain_first[inventory->domains] = (uint32_t)count;
}

static void order_by_rank(struct gpu_inventory *inventory, struct sort_key *keys)
{
    for (size_t i = 0; i < inventory->count; i++)
        keys[i] = (struct sort_key){inventory->nodes[i].capacity.rank, (uint32_t)i};
    sort_keys(keys, inventory->count);
    inventory->by_order = arena_array(inventory->arena, inventory->count, uint32_t);
    for (uint32_t order = 0; order < inventory->count; order++) {
        inventory->by_order[order] = keys[order].index;
        inventory->nodes[keys[order].index].order = order;
    }
}

/* --- Changes ------------------------------------------------------------------------------------------------------ */

static int64_t fragment_fixed(const struct gpu_node *node)
{
    return (int64_t)(node->fragment * FRAGMENT_UNITS + 0.5); /* F >= 0 */
}

/* Takes a node's part out of, or puts it back into, the sums over available nodes. */
static void count_available(struct gpu_inventory *inventory, const struct gpu_node *node, int sign)
{
    inventory->totals.available_nodes += sign;
    inventory->totals.available_free_gpu_milli += sign * (int64_t)node->gpu_milli;
    inventory->totals.fragment_fixed += sign * fragment_fixed(node);
}

static void list_unlink(struct gpu_inventory *inventory, const struct gpu_node *node)
{
    if (node->newer != GPU_NO_NODE)
        inventory->nodes[node->newer].older = node->older;
    else
        inventory->newest = node->older;
    if (node->older != GPU_NO_NODE)
        inventory->nodes[node->older].newer = node->newer;
}

static void list_push(struct gpu_inventory *inventory, int32_t index)
{
    struct gpu_node *node = &inventory->nodes[index];
    node->newer = GPU_NO_NODE;
    node->older = inventory->newest;
    if (inventory->newest != GPU_NO_NODE)
        inventory->nodes[inventory->newest].newer = index;
    inventory->newest = index;
    node->version = ++inventory->version;
}

static void mark_changed(struct gpu_inventory *inventory, int32_t index)
{
    list_unlink(inventory, &inventory->nodes[index]);
    list_push(inventory, index);
}

static void measure_fragment(const struct gpu_inventory *inventory, struct gpu_node *node)
{
    if (inventory->fragmentation != NULL && node->left.devices > 0)
        node->fragment = gpu_fragmentation_of(inventory->fragmentation, &node->left);
}

void gpu_inventory_seal(struct gpu_inventory *inventory)
{
    check(!inventory->sealed && inventory->count > 0, "inventory of %zu nodes cannot be sealed", inventory->count);
    struct sort_key *keys = arena_array(inventory->arena, inventory->count, struct sort_key);
    order_by_domain(inventory, keys);
    order_by_rank(inventory, keys);
    for (size_t i = 0; i < inventory->count; i++) {
        struct gpu_node *node = &inventory->nodes[i];
        measure_fragment(inventory, node);
        list_push(inventory, (int32_t)i);
        count_available(inventory, node, 1);
        inventory->totals.capacity_gpu_milli += node->gpu_milli;
        inventory->totals.capacity_cpu_milli += node->left.cpu_milli;
        inventory->totals.capacity_memory_mib += node->memory_mib;
    }
    inventory->cache = gpu_score_cache_create(inventory->arena, inventory->count, inventory->shapes);
    inventory->sealed = true;
}

static struct gpu_node *node_at(const struct gpu_inventory *inventory, int32_t index)
{
    check(inventory->sealed, "the inventory is not sealed yet");
    check(index >= 0 && (size_t)index < inventory->count, "node %d of %zu", index, inventory->count);
    return &inventory->nodes[index];
}

void gpu_node_set_available(struct gpu_inventory *inventory, int32_t index, bool available)
{
    struct gpu_node *node = node_at(inventory, index);
    if (node->available == available)
        return;
    count_available(inventory, node, available ? 1 : -1);
    node->available = available;
    mark_changed(inventory, index);
}

static unsigned devices_with(const struct gpu_left *state, uint16_t milli)
{
    unsigned count = 0;
    for (unsigned i = 0; i < state->devices; i++)
        count += state->milli[i] >= milli;
    return count;
}

bool gpu_node_fits(const struct gpu_inventory *inventory, int32_t index, const struct gpu_pod *pod)
{
    const struct gpu_node *node = node_at(inventory, index);
    if (!node->available || node->pods >= inventory->pods_per_node || node->left.cpu_milli < pod->cpu_milli ||
        node->memory_mib < pod->memory_mib)
        return false;
    return pod->devices == 0 || (gpu_pod_accepts(pod, node->left.model) &&
                                 devices_with(&node->left, pod->milli_per_device) >= pod->devices);
}

/* Moves one device from `left` to `left + change` milli. */
static void change_device(struct gpu_node *node, unsigned device, int change)
{
    struct gpu_left *state = &node->left;
    int before = state->milli[device], after = before + change;
    check(device < state->devices && after >= 0 && after <= GPU_DEVICE_MILLI, "device %u: %d%+d milli", device, before,
          change);
    state->milli[device] = (uint16_t)after;
    state->signature += gpu_signature((uint32_t)after) - gpu_signature((uint32_t)before);
    node->gpu_milli += change;
    node->idle_devices = (uint16_t)(node->idle_devices + (after == GPU_DEVICE_MILLI) - (before == GPU_DEVICE_MILLI));
}

static void change_tag(struct gpu_node *node, const struct gpu_pod *pod, int sign)
{
    unsigned tag = gpu_pod_shared(pod) ? 0 : pod->devices;
    check(sign > 0 || node->tags[tag] > 0, "no resident with tag %u", tag);
    node->tags[tag] = (uint16_t)(node->tags[tag] + sign);
    if (node->tags[tag] > 0)
        node->tag_mask |= 1U << tag;
    else
        node->tag_mask &= ~(1U << tag);
}

/* sign +1: the pod takes its resources; -1: it gives them back. */
static void apply(struct gpu_inventory *inventory, const struct gpu_pod *pod, const struct gpu_placement *placement,
                  int sign)
{
    struct gpu_node *node = &inventory->nodes[placement->node];
    struct gpu_totals *totals = &inventory->totals;
    if (node->available)
        count_available(inventory, node, -1);
    for (uint32_t rest = placement->devices; rest != 0; rest &= rest - 1)
        change_device(node, (unsigned)__builtin_ctz(rest), -sign * pod->milli_per_device);
    if (pod->devices > 0)
        change_tag(node, pod, sign);
    node->left.cpu_milli -= sign * pod->cpu_milli;
    node->memory_mib -= sign * pod->memory_mib;
    node->pods = (uint16_t)(node->pods + sign);
    node->pods_without_cpu = (uint16_t)(node->pods_without_cpu + (pod->cpu_milli == 0 ? sign : 0));
    node->pods_without_memory = (uint16_t)(node->pods_without_memory + (pod->memory_mib == 0 ? sign : 0));
    inventory->leaf_memory_mib[node->leaf] = node->memory_mib;
    measure_fragment(inventory, node);
    if (node->available)
        count_available(inventory, node, 1);
    totals->allocated_gpu_milli += sign * gpu_pod_milli(pod);
    totals->allocated_cpu_milli += sign * (int64_t)pod->cpu_milli;
    totals->allocated_memory_mib += sign * (int64_t)pod->memory_mib;
    totals->pods += sign;
    mark_changed(inventory, placement->node);
}

static void check_request(const struct gpu_pod *pod, const struct gpu_placement *placement)
{
    check(gpu_pod_valid(pod), "pod with %d milli-CPU, %u devices of %u milli", pod->cpu_milli, (unsigned)pod->devices,
          (unsigned)pod->milli_per_device);
    check(__builtin_popcount(placement->devices) == pod->devices, "%u devices asked for, mask %#x",
          (unsigned)pod->devices, (unsigned)placement->devices);
}

void gpu_bind(struct gpu_inventory *inventory, const struct gpu_pod *pod, const struct gpu_placement *placement)
{
    check_request(pod, placement);
    check(gpu_node_fits(inventory, placement->node, pod), "pod does not fit on node %d", placement->node);
    apply(inventory, pod, placement, 1);
}

void gpu_release(struct gpu_inventory *inventory, const struct gpu_pod *pod, const struct gpu_placement *placement)
{
    check_request(pod, placement);
    const struct gpu_node *node = node_at(inventory, placement->node);
    check(node->pods > 0 && pod->cpu_milli <= node->capacity.cpu_milli - node->left.cpu_milli &&
              pod->memory_mib <= node->capacity.memory_mib - node->memory_mib,
          "node %d gets back more than it gave", placement->node);
    apply(inventory, pod, placement, -1);
}

/* --- Reports ------------------------------------------------------------------------------------------------------ */

double gpu_inventory_fragment(const struct gpu_inventory *inventory)
{
    return (double)inventory->totals.fragment_fixed / FRAGMENT_UNITS;
}

struct gpu_fragments gpu_inventory_fragments(const struct gpu_inventory *inventory)
{
    struct gpu_fragments sums = {{0}};
    check(inventory->fragmentation != NULL, "the inventory has no fragmentation measure");
    for (size_t i = 0; i < inventory->count; i++) {
        const struct gpu_node *node = &inventory->nodes[i];
        if (!node->available || node->left.devices == 0)
            continue;
        struct gpu_fragments one = gpu_fragmentation_classes(inventory->fragmentation, &node->left);
        for (unsigned class = 0; class < GPU_CLASSES; class++)
            sums.milli[class] += one.milli[class];
    }
    return sums;
}

int64_t gpu_inventory_devices_touched(const struct gpu_inventory *inventory)
{
    int64_t touched = 0;
    for (size_t i = 0; i < inventory->count; i++)
        touched += inventory->nodes[i].left.devices - inventory->nodes[i].idle_devices;
    return touched;
}

uint64_t gpu_inventory_digest(const struct gpu_inventory *inventory)
{
    uint64_t hash = hash_word(0, inventory->count);
    for (size_t i = 0; i < inventory->count; i++) {
        const struct gpu_node *node = &inventory->nodes[i];
        hash = hash_word(hash, (uint64_t)(uint32_t)node->left.cpu_milli << 32 | (uint32_t)node->memory_mib);
        hash = hash_word(hash, (uint64_t)node->pods << 1 | node->available);
        hash = hash_bytes(hash, node->left.milli, sizeof node->left.milli);
        hash = hash_bytes(hash, node->tags, sizeof node->tags);
    }
    return hash;
}
