/* Groups of a create_deployment: written out, or from an SDL file. */
#include "models/commands/replay_field.h"
#include "models/commands/whole.h"
#include "models/sdl/sdl.h"
#include "models/sdl/tree.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *below(struct replay_line *line, const char *path, const char *key)
{
    return arena_format(line->arena, "%s.%s", path, key);
}

static const char *element(struct replay_line *line, const char *path, size_t index)
{
    return arena_format(line->arena, "%s[%zu]", path, index);
}

static void volume(struct replay_line *line, const json_t *object, const char *path, struct market_volume *volume)
{
    static const char *const known[] = {"name", "bytes", "attributes", NULL};
    const char *name;
    if (!json_is_object(object)) {
        field_wrong(line, "groups", NULL, "'%s' must be an object", path);
        return;
    }
    field_known(line, object, path, known);
    name = field_text(line, object, "name", below(line, path, "name"));
    *volume = (struct market_volume){.name = name != NULL ? name : "default",
                                     .bytes = field_integer(line, object, "bytes", below(line, path, "bytes"), 0, INT64_C(1) << 60, 0),
                                     .attributes = field_attributes(line, object, "attributes", below(line, path, "attributes"))};
}

static void volumes(struct replay_line *line, const json_t *object, const char *path, struct market_unit *unit)
{
    const json_t *list = field_array(line, object, "storage", below(line, path, "storage"));
    size_t n = list != NULL ? json_array_size(list) : 1;
    if (n > REPLAY_VOLUMES) {
        field_wrong(line, "groups", NULL, "'%s' has more than %d volumes", path, REPLAY_VOLUMES);
        return;
    }
    struct market_volume *items = arena_array(line->arena, n, struct market_volume);
    if (list == NULL)
        items[0] = (struct market_volume){.name = "default", .bytes = INT64_C(512) << 20};
    for (size_t i = 0; list != NULL && i < n; i++)
        volume(line, json_array_get(list, i), element(line, below(line, path, "storage"), i), &items[i]);
    unit->volumes = items;
    unit->n_volumes = (int32_t)n;
}

static void unit(struct replay_line *line, const json_t *object, const char *path, uint32_t id, struct market_unit *unit)
{
    static const char *const known[] = {"id", "count", "cpu_milli", "memory_bytes", "gpu", "gpu_attributes", "storage", "price", NULL};
    struct replay_coin price = {.price = decimal_zero()};
    const char *price_path = below(line, path, "price");
    if (!json_is_object(object)) {
        field_wrong(line, "groups", NULL, "'%s' must be an object", path);
        return;
    }
    field_known(line, object, path, known);
    if (json_object_get(object, "price") == NULL)
        field_wrong(line, "groups", "\"price\": \"10uakt\"", "'%s' is missing", price_path);
    else
        field_price(line, object, "price", price_path, &price);
    *unit = (struct market_unit){
        .id = (uint32_t)field_integer(line, object, "id", below(line, path, "id"), 0, UINT32_MAX, id),
        .count = (uint32_t)field_integer(line, object, "count", below(line, path, "count"), 0, UINT32_MAX, 1),
        .cpu_milli = field_integer(line, object, "cpu_milli", below(line, path, "cpu_milli"), 0, INT64_C(1) << 50, 100),
        .memory_bytes = field_integer(line, object, "memory_bytes", below(line, path, "memory_bytes"), 0, INT64_C(1) << 60, INT64_C(512) << 20),
        .gpu_units = (int32_t)field_integer(line, object, "gpu", below(line, path, "gpu"), 0, INT32_MAX, 0),
        .gpu_attributes = field_attributes(line, object, "gpu_attributes", below(line, path, "gpu_attributes")),
        .price = price.price,
        .denom = price.denom,
    };
    volumes(line, object, path, unit);
}

