/* Fronts: what a cloud has once for all its regions, between services and those who use them, or that its control planes need: an
 * edge, names, sign-ins, a wide-area network.
 *
 * With a front gone a machine runs on and is not reached: nothing is healed, and it is up again the moment that the front is back. A need
 * may carry a grace: an answer that was kept, a token that is still valid; a loss that is over before does not show. A machine that breaks
 * behind a lost front is moved and booted behind it.
 *
 * A front of several parts (`count`: points of presence) serves each service by one of them, by its number. All fronts of a class of services
 * are one component for its machines, "CLOUD/way to CLASS", which needs them. */
#include "models/clouds/hyperscaler/hyperscaler_inside.h"
#include "models/clouds/world/needs.h"

#include <inttypes.h>
#include <string.h>

#include "sim/base/nomalloc.h"

const struct key front_keys[] = {
    {"name", KEY_NAME, NULL, "name of the front: an incident hits CLOUD/NAME, of class relay", .unique = true},
    {"count", KEY_INTEGER, "1", "parts, each for its share of the services, called NAME/1 and so on where there are several", .low = 1, .high = 1000},
    {"reaches", KEY_BOOL, "true", "users reach services through it"},
    {"services", KEY_TEXTS, NULL, "patterns on classes of services that it is for; absent: all", .filled = true},
    {"manages", KEY_BOOL, "false", "the control planes need it too (its first part), as they need sign-ins"},
    {"grace", KEY_DURATION, "0 s", "a loss shows only when it has lasted so long, and a degradation not at all: the life of a token, of a name that was looked up"},
    {"up", KEY_LAW, "0 s", "time to its failure; 0 s: never by itself"},
    {"repair", KEY_LAW, "0 s", "its time to repair"},
    {"source", KEY_TEXT, "", "where grace and laws come from"},
    {"evidence", KEY_CHOICE, "U", "R read, K recalled, U unsourced", .choices = "R|K|U"},
    KEY_END};

/* One front as it stands in the graph: parts first .. first + count - 1. */
struct front {
    const struct value *group;
    uint32_t first, count;
    duration grace;
};

static struct front add_front(struct scenario *scenario, const struct value *group, const char *cloud, struct hyperscaler_plan *plan,
                              struct graph_builder *graph)
{
    struct front front = {.group = group, .count = (uint32_t)value_integer(group, "count"), .grace = value_duration(group, "grace")};
    const char *name = arena_format(scenario->arena, "%s/%s", cloud, value_text(group, "name"));
    for (uint32_t i = 0; i < front.count; i++) {
        const char *path = front.count > 1 ? arena_format(scenario->arena, "%s/%" PRIu32, name, i + 1) : name;
        for (uint32_t c = 0; c < graph_builder_count(graph); c++)
            if (strcmp(graph_builder_component(graph, c)->path, path) == 0)
                scenario_error(scenario, value_of(group, "name"), "choose another name", "there is a component called '%s' already", path);
        uint32_t part = graph_add(graph, needs_component(scenario, group, path, COMPONENT_RELAY, "up", "repair"));
        front.first = i == 0 ? part : front.first;
    }
    if (!value_bool(group, "manages"))
        return front;
    graph_need(graph, plan->control, front.first, PLANE_CONTROL, front.grace);
    for (uint32_t s = 0; s < plan->fleet->sites; s++)
        graph_need(graph, plan->region_control[s], front.first, PLANE_CONTROL, front.grace);
    return front;
}

static bool is_for(const struct value *group, const char *class)
{
    const struct value *patterns = value_of(group, "services");
    bool found = value_count(patterns) == 0;
    for (size_t i = 0; i < value_count(patterns); i++)
        found = found || path_matches(value_at(patterns, i)->text, class);
    return found && value_bool(group, "reaches");
}

/* The ways to one class: as many as its front of most parts has; way i goes by part i of each. */
static struct ways add_ways(struct scenario *scenario, const char *cloud, const char *class, const struct front *front, size_t fronts,
                            struct graph_builder *graph)
{
    struct ways ways = {.first = graph_builder_count(graph)};
    for (size_t f = 0; f < fronts; f++)
        if (is_for(front[f].group, class) && front[f].count > ways.count)
            ways.count = front[f].count;
    for (uint32_t i = 0; i < ways.count; i++) {
        const char *path = arena_format(scenario->arena, "%s/way to %s", cloud, class);
        if (ways.count > 1)
            path = arena_format(scenario->arena, "%s/%" PRIu32, path, i + 1);
        uint32_t way = graph_add(graph, (struct component){.path = path, .class = COMPONENT_SHARED});
        for (size_t f = 0; f < fronts; f++)
            if (is_for(front[f].group, class))
                graph_need(graph, way, front[f].first + i % front[f].count, PLANE_DATA, front[f].grace);
    }
    return ways;
}

void hyperscaler_read_fronts(struct scenario *scenario, const struct value *group, const struct demand_plan *demand,
                             struct hyperscaler_plan *plan, struct graph_builder *graph)
{
    const struct value *list = value_of(group, "fronts");
    const char *cloud = value_text(group, "name");
    struct front *front = arena_array(scenario->arena, value_count(list), struct front);
    if (value_count(list) == 0)
        return;
    for (size_t f = 0; f < value_count(list); f++)
        front[f] = add_front(scenario, value_at(list, f), cloud, plan, graph);
    plan->ways = arena_array(scenario->arena, demand->classes, struct ways);
    for (uint32_t c = 0; c < demand->classes; c++)
        if (demand->class[c].kind == DEMAND_SERVICE)
            plan->ways[c] = add_ways(scenario, cloud, demand->class[c].name, front, value_count(list), graph);
    for (size_t f = 0; f < value_count(list); f++) {
        const struct value *patterns = value_of(value_at(list, f), "services");
        bool used = value_count(patterns) == 0;
        for (uint32_t c = 0; c < demand->classes; c++)
            used = used || (demand->class[c].kind == DEMAND_SERVICE && is_for(value_at(list, f), demand->class[c].name));
        if (!used && value_bool(value_at(list, f), "reaches"))
            scenario_error(scenario, patterns, NULL, "no class of services has such a name");
    }
}

/* --- Living ---------------------------------------------------------------------------------------------------------- */

uint32_t hyperscaler_way(const struct hyperscaler *cloud, uint32_t unit)
{
    const struct workload *workload = &cloud->world->demand->workload[workload_of(cloud, unit)];
    const struct ways *ways = cloud->plan->ways != NULL ? &cloud->plan->ways[workload->class] : NULL;
    return ways != NULL && ways->count > 0 ? ways->first + workload->number % ways->count : COMPONENT_NONE;
}

uint32_t hyperscaler_lacks(const struct hyperscaler *cloud, uint32_t unit)
{
    const struct unit *what = &cloud->world->unit[unit];
    uint32_t way = hyperscaler_way(cloud, unit), lacks = 0;
    for (uint32_t i = 0; i < what->dependencies; i++)
        lacks += what->dependency[i] != way && !graph_serves(cloud->world->graph, what->dependency[i]);
    return lacks;
}

void hyperscaler_behind_fronts(struct hyperscaler *cloud, uint32_t component)
{
    struct world *world = cloud->world;
    for (uint32_t u = cloud->plan->ways != NULL ? world_first_on(world, component) : COMPONENT_NONE; u != COMPONENT_NONE;
         u = world_next_on(world, component, u))
        if (world->unit[u].state == UNIT_BOUND && world->unit[u].missing > 0 && hyperscaler_lacks(cloud, u) == 0)
            hyperscaler_unit_up(cloud, u);
}
