/* Who is back when: crews, then the door. */
#include "models/faults/faults_inside.h"

#include "sim/base/check.h"

#include <stdlib.h>

static const struct key restart_keys[] = {
    {"capacity", KEY_RATE, NULL, "registrations that can be served", .above_low = true},
    {"retry", KEY_DURATION, "30 s", "each that waits inside tries again after this; a try costs one registration (assumption)", .low = 0.001,
     .high = 86400},
    {"floor", KEY_SHARE, "1 %", "useful share of the capacity that is left at worst (assumption)", .low = 1e-6, .high = 1},
    {"admitted", KEY_INTEGER, "0", "most that are let inside at once; 0: all", .low = 0, .high = 1000000000},
    {"clients", KEY_CHOICE, "steady", "steady: a load by all that wait; fixed, exponential: single tries, with retries after waits that stay or double",
     .choices = "steady|fixed|exponential"},
    {"jitter", KEY_CHOICE, "none", "what is random of a wait: nothing, all of it, half of it", .choices = "none|full|equal",
     .when = "clients=fixed|exponential"},
    {"timeout", KEY_DURATION, "30 s", "a try that is not served by then is given up by the client, and served in vain (assumption)", .low = 0.001,
     .high = 31557600, .when = "clients=fixed|exponential"},
    {"longest", KEY_DURATION, "10 min", "longest wait (assumption)", .low = 0.001, .high = 31557600, .when = "clients=exponential"},
    {"tries", KEY_INTEGER, "0", "failed tries after which a client rests; 0: never", .low = 0, .high = 1000000, .when = "clients=fixed|exponential"},
    {"rest", KEY_DURATION, "1 h", "how long it then rests before it begins anew (assumption)", .low = 0.001, .high = 31557600,
     .when = "clients=fixed|exponential"},
    {"tries_limit", KEY_INTEGER, "20000000", "limit of the engine: tries of one herd in all", .low = 1, .high = 1000000000000.0,
     .when = "clients=fixed|exponential"},
    KEY_END};

const struct key recovery_keys[] = {
    {"begin", KEY_DURATION, "0 s", "repairs start this long after the incident's start, or after a rollout was stopped"},
    {"crews", KEY_INTEGER, "0", "repairs that can go on at once; 0: all", .low = 0, .high = 1000000},
    {"time", KEY_LAW, "0 s", "time of one repair"},
    {"hard_share", KEY_SHARE, "0 %", "share that is hard to reach"},
    {"hard_time", KEY_LAW, "0 s", "time of one repair of those"},
    {"restart", KEY_GROUP, NULL, "registration that all must pass after their repair", .children = restart_keys},
    KEY_END};

static void read_clients(const struct value *restart, struct recovery *recovery)
{
    recovery->jitter = (enum recovery_jitter)value_choice(restart, "jitter");
    recovery->timeout = value_duration(restart, "timeout");
    recovery->tries = (uint32_t)value_integer(restart, "tries");
    recovery->rest = value_duration(restart, "rest");
    recovery->tries_limit = value_integer(restart, "tries_limit");
    recovery->longest = recovery->clients == CLIENTS_EXPONENTIAL ? value_duration(restart, "longest") : recovery->retry;
}

/* Doors that no one passes, or that a cap cannot keep open, are numbers that do not go together. */
static void warn_of_door(struct scenario *scenario, const struct value *restart, const struct recovery *recovery)
{
    double retry_s = duration_seconds(recovery->retry), fits = recovery->capacity * retry_s;
    const char *hint = arena_format(scenario->arena, "one registration takes %.3g s of the door", 1 / recovery->capacity);
    if (recovery->clients != CLIENTS_STEADY && duration_seconds(recovery->timeout) * recovery->capacity < 1)
        scenario_warning(scenario, value_of(restart, value_given(restart, "timeout") ? "timeout" : "capacity"), hint,
                         "nobody is served before he gives up: the door stays jammed for ever");
    else if (recovery->clients == CLIENTS_STEADY && fits <= 1)
        scenario_warning(scenario, value_of(restart, value_given(restart, "retry") ? "retry" : "capacity"), hint,
                         "one that waits alone jams the door by its retries: no more than the floor is left");
    else if (recovery->clients == CLIENTS_STEADY && recovery->admitted > 0 && recovery->admitted >= fits)
        scenario_warning(scenario, value_of(restart, "admitted"), arena_format(scenario->arena, "at %.3g the retries fill it", fits),
                         "so many inside jam the door all the same");
}

