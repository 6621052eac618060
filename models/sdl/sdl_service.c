#include "models/sdl/sdl_inside.h"

#include <string.h>
#include <strings.h>

static const char *quoted(struct sdl_reader *reader, const char *kind, const char *name)
{
    return arena_format(reader->arena, "%s '%.80s'", kind, name);
}

/* A DNS label that begins with a letter. */
static bool service_name_valid(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length <= 63 && name[0] >= 'a' && name[0] <= 'z' && name[length - 1] != '-' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

/* A port from low to 65535; 0 when it is absent. */
static int32_t port(struct sdl_reader *reader, const struct tree_node *map, const char *key, int64_t low, struct mark mark)
{
    const struct tree_node *node = sdl_get(map, key);
    const char *text = sdl_text(reader, node, key), *why;
    int64_t number = 0;
    if (text[0] == '\0' && low == 0)
        return 0;
    if (text[0] == '\0')
        sdl_wrong(reader, mark, "port_range", "a number from 1 to 65535", "an exposed port has no '%s'", key);
    else if (!quantity_whole(text, 65535, &number, &why) || number < low)
        sdl_wrong(reader, node->mark, "port_range", "a number from 1 to 65535", "'%s' is '%s', which is no port", key, text);
    return (int32_t)number;
}

static bool protocol_is_udp(struct sdl_reader *reader, const struct tree_node *node)
{
    const char *text = sdl_text(reader, node, "'proto'");
    if (strcasecmp(text, "udp") == 0)
        return true;
    if (text[0] != '\0' && strcasecmp(text, "tcp") != 0)
        sdl_wrong(reader, node->mark, "proto_unknown", "tcp or udp", "unknown protocol '%s'", text);
    return false;
}

static void receivers(struct sdl_reader *reader, const struct tree_node *node, struct sdl_expose *expose)
{
    static const char *const known[] = {"global", "service", "ip", "http_options", NULL};
    const struct tree_node *list = sdl_list(reader, node, "'to'");
    expose->n_to = list != NULL ? list->count : 0;
    expose->to = arena_array(reader->arena, (size_t)expose->n_to, struct sdl_to);
    for (int32_t i = 0; i < expose->n_to; i++) {
        const struct tree_node *map = sdl_map(reader, list->items[i], "an entry of 'to'");
        sdl_known(reader, map, "an entry of 'to'", known);
        sdl_text(reader, sdl_get(map, "service"), "'service'");
        expose->to[i] = (struct sdl_to){.mark = list->items[i]->mark, .global = sdl_truth(reader, sdl_get(map, "global"), "'global'"),
                                        .ip = sdl_text(reader, sdl_get(map, "ip"), "'ip'")};
    }
}

static void expose(struct sdl_reader *reader, const struct tree_node *node, struct sdl_expose *out)
{
    static const char *const known[] = {"port", "as", "proto", "to", "accept", "http_options", NULL};
    const struct tree_node *map = sdl_map(reader, node, "an entry of 'expose'");
    out->mark = node->mark;
    sdl_known(reader, map, "an entry of 'expose'", known);
    int32_t inner = port(reader, map, "port", 1, node->mark), as = port(reader, map, "as", 0, node->mark);
    out->external = as != 0 ? as : inner;
    out->udp = protocol_is_udp(reader, sdl_get(map, "proto"));
    receivers(reader, sdl_get(map, "to"), out);
}

static void exposes(struct sdl_reader *reader, const struct tree_node *node, struct sdl_service *service)
{
    const struct tree_node *list = sdl_list(reader, node, "'expose'");
    service->n_exposes = list != NULL ? list->count : 0;
    service->exposes = arena_array(reader->arena, (size_t)service->n_exposes, struct sdl_expose);
    for (int32_t i = 0; i < service->n_exposes; i++)
        expose(reader, list->items[i], &service->exposes[i]);
}

/* params.storage and params.tee. */
static void params(struct sdl_reader *reader, const struct tree_node *node, struct sdl_service *service)
{
    static const char *const known[] = {"storage", "tee", "permissions", NULL}, *const known_before[] = {"storage", NULL};
    static const char *const known_mount[] = {"mount", "readOnly", NULL};
    const struct tree_node *map = sdl_map(reader, node, "'params'"), *storage = sdl_map(reader, sdl_get(map, "storage"), "'params.storage'");
    const struct tree_pair *pairs = sdl_sorted(reader, storage);
    sdl_known(reader, map, "'params'", reader->rules->tee ? known : known_before);
    service->n_mounts = storage != NULL ? storage->count : 0;
    service->mounts = arena_array(reader->arena, (size_t)service->n_mounts, struct sdl_mount);
    for (int32_t i = 0; i < service->n_mounts; i++) {
        const struct tree_node *mount = sdl_map(reader, pairs[i].value, "a volume's parameters");
        sdl_known(reader, mount, "a volume's parameters", known_mount);
        service->mounts[i] = (struct sdl_mount){.mark = pairs[i].mark, .volume = pairs[i].key, .path = sdl_text(reader, sdl_get(mount, "mount"), "'mount'"),
                                                .read_only = sdl_truth(reader, sdl_get(mount, "readOnly"), "'readOnly'")};
    }
    const struct tree_node *tee = sdl_get(map, "tee");
    if (tee == NULL || !reader->rules->tee)
        return;
    service->tee = sdl_text(reader, tee, "'tee'");
    service->tee_mark = tee->mark;
    if (service->tee[0] != '\0' && strcmp(service->tee, "cpu") != 0 && strcmp(service->tee, "cpu-gpu") != 0)
        sdl_wrong(reader, tee->mark, "tee_unsupported", "cpu or cpu-gpu", "unknown kind of trusted execution '%s'", service->tee);
}

static void credentials(struct sdl_reader *reader, const struct tree_node *node)
{
    static const char *const keys[] = {"host", "username", "password", "email", NULL};
    static const char *const slugs[] = {"credentials_host", "credentials_username", "credentials_password"};
    const struct tree_node *map = sdl_map(reader, node, "'credentials'");
    if (map == NULL)
        return;
    sdl_known(reader, map, "'credentials'", keys);
    for (int i = 0; i < 3; i++) {
        const struct tree_node *value = sdl_get(map, keys[i]);
        const char *text = sdl_text(reader, value, keys[i]);
        if (strspn(text, " \t\r\n") == strlen(text))
            sdl_wrong(reader, sdl_mark(value, node->mark), slugs[i], NULL, "credentials have no '%s'", keys[i]);
    }
}

static void service(struct sdl_reader *reader, const struct tree_pair *pair, struct sdl_service *service)
{
    static const char *const known[] = {"image", "command", "args", "env", "expose", "dependencies", "params", "credentials", NULL};
    const char *what = quoted(reader, "service", pair->key);
    const struct tree_node *map = sdl_map(reader, pair->value, what);
    int32_t ignored;
    *service = (struct sdl_service){.mark = pair->mark, .name = pair->key, .tee = ""};
    sdl_known(reader, map, what, known);
    if (!service_name_valid(pair->key))
        sdl_wrong(reader, pair->mark, "service_name", "up to 63 of a to z, 0 to 9 and -, beginning with a letter, not ending with -",
                  "'%s' is not a name of a service", pair->key);
    if (sdl_text(reader, sdl_get(map, "image"), "'image'")[0] == '\0')
        sdl_wrong(reader, sdl_mark(sdl_get(map, "image"), pair->mark), "image_empty", NULL, "%s has no image", what);
    for (int i = 1; i <= 3; i++)
        sdl_texts(reader, sdl_get(map, known[i]), known[i], &ignored);
    exposes(reader, sdl_get(map, "expose"), service);
    params(reader, sdl_get(map, "params"), service);
    credentials(reader, sdl_get(map, "credentials"));
}

/* Names under which the outside asks for a service: each may be taken once. */
struct hostname {
    const char *text;
    struct mark mark;
};

static void check_hostnames(struct sdl_reader *reader, const struct tree_node *services)
{
    struct hostname *names = arena_array(reader->arena, TREE_NODES, struct hostname);
    int32_t n = 0;
    for (int32_t i = 0; services != NULL && i < services->count; i++) {
        const struct tree_node *list = sdl_get(services->pairs[i].value, "expose");
        for (int32_t j = 0; list != NULL && list->kind == TREE_LIST && j < list->count; j++) {
            const struct tree_node *accept = sdl_list(reader, sdl_get(list->items[j], "accept"), "'accept'");
            for (int32_t k = 0; accept != NULL && k < accept->count; k++)
                names[n++] = (struct hostname){sdl_text(reader, accept->items[k], "'accept'"), accept->items[k]->mark};
        }
    }
    for (int32_t i = 1; i < n && !mistakes_full(reader->mistakes); i++)
        for (int32_t j = 0; j < i; j++)
            if (strcmp(names[i].text, names[j].text) == 0) {
                sdl_wrong(reader, names[i].mark, "hostname_duplicate", NULL, "hostname '%s' is accepted twice", names[i].text);
                break;
            }
}

void sdl_services(struct sdl_reader *reader, const struct tree_node *node)
{
    const struct tree_node *map = sdl_map(reader, node, "'services'");
    const struct tree_pair *pairs = sdl_sorted(reader, map);
    struct sdl_document *document = &reader->document;
    document->n_services = map != NULL ? map->count : 0;
    document->services = arena_array(reader->arena, (size_t)document->n_services, struct sdl_service);
    for (int32_t i = 0; i < document->n_services; i++)
        service(reader, &pairs[i], &document->services[i]);
    check_hostnames(reader, map);
}
