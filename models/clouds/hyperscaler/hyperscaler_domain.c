/* Where in a region a machine may go: zones, fault domains, update domains.
 *
 * Zones: a tenant numbers them in its own way, by its subscription (so said in Azure's review of January 2025), so that not every tenant's
 * first zone is the same building. By turns: the next tenant begins with the next zone. Drawn: a permutation for each subscription.
 * Same: as if nobody mapped them, to see what it is good for.
 *
 * Sets: several replicas of a service in one region, not spread over zones, are an availability set. Fault domains are groups of racks of a
 * zone, and replica i has to be in fault domain i modulo their number (at most 3 at Azure, R); update domains are groups of nodes that are
 * maintained together (5 unless asked otherwise, up to 20, R), which replicas take in turn where there is room. */
#include "models/clouds/hyperscaler/hyperscaler_inside.h"

#include <string.h>

#include "sim/base/nomalloc.h"

/* --- Zones ----------------------------------------------------------------------------------------------------------- */

/* Zones of a site in which a storage unit serves; all, when none does. */
static uint64_t zones_with_storage(const struct hyperscaler *cloud, uint32_t site)
{
    const struct fleet *fleet = cloud->plan->fleet;
    uint64_t some = 0, all = UINT64_MAX >> (64 - fleet->site[site].zones);
    for (uint32_t z = 0; z < fleet->site[site].zones; z++) {
        const struct fleet_zone *zone = &fleet->zone[fleet->site[site].first_zone + z];
        for (uint32_t i = 0; i < zone->storages; i++)
            if (graph_serves(cloud->world->graph, fleet->storage[zone->first_storage + i])) {
                some |= UINT64_C(1) << z;
                break;
            }
    }
    return some == 0 || some == all ? UINT64_MAX : some;
}

/* The place of a logical zone in the permutation of its subscription in a region. */
static uint32_t drawn_zone(const struct hyperscaler *cloud, uint32_t subscription, uint32_t site, uint32_t logical)
{
    uint8_t place[64];
    uint32_t zones = cloud->plan->fleet->site[site].zones;
    struct stream_key family = stream_key(cloud->world->task->seed, cloud->world->task->replication, "subscription");
    struct stream stream = stream_open(stream_key_index(stream_key_path(family, cloud->plan->fleet->site[site].name), subscription));
    for (uint32_t z = 0; z < zones; z++)
        place[z] = (uint8_t)z;
    for (uint32_t z = zones; z > 1; z--) {
        uint32_t other = (uint32_t)stream_below(&stream, z);
        uint8_t last = place[z - 1];
        place[z - 1] = place[other];
        place[other] = last;
    }
    return place[logical % zones];
}

static uint32_t physical_zone(const struct hyperscaler *cloud, const struct workload *workload, uint32_t site, uint32_t logical)
{
    uint32_t zones = cloud->plan->fleet->site[site].zones, subscription = workload->number / cloud->plan->subscription;
    switch (cloud->plan->zone_map) {
    case ZONE_MAP_TURN:
        return (subscription + logical) % zones;
    case ZONE_MAP_DRAWN:
        return drawn_zone(cloud, subscription, site, logical);
    case ZONE_MAP_SAME:
        break;
    }
    return logical % zones;
}

uint64_t hyperscaler_zones(const struct hyperscaler *cloud, uint32_t unit, uint32_t site)
{
    const struct fleet *fleet = cloud->plan->fleet;
    const struct machine *machine = &cloud->machine[unit];
    const struct workload *workload = &cloud->world->demand->workload[workload_of(cloud, unit)];
    if (machine->storage != COMPONENT_NONE && is_pinned(cloud->plan))
        return UINT64_C(1) << ((fleet->storage_zone[machine->storage] - fleet->site[site].first_zone));
    if (world_class(cloud->world, workload_of(cloud, unit))->spread == SPREAD_ZONE)
        return UINT64_C(1) << physical_zone(cloud, workload, site, unit - workload->first_unit);
    if (cloud->plan->disks == DISKS_ZRS)
        return zones_with_storage(cloud, site);
    return UINT64_MAX;
}

