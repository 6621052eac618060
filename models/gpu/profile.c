#include "models/gpu/profile.h"

#include "sim/base/check.h"
#include "sim/base/hash.h"

#include <string.h>

#include "sim/base/nomalloc.h"

struct gpu_profile *gpu_profile_create(struct arena *arena, struct gpu_inventory *inventory, int32_t bookings,
                                       int32_t claims, const struct gpu_place_options *place)
{
    check(inventory->sealed && bookings >= 1 && claims >= 1, "a profile of %d bookings, %d claims", bookings, claims);
    check(place->forbidden_count == 0, "a profile's placements forbid nodes of their own");
    struct gpu_profile *profile = arena_new(arena, struct gpu_profile);
    *profile = (struct gpu_profile){
        .inventory = inventory,
        .bookings = arena_array(arena, (size_t)bookings, struct gpu_booking),
        .room = bookings,
        .claims = arena_array(arena, (size_t)claims, struct gpu_claim),
        .claim_room = claims,
        .first_on_node = arena_array(arena, inventory->count, int32_t),
        .place = *place,
        .draft = arena_array(arena, (size_t)claims, struct gpu_placement),
        .rooms = arena_array(arena, inventory->count, struct gpu_room),
        .stamps = arena_array(arena, inventory->count, uint64_t),
        .forbidden = arena_array(arena, inventory->count, int32_t),
    };
    for (size_t i = 0; i < inventory->count; i++)
        profile->first_on_node[i] = GPU_NO_NODE;
    for (int32_t i = 0; i < claims; i++)
        profile->claims[i].next_of_booking = i + 1 < claims ? i + 1 : GPU_NO_NODE;
    return profile;
}

static struct gpu_booking *booking_at(const struct gpu_profile *profile, int32_t id)
{
    check(id >= 0 && id < profile->room, "booking %d of %d", id, profile->room);
    return &profile->bookings[id];
}

/* --- Rooms -------------------------------------------------------------------------------------------------------- */

static bool holds_at(const struct gpu_booking *booking, int64_t at_us)
{
    return booking->state == GPU_BOOKING_PLANNED && booking->begin_us <= at_us && at_us < booking->end_us;
}

static struct gpu_room room_at(const struct gpu_profile *profile, int32_t node, int64_t at_us, int32_t self)
{
    struct gpu_room room = gpu_room_of(profile->inventory, node);
    bool closed = false;
    const struct gpu_claim *claim;
    for (int32_t i = profile->first_on_node[node]; i != GPU_NO_NODE; i = claim->next_on_node) {
        claim = &profile->claims[i];
        const struct gpu_booking *booking = &profile->bookings[claim->booking];
        if (booking->state == GPU_BOOKING_BOUND && booking->end_us <= at_us)
            gpu_room_give(&room, &booking->tasks[claim->task], claim->devices);
        closed = closed || (booking->whole && claim->booking != self && holds_at(booking, at_us));
    }
    if (closed) {
        room.cpu_milli = room.memory_mib = room.pods = 0;
        memset(room.milli, 0, sizeof room.milli);
        return room;
    }
    for (int32_t i = profile->first_on_node[node]; i != GPU_NO_NODE; i = claim->next_on_node) {
        claim = &profile->claims[i];
        const struct gpu_booking *booking = &profile->bookings[claim->booking];
        if (claim->booking != self && holds_at(booking, at_us))
            gpu_room_take(&room, &booking->tasks[claim->task], claim->devices);
    }
    return room;
}

struct gpu_room gpu_profile_room(const struct gpu_profile *profile, int32_t node, int64_t from_us, int64_t to_us,
                                 int32_t self)
{
    struct gpu_room room = room_at(profile, node, from_us, self);
    if (profile->planned == 0)
        return room;
    const struct gpu_claim *claim;
    for (int32_t i = profile->first_on_node[node]; i != GPU_NO_NODE; i = claim->next_on_node) {
        claim = &profile->claims[i];
        const struct gpu_booking *booking = &profile->bookings[claim->booking];
        if (booking->state != GPU_BOOKING_PLANNED || claim->booking == self || booking->begin_us <= from_us ||
            booking->begin_us >= to_us)
            continue;
        struct gpu_room then = room_at(profile, node, booking->begin_us, self);
        gpu_room_both(&room, &then);
    }
    return room;
}