const struct recovery *recovery_read(struct scenario *scenario, const struct value *group)
{
    if (!group->given)
        return NULL;
    struct recovery *recovery = arena_new(scenario->arena, struct recovery);
    const struct value *restart = value_of(group, "restart");
    *recovery = (struct recovery){.begin = value_duration(group, "begin"),
                                  .crews = (uint32_t)value_integer(group, "crews"),
                                  .time = value_law(group, "time"),
                                  .hard_time = value_law(group, "hard_time"),
                                  .hard_share = value_number(group, "hard_share")};
    if (restart->given) {
        recovery->capacity = value_number(restart, "capacity");
        recovery->retry = value_duration(restart, "retry");
        recovery->floor = value_number(restart, "floor");
        recovery->admitted = (uint32_t)value_integer(restart, "admitted");
        recovery->clients = (enum recovery_clients)value_choice(restart, "clients");
        if (recovery->clients != CLIENTS_STEADY)
            read_clients(restart, recovery);
        warn_of_door(scenario, restart, recovery);
    }
    return recovery;
}

/* --- Order --- */

static int by_order(const struct patient *a, const struct patient *b)
{
    if (a->order != b->order)
        return a->order > b->order ? 1 : -1;
    return (a->component > b->component) - (a->component < b->component);
}

static int by_down(const void *a, const void *b)
{
    const struct patient *x = a, *y = b;
    return x->down.us != y->down.us ? (x->down.us > y->down.us ? 1 : -1) : by_order(x, y);
}

static int by_up(const void *a, const void *b)
{
    const struct patient *x = a, *y = b;
    return x->up.us != y->up.us ? (x->up.us > y->up.us ? 1 : -1) : by_order(x, y);
}

/* --- Crews --- */

