#include "models/fleet/fleet.h"

#include "sim/base/check.h"

#include <string.h>

static const struct key node_type_keys[] = {
    {"name", KEY_NAME, NULL, "name of the node type", .unique = true},
    {"vcpus", KEY_INTEGER, NULL, "virtual CPUs (threads)", .low = 1, .high = 1024},
    {"memory", KEY_BYTES, NULL, "host memory", .low = 1048576, .high = 1e15},
    {"gpus", KEY_INTEGER, "0", "GPUs", .low = 0, .high = 16},
    {"gpu_model", KEY_TEXT, "", "GPU model, as demand and prices name it, e.g. \"a100\""},
    {"gpu_memory", KEY_BYTES, "80 GiB", "memory of one GPU"},
    {"gpu_interface", KEY_CHOICE, "sxm", "how the GPUs are attached", .choices = "sxm|pcie"},
    {"up", KEY_LAW, "0 s", "time to failure of one node while up; 0 s: never fails by itself"},
    {"repair", KEY_LAW, "0 s", "time to repair of one node"},
    {"source", KEY_TEXT, "", "where the laws come from"},
    {"evidence", KEY_CHOICE, "U", "R read, K recalled, U unsourced", .choices = "R|K|U"},
    KEY_END};

static const struct key software_keys[] = {
    {"name", KEY_NAME, NULL, "name of an agent or release, as incidents name it", .unique = true},
    {"share", KEY_SHARE, NULL, "share of all nodes that run it, drawn per replication"},
    {"together", KEY_CHOICE, "node", "what is bought for as a whole: all nodes of a rack, zone or site run it, or none; the expected share stays",
     .choices = "node|rack|zone|site"},
    {"source", KEY_TEXT, "", "where the share comes from"},
    {"evidence", KEY_CHOICE, "U", "R read, K recalled, U unsourced", .choices = "R|K|U"},
    KEY_END};

static const struct key rack_group_keys[] = {
    {"type", KEY_NAME, NULL, "a node type's name"},
    {"per_rack", KEY_INTEGER, NULL, "nodes of that type in each rack", .low = 1, .high = 1000},
    KEY_END};

static const struct key site_keys[] = {
    {"name", KEY_NAME, NULL, "name of the site; begins the path of all hardware in it", .unique = true},
    {"zones", KEY_INTEGER, "3", "zones with separate power, cooling and network", .low = 1, .high = 64},
    {"racks", KEY_INTEGER, NULL, "racks in each zone", .low = 1, .high = 100000},
    {"nodes", KEY_LIST, NULL, "what each rack holds", .children = rack_group_keys, .required = true},
    {"storage_units", KEY_INTEGER, "8", "storage units in each zone", .low = 1, .high = 10000},
    {"demand_weight", KEY_NUMBER, "1", "share of tenants at home here, relative to the other sites", .low = 0, .high = 1e9},
    {"up", KEY_LAW, "0 s", "time to failure of the whole site; 0 s: never"},
    {"repair", KEY_LAW, "0 s", "time to repair of the whole site"},
    {"zone_up", KEY_LAW, "0 s", "time to failure of one zone; 0 s: never"},
    {"zone_repair", KEY_LAW, "0 s", "time to repair of one zone"},
    {"rack_up", KEY_LAW, "0 s", "time to failure of one rack (switch or power); 0 s: never"},
    {"rack_repair", KEY_LAW, "0 s", "time to repair of one rack"},
    {"storage_up", KEY_LAW, "0 s", "time to failure of one storage unit; 0 s: never"},
    {"storage_repair", KEY_LAW, "0 s", "time to repair of one storage unit"},
    KEY_END};

const struct key fleet_keys[] = {
    {"node_types", KEY_LIST, NULL, "kinds of machine", .children = node_type_keys, .required = true},
    {"software", KEY_LIST, NULL, "agents and releases on a share of the nodes", .children = software_keys},
    {"sites", KEY_LIST, NULL, "places with hardware", .children = site_keys, .required = true},
    KEY_END};

