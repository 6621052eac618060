/* Paired regions: tenants who go to the other one of a pair when theirs does not answer, and disks that are copied there.
 *
 * Tenants: a share of those who live in one region has the habit of asking in its pair when a machine has been away for so long, by
 * whatever cause; no region is declared lost. All of a tenant's machines go after the same time, and what they find there is what the
 * pair has left: refusals are not dictated. One that is refused looks at home again before each further try.
 *
 * Disks (GRS): a storage unit's writes reach the pair with a lag. When it has been away for so long, the cloud decides to bring its disks up
 * in the pair, and what had not reached it is lost; or it never does so and repairs, as in September 2018 (South Central US). What
 * has failed over is not copied back until it goes home.
 *
 * Who is away goes home after a while, when the region looks well and has room: a planned move, which costs a creation and a boot, and
 * no data. */
#include "models/clouds/hyperscaler/hyperscaler_inside.h"
#include "models/clouds/world/world_tell.h"

#include <string.h>

#include "sim/base/nomalloc.h"

/* --- Opening --------------------------------------------------------------------------------------------------------- */

/* Habits hang on the tenant alone. */
static void draw_habits(struct hyperscaler *cloud)
{
    struct world *world = cloud->world;
    struct stream_key family = stream_key(world->task->seed, world->task->replication, "paired region");
    cloud->leaves_after = arena_array(world->arena, world->demand->workloads, duration);
    for (uint32_t w = 0; w < world->demand->workloads; w++) {
        const struct demand_class *class = world_class(world, w);
        struct stream stream = stream_open(stream_key_index(stream_key_path(family, class->name), world->demand->workload[w].number));
        bool leaves = stream_chance(&stream, cloud->plan->failover_share);
        cloud->leaves_after[w] = (duration){US_NEVER};
        if (leaves && class->kind == DEMAND_SERVICE && class->sites == 1)
            cloud->leaves_after[w] = law_draw_duration(cloud->plan->failover_after, &stream);
    }
}

static void open_stamps(struct hyperscaler *cloud)
{
    const struct fleet *fleet = cloud->plan->fleet;
    cloud->stamp = arena_array(cloud->world->arena, fleet->storages, struct stamp);
    cloud->stamp_of_component = arena_array(cloud->world->arena, fleet->fleet_components, uint32_t);
    for (uint32_t c = 0; c < fleet->fleet_components; c++)
        cloud->stamp_of_component[c] = COMPONENT_NONE;
    for (uint32_t s = 0; s < fleet->storages; s++) {
        cloud->stamp_of_component[fleet->storage[s]] = s;
        hyperscaler_storage(cloud, fleet->storage[s], graph_serves(cloud->world->graph, fleet->storage[s]));
    }
}

void hyperscaler_open_pairs(struct hyperscaler *cloud)
{
    if (cloud->plan->pair == NULL)
        return;
    if (cloud->plan->failover_share > 0)
        draw_habits(cloud);
    if (cloud->plan->disks == DISKS_GRS && cloud->plan->decide_after != NULL)
        open_stamps(cloud);
}

/* --- Going there and back --------------------------------------------------------------------------------------------- */

/* A machine's place is given up for one in another region, where it has to ask. */
static void move(struct hyperscaler *cloud, uint32_t unit, uint32_t to, const char *why)
{
    struct world *world = cloud->world;
    struct machine *machine = &cloud->machine[unit];
    engine_cancel(world->engine, machine->travel);
    engine_cancel(world->engine, world->unit[unit].pending);
    hyperscaler_free(cloud, unit, why);
    hyperscaler_let_in(cloud, unit); /* it does not want its place back */
    machine->storage = COMPONENT_NONE;
    machine->booted = false;
    machine->tries = 0;
    machine->site = to;
    if (world_tells_unit(world, unit))
        world_tell(world, unit, "moves", "goes to region %s: %s", cloud->plan->fleet->site[to].name, why);
    world_ask(world, unit);
    world_later_drawn(world, unit, cloud->action_allocate, cloud->plan->create_time);
}

