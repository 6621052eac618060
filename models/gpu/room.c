#include "models/gpu/room.h"

#include "sim/base/check.h"

#include <string.h>

#include "sim/base/nomalloc.h"

struct gpu_room gpu_room_of(const struct gpu_inventory *inventory, int32_t index)
{
    check(inventory->sealed && index >= 0 && (size_t)index < inventory->count, "room of node %d", index);
    const struct gpu_node *node = &inventory->nodes[index];
    struct gpu_room room = {
        .cpu_milli = node->left.cpu_milli,
        .memory_mib = node->memory_mib,
        .pods = inventory->pods_per_node - node->pods,
        .devices = node->left.devices,
        .model = node->left.model,
    };
    memcpy(room.milli, node->left.milli, sizeof room.milli);
    return room;
}

static bool fits_beside_devices(const struct gpu_room *room, const struct gpu_pod *pod)
{
    return room->pods > 0 && room->cpu_milli >= pod->cpu_milli && room->memory_mib >= pod->memory_mib &&
           gpu_pod_accepts(pod, room->model);
}

static uint16_t best_device(const struct gpu_room *room, const struct gpu_pod *pod)
{
    unsigned best = GPU_DEVICES_MAX;
    for (unsigned i = 0; i < room->devices; i++)
        if (room->milli[i] >= pod->milli_per_device &&
            (best == GPU_DEVICES_MAX || room->milli[i] < room->milli[best]))
            best = i;
    return (uint16_t)(best == GPU_DEVICES_MAX ? 0 : 1U << best);
}

static uint16_t first_idle_devices(const struct gpu_room *room, unsigned count)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < room->devices && count > 0; i++)
        if (room->milli[i] == GPU_DEVICE_MILLI) {
            mask |= 1U << i;
            count--;
        }
    return (uint16_t)(count == 0 ? mask : 0);
}

bool gpu_room_find(const struct gpu_room *room, const struct gpu_pod *pod, uint16_t *devices)
{
    if (!fits_beside_devices(room, pod))
        return false;
    uint16_t mask = 0;
    if (pod->devices > 0) {
        mask = gpu_pod_shared(pod) ? best_device(room, pod) : first_idle_devices(room, pod->devices);
        if (mask == 0)
            return false;
    }
    *devices = mask;
    return true;
}

bool gpu_room_fits_on(const struct gpu_room *room, const struct gpu_pod *pod, uint16_t devices)
{
    if (!fits_beside_devices(room, pod) || __builtin_popcount(devices) != pod->devices)
        return false;
    for (uint32_t rest = devices; rest != 0; rest &= rest - 1) {
        unsigned device = (unsigned)__builtin_ctz(rest);
        if (device >= room->devices || room->milli[device] < pod->milli_per_device)
            return false;
    }
    return true;
}

static void change(struct gpu_room *room, const struct gpu_pod *pod, uint16_t devices, int sign)
{
    room->cpu_milli += sign * pod->cpu_milli;
    room->memory_mib += sign * pod->memory_mib;
    room->pods += sign;
    for (uint32_t rest = devices; rest != 0; rest &= rest - 1) {
        unsigned device = (unsigned)__builtin_ctz(rest);
        int milli = room->milli[device] + sign * (int)pod->milli_per_device;
        check(milli >= 0 && milli <= GPU_DEVICE_MILLI, "device %u of a room: %d milli", device, milli);
        room->milli[device] = (uint16_t)milli;
    }
}

void gpu_room_take(struct gpu_room *room, const struct gpu_pod *pod, uint16_t devices)
{
    change(room, pod, devices, -1);
}

void gpu_room_give(struct gpu_room *room, const struct gpu_pod *pod, uint16_t devices)
{
    change(room, pod, devices, 1);
}

void gpu_room_both(struct gpu_room *room, const struct gpu_room *other)
{
    if (other->cpu_milli < room->cpu_milli)
        room->cpu_milli = other->cpu_milli;
    if (other->memory_mib < room->memory_mib)
        room->memory_mib = other->memory_mib;
    if (other->pods < room->pods)
        room->pods = other->pods;
    for (unsigned i = 0; i < room->devices; i++)
        if (other->milli[i] < room->milli[i])
            room->milli[i] = other->milli[i];
}
