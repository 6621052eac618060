/* Maintenance is this cloud's own practice and no fault: a node is cordoned, who is on it may stay for a grace, the rest is moved, and
 * the empty node comes back after its time (models/gpu/drain.h has the same order for a pool of its own).
 *
 * Each node by itself, or, with update domains, in waves: a region's nodes are divided into so many groups, and a wave takes one after the
 * other, the next not before all nodes of the last are back and a pause is over. Paired regions never have a wave at the same time (Azure's
 * practice, recalled). Machines of a set lie in different update domains as far as there is room (hyperscaler_domain.c), and where two are in
 * one, the second is told only when the first is up elsewhere and a pause is over. */
#include "models/clouds/hyperscaler/hyperscaler_inside.h"

#include "sim/base/nomalloc.h"

/* A node's own chances, by its path and how often it has been maintained. */
static duration drawn(struct hyperscaler *cloud, uint32_t node, const struct law *law, bool residual)
{
    const struct graph *graph = cloud->world->plan->graph;
    const char *luck = component_luck(graph_component(graph, cloud->plan->fleet->node[node].component));
    struct stream_key own = stream_key_path(cloud->maintenance, luck);
    struct stream stream = stream_open(stream_key_index(own, cloud->maintained[node]++));
    return residual ? law_draw_residual_duration(law, &stream) : law_draw_duration(law, &stream);
}

static void later(struct hyperscaler *cloud, uint32_t node, uint32_t action, duration wait)
{
    instant at = instant_add(world_now(cloud->world), wait);
    if (wait.us < US_NEVER / 2)
        engine_schedule(cloud->world->engine, at, CLASS_ACT, action, node, 0);
}

/* --- Waves ----------------------------------------------------------------------------------------------------------- */

static duration wave_drawn(struct hyperscaler *cloud, uint32_t site, bool residual)
{
    const struct law *law = cloud->plan->maintenance_every;
    struct stream_key own = stream_key_path(stream_key_path(cloud->maintenance, "wave"), cloud->plan->fleet->site[site].name);
    struct stream stream = stream_open(stream_key_index(own, cloud->wave[site].draws++));
    return residual ? law_draw_residual_duration(law, &stream) : law_draw_duration(law, &stream);
}

static void open_waves(struct hyperscaler *cloud)
{
    uint32_t sites = cloud->plan->fleet->sites;
    cloud->wave = arena_array(cloud->world->arena, sites, struct wave);
    for (uint32_t s = 0; s < sites; s++)
        later(cloud, s, cloud->action_wave, wave_drawn(cloud, s, true));
}

/* All nodes of an update domain are back, after which its region pauses for the others to recover. */
static void end_domain(struct hyperscaler *cloud, uint32_t site)
{
    struct wave *wave = &cloud->wave[site];
    wave->domain = (wave->domain + 1) % cloud->plan->update_domains;
    wave->under_way = wave->domain != 0;
    later(cloud, site, cloud->action_wave, wave->under_way ? cloud->plan->update_pause : wave_drawn(cloud, site, false));
}

static void end_in_wave(struct hyperscaler *cloud, uint32_t site)
{
    if (--cloud->wave[site].out == 0)
        end_domain(cloud, site);
}

/* The next update domain of a region, or its first. The pair of a region that is in the middle of its own waits. */
void hyperscaler_on_wave(void *context, struct engine *engine, uint32_t site, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct hyperscaler *cloud = context;
    struct wave *wave = &cloud->wave[site];
    const struct fleet_site *where = &cloud->plan->fleet->site[site];
    uint32_t pair = cloud->plan->pair != NULL ? cloud->plan->pair[site] : COMPONENT_NONE;
    if (!wave->under_way && pair != COMPONENT_NONE && cloud->wave[pair].under_way) {
        later(cloud, site, cloud->action_wave, cloud->plan->update_pause);
        return;
    }
    wave->under_way = true;
    for (uint32_t n = where->first_node; n < where->first_node + where->nodes; n++)
        if (hyperscaler_update_domain(cloud->plan, n) == wave->domain && cloud->plan->pools->pool_of_node[n] != COMPONENT_NONE) {
            wave->out++;
            later(cloud, n, cloud->action_drain, (duration){0});
        }
    if (wave->out == 0)
        end_domain(cloud, site);
}

