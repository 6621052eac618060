#include "models/demand/demand.h"

#include "sim/base/check.h"

#include <math.h>
#include <string.h>

const struct key demand_keys[] = {
    {"name", KEY_NAME, "", "name of the class; its workloads are called NAME/0, NAME/1, ...; default: the SDL file's name", .unique = true},
    {"kind", KEY_CHOICE, "service", "service: replicas wanted up now; job: a gang with work to do", .choices = "service|job"},
    {"sdl", KEY_FILE, "", "an Akash deployment file: what a workload needs, for every cloud; each service of each of its groups is a class of its own"},
    {"count", KEY_INTEGER, "0", "workloads requested during the ramp", .low = 0, .high = 10000000},
    {"ramp", KEY_DURATION, "1 d", "they are requested uniformly over this time from the begin of the run (warm-up included)"},
    ARRIVAL_KEYS,
    {"replicas", KEY_INTEGER, "1", "replicas of a service", .low = 1, .high = DEMAND_UNITS_MAX, .when = "kind=service"},
    {"quorum", KEY_INTEGER, "0", "replicas that must be up for the service to be up; 0: more than half", .low = 0,
     .high = DEMAND_UNITS_MAX, .when = "kind=service"},
    {"up_from", KEY_SHARE, "50 %", "a replica that gives less of its service than this counts as down for the quorum (assumption)",
     .when = "kind=service"},
    {"sessions", KEY_INTEGER, "0", "sessions that a service holds while it is up, shared evenly by its replicas: one that goes down loses its"
                                   " part; 0: not followed", .low = 0, .high = 1000000000, .when = "kind=service"},
    {"reroute", KEY_DURATION, "0 s", "from a replica's going down until no requests are sent to it any more: noticing and failing over; 0 s:"
                                     " not followed", .low = 0, .high = 86400, .when = "kind=service"},
    {"sector", KEY_TEXT, "", "sector of `damages` that says what an hour without quorum costs its tenant; empty: nothing is known",
     .when = "kind=service"},
    {"damage_share", KEY_NUMBER, "1", "part of the sector's figure that one service stands for (assumption)", .low = 0, .high = 1e6,
     .above_low = true, .when = "kind=service"},
    {"pods", KEY_INTEGER, "1", "pods of a job, placed together or not at all", .low = 1, .high = DEMAND_UNITS_MAX,
     .when = "kind=job"},
    {"vcpus", KEY_INTEGER, NULL, "virtual CPUs of one replica or pod", .low = 1, .high = 384, .when = "sdl="},
    {"memory", KEY_BYTES, NULL, "memory of one replica or pod", .low = 1048576, .high = 2199023255552.0, .when = "sdl="},
    {"storage", KEY_BYTES, "10 GiB", "disk of one replica or pod", .low = 5242880, .high = 35184372088832.0, .when = "sdl="},
    {"persistent", KEY_BOOL, "false", "replicas need what their storage held; where a provider's volumes end with its lease (akash), a new lease begins by "
     "bringing the data back", .when = "kind=service"},
    {"gpus", KEY_INTEGER, "0", "GPUs of one replica or pod", .low = 0, .high = 16, .when = "sdl="},
    {"gpu_milli", KEY_INTEGER, "1000", "thousandths of one GPU; below 1000 the GPU is shared and gpus must be 1", .low = 1, .high = 1000,
     .when = "sdl="},
    {"gpu_models", KEY_TEXTS, NULL, "models that will do; absent: any", .when = "sdl=", .filled = true},
    {"spread", KEY_CHOICE, "none", "how replicas are kept apart", .choices = "none|zone|site", .when = "kind=service"},
    {"sites", KEY_INTEGER, "2", "sites to spread over when spread = \"site\"", .low = 1, .high = DEMAND_SITES_MAX,
     .when = "kind=service"},
    {"lifetime", KEY_LAW, "0 s", "time from request to withdrawal; 0 s: to the end of the run", .when = "kind=service"},
    {"work", KEY_LAW, NULL, "productive time one job needs", .when = "kind=job"},
    {"job_up", KEY_LAW, "0 s", "time from the begin of an attempt to a fault of the job itself; 0 s: none", .when = "kind=job"},
    {"checkpoint", KEY_CHOICE, "every", "every: by checkpoint_every; young, daly: the optimum for the failures that it sees", .choices =
     "every|young|daly", .when = "kind=job"},
    {"checkpoint_every", KEY_DURATION, "1 h", "work between checkpoints; 0: none", .when = "kind=job"},
    {"checkpoint_write", KEY_DURATION, "1 min", "blocking part of one checkpoint", .when = "kind=job"},
    {"restart", KEY_DURATION, "5 min", "load and warm-up at the begin of each attempt", .when = "kind=job"},
    {"restarts", KEY_INTEGER, "-1", "restarts after failures before the job is given up, evictions not counted; -1: any number",
     .low = -1, .high = 1000000, .when = "kind=job"},
    {"gang", KEY_CHOICE, "any", "where pods go: as the cloud likes, or by one of Ray's strategies",
     .choices = "any|pack|spread|strict-pack|strict-spread", .when = "kind=job"},
    {"estimate", KEY_NUMBER, "2", "time that a job asks a queue for, over what it takes without faults (assumption)", .low = 1,
     .high = 1000, .when = "kind=job"},
    {"priority", KEY_INTEGER, "0", "who goes first in a queue, and may displace jobs below", .low = -1000, .high = 1000},
    {"capacity", KEY_CHOICE, "on-demand", "where a cloud sells that: spot: cheaper, and taken back with notice; reserved (services): a guaranteed place, "
     "cheaper, and paid for a term", .choices = "on-demand|spot|reserved"},
    {"product", KEY_CHOICE, "default", "what it is bought as in a cloud that sells clusters (ionet): by default Ray for a job, containers for a service; "
     "kubernetes has a master, bare-metal takes whole machines, mega-ray whatever is free anywhere; gang counts for ray and kubernetes",
     .choices = "default|container|ray|mega-ray|kubernetes|bare-metal"},
    {"source", KEY_TEXT, "", "where the figures come from"},
    {"evidence", KEY_CHOICE, "U", "R read, K recalled, U unsourced", .choices = "R|K|U"},
    KEY_END};

