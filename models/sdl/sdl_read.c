#include "models/sdl/sdl_inside.h"
#include "sim/scenario/scenario.h"

#include <stdlib.h>
#include <string.h>

/* --- Values of the tree --- */

static const char *kind_name(enum tree_kind kind)
{
    static const char *const names[] = {"nothing", "a single value", "a list", "a map"};
    return names[kind];
}

static const struct tree_node *of_kind(struct sdl_reader *reader, const struct tree_node *node, enum tree_kind kind, const char *what)
{
    if (node == NULL || node->kind == TREE_NULL)
        return NULL;
    if (node->kind == kind)
        return node;
    sdl_wrong(reader, node->mark, "wrong_type", NULL, "%s must be %s, not %s", what, kind_name(kind), kind_name(node->kind));
    return NULL;
}

const struct tree_node *sdl_map(struct sdl_reader *reader, const struct tree_node *node, const char *what)
{
    return of_kind(reader, node, TREE_MAP, what);
}

const struct tree_node *sdl_list(struct sdl_reader *reader, const struct tree_node *node, const char *what)
{
    return of_kind(reader, node, TREE_LIST, what);
}

const struct tree_node *sdl_get(const struct tree_node *map, const char *key)
{
    const struct tree_pair *pair = tree_find(map, key);
    return pair != NULL ? pair->value : NULL;
}

const char *sdl_text(struct sdl_reader *reader, const struct tree_node *node, const char *what)
{
    node = of_kind(reader, node, TREE_SCALAR, what);
    return node != NULL ? node->text : "";
}

bool sdl_truth(struct sdl_reader *reader, const struct tree_node *node, const char *what)
{
    static const char *const words[] = {"true", "True", "TRUE", "y", "Y", "yes", "on", "false", "False", "FALSE", "n", "N", "no", "off"};
    node = of_kind(reader, node, TREE_SCALAR, what);
    if (node == NULL)
        return false;
    for (int i = 0; i < 14; i++)
        if (strcmp(node->text, words[i]) == 0)
            return i < 7;
    sdl_wrong(reader, node->mark, "wrong_type", NULL, "%s must be true or false, not '%s'", what, node->text);
    return false;
}

const char *const *sdl_texts(struct sdl_reader *reader, const struct tree_node *node, const char *what, int32_t *count)
{
    node = sdl_list(reader, node, what);
    *count = node != NULL ? node->count : 0;
    const char **texts = arena_array(reader->arena, (size_t)*count, const char *);
    for (int32_t i = 0; i < *count; i++)
        texts[i] = sdl_text(reader, node->items[i], what);
    return texts;
}

struct mark sdl_mark(const struct tree_node *node, struct mark otherwise)
{
    return node != NULL ? node->mark : otherwise;
}

void sdl_known(struct sdl_reader *reader, const struct tree_node *map, const char *what, const char *const *names)
{
    size_t n = 0;
    while (names[n] != NULL)
        n++;
    for (int32_t i = 0; map != NULL && i < map->count && reader->mistakes->warnings < MISTAKES_KEPT; i++) {
        size_t known = 0;
        while (known < n && strcmp(map->pairs[i].key, names[known]) != 0)
            known++;
        if (known < n)
            continue;
        const char *near = scenario_nearest(map->pairs[i].key, names, n);
        mistake_warn(reader->mistakes, map->pairs[i].mark, near != NULL ? arena_format(reader->arena, "did you mean '%s'?", near) : NULL,
                     "unknown key '%s' in %s is ignored", map->pairs[i].key, what);
    }
}

static int compare_pairs(const void *a, const void *b)
{
    return strcmp(((const struct tree_pair *)a)->key, ((const struct tree_pair *)b)->key);
}

const struct tree_pair *sdl_sorted(struct sdl_reader *reader, const struct tree_node *map)
{
    size_t n = map != NULL ? (size_t)map->count : 0;
    struct tree_pair *pairs = arena_array(reader->arena, n, struct tree_pair);
    if (n > 0) {
        memcpy(pairs, map->pairs, n * sizeof *pairs);
        qsort(pairs, n, sizeof *pairs, compare_pairs); /* keys are different: the order is the only one */
    }
    return pairs;
}

static int compare_attributes(const void *a, const void *b)
{
    return strcmp(((const struct attribute *)a)->key, ((const struct attribute *)b)->key);
}

void sdl_attributes_sort(struct attribute *items, int32_t count)
{
    if (count > 1)
        qsort(items, (size_t)count, sizeof *items, compare_attributes);
}

/* --- Rules --- */