/* --- Nodes ----------------------------------------------------------------------------------------------------------- */

void hyperscaler_open_maintenance(struct hyperscaler *cloud)
{
    uint32_t nodes = cloud->plan->fleet->nodes;
    if (cloud->plan->maintenance_every == NULL)
        return;
    cloud->maintenance = stream_key(cloud->world->task->seed, cloud->world->task->replication, "maintenance");
    cloud->maintained = arena_array(cloud->world->arena, nodes, uint32_t);
    cloud->draining = arena_array(cloud->world->arena, nodes, bool);
    if (cloud->plan->update_domains > 0) {
        open_waves(cloud);
        return;
    }
    for (uint32_t n = 0; n < nodes; n++)
        if (cloud->plan->pools->pool_of_node[n] != COMPONENT_NONE) /* else it is another cloud's, under a hybrid */
            later(cloud, n, cloud->action_drain, drawn(cloud, n, cloud->plan->maintenance_every, true));
}

void hyperscaler_on_drain(void *context, struct engine *engine, uint32_t node, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct hyperscaler *cloud = context;
    if (!can_manage(cloud, cloud->plan->fleet->node[node].site)) {
        later(cloud, node, cloud->action_drain, cloud->plan->retry_cap);
        return;
    }
    duration grace = cloud->plan->drain_grace, notice = cloud->plan->notice;
    pools_cordon(cloud->pools, node, true);
    cloud->draining[node] = true;
    later(cloud, node, cloud->action_tell, (duration){grace.us > notice.us ? grace.us - notice.us : 0});
    later(cloud, node, cloud->action_maintain, grace.us > notice.us ? grace : notice);
}

/* Whether another machine of the same set is away, or about to go: with update domains the platform takes one at a time. */
static bool has_sibling_away(const struct hyperscaler *cloud, uint32_t unit)
{
    uint32_t workload = workload_of(cloud, unit), first = cloud->world->demand->workload[workload].first_unit;
    bool away = false;
    for (uint32_t u = first; u < first + world_class(cloud->world, workload)->units && hyperscaler_has_update_domain(cloud, unit); u++)
        away = away || (u != unit && (cloud->machine[u].leaving != LEAVES_NOT || !unit_is_up(&cloud->world->unit[u])));
    return away;
}

/* The grace is over but for the notice: whoever is still there is told. */
void hyperscaler_on_tell(void *context, struct engine *engine, uint32_t node, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct hyperscaler *cloud = context;
    uint32_t component = cloud->plan->fleet->node[node].component;
    bool waits = false;
    for (uint32_t u = cloud->draining[node] ? world_first_on(cloud->world, component) : COMPONENT_NONE; u != COMPONENT_NONE;
         u = world_next_on(cloud->world, component, u))
        if (cloud->machine[u].leaving == LEAVES_NOT && has_sibling_away(cloud, u))
            waits = true;
        else
            hyperscaler_tell(cloud, u, LEAVES_DRAINED);
    if (waits)
        later(cloud, node, cloud->action_tell, cloud->plan->update_pause);
}

/* Whoever had to go went a moment ago, or is gone with a fault of the node: it can be worked on. One whose eviction is due later, having
 * been told for another reason, holds it up. */
void hyperscaler_on_maintain(void *context, struct engine *engine, uint32_t node, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct hyperscaler *cloud = context;
    if (world_first_on(cloud->world, cloud->plan->fleet->node[node].component) != COMPONENT_NONE) {
        later(cloud, node, cloud->action_maintain, cloud->plan->notice.us > 0 ? cloud->plan->notice : (duration){US_PER_SECOND});
        return;
    }
    cloud->draining[node] = false;
    measure_count(cloud->world->measure, MEASURE_DRAINED, world_now(cloud->world));
    later(cloud, node, cloud->action_return, drawn(cloud, node, cloud->plan->maintenance_length, false));
}

void hyperscaler_on_return(void *context, struct engine *engine, uint32_t node, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct hyperscaler *cloud = context;
    pools_cordon(cloud->pools, node, false);
    hyperscaler_look(cloud, cloud->plan->fleet->node[node].site);
    if (cloud->wave != NULL)
        end_in_wave(cloud, cloud->plan->fleet->node[node].site);
    else
        later(cloud, node, cloud->action_drain, drawn(cloud, node, cloud->plan->maintenance_every, false));
}
