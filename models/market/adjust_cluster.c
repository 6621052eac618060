/* A provider's cluster: building it, its three pictures, and the life of reservations. */
#include "models/market/adjust_book.h"

#include "sim/base/arena.h"
#include "sim/base/check.h"

#include <stdio.h>
#include <string.h>

#include "sim/base/nomalloc.h"

/* --- Building --- */

/* "sxm4" and "SXM5" are "sxm"; everything in lower case. */
static int32_t interface_name(struct adjust_names *names, struct arena *arena, const char *text)
{
    char lower[32];
    size_t length = 0;
    for (; text[length] && length + 1 < sizeof lower; length++)
        lower[length] = (char)(text[length] >= 'A' && text[length] <= 'Z' ? text[length] - 'A' + 'a' : text[length]);
    lower[length] = '\0';
    return adjust_name(names, arena, strncmp(lower, "sxm", 3) == 0 ? "sxm" : lower);
}

/* Requests are compared as text, "80Gi" by "80Gi"; a node that says it otherwise ("81920Mi") equals no request. */
static int32_t memory_gib(const char *text)
{
    int32_t gib = 0;
    char again[16];
    for (const char *p = text; *p >= '0' && *p <= '9' && gib < 10000000; p++)
        gib = gib * 10 + (*p - '0');
    snprintf(again, sizeof again, "%dGi", gib);
    return strcmp(again, text) == 0 ? gib : -2;
}

static void build_node(struct arena *arena, struct adjust_names *names, const struct adjust_node_spec *spec,
                       struct adjust_node *node)
{
    node->allocatable = (struct adjust_load){spec->cpu_milli.allocatable, spec->memory_bytes.allocatable,
                                             spec->gpus.allocatable, spec->ephemeral_bytes.allocatable};
    struct adjust_gpu *list = arena_array(arena, (size_t)spec->n_gpu_list, struct adjust_gpu);
    for (int32_t i = 0; i < spec->n_gpu_list; i++) {
        list[i].vendor = adjust_name(names, arena, spec->gpu_list[i].vendor);
        list[i].model = adjust_name(names, arena, spec->gpu_list[i].model);
        list[i].interface = interface_name(names, arena, spec->gpu_list[i].interface);
        list[i].ram_gib = memory_gib(spec->gpu_list[i].memory);
    }
    node->gpu_list = list;
    node->n_gpu_list = spec->n_gpu_list;
    for (int32_t i = 0; i < spec->n_classes; i++)
        node->classes |= UINT32_C(1) << adjust_class(names, arena, spec->classes[i]);
}

static struct adjust_view build_view(struct arena *arena, int32_t n_nodes, int32_t n_pools)
{
    return (struct adjust_view){arena_array(arena, (size_t)n_nodes, struct adjust_load),
                                arena_array(arena, (size_t)n_pools, int64_t),
                                arena_array(arena, (size_t)n_nodes, bool),
                                arena_array(arena, (size_t)adjust_blocks(n_nodes), struct adjust_block)};
}

/* Of a block the bounds, and the nodes whose bits are set. */
static void copy_nodes(struct adjust_view *to, const struct adjust_view *from, int32_t block, uint32_t nodes)
{
    uint16_t changed = to->blocks[block].changed;
    to->blocks[block] = from->blocks[block];
    to->blocks[block].changed = changed;
    for (int32_t node = block * ADJUST_BLOCK; nodes != 0; nodes >>= 1, node++) {
        if ((nodes & 1) == 0)
            continue;
        to->nodes[node] = from->nodes[node];
        to->in[node] = from->in[node];
    }
}

static void copy_pools(const struct adjust_cluster *cluster, struct adjust_view *to, const struct adjust_view *from)
{
    memcpy(to->pools, from->pools, (size_t)cluster->n_pools * sizeof *to->pools);
}

/* snapshot = actual. What is copied differs from the cached picture then. Bounds are made tight here, once for all that is tried
 * against copies of it. */
static void take_snapshot(struct adjust_cluster *cluster)
{
    for (int32_t b = 0; b < adjust_blocks(cluster->n_nodes); b++) {
        struct adjust_block *block = &cluster->actual.blocks[b];
        if (block->changed == 0)
            continue;
        adjust_block_tighten(cluster, &cluster->actual, b);
        copy_nodes(&cluster->snapshot, &cluster->actual, b, block->changed);
        cluster->snapshot.blocks[b].changed |= block->changed;
        block->changed = 0;
    }
    copy_pools(cluster, &cluster->snapshot, &cluster->actual);
}

