#include "models/sdl/sdl_inside.h"

#include <inttypes.h>
#include <string.h>

/* One entry of attributes.vendor.nvidia: "vendor/nvidia/model/a100[/ram/80Gi][/interface/sxm]". */
static const char *model_key(struct sdl_reader *reader, const struct tree_node *node)
{
    static const char *const known[] = {"model", "ram", "interface", NULL};
    const struct tree_node *map = sdl_map(reader, node, "a GPU model"), *ram = sdl_get(map, "ram"), *link = sdl_get(map, "interface");
    const char *why, *ram_text = sdl_text(reader, ram, "'ram'"), *link_text = sdl_text(reader, link, "'interface'");
    const char *key = arena_format(reader->arena, "vendor/nvidia/model/%s", sdl_text(reader, sdl_get(map, "model"), "'model'"));
    int64_t bytes = 0;
    sdl_known(reader, map, "a GPU model", known);
    if (ram_text[0] != '\0') {
        if (!quantity_ram(ram_text, &bytes, &why))
            sdl_wrong(reader, ram->mark, "bad_quantity", "a size such as 80Gi", "'ram' is '%s': %s", ram_text, why);
        key = arena_format(reader->arena, "%s/ram/%" PRId64 "Gi", key, bytes >> 30);
    }
    if (link_text[0] != '\0') {
        if (strcmp(link_text, "pcie") != 0 && strcmp(link_text, "sxm") != 0)
            sdl_wrong(reader, link->mark, "gpu_interface", "pcie or sxm", "unknown GPU interface '%s'", link_text);
        key = arena_format(reader->arena, "%s/interface/%s", key, link_text);
    }
    return key;
}

/* The models of attributes.vendor.nvidia; none: any model. */
static struct attributes models(struct sdl_reader *reader, const struct tree_node *list, struct mark mark)
{
    int32_t count = list != NULL && list->count > 0 ? list->count : 0;
    struct attribute *items = arena_array(reader->arena, (size_t)count + 1, struct attribute);
    for (int32_t i = 0; i < count; i++)
        items[i] = (struct attribute){model_key(reader, list->items[i]), "true"};
    if (count == 0)
        items[count++] = (struct attribute){"vendor/nvidia/model/*", "true"};
    sdl_attributes_sort(items, count);
    for (int32_t i = 0; i < count; i++) {
        if (!attribute_key_valid(items[i].key, ATTRIBUTES_OF_TENANT))
            sdl_wrong(reader, mark, "gpu_attribute_key", NULL, "'%s' is no key of an attribute", items[i].key);
        else if (i > 0 && strcmp(items[i].key, items[i - 1].key) == 0)
            sdl_wrong(reader, mark, "gpu_attribute_key", NULL, "'%s' is there twice", items[i].key);
    }
    return (struct attributes){items, count};
}

static struct attributes vendors(struct sdl_reader *reader, const struct tree_node *node)
{
    const struct tree_node *map = sdl_map(reader, node, "'vendor'"), *nvidia = NULL;
    for (int32_t i = 0; map != NULL && i < map->count; i++) {
        const struct tree_pair *pair = &map->pairs[i];
        if (strcmp(pair->key, "nvidia") == 0)
            nvidia = sdl_list(reader, pair->value, "'nvidia'");
        else if (reader->rules->foreign_vendor_is_nvidia)
            mistake_warn(reader->mistakes, pair->mark, "the real reader does so too, without a word [Q14]", "GPUs of '%s' are read as any NVIDIA GPU", pair->key);
        else
            sdl_wrong(reader, pair->mark, "gpu_attribute", "the only vendor is nvidia", "unknown vendor '%s'", pair->key);
    }
    return models(reader, nvidia, node->mark);
}

static struct attributes gpu_attributes(struct sdl_reader *reader, const struct tree_node *node)
{
    const struct tree_node *map = sdl_map(reader, node, "'gpu.attributes'"), *vendor = sdl_get(map, "vendor");
    if (map == NULL)
        return (struct attributes){0};
    for (int32_t i = 0; i < map->count; i++)
        if (strcmp(map->pairs[i].key, "vendor") != 0)
            sdl_wrong(reader, map->pairs[i].mark, "gpu_attribute", "the only attribute is vendor", "unknown GPU attribute '%s'", map->pairs[i].key);
    if (vendor != NULL && vendor->kind != TREE_NULL)
        return vendors(reader, vendor);
    sdl_wrong(reader, sdl_mark(vendor, node->mark), "gpu_vendor_required", "vendor: {nvidia: [{model: a100}]}", "GPU attributes name no vendor");
    return (struct attributes){0};
}

void sdl_gpu(struct sdl_reader *reader, const struct tree_node *node, struct market_unit *unit)
{
    const struct tree_node *map = sdl_map(reader, node, "'gpu'"), *units = sdl_get(map, "units");
    const char *text = sdl_text(reader, units, "'gpu.units'"), *why;
    int errors = reader->mistakes->errors;
    int64_t count = 0;
    if (map == NULL)
        return;
    for (int32_t i = 0; i < map->count; i++)
        if (strcmp(map->pairs[i].key, "units") != 0 && strcmp(map->pairs[i].key, "attributes") != 0)
            sdl_wrong(reader, map->pairs[i].mark, "gpu_field", "gpu has units and attributes", "unknown key '%s' in 'gpu'", map->pairs[i].key);
    if (units != NULL && !quantity_whole(text, INT32_MAX, &count, &why))
        sdl_wrong(reader, units->mark, "bad_quantity", "a whole number, such as 1", "'gpu.units' is '%s': %s", text, why);
    unit->gpu_units = (int32_t)count;
    unit->gpu_attributes = gpu_attributes(reader, sdl_get(map, "attributes"));
    if (count > 0 && unit->gpu_attributes.count == 0 && reader->mistakes->errors == errors)
        sdl_wrong(reader, map->mark, "gpu_attributes_required", "attributes: {vendor: {nvidia: [{model: a100}]}}", "GPUs need attributes");
}