static uint64_t read_models(struct scenario *scenario, const struct value *group, const struct fleet *fleet)
{
    const struct value *models = value_of(group, "gpu_models");
    uint64_t set = 0;
    for (size_t i = 0; i < value_count(models); i++) {
        const struct value *model = value_at(models, i);
        int32_t known = fleet_gpu_model(fleet, model->text);
        if (known >= 0) {
            set |= UINT64_C(1) << known;
            continue;
        }
        const char *near = scenario_nearest(model->text, fleet->gpu_models, fleet->gpu_model_count);
        scenario_error(scenario, model,
                       near != NULL ? arena_format(scenario->arena, "did you mean '%s'?", near)
                                    : "no node type of the fleet has it",
                       "no node has a GPU of model '%s'", model->text);
    }
    return set;
}

static const struct law *law_or_none(const struct value *group, const char *key)
{
    const struct law *law = value_law(group, key);
    return law->kind == LAW_CONSTANT && law->a == 0 ? NULL : law;
}

/* What an SDL file says is not said twice. */
static void check_unsaid(struct scenario *scenario, const struct value *group, const struct demand_part *part, const char *key)
{
    if (part != NULL && value_given(group, key))
        scenario_error(scenario, value_of(group, key), "it goes without sdl", "key '%s' means nothing here: the SDL file says it", key);
}

static void read_service(struct scenario *scenario, const struct value *group, const struct fleet *fleet,
                         const struct demand_part *part, struct demand_class *class)
{
    check_unsaid(scenario, group, part, "replicas");
    check_unsaid(scenario, group, part, "spread");
    class->units = part != NULL ? part->units : (uint32_t)value_integer(group, "replicas");
    class->quorum = (uint32_t)value_integer(group, "quorum");
    class->persistent = value_bool(group, "persistent") || (part != NULL && part->persistent);
    class->up_from = (uint32_t)(value_number(group, "up_from") * GRAPH_WHOLE + 0.5);
    class->spread = (enum demand_spread)value_choice(group, "spread");
    class->lifetime = law_or_none(group, "lifetime");
    class->sessions = (double)value_integer(group, "sessions");
    class->reroute = value_duration(group, "reroute");
    class->sites = class->spread == SPREAD_SITE ? (uint32_t)value_integer(group, "sites") : 1;
    if (class->quorum == 0)
        class->quorum = class->units / 2 + 1;
    if (class->quorum > class->units)
        scenario_error(scenario, value_of(group, "quorum"), "lower the quorum or raise the replicas",
                       "a quorum of %u cannot be met by %u replicas", class->quorum, class->units);
    if (fleet->site != NULL && class->sites > fleet->sites)
        scenario_error(scenario, value_of(group, "sites"), "add sites to the fleet or lower 'sites'",
                       "%u sites are wanted but the fleet has %u", class->sites, fleet->sites);
    else if (class->sites > class->units)
        scenario_error(scenario, value_of(group, "sites"), "raise 'replicas' or lower 'sites'",
                       "%u replicas cannot be spread over %u sites", class->units, class->sites);
}

