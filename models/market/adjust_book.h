/* Inside of the inventory: the shared table of reservations and runs, and the walk over one picture of a cluster. Only
 * adjust*.c include this; everybody else uses adjust.h. */
#ifndef NINES_MARKET_ADJUST_BOOK_H
#define NINES_MARKET_ADJUST_BOOK_H

#include "models/market/adjust.h"

#include <stddef.h>

enum reservation_state { RESERVATION_UNUSED, RESERVATION_PENDING, RESERVATION_DEPLOYED };

struct reservation {
    const struct adjust_request *request;
    uint32_t generation; /* raised when the slot is given back */
    enum reservation_state state;
    bool booked;                 /* its runs are counted in the cached picture; pending ones only */
    int32_t previous, next;      /* in the cluster's list of its state; next also links unused slots */
    int32_t first_run, last_run; /* pending: as last placed; deployed: actual */
};

struct adjust_book {
    struct reservation *reservations;
    struct adjust_run *runs;
    int32_t n_reservations, n_runs;
    int32_t used_reservations, used_runs;   /* slots ever used: memory beyond them has not been touched */
    int32_t unused_reservation, unused_run; /* heads of the lists of slots that were used and are not; ADJUST_UNSET */
};

#define ADJUST_LIST_EMPTY ((struct adjust_list){ADJUST_UNSET, ADJUST_UNSET})

/* --- Runs. A list under construction belongs to no reservation yet. --- */

/* Adds `count` replicas of a unit on a node, to the last run where that one is the same unit and node. */
void adjust_book_append(struct adjust_book *book, struct adjust_list *list, int32_t unit, int32_t node, int32_t count,
                        const struct adjust_wish *gpu);
void adjust_book_free_runs(struct adjust_book *book, struct adjust_list *list);

/* --- Reservations --- */

/* Aborts when the id's reservation has ended. */
struct reservation *adjust_book_reservation(const struct adjust_cluster *cluster, reservation_id id);
/* Into the list's end, out of the list, from the unused slots, and back to them (its runs must be gone). */
void adjust_book_link(struct adjust_book *book, struct adjust_list *list, int32_t reservation);
void adjust_book_unlink(struct adjust_book *book, struct adjust_list *list, int32_t reservation);
int32_t adjust_book_new_reservation(struct adjust_book *book);
void adjust_book_free_reservation(struct adjust_book *book, int32_t reservation);

/* --- Pictures --- */

/* Adds (times = 1) or removes (times = -1) all replicas of the runs that have a node. */
void adjust_view_count_runs(struct adjust_cluster *cluster, struct adjust_view *view,
                            const struct adjust_request *request, int32_t first_run, int32_t times);

/* To call after each change of a node of a picture. */
void adjust_view_changed(const struct adjust_cluster *cluster, struct adjust_view *view, int32_t node);
/* Whether some node of the block can have room for a replica; false is certain. O(1) as long as nothing changes. */
bool adjust_block_has_room(const struct adjust_cluster *cluster, struct adjust_view *view, int32_t block,
                           const struct adjust_unit *unit);
/* Makes the bounds of a block as low as they can be. O(1) unless they are loose. */
void adjust_block_tighten(const struct adjust_cluster *cluster, struct adjust_view *view, int32_t block);

/* Places one replica on one node of a picture. wishes[n_wishes] is the GPU request as it now stands; when GPUs are
 * taken, *gpu becomes what it is rewritten to and *rewritten true, even if the replica then fails for another reason.
 */
enum replica_result { REPLICA_PLACED, REPLICA_NOT_HERE, REPLICA_NOWHERE };
enum replica_result adjust_view_place_replica(const struct adjust_cluster *cluster, struct adjust_view *view,
                                              int32_t node, const struct adjust_unit *unit,
                                              const struct adjust_wish *wishes, int32_t n_wishes,
                                              struct adjust_wish *gpu, bool *rewritten);

/* The whole walk over a picture. True: every replica is placed, counted in the picture and listed. False: the picture
 * is as it was and the list empty. */
bool adjust_view_place(struct adjust_cluster *cluster, struct adjust_view *view, const struct adjust_request *request,
                       struct adjust_list *list);

#endif
