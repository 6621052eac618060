#include "models/sdl/sdl_inside.h"

#include <string.h>

/* The element of a sorted list whose name is `name`, or NULL; `list` and `count` name fields of the document. */
#define FIND(document, list, count, wanted, found)                                                    \
    do {                                                                                              \
        int32_t low = 0, high = (document)->count;                                                    \
        while (low < high) {                                                                          \
            int32_t middle = low + (high - low) / 2;                                                  \
            int order = strcmp((document)->list[middle].name, wanted);                                \
            if (order == 0) {                                                                         \
                (found) = &(document)->list[middle];                                                  \
                break;                                                                                \
            }                                                                                         \
            *(order < 0 ? &low : &high) = order < 0 ? middle + 1 : middle;                            \
        }                                                                                             \
    } while (0)

/* A port of a leased address that is taken. */
struct taken {
    const char *ip, *service;
    int32_t port;
    bool udp;
};

struct checker {
    struct sdl_reader *reader;
    struct taken *taken;
    int32_t n_taken;
};

static const struct sdl_pricing *find_pricing(const struct sdl_placement *placement, const char *profile)
{
    for (int32_t i = 0; i < placement->n_pricings; i++)
        if (strcmp(placement->pricings[i].profile, profile) == 0)
            return &placement->pricings[i];
    return NULL;
}

static bool resolve(struct sdl_reader *reader, struct sdl_use *use)
{
    const struct sdl_document *document = &reader->document;
    FIND(document, computes, n_computes, use->profile, use->compute);
    FIND(document, placements, n_placements, use->placement_name, use->placement);
    FIND(document, services, n_services, use->service_name, use->service);
    if (use->placement != NULL)
        use->pricing = find_pricing(use->placement, use->profile);
    if (use->compute == NULL)
        sdl_wrong(reader, use->mark, "no_compute_profile", "profiles.compute must hold it", "no compute profile '%s'", use->profile);
    else if (use->placement == NULL)
        sdl_wrong(reader, use->mark, "no_placement_profile", "profiles.placement must hold it", "no placement profile '%s'", use->placement_name);
    else if (use->pricing == NULL)
        sdl_wrong(reader, use->mark, "no_pricing", "profiles.placement.NAME.pricing must hold it", "placement '%s' has no price for profile '%s'", use->placement_name,
                  use->profile);
    else if (use->service == NULL)
        sdl_wrong(reader, use->mark, "no_service", "services must hold it", "no service '%s'", use->service_name);
    return use->compute != NULL && use->placement != NULL && use->pricing != NULL && use->service != NULL;
}

static void take_port(struct checker *checker, const struct sdl_use *use, const struct sdl_expose *expose, const struct sdl_to *to)
{
    for (int32_t i = 0; i < checker->n_taken; i++) {
        const struct taken *taken = &checker->taken[i];
        if (taken->port != expose->external || taken->udp != expose->udp || strcmp(taken->ip, to->ip) != 0)
            continue;
        sdl_wrong(checker->reader, to->mark, "ip_port_in_use", NULL, "port %d/%s of endpoint '%s' is already used by service '%s'", expose->external,
                  expose->udp ? "udp" : "tcp", to->ip, taken->service);
        return;
    }
    check(checker->n_taken < TREE_NODES, "more ports than values in the file");
    checker->taken[checker->n_taken++] = (struct taken){to->ip, use->service_name, expose->external, expose->udp};
}

static void check_addresses(struct checker *checker, const struct sdl_use *use)
{
    struct sdl_document *document = &checker->reader->document;
    for (int32_t i = 0; i < use->service->n_exposes; i++)
        for (int32_t j = 0; j < use->service->exposes[i].n_to; j++) {
            const struct sdl_to *to = &use->service->exposes[i].to[j];
            struct sdl_endpoint *endpoint = NULL;
            if (to->ip[0] == '\0')
                continue;
            FIND(document, endpoints, n_endpoints, to->ip, endpoint);
            if (!to->global)
                sdl_wrong(checker->reader, to->mark, "ip_not_global", "add global: true", "an address can be leased for the outside only");
            else if (endpoint == NULL)
                sdl_wrong(checker->reader, to->mark, "ip_endpoint_missing", "the top-level key 'endpoints' must hold it", "no endpoint '%s'", to->ip);
            else
                take_port(checker, use, &use->service->exposes[i], to);
            if (endpoint != NULL)
                endpoint->used = true;
        }
}

static const struct market_volume *find_volume(const struct sdl_compute *compute, const char *name)
{
    for (int32_t i = 0; i < compute->unit.n_volumes; i++)
        if (strcmp(compute->unit.volumes[i].name, name) == 0)
            return &compute->unit.volumes[i];
    return NULL;
}

