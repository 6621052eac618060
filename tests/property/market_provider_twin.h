/* The slow, obvious twin of the inventory walk.
 *
 * It is written from the description of the real provider, not from our code: it keeps GPU attributes as text and reads
 * them again for every replica, copies the whole cluster before each attempt and throws the copy away on failure. */
#ifndef NINES_TESTS_MARKET_PROVIDER_TWIN_H
#define NINES_TESTS_MARKET_PROVIDER_TWIN_H

#include "models/market/adjust.h"
#include "models/market/group.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    NODES = 40, /* at most: more than two blocks */
    POOLS = 2,
    UNITS = 3,
    GPUS = 4,
    GROUPS = 10,
    LIVE = 12, /* reservations at once */
    REPLICAS = 12,
    WISHES = 3
};

struct picture {
    int64_t cpu[NODES], memory[NODES], gpus[NODES], ephemeral[NODES], pool[POOLS];
    bool in[NODES];
};

struct pod {
    int unit, node;
    char key[96];
};

struct twin_reservation {
    bool live, deployed, booked;
    int group, order; /* order: of creation */
    int n_pods;
    struct pod pods[UNITS * REPLICAS];
    reservation_id id;
};

struct world {
    struct adjust_cluster_spec spec;
    struct adjust_node_spec nodes[NODES];
    struct adjust_gpu_spec gpus[NODES][GPUS];
    const char *node_classes[NODES][POOLS];
    struct adjust_pool_spec pools[POOLS];
    struct adjust_rules rules;
    struct adjust_overcommit overcommit;
    struct market_group_spec groups[GROUPS];
    const struct adjust_request *requests[GROUPS];
    struct adjust_names *names;
    struct picture actual, snapshot, cached;
    struct twin_reservation reservations[LIVE];
    int created;
};

static inline int64_t twin_room(int64_t allocatable, int64_t allocated)
{
    /* In wide numbers: what others gave back may be more than is booked here. */
    __extension__ typedef __int128 wide;
    wide room = (wide)(allocatable < 0 ? INT64_MAX : allocatable) - allocated;
    return room < 0 ? 0 : room > INT64_MAX ? INT64_MAX : (int64_t)room;
}

static inline int64_t twin_overcommit(int64_t value, int64_t percent, bool whole)
{
    const double ratio = whole ? (double)(1 + percent / 100) : 1 + (double)percent / 100;
    if (ratio <= 1)
        return value;
    const double reduced = round((double)value / ratio);
    return reduced < 1 ? 1 : (int64_t)reduced;
}

struct twin_wish {
    char vendor[16], model[16], interface[16], ram[16];
};

/* The reading of one GPU attribute; false when a provider refuses it. */
static inline bool twin_read(const char *key, struct twin_wish *wish)
{
    char copy[96], *parts[16];
    int n = 0;
    memset(wish, 0, sizeof *wish);
    snprintf(copy, sizeof copy, "%s", key);
    for (char *p = strtok(copy, "/"); p; p = strtok(NULL, "/"))
        parts[n++] = p;
    if (n < 4)
        return false;
    snprintf(wish->vendor, sizeof wish->vendor, "%s", parts[1]);
    snprintf(wish->model, sizeof wish->model, "%s", parts[3]);
    for (int i = 4; i + 1 < n; i += 2) {
        if (strcmp(parts[i], "ram") == 0) {
            const long size = strtol(parts[i + 1], NULL, 10);
            snprintf(wish->ram, sizeof wish->ram, "%ldGi", strstr(parts[i + 1], "Mi") ? size / 1024 : size);
        } else if (strcmp(parts[i], "interface") == 0) {
            snprintf(wish->interface, sizeof wish->interface, "%s", parts[i + 1]);
        }
    }
    const bool known = strcmp(wish->vendor, "nvidia") == 0 || strcmp(wish->vendor, "amd") == 0;
    return known && (!*wish->interface || strcmp(wish->interface, "pcie") == 0 || strcmp(wish->interface, "sxm") == 0);
}

/* The last attribute naming this model, else the last wildcard of its vendor. */
static inline bool twin_wish_for(const char (*attributes)[96], int n, const struct adjust_gpu_spec *gpu,
                                 struct twin_wish *wish)
{
    for (int wildcard = 0; wildcard < 2; wildcard++)
        for (int i = n - 1; i >= 0; i--)
            if (twin_read(attributes[i], wish) && strcmp(wish->vendor, gpu->vendor) == 0 &&
                strcmp(wish->model, wildcard ? "*" : gpu->model) == 0)
                return true;
    return false;
}