/* A pair of laws, or none when the time to failure is the constant 0. */
static void read_laws(struct scenario *scenario, const struct value *group, const char *up_key, const char *repair_key,
                      const struct law **up, const struct law **repair)
{
    *up = *repair = NULL;
    const struct law *up_law = value_law(group, up_key), *repair_law = value_law(group, repair_key);
    if (up_law->kind == LAW_CONSTANT && up_law->a == 0) {
        if (value_given(group, repair_key))
            scenario_error(scenario, value_of(group, repair_key), "give the time to failure too, or leave both away",
                           value_given(group, up_key) ? "'%s' is given, but '%s' is 0: never" : "'%s' is given without '%s'", repair_key, up_key);
        return;
    }
    double mean_up = law_mean(up_law), mean_repair = law_mean(repair_law);
    if (!(mean_up < 1e15) || !(mean_repair < 1e15))
        scenario_error(scenario, value_of(group, mean_up < 1e15 ? repair_key : up_key), "a process in equilibrium needs laws with a finite mean",
                       "'%s' or '%s' has no finite mean", up_key, repair_key);
    else if (mean_repair <= 0)
        scenario_error(scenario, value_of(group, up_key), "a component that fails needs a time to repair, e.g. \"4 h\"",
                       value_given(group, repair_key) ? "'%s' is given, but '%s' is 0" : "'%s' is given without '%s'", up_key, repair_key);
    *up = up_law;
    *repair = repair_law;
}

static int32_t intern_model(struct fleet *fleet, const char *model)
{
    int32_t known = fleet_gpu_model(fleet, model);
    if (known >= 0)
        return known;
    if (fleet->gpu_model_count == 64)
        return -1;
    fleet->gpu_models[fleet->gpu_model_count] = model;
    return (int32_t)fleet->gpu_model_count++;
}

static void read_type(struct scenario *scenario, struct fleet *fleet, const struct value *group, struct node_type *type)
{
    *type = (struct node_type){.name = value_text(group, "name"),
                               .vcpus = (int32_t)value_integer(group, "vcpus"),
                               .memory_bytes = value_integer(group, "memory"),
                               .gpus = (int32_t)value_integer(group, "gpus"),
                               .gpu_model = value_text(group, "gpu_model"),
                               .gpu_model_id = -1,
                               .gpu_memory_bytes = value_integer(group, "gpu_memory"),
                               .gpu_interface = value_choice(group, "gpu_interface") == 0 ? "sxm" : "pcie"};
    if (type->gpus > 0 && type->gpu_model[0] == '\0')
        scenario_error(scenario, value_of(group, "gpus"), "name the model, e.g. gpu_model = \"a100\"",
                       "node type '%s' has GPUs of no model", type->name);
    else if (type->gpus > 0 && (type->gpu_model_id = intern_model(fleet, type->gpu_model)) < 0)
        scenario_error(scenario, value_of(group, "gpu_model"), NULL, "more than 64 GPU models");
    read_laws(scenario, group, "up", "repair", &type->up, &type->repair);
}

static int64_t count_per_rack(const struct value *site)
{
    int64_t total = 0;
    const struct value *groups = value_of(site, "nodes");
    for (size_t i = 0; i < value_count(groups); i++)
        total += value_integer(value_at(groups, i), "per_rack");
    return total;
}

/* Counts first, so that every table is allocated once. False when there is too much of something. */
static bool count_all(struct scenario *scenario, struct fleet *fleet, const struct value *sites)
{
    double nodes = 0, zones = 0, racks = 0, storages = 0;
    for (size_t i = 0; i < value_count(sites); i++) {
        const struct value *site = value_at(sites, i);
        double site_zones = (double)value_integer(site, "zones");
        zones += site_zones;
        racks += site_zones * (double)value_integer(site, "racks");
        storages += site_zones * (double)value_integer(site, "storage_units");
        nodes += site_zones * (double)value_integer(site, "racks") * (double)count_per_rack(site);
    }
    if (nodes > FLEET_NODES_MAX || storages > FLEET_NODES_MAX || racks > FLEET_NODES_MAX) {
        scenario_error(scenario, sites, "at most 4,000,000 nodes, racks and storage units fit in memory",
                       "the fleet has %.0f nodes, %.0f racks and %.0f storage units", nodes, racks, storages);
        return false;
    }
    if (value_count(sites) > 255) {
        scenario_error(scenario, sites, "merge small sites into larger ones", "the fleet has more than 255 sites");
        return false;
    }
    fleet->sites = (uint32_t)value_count(sites);
    fleet->zones = (uint32_t)zones;
    fleet->racks = (uint32_t)racks;
    fleet->nodes = (uint32_t)nodes;
    fleet->storages = (uint32_t)storages;
    return true;
}