/* cached = snapshot */
static void forget_bookings(struct adjust_cluster *cluster)
{
    for (int32_t b = 0; b < adjust_blocks(cluster->n_nodes); b++) {
        struct adjust_block *from = &cluster->snapshot.blocks[b], *to = &cluster->cached.blocks[b];
        if ((from->changed | to->changed) == 0)
            continue;
        copy_nodes(&cluster->cached, &cluster->snapshot, b, from->changed | to->changed);
        from->changed = to->changed = 0;
    }
    copy_pools(cluster, &cluster->cached, &cluster->snapshot);
}

static void build_pools(struct arena *arena, struct adjust_names *names, const struct adjust_cluster_spec *spec,
                        struct adjust_cluster *cluster)
{
    cluster->pool_allocatable = arena_array(arena, (size_t)spec->n_pools, int64_t);
    for (int32_t i = 0; i < ADJUST_CLASSES_MAX; i++)
        cluster->pool_of_class[i] = ADJUST_UNSET;
    for (int32_t i = 0; i < spec->n_pools; i++) {
        const int32_t class_id = adjust_class(names, arena, spec->pools[i].class_name);
        check(cluster->pool_of_class[class_id] == ADJUST_UNSET, "two pools of class %s", spec->pools[i].class_name);
        cluster->pool_of_class[class_id] = i;
        cluster->pool_allocatable[i] = spec->pools[i].bytes.allocatable;
        cluster->foreign.pools[i] = spec->pools[i].bytes.allocated;
    }
}

struct adjust_cluster *adjust_cluster_create(struct arena *arena, struct adjust_names *names, struct adjust_book *book,
                                             const struct adjust_cluster_spec *spec, const struct adjust_rules *rules)
{
    struct adjust_cluster *cluster = arena_new(arena, struct adjust_cluster);
    cluster->rules = *rules;
    cluster->book = book;
    cluster->n_nodes = spec->n_nodes;
    cluster->n_pools = spec->n_pools;
    cluster->leased_ips = spec->leased_ips;
    cluster->pending = cluster->deployed = ADJUST_LIST_EMPTY;
    struct adjust_view *views[] = {&cluster->actual, &cluster->snapshot, &cluster->cached, &cluster->foreign};
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++)
        *views[i] = build_view(arena, spec->n_nodes, spec->n_pools);
    struct adjust_node *nodes = arena_array(arena, (size_t)spec->n_nodes, struct adjust_node);
    for (int32_t i = 0; i < spec->n_nodes; i++) {
        const struct adjust_node_spec *node = &spec->nodes[i];
        build_node(arena, names, node, &nodes[i]);
        cluster->foreign.nodes[i] = (struct adjust_load){node->cpu_milli.allocated, node->memory_bytes.allocated,
                                                         node->gpus.allocated, node->ephemeral_bytes.allocated};
        cluster->foreign.in[i] = true;
    }
    cluster->nodes = nodes;
    build_pools(arena, names, spec, cluster);
    copy_pools(cluster, &cluster->actual, &cluster->foreign);
    for (int32_t i = 0; i < spec->n_nodes; i++) {
        cluster->actual.nodes[i] = cluster->foreign.nodes[i];
        cluster->actual.in[i] = true;
        adjust_view_changed(cluster, &cluster->actual, i);
    }
    take_snapshot(cluster);
    forget_bookings(cluster);
    return cluster;
}

/* --- Life --- */

static void replace_runs(struct adjust_book *book, struct reservation *reservation, struct adjust_list list)
{
    struct adjust_list old = {reservation->first_run, reservation->last_run};
    adjust_book_free_runs(book, &old);
    reservation->first_run = list.first;
    reservation->last_run = list.last;
}

/* Leased IPs are counted apart from the nodes. In 2024-07 the subtraction is unsigned and wraps when more are pending
 * than free. */
static enum adjust_result ips_fit(const struct adjust_cluster *cluster, const struct adjust_request *request)
{
    if (request->leased_ips == 0)
        return ADJUST_OK;
    if (cluster->leased_ips == ADJUST_UNSET)
        return ADJUST_NO_IP_OPERATOR;
    const int32_t idle = cluster->leased_ips - cluster->ips_deployed;
    if (cluster->rules.unsigned_ips && cluster->ips_pending > idle)
        return ADJUST_OK;
    return request->leased_ips > idle - cluster->ips_pending ? ADJUST_INSUFFICIENT_IPS : ADJUST_OK;
}

static enum adjust_result try_request(struct adjust_cluster *cluster, const struct adjust_request *request,
                                      struct adjust_list *list)
{
    const enum adjust_result ips = ips_fit(cluster, request);
    if (ips != ADJUST_OK)
        return ips;
    return adjust_view_place(cluster, &cluster->cached, request, list) ? ADJUST_OK : ADJUST_INSUFFICIENT_CAPACITY;
}