static inline bool twin_gpu(const struct world *world, struct picture *picture, int node, int64_t count,
                            const char (*attributes)[96], int n, char *rewritten)
{
    const struct adjust_node_spec *spec = &world->nodes[node];
    struct twin_wish wish;
    int64_t left = count;
    if (twin_room(spec->gpus.allocatable, picture->gpus[node]) == 0)
        return false;
    for (int i = 0; i < n; i++)
        if (!twin_read(attributes[i], &wish))
            return false;
    for (int i = 0; i < spec->n_gpu_list; i++) {
        const struct adjust_gpu_spec *gpu = &spec->gpu_list[i];
        const char *interface = strncasecmp(gpu->interface, "sxm", 3) == 0 ? "sxm" : "pcie";
        if (!twin_wish_for(attributes, n, gpu, &wish) || (*wish.ram && strcmp(wish.ram, gpu->memory) != 0) ||
            (*wish.interface && strcmp(wish.interface, interface) != 0) || --left > 0)
            continue;
        if (twin_room(spec->gpus.allocatable, picture->gpus[node]) < count)
            return false;
        picture->gpus[node] += count;
        snprintf(rewritten, 96, "vendor/%s/model/%s%s%s%s%s", gpu->vendor, gpu->model, *wish.ram ? "/ram/" : "",
                 wish.ram, *wish.interface ? "/interface/" : "", wish.interface);
        return true;
    }
    return false;
}

enum twin_result { HERE, NOT_HERE, NOWHERE };

/* One replica on a copy of the cluster. attributes[*n] are replaced by the rewritten one when GPUs are taken. */
static inline enum twin_result twin_replica(const struct world *world, struct picture *picture, int node,
                                            const struct market_unit *unit, char (*attributes)[96], int *n)
{
    const struct adjust_node_spec *spec = &world->nodes[node];
    const bool whole = world->rules.whole_overcommit;
    const int64_t cpu = twin_overcommit(unit->cpu_milli, world->overcommit.cpu_percent, whole);
    const int64_t memory = twin_overcommit(unit->memory_bytes, world->overcommit.memory_percent, whole);
    if (spec->cpu_milli.allocatable < 0 || twin_room(spec->cpu_milli.allocatable, picture->cpu[node]) < cpu)
        return NOT_HERE;
    picture->cpu[node] += cpu;
    if (unit->gpu_units > 0) {
        char rewritten[96];
        if (!twin_gpu(world, picture, node, unit->gpu_units, (const char(*)[96])attributes, *n, rewritten))
            return NOT_HERE;
        memcpy(attributes[0], rewritten, sizeof rewritten);
        *n = 1;
    }
    if (twin_room(spec->memory_bytes.allocatable, picture->memory[node]) < memory)
        return NOT_HERE;
    picture->memory[node] += memory;
    for (int i = 0; i < unit->n_volumes; i++) {
        const struct market_volume *volume = &unit->volumes[i];
        const int64_t bytes = twin_overcommit(volume->bytes, world->overcommit.storage_percent, whole);
        const char *name = market_volume_class(volume);
        if (!market_volume_persistent(volume)) {
            const bool ram = name && strcmp(name, "ram") == 0;
            int64_t *load = ram ? &picture->memory[node] : &picture->ephemeral[node];
            if (twin_room(ram ? spec->memory_bytes.allocatable : spec->ephemeral_bytes.allocatable, *load) < bytes)
                return NOT_HERE;
            *load += bytes;
            continue;
        }
        if (!name)
            return NOWHERE;
        bool supported = false;
        for (int c = 0; c < spec->n_classes; c++)
            supported |= strcmp(spec->classes[c], name) == 0;
        if (!supported)
            return NOT_HERE;
        int pool = 0;
        while (pool < world->spec.n_pools && strcmp(world->pools[pool].class_name, name) != 0)
            pool++;
        if (pool == world->spec.n_pools || twin_room(world->pools[pool].bytes.allocatable, picture->pool[pool]) < bytes)
            return NOWHERE;
        picture->pool[pool] += bytes;
    }
    return HERE;
}

