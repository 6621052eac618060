/* What clouds ask the world for: a unit's size, home, luck and next step, whom a gang or a loss concerns, names. */
#include "models/clouds/world/cloud.h"
#include "models/clouds/world/world_inside.h"

#include "sim/base/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/nomalloc.h"

struct gpu_pod world_class_pod(const struct demand_class *class)
{
    return (struct gpu_pod){.cpu_milli = class->cpu_milli,
                            .memory_mib = (int32_t)((class->memory_bytes + 1048575) / 1048576),
                            .devices = (uint16_t)class->gpus,
                            .milli_per_device = (uint16_t)(class->gpus > 0 ? class->gpu_milli : 0),
                            .models = class->gpus > 0 ? class->gpu_models : 0};
}

struct gpu_pod world_pod(const struct world *world, uint32_t workload) { return world_class_pod(world_class(world, workload)); }

uint32_t world_site(const struct world *world, uint32_t unit)
{
    uint32_t workload = world->unit[unit].workload;
    const struct workload *what = &world->demand->workload[workload];
    uint32_t sites = world_class(world, workload)->sites;
    return what->site[(unit - what->first_unit) % sites];
}

struct stream world_stream(struct world *world, uint32_t unit)
{
    struct unit *what = &world->unit[unit];
    const struct workload *workload = &world->demand->workload[what->workload];
    struct stream_key family = stream_key(world->task->seed, world->task->replication, world->plan->kind->name);
    struct stream_key own = stream_key_path(family, world_class(world, what->workload)->name);
    uint64_t number = (uint64_t)(unit - workload->first_unit) << 32 | what->draws++;
    return stream_open(stream_key_index(stream_key_index(own, workload->number), number));
}

bool world_answered(struct world *world, uint32_t unit, uint32_t component, enum plane plane)
{
    uint32_t fraction = graph_fraction(world->graph, component, plane);
    if (fraction == GRAPH_WHOLE)
        return true;
    struct stream stream = world_stream(world, unit);
    return stream_chance(&stream, (double)fraction / GRAPH_WHOLE);
}

void world_later(struct world *world, uint32_t unit, uint32_t action, duration wait)
{
    struct unit *what = &world->unit[unit];
    engine_cancel(world->engine, what->pending);
    what->pending = engine_schedule(world->engine, instant_add(world_now(world), wait), CLASS_ACT, action, unit, 0);
}

void world_later_drawn(struct world *world, uint32_t unit, uint32_t action, const struct law *law)
{
    struct stream stream = world_stream(world, unit);
    world_later(world, unit, action, law_draw_duration(law, &stream));
}

duration world_backoff(duration first, duration cap, uint32_t tries)
{
    int64_t wait = first.us;
    for (uint32_t i = 0; i < tries && wait < cap.us; i++)
        wait *= 2;
    return (duration){wait < cap.us ? wait : cap.us};
}

uint32_t world_siblings(const struct world *world, uint32_t workload, uint32_t *nodes)
{
    uint32_t first = world->demand->workload[workload].first_unit, count = 0;
    if (world_class(world, workload)->kind == DEMAND_SERVICE)
        for (uint32_t u = first; u < first + world_class(world, workload)->units; u++)
            if (world->unit[u].node != COMPONENT_NONE)
                nodes[count++] = world->unit[u].node;
    return count;
}

bool world_place_gang(struct world *world, uint32_t workload, uint32_t pool,
                      void (*bind)(void *cloud, uint32_t unit, uint32_t node, uint16_t devices))
{
    uint32_t first = world->demand->workload[workload].first_unit, units = world_class(world, workload)->units;
    uint32_t nodes[DEMAND_UNITS_MAX], idle = 0;
    uint16_t devices[DEMAND_UNITS_MAX];
    for (uint32_t u = first; u < first + units; u++)
        idle += world->unit[u].state == UNIT_IDLE;
    if (idle == 0)
        return true;
    if (!pools_take_gang(world->pools, pool, workload, nodes, devices))
        return false;
    for (uint32_t i = 0; i < units; i++)
        if (world->unit[first + i].state == UNIT_IDLE)
            bind(world->cloud, first + i, nodes[i], devices[i]);
    return true;
}

uint32_t world_first_on(const struct world *world, uint32_t component)
{
    uint32_t link = world->head[component];
    return link == LINK_NONE ? COMPONENT_NONE : link / UNIT_DEPENDENCIES;
}

uint32_t world_next_on(const struct world *world, uint32_t component, uint32_t unit)
{
    const struct unit *what = &world->unit[unit];
    for (uint32_t i = 0; i < what->dependencies; i++)
        if (what->dependency[i] == component)
            return what->next[i] == LINK_NONE ? COMPONENT_NONE : what->next[i] / UNIT_DEPENDENCIES;
    check(false, "unit %" PRIu32 " does not depend on component %" PRIu32, unit, component);
}

char *world_name(const struct world *world, uint32_t workload, char *buffer, size_t bytes)
{
    const char *class = world_class(world, workload)->name;
    uint32_t number = world->demand->workload[workload].number;
    char digits[10], *end = digits + sizeof digits, *digit = end;
    size_t length = strlen(class);
    if (length + 1 + sizeof digits + 1 > bytes) {
        (void)snprintf(buffer, bytes, "%s/%" PRIu32, class, number);
        return buffer;
    }
    do
        *--digit = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    memcpy(buffer, class, length); /* a ledger asks for a name with every row */
    buffer[length] = '/';
    memcpy(buffer + length + 1, digit, (size_t)(end - digit));
    buffer[length + 1 + (size_t)(end - digit)] = '\0';
    return buffer;
}
