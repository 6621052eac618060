/* The list of components' outages, as --log events has it: what fell, when, and what had brought it down. */
#include "models/clouds/world/cloud.h"
#include "models/clouds/world/world_inside.h"

#include "sim/base/nomalloc.h"

static void list_fall(const struct world *world, uint32_t component, bool censored)
{
    const struct graph *graph = world->plan->graph;
    const struct fall *fall = &world->fall[component];
    instant now = world_now(world), from = fall->since.us > 0 ? fall->since : (instant){0};
    if (now.us <= from.us)
        return;
    const char *name = faults_cause_name(world->faults, fall->cause);
    struct sim_outage outage = {.subject_kind = component_class_names[graph_component(graph, component)->class],
                                .subject = graph_component(graph, component)->path,
                                .start_s = (double)from.us / 1e6,
                                .end_s = (double)now.us / 1e6,
                                .censored = censored,
                                .cause = graph_component(graph, fall->culprit)->path,
                                .incident = name};
    record_outage(world->record, &outage);
}

void world_note_fall(struct world *world, uint32_t component, bool serves)
{
    struct fall *fall = &world->fall[component];
    if (serves) {
        list_fall(world, component, false);
        fall->since = INSTANT_NEVER;
        return;
    }
    uint32_t culprit = graph_culprit(world->graph, component);
    fall->since = world_now(world);
    fall->culprit = culprit != COMPONENT_NONE ? culprit : component;
    fall->cause = faults_cause(world->faults, fall->culprit);
}

/* What is down already failed by itself: incidents and hazards come later. */
void world_open_falls(struct world *world)
{
    if (world->task->log < SIM_LOG_EVENTS)
        return;
    uint32_t components = graph_count(world->plan->graph);
    world->fall = arena_array(world->arena, components, struct fall);
    for (uint32_t c = 0; c < components; c++) {
        uint32_t culprit = graph_culprit(world->graph, c);
        world->fall[c] = culprit == COMPONENT_NONE ? (struct fall){.since = INSTANT_NEVER}
                                                   : (struct fall){world_now(world), culprit, FAULT_OWN};
    }
}

void world_close_falls(const struct world *world)
{
    for (uint32_t c = 0; world->fall != NULL && c < graph_count(world->plan->graph); c++)
        if (world->fall[c].since.us != US_NEVER)
            list_fall(world, c, true);
}
