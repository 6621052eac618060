#include "models/clouds/clouds.h"

#include "models/clouds/akash/akash.h"
#include "models/clouds/targets.h"
#include "models/clouds/world/cloud.h"
#include "models/clouds/hybrid/hybrid.h"
#include "models/clouds/hyperscaler/hyperscaler.h"
#include "models/clouds/ionet/ionet.h"
#include "models/clouds/world/needs.h"
#include "models/clouds/world/sdl_demand.h"
#include "models/clouds/world/world.h"
#include "models/clouds/world/world_branch.h"
#include "sim/base/check.h"

#include <inttypes.h>
#include <string.h>

static const struct key cloud_keys[] = {
    {"name", KEY_NAME, NULL, "name of the cloud in tables and charts", .unique = true},
    {"kind", KEY_CHOICE, NULL, "architecture", .choices = "hyperscaler|akash|ionet|hybrid"},
    {"rules", KEY_CHOICE, "2024-07", "rules in force, by date; 2026-08: akash only; 2025-09: ionet only", .choices =
     "2024-07|2025-09|2026-08"},
    HYPERSCALER_KEYS,
    AKASH_KEYS,
    IONET_KEYS,
    HYBRID_KEYS,
    KEY_END};

#define MARKET_LIMIT(name, help) {name, KEY_INTEGER, "0", help ", at once; 0: estimated", .low = 0, .high = 1e9}
static const struct key market_limit_keys[] = {
    MARKET_LIMIT("deployments", "deployments and their escrow accounts, open or not yet forgotten"),
    MARKET_LIMIT("groups", "groups of these deployments"),
    MARKET_LIMIT("orders", "orders of these deployments, closed ones too"),
    MARKET_LIMIT("bids", "open bids"),
    MARKET_LIMIT("leases", "leases of these deployments, ended ones too"),
    MARKET_LIMIT("deposits", "2026: unspent deposits"),
    MARKET_LIMIT("events", "events of one message"),
    MARKET_LIMIT("reservations", "reservations of providers, for bids that are open"),
    MARKET_LIMIT("names", "texts that inventories tell apart: vendors, models and interfaces of GPUs"),
    KEY_END};

static const struct key clouds_keys[] = {
    {"fleet", KEY_GROUP, NULL, "all hardware, the same for every cloud", .children = fleet_keys, .required = true},
    {"demand", KEY_LIST, NULL, "what tenants want, the same for every cloud", .children = demand_keys, .required = true},
    {"damages", KEY_LIST, NULL, "what an hour without a service costs, by sector", .children = damage_keys},
    {"faults", KEY_LIST, NULL, "hazards: events drawn from rates", .children = hazard_keys},
    {"incidents", KEY_LIST, NULL,
     "scripted faults with phases; classes and paths that faults hit: site, zone, rack, node, storage (us-central, us-central/z1, .../r02, .../r02/n01, "
     "us-central/z1/su03); control (CLOUD/control of a hyperscaler, CLOUD/chain of akash, CLOUD/orchestrator and CLOUD/solana of ionet); "
     "region-control (CLOUD/SITE/control); provider (CLOUD/SITE/p01 of akash); relay (CLOUD/SITE/relay-1 of ionet, CLOUD/FRONT of a "
     "hyperscaler); shared (what 'components' declares, CLOUD/oracle of akash)", .children = incident_keys},
    {"traces", KEY_LIST, NULL, "outages as they were recorded", .children = trace_keys},
    {"hours", KEY_LIST, NULL, "hosts that are up by the clock, as volunteers' machines are", .children = hours_keys},
    {"rollouts", KEY_LIST, NULL, "releases that spread in stages until they are stopped", .children = rollout_keys},
    {"caches", KEY_LIST, NULL, "components that are cold after an outage, and what stands behind them", .children = cache_keys},
    {"clouds", KEY_LIST, NULL, "architectures under test", .children = cloud_keys, .required = true},
    {"components", KEY_LIST, NULL, "shared components that clouds depend on", .children = component_keys},
    {"needs", KEY_LIST, NULL, "dependencies besides those that fleet and clouds bring", .children = need_keys},
    {"fresh", KEY_BOOL, "false", "start every fault process new and up instead of in equilibrium"},
    {"probes", KEY_RATE, "12 /h", "control-plane probes, the same stream for every cloud"},
    {"lease_deadline", KEY_DURATION, "15 min", "a request for capacity that is not granted by then has failed", .low = 0,
     .high = 31557600},
    {"market_limits", KEY_GROUP, "{}", "limits of each akash cloud's tables, to be raised where a run asks for it",
     .children = market_limit_keys},
    KEY_END};

