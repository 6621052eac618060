/* The inventory against itself: every derived field and every total computed again from what is left. */
#include "models/gpu/inventory.h"
#include "sim/base/check.h"

#include <string.h>

#include "sim/base/nomalloc.h"

static void audit_devices(const struct gpu_node *node, size_t index)
{
    uint64_t signature = 0;
    int32_t left = 0;
    unsigned idle = 0;
    for (unsigned i = 0; i < GPU_DEVICES_MAX; i++) {
        uint16_t milli = node->left.milli[i];
        check(milli <= (i < node->left.devices ? GPU_DEVICE_MILLI : 0), "node %zu device %u: %u milli left", index, i,
              (unsigned)milli);
        if (i >= node->left.devices)
            continue;
        signature += gpu_signature(milli);
        left += milli;
        idle += milli == GPU_DEVICE_MILLI;
    }
    check(signature == node->left.signature, "node %zu: stale signature", index);
    check(left == node->gpu_milli, "node %zu: %d milli left, %d counted", index, left, node->gpu_milli);
    check(idle == node->idle_devices, "node %zu: %u idle devices, %u counted", index, idle,
          (unsigned)node->idle_devices);
}

static void audit_residents(const struct gpu_node *node, size_t index)
{
    unsigned pods = 0;
    int32_t exclusive_milli = 0;
    for (unsigned tag = 0; tag < GPU_TAGS; tag++) {
        check((node->tag_mask >> tag & 1) == (node->tags[tag] > 0), "node %zu: stale tag %u", index, tag);
        pods += node->tags[tag];
        exclusive_milli += (int32_t)(tag * node->tags[tag]) * GPU_DEVICE_MILLI;
    }
    int32_t held_milli = node->capacity.devices * GPU_DEVICE_MILLI - node->gpu_milli;
    check(pods <= node->pods, "node %zu: %u GPU pods of %u", index, pods, (unsigned)node->pods);
    check(node->pods_without_cpu <= node->pods && node->pods_without_memory <= node->pods,
          "node %zu: more pods without requests than pods", index);
    check(held_milli >= exclusive_milli, "node %zu: exclusive pods hold more than is allocated", index);
    check(node->tags[0] > 0 || held_milli == exclusive_milli, "node %zu: milli held by nobody", index);
    check(node->pods > 0 || (node->left.cpu_milli == node->capacity.cpu_milli &&
                             node->memory_mib == node->capacity.memory_mib && held_milli == 0),
          "node %zu is empty but not whole", index);
}

static void audit_node(const struct gpu_inventory *inventory, size_t index)
{
    const struct gpu_node *node = &inventory->nodes[index];
    check(node->left.cpu_milli >= 0 && node->left.cpu_milli <= node->capacity.cpu_milli, "node %zu: %d milli-CPU left",
          index, node->left.cpu_milli);
    check(node->memory_mib >= 0 && node->memory_mib <= node->capacity.memory_mib, "node %zu: %d MiB left", index,
          node->memory_mib);
    check(node->pods <= inventory->pods_per_node, "node %zu: %u pods", index, (unsigned)node->pods);
    check(inventory->by_leaf[node->leaf] == index && inventory->by_order[node->order] == index, "node %zu: lost",
          index);
    check(inventory->leaf_memory_mib[node->leaf] == node->memory_mib, "node %zu: stale memory", index);
    audit_devices(node, index);
    audit_residents(node, index);
    if (inventory->fragmentation != NULL && node->left.devices > 0) {
        struct gpu_fragments fragments = gpu_fragmentation_classes(inventory->fragmentation, &node->left);
        double fresh = gpu_fragments_sum(&fragments);
        check(memcmp(&fresh, &node->fragment, sizeof fresh) == 0, "node %zu: F is %.17g, kept as %.17g", index, fresh,
              node->fragment);
    }
}

static void audit_list(const struct gpu_inventory *inventory)
{
    size_t met = 0;
    uint64_t version = inventory->version + 1;
    int32_t newer = GPU_NO_NODE;
    for (int32_t at = inventory->newest; at != GPU_NO_NODE; at = inventory->nodes[at].older) {
        check(inventory->nodes[at].version < version && inventory->nodes[at].newer == newer, "node %d is out of order",
              at);
        version = inventory->nodes[at].version;
        newer = at;
        met++;
    }
    check(met == inventory->count, "%zu of %zu nodes in the list of changes", met, inventory->count);
}

static void audit_totals(const struct gpu_inventory *inventory)
{
    const struct gpu_totals *totals = &inventory->totals;
    int64_t gpu = 0, cpu = 0, memory = 0, pods = 0, nodes = 0, free_gpu = 0;
    for (size_t i = 0; i < inventory->count; i++) {
        const struct gpu_node *node = &inventory->nodes[i];
        gpu += node->gpu_milli;
        cpu += node->left.cpu_milli;
        memory += node->memory_mib;
        pods += node->pods;
        nodes += node->available;
        free_gpu += node->available ? node->gpu_milli : 0;
    }
    check(gpu + totals->allocated_gpu_milli == totals->capacity_gpu_milli, "milli-GPU do not add up");
    check(cpu + totals->allocated_cpu_milli == totals->capacity_cpu_milli, "milli-CPU do not add up");
    check(memory + totals->allocated_memory_mib == totals->capacity_memory_mib, "memory does not add up");
    check(pods == totals->pods && nodes == totals->available_nodes && free_gpu == totals->available_free_gpu_milli,
          "counts do not add up");
    if (inventory->fragmentation != NULL) {
        struct gpu_fragments fragments = gpu_inventory_fragments(inventory);
        double difference = gpu_fragments_sum(&fragments) - gpu_inventory_fragment(inventory);
        check(difference < 0.01 && difference > -0.01, "cluster F is off by %g", difference);
    }
}

void gpu_inventory_audit(const struct gpu_inventory *inventory)
{
    for (size_t i = 0; i < inventory->count; i++)
        audit_node(inventory, i);
    audit_list(inventory);
    audit_totals(inventory);
}