/* The crew that was free first (heap[0]) is busy until `until` now. */
static void crew_take(instant *heap, uint32_t crews, instant until)
{
    uint32_t at = 0;
    for (uint32_t child = 1; child < crews; child = 2 * at + 1) {
        if (child + 1 < crews && heap[child + 1].us < heap[child].us)
            child++;
        if (heap[child].us >= until.us)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = until;
}

static void repair_all(const struct recovery *recovery, struct patient *patients, uint32_t count, instant begin, struct stream_key key,
                       const struct graph *graph, instant *heap)
{
    qsort(patients, count, sizeof *patients, by_down);
    for (uint32_t i = 0; i < recovery->crews; i++)
        heap[i] = begin;
    for (uint32_t i = 0; i < count; i++) {
        struct patient *patient = &patients[i];
        struct stream stream = stream_open(stream_key_path(key, component_luck(graph_component(graph, patient->component))));
        bool hard = stream_chance(&stream, recovery->hard_share);
        duration length = law_draw_duration(hard ? recovery->hard_time : recovery->time, &stream);
        instant start = patient->down.us > begin.us ? patient->down : begin;
        if (recovery->crews > 0 && heap[0].us > start.us)
            start = heap[0];
        patient->up = instant_add(start, length);
        if (recovery->crews > 0)
            crew_take(heap, recovery->crews, patient->up);
    }
}

/* --- The door --- */

/* Registrations a microsecond that succeed while `inside` are inside. */
static double useful_rate(const struct recovery *recovery, uint32_t inside)
{
    double tries = (double)(inside - 1) / duration_seconds(recovery->retry);
    double rate = recovery->capacity - tries, least = recovery->capacity * recovery->floor;
    return (rate > least ? rate : least) * 1e-6;
}

/* First come, first served: whoever is head is served by the progress that all tries leave. */
static void register_all(const struct recovery *recovery, struct patient *patients, uint32_t count)
{
    qsort(patients, count, sizeof *patients, by_up);
    uint32_t come = 0, served = 0;
    double now = 0, progress = 0;
    while (served < count) {
        if (come == served) {
            now = (double)patients[come++].up.us;
            progress = 0;
            continue;
        }
        uint32_t waiting = come - served;
        uint32_t inside = recovery->admitted > 0 && waiting > recovery->admitted ? recovery->admitted : waiting;
        double rate = useful_rate(recovery, inside), left = (1 - progress) / rate;
        if (come < count && (double)patients[come].up.us - now <= left) {
            progress += rate * ((double)patients[come].up.us - now);
            now = (double)patients[come++].up.us;
        } else {
            now += left;
            progress = 0;
            patients[served++].up.us = (int64_t)now;
        }
    }
}

/* --- The door, try by try --- */

/* The line: what it holds of work is all that tells when a try will be served. */
struct door {
    const struct recovery *recovery;
    const struct patient *patients;
    struct knock *heap;
    uint32_t waiting;
    double service_us, free_us; /* of one try; when the line will be empty */
};

static bool is_before(const struct door *door, struct knock a, struct knock b)
{
    if (a.at.us != b.at.us)
        return a.at.us < b.at.us;
    return by_order(&door->patients[a.patient], &door->patients[b.patient]) < 0;
}

/* The first of the heap is replaced; it sinks to its place. */
static void sink(struct door *door, struct knock knock)
{
    uint32_t at = 0;
    for (uint32_t child = 1; child < door->waiting; child = 2 * at + 1) {
        if (child + 1 < door->waiting && is_before(door, door->heap[child + 1], door->heap[child]))
            child++;
        if (!is_before(door, door->heap[child], knock))
            break;
        door->heap[at] = door->heap[child];
        at = child;
    }
    door->heap[at] = knock;
}

/* When a try that comes at `at` is served, if that is in time; else INSTANT_NEVER, and *learned is when its client knows. */
static instant try_door(struct door *door, instant at, instant *learned)
{
    const struct recovery *recovery = door->recovery;
    double now = (double)at.us, ahead = door->free_us > now ? door->free_us - now : 0;
    *learned = at;
    if (recovery->admitted > 0 && ahead > (double)(recovery->admitted - 1) * door->service_us)
        return INSTANT_NEVER;
    door->free_us = now + ahead + door->service_us;
    *learned = instant_add(at, recovery->timeout);
    return ahead + door->service_us <= (double)recovery->timeout.us ? (instant){(int64_t)door->free_us} : INSTANT_NEVER;
}

static duration wait_after(const struct recovery *recovery, uint32_t failed, struct stream_key key)
{
    double longest = (double)recovery->longest.us, wait = (double)recovery->retry.us;
    for (uint32_t i = 1; i < failed && recovery->clients == CLIENTS_EXPONENTIAL && wait < longest; i++)
        wait *= 2;
    wait = wait < longest ? wait : longest;
    if (recovery->jitter == JITTER_NONE)
        return (duration){(int64_t)wait};
    struct stream stream = stream_open(key);
    double part = stream_uniform(&stream);
    return (duration){(int64_t)(recovery->jitter == JITTER_FULL ? wait * part : wait / 2 + wait / 2 * part)};
}

/* Whoever comes first knocks, until all are through. */
static void register_by_tries(const struct recovery *recovery, struct patient *patients, uint32_t count, instant end, struct stream_key key,
                              const struct graph *graph, struct knock *knocks)
{
    struct door door = {.recovery = recovery, .patients = patients, .heap = knocks, .waiting = count, .service_us = 1e6 / recovery->capacity};
    int64_t tries = 0;
    qsort(patients, count, sizeof *patients, by_up);
    for (uint32_t i = 0; i < count; i++) /* in order: a heap */
        knocks[i] = (struct knock){.at = patients[i].up, .patient = i};
    while (door.waiting > 0) {
        struct knock knock = knocks[0];
        struct patient *who = &patients[knock.patient];
        instant learned, served = knock.at.us < end.us ? try_door(&door, knock.at, &learned) : INSTANT_NEVER;
        if (served.us < US_NEVER || knock.at.us >= end.us) {
            who->up = served;
            door.waiting--;
            sink(&door, knocks[door.waiting]);
            continue;
        }
        if (++tries > recovery->tries_limit)
            limit_reached("recovery.restart.tries_limit", recovery->tries_limit);
        knock.failed++;
        bool rests = recovery->tries > 0 && knock.failed == recovery->tries;
        struct stream_key own = stream_key_path(stream_key_path(key, "wait"), component_luck(graph_component(graph, who->component)));
        duration wait = wait_after(recovery, rests ? 1 : knock.failed, stream_key_index(own, knock.drawn++));
        knock.failed = rests ? 0 : knock.failed;
        knock.at = instant_add(learned, (duration){wait.us + (rests ? recovery->rest.us : 0)});
        sink(&door, knock);
    }
}

void recovery_plan(const struct recovery *recovery, struct patient *patients, uint32_t count, instant begin, instant end,
                   struct stream_key key, const struct graph *graph, const struct recovery_room *room)
{
    repair_all(recovery, patients, count, begin, key, graph, room->crews);
    if (recovery->capacity > 0 && recovery->clients == CLIENTS_STEADY)
        register_all(recovery, patients, count);
    else if (recovery->capacity > 0)
        register_by_tries(recovery, patients, count, end.us > 0 ? end : INSTANT_NEVER, key, graph, room->knocks);
}
