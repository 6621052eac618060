/* Reading a cluster: placements, free room, audit and digest. */
#include "models/market/adjust_book.h"

#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/base/hash.h"

#include <string.h>

#include "sim/base/nomalloc.h"

const char *adjust_result_name(enum adjust_result result)
{
    switch (result) {
    case ADJUST_OK:
        return "ok";
    case ADJUST_INSUFFICIENT_CAPACITY:
        return "ErrInsufficientCapacity";
    case ADJUST_NO_IP_OPERATOR:
        return "no_ip_operator";
    case ADJUST_INSUFFICIENT_IPS:
        return "insufficient_ips";
    }
    check_failed(__FILE__, __LINE__, "adjust_result", "unknown result %d", (int)result);
}

int32_t adjust_running(const struct adjust_cluster *cluster, reservation_id id, int32_t unit)
{
    const struct reservation *reservation = adjust_book_reservation(cluster, id);
    const struct adjust_run *runs = cluster->book->runs;
    int32_t running = 0;
    if (reservation->state != RESERVATION_DEPLOYED)
        return 0;
    for (int32_t at = reservation->first_run; at != ADJUST_UNSET; at = runs[at].next)
        if ((unit == ADJUST_UNSET || runs[at].unit == unit) && runs[at].node != ADJUST_UNSET &&
            cluster->actual.in[runs[at].node])
            running += runs[at].count;
    return running;
}

bool adjust_is_deployed(const struct adjust_cluster *cluster, reservation_id id)
{
    return adjust_book_reservation(cluster, id)->state == RESERVATION_DEPLOYED;
}

bool adjust_is_booked(const struct adjust_cluster *cluster, reservation_id id)
{
    return adjust_book_reservation(cluster, id)->booked;
}

const struct adjust_request *adjust_request_of(const struct adjust_cluster *cluster, reservation_id id)
{
    return adjust_book_reservation(cluster, id)->request;
}

const struct adjust_run *adjust_next_run(const struct adjust_cluster *cluster, reservation_id id,
                                         const struct adjust_run *previous)
{
    const int32_t next = previous ? previous->next : adjust_book_reservation(cluster, id)->first_run;
    return next == ADJUST_UNSET ? NULL : &cluster->book->runs[next];
}

void adjust_resolved(const struct adjust_cluster *cluster, reservation_id id, struct adjust_wish *resolved)
{
    const struct reservation *reservation = adjust_book_reservation(cluster, id);
    for (int32_t i = 0; i < reservation->request->n_units; i++)
        resolved[i] = (struct adjust_wish){ADJUST_UNSET, ADJUST_UNSET, ADJUST_UNSET, ADJUST_UNSET};
    for (int32_t at = reservation->first_run; at != ADJUST_UNSET; at = cluster->book->runs[at].next)
        resolved[cluster->book->runs[at].unit] = cluster->book->runs[at].gpu;
}

static int64_t bounded_room(int64_t allocatable, int64_t allocated)
{
    return allocatable == ADJUST_UNLIMITED ? 0 : adjust_available((struct adjust_pair){allocatable, allocated});
}

struct adjust_load adjust_free(const struct adjust_cluster *cluster, const struct adjust_view *view)
{
    struct adjust_load sum = {0, 0, 0, 0};
    for (int32_t i = 0; i < cluster->n_nodes; i++) {
        const struct adjust_load *most = &cluster->nodes[i].allocatable, *load = &view->nodes[i];
        if (!view->in[i])
            continue;
        sum.cpu_milli += bounded_room(most->cpu_milli, load->cpu_milli);
        sum.memory_bytes += bounded_room(most->memory_bytes, load->memory_bytes);
        sum.gpus += bounded_room(most->gpus, load->gpus);
        sum.ephemeral_bytes += bounded_room(most->ephemeral_bytes, load->ephemeral_bytes);
    }
    return sum;
}

static void check_same(const struct adjust_cluster *cluster, const struct adjust_view *held,
                       const struct adjust_view *computed, const char *what)
{
    for (int32_t i = 0; i < cluster->n_nodes; i++)
        check(memcmp(&held->nodes[i], &computed->nodes[i], sizeof held->nodes[i]) == 0,
              "%s load of node %d differs from its reservations", what, i);
    for (int32_t i = 0; i < cluster->n_pools; i++)
        check(held->pools[i] == computed->pools[i], "%s load of pool %d differs from its reservations", what, i);
}

static void check_at_least(const struct adjust_cluster *cluster, const struct adjust_view *held,
                           const struct adjust_view *computed)
{
    for (int32_t i = 0; i < cluster->n_nodes; i++) {
        const struct adjust_load *a = &held->nodes[i], *b = &computed->nodes[i];
        check(a->cpu_milli >= b->cpu_milli && a->memory_bytes >= b->memory_bytes && a->gpus >= b->gpus &&
                  a->ephemeral_bytes >= b->ephemeral_bytes,
              "cached load of node %d misses a reservation", i);
    }
    for (int32_t i = 0; i < cluster->n_pools; i++)
        check(held->pools[i] >= computed->pools[i], "cached load of pool %d misses a reservation", i);
}

static struct adjust_view copy_of(const struct adjust_cluster *cluster, struct arena *arena,
                                  const struct adjust_view *view)
{
    struct adjust_view copy = {arena_array(arena, (size_t)cluster->n_nodes, struct adjust_load),
                               arena_array(arena, (size_t)cluster->n_pools, int64_t), view->in,
                               arena_array(arena, (size_t)adjust_blocks(cluster->n_nodes), struct adjust_block)};
    memcpy(copy.nodes, view->nodes, (size_t)cluster->n_nodes * sizeof *copy.nodes);
    memcpy(copy.pools, view->pools, (size_t)cluster->n_pools * sizeof *copy.pools);
    return copy;
}