int64_t gpu_profile_next_end(const struct gpu_profile *profile, int64_t after_us, int32_t self)
{
    int64_t next = GPU_PROFILE_NEVER;
    for (int32_t i = 0; i < profile->used; i++) {
        const struct gpu_booking *booking = &profile->bookings[i];
        if (booking->state != GPU_BOOKING_NONE && i != self && booking->end_us > after_us && booking->end_us < next)
            next = booking->end_us;
    }
    return next;
}

/* --- Booking ------------------------------------------------------------------------------------------------------ */

static void unlink_claim(struct gpu_profile *profile, const struct gpu_claim *claim)
{
    if (claim->previous_on_node != GPU_NO_NODE)
        profile->claims[claim->previous_on_node].next_on_node = claim->next_on_node;
    else
        profile->first_on_node[claim->node] = claim->next_on_node;
    if (claim->next_on_node != GPU_NO_NODE)
        profile->claims[claim->next_on_node].previous_on_node = claim->previous_on_node;
}

void gpu_profile_drop(struct gpu_profile *profile, int32_t id)
{
    struct gpu_booking *booking = booking_at(profile, id);
    if (booking->state == GPU_BOOKING_NONE)
        return;
    for (int32_t i = booking->first_claim, next; i != GPU_NO_NODE; i = next) {
        struct gpu_claim *claim = &profile->claims[i];
        next = claim->next_of_booking;
        if (booking->state == GPU_BOOKING_BOUND)
            gpu_release(profile->inventory, &booking->tasks[claim->task],
                        &(struct gpu_placement){.node = claim->node, .devices = claim->devices});
        unlink_claim(profile, claim);
        claim->next_of_booking = profile->vacant;
        profile->vacant = i;
    }
    profile->planned -= booking->state == GPU_BOOKING_PLANNED;
    *booking = (struct gpu_booking){.first_claim = GPU_NO_NODE};
}

static void add_claim(struct gpu_profile *profile, int32_t id, int32_t task)
{
    const struct gpu_placement *seat = &profile->draft[task];
    if (profile->vacant == GPU_NO_NODE)
        limit_reached("limits.gpu_claims", profile->claim_room);
    int32_t i = profile->vacant, first = profile->first_on_node[seat->node];
    struct gpu_claim *claim = &profile->claims[i];
    profile->vacant = claim->next_of_booking;
    *claim = (struct gpu_claim){
        .booking = id,
        .task = task,
        .node = seat->node,
        .devices = seat->devices,
        .next_of_booking = profile->bookings[id].first_claim,
        .next_on_node = first,
        .previous_on_node = GPU_NO_NODE,
    };
    if (first != GPU_NO_NODE)
        profile->claims[first].previous_on_node = i;
    profile->first_on_node[seat->node] = i;
    profile->bookings[id].first_claim = i;
}

static void sums(const struct gpu_booking_request *request, int64_t *gpu_milli, int64_t *cpu_milli)
{
    *gpu_milli = *cpu_milli = 0;
    for (int32_t i = 0; i < request->count; i++) {
        *gpu_milli += gpu_pod_milli(&request->tasks[i]);
        *cpu_milli += request->tasks[i].cpu_milli;
    }
}

static int64_t end_of(int64_t begin_us, int64_t length_us)
{
    return length_us >= GPU_PROFILE_NEVER - begin_us ? GPU_PROFILE_NEVER : begin_us + length_us;
}

/* Writes the booking for the seats in draft; an earlier one of the id goes. */
static void book(struct gpu_profile *profile, int32_t id, const struct gpu_booking_request *request,
                 int64_t begin_us, enum gpu_booking_state state)
{
    gpu_profile_drop(profile, id);
    struct gpu_booking *booking = &profile->bookings[id];
    profile->used = id < profile->used ? profile->used : id + 1;
    *booking = (struct gpu_booking){
        .state = state,
        .tasks = request->tasks,
        .count = request->count,
        .begin_us = begin_us,
        .end_us = end_of(begin_us, request->length_us),
        .first_claim = GPU_NO_NODE,
    };
    sums(request, &booking->gpu_milli, &booking->cpu_milli);
    profile->planned += state == GPU_BOOKING_PLANNED;
    for (int32_t task = request->count; task-- > 0;)
        add_claim(profile, id, task);
}