static void move_away(struct hyperscaler *cloud, uint32_t unit, const char *why)
{
    measure_count(cloud->world->measure, MEASURE_FAILOVER, world_now(cloud->world));
    move(cloud, unit, cloud->plan->pair[cloud->machine[unit].site], why);
}

/* As a status page would have it: everything in the region that machines need. */
static bool looks_well(const struct hyperscaler *cloud, uint32_t site)
{
    const struct fleet *fleet = cloud->plan->fleet;
    const struct graph_state *graph = cloud->world->graph;
    bool well = can_manage(cloud, site);
    for (uint32_t z = fleet->site[site].first_zone; z < fleet->site[site].first_zone + fleet->site[site].zones; z++) {
        well = well && graph_serves(graph, fleet->zone[z].component);
        for (uint32_t s = fleet->zone[z].first_storage; well && s < fleet->zone[z].first_storage + fleet->zone[z].storages; s++)
            well = graph_serves(graph, fleet->storage[s]);
    }
    return well;
}

static bool is_away(const struct hyperscaler *cloud, uint32_t unit)
{
    return cloud->machine[unit].site != world_site(cloud->world, unit);
}

static void travel_after(struct hyperscaler *cloud, uint32_t unit, duration wait)
{
    struct machine *machine = &cloud->machine[unit];
    if (wait.us < US_NEVER / 2 && !engine_pending(cloud->world->engine, machine->travel))
        machine->travel = engine_schedule(cloud->world->engine, instant_add(world_now(cloud->world), wait), CLASS_ACT,
                                          cloud->action_travel, unit, 0);
}

void hyperscaler_missed(struct hyperscaler *cloud, uint32_t unit)
{
    if (is_away(cloud, unit)) /* it does not go home now */
        engine_cancel(cloud->world->engine, cloud->machine[unit].travel);
    else if (cloud->leaves_after != NULL)
        travel_after(cloud, unit, cloud->leaves_after[workload_of(cloud, unit)]);
}

void hyperscaler_settled(struct hyperscaler *cloud, uint32_t unit)
{
    if (cloud->plan->pair == NULL || is_job(cloud, unit))
        return;
    engine_cancel(cloud->world->engine, cloud->machine[unit].travel);
    if (!is_away(cloud, unit))
        return;
    struct stream stream = world_stream(cloud->world, unit);
    travel_after(cloud, unit, law_draw_duration(cloud->plan->failback_after, &stream));
}

void hyperscaler_stays(struct hyperscaler *cloud, uint32_t unit) { engine_cancel(cloud->world->engine, cloud->machine[unit].travel); }

bool hyperscaler_turns_home(struct hyperscaler *cloud, uint32_t unit)
{
    uint32_t home = world_site(cloud->world, unit);
    if (cloud->plan->pair == NULL || !is_away(cloud, unit) || !looks_well(cloud, home))
        return false;
    move(cloud, unit, home, "its own region is back");
    return true;
}

void hyperscaler_on_travel(void *context, struct engine *engine, uint32_t unit, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct hyperscaler *cloud = context;
    struct world *world = cloud->world;
    if (!is_away(cloud, unit)) {
        if (!unit_is_up(&world->unit[unit]))
            move_away(cloud, unit, "tenant went to the paired region");
        return;
    }
    struct gpu_pod pod = world_pod(world, workload_of(cloud, unit));
    uint32_t home = world_site(world, unit);
    if (looks_well(cloud, home) && pools_has(cloud->pools, home, &pod))
        move(cloud, unit, home, "went home from the paired region");
    else
        hyperscaler_settled(cloud, unit); /* looks again later */
}

/* --- Disks that fail over ---------------------------------------------------------------------------------------------- */

static struct stream next_stream(struct hyperscaler *cloud, uint32_t storage)
{
    const struct graph *graph = cloud->world->plan->graph;
    struct stream_key family = stream_key(cloud->world->task->seed, cloud->world->task->replication, "storage failover");
    struct stream_key own = stream_key_path(family, component_luck(graph_component(graph, cloud->plan->fleet->storage[storage])));
    return stream_open(stream_key_index(own, cloud->stamp[storage].losses++));
}