static uint32_t find_type(const struct fleet *fleet, const char *name)
{
    for (uint32_t i = 0; i < fleet->types; i++)
        if (strcmp(fleet->type[i].name, name) == 0)
            return i;
    return COMPONENT_NONE;
}

/* Counters of what has been laid out so far. */
struct cursor {
    uint32_t zone, rack, node, storage;
};

static uint32_t add_hardware(struct fleet *fleet, struct component component, uint32_t needs)
{
    uint32_t index = graph_add(fleet->hardware, component);
    if (needs != COMPONENT_NONE)
        graph_need(fleet->hardware, index, needs, PLANE_DATA, (duration){0});
    return index;
}

static void lay_rack(struct scenario *scenario, struct fleet *fleet, const struct value *site_group, struct cursor *at,
                     uint32_t site, uint32_t zone, uint32_t number, const struct law *laws[2])
{
    const char *zone_path = arena_format(scenario->arena, "%s/z%u", fleet->site[site].name,
                                         zone - fleet->site[site].first_zone + 1);
    const char *path = arena_format(scenario->arena, "%s/r%02u", zone_path, number + 1);
    struct fleet_rack *rack = &fleet->rack[at->rack];
    *rack = (struct fleet_rack){.site = site, .zone = zone, .first_node = at->node};
    rack->component =
        add_hardware(fleet, (struct component){path, COMPONENT_RACK, laws[0], laws[1], NULL}, fleet->zone[zone].component);
    const struct value *groups = value_of(site_group, "nodes");
    uint32_t slot = 0;
    for (size_t g = 0; g < value_count(groups); g++) {
        uint32_t type = find_type(fleet, value_text(value_at(groups, g), "type"));
        for (int64_t i = 0; i < value_integer(value_at(groups, g), "per_rack"); i++) {
            const char *node_path = arena_format(scenario->arena, "%s/n%02u", path, ++slot);
            struct component component = {node_path, COMPONENT_NODE, fleet->type[type].up, fleet->type[type].repair};
            uint32_t index = add_hardware(fleet, component, rack->component);
            fleet->node[at->node++] =
                (struct fleet_node){.component = index, .type = type, .site = site, .zone = zone, .rack = at->rack};
            fleet->gpus += fleet->type[type].gpus;
        }
    }
    rack->nodes = at->node - rack->first_node;
    at->rack++;
}

static void lay_zone(struct scenario *scenario, struct fleet *fleet, const struct value *group, struct cursor *at, uint32_t site,
                     const struct law *laws[8])
{
    struct fleet_zone *zone = &fleet->zone[at->zone];
    const char *path = arena_format(scenario->arena, "%s/z%u", fleet->site[site].name,
                                    at->zone - fleet->site[site].first_zone + 1);
    *zone = (struct fleet_zone){.site = site, .first_storage = at->storage, .first_rack = at->rack};
    zone->component =
        add_hardware(fleet, (struct component){path, COMPONENT_ZONE, laws[2], laws[3], NULL}, fleet->site[site].component);
    zone->storages = (uint32_t)value_integer(group, "storage_units");
    for (uint32_t i = 0; i < zone->storages; i++) {
        const char *unit = arena_format(scenario->arena, "%s/su%02u", path, i + 1);
        fleet->storage_zone[at->storage] = at->zone;
        fleet->storage[at->storage++] =
            add_hardware(fleet, (struct component){unit, COMPONENT_STORAGE, laws[6], laws[7], NULL}, zone->component);
    }
    zone->racks = (uint32_t)value_integer(group, "racks");
    for (uint32_t i = 0; i < zone->racks; i++)
        lay_rack(scenario, fleet, group, at, site, at->zone, i, &laws[4]);
    at->zone++;
}

static void lay_site(struct scenario *scenario, struct fleet *fleet, const struct value *group, struct cursor *at, uint32_t site)
{
    static const char *const law_keys[] = {"up", "repair", "zone_up", "zone_repair", "rack_up", "rack_repair", "storage_up",
                                           "storage_repair"};
    const struct law *laws[8];
    for (int i = 0; i < 8; i += 2)
        read_laws(scenario, group, law_keys[i], law_keys[i + 1], &laws[i], &laws[i + 1]);
    struct fleet_site *place = &fleet->site[site];
    *place = (struct fleet_site){.name = value_text(group, "name"),
                                 .first_zone = at->zone,
                                 .first_node = at->node,
                                 .first_rack = at->rack,
                                 .zones = (uint32_t)value_integer(group, "zones"),
                                 .demand_weight = value_number(group, "demand_weight")};
    if (strchr(place->name, '/') != NULL)
        scenario_error(scenario, value_of(group, "name"), "the slash separates a site from its zones in paths",
                       "the name of site '%s' has a slash", place->name);
    place->component = add_hardware(fleet, (struct component){place->name, COMPONENT_SITE, laws[0], laws[1], NULL}, COMPONENT_NONE);
    for (uint32_t z = 0; z < place->zones; z++)
        lay_zone(scenario, fleet, group, at, site, laws);
    place->nodes = at->node - place->first_node;
    place->racks = at->rack - place->first_rack;
}