static const struct key point_keys[] = {
    {"incidents", KEY_TEXTS, NULL, "names of the incidents that happen at this point; absent: all"}, KEY_END};

struct clouds_plan {
    struct sim_arm *arm;
    const struct cloud_plan *cloud;
    size_t clouds;
    struct sim_mark *mark; /* scripted incidents of the point */
    size_t marks;
};

static const struct cloud_kind *const kinds[] = {&cloud_hyperscaler, &cloud_akash, &cloud_ionet, &cloud_hybrid};

const struct cloud_kind *cloud_kind_of(const struct value *group) { return kinds[value_choice(group, "kind")]; }

void cloud_name_luck(struct scenario *scenario, const char *name, const struct cloud_kind *kind, const struct fleet *fleet,
                     struct graph_builder *builder)
{
    size_t own = strlen(name);
    for (uint32_t c = fleet->fleet_components; c < graph_builder_count(builder); c++) {
        const char *path = graph_builder_component(builder, c)->path;
        if (strncmp(path, name, own) == 0 && path[own] == '/')
            graph_builder_luck(builder, c, arena_format(scenario->arena, "%s:%s", kind->name, path + own + 1));
    }
}

/* What means a cloud in lists of clouds: its own name, and those of its parts. */
static struct fault_names names_of(struct scenario *scenario, const struct value *group, const struct cloud_plan *cloud)
{
    const struct value *parts = cloud->kind->part_of != NULL ? value_of(group, "parts") : NULL;
    uint32_t count = parts != NULL ? (uint32_t)value_count(parts) : 0, components = graph_count(cloud->graph);
    const char **names = arena_array(scenario->arena, 1 + count, const char *);
    uint8_t *owner = parts != NULL ? arena_array(scenario->arena, components, uint8_t) : NULL;
    names[0] = cloud->name;
    for (uint32_t i = 0; i < count; i++)
        names[1 + i] = value_at(parts, i)->text;
    for (uint32_t c = 0; owner != NULL && c < components; c++)
        owner[c] = cloud->kind->part_of(cloud->own, graph_component(cloud->graph, c));
    return (struct fault_names){names, 1 + count, owner};
}

static void prepare_cloud(struct scenario *scenario, const struct value *group, struct cloud_plan *cloud, struct sim_arm *arm,
                          const struct fault_list *faults, uint32_t *matched)
{
    cloud->name = value_text(group, "name");
    cloud->rules = value_text(group, "rules");
    cloud->kind = cloud_kind_of(group);
    if (strstr(cloud->kind->rules, cloud->rules) == NULL)
        scenario_error(scenario, value_of(group, "rules"), arena_format(scenario->arena, "known for it: %s", cloud->kind->rules),
                       "no rules of %s are known for clouds of kind '%s'", cloud->rules, cloud->kind->name);
    *arm = (struct sim_arm){cloud->name, cloud->kind->name, cloud->rules};
    int before = scenario->errors;
    struct graph_builder *builder = graph_builder_extend(scenario->arena, cloud->fleet->hardware);
    cloud->own = cloud->kind->plan(scenario, group, cloud->fleet, cloud->demand, builder);
    cloud_name_luck(scenario, cloud->name, cloud->kind, cloud->fleet, builder);
    needs_apply(scenario, value_of(&scenario->root, "components"), value_of(&scenario->root, "needs"), matched, builder);
    if (scenario->errors > before)
        return;
    const char *cycle = "";
    cloud->graph = graph_build(builder, &cycle);
    if (cloud->graph == NULL) {
        const struct value *needs = value_of(&scenario->root, "needs");
        scenario_error(scenario, needs->given ? needs : group, "remove one of these needs",
                       "components need each other in a circle: %s", cycle);
        return;
    }
    const struct fault_names names = names_of(scenario, group, cloud);
    cloud->faults = faults_bind(scenario->arena, faults, cloud->graph, cloud->fleet, &names);
}

/* From a release's begin until its last stage has it, were it never stopped. */
static duration length_of(const struct rollout *rollout)
{
    duration length = {0};
    for (uint32_t i = 0; i < rollout->stages; i++)
        length.us += rollout->spread.us + (i + 1 < rollout->stages ? rollout->stage[i].bake.us : 0);
    return length;
}