static void check_mount(struct sdl_reader *reader, const struct sdl_use *use, int32_t index)
{
    const struct sdl_mount *mount = &use->service->mounts[index];
    const struct market_volume *volume = find_volume(use->compute, mount->volume);
    const char *class = volume != NULL ? market_volume_class(volume) : NULL;
    if (volume == NULL)
        sdl_wrong(reader, mount->mark, "volume_reference", NULL, "compute profile '%s' has no volume '%s'", use->profile, mount->volume);
    else if (mount->path[0] != '/')
        sdl_wrong(reader, mount->mark, "mount_not_absolute", "a path such as /data", "volume '%s' is mounted at '%s', not at an absolute path", mount->volume,
                  mount->path);
    else if (reader->merges && mount->read_only && class != NULL && strcmp(class, "ram") == 0)
        sdl_wrong(reader, mount->mark, "ram_read_only", NULL, "volume '%s' of class 'ram' cannot be read only", mount->volume);
    for (int32_t i = 0; i < index && volume != NULL && mount->path[0] == '/'; i++)
        if (strcmp(use->service->mounts[i].path, mount->path) == 0) {
            sdl_wrong(reader, mount->mark, "mount_duplicate", NULL, "'%s' is where volume '%s' is mounted", mount->path, use->service->mounts[i].volume);
            return;
        }
}

static void check_storage(struct sdl_reader *reader, const struct sdl_use *use)
{
    for (int32_t i = 0; i < use->service->n_mounts && !mistakes_full(reader->mistakes); i++)
        check_mount(reader, use, i);
    /* Only 2.0 asks, and any mount of the service will do. */
    for (int32_t i = 0; i < use->compute->unit.n_volumes && !reader->merges && use->service->n_mounts == 0; i++) {
        const struct market_volume *volume = &use->compute->unit.volumes[i];
        if (!market_volume_persistent(volume))
            continue;
        sdl_wrong(reader, use->service->mark, "persistent_no_mount",
                  arena_format(reader->arena, "services.%.80s.params.storage.%.80s: {mount: /data}", use->service_name, volume->name),
                  "persistent volume '%s' is mounted nowhere", volume->name);
        return;
    }
}

static void check_tee(struct sdl_reader *reader, int32_t index)
{
    const struct sdl_document *document = &reader->document;
    const struct sdl_use *use = &document->uses[index];
    const char *tee = use->service->tee;
    if (tee[0] == '\0')
        return;
    if (strcmp(tee, "cpu-gpu") == 0 && use->compute->unit.gpu_units == 0)
        sdl_wrong(reader, use->service->tee_mark, "tee_gpu_required", NULL, "trusted execution on GPUs needs a GPU in profile '%s'", use->profile);
    for (int32_t i = 0; i < index; i++) {
        const struct sdl_use *other = &document->uses[i];
        if (other->placement != use->placement || other->service == NULL || other->service->tee[0] == '\0' || strcmp(other->service->tee, tee) == 0)
            continue;
        sdl_wrong(reader, use->service->tee_mark, "tee_mismatch", "one placement goes to one provider", "services '%s' and '%s' of placement '%s' want different trusted execution",
                  other->service_name, use->service_name, use->placement_name);
        return;
    }
}

static void check_endpoints(struct sdl_reader *reader)
{
    for (int32_t i = 0; i < reader->document.n_endpoints; i++)
        if (!reader->document.endpoints[i].used)
            sdl_wrong(reader, reader->document.endpoints[i].mark, "endpoint_unused", NULL, "endpoint '%s' is not used", reader->document.endpoints[i].name);
}

void sdl_check(struct sdl_reader *reader)
{
    struct sdl_document *document = &reader->document;
    struct checker checker = {.reader = reader, .taken = arena_array(reader->arena, TREE_NODES, struct taken)};
    bool global = false;
    for (int32_t i = 0; i < document->n_uses && !mistakes_full(reader->mistakes); i++) {
        if (!resolve(reader, &document->uses[i]))
            continue;
        check_addresses(&checker, &document->uses[i]);
        check_storage(reader, &document->uses[i]);
        check_tee(reader, i);
    }
    if (reader->mistakes->errors == 0)
        check_endpoints(reader);
    for (int32_t i = 0; i < document->n_services; i++)
        for (int32_t j = 0; j < document->services[i].n_exposes; j++)
            for (int32_t k = 0; k < document->services[i].exposes[j].n_to; k++)
                global = global || document->services[i].exposes[j].to[k].global;
    if (document->n_uses == 0)
        sdl_wrong(reader, (struct mark){1, 1}, "no_groups", "deployment.SERVICE.PLACEMENT: {profile: NAME, count: 1}", "nothing is deployed");
    else if (!global)
        sdl_wrong(reader, (struct mark){1, 1}, "no_global_service", "some service must expose a port to: [{global: true}]", "no service can be reached from outside");
}