void gpu_profile_begin(struct gpu_profile *profile, int32_t id, int64_t now_us)
{
    struct gpu_booking *booking = booking_at(profile, id);
    check(booking->state == GPU_BOOKING_PLANNED && booking->begin_us == now_us, "booking %d begins out of turn", id);
    for (int32_t i = booking->first_claim; i != GPU_NO_NODE; i = profile->claims[i].next_of_booking)
        gpu_bind(profile->inventory, &booking->tasks[profile->claims[i].task],
                 &(struct gpu_placement){.node = profile->claims[i].node, .devices = profile->claims[i].devices});
    booking->state = GPU_BOOKING_BOUND;
    booking->whole = false;
    profile->planned--;
}

bool gpu_profile_uses(const struct gpu_profile *profile, int32_t id, int32_t node)
{
    const struct gpu_booking *booking = booking_at(profile, id);
    if (booking->state == GPU_BOOKING_NONE)
        return false;
    for (int32_t i = booking->first_claim; i != GPU_NO_NODE; i = profile->claims[i].next_of_booking)
        if (profile->claims[i].node == node)
            return true;
    return false;
}

void gpu_profile_seats(const struct gpu_profile *profile, int32_t id, struct gpu_placement *seats)
{
    const struct gpu_booking *booking = booking_at(profile, id);
    check(booking->state != GPU_BOOKING_NONE, "booking %d has no seats", id);
    for (int32_t i = booking->first_claim; i != GPU_NO_NODE; i = profile->claims[i].next_of_booking)
        seats[profile->claims[i].task] =
            (struct gpu_placement){.node = profile->claims[i].node, .devices = profile->claims[i].devices};
}

void gpu_profile_plan_at(struct gpu_profile *profile, int32_t id, const struct gpu_booking_request *request,
                         int64_t begin_us, const struct gpu_placement *seats)
{
    check(booking_at(profile, id)->state != GPU_BOOKING_BOUND, "booking %d is planned while bound", id);
    memcpy(profile->draft, seats, (size_t)request->count * sizeof *seats);
    book(profile, id, request, begin_us, GPU_BOOKING_PLANNED);
}

/* --- Searches ----------------------------------------------------------------------------------------------------- */

/* The window of a search; empty: every node up and without residents. */
struct window {
    int64_t from_us, to_us;
    int32_t self;
    bool empty;
};

static struct window window_begin(struct gpu_profile *profile, int64_t from_us, int64_t length_us, int32_t self)
{
    profile->stamp++;
    return (struct window){.from_us = from_us, .to_us = end_of(from_us, length_us), .self = self};
}

static struct gpu_room empty_room(const struct gpu_inventory *inventory, int32_t index)
{
    const struct gpu_node_options *capacity = &inventory->nodes[index].capacity;
    struct gpu_room room = {.cpu_milli = capacity->cpu_milli,
                            .memory_mib = capacity->memory_mib,
                            .pods = inventory->pods_per_node,
                            .devices = capacity->devices,
                            .model = capacity->devices > 0 ? capacity->model : 0};
    for (unsigned i = 0; i < capacity->devices; i++)
        room.milli[i] = GPU_DEVICE_MILLI;
    return room;
}

/* The room of a node in the search under way, less what the search has taken already. */
static struct gpu_room *room_in(struct gpu_profile *profile, const struct window *window, int32_t node)
{
    if (profile->stamps[node] != profile->stamp) {
        profile->stamps[node] = profile->stamp;
        profile->rooms[node] =
            window->empty ? empty_room(profile->inventory, node)
                          : gpu_profile_room(profile, node, window->from_us, window->to_us, window->self);
    }
    return &profile->rooms[node];
}

static bool node_allowed(const struct gpu_profile *profile, const struct window *window, int32_t node,
                         const struct gpu_pod *pod)
{
    const struct gpu_node *it = &profile->inventory->nodes[node];
    const struct gpu_place_options *place = &profile->place;
    unsigned domain = it->capacity.domain;
    if ((!it->available && !window->empty) || it->capacity.cpu_milli < pod->cpu_milli ||
        it->capacity.memory_mib < pod->memory_mib || it->capacity.devices < pod->devices)
        return false;
    return place->domains == NULL ||
           (domain / 64 < place->domain_words && (place->domains[domain / 64] >> domain % 64 & 1) != 0);
}