/* What is scripted: incidents, and releases with a date. */
static void mark_incidents(struct scenario *scenario, struct clouds_plan *plan, const struct fault_list *faults)
{
    plan->mark = arena_array(scenario->arena, faults->incidents + faults->rollouts, struct sim_mark);
    for (size_t i = 0; i < faults->incidents; i++) {
        const struct incident *incident = &faults->incident[i];
        double start_s = (double)incident->start.us / 1e6;
        plan->mark[plan->marks++] = (struct sim_mark){incident->name, start_s, start_s + duration_seconds(incident->length)};
    }
    for (size_t i = 0; i < faults->rollouts; i++) {
        const struct rollout *rollout = &faults->rollout[i];
        double start_s = (double)rollout->start.us / 1e6;
        if (rollout->start.us < US_NEVER)
            plan->mark[plan->marks++] = (struct sim_mark){rollout->name, start_s, start_s + duration_seconds(length_of(rollout))};
    }
}

/* What is near to an outage is counted on a world's own units, and a hybrid has none. */
static void check_no_hybrid(struct scenario *scenario, const struct value *clouds)
{
    if (value_choice(value_of(&scenario->root, "rare"), "method") != RARE_SPLITTING)
        return;
    for (size_t i = 0; i < value_count(clouds); i++)
        if (cloud_kind_of(value_at(clouds, i))->part_of != NULL)
            scenario_error(scenario, value_at(clouds, i), "leave the hybrid out, or the splitting", "splitting knows no hybrids");
}

/* Splitting may be told to watch one class of services. */
static void check_watched(struct scenario *scenario, const struct demand_plan *demand)
{
    const struct value *rare = value_of(&scenario->root, "rare");
    if (value_choice(rare, "method") != RARE_SPLITTING || value_text(rare, "watch")[0] == '\0')
        return;
    const char **names = arena_array(scenario->arena, demand->classes, const char *);
    size_t services = 0;
    for (uint32_t c = 0; c < demand->classes; c++) {
        if (demand->class[c].kind != DEMAND_SERVICE)
            continue;
        names[services++] = demand->class[c].name;
        if (strcmp(demand->class[c].name, value_text(rare, "watch")) == 0)
            return;
    }
    const char *near = scenario_nearest(value_text(rare, "watch"), names, services);
    scenario_error(scenario, value_of(rare, "watch"),
                   near != NULL ? arena_format(scenario->arena, "did you mean '%s'?", near) : NULL,
                   "no class of services is called '%s'", value_text(rare, "watch"));
}

/* Whether an empty machine has room for one replica or pod. */
static bool has_room(const struct node_type *type, const struct demand_class *class)
{
    bool model = class->gpus == 0 || class->gpu_models == 0 || (type->gpu_model_id >= 0 && class->gpu_models >> type->gpu_model_id & 1);
    return model && (int64_t)type->vcpus * 1000 >= class->cpu_milli && type->memory_bytes >= class->memory_bytes && type->gpus >= class->gpus;
}

static bool any_has_room(const struct fleet *fleet, const struct demand_class *class)
{
    uint32_t n = 0;
    while (n < fleet->nodes && !has_room(&fleet->type[fleet->node[n].type], class))
        n++;
    return n < fleet->nodes;
}

/* Services that no cloud could ever hold are refused and ask again until the horizon: a slip of the pen shows first as a run that does
 * not end; a replica or pod larger than any machine, as one in which it never ran. */
static void warn_of_size(struct scenario *scenario, const struct demand_plan *demand)
{
    const struct fleet *fleet = demand->fleet;
    for (uint32_t c = 0; c < demand->classes; c++) {
        const struct demand_class *class = &demand->class[c];
        const struct value *group = value_named(value_of(&scenario->root, "demand"), class->name);
        int64_t units = (int64_t)class->count * class->units, vcpus = 0, gpus = 0;
        if (class->group == NULL && !any_has_room(fleet, class)) {
            scenario_warning(scenario, group, "who is refused asks again until the horizon, and never gets it", "no node has room for a %s of '%s'",
                             class->kind == DEMAND_JOB ? "pod" : "replica", class->name);
            continue;
        }
        for (uint32_t n = 0; n < fleet->nodes; n++) {
            const struct node_type *type = &fleet->type[fleet->node[n].type];
            vcpus += type->vcpus;
            gpus += type->gpus;
        }
        bool of_gpus = units * class->gpus * class->gpu_milli > gpus * 1000;
        if (class->kind != DEMAND_SERVICE || !(of_gpus || units * class->cpu_milli > vcpus * 1000))
            continue;
        scenario_warning(scenario, group != NULL ? value_of(group, "count") : NULL,
                         "who is refused asks again until the horizon: a replication may take very long",
                         "%" PRId64 " replicas of '%s' ask for %" PRId64 " %s, and the fleet has %" PRId64, units, class->name,
                         of_gpus ? units * class->gpus * class->gpu_milli / 1000 : units * class->cpu_milli / 1000,
                         of_gpus ? "GPUs" : "vCPUs", of_gpus ? gpus : vcpus);
    }
}

