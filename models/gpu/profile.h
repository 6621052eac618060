/* Availability over time: what will be free when, if everybody runs to his limit.
 *
 * A *booking* is one job's hold on concrete nodes and devices: bound (it runs; its tasks sit in the inventory until its
 * end at the latest) or planned (from a begin in the future to an end). What a node has free at an instant t >= now is
 *
 *   what is left of it now  +  bound bookings that end by t  -  planned bookings with begin <= t < end
 *
 * and over a window the smallest of these, component by component and device by device; it falls only where a
 * planned booking begins, so only those instants are looked at. It rises only where a booking ends, so the earliest
 * instant at which a job fits is now or the end of a booking.
 *
 * Nodes that are not available have room at no time: nobody knows when they come back. Residents that are not booked
 * here stay for ever.
 *
 * A planned booking may be `whole`: its nodes then have no room for anybody else while it lasts (Slurm's backfill).
 *
 * Invariant, checked wherever a room is worked out: no device is ever promised twice. Source: the profile of
 * conservative backfilling, Mu'alem & Feitelson 2001, "Utilization, predictability, workloads, and user runtime
 * estimates in scheduling the IBM SP2 with backfilling", section 3; here over nodes and devices, not a count of
 * processors. */
#ifndef NINES_MODELS_GPU_PROFILE_H
#define NINES_MODELS_GPU_PROFILE_H

#include "models/gpu/place.h"
#include "models/gpu/room.h"

#define GPU_PROFILE_NEVER (INT64_MAX / 2)

/* One task's seat. */
struct gpu_claim {
    int32_t booking, task, node;
    uint16_t devices;
    int32_t next_of_booking;                     /* or the next unused entry; GPU_NO_NODE at the end */
    int32_t next_on_node, previous_on_node;
};

enum gpu_booking_state { GPU_BOOKING_NONE, GPU_BOOKING_PLANNED, GPU_BOOKING_BOUND };

struct gpu_booking {
    enum gpu_booking_state state;
    const struct gpu_pod *tasks; /* [count], the caller's; must outlive the booking */
    int32_t count;
    int64_t begin_us, end_us;
    bool whole;
    int64_t gpu_milli, cpu_milli; /* sums over tasks */
    int32_t first_claim;
};

/* Which nodes the tasks of one booking may share with each other. */
enum gpu_company { GPU_COMPANY_ANY, GPU_COMPANY_APART /* no two on one node */, GPU_COMPANY_TOGETHER /* all on one node */ };

/* A search: these tasks, all of them, for so long. */
struct gpu_booking_request {
    const struct gpu_pod *tasks; /* [count] */
    int32_t count;
    enum gpu_company company;
    int64_t length_us;           /* > 0; GPU_PROFILE_NEVER: unlimited */
};

struct gpu_profile {
    struct gpu_inventory *inventory;
    struct gpu_booking *bookings; /* [room] */
    int32_t room, used, planned;  /* used: 1 + highest id that ever was; planned: how many bookings are */
    struct gpu_claim *claims;     /* [claim_room] */
    int32_t claim_room, vacant;
    int32_t *first_on_node;       /* [nodes] */
    struct gpu_place_options place;
    /* Scratch of a search. */
    struct gpu_placement *draft;  /* [claim_room] */
    struct gpu_room *rooms;       /* [nodes], of the search under way where stamps[node] == stamp */
    uint64_t *stamps, stamp;
    int32_t *forbidden;           /* [nodes] */
};

/* All memory from arena now. bookings: ids are 0 .. bookings - 1, chosen by the caller. claims: tasks of all bookings
 * together. place: policy, ties, devices and domains for bookings that begin at once; planned ones go to the first
 * nodes by (rank, index) that have room, within the same domains. It must not forbid nodes. */
struct gpu_profile *gpu_profile_create(struct arena *arena, struct gpu_inventory *inventory, int32_t bookings,
                                       int32_t claims, const struct gpu_place_options *place);

/* True when the tasks would fit together if every node were available and had no residents. */
bool gpu_profile_possible(struct gpu_profile *profile, const struct gpu_booking_request *request);

/* Places and binds the tasks from `now` on, by the policy, in room that nobody else has planned for within the length.
 * A plan of the same id is not in its way and is replaced. False: no room, nothing changed. Complete for identical
 * tasks. `random` is fresh for each call. Cost: a gpu_find() a task and one more for each node that is planned for. */
bool gpu_profile_start(struct gpu_profile *profile, int32_t id, const struct gpu_booking_request *request,
                       int64_t now_us, uint64_t random);

/* Books the tasks for the earliest instant from `from_us` on and before `before_us` at which they have room for their
 * length. A plan of the same id is not in its way, is replaced if something is found, and stays if not. Returns the
 * instant, or GPU_PROFILE_NEVER. O(bookings x (bookings + nodes x claims of a node)), the second only where
 * sums over the cluster do not rule the instant out. */
int64_t gpu_profile_plan(struct gpu_profile *profile, int32_t id, const struct gpu_booking_request *request,
                         int64_t from_us, int64_t before_us, bool whole);

/* Copies the seats of a booking, by task: seats[count]. */
void gpu_profile_seats(const struct gpu_profile *profile, int32_t id, struct gpu_placement *seats);

/* Plans at a begin and on seats[count] that an earlier plan had and that nobody took since. */
void gpu_profile_plan_at(struct gpu_profile *profile, int32_t id, const struct gpu_booking_request *request,
                         int64_t begin_us, const struct gpu_placement *seats);

/* A planned booking whose begin has come is bound where it was planned. */
void gpu_profile_begin(struct gpu_profile *profile, int32_t id, int64_t now_us);

/* Forgets a booking; a bound one is released from the inventory. No effect on an id without one. */
void gpu_profile_drop(struct gpu_profile *profile, int32_t id);

bool gpu_profile_uses(const struct gpu_profile *profile, int32_t id, int32_t node);

/* What the node has free all through [from_us, to_us); claims of booking `self` are not counted (GPU_NO_NODE: all are).
 * */
struct gpu_room gpu_profile_room(const struct gpu_profile *profile, int32_t node, int64_t from_us, int64_t to_us,
                                 int32_t self);

/* The end of the booking that ends first after `after_us`, `self` not counted, or
 * GPU_PROFILE_NEVER. O(bookings). */
int64_t gpu_profile_next_end(const struct gpu_profile *profile, int64_t after_us, int32_t self);

#endif
