/* The table of reservations and runs: fixed slots with lists of unused ones, so that nothing is allocated in the loop
 * and slots are reused in an order that depends on the history only. */
#include "models/market/adjust_book.h"

#include "sim/base/arena.h"
#include "sim/base/check.h"

#include <string.h>

#include "sim/base/nomalloc.h"

struct adjust_book *adjust_book_create(struct arena *arena, int32_t reservations, int32_t runs)
{
    check(reservations > 0 && runs > 0, "a book for %d reservations and %d runs", reservations, runs);
    struct adjust_book *book = arena_new(arena, struct adjust_book);
    book->reservations = arena_alloc(arena, (size_t)reservations, sizeof *book->reservations);
    book->runs = arena_alloc(arena, (size_t)runs, sizeof *book->runs);
    book->n_reservations = reservations;
    book->n_runs = runs;
    book->unused_reservation = book->unused_run = ADJUST_UNSET;
    return book;
}

void adjust_book_append(struct adjust_book *book, struct adjust_list *list, int32_t unit, int32_t node, int32_t count,
                        const struct adjust_wish *gpu)
{
    if (list->last != ADJUST_UNSET && book->runs[list->last].unit == unit && book->runs[list->last].node == node) {
        book->runs[list->last].count += count;
        return;
    }
    int32_t at = book->unused_run;
    if (at != ADJUST_UNSET)
        book->unused_run = book->runs[at].next;
    else if (book->used_runs < book->n_runs)
        at = book->used_runs++;
    else
        limit_reached("market_limits.reservations", book->n_reservations);
    book->runs[at] = (struct adjust_run){ADJUST_UNSET, unit, node, count, *gpu};
    if (list->last == ADJUST_UNSET)
        list->first = at;
    else
        book->runs[list->last].next = at;
    list->last = at;
}

void adjust_book_free_runs(struct adjust_book *book, struct adjust_list *list)
{
    if (list->last != ADJUST_UNSET) {
        book->runs[list->last].next = book->unused_run;
        book->unused_run = list->first;
    }
    *list = ADJUST_LIST_EMPTY;
}

struct reservation *adjust_book_reservation(const struct adjust_cluster *cluster, reservation_id id)
{
    check(id.index >= 0 && id.index < cluster->book->used_reservations, "reservation %d", id.index);
    struct reservation *reservation = &cluster->book->reservations[id.index];
    check(reservation->state != RESERVATION_UNUSED && reservation->generation == id.generation,
          "reservation %d.%u has ended", id.index, id.generation);
    return reservation;
}

void adjust_book_link(struct adjust_book *book, struct adjust_list *list, int32_t at)
{
    book->reservations[at].previous = list->last;
    book->reservations[at].next = ADJUST_UNSET;
    if (list->last == ADJUST_UNSET)
        list->first = at;
    else
        book->reservations[list->last].next = at;
    list->last = at;
}

void adjust_book_unlink(struct adjust_book *book, struct adjust_list *list, int32_t at)
{
    const struct reservation *reservation = &book->reservations[at];
    if (reservation->previous == ADJUST_UNSET)
        list->first = reservation->next;
    else
        book->reservations[reservation->previous].next = reservation->next;
    if (reservation->next == ADJUST_UNSET)
        list->last = reservation->previous;
    else
        book->reservations[reservation->next].previous = reservation->previous;
}

int32_t adjust_book_new_reservation(struct adjust_book *book)
{
    int32_t at = book->unused_reservation;
    if (at != ADJUST_UNSET) {
        book->unused_reservation = book->reservations[at].next;
        return at;
    }
    if (book->used_reservations == book->n_reservations)
        limit_reached("market_limits.reservations", book->n_reservations);
    at = book->used_reservations++;
    book->reservations[at] = (struct reservation){0};
    return at;
}

void adjust_book_free_reservation(struct adjust_book *book, int32_t at)
{
    const uint32_t generation = book->reservations[at].generation + 1;
    book->reservations[at] = (struct reservation){.generation = generation, .next = book->unused_reservation};
    book->unused_reservation = at;
}

void adjust_view_count_runs(struct adjust_cluster *cluster, struct adjust_view *view,
                            const struct adjust_request *request, int32_t first_run, int32_t times)
{
    const struct adjust_book *book = cluster->book;
    for (int32_t at = first_run; at != ADJUST_UNSET; at = book->runs[at].next) {
        const struct adjust_run *run = &book->runs[at];
        if (run->node == ADJUST_UNSET)
            continue;
        const struct adjust_unit *unit = &request->units[run->unit];
        const int64_t replicas = (int64_t)times * run->count;
        struct adjust_load *load = &view->nodes[run->node];
        load->cpu_milli += replicas * unit->cpu_milli;
        load->memory_bytes += replicas * unit->memory_bytes;
        load->gpus += replicas * unit->gpus;
        for (int32_t v = 0; v < unit->n_volumes; v++) {
            const struct adjust_volume *volume = &unit->volumes[v];
            if (volume->kind == ADJUST_RAM)
                load->memory_bytes += replicas * volume->bytes;
            else if (volume->kind == ADJUST_EPHEMERAL)
                load->ephemeral_bytes += replicas * volume->bytes;
            else
                view->pools[cluster->pool_of_class[volume->class_id]] += replicas * volume->bytes;
        }
        adjust_view_changed(cluster, view, run->node);
    }
}
