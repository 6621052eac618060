#include "models/sdl/sdl_inside.h"

#include <stdlib.h>
#include <string.h>

/* The attribute "persistent" as "true" or "false". */
static const char *persistent(struct sdl_reader *reader, const struct tree_node *node)
{
    return sdl_truth(reader, node, "'persistent'") ? "true" : "false";
}

bool sdl_volume_class_known(const char *class)
{
    static const char *const names[] = {"default", "beta1", "beta2", "beta3"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(class, names[i]) == 0)
            return true;
    return false;
}

/* "class" and "persistent", in this order, from an attribute block. */
static struct attributes volume_attributes(struct sdl_reader *reader, const struct tree_node *map)
{
    const struct tree_node *class_node = sdl_get(map, "class");
    const char *class = sdl_text(reader, class_node, "'class'"), *stays = persistent(reader, sdl_get(map, "persistent"));
    bool keeps = strcmp(stays, "true") == 0, ram = strcmp(class, "ram") == 0;
    struct attribute *items = arena_array(reader->arena, 2, struct attribute);
    int32_t count = 0;
    for (int32_t i = 0; i < map->count; i++)
        if (strcmp(map->pairs[i].key, "class") != 0 && strcmp(map->pairs[i].key, "persistent") != 0)
            sdl_wrong(reader, map->pairs[i].mark, "storage_attribute_unknown", "storage has persistent and class", "unknown storage attribute '%s'",
                      map->pairs[i].key);
    if (keeps && class[0] == '\0')
        class = "default";
    if (class[0] != '\0' && !ram && !sdl_volume_class_known(class))
        sdl_wrong(reader, class_node->mark, "storage_class_unknown", "default, beta1, beta2, beta3 or ram", "unknown storage class '%s'", class);
    else if (!keeps && !ram && class[0] != '\0')
        sdl_wrong(reader, class_node->mark, "storage_ephemeral_class", "add persistent: true, or leave the class out",
                  "storage that is not persistent cannot have class '%s'", class);
    if (keeps && ram)
        sdl_wrong(reader, class_node->mark, "storage_ram_persistent", NULL, "storage of class 'ram' cannot be persistent");
    if (class[0] != '\0')
        items[count++] = (struct attribute){"class", class};
    items[count++] = (struct attribute){"persistent", stays};
    return (struct attributes){items, count};
}

static void volume(struct sdl_reader *reader, const struct tree_node *node, struct market_volume *volume)
{
    static const char *const known[] = {"name", "size", "attributes", NULL};
    const struct tree_node *map = sdl_map(reader, node, "a volume"), *size = sdl_get(map, "size");
    const struct tree_node *block = sdl_map(reader, sdl_get(map, "attributes"), "a volume's attributes");
    const char *name = sdl_text(reader, sdl_get(map, "name"), "'name'"), *text = sdl_text(reader, size, "'size'"), *why;
    *volume = (struct market_volume){.name = name[0] != '\0' ? name : "default"};
    sdl_known(reader, map, "a volume", known);
    if (!quantity_bytes(text, &volume->bytes, &why))
        sdl_wrong(reader, sdl_mark(size, node->mark), "bad_quantity", "a size such as 512Mi or 10Gi", "'storage.size' is '%s': %s", text, why);
    if (block != NULL)
        volume->attributes = volume_attributes(reader, block);
}

/* A volume and where it stood in the file. */
struct entry {
    struct market_volume volume;
    int32_t index;
};

/* By size; then those without attributes, those that vanish, those that stay; of the first two kinds, the last written comes
 * first; of the third, by name. */
static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int rank_a = a->volume.attributes.count == 0 ? 0 : market_volume_persistent(&a->volume) ? 2 : 1;
    int rank_b = b->volume.attributes.count == 0 ? 0 : market_volume_persistent(&b->volume) ? 2 : 1;
    if (a->volume.bytes != b->volume.bytes)
        return a->volume.bytes < b->volume.bytes ? -1 : 1;
    if (rank_a != rank_b)
        return rank_a < rank_b ? -1 : 1;
    return rank_a == 2 ? strcmp(a->volume.name, b->volume.name) : b->index - a->index;
}

static void check_names(struct sdl_reader *reader, const struct tree_node *const *nodes, const struct entry *entries, int32_t count)
{
    for (int32_t i = 1; i < count && !mistakes_full(reader->mistakes); i++)
        for (int32_t j = 0; j < i; j++)
            if (strcmp(entries[i].volume.name, entries[j].volume.name) == 0) {
                sdl_wrong(reader, nodes[i]->mark, "storage_duplicate_name", "give each volume a name of its own", "two volumes are called '%s'", entries[i].volume.name);
                break;
            }
}

void sdl_storage(struct sdl_reader *reader, const struct tree_node *node, struct market_unit *unit)
{
    if (node == NULL || node->kind == TREE_NULL)
        return;
    bool single = node->kind == TREE_MAP;
    const struct tree_node *list = single ? NULL : sdl_list(reader, node, "'storage'");
    const struct tree_node *const *nodes = single ? &node : list != NULL ? list->items : NULL;
    int32_t count = single ? 1 : list != NULL ? list->count : 0;
    struct entry *entries = arena_array(reader->arena, (size_t)count, struct entry);
    struct market_volume *volumes = arena_array(reader->arena, (size_t)count, struct market_volume);
    for (int32_t i = 0; i < count; i++) {
        volume(reader, nodes[i], &entries[i].volume);
        entries[i].index = i;
    }
    check_names(reader, nodes, entries, count);
    if (count > 1)
        qsort(entries, (size_t)count, sizeof *entries, compare_entries);
    for (int32_t i = 0; i < count; i++)
        volumes[i] = entries[i].volume;
    unit->volumes = count > 0 ? volumes : NULL; /* the wire format cannot tell an empty list from none */
    unit->n_volumes = count;
}