void hyperscaler_storage(struct hyperscaler *cloud, uint32_t component, bool serves)
{
    uint32_t storage = cloud->stamp != NULL ? cloud->stamp_of_component[component] : COMPONENT_NONE;
    if (storage == COMPONENT_NONE)
        return;
    struct stamp *stamp = &cloud->stamp[storage];
    engine_cancel(cloud->world->engine, stamp->decision);
    if (serves)
        return;
    struct stream stream = next_stream(cloud, storage);
    duration wait = law_draw_duration(cloud->plan->decide_after, &stream);
    stamp->lag = law_draw_duration(cloud->plan->copy_lag, &stream);
    if (wait.us < US_NEVER / 2)
        stamp->decision = engine_schedule(cloud->world->engine, instant_add(world_now(cloud->world), wait), CLASS_ACT,
                                          cloud->action_decide, storage, 0);
}

void hyperscaler_on_decide(void *context, struct engine *engine, uint32_t storage, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct hyperscaler *cloud = context;
    for (uint32_t u = 0; u < cloud->world->demand->units; u++) {
        const struct machine *machine = &cloud->machine[u];
        if (machine->storage != storage || is_job(cloud, u) || is_away(cloud, u) || !world_wanted(cloud->world, workload_of(cloud, u)))
            continue;
        if (machine->booted)
            measure_lost_writes(cloud->world->measure, cloud->stamp[storage].lag, world_now(cloud->world));
        move_away(cloud, u, "its disk failed over to the paired region");
    }
}

/* --- Reading --------------------------------------------------------------------------------------------------------- */

const struct key pair_keys[] = {{"region", KEY_TEXT, NULL, "a site of the fleet"},
                                {"pair", KEY_TEXT, NULL, "the site that it is paired with, for which it is the pair in turn"},
                                KEY_END};

static uint32_t site_named(struct scenario *scenario, const struct fleet *fleet, const struct value *entry, const char *key)
{
    const char **names = arena_array(scenario->arena, fleet->sites, const char *);
    for (uint32_t s = 0; s < fleet->sites; s++) {
        names[s] = fleet->site[s].name;
        if (strcmp(names[s], value_text(entry, key)) == 0)
            return s;
    }
    const char *near = scenario_nearest(value_text(entry, key), names, fleet->sites);
    scenario_error(scenario, value_of(entry, key), near != NULL ? arena_format(scenario->arena, "did you mean '%s'?", near) : NULL,
                   "no site of the fleet is called '%s'", value_text(entry, key));
    return COMPONENT_NONE;
}

const uint32_t *hyperscaler_read_pairs(struct scenario *scenario, const struct value *group, const struct fleet *fleet)
{
    const struct value *list = value_of(group, "pairs");
    uint32_t *pair = arena_array(scenario->arena, fleet->sites, uint32_t);
    bool grs = value_choice(group, "disks") == DISKS_GRS;
    for (uint32_t s = 0; s < fleet->sites; s++)
        pair[s] = COMPONENT_NONE;
    for (size_t i = 0; i < value_count(list); i++) {
        uint32_t a = site_named(scenario, fleet, value_at(list, i), "region"), b = site_named(scenario, fleet, value_at(list, i), "pair");
        if (a == COMPONENT_NONE || b == COMPONENT_NONE)
            continue;
        if (a == b || pair[a] != COMPONENT_NONE || pair[b] != COMPONENT_NONE) {
            scenario_error(scenario, value_at(list, i), "a region has one pair, and not itself", "regions '%s' and '%s' cannot be a pair",
                           fleet->site[a].name, fleet->site[b].name);
            continue;
        }
        pair[a] = b;
        pair[b] = a;
    }
    for (uint32_t s = 0; s < fleet->sites && grs; s++)
        if (pair[s] == COMPONENT_NONE) {
            scenario_error(scenario, value_of(group, "disks"), "add it to 'pairs', or take other disks",
                           "disks are copied to the pair of a region, and '%s' has none", fleet->site[s].name);
            break;
        }
    if (value_count(list) == 0 && value_number(group, "failover_share") > 0)
        scenario_error(scenario, value_of(group, "failover_share"), "add pairs = ( { region = \"...\"; pair = \"...\"; } )",
                       "there is no paired region to go to");
    return value_count(list) > 0 ? pair : NULL;
}