static const void *prepare(struct scenario *scenario, const struct value *point)
{
    const struct value *root = &scenario->root, *list = value_of(root, "clouds");
    struct clouds_plan *plan = arena_new(scenario->arena, struct clouds_plan);
    struct cloud_plan *cloud = arena_array(scenario->arena, value_count(list), struct cloud_plan);
    int before = scenario->errors;
    *plan = (struct clouds_plan){.arm = arena_array(scenario->arena, value_count(list), struct sim_arm),
                                 .cloud = cloud,
                                 .clouds = value_count(list)};
    const struct fleet *fleet = fleet_build(scenario, value_of(root, "fleet"));
    const struct demand_file *files = sdl_demand_read(scenario, value_of(root, "demand"), list, fleet);
    const struct demand_plan *demand = demand_read(scenario, value_of(root, "demand"), value_of(root, "damages"), fleet, files);
    int64_t start = value_utc(root, "start");
    const struct value *events = value_of(value_of(root, "limits"), "events");
    if (events->is.integer > EVENTS_MAX)
        scenario_error(scenario, events, "a run of that size must be divided", "at most %d events can be pending at once", EVENTS_MAX);
    const struct fault_source source = {.incidents = value_of(root, "incidents"),
                                        .hazards = value_of(root, "faults"),
                                        .traces = value_of(root, "traces"),
                                        .hours = value_of(root, "hours"),
                                        .rollouts = value_of(root, "rollouts"),
                                        .caches = value_of(root, "caches"),
                                        .active = point != NULL ? value_of(point, "incidents") : NULL,
                                        .fleet = fleet,
                                        .start_unix_s = start,
                                        .end = {value_duration(root, "horizon").us},
                                        .fresh = value_bool(root, "fresh")};
    const struct fault_list *faults = faults_read(scenario, &source);
    targets_check_names(scenario, &source, list);
    if (scenario->errors > before)
        return plan;
    check_watched(scenario, demand);
    check_no_hybrid(scenario, list);
    warn_of_size(scenario, demand);
    const struct value *needs = value_of(root, "needs");
    uint32_t *matched = arena_array(scenario->arena, value_count(needs), uint32_t);
    for (size_t i = 0; i < plan->clouds; i++) {
        cloud[i] = (struct cloud_plan){.fleet = fleet,
                                       .demand = demand,
                                       .probes_per_second = value_number(root, "probes"),
                                       .lease_deadline = value_duration(root, "lease_deadline"),
                                       .start_unix_s = start,
                                       .events_limit = (uint32_t)value_integer(value_of(root, "limits"), "events")};
        prepare_cloud(scenario, value_at(list, i), &cloud[i], &plan->arm[i], faults, matched);
    }
    needs_check(scenario, needs, matched);
    if (scenario->errors == before)
        targets_check(scenario, &(struct targets){plan->cloud, plan->clouds, faults, &source, value_duration(root, "warmup")});
    mark_incidents(scenario, plan, faults);
    return plan;
}

static size_t marks(const void *plan, const struct sim_mark **mark)
{
    const struct clouds_plan *clouds = plan;
    *mark = clouds->mark;
    return clouds->marks;
}

static size_t arms(const void *plan, const struct sim_arm **arm)
{
    const struct clouds_plan *clouds = plan;
    *arm = clouds->arm;
    return clouds->clouds;
}

const struct cloud_plan *clouds_cloud(const void *plan, uint32_t arm)
{
    const struct clouds_plan *clouds = plan;
    check(arm < clouds->clouds, "cloud %u of %zu", arm, clouds->clouds);
    return &clouds->cloud[arm];
}

static void replicate(const void *plan, const struct sim_task *task, struct sim_record *record)
{
    const struct clouds_plan *clouds = plan;
    world_run(&clouds->cloud[task->arm], task, record);
}

static void *begin_path(const void *plan, const struct sim_task *task, struct sim_record *record)
{
    const struct clouds_plan *clouds = plan;
    return world_path_begin(&clouds->cloud[task->arm], task, record);
}

static const struct sim_branching branching = {begin_path, world_path_live, world_path_end, world_path_events, world_path_redraw};

const struct sim_model clouds_model = {.name = "clouds",
                                       .summary = "clouds under test over one fleet, one demand and one stream of bad luck",
                                       .keys = clouds_keys,
                                       .point_keys = point_keys,
                                       .metrics = measure_metrics,
                                       .series = measure_series,
                                       .breakdowns = measure_breakdowns,
                                       .prepare = prepare,
                                       .arms = arms,
                                       .marks = marks,
                                       .replicate = replicate,
                                       .tells = true,
                                       .branching = &branching};