static const struct market_group_spec *group(struct replay_line *line, struct replay_specs *specs, const json_t *object, const char *path, size_t index)
{
    static const char *const known[] = {"name", "price", "units", "attributes", "any_of", "all_of", NULL}, *const known_short[] = {"name", "price", NULL};
    struct market_group_spec *spec = arena_new(line->arena, struct market_group_spec);
    if (!json_is_object(object)) {
        field_wrong(line, "groups", "{\"name\": \"web\", \"price\": \"10uakt\"}", "'%s' must be an object", path);
        return spec;
    }
    const json_t *list = field_array(line, object, "units", below(line, path, "units"));
    bool alone = json_object_get(object, "price") != NULL; /* one unit of one small replica */
    size_t n = alone ? 1 : list != NULL ? json_array_size(list) : 0;
    const char *name = field_text(line, object, "name", below(line, path, "name"));
    field_known(line, object, path, known);
    if (alone && list != NULL)
        field_wrong(line, "groups", "a price alone stands for one small unit", "'%s' has both 'price' and 'units'", path);
    if (n > REPLAY_UNITS) {
        field_wrong(line, "groups", NULL, "'%s' has more than %d units", path, REPLAY_UNITS);
        return spec;
    }
    struct market_unit *units = arena_array(line->arena, n, struct market_unit);
    for (size_t i = 0; i < n && !alone; i++)
        unit(line, json_array_get(list, i), element(line, below(line, path, "units"), i), (uint32_t)i + 1, &units[i]);
    if (alone) {
        json_t *only = json_object();
        json_object_set(only, known_short[1], json_object_get(object, "price"));
        unit(line, only, path, 1, &units[0]);
        json_decref(only);
    }
    *spec = (struct market_group_spec){.id = specs->next_id++, .name = name != NULL ? name : arena_format(line->arena, "g%zu", index + 1), .units = units, .n_units = (int32_t)n};
    spec->requirements.attributes = field_attributes(line, object, "attributes", below(line, path, "attributes"));
    spec->requirements.any_of = field_names(line, object, "any_of", below(line, path, "any_of"), &spec->requirements.n_any_of);
    spec->requirements.all_of = field_names(line, object, "all_of", below(line, path, "all_of"), &spec->requirements.n_all_of);
    return spec;
}

static void written_groups(struct replay_line *line, struct replay_specs *specs, struct replay_message *message)
{
    const json_t *list = field_array(line, line->object, "groups", "groups");
    size_t n = list != NULL ? json_array_size(list) : 0;
    if (n > REPLAY_GROUPS) {
        field_wrong(line, "groups", NULL, "more than %d groups", REPLAY_GROUPS);
        return;
    }
    const struct market_group_spec **groups = arena_array(line->arena, n, const struct market_group_spec *);
    for (size_t i = 0; i < n; i++)
        groups[i] = group(line, specs, json_array_get(list, i), element(line, "groups", i), i);
    message->groups = groups;
    message->n_groups = (int32_t)n;
}

/* Reads an SDL file. NULL after a mistake. */
static struct replay_sdl *sdl_load(struct replay_line *line, struct replay_specs *specs, const char *path)
{
    struct sdl_rules rules;
    size_t bytes;
    const char *why = "standard input holds the messages", *text = strcmp(path, "-") == 0 ? NULL : whole_read(line->arena, path, TREE_BYTES, &bytes, &why);
    if (text == NULL)
        return field_wrong(line, "sdl", NULL, "cannot read SDL file '%.200s': %s", path, why), NULL;
    check(sdl_rules_named(specs->rules_name, &rules), "no SDL of '%s'", specs->rules_name);
    struct sdl *sdl = sdl_read(line->arena, path, text, bytes, &rules);
    const struct mistake *first = sdl->mistakes.first;
    while (first != NULL && first->warning)
        first = first->next;
    if (first != NULL) {
        field_wrong(line, "sdl", "'nines market sdl' shows all of its mistakes", "SDL file '%.200s' is wrong: line %d: %.200s", path, first->mark.line, first->message);
        return NULL;
    }
    if (sdl->n_groups > REPLAY_GROUPS)
        return field_wrong(line, "sdl", NULL, "more than %d groups", REPLAY_GROUPS), NULL;
    const struct market_group_spec **groups = arena_array(line->arena, (size_t)sdl->n_groups, const struct market_group_spec *);
    for (int32_t i = 0; i < sdl->n_groups; i++) {
        struct market_group_spec *spec = arena_new(line->arena, struct market_group_spec);
        *spec = sdl->groups[i].spec;
        spec->id = specs->next_id++;
        groups[i] = spec;
    }
    struct replay_sdl *file = arena_new(line->arena, struct replay_sdl);
    *file = (struct replay_sdl){.next = specs->files, .path = path, .groups = groups, .n_groups = sdl->n_groups, .window_s = sdl->reclamation_s};
    return specs->files = file;
}

/* The groups of an SDL file, and the reclamation window that it asks for. */
static void sdl_file(struct replay_line *line, struct replay_specs *specs, const char *name, struct replay_message *message)
{
    const char *path = name[0] == '/' || strcmp(name, "-") == 0 ? name : arena_format(line->arena, "%s%s", specs->folder, name);
    struct replay_sdl *file = specs->files;
    while (file != NULL && strcmp(file->path, path) != 0)
        file = file->next;
    if (file == NULL)
        file = sdl_load(line, specs, path);
    if (file == NULL)
        return;
    message->groups = file->groups;
    message->n_groups = file->n_groups;
    message->window_s = file->window_s;
}

void replay_groups(struct replay_line *line, struct replay_specs *specs, struct replay_message *message)
{
    const char *name = field_text(line, line->object, "sdl", "sdl");
    if (name != NULL && json_object_get(line->object, "groups") != NULL)
        field_wrong(line, "sdl", NULL, "'sdl' and 'groups' cannot be combined");
    else if (name != NULL)
        sdl_file(line, specs, name, message);
    else
        written_groups(line, specs, message);
}
