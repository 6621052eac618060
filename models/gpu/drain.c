#include "models/gpu/drain.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

void gpu_drain_begin(struct gpu_drain *drain, struct gpu_residents *residents, int32_t node, int64_t now_us,
                     int64_t grace_us)
{
    check(drain->state == GPU_DRAIN_NONE && grace_us >= 0, "a drain in state %d with %lld us of grace",
          (int)drain->state, (long long)grace_us);
    gpu_node_set_available(residents->inventory, node, false);
    *drain = (struct gpu_drain){
        .state = GPU_DRAIN_WAITING,
        .node = node,
        .begun_us = now_us,
        .deadline_us = grace_us < INT64_MAX / 2 - now_us ? now_us + grace_us : INT64_MAX / 2,
    };
}

int32_t gpu_drain_due(struct gpu_drain *drain, const struct gpu_residents *residents, int64_t now_us, int32_t *ids)
{
    int32_t count = 0;
    check(drain->state != GPU_DRAIN_NONE, "no drain has begun");
    if (residents->first[drain->node] == GPU_NO_RESIDENT) {
        drain->state = GPU_DRAIN_DRAINED;
        return 0;
    }
    if (now_us < drain->deadline_us)
        return 0;
    for (int32_t id = residents->first[drain->node]; id != GPU_NO_RESIDENT; id = residents->table[id].next)
        ids[count++] = id;
    return count;
}

void gpu_drain_cancel(struct gpu_drain *drain, struct gpu_residents *residents)
{
    check(drain->state != GPU_DRAIN_NONE, "no drain has begun");
    gpu_node_set_available(residents->inventory, drain->node, true);
    drain->state = GPU_DRAIN_NONE;
}

int32_t gpu_residents_expired(const struct gpu_residents *residents, int64_t lifetime_us, int64_t now_us, int32_t *ids)
{
    int32_t count = 0;
    for (int32_t id = 0; id < residents->room; id++)
        if (residents->table[id].present && now_us - residents->table[id].started_us >= lifetime_us)
            ids[count++] = id;
    return count;
}
