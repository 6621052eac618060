#include "models/sdl/sdl_inside.h"

#include <string.h>

static void cpu(struct sdl_reader *reader, const struct tree_node *node, struct market_unit *unit)
{
    const struct tree_node *map = sdl_map(reader, node, "'cpu'"), *units = sdl_get(map, "units");
    const char *text = sdl_text(reader, units, "'cpu.units'"), *why;
    if (map != NULL && !quantity_cpu(text, &unit->cpu_milli, &why))
        sdl_wrong(reader, sdl_mark(units, map->mark), "bad_quantity", "cores such as 0.5 or 2, or milli-cores such as 100m",
                  "'cpu.units' is '%s': %s", text, why);
}

static void memory(struct sdl_reader *reader, const struct tree_node *node, struct market_unit *unit)
{
    const struct tree_node *map = sdl_map(reader, node, "'memory'"), *size = sdl_get(map, "size");
    const char *text = sdl_text(reader, size, "'memory.size'"), *why;
    if (map != NULL && !quantity_bytes(text, &unit->memory_bytes, &why))
        sdl_wrong(reader, sdl_mark(size, map->mark), "bad_quantity", "a size such as 512Mi or 2Gi", "'memory.size' is '%s': %s", text, why);
}

static void compute(struct sdl_reader *reader, const struct tree_pair *pair, struct sdl_compute *compute)
{
    static const char *const known[] = {"resources", NULL}, *const known_resources[] = {"cpu", "memory", "storage", "gpu", NULL};
    const struct tree_node *map = sdl_map(reader, pair->value, "a compute profile");
    const struct tree_node *resources = sdl_map(reader, sdl_get(map, "resources"), "'resources'");
    *compute = (struct sdl_compute){.mark = pair->mark, .name = pair->key};
    sdl_known(reader, map, "a compute profile", known);
    sdl_known(reader, resources, "'resources'", known_resources);
    cpu(reader, sdl_get(resources, "cpu"), &compute->unit);
    memory(reader, sdl_get(resources, "memory"), &compute->unit);
    sdl_gpu(reader, sdl_get(resources, "gpu"), &compute->unit);
    sdl_storage(reader, sdl_get(resources, "storage"), &compute->unit);
}

/* --- Placement --- */

static struct attributes attributes(struct sdl_reader *reader, const struct tree_node *node)
{
    const struct tree_node *map = sdl_map(reader, node, "'attributes'");
    int32_t count = map != NULL ? map->count : 0;
    struct attribute *items = arena_array(reader->arena, (size_t)count, struct attribute);
    for (int32_t i = 0; i < count; i++) {
        items[i] = (struct attribute){map->pairs[i].key, sdl_text(reader, map->pairs[i].value, "an attribute")};
        if (!attribute_key_valid(items[i].key, ATTRIBUTES_OF_TENANT))
            mistake_warn(reader->mistakes, map->pairs[i].mark, "a letter, then letters, digits, '_', '/', '.' and '-'",
                         "no provider can have an attribute '%s'", items[i].key);
    }
    sdl_attributes_sort(items, count);
    return (struct attributes){items, count};
}

static void pricing(struct sdl_reader *reader, const struct tree_pair *pair, struct sdl_pricing *pricing)
{
    static const char *const known[] = {"denom", "amount", NULL};
    const char *hint = "a price per replica and block, above 0, with at most 18 decimals";
    const struct tree_node *map = sdl_map(reader, pair->value, "a price"), *amount = sdl_get(map, "amount"), *denom = sdl_get(map, "denom");
    const char *text = sdl_text(reader, amount, "'amount'");
    struct mark mark = sdl_mark(amount, pair->mark);
    *pricing = (struct sdl_pricing){.profile = pair->key, .denom = sdl_text(reader, denom, "'denom'")};
    sdl_known(reader, map, "a price", known);
    switch (quantity_price(text, &pricing->amount)) {
    case QUANTITY_PRICE_OK:
        break;
    case QUANTITY_PRICE_BAD:
        sdl_wrong(reader, mark, "bad_quantity", hint, "'amount' is '%s', which is no price", text);
        break;
    case QUANTITY_PRICE_NEGATIVE:
        sdl_wrong(reader, mark, "amount_negative", hint, "'amount' must be above 0, not '%s'", text);
        break;
    case QUANTITY_PRICE_ZERO:
        sdl_wrong(reader, mark, "amount_zero", hint, "'amount' must be above 0, not '%s'", text);
        break;
    }
}

static void placement(struct sdl_reader *reader, const struct tree_pair *pair, struct sdl_placement *placement)
{
    static const char *const known[] = {"attributes", "signedBy", "pricing", NULL}, *const known_signed[] = {"anyOf", "allOf", NULL};
    const struct tree_node *map = sdl_map(reader, pair->value, "a placement profile");
    const struct tree_node *signed_by = sdl_map(reader, sdl_get(map, "signedBy"), "'signedBy'"), *prices = sdl_map(reader, sdl_get(map, "pricing"), "'pricing'");
    *placement = (struct sdl_placement){.mark = pair->mark, .name = pair->key};
    struct market_requirements *requirements = &placement->requirements;
    sdl_known(reader, map, "a placement profile", known);
    sdl_known(reader, signed_by, "'signedBy'", known_signed);
    requirements->attributes = attributes(reader, sdl_get(map, "attributes"));
    requirements->any_of = sdl_texts(reader, sdl_get(signed_by, "anyOf"), "'anyOf'", &requirements->n_any_of);
    requirements->all_of = sdl_texts(reader, sdl_get(signed_by, "allOf"), "'allOf'", &requirements->n_all_of);
    const struct tree_pair *pairs = sdl_sorted(reader, prices);
    placement->n_pricings = prices != NULL ? prices->count : 0;
    placement->pricings = arena_array(reader->arena, (size_t)placement->n_pricings, struct sdl_pricing);
    for (int32_t i = 0; i < placement->n_pricings; i++)
        pricing(reader, &pairs[i], &placement->pricings[i]);
}

void sdl_profiles(struct sdl_reader *reader, const struct tree_node *node)
{
    static const char *const known[] = {"compute", "placement", NULL};
    const struct tree_node *map = sdl_map(reader, node, "'profiles'");
    const struct tree_node *computes = sdl_map(reader, sdl_get(map, "compute"), "'profiles.compute'");
    const struct tree_node *placements = sdl_map(reader, sdl_get(map, "placement"), "'profiles.placement'");
    const struct tree_pair *compute_pairs = sdl_sorted(reader, computes), *placement_pairs = sdl_sorted(reader, placements);
    struct sdl_document *document = &reader->document;
    sdl_known(reader, map, "'profiles'", known);
    document->n_computes = computes != NULL ? computes->count : 0;
    document->computes = arena_array(reader->arena, (size_t)document->n_computes, struct sdl_compute);
    for (int32_t i = 0; i < document->n_computes; i++)
        compute(reader, &compute_pairs[i], &document->computes[i]);
    document->n_placements = placements != NULL ? placements->count : 0;
    document->placements = arena_array(reader->arena, (size_t)document->n_placements, struct sdl_placement);
    for (int32_t i = 0; i < document->n_placements; i++)
        placement(reader, &placement_pairs[i], &document->placements[i]);
}