static void read_job(struct scenario *scenario, const struct value *group, const struct demand_part *part,
                     struct demand_class *class)
{
    check_unsaid(scenario, group, part, "pods");
    class->units = class->quorum = part != NULL ? part->units : (uint32_t)value_integer(group, "pods");
    class->sites = 1;
    class->work = value_law(group, "work");
    class->job_up = law_or_none(group, "job_up");
    class->costs = (struct job_costs){value_duration(group, "checkpoint_every"), value_duration(group, "checkpoint_write"),
                                      value_duration(group, "restart")};
    class->gang = (enum demand_gang)value_choice(group, "gang");
    class->checkpoint = (enum demand_checkpoint)value_choice(group, "checkpoint");
    class->restarts = (int32_t)value_integer(group, "restarts");
    class->estimate = value_number(group, "estimate");
    if (class->capacity == CAPACITY_RESERVED)
        scenario_error(scenario, value_of(group, "capacity"), "jobs are on-demand or spot", "a job does not say for how long it would reserve");
    if (class->checkpoint != CHECKPOINT_EVERY && class->costs.write.us == 0)
        scenario_error(scenario, value_of(group, "checkpoint"), "give 'checkpoint_write' a time above 0",
                       "checkpoints that cost nothing have no best interval");
    if (law_mean(class->work) <= 0)
        scenario_error(scenario, value_of(group, "work"), "e.g. \"lognormal_median(6 h, 1.2)\"", "a job needs work to do");
}

/* What one unit needs, by the keys. */
static void read_unit(struct scenario *scenario, const struct value *group, const struct fleet *fleet, struct demand_class *class)
{
    class->vcpus = (int32_t)value_integer(group, "vcpus");
    class->cpu_milli = class->vcpus * 1000;
    class->gpus = (int32_t)value_integer(group, "gpus");
    class->gpu_milli = (int32_t)value_integer(group, "gpu_milli");
    class->memory_bytes = value_integer(group, "memory");
    class->storage_bytes = value_integer(group, "storage");
    class->gpu_models = read_models(scenario, group, fleet);
    if (class->gpu_milli < 1000 && class->gpus != 1)
        scenario_error(scenario, value_of(group, "gpu_milli"), "write gpus = 1, or leave gpu_milli away",
                       "a shared GPU is a part of one device, but gpus is %d", class->gpus);
}

/* The same, by a deployment file. */
static void take_unit(const struct demand_part *part, struct demand_class *class)
{
    class->cpu_milli = part->cpu_milli;
    class->vcpus = (part->cpu_milli + 999) / 1000;
    class->gpus = part->gpus;
    class->gpu_milli = 1000;
    class->memory_bytes = part->memory_bytes;
    class->storage_bytes = part->storage_bytes;
    class->gpu_models = part->gpu_models;
    class->group = part->group;
}

/* The element's own name, or its file's, and the part's. */
static const char *read_name(struct scenario *scenario, const struct value *group, const struct demand_file *file,
                             const struct demand_part *part)
{
    const char *name = value_text(group, "name");
    if (name[0] == '\0' && part == NULL)
        scenario_error(scenario, group, "add name = \"web\";", "a class of demand has no name");
    if (part == NULL)
        return name;
    name = arena_format(scenario->arena, "%s%s", name[0] != '\0' ? name : file->name, part->name);
    if (strlen(name) > DEMAND_NAME_MAX)
        scenario_error(scenario, group, "give it a shorter 'name'", "the class '%s' has a name of more than %d characters", name, DEMAND_NAME_MAX);
    return name;
}