static bool same_task(const struct gpu_booking_request *request, int32_t task)
{
    const struct gpu_pod *a = &request->tasks[task], *b = &request->tasks[task - 1];
    return a->cpu_milli == b->cpu_milli && a->memory_mib == b->memory_mib && a->devices == b->devices &&
           a->milli_per_device == b->milli_per_device && a->models == b->models;
}

/* Whether one of the first `tasks` tasks of the draft sits on the node. */
static bool drafted_on(const struct gpu_profile *profile, int32_t tasks, int32_t node)
{
    for (int32_t i = 0; i < tasks; i++)
        if (profile->draft[i].node == node)
            return true;
    return false;
}

/* All tasks on this node, all through the window; seats into draft. The room of the search is left as it is. */
static bool fit_on(struct gpu_profile *profile, const struct gpu_booking_request *request, const struct window *window, int32_t node)
{
    struct gpu_room room = {0};
    for (int32_t task = 0; task < request->count; task++) {
        const struct gpu_pod *pod = &request->tasks[task];
        struct gpu_placement seat = {.node = node};
        if (!node_allowed(profile, window, node, pod))
            return false;
        if (task == 0)
            room = *room_in(profile, window, node);
        if (!gpu_room_find(&room, pod, &seat.devices))
            return false;
        gpu_room_take(&room, pod, seat.devices);
        profile->draft[task] = seat;
    }
    return true;
}

/* All tasks on the first nodes that have room all through the window; seats into draft. A task like the one before it
 * need not look at nodes that had no room for that one. */
static bool fit_in(struct gpu_profile *profile, const struct gpu_booking_request *request,
                   const struct window *window)
{
    const struct gpu_inventory *inventory = profile->inventory;
    size_t order = 0;
    bool apart = request->company == GPU_COMPANY_APART;
    for (size_t i = 0; i < inventory->count && request->company == GPU_COMPANY_TOGETHER; i++)
        if (fit_on(profile, request, window, (int32_t)inventory->by_order[i]))
            return true;
    if (request->company == GPU_COMPANY_TOGETHER)
        return false;
    for (int32_t task = 0; task < request->count; task++) {
        const struct gpu_pod *pod = &request->tasks[task];
        struct gpu_placement seat = {.node = GPU_NO_NODE};
        if (task > 0 && !same_task(request, task))
            order = 0;
        for (; order < inventory->count; order++) {
            int32_t node = (int32_t)inventory->by_order[order];
            if (node_allowed(profile, window, node, pod) && !(apart && drafted_on(profile, task, node)) &&
                gpu_room_find(room_in(profile, window, node), pod, &seat.devices)) {
                seat.node = node;
                break;
            }
        }
        if (seat.node == GPU_NO_NODE)
            return false;
        gpu_room_take(&profile->rooms[seat.node], pod, seat.devices);
        profile->draft[task] = seat;
    }
    return true;
}

static void check_request(const struct gpu_profile *profile, const struct gpu_booking_request *request)
{
    check(request->count >= 1 && request->length_us > 0, "a request of %d tasks for %lld us", request->count,
          (long long)request->length_us);
    if (request->count > profile->claim_room)
        limit_reached("limits.gpu_claims", profile->claim_room);
}

bool gpu_profile_possible(struct gpu_profile *profile, const struct gpu_booking_request *request)
{
    check_request(profile, request);
    struct window window = window_begin(profile, 0, request->length_us, GPU_NO_NODE);
    window.empty = true;
    return fit_in(profile, request, &window);
}

/* An upper bound of what is free at an instant, over the whole cluster, cheap enough to rule out most instants. */
static bool sums_suffice(const struct gpu_profile *profile, const struct gpu_booking_request *request,
                         int64_t at_us, int32_t self)
{
    const struct gpu_totals *totals = &profile->inventory->totals;
    int64_t gpu_milli = totals->available_free_gpu_milli, cpu_milli, wanted_gpu, wanted_cpu;
    cpu_milli = totals->capacity_cpu_milli - totals->allocated_cpu_milli;
    for (int32_t i = 0; i < profile->used; i++) {
        const struct gpu_booking *booking = &profile->bookings[i];
        int sign = booking->state == GPU_BOOKING_BOUND && booking->end_us <= at_us ? 1
                   : i != self && holds_at(booking, at_us)                         ? -1
                                                                                   : 0;
        gpu_milli += sign * booking->gpu_milli;
        cpu_milli += sign * booking->cpu_milli;
    }
    sums(request, &wanted_gpu, &wanted_cpu);
    return wanted_gpu <= gpu_milli && wanted_cpu <= cpu_milli;
}