bool sdl_rules_named(const char *name, struct sdl_rules *rules)
{
    bool new = strcmp(name, "2026-08") == 0;
    if (!new && strcmp(name, "2024-07") != 0)
        return false;
    *rules = (struct sdl_rules){.reclamation = new, .tee = new, .foreign_vendor_is_nvidia = true, .unlimited_counts = true};
    return true;
}

enum market_denom sdl_denom(const char *text)
{
    /* The channel by which USDC reaches Akash's mainnet: docs of akash-network, "stable payment deployments", 2024. */
    if (strcmp(text, "ibc/170C677610AC31DF0904FFE09CD3B5C657492170E7E52372E48756B71E56F2F1") == 0)
        return MARKET_USDC;
    return market_denom_from_name(text);
}

/* --- The top level --- */

/* Reads "2", "2.1", "2.1.0" into up to three numbers. */
static bool version_numbers(const char *text, int64_t numbers[3])
{
    for (int i = 0; i < 3; i++) {
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > 9)
            return false;
        numbers[i] = strtoll(text, NULL, 10);
        text += digits;
        if (*text == '\0')
            return true;
        if (*text++ != '.')
            return false;
    }
    return false;
}

static const char *version(struct sdl_reader *reader, const struct tree_node *root)
{
    const char *hint = "an SDL begins with version: \"2.0\"";
    const struct tree_node *node = sdl_get(root, "version");
    const char *text = sdl_text(reader, node, "'version'");
    int64_t number[3] = {0};
    if (text[0] == '\0') {
        sdl_wrong(reader, sdl_mark(node, root->mark), "no_version", hint, "'version' is missing");
        return text;
    }
    bool known = version_numbers(text + (text[0] == 'v'), number);
    bool old = number[0] == 2 && number[1] == 0 && number[2] == 0;
    reader->merges = number[0] > 2 || (number[0] == 2 && number[1] > 0);
    if (!known || (!old && !reader->merges))
        sdl_wrong(reader, node->mark, "unsupported_version", "known are 2.0, and 2.1 and later", "version '%s' is not supported", text);
    return text;
}

static void unexpected_fields(struct sdl_reader *reader, const struct tree_node *root)
{
    static const char *const names[] = {"version", "services", "profiles", "deployment", "include", "endpoints", "reclamation"};
    size_t n = sizeof names / sizeof names[0] - !reader->rules->reclamation;
    for (int32_t i = 0; i < root->count && !mistakes_full(reader->mistakes); i++) {
        const char *key = root->pairs[i].key, *near, *hint = NULL;
        size_t known = 0;
        while (known < n && strcmp(key, names[known]) != 0)
            known++;
        if (known < n)
            continue;
        near = scenario_nearest(key, names, n);
        if (near != NULL)
            hint = arena_format(reader->arena, "did you mean '%s'?", near);
        else if (strcmp(key, "reclamation") == 0)
            hint = "reclamation came with the rules of 2026-08";
        sdl_wrong(reader, root->pairs[i].mark, "unexpected_field", hint, "unexpected top-level key '%s'", key);
    }
}

static void reclamation(struct sdl_reader *reader, const struct tree_node *node)
{
    static const char *const known[] = {"min_window", NULL};
    const char *hint = "a duration such as 24h or 1h30m", *why;
    if (node == NULL)
        return;
    const struct tree_node *map = sdl_map(reader, node, "'reclamation'");
    const struct tree_node *window = sdl_get(map, "min_window");
    const char *text = sdl_text(reader, window, "'min_window'");
    int64_t ns = 0;
    sdl_known(reader, map, "'reclamation'", known);
    if (!quantity_duration(text, &ns, &why))
        sdl_wrong(reader, sdl_mark(window, node->mark), "reclamation_invalid", hint, "'min_window' is '%s': %s", text, why);
    else if (ns <= 0)
        sdl_wrong(reader, window->mark, "reclamation_not_positive", hint, "'min_window' must be above 0, not '%s'", text);
    reader->document.reclamation_ns = ns;
}

static bool endpoint_name_valid(const char *name)
{
    size_t length = strlen(name);
    return length >= 2 && name[0] >= 'a' && name[0] <= 'z' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == length;
}