/* part: NULL: by the keys. */
static void read_class(struct scenario *scenario, const struct value *group, const struct fleet *fleet,
                       const struct demand_file *file, const struct demand_part *part, struct demand_class *class)
{
    *class = (struct demand_class){.name = read_name(scenario, group, file, part),
                                   .kind = (enum demand_kind)value_choice(group, "kind"),
                                   .count = (uint32_t)value_integer(group, "count"),
                                   .ramp = value_duration(group, "ramp"),
                                   .product = (enum demand_product)value_choice(group, "product"),
                                   .priority = (int32_t)value_integer(group, "priority"),
                                   .capacity = (enum demand_capacity)value_choice(group, "capacity")};
    arrivals_read(scenario, group, &class->arrivals);
    if (part != NULL)
        take_unit(part, class);
    else
        read_unit(scenario, group, fleet, class);
    if (class->kind == DEMAND_SERVICE)
        read_service(scenario, group, fleet, part, class);
    else
        read_job(scenario, group, part, class);
}

/* Names of the keys are held apart by the reader; those of files are not. */
static void check_names(struct scenario *scenario, const struct value *list, const struct demand_plan *plan)
{
    for (uint32_t i = 0; i < plan->classes; i++)
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(plan->class[i].name, plan->class[k].name) == 0 && (plan->class[i].group != NULL || plan->class[k].group != NULL))
                scenario_error(scenario, list, "give the element with the SDL file another 'name'", "two classes of demand are called '%s'",
                               plan->class[i].name);
}

struct demand_plan *demand_read(struct scenario *scenario, const struct value *list, const struct value *damages,
                                const struct fleet *fleet, const struct demand_file *file)
{
    struct demand_plan *plan = arena_new(scenario->arena, struct demand_plan);
    size_t classes = 0;
    for (size_t i = 0; i < value_count(list); i++)
        classes += file != NULL && file[i].parts > 0 ? file[i].parts : 1;
    struct demand_class *class = arena_array(scenario->arena, classes, struct demand_class);
    *plan = (struct demand_plan){.class = class, .fleet = fleet};
    double weights = 0;
    for (uint32_t s = 0; fleet->site != NULL && s < fleet->sites; s++)
        weights += fleet->site[s].demand_weight;
    if (fleet->site != NULL && !(weights > 0)) /* a fleet that has mistakes of its own has no sites yet */
        scenario_error(scenario, list, "give at least one site a demand_weight above 0", "no site is anybody's home");
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *group = value_at(list, i);
        uint32_t parts = file != NULL ? file[i].parts : 0, first = plan->classes;
        for (uint32_t k = 0; k < parts; k++)
            read_class(scenario, group, fleet, &file[i], &file[i].part[k], &class[plan->classes++]);
        if (parts == 0 && !value_given(group, "sdl")) /* a file with mistakes gives no classes */
            read_class(scenario, group, fleet, NULL, NULL, &class[plan->classes++]);
        for (uint32_t c = first; c < plan->classes; c++)
            if (class[c].kind == DEMAND_SERVICE)
                class[c].damage = damage_read(scenario, damages, group);
    }
    check_names(scenario, list, plan);
    return plan;
}

/* --- Drawing --------------------------------------------------------------------------------------------------------- */

/* Sites without replacement by weight: home, then the others. Where only sites of weight 0 are left, each is as likely. */
static void draw_sites(const struct fleet *fleet, uint32_t wanted, struct stream *stream, uint8_t *sites)
{
    for (uint32_t k = 0; k < wanted; k++) {
        double total = 0;
        for (uint32_t s = 0; s < fleet->sites; s++)
            if (memchr(sites, (int)s, k) == NULL)
                total += fleet->site[s].demand_weight;
        double at = stream_uniform(stream) * (total > 0 ? total : (double)(fleet->sites - k));
        uint32_t chosen = COMPONENT_NONE;
        for (uint32_t s = 0; s < fleet->sites && !(chosen != COMPONENT_NONE && at < 0); s++) {
            double weight = total > 0 ? fleet->site[s].demand_weight : 1;
            if (memchr(sites, (int)s, k) != NULL || !(weight > 0))
                continue;
            chosen = s;
            at -= weight;
        }
        sites[k] = (uint8_t)chosen;
    }
}