enum adjust_result adjust_reserve(struct adjust_cluster *cluster, const struct adjust_request *request,
                                  reservation_id *id)
{
    struct adjust_list list;
    const enum adjust_result result = try_request(cluster, request, &list);
    if (result != ADJUST_OK)
        return result;
    const int32_t at = adjust_book_new_reservation(cluster->book);
    struct reservation *reservation = &cluster->book->reservations[at];
    reservation->request = request;
    reservation->state = RESERVATION_PENDING;
    reservation->booked = true;
    reservation->first_run = list.first;
    reservation->last_run = list.last;
    adjust_book_link(cluster->book, &cluster->pending, at);
    cluster->ips_pending += request->leased_ips;
    *id = (reservation_id){at, reservation->generation};
    return ADJUST_OK;
}

enum adjust_result adjust_fits(struct adjust_cluster *cluster, const struct adjust_request *request)
{
    struct adjust_list list;
    const enum adjust_result result = try_request(cluster, request, &list);
    if (result == ADJUST_OK) {
        adjust_view_count_runs(cluster, &cluster->cached, request, list.first, -1);
        adjust_book_free_runs(cluster->book, &list);
    }
    return result;
}

/* cached = snapshot + what is pending, each tried again from its original request. */
static int32_t process_snapshot(struct adjust_cluster *cluster)
{
    struct adjust_book *book = cluster->book;
    int32_t without_room = 0;
    forget_bookings(cluster);
    for (int32_t at = cluster->pending.first; at != ADJUST_UNSET; at = book->reservations[at].next) {
        struct reservation *reservation = &book->reservations[at];
        struct adjust_list list;
        reservation->booked = adjust_view_place(cluster, &cluster->cached, reservation->request, &list);
        if (reservation->booked)
            replace_runs(book, reservation, list); /* else the placement of the last success stays on record */
        else
            without_room++;
    }
    return without_room;
}

void adjust_ahead(const struct adjust_cluster *cluster, int step)
{
    const struct adjust_view *views[] = {&cluster->cached, &cluster->snapshot, &cluster->actual};
    for (size_t i = 0; step == 0 && i < sizeof *cluster; i += 64)
        NINES_PREFETCH((const char *)cluster + i);
    for (size_t v = 0; step == 1 && v < sizeof views / sizeof views[0]; v++) {
        NINES_PREFETCH(&views[v]->blocks[0]);
        NINES_PREFETCH(&views[v]->in[0]);
    }
    for (size_t v = 0; step == 1 && v < 2; v++)
        NINES_PREFETCH(&views[v]->nodes[0]); /* where most walks end that find room */
    if (step == 1)
        NINES_PREFETCH(&cluster->nodes[0]);
}

int32_t adjust_update(struct adjust_cluster *cluster)
{
    take_snapshot(cluster);
    return process_snapshot(cluster);
}

void adjust_release(struct adjust_cluster *cluster, reservation_id id)
{
    struct reservation *reservation = adjust_book_reservation(cluster, id);
    struct adjust_list runs = {reservation->first_run, reservation->last_run};
    const bool deployed = reservation->state == RESERVATION_DEPLOYED;
    const bool fresh = !cluster->rules.stale_after_release;
    if (deployed) {
        cluster->ips_deployed -= reservation->request->leased_ips;
        adjust_view_count_runs(cluster, &cluster->actual, reservation->request, runs.first, -1);
    } else {
        cluster->ips_pending -= reservation->request->leased_ips;
        if (fresh && reservation->booked)
            adjust_view_count_runs(cluster, &cluster->cached, reservation->request, runs.first, -1);
    }
    adjust_book_free_runs(cluster->book, &runs);
    adjust_book_unlink(cluster->book, deployed ? &cluster->deployed : &cluster->pending, id.index);
    adjust_book_free_reservation(cluster->book, id.index);
    if (deployed && fresh)
        adjust_update(cluster);
}

/* --- Pods --- */

/* One replica on the actual picture: on the node it was reserved on, else on the first that has room. The GPU request
 * is the resolved one: the pod carries it as a node selector. */