static void endpoints(struct sdl_reader *reader, const struct tree_node *node)
{
    const struct tree_node *map = sdl_map(reader, node, "'endpoints'");
    const struct tree_pair *pairs = sdl_sorted(reader, map);
    struct sdl_document *document = &reader->document;
    document->n_endpoints = map != NULL ? map->count : 0;
    document->endpoints = arena_array(reader->arena, (size_t)document->n_endpoints, struct sdl_endpoint);
    for (int32_t i = 0; i < document->n_endpoints; i++) {
        document->endpoints[i] = (struct sdl_endpoint){.mark = pairs[i].mark, .name = pairs[i].key};
        const struct tree_node *kind = sdl_get(sdl_map(reader, pairs[i].value, "an endpoint"), "kind");
        const char *text = sdl_text(reader, kind, "'kind'");
        if (!endpoint_name_valid(pairs[i].key))
            sdl_wrong(reader, pairs[i].mark, "endpoint_name", "two or more of a to z, 0 to 9, - and _, beginning with a letter",
                      "'%s' is not a name of an endpoint", pairs[i].key);
        if (strcmp(text, "ip") != 0)
            sdl_wrong(reader, sdl_mark(kind, pairs[i].mark), "endpoint_kind", "the only kind is ip", "endpoint '%s' is of kind '%s'", pairs[i].key, text);
    }
}

/* One service in one placement. */
static void use(struct sdl_reader *reader, const struct tree_pair *service, const struct tree_pair *placement, struct sdl_use *use)
{
    static const char *const known[] = {"profile", "count", NULL};
    const char *why;
    const struct tree_node *map = sdl_map(reader, placement->value, "a deployment"), *count = sdl_get(map, "count");
    const char *text = sdl_text(reader, count, "'count'");
    int64_t number = 0;
    sdl_known(reader, map, "a deployment", known);
    if (text[0] != '\0' && !quantity_whole(text, UINT32_MAX, &number, &why))
        sdl_wrong(reader, count->mark, "bad_quantity", "how many replicas, such as 2", "'count' is '%s': %s", text, why);
    *use = (struct sdl_use){.mark = placement->mark, .service_name = service->key, .placement_name = placement->key,
                            .profile = sdl_text(reader, sdl_get(map, "profile"), "'profile'"), .count = (uint32_t)number};
}

static void deployment(struct sdl_reader *reader, const struct tree_node *node)
{
    const struct tree_node *map = sdl_map(reader, node, "'deployment'");
    const struct tree_pair *services = sdl_sorted(reader, map);
    struct sdl_document *document = &reader->document;
    int32_t n = 0, n_services = map != NULL ? map->count : 0;
    for (int32_t i = 0; i < n_services; i++)
        n += services[i].value->kind == TREE_MAP ? services[i].value->count : 0;
    document->uses = arena_array(reader->arena, (size_t)n, struct sdl_use);
    for (int32_t i = 0; i < n_services; i++) {
        const struct tree_node *placements = sdl_map(reader, services[i].value, "a service's deployment");
        const struct tree_pair *sorted = sdl_sorted(reader, placements);
        for (int32_t j = 0; placements != NULL && j < placements->count; j++)
            use(reader, &services[i], &sorted[j], &document->uses[document->n_uses++]);
    }
}

static void document(struct sdl_reader *reader, const struct tree_node *root, struct sdl *sdl)
{
    struct mistakes *mistakes = reader->mistakes;
    if (root->kind != TREE_MAP) {
        sdl_wrong(reader, root->mark, root->kind == TREE_NULL ? "no_version" : "wrong_type", "an SDL begins with version: \"2.0\"", "the file is %s, not an SDL",
                  root->kind == TREE_NULL ? "empty" : kind_name(root->kind));
        return;
    }
    sdl->version = version(reader, root);
    if (mistakes->errors > 0)
        return;
    unexpected_fields(reader, root);
    int32_t n_include;
    sdl_texts(reader, sdl_get(root, "include"), "'include'", &n_include);
    sdl_services(reader, sdl_get(root, "services"));
    sdl_profiles(reader, sdl_get(root, "profiles"));
    deployment(reader, sdl_get(root, "deployment"));
    endpoints(reader, sdl_get(root, "endpoints"));
    if (reader->rules->reclamation)
        reclamation(reader, sdl_get(root, "reclamation"));
    if (mistakes->errors == 0)
        sdl_check(reader);
    if (mistakes->errors == 0)
        sdl_groups(reader, sdl);
    if (mistakes->errors == 0)
        sdl->reclamation_s = reader->document.reclamation_ns / 1000000000;
}

struct sdl *sdl_read(struct arena *arena, const char *name, const char *text, size_t bytes, const struct sdl_rules *rules)
{
    struct sdl *sdl = arena_new(arena, struct sdl);
    struct sdl_reader reader = {.arena = arena, .mistakes = &sdl->mistakes, .rules = rules};
    if (bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
        text += 3;
        bytes -= 3;
    }
    mistakes_open(&sdl->mistakes, arena, name, text, bytes);
    sdl->version = "";
    const struct tree_node *root = tree_read(arena, text, bytes, &sdl->mistakes);
    if (root != NULL)
        document(&reader, root, sdl);
    if (sdl->mistakes.errors > 0) {
        sdl->groups = NULL;
        sdl->n_groups = 0;
    }
    return sdl;
}