/* Request times of a class's arrivals; with times NULL only counts them. */
static uint32_t draw_arrivals(const struct demand_class *class, uint64_t seed, uint32_t replication, instant begin, instant end,
                              instant *times)
{
    struct stream requests = stream_open(stream_key_path(stream_key(seed, replication, "arrivals"), class->name));
    struct stream bursts = stream_open(stream_key_path(stream_key(seed, replication, "bursts"), class->name));
    return arrivals_draw(&class->arrivals, requests, bursts, begin, end, times);
}

/* A workload's own member of a family. Arrivals count for themselves: raising `count` renames them but does not change them. */
static struct stream_key workload_key(struct stream_key family, const struct demand_class *class, uint32_t number)
{
    struct stream_key own = stream_key_path(family, class->name);
    if (number < class->count)
        return stream_key_index(own, number);
    return stream_key_index(stream_key_path(own, "arrival"), number - class->count);
}

static void draw_workload(const struct demand_plan *plan, struct stream_key family, struct workload *workload, instant begin,
                          const instant *arrived)
{
    const struct demand_class *class = &plan->class[workload->class];
    struct stream stream = stream_open(workload_key(family, class, workload->number));
    double when = stream_uniform(&stream);
    draw_sites(plan->fleet, class->sites, &stream, workload->site);
    workload->requested =
        arrived != NULL ? *arrived
                        : instant_add(begin, duration_from_seconds(when * duration_seconds(class->ramp)));
    workload->withdrawn = INSTANT_NEVER;
    if (class->lifetime != NULL) {
        duration lifetime = law_draw_duration(class->lifetime, &stream);
        if (lifetime.us < US_NEVER / 2)
            workload->withdrawn = instant_add(workload->requested, lifetime);
    }
    if (class->work != NULL) {
        workload->work = law_draw_duration(class->work, &stream);
        if (workload->work.us == 0)
            workload->work.us = 1;
    }
}

struct demand *demand_draw(struct arena *arena, const struct demand_plan *plan, uint64_t seed, uint32_t replication, instant begin,
                           instant end)
{
    struct demand *demand = arena_new(arena, struct demand);
    struct stream_key family = stream_key(seed, replication, "demand");
    uint64_t total = 0;
    demand->plan = plan;
    demand->job_faults = stream_key(seed, replication, "job fault");
    for (uint32_t c = 0; c < plan->classes; c++)
        total += plan->class[c].count + draw_arrivals(&plan->class[c], seed, replication, begin, end, NULL);
    if (total > DEMAND_TOTAL_MAX)
        limit_reached("demand.count", DEMAND_TOTAL_MAX);
    demand->workload = arena_array(arena, total, struct workload);
    for (uint32_t c = 0; c < plan->classes; c++) {
        const struct demand_class *class = &plan->class[c];
        uint32_t arrived = draw_arrivals(class, seed, replication, begin, end, NULL);
        instant *times = arena_array(arena, arrived, instant);
        draw_arrivals(class, seed, replication, begin, end, times);
        for (uint32_t n = 0; n < class->count + arrived; n++) {
            struct workload *workload = &demand->workload[demand->workloads];
            *workload = (struct workload){.class = c, .number = n, .first_unit = demand->units};
            draw_workload(plan, family, workload, begin, n < class->count ? NULL : &times[n - class->count]);
            if (workload->requested.us >= end.us)
                continue; /* a ramp longer than the run */
            if (demand->units > DEMAND_TOTAL_MAX - class->units)
                limit_reached("demand.count", DEMAND_TOTAL_MAX);
            demand->units += class->units;
            demand->workloads++;
        }
    }
    return demand;
}

duration demand_job_fault(const struct demand *demand, uint32_t workload, int32_t attempt)
{
    const struct workload *job = &demand->workload[workload];
    const struct demand_class *class = &demand->plan->class[job->class];
    if (class->job_up == NULL)
        return (duration){US_NEVER};
    struct stream_key own = workload_key(demand->job_faults, class, job->number);
    struct stream stream = stream_open(stream_key_index(own, (uint64_t)attempt));
    return law_draw_duration(class->job_up, &stream);
}