/* --- Domains of the pools: zone, then fault domain, then update domain -------------------------------------------------- */

static uint32_t at_least_one(uint32_t count) { return count > 0 ? count : 1; }

uint32_t hyperscaler_update_domain(const struct hyperscaler_plan *plan, uint32_t node)
{
    const struct fleet_zone *zone = &plan->fleet->zone[plan->fleet->node[node].zone];
    return (node - plan->fleet->rack[zone->first_rack].first_node) % at_least_one(plan->update_domains);
}

uint16_t hyperscaler_domain(const struct hyperscaler_plan *plan, uint32_t node)
{
    const struct fleet_node *what = &plan->fleet->node[node];
    const struct fleet_zone *zone = &plan->fleet->zone[what->zone];
    uint32_t fault = (what->rack - zone->first_rack) % at_least_one(plan->fault_domains);
    uint32_t within = what->zone - plan->fleet->site[what->site].first_zone;
    within = within * at_least_one(plan->fault_domains) + fault;
    return (uint16_t)(within * at_least_one(plan->update_domains) + hyperscaler_update_domain(plan, node));
}

void hyperscaler_check_domains(struct scenario *scenario, const struct value *group, const struct hyperscaler_plan *plan)
{
    for (uint32_t z = 0; z < plan->fleet->zones; z++)
        if (plan->fleet->zone[z].racks < plan->fault_domains) {
            scenario_error(scenario, value_of(group, "fault_domains"), "a fault domain is at least a rack",
                           "a zone of %u racks does not have %u fault domains", plan->fleet->zone[z].racks, plan->fault_domains);
            return;
        }
}

void hyperscaler_open_domains(struct hyperscaler *cloud)
{
    uint32_t zones = 0;
    for (uint32_t s = 0; s < cloud->plan->fleet->sites; s++)
        if (cloud->plan->fleet->site[s].zones > zones)
            zones = cloud->plan->fleet->site[s].zones;
    cloud->domain_words = (zones * at_least_one(cloud->plan->fault_domains) * at_least_one(cloud->plan->update_domains) + 63) / 64;
    cloud->domains = arena_array(cloud->world->arena, cloud->domain_words, uint64_t);
}

/* A unit of an availability set. */
static bool in_set(const struct hyperscaler *cloud, uint32_t unit)
{
    const struct demand_class *class = world_class(cloud->world, workload_of(cloud, unit));
    return class->kind == DEMAND_SERVICE && class->units > 1 && class->spread == SPREAD_NONE;
}

bool hyperscaler_has_update_domain(const struct hyperscaler *cloud, uint32_t unit)
{
    return cloud->plan->update_domains > 0 && in_set(cloud, unit);
}

struct pool_wish hyperscaler_wish(struct hyperscaler *cloud, uint32_t unit, uint32_t site, bool by_update)
{
    uint64_t zones = hyperscaler_zones(cloud, unit, site), held = hyperscaler_held_zones(cloud, site);
    uint32_t faults = at_least_one(cloud->plan->fault_domains), updates = at_least_one(cloud->plan->update_domains);
    uint32_t number = unit - cloud->world->demand->workload[workload_of(cloud, unit)].first_unit;
    bool set = in_set(cloud, unit);
    if (held != 0 && cloud->machine[unit].held == 0) /* somebody has a right to what is free there */
        zones &= ~held;
    if (zones == UINT64_MAX && (!set || faults * updates == 1))
        return (struct pool_wish){0};
    memset(cloud->domains, 0, cloud->domain_words * sizeof *cloud->domains);
    for (uint32_t z = 0; z < cloud->plan->fleet->site[site].zones; z++)
        for (uint32_t f = 0; f < faults && (zones >> z & 1) != 0; f++)
            for (uint32_t u = 0; u < updates; u++) {
                uint32_t domain = (z * faults + f) * updates + u;
                if (!set || (f == number % faults && (!by_update || u == number % updates)))
                    cloud->domains[domain / 64] |= UINT64_C(1) << domain % 64;
            }
    return (struct pool_wish){.domains = cloud->domains, .domain_words = cloud->domain_words};
}
