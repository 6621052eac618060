/* What a pod asks for, and what a node has left.
 *
 * The words are those of the Kubernetes GPU-sharing world: a *pod* asks for CPU, host memory and devices of one node; a
 * device is divided into 1000 milli. There are three kinds of pod: CPU-only (devices 0), shared (a part of one device,
 * 1 to 999 milli) and exclusive (1 to 16 whole devices of one node). GPU device memory plays no role; host memory is
 * only a filter.
 *
 * Source: Weng et al. 2023 (USENIX ATC, "Beware of Fragmentation"), and the units of its openb trace. */
#ifndef NINES_MODELS_GPU_POD_H
#define NINES_MODELS_GPU_POD_H

#include "sim/base/hash.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    GPU_DEVICE_MILLI = 1000, /* one whole device */
    GPU_DEVICES_MAX = 16,    /* devices of one node */
    GPU_MODELS_MAX = 64      /* model numbers are below this */
};

/* One request. Times, priority and tenants are the caller's business. */
struct gpu_pod {
    int32_t cpu_milli;         /* milli-core, >= 0 */
    int32_t memory_mib;        /* host memory, MiB, >= 0 */
    uint16_t devices;          /* 0: CPU-only; then the next two are ignored */
    uint16_t milli_per_device; /* 1..1000; below 1000 only with devices == 1 */
    uint64_t models;           /* bit m: model m will do; 0: any model */
};

/* Free resources of a node as far as scores and fragmentation see them. */
struct gpu_left {
    int32_t cpu_milli;
    uint8_t devices; /* how many; milli[] beyond are 0 */
    uint8_t model;
    uint16_t milli[GPU_DEVICES_MAX]; /* left on each device */
    uint64_t signature;             /* sum of gpu_signature(milli[i]): equal for equal multisets, whatever the order */
};

/* True when the fields are within their ranges and make one of the three kinds. */
static inline bool gpu_pod_valid(const struct gpu_pod *pod)
{
    if (pod->cpu_milli < 0 || pod->memory_mib < 0 || pod->devices > GPU_DEVICES_MAX)
        return false;
    if (pod->devices == 0)
        return true;
    return pod->milli_per_device >= 1 && pod->milli_per_device <= GPU_DEVICE_MILLI &&
           (pod->devices == 1 || pod->milli_per_device == GPU_DEVICE_MILLI);
}

/* Requested milli-GPU over all devices; 0 for a CPU-only pod. */
static inline int32_t gpu_pod_milli(const struct gpu_pod *pod)
{
    return pod->devices == 0 ? 0 : (int32_t)pod->devices * (int32_t)pod->milli_per_device;
}

static inline bool gpu_pod_shared(const struct gpu_pod *pod)
{
    return pod->devices == 1 && pod->milli_per_device < GPU_DEVICE_MILLI;
}

/* True when the pod's model mask admits `model`; always for a CPU-only pod. */
static inline bool gpu_pod_accepts(const struct gpu_pod *pod, unsigned model)
{
    return pod->devices == 0 || pod->models == 0 || (pod->models >> model & 1) != 0;
}

/* One device's share of a signature. */
static inline uint64_t gpu_signature(uint32_t left_milli)
{
    return hash_mix((left_milli + 1) * UINT64_C(0x9e3779b97f4a7c15));
}

#endif