/* The whole walk; on success *picture is replaced and pods are listed in placing order. */
static inline bool twin_place(const struct world *world, struct picture *picture, int group, struct pod *pods,
                              int *n_pods)
{
    const struct market_group_spec *spec = &world->groups[group];
    struct picture copy = *picture;
    *n_pods = 0;
    for (int u = spec->n_units - 1; u >= 0; u--) {
        const struct market_unit *unit = &spec->units[u];
        char attributes[WISHES][96] = {{0}};
        int n = unit->gpu_attributes.count;
        for (int i = 0; i < n; i++)
            snprintf(attributes[i], sizeof attributes[i], "%s", unit->gpu_attributes.items[i].key);
        uint32_t left = unit->count;
        for (int node = 0; node < world->spec.n_nodes && left > 0; node++)
            while (copy.in[node] && left > 0) {
                struct picture attempt = copy;
                char tried[WISHES][96];
                int n_tried = n;
                memcpy(tried, attributes, sizeof tried);
                const enum twin_result result = twin_replica(world, &attempt, node, unit, tried, &n_tried);
                if (result == HERE || world->rules.sticky_rewrite) {
                    memcpy(attributes, tried, sizeof tried);
                    n = n_tried;
                }
                if (result == NOWHERE)
                    return false;
                if (result == NOT_HERE)
                    break;
                copy = attempt;
                pods[*n_pods] = (struct pod){.unit = u, .node = node};
                if (unit->gpu_units > 0)
                    memcpy(pods[*n_pods].key, attributes[0], sizeof pods[*n_pods].key);
                ++*n_pods;
                left--;
            }
        if (left > 0)
            return false;
    }
    *picture = copy;
    return true;
}

static inline int twin_process(struct world *world)
{
    int without_room = 0;
    world->cached = world->snapshot;
    for (int order = 0; order < world->created; order++)
        for (int i = 0; i < LIVE; i++) {
            struct twin_reservation *r = &world->reservations[i];
            if (!r->live || r->deployed || r->order != order)
                continue;
            struct pod pods[UNITS * REPLICAS];
            int n = 0;
            r->booked = twin_place(world, &world->cached, r->group, pods, &n);
            without_room += !r->booked;
            if (r->booked)
                memcpy(r->pods, pods, sizeof pods);
        }
    return without_room;
}

/* Gives a pod of a deployed reservation an actual node; its old one first. */
static inline bool twin_settle(struct world *world, struct twin_reservation *r, struct pod *pod)
{
    const int preferred = pod->node;
    for (int i = preferred < 0 ? 0 : -1; i < world->spec.n_nodes; i++) {
        const int node = i < 0 ? preferred : i;
        struct picture attempt = world->actual;
        char attributes[WISHES][96] = {{0}};
        int n = 1;
        memcpy(attributes[0], pod->key, sizeof pod->key);
        if (!world->actual.in[node])
            continue;
        const enum twin_result result =
            twin_replica(world, &attempt, node, &world->groups[r->group].units[pod->unit], attributes, &n);
        if (result == HERE) {
            world->actual = attempt;
            pod->node = node;
            return true;
        }
        if (result == NOWHERE)
            break;
    }
    pod->node = -1;
    return false;
}

/* Takes a pod's amounts out of a picture: what it would take on an empty cluster. */
static inline void twin_remove(const struct world *world, struct picture *picture, const struct twin_reservation *r,
                               const struct pod *pod)
{
    if (pod->node < 0)
        return;
    const struct market_unit *unit = &world->groups[r->group].units[pod->unit];
    const bool whole = world->rules.whole_overcommit;
    picture->cpu[pod->node] -= twin_overcommit(unit->cpu_milli, world->overcommit.cpu_percent, whole);
    picture->memory[pod->node] -= twin_overcommit(unit->memory_bytes, world->overcommit.memory_percent, whole);
    picture->gpus[pod->node] -= unit->gpu_units > 0 ? unit->gpu_units : 0;
    for (int i = 0; i < unit->n_volumes; i++) {
        const int64_t bytes = twin_overcommit(unit->volumes[i].bytes, world->overcommit.storage_percent, whole);
        const char *name = market_volume_class(&unit->volumes[i]);
        if (!market_volume_persistent(&unit->volumes[i]))
            *(name && strcmp(name, "ram") == 0 ? &picture->memory[pod->node] : &picture->ephemeral[pod->node]) -= bytes;
        else
            for (int p = 0; p < world->spec.n_pools; p++)
                if (strcmp(world->pools[p].class_name, name) == 0)
                    picture->pool[p] -= bytes;
    }
}

#endif
