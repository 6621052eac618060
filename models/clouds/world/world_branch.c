/* The world in pieces, for multilevel splitting. Importance is that of the service nearest to an outage: replicas that are down over as
 * many as lose its quorum, so 1 is a quorum lost. Services count from when they first had their quorum, as outages do, and from
 * time 0, where measuring begins; of a service that waits for its first replica nothing is lost. */
#include "models/clouds/world/world_branch.h"

#include "models/clouds/world/cloud.h"
#include "models/clouds/world/world_inside.h"
#include "sim/base/check.h"

#include <math.h>
#include <string.h>

#include "sim/base/nomalloc.h"

static double importance(const struct world *world, uint32_t workload)
{
    const struct demand_class *class = world_class(world, workload);
    if (!world_is_watched(world, workload) || world_now(world).us < 0 || !measure_had_quorum(world->measure, workload))
        return 0;
    return (double)(class->units - world->load[workload].up) / (double)(class->units - class->quorum + 1);
}

void world_watch(struct world *world, uint32_t workload)
{
    if (importance(world, workload) < world->stop_at)
        return;
    world->stopped = true;
    engine_stop(world->engine);
}

static bool has_come_to(const struct world *world, double level)
{
    for (uint32_t w = 0; w < world->demand->workloads; w++)
        if (importance(world, w) >= level)
            return true;
    return false;
}

void world_path_redraw(void *path) { faults_redraw(((struct world *)path)->faults); }

void *world_path_begin(const struct cloud_plan *plan, const struct sim_task *task, struct sim_record *record)
{
    struct world *world = world_begin(plan, task, record);
    world->watched_class = COMPONENT_NONE;
    for (uint32_t c = 0; c < plan->demand->classes; c++)
        if (strcmp(plan->demand->class[c].name, task->rare.watch) == 0)
            world->watched_class = c;
    return world;
}

bool world_path_live(void *path, double level)
{
    struct world *world = path;
    world->stop_at = (double)INFINITY;
    if (world_now(world).us < 0)
        world_live(world, (instant){0});
    if (has_come_to(world, level))
        return true;
    world->stop_at = level;
    do {
        world->stopped = false;
        world_live(world, world->task->horizon);
    } while (world->stopped && !has_come_to(world, level)); /* a handler may take and give within one instant */
    return world->stopped;
}

void world_path_end(void *path)
{
    if (check_auditing())
        world_audit(path);
    world_end(path);
}

uint64_t world_path_events(const void *path) { return engine_events(((const struct world *)path)->engine); }
