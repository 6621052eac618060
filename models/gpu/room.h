/* What one node has room for, as plain arithmetic: a copy that may be taken from and given back to without the
 * inventory noticing. Preemption asks it "what if these had left", backfill "what is free all through that window".
 * Internal to the room: callers use priority.h, backfill.h, group.h.
 *
 * A room says yes exactly where gpu_node_fits() would, were the node in that state. */
#ifndef NINES_MODELS_GPU_ROOM_H
#define NINES_MODELS_GPU_ROOM_H

#include "models/gpu/inventory.h"

struct gpu_room {
    int32_t cpu_milli, memory_mib, pods; /* left; pods: how many more */
    uint8_t devices, model;
    uint16_t milli[GPU_DEVICES_MAX]; /* left on each device */
};

/* The room of a node as it is now, its residents counted. */
struct gpu_room gpu_room_of(const struct gpu_inventory *inventory, int32_t node);

/* Devices for the pod, by the rule of exclusive pods (lowest idle ones) and "best" for shared pods (least left that
 * suffices, lowest index). False if it does not fit; *devices is then untouched. O(devices). */
bool gpu_room_find(const struct gpu_room *room, const struct gpu_pod *pod, uint16_t *devices);

/* True when the pod fits on these devices, or, with devices 0, is CPU-only and fits. */
bool gpu_room_fits_on(const struct gpu_room *room, const struct gpu_pod *pod, uint16_t devices);

/* Takes what the pod asks for on these devices; what is left may become negative for CPU, memory and pods, where
 * the caller adds up what never is at one time; devices may not. Give back is the exact inverse. */
void gpu_room_take(struct gpu_room *room, const struct gpu_pod *pod, uint16_t devices);
void gpu_room_give(struct gpu_room *room, const struct gpu_pod *pod, uint16_t devices);

/* *room becomes the smaller of both in every component: what is free at both times. */
void gpu_room_both(struct gpu_room *room, const struct gpu_room *other);

#endif