static int32_t find_actual(struct adjust_cluster *cluster, const struct adjust_unit *unit, int32_t preferred,
                           const struct adjust_wish *resolved)
{
    for (int32_t i = preferred == ADJUST_UNSET ? 0 : -1; i < cluster->n_nodes; i++) {
        const int32_t node = i < 0 ? preferred : i;
        struct adjust_wish gpu;
        bool rewritten;
        if (i >= 0 && i % ADJUST_BLOCK == 0 && !adjust_block_has_room(cluster, &cluster->actual, i / ADJUST_BLOCK, unit)) {
            i += ADJUST_BLOCK - 1;
            continue;
        }
        if (!cluster->actual.in[node])
            continue;
        const enum replica_result result =
            adjust_view_place_replica(cluster, &cluster->actual, node, unit, resolved, 1, &gpu, &rewritten);
        if (result == REPLICA_PLACED)
            return node;
        if (result == REPLICA_NOWHERE)
            break;
    }
    return ADJUST_UNSET;
}

/* Gives each replica of the reservation that has no actual node one, if any has room: replicas of runs without a node,
 * or, with `fresh`, of all runs. Returns how many stay without. */
static int32_t settle_pods(struct adjust_cluster *cluster, struct reservation *reservation, bool fresh)
{
    struct adjust_book *book = cluster->book;
    struct adjust_list list = ADJUST_LIST_EMPTY;
    int32_t homeless = 0;
    for (int32_t at = reservation->first_run; at != ADJUST_UNSET; at = book->runs[at].next) {
        const struct adjust_run run = book->runs[at];
        if (!fresh && run.node != ADJUST_UNSET) {
            adjust_book_append(book, &list, run.unit, run.node, run.count, &run.gpu);
            continue;
        }
        for (int32_t i = 0; i < run.count; i++) {
            const int32_t node = find_actual(cluster, &reservation->request->units[run.unit], run.node, &run.gpu);
            adjust_book_append(book, &list, run.unit, node, 1, &run.gpu);
            homeless += node == ADJUST_UNSET;
        }
    }
    replace_runs(book, reservation, list);
    return homeless;
}

int32_t adjust_deploy(struct adjust_cluster *cluster, reservation_id id)
{
    struct reservation *reservation = adjust_book_reservation(cluster, id);
    check(reservation->state == RESERVATION_PENDING, "reservation %d is deployed already", id.index);
    adjust_book_unlink(cluster->book, &cluster->pending, id.index);
    adjust_book_link(cluster->book, &cluster->deployed, id.index);
    reservation->state = RESERVATION_DEPLOYED;
    reservation->booked = false;
    cluster->ips_pending -= reservation->request->leased_ips;
    cluster->ips_deployed += reservation->request->leased_ips;
    const int32_t homeless = settle_pods(cluster, reservation, true);
    process_snapshot(cluster);
    return homeless;
}

int32_t adjust_reschedule(struct adjust_cluster *cluster, reservation_id id)
{
    struct reservation *reservation = adjust_book_reservation(cluster, id);
    check(reservation->state == RESERVATION_DEPLOYED, "reservation %d is not deployed", id.index);
    return settle_pods(cluster, reservation, false);
}

void adjust_set_ready(struct adjust_cluster *cluster, int32_t node, bool ready)
{
    check(node >= 0 && node < cluster->n_nodes, "node %d of %d", node, cluster->n_nodes);
    cluster->actual.in[node] = ready;
    adjust_view_changed(cluster, &cluster->actual, node);
}

static void add_load(struct adjust_load *to, const struct adjust_load *load)
{
    to->cpu_milli += load->cpu_milli;
    to->memory_bytes += load->memory_bytes;
    to->gpus += load->gpus;
    to->ephemeral_bytes += load->ephemeral_bytes;
}

void adjust_add_foreign(struct adjust_cluster *cluster, int32_t node, struct adjust_load load)
{
    check(node >= 0 && node < cluster->n_nodes, "node %d of %d", node, cluster->n_nodes);
    add_load(&cluster->foreign.nodes[node], &load);
    add_load(&cluster->actual.nodes[node], &load);
    adjust_view_changed(cluster, &cluster->actual, node);
}

int32_t adjust_evict(struct adjust_cluster *cluster, int32_t node)
{
    check(node >= 0 && node < cluster->n_nodes, "node %d of %d", node, cluster->n_nodes);
    struct adjust_book *book = cluster->book;
    int32_t evicted = 0;
    for (int32_t at = cluster->deployed.first; at != ADJUST_UNSET; at = book->reservations[at].next) {
        const struct reservation *reservation = &book->reservations[at];
        adjust_view_count_runs(cluster, &cluster->actual, reservation->request, reservation->first_run, -1);
        for (int32_t run = reservation->first_run; run != ADJUST_UNSET; run = book->runs[run].next)
            if (book->runs[run].node == node) {
                book->runs[run].node = ADJUST_UNSET;
                evicted += book->runs[run].count;
            }
        adjust_view_count_runs(cluster, &cluster->actual, reservation->request, reservation->first_run, 1);
    }
    return evicted;
}