int64_t gpu_profile_plan(struct gpu_profile *profile, int32_t id, const struct gpu_booking_request *request,
                         int64_t from_us, int64_t before_us, bool whole)
{
    check_request(profile, request);
    check(booking_at(profile, id)->state != GPU_BOOKING_BOUND, "booking %d is planned while bound", id);
    for (int64_t at = from_us; at < before_us; at = gpu_profile_next_end(profile, at, id)) {
        struct window window = window_begin(profile, at, request->length_us, id);
        if (!sums_suffice(profile, request, at, id) || !fit_in(profile, request, &window))
            continue;
        book(profile, id, request, at, GPU_BOOKING_PLANNED);
        profile->bookings[id].whole = whole;
        return at;
    }
    return GPU_PROFILE_NEVER;
}

/* One task by the policy, on a node that has room for it all through the window. Nodes found wanting are added to the
 * forbidden ones. */
static bool seat_now(struct gpu_profile *profile, const struct window *window, const struct gpu_pod *pod,
                     struct gpu_place_options *place, struct gpu_placement *seat)
{
    while (gpu_find(profile->inventory, pod, place, seat)) {
        struct gpu_room *room = room_in(profile, window, seat->node);
        if (gpu_room_fits_on(room, pod, seat->devices) || gpu_room_find(room, pod, &seat->devices)) {
            gpu_room_take(room, pod, seat->devices);
            return true;
        }
        profile->forbidden[place->forbidden_count++] = seat->node;
    }
    return false;
}

/* All tasks on one node that the policy would take for the first; seats into draft, and bound. */
static bool seat_together(struct gpu_profile *profile, const struct gpu_booking_request *request, const struct window *window,
                          struct gpu_place_options *place)
{
    struct gpu_placement first;
    while (gpu_find(profile->inventory, &request->tasks[0], place, &first)) {
        if (fit_on(profile, request, window, first.node)) {
            for (int32_t i = 0; i < request->count; i++)
                gpu_bind(profile->inventory, &request->tasks[i], &profile->draft[i]);
            return true;
        }
        profile->forbidden[place->forbidden_count++] = first.node;
    }
    return false;
}

bool gpu_profile_start(struct gpu_profile *profile, int32_t id, const struct gpu_booking_request *request,
                       int64_t now_us, uint64_t random)
{
    check_request(profile, request);
    check(booking_at(profile, id)->state != GPU_BOOKING_BOUND, "booking %d starts while bound", id);
    struct window window = window_begin(profile, now_us, request->length_us, id);
    struct gpu_place_options place = profile->place;
    place.forbidden = profile->forbidden;
    int32_t placed = 0;
    if (request->company == GPU_COMPANY_TOGETHER) {
        place.random = random;
        if (seat_together(profile, request, &window, &place))
            book(profile, id, request, now_us, GPU_BOOKING_BOUND);
        return profile->bookings[id].state == GPU_BOOKING_BOUND;
    }
    for (; placed < request->count; placed++) {
        bool other = placed > 0 && !same_task(request, placed);
        if (other)
            place.forbidden_count = 0;
        for (int32_t i = other ? 0 : placed - 1; request->company == GPU_COMPANY_APART && i >= 0 && i < placed; i++)
            profile->forbidden[place.forbidden_count++] = profile->draft[i].node;
        place.random = hash_word(random, (uint64_t)placed);
        if (!seat_now(profile, &window, &request->tasks[placed], &place, &profile->draft[placed]))
            break;
        gpu_bind(profile->inventory, &request->tasks[placed], &profile->draft[placed]);
    }
    if (placed == request->count) {
        book(profile, id, request, now_us, GPU_BOOKING_BOUND);
        return true;
    }
    while (placed-- > 0)
        gpu_release(profile->inventory, &request->tasks[placed], &profile->draft[placed]);
    return false;
}