static int64_t replicas_of(const struct adjust_cluster *cluster, const struct reservation *reservation)
{
    int64_t replicas = 0;
    for (int32_t at = reservation->first_run; at != ADJUST_UNSET; at = cluster->book->runs[at].next)
        replicas += cluster->book->runs[at].count;
    return replicas;
}

static int64_t replicas_wanted(const struct adjust_request *request)
{
    int64_t replicas = 0;
    for (int32_t i = 0; i < request->n_units; i++)
        replicas += request->units[i].count;
    return replicas;
}

/* The bounds hold, and nodes that are said to be the same in two pictures are. */
static void audit_blocks(const struct adjust_cluster *cluster)
{
    const struct adjust_view *views[] = {&cluster->actual, &cluster->snapshot, &cluster->cached};
    for (int32_t i = 0; i < cluster->n_nodes; i++) {
        const struct adjust_load *most = &cluster->nodes[i].allocatable;
        for (int v = 0; v < 3; v++) {
            const struct adjust_block *block = &views[v]->blocks[i / ADJUST_BLOCK];
            const struct adjust_load *load = &views[v]->nodes[i];
            check(adjust_available((struct adjust_pair){most->cpu_milli, load->cpu_milli}) <= block->cpu_milli &&
                      adjust_available((struct adjust_pair){most->memory_bytes, load->memory_bytes}) <= block->memory_bytes &&
                      adjust_available((struct adjust_pair){most->gpus, load->gpus}) <= block->gpus,
                  "node %d has more left than its block", i);
            uint32_t changed = block->changed | (v == 1 ? views[2]->blocks[i / ADJUST_BLOCK].changed : 0U);
            if (v < 2 && (changed & adjust_changed_bit(i)) == 0)
                check(memcmp(load, &views[v + 1]->nodes[i], sizeof *load) == 0 && views[v]->in[i] == views[v + 1]->in[i],
                      "node %d differs from its copy", i);
        }
    }
}

void adjust_audit(const struct adjust_cluster *cluster, struct arena *scratch)
{
    const struct arena_mark mark = arena_mark(scratch);
    struct adjust_cluster counted = *cluster; /* only to count runs; its pictures are the computed ones */
    struct adjust_view actual = copy_of(cluster, scratch, &cluster->foreign);
    struct adjust_view cached = copy_of(cluster, scratch, &cluster->snapshot);
    int32_t ips_pending = 0, ips_deployed = 0;
    const struct adjust_list lists[] = {cluster->pending, cluster->deployed};
    for (int l = 0; l < 2; l++)
        for (int32_t at = lists[l].first; at != ADJUST_UNSET; at = cluster->book->reservations[at].next) {
            const struct reservation *reservation = &cluster->book->reservations[at];
            check(reservation->state == (l ? RESERVATION_DEPLOYED : RESERVATION_PENDING),
                  "reservation %d in a wrong list", at);
            check(replicas_of(cluster, reservation) == replicas_wanted(reservation->request),
                  "reservation %d has another number of replicas than asked", at);
            *(l ? &ips_deployed : &ips_pending) += reservation->request->leased_ips;
            if (l)
                adjust_view_count_runs(&counted, &actual, reservation->request, reservation->first_run, 1);
            else if (reservation->booked)
                adjust_view_count_runs(&counted, &cached, reservation->request, reservation->first_run, 1);
        }
    audit_blocks(cluster);
    check_same(cluster, &cluster->actual, &actual, "actual");
    /* With Q11 the cached picture also keeps what ended reservations had booked, until the next snapshot. */
    if (cluster->rules.stale_after_release)
        check_at_least(cluster, &cluster->cached, &cached);
    else
        check_same(cluster, &cluster->cached, &cached, "cached");
    check(ips_pending == cluster->ips_pending && ips_deployed == cluster->ips_deployed, "leased IPs differ");
    arena_rewind(scratch, mark);
}

static uint64_t digest_view(const struct adjust_cluster *cluster, const struct adjust_view *view, uint64_t hash)
{
    for (int32_t i = 0; i < cluster->n_nodes; i++) {
        const struct adjust_load *load = &view->nodes[i];
        hash = hash_word(hash, (uint64_t)load->cpu_milli);
        hash = hash_word(hash, (uint64_t)load->memory_bytes);
        hash = hash_word(hash, (uint64_t)load->gpus);
        hash = hash_word(hash, (uint64_t)load->ephemeral_bytes);
        hash = hash_word(hash, view->in[i]);
    }
    for (int32_t i = 0; i < cluster->n_pools; i++)
        hash = hash_word(hash, (uint64_t)view->pools[i]);
    return hash;
}

uint64_t adjust_digest(const struct adjust_cluster *cluster, uint64_t hash)
{
    const struct adjust_book *book = cluster->book;
    hash = digest_view(cluster, &cluster->actual, hash);
    hash = digest_view(cluster, &cluster->snapshot, hash);
    hash = digest_view(cluster, &cluster->cached, hash);
    const struct adjust_list lists[] = {cluster->pending, cluster->deployed};
    for (int l = 0; l < 2; l++)
        for (int32_t at = lists[l].first; at != ADJUST_UNSET; at = book->reservations[at].next) {
            hash = hash_word(hash, (uint64_t)book->reservations[at].state * 2 + book->reservations[at].booked);
            for (int32_t run = book->reservations[at].first_run; run != ADJUST_UNSET; run = book->runs[run].next) {
                hash = hash_word(hash, (uint64_t)book->runs[run].unit << 32 | (uint32_t)book->runs[run].node);
                hash = hash_word(hash, (uint64_t)book->runs[run].count);
            }
        }
    return hash;
}