static bool check_references(struct scenario *scenario, const struct fleet *fleet, const struct value *sites)
{
    int before = scenario->errors;
    const char **names = arena_array(scenario->arena, fleet->types, const char *);
    for (uint32_t i = 0; i < fleet->types; i++)
        names[i] = fleet->type[i].name;
    for (size_t s = 0; s < value_count(sites); s++) {
        const struct value *groups = value_of(value_at(sites, s), "nodes");
        for (size_t g = 0; g < value_count(groups); g++) {
            const char *type = value_text(value_at(groups, g), "type");
            if (find_type(fleet, type) != COMPONENT_NONE)
                continue;
            const char *near = scenario_nearest(type, names, fleet->types);
            scenario_error(scenario, value_of(value_at(groups, g), "type"),
                           near != NULL ? arena_format(scenario->arena, "did you mean '%s'?", near)
                                        : "declare it in fleet.node_types",
                           "no node type is called '%s'", type);
        }
    }
    return scenario->errors == before;
}

struct fleet *fleet_build(struct scenario *scenario, const struct value *group)
{
    struct arena *arena = scenario->arena;
    struct fleet *fleet = arena_new(arena, struct fleet);
    const struct value *types = value_of(group, "node_types"), *sites = value_of(group, "sites");
    const struct value *software = value_of(group, "software");
    int before = scenario->errors;
    fleet->gpu_models = arena_array(arena, 64, const char *);
    fleet->types = (uint32_t)value_count(types);
    fleet->type = arena_array(arena, fleet->types, struct node_type);
    for (uint32_t i = 0; i < fleet->types; i++)
        read_type(scenario, fleet, value_at(types, i), &fleet->type[i]);
    fleet->software_count = (uint32_t)value_count(software);
    fleet->software = arena_array(arena, fleet->software_count, struct fleet_software);
    for (uint32_t i = 0; i < fleet->software_count; i++)
        fleet->software[i] = (struct fleet_software){value_text(value_at(software, i), "name"),
                                                     value_number(value_at(software, i), "share"),
                                                     (enum fleet_together)value_choice(value_at(software, i), "together")};
    if (!check_references(scenario, fleet, sites) || !count_all(scenario, fleet, sites) || scenario->errors > before)
        return fleet;
    fleet->site = arena_array(arena, fleet->sites, struct fleet_site);
    fleet->zone = arena_array(arena, fleet->zones, struct fleet_zone);
    fleet->rack = arena_array(arena, fleet->racks, struct fleet_rack);
    fleet->node = arena_array(arena, fleet->nodes, struct fleet_node);
    fleet->storage = arena_array(arena, fleet->storages, uint32_t);
    fleet->storage_zone = arena_array(arena, fleet->storages, uint32_t);
    fleet->hardware = graph_builder_open(arena);
    struct cursor at = {0};
    for (uint32_t s = 0; s < fleet->sites; s++)
        lay_site(scenario, fleet, value_at(sites, s), &at, s);
    fleet->fleet_components = fleet->sites + fleet->zones + fleet->racks + fleet->nodes + fleet->storages;
    fleet->node_of_component = arena_array(arena, fleet->fleet_components, uint32_t);
    memset(fleet->node_of_component, 0xff, fleet->fleet_components * sizeof *fleet->node_of_component);
    for (uint32_t n = 0; n < fleet->nodes; n++)
        fleet->node_of_component[fleet->node[n].component] = n;
    return fleet;
}

int32_t fleet_gpu_model(const struct fleet *fleet, const char *model)
{
    for (uint32_t i = 0; i < fleet->gpu_model_count; i++)
        if (strcmp(fleet->gpu_models[i], model) == 0)
            return (int32_t)i;
    return -1;
}
