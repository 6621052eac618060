#include "models/clouds/world/sdl_demand.h"

#include "models/sdl/sdl.h"
#include "models/sdl/tree.h"

#include <ctype.h>
#include <string.h>

#include "sim/base/nomalloc.h"

enum { GPUS_MAX = 16 }; /* of a node */

/* One file under reading. */
struct reading {
    struct scenario *scenario;
    const struct value *element; /* of the list `demand` */
    const struct scenario_file *file;
    const struct fleet *fleet;
};

/* --- Names ----------------------------------------------------------------------------------------------------------- */

/* A name as classes may have one: what they may not is '_'. */
static const char *plain(struct arena *arena, const char *text, size_t length)
{
    char *name = arena_format(arena, "%.*s", (int)length, text);
    for (char *c = name; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && strchr(" ._-+/()", *c) == NULL)
            *c = '_';
    return name;
}

/* "parts/llama.yaml" is called llama. */
static const char *stem(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path, *dot = strrchr(name, '.');
    return plain(arena, name, dot != NULL && dot > name ? (size_t)(dot - name) : strlen(name));
}

/* --- Units ----------------------------------------------------------------------------------------------------------- */

/* The model of "vendor/nvidia/model/a100/ram/80Gi", and its length; "*" for any. NULL: no key of that form. */
static const char *model_of(const char *key, size_t *length)
{
    static const char prefix[] = "vendor/nvidia/model/";
    if (strncmp(key, prefix, sizeof prefix - 1) != 0)
        return NULL;
    *length = strcspn(key + sizeof prefix - 1, "/");
    return key + sizeof prefix - 1;
}

/* The fleet's models that will do; 0: any. One that the fleet does not have is no mistake beside one that it has. */
static uint64_t models_of(const struct reading *reading, const struct market_unit *unit)
{
    struct scenario *scenario = reading->scenario;
    uint64_t set = 0;
    for (int32_t i = 0; i < unit->gpu_attributes.count; i++) {
        size_t length = 0;
        const char *model = model_of(unit->gpu_attributes.items[i].key, &length);
        if (model == NULL || (length == 1 && model[0] == '*'))
            return 0;
        int32_t known = fleet_gpu_model(reading->fleet, arena_format(scenario->arena, "%.*s", (int)length, model));
        if (known >= 0)
            set |= UINT64_C(1) << known;
    }
    if (set == 0 && unit->gpu_units > 0 && unit->gpu_attributes.count > 0)
        scenario_error(scenario, value_of(reading->element, "sdl"), "add a node type with such a GPU to the fleet, or change the SDL file",
                       "no node has a GPU of a model that '%s' asks for: %s", reading->file->name, unit->gpu_attributes.items[0].key);
    return set;
}

static int64_t storage_of(const struct market_unit *unit)
{
    int64_t bytes = 0;
    for (int32_t i = 0; i < unit->n_volumes; i++)
        bytes += unit->volumes[i].bytes;
    return bytes;
}

static void check_size(const struct reading *reading, const struct market_unit *unit, const char *services)
{
    const struct value *at = value_of(reading->element, "sdl");
    if (unit->count > DEMAND_UNITS_MAX)
        scenario_error(reading->scenario, at, "write several elements of 'demand'", "'%s' wants %u replicas of %s; at most %d can be simulated",
                       reading->file->name, unit->count, services, DEMAND_UNITS_MAX);
    if (unit->gpu_units > GPUS_MAX)
        scenario_error(reading->scenario, at, "no node has more", "'%s' wants %d GPUs for a replica of %s; at most %d can be simulated",
                       reading->file->name, unit->gpu_units, services, GPUS_MAX);
}

static bool keeps_data(const struct market_unit *unit)
{
    bool keeps = false;
    for (int32_t i = 0; i < unit->n_volumes; i++)
        keeps |= market_volume_persistent(&unit->volumes[i]);
    return keeps;
}

/* Unit u of a group as a group of its own. */
static struct demand_part part_of(const struct reading *reading, const struct sdl_group *group, int32_t u, bool alone)
{
    struct arena *arena = reading->scenario->arena;
    const struct market_unit *unit = &group->spec.units[u];
    const char *services = group->notes[u].services;
    struct market_group_spec *spec = arena_new(arena, struct market_group_spec);
    *spec = group->spec;
    spec->units = unit;
    spec->n_units = 1;
    check_size(reading, unit, services);
    const char *name = alone ? "" : arena_format(arena, ".%s.%s", plain(arena, group->spec.name, strlen(group->spec.name)),
                                                 plain(arena, services, strcspn(services, ",")));
    return (struct demand_part){.name = name,
                                .units = unit->count,
                                .cpu_milli = (int32_t)unit->cpu_milli,
                                .gpus = unit->gpu_units > 0 ? unit->gpu_units : 0,
                                .memory_bytes = unit->memory_bytes,
                                .storage_bytes = storage_of(unit),
                                .persistent = keeps_data(unit),
                                .gpu_models = models_of(reading, unit),
                                .group = spec};
}

/* --- Files ----------------------------------------------------------------------------------------------------------- */

static void report(const struct reading *reading, const struct sdl *sdl)
{
    struct scenario *scenario = reading->scenario;
    for (const struct mistake *mistake = sdl->mistakes.first; mistake != NULL; mistake = mistake->next)
        if (!mistake->warning)
            scenario_error_in(scenario, reading->file, mistake->mark.line, mistake->mark.column, mistake->hint, "%s", mistake->message);
    scenario_error(scenario, value_of(reading->element, "sdl"),
                   arena_format(scenario->arena, "see 'nines market sdl %s'", reading->file->path), "SDL file '%s' has %d mistake%s",
                   reading->file->name, sdl->mistakes.errors, sdl->mistakes.errors == 1 ? "" : "s");
}

static struct demand_file read_file(const struct reading *reading, const struct sdl_rules *rules)
{
    struct arena *arena = reading->scenario->arena;
    const struct scenario_file *file = reading->file;
    const struct sdl *sdl = sdl_read(arena, file->path, file->text, file->bytes, rules);
    if (sdl->mistakes.errors > 0) {
        report(reading, sdl);
        return (struct demand_file){.name = ""};
    }
    uint32_t parts = 0;
    for (int32_t g = 0; g < sdl->n_groups; g++)
        parts += (uint32_t)sdl->groups[g].spec.n_units;
    struct demand_part *part = arena_array(arena, parts, struct demand_part);
    struct demand_file read = {.name = stem(arena, file->name), .part = part};
    for (int32_t g = 0; g < sdl->n_groups; g++)
        for (int32_t u = 0; u < sdl->groups[g].spec.n_units; u++)
            part[read.parts++] = part_of(reading, &sdl->groups[g], u, parts == 1);
    return read;
}

/* The newer reader only where every Akash cloud has the newer rules: a file for the older chain must be one for both. */
static struct sdl_rules rules_of(const struct value *clouds)
{
    struct sdl_rules rules;
    bool newer = false;
    for (size_t i = 0; i < value_count(clouds); i++) {
        const struct value *cloud = value_at(clouds, i);
        if (strcmp(value_text(cloud, "kind"), "akash") != 0)
            continue;
        newer = strcmp(value_text(cloud, "rules"), "2026-08") == 0;
        if (!newer)
            break;
    }
    const char *name = newer ? "2026-08" : "2024-07";
    check(sdl_rules_named(name, &rules), "no SDL of '%s'", name);
    return rules;
}

const struct demand_file *sdl_demand_read(struct scenario *scenario, const struct value *list, const struct value *clouds,
                                          const struct fleet *fleet)
{
    struct demand_file *read = arena_array(scenario->arena, value_count(list), struct demand_file);
    struct sdl_rules rules = rules_of(clouds);
    for (size_t i = 0; i < value_count(list); i++) {
        struct reading reading = {scenario, value_at(list, i), value_file(value_at(list, i), "sdl"), fleet};
        if (reading.file != NULL)
            read[i] = read_file(&reading, &rules);
    }
    return read;
}
